"""Audit our own models with our own audit, for `docs/accuracy.md`.

    python -m benchmarks.accuracy --exclude wrong-labels.csv
    python -m benchmarks.accuracy --only replay --only gender

Runs `recognizance audit …` over the pictures below `--pictures` (default: RECOGNIZANCE_TEST_PICTURES, or
`../shared/data`) and keeps each report, without anybody's name, in `benchmarks/results/audit`;
`python tools/accuracy_page.py` makes the page. Vectors stay in the data folder, so that a second run is quick. Each
report names the command that made it.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.plan_of_audits import AUDITS, Sources

ROOT = Path(__file__).parents[1]
RESULTS = Path("benchmarks") / "results" / "audit"


def main() -> None:
    """Run the command line."""
    asked = _arguments().parse_args()
    sources = Sources(Path(os.path.relpath(asked.pictures, ROOT)), asked.exclude)
    (ROOT / RESULTS).mkdir(parents=True, exist_ok=True)
    failed = [name for name in asked.only or AUDITS if not _ran(name, AUDITS[name](sources), asked.data, asked.pages)]
    if failed:
        sys.exit(f"failed: {', '.join(failed)}")


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.accuracy", description="Audit our own models.")
    parser.add_argument(
        "--pictures", type=Path, default=Path(os.environ.get("RECOGNIZANCE_TEST_PICTURES", "../shared/data"))
    )
    parser.add_argument("--exclude", help="CSV of people or pictures whose labels are known to be wrong")
    parser.add_argument("--data", help="folder of the models and of the vectors kept; default: the server's")
    parser.add_argument("--only", action="append", choices=sorted(AUDITS), help="only this audit; repeatable")
    parser.add_argument("--pages", type=Path, help="folder for the audits' own pages, with names and pictures")
    return parser


def _ran(name: str, words: Sequence[str], data: str | None, pages: Path | None) -> bool:
    """Run one audit in a process of its own; the report's command is what anybody can type in the project's root."""
    made = [Path(sys.executable).with_name("recognizance"), "audit", *words, "--anonymous", "--no-record"]
    made += ["--json", str(RESULTS / f"{name}.json")]
    if pages is not None:
        pages.mkdir(parents=True, exist_ok=True)
        made += ["--html", str(pages / f"{name}.html")]
    print(f"{name}: recognizance {' '.join(map(str, made[1:]))}", file=sys.stderr, flush=True)
    environment = dict(os.environ) | ({"RECOGNIZANCE_DATA": data} if data else {})
    return subprocess.run(made, cwd=ROOT, env=environment).returncode == 0


if __name__ == "__main__":
    main()

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
from collections.abc import Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).parents[1]
RESULTS = Path("benchmarks") / "results" / "audit"

LFW = ("--images", "{pictures}/lfw/images", "--face", "central", "{exclude}")
AUDITS: Mapping[str, Sequence[str]] = {
    "replay": (
        "replay", "--probes", "{pictures}/congress/members_2018-07-25.csv", "--gallery", "{pictures}/lfw/images",
        "--mated", "{pictures}/congress/lfw_overlap_candidates.csv", "{exclude}", "--groups", "gender",
        "--called", "members of Congress", "--face", "central", "--thresholds", "60,70,80,90,95,99",
    ),
    "identification": ("identification", *LFW, "--growth", "500,1000,2000", "--fit-on-others", "0.5"),
    "gender": ("demographics", *LFW, "--people", "{pictures}/lfw/people.csv", "--groups", "gender", "--fmr", "1e-4"),
    "race": ("demographics", *LFW, "--people", "{pictures}/lfw/people.csv", "--groups", "race_mica", "--fmr", "1e-4"),
    "detection": ("detection", "--images", "{pictures}/wider", "--boxes", "{pictures}/wider/boxes.csv"),
    "quality": ("quality", "--images", "{pictures}/lfw/images", "--face", "central", "{exclude}", "--sample", "130"),
    "labels": ("labels", "--images", "{pictures}/lfw/images", "--face", "central"),
}  # fmt: skip
"""What is asked of `recognizance audit`, by the name of its report."""


def main() -> None:
    """Run the command line."""
    asked = _arguments().parse_args()
    pictures = os.path.relpath(asked.pictures, ROOT)
    (ROOT / RESULTS).mkdir(parents=True, exist_ok=True)
    failed = [
        name for name in asked.only or AUDITS
        if not _ran(name, _words(AUDITS[name], pictures, asked.exclude), asked.data, asked.pages)
    ]  # fmt: skip
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


def _words(form: Sequence[str], pictures: str, exclude: str | None) -> list[str]:
    """Return an audit's words with the folder of pictures and the list of exclusions in their places."""
    excluded = [] if exclude is None else ["--exclude", exclude]
    parts = [excluded if word == "{exclude}" else [word.replace("{pictures}", pictures)] for word in form]
    return [word for part in parts for word in part]


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

"""Audit our own models with our own audit, for `docs/accuracy.md`.

    python -m benchmarks.accuracy --exclude wrong-labels.csv
    python -m benchmarks.accuracy --only replay --only gender

Runs `recognizance audit …` over the pictures below `--pictures` (default: RECOGNIZANCE_TEST_PICTURES, or
`../shared/data`) and keeps each report, without anybody's name, in `benchmarks/results/audit`;
`python tools/accuracy_page.py` makes the page. Vectors stay in the data folder, so that a second run is quick. Each
report names the command that made it.

Attributes are measured on people on whom nothing was fitted: two in five, by a hash of the name of their folder. The
others, and whom the list of wrong labels names, are on a list `trained-on.csv` that is made for the run.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from recognizance.evaluation.sets.subjects import NO_EXCLUSIONS, read_exclusions

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
    "quality": ("quality", "--images", "{pictures}/lfw/images", "--face", "central", "{exclude}", "--sample", "300"),
    "labels": ("labels", "--images", "{pictures}/lfw/images", "--face", "central"),
    "attributes": (
        "attributes", "--labels", "benchmarks/attributes/labels.csv", "--images", "{pictures}/lfw/images",
        "--images", "{pictures}/congress", "--people", "{pictures}/lfw/people.csv", "--groups", "gender",
        "--face", "central", "{trained}",
    ),
    "attributes_gender": (
        "attributes", "--labels", "{pictures}/lfw/people.csv", "--images", "{pictures}/lfw/images",
        "--groups", "race_mica", "--face", "central", "{trained}",
    ),
    "attributes_age": (
        "attributes", "--labels", "benchmarks/attributes/ages.csv", "--images", "{pictures}/lfw/images",
        "--people", "{pictures}/lfw/people.csv", "--groups", "gender", "--face", "central", "{trained}",
    ),
    "attributes_expression": (
        "attributes", "--labels", "benchmarks/attributes/expressions.csv", "--images", "{pictures}/lfw/images",
        "--images", "{pictures}/congress", "--face", "central", "{trained}",
    ),
    "attributes_portraits": (
        "attributes", "--labels", "{pictures}/congress/members_2018-07-25.csv", "--images", "{pictures}/congress",
        "--taken", "2017-06-30", "--groups", "gender", "--face", "central", "{trained}",
    ),
}  # fmt: skip
"""What is asked of `recognizance audit`, by the name of its report."""


def main() -> None:
    """Run the command line."""
    asked = _arguments().parse_args()
    pictures = os.path.relpath(asked.pictures, ROOT)
    (ROOT / RESULTS).mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        trained = Path(folder) / "trained-on.csv"
        trained.write_text(trained_on(asked.pictures, asked.exclude), encoding="utf-8")
        failed = [
            name for name in asked.only or AUDITS
            if not _ran(name, _words(AUDITS[name], pictures, asked.exclude, str(trained)), asked.data, asked.pages)
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


def for_testing(name: str) -> bool:
    """Tell whether a person is one of the two in five on whom no attribute is fitted, by their folder's name."""
    return int(hashlib.sha256(name.encode()).hexdigest(), 16) % 5 in (0, 1)


def trained_on(pictures: Path, exclude: str | None) -> str:
    """Return a list for `--exclude`: of people whom attributes may have been fitted on, and of wrong labels.

    Who may be in both sets of pictures is left out where either name is for training.
    """
    listed = NO_EXCLUSIONS if exclude is None else read_exclusions(Path(exclude))
    people = [one.name for one in (pictures / "lfw" / "images").iterdir()]
    people += [one.stem for one in (pictures / "congress" / "images").iterdir()]
    out = set(listed.people) | {name for name in people if not for_testing(name)}
    twice = pictures / "congress" / "lfw_overlap_candidates.csv"
    with twice.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            names = {row["lfw_name"], row["bioguide"]}
            out |= names if not all(map(for_testing, names)) else set()
    rows = [["person", "file"], *([name, ""] for name in sorted(out)), *(["", one] for one in sorted(listed.files))]
    return "".join(",".join(row) + "\n" for row in rows)


def _words(form: Sequence[str], pictures: str, exclude: str | None, trained: str) -> list[str]:
    """Return an audit's words with the folder of pictures and the lists of exclusions in their places."""
    excluded = [] if exclude is None else ["--exclude", exclude]
    lists = {"{exclude}": excluded, "{trained}": ["--exclude", trained]}
    parts = [lists.get(word, [word.replace("{pictures}", pictures)]) for word in form]
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

r"""Whether the curve holds on people it was not fitted on, at galleries of several sizes: the command, seed after seed.

    python -m benchmarks.audit_growth --seeds 8 --json benchmarks/results/growth.json \
        -- --images lfw.csv --exclude wrong-labels.csv --face central --data DATA

What follows `--` goes to `recognizance audit identification`. Each plan fits a curve on a share of the people and tests
it on the others, of whom another share is not enrolled; the seed divides the people anew. Runs share people, so their
counts are not independent. `agrees` counts the runs in which as many searches gave somebody as the bounds of the
prediction allow, `within` those in which the expected number of false matches lies in the 95 % interval of those seen.
A run whose people are too few to fit a curve is counted as such.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path
from typing import Any

from benchmarks import machine

ROOT = Path(__file__).parents[1]
PLANS = (("0.5", "0.33", "1000,1800"), ("0.15", "0.1", "1000,2500,4200"))
"""Shares fitted on and not enrolled, and sizes of gallery."""


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.audit_growth", description="Hold curves against others."
    )
    parser.add_argument("--seeds", type=int, default=8)
    parser.add_argument("--json", type=Path)
    parser.add_argument("words", nargs="*", help="after --: what the command is given")
    asked = parser.parse_args()
    said: dict[str, Any] = machine.described(sys.argv[1:], ROOT) | {"command": "python -m benchmarks.audit_growth"}
    said["seeds"] = asked.seeds
    said["plans"] = [_plan(*plan, asked.seeds, asked.words) for plan in PLANS]
    for plan in said["plans"]:
        print(f"fitted on {plan['fitted_on']:g}, {plan['runs']} runs, {plan['too_few']} with too few people to fit on")
        for row in plan["rows"]:
            print("  {gallery:6,} at {similarity:3g}: seen {seen:6,}, expected {expected:9.2f}, within in {within}, "
                  "agrees in {agrees}".format(**row))  # fmt: skip
    if asked.json is not None:
        asked.json.write_text(json.dumps(said, indent=1) + "\n", encoding="utf-8")


def _plan(fitted_on: str, outside: str, growth: str, seeds: int, words: list[str]) -> dict[str, Any]:
    """Run one plan with each seed, and return what was seen in all runs together."""
    rows: dict[tuple[int, float], dict[str, float]] = defaultdict(lambda: defaultdict(float))
    too_few = 0
    for seed in range(seeds):
        result = _run([*words, "--fit-on-others", fitted_on, "--outside", outside, "--growth", growth,
                       "--seed", str(seed)])  # fmt: skip
        if result is None:
            too_few += 1
            continue
        for size in result["growth"]:
            for one in size["settings"]:
                row = rows[size["gallery"], one["similarity"]]
                row["seen"] += one["pairs"]["count"]
                row["expected"] += one["expected"]["pairs"]["mean"]
                row["within"] += one["expected"]["within_observed"]
                row["agrees"] += one["expected"]["agrees"]
                row["searches"] += one["fpir"]["of"]
                row["searches_that_gave_somebody"] += one["fpir"]["count"]
    return {
        "fitted_on": float(fitted_on),
        "outside": float(outside),
        "runs": seeds - too_few,
        "too_few": too_few,
        "rows": [
            {
                "gallery": gallery,
                "similarity": similarity,
                **{name: int(value) if name != "expected" else round(value, 4) for name, value in row.items()},
            }
            for (gallery, similarity), row in sorted(rows.items())
        ],
    }


def _run(words: list[str]) -> dict[str, Any] | None:
    """Return what the command found, None where a curve could not be fitted."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "a.json"
        command = [sys.executable, "-m", "recognizance", "audit", "identification", "--no-record", "--json", str(out)]
        done = subprocess.run([*command, *words], capture_output=True, text=True)
        if done.returncode == 1 and "no curve can be fitted" in done.stderr:
            return None
        if done.returncode:
            raise SystemExit(done.stderr)
        result: dict[str, Any] = json.loads(out.read_text(encoding="utf-8"))["result"]
        return result


if __name__ == "__main__":
    main()

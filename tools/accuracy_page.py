"""Write `docs/accuracy.md` from the figures in `benchmarks/results`, or compare it with `--check`."""

from __future__ import annotations

import json
import sys

from page import ROOT, keep
from recognizance.evaluation.report import page

RESULTS = ROOT / "benchmarks" / "results"

if __name__ == "__main__":
    figures = [
        json.loads((RESULTS / name).read_text(encoding="utf-8")) for name in ("verification.json", "calibration.json")
    ]
    keep("accuracy.md", page(*figures), sys.argv[1:])

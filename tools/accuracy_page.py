"""Write `docs/accuracy.md` and its chart from the figures in `benchmarks/results`, or compare it with `--check`."""

from __future__ import annotations

import json
import sys
from typing import Any

from page import ROOT, keep
from recognizance.evaluation.pages.report import ATTRIBUTES, AUDITS, QUALITY_CHART, page, quality_chart

RESULTS = ROOT / "benchmarks" / "results"


def _read(name: str) -> Any:
    return json.loads((RESULTS / name).read_text(encoding="utf-8"))


if __name__ == "__main__":
    names = [name for name in (*AUDITS, *ATTRIBUTES) if (RESULTS / "audit" / f"{name}.json").is_file()]
    audits = {name: _read(f"audit/{name}.json") for name in names}
    growth = _read("growth.json")
    bars = _read("quality_bars.json") if (RESULTS / "quality_bars.json").is_file() else None
    made = page(_read("verification.json"), _read("calibration.json"), audits, _read("replay_peer.json"), growth, bars)
    keep("accuracy.md", made, sys.argv[1:])
    if bars is not None:
        keep(QUALITY_CHART, quality_chart(bars), sys.argv[1:])

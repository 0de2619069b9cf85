"""Write `docs/accuracy.md` from the figures in `benchmarks/results`, or compare it with `--check`."""

from __future__ import annotations

import json
import sys
from typing import Any

from page import ROOT, keep
from recognizance.evaluation.pages.report import AUDITS, page

RESULTS = ROOT / "benchmarks" / "results"


def _read(name: str) -> Any:
    return json.loads((RESULTS / name).read_text(encoding="utf-8"))


if __name__ == "__main__":
    audits = {name: _read(f"audit/{name}.json") for name in AUDITS if (RESULTS / "audit" / f"{name}.json").is_file()}
    growth = [_read("growth.json"), _read("growth_without_twins.json")]
    made = page(_read("verification.json"), _read("calibration.json"), audits, _read("replay_peer.json"), growth)
    keep("accuracy.md", made, sys.argv[1:])

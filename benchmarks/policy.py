"""What a policy's answer takes: the median of each pack that ships, asked what its own cases ask.

`python -m benchmarks.policy` takes, of each pack, the first case of SearchFacesByImage that is not denied, and one that
is, asks each 3,000 times in one thread, and prints the median and the 99th percentile in milliseconds: of a question
asked for the first time, which goes to Cedar, and of one that was decided before.
"""

from __future__ import annotations

import json
import statistics
import sys
import time

from recognizance.accountability import cases, policy
from recognizance.operations import OPERATIONS
from recognizance.values import Ask, Verdict

TIMES = 3000
WARMING = 100


def main() -> None:
    """Measure, and print one JSON object."""
    found = {name: measured(name) for name in policy.shipped()}
    print(json.dumps(found, indent=2), file=sys.stdout)


def measured(name: str) -> dict[str, object]:
    """Return what one pack takes: loading, and a question that is answered so and so."""
    begun = time.perf_counter()
    pack = policy.load(name, OPERATIONS)
    loading = 1000 * (time.perf_counter() - begun)
    searches = [
        (case, ask)
        for case in cases.read(pack.folder / policy.CASES)
        if case.facts.get("operation") == "SearchFacesByImage"
        for ask in cases.asks(case.facts | {"address": "192.0.2.7"}, OPERATIONS)
    ]
    good = next(ask for case, ask in searches if case.verdict is not Verdict.DENY)
    bad = next(ask for case, ask in searches if case.verdict is Verdict.DENY)
    return {
        "load_ms": round(loading, 1),
        pack.admit(good).verdict.value: {"new": timed(pack, good, new=True), "again": timed(pack, good, new=False)},
        "deny": {"new": timed(pack, bad, new=True), "again": timed(pack, bad, new=False)},
    }


def timed(pack: policy.Pack, ask: Ask, *, new: bool) -> dict[str, float]:
    """Return median and 99th percentile, in milliseconds; `new` questions were never asked before."""
    for _ in range(WARMING):
        pack.admit(ask)
    taken: list[float] = []
    for _ in range(TIMES):
        if new:
            pack.memory.known.clear()
        begun = time.perf_counter()
        pack.admit(ask)
        taken.append(1000 * (time.perf_counter() - begun))
    return {"p50": round(statistics.median(taken), 3), "p99": round(statistics.quantiles(taken, n=100)[98], 3)}


if __name__ == "__main__":
    main()

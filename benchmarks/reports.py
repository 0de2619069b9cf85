"""Reports over a long ledger: seconds of one core for 100,000 entries, and whether memory grows with them.

`python -m benchmarks.reports --entries 1000000` fills an SQLite ledger with entries like those of a real server in
tests/golden, a third of them with a statement, and computes a transparency report of all of them and the disclosure of
a case that one in 10,000 is of, reading the database as ReportUse and DiscloseCase do. Peak memory is of the process.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import insert

from benchmarks.ledger_verification import BEGUN, EVERY, leaves
from recognizance.accountability import disclosures, reports
from recognizance.accountability.disclosures import Asked
from recognizance.accountability.ledger import statement_text
from recognizance.database import Database, file_url, open_database
from recognizance.database.tables import LEDGER, STATEMENTS
from recognizance.operations.reports import lines
from recognizance.values import Stated

AT_ONCE = 10_000
CASE = "2026-117"


def main() -> int:
    """Read the command line, measure, and print one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--entries", type=int, default=200_000)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        print(json.dumps(measured(Path(folder), given.entries), indent=2))
    return 0


def measured(folder: Path, count: int) -> dict[str, Any]:
    """Return seconds of one core for 100,000 entries, and peak memory after a tenth of them and after all."""
    database = open_database(file_url(folder / "ledger.db"))
    fill(database, count)
    when = reports.period(f"{BEGUN:%Y-%m-%d}", f"{BEGUN + (count + 1) * EVERY:%Y-%m-%d}")
    account = json.loads(next(leaves(1)))["account"]

    def reported(size: int) -> None:
        extent = reports.Extent("benchmark", 0, 0, size, "0" * 64, "0" * 64, ended=False)
        told = reports.report(lines(database, 0, size), when, extent)
        assert told["Record"]["Entries"] == size
        reports.published(told)

    def disclosed(size: int) -> None:
        told = disclosures.disclosure(lines(database, 0, size), "benchmark", Asked(CASE, account))
        assert told["Counts"]["Uses"] == size // 10_000

    reported(count // 10)
    early = peak()
    took = {"report": timed(lambda: reported(count)), "disclosure": timed(lambda: disclosed(count))}
    database.close()
    return {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "entries": count,
        **{f"{name}_cpu_seconds_per_100000": round(seconds * 100_000 / count, 3) for name, seconds in took.items()},
        "peak_mib_after_a_tenth": early,
        "peak_mib": peak(),
    }


def fill(database: Database, count: int) -> None:
    """Write entries, each as it stands, and statements beside every third."""
    rows, said = list[dict[str, Any]](), list[dict[str, Any]]()
    for number, leaf in enumerate(leaves(count), 1):
        rows.append({"sequence": number, "at": BEGUN, "leaf": leaf, "hash": bytes(32)})
        if number % 3 == 0 or number % 10_000 == 0:
            case = CASE if number % 10_000 == 0 else f"case {number % 977}"
            text = statement_text(Stated(f"purpose {number % 7}", case))
            said.append({"sequence": number, "salt": bytes(32), "text": text, "case_digest": None})
        if len(rows) == AT_ONCE or number == count:
            with database.write() as tx:
                tx.run(insert(LEDGER), rows)
                tx.run(insert(STATEMENTS), said)
            rows.clear()
            said.clear()


def timed(act: Callable[[], None]) -> float:
    """Return the seconds something takes of one core, however much else runs."""
    begun = time.process_time()
    act()
    return time.process_time() - begun


def peak() -> float:
    """Return the most memory this process has had, in MiB."""
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1)


if __name__ == "__main__":
    sys.exit(main())

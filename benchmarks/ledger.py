"""The record on its own: what an entry costs, how many a second, how many bytes, and how long a proof takes.

`python -m benchmarks.ledger --entries 1000000` writes entries as a search leaves them, one by one and by eight
writers at once, each durable before the next; then it fills the ledger up to the number asked for, through the same
code in transactions of a thousand, and proves entries chosen by chance. `--database postgresql://…` does the same
there. `--keep FOLDER` leaves the database for `benchmarks.ledger_verification` and for a look.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from sqlalchemy import text

from recognizance import private
from recognizance.accountability import keys, ledger
from recognizance.accountability.merkle import consistent, included, leaf_hash
from recognizance.database import Database, file_url, open_database
from recognizance.values import Act, Ask, Caller, Decision, Entry, Fact, Kind, Stated, Verdict

ACCOUNT = "000000000000"
CALLER = Caller("AKIAIOSFODNN7EXAMPLE", ACCOUNT, "eu-west-3", Kind.KEY, "B. Mark", frozenset({"searcher"}))
STATED = Stated("missing-person", "2026-117")
DECISION = Decision(Verdict.ALLOW, "open/everything-is-allowed", "the open pack allows it", None, "open@18d66610d9cc")
TABLES = ("ledger", "ledger_nodes", "ledger_tiles", "ledger_tree", "checkpoints", "cosignatures", "statements")
AT_ONCE = 1000
PROOFS = 300


def entry(number: int) -> Entry:
    """Return what a search with five matches leaves: digests of the probe, the collection and whom it found."""
    digests = [sha256(f"{number}-{place}".encode()).hexdigest() for place in range(4)]
    now = datetime.now(UTC)
    ask = Ask(CALLER, "SearchFacesByImage", Act.IDENTIFY, STATED, now, threshold=80.0, address="192.0.2.7")
    facts: dict[str, Fact] = {
        "collection": digests[0],
        "revision": number,
        "root": digests[1],
        "image_digest": digests[2],
        "embedder": digests[3],
        "threshold_asked": 80.0,
        "threshold": 80.0,
        "expected_false": 0.00012,
        "matches": 5,
        "matched": [*digests, digests[0]],
    }
    request = "-".join((digests[0][:8], digests[0][8:12], digests[0][12:16], digests[0][16:20], digests[0][20:32]))
    return Entry(now, request, ask, DECISION, "answered", facts)


def main() -> int:
    """Read the command line, measure, and print what was found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--entries", type=int, default=100_000, help="how long the ledger is when proofs are measured")
    parser.add_argument("--single", type=int, default=1000, help="entries written one by one")
    parser.add_argument("--writers", type=int, default=8)
    parser.add_argument("--each", type=int, default=1000, help="entries of each writer")
    parser.add_argument("--database", default="", help="a PostgreSQL database, empty; an SQLite file if not given")
    parser.add_argument("--keep", type=Path, help="leave the data folder there")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()

    folder = given.keep or Path(tempfile.mkdtemp())
    private.folder(folder)
    try:
        with closing(open_database(given.database or file_url(folder / "recognizance.db"))) as database:
            found = measure(database, folder, given)
    finally:
        if given.keep is None:
            shutil.rmtree(folder)
    if given.json:
        print(json.dumps(found, indent=2))
    return 0


def measure(database: Database, folder: Path, given: argparse.Namespace) -> dict[str, Any]:
    """Measure everything, a line each on the standard error."""
    found: dict[str, Any] = {}

    def say(name: str, value: float, unit: str) -> None:
        found[f"{name}, {unit}"] = round(value, 3)
        print(f"{name:<48} {value:>14,.3f} {unit}", file=sys.stderr, flush=True)

    seal = ledger.Seal(keys.ledger_key(folder / "keys", os.urandom))
    signer = ledger.signer(keys.signing_key(folder / "keys", os.urandom), ACCOUNT)
    record = ledger.open_ledger(database, seal, signer, os.urandom)

    taken = sorted(_took(record.record, entry(number)) for number in range(given.single))
    say("one entry, durable: median", 1000 * taken[len(taken) // 2], "ms")
    say("one entry, durable: 99th of 100", 1000 * taken[len(taken) * 99 // 100], "ms")
    say(f"{given.writers} writers, entries by themselves", _rate(given, record.record), "entries/s")

    def beside_a_change(one: Entry) -> int:
        with database.write() as tx:
            return record.append(tx, one)

    say(f"{given.writers} writers, each in its transaction", _rate(given, beside_a_change), "entries/s")

    size = ledger.standing(database).tree.size
    more, started = max(0, given.entries - size), time.perf_counter()
    for first in range(0, more, AT_ONCE):
        with database.write() as tx:
            record.append_all(tx, [entry(number) for number in range(first, min(first + AT_ONCE, more))])
    if more:
        say("filled, a thousand at a time", more / (time.perf_counter() - started), "entries/s")

    standing = ledger.standing(database)
    size = standing.tree.size
    say("entries in the ledger", size, "")
    say("in the database, for each entry", _bytes(database, folder) / size, "bytes")
    say("of which the entry's text", _leaf_bytes(database, size), "bytes")
    _prove(database, size, say)
    return found


def _prove(database: Database, size: int, say: Callable[[str, float, str], None]) -> None:
    chance = random.Random(4)
    root, taken, grown = ledger.standing(database).tree.root, list[float](), list[float]()
    for _ in range(PROOFS):
        index, old = chance.randrange(size), chance.randrange(1, size)
        began = time.perf_counter()
        tree = ledger.tree(database)
        proof = tree.inclusion(index, size)
        taken.append(time.perf_counter() - began)
        leaf = ledger.leaves(database, after=index, upto=index + 1, limit=1)[0]
        assert included(leaf_hash(leaf.text.encode()), index, size, proof, root), index

        began = time.perf_counter()
        growth = ledger.tree(database).consistency(old, size)
        grown.append(time.perf_counter() - began)
        assert consistent(old, ledger.tree(database).frontier(old).root, size, root, growth), old
    for name, several in (("inclusion", taken), ("consistency", grown)):
        several.sort()
        say(f"proof of {name}: median", 1000 * several[PROOFS // 2], "ms")
        say(f"proof of {name}: slowest of {PROOFS}", 1000 * several[-1], "ms")


def _took(write: Callable[[Entry], int], one: Entry) -> float:
    began = time.perf_counter()
    write(one)
    return time.perf_counter() - began


def _rate(given: argparse.Namespace, write: Callable[[Entry], int]) -> float:
    """Return how many entries a second all writers make together."""

    def writes(numbers: Sequence[int]) -> None:
        for number in numbers:
            write(entry(number))

    threads = [threading.Thread(target=writes, args=(range(given.each),)) for _ in range(given.writers)]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return float(given.writers * given.each / (time.perf_counter() - began))


def _bytes(database: Database, folder: Path) -> int:
    """Return what the ledger's tables take, indexes included."""
    if database.is_sqlite:
        with database.engine.connect() as connection:
            connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))
        return (folder / "recognizance.db").stat().st_size
    with database.engine.connect() as connection:
        sizes = (connection.execute(text(f"SELECT pg_total_relation_size('{one}')")).scalar_one() for one in TABLES)
        return int(sum(sizes))


def _leaf_bytes(database: Database, size: int) -> float:
    some = ledger.leaves(database, after=size - min(size, 1000), upto=size, limit=1000)
    return sum(len(one.text.encode()) for one in some) / len(some)


if __name__ == "__main__":
    raise SystemExit(main())

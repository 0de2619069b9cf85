"""The offline verifier on a long ledger: entries a second on one core, memory, and bytes of an entry.

`python -m benchmarks.ledger_verification --entries 1000000` writes a file of that many entries, made after those of a
real server in tests/golden with other digests, numbers and times, signs it, and verifies it as `recognizance ledger
verify` does, several times over. `--folder` says where the file goes; it takes about 1 kB an entry. The proof of one
entry is verified too.
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
import re
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

from recognizance.accountability import exported, merkle, notes, verifying
from recognizance.accountability.entries import BEGINS
from recognizance.accountability.exported import Header, Proven
from recognizance.accountability.merkle import Frontier

GOLDEN = Path(__file__).parent.parent / "tests" / "golden" / "2026-11-23.ledger.gz"
KEY = notes.Signer("example.org/ledger", bytes(32))
BEGUN = datetime(2026, 11, 23, tzinfo=UTC)
EVERY = timedelta(milliseconds=37)
DIGEST = re.compile(r"[0-9a-f]{64}")
NUMBER = re.compile(r'"n":\d+')
TIME = re.compile(r'"at":"[^"]+"')
BLOCK = 4096


def leaves(count: int) -> Iterator[str]:
    """Give entries like a server's, each with digests of its own; the same ones each time."""
    drawn = random.Random(4)
    models = [line.decode() for line in gzip.decompress(GOLDEN.read_bytes()).split(b"\n") if line.startswith(BEGINS)]
    parted = [DIGEST.split(NUMBER.sub('"n":%d', TIME.sub('"at":"%s"', text.replace("%", "%%")))) for text in models]
    for number in range(1, count + 1):
        parts = drawn.choice(parted)
        digests = drawn.randbytes(32 * (len(parts) - 1)).hex()
        text = parts[0] + "".join(digests[64 * at : 64 * at + 64] + part for at, part in enumerate(parts[1:]))
        at = (BEGUN + number * EVERY).replace(tzinfo=None).isoformat(timespec="microseconds")
        yield text % (f"{at}Z", number)


def tree(count: int) -> Frontier:
    """Return the tree of the entries."""
    grown, block = Frontier(), list[bytes]()
    for text in leaves(count):
        block.append(merkle.leaf_hash(text.encode()))
        if len(block) == BLOCK:
            grown = grown.grown(block)
            block.clear()
    return grown.grown(block)


def written(path: Path, count: int) -> str:
    """Write a file of the ledger, and return its checkpoint."""
    made = notes.Checkpoint.made(KEY.name, count, tree(count).root, BEGUN + (count + 1) * EVERY)
    note = str(notes.Note(made.text, (notes.sign(made.text, KEY),)))
    header = Header(KEY.name, str(KEY.verifier), 0, count)
    with exported.new_file(path) as file:
        exported.write(file, header, ((text, None) for text in leaves(count)), note)
    return note


def proof(folder: Path) -> Path:
    """Write the proof of one entry in a tree of 2 ** 24, and return its file."""
    leaf = next(leaves(1)).encode()
    path = tuple(sha256(bytes([at])).digest() for at in range(24))
    root = merkle.leaf_hash(leaf)
    for one in path:
        root = merkle.node_hash(root, one)
    made = notes.Checkpoint.made(KEY.name, 1 << 24, root, BEGUN)
    note = str(notes.Note(made.text, (notes.sign(made.text, KEY),)))
    file = folder / "one.proof"
    file.write_bytes(Proven(KEY.name, str(KEY.verifier), 1, leaf, path, note).content)
    return file


def verified(path: Path, times: int) -> tuple[list[float], list[float]]:
    """Verify a file several times, and return the seconds each took, by the clock and of the one core that works."""
    trusted, seconds, worked = verifying.Trusted((KEY.verifier,)), list[float](), list[float]()
    for _ in range(times):
        begun, before = time.perf_counter(), time.process_time()
        report = verifying.verify(path, trusted)
        seconds.append(time.perf_counter() - begun)
        worked.append(time.process_time() - before)
        assert report.proved, report.wrong
    return seconds, worked


def main(words: Sequence[str]) -> int:
    """Write, verify, and print what was measured."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--entries", type=int, default=1_000_000)
    asked.add_argument("--times", type=int, default=3)
    asked.add_argument("--folder", type=Path, default=None)
    asked.add_argument("--compressed", action="store_true", help="a file that ends in .gz")
    asked.add_argument("--json", action="store_true")
    given = asked.parse_args(words)
    with tempfile.TemporaryDirectory(dir=given.folder) as folder:
        path = Path(folder) / ("all.ledger.gz" if given.compressed else "all.ledger")
        begun = time.perf_counter()
        written(path, given.entries)
        made = time.perf_counter() - begun
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        seconds, worked = verified(path, given.times)
        one, _ = verified(proof(Path(folder)), 200)
        found = {
            "entries": given.entries,
            "bytes of an entry in the file": round(path.stat().st_size / given.entries, 1),
            "seconds to write": round(made, 1),
            "seconds to verify": [round(one, 2) for one in seconds],
            "seconds of one core": [round(one, 2) for one in worked],
            "entries verified a second, median": round(given.entries / statistics.median(seconds)),
            "entries verified a second of one core": round(given.entries / statistics.median(worked)),
            "MiB at most": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1),
            "MiB before": round(before / 1024, 1),
            "ms to verify the proof of one entry": round(1000 * statistics.median(one), 3),
        }
    if given.json:
        print(json.dumps(found, indent=2))
    else:
        for name, value in found.items():
            print(f"{name:<40} {value}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""Vectors as rows: written, read by number, and streamed as the change feed that an index follows.

On disk a vector is float32, little-endian, without a header.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from sqlalchemy import bindparam, delete, insert, select

from recognizance.database import Reader, Tx, slices
from recognizance.database.tables import REMOVALS, VECTORS
from recognizance.gallery import collections, contents
from recognizance.values import Collection, Numbers, Vectors

ON_DISK = np.dtype("<f4")
FEED_ROWS = 4_096  # rows of the feed held in memory at once: what stays in the processor's cache is read fastest


FETCH = select(VECTORS.c.number, VECTORS.c.vector).where(
    VECTORS.c.collection == bindparam("of_collection"),
    VECTORS.c.kind == bindparam("of_kind"),
    VECTORS.c.number.in_(bindparam("numbers", expanding=True)),
)
WRITE = insert(VECTORS)


def write(tx: Tx, collection: Collection, kind: int, numbers: Sequence[int], vectors: Sequence[Vectors]) -> None:
    """Write vectors, each under its number, which is also its place in the feed."""
    rows = [(number, vector.astype(ON_DISK).tobytes()) for number, vector in zip(numbers, vectors, strict=True)]
    of = {"collection": collection.number, "kind": kind}
    tx.run(WRITE, [of | {"number": number, "vector": vector} for number, vector in rows])
    if rows:
        contents.add(tx, collection, contents.sum_of(kind, rows))


def remove(tx: Tx, collection: Collection, kind: int, numbers: Sequence[int]) -> None:
    """Erase vectors and leave their removal in the feed, at revisions taken here. The collection must be locked."""
    first = collections.count(tx, collection, changes=len(numbers))
    drop(tx, collection, kind, numbers)
    tx.run(
        insert(REMOVALS),
        [
            {"collection": collection.number, "kind": kind, "revision": first + place, "number": number}
            for place, number in enumerate(numbers)
        ],
    )


def drop(tx: Tx, collection: Collection, kind: int, numbers: Sequence[int]) -> None:
    """Erase vectors that no index has seen. The collection must be locked."""
    gone = contents.nothing()
    for some in slices(numbers):
        of = {"of_collection": collection.number, "of_kind": kind, "numbers": list(some)}
        gone -= contents.sum_of(kind, ((row["number"], bytes(row["vector"])) for row in tx.rows(FETCH, of)))
        tx.run(
            delete(VECTORS).where(
                VECTORS.c.collection == collection.number, VECTORS.c.kind == kind, VECTORS.c.number.in_(some)
            )
        )
    if numbers:
        contents.add(tx, collection, gone)


def fetch(reader: Reader, collection: Collection, kind: int, numbers: Numbers) -> tuple[Numbers, Vectors]:
    """Return those of `numbers` that have a vector, rising, int64 of shape (n,), and their vectors (n, dim).

    Where none has, the vectors have shape (0, 0).
    """
    found: list[tuple[int, bytes]] = []
    for some in slices([int(number) for number in numbers]):
        of = {"of_collection": collection.number, "of_kind": kind, "numbers": list(some)}
        found += [(row["number"], row["vector"]) for row in reader.rows(FETCH, of)]
    found.sort()
    return matrix(found)


def additions(
    reader: Reader, collection: Collection, kind: int, *, after: int, until: int
) -> Iterator[tuple[Numbers, Vectors]]:
    """Yield what was added past revision `after` up to `until` and is still there, in order, in blocks."""
    query = (
        select(VECTORS.c.number, VECTORS.c.vector)
        .where(
            VECTORS.c.collection == collection.number,
            VECTORS.c.kind == kind,
            VECTORS.c.number > after,
            VECTORS.c.number <= until,
        )
        .order_by(VECTORS.c.number)
    )
    for block in reader.batches(query, FEED_ROWS):
        yield matrix(block)


def removals(reader: Reader, collection: Collection, kind: int, *, after: int, until: int) -> Iterator[Numbers]:
    """Yield the numbers removed past revision `after` up to `until`, in blocks."""
    query = select(REMOVALS.c.number).where(
        REMOVALS.c.collection == collection.number,
        REMOVALS.c.kind == kind,
        REMOVALS.c.revision > after,
        REMOVALS.c.revision <= until,
    )
    for block in reader.batches(query, FEED_ROWS):
        yield np.array([number for (number,) in block], dtype=np.int64)


def matrix(rows: Sequence[Sequence[object]]) -> tuple[Numbers, Vectors]:
    """Return rows of number and bytes as numbers (n,) and vectors (n, dim)."""
    numbers = np.array([row[0] for row in rows], dtype=np.int64)
    if not len(rows):
        return numbers, np.zeros((0, 0), dtype=np.float32)
    joined = b"".join([row[1] for row in rows])  # type: ignore[misc]  # the second of each is bytes
    vectors = np.frombuffer(joined, dtype=ON_DISK).reshape(len(rows), -1)
    return numbers, vectors.astype(np.float32, copy=False)


def dimensions(reader: Reader, collection: Collection, kind: int) -> int | None:
    """Return how many numbers the collection's vectors of a kind have; None while there are none."""
    query = select(VECTORS.c.vector).where(VECTORS.c.collection == collection.number, VECTORS.c.kind == kind).limit(1)
    for row in reader.rows(query):
        return len(row["vector"]) // ON_DISK.itemsize
    return None

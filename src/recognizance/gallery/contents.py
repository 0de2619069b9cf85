"""What a collection holds, in one number: a hash of all its vectors that changes with each of them.

It is LtHash (Bellare and Micciancio, "A New Paradigm for Collision-Free Hashing", 1997; Lewi et al., "Securing Update
Propagation with Homomorphic Hashing", 2019): each row becomes 1,024 numbers of 16 bits, made by SHAKE-128 from its
kind, its number and its vector, and the collection's state is their sum. So a row is added or taken away without
reading the others, the order does not matter, and whoever has the rows can compute the same state again. The root is
the SHA-256 of the state, in hex. The ledger's entry of a search names it: nobody can say afterwards that another
gallery was searched.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterable
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import bindparam, insert, select, update

from recognizance.database import Reader, Tx
from recognizance.database.tables import COLLECTIONS, CONTENTS, VECTORS
from recognizance.values import Collection

State: TypeAlias = NDArray[np.uint16]
"""Shape (1024,), little-endian on disk; sums wrap round."""

LENGTH = 1024
ON_DISK = np.dtype("<u2")
ROW = struct.Struct("<BQ")  # kind, number
READ = 4_096  # rows in memory at once

FIND = select(CONTENTS.c.state).where(CONTENTS.c.collection == bindparam("of_collection"))
FIRST = insert(CONTENTS)
NEXT = (
    update(CONTENTS)
    .where(CONTENTS.c.collection == bindparam("of_collection"))
    .values(state=bindparam("to_state", type_=CONTENTS.c.state.type))
)
ROOT = (
    update(COLLECTIONS)
    .where(COLLECTIONS.c.number == bindparam("of_collection"))
    .values(root=bindparam("to_root", type_=COLLECTIONS.c.root.type))
)


def nothing() -> State:
    """Return the state of a collection without vectors."""
    return np.zeros(LENGTH, ON_DISK)


def sum_of(kind: int, rows: Iterable[tuple[int, bytes]]) -> State:
    """Return the state of rows of one kind: number and vector, as bytes on disk."""
    total = nothing()
    for number, vector in rows:
        total += np.frombuffer(hashlib.shake_128(ROW.pack(kind, number) + vector).digest(2 * LENGTH), ON_DISK)
    return total


def root(state: State) -> str:
    """Return the root of a state, 64 hex digits."""
    return hashlib.sha256(state.astype(ON_DISK).tobytes()).hexdigest()


def add(tx: Tx, collection: Collection, change: State) -> None:
    """Take up a change: the sum of rows added, or 0 minus that of rows removed. The collection must be locked."""
    of = {"of_collection": collection.number}
    before = tx.rows(FIND, of)
    state = change + np.frombuffer(before[0]["state"], ON_DISK) if before else change
    kept = state.astype(ON_DISK).tobytes()
    if before:
        tx.run(NEXT, [of | {"to_state": kept}])
    else:
        tx.run(FIRST, [{"collection": collection.number, "state": kept}])
    tx.run(ROOT, [of | {"to_root": root(state)}])


def computed(reader: Reader, collection: Collection) -> tuple[str, int]:
    """Return the root of what is there, computed from every vector, and how many these are."""
    query = select(VECTORS.c.kind, VECTORS.c.number, VECTORS.c.vector).where(VECTORS.c.collection == collection.number)
    total, number = nothing(), 0
    for block in reader.batches(query, READ):
        for kind in {row[0] for row in block}:
            total = total + sum_of(kind, ((row[1], bytes(row[2])) for row in block if row[0] == kind))
        number += len(block)
    return root(total), number

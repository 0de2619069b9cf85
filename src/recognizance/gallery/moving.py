"""A collection on its way out and in: faces and users in the order they came, vectors with them.

Whoever walks a collection does so by number up to a revision: what comes later has a higher number, so the walk ends.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np
from sqlalchemy import Select, and_, select

from recognizance.database import Reader, Row, Tx, slices
from recognizance.database.tables import FACE, FACES, GROUNDS, REMOVALS, USERS, VECTORS
from recognizance.errors import InvalidParameter, QuotaExceeded
from recognizance.gallery import collections, faces, grounds, users, vectors
from recognizance.values import Collection, FaceId, FaceRecord, UserId, UserRecord, Vectors


@dataclass(frozen=True, slots=True)
class Kept:
    """An enrolled face with its vector, shape (dim,), and the consent and the term it is kept on, where it has them."""

    record: FaceRecord
    vector: Vectors
    consent: str | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Restored:
    """How many were brought back and were there already, which faces found their user full, and which are new."""

    added: int
    known: int
    unassociated: list[FaceId]
    faces: Sequence[Kept] = ()


def faces_in_order(reader: Reader, collection: Collection, *, after: int, until: int, limit: int) -> list[Kept]:
    """Return up to `limit` faces numbered above `after` up to `until`, in order, with their vectors.

    A face has its user where that user was there at revision `until`. `reader` has to see one moment.
    """
    query = _with_users(collection, after=after, until=until).order_by(FACES.c.number).limit(limit)
    rows = reader.rows(query)
    if not rows:
        return []
    records = [_of_row(row, collection, until) for row in rows]
    found = select(VECTORS.c.number, VECTORS.c.vector).where(
        VECTORS.c.collection == collection.number,
        VECTORS.c.kind == FACE,
        VECTORS.c.number >= records[0].number,
        VECTORS.c.number <= records[-1].number,
    )
    bytes_of = {row["number"]: row["vector"] for row in reader.rows(found)}
    return [
        Kept(
            record,
            np.frombuffer(bytes_of[record.number], dtype=vectors.ON_DISK),
            *grounds.said(row),
        )
        for record, row in zip(records, rows, strict=True)
    ]


def users_in_order(reader: Reader, collection: Collection, *, after: int, until: int, limit: int) -> list[UserRecord]:
    """Return up to `limit` users numbered above `after` up to `until`, in order."""
    return [one for one in users.listed(reader, collection, after=after, limit=limit) if one.number <= until]


def restore_users(tx: Tx, collection: Collection, given: Sequence[tuple[UserId, datetime]]) -> Restored:
    """Make users without faces, in order; those that are there already are passed over.

    Raises `NotFound` when the collection is gone, `QuotaExceeded` when it would have too many.
    """
    held = collections.locked(tx, collection)
    asked = dict(given)
    known = {user.user_id for user in _users_named(tx, collection, list(asked))}
    fresh = [name for name in asked if name not in known]
    if held.users + len(fresh) > users.MOST_USERS:
        raise QuotaExceeded(
            f"The collection id: {collection.id} may hold {users.MOST_USERS:,} users and holds {held.users:,}"
        )
    if fresh:
        first = collections.count(tx, collection, changes=len(fresh), users=len(fresh))
        users.keep(
            tx, collection, [UserRecord(first + at, name, 0, None, asked[name]) for at, name in enumerate(fresh)]
        )
    return Restored(len(fresh), len(given) - len(fresh), [])


def restore_faces(tx: Tx, collection: Collection, given: Sequence[Kept]) -> Restored:
    """Enrol faces under the ids they had, in order; those that are there already are passed over.

    Their numbers are new. The vectors of their users are computed anew; a face whose user has as many
    as a user may have is kept and is nobody's. Raises `InvalidParameter` for a user that is not there,
    `NotFound` when the collection is gone, `QuotaExceeded` when it would be too full.
    """
    held = collections.locked(tx, collection)
    asked = {one.record.face_id: one for one in given}
    known = {record.face_id for record in faces.by_ids(tx, collection, list(asked))}
    fresh = [one for face_id, one in asked.items() if face_id not in known]
    if held.faces + len(fresh) > faces.MOST_FACES:
        raise QuotaExceeded(
            f"The collection id: {collection.id} may hold {faces.MOST_FACES:,} faces and holds {held.faces:,}"
        )
    if not fresh:
        return Restored(0, len(given), [])

    dimensions = vectors.dimensions(tx, collection, FACE) or len(fresh[0].vector)
    if any(len(one.vector) != dimensions for one in fresh):
        raise InvalidParameter(f"The vectors of the collection id: {collection.id} have {dimensions} numbers.")
    owners = _owners(tx, collection, fresh)
    fresh, unassociated = _with_room(fresh, owners)
    first = collections.count(tx, collection, changes=len(fresh), faces=len(fresh))
    records = [replace(one.record, number=first + at) for at, one in enumerate(fresh)]
    faces.keep(tx, collection, records)
    vectors.write(tx, collection, FACE, [record.number for record in records], [one.vector for one in fresh])
    touched = {record.user_id for record in records if record.user_id is not None}
    users.renew(tx, collection, [owners[name] for name in owners if name in touched])
    enrolled = [replace(one, record=record) for one, record in zip(fresh, records, strict=True)]
    return Restored(len(fresh), len(given) - len(fresh), unassociated, enrolled)


def _owners(tx: Tx, collection: Collection, given: Sequence[Kept]) -> dict[UserId, UserRecord]:
    names = list(dict.fromkeys(one.record.user_id for one in given if one.record.user_id is not None))
    found = {user.user_id: user for user in _users_named(tx, collection, names)}
    missing = [name for name in names if name not in found]
    if missing:
        raise InvalidParameter(f"The user id: {missing[0]} does not exist; restore the users first.")
    return found


def _with_room(given: Sequence[Kept], owners: dict[UserId, UserRecord]) -> tuple[list[Kept], list[FaceId]]:
    """Return the faces, those beyond what their user may have made nobody's, and the ids of those."""
    counts = {name: user.faces for name, user in owners.items()}
    kept: list[Kept] = []
    full: list[FaceId] = []
    for one in given:
        owner = one.record.user_id
        if owner is not None and counts[owner] >= users.MOST_FACES:
            full.append(one.record.face_id)
            kept.append(replace(one, record=replace(one.record, user_id=None)))
            continue
        if owner is not None:
            counts[owner] += 1
        kept.append(one)
    return kept, full


def _users_named(reader: Reader, collection: Collection, names: Sequence[UserId]) -> Iterator[UserRecord]:
    for some in slices(names):
        query = select(USERS).where(USERS.c.collection == collection.number, USERS.c.user_id.in_(some))
        yield from map(users.of_row, reader.rows(query))


def _with_users(collection: Collection, *, after: int, until: int) -> Select[tuple[object, ...]]:
    owner = and_(USERS.c.collection == FACES.c.collection, USERS.c.user_id == FACES.c.user_id)
    return (
        select(FACES, USERS.c.number.label("user_number"), GROUNDS.c.consent, GROUNDS.c.until)
        .outerjoin(USERS, owner)
        .outerjoin(GROUNDS, grounds.HERE)
        .where(FACES.c.collection == collection.number, FACES.c.number > after, FACES.c.number <= until)
    )


def _of_row(row: Row, collection: Collection, until: int) -> FaceRecord:
    record = faces.of_row(row, collection)
    known = row["user_number"] is not None and row["user_number"] <= until
    return record if known else replace(record, user_id=None)


def has_forgotten(reader: Reader, collection: Collection) -> bool:
    """Say whether any face was ever removed from a collection."""
    query = select(REMOVALS.c.number).where(REMOVALS.c.collection == collection.number, REMOVALS.c.kind == FACE)
    return bool(reader.rows(query.limit(1)))

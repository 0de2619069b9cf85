"""Users as rows: people as a client names them, each with up to a hundred enrolled faces and one vector for all.

A user's vector is the sum of the faces' vectors, made length 1 again: what the pictures share stays,
what is only one picture's fades. It is computed anew from the faces whenever they change.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np
from sqlalchemy import bindparam, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from recognizance.database import Reader, Row, Tx, aware, slices
from recognizance.database.tables import FACE, FACES, USER, USERS
from recognizance.errors import Conflict, InvalidParameter, NotFound, QuotaExceeded
from recognizance.gallery import collections, faces, pictures, vectors
from recognizance.values import Collection, FaceId, FaceRecord, UserId, UserRecord, Vectors

MOST_FACES = 100  # "a maximum of 100 faces per user" (service model)
RENEWED_AT_ONCE = 100  # users; each has up to a hundred vectors
MOST_USERS = 10_000_000  # "the maximum number of users that can be stored in a collection is 10 million"

THEIRS = select(USERS).where(USERS.c.collection == bindparam("of_collection"))
BY_ID = THEIRS.where(USERS.c.user_id == bindparam("of_user"))
BY_NUMBERS = THEIRS.where(USERS.c.number.in_(bindparam("numbers", expanding=True)))
BY_VECTORS = THEIRS.where(USERS.c.vector_number.in_(bindparam("numbers", expanding=True)), collections.IS_THERE)


@dataclass(frozen=True, slots=True)
class Refused:
    """A face that was left as it was, why in Rekognition's words, and its user and similarity where they matter."""

    face_id: FaceId
    reason: str
    user_id: UserId | None = None
    similarity: float | None = None


@dataclass(frozen=True, slots=True)
class Changed:
    """A user after faces came or went: which did, and which did not."""

    user: UserRecord
    faces: list[FaceId]
    refused: list[Refused]


def create(tx: Tx, collection: Collection, user_id: UserId, *, now: datetime) -> UserRecord:
    """Make a user without faces. Raises `Conflict` when there is one of that id, `NotFound`, `QuotaExceeded`."""
    held = collections.locked(tx, collection)
    if held.users >= MOST_USERS:
        raise QuotaExceeded(f"The collection id: {collection.id} may hold {MOST_USERS:,} users and holds them")
    number = collections.count(tx, collection, changes=1, users=1)
    user = UserRecord(number, user_id, 0, None, now)
    try:
        keep(tx, collection, [user])
    except IntegrityError:
        raise Conflict(f"The user id: {user_id} already exists.") from None
    return user


def keep(tx: Tx, collection: Collection, records: Sequence[UserRecord]) -> None:
    """Write the rows of users whose numbers are taken."""
    tx.run(
        insert(USERS),
        [
            {
                "collection": collection.number,
                "number": user.number,
                "user_id": user.user_id,
                "faces": user.faces,
                "vector_number": user.vector_number,
                "created_at": user.created_at,
            }
            for user in records
        ],
    )


def remove(tx: Tx, collection: Collection, user_id: UserId) -> None:
    """Remove a user; their faces stay, nobody's. Raises `NotFound`."""
    collections.locked(tx, collection)
    user = find(tx, collection, user_id)
    _of_nobody(tx, collection, FACES.c.user_id == user_id)
    if user.vector_number is not None:
        vectors.remove(tx, collection, USER, [user.vector_number])
    tx.run(delete(USERS).where(USERS.c.collection == collection.number, USERS.c.number == user.number))
    pictures.forget_user(tx, collection.number, user.number)
    collections.count(tx, collection, changes=0, users=-1)


def associate(
    tx: Tx,
    collection: Collection,
    user_id: UserId,
    face_ids: Sequence[FaceId],
    *,
    similar: Callable[[float], float],
    at_least: float,
) -> Changed:
    """Give faces to a user. Those they have already are passed over in silence.

    Where the user has faces, a face must be `at_least` that similar to the user's vector; `similar`
    turns a cosine into a percentage. Raises `NotFound`, and `QuotaExceeded` when the user would have
    more than a hundred, and then nothing is changed.
    """
    collections.locked(tx, collection)
    user = find(tx, collection, user_id)
    asked = list(dict.fromkeys(face_ids))
    found = {record.face_id: record for record in faces.by_ids(tx, collection, asked)}
    taken: list[FaceRecord] = []
    refused: list[Refused] = []
    scores = _scores(tx, collection, user, list(found.values()), similar)
    for one in asked:
        record = found.get(one)
        if record is None:
            refused.append(Refused(one, "FACE_NOT_FOUND"))
        elif record.user_id == user_id:
            continue
        elif record.user_id is not None:
            refused.append(Refused(one, "ASSOCIATED_TO_A_DIFFERENT_USER", record.user_id))
        elif one in scores and scores[one] < at_least:
            refused.append(Refused(one, "LOW_MATCH_CONFIDENCE", similarity=scores[one]))
        else:
            taken.append(record)
    if user.faces + len(taken) > MOST_FACES:
        raise QuotaExceeded(
            f"A user may have {MOST_FACES} faces; "
            f"the user id: {user_id} has {user.faces} and would get {len(taken)} more"
        )
    if taken:
        numbers = [record.number for record in taken]
        tx.run(
            update(FACES)
            .where(FACES.c.collection == collection.number, FACES.c.number.in_(numbers))
            .values(user_id=user_id)
        )
        (user,) = renew(tx, collection, [user])
    return Changed(user, [record.face_id for record in taken], refused)


def disassociate(tx: Tx, collection: Collection, user_id: UserId, face_ids: Sequence[FaceId]) -> Changed:
    """Take faces from a user. Those that are nobody's are passed over in silence. Raises `NotFound`."""
    collections.locked(tx, collection)
    user = find(tx, collection, user_id)
    asked = list(dict.fromkeys(face_ids))
    found = {record.face_id: record for record in faces.by_ids(tx, collection, asked)}
    gone = [found[one] for one in asked if one in found and found[one].user_id == user_id]
    refused = [Refused(one, "FACE_NOT_FOUND") for one in asked if one not in found]
    refused += [
        Refused(one, "ASSOCIATED_TO_A_DIFFERENT_USER", found[one].user_id)
        for one in asked
        if one in found and found[one].user_id not in (None, user_id)
    ]
    if gone:
        _of_nobody(tx, collection, FACES.c.number.in_([record.number for record in gone]))
        (user,) = renew(tx, collection, [user])
    return Changed(user, [record.face_id for record in gone], refused)


def find(reader: Reader, collection: Collection, user_id: UserId) -> UserRecord:
    """Return the user of this id. Raises `NotFound`."""
    for row in reader.rows(BY_ID, {"of_collection": collection.number, "of_user": user_id}):
        return of_row(row)
    raise NotFound(f"The user id: {user_id} does not exist")


def by_vectors(reader: Reader, collection: Collection, numbers: Sequence[int]) -> dict[int, UserRecord]:
    """Return the users whose vectors have these numbers, by that number; those that are gone are missing.

    All are missing where the collection was removed, whether they are erased yet or not.
    """
    return {
        row["vector_number"]: of_row(row)
        for some in slices(numbers)
        for row in reader.rows(BY_VECTORS, {"of_collection": collection.number, "numbers": list(some)})
    }


def by_numbers(reader: Reader, collection: Collection, numbers: Sequence[int]) -> dict[int, UserRecord]:
    """Return the users that have these numbers, by number; those that are gone are missing."""
    return {
        row["number"]: of_row(row)
        for some in slices(numbers)
        for row in reader.rows(BY_NUMBERS, {"of_collection": collection.number, "numbers": list(some)})
    }


def listed(reader: Reader, collection: Collection, *, after: int, limit: int) -> list[UserRecord]:
    """Return up to `limit` users made after the one numbered `after`, in order of creation."""
    query = (
        select(USERS)
        .where(USERS.c.collection == collection.number, USERS.c.number > after)
        .order_by(USERS.c.number)
        .limit(limit)
    )
    return [of_row(row) for row in reader.rows(query)]


def merged(members: Vectors) -> Vectors:
    """Return the one vector that stands for several, shape (n, dim): their sum at length 1, float32.

    Raises `InvalidParameter` when they cancel out.
    """
    total = members.astype(np.float64).sum(axis=0)
    length = float(np.linalg.norm(total))
    if not length > 1e-6:
        raise InvalidParameter("The vectors of these faces cancel out, so that no one vector can stand for the user.")
    merged_one: Vectors = (total / length).astype(np.float32)
    return merged_one


def of_row(row: Row) -> UserRecord:
    """Return a row of the table as a record."""
    return UserRecord(
        number=row["number"],
        user_id=UserId(row["user_id"]),
        faces=row["faces"],
        vector_number=row["vector_number"],
        created_at=aware(row["created_at"]),
    )


def renew(tx: Tx, collection: Collection, some: Sequence[UserRecord]) -> list[UserRecord]:
    """Compute the vectors of users anew from the faces they have now, and return the users, in order.

    Each vector is written under a new number; a user without faces has none. The collection must be locked.
    Raises `InvalidParameter` when a user's vectors cancel out.
    """
    return [
        user
        for start in range(0, len(some), RENEWED_AT_ONCE)
        for user in _renewed(tx, collection, some[start : start + RENEWED_AT_ONCE])
    ]


def _renewed(tx: Tx, collection: Collection, some: Sequence[UserRecord]) -> list[UserRecord]:
    before = [user.vector_number for user in some if user.vector_number is not None]
    if before:
        vectors.remove(tx, collection, USER, before)
    theirs: dict[str, list[int]] = {user.user_id: [] for user in some}
    query = select(FACES.c.user_id, FACES.c.number).where(
        FACES.c.collection == collection.number, FACES.c.user_id.in_(list(theirs))
    )
    for row in tx.rows(query.order_by(FACES.c.number)):
        theirs[row["user_id"]].append(row["number"])
    numbers, members = vectors.fetch(
        tx, collection, FACE, np.array([one for every in theirs.values() for one in every], dtype=np.int64)
    )
    row_of = {number: at for at, number in enumerate(numbers.tolist())}
    having = [name for name in theirs if theirs[name]]
    made = [merged(members[[row_of[number] for number in theirs[name]]]) for name in having]
    first = collections.count(tx, collection, changes=len(having)) if having else 0
    taken = {name: first + at for at, name in enumerate(having)}
    vectors.write(tx, collection, USER, list(taken.values()), made)
    renewed = [replace(user, faces=len(theirs[user.user_id]), vector_number=taken.get(user.user_id)) for user in some]
    change = (
        update(USERS)
        .where(USERS.c.collection == collection.number, USERS.c.number == bindparam("of_user"))
        .values(faces=bindparam("has_faces"), vector_number=bindparam("has_vector"))
    )
    tx.run(
        change,
        [{"of_user": user.number, "has_faces": user.faces, "has_vector": user.vector_number} for user in renewed],
    )
    return renewed


def _of_nobody(tx: Tx, collection: Collection, which: object) -> None:
    tx.run(update(FACES).where(FACES.c.collection == collection.number, which).values(user_id=None))  # type: ignore[arg-type]


def _scores(
    tx: Tx, collection: Collection, user: UserRecord, found: Sequence[FaceRecord], similar: Callable[[float], float]
) -> dict[FaceId, float]:
    """Return how similar each face is to the user's vector; nothing where the user has none."""
    if user.vector_number is None or not found:
        return {}
    _, (theirs,) = vectors.fetch(tx, collection, USER, np.array([user.vector_number]))
    numbers, given = vectors.fetch(tx, collection, FACE, np.array([record.number for record in found]))
    by_number = dict(zip(numbers.tolist(), given, strict=True))
    return {
        record.face_id: similar(float(by_number[record.number].astype(np.float64) @ theirs.astype(np.float64)))
        for record in found
    }

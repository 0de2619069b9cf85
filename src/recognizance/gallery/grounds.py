"""On what ground a face is kept, and until when: written when it is enrolled, and what ends with it.

The term of a collection is its tag `recognizance:retention-days`; the ground is the reference to a written release
that the enrolment stated. Both are the caller's words about a person, so neither reaches the ledger but as a digest.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeAlias

from sqlalchemy import Select, and_, bindparam, delete, insert, select

from recognizance.database import Reader, Row, Tx, aware
from recognizance.database.tables import COLLECTIONS, FACES, GROUNDS
from recognizance.errors import InvalidParameter
from recognizance.gallery import collections, faces, users
from recognizance.values import (
    LONGEST_TERM,
    TERM,
    Collection,
    CollectionId,
    FaceId,
    FaceRecord,
    UserId,
    term,
)

HERE = and_(GROUNDS.c.collection == FACES.c.collection, GROUNDS.c.number == FACES.c.number)
OF = (
    select(FACES, GROUNDS.c.consent, GROUNDS.c.until)
    .join(GROUNDS, HERE)
    .where(FACES.c.collection == bindparam("of_collection"))
    .order_by(FACES.c.number)
)
KEEP = insert(GROUNDS)
Said: TypeAlias = tuple[str | None, datetime | None]
"""The consent that one face is kept on, and when its term ends; either may not have been said."""
NOTHING_SAID: Said = (None, None)
OTHER_CONSENT = "A face of this picture is enrolled on another consent; delete that face first, or state that consent."


@dataclass(frozen=True, slots=True)
class Ground:
    """Why one face is kept, and until when; either may not have been said."""

    record: FaceRecord
    consent: str | None
    until: datetime | None


@dataclass(frozen=True, slots=True)
class Ended:
    """What was erased: the faces, and users who had no other, by their ids."""

    faces: list[FaceId]
    users: list[UserId]


def until(tags: Mapping[str, str], enrolled_at: datetime) -> datetime | None:
    """Return when the term of a face enrolled then ends, None without a term. Raises `InvalidParameter`."""
    days = term(tags)
    if days == 0:
        raise InvalidParameter(no_term())
    return None if days is None else enrolled_at + timedelta(days=days)


def no_term() -> str:
    """Return what is said of a tag that is no term."""
    return f"The tag {TERM} should be a number of days from 1 to {LONGEST_TERM}."


def said(row: Row) -> Said:
    """Return the ground that a row has, with or without a face."""
    return row["consent"], None if row["until"] is None else aware(row["until"])


def keep(tx: Tx, collection: Collection, grounds: Mapping[int, Said]) -> None:
    """Note on what ground enrolled faces are kept, by number, where that was not noted before.

    What was noted stands: a face that is enrolled again keeps its consent and its term. Raises `InvalidParameter` where
    it was enrolled on another consent: either could be withdrawn, and only one is kept. The collection must be locked.
    """
    stated = {number: one for number, one in grounds.items() if one != NOTHING_SAID}
    if not stated:
        return
    mine = GROUNDS.c.collection == collection.number
    rows = tx.rows(select(GROUNDS).where(mine, GROUNDS.c.number.in_(list(stated))))
    known = {row["number"]: said(row) for row in rows}
    for number, (consent, _) in known.items():
        if consent is not None and stated[number][0] not in (None, consent):
            raise InvalidParameter(OTHER_CONSENT)
    if known:
        tx.run(delete(GROUNDS).where(mine, GROUNDS.c.number.in_(list(known))))
    tx.run(KEEP, [_row(collection, number, known.get(number, NOTHING_SAID), one) for number, one in stated.items()])


def _row(collection: Collection, number: int, before: Said, now: Said) -> dict[str, Any]:
    consent, end = (old or new for old, new in zip(before, now, strict=True))
    return {"collection": collection.number, "number": number, "consent": consent, "until": end}


def listed(reader: Reader, collection: Collection, *, after: int, limit: int) -> list[Ground]:
    """Return up to `limit` grounds of faces enrolled after the one numbered `after`, in order of enrolment."""
    query = OF.where(FACES.c.number > after).limit(limit)
    return [
        Ground(faces.of_row(row, collection), *said(row))
        for row in reader.rows(query, {"of_collection": collection.number})
    ]


def ended(now: datetime) -> Select[*tuple[Any, ...]]:
    """Return the query for the collections that hold faces whose term has ended, by the index of terms."""
    of = select(GROUNDS.c.collection).where(GROUNDS.c.until <= now)
    return select(COLLECTIONS.c.account, COLLECTIONS.c.region, COLLECTIONS.c.id).where(
        COLLECTIONS.c.number.in_(of), COLLECTIONS.c.replaces.is_(None)
    )


def ending(reader: Reader, now: datetime) -> list[tuple[str, str, CollectionId]]:
    """Return account, region and id of the collections that hold faces whose term has ended."""
    return [(row["account"], row["region"], CollectionId(row["id"])) for row in reader.rows(ended(now))]


def end(tx: Tx, collection: Collection, now: datetime, *, limit: int) -> Ended:
    """Erase up to `limit` faces whose term has ended, whoever they belong to. Raises `NotFound`."""
    held = collections.locked(tx, collection)
    query = OF.where(GROUNDS.c.until <= now).limit(limit)
    return _erase(tx, held, [faces.of_row(row, held) for row in tx.rows(query, {"of_collection": held.number})])


def withdraw(tx: Tx, collection: Collection, consent: str, *, limit: int) -> Ended:
    """Erase up to `limit` faces that are kept on a ground that was withdrawn. Raises `NotFound`."""
    held = collections.locked(tx, collection)
    query = OF.where(GROUNDS.c.consent == consent).limit(limit)
    return _erase(tx, held, [faces.of_row(row, held) for row in tx.rows(query, {"of_collection": held.number})])


def _erase(tx: Tx, collection: Collection, gone: Sequence[FaceRecord]) -> Ended:
    theirs: dict[UserId, list[FaceId]] = {}
    for record in gone:
        if record.user_id is not None:
            theirs.setdefault(record.user_id, []).append(record.face_id)
    left: list[UserId] = []
    for user_id, some in theirs.items():
        if users.disassociate(tx, collection, user_id, some).user.faces == 0:
            users.remove(tx, collection, user_id)  # a name without a face is no reason to keep the name
            left.append(user_id)
    forgotten = faces.forget(tx, collection, [record.face_id for record in gone])
    assert len(forgotten.removed) == len(gone), "all of them were there, and nobody's"
    return Ended(forgotten.removed, left)

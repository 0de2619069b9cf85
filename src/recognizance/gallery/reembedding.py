"""A collection that moves to another model: what is built beside it, and the moment the two change places.

What is built has the number of the old one as `replaces`; nobody can name it and no index reads it before the
change. Its faces have the numbers they have in the old one, so that an order, a page and a pair mean the same
afterwards. Whoever changes either locks the old one first; a face that is forgotten there is forgotten here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby

from sqlalchemy import Select, delete, func, insert, literal, null, select, update

from recognizance.database import Reader, Tx
from recognizance.database.tables import COLLECTIONS, FACE, FACES, GROUNDS, USERS, VECTORS
from recognizance.errors import Conflict, InvalidParameter, NotFound
from recognizance.gallery import collections, faces, moving, users, vectors
from recognizance.values import Box, Caller, Card, Collection, FaceRecord

FOUND_AGAIN = 0.5  # least intersection over union of one face then and now, whichever detector it was
MOVED_AT_ONCE = 500  # users


@dataclass(frozen=True, slots=True)
class Finished:
    """The collection as it is after the change, and how many faces were left behind."""

    collection: Collection
    left_behind: int


def start(tx: Tx, collection: Collection, card: Card, *, now: datetime) -> Collection:
    """Make the empty collection that is to take this one's place. Raises `Conflict` when there is one, `NotFound`."""
    old = collections.locked(tx, collection)
    there = collections.replacement(tx, old)
    if there is not None:
        raise Conflict(f"The collection id: {old.id} is already moving to the model {there.model}.")
    return collections.create(
        tx,
        caller=Caller("", old.account, old.region),
        collection_id=old.id,
        model=card.name,
        model_version=card.version,
        tags={},
        now=now,
        replaces=old.number,
    )


def under_way(reader: Reader, collection: Collection) -> Collection:
    """Return what is being built to take this collection's place. Raises `NotFound`."""
    found = collections.replacement(reader, collection)
    if found is None:
        raise NotFound(f"The collection id: {collection.id} is not moving to another model.")
    return found


def of_picture(
    reader: Reader, collection: Collection, built: Collection, image_id: str
) -> tuple[list[FaceRecord], list[FaceRecord]]:
    """Return the enrolled faces of a picture that have no new vector yet, and those that have one."""
    query = select(FACES).where(FACES.c.collection == collection.number, FACES.c.image_id == image_id)
    enrolled = [faces.of_row(row, collection) for row in reader.rows(query.order_by(FACES.c.number))]
    done = faces.by_numbers(reader, built, [record.number for record in enrolled])
    return (
        [record for record in enrolled if record.number not in done],
        [record for record in enrolled if record.number in done],
    )


def found_again(records: Sequence[FaceRecord], boxes: Sequence[Box]) -> dict[int, int]:
    """Return, by number, which of the boxes each face is, those of one enrolment each a box of its own.

    A picture enrolled under two names has each face twice, and both are one box.
    """
    pairs: dict[int, int] = {}
    for _, group in groupby(sorted(records, key=_name), key=_name):
        same = list(group)
        overlaps = [(one.box.iou(box), one.number, at) for one in same for at, box in enumerate(boxes)]
        taken: set[int] = set()
        for overlap, number, at in sorted(overlaps, key=lambda one: (-one[0], *one[1:])):
            if overlap >= FOUND_AGAIN and number not in pairs and at not in taken:
                pairs[number] = at
                taken.add(at)
    return pairs


def add(tx: Tx, collection: Collection, built: Collection, made: Sequence[moving.Kept]) -> list[FaceRecord]:
    """Keep new vectors of faces that are still enrolled and have none yet, and return those faces.

    Raises `Conflict` when what was being built has been abandoned or put in place meanwhile.
    """
    collections.locked(tx, collection)
    there = collections.replacement(tx, collection)
    if there is None or there.number != built.number:
        raise Conflict(f"The collection id: {collection.id} is no longer moving to the model {built.model}.")
    numbers = [one.record.number for one in made]
    enrolled = faces.by_numbers(tx, collection, numbers)
    done = faces.by_numbers(tx, built, numbers)
    fresh = [one for one in made if one.record.number in enrolled and one.record.number not in done]
    if fresh:
        # Users are brought over at the end: until then they may change.
        records = [replace(enrolled[one.record.number], user_id=None) for one in fresh]
        faces.keep(tx, built, records)
        vectors.write(tx, built, FACE, [record.number for record in records], [one.vector for one in fresh])
        collections.count(tx, built, changes=0, faces=len(fresh))
    return [enrolled[one.record.number] for one in fresh]


def left(reader: Reader, collection: Collection, built: Collection, *, limit: int) -> list[FaceRecord]:
    """Return up to `limit` enrolled faces that have no new vector, in the order of their enrolment."""
    query = (
        select(FACES)
        .where(FACES.c.collection == collection.number, FACES.c.number.not_in(_numbers(built)))
        .order_by(FACES.c.number)
        .limit(limit)
    )
    return [faces.of_row(row, collection) for row in reader.rows(query)]


def finish(tx: Tx, collection: Collection, *, leave_behind: bool) -> Finished:
    """Put what was built in the collection's place, and erase the old one.

    Users come over with all they are, and get vectors from the new vectors of their faces. Raises
    `Conflict` while faces are left, unless they may be left behind; `InvalidParameter` when no face
    at all has a new vector; `NotFound`.
    """
    old = collections.locked(tx, collection)
    built = under_way(tx, old)
    _forget_the_gone(tx, old, built)
    done = _count(tx, built)
    _bring_grounds(tx, old, built)
    behind = old.faces - done
    if behind and not leave_behind:
        raise Conflict(
            f"{behind:,} of {old.faces:,} faces have no vector by {built.model} yet; see DescribeReembedding."
        )
    if old.faces and not done:
        raise InvalidParameter(f"No face has a vector by {built.model} yet, so nothing would be left.")
    tx.run(
        update(COLLECTIONS)
        .where(COLLECTIONS.c.number == built.number)
        .values(revision=old.revision, faces=done, users=old.users)
    )
    _bring_users(tx, old, built)
    return Finished(collections.take_place(tx, built, old), behind)


def _name(record: FaceRecord) -> str:
    return record.external_id or ""


def _forget_the_gone(tx: Tx, old: Collection, built: Collection) -> None:
    """Erase what is no longer enrolled. `faces.forget` has done so; this holds whatever wrote to the database."""
    gone = select(VECTORS.c.number).where(
        VECTORS.c.collection == built.number, VECTORS.c.kind == FACE, VECTORS.c.number.not_in(_numbers(old))
    )
    vectors.drop(tx, built, FACE, [row["number"] for row in tx.rows(gone)])
    tx.run(delete(FACES).where(FACES.c.collection == built.number, FACES.c.number.not_in(_numbers(old))))


def _numbers(collection: Collection) -> Select[tuple[int]]:
    there = FACES.alias("there")
    return select(there.c.number).where(there.c.collection == collection.number)


def _bring_grounds(tx: Tx, old: Collection, built: Collection) -> None:
    """Bring over on what ground each face is kept: it has the same number in both."""
    theirs = select(literal(built.number), GROUNDS.c.number, GROUNDS.c.consent, GROUNDS.c.until).where(
        GROUNDS.c.collection == old.number, GROUNDS.c.number.in_(_numbers(built))
    )
    tx.run(insert(GROUNDS).from_select(["collection", "number", "consent", "until"], theirs))


def _count(tx: Tx, collection: Collection) -> int:
    (row,) = tx.rows(select(func.count().label("faces")).where(FACES.c.collection == collection.number))
    return int(row["faces"])


def _bring_users(tx: Tx, old: Collection, built: Collection) -> None:
    columns = ["collection", "number", "user_id", "faces", "vector_number", "created_at"]
    theirs = select(
        literal(built.number), USERS.c.number, USERS.c.user_id, literal(0), null(), USERS.c.created_at
    ).where(USERS.c.collection == old.number)
    tx.run(insert(USERS).from_select(columns, theirs))
    before = FACES.alias("before")
    owner = (
        select(before.c.user_id)
        .where(before.c.collection == old.number, before.c.number == FACES.c.number)
        .scalar_subquery()
    )
    owned = select(before.c.number).where(before.c.collection == old.number, before.c.user_id.is_not(None))
    tx.run(update(FACES).where(FACES.c.collection == built.number, FACES.c.number.in_(owned)).values(user_id=owner))
    after = 0
    while some := users.listed(tx, built, after=after, limit=MOVED_AT_ONCE):
        users.renew(tx, built, some)
        after = some[-1].number

"""Collections as rows: made, found, listed, tagged, removed and erased.

What is removed is out of sight at once, and erased after that in transactions of a few rows each (`erasing`
does): to erase a million faces in one would keep everybody else from writing for a minute. A row of a removed
collection has its own number, negative, as `replaces`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import ColumnElement, Table, bindparam, delete, exists, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from recognizance.database import Reader, Row, Tx, aware
from recognizance.database.tables import (
    ANSWERED,
    COLLECTIONS,
    CONTENTS,
    CROPS,
    FACE,
    FACES,
    GROUNDS,
    REMOVALS,
    REVIEW_FACES,
    USER,
    USERS,
    VECTORS,
)
from recognizance.errors import AlreadyExists, NotFound
from recognizance.gallery import pictures
from recognizance.values import Caller, Collection, CollectionId, ModelName

THERE = or_(COLLECTIONS.c.replaces.is_(None), COLLECTIONS.c.replaces > 0)
FIND = select(COLLECTIONS).where(
    COLLECTIONS.c.account == bindparam("of_account"),
    COLLECTIONS.c.id == bindparam("of_id"),
    COLLECTIONS.c.replaces.is_(None),
)
AGAIN = select(COLLECTIONS).where(COLLECTIONS.c.number == bindparam("of_number"), THERE)
LOCK = AGAIN.with_for_update()
IS_THERE = exists().where(COLLECTIONS.c.number == bindparam("of_collection"), THERE)
"""Holds as long as the collection of that number is not removed; its rows may outlive it for a while."""
COUNT = (
    update(COLLECTIONS)
    .where(COLLECTIONS.c.number == bindparam("of_number"))
    .values(
        revision=COLLECTIONS.c.revision + bindparam("more_revisions"),
        faces=COLLECTIONS.c.faces + bindparam("more_faces"),
        users=COLLECTIONS.c.users + bindparam("more_users"),
    )
    .returning(COLLECTIONS.c.revision)
)
RUNS: tuple[tuple[Table, str, int | None], ...] = (
    (VECTORS, "number", FACE),
    (VECTORS, "number", USER),
    (REMOVALS, "revision", FACE),
    (REMOVALS, "revision", USER),
    (FACES, "number", None),
    (USERS, "number", None),
    (GROUNDS, "number", None),
    (CROPS, "number", None),
    (REVIEW_FACES, "face", None),
)
"""What a collection holds, in runs of rows that lie behind one another: table, column of the order, kind."""
HEAVY = {CROPS.name: 10}
"""Rows that take so many times as long to erase: a picture is overwritten in two pages or three."""


def find(reader: Reader, account: str, collection_id: CollectionId) -> Collection:
    """Return the collection an account knows by this id. Raises `NotFound`."""
    return find_tagged(reader, account, collection_id)[0]


def find_tagged(reader: Reader, account: str, collection_id: CollectionId) -> tuple[Collection, Mapping[str, str]]:
    """Return the collection an account knows by this id, and its tags. Raises `NotFound`."""
    for row in reader.rows(FIND, {"of_account": account, "of_id": collection_id}):
        return of_row(row), row["tags"]
    raise missing(collection_id)


def replacement(reader: Reader, collection: Collection) -> Collection | None:
    """Return the collection that is being built to take this one's place, if there is one."""
    rows = reader.rows(select(COLLECTIONS).where(COLLECTIONS.c.replaces == collection.number))
    return of_row(rows[0]) if rows else None


def again(reader: Reader, collection: Collection) -> Collection:
    """Return the collection as it is now. Raises `NotFound` when it was removed."""
    for row in reader.rows(AGAIN, {"of_number": collection.number}):
        return of_row(row)
    raise missing(collection.id)


def locked(tx: Tx, collection: Collection) -> Collection:
    """Return the collection as it is now, and let nobody else change it until the transaction ends.

    Whoever adds to a collection or removes from it begins here: revisions commit in order. Raises
    `NotFound` when it was removed.
    """
    for row in tx.rows(LOCK, {"of_number": collection.number}):
        return of_row(row)
    raise missing(collection.id)


def hold(tx: Tx, number: int) -> Collection | None:
    """Return the collection of that number as `locked` does, or None where it was removed."""
    rows = tx.rows(LOCK, {"of_number": number})
    return of_row(rows[0]) if rows else None


def listed(reader: Reader, account: str, *, after: int, limit: int) -> list[Collection]:
    """Return up to `limit` collections of an account made after the one numbered `after`, in order of creation."""
    query = (
        select(COLLECTIONS)
        .where(COLLECTIONS.c.account == account, COLLECTIONS.c.number > after, COLLECTIONS.c.replaces.is_(None))
        .order_by(COLLECTIONS.c.number)
        .limit(limit)
    )
    return [of_row(row) for row in reader.rows(query)]


def numbers(reader: Reader) -> set[int]:
    """Return the numbers of all collections there are, of every account."""
    return {row["number"] for row in reader.rows(select(COLLECTIONS.c.number).where(THERE))}


def create(
    tx: Tx,
    *,
    caller: Caller,
    collection_id: CollectionId,
    model: ModelName,
    model_version: str,
    tags: Mapping[str, str],
    now: datetime,
    replaces: int | None = None,
) -> Collection:
    """Make an empty collection, bound for life to a model. Raises `AlreadyExists`."""
    made = insert(COLLECTIONS).values(
        account=caller.account,
        id=collection_id,
        region=caller.region,
        model=model,
        model_version=model_version,
        created_at=now,
        revision=0,
        faces=0,
        users=0,
        tags=dict(tags),
        replaces=replaces,
    )
    try:
        (row,) = tx.returning(made.returning(*COLLECTIONS.c))
    except IntegrityError:
        raise AlreadyExists(f"The collection id: {collection_id} already exists.") from None
    return of_row(row)


def remove(tx: Tx, collection: Collection) -> Collection:
    """Remove a collection with all it holds, and what was being built to take its place; return it as it was last.

    Raises `NotFound`.
    """
    last = locked(tx, collection)
    being_built = replacement(tx, collection)
    if being_built is not None:
        _hide(tx, being_built)
    _hide(tx, collection)
    return last


def abandon(tx: Tx, collection: Collection) -> None:
    """Remove a collection that was being built to take another's place."""
    assert collection.replaces is not None, "only what was being built is abandoned"
    _hide(tx, collection)


def _hide(tx: Tx, collection: Collection) -> None:
    pictures.forget_all(tx, collection.number)
    tx.run(delete(ANSWERED).where(ANSWERED.c.collection == collection.number))
    tx.run(update(COLLECTIONS).where(COLLECTIONS.c.number == collection.number).values(replaces=-COLLECTIONS.c.number))


def removed(reader: Reader) -> list[int]:
    """Return the numbers of the collections that were removed and are not erased yet."""
    query = select(COLLECTIONS.c.number).where(COLLECTIONS.c.replaces < 0).order_by(COLLECTIONS.c.number)
    return [row["number"] for row in reader.rows(query)]


def erase(tx: Tx, number: int, *, rows: int) -> bool:
    """Erase up to so many rows of a removed collection, and say whether any are left; at the end it goes itself."""
    query = select(COLLECTIONS.c.number).where(COLLECTIONS.c.number == number, COLLECTIONS.c.replaces < 0)
    if not tx.rows(query.with_for_update()):
        return False  # another process has erased it, or it was never removed
    for table, order, kind in RUNS:
        of: list[ColumnElement[bool]] = [table.c.collection == number]
        if kind is not None:
            of.append(table.c.kind == kind)
        weight = HEAVY.get(table.name, 1)
        some = _up_to(tx, table, order, of, max(1, rows // weight))
        rows -= weight * tx.run(delete(table).where(*of, *some))
        if rows <= 0:
            return True
    tx.run(delete(CONTENTS).where(CONTENTS.c.collection == number))
    tx.run(delete(COLLECTIONS).where(COLLECTIONS.c.number == number))
    return False


def _up_to(tx: Tx, table: Table, order: str, of: list[ColumnElement[bool]], rows: int) -> list[ColumnElement[bool]]:
    """Return what holds for the first so many rows of a run; nothing where there are no more."""
    column = table.c[order]
    last = tx.rows(select(column).where(*of).order_by(column).limit(1).offset(rows - 1))
    return [column <= last[0][order]] if last else []


def take_place(tx: Tx, built: Collection, old: Collection) -> Collection:
    """Remove `old` and put what was built in its place, with its tags and its time of creation; return that.

    Both must be locked.
    """
    kept = tags(tx, old)
    _hide(tx, old)
    change = update(COLLECTIONS).where(COLLECTIONS.c.number == built.number)
    placed = change.values(replaces=None, region=old.region, created_at=old.created_at, tags=kept)
    (row,) = tx.returning(placed.returning(*COLLECTIONS.c))
    return of_row(row)


def tags(reader: Reader, collection: Collection) -> dict[str, str]:
    """Return the tags of a collection. Raises `NotFound` when it was removed."""
    for row in reader.rows(select(COLLECTIONS.c.tags).where(COLLECTIONS.c.number == collection.number, THERE)):
        return dict(row["tags"])
    raise missing(collection.id)


def tag(tx: Tx, collection: Collection, tags_: Mapping[str, str]) -> None:
    """Give a collection exactly these tags."""
    tx.run(update(COLLECTIONS).where(COLLECTIONS.c.number == collection.number).values(tags=dict(tags_)))


def count(tx: Tx, collection: Collection, *, changes: int, faces: int = 0, users: int = 0) -> int:
    """Note so many additions and removals, and what they do to the counts; return the first of their numbers.

    The collection must be locked.
    """
    more = {"more_revisions": changes, "more_faces": faces, "more_users": users}
    (row,) = tx.returning(COUNT, {"of_number": collection.number, **more})
    return int(row["revision"]) - changes + 1


def missing(collection_id: CollectionId) -> NotFound:
    """Return the error for a collection that is not there, in Rekognition's words."""
    return NotFound(f"The collection id: {collection_id} does not exist")


def of_row(row: Row) -> Collection:
    """Return a row of the table as a collection."""
    return Collection(
        number=row["number"],
        id=CollectionId(row["id"]),
        account=row["account"],
        region=row["region"],
        model=ModelName(row["model"]),
        model_version=row["model_version"],
        created_at=aware(row["created_at"]),
        revision=row["revision"],
        faces=row["faces"],
        users=row["users"],
        replaces=row["replaces"],
        root=row["root"],
    )

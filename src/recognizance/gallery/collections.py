"""Collections as rows: made, found, listed, tagged and removed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from recognizance.database import Reader, Row, Tx
from recognizance.database.tables import COLLECTIONS, FACES, REMOVALS, USERS, VECTORS
from recognizance.errors import AlreadyExists, NotFound
from recognizance.values import Caller, Collection, CollectionId, ModelName


def find(reader: Reader, account: str, collection_id: CollectionId) -> Collection:
    """Return the collection an account knows by this id. Raises `NotFound`."""
    query = select(COLLECTIONS).where(
        COLLECTIONS.c.account == account, COLLECTIONS.c.id == collection_id, COLLECTIONS.c.replaces.is_(None)
    )
    for row in reader.rows(query):
        return of_row(row)
    raise missing(collection_id)


def replacement(reader: Reader, collection: Collection) -> Collection | None:
    """Return the collection that is being built to take this one's place, if there is one."""
    rows = reader.rows(select(COLLECTIONS).where(COLLECTIONS.c.replaces == collection.number))
    return of_row(rows[0]) if rows else None


def again(reader: Reader, collection: Collection) -> Collection:
    """Return the collection as it is now. Raises `NotFound` when it was removed."""
    for row in reader.rows(select(COLLECTIONS).where(COLLECTIONS.c.number == collection.number)):
        return of_row(row)
    raise missing(collection.id)


def locked(tx: Tx, collection: Collection) -> Collection:
    """Return the collection as it is now, and let nobody else change it until the transaction ends.

    Whoever adds to a collection or removes from it begins here: revisions commit in order. Raises
    `NotFound` when it was removed.
    """
    query = select(COLLECTIONS).where(COLLECTIONS.c.number == collection.number).with_for_update()
    for row in tx.rows(query):
        return of_row(row)
    raise missing(collection.id)


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
    return {row["number"] for row in reader.rows(select(COLLECTIONS.c.number))}


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


def remove(tx: Tx, collection: Collection) -> None:
    """Remove a collection with all it holds, and what was being built to take its place. Raises `NotFound`."""
    locked(tx, collection)
    being_built = replacement(tx, collection)
    if being_built is not None:
        _erase(tx, being_built)
    _erase(tx, collection)


def _erase(tx: Tx, collection: Collection) -> None:
    for table in (VECTORS, REMOVALS, FACES, USERS):
        tx.run(delete(table).where(table.c.collection == collection.number))
    tx.run(delete(COLLECTIONS).where(COLLECTIONS.c.number == collection.number))


def abandon(tx: Tx, collection: Collection) -> None:
    """Remove a collection that was being built to take another's place."""
    assert collection.replaces is not None, "only what was being built is abandoned"
    _erase(tx, collection)


def take_place(tx: Tx, built: Collection, old: Collection) -> Collection:
    """Erase `old` and put what was built in its place, with its tags and its time of creation; return that.

    Both must be locked.
    """
    kept = tags(tx, old)
    _erase(tx, old)
    change = update(COLLECTIONS).where(COLLECTIONS.c.number == built.number)
    placed = change.values(replaces=None, region=old.region, created_at=old.created_at, tags=kept)
    (row,) = tx.returning(placed.returning(*COLLECTIONS.c))
    return of_row(row)


def tags(reader: Reader, collection: Collection) -> dict[str, str]:
    """Return the tags of a collection. Raises `NotFound` when it was removed."""
    for row in reader.rows(select(COLLECTIONS.c.tags).where(COLLECTIONS.c.number == collection.number)):
        return dict(row["tags"])
    raise missing(collection.id)


def tag(tx: Tx, collection: Collection, tags_: Mapping[str, str]) -> None:
    """Give a collection exactly these tags."""
    tx.run(update(COLLECTIONS).where(COLLECTIONS.c.number == collection.number).values(tags=dict(tags_)))


def count(tx: Tx, collection: Collection, *, changes: int, faces: int = 0, users: int = 0) -> int:
    """Note so many additions and removals, and what they do to the counts; return the first of their numbers.

    The collection must be locked.
    """
    counted = (
        update(COLLECTIONS)
        .where(COLLECTIONS.c.number == collection.number)
        .values(
            revision=COLLECTIONS.c.revision + changes,
            faces=COLLECTIONS.c.faces + faces,
            users=COLLECTIONS.c.users + users,
        )
        .returning(COLLECTIONS.c.revision)
    )
    (row,) = tx.returning(counted)
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
    )


def aware(at: datetime) -> datetime:
    """Return a time of the database with its zone: SQLite keeps none, and what we wrote was UTC."""
    return at if at.tzinfo else at.replace(tzinfo=UTC)

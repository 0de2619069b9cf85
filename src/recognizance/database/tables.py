"""Every table, as SQLAlchemy Core metadata; the migrations make them, and a test compares the two.

The ledger is append-only in the database itself: triggers refuse UPDATE, DELETE and REPLACE.

A collection's `revision` counts everything that was ever added to it or removed from it. What is added
takes the next number and keeps it: a face's number, a user's, a vector's. What is removed leaves a row in
`removals` under the next number. So `vectors` and `removals` past a revision are the change feed an
index reads, and whoever changes a collection locks its row first, so that revisions commit in order.
"""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    DateTime,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    String,
    Table,
    text,
)

METADATA = MetaData()

FACE, USER = 0, 1
"""What a vector is of."""


def _number() -> BigInteger:
    # SQLite gives an increasing number by itself only to a column it calls INTEGER.
    return BigInteger().with_variant(Integer, "sqlite")


def _name(length: int) -> String:
    # Ids are compared byte by byte on every engine: a page's cursor must mean the same everywhere.
    return String(length).with_variant(String(length, collation="C"), "postgresql")


LEDGER = Table(
    "ledger",
    METADATA,
    Column("sequence", _number(), primary_key=True, autoincrement=True),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("request_id", String(64), nullable=False),
    Column("access_key", String(128), nullable=False),
    Column("account", String(12), nullable=False),
    Column("region", String(64), nullable=False),
    Column("operation", String(64), nullable=False),
    Column("act", String(16), nullable=False),
    Column("purpose", String(256)),
    Column("case", String(256)),
    Column("verdict", String(8), nullable=False),
    Column("rule", String(128), nullable=False),
    Column("outcome", String(64), nullable=False),
    Column("facts", JSON, nullable=False),
    sqlite_autoincrement=True,
)

COLLECTIONS = Table(
    "collections",
    METADATA,
    Column("number", _number(), primary_key=True, autoincrement=True),
    Column("account", String(12), nullable=False),
    Column("id", _name(255), nullable=False),
    Column("region", String(64), nullable=False),
    Column("model", String(128), nullable=False),
    Column("model_version", String(64), nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("revision", BigInteger, nullable=False),
    Column("faces", BigInteger, nullable=False),
    Column("users", BigInteger, nullable=False),
    Column("tags", JSON, nullable=False),
    Column("replaces", BigInteger, unique=True),
    sqlite_autoincrement=True,
)
Index(
    "collections_by_id",
    COLLECTIONS.c.account,
    COLLECTIONS.c.id,
    unique=True,
    sqlite_where=text("replaces IS NULL"),
    postgresql_where=text("replaces IS NULL"),
)


def _collection() -> Column[int]:
    return Column("collection", BigInteger, ForeignKey(COLLECTIONS.c.number), primary_key=True, autoincrement=False)


FACES = Table(
    "faces",
    METADATA,
    _collection(),
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("face_id", _name(36), nullable=False),
    Column("image_id", _name(36), nullable=False),
    Column("external_id", _name(255)),
    Column("left", Double, nullable=False),
    Column("top", Double, nullable=False),
    Column("width", Double, nullable=False),
    Column("height", Double, nullable=False),
    Column("confidence", Double, nullable=False),
    Column("user_id", _name(128)),
    Column("enrolled_at", DateTime(timezone=True), nullable=False),
    Index("faces_by_id", "collection", "face_id", unique=True),
    Index("faces_by_image", "collection", "image_id"),
    Index(
        "faces_by_user",
        "collection",
        "user_id",
        "face_id",
        sqlite_where=text("user_id IS NOT NULL"),
        postgresql_where=text("user_id IS NOT NULL"),
    ),
    sqlite_with_rowid=False,
)

USERS = Table(
    "users",
    METADATA,
    _collection(),
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("user_id", _name(128), nullable=False),
    Column("faces", Integer, nullable=False),
    Column("vector_number", BigInteger),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Index("users_by_id", "collection", "user_id", unique=True),
    Index("users_by_vector", "collection", "vector_number"),
    sqlite_with_rowid=False,
)

VECTORS = Table(
    "vectors",
    METADATA,
    _collection(),
    Column("kind", SmallInteger, primary_key=True, autoincrement=False),
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("vector", LargeBinary, nullable=False),  # float32, little-endian
    # An SQLite table with a rowid, as vectors are long: without one, 512 numbers take twice the room.
)

REMOVALS = Table(
    "removals",
    METADATA,
    _collection(),
    Column("kind", SmallInteger, primary_key=True, autoincrement=False),
    Column("revision", BigInteger, primary_key=True, autoincrement=False),
    Column("number", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

ANSWERED = Table(
    "answered",
    METADATA,
    Column("account", String(12), primary_key=True),
    Column("operation", String(64), primary_key=True),
    Column("token", _name(64), primary_key=True),
    Column("request", String(64), nullable=False),  # a keyed digest
    Column("response", JSON, nullable=False),
    Column("collection", BigInteger),  # whose answers go when it goes
    Column("at", DateTime(timezone=True), nullable=False),
    Index("answered_by_time", "at"),
    Index("answered_by_collection", "collection"),
)
"""What was answered under an idempotency token, for as long as the token is good."""

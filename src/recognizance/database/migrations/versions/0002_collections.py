"""Collections: their faces and users, the vectors of both, and what was removed."""

from __future__ import annotations

from alembic import op
from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    DateTime,
    Double,
    ForeignKey,
    Integer,
    LargeBinary,
    SmallInteger,
    String,
    text,
)

revision = "0002"
down_revision = "0001"


def _name(length: int) -> String:
    return String(length).with_variant(String(length, collation="C"), "postgresql")


def _collection() -> Column[int]:
    return Column("collection", BigInteger, ForeignKey("collections.number"), primary_key=True, autoincrement=False)


def _number(name: str) -> Column[int]:
    return Column(name, BigInteger, primary_key=True, autoincrement=False)


def _kind() -> Column[int]:
    return Column("kind", SmallInteger, primary_key=True, autoincrement=False)


def upgrade() -> None:
    """Make them."""
    op.create_table(
        "collections",
        Column("number", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
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
    named = text("replaces IS NULL")
    op.create_index(
        "collections_by_id",
        "collections",
        ["account", "id"],
        unique=True,
        sqlite_where=named,
        postgresql_where=named,
    )

    op.create_table(
        "faces",
        _collection(),
        _number("number"),
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
        sqlite_with_rowid=False,
    )
    op.create_index("faces_by_id", "faces", ["collection", "face_id"], unique=True)
    op.create_index("faces_by_image", "faces", ["collection", "image_id"])
    taken = text("user_id IS NOT NULL")
    op.create_index(
        "faces_by_user", "faces", ["collection", "user_id", "face_id"], sqlite_where=taken, postgresql_where=taken
    )

    op.create_table(
        "users",
        _collection(),
        _number("number"),
        Column("user_id", _name(128), nullable=False),
        Column("faces", Integer, nullable=False),
        Column("vector_number", BigInteger),
        Column("created_at", DateTime(timezone=True), nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("users_by_id", "users", ["collection", "user_id"], unique=True)
    op.create_index("users_by_vector", "users", ["collection", "vector_number"])

    op.create_table(
        "vectors",
        _collection(),
        _kind(),
        _number("number"),
        Column("vector", LargeBinary, nullable=False),
    )
    if op.get_bind().dialect.name == "postgresql":
        # A vector stays in its row, where a scan finds it, as long as a page holds it.
        op.execute("ALTER TABLE vectors SET (toast_tuple_target = 8160)")
    op.create_table(
        "removals",
        _collection(),
        _kind(),
        _number("revision"),
        Column("number", BigInteger, nullable=False),
        sqlite_with_rowid=False,
    )

    op.create_table(
        "answered",
        Column("account", String(12), primary_key=True),
        Column("operation", String(64), primary_key=True),
        Column("token", _name(64), primary_key=True),
        Column("request", String(64), nullable=False),
        Column("response", JSON, nullable=False),
        Column("collection", BigInteger),
        Column("at", DateTime(timezone=True), nullable=False),
    )
    op.create_index("answered_by_time", "answered", ["at"])
    op.create_index("answered_by_collection", "answered", ["collection"])

"""Reviews of held candidates, their reviewers, and the pictures they look at."""

from __future__ import annotations

from typing import Any

from alembic import op
from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
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

revision = "0005"
down_revision = "0004"


def _name(length: int) -> String:
    return String(length).with_variant(String(length, collation="C"), "postgresql")


def _review() -> Column[str]:
    return Column("review", _name(36), primary_key=True)


def _person() -> Column[str]:
    return Column("person", _name(128), primary_key=True)


def _collection() -> Column[int]:
    return Column("collection", BigInteger, ForeignKey("collections.number"), primary_key=True, autoincrement=False)


def _time(name: str, **more: Any) -> Column[Any]:
    return Column(name, DateTime(timezone=True), **more)


def _sealed(name: str) -> Column[bytes]:
    return Column(name, LargeBinary, nullable=False)


def upgrade() -> None:
    """Make the tables."""
    op.create_table("crop_keys", _collection(), _sealed("wrapped"))
    op.create_table(
        "crops", _collection(), Column("number", BigInteger, primary_key=True, autoincrement=False), _sealed("sealed")
    )
    _make_reviews()
    op.create_table(
        "review_askers",
        _review(),
        Column("line", _name(128), primary_key=True),
        Column("access_key", String(128), nullable=False),
        Column("person", String(128)),
    )
    op.create_table("review_probes", _review(), _sealed("wrapped"), _sealed("sealed"))
    op.create_table(
        "review_faces",
        _review(),
        Column("place", SmallInteger, primary_key=True, autoincrement=False),
        Column("collection", BigInteger, nullable=False),
        Column("face", BigInteger, nullable=False),
        Column("user", BigInteger),
        Column("candidate", Boolean, nullable=False),
        Column("result", String(16)),
        Column("before", Integer, nullable=False),
    )
    op.create_index("review_faces_by_face", "review_faces", ["collection", "face"])
    op.create_table("review_looks", _review(), _person(), _time("at", nullable=False))
    op.create_table(
        "verdicts",
        _review(),
        _person(),
        Column("account", String(12), nullable=False),
        Column("access_key", String(128), nullable=False),
        Column("line", String(128), nullable=False),
        _time("at", nullable=False),
        Column("seconds", Double, nullable=False),
        Column("calls", JSON, nullable=False),
        Column("reasons", JSON, nullable=False),
        _sealed("salt"),
        Column("commitment", String(64), nullable=False),
        Column("wrong", SmallInteger, nullable=False),
        Column("aside", String(16)),
        Column("agreed", SmallInteger),
        Column("overturned", SmallInteger),
    )
    op.create_index("verdicts_by_person", "verdicts", ["account", "person"])
    op.create_table(
        "reviewers",
        Column("account", String(12), primary_key=True),
        _person(),
        Column("name", String(128), nullable=False),
        _time("until", nullable=False),
        Column("evidence", String(1000), nullable=False),
        _time("qualified_at", nullable=False),
        Column("qualified_by", String(128), nullable=False),
    )


def _make_reviews() -> None:
    op.create_table(
        "reviews",
        Column("id", _name(36), primary_key=True),
        Column("account", String(12), nullable=False),
        Column("collection", BigInteger, nullable=False),
        Column("search", String(64), nullable=False),
        Column("state", String(16), nullable=False),
        Column("outcome", String(16)),
        Column("seeded", Boolean, nullable=False),
        Column("needed", SmallInteger, nullable=False),
        Column("size", SmallInteger, nullable=False),
        Column("unseen", Integer, nullable=False),
        Column("withheld", Integer, nullable=False),
        Column("probe", BigInteger),
        Column("authorisation", _name(128)),
        Column("case", String(64)),
        _time("opened_at", nullable=False),
        Column("opened_key", String(128), nullable=False),
        Column("opened_line", String(128), nullable=False),
        Column("opened_person", String(128)),
        _time("closed_at"),
    )
    is_open = text("state = 'open'")
    op.create_index(
        "reviews_open_once", "reviews", ["search"], unique=True, sqlite_where=is_open, postgresql_where=is_open
    )
    op.create_index("reviews_by_search", "reviews", ["search"])
    op.create_index("reviews_by_account", "reviews", ["account", "id"])
    op.create_index("reviews_by_state", "reviews", ["state", "opened_at"])
    op.create_index("reviews_by_collection", "reviews", ["collection"])
    op.create_index("reviews_by_authorisation", "reviews", ["account", "authorisation"])
    op.create_index("reviews_by_case", "reviews", ["account", "case"])

"""Access keys, suspensions and authorisations, and the number that counts their changes."""

from __future__ import annotations

from typing import Any

from alembic import op
from sqlalchemy import JSON, BigInteger, Column, DateTime, Integer, LargeBinary, SmallInteger, String

revision = "0004"
down_revision = "0003"


def _name(length: int) -> String:
    return String(length).with_variant(String(length, collation="C"), "postgresql")


def _number() -> Column[int]:
    kind = BigInteger().with_variant(Integer, "sqlite")
    return Column("number", kind, primary_key=True, autoincrement=True)


def _time(name: str, **more: Any) -> Column[Any]:
    return Column(name, DateTime(timezone=True), **more)


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "access_keys",
        _number(),
        Column("id", _name(20), nullable=False, unique=True),
        Column("account", String(12), nullable=False),
        Column("line", _name(20), nullable=False),
        Column("name", String(128), nullable=False),
        Column("person", String(128)),
        Column("roles", JSON, nullable=False),
        Column("purpose", String(256)),
        Column("secret", LargeBinary, nullable=False),
        Column("made_by", String(128), nullable=False),
        _time("created_at", nullable=False),
        _time("expires_at"),
        _time("rotated_at"),
        _time("revoked_at"),
        Column("revoked_why", String(1000)),
        sqlite_autoincrement=True,
    )
    op.create_index("access_keys_by_account", "access_keys", ["account", "number"])

    op.create_table(
        "suspensions",
        _number(),
        Column("id", _name(36), nullable=False, unique=True),
        Column("account", String(12), nullable=False),
        Column("kind", String(16), nullable=False),
        Column("target", _name(255), nullable=False),
        Column("why", String(1000), nullable=False),
        _time("at", nullable=False),
        Column("suspended_by", String(128), nullable=False),
        _time("resumed_at"),
        Column("resumed_by", String(128)),
        Column("resumed_why", String(1000)),
        sqlite_autoincrement=True,
    )
    op.create_index("suspensions_by_account", "suspensions", ["account", "number"])

    op.create_table(
        "authorisations",
        _number(),
        Column("id", _name(36), nullable=False, unique=True),
        Column("account", String(12), nullable=False),
        Column("case", String(256), nullable=False),
        Column("basis", String(1000), nullable=False),
        Column("authority", String(256), nullable=False),
        _time("opened_at", nullable=False),
        Column("opened_by", String(128), nullable=False),
        Column("opened_line", String(128), nullable=False),
        Column("opened_person", String(128)),
        Column("decision", String(8)),
        _time("decided_at"),
        Column("decided_by", String(128)),
        Column("decided_person", String(128)),
        Column("reference", String(256)),
        _time("expires_at"),
        _time("sealed_at"),
        sqlite_autoincrement=True,
    )
    op.create_index("authorisations_by_account", "authorisations", ["account", "number"])

    controls = op.create_table(
        "controls",
        Column("part", SmallInteger, primary_key=True, autoincrement=False),
        Column("version", BigInteger, nullable=False),
    )
    op.bulk_insert(controls, [{"part": 0, "version": 0}])

"""Audits that were recorded, and what they found."""

from __future__ import annotations

from typing import Any

from alembic import op
from sqlalchemy import BigInteger, Column, DateTime, Integer, String, Text

revision = "0010"
down_revision = "0009"


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
        "audits",
        _number(),
        Column("id", _name(36), nullable=False, unique=True),
        Column("account", String(12), nullable=False),
        Column("protocol", String(64), nullable=False),
        Column("digest", String(64), nullable=False),
        Column("summary", Text, nullable=False),
        Column("entry", BigInteger, nullable=False),
        _time("at", nullable=False),
        Column("recorded_by", String(128), nullable=False),
        Column("findings", Integer, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("audits_by_account", "audits", ["account", "number"])
    op.create_index("audits_by_digest", "audits", ["account", "digest"], unique=True)

    op.create_table(
        "findings",
        _number(),
        Column("id", _name(36), nullable=False, unique=True),
        Column("account", String(12), nullable=False),
        Column("audit", _name(36), nullable=False),
        Column("kind", String(128), nullable=False),
        Column("group", String(256), nullable=False),
        Column("said", Text, nullable=False),
        _time("opened_at", nullable=False),
        _time("due_at", nullable=False),
        _time("closed_at"),
        Column("closed_by", String(128)),
        Column("note", Text),
        Column("shown_by", String(64)),
        sqlite_autoincrement=True,
    )
    op.create_index("findings_by_account", "findings", ["account", "number"])
    op.create_index("findings_by_audit", "findings", ["audit", "number"])
    op.create_index("findings_by_end", "findings", ["closed_at", "due_at"])

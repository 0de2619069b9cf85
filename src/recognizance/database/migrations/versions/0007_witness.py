"""What this server last cosigned of each log it is a witness of."""

from __future__ import annotations

from alembic import op
from sqlalchemy import BigInteger, Column, DateTime, String, Text

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "witnessed",
        Column("origin", String(256).with_variant(String(256, collation="C"), "postgresql"), primary_key=True),
        Column("size", BigInteger, nullable=False),
        Column("text", Text, nullable=False),
        Column("at", DateTime(timezone=True), nullable=False),
    )

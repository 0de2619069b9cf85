"""By what a key file that is not the database's own is known."""

from __future__ import annotations

from alembic import op
from sqlalchemy import Column, String

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Make the table; the next start keeps the checks of the files it finds."""
    name = String(32).with_variant(String(32, collation="C"), "postgresql")
    op.create_table(
        "key_checks",
        Column("name", name, primary_key=True),
        Column("digest", String(64), nullable=False),
    )

"""Which policy the database is under, and the account it is kept for."""

from __future__ import annotations

from alembic import op
from sqlalchemy import Column, String, Text

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Add both to the row that counts changes; empty until a server opens it."""
    op.add_column("controls", Column("policy", Text, nullable=False, server_default=""))
    op.add_column("controls", Column("account", String(12), nullable=False, server_default=""))

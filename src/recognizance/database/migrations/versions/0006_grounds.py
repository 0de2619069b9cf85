"""On what ground a face is kept, and until when."""

from __future__ import annotations

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Make the tables."""

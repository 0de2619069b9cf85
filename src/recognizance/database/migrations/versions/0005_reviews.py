"""Reviews of held candidates, their reviewers, and the pictures they look at."""

from __future__ import annotations

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Make the tables."""

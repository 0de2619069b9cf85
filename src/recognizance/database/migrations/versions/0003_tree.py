"""The ledger as a tree of hashes: leaves, nodes, checkpoints, and what callers stated beside them."""

from __future__ import annotations

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Make the tables."""

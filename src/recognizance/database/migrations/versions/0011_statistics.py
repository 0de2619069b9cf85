"""What SQLite's planner should take the tables for: collections of many faces, and few rows of one picture or user.

Without a word it takes any number of rows of one collection for ten, and reads a whole collection rather than an index
that needs a second look. PostgreSQL counts by itself.
"""

from __future__ import annotations

from alembic import op
from sqlalchemy import text

revision = "0011"
down_revision = "0010"

STATISTICS = (
    ("faces", "faces", "10000000 1000000 1"),
    ("faces", "faces_by_id", "10000000 1000000 1"),
    ("faces", "faces_by_image", "10000000 1000000 2"),
    ("faces", "faces_by_user", "1000000 100000 10 1"),
    ("users", "users", "1000000 100000 1"),
    ("users", "users_by_id", "1000000 100000 1"),
    ("users", "users_by_vector", "1000000 100000 1"),
    ("grounds", "grounds", "10000000 1000000 1"),
    ("grounds", "grounds_by_end", "10000000 1000"),
    ("grounds", "grounds_by_consent", "10000000 1000000 100"),
    ("vectors", "sqlite_autoindex_vectors_1", "10000000 1000000 1000000 1"),
    ("removals", "removals", "1000000 100000 100000 1"),
)
"""Table, index, and rows: in all, then of one value of the first column, of the first two, and so on."""


def upgrade() -> None:
    """Write the statistics as ANALYZE would have counted them in large collections: one that is empty says nothing."""
    if op.get_bind().dialect.name != "sqlite":
        return
    op.execute("ANALYZE sqlite_schema")  # makes the table, which nothing else may
    op.execute("DELETE FROM sqlite_stat1")
    row = text("INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES (:of_table, :of_index, :rows)")
    for of_table, of_index, rows in STATISTICS:
        op.execute(row.bindparams(of_table=of_table, of_index=of_index, rows=rows))
    op.execute("ANALYZE sqlite_schema")  # reads what was written

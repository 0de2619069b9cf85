"""What a collection holds, in one number, and on what ground a face is kept, and until when."""

from __future__ import annotations

import hashlib

import numpy as np
from alembic import op
from sqlalchemy import BigInteger, Column, Connection, DateTime, ForeignKey, LargeBinary, String, text

revision = "0006"
down_revision = "0005"

ROWS = "SELECT kind, number, vector FROM vectors WHERE collection = :collection"


def upgrade() -> None:
    """Make the tables, and the roots of the collections there are."""
    connection = op.get_bind()
    name = String(256).with_variant(String(256, collation="C"), "postgresql")
    empty = hashlib.sha256(bytes(2048)).hexdigest()
    op.add_column("collections", Column("root", String(64), nullable=False, server_default=empty))
    op.create_table("contents", _collection(), Column("state", LargeBinary, nullable=False))
    for (number,) in connection.execute(text("SELECT number FROM collections")).all():
        state = _state(connection, number)
        root = hashlib.sha256(state).hexdigest()
        connection.execute(text("INSERT INTO contents VALUES (:number, :state)"), {"number": number, "state": state})
        connection.execute(
            text("UPDATE collections SET root = :root WHERE number = :number"), {"root": root, "number": number}
        )

    op.create_table(
        "grounds",
        _collection(),
        Column("number", BigInteger, primary_key=True, autoincrement=False),
        Column("consent", name),
        Column("until", DateTime(timezone=True)),
        sqlite_with_rowid=False,
    )
    op.create_index("grounds_by_end", "grounds", ["until"])
    op.create_index("grounds_by_consent", "grounds", ["collection", "consent"])


def _collection() -> Column[int]:
    return Column("collection", BigInteger, ForeignKey("collections.number"), primary_key=True, autoincrement=False)


def _state(connection: Connection, collection: int) -> bytes:
    """Return LtHash of a collection's vectors, as `gallery.contents` has it."""
    total = np.zeros(1024, "<u2")
    for kind, number, vector in connection.execute(text(ROWS), {"collection": collection}):
        row = bytes([kind]) + int(number).to_bytes(8, "little") + bytes(vector)
        total += np.frombuffer(hashlib.shake_128(row).digest(2048), "<u2")
    return total.tobytes()

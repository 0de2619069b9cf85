"""The ledger, append-only in the database itself."""

from __future__ import annotations

from alembic import op
from sqlalchemy import JSON, BigInteger, Column, DateTime, Integer, String, inspect

revision = "0001"
down_revision = None

# REPLACE is an INSERT to SQLite, so an old number is refused too.
SQLITE = {
    "update": "BEFORE UPDATE ON ledger",
    "delete": "BEFORE DELETE ON ledger",
    "replace": "BEFORE INSERT ON ledger WHEN EXISTS (SELECT 1 FROM ledger WHERE sequence = NEW.sequence)",
}
POSTGRESQL = (
    """\
    CREATE FUNCTION ledger_refuses() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 'the ledger is append-only' USING ERRCODE = 'integrity_constraint_violation';
    END $$""",
    """\
    CREATE TRIGGER ledger_refuses BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuses()""",
    "ALTER TABLE ledger ENABLE ALWAYS TRIGGER ledger_refuses",  # also where a replica applies changes
)


def upgrade() -> None:
    """Make the ledger, or take over that of a database from before there were steps."""
    connection = op.get_bind()
    if inspect(connection).has_table("ledger"):
        op.drop_table("schema")  # it held the number 1
        return

    op.create_table(
        "ledger",
        Column("sequence", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
        Column("at", DateTime(timezone=True), nullable=False),
        Column("request_id", String(64), nullable=False),
        Column("access_key", String(128), nullable=False),
        Column("account", String(12), nullable=False),
        Column("region", String(64), nullable=False),
        Column("operation", String(64), nullable=False),
        Column("act", String(16), nullable=False),
        Column("purpose", String(256)),
        Column("case", String(256)),
        Column("verdict", String(8), nullable=False),
        Column("rule", String(128), nullable=False),
        Column("outcome", String(64), nullable=False),
        Column("facts", JSON, nullable=False),
        sqlite_autoincrement=True,
    )
    if connection.dialect.name == "postgresql":
        for statement in POSTGRESQL:
            op.execute(statement)
    else:
        for name, when in SQLITE.items():
            op.execute(
                f"CREATE TRIGGER ledger_refuses_{name} {when} "
                "BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END"
            )

"""Every table, as SQLAlchemy Core metadata.

The ledger is append-only in the database itself: on SQLite, triggers refuse UPDATE, DELETE and REPLACE.
"""

from __future__ import annotations

from sqlalchemy import DDL, JSON, BigInteger, Column, DateTime, Integer, MetaData, String, Table, event

VERSION = 1
METADATA = MetaData()

SCHEMA = Table("schema", METADATA, Column("version", Integer, nullable=False))

LEDGER = Table(
    "ledger",
    METADATA,
    # SQLite gives an increasing number by itself only to a column it calls INTEGER.
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

# REPLACE is an INSERT to SQLite, so an old number is refused too.
_REFUSED = {
    "update": "BEFORE UPDATE ON ledger",
    "delete": "BEFORE DELETE ON ledger",
    "replace": "BEFORE INSERT ON ledger WHEN EXISTS (SELECT 1 FROM ledger WHERE sequence = NEW.sequence)",
}
for _name, _when in _REFUSED.items():
    event.listen(
        LEDGER,
        "after_create",
        DDL(  # type: ignore[no-untyped-call]  # SQLAlchemy leaves its constructor untyped
            f"CREATE TRIGGER ledger_refuses_{_name} {_when} BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END"
        ).execute_if(dialect="sqlite"),
    )

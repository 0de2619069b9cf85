"""The ledger as a tree of hashes: leaves, nodes, checkpoints, and what callers stated beside them."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from alembic import op
from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    DateTime,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    String,
    Table,
    Text,
    insert,
    select,
    text,
)

revision = "0003"
down_revision = "0002"

AT_ONCE = 5000
ONLY_ADDED_TO = ("ledger", "ledger_nodes", "ledger_tiles", "checkpoints", "cosignatures")
KEYS = {
    "ledger": "sequence = NEW.sequence",
    "ledger_nodes": "level = NEW.level AND place = NEW.place",
    "ledger_tiles": "level = NEW.level AND place = NEW.place",
    "checkpoints": "size = NEW.size",
    "cosignatures": "size = NEW.size AND witness = NEW.witness",
    "statements": "sequence = NEW.sequence",
    "ledger_tree": "only = NEW.only",
}
SHRINKS = "BEFORE UPDATE ON ledger_tree {} WHEN (NEW.size < OLD.size)"
BEFORE = Table(
    "ledger_before",
    MetaData(),
    Column("sequence", BigInteger),
    Column("at", DateTime(timezone=True)),
    *(Column(name, String) for name in ("request_id", "access_key", "account", "region", "operation", "act")),
    *(Column(name, String) for name in ("purpose", "case", "verdict", "rule", "outcome")),
    Column("facts", JSON),
)


def upgrade() -> None:
    """Make the tables, and a tree of the entries that are there: renumbered from 1, their old numbers kept in them."""
    op.execute("CREATE TEMPORARY TABLE ledger_before AS SELECT * FROM ledger")
    op.execute("CREATE INDEX ledger_before_order ON ledger_before (sequence)")
    op.drop_table("ledger")  # now, so that the new one's constraints can have its names
    ledger, nodes, tiles, tree, statements = _tables()
    _take_over(ledger, nodes, tiles, tree, statements)
    op.drop_table("ledger_before")
    _guard()


def _tables() -> tuple[Table, Table, Table, Table, Table]:
    number = BigInteger().with_variant(Integer, "sqlite")
    ledger = op.create_table(
        "ledger",
        Column("sequence", number, primary_key=True, autoincrement=False),
        Column("at", DateTime(timezone=True), nullable=False),
        Column("hash", LargeBinary, nullable=False),
        Column("leaf", Text, nullable=False),
    )
    nodes = op.create_table(
        "ledger_nodes",
        Column("level", SmallInteger, primary_key=True, autoincrement=False),
        Column("place", BigInteger, primary_key=True, autoincrement=False),
        Column("hash", LargeBinary, nullable=False),
        sqlite_with_rowid=False,
    )
    tiles = op.create_table(
        "ledger_tiles",
        Column("level", SmallInteger, primary_key=True, autoincrement=False),
        Column("place", BigInteger, primary_key=True, autoincrement=False),
        Column("hashes", LargeBinary, nullable=False),
    )
    tree = op.create_table(
        "ledger_tree",
        Column("only", SmallInteger, primary_key=True, autoincrement=False),
        Column("size", BigInteger, nullable=False),
        Column("at", DateTime(timezone=True)),
        Column("frontier", LargeBinary, nullable=False),
        Column("signed_size", BigInteger, nullable=False),
        Column("signed_at", DateTime(timezone=True)),
        Column("verifier", Text),
    )
    op.create_table(
        "checkpoints",
        Column("size", BigInteger, primary_key=True, autoincrement=False),
        Column("at", DateTime(timezone=True), nullable=False),
        Column("note", Text, nullable=False),
    )
    op.create_table(
        "cosignatures",
        Column("size", BigInteger, primary_key=True, autoincrement=False),
        Column("witness", String(256).with_variant(String(256, collation="C"), "postgresql"), primary_key=True),
        Column("at", DateTime(timezone=True), nullable=False),
        Column("line", Text, nullable=False),
    )
    statements = op.create_table(
        "statements",
        Column("sequence", number, primary_key=True, autoincrement=False),
        Column("salt", LargeBinary, nullable=False),
        Column("text", Text, nullable=False),
        Column("case_digest", String(64)),
    )
    named = text("case_digest IS NOT NULL")
    op.create_index("statements_by_case", "statements", ["case_digest"], sqlite_where=named, postgresql_where=named)
    return ledger, nodes, tiles, tree, statements


def _take_over(ledger: Table, nodes: Table, tiles: Table, tree: Table, statements: Table) -> None:
    connection = op.get_bind()
    size, frontier, last = 0, list[bytes](), None
    for old in _pages():
        rows, said, kept = list[dict[str, Any]](), list[dict[str, Any]](), list[dict[str, Any]]()
        for number, row in enumerate(old, size + 1):
            at = row["at"] if row["at"].tzinfo else row["at"].replace(tzinfo=UTC)
            last = at if last is None else max(at, last)
            statement = _statement(number, row)
            leaf = _leaf(number, at, last, row, statement)
            digest = hashlib.sha256(b"\x00" + leaf.encode()).digest()
            rows.append({"sequence": number, "at": last, "leaf": leaf, "hash": digest})
            said += [statement] if statement else []
            kept += _grow(frontier, size, digest)
            size = number
        connection.execute(insert(ledger), rows)
        if said:
            connection.execute(insert(statements), said)
        if kept:
            connection.execute(insert(nodes), kept)
            connection.execute(insert(tiles), [_tile(ledger, nodes, one["level"] - 1, one["place"]) for one in kept])
    stands = {"size": size, "at": last, "frontier": b"".join(frontier)}
    connection.execute(insert(tree).values(only=1, signed_size=0, **stands))


def _tile(ledger: Table, nodes: Table, level: int, place: int) -> dict[str, Any]:
    """Return the row of 256 hashes of a level, 0 for entries."""
    first = place * 256
    if level == 0:
        query = (
            select(ledger.c.hash).where(ledger.c.sequence.between(first + 1, first + 256)).order_by(ledger.c.sequence)
        )
    else:
        query = select(nodes.c.hash).where(nodes.c.level == level, nodes.c.place.between(first, first + 255))
        query = query.order_by(nodes.c.place)
    return {"level": level, "place": place, "hashes": b"".join(op.get_bind().execute(query).scalars())}


def _grow(frontier: list[bytes], size: int, leaf: bytes) -> list[dict[str, Any]]:
    """Add a leaf's hash to the roots of the complete subtrees of `size` leaves; return those of 256, 65,536 …."""
    kept, height = list[dict[str, Any]](), 0
    while size >> height & 1:
        leaf = hashlib.sha256(b"\x01" + frontier.pop() + leaf).digest()
        height += 1
        if height % 8 == 0:
            kept.append({"level": height // 8, "place": size >> height, "hash": leaf})
    frontier.append(leaf)
    return kept


def _pages() -> Iterator[list[dict[str, Any]]]:
    last = -1
    page = select(BEFORE).order_by(BEFORE.c.sequence).limit(AT_ONCE)
    while found := [dict(row) for row in op.get_bind().execute(page.where(BEFORE.c.sequence > last)).mappings()]:
        yield found
        last = found[-1]["sequence"]


def _statement(number: int, row: dict[str, Any]) -> dict[str, Any] | None:
    said = {name: row[name] for name in ("purpose", "case") if row[name] is not None}
    if not said:
        return None
    digest = None if row["case"] is None else hashlib.sha256(_utf8(row["case"])).hexdigest()
    return {"sequence": number, "salt": os.urandom(32), "text": _canonical(said), "case_digest": digest}


def _leaf(number: int, at: datetime, stamped: datetime, row: dict[str, Any], statement: dict[str, Any] | None) -> str:
    facts = dict(row["facts"])
    if row["sequence"] != number:
        facts["number_before"] = row["sequence"]
    if at != stamped:
        facts["at_before"] = _time(at)
    committed = statement and hashlib.sha256(b"\x02" + statement["salt"] + statement["text"].encode()).hexdigest()
    return _canonical(
        {
            "v": 1,
            "n": number,
            "at": _time(stamped),
            "request": row["request_id"],
            "key": row["access_key"],
            "kind": None,
            "account": row["account"],
            "region": row["region"],
            "operation": row["operation"],
            "act": row["act"],
            "stated": committed,
            "address": None,
            "verdict": row["verdict"],
            "rule": row["rule"],
            "policy": "",
            "floor": None,
            "outcome": row["outcome"],
            "facts": facts,
        }
    )


def _time(at: datetime) -> str:
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def _canonical(found: dict[str, Any]) -> str:
    return _utf8(json.dumps(found, sort_keys=True, separators=(",", ":"), ensure_ascii=False)).decode()


def _utf8(found: str) -> bytes:
    return found.encode("utf-8", "backslashreplace")


def _guard() -> None:
    """Have the database itself refuse what would change the record."""
    if op.get_bind().dialect.name == "postgresql":
        for table in ONLY_ADDED_TO:
            _trigger(f"{table}_refuses", f"BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} FOR EACH STATEMENT")
        _trigger("statements_refuses", "BEFORE UPDATE ON statements FOR EACH STATEMENT")
        _trigger("ledger_tree_refuses", "BEFORE DELETE OR TRUNCATE ON ledger_tree FOR EACH STATEMENT")
        _trigger("ledger_tree_refuses_shrinking", SHRINKS.format("FOR EACH ROW"))
        return
    refused = [(table, one) for table in ONLY_ADDED_TO for one in ("UPDATE", "DELETE")]
    for table, change in [*refused, ("statements", "UPDATE"), ("ledger_tree", "DELETE")]:
        _sqlite_trigger(f"{table}_refuses_{change.lower()}", f"BEFORE {change} ON {table}")
    for table, same in KEYS.items():  # REPLACE is an INSERT to SQLite
        there = f"EXISTS (SELECT 1 FROM {table} WHERE {same})"
        _sqlite_trigger(f"{table}_refuses_replace", f"BEFORE INSERT ON {table} WHEN {there}")
    _sqlite_trigger("ledger_tree_refuses_shrinking", SHRINKS.format(""))


def _trigger(name: str, when: str) -> None:
    table = when.split(" ON ")[1].split()[0]
    op.execute(f"CREATE TRIGGER {name} {when} EXECUTE FUNCTION ledger_refuses()")
    op.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {name}")  # also where a replica applies changes


def _sqlite_trigger(name: str, when: str) -> None:
    op.execute(f"CREATE TRIGGER {name} {when} BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END")

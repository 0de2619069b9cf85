"""The system of record: one interface over SQLAlchemy Core, and the only place that opens a database.

A write transaction is a `Tx`; it exists only inside `Database.write`, which commits on leaving and
rolls back on an exception. Only `operations.call.Call` opens one, so no change goes without its
ledger entry. On SQLite a commit returns when the disk has it (WAL, `synchronous=FULL`).
"""

from __future__ import annotations

import os
import threading
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, TypeAlias

from sqlalchemy import URL, Connection, Engine, Select, create_engine, event, insert, select, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import StaticPool
from sqlalchemy.sql.dml import Delete, Insert, Update

from recognizance.database import tables
from recognizance.errors import DatabaseUnusable

Row: TypeAlias = Mapping[str, Any]
PRAGMAS = ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=10000", "foreign_keys=ON", "recursive_triggers=ON")
_WRITE = {"writes": True}


class Reader(Protocol):
    """Anything that can run a SELECT."""

    def rows(self, query: Select[Any], /) -> list[Row]:
        """Return every row of a SQLAlchemy Core query."""
        ...


class Tx(Reader, Protocol):
    """An open write transaction."""

    def run(self, change: Insert | Update | Delete, rows: Sequence[Row] = (), /) -> None:
        """Run one change, once for every row of values if there are any."""
        ...


@dataclass(frozen=True, slots=True)
class _Open:
    connection: Connection

    def rows(self, query: Select[Any], /) -> list[Row]:
        return [dict(row) for row in self.connection.execute(query).mappings()]

    def run(self, change: Insert | Update | Delete, rows: Sequence[Row] = (), /) -> None:
        if rows:
            self.connection.execute(change, [dict(row) for row in rows])
        else:
            self.connection.execute(change)


@dataclass(frozen=True, slots=True)
class Database:
    """One database, open. Reads run beside each other; writes one after the other."""

    engine: Engine
    writing: threading.Lock = field(default_factory=threading.Lock)

    def rows(self, query: Select[Any], /) -> list[Row]:
        """Return every row of a SQLAlchemy Core query."""
        with self.engine.connect() as connection:
            return _Open(connection).rows(query)

    @contextmanager
    def write(self) -> Generator[_Open]:
        """Open a write transaction: durable on leaving, rolled back on an exception."""
        with self.writing, self.engine.connect().execution_options(**_WRITE) as connection, connection.begin():
            yield _Open(connection)

    def takes_writes(self) -> bool:
        """Say whether an entry could be written now: a full disk can still be read."""
        try:
            with self.write() as tx:
                tx.run(update(tables.SCHEMA).values(version=tables.SCHEMA.c.version))
        except SQLAlchemyError:
            return False
        return True

    def close(self) -> None:
        """Close every connection."""
        self.engine.dispose()


def open_database(url: str | URL) -> Database:
    """Open the database at `url`, making its tables when it is new, and a file for its owner only.

    `sqlite://` alone is a database in memory, for tests. Raises `DatabaseUnusable` when it
    cannot be opened, or its schema is newer than this program knows.
    """
    in_memory = str(url) == "sqlite://"
    engine = create_engine(url, poolclass=StaticPool) if in_memory else create_engine(url)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin)
    database = Database(engine)
    try:
        if engine.dialect.name == "sqlite" and engine.url.database:
            # SQLite gives its journal the mode of the database.
            os.close(os.open(engine.url.database, os.O_RDWR | os.O_CREAT, 0o600))
        _make_tables(database)
    except (OSError, SQLAlchemyError) as error:
        reason = getattr(error, "orig", error)
        raise DatabaseUnusable(f"the database at {engine.url.database} cannot be opened: {reason}") from error
    return database


def _make_tables(database: Database) -> None:
    with database.write() as tx:
        tables.METADATA.create_all(tx.connection)
        found = [row["version"] for row in tx.rows(select(tables.SCHEMA.c.version))]
        if not found:
            tx.run(insert(tables.SCHEMA).values(version=tables.VERSION))
        elif found[0] > tables.VERSION:
            raise DatabaseUnusable(f"the database has schema {found[0]}, this version knows up to {tables.VERSION}")


def file_url(path: Path) -> URL:
    """Return the URL of a SQLite database in a file, whatever characters its path has."""
    return URL.create("sqlite", database=str(path))


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    # Python's driver would open transactions by itself and too late; `begin` is ours (SQLAlchemy's
    # documented recipe for SQLite).
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "busy_timeout=10000",
        "foreign_keys=ON",
        "recursive_triggers=ON",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin(connection: Connection) -> None:
    # A writer takes its lock at once: a read that turns into a write can be refused half way.
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

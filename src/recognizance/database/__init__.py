"""The system of record: one interface over SQLAlchemy Core, and the only place that opens a database.

A write transaction is a `Tx`; it exists only inside `Database.write`, which commits on leaving and
rolls back on an exception. Only `operations.call.Call` and the ledger it hands its entry to open one, so no change
goes without its entry; without one write only the migrations, the health check, what erases a removed collection,
and what signs the ledger itself.

A commit returns when the disk has it: `sqlite` and `postgresql` say by what. Whatever the database
cannot do (it is full, damaged, gone, locked for too long, or it chose this transaction to break a
deadlock) is a `DatabaseUnusable`; nothing of the transaction is left then, and nothing is tried
again, since only the caller knows whether it may be. What it says of a statement (a duplicate key,
say) is SQLAlchemy's error as it is.
"""

from __future__ import annotations

import threading
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol, TypeAlias, TypeVar

from sqlalchemy import URL, Connection, Engine, LargeBinary, Select, Text, make_url, update
from sqlalchemy.engine import CursorResult
from sqlalchemy.exc import (
    ArgumentError,
    DataError,
    DBAPIError,
    IntegrityError,
    NotSupportedError,
    ProgrammingError,
    SQLAlchemyError,
)
from sqlalchemy.sql.dml import Delete, Insert, Update
from sqlalchemy.types import Double, Integer, String

from recognizance.database import migrations, sqlite
from recognizance.database.prepared import NO_VALUES, Prepared
from recognizance.errors import DatabaseUnusable

Row: TypeAlias = Mapping[str, Any]
Name = TypeVar("Name", bound=int | str)
Change: TypeAlias = Insert | Update | Delete
OF_A_STATEMENT = (IntegrityError, DataError, ProgrammingError, NotSupportedError)
NAMED = 5_000  # values in one statement: SQLite takes 32,766, PostgreSQL 65,535
IN_TURN = 84770002  # our number among PostgreSQL's advisory locks; the migrations have the one before
OPENING = (SQLAlchemyError, OSError)
PLAIN = (Integer, Double, String, Text, LargeBinary)
"""Types whose values every driver gives as we want them."""


class Reader(Protocol):
    """Anything that can run a SELECT."""

    def rows(self, query: Select[*tuple[Any, ...]], values: Row | None = None, /) -> list[Row]:
        """Return every row of a SQLAlchemy Core query; `values` are those of its bound parameters.

        A query that is asked in every call is made once and given its values: making one takes as long as running it.
        """
        ...

    def batches(self, query: Select[*tuple[Any, ...]], size: int, /) -> Generator[Sequence[tuple[Any, ...]]]:
        """Yield the rows of a query as tuples, `size` at a time, and hold no more of them.

        All are of one moment. A connection is in use until the last is taken or the generator closed.
        """
        ...


class Tx(Reader, Protocol):
    """An open write transaction."""

    def run(self, change: Change, rows: Sequence[Row] | None = None, /) -> int:
        """Run one change, or, where rows of values are given, once for each; return how many rows it changed."""
        ...

    def returning(self, change: Change, values: Row | None = None, /) -> list[Row]:
        """Run one change that has a RETURNING clause, and return its rows, in no order."""
        ...

    def alone(self) -> None:
        """Wait until no other transaction that said so is open: what they write from here on commits in turn."""
        ...


@dataclass(frozen=True, slots=True)
class _Open:
    connection: Connection
    prepared: Prepared

    def rows(self, query: Select[*tuple[Any, ...]], values: Row | None = None, /) -> list[Row]:
        return self.named(query, values)

    def batches(self, query: Select[*tuple[Any, ...]], size: int, /) -> Generator[Sequence[tuple[Any, ...]]]:
        result = self.connection.execute(query, execution_options={"stream_results": True, "max_row_buffer": size})
        try:
            if all(isinstance(column.type, PLAIN) for column in query.selected_columns):
                yield from _of_the_driver(result, size)
            else:
                for part in result.partitions(size):
                    yield [tuple(row) for row in part]
        except self.connection.dialect.loaded_dbapi.Error as error:  # the driver's own, where its rows are taken
            raise DBAPIError(None, None, error) from error
        finally:
            result.close()

    def run(self, change: Change, rows: Sequence[Row] | None = None, /) -> int:
        if rows is not None and not rows:
            return 0  # SQLAlchemy would take it for one row of nothing
        changed = self.prepared.run(self.connection.connection, change, [NO_VALUES] if rows is None else rows)
        if changed is not None:
            return changed
        values = None if rows is None else [dict(row) for row in rows]
        return self.connection.execute(change, values, execution_options={"preserve_rowcount": True}).rowcount

    def returning(self, change: Change, values: Row | None = None, /) -> list[Row]:
        return self.named(change, values)

    def named(self, statement: Select[*tuple[Any, ...]] | Change, values: Row | None) -> list[Row]:
        ready = self.prepared.query(statement, NO_VALUES if values is None else values)
        return self.usual(statement, values) if ready is None else self.prepared.rows(self.connection.connection, ready)

    def usual(self, statement: Select[*tuple[Any, ...]] | Change, values: Row | None) -> list[Row]:
        return _named(self.connection.execute(statement, None if values is None else dict(values)))

    def alone(self) -> None:
        if self.connection.dialect.name == "postgresql":  # on SQLite every writer is
            self.connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({IN_TURN})")


def slices(names: Sequence[Name]) -> Iterator[Sequence[Name]]:
    """Yield names or numbers in pieces that one statement may hold."""
    for start in range(0, len(names), NAMED):
        yield names[start : start + NAMED]


def aware(at: datetime) -> datetime:
    """Return a time of the database with its zone: SQLite keeps none, and what is written is UTC."""
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _named(result: CursorResult[Any]) -> list[Row]:
    names = tuple(result.keys())
    return [dict(zip(names, row, strict=True)) for row in result]  # a fifth of the time of SQLAlchemy's mappings


def _of_the_driver(result: CursorResult[Any], size: int) -> Generator[Sequence[tuple[Any, ...]]]:
    """Yield the rows as the driver has them: SQLAlchemy's own take twice the time."""
    rows: list[tuple[Any, ...]] = [tuple(row) for row in result.fetchmany(1)]  # SQLAlchemy has taken this one already
    if result.cursor and size > 1:
        rows += result.cursor.fetchmany(size - 1)
    while rows:
        yield rows
        rows = list(result.cursor.fetchmany(size)) if result.cursor else []


@dataclass(frozen=True, slots=True)
class Database:
    """One database, open. Reads run beside each other and beside writes; on SQLite, one write at a time."""

    engine: Engine
    writing: threading.Lock = field(default_factory=threading.Lock)
    prepared: Prepared = field(init=False)

    def __post_init__(self) -> None:
        """Begin without any statement prepared."""
        object.__setattr__(self, "prepared", Prepared(self.engine.dialect))

    def rows(self, query: Select[*tuple[Any, ...]], values: Row | None = None, /) -> list[Row]:
        """Return every row of a SQLAlchemy Core query; `values` are those of its bound parameters."""
        with _saying(self.engine, "read"):
            ready = self.prepared.query(query, NO_VALUES if values is None else values)
            if ready is None:
                with self.engine.connect() as connection:
                    return _Open(connection, self.prepared).usual(query, values)
            with self.prepared.lent(self.engine.pool) as lent:  # one query is of one moment without a transaction
                return self.prepared.rows(lent, ready)

    def batches(self, query: Select[*tuple[Any, ...]], size: int, /) -> Generator[Sequence[tuple[Any, ...]]]:
        """Yield the rows of a query as tuples, `size` at a time, and hold no more of them.

        All are of one moment. A connection is in use until the last is taken or the generator closed.
        A thousand at a time are fastest.
        """
        with _saying(self.engine, "read"), self.engine.connect() as connection:
            yield from _Open(connection, self.prepared).batches(query, size)

    @contextmanager
    def read(self) -> Generator[Reader]:
        """Open a read: every SELECT in it sees the database as the first one found it."""
        snapshot = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        with (
            _saying(self.engine, "read"),
            self.engine.connect().execution_options(**{} if self.is_sqlite else snapshot) as connection,
            connection.begin(),
        ):
            yield _Open(connection, self.prepared)

    @contextmanager
    def write(self) -> Generator[_Open]:
        """Open a write transaction: durable on leaving, rolled back on an exception."""
        with (
            _saying(self.engine, "written"),
            self.writing if self.is_sqlite else nullcontext(),
            self.engine.connect().execution_options(**sqlite.WRITES) as connection,
            connection.begin(),
        ):
            yield _Open(connection, self.prepared)

    @property
    def is_sqlite(self) -> bool:
        """Whether it is SQLite, which takes one writer at a time."""
        return self.engine.dialect.name == "sqlite"

    def takes_writes(self) -> bool:
        """Say whether an entry could be written now: a full disk can still be read."""
        table = migrations.VERSION
        try:
            with self.write() as tx:
                tx.run(update(table).values(version_num=table.c.version_num))
        except (DatabaseUnusable, SQLAlchemyError):
            return False
        return True

    def close(self) -> None:
        """Close every connection."""
        self.engine.dispose()


def open_database(url: str | URL) -> Database:
    """Open the database at `url`, bringing its tables up to date; a file is made for its owner only.

    `sqlite://` alone is a database in memory, for tests. Of several processes that open it at once,
    one brings it up to date and the others wait. Raises `DatabaseUnusable` when it cannot be opened,
    or its schema is newer than this program knows.
    """
    database = Database(_engine(url))
    try:
        with _saying(database.engine, "opened", OPENING):
            if database.is_sqlite and database.engine.url.database:
                sqlite.make_file(Path(database.engine.url.database))
            _bring_up_to_date(database)
    except BaseException:
        database.close()
        raise
    return database


def file_url(path: Path) -> URL:
    """Return the URL of a SQLite database in a file, whatever characters its path has."""
    return URL.create("sqlite", database=str(path))


def _engine(url: str | URL) -> Engine:
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise DatabaseUnusable("the database's URL should be like postgresql://user@host/name") from None
    if parsed.drivername == "sqlite":
        return sqlite.engine(parsed)
    if parsed.drivername != "postgresql":
        raise DatabaseUnusable(f"the database's URL should begin with postgresql://, not {parsed.drivername}://")
    try:
        from recognizance.database import postgresql
    except ImportError:
        raise DatabaseUnusable("PostgreSQL needs one package more: pip install 'recognizance[postgresql]'") from None
    return postgresql.engine(parsed)


def _bring_up_to_date(database: Database) -> None:
    with database.engine.connect() as connection:
        if not migrations.is_behind(connection):
            return
    with database.write() as tx:
        if not database.is_sqlite:
            from recognizance.database import postgresql

            postgresql.wait_for_turn(tx.connection)
        if migrations.is_behind(tx.connection):  # nobody else did it meanwhile
            migrations.upgrade(tx.connection)


@contextmanager
def _saying(engine: Engine, what: str, errors: tuple[type[Exception], ...] = (DBAPIError,)) -> Generator[None]:
    """Turn what the database says of itself into a sentence."""
    try:
        yield
    except errors as error:
        if errors is not OPENING and isinstance(error, OF_A_STATEMENT):
            raise
        where = engine.url.database if engine.dialect.name == "sqlite" else engine.url.render_as_string()
        reason = error.strerror if isinstance(error, OSError) else str(getattr(error, "orig", error)).strip()
        raise DatabaseUnusable(f"the database at {where} cannot be {what}: {reason}") from error

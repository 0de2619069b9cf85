"""SQLite as we use it: a file that takes one writer at a time, and any number of readers beside it.

A commit returns when the disk has it (`synchronous=FULL`: every commit flushes the log). A reader
sees what was committed when it began, and neither waits for a writer nor makes one wait; while a
long one runs the log grows.
"""

from __future__ import annotations

import errno
import os
import sqlite3
import tempfile
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.pool import StaticPool

from recognizance import private

PRAGMAS = (
    "busy_timeout=10000",  # milliseconds; first, as even the others can meet another process
    "page_size=8192",  # of a new file: a page holds three vectors of 512 numbers, where 4096 holds one
    "journal_mode=WAL",
    "synchronous=FULL",
    "foreign_keys=ON",
    "recursive_triggers=ON",
    "cache_size=-16384",  # kB for each connection: to erase many rows takes half the time it takes with 2 MB
    "secure_delete=ON",  # what is erased is overwritten
)
WRITES: Mapping[str, Any] = {"recognizance_writes": True}
"""The execution options of a connection that will write."""


def engine(url: URL) -> Engine:
    """Return what makes connections to a file, or to one database in memory."""
    pool: Mapping[str, Any] = {"max_overflow": -1} if url.database else {"poolclass": StaticPool}
    made = create_engine(url, **pool)
    event.listen(made, "connect", _prepare)
    event.listen(made, "begin", _begin)
    return made


def make_file(path: Path) -> None:
    """Make an empty database, for its owner only, unless there is one. Raises `OSError` where one cannot be written.

    It appears with its log switched on: two processes that switch at once can refuse each other. Nor is one
    that is there opened here: closing a file gives up what SQLite has locked in it.
    """
    if path.exists():
        if not os.access(path, os.R_OK | os.W_OK, effective_ids=os.access in os.supports_effective_ids):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        return
    # SQLite gives its log the mode of the database.
    handle, draft = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    os.close(handle)
    try:
        with closing(sqlite3.connect(draft, isolation_level=None)) as connection:
            for pragma in PRAGMAS:
                connection.execute(f"PRAGMA {pragma}")
        os.link(draft, path)
        private.make_durable(path.parent)
    except FileExistsError:
        pass
    finally:
        Path(draft).unlink()


def _prepare(connection: Any, _record: Any) -> None:
    # Python's driver would open transactions by itself and too late; `_begin` is ours (SQLAlchemy's
    # documented recipe for SQLite).
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in PRAGMAS:
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin(connection: Connection) -> None:
    # A writer takes its lock at once: a read that turns into a write can be refused half way.
    writes = connection.get_execution_options().keys() >= WRITES.keys()
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

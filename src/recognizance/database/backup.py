"""A whole copy of an SQLite database while it serves: one moment of it, checked before it counts as a copy.

The copy is one file, without a log beside it. It appears under its name when it is whole, checked and
durable, and not before.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import sqlite3
from collections.abc import Generator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from recognizance import private
from recognizance.database import Database
from recognizance.errors import DatabaseUnusable, QuotaExceeded, Throttled

DRAFT = ".draft"
COUNTED = ("ledger", "collections", "faces")
READ_AT_ONCE = 1 << 20  # bytes
RESERVE = 1 << 28  # bytes of the disk that a copy leaves free: without room for the ledger nothing is served


@dataclass(frozen=True, slots=True)
class Copied:
    """A copy by its file's name, its size in bytes and SHA-256 (64 hex digits), and how much is in it."""

    name: str
    size: int
    sha256: str
    entries: int
    collections: int
    faces: int


@dataclass(frozen=True, slots=True)
class Backups:
    """The folder that copies of a database go to; each takes the place of the one before."""

    database: Database
    folder: Path

    def make(self, name: str) -> Copied:
        """Copy the database, which must be SQLite's, into a new file of that name.

        Reads and writes go on beside it. Raises `Throttled` while another copy is being made,
        `QuotaExceeded` where the disk has no room for it, `DatabaseUnusable` when the database or its
        copy is damaged or cannot be read or written.
        """
        try:
            private.folder(self.folder)
            with _alone(self.folder):
                return self._make(name)
        except (sqlite3.Error, OSError) as error:
            raise DatabaseUnusable(f"the backup in {self.folder} cannot be made: {error}") from error

    def _make(self, name: str) -> Copied:
        for left in self.folder.glob(f"*{DRAFT}"):  # of a process that was killed
            left.unlink(missing_ok=True)
        path = self.folder / name
        draft = path.with_name(f"{name}{DRAFT}")
        os.close(os.open(draft, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
        try:
            entries, collections, faces = self._copy(draft)
            digest = _durable(draft)
            os.link(draft, path)  # never over another file
            for older in self.folder.glob(f"*{path.suffix}"):
                if older != path:
                    older.unlink(missing_ok=True)  # it holds whoever was forgotten since
        finally:
            draft.unlink(missing_ok=True)
        private.make_durable(self.folder)
        return Copied(name, path.stat().st_size, digest, entries, collections, faces)

    def _copy(self, draft: Path) -> tuple[int, int, int]:
        with closing(self.database.engine.raw_connection()) as source, closing(sqlite3.connect(draft)) as copy:
            found = source.driver_connection
            assert isinstance(found, sqlite3.Connection), "only SQLite is copied here"
            (pages,), (each,) = (found.execute(f"PRAGMA {one}").fetchone() for one in ("page_count", "page_size"))
            if shutil.disk_usage(self.folder).free < pages * each * 1.05 + RESERVE:
                raise QuotaExceeded("The disk of the data folder has no room for a copy of the database.")
            found.backup(copy)  # in one step: a reader beside the others, of one moment
            copy.execute("PRAGMA journal_mode=DELETE")
            (said,) = copy.execute("PRAGMA integrity_check(1)").fetchone()
            if said != "ok":
                raise DatabaseUnusable(f"the database is damaged, and so is its copy, which was removed: {said}")
            counted = (copy.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in COUNTED)
            entries, collections, faces = counted
            return int(entries), int(collections), int(faces)


@contextmanager
def _alone(folder: Path) -> Generator[None]:
    """Be the only one, in any process, to make a copy in the folder."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Throttled("A backup is being made; ask again when it is done.") from None
        yield
    finally:
        os.close(handle)


def _durable(path: Path) -> str:
    """Wait until the disk has the file, and return its SHA-256."""
    digest = hashlib.sha256()
    with path.open("rb+") as file:
        os.fsync(file.fileno())
        while part := file.read(READ_AT_ONCE):
            digest.update(part)
    return digest.hexdigest()

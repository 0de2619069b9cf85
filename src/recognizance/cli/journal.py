"""What an import has done already, so that one that was stopped goes on where it was.

The journal is a file of SQLite's in the data folder, for its owner only. It holds no names: a picture is a
keyed digest of where it is, how large it is, when it was changed and how it was asked to be enrolled; its
outcome is a word, counts, reasons and, where the faces go to a user, their ids.

An outcome is written once the service has answered, and so once its faces are durable. A process that is
killed loses nothing of what `write` took; a loss of power can take the last entries, some `UNSAFE` at most,
and these pictures are asked again.
"""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
import threading
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from recognizance import private
from recognizance.cli.failures import Failed
from recognizance.cli.output import shown

FOLDER, FILE, KEY = "imports", "journal.db", "imports"
DIGEST = 16  # bytes
LAYOUT = 1
UNSAFE = 64  # pages that wait for the disk; an entry dirties one or more
TABLE = """
CREATE TABLE IF NOT EXISTS done (
  job BLOB, picture BLOB, outcome TEXT, enrolled INTEGER, known INTEGER, left_out INTEGER, reasons TEXT, faces TEXT,
  PRIMARY KEY (job, picture)
) WITHOUT ROWID
"""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one picture: how many faces were added, were there before, and were left out, and why.

    `reasons` counts faces, and one face may have several. `detail` is a sentence where `word` alone does not
    say it; `faces` are the ids of those kept, where they go to a user; `earlier` is whether an earlier run
    did it. A journal keeps no `detail`.
    """

    word: str
    enrolled: int = 0
    known: int = 0
    left_out: int = 0
    reasons: Mapping[str, int] = field(default_factory=dict[str, int])
    faces: Sequence[str] = ()
    detail: str = ""
    earlier: bool = False


class Journal:
    """The outcomes of one job: what is being put into one collection. May be used from several threads at once."""

    def __init__(self, connection: sqlite3.Connection, key: bytes, job: str) -> None:
        """Take an open journal; `job` names the collection and its moment of birth."""
        self._connection = connection
        self._key = key
        self._job = self._digest(job)
        self._lock = threading.Lock()

    def key(self, *said: object) -> bytes:
        """Return the digest under which a picture so described is kept."""
        return self._digest(json.dumps(said))

    def find(self, key: bytes) -> Outcome | None:
        """Return what became of a picture in an earlier run, or None."""
        query = "SELECT outcome, enrolled, known, left_out, reasons, faces FROM done WHERE job = ? AND picture = ?"
        with self._told():
            row = self._connection.execute(query, (self._job, key)).fetchone()
        if row is None:
            return None
        word, enrolled, known, left_out, reasons, faces = row
        return Outcome(word, enrolled, known, left_out, json.loads(reasons), tuple(json.loads(faces)), earlier=True)

    def write(self, key: bytes, outcome: Outcome) -> None:
        """Keep an outcome; when it returns, a process that is killed does not lose it."""
        row = (
            self._job,
            key,
            outcome.word,
            outcome.enrolled,
            outcome.known,
            outcome.left_out,
            json.dumps(dict(outcome.reasons)),
            json.dumps(list(outcome.faces)),
        )
        with self._told():
            self._connection.execute("INSERT OR REPLACE INTO done VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)

    def enrolled(self) -> int:
        """Return how many faces this job's earlier runs added."""
        with self._told():
            query = "SELECT coalesce(sum(enrolled), 0) FROM done WHERE job = ?"
            return int(self._connection.execute(query, (self._job,)).fetchone()[0])

    def forget(self) -> None:
        """Forget this job's outcomes, so that every picture is taken again."""
        with self._told():
            self._connection.execute("DELETE FROM done WHERE job = ?", (self._job,))

    def _digest(self, text: str) -> bytes:
        return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), key=self._key, digest_size=DIGEST).digest()

    @contextmanager
    def _told(self) -> Generator[None]:
        try:
            with self._lock:
                yield
        except sqlite3.Error as error:
            raise Failed(f"the journal of the import cannot be read or written: {error}") from error


@contextmanager
def opened(data: Path, job: str, new_id: Callable[[], str], complain: Callable[[str], None]) -> Generator[Journal]:
    """Give the journal of a job, made when missing, until the block is left.

    One that is damaged is begun anew, and said: what it held is then asked again, which adds nothing twice.
    Raises `Failed` or `OSError`.
    """
    key = private.keep(
        data / "keys" / KEY, lambda: hashlib.sha256("".join(new_id() for _ in range(3)).encode()).digest()
    )
    private.folder(data / FOLDER)
    path = data / FOLDER / FILE
    try:
        connection = _connect(path)
    except sqlite3.OperationalError as error:
        raise Failed(f"the journal of the import in {shown(path)} cannot be opened: {error}") from error
    except sqlite3.DatabaseError as error:
        complain(f"the journal in {shown(path)} is damaged ({error}) and is begun anew; nothing is enrolled twice")
        for ending in ("", "-wal", "-shm"):
            Path(f"{path}{ending}").unlink(missing_ok=True)
        connection = _connect(path)
    try:
        yield Journal(connection, key, job)
    finally:
        connection.close()


def _connect(path: Path) -> sqlite3.Connection:
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))  # SQLite gives the files beside it the same mode
    connection = sqlite3.connect(path, timeout=10, isolation_level=None, check_same_thread=False)
    try:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=NORMAL")
        connection.execute(f"PRAGMA wal_autocheckpoint={UNSAFE}")
        layout = connection.execute("PRAGMA user_version").fetchone()[0]
        if layout not in (0, LAYOUT):
            raise Failed(f"{shown(path)} was written by a newer version; use that one, or remove the file")
        connection.execute(TABLE)
        connection.execute(f"PRAGMA user_version={LAYOUT}")
        connection.execute("SELECT count(*) FROM (SELECT 1 FROM done LIMIT 1)").fetchone()
    except BaseException:
        connection.close()
        raise
    return connection

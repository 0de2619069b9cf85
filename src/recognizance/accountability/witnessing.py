"""A witness: it remembers of each log the last checkpoint it cosigned, and cosigns only what that has grown into.

So two people who trust one witness cannot be shown two records by one log. A checkpoint is judged by its signature, by
the size the asker believes the witness to be at, and by a proof of consistency from there. The first checkpoint of a
log is believed. Whoever cosigns keeps the new checkpoint, durably, before the cosignature leaves; the file in which a
person keeps theirs is here, a server's is in its database.
"""

from __future__ import annotations

import fcntl
import json
import os
import tempfile
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from recognizance.accountability import entries, merkle, notes
from recognizance.accountability.exported import Request
from recognizance.accountability.notes import Checkpoint, Note, Verifier
from recognizance.errors import LedgerBroken

STATE_FORMAT = "recognizance-witness/1"
LONGEST_STATE = 16 << 20  # bytes


class NotGrown(LedgerBroken):
    """The asker is wrong about where the witness stands; `size` is what it last cosigned, 0 for nothing."""

    def __init__(self, size: int) -> None:
        """Say where the witness stands."""
        super().__init__(
            f"this witness last cosigned a checkpoint of {size} entries: prove that the log grew from there"
        )
        self.size = size


def judged(asked: Request, keys: Sequence[Verifier], last: Checkpoint | None) -> Checkpoint:
    """Return the checkpoint that may be cosigned. Raises `LedgerBroken` saying why it may not.

    `keys` are those of the logs that are witnessed, each of the log it names; `last` is what was cosigned before of the
    same log.
    """
    made = signed(asked.note, keys)
    size = last.size if last else 0
    if asked.old != size:
        raise NotGrown(size)
    if made.size < size:
        raise LedgerBroken(f"the checkpoint is of {made.size} entries, and {size} were cosigned: a log never shrinks")
    root = last.root if last else merkle.EMPTY
    if made.size == size and made.root != root:
        raise LedgerBroken(f"another record of {size} entries was cosigned: the log {made.origin} has two")
    if not merkle.consistent(size, root, made.size, made.root, asked.proof):
        raise LedgerBroken(f"the proof does not show that the log {made.origin} grew from the {size} entries cosigned")
    return made


def signed(note: str, keys: Sequence[Verifier]) -> Checkpoint:
    """Return the checkpoint of a note that a known log signed. Raises `LedgerBroken`."""
    found = notes.parse(note)
    made = notes.checkpoint(found.text)
    known = [key for key in keys if key.name == made.origin]
    if not known:
        raise LedgerBroken(f"the log {made.origin} is not one that is witnessed here")
    if not notes.verify(found, known):
        raise LedgerBroken(f"the checkpoint is not signed by the log {made.origin}")
    return made


@dataclass(frozen=True, slots=True)
class State:
    """What a witness last cosigned of each log, by origin: checkpoints as the log signed them."""

    notes: Mapping[str, str] = field(default_factory=dict[str, str])

    def note(self, origin: str) -> Note | None:
        """Return the last checkpoint of a log that was cosigned, as its log signed it."""
        text = self.notes.get(origin)
        return None if text is None else notes.parse(text)

    def last(self, origin: str) -> Checkpoint | None:
        """Return the last checkpoint of a log that was cosigned."""
        note = self.note(origin)
        return None if note is None else notes.checkpoint(note.text)

    def each(self) -> list[tuple[str, Checkpoint | None]]:
        """Return each log's name and its last checkpoint."""
        return [(origin, self.last(origin)) for origin in self.notes]

    def after(self, note: Note) -> State:
        """Return the state once that checkpoint is cosigned."""
        return State({**self.notes, notes.checkpoint(note.text).origin: str(note)})


@dataclass(slots=True)
class StateFile:
    """The state of a person's witness, in a file of their own; it exists for as long as its lock is held."""

    path: Path
    state: State

    def keep(self, state: State) -> None:
        """Keep another state: when this returns it is on disk, and before that the old one is."""
        content = entries.canonical({"format": STATE_FORMAT, "logs": dict(state.notes)}) + b"\n"
        handle, draft = tempfile.mkstemp(dir=self.path.parent, prefix=f".{self.path.name}.")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            os.replace(draft, self.path)
        except BaseException:
            Path(draft).unlink(missing_ok=True)
            raise
        folder = os.open(self.path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
        self.state = state


@contextmanager
def state_file(path: Path) -> Generator[StateFile]:
    """Give the state in a file, empty where there is none, to nobody else at the same time.

    Raises `LedgerBroken` where the file holds something else: a witness that forgot what it signed would sign a fork.
    """
    lock = os.open(path.with_name(f"{path.name}.lock"), os.O_CREAT | os.O_RDWR, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield StateFile(path, _read(path))
    finally:
        os.close(lock)


def _read(path: Path) -> State:
    if not path.exists():
        return State()
    wrong = f"{path} is not a witness's state; restore it from backup, for without it the witness would sign a fork"
    try:
        with path.open("rb") as file:
            found = json.loads(file.read(LONGEST_STATE))
        logs = found["logs"]
        state = State(dict(logs))
        if found["format"] != STATE_FORMAT or any(one is None or one.origin != name for name, one in state.each()):
            raise LedgerBroken(wrong)
    except (ValueError, KeyError, TypeError, AttributeError, LedgerBroken):
        raise LedgerBroken(wrong) from None
    return state

"""What an endpoint has answered an audit so far, so that one that was stopped goes on where it was.

It is a file in the data folder for its owner only, a line of JSON for each answer, and there only while an audit is
unfinished. It holds no names: pictures are known by the SHA-256 of their bytes, and by their number in a gallery.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from threading import Lock
from typing import Any, TextIO

from recognizance import private
from recognizance.cli.audit import write
from recognizance.cli.failures import Failed

FOLDER = Path("audit") / "live"
LASTS = timedelta(days=1)
"""How long what was answered is gone on with: an endpoint's model may change."""


@dataclass(slots=True)
class Answered:
    """The answers of one audit, by what was asked; it may be used from several threads.

    `collection` is the one that was made for it, where it was not deleted, and `version` the face model's.
    """

    begun: datetime
    collection: str = ""
    version: str = ""
    _answers: dict[tuple[str, ...], list[Any]] = field(default_factory=dict[tuple[str, ...], list[Any]])
    _file: TextIO | None = None
    _lock: Lock = field(default_factory=Lock)

    def __len__(self) -> int:
        """Return how many answers are kept."""
        return len(self._answers)

    def get(self, *asked: str) -> list[Any] | None:
        """Return what was answered, None where it was not asked yet."""
        return self._answers.get(asked)

    def put(self, *asked: str, answer: list[Any]) -> None:
        """Keep an answer; a process that is killed does not lose it."""
        with self._lock:
            self._answers[asked] = answer
            self._write({"asked": asked, "answer": answer})

    def made(self, collection: str, version: str) -> None:
        """Keep which collection was made, before anything is asked of it; "" once it was deleted."""
        with self._lock:
            self.collection, self.version = collection, version
            self._write({"collection": collection, "version": version})

    def forget(self, *kinds: str) -> None:
        """Forget what was answered to these kinds of questions."""
        with self._lock:
            self._answers = {asked: answer for asked, answer in self._answers.items() if asked[0] not in kinds}
            self._write({"forget": kinds})

    def read(self, line: str) -> None:
        """Take what a line of the file says. Raises `ValueError` for one that was cut off."""
        said = json.loads(line)
        if "asked" in said:
            self._answers[tuple(said["asked"])] = said["answer"]
        elif "collection" in said:
            self.collection, self.version = said["collection"], said["version"]
        elif "forget" in said:
            self._answers = {asked: answer for asked, answer in self._answers.items() if asked[0] not in said["forget"]}

    def lines(self) -> list[dict[str, Any]]:
        """Return what the file should hold, without what was forgotten or cut off."""
        first = [{"begun": self.begun.isoformat()}, {"collection": self.collection, "version": self.version}]
        return [*first, *({"asked": asked, "answer": answer} for asked, answer in self._answers.items())]

    def into(self, file: TextIO | None) -> None:
        """Write to this file from now on."""
        self._file = file

    def _write(self, said: dict[str, Any]) -> None:
        if self._file is not None:
            self._file.write(json.dumps(said) + "\n")
            self._file.flush()


def job(*parts: Sequence[str]) -> str:
    """Return the name of an audit's file: another for another endpoint, caller, gallery or threshold."""
    return hashlib.sha256(json.dumps([list(part) for part in parts]).encode()).hexdigest()[:20]


@contextmanager
def opened(data: Path, name: str, now: datetime) -> Generator[Answered]:
    """Give the answers of a job until the block is left; they are removed when it is left without an exception.

    What is older than a day is begun anew, but for the collection that is still to be deleted. Raises `Failed` where
    another process is at the same job.
    """
    for folder in (data, data / FOLDER.parent, data / FOLDER):
        private.folder(folder)
    path = data / FOLDER / f"{name}.jsonl"
    with os.fdopen(os.open(path.with_suffix(".lock"), os.O_WRONLY | os.O_CREAT, 0o600), "w") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise Failed("the same audit of the same endpoint is being made by another process") from None
        answers = _read(path, now)
        if not timedelta(0) <= now - answers.begun <= LASTS:
            answers = Answered(now, answers.collection)
        write(path, "".join(json.dumps(one) + "\n" for one in answers.lines()))
        with path.open("a", encoding="utf-8") as file:
            answers.into(file)
            try:
                yield answers
            finally:
                answers.into(None)
        path.unlink(missing_ok=True)
        path.with_suffix(".lock").unlink(missing_ok=True)


def forget(data: Path) -> tuple[int, int]:
    """Remove what was answered to audits that are unfinished, and return how many files and bytes that was."""
    files = sorted((data / FOLDER).glob("*.jsonl"))
    size = sum(one.stat().st_size for one in files)
    for one in files:
        one.unlink()
    return len(files), size


def _read(path: Path, now: datetime) -> Answered:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
        answers = Answered(datetime.fromisoformat(json.loads(lines[0])["begun"]))
        _ = now - answers.begun
    except (OSError, ValueError, LookupError, TypeError):
        return Answered(now)
    for line in lines[1:]:
        try:
            answers.read(line)
        except (ValueError, LookupError, TypeError):
            break  # the last line of a process that was killed
    return answers

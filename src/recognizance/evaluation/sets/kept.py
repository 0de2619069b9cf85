"""What pictures gave, kept between runs: one file for each way from a picture to a vector.

A picture is known by the SHA-256 of its bytes, whatever it is called. Kept are the faces found, largest first, and the
vectors of those that were asked for, so that another choice among several faces costs little. No picture, no name and
no path is kept; vectors are templates of people all the same, and the files are for their owner only.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

import numpy as np

from recognizance import private
from recognizance.errors import DatabaseUnusable
from recognizance.values import Box, Face, Landmarks, Point, Pose, Quality, Vectors

FOLDER = "audit"
ENDING = ".templates"
EVERY = 3.0
"""Seconds after which what was made is written: what a run that is killed may lose."""

WAITS = 60.0  # seconds, for another process that writes
SCHEMA = """
CREATE TABLE IF NOT EXISTS pictures (sha256 BLOB PRIMARY KEY, faces INTEGER NOT NULL, why TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS faces (
  sha256 BLOB, place INTEGER, said BLOB NOT NULL, vector BLOB, PRIMARY KEY (sha256, place)
) WITHOUT ROWID;
"""
NUMBERS = 20  # of a face: box, five points, confidence, pose, quality


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """What a picture gave: its faces, largest first, and the vectors known, by a face's place.

    `faces` is None where the picture could not be read, and `why` then says so.
    """

    faces: tuple[Face, ...] | None
    vectors: dict[int, Vectors]
    why: str = ""


class Kept:
    """One open file. It may be used from several threads, and by several processes at once.

    What is put there is written together every few seconds, so that nobody keeps others waiting.
    """

    def __init__(self, connection: sqlite3.Connection, timer: Callable[[], float]) -> None:
        """Use an open connection to a file that has the schema."""
        self._connection = connection
        self._lock = Lock()
        self._timer = timer
        self._written = timer()
        self._waiting: dict[bytes, Found] = {}

    def get(self, sha256: bytes) -> Found | None:
        """Return what is kept of a picture, or None."""
        with self._lock:
            if sha256 in self._waiting:
                return self._waiting[sha256]
            row = self._connection.execute("SELECT faces, why FROM pictures WHERE sha256 = ?", (sha256,)).fetchone()
            if row is None:
                return None
            query = "SELECT place, said, vector FROM faces WHERE sha256 = ? ORDER BY place"
            rows = self._connection.execute(query, (sha256,)).fetchall()
        if row[0] < 0:
            return Found(None, {}, row[1])
        vectors = {place: np.frombuffer(vector, "<f4") for place, _, vector in rows if vector is not None}
        return Found(tuple(_face(said) for _, said, _ in rows), vectors)

    def put(self, sha256: bytes, found: Found) -> None:
        """Keep what a picture gave, in place of what was kept of it."""
        with self._lock:
            self._waiting[sha256] = found
            if self._timer() - self._written > EVERY:
                self._write()

    def write(self) -> None:
        """Write what is waiting."""
        with self._lock:
            self._write()

    def _write(self) -> None:
        pictures = [
            (sha256, -1 if found.faces is None else len(found.faces), found.why)
            for sha256, found in self._waiting.items()
        ]
        faces = [
            (sha256, place, _said(face), None if (vector := found.vectors.get(place)) is None else _packed(vector))
            for sha256, found in self._waiting.items()
            for place, face in enumerate(found.faces or ())
        ]
        with self._connection:
            self._connection.executemany("INSERT OR REPLACE INTO pictures VALUES (?, ?, ?)", pictures)
            self._connection.executemany("INSERT OR REPLACE INTO faces VALUES (?, ?, ?, ?)", faces)
        self._waiting.clear()
        self._written = self._timer()


@contextmanager
def opened(data: Path, vectors_by: Sequence[str], timer: Callable[[], float] = time.monotonic) -> Generator[Kept]:
    """Give what is kept in a data folder for vectors made that way; it is written in the end, whatever happened.

    Raises `DatabaseUnusable` when the file is damaged or another process keeps it for too long.
    """
    path = file_for(data, vectors_by)
    private.folder(data)
    private.folder(path.parent)
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    try:
        connection = sqlite3.connect(path, timeout=WAITS, check_same_thread=False)
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = NORMAL")
            connection.executescript(SCHEMA)
            kept = Kept(connection, timer)
            try:
                yield kept
            finally:
                kept.write()
        finally:
            connection.close()
    except sqlite3.Error as error:
        raise DatabaseUnusable(
            f"what was kept of pictures in {path} cannot be used ({error}); `recognizance audit forget` removes it, "
            "and --no-cache does without"
        ) from error


def file_for(data: Path, vectors_by: Sequence[str]) -> Path:
    """Return the file in a data folder for vectors made that way."""
    name = hashlib.sha256("\n".join(vectors_by).encode()).hexdigest()[:20]
    return data / FOLDER / f"{name}{ENDING}"


def forget(data: Path) -> tuple[int, int]:
    """Remove everything that is kept, and return how many files and bytes that was."""
    files = sorted((data / FOLDER).glob(f"*{ENDING}*"))
    size = sum(one.stat().st_size for one in files)
    for one in files:
        one.unlink()
    return sum(one.suffix == ENDING for one in files), size


def _packed(vector: Vectors) -> bytes:
    return vector.astype("<f4").tobytes()


def _said(face: Face) -> bytes:
    box, points, pose = face.box, face.landmarks, face.pose
    five = (points.eye_left, points.eye_right, points.nose, points.mouth_left, points.mouth_right)
    numbers = [box.left, box.top, box.width, box.height, *(side for point in five for side in (point.x, point.y))]
    numbers += [face.confidence, pose.yaw, pose.roll, pose.pitch, face.quality.brightness, face.quality.sharpness]
    return np.array(numbers, "<f8").tobytes()


def _face(said: bytes) -> Face:
    numbers = [float(one) for one in np.frombuffer(said, "<f8", NUMBERS)]
    points = [Point(numbers[at], numbers[at + 1]) for at in range(4, 14, 2)]
    return Face(Box(*numbers[:4]), Landmarks(*points), numbers[14], Pose(*numbers[15:18]), Quality(*numbers[18:20]))

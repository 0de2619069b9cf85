"""An exact index in a file, so that a restart reads instead of building anew.

A snapshot is a cache of a cache. Every byte is under a digest, and `SnapshotBroken` is raised for one that is not
what was written: who gets it builds the index from the database. It holds what stood in the index when it was
written, faces forgotten since among them, as bytes they can be recognised by: it must be kept like the database.

The file: 8 bytes that say what it is; the header as JSON; for each block of rows its rung, count, residual and reach,
its numbers and its codes. Each of these is followed by its SHA-256, which goes over the one before as well, so that
no part can be left out or swapped. All numbers are little-endian.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import struct
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from recognizance.gallery.indexes.exact import Exact, Fetch
from recognizance.gallery.indexes.ladder import BOUNDS
from recognizance.gallery.indexes.segments import CAPACITY, Block, Segment

_MAGIC = b"RCGZNC\x00\x01"  # the last byte is the format's version
_HEAD = struct.Struct("<I")
_BLOCK = struct.Struct("<iIdd")
_END = -1
_DIGEST = 32
_MOST_HEADER = 1 << 16


class SnapshotBroken(Exception):
    """The file is not a whole snapshot of this format. The index must be built from the database."""


@dataclass(frozen=True, slots=True)
class Header:
    """What a snapshot is of: whose database, which collection and kind of vector, as of which revision."""

    dimensions: int
    lineage: str
    collection: int
    kind: int
    revision: int


def save(path: Path, index: Exact, header: Header) -> None:
    """Write what the index holds to `path`: for its owner only, durable, and whole or not at all.

    The index can be searched and changed meanwhile. Rows that are added meanwhile are left out.
    """
    if header.dimensions != index.dim:
        raise ValueError(f"the header says {header.dimensions} dimensions, the index has {index.dim}")
    handle, draft = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # made with mode 0600
    try:
        with os.fdopen(handle, "wb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)  # `being_written` looks for it
            _write(_Out(file), index, header)
            file.flush()
            os.fsync(file.fileno())
            os.replace(draft, path)
    except BaseException:
        Path(draft).unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def being_written(draft: Path) -> bool:
    """Say whether a process is writing this draft of a snapshot; those of processes that were killed stay behind."""
    try:
        with draft.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        pass
    return False


def load(path: Path, fetch: Fetch, workers: ThreadPoolExecutor) -> tuple[Exact, Header]:
    """Return the index that was saved, and its header. Raises `SnapshotBroken`, and `OSError` as opening does."""
    with path.open("rb", buffering=0) as file:
        source = _In(file)
        try:
            header, last = _read_header(source)
            index = Exact(header.dimensions, fetch, workers)
            index.restore(list(_read_blocks(source, header.dimensions, last)), last)
        except (ValueError, TypeError, KeyError) as error:
            raise SnapshotBroken(f"it does not say what it should: {error}") from None
    return index, header


def _write(out: _Out, index: Exact, header: Header) -> None:
    last = index.last
    said = json.dumps({**asdict(header), "last": last}).encode()
    out.part(_MAGIC, _HEAD.pack(len(said)), said)
    for place, block in index.blocks(last):
        out.part(
            _BLOCK.pack(place, len(block.numbers), block.residual, block.reach),
            block.numbers.astype("<i8", copy=False).data.cast("B"),
            block.codes.data.cast("B"),
        )
    out.part(_BLOCK.pack(_END, 0, 0.0, 0.0))


def _read_header(source: _In) -> tuple[Header, int]:
    magic, length = source.take(len(_MAGIC)), source.take(_HEAD.size)
    if magic != _MAGIC:
        raise SnapshotBroken("it is not a snapshot, or one of another version")
    (size,) = _HEAD.unpack(length)
    if size > _MOST_HEADER:
        raise SnapshotBroken(f"its header would be {size} bytes long")
    text = source.take(size)
    source.check()
    said: dict[str, Any] = json.loads(text)
    last = said.pop("last")
    return Header(**said), int(last)


def _read_blocks(source: _In, dim: int, last: int) -> Iterator[tuple[int, Segment]]:
    before = -1, -1
    while True:
        place, rows, residual, reach = _BLOCK.unpack(source.take(_BLOCK.size))
        if place == _END:
            source.check()
            source.must_end()
            return
        if not (0 <= place < len(BOUNDS) and 0 < rows <= CAPACITY):
            raise SnapshotBroken(f"it has a block of {rows} rows on rung {place}")
        numbers, codes = np.empty(rows, "<i8"), np.empty((rows, dim), np.uint8)
        source.fill(numbers.data.cast("B"))
        source.fill(codes.data.cast("B"))
        source.check()
        if (place, int(numbers[0])) <= before or (np.diff(numbers) <= 0).any() or numbers[-1] > last:
            raise SnapshotBroken("its numbers do not rise")
        before = place, int(numbers[-1])
        segment = Segment(dim, CAPACITY)
        segment.take(Block(numbers.astype(np.int64, copy=False), codes, residual, reach))
        yield place, segment


class _Out:
    """Writes parts, each followed by a digest over it and the digest before."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._digest = b""

    def part(self, *pieces: bytes | memoryview) -> None:
        digest = hashlib.sha256(self._digest)
        for piece in pieces:
            digest.update(piece)
            self._file.write(piece)
        self._digest = digest.digest()
        self._file.write(self._digest)


class _In:
    """Reads what `_Out` wrote."""

    def __init__(self, file: Any) -> None:
        self._file = file
        self._left = os.fstat(file.fileno()).st_size
        self._digest = hashlib.sha256()

    def take(self, size: int) -> bytes:
        into = bytearray(size if size <= self._left else 0)
        self.fill(memoryview(into), size)
        return bytes(into)

    def fill(self, into: memoryview, size: int | None = None) -> None:
        self._read(into, len(into) if size is None else size)
        self._digest.update(into)

    def check(self) -> None:
        right = self._digest.digest()
        held = bytearray(_DIGEST)
        self._read(memoryview(held), _DIGEST)
        if bytes(held) != right:
            raise SnapshotBroken("a digest does not agree with what it is over")
        self._digest = hashlib.sha256(right)

    def must_end(self) -> None:
        if self._left:
            raise SnapshotBroken(f"{self._left} bytes come after its end")

    def _read(self, into: memoryview, size: int) -> None:
        if size > self._left:
            raise SnapshotBroken("it ends too early")
        done = 0
        while done < size:
            got = self._file.readinto(into[done:])
            if not got:
                raise SnapshotBroken("it ends too early")
            done += got
        self._left -= size

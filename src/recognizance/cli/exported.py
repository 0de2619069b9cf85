"""The file a collection travels in: JSON lines, the last of which seals the others.

The first line is `{"Collection": …}`: the format and its version, the model, and what the collection is. Then
`{"User": …}` for each user and `{"Face": …}` for each face, both in the order they came, with the wire's names;
times are ISO 8601, a vector is base64 of float32, little-endian. The last line is `{"End": …}`: how many there
were, and the SHA-256 of every byte before it. A file may be compressed as a whole, by gzip.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import os
import tempfile
import zlib
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Any, cast

from recognizance.cli.failures import Failed, Wrong, need_new
from recognizance.cli.output import shown

FORMAT, VERSION = "recognizance collection", 2
READ = (1, VERSION)  # the first had no consents and no terms
COLLECTION, USER, FACE, END = "Collection", "User", "Face", "End"
LONGEST_LINE = 1 << 20  # bytes; a vector of 512 numbers makes a line of 3 kB
PACKED = b"\x1f\x8b"
SIDES = ("Left", "Top", "Width", "Height")


@dataclass(frozen=True, slots=True)
class Sealed:
    """What a whole file says of itself: its first line, how many users and faces it has, and its digest."""

    collection: Mapping[str, Any]
    users: int
    faces: int
    sha256: str


class Writer:
    """Writes lines and seals them."""

    def __init__(self, file: IO[bytes]) -> None:
        """Write into an open file."""
        self._file = file
        self._digest = hashlib.sha256()

    def write(self, kind: str, value: Mapping[str, Any]) -> None:
        """Write one line."""
        line = json.dumps({kind: value}, separators=(",", ":"), default=_plain).encode() + b"\n"
        self._digest.update(line)
        self._file.write(line)

    def seal(self, **counts: int) -> str:
        """Write the last line, and return the digest of those before."""
        digest = self._digest.hexdigest()
        self.write(END, {**counts, "Sha256": digest})
        return digest


@contextmanager
def writing(path: Path) -> Generator[Writer]:
    """Give what writes the file; it is there, whole and durable, once the block is left without an exception.

    It is for its owner only. Raises `Wrong` where there is something of that name.
    """
    need_new(path)
    handle, draft = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            if path.suffix == ".gz":
                # Vectors hardly shrink: what is gained comes from base64, at any level.
                with gzip.GzipFile(filename="", mode="wb", fileobj=file, compresslevel=1, mtime=0) as packed:
                    yield Writer(cast(IO[bytes], packed))
            else:
                yield Writer(file)
            file.flush()
            os.fsync(file.fileno())
        need_new(path)
        os.rename(draft, path)
    except BaseException:
        Path(draft).unlink(missing_ok=True)
        raise


def verified(path: Path) -> Sealed:
    """Read the whole file, and return what it says of itself. Raises `Wrong` when it is not as it was written."""
    digest, counts = hashlib.sha256(), {USER: 0, FACE: 0}
    first: Mapping[str, Any] | None = None
    last: tuple[str, Mapping[str, Any]] | None = None
    for line in _lines(path):
        if last is not None:
            raise _damaged(path, "something follows its last line")
        kind, value = _parsed(path, line)
        if first is None:
            first = _header(path, kind, value)
        elif kind == END:
            last = (kind, value)
        elif kind in counts:
            counts[kind] += 1
        else:
            raise _damaged(path, f"a line of it is of no known kind, {shown(kind)[:40]}")
        if last is None:
            digest.update(line)
    if first is None:
        raise Wrong(f"{shown(path)} is empty; name a file that `recognizance export` wrote")
    if last is None:
        raise _damaged(path, "it is cut short")
    said = last[1]
    if said.get("Sha256") != digest.hexdigest():
        raise _damaged(path, "it is not as it was written: its SHA-256 is another")
    if (said.get("Users"), said.get("Faces")) != (counts[USER], counts[FACE]):
        raise _damaged(path, "it has not as many users and faces as it says")
    return Sealed(first, counts[USER], counts[FACE], digest.hexdigest())


def contents(path: Path) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield each user and face of a verified file, in order, as the wire's shapes have them."""
    for number, line in enumerate(_lines(path), 1):
        kind, value = _parsed(path, line)
        try:
            if kind == USER:
                yield kind, {"UserId": str(value["UserId"]), "CreatedAt": datetime.fromisoformat(value["CreatedAt"])}
            elif kind == FACE:
                yield kind, _face(value)
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            raise Wrong(f"line {number} of {shown(path)} is no user or face as they are written: {error!r}") from error


def _face(value: Mapping[str, Any]) -> Mapping[str, Any]:
    optional: dict[str, object] = {
        name: str(value[name]) for name in ("ExternalImageId", "UserId", "Consent") if name in value
    }
    if "Until" in value:
        optional["Until"] = datetime.fromisoformat(value["Until"])
    return {
        "FaceId": str(value["FaceId"]),
        "ImageId": str(value["ImageId"]),
        "BoundingBox": {side: float(value["BoundingBox"][side]) for side in SIDES},
        "Confidence": float(value["Confidence"]),
        "EnrolledAt": datetime.fromisoformat(value["EnrolledAt"]),
        "Vector": base64.b64decode(value["Vector"], validate=True),
        **optional,
    }


def _header(path: Path, kind: str, value: Mapping[str, Any]) -> Mapping[str, Any]:
    if kind != COLLECTION or value.get("Format") != FORMAT:
        raise Wrong(f"{shown(path)} is no exported collection; name a file that `recognizance export` wrote")
    if value.get("FormatVersion") not in READ:
        raise Wrong(
            f"{shown(path)} is of format version {shown(value.get('FormatVersion'))}; "
            f"this program reads versions {READ[0]} to {VERSION}"
        )
    names = ("CollectionId", "Model", "FaceModelVersion", "Region")
    tags = value.get("Tags")
    if not all(isinstance(value.get(name), str) for name in names) or not isinstance(tags, dict):
        raise _damaged(path, "its first line lacks something")
    return value


def _lines(path: Path) -> Iterator[bytes]:
    try:
        with path.open("rb") as file:
            packed = file.read(2) == PACKED
            file.seek(0)
            lines = cast(IO[bytes], gzip.GzipFile(fileobj=file)) if packed else file
            while line := lines.readline(LONGEST_LINE):
                if not line.endswith(b"\n"):
                    raise _damaged(path, "it is cut short")
                yield line
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise _damaged(path, f"it cannot be unpacked: {error}") from error


def _parsed(path: Path, line: bytes) -> tuple[str, Mapping[str, Any]]:
    try:
        ((kind, value),) = json.loads(line).items()
        if isinstance(value, dict):
            return str(kind), cast(Mapping[str, Any], value)
    except (ValueError, AttributeError, RecursionError):
        pass
    raise Wrong(f"{shown(path)} is no exported collection, or damaged; name a file that `recognizance export` wrote")


def _damaged(path: Path, why: str) -> Failed:
    return Failed(f"{shown(path)} is damaged, {why}; take another copy of it")


def _plain(value: object) -> str:
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"no JSON for {type(value).__name__}")

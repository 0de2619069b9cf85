"""The record in a file that others can check: how it is written, and how it is read again, a line at a time.

A file of the record (`recognizance-ledger/1`) is lines of UTF-8, each ended by a line feed:

1. a header, one object: `format`, `origin`, `key` (the public key), `after`, `size`, `frontier` (of the entries up to
   `after`: hex, largest subtree first), `statements` (whether they are in the file);
2. each entry's text as it was hashed, and behind it its statement, where the file has it:
   `{"statement":{"salt":…,"text":…}}`;
3. behind every entry whose number is a multiple of 256, and behind the last, `{"hints":…,"through":n}`: the first 8 hex
   digits of the hash of each entry since the last such line, so that an altered entry can be named;
4. where it was asked for, `{"consistency":{"from":m,"proof":[…],"root":…}}`: that the record of `m` entries, whose root
   that is, is the beginning of this one;
5. an empty line and the checkpoint, a signed note.

A proof of one entry (`recognizance-proof/1`) is a header (`format`, `origin`, `key`, `n`), the entry, its statement
where there is one, and a proof as C2SP's tlog-proof writes it, with the checkpoint. A witness is asked with what C2SP's
tlog-witness calls add-checkpoint: `old m`, the proof's hashes, an empty line, the checkpoint.

Headers, hints and frontiers help; nothing rests on them but what the signature covers. A file whose name ends in `.gz`
is compressed. Nothing here needs the server, or any library beside Python's own.
"""

from __future__ import annotations

import base64
import binascii
import errno
import gzip
import os
import re
import tempfile
import zlib
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, BinaryIO, cast

from recognizance.accountability.entries import LONGEST, canonical, parsed
from recognizance.errors import LedgerBroken

LEDGER_FORMAT = "recognizance-ledger/1"
PROOF_FORMAT = "recognizance-proof/1"
PROOF_BEGINS = b'{"format":"' + PROOF_FORMAT.encode()
TLOG_PROOF = "c2sp.org/tlog-proof@v1"
HINTED = 256
"""Entries between two lines of hints."""
CHUNK = 1 << 18  # bytes that are read at once
MOST_HASHES = 64
"""Hashes of a proof or a frontier: no tree has more levels."""
LONGEST_TAIL = 128 * 1024
"""Bytes behind the entries: the checkpoint with its signatures."""
_HEX = re.compile(r"(?:[0-9a-f]{64})")
_INDEX = re.compile(r"index (0|[1-9][0-9]{0,18})")
_OLD = re.compile(r"old (0|[1-9][0-9]{0,18})")


@dataclass(frozen=True, slots=True)
class Header:
    """What a file of the record says of itself: entries past `after`, up to `size`, of the log `origin`.

    `key` is the public key it says its checkpoints are signed with, as text. `frontier` are the roots of the complete
    subtrees that the first `after` entries make, largest first.
    """

    origin: str
    key: str
    after: int
    size: int
    frontier: tuple[bytes, ...] = ()
    statements: bool = False

    @property
    def line(self) -> bytes:
        """The header as it is written, without its end."""
        return canonical(
            {
                "format": LEDGER_FORMAT,
                "origin": self.origin,
                "key": self.key,
                "after": self.after,
                "size": self.size,
                "frontier": [one.hex() for one in self.frontier],
                "statements": self.statements,
            }
        )


@dataclass(frozen=True, slots=True)
class Growth:
    """A proof that the tree of `size` entries with that root is the beginning of another, in RFC 9162's order."""

    size: int
    root: bytes
    proof: tuple[bytes, ...]

    @property
    def line(self) -> bytes:
        """The proof as a file of the record has it, without its end."""
        proof = [one.hex() for one in self.proof]
        return canonical({"consistency": {"from": self.size, "proof": proof, "root": self.root.hex()}})


@dataclass(frozen=True, slots=True)
class Statement:
    """What was stated beside a request: the text a leaf is committed to, and a salt so that it cannot be guessed."""

    salt: bytes
    text: str

    @property
    def line(self) -> bytes:
        """The statement as a file has it, without its end."""
        return canonical({"statement": {"salt": self.salt.hex(), "text": self.text}})


@dataclass(frozen=True, slots=True)
class Proven:
    """One entry with its proof: `leaf` is its text, `proof` the hashes from its neighbour up to below the root."""

    origin: str
    key: str
    number: int
    leaf: bytes
    proof: tuple[bytes, ...]
    note: str
    statement: Statement | None = None

    @property
    def content(self) -> bytes:
        """The proof as a file."""
        header = {"format": PROOF_FORMAT, "origin": self.origin, "key": self.key, "n": self.number}
        lines = [canonical(header), self.leaf, *([self.statement.line] if self.statement else [])]
        tlog = [TLOG_PROOF, f"index {self.number - 1}", *(base64.b64encode(one).decode() for one in self.proof), ""]
        return b"\n".join([*lines, "\n".join(tlog).encode(), self.note.encode()])


@dataclass(frozen=True, slots=True)
class Request:
    """What a witness is asked: to cosign `note`, which has grown from the checkpoint of size `old` as `proof` shows."""

    old: int
    proof: tuple[bytes, ...]
    note: str

    @property
    def content(self) -> bytes:
        """The request as C2SP's tlog-witness has it."""
        hashes = "".join(f"{base64.b64encode(one).decode()}\n" for one in self.proof)
        return f"old {self.old}\n{hashes}\n{self.note}".encode()


def hints(leaves: Iterable[bytes], through: int) -> bytes:
    """Return the line that helps to name an altered entry, of the hashes of the entries up to number `through`."""
    return canonical({"hints": b"".join(one[:4] for one in leaves).hex(), "through": through})


def write(
    file: BinaryIO,
    header: Header,
    entries: Iterable[tuple[str, Statement | None]],
    note: str,
    growth: Growth | None = None,
) -> int:
    """Write a file of the record, entries as they come, and return how many.

    Raises `ValueError` where they are not as many as the header says.
    """
    file.write(header.line + b"\n")
    block, number = list[bytes](), header.after
    for leaf, statement in entries:
        line = leaf.encode()
        number += 1
        block.append(sha256(b"\x00" + line).digest())
        rows = [line, statement.line] if statement else [line]
        if number % HINTED == 0 or number == header.size:
            rows.append(hints(block, number))
            block.clear()
        file.write(b"\n".join(rows) + b"\n")
    if number != header.size:
        raise ValueError(f"the entries end at {number}, and the checkpoint is of {header.size}")
    file.write((growth.line + b"\n" if growth else b"") + b"\n" + note.encode())
    return number - header.after


@contextmanager
def new_file(path: Path) -> Generator[BinaryIO]:
    """Give a file to write, for its owner only; it gets its name once it is whole and on disk, and never another's.

    Raises `FileExistsError` where there is one of that name.
    """
    if path.exists():
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path))
    handle, draft = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with ExitStack() as until_done:
            held = until_done.enter_context(os.fdopen(handle, "wb"))
            if path.suffix == ".gz":
                with gzip.GzipFile(filename="", mode="wb", compresslevel=6, fileobj=held, mtime=0) as packed:
                    yield cast(BinaryIO, packed)
            else:
                yield held
            held.flush()
            os.fsync(held.fileno())
        os.link(draft, path)
    finally:
        Path(draft).unlink(missing_ok=True)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


@contextmanager
def opened(path: Path) -> Generator[BinaryIO]:
    """Give the content of a file, unpacked where its name ends in `.gz`."""
    with path.open("rb") as file:
        if path.suffix == ".gz":
            with gzip.GzipFile(fileobj=file, mode="rb") as packed:
                yield cast(BinaryIO, packed)
        else:
            yield file


def read(file: BinaryIO, most: int) -> bytes:
    """Return the next bytes of a file, at most so many. Raises `LedgerBroken` where they do not unpack."""
    try:
        return file.read(most)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise LedgerBroken(f"the file does not unpack: {error}") from None


def lines(file: BinaryIO) -> Iterator[bytes]:
    """Give a file's lines without their ends. Raises `LedgerBroken` where one is too long, or the last has no end."""
    rest = b""
    while chunk := read(file, CHUNK):
        *whole, rest = (rest + chunk).split(b"\n") if rest else chunk.split(b"\n")
        if len(rest) > LONGEST:
            raise LedgerBroken(f"a line of the file is longer than {LONGEST:,} bytes")
        yield from whole
    if rest:
        raise LedgerBroken("the file ends in the middle of a line: it was cut short")


def tail(rest: Iterable[bytes]) -> bytes:
    """Return what is left of a file, within limits: the checkpoint."""
    found, length = list[bytes](), 0
    for line in rest:
        found.append(line + b"\n")
        length += len(line)
        if length > LONGEST_TAIL:
            raise LedgerBroken(
                f"more than {LONGEST_TAIL:,} bytes stand behind the entries, where a checkpoint should be"
            )
    return b"".join(found)


def header(line: bytes) -> Header:
    """Return what a file of the record says of itself. Raises `LedgerBroken`."""
    found = _members(line, {"format", "origin", "key", "after", "size", "frontier", "statements"}, LEDGER_FORMAT)
    after, size, said = found["after"], found["size"], found["statements"]
    numbers = _is_number(after) and _is_number(size) and after <= size
    if not (numbers and isinstance(said, bool) and isinstance(found["origin"], str) and isinstance(found["key"], str)):
        raise LedgerBroken("the header should have text as origin and key, and numbers as after and size")
    frontier = _hashes(found["frontier"], "the header's frontier")
    if len(frontier) != after.bit_count():
        raise LedgerBroken(
            f"the header's frontier has {len(frontier)} hashes, and {after:,} entries make {after.bit_count()}"
        )
    return Header(found["origin"], found["key"], after, size, frontier, said)


def statement(line: bytes) -> Statement:
    """Return a statement from its line. Raises `LedgerBroken` with words that go on from "line 7"."""
    found = parsed(line)
    said = found.get("statement") if isinstance(found, dict) and len(found) == 1 else None
    if not (isinstance(said, dict) and said.keys() == {"salt", "text"} and isinstance(said["text"], str)):
        raise LedgerBroken("is no statement: it should have a salt and a text")
    if not (isinstance(said["salt"], str) and re.fullmatch(r"(?:[0-9a-f]{2}){16,64}", said["salt"])):
        raise LedgerBroken("is no statement: its salt should be 32 hex digits or more")
    try:
        said["text"].encode()
    except UnicodeEncodeError:
        raise LedgerBroken("is no statement: its text has half of a pair of surrogates") from None
    return Statement(bytes.fromhex(said["salt"]), said["text"])


def growth(line: bytes) -> Growth:
    """Return a proof of growth from its line. Raises `LedgerBroken` with words that go on from "line 7"."""
    found = parsed(line)
    said = found.get("consistency") if isinstance(found, dict) and len(found) == 1 else None
    if not (isinstance(said, dict) and said.keys() == {"from", "proof", "root"} and _is_number(said["from"])):
        raise LedgerBroken("is no proof of consistency: it should have from, proof and root")
    (root,) = _hashes([said["root"]], "its root")
    return Growth(said["from"], root, _hashes(said["proof"], "its proof"))


def proven(content: bytes) -> Proven:
    """Return the proof of one entry from the content of its file. Raises `LedgerBroken`."""
    if not content.endswith(b"\n"):
        raise LedgerBroken("the file ends in the middle of a line: it was cut short")
    first, *rest = content.split(b"\n")[:-1]
    found = _members(first, {"format", "origin", "key", "n"}, PROOF_FORMAT)
    if not (isinstance(found["origin"], str) and isinstance(found["key"], str) and _is_number(found["n"])):
        raise LedgerBroken("the header should have text as origin and key, and a number as n")
    marks = [place for place, line in enumerate(rest[:3]) if line == TLOG_PROOF.encode()]
    if not marks or marks[0] not in (1, 2):
        raise LedgerBroken(f"behind the header should come the entry, its statement if any, and {TLOG_PROOF}")
    mark = marks[0]
    said = statement(rest[1]) if mark == 2 else None
    try:
        blank = rest.index(b"", mark)
    except ValueError:
        raise LedgerBroken("the file ends before its checkpoint: it was cut short") from None
    index, *hashes = [line.decode(errors="replace") for line in rest[mark + 1 : blank]] or [""]
    named = _INDEX.fullmatch(index)
    if named is None or int(named[1]) != found["n"] - 1:
        raise LedgerBroken(f"the proof should be of index {found['n'] - 1}, and it is of {index!r}")
    note = "\n".join(line.decode(errors="replace") for line in rest[blank + 1 :]) + "\n"
    return Proven(found["origin"], found["key"], found["n"], rest[0], _base64_hashes(hashes), note, said)


def request(content: bytes) -> Request:
    """Return what a witness is asked from the content of a file. Raises `LedgerBroken`."""
    if len(content) > LONGEST_TAIL:
        raise LedgerBroken(f"a request to a witness has at most {LONGEST_TAIL:,} bytes")
    try:
        text = content.decode()
    except UnicodeDecodeError:
        raise LedgerBroken("a request to a witness should be UTF-8") from None
    before, blank, note = text.partition("\n\n")
    first, *hashes = before.split("\n")
    named = _OLD.fullmatch(first)
    if named is None or not blank:
        raise LedgerBroken("a request to a witness should be `old` and a size, hashes, an empty line and a checkpoint")
    return Request(int(named[1]), _base64_hashes(hashes), note)


def _members(line: bytes, names: set[str], form: str) -> dict[str, Any]:
    try:
        found = parsed(line)
    except LedgerBroken as error:
        raise LedgerBroken(f"the first line {error}; it should be the header of a file of the form {form}") from None
    if not isinstance(found, dict) or found.get("format") != form:
        raise LedgerBroken(f"the first line should be the header of a file of the form {form}")
    members = cast(dict[str, Any], found)
    if members.keys() != names:
        raise LedgerBroken(f"the header should have {', '.join(sorted(names))}, and nothing else")
    return members


def _hashes(found: Any, what: str) -> tuple[bytes, ...]:
    if not isinstance(found, list) or len(found) > MOST_HASHES:
        raise LedgerBroken(f"{what} should be at most {MOST_HASHES} hashes")
    given = cast(Sequence[Any], found)
    if not all(isinstance(one, str) and _HEX.fullmatch(one) for one in given):
        raise LedgerBroken(f"{what} should be of 64 hex digits each")
    return tuple(bytes.fromhex(one) for one in given)


def _base64_hashes(found: Sequence[str]) -> tuple[bytes, ...]:
    if len(found) > MOST_HASHES:
        raise LedgerBroken(f"a proof has at most {MOST_HASHES} hashes, and this one {len(found)}")
    made = list[bytes]()
    for text in found:
        try:
            one = base64.b64decode(text, validate=True)
        except (binascii.Error, ValueError):
            one = b""
        if len(one) != 32 or base64.b64encode(one).decode() != text:
            raise LedgerBroken("a proof's lines should be hashes of 32 bytes in base64")
        made.append(one)
    return tuple(made)


def _is_number(found: Any) -> bool:
    return isinstance(found, int) and not isinstance(found, bool) and 0 <= found < 1 << 63

"""Makes records to be altered: honest ones, written as the server writes them, with keys that anybody may know."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

from recognizance.accountability import exported, merkle, notes
from recognizance.accountability.entries import canonical, commitment
from recognizance.accountability.exported import Growth, Header, Proven, Statement

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
ORIGIN = "example.org/ledger"
LOG = notes.Signer(ORIGIN, sha256(b"log").digest())
OTHER = notes.Signer("example.org/other", sha256(b"other").digest())
IMPOSTOR = notes.Signer(ORIGIN, sha256(b"impostor").digest())
WITNESS = notes.Signer("example.net/witness", sha256(b"witness").digest(), notes.WITNESS)
STRANGER = notes.Signer("example.net/witness", sha256(b"stranger").digest(), notes.WITNESS)


def digest(*parts: object) -> str:
    """Return 64 hex digits that depend on what is given."""
    return sha256("/".join(map(str, parts)).encode()).hexdigest()


def facts(number: int) -> tuple[str, str, dict[str, Any]]:
    """Return an operation, its act and facts as the server notes them, of four kinds in turn."""
    where = {"collection": digest("staff"), "revision": number, "root": digest("root", number)}
    image = {"image_digest": digest("image", number), "detector": digest("finder")}
    match number % 4:
        case 0:
            found = {"threshold": 99.0, "threshold_asked": 80.0, "gallery": number, "candidates": 1, "matched": 1}
            return "SearchFacesByImage", "identify", where | image | found | {"matches": [digest("face", number)]}
        case 1:
            return "DetectFaces", "look", image | {"faces": 2}
        case 2:
            return "ListFaces", "read", where | {"listed": 17, "repeated": True}
        case _:
            return "IndexFaces", "enrol", where | image | {"enrolled": 1, "faces": [digest("face", number)]}


def statement(number: int) -> Statement:
    """Return what was stated beside an entry."""
    salt = sha256(f"salt {number}".encode()).digest()
    return Statement(salt, canonical({"purpose": "Suche nach Vermißten", "case": f"2026-{number}"}).decode())


def leaf(number: int, **changed: Any) -> str:
    """Return the text of an entry; every third is committed to a statement."""
    operation, act, noted = facts(number)
    said = statement(number)
    members = {
        "v": 1,
        "n": number,
        "at": time(NOON + timedelta(seconds=number)),
        "request": f"request-{number}",
        "key": "AKIAEXAMPLE",
        "kind": "key",
        "account": "000000000000",
        "region": "eu-west-3",
        "operation": operation,
        "act": act,
        "stated": None if number % 3 else commitment(said.salt, said.text),
        "address": digest("address")[:32],
        "verdict": "allow",
        "rule": "open/everything-is-allowed",
        "policy": "open@0123456789ab",
        "floor": 99.0 if act == "identify" else None,
        "outcome": "answered",
        "facts": noted,
    }
    if number % 5 == 0:
        members |= {"kind": "session", "issuer": "AKIAISSUER"}
    return canonical(members | changed).decode()


def time(at: datetime) -> str:
    """Return a time as entries have it."""
    return at.replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


@dataclass(frozen=True)
class Record:
    """All there is of a log: the entries' texts, and who signs and witnesses its checkpoints."""

    leaves: tuple[str, ...]
    key: notes.Signer = LOG
    witnesses: tuple[notes.Signer, ...] = (WITNESS,)
    named: notes.Signer | None = None
    origin: str = ORIGIN
    statements: bool = True

    @property
    def hashes(self) -> list[bytes]:
        """The leaves' hashes."""
        return [merkle.leaf_hash(one.encode()) for one in self.leaves]

    def tree(self, size: int | None = None) -> merkle.Frontier:
        """Return the tree of the first entries."""
        return merkle.Frontier().grown(self.hashes[:size])

    def growth(self, old: int) -> Growth:
        """Return the proof that the record grew from its first entries."""
        hashes = self.hashes
        proof = [merkle.root_of(hashes[low:high]) for low, high in merkle.consistency_path(old, len(hashes))]
        return Growth(old, merkle.root_of(hashes[:old]), tuple(proof))

    def body(self, size: int | None = None) -> str:
        """Return the text of a checkpoint."""
        tree = self.tree(size)
        return notes.Checkpoint.made(self.origin, tree.size, tree.root, NOON + timedelta(days=1)).text

    def note(self, size: int | None = None) -> notes.Note:
        """Return a checkpoint, signed and cosigned."""
        text = self.body(size)
        cosigned = (notes.cosign(text, one, NOON + timedelta(days=2)) for one in self.witnesses)
        return notes.Note(text, (notes.sign(text, self.key), *cosigned))

    def header(self, after: int = 0) -> Header:
        """Return what a file of it says of itself."""
        named = str((self.named or self.key).verifier)
        return Header(self.origin, named, after, len(self.leaves), self.tree(after).hashes, self.statements)

    def said(self, number: int) -> Statement | None:
        """Return the statement that stands behind an entry; one was erased."""
        return statement(number) if self.statements and number % 3 == 0 and number != 9 else None

    def file(self, after: int = 0, *, grown_from: int | None = None, **changed: Any) -> bytes:
        """Return a file of the record."""
        held = io.BytesIO()
        entries = [(self.leaves[at], self.said(at + 1)) for at in range(after, len(self.leaves))]
        growth = self.growth(grown_from) if grown_from else None
        given = {"header": self.header(after), "entries": entries, "note": str(self.note()), "growth": growth} | changed
        exported.write(held, **given)
        return held.getvalue()

    def proven(self, number: int) -> Proven:
        """Return the proof of one entry."""
        hashes = self.hashes
        path = merkle.inclusion_path(number - 1, len(hashes))
        proof = tuple(merkle.root_of(hashes[low:high]) for low, high in path)
        entry = self.leaves[number - 1].encode()
        return Proven(self.origin, str(self.key.verifier), number, entry, proof, str(self.note()), self.said(number))

    def with_leaf(self, number: int, text: str) -> Record:
        """Return another record, with one entry that is another; it hashes and signs as it is."""
        return replace(self, leaves=(*self.leaves[: number - 1], text, *self.leaves[number:]))


def record(size: int, **changed: Any) -> Record:
    """Return an honest record."""
    return Record(tuple(leaf(number) for number in range(1, size + 1)), **changed)


def lines(content: bytes) -> list[bytes]:
    """Return the lines of a file."""
    return content.split(b"\n")[:-1]


def joined(rows: Sequence[bytes]) -> bytes:
    """Return a file of lines."""
    return b"".join(row + b"\n" for row in rows)

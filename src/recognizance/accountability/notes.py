"""Signed notes: the text of a checkpoint, who signed it, and who saw it and signed beside.

The forms are C2SP's, so that other people's tools can read them: signed-note, tlog-checkpoint, tlog-cosignature and
the keys' text (`name+hash+base64`). A log signs a checkpoint's text (Ed25519, type 0x01); a witness signs the same
text after a line with its time (cosignature/v1, type 0x04). A signature by a key nobody knows says nothing and is
passed over; one by a known key that does not hold makes the whole note worthless. Base64 is taken in its one
canonical form only, so no signed bit can change unseen. Nothing here reads a clock, a file or a random source.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from recognizance.accountability.entries import time_text
from recognizance.errors import NoteWrong

LOG = 0x01
"""A key whose signature is over the note's text."""
WITNESS = 0x04
"""A key whose signature is over a time and the note's text."""
HASH = 32  # bytes of a root, as SHA-256 gives them
MOST_SIGNATURES = 100
LONGEST = 64 * 1024  # bytes of a note
LATEST = 253_402_300_799  # seconds: the last second of the year 9999, past which no calendar here counts

_DASH = "\N{EM DASH} "
_SECRET = "PRIVATE+KEY+"
_NUMBER = re.compile(r"0|[1-9][0-9]{0,18}")


@dataclass(frozen=True, slots=True)
class Verifier:
    """A public key with the name its owner signs by; `kind` is `LOG` or `WITNESS`, `public` 32 bytes."""

    name: str
    public: bytes
    kind: int = LOG

    def __post_init__(self) -> None:
        """Refuse what could not be written down again."""
        if not self.name or "+" in self.name or any(sign.isspace() or not sign.isprintable() for sign in self.name):
            raise NoteWrong(f"a key's name should be text without spaces and plus signs, and it is {self.name!r}")
        if self.kind not in (LOG, WITNESS):
            raise NoteWrong(f"a key should be of type 1 (a log's) or 4 (a witness's), and its type is {self.kind}")
        if len(self.public) != 32:
            raise NoteWrong(f"an Ed25519 key has 32 bytes, and that of {self.name} has {len(self.public)}")

    @property
    def id(self) -> bytes:
        """The 4 bytes a signature names its key with."""
        return hashlib.sha256(self.name.encode() + b"\n" + bytes([self.kind]) + self.public).digest()[:4]

    def __str__(self) -> str:
        """Return the key as text: what people hand to each other."""
        return f"{self.name}+{self.id.hex()}+{_base64(bytes([self.kind]) + self.public)}"


@dataclass(frozen=True, slots=True)
class Signer:
    """A private key with its name; `seed` is 32 bytes that stay with their owner."""

    name: str
    seed: bytes = field(repr=False)
    kind: int = LOG

    def __post_init__(self) -> None:
        """Refuse a seed that is none."""
        if len(self.seed) != 32:
            raise NoteWrong(f"an Ed25519 seed has 32 bytes, and that of {self.name} has {len(self.seed)}")

    @property
    def verifier(self) -> Verifier:
        """The public half."""
        return Verifier(
            self.name, Ed25519PrivateKey.from_private_bytes(self.seed).public_key().public_bytes_raw(), self.kind
        )

    @property
    def secret(self) -> str:
        """The key as text, as its owner keeps it. It is not to be printed, logged or sent."""
        return f"{_SECRET}{self.name}+{self.verifier.id.hex()}+{_base64(bytes([self.kind]) + self.seed)}"


@dataclass(frozen=True, slots=True)
class Signature:
    """One line under a note: who says to have signed, the first 4 bytes of the key's hash, and the signature's bytes.

    A witness's bytes begin with its time, 8 bytes of seconds since 1970.
    """

    name: str
    id: bytes
    payload: bytes

    def __str__(self) -> str:
        """Return the line, without its end."""
        return f"{_DASH}{self.name} {_base64(self.id + self.payload)}"


@dataclass(frozen=True, slots=True)
class Note:
    """Text, which ends with a line's end, and the signatures under it. Worth nothing before `verify`."""

    text: str
    signatures: tuple[Signature, ...] = ()

    def __str__(self) -> str:
        """Return the note as it is kept and sent."""
        return self.text + "\n" + "".join(f"{one}\n" for one in self.signatures)

    def beside(self, *signatures: Signature) -> Note:
        """Return the note with further signatures; those it has already are not repeated."""
        return replace(self, signatures=tuple(dict.fromkeys((*self.signatures, *signatures))))


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """How long a log was and what its entries hash to (`root`, 32 bytes), in the log's own words.

    `origin` names the log. `extensions` are further lines; ours is one, `at` and the time it was made.
    """

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    @classmethod
    def made(cls, origin: str, size: int, root: bytes, at: datetime) -> Checkpoint:
        """Return a checkpoint with its time, in UTC and whole microseconds."""
        return cls(origin, size, root, (f"at {time_text(at)}",))

    @property
    def text(self) -> str:
        """The text that is signed."""
        return "".join(f"{line}\n" for line in (self.origin, str(self.size), _base64(self.root), *self.extensions))

    @property
    def at(self) -> datetime | None:
        """When it was made, as the log says, in UTC; None where it does not say."""
        for line in self.extensions:
            if line.startswith("at "):
                return _time(line.removeprefix("at "))
        return None


def verifier(text: str) -> Verifier:
    """Return the public key written as `name+hash+base64`. Raises `NoteWrong` where it is none."""
    name, kind, public, named = _key(text.strip(), "a public key is written as name+hash+base64")
    found = Verifier(name, public, kind)
    if found.id != named:
        raise NoteWrong(f"the public key of {name} does not have the hash it names: it was copied wrongly or altered")
    _public(found)
    return found


def signer(text: str) -> Signer:
    """Return the private key written as `PRIVATE+KEY+name+hash+base64`. Raises `NoteWrong` where it is none."""
    wanted = "a private key is written as PRIVATE+KEY+name+hash+base64"
    if not text.startswith(_SECRET):
        raise NoteWrong(wanted)
    name, kind, seed, named = _key(text.strip().removeprefix(_SECRET), wanted)
    found = Signer(name, seed, kind)
    if found.verifier.id != named:
        raise NoteWrong(f"the private key of {name} does not have the hash it names: it was copied wrongly or altered")
    return found


def parse(content: bytes | str) -> Note:
    """Return the note that was written, whoever signed it. Raises `NoteWrong` saying what is wrong with its form."""
    text = _decoded(content)
    if not text.endswith("\n"):
        raise NoteWrong("the note should end with the end of a line; it was cut short")
    body, found, lines = text.rpartition("\n\n")
    if not found or not body:
        raise NoteWrong("the note should be text, an empty line and signatures")
    rows = lines.split("\n")[:-1]
    if not rows:
        raise NoteWrong("the note has no signature under it")
    if len(rows) > MOST_SIGNATURES:
        raise NoteWrong(f"the note has {len(rows)} signatures; at most {MOST_SIGNATURES} are read")
    return Note(body + "\n", tuple(_signature(row) for row in rows))


def signatures(content: bytes | str) -> tuple[Signature, ...]:
    """Return the signatures of lines that stand alone, as a witness answers. Raises `NoteWrong`."""
    text = _decoded(content)
    if not text.endswith("\n"):
        raise NoteWrong("signature lines should end with the end of a line")
    return tuple(_signature(row) for row in text.split("\n")[:-1])


def checkpoint(text: str) -> Checkpoint:
    """Return what the text of a note says of a log. Raises `NoteWrong` where it is no checkpoint's text."""
    lines = text.split("\n")
    if len(lines) < 4 or lines.pop() or not all(lines):
        raise NoteWrong("a checkpoint has at least three lines, none empty: the log's name, its size, its root")
    origin, size, root, *extensions = lines
    if not _NUMBER.fullmatch(size):
        raise NoteWrong(f"a checkpoint's second line is the log's size, and it is {size!r}")
    found = Checkpoint(origin, int(size), _bytes(root, "a checkpoint's third line is the root"), tuple(extensions))
    if len(found.root) != HASH:
        raise NoteWrong(f"a checkpoint's root has {HASH} bytes, and this one {len(found.root)}")
    if found.at is None and any(line.startswith("at ") for line in extensions):
        raise NoteWrong("a checkpoint's time should be as 2026-11-23T12:00:00Z")
    return found


def sign(text: str, key: Signer) -> Signature:
    """Return a log's signature over a note's text."""
    if key.kind != LOG:
        raise NoteWrong(f"{key.name} is a witness's key, which signs with a time")
    made = Ed25519PrivateKey.from_private_bytes(key.seed).sign(text.encode())
    return Signature(key.name, key.verifier.id, made)


def cosign(text: str, key: Signer, at: datetime) -> Signature:
    """Return a witness's signature over a time, in whole seconds, and a checkpoint's text."""
    if key.kind != WITNESS:
        raise NoteWrong(f"{key.name} is a log's key; a witness's has type 4")
    seconds = int(at.timestamp())
    made = Ed25519PrivateKey.from_private_bytes(key.seed).sign(_cosigned(text, seconds))
    return Signature(key.name, key.verifier.id, seconds.to_bytes(8, "big") + made)


def verify(note: Note, known: Iterable[Verifier]) -> Mapping[Verifier, datetime | None]:
    """Return which of the known keys signed, each with a witness's time, None for a log.

    Raises `NoteWrong` where a line names a known key and its signature does not hold. Where none signed the answer is
    empty, and the text is nobody's.
    """
    keys = {(key.name, key.id): key for key in known}
    held: dict[Verifier, datetime | None] = {}
    for signature in note.signatures:
        key = keys.get((signature.name, signature.id))
        if key is not None:
            held[key] = _verified(note.text, signature, key)
    return held


def _verified(text: str, signature: Signature, key: Verifier) -> datetime | None:
    message, payload, at = text.encode(), signature.payload, None
    if key.kind == WITNESS:
        seconds = int.from_bytes(payload[:8], "big")
        if len(payload) != 72 or seconds > LATEST:
            raise NoteWrong(f"the cosignature of {key.name} should be 8 bytes of time and 64 of signature")
        message, payload, at = _cosigned(text, seconds), payload[8:], datetime.fromtimestamp(seconds, UTC)
    try:
        _public(key).verify(payload, message)
    except InvalidSignature:
        raise NoteWrong(f"the signature of {key.name} is not over this text") from None
    return at


def _cosigned(text: str, seconds: int) -> bytes:
    return f"cosignature/v1\ntime {seconds}\n{text}".encode()


def _public(key: Verifier) -> Ed25519PublicKey:
    try:
        return Ed25519PublicKey.from_public_bytes(key.public)
    except ValueError:
        raise NoteWrong(f"the key of {key.name} is no Ed25519 key") from None


def _key(text: str, wanted: str) -> tuple[str, int, bytes, bytes]:
    parts = text.split("+", 2)
    if len(parts) != 3 or not re.fullmatch(r"[0-9a-f]{8}", parts[1]):
        raise NoteWrong(wanted)
    content = _bytes(parts[2], wanted)
    if not content:
        raise NoteWrong(wanted)
    return parts[0], content[0], content[1:], bytes.fromhex(parts[1])


def _signature(line: str) -> Signature:
    parts: Sequence[str] = line.removeprefix(_DASH).split(" ")
    if not line.startswith(_DASH) or len(parts) != 2 or not parts[0] or "+" in parts[0]:
        raise NoteWrong(f"a signature line should be {_DASH}name base64, and one is {_short(line)}")
    if any(sign.isspace() for sign in parts[0]):
        raise NoteWrong(f"the name in a signature line should have no spaces: {_short(line)}")
    content = _bytes(parts[1], "a signature line ends with base64")
    if len(content) < 5:
        raise NoteWrong(f"a signature line is too short: {_short(line)}")
    return Signature(parts[0], content[:4], content[4:])


def _decoded(content: bytes | str) -> str:
    if len(content) > LONGEST:
        raise NoteWrong(f"a note has at most {LONGEST} bytes, and this one has {len(content)}")
    try:
        text = content.decode() if isinstance(content, bytes) else content
    except UnicodeDecodeError:
        raise NoteWrong("a note should be UTF-8") from None
    for sign in text:
        if sign < " " and sign != "\n":
            raise NoteWrong(f"a note should have no control characters, and there is U+{ord(sign):04X} in this one")
    return text


def _bytes(text: str, wanted: str) -> bytes:
    try:
        content = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        content = b""
    if not content or _base64(content) != text:
        raise NoteWrong(f"{wanted}, in base64, and not {_short(text)}")
    return content


def _base64(content: bytes) -> str:
    return base64.b64encode(content).decode()


def _time(text: str) -> datetime | None:
    if not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z", text, re.ASCII):
        return None
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def _short(text: str) -> str:
    return repr(text if len(text) <= 60 else f"{text[:57]}…")

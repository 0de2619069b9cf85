"""Checks a file of the record: offline, alone, with nothing but the file and a public key.

    python -m recognizance.accountability.verifying FILE --key KEY

What holds the record together is the root that the log's key signed: entries that hash to it are the entries that were
written, in their order, none left out. All else in a file helps to say where it goes wrong. The checks are numbered,
and end with the first that fails, in one sentence. A key that only the file names proves nothing about who signed.
Entries are read one at a time, so a file may be larger than memory.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from enum import Enum
from hashlib import sha256
from pathlib import Path
from typing import Any

from recognizance.accountability import entries, exported, merkle, notes
from recognizance.accountability.exported import HINTED, Growth, Header
from recognizance.accountability.merkle import Frontier
from recognizance.accountability.notes import Checkpoint, Note, Verifier
from recognizance.errors import LedgerBroken

SALTS = 1 << 16
"""How many salts are remembered, so that one used twice is seen: memory does not grow with the file."""
SAID_EVERY = 80 * HINTED  # entries


class Step(Enum):
    """What is checked, in this order."""

    FORM = "form"
    ENTRIES = "entries"
    ORDER = "order"
    HASHES = "hashes"
    SIGNATURE = "signature"
    WITNESSES = "witnesses"
    GROWTH = "growth"
    STATEMENTS = "statements"


class State(Enum):
    """What became of a check."""

    PROVED = "proved"
    WRONG = "wrong"
    UNPROVED = "not proved"  # nothing wrong was found, and what it would take to prove it was not given
    UNASKED = "not asked"
    UNREACHED = "not reached"


@dataclass(frozen=True, slots=True)
class Checked:
    """One check: what became of it, in a sentence."""

    step: Step
    state: State
    text: str


@dataclass(frozen=True, slots=True)
class Trusted:
    """What the verifier knows already, and not from the file.

    `keys` are the log's public keys; any of them may have signed. Every one of `witnesses` must have cosigned. `since`
    is a checkpoint of the log that was kept from before: the file must go on from it.
    """

    keys: tuple[Verifier, ...] = ()
    witnesses: tuple[Verifier, ...] = ()
    since: Note | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """What a file proves: `checks` in their order, and what it is about, as far as it could be read.

    `entries` and `statements` count what was read; `unstated` entries have a commitment whose statement is not in the
    file: it was erased, or left out. `key` is the one that signed, `cosigned` each witness that was asked for with its
    time, `note` the checkpoint as it stands in the file.
    """

    checks: tuple[Checked, ...]
    origin: str | None = None
    after: int | None = None
    size: int | None = None
    root: str | None = None
    at: datetime | None = None
    entries: int = 0
    first_at: str | None = None
    last_at: str | None = None
    statements: int = 0
    unstated: int = 0
    key: str | None = None
    cosigned: Mapping[str, datetime] = field(default_factory=dict[str, datetime])
    note: str | None = None

    @property
    def wrong(self) -> str | None:
        """The sentence that says what is wrong; None where nothing is."""
        return next((one.text for one in self.checks if one.state is State.WRONG), None)

    @property
    def proved(self) -> bool:
        """Whether all that was asked is proved, who signed included."""
        return all(one.state in (State.PROVED, State.UNASKED) for one in self.checks)

    @property
    def plain(self) -> dict[str, Any]:
        """The report as JSON has it."""
        told = asdict(self)
        told["checks"] = [{"step": one.step.value, "state": one.state.value, "text": one.text} for one in self.checks]
        told["at"] = self.at and self.at.isoformat()
        told["cosigned"] = {name: at.isoformat() for name, at in self.cosigned.items()}
        return {"proved": self.proved, "wrong": self.wrong, **told}


Say = Callable[[int, int], None]
"""Told how many entries were read, and of how many."""


def verify(path: Path, trusted: Trusted, say: Say = lambda done, total: None) -> Report:
    """Check a file of the record, or the proof of one entry. What is wrong is in the report; nothing is raised for it.

    Raises `OSError` where the file cannot be read at all.
    """
    found = _Found()
    try:
        with exported.opened(path) as file:
            start = exported.read(file, len(exported.PROOF_BEGINS))
            file.seek(0)
            if start == exported.PROOF_BEGINS:
                _prove(exported.read(file, 2 * entries.LONGEST), trusted, found)
            else:
                _check(exported.lines(file), trusted, found, say)
    except _Wrong as error:
        found.checks.append(Checked(error.step, State.WRONG, str(error)))
    except LedgerBroken as error:
        found.checks.append(Checked(Step.FORM, State.WRONG, _sentence(str(error))))
    done = {one.step for one in found.checks}
    checks = [*found.checks, *(Checked(step, State.UNREACHED, "") for step in Step if step not in done)]
    order = list(Step)
    return replace(found.told, checks=tuple(sorted(checks, key=lambda one: order.index(one.step))))


def known_keys(text: str, kind: int) -> tuple[Verifier, ...]:
    """Return the public keys written in a text, one a line; empty lines and those that begin with `#` are passed over.

    Raises `LedgerBroken` for a key of another kind, or none.
    """
    rows = [line.strip() for line in text.splitlines()]
    found = tuple(notes.verifier(row) for row in rows if row and not row.startswith("#"))
    for one in found:
        if one.kind != kind:
            names = {notes.LOG: "a log's", notes.WITNESS: "a witness's"}
            raise LedgerBroken(f"the key of {one.name} is {names[one.kind]}, and {names[kind]} was to be given")
    if not found:
        raise LedgerBroken("there is no public key: one is written as name+hash+base64")
    return found


class _Wrong(LedgerBroken):
    def __init__(self, step: Step, text: str) -> None:
        super().__init__(_sentence(text))
        self.step = step


@dataclass(slots=True)
class _Found:
    """What was found so far; `told` is all of it but the checks."""

    checks: list[Checked] = field(default_factory=list[Checked])
    told: Report = field(default_factory=lambda: Report(()))

    def proved(self, step: Step, text: str) -> None:
        self.checks.append(Checked(step, State.PROVED, text))

    def unasked(self, step: Step, text: str) -> None:
        self.checks.append(Checked(step, State.UNASKED, text))

    def tell(self, made: Checkpoint) -> None:
        self.told = replace(self.told, root=made.root.hex(), at=made.at)


def _check(lines: Iterator[bytes], trusted: Trusted, found: _Found, say: Say) -> None:
    first = next(lines, b"")
    header = exported.header(first)
    found.told = replace(found.told, origin=header.origin, after=header.after, size=header.size)
    since = _kept(trusted, header.origin)
    read = _Reading(header, since.size if since else None, say)
    try:
        note = read.all(lines)
    finally:
        found.told = replace(
            found.told,
            entries=read.number - header.after,
            first_at=read.first_at,
            last_at=read.last_at,
            statements=read.stated,
            unstated=read.unstated,
        )
    made = _checkpoint(note, header.origin, header.size, found)
    found.told = replace(found.told, note=str(note))

    if made.at and read.last_at and made.at < datetime.fromisoformat(read.last_at):
        raise _Wrong(Step.ORDER, f"the checkpoint is of {made.at.isoformat()}, and its last entry of {read.last_at}")
    _whole(header, found)
    if made.root != read.tree.root:
        before = f" and the frontier of the {header.after:,} before" if header.after else ""
        raise _Wrong(
            Step.HASHES,
            f"the {_count(found.told.entries)}{before} do not hash to the root in the checkpoint: at least one is not "
            "as it was written, and the file does not tell which",
        )
    found.proved(Step.HASHES, f"The {_count(header.size)} of the record hash to the root {made.root.hex()}.")
    _signed(note, made, header.key, trusted, found)
    _grown(made, since, read, found)
    _stated(header.statements, found)


def _prove(content: bytes, trusted: Trusted, found: _Found) -> None:
    proven = exported.proven(content)
    number = proven.number
    found.told = replace(found.told, origin=proven.origin)
    if number < 1:
        raise LedgerBroken("entries are numbered from 1")
    note = _note(proven.note)
    made = _checkpoint_of(note, proven.origin)
    found.tell(made)
    found.told = replace(found.told, size=made.size, entries=1, note=str(note))
    found.proved(Step.FORM, f"The file is the proof of entry {number:,} of {proven.origin}, and whole.")
    try:
        match = entries.Forms().match(proven.leaf)
    except LedgerBroken as error:
        raise _Wrong(Step.ENTRIES, f"entry {number} (line 2) {error}") from None
    if int(match["n"]) != number:
        raise _Wrong(Step.ORDER, f"the entry in the file is number {int(match['n'])}, and the proof is of {number}")
    at = match["at"].decode()
    found.told = replace(found.told, first_at=at, last_at=at)
    _check_day(match["at"], number, 2)
    found.proved(Step.ENTRIES, "The entry is well formed, and has what it should have.")
    found.proved(Step.ORDER, f"It is numbered {number:,}, as the proof is.")
    if not merkle.included(merkle.leaf_hash(proven.leaf), number - 1, made.size, proven.proof, made.root):
        raise _Wrong(Step.HASHES, f"entry {number} and its proof do not hash to the root in the checkpoint")
    found.proved(Step.HASHES, f"It is in the record of {_count(made.size)} with the root {made.root.hex()}.")
    _signed(note, made, proven.key, trusted, found)
    _same(made, _kept(trusted, proven.origin), found)
    committed = match["stated"]
    if proven.statement:
        said = entries.commitment(proven.statement.salt, proven.statement.text).encode()
        if said != committed:
            raise _Wrong(Step.STATEMENTS, f"the statement (line 3) is not the one that entry {number} is committed to")
        found.told = replace(found.told, statements=1)
    else:
        found.told = replace(found.told, unstated=int(committed is not None))
    _stated(proven.statement is not None, found)


@dataclass(slots=True)
class _Reading:
    """The entries of a file, as they are read: each is checked, hashed and let go."""

    header: Header
    mark: int | None
    """The size of an older record whose root is wanted."""
    say: Say
    tree: Frontier = field(init=False)
    number: int = field(init=False)
    line: int = 1
    marked: bytes | None = None
    growth: Growth | None = None
    first_at: str | None = None
    stated: int = 0
    unstated: int = 0
    _last: bytes = b""
    _day: bytes = b""
    _unsaid: bytes | None = None
    """The commitment of the entry before, as long as its statement may still come."""
    _block: list[bytes] = field(default_factory=list[bytes])
    _lines: list[int] = field(default_factory=list[int])
    _grown: int = 0
    _salts: set[bytes] = field(default_factory=set[bytes])
    _match: Callable[[bytes], re.Match[bytes]] = field(default_factory=lambda: entries.Forms().match)

    def __post_init__(self) -> None:
        """Begin where the file does."""
        self.tree, self.number = Frontier(self.header.after, self.header.frontier), self.header.after
        self._keep_mark()

    @property
    def last_at(self) -> str | None:
        """The time of the last entry that was read."""
        return self._last.decode() or None

    def all(self, lines: Iterator[bytes]) -> Note:
        """Read all entries and return the note behind them, unchecked."""
        for line in lines:
            self.line += 1
            if line.startswith(entries.BEGINS):
                self._entry(line)
            elif not line:
                break
            elif line.startswith(b'{"statement":'):
                self._statement(line)
            else:
                self._other(line)
        else:
            where = f"entry {self.number} (line {self.line})" if self.number else f"line {self.line}"
            raise _Wrong(Step.FORM, f"the file ends behind {where}, before its checkpoint: it was cut short")
        self._close()
        if self._block:
            raise _Wrong(Step.FORM, f"line {self.line} should be the hints of the entries up to {self.number}")
        if self.number != self.header.size:
            held = f"the entries end with {self.number}, and the file should hold those up to {self.header.size}"
            raise _Wrong(Step.ORDER, held)
        self.say(self.number - self.header.after, self.header.size - self.header.after)
        return _note(exported.tail(lines))

    def _entry(self, line: bytes) -> None:
        number = self.number + 1
        if self._unsaid is not None:
            self._close()
        try:
            match = self._match(line)
        except LedgerBroken as error:
            raise _Wrong(Step.ENTRIES, f"entry {number} (line {self.line}) {error}") from None
        read, at, self._unsaid = match.group("n", "at", "stated")
        if int(read) != number or number > self.header.size or at < self._last:
            raise _Wrong(Step.ORDER, self._misplaced(int(read), at))
        if at[:10] != self._day:
            self.first_at = self.first_at or at.decode()
            _check_day(at, number, self.line)
            self._day = at[:10]
        self.number, self._last = number, at
        self._block.append(sha256(b"\x00" + line).digest())
        self._lines.append(self.line)
        if number % HINTED == 1:
            self._begin_block()
        if number == self.mark:
            self._grow()
            self._keep_mark()

    def _begin_block(self) -> None:
        if len(self._block) > 1:
            raise _Wrong(Step.FORM, f"line {self.line} should be the hints of the entries up to {self.number - 1}")
        if self.number % SAID_EVERY == 1:
            self.say(self.number - self.header.after, self.header.size - self.header.after)

    def _misplaced(self, read: int, at: bytes) -> str:
        wanted, here = self.number + 1, f"line {self.line}"
        if read != wanted:
            before = f"behind entry {self.number}" if self.number else "at the beginning"
            return f"entry {wanted} is not in its place: {before} comes entry {read} ({here})"
        if at < self._last:
            return f"entry {read} ({here}) is of {at.decode()}, and the entry before it of {self._last.decode()}"
        return f"entry {read} ({here}) is one too many: the file says that it ends with {self.header.size}"

    def _close(self) -> None:
        """No statement comes any more for the entry before."""
        self.unstated += self._unsaid is not None
        self._unsaid = None

    def _grow(self) -> None:
        self.tree = self.tree.grown(self._block[self._grown :])
        self._grown = len(self._block)

    def _keep_mark(self) -> None:
        if self.tree.size == self.mark:
            self.marked = self.tree.root

    def _statement(self, line: bytes) -> None:
        where = f"the statement of entry {self.number} (line {self.line})"
        if not self.header.statements:
            raise _Wrong(Step.FORM, f"line {self.line} is a statement, and the header says there are none")
        if self._unsaid is None:
            raise _Wrong(
                Step.STATEMENTS, f"line {self.line} is a statement, and the line before it is committed to none"
            )
        try:
            found = exported.statement(line)
        except LedgerBroken as error:
            raise _Wrong(Step.STATEMENTS, f"line {self.line}, a statement of entry {self.number}, {error}") from None
        if entries.commitment(found.salt, found.text) != self._unsaid.decode():
            raise _Wrong(Step.STATEMENTS, f"{where} is not the one the entry is committed to")
        if found.salt in self._salts:
            raise _Wrong(Step.STATEMENTS, f"{where} has the salt of another")
        if len(self._salts) >= SALTS:
            self._salts.clear()
        self._salts.add(found.salt)
        self._unsaid = None
        self.stated += 1

    def _other(self, line: bytes) -> None:
        self._close()
        if line.startswith(b'{"hints":'):
            self._hints(line)
        elif line.startswith(b'{"consistency":') and self.growth is None and self.number == self.header.size:
            try:
                self.growth = exported.growth(line)
            except LedgerBroken as error:
                raise _Wrong(Step.GROWTH, f"line {self.line} {error}") from None
        else:
            behind = f", behind entry {self.number}," if self.number else ""
            raise _Wrong(Step.ENTRIES, f"line {self.line}{behind} is neither an entry nor anything else of such a file")

    def _hints(self, line: bytes) -> None:
        if not self._block or (self.number % HINTED and self.number != self.header.size):
            what = f"line {self.line} ends a block of entries, and entry {self.number} before it does not"
            raise _Wrong(Step.ORDER, f"{what}: some are missing, or too many")
        self._grow()
        if line != exported.hints(self._block, self.number):
            raise _Wrong(*self._altered(line))
        self._block.clear()
        self._lines.clear()
        self._grown = 0

    def _altered(self, line: bytes) -> tuple[Step, str]:
        """Say which entry is not the one whose hash was noted; several may not be."""
        noted = b""
        try:
            found = entries.parsed(line)
            if found.keys() == {"hints", "through"} and found["through"] == self.number:
                noted = bytes.fromhex(found["hints"])
        except (LedgerBroken, ValueError, TypeError, AttributeError):
            pass
        if len(noted) != 4 * len(self._block):
            return Step.FORM, f"line {self.line} is not the hints of the entries up to {self.number}"
        first = self.number - len(self._block) + 1
        wrong = [at for at, one in enumerate(self._block) if noted[4 * at : 4 * at + 4] != one[:4]]
        if not wrong:
            return Step.FORM, f"line {self.line} is not written as hints are"
        if len(wrong) == 1:
            what = f"entry {first + wrong[0]} (line {self._lines[wrong[0]]}) is not as it was written"
            return Step.HASHES, f"{what}: its text does not have the hash that was noted of it"
        named = ", ".join(str(first + at) for at in wrong[:5]) + (" and others" if len(wrong) > 5 else "")
        return (
            Step.HASHES,
            f"entries {named} are not as they were written: their texts have not the hashes noted of them",
        )


def _check_day(at: bytes, number: int, line: int) -> None:
    try:
        datetime.fromisoformat(at.decode())
    except ValueError:
        raise _Wrong(Step.ENTRIES, f"entry {number} (line {line}) is of {at.decode()}, which is no day") from None


def _note(content: bytes | str) -> Note:
    try:
        return notes.parse(content)
    except LedgerBroken as error:
        raise _Wrong(Step.FORM, f"what stands behind the entries is no checkpoint: {error}") from None


def _checkpoint_of(note: Note, origin: str) -> Checkpoint:
    try:
        made = notes.checkpoint(note.text)
    except LedgerBroken as error:
        raise _Wrong(Step.FORM, f"what stands behind the entries is no checkpoint: {error}") from None
    if made.origin != origin:
        raise _Wrong(Step.FORM, f"the checkpoint is of the log {made.origin}, and the file of {origin}")
    return made


def _checkpoint(note: Note, origin: str, size: int, found: _Found) -> Checkpoint:
    made = _checkpoint_of(note, origin)
    found.tell(made)
    if made.size != size:
        raise _Wrong(
            Step.FORM,
            f"the checkpoint is of {_count(made.size)}, and the file ends with entry {size}: they are not of one time",
        )
    return made


def _whole(header: Header, found: _Found) -> None:
    part = f"entries {header.after + 1:,} to {header.size:,}" if header.after else f"{_count(header.size)}"
    found.proved(Step.FORM, f"The file is a record of {header.origin}, {part}, and whole.")
    found.proved(Step.ENTRIES, "Every entry is well formed, and has what it should have (EU AI Act, Article 12(3)).")
    found.proved(Step.ORDER, "The numbers leave none out, and the times never go back.")


def _signed(note: Note, made: Checkpoint, key: str, trusted: Trusted, found: _Found) -> None:
    if not trusted.keys:
        try:
            named = notes.verifier(key)
            signed = named in notes.verify(note, [named])
        except LedgerBroken as error:
            raise _Wrong(Step.SIGNATURE, f"the key that the file names did not sign the checkpoint: {error}") from None
        if not signed:
            raise _Wrong(Step.SIGNATURE, "the checkpoint is not signed by the key that the file names")
        found.checks.append(
            Checked(
                Step.SIGNATURE,
                State.UNPROVED,
                "Nothing is proved about who signed: the key is only named in the file itself. Give the log's public "
                "key, from where you trust it to be, with --key.",
            )
        )
    else:
        signer = str(_signer(note, made, trusted.keys))
        found.told = replace(found.told, key=signer)
        if key != signer:
            raise _Wrong(Step.SIGNATURE, f"the file names the key {key}, and another signed the checkpoint")
        at = f" at {made.at:%Y-%m-%d %H:%M:%S} UTC" if made.at else ""
        found.proved(Step.SIGNATURE, f"The checkpoint was signed{at} by the key given, of {made.origin}.")
    _witnessed(note, trusted.witnesses, found)


def _signer(note: Note, made: Checkpoint, keys: Sequence[Verifier]) -> Verifier:
    """Return which of the keys signed. Raises `_Wrong`: who else did does not matter."""
    try:
        held = notes.verify(note, keys)
    except LedgerBroken as error:
        raise _Wrong(Step.SIGNATURE, str(error)) from None
    for one in keys:
        if one in held and one.name == made.origin:
            return one
    if held:
        raise _Wrong(Step.SIGNATURE, f"the checkpoint is of the log {made.origin}, and the key given is of another")
    names = {one.name for one in note.signatures}
    if any(one.name in names for one in keys):
        raise _Wrong(
            Step.SIGNATURE, f"the checkpoint is signed in the name of {made.origin} by another key than the one given"
        )
    raise _Wrong(
        Step.SIGNATURE, f"the checkpoint is not signed by the key given, of {', '.join(one.name for one in keys)}"
    )


def _witnessed(note: Note, witnesses: Sequence[Verifier], found: _Found) -> None:
    if not witnesses:
        found.unasked(
            Step.WITNESSES, "No witness was asked for: only the log itself says that there is no other record."
        )
        return
    try:
        held = notes.verify(note, witnesses)
    except LedgerBroken as error:
        raise _Wrong(Step.WITNESSES, str(error)) from None
    for one in witnesses:
        at = held.get(one)
        if at is None:
            raise _Wrong(
                Step.WITNESSES, f"the checkpoint has no cosignature by the key given of the witness {one.name}"
            )
        found.told = replace(found.told, cosigned={**found.told.cosigned, one.name: at})
    told = ", ".join(f"{name} at {at:%Y-%m-%d %H:%M:%S} UTC" for name, at in found.told.cosigned.items())
    found.proved(Step.WITNESSES, f"The checkpoint was cosigned by {told}.")


def _kept(trusted: Trusted, origin: str) -> Checkpoint | None:
    """Return the checkpoint the verifier kept, once it is sure that it is one of this log."""
    if trusted.since is None:
        return None
    try:
        made = notes.checkpoint(trusted.since.text)
        if trusted.keys and made.origin == origin:
            _signer(trusted.since, made, trusted.keys)
    except LedgerBroken as error:
        raise _Wrong(Step.GROWTH, f"the checkpoint you kept does not hold: {error}") from None
    if made.origin != origin:
        raise _Wrong(Step.GROWTH, f"the checkpoint you kept is of the log {made.origin}, and the file of {origin}")
    return made


def _grown(made: Checkpoint, since: Checkpoint | None, read: _Reading, found: _Found) -> None:
    growth, after = read.growth, read.header.after
    if growth is not None and not _proves(growth, made):
        raise _Wrong(
            Step.GROWTH, f"the file's proof that the record grew from its first {growth.size:,} entries does not hold"
        )
    if since is None:
        found.unasked(Step.GROWTH, "No older checkpoint was given: a record replaced as a whole would not be seen.")
        return
    if since.size > made.size:
        raise _Wrong(
            Step.GROWTH,
            f"the checkpoint you kept is of {_count(since.size)}, and the file only of {made.size:,}: it is older, or "
            "entries were taken away",
        )
    root = read.marked if read.marked is not None or growth is None or growth.size != since.size else growth.root
    if root is None:
        raise _Wrong(
            Step.GROWTH,
            f"the file begins behind entry {after:,}, with no proof from the {since.size:,} entries of the checkpoint "
            f"you kept; export it with --since {since.size}",
        )
    if root != since.root:
        raise _Wrong(
            Step.GROWTH,
            f"the first {_count(since.size)} are not those of the checkpoint you kept: the record was rewritten, or it "
            "is another of the same name",
        )
    found.proved(Step.GROWTH, f"It begins with the {_count(since.size)} of the checkpoint you kept, unchanged.")


def _same(made: Checkpoint, since: Checkpoint | None, found: _Found) -> None:
    if since is None:
        found.unasked(Step.GROWTH, "No older checkpoint was given.")
    elif since.size != made.size:
        text = f"The proof of an entry does not tell whether the record grew from the {_count(since.size)} you kept."
        found.checks.append(Checked(Step.GROWTH, State.UNPROVED, text))
    elif since.root != made.root:
        raise _Wrong(Step.GROWTH, f"the checkpoint you kept is of other {_count(since.size)}: there are two records")
    else:
        found.proved(Step.GROWTH, "Its checkpoint is the one you kept.")


def _proves(growth: Growth, made: Checkpoint) -> bool:
    return merkle.consistent(growth.size, growth.root, made.size, made.root, growth.proof)


def _stated(asked: bool, found: _Found) -> None:
    unstated = found.told.unstated
    missing = f" {_count(unstated)} had one that is not in the file: erased, or left out." if unstated else ""
    if not asked:
        found.unasked(Step.STATEMENTS, f"The file has no statements.{missing}")
        return
    number = (
        "1 statement is the one its entry is"
        if found.told.statements == 1
        else f"{found.told.statements:,} statements are those "
    )
    number += "" if found.told.statements == 1 else "their entries are"
    found.proved(Step.STATEMENTS, f"{number} committed to.{missing}")


def _count(number: int) -> str:
    return f"{number:,} {'entry' if number == 1 else 'entries'}"


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:] + ("" if text.endswith(".") else ".")


def told(report: Report) -> list[str]:
    """Return the report as lines for a person: the checks in their order, and what they come to."""
    rows = [
        f"{place}. {one.step.value}: {one.state.value}. {one.text}".rstrip()
        for place, one in enumerate(report.checks, 1)
    ]
    if report.wrong:
        rows.append(f"WRONG: {report.wrong}")
    else:
        rows.append("Proved." if report.proved else "Nothing wrong was found, and not all of it is proved: see above.")
    return ["".join(sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in row) for row in rows]


def given_key(text: str, kind: int) -> tuple[Verifier, ...]:
    """Return the public keys that a word of the command line names: a key itself, or a file of keys.

    Raises `LedgerBroken` for what is neither, `OSError` for a file that cannot be read.
    """
    if "+" in text and not Path(text).exists():
        return known_keys(text, kind)
    content = Path(text).read_bytes()[: notes.LONGEST]
    try:
        return known_keys(content.decode(), kind)
    except UnicodeDecodeError:
        raise LedgerBroken(f"{text} holds no public key: one is written as name+hash+base64") from None


def given_note(path: Path) -> Note:
    """Return the signed note in a file. Raises `LedgerBroken` where it is none, `OSError` where it cannot be read."""
    with path.open("rb") as file:
        return notes.parse(file.read(notes.LONGEST + 1))


def main(words: Sequence[str] | None = None) -> int:
    """Check the file that the command line names, print what it proves, and return the exit status.

    0 where all that was asked is proved, 1 where it is not, 2 where the command makes no sense.
    """
    asked = argparse.ArgumentParser(prog="python -m recognizance.accountability.verifying", description=_first_line())
    asked.add_argument("file", type=Path, help="the exported record, or the proof of an entry")
    asked.add_argument("--key", metavar="KEY", help="the log's public key, or a file that holds it")
    asked.add_argument(
        "--witness", metavar="KEY", action="append", default=[], help="a witness that must have cosigned"
    )
    asked.add_argument("--since", metavar="FILE", type=Path, help="a checkpoint of the log that you kept from before")
    asked.add_argument("--json", action="store_true", help="print one JSON object")
    given = asked.parse_args(words)
    try:
        trusted = Trusted(
            given_key(given.key, notes.LOG) if given.key else (),
            tuple(one for text in given.witness for one in given_key(text, notes.WITNESS)),
            given_note(given.since) if given.since else None,
        )
        report = verify(given.file, trusted)
    except (LedgerBroken, OSError) as error:
        print(f"verifying: {error}", file=sys.stderr)  # noqa: T201 - it is a program of its own
        return 2
    text = json.dumps(report.plain, indent=2) if given.json else "\n".join(told(report))
    print(text)  # noqa: T201
    return 0 if report.proved else 1


def _first_line() -> str:
    return (__doc__ or "").partition("\n")[0]


if __name__ == "__main__":
    sys.exit(main())

"""What is kept of every call: one append-only entry, durable before the answer leaves, in a tree that proves it.

An entry is a leaf: its canonical JSON text, kept and hashed as it is. It holds who, what, the decision, the outcome and
facts: counts, opaque ids and keyed digests (HMAC-SHA-256, so that only the keeper can link a picture to an entry). What
the caller stated may be personal: the leaf holds a salted commitment to it, and the statement, kept beside it, can be
erased while the tree stays whole.

Where the tree stands is one row of the database. Nothing is remembered between transactions, so any number of processes
may add entries, each in its turn.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from hashlib import sha256
from threading import Event, Lock
from typing import Any, TypeAlias

from sqlalchemy import bindparam, delete, func, insert, select, update

from recognizance.accountability import notes
from recognizance.accountability.entries import VERSION, canonical, commitment, time_text
from recognizance.accountability.merkle import TILE, Frontier, Kept, Tree, leaf_hash
from recognizance.database import Database, Reader, Row, Tx, aware
from recognizance.database.tables import (
    CHECKPOINTS,
    COSIGNATURES,
    LEDGER,
    LEDGER_NODES,
    LEDGER_TILES,
    LEDGER_TREE,
    STATEMENTS,
)
from recognizance.errors import DatabaseUnusable, NoteWrong, NotFound, SettingsWrong
from recognizance.values import NOTHING_STATED, Entry, Probe, Stated

SALT = 32  # bytes
ADDRESS_DIGITS = 32
TOLD = timedelta(seconds=1)
"""From so far behind the record on, what the clock said is kept as the fact `clock`: it was set back."""
SIGNED_EVERY = 1000  # entries
SIGNED_AFTER = timedelta(seconds=60)
MOST_SIGNATURES = 64  # on one checkpoint; notes of more than 100 are not read
MOST_TOGETHER = 256  # entries that one transaction writes for as many callers
Change: TypeAlias = Callable[[Tx], None]
RandomBytes: TypeAlias = Callable[[int], bytes]

READ_TREE = select(LEDGER_TREE).where(LEDGER_TREE.c.only == 1)
ADVANCE = (
    update(LEDGER_TREE)
    .where(LEDGER_TREE.c.only == 1, LEDGER_TREE.c.size == bindparam("was"))
    .values({name: bindparam(f"new_{name}") for name in ("size", "at", "frontier", "signed_size", "signed_at")})
)
APPEND, STATE, KEEP, SIGN = insert(LEDGER), insert(STATEMENTS), insert(LEDGER_NODES), insert(CHECKPOINTS)
ENTRIES = (
    select(LEDGER.c.leaf, STATEMENTS.c.salt, STATEMENTS.c.text)
    .join_from(LEDGER, STATEMENTS, LEDGER.c.sequence == STATEMENTS.c.sequence, isouter=True)
    .where(LEDGER.c.sequence > bindparam("after"))
    .order_by(LEDGER.c.sequence)
    .limit(bindparam("most"))
)
MENTIONS = (
    select(LEDGER.c.sequence, LEDGER.c.leaf)
    .where(LEDGER.c.sequence < bindparam("before"), LEDGER.c.leaf.like(bindparam("names")))
    .order_by(LEDGER.c.sequence.desc())
    .limit(1)
)
LAST = 2**62  # past every entry there will be
BEGINS_ANEW = frozenset({"CreateCollection", "RestoreCollection", "FinishReembedding", "DeleteCollection"})
"""Operations after which the collection of a name is another one, or none."""
LEAVES = (
    select(LEDGER.c.hash)
    .where(LEDGER.c.sequence.between(bindparam("first"), bindparam("last")))
    .order_by(LEDGER.c.sequence)
)
NODES = (
    select(LEDGER_NODES.c.hash)
    .where(LEDGER_NODES.c.level == bindparam("level"))
    .where(LEDGER_NODES.c.place.between(bindparam("first"), bindparam("last")))
    .order_by(LEDGER_NODES.c.place)
)

TILES = (
    select(LEDGER_TILES.c.hashes)
    .where(LEDGER_TILES.c.level == bindparam("level"))
    .where(LEDGER_TILES.c.place == bindparam("place"))
)
TILE_UP = insert(LEDGER_TILES)


@dataclass(frozen=True, slots=True)
class Recorded:
    """An entry as the ledger gives it back, with its place in the order (from 1).

    `stated` is empty where nothing was stated, and where it was erased since. `committed` is what the leaf has of it.
    `kind` is None, and `policy` empty, in entries from before they were kept.
    """

    sequence: int
    at: datetime
    request_id: str
    access_key: str
    kind: str | None
    issuer: str
    account: str
    region: str
    operation: str
    act: str
    stated: Stated
    committed: str | None
    address: str | None
    verdict: str
    rule: str
    policy: str
    floor: float | None
    outcome: str
    facts: Mapping[str, Any]

    @property
    def erased(self) -> bool:
        """Whether something was stated that can be read no more."""
        return self.committed is not None and self.stated == NOTHING_STATED

    @property
    def purpose(self) -> str | None:
        """Why the caller said to ask."""
        return self.stated.purpose

    @property
    def case(self) -> str | None:
        """For which case the caller said to ask."""
        return self.stated.case


@dataclass(frozen=True, slots=True)
class State:
    """What an entry has of a collection: how many changes it had seen, and the root of its vectors (64 hex digits)."""

    entry: int
    revision: int
    root: str


@dataclass(frozen=True, slots=True)
class Seal:
    """Makes keyed digests; `key` is 32 bytes that never leave the data folder."""

    key: bytes = field(repr=False)

    def digest(self, text: str) -> str:
        """Return the HMAC-SHA-256 of `text`, 64 hex digits."""
        return hmac.new(self.key, text.encode(), "sha256").hexdigest()

    @staticmethod
    def same(one: bytes, other: bytes) -> bool:
        """Compare two digests in a time that does not tell where they differ."""
        return hmac.compare_digest(one, other)


@dataclass(frozen=True, slots=True)
class Standing:
    """Where the ledger stands: the tree of all entries, the last one's time, and the newest checkpoint's size and time.

    `verifier` is the public key that checkpoints are signed for, None before there was any.
    """

    tree: Frontier
    at: datetime | None
    signed_size: int
    signed_at: datetime | None
    verifier: str | None


@dataclass(frozen=True, slots=True)
class Signed:
    """A checkpoint: the tree of `size` entries, when that was, and the signed note that says so."""

    size: int
    at: datetime
    note: str


@dataclass(frozen=True, slots=True)
class Leaf:
    """An entry's exact text, and the salt and text of what was stated beside it; None where nothing is kept."""

    text: str
    salt: bytes | None
    statement: str | None


@dataclass(slots=True)
class _Waiting:
    """An entry that waits to be written with others, and then what became of it."""

    entry: Entry
    also: Sequence[Change]
    turn: Event = field(default_factory=Event)
    leads: bool = False
    sequence: int = 0
    error: Exception | None = None


@dataclass(slots=True)
class _Line:
    """Who waits to be written: the first leads, and writes for those who have come by its turn."""

    lock: Lock = field(default_factory=Lock)
    waiting: list[_Waiting] = field(default_factory=list[_Waiting])
    led: bool = False

    def join(self, mine: _Waiting) -> None:
        """Stand in line, until it is this one's turn to lead or another has led it."""
        with self.lock:
            self.waiting.append(mine)
            mine.leads, self.led = not self.led, True
        if not mine.leads:
            try:
                mine.turn.wait()
            except BaseException:  # Ctrl-C: whoever is next is not left waiting for this one
                self._leave(mine)
                raise

    def take(self, most: int) -> list[_Waiting]:
        """Return who is to be written now, first come first."""
        with self.lock:
            taken, self.waiting[:most] = self.waiting[:most], []
            return taken

    def done(self, group: Sequence[_Waiting]) -> None:
        """Let those who were led go, and the next one lead."""
        for one in group:
            one.turn.set()
        with self.lock:
            self._pass_on()

    def _leave(self, mine: _Waiting) -> None:
        with self.lock:
            if mine in self.waiting:
                self.waiting.remove(mine)
                if mine.leads:
                    self._pass_on()

    def _pass_on(self) -> None:
        self.led = bool(self.waiting)
        if self.waiting:
            self.waiting[0].leads = True
            self.waiting[0].turn.set()


@dataclass(frozen=True, slots=True)
class Ledger:
    """The record of one database; `open_ledger` makes it. `signer` signs its checkpoints, under the record's origin."""

    database: Database
    seal: Seal
    signer: notes.Signer
    random: RandomBytes
    _line: _Line = field(default_factory=_Line)

    def append(self, tx: Tx, entry: Entry) -> int:
        """Write one entry in an open transaction, and return its number: it commits with the change beside it or not.

        Entries commit in the order of their numbers, so whoever reads past one has seen all before it. Nobody else adds
        one until the transaction ends.
        """
        return self.append_all(tx, [entry])[0]

    def append_all(self, tx: Tx, entries: Sequence[Entry]) -> list[int]:
        """Write entries in an open transaction, in their order, and return their numbers."""
        tx.alone()
        before = standing(tx)
        rows, said, at = list[Row](), list[Row](), before.at
        for number, entry in enumerate(entries, before.tree.size + 1):
            at = entry.at if at is None else max(at, entry.at)  # a clock may be set back; the record goes on
            statement = self._statement(number, entry.ask.stated)
            leaf = self._leaf(number, at, entry, statement)
            rows.append({"sequence": number, "at": at, "leaf": leaf, "hash": leaf_hash(leaf.encode())})
            if statement is not None:
                said.append(statement)
        assert at is not None, "there is an entry"

        kept = list[Kept]()
        tree = before.tree.grown([row["hash"] for row in rows], kept)
        tx.run(APPEND, rows)
        if said:
            tx.run(STATE, said)
        if kept:
            tx.run(KEEP, [{"level": one.level, "place": one.place, "hash": one.hash} for one in kept])
            tx.run(TILE_UP, [_tile(tx, one.level - 1, one.place) for one in kept])
        after = Standing(tree, at, before.signed_size, before.signed_at, before.verifier)
        if _due(after):
            self._sign(tx, tree, at)
            after = Standing(tree, at, tree.size, at, before.verifier)
        self._advance(tx, before, after)
        return [row["sequence"] for row in rows]

    def record(self, entry: Entry, also: Sequence[Change] = ()) -> int:
        """Write an entry in a transaction of its own, its changes before it, and return its number once it is durable.

        Entries that come while another is being written are then written together, all of them or none. Where that
        fails for what one of them changes, each is written by itself, so that nobody meets another's error.
        """
        mine = _Waiting(entry, also)
        self._line.join(mine)
        if mine.leads:
            self._lead(mine)
        if mine.error is not None:
            raise mine.error
        return mine.sequence or self._by_itself(mine)

    def checkpoint(self, tx: Tx, now: datetime) -> Signed:
        """Sign the tree as it is in an open transaction, unless that is done, and return the checkpoint."""
        tx.alone()
        before = standing(tx)
        if before.signed_at is not None and before.signed_size == before.tree.size:
            return checkpoints(tx, after=before.signed_size - 1, limit=1)[0]
        at = now if before.at is None else max(now, before.at)
        made = self._sign(tx, before.tree, at)
        self._advance(tx, before, Standing(before.tree, at, made.size, at, before.verifier))
        return made

    def sign(self, now: datetime) -> Signed | None:
        """Sign the tree as it is, if it grew since the newest checkpoint: what a server does when it ends."""
        found = standing(self.database)
        if found.tree.size == found.signed_size:
            return None
        with self.database.write() as tx:
            return self.checkpoint(tx, now)

    def _by_itself(self, mine: _Waiting) -> int:
        with self.database.write() as tx:
            return self._written(tx, [mine])[0]

    def _lead(self, mine: _Waiting) -> None:
        group, may_be_kept = list[_Waiting](), False
        try:
            with self.database.write() as tx:
                group = self._line.take(MOST_TOGETHER)  # now: who came while this one waited for its turn is in it
                numbers = self._written(tx, group)
                may_be_kept = True
            for one, number in zip(group, numbers, strict=True):
                one.sequence = number
        except Exception as error:
            began = bool(group)
            group = group or self._line.take(len(self._line.waiting))
            if may_be_kept or group == [mine] or _of_the_database(error, group if began else ()):
                for one in group:
                    one.error = error
        except BaseException:
            group = group or self._line.take(1)
            if may_be_kept:
                for one in group:
                    one.error = DatabaseUnusable("the writing of this entry was interrupted, and may have been done")
            raise
        finally:
            self._line.done(group)

    def _written(self, tx: Tx, group: Sequence[_Waiting]) -> list[int]:
        for one in group:
            for change in one.also:
                change(tx)
        return self.append_all(tx, [one.entry for one in group])

    def _statement(self, number: int, stated: Stated) -> Row | None:
        if stated == NOTHING_STATED:
            return None
        text = statement_text(stated)
        case = None if stated.case is None else case_digest(stated.case)
        return {"sequence": number, "salt": self.random(SALT), "text": text, "case_digest": case}

    def _leaf(self, number: int, at: datetime, entry: Entry, statement: Row | None) -> str:
        ask, decision = entry.ask, entry.decision
        leaf: dict[str, Any] = {
            "v": VERSION,
            "n": number,
            "at": time_text(at),
            "request": entry.request_id,
            "key": ask.caller.access_key,
            "kind": ask.caller.kind.value,
            "account": ask.caller.account,
            "region": ask.caller.region,
            "operation": ask.operation,
            "act": ask.act.value,
            "stated": None if statement is None else commitment(statement["salt"], statement["text"]),
            "address": None if ask.address is None else self.seal.digest(ask.address)[:ADDRESS_DIGITS],
            "verdict": decision.verdict.value,
            "rule": decision.rule,
            "policy": decision.policy,
            "floor": decision.floor,
            "outcome": entry.outcome,
            "facts": dict(entry.facts),
        }
        if at - entry.at > TOLD:
            leaf["facts"].setdefault("clock", time_text(entry.at))
        if ask.caller.issuer:
            leaf["issuer"] = ask.caller.issuer
        return canonical(leaf).decode()

    def _sign(self, tx: Tx, tree: Frontier, at: datetime) -> Signed:
        made = Signed(tree.size, at, signed(self.signer, tree, at))
        tx.run(SIGN, [{"size": made.size, "at": made.at, "note": made.note}])
        return made

    def _advance(self, tx: Tx, before: Standing, after: Standing) -> None:
        new = {
            "new_size": after.tree.size,
            "new_at": after.at,
            "new_frontier": b"".join(after.tree.hashes),
            "new_signed_size": after.signed_size,
            "new_signed_at": after.signed_at,
        }
        if tx.run(ADVANCE, [{"was": before.tree.size, **new}]) != 1:
            raise DatabaseUnusable("the ledger grew while this entry was written, which no program of ours does")


def open_ledger(database: Database, seal: Seal, signer: notes.Signer, random: RandomBytes) -> Ledger:
    """Return the record of a database.

    Raises `SettingsWrong` when its checkpoints are signed with another key, and `DatabaseUnusable` when there are
    more or fewer entries than its tree has.
    """
    ours = str(signer.verifier)
    with database.read() as reader:
        found = standing(reader)
        last = reader.rows(select(func.coalesce(func.max(LEDGER.c.sequence), 0).label("last")))[0]["last"]
    if last != found.tree.size:
        raise DatabaseUnusable(
            f"the ledger's last entry is {last} and its tree has {found.tree.size}: restore it from backup"
        )
    if found.verifier is None:
        with database.write() as tx:
            tx.run(update(LEDGER_TREE).where(LEDGER_TREE.c.verifier.is_(None)).values(verifier=ours))
            found = standing(tx)
    if found.verifier != ours:
        raise SettingsWrong(
            f"this database's ledger is signed with the key {found.verifier}, and the data folder has {ours}: bring "
            "keys/ledger-signing.key from the server that has that one, and set the same account and ledger_origin"
        )
    return Ledger(database, seal, signer, random)


def signer(seed: bytes, account: str, origin: str = "") -> notes.Signer:
    """Return what signs checkpoints with a key of 32 bytes. An empty `origin` becomes one that no other ledger has.

    Raises `SettingsWrong` when the origin cannot stand in a checkpoint.
    """
    try:
        public = notes.Signer("ledger", seed).verifier.public
        made = notes.Signer(origin or f"recognizance/{account}/{sha256(public).hexdigest()[:8]}", seed)
        return replace(made, name=made.verifier.name)  # which refuses a name that cannot be written
    except NoteWrong as error:
        raise SettingsWrong(f"ledger_origin cannot be {origin!r}: {error}") from None


def standing(reader: Reader) -> Standing:
    """Return where the ledger stands."""
    (row,) = reader.rows(READ_TREE)
    hashes = row["frontier"]
    return Standing(
        tree=Frontier(row["size"], tuple(hashes[at : at + 32] for at in range(0, len(hashes), 32))),
        at=row["at"] and aware(row["at"]),
        signed_size=row["signed_size"],
        signed_at=row["signed_at"] and aware(row["signed_at"]),
        verifier=row["verifier"],
    )


def tree(reader: Reader) -> Tree:
    """Return the ledger's tree, for proofs: of each level it reads 256 hashes at a time, and few of those."""

    def hashes(level: int, first: int, count: int) -> Sequence[bytes]:
        kept = reader.rows(TILES, {"level": level, "place": first // TILE})
        if kept:
            found = kept[0]["hashes"]
            return [found[at : at + 32] for at in range(0, len(found), 32)]
        return _hashes(reader, level, first, count)

    return Tree(hashes)


def _hashes(reader: Reader, level: int, first: int, count: int) -> list[bytes]:
    """Return hashes of a level from the rows of the entries or nodes themselves."""
    if level == 0:
        found = reader.rows(LEAVES, {"first": first + 1, "last": first + count})
    else:
        found = reader.rows(NODES, {"level": level, "first": first, "last": first + count - 1})
    return [row["hash"] for row in found]


def _tile(reader: Reader, level: int, place: int) -> Row:
    """Return the row of 256 hashes of a level."""
    return {"level": level, "place": place, "hashes": b"".join(_hashes(reader, level, place * TILE, TILE))}


def checkpoints(reader: Reader, *, after: int = -1, limit: int = 100) -> list[Signed]:
    """Return up to `limit` checkpoints of more than `after` entries, oldest first, cosignatures below each."""
    query = select(CHECKPOINTS).where(CHECKPOINTS.c.size > after).order_by(CHECKPOINTS.c.size).limit(limit)
    rows = reader.rows(query)
    if not rows:
        return []
    cosigned = dict[int, list[str]]()
    beside = select(COSIGNATURES).where(COSIGNATURES.c.size.between(rows[0]["size"], rows[-1]["size"]))
    for row in reader.rows(beside.order_by(COSIGNATURES.c.at, COSIGNATURES.c.witness)):
        cosigned.setdefault(row["size"], []).append(f"{row['line']}\n")
    return [Signed(row["size"], aware(row["at"]), row["note"] + "".join(cosigned.get(row["size"], ()))) for row in rows]


def checkpoint_of(reader: Reader, size: int) -> Signed | None:
    """Return the checkpoint of exactly so many entries, or None."""
    found = checkpoints(reader, after=size - 1, limit=1)
    return found[0] if found and found[0].size == size else None


def cosign(tx: Tx, content: str, witness: str, now: datetime) -> Signed:
    """Keep a witness's cosignature of one of our checkpoints, which is returned with all it has.

    `content` is the checkpoint with the cosignature below it, `witness` the key that made it. A witness's first one is
    kept. Raises `NoteWrong` when the note is not ours or the witness's signature does not hold, and `NotFound`.
    """
    note, key = notes.parse(content), notes.verifier(witness)
    if key.kind != notes.WITNESS:
        raise NoteWrong(f"the key of {key.name} is a log's; a witness's has type 4")
    size = notes.checkpoint(note.text).size
    tx.alone()
    ours = checkpoint_of(tx, size)
    if ours is None:
        raise NotFound(f"There is no checkpoint of {size} entries.")
    kept = notes.parse(ours.note)
    if kept.text != note.text:
        raise NoteWrong(f"this ledger's checkpoint of {size} entries is another")
    if key not in notes.verify(note, [key]):
        raise NoteWrong(f"there is no cosignature of {key.name} on this checkpoint")
    if any((one.name, one.id) == (key.name, key.id) for one in kept.signatures):
        return ours
    if len(kept.signatures) >= MOST_SIGNATURES:
        raise NoteWrong(f"this checkpoint has {MOST_SIGNATURES} signatures, and no more are kept")
    line = next(str(one) for one in note.signatures if (one.name, one.id) == (key.name, key.id))
    tx.run(insert(COSIGNATURES), [{"size": size, "witness": witness.strip(), "at": now, "line": line}])
    return checkpoints(tx, after=size - 1, limit=1)[0]


def leaves(reader: Reader, *, after: int, upto: int, limit: int) -> list[Leaf]:
    """Return up to `limit` leaves past number `after`, none past `upto`, in order, with what was stated beside them."""
    rows = reader.rows(ENTRIES, {"after": after, "most": max(0, min(limit, upto - after))})
    return [Leaf(row["leaf"], row["salt"], row["text"]) for row in rows]


def last_state(reader: Reader, account: str, collection: str) -> State | None:
    """Return what the newest entry that says it has of a collection, by its keyed digest; None where there is none.

    What was recorded of an earlier one of that name does not count.
    """
    wanted = {"names": f'{{"account":"{account}"%"collection":"{collection}"%', "before": LAST}
    while rows := reader.rows(MENTIONS, wanted):
        entry = json.loads(rows[0]["leaf"])
        facts = entry["facts"]
        if facts.get("collection") == collection:
            if entry["operation"] in BEGINS_ANEW and entry["outcome"] == "answered":
                return None
            if "root" in facts:
                return State(entry["n"], facts["revision"], facts["root"])
        wanted["before"] = rows[0]["sequence"]
    return None


def erase_statements(tx: Tx, *, sequences: Sequence[int] = (), case: str | None = None) -> int:
    """Erase what was stated beside entries, by their numbers or a case, and return how much: the entries stay."""
    if case is not None:
        return tx.run(delete(STATEMENTS).where(STATEMENTS.c.case_digest == case_digest(case)))
    return tx.run(delete(STATEMENTS).where(STATEMENTS.c.sequence.in_(sequences)))


def entries(reader: Reader, *, after: int = 0, limit: int = 1000) -> list[Recorded]:
    """Return up to `limit` entries past sequence number `after`, oldest first."""
    return [_recorded(row["leaf"], row["text"]) for row in reader.rows(ENTRIES, {"after": after, "most": limit})]


def signed(signer: notes.Signer, tree: Frontier, at: datetime) -> str:
    """Return the signed note of a checkpoint."""
    text = notes.Checkpoint.made(signer.name, tree.size, tree.root, at).text
    return str(notes.Note(text, (notes.sign(text, signer),)))


def statement_text(stated: Stated) -> str:
    """Return the canonical text of what a caller stated: what was not stated is left out."""
    said: dict[str, Any] = {
        name: value
        for name in ("purpose", "case", "authorisation", "consent")
        if (value := getattr(stated, name)) is not None
    }
    if stated.probe is not None:
        said["probe"] = {"kind": stated.probe.kind, "source": stated.probe.source, "edits": list(stated.probe.edits)}
    return canonical(said).decode()


def case_digest(case: str) -> str:
    """Return what statements of a case are found by. It is as personal as the case, and erased with it."""
    return sha256(case.encode("utf-8", "backslashreplace")).hexdigest()


def _due(found: Standing) -> bool:
    if found.signed_at is None or found.at is None:
        return True
    return found.tree.size - found.signed_size >= SIGNED_EVERY or found.at - found.signed_at >= SIGNED_AFTER


def _of_the_database(error: Exception, group: Sequence[_Waiting]) -> bool:
    """Say whether an error would meet each of them alone, too: none of them had changed anything."""
    return isinstance(error, DatabaseUnusable) and not any(one.also for one in group)


def _recorded(leaf: str, statement: str | None) -> Recorded:
    found = json.loads(leaf)
    return Recorded(
        sequence=found["n"],
        at=datetime.fromisoformat(found["at"]),
        request_id=found["request"],
        access_key=found["key"],
        kind=found["kind"],
        issuer=found.get("issuer", ""),
        account=found["account"],
        region=found["region"],
        operation=found["operation"],
        act=found["act"],
        stated=NOTHING_STATED if statement is None else _stated(json.loads(statement)),
        committed=found["stated"],
        address=found["address"],
        verdict=found["verdict"],
        rule=found["rule"],
        policy=found["policy"],
        floor=found["floor"],
        outcome=found["outcome"],
        facts=found["facts"],
    )


def _stated(said: Mapping[str, Any]) -> Stated:
    probe = said.get("probe")
    return Stated(
        purpose=said.get("purpose"),
        case=said.get("case"),
        authorisation=said.get("authorisation"),
        consent=said.get("consent"),
        probe=probe and Probe(probe["kind"], probe["source"], tuple(probe["edits"])),
    )

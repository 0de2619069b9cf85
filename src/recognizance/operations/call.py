"""What an operation is given, and how a function becomes one."""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol, TypeAlias, TypeVar

from recognizance.accountability.entries import time_text
from recognizance.accountability.keyring import Keyring
from recognizance.accountability.ledger import Ledger, Seal
from recognizance.accountability.review import Rules
from recognizance.accountability.vault import Vault
from recognizance.accountability.witnessed import Witness
from recognizance.database import Database, Reader, Tx
from recognizance.database.backup import Backups
from recognizance.errors import AccessDenied, InvalidParameter, ModelMissing, NotFound
from recognizance.gallery import collections
from recognizance.gallery.gallery import Gallery
from recognizance.operations import holding
from recognizance.operations.holding import Searched
from recognizance.values import (
    Act,
    Ask,
    Authorisation,
    Candidate,
    Card,
    Clock,
    Collection,
    CollectionId,
    Decision,
    Entry,
    Face,
    Fact,
    Image,
    Kept,
    Match,
    ModelName,
    NewId,
    Percent,
    Policy,
    Trait,
    Verdict,
)
from recognizance.vision.image import develop, inspect
from recognizance.vision.similarity import Similarity

log = logging.getLogger(__name__)
NO_BAR = "NONE"  # the value of QualityFilter that lets every face pass
USES = frozenset({Act.COMPARE, Act.IDENTIFY})
"""Acts whose entries also say when they began: the period of each use (AI Act, Article 12(3)(a))."""
TOLD = timedelta(seconds=1)  # from so far behind the record on, an entry says what the clock said: it was set back
Known = TypeVar("Known")
Request: TypeAlias = Mapping[str, Any]
"""A request that fits its shape in the service model; `shapes` has it as a TypedDict."""
Response: TypeAlias = Mapping[str, Any]


class Vision(Protocol):
    """Finds faces in pictures and turns them into vectors."""

    def look(self, image: Image, *, limit: int = 100) -> list[Face]:
        """Return up to `limit` faces, largest first."""
        ...

    def mesh(self, image: Image, faces: Sequence[Face]) -> list[Face]:
        """Return `faces`, in order, each with its mesh and the mesh's pose, where attributes are served."""
        ...

    def prepare(self, wants: frozenset[Trait]) -> list[Card]:
        """Load the models that these traits are read with, and return their cards.

        Raises `Unserved` where attributes are switched off, and `ModelUnusable` where a model is missing or damaged.
        """
        ...

    def describe(self, image: Image, faces: Sequence[Face], wants: frozenset[Trait]) -> list[Face]:
        """Return `faces`, in order, each with the traits wanted. Raises `Unserved` where these are off."""
        ...

    def embed(self, image: Image, faces: Sequence[Face], *, model: ModelName | None = None) -> list[Face]:
        """Return `faces`, in order, each with its embedding by `model`, or by the default one."""
        ...


class Controls(Protocol):
    """What stands beside the policy and may change within a second: what was stopped, and what was authorised."""

    def stopped(self, ask: Ask, /) -> str | None:
        """Say in one sentence why this may not be done now, or return None."""
        ...

    def authorisation(self, account: str, name: str | None, /) -> Authorisation | None:
        """Return the account's authorisation of that id; None where there is none."""
        ...

    def changed(self) -> None:
        """Have what was changed just now be in force in this process at once."""
        ...

    def now(self) -> datetime:
        """Return the time, which no clock set back sets back: what has ended stays ended."""
        ...


@dataclass(frozen=True, slots=True)
class ModelState:
    """One model this server knows of: its card, and what has become of it here."""

    card: Card
    installed: bool
    damaged: bool
    in_use: bool
    device: str | None = None
    runtime: str | None = None


@dataclass(frozen=True, slots=True)
class Tools:
    """What `app.build` made, and operations use: every part handed in, none fetched."""

    database: Database
    policy: Policy
    vision: Vision
    detector: Card
    embedder: Card
    similarity: Similarity
    read: Callable[[Mapping[str, Any]], bytes]
    room: Callable[[int], AbstractContextManager[None]]
    gallery: Gallery
    controls: Controls
    keyring: Keyring
    backups: Backups
    vault: Vault
    reviewing: Rules
    scale: Callable[[ModelName], Similarity]
    face_model: Callable[[ModelName], Card]
    models: Callable[[], Sequence[ModelState]]
    seal: Seal
    witness: Witness
    ledger: Ledger
    now: Clock
    new_id: NewId
    mesh: Card | None = None


@dataclass(slots=True)
class Call:
    """One request in work: the only mutable object there is, and it lives as long as the request.

    Every call leaves exactly one ledger entry, whatever happens: `write` commits it together with
    a change; `close` writes it where nothing was changed.
    """

    ask: Ask
    decision: Decision
    request_id: str
    tools: Tools
    known: Collection | None = None
    _facts: dict[str, Fact] = field(default_factory=dict[str, Fact])
    _recorded: bool = False
    _found: Collection | None = None
    _held: ExitStack = field(default_factory=ExitStack)
    _last: list[Callable[[Tx], None]] = field(default_factory=list[Callable[[Tx], None]])
    review: str | None = None

    def pictures(self, **references: Mapping[str, Any]) -> list[Image]:
        """Return the pictures that the wire's Image structures name, in order, and note their keyed digests.

        All are asked for at once: room for their pixels is taken once, so no two calls can each hold
        a part and wait for the rest. It is held until the call is over.
        """
        sent = {role: inspect(self.tools.read(reference)) for role, reference in references.items()}
        self._held.enter_context(self.tools.room(sum(one.weight for one in sent.values())))
        found = [develop(one) for one in sent.values()]
        self.note(
            **{
                f"{role}_digest": self.tools.seal.digest(picture.digest)
                for role, picture in zip(sent, found, strict=True)
            }
        )
        return found

    def collection(self, name: str, reader: Reader | None = None) -> Collection:
        """Return the caller's collection of that id, and note its keyed digest and its state. Raises `NotFound`.

        With a `reader` it is the one that this one sees.
        """
        self.note(collection=self.tools.seal.digest(name))
        known, self.known = self.known, None  # what the policy was told of is as good, once
        if known is None or known.id != name or reader is not None:
            known = collections.find(reader or self.tools.database, self.ask.caller.account, CollectionId(name))
        self._found = known
        self.note(revision=known.revision, root=known.root)
        return known

    @property
    def tags(self) -> Mapping[str, str]:
        """The tags of the collection the request names, as the policy saw them; none where it names none."""
        return self.ask.holding.tags if self.ask.holding else {}

    def outrun(self) -> bool:
        """Say whether another collection has that id by now: the one that was found has moved to another model."""
        if self._found is None or self._recorded:
            return False
        try:
            now = collections.find(self.tools.database, self._found.account, self._found.id)
        except NotFound:
            return False
        return now.number != self._found.number

    def scale(self, collection: Collection) -> Similarity:
        """Return what a cosine means in a collection. Raises `InvalidParameter` when its model is not known here."""
        return self._of_model(collection, self.tools.scale)

    def look(self, image: Image, *, limit: int, bar: str) -> list[Face]:
        """Return up to `limit` faces, largest first; each with its mesh where the quality filter `bar` is one.

        What the mesh was made by is noted, as it has a say in who is enrolled and searched for.
        """
        faces = self.tools.vision.look(image, limit=limit)
        if bar == NO_BAR:
            return faces
        meshed = self.tools.vision.mesh(image, faces)
        if self.tools.mesh is not None and any(face.mesh is not None for face in meshed):
            self.note(mesh=self.tools.mesh.sha256)
        return meshed

    def embed(self, image: Image, faces: Sequence[Face], collection: Collection) -> list[Face]:
        """Return `faces`, in order, each with its embedding by the collection's model, which is noted.

        Raises `InvalidParameter` when that model is not installed here: another's vectors would mean nothing.
        """
        self.note(embedder=self._of_model(collection, self.tools.face_model).sha256)
        return self._of_model(collection, lambda name: self.tools.vision.embed(image, faces, model=name))

    def _of_model(self, collection: Collection, get: Callable[[ModelName], Known]) -> Known:
        try:
            found = get(collection.model)
            if self.tools.face_model(collection.model).version == collection.model_version:
                return found
        except ModelMissing as error:
            log.warning("%s", error)
        raise InvalidParameter(
            f"The face model version {collection.model_version} of the collection id: {collection.id} "
            f"is not installed on this server."
        ) from None

    @property
    def threshold(self) -> Percent:
        """The similarity from which candidates are looked for: what was asked, or the policy's floor if higher."""
        assert self.ask.threshold is not None, f"{self.ask.operation} has no threshold"
        applied = max(self.ask.threshold, self.decision.floor or 0.0)
        self.note(threshold_asked=self.ask.threshold, threshold=applied)
        return applied

    def expect(self, collection: Collection, gallery: int) -> None:
        """Note how many strangers among so many should be expected at the threshold: what a hit is to be weighed by."""
        self.note(expected_false=float(f"{self.scale(collection).rate(self.threshold) * gallery:.3g}"))

    def release(self, candidates: Sequence[Candidate[Kept]], searched: Searched | None = None) -> list[Match[Kept]]:
        """Return the candidates that may leave, in order; nothing else makes a match of a candidate.

        Where the policy holds, those leave that people have confirmed, and a review is opened of the others.
        """
        floor = self.decision.floor or 0.0
        found = [one for one in candidates if one.similarity >= floor]
        if self.decision.verdict is Verdict.HOLD and searched is not None:
            found = holding.passing(self, searched, found)
        elif self.decision.verdict is not Verdict.ALLOW:
            raise AccessDenied(self.decision.reason)
        return [Match(one.record, one.similarity) for one in found]

    def let_go(self) -> None:
        """Give back what the call held."""
        self._held.close()

    def digests(self, names: Iterable[str]) -> list[str]:
        """Return the keyed digest of each: whom an entry is about, for those who know the name and keep the key."""
        return [self.tools.seal.digest(name) for name in names]

    def note(self, **facts: Fact) -> None:
        """Add facts to this call's entry."""
        self._facts |= facts

    @contextmanager
    def write(self, **facts: Fact) -> Generator[Tx]:
        """Open a write transaction that commits with this call's ledger entry or not at all."""
        assert not self._recorded, "a call writes once, so that it has one entry"
        self.note(**facts)
        with self.tools.database.write() as tx:
            yield tx
            self.tools.ledger.append(tx, self._entry("answered"))
        self._recorded = True

    def close(self, outcome: str = "answered") -> None:
        """Write this call's entry, unless `write` has; when it returns the entry is durable."""
        if self._recorded:
            return
        if self._last:  # with locks of its own, and facts that are known only once it is made
            with self.tools.database.write() as tx:
                for change in self._last:
                    change(tx)
                self.tools.ledger.append(tx, self._entry(outcome))
        else:
            self.tools.ledger.record(self._entry(outcome))
        self._recorded = True

    def at_last(self, change: Callable[[Tx], None]) -> None:
        """Have a change made in the transaction that writes this call's entry, where the call changes nothing else."""
        self._last.append(change)

    def _entry(self, outcome: str) -> Entry:
        at, clock = self.tools.controls.now(), self.tools.now()
        behind = {"clock": time_text(clock)} if at - clock > TOLD else {}
        use = {"began": time_text(self.ask.at)} if self.ask.act in USES else {}
        return Entry(at, self.request_id, self.ask, self.decision, outcome, self._facts | use | behind)


@dataclass(frozen=True, slots=True)
class Operation:
    """A function that answers one operation of the service model, and what it does to people.

    `threshold` is the request's member that says how similar is similar enough, and what AWS takes where it is missing;
    `attributes` the member that lists facial attributes, `tags` the one that lists tags to set or take away. What a
    `holdable` operation finds can be put before reviewers. `names` gives the id of the collection a request is about.
    """

    name: str
    act: Act
    run: Callable[[Call, Any], Response]
    threshold: tuple[str, Percent] | None = None
    attributes: str | None = None
    tags: str | None = None
    holdable: bool = False
    names: Callable[[Mapping[str, Any]], str | None] = lambda request: request.get("CollectionId")

    def threshold_of(self, request: Mapping[str, Any]) -> Percent | None:
        """Return the threshold a request asks for, or takes by saying nothing; None where there is none."""
        return None if self.threshold is None else float(request.get(*self.threshold))


def operation(name: str, act: Act, **more: Any) -> Callable[[Callable[[Call, Any], Response]], Operation]:
    """Make the decorated function the operation `name`; its family's module lists it."""
    return functools.partial(Operation, name, act, **more)

"""One index brought up to date: the change feed of one kind of vector in one collection, read before answering."""

from __future__ import annotations

import logging
from collections.abc import Callable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from functools import partial
from threading import Lock, Thread
from typing import Protocol

from recognizance.database import Database, Reader
from recognizance.database.tables import FACE
from recognizance.errors import IndexLost, IndexUnusable, SettingsWrong
from recognizance.gallery import collections, vectors
from recognizance.values import Collection, Hit, Index, Numbers, Vectors

log = logging.getLogger(__name__)

Fetch = Callable[[Numbers], tuple[Numbers, Vectors]]
"""Gives those of the numbers that still have a vector in the database, rising, and their vectors."""

LEAST_CHANGES = 50_000  # below so many, reading the feed again costs less than keeping a snapshot of it
CHANGED_SHARE = 0.1


@dataclass(frozen=True, slots=True)
class Opening:
    """What an index is opened for: a kind of vector in a collection, of so many dimensions.

    What is discarded without having been opened has 0 dimensions.
    """

    collection: Collection
    kind: int
    dimensions: int
    fetch: Fetch


class Source(Protocol):
    """Where indexes come from: in this process, or on a cluster."""

    @property
    def shared(self) -> bool:
        """Whether other processes change what is held: then it may be ahead of any moment it is counted for."""
        ...

    def open(self, opening: Opening, /) -> tuple[Index, int]:
        """Return an index and the revision up to which it holds the collection: 0 and an empty one when there is none.

        What it holds must be right as of that revision; the source throws away what it cannot vouch for.
        """
        ...

    def keep(self, opening: Opening, index: Index, revision: int, /) -> None:
        """Keep what the index holds as of `revision`, so that the next `open` starts there."""
        ...

    def discard(self, opening: Opening, /) -> None:
        """Forget whatever was kept for this: the collection is gone, or what was kept is wrong."""
        ...

    def scrub(self, opening: Opening, /) -> None:
        """Let go of anything kept that still has what was removed from the index since."""
        ...

    def tidy(self, there: Callable[[], AbstractSet[int]], /) -> None:
        """Forget whatever was kept for collections that are gone; `there` gives the numbers of all that are not."""
        ...


@dataclass(frozen=True, slots=True)
class _State:
    """What is held and as of which revision, replaced as one, so that no thread sees half a change."""

    revision: int = 0
    opening: Opening | None = None
    index: Index | None = None


class Shelf:
    """One index and the revision it is at. Any thread may ask; one at a time reads the feed."""

    def __init__(self, database: Database, source: Source, collection: Collection, kind: int) -> None:
        """Begin with nothing: the index is opened at the first search."""
        self._database = database
        self._source = source
        self._collection = collection
        self._kind = kind
        self._lock = Lock()
        self._state = _State()
        self._kept = 0  # the revision of the last snapshot, also of one that was discarded since
        self._lies = False  # whether that snapshot is still kept
        self._keeping: Thread | None = None
        self._gone = object()  # another one whenever a vector was asked for that was no longer there

    def search(
        self, collection: Collection, queries: Vectors, *, at_least: float, limit: int
    ) -> tuple[list[list[Hit]], bool]:
        """Return the hits of each query among everything that was there at the collection's revision or later.

        The second is False where a vector went while it was looked at: what took its place may have been missed.
        """
        try:
            return self._searched(collection, queries, at_least, limit)
        except IndexLost:
            with self._lock:
                self._state = _State()
            return self._searched(collection, queries, at_least, limit)

    def _searched(
        self, collection: Collection, queries: Vectors, at_least: float, limit: int
    ) -> tuple[list[list[Hit]], bool]:
        index, gone = self._at(collection), self._gone
        if index is None or not len(index):
            return [[] for _ in queries], True
        hits = index.search(queries, at_least=at_least, limit=limit)
        return hits, self._gone is gone

    def follow(self, collection: Collection) -> None:
        """Bring what is held up to the collection now; who was forgotten is then in neither index nor snapshot."""
        if self._state.index is not None:
            self._at(collection)
        else:  # not searched since the start; a snapshot of before may be there
            self._source.scrub(Opening(collection, self._kind, 0, partial(self._fetch, 0)))

    def close(self) -> None:
        """Keep what would take long to learn again."""
        with self._lock:
            state = self._state
            try:
                much = len(state.index or ()) >= LEAST_CHANGES and not self._lies
                if much or self._worth_keeping(state):
                    self._keep(state)
            except IndexUnusable as error:
                log.warning("nothing was kept of collection %d: %s", self._collection.number, error)
        self._finish_keeping()

    def discard(self) -> None:
        """Forget the index and what was kept of it: the collection is gone."""
        with self._lock:
            self._finish_keeping()
            opened = self._state.opening  # None where nobody searched it: something may have been kept before we began
            self._source.discard(opened or Opening(self._collection, self._kind, 0, partial(self._fetch, 0)))
            self._state = _State()

    def _at(self, collection: Collection) -> Index | None:
        """Return the index at the collection's revision or later; None while there are no vectors."""
        state = self._state
        if state.revision >= collection.revision:
            return state.index
        with self._lock:
            if self._state.revision < collection.revision:
                self._state = self._caught_up(collection)
                if self._worth_keeping(self._state):
                    self._keep(self._state)
            return self._state.index

    def _caught_up(self, collection: Collection) -> _State:
        """Bring what is held to the revision the collection is at now, or build it anew where it turns out to be wrong.

        Everything is read at one moment, so that what is held is what was there. Raises `NotFound` when the
        collection was removed.
        """
        with self._database.read() as reader:
            now = collections.again(reader, collection)
            reached = self._followed(reader, self._state, now)
            if not self._agrees(reached, now):
                log.warning("the index of collection %d disagrees with the database and is built anew", now.number)
                self._finish_keeping()
                if reached.opening is not None:
                    self._source.discard(reached.opening)
                self._kept, self._lies = 0, False
                reached = self._followed(reader, _State(), now)
                if not self._agrees(reached, now):
                    raise RuntimeError(f"the feed of collection {now.number} does not give the faces it counts")
            return reached

    def _followed(self, reader: Reader, state: _State, collection: Collection) -> _State:
        """Read the feed from where the index is to the collection's revision, and return where it is then."""
        until = collection.revision
        if state.index is None:
            state = self._opened(reader, collection)
        if state.index is None or state.opening is None or state.revision >= until:
            return replace(state, revision=max(until, state.revision))
        if until - state.revision >= LEAST_CHANGES:
            log.info("reading the feed of collection %d from %d to %d", collection.number, state.revision, until)
        for numbers, rows in vectors.additions(reader, collection, self._kind, after=state.revision, until=until):
            state.index.add(numbers, rows)
        for numbers in vectors.removals(reader, collection, self._kind, after=state.revision, until=until):
            state.index.remove(numbers)
            self._scrub(state.opening)
        return replace(state, revision=until)

    def _opened(self, reader: Reader, collection: Collection) -> _State:
        """Open what was kept, or an empty index; nothing while there is no vector to say how long vectors are."""
        dimensions = vectors.dimensions(reader, collection, self._kind)
        if dimensions is None:
            return _State()
        opening = Opening(collection, self._kind, dimensions, partial(self._fetch, dimensions))
        index, revision = self._source.open(opening)
        self._kept, self._lies = revision, revision > 0
        return _State(revision, opening, index)

    def _agrees(self, state: _State, collection: Collection) -> bool:
        """Say whether as many faces are held as the database counted at that moment."""
        if self._kind != FACE or self._source.shared:
            return True
        return (0 if state.index is None else len(state.index)) == collection.faces

    def _worth_keeping(self, state: _State) -> bool:
        changes = state.revision - self._kept
        return state.index is not None and changes >= max(LEAST_CHANGES, CHANGED_SHARE * len(state.index))

    def _keep(self, state: _State) -> None:
        """Begin to keep what is held, beside whatever is asked meanwhile; a snapshot of millions takes seconds."""
        if self._keeping is None or not self._keeping.is_alive():
            self._kept, self._lies = state.revision, True
            self._keeping = Thread(target=self._kept_now, args=[state], name="snapshot")
            self._keeping.start()

    def _kept_now(self, state: _State) -> None:
        assert state.opening is not None
        assert state.index is not None
        try:
            self._source.keep(state.opening, state.index, state.revision)
        except (OSError, SettingsWrong) as error:
            reason = error.strerror if isinstance(error, OSError) else error
            log.warning("no snapshot of collection %d was kept: %s", state.opening.collection.number, reason)

    def _scrub(self, opening: Opening) -> None:
        """Remove a snapshot that still has who was forgotten: erasure comes before a quick restart.

        The next one is made when enough has changed, or at the end.
        """
        self._finish_keeping()
        self._source.scrub(opening)  # whichever process kept it
        self._lies = False

    def _finish_keeping(self) -> None:
        if self._keeping is not None:
            self._keeping.join()

    def _fetch(self, dimensions: int, numbers: Numbers) -> tuple[Numbers, Vectors]:
        found, rows = vectors.fetch(self._database, self._collection, self._kind, numbers)
        if len(found) < len(numbers):
            self._gone = object()
        return found, rows.reshape(len(found), dimensions)

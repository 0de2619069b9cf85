"""One index brought up to date: the change feed of one kind of vector in one collection, read before answering."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from threading import Lock
from typing import Protocol

from recognizance.database import Database
from recognizance.database.tables import FACE
from recognizance.gallery import collections, vectors
from recognizance.values import Collection, Hit, Index, Numbers, Vectors

log = logging.getLogger(__name__)

Fetch = Callable[[Numbers], tuple[Numbers, Vectors]]
"""Gives those of the numbers that still have a vector in the database, rising, and their vectors."""

LEAST_CHANGES = 50_000  # below so many, reading the feed again costs less than keeping a snapshot of it
CHANGED_SHARE = 0.1
TRIES = 5  # at telling whether an index is right, while its collection changes


@dataclass(frozen=True, slots=True)
class Opening:
    """What an index is opened for: a kind of vector in a collection, of so many dimensions."""

    collection: Collection
    kind: int
    dimensions: int
    fetch: Fetch


class Source(Protocol):
    """Where indexes come from: in this process, or on a cluster."""

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
        self._kept = 0

    def search(self, collection: Collection, queries: Vectors, *, at_least: float, limit: int) -> list[list[Hit]]:
        """Return the hits of each query among everything that was there at the collection's revision."""
        index = self._at(collection)
        if index is None or not len(index):
            return [[] for _ in queries]
        return index.search(queries, at_least=at_least, limit=limit)

    def close(self) -> None:
        """Keep what was learnt since the last snapshot, where that is much."""
        with self._lock:
            self._keep_if_worth()

    def discard(self) -> None:
        """Forget the index and what was kept of it: the collection is gone."""
        with self._lock:
            if self._state.opening is not None:
                self._source.discard(self._state.opening)
            self._state = _State()

    def _at(self, collection: Collection) -> Index | None:
        """Return the index at the collection's revision or later; None while there are no vectors."""
        state = self._state
        if state.revision >= collection.revision:
            return state.index
        with self._lock:
            if self._state.revision < collection.revision:
                self._state = self._caught_up(collection)
                self._keep_if_worth()
            return self._state.index

    def _caught_up(self, collection: Collection) -> _State:
        """Bring what is held to the collection's revision, or build it anew where it turns out to be wrong.

        Who is removed after the revision and before the feed is read is in neither; so that a count differs
        says nothing until the collection has stood still meanwhile. Raises `NotFound` when it was removed.
        """
        reached, anew = self._followed(self._state, collection), False
        for _ in range(TRIES):
            if self._agrees(reached, collection):
                break
            now = collections.again(self._database, collection)
            if now.revision != collection.revision:
                reached, collection = self._followed(reached, now), now
                continue
            if anew:
                raise RuntimeError(f"the feed of collection {collection.number} does not give the faces it counts")
            log.warning("the index of collection %d disagrees with the database and is built anew", collection.number)
            if reached.opening is not None:
                self._source.discard(reached.opening)
            self._kept = 0
            reached, anew = self._followed(_State(), collection), True
        return reached

    def _followed(self, state: _State, collection: Collection) -> _State:
        """Read the feed from where the index is to the collection's revision, and return where it is then."""
        until = collection.revision
        if state.index is None:
            state = self._opened(collection)
        if state.index is None or state.opening is None or state.revision >= until:
            return replace(state, revision=max(until, state.revision))
        if until - state.revision >= LEAST_CHANGES:
            log.info("reading the feed of collection %d from %d to %d", collection.number, state.revision, until)
        for numbers, rows in vectors.additions(
            self._database, collection, self._kind, after=state.revision, until=until
        ):
            state.index.add(numbers, rows)
        for numbers in vectors.removals(self._database, collection, self._kind, after=state.revision, until=until):
            state.index.remove(numbers)
        return replace(state, revision=until)

    def _opened(self, collection: Collection) -> _State:
        """Open what was kept, or an empty index; nothing while there is no vector to say how long vectors are."""
        dimensions = vectors.dimensions(self._database, collection, self._kind)
        if dimensions is None:
            return _State()
        opening = Opening(collection, self._kind, dimensions, partial(self._fetch, dimensions))
        index, revision = self._source.open(opening)
        self._kept = revision
        return _State(revision, opening, index)

    def _agrees(self, state: _State, collection: Collection) -> bool:
        """Say whether as many faces are held as the database counted at that very revision."""
        if self._kind != FACE or state.revision != collection.revision:
            return True
        return (0 if state.index is None else len(state.index)) == collection.faces

    def _keep_if_worth(self) -> None:
        state = self._state
        if state.opening is None or state.index is None:
            return
        if state.revision - self._kept < max(LEAST_CHANGES, CHANGED_SHARE * len(state.index)):
            return
        try:
            self._source.keep(state.opening, state.index, state.revision)
        except OSError as error:
            log.warning("no snapshot of collection %d was kept: %s", state.opening.collection.number, error.strerror)
        self._kept = state.revision

    def _fetch(self, dimensions: int, numbers: Numbers) -> tuple[Numbers, Vectors]:
        found, rows = vectors.fetch(self._database, self._collection, self._kind, numbers)
        return found, rows.reshape(len(found), dimensions)

"""Search: who among the enrolled is near. It holds the indexes, one for each kind of vector in each collection."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from threading import Lock
from typing import Protocol

import numpy as np

from recognizance.database import Database
from recognizance.database.tables import FACE, USER
from recognizance.errors import DatabaseUnusable, IndexUnusable, NotFound, Throttled
from recognizance.gallery import collections, faces, users
from recognizance.gallery.erasing import Eraser
from recognizance.gallery.shelf import Shelf, Source
from recognizance.values import Candidate, Collection, FaceRecord, Hit, Kept, Percent, UserRecord, Vectors

log = logging.getLogger(__name__)
TRIES = 10  # a search is made again when what it found was removed meanwhile
ROUNDING = 1e-5  # percent: what a similarity loses or gains as a float32, and on its way from cosine and back

Records = Callable[[Database, Collection, Sequence[int]], Mapping[int, Kept]]


class Scale(Protocol):
    """What a cosine means, for the model that made the vectors."""

    def scores(self, cosines: Sequence[float]) -> list[Percent]:
        """Return the percentage for each cosine, as it is told."""
        ...

    def cosine(self, percent: Percent) -> float:
        """Return the cosine for a percentage."""
        ...


class Gallery:
    """The indexes of the collections this process has searched; any may be lost, none is the truth."""

    def __init__(self, database: Database, source: Source) -> None:
        """Begin without any index: each is opened when first searched."""
        self._database = database
        self._source = source
        self._eraser = Eraser(database)
        self._lock = Lock()
        self._shelves: dict[tuple[int, int], Shelf] = {}

    def near_faces(
        self,
        collection: Collection,
        query: Vectors,
        *,
        scale: Scale,
        at_least: Percent,
        limit: int,
        besides: int | None = None,
    ) -> list[Candidate[FaceRecord]]:
        """Return up to `limit` enrolled faces at least that similar to `query`, shape (dim,), most similar first.

        `besides` is the number of a face to leave out. Everything enrolled when `collection` was read is
        found, nothing that was removed by the time of the answer is. Raises `NotFound` when the
        collection is gone.
        """
        return self._near(collection, FACE, query, scale, at_least, limit, besides, faces.by_numbers)

    def near_users(
        self,
        collection: Collection,
        query: Vectors,
        *,
        scale: Scale,
        at_least: Percent,
        limit: int,
        besides: int | None = None,
    ) -> list[Candidate[UserRecord]]:
        """Return up to `limit` users whose vector is at least that similar to `query`, most similar first.

        `besides` is the number of a user to leave out. Raises `NotFound` when the collection is gone.
        """
        return self._near(collection, USER, query, scale, at_least, limit, besides, users.by_vectors)

    def pairs(self, collection: Collection, queries: Vectors, *, at_least: float, limit: int) -> list[list[Hit]]:
        """Return, for each of the vectors (n, dim), up to `limit` enrolled faces with at least that cosine."""
        hits, _ = self._shelf(collection, FACE).search(collection, queries, at_least=at_least, limit=limit)
        return hits

    def follow(self, collection: Collection) -> None:
        """Bring the indexes up to date after a change: who was forgotten leaves memory and snapshots.

        The change stands already, so what goes wrong here is told in the log; the next search sees to it.
        """
        try:
            now = collections.again(self._database, collection)
            for kind in (FACE, USER):
                with self._lock:
                    held = self._shelves.get((collection.number, kind))
                (held or Shelf(self._database, self._source, collection, kind)).follow(now)
        except NotFound:  # then all of it has gone
            return
        except (IndexUnusable, DatabaseUnusable, OSError) as error:
            log.warning("the index of collection %d did not follow a change yet: %s", collection.number, error)

    def drop(self, collection: Collection) -> None:
        """Forget the indexes of a collection that was removed, and what was kept of them, and see it erased.

        The erasing of a large one goes on after this returns.
        """
        try:
            for kind in (FACE, USER):
                with self._lock:
                    held = self._shelves.pop((collection.number, kind), None)
                (held or Shelf(self._database, self._source, collection, kind)).discard()
        except (IndexUnusable, OSError) as error:
            log.warning("what was kept of collection %d, which was removed, is there yet: %s", collection.number, error)
        self._eraser.erase(collection.number)

    def tidy(self) -> None:
        """Forget what a process that was killed, or another one, left behind of collections that are gone."""
        self._source.tidy(lambda: collections.numbers(self._database))
        self._eraser.begin()

    def close(self) -> None:
        """Keep what would cost long to learn again."""
        self._eraser.close()
        with self._lock:
            shelves = list(self._shelves.values())
        for shelf in shelves:
            shelf.close()

    def _near(  # the two public searches in one
        self,
        collection: Collection,
        kind: int,
        query: Vectors,
        scale: Scale,
        at_least: Percent,
        limit: int,
        besides: int | None,
        records: Records[Kept],
    ) -> list[Candidate[Kept]]:
        extra = 0 if besides is None else 1
        scored: list[tuple[int, Percent]] = []
        found: Mapping[int, Kept] = {}
        floor = scale.cosine(max(0.0, at_least - ROUNDING))
        for _ in range(TRIES):
            (hits,), whole = self._shelf(collection, kind).search(
                collection, query[np.newaxis], at_least=floor, limit=limit + extra
            )
            percents = scale.scores([hit.cosine for hit in hits])
            scored = [(hit.number, one) for hit, one in zip(hits, percents, strict=True) if one >= at_least]
            found = records(self._database, collection, [number for number, _ in scored])
            if whole and len(found) == len(scored):
                break
            collection = collections.again(self._database, collection)
        else:
            raise Throttled("What is searched changes faster than it can be read; ask again.")
        if not found:  # nothing of a removed collection is, which nobody can tell from nothing near
            collections.again(self._database, collection)
        there = [Candidate(found[number], percent) for number, percent in scored if number in found]
        return [one for one in there if one.record.number != besides][:limit]

    def _shelf(self, collection: Collection, kind: int) -> Shelf:
        with self._lock:
            held = self._shelves.get((collection.number, kind))
        if held is not None:
            return held
        self._drop_gone()
        with self._lock:
            made = Shelf(self._database, self._source, collection, kind)
            return self._shelves.setdefault((collection.number, kind), made)

    def _drop_gone(self) -> None:
        """Let go of collections that another process removed."""
        there = collections.numbers(self._database) if self._shelves else set[int]()
        with self._lock:
            gone = [self._shelves.pop(key) for key in list(self._shelves) if key[0] not in there]
        for shelf in gone:
            try:
                shelf.discard()
            except (IndexUnusable, OSError) as error:
                log.warning("what was kept of a collection that was removed is there yet: %s", error)

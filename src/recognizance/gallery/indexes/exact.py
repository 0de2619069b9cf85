"""The exact index in this process: one byte a dimension scanned, the few that may matter compared in full.

What it answers is what comparing every row in float64 would: the scan only leaves out rows that provably are not
among the best, and who is in doubt is fetched and compared. docs/search.md has the bound and its proof.

The cosine of a row is `(row.astype(float64) * query.astype(float64)).sum()`, clipped to [-1, 1].
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from threading import Lock
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from recognizance.gallery.indexes import ladder
from recognizance.gallery.indexes.ladder import NOTHING, Floats
from recognizance.gallery.indexes.scan import Sums, scanner
from recognizance.gallery.indexes.segments import CAPACITY, Block, Rung, Segment
from recognizance.gallery.indexes.turns import Turns
from recognizance.values import Hit, Numbers, Vectors

Fetch: TypeAlias = Callable[[Numbers], tuple[Numbers, Vectors]]
"""Gives those of the rising numbers that are still there, and their float32 vectors in the same order."""

OFF_UNIT = 1e-3
"""How far from 1 a query's length may be."""

_NOBODY: Numbers = np.empty(0, np.int64)
_NOWHERE: Floats = np.empty(0)


@dataclass(frozen=True, slots=True)
class Sizes:
    """How the work is cut up. It decides how long an answer takes and never what it is."""

    segment: int = CAPACITY
    """Rows of a segment."""
    spare: int = 118
    """How many rows a scan brings from each piece beyond those asked for: so many cost it nothing."""
    first: int = 128
    """The most rows the first scan brings from a piece."""
    scanned: int = 16_384
    """The most rows a scan brings from a piece. A longer heap costs more than sweeping."""
    swept: int = 8192
    """Rows looked at at once where the scan could not tell."""
    fetched: int = 4096
    """The most vectors fetched at once."""
    together: int = 64
    """Queries that share a scan. More would share it no better, and hold more candidates."""
    gone: int = 64
    """How many candidates may turn out to be deleted before a search has to look again."""
    share: int = 1 << 22
    """Bytes of codes for which another thread is worth waking."""
    piece: int = 1 << 23
    """Bytes of codes that are worth a heap of their own, where that lets threads end together."""


@dataclass(frozen=True, slots=True, eq=False)
class _Query:
    """A query as it was asked (float64), and as whole numbers times a step, with the length of the difference."""

    exact: Floats
    whole: Vectors
    step: float
    length: float
    residual: float


@dataclass(frozen=True, slots=True, eq=False)
class _Piece:
    """The rows from `start` to before `stop` of a segment on a rung with this step."""

    step: float
    segment: Segment
    start: int
    stop: int


@dataclass(frozen=True, slots=True, eq=False)
class _Seen:
    """What a scan of a piece found: for each query the largest sums, and in which of the piece's rows."""

    piece: _Piece
    sums: Sums
    rows: NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class _Part:
    """What one scan of a piece of a segment says for one query.

    Each row of `numbers` has a cosine within `error` of `about`, and no other row of the piece has one above `beyond`.
    """

    numbers: Numbers
    about: Floats
    error: float
    beyond: float


SIZES = Sizes()


class Exact:
    """An index of vectors of `dim` dimensions, all in memory as one byte a dimension and eight a row.

    `fetch` gives the vectors themselves; it is called from the searching thread, for `Sizes.fetched` numbers at
    most, without a lock held. `workers` scan beside the thread that asks.
    """

    def __init__(self, dim: int, fetch: Fetch, workers: ThreadPoolExecutor, sizes: Sizes = SIZES) -> None:
        """Begin empty."""
        if dim < 1:
            raise ValueError(f"vectors have at least one dimension, not {dim}")
        self._dim = dim
        self._fetch = fetch
        self._workers = workers
        self._sizes = sizes
        self._scanner = scanner(dim)
        self._turns = Turns()
        self._changing = Lock()
        self._rungs: dict[int, Rung] = {}
        self._last = -1
        self._held = 0

    @property
    def dim(self) -> int:
        """How many dimensions a vector has."""
        return self._dim

    @property
    def scanner(self) -> str:
        """What scans, for people."""
        return self._scanner.name

    @property
    def last(self) -> int:
        """The highest number that was ever added; -1 before the first."""
        return self._last

    @property
    def bytes(self) -> int:
        """How much memory is set aside for rows. What no row was written to yet, the system has not handed out."""
        with self._turns.read():
            return sum(segment.bytes for rung in self._rungs.values() for segment in rung.segments)

    def __len__(self) -> int:
        """Return how many rows are held."""
        return self._held

    def add(self, numbers: Numbers, vectors: Vectors, /) -> None:
        """Add float32 rows of shape (n, dim) under `numbers`, int64, shape (n,), rising.

        Numbers up to the highest ever added are left as they are: held, or forgotten for good. Raises `ValueError`
        for what does not fit or is not finite, and adds nothing then.
        """
        _must_rise(numbers)
        if numbers.size and numbers[0] < 0:
            raise ValueError(f"numbers begin at 0, got {numbers[0]}")
        rows = _rows(vectors, self._dim)
        if len(rows) != len(numbers):
            raise ValueError(f"as many vectors as numbers are needed, got {len(rows)} for {len(numbers)}")
        if not np.isfinite(rows).all():
            raise ValueError("a vector to be added has a component that is not finite")
        with self._changing:
            new = int(np.searchsorted(numbers, self._last, side="right"))
            for start in range(new, len(numbers), self._sizes.segment):
                part = slice(start, start + self._sizes.segment)
                self._add(numbers[part], rows[part])

    def _add(self, numbers: Numbers, rows: Vectors) -> None:
        made = ladder.quantise(rows)
        blocks = list[tuple[int, Block]]()
        for place in np.unique(made.rungs):
            on = made.rungs == place
            longest = float(made.residuals[on].max()), float(made.reaches[on].max())
            blocks.append((int(place), Block(numbers[on], made.codes[on], *longest)))
        with self._turns.write():
            for place, block in blocks:
                self._rung(place).append(block)
            self._last = int(numbers[-1])
            self._held += len(numbers)

    def _rung(self, place: int) -> Rung:
        return self._rungs.setdefault(place, Rung(place, self._dim, self._sizes.segment))

    def remove(self, numbers: Numbers, /) -> None:
        """Overwrite the rows of `numbers` in memory, in any order; those that are not held are ignored."""
        rising = np.unique(np.asarray(numbers, np.int64))
        with self._changing, self._turns.write():
            self._held -= sum(rung.remove(rising) for rung in self._rungs.values())
            self._rungs = {place: rung for place, rung in self._rungs.items() if rung.segments}

    def search(self, queries: Vectors, /, *, at_least: float, limit: int) -> list[list[Hit]]:
        """Return, for each query of shape (n, dim), the hits with cosine >= `at_least`, best first, `limit` at most.

        Ties go to the lower number. Raises `ValueError` for a query that is not finite or not of length 1, within
        `OFF_UNIT`, and for a threshold that is not a number.
        """
        asked = [_query(row) for row in _rows(queries, self._dim)]
        if np.isnan(at_least):
            raise ValueError("the threshold is not a number")
        if limit < 1 or at_least > 1:
            return [[] for _ in asked]
        return [
            ranking.hits()
            for start in range(0, len(asked), self._sizes.together)
            for ranking in self._ranked(asked[start : start + self._sizes.together], at_least, limit)
        ]

    def _ranked(self, asked: Sequence[_Query], at_least: float, limit: int) -> list[_Ranking]:
        """Return the complete ranking of each query: from a scan, a longer one where that left doubts, or a sweep."""
        found = dict[int, _Ranking]()
        unsure = list(range(len(asked)))
        for count in self._counts(limit):
            still = [asked[place] for place in unsure]
            ranked = self._settled(still, self._scanned(still, count, at_least), at_least, limit)
            found.update(zip(unsure, ranked, strict=True))
            unsure = [place for place in unsure if not found[place].complete]
            if not unsure:
                break
        for place in unsure:
            self._sweep(asked[place], found.setdefault(place, _Ranking(at_least, limit, self._sizes.gone)))
        return [found[place] for place in range(len(asked))]

    def _counts(self, limit: int) -> Iterator[int]:
        """Give how many rows to bring from each piece: few at first, since the threshold often settles the rest."""
        wanted = limit + self._sizes.spare
        count = min(wanted, self._sizes.first, self._sizes.scanned)
        while count > 0:
            yield count
            count = min(max(8 * count, wanted), self._sizes.scanned) if count < self._sizes.scanned else 0

    def check(self, count: int = 256) -> bool:
        """Say whether what is held is what `fetch` gives, by `count` rows spread over all and the last 32.

        Rows that are gone are passed over, and so is nothing else: this notices a database that was replaced or
        went back in time. It is False too when everything that was looked at is gone.
        """
        if not self._held:
            return True
        with self._turns.read():
            segments = list(self._segments())
            spread = [_spread(segment, -(-count * segment.live // max(1, self._held))) for segment in segments]
            ends = [segment.numbers[segment.lives(slice(None))][-32:] for segment in segments]
        asked = np.unique(np.concatenate([*spread, np.sort(np.concatenate([*ends, _NOBODY]))[-32:]]))
        there, vectors = self._fetch(asked)
        if not len(there):
            return False
        return self._agrees(there, _rows(vectors, self._dim))

    def _agrees(self, numbers: Numbers, vectors: Vectors) -> bool:
        made = ladder.quantise(vectors)
        with self._turns.read():
            for place in np.unique(made.rungs):
                on = made.rungs == place
                rung = self._rungs.get(int(place))
                found = [] if rung is None else list(rung.find(numbers[on]))
                codes = np.concatenate([np.empty((0, self._dim), np.uint8), *(part.codes[at] for part, at in found)])
                if not np.array_equal(codes, made.codes[on]):
                    return False
        return True

    def blocks(self, through: int) -> Iterator[tuple[int, Block]]:
        """Give what is held up to this number, as places on the ladder and rows, copied; places and numbers rise.

        What is removed meanwhile may be left out.
        """
        with self._turns.read():
            places = sorted(self._rungs)
        for place in places:
            yield from ((place, block) for block in self._following(place, self._sizes.segment, through))

    def restore(self, parts: Sequence[tuple[int, Segment]], last: int) -> None:
        """Hold these segments, in the order `blocks` gave them. Only for an index that is empty."""
        with self._changing, self._turns.write():
            assert not self._rungs, "what is restored takes the place of nothing"
            for place, segment in parts:
                self._rung(place).segments.append(segment)
                self._held += segment.rows
            self._last = last

    def _segments(self) -> Iterator[Segment]:
        for rung in self._rungs.values():
            yield from rung.segments

    def _following(self, place: int, count: int, through: int) -> Iterator[Block]:
        """Give the rows of a rung in order, `count` at most at once; others may change it in between."""
        number = -1
        while True:
            with self._turns.read():
                rung = self._rungs.get(place)
                block = None if rung is None else rung.after(number, count, through)
            if block is None:
                return
            yield block
            number = int(block.numbers[-1])

    def _scanned(self, queries: Sequence[_Query], count: int, at_least: float) -> list[list[_Part]]:
        """Return for each query what a scan of everything says, with the `count` best of each piece in it.

        Of a piece that has none with a cosine of `at_least` nobody is named.
        """
        whole = np.stack([query.whole for query in queries])
        with self._turns.read():
            pieces = [
                _Piece(rung.step, segment, start, stop)
                for rung in self._rungs.values()
                for segment in rung.segments
                for start, stop in self._cut(segment)
            ]
            pieces.sort(key=lambda piece: piece.stop - piece.start, reverse=True)
            # All is scanned before any of it is looked at: what a scan leaves in the caches is of no use to the rest.
            seen = self._spread(pieces, whole, count, self._threads(len(queries)))
            return [[self._part(query, one, place, at_least) for one in seen] for place, query in enumerate(queries)]

    def _threads(self, queries: int) -> int:
        # The executor has no public word for how many threads it may start.
        most: int = getattr(self._workers, "_max_workers", 1)
        return max(1, min(most, self._held * self._dim * queries // self._sizes.share))

    def _cut(self, segment: Segment) -> Iterator[tuple[int, int]]:
        """Give a segment in pieces small enough for the threads to end at about the same time."""
        threads = self._threads(1)
        rows = self._sizes.segment
        if threads > 1:
            each = -(-self._held // threads)
            rows = max(-(-each // 4), min(each, self._sizes.piece // self._dim), 1)
        for start in range(0, segment.rows, rows):
            yield start, min(start + rows, segment.rows)

    def _spread(self, pieces: Sequence[_Piece], queries: Vectors, count: int, threads: int) -> list[_Seen]:
        """Return the `count` best of each piece for each query, found by this thread and by workers that are free."""
        waiting = deque(pieces)

        def drain() -> list[_Seen]:
            done = list[_Seen]()
            while True:
                try:
                    piece = waiting.popleft()
                except IndexError:
                    return done
                codes = piece.segment.codes[piece.start : piece.stop]
                done.append(_Seen(piece, *self._scanner.best(codes, queries, min(count, len(codes)))))

        helpers = [self._workers.submit(drain) for _ in range(min(threads, len(pieces)) - 1)]
        try:
            done = drain()
        finally:
            # One that has not begun would find nothing to do, and what others look at must stay until they are done.
            waiting.clear()
            started = [helper for helper in helpers if not helper.cancel()]
            wait(started)
        return done + [one for helper in started for one in helper.result()]

    def _part(self, query: _Query, seen: _Seen, place: int, at_least: float) -> _Part:
        """Return what a scan says for the query at this place among those that shared it."""
        piece, segment = seen.piece, seen.piece.segment
        error = self._error(query.length, query.residual, segment.residual, segment.reach)
        highest = max(float(seen.sums[place].max()) * (query.step * piece.step) + error, -1.0)
        if highest < at_least:  # as in most searches for strangers
            return _Part(_NOBODY, _NOWHERE, error, highest)
        about = seen.sums[place].astype(np.float64) * (query.step * piece.step)
        beyond = -np.inf if len(about) == piece.stop - piece.start else float(about.min()) + error
        rows = seen.rows[place] + piece.start
        numbers = segment.numbers[rows]
        if segment.gone:
            lives = segment.lives(rows)
            numbers, about = numbers[lives], about[lives]
        return _Part(numbers, about, error, beyond)

    def _error(self, length: float, residual: float, rows_residual: float, reach: float) -> float:
        """Return how far a scanned cosine may be from the true one; docs/search.md says why."""
        single = _gamma(self._dim, 2.0**-24)
        double = _gamma(8 * self._dim + 64, 2.0**-53)
        return (
            length * rows_residual
            + residual * reach
            + single * (length + residual) * reach
            + double * (length + residual) * (reach + rows_residual)
        )

    def _settled(
        self, queries: Sequence[_Query], scanned: Sequence[Sequence[_Part]], at_least: float, limit: int
    ) -> list[_Ranking]:
        """Return the candidates ranked, all of them compared in full that may be among the best."""
        rankings = [_Ranking(at_least, limit, self._sizes.gone, parts) for parts in scanned]
        while True:
            doubts = [ranking.doubts() for ranking in rankings]
            wanted = np.unique(np.concatenate(doubts)) if doubts else _NOBODY
            if not len(wanted):
                return rankings
            for start in range(0, len(wanted), self._sizes.fetched):
                asked = wanted[start : start + self._sizes.fetched]
                there, rows = self._fetched(asked)
                for query, ranking, doubt in zip(queries, rankings, doubts, strict=True):
                    if len(queries) == 1:
                        ranking.learn(asked, there, _cosines(rows, query.exact))
                        continue
                    mine = np.intersect1d(doubt, asked, assume_unique=True)
                    at = np.flatnonzero(np.isin(there, mine, assume_unique=True))
                    ranking.learn(mine, there[at], _cosines(rows[at], query.exact))

    def _sweep(self, query: _Query, ranking: _Ranking) -> None:
        """Look at every row that may still be among the best, a block at a time: right however many are alike."""
        with self._turns.read():
            places, through = sorted(self._rungs), self._last
        ranking.keep_sure()
        for place in places:
            for block in self._following(place, self._sizes.swept, through):
                codes = block.codes.astype(np.float32)
                codes -= NOTHING
                about = (codes @ query.exact.astype(np.float32)).astype(np.float64) * ladder.step(place)
                high = np.clip(about + self._error(query.length, 0.0, block.residual, block.reach), -1, 1)
                wanted = np.setdiff1d(block.numbers[high >= ranking.cut], ranking.known, assume_unique=True)
                for start in range(0, len(wanted), self._sizes.fetched):
                    there, rows = self._fetched(wanted[start : start + self._sizes.fetched])
                    ranking.meet(there, _cosines(rows, query.exact))

    def _fetched(self, numbers: Numbers) -> tuple[Numbers, Floats]:
        there, vectors = self._fetch(numbers)
        return there, _rows(vectors, self._dim).astype(np.float64)


class _Ranking:
    """The candidates of one query: between which cosines each is, and which of them have been compared in full."""

    def __init__(self, at_least: float, limit: int, spare: int, parts: Sequence[_Part] = ()) -> None:
        self._at_least = at_least
        self._limit = limit
        self._sure: NDArray[np.bool_]
        if not any(len(part.numbers) for part in parts):
            self._numbers, self._low, self._high = _NOBODY, _NOWHERE, _NOWHERE
            self._sure = np.empty(0, np.bool_)
            self._beyond = max((part.beyond for part in parts), default=-np.inf)
            return
        numbers: Numbers = np.concatenate([_NOBODY, *(part.numbers for part in parts)])
        about: Floats = np.concatenate([_NOWHERE, *(part.about for part in parts)])
        error = np.repeat([part.error for part in parts], [len(part.about) for part in parts]) if parts else 0.0
        low, high = np.clip(about - error, -1, 1), np.clip(about + error, -1, 1)
        # Most of what a scan brings is out of the question; what is left has its numbers in order.
        likely = high >= max(at_least, _largest(low, limit + spare))
        dropped = high[~likely]
        self._beyond = max(
            [part.beyond for part in parts] + ([float(dropped.max())] if len(dropped) else []), default=-np.inf
        )
        order = np.flatnonzero(likely)[np.argsort(numbers[likely])]
        self._numbers, self._low, self._high = numbers[order], low[order], high[order]
        self._sure = np.zeros(len(order), np.bool_)

    @property
    def cut(self) -> float:
        """A cosine that whoever is among the hits reaches."""
        return max(self._at_least, _largest(self._low, self._limit))

    @property
    def known(self) -> Numbers:
        """Those that have been compared in full, rising."""
        return self._numbers[self._sure]

    @property
    def complete(self) -> bool:
        """Whether no row outside the candidates can be a hit; true only once nobody is in doubt."""
        return max(self._beyond, -1.0) < self.cut or self._beyond == -np.inf

    def doubts(self) -> Numbers:
        """Return, rising, the candidates that may be hits and have not been compared in full."""
        return self._numbers[~self._sure & (self._high >= self.cut)]

    def learn(self, asked: Numbers, numbers: Numbers, cosines: Floats) -> None:
        """Take the true cosines of candidates; those that were asked for and are not there are no longer any."""
        at = np.searchsorted(self._numbers, numbers)
        self._low[at] = self._high[at] = cosines
        self._sure[at] = True
        if len(numbers) < len(asked):
            gone = np.setdiff1d(asked, numbers, assume_unique=True)
            self._keep(~np.isin(self._numbers, gone, assume_unique=True))

    def keep_sure(self) -> None:
        """Forget those who have not been compared in full."""
        self._keep(self._sure)

    def meet(self, numbers: Numbers, cosines: Floats) -> None:
        """Take in rows that were no candidates, and forget everybody who cannot be a hit. All here are sure."""
        self._numbers = np.concatenate([self._numbers, numbers])
        self._low = np.concatenate([self._low, cosines])
        self._high, self._sure = self._low.copy(), np.ones(len(self._low), np.bool_)
        best = np.lexsort((self._numbers, -self._low))[: self._limit]
        self._keep(best[np.argsort(self._numbers[best])])

    def hits(self) -> list[Hit]:
        """Return the hits, best first, ties by number."""
        sure = self._sure & (self._low >= self._at_least)
        numbers, cosines = self._numbers[sure], self._low[sure]
        best = np.lexsort((numbers, -cosines))[: self._limit]
        return [Hit(int(numbers[place]), float(cosines[place])) for place in best]

    def _keep(self, those: NDArray[np.bool_] | NDArray[np.int64]) -> None:
        self._numbers, self._low, self._high = self._numbers[those], self._low[those], self._high[those]
        self._sure = self._sure[those]


def _largest(values: Floats, place: int) -> float:
    """Return the value at this place, from 1, in falling order; minus infinity where there are not so many."""
    if len(values) < place:
        return -np.inf
    return float(np.partition(values, len(values) - place)[len(values) - place])


def _spread(segment: Segment, count: int) -> Numbers:
    """Return `count` numbers of a segment that are held, evenly apart, some perhaps twice."""
    held = np.flatnonzero(segment.lives(slice(None)))
    return segment.numbers[held[np.linspace(0, len(held) - 1, count).astype(np.int64)]]


def _cosines(rows: Floats, query: Floats) -> Floats:
    """Return the cosine of each float64 row, as the module's docstring has it."""
    cosines: Floats = np.clip((rows * query).sum(axis=1), -1, 1)
    return cosines


def _gamma(terms: int, unit: float) -> float:
    """Return by how much, relative to the sum of magnitudes, a sum of products may be off in floating point."""
    return terms * unit / (1 - terms * unit)


def _query(row: Vectors) -> _Query:
    exact = row.astype(np.float64)
    length = float(np.linalg.norm(exact))
    if not abs(length - 1) <= OFF_UNIT:  # nor is it when it is not a number
        raise ValueError(f"a query must be of length 1, got {length}")
    step = float(np.abs(exact).max()) / 127
    whole = np.rint(exact / step)
    return _Query(exact, whole.astype(np.float32), step, length, float(np.linalg.norm(exact - whole * step)))


def _rows(vectors: Vectors, dim: int) -> Vectors:
    rows = np.ascontiguousarray(vectors, np.float32)
    if rows.ndim != 2 or rows.shape[1] != dim:
        raise ValueError(f"vectors must have the shape (n, {dim}), got {rows.shape}")
    return rows


def _must_rise(numbers: Numbers) -> None:
    if numbers.ndim != 1 or numbers.dtype != np.int64:
        raise ValueError(f"numbers must be int64 of shape (n,), got {numbers.dtype} of {numbers.shape}")
    if (np.diff(numbers) <= 0).any():
        raise ValueError("numbers must rise from one row to the next")

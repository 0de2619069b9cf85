"""Everybody against everybody, or probes against a gallery: counted by kind and by group, the most alike kept.

Vectors are unit rows in float32; a row of zeros is a face that was not found, which is never compared but counted as
lost. Products are made in tiles of float32, on all cores, so memory does not grow with the pairs. Cosines are counted
in `FINENESS` bins from -1 up, as in `verification`. Pairs kept one by one carry the product's own cosine: the sum, in
float64, of the products of two float32 rows. The order of threads changes nothing in what is returned.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from recognizance.values import Vectors

Reals = NDArray[np.float64]
Whole = NDArray[np.int64]
Flags = NDArray[np.bool_]
Progress = Callable[[int, int], None]
"""Told how many comparisons are done, of how many."""

FINENESS = 20_000
"""Bins across [-1, 1] in which cosines are counted: one ten-thousandth each."""

SIDE = 1024
"""Pictures along each side of a tile: 4 MiB of cosines, which a core's cache nearly holds."""

AREA = 1 << 23
"""Cosines held at once where a probe is compared with the whole gallery: 32 MiB in float32."""

MOST = 2_000_000
"""Pairs kept one by one at most, 40 bytes each while they are put in order."""

BLUR = 1e-5
"""More than a product in float32 can be away from the same in float64, for rows of length 1."""

NOBODY = -1
"""The place of a gallery's picture where there is none."""


@dataclass(frozen=True, slots=True, eq=False)
class Pairs:
    """Pairs of pictures by their places, most alike first; equal ones by their places.

    All pairs of their kind at `floor` and above are there, none below. `floor` is higher than was asked for where more
    pairs than could be kept were found.
    """

    first: Whole
    second: Whole
    cosines: Reals
    floor: float

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self.cosines)

    def place(self, cosine: float) -> int:
        """Return how many reach `cosine`. Raises `ValueError` below the floor, where not all are there."""
        if cosine < self.floor:
            raise ValueError(f"pairs were kept from cosine {self.floor:.4f} up, {cosine:.4f} was asked for")
        return int(np.searchsorted(-self.cosines, -cosine, side="right"))

    def at_least(self, cosine: float) -> Pairs:
        """Return those that reach `cosine`."""
        place = self.place(cosine)
        return Pairs(self.first[:place], self.second[:place], self.cosines[:place], cosine)


@dataclass(frozen=True, slots=True, eq=False)
class Compared:
    """What comparing pictures gave.

    `genuine` and `strangers` count pairs by bin of cosine. `by_groups` does for strangers of each two groups, shape
    (groups, groups, bins): rows are the first set's groups, columns the second's; where one set was compared with
    itself, the table is symmetric and its diagonal counts a pair once. `genuine_by_group`, shape (groups, bins), goes
    by the first picture's group. People of no group are in the totals alone. `lost_genuine`
    and `lost_strangers` are the pairs that could not be compared. `alike` are the strangers that reach the floor,
    `mates` the genuine pairs, where they were asked for.
    """

    genuine: Whole
    strangers: Whole
    by_groups: Whole
    genuine_by_group: Whole
    lost_genuine: int
    lost_strangers: int
    alike: Pairs
    mates: Pairs

    @property
    def comparisons(self) -> int:
        """How many pairs were compared."""
        return int(self.genuine.sum() + self.strangers.sum())


@dataclass(frozen=True, slots=True, eq=False)
class Searches:
    """What each probe's search of the whole gallery gave, as people: a person scores what their best picture does.

    `mated` is the cosine of the probe's own person, NaN where the gallery has none or a face was not found. `rank`
    is that person's place in the list of candidates, from 1, equal ones before them; 0 where there is none.
    `other` is the best cosine of anybody else and `place` that picture's place in the gallery, `NOBODY` (cosine -1)
    where there is nobody else.
    """

    mated: Reals
    rank: Whole
    other: Reals
    place: Whole


@dataclass(frozen=True, slots=True, eq=False)
class Faces:
    """What is compared: unit rows, whose each is (any numbers from 0), and of which group (negative: of none)."""

    vectors: Vectors
    people: Whole
    groups: Whole | None = None


@dataclass(frozen=True, slots=True)
class Keep:
    """From which cosine up pairs are kept one by one: strangers and genuine pairs, at most `most` of each.

    Without `counts` the histograms stay empty, which saves half of the time.
    """

    strangers: float = 2.0
    genuine: float = 2.0
    most: int = MOST
    counts: bool = True


NOTHING = Keep()


def all_pairs(
    faces: Faces,
    *,
    count: int = 0,
    keep: Keep = NOTHING,
    progress: Progress = lambda done, of: None,
    workers: int | None = None,
) -> Compared:
    """Compare every picture with every other once. `count` is how many groups there are."""
    return _compare(_Side.of(faces), None, count, keep, progress, workers or _cores())


def against(
    probes: Faces,
    gallery: Faces,
    *,
    count: int = 0,
    keep: Keep = NOTHING,
    progress: Progress = lambda done, of: None,
    workers: int | None = None,
) -> Compared:
    """Compare every probe with every picture of the gallery; people and groups have one numbering in both."""
    return _compare(_Side.of(probes), _Side.of(gallery), count, keep, progress, workers or _cores())


def search(
    probes: Faces,
    gallery: Faces,
    *,
    progress: Progress = lambda done, of: None,
    workers: int | None = None,
) -> Searches:
    """Search the gallery for every probe, and return where its own person came and who else came nearest."""
    ranked = _Ranked.of(_Side.of(gallery))
    found = np.nonzero(probes.vectors.any(axis=1))[0]
    mated, rank = np.full(len(probes.people), np.nan), np.zeros(len(probes.people), np.int64)
    other, place = np.full(len(probes.people), -1.0), np.full(len(probes.people), NOBODY, np.int64)

    def part(start: int) -> int:
        asked = found[start : start + step]
        mated[asked], rank[asked], place[asked] = ranked.searched(probes.vectors[asked], probes.people[asked])
        return len(asked)

    if len(ranked.vectors):
        step = max(1, AREA // len(ranked.vectors))
        _run(part, range(0, len(found), step), len(found), len(ranked.vectors), progress, workers or _cores())
    there = np.nonzero(place != NOBODY)[0]
    other[there] = _exact(probes.vectors, gallery.vectors, there, place[there])
    return Searches(mated, rank, other, place)


def at_least(histogram: Whole) -> Whole:
    """Return how many fell into each bin or above, along the last axis; one more entry than bins, the last is 0."""
    reached = np.flip(np.cumsum(np.flip(histogram, -1), -1), -1)
    return np.concatenate([reached, np.zeros((*histogram.shape[:-1], 1), np.int64)], axis=-1)


@dataclass(frozen=True, slots=True, eq=False)
class _Side:
    """The pictures of a set in which a face was found, by group and then by person; `places` are theirs in the set.

    `lost` holds the people of those without.
    """

    vectors: Vectors
    people: Whole
    groups: Whole
    places: Whole
    lost: Whole

    @classmethod
    def of(cls, faces: Faces) -> _Side:
        """Return the pictures in their order for comparing. Raises `ValueError` where the lengths differ."""
        vectors, people = faces.vectors, faces.people
        groups = np.full(len(people), -1, np.int64) if faces.groups is None else np.maximum(faces.groups, -1)
        if not len(vectors) == len(people) == len(groups):
            raise ValueError(f"got {len(vectors)} vectors, {len(people)} people and {len(groups)} groups; one of each")
        found = np.asarray(vectors.any(axis=1))
        places = np.nonzero(found)[0]
        places = places[np.lexsort((people[places], groups[places]))]
        rows = np.ascontiguousarray(vectors[places], np.float32)
        return cls(rows, people[places], groups[places], places, people[~found])

    def blocks(self) -> list[slice]:
        """Return runs of at most `SIDE` pictures of one group each."""
        edges = [0, *(np.nonzero(np.diff(self.groups))[0] + 1).tolist(), len(self.groups)]
        return [slice(at, min(at + SIDE, end)) for begin, end in pairwise(edges) for at in range(begin, end, SIDE)]


@dataclass(frozen=True, slots=True, eq=False)
class _Ranked:
    """A gallery by person: `starts` says where each of `people` begins in `vectors`; `places` are those in the set."""

    vectors: Vectors
    places: Whole
    people: Whole
    starts: Whole

    @classmethod
    def of(cls, side: _Side) -> _Ranked:
        """Return a gallery's pictures by person."""
        order = np.argsort(side.people, kind="stable")
        people, starts = np.unique(side.people[order], return_index=True)
        return cls(side.vectors[order], side.places[order], people, starts.astype(np.int64))

    def searched(self, vectors: Vectors, owners: Whole) -> tuple[Reals, Whole, Whole]:
        """Return for some probes their own person's cosine (NaN) and rank (0), and the place of the nearest other."""
        cosines = np.asarray(vectors @ self.vectors.T)
        best = cosines if len(self.people) == len(cosines[0]) else np.maximum.reduceat(cosines, self.starts, axis=1)
        at = np.minimum(np.searchsorted(self.people, owners), len(self.people) - 1)
        line = np.nonzero(self.people[at] == owners)[0]
        own = best[line, at[line]].copy()
        mated, rank = np.full(len(owners), np.nan), np.zeros(len(owners), np.int64)
        mated[line], rank[line] = own, (best[line] >= own[:, None]).sum(axis=1)
        best = best.copy() if best is cosines else best
        best[line, at[line]] = -np.inf
        nearest = best.argmax(axis=1)
        place = np.array([self._picture(row, who) for row, who in zip(cosines, nearest, strict=True)], np.int64)
        place[np.isneginf(best[np.arange(len(best)), nearest])] = NOBODY
        return mated, rank, place

    def _picture(self, cosines: NDArray[np.float32], who: int) -> int:
        """Return the place of a person's picture that is most like the probe."""
        first = self.starts[who]
        last = self.starts[who + 1] if who + 1 < len(self.starts) else len(self.vectors)
        return int(self.places[first + cosines[first:last].argmax()])


@dataclass(frozen=True, slots=True, eq=False)
class _Tile:
    """What one tile gave: its histograms, the groups of its rows and columns, and the pairs kept of each kind."""

    compared: int
    genuine: Whole
    strangers: Whole
    rows: int
    columns: int
    alike: _Kept
    mates: _Kept


_Kept = tuple[Whole, Whole, Reals]
Places = tuple[NDArray[np.intp], ...]


def _compare(one: _Side, other: _Side | None, count: int, keep: Keep, progress: Progress, workers: int) -> Compared:
    """Compare two sides, or one with itself, tile by tile."""
    second = one if other is None else other
    blocks, columns = one.blocks(), second.blocks()
    jobs = [(row, column) for at, row in enumerate(blocks) for column in (columns[at:] if other is None else columns)]
    genuine, strangers = np.zeros(FINENESS, np.int64), np.zeros(FINENESS, np.int64)
    by_groups = np.zeros((count, count, FINENESS), np.int64)
    of_group = np.zeros((count, FINENESS), np.int64)
    alike, same = _Best(keep.strangers, keep.most), _Best(keep.genuine, keep.most)
    done, of = 0, _pairs(len(one.people), None if other is None else len(second.people))
    with ThreadPoolExecutor(workers) as pool:
        for tile in _ordered(
            pool,
            jobs,
            lambda job: _tile(
                one, second, *job, other is None, replace(keep, strangers=alike.floor, genuine=same.floor)
            ),
        ):
            genuine += tile.genuine
            strangers += tile.strangers
            if min(tile.rows, tile.columns) >= 0:
                by_groups[tile.rows, tile.columns] += tile.strangers
                if other is None and tile.rows != tile.columns:
                    by_groups[tile.columns, tile.rows] += tile.strangers
            if tile.rows >= 0:
                of_group[tile.rows] += tile.genuine
            alike.add(tile.alike)
            same.add(tile.mates)
            done += tile.compared
            progress(done, of)
    lost = _lost(one, other)
    return Compared(
        genuine, strangers, by_groups, of_group, *lost, alike.pairs(one, second, other is None),
        same.pairs(one, second, other is None),
    )  # fmt: skip


def _tile(one: _Side, second: _Side, row: slice, column: slice, itself: bool, keep: Keep) -> _Tile:
    """Compare a run of pictures with another."""
    cosines = np.asarray(one.vectors[row] @ second.vectors[column].T)
    diagonal = itself and row == column
    there = np.triu(np.ones(cosines.shape, np.bool_), k=1) if diagonal else None
    same = _same(one.people[row], second.people[column], there)
    counted = own = np.zeros(FINENESS, np.int64)
    if keep.counts:
        counted = _histogram(cosines if there is None else cosines[there])
        own = own if same is None else _histogram(cosines[same])
    others = cosines >= keep.strangers - BLUR
    if there is not None:
        others &= there
    kept: Places = (np.zeros(0, np.int64), np.zeros(0, np.int64))
    if same is not None:
        others &= ~same
        kept = np.nonzero(same & (cosines >= keep.genuine - BLUR))
    return _Tile(
        compared=cosines.size if there is None else len(cosines) * (len(cosines) - 1) // 2,
        genuine=own,
        strangers=counted - own,
        rows=int(one.groups[row.start]),
        columns=int(second.groups[column.start]),
        alike=_kept(one, second, row, column, np.nonzero(others), keep.strangers),
        mates=_kept(one, second, row, column, kept, keep.genuine),
    )


def _same(people: Whole, others: Whole, there: Flags | None) -> Flags | None:
    """Return which pairs are of one person, None where no person is on both sides."""
    if there is None and not np.isin(people, others).any():
        return None
    same = people[:, None] == others[None]
    return same if there is None else np.asarray(same & there)


def _kept(one: _Side, second: _Side, row: slice, column: slice, at: Places, floor: float) -> _Kept:
    first, other = at[0] + row.start, at[1] + column.start
    cosines = _exact(one.vectors, second.vectors, first, other)
    reached = cosines >= floor
    return first[reached], other[reached], cosines[reached]


def _exact(vectors: Vectors, others: Vectors, first: Whole, second: Whole) -> Reals:
    """Return the cosines of pairs of rows as the product defines them, in [-1, 1], a bounded number at a time."""
    parts = [
        (vectors[first[at : at + 16384]].astype(np.float64) * others[second[at : at + 16384]].astype(np.float64)).sum(1)
        for at in range(0, len(first), 16384)
    ]
    return np.clip(np.concatenate(parts) if parts else np.zeros(0), -1.0, 1.0)


class _Best:
    """The most alike pairs so far, at most so many; the floor rises when there are more."""

    def __init__(self, floor: float, most: int) -> None:
        self.floor = floor
        self._most = most
        self._held = 0
        self._parts: list[_Kept] = []

    def add(self, part: _Kept) -> None:
        """Take in the pairs of one tile."""
        if len(part[2]):
            self._parts.append(part)
            self._held += len(part[2])
            if self._held > 2 * self._most:
                self._drop()

    def pairs(self, one: _Side, second: _Side, itself: bool) -> Pairs:
        """Return those kept, by their places in the sets."""
        self._drop()
        first, other, cosines = self._joined()
        first, other = one.places[first], second.places[other]
        if itself:
            first, other = np.minimum(first, other), np.maximum(first, other)
        best = np.lexsort((other, first, -cosines))
        return Pairs(first[best], other[best], cosines[best], self.floor)

    def _joined(self) -> _Kept:
        if not self._parts:
            return np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0)
        first, second, cosines = (np.concatenate(parts) for parts in zip(*self._parts, strict=True))
        reached = cosines >= self.floor
        return first[reached], second[reached], cosines[reached]

    def _drop(self) -> None:
        """Keep the best of what is held, and raise the floor above all that are let go."""
        first, second, cosines = self._joined()
        if len(cosines) > self._most:
            place = len(cosines) - self._most - 1
            best_let_go = float(np.partition(cosines, place)[place])
            self.floor = float(np.nextafter(best_let_go, 2))
            kept = cosines >= self.floor
            first, second, cosines = first[kept], second[kept], cosines[kept]
        self._parts, self._held = [(first, second, cosines)], len(cosines)


def _histogram(cosines: NDArray[np.float32]) -> Whole:
    scaled = np.multiply(cosines.ravel(), FINENESS / 2, dtype=np.float64)
    scaled += FINENESS / 2
    bins = np.bincount(np.maximum(scaled.astype(np.int64), 0), minlength=FINENESS).astype(np.int64)
    bins[FINENESS - 1] += bins[FINENESS:].sum()  # a cosine that rounding took to 1 or above
    return bins[:FINENESS]


def _lost(one: _Side, other: _Side | None) -> tuple[int, int]:
    """Return how many genuine pairs and how many pairs of strangers could not be compared."""
    people = np.concatenate([one.people, one.lost])
    if other is None:
        every = _pairs(len(people), None) - _pairs(len(one.people), None)
        genuine = _own(people, None) - _own(one.people, None)
        return genuine, every - genuine
    others = np.concatenate([other.people, other.lost])
    every = len(people) * len(others) - len(one.people) * len(other.people)
    genuine = _own(people, others) - _own(one.people, other.people)
    return genuine, every - genuine


def _pairs(one: int, other: int | None) -> int:
    return one * (one - 1) // 2 if other is None else one * other


def _own(people: Whole, others: Whole | None) -> int:
    """Return how many pairs are of one person."""
    first = np.bincount(people)
    if others is None:
        return int((first * (first - 1) // 2).sum())
    second = np.bincount(others)
    size = min(len(first), len(second))
    return int((first[:size] * second[:size]).sum())


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else (os.cpu_count() or 1)


def _ordered(
    pool: ThreadPoolExecutor, jobs: Sequence[tuple[slice, slice]], make: Callable[[tuple[slice, slice]], _Tile]
) -> Iterator[_Tile]:
    """Give each job's tile in the jobs' order, only a few being made ahead."""
    waiting = [pool.submit(make, job) for job in jobs[:8]]
    for at in range(len(jobs)):
        yield waiting.pop(0).result()
        if at + 8 < len(jobs):
            waiting.append(pool.submit(make, jobs[at + 8]))


def _run(
    part: Callable[[int], int], starts: Iterable[int], of: int, size: int, progress: Progress, workers: int
) -> None:
    done = 0
    with ThreadPoolExecutor(workers) as pool:
        for some in pool.map(part, starts):
            done += some
            progress(done * size, of * size)

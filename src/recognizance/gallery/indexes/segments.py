"""Rows of codes as they lie in memory: segments, in order of their numbers, on the rungs of the ladder.

Nothing here is safe to change while another thread looks at it: who holds a rung guards it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recognizance.gallery.indexes import ladder
from recognizance.gallery.indexes.ladder import NOTHING, Codes
from recognizance.values import Numbers

CAPACITY = 262_144
"""How many rows a segment takes unless told otherwise."""

_FIRST = 64  # rows a new segment has room for; it grows fourfold
_MOST_DEAD = 0.25


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """Rows of one rung, numbers rising. For each, x = codes * step + a residual no longer than `residual`.

    `reach` is the length of the longest codes * step.
    """

    numbers: Numbers
    codes: Codes
    residual: float
    reach: float


class Segment:
    """Some rows of one rung. Those that are removed are zeros until the segment is packed."""

    def __init__(self, dim: int, capacity: int) -> None:
        """Begin empty, with room for `capacity` rows in the end."""
        self.rows = 0
        self.gone = 0
        self.residual = 0.0
        self.reach = 0.0
        self._capacity = capacity
        self._codes: Codes = np.empty((0, dim), np.uint8)
        self._numbers: Numbers = np.empty(0, np.int64)
        self._dead: NDArray[np.bool_] | None = None

    @property
    def codes(self) -> Codes:
        """Shape (rows, dim); removed rows stand for zeros."""
        return self._codes[: self.rows]

    @property
    def numbers(self) -> Numbers:
        """Shape (rows,), rising, those of removed rows among them."""
        return self._numbers[: self.rows]

    @property
    def live(self) -> int:
        """How many rows are held."""
        return self.rows - self.gone

    @property
    def bytes(self) -> int:
        """How much memory is set aside."""
        return self._codes.nbytes + self._numbers.nbytes + (0 if self._dead is None else self._dead.nbytes)

    def lives(self, rows: NDArray[np.int64] | slice) -> NDArray[np.bool_]:
        """Say of each of these rows whether it is still held."""
        if self._dead is None:
            return np.ones(len(self.numbers[rows]), np.bool_)
        return ~self._dead[: self.rows][rows]

    def append(self, block: Block) -> None:
        """Add rows whose numbers are above all that are here, as many as there is room for at most."""
        end = self.rows + len(block.numbers)
        assert end <= self._capacity, "the rung fills a segment up to its capacity only"
        self._make_room(end)
        self._numbers[self.rows : end] = block.numbers
        self._codes[self.rows : end] = block.codes
        self.rows = end
        self.residual = max(self.residual, block.residual)
        self.reach = max(self.reach, block.reach)

    def take(self, block: Block) -> None:
        """Become these rows, keeping the arrays themselves."""
        self._codes, self._numbers, self.rows = block.codes, block.numbers, len(block.numbers)
        self.residual, self.reach = block.residual, block.reach

    def find(self, numbers: Numbers) -> NDArray[np.int64]:
        """Return the rows of those of the rising `numbers` that are held."""
        if not self.rows or not len(numbers):
            return np.empty(0, np.int64)
        rows = np.searchsorted(self.numbers, numbers)
        known = self.numbers[np.minimum(rows, self.rows - 1)] == numbers
        held: NDArray[np.int64] = rows[known]
        return held[self.lives(held)]

    def remove(self, numbers: Numbers) -> int:
        """Overwrite those of the rising `numbers` that are held, and return how many that were."""
        rows = self.find(numbers)
        if not len(rows):
            return 0
        if self._dead is None:
            self._dead = np.zeros(len(self._numbers), np.bool_)
        self._codes[rows] = NOTHING
        self._dead[rows] = True
        self.gone += len(rows)
        if self.gone > _MOST_DEAD * self.rows:
            self._pack()
        return len(rows)

    def _pack(self) -> None:
        """Close the gaps."""
        kept = np.flatnonzero(self.lives(slice(None)))
        self._codes[: len(kept)] = self.codes[kept]
        self._codes[len(kept) : self.rows] = NOTHING
        self._numbers[: len(kept)] = self.numbers[kept]
        self.rows, self.gone, self._dead = len(kept), 0, None

    def _make_room(self, rows: int) -> None:
        if rows <= len(self._numbers):
            return
        room = max(_FIRST, len(self._numbers))
        while room < rows:
            room *= 4
        room = min(room, self._capacity)
        codes, numbers = np.empty((room, self._codes.shape[1]), np.uint8), np.empty(room, np.int64)
        codes[: self.rows], numbers[: self.rows] = self.codes, self.numbers
        # What is forgotten later must not live on in memory that was given back.
        self._codes[:] = NOTHING
        self._codes, self._numbers = codes, numbers
        if self._dead is not None:
            dead = np.zeros(room, np.bool_)
            dead[: self.rows] = self._dead[: self.rows]
            self._dead = dead

    def wipe(self) -> None:
        """Overwrite every row: they are kept elsewhere now."""
        self._codes[:] = NOTHING


class Rung:
    """The rows of one rung, in segments: numbers rise within a segment and from one to the next."""

    def __init__(self, place: int, dim: int, capacity: int) -> None:
        """Begin empty at a place on the ladder, with segments of `capacity` rows."""
        self.place = place
        self.step = ladder.step(place)
        self.segments: list[Segment] = []
        self._dim = dim
        self._capacity = capacity

    def append(self, block: Block) -> None:
        """Add rows whose numbers are above all that are here."""
        start, end = 0, len(block.numbers)
        while start < end:
            if not self.segments or self.segments[-1].rows >= self._capacity:
                self.segments.append(Segment(self._dim, self._capacity))
            stop = min(end, start + self._capacity - self.segments[-1].rows)
            part = slice(start, stop)
            self.segments[-1].append(Block(block.numbers[part], block.codes[part], block.residual, block.reach))
            start = stop

    def remove(self, numbers: Numbers) -> int:
        """Forget those of the rising `numbers` that are held, and return how many that were."""
        removed = sum(segment.remove(part) for segment, part in self._share(numbers))
        if removed:
            self.segments = list(self._joined())
        return removed

    def find(self, numbers: Numbers) -> Iterator[tuple[Segment, NDArray[np.int64]]]:
        """Give the segments that hold any of the rising `numbers`, and in which rows."""
        for segment, part in self._share(numbers):
            yield segment, segment.find(part)

    def after(self, number: int, count: int, through: int) -> Block | None:
        """Return the next rows above `number`, in a copy: `count` at most, none above `through`; None at the end."""
        for segment in self.segments:
            start = int(np.searchsorted(segment.numbers, number, side="right"))
            stop = min(start + count, int(np.searchsorted(segment.numbers, through, side="right")))
            if start < stop:
                part = slice(start, stop)
                numbers, codes = segment.numbers[part], segment.codes[part]
                if segment.gone:
                    lives = segment.lives(part)
                    if not lives.any():
                        return self.after(int(numbers[-1]), count, through)
                    return Block(numbers[lives], codes[lives], segment.residual, segment.reach)
                return Block(numbers.copy(), codes.copy(), segment.residual, segment.reach)
        return None

    def _share(self, numbers: Numbers) -> Iterator[tuple[Segment, Numbers]]:
        for segment in self.segments:
            if segment.rows:
                first, last = np.searchsorted(numbers, (segment.numbers[0], segment.numbers[-1] + 1))
                if first < last:
                    yield segment, numbers[first:last]

    def _joined(self) -> Iterator[Segment]:
        """Give the segments, with neighbours that have become small put together, and without empty ones.

        Else a collection whose faces come and go would in time be scanned in a thousand pieces.
        """
        last: Segment | None = None
        for segment in self.segments:
            if not segment.live:
                segment.wipe()
            elif last is None:
                last = segment
            elif last.live + segment.live > self._capacity // 2:
                yield last
                last = segment
            else:
                joint = Segment(self._dim, self._capacity)
                for old in (last, segment):
                    lives = old.lives(slice(None))
                    joint.append(Block(old.numbers[lives], old.codes[lives], old.residual, old.reach))
                    old.wipe()
                last = joint
        if last is not None:
            yield last

"""Trees of hashes after RFC 6962 and RFC 9162: proof that an entry is in a record, and that a record only grew.

Hashes are SHA-256, 32 bytes. Leaves are counted from 0. A subtree is complete when its leaves are a power of two; its
height is that power. Everything here is a pure function of bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TypeAlias

WIDTH = 8
"""Heights between the levels of subtrees whose roots are kept: 2 to this power of one level make one of the next."""
TILE = 1 << WIDTH
EMPTY = sha256(b"").digest()
"""The root of a tree without leaves."""

Hashes: TypeAlias = Callable[[int, int, int], Sequence[bytes]]
"""Gives kept hashes, so many from a place on: of level 0 (leaves), 1 (complete subtrees of 256), 2 (of 65,536) …

Fewer where the level has no more.
"""


def leaf_hash(data: bytes) -> bytes:
    """Return the hash of a leaf that holds `data`."""
    return sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of the node over two others."""
    return sha256(b"\x01" + left + right).digest()


def root_of(leaves: Sequence[bytes]) -> bytes:
    """Return the root of the tree over leaf hashes, by the definition: for tests and small trees.

    >>> root_of([]).hex()[:8]
    'e3b0c442'
    """
    if len(leaves) < 2:
        return leaves[0] if leaves else EMPTY
    half = _left(len(leaves))
    return node_hash(root_of(leaves[:half]), root_of(leaves[half:]))


@dataclass(frozen=True, slots=True)
class Kept:
    """The root of a complete subtree of 256 ** `level` leaves, the `place`th of its level, from 0."""

    level: int
    place: int
    hash: bytes


@dataclass(frozen=True, slots=True)
class Frontier:
    """A tree of `size` leaves by the roots of the complete subtrees it is made of, largest first.

    There is one for each bit set in `size`: all that is needed to add leaves and to know the root.
    """

    size: int = 0
    hashes: tuple[bytes, ...] = ()

    def __post_init__(self) -> None:
        """Refuse what is no tree. Raises `ValueError`."""
        if self.size < 0 or len(self.hashes) != self.size.bit_count() or any(len(one) != 32 for one in self.hashes):
            raise ValueError(f"{len(self.hashes)} hashes of 32 bytes are no tree of {self.size} leaves")

    @property
    def root(self) -> bytes:
        """The root of the whole tree."""
        if not self.hashes:
            return EMPTY
        root = self.hashes[-1]
        for left in self.hashes[-2::-1]:
            root = node_hash(left, root)
        return root

    def grown(self, leaves: Iterable[bytes], kept: list[Kept] | None = None) -> Frontier:
        """Return the tree with more leaf hashes at its end; roots that are to be kept are put into `kept`, in order."""
        size, hashes = self.size, list(self.hashes)
        add, take = hashes.append, hashes.pop
        for one in leaves:
            filled, height = size, 0
            while filled & 1:
                one = sha256(b"\x01" + take() + one).digest()
                filled >>= 1
                height += 1
                if height % WIDTH == 0 and kept is not None:
                    kept.append(Kept(height // WIDTH, filled, one))
            add(one)
            size += 1
        return Frontier(size, tuple(hashes))


def ranges(size: int) -> list[tuple[int, int]]:
    """Return the complete subtrees of a tree of `size` leaves, largest first, each as its first leaf and the one past.

    >>> ranges(11)
    [(0, 8), (8, 10), (10, 11)]
    """
    found, low = list[tuple[int, int]](), 0
    for height in reversed(range(size.bit_length())):
        if size >> height & 1:
            found.append((low, low + (1 << height)))
            low += 1 << height
    return found


@dataclass(slots=True)
class Tree:
    """A tree that is kept: hashes are asked for 256 at a time, each once. It proves for any size it ever had."""

    hashes: Hashes
    _tiles: dict[tuple[int, int], Sequence[bytes]] = field(default_factory=dict[tuple[int, int], Sequence[bytes]])

    def frontier(self, size: int) -> Frontier:
        """Return the tree as it was with `size` leaves."""
        return Frontier(size, tuple(self.root(low, high) for low, high in ranges(size)))

    def inclusion(self, index: int, size: int) -> list[bytes]:
        """Return the proof that leaf `index` is in the tree of `size` leaves, lowest node first."""
        return [self.root(low, high) for low, high in inclusion_path(index, size)]

    def consistency(self, old: int, new: int) -> list[bytes]:
        """Return the proof that the tree of `new` leaves begins with that of `old`, both above 0."""
        return [self.root(low, high) for low, high in consistency_path(old, new)]

    def root(self, low: int, high: int) -> bytes:
        """Return the root over the leaves from `low` to before `high`, of which the tree has a node."""
        count = high - low
        if count & (count - 1):
            half = _left(count)
            return node_hash(self.root(low, low + half), self.root(low + half, high))
        height = count.bit_length() - 1
        level, above = height // WIDTH, height % WIDTH
        place = low >> (level * WIDTH)
        row = self._row(level, place, 1 << above)
        while len(row) > 1:
            row = [node_hash(row[at], row[at + 1]) for at in range(0, len(row), 2)]
        return row[0]

    def _row(self, level: int, place: int, count: int) -> Sequence[bytes]:
        tile, begin = divmod(place, TILE)
        if (level, tile) not in self._tiles:
            self._tiles[level, tile] = self.hashes(level, tile * TILE, TILE)
        found = self._tiles[level, tile][begin : begin + count]
        if len(found) != count:
            raise ValueError(f"of level {level}, place {place} and {count} on, {len(found)} hashes are kept")
        return found


def inclusion_path(index: int, size: int) -> list[tuple[int, int]]:
    """Return the subtrees that prove a leaf, lowest first (RFC 9162, 2.1.3.1). Raises `ValueError` for no such leaf."""
    if not 0 <= index < size:
        raise ValueError(f"a tree of {size} leaves has no leaf {index}")
    path, low, high = list[tuple[int, int]](), 0, size
    while high - low > 1:
        middle = low + _left(high - low)
        if index < middle:
            path.append((middle, high))
            high = middle
        else:
            path.append((low, middle))
            low = middle
    return path[::-1]


def consistency_path(old: int, new: int) -> list[tuple[int, int]]:
    """Return the subtrees that prove growth, in the RFC's order (RFC 9162, 2.1.4.1). Raises `ValueError`."""
    if not 0 < old <= new:
        raise ValueError(f"a tree of {new} leaves cannot have grown from one of {old}")
    path, low, high, whole = list[tuple[int, int]](), 0, new, True
    while old != high:
        middle = low + _left(high - low)
        if old <= middle:
            path.append((middle, high))
            high = middle
        else:
            path.append((low, middle))
            low, whole = middle, False
    if not whole:
        path.append((low, high))
    return path[::-1]


def included(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> bool:
    """Say whether `proof` shows the leaf of that hash at `index` in the tree of that size and root.

    The steps are those of RFC 9162, 2.1.3.2.
    """
    if not 0 <= index < size or not _all_hashes(leaf, root, *proof):
        return False
    node, last, found = index, size - 1, leaf
    for one in proof:
        if last == 0:
            return False
        if node & 1 or node == last:
            found = node_hash(one, found)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            found = node_hash(found, one)
        node, last = node >> 1, last >> 1
    return last == 0 and found == root


def consistent(old: int, old_root: bytes, new: int, new_root: bytes, proof: Sequence[bytes]) -> bool:
    """Say whether `proof` shows that the tree of `new` leaves begins with that of `old`, by their roots.

    The steps are those of RFC 9162, 2.1.4.2. A tree without leaves is the beginning of every other, and takes no proof.
    """
    if not 0 <= old <= new or not _all_hashes(old_root, new_root, *proof):
        return False
    if old == new:
        return not proof and old_root == new_root
    if old == 0:
        return not proof and old_root == EMPTY
    path = [old_root, *proof] if old & (old - 1) == 0 else list(proof)
    if not path:
        return False
    node, last = old - 1, new - 1
    while node & 1:
        node, last = node >> 1, last >> 1
    before = after = path[0]
    for one in path[1:]:
        if last == 0:
            return False
        if node & 1 or node == last:
            before, after = node_hash(one, before), node_hash(one, after)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            after = node_hash(after, one)
        node, last = node >> 1, last >> 1
    return last == 0 and before == old_root and after == new_root


def _left(size: int) -> int:
    """Return how many of `size` leaves, 2 or more, are on the left: the largest power of two below it."""
    return 1 << (size - 1).bit_length() - 1


def _all_hashes(*found: bytes) -> bool:
    return all(len(one) == 32 for one in found)

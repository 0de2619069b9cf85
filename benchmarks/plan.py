"""What a run is asked to do: how much work, with which weights, against which peers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from benchmarks.product import Weights
from benchmarks.rows import Row


@dataclass(frozen=True, slots=True)
class Effort:
    """How often things are done: enough to trust, or just enough to see that all works."""

    stage: int = 200
    """Measured runs of a short stage."""
    calls: int = 150
    """Measured calls of a whole operation."""
    seconds: float = 3.0
    """Length of one round of load."""
    rounds: int = 7
    """Rounds of load, each beside a round of what it is compared with."""
    portraits: int = 60
    repeats: int = 2
    """Times each portrait is gone through, for each variant of ours."""
    starts: int = 7
    settling: int = 1000
    """Calls before memory is watched: pools, caches and the allocator fill up first, shape by shape."""
    lasting: int = 2000
    """Calls over which memory has to stay flat, once it has settled."""


QUICK = Effort(stage=20, calls=15, seconds=0.5, rounds=2, portraits=6, repeats=1, starts=2, settling=100, lasting=200)


@dataclass(frozen=True, slots=True)
class Plan:
    """One run."""

    weights: Weights
    effort: Effort
    peers: tuple[Path, ...] = ()
    """Pythons of further environments that have face_recognition, beside the one made here."""
    compile_peer: bool = False
    """Whether to make one with a dlib compiled here, too."""


Group: TypeAlias = Callable[[Plan], Iterator[Row]]
"""Measures and gives rows, one at a time so that a reader sees them come."""

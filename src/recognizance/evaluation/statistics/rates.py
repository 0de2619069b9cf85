"""A rate that was counted, and how far from the truth it may be."""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist
from typing import Protocol


class Counted(Protocol):
    """A rate with its count and 95 % bounds, however they were reached: `Rate`, or `Estimate` in `intervals`."""

    @property
    def count(self) -> int:
        """How many were seen."""
        ...

    @property
    def of(self) -> int:
        """How many there were to see."""
        ...

    @property
    def value(self) -> float:
        """The rate, in [0, 1]."""
        ...

    @property
    def low(self) -> float:
        """The lower 95 % bound."""
        ...

    @property
    def high(self) -> float:
        """The upper 95 % bound."""
        ...


@dataclass(frozen=True, slots=True)
class Rate:
    """How many of how many, as a share with its 95 % bounds.

    The bounds are Wilson's where something was counted. Where nothing was, the upper one is the
    rule of three: none in n means at most 3 / n. They take the trials as independent, which pairs
    that share a person are not: for those, see `intervals`.
    """

    count: int
    of: int

    def __post_init__(self) -> None:
        """Refuse counts that are no share of anything."""
        if not 0 <= self.count <= self.of:
            raise ValueError(f"a rate counts between 0 and all of its trials, got {self.count} of {self.of}")
        if self.of == 0:
            raise ValueError("a rate needs at least one trial")

    @property
    def value(self) -> float:
        """The share counted, in [0, 1]."""
        return self.count / self.of

    @property
    def low(self) -> float:
        """The lower 95 % bound."""
        return 0.0 if self.count == 0 else wilson(self.count, self.of)[0]

    @property
    def high(self) -> float:
        """The upper 95 % bound."""
        return min(1.0, 3 / self.of) if self.count == 0 else wilson(self.count, self.of)[1]


def wilson(count: int, of: int, confidence: float = 0.95) -> tuple[float, float]:
    """Return the low and high bounds of a binomial share (Wilson 1927).

    >>> low, high = wilson(5, 10)
    >>> round(low, 3), round(high, 3)
    (0.237, 0.763)
    """
    return wilson_of(count / of, of, NormalDist().inv_cdf(0.5 + confidence / 2))


def wilson_of(value: float, trials: float, quantile: float) -> tuple[float, float]:
    """Return Wilson's bounds for a share of so many independent trials, which need not be whole."""
    square = quantile * quantile
    middle = value + square / (2 * trials)
    spread = quantile * math.sqrt(value * (1 - value) / trials + square / (4 * trials * trials))
    scale = 1 + square / trials
    return max(0.0, (middle - spread) / scale), min(1.0, (middle + spread) / scale)

"""What a list of measured numbers says: pure functions, no clock in them but `interleaved`'s."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Spread:
    """The middle of some numbers and how far they reach: quartiles `low` and `high`, and the 95th percentile."""

    median: float
    low: float
    high: float
    p95: float
    count: int


@dataclass(frozen=True, slots=True)
class Slope:
    """The least-squares line through numbers taken at even steps: its rise a step, with 95 % confidence `within`."""

    rise: float
    within: float


def spread(values: Sequence[float]) -> Spread:
    """Return the median, quartiles and 95th percentile. Raises `ValueError` when there are no values."""
    if not values:
        raise ValueError("a spread needs one value or more")
    low, median, high, p95 = np.percentile(np.asarray(values, float), (25, 50, 75, 95))
    return Spread(float(median), float(low), float(high), float(p95), len(values))


def ratios(slower: Sequence[float], faster: Sequence[float]) -> Spread:
    """Return how many times as long `slower` took, pair by pair.

    The median of ratios of neighbours, not the ratio of medians: what slows the machine for a while
    slows both halves of a pair. Raises `ValueError` unless the lengths are equal and above 0.
    """
    return spread([a / b for a, b in zip(slower, faster, strict=True)])


def differences(larger: Sequence[float], smaller: Sequence[float]) -> Spread:
    """Return how much more `larger` is, pair by pair. Raises `ValueError` as `ratios` does."""
    return spread([a - b for a, b in zip(larger, smaller, strict=True)])


def slope(values: Sequence[float], step: float = 1.0) -> Slope:
    """Return the rise per unit of what `step` counts, of values `step` units apart.

    The interval supposes independent errors, which memory's are not: it is the smallest honest one.
    Raises `ValueError` for fewer than three values.
    """
    if len(values) < 3:
        raise ValueError(f"a slope needs three values or more, got {len(values)}")
    x = np.arange(len(values)) * step
    y = np.asarray(values, float)
    centred = x - x.mean()
    square = float(centred @ centred)
    rise = float(centred @ y) / square
    left = y - y.mean() - rise * centred
    error = math.sqrt(float(left @ left) / (len(values) - 2) / square)
    return Slope(rise, 1.96 * error)


def interleaved(
    works: Mapping[str, Callable[[Item], object]], items: Sequence[Item], *, warm: int = 2
) -> dict[str, list[float]]:
    """Return milliseconds of each work on each item, in the order of `items`.

    For every item all works run once, and who begins changes from item to item. The first `warm`
    items run beforehand, unmeasured.
    """
    for item in items[:warm]:
        for work in works.values():
            work(item)
    took: dict[str, list[float]] = {name: [] for name in works}
    names = list(works)
    for at, item in enumerate(items):
        first = at % len(names)
        for name in names[first:] + names[:first]:
            took[name].append(timed(works[name], item))
    return took


def timed(work: Callable[[Item], object], item: Item) -> float:
    """Return the milliseconds that `work` takes on `item`."""
    began = time.perf_counter_ns()
    work(item)
    return (time.perf_counter_ns() - began) / 1e6

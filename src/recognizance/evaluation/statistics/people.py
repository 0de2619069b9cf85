"""Rates and means of people who may have several pictures each: a person counts once, and intervals speak of people."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from recognizance.evaluation.statistics.intervals import CONFIDENCE, SMALLEST, by_person
from recognizance.evaluation.statistics.rates import Counted, Rate

Flags = NDArray[np.bool_]
Whole = NDArray[np.int64]
Reals = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Measure:
    """A number with its 95 % interval."""

    value: float
    low: float
    high: float


def numbered(people: Sequence[str]) -> Whole:
    """Return names as numbers from 0, in their order."""
    return np.unique(np.asarray(people, dtype=object).astype(str), return_inverse=True)[1].astype(np.int64)


def rate(right: Flags, people: Whole) -> Counted:
    """Return how often something is so, each person counted once; of people with one picture each, a plain rate."""
    of = np.bincount(people)
    some = of > 0
    if of.max() == 1:
        return Rate(int(right.sum()), len(right))
    counts = np.bincount(people, weights=right, minlength=len(of)).astype(np.int64)[some]
    return by_person([counts], of[some].astype(np.int64), np.zeros(int(some.sum()), np.int64)).estimate(0)


def middle_of(one: Counted, other: Counted) -> Measure:
    """Return the mean of two rates of different pictures, its bounds put together from theirs (Newcombe 1998)."""
    value = (one.value + other.value) / 2
    down = math.hypot(one.value - one.low, other.value - other.low) / 2
    up = math.hypot(one.high - one.value, other.high - other.value) / 2
    return Measure(value, max(0.0, value - down), min(1.0, value + up))


def mean(values: Reals, people: Whole) -> Measure | None:
    """Return a mean in which each person weighs the same, with Student's interval; None below `SMALLEST` people."""
    whose, at = np.unique(people, return_inverse=True)
    if len(whose) < SMALLEST:
        return None
    each = np.bincount(at, weights=values) / np.bincount(at)
    value = float(each.mean())
    arm = float(stats.t.ppf(0.5 + CONFIDENCE / 2, len(each) - 1)) * float(each.std(ddof=1)) / math.sqrt(len(each))
    return Measure(value, value - arm, value + arm)

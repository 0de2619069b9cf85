"""What a model's curve lets one expect of comparisons and of searches, to hold against what was seen.

A curve says at which rate one comparison of strangers matches, and between which bounds that is known. In a gallery of
N strangers a search then meets at least one false match with a chance of 1 - (1 - rate) ** N, as if strangers matched
independently of one another. Where some people match far more often than others, fewer searches meet more matches each:
then fewer have one than is expected here.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from recognizance.evaluation.statistics.intervals import CONFIDENCE
from recognizance.values import Percent
from recognizance.vision.similarity import Similarity

Reals = NDArray[np.float64]

STEPS = 400


@dataclass(frozen=True, slots=True)
class Predicted:
    """How many may be expected, and between which whole numbers the count of one experiment falls, 95 in 100 times."""

    mean: float
    low: int
    high: int


@dataclass(frozen=True, slots=True)
class Expected:
    """What the curve lets one expect at one threshold, and between which counts 95 in 100 such tests end.

    `rate` is that of one comparison of strangers, `low` and `high` its bounds; `extrapolated` says that it is smaller
    than any that was seen in the data of the curve. `pairs` are false matches, `probes` those with one at least.
    """

    rate: float
    low: float
    high: float
    extrapolated: bool
    pairs: Predicted
    probes: Predicted


def expected(similarity: Similarity, percent: Percent, *, probes: int, gallery: float) -> Expected:
    """Return what to expect of so many searches, each among `gallery` pictures of strangers (a mean)."""
    low, high = similarity.interval(percent)
    return at_rate(
        similarity.rate(percent), low, high, similarity.extrapolated(percent), probes=probes, gallery=gallery
    )


def at_rate(rate: float, low: float, high: float, extrapolated: bool, *, probes: int, gallery: float) -> Expected:
    """Return what to expect of so many searches where strangers match at a rate, known between two bounds."""
    return Expected(
        rate,
        low,
        high,
        extrapolated,
        predicted_count(rate, low, high, probes * gallery),
        predicted_probes(rate, low, high, probes=probes, gallery=gallery),
    )


def figures(one: Expected, *, agrees: bool | None, within: bool | None) -> dict[str, Any]:
    """Return what was expected as documents have it, and whether what was seen agrees with it."""
    return {
        "rate": one.rate,
        "low": one.low,
        "high": one.high,
        "extrapolated": one.extrapolated,
        "pairs": _plain(one.pairs),
        "probes": _plain(one.probes),
        "agrees": agrees,
        "within_observed": within,
    }


def _plain(one: Predicted) -> dict[str, Any]:
    return {"mean": one.mean, "low": one.low, "high": one.high}


def predicted_count(rate: float, low: float, high: float, trials: float, confidence: float = CONFIDENCE) -> Predicted:
    """Return what a rate, itself known only between `low` and `high` (95 %), lets one expect of `trials`.

    Counts are Poisson's, the rate's logarithm is taken as normal between its bounds, each side with its own width. It
    says nothing of people who match more often than others: a real count spreads wider where a few make many matches.
    """
    if rate <= 0:
        return Predicted(0.0, 0, int(stats.poisson.ppf(0.5 + confidence / 2, max(high, 0.0) * trials)))
    means = rate * trials * _spread(rate, low, high)
    most = int(stats.poisson.ppf(1 - 1e-12, float(means.max()))) + 1

    def below(count: int) -> float:
        return float(np.mean(stats.poisson.cdf(count, means)))

    return Predicted(
        rate * trials, _first_count(below, (1 - confidence) / 2, most), _first_count(below, (1 + confidence) / 2, most)
    )


def predicted_probes(rate: float, low: float, high: float, *, probes: int, gallery: float) -> Predicted:
    """Return how many of so many searches meet a false match, and between which counts that ends 95 times in 100.

    Counts are binomial; the rate's logarithm is taken as normal between its bounds, each side with its own width.

    >>> found = predicted_probes(2.1e-6, 1e-6, 4e-6, probes=535, gallery=25_000)
    >>> round(found.mean, 1), found.low, found.high
    (27.4, 11, 54)
    """
    if not 0 < low <= rate <= high or probes == 0 or gallery <= 0:
        return Predicted(0.0, 0, 0)
    chances: Reals = -np.expm1(gallery * np.log1p(-np.minimum(rate * _spread(rate, low, high), 1 - 1e-12)))
    tail = (1 - CONFIDENCE) / 2

    def below(count: int) -> float:
        return float(np.mean(stats.binom.cdf(count, probes, chances)))

    return Predicted(
        probes * chance(rate, gallery), _first_count(below, tail, probes), _first_count(below, 1 - tail, probes)
    )


def chance(rate: float, gallery: float) -> float:
    """Return how often a search of so many strangers meets a false match: 1 - (1 - rate) ** gallery.

    >>> round(chance(2.1e-6, 25_000), 3)
    0.051
    """
    return -math.expm1(gallery * math.log1p(-min(rate, 1 - 1e-12)))


def _spread(rate: float, low: float, high: float) -> Reals:
    """Return by how much a rate may be off, at `STEPS` even steps of chance, each side as wide as its bound is far."""
    shares = (np.arange(STEPS) + 0.5) / STEPS
    steps: Reals = np.asarray(stats.norm.ppf(shares) / stats.norm.ppf(0.975))
    arms = np.where(steps < 0, math.log(rate / max(low, 1e-300)), math.log(max(high, rate) / rate))
    return np.exp(np.clip(steps * arms, -700, 700))


def _first_count(below: Callable[[int], float], share: float, most: int) -> int:
    """Return the smallest count, `most` at the most, that at least such a share of experiments stays at or below."""
    low, high = -1, most
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if below(middle) >= share else (middle, high)
    return high

"""What a model's curve lets one expect of searches, to hold against what was seen.

A curve says at which rate one comparison of strangers matches, and between which bounds that is known. In a gallery of
N strangers a search then meets at least one false match with a chance of 1 - (1 - rate) ** N, as if strangers matched
independently of one another. Where some people match far more often than others, fewer searches meet more matches each:
then fewer have one than is expected here.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from recognizance.evaluation.statistics.intervals import CONFIDENCE, Predicted, predicted_count
from recognizance.values import Percent
from recognizance.vision.similarity import Similarity

Reals = NDArray[np.float64]

STEPS = 400


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
    rate, (low, high) = similarity.rate(percent), similarity.interval(percent)
    return Expected(
        rate,
        low,
        high,
        similarity.extrapolated(percent),
        predicted_count(rate, low, high, probes * gallery),
        predicted_probes(rate, low, high, probes=probes, gallery=gallery),
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
    shares = (np.arange(STEPS) + 0.5) / STEPS
    steps: Reals = np.asarray(stats.norm.ppf(shares) / stats.norm.ppf(0.975))
    arms = np.where(steps < 0, math.log(rate / low), math.log(high / rate))
    rates = np.minimum(rate * np.exp(steps * arms), 1 - 1e-12)
    chances: Reals = -np.expm1(gallery * np.log1p(-rates))
    tail = (1 - CONFIDENCE) / 2
    return Predicted(
        probes * chance(rate, gallery), _reached(probes, chances, tail), _reached(probes, chances, 1 - tail)
    )


def chance(rate: float, gallery: float) -> float:
    """Return how often a search of so many strangers meets a false match: 1 - (1 - rate) ** gallery."""
    return -math.expm1(gallery * math.log1p(-min(rate, 1 - 1e-12)))


def _reached(probes: int, chances: Reals, share: float) -> int:
    """Return the smallest count that at least such a share of experiments stays at or below."""
    low, high = -1, probes
    while high - low > 1:
        middle = (low + high) // 2
        below = float(np.mean(stats.binom.cdf(middle, probes, chances)))
        low, high = (low, middle) if below >= share else (middle, high)
    return high

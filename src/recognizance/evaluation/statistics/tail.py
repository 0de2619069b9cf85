"""Rates too small to count: the generalised Pareto law fitted to what exceeds a threshold.

Above a high enough threshold, what a score exceeds it by follows this law, whatever the scores'
own law (Pickands 1975). Each exceedance may carry a weight. A bounded tail (`shape` < 0) would say
that above some cosine strangers never match; that is more than a sample can tell, so `unbounded`
replaces it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Reals = NDArray[np.float64]

STEPS = 50
PASSES = 4
"""The search tries so many places on each pass; the next pass divides what is round the best of them."""


@dataclass(frozen=True, slots=True)
class Tail:
    """Beyond `threshold`, which a share `share` exceeds: scale and shape of the generalised Pareto law."""

    threshold: float
    share: float
    scale: float
    shape: float

    def log10_rate(self, scores: Reals) -> Reals:
        """Return log10 of the share that exceeds each score, for scores from the threshold up; -inf at its end."""
        excess = (scores - self.threshold) / self.scale
        if abs(self.shape) < 1e-9:
            return np.asarray(np.log10(self.share) - excess / np.log(10))
        inside = np.maximum(1 + self.shape * excess, 0)
        with np.errstate(divide="ignore"):
            return np.asarray(np.log10(self.share) - np.log10(inside) / self.shape)

    def score(self, log10_rate: float) -> float:
        """Return the score that a share of 10 ** `log10_rate` exceeds; the inverse of `log10_rate`."""
        ratio = (np.log10(self.share) - log10_rate) * np.log(10)
        if abs(self.shape) < 1e-9:
            return float(self.threshold + self.scale * ratio)
        return float(self.threshold + self.scale * np.expm1(self.shape * ratio) / self.shape)


def fit_tail(scores: Reals, weights: Reals, *, threshold: float, share: float) -> Tail:
    """Fit the law to the scores above `threshold` by weighted maximum likelihood.

    `share` is the rate at `threshold`. The two parameters are searched as one, their quotient, along
    the profile of the likelihood (Grimshaw 1993), for shapes of -0.5 and more: below, the estimate
    means nothing (Smith 1985). Raises `ValueError` with fewer than ten exceedances.
    """
    above = (scores > threshold) & (weights > 0)
    excess, weight = scores[above] - threshold, weights[above] / weights[above].sum()
    if len(excess) < 10:
        raise ValueError(f"a tail needs at least ten scores above its threshold, got {len(excess)}")
    mean = float(weight @ excess)
    best = _search(-1 / float(excess.max()) * (1 - 1e-9), 4 / mean, excess, weight, mean)
    shape = _shape(best, excess, weight)
    scale = mean if abs(shape) < 1e-9 else shape / best
    return Tail(threshold, share, float(scale), float(shape))


def _search(low: float, high: float, excess: Reals, weight: Reals, mean: float, passes: int = PASSES) -> float:
    """Return the quotient of shape and scale between `low` and `high` that is likeliest."""
    quotients = np.linspace(low, high, STEPS)
    best = int(np.argmax([_profile(quotient, excess, weight, mean) for quotient in quotients]))
    if passes == 1:
        return float(quotients[best])
    nearest = quotients[max(best - 1, 0)], quotients[min(best + 1, STEPS - 1)]
    return _search(float(nearest[0]), float(nearest[1]), excess, weight, mean, passes - 1)


def unbounded(tail: Tail) -> Tail:
    """Return the tail, or the exponential one of the same mean excess where it would end somewhere.

    From a sample nobody can conclude that strangers never reach a cosine; where in doubt, a rate is
    taken to be higher.
    """
    if tail.shape >= 0:
        return tail
    return Tail(tail.threshold, tail.share, scale=tail.scale / (1 - tail.shape), shape=0.0)


def _shape(quotient: float, excess: Reals, weight: Reals) -> float:
    return float(weight @ np.log1p(quotient * excess))


def _profile(quotient: float, excess: Reals, weight: Reals, mean: float) -> float:
    """Return the mean log likelihood at the best shape and scale whose quotient is this one."""
    shape = _shape(quotient, excess, weight)
    if shape < -0.5:
        return -np.inf
    scale = mean if abs(quotient) * mean < 1e-9 else shape / quotient
    return float(-np.log(scale) - shape - 1)

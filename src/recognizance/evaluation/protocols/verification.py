"""Same person or not: the View 2 protocol of LFW, and true accepts at a given false-match rate.

Scores are cosines, float64 or float32; a pair that could not be scored (a face that was not found)
counts as a rejection: score -1. `same` says of each pair whether it is one person.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recognizance.evaluation.statistics import comparisons
from recognizance.evaluation.statistics.comparisons import FINENESS
from recognizance.evaluation.statistics.rates import Rate
from recognizance.values import Vectors

Reals = NDArray[np.float64]
Flags = NDArray[np.bool_]
Whole = NDArray[np.int64]

REJECTED = -1.0


@dataclass(frozen=True, slots=True, eq=False)
class Verification:
    """What the folds gave: the accuracy of each, and the threshold the other folds chose for it."""

    accuracies: tuple[float, ...]
    thresholds: tuple[float, ...]

    @property
    def mean(self) -> float:
        """The mean accuracy of the folds, in [0, 1]."""
        return float(np.mean(self.accuracies))

    @property
    def deviation(self) -> float:
        """The standard error of the mean, as the LFW tables print it."""
        return float(np.std(self.accuracies, ddof=1) / np.sqrt(len(self.accuracies)))


def verify(scores: Reals, same: Flags, folds: Whole) -> Verification:
    """Return each fold's accuracy at the threshold that does best on all the other folds.

    `folds` numbers the fold of each pair. Of several thresholds that do equally well, the middle one
    is taken.
    """
    accuracies: list[float] = []
    thresholds: list[float] = []
    for fold in np.unique(folds):
        here = folds == fold
        threshold = best_threshold(scores[~here], same[~here])
        thresholds.append(threshold)
        accuracies.append(float(np.mean((scores[here] >= threshold) == same[here])))
    return Verification(tuple(accuracies), tuple(thresholds))


def best_threshold(scores: Reals, same: Flags) -> float:
    """Return the threshold at which "same when at least this" is right most often.

    It lies half-way between two scores; of several runs of equally good ones, the middle one is taken.

    >>> best_threshold(np.array([0.1, 0.2, 0.6, 0.9]), np.array([False, False, True, True]))
    0.4
    """
    order = np.argsort(scores, kind="stable")
    ranked, truth = scores[order], same[order]
    right = truth.sum() + np.concatenate(
        [[0], np.cumsum(np.where(truth, -1, 1))]
    )  # right[k]: the k lowest are rejected
    cut = np.concatenate([[True], np.diff(ranked) > 0, [True]])  # equal scores cannot be told apart
    best = np.nonzero(cut & (right == right[cut].max()))[0]
    place = int(best[len(best) // 2])
    below = ranked[place - 1] if place > 0 else -1.0
    above = ranked[place] if place < len(ranked) else 1.0
    return float((below + above) / 2)


@dataclass(frozen=True, slots=True, eq=False)
class Counts:
    """How many pairs of each kind fell into each of `FINENESS` bins of cosine, from -1 up."""

    genuine: Whole
    strangers: Whole


def all_pairs(vectors: Vectors, people: Whole) -> Counts:
    """Compare every picture with every other once, and count the cosines.

    `vectors` has unit rows; a row of zeros is a face that was not found, whose cosines count as `REJECTED`.
    """
    found = comparisons.all_pairs(comparisons.Faces(vectors, np.unique(people, return_inverse=True)[1]))
    counts = Counts(found.genuine.copy(), found.strangers.copy())
    counts.genuine[0] += found.lost_genuine
    counts.strangers[0] += found.lost_strangers
    return counts


@dataclass(frozen=True, slots=True)
class Point:
    """One point of a ROC: at `cosine` and above, how many strangers and how many true pairs."""

    asked: float
    cosine: float
    false_matches: Rate
    true_accepts: Rate


def roc(counts: Counts, rates: Sequence[float]) -> list[Point]:
    """Return, for each false-match rate, the lowest cosine that keeps it and the true accepts there."""
    strangers, genuine = comparisons.at_least(counts.strangers), comparisons.at_least(counts.genuine)
    return [_point(rate, strangers, genuine) for rate in rates]


def _point(rate: float, strangers: Whole, genuine: Whole) -> Point:
    place = int(np.argmax(strangers <= rate * strangers[0]))
    return Point(
        asked=rate,
        cosine=-1 + 2 * place / FINENESS,
        false_matches=Rate(int(strangers[place]), int(strangers[0])),
        true_accepts=Rate(int(genuine[place]), int(genuine[0])),
    )

"""Same person or not: the View 2 protocol of LFW, and true accepts at a given false-match rate.

Scores are cosines, float64 or float32; a pair that could not be scored (a face that was not found)
counts as a rejection: score -1. `same` says of each pair whether it is one person.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recognizance.evaluation.rates import Rate
from recognizance.values import Vectors

Reals = NDArray[np.float64]
Flags = NDArray[np.bool_]
Whole = NDArray[np.int64]

REJECTED = -1.0
FINENESS = 20_000
"""Bins across [-1, 1] in which cosines are counted: one ten-thousandth each."""


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

    def __add__(self, other: Counts) -> Counts:
        """Return the counts of both."""
        return Counts(self.genuine + other.genuine, self.strangers + other.strangers)


def no_counts() -> Counts:
    """Return counts of nothing."""
    return Counts(np.zeros(FINENESS, np.int64), np.zeros(FINENESS, np.int64))


def count_pairs(vectors: Vectors, people: Whole, *, rows: int = 1024) -> Iterator[Counts]:
    """Compare every picture with every later one, a block of rows at a time, and count the cosines.

    `vectors` has unit rows; a row of zeros is a face that was not found, whose cosines count as
    `REJECTED`. Memory is `rows` times the number of pictures, in float32.
    """
    lost: Flags = np.asarray(~vectors.any(axis=1))
    for start in range(0, len(vectors), rows):
        block = vectors[start : start + rows] @ vectors[start:].T
        block[lost[start : start + rows]] = REJECTED
        block[:, lost[start:]] = REJECTED
        later = np.triu(np.ones(block.shape, np.bool_), k=1)
        one = people[start : start + rows, None] == people[None, start:]
        yield Counts(_histogram(block[later & one]), _histogram(block[later & ~one]))


def all_pairs(vectors: Vectors, people: Whole) -> Counts:
    """Return the counts over all pairs of pictures; see `count_pairs`."""
    return total(count_pairs(vectors, people))


def total(parts: Iterable[Counts]) -> Counts:
    """Return the sum of counts."""
    return sum(parts, start=no_counts())


@dataclass(frozen=True, slots=True)
class Point:
    """One point of a ROC: at `cosine` and above, how many strangers and how many true pairs."""

    asked: float
    cosine: float
    false_matches: Rate
    true_accepts: Rate


def roc(counts: Counts, rates: Sequence[float]) -> list[Point]:
    """Return, for each false-match rate, the lowest cosine that keeps it and the true accepts there."""
    strangers, genuine = _at_least(counts.strangers), _at_least(counts.genuine)
    return [_point(rate, strangers, genuine) for rate in rates]


def _point(rate: float, strangers: Whole, genuine: Whole) -> Point:
    place = int(np.argmax(strangers <= rate * strangers[0]))
    return Point(
        asked=rate,
        cosine=-1 + 2 * place / FINENESS,
        false_matches=Rate(int(strangers[place]), int(strangers[0])),
        true_accepts=Rate(int(genuine[place]), int(genuine[0])),
    )


def _at_least(histogram: Whole) -> Whole:
    """Return how many fell into each bin or above; one more entry than bins, the last is 0."""
    return np.concatenate([np.cumsum(histogram[::-1])[::-1], [0]])


def _histogram(cosines: NDArray[np.float32]) -> Whole:
    bins = np.floor((cosines.astype(np.float64) + 1) * (FINENESS / 2)).astype(np.int64)
    return np.bincount(np.clip(bins, 0, FINENESS - 1), minlength=FINENESS).astype(np.int64)

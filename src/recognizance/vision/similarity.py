"""From cosine to percentage: what the angle between two vectors means to a person.

A percentage says how often strangers score that high, the same for every model: 80 is one pair in a
million. `ANCHORS` fixes the scale; a model's curve, fitted on pairs of known truth and kept with its
card, says which cosine has which rate. Curves rise everywhere, so a threshold in percent is a
threshold in cosine.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from recognizance.errors import ModelUnusable
from recognizance.values import Card, Curve, Percent

Reals = NDArray[np.float64]

ANCHORS: tuple[tuple[float, Percent], ...] = (
    (0.0, 0.0),
    (-1.0, 20.0),
    (-2.0, 40.0),
    (-3.0, 50.0),
    (-4.0, 60.0),
    (-5.0, 70.0),
    (-6.0, 80.0),
    (-7.0, 90.0),
    (-8.0, 95.0),
    (-9.0, 99.0),
)
"""Log10 of the rate at which strangers match, and the percentage that stands for it. Cosine 1 is 100."""

IDENTICAL: Percent = 100.0
RAREST = 10.0 ** ANCHORS[-1][0] * (1 - 1e-9)


@dataclass(frozen=True, slots=True, eq=False)
class _Line:
    """A strictly rising piecewise linear function given by its corners, constant beyond them."""

    xs: Reals
    ys: Reals

    def __call__(self, x: Reals) -> Reals:
        """Return the value at each `x`. Rounding never makes a larger `x` give a smaller value."""
        at = np.clip(np.searchsorted(self.xs, x, side="right") - 1, 0, len(self.xs) - 2)
        x0, x1, y0, y1 = self.xs[at], self.xs[at + 1], self.ys[at], self.ys[at + 1]
        inner = y0 + (np.clip(x, x0, x1) - x0) * ((y1 - y0) / (x1 - x0))
        return np.where(x >= x1, y1, np.minimum(inner, y1))

    def at(self, x: float) -> float:
        """Return the value at one `x`, to the last bit what an array of it gives, at a twentieth of the time."""
        at = min(max(bisect_right(self.xs, x) - 1, 0), len(self.xs) - 2)
        x0, x1, y0, y1 = (float(one) for one in (*self.xs[at : at + 2], *self.ys[at : at + 2]))
        return y1 if x >= x1 else min(y0 + (max(x, x0) - x0) * ((y1 - y0) / (x1 - x0)), y1)


@dataclass(frozen=True, slots=True, eq=False)
class Similarity:
    """The scale of one model: cosine to percentage and back, and what a percentage means.

    Raises `ModelUnusable` when the curve does not reach from cosine -1 at rate 1 to cosine 1 at a
    rate below 1e-9.
    """

    curve: Curve
    _percent: _Line = field(init=False, repr=False)
    _cosine: _Line = field(init=False, repr=False)
    _low: _Line = field(init=False, repr=False)
    _high: _Line = field(init=False, repr=False)
    _rate: _Line = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Join the curve's corners with the scale's own, so that one interpolation does for both."""
        _check(self.curve)
        cosines, depth = np.array(self.curve.cosines), -np.array(self.curve.log10_rates)
        scale = _Line(
            np.array([-rate for rate, _ in ANCHORS] + [depth[-1]]),
            np.array([percent for _, percent in ANCHORS] + [IDENTICAL]),
        )
        corners = np.union1d(cosines, _Line(depth, cosines)(scale.xs))
        percents = scale(_Line(cosines, depth)(corners))
        rising = np.concatenate([[True], np.diff(percents) > 0])
        corners, percents = corners[rising], percents[rising]
        for name, line in (
            ("_percent", _Line(corners, percents)),
            ("_cosine", _Line(percents, corners)),
            ("_rate", _Line(scale.ys, scale.xs)),
            ("_low", _Line(cosines, -np.array(self.curve.log10_low))),
            ("_high", _Line(cosines, -np.array(self.curve.log10_high))),
        ):
            object.__setattr__(self, name, line)

    def at(self, cosine: float) -> Percent:
        """Return the percentage for one cosine; a cosine that rounding took out of [-1, 1] counts as its end."""
        return float(self.of(np.array([cosine]))[0])

    def score(self, cosine: float) -> Percent:
        """Return the percentage for one cosine as the wire carries it, a float32.

        Thresholds are held against this one, so that whoever asks again with the similarity of a match gets that match.
        """
        return self.scores([cosine])[0]

    def scores(self, cosines: Sequence[float]) -> list[Percent]:
        """Return the percentage for each cosine as the wire carries it."""
        if not cosines:
            return []
        return [float(one) for one in self.of(np.array(cosines, dtype=np.float64)).astype(np.float32)]

    def of(self, cosines: NDArray[np.floating]) -> Reals:
        """Return the percentage for each cosine, as float64 of the same shape. Raises `ValueError` on NaN."""
        given = np.asarray(cosines, dtype=np.float64)
        if np.isnan(given).any():
            raise ValueError("a cosine is not a number: one of the vectors has no direction")
        return self._percent(given)

    def cosine(self, percent: Percent) -> float:
        """Return the cosine a percentage stands for: the threshold to search with."""
        return self._cosine.at(_percentage(percent))

    def rate(self, percent: Percent) -> float:
        """Return the share of pairs of strangers that score at least `percent`, in (0, 1]."""
        return float(10.0 ** -self._rate.at(_percentage(percent)))

    def interval(self, percent: Percent) -> tuple[float, float]:
        """Return the 95 % bounds of `rate`, low then high: what the data the curve was fitted on allow."""
        cosine, rate = self.cosine(percent), self.rate(percent)
        low, high = (float(10.0 ** -line.at(cosine)) for line in (self._low, self._high))
        return min(low, rate), max(high, rate)

    def extrapolated(self, percent: Percent) -> bool:
        """Say whether the rate at `percent` is smaller than any that was seen in data."""
        return -self._rate.at(_percentage(percent)) < self.curve.measured_to - 1e-9

    def sentence(self, percent: Percent) -> str:
        """Say in words how many pairs of strangers score at least `percent`.

        Below one in a billion, where the scale ends, no number is given: nobody could check it.
        """
        rate = self.rate(percent)
        if rate > 0.5:
            return "most pairs of strangers score this high"
        if rate < RAREST:
            return (
                "fewer than one in a billion pairs of strangers score this high, which is beyond what can be measured"
            )
        text = f"about one in {_rounded(1 / rate):,} pairs of strangers scores this high"
        if not self.extrapolated(percent):
            return text
        low, high = self.interval(percent)
        return (
            f"{text} (extrapolated, because too few such pairs have been seen: "
            f"between one in {_rounded(1 / high):,} and one in {_rounded(1 / low):,})"
        )


def scale_of(card: Card) -> Similarity:
    """Return the scale of a model. Raises `ModelUnusable` when its card has no curve, or a broken one."""
    if card.curve is None:
        raise ModelUnusable(
            f"the model {card.name} has no curve, so its cosines have no known meaning and it cannot compare; "
            f"fit one with: recognizance audit calibrate --model {card.name} --images PEOPLE --write CARDS"
        )
    return Similarity(card.curve)


def _check(curve: Curve) -> None:
    """Refuse a curve that the scale cannot be laid along; that it rises is the card reader's to check."""
    if (curve.cosines[0], curve.cosines[-1]) != (-1.0, 1.0) or curve.log10_rates[0] != 0.0:
        raise ModelUnusable("a curve should go from cosine -1, where the rate is 1, to cosine 1")
    if curve.log10_rates[-1] >= ANCHORS[-1][0]:
        raise ModelUnusable(f"a curve should end at a rate below 1e-9, this one ends at {10 ** curve.log10_rates[-1]}")


def _percentage(percent: Percent) -> Percent:
    if not 0 <= percent <= IDENTICAL:
        raise ValueError(f"a similarity is between 0 and 100, got {percent}")
    return float(percent)


def _rounded(number: float) -> int:
    """Round to two significant digits, or one above a million: more would claim more than is known."""
    digits = 1 if number >= 1e6 else 2
    unit = int(10 ** max(0, math.floor(math.log10(number)) + 1 - digits))
    return round(number / unit) * unit

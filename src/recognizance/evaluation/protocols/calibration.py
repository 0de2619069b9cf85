"""From strangers to a curve: how often two people reach a cosine, and how sure that is.

A pair of people counts once, however many pictures there are of each: a pair of pictures has the
weight 1 / (pictures of one x pictures of the other), so that the rate is that of two strangers who
meet with one picture each. Rates that were seen are counted; smaller ones come from the law of the
tail (`tail`). Bounds come from drawing people, not pairs, again and again: pairs that share a person
are not independent. People are numbered from 0; scores are cosines.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from recognizance.evaluation.protocols.verification import Reals, Whole
from recognizance.evaluation.sets.datasets import half
from recognizance.evaluation.statistics.comparisons import FINENESS
from recognizance.evaluation.statistics.intervals import Estimate, by_pair, matches
from recognizance.evaluation.statistics.tail import Tail, fit_tail, unbounded
from recognizance.values import Curve, Vectors
from recognizance.vision.cards import CURVE_ENDING, curve_toml
from recognizance.vision.similarity import ANCHORS, Similarity

KEPT = 0.05
"""The share of all pairs of pictures, the most alike, of which each is kept with its two people."""

COUNTED = (-0.01, -0.03, -0.1, -0.2, -0.3, -0.5, -0.7, -1.0, -1.25, -1.5, -1.75, -2.0, -2.25, -2.5, -2.75, -3.0, -3.25)
"""Where the curve has corners, as log10 of the rate, above the tail."""

TAIL_FROM = -3.5
"""Log10 of the rate from which the law of the tail takes over from counting.

Higher, the law is asked to fit what is no tail yet; lower, a few families decide its shape.
"""

TAIL_STEP = 0.25
DEEPEST = -9.0
END = -12.0
"""Log10 of the rate that stands at cosine 1, where nothing could be measured: the curve has to end somewhere."""

CHECKED = (60.0, 70.0, 80.0)
"""Similarities checked in every division of the people: beyond, the halves are too small to meet a stranger who
matches."""

FURTHER = (40.0, 50.0, 90.0, 95.0, 99.0)
"""Similarities checked in the first division too. Lower ones are reached by more pairs than are kept."""

DIVISIONS = 10
"""In how many ways people are divided in two to check the curve."""

SLACK = 3.0
SEEN_AT_LEAST = 10
"""How many pairs of people must reach a cosine for its rate to count as measured."""


@dataclass(frozen=True, slots=True, eq=False)
class Strangers:
    """What all pairs of pictures of two people gave.

    `histogram` holds the weights by bin of cosine, from -1 up. The most alike pairs of pictures are
    kept whole, best first: their `cosines`, `weights` and the two people, `first` and `second`. The
    weights of everything, kept or not, add up to `comparisons`, the number of pairs of people.
    """

    people: int
    pictures: int
    picture_pairs: int
    histogram: Reals
    cosines: Reals
    weights: Reals
    first: Whole
    second: Whole

    @property
    def comparisons(self) -> int:
        """How many pairs of people were compared."""
        return self.people * (self.people - 1) // 2

    def rate(self, cosine: float) -> float:
        """Return the counted rate at which strangers reach `cosine`, one of those kept."""
        return float(self.weights[: self.place(cosine)].sum()) / self.comparisons

    def seen(self, cosine: float) -> int:
        """Return how many different pairs of people have a pair of pictures that reaches `cosine`."""
        place = self.place(cosine)
        return len(np.unique(self.first[:place] * self.people + self.second[:place]))

    def cosine(self, rate: float) -> float:
        """Return the lowest kept cosine that at most a share `rate` of strangers reaches."""
        place = int(np.searchsorted(np.cumsum(self.weights), rate * self.comparisons, side="right"))
        return float(self.cosines[min(max(place - 1, 0), len(self.cosines) - 1)])

    def place(self, cosine: float) -> int:
        """Return how many kept pairs of pictures reach `cosine`."""
        return int(np.searchsorted(-self.cosines, -cosine, side="right"))

    def among(self, people: Whole) -> Strangers:
        """Return what these people, by their numbers, give among themselves; they are numbered in that order.

        Without a histogram, which counts pairs of all: only rates of kept pairs are known of a part.
        """
        number = np.full(self.people, -1, np.int64)
        number[people] = np.arange(len(people))
        first, second = number[self.first], number[self.second]
        both = (first >= 0) & (second >= 0)
        return replace(
            self,
            people=len(people),
            histogram=np.zeros(0),
            cosines=self.cosines[both],
            weights=self.weights[both],
            first=first[both],
            second=second[both],
        )


def compare_strangers(
    vectors: Vectors, people: Whole, *, rows: int = 512, progress: Callable[[int, int], None] = lambda done, of: None
) -> Strangers:
    """Compare every picture with those of all other people, a block of rows at a time.

    `vectors` has unit rows. `people` gives each picture's person, as any numbers. `progress` is told
    how many rows are done, of how many. Memory is what is kept: about 16 bytes for each of a
    twentieth of all pairs, and one block.
    """
    _, person, pictures = np.unique(people, return_inverse=True, return_counts=True)
    order = np.argsort(person, kind="stable")
    vectors, person = vectors[order], person[order].astype(np.int64)
    share = (1 / pictures)[person]
    floor = _floor(vectors, person)
    histogram, pairs = np.zeros(FINENESS), 0
    kept: list[tuple[NDArray[np.float32], NDArray[np.int32], NDArray[np.int32]]] = []
    for start in range(0, len(vectors), rows):
        block = vectors[start : start + rows] @ vectors[start:].T
        others = person[start : start + rows, None] < person[None, start:]
        weights = np.multiply.outer(share[start : start + rows], share[start:])
        cosines, weights = block[others], weights[others]
        histogram += np.bincount(_bins(cosines), weights=weights, minlength=FINENESS)
        pairs += len(cosines)
        row, column = np.nonzero(others & (block >= floor))
        kept.append((block[row, column], (row + start).astype(np.int32), (column + start).astype(np.int32)))
        progress(min(start + rows, len(vectors)), len(vectors))
    cosines, first, second = (np.concatenate(parts) for parts in zip(*kept, strict=True))
    best = np.argsort(-cosines, kind="stable")
    first, second = first[best], second[best]
    return Strangers(
        people=len(pictures),
        pictures=len(vectors),
        picture_pairs=pairs,
        histogram=histogram,
        cosines=cosines[best].astype(np.float64),
        weights=share[first] * share[second],
        first=person[first],
        second=person[second],
    )


def _floor(vectors: Vectors, person: Whole) -> float:
    """Return a cosine that about a share `KEPT` of the pairs reaches, from every so-manieth picture."""
    some = vectors[:: max(1, len(vectors) // 1500)], person[:: max(1, len(vectors) // 1500)]
    cosines = (some[0] @ some[0].T)[some[1][:, None] < some[1][None]]
    return float(np.quantile(cosines, 1 - KEPT)) if len(cosines) else -1.0


def _bins(cosines: NDArray[np.floating]) -> NDArray[np.intp]:
    return np.clip(((cosines.astype(np.float64) + 1) * (FINENESS / 2)).astype(np.intp), 0, FINENESS - 1)


@dataclass(frozen=True, slots=True, eq=False)
class Fit:
    """A curve's corners, without what is known only to whoever ran the fit."""

    cosines: Reals
    log10_rates: Reals
    log10_low: Reals
    log10_high: Reals
    measured_to: float
    tail: Tail

    def as_curve(self, strangers: Strangers, *, fitted_on: str, fitted_at: str, command: str) -> Curve:
        """Return the curve as a card keeps it; cosines to six decimals, rates to four."""
        return Curve(
            cosines=_rounded(self.cosines, 6),
            log10_rates=_rounded(self.log10_rates, 4),
            log10_low=_rounded(self.log10_low, 4),
            log10_high=_rounded(self.log10_high, 4),
            measured_to=round(self.measured_to, 4),
            people=strangers.people,
            comparisons=strangers.comparisons,
            fitted_on=fitted_on,
            fitted_at=fitted_at,
            command=command,
        )


def fit(strangers: Strangers, random: np.random.Generator, *, draws: int = 200) -> Fit:
    """Fit the curve, and its 95 % bounds from `draws` draws of as many people with replacement.

    Where more pairs reach a cosine than the law of the tail can be right about, as twins and siblings do, the upper
    bound is that of what was counted: a bound that its own data refute is none.

    Raises `ValueError` when there are too few people for the tail, or when strangers would reach
    cosine 1 more often than the scale ends.
    """
    body = np.array([_quantile(strangers.histogram, 10**depth) for depth in COUNTED])
    begins = strangers.cosine(10**TAIL_FROM)
    law = _law(strangers, strangers.weights, strangers.comparisons, begins)
    depths = np.arange(TAIL_FROM, DEEPEST - 1e-9, -TAIL_STEP)
    deep = np.array([law.score(depth) for depth in depths])
    if deep[-1] >= 1:
        raise ValueError("strangers reach cosine 1 at a rate above 1e-9: this model cannot tell people apart")
    bounds = _bounds(strangers, np.concatenate([body, deep]), begins, random, draws)
    rates = np.concatenate([COUNTED, depths])
    most = np.minimum(rates + bounds[1], 0.0)
    most[len(body) :] = np.maximum(
        most[len(body) :], [_refuted(strangers, *one) for one in zip(deep, depths, strict=True)]
    )
    return Fit(
        cosines=np.concatenate([[-1.0], body, deep, [1.0]]),
        log10_rates=np.concatenate([[0.0], rates, [END]]),
        log10_low=np.concatenate([[0.0], rates + bounds[0], [END - SLACK]]),
        log10_high=np.concatenate([[0.0], np.maximum.accumulate(most[::-1])[::-1], [END]]),
        measured_to=_measured_to(strangers),
        tail=law,
    )


def _refuted(strangers: Strangers, cosine: float, log10_rate: float) -> float:
    """Return log10 of the upper bound of what was counted, -inf unless even its lower bound is above the rate."""
    counted = estimate(strangers, cosine)
    return math.log10(counted.high) if counted.low > 10**log10_rate else -math.inf


def thresholds(strangers: Strangers, percents: Sequence[float]) -> list[float]:
    """Return the cosines that a curve fitted on these people has for Similarities of 60 and more, all in its tail.

    Raises `ValueError` as `fit` does where people are too few, and for a Similarity below the tail.
    """
    law = _law(strangers, strangers.weights, strangers.comparisons, strangers.cosine(10**TAIL_FROM))
    depths = [math.log10(scale_rate(percent)) for percent in percents]
    if max(depths) > TAIL_FROM:
        raise ValueError("only Similarities of 60 and more lie in the tail of a curve")
    return [law.score(depth) for depth in depths]


def _quantile(histogram: Reals, rate: float) -> float:
    """Return the cosine that a share `rate` reaches, by a straight line inside its bin."""
    reached = np.concatenate([np.cumsum(histogram[::-1])[::-1], [0.0]]) / histogram.sum()
    return float(np.interp(-rate, -reached, np.linspace(-1, 1, FINENESS + 1)))


def _law(strangers: Strangers, weights: Reals, comparisons: float, begins: float) -> Tail:
    above = strangers.cosines > begins
    share = float(weights[above].sum()) / comparisons
    return unbounded(fit_tail(strangers.cosines[above], weights[above], threshold=begins, share=share))


def _bounds(
    strangers: Strangers, cosines: Reals, begins: float, random: np.random.Generator, draws: int
) -> tuple[Reals, Reals]:
    """Return the bounds of log10 of the rate at each cosine, from drawing people with replacement.

    Cosines below those kept borrow the width of the bounds at the lowest one kept: rates near 1 are
    better known than that.
    """
    kept = cosines >= strangers.cosines[-1]
    drawn = np.array([_draw(strangers, cosines[kept], begins, random) for _ in range(draws)])
    middle = np.median(drawn, axis=0)
    below, above = (np.quantile(drawn, share, axis=0) - middle for share in (0.025, 0.975))
    widths = [np.concatenate([np.full(np.count_nonzero(~kept), part[0]), part]) for part in (below, above)]
    return widths[0], widths[1]


def _draw(strangers: Strangers, cosines: Reals, begins: float, random: np.random.Generator) -> Reals:
    """Return log10 of the rate at each cosine, counted or from the law, for one draw of people."""
    times = random.multinomial(strangers.people, np.full(strangers.people, 1 / strangers.people))
    weights = strangers.weights * (times[strangers.first] * times[strangers.second])
    comparisons = (strangers.people**2 - float((times**2).sum())) / 2
    law = _law(strangers, weights, comparisons, begins)
    reached = np.concatenate([[0.0], np.cumsum(weights)]) / comparisons
    counted = np.log10(np.maximum(reached[[strangers.place(cosine) for cosine in cosines]], 10.0**DEEPEST))
    deep = np.maximum(law.log10_rate(np.maximum(cosines, begins)), END)
    return np.where(cosines >= begins, deep, counted)


def _measured_to(strangers: Strangers) -> float:
    """Return log10 of the rate at the highest cosine that `SEEN_AT_LEAST` pairs of people reach."""
    pairs = strangers.first * strangers.people + strangers.second
    _, earliest = np.unique(pairs, return_index=True)
    place = int(np.sort(earliest)[SEEN_AT_LEAST - 1])
    return float(np.log10(strangers.weights[: place + 1].sum() / strangers.comparisons))


def _rounded(values: Reals, digits: int) -> tuple[float, ...]:
    return tuple(round(float(value), digits) + 0.0 for value in values)


@dataclass(frozen=True, slots=True)
class Check:
    """How often people that a curve has not seen reach a cosine.

    `rate` counts a pair of people once; `low` and `high` are its 95 % bounds, from drawing people with
    replacement, or the rule of three where nobody matched. `matches` counts pairs of people of whom
    at least one pair of pictures matched. `expected` bounds the rate that the curve predicts, by what the people it was
    fitted on let one know; None takes the prediction as exact.
    """

    percent: float
    rate: float
    low: float
    high: float
    matches: int
    people: int
    comparisons: int
    expected: tuple[float, float] | None = None

    @property
    def within(self) -> bool:
        """Whether the prediction lies within the bounds of what was seen.

        Both are known from samples of people: of a curve without fault, some 83 in 100 do.
        """
        return self.low <= scale_rate(self.percent) <= self.high

    @property
    def holds(self) -> bool:
        """Whether what was seen and what was predicted agree, as far as both are known: of a good curve, 95 in 100 do.

        The bounds of the two are put together on a scale of logarithms (MOVER: Zou and Donner 2008).
        """
        predicted = scale_rate(self.percent)
        low, high = self.expected or (predicted, predicted)
        if self.rate == 0:
            return low <= self.high
        apart = _log(self.rate, predicted)
        below = math.hypot(_log(self.rate, self.low), _log(high, predicted))
        above = math.hypot(_log(self.high, self.rate), _log(predicted, low))
        return apart - below <= 0 <= apart + above

    @property
    def predicted(self) -> float:
        """How many pairs of people should have matched by the scale."""
        return scale_rate(self.percent) * self.comparisons


def check(
    strangers: Strangers, percent: float, cosine: float, random: np.random.Generator, *, draws: int = 1000
) -> Check:
    """Return how often `strangers` reach `cosine`, the curve's for `percent`."""
    place = strangers.place(cosine)
    first, second, weights = strangers.first[:place], strangers.second[:place], strangers.weights[:place]
    rates = np.zeros(draws)
    for draw in range(draws):
        times = random.multinomial(strangers.people, np.full(strangers.people, 1 / strangers.people))
        comparisons = (strangers.people**2 - float((times**2).sum())) / 2
        rates[draw] = float((weights * times[first] * times[second]).sum()) / comparisons
    low, high = (float(bound) for bound in np.quantile(rates, (0.025, 0.975)))
    if place == 0:
        high = 3 / strangers.comparisons
    return Check(
        percent=percent,
        rate=strangers.rate(cosine),
        low=low,
        high=high,
        matches=strangers.seen(cosine),
        people=strangers.people,
        comparisons=strangers.comparisons,
    )


def _log(one: float, other: float) -> float:
    """Return the logarithm of how many times as large one rate is; of zero, any number of times."""
    return math.log(one / other) if other > 0 else math.inf


def scale_rate(percent: float) -> float:
    """Return the rate that a percentage of `ANCHORS` stands for."""
    return float(10.0 ** {of: depth for depth, of in ANCHORS}[percent])


@dataclass(frozen=True, slots=True)
class Held:
    """A check on people the fit has not seen: which division of the people, and which half was counted."""

    division: int
    half: int
    check: Check


@dataclass(frozen=True, slots=True, eq=False)
class Calibration:
    """A curve, what it was fitted on, and how it did on people it had not seen."""

    fit: Fit
    strangers: Strangers
    held: tuple[Held, ...]


def calibrate(
    vectors: Vectors,
    people: Sequence[str],
    random: np.random.Generator,
    *,
    checked: bool,
    divisions: int = DIVISIONS,
    draws: int = 200,
    progress: Callable[[int, int], None] = lambda done, of: None,
) -> Calibration:
    """Fit the curve on all people, and with `checked` first on halves of them, each held against the other half.

    `vectors` has unit rows; `people` names each picture's person. `progress` is told how many of all comparisons of
    one crowd are done. The checks draw from `random` before the fit does: the bounds of a curve that was checked
    differ from those of the same curve unchecked, by the luck of the draws alone. Raises `ValueError` as `fit` does.
    """
    numbers = np.unique(np.array(people, dtype=np.str_), return_inverse=True)[1].astype(np.int64)
    crowds = 2 * divisions * checked + 1
    held: list[Held] = []
    kept: list[tuple[Strangers, Strangers]] = []
    for division in range(divisions if checked else 0):
        side = np.array([half(person, str(division)) for person in people])
        halves = [compare_strangers(vectors[side == part], numbers[side == part]) for part in (0, 1)]
        for part, (seen, unseen) in enumerate(((halves[0], halves[1]), (halves[1], halves[0]))):
            held += [Held(division, part, one) for one in _check_half(seen, unseen, CHECKED, random, draws)]
            progress(2 * division + part + 1, crowds)
        kept = kept or [(halves[0], halves[1]), (halves[1], halves[0])]
    strangers = compare_strangers(vectors, numbers)
    fitted = fit(strangers, random, draws=draws)
    for part, (seen, unseen) in enumerate(kept):
        held += [Held(0, part, one) for one in _check_half(seen, unseen, FURTHER, random, draws)]
    progress(crowds, crowds)
    ordered = sorted(held, key=lambda one: (one.division, one.half, one.check.percent))
    return Calibration(fitted, strangers, tuple(ordered))


def held_against(seen: Strangers, unseen: Strangers, percent: float, cosine: float) -> Check:
    """Return how a Similarity fitted on `seen`, which has this cosine there, does among people it has not seen."""
    counted = estimate(unseen, cosine)
    found = Check(
        percent=percent,
        rate=unseen.rate(cosine),
        low=counted.low,
        high=counted.high,
        matches=unseen.seen(cosine),
        people=unseen.people,
        comparisons=unseen.comparisons,
    )
    return _bounded(found, seen, unseen, cosine)


def _check_half(
    seen: Strangers, unseen: Strangers, percents: Sequence[float], random: np.random.Generator, draws: int
) -> list[Check]:
    fitted = fit(seen, random, draws=2).as_curve(seen, fitted_on="half", fitted_at="now", command="none")
    scale = Similarity(fitted)
    checks = [check(unseen, percent, scale.cosine(percent), random, draws=draws) for percent in percents]
    return [_bounded(one, seen, unseen, scale.cosine(one.percent)) for one in checks]


def _bounded(found: Check, seen: Strangers, unseen: Strangers, cosine: float) -> Check:
    """Return a check with the bounds of `by_pair`, for what was seen and for what could be expected.

    Those from drawing people are too wide where matches are few: a prediction would hold too easily within them. They
    are drawn all the same, because the bounds of the shipped curve were drawn after those of its checks, and the same
    seed has to give the same curve.
    """
    counted, fitted = estimate(unseen, cosine), estimate(seen, cosine)
    predicted = scale_rate(found.percent)
    expected = (
        (0.0, max(predicted, fitted.high))
        if fitted.none
        else (
            predicted * fitted.low / fitted.value,
            # what the fit's own people refute is known no better than it was counted
            max(predicted * fitted.high / fitted.value, fitted.high if fitted.low > predicted else 0.0),
        )
    )
    return replace(found, low=counted.low, high=counted.high, expected=expected)


def estimate(strangers: Strangers, cosine: float) -> Estimate:
    """Return how often strangers reach a cosine, with bounds that know that a person is in many pairs."""
    place = strangers.place(cosine)
    pairs = matches(strangers.first[:place], strangers.second[:place], strangers.weights[:place])
    return by_pair([pairs], np.zeros(strangers.people, np.int64)).estimate(0)


def centre(vectors: Vectors, sets: Sequence[str], groups: Sequence[str], weights: Mapping[str, float]) -> Reals:
    """Return what faces have in common: the mean vector, every set weighing the same, and in it every group its weight.

    `sets` and `groups` say of which set and group each row is; a group without a weight, and rows of zeros, are
    left out. Raises `ValueError` when nothing is left.
    """
    of, said = np.array(sets, dtype=np.str_), np.array(groups, dtype=np.str_)
    found = vectors.any(axis=1)
    means, weighs = [], []
    for one in dict.fromkeys(sets):
        for group, weight in weights.items():
            chosen = vectors[(of == one) & (said == group) & found]
            if len(chosen):
                means.append(chosen.mean(axis=0))
                weighs.append(weight)
    if not means:
        raise ValueError("there is no picture with a face in a group that has a weight")
    return np.asarray(np.average(means, axis=0, weights=weighs), np.float64)


@dataclass(frozen=True, slots=True)
class Group:
    """How often strangers of two groups reach a cosine; as in `Check`. `groups` are equal for one group."""

    groups: tuple[str, str]
    rate: float
    low: float
    high: float
    matches: int
    comparisons: int


def by_group(
    strangers: Strangers, groups: Sequence[str], cosine: float, random: np.random.Generator, *, draws: int = 200
) -> list[Group]:
    """Return, for each pair of groups, how often two people of them reach `cosine`.

    `groups` names each person's group, in the order of their numbers; people of the group "" are left out.
    """
    named = np.array(groups)
    found = sorted(set(groups) - {""})
    pairs = [(one, other) for at, one in enumerate(found) for other in found[at:]]
    return [_group(strangers, named, pair, cosine, random, draws) for pair in pairs]


def _group(
    strangers: Strangers,
    named: NDArray[np.str_],
    pair: tuple[str, str],
    cosine: float,
    random: np.random.Generator,
    draws: int,
) -> Group:
    place = strangers.place(cosine)
    first, second = strangers.first[:place], strangers.second[:place]
    there = ((named[first] == pair[0]) & (named[second] == pair[1])) | (
        (named[first] == pair[1]) & (named[second] == pair[0])
    )
    first, second, weights = first[there], second[there], strangers.weights[:place][there]
    sizes = [int((named == group).sum()) for group in pair]
    comparisons = sizes[0] * (sizes[0] - 1) // 2 if pair[0] == pair[1] else sizes[0] * sizes[1]
    rates = np.zeros(draws)
    for draw in range(draws):
        times = random.multinomial(strangers.people, np.full(strangers.people, 1 / strangers.people))
        one, other = (times[named == group] for group in pair)
        drawn = (int(one.sum()) ** 2 - int((one**2).sum())) / 2 if pair[0] == pair[1] else int(one.sum()) * other.sum()
        rates[draw] = float((weights * times[first] * times[second]).sum()) / max(float(drawn), 1.0)
    low, high = (float(bound) for bound in np.quantile(rates, (0.025, 0.975)))
    return Group(
        groups=pair,
        rate=float(weights.sum()) / comparisons,
        low=low,
        high=high if len(weights) else 3 / comparisons,
        matches=len(np.unique(first * strangers.people + second)),
        comparisons=comparisons,
    )


@dataclass(frozen=True, slots=True)
class Anchor:
    """A Similarity and what it means by a curve; `published` is the cosine the card had for it before, if any."""

    percent: float
    cosine: float
    rate: float
    low: float
    high: float
    extrapolated: bool
    published: float | None


def anchors(curve: Curve, before: Curve | None) -> list[Anchor]:
    """Return what the percentages that fix the scale mean by a curve, but for 0."""
    scale, old = Similarity(curve), Similarity(before) if before is not None else None
    return [
        Anchor(
            percent,
            scale.cosine(percent),
            scale.rate(percent),
            *scale.interval(percent),
            scale.extrapolated(percent),
            old.cosine(percent) if old is not None else None,
        )
        for _, percent in ANCHORS[1:]
    ]


@dataclass(frozen=True, slots=True)
class Summary:
    """All checks of one percentage: how many there were, held and were within, and the mean of what was seen in each.

    `predicted` and `observed` are pairs of people a check, on average; `lowest` and `highest` the rates seen.
    """

    percent: float
    checks: int
    held: int
    within: int
    predicted: float
    observed: float
    lowest: float
    highest: float


def summary(held: Sequence[Held]) -> list[Summary]:
    """Return the checks by percentage, rising. Divisions share people: their checks are not independent."""
    rows: list[Summary] = []
    for percent in sorted({one.check.percent for one in held}):
        checks = [one.check for one in held if one.check.percent == percent]
        rows.append(
            Summary(
                percent,
                len(checks),
                sum(one.holds for one in checks),
                sum(one.within for one in checks),
                float(np.mean([one.predicted for one in checks])),
                float(np.mean([one.rate * one.comparisons for one in checks])),
                min(one.rate for one in checks),
                max(one.rate for one in checks),
            )
        )
    return rows


def curve_file(name: str, curve: Curve) -> tuple[str, str]:
    """Return the name and the text of the file that keeps a model's curve beside its card."""
    return f"{name}{CURVE_ENDING}", curve_toml(curve)

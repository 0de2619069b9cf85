"""How far a counted rate may be from the truth, where trials are not independent: each face takes part in many pairs.

People are what chance chose, so people are what an interval speaks of. Three kinds of rate:

* Of independent trials (probes with any false match, against this gallery): `exact`, or `Rate`, which is Wilson's.
* Of people with several trials each (mated pairs, so FNMR): `by_person`.
* Of pairs of people (FMR): `by_pair`. Its variance is the unbiased one of a U-statistic: two pairs that share nobody
  are independent, so the mean of their products estimates the square of the rate, and what the square of the mean is
  larger by is the variance (Hoeffding 1948; for cells, Aronow, Samii and Assenova 2015). It comes from sums over the
  pairs that matched: ten million pairs with a thousand matches cost a thousand steps.

A variance becomes an interval through the number of independent trials that would have it (Korn and Graubard 1998),
with Wilson's bounds for that many and Student's quantile for as many degrees of freedom as the variance is known with;
below `ENOUGH` matches with those of Clopper and Pearson, which err to the safe side.

Why not the bootstrap of people. Drawing people with replacement multiplies each pair that matched by how often each of
its two people was drawn, a product whose mean square is 4 and not 2: where matches are rare, and so all but
independent, it takes the variance for three times what it is (Owen 2007 calls it the pigeonhole bootstrap), and its
interval of 95 % covers 99 %. Where there is no match it gives no interval at all. `python -m benchmarks.coverage`
measures both. Rates are shares in [0, 1]; scipy's quantiles; no randomness.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from recognizance.evaluation.statistics.rates import Counted, wilson, wilson_of

Reals = NDArray[np.float64]
Whole = NDArray[np.int64]

SMALLEST = 10
"""People in the smallest group of which anything is said: below, one of them could be read out of the figures."""

ENOUGH = 5
"""Matches below which nothing is claimed: the interval of so few spans a factor of five and more."""

CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True)
class Estimate:
    """A rate with its bounds; stands wherever a `Rate` does.

    `count` of `of` is what was seen, whole. `value` may differ from their quotient: a person with many pictures weighs
    as much as one with few. `trials` is the number of independent trials that would know the rate as well, `people` how
    many people took part. `none` says that nothing was seen and `high` is the rule of three, which takes trials as
    independent.
    """

    count: int
    of: int
    value: float
    low: float
    high: float
    trials: float
    people: int

    @property
    def none(self) -> bool:
        """Whether nothing was seen."""
        return self.count == 0


@dataclass(frozen=True, slots=True)
class Ratio:
    """How many times as high one rate is as another, with 95 % bounds; None where a rate of zero leaves it open."""

    value: float | None
    low: float
    high: float | None


@dataclass(frozen=True, slots=True)
class Difference:
    """By how much one rate is higher than another, with 95 % bounds; below 0 where it is lower."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, eq=False)
class Matches:
    """Which pairs of people matched: made by `matches`. Each pair stands there once, in order of its people.

    `first` and `second` number people from 0: of one set, or of the probes and of the gallery. `weights` is the share
    of the pair's comparisons that matched, in (0, 1]: 1 where each has one picture.
    """

    first: Whole
    second: Whole
    weights: Reals

    def of(self, place: Whole) -> Matches:
        """Return those of one set's people who have a place, numbered by it; -1 is no place. Places rise."""
        first, second = place[self.first], place[self.second]
        both = (first >= 0) & (second >= 0)
        return Matches(first[both], second[both], self.weights[both])

    def without(self, other: Matches) -> Matches:
        """Return by how much each pair weighs more here than in `other`, where it does."""
        step = 1 + max((int(one.second.max()) for one in (self, other) if len(one.second)), default=0)
        here, there = (one.first * step + one.second for one in (self, other))
        place = np.searchsorted(there, here)  # both rise: that is how `matches` orders them
        place = np.minimum(place, max(len(there) - 1, 0))
        known = there[place] == here if len(there) else np.zeros(len(here), np.bool_)
        less = self.weights - np.where(known, other.weights[place] if len(there) else 0.0, 0.0)
        some = less > 0
        return Matches(self.first[some], self.second[some], less[some])


def matches(
    first: Sequence[int] | Whole, second: Sequence[int] | Whole, weights: Reals | None = None, *, sets: int = 1
) -> Matches:
    """Return matches by pair of people from those by pair of pictures, the weights of each pair of people added.

    Without `weights` every match weighs 1. Of one set, the smaller number of a pair comes first; of two `sets`, `first`
    is a probe's person and `second` one of the gallery. Raises `ValueError` for a person of one set paired with
    themself.
    """
    one, other = np.asarray(first, np.int64), np.asarray(second, np.int64)
    given = np.ones(len(one)) if weights is None else np.asarray(weights, np.float64)
    if sets == 1:
        if np.any(one == other):
            raise ValueError("a pair of strangers is two people, got one person with themself")
        one, other = np.minimum(one, other), np.maximum(one, other)
    if not len(one):
        return Matches(one, other, given)
    step = int(other.max()) + 1
    keys, place = np.unique(one * step + other, return_inverse=True)
    added = np.bincount(place, weights=given, minlength=len(keys))
    return Matches(keys // step, keys % step, np.minimum(added, 1.0))


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """Several rates of the same people, and how they vary together.

    For K rates of N people: `counts` and `of`, whole; `values`, `covariance` (K, K) of the values, and `least` (K, K),
    what that would be were all trials independent; `influence` (N, K), by how much each person moves each value, for
    the degrees of freedom; `members` (N, K), who took part in each, and `people`, how many. `weights` is what each rate
    weighs in a mean of several, and how many independent trials it has at best.
    """

    counts: Whole
    of: Whole
    values: Reals
    covariance: Reals
    least: Reals
    influence: Reals
    people: Whole
    weights: Reals
    members: NDArray[np.bool_]

    def estimate(self, at: int, *, confidence: float = CONFIDENCE) -> Estimate:
        """Return one rate with its interval. Raises `ValueError` where it has no trials."""
        count, of, value = int(self.counts[at]), int(self.of[at]), float(self.values[at])
        people = int(self.people[at])
        if of == 0:
            raise ValueError("a rate needs at least one trial")
        if count == 0:
            # by independent draws: as many people where each has trials of their own, else as many pairs
            trials = float(self.weights[at])
            return Estimate(0, of, 0.0, 0.0, none_seen(trials, confidence), trials, people)
        variance = max(float(self.covariance[at, at]), float(self.least[at, at]) * (1 - value))
        if variance <= 0:  # everything was seen, of everybody
            trials = float(self.weights[at])
            low, high = wilson_of(value, trials, _normal(confidence))
            return Estimate(count, of, value, low, high, trials, people)
        trials = value * (1 - value) / variance
        if min(count, value * trials) < ENOUGH:
            fewer = min(trials, float(self.weights[at]))
            low, high = _exact_of(value * fewer, fewer, confidence)
        else:
            low, high = wilson_of(value, trials, self._quantile(self.influence[:, at], confidence))
        return Estimate(count, of, value, low, high, trials, people)

    def joined(self, parts: Sequence[Sequence[int]]) -> Measured:
        """Return, for each part, the rate of those of its places together, each weighing as many as its trials."""
        mix = np.zeros((len(parts), len(self.values)))
        for row, places in enumerate(parts):
            mix[row, list(places)] = self.weights[list(places)] / max(float(self.weights[list(places)].sum()), 1e-300)
        chosen = (mix > 0).astype(np.int64)
        members = np.stack([self.members[:, list(places)].any(axis=1) for places in parts], axis=1)
        return Measured(
            counts=chosen @ self.counts,
            of=chosen @ self.of,
            values=mix @ self.values,
            covariance=mix @ self.covariance @ mix.T,
            least=mix @ self.least @ mix.T,
            influence=self.influence @ mix.T,
            people=np.count_nonzero(members, axis=0).astype(np.int64),
            weights=chosen @ self.weights,
            members=members,
        )

    def ratio(self, one: int, other: int, *, confidence: float = CONFIDENCE) -> Ratio:
        """Return how many times as high rate `one` is as rate `other`.

        The bounds of the two are put together on a scale of logarithms, with what the rates have in common taken off
        (MOVER: Zou and Donner 2008; Donner and Zou 2012), so that each keeps its own lopsided bounds. Where one rate is
        zero the ratio has one bound, from the rule of three.
        """
        above, below = self.estimate(one, confidence=confidence), self.estimate(other, confidence=confidence)
        if above.none and below.none:
            return Ratio(None, 0.0, None)
        if below.none:
            return Ratio(None, above.low / below.high, None)
        if above.none:
            return Ratio(0.0, 0.0, above.high / below.low if below.low > 0 else None)
        common = self._correlation(one, other)
        middle = math.log(above.value / below.value)
        down, up = _arms(above)
        under, over = _arms(below)
        low = middle - _hypotenuse(down, over, common)
        high = middle + _hypotenuse(up, under, common)
        return Ratio(math.exp(middle), math.exp(low), math.exp(high))

    def change(self, new: int, old: int, *, confidence: float = CONFIDENCE) -> Ratio:
        """Return how many times as high rate `new` is as rate `old`, both of the very same trials.

        What both got alike tells nothing of the difference, so the interval lives on where they differ. One trial more
        is counted as going either way (Bonett and Price 2006), so that two systems that never differed are not taken
        for equal: with 20 matches of each, all the same, the ratio may be anything up to 1.14. Where a rate is zero,
        the rule of three bounds it as in `ratio`.
        """
        if self.counts[new] == 0 or self.counts[old] == 0:
            return self.ratio(new, old, confidence=confidence)
        values = self.values[[new, old]]
        slopes = np.array([1.0, -1.0]) / values
        square = np.ix_([new, old], [new, old])
        variance = max(float(slopes @ self.covariance[square] @ slopes), float(slopes @ self.least[square] @ slopes))
        unit = self._seen_as(new), self._seen_as(old)
        variance += 2 / ((unit[0] + 1) * (unit[1] + 1))
        arm = math.sqrt(variance) * self._quantile(self.influence[:, [new, old]] @ slopes, confidence)
        middle = math.log(values[0] / values[1])
        return Ratio(math.exp(middle), math.exp(middle - arm), math.exp(middle + arm))

    def difference(self, one: int, other: int) -> Difference:
        """Return by how much rate `one` is higher than rate `other`.

        The bounds of the two are put together with what they have in common taken off (Newcombe 1998). Of two systems
        on the same trials, hand in how often the new one alone is wrong and how often the old one alone: what both got
        alike then takes no part.
        """
        return _difference(self.estimate(one), self.estimate(other), self._correlation(one, other))

    def to_geometric_mean(self, one: int, all_of: Sequence[int], *, confidence: float = CONFIDENCE) -> Ratio:
        """Return how many times as high rate `one` is as the geometric mean of several, itself among them.

        Raises `ValueError` where one of them is zero: then there is no such mean.
        """
        places = list(dict.fromkeys([one, *all_of]))
        if any(self.counts[at] == 0 for at in places):
            raise ValueError("a geometric mean needs rates above zero")
        steps = np.array([float(at == one) - float(at in all_of) / len(all_of) for at in places])
        slopes = steps / self.values[places]
        square = np.ix_(places, places)
        variance = max(float(slopes @ self.covariance[square] @ slopes), float(slopes @ self.least[square] @ slopes))
        arm = math.sqrt(variance) * self._quantile(self.influence[:, places] @ slopes, confidence)
        middle = float(steps @ np.log(self.values[places]))
        return Ratio(math.exp(middle), math.exp(middle - arm), math.exp(middle + arm))

    def _seen_as(self, at: int) -> float:
        """Return how many independent matches would be worth those seen."""
        estimate = self.estimate(at)
        return estimate.value * estimate.trials

    def _correlation(self, one: int, other: int) -> float:
        spread = math.sqrt(
            max(self.covariance[one, one], self.least[one, one])
            * max(self.covariance[other, other], self.least[other, other])
        )
        return 0.0 if spread == 0 else float(np.clip(self.covariance[one, other] / spread, -1, 1))

    def _quantile(self, influence: Reals, confidence: float) -> float:
        """Return Student's quantile, for as many degrees of freedom as the variance is known with (Satterthwaite 1946).

        A variance of N people of kurtosis k itself has one of (k - 1) / N, relative to its square.
        """
        squares = influence * influence
        fourth = float(squares @ squares)
        freedom = 2 * float(squares.sum()) ** 2 / fourth if fourth > 0 else math.inf
        return float(stats.t.ppf(0.5 + confidence / 2, max(freedom, 2.0)))


def by_pair(
    seen: Sequence[Matches], groups: Sequence[int] | Whole, *, cells: Sequence[tuple[int, int]] | None = None
) -> Measured:
    """Return how often two people match, by pair of groups, for one set of people compared with one another.

    `groups` gives each person's group, as numbers from 0 (all 0 for one group). `seen` holds the matches of one system,
    or of several that compared the same people. Rates stand system by system, cell by cell; `cells` are the pairs of
    groups, the smaller number first, all of them unless told: see `pairs_of_groups`. Groups are taken as fixed,
    people as drawn within them.
    """
    label = np.asarray(groups, np.int64)
    if cells is not None and any(one > other for one, other in cells):
        raise ValueError("the smaller number of a pair of groups stands first")
    return _by_pair(seen, label, pairs_of_groups(_groups(label)) if cells is None else list(cells), frozenset())


def by_probe_and_gallery(
    seen: Sequence[Matches], probes: Sequence[int] | Whole, gallery: Sequence[int] | Whole, *, fixed_gallery: bool
) -> Measured:
    """Return how often a probe's person matches one of the gallery, by group of the one and of the other.

    `probes` and `gallery` give each person's group, numbers from 0; in `seen`, `first` numbers the probes' people and
    `second` the gallery's, each from 0. Rates stand system by system, then probe group by gallery group. With
    `fixed_gallery` they speak of this very gallery and only probes are drawn; without, of galleries like it, and both
    are: the interval is wider where a few of the gallery match everybody.
    """
    one, other = np.asarray(probes, np.int64), np.asarray(gallery, np.int64)
    shift = _groups(one)
    moved = [Matches(part.first, part.second + len(one), part.weights) for part in seen]
    cells = [(group, shift + more) for group in range(shift) for more in range(_groups(other))]
    fixed = frozenset(range(shift, shift + _groups(other))) if fixed_gallery else frozenset[int]()
    return _by_pair(moved, np.concatenate([one, other + shift]), cells, fixed)


def pairs_of_groups(groups: int) -> list[tuple[int, int]]:
    """Return all pairs of groups, the smaller number first.

    >>> pairs_of_groups(2)
    [(0, 0), (0, 1), (1, 1)]
    """
    return [(one, other) for one in range(groups) for other in range(one, groups)]


def _groups(label: Whole) -> int:
    return int(label.max()) + 1 if len(label) else 0


def _by_pair(
    seen: Sequence[Matches], label: Whole, cells: Sequence[tuple[int, int]], fixed: frozenset[int]
) -> Measured:
    people = len(label)
    sizes = np.bincount(label, minlength=1 + max((other for _, other in cells), default=-1))
    place = {cell: at for at, cell in enumerate(cells)}
    table = np.full((len(sizes), len(sizes)), -1, np.int64)
    for (low, high), column in place.items():
        table[low, high] = table[high, low] = column
    of = np.array([sizes[g] * (sizes[g] - 1) // 2 if g == h else sizes[g] * sizes[h] for g, h in cells], np.int64)
    drawn = np.array([group not in fixed for group in range(len(sizes))])[label]

    # how many of a cell's comparisons each person takes part in
    takes = np.zeros((people, len(cells)))
    for (low, high), column in place.items():
        takes[label == low, column] = sizes[high] - int(low == high)
        takes[label == high, column] = sizes[low] - int(low == high)

    rates = len(seen) * len(cells)
    total, counts, degrees = np.zeros(rates), np.zeros(rates, np.int64), np.zeros((people, rates))
    for system, part in enumerate(seen):
        at = table[label[part.first], label[part.second]]
        inside = at >= 0
        columns, weight = at[inside] + system * len(cells), part.weights[inside]
        total += np.bincount(columns, weights=weight, minlength=rates)
        counts += np.bincount(columns, minlength=rates)
        np.add.at(degrees, (part.first[inside], columns), weight)
        np.add.at(degrees, (part.second[inside], columns), weight)

    same = _same_pairs(seen, label, table, people, len(cells))
    many = np.tile(of, len(seen)).astype(np.float64)
    takes_all = np.tile(takes, (1, len(seen)))
    twins = np.kron(np.ones((len(seen), len(seen))), np.diag(of.astype(np.float64)))
    # a pair counted with itself was reached through each of its people that are drawn: once is enough
    ends = np.array([int(g not in fixed) + int(h not in fixed) for g, h in cells] * len(seen))
    again = np.maximum(ends - 1, 0)[:, None]
    apart = np.outer(total, total) - degrees[drawn].T @ degrees[drawn] + again * same
    apart_of = np.outer(many, many) - takes_all[drawn].T @ takes_all[drawn] + again * twins
    with np.errstate(divide="ignore", invalid="ignore"):
        values = np.where(many > 0, total / many, 0.0)
        square = np.where(apart_of > 0, apart / apart_of, 0.0)
        least = np.where(np.outer(many, many) > 0, same / np.outer(many, many), 0.0)
        influence = np.where(many > 0, (degrees - takes_all * values) / many, 0.0)
    return Measured(
        counts=counts,
        of=np.tile(of, len(seen)),
        values=values,
        covariance=np.outer(values, values) - square,
        least=least,
        influence=influence * drawn[:, None],
        people=np.count_nonzero(takes_all > 0, axis=0).astype(np.int64),
        weights=many,
        members=np.asarray(takes_all > 0),
    )


def _same_pairs(seen: Sequence[Matches], label: Whole, table: Whole, people: int, cells: int) -> Reals:
    """Return, for two systems and a cell, the sum over its pairs of the products of their weights."""
    same = np.zeros((len(seen) * cells, len(seen) * cells))
    keyed = [(np.minimum(p.first, p.second) * people + np.maximum(p.first, p.second), p) for p in seen]
    for one, (keys, part) in enumerate(keyed):
        for other, (others, more) in enumerate(keyed):
            _, here, there = np.intersect1d(keys, others, assume_unique=True, return_indices=True)
            at = table[label[part.first[here]], label[part.second[here]]]
            products = part.weights[here] * more.weights[there]
            sums = np.bincount(at[at >= 0], weights=products[at >= 0], minlength=cells)
            same[one * cells + np.arange(cells), other * cells + np.arange(cells)] = sums
    return same


def by_person(
    counts: Sequence[Whole], of: Whole, label: Sequence[int] | Whole, *, groups: int | None = None
) -> Measured:
    """Return how often something befalls a person in their own comparisons, by group; for FNMR.

    `of` is how many comparisons each person has, at least one; `counts` how many went wrong, by system. Each person
    weighs the same: the rate is that of a person drawn at random who comes once. `label` gives each person's group,
    numbers from 0; `groups` is how many there are, where the last have nobody. Rates stand system by system, group by
    group.
    """
    place, trials = np.asarray(label, np.int64), np.asarray(of, np.float64)
    if np.any(trials < 1):
        raise ValueError("a person with no comparisons has no rate: leave them out")
    number, systems = _groups(place) if groups is None else groups, len(counts)
    member = place[:, None] == np.arange(number)
    sizes = member.sum(axis=0).astype(np.float64)
    shares = np.stack([np.asarray(one, np.float64) / trials for one in counts], axis=1)
    spread = np.concatenate([shares[:, [system]] * member for system in range(systems)], axis=1)
    many, members = np.tile(sizes, systems), np.tile(member, (1, systems))
    values = spread.sum(axis=0) / np.maximum(many, 1)
    off = (spread - values) * members
    alike = np.tile(np.eye(number), (systems, systems))
    with np.errstate(divide="ignore", invalid="ignore"):
        covariance = np.where(many > 1, off.T @ off / (many * (many - 1)), 0.0) * alike
    return Measured(
        counts=np.concatenate([(np.asarray(one, np.int64)[:, None] * member).sum(axis=0) for one in counts]),
        of=np.tile((np.asarray(of, np.int64)[:, None] * member).sum(axis=0), systems),
        values=values,
        covariance=covariance,
        # people are independent: what is seen of them is the variance, and no less is known
        least=np.zeros_like(covariance),
        influence=off / np.maximum(many, 1),
        people=many.astype(np.int64),
        weights=many,
        members=members,
    )


def unpaired(one: Counted, other: Counted, *, confidence: float = CONFIDENCE) -> Ratio:
    """Return how many times as high one rate is as another that has nothing in common with it, from 95 % bounds alone.

    As `Measured.ratio`; for another `confidence` the bounds are widened in logarithms as the normal law's are.
    """
    wider = _normal(confidence) / _normal(CONFIDENCE)
    if one.count == 0 and other.count == 0:
        return Ratio(None, 0.0, None)
    if other.count == 0:
        return Ratio(None, one.value * (one.low / one.value) ** wider / other.high, None)
    if one.count == 0:
        return Ratio(0.0, 0.0, one.high / other.low if other.low > 0 else None)
    (down, up), (under, over) = _arms(one), _arms(other)
    middle = math.log(one.value / other.value)
    return Ratio(
        math.exp(middle),
        math.exp(middle - wider * _hypotenuse(down, over, 0.0)),
        math.exp(middle + wider * _hypotenuse(up, under, 0.0)),
    )


def difference(one: Counted, other: Counted) -> Difference:
    """Return by how much one rate is higher than another that has nothing in common with it, from bounds alone."""
    return _difference(one, other, 0.0)


def _difference(one: Counted, other: Counted, common: float) -> Difference:
    value = one.value - other.value
    return Difference(
        value,
        value - _hypotenuse(one.value - one.low, other.high - other.value, common),
        value + _hypotenuse(one.high - one.value, other.value - other.low, common),
    )


def exact(count: int, of: int, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """Return the bounds of a binomial share that cover at least as often as they say (Clopper and Pearson 1934).

    >>> low, high = exact(3, 459)
    >>> round(low, 4), round(high, 4)
    (0.0013, 0.019)
    """
    if not 0 <= count <= of or of == 0:
        raise ValueError(f"a rate counts between 0 and all of its trials, one at least, got {count} of {of}")
    return _exact_of(count, of, confidence)


def _exact_of(count: float, of: float, confidence: float) -> tuple[float, float]:
    tail = (1 - confidence) / 2
    low = float(stats.beta.ppf(tail, count, of - count + 1)) if count > 0 else 0.0
    high = float(stats.beta.ppf(1 - tail, count + 1, of - count)) if count < of else 1.0
    return low, high


def none_seen(of: float, confidence: float = CONFIDENCE) -> float:
    """Return what a rate is at most when none of `of` independent trials was seen: the rule of three, 3 / of.

    >>> none_seen(459)
    0.006535947712418301
    """
    three = 3.0 if confidence == CONFIDENCE else -math.log(1 - confidence)
    return min(1.0, three / of) if of > 0 else 1.0


def _normal(confidence: float) -> float:
    return float(stats.norm.ppf(0.5 + confidence / 2))


def _arms(estimate: Counted) -> tuple[float, float]:
    """Return how far the bounds are below and above the rate, in logarithms."""
    return math.log(estimate.value / max(estimate.low, 1e-300)), math.log(estimate.high / estimate.value)


def _hypotenuse(one: float, other: float, common: float) -> float:
    return math.sqrt(max(0.0, one * one + other * other - 2 * common * one * other))


__all__ = [
    "CONFIDENCE",
    "ENOUGH",
    "SMALLEST",
    "Difference",
    "Estimate",
    "Matches",
    "Measured",
    "Ratio",
    "by_pair",
    "by_person",
    "by_probe_and_gallery",
    "difference",
    "exact",
    "matches",
    "none_seen",
    "pairs_of_groups",
    "unpaired",
    "wilson",
    "wilson_of",
]

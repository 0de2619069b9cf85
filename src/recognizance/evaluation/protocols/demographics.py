"""Errors by group, at one threshold for everybody: who is taken for someone else, and who is missed.

After NIST IR 8280 (2019) and its successor on measures, NIST IR 8429 (2022), and ISO/IEC 19795-10 (2024, whose text is
not at hand: no conformance is claimed). A person counts once, however many pictures there are of them; a pair of people
counts by the share of its comparisons that match. False matches are of strangers who make no effort to pass for one
another. A picture without a template is a miss (its person cannot be found) and takes no part in false matches.
Groups of fewer than `SMALLEST` people are withheld, and nothing is claimed of a rate of which fewer than `ENOUGH` were
seen where fewer than as many would be expected at everybody's rate.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recognizance.evaluation import audit
from recognizance.evaluation.audit import Finding
from recognizance.evaluation.sets.subjects import Problem, Trouble
from recognizance.evaluation.statistics.comparisons import Faces, Keep, Pairs, all_pairs
from recognizance.evaluation.statistics.intervals import (
    CONFIDENCE,
    ENOUGH,
    SMALLEST,
    Estimate,
    Matches,
    Measured,
    Ratio,
    Reals,
    Whole,
    by_pair,
    by_person,
    matches,
    pairs_of_groups,
)
from recognizance.evaluation.statistics.withheld import FOLLOWS, crossed, hidden
from recognizance.values import Vectors

MOST_GROUPS, MOST_VALUES = 30, 200
"""Groups of `SMALLEST` people and more in one table at most, and groups of any size: more are no groups but names."""

DRAWS = 4000
"""Draws of the groups' rates, were all groups alike, to see what inequity chance alone makes."""

Progress = Callable[[int, int], None]
Flags = NDArray[np.bool_]


class TooManyGroups(ValueError):
    """A column, or several together, that tells more groups apart than are compared."""


class TooManyMatches(ValueError):
    """A threshold so low that more pairs match than are kept."""


@dataclass(frozen=True, slots=True, eq=False)
class Crowd:
    """Pictures by person, of whom something is said.

    `vectors` has unit rows, zeros where no face was found; `people` each picture's person, numbers from 0; `many` how
    many people are numbered, some perhaps without a picture here; `said` what is said of each person by column, ""
    where nothing.
    """

    vectors: Vectors
    people: Whole
    many: int
    said: Mapping[str, Sequence[str]]

    @property
    def found(self) -> Whole:
        """How many templates each person has."""
        return np.bincount(self.people[self.vectors.any(axis=1)], minlength=self.many).astype(np.int64)

    @property
    def pictures(self) -> Whole:
        """How many pictures each person has."""
        return np.bincount(self.people, minlength=self.many).astype(np.int64)


@dataclass(frozen=True, slots=True, eq=False)
class Errors:
    """What went wrong at one threshold, person by person.

    `false` are the pairs of strangers who matched, weighed. Of each person's own pairs of pictures, `mated` is how many
    there are and `missed` how many did not match; `pictures` and `lost` count pictures, and those without a template.
    `enrolled` says who has a template at all.
    """

    cosine: float
    false: Matches
    enrolled: Whole
    mated: Whole
    missed: Whole
    pictures: Whole
    lost: Whole


@dataclass(frozen=True, slots=True)
class Told:
    """One rate of one group, None where it is withheld or there is nobody, and how it stands to everybody's.

    `expected` is how many would be seen at everybody's rate, `claim` whether these or those seen are enough to say
    anything. `surely`
    is a lower bound of the ratio that holds for all groups of the table at once (Bonferroni).
    """

    rate: Estimate | None
    expected: float
    claim: bool
    to_overall: Ratio | None
    surely: float


@dataclass(frozen=True, slots=True)
class Group:
    """One group: what is said of its people, how many they are, and its rates.

    `false` is of strangers within the group, `false_with_anybody` of one of the group and anybody.
    """

    said: tuple[str, ...]
    people: int
    pictures: int
    withheld: bool
    false: Told
    false_with_anybody: Estimate | None
    missed: Told
    lost: Told


@dataclass(frozen=True, slots=True)
class Between:
    """How often two people match of whom one is of the first group and one of the second (places in the table)."""

    first: int
    second: int
    rate: Estimate | None
    expected: float
    claim: bool


@dataclass(frozen=True, slots=True)
class Inequity:
    """How unequal the groups of which something is claimed are in one rate; None where fewer than two are.

    `highest` and `lowest` are places in the table, chosen by the data: with many groups, the extremes of equal groups
    differ too, and `gini_by_chance` says how much inequity 19 in 20 draws of equal groups stay under.
    """

    highest: int
    lowest: int
    highest_to_lowest: Ratio
    highest_to_mean: Ratio | None
    highest_to_overall: Ratio
    gini: float
    gini_by_chance: float


@dataclass(frozen=True, slots=True)
class Grouping:
    """One way to tell people apart: by one column or by all together."""

    columns: tuple[str, ...]
    groups: tuple[Group, ...]
    between: tuple[Between, ...]
    false: Inequity | None
    missed: Inequity | None
    unsaid: int
    """People of whom a column says nothing: in everybody's rate, in no group."""

    @property
    def garbe(self) -> float | None:
        """The mean of the two Gini coefficients (GARBE with equal weights: Howard, Laird, Sirotin 2022)."""
        return None if self.false is None or self.missed is None else (self.false.gini + self.missed.gini) / 2


@dataclass(frozen=True, slots=True)
class Overall:
    """Everybody's rates; `missed` is None where nobody has two pictures."""

    false: Estimate
    missed: Estimate | None
    lost: Estimate


def most_alike(crowd: Crowd, floor: float, *, progress: Progress = lambda done, of: None) -> Pairs:
    """Return the pairs of strangers' pictures that reach `floor`, or a higher one where too many do."""
    return all_pairs(Faces(crowd.vectors, crowd.people), keep=Keep(strangers=floor), progress=progress).alike


def floor_for(crowd: Crowd, rate: float, *, some: int = 2000) -> float:
    """Return a cosine that surely more than a share `rate` of strangers reach: what ten times as many of a sample do.

    `some` is how many pictures the sample has, evenly from all.
    """
    there = np.nonzero(crowd.vectors.any(axis=1))[0]
    chosen = there[:: max(1, len(there) // some)]
    rows, people = crowd.vectors[chosen], crowd.people[chosen]
    cosines = (rows @ rows.T)[people[:, None] < people[None]]
    return float(np.quantile(cosines, max(0.0, 1 - max(10 * rate, 0.002)))) if len(cosines) else -1.0


def cosine_for(crowd: Crowd, alike: Pairs, rate: float) -> float:
    """Return the lowest cosine that at most a share `rate` of pairs of people reaches, of those kept.

    Raises `TooManyMatches` where it lies below what was kept.
    """
    found = crowd.found
    enrolled = int((found > 0).sum())
    weights = 1 / (found[crowd.people[alike.first]] * found[crowd.people[alike.second]])
    reached = np.cumsum(weights) / max(enrolled * (enrolled - 1) / 2, 1)
    place = int(np.searchsorted(reached, rate, side="right"))
    if place == len(reached):
        raise TooManyMatches(f"more than {rate:g} of all pairs would have to be kept; ask for a lower rate")
    # just above the first that is one too many: pairs of equal cosine match together or not at all
    return float(np.nextafter(alike.cosines[place], 2.0))


def errors(crowd: Crowd, alike: Pairs, cosine: float, mated: Crowd | None = None) -> Errors:
    """Return what goes wrong at `cosine`.

    `mated` are other pictures, of the same numbers of people, of whom to count misses. Raises `TooManyMatches`
    where not all pairs that reach `cosine` were kept.
    """
    if cosine < alike.floor:
        raise TooManyMatches(
            f"more than {len(alike):,} pairs of strangers reach cosine {cosine:.3f}; ask for a higher threshold"
        )
    kept = alike.at_least(cosine)
    found = crowd.found
    first, second = crowd.people[kept.first], crowd.people[kept.second]
    own = crowd if mated is None else mated
    pairs, missed = _own_pairs(own, cosine)
    return Errors(
        cosine=cosine,
        false=matches(first, second, 1 / (found[first] * found[second])),
        enrolled=np.asarray(found > 0).astype(np.int64),
        mated=pairs,
        missed=missed,
        pictures=own.pictures,
        lost=own.pictures - own.found,
    )


def _own_pairs(crowd: Crowd, cosine: float) -> tuple[Whole, Whole]:
    """Return how many pairs of their own pictures each person has, and how many do not match."""
    order = np.argsort(crowd.people, kind="stable")
    ends = np.cumsum(crowd.pictures)
    pairs = crowd.pictures * (crowd.pictures - 1) // 2
    missed = np.zeros(crowd.many, np.int64)
    for person in np.nonzero(pairs)[0]:
        own = order[ends[person] - crowd.pictures[person] : ends[person]]
        rows = crowd.vectors[own].astype(np.float64)
        cosines = np.clip(rows @ rows.T, -1, 1)
        there: Flags = np.asarray(rows.any(axis=1))
        matched = np.triu((cosines >= cosine) & there[:, None] & there[None], k=1)
        missed[person] = pairs[person] - np.count_nonzero(matched)
    return pairs, missed


def overall(seen: Errors) -> Overall:
    """Return everybody's rates. Raises `ValueError` with fewer than two people with a template."""
    members = np.nonzero(seen.enrolled)[0]
    if len(members) < 2:
        raise ValueError(f"false matches need two people with a template, got {len(members)}")
    everybody = by_pair([seen.false.of(_places(seen.enrolled))], np.zeros(len(members), np.int64))
    missed = _everybody(seen.missed, seen.mated) if seen.mated.any() else None
    return Overall(everybody.estimate(0), missed, _everybody(seen.lost, seen.pictures))


def _everybody(counts: Whole, of: Whole) -> Estimate:
    there = of > 0
    return by_person([counts[there]], of[there], np.zeros(there.sum(), np.int64)).estimate(0)


def _places(there: Whole) -> Whole:
    """Return for each person their place among those who are there, -1 for the others."""
    return np.where(there > 0, np.cumsum(there > 0) - 1, -1)


def by_group(crowd: Crowd, seen: Errors, columns: Sequence[str], random: np.random.Generator) -> Grouping:
    """Return the rates of each group that `columns` tell apart together, in order of their names.

    Raises `TooManyGroups`.
    """
    names, label = groups_of(crowd, columns)
    sizes = np.bincount(label[label < len(names)], minlength=len(names))
    lines, also = parts(crowd, columns, names)
    withheld = np.array(hidden(sizes.tolist(), lines, also), np.bool_)
    # people of no group and of small ones are one more group: they meet the others, and are in everybody's rate
    moved = np.where(label < len(names), np.append(withheld, False)[label], False)
    rest, place = len(names), label
    label = np.where(moved, rest, label)
    # of one kind of rate, too, one group alone may have too few people
    unseen = [
        np.array(hidden(_sizes(of, place, rest), lines, np.nonzero(withheld)[0].tolist()), np.bool_)
        for of in (seen.enrolled, seen.mated, seen.pictures)
    ]
    false = _false(seen, label, rest, unseen[0])
    missed = _own(seen.missed, seen.mated, label, unseen[1])
    lost = _own(seen.lost, seen.pictures, label, unseen[2])
    groups = tuple(
        Group(
            said=name,
            people=int(sizes[at]),
            pictures=int(seen.pictures[label == at].sum()) if not withheld[at] else 0,
            withheld=bool(withheld[at]),
            false=false.told[at],
            false_with_anybody=false.with_anybody[at],
            missed=missed.told[at],
            lost=lost.told[at],
        )
        for at, name in enumerate(names)
    )
    return Grouping(
        columns=tuple(columns),
        groups=groups,
        between=false.between,
        false=_inequity(false, [one.false for one in groups], random),
        missed=_inequity(missed, [one.missed for one in groups], random),
        unsaid=int(((label == len(names)) & ~moved & (crowd.pictures > 0)).sum()),
    )


def _sizes(of: Whole, label: Whole, groups: int) -> list[int]:
    """Return how many people of each group have any trials."""
    sizes: list[int] = np.bincount(label[of > 0], minlength=groups + 1)[:groups].tolist()
    return sizes


def parts(crowd: Crowd, columns: Sequence[str], names: Sequence[tuple[str, ...]]) -> tuple[list[list[int]], list[int]]:
    """Return, for several columns together, the groups that each group of one column is made of, and those to withhold.

    The columns' own tables show the totals of the former, and withhold whole what the latter are part of.
    """
    sizes: list[dict[str, int]] = []
    for column in columns if len(columns) > 1 else ():
        alone, label = groups_of(crowd, [column])
        people = np.bincount(label, minlength=len(alone) + 1)[: len(alone)].tolist()
        sizes.append({value: many for (value,), many in zip(alone, people, strict=True)})
    return crossed(names, sizes)


def groups_of(crowd: Crowd, columns: Sequence[str]) -> tuple[list[tuple[str, ...]], Whole]:
    """Return the groups' names in order, and each person's place among them: one past the last for who is in none.

    Raises `TooManyGroups`.
    """
    said = list(zip(*(crowd.said[column] for column in columns), strict=True))
    names = sorted({one for one in said if all(one)})
    place = {name: at for at, name in enumerate(names)}
    label = np.array([place.get(one, len(names)) for one in said], np.int64)
    large = int((np.bincount(label, minlength=len(names) + 1)[: len(names)] >= SMALLEST).sum())
    if large > MOST_GROUPS or len(names) > MOST_VALUES:
        raise TooManyGroups(
            f"{' and '.join(columns)} tell{'s' if len(columns) == 1 else ''} {len(names)} groups apart, {large} of "
            f"them of {SMALLEST} people or more; at most {MOST_VALUES} and {MOST_GROUPS} are compared: name a column "
            "of fewer values"
        )
    return names, label


@dataclass(frozen=True, slots=True, eq=False)
class _Rates:
    """Rates of the groups (at `places`, -1 where withheld) and of everybody."""

    measured: Measured | None
    places: Sequence[int]
    everybody: int
    told: Sequence[Told]
    with_anybody: Sequence[Estimate | None] = ()
    between: tuple[Between, ...] = ()


def _false(seen: Errors, label: Whole, groups: int, withheld: Flags) -> _Rates:
    members = np.nonzero(seen.enrolled)[0]
    cells = pairs_of_groups(groups + 1)
    part = label[members]
    sizes = np.bincount(part, minlength=groups + 1)
    known = [cell for cell in cells if _pairs_in(sizes, cell) > 0]
    measured = by_pair([seen.false.of(_places(seen.enrolled))], part, cells=known)
    of_group = [[at for at, cell in enumerate(known) if group in cell] for group in range(groups)]
    within = [known.index((group, group)) if (group, group) in known else -1 for group in range(groups)]
    parts = [*([at] for at in range(len(known))), list(range(len(known))), *(one or [0] for one in of_group)]
    joined = measured.joined(parts)
    everybody = len(known)
    shown = [-1 if withheld[group] or sizes[group] < SMALLEST else within[group] for group in range(groups)]
    told = _told(joined, shown, everybody)
    with_anybody = [joined.estimate(everybody + 1 + group) if shown[group] >= 0 else None for group in range(groups)]
    rate = joined.values[everybody]
    between = tuple(
        Between(
            one, other,
            joined.estimate(at) if shown[one] >= 0 and shown[other] >= 0 else None,
            float(rate * joined.weights[at]),
            shown[one] >= 0 and shown[other] >= 0 and _enough(joined, at, float(rate)),
        )
        for at, (one, other) in enumerate(known)
        if other < groups
    )  # fmt: skip
    return _Rates(joined, shown, everybody, told, with_anybody, between)


def _pairs_in(sizes: Whole, cell: tuple[int, int]) -> int:
    one, other = int(sizes[cell[0]]), int(sizes[cell[1]])
    return one * (one - 1) // 2 if cell[0] == cell[1] else one * other


def _own(counts: Whole, of: Whole, label: Whole, withheld: Flags) -> _Rates:
    groups = len(withheld)
    there = of > 0
    if not there.any():
        return _Rates(None, [-1] * groups, -1, [Told(None, 0.0, False, None, 0.0)] * groups)
    sizes = np.bincount(label[there], minlength=groups + 1)
    # empty groups would stand between the others: number those that are there
    present = np.nonzero(sizes)[0]
    measured = by_person([counts[there]], of[there], np.searchsorted(present, label[there]))
    joined = measured.joined([*([at] for at in range(len(present))), list(range(len(present)))])
    place = {int(group): at for at, group in enumerate(present)}
    shown = [-1 if withheld[group] or sizes[group] < SMALLEST else place[group] for group in range(groups)]
    return _Rates(joined, shown, len(present), _told(joined, shown, len(present)))


def _told(measured: Measured, places: Sequence[int], everybody: int) -> list[Told]:
    rate = float(measured.values[everybody])
    compared = sum(at >= 0 for at in places)
    sure = 1 - (1 - CONFIDENCE) / max(compared, 1)
    return [
        Told(None, 0.0, False, None, 0.0)
        if at < 0
        else Told(
            rate=measured.estimate(at),
            expected=rate * float(measured.weights[at]),
            claim=_enough(measured, at, rate),
            to_overall=measured.ratio(at, everybody),
            surely=measured.ratio(at, everybody, confidence=sure).low,
        )
        for at in places
    ]


def _enough(measured: Measured, at: int, rate: float) -> bool:
    return max(rate * float(measured.weights[at]), int(measured.counts[at])) >= ENOUGH


def _inequity(rates: _Rates, told: Sequence[Told], random: np.random.Generator) -> Inequity | None:
    """Return how unequal the groups are of which something is claimed, None where these are fewer than two."""
    measured = rates.measured
    claimed = [group for group, one in enumerate(told) if one.claim and rates.places[group] >= 0]
    if measured is None or len(claimed) < 2:
        return None
    places = [rates.places[group] for group in claimed]
    values = measured.values[places]
    high, low = int(np.argmax(values)), int(np.argmin(values))
    return Inequity(
        highest=claimed[high],
        lowest=claimed[low],
        highest_to_lowest=measured.ratio(places[high], places[low]),
        highest_to_mean=None
        if (measured.counts[places] == 0).any()
        else measured.to_geometric_mean(places[high], places),
        highest_to_overall=measured.ratio(places[high], rates.everybody),
        gini=gini(values),
        gini_by_chance=_by_chance(measured, places, rates.everybody, random),
    )


def gini(values: Reals) -> float:
    """Return the Gini coefficient of rates, corrected for how few they are: 0 for equal ones, 1 where one has all.

    >>> gini(np.array([1.0, 1.0])), gini(np.array([0.0, 2.0]))
    (0.0, 1.0)
    """
    return float(_ginis(values[None])[0])


def _ginis(rows: Reals) -> Reals:
    """Return the Gini coefficient of each row; 0 where all is zero."""
    many = rows.shape[1]
    if many < 2:
        return np.zeros(len(rows))
    ranks = 2 * np.arange(1, many + 1) - many - 1
    apart = np.sort(rows, axis=1) @ ranks  # the sum of what each two are apart
    total = rows.sum(axis=1)
    return np.asarray(np.where(total > 0, apart / np.where(total > 0, total * (many - 1), 1), 0.0))


def _by_chance(measured: Measured, places: Sequence[int], everybody: int, random: np.random.Generator) -> float:
    """Return what the Gini coefficient stays under 19 times in 20, were every group's true rate everybody's.

    Each group's count is then Poisson's, of the trials that its rate is worth.
    """
    rate = float(measured.values[everybody])
    worth = np.array([measured.estimate(at).trials for at in places])
    drawn = random.poisson(rate * worth, (DRAWS, len(places))) / worth
    return float(np.quantile(_ginis(drawn), 0.95))


def figures(crowd: Crowd, groupings: Sequence[Grouping], everybody: Overall) -> dict[str, Any]:
    """Return what was measured as plain values for JSON; people are counted, none is named."""
    found = crowd.found
    return {
        "people": int((crowd.pictures > 0).sum()),
        "people_with_template": int((found > 0).sum()),
        "pictures": len(crowd.people),
        "overall": {
            "false": audit.rate(everybody.false),
            "missed": audit.rate(everybody.missed),
            "failure_to_enrol": audit.rate(everybody.lost),
        },
        "groupings": [
            {
                "columns": list(one.columns),
                "unsaid": one.unsaid,
                "groups": [_group_figures(one.columns, group) for group in one.groups],
                "between": [
                    {
                        "first": pair.first,
                        "second": pair.second,
                        "false": audit.rate(pair.rate),
                        "expected": pair.expected if pair.rate else None,
                        "claim": pair.claim,
                    }
                    for pair in one.between
                ],
                "false": _inequity_figures(one.false),
                "missed": _inequity_figures(one.missed),
                "garbe": one.garbe,
            }
            for one in groupings
        ],
    }


def _group_figures(columns: Sequence[str], group: Group) -> dict[str, Any]:
    return {
        "said": dict(zip(columns, group.said, strict=True)),
        "people": group.people,
        "pictures": None if group.withheld else group.pictures,
        "withheld": group.withheld,
        "false": _told_figures(group.false),
        "false_with_anybody": audit.rate(group.false_with_anybody),
        "missed": _told_figures(group.missed),
        "failure_to_enrol": _told_figures(group.lost),
    }


def _told_figures(told: Told) -> dict[str, Any] | None:
    if told.rate is None or told.to_overall is None:
        return None
    return {
        **(audit.rate(told.rate) or {}),
        "expected": told.expected,
        "claim": told.claim,
        "to_overall": ratio_figures(told.to_overall),
        "at_least": told.surely,
    }


def _inequity_figures(one: Inequity | None) -> dict[str, Any] | None:
    if one is None:
        return None
    return {
        "highest": one.highest,
        "lowest": one.lowest,
        "highest_to_lowest": ratio_figures(one.highest_to_lowest),
        "highest_to_geometric_mean": None if one.highest_to_mean is None else ratio_figures(one.highest_to_mean),
        "highest_to_overall": ratio_figures(one.highest_to_overall),
        "gini": one.gini,
        "gini_by_chance": one.gini_by_chance,
    }


def ratio_figures(ratio: Ratio) -> dict[str, Any]:
    """Return a ratio as plain values: None where a rate of zero leaves it open."""
    return {"value": ratio.value, "low": ratio.low, "high": ratio.high}


def problems(groupings: Sequence[Grouping]) -> tuple[Problem, ...]:
    """Return a problem for each group whose figures are withheld."""
    return tuple(
        Problem(
            Trouble.SMALL_GROUP,
            ", ".join(f"{column} {value}" for column, value in zip(one.columns, group.said, strict=True)),
            f"{group.people} {'person' if group.people == 1 else 'people'}, "
            + (f"fewer than {SMALLEST}: rates are withheld" if group.people < SMALLEST else FOLLOWS),
        )
        for one in groupings
        for group in one.groups
        if group.withheld
    )


def findings(groupings: Sequence[Grouping], margin: float, words: Callable[[float], str]) -> tuple[Finding, ...]:
    """Return a finding for each group whose rate surely is more than `margin` times everybody's.

    "Surely" is the bound that holds for all groups of a table at once. `words` tells a rate.
    """
    found: list[Finding] = []
    for one in groupings:
        for group in one.groups:
            name = ", ".join(f"{column} {value}" for column, value in zip(one.columns, group.said, strict=True))
            for kind, told, what in (
                ("false matches of a group", group.false, "are taken for one another"),
                ("misses of a group", group.missed, "are missed"),
            ):
                if told.rate and told.claim and told.to_overall and told.surely > margin:
                    found.append(Finding(kind, name, _said(told, what, margin, words)))
    return tuple(found)


def _said(told: Told, what: str, margin: float, words: Callable[[float], str]) -> str:
    assert told.rate is not None, "a finding has a rate"
    times = "" if told.to_overall is None or told.to_overall.value is None else f"{told.to_overall.value:.1f} times "
    return (
        f"People of this group {what} {times}as often as everybody ({told.rate.count:,} of {told.rate.of:,}; "
        f"{words(told.rate.value)} with each person counted once; at least {told.surely:.1f} times, with all groups "
        f"compared at once), and the limit is {margin:g} times. Ask for a higher Similarity where such people are "
        "searched, or for a model that tells them apart."
    )


def crowd_of(
    vectors: Vectors, names: Sequence[str], groups: Mapping[str, Sequence[str]], order: Sequence[str] | None = None
) -> tuple[Crowd, tuple[Problem, ...]]:
    """Return pictures by person, from each picture's person and what is said of them in each column.

    People stand in the order of their names, or in `order`, which then has to name them all. Of a person of whom two
    things are said in one column nothing is taken as said, which is a problem.
    """
    people = sorted(set(names)) if order is None else list(order)
    place = {name: at for at, name in enumerate(people)}
    number = np.array([place[name] for name in names], np.int64)
    said: dict[str, list[str]] = {}
    trouble: list[Problem] = []
    for column, values in groups.items():
        of_person: list[set[str]] = [set() for _ in people]
        for at, value in zip(number, values, strict=True):
            if value:
                of_person[at].add(value)
        said[column] = [next(iter(one)) if len(one) == 1 else "" for one in of_person]
        trouble += [
            Problem(Trouble.MISLABELLED, name, f"two things are said in {column}: {' and '.join(sorted(one))}")
            for name, one in zip(people, of_person, strict=True)
            if len(one) > 1
        ]
    return Crowd(vectors, number, len(people), said), tuple(trouble)

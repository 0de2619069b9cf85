"""May this model or setting replace that one? Two systems on the very same pictures, group by group.

A group passes where it is shown that it is not worse by more than a margin; it fails where it is shown to be worse, and
not shown to be worse by no more than that; else the data cannot tell, and that does not pass. All groups have to pass,
so no allowance for their number is needed there; that one fails by chance is made as unlikely for all judgements
together as for one (Bonferroni). A ratio of two handfuls does not matter (`Limits`) where misses surely rise by no more
than one in a hundred, or false matches surely stay under the rate that the threshold stands for.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

import numpy as np

from recognizance.evaluation import audit
from recognizance.evaluation.audit import Finding
from recognizance.evaluation.protocols.demographics import Crowd, Errors, groups_of, parts, ratio_figures
from recognizance.evaluation.statistics.intervals import (
    CONFIDENCE,
    SMALLEST,
    Difference,
    Measured,
    Ratio,
    Whole,
    by_pair,
    by_person,
    difference,
    unpaired,
)
from recognizance.evaluation.statistics.rates import Counted
from recognizance.evaluation.statistics.withheld import FOLLOWS, hidden


class Verdict(Enum):
    """What the gate says; the value is the word in reports."""

    PASSES = "passes"
    FAILS = "fails"
    CANNOT_TELL = "cannot tell"


@dataclass(frozen=True, slots=True)
class Limits:
    """How many times as often the new system may be wrong, and what is too little to matter.

    `false` is the rate that the threshold stands for, or was asked for: under it a group is as safe as was promised.
    `missed` and `lost` are by how much misses, and pictures without a face, may rise.
    """

    margin: float
    false: float
    missed: float = 0.01
    lost: float = 0.01


MOST_TIMES, MOST_RISE, MOST_FALSE = 3.0, 0.1, 0.1
"""Limits beyond which a gate would let anything pass: NIST IR 8280 finds differences of two to three times worth a
test, and at a threshold that one in ten strangers reach nobody is told apart."""


def beyond(limits: Limits) -> str | None:
    """Return in a sentence which limit is none, None where all will do. What is no number will not do."""
    if not 1 < limits.margin <= MOST_TIMES:
        return f"the margin should be over 1 and at most {MOST_TIMES:g} times, got {limits.margin:g}"
    for rise in (limits.missed, limits.lost):
        if not 0 <= rise <= MOST_RISE:
            return f"the rise should lie between 0 and {MOST_RISE:g}, got {rise:g}"
    if not 0 <= limits.false <= MOST_FALSE:
        return (
            f"the threshold stands for {limits.false:.2g} false matches of strangers; at most {MOST_FALSE:g} tell "
            "anybody apart: ask for a higher one"
        )
    return None


KINDS = ("false", "missed", "lost")
"""What is judged: strangers who match, misses, and pictures in which no face was found."""


@dataclass(frozen=True, slots=True)
class Judged:
    """One kind of error of one group under both systems. `said` is empty for everybody.

    `change` is how many times as often the new one is wrong, `surely` its lower bound for all judgements at once;
    `rise` is by how much. A group that is `withheld` is judged and its figures are not told: with them and the total,
    those of a smaller group could be reckoned.
    """

    said: Mapping[str, str]
    kind: str
    people: int
    old: Counted
    new: Counted
    change: Ratio
    surely: float
    rise: Difference
    verdict: Verdict
    withheld: bool = False


@dataclass(frozen=True, slots=True)
class Withheld:
    """A group of too few people to judge, which the gate does not protect."""

    said: Mapping[str, str]
    people: int


@dataclass(frozen=True, slots=True)
class OneSided:
    """A rate that one of two reports alone has ("old" or "new"), so that nothing can be told of it."""

    said: Mapping[str, str]
    kind: str
    only: str


@dataclass(frozen=True, slots=True)
class Gate:
    """All judgements, the groups that were too small for one, and what follows. `asked` says whether groups were."""

    judged: tuple[Judged, ...]
    withheld: tuple[Withheld, ...]
    asked: bool
    one_sided: tuple[OneSided, ...] = ()

    @property
    def grouped(self) -> bool:
        """Whether any group was judged, and not everybody alone."""
        return any(one.said for one in self.judged)

    @property
    def verdict(self) -> Verdict:
        """The worst of all judgements; where groups were asked for and none could be judged, it cannot tell."""
        found = {one.verdict for one in self.judged}
        if Verdict.FAILS in found:
            return Verdict.FAILS
        unsure = Verdict.CANNOT_TELL in found or not found or bool(self.one_sided)
        return Verdict.CANNOT_TELL if unsure or (self.asked and not self.grouped) else Verdict.PASSES


def judge(old: Errors, new: Errors, crowd: Crowd, columns: Sequence[Sequence[str]], limits: Limits) -> Gate:
    """Judge two systems that saw the same pictures of `crowd`, each at its own threshold, by each list of columns.

    Raises `ValueError` with fewer than `SMALLEST` people.
    """
    people = int((old.pictures > 0).sum())
    if people < SMALLEST:
        raise ValueError(f"a gate needs {SMALLEST} people, got {people}")
    of_groups: list[tuple[Mapping[str, str], str, _Both, int, bool]] = []
    withheld: list[Withheld] = []
    for asked in [[], *columns]:
        names, label = groups_of(crowd, asked) if asked else ([()], np.zeros(crowd.many, np.int64))
        lines, also = parts(crowd, asked, names)
        of_all = hidden(
            np.bincount(label[old.pictures > 0], minlength=len(names) + 1)[: len(names)].tolist(), lines, also
        )
        for kind in KINDS:
            both = _both(kind, old, new, label, len(names))
            out = hidden(both.people.tolist(), lines, [at for at, one in enumerate(of_all) if one])
            for group, name in enumerate(names):
                said = dict(zip(asked, name, strict=True))
                if both.people[group] >= SMALLEST:
                    of_groups.append((said, kind, both, group, out[group]))
                elif kind == KINDS[0] and both.people[group]:
                    withheld.append(Withheld(said, int(both.people[group])))
    sure = 1 - (1 - CONFIDENCE) / max(len(of_groups), 1)
    return Gate(
        tuple(
            _judged(
                (said, kind, int(both.people[group])),
                (both.rates.estimate(group), both.rates.estimate(both.groups + group)),
                both.changed(group, sure),
                both.rise.difference(both.groups + group, group),
                limits,
                withheld=out,
            )
            for said, kind, both, group, out in of_groups
        ),
        tuple(withheld),
        asked=bool(columns),
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Both:
    """One kind of error under both systems: `people` of each group, and its rates, the old system's first.

    `rise` has by group how often the old one alone was wrong, then how often the new one alone.
    """

    people: Whole
    rates: Measured
    rise: Measured

    @property
    def groups(self) -> int:
        """How many groups there are."""
        return len(self.people)

    def changed(self, group: int, sure: float) -> tuple[Ratio, float]:
        """Return the ratio of new to old, and its lower bound at the confidence `sure`."""
        places = self.groups + group, group
        return self.rates.change(*places), self.rates.change(*places, confidence=sure).low


def _both(kind: str, old: Errors, new: Errors, label: Whole, groups: int) -> _Both:
    """Return one kind of error by group; people of no group, labelled `groups`, are left out."""
    if kind == "false":
        there = (old.pictures > 0) & (label < groups)
        place = np.where(there, np.cumsum(there) - 1, -1)
        seen = [one.false.of(place) for one in (old, new)]
        cells = [(group, group) for group in range(groups)]
        alone = [seen[0].without(seen[1]), seen[1].without(seen[0])]
        rates, rise = (by_pair(one, label[there], cells=cells) for one in (seen, alone))
        return _Both(np.bincount(label[there], minlength=groups), rates, rise)
    counts, of = (
        ((old.missed, new.missed), old.mated) if kind == "missed" else ((old.lost, new.lost), old.pictures)
    )  # fmt: skip
    there = (of > 0) & (label < groups)
    before, after = (one[there] for one in counts)
    each = [[before, after], [np.maximum(before - after, 0), np.maximum(after - before, 0)]]
    rates, rise = (by_person(one, of[there], label[there], groups=groups) for one in each)
    return _Both(np.bincount(label[there], minlength=groups), rates, rise)


def _judged(
    whom: tuple[Mapping[str, str], str, int],
    rates: tuple[Counted, Counted],
    changed: tuple[Ratio, float],
    rise: Difference,
    limits: Limits,
    *,
    withheld: bool = False,
) -> Judged:
    (said, kind, people), (old, new), (change, surely) = whom, rates, changed
    little = (
        new.high <= limits.false if kind == "false"
        else rise.high <= {"missed": limits.missed, "lost": limits.lost}[kind]
    )  # fmt: skip
    if change.high is not None and change.high <= limits.margin:
        verdict = Verdict.PASSES
    elif kind == "false" and surely > 1:
        verdict = Verdict.FAILS  # within what was promised, too: who is worse off is worse off
    elif little:
        verdict = Verdict.PASSES
    else:
        verdict = Verdict.FAILS if surely > 1 else Verdict.CANNOT_TELL
    return Judged(said, kind, people, old, new, change, surely, rise, verdict, withheld)


@dataclass(frozen=True, slots=True)
class Told:
    """A rate as a report has it."""

    count: int
    of: int
    value: float
    low: float
    high: float


class NotAlike(ValueError):
    """Two reports that cannot be held against each other; the text says why."""


def judge_reports(old: Mapping[str, Any], new: Mapping[str, Any], limits: Limits) -> Gate:
    """Judge two reports of `audit demographics` on the same pictures.

    They do not say which comparisons both got wrong, so the rates count as independent, which they are not: the
    intervals are wider than need be, and more often the gate cannot tell; so it cannot where one report alone has a
    rate. Raises `NotAlike`.
    """
    _alike(old, new)
    before, after = ({key: (people, told) for key, people, told in _rates(one)} for one in (old, new))
    both = [key for key in before if key in after]
    sure = 1 - (1 - CONFIDENCE) / max(len(both), 1)
    judged: list[Judged] = []
    for said, kind in both:
        (people, one), (_, other) = before[said, kind], after[said, kind]
        changed = unpaired(other, one), unpaired(other, one, confidence=sure).low
        judged.append(_judged((dict(said), kind, people), (one, other), changed, difference(other, one), limits))
    small = [
        Withheld(group["said"], group["people"])
        for grouping in new["result"]["groupings"]
        for group in grouping["groups"]
        if group["withheld"]
    ]
    one_sided = [
        OneSided(dict(said), kind, side)
        for side, here, there in (("old", before, after), ("new", after, before))
        for said, kind in here
        if (said, kind) not in there
    ]
    return Gate(tuple(judged), tuple(small), bool(new["result"]["groupings"]), tuple(one_sided))


Key = tuple[tuple[tuple[str, str], ...], str]


def _rates(document: Mapping[str, Any]) -> Iterator[tuple[Key, int, Told]]:
    """Yield each rate of a report of demographics, with whose it is, of what kind, and of how many people."""
    result = document["result"]
    parts: list[tuple[Mapping[str, str], int, Mapping[str, Any]]] = [({}, result["people"], result["overall"])]
    parts += [
        (group["said"], group["people"], group) for one in result["groupings"] for group in one["groups"]
    ]  # fmt: skip
    for said, people, rates in parts:
        for kind, name in zip(KINDS, ("false", "missed", "failure_to_enrol"), strict=True):
            one = rates[name]
            if one is not None:
                told = Told(one["count"], one["of"], one["rate"], one["low"], one["high"])
                yield (tuple(said.items()), kind), people, told


def _alike(old: Mapping[str, Any], new: Mapping[str, Any]) -> None:
    for which, one in (("old", old), ("new", new)):
        if one.get("protocol") != "demographics":
            raise NotAlike(f"the {which} report should be one of `recognizance audit demographics`")
    sets = [[(one["role"], one["fingerprint"]) for one in document["made"]["sets"]] for document in (old, new)]
    if sets[0] != sets[1]:
        raise NotAlike(
            "the two reports are of different pictures (their fingerprints differ); measure both on the same"
        )
    asked = [
        (at["asked"], at["fmr"], at["similarity"] if at["asked"] == "similarity" else None)
        for at in (document["result"]["threshold"] for document in (old, new))
    ]
    if asked[0] != asked[1]:
        raise NotAlike("the two reports are at different thresholds; measure both at one --threshold or --fmr")
    systems = [(one["made"]["models"], one["made"]["pipeline"]) for one in (old, new)]
    if systems[0] == systems[1]:
        raise NotAlike("the two reports are of the same system; measure the second with what is to change")
    groups = [_groupings(one) for one in (old, new)]
    if groups[0] != groups[1]:
        raise NotAlike(
            "the two reports tell different groups apart, or of other people; measure both with the same --groups and "
            "--people"
        )


def _groupings(
    document: Mapping[str, Any],
) -> list[tuple[tuple[str, ...], list[tuple[tuple[tuple[str, str], ...], int]]]]:
    """Return what a report tells people apart by, and each group with how many people it has, in order."""
    return sorted(
        (
            tuple(one["columns"]),
            sorted((tuple(sorted(group["said"].items())), group["people"]) for group in one["groups"]),
        )
        for one in document["result"]["groupings"]
    )


def figures(gate: Gate, limits: Limits) -> dict[str, Any]:
    """Return what was judged as plain values for JSON."""
    return {
        "verdict": gate.verdict.value,
        "limits": {
            "margin": limits.margin,
            "false": limits.false,
            "missed": limits.missed,
            "lost": limits.lost,
        },
        "judged": [
            {
                "said": dict(one.said),
                "kind": one.kind,
                "people": one.people,
                "withheld": one.withheld,
                "old": None if one.withheld else audit.rate(one.old),
                "new": None if one.withheld else audit.rate(one.new),
                "change": None if one.withheld else ratio_figures(one.change),
                "at_least": None if one.withheld else one.surely,
                "rise": None if one.withheld else {"value": one.rise.value, "low": one.rise.low, "high": one.rise.high},
                "verdict": one.verdict.value,
            }
            for one in gate.judged
        ],
        "withheld": [{"said": dict(one.said), "people": one.people} for one in gate.withheld],
        "one_sided": [{"said": dict(one.said), "kind": one.kind, "only": one.only} for one in gate.one_sided],
    }


WORDS = {
    "false": "taken for someone else",
    "missed": "missed",
    "lost": "not seen to have a face",
}


def findings(gate: Gate, margin: float) -> tuple[Finding, ...]:
    """Return a finding for each group that got worse."""
    return tuple(
        Finding(
            "worse than before",
            ", ".join(f"{column} {value}" for column, value in one.said.items()),
            f"People of this group are {WORDS[one.kind]} more often by the new system, and it is not shown that this "
            f"is at most the margin of {margin:g} times. How often is {FOLLOWS}. Keep the old system, or have the "
            "change answered for."
            if one.withheld
            else f"{'People of this group' if one.said else 'People'} are {WORDS[one.kind]} "
            f"{'' if one.change.value is None else f'{one.change.value:.2f} times '}as often by the new system "
            f"({one.new.count:,} of {one.new.of:,} against {one.old.count:,}; at least {one.surely:.2f} times with all "
            f"judgements taken together), and it is not shown that this is at most the margin of {margin:g} times. "
            "Keep the old system, or have the change answered for.",
        )
        for one in gate.judged
        if one.verdict is Verdict.FAILS
    )

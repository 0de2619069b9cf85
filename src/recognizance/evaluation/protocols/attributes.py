"""How well what is said of faces agrees with what people say of them, attribute by attribute.

An attribute that is so or not has two rates: how often it is told where it is so, and where it is not; their mean is
the balanced accuracy, which a rare value cannot hide in. Its confidence is right where, of all faces that are called so
with 90 %, it is so of 90 in 100. People are what chance chose: each counts once in a rate, and intervals speak of
people (`intervals.by_person`). Those of the area under the curve come from each person's influence on it (DeLong 1988;
Obuchowski 1997 for people with several pictures). Gender is how a face presents, and "so" is female.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from recognizance.evaluation.audit import Finding
from recognizance.evaluation.sets.labelled import ANGLES, GENDER, YES_OR_NO, Labels
from recognizance.evaluation.sets.subjects import Problem, Trouble
from recognizance.evaluation.statistics.intervals import CONFIDENCE, ENOUGH, SMALLEST, Ratio, by_person
from recognizance.evaluation.statistics.people import Measure, mean, middle_of, numbered, rate
from recognizance.evaluation.statistics.rates import Counted, wilson_of
from recognizance.evaluation.statistics.withheld import hidden
from recognizance.values import Expression, Face, Gender, Judgement, Trait

Flags = NDArray[np.bool_]
Whole = NDArray[np.int64]
Reals = NDArray[np.float64]

BINS: Final = 10
UNSURE: Final = 60.0
"""The confidence below which an attribute is said not to be told from this picture."""
DRAWS: Final = 400
"""Times that labels are drawn as the stated confidences have it, to see what chance alone makes of calibration."""
OFF: Final = 0.08
"""How far confidence may be from what is so, on average, before that is a finding; chance's part comes on top."""
DECADES: Final = (0, 18, 30, 40, 50, 60, 70, 200)

WANTS: Final[Mapping[str, Trait]] = {
    "eyeglasses": Trait.EYEGLASSES,
    "sunglasses": Trait.SUNGLASSES,
    "beard": Trait.BEARD,
    "moustache": Trait.MOUSTACHE,
    "smile": Trait.SMILE,
    "mouth open": Trait.MOUTH_OPEN,
    "eyes open": Trait.EYES_OPEN,
    "occluded": Trait.OCCLUDED,
    GENDER: Trait.GENDER,
    "age": Trait.AGE,
    "expression": Trait.EXPRESSION,
    **dict.fromkeys(ANGLES, Trait.OUTLINE),  # the pose is that of the mesh, as for whoever asks for ALL
}
"""What has to be asked of a face to hold it against a label."""


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """One picture: whose it is, what the tables say of the person, what people say of the face, and what we say."""

    person: str
    groups: Mapping[str, str]
    labels: Labels
    face: Face


@dataclass(frozen=True, slots=True)
class Bin:
    """Faces of which much the same was said: what was said on average, how often it was so."""

    low: float
    high: float
    said: float
    seen: Counted


@dataclass(frozen=True, slots=True)
class Reliability:
    """Whether confidence is what it says: bins of equally many pictures, and the mean of how far each is off.

    `chance` is what that mean would be, and `chance_high` what it would reach in 1 of 20 tests, of confidences without
    fault: few pictures are never quite as their share has it.
    """

    bins: tuple[Bin, ...]
    error: float
    chance: float
    chance_high: float


@dataclass(frozen=True, slots=True)
class Cell:
    """What was told right of people of one group of whom an attribute is so (`yes`) or is not.

    `right` is None where it is withheld; `times` is how many times as often it is wrong as of everybody.
    """

    group: str
    yes: bool
    people: int
    pictures: int
    right: Counted | None
    times: Ratio | None
    surely: float


@dataclass(frozen=True, slots=True)
class Grouping:
    """The cells of one column's groups, the group of nothing said last."""

    column: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class YesNo:
    """What became of one attribute that is so or is not. None is withheld, or could not be counted.

    `yes` and `no` are the pictures of either label and `people` who is in them. `right_yes` is the true positive rate,
    `right_no` the true negative rate, `right` how often it was right in all, `told_right` how often where it was told:
    with a confidence of `UNSURE` and more. `of_yes` holds the probability of "so" against labels, `of_said` the
    confidence of what was said against how often that was right.
    """

    name: str
    people: int
    yes: int
    no: int
    right: Counted | None
    right_yes: Counted | None
    right_no: Counted | None
    balanced: Measure | None
    auc: Measure | None
    unsure: Counted | None
    told_right: Counted | None
    of_yes: Reliability | None
    of_said: Reliability | None
    groupings: tuple[Grouping, ...]


@dataclass(frozen=True, slots=True)
class AgePart:
    """Ages from `low` to below `high`, or a group: by how many years the middle is off, and how often it is inside."""

    column: str
    said: str
    people: int
    pictures: int
    error: Measure | None
    bias: Measure | None
    inside: Counted | None


@dataclass(frozen=True, slots=True)
class AgeTold:
    """How well ages were told. `width` is that of the ranges on average.

    `even` is how wide ranges of one width about the same middles would be that hold as many true ages.
    """

    people: int
    pictures: int
    error: Measure | None
    bias: Measure | None
    inside: Counted | None
    width: float | None
    even: float | None
    parts: tuple[AgePart, ...]


@dataclass(frozen=True, slots=True)
class Shown:
    """Of one expression as labelled: how many pictures, what was said of them most, and how often that was right."""

    label: Expression
    people: int
    pictures: int
    said: tuple[tuple[Expression, int], ...] | None
    right: Counted | None


@dataclass(frozen=True, slots=True)
class Expressed:
    """How well expressions were told, by what people saw; `people`, `pictures` and `right` are of those measured."""

    people: int
    pictures: int
    right: Counted | None
    rows: tuple[Shown, ...]


@dataclass(frozen=True, slots=True)
class Angle:
    """By how many degrees an angle is off: without its sign, and with it (`bias` > 0: told too high)."""

    name: str
    people: int
    pictures: int
    error: Measure | None
    bias: Measure | None


@dataclass(frozen=True, slots=True)
class Result:
    """What became of every attribute that labels speak of; `lacking` counts labels that nothing was said against."""

    people: int
    pictures: int
    yes_no: tuple[YesNo, ...]
    age: AgeTold | None
    expression: Expressed | None
    angles: tuple[Angle, ...]
    lacking: tuple[tuple[str, int], ...]


def measure(cases: Sequence[Case], columns: Sequence[str], random: np.random.Generator) -> Result:
    """Return what became of every attribute that anything is labelled of, by the groups of each column."""
    lacking: dict[str, int] = {}
    told = {name: list(_told(cases, name, lacking)) for name in YES_OR_NO}
    angles = [_angle(name, [one for one in cases if name in one.labels.angles]) for name in ANGLES]
    ages = [one for one in cases if one.labels.age is not None]
    known = [one for one in ages if one.face.traits is not None and one.face.traits.age is not None]
    if len(known) < len(ages):
        lacking["age"] = len(ages) - len(known)
    shown = [one for one in cases if one.labels.expression is not None]
    said = [one for one in shown if one.face.traits is not None and one.face.traits.expression]
    if len(said) < len(shown):
        lacking["expression"] = len(shown) - len(said)
    return Result(
        len({one.person for one in cases}),
        len(cases),
        tuple(_yes_no(name, ones, columns, random) for name, ones in told.items() if ones),
        _age(known, columns) if known else None,
        _expression(said) if said else None,
        tuple(one for one in angles if one.pictures),
        tuple(lacking.items()),
    )


@dataclass(frozen=True, slots=True)
class _Told:
    """One label held against what was said: whether it is so, and the probability that was given."""

    case: Case
    yes: bool
    probability: float


def judgement(face: Face, name: str) -> Judgement | None:
    """Return what is said of one attribute of a face, None where nothing is. Of gender, "so" is female."""
    traits = face.traits
    if traits is None:
        return None
    if name == GENDER:
        said = traits.gender
        return None if said is None else Judgement(said.gender is Gender.FEMALE, said.confidence)
    found: Judgement | None = getattr(traits, WANTS[name].name.lower())
    return found


def _told(cases: Sequence[Case], name: str, lacking: dict[str, int]) -> Iterator[_Told]:
    for case in cases:
        if name not in case.labels.yes:
            continue
        said = judgement(case.face, name)
        if said is None:
            lacking[name] = lacking.get(name, 0) + 1
        else:
            yield _Told(case, case.labels.yes[name], said.probability)


def _yes_no(name: str, told: Sequence[_Told], columns: Sequence[str], random: np.random.Generator) -> YesNo:
    labels = np.array([one.yes for one in told])
    given = np.array([one.probability for one in told])
    people = numbered([one.case.person for one in told])
    said = given >= 0.5
    right = said == labels
    sure = np.maximum(given, 1 - given)
    sizes = [len(np.unique(people[labels])), len(np.unique(people[~labels]))]
    enough = len(np.unique(people)) >= SMALLEST
    out = hidden(sizes)
    yes, no = (rate(right[which], people[which]) if which.any() and enough and not gone else None
               for which, gone in zip((labels, ~labels), out, strict=True))  # fmt: skip
    sure_ones = sure >= UNSURE / 100
    both = yes is not None and no is not None
    groupings = [_grouping(column, told, right, labels, people) for column in columns] if both else []
    groupings = [one for one in groupings if _crosses(one)]
    return YesNo(
        name,
        len(np.unique(people)),
        int(labels.sum()),
        int((~labels).sum()),
        rate(right, people) if enough else None,
        yes,
        no,
        middle_of(yes, no) if yes is not None and no is not None else None,
        auc(given, labels, people) if both else None,
        rate(~sure_ones, people) if enough else None,
        rate(right[sure_ones], people[sure_ones])
        if enough and len(np.unique(people[sure_ones])) >= SMALLEST and not _few(people, sure_ones)
        else None,
        reliability(given, labels, people, random) if both else None,
        reliability(sure, right, people, random) if enough else None,
        tuple(groupings),
    )


def _few(people: Whole, kept: Flags) -> bool:
    """Tell whether those left over are so few that a rate of the others and of all would tell theirs."""
    return 0 < len(np.unique(people[~kept])) < SMALLEST


def auc(given: Reals, labels: Flags, people: Whole) -> Measure:
    """Return how often, of a face that is so and one that is not, the first has the higher probability.

    Needs both kinds. A tie counts half.
    """
    yes, no = given[labels], given[~labels]
    everybody = stats.rankdata(given)
    above = (everybody[labels] - stats.rankdata(yes)) / len(no)
    below = 1 - (everybody[~labels] - stats.rankdata(no)) / len(yes)
    value = float(above.mean())
    influence = np.empty(len(given))
    influence[labels] = (above - value) / len(yes)
    influence[~labels] = (below - value) / len(no)
    of_person = np.bincount(people, weights=influence)
    count = len(np.unique(people))
    variance = float(of_person @ of_person) * count / max(1, count - 1)
    least = min(len(np.unique(people[labels])), len(np.unique(people[~labels])))
    trials = value * (1 - value) / variance if variance > 0 else float(least)
    low, high = wilson_of(value, trials, float(stats.norm.ppf(0.5 + CONFIDENCE / 2)))
    return Measure(value, low, high)


def reliability(given: Reals, so: Flags, people: Whole, random: np.random.Generator) -> Reliability | None:
    """Return how far stated probabilities are from what is so, in bins of equally many pictures.

    There are `BINS` of them, or as many as leave `SMALLEST` people in each; None where that is not one.
    """
    order = np.argsort(given, kind="stable")
    parts = _parts(order, people)
    if parts is None:
        return None
    drawn = random.random((DRAWS, len(given))) < given
    bins: list[Bin] = []
    off, by_chance = 0.0, np.zeros(DRAWS)
    for part in parts:
        weights = 1 / np.bincount(people[part])[people[part]]
        weights /= weights.sum()
        said, seen = float(weights @ given[part]), rate(so[part], people[part])
        bins.append(Bin(float(given[part[0]]), float(given[part[-1]]), said, seen))
        off += len(part) * abs(said - float(weights @ so[part]))
        by_chance += len(part) * np.abs(said - drawn[:, part] @ weights)
    chance = by_chance / len(given)
    return Reliability(tuple(bins), off / len(given), float(chance.mean()), float(np.quantile(chance, 0.95)))


def _parts(order: Whole, people: Whole) -> list[Whole] | None:
    for many in range(BINS, 0, -1):
        parts = np.array_split(order, many)
        if all(len(np.unique(people[one])) >= SMALLEST for one in parts):
            return parts
    return None


def _grouping(column: str, told: Sequence[_Told], right: Flags, labels: Flags, people: Whole) -> Grouping:
    """Return what was right by group and label."""
    said = [one.case.groups.get(column, "") for one in told]
    names = sorted(set(said), key=lambda name: (not name, name))
    place = np.array([names.index(name) for name in said])
    cells = [(at, yes) for at in range(len(names)) for yes in (True, False)]
    there = [(place == at) & (labels == yes) for at, yes in cells]
    sizes = [len(np.unique(people[one])) for one in there]
    out = [False] * len(cells)
    for which in (True, False):  # the total of each label is shown, and that of both is no more than their sum
        line = [at for at, (_, yes) in enumerate(cells) if yes == which]
        for at, gone in zip(line, hidden([sizes[at] for at in line]), strict=True):
            out[at] = gone
    made: list[Cell] = []
    for at, ((group, yes), one) in enumerate(zip(cells, there, strict=True)):
        if not one.any():
            continue
        times = None if out[at] else _against_all(right, labels == yes, one, people)
        sure = None if out[at] else _against_all(right, labels == yes, one, people, 1 - (1 - CONFIDENCE) / len(cells))
        made.append(
            Cell(
                names[group],
                yes,
                sizes[at],
                int(one.sum()),
                None if out[at] else rate(right[one], people[one]),
                times,
                0.0 if sure is None else sure.low,
            )
        )
    return Grouping(column, tuple(made))


def _crosses(grouping: Grouping) -> bool:
    """Tell whether any group has faces of both labels: one by sex says nothing of gender."""
    labels: dict[str, set[bool]] = {}
    for cell in grouping.cells:
        labels.setdefault(cell.group, set()).add(cell.yes)
    return any(len(both) > 1 for both in labels.values())


def _against_all(right: Flags, of: Flags, group: Flags, people: Whole, confidence: float = CONFIDENCE) -> Ratio | None:
    """Return how many times as often a group is wrong as everybody of the same label; None where nobody else is."""
    if not (of & ~group).any():
        return None
    whose, at = np.unique(people[of], return_inverse=True)
    counts = np.bincount(at, weights=~right[of], minlength=len(whose)).astype(np.int64)
    label = np.zeros(len(whose), np.int64)
    label[at] = ~group[of]  # a person of whom two things are said counts where the last picture has them
    both = by_person([counts], np.bincount(at).astype(np.int64), label)
    return both.joined([[0], [0, 1]]).ratio(0, 1, confidence=confidence)


def _age(cases: Sequence[Case], columns: Sequence[str]) -> AgeTold:
    people = numbered([one.person for one in cases])
    truth = np.array([one.labels.age for one in cases], np.float64)
    ranges = np.array([_range(one.face) for one in cases], np.float64)
    middle = ranges.mean(axis=1)
    off = middle - truth
    # a person of 30.7 years is 30 years old: a range that ends with 30 holds them
    inside = (ranges[:, 0] <= np.floor(truth)) & (np.floor(truth) <= ranges[:, 1])
    enough = len(np.unique(people)) >= SMALLEST
    parts: list[AgePart] = []
    splits = [("age", [_decade(one) for one in truth], [_span(at) for at in range(len(DECADES) - 1)])]
    for column in columns:
        said = [one.groups.get(column, "") for one in cases]
        splits.append((column, said, sorted(set(said), key=lambda name: (not name, name))))
    for column, said, names in splits if enough else ():
        which = [np.array([one == name for one in said]) for name in names]
        sizes = [len(np.unique(people[one])) for one in which]
        for name, one, gone, size in zip(names, which, hidden(sizes), sizes, strict=True):
            if one.any():
                parts.append(
                    AgePart(
                        column,
                        name,
                        size,
                        int(one.sum()),
                        None if gone else mean(np.abs(off[one]), people[one]),
                        None if gone else mean(off[one], people[one]),
                        None if gone else rate(inside[one], people[one]),
                    )
                )
    held = rate(inside, people) if enough else None
    return AgeTold(
        len(np.unique(people)),
        len(cases),
        mean(np.abs(off), people),
        mean(off, people),
        held,
        float((ranges[:, 1] - ranges[:, 0]).mean()) if enough else None,
        2 * float(np.quantile(np.abs(off), inside.mean(), method="higher")) if enough else None,
        tuple(parts),
    )


def _range(face: Face) -> tuple[float, float]:
    assert face.traits is not None, "faces without an age were left out"
    assert face.traits.age is not None, "faces without an age were left out"
    return face.traits.age.low, face.traits.age.high


def _decade(age: float) -> str:
    return _span(max(at for at, low in enumerate(DECADES[:-1]) if low <= age))


def _span(at: int) -> str:
    low, high = DECADES[at], DECADES[at + 1]
    return f"below {high}" if not at else f"{low} and more" if at == len(DECADES) - 2 else f"{low} to {high - 1}"


def _expression(cases: Sequence[Case]) -> Expressed:
    """Return how expressions were told. Those labelled of too few people are in no total, so none of theirs follows."""
    people = numbered([one.person for one in cases])
    labels = [one.labels.expression for one in cases]
    said = [one.face.traits.expression[0][0] for one in cases if one.face.traits and one.face.traits.expression]
    right = np.array([one is other for one, other in zip(labels, said, strict=True)])
    measured = np.zeros(len(cases), np.bool_)
    rows: list[Shown] = []
    for kind in Expression:
        one = np.array([label is kind for label in labels])
        size = len(np.unique(people[one]))
        shown = size >= SMALLEST
        measured |= one & shown
        counts = tuple((other, sum(said[at] is other for at in np.nonzero(one)[0])) for other in Expression)
        rows.append(
            Shown(
                kind, size, int(one.sum()), counts if shown else None, rate(right[one], people[one]) if shown else None
            )
        )
    whole = rate(right[measured], people[measured]) if measured.any() else None
    return Expressed(len(np.unique(people[measured])), int(measured.sum()), whole, tuple(rows))


def _angle(name: str, cases: Sequence[Case]) -> Angle:
    if not cases:
        return Angle(name, 0, 0, None, None)
    people = numbered([one.person for one in cases])
    off = np.array([getattr(one.face.pose, name) - one.labels.angles[name] for one in cases])
    off = (off + 180) % 360 - 180
    return Angle(name, len(np.unique(people)), len(cases), mean(np.abs(off), people), mean(off, people))


def problems(result: Result) -> tuple[Problem, ...]:
    """Return what is withheld for want of people, and labels that nothing was said against, as problems."""
    found = [
        Problem(Trouble.INCOMPLETE, name, f"{count:,} faces are labelled and nothing was said of them")
        for name, count in result.lacking
    ]
    small = f"fewer than {SMALLEST} people: rates are withheld"
    for one in result.yes_no:
        if one.right is None:
            found.append(Problem(Trouble.SMALL_GROUP, one.name, small))
        elif one.right_yes is None or one.right_no is None:
            found.append(Problem(Trouble.SMALL_GROUP, one.name, f"{small} by label"))
        found += [
            Problem(Trouble.SMALL_GROUP, _cell_name(one.name, grouping.column, cell), f"{cell.people} people: withheld")
            for grouping in one.groupings
            for cell in grouping.cells
            if cell.right is None
        ]
    if result.age is not None:
        if result.age.inside is None:
            found.append(Problem(Trouble.SMALL_GROUP, "age", small))
        found += [
            Problem(
                Trouble.SMALL_GROUP, f"age, {one.column} {one.said or 'not said'}", f"{one.people} people: withheld"
            )
            for one in result.age.parts
            if one.inside is None
        ]
    if result.expression is not None:
        found += [
            Problem(Trouble.SMALL_GROUP, f"expression {one.label.value}", f"{one.people} people: withheld")
            for one in result.expression.rows
            if one.right is None
        ]
    found += [Problem(Trouble.SMALL_GROUP, one.name, small) for one in result.angles if one.error is None]
    return tuple(found)


WORDS: Final[Mapping[str, tuple[str, str]]] = {
    "eyeglasses": ("with glasses", "without"),
    "sunglasses": ("with sunglasses", "without"),
    "beard": ("with a beard", "without"),
    "moustache": ("with a moustache", "without"),
    "smile": ("smiling", "not smiling"),
    "mouth open": ("mouth open", "mouth closed"),
    "eyes open": ("eyes open", "eyes closed"),
    "occluded": ("partly covered", "free"),
    GENDER: ("women", "men"),
}
"""What faces are called of which an attribute is so, and is not so, as labelled."""


def _cell_name(name: str, column: str, cell: Cell) -> str:
    return f"{name}, {WORDS[name][0 if cell.yes else 1]}, {column} {cell.group or 'not said'}"


def findings(result: Result, margin: float, words: Callable[[float], str]) -> tuple[Finding, ...]:
    """Return a finding for each group surely wrong more than `margin` times as often, and for confidence far off.

    "Surely" is the bound that holds for all groups of a table at once. `words` tells a rate.
    """
    found: list[Finding] = []
    for one in result.yes_no:
        for grouping in one.groupings:
            for cell in grouping.cells:
                if cell.right is None or cell.times is None or cell.surely <= margin:
                    continue
                wrong = cell.right.of - cell.right.count
                if wrong >= ENOUGH:
                    times = "" if cell.times.value is None else f"{cell.times.value:.1f} times "
                    said = (
                        f"Told wrong {times}as often as of everybody so labelled ({wrong:,} of {cell.right.of:,}; "
                        f"{words(1 - cell.right.value)} with each person counted once; at least {cell.surely:.1f} "
                        f"times, with all groups compared at once), and the limit is {margin:g} times. Decide nothing "
                        "by it for such people."
                    )
                    found.append(
                        Finding("an attribute wrong of a group", _cell_name(one.name, grouping.column, cell), said)
                    )
        for told, what in ((one.of_yes, "the probability"), (one.of_said, "the confidence")):
            if told is not None and told.error > max(OFF, told.chance_high):
                said = (
                    f"Of {one.name}, {what} is off by {words(told.error)} on average (chance alone makes "
                    f"{words(told.chance)}), and the limit is {words(OFF)}: it does not say how sure one may be."
                )
                found.append(Finding("confidence that is not what it says", "", said))
                break
    return tuple(found)

"""The ACLU's experiment of 2018: probes of known people, a gallery of others, and whom each setting takes for whom.

Every match of a probe with somebody else's picture is false. A pair is one of four things: strangers, whose matches are
false; mates, one person by a list that somebody vouches for, whose matches are hits; apart, pairs that look like one
person without such a list (one name on both sides, the same bytes, or near enough the same picture), which are named
and count neither way; and lost, where a face was not found. Similarities are percentages as the wire carries them, and
a threshold keeps what is at least as high.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from recognizance.evaluation.sets.subjects import Problem, Trouble
from recognizance.evaluation.sets.templates import Flags, Templates, Whole, numbered
from recognizance.evaluation.statistics.comparisons import AREA, Faces, Keep, Progress, against
from recognizance.evaluation.statistics.expected import Expected, expected
from recognizance.evaluation.statistics.intervals import (
    SMALLEST,
    Estimate,
    Matches,
    Measured,
    Ratio,
    by_person,
    by_probe_and_gallery,
)
from recognizance.evaluation.statistics.rates import Rate
from recognizance.evaluation.statistics.withheld import FOLLOWS, crossed, hidden
from recognizance.values import Percent
from recognizance.vision.similarity import Similarity

Reals = NDArray[np.float64]

DUPLICATE = 0.95
"""The cosine from which on two pictures are the same one, saved again: two photographs of one person stay below."""

DUPLICATES = 0.05
"""The share of probes that may have a picture that near: where more have, it is the model that cannot tell people
apart, and the matches are false."""

SHOWN_FROM: Percent = 60.0
"""Strangers are looked at from here up, whatever the thresholds, so that the most alike can be named."""

TIMES = 500_000
"""Pairs kept at most at the lowest threshold: a setting that matches more is no setting."""

STRANGERS, MATES, NAME, BYTES, LIKENESS = range(5)


@dataclass(frozen=True, slots=True, eq=False)
class Hits:
    """All matches of probes with gallery pictures at a Similarity of `floor` and above, in any order.

    `probe` and `gallery` are places in the two sets, `similarity` percentages. `cosines` go with them where the vectors
    are known; an endpoint that tells similarities alone has None. `cut` says of which probes an endpoint returned as
    many candidates as it may, so that there may be more; None where nothing was cut.
    """

    probe: Whole
    gallery: Whole
    similarity: Reals
    floor: Percent
    cosines: Reals | None = None
    cut: Flags | None = None


class TooMany(ValueError):
    """The lowest threshold is so low that the pairs cannot be kept; the message says which one would do."""


def hits_of(
    probes: Templates,
    gallery: Templates,
    similarity: Similarity,
    floor: Percent,
    *,
    most: int = TIMES,
    progress: Progress = lambda done, of: None,
) -> Hits:
    """Compare every probe with the whole gallery and return what reaches `floor`, as the product's search would.

    Raises `TooMany` where more than `most` pairs do.
    """
    cosine = similarity.cosine(floor) - 1e-6  # rounding to float32 must not lose one that reaches the threshold
    found = against(
        Faces(probes.vectors, np.zeros(len(probes.subjects), np.int64)),
        Faces(gallery.vectors, np.ones(len(gallery.subjects), np.int64)),
        keep=Keep(strangers=cosine, most=most, counts=False),
        progress=progress,
    ).alike
    if found.floor > cosine:
        least = float(np.ceil(similarity.at(found.floor)))
        raise TooMany(
            f"more than {most:,} pairs match at the setting {floor:g}: it would tell nobody apart; "
            f"a threshold of {least:g} or more can be counted"
        )
    percents = similarity.of(found.cosines).astype(np.float32).astype(np.float64)
    kept = percents >= floor
    return Hits(found.first[kept], found.second[kept], percents[kept], floor, found.cosines[kept])


def rank_one(probes: Templates, gallery: Templates, mated: Sequence[tuple[str, str]]) -> Flags:
    """Return of which probes the most alike picture of the gallery is one of their own person, by a list of mates.

    A picture with the same bytes as the probe does not count, for it or against it.
    """
    floor = np.full(len(probes.subjects), -2.0)
    own, other = floor.copy(), floor.copy()
    known = _known(probes, gallery, mated)
    size = len(gallery.subjects)
    step = max(1, AREA // max(1, size))
    for start in range(0, len(probes.subjects), step):
        block = np.asarray(probes.vectors[start : start + step] @ gallery.vectors.T)
        block[:, ~gallery.found] = -2.0
        some = slice(*np.searchsorted(known.keys, (start * size, (start + len(block)) * size)))
        keys, mate = known.keys[some] - start * size, known.kinds[some] == MATES
        rows, columns = keys // size, keys % size
        np.maximum.at(own[start : start + step], rows[mate], block[rows[mate], columns[mate]])
        block[rows, columns] = -2.0
        other[start : start + step] = block.max(axis=1)
    return np.asarray(probes.found & (own > other))


@dataclass(frozen=True, slots=True)
class Grouped:
    """One group of one column at one threshold; the rates are None where too few people are in it."""

    column: str
    group: str
    people: int
    probes: int
    false_matched: Rate | Estimate | None
    ratio: Ratio | None
    """How many times as often as all others of whom the column says something."""

    hits: Rate | Estimate | None


@dataclass(frozen=True, slots=True)
class Setting:
    """What one threshold gave.

    Of all probes, also those without a face: `false_matched` had at least one false match, `hits` of the mated ones
    had their own person among the matches, and `first` had them as the first of these. `_found` and `nonmated` count
    among probes with a face, and among those without a mate, alone. `pairs` counts pairs of people, for galleries like
    this one; `picture_pairs` what matched of it, picture by picture. `taken` is how many people of the gallery somebody
    was taken for.
    """

    similarity: Percent
    cosine: float | None
    false_matched: Rate | Estimate
    people_matched: int
    false_matched_found: Rate | Estimate | None
    nonmated: Rate | Estimate | None
    pairs: Estimate | None
    picture_pairs: int
    taken: int
    hits: Rate | Estimate | None
    hits_found: Rate | Estimate | None
    first: Rate | Estimate | None
    expected: Expected | None
    groups: tuple[Grouped, ...]

    @property
    def agrees(self) -> bool | None:
        """Whether as many probes had a false match as the curve lets one expect; None without a curve."""
        if self.expected is None:
            return None
        return self.expected.probes.low <= self.false_matched.count <= self.expected.probes.high

    @property
    def within(self) -> bool | None:
        """Whether the expected count lies in the interval of what was seen; None without a curve."""
        if self.expected is None:
            return None
        of = self.false_matched.of
        return self.false_matched.low * of <= self.expected.probes.mean <= self.false_matched.high * of


@dataclass(frozen=True, slots=True)
class Alike:
    """A false match, or the two strangers who came nearest to one: places in the sets, and how alike they are."""

    probe: int
    gallery: int
    similarity: Percent
    cosine: float | None


@dataclass(frozen=True, slots=True, eq=False)
class Replay:
    """The whole experiment. `people`, `mated` … count probes; `apart` counts pairs that were left aside, by reason."""

    settings: tuple[Setting, ...]
    rank_one: Rate | Estimate | None
    worst: tuple[Alike, ...]
    probes: Mapping[str, int]
    gallery: Mapping[str, int]
    comparisons: int
    apart: Mapping[str, int]
    listed: bool
    """Whether somebody listed the mates."""

    cut: int
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of a replay.

    `mated` pairs a person of the probes with one of the gallery where somebody vouches that the two are one; None where
    nobody listed any. `columns` tell the probes' people apart. Without `similarity`, the scale of the model that was
    used, nothing is expected. `worst` is how many of the most alike strangers are named.
    """

    thresholds: Sequence[Percent]
    mated: Sequence[tuple[str, str]] | None = None
    columns: Sequence[str] = ()
    similarity: Similarity | None = None
    worst: int = 12


def replay(
    probes: Templates,
    gallery: Templates,
    hits: Hits,
    asked: Question,
    *,
    rank_one: Flags | None = None,
) -> Replay:
    """Count what `hits` say at each threshold.

    Vectors are not looked at: `hits` may come from any endpoint. `rank_one` says of which probes the first candidate is
    their own person, whatever its similarity; None where that is not known. Raises `ValueError` for no thresholds, one
    outside 0 to 100 or below `hits.floor`, and for an empty set.
    """
    thresholds = sorted({float(one) for one in asked.thresholds})
    if not thresholds or not all(hits.floor <= one <= 100 for one in thresholds):
        raise ValueError(f"thresholds are similarities from {hits.floor:g}, where matches were kept, to 100")
    if not len(probes.subjects) or not len(gallery.subjects):
        raise ValueError("a replay needs at least one probe and one picture in the gallery")
    probes, twice = _one_thing(probes, asked.columns)
    columns = [_Column.of(probes, [one]) for one in asked.columns]
    if len(columns) > 1:
        columns.append(_Column.of(probes, asked.columns))
    known = _known(probes, gallery, asked.mated)
    sorted_ = _Sorted.of(probes, gallery, hits, known, near=asked.mated is None)
    settings = tuple(_setting(sorted_, one, columns, asked.similarity) for one in thresholds)
    return Replay(
        settings=settings,
        rank_one=None if rank_one is None else sorted_.rate(rank_one, sorted_.mated),
        worst=sorted_.worst(asked.worst),
        probes={
            "pictures": len(probes.subjects),
            "people": len(set(probes.people)),
            "found": int(probes.found.sum()),
            "several_faces": int((probes.faces > 1).sum()),
            "mated": int(sorted_.mated.sum()),
            "nonmated": int((~sorted_.mated).sum()),
        },
        gallery={
            "pictures": len(gallery.subjects),
            "people": len(set(gallery.people)),
            "found": int(gallery.found.sum()),
            "several_faces": int((gallery.faces > 1).sum()),
        },
        comparisons=int(sorted_.strangers.sum()),
        apart=sorted_.apart,
        listed=asked.mated is not None,
        cut=0 if hits.cut is None else int(hits.cut.sum()),
        problems=(*known.problems, *sorted_.near_problems, *twice, *_small(columns)),
    )


def _one_thing(probes: Templates, columns: Sequence[str]) -> tuple[Templates, tuple[Problem, ...]]:
    """Return probes of whose people each column says one thing, of all their pictures, or nothing.

    A person of whom two things are said in a column is in no group of it, which is a problem.
    """
    subjects, trouble = list(probes.subjects), list[Problem]()
    for column in columns:
        said: dict[str, set[str]] = {}
        for one in probes.subjects:
            said.setdefault(one.person, set()).update({one.groups.get(column, "")} - {""})
        subjects = [
            replace(one, groups={**one.groups, column: min(said[one.person]) if len(said[one.person]) == 1 else ""})
            for one in subjects
        ]
        trouble += [
            Problem(Trouble.MISLABELLED, person, f"two things are said in {column}: {' and '.join(sorted(things))}")
            for person, things in sorted(said.items())
            if len(things) > 1
        ]
    return replace(probes, subjects=tuple(subjects)), tuple(trouble)


@dataclass(frozen=True, slots=True, eq=False)
class _Known:
    """Pairs of pictures of which something is known beforehand: sorted keys (probe * gallery + place), and what."""

    keys: Whole
    kinds: Whole
    problems: tuple[Problem, ...]


def _known(probes: Templates, gallery: Templates, mated: Sequence[tuple[str, str]] | None) -> _Known:
    """Return the pairs that are mates or apart.

    The same bytes come before what a list says, for one picture on both sides proves nothing, and a list before a name.
    """
    mates: dict[str, list[str]] = {}
    for one, other in mated or ():
        mates.setdefault(one, []).append(other)
    of_person = _places(gallery.people, {*probes.people, *(other for _, other in mated or ())})
    of_bytes = _places(gallery.digests, set(probes.digests))
    found: dict[int, int] = {}
    problems: dict[str, Problem] = {}
    size = len(gallery.subjects)
    for at, (subject, digest) in enumerate(zip(probes.subjects, probes.digests, strict=True)):
        listed = mates.get(subject.person, ())
        if subject.person in of_person and subject.person not in listed:
            problems.setdefault(
                f"name {subject.person}",
                Problem(Trouble.IN_BOTH, subject.person, "a person of this name is on both sides; nobody listed the "
                        "two as one, so they count neither as a false match nor as a hit"),
            )  # fmt: skip
            found |= {at * size + place: NAME for place in of_person[subject.person]}
        found |= {at * size + place: MATES for person in listed for place in of_person.get(person, ())}
        for place in of_bytes.get(digest, ()) if digest else ():
            found[at * size + place] = BYTES
            problems[f"bytes {at} {place}"] = Problem(
                Trouble.IN_BOTH, subject.name, f"the same picture is in the gallery as {gallery.subjects[place].name}; "
                "the two count neither as a false match nor as a hit",
            )  # fmt: skip
    keys = np.array(sorted(found), np.int64)
    kinds = np.array([found[int(key)] for key in keys], np.int64)
    return _Known(keys, kinds, tuple(problems.values()))


def _places(names: Sequence[str], wanted: Set[str]) -> dict[str, list[int]]:
    """Return where each of some names stands."""
    places: dict[str, list[int]] = {}
    for place, name in enumerate(names):
        if name in wanted:
            places.setdefault(name, []).append(place)
    return places


@dataclass(frozen=True, eq=False)
class _Sorted:
    """Hits by what they are, and what each probe was up against. `kinds` goes with `hits`, the most alike first."""

    probes: Templates
    gallery: Templates
    hits: Hits
    kinds: Whole
    known: _Known
    mated: Flags
    strangers: Whole
    """How many pictures of strangers each probe was compared with; 0 for one without a face."""

    apart: Mapping[str, int]
    near_problems: tuple[Problem, ...]

    @classmethod
    def of(cls, probes: Templates, gallery: Templates, hits: Hits, known: _Known, *, near: bool) -> _Sorted:
        """Sort hits. With `near`, two pictures that are near enough the same one are apart."""
        size, count = len(gallery.subjects), len(probes.subjects)
        best = np.lexsort((hits.gallery, hits.probe, -hits.similarity))
        cosines = None if hits.cosines is None else hits.cosines[best]
        hits = replace(
            hits, probe=hits.probe[best], gallery=hits.gallery[best], similarity=hits.similarity[best], cosines=cosines
        )
        kinds = _kinds(known, hits.probe * size + hits.gallery)
        near_problems: tuple[Problem, ...] = ()
        if near and cosines is not None:
            same = (kinds == STRANGERS) & (cosines >= DUPLICATE)
            few = len(np.unique(hits.probe[same])) <= max(1, DUPLICATES * count)
            if few:
                kinds[same] = LIKENESS
            near_problems = tuple(
                _near(probes.subjects[one].name, gallery.subjects[other].name, apart=few)
                for one, other in zip(hits.probe[same], hits.gallery[same], strict=True)
            )
        there = gallery.found[known.keys % size] & probes.found[known.keys // size] if size else np.zeros(0, bool)
        aside = np.bincount(known.keys[there] // size, minlength=count)
        aside += np.bincount(hits.probe[kinds == LIKENESS], minlength=count)
        mated = np.bincount(known.keys[known.kinds == MATES] // size, minlength=count) > 0
        return cls(
            probes, gallery, hits, kinds, known, mated,
            strangers=np.where(probes.found, int(gallery.found.sum()) - aside, 0),
            apart={
                "name": int((known.kinds == NAME).sum()),
                "bytes": int((known.kinds == BYTES).sum()),
                "likeness": int((kinds == LIKENESS).sum()),
            },
            near_problems=near_problems,
        )  # fmt: skip

    @cached_property
    def people(self) -> tuple[Whole, Whole]:
        """The people of both sides as numbers from 0, each side's own."""
        return numbered(self.probes.people)[0], numbered(self.gallery.people)[0]

    @cached_property
    def single(self) -> bool:
        """Whether each person has one probe."""
        return len(set(self.probes.people)) == len(self.probes.subjects)

    def persons(self, which: Flags) -> int:
        """Return how many people some of the probes are of."""
        return len(np.unique(self.people[0][which]))

    def matched(self, kind: int, percent: Percent) -> Flags:
        """Return which probes have a match of a kind at a threshold."""
        chosen = (self.kinds == kind) & (self.hits.similarity >= percent)
        return np.bincount(self.hits.probe[chosen], minlength=len(self.mated)) > 0

    def first(self, percent: Percent) -> Flags:
        """Return of which probes the first match is a mate, no stranger being as alike."""
        best = {kind: np.full(len(self.mated), -1.0) for kind in (STRANGERS, MATES)}
        for kind, highest in best.items():
            chosen = self.kinds == kind
            np.maximum.at(highest, self.hits.probe[chosen], self.hits.similarity[chosen])
        return np.asarray((best[MATES] >= percent) & (best[MATES] > best[STRANGERS]))

    def rate(self, happened: Flags, among: Flags) -> Rate | Estimate | None:
        """Return how often something happened among some probes; people count alike where they have several."""
        if not among.any():
            return None
        if self.single:
            return Rate(int((happened & among).sum()), int(among.sum()))
        return self.measured(happened, among, np.zeros(len(among), np.int64)).estimate(0)

    def measured(self, happened: Flags, among: Flags, groups: Whole) -> Measured:
        """Return how often something happened to a person among some probes, by group of the probe."""
        people, at = np.unique(self.people[0][among], return_inverse=True)
        of = np.bincount(at, minlength=len(people))
        counts = np.bincount(at[happened[among]], minlength=len(people))
        label = np.zeros(len(people), np.int64)
        label[at] = groups[among]
        return by_person([counts], of, label)

    def pairs(self, percent: Percent) -> Estimate | None:
        """Return how often two people match, as of a gallery like this one: pairs of people who are strangers."""
        of_probe, of_gallery = self.people
        found = self.probes.found, self.gallery.found
        if not found[0].any() or not found[1].any():
            return None
        one, first = np.unique(of_probe[found[0]], return_inverse=True)
        other, second = np.unique(of_gallery[found[1]], return_inverse=True)
        pictures = np.bincount(first), np.bincount(second)
        place = np.zeros(len(found[0]), np.int64), np.zeros(len(found[1]), np.int64)
        place[0][found[0]], place[1][found[1]] = first, second
        chosen = (self.kinds == STRANGERS) & (self.hits.similarity >= percent)
        probe, gallery = place[0][self.hits.probe[chosen]], place[1][self.hits.gallery[chosen]]
        weights = 1 / (pictures[0][probe] * pictures[1][gallery])
        keys, at = np.unique(probe * len(other) + gallery, return_inverse=True)
        joined = np.minimum(np.bincount(at, weights=weights, minlength=len(keys)), 1.0)
        seen = Matches(keys // len(other), keys % len(other), joined)
        groups = np.zeros(len(one), np.int64), np.zeros(len(other), np.int64)
        counted = by_probe_and_gallery([seen], *groups, fixed_gallery=False).estimate(0)
        return _less(counted, self._same_people(place, found, len(other)))

    def _same_people(self, place: tuple[Whole, Whole], found: tuple[Flags, Flags], others: int) -> int:
        """Return how many pairs of people with a face are mates, or apart by their names."""
        size = len(self.gallery.subjects)
        chosen = self.known.keys[np.isin(self.known.kinds, (MATES, NAME))]
        probe, gallery = chosen // size, chosen % size
        there = found[0][probe] & found[1][gallery]
        return len(np.unique(place[0][probe[there]] * others + place[1][gallery[there]]))

    def worst(self, number: int) -> tuple[Alike, ...]:
        """Return the most alike strangers, each two people once."""
        at = np.nonzero(self.kinds == STRANGERS)[0]
        keys = self.people[0][self.hits.probe[at]] * len(self.gallery.subjects) + self.people[1][self.hits.gallery[at]]
        _, earliest = np.unique(keys, return_index=True)
        cosines = self.hits.cosines
        return tuple(
            Alike(int(self.hits.probe[row]), int(self.hits.gallery[row]), float(self.hits.similarity[row]),
                  None if cosines is None else float(cosines[row]))
            for row in at[np.sort(earliest)[:number]]
        )  # fmt: skip


def _near(probe: str, other: str, *, apart: bool) -> Problem:
    """Return the problem of two pictures that are near enough the same one, and what was done with them."""
    done = (
        "neither as a false match nor as a hit" if apart else "as a false match, for too many probes have one so near"
    )
    return Problem(
        Trouble.IN_BOTH,
        probe,
        f"all but the same picture as {other} of the gallery, which is labelled as somebody else; the two count {done}",
    )


def _kinds(known: _Known, keys: Whole) -> Whole:
    if not len(known.keys):
        return np.full(len(keys), STRANGERS, np.int64)
    at = np.minimum(np.searchsorted(known.keys, keys), len(known.keys) - 1)
    return np.where(known.keys[at] == keys, known.kinds[at], STRANGERS)


def _less(counted: Estimate, same: int) -> Estimate:
    """Return a rate among all pairs of people as one among strangers: `same` of the pairs are one person."""
    strangers = counted.of - same
    if same == 0 or strangers <= 0:
        return counted
    more = counted.of / strangers
    return replace(
        counted, of=strangers, value=counted.value * more, low=counted.low * more, high=min(1.0, counted.high * more)
    )


def _setting(found: _Sorted, percent: Percent, columns: Sequence[_Column], similarity: Similarity | None) -> Setting:
    every = np.ones(len(found.mated), np.bool_)
    false, hit = found.matched(STRANGERS, percent), found.matched(MATES, percent)
    chosen = (found.kinds == STRANGERS) & (found.hits.similarity >= percent)
    rate = found.rate(false, every)
    assert rate is not None, "there is at least one probe"
    searched = found.probes.found
    return Setting(
        similarity=percent,
        cosine=None if similarity is None else similarity.cosine(percent),
        false_matched=rate,
        people_matched=found.persons(false),
        false_matched_found=found.rate(false, searched),
        nonmated=found.rate(false, ~found.mated),
        pairs=found.pairs(percent),
        picture_pairs=int(chosen.sum()),
        taken=len(np.unique(found.people[1][found.hits.gallery[chosen]])),
        hits=found.rate(hit, found.mated),
        hits_found=found.rate(hit, found.mated & searched),
        first=found.rate(found.first(percent), found.mated),
        expected=None if similarity is None else _expected(found, similarity, percent),
        groups=tuple(group for column in columns for group in _groups(found, column, false, hit)),
    )


def _expected(found: _Sorted, similarity: Similarity, percent: Percent) -> Expected:
    searched = int(found.probes.found.sum())
    return expected(
        similarity, percent, probes=searched, gallery=float(found.strangers.sum()) / searched if searched else 0.0
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Column:
    """What tells the probes' people apart: one column, or several together.

    `label` has of each probe the place of its group in `names`, -1 where nothing is said; `out` says which groups are
    withheld, and `lines` which of them make up a group of one of several columns.
    """

    called: str
    names: tuple[str, ...]
    label: Whole
    people: tuple[int, ...]
    lines: Sequence[Sequence[int]]
    out: Sequence[bool]

    @classmethod
    def of(cls, probes: Templates, columns: Sequence[str]) -> _Column:
        """Return the groups that some columns tell apart together, in order of their names."""
        rows = list(zip(*(probes.groups(column) for column in columns), strict=True))
        names = sorted({row for row in rows if all(row)})
        place = {name: at for at, name in enumerate(names)}
        label = np.array([place.get(row, -1) for row in rows], np.int64)
        [whose] = numbered(probes.people)
        people = [len(np.unique(whose[label == at])) for at in range(len(names))]
        sizes = [_sizes(probes, column) for column in columns]
        lines, also = crossed(names, sizes)
        joined = tuple(", ".join(name) for name in names)
        return cls(" and ".join(columns), joined, label, tuple(people), lines, hidden(people, lines, also))


def _sizes(probes: Templates, column: str) -> dict[str, int]:
    """Return how many people each group of a column has."""
    pairs = {(person, value) for person, value in zip(probes.people, probes.groups(column), strict=True) if value}
    values = sorted({value for _, value in pairs})
    return {value: sum(one == value for _, one in pairs) for value in values}


def _groups(found: _Sorted, column: _Column, false: Flags, hit: Flags) -> list[Grouped]:
    """Return each group of a column; one of too few people without its rates."""
    known = column.label >= 0
    several = found.measured(false, known, np.maximum(column.label, 0)) if known.any() else None
    # of those who are there, too, one group alone may have too few
    mated = [found.persons((column.label == at) & found.mated) for at in range(len(column.names))]
    unfound = hidden(mated, column.lines, [at for at, one in enumerate(column.out) if one])
    return [
        _group(found, column, at, several, false, None if unfound[at] or not mated[at] else hit)
        if not column.out[at]
        else Grouped(column.called, name, column.people[at], int((column.label == at).sum()), None, None, None)
        for at, name in enumerate(column.names)
    ]


def _group(
    found: _Sorted, column: _Column, at: int, several: Measured | None, false: Flags, hit: Flags | None
) -> Grouped:
    there = np.asarray(column.label == at)
    others = [other for other in range(len(column.people)) if other != at]
    ratio = None
    if several is not None and sum(column.people[other] for other in others) >= SMALLEST:
        ratio = several.joined([[at], others]).ratio(0, 1)
    return Grouped(
        column.called, column.names[at], column.people[at], int(there.sum()), found.rate(false, there), ratio,
        None if hit is None else found.rate(hit, there & found.mated),
    )  # fmt: skip


def _small(columns: Sequence[_Column]) -> list[Problem]:
    """Return a problem for each group of too few people."""
    problems: list[Problem] = []
    for column in columns:
        for name, people, out in zip(column.names, column.people, column.out, strict=True):
            if out:
                why = f"rates are shown from {SMALLEST} on" if people < SMALLEST else FOLLOWS
                said = f"{people} of the probes' people are in it; {why}"
                problems.append(Problem(Trouble.SMALL_GROUP, f"{column.called} {name}", said))
    return problems

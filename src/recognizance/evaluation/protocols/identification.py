"""One among many, where some who are looked for are not there: NIST's open-set identification (FRTE 1:N).

A mated probe has another picture of its person in the gallery and may be missed; a nonmated one has not, so whoever
comes up is a stranger. In an investigation people look through a list of candidates, so what counts is the mate's rank;
in identification a machine decides by a threshold, so what counts is how many mated searches fail (FNIR) where so many
nonmated ones give somebody (FPIR). A person of several pictures in the gallery scores what the best of them does. A
picture without a face is a search all the same: a mated one fails, a nonmated one gives nobody.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from recognizance.evaluation.protocols.calibration import compare_strangers, fit
from recognizance.evaluation.protocols.replay import Hits
from recognizance.evaluation.sets.subjects import Problem, Trouble
from recognizance.evaluation.sets.templates import Flags, Templates, Whole, numbered
from recognizance.evaluation.statistics.comparisons import Faces, Progress, Searches, search
from recognizance.evaluation.statistics.expected import Expected, expected
from recognizance.evaluation.statistics.intervals import ENOUGH, Estimate, Matches, by_person, by_probe_and_gallery
from recognizance.evaluation.statistics.rates import Rate
from recognizance.values import Curve, Percent
from recognizance.vision.similarity import Similarity

Reals = NDArray[np.float64]

TARGETS = (1e-1, 1e-2, 1e-3)
RANKS = (1, 20, 50)
CURVE_RANKS = (1, 2, 3, 5, 10, 20, 50, 100, 200, 500)
STEPS = 8
"""Points of the error trade-off for each factor of ten of FPIR."""


@dataclass(frozen=True, slots=True)
class Split:
    """Probes and gallery that share people but no picture, and what was left out of them."""

    probes: Templates
    gallery: Templates
    problems: tuple[Problem, ...] = ()


def divided(templates: Templates, random: np.random.Generator, *, outside: float = 0.5) -> Split:
    """Return one set as probes and gallery: a share `outside` of the people, drawn by chance, is not in the gallery.

    Of everybody else one picture is enrolled and the others are mated probes; of those outside, one picture is a
    nonmated probe. Raises `ValueError` where one of the two sides would be empty.
    """
    [people] = numbered(templates.people)
    names = int(people.max()) + 1 if len(people) else 0
    stays_out = np.zeros(names, np.bool_)
    stays_out[random.permutation(names)[: round(outside * names)]] = True
    order = random.permutation(len(people))
    _, first = np.unique(people[order], return_index=True)
    one = np.zeros(len(people), np.bool_)
    one[order[first]] = True  # one picture of each person, by chance
    out = stays_out[people]
    enrolled, searched = one & ~out, (one & out) | (~one & ~out)
    if not enrolled.any() or not searched.any():
        raise ValueError(
            f"a set of {names} {'person' if names == 1 else 'people'} with {len(people)} pictures cannot be divided "
            "into some to look for and some to look among"
        )
    return Split(replace(templates.kept(searched), problems=()), replace(templates.kept(enrolled), problems=()))


def paired(probes: Templates, gallery: Templates, mated: Sequence[tuple[str, str]]) -> Split:
    """Return two sets in which one person has one name: by the pairs of `mated`, else by the names themselves.

    A probe whose very bytes are in the gallery is left out: to find it again proves nothing.
    """
    called = _one_name(mated)
    renamed = [
        replace(side, subjects=tuple(replace(one, person=called.get((at, one.person), one.person)) for one in
                side.subjects))
        for at, side in enumerate((probes, gallery))
    ]  # fmt: skip
    enrolled = {digest: one.name for digest, one in zip(gallery.digests, gallery.subjects, strict=True) if digest}
    again = np.array([digest in enrolled for digest in probes.digests], np.bool_)
    problems = tuple(
        Problem(Trouble.IN_BOTH, one.name, f"the same picture is in the gallery as {enrolled[digest]}; left out")
        for one, digest, twice in zip(probes.subjects, probes.digests, again, strict=True)
        if twice
    )
    return Split(renamed[0].kept(~again), renamed[1], problems)


def _one_name(mated: Sequence[tuple[str, str]]) -> dict[tuple[int, str], str]:
    """Return the name that a person of the probes (0) or the gallery (1) goes by, where a list joins several."""
    chosen: dict[tuple[int, str], tuple[int, str]] = {}

    def root(one: tuple[int, str]) -> tuple[int, str]:
        while (above := chosen.get(one, one)) != one:
            one = above
        return one

    for first, second in mated:
        chosen[root((0, first))] = root((1, second))
    return {one: f"listed {root(one)[1]}" for pair in mated for one in ((0, pair[0]), (1, pair[1]))}


def set_aside(sets: Sequence[Templates], share: float, salt: str = "") -> tuple[list[Templates], list[Templates]]:
    """Return sets less a share of the people, and the pictures of those people: by a hash of the name alone."""
    chosen = [np.array([_fraction(one, salt) < share for one in side.people], np.bool_) for side in sets]
    return (
        [side.kept(~aside) for side, aside in zip(sets, chosen, strict=True)],
        [side.kept(aside) for side, aside in zip(sets, chosen, strict=True)],
    )


def _fraction(person: str, salt: str) -> float:
    return int.from_bytes(hashlib.sha256(f"{salt}{person}".encode()).digest()[:8]) / 2**64


def fitted(sets: Sequence[Templates], random: np.random.Generator, *, command: str, draws: int = 200) -> Curve:
    """Return a curve fitted on the people of some sets. Raises `ValueError` where they are too few."""
    vectors = np.concatenate([side.vectors[side.found] for side in sets])
    people = np.concatenate(
        [numbers[side.found] for numbers, side in zip(numbered(*(side.people for side in sets)), sets, strict=True)]
    )
    strangers = compare_strangers(vectors, people)
    return fit(strangers, random, draws=draws).as_curve(
        strangers, fitted_on="people of these sets who were then left out of the test", fitted_at="now", command=command
    )


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked: thresholds (percent), FPIR to stand at, ranks of an investigation, sizes of gallery to try."""

    thresholds: Sequence[Percent]
    similarity: Similarity
    growth: Sequence[int] = ()
    targets: Sequence[float] = TARGETS
    ranks: Sequence[int] = RANKS


@dataclass(frozen=True, slots=True)
class Operating:
    """One point of the trade-off: where FPIR is `fpir`, FNIR is `fnir`; None of either where there are no searches."""

    similarity: Percent
    cosine: float
    fpir: Rate | Estimate | None
    fnir: Rate | Estimate | None


@dataclass(frozen=True, slots=True)
class Target:
    """A FPIR that was asked for and the point that keeps it; None where fewer than `needed` nonmated searches."""

    asked: float
    needed: int
    point: Operating | None


@dataclass(frozen=True, slots=True)
class Seen:
    """What a gallery of one size gave at one threshold, and what the curve lets one expect there."""

    similarity: Percent
    fpir: Rate | Estimate
    pairs: Estimate
    expected: Expected

    @property
    def agrees(self) -> bool:
        """Whether as many searches gave somebody as the curve lets one expect."""
        return self.expected.probes.low <= self.fpir.count <= self.expected.probes.high

    @property
    def within(self) -> bool:
        """Whether the expected number of false matches lies in the interval of what was seen, people being drawn."""
        return self.pairs.low * self.pairs.of <= self.expected.pairs.mean <= self.pairs.high * self.pairs.of


@dataclass(frozen=True, slots=True)
class Size:
    """What a gallery of so many people gave; `first` is how many mated searches (of those there) had the mate first."""

    people: int
    settings: tuple[Seen, ...]
    first: Rate | Estimate | None


@dataclass(frozen=True, slots=True)
class Identification:
    """The whole protocol. `misses` are by rank, of an investigation; `cmc` the hits up to each rank."""

    probes: Mapping[str, int]
    gallery: Mapping[str, int]
    misses: tuple[tuple[int, Rate | Estimate | None], ...]
    cmc: tuple[tuple[int, Rate | Estimate], ...]
    targets: tuple[Target, ...]
    settings: tuple[Operating, ...]
    trade_off: tuple[Operating, ...]
    growth: tuple[Size, ...]
    too_large: tuple[int, ...]
    """Sizes that were asked for and that the gallery has too few people for."""


def identify(
    split: Split,
    hits: Hits,
    asked: Question,
    random: np.random.Generator,
    *,
    progress: Progress = lambda done, of: None,
) -> Identification:
    """Search the gallery for every probe. `hits` are the matches from the lowest threshold up (`replay.hits_of`).

    Raises `ValueError` for a threshold below `hits.floor`, and where there is no probe or nobody in the gallery.
    """
    if min(asked.thresholds, default=hits.floor) < hits.floor:
        raise ValueError(f"thresholds are similarities from {hits.floor:g} up, where matches were kept")
    if not len(split.probes.subjects) or not len(split.gallery.subjects):
        raise ValueError("identification needs at least one probe and one person in the gallery")
    asking = _Asking.of(split, asked.similarity, progress)
    trade_off = asking.trade_off()
    sizes = sorted({one for one in asked.growth if one > 0})
    people = int(asking.gallery_people.max()) + 1
    order = random.permutation(people)
    return Identification(
        probes=asking.told,
        gallery={
            "pictures": len(split.gallery.subjects),
            "people": people,
            "found": int(split.gallery.found.sum()),
            "several_faces": int((split.gallery.faces > 1).sum()),
        },
        misses=tuple((rank, asking.misses(rank)) for rank in asked.ranks),
        cmc=asking.cmc(),
        targets=tuple(asking.target(one) for one in asked.targets),
        settings=tuple(asking.at(percent) for percent in sorted(set(asked.thresholds))),
        trade_off=trade_off,
        growth=tuple(
            asking.size(order[:size], hits, sorted(set(asked.thresholds)))
            for size in sizes
            if size <= people and not asking.mated.all()
        ),
        too_large=tuple(size for size in sizes if size > people),
    )


@dataclass(frozen=True, eq=False)
class _Asking:
    """Probes and gallery with one numbering of people, the gallery's from 0, and what every search gave."""

    split: Split
    scale: Similarity
    probe_people: Whole
    gallery_people: Whole
    mated: Flags
    found: Searches

    @classmethod
    def of(cls, split: Split, scale: Similarity, progress: Progress) -> _Asking:
        """Search the whole gallery for every probe."""
        names = {name: at for at, name in enumerate(sorted(set(split.gallery.people)))}
        size = len(names)
        for name in sorted(set(split.probes.people)):
            names.setdefault(name, len(names))
        probes, gallery = (
            np.array([names[one] for one in side.people], np.int64) for side in (split.probes, split.gallery)
        )
        found = search(Faces(split.probes.vectors, probes), Faces(split.gallery.vectors, gallery), progress=progress)
        return cls(split, scale, probes, gallery, np.asarray(probes < size), found)

    @property
    def told(self) -> dict[str, int]:
        """How many probes there are of each kind."""
        probes = self.split.probes
        return {
            "pictures": len(probes.subjects),
            "people": len(set(probes.people)),
            "found": int(probes.found.sum()),
            "several_faces": int((probes.faces > 1).sum()),
            "mated": int(self.mated.sum()),
            "nonmated": int((~self.mated).sum()),
        }

    def rate(self, happened: Flags, among: Flags) -> Rate | Estimate | None:
        """Return how often something happened among some probes; people count alike where they have several."""
        if not among.any():
            return None
        people, at = np.unique(self.probe_people[among], return_inverse=True)
        if len(people) == len(at):
            return Rate(int((happened & among).sum()), len(at))
        counts = np.bincount(at[happened[among]], minlength=len(people))
        return by_person([counts], np.bincount(at), np.zeros(len(people), np.int64)).estimate(0)

    def misses(self, rank: int) -> Rate | Estimate | None:
        """Return how many mated searches did not have their person among the first so many candidates."""
        there = (self.found.rank > 0) & (self.found.rank <= rank)
        return self.rate(~there, self.mated)

    def cmc(self) -> tuple[tuple[int, Rate | Estimate], ...]:
        """Return how many mated searches had their person by each rank, up to the gallery's size."""
        size = int(self.gallery_people.max()) + 1
        ranks = [rank for rank in CURVE_RANKS if rank <= size]
        found = [(rank, self.rate((self.found.rank > 0) & (self.found.rank <= rank), self.mated)) for rank in ranks]
        return tuple((rank, rate) for rank, rate in found if rate is not None)

    def _point(self, cosine: float, percent: Percent) -> Operating:
        return Operating(
            percent,
            cosine,
            self.rate(self._somebody(cosine), ~self.mated),
            self.rate(~(np.nan_to_num(self.found.mated, nan=-2.0) >= cosine), self.mated),
        )

    def at(self, percent: Percent) -> Operating:
        """Return the point at a threshold."""
        return self._point(self.scale.cosine(percent), percent)

    def _somebody(self, cosine: float) -> Flags:
        """Return which searches gave somebody else."""
        return np.asarray((self.found.other >= cosine) & (self.found.place >= 0))

    def _strangers(self) -> Reals:
        """Return the best cosine of each nonmated search that had a face, highest first."""
        chosen = ~self.mated & (self.found.place >= 0)
        return np.sort(self.found.other[chosen])[::-1]

    def _at_most(self, count: int) -> Operating:
        """Return the point of the lowest threshold at which no more than so many nonmated searches give somebody."""
        best = self._strangers()
        cosine = float(np.nextafter(best[count], 2)) if count < len(best) else -1.0
        return self._point(cosine, self.scale.at(cosine))

    def target(self, asked: float) -> Target:
        """Return the point that keeps a FPIR, where enough nonmated searches were made to say so."""
        searches = int((~self.mated).sum())
        needed = round(ENOUGH / asked)
        if searches < needed:
            return Target(asked, needed, None)
        return Target(asked, needed, self._at_most(int(asked * searches + 1e-9)))

    def trade_off(self) -> tuple[Operating, ...]:
        """Return points from the fewest false positives that can be counted to where every search gives somebody."""
        searches = int((~self.mated).sum())
        if not searches or not self.mated.any():
            return ()
        steps = 10 ** np.arange(0, np.log10(searches) + 1 / STEPS, 1 / STEPS)
        counts = sorted({min(int(one), searches) for one in [0, *steps]})
        return tuple(self._at_most(count) for count in counts)

    def size(self, people: Whole, hits: Hits, thresholds: Sequence[Percent]) -> Size:
        """Return what a gallery of these people alone gives."""
        enrolled = np.zeros(int(self.gallery_people.max()) + 1, np.bool_)
        enrolled[people] = True
        rows = np.nonzero(enrolled[self.gallery_people])[0]
        first = search(
            Faces(self.split.probes.vectors, self.probe_people),
            Faces(self.split.gallery.vectors[rows], self.gallery_people[rows]),
        )
        there = self.mated & np.isin(self.probe_people, people)
        return Size(
            len(people),
            tuple(self._seen(enrolled, hits, percent) for percent in thresholds),
            self.rate(first.rank == 1, there),
        )

    def _seen(self, enrolled: Flags, hits: Hits, percent: Percent) -> Seen:
        """Return what nonmated searches of a gallery of these people gave at a threshold."""
        chosen = (
            (hits.similarity >= percent) & ~self.mated[hits.probe] & enrolled[self.gallery_people[hits.gallery]]
        )  # fmt: skip
        somebody = np.bincount(hits.probe[chosen], minlength=len(self.mated)) > 0
        fpir = self.rate(somebody, ~self.mated)
        assert fpir is not None, "growth is asked only where there are nonmated searches"
        searched = self.split.probes.found & ~self.mated
        pictures = int((enrolled[self.gallery_people] & self.split.gallery.found).sum())
        return Seen(
            percent,
            fpir,
            self._pairs(hits.probe[chosen], hits.gallery[chosen], enrolled),
            expected(self.scale, percent, probes=int(searched.sum()), gallery=pictures),
        )

    def _pairs(self, probe: Whole, gallery: Whole, enrolled: Flags) -> Estimate:
        """Return how often a nonmated probe's person matches one of the gallery, both being drawn by chance."""
        searched = self.split.probes.found & ~self.mated
        there = self.split.gallery.found & enrolled[self.gallery_people]
        one, first = np.unique(self.probe_people[searched], return_inverse=True)
        other, second = np.unique(self.gallery_people[there], return_inverse=True)
        if not len(one) or not len(other):
            return Estimate(0, 1, 0.0, 0.0, 1.0, 1.0, 0)
        at = np.searchsorted(one, self.probe_people[probe]), np.searchsorted(other, self.gallery_people[gallery])
        weights = 1 / (np.bincount(first)[at[0]] * np.bincount(second)[at[1]])
        keys, place = np.unique(at[0] * len(other) + at[1], return_inverse=True)
        joined = np.minimum(np.bincount(place, weights=weights, minlength=len(keys)), 1.0)
        seen = Matches(keys // len(other), keys % len(other), joined)
        groups = np.zeros(len(one), np.int64), np.zeros(len(other), np.int64)
        return by_probe_and_gallery([seen], *groups, fixed_gallery=False).estimate(0)

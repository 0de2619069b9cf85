"""Which labels of a set are likely wrong: for a person to look at, never to be acted on unseen.

Four kinds of suspicion. The same picture, to the byte or nearly, under two names. A picture that is like another person
and unlike its own. Two people so alike that strangers hardly ever are: one person under two names, or kin. A picture
unlike the others of its person. Cosines of a picture with the others of its person are summed up by their median, so
that one wrong picture among many does not cast doubt on the rest; a person of two pictures is doubted as a whole.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum

import numpy as np

from recognizance.errors import ImageTooLarge, InvalidImage, InvalidParameter
from recognizance.evaluation.protocols.verification import Reals, Whole
from recognizance.evaluation.sets.templates import Templates
from recognizance.evaluation.statistics.comparisons import Faces, Keep, Pairs, Progress, all_pairs
from recognizance.values import Pixels
from recognizance.vision.image import decode
from recognizance.vision.similarity import ANCHORS, Similarity

UNLIKE = 40.0
"""Similarity below which two pictures are no more alike than the most alike hundredth of strangers."""

LEAST = 50.0
"""The least Similarity at which two people are suspected, however few there are."""

MOST = 99.0
NEARLY = 0.95
"""The correlation of two pictures' grey values from which they are taken for one picture."""

SMALL = 16  # pixels a side, of the pictures that are correlated
COLUMNS = ("decision", "kind", "score", "person", "file", "other_person", "other_file", "said")


class Kind(Enum):
    """What is suspected; the value is the word in reports. In the order of how sure it is."""

    SAME_BYTES = "same file under two names"
    SAME_PICTURE = "same picture under two names"
    WRONG_NAME = "picture of another person"
    TWO_NAMES = "one person under two names"
    ALIKE = "two people too alike"
    UNLIKE_OTHERS = "unlike the others of this person"


@dataclass(frozen=True, slots=True)
class Suspect:
    """A suspicion: two pictures, by their places in the set, their cosine, and why they are looked at, in a sentence.

    `score` is from 0 to 100: the Similarity of two people suspected to be one; for a picture that is unlike the others,
    100 less its Similarity to them.
    """

    kind: Kind
    first: int
    second: int
    cosine: float
    score: float
    said: str


@dataclass(frozen=True, slots=True)
class Suspects:
    """All suspicions about a set, the surest first, and from which Similarity on two people are suspected.

    At that Similarity, `expected` pairs of pictures of two strangers are to be expected in a set of so many.
    """

    found: tuple[Suspect, ...]
    people: int
    mated: int
    nonmated: int
    similarity: float
    expected: float


def suspects(
    templates: Templates,
    similarity: Similarity,
    *,
    expected: float = 3.0,
    progress: Progress = lambda done, of: None,
) -> Suspects:
    """Return what is likely wrong with a set's labels.

    Two people are suspected where a picture of the one and one of the other are more alike than any strangers' of a set
    of that size should be: so that of all pairs of pictures of two people no more than `expected` reach it by chance.
    """
    names, people = np.unique(np.array(templates.people), return_inverse=True)
    each = np.bincount(people[templates.found], minlength=len(names)).astype(np.float64)
    pairs = float(each.sum() ** 2 - (each**2).sum()) / 2
    percent = alike_from(expected / pairs if pairs else 1.0)
    compared = all_pairs(
        Faces(templates.vectors, people), keep=Keep(strangers=similarity.cosine(percent)), progress=progress
    )
    own = _own(templates, people)
    across = _across(templates, people, compared.alike, own, similarity)
    told = {one.first for one in across if one.kind is Kind.WRONG_NAME}
    within = [one for one in _within(templates, people, own, similarity) if one.first not in told]
    order = list(Kind)
    found = sorted([*across, *within], key=lambda one: (order.index(one.kind), -one.score, one.first, one.second))
    return Suspects(
        tuple(found),
        len(names),
        int(compared.genuine.sum()) + compared.lost_genuine,
        int(compared.strangers.sum()) + compared.lost_strangers,
        percent,
        pairs * similarity.rate(percent),
    )


def alike_from(rate: float) -> float:
    """Return the Similarity that a share `rate` of strangers reaches, between `LEAST` and `MOST`.

    >>> alike_from(1e-6), alike_from(0.5), alike_from(1e-20)
    (80.0, 50.0, 99.0)
    """
    depths, percents = zip(*((-depth, percent) for depth, percent in ANCHORS), strict=True)
    return min(max(float(np.interp(-math.log10(rate), depths, percents)), LEAST), MOST)


@dataclass(frozen=True, slots=True, eq=False)
class _Own:
    """For each picture: how like the others of its person it is, by the median, and which of them it is most like.

    Neither has an entry where there are no others with a face.
    """

    medians: Mapping[int, float]
    nearest: Mapping[int, int]


def _own(templates: Templates, people: Whole) -> _Own:
    medians: dict[int, float] = {}
    nearest: dict[int, int] = {}
    found = np.nonzero(templates.found)[0]
    found = found[np.argsort(people[found], kind="stable")]
    for places in np.split(found, np.nonzero(np.diff(people[found]))[0] + 1):
        if len(places) < 2:
            continue
        cosines = templates.vectors[places] @ templates.vectors[places].T
        np.fill_diagonal(cosines, -np.inf)
        near = places[cosines.argmax(axis=1)].tolist()
        others = np.sort(cosines, axis=1)[:, 1:]  # the least is the picture itself
        for at, median, most in zip(places.tolist(), np.median(others, axis=1).tolist(), near, strict=True):
            medians[at], nearest[at] = median, most
    return _Own(medians, nearest)


def _across(
    templates: Templates, people: Whole, alike: Pairs, own: _Own, similarity: Similarity
) -> list[Suspect]:  # fmt: skip
    """Return a suspicion for each two people of whom some pictures are too alike: about the most alike two."""
    together: dict[tuple[int, int], list[tuple[int, int, float]]] = defaultdict(list)
    for first, second, cosine in zip(alike.first.tolist(), alike.second.tolist(), alike.cosines.tolist(), strict=True):
        key = (int(min(people[first], people[second])), int(max(people[first], people[second])))
        together[key].append((first, second, cosine))
    sizes = np.bincount(people)
    found: list[Suspect] = []
    for (one, other), hits in together.items():
        first, second, cosine = hits[0]
        kind, said = _why(hits, own, int(sizes[one] * sizes[other]), similarity)
        same = [hit for hit in hits if templates.digests[hit[0]] == templates.digests[hit[1]]]
        if same:
            first, second, cosine = same[0]
            kind, said = Kind.SAME_BYTES, "the very same file is under both names"
        elif kind is Kind.WRONG_NAME and _doubt(second, own, cosine) > _doubt(first, own, cosine):
            first, second = second, first  # the picture in doubt comes first
        found.append(Suspect(kind, first, second, cosine, similarity.at(cosine), said))
    return found


def _doubt(at: int, own: _Own, cosine: float) -> float:
    """Return by how much a picture is more like another person's than like those of its own."""
    return 0.0 if at not in own.medians else cosine - own.medians[at]


def _why(
    hits: Sequence[tuple[int, int, float]], own: _Own, pairs: int, similarity: Similarity
) -> tuple[Kind, str]:  # fmt: skip
    """Return which kind two people are suspected of, from the pairs of their pictures that are too alike."""
    first, second, cosine = hits[0]
    unlike = similarity.cosine(UNLIKE)
    for at in (first, second):
        median = own.medians.get(at, 1.0)
        if median < unlike:
            return Kind.WRONG_NAME, (
                f"one of the two is like the other person (Similarity {similarity.at(cosine):.1f}) and unlike its own "
                f"(Similarity {similarity.at(median):.1f})"
            )
    if len(hits) > 1 and len(hits) * 2 >= pairs:
        return Kind.TWO_NAMES, f"{len(hits)} of {pairs} pairs of their pictures are as alike as strangers never are"
    which = "their pictures are" if pairs == 1 else f"{len(hits)} of {pairs} pairs of their pictures are"
    return Kind.ALIKE, (
        f"{which} as alike as strangers hardly ever are: one person under two names, a wrong picture, or kin"
    )


def _within(templates: Templates, people: Whole, own: _Own, similarity: Similarity) -> list[Suspect]:
    """Return each picture that is unlike the others of its person; of a person of two pictures, both as one."""
    unlike = similarity.cosine(UNLIKE)
    sizes = np.bincount(people, weights=templates.found.astype(np.float64))
    found: list[Suspect] = []
    for at in sorted(own.medians):
        median, other = own.medians[at], own.nearest[at]
        if median >= unlike or (sizes[people[at]] == 2 and at > other):
            continue
        several = " More than one face was found in it: the other may be meant." if templates.faces[at] > 1 else ""
        said = (
            "the two pictures of this person are as unlike as strangers"
            if sizes[people[at]] == 2
            else f"as unlike the {int(sizes[people[at]]) - 1} others of this person as strangers are"
        )
        cosine = float(templates.vectors[at].astype(np.float64) @ templates.vectors[other].astype(np.float64))
        found.append(Suspect(Kind.UNLIKE_OTHERS, at, other, cosine, 100 - similarity.at(median), f"{said}.{several}"))
    return found


def looked_at(found: Suspects, templates: Templates) -> Suspects:
    """Return the suspicions with those about one picture under two names told by their pixels, read from the files."""

    def seen(one: Suspect) -> Suspect:
        if one.kind in (Kind.SAME_BYTES, Kind.UNLIKE_OTHERS):
            return one
        likeness = correlation(*(_small(templates, at) for at in (one.first, one.second)))
        if likeness is None or likeness < NEARLY:
            return one
        said = f"the two files show the same picture (their grey values correlate at {likeness:.2f})"
        return replace(one, kind=Kind.SAME_PICTURE, said=said)

    told = [seen(one) for one in found.found]
    order = list(Kind)
    return replace(found, found=tuple(sorted(told, key=lambda one: order.index(one.kind))))


def correlation(one: Reals | None, other: Reals | None) -> float | None:
    """Return how alike two small grey pictures are, from -1 to 1; None where there is none, or one is plain."""
    if one is None or other is None:
        return None
    first, second = one - one.mean(), other - other.mean()
    length = math.sqrt(float((first * first).sum() * (second * second).sum()))
    return None if length == 0 else float((first * second).sum()) / length


def _small(templates: Templates, at: int) -> Reals | None:
    path = templates.subjects[at].path
    if path is None:
        return None
    try:
        return small(decode(path.read_bytes(), at_least=128).pixels)
    except (OSError, InvalidImage, ImageTooLarge, InvalidParameter):
        return None


def small(pixels: Pixels) -> Reals:
    """Return a picture's grey values as the means of `SMALL` by `SMALL` fields."""
    grey = pixels.mean(axis=2)
    rows, columns = (np.linspace(0, size, SMALL + 1).astype(np.int64)[:-1] for size in grey.shape)
    sums = np.add.reduceat(np.add.reduceat(grey, rows, axis=0), columns, axis=1)
    counts = np.add.reduceat(np.add.reduceat(np.ones_like(grey), rows, axis=0), columns, axis=1)
    return np.asarray(sums / counts)


def rows(found: Suspects, templates: Templates) -> list[tuple[str, ...]]:
    """Return the list for a person's decisions, a row for each picture in doubt: two of a pair, either may be wrong.

    The column `decision` is empty; `--exclude` honours the rows in which somebody has put `exclude`.
    """
    listed: list[tuple[str, ...]] = []
    for one in found.found:
        sides = [(one.first, one.second), (one.second, one.first)]
        alone = one.kind is Kind.WRONG_NAME or (one.kind is Kind.UNLIKE_OTHERS and "two pictures" not in one.said)
        for at, other in sides[:1] if alone else sides:
            here, there = templates.subjects[at], templates.subjects[other]
            listed.append(("", one.kind.value, f"{one.score:.1f}", here.person, here.name, there.person, there.name,
                           one.said))  # fmt: skip
    return listed

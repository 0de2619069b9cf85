"""How many faces are found, and how many of the finds are faces: one protocol, by size and by what is said of a face.

Boxes are left, top, right, bottom in pixels, shape (n, 4). In each picture finds are taken from the
surest, and each is given to the free true face it overlaps most, if by half (intersection over union).
True faces that do not count (marked invalid, or below the size asked about) are matched as well, and
such a find counts neither for nor against. Faces of one picture share its light, its lens and its
crowd, so pictures are what chance chose and what intervals speak of.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from recognizance.evaluation.statistics.intervals import SMALLEST, wilson_of
from recognizance.evaluation.statistics.rates import Rate
from recognizance.vision.geometry import Numbers, overlaps

MATCHED: Final = 0.5
EDGES: Final = (0, 8, 16, 24, 32, 40, 64, 96, 128, 256, 512, 1 << 30)
"""Between which sizes of face, in pixels, recall and precision are told apart."""

CONFIDENCES: Final = (0, 10, 20, 30, 40, 50, 60, 70, 80, 90, 95, 97, 98, 99, 99.5, 99.8)
"""Percentages at which the curve has points; those below the lowest the server returns are left out."""

DRAWS: Final = 1000
MISSED: Final = -math.inf
"""The score of a face that was not found."""

Sizes: TypeAlias = Callable[[Numbers], Numbers]


@dataclass(frozen=True, slots=True, eq=False)
class Truth:
    """The faces of one picture, as a person marked them; `valid` is False where they did not dare to say.

    `said` is what they said of each face, by column.
    """

    picture: str
    boxes: Numbers
    valid: NDArray[np.bool_]
    said: tuple[Mapping[str, str], ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Finds:
    """What was found in one picture; scores in any unit that rises with sureness."""

    boxes: Numbers
    scores: Numbers


@dataclass(frozen=True, slots=True, eq=False)
class Tally:
    """What came of the finds of all pictures.

    `right` and `wrong` are the scores of finds that are a counted face, and that are no face at all;
    `wrong_sizes` are the sizes of the latter, in pixels.
    """

    faces: int
    right: Numbers
    wrong: Numbers
    wrong_sizes: Numbers

    def recall(self, at_least: float) -> Rate:
        """Return how many of the faces were found with a score of `at_least` or more."""
        return Rate(int((self.right >= at_least).sum()), self.faces)

    def precision(self, at_least: float, smallest: float = 0.0) -> Rate:
        """Return how many of the finds of `at_least` are faces, wrong ones below `smallest` pixels left out."""
        right = int((self.right >= at_least).sum())
        wrong = int(((self.wrong >= at_least) & (self.wrong_sizes >= smallest)).sum())
        return Rate(right, right + wrong)


def longer(boxes: Numbers) -> Numbers:
    """Return the longer side of each box."""
    return np.asarray((boxes[:, 2:] - boxes[:, :2]).max(axis=1, initial=-np.inf))


def shorter(boxes: Numbers) -> Numbers:
    """Return the shorter side of each box."""
    return np.asarray((boxes[:, 2:] - boxes[:, :2]).min(axis=1, initial=np.inf))


def taller(boxes: Numbers) -> Numbers:
    """Return the height of each box."""
    return np.asarray(boxes[:, 3] - boxes[:, 1])


SIZES: Final[Mapping[str, Sizes]] = {"longer side": longer, "height": taller, "shorter side": shorter}


def tally(
    truths: Sequence[Truth],
    finds: Sequence[Finds],
    *,
    size: Sizes = longer,
    smallest: float = 0.0,
    largest: float = np.inf,
) -> Tally:
    """Match finds with the faces whose `size` is from `smallest` to below `largest` pixels.

    Raises `ValueError` when there are not as many pictures of one as of the other.
    """
    faces = 0
    right: list[float] = []
    wrong: list[tuple[float, float]] = []
    for truth, found in zip(truths, finds, strict=True):
        sides = size(truth.boxes)
        counted = truth.valid & (sides >= smallest) & (sides < largest)
        faces += int(counted.sum())
        given = match(truth, found, counted)
        right += [float(score) for score, face in zip(found.scores, given, strict=True) if face >= 0 and counted[face]]
        wrong += [
            (float(score), float(side))
            for score, side, face in zip(found.scores, size(found.boxes), given, strict=True)
            if face < 0
        ]
    pairs = np.array(wrong).reshape(-1, 2)
    return Tally(faces, np.array(right), pairs[:, 0], pairs[:, 1])


def match(truth: Truth, found: Finds, counted: NDArray[np.bool_]) -> NDArray[np.intp]:
    """Return for each find the row of the face it was given, -1 for none.

    Counted faces go first. One that does not count may take any number of finds: a crowd that nobody
    marked one by one is a single box.
    """
    given = np.full(len(found.scores), -1, np.intp)
    if not len(truth.boxes):
        return given
    shared = overlaps(found.boxes, truth.boxes)
    free = counted.copy()
    for row in np.argsort(-found.scores, kind="stable"):
        for open_to_it in (free, ~counted):
            best = int(np.argmax(np.where(open_to_it, shared[row], -1.0)))
            if open_to_it[best] and shared[row, best] >= MATCHED:
                given[row] = best
                free[best] = False
                break
    return given


@dataclass(frozen=True, slots=True, eq=False)
class Matched:
    """Every face that counts and every wrong find, of all pictures together.

    `picture` numbers the picture of each from 0; `score` of a face is that of the find it was given, `MISSED` where
    there was none.
    """

    pictures: int
    face_picture: NDArray[np.int64]
    face_score: Numbers
    face_size: Numbers
    said: tuple[Mapping[str, str], ...]
    wrong_picture: NDArray[np.int64]
    wrong_score: Numbers
    wrong_size: Numbers
    empty: NDArray[np.bool_]
    """Which pictures have no face at all, not even one that does not count."""


def matched(truths: Sequence[Truth], finds: Sequence[Finds], *, size: Sizes = longer) -> Matched:
    """Match the finds of every picture with all its valid faces. Raises `ValueError` as `tally` does."""
    faces: list[tuple[int, float, float]] = []
    wrong: list[tuple[int, float, float]] = []
    said: list[Mapping[str, str]] = []
    for number, (truth, found) in enumerate(zip(truths, finds, strict=True)):
        given = match(truth, found, truth.valid)
        scores = np.full(len(truth.boxes), MISSED)
        for score, face in zip(found.scores, given, strict=True):
            if face >= 0:
                scores[face] = max(scores[face], float(score))
        sizes = size(truth.boxes)
        for row in np.flatnonzero(truth.valid):
            faces.append((number, float(scores[row]), float(sizes[row])))
            said.append(truth.said[row] if truth.said else {})
        wrong += [
            (number, float(score), float(side))
            for score, side, face in zip(found.scores, size(found.boxes), given, strict=True)
            if face < 0
        ]
    of_faces, of_wrong = (np.array(rows, np.float64).reshape(-1, 3) for rows in (faces, wrong))
    return Matched(
        pictures=len(truths),
        face_picture=of_faces[:, 0].astype(np.int64),
        face_score=of_faces[:, 1],
        face_size=of_faces[:, 2],
        said=tuple(said),
        wrong_picture=of_wrong[:, 0].astype(np.int64),
        wrong_score=of_wrong[:, 1],
        wrong_size=of_wrong[:, 2],
        empty=np.array([not len(truth.boxes) for truth in truths], np.bool_),
    )


@dataclass(frozen=True, slots=True)
class Share:
    """A share of faces or finds, with 95 % bounds that know of pictures. `pictures`: how many it rests on."""

    count: int
    of: int
    low: float
    high: float
    pictures: int

    @property
    def value(self) -> float:
        """The share, in [0, 1]."""
        return self.count / self.of


@dataclass(frozen=True, slots=True)
class Mean:
    """A number for each picture on average, with its 95 % bounds from drawing pictures."""

    count: int
    pictures: int
    low: float
    high: float

    @property
    def value(self) -> float:
        """The mean."""
        return self.count / self.pictures


@dataclass(frozen=True, slots=True)
class At:
    """One point of the curve: what is found, and wrongly found, from a confidence on."""

    confidence: float
    recall: Share | None
    precision: Share | None
    false_finds: Mean


@dataclass(frozen=True, slots=True)
class OfSize:
    """Faces, and finds, from a size to below another, in pixels; None where fewer than `SMALLEST` pictures have one."""

    smallest: float
    largest: float
    faces: int
    recall: Share | None
    precision: Share | None


@dataclass(frozen=True, slots=True)
class OfKind:
    """Faces of which a column says one thing; `recall` is None where fewer than `SMALLEST` pictures have one."""

    column: str
    value: str
    faces: int
    recall: Share | None


@dataclass(frozen=True, slots=True)
class Precision:
    """The area below precision over recall, each precision the best at its recall or beyond; with its 95 % bounds."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Detection:
    """How well faces are found. All but `sizes` speaks of faces, and of wrong finds, of `smallest` pixels and more.

    `at` is the point of the confidence from which the server returns a face; `with_false_finds` counts, among
    pictures without faces, those in which something is found.
    """

    smallest: float
    faces: int
    too_small: int
    at: At
    curve: tuple[At, ...]
    sizes: tuple[OfSize, ...]
    kinds: tuple[OfKind, ...]
    average: Precision | None
    pictures: int
    empty: int
    with_false_finds: Share | None


def measure(
    found: Matched,
    *,
    confidence: float,
    smallest: float,
    columns: Sequence[str],
    random: np.random.Generator,
    draws: int = DRAWS,
) -> Detection:
    """Return how well faces are found, from `confidence` in percent on, by size, by kind and along the curve."""
    drawn = random.multinomial(found.pictures, np.full(found.pictures, 1 / found.pictures), size=draws)
    large = found.face_size >= smallest
    wrong = found.wrong_size >= smallest
    points = sorted({confidence, *(one for one in CONFIDENCES if one > confidence)})
    curve = tuple(_at(found, one, large, wrong, drawn) for one in points)
    return Detection(
        smallest=smallest,
        faces=int(large.sum()),
        too_small=int((~large).sum()),
        at=curve[0],
        curve=curve,
        sizes=tuple(_sizes(found, confidence)),
        kinds=tuple(_kinds(found, confidence, large, columns)),
        average=_average(found, large, wrong, drawn) if large.any() else None,
        pictures=found.pictures,
        empty=int(found.empty.sum()),
        with_false_finds=_false_alarms(found, confidence, wrong),
    )


def _at(
    found: Matched, confidence: float, large: NDArray[np.bool_], wrong: NDArray[np.bool_], drawn: NDArray[np.int64]
) -> At:
    hit = large & (found.face_score >= confidence)
    false = wrong & (found.wrong_score >= confidence)
    right, faces = _per(found, found.face_picture[hit]), _per(found, found.face_picture[large])
    finds = _per(found, found.wrong_picture[false])
    means = (drawn @ finds) / found.pictures
    low, high = (float(bound) for bound in np.quantile(means, (0.025, 0.975)))
    none = not finds.any()
    return At(
        confidence,
        share(right, faces),
        share(right, right + finds),
        Mean(int(finds.sum()), found.pictures, low, 3 / found.pictures if none else high),
    )


def share(counts: NDArray[np.int64], of: NDArray[np.int64]) -> Share | None:
    """Return a share from its counts in each picture, None where there is nothing to count.

    The variance is that of a ratio of sums over pictures (Cochran 1977, 6.4), and becomes bounds as in `intervals`:
    Wilson's for as many independent faces as would have it, no more than there are, with Student's quantile. Degrees
    of freedom are those of as many pictures of equal weight as these are worth (Kish 1965), one fewer. Where all or
    nothing was counted, the other bound is the rule of three over that many pictures.
    """
    there = of > 0
    if not there.any():
        return None
    right, faces = counts[there].astype(np.float64), of[there].astype(np.float64)
    pictures, total = len(faces), float(faces.sum())
    value, worth = float(right.sum()) / total, total**2 / float((faces**2).sum())
    low, high = 0.0, 1.0
    if value in (0.0, 1.0):
        low, high = (0.0, min(1.0, 3 / worth)) if value == 0 else (max(0.0, 1 - 3 / worth), 1.0)
    elif pictures > 1:
        variance = pictures / (pictures - 1) * float(((right - value * faces) ** 2).sum()) / total**2
        trials = min(total, value * (1 - value) / variance) if variance > 0 else total
        low, high = wilson_of(value, trials, float(stats.t.ppf(0.975, max(1.0, worth - 1))))
    return Share(int(counts.sum()), int(of.sum()), low, high, pictures)


def _per(found: Matched, pictures: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.bincount(pictures, minlength=found.pictures).astype(np.int64)


def _of_enough(counts: NDArray[np.int64], of: NDArray[np.int64]) -> Share | None:
    """Return a share, None where fewer than `SMALLEST` pictures have something to count."""
    return share(counts, of) if np.count_nonzero(of) >= SMALLEST else None


def _sizes(found: Matched, confidence: float) -> list[OfSize]:
    rows: list[OfSize] = []
    for smallest, largest in itertools.pairwise(EDGES):
        there = (found.face_size >= smallest) & (found.face_size < largest)
        hit = there & (found.face_score >= confidence)
        false = (found.wrong_size >= smallest) & (found.wrong_size < largest) & (found.wrong_score >= confidence)
        faces, right = _per(found, found.face_picture[there]), _per(found, found.face_picture[hit])
        finds = right + _per(found, found.wrong_picture[false])
        if faces.any() or finds.any():
            rows.append(
                OfSize(float(smallest), float(largest), int(faces.sum()), _of_enough(right, faces),
                       _of_enough(right, finds))
            )  # fmt: skip
    return rows


def _kinds(found: Matched, confidence: float, large: NDArray[np.bool_], columns: Sequence[str]) -> list[OfKind]:
    rows: list[OfKind] = []
    for column in columns:
        values = np.array([said.get(column, "") for said in found.said], dtype=np.str_)
        for value in sorted({str(one) for one in values[large]}):
            there = large & (values == value)
            faces = _per(found, found.face_picture[there])
            right = _per(found, found.face_picture[there & (found.face_score >= confidence)])
            rows.append(OfKind(column, value, int(faces.sum()), _of_enough(right, faces)))
    return rows


def _average(found: Matched, large: NDArray[np.bool_], wrong: NDArray[np.bool_], drawn: NDArray[np.int64]) -> Precision:
    hit = large & np.isfinite(found.face_score)
    scores = np.concatenate([found.face_score[hit], found.wrong_score[wrong]])
    right = np.concatenate([np.ones(hit.sum(), np.bool_), np.zeros(wrong.sum(), np.bool_)])
    pictures = np.concatenate([found.face_picture[hit], found.wrong_picture[wrong]])
    order = np.argsort(-scores, kind="stable")
    faces = _per(found, found.face_picture[large])

    def area(times: NDArray[np.int64]) -> float:
        weights, of = times[pictures[order]], float(times @ faces)
        if not of:
            return 0.0
        hits = np.cumsum(weights * right[order])
        finds = np.cumsum(weights)
        precision = np.divide(hits, finds, out=np.zeros(len(finds)), where=finds > 0)
        best = np.maximum.accumulate(precision[::-1])[::-1]
        return float((best * np.diff(hits, prepend=0)).sum() / of)

    low, high = (float(bound) for bound in np.quantile([area(times) for times in drawn], (0.025, 0.975)))
    return Precision(area(np.ones(found.pictures, np.int64)), low, high)


def _false_alarms(found: Matched, confidence: float, wrong: NDArray[np.bool_]) -> Share | None:
    false = wrong & (found.wrong_score >= confidence)
    alarmed = (_per(found, found.wrong_picture[false]) > 0) & found.empty
    return share(alarmed.astype(np.int64), found.empty.astype(np.int64))

"""How many faces are found, and how many of the finds are faces: one protocol, by size of face.

Boxes are left, top, right, bottom in pixels, shape (n, 4). In each picture finds are taken from the
surest, and each is given to the free true face it overlaps most, if by half (intersection over union).
True faces that do not count (marked invalid, or below the size asked about) are matched as well, and
such a find counts neither for nor against.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from recognizance.evaluation.rates import Rate
from recognizance.vision.geometry import Numbers, overlaps

MATCHED: Final = 0.5

Sizes: TypeAlias = Callable[[Numbers], Numbers]


@dataclass(frozen=True, slots=True, eq=False)
class Truth:
    """The faces of one picture, as a person marked them; `valid` is False where they did not dare to say."""

    picture: str
    boxes: Numbers
    valid: NDArray[np.bool_]


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


def read_truth(table: Path) -> list[Truth]:
    """Read a table of boxes: columns file, x, y, w, h (pixels) and invalid, one face a row.

    Pictures come in the order in which the table first names them.
    """
    boxes: dict[str, list[tuple[float, float, float, float]]] = {}
    valid: dict[str, list[bool]] = {}
    with table.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            x, y, w, h = (float(row[name]) for name in "xywh")
            boxes.setdefault(row["file"], []).append((x, y, x + w, y + h))
            valid.setdefault(row["file"], []).append(row["invalid"] == "0")
    return [Truth(name, np.array(some), np.array(valid[name])) for name, some in boxes.items()]

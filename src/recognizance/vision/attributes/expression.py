"""What a face shows, by a small model trained on posed and found pictures; says nothing of what somebody feels.

The model was trained on pictures sought by the words for feelings, and takes many a calm face for an angry or fearful
one. So its shares are weighed with a face's smile, by numbers fitted to what people said of pictures taken for other
reasons: `expression.toml`, which `tools/attributes_expression.py` writes.
"""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from recognizance.values import Expression, Face, Model, Percent, Pixels, Vectors
from recognizance.vision.attributes import chips, heads
from recognizance.vision.attributes.features import Sighting

NUMBERS: Final = Path(__file__).with_name("expression.toml")
ORDER: Final = (
    *(Expression.ANGRY, Expression.DISGUSTED, Expression.FEARFUL, Expression.HAPPY),
    *(Expression.SAD, Expression.SURPRISED, Expression.CALM),
)
"""What the model's classes mean, in its order."""
ZOOMS: Final = (0.9,)
"""The model saw loosely cut faces; a cut and its mirror image together err less than one."""
LEAST: Final = 1e-3
"""A share below this counts as this, and so does the probability of a smile, or of none."""


@dataclass(frozen=True, slots=True)
class Weighing:
    """How much the model's shares and a smile say.

    The log of an expression's probability is, but for a number all share, `share` times the log of its share, its
    number in `usual` (in the order of `ORDER`), and the log odds of a smile times `smile_happy` or `smile_calm`.
    """

    share: float
    smile_happy: float
    smile_calm: float
    usual: tuple[float, ...]


def of(
    pixels: Pixels,
    faces: Sequence[Face],
    model: Model[Pixels, Vectors],
    smiles: Sequence[float],
    sightings: Sequence[Sighting],
    showing: Sequence[float],
) -> list[tuple[tuple[Expression, Percent], ...]]:
    """Return for each face, in order, every expression with its probability in percent, the highest first.

    `smiles` are the probabilities of a smile by `appearance.judge`, `showing` how much of each face shows, 0 to 1.
    Raises `ModelUnusable` as the model does.
    """
    seen = shares(pixels, faces, model)
    each = probabilities(seen, np.array(smiles), counts(sightings) * np.array(showing), weighing())
    return [ordered(row) for row in each]


def ordered(row: NDArray[np.float64]) -> tuple[tuple[Expression, Percent], ...]:
    """Return the probabilities of one face, shape (7,), in percent, each with its expression, the highest first."""
    found = sorted(zip(ORDER, row, strict=True), key=lambda one: -one[1])
    return tuple((one, 100 * float(share)) for one, share in found)


def shares(pixels: Pixels, faces: Sequence[Face], model: Model[Pixels, Vectors]) -> Vectors:
    """Return the model's shares for each face, shape (n, 7), in the order of `ORDER`; one run for all."""
    size = int(model.card.parameters["size"])
    found = model(chips.several(pixels, faces, size, zooms=ZOOMS, mirror=True))
    if not found:
        return np.zeros((0, len(ORDER)), np.float32)
    each: Vectors = np.stack(found).reshape(len(faces), -1, len(ORDER))
    return np.asarray(each.mean(axis=1), np.float32)


def counts(sightings: Sequence[Sighting]) -> NDArray[np.float64]:
    """Return how much of what is seen counts for each face, shape (n,): 1 for one that is easy to read, towards 0."""
    pulls = heads.calibration("smile").pulls
    return np.array([np.exp(-np.dot(pulls, one.numbers)) for one in sightings])


def probabilities(
    shares: Vectors, smiles: NDArray[np.float64], counts: NDArray[np.float64], weighing: Weighing
) -> NDArray[np.float64]:
    """Return the probability of each expression for each face, shape (n, 7), in the order of `ORDER`; rows sum to 1.

    `smiles` are probabilities, shape (n,); a face that `counts` for 0 could show anything.
    """
    logs = weighing.share * np.log(np.clip(shares.astype(np.float64), LEAST, 1)) + np.array(weighing.usual)
    smiling = np.clip(smiles, LEAST, 1 - LEAST)
    odds = np.log(smiling / (1 - smiling))
    logs[:, ORDER.index(Expression.HAPPY)] += weighing.smile_happy * odds
    logs[:, ORDER.index(Expression.CALM)] += weighing.smile_calm * odds
    logs = (logs - logs.max(axis=1, keepdims=True)) * counts[:, None]
    each = np.exp(logs)
    return np.asarray(each / each.sum(axis=1, keepdims=True))


@cache
def weighing() -> Weighing:
    """Return the numbers that ship; they are read once."""
    return weighing_of(NUMBERS.read_text(encoding="utf-8"))


def weighing_of(text: str) -> Weighing:
    """Return the numbers of an `expression.toml`."""
    said = tomllib.loads(text)
    return Weighing(said["share"], said["smile_happy"], said["smile_calm"], tuple(said["usual"]))

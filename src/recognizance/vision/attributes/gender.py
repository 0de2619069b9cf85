"""How a face presents, by a model made for that and a head of our own together; says nothing of who somebody is."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from recognizance.values import Face, Gender, Judgement, Model, Pixels, Presentation, Vectors
from recognizance.vision.attributes import chips, heads, opinions
from recognizance.vision.attributes.features import Sighting

NARROWEST = 1e-6
"""A probability closer to 0 or 1 than this counts as this close."""


def of(
    pixels: Pixels,
    faces: Sequence[Face],
    model: Model[Pixels, Vectors],
    head: NDArray[np.float64],
    sightings: Sequence[Sighting],
) -> list[Presentation]:
    """Return how each face presents, in order; one run of the model for all.

    `head` is what the head called female makes of the same faces. Raises `ModelUnusable` as the model does.
    """
    calibration = heads.calibration("female")
    found: list[Presentation] = []
    for odds, one, sighting in zip(log_odds(pixels, faces, model), head, sightings, strict=True):
        probability = calibration.probability({"model": odds, "head": float(one)}, sighting)
        gender = Gender.FEMALE if probability >= 0.5 else Gender.MALE
        found.append(Presentation(gender, 100 * max(probability, 1 - probability)))
    return found


def fainter(said: Presentation, share: float) -> Presentation:
    """Return how a face presents of which only this share shows: its log odds times that, from 0 to 1."""
    judged = opinions.fainter(Judgement(said.gender is Gender.MALE, said.confidence), share)
    return Presentation(Gender.MALE if judged.value else Gender.FEMALE, judged.confidence)


def log_odds(pixels: Pixels, faces: Sequence[Face], model: Model[Pixels, Vectors]) -> list[float]:
    """Return what the model alone makes of each face: the log odds of female, as it gives them."""
    size = int(model.card.parameters["size"])
    shares = [
        min(1 - NARROWEST, max(NARROWEST, float(one[0])))
        for one in model([chips.cut(pixels, face, size) for face in faces])
    ]
    return [math.log(share / (1 - share)) for share in shares]

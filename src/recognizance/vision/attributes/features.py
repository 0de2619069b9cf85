"""What a network of faces has seen half way through, for our own heads to read; and how well a face could be seen."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from recognizance.values import Face, Model, Pixels, Vectors
from recognizance.vision.geometry import TEMPLATE, TEMPLATE_SIZE, Numbers, align, points_of, umeyama


def of(pixels: Pixels, faces: Sequence[Face], model: Model[Pixels, Vectors]) -> Vectors:
    """Return the planes of each face, in order, float32, shape (n, planes, side, side); one run of the model for all.

    Raises `ValueError` when a face's points lie on one line, `ModelUnusable` as the model does.
    """
    size = int(model.card.parameters["size"])
    seen = model([align(pixels, face.landmarks, size) for face in faces])
    return np.stack(seen) if seen else np.zeros((0, 0, 0, 0), np.float32)


@dataclass(frozen=True, slots=True)
class Sighting:
    """What makes a face hard to read: each number 0 for a face that is easy, and rising.

    `small` is how often the face's length is doubled to fill the aligned square; `blurred` and `dark` are what
    sharpness and brightness lack of 100 and of 40, in hundredths; `askew` is how far the five points are from where
    those of a face that looks at the camera lie, in tenths of the square; `cut` is the square's share outside the
    picture.
    """

    small: float
    blurred: float
    dark: float
    askew: float
    cut: float

    @property
    def numbers(self) -> Numbers:
        """All five, in this order."""
        return np.array([self.small, self.blurred, self.dark, self.askew, self.cut])


DIM = 40.0
"""Brightness under which a face counts as dark."""
GRID = 8
"""Places along each side of the square that are looked up for being inside the picture."""
STEPS = (np.arange(GRID) + 0.5) * TEMPLATE_SIZE / GRID
PLACES = np.stack(np.meshgrid(STEPS, STEPS), axis=-1).reshape(-1, 2)
LOOKS = np.asarray(TEMPLATE) + 0.5
"""Those places in the aligned square, and the five points in it of a face that looks at the camera."""


def sighting(face: Face, width: int, height: int) -> Sighting:
    """Return how hard a face is to read in a picture of that size. Raises `ValueError` as `umeyama` does."""
    points = points_of(face.landmarks, width, height)
    matrix = umeyama(points, LOOKS)
    scale = math.hypot(matrix[0, 0], matrix[1, 0])
    off = points @ matrix[:, :2].T + matrix[:, 2] - LOOKS
    back = (PLACES - matrix[:, 2]) @ np.linalg.inv(matrix[:, :2]).T
    outside = ((back < 0) | (back >= (width, height))).any(axis=1)
    return Sighting(
        small=max(0.0, math.log2(scale)),
        blurred=(100 - face.quality.sharpness) / 100,
        dark=max(0.0, DIM - face.quality.brightness) / 100,
        askew=float(np.sqrt((off**2).sum(axis=1).mean())) / (TEMPLATE_SIZE / 10),
        cut=float(outside.mean()),
    )

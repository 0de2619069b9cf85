"""Squares around a face as the small classifiers of age, gender and expression were trained on.

dlib cuts its squares by the corners of the eyes and the nose. Where our five points lie in these squares was measured:
`TEMPLATE` is their median place in the squares that dlib's own five-point model cut from 489 pictures.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from recognizance.values import Face, Pixels
from recognizance.vision.geometry import points_of, umeyama, warp

TEMPLATE: Final = ((0.3075, 0.2903), (0.6925, 0.2903), (0.5, 0.5234), (0.3333, 0.6984), (0.6667, 0.6984))
"""Where the five points stand in dlib's square with a padding of .2, in its sides, made alike on the left and right."""


def cut(pixels: Pixels, face: Face, size: int, *, zoom: float = 1.0) -> Pixels:
    """Return the face turned upright in a square of `size` pixels, uint8 RGB; black outside the picture.

    With a `zoom` above 1 it is larger, and less of what is around it is seen. Raises `ValueError` when the face's
    points lie on one line.
    """
    height, width = pixels.shape[:2]
    target = ((np.asarray(TEMPLATE) - 0.5) * zoom + 0.5) * size
    return warp(pixels, umeyama(points_of(face.landmarks, width, height), target), size)


def mirrored(chip: Pixels) -> Pixels:
    """Return the square as a mirror shows it."""
    return np.ascontiguousarray(chip[:, ::-1])


def several(pixels: Pixels, faces: Sequence[Face], size: int, *, zooms: Sequence[float], mirror: bool) -> list[Pixels]:
    """Return for each face, one after another, a square for each zoom, and its mirror image after each where wanted."""
    found: list[Pixels] = []
    for face in faces:
        for zoom in zooms:
            chip = cut(pixels, face, size, zoom=zoom)
            found += [chip, mirrored(chip)] if mirror else [chip]
    return found

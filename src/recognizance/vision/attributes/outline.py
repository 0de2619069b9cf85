"""Rekognition's 30 landmarks, in its order, from mesh and irises.

Left and right are the viewer's. Each landmark is a point of the mesh, or the middle of two: those that lie nearest to
Rekognition's own on the published samples. The lids and corners of the eyes come from the finer model of the iris.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from recognizance.values import Mesh, Point
from recognizance.vision.attributes.eyes import Eyes

OUTLINE: Final[dict[str, tuple[int, ...]]] = {
    "mouth_left": (61,),
    "mouth_right": (291,),
    "nose": (4,),
    "left_brow_left": (70,),
    "left_brow_right": (107, 66),
    "left_brow_up": (105,),
    "right_brow_left": (336, 296),
    "right_brow_right": (300,),
    "right_brow_up": (334,),
    "nose_left": (75,),
    "nose_right": (305,),
    "mouth_up": (0,),
    "mouth_down": (17,),
    "upper_jaw_left": (127, 162),
    "mid_jaw_left": (58, 172),
    "chin": (152, 175),
    "mid_jaw_right": (288, 397),
    "upper_jaw_right": (356, 389),
}
OUTER, INNER, UP, DOWN = 0, 8, 12, 4
"""Points of an eye's contour."""
ORDER: Final = (
    *("eye_left", "eye_right", "mouth_left", "mouth_right", "nose"),
    *("left_brow_left", "left_brow_right", "left_brow_up", "right_brow_left", "right_brow_right", "right_brow_up"),
    *("left_eye_left", "left_eye_right", "left_eye_up", "left_eye_down"),
    *("right_eye_left", "right_eye_right", "right_eye_up", "right_eye_down"),
    *("nose_left", "nose_right", "mouth_up", "mouth_down", "left_pupil", "right_pupil"),
    *("upper_jaw_left", "mid_jaw_left", "chin", "mid_jaw_right", "upper_jaw_right"),
)
"""The landmarks' names, as they stand in what `of` returns."""


def of(mesh: Mesh, eyes: Eyes, width: int, height: int) -> tuple[Point, ...]:
    """Return the 30 landmarks, in fractions of a picture of that many pixels; they may leave it.

    The first two, the eyes, are the pupils.
    """
    left, right = eyes.contours[:, :, :2]
    pupils = eyes.irises[:, 0, :2]
    ends = mesh.points[[[points[0], points[-1]] for points in OUTLINE.values()], :2]
    found = dict(zip(OUTLINE, ends.mean(axis=1), strict=True)) | {
        "eye_left": pupils[0],
        "eye_right": pupils[1],
        "left_pupil": pupils[0],
        "right_pupil": pupils[1],
        "left_eye_left": left[OUTER],
        "left_eye_right": left[INNER],
        "left_eye_up": left[UP],
        "left_eye_down": left[DOWN],
        "right_eye_left": right[INNER],
        "right_eye_right": right[OUTER],
        "right_eye_up": right[UP],
        "right_eye_down": right[DOWN],
    }
    places = np.array([found[name] for name in ORDER], dtype=float) / (width, height)
    return tuple(Point(float(x), float(y)) for x, y in places)

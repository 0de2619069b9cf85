"""The mesh of a face: 468 points in the picture, from a square cut around the face and turned upright.

The model was made for squares half as large again as the mesh itself. Detectors' boxes reach from the hairline to the
chin, a little higher than the mesh: `ROOM` and `DOWN` give the square that the model's own mesh would ask for. It is
turned by the five points, so a face on its side or upside down is seen upright like any other.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import numpy as np

from recognizance.errors import ModelUnusable
from recognizance.values import Face, Mesh, Model, Pixels
from recognizance.vision.geometry import TEMPLATE, Numbers, pixels_of, points_of, umeyama, warp

if TYPE_CHECKING:
    from recognizance.vision.adapters.facemesh import Marked

ROOM: Final = 1.35
DOWN: Final = 0.05
"""The square's side, and how far its centre is below the box's, in longer sides of the box. Of 294 faces the points are
then .015 eye distances on average from where two more steps of the model's own tracking put them; at 1.5 and 0 they are
.025 (`python -m benchmarks.attributes.squares`)."""
CORNERS: Final = ((33, 133), (263, 362))
"""The mesh's points at the outer and the inner corner of the viewer's left and right eye."""
APART: Final = 1e-3
"""Pixels up to which two points are in one place."""


def find(pixels: Pixels, faces: Sequence[Face], model: Model[Pixels, Marked]) -> list[Mesh]:
    """Return the mesh of each face, in order; one run of the model for all.

    A face that is cut by the frame has points outside the picture. Raises `ModelUnusable` as the model does.
    """
    side = int(model.card.parameters["size"])
    height, width = pixels.shape[:2]
    matrices = [square(face, width, height, side) for face in faces]
    marked = model([warp(pixels, matrix, side) for matrix in matrices])
    return [Mesh(placed(one.points, matrix), one.sure) for one, matrix in zip(marked, matrices, strict=True)]


def square(face: Face, width: int, height: int, side: int) -> Numbers:
    """Return the matrix, shape (2, 3), from the picture's pixels into the face's upright square of `side` pixels."""
    left, top, right, bottom = pixels_of(face.box, width, height)
    longer = max(right - left, bottom - top)
    turn = umeyama(points_of(face.landmarks, width, height), np.asarray(TEMPLATE))[:, :2]
    linear = turn * (side / (ROOM * longer * math.hypot(turn[0, 0], turn[1, 0])))
    middle = (side / 2, side / 2 - DOWN * side / ROOM)
    return np.column_stack([linear, middle - linear @ ((left + right) / 2, (top + bottom) / 2)])


def size(mesh: Mesh) -> float:
    """Return how far the eyes' outer corners are apart, in three dimensions, in pixels of the picture.

    Raises `ModelUnusable` for a mesh with points that are not finite, with both eyes in one place, or with an eye that
    has both corners in one place of the picture.
    """
    if not np.isfinite(mesh.points).all():
        raise ModelUnusable("a mesh has points that are not finite")
    corners = mesh.points[np.array(CORNERS)].astype(np.float64)
    found = float(np.linalg.norm(corners[0, 0] - corners[1, 0]))
    if not found > APART:
        raise ModelUnusable("a mesh has both eyes in one place")
    if not np.linalg.norm(corners[:, 0, :2] - corners[:, 1, :2], axis=1).min() > APART:
        raise ModelUnusable("a mesh has an eye whose corners are in one place")
    return found


def placed(points: Numbers, matrix: Numbers) -> Numbers:
    """Return points of a square, shape (n, 3), where they are in the picture: float32, read-only, z in its pixels."""
    back = np.linalg.inv(matrix[:, :2])
    scale = math.hypot(back[0, 0], back[1, 0])
    moved = np.empty(points.shape, np.float32)
    moved[:, :2] = (points[:, :2] - matrix[:, 2]) @ back.T
    moved[:, 2] = points[:, 2] * scale
    moved.setflags(write=False)
    return moved

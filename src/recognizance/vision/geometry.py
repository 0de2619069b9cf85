"""Boxes and points as numbers: overlap, suppression, alignment and scaling, in pixels.

Pure functions on arrays. A box is left, top, right, bottom; a point is x, y; both count from the
picture's top left corner, so the first pixel's centre is at (0.5, 0.5). Points stand in the order of
`values.Landmarks`. Shapes: boxes (n, 4), points (n, 5, 2), scores (n,).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from recognizance.values import Box, Landmarks, Pixels, Point

Numbers: TypeAlias = NDArray[np.floating]

TEMPLATE_SIZE: Final = 112
TEMPLATE: Final = (
    (38.2946, 51.6963),
    (73.5318, 51.5014),
    (56.0252, 71.7366),
    (41.5493, 92.3655),
    (70.7299, 92.2041),
)
"""Where the five points of a frontal face stand in a 112 x 112 crop: `arcface_dst` of InsightFace, which
is SphereFace's 96 x 112 template moved right by 8. As pixel indices: a pixel's centre is a whole number."""
EYES: Final = 35.24
"""Pixels between the eyes of `TEMPLATE`."""

FLATTEST = 0.02
"""Five points whose narrow spread is below this share of their wide one lie on one line."""


@dataclass(frozen=True, slots=True)
class Found:
    """Candidates of one picture, or what suppression left of them; one row each, scores in [0, 1]."""

    boxes: Numbers
    points: Numbers
    scores: Numbers

    def __len__(self) -> int:
        """How many there are."""
        return len(self.scores)

    def pick(self, rows: NDArray[np.bool_] | NDArray[np.intp]) -> Found:
        """Return the rows that a mask or a list of indices names."""
        return Found(self.boxes[rows], self.points[rows], self.scores[rows])

    def moved(self, scale: tuple[float, float], offset: tuple[float, float] = (0.0, 0.0)) -> Found:
        """Return the same in a picture `scale` times as large, whose own place is at `offset` in it."""
        by, to = np.asarray(scale), np.asarray(offset)
        return Found(self.boxes * np.tile(by, 2) + np.tile(to, 2), self.points * by + to, self.scores)

    def sizes(self) -> Numbers:
        """Return the longer side of each box."""
        return np.maximum(self.boxes[:, 2] - self.boxes[:, 0], self.boxes[:, 3] - self.boxes[:, 1])


NOTHING: Final = Found(np.zeros((0, 4)), np.zeros((0, 5, 2)), np.zeros(0))


def together(parts: list[Found]) -> Found:
    """Return all rows of `parts` as one."""
    if not parts:
        return NOTHING
    return Found(
        np.concatenate([part.boxes for part in parts]),
        np.concatenate([part.points for part in parts]),
        np.concatenate([part.scores for part in parts]),
    )


# Overlap and suppression


def overlaps(some: Numbers, others: Numbers) -> Numbers:
    """Return intersection over union of every box of `some` with every one of `others`, shape (n, m)."""
    corner = np.maximum(some[:, None, :2], others[None, :, :2])
    opposite = np.minimum(some[:, None, 2:], others[None, :, 2:])
    sides = np.clip(opposite - corner, 0, None)
    shared = sides[..., 0] * sides[..., 1]
    union = areas(some)[:, None] + areas(others)[None, :] - shared
    return np.asarray(np.divide(shared, union, out=np.zeros_like(shared), where=union > 0))


def areas(boxes: Numbers) -> Numbers:
    """Return the area of each box, 0 for one that is turned inside out."""
    sides = np.clip(boxes[:, 2:] - boxes[:, :2], 0, None)
    return np.asarray(sides[:, 0] * sides[:, 1])


def suppress(found: Found, *, above: float, voting: float, at_least: float = 0.0) -> Found:
    """Return one row for each cluster of overlapping candidates, best score first, down to `at_least`.

    The best candidate silences those that overlap it by more than `above`. Its box and points become
    the mean, weighted by score, of all that overlap it by `voting` or more, the silenced and those
    below `at_least` included: neighbours of a true face together know its place better than any one.
    """
    alive = found.scores >= at_least
    edges = np.ascontiguousarray(found.boxes.T)
    sizes = areas(found.boxes)
    kept: list[Found] = []
    for row in np.argsort(-found.scores, kind="stable"):
        if not alive[row]:
            continue
        shared = _overlap_of(int(row), edges, sizes)
        alive &= shared <= above
        alive[row] = False  # a box without area overlaps not even itself
        voters = shared >= voting
        voters[row] = True
        kept.append(_mean(found.pick(np.flatnonzero(voters)), float(found.scores[row])))
    return together(kept)


def _overlap_of(row: int, edges: Numbers, sizes: Numbers) -> Numbers:
    """Return what `overlaps` does for one box and all, from their edges, shape (4, n), and areas."""
    left, top, right, bottom = edges
    across = np.minimum(right, right[row]) - np.maximum(left, left[row])
    down = np.minimum(bottom, bottom[row]) - np.maximum(top, top[row])
    shared = np.maximum(across, 0) * np.maximum(down, 0)
    return np.asarray(shared / np.maximum(sizes + sizes[row] - shared, np.finfo(float).tiny))


def _mean(voters: Found, score: float) -> Found:
    """Return one row: the boxes and points of `voters`, averaged with their scores as weights."""
    weights = voters.scores / voters.scores.sum()
    box = weights @ voters.boxes
    points = weights @ voters.points.reshape(len(voters), -1)
    return Found(box[None], points.reshape(1, 5, 2), np.array([score]))


# Points


def spread(points: Numbers) -> tuple[float, float]:
    """Return how far points of shape (n, 2) reach along their longest and their shortest direction."""
    x, y = points[:, 0] - points[:, 0].sum() / len(points), points[:, 1] - points[:, 1].sum() / len(points)
    a, b, d = float(x @ x), float(x @ y), float(y @ y)
    middle, half = (a + d) / 2, math.hypot((a - d) / 2, b)
    return math.sqrt(middle + half), math.sqrt(max(0.0, middle - half))


def on_one_line(points: Numbers) -> bool:
    """Tell whether points of shape (n, 2) coincide, lie on one line, or are no numbers."""
    if not np.isfinite(points).all():
        return True
    wide, narrow = spread(points)
    return narrow <= FLATTEST * wide


def umeyama(source: Numbers, target: Numbers) -> Numbers:
    """Return the turn, scaling and shift that move `source` nearest to `target`, as a (2, 3) matrix.

    Least squares over similarities that do not mirror (Umeyama 1991), both of shape (n, 2). In the
    plane its singular values have a closed form: points as complex numbers, and the factor
    `sum(conj(s) t) / sum(conj(s) s)`. Raises `ValueError` when the points of `source` lie on one line
    or coincide: their turn could not be trusted.
    """
    if on_one_line(source):
        raise ValueError(f"points to align should not lie on one line, got {source.tolist()}")
    middle, goal = (one.sum(axis=0) / len(one) for one in (source, target))
    (s, t), (u, v) = (source - middle).T, (target - goal).T
    square = float(s @ s + t @ t)
    along, across = float(s @ u + t @ v) / square, float(s @ v - t @ u) / square
    x, y = middle.tolist()
    shift, drop = goal.tolist()
    return np.array([[along, -across, shift - along * x + across * y], [across, along, drop - across * x - along * y]])


def align(pixels: Pixels, landmarks: Landmarks, size: int = TEMPLATE_SIZE) -> Pixels:
    """Return the face turned upright and scaled, as uint8 RGB, shape (size, size, 3).

    The five landmarks are moved onto the template by the least-squares similarity (Umeyama 1991).
    Parts outside the image are black. A face much larger than `size` is first shrunk by averaging,
    so that no detail finer than a pixel is left to fold into false ones. Raises `ValueError` when the
    points lie on one line.
    """
    height, width = pixels.shape[:2]
    template = (np.asarray(TEMPLATE) + 0.5) * (size / TEMPLATE_SIZE)
    matrix = umeyama(points_of(landmarks, width, height), template)
    return warp(pixels, matrix, size)


def warp(pixels: Pixels, matrix: Numbers, size: int) -> Pixels:
    """Return what `matrix`, shape (2, 3), moves into a square of `size` pixels; black outside `pixels`."""
    pixels, matrix = _shrunk(pixels, matrix, size)
    (a, b, x), (c, d, y) = matrix.tolist()  # OpenCV counts from the first pixel's centre
    indices = np.array([[a, b, x + (a + b) / 2 - 0.5], [c, d, y + (c + d) / 2 - 0.5]])
    return np.asarray(cv2.warpAffine(pixels, indices, (size, size), flags=cv2.INTER_LINEAR), np.uint8)


def _shrunk(pixels: Pixels, matrix: Numbers, size: int) -> tuple[Pixels, Numbers]:
    """Return the part of the picture that is needed, shrunk by a whole factor, and the matrix from there."""
    factor = int(1 / max(math.hypot(matrix[0, 0], matrix[1, 0]), 1e-6))
    if factor < 2:
        return pixels, matrix
    height, width = pixels.shape[:2]
    back = np.linalg.inv(matrix[:, :2])
    corners = (np.array([[0, 0], [size, 0], [0, size], [size, size]]) - matrix[:, 2]) @ back.T
    left, top = (max(0, int(edge) // factor * factor) for edge in corners.min(axis=0) - factor)
    right, bottom = (
        int(min(edge, bound)) for edge, bound in zip(corners.max(axis=0) + factor, (width, height), strict=True)
    )
    columns, rows = (right - left) // factor, (bottom - top) // factor
    if columns < 1 or rows < 1:
        return pixels, matrix
    part = pixels[top : top + rows * factor, left : left + columns * factor]
    moved = np.column_stack([matrix[:, :2] * factor, matrix[:, :2] @ (left, top) + matrix[:, 2]])
    return np.asarray(cv2.resize(part, (columns, rows), interpolation=cv2.INTER_AREA), np.uint8), moved


def resized(pixels: Pixels, width: int, height: int) -> Pixels:
    """Return the picture at another size: averaged when it shrinks, interpolated when it grows."""
    if (height, width) == pixels.shape[:2]:
        return pixels
    shrinks = width * height < pixels.shape[0] * pixels.shape[1]
    how = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(pixels, (width, height), interpolation=how), np.uint8)


def turned(pixels: Pixels, quarters: int) -> Pixels:
    """Return what `np.rot90` does for 0 to 3 quarters, as an array in order."""
    how = {1: cv2.ROTATE_90_COUNTERCLOCKWISE, 2: cv2.ROTATE_180, 3: cv2.ROTATE_90_CLOCKWISE}
    return pixels if quarters == 0 else np.asarray(cv2.rotate(pixels, how[quarters]), np.uint8)


def blurred(plane: Numbers, sigma: float) -> Numbers:
    """Return a plane of float32, shape (height, width), blurred by a Gaussian of `sigma` pixels."""
    return np.asarray(cv2.GaussianBlur(plane, (0, 0), sigma), np.float32)


def turned_back(found: Found, quarters: int, width: int, height: int) -> Found:
    """Return what was found in a picture turned by `np.rot90(picture, quarters)`, in the picture itself.

    `width` and `height` are those of the picture before it was turned.
    """
    boxes, points = found.boxes, found.points
    sides = (width, height) if quarters % 2 == 0 else (height, width)
    for _ in range(quarters % 4):  # one quarter back: the turned picture's y axis was the x axis, from its right
        sides = sides[::-1]
        boxes = np.column_stack([sides[0] - boxes[:, 3], boxes[:, 0], sides[0] - boxes[:, 1], boxes[:, 2]])
        points = np.stack([sides[0] - points[..., 1], points[..., 0]], axis=-1)
    return Found(boxes, points, found.scores)


# Pixels and fractions


def box_of(ltrb: Numbers, width: int, height: int) -> Box:
    """Return a box in pixels as fractions of a picture of that size. Raises `ValueError` without an area."""
    left, top, right, bottom = (float(edge) for edge in ltrb)
    return Box(left / width, top / height, (right - left) / width, (bottom - top) / height)


def pixels_of(box: Box, width: int, height: int) -> Numbers:
    """Return a box in fractions as left, top, right, bottom in pixels, shape (4,)."""
    return np.array(
        [box.left * width, box.top * height, (box.left + box.width) * width, (box.top + box.height) * height]
    )


def landmarks_of(points: Numbers, width: int, height: int) -> Landmarks:
    """Return five points in pixels, shape (5, 2), as fractions of a picture of that size."""
    return Landmarks(*(Point(float(x) / width, float(y) / height) for x, y in points))


def points_of(landmarks: Landmarks, width: int, height: int) -> Numbers:
    """Return the five points in pixels, shape (5, 2)."""
    five = (landmarks.eye_left, landmarks.eye_right, landmarks.nose, landmarks.mouth_left, landmarks.mouth_right)
    return np.array([(point.x * width, point.y * height) for point in five])

"""Whether the eyes are open, and where they look, from their lids and irises.

The iris model is shown each eye by itself, so it sees lids that the mesh hardly moves: the mean gap between the lids
tells closed eyes from open ones with an area under the curve of .994 by its points, .931 by the mesh's.

A gaze is found as on a ball: the pupil, on an eyeball whose middle lies behind the middle of the eye's corners and
turns with the head. It is told as seen from the camera, whichever way the head points: 0, 0 looks at the camera.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from recognizance.errors import ModelUnusable
from recognizance.values import Gaze, Judgement, Mesh, Model, Pixels, Pose
from recognizance.vision import pose
from recognizance.vision.attributes import fitted
from recognizance.vision.attributes.head import Held
from recognizance.vision.attributes.mesh import CORNERS, placed
from recognizance.vision.geometry import Numbers, warp

if TYPE_CHECKING:
    from recognizance.vision.adapters.iris import Eye

ROOM: Final = 2.3
"""The square around an eye, in distances between its corners."""
OUTER, INNER = 0, 8
LOWER: Final = slice(3, 6)
UPPER: Final = slice(11, 14)
"""Points of a contour: the eye's corners, and the middle of the lower and of the upper lid, from the outer side."""

BETWEEN_CORNERS: Final = 106.0
"""Millimetres between the mesh's outer corners: so many that the median iris is 11.7 mm across, as irises are."""
BALL: Final = 10.5
"""Millimetres from the middle of an eyeball to its pupil."""
FURTHEST: Final = 0.94
"""The sine of the furthest gaze that is told: 70 degrees."""


@dataclass(frozen=True, slots=True, eq=False)
class Eyes:
    """Both eyes of a face, the viewer's left one first, in pixels of the picture; read-only.

    `contours` is float32, shape (2, 71, 3), and `irises`, shape (2, 5, 3), each eye in the order of
    `adapters.iris.Eye`. `darker` is how much darker the iris is than what lies beside it between the lids, in
    lightness from -1 to 1: little where there is no eye to be seen.
    """

    contours: NDArray[np.float32]
    irises: NDArray[np.float32]
    darker: tuple[float, float]


def look(pixels: Pixels, meshes: Sequence[Mesh], model: Model[Pixels, Eye]) -> list[Eyes]:
    """Return the eyes of each face, in order; one run of the model for all.

    Raises `ModelUnusable` as `square` and the model do.
    """
    side = int(model.card.parameters["size"])
    matrices = [square(one.points, which, side) for one in meshes for which in (0, 1)]
    crops = [warp(pixels, matrix, side) for matrix in matrices]
    seen = model(crops)
    contours = [placed(one.contour, matrix) for one, matrix in zip(seen, matrices, strict=True)]
    irises = [placed(one.iris, matrix) for one, matrix in zip(seen, matrices, strict=True)]
    darker = [darkness(crop, one) for crop, one in zip(crops, seen, strict=True)]
    return [Eyes(_both(contours, at), _both(irises, at), (darker[at], darker[at + 1])) for at in range(0, len(seen), 2)]


def _both(parts: Sequence[NDArray[np.float32]], at: int) -> NDArray[np.float32]:
    both = np.stack(parts[at : at + 2])
    both.setflags(write=False)
    return both


def square(points: Numbers, which: int, side: int) -> Numbers:
    """Return the matrix, shape (2, 3), that moves pixels of the picture into an eye's square of `side` pixels.

    `which` is 0 for the viewer's left eye, 1 for the right, which is mirrored. Raises `ModelUnusable` for an eye
    without extent.
    """
    outer, inner = (points[at, :2].astype(float) for at in CORNERS[which])
    across = inner - outer
    width = math.hypot(*across)
    if not width > 0:
        raise ModelUnusable("a mesh has an eye whose corners are in one place")
    x = across / width
    y = np.array([-x[1], x[0]]) if which == 0 else np.array([x[1], -x[0]])
    linear = np.stack([x, y]) * side / (ROOM * width)
    return np.column_stack([linear, side / 2 - linear @ (outer + inner) / 2])


def darkness(crop: Pixels, eye: Eye) -> float:
    """Return how much darker the iris is than the rest between the lids, from -1 to 1; 0 where either does not show."""
    middle = np.arange(len(crop)) + 0.5
    lower = _lid(eye.contour[[0, 1, 2, 3, 4, 5, 6, 7, 8], :2], middle)
    upper = _lid(eye.contour[[0, 9, 10, 11, 12, 13, 14, 15, 8], :2], middle)
    rows, columns = np.nonzero((middle[:, None] > upper) & (middle[:, None] < lower))
    away = np.hypot(middle[columns] - eye.iris[0, 0], middle[rows] - eye.iris[0, 1])
    radius = float(np.linalg.norm(eye.iris[1:, :2] - eye.iris[0, :2], axis=1).mean())
    iris, white = away < 0.9 * radius, away > 1.15 * radius
    if iris.sum() < 4 or white.sum() < 4:
        return 0.0
    light = crop[rows, columns].mean(axis=1)
    return float(light[white].mean() - light[iris].mean()) / 255


def _lid(points: Numbers, columns: Numbers) -> Numbers:
    """Return a lid's height in each column; NaN, which is neither above nor below, beside the eye."""
    order = np.argsort(points[:, 0])
    return np.asarray(np.interp(columns, points[order, 0], points[order, 1], left=np.nan, right=np.nan))


def open_of(eyes: Eyes, held: Held) -> Judgement:
    """Return whether the eyes are open, both told by what they show together. Raises `ModelUnusable` as `features`."""
    return Judgement.of(fitted.probability(log_odds(eyes, held)))


def log_odds(eyes: Eyes, held: Held) -> float:
    """Return the log odds that the eyes are open. Raises `ModelUnusable` as `features`."""
    return fitted.numbers().logistics["eyes"].log_odds(features(eyes, held.pose), held.hardships)


def have_extent(eyes: Eyes) -> bool:
    """Tell whether there is an eye at all: its lids are numbers, and its corners apart."""
    corners = eyes.contours[:, (OUTER, INNER), :2]
    return bool(np.isfinite(eyes.contours).all() and (corners[:, 0] != corners[:, 1]).any())


def features(eyes: Eyes, facing: Pose) -> Mapping[str, float]:
    """Return what `open_of` rests on, in a head that points to `facing`.

    How far the lids of the eye that is open less, and of the other, are apart, in widths of the wider eye, which is
    turned less; how much darker irises are than the white beside them; and the head's pitch, as lids go down with the
    eyes when it is high. Raises `ModelUnusable` for eyes that are no numbers or without extent.
    """
    if not have_extent(eyes):
        raise ModelUnusable("an iris model gave an eye without extent")
    contours = eyes.contours[:, :, :2].astype(float)
    width = float(np.linalg.norm(contours[:, OUTER] - contours[:, INNER], axis=1).max())
    gaps = np.linalg.norm(contours[:, UPPER] - contours[:, LOWER], axis=2).mean(axis=1) / width
    return {
        "narrower": float(gaps.min()),
        "wider": float(gaps.max()),
        "darker": sum(eyes.darker) / 2,
        "pitch": facing.pitch / 90,
    }


def gaze_of(eyes: Eyes, held: Held) -> Gaze:
    """Return where the eyes look, both together, the one that shows more counting more.

    The confidence is that there is a gaze to be seen: it falls to 0 when the lids close, when iris and white can hardly
    be told apart (dark glasses, few pixels), when the eyes disagree, and when the head is turned far. Raises
    `ModelUnusable` as `features`.
    """
    each = directions(eyes, held)
    widths = np.linalg.norm(eyes.contours[:, OUTER, :2] - eyes.contours[:, INNER, :2], axis=1).astype(float)
    upright = widths**2 @ each / (widths**2).sum()
    across, down = pose.rotation_of(Pose(yaw=0, roll=held.pose.roll, pitch=0))[:2, :2] @ upright
    said = fitted.numbers().logistics["gaze"]
    return Gaze(
        yaw=math.degrees(math.asin(across / math.sqrt(1 - down**2))),
        pitch=-math.degrees(math.asin(down)),
        confidence=100 * fitted.probability(said.plain(evidence(eyes, held, each))) * said.remains(held.hardships),
    )


def evidence(eyes: Eyes, held: Held, each: Numbers) -> Mapping[str, float]:
    """Return what a gaze's confidence rests on, given the `directions`. Raises `ModelUnusable` as `features` does."""
    return {
        "narrower": features(eyes, held.pose)["narrower"],
        "darker": min(eyes.darker),
        "off": float(np.linalg.norm(each[0] - each[1])),
    }


def directions(eyes: Eyes, held: Held) -> Numbers:
    """Return where each eye looks, shape (2, 2): to the viewer's right and down, as sines, in the upright face.

    0, 0 looks at the camera.
    """
    upright = pose.rotation_of(Pose(yaw=held.pose.yaw, roll=0, pitch=held.pose.pitch))
    ball = fitted.numbers().ball
    beside = np.array([(-ball.right, ball.down), (ball.right, ball.down)]) @ upright[:2, :2].T
    behind = upright[:2, 2] * (ball.across, ball.along)
    seen = (pupils(eyes, held) - beside - behind) / BALL
    lengths = np.linalg.norm(seen, axis=1, keepdims=True)
    return np.asarray(seen * np.minimum(1, FURTHEST / np.maximum(lengths, 1e-9)))


def pupils(eyes: Eyes, held: Held) -> Numbers:
    """Return each pupil's place, shape (2, 2), in millimetres from between its eye's corners, in the upright face."""
    scale = held.size / BETWEEN_CORNERS
    level = pose.rotation_of(Pose(yaw=0, roll=held.pose.roll, pitch=0))[:2, :2]
    contours = eyes.contours[:, :, :2].astype(float)
    return np.asarray((eyes.irises[:, 0, :2] - (contours[:, OUTER] + contours[:, INNER]) / 2) @ level / scale)

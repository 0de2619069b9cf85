"""A face of numbers: the rigid part where it is in real meshes, lips, lids and pupils where a test wants them."""

from __future__ import annotations

import numpy as np

from recognizance.values import Mesh, Pose
from recognizance.vision import pose
from recognizance.vision.attributes import eyes, fitted, head
from recognizance.vision.attributes.head import Held

AHEAD = Pose(yaw=0, roll=0, pitch=0)
PAIRS = [(61, 291), (82, 312), (87, 317), (159, 386), (145, 374)]
ALONE = [0, 2, 13, 14, 17]


def partners() -> dict[int, int]:
    """Return the mirror image of each point that the face has."""
    rigid = fitted.numbers().rigid
    away = np.linalg.norm(rigid.shape[:, None] * (-1, 1, 1) - rigid.shape[None], axis=2)
    found = {int(rigid.points[row]): int(rigid.points[at]) for row, at in enumerate(away.argmin(axis=1))}
    for left, right in PAIRS:
        found |= {left: right, right: left}
    return found | {one: one for one in ALONE}


def points(gap: float = 0.0) -> np.ndarray:
    """Return the points of a face that looks at the camera, z towards it, in eye distances; lips `gap` apart."""
    found = np.zeros((468, 3))
    rigid = fitted.numbers().rigid
    found[rigid.points] = rigid.shape
    lips = {
        0: (0, 0.55),
        13: (0, 0.62),
        14: (0, 0.62),
        17: (0, 0.72),
        2: (0, 0.4),
        61: (-0.28, 0.63),
        291: (0.28, 0.63),
    }
    lips |= {82: (-0.07, 0.62), 312: (0.07, 0.62), 87: (-0.07, 0.62), 317: (0.07, 0.62)}
    for at, (x, y) in lips.items():
        found[at] = (x, y, 0.2)
    found[[14, 17, 87, 317], 1] += gap
    for upper, lower, corners in ((159, 145, (33, 133)), (386, 374, (362, 263))):
        found[[upper, lower]] = found[list(corners)].mean(axis=0) + np.array([(0, -0.05, 0), (0, 0.05, 0)])
    return found


def seen(given: np.ndarray, facing: Pose, scale: float = 100.0, at: tuple[float, float] = (200.0, 150.0)) -> np.ndarray:
    """Return points as a mesh has them: turned, in pixels, z away from the camera."""
    turned = given @ pose.rotation_of(facing).T * scale
    return (turned * (1, 1, -1) + (*at, 0)).astype(np.float32)


def mesh(facing: Pose = AHEAD, *, gap: float = 0.0, sure: float = 1.0, **how) -> Mesh:
    """Return the mesh of the face turned to `facing`."""
    return Mesh(seen(points(gap), facing, **how), sure)


def pair(facing: Pose = AHEAD, *, lids: float = 0.3, gaze=(0.0, 0.0), darker: float = 0.12, **how) -> eyes.Eyes:
    """Return the eyes of the face turned to `facing`: lids that far apart, in widths of an eye; gaze as sines."""
    face = points()
    contours, irises = np.zeros((2, 71, 3)), np.zeros((2, 5, 3))
    unit = 1 / eyes.BETWEEN_CORNERS
    said = fitted.numbers().ball
    x, y, z = said.right, said.down, said.across
    for side, sign in ((0, -1), (1, 1)):
        outer, inner = (face[corner] for corner in eyes.CORNERS[side])
        width = np.linalg.norm(inner - outer)
        along = np.linspace(0, 1, 9)[:, None]
        contours[side, :9] = outer + along * (inner - outer) + (0, lids * width / 2, 0)
        contours[side, 9:16] = outer + along[1:8] * (inner - outer) - (0, lids * width / 2, 0)
        contours[side, [eyes.OUTER, eyes.INNER]] = outer, inner
        ball = (outer + inner) / 2 + np.array([sign * x, y, z]) * unit
        ahead = np.array([*gaze, np.sqrt(1 - np.square(gaze).sum())]) * eyes.BALL * unit
        irises[side] = ball + ahead
    parts = [np.stack([seen(one, facing, **how) for one in both]) for both in (contours, irises)]
    return eyes.Eyes(parts[0], parts[1], (darker, darker))


def held(facing: Pose = AHEAD, **how) -> Held:
    """Return how the face turned to `facing` is held, by its mesh."""
    return held_by(mesh(facing, **how))


def held_by(given: Mesh) -> Held:
    """Return how the face of a mesh is held."""
    return head.held(given, head.pose_of(given))


def mirrored(given: Mesh, width: float) -> Mesh:
    """Return the mesh of the picture mirrored."""
    found = np.zeros_like(given.points)
    for at, other in partners().items():
        found[at] = given.points[other] * (-1, 1, 1) + (width, 0, 0)
    return Mesh(found, given.sure)


def mirrored_pair(given: eyes.Eyes, width: float) -> eyes.Eyes:
    """Return the eyes of the picture mirrored."""
    flip, move = np.float32([-1, 1, 1]), np.float32([width, 0, 0])
    return eyes.Eyes(given.contours[::-1] * flip + move, given.irises[::-1] * flip + move, given.darker[::-1])


def turned(array: np.ndarray, degrees: float) -> np.ndarray:
    """Return points of a picture that is turned clockwise by so many degrees."""
    lean = pose.rotation_of(Pose(yaw=0, roll=degrees, pitch=0))
    return (array.astype(float) * (1, 1, -1) @ lean.T * (1, 1, -1)).astype(np.float32)

"""Where a head points, from five points: a rigid face seen from afar, fitted by least squares.

Axes are x to the image's right, y down, z towards the camera. A pose turns the face first by its
pitch, then by its yaw, then by its roll: so turning the picture adds to roll and to nothing else, and
mirroring it changes the signs of yaw and roll and nothing else. Signs are `values.Pose`'s.

Straight ahead is where the median official portrait of a member of Congress looks, as for meshes
(`vision.attributes.head`). Five points say little about pitch, as a long nose and a raised chin look alike. Against
meshes of 3,997 faces of LFW and of Congress, of people whom nothing was fitted to, they are off by 2.8 degrees in yaw,
2.3 in roll and 7.1 in pitch on average, and within 7, 7 and 18 for 95 in 100 (`python -m tools.attributes_geometry`).
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from recognizance.values import Landmarks, Pose
from recognizance.vision.geometry import Numbers, on_one_line, points_of

FACE: Final = (
    (-0.50, -0.55, 0.00),
    (0.50, -0.55, 0.00),
    (0.00, 0.116, 0.427),
    (-0.42, 0.59, -0.049),
    (0.42, 0.59, -0.049),
)
"""The five points of a face that looks at the camera, in units of the distance between the eyes. Our own
numbers; those with three digits are fitted so that the solution agrees best with meshes of other such faces."""


def _solving(face: Numbers) -> Numbers:
    """Return what centred points, shape (2, n), are multiplied with for the map from `face`, shape (n, 3), to them."""
    centred = face - face.mean(axis=0)
    return np.asarray(centred @ np.linalg.inv(centred.T @ centred))


SOLVING: Final = _solving(np.asarray(FACE))


def from_landmarks(landmarks: Landmarks, width: int, height: int) -> Pose:
    """Return the pose of a face in a picture of that many pixels. Raises as `from_points` does."""
    return from_points(points_of(landmarks, width, height))


def from_points(points: Numbers, face: Numbers | None = None) -> Pose:
    """Return the pose that five points in pixels, shape (5, 2), show; yaw and pitch within 90 degrees.

    The linear map from `face` (`FACE` where none is given) to the points by least squares, and the two
    rows at right angles that are nearest to it. Raises `ValueError` when the points lie on one line.
    """
    if on_one_line(points):
        raise ValueError(f"points to see a pose in should not lie on one line, got {points.tolist()}")
    linear = (points - points.sum(axis=0) / len(points)).T @ (SOLVING if face is None else _solving(face))
    left, _, right = np.linalg.svd(linear, full_matrices=False)
    across, down = left @ right
    (a, b, c), (d, e, f) = across.tolist(), down.tolist()
    return of_rotation(np.array([across, down, (b * f - c * e, c * d - a * f, a * e - b * d)]))


def of_rotation(rotation: Numbers) -> Pose:
    """Return the pose that a rotation matrix, shape (3, 3), gives a face; pitch beyond 90 degrees becomes 90."""
    yaw = math.degrees(math.asin(min(1.0, max(-1.0, -float(rotation[2, 0])))))
    roll = math.degrees(math.atan2(rotation[1, 0], rotation[0, 0]))
    pitch = math.degrees(math.atan2(rotation[2, 1], rotation[2, 2]))
    return Pose(yaw=yaw, roll=roll, pitch=min(90.0, max(-90.0, pitch)))


def rotation_of(pose: Pose) -> Numbers:
    """Return the rotation matrix of a pose, shape (3, 3): the inverse of `of_rotation`."""
    a, b, c = (math.radians(angle) for angle in (pose.pitch, pose.yaw, pose.roll))
    nod = np.array([[1, 0, 0], [0, math.cos(a), -math.sin(a)], [0, math.sin(a), math.cos(a)]])
    shake = np.array([[math.cos(b), 0, math.sin(b)], [0, 1, 0], [-math.sin(b), 0, math.cos(b)]])
    lean = np.array([[math.cos(c), -math.sin(c), 0], [math.sin(c), math.cos(c), 0], [0, 0, 1]])
    return np.asarray(lean @ shake @ nod)

"""Where a head points, from its mesh: the rigid part of a face turned, in three dimensions, until it fits.

Axes, the order of turns and signs are those of `vision.pose`: turning the picture adds to roll and to nothing else,
mirroring it changes the signs of yaw and roll and nothing else. Straight ahead is where the median official portrait
of a member of Congress looks; the landmarks and angles of Rekognition's published samples agree with that within a
degree of pitch.

A mesh turns less than the head it is of, the more so the further: on pictures of heads drawn at known angles by about a
fifth. `fitted.Turns` undoes that.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from recognizance.errors import ModelUnusable
from recognizance.values import Mesh, Pose
from recognizance.vision import pose
from recognizance.vision.attributes import fitted
from recognizance.vision.attributes.mesh import size
from recognizance.vision.geometry import Numbers

FURTHEST_YAW: Final = 55.0
FURTHEST_PITCH: Final = 40.0
"""Degrees of the mesh beyond which what it lacks no longer grows: no heads were drawn there."""
UNIT: Final = 30.0
"""Degrees that count as one where angles are multiplied with each other."""

THIN: Final = 1e-5
"""How wide points are for how long they are, at most, when they count as on one line."""
EASY_SIZE: Final = 60.0
"""Pixels between the eyes' outer corners from which more pixels show no more of eyes and mouth."""
EASY_TURN: Final = 25.0
"""Degrees of yaw or pitch up to which a face shows all of its eyes and mouth."""


def pose_of(mesh: Mesh) -> Pose:
    """Return where the head points. Raises `ModelUnusable` for a mesh that is no numbers or without extent."""
    return whole(pose.of_rotation(rotation(mesh, fitted.numbers().rigid)), fitted.numbers().turns)


def rotation(mesh: Mesh, rigid: fitted.Rigid) -> Numbers:
    """Return the rotation, shape (3, 3), that turns a face looking at the camera into the mesh, by least squares.

    Raises as `pose_of` does.
    """
    seen = upright(mesh.points)[rigid.points]
    if not np.isfinite(seen).all():
        raise ModelUnusable("a mesh has points that are not finite")
    left, sizes, right = np.linalg.svd((seen - seen.mean(axis=0)).T @ rigid.shape)
    if not sizes[1] > THIN * sizes[0]:
        raise ModelUnusable("a mesh has all its points on one line")
    left[:, 2] *= np.linalg.det(left) * np.linalg.det(right)
    return np.asarray(left @ right)


def whole(seen: Pose, turns: fitted.Turns) -> Pose:
    """Return the pose of the head whose mesh has the pose `seen`; yaw and pitch within 90 degrees.

    A head never turns less than its mesh: where both angles are large, beyond the heads that were drawn, the numbers
    would have it so, and an extreme pose would pass for none.
    """
    yaw = min(FURTHEST_YAW, max(-FURTHEST_YAW, seen.yaw)) / UNIT
    pitch = min(FURTHEST_PITCH, max(-FURTHEST_PITCH, seen.pitch)) / UNIT
    across, up = (max(1.0, float([1.0, yaw**2, pitch**2] @ np.array(by))) for by in (turns.yaw, turns.pitch))
    roll = seen.roll + turns.roll * yaw * pitch * UNIT
    return Pose(
        yaw=min(90.0, max(-90.0, float(seen.yaw * across))),
        roll=(roll + 180) % 360 - 180,
        pitch=min(90.0, max(-90.0, float(seen.pitch * up))),
    )


@dataclass(frozen=True, slots=True)
class Held:
    """How a head is held and seen: where it points, pixels between its eyes' outer corners, and what is hard of it.

    Each of the `hardships` is 0 where it does not make a mesh hard to read: `small` is how often the face has to be
    doubled in size to be an easy one, `aside` how many right angles the head is turned beyond what is easy, `unsure`
    how far the model takes it for no face.
    """

    pose: Pose
    size: float
    hardships: Mapping[str, float]


def held(mesh: Mesh, facing: Pose) -> Held:
    """Return how the head of a mesh is held that points to `facing`. Raises `ModelUnusable` as `size` does."""
    across = size(mesh)
    hardships = {
        "small": max(0.0, math.log2(EASY_SIZE / across)),
        "aside": max(0.0, max(abs(facing.yaw), abs(facing.pitch)) - EASY_TURN) / 90,
        "unsure": 1 - mesh.sure,
    }
    return Held(facing, across, hardships)


def upright(points: Numbers) -> Numbers:
    """Return points of a mesh with z towards the camera, as float64."""
    return points.astype(np.float64) * (1, 1, -1)

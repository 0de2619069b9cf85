"""Whether the lips are apart, from the mesh's inner lips."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Final

import numpy as np

from recognizance.values import Judgement, Mesh, Pose
from recognizance.vision.attributes import fitted, head
from recognizance.vision.attributes.mesh import apart, checked

GAPS: Final = ((82, 87), (13, 14), (312, 317))
"""Upper and lower lip's inner edges, in the middle and on either side of it."""
CORNERS: Final = (61, 291)
LIPS: Final = ((0, 13), (14, 17))
"""Outer and inner edge of the upper and of the lower lip."""


def open_of(mesh: Mesh) -> Judgement:
    """Return whether the mouth is open. Raises `ModelUnusable` for a mesh that is no numbers."""
    return Judgement.of(fitted.probability(log_odds(mesh)))


def log_odds(mesh: Mesh) -> float:
    """Return the log odds that the mouth is open. Raises `ModelUnusable` for a mesh that is no numbers."""
    facing = head.pose_of(mesh)
    return fitted.numbers().logistics["mouth"].log_odds(features(mesh, facing), head.hardships(mesh, facing))


def features(mesh: Mesh, facing: Pose) -> Mapping[str, float]:
    """Return what the judgement of a mesh that points to `facing` rests on.

    Lengths are in distances between the eyes' outer corners, and measured in three dimensions, so that a turned head
    changes little. Raises as `open_of` does.
    """
    points = checked(mesh)
    gap = float(np.mean([apart(points, *pair) for pair in GAPS]))
    lips = float(np.mean([apart(points, *pair) for pair in LIPS]))
    return {
        "gap": math.sqrt(gap),
        "width": apart(points, *CORNERS),
        "lips": lips,
        "height": apart(points, LIPS[0][0], LIPS[1][1]),
        "pitch": facing.pitch / 90,
    }

"""Whether the lips are apart, from the mesh's inner lips."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Final

import numpy as np

from recognizance.values import Judgement, Mesh
from recognizance.vision.attributes import fitted
from recognizance.vision.attributes.head import Held

GAPS: Final = ((82, 87), (13, 14), (312, 317))
"""Upper and lower lip's inner edges, in the middle and on either side of it."""
CORNERS: Final = (61, 291)
LIPS: Final = ((0, 13), (14, 17))
"""Outer and inner edge of the upper and of the lower lip."""


def open_of(mesh: Mesh, held: Held) -> Judgement:
    """Return whether the mouth is open, of a head that is `held` so."""
    return Judgement.of(fitted.probability(log_odds(mesh, held)))


def log_odds(mesh: Mesh, held: Held) -> float:
    """Return the log odds that the mouth is open, of a head that is `held` so."""
    return fitted.numbers().logistics["mouth"].log_odds(features(mesh, held), held.hardships)


def features(mesh: Mesh, held: Held) -> Mapping[str, float]:
    """Return what the judgement of the mesh of a head that is `held` so rests on.

    Lengths are in distances between the eyes' outer corners, and measured in three dimensions, so that a turned head
    changes little.
    """
    ends = mesh.points[np.array((*GAPS, *LIPS, CORNERS, (LIPS[0][0], LIPS[1][1])))].astype(np.float64) / held.size
    lengths = np.linalg.norm(ends[:, 0] - ends[:, 1], axis=1)
    return {
        "gap": math.sqrt(float(lengths[:3].mean())),
        "width": float(lengths[5]),
        "lips": float(lengths[3:5].mean()),
        "height": float(lengths[6]),
        "pitch": held.pose.pitch / 90,
    }

"""How much of a face a picture shows, from 0, nothing, to 1: as much less is said of it, whatever models make of it.

What models were fitted to, and how sure they are there, ends where pictures of faces end: of a face of some pixels, in
the dark, or beyond the frame they are as sure as of any. These bounds are set by hand, wider than what was measured.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from recognizance.values import Ages, Face
from recognizance.vision.geometry import points_of

EYES: Final = (0, 1)
MOUTH: Final = (3, 4)
ALL: Final = (0, 1, 2, 3, 4)
NONE: Final = ()
"""Places of the five points in `geometry.points_of`."""

PIXELS: Final = (3.0, 16.0)
"""Pixels between the eyes at which nothing, and from which everything, of a face can be told."""
DARK: Final = (3.0, 12.0)
GLARE: Final = (99.0, 95.0)
"""Brightness at which nothing, and from which everything, can be told, in the dark and in the light."""
CUT: Final = (0.4, 0.15)
"""Share of the aligned square beyond the frame at which nothing, and up to which everything, can be told: detectors put
the points of half a face into the half that is there."""
WIDER: Final = 25.0
"""Years by which a range of ages reaches further to either side where nothing shows."""
OLDEST: Final = 110


def share(face: Face, width: int, height: int, points: tuple[int, ...]) -> float:
    """Return how much of the part of a face that has these points a picture of that many pixels shows, 0 to 1.

    Nothing of it where half of the points or more lie beyond the frame; of no points, only size and light count.
    """
    placed = points_of(face.landmarks, width, height)
    beyond = sum(not (0 <= x <= width and 0 <= y <= height) for x, y in (placed[point].tolist() for point in points))
    return (
        max(0.0, 1 - 2 * beyond / max(1, len(points)))
        * _between(math.dist(placed[0], placed[1]), *PIXELS)
        * _between(face.quality.brightness, *DARK)
        * _between(face.quality.brightness, *GLARE)
    )


def uncut(cut: float) -> float:
    """Return how much may be said of a face whose aligned square lies beyond the frame by this share, 0 to 1."""
    return _between(cut, *CUT)


def wider(ages: Ages, share: float) -> Ages:
    """Return a range of ages as much wider as less of the face shows."""
    more = round((1 - share) * WIDER)
    return Ages(max(0, ages.low - more), max(ages.high, min(OLDEST, ages.high + more)))


def _between(value: float, nothing: float, everything: float) -> float:
    return float(np.clip((value - nothing) / (everything - nothing), 0.0, 1.0))

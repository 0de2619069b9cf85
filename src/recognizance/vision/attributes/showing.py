"""How much of a face a picture shows, from 0, nothing, to 1: as much less is said of it, whatever models make of it.

What models were fitted to, and how sure they are there, ends where pictures of faces end: of a face of some pixels, in
the dark, or beyond the frame they are as sure as of any. These bounds are set by hand, wider than what was measured.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

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


@dataclass(frozen=True, slots=True)
class Shown:
    """What a picture shows of one face.

    `beyond` says of each of the five points whether it lies beyond the frame; `size`, `dark` and `glare` how much can
    be told for the face's pixels and its light, each from 0, nothing, to 1.
    """

    beyond: tuple[bool, ...]
    size: float
    dark: float
    glare: float

    def share(self, points: tuple[int, ...]) -> float:
        """Return how much of the part of the face that has these points shows, 0 to 1.

        Nothing of it where half of the points or more lie beyond the frame; of no points, only size and light count.
        """
        beyond = sum(self.beyond[point] for point in points)
        return max(0.0, 1 - 2 * beyond / max(1, len(points))) * self.size * self.dark * self.glare


def of(face: Face, width: int, height: int) -> Shown:
    """Return what a picture of that many pixels shows of a face."""
    placed = points_of(face.landmarks, width, height).tolist()
    light = face.quality.brightness
    return Shown(
        tuple(not (0 <= x <= width and 0 <= y <= height) for x, y in placed),
        _between(math.dist(placed[0], placed[1]), *PIXELS),
        _between(light, *DARK),
        _between(light, *GLARE),
    )


def uncut(cut: float) -> float:
    """Return how much may be said of a face whose aligned square lies beyond the frame by this share, 0 to 1."""
    return _between(cut, *CUT)


def wider(ages: Ages, share: float) -> Ages:
    """Return a range of ages as much wider as less of the face shows."""
    more = round((1 - share) * WIDER)
    return Ages(max(0, ages.low - more), max(ages.high, min(OLDEST, ages.high + more)))


def _between(value: float, nothing: float, everything: float) -> float:
    return min(1.0, max(0.0, (value - nothing) / (everything - nothing)))

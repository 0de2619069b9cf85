"""Whether eyes, nose or mouth are covered or cut off: what a head of ours sees covered, and what the frame cuts off.

What is in front of a face is seen by the head alone (`attributes.appearance`). The mesh knows nothing of it: it puts
the whole face behind a hand as behind sunglasses. But it knows what the frame of the picture cuts off.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from recognizance.values import Judgement, Mesh

EYES: Final = ((33, 133, 159, 145), (362, 263, 386, 374))
NOSE: Final = ((4, 75, 305, 2),)
MOUTH: Final = ((61, 291, 0, 17),)
"""Points around each eye, the nose's tip and nostrils, and the mouth."""


def of(covered: Judgement, mesh: Mesh, width: int, height: int) -> Judgement:
    """Return whether something is covered or cut off, given whether it looks covered, in a picture of that many pixels.

    An eye, the nose or the mouth of which half lies outside is cut off for certain; of which less, as far.
    """
    free = (1 - covered.probability) * shown(mesh, EYES + NOSE + MOUTH, width, height)
    return Judgement.of(1 - free)


def shown(mesh: Mesh, parts: tuple[tuple[int, ...], ...], width: int, height: int) -> float:
    """Return how far parts of a face show in a picture of that many pixels, 0 to 1; 0 where half of one is outside."""
    return max(0.0, 1 - 2 * max(outside(mesh, part, width, height) for part in parts))


def outside(mesh: Mesh, part: tuple[int, ...], width: int, height: int) -> float:
    """Return which share of some of the mesh's points lies outside the picture, 0 to 1."""
    points = mesh.points[list(part), :2]
    return float(np.mean((points < 0).any(axis=1) | (points > (width, height)).any(axis=1)))

"""Whether eyes, nose or mouth are covered or cut off: what a head of ours sees covered, and what the frame cuts off.

What is in front of a face is seen by the head alone (`attributes.appearance`). The mesh knows nothing of it: it puts
the whole face behind a hand as behind sunglasses. But it knows what the frame of the picture cuts off.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from recognizance.values import Judgement, Mesh

PARTS: Final = ((33, 133, 159, 145), (362, 263, 386, 374), (4, 75, 305, 2), (61, 291, 0, 17))
"""Points around each eye, the nose's tip and nostrils, and the mouth."""


def of(covered: Judgement, mesh: Mesh, width: int, height: int) -> Judgement:
    """Return whether something is covered or cut off, given whether it looks covered, in a picture of that many pixels.

    An eye, the nose or the mouth of which half lies outside is cut off for certain; of which less, as far.
    """
    free = (1 - covered.probability) * shown(mesh, width, height)
    return Judgement.of(1 - free)


def shown(mesh: Mesh, width: int, height: int) -> float:
    """Return how far a face's parts show in a picture of that many pixels, 0 to 1; 0 where half of one is outside."""
    points = mesh.points[np.array(PARTS), :2]
    outside = ((points < 0) | (points > (width, height))).any(axis=2)
    return max(0.0, 1 - 2 * float(outside.mean(axis=1).max()))

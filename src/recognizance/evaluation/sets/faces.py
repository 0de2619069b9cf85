"""Which of several faces a picture is about: the one that its label means, or the one that the server takes."""

from __future__ import annotations

import math
from collections.abc import Sequence

from recognizance.values import Face


def central(faces: Sequence[Face]) -> Face:
    """Return the face whose middle is nearest to the picture's, large ones reaching further.

    A labelled picture is named after the person it was cropped around, who need not be the largest.
    """
    return min(faces, key=_distance)


def largest(faces: Sequence[Face]) -> Face:
    """Return the face of the largest box: the one that SearchFacesByImage and CompareFaces take."""
    return max(faces, key=lambda face: face.box.area)


def _distance(face: Face) -> float:
    across = face.box.left + face.box.width / 2 - 0.5
    down = face.box.top + face.box.height / 2 - 0.5
    return (across * across + down * down) / math.sqrt(face.box.area)

"""A face cut out for a person to look at: upright, with room around it, and always of one size.

The five points are moved onto the template that models see, made smaller in a wider square, so that faces from
different pictures stand alike and can be compared feature by feature. No mark, name or metadata goes with the picture.
"""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np

from recognizance.values import Face, Image
from recognizance.vision.geometry import TEMPLATE, TEMPLATE_SIZE, points_of, umeyama, warp

SIDE: Final = 224
SHARE: Final = 0.6
"""How much of the portrait's side the models' square takes: hair, ears and chin are seen, too."""
QUALITY: Final = 85


def cut_out(image: Image, face: Face) -> bytes:
    """Return the face as a JPEG of `SIDE` by `SIDE` pixels; what lies outside the picture is black."""
    scale = SIDE * SHARE / TEMPLATE_SIZE
    target = (np.asarray(TEMPLATE) + 0.5) * scale + SIDE * (1 - SHARE) / 2
    matrix = umeyama(points_of(face.landmarks, image.width, image.height), target)
    pixels = warp(image.pixels, matrix, SIDE)
    done, coded = cv2.imencode(".jpg", cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    assert done, "a square of bytes can always be coded"
    return coded.tobytes()

"""A face cut out for a person to look at: upright, with room around it, and always of one size.

The five points are moved onto the template that models see, made smaller in a wider square, so that faces from
different pictures stand alike and can be compared feature by feature. No mark, name or metadata goes with the picture.
"""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np

from recognizance.values import Box, Face, Image, Pixels
from recognizance.vision.geometry import TEMPLATE, TEMPLATE_SIZE, points_of, umeyama, warp

SIDE: Final = 224
SHARE: Final = 0.6
"""How much of the portrait's side the models' square takes: hair, ears and chin are seen, too."""
QUALITY: Final = 85
GRAINS: Final = 8
"""Squares along a blurred portrait's side: that it is a face can be seen, whose cannot by looking.

Of 120 official portraits blurred so, a face was found in 20, and none of these was nearest to its own sharp portrait,
the same picture, among the 120; the most alike came to Similarity 27 (`python -m benchmarks.blur`). With 12 squares,
5 of 62 were. Whoever has pictures can blur them alike: of 30 among 60 so, the very picture came first for all 30, and
another picture of the same person for 3, where chance gives about 1.
"""


def cut_out(image: Image, face: Face, *, blurred: bool = False) -> bytes:
    """Return the face as a JPEG of `SIDE` by `SIDE` pixels; what lies outside the picture is black.

    A `blurred` one holds no more than `GRAINS` by `GRAINS` means.
    """
    scale = SIDE * SHARE / TEMPLATE_SIZE
    target = (np.asarray(TEMPLATE) + 0.5) * scale + SIDE * (1 - SHARE) / 2
    matrix = umeyama(points_of(face.landmarks, image.width, image.height), target)
    return _coded(warp(image.pixels, matrix, SIDE), blurred)


def cut_box(image: Image, box: Box, *, blurred: bool = False) -> bytes:
    """Return the square round a box as `cut_out` returns a face: for one of which nothing but a box is known.

    The box takes `SHARE` of the square's side, and the picture stands as it is.
    """
    width, height = box.width * image.width, box.height * image.height
    scale = SIDE * SHARE / max(width, height, 1.0)
    across, down = box.left * image.width + width / 2, box.top * image.height + height / 2
    matrix = np.array([[scale, 0, SIDE / 2 - scale * across], [0, scale, SIDE / 2 - scale * down]])
    return _coded(warp(image.pixels, matrix, SIDE), blurred)


def _coded(pixels: Pixels, blurred: bool) -> bytes:
    if blurred:
        means = cv2.resize(pixels, (GRAINS, GRAINS), interpolation=cv2.INTER_AREA)
        pixels = np.asarray(cv2.resize(means, (SIDE, SIDE), interpolation=cv2.INTER_CUBIC), np.uint8)
    done, coded = cv2.imencode(".jpg", cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    assert done, "a square of bytes can always be coded"
    return coded.tobytes()

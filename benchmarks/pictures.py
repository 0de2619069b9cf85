"""Drawn pictures to time with: a face that detectors find, at any size, and a ground that codecs cannot shrink away.

Nobody is in them. The drawn face serves speed, never accuracy.
"""

from __future__ import annotations

import io

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

Pixels = NDArray[np.uint8]
Drawing = NDArray[np.float32]

HAIR, WHITE, IRIS, BLACK = (60, 42, 30), (240, 235, 230), (60, 40, 30), (10, 10, 10)
SHIRT, LIPS, MOUTH, GROUND = (50, 60, 110), (165, 85, 80), (90, 40, 40), (120, 130, 140)
PORTRAIT = (225, 275)
KILOBYTES_200 = 200_000


def face(size: int, seed: int = 0) -> Pixels:
    """Return a drawn head and shoulders, RGB, shape (size, size, 3); `seed` varies skin, build and grain."""
    random = np.random.default_rng(seed)
    skin = np.array((205, 165, 140), np.float32) * random.uniform(0.6, 1.05)
    wide = random.uniform(0.92, 1.08)
    y, x = (np.mgrid[0:size, 0:size].astype(np.float32) + 0.5) / size
    drawing = np.empty((size, size, 3), np.float32)
    drawing[:] = GROUND

    def put(colour: object, cx: float, cy: float, rx: float, ry: float, soft: float, strong: float = 1.0) -> None:
        """Lay an ellipse of one colour over the drawing; its edge is `soft`, in radii."""
        inside = np.clip((1 - np.hypot((x - cx) / (rx * wide), (y - cy) / ry)) / soft + 0.5, 0, 1) * strong
        drawing[:] += inside[..., None] * (np.asarray(colour, np.float32) - drawing)

    put(HAIR, 0.5, 0.42, 0.36, 0.42, 0.08)
    put(skin * 0.8, 0.5, 0.95, 0.17, 0.25, 0.1)
    put(SHIRT, 0.5, 1.15, 0.5, 0.25, 0.1)
    put(skin * 0.85, 0.5, 0.52, 0.29, 0.38, 0.06)
    put(skin, 0.5, 0.52, 0.24, 0.36, 0.4)
    for side in (-1, 1):
        put(skin * 0.72, 0.5 + side * 0.12, 0.455, 0.075, 0.035, 0.6)
        put(WHITE, 0.5 + side * 0.12, 0.46, 0.055, 0.025, 0.3)
        put(IRIS, 0.5 + side * 0.12, 0.46, 0.024, 0.024, 0.3)
        put(BLACK, 0.5 + side * 0.12, 0.46, 0.011, 0.011, 0.3)
        put(HAIR, 0.5 + side * 0.12, 0.405, 0.075, 0.014, 0.5)
        put(skin * 0.45, 0.5 + side * 0.03, 0.625, 0.014, 0.009, 0.7)
    put(skin * 0.75, 0.5, 0.60, 0.045, 0.035, 0.8, 0.4)
    put(skin * 1.12, 0.49, 0.54, 0.018, 0.08, 1.0, 0.5)
    put(LIPS, 0.5, 0.715, 0.085, 0.022, 0.5)
    put(MOUTH, 0.5, 0.714, 0.08, 0.005, 0.6)
    return _grainy(cv2.GaussianBlur(drawing, (0, 0), max(size / 300, 0.3)), random)


def scene(width: int, height: int, seed: int = 0, *, faces: int = 1) -> Pixels:
    """Return a picture of `faces` drawn faces side by side on a mottled ground, RGB, shape (height, width, 3)."""
    random = np.random.default_rng(seed)
    coarse = random.uniform(60, 190, (max(height // 16, 2), max(width // 16, 2), 3)).astype(np.float32)
    ground = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
    picture = _grainy(ground, random, grain=8)
    size = min(height, width // faces) * 9 // 10
    for at in range(faces):
        left = (2 * at + 1) * width // (2 * faces) - size // 2
        top = (height - size) // 2
        picture[top : top + size, left : left + size] = face(size, seed + at)
    return picture


def _grainy(drawing: object, random: np.random.Generator, grain: float = 4) -> Pixels:
    clean = np.asarray(drawing, np.float32)
    noisy = clean + random.normal(0, grain, clean.shape)
    return np.clip(noisy, 0, 255).astype(np.uint8)


def jpeg(pixels: Pixels, quality: int = 88) -> bytes:
    """Return the picture as a baseline JPEG with 4:2:0 subsampling, as cameras and telephones write them."""
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "JPEG", quality=quality)
    return out.getvalue()


def png(pixels: Pixels) -> bytes:
    """Return the picture as a PNG."""
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "PNG")
    return out.getvalue()


def jpeg_of(size: int, pixels: Pixels) -> bytes:
    """Return the JPEG whose quality brings it nearest to `size` bytes."""
    return min((jpeg(pixels, quality) for quality in range(20, 99, 2)), key=lambda data: abs(len(data) - size))

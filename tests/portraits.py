"""Pictures of nobody that the tiny models take for people: a white cell is a face, what is round it tells whose."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from tests import pictures

SIDE, FACE, GRAIN = 128, 8, 4
PLACES = ((64, 64), (96, 16), (16, 96))
"""Row and column of each face, the most central first and the second the lowest."""


def portrait(person: int, take: int = 0, *, faces: int = 1, side: int = SIDE) -> bytes:
    """Return a PNG of a person; another take differs a little, another person much. At most three faces."""
    hues = np.random.default_rng(person).integers(0, 150, (side // GRAIN, side // GRAIN, 3))
    pixels = np.kron(hues, np.ones((GRAIN, GRAIN, 1), np.int64))
    pixels += np.random.default_rng(1000 * person + take + 1).integers(-20, 21, pixels.shape)
    drawn = np.clip(pixels, 0, 170).astype(np.uint8)
    for row, column in PLACES[:faces]:
        drawn[row : row + FACE, column : column + FACE] = 255
    return pictures.encoded(drawn)


def nobody(side: int = SIDE) -> bytes:
    """Return a picture without a face."""
    return pictures.encoded(np.full((side, side, 3), 90, np.uint8))


def folder(path: Path, people: Mapping[str, int], *, of: int = 0) -> Path:
    """Write a folder with a subfolder for each person and so many takes in it; people are numbered from `of`."""
    for number, (name, takes) in enumerate(people.items(), of):
        (path / name).mkdir(parents=True, exist_ok=True)
        for take in range(takes):
            (path / name / f"{take}.png").write_bytes(portrait(number, take))
    return path

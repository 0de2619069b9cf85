"""A folder of pictures to vectors, through the product's own pipeline, each picture once.

Rows stand in the order of the pictures. A picture in which no face is found has a row of zeros: a
failure to enrol, which every rate here counts as a rejection.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from recognizance.values import Face, Vectors

Embed = Callable[[bytes], Vectors | None]
"""From the bytes of one picture to the vector of the face it is about, or None when there is none."""

Progress = Callable[[int, int], None]
"""Told how many are done, of how many."""


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


def embed_pictures(paths: Sequence[Path], embed: Embed, *, dimension: int, progress: Progress) -> Vectors:
    """Return one unit vector for each picture, float32, shape (pictures, dimension), zeros where there is no face."""
    vectors = np.zeros((len(paths), dimension), np.float32)
    for row, path in enumerate(paths):
        vector = embed(path.read_bytes())
        if vector is not None:
            vectors[row] = vector
        progress(row + 1, len(paths))
    return vectors


def cached(file: Path, make: Callable[[], Vectors]) -> Vectors:
    """Return the array kept in `file`, made and kept first where it is not there."""
    if file.is_file():
        kept: Vectors = np.load(file)
        return kept
    vectors = make()
    file.parent.mkdir(parents=True, exist_ok=True)
    part = file.with_suffix(".part")
    with part.open("wb") as opened:
        np.save(opened, vectors)
    part.replace(file)
    return vectors


def cache_name(how: Sequence[str], pictures: Sequence[str]) -> str:
    """Return a file name that changes when a picture's name does, or anything in `how`: model, settings, version."""
    digest = hashlib.sha256("\n".join([*how, "", *pictures]).encode()).hexdigest()
    return f"{digest[:20]}.npy"

"""Sets of made-up people for tests of audits: a mean direction for each, and noise for each picture."""

import hashlib

import numpy as np

from recognizance.evaluation.sets.subjects import Subject
from recognizance.evaluation.sets.templates import Templates
from recognizance.values import Curve
from recognizance.vision.similarity import Similarity


def directions(random, count, dimensions=64):
    """Return a mean direction for each person."""
    return random.standard_normal((count, dimensions))


def crowd(random, means, names, *, spread=0.5, groups=None, digests=None, source="a crowd"):
    """Return one picture of each mean direction, named after its place; `groups` is a mapping by column."""
    vectors = means + spread * random.standard_normal(means.shape)
    vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    columns = groups or {}
    subjects = tuple(
        Subject(f"{source}/{at}.png", name, {column: said[at] for column, said in columns.items()})
        for at, name in enumerate(names)
    )
    bytes_ = digests or [hashlib.sha256(vector.tobytes()).hexdigest() for vector in vectors]
    return Templates(subjects, vectors, np.ones(len(names), np.int64), tuple(bytes_), (), source)


def without_faces(templates, places):
    """Return the set with no face in the pictures at some places."""
    vectors, faces = templates.vectors.copy(), templates.faces.copy()
    vectors[places], faces[places] = 0, 0
    return Templates(templates.subjects, vectors, faces, templates.digests, templates.problems, templates.source)


def gaussian_scale(dimensions=64):
    """Return the scale on which strangers in so many dimensions are as alike as chance makes them, known all over."""
    from scipy import stats

    squared = stats.beta(0.5, (dimensions - 1) / 2)
    depths = np.arange(0.31, 9.6, 0.1)
    cosines = [-1.0, *(float(np.sqrt(squared.isf(2 * 10**-depth))) for depth in depths), 1.0]
    rates = [0.0, *(-depth for depth in depths), -12.0]
    spread = [0.0, *(0.05 for _ in depths), 0.0]
    return Similarity(
        Curve(
            tuple(cosines), tuple(rates), tuple(r - s for r, s in zip(rates, spread, strict=True)),
            tuple(min(0.0, r + s) for r, s in zip(rates, spread, strict=True)), -9.0, 1000, 499_500,
            "chance", "2026-11-23", "none",
        )
    )  # fmt: skip

"""What is gained by leaving out faces of low quality: errors against the share discarded (ISO/IEC 29794-1's EDC).

Faces, or pairs of them, have a quality each: a number of which more is better. The worst are discarded first, and
what is missed of the rest is drawn against how many were. A quality that says nothing leaves the rate as it is.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Final

import numpy as np
from numpy.typing import NDArray

from recognizance.evaluation.statistics.people import rate
from recognizance.evaluation.statistics.rates import Counted
from recognizance.values import Face, Image
from recognizance.vision.geometry import points_of
from recognizance.vision.quality import BARS, Bar, apart

Reals = NDArray[np.float64]
Flags = NDArray[np.bool_]
Whole = NDArray[np.int64]

WORST: Final = Bar(confidence=0, size=0, yaw=180, pitch=180, brightness=0, glare=100, sharpness=0, sure=0, apart=10)
BEST: Final = Bar(confidence=100, size=400, yaw=0, pitch=0, brightness=50, glare=50, sharpness=100, sure=1, apart=0)
"""What every face has, and what none has more of: between them and the bars, a filter may be as strict as one likes."""

NAMES: Final = tuple(one.name for one in fields(Bar))
STEPS: Final = ("LOW", "MEDIUM", "HIGH")


@dataclass(frozen=True, slots=True)
class Point:
    """What is missed of those left when so large a share is discarded."""

    discarded: float
    missed: Counted


def measures(faces: Sequence[tuple[Face, Image]]) -> dict[str, Reals]:
    """Return what the quality filter looks at in faces that have a mesh, by the names of `Bar`."""
    rows: list[tuple[float, ...]] = []
    for face, image in faces:
        assert face.mesh is not None, "a face is measured with its mesh"
        light, five = face.quality.brightness, points_of(face.landmarks, image.width, image.height)
        size = min(face.box.width * image.width, face.box.height * image.height)
        turn = (abs(face.pose.yaw), abs(face.pose.pitch))
        mesh = (face.mesh.sure, apart(face.mesh, five))
        rows.append((face.confidence, size, *turn, light, light, face.quality.sharpness, *mesh))
    values = np.array(rows, np.float64).reshape(-1, len(NAMES))
    return {name: values[:, at] for at, name in enumerate(NAMES)}


def strictness(seen: Mapping[str, Reals]) -> Reals:
    """Return how strict a filter may be that lets each face pass: 1 is LOW, 2 MEDIUM, 3 HIGH, 4 lets nothing pass.

    `seen` is what `measures` returns, or a part of it. Between bars each limit moves evenly, that of `sure` by its
    odds.
    """
    bars = [WORST, *(bar for name in STEPS if (bar := BARS[name]) is not None), BEST]
    levels: list[Reals] = []
    for name, values in seen.items():
        limits = _even(name, np.array([getattr(bar, name) for bar in bars], np.float64))
        falls = limits[0] > limits[-1]
        sign = -1.0 if falls else 1.0
        levels.append(np.interp(sign * _even(name, values), sign * limits, np.arange(len(bars), dtype=np.float64)))
    return np.asarray(np.min(levels, axis=0))


def _even(name: str, values: Reals) -> Reals:
    if name != "sure":
        return values
    held = np.clip(values, 1e-6, 1 - 1e-7)
    return np.asarray(np.log(held / (1 - held)))


def curve(quality: Reals, missed: Flags, people: Whole, shares: Sequence[float]) -> list[Point]:
    """Return what is missed of those left, for each share of the worst that is discarded, rising and below 1.

    Equal qualities are discarded in the order given. Each person counts once in a rate.
    """
    if not all(0 <= one < other < 1 for one, other in itertools.pairwise([0.0, *[s for s in shares if s > 0], 0.9999])):
        raise ValueError("shares rise from 0 to below 1")
    order = np.argsort(quality, kind="stable")
    points: list[Point] = []
    for share in shares:
        left = order[int(np.floor(share * len(order))) :]
        points.append(Point(1 - len(left) / len(order), rate(missed[left], people[left])))
    return points

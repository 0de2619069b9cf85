"""The numbers that geometry rests on, fitted to pictures: `geometry.toml`, by `tools/attributes_geometry.py`."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

FILE: Final = Path(__file__).with_name("geometry.toml")


@dataclass(frozen=True, slots=True, eq=False)
class Rigid:
    """The part of a face that no expression moves, looking at the camera: of many people's meshes, both sides alike.

    `points` are indices of the mesh, shape (n,). `shape` is float64, shape (n, 3): x to the image's right, y down, z
    towards the camera, in distances between the eyes' outer corners, about its own middle.
    """

    points: NDArray[np.intp]
    shape: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Turns:
    """How far a mesh turns less than the head it is of, as `attributes.head` uses it; fitted on drawn heads."""

    yaw: tuple[float, float, float]
    pitch: tuple[float, float, float]
    roll: float


@dataclass(frozen=True, slots=True)
class Ball:
    """Where the middle of the viewer's right eyeball lies, in millimetres from the middle of that eye's corners.

    `right` and `down` are in the axes of `Rigid`, and the other eye's is the mirror image. `across` and `along` are how
    far towards the camera it lies, below 0 for behind, as a head shows it that is turned to the side, and up or down.
    """

    right: float
    down: float
    across: float
    along: float


@dataclass(frozen=True, slots=True)
class Logistic:
    """A logistic regression that says less of a face that is hard to read.

    The log odds are `bias` and the sum of each feature, by name, times its weight; all of it times exp(-the sum of each
    hardship, by name, times its pull).
    """

    weights: Mapping[str, float]
    bias: float
    pulls: Mapping[str, float]

    def log_odds(self, features: Mapping[str, float], hardships: Mapping[str, float]) -> float:
        """Return the natural logarithm of the odds. Raises `ValueError` unless both have the names asked for."""
        return self.plain(features) * self.remains(hardships)

    def plain(self, features: Mapping[str, float]) -> float:
        """Return the log odds for a face that is easy to read. Raises as `log_odds` does."""
        _check(features, self.weights)
        return self.bias + math.fsum(weight * features[name] for name, weight in self.weights.items())

    def remains(self, hardships: Mapping[str, float]) -> float:
        """Return how much may be said of a face that is hard to read: 1 all, towards 0. Raises as `log_odds`."""
        _check(hardships, self.pulls)
        return math.exp(-math.fsum(pull * hardships[name] for name, pull in self.pulls.items()))


def _check(given: Mapping[str, float], wanted: Mapping[str, float]) -> None:
    if given.keys() != wanted.keys():
        raise ValueError(f"the names should be {sorted(wanted)}, got {sorted(given)}")


def probability(log_odds: float) -> float:
    """Return the probability that log odds stand for, in (0, 1).

    >>> probability(0.0)
    0.5
    """
    return 1 / (1 + math.exp(-min(30.0, max(-30.0, log_odds))))


@dataclass(frozen=True, slots=True)
class Numbers:
    """Everything in the file."""

    rigid: Rigid
    turns: Turns
    ball: Ball
    logistics: Mapping[str, Logistic]


@cache
def numbers() -> Numbers:
    """Return the numbers that ship; they are read once."""
    return read(FILE.read_text(encoding="utf-8"))


def read(text: str) -> Numbers:
    """Return the numbers of a TOML text. Raises `KeyError` where any but the logistics are missing."""
    said = tomllib.loads(text)
    shape = np.array(said["rigid"]["shape"], dtype=np.float64)
    turns = said["turns"]
    return Numbers(
        Rigid(np.array(said["rigid"]["points"], dtype=np.intp), shape - shape.mean(axis=0)),
        Turns(_three(turns["yaw"]), _three(turns["pitch"]), float(turns["roll"])),
        Ball(**{name: float(one) for name, one in said["ball"].items()}),
        {name: _logistic(one) for name, one in said.get("logistics", {}).items()},
    )


def _three(said: list[float]) -> tuple[float, float, float]:
    first, second, third = said
    return float(first), float(second), float(third)


def _logistic(said: dict[str, Any]) -> Logistic:
    weights, pulls = ({name: float(one) for name, one in said[key].items()} for key in ("weights", "pulls"))
    return Logistic(weights, float(said["bias"]), pulls)

"""The small heads that read appearance from features; `tools/attributes_appearance.py` writes their numbers.

A head is a weighted sum. The features' 1,024 planes are first brought down to a few mixtures of planes, the same for
all heads; a head weighs each mixture in each cell. `heads.npz` holds these weights, `heads.toml` how their sums become
probabilities and years.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from recognizance.values import Vectors
from recognizance.vision.attributes.features import Sighting

WEIGHTS: Final = Path(__file__).with_name("heads.npz")
NUMBERS: Final = Path(__file__).with_name("heads.toml")
NAMES: Final = (
    *("beard", "eyeglasses", "eyes open", "moustache", "mouth open", "occluded", "smile", "sunglasses"),
    *("female", "age"),
)
"""What heads are for: traits by their own words, then how a face presents and how old it looks."""

Scores: TypeAlias = Mapping[str, NDArray[np.float64]]
"""What each head makes of some faces, by name, shape (n,): numbers without a unit, and years for age."""

PIECE: Final = 128
"""Planes multiplied at a time: few enough for OpenBLAS to start no threads, which would only wait for each other."""


def mixed(features: Vectors, mixtures: Vectors) -> Vectors:
    """Return mixtures of the planes of features, shape (n, planes, side, side), as float32, shape (n, m * cells)."""
    count, planes = features.shape[:2]
    flat = features.reshape(count, planes, -1)
    found = np.zeros((count, mixtures.shape[1], flat.shape[2]), np.float32)
    for at in range(0, planes, PIECE):
        found += np.matmul(mixtures[at : at + PIECE].T, flat[:, at : at + PIECE])
    return found.reshape(count, -1)


@dataclass(frozen=True, slots=True, eq=False)
class Readers:
    """All heads.

    `mixtures` has shape (planes, m); `weights` (n, m * cells) and `biases` (n,), in the order of `NAMES`.
    """

    mixtures: Vectors
    weights: Vectors
    biases: Vectors

    def read(self, features: Vectors) -> Scores:
        """Return what each head makes of features as `features.of` gives them."""
        if not len(features):
            return {name: np.zeros(0) for name in NAMES}
        scores = mixed(features, self.mixtures) @ self.weights.T + self.biases
        return {name: scores[:, at].astype(np.float64) for at, name in enumerate(NAMES)}


@dataclass(frozen=True, slots=True)
class Calibration:
    """How a number becomes a probability, and how much less is said of a face that is hard to read.

    The log odds are (`bias` + the sum of `weights` times what they are named for) times exp(-the sum of `pulls` times
    the sighting's numbers).
    """

    bias: float
    weights: Mapping[str, float]
    pulls: tuple[float, ...]

    def probability(self, numbers: Mapping[str, float], sighting: Sighting) -> float:
        """Return the probability, in (0, 1). Raises `KeyError` when a number it needs is missing."""
        odds = self.bias + sum(weight * numbers[name] for name, weight in self.weights.items())
        odds *= float(np.exp(-np.dot(self.pulls, sighting.numbers)))
        return float(1 / (1 + np.exp(-min(9.0, max(-9.0, odds)))))


@cache
def readers() -> Readers:
    """Return the heads that ship; they are read once."""
    with np.load(WEIGHTS, allow_pickle=False) as kept:
        parts = {name: kept[name].astype(np.float32) for name in ("mixtures", "weights", "biases")}
    for part in parts.values():
        part.setflags(write=False)
    return Readers(**parts)


@cache
def said() -> Mapping[str, Any]:
    """Return the tables of numbers that ship, by name; they are read once."""
    return tomllib.loads(NUMBERS.read_text(encoding="utf-8"))


@cache
def calibration(name: str) -> Calibration:
    """Return the calibration of that name that ships; it is read once. Raises `KeyError` where there is none."""
    one = said()["calibration"][name]
    return Calibration(float(one["bias"]), dict(one["weights"]), tuple(float(pull) for pull in one["pulls"]))

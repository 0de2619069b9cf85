"""MediaPipe's face mesh: an upright face in, 468 points out, and how far it is a face (Kartynnik and others, 2019).

The network takes RGB from 0 to 1, channels last. It gives 468 points as x, y, z in pixels of the square, z larger
further away, and the logit of a face being there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recognizance.values import Card, Pixels
from recognizance.vision.adapters import check_squares, of_width, parameters, squares
from recognizance.vision.runtime import Network

POINTS = 468


@dataclass(frozen=True, slots=True, eq=False)
class Marked:
    """What the network saw in one square.

    `points` is float32, shape (468, 3), read-only: x and y in pixels of the square from its top left corner, z in the
    same unit. `sure` is the probability of a face, 0 to 1.
    """

    points: NDArray[np.float32]
    sure: float


@dataclass(frozen=True, slots=True)
class Parameters:
    """What a card says: a square is `size` by `size` pixels."""

    size: int

    def __post_init__(self) -> None:
        """Refuse what no mesh can mean."""
        if self.size < 1:
            raise ValueError(f"the parameter size is {self.size} and should be above 0")


@dataclass(frozen=True, slots=True)
class FaceMesh:
    """A mesh, `Model[Pixels, Marked]`."""

    card: Card
    network: Network
    said: Parameters

    def __call__(self, batch: Sequence[Pixels], /) -> list[Marked]:
        """Find the points in squares of the card's size."""
        if not len(batch):
            return []
        outputs = self.network(squares(batch, self.said.size, self.card.name))
        points, flags = of_width(outputs, len(batch), (POINTS * 3, 1), self.card.name)
        sure = 1 / (1 + np.exp(-np.clip(flags[:, 0].astype(float), -60, 60)))
        return [Marked(one.reshape(POINTS, 3), float(flag)) for one, flag in zip(points, sure, strict=True)]


def open(card: Card, network: Network) -> FaceMesh:
    """Return the mesh of `card` on `network`. Raises `ModelUnusable` when they do not fit."""
    said = parameters(card, Parameters)
    check_squares(network, said.size, card.name)
    return FaceMesh(card, network, said)

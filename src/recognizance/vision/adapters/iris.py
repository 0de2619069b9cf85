"""MediaPipe's iris: an eye in a square, its lids and its iris out (Ablavatski and others, 2020).

The network takes RGB from 0 to 1, channels last, of the eye that is the viewer's left; the other is shown to it
mirrored. It gives 71 points around the eye and 5 of the iris as x, y, z in pixels of the square.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recognizance.values import Card, Pixels
from recognizance.vision.adapters import check_squares, of_width, parameters, squares
from recognizance.vision.adapters.facemesh import Parameters
from recognizance.vision.runtime import Network

CONTOUR, IRIS = 71, 5


@dataclass(frozen=True, slots=True, eq=False)
class Eye:
    """What the network saw in one square, in pixels from its top left corner; float32, read-only.

    `contour` has shape (71, 3): the lower lid from the outer to the inner corner (0 to 8), the upper lid between them
    (9 to 15, from the outer side), then what lies around. `iris` has shape (5, 3): its centre, then four points of its
    edge.
    """

    contour: NDArray[np.float32]
    iris: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Iris:
    """An iris, `Model[Pixels, Eye]`."""

    card: Card
    network: Network
    said: Parameters

    def __call__(self, batch: Sequence[Pixels], /) -> list[Eye]:
        """Find lids and iris in squares of the card's size."""
        if not len(batch):
            return []
        outputs = self.network(squares(batch, self.said.size, self.card.name))
        contours, irises = of_width(outputs, len(batch), (CONTOUR * 3, IRIS * 3), self.card.name)
        return [
            Eye(contour.reshape(CONTOUR, 3), iris.reshape(IRIS, 3))
            for contour, iris in zip(contours, irises, strict=True)
        ]


def open(card: Card, network: Network) -> Iris:
    """Return the iris of `card` on `network`. Raises `ModelUnusable` when they do not fit."""
    said = parameters(card, Parameters)
    check_squares(network, said.size, card.name)
    return Iris(card, network, said)

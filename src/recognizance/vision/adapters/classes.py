"""Any classifier of faces: a square face in, a probability for each of its classes out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from recognizance.errors import ModelUnusable
from recognizance.values import Card, Pixels, Vectors
from recognizance.vision.adapters import of_width, parameters
from recognizance.vision.adapters.crops import Crops
from recognizance.vision.runtime import Network

ALL = 0.02
"""How far the sum of a face's probabilities may be from 1: what files with 8-bit weights leave."""


@dataclass(frozen=True, slots=True)
class Parameters(Crops):
    """What a card says: `classes` is how many there are; what each means, the code knows that reads them."""

    classes: int

    def __post_init__(self) -> None:
        """Refuse what no classifier can mean."""
        Crops.__post_init__(self)
        if self.classes < 2:
            raise ValueError(f"the parameter classes is {self.classes} and should be 2 or more")


@dataclass(frozen=True, slots=True)
class Classes:
    """A classifier, `Model[Pixels, Vectors]`: for each face read-only float32 probabilities, class by class."""

    card: Card
    network: Network
    said: Parameters

    def __call__(self, batch: Sequence[Pixels], /) -> list[Vectors]:
        """Classify faces, uint8 RGB of the card's size, whatever channels the network takes."""
        if not len(batch):
            return []
        outputs = self.network(self.said.array(batch, self.card.name))
        (found,) = of_width(outputs, len(batch), (self.said.classes,), self.card.name)
        if found.min() < 0 or np.abs(found.sum(axis=1) - 1).max() > ALL:
            raise ModelUnusable(
                f"{self.card.name} gave numbers that are no probabilities of {self.said.classes} classes"
            )
        return list(found)


def open(card: Card, network: Network) -> Classes:
    """Return the classifier of `card` on `network`. Raises `ModelUnusable` when they do not fit."""
    said = parameters(card, Parameters)
    said.check(network, card.name)
    return Classes(card, network, said)

"""A network of faces that ends half way: a square face in, planes of features out, which small heads of ours read.

Where it ends stands on the card as `cut`, a name in the file's graph; `fold.prepare` cuts it there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from recognizance.values import Card, Pixels, Vectors
from recognizance.vision.adapters import of_width, parameters
from recognizance.vision.adapters.crops import Crops
from recognizance.vision.runtime import Network


@dataclass(frozen=True, slots=True)
class Parameters(Crops):
    """What a card says: the graph ends at `cut`, which has `planes` planes of `side` by `side` cells."""

    cut: str
    planes: int
    side: int

    def __post_init__(self) -> None:
        """Refuse what no planes can be."""
        Crops.__post_init__(self)
        if self.planes < 1 or self.side < 1 or not self.cut:
            raise ValueError("the parameters planes and side should be above 0, and cut a name")


@dataclass(frozen=True, slots=True)
class Features:
    """What sees features, `Model[Pixels, Vectors]`: for each face read-only float32, shape (planes, side, side)."""

    card: Card
    network: Network
    said: Parameters

    def __call__(self, batch: Sequence[Pixels], /) -> list[Vectors]:
        """Look at aligned faces, uint8 RGB of the card's size."""
        if not len(batch):
            return []
        said = self.said
        outputs = self.network(said.array(batch, self.card.name))
        (found,) = of_width(outputs, len(batch), (said.planes * said.side**2,), self.card.name)
        return list(found.reshape(len(batch), said.planes, said.side, said.side))


def open(card: Card, network: Network) -> Features:
    """Return what sees the features of `card` on `network`. Raises `ModelUnusable` when they do not fit."""
    said = parameters(card, Parameters)
    said.check(network, card.name)
    return Features(card, network, said)

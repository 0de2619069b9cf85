"""Any embedder of ArcFace's shape: an aligned square face in, one vector out, made a unit vector here.

What differs between such models stands on the card: how a face becomes numbers (`crops`), and how long the vector is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recognizance.errors import ModelUnusable
from recognizance.values import Card, Pixels, Vectors
from recognizance.vision.adapters import parameters
from recognizance.vision.adapters.crops import Crops
from recognizance.vision.runtime import Network


@dataclass(frozen=True, slots=True)
class Parameters(Crops):
    """What a card says: a vector has `dimension` numbers.

    `centre`, where given, is the mean of many people's unit vectors: what all faces share tells nobody apart, so it
    is taken out of each.
    """

    dimension: int
    centre: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        """Refuse what no embedder can mean."""
        Crops.__post_init__(self)
        if self.dimension < 1:
            raise ValueError(f"the parameter dimension is {self.dimension} and should be above 0")
        if self.centre and len(self.centre) != self.dimension:
            raise ValueError(f"the parameter centre has {len(self.centre)} numbers and should have {self.dimension}")


@dataclass(frozen=True, slots=True)
class ArcFace:
    """An embedder, `Model[Pixels, Vectors]`: one read-only float32 vector of length 1 for each face."""

    card: Card
    network: Network
    said: Parameters

    def __call__(self, batch: Sequence[Pixels], /) -> list[Vectors]:
        """Embed aligned faces, uint8 RGB of the card's size, whatever channels the network takes."""
        if not len(batch):
            return []
        outputs = list(self.network(self.said.array(batch, self.card.name)).values())
        if len(outputs) != 1 or outputs[0].shape != (len(batch), self.said.dimension):
            shapes = [one.shape for one in outputs]
            raise ModelUnusable(f"{self.card.name} gave {shapes} where ({len(batch)}, {self.said.dimension}) was due")
        vectors = unit(outputs[0], self.card.name)
        if self.said.centre:
            vectors = unit(vectors - np.array(self.said.centre, dtype=np.float32), self.card.name)
        return list(vectors)


def open(card: Card, network: Network) -> ArcFace:
    """Return the embedder of `card` on `network`. Raises `ModelUnusable` when they do not fit."""
    said = parameters(card, Parameters)
    said.check(network, card.name)
    return ArcFace(card, network, said)


def unit(vectors: NDArray[np.float32], name: str) -> Vectors:
    """Return the rows made unit length, read-only.

    Raises `ModelUnusable` for a row that is not finite or has no direction.
    """
    lengths = np.linalg.norm(vectors.astype(np.float64), axis=1, keepdims=True)
    if not (np.isfinite(lengths).all() and (lengths > 0).all()):
        raise ModelUnusable(f"{name} gave a vector that is not finite or is zero")
    result: Vectors = (vectors / lengths).astype(np.float32)
    result.setflags(write=False)
    return result

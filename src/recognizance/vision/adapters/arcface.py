"""Any embedder of ArcFace's shape: an aligned square face in, one vector out, made a unit vector here.

What differs between such models stands on the card: the side of the square, the order of channels
and axes, how pixels become numbers, how long the vector is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recognizance.errors import ModelUnusable
from recognizance.values import Card, Pixels, Vectors
from recognizance.vision.adapters import check_pixels, parameters, planes
from recognizance.vision.runtime import Network


@dataclass(frozen=True, slots=True)
class Parameters:
    """What a card says.

    A face is `size` by `size` pixels; a value is (pixel - `mean`) * `scale`, in the order of
    `channels`; axes are in the order of `layout`; a vector has `dimension` numbers. `centre`, where
    given, is the mean of many people's unit vectors: what all faces share tells nobody apart, so it
    is taken out of each.
    """

    size: int
    channels: str
    layout: str
    mean: tuple[float, ...]
    scale: tuple[float, ...]
    dimension: int
    centre: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        """Refuse what no embedder can mean."""
        if self.channels not in ("RGB", "BGR"):
            raise ValueError(f"the parameter channels is {self.channels!r} and should be RGB or BGR")
        if self.layout not in ("NCHW", "NHWC"):
            raise ValueError(f"the parameter layout is {self.layout!r} and should be NCHW or NHWC")
        if len(self.mean) != 3 or len(self.scale) != 3 or min(self.scale) <= 0:
            raise ValueError("the parameters mean and scale should be three numbers each, those of scale above 0")
        if self.size < 1 or self.dimension < 1:
            raise ValueError("the parameters size and dimension should be above 0")
        if self.centre and len(self.centre) != self.dimension:
            raise ValueError(f"the parameter centre has {len(self.centre)} numbers and should have {self.dimension}")

    @property
    def axes(self) -> tuple[int, int, int]:
        """The axes of one face as the network takes them."""
        return (3, self.size, self.size) if self.layout == "NCHW" else (self.size, self.size, 3)


@dataclass(frozen=True, slots=True)
class ArcFace:
    """An embedder, `Model[Pixels, Vectors]`: one read-only float32 vector of length 1 for each face."""

    card: Card
    network: Network
    said: Parameters

    def __call__(self, batch: Sequence[Pixels], /) -> list[Vectors]:
        """Embed aligned faces, uint8 RGB of the card's size."""
        if not len(batch):
            return []
        for pixels in batch:
            check_pixels(pixels)
            if pixels.shape[:2] != (self.said.size, self.said.size):
                raise ValueError(f"{self.card.name} takes faces {self.said.size} pixels square, got {pixels.shape}")
        outputs = list(self.network(self._input(np.stack(batch))).values())
        if len(outputs) != 1 or outputs[0].shape != (len(batch), self.said.dimension):
            shapes = [one.shape for one in outputs]
            raise ModelUnusable(f"{self.card.name} gave {shapes} where ({len(batch)}, {self.said.dimension}) was due")
        vectors = unit(outputs[0], self.card.name)
        if self.said.centre:
            vectors = unit(vectors - np.array(self.said.centre, dtype=np.float32), self.card.name)
        return list(vectors)

    def _input(self, faces: NDArray[np.uint8]) -> NDArray[np.float32]:
        result = planes(faces, channels=self.said.channels)
        result -= np.array(self.said.mean, dtype=np.float32)[:, None, None]
        result *= np.array(self.said.scale, dtype=np.float32)[:, None, None]
        return result if self.said.layout == "NCHW" else np.ascontiguousarray(result.transpose(0, 2, 3, 1))


def open(card: Card, network: Network) -> ArcFace:
    """Return the embedder of `card` on `network`. Raises `ModelUnusable` when they do not fit."""
    said = parameters(card, Parameters)
    if network.shape[1:] != said.axes:
        raise ModelUnusable(f"{card.name} takes {network.shape[1:]} for a face, and its card says {said.axes}")
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

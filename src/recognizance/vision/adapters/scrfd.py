"""SCRFD's output: distances from anchor points at strides 8, 16 and 32 (Guo and others, 2021; InsightFace).

The graph gives nine arrays in this order: scores for each stride, boxes for each, points for each.
Cells are in reading order with the anchors of a cell side by side; distances are in strides. Scores
are probabilities already. InsightFace names eyes as the viewer does, so its order is ours.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recognizance.errors import ModelUnusable
from recognizance.values import Card, Pixels
from recognizance.vision.adapters import Candidates, candidates, canvas, check_pixels, parameters, planes, rows
from recognizance.vision.runtime import Network, Outputs


@dataclass(frozen=True, slots=True)
class Parameters:
    """What a card says.

    A value is (pixel - `mean`) * `scale`, in the order of `channels`. `anchors` is their number in a
    cell, `floor` the score below which a candidate is not decoded.
    """

    channels: str
    mean: float
    scale: float
    anchors: int
    floor: float
    strides: tuple[int, ...] = (8, 16, 32)

    def __post_init__(self) -> None:
        """Refuse what no SCRFD can mean."""
        if self.channels not in ("RGB", "BGR"):
            raise ValueError(f"the parameter channels is {self.channels!r} and should be RGB or BGR")
        if not 0 < self.floor < 1:
            raise ValueError(f"the parameter floor is {self.floor} and should be between 0 and 1")
        if self.scale <= 0 or self.anchors < 1 or not self.strides or min(self.strides) < 1:
            raise ValueError("the parameters scale, anchors and strides should be above 0")


@dataclass(frozen=True, slots=True)
class SCRFD:
    """A detector, `Model[Pixels, Candidates]`."""

    card: Card
    network: Network
    said: Parameters

    def __call__(self, batch: Sequence[Pixels], /) -> list[Candidates]:
        """Find candidates in each picture, at the size it has."""
        for pixels in batch:
            check_pixels(pixels)
        inputs = [self._input(one) for one in batch]
        sizes = [(one.shape[2], one.shape[3]) for one in inputs]
        found = self.network.each(inputs)
        return [
            decode(one, height, width, self.said, self.card.name)
            for one, (height, width) in zip(found, sizes, strict=True)
        ]

    def _input(self, pixels: Pixels) -> NDArray[np.float32]:
        multiple = max(self.said.strides)
        down, across = (canvas(side, multiple=multiple) for side in pixels.shape[:2])
        result = planes(pixels[None], channels=self.said.channels, down=down, across=across)
        result -= np.float32(self.said.mean)
        result *= np.float32(self.said.scale)
        return result


def open(card: Card, network: Network) -> SCRFD:
    """Return the detector of `card` on `network`. Raises `ModelUnusable` when they do not fit."""
    if network.shape[1:] != (3, None, None):
        raise ModelUnusable(f"{card.name} should take pictures of any size, (n, 3, any, any), not {network.shape}")
    return SCRFD(card, network, parameters(card, Parameters))


def decode(outputs: Outputs, height: int, width: int, said: Parameters, name: str) -> Candidates:
    """Return what the outputs say of a picture of that many pixels, sides multiples of the largest stride.

    Raises `ModelUnusable` when outputs are missing, misshapen or not finite; `name` stands in errors.
    """
    levels = len(said.strides)
    if len(outputs) != 3 * levels:
        raise ModelUnusable(f"{name} gave {len(outputs)} outputs where {3 * levels} were due: scores, boxes, points")
    arrays = list(outputs.values())
    parts = [
        _decode_stride(arrays[level::levels], stride, height // stride, width // stride, said, name)
        for level, stride in enumerate(said.strides)
    ]
    boxes, points, scores = (np.concatenate(one) for one in zip(*parts, strict=True))
    return candidates(boxes, points, scores, name)


def _decode_stride(
    arrays: Sequence[NDArray[np.float32]], stride: int, down: int, across: int, said: Parameters, name: str
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
    count = down * across * said.anchors
    scores, distances, shifts = (
        rows(array, count, wide, f"{name} at stride {stride}") for array, wide in zip(arrays, (1, 4, 10), strict=True)
    )
    if not np.isfinite(scores).all():
        raise ModelUnusable(f"{name} gave scores that are not finite")
    kept = np.flatnonzero(scores[:, 0] >= said.floor)
    cells = kept // said.anchors
    centres = np.stack([cells % across, cells // across], axis=1).astype(np.float32)
    boxes = np.concatenate([centres - distances[kept, :2], centres + distances[kept, 2:]], axis=1) * stride
    points = (shifts[kept].reshape(-1, 5, 2) + centres[:, None]) * stride
    return boxes, points, scores[kept, 0]

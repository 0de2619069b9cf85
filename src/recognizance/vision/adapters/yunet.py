"""YuNet's output: one anchor a cell, at strides 8, 16 and 32 (Wu and others, 2023; OpenCV's FaceDetectorYN).

The graph takes BGR, 0 to 255, sides that are multiples of 32, and gives `cls`, `obj`, `bbox` and
`kps` for each stride, cells in reading order; or, its heads merged (`fold.prepare`), one output with all
of these for each stride. A score is the geometric mean of `cls` and `obj`.
YuNet names eyes by the person's own side, so its first eye is the viewer's left, as ours is.
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

STRIDES = (8, 16, 32)
MULTIPLE = 32  # sides the graph can halve five times
KINDS = {"cls": 1, "obj": 1, "bbox": 4, "kps": 10}
"""What is said of a cell, and in how many numbers."""
GIVES = {f"{kind}_{stride}" for kind in KINDS for stride in STRIDES}
MERGED = tuple("+".join(f"{kind}_{stride}" for kind in KINDS) for stride in STRIDES)
"""The outputs where the file was prepared by "merge": one for each stride, `cls` and `obj` without their sigmoid."""


@dataclass(frozen=True, slots=True)
class Parameters:
    """What a card says: `floor`, the score below which a candidate is not decoded."""

    floor: float

    def __post_init__(self) -> None:
        """Refuse a floor that is no score."""
        if not 0 < self.floor < 1:
            raise ValueError(f"the parameter floor is {self.floor} and should be between 0 and 1")


@dataclass(frozen=True, slots=True)
class YuNet:
    """A detector, `Model[Pixels, Candidates]`."""

    card: Card
    network: Network
    said: Parameters

    def __call__(self, batch: Sequence[Pixels], /) -> list[Candidates]:
        """Find candidates in each picture, at the size it has."""
        for pixels in batch:
            check_pixels(pixels)
        inputs = [
            planes(
                one[None],
                channels="BGR",
                down=canvas(one.shape[0], multiple=MULTIPLE),
                across=canvas(one.shape[1], multiple=MULTIPLE),
            )
            for one in batch
        ]
        sizes = [(one.shape[2], one.shape[3]) for one in inputs]
        found = self.network.each(inputs)
        return [
            decode(one, height, width, self.said.floor, self.card.name)
            for one, (height, width) in zip(found, sizes, strict=True)
        ]


def open(card: Card, network: Network) -> YuNet:
    """Return the detector of `card` on `network`. Raises `ModelUnusable` when they do not fit."""
    if network.shape[1:] != (3, None, None):
        raise ModelUnusable(f"{card.name} should take pictures of any size, (n, 3, any, any), not {network.shape}")
    return YuNet(card, network, parameters(card, Parameters))


def decode(outputs: Outputs, height: int, width: int, floor: float, name: str) -> Candidates:
    """Return what the outputs say of a picture of that many pixels, sides multiples of 32.

    Raises `ModelUnusable` when an output is missing, misshapen or not finite; `name` stands in errors.
    """
    counts = [(height // stride) * (width // stride) for stride in STRIDES]
    scores, bbox, kps = _cells(outputs, counts, name)
    if not np.isfinite(scores).all():
        raise ModelUnusable(f"{name} gave scores that are not finite")
    kept = np.flatnonzero(scores >= floor)
    levels = np.searchsorted(np.cumsum(counts), kept, side="right")
    steps = np.array(STRIDES)[levels]
    down, across = np.divmod(kept - (np.cumsum(counts) - counts)[levels], width // steps)
    cells = np.stack([across, down], axis=1).astype(np.float32)
    boxes, points, strides = bbox[kept], kps[kept], steps.astype(np.float32)[:, None]
    centres = cells + boxes[:, :2]
    with np.errstate(over="ignore"):  # infinity is caught with all that is not finite
        halves = (np.exp(boxes[:, 2:]) / 2).astype(np.float32)
    found: NDArray[np.float32] = np.concatenate([centres - halves, centres + halves], axis=1) * strides
    places = (points.reshape(-1, 5, 2) + cells[:, None]) * strides[:, None]
    return candidates(found, places, scores[kept], name)


def _cells(
    outputs: Outputs, counts: Sequence[int], name: str
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
    """Return score, box and points of all cells, stride after stride, whether heads were merged or not."""
    if set(outputs) >= set(MERGED):
        wide = sum(KINDS.values())
        cells = _together(outputs, MERGED, counts, wide, name)
        with np.errstate(over="ignore"):  # of what is far below 0: one over infinity is 0, as it should be
            unsure = np.exp(-cells[:, :2]) + 1
            merged: NDArray[np.float32] = np.reciprocal(np.sqrt(unsure[:, 0] * unsure[:, 1]))
        return merged, cells[:, 2:6], cells[:, 6:]
    if GIVES - set(outputs):
        raise ModelUnusable(f"{name} lacks the outputs {', '.join(sorted(GIVES - set(outputs)))}")
    cls, obj, bbox, kps = (
        _together(outputs, [f"{kind}_{stride}" for stride in STRIDES], counts, wide, name)
        for kind, wide in KINDS.items()
    )
    scores: NDArray[np.float32] = np.sqrt(np.clip(cls[:, 0], 0, 1) * np.clip(obj[:, 0], 0, 1))
    return scores, bbox, kps


def _together(
    outputs: Outputs, names: Sequence[str], counts: Sequence[int], wide: int, name: str
) -> NDArray[np.float32]:
    parts = [rows(outputs[one], count, wide, f"{name}: {one}") for one, count in zip(names, counts, strict=True)]
    return np.concatenate(parts)

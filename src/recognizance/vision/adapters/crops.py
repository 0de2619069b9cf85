"""How square pictures of faces become the numbers a network takes: size, channels, axes and scale, by its card."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from recognizance.errors import ModelUnusable
from recognizance.values import Pixels
from recognizance.vision.adapters import check_pixels
from recognizance.vision.runtime import Network

CHANNELS: Final = {"RGB": 3, "BGR": 3, "GREY": 1}
LUMA: Final = (0.299, 0.587, 0.114)
"""Weights of red, green and blue in a grey value (ITU-R BT.601), as OpenCV and Pillow have them."""


@dataclass(frozen=True, slots=True)
class Crops:
    """What a card says of a network's input.

    A face is `size` by `size` pixels; a value is (pixel - `mean`) * `scale`, in the order of `channels`, of which
    "GREY" is one; axes are in the order of `layout`.
    """

    size: int
    channels: str
    layout: str
    mean: tuple[float, ...]
    scale: tuple[float, ...]

    def __post_init__(self) -> None:
        """Refuse what no network of faces can mean."""
        if self.channels not in CHANNELS:
            raise ValueError(f"the parameter channels is {self.channels!r} and should be one of {', '.join(CHANNELS)}")
        if self.layout not in ("NCHW", "NHWC"):
            raise ValueError(f"the parameter layout is {self.layout!r} and should be NCHW or NHWC")
        count = CHANNELS[self.channels]
        if len(self.mean) != count or len(self.scale) != count or min(self.scale) <= 0:
            raise ValueError(f"the parameters mean and scale should be {count} numbers each, those of scale above 0")
        if self.size < 1:
            raise ValueError("the parameter size should be above 0")

    @property
    def axes(self) -> tuple[int, int, int]:
        """The axes of one face as the network takes them."""
        count = CHANNELS[self.channels]
        return (count, self.size, self.size) if self.layout == "NCHW" else (self.size, self.size, count)

    def check(self, network: Network, name: str) -> None:
        """Raise `ModelUnusable` unless the network takes faces of these axes."""
        if network.shape[1:] != self.axes:
            raise ModelUnusable(f"{name} takes {network.shape[1:]} for a face, and its card says {self.axes}")

    def array(self, batch: Sequence[Pixels], name: str) -> NDArray[np.float32]:
        """Return faces, one or more, as the network takes them. Raises `ValueError` for one of another size."""
        for pixels in batch:
            check_pixels(pixels)
            if pixels.shape[:2] != (self.size, self.size):
                raise ValueError(f"{name} takes faces {self.size} pixels square, got {pixels.shape}")
        values = np.empty((len(batch), *self.axes), np.float32)
        for into, pixels in zip(values, batch, strict=True):
            seen = self._channels(pixels)
            into[...] = seen.transpose(2, 0, 1) if self.layout == "NCHW" else seen
        beside = (-1, 1, 1) if self.layout == "NCHW" else (-1,)
        for step, numbers, nothing in ((np.subtract, self.mean, 0), (np.multiply, self.scale, 1)):
            if any(one != nothing for one in numbers):
                step(values, np.array(numbers, np.float32).reshape(beside), out=values)
        return values

    def _channels(self, pixels: Pixels) -> NDArray[Any]:
        """Return a face with the channels that the network takes, as the last axis."""
        if self.channels == "GREY":
            return np.rint(pixels.astype(np.float32) @ np.array(LUMA, np.float32))[..., None]
        return pixels[..., ::-1] if self.channels == "BGR" else pixels

"""One module for each output format: from pixels to what a network takes, from what it gives to our terms.

An adapter is a module with `open(card, network)`, which returns a `Model`: a detector is
`Model[Pixels, Candidates]`, an embedder `Model[Pixels, Vectors]`. A card names it: a bare name is a
module here, a dotted one the user's. Adapters promise, whatever the network gives: one result per
item and in order; an empty batch gives an empty result; equal input gives equal output, in any thread
and any company; a network that gives NaN or the wrong shape raises `ModelUnusable`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import MISSING, dataclass, fields
from typing import Any, Final, TypeVar, get_type_hints

import numpy as np
from numpy.typing import NDArray

from recognizance import named
from recognizance.errors import ModelUnusable, SettingsWrong
from recognizance.values import Card, Model, Pixels
from recognizance.vision.runtime import Network, Outputs, Runtime

Kind = TypeVar("Kind")
COARSE: Final = frozenset({"features", "age", "gender", "expression"})
"""Tasks whose networks need no float32: what they tell apart, they tell apart in bf16 as well (`docs/attributes.md`).
A mesh's points would move by .14 pixels of its square on average and up to .6, by which lids and lips are told; and
vectors are compared with those that other machines made."""


@dataclass(frozen=True, slots=True, eq=False)
class Candidates:
    """What a detector saw in one picture before suppression: `n` places that may be faces, surest first.

    `boxes` is float32, shape (n, 4): left, top, right, bottom. `points` is float32, shape (n, 5, 2):
    x and y of eye_left, eye_right, nose, mouth_left, mouth_right, left and right being the viewer's.
    Both are pixels of the picture given, and may leave it. `scores` is float32, shape (n,), in [0, 1].
    """

    boxes: NDArray[np.float32]
    points: NDArray[np.float32]
    scores: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.scores)


def open_model(card: Card, prepared: bytes, runtime: Runtime) -> Model[Pixels, Any]:
    """Return the model of a card, ready to run; `prepared` is what `carriers.read` gives.

    Raises `ModelUnusable` when the file, the card's parameters or its adapter will not do.
    """
    try:
        adapter = named.module(card.adapter, package=__name__)
    except SettingsWrong as error:
        raise ModelUnusable(f"the card {card.name} names the adapter {card.adapter!r}: {error}") from None
    network = runtime.open(prepared, name=card.name, coarse=card.task in COARSE, ranges=card.ranges)
    model: Model[Pixels, Any] = adapter.open(card, network)
    return model


def arithmetic(card: Card, runtime: Runtime) -> str:
    """Return what the model of a card computes in: "f32", "bf16" or "int8"."""
    return runtime.arithmetic(coarse=card.task in COARSE, ranges=card.ranges)


def parameters(card: Card, kind: type[Kind]) -> Kind:
    """Return the card's parameters as the dataclass `kind`, whose fields are int, float, str or tuples of them.

    Raises `ModelUnusable` for a key that is missing, unknown or of the wrong type, and for what the
    dataclass itself refuses with a `ValueError`.
    """
    hints = get_type_hints(kind)
    said = dict(card.parameters)
    needed = {one.name for one in fields(kind) if one.default is MISSING}  # type: ignore[arg-type]  # a dataclass
    for wrong, keys in (("unknown", set(said) - set(hints)), ("missing", needed - set(said))):
        if keys:
            raise ModelUnusable(f"the card {card.name} has {wrong} parameters for {card.adapter}: {sorted(keys)}")
    try:
        return kind(**{key: _typed(key, value, hints[key]) for key, value in said.items()})
    except ValueError as error:
        raise ModelUnusable(f"the card {card.name}: {error}") from None


def _typed(key: str, value: Any, kind: Any) -> Any:
    if kind in (int, str) and type(value) is kind:
        return value
    if kind is float and type(value) in (int, float):
        return float(value)
    inner = getattr(kind, "__args__", None)
    if inner and isinstance(value, list):
        return tuple(_typed(key, one, inner[0]) for one in value)
    raise ValueError(f"the parameter {key} is {value!r} and should be {getattr(kind, '__name__', kind)}")


def planes(pixels: NDArray[np.uint8], *, channels: str, down: int = 0, across: int = 0) -> NDArray[np.float32]:
    """Return pictures (n, height, width, 3) as float32 planes (n, 3, height, width), values 0 to 255.

    `channels` is "RGB" or "BGR". `down` and `across` extend the picture below and to the right with
    black to that height and width; 0 leaves it.
    """
    count, height, width, _ = pixels.shape
    result = np.empty((count, 3, down or height, across or width), dtype=np.float32)
    result[:, :, height:] = 0
    result[:, :, :height, width:] = 0
    order = pixels if channels == "RGB" else pixels[..., ::-1]
    result[:, :, :height, :width] = order.transpose(0, 3, 1, 2)
    return result


def canvas(side: int, *, multiple: int) -> int:
    """Return the side of the canvas for `side` pixels: the next of few, so that networks meet few sizes.

    Multiples of `multiple` up to 16 of it, of twice that up to 32, and so on: beyond 16 of it less than an
    eighth is added to a side. A size that a network has not met lately costs some 8 ms more.

    >>> [canvas(side, multiple=32) for side in (1, 250, 513, 683, 1024)]
    [32, 256, 576, 704, 1024]
    """
    step = multiple
    while side > 16 * step:
        step *= 2
    return -(-side // step) * step


def check_pixels(pixels: Pixels) -> None:
    """Raise `ValueError` unless it is a picture: uint8, shape (height, width, 3), neither side 0."""
    if pixels.dtype != np.uint8 or pixels.ndim != 3 or pixels.shape[2] != 3 or not pixels.size:
        raise ValueError(f"a picture is uint8 of shape (height, width, 3), got {pixels.dtype} of {pixels.shape}")


def rows(array: NDArray[np.float32], count: int, width: int, name: str) -> NDArray[np.float32]:
    """Return an output as `count` rows of `width`, or raise `ModelUnusable` when it has another size."""
    if array.size != count * width or array.shape[-1] not in (width, array.size):
        raise ModelUnusable(f"{name} gave shape {array.shape} where {count} rows of {width} were due")
    return array.reshape(count, width)


def squares(batch: Sequence[Pixels], size: int, name: str) -> NDArray[np.float32]:
    """Return crops as float32 from 0 to 1, shape (n, size, size, 3). Raises `ValueError` for one of another size."""
    for pixels in batch:
        check_pixels(pixels)
        if pixels.shape[:2] != (size, size):
            raise ValueError(f"{name} takes crops {size} pixels square, got {pixels.shape}")
    return np.multiply(np.stack(batch), np.float32(1 / 255), dtype=np.float32)


def check_squares(network: Network, size: int, name: str) -> None:
    """Raise `ModelUnusable` unless the network takes RGB squares of that size, channels last."""
    if network.shape[1:] != (size, size, 3):
        raise ModelUnusable(f"{name} takes {network.shape[1:]} for a crop, and its card says {(size, size, 3)}")


def of_width(outputs: Outputs, count: int, widths: Sequence[int], name: str) -> list[NDArray[np.float32]]:
    """Return the outputs that have so many numbers for each of `count` items, in the order of `widths`, read-only.

    Raises `ModelUnusable` when there is not exactly one of each width, or one is not finite.
    """
    found: list[NDArray[np.float32]] = []
    for width in widths:
        fitting = [one for one in outputs.values() if one.size == count * width]
        if len(fitting) != 1:
            shapes = [one.shape for one in outputs.values()]
            raise ModelUnusable(f"{name} gave {shapes} where one output of {width} numbers for {count} crops was due")
        if not np.isfinite(fitting[0]).all():
            raise ModelUnusable(f"{name} gave numbers that are not finite")
        kept = fitting[0].reshape(count, width)
        kept.setflags(write=False)
        found.append(kept)
    return found


def candidates(
    boxes: NDArray[np.float32], points: NDArray[np.float32], scores: NDArray[np.float32], name: str
) -> Candidates:
    """Return checked candidates, surest first; those of equal score stay in the order given.

    Raises `ModelUnusable` for a number that is not finite or a score outside [0, 1].
    """
    if not all(np.isfinite(one).all() for one in (boxes, points, scores)):
        raise ModelUnusable(f"{name} gave numbers that are not finite")
    if scores.size and not (scores.min() >= 0 and scores.max() <= 1):
        raise ModelUnusable(f"{name} gave scores outside 0 to 1, up to {scores.max():.3g}")
    order = np.argsort(-scores, kind="stable")
    sorted_ones = [np.ascontiguousarray(one[order], dtype=np.float32) for one in (boxes, points, scores)]
    for one in sorted_ones:
        one.setflags(write=False)
    return Candidates(sorted_ones[0], sorted_ones[1].reshape(-1, 5, 2), sorted_ones[2])

"""A float32 graph turned into one that OpenVINO computes in bytes: FakeQuantize nodes where layers multiply.

Weights are scaled by output channel, to 255 levels about zero; activations to 256 levels of the range
that was measured for them, of which one is zero, so that the black round a picture stays what it was. Nothing is
estimated here: equal weights and equal ranges give an equal graph.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

LEVELS: Final = 256
OUTPUT_AXES: Final = {"Convolution": 1, "GroupConvolution": 2}
"""How many leading axes of a layer's weights tell its output channels apart; all but the last of a matrix's."""


def quantise(graph: Any, ranges: Mapping[str, tuple[float, float]], opset: Any) -> None:
    """Put FakeQuantize nodes of OpenVINO's `opset` before every layer whose activations have a range, in place.

    Raises `ValueError` when a range is of a tensor that no layer of the graph multiplies with constant weights.
    """
    narrowed: dict[str, Any] = {}
    for node in graph.get_ordered_ops():
        if not _multiplies(node):
            continue
        source = node.input_value(0)
        name = next((one for one in sorted(source.get_names()) if one in ranges), None)
        weights = _constant(node.input_value(1))
        if name is None or weights is None:
            continue
        if name not in narrowed:
            narrowed[name] = _fake(opset, source, *with_zero(*ranges[name]), LEVELS)
        most = largest(weights, OUTPUT_AXES.get(node.get_type_name(), weights.ndim - 1))
        fake = _fake(opset, opset.constant(np.ascontiguousarray(weights)), -most, most, LEVELS - 1)
        node.input(0).replace_source_output(narrowed[name].output(0))
        node.input(1).replace_source_output(fake.output(0))
    strays = sorted(set(ranges) - set(narrowed))
    if strays:
        raise ValueError(f"its ranges name {strays[0]!r}, which no layer of the graph multiplies with weights")
    graph.validate_nodes_and_infer_types()


def with_zero(low: float, high: float) -> tuple[float, float]:
    """Return the range, widened to zero and moved by less than a level so that zero is one of `LEVELS`.

    >>> with_zero(0.0, 255.0)
    (0.0, 255.0)
    >>> with_zero(-100.2, 154.8)
    (-100.0, 155.0)
    """
    low, high = min(low, 0.0), max(high, 0.0)
    step = (high - low) / (LEVELS - 1)
    below = round(-low / step)
    return -below * step, (LEVELS - 1 - below) * step


def largest(weights: NDArray[np.float32], axes: int) -> NDArray[np.float32]:
    """Return the largest magnitude in each slice along the first `axes` axes, in a shape that broadcasts; never 0."""
    found = np.abs(weights).max(axis=tuple(range(axes, weights.ndim)), keepdims=True)
    return np.asarray(np.maximum(found, np.finfo(np.float32).tiny * LEVELS), np.float32)


def _multiplies(node: Any) -> bool:
    kind = node.get_type_name()
    return kind in OUTPUT_AXES or (kind == "MatMul" and bool(node.get_attributes()["transpose_b"]))


def _constant(output: Any) -> NDArray[np.float32] | None:
    """Return the values of a constant of float32, however reshaped; None for what is none."""
    node = output.get_node()
    if node.get_type_name() == "Reshape":
        values = _constant(node.input_value(0))
        return None if values is None else values.reshape(tuple(output.get_shape()))
    if node.get_type_name() != "Constant" or node.get_data().dtype != np.float32:
        return None
    return np.array(node.get_data())


def _fake(opset: Any, source: Any, low: Any, high: Any, levels: int) -> Any:
    ends = [opset.constant(np.asarray(one, dtype=np.float32)) for one in (low, high, low, high)]
    return opset.fake_quantize(source, *ends, levels)

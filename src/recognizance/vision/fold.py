"""From a model file as its authors ship it to plain float32 ONNX that every runtime reads.

Nothing derived is stored: the shipped file, whose digest is on the card, is prepared in memory each
time it is opened, so there is no second file that could be altered or grow stale. The only import of
`onnx`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from recognizance.errors import ModelUnusable

Axes: TypeAlias = tuple[int, ...]
FREE: Mapping[str, tuple[str | None, ...]] = {"detect": ("batch", None, "height", "width")}
FREE_ELSE = ("batch",)
"""Names of the input's axes that a task lets vary; None keeps what the file says."""
RESHAPING = ("Sigmoid", "Reshape", "Transpose")
"""What may stand between a head's last layer and its output."""


def prepare(shipped: bytes, *, preparation: str, task: str, cut: str | None = None) -> bytes:
    """Return the bytes a runtime is to open. Equal input gives equal output.

    "none" gives back what was shipped; "fold" folds constants and frees the axes that vary with the
    task; "merge" does so, and makes one of the heads that read the same planes (`_merge`). With `cut` the
    graph ends at the planes of that name, which it makes on its way. Raises `ModelUnusable` when the bytes
    are no ONNX model, a constant breaks ONNX's rules, nothing of that name is made, or heads cannot be merged.
    """
    if preparation == "none" and cut is None:
        return shipped
    model = _loaded(shipped)
    if cut is not None:
        _cut(model.graph, cut)
    _fold(model.graph)
    if preparation == "merge":
        _merge(model.graph)
    _drop_stale(model.graph)
    _free_axes(model.graph, FREE.get(task, FREE_ELSE))
    _raise_ir_version(model)
    return bytes(model.SerializeToString(deterministic=True))


def check(prepared: bytes) -> None:
    """Raise `ModelUnusable` unless the bytes are a model that keeps ONNX's rules."""
    import onnx

    try:
        onnx.checker.check_model(_loaded(prepared))
    except onnx.checker.ValidationError as error:
        raise ModelUnusable(f"the file is not valid ONNX: {_first_line(error)}") from None


def dequantise(
    values: NDArray[Any], scale: NDArray[Any], zero: NDArray[Any] | None, *, axis: int = 1, block: int = 0
) -> NDArray[Any]:
    """Return (values - zero) * scale, in the type of `scale`, as ONNX's DequantizeLinear defines it.

    One scale for the tensor, one for each index along `axis`, or one for each run of `block` indices
    along it, the last run possibly shorter. Raises `ValueError` when the scales fit none of these.
    """
    if scale.size > 1 and not -values.ndim <= axis < values.ndim:
        raise ValueError(f"axis {axis} is none of a tensor of shape {values.shape}")
    blocked = bool(block) and scale.ndim == values.ndim and scale.size > 1
    short = -values.shape[axis] % block if blocked else 0
    result = np.array(values, dtype=np.float32, order="C")
    if short:  # the last block is filled up, and cut again below
        result = np.pad(result, [(0, short if at == axis % values.ndim else 0) for at in range(values.ndim)])
    cells, grid = _grid(result.shape, scale.shape, axis, block if blocked else 0)
    view = result.reshape(cells)
    if zero is not None:
        view -= zero.astype(np.float32).reshape(grid)
    view *= scale.astype(np.float32).reshape(grid)
    folded: NDArray[Any] = result.take(np.arange(values.shape[axis]), axis=axis) if short else result
    return folded.astype(scale.dtype, copy=False)


def _grid(shape: Axes, scales: Axes, axis: int, block: int) -> tuple[Axes, Axes]:
    """Return how to view a tensor, and its scales, so that the one broadcasts over the other."""
    if all(side == 1 for side in scales):
        return shape, ()
    axis %= len(shape)
    before, side, after = shape[:axis], shape[axis], shape[axis + 1 :]
    if block and scales == (*before, side // block, *after):
        return (*before, side // block, block, *after), (*before, side // block, 1, *after)
    if not block and scales == (side,):
        return shape, (*(1 for _ in before), side, *(1 for _ in after))
    raise ValueError(f"scales of shape {scales} do not fit a tensor of shape {shape}, axis {axis}, block {block}")


def probe() -> tuple[bytes, NDArray[np.float32], NDArray[np.float32]]:
    """Return a small convolution as ONNX, an input for it, and the output that is right.

    What a device must get right before a model is trusted to it. The sums are of whole numbers, so
    float32 holds them exactly.
    """
    from onnx import TensorProto, helper, numpy_helper

    weights = (np.arange(4 * 3 * 3 * 3) % 7 - 3).reshape(4, 3, 3, 3).astype(np.float32)
    given = (np.arange(3 * 16 * 16) % 251).reshape(1, 3, 16, 16).astype(np.float32)
    windows = np.lib.stride_tricks.sliding_window_view(given, (3, 3), axis=(2, 3))
    right = np.einsum("nchwij,ocij->nohw", windows, weights).astype(np.float32)
    graph = helper.make_graph(
        [helper.make_node("Conv", ["given", "weights"], ["sums"])],
        "probe",
        [helper.make_tensor_value_info("given", TensorProto.FLOAT, given.shape)],
        [helper.make_tensor_value_info("sums", TensorProto.FLOAT, right.shape)],
        [numpy_helper.from_array(weights, "weights")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    return bytes(model.SerializeToString(deterministic=True)), given, right


def _loaded(data: bytes) -> Any:
    import onnx

    try:
        model = onnx.load_from_string(data)
    except Exception as error:  # protobuf's own class, which differs between its versions
        raise ModelUnusable(f"the file is not ONNX: {_first_line(error)}") from None
    if not model.graph.node:
        raise ModelUnusable("the file is not ONNX: it has no graph")
    return model


def _cut(graph: Any, name: str) -> None:
    """End a graph at planes it makes, shape (batch, planes, height, width); drop what comes after or beside them."""
    from onnx import TensorProto, helper

    makers = {output: node for node in graph.node for output in node.output}
    if name not in makers:
        raise ModelUnusable(f"the file cannot be cut at {name!r}: its graph makes nothing of that name")
    del graph.output[:]
    graph.output.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, ["batch", "planes", "down", "across"]))
    _drop_unneeded(graph)


def _merge(graph: Any) -> None:
    """Make one head of all that read the same planes: each a layer of 1 x 1, one of 3 x 3 on each plane, and reshaping.

    A graph of many small layers spends more time between them than in them. The head's output has the values of all,
    in the order of the outputs, as the last axis of shape (batch, down, across, values), and their names joined by "+".
    It ends before a sigmoid: that is left to the reader. Raises `ModelUnusable` for an output that is no such head.
    """
    from onnx import TensorProto, helper, numpy_helper

    makers = {output: node for node in graph.node for output in node.output}
    constants = {one.name: numpy_helper.to_array(one) for one in graph.initializer}
    heads: dict[str, list[_Head]] = {}
    for output in graph.output:
        head = _head_of(output.name, makers, constants)
        heads.setdefault(head.source, []).append(head)
    del graph.output[:]
    for source, some in heads.items():
        name = "+".join(one.name for one in some)
        for at in range(4):
            joined = np.ascontiguousarray(np.concatenate([one.numbers[at] for one in some]))
            graph.initializer.append(numpy_helper.from_array(joined, f"{name}/{at}"))
        count = sum(len(one.numbers[2]) for one in some)
        first = [source, f"{name}/0", f"{name}/1"], [f"{name}/mixed"]
        second = [f"{name}/mixed", f"{name}/2", f"{name}/3"], [f"{name}/planes"]
        graph.node.append(helper.make_node("Conv", *first, kernel_shape=[1, 1]))
        graph.node.append(helper.make_node("Conv", *second, kernel_shape=[3, 3], pads=[1, 1, 1, 1], group=count))
        graph.node.append(helper.make_node("Transpose", [f"{name}/planes"], [name], perm=[0, 2, 3, 1]))
        axes: list[str | int | None] = ["batch", "down", "across", count]
        graph.output.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, axes))
    _drop_unneeded(graph)


@dataclass(frozen=True, slots=True)
class _Head:
    """The planes that an output is made from; weights and biases of the layer that mixes them, and of the next."""

    name: str
    source: str
    numbers: tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]


def _head_of(name: str, makers: Mapping[str, Any], constants: Mapping[str, NDArray[Any]]) -> _Head:
    from onnx import helper

    def made(tensor: str, *kinds: str) -> Any:
        node = makers.get(tensor)
        if node is None or node.op_type not in kinds:
            raise ModelUnusable(f"the output {name} cannot be merged: {tensor} should be made by {' or '.join(kinds)}")
        return node

    def numbers(tensor: str) -> NDArray[np.float32]:
        if tensor in constants:
            return constants[tensor]
        values, shape = made(tensor, "Reshape").input
        return numbers(values).reshape([int(side) for side in numbers(shape)])

    node = made(name, *RESHAPING, "Conv")
    while node.op_type != "Conv":
        node = made(node.input[0], *RESHAPING, "Conv")
    mixing = made(node.input[0], "Conv")
    found = tuple(numbers(one) for layer in (mixing, node) for one in layer.input[1:])
    shapes = [one.shape for one in found]
    said = [helper.get_attribute_value(one) for one in node.attribute if one.name == "pads"]
    count = len(found[0])
    right = [(count, *shapes[0][1:2], 1, 1), (count,), (count, 1, 3, 3), (count,)]
    if shapes != right or said != [[1, 1, 1, 1]]:
        raise ModelUnusable(
            f"the output {name} cannot be merged: its last two layers have weights {shapes}, and should be of 1 x 1 "
            "and, on each plane, of 3 x 3 with an edge of 1"
        )
    return _Head(name, mixing.input[0], (found[0], found[1], found[2], found[3]))


def _drop_unneeded(graph: Any) -> None:
    """Drop the nodes that no output is made with."""
    makers = {output: node for node in graph.node for output in node.output}
    open_ones = [one.name for one in graph.output]
    needed = set(open_ones)
    while open_ones:
        for source in makers[open_ones.pop()].input:
            if source in makers and source not in needed:
                needed.add(source)
                open_ones.append(source)
    _drop(graph.node, lambda node: needed.isdisjoint(node.output))


def _fold(graph: Any) -> None:
    from onnx import helper, numpy_helper

    constants = {one.name: one for one in graph.initializer}
    outputs = {one.name for one in graph.output}
    folded_names: set[str] = set()
    for node in graph.node:
        inputs = [name for name in node.input if name]
        constant = node.op_type == "DequantizeLinear" and all(name in constants for name in inputs)
        if not constant or node.output[0] in outputs:
            continue
        values, scale, *zero = [numpy_helper.to_array(constants[name]) for name in inputs]
        said = {one.name: helper.get_attribute_value(one) for one in node.attribute}
        try:
            folded = dequantise(
                values, scale, zero[0] if zero else None, axis=said.get("axis", 1), block=said.get("block_size", 0)
            )
        except ValueError as error:
            raise ModelUnusable(f"the constant {node.output[0]} cannot be dequantised: {error}") from None
        graph.initializer.append(numpy_helper.from_array(np.ascontiguousarray(folded), node.output[0]))
        folded_names.add(node.output[0])
    _drop(graph.node, lambda node: node.output[0] in folded_names)


def _drop_stale(graph: Any) -> None:
    """Drop constants nothing reads, graph inputs that are constants, and shapes noted inside the graph."""
    used = set(_read_names(graph)) | {one.name for one in graph.output}
    _drop(graph.initializer, lambda one: one.name not in used)
    constants = {one.name for one in graph.initializer}
    _drop(graph.input, lambda one: one.name not in used or one.name in constants)
    del graph.value_info[:]


def _read_names(graph: Any) -> Iterator[str]:
    for node in graph.node:
        yield from node.input
        for attribute in node.attribute:
            for inner in (attribute.g, *attribute.graphs):
                yield from _read_names(inner)


def _free_axes(graph: Any, free: tuple[str | None, ...]) -> None:
    for one in graph.input:
        axes = one.type.tensor_type.shape.dim
        if len(axes) != 4:
            raise ModelUnusable(f"the input {one.name} has {len(axes)} axes; pictures have 4")
        for axis, name in zip(axes, free, strict=False):
            if name is not None:
                axis.dim_param = name
    for one in graph.output:
        axes = one.type.tensor_type.shape.dim
        varying = axes[:-1] if "height" in free else axes[:1]
        for at, axis in enumerate(varying):
            axis.dim_param = "batch" if len(varying) == 1 else f"{one.name}_{at}"


def _raise_ir_version(model: Any) -> None:
    """Note the format version that the operators need: files as shipped may name an older one."""
    from onnx import helper

    model.ir_version = max(model.ir_version, helper.find_min_ir_version_for(model.opset_import))


def _drop(field: Any, unwanted: Callable[[Any], bool]) -> None:
    """Take out what is unwanted, in place: to fill the field anew would copy every weight."""
    for at in reversed([at for at, one in enumerate(field) if unwanted(one)]):
        del field[at]


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]

"""ONNX graphs of a few kB in the shapes of real models, so that the real runtimes run without weights.

`python -m tests.tiny.graphs FOLDER` writes them as files. Detectors see brightness: a cell of 8, 16 or
32 pixels that is white on average is a face that fills the cell; `POINTS` are its five points, in cells.
"""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

import numpy as np
from onnx import TensorProto, helper, numpy_helper

from recognizance.values import Card, Carrier, ModelName

STRIDES = (8, 16, 32)
SIZE, DIMENSION = 8, 6  # of the tiny embedder: its face's side, its vector's length
POINTS = np.array([[0.25, 0.25], [0.75, 0.25], [0.5, 0.5], [0.25, 0.75], [0.75, 0.75]], dtype=np.float32)
OPSET, IR = 17, 8
STEEP = 10.0  # of the sigmoid that turns brightness into a score


class Graph:
    """Nodes and constants as they are added."""

    def __init__(self) -> None:
        self.nodes, self.constants = [], []

    def constant(self, name: str, value) -> str:
        self.constants.append(numpy_helper.from_array(np.asarray(value), name))
        return name

    def add(self, kind: str, inputs: list[str], output: str, **attributes) -> str:
        self.nodes.append(helper.make_node(kind, inputs, [output], **attributes))
        return output

    def model(self, inputs: dict[str, list], outputs: dict[str, list]) -> bytes:
        given, gives = (
            [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in one.items()]
            for one in (inputs, outputs)
        )
        graph = helper.make_graph(self.nodes, "tiny", given, gives, self.constants)
        made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR)
        return made.SerializeToString(deterministic=True)


def embedder(*, layout: str = "NCHW", dimension: int = DIMENSION, spoilt: float = 1.0, batch: str | int = "batch"):
    """A linear map of all pixels; `spoilt` multiplies the result, so 0 and NaN make it useless."""
    graph = Graph()
    weights = np.random.default_rng(7).normal(size=(dimension, 3, SIZE, SIZE)).astype(np.float32)
    graph.constant("weights", weights)
    graph.constant("spoilt", np.float32(spoilt))
    face = ["face"]
    shape = [batch, 3, SIZE, SIZE]
    if layout == "NHWC":
        shape = [batch, SIZE, SIZE, 3]
        face = [graph.add("Transpose", face, "planes", perm=[0, 3, 1, 2])]
    graph.add("Conv", [*face, "weights"], "sums")
    graph.add("Flatten", ["sums"], "flat")
    graph.add("Mul", ["flat", "spoilt"], "vector")
    return graph.model({"face": shape}, {"vector": [batch, dimension]})


def yunet(*, spoilt: float = 0.0, short: bool = False) -> bytes:
    """YuNet's twelve outputs; `spoilt` is added to every score, `short` leaves a number out of each box."""
    graph = Graph()
    outputs: dict[str, list] = {}
    for stride in STRIDES:
        mean = graph.add("AveragePool", ["picture"], f"mean_{stride}", kernel_shape=[stride] * 2, strides=[stride] * 2)
        score = _score(graph, mean, f"score_{stride}", 1, brightest=255.0, spoilt=spoilt)
        box = _same_everywhere(graph, mean, f"box_{stride}", [0.5, 0.5, 0.0, 0.0][: 3 if short else 4])
        points = _same_everywhere(graph, mean, f"points_{stride}", POINTS.ravel())
        for kind, source, wide in (("cls", score, 1), ("obj", score, 1), ("bbox", box, 4 - short), ("kps", points, 10)):
            name = f"{kind}_{stride}"
            _rows(graph, source, name, [1, -1, wide])
            outputs[name] = [1, f"cells_{stride}", wide]
    ordered = {f"{kind}_{stride}": None for kind in ("cls", "obj", "bbox", "kps") for stride in STRIDES}
    return graph.model({"picture": [1, 3, 64, 64]}, {name: outputs[name] for name in ordered})


def scrfd(*, spoilt: float = 0.0, short: bool = False, anchors: int = 2) -> bytes:
    """SCRFD's nine outputs for values of (pixel - 127.5) / 128; every anchor of a cell says the same."""
    graph = Graph()
    found: dict[str, list[str]] = {"score": [], "box": [], "points": []}
    outputs: dict[str, list] = {}
    for stride in STRIDES:
        mean = graph.add("AveragePool", ["picture"], f"mean_{stride}", kernel_shape=[stride] * 2, strides=[stride] * 2)
        box = [0.0, 0.0, 1.0, 1.0][: 3 if short else 4]
        sources = {
            "score": (_score(graph, mean, f"s_{stride}", anchors, brightest=127.5 / 128, spoilt=spoilt), 1),
            "box": (_same_everywhere(graph, mean, f"b_{stride}", box * anchors), 4 - short),
            "points": (_same_everywhere(graph, mean, f"p_{stride}", list(POINTS.ravel()) * anchors), 10),
        }
        for kind, (source, wide) in sources.items():
            name = f"{kind}_{stride}"
            found[kind].append(name)
            _rows(graph, source, name, [-1, wide])
            outputs[name] = [f"{kind}_{stride}_rows", wide]
    order = [name for names in found.values() for name in names]
    return graph.model({"picture": [1, 3, "height", "width"]}, {name: outputs[name] for name in order})


def _score(graph: Graph, mean: str, name: str, anchors: int, *, brightest: float, spoilt: float) -> str:
    """A sigmoid, near 1 where all channels of a cell are at `brightest` and near 0 where they are not."""
    weights = np.full((anchors, 3, 1, 1), STEEP * 2 / 3 / brightest, dtype=np.float32)
    graph.constant(f"{name}_weights", weights)
    graph.constant(f"{name}_bias", np.full(anchors, -STEEP * 1.5, dtype=np.float32))
    graph.constant(f"{name}_spoilt", np.float32(spoilt))
    graph.add("Conv", [mean, f"{name}_weights", f"{name}_bias"], f"{name}_sum")
    graph.add("Sigmoid", [f"{name}_sum"], f"{name}_clean")
    return graph.add("Add", [f"{name}_clean", f"{name}_spoilt"], name)


def _same_everywhere(graph: Graph, mean: str, name: str, values) -> str:
    values = np.asarray(values, dtype=np.float32)
    graph.constant(f"{name}_weights", np.zeros((len(values), 3, 1, 1), dtype=np.float32))
    graph.constant(f"{name}_bias", values)
    return graph.add("Conv", [mean, f"{name}_weights", f"{name}_bias"], name)


def _rows(graph: Graph, source: str, name: str, shape: list[int]) -> None:
    graph.add("Transpose", [source], f"{name}_last", perm=[0, 2, 3, 1])
    graph.constant(f"{name}_shape", np.array(shape, dtype=np.int64))
    graph.add("Reshape", [f"{name}_last", f"{name}_shape"], name)


CARRIED = {"face": embedder(), "yunet": yunet(), "scrfd": scrfd()}
PARAMETERS = {
    "face": {
        "size": SIZE,
        "channels": "RGB",
        "layout": "NCHW",
        "mean": [127.5, 127.5, 127.5],
        "scale": [0.01, 0.01, 0.01],
        "dimension": DIMENSION,
    },
    "yunet": {"floor": 0.5},
    "scrfd": {"channels": "RGB", "mean": 127.5, "scale": 1 / 128, "anchors": 2, "floor": 0.5},
}
ADAPTERS = {"face": "arcface", "yunet": "yunet", "scrfd": "scrfd"}


def card(kind: str, model: bytes | None = None, **changes) -> Card:
    """Return the card of a tiny model, as if a package carried it."""
    model = CARRIED[kind] if model is None else model
    said = {
        "name": ModelName(f"tiny-{kind}"),
        "version": "0.1",
        "task": "embed" if kind == "face" else "detect",
        "adapter": ADAPTERS[kind],
        "title": "A tiny model for tests",
        "origin": "made by tests/tiny/graphs.py",
        "licence": "Apache-2.0",
        "commercial_use": True,
        "sha256": hashlib.sha256(model).hexdigest(),
        "preparation": "fold",
        "tried": "It knows nothing of faces.",
        "parameters": PARAMETERS[kind],
        "carrier": Carrier("tiny-models", "1.0", f"tiny_models/{kind}.onnx"),
    }
    return Card(**(said | changes))


if __name__ == "__main__":
    for name, content in CARRIED.items():
        Path(sys.argv[1], f"{name}.onnx").write_bytes(content)

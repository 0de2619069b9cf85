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
from recognizance.vision.attributes import fitted

STRIDES = (8, 16, 32)
SIZE, DIMENSION = 8, 6  # of the tiny embedder: its face's side, its vector's length
POINTS = np.array([[0.25, 0.25], [0.75, 0.25], [0.5, 0.5], [0.25, 0.75], [0.75, 0.75]], dtype=np.float32)
OPSET, IR = 17, 8
PLACED = {
    159: (-0.35, -0.40), 145: (-0.35, -0.29), 386: (0.35, -0.40), 374: (0.35, -0.29),  # lids
    1: (0, 0), 48: (-0.20, 0.02), 278: (0.20, 0.02), 61: (-0.35, 0.35), 291: (0.35, 0.35),  # nose, mouth's corners
    0: (0, 0.28), 13: (0, 0.34), 14: (0, 0.37), 17: (0, 0.46), 152: (0, 0.80),  # lips, chin
    105: (-0.42, -0.60), 334: (0.42, -0.60), 172: (-0.52, 0.50), 397: (0.52, 0.50),  # brows, jaw
}  # fmt: skip
"""Some points of the mesh, about the middle of what the tiny detector finds, in distances between the eyes' outer
corners: eyes, nose and mouth are where its five points are."""
EYES = 0.347  # above that middle
STEEP = 14.0  # of the sigmoid that turns brightness into a score


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


def layered(*, dimension: int = DIMENSION) -> bytes:
    """Convolutions, one of them in groups, and a matrix: the kinds of layers that real embedders have."""
    graph, random = Graph(), np.random.default_rng(9)
    for name, shape in {"weights": (16, 3, 3, 3), "each": (16, 1, 3, 3), "last": (dimension, 16 * SIZE * SIZE)}.items():
        graph.constant(name, (random.normal(size=shape) / np.sqrt(np.prod(shape[1:]))).astype(np.float32))
    graph.constant("slope", np.full((16, 1, 1), 0.25, np.float32))
    seen = graph.add("PRelu", [graph.add("Conv", ["face", "weights"], "sums", pads=[1, 1, 1, 1]), "slope"], "seen")
    graph.add("Conv", [seen, "each"], "apart", pads=[1, 1, 1, 1], group=16)
    graph.add("Flatten", [graph.add("Relu", ["apart"], "positive")], "flat")
    graph.add("Gemm", ["flat", "last"], "vector", transB=1)
    return graph.model({"face": [1, 3, SIZE, SIZE]}, {"vector": [1, dimension]})


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


def headed() -> bytes:
    """YuNet's twelve outputs from heads as it has them, two layers each, on planes of one colour a stride."""
    graph, random = Graph(), np.random.default_rng(5)
    outputs: dict[str, list] = {}
    for kind, wide in (("cls", 1), ("obj", 1), ("bbox", 4), ("kps", 10)):
        for stride in STRIDES:
            planes, name = f"planes_{stride}", f"{kind}_{stride}"
            if kind == "cls":
                sides = {"kernel_shape": [stride] * 2, "strides": [stride] * 2}
                graph.add("AveragePool", ["picture"], f"mean_{stride}", **sides)
                graph.constant(f"dark_{stride}", np.float32(1 / 128))
                graph.add("Mul", [f"mean_{stride}", f"dark_{stride}"], planes)
            for at, shape in enumerate(((wide, 3, 1, 1), (wide,), (wide, 1, 3, 3), (wide,))):
                graph.constant(f"{name}_{at}", random.normal(scale=0.5, size=shape).astype(np.float32))
            mixed = graph.add("Conv", [planes, f"{name}_0", f"{name}_1"], f"{name}_mixed")
            seen = [mixed, f"{name}_2", f"{name}_3"]
            seen = graph.add("Conv", seen, f"{name}_seen", pads=[1, 1, 1, 1], group=wide)
            scored = kind in ("cls", "obj")
            _rows(graph, seen, f"{name}_rows" if scored else name, [1, -1, wide])
            if scored:
                graph.add("Sigmoid", [f"{name}_rows"], name)
            outputs[name] = [1, f"cells_{stride}", wide]
    return graph.model({"picture": [1, 3, 64, 64]}, outputs)


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


def constant(side: int, outputs: dict[str, np.ndarray]) -> bytes:
    """A network of squares that says the same of each: what is given, and a little more where it is brighter."""
    graph = Graph()
    graph.add("Transpose", ["square"], "planes", perm=[0, 3, 1, 2])
    graph.add("AveragePool", ["planes"], "mean", kernel_shape=[side] * 2)
    for name, values in outputs.items():
        graph.constant(f"{name}_slope", np.full((len(values), 3, 1, 1), 1e-4, np.float32))
        graph.constant(f"{name}_base", values.astype(np.float32))
        graph.add("Conv", ["mean", f"{name}_slope", f"{name}_base"], f"{name}_more")
        graph.add("Flatten", [f"{name}_more"], name)
    given = {name: ["batch", len(values)] for name, values in outputs.items()}
    return graph.model({"square": ["batch", side, side, 3]}, given)


def mesh(side: int = 24) -> bytes:
    """A face of 468 points in a square: a bowl towards the camera, and the rigid part where it is in a real mesh."""
    golden = np.arange(468) * np.pi * (3 - 5**0.5)
    out = np.sqrt((np.arange(468) + 0.5) / 468)
    points = np.stack([0.7 * out * np.cos(golden), 0.8 * out * np.sin(golden), 0.6 * out**2], axis=1)
    rigid = fitted.numbers().rigid
    where = {at: place for at, place in zip(rigid.points.tolist(), rigid.shape, strict=True)}
    corners = np.stack([where[at] for at in (33, 133, 362, 263)])
    width = corners[3, 0] - corners[0, 0]
    for at, place in where.items():
        points[at] = (place - corners.mean(axis=0)) / width * (1, 1, -1) - (0, EYES, 0)
    for at, place in PLACED.items():
        points[at, :2] = place
    points = 0.48 * points + (0.5, 0.5, 0)
    return constant(side, {"points": (points * side).ravel(), "flag": np.array([12.0])})


def iris(side: int = 16) -> bytes:
    """An eye that looks ahead: the lower lid from the outer corner to the inner one, the upper lid, what is around."""
    across = np.concatenate([np.linspace(-1, 1, 9), np.linspace(-0.9, 0.9, 7), np.linspace(-1, 1, 55)])
    bend = np.concatenate([np.full(9, 0.12), np.full(7, -0.16), np.full(55, -0.3)])
    lids = np.stack([0.5 + 0.35 * across, 0.5 + bend * (1 - across**2), np.zeros(71)], axis=1)
    ring = np.array([(0, 0), (0.13, 0), (0, -0.13), (-0.13, 0), (0, 0.13)])
    centre = np.concatenate([ring + 0.5, np.zeros((5, 1))], axis=1)
    return constant(side, {"lids": (lids * side).ravel(), "iris": (centre * side).ravel()})


def features(planes: int = 1024, side: int = 7, size: int = 112) -> bytes:
    """Planes of features, each a mixture of the colours of a cell."""
    graph = Graph()
    weights = np.random.default_rng(9).normal(size=(planes, 3, 1, 1)).astype(np.float32)
    graph.constant("weights", weights / np.float32(255))
    graph.add("AveragePool", ["face"], "cells", kernel_shape=[size // side] * 2, strides=[size // side] * 2)
    graph.add("Conv", ["cells", "weights"], "mixed")
    graph.add("Relu", ["mixed"], "planes")
    return graph.model({"face": ["batch", 3, size, size]}, {"planes": ["batch", planes, side, side]})


def classes(count: int, *, size: int = 8, channels: int = 3, layout: str = "NCHW") -> bytes:
    """Probabilities of classes: a linear map of all pixels, and a softmax."""
    graph = Graph()
    weights = np.random.default_rng(count).normal(size=(count, channels, size, size)) / (8 * size)
    graph.constant("weights", weights.astype(np.float32))
    shape, face = [channels, size, size], "face"
    if layout == "NHWC":
        shape, face = [size, size, channels], graph.add("Transpose", ["face"], "planes", perm=[0, 3, 1, 2])
    graph.add("Conv", [face, "weights"], "sums")
    graph.add("Flatten", ["sums"], "logits")
    graph.add("Softmax", ["logits"], "classes", axis=1)
    return graph.model({"face": ["batch", *shape]}, {"classes": ["batch", count]})


CARRIED = {
    "face": embedder(),
    "yunet": yunet(),
    "scrfd": scrfd(),
    "mesh": mesh(),
    "iris": iris(),
    "features": features(),
    "age": classes(81),
    "gender": classes(2),
    "expression": classes(7, channels=1, layout="NHWC"),
}
OF_FACES = {"size": 8, "channels": "RGB", "layout": "NCHW", "mean": [127.5] * 3, "scale": [0.01] * 3}
PARAMETERS = {
    "mesh": {"size": 24},
    "iris": {"size": 16},
    "features": OF_FACES | {"size": 112, "cut": "planes", "planes": 1024, "side": 7},
    "age": OF_FACES | {"classes": 81},
    "gender": OF_FACES | {"classes": 2},
    "expression": OF_FACES | {"channels": "GREY", "layout": "NHWC", "mean": [127.5], "scale": [0.01], "classes": 7},
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
ADAPTERS = {"face": "arcface", "yunet": "yunet", "scrfd": "scrfd", "mesh": "facemesh", "iris": "iris"}
ADAPTERS |= {"features": "features", "age": "classes", "gender": "classes", "expression": "classes"}
TASKS = {"face": "embed", "yunet": "detect", "scrfd": "detect"}
DESCRIBING = ("mesh", "iris", "features", "age", "gender", "expression")
"""What tells facial attributes: each is called after its task."""


def card(kind: str, model: bytes | None = None, **changes) -> Card:
    """Return the card of a tiny model, as if a package carried it."""
    model = CARRIED[kind] if model is None else model
    said = {
        "name": ModelName(f"tiny-{kind}"),
        "version": "0.1",
        "task": TASKS.get(kind, kind),
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

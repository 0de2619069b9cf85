"""A graph that ends half way: what `fold.prepare` makes of a card with a cut."""

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator

from recognizance.errors import ModelUnusable
from recognizance.vision import fold, runtime


def long_graph(folded=False):
    """Planes made by a convolution whose weights are dequantised, then summed, then thrown at a second constant."""
    dice = np.random.default_rng(1)
    constants = [
        numpy_helper.from_array(dice.integers(-9, 9, (4, 3, 3, 3), dtype=np.int8), "values"),
        numpy_helper.from_array(np.float32(0.1), "scale"),
        numpy_helper.from_array(dice.normal(size=(5, 4, 8, 8)).astype(np.float32), "after"),
        numpy_helper.from_array(dice.normal(size=(2, 3, 1, 1)).astype(np.float32), "beside"),
    ]
    nodes = [
        helper.make_node("DequantizeLinear", ["values", "scale"], ["weights"]),
        helper.make_node("Conv", ["face", "weights"], ["sums"], pads=[1, 1, 1, 1]),
        helper.make_node("Relu", ["sums"], ["planes"]),
        helper.make_node("Conv", ["face", "beside"], ["other"]),
        helper.make_node("Conv", ["planes", "after"], ["vector"]),
    ]
    graph = helper.make_graph(
        nodes,
        "long",
        [helper.make_tensor_value_info("face", TensorProto.FLOAT, [1, 3, 8, 8])],
        [
            helper.make_tensor_value_info("vector", TensorProto.FLOAT, [1, 5, 1, 1]),
            helper.make_tensor_value_info("other", TensorProto.FLOAT, [1, 2, 8, 8]),
        ],
        constants,
    )
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10)
    return made.SerializeToString()


def prepared(cut, preparation="fold"):
    return fold.prepare(long_graph(), preparation=preparation, task="features", cut=cut)


def test_the_graph_ends_at_the_cut_and_holds_nothing_beyond_it():
    graph = onnx.load_from_string(prepared("planes")).graph
    assert [one.name for one in graph.output] == ["planes"]
    assert [node.op_type for node in graph.node] == ["Conv", "Relu"]
    assert [one.name for one in graph.initializer] == ["weights"]
    fold.check(prepared("planes"))


def test_the_planes_are_those_that_the_whole_graph_makes_on_its_way():
    face = np.random.default_rng(2).normal(size=(1, 3, 8, 8)).astype(np.float32)
    whole = onnx.load_from_string(long_graph())
    whole.graph.output.append(helper.make_tensor_value_info("planes", TensorProto.FLOAT, [1, 4, 8, 8]))
    right = ReferenceEvaluator(whole).run(["planes"], {"face": face})[0]
    network = runtime.start(device="cpu", threads=1).open(prepared("planes"), name="long")
    np.testing.assert_allclose(network(np.concatenate([face, face]))["planes"][1], right[0], atol=1e-4)


def test_a_model_can_be_cut_without_being_folded():
    assert [one.name for one in onnx.load_from_string(prepared("planes", "none")).graph.output] == ["planes"]


def test_a_cut_where_nothing_is_made_is_refused():
    with pytest.raises(ModelUnusable, match="cannot be cut at 'nowhere'"):
        prepared("nowhere")
    with pytest.raises(ModelUnusable, match="cannot be cut at 'face'"):
        prepared("face")


def test_without_a_cut_the_graph_is_whole():
    graph = onnx.load_from_string(fold.prepare(long_graph(), preparation="fold", task="features")).graph
    assert [one.name for one in graph.output] == ["vector", "other"]

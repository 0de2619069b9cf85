import hashlib
from dataclasses import replace

import numpy as np
import onnx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx import TensorProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator
from tests.tiny import graphs

from recognizance.errors import ModelUnusable
from recognizance.vision import adapters, fold, runtime
from recognizance.vision.adapters import yunet

KINDS = {"uint8": TensorProto.UINT8, "int8": TensorProto.INT8}


def quantised(values, scale, zero, *, axis, block, stale=True):
    """Return a model that adds a dequantised constant to its input, in the way files are found."""
    constants = [numpy_helper.from_array(values, "values"), numpy_helper.from_array(scale, "scale")]
    inputs = ["values", "scale"]
    if zero is not None:
        constants.append(numpy_helper.from_array(zero, "zero"))
        inputs.append("zero")
    shape = list(values.shape)
    graph = helper.make_graph(
        [
            helper.make_node("DequantizeLinear", inputs, ["constant"], axis=axis, block_size=block),
            helper.make_node("Add", ["data", "constant"], ["sum"]),
        ],
        "quantised",
        [
            helper.make_tensor_value_info("data", TensorProto.FLOAT, [1, 1, *shape]),
            *([helper.make_tensor_value_info("scale", TensorProto.FLOAT, scale.shape)] if stale else []),
        ],
        [helper.make_tensor_value_info("sum", TensorProto.FLOAT, [1, 1, *shape])],
        constants,
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10)


@st.composite
def constants(draw):
    """A constant, its scales (one, one for each index, or one for each block), its zeros if any, axis and block."""
    rows, columns, axis = draw(st.integers(1, 5)), draw(st.integers(1, 9)), draw(st.integers(-2, 1))
    kind = draw(st.sampled_from(sorted(KINDS)))
    dice = np.random.default_rng(draw(st.integers(0, 99)))
    bounds = np.iinfo(kind)
    values = dice.integers(bounds.min, bounds.max + 1, (rows, columns), dtype=kind)
    block = 0
    shape = draw(st.sampled_from(["one", "each", "blocks"]))
    if shape == "one":
        scales = ()
    elif shape == "each":
        scales = (values.shape[axis],)
    else:
        block = draw(st.integers(1, values.shape[axis]))
        scales = tuple(-(-side // block) if at == axis % 2 else side for at, side in enumerate(values.shape))
    scale = dice.uniform(0.01, 2, scales).astype(np.float32)
    zero = dice.integers(bounds.min, bounds.max + 1, scales, dtype=kind) if draw(st.booleans()) else None
    return values, np.asarray(scale), zero if zero is None else np.asarray(zero, dtype=kind), axis, block


@given(constants())
@settings(deadline=None, max_examples=150)
def test_folding_changes_no_number_that_the_reference_gives(constant):
    values, scale, zero, axis, block = constant
    model = quantised(values, scale, zero, axis=axis, block=block, stale=False)
    data = np.zeros((1, 1, *values.shape), dtype=np.float32)
    right = ReferenceEvaluator(model).run(None, {"data": data})[0]

    folded = fold.prepare(model.SerializeToString(), preparation="fold", task="embed")
    assert np.array_equal(ReferenceEvaluator(onnx.load_from_string(folded)).run(None, {"data": data})[0], right)
    assert np.array_equal(fold.dequantise(values, scale, zero, axis=axis, block=block), right[0, 0])


def test_the_last_block_may_be_shorter():
    values = np.arange(5, dtype=np.int8)
    scale = np.array([1, 10, 100], dtype=np.float32)
    assert fold.dequantise(values, scale, None, axis=0, block=2).tolist() == [0, 1, 20, 30, 400]


def test_a_constant_keeps_the_type_of_its_scale():
    assert fold.dequantise(np.int8([3]), np.float16(0.5), None).dtype == np.float16


def test_scales_that_fit_nothing_are_refused():
    values = np.zeros((4, 6), np.int8)
    for scale, axis, block in (
        (np.ones(4), 1, 0),
        (np.ones((4, 3)), 1, 4),
        (np.ones((4, 3)), 1, 0),
        (np.ones(6), 2, 0),
    ):
        with pytest.raises(ValueError, match=r"scales of shape|axis 2 is none"):
            fold.dequantise(values, scale.astype(np.float32), None, axis=axis, block=block)
    model = quantised(values, np.ones(5, np.float32), None, axis=1, block=0)
    with pytest.raises(ModelUnusable, match="constant cannot be dequantised"):
        fold.prepare(model.SerializeToString(), preparation="fold", task="embed")


def test_no_dequantising_and_no_input_but_the_data_is_left():
    model = quantised(np.ones((2, 3), np.uint8), np.full(3, 0.5, np.float32), None, axis=1, block=0)
    folded = onnx.load_from_string(fold.prepare(model.SerializeToString(), preparation="fold", task="embed"))

    assert [node.op_type for node in folded.graph.node] == ["Add"]
    assert [one.name for one in folded.graph.input] == ["data"]
    assert [one.name for one in folded.graph.initializer] == ["constant"]


@pytest.mark.parametrize(
    ("task", "axes"), [("embed", ["batch", 3, 64, 64]), ("detect", ["batch", 3, "height", "width"])]
)
def test_the_axes_that_a_task_varies_are_free(task, axes):
    folded = onnx.load_from_string(fold.prepare(graphs.yunet(), preparation="fold", task=task))
    given_axes = folded.graph.input[0].type.tensor_type.shape.dim
    assert [one.dim_param or one.dim_value for one in given_axes] == axes


def test_an_old_format_version_is_raised_to_what_the_operators_need():
    model = quantised(np.ones((2, 3), np.uint8), np.float32(1), None, axis=1, block=0)
    model.ir_version = 6
    assert (
        onnx.load_from_string(fold.prepare(model.SerializeToString(), preparation="fold", task="embed")).ir_version
        == 10
    )


def test_preparing_is_the_same_every_time_and_valid():
    for name, shipped in graphs.CARRIED.items():
        task = "embed" if name == "face" else "detect"
        prepared = [fold.prepare(shipped, preparation="fold", task=task) for _ in range(2)]
        assert len({hashlib.sha256(one).hexdigest() for one in prepared}) == 1
        fold.check(prepared[0])


def test_what_needs_no_preparation_is_left_as_it_is():
    assert fold.prepare(b"anything", preparation="none", task="embed") == b"anything"


@pytest.mark.parametrize("wrong", [b"", b"not a model", b"\x00" * 100])
def test_what_is_no_model_is_refused(wrong):
    with pytest.raises(ModelUnusable, match="the file is not ONNX"):
        fold.prepare(wrong, preparation="fold", task="embed")


def test_a_model_that_breaks_the_rules_is_refused():
    model = onnx.load_from_string(graphs.embedder())
    model.graph.node[0].op_type = "Convolute"
    with pytest.raises(ModelUnusable, match="not valid ONNX"):
        fold.check(model.SerializeToString())


def test_the_probe_is_a_model_that_gives_what_it_says():
    model, given_array, right = fold.probe()
    fold.check(model)
    assert np.array_equal(ReferenceEvaluator(onnx.load_from_string(model)).run(None, {"given": given_array})[0], right)


def test_merged_heads_see_what_they_saw_apart():
    engine = runtime.start(device="cpu", threads=1)
    pixels = np.random.default_rng(3).integers(0, 256, (90, 130, 3), dtype=np.uint8)
    apart, merged = (
        adapters.open_model(card, fold.prepare(graphs.headed(), preparation=card.preparation, task="detect"), engine)
        for card in (graphs.card("yunet"), replace(graphs.card("yunet"), preparation="merge"))
    )
    (some,), (others,) = apart([pixels]), merged([pixels])
    assert len(some) > 20
    for one in ("scores", "boxes", "points"):
        assert np.abs(getattr(some, one) - getattr(others, one)).max() < 1e-3


def test_merged_heads_are_one_for_each_stride():
    merged = onnx.load_from_string(fold.prepare(graphs.headed(), preparation="merge", task="detect"))
    assert [one.name for one in merged.graph.output] == list(yunet.MERGED)
    assert sum(node.op_type == "Conv" for node in merged.graph.node) == 6
    fold.check(merged.SerializeToString())


def test_outputs_that_are_no_heads_are_not_merged():
    with pytest.raises(ModelUnusable, match="cls_8 cannot be merged"):
        fold.prepare(graphs.yunet(), preparation="merge", task="detect")
    model = onnx.load_from_string(graphs.headed())
    seen = next(node for node in model.graph.node if node.output[0] == "kps_8_seen")
    next(one for one in seen.attribute if one.name == "pads").ints[0] = 0
    with pytest.raises(ModelUnusable, match="kps_8 cannot be merged: its last two layers"):
        fold.prepare(model.SerializeToString(), preparation="merge", task="detect")

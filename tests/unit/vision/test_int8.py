import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.tiny import graphs
from tools import quantise

from recognizance.vision import fold, int8

LAYERED = fold.prepare(graphs.layered(), preparation="fold", task="embed")
CARD = graphs.card("face")
ends = st.floats(-1e4, 1e4, allow_subnormal=False)


@given(ends, ends)
def test_a_range_has_zero_among_its_levels_and_is_hardly_moved(one, other):
    if abs(one - other) < 1e-3:
        return
    low, high = int8.with_zero(min(one, other), max(one, other))
    step = (high - low) / 255
    assert low <= 0 <= high
    assert low / step == pytest.approx(round(low / step), abs=1e-9)
    assert low == pytest.approx(min(one, other, 0), abs=step)
    assert high == pytest.approx(max(one, other, 0), abs=step)


def test_weights_are_scaled_by_output_channel():
    weights = np.array([[[3.0, -4.0]], [[0.0, 0.0]]], np.float32)
    found = int8.largest(weights, 1)
    assert found.shape == (2, 1, 1)
    assert found[0, 0, 0] == 4
    assert 0 < found[1, 0, 0] < 1e-30


def test_the_tool_measures_every_tensor_that_is_multiplied_with_weights():
    random = np.random.default_rng(2)
    crops = [random.integers(0, 200, (8, 8, 3)).astype(np.uint8) for _ in range(3)]
    crops[0][0, 0, 0] = 255
    found = quantise.measured(LAYERED, CARD, crops)
    assert list(found) == ["face", "seen", "flat"]
    brightest = (255 - CARD.parameters["mean"][0]) * CARD.parameters["scale"][0]
    assert found["face"][1] == pytest.approx(brightest, rel=1e-3), "of pixels the highest of all, not a mean"
    assert found["flat"][0] == 0, "what comes out of a Relu is not below zero"
    assert all(low < high for low, high in found.values())

"""Mouths whose lips are known."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recognizance.errors import ModelUnusable
from recognizance.values import Mesh, Pose
from recognizance.vision.attributes import mouth

from . import drawn


def test_lips_apart_are_an_open_mouth_and_lips_together_a_closed_one():
    closed, wide = (mouth.open_of(drawn.mesh(gap=gap)) for gap in (0.0, 0.2))
    assert not closed.value
    assert wide.value
    assert min(closed.confidence, wide.confidence) > 90


@given(st.floats(0, 0.3), st.floats(0, 0.1))
def test_lips_further_apart_are_likelier_an_open_mouth(gap, more):
    assert mouth.log_odds(drawn.mesh(gap=gap + more)) >= mouth.log_odds(drawn.mesh(gap=gap)) - 1e-6


@given(st.floats(0, 0.3), st.floats(-40, 40), st.floats(-180, 180), st.floats(70, 900))
def test_mirroring_turning_and_enlarging_a_picture_changes_nothing(gap, yaw, roll, scale):
    mesh = drawn.mesh(Pose(yaw=yaw, roll=0, pitch=0), gap=gap)
    said = mouth.log_odds(mesh)
    other = drawn.mesh(Pose(yaw=yaw, roll=roll, pitch=0), gap=gap, scale=scale)
    assert mouth.log_odds(other) == pytest.approx(said, abs=0.05)
    assert mouth.log_odds(drawn.mirrored(mesh, 400)) == pytest.approx(said, abs=0.05)


@given(st.floats(0, 0.3))
def test_less_is_said_of_a_mouth_of_few_pixels_and_of_what_may_be_no_face(gap):
    said = abs(mouth.log_odds(drawn.mesh(gap=gap)))
    assert abs(mouth.log_odds(drawn.mesh(gap=gap, scale=12))) <= said
    assert abs(mouth.log_odds(drawn.mesh(gap=gap, sure=0.2))) <= said


def test_a_mesh_that_is_no_numbers_is_refused():
    with pytest.raises(ModelUnusable, match="not finite"):
        mouth.open_of(Mesh(np.full((468, 3), np.nan, np.float32), 1.0))

"""Mouths whose lips are known."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recognizance.values import Pose
from recognizance.vision.attributes import mouth

from . import drawn


def said_of(mesh):
    """Return the log odds that the mouth of a mesh is open."""
    return mouth.log_odds(mesh, drawn.held_by(mesh))


def test_lips_apart_are_an_open_mouth_and_lips_together_a_closed_one():
    closed, wide = (mouth.open_of(drawn.mesh(gap=gap), drawn.held()) for gap in (0.0, 0.2))
    assert not closed.value
    assert wide.value
    assert min(closed.confidence, wide.confidence) > 90


@given(st.floats(0, 0.3), st.floats(0, 0.1))
def test_lips_further_apart_are_likelier_an_open_mouth(gap, more):
    assert said_of(drawn.mesh(gap=gap + more)) >= said_of(drawn.mesh(gap=gap)) - 1e-6


@given(st.floats(0, 0.3), st.floats(-40, 40), st.floats(-180, 180), st.floats(70, 900))
def test_mirroring_turning_and_enlarging_a_picture_changes_nothing(gap, yaw, roll, scale):
    mesh = drawn.mesh(Pose(yaw=yaw, roll=0, pitch=0), gap=gap)
    said = said_of(mesh)
    other = drawn.mesh(Pose(yaw=yaw, roll=roll, pitch=0), gap=gap, scale=scale)
    assert said_of(other) == pytest.approx(said, abs=0.05)
    assert said_of(drawn.mirrored(mesh, 400)) == pytest.approx(said, abs=0.05)


@given(st.floats(0, 0.3))
def test_less_is_said_of_a_mouth_of_few_pixels_and_of_what_may_be_no_face(gap):
    said = abs(said_of(drawn.mesh(gap=gap)))
    assert abs(said_of(drawn.mesh(gap=gap, scale=12))) <= said
    assert abs(said_of(drawn.mesh(gap=gap, sure=0.2))) <= said

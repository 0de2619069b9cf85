"""Poses of meshes whose turn is known."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recognizance.errors import ModelUnusable
from recognizance.values import Mesh, Pose
from recognizance.vision import pose
from recognizance.vision.attributes import fitted, head

from . import drawn

angles = st.builds(Pose, yaw=st.floats(-50, 50), roll=st.floats(-170, 170), pitch=st.floats(-40, 40))


def numbers(found: Pose) -> tuple[float, float, float]:
    return found.yaw, found.roll, found.pitch


@given(angles, st.floats(5, 2000), st.floats(-500, 3000))
def test_the_turn_of_a_mesh_is_found_wherever_and_however_large_it_is(facing, scale, at):
    mesh = drawn.mesh(facing, scale=scale, at=(at, 0.0))
    found = pose.of_rotation(head.rotation(mesh, fitted.numbers().rigid))
    assert numbers(found) == pytest.approx(numbers(facing), abs=0.05)


@given(angles)
def test_a_mirrored_face_has_yaw_and_roll_of_the_other_sign_and_the_same_pitch(facing):
    mesh = drawn.mesh(facing)
    found, mirrored = head.pose_of(mesh), head.pose_of(drawn.mirrored(mesh, 400))
    assert numbers(mirrored) == pytest.approx((-found.yaw, -found.roll, found.pitch), abs=0.05)


@given(angles, st.floats(-180, 180))
def test_turning_the_picture_adds_to_roll_and_to_nothing_else(facing, by):
    mesh = drawn.mesh(facing)
    found, turned = head.pose_of(mesh), head.pose_of(Mesh(drawn.turned(mesh.points, by), 1.0))
    assert (turned.yaw, turned.pitch) == pytest.approx((found.yaw, found.pitch), abs=0.05)
    assert (turned.roll - found.roll - by + 180) % 360 - 180 == pytest.approx(0, abs=0.05)


def test_who_looks_at_the_camera_is_at_zero():
    assert numbers(head.pose_of(drawn.mesh())) == pytest.approx((0, 0, 0), abs=0.01)


@pytest.mark.parametrize(("facing", "sign"), [(Pose(20, 0, 0), 1), (Pose(-20, 0, 0), -1)])
def test_a_nose_to_the_images_right_is_a_yaw_above_zero(facing, sign):
    mesh = drawn.mesh(facing)
    tip, eyes = mesh.points[4, 0], mesh.points[[33, 263], 0].mean()
    assert np.sign(tip - eyes) == np.sign(head.pose_of(mesh).yaw) == sign


def test_a_face_that_looks_up_has_a_pitch_above_zero():
    assert head.pose_of(drawn.mesh(Pose(yaw=0, roll=0, pitch=20))).pitch > 15


@given(st.floats(0, 89), st.floats(-60, 60))
def test_a_mesh_that_turns_further_is_of_a_head_that_turns_further(yaw, pitch):
    turns = fitted.numbers().turns
    one = head.whole(Pose(yaw=yaw, roll=0, pitch=pitch), turns)
    more = head.whole(Pose(yaw=yaw + 1, roll=0, pitch=pitch), turns)
    assert more.yaw >= one.yaw - 0.1
    assert abs(one.yaw) <= 90
    assert abs(one.pitch) <= 90


def test_a_small_or_turned_face_is_hard_to_read_and_a_large_frontal_one_is_not():
    easy = drawn.mesh(scale=100)
    assert head.held(easy, Pose(0, 0, 0)).hardships == {"small": 0, "aside": 0, "unsure": 0}
    hard = head.held(drawn.mesh(scale=15, sure=0.25), Pose(yaw=-70, roll=0, pitch=0))
    assert hard.hardships == {"small": pytest.approx(2), "aside": pytest.approx(0.5), "unsure": 0.75}


@pytest.mark.parametrize("wrong", [np.nan, np.inf])
def test_a_mesh_that_is_no_numbers_is_refused(wrong):
    points = drawn.mesh().points.copy()
    points[4, 1] = wrong
    with pytest.raises(ModelUnusable, match="not finite"):
        head.pose_of(Mesh(points, 1.0))


@pytest.mark.parametrize(
    ("change", "match"),
    [
        (lambda points: points * np.nan, "not finite"),
        (lambda points: points * 0, "both eyes in one place"),
        (lambda points: _moved(points, 33, 133), "an eye whose corners"),
        (lambda points: _moved(points, 362, 263), "an eye whose corners"),
    ],
)
def test_how_a_head_is_held_cannot_be_told_by_a_mesh_whose_eyes_have_no_extent(change, match):
    spoilt = Mesh(change(drawn.mesh().points.astype(np.float64)).astype(np.float32), 1.0)
    with pytest.raises(ModelUnusable, match=match):
        head.held(spoilt, Pose(0, 0, 0))


def _moved(points, one, to):
    """Return points of which one has been moved to where another is."""
    points[one] = points[to]
    return points


def test_a_mesh_without_extent_is_refused():
    with pytest.raises(ModelUnusable, match="on one line"):
        head.pose_of(Mesh(np.ones((468, 3), np.float32), 1.0))

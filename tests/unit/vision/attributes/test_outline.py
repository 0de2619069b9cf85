"""The 30 landmarks of a face of numbers."""

import numpy as np
import pytest

from recognizance.vision.attributes import outline

from . import drawn


def named(facing=drawn.AHEAD, width=400, height=300):
    mesh, pair = drawn.mesh(facing), drawn.pair(facing)
    filled = mesh.points.copy()
    filled[(filled == (200, 150, 0)).all(axis=1)] = 77  # points that the face of numbers lacks
    found = outline.of(type(mesh)(filled, 1.0), pair, width, height)
    return dict(zip(outline.ORDER, found, strict=True))


def test_there_are_thirty_and_the_first_two_are_the_pupils():
    assert len(outline.ORDER) == len(set(outline.ORDER)) == 30
    found = named()
    assert found["eye_left"] == found["left_pupil"]
    assert found["eye_right"] == found["right_pupil"]


def test_left_and_right_are_the_viewers():
    found = named()
    for left, right in (
        ("eye_left", "eye_right"),
        ("mouth_left", "mouth_right"),
        ("left_eye_left", "left_eye_right"),
        ("left_eye_right", "right_eye_left"),
        ("right_eye_left", "right_eye_right"),
        ("left_brow_left", "right_brow_right"),
    ):
        assert found[left].x < found[right].x


def test_up_is_above_down():
    found = named()
    for up, down in (("left_eye_up", "left_eye_down"), ("right_eye_up", "right_eye_down"), ("mouth_up", "mouth_down")):
        assert found[up].y < found[down].y
    assert found["eye_left"].y < found["nose"].y < found["mouth_left"].y


def test_landmarks_are_fractions_of_the_picture_and_may_leave_it():
    once, twice = named(), named(width=800, height=150)
    for name in outline.ORDER:
        assert (once[name].x, once[name].y) == pytest.approx((2 * twice[name].x, twice[name].y / 2), abs=1e-6)
    assert max(point.x for point in named(width=100).values()) > 1


def test_every_landmark_is_of_the_mesh_or_the_eyes_and_none_is_named_twice():
    eyes = {name for name in outline.ORDER if name.startswith(("eye_", "left_eye_", "right_eye_")) or "pupil" in name}
    assert set(outline.ORDER) == eyes | set(outline.OUTLINE)
    assert not eyes & set(outline.OUTLINE)
    assert all(0 <= at < 468 for points in outline.OUTLINE.values() for at in points)
    assert np.unique([at for points in outline.OUTLINE.values() for at in points]).size == sum(
        len(points) for points in outline.OUTLINE.values()
    )

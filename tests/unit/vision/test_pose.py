"""Poses of synthetic heads whose angles are known."""

import numpy as np
import pytest

from recognizance.values import Landmarks, Point, Pose
from recognizance.vision import pose

HEAD = np.array([(-0.5, -0.52, 0.0), (0.5, -0.52, 0.0), (0, 0.11, 0.47), (-0.4, 0.56, -0.02), (0.4, 0.56, -0.02)])
"""Another head than the one the solution is fitted with."""


def photographed(head, given, distance=12.0):
    """The five points in pixels as a camera at `distance` eye distances sees them."""
    turned = head @ pose.rotation_of(given).T
    return 60 * turned[:, :2] * (distance / (distance - turned[:, 2:])) + (200, 150)


@pytest.mark.parametrize("yaw", [-45, -30, -10, 0, 10, 30, 45])
@pytest.mark.parametrize("pitch", [-20, 0, 20])
@pytest.mark.parametrize("roll", [-60, 0, 25])
def test_a_head_of_another_shape_seen_by_a_camera_is_read_within_some_degrees(yaw, pitch, roll):
    found = pose.from_points(photographed(HEAD, Pose(yaw=yaw, roll=roll, pitch=pitch)))
    assert found.yaw == pytest.approx(yaw, abs=5)
    assert found.roll == pytest.approx(roll, abs=5)
    assert found.pitch == pytest.approx(pitch, abs=8)


def test_signs_are_rekognitions():
    nose_to_the_right = pose.from_points(np.array([[0, 0], [10, 0], [7, 5], [1, 11], [9, 11.0]]))
    assert nose_to_the_right.yaw > 10
    right_eye_lower = pose.from_points(np.array([[0, 0], [10, 2], [4, 6.5], [-2, 11], [6, 13.0]]))
    assert right_eye_lower.roll > 5
    nose_high = pose.from_points(np.array([[0, 0], [10, 0], [5, 3], [1, 11], [9, 11.0]]))
    nose_low = pose.from_points(np.array([[0, 0], [10, 0], [5, 8], [1, 11], [9, 11.0]]))
    assert nose_high.pitch > 5 > -5 > nose_low.pitch


@pytest.mark.parametrize("roll", [90, -90, 179, -135])
def test_a_head_on_its_side_or_upside_down_has_that_roll(roll):
    assert pose.from_points(photographed(HEAD, Pose(yaw=5, roll=roll, pitch=0))).roll == pytest.approx(roll, abs=2)


def test_the_shape_of_the_picture_does_not_matter():
    points = photographed(HEAD, Pose(yaw=20, roll=10, pitch=5))
    for width, height in ((640, 480), (480, 2000)):
        landmarks = Landmarks(*(Point(x / width, y / height) for x, y in points))
        assert pose.from_landmarks(landmarks, width, height).yaw == pytest.approx(pose.from_points(points).yaw)


def test_a_face_seen_from_behind_is_at_most_at_a_right_angle():
    swapped = pose.from_points(photographed(HEAD, Pose(yaw=0, roll=0, pitch=20))[[1, 0, 2, 4, 3]])
    assert -90 <= swapped.pitch <= 90
    assert -90 <= swapped.yaw <= 90


def test_points_on_one_line_have_no_pose():
    with pytest.raises(ValueError, match="should not lie on one line"):
        pose.from_points(np.array([[0, 0], [1, 1], [2, 2], [3, 3], [4, 4.0]]))

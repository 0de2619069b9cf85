"""Whatever the points: alignment undoes a similarity, poses mirror and turn, suppression leaves no overlap."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recognizance.values import Pose
from recognizance.vision import pose
from recognizance.vision.geometry import TEMPLATE, Found, overlaps, suppress, turned_back, umeyama

angles = st.floats(-179, 179)
scales = st.floats(0.05, 50)
shifts = st.floats(-5000, 5000)
noises = st.integers(0, 2**32 - 1).map(lambda seed: np.random.default_rng(seed).normal(size=(5, 2)))


def similarity(angle, scale, x, y):
    cosine, sine = scale * math.cos(math.radians(angle)), scale * math.sin(math.radians(angle))
    return np.array([[cosine, -sine, x], [sine, cosine, y]])


def by_singular_values(source, target):
    """Umeyama's own solution (1991, equations 39 to 43)."""
    s, t = source - source.mean(0), target - target.mean(0)
    left, values, right = np.linalg.svd(t.T @ s / len(s))
    signs = np.array([1.0, np.sign(np.linalg.det(left) * np.linalg.det(right))])
    turn = left @ np.diag(signs) @ right
    scale = (values * signs).sum() / (s**2).sum() * len(s)
    return np.column_stack([scale * turn, target.mean(0) - scale * turn @ source.mean(0)])


@given(angles, scales, shifts, shifts)
def test_alignment_finds_the_similarity_that_was_applied(angle, scale, x, y):
    matrix = similarity(angle, scale, x, y)
    template = np.array(TEMPLATE)
    moved = template @ matrix[:, :2].T + matrix[:, 2]
    found = umeyama(moved, template)
    assert moved @ found[:, :2].T + found[:, 2] == pytest.approx(template, abs=1e-6)


@given(noises, angles, scales)
def test_the_closed_form_is_umeyamas(noise, angle, scale):
    template = np.array(TEMPLATE)
    source = (template + 6 * noise) @ similarity(angle, scale, 0, 0)[:, :2].T
    expected = by_singular_values(source, template)
    assert umeyama(source, template) == pytest.approx(expected, rel=1e-6, abs=1e-6)


poses = st.builds(Pose, yaw=st.floats(-70, 70), roll=st.floats(-170, 170), pitch=st.floats(-60, 60))


def seen(given_pose, noise=0.0):
    """Five points of the face model, turned and seen from afar."""
    turned = np.array(pose.FACE) @ pose.rotation_of(given_pose).T
    return 80 * turned[:, :2] + (300, 200) + noise


@given(poses)
def test_a_pose_is_read_from_the_points_it_gives(given_pose):
    found = pose.from_points(seen(given_pose))
    assert (found.yaw, found.roll, found.pitch) == pytest.approx(
        (given_pose.yaw, given_pose.roll, given_pose.pitch), abs=0.01
    )


@given(poses, noises)
def test_the_mirror_image_has_the_opposite_yaw_and_roll_and_the_same_pitch(given_pose, noise):
    points = seen(given_pose, noise)
    mirrored = np.column_stack([1000 - points[:, 0], points[:, 1]])[[1, 0, 2, 4, 3]]
    one, other = pose.from_points(points), pose.from_points(mirrored)
    assert other.yaw == pytest.approx(-one.yaw, abs=1e-6)
    assert other.pitch == pytest.approx(one.pitch, abs=1e-6)
    assert math.remainder(other.roll + one.roll, 360) == pytest.approx(0, abs=1e-6)


@given(poses, noises, angles)
def test_turning_the_picture_adds_to_roll_alone(given_pose, noise, angle):
    points = seen(given_pose, noise)
    one, other = pose.from_points(points), pose.from_points(points @ similarity(angle, 1, 0, 0)[:, :2].T)
    assert (other.yaw, other.pitch) == pytest.approx((one.yaw, one.pitch), abs=1e-6)
    assert math.remainder(other.roll - one.roll - angle, 360) == pytest.approx(0, abs=1e-6)


boxes = st.lists(
    st.tuples(st.floats(-50, 500), st.floats(-50, 500), st.floats(1, 200), st.floats(1, 200), st.floats(0.01, 1)),
    max_size=40,
)


def candidates(rows):
    array = np.array(rows, float).reshape(-1, 5)
    ltrb = np.column_stack([array[:, :2], array[:, :2] + array[:, 2:4]])
    points = np.stack([ltrb[:, [0, 1]], ltrb[:, [2, 1]], ltrb[:, :2], ltrb[:, [0, 3]], ltrb[:, [2, 3]]], axis=1)
    return Found(ltrb, points, array[:, 4])


@given(boxes)
def test_what_suppression_leaves_does_not_overlap_and_silences_all_the_rest(rows):
    found = candidates(rows)
    kept = suppress(found, above=0.4, voting=1.1)
    shared = overlaps(kept.boxes, kept.boxes)
    np.fill_diagonal(shared, 0)
    assert (shared <= 0.4).all()
    assert (np.diff(kept.scores) <= 0).all()
    if len(found):
        assert (overlaps(found.boxes, kept.boxes).max(axis=1) > 0.4).all()


@given(boxes, st.integers(0, 3), st.integers(1, 2000), st.integers(1, 2000))
def test_four_quarter_turns_are_none(rows, quarters, width, height):
    found = candidates(rows)
    sides = (width, height) if quarters % 2 == 0 else (height, width)
    there_and_back = turned_back(turned_back(found, quarters, width, height), (4 - quarters) % 4, *sides)
    assert there_and_back.boxes == pytest.approx(found.boxes, abs=1e-6)
    assert there_and_back.points == pytest.approx(found.points, abs=1e-6)

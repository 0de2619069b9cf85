"""Eyes whose lids and gaze are known."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recognizance.errors import ModelUnusable
from recognizance.values import Mesh, Pose
from recognizance.vision.attributes import eyes

from . import drawn

sines = st.tuples(st.floats(-0.5, 0.5), st.floats(-0.4, 0.4))
facings = st.builds(Pose, yaw=st.floats(-40, 40), roll=st.floats(-90, 90), pitch=st.floats(-25, 25))


def test_lids_far_apart_are_open_eyes_and_lids_together_closed_ones():
    held = drawn.held()
    wide, shut = (eyes.open_of(drawn.pair(lids=lids, darker=dark), held) for lids, dark in ((0.35, 0.15), (0.05, 0.0)))
    assert wide.value
    assert wide.confidence > 95
    assert not shut.value
    assert shut.confidence > 95


@given(st.floats(0, 0.5), st.floats(0, 0.1))
def test_eyes_open_wider_are_likelier_open(lids, more):
    held = drawn.held()
    assert eyes.log_odds(drawn.pair(lids=lids + more), held) >= eyes.log_odds(drawn.pair(lids=lids), held) - 1e-6


@given(st.floats(0.05, 0.45), facings)
def test_less_is_said_of_eyes_in_a_face_of_few_pixels(lids, facing):
    large, small = (
        eyes.log_odds(drawn.pair(facing, lids=lids, scale=scale), drawn.held(facing, scale=scale))
        for scale in (120, 12)
    )
    assert abs(small) < abs(large) or abs(large) < 1e-3


@given(sines)
def test_a_gaze_is_where_the_pupils_are_on_their_eyeballs(sine):
    found = eyes.gaze_of(drawn.pair(gaze=sine), drawn.held())
    across, down = sine
    assert found.yaw == pytest.approx(math.degrees(math.asin(across / math.sqrt(1 - down**2))), abs=0.1)
    assert found.pitch == pytest.approx(-math.degrees(math.asin(down)), abs=0.1)


@given(sines, facings)
def test_a_mirrored_picture_has_the_gazes_yaw_of_the_other_sign_and_all_else_the_same(sine, facing):
    pair, mesh = drawn.pair(facing, gaze=sine), drawn.mesh(facing)
    found = eyes.gaze_of(pair, drawn.held_by(mesh))
    mirrored = eyes.gaze_of(drawn.mirrored_pair(pair, 400), drawn.held_by(drawn.mirrored(mesh, 400)))
    assert (mirrored.yaw, mirrored.pitch) == pytest.approx((-found.yaw, found.pitch), abs=0.2)
    assert mirrored.confidence == pytest.approx(found.confidence, abs=0.5)


@given(sines, facings, st.floats(-180, 180))
def test_turning_the_picture_turns_the_gaze_with_it_and_making_it_larger_changes_nothing(sine, facing, by):
    pair, mesh = drawn.pair(facing, gaze=sine), drawn.mesh(facing)
    found = eyes.gaze_of(pair, drawn.held_by(mesh))
    contours, irises = (2 * drawn.turned(part, by) for part in (pair.contours, pair.irises))
    other = drawn.held_by(Mesh(2 * drawn.turned(mesh.points, by), 1.0))
    turned = eyes.gaze_of(eyes.Eyes(contours, irises, pair.darker), other)
    before, after = _direction(found), _direction(turned)
    cosine, sine_of = math.cos(math.radians(by)), math.sin(math.radians(by))
    right = (before[0] * cosine - before[1] * sine_of, before[0] * sine_of + before[1] * cosine)
    assert after == pytest.approx(right, abs=0.01)


def _direction(gaze):
    """Return where a gaze points in the picture: to the right and down, as sines."""
    pitch = math.radians(gaze.pitch)
    return math.sin(math.radians(gaze.yaw)) * math.cos(pitch), -math.sin(pitch)


def test_who_looks_at_the_camera_with_the_head_turned_looks_at_the_camera():
    straight = eyes.gaze_of(drawn.pair(), drawn.held())
    facing = Pose(yaw=20, roll=0, pitch=0)
    assert (straight.yaw, straight.pitch) == pytest.approx((0, 0), abs=0.1)
    turned = eyes.gaze_of(drawn.pair(facing, gaze=(-math.sin(math.radians(20)), 0.0)), drawn.held(facing))
    assert turned.yaw == pytest.approx(0, abs=6)


@pytest.mark.parametrize("spoilt", [{"lids": 0.03}, {"darker": -0.02}])
def test_a_gaze_is_unsure_where_eyes_are_shut_or_do_not_show(spoilt):
    held = drawn.held()
    assert eyes.gaze_of(drawn.pair(**spoilt), held).confidence < eyes.gaze_of(drawn.pair(), held).confidence - 10


def test_eyes_that_look_apart_make_a_gaze_unsure():
    pair, held = drawn.pair(), drawn.held()
    crossed = pair.irises.copy()
    crossed[0, :, 0] += 4
    crossed[1, :, 0] -= 4
    apart = eyes.gaze_of(eyes.Eyes(pair.contours, crossed, pair.darker), held)
    assert apart.confidence < eyes.gaze_of(pair, held).confidence


def test_no_gaze_goes_further_than_eyes_turn():
    pair = drawn.pair()
    far = eyes.Eyes(pair.contours, pair.irises + np.float32([500, 0, 0]), pair.darker)
    assert 60 < eyes.gaze_of(far, drawn.held()).yaw < 80


def test_eyes_that_are_no_numbers_are_refused():
    pair = drawn.pair()
    with pytest.raises(ModelUnusable, match="without extent"):
        eyes.open_of(eyes.Eyes(pair.contours * np.nan, pair.irises, pair.darker), drawn.held())


def test_an_eye_is_cut_out_level_with_its_corners_and_the_viewers_right_one_mirrored():
    points = drawn.mesh(Pose(yaw=0, roll=30, pitch=0)).points
    for which, (outer, inner) in enumerate(eyes.CORNERS):
        matrix = eyes.square(points, which, 64)
        left, right = (points[at, :2] @ matrix[:, :2].T + matrix[:, 2] for at in (outer, inner))
        assert (left + right) / 2 == pytest.approx((32, 32), abs=0.01)
        assert right - left == pytest.approx((64 / eyes.ROOM, 0), abs=0.01)
        above = points[159 if which == 0 else 386, :2] @ matrix[:, :2].T + matrix[:, 2]
        assert above[1] < 32


def test_an_iris_darker_than_the_white_shows_and_none_shows_in_a_flat_square():
    pair = drawn.pair(scale=64 / eyes.ROOM / 0.33)
    matrix = eyes.square(drawn.mesh(scale=64 / eyes.ROOM / 0.33).points, 0, 64)
    contour, ring = pair.contours[0].copy(), np.zeros((5, 3), np.float32)
    contour[:, :2] = contour[:, :2] @ matrix[:, :2].T + matrix[:, 2]
    ring[:, :2] = np.array([(0, 0), (6, 0), (0, 6), (-6, 0), (0, -6)]) + 32

    class Eye:
        pass

    eye = Eye()
    eye.contour, eye.iris = contour, ring
    down, across = np.mgrid[0:64, 0:64] + 0.5
    crop = np.full((64, 64, 3), 220, np.uint8)
    assert eyes.darkness(crop, eye) == 0
    crop[np.hypot(down - 32, across - 32) < 6] = 40
    assert eyes.darkness(crop, eye) == pytest.approx(180 / 255, abs=0.05)

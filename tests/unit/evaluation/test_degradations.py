"""Each way to make a picture worse does what it says, by as much as it says, wherever the face is."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image
from tests import pictures

from recognizance.evaluation.protocols.degradations import FACE, GREY, KINDS, encoded, named, unit
from recognizance.vision.geometry import TEMPLATE
from recognizance.vision.quality import LIGHT

BY_NAME = {kind.name: kind for kind in KINDS}
TWICE = np.asarray(TEMPLATE) * 2 + 20  # a face of 70 pixels between the eyes, upright
PICTURE = pictures.smooth(300, 300)


def made(name, level, pixels=PICTURE, points=TWICE, seed=1):
    return BY_NAME[name].degrade(pixels, points, level, np.random.default_rng(seed))


def upright_again(worse, points):
    """Return where the points are in the worse picture."""
    return points @ worse.moved[:, :2].T + worse.moved[:, 2]


def test_a_unit_is_the_distance_between_the_eyes_however_the_head_is_turned():
    assert unit(TWICE) == pytest.approx(70.48, abs=0.05)
    turned = np.array([[0.0, -1.0], [1.0, 0.0]])
    assert unit(TWICE @ turned.T) == pytest.approx(unit(TWICE))


def test_stops_double_and_halve_the_light():
    grey = np.full((100, 100, 3), 100, np.uint8)
    for stops in (-2, -1, 1):
        value = int(made("dark" if stops < 0 else "bright", stops, grey).pixels[0, 0, 0])
        assert LIGHT[value] / LIGHT[100] == pytest.approx(2.0**stops, rel=0.05)
    assert made("bright", 6, grey).pixels.min() == 255


def test_contrast_that_is_lost_is_lost_about_mid_grey():
    pixels = np.array([[[28, 128, 228]]], np.uint8)
    assert made("contrast", 0.5, pixels).pixels.tolist() == [[[78, GREY, 178]]]


@pytest.mark.parametrize("name", ["blur", "motion"])
def test_blur_keeps_the_light_and_takes_the_detail(name):
    grain = pictures.noise(200, 200)
    mild, bad = (made(name, level, grain).pixels for level in (BY_NAME[name].levels[0], BY_NAME[name].levels[-1]))
    assert bad.mean() == pytest.approx(grain.mean(), abs=1.5)
    assert bad.std() < mild.std() < grain.std()


def test_blur_is_as_wide_as_it_says_whatever_the_size_of_the_face():
    for scale in (1, 2):
        dot = np.zeros((401, 401, 3), np.uint8)
        dot[200, 200] = 255
        dot = np.repeat(dot[:, 200:201], 401, axis=1)  # a line, whose blur is that of one direction
        profile = made("blur", 0.1, dot, np.asarray(TEMPLATE) * scale).pixels[:, 200, 0].astype(float)
        places = np.arange(401) - 200
        deviation = np.sqrt((profile * places**2).sum() / profile.sum())
        assert deviation == pytest.approx(0.1 * 35.24 * scale, rel=0.1)


def test_motion_goes_one_way_and_as_far_as_it_says():
    dot = np.zeros((201, 201, 3), np.uint8)
    dot[100, 100] = 255
    seen = np.argwhere(made("motion", 0.5, dot).pixels[..., 0] > 0)
    reach = np.hypot(*(seen.max(axis=0) - seen.min(axis=0)))
    assert reach == pytest.approx(0.5 * 70.48, abs=3)


def test_noise_is_as_strong_as_it_says_and_coarser_in_a_larger_picture():
    grey = np.full((300, 300, 3), GREY, np.uint8)
    small = made("noise", 10, grey, np.asarray(TEMPLATE)).pixels.astype(float)
    large = made("noise", 10, grey, np.asarray(TEMPLATE) * 4).pixels.astype(float)
    assert small.std() == pytest.approx(10, rel=0.03)
    assert large.std() == pytest.approx(10, rel=0.1)
    assert np.mean(small[:, 1:] == small[:, :-1]) < 0.1
    assert np.mean(large[:, 1:] == large[:, :-1]) > 0.6


def test_a_small_face_has_so_many_pixels_between_the_eyes_in_a_picture_of_the_same_size():
    worse = made("size", 16)
    assert worse.pixels.shape == PICTURE.shape
    eyes = upright_again(worse, TWICE)
    assert np.hypot(*(eyes[1] - eyes[0])) == pytest.approx(16, rel=0.02)
    assert (worse.pixels[0, 0] == GREY).all()
    assert made("size", 80) is None


def test_compression_is_left_to_the_file():
    worse = made("jpeg", 30)
    assert (worse.pixels == PICTURE).all()
    assert encoded(worse).startswith(b"\xff\xd8")
    assert len(encoded(made("jpeg", 5))) < len(encoded(worse))


def test_what_loses_nothing_is_kept_whole():
    worse = made("contrast", 0.5)
    again = np.asarray(Image.open(io.BytesIO(encoded(worse))))
    assert (again == worse.pixels).all()


def test_a_turned_picture_holds_all_of_itself_and_its_points():
    quarter = made("rotation", 90, pictures.quarters(160, 120))
    assert quarter.pixels.shape == (160, 120, 3)
    assert quarter.pixels[10, 110].tolist() == [220, 20, 20]  # what was left is on top, what was on top is right
    tilted = made("rotation", 30)
    first, second = upright_again(tilted, TWICE)[:2]
    assert np.degrees(np.arctan2(*(second - first)[::-1])) == pytest.approx(30, abs=0.5)
    height, width = tilted.pixels.shape[:2]
    corners = np.array([[0, 0], [300, 0], [0, 300], [300, 300]]) @ tilted.moved[:, :2].T + tilted.moved[:, 2]
    assert corners.min() >= -1e-6
    assert (corners <= [width + 1e-6, height + 1e-6]).all()


@pytest.mark.parametrize(
    ("name", "share", "covered", "free"),
    [("glasses", 0.2, (0, 1), (2, 3, 4)), ("mask", 0.3, (3, 4), (0, 1)), ("side", 0.4, (0, 3), (1, 4))],
)
def test_what_is_covered_is_painted_over_and_the_rest_is_as_it_was(name, share, covered, free):
    worse = made(name, share)
    for point in covered:
        column, row = TWICE[point].astype(int)
        assert (worse.pixels[row, column] != PICTURE[row, column]).any()
    for point in free:
        column, row = TWICE[point].astype(int)
        assert (worse.pixels[row, column] == PICTURE[row, column]).all()
    changed = (worse.pixels != PICTURE).any(axis=-1).sum()
    left, top, right, bottom = FACE
    assert changed == pytest.approx(share * 4 * (right - left) * (bottom - top), rel=0.05)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_no_kind_changes_the_picture_it_is_given_and_all_are_the_same_again(kind):
    before = PICTURE.copy()
    for level in kind.levels:
        one, again = (kind.degrade(PICTURE, TWICE, level, np.random.default_rng(3)) for _ in range(2))
        assert one is not None
        assert (one.pixels == again.pixels).all()
        assert one.pixels.dtype == np.uint8
        assert encoded(one) == encoded(again)
    assert (before == PICTURE).all()
    assert 4 <= len(kind.levels) <= 6


def test_names_of_several_kinds_stand_for_each_of_them():
    assert [kind.name for kind in named(["occlusion", "blur", "mask"])] == ["blur", "glasses", "mask", "side"]
    with pytest.raises(ValueError, match="there is no way 'fog'"):
        named(["fog"])

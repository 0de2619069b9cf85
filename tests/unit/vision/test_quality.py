"""Brightness and sharpness of drawn faces, made worse in known ways; and the bars of the quality filter."""

import itertools
import math
from dataclasses import replace

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recognizance.values import Box, Face, Image, Landmarks, Mesh, Point, Pose, Quality
from recognizance.vision import quality
from recognizance.vision.geometry import TEMPLATE, points_of
from recognizance.vision.quality import failings


def drawn(seed=0):
    """A crop of 112 x 112 with the edges of a face: eyes, brows, nose, mouth, hair and some texture."""
    random = np.random.default_rng(seed)
    large = np.full((448, 448, 3), (200, 160, 140), np.uint8)
    shade = cv2.GaussianBlur(random.normal(0, 60, (448, 448)).astype(np.float32), (0, 0), 12)
    large = np.clip(large + 20 * shade[..., None], 0, 255).astype(np.uint8)
    for x in (153, 294):
        cv2.ellipse(large, (x, 207), (34, 16), 0, 0, 360, (245, 245, 240), -1)
        cv2.circle(large, (x, 207), 14, (40, 30, 20), -1)
        cv2.line(large, (x - 40, 172), (x + 40, 166), (60, 40, 30), 9)
    cv2.line(large, (224, 220), (210, 290), (150, 110, 95), 6)
    cv2.ellipse(large, (224, 370), (62, 17), 0, 0, 360, (150, 60, 60), -1)
    for hair in range(60):
        x = int(random.integers(0, 448))
        cv2.line(large, (x, 0), (x + int(random.integers(-30, 30)), 100 + hair), (50, 35, 25), 3)
    return cv2.resize(large, (112, 112), interpolation=cv2.INTER_AREA)


def motion(crop, length, angle):
    kernel = np.zeros((length, length), np.float32)
    for step in np.linspace(-(length - 1) / 2, (length - 1) / 2, 8 * length):
        across, down = step * math.cos(angle), step * math.sin(angle)
        kernel[round((length - 1) / 2 + down), round((length - 1) / 2 + across)] += 1
    return cv2.filter2D(crop, -1, kernel / kernel.sum())


def shrunk_and_enlarged(crop, side):
    small = cv2.resize(crop, (side, side), interpolation=cv2.INTER_AREA)
    return cv2.resize(small, (112, 112), interpolation=cv2.INTER_LINEAR)


def noisy(crop, strength, seed=1):
    noise = np.random.default_rng(seed).normal(0, strength, crop.shape)
    return np.clip(crop + noise, 0, 255).astype(np.uint8)


seeds = st.integers(0, 10_000)
few = settings(max_examples=25, deadline=None)


@few
@given(seeds)
def test_the_more_blurred_the_less_sharp(seed):
    crop = drawn(seed)
    values = [
        quality.sharpness(crop),
        *(quality.sharpness(cv2.GaussianBlur(crop, (0, 0), s)) for s in (0.8, 1.6, 3, 5)),
    ]
    assert values == sorted(values, reverse=True)
    assert values[0] > values[-1] + 20


@few
@given(seeds)
def test_a_face_enlarged_from_fewer_pixels_is_less_sharp(seed):
    values = [quality.sharpness(shrunk_and_enlarged(drawn(seed), side)) for side in (112, 56, 28, 14)]
    assert values == sorted(values, reverse=True)


@few
@given(seeds, st.floats(0, math.pi))
def test_motion_in_any_direction_takes_sharpness(seed, angle):
    crop = drawn(seed)
    values = [quality.sharpness(motion(crop, length, angle)) for length in (1, 5, 11)]
    assert values == sorted(values, reverse=True)


@few
@given(seeds, st.floats(2, 25))
def test_noise_is_not_sharpness(seed, strength):
    blurred = cv2.GaussianBlur(drawn(seed), (0, 0), 3)
    assert quality.sharpness(noisy(blurred, strength)) < quality.sharpness(blurred) + 10


@few
@given(seeds, st.floats(0.3, 1))
def test_sharpness_does_not_depend_on_light(seed, share):
    crop = drawn(seed)
    darker = (crop * share).astype(np.uint8)
    assert quality.sharpness(darker) == pytest.approx(quality.sharpness(crop), abs=10)


@few
@given(seeds, st.floats(0.1, 0.9))
def test_the_darker_the_less_bright(seed, share):
    crop = drawn(seed)
    assert quality.brightness((crop * share).astype(np.uint8)) < quality.brightness(crop)


def test_black_white_and_middle_grey_are_0_100_and_half_way():
    values = [quality.brightness(np.full((112, 112, 3), value, np.uint8)) for value in (0, 119, 255)]
    assert values == [0, pytest.approx(50, abs=0.5), pytest.approx(100)]


@pytest.mark.parametrize("value", [0, 128, 255])
def test_a_crop_without_any_edge_is_not_sharp(value):
    assert quality.sharpness(np.full((112, 112, 3), value, np.uint8)) < 1


def test_both_numbers_stay_between_0_and_100():
    for crop in (np.random.default_rng(0).integers(0, 256, (112, 112, 3), np.uint8), drawn()):
        measured = quality.measure(crop)
        assert 0 <= measured.brightness <= 100
        assert 0 <= measured.sharpness <= 100


IMAGE = Image(np.zeros((1000, 1000, 3), np.uint8), "0" * 64)
GOOD = {"confidence": 99.9, "size": 0.3, "yaw": 0.0, "pitch": 0.0, "brightness": 60.0, "sharpness": 90.0}


def face(**changes):
    said = GOOD | changes
    point = Point(0.5, 0.5)
    return Face(
        box=Box(0.1, 0.1, said["size"], said["size"]),
        landmarks=Landmarks(point, point, point, point, point),
        confidence=said["confidence"],
        pose=Pose(said["yaw"], 180.0, said["pitch"]),
        quality=Quality(said["brightness"], said["sharpness"]),
    )


@pytest.mark.parametrize("bar", ["NONE", "AUTO", "LOW", "MEDIUM", "HIGH"])
def test_a_good_face_passes_every_bar_however_it_leans(bar):
    assert failings(face(), bar, IMAGE) == []


@pytest.mark.parametrize("bar", ["AUTO", "LOW", "MEDIUM", "HIGH"])
@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"yaw": -85.0}, "EXTREME_POSE"),
        ({"pitch": 80.0}, "EXTREME_POSE"),
        ({"brightness": 1.5}, "LOW_BRIGHTNESS"),
        ({"sharpness": 1.0}, "LOW_SHARPNESS"),
        ({"confidence": 60.0}, "LOW_CONFIDENCE"),
        ({"size": 0.01}, "SMALL_BOUNDING_BOX"),
        ({"brightness": 99.5}, "LOW_FACE_QUALITY"),
    ],
)
def test_each_fault_has_its_reason(bar, changes, reason):
    assert failings(face(**changes), bar, IMAGE) == [reason]
    assert failings(face(**changes), "NONE", IMAGE) == []


@pytest.mark.parametrize("bar", ["AUTO", "LOW", "MEDIUM", "HIGH"])
def test_a_score_that_is_no_probability_is_no_reason(bar):
    assert failings(replace(face(confidence=60.0), calibrated=False), bar, IMAGE) == []
    assert failings(replace(face(confidence=60.0, yaw=-85.0), calibrated=False), bar, IMAGE) == ["EXTREME_POSE"]


def test_several_faults_have_several_reasons():
    assert failings(face(brightness=1.0, sharpness=0.0), "LOW", IMAGE) == ["LOW_BRIGHTNESS", "LOW_SHARPNESS"]


def test_a_higher_bar_lets_no_face_pass_that_a_lower_one_keeps_out():
    bars = [quality.BARS[name] for name in ("LOW", "MEDIUM", "HIGH")]
    for lower, higher in itertools.pairwise(bars):
        assert lower.confidence < higher.confidence
        assert lower.size < higher.size
        assert lower.yaw > higher.yaw
        assert lower.pitch > higher.pitch
        assert lower.brightness < higher.brightness
        assert lower.glare > higher.glare
        assert lower.sharpness < higher.sharpness
        assert lower.sure < higher.sure
        assert lower.apart > higher.apart


PLACES = np.asarray(TEMPLATE) * 4 + 200
"""Five points of an upright face with 141 pixels between the eyes."""


def meshed(sure=1.0, off=(0.0, 0.0), turn=0.0):
    """A good face whose mesh has its parts where they usually are, moved by `off` eye distances; turned by degrees."""
    mesh = np.zeros((468, 3), np.float32)
    for part, place, usual in zip(quality.PARTS, PLACES, quality.USUAL, strict=True):
        mesh[list(part), :2] = place + 4 * 35.24 * (np.asarray(usual) + off)
    angle = math.radians(turn)
    rotation = np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
    mesh[:, :2] = (mesh[:, :2] - 500) @ rotation.T + 500
    five = (PLACES - 500) @ rotation.T + 500
    landmarks = Landmarks(*(Point(x / 1000, y / 1000) for x, y in five))
    return replace(face(), landmarks=landmarks, mesh=Mesh(mesh, sure))


@pytest.mark.parametrize("bar", ["AUTO", "LOW", "MEDIUM", "HIGH"])
def test_a_mesh_that_agrees_with_the_five_points_is_no_fault_however_the_face_leans(bar):
    for turn in (0.0, 40.0, 180.0):
        assert failings(meshed(turn=turn), bar, IMAGE) == []


@pytest.mark.parametrize("bar", ["AUTO", "LOW", "MEDIUM", "HIGH"])
@pytest.mark.parametrize("changes", [{"sure": 0.01}, {"off": (0.3, 0.25)}, {"off": (0.3, 0.25), "turn": 90.0}])
def test_a_mesh_that_is_unsure_or_elsewhere_is_a_lack_of_detail(bar, changes):
    assert failings(meshed(**changes), bar, IMAGE) == ["LOW_FACE_QUALITY"]
    assert failings(meshed(**changes), "NONE", IMAGE) == []


def test_how_far_apart_they_are_is_in_distances_between_the_eyes():
    one = meshed(off=(0.12, -0.05), turn=30.0)
    five = points_of(one.landmarks, 1000, 1000)
    assert quality.apart(one.mesh, five) == pytest.approx(0.13, abs=1e-3)


def test_an_unknown_bar_is_an_error():
    with pytest.raises(KeyError, match="ALL"):
        failings(face(), "ALL", IMAGE)

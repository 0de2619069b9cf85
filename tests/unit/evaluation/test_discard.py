"""What is gained by leaving out the worst faces, on qualities whose worth is known."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recognizance.evaluation.protocols import discard
from recognizance.evaluation.protocols.discard import curve, measures, strictness
from recognizance.values import Box, Face, Image, Landmarks, Mesh, Point, Pose, Quality
from recognizance.vision.geometry import TEMPLATE
from recognizance.vision.quality import BARS, failings

IMAGE = Image(np.zeros((1000, 1000, 3), np.uint8), "0" * 64)
FIVE = np.asarray(TEMPLATE) * 4 + 200


def face(confidence, size, yaw, brightness, sharpness, sure):
    landmarks = Landmarks(*(Point(x / 1000, y / 1000) for x, y in FIVE))
    points = np.zeros((468, 3), np.float32)
    for part, place in zip(((33, 133, 159, 145), (263, 362, 386, 374), (1,), (61,), (291,)), FIVE, strict=True):
        points[list(part), :2] = place
    return Face(
        Box(0.1, 0.1, size / 1000, size / 1000), landmarks, confidence, Pose(yaw, 0, 0),
        Quality(brightness, sharpness), mesh=Mesh(points, sure),
    )  # fmt: skip


def test_a_quality_that_knows_who_is_missed_leaves_none_of_them():
    missed = np.array([True] * 20 + [False] * 80)
    people = np.arange(100)
    points = curve(np.where(missed, 0.0, 1.0), missed, people, [0, 0.1, 0.2, 0.5])
    assert [one.discarded for one in points] == pytest.approx([0, 0.1, 0.2, 0.5])
    assert [one.missed.count for one in points] == [20, 10, 0, 0]


def test_a_quality_that_says_nothing_leaves_the_rate_as_it_is():
    random = np.random.default_rng(1)
    missed = random.random(4000) < 0.2
    points = curve(random.random(4000), missed, np.arange(4000), [0, 0.3, 0.6])
    assert [one.missed.value for one in points] == pytest.approx([0.2] * 3, abs=0.03)


def test_shares_rise_and_leave_something():
    for shares in ([0.2, 0.1], [0, 1.0]):
        with pytest.raises(ValueError, match="shares rise"):
            curve(np.zeros(3), np.zeros(3, bool), np.arange(3), shares)


faces = st.builds(
    face,
    st.floats(50, 100), st.floats(5, 300), st.floats(-90, 90), st.floats(0, 100), st.floats(0, 100), st.floats(0, 1),
)  # fmt: skip


@given(st.lists(faces, min_size=1, max_size=8))
def test_a_face_passes_the_bars_that_are_no_stricter_than_it_bears(several):
    levels = strictness(measures([(one, IMAGE) for one in several]))
    for one, level in zip(several, levels, strict=True):
        for number, bar in enumerate(discard.STEPS, 1):
            if abs(level - number) > 1e-6:
                assert (failings(one, bar, IMAGE) == []) == (level > number)


def test_the_bars_of_the_filter_are_the_steps_of_strictness():
    assert all(BARS[name] is not None for name in discard.STEPS)
    better = strictness(measures([(face(99.9, 200, 0, 50, 95, 0.999999), IMAGE)]))
    worse = strictness(measures([(face(99.9, 200, 0, 50, 20, 0.999999), IMAGE)]))
    assert worse[0] < 3 < better[0] <= 4

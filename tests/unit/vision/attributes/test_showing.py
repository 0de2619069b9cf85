from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.vision.attributes.faces import face

from recognizance.values import Ages, Landmarks, Point, Quality
from recognizance.vision.attributes import showing


def of(points=showing.ALL, scale=1.0, width=400, height=300, light=60.0, right=0.0):
    """Return how much shows of a face whose eyes are 40 pixels apart, made smaller and moved to the right."""

    placed = {"eye_left": (100, 100), "eye_right": (140, 100), "nose": (120, 122), "mouth_left": (105, 145),
              "mouth_right": (135, 145)}  # fmt: skip
    points_of = {name: Point(((x - 120) * scale + 120 + right) / width, ((y - 120) * scale + 120) / height)
                 for name, (x, y) in placed.items()}  # fmt: skip
    one = replace(face(), landmarks=Landmarks(**points_of), quality=Quality(brightness=light, sharpness=80.0))
    return showing.of(one, width, height).share(points)


def test_all_of_a_face_that_is_large_lit_and_in_the_picture_shows():
    assert of() == 1.0


@pytest.mark.parametrize("bad", [{"scale": 0.05}, {"light": 1.0}, {"light": 99.5}, {"right": 400.0}])
def test_of_a_face_of_a_pixel_in_the_dark_in_the_glare_or_beyond_the_frame_nothing_shows(bad):
    assert of(**bad) == 0.0


@given(st.floats(0.02, 1), st.floats(0.02, 1))
def test_a_smaller_face_never_shows_more(one, other):
    smaller, larger = sorted((one, other))
    assert of(scale=smaller) <= of(scale=larger)


def test_half_a_face_at_the_frame_hides_what_lies_beyond_it_only():
    assert of(showing.EYES, right=270.0) == 0.0  # the right eye is beyond the frame
    assert of((0,), right=270.0) == 1.0
    assert of(showing.NONE, right=400.0) == 1.0


def test_a_range_of_ages_reaches_further_the_less_shows():
    assert showing.wider(Ages(30, 40), 1.0) == Ages(30, 40)
    assert showing.wider(Ages(30, 40), 0.0) == Ages(5, 65)
    assert showing.wider(Ages(2, 100), 0.0) == Ages(0, 110)


def test_the_more_of_a_face_lies_beyond_the_frame_the_less_is_said_of_it():
    said = [showing.uncut(cut) for cut in (0.0, 0.15, 0.2, 0.3, 0.4, 0.9)]
    assert (said[0], said[1], said[-2], said[-1]) == (1.0, 1.0, 0.0, 0.0)
    assert said == sorted(said, reverse=True)

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.vision.attributes.faces import PIXELS, Says, face

from recognizance.vision.attributes import features
from recognizance.vision.geometry import align


def test_each_face_is_looked_at_aligned_and_all_in_one_run():
    model = Says(112, lambda crop: np.full((4, 2, 2), crop.mean()))
    both = [face(), face(at=(100, 50))]
    found = features.of(PIXELS, both, model)
    assert found.shape == (2, 4, 2, 2)
    assert model.batches == [2]
    assert found[1, 0, 0, 0] == np.float32(align(PIXELS, both[1].landmarks, 112).mean())


def test_no_faces_have_no_features():
    assert len(features.of(PIXELS, [], Says(112, np.zeros((4, 2, 2))))) == 0


def test_a_large_sharp_bright_face_inside_the_picture_is_easy_to_read():
    seen = features.sighting(face(sharpness=100.0), 240, 200)
    np.testing.assert_allclose(seen.numbers, 0, atol=1e-6)


def test_a_face_of_half_the_size_is_harder_by_one():
    assert np.isclose(features.sighting(face(size=0.5), 240, 200).small, 1)


def test_what_is_unsharp_or_dark_is_said():
    seen = features.sighting(face(sharpness=30.0, brightness=15.0), 240, 200)
    assert np.isclose(seen.blurred, 0.7)
    assert np.isclose(seen.dark, 0.25)


def test_half_a_face_outside_the_picture_is_said():
    inside, half = (features.sighting(face(at=(x, 40)), 240, 200).cut for x in (60, -56))
    assert inside == 0
    assert 0.4 <= half <= 0.6


@given(st.floats(-180, 180), st.floats(0.3, 1.5))
def test_turning_a_face_in_the_picture_makes_it_no_harder(degrees, size):
    seen = features.sighting(face(size=size, turned=degrees, width=2000, height=2000, at=(900, 900)), 2000, 2000)
    assert seen.askew < 1e-6
    assert seen.cut == 0


def test_a_face_that_looks_aside_is_askew():
    one = face()
    points = one.landmarks
    aside = type(points)(
        points.eye_left, points.eye_right, type(points.nose)(points.nose.x + 0.06, points.nose.y),
        points.mouth_left, points.mouth_right,
    )  # fmt: skip
    turned = type(one)(one.box, aside, 99.0, one.pose, one.quality)
    assert features.sighting(turned, 240, 200).askew > 0.3

"""What the frame cuts off."""

import numpy as np
import pytest

from recognizance.values import Judgement, Mesh
from recognizance.vision.attributes import occlusion

from . import drawn

FREE = Judgement(value=False, confidence=98.0)


def test_a_face_within_the_picture_is_covered_as_far_as_it_looks_covered():
    for looks in (FREE, Judgement(value=True, confidence=90.0)):
        said = occlusion.of(looks, drawn.mesh(), 400, 300)
        assert (said.value, said.confidence) == (looks.value, pytest.approx(looks.confidence))


@pytest.mark.parametrize(
    ("at", "size"), [((10.0, 150.0), (400, 300)), ((200.0, -20.0), (400, 300)), ((200, 150), (400, 190))]
)
def test_an_eye_or_a_mouth_beyond_the_frame_is_cut_off(at, size):
    said = occlusion.of(FREE, drawn.mesh(at=at), *size)
    assert said.value
    assert said.confidence > 95


def test_of_a_part_that_is_cut_a_little_it_is_uncertain():
    mesh = drawn.mesh()
    corner = mesh.points[263, 0]
    said = occlusion.of(FREE, mesh, int(corner) - 2, 300)
    assert 0.3 < said.probability < 0.7


def test_one_part_beyond_the_frame_is_enough_for_a_face_not_to_show_and_a_cheek_is_no_part():
    mesh = drawn.mesh(at=(200.0, 150.0))
    assert occlusion.shown(mesh, 400, 190) == 0  # the mouth alone lies below
    assert occlusion.shown(mesh, 400, 300) == 1
    left = min(mesh.points[point, 0] for part in occlusion.PARTS for point in part)
    assert mesh.points[234, 0] < left - 10
    assert occlusion.shown(Mesh(mesh.points - np.float32((left - 1, 0, 0)), 1.0), 400, 300) == 1

import numpy as np
import pytest
from tests.unit.vision.attributes.faces import PIXELS, Says, face

from recognizance.values import Gender
from recognizance.vision.attributes import gender
from recognizance.vision.attributes.features import Sighting

EASY = Sighting(0.0, 0.0, 0.0, 0.0, 0.0)


def test_a_sure_model_moves_the_answer_its_way():
    said = [
        gender.of(PIXELS, [face()], Says(32, shares), np.zeros(1), [EASY])[0]
        for shares in ([1 - 1e-9, 1e-9], [0.5, 0.5], [1e-9, 1 - 1e-9])
    ]
    female = [one.confidence if one.gender is Gender.FEMALE else 100 - one.confidence for one in said]
    assert female[0] > female[1] > female[2]
    assert all(50 <= one.confidence <= 100 for one in said)


def test_a_sure_head_moves_the_answer_its_way_and_less_so_of_a_face_that_is_hard_to_read():
    hard = Sighting(0.0, 1.0, 0.0, 0.0, 0.0)
    said = [
        gender.of(PIXELS, [face()], Says(32, [0.5, 0.5]), np.array([head]), [seen])[0]
        for head, seen in ((0.5, EASY), (0.5, hard), (-0.5, EASY))
    ]
    assert [one.gender for one in said] == [Gender.FEMALE, Gender.FEMALE, Gender.MALE]
    assert said[1].confidence < said[0].confidence - 1


def test_all_faces_go_through_the_model_at_once_and_keep_their_order():
    model = Says(32, lambda chip: [chip.mean() / 255, 1 - chip.mean() / 255])
    faces = [face(), face(at=(100, 60)), face(size=0.6)]
    together = gender.of(PIXELS, faces, model, np.zeros(3), [EASY] * 3)
    assert model.batches == [3]
    alone = gender.of(PIXELS, faces[1:2], model, np.zeros(1), [EASY])
    assert together[1].confidence == pytest.approx(alone[0].confidence, abs=1e-4)


def test_a_model_that_is_certain_gives_finite_odds():
    assert np.isfinite(gender.log_odds(PIXELS, [face()], Says(32, [1.0, 0.0]))).all()


def test_no_faces_have_no_presentation():
    assert gender.of(PIXELS, [], Says(32, [0.5, 0.5]), np.zeros(0), []) == []

import numpy as np
import pytest
from tests.unit.vision.attributes.faces import PIXELS, Says, face, planes

from recognizance.values import Gender
from recognizance.vision.attributes import gender
from recognizance.vision.attributes.features import Sighting

EASY = Sighting(0.0, 0.0, 0.0, 0.0, 0.0)


def test_a_sure_model_moves_the_answer_its_way():
    said = [
        gender.of(PIXELS, [face()], Says(32, shares), planes(), [EASY])[0]
        for shares in ([1 - 1e-9, 1e-9], [0.5, 0.5], [1e-9, 1 - 1e-9])
    ]
    female = [one.confidence if one.gender is Gender.FEMALE else 100 - one.confidence for one in said]
    assert female[0] > female[1] > female[2]
    assert all(50 <= one.confidence <= 100 for one in said)


def test_all_faces_go_through_the_model_at_once_and_keep_their_order():
    model = Says(32, lambda chip: [chip.mean() / 255, 1 - chip.mean() / 255])
    faces = [face(), face(at=(100, 60)), face(size=0.6)]
    together = gender.of(PIXELS, faces, model, planes(3), [EASY] * 3)
    assert model.batches == [3]
    alone = gender.of(PIXELS, faces[1:2], model, planes(3)[1:2], [EASY])
    assert together[1].confidence == pytest.approx(alone[0].confidence, abs=1e-4)


def test_a_model_that_is_certain_gives_finite_odds():
    assert np.isfinite(gender.log_odds(PIXELS, [face()], Says(32, [1.0, 0.0]))).all()


def test_no_faces_have_no_presentation():
    assert gender.of(PIXELS, [], Says(32, [0.5, 0.5]), np.zeros((0, 0, 0, 0), np.float32), []) == []

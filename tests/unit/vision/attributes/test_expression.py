import numpy as np
import pytest
from tests.unit.vision.attributes.faces import PIXELS, Says, face

from recognizance.values import Expression
from recognizance.vision.attributes import expression
from recognizance.vision.attributes.features import Sighting

EASY = Sighting(0.0, 0.0, 0.0, 0.0, 0.0)
HARD = Sighting(4.0, 1.0, 0.4, 3.0, 0.8)


def mostly(shown, share=0.9):
    shares = np.full(7, (1 - share) / 6, np.float32)
    shares[expression.ORDER.index(shown)] = share
    return shares


@pytest.mark.parametrize("shown", expression.ORDER)
def test_what_the_model_sees_clearly_comes_first(shown):
    told = expression.told(mostly(shown), 0.97 if shown is Expression.HAPPY else 0.03, EASY)
    assert told[0][0] is shown
    assert {one for one, _ in told} == set(Expression)
    scores = [score for _, score in told]
    assert scores == sorted(scores, reverse=True)
    assert all(0 <= score <= 100 for score in scores)


def test_a_clear_smile_is_happy_even_where_the_model_doubts():
    assert expression.told(mostly(Expression.CALM, 0.6), 0.99, EASY)[0][0] is Expression.HAPPY


def test_scores_say_less_of_a_face_that_is_hard_to_read():
    easy, hard = (dict(expression.told(mostly(Expression.ANGRY), 0.02, one)) for one in (EASY, HARD))
    assert abs(hard[Expression.ANGRY] - 50) <= abs(easy[Expression.ANGRY] - 50)


def test_a_face_is_seen_in_two_cuts_each_with_its_mirror_image():
    model = Says(64, mostly(Expression.SAD))
    found = expression.of(PIXELS, [face(), face(at=(90, 50))], model, [0.1, 0.1], [EASY, EASY])
    assert model.batches == [8]
    assert [one[0][0] for one in found] == [Expression.SAD] * 2


def test_no_faces_show_nothing():
    assert expression.of(PIXELS, [], Says(64, mostly(Expression.SAD)), [], []) == []

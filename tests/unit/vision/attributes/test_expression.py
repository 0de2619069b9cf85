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


def told(shares, smile, sighting, showing=1.0):
    """Return what is told of one face of which the model says this."""
    model = Says(64, shares)
    return expression.of(PIXELS, [face()], model, [smile], [sighting], [showing])[0]


@pytest.mark.parametrize("shown", expression.ORDER)
def test_what_the_model_sees_clearly_comes_first(shown):
    found = told(mostly(shown), 0.97 if shown is Expression.HAPPY else 0.03, EASY)
    assert found[0][0] is shown
    assert {one for one, _ in found} == set(Expression)
    scores = [score for _, score in found]
    assert scores == sorted(scores, reverse=True)
    assert sum(scores) == pytest.approx(100)


def test_a_clear_smile_is_happy_even_where_the_model_doubts():
    assert told(mostly(Expression.CALM, 0.6), 0.99, EASY)[0][0] is Expression.HAPPY


def test_scores_say_less_of_a_face_that_is_hard_to_read():
    easy, hard = (told(mostly(Expression.ANGRY), 0.02, one)[0][1] for one in (EASY, HARD))
    assert hard < easy - 10


def test_of_a_face_that_does_not_show_every_expression_is_as_likely():
    assert all(score == pytest.approx(100 / 7) for _, score in told(mostly(Expression.ANGRY), 0.02, EASY, 0.0))


def test_a_face_is_seen_with_its_mirror_image():
    model = Says(64, mostly(Expression.SAD))
    found = expression.of(PIXELS, [face(), face(at=(90, 50))], model, [0.1, 0.1], [EASY, EASY], [1.0, 1.0])
    assert model.batches == [4]
    assert [one[0][0] for one in found] == [Expression.SAD] * 2


def test_no_faces_show_nothing():
    assert expression.of(PIXELS, [], Says(64, mostly(Expression.SAD)), [], [], []) == []

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.vision.attributes.faces import PIXELS, Says, face

from recognizance.vision.attributes import age
from recognizance.vision.attributes.features import Sighting

EASY = Sighting(0.0, 0.0, 0.0, 0.0, 0.0)


def near(years, wide=4.0):
    """Return probabilities of ages about one."""
    shares = np.exp(-(((age.YEARS - years) / wide) ** 2) / 2)
    return (shares / shares.sum()).astype(np.float32)


@given(st.floats(0, 80), st.floats(-20, 120), st.floats(1, 20))
def test_a_range_is_of_whole_years_that_somebody_may_have(model, head, wide):
    ((middle, found),) = age.ranges(near(model, wide)[None], np.array([head]), [EASY])
    assert 0 <= found.low <= found.high <= age.OLDEST
    assert isinstance(found.low, int)
    assert 0 <= middle <= age.OLDEST


def test_an_older_look_gives_a_later_range():
    found = age.ranges(np.stack([near(20), near(45), near(70)]), np.array([22.0, 47.0, 70.0]), [EASY] * 3)
    middles = [one.low + one.high for _, one in found]
    assert middles == sorted(middles)
    assert len(set(middles)) == 3


def test_of_children_the_model_alone_is_believed():
    (child, _), (grown, _) = age.ranges(np.stack([near(4, 1), near(40)]), np.array([35.0, 60.0]), [EASY] * 2)
    assert child < 8
    assert grown > 41


def test_a_range_reaches_down_to_the_child_that_the_model_thinks_possible():
    """A child seen from the side: most of the probability is at 28, and a little of it at 5."""
    unsure = (0.9 * near(28, 1) + 0.1 * near(5, 1)).astype(np.float32)
    hardly = (0.97 * near(28, 1) + 0.03 * near(5, 1)).astype(np.float32)
    (_, perhaps), (_, grown), (_, surely) = age.ranges(
        np.stack([unsure, hardly, near(28, 1)]), np.array([40.0] * 3), [EASY] * 3
    )
    assert 3 <= perhaps.low <= 5
    assert perhaps.high > 28
    assert grown.low > 15
    assert surely.low > 15


def test_expected_age_and_spread_are_those_of_the_probabilities():
    shares = np.zeros((1, 81), np.float32)
    shares[0, [20, 40]] = 0.5
    np.testing.assert_allclose(age.expected(shares), 30)
    np.testing.assert_allclose(age.spread(shares), 10)


def test_all_faces_are_seen_in_one_run():
    model = Says(64, near(30))
    shares = age.shares(PIXELS, [face(), face(at=(90, 50))], model)
    assert model.batches == [2]
    np.testing.assert_allclose(age.expected(shares), 30, atol=0.1)


def test_no_faces_have_no_age():
    assert age.of(PIXELS, [], Says(64, near(9)), np.zeros(0), []) == []
    assert len(age.of(PIXELS, [face()], Says(64, near(30)), np.array([30.0]), [EASY])) == 1

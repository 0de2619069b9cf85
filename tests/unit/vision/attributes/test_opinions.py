"""Opinions joined and made fainter."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recognizance.values import Judgement
from recognizance.vision.attributes.opinions import fainter, together

probabilities = st.floats(0, 1)


@given(probabilities, probabilities)
def test_two_opinions_lie_between_both_in_either_order(one, other):
    said = together(Judgement.of(one), Judgement.of(other))
    assert min(one, other) - 1e-5 <= said.probability <= max(one, other) + 1e-5
    assert together(Judgement.of(other), Judgement.of(one)).probability == pytest.approx(said.probability)


def test_opposite_opinions_that_are_equally_sure_tell_nothing_and_the_surer_one_decides():
    yes, no, surer = (Judgement(value, confidence) for value, confidence in ((True, 90), (False, 90), (False, 99)))
    assert together(yes, no).confidence == pytest.approx(50)
    assert not together(yes, surer).value


@given(probabilities, st.floats(0, 1))
def test_what_shows_in_part_is_told_with_less_confidence_and_never_the_other_way(one, share):
    said = Judgement.of(one)
    less = fainter(said, share)
    assert less.confidence <= said.confidence + 1e-3
    assert less.value == said.value or less.confidence == pytest.approx(50, abs=0.01)
    assert fainter(said, 0.0).confidence == 50

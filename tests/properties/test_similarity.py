"""Whatever the curve, a larger cosine never gets a smaller percentage, and the way back is the way there."""

from __future__ import annotations

import numpy as np
from hypothesis import assume, given
from hypothesis import strategies as st

from recognizance.values import Curve
from recognizance.vision.similarity import Similarity


@st.composite
def curves(draw):
    steps = draw(st.lists(st.integers(1, 10_000), min_size=2, max_size=40))
    falls = draw(st.lists(st.integers(1, 10_000), min_size=len(steps), max_size=len(steps)))
    cosines = -1 + 2 * np.cumsum([0, *steps]) / sum(steps)
    depth = draw(st.floats(9.5, 60))
    rates = -depth * np.cumsum([0, *falls]) / sum(falls)
    assume((np.diff(cosines) > 1e-9).all() and (np.diff(rates) < -1e-9).all())
    cosines[0], cosines[-1] = -1, 1
    return Curve(
        cosines=tuple(cosines.tolist()),
        log10_rates=tuple(rates.tolist()),
        log10_low=tuple((rates - 0.5).tolist()),
        log10_high=tuple(np.minimum(rates + 0.5, 0).tolist()),
        measured_to=-6.0,
        people=10,
        comparisons=45,
        fitted_on="made up",
        fitted_at="2026-01-01",
        command="none",
    )


cosines = st.floats(-1, 1)


@given(curves(), cosines, cosines)
def test_a_larger_cosine_never_has_a_smaller_percentage(curve, one, other):
    scale = Similarity(curve)
    assert scale.at(min(one, other)) <= scale.at(max(one, other))


@given(curves(), cosines)
def test_the_next_representable_cosine_never_has_a_smaller_percentage(curve, cosine):
    scale = Similarity(curve)
    assert scale.at(cosine) <= scale.at(float(np.nextafter(cosine, 2)))


@given(curves(), cosines, st.floats(1e-6, 1))
def test_cosines_that_differ_by_a_millionth_have_different_percentages(curve, cosine, more):
    assume(cosine + more <= 1)
    scale = Similarity(curve)
    assert scale.at(cosine) < scale.at(cosine + more)


@given(curves(), cosines)
def test_every_percentage_is_between_0_and_100(curve, cosine):
    assert 0 <= Similarity(curve).at(cosine) <= 100


@given(curves(), st.floats(0, 100))
def test_the_cosine_of_a_percentage_has_that_percentage(curve, percent):
    scale = Similarity(curve)
    assert abs(scale.at(scale.cosine(percent)) - percent) < 1e-6


@given(curves(), st.floats(0, 100), st.floats(0, 100))
def test_a_higher_percentage_never_has_a_higher_rate(curve, one, other):
    scale = Similarity(curve)
    assert scale.rate(max(one, other)) <= scale.rate(min(one, other))


@given(curves(), st.floats(0, 100))
def test_one_threshold_means_to_the_last_bit_what_an_array_of_them_means(curve, percent):
    scale = Similarity(curve)
    for line in (scale._cosine, scale._rate):
        assert line.at(percent) == line(np.array([percent]))[0]

"""The law of the tail is found again in samples drawn from it."""

from __future__ import annotations

import numpy as np
import pytest

from recognizance.evaluation.statistics.tail import Tail, fit_tail, unbounded


def exceedances(shape, scale, count, seed=1):
    uniform = np.random.default_rng(seed).random(count)
    return -scale * np.log(uniform) if shape == 0 else scale * (uniform**-shape - 1) / shape


@pytest.mark.parametrize("shape", [-0.3, -0.1, 0.0, 0.1, 0.3])
def test_scale_and_shape_are_recovered(shape):
    scores = 0.4 + exceedances(shape, 0.05, 6000)
    tail = fit_tail(scores, np.ones(len(scores)), threshold=0.4, share=1e-3)
    assert tail.shape == pytest.approx(shape, abs=0.05)
    assert tail.scale == pytest.approx(0.05, rel=0.05)


@pytest.mark.parametrize("shape", [-0.1, 0.0, 0.1])
def test_the_score_of_a_rate_a_thousand_times_smaller_is_near_the_truth(shape):
    truth = Tail(0.4, 1e-3, 0.03, shape).score(-6)
    scores = 0.4 + exceedances(shape, 0.03, 5000)
    assert fit_tail(scores, np.ones(5000), threshold=0.4, share=1e-3).score(-6) == pytest.approx(truth, rel=0.06)


def test_a_score_of_weight_two_counts_as_two_scores():
    scores = 0.4 + exceedances(0.05, 0.03, 500)
    weights = np.random.default_rng(2).integers(1, 4, 500)
    weighted = fit_tail(scores, weights.astype(float), threshold=0.4, share=1e-3)
    repeated = fit_tail(np.repeat(scores, weights), np.ones(weights.sum()), threshold=0.4, share=1e-3)
    assert (weighted.scale, weighted.shape) == pytest.approx((repeated.scale, repeated.shape), abs=1e-6)


@pytest.mark.parametrize("shape", [-0.2, 0.0, 0.2])
def test_the_score_of_a_rate_has_that_rate(shape):
    tail = Tail(0.4, 1e-3, 0.03, shape)
    assert tail.log10_rate(np.array([tail.score(depth) for depth in (-4, -6, -9)])) == pytest.approx([-4, -6, -9])


def test_a_tail_that_would_end_is_replaced_by_one_that_does_not():
    ending = Tail(0.4, 1e-3, 0.03, -0.2)
    endless = unbounded(ending)
    assert np.isneginf(ending.log10_rate(np.array([0.9]))[0])
    assert np.isfinite(endless.log10_rate(np.array([0.9]))[0])
    assert endless.scale == pytest.approx(0.03 / 1.2)  # the mean excess of both is the same


def test_a_tail_without_end_is_left_alone():
    assert unbounded(Tail(0.4, 1e-3, 0.03, 0.1)) == Tail(0.4, 1e-3, 0.03, 0.1)


def test_too_few_scores_are_refused():
    with pytest.raises(ValueError, match="at least ten scores"):
        fit_tail(np.linspace(0.3, 0.45, 12), np.ones(12), threshold=0.4, share=1e-3)

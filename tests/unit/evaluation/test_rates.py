"""Intervals hold the truth about as often as they say."""

from __future__ import annotations

import numpy as np
import pytest

from recognizance.evaluation.statistics.rates import Rate, wilson


@pytest.mark.parametrize(
    ("count", "of", "low", "high"),
    [(5, 10, 0.2366, 0.7634), (1, 100, 0.0018, 0.0545), (10, 10, 0.7225, 1.0)],  # Wilson 1927, as scipy 1.16 gives them
)
def test_wilsons_bounds_are_the_published_ones(count, of, low, high):
    assert wilson(count, of) == pytest.approx((low, high), abs=1e-4)


def test_none_in_n_is_bounded_by_the_rule_of_three():
    assert Rate(0, 1000).low == 0
    assert Rate(0, 1000).high == pytest.approx(0.003)
    assert Rate(0, 2).high == 1.0


@pytest.mark.parametrize("truth", [0.5, 0.02, 0.001])
def test_the_bounds_hold_the_truth_in_about_19_of_20_samples(truth):
    counts = np.random.default_rng(1).binomial(10_000, truth, size=2000)
    held = [Rate(int(count), 10_000).low <= truth <= Rate(int(count), 10_000).high for count in counts]
    assert 0.93 <= np.mean(held) <= 0.98


@pytest.mark.parametrize(("count", "of"), [(-1, 10), (11, 10), (0, 0)])
def test_what_is_no_share_is_refused(count, of):
    with pytest.raises(ValueError, match="a rate"):
        Rate(count, of)

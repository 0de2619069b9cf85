"""Our fit of the generalised Pareto law beside scipy's, on the same numbers."""

import numpy as np
import pytest
from scipy import stats

from recognizance.evaluation.statistics.tail import Tail, fit_tail


@pytest.mark.parametrize("shape", [-0.2, 0.0, 0.1, 0.4])
@pytest.mark.parametrize("many", [60, 2000])
def test_no_other_law_of_this_kind_is_likelier_than_ours(shape, many):
    drawn = stats.genpareto.rvs(shape, scale=0.05, size=many, random_state=many)
    ours = fit_tail(0.4 + drawn, np.ones(many), threshold=0.4, share=0.01)
    theirs = stats.genpareto.fit(drawn, floc=0)
    likely = stats.genpareto.logpdf(drawn, ours.shape, scale=ours.scale).sum()
    assert likely >= stats.genpareto.logpdf(drawn, *theirs).sum() - 1e-3
    if many == 2000:
        assert ours.shape == pytest.approx(theirs[0], abs=0.01)
        assert ours.scale == pytest.approx(theirs[2], rel=0.01)


@pytest.mark.parametrize("shape", [-0.2, 0.0, 0.3])
def test_rates_beyond_the_threshold_are_scipys(shape):
    tail = Tail(threshold=0.4, share=1e-3, scale=0.03, shape=shape)
    scores = np.array([0.4, 0.43, 0.5])
    expected = np.log10(1e-3 * stats.genpareto.sf(scores - 0.4, shape, scale=0.03))
    assert tail.log10_rate(scores) == pytest.approx(expected, rel=1e-9)

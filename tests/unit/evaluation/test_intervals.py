"""Intervals that hold: against exact sums on small sets, against truth known in made-up worlds, and at their edges."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from benchmarks import coverage
from recognizance.evaluation.statistics.expected import chance, predicted_count
from recognizance.evaluation.statistics.intervals import (
    Ratio,
    by_pair,
    by_person,
    by_probe_and_gallery,
    difference,
    exact,
    matches,
    none_seen,
    unpaired,
)
from recognizance.evaluation.statistics.rates import Rate, wilson


def numbers(*values):
    return np.array(values, np.int64)


def variance_by_hand(table, cells_of, one, other):
    """The unbiased covariance of two cells' rates, by looking at every two pairs: those that share nobody stand for
    the product of the rates."""
    pairs = list(itertools.combinations(range(len(table)), 2))
    first = [pair for pair in pairs if cells_of(pair) == one]
    second = [pair for pair in pairs if cells_of(pair) == other]
    rate, more = (np.mean([table[pair] for pair in some]) for some in (first, second))
    apart = [table[a] * table[b] for a in first for b in second if not set(a) & set(b)]
    return rate * more - (np.mean(apart) if apart else 0.0)


@given(st.integers(5, 9), st.integers(0, 10_000))
def test_the_variance_is_what_pairs_that_share_nobody_say(many, seed):
    random = np.random.default_rng(seed)
    label = np.concatenate([[0, 0, 1, 1], random.integers(0, 2, many - 4)])
    table = np.triu(random.random((many, many)) * (random.random((many, many)) < 0.4), 1)
    at = np.nonzero(table)
    measured = by_pair([matches(*at, table[at])], label)

    def cell(pair):
        return tuple(sorted((int(label[pair[0]]), int(label[pair[1]]))))

    for row, column in itertools.product(range(3), repeat=2):
        one, other = ((0, 0), (0, 1), (1, 1))[row], ((0, 0), (0, 1), (1, 1))[column]
        assert measured.covariance[row, column] == pytest.approx(variance_by_hand(table, cell, one, other), abs=1e-12)


@pytest.mark.parametrize("fixed", [False, True])
def test_the_variance_of_two_sets_is_what_pairs_that_share_nobody_drawn_say(fixed):
    random = np.random.default_rng(2)
    table = random.random((5, 4)) * (random.random((5, 4)) < 0.5)
    at = np.nonzero(table)
    zeros = np.zeros(5, np.int64), np.zeros(4, np.int64)
    measured = by_probe_and_gallery([matches(*at, table[at], sets=2)], *zeros, fixed_gallery=fixed)
    pairs = list(itertools.product(range(5), range(4)))
    apart = [table[a] * table[b] for a in pairs for b in pairs if a[0] != b[0] and (fixed or a[1] != b[1])]
    assert measured.covariance[0, 0] == pytest.approx(table.mean() ** 2 - np.mean(apart))
    assert measured.of[0] == 20


def test_two_systems_on_the_same_pairs_vary_together():
    found = matches(numbers(0, 2, 4), numbers(1, 3, 5))
    measured = by_pair([found, found], np.zeros(40, np.int64))
    assert measured.covariance == pytest.approx(np.full((2, 2), measured.covariance[0, 0]))
    change = measured.change(1, 0)
    assert change.value == pytest.approx(1)
    assert change.high > 1.5  # three matches alike do not show that two systems are equal


def test_matches_of_pictures_become_matches_of_people():
    found = matches(numbers(3, 1, 1), numbers(1, 3, 2), np.array([0.25, 0.5, 1.0]))
    assert (found.first.tolist(), found.second.tolist(), found.weights.tolist()) == ([1, 1], [2, 3], [1.0, 0.75])
    assert matches(numbers(), numbers()).weights.tolist() == []
    with pytest.raises(ValueError, match="one person with themself"):
        matches(numbers(1), numbers(1))


def test_what_one_system_alone_matched_is_left_of_two():
    one, other = matches(numbers(0, 1, 2), numbers(1, 2, 3)), matches(numbers(1, 2), numbers(2, 3), np.array([1, 0.5]))
    alone = one.without(other)
    assert (alone.first.tolist(), alone.second.tolist(), alone.weights.tolist()) == ([0, 2], [1, 3], [1.0, 0.5])
    assert other.without(one).weights.tolist() == []


def test_people_of_many_pictures_weigh_as_much_as_others():
    measured = by_person([numbers(0, 45)], numbers(1, 45), numbers(0, 0))
    assert measured.estimate(0).value == 0.5
    assert (measured.estimate(0).count, measured.estimate(0).of) == (45, 46)


def test_groups_together_are_everybody():
    random = np.random.default_rng(1)
    label = random.integers(0, 3, 60)
    at = np.nonzero(np.triu(random.random((60, 60)) < 0.05, 1))
    joined = by_pair([matches(*at)], label).joined([range(6)]).estimate(0)
    alone = by_pair([matches(*at)], np.zeros(60, np.int64)).estimate(0)
    assert (joined.count, joined.of, joined.people) == (alone.count, alone.of, 60)
    assert joined.value == pytest.approx(alone.value)


def test_nothing_seen_has_the_rule_of_three_and_no_lower_bound():
    measured = by_pair([matches(numbers(), numbers())], np.zeros(100, np.int64))
    found = measured.estimate(0)
    assert found.none
    assert (found.low, found.high) == (0, pytest.approx(3 / 4950))
    assert measured.ratio(0, 0) == Ratio(None, 0.0, None)
    people = by_person([np.zeros(50, np.int64)], np.full(50, 10), np.zeros(50, np.int64)).estimate(0)
    assert people.high == pytest.approx(3 / 50)  # not 3 / 500: comparisons of one person are not independent
    assert none_seen(2) == 1


def test_a_ratio_to_nothing_has_only_a_lower_bound():
    measured = by_pair([matches(np.arange(0, 20, 2), np.arange(1, 20, 2))], np.repeat([0, 1], 30))
    assert measured.ratio(0, 2).value is None
    assert measured.ratio(0, 2).low > 1
    assert (measured.ratio(2, 0).value, measured.ratio(2, 0).low) == (0.0, 0.0)
    assert measured.ratio(2, 0).high < 1


def test_everything_seen_has_an_upper_bound_of_one():
    found = by_person([np.full(20, 3)], np.full(20, 3), np.zeros(20, np.int64)).estimate(0)
    assert (found.value, found.high) == (1, 1)
    assert 0.8 < found.low < 1


def test_exact_bounds_are_those_that_leave_a_fortieth_beyond():
    low, high = exact(3, 459)
    assert stats.binom.sf(2, 459, low) == pytest.approx(0.025)
    assert stats.binom.cdf(3, 459, high) == pytest.approx(0.025)
    assert exact(0, 10)[0] == 0
    assert exact(10, 10)[1] == 1
    with pytest.raises(ValueError, match="between 0 and all"):
        exact(2, 1)


@given(st.integers(0, 200), st.integers(1, 200))
def test_bounds_hold_the_rate_between_them(count, of):
    count = min(count, of)
    assert exact(count, of)[0] <= count / of <= exact(count, of)[1]
    low, high = wilson(count, of)
    assert low <= count / of + 1e-12  # rounding may leave the bound of none a hair above 0
    assert count / of - 1e-12 <= high


def test_rates_of_other_people_are_compared_from_their_bounds_alone():
    assert unpaired(Rate(30, 1000), Rate(10, 1000)).value == pytest.approx(3)
    assert unpaired(Rate(30, 1000), Rate(10, 1000)).low > 1
    assert unpaired(Rate(30, 1000), Rate(10, 1000), confidence=0.999).low < 1.05
    assert unpaired(Rate(0, 10), Rate(0, 10)) == Ratio(None, 0.0, None)
    apart = difference(Rate(30, 1000), Rate(10, 1000))
    assert apart.low < 0.02 < apart.high
    assert apart.low > 0


def test_a_count_is_foretold_as_poissons_where_the_rate_is_known():
    said = predicted_count(1e-4, 1e-4, 1e-4, 500_000)
    assert (said.low, said.high) == (int(stats.poisson.ppf(0.025, 50)), int(stats.poisson.ppf(0.975, 50)))
    wide = predicted_count(1e-4, 5e-5, 2e-4, 500_000)
    assert wide.low < said.low < said.high < wide.high
    assert predicted_count(0, 0, 3e-6, 1_000_000).high == int(stats.poisson.ppf(0.975, 3))


def test_a_gallery_of_many_finds_somebody_more_often():
    assert chance(2.1e-6, 25_000) == pytest.approx(28 / 535, rel=0.03)  # the ACLU's test of 2018
    assert chance(1e-12, 1000) == pytest.approx(1e-9, rel=1e-6)


QUICK = {
    "FMR, people who differ": coverage.one_set(coverage.DIFFER, 300, 5e-4, resampled=False),
    "FMR, wolves": coverage.one_set(coverage.WOLVES, 300, 2e-3, resampled=False),
    "FMR, several pictures": coverage.one_set(coverage.DIFFER, 300, 1e-3, 4, resampled=False),
    "FNMR": coverage.missed(200, 0.1, 0.3, 8, resampled=False),
    "ratio of groups": coverage.groups(coverage.DIFFER, (100, 200), (6e-3, 1e-3, 2e-3), "groups"),
    "FPIR": coverage.any_match(coverage.DIFFER, 459, 300, 2e-4, fixed=True),
    "a change": coverage.changed(coverage.DIFFER, 300, 2e-4, 1e-3, 2e-4),
}


@pytest.mark.parametrize("name", QUICK)
def test_intervals_cover_the_truth_as_often_as_they_say(name):
    # 250 draws of a method that covers 95 % hold it between these bounds more than 99 times in 100
    found = coverage.covered(coverage.World(name, QUICK[name]), 250, 1)
    first = next(iter(found["methods"].values()))
    assert 0.91 <= first["covers"] <= 0.988


@pytest.mark.parametrize("name", ["FMR, wolves", "FNMR"])
def test_pairs_taken_as_independent_would_not_pass_that_check(name):
    found = coverage.covered(coverage.World(name, QUICK[name]), 200, 1)["methods"]
    assert found["pairs as independent"]["covers"] < 0.9


def test_drawing_people_takes_the_variance_of_rare_matches_for_three_times_what_it_is():
    found = matches(np.arange(0, 120, 2), np.arange(1, 120, 2))
    low, high = coverage.bootstrap(found, 1000, np.random.default_rng(1), draws=4000)
    drawn = ((high - low) / 2 / 1.96) ** 2
    assert 2.5 < drawn / by_pair([found], np.zeros(1000, np.int64)).covariance[0, 0] < 4


def test_few_matches_err_to_the_safe_side():
    found = coverage.covered(
        coverage.World("few", coverage.one_set(coverage.DIFFER, 200, 1e-4, resampled=False)), 200, 1
    )
    assert found["methods"]["by pair"]["covers"] >= 0.95

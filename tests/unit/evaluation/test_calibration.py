"""Strangers are counted by people, and a curve fitted to them says what is true of others."""

from __future__ import annotations

import numpy as np
import pytest

from recognizance.evaluation import calibration
from recognizance.evaluation.calibration import by_group, check, compare_strangers, fit
from recognizance.vision.similarity import Similarity


def crowd(people, seed=5, dimension=64, most=3):
    random = np.random.default_rng(seed)
    whose = np.repeat(np.arange(people), random.integers(1, most + 1, people))
    vectors = random.normal(size=(people, dimension))[whose] + 0.5 * random.normal(size=(len(whose), dimension))
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32), whose


@pytest.fixture(scope="module")
def strangers():
    return compare_strangers(*crowd(1500))


def test_a_pair_of_people_counts_once_however_many_pictures_there_are(monkeypatch):
    monkeypatch.setattr(calibration, "KEPT", 1.0)
    vectors, whose = crowd(60)
    found = compare_strangers(vectors, whose, rows=7)
    rates = [
        (vectors[whose == one] @ vectors[whose == other].T >= 0.3).mean() for one in range(60) for other in range(one)
    ]
    assert found.rate(0.3) == pytest.approx(np.mean(rates))
    assert found.seen(0.3) == np.count_nonzero(rates)


def test_weights_add_up_to_the_pairs_of_people(strangers):
    assert strangers.comparisons == 1500 * 1499 // 2
    assert strangers.histogram.sum() == pytest.approx(strangers.comparisons)


def test_the_order_of_pictures_does_not_matter():
    vectors, whose = crowd(200)
    order = np.random.default_rng(1).permutation(len(whose))
    one, other = compare_strangers(vectors, whose), compare_strangers(vectors[order], whose[order])
    assert one.rate(0.4) == pytest.approx(other.rate(0.4))
    assert one.seen(0.4) == other.seen(0.4)


def test_one_person_alone_is_no_stranger():
    vectors, _ = crowd(30, most=1)
    found = compare_strangers(np.repeat(vectors, 2, axis=0), np.repeat(np.arange(30), 2))
    assert found.picture_pairs == 4 * 30 * 29 // 2


@pytest.fixture(scope="module")
def curve(strangers):
    fitted = fit(strangers, np.random.default_rng(1), draws=40)
    return fitted.as_curve(strangers, fitted_on="drawn vectors", fitted_at="2026-01-01", command="none")


def test_a_fitted_curve_is_one_that_a_scale_accepts(curve):
    assert Similarity(curve).rate(80) == pytest.approx(1e-6)
    assert all(
        low <= rate <= high
        for low, rate, high in zip(curve.log10_low, curve.log10_rates, curve.log10_high, strict=True)
    )


def test_the_counted_part_agrees_with_counting(curve, strangers):
    for percent in (30, 40, 50):
        scale = Similarity(curve)
        assert strangers.rate(scale.cosine(percent)) == pytest.approx(scale.rate(percent), rel=0.05)


def test_the_curve_holds_for_people_it_has_not_seen(curve):
    unseen = compare_strangers(*crowd(1500, seed=6))
    scale = Similarity(curve)
    for percent in (50, 60):
        found = check(unseen, percent, scale.cosine(percent), np.random.default_rng(2), draws=100)
        assert found.low <= scale.rate(percent) * 1.3
        assert found.high >= scale.rate(percent) / 1.3


def test_the_extrapolated_rate_is_near_the_truth(curve):
    rates = [compare_strangers(*crowd(3000, seed=seed, most=1)).rate(Similarity(curve).cosine(70)) for seed in (7, 8)]
    assert (
        1e-6 < np.mean(rates) < 1e-4
    )  # the asked 1e-5, ten times either way: some eleven pairs were that alike in the fit


def test_rates_seen_in_fewer_than_ten_pairs_of_people_are_not_called_measured(curve, strangers):
    tenth = next(cosine for cosine in strangers.cosines if strangers.seen(cosine) == 10)
    assert 10**curve.measured_to == pytest.approx(strangers.rate(tenth), rel=1e-3)
    assert Similarity(curve).extrapolated(99)
    assert not Similarity(curve).extrapolated(60)


def test_bounds_widen_towards_the_tail(curve):
    widths = np.array(curve.log10_high) - np.array(curve.log10_low)
    at = dict(zip(curve.log10_rates, widths, strict=True))
    assert at[-9.0] > at[-6.0] > at[-3.0]


def test_the_bounds_hold_the_truth_about_as_often_as_they_say():
    truth = np.mean([compare_strangers(*crowd(2000, seed=seed, most=1)).rate(0.3) for seed in range(100, 104)])
    held = []
    for seed in range(200, 230):
        found = check(compare_strangers(*crowd(250, seed=seed, most=1)), 0, 0.3, np.random.default_rng(seed), draws=100)
        held.append(found.low <= truth <= found.high)
    assert np.mean(held) >= 0.85


def test_nobody_matching_is_bounded_by_the_rule_of_three(strangers):
    found = check(strangers, 99, 0.999, np.random.default_rng(1), draws=10)
    assert (found.matches, found.rate, found.low) == (0, 0, 0)
    assert found.high == pytest.approx(3 / strangers.comparisons)


def test_matches_are_counted_by_pair_of_groups(monkeypatch):
    monkeypatch.setattr(calibration, "KEPT", 1.0)
    vectors, whose = crowd(40, most=1)
    groups = ["F", "M", "M", ""] * 10
    counted = by_group(compare_strangers(vectors, whose), groups, 0.2, np.random.default_rng(1), draws=50)
    cosines = vectors @ vectors.T
    for found in counted:
        pairs = [
            cosines[a, b] >= 0.2
            for a in range(40)
            for b in range(a)
            if sorted([groups[a], groups[b]]) == list(found.groups)
        ]
        assert (found.matches, found.comparisons) == (np.count_nonzero(pairs), len(pairs))
        assert found.rate == pytest.approx(np.mean(pairs))
        assert found.low <= found.rate <= found.high
    assert [found.groups for found in counted] == [("F", "F"), ("F", "M"), ("M", "M")]


def test_a_model_that_cannot_tell_people_apart_gets_no_curve():
    muddled = compare_strangers(*crowd(1500, dimension=4))
    with pytest.raises(ValueError, match="cannot tell people apart"):
        fit(muddled, np.random.default_rng(1), draws=2)

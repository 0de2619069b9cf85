"""Strangers are counted by people, and a curve fitted to them says what is true of others."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from recognizance.evaluation.protocols import calibration
from recognizance.evaluation.protocols.calibration import (
    Check,
    anchors,
    by_group,
    calibrate,
    centre,
    check,
    compare_strangers,
    curve_file,
    fit,
    held_against,
    summary,
    thresholds,
)
from recognizance.vision import cards
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


def names(numbers):
    return [f"person {number:05}" for number in numbers]


@pytest.fixture(scope="module")
def calibrated():
    vectors, whose = crowd(1600, most=2)
    return calibrate(vectors, names(whose), np.random.default_rng(1), checked=True, divisions=2, draws=30)


def test_a_curve_is_held_against_people_it_has_not_seen_both_ways(calibrated):
    assert {(one.division, one.half) for one in calibrated.held} == {(0, 0), (0, 1), (1, 0), (1, 1)}
    first = [one.check for one in calibrated.held if (one.division, one.half) == (0, 0)]
    assert [one.percent for one in first] == [40, 50, 60, 70, 80, 90, 95, 99]
    assert sum(one.check.people for one in calibrated.held if one.division == 1 and one.check.percent == 60) == 1600
    common = [one.check for one in calibrated.held if one.check.percent in (40, 50)]
    assert all(0.8 * one.predicted < one.rate * one.comparisons < 1.2 * one.predicted for one in common)
    assert all(one.predicted == pytest.approx(10**-3 * one.comparisons) for one in common if one.percent == 50)


def test_a_check_holds_when_the_prediction_is_within_what_was_counted():
    near, far = Check(60.0, 1.5e-4, 0.9e-4, 2.5e-4, 7, 100, 49500), Check(60.0, 2e-4, 1.1e-4, 3.6e-4, 10, 100, 49500)
    assert (near.holds, near.within) == (True, True)
    assert (far.holds, far.within) == (False, False)


def test_a_prediction_that_is_itself_uncertain_is_given_room():
    off = Check(60.0, 2e-4, 1.4e-4, 2.8e-4, 10, 100, 4950)
    assert not off.holds
    assert replace(off, expected=(0.6e-4, 1.9e-4)).holds
    assert not replace(off, expected=(0.6e-4, 1.9e-4)).within
    assert not replace(off, expected=(0.99e-4, 1.01e-4)).holds


def test_nobody_matching_agrees_with_whatever_the_rule_of_three_allows():
    nobody = Check(60.0, 0.0, 0.0, 3 / 4950, 0, 100, 4950)
    assert nobody.holds
    assert not replace(nobody, high=0.5e-4).holds
    assert replace(nobody, high=0.5e-4, expected=(0.4e-4, 2e-4)).holds


def test_two_crowds_of_one_kind_agree_about_as_often_as_the_bounds_say():
    agree, within = [], []
    for seed in range(100):
        seen, unseen = (compare_strangers(*crowd(300, seed=2 * seed + of, most=1)) for of in (0, 1))
        cosine = seen.cosine(1e-3)
        found = calibration._bounded(
            check(unseen, 50.0, cosine, np.random.default_rng(1), draws=2), seen, unseen, cosine
        )
        agree.append(found.holds)
        within.append(found.within)
    assert np.mean(agree) >= 0.9
    assert 0.7 <= np.mean(within) <= 0.93


def test_the_summary_has_every_check_of_a_percentage_once(calibrated):
    rows = {one.percent: one for one in summary(calibrated.held)}
    assert (rows[60].checks, rows[99].checks) == (4, 2)
    assert rows[50].predicted == pytest.approx(rows[50].observed, rel=0.2)
    assert all(one.held <= one.checks and one.lowest <= one.highest for one in rows.values())


def test_without_checks_the_same_curve_comes_out_but_for_the_luck_of_the_bounds(calibrated):
    vectors, whose = crowd(1600, most=2)
    alone = calibrate(vectors, names(whose), np.random.default_rng(1), checked=False, draws=30)
    assert alone.held == ()
    assert alone.fit.cosines.tolist() == calibrated.fit.cosines.tolist()
    assert alone.fit.log10_rates.tolist() == calibrated.fit.log10_rates.tolist()


def test_anchors_say_what_each_percentage_means_and_meant_before(curve):
    rows = {one.percent: one for one in anchors(curve, curve)}
    assert rows[80].rate == pytest.approx(1e-6)
    assert rows[80].low <= rows[80].rate <= rows[80].high
    assert rows[80].published == rows[80].cosine
    assert rows[99].extrapolated
    assert not rows[40].extrapolated
    assert anchors(curve, None)[0].published is None


def test_a_curves_file_is_named_after_its_card_and_read_again(curve):
    file, text = curve_file("mine", curve)
    assert file == "mine.curve.toml"
    assert cards.curve_of(text, file) == curve


def test_a_centre_is_the_mean_of_sets_and_groups_by_their_weights():
    vectors = np.array([[1, 0], [3, 0], [0, 4], [0, 0], [9, 9]], np.float32)
    sets, groups = ["a", "a", "b", "b", "a"], ["F", "F", "M", "M", ""]
    assert centre(vectors, sets, groups, {"F": 3, "M": 1}) == pytest.approx([1.5, 1])
    assert centre(vectors[:3], ["a"] * 3, [""] * 3, {"": 1}) == pytest.approx([4 / 3, 4 / 3])
    with pytest.raises(ValueError, match="no picture with a face"):
        centre(vectors, sets, groups, {"X": 1})


def test_a_part_of_the_people_gives_what_they_would_give_alone():
    vectors, whose = crowd(400, seed=3)
    all_of, chosen = compare_strangers(vectors, whose), np.arange(0, 400, 2)
    mine = np.isin(whose, chosen)
    alone, part = compare_strangers(vectors[mine], whose[mine]), all_of.among(chosen)
    at = max(alone.cosines[-1], part.cosines[-1])
    assert (part.people, part.comparisons) == (200, 200 * 199 // 2)
    assert part.rate(at) == pytest.approx(alone.rate(at))
    assert part.seen(at) == alone.seen(at)


def test_thresholds_of_the_tail_are_those_of_the_curve(strangers, curve):
    scale = Similarity(curve)
    percents = (60.0, 70.0, 80.0, 90.0)
    assert thresholds(strangers, percents) == pytest.approx([scale.cosine(one) for one in percents], abs=1e-5)
    with pytest.raises(ValueError, match="60 and more"):
        thresholds(strangers, (50.0,))


def test_a_check_is_the_same_whether_or_not_people_are_drawn_for_it():
    seen, unseen = (compare_strangers(*crowd(700, seed=seed, most=1)) for seed in (3, 4))
    [cosine] = thresholds(seen, (60.0,))
    found = held_against(seen, unseen, 60.0, cosine)
    assert found.rate == unseen.rate(cosine)
    assert found.low <= found.rate <= found.high
    assert found.expected is not None
    assert found.expected[0] <= 1e-4 <= found.expected[1]


def twins(many, pairs):
    """People of whom the first so many pairs are far more alike than strangers are."""
    vectors, whose = crowd(many, seed=11, dimension=128, most=1)
    vectors[1 : 2 * pairs : 2] += vectors[0 : 2 * pairs : 2]
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True), whose


def test_where_twins_refute_the_tail_the_upper_bound_is_that_of_what_was_counted():
    strangers = compare_strangers(*twins(2500, 3))
    made = fit(strangers, np.random.default_rng(1), draws=20)
    high = dict(zip(made.log10_rates, made.log10_high, strict=True))
    assert 10 ** high[-8.0] >= 3 / strangers.comparisons
    assert all(one >= other for one, other in pairwise(made.log10_high))
    plain = fit(compare_strangers(*crowd(2500, seed=11, dimension=128, most=1)), np.random.default_rng(1), draws=20)
    assert dict(zip(plain.log10_rates, plain.log10_high, strict=True))[-8.0] < high[-8.0]

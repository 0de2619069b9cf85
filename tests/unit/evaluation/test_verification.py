"""View 2 and the ROC on scores whose truth is known."""

from __future__ import annotations

import numpy as np
import pytest

from recognizance.evaluation.protocols.verification import all_pairs, best_threshold, roc, verify
from recognizance.evaluation.statistics.comparisons import FINENESS


def test_scores_that_are_apart_are_told_apart_in_every_fold():
    same = np.tile([True, False], 50)
    result = verify(np.where(same, 0.7, 0.1), same, np.arange(100) // 10)
    assert result.accuracies == (1.0,) * 10
    assert result.thresholds == pytest.approx((0.4,) * 10)
    assert (result.mean, result.deviation) == (1.0, 0.0)


def test_a_folds_own_scores_do_not_choose_its_threshold():
    scores = np.array([0.9, 0.2] * 9 + [0.1, 0.05])
    same = np.tile([True, False], 10)
    result = verify(scores, same, np.arange(20) // 2)
    assert result.accuracies == (1.0,) * 9 + (0.5,)


def test_of_equally_good_thresholds_the_middle_one_is_taken():
    assert best_threshold(np.array([0.1, 0.2, 0.6, 0.9]), np.array([False, False, True, True])) == pytest.approx(0.4)


def test_equal_scores_are_never_cut_apart():
    scores = np.array([0.3, 0.5, 0.5, 0.5, 0.8])
    threshold = best_threshold(scores, np.array([False, False, True, True, True]))
    assert threshold == pytest.approx(0.4)


def test_a_rejected_pair_of_one_person_is_an_error_and_one_of_strangers_is_none():
    same = np.array([True, True, False, False] * 4)
    result = verify(np.array([0.8, -1.0, 0.1, -1.0] * 4), same, np.arange(16) // 4)
    assert result.mean == 0.75


def test_the_deviation_is_the_standard_error_of_the_folds():
    same = np.tile([True, False], 20)
    scores = np.where(same, 0.7, 0.1)
    scores[0] = 0.0
    assert verify(scores, same, np.arange(40) // 4).deviation == pytest.approx(
        np.std([0.75] + [1] * 9, ddof=1) / 10**0.5
    )


@pytest.fixture
def crowd():
    """300 people with 1 to 3 pictures each, as unit vectors near their person's own."""
    random = np.random.default_rng(3)
    people = np.repeat(np.arange(300), random.integers(1, 4, 300))
    vectors = random.normal(size=(300, 16))[people] + 0.3 * random.normal(size=(len(people), 16))
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32), people


def brute_force(vectors, people):
    cosines = vectors @ vectors.T
    above = np.triu(np.ones(cosines.shape, bool), 1)
    one = people[:, None] == people[None]
    return np.sort(cosines[above & one]), np.sort(cosines[above & ~one])


def test_all_pairs_are_counted_once(crowd):
    genuine, strangers = brute_force(*crowd)
    counts = all_pairs(*crowd)
    assert (counts.genuine.sum(), counts.strangers.sum()) == (len(genuine), len(strangers))
    bins = np.clip(np.floor((strangers.astype(float) + 1) * FINENESS / 2), 0, FINENESS - 1).astype(int)
    assert np.abs(np.cumsum(counts.strangers) - np.cumsum(np.bincount(bins, minlength=FINENESS))).max() <= 2


@pytest.mark.parametrize("rate", [0.1, 1e-2, 1e-3])
def test_the_roc_is_that_of_brute_force(crowd, rate):
    genuine, strangers = brute_force(*crowd)
    [point] = roc(all_pairs(*crowd), [rate])
    assert point.false_matches.value <= rate
    assert point.false_matches.count == pytest.approx((strangers >= point.cosine).sum(), abs=2)
    assert point.true_accepts.count == pytest.approx((genuine >= point.cosine).sum(), abs=2)
    assert (strangers >= point.cosine - 3 / FINENESS).mean() > rate * 0.9


def test_a_face_that_was_not_found_is_rejected_in_every_pair(crowd):
    vectors, people = crowd
    lost = np.concatenate([vectors, np.zeros((1, 16), np.float32)])
    [found] = roc(all_pairs(vectors, people), [1e-2])
    [missed] = roc(all_pairs(lost, np.append(people, people[0])), [1e-2])
    assert missed.true_accepts.of == found.true_accepts.of + (people == people[0]).sum()
    assert missed.true_accepts.count <= found.true_accepts.count + 1

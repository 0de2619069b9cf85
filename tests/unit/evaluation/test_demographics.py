"""Errors by group on vectors whose outcome can be counted by hand, and on groups whose true rates are known."""

import numpy as np
import pytest

from recognizance.evaluation.protocols import demographics
from recognizance.evaluation.protocols.demographics import (
    Crowd,
    TooManyGroups,
    TooManyMatches,
    by_group,
    cosine_for,
    crowd_of,
    errors,
    findings,
    floor_for,
    gini,
    groups_of,
    most_alike,
    overall,
    problems,
)
from recognizance.evaluation.statistics.intervals import SMALLEST
from recognizance.evaluation.words import share


def unit(rows):
    rows = np.asarray(rows, np.float64)
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return (rows / np.where(lengths > 0, lengths, 1)).astype(np.float32)


def random():
    return np.random.default_rng(1)


def crowd(sizes, alike, *, pictures=1, noise=0.1, seed=0, dimension=48, **said):
    """People of some groups: those of one share a direction, as much as `alike` says."""
    drawn = np.random.default_rng(seed)
    rows, people, groups = [], [], []
    for group, (size, like) in enumerate(zip(sizes, alike, strict=True)):
        common = drawn.normal(size=dimension) / np.sqrt(dimension)
        for _ in range(size):
            own = drawn.normal(size=dimension) / np.sqrt(dimension) + like * common
            for _ in range(pictures):
                rows.append(own + noise * drawn.normal(size=dimension) / np.sqrt(dimension))
                people.append(len(groups))
            groups.append("abcdefgh"[group])
    return Crowd(unit(rows), np.array(people), len(groups), {"group": groups, **said})


def measured(people, cosine):
    return errors(people, most_alike(people, cosine), cosine)


def by_hand(people, cosine, one, other):
    """The rate of two groups from every pair of people, a pair counting once."""
    groups = people.said["group"]
    cosines = people.vectors.astype(np.float64) @ people.vectors.astype(np.float64).T
    shares = []
    for first in range(people.many):
        for second in range(first + 1, people.many):
            if sorted([groups[first], groups[second]]) == sorted([one, other]):
                part = cosines[people.people == first][:, people.people == second]
                shares.append((part >= cosine).mean())
    return np.mean(shares), len(shares), np.count_nonzero(shares)


def test_rates_are_those_of_every_pair_of_people_looked_at_by_hand():
    people = crowd((12, 15), (1.2, 0.8), pictures=3)
    found = by_group(people, measured(people, 0.5), ["group"], random())
    for pair in found.between:
        names = [found.groups[at].said[0] for at in (pair.first, pair.second)]
        rate, of, count = by_hand(people, 0.5, *names)
        assert (pair.rate.of, pair.rate.count) == (of, count)
        assert pair.rate.value == pytest.approx(rate)
    assert found.groups[0].false.rate.value == found.between[0].rate.value


def test_a_miss_is_a_pair_of_one_person_that_does_not_match_or_has_no_face():
    vectors = unit([[1, 0], [1, 0.1], [0, 1], [1, 0], [0, 0], [1, 0]])
    people = Crowd(vectors, np.array([0, 0, 0, 1, 1, 2]), 3, {"group": ["a", "a", "b"]})
    seen = measured(people, 0.9)
    assert seen.mated.tolist() == [3, 1, 0]
    assert seen.missed.tolist() == [2, 1, 0]
    assert seen.lost.tolist() == [0, 1, 0]
    everybody = overall(seen)
    assert everybody.missed.value == pytest.approx((2 / 3 + 1) / 2)  # each person alike
    assert (everybody.missed.count, everybody.missed.of) == (3, 4)
    assert everybody.lost.value == pytest.approx((0 + 1 / 2 + 0) / 3)
    assert everybody.false.of == 3


def test_other_pictures_tell_who_is_missed():
    people = crowd((12, 12), (0, 0))
    own = crowd((12, 12), (0, 0), pictures=2, noise=3.0)
    seen = errors(people, most_alike(people, 0.9), 0.9, own)
    assert seen.mated.sum() == 24
    assert seen.missed.sum() > 0
    assert seen.enrolled.sum() == 24


def test_the_threshold_for_a_rate_is_the_lowest_that_keeps_it():
    people = crowd((60, 60), (0.8, 0.4), pictures=2)
    alike = most_alike(people, floor_for(people, 0.01))
    cosine = cosine_for(people, alike, 0.01)
    assert overall(errors(people, alike, cosine)).false.value <= 0.01
    lower = alike.cosines[alike.cosines < cosine][0]
    assert overall(errors(people, alike, float(lower))).false.value > 0.01


def test_what_was_not_kept_is_not_counted():
    people = crowd((30, 30), (0.5, 0.5))
    alike = most_alike(people, 0.4)
    with pytest.raises(TooManyMatches, match="higher threshold"):
        errors(people, alike, 0.3)
    with pytest.raises(TooManyMatches, match="lower rate"):
        cosine_for(people, alike, 0.9)


def test_a_group_that_is_wrong_more_often_is_a_finding_and_the_others_are_not():
    people = crowd((150, 250), (1.3, 0.5), pictures=2)
    alike = most_alike(people, floor_for(people, 2e-3))
    found = by_group(people, errors(people, alike, cosine_for(people, alike, 2e-3)), ["group"], random())
    worst = found.false
    assert (found.groups[worst.highest].said, found.groups[worst.lowest].said) == (("a",), ("b",))
    assert worst.highest_to_lowest.low > 2
    assert worst.gini > worst.gini_by_chance
    said = findings([found], 2.0, share)
    assert [(one.kind, one.group) for one in said] == [("false matches of a group", "group a")]
    assert "times as often as everybody" in said[0].said
    assert findings([found], 50.0, share) == ()


def test_equal_groups_are_seldom_found_unequal():
    wrong = 0
    for seed in range(20):
        people = crowd((80, 80, 80), (0, 0, 0), seed=seed, dimension=16)
        found = by_group(people, measured(people, 0.65), ["group"], np.random.default_rng(seed))
        wrong += len(findings([found], 1.0, share))
    assert wrong <= 2


def test_small_groups_are_withheld_and_still_part_of_everybody():
    people = crowd((40, 40, SMALLEST - 1), (0.3, 0.3, 3.0))
    seen = measured(people, 0.5)
    found = by_group(people, seen, ["group"], random())
    small = found.groups[2]
    assert (small.withheld, small.people, small.pictures) == (True, SMALLEST - 1, 0)
    assert small.false.rate is small.missed.rate is small.lost.rate is small.false_with_anybody is None
    assert all(pair.rate is None for pair in found.between if 2 in (pair.first, pair.second))
    assert [(one.trouble.value, one.where) for one in problems([found])] == [
        ("small group", "group a"),  # or c would follow from the total
        ("small group", "group c"),
    ]
    pairs = overall(seen).false
    assert found.groups[1].false.to_overall.value == pytest.approx(found.groups[1].false.rate.value / pairs.value)
    assert pairs.of == 89 * 88 // 2


def test_a_group_with_one_person_has_no_rate():
    people = crowd((30, 1), (0.5, 0.0))
    found = by_group(people, measured(people, 0.5), ["group"], random())
    assert found.groups[1].withheld
    assert found.false is None


def test_nothing_is_claimed_of_too_few_matches():
    people = crowd((40, 15), (0.0, 0.0))
    found = by_group(people, measured(people, 0.62), ["group"], random())
    assert not found.groups[1].false.claim
    assert found.groups[1].false.rate is not None
    assert found.false is None
    assert findings([found], 1.0, share) == ()


def test_columns_together_make_cells():
    people = crowd((30, 30), (0.6, 0.6), other=["x", "y"] * 30)
    found = by_group(people, measured(people, 0.5), ["group", "other"], random())
    assert [one.said for one in found.groups] == [("a", "x"), ("a", "y"), ("b", "x"), ("b", "y")]
    assert [one.people for one in found.groups] == [15] * 4
    assert len(found.between) == 10


def test_people_of_whom_nothing_is_said_are_in_no_group():
    people = crowd((20, 20), (0.5, 0.5))
    said = {"group": [*people.said["group"][:35], *[""] * 5]}
    found = by_group(Crowd(people.vectors, people.people, 40, said), measured(people, 0.5), ["group"], random())
    assert found.unsaid == 5
    assert [one.people for one in found.groups] == [20, 15]


def test_a_column_of_names_is_no_column_of_groups():
    many = demographics.MOST_VALUES + 1
    people = Crowd(unit(np.eye(many)), np.arange(many), many, {"name": [str(at) for at in range(many)]})
    with pytest.raises(TooManyGroups, match="at most 200"):
        groups_of(people, ["name"])


def test_two_things_said_of_one_person_are_a_problem_and_count_for_neither():
    found, trouble = crowd_of(unit(np.eye(3)), ["p", "p", "q"], {"group": ["a", "b", "b"]})
    assert list(found.said["group"]) == ["", "b"]
    assert [(one.trouble.value, one.where) for one in trouble] == [("mislabelled", "p")]


def test_gini_is_0_for_equal_and_1_for_one_with_all():
    assert gini(np.array([0.2, 0.2, 0.2])) == 0
    assert gini(np.array([0, 0, 0.3])) == pytest.approx(1)
    assert gini(np.array([0.1, 0.3])) == pytest.approx(0.5)  # 0.2 apart, of a mean of 0.2, twice halved
    assert gini(np.zeros(3)) == 0


def test_one_person_alone_is_no_crowd():
    people = Crowd(unit(np.eye(2)), np.array([0, 0]), 1, {})
    with pytest.raises(ValueError, match="two people"):
        overall(measured(people, 0.5))

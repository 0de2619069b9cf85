"""What is counted of attributes, on cases whose outcome can be counted by hand, and on confidences drawn as stated."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recognizance.evaluation.protocols import attributes
from recognizance.evaluation.protocols.attributes import Case, auc, measure, reliability
from recognizance.evaluation.sets.labelled import GENDER, Labels
from recognizance.evaluation.statistics.people import numbered, rate
from recognizance.evaluation.statistics.rates import Rate
from recognizance.values import (
    Ages,
    Box,
    Expression,
    Face,
    Gender,
    Judgement,
    Landmarks,
    Point,
    Pose,
    Presentation,
    Quality,
    Traits,
)

POINT = Point(0.5, 0.5)
PLACED = (Box(0.2, 0.2, 0.6, 0.6), Landmarks(POINT, POINT, POINT, POINT, POINT), 99.0)


def face(yaw: float = 0.0, **traits) -> Face:
    return Face(*PLACED, Pose(yaw, 0, 0), Quality(50, 50), traits=Traits(**traits) if traits else None)


def smiling(person, label, probability, **groups):
    return Case(str(person), groups, Labels({"smile": label}), face(smile=Judgement.of(probability)))


def measured(cases, columns=()):
    return measure(cases, columns, np.random.default_rng(1))


def only(cases, columns=()):
    (one,) = measured(cases, columns).yes_no
    return one


def test_right_and_wrong_are_counted_by_label():
    cases = [smiling(n, True, 0.9 if n < 15 else 0.2) for n in range(20)]
    cases += [smiling(100 + n, False, 0.1 if n < 36 else 0.7) for n in range(40)]
    one = only(cases)
    assert (one.yes, one.no, one.people) == (20, 40, 60)
    assert (one.right_yes.count, one.right_yes.of) == (15, 20)
    assert (one.right_no.count, one.right_no.of) == (36, 40)
    assert one.balanced.value == pytest.approx((0.75 + 0.9) / 2)
    assert one.balanced.low < one.balanced.value < one.balanced.high
    assert (one.right.count, one.right.of) == (51, 60)


def test_a_confidence_below_sixty_cannot_be_told():
    cases = [smiling(n, True, 0.55) for n in range(12)] + [smiling(20 + n, False, 0.1) for n in range(14)]
    one = only(cases)
    assert (one.unsure.count, one.unsure.of) == (12, 26)
    assert (one.told_right.count, one.told_right.of) == (14, 14)


def test_a_person_of_many_pictures_counts_once():
    right = np.array([True] * 10 + [False] * 30)
    people = np.array([*range(10), *([10] * 30)])
    assert rate(right, people).value == pytest.approx(10 / 11)
    assert isinstance(rate(right[:10], people[:10]), Rate)


def test_labels_of_fewer_than_ten_people_are_withheld_and_so_is_what_they_would_follow_from():
    cases = [smiling(n, True, 0.9) for n in range(9)] + [smiling(20 + n, False, 0.1) for n in range(30)]
    one = only(cases)
    assert one.right_yes is None
    assert one.right_no is None
    assert one.right.of == 39
    assert one.balanced is None
    few = only(cases[:5])
    assert few.right is None
    said = {problem.where: problem.said for problem in attributes.problems(measured(cases))}
    assert "by label" in said["smile"]


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 10), st.integers(0, 15)), min_size=2, max_size=60))
@settings(max_examples=60, deadline=None)
def test_the_area_is_the_share_of_pairs_in_order(rows):
    labels = np.array([yes for yes, _, _ in rows])
    if labels.all() or not labels.any():
        return
    scores = np.array([score / 10 for _, score, _ in rows])
    pairs = [(a > b) + (a == b) / 2 for a in scores[labels] for b in scores[~labels]]
    found = auc(scores, labels, np.array([person for _, _, person in rows]))
    assert found.value == pytest.approx(float(np.mean(pairs)))
    assert 0 <= found.low <= found.value + 1e-9
    assert found.value <= found.high + 1e-9 <= 1 + 1e-8


def test_the_areas_interval_is_delongs_where_each_person_has_one_picture():
    random = np.random.default_rng(3)
    covered = 0
    for _ in range(200):
        labels = np.arange(80) < 40
        scores = random.normal(size=80) + labels
        found = auc(scores, labels, np.arange(80))
        covered += found.low <= 0.7602 <= found.high  # of two normal laws a unit apart: Phi(1 / sqrt 2)
    assert math.erf(0.5) / 2 + 0.5 == pytest.approx(0.7602, abs=1e-4)
    assert 180 <= covered <= 199


def test_confidence_without_fault_is_off_by_what_chance_makes():
    random = np.random.default_rng(5)
    given_ = random.random(600)
    found = reliability(given_, random.random(600) < given_, np.arange(600), random)
    assert len(found.bins) == 10
    assert found.error <= found.chance_high
    assert 0.01 < found.chance < 0.06
    too_sure = reliability(np.where(given_ > 0.5, 0.99, 0.01), random.random(600) < given_, np.arange(600), random)
    assert too_sure.error > 0.15 > too_sure.chance_high


def test_bins_of_calibration_have_ten_people_each_or_there_are_fewer_of_them():
    random = np.random.default_rng(5)
    given_ = random.random(60)
    assert len(reliability(given_, given_ > 0.5, np.arange(60), random).bins) == 6
    assert len(reliability(given_, given_ > 0.5, np.arange(60) % 20, random).bins) < 6
    assert reliability(given_[:9], given_[:9] > 0.5, np.arange(9), random) is None


def test_groups_are_told_apart_and_those_too_small_are_withheld_with_another():
    cases = [smiling(n, True, 0.9 if n % 4 else 0.3, side="east") for n in range(40)]
    cases += [smiling(100 + n, True, 0.9, side="west") for n in range(30)]
    cases += [smiling(200 + n, True, 0.9, side="north") for n in range(4)]
    cases += [smiling(300 + n, False, 0.1, side="east" if n % 2 else "west") for n in range(40)]
    (grouping,) = only(cases, ["side"]).groupings
    cells = {(one.group, one.yes): one for one in grouping.cells}
    assert cells["east", True].right.count == 30
    assert cells["north", True].right is None
    assert cells["west", True].right is None  # north's would follow from the total
    assert cells["west", False].right.of == 20
    assert cells["east", True].times.value > 1.5


def test_a_group_surely_wrong_more_often_is_a_finding():
    cases = [smiling(n, True, 0.9 if n % 2 else 0.3, side="east") for n in range(60)]
    cases += [smiling(100 + n, True, 0.9, side="west") for n in range(200)]
    cases += [smiling(400 + n, False, 0.1, side="west") for n in range(40)]
    (found,) = [one for one in attributes.findings(measured(cases, ["side"]), 2.0, lambda v: f"{v:.2f}") if one.group]
    assert found.kind == "an attribute wrong of a group"
    assert found.group == "smile, smiling, side east"
    assert "30 of 60" in found.said


def test_confidence_far_off_is_a_finding():
    random = np.random.default_rng(2)
    cases = [smiling(n, bool(random.random() < 0.5), 0.98) for n in range(200)]
    kinds = [one.kind for one in attributes.findings(measured(cases), 2.0, str)]
    assert kinds == ["confidence that is not what it says"]


def test_gender_is_so_where_it_is_female_and_what_was_not_said_is_lacking():
    def shown(person, label, gender):
        said = Presentation(gender, 90.0)
        return Case(str(person), {}, Labels({GENDER: label}), face(gender=said))

    cases = [shown(n, True, Gender.FEMALE) for n in range(12)] + [
        shown(20 + n, False, Gender.FEMALE) for n in range(11)
    ]
    cases.append(Case("x", {}, Labels({GENDER: True}), face()))
    result = measured(cases)
    (one,) = result.yes_no
    assert one.right_yes.count == 12
    assert one.right_no.count == 0
    assert result.lacking == ((GENDER, 1),)


def test_groups_that_are_the_label_itself_are_no_table():
    cases = [
        smiling(n, n % 2 == 0, 0.9 if n % 2 == 0 else 0.1, said=str(n % 2), side=str(n % 4 < 2)) for n in range(80)
    ]
    assert [one.column for one in only(cases, ["said", "side"]).groupings] == ["side"]


def test_ages_are_off_by_their_middle_and_inside_where_the_range_holds_them():
    ages = [Case(str(n), {}, Labels(age=30.7), face(age=Ages(20, 30) if n < 15 else Ages(40, 50))) for n in range(20)]
    age = measured(ages).age
    assert (age.inside.count, age.inside.of) == (15, 20)
    assert age.error.value == pytest.approx((15 * 5.7 + 5 * 14.3) / 20)
    assert age.bias.value == pytest.approx((-15 * 5.7 + 5 * 14.3) / 20)
    assert age.width == 10
    assert age.even == pytest.approx(2 * 14.3, abs=20)
    assert {one.said for one in age.parts} == {"30 to 39"}


def test_expressions_are_a_table_of_what_was_seen_and_what_was_said_first():
    def shows(person, seen, said):
        other = next(one for one in Expression if one is not said)
        return Case(str(person), {}, Labels(expression=seen), face(expression=((said, 80.0), (other, 10.0))))

    cases = [shows(n, Expression.HAPPY, Expression.HAPPY if n < 18 else Expression.SAD) for n in range(20)]
    cases += [shows(30 + n, Expression.SAD, Expression.SAD) for n in range(12)]
    said = measured(cases).expression
    assert (said.right.count, said.right.of) == (30, 32)
    happy = next(one for one in said.rows if one.label is Expression.HAPPY)
    assert dict(happy.said)[Expression.SAD] == 2

    more = measured([*cases, *(shows(60 + n, Expression.ANGRY, Expression.ANGRY) for n in range(4))])
    assert (more.expression.people, more.expression.right) == (said.people, said.right)  # four are in no total
    angry = next(one for one in more.expression.rows if one.label is Expression.ANGRY)
    assert (angry.people, angry.said, angry.right) == (4, None, None)
    assert "expression angry" in [one.where for one in attributes.problems(more)]


def test_angles_are_off_by_degrees_with_and_without_their_sign():
    cases = [Case(str(n), {}, Labels(angles={"yaw": 10.0}), face(yaw=10.0 + (4 if n % 2 else -2))) for n in range(20)]
    (yaw,) = measured(cases).angles
    assert yaw.error.value == pytest.approx(3.0)
    assert yaw.bias.value == pytest.approx(1.0)


def test_people_are_numbered_by_name():
    assert numbered(["b", "a", "b"]).tolist() == [1, 0, 1]

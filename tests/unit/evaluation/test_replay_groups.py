"""Groups of a replay's people, and what its findings say of a curve beyond its data."""

import dataclasses

import numpy as np
import pytest
from tests.unit.evaluation.audited import crowd, directions, gaussian_scale
from tests.unit.evaluation.test_replay import at, document, sets

from recognizance.evaluation.protocols.replay import Question, replay
from recognizance.evaluation.protocols.replayed import findings
from recognizance.evaluation.sets.subjects import Trouble
from recognizance.vision.similarity import Similarity


@pytest.mark.parametrize("years", [("1990", "2000"), ("2000", "1990"), ("", "2000")])
def test_a_person_of_whom_two_things_are_said_is_of_no_group_of_that_column(years):
    random = np.random.default_rng(7)
    names = [f"p{n // 2}" for n in range(48)]  # twelve people of the one, eleven of the other, and one of both
    year = ["1990"] * 24 + [*years] + ["2000"] * 22
    probes = crowd(random, directions(random, 48), names, groups={"year": year})
    gallery = crowd(random, directions(random, 20), [f"g{n}" for n in range(20)])
    hits = at((0, 1, 85), (24, 2, 85), (25, 3, 85), (26, 3, 85))
    found = replay(probes, gallery, hits, Question((80,), columns=("year",)))
    said = [one for one in found.problems if one.trouble is Trouble.MISLABELLED]
    one_thing = "" in years
    assert [one.where for one in said] == ([] if one_thing else ["p12"])
    assert {one.group: one.people for one in found.settings[0].groups} == {"1990": 12, "2000": 12 if one_thing else 11}
    assert found.settings[0].false_matched.of == 48


def test_everybody_of_whom_different_things_are_said_leaves_no_group():
    random = np.random.default_rng(8)
    probes = crowd(random, directions(random, 4), ["a", "a", "b", "b"], groups={"age": ["1", "2", "1", "3"]})
    gallery = crowd(random, directions(random, 3), ["x", "y", "z"])
    found = replay(probes, gallery, at((0, 1, 85)), Question((80,), columns=("age",)))
    assert found.settings[0].groups == ()
    assert "two things are said in age: 1 and 2" in [one.said for one in found.problems]


def test_a_finding_says_where_the_curve_it_quotes_is_extrapolated():
    probes, gallery = sets()
    hits = at(*((n, 1, 99) for n in range(30)))
    scale = gaussian_scale()
    short = Similarity(dataclasses.replace(scale.curve, measured_to=-5.0))
    found = replay(probes, gallery, hits, Question((50, 95), similarity=short))
    low, high = (one.expected.extrapolated for one in found.settings)
    assert (low, high) == (False, True)
    (said,) = (one.said for one in findings(found) if one.kind.startswith("false matches"))
    first, _, rest = said.partition("; so at ")
    assert first.startswith("at the setting 50, ")
    assert "extrapolated" not in first
    assert rest.startswith("95 (extrapolated). ")
    (alone,) = (
        one.said
        for one in findings(replay(probes, gallery, hits, Question((95,), similarity=short)))
        if one.kind.startswith("false matches")
    )
    assert "extrapolated" in alone
    assert "lets one expect none: one such test in " in alone
    assert document(found, probes, gallery)["findings"]


def crossed(sizes):
    """A replay of people of two columns, so many of each pair of values; everybody is taken for somebody else."""
    random = np.random.default_rng(9)
    sexes = [sex for (sex, _), many in sizes.items() for _ in range(many)]
    origins = [origin for (_, origin), many in sizes.items() for _ in range(many)]
    probes = crowd(
        random, directions(random, len(sexes)), [f"p{n}" for n in range(len(sexes))],
        groups={"sex": sexes, "origin": origins},
    )  # fmt: skip
    gallery = crowd(random, directions(random, 5), [f"g{n}" for n in range(5)])
    hits = at(*((n, 1, 85) for n in range(len(sexes))))
    return replay(probes, gallery, hits, Question((80,), columns=("sex", "origin")))


def test_two_columns_are_told_apart_each_by_itself_and_both_together():
    found = crossed({("F", "n"): 12, ("F", "s"): 14, ("M", "n"): 16, ("M", "s"): 18})
    told = {(one.column, one.group): one.false_matched.of for one in found.settings[0].groups}
    assert told == {
        ("sex", "F"): 26, ("sex", "M"): 34, ("origin", "n"): 28, ("origin", "s"): 32,
        ("sex and origin", "F, n"): 12, ("sex and origin", "F, s"): 14,
        ("sex and origin", "M, n"): 16, ("sex and origin", "M, s"): 18,
    }  # fmt: skip


def test_what_a_small_group_of_two_columns_has_does_not_follow_from_the_totals_of_each():
    found = crossed({("F", "n"): 4, ("F", "s"): 20, ("M", "n"): 21, ("M", "s"): 30})
    both = {one.group: one.false_matched for one in found.settings[0].groups if one.column == "sex and origin"}
    assert all(one is None for one in both.values())  # each of the others would tell, with a row or a column, the four
    small = [one.where for one in found.problems if one.trouble is Trouble.SMALL_GROUP]
    assert "sex and origin F, n" in small

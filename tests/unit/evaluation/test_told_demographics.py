"""What the page of a demographics audit says of groups: no equal ones are told unequal, and none is called equal that
could not be told."""

import numpy as np
from tests.unit.evaluation.test_demographics import crowd, measured

from recognizance.evaluation.pages.told.demographics import page
from recognizance.evaluation.protocols import demographics

COSINE = 0.55


def document(people, cosine=COSINE, curve=1e-3):
    seen = measured(people, cosine)
    groupings = [demographics.by_group(people, seen, ["group"], np.random.default_rng(1))]
    at = {"asked": "similarity", "fmr": None, "similarity": 80.0, "cosine": cosine, "curve": curve}
    at["extrapolated"] = False
    return {
        "made": {"sets": []},
        "problems": {"counts": {}},
        "findings": [],
        "result": {
            "threshold": at,
            "margin": 2.0,
            **demographics.figures(people, groupings, demographics.overall(seen)),
        },
    }


def names_somebody(told):
    return "are taken for one another" in told.verdict or told.whom.startswith("People of")


def test_equal_groups_are_seldom_told_unequal_however_many_they_are():
    told = [page(document(crowd((20,) * 8, (0.0,) * 8, seed=seed, dimension=12))) for seed in range(10)]
    assert sum(names_somebody(one) for one in told) <= 1


def test_a_group_that_is_wrong_far_more_often_is_named():
    told = page(document(crowd((40, 40, 40), (1.2, 0.0, 0.0), dimension=12)))
    assert "people of group a are taken for one another" in told.verdict
    assert told.alarm == "bad"


def test_groups_that_cannot_be_told_apart_are_not_called_equal():
    told = page(document(crowd((15, 15), (0.0, 0.0), pictures=2, dimension=12)))
    assert (told.alarm, "cannot tell" in told.verdict, "cannot tell" in told.whom) == ("care", True, True)


def test_groups_of_which_twice_as_often_is_ruled_out_are_good():
    people = crowd((220, 220), (0.0, 0.0), pictures=2, noise=0.9, dimension=8)
    told = page(document(people, 0.6))
    assert told.alarm == "good"
    assert "none is twice as often" in told.verdict

"""No page calls a test good that is too small to tell, or whose result is of no use."""

import pytest

from recognizance.evaluation.pages.told import identification, labels, live, standing, verification
from recognizance.evaluation.statistics.rates import Rate


def rate(count, of):
    one = Rate(count, of)
    return {"count": count, "of": of, "rate": one.value, "low": one.low, "high": one.high}


def document(result, **counts):
    return {"result": result, "findings": [], "problems": {"counts": counts, "named": {}},
            "made": {"models": [], "sets": []}}  # fmt: skip


@pytest.mark.parametrize(
    ("false", "lost", "found", "said"),
    [
        ((0, 60), (0, 60), None, "good"),
        ((0, 59), (0, 60), None, "few"),
        ((0, 60), (3, 60), None, "care"),
        ((0, 60), (2, 60), (29, 60), "care"),
        ((0, 60), (2, 60), (30, 60), "good"),
        ((1, 600), (0, 60), None, "care"),
        ((10, 20), (0, 60), None, "care"),
        ((1, 20), (0, 60), None, "few"),
    ],
)
def test_good_takes_enough_trials_and_few_failures(false, lost, found, said):
    assert standing(rate(*false), lost=[rate(*lost)], found=None if found is None else rate(*found)) == said


def test_few_people_with_many_pictures_are_few():
    assert standing({"count": 0, "of": 100, "rate": 0.0, "low": 0.0, "high": 0.6}) == "few"


def pairs(mated, nonmated, *, missed=0, lost=0):
    rows = [
        {"similarity": at, "false_matches": rate(0, nonmated), "misses": rate(missed, mated), "expected": 1e-6}
        for at in (80.0, 90.0)
    ]
    return {
        "pairs": {"mated": mated, "nonmated": nonmated, "pictures": 2, "people": 2}, "accuracy": None,
        "at_similarity": rows, "at_rates": [], "roc": [], "groups": [], "all_pairs": None,
        "enrolment": {"failed": rate(lost, 100), "groups": []},
    }  # fmt: skip


@pytest.mark.parametrize(
    ("given", "alarm", "few"),
    [
        (pairs(1, 1), "care", True),
        (pairs(60, 59), "care", True),
        (pairs(59, 600), "care", True),
        (pairs(60, 60), "good", False),
        (pairs(100, 100, missed=4), "good", False),
        (pairs(100, 100, lost=5), "care", False),
        (pairs(100, 100, missed=60), "bad", False),
    ],
)
def test_pairs_are_good_where_there_are_enough(given, alarm, few):
    page = verification.page(document(given))
    assert page.alarm == alarm
    assert ("too few pairs to say" in page.verdict) == few
    assert page.what_to_set.startswith("Not known") == few
    if alarm == "bad":
        assert page.what_to_set.startswith("No threshold tested is both safe and of use")


def searches(nonmated, mated, *, missed=0, lost=0):
    setting = {
        "similarity": 80.0,
        "fpir": rate(0, nonmated) if nonmated else None,
        "fnir": rate(missed, mated) if mated else None,
    }
    return {
        "probes": {"mated": mated, "nonmated": nonmated}, "gallery": {"people": 5, "pictures": 5},
        "settings": [setting], "identification": [{"asked": 0.01, "withheld": False, "needed": 1, "point": setting}],
        "trade_off": [], "investigation": {"cmc": [], "misses": []}, "growth": [], "too_large": [], "predicted": [],
        "failure_to_enrol": {"probes": rate(lost, 100), "gallery": rate(0, 100)},
        "curve": {"others": True, "people": 5},
    }  # fmt: skip


@pytest.mark.parametrize(
    ("given", "alarm", "few"),
    [
        (searches(1, 0), "care", True),
        (searches(0, 60), "care", True),
        (searches(60, 60), "good", False),
        (searches(60, 60, lost=5), "care", False),
        (searches(60, 60, missed=60), "care", False),
    ],
)
def test_searches_are_good_where_there_are_enough(given, alarm, few):
    page = identification.page(document(given))
    assert page.alarm == alarm
    assert ("too few searches to say" in page.verdict) == few
    useless = given["settings"][0]["fnir"] is not None and given["settings"][0]["fnir"]["count"] == 60
    assert page.what_to_set.startswith("No setting is both safe and of use") == useless


def test_what_to_set_is_the_lowest_setting_tried_at_which_no_stranger_came_up_and_what_it_misses():
    given = searches(200, 200)
    given["settings"] = [
        {"similarity": similarity, "fpir": rate(wrong, 200), "fnir": rate(missed, 200)}
        for similarity, wrong, missed in ((70.0, 4, 2), (80.0, 0, 10), (90.0, 0, 40))
    ]
    said = identification.page(document(given)).what_to_set
    assert said.startswith("80 or higher: there, none of 200 searches for people who are not there gave somebody")
    assert "5.0 % of people who are there are missed" in said
    given["settings"] = [{"similarity": 90.0, "fpir": rate(4, 200), "fnir": rate(10, 200)}]
    said = identification.page(document(given)).what_to_set
    assert said.startswith("None of the settings tried keeps strangers out: at 90, the highest, 4 of 200")


@pytest.mark.parametrize(
    ("pictures", "mated", "nonmated", "lost", "alarm"),
    [(1, 0, 0, 0, "care"), (60, 30, 1740, 0, "good"), (59, 30, 1740, 0, "care"), (60, 0, 1770, 0, "care"),
     (60, 1770, 0, 0, "care"), (100, 50, 4900, 5, "care")],
)  # fmt: skip
def test_labels_are_good_only_where_there_was_something_to_hold_them_against(pictures, mated, nonmated, lost, alarm):
    result = {"people": 1, "pictures": pictures, "mated": mated, "nonmated": nonmated, "similarity": 80.0,
              "expected": 3.0, "counts": {}, "suspects": []}  # fmt: skip
    page = labels.page(document(result, **{"no face": lost}))
    assert page.alarm == alarm
    assert ("too few pictures to say" in page.verdict) == (alarm == "care")


def answered(probes, *, verification=None, hits=None):
    none = rate(0, max(1, probes))
    row = {"similarity": 80.0, "false_matched": none, "false_matched_found": none, "hits": hits,
           "groups": {}, "expected": None, "people_matched": 0}  # fmt: skip
    replay = {
        "probes": {"pictures": probes, "people": probes, "found": probes}, "gallery": {"pictures": 9, "people": 9},
        "failure_to_enrol": {"probes": none, "gallery": rate(0, 9)}, "comparisons": 9 * probes,
        "sentence": f"None of {probes} people was matched to somebody else at the setting 80.", "cost": "",
        "lowest_without_false_matches": 80.0, "thresholds": [row], "worst": [],
    }  # fmt: skip
    endpoint = {"address": "https://there", "notes": [], "not_told": [], "held": 0, "searches": probes,
                "face_model_version": "7"}  # fmt: skip
    return document({"endpoint": endpoint, "replay": replay if probes else None, "verification": verification,
                     "beside": None})  # fmt: skip


@pytest.mark.parametrize(
    ("given", "alarm"),
    [
        (answered(1), "care"),
        (answered(60), "good"),
        (answered(60, hits=rate(0, 50)), "care"),
        (answered(60, verification=pairs(1, 1)), "care"),
        (answered(0, verification=pairs(60, 60)), "good"),
        (answered(0), "care"),
    ],
)
def test_an_endpoint_is_good_where_it_was_asked_enough(given, alarm):
    page = live.page(given)
    assert page.alarm == alarm
    if given["result"]["replay"] is not None and given["result"]["replay"]["probes"]["people"] == 1:
        assert "too few pictures to say" in page.verdict
        assert "too few pictures to say" in page.what_to_set

"""The pages of detection, calibration and quality say what their documents hold, where little is known, too."""

from __future__ import annotations

import copy

import pytest

from recognizance.evaluation.pages.told import calibrate, detection, quality


def rate(count, of, low=0.1, high=0.9):
    return {"count": count, "of": of, "rate": count / of, "low": low, "high": high}


def shipped(confidence, found, wrong):
    return {
        "confidence": confidence,
        "recall": rate(found, 20),
        "precision": rate(found, found + wrong),
        "false_finds": {"count": wrong, "pictures": 10, "each": wrong / 10, "low": 0.0, "high": 1.0},
    }


DETECTED = {
    "smallest": 40.0, "overlap": 0.5, "faces": 20, "faces_too_small": 3, "faces_not_counted": 1, "pictures": 10,
    "pictures_without_faces": 2, "shipped": shipped(40, 19, 4),
    "average_precision": {"value": 0.9, "low": 0.8, "high": 0.95},
    "without_faces_with_finds": rate(1, 2), "curve": [shipped(40, 19, 4), shipped(90, 15, 1)],
    "sizes": [
        {"from": 0.0, "to": 40.0, "faces": 12, "recall": rate(6, 12), "precision": None},
        {"from": 40.0, "to": None, "faces": 20, "recall": rate(20, 20), "precision": rate(20, 20)},
    ],
    "kinds": [
        {"column": "blur", "value": "2", "faces": 12, "recall": rate(6, 12)},
        {"column": "blur", "value": "0", "faces": 3, "recall": None},
    ],
    "columns": ["blur"], "columns_left_out": ["number"],
}  # fmt: skip


def document(result, findings=()):
    return {"result": result, "findings": list(findings)}


def test_detection_says_who_is_missed_and_what_to_ask_for():
    page = detection.page(document(DETECTED))
    assert "Of 20 faces of 40 pixels and more, 95.0 % were found and 1 missed" in page.verdict
    assert page.alarm == "good"
    assert "heavily blurred" in page.whom
    assert "faces are 40 pixels long or more" in page.what_to_set
    assert "below 90 is left with 1 wrong ones instead of 4" in page.what_to_set


def test_detection_of_nothing_is_said_plainly():
    nothing = copy.deepcopy(DETECTED) | {"kinds": [], "sizes": [], "faces": 0, "average_precision": None}
    for point in [nothing["shipped"], *nothing["curve"]]:
        point["recall"] = point["precision"] = None
    page = detection.page(document(nothing))
    assert page.verdict == "There is no face of 40 pixels or more in these pictures."
    assert page.alarm == "care"


def step(level, missed, *, times=1.0, low=0.5, high=2.0):
    return {
        "level": level,
        "not_found": rate(0, 20, 0.0, 0.15),
        "thresholds": [
            {"similarity": 80.0, "missed": rate(missed, 20), "unlike": None, "lost": rate(missed, 20),
             "false_matches": None}
        ],
        "strangers": {"rate": rate(2, 4000), "times": {"value": times, "low": low, "high": high}},
        "brightness": 50.0,
        "sharpness": None,
    }  # fmt: skip


BLUR = {"kind": "blur", "title": "out of focus", "unit": "blur of {} eyes",
        "levels": [step(0.1, 0), step(0.2, 12)]}  # fmt: skip
WORSE = {
    "sample": 20, "people_with_two": 40, "strangers": 200, "limit": 0.05,
    "thresholds": [{"similarity": 80.0, "cosine": 0.5, "false_match_rate": 1e-6}],
    "strange": {"share": 1e-4, "cosine": 0.3, "similarity": 60.0}, "clean": step(None, 0), "kinds": [BLUR],
    "everybody": [{"similarity": 80.0, "missed": rate(1, 40)}],
    "natural": [{"measure": "turn", "from": 0.0, "to": 10.0, "people": 40, "pairs": 40,
                 "thresholds": [{"similarity": 80.0, "missed": rate(1, 40)}]}],
    "measured": [{"measure": "sharpness", "from": 0.0, "to": 5.0, "people": 4, "pairs": 4,
                  "thresholds": [{"similarity": 80.0, "missed": None}]}],
}  # fmt: skip


def test_quality_says_how_bad_a_picture_may_be():
    page = quality.page(document(WORSE))
    assert "up to 60.0 % with bad ones" in page.verdict
    assert "out of focus: up to blur of 0.1 eyes" in page.what_to_set
    assert "nobody look more like strangers" in page.whom
    assert page.alarm == "care"


def test_quality_says_when_worse_pictures_match_strangers():
    raised = copy.deepcopy(WORSE)
    raised["kinds"][0]["levels"][1] = step(0.2, 12, times=4.0, low=2.5, high=None)
    page = quality.page(document(raised, [{"kind": "worse", "group": "", "said": "so"}]))
    assert "4 times as often (between 2.5 and any number of times)" in page.whom
    assert page.alarm == "bad"


def test_quality_of_too_few_people_is_said_plainly():
    few = {**WORSE, "clean": None, "kinds": [{**BLUR, "levels": []}], "natural": [], "measured": []}
    assert quality.page(document(few)).verdict == "There are too few people to say anything of worse pictures."


SCALE = {
    "model": "mine", "fitted_on": "people of a folder", "people": 100, "pictures": 120, "comparisons": 4950,
    "picture_pairs": 7000,
    "curve": {"cosines": [-1.0, 0.1, 0.5, 1.0], "log10_rates": [0.0, -1.0, -6.0, -12.0],
              "log10_low": [0.0, -1.1, -7.0, -15.0], "log10_high": [0.0, -0.9, -5.0, -12.0], "measured_to": -4.0},
    "tail": {"threshold": 0.3, "share": 3e-4, "scale": 0.03, "shape": 0.01},
    "anchors": [{"similarity": 80.0, "cosine": 0.5, "rate": 1e-6, "low": 1e-7, "high": 1e-5, "extrapolated": True,
                 "published": None}],
    "published_before": False, "checks": [], "held_out": [],
}  # fmt: skip


def test_a_calibration_without_checks_says_that_nothing_was_checked():
    page = calibrate.page(document(SCALE))
    assert "At Similarity 80 some 1 in 1,000,000 pairs of strangers match" in page.verdict
    assert page.wrong.startswith("Nothing was checked")
    assert page.alarm == "care"
    assert "80 for a search among 10,000 people" in page.what_to_set


@pytest.mark.parametrize(("within", "alarm"), [(10, "good"), (7, "care"), (3, "bad")])
def test_a_calibration_is_as_good_as_the_stricter_of_its_checks(within, alarm):
    checked = {
        **SCALE,
        "checks": [{"similarity": 80.0, "checks": 10, "held": 10, "within": within,
                    "predicted": 1.0, "observed": 2.0, "lowest": 0.0,
                    "highest": 1e-5}],
        "held_out": [{"division": 0, "half": 0, "similarity": 80.0, "people": 50, "predicted": 1.0,
                      "expected": {"low": 0.1, "high": 3.0}, "within": True,
                      "observed": rate(1, 1225), "holds": True}],
    }  # fmt: skip
    page = calibrate.page(document(checked))
    assert page.alarm == alarm
    assert page.verdict.endswith(
        f"on people it had not seen, the predicted number lay in the 95 % interval of the counted one in {within} of "
        "10 checks, and in 10 where the curve's own uncertainty counts too."
    )
    assert page.wrong.index(f"in {within} of 10 checks") < page.wrong.index("own uncertainty")

"""An audit's document: the same for the same input, with counts beside rates, and without names where asked."""

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as some
from tests.schemas import validator

from recognizance.evaluation import audit
from recognizance.evaluation.audit import Audit, Finding, Made, Set
from recognizance.evaluation.sets.subjects import Problem, Trouble
from recognizance.evaluation.statistics.rates import Rate

MADE = Made(
    "recognizance audit replay --probes a --gallery b", "1.0", ({"name": "m", "sha256": "0" * 64},), ("precision=f32",),
    (Set("probes", "the folder a", 3, 2, 3, "f" * 64),), 7,
)  # fmt: skip


def made(**result):
    problems = (
        Problem(Trouble.NO_FACE, "Ada/1.jpg", "no face was found in Ada/1.jpg"),
        Problem(Trouble.SMALL_GROUP, "gender x", "3 people are in it"),
        Problem(Trouble.UNREADABLE, "Ada/1.jpg", "cut short"),
    )
    return Audit("replay", MADE, problems, result, (Finding("kind", "", "said"),))


def test_a_document_is_what_the_published_schema_says():
    validator("common").validate(audit.document(made(rate=audit.rate(Rate(3, 459)))))


def test_no_rate_goes_without_its_count_and_bounds():
    assert audit.rate(Rate(0, 30)) == {"count": 0, "of": 30, "rate": 0.0, "low": 0.0, "high": 0.1}
    assert audit.rate(None) is None


@given(some.floats(allow_nan=False, allow_infinity=False))
def test_a_figure_keeps_six_digits_and_is_its_own_figure(value):
    shown = audit.figure(value)
    assert shown == audit.figure(shown)
    assert math.isclose(shown, value, rel_tol=1e-5, abs_tol=1e-300)
    assert json.dumps(shown) != "-0.0"


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_what_is_no_number_is_no_figure(value):
    with pytest.raises(ValueError, match="a report holds numbers"):
        audit.figure({"rate": [value]})


def test_problems_are_all_counted_and_the_first_are_named():
    many = tuple(Problem(Trouble.NO_FACE, f"{at}.jpg", "no face") for at in range(audit.NAMED + 5))
    said = audit.document(Audit("x", MADE, many, {}))["problems"]
    assert said["counts"] == {"no face": audit.NAMED + 5}
    assert len(said["named"]["no face"]) == audit.NAMED


def test_an_anonymous_audit_names_nobody_and_keeps_who_is_who():
    one = made(
        worst=[{"probe": "Ada/1.jpg", "probe_person": "Ada", "gallery": "Bob/2.jpg", "similarity": 81.0}],
        gallery={"people": 5},
        suspects=[{"person": "Ada", "file": "Ada/1.jpg", "said": "alike"}],
    )
    text = audit.as_json(audit.anonymous(one))
    assert "Ada" not in text
    assert "Bob" not in text
    said = json.loads(text)
    assert said["result"]["worst"][0]["probe_person"] == said["result"]["suspects"][0]["person"]
    assert said["result"]["worst"][0]["probe"] == said["problems"]["named"]["no face"][0]["where"]
    assert said["result"]["gallery"] == {"people": 5}
    assert said["problems"]["named"]["small group"][0]["where"] == "gender x"


def test_a_document_that_was_read_again_gives_the_same_bytes():
    text = audit.as_json(made(value=1 / 3, name="Zoë"))
    assert audit.written(json.loads(text)) == text
    assert audit.digest(text) == audit.digest(audit.as_json(made(value=1 / 3, name="Zoë")))


def test_a_report_can_be_written_whatever_bytes_a_path_has():
    text = audit.written({"command": "audit --probes \udcff\udcfe/set"})
    assert json.loads(text) == {"command": "audit --probes \ufffd\ufffd/set"}
    text.encode()

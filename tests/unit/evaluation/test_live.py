"""What an endpoint's answers mean, however odd they are."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recognizance.evaluation.protocols import answers, live
from recognizance.evaluation.sets.subjects import Subject, Trouble
from recognizance.evaluation.sets.templates import UNREADABLE

NAMES = (
    "FaceRecords", "UnindexedFaces", "FaceMatches", "UnmatchedFaces", "Face", "FaceId", "Similarity", "BoundingBox",
    "Width", "Height", "ExternalImageId", "FaceDetail", "FalseMatchRate",
)  # fmt: skip
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=True) | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=4),
    max_leaves=12,
)
ANSWERS = st.dictionaries(
    st.sampled_from(["FaceRecords", "UnindexedFaces", "FaceMatches", "UnmatchedFaces", "FaceModelVersion"]), ANYTHING
)


def record(name, width):
    return {"Face": {"FaceId": name, "BoundingBox": {"Width": width, "Height": 0.5}}}


def left(width):
    return {"FaceDetail": {"BoundingBox": {"Width": width, "Height": 0.5}}}


@given(ANSWERS)
def test_no_answer_is_too_odd(answer):
    assert answers.enrolled(answer).faces >= 0
    kept, others = answers.largest(answer)
    assert kept not in others
    found = answers.found(answer, 10)
    assert all(0 <= number < 10 and 0 <= percent <= 100 for number, percent in found.matches)
    compared = answers.compared(answer).similarity
    assert compared is None or 0 <= compared <= 100
    assert answers.explained(answer) is None


def test_the_largest_face_is_the_one_that_counts():
    first = answers.enrolled({"FaceRecords": [record("a", 0.2)], "UnindexedFaces": [left(0.1), left(0.4)]})
    assert (first.faces, first.kept, first.larger) == (3, "a", True)
    assert not answers.enrolled({"FaceRecords": [record("a", 0.4)], "UnindexedFaces": [left(0.1)]}).larger
    assert answers.largest({"FaceRecords": [record("a", 0.2), record("b", 0.4), record("c", 0.1)]}) == ("b", ["a", "c"])


def test_of_several_faces_compared_the_largest_counts_and_one_below_the_threshold_is_at_0():
    faces = [
        {"Similarity": 99.0, "Face": record("a", 0.1)["Face"]},
        {"Similarity": 5.0, "Face": record("b", 0.3)["Face"]},
    ]
    assert answers.compared({"FaceMatches": faces}) == answers.Compared(5.0, several=True)
    unmatched = {"BoundingBox": {"Width": 0.9, "Height": 0.9}}
    assert answers.compared({"FaceMatches": faces, "UnmatchedFaces": [unmatched]}).similarity == 0.0
    assert answers.compared({"FaceMatches": [], "UnmatchedFaces": []}).similarity is None


def test_matches_of_one_picture_are_one_and_the_rest_is_counted_as_strange():
    answer = {
        "FaceMatches": [
            {"Similarity": 90.0, "Face": {"ExternalImageId": "3"}},
            {"Similarity": 95.0, "Face": {"ExternalImageId": "3"}},
            {"Similarity": 80.0, "Face": {"ExternalImageId": "10"}},
            {"Similarity": 101.0, "Face": {"ExternalImageId": "1"}},
            {"Similarity": 70.0, "Face": {"ExternalImageId": "-1"}},
            {"Similarity": 70.0, "Face": {"ExternalImageId": "٣"}},
            {"Face": {"ExternalImageId": "2"}},
        ]
    }
    found = answers.found(answer, 10)
    assert found.matches == ((3, 95.0),)
    assert found.strange == 5


def test_a_refusal_for_want_of_a_face_is_told_from_others():
    none = "There are no faces in the image. Should be at least 1."
    assert answers.faces_of("InvalidParameterException", none) == 0
    assert answers.faces_of("InvalidParameterException", "Request has invalid parameters") == UNREADABLE
    assert answers.faces_of("ImageTooLargeException", none) == UNREADABLE
    assert answers.trouble("InvalidImageFormatException", "") is Trouble.UNREADABLE


def test_only_probes_whose_list_was_full_are_cut():
    searches = {0: answers.Found(1, ((1, 90.0), (0, 40.0))), 2: answers.Found(1, full=True)}
    hits = live.hits(searches, 3, 50.0)
    assert (hits.probe.tolist(), hits.gallery.tolist(), hits.similarity.tolist()) == ([0], [1], [90.0])
    assert hits.cut.tolist() == [False, False, True]
    assert live.hits({0: answers.Found(1)}, 1, 50.0).cut is None


def test_a_report_of_this_kind_may_stand_beside():
    made = {"models": [], "sets": []}
    for protocol in ("live", "replay", "verification"):
        text = json.dumps({"protocol": protocol, "result": {}, "made": made})
        assert live.beside(text)["made"] == made
    for text in ("", "[]", '{"protocol": "live"}', json.dumps({"protocol": "gate", "result": {}, "made": made})):
        with pytest.raises(ValueError, match="should be a report"):
            live.beside(text)


def test_what_an_endpoint_does_not_tell_is_said():
    told = live.Told("https://elsewhere", "eu-west-1", amazon=False, curve=None, asked_from=60.0)
    said = " ".join(live.not_told(told))
    assert "publishes no curve" in said
    assert "does not say which face model" in said
    assert live.notes(told) == []


def test_a_picture_is_named_by_what_the_endpoint_made_of_it():
    subject = Subject("a.jpg", "a")
    assert answers.problem(subject, answers.Found(1)) is None
    assert answers.problem(subject, answers.Enrolled(2)).trouble is Trouble.SEVERAL_FACES
    assert answers.problem(subject, answers.Enrolled(0)).trouble is Trouble.NO_FACE
    refused = answers.problem(subject, answers.Found(UNREADABLE, said="no JPEG"))
    assert refused.said == "the endpoint would not take it: no JPEG"

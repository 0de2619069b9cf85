"""A replay's page says from its document alone what went wrong, for whom, and what to set."""

import numpy as np
import pytest
from tests.unit.evaluation.audited import crowd, directions, gaussian_scale, without_faces
from tests.unit.evaluation.test_page import PNG, Read
from tests.unit.evaluation.test_replay import at, document

from recognizance.accountability.papers import Table
from recognizance.evaluation.pages.page import Pair, html
from recognizance.evaluation.pages.told.replay import page
from recognizance.evaluation.protocols.replay import Question, replay

EVERY = (70, 80, 90, 95)


def told(hits, *, people=100, lost=0, thresholds=EVERY, mated=None, columns=(), groups=None, similarity=None):
    random = np.random.default_rng(1)
    probes = crowd(random, directions(random, people), [f"p{n}" for n in range(people)], groups=groups, source="probes")
    probes = without_faces(probes, np.arange(people - lost, people))
    gallery = crowd(random, directions(random, 60), [f"g{n}" for n in range(60)], source="gallery")
    asked = Question(thresholds, mated=mated, columns=columns, similarity=similarity)
    return document(replay(probes, gallery, hits, asked), probes, gallery)


MATES = [(f"p{n}", f"g{n}") for n in range(20)]
FOUND = [(n, n, 85 + n / 2) for n in range(20)]
SOME = told(at((30, 1, 82), (31, 2, 92), *FOUND), mated=MATES)


def test_the_first_screen_answers_in_figures():
    first = page(SOME)
    assert first.verdict == "2 of 100 members were matched to somebody else at the setting 80; at 95 none was."
    assert first.tested == (
        "100 pictures of 100 members, each looked for among 60 pictures of 60 people. For 20 of the pictures the right "
        "person is there too, under another picture; anybody else who comes up is a stranger."
    )
    assert first.wrong == (
        "At 80, taken for somebody else: 2 of 100 (2.0 %; between 0.6 % and 7.0 %); missed though they are there: none "
        "of 20 (at most 16.1 %). At 95: none of 100 (at most 3.0 %) taken for somebody else, 20 of 20 missed."
    )
    assert first.whom == "Not known: the audit was given no column to tell people apart by (--groups)."
    assert first.what_to_set == (
        "No setting tested is both safe and of use: from 95 on nobody in this test was taken for somebody else, and "
        "there 0 of 20 who are there were found. Act on nothing that two people have not looked at."
    )
    assert first.alarm == "care"


@pytest.mark.parametrize(
    ("hits", "alarm", "set_to"),
    [
        (at((1, 1, 79)), "good", "80 or higher"),
        (at((1, 1, 81)), "care", "90 or higher"),
        (at((1, 1, 97)), "care", "No setting tested is enough: even at 95, 1 of 100 were taken"),
    ],
)
def test_the_colour_and_the_advice_follow_the_counts(hits, alarm, set_to):
    first = page(told(hits))
    assert first.alarm == alarm
    assert first.what_to_set.startswith(set_to)


@pytest.mark.parametrize(
    ("hits", "asked"),
    [
        (at(), {"people": 1}),
        (at(), {"people": 59}),
        (at((0, 0, 70)), {"people": 100, "lost": 99}),
        (at((1, 1, 81)), {"people": 20}),
        (at(), {"people": 1, "mated": [("p0", f"g{n}") for n in range(60)]}),
    ],
)
def test_few_pictures_are_never_good_and_no_advice(hits, asked):
    first = page(told(hits, **asked))
    assert first.alarm == "care"
    assert "too few pictures to say" in first.verdict
    assert first.what_to_set.startswith("Not known")


@pytest.mark.parametrize("found", [0, 49])
def test_a_setting_that_finds_fewer_than_half_is_neither_good_nor_advice(found):
    mates = [(f"p{n}", f"g{n % 60}") for n in range(100)]
    first = page(told(at(*((n, n % 60, 99) for n in range(found))), mated=mates))
    assert first.alarm == "care"
    assert "too few" not in first.verdict
    assert first.what_to_set.startswith("No setting tested is both safe and of use")
    assert f"{found} of 100 who are there were found" in first.what_to_set


def test_more_pictures_without_a_face_than_one_in_twenty_are_not_good():
    assert [page(told(at(), lost=lost)).alarm for lost in (4, 5)] == ["good", "care"]


def test_many_wrong_of_few_are_not_called_too_few_to_say():
    assert "too few" not in page(told(at(*((n, 1, 92) for n in range(10))), people=20)).verdict


def test_more_false_matches_than_the_curve_lets_one_expect_are_bad():
    many = at(*((n, 1, 92) for n in range(30)))
    first = page(told(many, similarity=gaussian_scale()))
    assert first.alarm == "bad"
    assert "More than the model's published curve lets one expect (in brackets what was): 0 to " in first.wrong
    assert "(30)" in first.wrong


def test_fewer_false_matches_than_the_curve_lets_one_expect_are_told_on_the_first_screen_and_by_comparison():
    curve = told(at(floor=30), thresholds=(40, 90), people=200, similarity=gaussian_scale())
    (low, high) = (one["expected"] for one in curve["result"]["thresholds"])
    assert (low["agrees"], high["agrees"]) == (False, True)
    first = page(curve)
    said = f"{low['probes']['low']} to {low['probes']['high']} at 40 (0)."
    assert first.wrong.endswith(
        f"Fewer than the model's published curve lets one expect (in brackets what was): {said}"
    )
    (by_comparison,) = [one for one in first.sections[0].parts if isinstance(one, str) and one.startswith("At 40")]
    assert by_comparison.endswith(
        "false matches of two pictures, and there were 0. By chance alone these would have "
        "fallen on 0 of the 200, and so they did."
    )


def test_thresholds_below_the_usual_one_are_spoken_of_alone_where_there_is_no_other():
    first = page(told(at((1, 1, 72)), thresholds=(70,)))
    assert first.wrong.startswith("At 70, taken for somebody else: 1 of 100")
    assert first.what_to_set.startswith("No setting tested is enough")


def test_without_anybody_to_find_nothing_is_said_to_be_found():
    document_ = told(at((1, 1, 82)))
    first = page(document_)
    assert "missed" not in first.wrong
    assert "What that misses is not known" in first.what_to_set
    assert "Nobody is known to be there" in first.tested
    assert "not tested" in Read(html(first, document_)).text


def test_a_group_that_is_hit_more_often_is_named_with_its_ratio():
    random = np.random.default_rng(3)
    side = ["left"] * 100 + ["right"] * 288 + ["none"] * 3 + ["both"] * 9
    probes = crowd(random, directions(random, 400), [f"p{n}" for n in range(400)], groups={"side": side})
    gallery = crowd(random, directions(random, 20), [f"g{n}" for n in range(20)])
    hits = at(*((n, 0, 84) for n in (*range(20), *range(100, 110))))
    found = document(replay(probes, gallery, hits, Question(EVERY, columns=("side",))), probes, gallery)
    first = page(found)
    assert first.whom.startswith("By side: clearly more often “left”, 20 of 100 (20.0 %): ")
    assert "times as often (between" in first.whom
    assert first.alarm == "bad"
    text = Read(html(first, found)).text
    assert "withheld" in text
    assert "side none" in text


def test_a_difference_that_may_be_chance_is_called_so():
    side = ["left"] * 20 + ["right"] * 20
    first = page(told(at((1, 1, 82), (2, 2, 82), (30, 1, 82)), groups={"side": side}, columns=("side",), people=40))
    assert first.whom == "By side: most often “left”, 2 of 20 (10.0 %); the difference from the others may be chance."


def test_pictures_stand_with_the_most_alike_pairs_and_a_page_needs_none():
    pairs = [Pair(PNG, PNG, "one & other")]
    assert Read(html(page(SOME, pairs), SOME)).tags.count("img") == 2
    assert Read(html(page(SOME), SOME)).tags.count("img") == 0
    worst = [
        part for one in page(SOME).sections for part in one.parts if isinstance(part, Table) and "alike" in part.caption
    ]
    assert worst[0].rows[0] == ["p31", "g2", "92.0"]


def test_nothing_alike_is_said():
    assert "No two strangers came near a match." in Read(html(page(told(at())), told(at()))).text


def test_the_same_document_gives_the_same_page():
    assert html(page(SOME), SOME) == html(page(SOME), SOME)

"""`recognizance audit demographics` on pictures that the tiny models tell apart."""

from __future__ import annotations

import json

import pytest
from tests import portraits
from tests.cli.auditing import report, run_with

PEOPLE = 24


@pytest.fixture
def images(tmp_path):
    return portraits.folder(tmp_path / "images", {f"P{number:02}": 2 for number in range(PEOPLE)})


@pytest.fixture
def people(tmp_path):
    rows = [f"P{one:02},{'left' if one % 2 else 'right'},{'old' if one < 22 else 'new'}\n" for one in range(PEOPLE - 1)]
    (tmp_path / "people.csv").write_text("name,side,age\n" + "".join(rows))
    return tmp_path / "people.csv"


def audited(given, images, people, tmp_path, *words, **more):
    return run_with(
        given, "audit", "demographics", "--images", str(images), "--people", str(people), "--groups", "side",
        "--json", str(tmp_path / "a.json"), "--html", str(tmp_path / "a.html"), *words, **more,
    )  # fmt: skip


def test_a_set_becomes_a_report_by_group_and_a_page(given, images, people, tmp_path):
    (images / "P00" / "1.png").write_bytes(portraits.nobody())
    ran = audited(given, images, people, tmp_path, "--groups", "age", "--threshold", "20")
    document = report(tmp_path / "a.json")
    result = document["result"]
    assert (result["people"], result["pictures"]) == (PEOPLE, 48)
    assert [one["columns"] for one in result["groupings"]] == [["side"], ["age"], ["side", "age"]]
    side, age, both = result["groupings"]
    assert [(one["said"], one["people"]) for one in side["groups"]] == [({"side": "left"}, 11), ({"side": "right"}, 12)]
    assert side["unsaid"] == 1
    # one age alone is of too few people: it would follow from the total, were the other one shown
    assert [one["withheld"] for one in age["groups"]] == [True, True]
    assert age["groups"][0]["false"] is None
    assert not [one["said"] for one in both["groups"] if not one["withheld"]]
    assert side["groups"][0]["false"]["of"] == 55
    assert result["overall"]["false"]["of"] == 276
    assert result["overall"]["failure_to_enrol"]["count"] == 1
    assert document["problems"]["counts"] == {"no face": 1, "no group": 2, "small group": 5}
    assert "Errors by group" in ran.out
    page = (tmp_path / "a.html").read_text()
    assert "What these figures cannot tell" in page
    assert "<svg" in page


def test_the_same_input_gives_the_same_bytes(given, images, people, tmp_path):
    audited(given, images, people, tmp_path)
    first = (tmp_path / "a.json").read_bytes(), (tmp_path / "a.html").read_bytes()
    audited(given, images, people, tmp_path, "--no-cache")
    again = (tmp_path / "a.json").read_bytes(), (tmp_path / "a.html").read_bytes()
    assert json.loads(first[0])["result"] == json.loads(again[0])["result"]


def test_a_false_match_rate_chooses_the_threshold(given, images, people, tmp_path):
    audited(given, images, people, tmp_path, "--fmr", "0.1")
    result = report(tmp_path / "a.json")["result"]
    assert result["threshold"]["asked"] == "fmr"
    assert 0.05 < result["overall"]["false"]["rate"] <= 0.1


def test_misses_may_be_counted_among_other_pictures(given, images, people, tmp_path):
    mated = portraits.folder(tmp_path / "mated", {f"P{number:02}": 3 for number in range(12)})
    audited(given, images, people, tmp_path, "--mated", str(mated))
    document = report(tmp_path / "a.json")
    assert [one["role"] for one in document["made"]["sets"]] == ["images", "mated"]
    assert document["result"]["overall"]["missed"]["of"] == 36


def test_a_group_that_is_taken_for_others_is_a_finding(given, tmp_path):
    folder = portraits.folder(tmp_path / "images", {f"P{number:02}": 1 for number in range(30)})
    for number in range(30, 42):  # one face under twelve names
        (folder / f"P{number}").mkdir()
        (folder / f"P{number}" / "0.png").write_bytes(portraits.portrait(1000, number))
    rows = [f"P{one:02},{'left' if one < 30 else 'right'}\n" for one in range(42)]
    (tmp_path / "people.csv").write_text("name,side\n" + "".join(rows))
    ran = audited(given, folder, tmp_path / "people.csv", tmp_path, "--fmr", "0.077")
    document = report(tmp_path / "a.json")
    assert [(one["kind"], one["group"]) for one in document["findings"]] == [("false matches of a group", "side right")]
    assert "Finding: false matches of a group" in ran.out
    right = document["result"]["groupings"][0]["groups"][1]
    assert (right["false"]["count"], right["false"]["of"]) == (66, 66)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--threshold", "80", "--fmr", "0.01"], "--threshold or --fmr"),
        (["--fmr", "0.5"], "should lie between"),
        (["--groups", "shoe"], "shoe"),
    ],
)
def test_what_makes_no_sense_is_told(given, images, people, tmp_path, words, said):
    assert said in audited(given, images, people, tmp_path, *words, code=2).err


def test_groups_have_to_be_named(given, images):
    assert "--groups COLUMN is needed" in run_with(given, "audit", "demographics", "--images", str(images), code=2).err


def test_a_column_of_names_is_refused(given, tmp_path):
    folder = portraits.folder(tmp_path / "images", {f"P{number:03}": 1 for number in range(4)})
    rows = ["file,person,name\n"] + [f"images/P{at % 4:03}/0.png,Q{at},N{at}\n" for at in range(201)]
    (tmp_path / "set.csv").write_text("".join(rows))
    assert folder.is_dir()
    ran = run_with(given, "audit", "demographics", "--images", str(tmp_path / "set.csv"), "--groups", "name", code=2)
    assert "name tells 201 groups apart" in ran.err


def test_one_person_alone_is_told(given, tmp_path):
    folder = portraits.folder(tmp_path / "images", {"A": 2})
    (tmp_path / "people.csv").write_text("name,side\nA,left\n")
    assert "two people" in audited(given, folder, tmp_path / "people.csv", tmp_path, code=1).err

"""`recognizance audit gate` on the tiny models, and a collection that moves on the strength of its report."""

from __future__ import annotations

import json

import pytest
from tests import portraits
from tests.cli.auditing import report, run_with

PEOPLE = 64


@pytest.fixture
def images(tmp_path):
    return portraits.folder(tmp_path / "images", {f"P{number:02}": 2 for number in range(PEOPLE)})


@pytest.fixture
def people(tmp_path):
    rows = [f"P{one:02},{'left' if one % 2 else 'right'}\n" for one in range(PEOPLE)]
    (tmp_path / "people.csv").write_text("name,side\n" + "".join(rows))
    return tmp_path / "people.csv"


def gated(given, images, people, tmp_path, *words, **more):
    return run_with(
        given, "audit", "gate", "--images", str(images), "--people", str(people), "--groups", "side",
        "--json", str(tmp_path / "gate.json"), "--html", str(tmp_path / "gate.html"), *words, **more,
    )  # fmt: skip


def test_a_setting_that_changes_little_passes_where_that_may_be_shown(given, images, people, tmp_path):
    ran = gated(given, images, people, tmp_path, "--new", "mirror=true", "--rise", "0.1", "--fmr", "0.1",
                "--margin", "3", code=0)  # fmt: skip
    document = report(tmp_path / "gate.json")
    result = document["result"]
    assert result["verdict"] == "passes"
    assert {(one["said"].get("side", ""), one["kind"]) for one in result["judged"]} == {
        (side, kind) for side in ("", "left", "right") for kind in ("false", "missed", "lost")
    }
    assert [one["role"] for one in document["made"]["sets"]] == ["old", "new"]
    assert result["old"]["pipeline"] != result["new"]["pipeline"]
    assert "Yes: for no group" in ran.out
    assert "the margin" in (tmp_path / "gate.html").read_text()


def test_an_anonymous_gate_says_nothing_of_where_pictures_lie_or_of_whose_they_are(given, images, people, tmp_path):
    (images / "P00" / "empty.png").write_bytes(portraits.nobody())
    ran = gated(given, images, people, tmp_path, "--new", "mirror=true", "--anonymous", "--rise", "0.1", "--fmr", "0.1",
                "--margin", "3", code=0)  # fmt: skip
    document = report(tmp_path / "gate.json")
    assert {one["source"] for one in document["made"]["sets"]} == {"images"}
    assert document["problems"]["counts"]
    for text in (ran.out, (tmp_path / "gate.html").read_text()):
        assert "P00" not in text
    assert str(images) not in (tmp_path / "gate.json").read_text() + (tmp_path / "gate.html").read_text()


def test_few_people_cannot_tell(given, images, people, tmp_path):
    ran = gated(given, images, people, tmp_path, "--new", "mirror=true", code=3)
    assert report(tmp_path / "gate.json")["result"]["verdict"] == "cannot tell"
    assert "Not yet" in ran.out


def test_two_reports_are_held_against_each_other(given, images, people, tmp_path):
    for name, environment in (("old", {}), ("new", {"RECOGNIZANCE_MIRROR": "true"})):
        run_with(given, "audit", "demographics", "--images", str(images), "--people", str(people), "--groups", "side",
                 "--fmr", "0.1", "--json", str(tmp_path / f"{name}.json"), **environment)  # fmt: skip
    reports = [str(tmp_path / "old.json"), str(tmp_path / "new.json")]
    ran = run_with(given, "audit", "gate", *reports, "--margin", "3", "--rise", "0.1", "--json",
                   str(tmp_path / "gate.json"))  # fmt: skip
    document = report(tmp_path / "gate.json")
    assert document["result"]["by"] == "two reports"
    assert document["made"]["command"].startswith("recognizance audit gate")
    assert "Yes" in ran.out
    assert "no collection moves on the strength of this report" in ran.out
    assert "the same system" in run_with(given, "audit", "gate", *reports[:1] * 2, code=2).err
    other = json.loads((tmp_path / "new.json").read_text())
    other["made"]["sets"][0]["fingerprint"] = "0" * 64
    (tmp_path / "new.json").write_text(json.dumps(other))
    assert "different pictures" in run_with(given, "audit", "gate", *reports, code=2).err
    del other["result"]
    (tmp_path / "old.json").write_text(json.dumps(other))
    assert "lacks what a report" in run_with(given, "audit", "gate", *[str(tmp_path / "old.json")] * 2, code=2).err


def test_what_makes_no_sense_is_told(given, images, people, tmp_path):
    (tmp_path / "no.json").write_text("[1]")
    for words, said in (
        ((), "give --images and --new"),
        (("--images", str(images)), "give --images and --new"),
        (("--images", str(images), "--new", "port=80", "--no-groups"), "the setting one of embedder"),
        (("--images", str(images), "--new", "mirror=false", "--no-groups"), "are the same"),
        (("--images", str(images), "--new", "mirror=perhaps", "--no-groups"), "MIRROR"),
        (("--images", str(images), "--new", "mirror=true"), "--groups COLUMN is needed"),
        (("--images", str(images), "--new", "mirror=true", "--groups", "a", "--no-groups"), "one of them"),
        (("--margin", "4"), "at most 3 times"),
        (("--margin", "inf"), "at most 3 times"),
        (("--margin", "nan"), "at most 3 times"),
        (("--margin", "1"), "over 1"),
        (("--rise", "0.2"), "between 0 and 0.1"),
        (("--rise", "nan"), "between 0 and 0.1"),
        (("--fmr", "nan"), "--fmr nan should lie"),
        (("--images", str(images), "--new", "mirror=true", "--no-groups", "--threshold", "0"), "ask for a higher one"),
        ((str(tmp_path / "no.json"),), "give two reports"),
        ((str(tmp_path / "no.json"), str(tmp_path / "no.json")), "no report"),
        ((str(tmp_path / "none.json"), str(tmp_path / "no.json")), "cannot be read"),
    ):
        assert said in run_with(given, "audit", "gate", *words, code=2).err


def test_where_no_groups_were_told_apart_the_page_says_so(given, images, tmp_path):
    ran = run_with(given, "audit", "gate", "--images", str(images), "--no-groups", "--new", "mirror=true", "--rise",
                   "0.1", "--fmr", "0.1", "--margin", "3", "--json", str(tmp_path / "gate.json"), "--html",
                   str(tmp_path / "gate.html"))  # fmt: skip
    assert report(tmp_path / "gate.json")["result"]["verdict"] == "passes"
    assert "no groups were told apart" in ran.out
    assert "for no group" not in ran.out
    assert "Not known: no groups were told apart" in (tmp_path / "gate.html").read_text()


@pytest.mark.parametrize("text", ["no", "[" * 100_000])
def test_what_is_no_json_is_no_report(given, tmp_path, text):
    for name in ("old", "new"):
        (tmp_path / f"{name}.json").write_text(text)
    ran = run_with(given, "audit", "gate", str(tmp_path / "old.json"), str(tmp_path / "new.json"), code=2)
    assert "is no report: it is not JSON" in ran.err

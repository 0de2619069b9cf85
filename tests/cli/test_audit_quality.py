"""`recognizance audit quality` on pictures of nobody that the tiny models take for people."""

from __future__ import annotations

import pytest
from tests import portraits
from tests.cli.auditing import report, run_with


@pytest.fixture
def images(tmp_path):
    return portraits.folder(tmp_path / "set", {f"P{number:02}": 2 for number in range(24)})


def audit(given, images, tmp_path, *more, code=0):
    return run_with(
        given, "audit", "quality", "--images", str(images), "--degrade", "contrast", "--sample", "20", *more,
        "--json", str(tmp_path / "a.json"), "--html", str(tmp_path / "a.html"), code=code,
    )  # fmt: skip


def test_worse_pictures_become_a_report_and_a_page_and_the_same_bytes_again(given, images, tmp_path):
    (images / "P00" / "0.png").write_bytes(portraits.nobody())
    ran = audit(given, images, tmp_path)
    document = report(tmp_path / "a.json")
    result = document["result"]
    assert (result["sample"], result["people_with_two"], result["strangers"]) == (12, 23, 12)
    assert [one["similarity"] for one in result["thresholds"]] == [80, 99]
    assert [one["kind"] for one in result["kinds"]] == ["contrast"]
    clean = result["clean"]["thresholds"][0]
    assert (clean["missed"]["of"], clean["false_matches"]["of"]) == (12, 144)
    assert clean["lost"]["count"] == 0
    worst = result["kinds"][0]["levels"][-1]
    assert (worst["level"], worst["not_found"]["count"], worst["not_found"]["of"]) == (0.1, 12, 12)
    assert worst["strangers"] is None
    assert {one["measure"] for one in result["natural"]} == {"turn", "nod", "size", "sharpness", "brightness"}
    assert document["problems"]["counts"]["no face"] == 1
    assert "What worse pictures cost" in ran.out
    page = (tmp_path / "a.html").read_bytes()
    assert b"<svg" in page
    text = (tmp_path / "a.json").read_bytes()
    audit(given, images, tmp_path)
    assert ((tmp_path / "a.json").read_bytes(), (tmp_path / "a.html").read_bytes()) == (text, page)


def test_an_unknown_way_to_make_pictures_worse_is_refused_with_those_there_are(given, images, tmp_path):
    ran = run_with(given, "audit", "quality", "--images", str(images), "--degrade", "fog", code=2)
    assert "there is no way 'fog' to make pictures worse; there are dark, bright" in ran.err


def test_too_few_people_with_two_pictures_fail_in_a_sentence(given, tmp_path):
    few = portraits.folder(tmp_path / "few", {"Ada": 2, "Bob": 2, "Cyd": 1})
    assert "2 of 3 people have two pictures with a face; at least 10 are needed" in audit(
        given, few, tmp_path, code=1
    ).err  # fmt: skip


def test_a_collection_has_no_pictures_to_make_worse(given, tmp_path, rekognition):
    rekognition.create_collection(CollectionId="staff")
    rekognition.index_faces(CollectionId="staff", Image={"Bytes": portraits.portrait(1)}, QualityFilter="NONE")
    assert "has no pictures to make worse" in audit(given, "staff", tmp_path, code=2).err

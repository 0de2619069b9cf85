"""`recognizance audit detection` on pictures of nobody in which the tiny detector finds white cells."""

from __future__ import annotations

import json

import pytest
from tests import portraits
from tests.cli.auditing import report, run_with


@pytest.fixture
def marked(tmp_path):
    """Twelve pictures of two faces, one without any, and a table that marks them; the second face is never there."""
    images = tmp_path / "set"
    images.mkdir()
    rows = ["file,x,y,w,h,blur,number,invalid"]
    for number in range(12):
        (images / f"{number}.png").write_bytes(portraits.portrait(number))
        rows += [f"{number}.png,64,64,8,8,0,{number},0", f"{number}.png,4,4,8,8,2,{number},0"]
    (images / "empty.png").write_bytes(portraits.portrait(99))
    (tmp_path / "boxes.csv").write_text("\n".join([*rows, "empty.png,,,,,,,", "gone.png,1,1,8,8,0,0,0"]) + "\n")
    return images, tmp_path / "boxes.csv"


def audit(given, marked, tmp_path, *more, code=0):
    images, boxes = marked
    return run_with(
        given, "audit", "detection", "--images", str(images), "--boxes", str(boxes), "--smallest", "4", *more,
        "--json", str(tmp_path / "a.json"), "--html", str(tmp_path / "a.html"), code=code,
    )  # fmt: skip


def test_faces_found_and_missed_become_a_report_and_a_page(given, marked, tmp_path):
    ran = audit(given, marked, tmp_path)
    document = report(tmp_path / "a.json")
    result = document["result"]
    assert (result["pictures"], result["pictures_without_faces"], result["faces"]) == (13, 1, 24)
    recall = result["shipped"]["recall"]
    assert (recall["count"], recall["of"]) == (12, 24)
    assert recall["low"] <= 0.5 <= recall["high"]
    assert result["shipped"]["false_finds"]["count"] == 1
    assert (result["without_faces_with_finds"]["count"], result["without_faces_with_finds"]["of"]) == (1, 1)
    assert {(one["value"], one["recall"]["count"]) for one in result["kinds"]} == {("0", 12), ("2", 0)}
    assert (result["columns"], result["columns_left_out"]) == (["blur"], ["number"])
    assert document["problems"]["counts"]["missing"] == 1
    assert "Of 24 faces of 4 pixels and more, 50.0 % were found" in ran.out
    page = (tmp_path / "a.html").read_text()
    assert "heavily blurred" in page
    assert "<svg" in page


def test_the_same_pictures_give_the_same_bytes_with_what_was_kept_and_without(given, marked, tmp_path):
    written = []
    for more in ([], [], ["--no-cache"]):
        audit(given, marked, tmp_path, *more)
        document = json.loads((tmp_path / "a.json").read_text())
        document["made"].pop("command")
        written.append((json.dumps(document), (tmp_path / "a.html").read_bytes() if not more else b""))
    assert written[0] == written[1]
    assert written[0][0] == written[2][0]


def test_names_are_left_out_where_that_is_asked_for(given, marked, tmp_path):
    audit(given, marked, tmp_path, "--anonymous")
    text = (tmp_path / "a.json").read_text()
    assert "gone.png" not in text
    assert json.loads(text)["problems"]["named"]["missing"] == [{"where": "no. 1", "said": "missing; name left out"}]


def test_an_anonymous_report_has_only_columns_of_faces_and_those_asked_for(given, marked, tmp_path):
    _, boxes = marked
    heading, *rows = boxes.read_text().splitlines()
    named = [f"{row},{'Ann' if at % 2 else 'Bob'},{at % 2}" for at, row in enumerate(rows)]
    boxes.write_text("\n".join([f"{heading},name,glasses", *named]) + "\n")
    audit(given, marked, tmp_path)
    assert report(tmp_path / "a.json")["result"]["columns"] == ["blur", "name", "glasses"]
    ran = audit(given, marked, tmp_path, "--anonymous")
    result = report(tmp_path / "a.json")["result"]
    assert (result["columns"], result["columns_left_out"]) == (["blur"], ["number", "name", "glasses"])
    for text in (ran.out, (tmp_path / "a.json").read_text(), (tmp_path / "a.html").read_text()):
        assert "Ann" not in text
    audit(given, marked, tmp_path, "--anonymous", "--by", "glasses")
    assert report(tmp_path / "a.json")["result"]["columns"] == ["glasses"]
    for column, said in (("colour", "has no column colour"), ("number", "more than 12 different values")):
        assert said in audit(given, marked, tmp_path, "--by", column, code=2).err


def test_what_is_no_table_of_boxes_or_no_folder_is_said_in_a_sentence(given, marked, tmp_path):
    images, boxes = marked
    boxes.write_text("file,x\na.png,1\n")
    assert "it has no y, w, h" in audit(given, marked, tmp_path, code=2).err
    assert "should be a folder" in audit(given, (images / "0.png", boxes), tmp_path, code=2).err
    assert "--smallest" in audit(given, marked, tmp_path, "--smallest", "nan", code=2).err
    assert "should be a number of pixels" in audit(given, marked, tmp_path, "--smallest", "inf", code=2).err


def test_a_table_of_pictures_that_are_not_there_fails_in_a_sentence(given, marked, tmp_path):
    _, boxes = marked
    (tmp_path / "elsewhere").mkdir()
    assert "no picture that" in audit(given, (tmp_path / "elsewhere", boxes), tmp_path, code=1).err

"""`recognizance audit replay` on pictures that the tiny models tell apart, and on what is no such thing."""

from __future__ import annotations

import pytest
from tests import portraits
from tests.cli.auditing import report, run_with

PEOPLE = 14


@pytest.fixture
def sets(tmp_path):
    """Probes of 14 people, and a gallery of 30 others and of the first four of them."""
    probes = portraits.folder(tmp_path / "probes", {f"P{number:02}": 1 for number in range(PEOPLE)})
    gallery = portraits.folder(tmp_path / "gallery", {f"G{number:02}": 1 for number in range(30)}, of=100)
    for number in range(4):
        (gallery / f"M{number}").mkdir()
        (gallery / f"M{number}" / "other.png").write_bytes(portraits.portrait(number, 1))
    rows = "".join(f"P{number:02},M{number}\n" for number in range(4))
    (tmp_path / "mated.csv").write_text(f"probe,gallery\n{rows}")
    return str(probes), str(gallery)


def words(sets, *more):
    return ("audit", "replay", "--probes", sets[0], "--gallery", sets[1], *more)


def test_a_replay_becomes_a_report_and_a_page_the_same_to_the_last_byte(given, sets, tmp_path):
    (tmp_path / "probes" / "P13" / "0.png").write_bytes(portraits.nobody())
    (tmp_path / "probes" / "P12" / "0.png").write_bytes(portraits.portrait(12, faces=2))
    (tmp_path / "probes" / "P11" / "0.png").write_bytes(b"no picture")
    (tmp_path / "people.csv").write_text(
        "name,seat\n" + "".join(f"P{number:02},{'upper' if number < 11 else 'lower'}\n" for number in range(PEOPLE))
    )
    asked = words(
        sets, "--mated", str(tmp_path / "mated.csv"), "--groups", "seat", "--people", str(tmp_path / "people.csv"),
        "--called", "members of Congress", "--json", str(tmp_path / "a.json"), "--html", str(tmp_path / "a.html"),
    )  # fmt: skip
    ran = run_with(given, *asked)
    document = report(tmp_path / "a.json")
    result = document["result"]
    assert result["probes"] == {
        "pictures": 14, "people": 14, "found": 12, "several_faces": 1, "mated": 4, "nonmated": 10,
    }  # fmt: skip
    assert result["failure_to_enrol"]["probes"]["count"] == 2
    assert [one["similarity"] for one in result["thresholds"]] == [80, 90, 95, 99]
    assert result["thresholds"][0]["hits"]["of"] == 4
    assert result["rank_one"]["of"] == 4
    assert {one["group"]: one["withheld"] for one in result["thresholds"][0]["groups"]["seat"]} == {
        "lower": True, "upper": True,  # one alone would follow from the total
    }  # fmt: skip
    assert document["problems"]["counts"] == {"no face": 1, "several faces": 1, "small group": 2, "unreadable": 1}
    assert result["sentence"] in ran.out
    page = (tmp_path / "a.html").read_bytes()
    assert result["sentence"].encode() in page
    assert b"data:image/jpeg" in page
    first = (tmp_path / "a.json").read_bytes()
    run_with(given, *asked)
    assert ((tmp_path / "a.json").read_bytes(), (tmp_path / "a.html").read_bytes()) == (first, page)


def test_faces_are_blurred_unless_they_may_be_shown(given, sets, tmp_path):
    pages = []
    for more in ((), ("--show-faces",), ("--worst", "0")):
        run_with(given, *words(sets, "--thresholds", "50", "--html", str(tmp_path / "a.html"), *more))
        pages.append((tmp_path / "a.html").read_text())
    blurred, shown, none = pages
    assert blurred.count("data:image/jpeg") == shown.count("data:image/jpeg") > 0
    assert len(shown) > len(blurred) + 20_000
    assert "data:image/jpeg" not in none


def test_a_person_and_a_picture_on_both_sides_are_named_and_count_neither_way(given, sets, tmp_path):
    for name, take in (("P05", 2), ("somebody", 0)):
        (tmp_path / "gallery" / name).mkdir()
        (tmp_path / "gallery" / name / "x.png").write_bytes(portraits.portrait(5 if name == "P05" else 6, take))
    run_with(given, *words(sets, "--json", str(tmp_path / "a.json")))
    document = report(tmp_path / "a.json")
    assert document["result"]["apart"]["listed"] is False
    assert document["result"]["apart"]["pairs"]["name"] == 1
    assert document["result"]["apart"]["pairs"]["bytes"] == 1
    assert document["problems"]["counts"]["in both lists"] >= 2
    assert document["result"]["thresholds"][0]["hits"] is None
    assert "is not known" in document["result"]["cost"]


def test_a_collection_is_a_gallery_and_the_ledger_has_the_result(given, sets, rekognition, tmp_path):
    rekognition.create_collection(CollectionId="staff")
    for number in range(3):
        rekognition.index_faces(
            CollectionId="staff", Image={"Bytes": portraits.portrait(100 + number)}, ExternalImageId=f"S{number}",
            QualityFilter="NONE",
        )  # fmt: skip
    ran = run_with(
        given, "audit", "replay", "--probes", sets[0], "--gallery", "staff", "--json", str(tmp_path / "a.json"),
        "--html", str(tmp_path / "a.html"),
    )  # fmt: skip
    assert report(tmp_path / "a.json")["result"]["gallery"]["people"] == 3
    assert "Entered in the ledger" in ran.err
    assert "data:image/jpeg" not in (tmp_path / "a.html").read_text()  # a collection keeps no pictures


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (("--thresholds", "80,101"), "should be numbers from 0 to 100"),
        (("--thresholds", "high"), "should be numbers from 0 to 100"),
        (("--thresholds", ""), "should be numbers from 0 to 100"),
        (("--thresholds", "nan"), "should be numbers from 0 to 100"),
        (("--groups", "gender"), "has no such column"),
        (("--mated", "none.csv"), "none.csv cannot be read"),
        (("--mated", "wrong.csv"), "should have a column that names people of the probes"),
        (("--json", "no/where.json"), "should be a file in a folder that is there"),
    ],
)
def test_what_makes_no_sense_is_told_in_a_sentence(given, sets, tmp_path, monkeypatch, more, said):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "wrong.csv").write_text("a,b\nnobody,nobody\n")
    assert said in run_with(given, *words(sets, *more), code=2).err


def test_sets_without_anybody_are_told_in_a_sentence(given, sets, tmp_path):
    (tmp_path / "empty").mkdir()
    (tmp_path / "faceless" / "Ada").mkdir(parents=True)
    (tmp_path / "faceless" / "Ada" / "0.png").write_bytes(portraits.nobody())
    (tmp_path / "unreadable" / "Ada").mkdir(parents=True)
    (tmp_path / "unreadable" / "Ada" / "0.png").write_bytes(b"no picture")
    (tmp_path / "all.csv").write_text("person\n" + "".join(f"P{number:02}\n" for number in range(PEOPLE)))
    for gallery, code, said in (
        ("empty", 2, "no picture"),
        ("none", 2, "there is no such"),
        ("faceless", 1, "no face was found"),
        ("unreadable", 1, "(gallery); 1 of its 1 could not be read"),
    ):
        ran = run_with(given, *words((sets[0], str(tmp_path / gallery))), code=code)
        assert said in ran.err
    assert "nothing is left of" in run_with(given, *words(sets, "--exclude", str(tmp_path / "all.csv")), code=2).err


def test_mates_that_are_not_there_are_counted(given, sets, tmp_path):
    (tmp_path / "mated.csv").write_text("probe,gallery\nP00,M0\nP01,nobody\n")
    run_with(given, *words(sets, "--mated", str(tmp_path / "mated.csv"), "--json", str(tmp_path / "a.json")))
    document = report(tmp_path / "a.json")
    assert document["problems"]["named"]["unpaired"][0]["said"] == "1 row names nobody of both sets"
    assert document["result"]["probes"]["mated"] == 1

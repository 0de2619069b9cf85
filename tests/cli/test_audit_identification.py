"""`recognizance audit identification` on pictures that the tiny models tell apart, and on what is no such thing."""

from __future__ import annotations

import pytest
from tests import portraits
from tests.cli.auditing import report, run_with


@pytest.fixture
def images(tmp_path):
    return portraits.folder(tmp_path / "images", {f"P{number:02}": 1 + number % 2 for number in range(40)})


def test_one_set_is_divided_and_becomes_a_report_and_a_page_the_same_to_the_last_byte(given, images, tmp_path):
    (images / "P01" / "1.png").write_bytes(portraits.nobody())
    asked = (
        "audit", "identification", "--images", str(images), "--growth", "5,10,5000", "--json", str(tmp_path / "a.json"),
        "--html", str(tmp_path / "a.html"),
    )  # fmt: skip
    ran = run_with(given, *asked)
    document = report(tmp_path / "a.json")
    result = document["result"]
    assert (result["gallery"]["people"], result["probes"]["nonmated"]) == (20, 20)
    assert 0 < result["probes"]["mated"] < 20
    assert [one["gallery"] for one in result["growth"]] == [5, 10]
    assert result["too_large"] == [5000]
    assert [one["withheld"] for one in result["identification"]] == [True, True, True]
    assert result["curve"]["others"] is False
    assert "At the setting 80, among 20 people" in ran.out
    page = (tmp_path / "a.html").read_bytes()
    assert b"5,000" in page
    first = (tmp_path / "a.json").read_bytes()
    run_with(given, *asked)
    assert ((tmp_path / "a.json").read_bytes(), (tmp_path / "a.html").read_bytes()) == (first, page)
    run_with(given, *asked, "--seed", "7")
    assert (tmp_path / "a.json").read_bytes() != first


def test_two_sets_share_people_by_name_or_by_a_list(given, tmp_path):
    probes = portraits.folder(tmp_path / "probes", {"Ada": 1, "Bob": 1, "Cyd": 1})
    gallery = portraits.folder(tmp_path / "gallery", {"Ada": 2, "Robert": 2, "Eve": 1})
    (gallery / "Ada" / "0.png").unlink()
    (gallery / "Robert" / "0.png").unlink()
    (tmp_path / "mated.csv").write_text("probe,gallery\nBob,Robert\n")
    both = ("--probes", str(probes), "--gallery", str(gallery), "--json", str(tmp_path / "a.json"))
    run_with(given, "audit", "identification", *both)
    assert report(tmp_path / "a.json")["result"]["probes"]["mated"] == 1
    run_with(given, "audit", "identification", *both, "--mated", str(tmp_path / "mated.csv"))
    document = report(tmp_path / "a.json")
    assert (document["result"]["probes"]["mated"], document["result"]["probes"]["pictures"]) == (2, 2)
    assert "in both lists" in document["problems"]["counts"]  # the third probe's very file is in the gallery


@pytest.mark.parametrize(
    ("more", "code", "said"),
    [
        ((), 2, "give --probes and --gallery, or one set with --images"),
        (("--probes", "images"), 2, "give --probes and --gallery, or one set with --images"),
        (("--images", "images", "--gallery", "images"), 2, "give --probes and --gallery, or one set with --images"),
        (("--images", "images", "--growth", "few"), 2, "should be whole numbers above 0"),
        (("--images", "images", "--growth", "0"), 2, "should be whole numbers above 0"),
        (("--images", "images", "--thresholds", "-1"), 2, "should be numbers from 0 to 100"),
        (("--images", "images", "--mated", "mated.csv"), 2, "--images is one"),
        (("--images", "one"), 1, "cannot be divided"),
        (("--probes", "one", "--gallery", "one"), 1, "nothing is left to look for"),
        (("--images", "images", "--fit-on-others", "0.5"), 1, "no curve can be fitted on 0.5 of the people"),
    ],
)
def test_what_makes_no_sense_is_told_in_a_sentence(given, images, tmp_path, monkeypatch, more, code, said):
    monkeypatch.chdir(tmp_path)
    portraits.folder(tmp_path / "one", {"Ada": 1})
    (tmp_path / "mated.csv").write_text("a,b\nP00,P00\n")
    assert said in run_with(given, "audit", "identification", *more, code=code).err

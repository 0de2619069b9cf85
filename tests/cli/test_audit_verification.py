"""`recognizance audit verification` on pictures that the tiny models tell apart."""

from __future__ import annotations

import pytest
from tests import portraits
from tests.cli.auditing import report, run_with

PEOPLE = 24


@pytest.fixture
def images(tmp_path):
    return portraits.folder(tmp_path / "images", {f"P{number:02}": 3 for number in range(PEOPLE)})


@pytest.fixture
def pair_list(tmp_path):
    rows = ["file1,file2,same"]
    rows += [f"P{one:02}/0.png,P{one:02}/{take}.png,1" for one in range(PEOPLE) for take in (1, 2)]
    rows += [
        f"P{one:02}/0.png,P{(one + step) % PEOPLE:02}/1.png,0" for one in range(PEOPLE) for step in (1, 2, 3, 4, 5)
    ]
    (tmp_path / "pairs.csv").write_text("\n".join(rows) + "\n")
    return tmp_path / "pairs.csv"


def test_a_list_of_pairs_becomes_a_report_and_a_page(given, images, pair_list, tmp_path):
    (images / "P00" / "1.png").write_bytes(portraits.nobody())
    (tmp_path / "people.csv").write_text(
        "name,side\n" + "".join(f"P{one:02},{'left' if one % 3 else 'right'}\n" for one in range(PEOPLE - 1))
    )
    ran = run_with(
        given, "audit", "verification", "--pairs", str(pair_list), "--images", str(images), "--groups", "side",
        "--people", str(tmp_path / "people.csv"), "--json", str(tmp_path / "a.json"), "--html",
        str(tmp_path / "a.html"), "--all-pairs",
    )  # fmt: skip
    document = report(tmp_path / "a.json")
    result = document["result"]
    assert (result["pairs"]["mated"], result["pairs"]["nonmated"], result["pairs"]["people"]) == (48, 120, 24)
    assert result["enrolment"]["failed"]["count"] == 1
    assert document["problems"]["counts"] == {"no face": 1, "no group": 1, "small group": 2}
    assert [one["standing"] for one in result["at_rates"]] == ["few", *["withheld"] * 4]
    assert {one["group"]: one["at_similarity"] is None for one in result["groups"]} == {"left": True, "right": True}
    assert result["all_pairs"]["mated"] == 72
    missed = result["at_similarity"][0]["misses"]
    assert missed["of"] == 48
    assert missed["low"] < missed["rate"] < missed["high"]
    assert "At the usual threshold of 80," in ran.out
    page = (tmp_path / "a.html").read_text()
    assert "<svg" in page
    assert "would follow from the total: side left, side right." in page


def test_lfws_list_is_read_and_only_its_pictures_are_looked_at(given, tmp_path):
    for number, name in enumerate(("Ada", "Bob", "Cyd")):
        (tmp_path / "lfw" / "images" / name).mkdir(parents=True)
        for take in (1, 2):
            (tmp_path / "lfw" / "images" / name / f"{name}_000{take}.png").write_bytes(portraits.portrait(number, take))
    (tmp_path / "pairs.txt").write_text("2\t1\nAda\t1\t2\nAda\t1\tBob\t1\nBob\t1\t2\nBob\t2\tAda\t1\n")
    run_with(
        given, "audit", "verification", "--pairs", str(tmp_path / "pairs.txt"), "--images", str(tmp_path / "lfw"),
        "--json", str(tmp_path / "a.json"),
    )  # fmt: skip
    document = report(tmp_path / "a.json")
    assert document["made"]["sets"][0]["pictures"] == 4
    assert document["result"]["accuracy"]["folds_of_the_list"] is True
    assert document["result"]["accuracy"]["mean"] == 1


def test_a_list_too_short_for_folds_has_no_accuracy(given, images, tmp_path):
    (tmp_path / "pairs.csv").write_text("file1,file2,same\nP00/0.png,P00/1.png,1\nP00/0.png,P01/0.png,0\n")
    run_with(
        given, "audit", "verification", "--pairs", str(tmp_path / "pairs.csv"), "--images", str(images), "--json",
        str(tmp_path / "a.json"), "--html", str(tmp_path / "a.html"),
    )  # fmt: skip
    result = report(tmp_path / "a.json")["result"]
    assert result["accuracy"] is None
    assert [one["standing"] for one in result["at_rates"]] == ["withheld"] * 5
    assert "Accuracy" not in (tmp_path / "a.html").read_text()


def test_what_cannot_be_read_is_told_in_a_sentence(given, images, pair_list, tmp_path):
    (tmp_path / "other.csv").write_text("file1,file2,same\na.jpg,b.jpg,1\na.jpg,c.jpg,0\n")
    (tmp_path / "wrong.csv").write_text("first picture,second picture\na,b\n")
    for pairs, folder, said in (
        ("none.csv", "images", "none.csv cannot be read"),
        ("pairs.csv", "none", "there is no such folder or file"),
        ("other.csv", "images", "no a.jpg"),
        ("wrong.csv", "images", "should have the columns file1, file2 and same"),
    ):
        ran = run_with(
            given, "audit", "verification", "--pairs", str(tmp_path / pairs), "--images", str(tmp_path / folder),
            code=2,
        )  # fmt: skip
        assert said in ran.err


def test_more_false_matches_than_the_curve_allows_are_a_finding(given, images, pair_list, tmp_path):
    rows = pair_list.read_text().splitlines()
    wrong = [f"P{one:02}/0.png,P{one:02}/1.png,0" for one in range(12)]
    kept = [row for row in rows if not any(row.startswith(one[:-1]) for one in wrong)]
    # pairs of one person that the list says to be of two
    (tmp_path / "pairs.csv").write_text("\n".join([*kept, *wrong]) + "\n")
    run_with(
        given, "audit", "verification", "--pairs", str(pair_list), "--images", str(images), "--json",
        str(tmp_path / "a.json"),
    )  # fmt: skip
    document = report(tmp_path / "a.json")
    assert [one["kind"] for one in document["findings"]] == ["false matches above the curve"]
    assert document["problems"]["counts"]["mislabelled"] == 12

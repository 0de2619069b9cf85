"""Lists of pairs, people and exclusions, read from made-up files."""

from __future__ import annotations

import hashlib

import pytest

from recognizance.evaluation.sets.datasets import (
    Pair,
    congress_pictures,
    half,
    in_both,
    lfw_pictures,
    read_exclusions,
    read_pairs,
)


def test_pairs_are_read_with_their_folds(tmp_path):
    (tmp_path / "pairs.txt").write_text("2\t1\nAda\t1\t4\nAda\t2\tBea\t10\nCai\t1\t2\nCai\t1\tDee\t1\n")
    assert read_pairs(tmp_path / "pairs.txt") == [
        Pair("Ada/Ada_0001.jpg", "Ada/Ada_0004.jpg", same=True, fold=0),
        Pair("Ada/Ada_0002.jpg", "Bea/Bea_0010.jpg", same=False, fold=0),
        Pair("Cai/Cai_0001.jpg", "Cai/Cai_0002.jpg", same=True, fold=1),
        Pair("Cai/Cai_0001.jpg", "Dee/Dee_0001.jpg", same=False, fold=1),
    ]


@pytest.mark.parametrize(
    ("text", "words"),
    [("1\t1\nAda\t1\t2\n", "should have 2 pairs"), ("1\t1\nAda\t1\t2\nAda\t1\n", "three or four parts")],
)
def test_a_broken_list_of_pairs_is_refused(tmp_path, text, words):
    (tmp_path / "pairs.txt").write_text(text)
    with pytest.raises(ValueError, match=words):
        read_pairs(tmp_path / "pairs.txt")


def test_lfw_pictures_have_their_person_and_group(tmp_path):
    (tmp_path / "people.csv").write_text("name,n_images,gender\nAda,2,F\nBob,1,\n")
    for name in ("Ada/Ada_0001.jpg", "Ada/Ada_0002.jpg", "Bob/Bob_0001.jpg"):
        (tmp_path / "images" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "images" / name).touch()
    found = lfw_pictures(tmp_path)
    assert [(one.name, one.person, one.group) for one in found] == [
        ("Ada/Ada_0001.jpg", "Ada", "F"),
        ("Ada/Ada_0002.jpg", "Ada", "F"),
        ("Bob/Bob_0001.jpg", "Bob", ""),
    ]


def test_portraits_without_a_file_are_left_out(tmp_path):
    (tmp_path / "images").mkdir()
    (tmp_path / "images" / "A1.jpg").touch()
    (tmp_path / "members_2018-07-25.csv").write_text(
        "bioguide,name,gender,image\nA1,Ada,F,images/A1.jpg\nB2,Bob,M,images/B2.jpg\n"
    )
    assert [(one.name, one.person, one.group) for one in congress_pictures(tmp_path)] == [("A1.jpg", "A1", "F")]


def test_people_in_both_sets_are_listed(tmp_path):
    (tmp_path / "lfw_overlap_candidates.csv").write_text("lfw_name,n_lfw_images\nAda,2\nBob,1\n")
    assert in_both(tmp_path) == {"Ada", "Bob"}


def test_exclusions_are_known_by_their_digest(tmp_path):
    (tmp_path / "list.csv").write_bytes(b"name,why\nAda,second name\nBob,\n\n")
    found = read_exclusions(tmp_path / "list.csv")
    assert found.people == {"Ada", "Bob"}
    assert found.sha256 == hashlib.sha256(b"name,why\nAda,second name\nBob,\n\n").hexdigest()


def test_halves_are_about_equal_always_the_same_and_differ_by_salt():
    people = [f"person {number}" for number in range(2000)]
    sides = [half(person) for person in people]
    assert 900 < sum(sides) < 1100
    assert sides == [half(person) for person in people]
    assert sides != [half(person, "1") for person in people]

"""Tables of labels: which picture each row is about, and what it says."""

from __future__ import annotations

import hashlib
from datetime import date

import pytest

from recognizance.evaluation.sets.labelled import columns_of, read_labels
from recognizance.evaluation.sets.subjects import SetWrong, Trouble
from recognizance.values import Expression


@pytest.fixture
def pictures(tmp_path):
    for name in ("ann/1.jpg", "ann/2.jpg", "bob/1.jpg"):
        path = tmp_path / "set" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(name.encode())
    return tmp_path / "set"


def read(pictures, text, **more):
    table = pictures.parent / "labels.csv"
    table.write_text(text)
    return read_labels(table, [pictures], **more)


def said(found):
    return {one.name: found.labels[one.path] for one in found.listing.subjects}


def troubles(found):
    return [(one.trouble, one.where, one.said) for one in found.listing.problems]


def test_a_row_finds_its_picture_by_its_bytes_or_by_its_file(pictures):
    digest = hashlib.sha256(b"ann/2.jpg").hexdigest()
    by_bytes = read(pictures, f"sha256,glasses,beard\n{digest.upper()},1,\n")
    assert {name: one.yes for name, one in said(by_bytes).items()} == {"ann/2.jpg": {"eyeglasses": True}}
    (ann,) = by_bytes.listing.subjects
    assert ann.person == "ann"
    by_file = read(pictures, "file,smile\nbob/1.jpg,yes\nset/ann/1.jpg,0\n2.jpg,no\n")
    assert {name: one.yes["smile"] for name, one in said(by_file).items()} == {
        "bob/1.jpg": True,
        "ann/1.jpg": False,
        "ann/2.jpg": False,
    }


def test_a_folder_that_is_named_twice_is_read_once(pictures):
    table = pictures.parent / "labels.csv"
    table.write_text("file,smile\nbob/1.jpg,1\n")
    (one,) = read_labels(table, [pictures, pictures, pictures.parent]).listing.subjects
    assert one.person == "bob"


def test_a_row_of_a_person_speaks_of_all_their_pictures(pictures):
    found = read(pictures, "name,gender,race\nann,F,x\nbob,m,\ncy,F,\n")
    assert {name: one.yes["gender"] for name, one in said(found).items()} == {
        "ann/1.jpg": True,
        "ann/2.jpg": True,
        "bob/1.jpg": False,
    }
    assert found.listing.subjects[0].groups["race"] == "x"
    assert [(trouble, where) for trouble, where, _ in troubles(found)] == [(Trouble.MISSING, "cy")]


def test_ages_are_read_or_reckoned(pictures):
    assert said(read(pictures, "file,age\nbob/1.jpg,31.5\n"))["bob/1.jpg"].age == 31.5
    born = read(pictures, "file,birthday,taken\nbob/1.jpg,1980-07-02,2010\nann/1.jpg,1980,\n", taken=date(2000, 7, 2))
    assert said(born)["bob/1.jpg"].age == pytest.approx(30, abs=0.01)
    assert said(born)["ann/1.jpg"].age == pytest.approx(20, abs=0.01)
    assert born.columns == ("birthday", "taken")
    lacking = read(pictures, "file,birthday,smile\nbob/1.jpg,1980-01-01,1\n")
    assert "give a column taken, or --taken" in troubles(lacking)[0][2]
    assert said(lacking)["bob/1.jpg"].age is None


def test_expressions_and_angles_have_the_words_of_the_house_and_others(pictures):
    found = said(read(pictures, "file,emotion,yaw,pitch\nbob/1.jpg,Neutral,-12,3.5\nann/1.jpg,happy,,\n"))
    assert found["bob/1.jpg"].expression is Expression.CALM
    assert found["bob/1.jpg"].angles == {"yaw": -12.0, "pitch": 3.5}
    assert list(columns_of(list(found.values()))) == ["expression", "yaw", "pitch"]


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ("bob/1.jpg,perhaps,", "smile is 'perhaps' and should be true or false, or empty"),
        ("bob/1.jpg,,700", "age is '700' and should be a number from 0 to 130"),
        ("1.jpg,1,", "2 pictures are called so; name the folder, too"),
        ("cy/1.jpg,1,", "there is no such picture"),
        (",1,", "it does not say which picture it is about"),
        ("ann/2.jpg,1,", "labelled before; that one counts"),
    ],
)
def test_what_cannot_be_used_is_said(pictures, row, why):
    found = read(pictures, f"file,smile,age\nann/2.jpg,1,\n{row}\n")
    assert any(why in one for _, _, one in troubles(found))
    assert len(found.listing.subjects) == 1


def test_a_row_without_a_label_is_counted_and_nothing_else(pictures):
    found = read(pictures, "file,smile,age\nann/2.jpg,1,\nbob/1.jpg,?,\n")
    assert (found.unlabelled, len(found.listing.subjects), found.listing.problems) == (1, 1, ())


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("file,hat\nann/1.jpg,1\n", "should have a column of labels, such as eyeglasses"),
        ("smile,age\n1,3\n", "a column sha256, file or person"),
        ("file,smile\nnobody.jpg,1\n", "says nothing of any picture below"),
    ],
)
def test_what_is_no_table_of_labels_is_refused(pictures, text, why):
    with pytest.raises(SetWrong, match=why):
        read(pictures, text)

"""Whatever a set of pictures is given as, each picture is used or named."""

from __future__ import annotations

import hashlib
import os
import subprocess
from pathlib import Path

import pytest

from recognizance.evaluation.protocols.pairs import read_pairs
from recognizance.evaluation.sets import subjects
from recognizance.evaluation.sets.boxes import read_boxes
from recognizance.evaluation.sets.subjects import Problem, SetWrong, Trouble


def touch(folder, *names):
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(name.encode())


def read(listing):
    return [(one.name, one.person) for one in listing.subjects]


def test_a_subfolder_is_a_person_at_any_depth_and_a_picture_beside_it_one_of_its_own(tmp_path):
    touch(tmp_path, "Ada/1.jpg", "Ada/2001/2.PNG", "Bob/1.jpeg", "Cyd.jpg")
    assert read(subjects.read_listing(tmp_path)) == [
        ("Ada/1.jpg", "Ada"),
        ("Ada/2001/2.PNG", "Ada"),
        ("Bob/1.jpeg", "Bob"),
        ("Cyd.jpg", "Cyd"),
    ]


def test_a_folder_that_holds_but_images_stands_for_them(tmp_path):
    touch(tmp_path, "images/A1.jpg", "images/B2.jpg", "members.csv")
    assert read(subjects.read_folder(tmp_path)) == [("A1.jpg", "A1"), ("B2.jpg", "B2")]


def test_what_lies_among_pictures_is_named_or_counted(tmp_path):
    touch(tmp_path, "Ada/1.jpg", "Ada/2.webp", "Ada/notes.txt", "Bob/notes.txt", ".hidden/1.jpg", "Ada/.1.jpg")
    listing = subjects.read_folder(tmp_path)
    assert read(listing) == [("Ada/1.jpg", "Ada")]
    assert listing.problems == (
        Problem(Trouble.UNREADABLE, "Ada/2.webp", "a .webp file; only JPEG and PNG are read"),
        Problem(Trouble.MISSING, "Bob", "a folder without a picture"),
    )
    assert "2 other files passed over" in listing.source
    (tmp_path / "Bob" / "notes.txt").unlink()
    assert "1 other file passed over" in subjects.read_folder(tmp_path).source


def test_links_are_followed_and_loops_end(tmp_path):
    touch(tmp_path, "elsewhere/1.jpg", "set/Bob/1.jpg")
    os.symlink(tmp_path / "elsewhere", tmp_path / "set" / "Ada")
    os.symlink(tmp_path / "set", tmp_path / "set" / "Bob" / "again")
    assert read(subjects.read_folder(tmp_path / "set")) == [("Ada/1.jpg", "Ada"), ("Bob/1.jpg", "Bob")]


def test_a_link_to_itself_is_named_and_ends(tmp_path):
    touch(tmp_path, "Bob/1.jpg")
    os.symlink("self", tmp_path / "Bob" / "self")
    assert read(subjects.read_folder(tmp_path)) == [("Bob/1.jpg", "Bob")]


def test_folders_may_be_nested_as_deep_as_paths_go(tmp_path):
    deep = 1200
    (tmp_path / "Ada").mkdir()
    here = os.open(tmp_path / "Ada", os.O_RDONLY)
    for _ in range(deep):
        os.mkdir("d", dir_fd=here)
        inner = os.open("d", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = inner
    os.close(os.open("1.jpg", os.O_WRONLY | os.O_CREAT, dir_fd=here))
    os.close(here)
    found = read(subjects.read_folder(tmp_path))
    subprocess.run(["rm", "-r", tmp_path / "Ada"], check=True)  # pytest cannot: it removes recursively
    assert found == [(f"Ada/{'d/' * deep}1.jpg", "Ada")]


def test_a_picture_whose_name_is_no_utf8_is_named_and_left_out(tmp_path):
    touch(tmp_path, "Ada/1.jpg")
    (tmp_path / os.fsdecode(b"\xff\xfe.jpg")).write_bytes(b"")
    (tmp_path / os.fsdecode(b"\xe9.webp")).write_bytes(b"")
    listing = subjects.read_folder(tmp_path)
    assert read(listing) == [("Ada/1.jpg", "Ada")]
    assert listing.problems == (
        Problem(Trouble.UNREADABLE, "\ufffd.webp", "a .webp file; only JPEG and PNG are read"),
        Problem(Trouble.UNREADABLE, "\ufffd\ufffd.jpg", "its name is not UTF-8; give it another"),
    )


@pytest.mark.parametrize("read", [
    subjects.read_rows, subjects.read_listing, subjects.read_exclusions, read_pairs, read_boxes,
    lambda path: subjects.read_mated(path, ["A"], ["B"]),
])  # fmt: skip
def test_a_pipe_or_a_device_is_no_table(tmp_path, read):
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", Path("/dev/zero")):
        with pytest.raises(SetWrong, match="it should be a regular file"):
            read(path)


def test_a_table_of_any_size_is_not_read(tmp_path):
    with (tmp_path / "set.csv").open("wb") as file:
        file.truncate(1 << 40)
    with pytest.raises(SetWrong, match="1,099,511,627,776 bytes; at most 1,073,741,824 are read"):
        subjects.read_rows(tmp_path / "set.csv")


@pytest.mark.parametrize("name", ["nothing", "empty", "photo.jpg"])
def test_what_is_no_set_is_refused_with_what_would_be_right(tmp_path, name):
    (tmp_path / "empty").mkdir()
    touch(tmp_path, "photo.jpg")
    with pytest.raises(SetWrong, match=r"no such folder|should have JPEG or PNG|name a folder"):
        subjects.read_listing(tmp_path / name)


def table(tmp_path, text, **given):
    (tmp_path / "set.csv").write_bytes(text if isinstance(text, bytes) else text.encode())
    return subjects.read_listing(tmp_path / "set.csv", **given)


def test_a_table_has_a_picture_in_each_row_and_its_other_columns_are_groups(tmp_path):
    touch(tmp_path, "a.jpg", "images/b.jpg")
    listing = table(tmp_path, "person;file;gender\nAda;a.jpg;F\nBob;b.jpg;M\n")
    assert read(listing) == [("a.jpg", "Ada"), ("b.jpg", "Bob")]
    assert [dict(one.groups) for one in listing.subjects] == [{"gender": "F"}, {"gender": "M"}]
    assert subjects.columns(listing) == ("gender",)
    assert listing.subjects[1].path == tmp_path / "images" / "b.jpg"


def test_an_identifier_is_taken_before_a_name_and_the_column_can_be_said(tmp_path):
    touch(tmp_path, "images/A1.jpg")
    text = "bioguide,name,image\nA1,Ada,images/A1.jpg\n"
    assert table(tmp_path, text).subjects[0].person == "A1"
    assert table(tmp_path, text).subjects[0].groups == {"name": "Ada"}
    assert table(tmp_path, text, person_column="name").subjects[0].person == "Ada"
    with pytest.raises(SetWrong, match="has no column who; it has bioguide, name, image"):
        table(tmp_path, text, person_column="who")


def test_rows_that_cannot_be_used_are_problems(tmp_path):
    touch(tmp_path, "a.jpg")
    listing = table(tmp_path, "file,person\na.jpg,Ada\ngone.jpg,Bob\na.jpg,\n,Cyd\na.jpg,Ada,more\n\n,\n")
    assert read(listing) == [("a.jpg", "Ada")]
    assert [(one.trouble, one.where) for one in listing.problems] == [
        (Trouble.MISLABELLED, "set.csv, line 6"),
        (Trouble.MISSING, "gone.jpg"),
        (Trouble.MISLABELLED, "a.jpg"),
        (Trouble.MISLABELLED, "set.csv, line 5"),
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"", "is empty"),
        (b"\n \n", "is empty"),
        (b"file,person\nm\xfcller.jpg,Ada\n", r"is not UTF-8 \(line 2\); save it as CSV UTF-8"),
        (b"picture,person\na.jpg,Ada\n", "files one of file, image, path; it begins with picture, person"),
        (b"file,who\na.jpg,Ada\n", "whose each is one of person"),
        (b"file,person\ngone.jpg,Ada\n", "lists no picture that is there"),
        (b"file,file,person\n", "more than one column file"),
        (b"file,person\n", "lists no picture"),
        (b"file,person\n\0,Ada\n", "lists no picture|no CSV"),
        (b'file,person\n"' + b"a" * 200_000 + b'",Ada\n', "no CSV that can be read"),
    ],
)  # fmt: skip
def test_a_table_that_cannot_be_read_says_why(tmp_path, text, said):
    with pytest.raises(SetWrong, match=said):
        table(tmp_path, text)


def test_a_byte_order_mark_is_no_part_of_the_heading(tmp_path):
    touch(tmp_path, "a.jpg")
    assert read(table(tmp_path, b"\xef\xbb\xbffile,person\r\na.jpg,Ada\r\n")) == [("a.jpg", "Ada")]


def test_people_are_told_apart_by_a_table_of_them(tmp_path):
    touch(tmp_path, "set/Ada/1.jpg", "set/Bob/1.jpg")
    (tmp_path / "people.csv").write_text("name,id,gender\nAda,7,F\nEve,9,F\n")
    listing = subjects.with_people(subjects.read_folder(tmp_path / "set"), tmp_path / "people.csv")
    assert [dict(one.groups) for one in listing.subjects] == [{"id": "7", "gender": "F"}, {}]
    assert subjects.lacking(listing, "gender") == (
        Problem(Trouble.NO_GROUP, "Bob", "nothing is said of this person's gender"),
    )


def test_a_table_that_names_nobody_of_the_set_is_refused_unless_it_need_not(tmp_path):
    touch(tmp_path, "set/Ada/1.jpg")
    (tmp_path / "people.csv").write_text("name,gender\nEve,F\n")
    listing = subjects.read_folder(tmp_path / "set")
    with pytest.raises(SetWrong, match="names nobody of the folder"):
        subjects.with_people(listing, tmp_path / "people.csv")
    assert subjects.with_people(listing, tmp_path / "people.csv", needed=False).subjects == listing.subjects


def test_several_tables_say_what_each_knows_of_people(tmp_path):
    touch(tmp_path, "set/Ada/1.jpg", "set/Bob/1.jpg", "set/Cyd/1.jpg")
    (tmp_path / "sex.csv").write_text("name,gender\nAda,F\nBob,M\nCyd,F\n")
    (tmp_path / "origin.csv").write_text("person,origin,gender\nAda,north,\nBob,south,M\nCyd,north,M\n")
    listing = subjects.with_people(
        subjects.read_folder(tmp_path / "set"), tmp_path / "sex.csv", tmp_path / "origin.csv", columns=("gender",)
    )
    assert [dict(one.groups) for one in listing.subjects] == [
        {"gender": "F", "origin": "north"},
        {"gender": "M", "origin": "south"},
        {"gender": "", "origin": "north"},
    ]
    assert listing.problems[-1:] == (Problem(Trouble.MISLABELLED, "Cyd", "two things are said in gender: F and M"),)


def test_a_table_says_nothing_with_an_empty_cell_and_does_not_overrule_the_set(tmp_path):
    touch(tmp_path, "a.jpg", "b.jpg")
    listing = table(tmp_path, b"file,person,gender\na.jpg,Ada,F\nb.jpg,Bob,M\n")
    (tmp_path / "people.csv").write_text("name,gender\nAda,\nBob,F\n")
    said = subjects.with_people(listing, tmp_path / "people.csv")
    assert [one.groups["gender"] for one in said.subjects] == ["F", ""]
    assert [one.where for one in said.problems] == ["Bob"]


def test_one_of_several_tables_has_to_name_somebody_of_the_set(tmp_path):
    touch(tmp_path, "set/Ada/1.jpg")
    for name, whom in (("one", "Eve"), ("other", "Ada")):
        (tmp_path / f"{name}.csv").write_text(f"name,gender\n{whom},F\n")
    listing = subjects.read_folder(tmp_path / "set")
    said = subjects.with_people(listing, tmp_path / "one.csv", tmp_path / "other.csv")
    assert said.subjects[0].groups == {"gender": "F"}
    with pytest.raises(SetWrong, match="names nobody of the folder"):
        subjects.with_people(listing, tmp_path / "one.csv", tmp_path / "one.csv")


def exclusions(tmp_path, text):
    (tmp_path / "exclude.csv").write_text(text)
    return subjects.read_exclusions(tmp_path / "exclude.csv")


def test_people_and_single_pictures_are_left_out_and_each_is_named(tmp_path):
    touch(tmp_path, "set/Ada/1.jpg", "set/Bob/1.jpg", "set/Bob/2.jpg", "set/Cyd/1.jpg")
    text = "person,file,why\nAda,,second name\nBob,Bob/2.jpg,another person\n"
    listed = exclusions(tmp_path, text)
    assert listed.sha256 == hashlib.sha256(text.encode()).hexdigest()
    left = subjects.without(subjects.read_folder(tmp_path / "set"), listed)
    assert read(left) == [("Bob/1.jpg", "Bob"), ("Cyd/1.jpg", "Cyd")]
    assert left.problems == (
        Problem(Trouble.EXCLUDED, "Ada/1.jpg", "this person is on the list of exclusions"),
        Problem(Trouble.EXCLUDED, "Bob/2.jpg", "this picture is on the list of exclusions"),
    )


def test_of_a_review_only_what_was_decided_is_left_out(tmp_path):
    listed = exclusions(tmp_path, "decision,person,file\nexclude,Ada,Ada/1.jpg\n,Bob,\nkeep,Cyd,\nExclude,Dan,\n")
    assert (listed.people, listed.files) == ({"Dan"}, {"Ada/1.jpg"})


@pytest.mark.parametrize(
    "text", ["who\nAda\n", "person,file\n,\nAda\n,,\n", "person,why\n,none\n", "person\nAda,Bob\n"]
)
def test_a_list_of_exclusions_that_says_less_than_it_seems_to_is_refused(tmp_path, text):
    if text == "person,file\n,\nAda\n,,\n":
        assert exclusions(tmp_path, text).people == {"Ada"}
        return
    with pytest.raises(SetWrong):
        exclusions(tmp_path, text)


def test_who_is_who_is_found_by_what_the_columns_name(tmp_path):
    (tmp_path / "mated.csv").write_text(
        "lfw,pictures,member,said\nAda_A,2,A1,no\nBob_B,1,B2,no\nCyd,1,C3,no\nX,1,Y,no\n"
    )
    pairs, problems = subjects.read_mated(tmp_path / "mated.csv", ["A1", "B2"], ["Ada_A", "Bob_B", "Cyd"])
    assert pairs == (("A1", "Ada_A"), ("B2", "Bob_B"))
    assert problems == (Problem(Trouble.UNPAIRED, "mated.csv", "2 rows name nobody of both sets"),)


def test_a_list_of_mates_that_names_nobody_is_refused(tmp_path):
    (tmp_path / "mated.csv").write_text("one,other\nA,B\n")
    with pytest.raises(SetWrong, match="one that names people of the gallery"):
        subjects.read_mated(tmp_path / "mated.csv", ["A1"], ["B"])

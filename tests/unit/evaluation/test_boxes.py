"""Tables of boxes are read whole, and whatever cannot be used is named."""

from __future__ import annotations

import pytest
from tests import pictures

from recognizance.evaluation.sets.boxes import look_at, read_boxes, read_truth, remembering
from recognizance.evaluation.sets.kept import opened
from recognizance.evaluation.sets.pipeline import Seen
from recognizance.evaluation.sets.subjects import SetWrong, Trouble
from recognizance.values import Box, Face, Landmarks, Point, Pose, Quality


def table(tmp_path, text):
    path = tmp_path / "boxes.csv"
    path.write_text(text)
    return path


def face(left, top, width, height, confidence=99.0):
    five = ((0.3, 0.3), (0.7, 0.3), (0.5, 0.5), (0.3, 0.8), (0.7, 0.8))
    points = [Point(left + x * width, top + y * height) for x, y in five]
    return Face(Box(left, top, width, height), Landmarks(*points), confidence, Pose(0, 0, 0), Quality(50, 50))


def test_boxes_are_read_by_picture_with_what_is_said_of_each_face(tmp_path):
    read = read_boxes(table(tmp_path, "file,x,y,w,h,blur,id,invalid\nb.png,1,2,30,40,0,1,0\na.png,5,5,9,9,2,2,1\n"))
    assert [one.picture for one in read.truths] == ["b.png", "a.png"]
    assert read.truths[0].boxes.tolist() == [[1, 2, 31, 42]]
    assert read.truths[1].valid.tolist() == [False]
    assert read.truths[1].said == ({"blur": "2", "id": "2"},)
    assert read.problems == ()


def test_a_column_of_many_values_tells_no_kinds_of_faces_apart(tmp_path):
    rows = "".join(f"a.png,{number},0,5,5,{number},{number % 2}\n" for number in range(20))
    read = read_boxes(table(tmp_path, "file,x,y,w,h,score,side\n" + rows))
    assert (read.columns, read.left_out) == (("side",), ("score",))


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("a.png,1,2,x,4", "should be numbers"),
        ("a.png,1,2,nan,4", "numbers that end"),
        ("a.png,1,2,-3,4", "wider and higher than nothing, it is -3 by 4"),
        ("a.png,1,2,3,0", "it is 3 by 0"),
        ("a.png,1,2,3,", "should be numbers"),
    ],
)
def test_a_picture_with_a_row_that_makes_no_sense_is_left_out_whole(tmp_path, row, said):
    read = read_boxes(table(tmp_path, f"file,x,y,w,h\na.png,1,1,9,9\n{row}\nb.png,1,1,9,9\n"))
    assert [one.picture for one in read.truths] == ["b.png"]
    (problem,) = read.problems
    assert (problem.trouble, problem.where) == (Trouble.MISLABELLED, "a.png")
    assert said in problem.said


def test_the_same_box_twice_counts_once(tmp_path):
    read = read_boxes(table(tmp_path, "file,x,y,w,h\na.png,1,1,9,9\na.png,1,1,9,9\n"))
    assert len(read.truths[0].boxes) == 1
    assert [one.trouble for one in read.problems] == [Trouble.REPEATED]


@pytest.mark.parametrize("row", ["a.png,,,,", "a.png,0,0,0,0"])
def test_a_row_without_a_box_says_that_the_picture_has_no_face(tmp_path, row):
    read = read_boxes(table(tmp_path, f"file,x,y,w,h\n{row}\n"))
    assert read.truths[0].boxes.shape == (0, 4)
    assert read.problems == ()


def test_a_row_without_a_file_is_named(tmp_path):
    read = read_boxes(table(tmp_path, "file,x,y,w,h\n,1,1,9,9\nb.png,1,1,9,9\n"))
    assert read.problems[0].where == "boxes.csv, line 2"


@pytest.mark.parametrize(
    ("text", "said"), [("file,x,y,w\na.png,1,1,1\n", "it has no h"), ("file,x,y,w,h\n", "it has no row")]
)
def test_what_is_no_table_of_boxes_is_refused_with_what_would_be_one(tmp_path, text, said):
    with pytest.raises(SetWrong, match=said):
        read_boxes(table(tmp_path, text))


def test_a_table_that_should_be_sound_raises_its_first_problem(tmp_path):
    with pytest.raises(ValueError, match="wider and higher"):
        read_truth(table(tmp_path, "file,x,y,w,h\na.png,1,1,-9,9\n"))


def seeing(*faces, readable=True):
    calls = []

    def look(data):
        calls.append(data)
        return Seen(faces if readable else None, None, None, "" if readable else "this is no picture")

    look.calls = calls
    return look


def test_finds_are_in_pixels_and_pictures_that_cannot_be_used_are_named(tmp_path):
    (tmp_path / "a.png").write_bytes(pictures.encoded(pictures.smooth(200, 100)))
    (tmp_path / "far.png").write_bytes(pictures.encoded(pictures.smooth(200, 100)))
    rows = "a.png,10,10,20,20\ngone.png,1,1,5,5\nfar.png,500,10,20,20\nfar.png,10,10,20,20\n"
    read = read_boxes(table(tmp_path, "file,x,y,w,h\n" + rows))
    told = []
    looked = look_at(read.truths, tmp_path, seeing(face(0.1, 0.2, 0.3, 0.4)), progress=told.append)
    assert [one.picture for one in looked.truths] == ["a.png"]
    assert looked.finds[0].boxes[0] == pytest.approx([20, 20, 80, 60])
    assert looked.finds[0].scores.tolist() == [99.0]
    assert [(one.trouble, one.where) for one in looked.problems] == [
        (Trouble.MISSING, "gone.png"),
        (Trouble.MISLABELLED, "far.png"),
    ]
    assert "1 of its boxes lie outside the picture of 200 x 100" in looked.problems[1].said
    assert told == [1, 2, 3]


def test_a_picture_that_cannot_be_read_is_named_with_the_reason(tmp_path):
    (tmp_path / "a.png").write_bytes(b"no picture")
    read = read_boxes(table(tmp_path, "file,x,y,w,h\na.png,1,1,5,5\n"))
    looked = look_at(read.truths, tmp_path, seeing(readable=False), progress=lambda done: None)
    assert [(one.trouble, one.said) for one in looked.problems] == [(Trouble.UNREADABLE, "this is no picture")]


def test_a_picture_seen_before_is_not_looked_at_again(tmp_path):
    look = seeing(face(0.1, 0.2, 0.3, 0.4))
    with opened(tmp_path / "data", ["here"]) as kept:
        first, again = (remembering(look, kept)(b"one") for _ in range(2))
    assert again.faces is not None
    assert again.faces[0].box == first.faces[0].box
    assert len(look.calls) == 1
    assert remembering(look, None) is look


def test_a_folder_where_a_picture_should_be_is_named_as_one_that_cannot_be_read(tmp_path):
    (tmp_path / "a.png").mkdir()
    read = read_boxes(table(tmp_path, "file,x,y,w,h\na.png,1,1,5,5\n"))
    looked = look_at(read.truths, tmp_path, seeing(), progress=lambda done: None)
    assert [(one.trouble, one.said) for one in looked.problems] == [(Trouble.UNREADABLE, "Is a directory")]

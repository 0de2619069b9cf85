"""The detection protocol on boxes whose outcome can be counted by hand."""

import numpy as np
import pytest

from recognizance.evaluation.detection import SIZES, Finds, Truth, read_truth, tally


def truth(*boxes, invalid=()):
    array = np.array(boxes, float).reshape(-1, 4)
    return Truth("one", array, np.array([row not in invalid for row in range(len(array))], bool))


def finds(*rows):
    array = np.array(rows, float).reshape(-1, 5)
    return Finds(array[:, :4], array[:, 4])


LARGE, SMALL, ELSEWHERE = (0, 0, 100, 100), (200, 200, 220, 220), (400, 400, 500, 500)


def test_faces_found_and_missed_are_counted():
    counted = tally([truth(LARGE, ELSEWHERE)], [finds((*LARGE, 90))])
    assert counted.recall(50).value == 0.5
    assert counted.precision(50).value == 1
    assert counted.recall(95).value == 0


def test_a_find_that_overlaps_by_less_than_half_is_wrong():
    counted = tally([truth(LARGE)], [finds((0, 0, 100, 49, 90))])
    assert counted.recall(50).value == 0
    assert counted.wrong.tolist() == [90]
    assert counted.wrong_sizes.tolist() == [100]


def test_a_second_find_of_one_face_is_wrong_and_the_surer_is_right():
    counted = tally([truth(LARGE)], [finds((0, 0, 100, 90, 80), (*LARGE, 90))])
    assert counted.right.tolist() == [90]
    assert counted.wrong.tolist() == [80]


@pytest.mark.parametrize("ignored", [truth(LARGE, SMALL), truth(LARGE, ELSEWHERE, invalid={1})])
def test_faces_that_do_not_count_are_neither_missed_nor_wrongly_found(ignored):
    found = [(*LARGE, 90), (*ignored.boxes[1], 80), (*ignored.boxes[1], 70)]
    counted = tally([ignored], [finds(*found)], smallest=40)
    assert counted.faces == 1
    assert counted.right.tolist() == [90]
    assert counted.wrong.tolist() == []


def test_wrong_finds_smaller_than_what_is_asked_about_can_be_left_out():
    counted = tally([truth(LARGE)], [finds((*LARGE, 90), (*SMALL, 80))], smallest=40)
    assert counted.precision(50).value == 0.5
    assert counted.precision(50, smallest=40).value == 1


def test_size_is_what_was_asked_for():
    tall = truth((0, 0, 30, 60))
    assert {name: tally([tall], [finds()], size=size, smallest=40).faces for name, size in SIZES.items()} == {
        "longer side": 1,
        "height": 1,
        "shorter side": 0,
    }
    assert tally([tall], [finds()], smallest=40, largest=60).faces == 0


def test_pictures_without_faces_or_finds_count_nothing_but_what_is_wrong():
    counted = tally([truth(), truth(LARGE)], [finds((*LARGE, 90)), finds()])
    assert counted.faces == 1
    assert counted.recall(0).count == 0
    assert counted.wrong.tolist() == [90]


def test_as_many_pictures_of_finds_as_of_truths():
    with pytest.raises(ValueError, match="zip"):
        tally([truth(LARGE)], [])


def test_a_table_of_boxes_is_read_by_picture(tmp_path):
    table = tmp_path / "boxes.csv"
    table.write_text(
        "file,x,y,w,h,blur,occlusion,pose,invalid\nb.jpg,1,2,30,40,0,0,0,0\na.jpg,5,5,9,9,0,0,0,1\nb.jpg,0,0,1,1,0,0,0,0\n"
    )
    first, second = read_truth(table)
    assert (first.picture, second.picture) == ("b.jpg", "a.jpg")
    assert first.boxes.tolist() == [[1, 2, 31, 42], [0, 0, 1, 1]]
    assert second.valid.tolist() == [False]

"""The detection protocol on boxes whose outcome can be counted by hand."""

import numpy as np
import pytest

from recognizance.evaluation.protocols.detection import SIZES, Finds, Truth, matched, measure, share, tally
from recognizance.evaluation.sets.boxes import read_truth


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


def measured(truths, found, **asked):
    given = {"confidence": 50.0, "smallest": 40.0, "columns": (), "random": np.random.default_rng(1), "draws": 200}
    return measure(matched(truths, found), **(given | asked))


def kinds_of(count, value, *, found, size=100):
    """Return pictures of one face each of which a column says `value`, so many of them found."""
    boxes = (10, 10, 10 + size, 10 + size)
    truths = [Truth("p", np.array([boxes], float), np.array([True]), ({"blur": value},)) for _ in range(count)]
    return truths, [finds((*boxes, 90)) if row < found else finds() for row in range(count)]


def test_recall_and_precision_are_counted_at_the_confidence_and_along_the_curve():
    truths = [truth(LARGE, ELSEWHERE), truth(LARGE)]
    found = [finds((*LARGE, 90), (*ELSEWHERE, 60)), finds((300, 0, 400, 100, 96))]
    got = measured(truths, found)
    assert (got.faces, got.at.recall.count, got.at.precision.count, got.at.precision.of) == (3, 2, 2, 3)
    assert got.at.false_finds.value == 0.5
    by = {one.confidence: one for one in got.curve}
    assert by[95].recall.count == 0
    assert by[95].false_finds.count == 1
    assert by[70].recall.count == 1
    assert min(by) == 50


def test_faces_and_wrong_finds_below_the_size_asked_for_count_in_the_table_by_size_alone():
    got = measured([truth(LARGE, SMALL)], [finds((*LARGE, 90), (*SMALL, 90), (300, 300, 310, 310, 90))])
    assert (got.faces, got.too_small, got.at.precision.of) == (1, 1, 1)
    assert {(one.smallest, one.faces) for one in got.sizes} == {(8, 0), (16, 1), (96, 1)}


def test_a_kind_with_few_faces_is_withheld():
    some, few = kinds_of(12, "0", found=9), kinds_of(9, "2", found=1)
    got = measured([*some[0], *few[0]], [*some[1], *few[1]], columns=("blur",))
    clear, blurred = got.kinds
    assert (clear.value, clear.recall.count, clear.recall.of) == ("0", 9, 12)
    assert (blurred.value, blurred.faces, blurred.recall) == ("2", 9, None)


def test_pictures_without_faces_count_those_in_which_something_is_found():
    got = measured([truth(), truth(), truth(LARGE)], [finds((*LARGE, 90)), finds(), finds((*LARGE, 90))])
    assert (got.empty, got.with_false_finds.count, got.with_false_finds.of) == (2, 1, 2)
    assert measured([truth(LARGE)], [finds()]).with_false_finds is None


def test_average_precision_is_the_area_below_the_best_precision_still_to_come():
    truths = [truth(LARGE), truth(LARGE), truth(LARGE)]
    found = [finds((*LARGE, 90)), finds((300, 0, 400, 100, 80), (*LARGE, 70)), finds()]
    assert measured(truths, found).average.value == pytest.approx((1 + 2 / 3) / 3)
    assert measured([truth(SMALL)], [finds()]).average is None


def test_where_all_or_nothing_is_found_the_rule_of_three_over_pictures_bounds_it():
    every = measured(*kinds_of(30, "0", found=30)).at
    assert (every.recall.low, every.recall.high) == (pytest.approx(0.9), 1)
    assert (every.false_finds.low, every.false_finds.high) == (0, pytest.approx(0.1))
    none = measured(*kinds_of(30, "0", found=0)).at
    assert (none.recall.low, none.recall.high) == (0, pytest.approx(0.1))
    assert none.precision is None


def test_an_interval_knows_that_faces_of_one_picture_are_not_independent():
    boxes = [(x, 0, x + 50, 50) for x in range(0, 1000, 100)]
    truths = [truth(*boxes)] * 20
    half = [finds(*((*box, 90) for box in boxes)) if row % 2 else finds() for row in range(20)]
    each = [finds(*((*box, 90) for box in boxes[::2])) for _ in range(20)]
    clustered, spread = (measured(truths, found).at.recall for found in (half, each))
    assert (clustered.count, spread.count) == (100, 100)
    assert clustered.high - clustered.low > 0.35
    assert spread.high - spread.low < 0.15  # no narrower than if all faces were independent


@pytest.mark.parametrize(("pictures", "crowds"), [(10, False), (10, True), (20, False), (60, True)])
@pytest.mark.parametrize("found", [0.5, 0.8, 0.95])
def test_the_interval_covers_the_truth_about_as_often_as_it_says(pictures, crowds, found):
    held = []
    for seed in range(200):
        random = np.random.default_rng(seed)
        hard = random.beta(4 * found, 4 * (1 - found), pictures)  # each picture has its own chance, for all its faces
        faces = random.integers(1, 6, pictures)
        if crowds:
            faces[:2] = 20
        got = share(random.binomial(faces, hard), faces)
        held.append(got.low <= found <= got.high)
    assert np.mean(held) >= 0.9


@pytest.mark.parametrize(
    ("counts", "of"), [([12, 6, 5, 1, 1], [12, 6, 5, 1, 6]), ([10, 0], [10, 10]), ([20, 1], [21, 9]), ([3], [9])]
)
def test_few_pictures_with_many_faces_leave_much_open(counts, of):
    got = share(np.array(counts), np.array(of))
    assert got.low < got.value - 0.3
    assert got.low < got.value < got.high


def test_kinds_and_sizes_of_face_in_fewer_than_ten_pictures_are_withheld():
    boxes = [(x, 0, x + 50, 50) for x in range(0, 500, 100)]
    truths = [Truth("one", np.array(boxes, float), np.ones(5, bool), ({"blur": "0"},) * 5)] * 9
    found = [finds(*((*box, 90) for box in boxes))] * 9
    for more, withheld in ((0, True), (1, False)):
        got = measured(truths + truths[:more], found + found[:more], columns=("blur",))
        assert [one.recall is None for one in got.kinds] == [withheld]
        assert [(one.recall is None, one.precision is None) for one in got.sizes] == [(withheld, withheld)]

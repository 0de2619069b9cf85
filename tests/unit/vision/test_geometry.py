"""Boxes, points and crops on pictures that are drawn here."""

import numpy as np
import pytest

from recognizance.values import Landmarks, Point
from recognizance.vision import geometry
from recognizance.vision.geometry import (
    NOTHING,
    TEMPLATE,
    Found,
    align,
    box_of,
    landmarks_of,
    on_one_line,
    overlaps,
    pixels_of,
    points_of,
    suppress,
    together,
    turned,
    turned_back,
    umeyama,
    warp,
)


def found(*rows):
    """Rows of (left, top, right, bottom, score); the points are the box's corners and centre."""
    boxes = np.array([row[:4] for row in rows], float)
    left, top, right, bottom = boxes.T
    centre = (left + right) / 2, (top + bottom) / 2
    points = np.stack([[left, top], [right, top], centre, [left, bottom], [right, bottom]]).transpose(2, 0, 1)
    return Found(boxes, points, np.array([row[4] for row in rows], float))


def test_overlap_is_shared_area_over_covered_area():
    shared = overlaps(np.array([[0, 0, 10, 10.0]]), np.array([[5, 0, 15, 10.0], [0, 0, 10, 10], [20, 20, 30, 30]]))
    assert shared.tolist() == [[pytest.approx(1 / 3), 1.0, 0.0]]


def test_a_box_inside_out_overlaps_nothing():
    inside_out = np.array([[10, 10, 0, 0.0]])
    assert overlaps(inside_out, inside_out).tolist() == [[0.0]]


def test_of_two_boxes_on_one_face_the_surer_stays():
    kept = suppress(found((0, 0, 10, 10, 0.7), (1, 0, 11, 10, 0.9), (50, 50, 60, 60, 0.8)), above=0.4, voting=1.1)
    assert kept.scores.tolist() == [0.9, 0.8]
    assert kept.boxes[0].tolist() == [1, 0, 11, 10]


def test_those_that_agree_vote_on_the_place_by_their_score():
    kept = suppress(found((0, 0, 10, 10, 0.9), (3, 0, 13, 10, 0.3)), above=0.4, voting=0.5)
    assert kept.boxes.tolist() == [[pytest.approx(0.75), 0, pytest.approx(10.75), 10]]
    assert kept.points[0, 0].tolist() == [pytest.approx(0.75), 0]


def test_a_candidate_too_weak_to_be_a_face_still_votes():
    kept = suppress(found((0, 0, 10, 10, 0.9), (3, 0, 13, 10, 0.3)), above=0.4, voting=0.5, at_least=0.5)
    assert len(kept) == 1
    assert kept.boxes[0, 0] == pytest.approx(0.75)
    assert len(suppress(found((0, 0, 10, 10, 0.4)), above=0.4, voting=0.5, at_least=0.5)) == 0


def test_duplicates_become_one():
    assert len(suppress(found(*[(0, 0, 10, 10, 0.9)] * 300), above=0.4, voting=0.5)) == 1


def test_nothing_stays_nothing():
    assert len(suppress(NOTHING, above=0.4, voting=0.5)) == 0
    assert len(together([])) == 0


def test_template_points_stay_where_they_are():
    points = np.array(TEMPLATE)
    assert umeyama(points, points) == pytest.approx(np.array([[1, 0, 0], [0, 1, 0]]), abs=1e-9)


@pytest.mark.parametrize(
    "points",
    [
        np.zeros((5, 2)),
        np.array([[0, 0], [1, 1], [2, 2], [3, 3], [4, 4.0]]),
        np.array([[0, 0], [100, 0.5], [50, 0], [20, 0.4], [80, 0.0]]),
        np.full((5, 2), np.nan),
        np.array([[0, 0], [10, 0], [5, np.inf], [0, 10], [10, 10]]),
    ],
)
def test_points_without_breadth_cannot_be_aligned(points):
    assert on_one_line(points)
    with pytest.raises(ValueError, match="should not lie on one line"):
        umeyama(points, np.array(TEMPLATE))


def picture(height, width):
    """A picture whose red says where across and whose green says where down."""
    down, across = np.mgrid[0:height, 0:width]
    return np.dstack([255 * across / width, 255 * down / height, np.full((height, width), 128)]).astype(np.uint8)


def test_a_face_at_the_templates_place_is_cut_out_as_it_is():
    pixels = np.random.default_rng(1).integers(0, 256, (112, 112, 3), np.uint8)
    landmarks = landmarks_of(np.array(TEMPLATE) + 0.5, 112, 112)
    assert (align(pixels, landmarks) == pixels).all()


def test_alignment_keeps_size_type_and_colour():
    crop = align(picture(200, 300), landmarks_of(np.array(TEMPLATE) + 60, 300, 200), 64)
    assert crop.shape == (64, 64, 3)
    assert crop.dtype == np.uint8
    assert set(crop[..., 2].ravel().tolist()) == {128}


def test_what_is_outside_the_picture_is_black():
    crop = align(np.full((112, 112, 3), 200, np.uint8), landmarks_of(np.array(TEMPLATE) - 56, 112, 112))
    assert (crop[:50, :50] == 0).all()
    assert (crop[60:, 60:] == 200).all()


@pytest.mark.parametrize("scale", [2.2, 3.7, 9.5, 17.0])
def test_a_large_face_is_averaged_and_keeps_its_place(scale):
    side = int(140 * scale)
    landmarks = landmarks_of((np.array(TEMPLATE) + 10) * scale, side, side)
    smooth = align(picture(side, side), landmarks).astype(float)
    expected = (np.arange(112) + 10.5 - 0.5) / 140 * 255
    assert np.abs(smooth[56, :, 0] - expected).max() < 2.5

    checks = np.indices((side, side)).sum(axis=0) % 2 * 255
    grey = align(np.dstack([checks] * 3).astype(np.uint8), landmarks)
    assert grey.min() > 100, "detail finer than a pixel should average out"
    assert grey.max() < 155


def test_a_face_beyond_the_picture_is_all_black():
    landmarks = landmarks_of(np.array(TEMPLATE) * 8 + 5000, 400, 300)
    assert not align(np.full((300, 400, 3), 255, np.uint8), landmarks).any()


def test_warping_moves_a_square_where_the_matrix_says():
    pixels = np.zeros((40, 40, 3), np.uint8)
    pixels[10:20, 10:20] = 255
    moved = warp(pixels, np.array([[1, 0, -10], [0, 1, -10.0]]), 20)
    assert (moved[:10, :10] == 255).all()
    assert not moved[10:].any()


@pytest.mark.parametrize("quarters", [0, 1, 2, 3])
def test_what_was_found_in_a_turned_picture_is_put_back(quarters):
    pixels = np.zeros((30, 50, 3), np.uint8)
    pixels[5:9, 10:20] = 255
    there = np.argwhere(turned(pixels, quarters)[..., 0])
    (top, left), (bottom, right) = there.min(axis=0), there.max(axis=0) + 1
    back = turned_back(found((left, top, right, bottom, 1.0)), quarters, 50, 30)
    assert back.boxes.tolist() == [[10, 5, 20, 9]]
    assert (turned(pixels, quarters) == np.rot90(pixels, quarters)).all()
    assert sorted(back.points[0].tolist()) == sorted(found((10, 5, 20, 9, 1.0)).points[0].tolist())


def test_boxes_and_points_go_to_fractions_and_back():
    box = box_of(np.array([-10, 5, 30, 45.0]), 200, 100)
    assert (box.left, box.top, box.width, box.height) == pytest.approx((-0.05, 0.05, 0.2, 0.4))
    assert pixels_of(box, 200, 100).tolist() == pytest.approx([-10, 5, 30, 45])
    points = np.array(TEMPLATE)
    assert points_of(landmarks_of(points, 320, 200), 320, 200) == pytest.approx(points)


def test_points_stand_in_the_order_of_landmarks():
    landmarks = Landmarks(Point(0.1, 0.1), Point(0.2, 0.1), Point(0.15, 0.2), Point(0.1, 0.3), Point(0.2, 0.3))
    assert points_of(landmarks, 10, 10)[:, 0].tolist() == pytest.approx([1, 2, 1.5, 1, 2])


def test_shrinking_averages_and_the_same_size_is_the_same_picture():
    pixels = np.zeros((4, 4, 3), np.uint8)
    pixels[::2] = 200
    assert geometry.resized(pixels, 4, 4) is pixels
    assert (geometry.resized(pixels, 2, 2) == 100).all()

"""Which of several faces a labelled picture is about."""

from __future__ import annotations

from recognizance.evaluation.sets.faces import central, largest
from recognizance.values import Box, Face, Landmarks, Point, Pose, Quality


def face(left, top, side):
    points = Landmarks(*[Point(left + side / 2, top + side / 2)] * 5)
    return Face(Box(left, top, side, side), points, 99.0, Pose(0, 0, 0), Quality(50, 50))


def test_the_central_face_is_chosen_over_a_larger_one_at_the_edge():
    middle, edge = face(0.35, 0.35, 0.3), face(0.7, 0.0, 0.4)
    assert central([edge, middle]) is middle
    assert largest([edge, middle]) is edge

"""Faces on a page: cut out alike, and blurred so that looking does not tell whose they are."""

import cv2
import numpy as np
from tests import portraits

from recognizance.evaluation.pages.pictures import Shown, pairs
from recognizance.evaluation.sets.pipeline import Pipeline, Seen
from recognizance.evaluation.sets.subjects import Subject
from recognizance.values import Box, Face, Landmarks, Point, Pose, Quality
from recognizance.vision.image import decode
from recognizance.vision.portrait import SIDE, cut_out

POINTS = Landmarks(Point(0.35, 0.4), Point(0.65, 0.4), Point(0.5, 0.55), Point(0.4, 0.7), Point(0.6, 0.7))
FACE = Face(Box(0.2, 0.2, 0.6, 0.6), POINTS, 99.0, Pose(0, 0, 0), Quality(50, 50))


def detail(jpeg):
    pixels = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_GRAYSCALE).astype(float)
    assert pixels.shape == (SIDE, SIDE)
    return float(np.abs(np.diff(pixels, axis=0)).mean())


def test_a_blurred_face_has_lost_its_detail():
    image = decode(portraits.portrait(3))
    assert detail(cut_out(image, FACE, blurred=True)) < detail(cut_out(image, FACE)) / 3


def test_pairs_are_shown_only_where_both_pictures_are_still_there(tmp_path):
    for name in ("a", "b"):
        (tmp_path / name).write_bytes(portraits.portrait(1))
    (tmp_path / "broken").write_bytes(b"no picture")
    pipeline = Pipeline.__new__(Pipeline)
    object.__setattr__(pipeline, "look", lambda data: Seen((FACE,), FACE, None))
    a, b, gone, broken = (Subject(name, name, {}, tmp_path / name) for name in ("a", "b", "gone", "broken"))
    shown = [Shown(a, b, "two"), Shown(a, gone, "one"), Shown(broken, b, "one"), Shown(a, Subject("x", "x"), "one")]
    found = pairs(shown, pipeline, blurred=True)
    assert [one.caption for one in found] == ["two"]
    assert found[0].first.startswith(b"\xff\xd8")

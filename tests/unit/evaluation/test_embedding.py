"""A folder becomes vectors once, in order, and a picture without a face a row of zeros."""

from __future__ import annotations

import numpy as np
import pytest

from recognizance.evaluation.sets.embedding import cache_name, cached, central, embed_pictures
from recognizance.values import Box, Face, Landmarks, Point, Pose, Quality


def face(left, top, side):
    points = Landmarks(*[Point(left + side / 2, top + side / 2)] * 5)
    return Face(Box(left, top, side, side), points, 99.0, Pose(0, 0, 0), Quality(50, 50))


def test_the_central_face_is_chosen_over_a_larger_one_at_the_edge():
    middle, edge = face(0.35, 0.35, 0.3), face(0.7, 0.0, 0.4)
    assert central([edge, middle]) is middle


def test_rows_stand_in_the_order_of_the_pictures(tmp_path):
    for name in "abc":
        (tmp_path / name).write_bytes(name.encode())
    seen = []
    vectors = embed_pictures(
        [tmp_path / name for name in "cab"],
        lambda data: None if data == b"a" else np.array([data[0], 1], np.float32),
        dimension=2,
        progress=lambda done, of: seen.append((done, of)),
    )
    assert vectors.tolist() == [[99, 1], [0, 0], [98, 1]]
    assert seen == [(1, 3), (2, 3), (3, 3)]


def test_what_is_cached_is_not_made_again(tmp_path):
    made = []

    def make():
        made.append(1)
        return np.eye(2, dtype=np.float32)

    for _ in range(2):
        assert cached(tmp_path / "deep" / "one.npy", make).tolist() == [[1, 0], [0, 1]]
    assert made == [1]


@pytest.mark.parametrize(
    ("how", "pictures"), [(["b"], ["x"]), (["a"], ["y"]), (["a"], []), (["a", "x"], []), ([], ["a", "x"])]
)
def test_another_model_or_other_pictures_have_another_cache(how, pictures):
    assert cache_name(how, pictures) != cache_name(["a"], ["x"])

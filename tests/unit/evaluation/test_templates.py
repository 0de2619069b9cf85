"""Pictures become templates once, in their order, and what gave none is named."""

from __future__ import annotations

import os
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
from tests import portraits

from recognizance.errors import DatabaseUnusable
from recognizance.evaluation.sets import kept, subjects, templates
from recognizance.evaluation.sets.faces import central, largest
from recognizance.evaluation.sets.pipeline import open_pipeline
from recognizance.evaluation.sets.subjects import Problem, Trouble
from recognizance.values import Point


@pytest.fixture
def pipeline(given):
    return open_pipeline(given, version="1", choose=largest)


class Counted:
    """A pipeline that counts what is asked of it."""

    def __init__(self, pipeline):
        self.seen = self.embedded = 0
        self.pipeline = replace(pipeline, see=self._see, at=self._at)
        self._inner = pipeline

    def _see(self, data):
        self.seen += 1
        return self._inner.see(data)

    def _at(self, data, face):
        self.embedded += 1
        return self._inner.at(data, face)


@pytest.fixture
def faces(tmp_path):
    return portraits.folder(tmp_path / "set", {"Ada": 2, "Bob": 1, "Cyd": 1})


def embed(folder, pipeline, cache=None, **more):
    return templates.embed(
        subjects.read_listing(folder), pipeline, cache, **({"threads": 2, "progress": lambda done: None} | more)
    )


def test_each_picture_has_a_unit_vector_in_the_sets_order(faces, pipeline):
    found = embed(faces, pipeline)
    assert found.people == ("Ada", "Ada", "Bob", "Cyd")
    assert np.linalg.norm(found.vectors, axis=1) == pytest.approx(np.ones(4), abs=1e-5)
    cosines = found.vectors @ found.vectors.T
    assert cosines[0, 1] > cosines[0, 2:].max()
    assert found.vectors[2] == pytest.approx(pipeline.embed((faces / "Bob" / "0.png").read_bytes()))
    assert found.boxes[0] == pytest.approx([0.5, 0.5, 1 / 16, 1 / 16])


def test_pictures_that_give_no_template_are_counted_and_named(tmp_path, pipeline):
    folder = tmp_path / "set"
    folder.mkdir()
    (folder / "a.png").write_bytes(portraits.portrait(1, faces=2))
    (folder / "b.png").write_bytes(portraits.nobody())
    (folder / "c.jpg").write_bytes(b"no picture")
    (folder / "d.png").write_bytes(portraits.portrait(1, side=64))
    os.mkfifo(folder / "e.jpg")
    os.truncate(folder / "c.jpg", 0)
    with (folder / "f.jpg").open("wb") as sparse:
        sparse.truncate(templates.LARGEST_FILE + 1)
    found = embed(folder, pipeline)
    assert found.faces.tolist() == [2, 0, -1, -1, -1, -1]
    assert not found.vectors[1:].any()
    assert [(one.trouble, one.where) for one in found.problems] == [
        (Trouble.SEVERAL_FACES, "a.png"),
        (Trouble.NO_FACE, "b.png"),
        (Trouble.UNREADABLE, "c.jpg"),
        (Trouble.UNREADABLE, "d.png"),
        (Trouble.UNREADABLE, "e.jpg"),
        (Trouble.UNREADABLE, "f.jpg"),
    ]
    assert "below the minimum of 80" in found.problems[3].said
    assert found.found.tolist() == [True, False, False, False, False, False]


def test_the_same_bytes_again_are_left_out_for_the_same_person_and_named_for_any(tmp_path, pipeline):
    folder = portraits.folder(tmp_path / "set", {"Ada": 1, "Bob": 1})
    (folder / "Ada" / "again.png").write_bytes(portraits.portrait(0, 0))
    (folder / "Bob" / "wrong.png").write_bytes(portraits.portrait(0, 0))
    found = embed(folder, pipeline)
    assert [one.name for one in found.subjects] == ["Ada/0.png", "Bob/0.png", "Bob/wrong.png"]
    assert found.problems == (
        Problem(Trouble.REPEATED, "Ada/again.png", "the same bytes as Ada/0.png"),
        Problem(Trouble.REPEATED, "Bob/wrong.png", "the same bytes as Ada/0.png, which is under another person, Ada"),
    )
    assert len(embed(folder, pipeline, repeated=True).subjects) == 4


def test_what_is_kept_is_not_made_again_and_is_the_same(faces, given, pipeline):
    (faces / "none.png").write_bytes(portraits.nobody())
    (faces / "broken.jpg").write_bytes(b"\xff\xd8\xff")
    counted = Counted(pipeline)
    with kept.opened(given.data, pipeline.vectors_by) as cache:
        first = embed(faces, counted.pipeline, cache)
    with kept.opened(given.data, pipeline.vectors_by) as cache:
        again = embed(faces, counted.pipeline, cache)
    assert (counted.seen, counted.embedded) == (6, 0)
    assert np.array_equal(first.vectors, again.vectors)
    assert np.array_equal(first.boxes, again.boxes)
    assert (first.problems, first.faces.tolist()) == (again.problems, again.faces.tolist())
    assert first.fingerprint == again.fingerprint


def test_another_choice_among_several_faces_looks_at_no_picture_again(tmp_path, given):
    folder = tmp_path / "set"
    folder.mkdir()
    (folder / "a.png").write_bytes(portraits.portrait(1, faces=3))
    (folder / "b.png").write_bytes(portraits.portrait(2))

    def lowest(faces):
        return max(faces, key=lambda face: face.box.top)

    first, other = (open_pipeline(given, version="1", choose=choose) for choose in (central, lowest))
    assert first.vectors_by == other.vectors_by
    counted = Counted(other)
    with kept.opened(given.data, first.vectors_by) as cache:
        embed(folder, first, cache)
        found = embed(folder, counted.pipeline, cache)
        embed(folder, counted.pipeline, cache)
    assert (counted.seen, counted.embedded) == (0, 1)
    assert np.array_equal(found.vectors, embed(folder, other).vectors)
    assert found.boxes[0][1] == pytest.approx(0.75)


def test_a_run_that_was_stopped_goes_on_where_it_was(faces, given, pipeline):
    counted = Counted(pipeline)

    def stop(done):
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), kept.opened(given.data, pipeline.vectors_by) as cache:
        embed(faces, counted.pipeline, cache, threads=1, progress=stop)
    before = counted.seen
    assert before >= 2
    with kept.opened(given.data, pipeline.vectors_by) as cache:
        embed(faces, counted.pipeline, cache)
    assert counted.seen == 4


def test_what_is_kept_is_for_its_owner_only_and_can_be_forgotten(faces, given, pipeline):
    with kept.opened(given.data, pipeline.vectors_by) as cache:
        embed(faces, pipeline, cache)
    folder = given.data / "audit"
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {one.stat().st_mode & 0o777 for one in folder.iterdir()} == {0o600}
    assert b"Ada" not in b"".join(one.read_bytes() for one in folder.iterdir())
    assert kept.forget(given.data)[0] == 1
    assert list(folder.iterdir()) == []
    assert kept.forget(given.data) == (0, 0)


def test_a_damaged_file_of_templates_is_told_with_what_removes_it(given, pipeline):
    path = kept.file_for(given.data, pipeline.vectors_by)
    path.parent.mkdir(parents=True)
    path.write_bytes(b"no database" * 1000)
    with (
        pytest.raises(DatabaseUnusable, match="recognizance audit forget"),
        kept.opened(given.data, pipeline.vectors_by),
    ):
        pass


def test_many_threads_may_ask_what_is_kept_at_once(faces, given, pipeline):
    with kept.opened(given.data, pipeline.vectors_by, timer=iter(range(0, 10**6, 10)).__next__) as cache:
        embed(faces, pipeline, cache, threads=4)
        digests = [bytes.fromhex(one) for one in embed(faces, pipeline, cache).digests] * 50
        with ThreadPoolExecutor(4) as pool:
            found = list(pool.map(cache.get, digests))
    assert all(one is not None and len(one.faces) == 1 and one.vectors[0].shape == (6,) for one in found)
    assert isinstance(found[0].faces[0].landmarks.nose, Point)


def test_two_runs_may_keep_templates_at_once(faces, given, pipeline):
    counted = Counted(pipeline)
    with (
        kept.opened(given.data, pipeline.vectors_by) as one,
        kept.opened(given.data, pipeline.vectors_by) as other,
    ):
        embed(faces, pipeline, one)
        one.write()
        embed(faces, counted.pipeline, other)
        assert counted.seen == 0
        other.write()
        one.put(b"1" * 32, kept.Found(None, {}, "cut short"))
        other.put(b"1" * 32, kept.Found((), {}))
        assert one.get(b"1" * 32).why == "cut short"
    with kept.opened(given.data, pipeline.vectors_by) as cache:
        assert cache.get(b"1" * 32).why == "cut short"  # whoever wrote last


def test_faces_of_a_collection_are_templates_without_pictures():
    listing = subjects.Listing((subjects.Subject("f1", "Ada"), subjects.Subject("f2", "Bob")), (), "the collection c")
    vectors = np.eye(2, 4, dtype="<f4")
    found = templates.enrolled(listing, {"f1": vectors[0].tobytes(), "f2": vectors[1].tobytes()})
    assert np.array_equal(found.vectors, vectors)
    assert (found.found.tolist(), found.boxes) == ([True, True], None)
    assert found.kept(np.array([False, True])).people == ("Bob",)


def test_whoever_stops_it_leaves_no_thread_at_work_and_no_picture_waiting(faces, pipeline):
    counted = Counted(pipeline)

    def stop(done):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        embed(faces, counted.pipeline, threads=1, progress=stop)
    assert counted.seen < 4
    assert not [one for one in threading.enumerate() if one.name.startswith("audit")]

"""What an index does when the database changes under it at the worst moment: while it is being read."""

import numpy as np
import pytest
from tests.crash.rows import Plain, enrol, forget, remove, similar

from recognizance.database.tables import FACE
from recognizance.errors import NotFound
from recognizance.gallery import collections
from recognizance.gallery.gallery import Gallery
from recognizance.gallery.indexes.local import Local
from recognizance.gallery.shelf import Shelf

ANYWHERE = np.eye(1, 8, dtype=np.float32)


class Meanwhile:
    """A source of indexes that lets something happen before each is opened: after the row, before the feed."""

    def __init__(self, source, act):
        self.source, self.act = source, act

    def open(self, opening):
        self.act()
        return self.source.open(opening)

    def __getattr__(self, name):
        return getattr(self.source, name)


def found(shelf, collection):
    (hits,), _ = shelf.search(collection, ANYWHERE, at_least=-1.0, limit=100)
    return {hit.number for hit in hits}


def test_a_face_forgotten_while_the_feed_is_read_does_not_break_the_search(database, collection, workers, tmp_path):
    seen = enrol(database, collection, 1, 2, 3)
    going = iter([[3], [2]])
    source = Meanwhile(Local(tmp_path / "indexes", workers), lambda: forget(database, collection, *next(going, [])))
    shelf = Shelf(database, source, collection, FACE)

    assert {1, 2} <= found(shelf, seen) <= {1, 2, 3}  # the search began before the third went
    assert found(shelf, collections.again(database, collection)) == {1, 2}
    assert found(shelf, forget(database, collection, 2)) == {1}


def test_a_collection_that_changes_all_the_time_can_be_searched(database, collection, workers, tmp_path, caplog):
    seen = enrol(database, collection, *range(1, 30))
    going = iter(range(1, 30))
    source = Meanwhile(Local(tmp_path / "indexes", workers), lambda: forget(database, collection, next(going)))
    assert {*range(2, 30)} <= found(Shelf(database, source, collection, FACE), seen) <= {*range(1, 30)}
    assert caplog.records == []


def test_a_collection_removed_while_the_feed_is_read_finds_nobody(database, collection, workers, tmp_path):
    seen = enrol(database, collection, 1, 2, 3)
    going = iter([lambda: remove(database, collection)])
    source = Meanwhile(Local(tmp_path / "indexes", workers), lambda: next(going, lambda: None)())
    gallery = Gallery(database, source)
    with pytest.raises(NotFound):
        similar(gallery, seen, 1)
    with pytest.raises(NotFound):
        similar(gallery, seen, 1)


def test_a_collection_removed_before_it_is_searched_is_not_there_for_users_either(
    database, collection, workers, tmp_path
):
    gallery = Gallery(database, Local(tmp_path / "indexes", workers))
    remove(database, collection)
    with pytest.raises(NotFound):
        gallery.near_users(collection, ANYWHERE[0], scale=Plain(), at_least=0, limit=10)

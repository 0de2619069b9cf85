"""Collections that were removed: out of sight at once, erased bit by bit, whatever comes between."""

import threading
import time
from contextlib import closing

import pytest
from sqlalchemy import select
from tests import postgresql
from tests.crash.rows import MODEL, NOW, enrol, forget, made, remove, similar

from recognizance.database import open_database
from recognizance.database.tables import COLLECTIONS, FACES, REMOVALS, USERS, VECTORS
from recognizance.errors import DatabaseUnusable, NotFound
from recognizance.gallery import collections, erasing, users
from recognizance.gallery.gallery import Gallery
from recognizance.gallery.indexes.local import Local
from recognizance.values import Card, UserId


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request, file, new_database):
    if request.param == "sqlite":
        with closing(open_database(new_database(file))) as opened:
            yield opened
    else:
        with postgresql.server().database() as url, closing(open_database(url)) as opened:
            yield opened


@pytest.fixture
def gallery(database, tmp_path, workers):
    with closing(Gallery(database, Local(tmp_path / "indexes", workers))) as opened:
        yield opened


def filled(database, name, count=60):
    """Make a collection with faces that stay, faces that went, and users."""
    made_now = enrol(database, made(database, name), *range(1, count + 1))
    forget(database, made_now, *range(1, count // 3))
    with database.write() as tx:
        for one in range(5):
            users.create(tx, made_now, UserId(f"u{one}"), now=NOW)
            users.associate(
                tx, made_now, UserId(f"u{one}"), [f"{count - one:036d}"], similar=lambda cosine: 100.0, at_least=0
            )
    return collections.again(database, made_now)


def rows(database, number):
    return [
        len(database.rows(select(table.c.collection).where(table.c.collection == number)))
        for table in (FACES, USERS, VECTORS, REMOVALS)
    ]


def test_a_removed_collection_is_out_of_sight_at_once(database):
    gone, kept = filled(database, "gone"), filled(database, "kept")
    remove(database, gone)
    assert [one.id for one in collections.listed(database, gone.account, after=0, limit=10)] == ["kept"]
    assert collections.numbers(database) == {kept.number}
    with pytest.raises(NotFound):
        collections.find(database, gone.account, gone.id)
    for ask in (collections.again, collections.tags):
        with pytest.raises(NotFound):
            ask(database, gone)
    with pytest.raises(NotFound):
        enrol(database, gone, 1000)
    with pytest.raises(NotFound):
        remove(database, gone)
    assert made(database, "gone").number > gone.number


def test_it_is_erased_a_few_rows_at_a_time_and_nothing_else_is(database):
    gone, kept = filled(database, "gone"), filled(database, "kept")
    untouched, left = rows(database, kept.number), sum(rows(database, gone.number))
    remove(database, gone)
    assert collections.removed(database) == [gone.number]
    more = True
    while more:
        with database.write() as tx:
            more = collections.erase(tx, gone.number, rows=10)
        now = sum(rows(database, gone.number))
        assert left - 10 <= now <= left
        left = now
    assert rows(database, gone.number) == [0, 0, 0, 0]
    assert collections.removed(database) == []
    assert [row["number"] for row in database.rows(select(COLLECTIONS.c.number))] == [kept.number]
    assert rows(database, kept.number) == untouched


def test_erasing_what_is_erased_already_does_nothing(database):
    gone = filled(database, "gone")
    remove(database, gone)
    for _ in range(2):
        with database.write() as tx:
            assert not collections.erase(tx, gone.number, rows=1000)


def test_what_is_there_is_never_erased(database):
    kept = filled(database, "kept")
    before = rows(database, kept.number)
    with database.write() as tx:
        assert not collections.erase(tx, kept.number, rows=1000)
    assert rows(database, kept.number) == before


def test_what_is_dropped_is_erased_when_that_returns(database, gallery):
    gone, kept = filled(database, "gone"), filled(database, "kept")
    similar(gallery, gone, 1)
    remove(database, gone)
    gallery.drop(gone)
    assert collections.removed(database) == []
    assert rows(database, gone.number) == [0, 0, 0, 0]
    assert len(similar(gallery, kept, 60)) == kept.faces


def test_erasing_that_was_cut_short_goes_on_at_the_next_start(database, gallery, monkeypatch):
    gone, also, kept = filled(database, "gone"), filled(database, "also"), filled(database, "kept")
    remove(database, gone)
    remove(database, also)
    with database.write() as tx:
        assert collections.erase(tx, gone.number, rows=50)
    monkeypatch.setattr(erasing, "AT_ONCE", 20)
    gallery.tidy()
    until = time.monotonic() + 20
    while collections.removed(database) and time.monotonic() < until:
        time.sleep(0.01)
    assert [row["number"] for row in database.rows(select(COLLECTIONS.c.number))] == [kept.number]


def test_a_server_that_stops_does_not_wait_until_all_is_erased(database, tmp_path, workers, monkeypatch):
    gone = filled(database, "gone", 300)
    monkeypatch.setattr(erasing, "AT_ONCE", 1)
    monkeypatch.setattr(erasing, "PAUSE", 0.2)
    gallery = Gallery(database, Local(tmp_path / "indexes", workers))
    remove(database, gone)
    gallery.tidy()
    began = time.monotonic()
    gallery.close()
    assert time.monotonic() - began < 10
    assert collections.removed(database) == [gone.number]


def test_many_who_erase_at_once_leave_nothing_and_do_not_fail(database, gallery, tmp_path, workers, caplog):
    gone = [filled(database, f"c{one}", 30) for one in range(4)]
    with closing(Gallery(database, Local(tmp_path / "elsewhere", workers))) as other:
        for one in gone:
            remove(database, one)
        threads = [
            threading.Thread(target=which.drop, args=(one,))
            for which, one in zip([gallery, other] * 2, gone, strict=True)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
    assert database.rows(select(COLLECTIONS)) == []
    assert caplog.records == []


def test_what_was_being_built_goes_with_the_collection_it_was_for(database, gallery):
    old = filled(database, "old")
    card = Card(MODEL, "2", "embed", "", "", "", "", True, "", "none", "")
    from recognizance.gallery import reembedding

    with database.write() as tx:
        reembedding.start(tx, old, card, now=NOW)
    remove(database, old)
    assert len(collections.removed(database)) == 2
    gallery.drop(old)
    gallery._eraser.erase(2)
    assert database.rows(select(COLLECTIONS)) == []


def test_an_empty_collection_does_not_wait_for_a_large_one(database, gallery, monkeypatch):
    monkeypatch.setattr(erasing, "AT_ONCE", 5)
    monkeypatch.setattr(erasing, "PAUSE", 0.2)
    large, small = filled(database, "large"), made(database, "small")
    remove(database, large)
    gallery._eraser.begin()
    remove(database, small)
    gallery.drop(small)
    assert small.number not in collections.removed(database)


def test_erasing_goes_on_after_the_database_failed(database, gallery, monkeypatch):
    monkeypatch.setattr(erasing, "AGAIN", 0.05)
    failing, erase = [True], collections.erase

    def fails_once(tx, number, *, rows):
        if failing.pop() if failing else False:
            raise DatabaseUnusable("another process holds it")
        return erase(tx, number, rows=rows)

    monkeypatch.setattr(collections, "erase", fails_once)
    old = filled(database, "old")
    remove(database, old)
    gallery.drop(old)
    assert collections.removed(database) == []

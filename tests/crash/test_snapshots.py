"""Snapshots that are broken, foreign, old, new or left over: rebuilt and told in the log, and the results right."""

import fcntl
import logging
import os
import shutil
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from datetime import timedelta

import pytest
from tests.crash.rows import NOW, enrol, forget, made, remove, similar

from recognizance.database import file_url, open_database
from recognizance.gallery import collections, faces, shelf, vectors
from recognizance.gallery.gallery import Gallery
from recognizance.gallery.indexes.local import Local

PEOPLE = range(1, 600)


@pytest.fixture(autouse=True)
def eager(monkeypatch):
    """Keep a snapshot after every change."""
    monkeypatch.setattr(shelf, "LEAST_CHANGES", 1)
    monkeypatch.setattr(shelf, "CHANGED_SHARE", 0.0)


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    """A database with everybody in a collection, and its snapshot; making it takes a while, copying it none."""
    folder = tmp_path_factory.mktemp("template")
    with ThreadPoolExecutor(1) as workers, pytest.MonkeyPatch.context() as patch:
        patch.setattr(shelf, "LEAST_CHANGES", 1)
        with closing(open_database(file_url(folder / "a.db"))) as database:
            gallery = Gallery(database, Local(folder / "indexes", workers))
            similar(gallery, enrol(database, made(database), *PEOPLE), 1)
            gallery.close()
    return folder


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "indexes"


@pytest.fixture
def path(template, tmp_path, folder):
    """A snapshot of a collection in which everybody is."""
    shutil.copytree(template, tmp_path, dirs_exist_ok=True)
    (one,) = folder.iterdir()
    return one


@pytest.fixture
def searched(file, folder, workers):
    """What opens the database and the indexes, as a server does that starts, until a block is left."""

    @contextmanager
    def run():
        with closing(open_database(file_url(file))) as database:
            gallery = Gallery(database, Local(folder, workers))
            gallery.tidy()
            yield database, gallery
            gallery.close()

    return run


def staff(database):
    return collections.listed(database, "000000000000", after=0, limit=10)[0]


def are_found(searched, names):
    """Say whether everybody who should be is found, best by their own vector, and nobody else."""
    with searched() as (database, gallery):
        for name in [*names][::250]:
            found = similar(gallery, staff(database), name)
            assert found.keys() == set(names)
            assert found[name] == max(found.values()) == pytest.approx(100)
    return True


def warnings(caplog):
    return [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]


def test_a_snapshot_that_is_whole_is_used(searched, path, caplog, monkeypatch):
    monkeypatch.setattr(vectors, "additions", None)
    assert are_found(searched, PEOPLE)
    assert warnings(caplog) == []


DAMAGE = {
    "nothing": lambda whole: b"",
    "cut at the front": lambda whole: whole[40:],
    "cut in the header": lambda whole: whole[:20],
    "cut in the middle": lambda whole: whole[: len(whole) // 2],
    "cut at the end": lambda whole: whole[:-1],
    "a bit of the header": lambda whole: whole[:30] + bytes([whole[30] ^ 4]) + whole[31:],
    "a bit of the codes": lambda whole: whole[:-200] + bytes([whole[-200] ^ 1]) + whole[-199:],
    "more behind the end": lambda whole: whole + b"\0" * 100,
    "another format": lambda whole: b"SQLite format 3\0" * 100,
    "an older version of the format": lambda whole: whole[:7] + bytes([whole[7] - 1]) + whole[8:],
    "a newer version of the format": lambda whole: whole[:7] + bytes([whole[7] + 1]) + whole[8:],
    "zeros": lambda whole: bytes(len(whole)),
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_a_damaged_snapshot_is_built_anew_and_told(searched, path, caplog, damage):
    path.write_bytes(damage(path.read_bytes()))
    assert are_found(searched, PEOPLE)
    (told,) = warnings(caplog)
    assert told.startswith(f"the snapshot {path.name} cannot be used; the index is built anew: ")


def test_a_snapshot_that_cannot_be_read_is_built_anew_and_told(searched, path, caplog):
    path.unlink()
    path.mkdir()
    assert are_found(searched, PEOPLE)
    assert f"the snapshot {path.name} cannot be used" in warnings(caplog)[0]
    assert "no snapshot of collection 1 was kept" in warnings(caplog)[-1]


def test_an_older_snapshot_is_brought_up_to_date(searched, path, caplog):
    old = path.read_bytes()
    with searched() as (database, gallery):
        forget(database, staff(database), *range(1, 6))
        similar(gallery, enrol(database, staff(database), *range(1000, 1010)), 7)
    path.write_bytes(old)
    assert are_found(searched, [*range(6, 600), *range(1000, 1010)])
    assert warnings(caplog) == []


def test_the_snapshot_of_another_collection_is_built_anew_and_told(searched, path, folder, caplog):
    with searched() as (database, gallery):
        similar(gallery, enrol(database, made(database, "other"), *PEOPLE), 1)
    (other,) = set(folder.iterdir()) - {path}
    shutil.copy(other, path)
    assert are_found(searched, PEOPLE)
    assert warnings(caplog) == [f"the snapshot {path.name} is not of this database; the index is built anew"]


def test_the_snapshot_of_another_database_is_built_anew_and_told(searched, path, file, caplog):
    for one in file.parent.glob(f"{file.name}*"):
        one.unlink()
    with closing(open_database(file_url(file))) as other:
        enrol(other, made(other, now=NOW + timedelta(seconds=1)), *PEOPLE)
    assert are_found(searched, PEOPLE)
    assert warnings(caplog) == [f"the snapshot {path.name} is not of this database; the index is built anew"]


NEWER = {
    "many came": lambda database, staff: enrol(database, staff, *range(1000, 1100)),
    "many went": lambda database, staff: forget(database, staff, *range(1, 100)),
    "one came": lambda database, staff: enrol(database, staff, 1000),
    "one went": lambda database, staff: forget(database, staff, 599),
    "one came and went": lambda database, staff: forget(database, enrol(database, staff, 1000), 1000),
    "many came and as many went": lambda database, staff: forget(
        database, enrol(database, staff, *range(1000, 1100)), *range(1, 101)
    ),
}
THEN = {
    "nobody": lambda database, staff: staff,
    "one": lambda database, staff: enrol(database, staff, 2000),
    "fewer": lambda database, staff: enrol(database, staff, *range(2000, 2050)),
    "as many": lambda database, staff: enrol(database, staff, *range(2000, 2100)),
    "more": lambda database, staff: enrol(database, staff, *range(2000, 2300)),
    "some, and as many went": lambda database, staff: forget(
        database, enrol(database, staff, *range(2000, 2100)), *range(200, 300)
    ),
}


@pytest.mark.parametrize(
    ("newer", "then"),
    [
        *((newer, "nobody") for newer in NEWER),
        *(("many came and as many went", then) for then in THEN),
        ("one went", "one"),
    ],
)
def test_a_database_put_back_under_a_newer_snapshot_is_noticed(searched, path, file, caplog, newer, then):
    copy = file.with_name("copy.db")
    shutil.copy(file, copy)  # nobody has it open
    with searched() as (database, gallery):
        similar(gallery, NEWER[newer](database, staff(database)), 300)
    newest = path.read_bytes()
    for one in file.parent.glob(f"{file.name}*"):
        one.unlink()
    shutil.copy(copy, file)
    with searched() as (database, _):  # before anybody searches, others come
        THEN[then](database, staff(database))
        names = [int(row.face_id) for row in faces.listed(database, staff(database), after="", limit=10_000)]

    assert path.read_bytes() == newest
    assert are_found(searched, names)
    (told,) = warnings(caplog)
    assert told.endswith("built anew")


def test_a_snapshot_of_a_collection_that_was_made_again_is_not_used(searched, path):
    kept = path.read_bytes()
    with searched() as (database, gallery):
        remove(database, staff(database))
        gallery.tidy()
        enrol(database, made(database), 7, 8, 9)
    path.write_bytes(kept)
    assert are_found(searched, [7, 8, 9])


def test_a_deleted_collection_leaves_no_snapshot_though_nobody_searched_it_since_the_start(searched, path):
    with searched() as (database, gallery):
        gone = staff(database)
        remove(database, gone)
        gallery.drop(gone)
        assert not path.exists()


def test_the_snapshot_of_a_collection_that_went_elsewhere_is_removed_at_the_start(searched, path):
    with searched() as (database, _):
        remove(database, staff(database))
        assert path.exists()  # another process may have it
    with searched():
        assert not path.exists()


def test_what_was_left_of_a_half_written_snapshot_is_removed_at_the_start(searched, path):
    draft = path.with_name(f".{path.name}.x7_k2l9q")
    draft.write_bytes(b"half")
    with searched():
        assert [one.name for one in path.parent.iterdir()] == [path.name]


def test_a_snapshot_that_another_process_is_writing_is_left_alone(searched, path):
    draft = path.with_name(f".{path.name}.x7_k2l9q")
    with closing(draft.open("wb")) as writing:
        fcntl.flock(writing, fcntl.LOCK_EX | fcntl.LOCK_NB)
        with searched():
            assert draft.exists()


def test_a_folder_of_snapshots_that_takes_none_is_told_and_harms_nobody(searched, path, folder, caplog):
    shutil.rmtree(folder)
    folder.write_bytes(b"")  # a file where the folder should be
    assert are_found(searched, PEOPLE)
    assert all("no snapshot of collection 1 was kept" in told for told in warnings(caplog))
    assert warnings(caplog)
    assert os.path.isfile(folder)


def test_a_snapshot_goes_with_the_first_face_forgotten_and_comes_again_without_it(searched, path, monkeypatch):
    monkeypatch.setattr(shelf, "LEAST_CHANGES", 100)
    whole = path.read_bytes()
    with searched() as (database, gallery):
        collection = staff(database)
        similar(gallery, collection, 1)
        (record,) = faces.by_numbers(database, collection, [7]).values()
        with database.write() as tx:
            faces.forget(tx, collection, [record.face_id])
        gallery.follow(collection)
        assert not path.exists()
    assert 0 < len(path.read_bytes()) < len(whole)
    assert are_found(searched, [name for name in PEOPLE if name != 7])


def test_a_snapshot_goes_though_nobody_searched_since_the_start(searched, path):
    with searched() as (database, gallery):
        forget(database, staff(database), 7)
        gallery.follow(staff(database))
        assert not path.exists()


def test_no_snapshot_comes_after_its_collection_was_dropped(searched, path, folder, monkeypatch):
    with searched() as (database, gallery):
        slow = gallery._source.keep

        def keep(*given):
            time.sleep(0.3)
            slow(*given)

        monkeypatch.setattr(gallery._source, "keep", keep)
        collection = enrol(database, staff(database), 1000)
        similar(gallery, collection, 1)
        remove(database, collection)
        gallery.drop(collection)
        time.sleep(0.5)
        assert list(folder.iterdir()) == []

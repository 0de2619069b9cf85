"""Pictures at rest: sealed, bound to what they are of, and gone with their keys."""

import itertools
import os
import stat
from contextlib import closing
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import delete, insert, select, update

from recognizance.accountability import vault
from recognizance.database import open_database
from recognizance.database.tables import COLLECTIONS, CROP_KEYS, CROPS, REVIEW_PROBES
from recognizance.errors import SettingsWrong

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
KEYS = vault.Vault(bytes(range(32)), os.urandom)
PICTURE = b"\xff\xd8\xff\xe0 a face " * 20


@pytest.fixture
def database(tmp_path, new_database):
    with closing(open_database(new_database(tmp_path / "a.db"))) as opened:
        with opened.write() as tx:
            for name in ("staff", "guests"):
                tx.run(
                    insert(COLLECTIONS).values(
                        account="0" * 12,
                        id=name,
                        region="eu-west-3",
                        model="m",
                        model_version="1",
                        created_at=NOON,
                        revision=0,
                        faces=0,
                        users=0,
                        tags={},
                    )
                )
        yield opened


def keep(database, collection, **pictures):
    with database.write() as tx:
        vault.keep_crops(tx, KEYS, collection, {int(name[1:]): one for name, one in pictures.items()})


@given(st.binary(max_size=2000), st.text(max_size=40))
def test_what_is_sealed_is_unsealed_by_the_same_key_and_for_the_same_thing(content, of):
    key = os.urandom(32)
    sealed = KEYS.seal(key, content, of)
    assert vault.unseal(key, sealed, of) == content
    assert len(sealed) == len(content) + 28
    for wrong in ((os.urandom(32), sealed, of), (key, sealed, of + "!"), (key, sealed[:-1], of)):
        with pytest.raises(ValueError, match="was not sealed"):
            vault.unseal(*wrong)


def test_the_same_picture_is_never_sealed_twice_to_the_same_bytes():
    assert len({KEYS.seal(KEYS.key, PICTURE, "it") for _ in range(100)}) == 100


def test_a_wrapped_key_is_unwrapped_only_for_what_it_was_made_for():
    key, wrapped = KEYS.new_key("staff")
    assert KEYS.unwrap(wrapped, "staff") == key
    with pytest.raises(ValueError, match=r"is vault\.key another"):
        KEYS.unwrap(wrapped, "guests")
    with pytest.raises(ValueError, match="was not sealed"):
        vault.Vault(bytes(32), os.urandom).unwrap(wrapped, "staff")


def test_pictures_come_back_by_number_and_one_that_is_kept_stays(database):
    keep(database, 1, n1=PICTURE, n2=PICTURE * 2)
    keep(database, 1, n2=b"another", n3=b"third")
    assert vault.crops(database, KEYS, 1, [1, 2, 3, 4]) == {1: PICTURE, 2: PICTURE * 2, 3: b"third"}
    assert vault.pictured(database, 1, [2, 3, 4]) == {2, 3}
    assert vault.crops(database, KEYS, 2, [1]) == {}


def test_every_collection_has_a_key_of_its_own(database):
    keep(database, 1, n1=PICTURE)
    keep(database, 2, n1=PICTURE)
    wrapped = [bytes(row["wrapped"]) for row in database.rows(select(CROP_KEYS))]
    assert len(set(wrapped)) == 2
    with database.write() as tx:  # a picture put into another collection
        tx.run(update(CROPS).where(CROPS.c.collection == 2).values(sealed=select(CROPS.c.sealed).where(
            CROPS.c.collection == 1).scalar_subquery()))  # fmt: skip
    with pytest.raises(ValueError, match="was not sealed"):
        vault.crops(database, KEYS, 2, [1])


def test_pictures_whose_key_is_destroyed_are_nothing(database):
    keep(database, 1, n1=PICTURE)
    (kept,) = database.rows(select(CROPS.c.sealed))
    with database.write() as tx:
        tx.run(delete(CROP_KEYS))
    assert vault.crops(database, KEYS, 1, [1]) == {}
    assert PICTURE[:12] not in bytes(kept["sealed"])


def test_a_picture_that_was_searched_with_is_destroyed_with_its_key(database):
    with database.write() as tx:
        vault.keep_probe(tx, KEYS, "review-1", PICTURE)
        vault.keep_probe(tx, KEYS, "review-2", b"other")
    assert vault.probe(database, KEYS, "review-1") == PICTURE
    with database.write() as tx:
        assert vault.destroy_probes(tx, ["review-1", "review-3"]) == 1
        assert vault.destroy_probes(tx, []) == 0
    assert vault.probe(database, KEYS, "review-1") is None
    assert [row["review"] for row in database.rows(select(REVIEW_PROBES))] == ["review-2"]


def test_some_face_with_a_picture_is_found_from_anywhere(database):
    assert vault.some_pictured(database, 1, 5) is None
    keep(database, 1, n3=PICTURE, n9=PICTURE)
    assert [vault.some_pictured(database, 1, after) for after in (0, 3, 8, 9, 100)] == [3, 9, 9, 3, 3]


def test_the_vaults_key_is_made_once_for_its_owner_only(tmp_path):
    turns = itertools.count()
    made = [vault.vault_key(tmp_path / "keys", lambda size: bytes([next(turns)]) * size) for _ in range(2)]
    assert made == [bytes(32), bytes(32)]
    assert stat.S_IMODE((tmp_path / "keys" / "vault.key").stat().st_mode) == 0o600


def test_a_vaults_key_of_another_length_is_refused(tmp_path):
    (tmp_path / "vault.key").write_bytes(b"short")
    with pytest.raises(SettingsWrong, match="restore it from backup"):
        vault.vault_key(tmp_path, os.urandom)

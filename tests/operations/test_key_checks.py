"""A database stays with the keys that it was begun with: on SQLite and PostgreSQL, over one folder and several."""

import shutil
from contextlib import closing
from dataclasses import replace

import pytest
from sqlalchemy import delete
from tests import postgresql

from recognizance import app
from recognizance.database import file_url, open_database
from recognizance.database.tables import KEY_CHECKS
from recognizance.errors import SettingsWrong

FILES = ["ledger.key", "vault.key"]


@pytest.fixture
def begun(given):
    with app.build(given):
        pass
    return given


def starts(given):
    with app.build(given):
        return True


def test_the_same_keys_are_taken_again(begun):
    assert starts(begun)


@pytest.mark.parametrize("name", FILES)
def test_another_key_is_refused_and_named(begun, name):
    path = begun.data / "keys" / name
    path.write_bytes(bytes(32))
    with pytest.raises(SettingsWrong, match=f"{name} is not the key that this database was begun with"):
        starts(begun)


@pytest.mark.parametrize("name", FILES)
def test_a_key_that_is_missing_is_told_and_none_is_made(begun, name):
    path = begun.data / "keys" / name
    kept = path.rename(path.with_suffix(".away"))
    with pytest.raises(SettingsWrong, match=f"{name} is missing"):
        starts(begun)
    assert not path.exists()
    kept.rename(path)
    assert starts(begun)


def test_a_key_that_is_lost_for_good_is_given_up_in_the_database(begun):
    (begun.data / "keys" / "vault.key").unlink()
    with closing(open_database(file_url(begun.database_file))) as database, database.write() as tx:
        tx.run(delete(KEY_CHECKS).where(KEY_CHECKS.c.name == "vault.key"))
    assert starts(begun)
    (begun.data / "keys" / "vault.key").write_bytes(bytes(32))
    with pytest.raises(SettingsWrong):
        starts(begun)


def test_a_second_server_over_one_database_needs_the_same_keys(given, tmp_path):
    with postgresql.server().database() as url:
        one = replace(given, database=url)
        assert starts(one)
        other = replace(one, data=tmp_path / "other")
        with pytest.raises(SettingsWrong, match=r"ledger\.key is missing"):
            starts(other)
        (other.data / "keys").mkdir(parents=True, exist_ok=True)
        for name in FILES:
            (other.data / "keys" / name).write_bytes(bytes(32))
        with pytest.raises(SettingsWrong, match="is not the key"):
            starts(other)
        shutil.copytree(one.data / "keys", other.data / "keys", dirs_exist_ok=True)
        assert starts(other)

import os
import stat
from pathlib import Path

import pytest

from recognizance import private
from recognizance.errors import SettingsWrong


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture(autouse=True)
def usual_umask():
    before = os.umask(0o022)
    yield
    os.umask(before)


def test_a_folder_is_for_its_owner_only(tmp_path):
    private.folder(tmp_path / "a" / "b")
    assert mode(tmp_path / "a" / "b") == 0o700


def test_a_folder_that_is_there_is_left_as_it_is(tmp_path):
    (tmp_path / "a").mkdir(mode=0o755)
    private.folder(tmp_path / "a")
    assert mode(tmp_path / "a") == 0o755


@pytest.mark.parametrize("name", ["file", "file/below"])
def test_a_file_in_the_way_is_named(tmp_path, name):
    (tmp_path / "file").write_text("")
    with pytest.raises(SettingsWrong, match="should be a folder"):
        private.folder(tmp_path / name)


def test_what_is_kept_is_made_once(tmp_path):
    assert private.keep(tmp_path / "k", lambda: b"first") == b"first"
    assert private.keep(tmp_path / "k", lambda: b"second") == b"first"
    assert mode(tmp_path / "k") == 0o600


def test_a_kept_file_that_others_could_read_is_closed_to_them(tmp_path):
    (tmp_path / "k").write_bytes(b"x")
    (tmp_path / "k").chmod(0o644)
    private.keep(tmp_path / "k", lambda: b"y")
    assert mode(tmp_path / "k") == 0o600


def test_who_comes_second_takes_what_the_first_has_made(tmp_path):
    def make():
        (tmp_path / "k").write_bytes(b"theirs")
        return b"ours"

    assert private.keep(tmp_path / "k", make) == b"theirs"


def test_nothing_is_left_of_a_draft(tmp_path):
    def fail():
        raise RuntimeError("no")

    with pytest.raises(RuntimeError):
        private.keep(tmp_path / "k", fail)
    assert list(tmp_path.iterdir()) == []

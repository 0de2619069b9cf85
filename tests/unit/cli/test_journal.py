"""The journal of an import, without an import."""

import sqlite3
from contextlib import closing
from itertools import count

import pytest

from recognizance.cli.failures import Failed
from recognizance.cli.journal import Outcome, opened

DONE = Outcome("enrolled", 2, 1, 3, {"LOW_SHARPNESS": 3}, ("a", "b", "c"))


@pytest.fixture
def journal(tmp_path):
    """What opens the journal of a job; complaints go to `said`."""
    numbers, said = count(), []

    def open_(job="a job"):
        return opened(tmp_path, job, lambda: f"id {next(numbers)}", said.append)

    open_.said = said
    return open_


def test_what_was_written_is_there_in_the_next_run(journal):
    with journal() as first:
        assert first.find(first.key("a.jpg", 1)) is None
        first.write(first.key("a.jpg", 1), DONE)
    with journal() as second:
        found = second.find(second.key("a.jpg", 1))
        assert found == Outcome("enrolled", 2, 1, 3, {"LOW_SHARPNESS": 3}, ("a", "b", "c"), earlier=True)
        assert second.find(second.key("a.jpg", 2)) is None
        assert second.enrolled() == 2


def test_jobs_know_nothing_of_each_other(journal):
    with journal("one") as one:
        one.write(one.key("a"), DONE)
    with journal("two") as two:
        assert two.find(two.key("a")) is None
        two.forget()
    with journal("one") as one:
        assert one.find(one.key("a")) is not None
        one.forget()
        assert one.find(one.key("a")) is None


def test_two_data_folders_give_one_picture_two_digests(journal, tmp_path):
    with journal() as here, opened(tmp_path / "other", "a job", lambda: "another id", print) as there:
        assert here.key("a") != there.key("a")


def test_two_runs_may_write_at_once(journal):
    with journal() as one, journal() as other:
        one.write(one.key("a"), DONE)
        other.write(other.key("b"), DONE)
        assert one.find(one.key("b")) == other.find(other.key("b"))


def test_a_killed_writer_leaves_what_it_wrote(journal, tmp_path):
    with journal() as running:
        running.write(running.key("a"), DONE)
        # as after kill -9: nothing was closed, and another process opens the file and the log beside it
        with journal() as other:
            assert other.find(other.key("a")) is not None


@pytest.mark.parametrize("content", [b"no database at all" * 500, b"SQLite format 3\0" + bytes(5000)])
def test_a_damaged_journal_is_begun_anew_and_this_is_said(journal, tmp_path, content):
    with journal():
        pass
    (tmp_path / "imports" / "journal.db").write_bytes(content)
    with journal() as anew:
        anew.write(anew.key("a"), DONE)
        assert anew.find(anew.key("a")) is not None
    assert "is damaged" in journal.said[0]


def test_a_journal_of_a_newer_version_is_left_as_it_is(journal, tmp_path):
    with journal() as kept:
        kept.write(kept.key("a"), DONE)
    with closing(sqlite3.connect(tmp_path / "imports" / "journal.db")) as file:
        file.execute("PRAGMA user_version=9")
    with pytest.raises(Failed, match="newer version"), journal():
        pass


def test_a_journal_that_cannot_be_written_is_told(journal, tmp_path):
    with journal() as kept:
        key = kept.key("a")
        with closing(sqlite3.connect(tmp_path / "imports" / "journal.db")) as file, file:
            file.execute("DROP TABLE done")
        with pytest.raises(Failed, match="the journal of the import cannot be read or written"):
            kept.write(key, DONE)

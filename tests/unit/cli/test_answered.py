"""What an endpoint has answered an audit so far: kept through a kill, for a day, and for one process."""

from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta

import pytest

from recognizance.cli import answered
from recognizance.cli.failures import Failed

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


class Killed(BaseException):
    """Stands for whatever ends a process."""


@contextmanager
def killed(data, now=NOW):
    """Give the answers of a process that ends before its audit does."""
    with suppress(Killed), answered.opened(data, "job", now) as answers:
        yield answers
        raise Killed


def stopped(data):
    """Keep two answers and a collection, and end."""
    with killed(data) as answers:
        answers.made("audit-1", "6.0")
        answers.put("indexed", "0", answer=[1])
        answers.put("searched", "aa", answer=[1, [[0, 91.5]]])


def test_what_was_answered_is_known_to_the_next_run_and_gone_after_it(tmp_path):
    stopped(tmp_path)
    with answered.opened(tmp_path, "job", NOW + timedelta(hours=23)) as answers:
        assert (len(answers), answers.collection, answers.version) == (2, "audit-1", "6.0")
        assert answers.get("searched", "aa") == [1, [[0, 91.5]]]
        assert answers.get("searched", "bb") is None
    with answered.opened(tmp_path, "job", NOW) as answers:
        assert (len(answers), answers.collection) == (0, "")


def test_after_a_day_only_the_collection_that_is_to_be_deleted_is_known(tmp_path):
    stopped(tmp_path)
    for now in (NOW + timedelta(hours=25), NOW - timedelta(hours=1)):
        with killed(tmp_path, now) as answers:
            assert (len(answers), answers.collection, answers.version) == (0, "audit-1", "")


def test_a_line_that_was_cut_off_and_what_follows_is_asked_again(tmp_path):
    stopped(tmp_path)
    (file,) = (tmp_path / "audit" / "live").glob("*.jsonl")
    whole = file.read_text()
    file.write_text(whole[:-5])
    with killed(tmp_path, NOW) as answers:
        assert (len(answers), answers.collection) == (1, "audit-1")
    for broken in ("", "no", '{"begun": 3}', '{"begun": "2026-11-23"}'):
        file.write_text(broken)
        with killed(tmp_path, NOW) as answers:
            assert len(answers) == 0


def test_what_is_forgotten_stays_so(tmp_path):
    with killed(tmp_path, NOW) as answers:
        answers.put("indexed", "0", answer=[1])
        answers.put("searched", "aa", answer=[1])
        answers.forget("indexed")
    with answered.opened(tmp_path, "job", NOW) as answers:
        assert answers.get("indexed", "0") is None
        assert answers.get("searched", "aa") == [1]


def test_one_process_at_a_time_makes_an_audit(tmp_path):
    with answered.opened(tmp_path, "job", NOW):
        with pytest.raises(Failed, match="by another process"), answered.opened(tmp_path, "job", NOW):
            pass
        with answered.opened(tmp_path, "another", NOW):
            pass


def test_it_is_for_its_owner_only(tmp_path):
    stopped(tmp_path)
    for path in (tmp_path / "audit" / "live").iterdir():
        assert path.stat().st_mode & 0o077 == 0


def test_another_gallery_threshold_or_endpoint_is_another_job():
    names = {
        answered.job(["http://a", ""], ["1", "2"], ["60"]),
        answered.job(["http://b", ""], ["1", "2"], ["60"]),
        answered.job(["http://a", ""], ["2", "1"], ["60"]),
        answered.job(["http://a", ""], ["1", "2"], ["50"]),
        answered.job(["http://a", ""], [], ["1", "2", "60"]),
    }
    assert len(names) == 5

"""`recognizance bench search`: the measurement itself on a few rows, and what is shown of it."""

import json

import pytest
from typer.testing import CliRunner

from recognizance import app
from recognizance.cli import Made, command_line


@pytest.fixture
def bench(monkeypatch, tmp_path):
    monkeypatch.delenv("FORCE_COLOR", raising=False)

    def run(*words, search_speed=app.search_speed):
        made = Made(
            open_service=lambda *_: None,
            serve=lambda *_: None,
            environment={},
            new_id=app.new_uuid,
            now=app.utc_now,
            search_speed=search_speed,
        )
        return CliRunner().invoke(command_line(made), ["bench", "search", "--folder", str(tmp_path), *map(str, words)])

    return run


SMALL = ("--faces", 300, "--dim", 16, "--queries", 4, "--checked", 6, "--threads", 1)


def test_a_table_has_the_engines_their_times_and_what_was_checked(bench):
    ran = bench(*SMALL)
    assert (ran.exit_code, ran.exception) == (0, None)
    assert ran.stdout.splitlines()[0] == "300 faces of 16 dimensions, the 10 nearest:"
    engines = ["recognizance, exact", "faiss.IndexFlatIP", "usearch exact", "reading the index once"]
    assert all(engine in ran.stdout for engine in engines)
    assert "Same answers as brute force in float64: 6 of 6 searches." in ran.stdout
    assert "comparing 6 answers with brute force in float64" in ran.stderr


def test_json_has_all_figures(bench):
    said = json.loads(bench(*SMALL, "--json").stdout)
    assert (said["faces"], said["dimensions"], said["checked"]["equal"]) == (300, 16, 6)
    assert [run["threads"] for run in said["runs"]] == [1]


def test_threads_may_be_several(bench):
    said = json.loads(bench(*SMALL, "--threads", 2, "--json").stdout)
    assert [run["threads"] for run in said["runs"]] == [1, 2]


def test_nothing_is_left_in_the_folder(bench, tmp_path):
    bench(*SMALL)
    assert list(tmp_path.iterdir()) == []


def test_a_wrong_answer_is_a_failure(bench):
    def wrong(**plan):
        found = app.search_speed(**plan)
        found["checked"]["equal"] -= 1
        return found

    ran = bench(*SMALL, search_speed=wrong)
    assert ran.exit_code == 1
    assert "a mistake of ours" in ran.stderr


def test_a_full_disk_is_told_before_anything_is_made(bench):
    ran = bench("--faces", 10**12, "--dim", 512)
    assert ran.exit_code == 1
    assert "GB are needed" in ran.stderr


def test_a_folder_that_is_not_there_is_told(bench, tmp_path):
    ran = bench("--folder", tmp_path / "gone")
    assert ran.exit_code == 2
    assert "should be a folder that is there" in ran.stderr

"""`recognizance audit findings` and `close`, on a real service and its own database."""

import json
from contextlib import contextmanager
from datetime import timedelta
from hashlib import sha256

import pytest
from tests.cli.conftest import Ran
from typer.testing import CliRunner

from recognizance import app, cli

DIGEST, LATER = (sha256(text).hexdigest() for text in (b"first", b"later"))
FOUND = [
    {"Kind": "false matches above the curve", "Said": "28 of 535 at 80, where 3 to 9 were predicted."},
    {"Kind": "worse for a group", "Group": "gender = woman", "Said": "3.1 times as often as men."},
]


@pytest.fixture
def late():
    """By how much this command line's clock is ahead."""
    return [timedelta(0)]


@pytest.fixture
def run(given, parts, monkeypatch, tmp_path, late):
    """What runs the command line beside a server that is up."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    monkeypatch.setenv("COLUMNS", "200")

    def now():
        return app.utc_now() + late[0]

    def command(*words, code=0):
        made = cli.Made(
            open_service=lambda settings: _ahead(settings, now),
            serve=app.serve,
            load_policy=app.load_policy,
            environment={
                "RECOGNIZANCE_DATA": str(given.data),
                "RECOGNIZANCE_DEVICE": "cpu",
                "RECOGNIZANCE_DETECTOR": "tiny-yunet",
                "RECOGNIZANCE_EMBEDDER": "tiny-face",
                "RECOGNIZANCE_CARDS": str(given.cards),
                "RECOGNIZANCE_MODELS": str(given.models),
            },
            new_id=app.new_uuid,
            now=now,
        )
        result = CliRunner().invoke(cli.command_line(made), list(words))
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        ran = Ran(result.exit_code, result.stdout, result.stderr)
        assert ran.code == code, ran
        return ran

    return command


@contextmanager
def _ahead(settings, now):
    with app.build(settings, now=now) as parts:
        yield parts.service


@pytest.fixture
def recorded(house):
    answer = house.record_audit(Protocol="replay", Digest=DIGEST, Summary="28 of 535 at 80.", Findings=FOUND)
    return [one["FindingId"] for one in answer["Findings"]]


def test_findings_are_listed_with_the_days_that_are_left(run, recorded):
    told = run("audit", "findings").out
    assert "89 days left" in told or "90 days left" in told
    for one in (*recorded, "28 of 535 at 80", "gender = woman", "everybody", "replay"):
        assert one in told
    assert [one["FindingId"] for one in json.loads(run("audit", "findings", "--json").out)["Findings"]] == recorded


def test_nothing_is_said_plainly(run, house):
    house.list_audits()
    assert run("audit", "findings").out == "No findings are open.\n"
    assert run("audit", "findings", "--overdue").out == "No findings are overdue.\n"
    assert run("audit", "findings", "--all").out == "No findings.\n"


def test_what_nobody_answered_for_in_90_days_is_overdue(run, recorded, late):
    assert run("audit", "findings", "--overdue").out == "No findings are overdue.\n"
    late[0] = timedelta(days=93)
    told = run("audit", "findings", "--overdue").out
    assert "overdue" in told
    assert "(3 days ago)" in told
    assert run("audit", "close", recorded[0], "--note", "Put right.").out == f"{recorded[0]} is closed, late.\n"


def test_a_finding_is_closed_with_a_note_and_the_later_audit(run, recorded, house):
    house.record_audit(Protocol="replay", Digest=LATER, Summary="0 of 535 at 95.")
    told = run("audit", "close", recorded[0], "--note", "The floor is 95 now.", "--digest", LATER.upper())
    assert told.out == f"{recorded[0]} is closed.\n"
    assert recorded[0] not in run("audit", "findings").out
    told = run("audit", "findings", "--all").out
    assert "The floor is 95 now." in told
    assert json.loads(run("audit", "findings", "--all", "--json").out)["Findings"][0]["ShownBy"] == LATER


def test_what_cannot_be_closed_is_told_in_a_sentence(run, recorded):
    assert "does not exist" in run("audit", "close", "none", "--note", "x", code=1).err
    assert (
        "--digest should be the SHA-256"
        in run("audit", "close", recorded[0], "--note", "x", "--digest", "ab", code=2).err
    )
    assert "was recorded here" in run("audit", "close", recorded[0], "--note", "x", "--digest", LATER, code=2).err
    run("audit", "close", recorded[0], "--note", "x")
    assert "that is final" in run("audit", "close", recorded[0], "--note", "x", code=1).err
    assert "give one of" in run("audit", "findings", "--open", "--all", code=2).err


def test_where_nothing_is_kept_nothing_is_made(run, tmp_path):
    told = run("audit", "findings", "--data", str(tmp_path / "elsewhere"), code=1)
    assert "nothing is kept in" in told.err
    assert not (tmp_path / "elsewhere").exists()

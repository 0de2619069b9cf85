"""`recognizance audit page`: a page made again from a report."""

import json
import os

import pytest
from tests.cli.auditing import run_with
from tests.unit.evaluation.test_told_replay import SOME

from recognizance.evaluation import audit
from recognizance.evaluation.pages.page import html
from recognizance.evaluation.pages.told.replay import page


@pytest.fixture
def report(tmp_path):
    path = tmp_path / "replay.json"
    path.write_text(audit.written(SOME))
    return path


def test_a_page_is_made_again_from_its_report_to_the_last_byte(given, report, tmp_path):
    out = tmp_path / "again.html"
    ran = run_with(given, "audit", "page", str(report), "--html", str(out))
    assert ran.err == ""
    assert out.read_text() == html(page(SOME), SOME)
    assert out.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (b"", "is no report of an audit: it is no JSON"),
        (b"\xff\xfe", "it is no UTF-8 text"),
        (b"{}", "it should have 'schema'"),
        (
            json.dumps({**SOME, "schema": "recognizance audit replay 2"}).encode(),
            "this version makes no page of the form",
        ),
        (json.dumps({**SOME, "protocol": "../../etc"}).encode(), "this version makes no page of the form"),
        (json.dumps({**SOME, "result": {"thresholds": []}}).encode(), "its result is not what"),
        (json.dumps({**SOME, "made": {**SOME["made"], "seed": "7"}}).encode(), "made.seed should be a whole number"),
    ],
)
def test_what_is_no_report_is_refused_in_a_sentence(given, tmp_path, text, why):
    (tmp_path / "a.json").write_bytes(text)
    ran = run_with(given, "audit", "page", str(tmp_path / "a.json"), "--html", str(tmp_path / "a.html"), code=2)
    assert why in ran.err
    assert len(ran.err.splitlines()) == 1
    assert not (tmp_path / "a.html").exists()


def test_a_report_that_is_a_pipe_or_a_device_is_refused(given, tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", "/dev/zero"):
        ran = run_with(given, "audit", "page", str(path), "--html", str(tmp_path / "a.html"), code=1)
        assert "it should be a regular file" in ran.err


def test_a_page_is_not_written_over_its_report_nor_to_a_folder(given, report, tmp_path):
    for out, why in (
        (report, "another file than the report"),
        (tmp_path, "should be a file"),
        (tmp_path / "x" / "y", "in a folder"),
    ):
        ran = run_with(given, "audit", "page", str(report), "--html", str(out), code=2)
        assert why in ran.err
    assert json.loads(report.read_text()) == SOME


def test_a_report_that_is_not_there_is_said(given, tmp_path):
    ran = run_with(given, "audit", "page", str(tmp_path / "no.json"), "--html", str(tmp_path / "a.html"), code=1)
    assert "there is no such file" in ran.err

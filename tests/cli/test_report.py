"""`recognizance report` and `disclose`: from the server, and the same from an exported ledger."""

import json
import stat
from datetime import UTC, datetime, timedelta

import pytest
from tests.cli.test_ledger_proofs import SAID, machine, public, searched, used
from tests.unit.accountability.test_reports import DISCLOSURE, REPORT, Page

from recognizance.accountability import notes, reports

__all__ = ["machine", "public", "used"]  # fixtures
NOW = datetime.now(UTC)
DAYS = ("--from", f"{NOW - timedelta(days=1):%Y-%m-%d}", "--to", f"{NOW + timedelta(days=1):%Y-%m-%d}")
CASE = ("--case", SAID.case)


def exported(machine):
    """Export the ledger, and return what reads it as it was then."""
    told = json.loads(machine("ledger", "export", "--out", "all.ledger", "--statements", "--json").out)
    return ("--ledger", "all.ledger", "--key", told["VerifierKey"]), ("--upto", told["Size"])


def test_a_report_from_an_export_is_the_server_s_to_the_last_byte(machine):
    file, upto = exported(machine)
    told = machine("report", *DAYS, *upto, "--json")
    REPORT.validate(json.loads(told.out))
    assert machine("report", *DAYS, *file, "--json").out == told.out
    shown = machine("report", *DAYS, *upto, "--public", "--json").out
    assert machine("report", *DAYS, *file, "--public", "--json").out == shown
    assert json.loads(shown)["Public"]


def test_a_report_from_a_later_part_of_the_ledger_is_refused_where_it_cannot_be_the_same(machine):
    exported(machine)
    machine("ledger", "export", "--out", "late.ledger", "--after", 2, "--statements")
    ran = machine("report", *DAYS, "--ledger", "late.ledger")
    assert (ran.code, "begin with number 3" in ran.err) == (2, True)
    ran = machine("disclose", *CASE, "--ledger", "late.ledger")
    assert (ran.code, "a disclosure needs all entries" in ran.err) == (2, True)


def test_a_disclosure_from_an_export_is_the_server_s_to_the_last_byte(machine):
    file, upto = exported(machine)
    told = machine("disclose", *CASE, *upto, "--json").out
    disclosed = json.loads(told)
    DISCLOSURE.validate(disclosed)
    assert machine("disclose", *CASE, *file, "--digest", disclosed["CaseDigest"], "--json").out == told
    assert [one["Operation"] for one in disclosed["Uses"]][-1] == "SearchFacesByImage"


def test_a_report_needs_a_ledger_that_verifies(machine, tmp_path):
    file, _ = exported(machine)
    path = tmp_path / "all.ledger"
    path.write_bytes(path.read_bytes().replace(b"IndexFaces", b"IndexFares"))
    ran = machine("report", *DAYS, *file)
    assert (ran.code, ran.out) == (1, "")
    assert "all.ledger does not verify: Entry" in ran.err


def test_a_report_by_another_s_key_is_refused_and_without_one_says_so(machine):
    file, _ = exported(machine)
    other = str(notes.Signer(file[3].split("+")[0], b"7" * 32).verifier)
    assert machine("report", *DAYS, *file[:3], other).code == 1
    ran = machine("report", *DAYS, *file[:2])
    assert (ran.code, "Nothing is proved about who signed" in ran.err) == (0, True)


def test_a_report_needs_what_was_stated(machine):
    machine("ledger", "export", "--out", "bare.ledger")
    ran = machine("report", *DAYS, "--ledger", "bare.ledger")
    assert (ran.code, "ledger export --statements" in ran.err) == (2, True)


def test_a_report_up_to_entries_that_are_not_there_is_refused(machine):
    file, (_, size) = exported(machine)
    assert machine("report", *DAYS, *file, "--upto", size + 1).code == 2
    assert machine("report", *DAYS, "--upto", 10_000).code == 2


def test_a_report_is_told_in_words(machine):
    told = machine("report", *DAYS).out
    assert told.startswith("Transparency report, ")
    assert "Searches in all: 1. Matches given out: 1." in told
    assert "No search in this record identifies anybody." in told
    assert "missing person" in told
    told = machine("report", *DAYS, "--public").out
    assert "missing person" not in told
    assert "<5" in told


def test_a_disclosure_is_told_in_words(machine):
    told = machine("disclose", *CASE).out
    assert told.startswith("Disclosure of the case 2026-17")
    assert "photo; source: a friend; edits: cropped" in told
    assert "It is no probability" in told
    assert "Every use" in machine("disclose", "--case", "no such case").out


def test_html_is_one_file_for_its_owner_that_is_never_written_over(machine, tmp_path):
    for words in (("report", *DAYS), ("disclose", *CASE)):
        path = tmp_path / f"{words[0]}.html"
        assert machine(*words, "--html", path).out == f"Written: {path}\n"
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        page = Page(path.read_text(encoding="utf-8"))
        assert "script" not in page.tags
        assert any("No search in this record identifies anybody" in one for one in page.said)
        again = machine(*words, "--html", path)
        assert (again.code, "there is already a file of that name" in again.err) == (1, True)


def test_days_that_are_none_and_folders_without_a_ledger_are_told(machine, tmp_path):
    assert machine("report", "--from", "yesterday", "--to", "2026-12-31").code == 2
    ran = machine("report", *DAYS, "--data", tmp_path / "mistyped")
    assert (ran.code, (tmp_path / "mistyped").exists()) == (1, False)


def test_what_a_case_holds_does_not_speak_to_the_terminal(machine):
    told = machine("disclose", "--case", "\x1b[31mred\u202e").out
    assert "\x1b" not in told
    assert "\u202e" not in told


@pytest.mark.parametrize("public", [False, True])
def test_json_is_the_one_text_there_is(machine, public):
    told = machine("report", *DAYS, "--json", *(["--public"] if public else [])).out
    assert told == reports.text_of(json.loads(told)) + "\n"


def test_a_search_asked_again_is_counted_again(machine):
    searched(machine, 3)
    assert json.loads(machine("disclose", *CASE, "--json").out)["Counts"]["Repeated"] == 3

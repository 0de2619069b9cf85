"""`recognizance ledger list`."""

import json
from datetime import UTC, datetime

from recognizance.app import open_service
from recognizance.cli.ledger import COLUMNS, _narrow
from recognizance.cli.made import has_ledger
from recognizance.settings import read

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def entry(number, **facts):
    return {
        "Sequence": number, "At": NOON, "RequestId": "r", "AccessKey": "AKIA1", "Operation": "DetectFaces",
        "Act": "look", "Purpose": None, "Case": None, "Verdict": "allow", "Rule": "open", "Outcome": "answered",
        "Facts": facts,
    }  # fmt: skip


def test_entries_are_listed_with_who_what_and_when(shell):
    shell.service.entries = [entry(1, faces="2")]
    row = shell("ledger", "list").out.splitlines()[1]
    assert row.split() == ["1", "2026-11-23", "12:00:00", "AKIA1", "DetectFaces", "answered", "-", "-", "faces=2"]


def test_where_more_follow_the_way_on_is_told(shell):
    shell.service.entries = [entry(number) for number in range(1, 6)]
    assert shell("ledger", "list", "--limit", "2").out.splitlines()[-1] == "More: recognizance ledger list --after 2"
    assert shell("ledger", "list", "--after", "3").out.splitlines()[1].startswith("4")


def test_json_has_times_as_text(shell):
    shell.service.entries = [entry(1)]
    assert json.loads(shell("ledger", "list", "--json").out)["Entries"][0]["At"] == "2026-11-23T12:00:00+00:00"


def test_an_empty_ledger_says_so(shell):
    assert shell("ledger", "list").out == "No entries.\n"


def test_a_folder_without_a_ledger_is_told_and_not_made(shell, tmp_path):
    ran = shell("ledger", "list", "--data", "mistyped")
    assert (ran.code, shell.opened) == (1, [])
    assert "there is no ledger in mistyped; name the data folder with --data FOLDER" in ran.err
    assert not (tmp_path / "mistyped").exists()


def test_the_ledger_is_looked_for_where_the_service_keeps_it(tmp_path):
    settings = read({}, data=tmp_path / "data", attributes="off")
    assert not has_ledger(settings)
    with open_service(settings):
        assert has_ledger(settings)


def test_the_last_entries_are_found_however_many_there_are(shell):
    shell.service.entries = [entry(number) for number in range(1, 2503)]
    rows = shell("ledger", "list", "--last", "2").out.splitlines()[1:]
    assert [row.split()[0] for row in rows] == ["2501", "2502"]
    assert [name for name, *_ in shell.service.asked] == ["DescribeLedger", "ListLedgerEntries"]
    rows = shell("ledger", "list", "--last", "2400").out.splitlines()[1:]
    assert [int(row.split()[0]) for row in rows] == list(range(103, 2503))
    assert shell("ledger", "list", "--last", "9", "--after", "2500").out.splitlines()[1].startswith("2501")
    assert shell("ledger", "list", "--last", "2", "--limit", "3").code == 2


def test_the_way_on_names_the_data_folder_that_was_given(shell):
    shell.service.entries = [entry(1), entry(2)]
    told = shell("ledger", "list", "--limit", "1", "--data", "data").out.splitlines()[-1]
    assert told == "More: recognizance ledger list --data data --after 1"


def test_on_a_terminal_facts_take_two_lines_at_most():
    row = ["1", "2026-11-23 12:00:00", "AKIA1", "DetectFaces", "answered", "-", "-", " ".join(["fact=value"] * 40)]
    columns, (narrow,) = _narrow(COLUMNS, [row])
    assert columns == [name for name in COLUMNS if name not in ("purpose", "case")]  # nothing is in those
    assert narrow[:-1] == row[:5]
    assert len(narrow[-1]) <= 2 * 24
    assert narrow[-1].endswith(" …")

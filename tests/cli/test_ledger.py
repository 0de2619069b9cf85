"""`recognizance ledger list`."""

import json
from datetime import UTC, datetime

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

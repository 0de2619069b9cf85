"""Audits on record, and what they found: opened with a clock, and closed by somebody with a note."""

import json
from contextlib import nullcontext
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256

import pytest
from sqlalchemy import func, select
from tests import postgresql
from tests.client import in_process
from tests.operations.conftest import at_once, body, code, paged, refusal
from tests.operations.keyholders import holder

from recognizance import app
from recognizance.accountability import findings
from recognizance.database.tables import FINDINGS

DIGEST, LATER = (sha256(text).hexdigest() for text in (b"first", b"later"))
SUMMARY = "Of 535 probes, 28 were taken for someone else at 80."
FALSE = {"Kind": "false matches above the curve", "Said": "28 of 535 at 80, where 3 to 9 were predicted."}
WOMEN = {"Kind": "worse for a group", "Group": "gender = woman", "Said": "3.1 times as often as men (1.4 to 6.9)."}
AUDIT = {"Protocol": "replay", "Digest": DIGEST, "Summary": SUMMARY, "Findings": [FALSE, WOMEN]}
NOTE = "The threshold was put to 95 in the policy; see the audit of today."
NINETY = timedelta(days=90)


@pytest.fixture
def make(house, server):
    return lambda *roles, **more: holder(server, house.create_key(Name="a key", Roles=list(roles), **more))


def record(house, **changed):
    return body(house.record_audit(**AUDIT | changed))


def entries(house, operation):
    return [one for one in house.list_ledger_entries()["Entries"] if one["Operation"] == operation]


def states(house, **how):
    return [one["State"] for one in house.list_findings(**how)["Findings"]]


def test_an_audit_opens_its_findings_with_a_clock_of_90_days(house, time):
    made = record(house)
    assert not made["Again"]
    first, second = house.list_findings()["Findings"]
    assert [one["DueAt"] - one["OpenedAt"] for one in (first, second)] == [NINETY] * 2
    assert first["OpenedAt"] - time() < timedelta(seconds=5)
    assert (first["Kind"], first["Group"], first["Said"]) == (FALSE["Kind"], "", FALSE["Said"])
    assert second["Group"] == WOMEN["Group"]
    assert {one["State"] for one in (first, second)} == {"open"}
    assert {one["FindingId"] for one in (first, second)} == {one["FindingId"] for one in made["Findings"]}
    (audit,) = house.list_audits()["Audits"]
    assert (audit["AuditId"], audit["Digest"], audit["Summary"]) == (made["AuditId"], DIGEST, SUMMARY)
    assert (audit["Protocol"], audit["Findings"], audit["RecordedAt"]) == ("replay", 2, first["OpenedAt"])


def test_the_clock_is_the_one_of_two_states_laws():
    assert findings.CLOCK == NINETY


def test_the_entry_that_has_an_audit_is_the_one_it_says(house):
    house.list_audits()
    made = record(house)
    (entry,) = [one for one in entries(house, "RecordAudit") if one["Sequence"] == made["LedgerEntry"]]
    assert entry["Facts"]["report"] == DIGEST
    assert entry["Facts"]["audit"] == made["AuditId"]
    assert house.list_audits()["Audits"][0]["LedgerEntry"] == entry["Sequence"]


def test_the_record_holds_neither_the_summary_nor_what_was_found_nor_the_note(house):
    made = record(house)
    house.close_finding(FindingId=made["Findings"][0]["FindingId"], Note=NOTE)
    told = str(house.list_ledger_entries()["Entries"])
    for text in (SUMMARY, FALSE["Said"], FALSE["Kind"], WOMEN["Group"], NOTE):
        assert text not in told
    assert DIGEST in told


def test_the_same_report_recorded_again_opens_nothing(house, time):
    first = record(house)
    time.passes(days=10)
    second = record(house, Summary="Said otherwise.")
    assert second["Again"]
    assert {**second, "Again": False} == first
    assert len(house.list_findings()["Findings"]) == 2
    assert house.list_audits()["Audits"][0]["Summary"] == SUMMARY
    assert [one["Facts"]["again"] for one in entries(house, "RecordAudit")] == ["false", "true"]


def test_one_report_does_not_find_two_things(house):
    record(house)
    for changed in ({"Findings": [FALSE]}, {"Findings": []}, {"Findings": [WOMEN, FALSE]}, {"Protocol": "live"}):
        assert code(house.record_audit, **AUDIT | changed) == "ConflictException"
    assert len(house.list_findings()["Findings"]) == 2


def test_an_audit_that_found_nothing_is_on_record_too(house):
    made = record(house, Findings=[])
    assert made["Findings"] == []
    request = {name: one for name, one in AUDIT.items() if name != "Findings"}
    assert body(house.record_audit(**request))["Again"]
    assert house.list_findings()["Findings"] == []
    assert house.list_audits()["Audits"][0]["Findings"] == 0


def test_what_makes_no_sense_is_refused_with_what_would(house):
    for changed in (
        {"Summary": "  "},
        {"Summary": "two\nlines"},
        {"Findings": [FALSE | {"Kind": " "}]},
        {"Findings": [FALSE | {"Said": "\x1b[2J"}]},
        {"Findings": [FALSE | {"Group": "a\u202eb"}]},
    ):
        assert code(house.record_audit, **AUDIT | changed) == "InvalidParameterException"
    for changed in (
        {"Digest": DIGEST.upper()},
        {"Digest": DIGEST[:-1] + "g"},
        {"Protocol": "Replay 1"},
        {"Findings": [FALSE] * 101},
        {"Summary": "x" * 1001},
    ):
        assert code(house.record_audit, **AUDIT | changed) == "ValidationException"
    assert house.list_audits()["Audits"] == []


def test_a_finding_is_overdue_from_the_90th_day_on(house, time):
    record(house)
    time.passes(days=90, minutes=-1)
    assert states(house, State="overdue") == []
    time.passes(minutes=2)
    told = house.list_findings(State="overdue")
    assert [one["State"] for one in told["Findings"]] == ["overdue", "overdue"]
    assert (told["Open"], told["Overdue"]) == (2, 2)
    assert states(house, State="open") == ["overdue", "overdue"]
    assert states(house, State="closed") == []


def test_a_clock_set_back_puts_nothing_off(house, time):
    record(house)
    time.passes(days=90, minutes=1)
    assert states(house) == ["overdue", "overdue"]
    time.passes(days=-30)
    assert states(house) == ["overdue", "overdue"]


def test_a_finding_is_closed_with_a_note_by_whoever_the_record_names(house, make, time):
    name = record(house)["Findings"][0]["FindingId"]
    time.passes(days=91)
    governor = make("governor", Person="Judith Hale")
    closed = governor("CloseFinding", FindingId=name, Note=NOTE)["Finding"]
    assert (closed["State"], closed["Note"], closed["ClosedBy"]) == ("closed", NOTE, governor.access_key)
    assert "ShownBy" not in closed

    (entry,) = entries(house, "CloseFinding")
    facts = entry["Facts"]
    assert entry["AccessKey"] == governor.access_key
    assert (facts["finding"], facts["late"], facts["days"]) == (name, "true", "91")
    assert (facts["findings_open"], facts["findings_overdue"]) == ("1", "1")
    assert states(house) == ["closed", "overdue"]


def test_a_later_audit_may_show_that_a_finding_is_answered(house):
    made = record(house)
    first, second = (one["FindingId"] for one in made["Findings"])
    told = refusal(house.close_finding, FindingId=first, Note=NOTE, Digest=LATER)
    assert told[0] == "InvalidParameterException"
    assert "was recorded here" in told[1]
    told = refusal(house.close_finding, FindingId=first, Note=NOTE, Digest=DIGEST)
    assert told == (
        "InvalidParameterException",
        "Digest should be that of an audit that was recorded after the one with the finding.",
    )
    record(house, Digest=LATER, Findings=[])
    assert house.close_finding(FindingId=first, Note=NOTE, Digest=LATER)["Finding"]["ShownBy"] == LATER
    assert states(house) == ["closed", "open"]
    assert house.list_findings(State="open")["Findings"][0]["FindingId"] == second


def test_no_finding_is_closed_twice_or_without_a_note_or_that_is_not_there(house):
    name = record(house)["Findings"][0]["FindingId"]
    assert code(house.close_finding, FindingId=name, Note=" ") == "InvalidParameterException"
    house.close_finding(FindingId=name, Note=NOTE)
    told = refusal(house.close_finding, FindingId=name, Note="Once more.")
    assert told[0] == "ConflictException"
    assert "that is final" in told[1]
    assert code(house.close_finding, FindingId="none", Note=NOTE) == "ResourceNotFoundException"
    assert states(house) == ["closed", "open"]


def test_lists_go_on_page_by_page(house):
    for number in range(5):
        record(house, Digest=sha256(b"%d" % number).hexdigest())
    pages = paged(house.list_audits, MaxResults=2)
    assert [len(one["Audits"]) for one in pages] == [2, 2, 1]
    names = [one["AuditId"] for page in pages for one in page["Audits"]]
    found = [one for page in paged(house.list_findings, MaxResults=3) for one in page["Findings"]]
    assert [one["AuditId"] for one in found] == [name for name in names for _ in range(2)]
    assert len(house.list_findings(AuditId=names[3])["Findings"]) == 2
    assert house.list_audits(Protocol="gate")["Audits"] == []
    token = house.list_findings(MaxResults=3)["NextToken"]
    assert code(house.list_findings, State="open", NextToken=token) == "InvalidPaginationTokenException"


def test_an_account_knows_its_own_audits_only(house, client_of):
    name = record(house)["Findings"][0]["FindingId"]
    other = client_of(account="111111111111", service="recognizance")
    assert other.list_audits()["Audits"] == []
    told = other.list_findings()
    assert (told["Findings"], told["Open"]) == ([], 0)
    assert code(other.close_finding, FindingId=name, Note=NOTE) == "ResourceNotFoundException"
    assert not body(other.record_audit(**AUDIT))["Again"]


def test_an_auditor_records_and_a_governor_closes(house, make):
    auditor, governor, reader = make("auditor"), make("governor"), make("reader")
    name = auditor("RecordAudit", **AUDIT)["Findings"][0]["FindingId"]
    assert auditor.code("ListAudits") == auditor.code("ListFindings") == "answered"
    assert auditor.code("CloseFinding", FindingId=name, Note=NOTE) == "AccessDeniedException"
    assert governor.code("RecordAudit", **AUDIT) == "AccessDeniedException"
    assert governor.code("ListFindings") == "answered"
    assert [reader.code(one) for one in ("ListAudits", "ListFindings")] == ["AccessDeniedException"] * 2
    assert governor.code("CloseFinding", FindingId=name, Note=NOTE) == "answered"


def test_audits_and_findings_go_on_whatever_is_suspended(house):
    house.suspend(All=True, Why="everything stands still")
    name = record(house)["Findings"][0]["FindingId"]
    house.close_finding(FindingId=name, Note=NOTE)


def test_what_is_overdue_is_said_when_the_server_starts(house, parts, time):
    assert app.overdue(parts) is None
    made = record(house)
    time.passes(days=89)
    assert app.overdue(parts) is None
    time.passes(days=1, minutes=1)
    assert app.overdue(parts) == (
        "2 findings of audits are overdue: `recognizance audit findings --overdue` lists them"
    )
    house.close_finding(FindingId=made["Findings"][0]["FindingId"], Note=NOTE)
    assert app.overdue(parts) == ("1 finding of audits is overdue: `recognizance audit findings --overdue` lists them")


def test_a_report_of_use_counts_audits_and_what_became_of_their_findings(house, time):
    def told():
        text = house.report_use(From=f"{first:%Y-%m-%d}", To=f"{time():%Y-%m-%d}")["Report"]
        return json.loads(text)["Audits"]

    first = time()
    counts = {"Recorded": 0, "FindingsOpened": 0, "FindingsClosed": 0, "ClosedLate": 0, "Open": None, "Overdue": None}
    assert told() == counts
    made = record(house)
    record(house)
    assert told() == counts | {"Recorded": 1, "FindingsOpened": 2, "Open": 2, "Overdue": 0}
    time.passes(days=91)
    house.close_finding(FindingId=made["Findings"][0]["FindingId"], Note=NOTE)
    assert told() == {
        "Recorded": 1, "FindingsOpened": 2, "FindingsClosed": 1, "ClosedLate": 1, "Open": 1, "Overdue": 1,
    }  # fmt: skip


@pytest.fixture(params=["sqlite", "postgresql"])
def either(request, given, key, time):
    """The house operations, on a database of each kind."""
    with (
        nullcontext("") if request.param == "sqlite" else postgresql.server().database() as url,
        app.build(replace(given, database=url), now=time) as parts,
    ):
        server = app.endpoint(parts, key, given)
        client = in_process(server, service="recognizance", access_key=key.access_key_id, secret=key.secret)
        yield client, parts
        client.close()
        server.close()


def test_the_same_report_recorded_at_once_is_recorded_once_on_either_database(either):
    client, parts = either
    told = at_once(*[lambda: record(client)] * 4)
    assert sorted(one["Again"] for one in told) == [False, True, True, True]
    assert len({one["AuditId"] for one in told}) == 1
    assert parts.database.rows(select(func.count().label("number")).select_from(FINDINGS))[0]["number"] == 2
    first = min(one["Sequence"] for one in entries(client, "RecordAudit"))
    assert {one["LedgerEntry"] for one in told} == {first}


def test_a_finding_closed_at_once_is_closed_once_on_either_database(either, time):
    client, _ = either
    name = record(client)["Findings"][0]["FindingId"]
    time.passes(days=90, minutes=1)
    assert states(client, State="overdue") == ["overdue", "overdue"]
    told = at_once(*[lambda: client.close_finding(FindingId=name, Note=NOTE) and "closed"] * 3)
    assert sorted(told) == ["ConflictException", "ConflictException", "closed"]
    assert states(client, State="closed") == ["closed"]
    assert client.list_findings()["Overdue"] == 1

"""Transparency reports and disclosures, computed from made entries; `operations/test_reports.py` asks a server."""

import json
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from itertools import product
from pathlib import Path

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.forgeries import ledgers

from recognizance.accountability import disclosures, merkle, papers, reports, reports_told
from recognizance.accountability.disclosures import Asked
from recognizance.accountability.entries import canonical
from recognizance.accountability.ledger import statement_text
from recognizance.accountability.reports import FEW, WITHHELD
from recognizance.errors import InvalidParameter
from recognizance.values import Probe, Stated

DOCS = Path(__file__).parents[3] / "docs"
REPORT, DISCLOSURE = (
    jsonschema.Draft202012Validator(json.loads((DOCS / f"{name}.schema.json").read_text()))
    for name in ("report", "disclosure")
)
START = datetime(2026, 10, 1, 12, tzinfo=UTC)
QUARTER = ("2026-10-01", "2026-12-31")
HOSTILE = "<script>alert(1)</script>\"'&\u202e\x1b[31m\n"
DIGEST = ledgers.digest("anything")
WHERE = {"collection": DIGEST, "revision": 7, "root": "abc"}


class Book:
    """Makes a record: each call adds an entry, some time after the last one."""

    def __init__(self, start=START):
        self.at = start
        self.lines = []

    def __call__(self, operation, act, *, after=1, outcome="answered", said=None, **members):
        self.at += timedelta(minutes=after)
        facts = members.pop("facts", {})
        members = {"rule": "open/all", "policy": "open@0123456789ab", "floor": None, "verdict": "allow"} | members
        leaf = ledgers.leaf(
            len(self.lines) + 1,
            operation=operation,
            act=act,
            at=ledgers.time(self.at),
            outcome=outcome,
            facts=facts,
            stated=DIGEST if said else None,
            **members,
        )
        self.lines.append((leaf, None if said in (None, "erased") else statement_text(said)))
        return len(self.lines)

    def search(self, candidates=0, *, asked=80.0, threshold=99.0, gallery=1000, probe="p", **more):
        facts = WHERE | {
            "image_digest": ledgers.digest(probe),
            "detector": ledgers.digest("detector"),
            "embedder": ledgers.digest("embedder"),
            "threshold_asked": asked,
            "threshold": threshold,
            "gallery": gallery,
            "candidates": candidates,
            "matched": candidates,
            "matches": [],
            "expected_false": 0.25,
        }
        facts |= more.pop("facts", {})
        return self("SearchFacesByImage", "identify", facts=facts, **more)

    def held(self, candidates, review, **more):
        facts = {"review": review, "matched": 0, "candidates_reviewed": candidates, "withheld": 0, "unseen": 0}
        return self.search(candidates, outcome="held", verdict="hold", facts=facts, **more)

    def closed(self, review, outcome, confirmed, rejected, openings=("00 sdd x", "11 sdc x"), uncounted=0, **more):
        facts = {
            "review": review, "reviewer": DIGEST, "outcome": outcome, "seeded": False, "confirmed": confirmed,
            "rejected": rejected, "opened": list(openings), "reviewers": [DIGEST] * (len(openings) - uncounted),
            "uncounted": [DIGEST] * uncounted,
        }  # fmt: skip
        return self("SubmitVerdict", "review", facts=facts | more.pop("facts", {}), **more)

    def opened(self, name, **more):
        return self("OpenAuthorisation", "govern", facts={"authorisation": name, "case_digest": DIGEST}, **more)

    def decided(self, name, decision, until=None, **more):
        facts = {"authorisation": name, "asked": DIGEST, "decision": decision, "until": until}
        return self("DecideAuthorisation", "govern", facts=facts, **more)

    def report(self, first=QUARTER[0], last=QUARTER[1], upto=None):
        when = reports.period(first, last)
        lines = self.lines[:upto]
        extent = reports.extent_of((leaf for leaf, _ in lines), "example.org/ledger", when)
        told = reports.report(lines[extent.reads_after : extent.last], when, extent)
        REPORT.validate(told)
        return told

    def disclosure(self, case="2026-117", **more):
        told = disclosures.disclosure(self.lines, "example.org/ledger", Asked(case, "000000000000", **more))
        DISCLOSURE.validate(told)
        return told


@pytest.fixture
def book():
    return Book()


@pytest.fixture
def busy():
    """A record in which everything happens that a report counts."""
    book = Book()
    missing, theft = Stated("missing person", "2026-117"), Stated("theft", "2026-118")
    for _ in range(12):
        book.search(2, said=missing)
    for _ in range(6):
        book.search(0, said=missing, asked=99.5, threshold=99.5)
    for _ in range(3):
        book.search(1, said=theft)
    book.search(0, said="erased")
    book.search(0)
    for number in range(7):
        book.held(3, f"review-{number}", said=missing)
    for number in range(6):
        book.closed(f"review-{number}", "lead confirmed" if number else "no match", int(number > 0), 1)
    book.closed("seed", "no match", 0, 0, ("00 sd x", "11 dd x"), uncounted=1, facts={"seeded": True})
    for _ in range(8):
        book("SearchFacesByImage", "identify", outcome="refused", verdict="deny", rule="law/no-purpose", said=missing)
    book("SearchFacesByImage", "identify", outcome="InvalidParameterException", said=missing, facts=WHERE)
    for _ in range(20):
        book("DetectFaces", "look", facts={"faces": 1})
    book("DetectFaces", "look", outcome="refused", verdict="deny", rule="suspended")
    book("IndexFaces", "enrol", facts={"enrolled": 30, "known": 2, "faces": [DIGEST]})
    book("DeleteFaces", "forget", facts={"deleted": 4, "faces": [DIGEST] * 4})
    book("ExpireFaces", "forget", facts={"deleted": 9})
    book("WithdrawConsent", "forget", facts={"deleted": 1})
    book("DeleteCollection", "forget", facts={"faces": 11, "users": 0})
    book("CreateKey", "govern", facts={"key": "AKIANEW"})
    book("RevokeKey", "govern", outcome="ResourceNotFoundException")
    book("Suspend", "govern", facts={"kind": "all"})
    book("Resume", "govern")
    book("TidyReviews", "forget", facts={"expired": 2, "pictures_destroyed": 2})
    return book


# The report


def test_a_report_counts_what_was_asked_and_what_became_of_it(busy):
    told = busy.report()
    searches = told["Searches"]
    assert searches["Total"] == 39
    columns = ("Stated", "Purpose", "Found", "FoundNoOne", "Held", "Refused", "Failed")
    assert [tuple(row[name] for name in columns) for row in searches["ByPurpose"]] == [
        ("erased", None, 0, 1, 0, 0, 0),
        ("not stated", None, 0, 1, 0, 0, 0),
        ("stated", "missing person", 12, 6, 7, 8, 1),
        ("stated", "theft", 3, 0, 0, 0, 0),
    ]
    assert searches["ByVerdict"] == {"Allow": 24, "Hold": 7, "Deny": 8, "NotAsked": 0}
    assert (searches["FoundNoOne"], searches["FoundNoOneShare"]) == (8, round(8 / 30, 4))
    assert searches["Candidates"] == {"Number": 30, "Least": 0, "Median": 2, "Most": 3}
    assert (searches["Released"], searches["Comparisons"], searches["ExpectedStrangers"]) == (27, 30_000, 7.5)
    assert searches["ThresholdsAsked"] == [{"Threshold": 80.0, "Searches": 24}, {"Threshold": 99.5, "Searches": 6}]
    assert searches["ThresholdsApplied"] == [{"Threshold": 99.0, "Searches": 24}, {"Threshold": 99.5, "Searches": 6}]
    assert (searches["RaisedByFloor"], searches["NotRaised"]) == (24, 6)
    assert told["Refusals"] == [
        {"Rule": "law/no-purpose", "Calls": 8, "Searches": 8},
        {"Rule": "suspended", "Calls": 1, "Searches": 0},
    ]
    assert told["Failures"] == [
        {"Code": "InvalidParameterException", "Calls": 1},
        {"Code": "ResourceNotFoundException", "Calls": 1},
    ]
    assert {one["Operation"]: one["Answered"] for one in told["Calls"]}["DetectFaces"] == 20
    assert told["Faces"] == {
        "Enrolled": 30, "Restored": 0, "Deleted": 4, "DeletedWithCollections": 11, "Expired": 9, "Withdrawn": 1,
    }  # fmt: skip
    assert told["Keys"] == {"Made": 1, "Rotated": 0, "Changed": 0, "Revoked": 0, "Sessions": 0}
    assert told["Suspensions"] == {"Made": 1, "Ended": 1}
    assert told["StatementsErased"] == 1
    assert sum(sum(row[name] for name in reports.CALLS) for row in told["Calls"]) == told["Record"]["Entries"]


def test_each_call_and_each_search_is_counted_once(busy):
    busy("SearchFaces", "identify", outcome="ValidationException", verdict="deny", rule="wire/constraints")
    busy.search(2, facts={"matched": 0, "judged_in": ["review-0"]})
    busy("SearchFacesByImage", "identify", facts=WHERE)
    told = busy.report()
    searches = told["Searches"]
    assert sum(sum(row[name] for name in reports.FOUND) for row in searches["ByPurpose"]) == searches["Total"] == 42
    assert sum(searches["ByVerdict"].values()) == 42
    assert searches["ByVerdict"]["NotAsked"] == 1
    refused = sum(row["Refused"] for row in told["Calls"])
    assert refused == sum(one["Calls"] for one in told["Refusals"]) == 9
    assert searches["ByVerdict"]["Deny"] == sum(one["Searches"] for one in told["Refusals"]) == 8
    assert sum(row["Failed"] for row in told["Calls"]) == sum(one["Calls"] for one in told["Failures"]) == 3
    assert searches["FoundNoOne"] == sum(row["FoundNoOne"] for row in searches["ByPurpose"]) == 9
    text = papers.html(reports_told.report(told))
    assert "Each call is counted in one column." in text
    assert "failed before the policy was asked" in text


def test_a_report_tells_how_reviews_went(busy):
    told = busy.report()["Reviews"]
    assert (told["Opened"], told["LeadConfirmed"], told["NoMatch"], told["Expired"]) == (7, 5, 1, 2)
    assert (told["CandidatesConfirmed"], told["CandidatesRejected"], told["OverturnShare"]) == (5, 6, round(6 / 11, 4))
    assert (told["Agreed"], told["NotAgreed"], told["AgreementShare"]) == (6, 0, 1.0)
    assert told["MinutesToDecide"] == {"Number": 6, "Least": 7, "Median": 7, "Most": 7}
    assert (told["SeededClosed"], told["SeededVerdicts"], told["SeededFalse"]) == (1, 2, 1)


def test_those_who_called_others_the_same_did_not_agree(book):
    book.held(1, "a")
    book.closed("a", "lead confirmed", 1, 0, ("00 sd x", "11 dd x", "22 sd x"))
    assert (book.report()["Reviews"]["Agreed"], book.report()["Reviews"]["NotAgreed"]) == (0, 1)


def test_the_same_review_is_counted_once_however_often_its_search_is_asked(book):
    for _ in range(3):
        book.held(1, "a")
    assert book.report()["Reviews"]["Opened"] == 1


def test_a_report_is_of_its_days_and_reads_back_for_what_began_before(book):
    book.search(1)
    book.held(1, "long-ago", after=0)
    book.held(1, "before", after=60 * 24 * 31)
    book.search(5, after=60 * 24 * 2)
    book.closed("long-ago", "no match", 0, 1)
    book.closed("before", "no match", 0, 1)
    told = book.report("2026-11-03", "2026-11-03")
    assert (told["Record"]["EntriesBefore"], told["Record"]["LastEntry"], told["Searches"]["Total"]) == (3, 6, 1)
    assert (told["Reviews"]["Opened"], told["Reviews"]["ClosedFromBefore"]) == (0, 1)
    assert told["Reviews"]["MinutesToDecide"]["Median"] in range(2840, 2884)


def test_the_roots_are_of_the_record_before_the_period_and_at_its_end(book):
    for _ in range(40):
        book.search(0, after=60 * 24)
    told = book.report("2026-10-11", "2026-10-20")["Record"]
    hashes = [merkle.leaf_hash(leaf.encode()) for leaf, _ in book.lines]
    assert (told["EntriesBefore"], told["LastEntry"], told["Entries"], told["PeriodEnded"]) == (9, 19, 10, True)
    assert told["RootBefore"] == merkle.root_of(hashes[:9]).hex()
    assert told["Root"] == merkle.root_of(hashes[:19]).hex()
    assert book.report("2026-11-01", "2026-12-31")["Record"]["PeriodEnded"] is False


@given(st.lists(st.integers(0, 60 * 24 * 9), max_size=30), st.integers(0, 40), st.integers(0, 40), st.integers(0, 30))
def test_entries_are_found_the_same_from_any_beginning(gaps, first, days, skipped):
    book = Book()
    for gap in gaps:
        book("DetectFaces", "look", after=gap)
    begins = START.date() + timedelta(days=first)
    when = reports.period(str(begins), str(begins + timedelta(days=days)))
    leaves = [leaf for leaf, _ in book.lines]
    whole = reports.extent_of(leaves, "log", when)
    skipped = min(skipped, max(0, whole.reads_after - 1))  # one from before has to be there to be seen
    before = merkle.Frontier().grown([merkle.leaf_hash(one.encode()) for one in leaves[:skipped]])
    found = reports.extent_of(leaves[skipped:], "log", when, before)
    assert found == whole
    told = reports.report(book.lines[whole.reads_after : whole.last], when, whole)
    assert told["Record"]["Entries"] == sum(when.begins <= reports.at_of(leaf) <= when.ends for leaf in leaves)


def test_entries_that_begin_too_late_are_refused(book):
    for _ in range(5):
        book.search(0)
    leaves = [leaf for leaf, _ in book.lines]
    before = merkle.Frontier().grown([merkle.leaf_hash(leaves[0].encode())])
    with pytest.raises(InvalidParameter, match="begin with number 2 of 2026-10-01"):
        reports.extent_of(leaves[1:], "log", reports.period(*QUARTER), before)


def test_nothing_is_left_out_unseen(book):
    book.search(0)
    book.search(0)
    when = reports.period(*QUARTER)
    extent = reports.extent_of((leaf for leaf, _ in book.lines), "log", when)
    with pytest.raises(ValueError, match="the entries end at 1"):
        reports.report(book.lines[:1], when, extent)


@pytest.mark.parametrize(
    "days", [("2026-13-01", "2026-12-31"), ("20261001", "2026-12-31"), ("2026-10-02", "2026-10-01"), ("x", "y")]
)
def test_what_is_no_period_is_refused(days):
    with pytest.raises(InvalidParameter, match="should"):
        reports.period(*days)


def test_the_first_and_the_last_day_there_are_can_be_asked_for():
    when = reports.period("0001-01-01", "9999-12-31")
    assert when.looked_back.startswith("0001-01-01")
    assert when.ends > ledgers.time(START)


def test_authorisations_are_told_with_how_late_they_came(book):
    book.opened("a")
    book.search(0, said=Stated("theft", "1", "a"))
    book.decided("a", "granted", after=119)
    book.search(0, said=Stated("theft", "1", "a"))
    book.opened("b")
    book.decided("b", "refused")
    book.opened("c")
    book.search(0, said=Stated("theft", "1", "c"), after=60 * 48)
    book.search(0, said=Stated("theft", "1", "elsewhere"))
    book.opened("d")
    told = book.report()
    assert told["Authorisations"] == {
        "Opened": 4, "Granted": 1, "Refused": 1, "Lapsed": 1, "DecidedFromBefore": 0,
        "MinutesToDecide": {"Number": 2, "Least": 1, "Median": 1, "Most": 120},
    }  # fmt: skip
    assert told["Searches"]["ByAuthorisation"] == {
        "Granted": 1, "Pending": 1, "Refused": 0, "Lapsed": 1, "Expired": 0, "Unknown": 1,
    }  # fmt: skip


def test_an_authorisation_that_has_ended_is_told_as_expired(book):
    book.opened("a")
    book.decided("a", "granted", until=(START + timedelta(hours=1)).isoformat())
    book.search(0, said=Stated("theft", "1", "a"), after=90)
    assert book.report()["Searches"]["ByAuthorisation"]["Expired"] == 1


def test_policies_and_models_are_told_with_their_first_and_last_entry(book):
    book.search(0)
    book.search(0, policy="law-enforcement@999999999999")
    book.search(0)
    told = book.report()
    assert told["Policies"] == [
        {"Policy": "open@0123456789ab", "FirstEntry": 1, "LastEntry": 3, "Calls": 2},
        {"Policy": "law-enforcement@999999999999", "FirstEntry": 2, "LastEntry": 2, "Calls": 1},
    ]
    assert {(one["Part"], one["Calls"]) for one in told["Models"]} == {("detector", 3), ("embedder", 3)}


def test_memory_does_not_grow_with_what_clients_call_things(book, monkeypatch):
    monkeypatch.setattr(reports, "MOST_NAMES", 10)
    for number in range(50):
        book.search(0, said=Stated(f"purpose {number}"))
        book(f"Operation{number}", "none", outcome="refused", rule=f"rule {number}")
    told = book.report()
    rows = told["Searches"]["ByPurpose"]
    assert (len(rows), rows[0]["Stated"], rows[0]["FoundNoOne"]) == (11, "others", 40)
    assert len(told["Calls"]) == len(told["Refusals"]) == 11


def test_a_period_without_entries_has_a_report_too(book):
    told = book.report()
    assert (told["Record"]["Entries"], told["Searches"]["Total"], told["Searches"]["FoundNoOneShare"]) == (0, 0, None)
    REPORT.validate(reports.published(told))
    assert "no entry is of this period" in papers.html(reports_told.report(told))


@given(st.lists(st.integers(0, 100_000), min_size=1, max_size=60))
def test_a_median_is_within_one_part_in_64(values):
    spread = reports.Spread()
    for value in values:
        spread.add(value)
    told = spread.told
    exact = sorted(values)[(len(values) - 1) // 2]
    assert (told["Number"], told["Least"], told["Most"]) == (len(values), min(values), max(values))
    assert exact * 63 / 64 - 1 < told["Median"] <= exact
    assert told["Median"] == exact or exact >= 128


# What may be shown to everybody


def cells_of(counts):
    return {("t", (str(at), ""), "c"): count for at, count in enumerate(counts)}


@given(st.lists(st.integers(0, 40), max_size=12))
def test_no_sum_tells_anything_of_a_count_that_is_not_shown(counts):
    cells = cells_of(counts)
    shown = reports.guarded(cells)
    total = sum(counts)
    few = [one for one, cell in shown.items() if cell == FEW]
    withheld = [one for one, cell in shown.items() if cell == WITHHELD]
    assert all(shown[one] == count for one, count in cells.items() if isinstance(shown[one], int))
    assert all(0 < cells[one] < 5 for one in few)
    assert all(cells[one] >= 5 for one in withheld)
    if len(few) > 5 or not any(isinstance(cell, int) and cell for cell in shown.values()):
        return  # nothing is left to withhold
    hidden = total - sum(cell for cell in shown.values() if isinstance(cell, int))
    possible = [set() for _ in few]
    for guess in product(range(1, 5), repeat=len(few)):
        rest = hidden - sum(guess)
        if rest >= 5 * len(withheld) and (withheld or rest == 0):
            for at, value in enumerate(guess):
                possible[at].add(value)
    assert all(one == {1, 2, 3, 4} for one in possible)


def test_a_public_report_has_no_small_count_no_key_and_no_rare_purpose(busy):
    whole = busy.report()
    told = reports.published(whole)
    REPORT.validate(told)
    text = reports.text_of(told)
    assert "AKIA" not in text
    assert "theft" not in text
    assert "2026-117" not in text
    rows = {row["Stated"]: row for row in told["Searches"]["ByPurpose"]}
    assert rows["stated"]["Found"] == 12
    assert rows["rare"]["Found"] == FEW
    assert {one["Rule"]: one["Calls"] for one in told["Refusals"]} == {"law/no-purpose": 8, "suspended": FEW}
    assert told["Faces"]["Enrolled"] == 30
    assert told["Faces"]["Deleted"] == FEW
    assert "Total" not in told["Searches"]


def test_where_a_sum_would_give_a_small_count_away_another_is_withheld(book):
    for _ in range(20):
        book("DetectFaces", "look")
    for _ in range(9):
        book("CompareFaces", "compare")
    book("ListFaces", "read")
    told = {one["Act"]: one["Answered"] for one in reports.published(book.report())["Calls"]}
    assert told == {"look": 20, "compare": WITHHELD, "read": FEW}


def test_a_share_is_not_shown_where_one_part_is_few(busy):
    told = reports.published(busy.report())
    assert told["Reviews"]["OverturnShare"] == round(6 / 11, 1)
    assert told["Searches"]["FoundNoOneShare"] is None
    assert told["Reviews"]["AgreementShare"] == 1.0


# The disclosure


@pytest.fixture
def case(book):
    """A case with every kind of use, beside another one."""
    said = Stated("theft", "2026-117", "leave", None, Probe("video-still", "camera 3", ("cropped",)))
    book.opened("leave")
    book.search(0, said=said, probe="first")
    book.search(4, said=Stated("theft", "2026-118", "leave"), probe="first")
    book.decided("leave", "granted")
    book.held(2, "r-1", said=said, probe="first")
    book("SearchFacesByImage", "identify", outcome="refused", verdict="deny", rule="law/probe-kind", said=said)
    book("SearchFaces", "identify", outcome="InvalidParameterException", said=said, facts=WHERE)
    book.closed("r-1", "lead confirmed", 1, 1)
    book.search(2, said=said, probe="first", facts={"matched": 1, "reviews": ["r-1"], "reviewers": [DIGEST] * 2})
    book("DetectFaces", "look", said=said)
    book.held(1, "r-2", said=said, probe="second")
    book.closed("r-2", "no match", 0, 1)
    book.held(1, "r-3", said=said, probe="third")
    return book


def test_every_use_for_a_case_is_disclosed_in_order(case):
    told = case.disclosure()
    assert [(one["Entry"], one["Outcome"]) for one in told["Uses"]] == [
        (2, "answered"), (5, "held"), (6, "refused"), (7, "InvalidParameterException"), (9, "answered"),
        (10, "answered"), (11, "held"), (13, "held"),
    ]  # fmt: skip
    assert told["Counts"] == {
        "Uses": 8, "Searches": 7, "Found": 1, "FoundNoOne": 1, "Held": 3, "Refused": 1, "Failed": 1,
        "NothingSearched": 0, "Repeated": 2,
    }  # fmt: skip
    assert told["Record"] == {"Origin": "example.org/ledger", "Entries": 13}


def test_a_disclosed_search_says_what_was_searched_how_and_what_came_of_it(case):
    uses = {one["Entry"]: one for one in case.disclosure()["Uses"]}
    none, held, given = uses[2], uses[5], uses[9]
    assert none["Probe"] == {"Kind": "video-still", "Source": "camera 3", "Edits": ["cropped"]}
    assert none["Authorisation"] == {"Id": "leave", "StateThen": "pending"}
    assert held["Authorisation"]["StateThen"] == "granted"
    search = none["Search"]
    assert (search["ThresholdAsked"], search["Threshold"], search["GallerySize"]) == (80.0, 99.0, 1000)
    assert (search["Candidates"], search["ExpectedStrangers"], search["SameProbeAsEntry"]) == (0, 0.25, None)
    assert held["Search"]["SameProbeAsEntry"] == 2
    assert (held["Review"]["Outcome"], held["Review"]["Entry"], held["Review"]["Confirmed"]) == ("lead confirmed", 8, 1)
    assert given["ReleasedByReviews"] == ["r-1"]
    assert [uses[number]["Review"]["Outcome"] for number in (11, 13)] == ["no match", None]
    assert uses[6]["Search"] is None
    assert given["Review"] == held["Review"]


def test_a_disclosed_search_says_in_which_review_what_it_found_was_rejected(case):
    said = Stated("theft", "2026-117", "leave")
    case.search(1, said=said, probe="second", facts={"matched": 0, "judged_in": ["r-2"]})
    case.search(2, said=said, facts={"matched": 1, "reviews": ["r-1"], "judged_in": ["r-2", "r-1"]})
    told = case.disclosure()
    rejected, mixed = told["Uses"][-2:]
    assert [(one["Review"]["Id"], one["Review"]["Outcome"]) for one in (rejected, mixed)] == [("r-2", "no match")] * 2
    assert mixed["ReleasedByReviews"] == ["r-1"]
    assert (told["Counts"]["Found"], told["Counts"]["FoundNoOne"]) == (2, 2)
    text = papers.html(reports_told.disclosure(told))
    assert "It found 1 candidate; none went to whoever searched. Review r-2: no match" in text


def test_a_disclosed_use_can_be_proved_by_its_leaf_hash(case):
    for use in case.disclosure()["Uses"]:
        leaf, _ = case.lines[use["Entry"] - 1]
        assert use["LeafHash"] == merkle.leaf_hash(leaf.encode()).hex()


def test_a_case_is_the_account_s_own(case):
    case.search(1, said=Stated("theft", "2026-117"), account="111111111111")
    assert case.disclosure()["Counts"]["Uses"] == 8
    assert case.disclosure("no such case")["Uses"] == []


def test_a_long_disclosure_goes_on_where_it_ended(case):
    first = case.disclosure(most=3)
    assert (len(first["Uses"]), first["Next"], first["Counts"]["Uses"]) == (3, 6, 8)
    rest = case.disclosure(after=first["Next"])
    assert [one["Entry"] for one in rest["Uses"]] == [7, 9, 10, 11, 13]
    assert rest["Next"] is None
    assert rest["Uses"][1]["Search"]["SameProbeAsEntry"] == 2


def test_what_was_erased_of_a_case_is_told_to_those_who_know_its_digest(case):
    case("EraseStatements", "govern", facts={"case": DIGEST, "erased": 3})
    assert case.disclosure(digest=DIGEST)["Erasures"] == [
        {"Entry": 14, "At": ledgers.time(case.at), "Statements": 3},
    ]
    assert case.disclosure()["Erasures"] == []
    assert case.disclosure()["StatementsErased"] == 0
    case.search(0, said="erased")
    case.search(0, said="erased", account="111111111111")
    assert case.disclosure()["StatementsErased"] == 1
    assert case.disclosure(digest=DIGEST)["Authorisations"][0] == {
        "Id": "leave", "OpenedEntry": 1, "OpenedAt": "2026-10-01T12:01:00.000000Z", "Decision": "granted",
        "DecidedEntry": 4, "DecidedAt": "2026-10-01T12:04:00.000000Z", "State": "granted",
    }  # fmt: skip


def test_a_case_may_hold_anything(book):
    for case in (HOSTILE, '"case":"x', "ÄÖ", "a\\b"):
        book.search(1, said=Stated(HOSTILE, case))
        assert book.disclosure(case)["Counts"]["Uses"] == 1


# On paper


class Page(HTMLParser):
    """Collects tags and text."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.attributes, self.said = set(), [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes += attrs

    def handle_data(self, data):
        self.said.append(data)


TAGS = {"html", "head", "meta", "title", "style", "body", "h1", "h2", "p", "div"}
TAGS |= {"table", "caption", "thead", "tbody", "tr", "th", "td"}
ATTRIBUTES = {"lang", "charset", "http-equiv", "content", "name", "class", "scope"}


def pages(busy, book, hostile=HOSTILE):
    for _ in range(6):
        busy.search(1, said=Stated(hostile, hostile, hostile, hostile, Probe(hostile, hostile, (hostile,))))
        busy("DetectFaces", "look", outcome="refused", rule=hostile)
    whole = busy.report()
    return [
        papers.html(reports_told.report(whole)),
        papers.html(reports_told.report(reports.published(whole))),
        papers.html(reports_told.disclosure(busy.disclosure(hostile))),
    ]


def test_a_page_is_one_file_without_scripts_whatever_a_purpose_or_a_case_holds(busy, book):
    for text in pages(busy, book):
        page = Page(text)
        assert page.tags <= TAGS
        assert {name for name, _ in page.attributes} <= ATTRIBUTES
        assert "alert(1)" in "".join(page.said)
        assert "<script" not in text
        assert "\u202e" not in text
        assert "\x1b" not in text
        assert "http://" not in text
        assert "https://" not in text


def test_nobody_is_called_identified(busy, case):
    told = [reports_told.report(busy.report()), reports_told.disclosure(case.disclosure())]
    for text in map(papers.html, told):
        assert "identified" not in text
        assert "No search in this record identifies anybody" in text


def test_a_disclosure_says_in_words_what_became_of_each_use(case):
    text = papers.html(reports_told.disclosure(case.disclosure()))
    for said in (
        "It found no one.",
        "It was refused by the rule law/probe-kind; nothing was looked up.",
        "It failed with InvalidParameterException; nothing was given out.",
        "It found 2 candidates. Nothing was given to whoever searched: it was held for review.",
        "Review r-1: lead confirmed, on 2026-10-01 12:08 UTC (entry 8), by 2 reviewers; 1 confirmed, 1 rejected.",
        "It found 2 candidates; 1 went to whoever searched, as leads confirmed in review r-1.",
        "Review r-3: no decision is on record.",
        "with the same picture or face, in entry 2",
        "It is no probability",
    ):
        assert said in text, said


def test_a_report_is_one_text_and_the_same_each_time(busy):
    texts = {reports.text_of(busy.report()) for _ in range(2)}
    assert len(texts) == 1
    assert canonical(json.loads(texts.pop())) == reports.text_of(busy.report()).encode()

"""ReportUse and DiscloseCase, asked of a server that held, refused and answered searches."""

import json
from contextlib import closing
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import pytest
from tests import postgresql, records
from tests.operations.conftest import Time, code, refusal
from tests.pictures import ANNA, BRUNO, CLARA, DAVID, EMMA, people
from tests.reviewing import (
    ADA,
    BEN,
    GOVERNOR,
    STRANGER,
    STRANGERS,
    USER,
    confirmed,
    enrol,
    judge,
    opened,
    qualify,
    search,
    stating,
)
from tests.unit.accountability.test_reports import DISCLOSURE, REPORT

from recognizance import app, settings
from recognizance.accountability import disclosures, ledger, merkle, reports
from recognizance.accountability.disclosures import Asked
from recognizance.database import file_url, open_database
from recognizance.operations import reports as asking

CASE = (("x-recognizance-case", "2026-117"), ("x-recognizance-purpose", "missing-person"))
PROBE = ("x-recognizance-probe", "kind=photo; source=a relative; edits=cropped")
WHO_KNOWS = people(999)


@pytest.fixture(scope="module")
def busy(tiny, tmp_path_factory):
    """A house in which one case was searched for; the tests here only read."""
    time = Time()
    folder = tmp_path_factory.mktemp("busy") / "data"
    made = settings.read(
        {}, data=folder, device="cpu", threads=1, detector="tiny-yunet", embedder="tiny-face", mirror=False,
        enlarge=False, log="warning", **tiny,
    )  # fmt: skip
    with app.build(made, now=time) as parts, opened(parts, made) as house:
        for name in ("Ada", "Ben"):
            qualify(house, name, time)
        house(USER, "rekognition").create_collection(CollectionId="staff")
        for person in (EMMA, ANNA, BRUNO, CLARA, DAVID, *STRANGERS[:7]):
            enrol(house, person)
        _, review = search(house, headers=(*CASE, PROBE), FaceMatchThreshold=90)
        time.passes(minutes=30, seconds=50)  # of a clock that others read too
        confirmed(house, review, ADA)
        judge(house, BEN, review)
        search(house, headers=CASE, FaceMatchThreshold=90)
        search(house, picture=WHO_KNOWS, headers=CASE, FaceMatchThreshold=99.99)
        assert code(lambda: search(house, headers=CASE, into="nowhere")) == "ResourceNotFoundException"
        yield house


def days(around):
    return {"From": f"{around - timedelta(days=1):%Y-%m-%d}", "To": f"{around + timedelta(days=1):%Y-%m-%d}"}


ASKED = days(datetime.now(UTC))


def lines(house, upto):
    return [(one.text, one.statement) for one in ledger.leaves(house.database, after=0, upto=upto, limit=upto)]


def test_a_report_is_what_anybody_computes_from_the_entries(busy):
    answer = busy(GOVERNOR).report_use(**ASKED)
    told = json.loads(answer["Report"])
    REPORT.validate(told)
    known = lines(busy, answer["TreeSize"])
    when = reports.period(ASKED["From"], ASKED["To"])
    extent = reports.extent_of((leaf for leaf, _ in known), told["Record"]["Origin"], when)
    assert reports.text_of(reports.report(known[extent.reads_after : extent.last], when, extent)) == answer["Report"]
    assert told["Record"]["Root"] == merkle.root_of([merkle.leaf_hash(leaf.encode()) for leaf, _ in known]).hex()


def test_a_report_counts_what_the_server_did(busy):
    told = json.loads(busy(GOVERNOR).report_use(**ASKED)["Report"])
    (row,) = told["Searches"]["ByPurpose"]
    assert (row["Purpose"], row["Held"], row["FoundNoOne"], row["Failed"]) == ("missing-person", 1, 1, 1)
    assert row["Found"] == 1
    assert told["Reviews"]["Opened"] == told["Reviews"]["LeadConfirmed"] == 1
    assert told["Reviews"]["MinutesToDecide"]["Median"] == 30
    assert told["Searches"]["GallerySize"]["Median"] == 12
    assert told["Searches"]["ExpectedStrangers"] > 0
    assert told["Faces"]["Enrolled"] == 12


def test_the_same_report_is_given_again_of_the_same_entries(busy):
    first = busy(GOVERNOR).report_use(**ASKED)
    assert busy(GOVERNOR).report_use(**ASKED)["Report"] != first["Report"]  # it counts the first report
    again = busy(GOVERNOR).report_use(**ASKED, TreeSize=first["TreeSize"])
    assert (again["Report"], again["Sha256"]) == (first["Report"], first["Sha256"])
    assert code(busy(GOVERNOR).report_use, **ASKED, TreeSize=10_000) == "InvalidParameterException"


def test_a_period_is_found_among_the_entries_by_their_times(house, time):
    early = f"{time():%Y-%m-%d}"
    for _ in range(5):
        house.list_models()
    time.passes(days=40)
    house.describe_ledger()
    late = f"{time():%Y-%m-%d}"
    told = json.loads(house.report_use(From=late, To=late)["Report"])
    assert [(one["Operation"], one["Answered"]) for one in told["Calls"]] == [("DescribeLedger", 1)]
    assert (told["Record"]["EntriesBefore"], told["Record"]["PeriodEnded"]) == (5, False)
    told = json.loads(house.report_use(From=early, To=early)["Report"])
    assert (told["Record"]["Entries"], told["Record"]["PeriodEnded"]) == (5, True)


def test_a_public_report_names_no_key_and_no_small_count(busy):
    answer = busy(GOVERNOR).report_use(**ASKED, Public=True)
    told = json.loads(answer["Report"])
    REPORT.validate(told)
    assert told["Public"]
    assert "AKID" not in answer["Report"]
    assert "2026-117" not in answer["Report"]
    assert told["Searches"]["ByPurpose"][0]["Stated"] == "rare"


def test_the_entry_of_a_report_has_its_digest(busy):
    answer = busy(GOVERNOR).report_use(**ASKED)
    entry = [one for one in busy(GOVERNOR).list_ledger_entries()["Entries"] if one["Operation"] == "ReportUse"][-1]
    assert entry["Facts"]["report"] == answer["Sha256"] == sha256(answer["Report"].encode()).hexdigest()


def test_what_is_no_period_is_told(house):
    assert refusal(house.report_use, From="2026-10-32", To="2026-12-31")[1] == (
        "From should be a day as 2026-10-01, and it is '2026-10-32'."
    )
    assert code(house.report_use, From="2026-12-31", To="2026-10-01") == "InvalidParameterException"


def test_a_case_is_disclosed_with_all_that_was_searched_for_it(busy):
    answer = busy(GOVERNOR).disclose_case(Case="2026-117")
    told = json.loads(answer["Disclosure"])
    DISCLOSURE.validate(told)
    held, given, none, failed = told["Uses"]
    assert [one["Outcome"] for one in told["Uses"]] == ["held", "answered", "answered", "ResourceNotFoundException"]
    assert held["Probe"] == {"Kind": "photo", "Source": "a relative", "Edits": ["cropped"]}
    assert (held["Review"]["Outcome"], held["Review"]["Reviewers"]) == ("lead confirmed", 2)
    assert given["Search"]["SameProbeAsEntry"] == held["Entry"]
    assert given["ReleasedByReviews"] == [held["Review"]["Id"]]
    assert given["Review"] == held["Review"]
    assert (none["Search"]["Candidates"], none["Search"]["GallerySize"]) == (0, 12)
    assert failed["Search"]["Candidates"] is None
    assert "identified" not in answer["Disclosure"]


def test_each_use_can_be_proved(busy):
    answer = busy(GOVERNOR).disclose_case(Case="2026-117")
    for use in json.loads(answer["Disclosure"])["Uses"]:
        proved = busy(GOVERNOR).prove_inclusion(Sequence=use["Entry"])
        assert merkle.leaf_hash(proved["Entry"]["Text"].encode()).hex() == use["LeafHash"]


def test_a_disclosure_is_what_anybody_computes_from_the_entries(busy):
    answer = busy(GOVERNOR).disclose_case(Case="2026-117")
    told = json.loads(answer["Disclosure"])
    asked = Asked("2026-117", told["Account"], told["CaseDigest"])
    known = lines(busy, answer["TreeSize"])
    assert reports.text_of(disclosures.disclosure(known, told["Record"]["Origin"], asked)) == answer["Disclosure"]
    again = busy(GOVERNOR).disclose_case(Case="2026-117", TreeSize=answer["TreeSize"])
    assert again["Sha256"] == answer["Sha256"]


def test_the_case_of_another_account_is_not_disclosed(busy):
    assert json.loads(busy(STRANGER).disclose_case(Case="2026-117")["Disclosure"])["Uses"] == []


def test_the_record_keeps_the_case_that_was_disclosed_by_its_digest_only(busy):
    busy(GOVERNOR).disclose_case(Case="2026-117")
    entry = [one for one in busy(GOVERNOR).list_ledger_entries()["Entries"] if one["Operation"] == "DiscloseCase"][-1]
    assert entry["Facts"]["uses"] == "4"
    assert entry["Facts"]["case"] == busy.tools.seal.digest("2026-117")
    assert "Case" not in entry


def test_what_was_erased_of_a_case_is_told_and_counted(house, rekognition, time):
    with stating(rekognition, CASE):
        for _ in range(4):
            rekognition.list_collections()
    assert json.loads(house.disclose_case(Case="2026-117")["Disclosure"])["Counts"]["Uses"] == 4
    house.erase_statements(Case="2026-117")
    told = json.loads(house.disclose_case(Case="2026-117")["Disclosure"])
    assert told["Uses"] == []
    assert [one["Statements"] for one in told["Erasures"]] == [4]
    assert json.loads(house.report_use(**days(time()))["Report"])["StatementsErased"] == 4


def test_reports_go_on_however_many_pages_they_read(busy, monkeypatch):
    whole = busy(GOVERNOR).report_use(**ASKED)
    monkeypatch.setattr(asking, "PAGE", 3)
    again = busy(GOVERNOR).report_use(**ASKED, TreeSize=whole["TreeSize"])
    assert again["Report"] == whole["Report"]


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request, tmp_path):
    if request.param == "sqlite":
        with closing(open_database(file_url(tmp_path / "a.db"))) as made:
            yield made
    else:
        with postgresql.server().database() as url, closing(open_database(url)) as made:
            yield made


def test_a_period_is_the_same_on_every_database_as_in_a_file(database):
    record = records.opened(database)
    for number in range(60):
        record.record(records.entry(f"r-{number}", at=records.NOON + timedelta(hours=11 * number)))
    known = ledger.leaves(database, after=0, upto=60, limit=60)
    for first, days, size in ((0, 0, 60), (3, 4, 60), (3, 4, 9), (9, 60, 60), (40, 3, 60), (0, 100, 0), (35, 1, 60)):
        begins = records.NOON.date() + timedelta(days=first)
        when = reports.period(str(begins), str(begins + timedelta(days=days)))
        extent = asking.extent(database, "log", when, size)
        assert extent == reports.extent_of((one.text for one in known[:size]), "log", when)
        told = reports.report(asking.lines(database, extent.reads_after, extent.last), when, extent)
        assert told["Record"]["Entries"] == sum(
            when.begins <= reports.at_of(one.text) <= when.ends for one in known[:size]
        )

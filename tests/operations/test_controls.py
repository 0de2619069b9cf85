"""What is stopped and let go on; who is authorised, and by whom that is decided."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select
from tests.conftest import picture_of
from tests.operations.conftest import at_once, code, paged, refusal
from tests.operations.keyholders import Holder, holder
from tests.pictures import EMMA, people

from recognizance import app
from recognizance.accountability import authorisations, keys
from recognizance.database.tables import CONTROLS
from recognizance.errors import NotFound
from recognizance.operations import OPERATIONS
from recognizance.values import Caller, Kind, Stated

WHY = "Complaint 2026/114 about wrong matches."
REQUEST = {"Case": "A-1", "Basis": "Camera of the bank, and a witness.", "Authority": "District court"}
DENIED = "AccessDeniedException"


@pytest.fixture
def make(house, server):
    """What makes a key and gives its holder."""
    return lambda *roles, **more: holder(server, house.create_key(Name="a key", Roles=list(roles), **more))


@pytest.fixture
def root(server, key):
    return Holder(server, key.access_key_id, key.secret)


def search(rekognition):
    return rekognition.search_faces_by_image(CollectionId="staff", Image={"Bytes": people(EMMA)})


# Suspended


def test_what_is_suspended_is_refused_with_the_time_and_the_reason_until_it_is_resumed(
    house, rekognition, staff, enrol, time
):
    enrol(EMMA)
    made = house.suspend(Operation="SearchFacesByImage", Why=WHY)["Suspension"]
    at = f"{time():%Y-%m-%d %H:%M} UTC"
    told = refusal(rekognition.search_faces_by_image, CollectionId="staff", Image={"Bytes": people(EMMA)})
    assert told == (DENIED, f"SearchFacesByImage was suspended on {at}: {WHY}")
    rekognition.list_faces(CollectionId="staff")

    ended = house.resume(SuspensionId=made["SuspensionId"], Why="Resolved.")["Suspension"]
    assert (ended["Why"], ended["ResumedWhy"]) == (WHY, "Resolved.")
    assert search(rekognition)["FaceMatches"]


def test_an_act_a_collection_or_everything_can_be_suspended(house, rekognition, staff, enrol):
    enrol(EMMA)
    rekognition.create_collection(CollectionId="guests")

    def stopped(*, search_staff, list_staff, list_guests, detect):
        asked = {
            "search_staff": lambda: search(rekognition),
            "list_staff": lambda: rekognition.list_faces(CollectionId="staff"),
            "list_guests": lambda: rekognition.list_faces(CollectionId="guests"),
            "detect": lambda: rekognition.detect_faces(Image={"Bytes": picture_of()}),
        }
        expected = {
            "search_staff": search_staff,
            "list_staff": list_staff,
            "list_guests": list_guests,
            "detect": detect,
        }
        return {name: code(one) == DENIED if expected[name] else bool(one()) for name, one in asked.items()}

    def during(**target):
        return house.suspend(Why=WHY, **target)["Suspension"]["SuspensionId"]

    for target, those in (
        ({"Act": "identify"}, {"search_staff"}),
        ({"CollectionId": "staff"}, {"search_staff", "list_staff"}),
        ({"All": True}, {"search_staff", "list_staff", "list_guests", "detect"}),
    ):
        name = during(**target)
        expected = {one: one in those for one in ("search_staff", "list_staff", "list_guests", "detect")}
        assert all(stopped(**expected).values())
        house.resume(SuspensionId=name, Why="over")
    assert all(stopped(search_staff=False, list_staff=False, list_guests=False, detect=False).values())


def test_a_collections_tags_are_stopped_with_it(house, rekognition, staff):
    arn = rekognition.describe_collection(CollectionId=staff)["CollectionARN"]
    house.suspend(CollectionId=staff, Why=WHY)
    assert code(rekognition.tag_resource, ResourceArn=arn, Tags={"a": "b"}) == DENIED


def test_what_governs_and_proves_goes_on_whatever_is_suspended(house, root, make):
    house.suspend(All=True, Why=WHY)
    for operation, request in {
        "ListSuspensions": {},
        "CreateKey": {"Name": "a", "Roles": ["user"]},
        "OpenAuthorisation": REQUEST,
        "SealLapsed": {},
    }.items():
        assert root.code(operation, **request) == "answered"
    for one in house.list_suspensions()["Suspensions"]:
        house.resume(SuspensionId=one["SuspensionId"], Why="over")
    assert root.known == "answered"


def test_what_must_never_stop_cannot_be_suspended(house):
    for target in ({"Act": "govern"}, {"Act": "audit"}, {"Act": "review"}, {"Act": "none"}, {"Act": "Identify"}):
        told = refusal(house.suspend, Why=WHY, **target)
        assert told[0] == "InvalidParameterException"
        assert "there are look, compare, enrol, identify" in told[1]
    told = refusal(house.suspend, Why=WHY, Operation="Resume")
    assert told == ("InvalidParameterException", "Resume governs, audits or reviews, and is never stopped.")


def test_what_is_to_be_stopped_is_one_thing_that_is_there(house, staff):
    for target in ({}, {"All": False}, {"All": True, "Act": "identify"}, {"Operation": "SearchFaces", "Act": "read"}):
        assert code(house.suspend, Why=WHY, **target) == "InvalidParameterException"
    assert code(house.suspend, Why=WHY, Operation="SearchFaecs") == "InvalidParameterException"
    assert code(house.suspend, Why=WHY, CollectionId="ghost") == "ResourceNotFoundException"
    for why in ("  ", "a\nb", "\x1b[2J"):
        assert code(house.suspend, Why=why, All=True) == "InvalidParameterException"
    assert house.list_suspensions()["Suspensions"] == []


def test_of_two_suspensions_each_holds_until_it_is_resumed(house, rekognition):
    first, second = (house.suspend(All=True, Why=WHY)["Suspension"]["SuspensionId"] for _ in range(2))
    house.resume(SuspensionId=first, Why="over")
    assert code(rekognition.list_collections) == DENIED
    assert code(house.resume, SuspensionId=first, Why="over") == "ConflictException"
    assert code(house.resume, SuspensionId="ghost", Why="over") == "ResourceNotFoundException"
    house.resume(SuspensionId=second, Why="over")
    rekognition.list_collections()


def test_suspensions_are_listed_in_pages_the_ended_ones_only_if_asked_for(house):
    made = [house.suspend(Act="identify", Why=f"{number}.")["Suspension"]["SuspensionId"] for number in range(3)]
    house.resume(SuspensionId=made[1], Why="over")

    def ids(**request):
        return [one["SuspensionId"] for page in paged(house.list_suspensions, **request) for one in page["Suspensions"]]

    assert ids(MaxResults=1) == [made[0], made[2]]
    assert ids(Ended=True, MaxResults=2) == made


def test_a_suspension_is_one_accounts(house, client_of, rekognition):
    stranger = client_of(account="111111111111", service="recognizance")
    name = stranger.suspend(All=True, Why=WHY)["Suspension"]["SuspensionId"]
    rekognition.list_collections()
    assert code(house.resume, SuspensionId=name, Why="over") == "ResourceNotFoundException"


def test_the_command_line_is_stopped_and_what_the_server_does_by_itself_is_not(parts, house):
    house.suspend(All=True, Why=WHY)
    controls = parts.service.tools.controls

    def stopped(kind):
        caller = Caller("one", "000000000000", "here", kind)
        ask = parts.service._ask  # what a policy is asked, of which only the caller counts here
        return controls.stopped(ask(OPERATIONS["ListCollections"], {}, caller, Stated(), None)[0])

    assert stopped(Kind.LOCAL)
    assert stopped(Kind.ROOT)
    assert stopped(Kind.SERVER) is None


def test_reasons_and_names_do_not_reach_the_ledger(house, staff):
    house.suspend(CollectionId=staff, Why="Because of Mr Bell of Hill Road")
    made = house.open_authorisation(Case="Bell 2026", Basis="Mr Bell of Hill Road was seen", Authority="Judge Hale")
    entries = [one for one in house.list_ledger_entries()["Entries"] if one["Operation"].startswith(("Susp", "Open"))]
    assert len(entries) == 2
    for word in ("Bell", "Hill", "Hale", staff):
        assert word not in str(entries)
    assert made["Authorisation"]["AuthorisationId"] in str(entries)
    for ask, request in (
        (house.resume, {"SuspensionId": "Mr Bell", "Why": "over"}),
        (house.decide_authorisation, {"AuthorisationId": "Mr Bell", "Decision": "granted", "Reference": "a"}),
        (house.revoke_key, {"AccessKeyId": "MrBell", "Why": "over"}),
        (house.rotate_key, {"AccessKeyId": "MrBell", "OverlapSeconds": 0}),
        (house.update_key, {"AccessKeyId": "MrBell", "Name": "Mr Bell"}),
    ):
        assert code(ask, **request) == "ResourceNotFoundException"
    assert "Bell" not in str(house.list_ledger_entries()["Entries"])


def test_every_change_counts_and_reading_does_not(house, parts):
    def version():
        return parts.database.rows(select(CONTROLS.c.version))[0]["version"]

    before = version()
    made = house.suspend(Act="identify", Why=WHY)["Suspension"]["SuspensionId"]
    house.resume(SuspensionId=made, Why="over")
    house.create_key(Name="a", Roles=["user"])
    house.open_authorisation(**REQUEST)
    assert version() == before + 4
    house.list_keys()
    house.list_suspensions()
    assert code(house.resume, SuspensionId=made, Why="over") == "ConflictException"
    assert version() == before + 4


# Authorised


@pytest.fixture
def opened(house):
    return house.open_authorisation(**REQUEST)["Authorisation"]


def state(parts, name):
    found = parts.service.tools.controls.authorisation("000000000000", name)
    return None if found is None else found.state


def test_a_request_is_pending_for_48_hours_and_then_has_lapsed_for_good(house, opened, parts, time, make):
    judge = make("governor", Person="Judith Hale")
    name = opened["AuthorisationId"]
    assert REQUEST.items() <= opened.items()
    assert opened["DecideBy"] - opened["OpenedAt"] == timedelta(hours=48)
    assert (opened["State"], state(parts, name)) == ("pending", "pending")
    time.passes(hours=47, minutes=59)
    assert state(parts, name) == "pending"
    time.passes(minutes=2)
    assert state(parts, name) == "lapsed"
    decision = {"AuthorisationId": name, "Decision": "granted", "Reference": "3 Gs 12/26"}
    told = judge("DecideAuthorisation", **decision)
    assert told[0] == "ConflictException"
    assert "lapsed on" in told[1]
    time.passes(days=-2)
    assert state(parts, name) == "lapsed"  # no clock set back brings it back


@pytest.mark.parametrize("decision", ["granted", "refused"])
def test_a_decision_is_final(house, opened, parts, make, decision):
    judge, name = make("governor", Person="Judith Hale"), opened["AuthorisationId"]
    told = judge("DecideAuthorisation", AuthorisationId=name, Decision=decision, Reference="3 Gs 12/26")
    assert told["Authorisation"]["State"] == decision == state(parts, name)
    assert told["Authorisation"]["Reference"] == "3 Gs 12/26"
    for again in ("granted", "refused"):
        told = judge("DecideAuthorisation", AuthorisationId=name, Decision=again, Reference="other")
        assert told[0] == "ConflictException"
        assert told[1].endswith("that is final.")


def test_of_two_decisions_at_once_one_is_taken(opened, make):
    judges = [make("governor", Person=one) for one in ("Judith Hale", "Matthew Hale")]
    told = at_once(
        *[
            lambda judge=judge, word=word: judge.code(
                "DecideAuthorisation", AuthorisationId=opened["AuthorisationId"], Decision=word, Reference="a"
            )
            for judge, word in zip(judges, ("granted", "refused"), strict=True)
        ]
    )
    assert sorted(told) == ["ConflictException", "answered"]


def test_a_granted_one_ends_when_it_says(house, opened, parts, make, time):
    judge, name = make("governor", Person="Judith Hale"), opened["AuthorisationId"]
    decision = {"AuthorisationId": name, "Reference": "a"}
    past, later = time() - timedelta(seconds=1), time() + timedelta(days=30)
    invalid = "InvalidParameterException"
    assert judge.code("DecideAuthorisation", **decision, Decision="granted", ExpiresAt=past) == invalid
    assert judge.code("DecideAuthorisation", **decision, Decision="refused", ExpiresAt=later) == invalid
    judge("DecideAuthorisation", **decision, Decision="granted", ExpiresAt=later)
    assert state(parts, name) == "granted"
    time.passes(days=31)
    assert state(parts, name) == "expired"
    time.passes(days=-20)
    assert state(parts, name) == "expired"
    told = judge("DecideAuthorisation", **decision, Decision="granted")
    assert "was granted on" in told[1]


def test_whoever_asked_sees_what_became_of_it_and_nobody_elses(house, server, given, parts, make):
    judge = make("governor", Person="Judith Hale")
    ada, ben = (make("admin", Person=name) for name in ("Ada Lovelace", "Ben Bell"))
    asked = ada("OpenAuthorisation", **REQUEST)["Authorisation"]["AuthorisationId"]
    searchers = [make("searcher", Person=name) for name in ("Ada Lovelace", "Ben Bell")]
    assert ben("DescribeAuthorisation", AuthorisationId=asked)["Authorisation"]["State"] == "pending"
    assert searchers[0].code("DescribeAuthorisation", AuthorisationId=asked) == DENIED  # open has no use for it
    judge("DecideAuthorisation", AuthorisationId=asked, Decision="granted", Reference="3 Gs 12/26")
    assert house.describe_authorisation(AuthorisationId=asked)["Authorisation"]["State"] == "granted"
    assert code(house.describe_authorisation, AuthorisationId="none") == "ResourceNotFoundException"


@pytest.mark.parametrize(("roles", "person", "sees"), [
    ({"searcher"}, "Ada Lovelace", True), ({"searcher"}, "Ben Bell", False), ({"governor"}, "Judith Hale", True),
])  # fmt: skip
def test_under_the_strict_pack_a_searcher_sees_their_own(given, roles, person, sees):
    def caller(name, *roles):
        key = f"AKIA{name[:3].upper()}"
        return Caller(key, given.account, "eu-west-3", Kind.KEY, person=name, roles=frozenset(roles))

    with app.build(replace(given, policy="law-enforcement")) as parts:
        ask = parts.service.call
        opened = ask("OpenAuthorisation", REQUEST, caller("Ada Lovelace", "searcher"), "r").response["Authorisation"]
        mine = {"AuthorisationId": opened["AuthorisationId"]}
        if sees:
            told = ask("DescribeAuthorisation", mine, caller(person, *roles), "r").response["Authorisation"]
            assert told["State"] == "pending"
        else:
            with pytest.raises(NotFound, match="does not exist"):
                ask("DescribeAuthorisation", mine, caller(person, *roles), "r")


def test_whoever_asked_does_not_decide_by_whichever_key(house, server, make):
    ada = make("governor", Person="Ada  Lovelace")
    opened = ada("OpenAuthorisation", **REQUEST)["Authorisation"]
    decision = {"AuthorisationId": opened["AuthorisationId"], "Decision": "granted", "Reference": "a"}
    session = holder(server, ada("CreateSession", DurationSeconds=600))
    namesake = make("governor", Person="ada lovelace")
    rotated = holder(server, house.rotate_key(AccessKeyId=ada.access_key, OverlapSeconds=3600))
    for hand in (ada, session, namesake, rotated):
        told = hand("DecideAuthorisation", **decision)
        assert told[0] == DENIED
        assert told[1].startswith("Whoever asked for an authorisation does not decide it. Another person's key has to")
    assert make("governor", Person="Grace Hopper").code("DecideAuthorisation", **decision) == "answered"


def test_authorisations_are_listed_by_state_and_case(house, make, time):
    judge = make("governor", Person="Judith Hale")

    def request(**more):
        return house.open_authorisation(**REQUEST | more)["Authorisation"]["AuthorisationId"]

    lapsing = request()
    time.passes(hours=49)
    granted, refused, expiring, pending, requested = (
        request(),
        request(),
        request(Case="B-2"),
        request(Case="C-3"),
        request(),
    )
    for name, word, more in (
        (granted, "granted", {}),
        (refused, "refused", {}),
        (expiring, "granted", {"ExpiresAt": time() + timedelta(minutes=1)}),
    ):
        judge("DecideAuthorisation", AuthorisationId=name, Decision=word, Reference="a", **more)
    time.passes(minutes=2)

    def ids(**request):
        found = paged(house.list_authorisations, **request)
        return [one["AuthorisationId"] for page in found for one in page["Authorisations"]]

    assert ids(MaxResults=2) == [lapsing, granted, refused, expiring, pending, requested]
    by_state = {"lapsed": lapsing, "granted": granted, "refused": refused, "expired": expiring, "pending": pending}
    by_state["requested"] = requested
    for word, name in by_state.items():
        assert ids(State=word) == [name]
    assert ids(Case="B-2") == [expiring]
    assert ids(Case="B-2", State="pending") == []


def test_after_a_refusal_or_a_lapse_another_for_that_case_counts_only_once_it_is_granted(house, parts, make, time):
    judge = make("governor", Person="Judith Hale")

    def request(case="A-1"):
        return house.open_authorisation(**REQUEST | {"Case": case})["Authorisation"]["AuthorisationId"]

    def decide(name, word):
        judge("DecideAuthorisation", AuthorisationId=name, Decision=word, Reference="3 Gs 12/26")

    first, beside = request(), request()
    assert [state(parts, one) for one in (first, beside)] == ["pending", "requested"]
    decide(first, "refused")
    again, other = request(), request("B-2")
    assert [state(parts, one) for one in (beside, again, other)] == ["requested", "requested", "pending"]
    time.passes(hours=49)
    assert [state(parts, one) for one in (beside, again, other)] == ["lapsed"] * 3
    late = request("B-2")
    assert state(parts, late) == "requested"
    told = house.list_authorisations(State="requested")["Authorisations"]
    assert [(one["AuthorisationId"], one["State"]) for one in told] == [(late, "requested")]
    assert house.list_authorisations(State="pending")["Authorisations"] == []
    decide(late, "granted")
    following = request("B-2")
    assert [state(parts, one) for one in (late, following)] == ["granted", "pending"]
    decide(following, "refused")
    assert state(parts, request("B-2")) == "requested"


def test_a_refusal_stops_whatever_else_is_pending_for_that_case(house, parts, make):
    judge = make("governor", Person="Judith Hale")
    first, second = (house.open_authorisation(**REQUEST)["Authorisation"]["AuthorisationId"] for _ in range(2))
    judge("DecideAuthorisation", AuthorisationId=second, Decision="refused", Reference="3 Gs 12/26")
    assert state(parts, first) == "requested"
    judge("DecideAuthorisation", AuthorisationId=first, Decision="granted", Reference="3 Gs 13/26")
    assert state(parts, first) == "granted"


def test_an_authorisation_stands_while_it_may_be_used(house, parts, make, time):
    judge, database = make("governor", Person="Judith Hale"), parts.database
    first, second = (house.open_authorisation(**REQUEST)["Authorisation"]["AuthorisationId"] for _ in range(2))

    def stands(name, account="000000000000"):
        return authorisations.stands(database, account, name, parts.service.tools.controls.now())

    assert (stands(first), stands(second), stands("ghost"), stands(first, "111111111111")) == (True, *[False] * 3)
    end = time() + timedelta(days=7)
    judge("DecideAuthorisation", AuthorisationId=second, Decision="granted", Reference="a", ExpiresAt=end)
    judge("DecideAuthorisation", AuthorisationId=first, Decision="refused", Reference="a")
    assert (stands(first), stands(second)) == (False, True)
    time.passes(days=8)
    assert not stands(second)


def test_what_was_refused_or_has_lapsed_is_to_be_sealed_once(house, opened, make, time, parts):
    judge = make("governor", Person="Judith Hale")
    refused, granted, pending = (house.open_authorisation(**REQUEST)["Authorisation"] for _ in range(3))
    for one, word in ((refused, "refused"), (granted, "granted")):
        judge("DecideAuthorisation", AuthorisationId=one["AuthorisationId"], Decision=word, Reference="a")

    def due():
        return {one.id for one in authorisations.lapsed(parts.database, time(), account="000000000000")}

    assert due() == {refused["AuthorisationId"]}
    time.passes(hours=49)
    lapsed = {one["AuthorisationId"] for one in (refused, opened, pending)}
    assert due() == lapsed
    assert authorisations.lapsed(parts.database, time(), account="111111111111") == []
    told = house.seal_lapsed()
    assert (set(told["Sealed"]), told["More"]) == (lapsed, False)
    assert due() == set()
    assert house.seal_lapsed()["Sealed"] == []
    listed = house.list_authorisations()["Authorisations"]
    assert {one["AuthorisationId"] for one in listed if "SealedAt" in one} == lapsed


def test_an_authorisation_of_another_account_is_none(opened, client_of, parts):
    stranger = client_of(account="111111111111", service="recognizance")
    assert stranger.list_authorisations()["Authorisations"] == []
    assert parts.service.tools.controls.authorisation("111111111111", opened["AuthorisationId"]) is None
    request = {"AuthorisationId": opened["AuthorisationId"], "Decision": "granted", "Reference": "a"}
    assert code(stranger.decide_authorisation, **request) == "ResourceNotFoundException"
    assert parts.service.tools.controls.authorisation("000000000000", "x" * 256) is None


def test_a_hand_is_known_again_through_rotations_sessions_and_names(parts, house, make):
    ada, other = make("governor", Person="Ada"), make("governor")

    def hand(key, issuer="", person=None):
        return keys.hand(parts.database, Caller(key, "000000000000", "here", person=person, issuer=issuer))

    new = house.rotate_key(AccessKeyId=ada.access_key, OverlapSeconds=0)["AccessKeyId"]
    assert hand(ada.access_key).is_of(hand(new))
    assert hand("ASIAX", issuer=new).is_of(hand(ada.access_key))
    assert not hand(other.access_key).is_of(hand(new))
    assert hand(other.access_key, person="ADA").is_of(hand("AKIAX", person=" ada"))
    assert not hand(other.access_key).is_of(hand("local-command-line"))

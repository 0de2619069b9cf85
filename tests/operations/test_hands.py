"""Two hands where the law wants two people: who made whose key, and whose name is whose."""

from datetime import timedelta

import pytest
from tests.operations.keyholders import Holder, holder

from recognizance.errors import AccessDenied
from recognizance.values import Caller, Kind

REQUEST = {"Case": "A-1", "Basis": "Camera of the bank, and a witness.", "Authority": "District court"}
DENIED, INVALID = "AccessDeniedException", "InvalidParameterException"


@pytest.fixture
def root(server, key):
    return Holder(server, key.access_key_id, key.secret)


@pytest.fixture
def make(root, server):
    """What makes a key, with the root key or another, and gives its holder; `rotate` rotates one."""

    def create(*roles, by=root, **more):
        return holder(server, by("CreateKey", Name="a key", Roles=list(roles or ("governor",)), **more))

    return create


@pytest.fixture
def rotate(server):
    def rotated(one, by):
        return holder(server, by("RotateKey", AccessKeyId=one.access_key, OverlapSeconds=3600))

    return rotated


def opened(by, case="A-1"):
    return by("OpenAuthorisation", **REQUEST | {"Case": case})["Authorisation"]["AuthorisationId"]


def decided(by, name):
    """Return what becomes of a decision: "granted", or the text of the refusal."""
    told = by("DecideAuthorisation", AuthorisationId=name, Decision="granted", Reference="3 Gs 12/26")
    return told[1] if isinstance(told, tuple) else told["Authorisation"]["State"]


@pytest.fixture
def qualified(time):
    """What qualifies somebody: gives "qualified", or the text of the refusal."""

    def qualify(by, person):
        until = time() + timedelta(days=90)
        told = by("QualifyReviewer", Person=person, Until=until, Evidence="the course of 2026")
        return told[1] if isinstance(told, tuple) else "qualified"

    return qualify


# Who decides


def test_keys_that_the_root_key_made_for_two_people_are_two_hands(make, root):
    gus, judy = make(Person="Gus"), make(Person="Judy")
    assert decided(judy, opened(gus)) == "granted"
    assert decided(judy, opened(root)) == "granted"


def test_only_a_key_that_names_a_person_decides(make, root):
    name = opened(make(Person="Gus"))
    for nobody in (make(), root):
        assert decided(nobody, name).startswith("Only a key that names the person who uses it decides")


def test_the_command_line_is_told_how_a_person_decides(parts, make):
    local = Caller("local-command-line", "000000000000", "here", Kind.LOCAL, roles=frozenset({"admin"}))
    name = opened(make(Person="Gus"))
    request = {"AuthorisationId": name, "Decision": "granted", "Reference": "a"}
    with pytest.raises(AccessDenied, match="recognizance keys create NAME --role governor --person PERSON"):
        parts.service.call("DecideAuthorisation", request, local, "x")


def test_nobody_decides_with_a_key_they_made(make):
    gus = make(Person="Gus")
    puppet = make(by=gus, Person="Judge Judy")
    second = make(by=puppet, Person="Judge Hale")
    third = make(by=gus, Person="Judge Dee")
    for asks, decides in ((gus, puppet), (gus, second), (puppet, gus), (second, gus), (puppet, third), (second, third)):
        assert decided(decides, opened(asks)).startswith("Whoever asked for an authorisation does not decide it")
    assert decided(make(Person="Grace Hopper"), opened(second)) == "granted"


def test_nobody_decides_with_a_key_they_rotated(make, rotate, root):
    gus, judy, grace = make(Person="Gus"), make(Person="Judy"), make(Person="Grace Hopper")
    taken = rotate(judy, by=gus)
    for one in (judy, taken, rotate(taken, by=taken)):
        assert decided(one, opened(gus)).startswith("Whoever asked for an authorisation does not decide it")
    assert decided(rotate(grace, by=root), opened(gus)) == "granted"


def test_a_session_is_its_keys_hand(make, server):
    gus = make(Person="Gus")
    puppet = make(by=gus, Person="Judge Judy")
    session = holder(server, puppet("CreateSession", DurationSeconds=600))
    assert decided(session, opened(gus)).startswith("Whoever asked for an authorisation does not decide it")


def test_another_key_of_the_makers_person_is_the_makers_hand(make):
    gus, again = make(Person="Gus"), make(Person=" GUS ")
    puppet = make(by=gus, Person="Judge Judy")
    assert decided(puppet, opened(again)).startswith("Whoever asked for an authorisation does not decide it")


# Who qualifies


def test_only_a_key_that_names_a_person_qualifies(make, root, qualified):
    for nobody in (make(), root):
        assert qualified(nobody, "Rita").startswith("Only a key that names the person who uses it qualifies")
    assert qualified(make(Person="Gus"), "Rita") == "qualified"


def test_nobody_qualifies_themselves_or_a_hand_of_theirs(make, rotate, qualified):
    ada, gus = make("admin", Person="Ada"), make(Person="Gus")
    make("reviewer", by=ada, Person="Rita")
    puppet = make(by=ada, Person="Judge Judy")
    for by, whom in ((ada, "ada "), (ada, "Rita"), (puppet, "rita"), (puppet, "Ada"), (ada, "Judge Judy")):
        assert qualified(by, whom).startswith("Nobody qualifies themselves"), whom
    assert qualified(gus, "Rita") == "qualified"
    rotate(make("reviewer", Person="Rolf"), by=ada)
    assert qualified(ada, "Rolf").startswith("Nobody qualifies themselves")


# What people are called


@pytest.mark.parametrize(
    "name",
    [
        *(f"An{sign}na" for sign in "\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180b\u180f\u200b\u200f\u202e\u2060\u206f"),
        *(f"Anna{sign}" for sign in "\u3164\ufe00\ufe0f\ufeff\uffa0\U000e0001\U000e0100\u2800"),
        "\u3164",
    ],
    ids=ascii,
)
def test_a_persons_name_hides_nothing(root, make, qualified, name):
    gus = make(Person="Gus")
    assert root.code("CreateKey", Name="a", Roles=["reviewer"], Person=name) == INVALID
    assert qualified(gus, name).startswith("Person should be text of characters that show")


@pytest.mark.parametrize("name", ["\u0410nna", "Ann\u03b1", "\u0531nna", "\u13a0nna"], ids=ascii)
def test_a_persons_name_is_of_one_script(root, make, qualified, name):
    told = root("CreateKey", Name="a", Roles=["reviewer"], Person=name)
    assert told[0] == INVALID
    assert told[1].startswith("Person should be written in one script, and mixes letters of ")
    assert qualified(make(Person="Gus"), name) == told[1]


def test_a_persons_name_has_a_letter(root, make, qualified):
    for name in ("123", "--", "\u0301"):
        assert (
            root("CreateKey", Name="a", Roles=["reviewer"], Person=name)[1] == "Person should have at least one letter."
        )
    assert qualified(make(Person="Gus"), "42") == "Person should have at least one letter."


@pytest.mark.parametrize(
    "name", ["Ines O'Brien-Söderström", "José María", "Анна Ахматова", "Ελένη", "王 小明", "Աննա", "ማርያም"]
)
def test_names_of_all_the_world_are_names(root, name):
    made = root("CreateKey", Name="a", Roles=["reviewer"], Person=f"  {name.replace(' ', '   ')} ")
    assert made["Key"]["Person"] == name


def test_a_name_is_the_same_however_it_is_written(make):
    gus = make(Person="Straße Ångström")
    for same in ("STRASSE A\u030angstro\u0308m", "\uff33\uff54rasse  \u212bngström"):
        assert decided(make(Person=same), opened(gus)).startswith("Whoever asked")


# A key's person and its end


def test_a_keys_person_is_not_changed(root, make):
    gus, nobody = make(Person="Gus"), make()
    for one, person in ((gus, "Judy"), (gus, ""), (nobody, "Judy")):
        told = root("UpdateKey", AccessKeyId=one.access_key, Person=person)
        assert told == (INVALID, "The person of a key is not changed: make a new key for the other person.")
    assert root.code("UpdateKey", AccessKeyId=gus.access_key, Person="GUS", Name="b") == "answered"
    assert {one.get("Person") for one in root("ListKeys")["Keys"]} == {"Gus", None}


def test_a_rotation_gives_no_key_a_later_end_than_the_key_that_rotates(make, root, time):
    end = time() + timedelta(days=1)
    brief = make(Person="Gus", ExpiresAt=end)
    for other in (make(), make(ExpiresAt=time() + timedelta(days=9))):
        told = brief("RotateKey", AccessKeyId=other.access_key, OverlapSeconds=0)["Key"]
        assert told["ExpiresAt"] == pytest.approx(end.timestamp(), abs=1)
    soon = time() + timedelta(hours=1)
    told = brief("RotateKey", AccessKeyId=make(ExpiresAt=soon).access_key, OverlapSeconds=0)["Key"]
    assert told["ExpiresAt"] == pytest.approx(soon.timestamp(), abs=1)
    told = root("RotateKey", AccessKeyId=make(ExpiresAt=end).access_key, OverlapSeconds=0)["Key"]
    assert told["ExpiresAt"] == pytest.approx(end.timestamp(), abs=1)

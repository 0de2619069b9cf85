"""Access keys and sessions: made, used, rotated, ended, and everything that is refused on the way."""

import base64
import os
import re
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update
from tests.client import ask, in_process, signed
from tests.operations.conftest import at_once, code, paged, refusal
from tests.operations.keyholders import Holder, holder

from recognizance import app
from recognizance.accountability import keyring
from recognizance.accountability.sessions import Session
from recognizance.accountability.watch import Watch
from recognizance.database.tables import ACCESS_KEYS
from recognizance.errors import DatabaseUnusable, SessionEnded, SettingsWrong
from recognizance.values import Stated

UNKNOWN = ("UnrecognizedClientException", "The security token included in the request is invalid.")
EXPIRED = ("ExpiredTokenException", "The security token included in the request is expired")
GHOST = "AKIAAAAAAAAAAAAAAAAA"


@pytest.fixture
def make(house, server):
    """What makes a key and gives its holder."""

    def create(*roles, name="camera at the gate", **more):
        return holder(server, house.create_key(Name=name, Roles=list(roles or ("user",)), **more))

    return create


@pytest.fixture
def root(server, key):
    return Holder(server, key.access_key_id, key.secret)


def listed(house):
    return {one["AccessKeyId"]: one for one in house.list_keys()["Keys"]}


# Made and used


def test_a_key_looks_as_awss_do_and_signs_at_once(house, server, time):
    made = house.create_key(Name="  front desk ", Person="Ada Lovelace", Roles=["user"], Purpose="access control")
    assert re.fullmatch("AKIA[A-Z2-7]{16}", made["AccessKeyId"])
    assert len(made["SecretAccessKey"]) == 40
    assert made["Key"] == {
        "AccessKeyId": made["AccessKeyId"], "Name": "front desk", "Person": "Ada Lovelace", "Roles": ["user"],
        "Purpose": "access control", "State": "active", "MadeBy": "AKIDEXAMPLE000000001",
        "CreatedAt": made["Key"]["CreatedAt"],
    }  # fmt: skip
    client = in_process(server, access_key=made["AccessKeyId"], secret=made["SecretAccessKey"])
    assert client.list_collections()["CollectionIds"] == []


def test_who_signs_with_a_key_asks_with_its_name_roles_and_purpose(make, parts, monkeypatch):
    asked = []
    monkeypatch.setattr(type(parts.service.tools.controls), "stopped", lambda self, ask: asked.append(ask))
    make("user", Person="Ada", Purpose="tests")("ListCollections")
    (caller,) = {one.caller for one in asked if one.operation == "ListCollections"}
    assert (caller.person, caller.roles, caller.kind.value) == ("Ada", frozenset({"user"}), "key")
    assert [one.stated.purpose for one in asked if one.operation == "ListCollections"] == ["tests"]


def test_keys_are_listed_in_pages_and_without_secrets(house, make, parts):
    made = [make(name=f"key {number}") for number in range(3)]
    pages = paged(house.list_keys, MaxResults=2)
    assert [one["AccessKeyId"] for page in pages for one in page["Keys"]] == [one.access_key for one in made]
    text = str(pages) + str(parts.database.rows(select(ACCESS_KEYS)))
    assert not any(one.secret in text or one.secret in repr(one) for one in made)


def test_no_secret_reaches_the_ledger_or_the_log(house, make, caplog):
    caplog.set_level("DEBUG", logger="recognizance")
    caplog.set_level("DEBUG", logger="sqlalchemy")
    made = make(Purpose="a purpose", Person="Ada Lovelace")
    session = made("CreateSession", DurationSeconds=60)
    holder(made.server, session)("ListCollections")
    entries = str(house.list_ledger_entries()["Entries"])
    for secret in (made.secret, session["SecretAccessKey"], session["SessionToken"]):
        assert secret not in entries + caplog.text
    assert "Lovelace" not in entries
    assert "camera at the gate" not in entries


@pytest.mark.parametrize("name", ["a\nb", "a\x00b", "a\x1b[31mb", "\u202eevil", "   ", "a\u2028b", "a\x7f"], ids=ascii)
def test_names_that_would_show_as_something_else_are_refused(house, name):
    for member in ("Name", "Person", "Purpose"):
        request = {"Name": "a", "Roles": ["user"], member: name}
        if member != "Name" and not name.strip():
            continue
        broken = "ValidationException" if "\0" in name else "InvalidParameterException"
        assert refusal(house.create_key, **request)[0] == broken
    assert house.list_keys()["Keys"] == []


def test_a_role_that_there_is_not_is_answered_with_those_there_are(house):
    told = refusal(house.create_key, Name="a", Roles=["user", "emperor"])
    assert told == (
        "InvalidParameterException",
        "There is no role 'emperor'; the roles are admin, user, enroller, searcher, reader, reviewer, auditor, "
        "governor.",
    )


def test_an_end_in_the_past_is_refused(house, time):
    for end in (time(), time() - timedelta(days=1)):
        assert code(house.create_key, Name="a", Roles=["user"], ExpiresAt=end) == "InvalidParameterException"


# Ended


def test_a_key_that_was_revoked_is_unknown_at_once_and_stays_listed_with_the_reason(house, make):
    made = make()
    assert made.known == "answered"
    house.revoke_key(AccessKeyId=made.access_key, Why="the laptop was stolen")
    assert made("ListCollections") == UNKNOWN
    told = listed(house)[made.access_key]
    assert (told["State"], told["RevokedWhy"]) == ("revoked", "the laptop was stolen")
    for ask_again in (house.revoke_key, house.update_key, house.rotate_key):
        more = {"revoke_key": {"Why": "a"}, "update_key": {"Name": "b"}, "rotate_key": {"OverlapSeconds": 0}}
        name = ask_again.__name__
        assert refusal(ask_again, AccessKeyId=made.access_key, **more[name])[0] == "ConflictException"


def test_a_key_that_is_past_its_end_is_unknown_and_no_clock_brings_it_back(make, house, time):
    made = make(ExpiresAt=time() + timedelta(hours=1))
    time.passes(minutes=59)
    assert made.known == "answered"
    time.passes(minutes=2)
    assert made("ListCollections") == UNKNOWN
    time.passes(days=-1)
    assert made("ListCollections") == UNKNOWN
    assert listed(house)[made.access_key]["State"] == "expired"


def test_no_restart_with_a_clock_set_back_brings_a_key_back(make, house, parts, given, key, time):
    made = make(ExpiresAt=time() + timedelta(hours=1))
    time.passes(hours=2)
    house.list_models()  # the ledger has seen the later time
    time.passes(days=-1)
    with app.build(given, now=time) as again:
        server = app.endpoint(again, key, given)
        assert Holder(server, made.access_key, made.secret)("ListCollections") == UNKNOWN
        server.close()


def test_unknown_keys_and_wrong_secrets_get_awss_words(server, make):
    made = make()
    assert Holder(server, GHOST, made.secret)("ListCollections") == UNKNOWN
    told, text = Holder(server, made.access_key, "x" * 40)("ListCollections")
    assert told == "InvalidSignatureException"
    assert text.startswith("The request signature we calculated does not match")
    assert Holder(server, made.access_key, made.secret, "FwoGZXIvYXdzEJr")("ListCollections") == UNKNOWN


def test_a_key_of_another_account_is_unknown_here(make, house, server, client_of):
    stranger = client_of(account="111111111111", service="recognizance")
    made = stranger.create_key(Name="theirs", Roles=["user"])
    assert holder(server, made)("ListCollections") == UNKNOWN
    assert house.list_keys()["Keys"] == []
    assert code(house.revoke_key, AccessKeyId=made["AccessKeyId"], Why="a") == "ResourceNotFoundException"


def test_the_root_key_is_ended_by_no_operation(root, house, key):
    told = root("RevokeKey", AccessKeyId=key.access_key_id, Why="because")
    assert told[0] == "InvalidParameterException"
    assert told[1].startswith("The root key is not one that operations change or end. Give the server another")
    for operation, more in (("RotateKey", {"OverlapSeconds": 0}), ("UpdateKey", {"Name": "a"})):
        assert root.code(operation, AccessKeyId=key.access_key_id, **more) != "answered"
    told = refusal(house.revoke_key, AccessKeyId=GHOST, Why="because")
    assert told[0] == "ResourceNotFoundException"
    assert "or is a root key" in told[1]
    assert root.known == "answered"


# Rotated


def test_a_rotation_makes_the_same_key_anew_and_lets_the_old_one_end_after_the_overlap(house, make, server, time):
    old = make("user", "reviewer", name="desk", Person="Ada", Purpose="tests")
    told = house.rotate_key(AccessKeyId=old.access_key, OverlapSeconds=600)
    new = holder(server, told)
    assert {"Name": "desk", "Person": "Ada", "Roles": ["reviewer", "user"], "Purpose": "tests"}.items() <= told[
        "Key"
    ].items()
    assert told["Rotated"]["State"] == "rotated"
    assert new.access_key != old.access_key
    assert new.secret != old.secret
    assert (old.known, new.known) == ("answered", "answered")
    time.passes(minutes=11)
    assert (old.known, new.known) == (UNKNOWN[0], "answered")


def test_a_rotation_without_overlap_ends_the_old_key_at_once(house, make):
    old = make()
    house.rotate_key(AccessKeyId=old.access_key, OverlapSeconds=0)
    assert old("ListCollections") == UNKNOWN


def test_a_rotation_gives_nobody_more_time(house, make, server, time):
    old = make(ExpiresAt=time() + timedelta(minutes=30))
    told = house.rotate_key(AccessKeyId=old.access_key, OverlapSeconds=86_400)
    assert told["Rotated"]["ExpiresAt"] == told["Key"]["ExpiresAt"] == listed(house)[old.access_key]["ExpiresAt"]
    time.passes(minutes=31)
    assert (old.known, holder(server, told).known) == (UNKNOWN[0], UNKNOWN[0])
    assert code(house.rotate_key, AccessKeyId=told["AccessKeyId"], OverlapSeconds=0) == "InvalidParameterException"


def test_of_two_rotations_at_once_one_is_done(house, make):
    old = make()
    rotate = {"AccessKeyId": old.access_key, "OverlapSeconds": 600}
    told = at_once(*[lambda: house.rotate_key(**rotate)["AccessKeyId"]] * 2)
    assert told.count("ConflictException") == 1
    assert len(house.list_keys()["Keys"]) == 2


# Nobody gives more than they have


def test_a_governor_gives_the_roles_they_have_and_no_others(make):
    governor = make("governor", "user")
    assert governor.code("CreateKey", Name="a", Roles=["user"]) == "answered"
    assert governor.code("CreateKey", Name="a", Roles=["governor"]) == "answered"
    told = governor("CreateKey", Name="a", Roles=["admin"])
    assert told == ("AccessDeniedException", "Nobody gives a role they do not have themselves: admin.")
    assert governor.code("CreateKey", Name="a", Roles=["user", "reviewer"]) == "AccessDeniedException"


def test_a_governor_takes_over_no_key_that_may_do_more(make):
    admin, governor = make("admin"), make("governor")
    for operation, more in (
        ("RotateKey", {"OverlapSeconds": 0}),
        ("UpdateKey", {"Roles": ["governor"]}),
        ("UpdateKey", {"Person": "Somebody"}),
    ):
        assert governor.code(operation, AccessKeyId=admin.access_key, **more) == "AccessDeniedException"
    assert governor.code("UpdateKey", AccessKeyId=governor.access_key, Roles=["admin"]) == "AccessDeniedException"
    assert governor.code("RevokeKey", AccessKeyId=admin.access_key, Why="it was stolen") == "answered"


def test_a_key_with_an_end_makes_none_that_outlasts_it(make, time):
    governor = make("governor", "user", ExpiresAt=time() + timedelta(days=1))
    made = governor("CreateKey", Name="a", Roles=["user"])
    end = datetime.fromtimestamp(made["Key"]["ExpiresAt"], UTC)
    assert abs(end - (time() + timedelta(days=1))) < timedelta(seconds=1)
    told = governor.code("CreateKey", Name="a", Roles=["user"], ExpiresAt=time() + timedelta(days=2))
    assert told == "AccessDeniedException"
    more = {"AccessKeyId": made["AccessKeyId"], "ExpiresAt": time() + timedelta(days=2)}
    assert governor.code("UpdateKey", **more) == "AccessDeniedException"


def test_a_key_does_not_change_itself(make):
    admin = make("admin")
    told = admin("UpdateKey", AccessKeyId=admin.access_key, Person="Somebody else")
    assert told == ("AccessDeniedException", "A key does not change itself. Use another key.")


def test_what_is_changed_is_in_force_at_once(house, make, parts, time):
    made = make("user", Person="Ada", Purpose="tests", ExpiresAt=time() + timedelta(hours=1))
    house.update_key(AccessKeyId=made.access_key, Name="other", Purpose="", NeverExpires=True)
    told = listed(house)[made.access_key]
    assert told["Name"] == "other"
    assert told.keys().isdisjoint({"Purpose", "ExpiresAt"})
    found = parts.service.tools.keyring.key(made.access_key)
    assert (found.name, found.person, found.stated.purpose, found.expires_at) == ("other", "Ada", None, None)
    house.update_key(AccessKeyId=made.access_key, Roles=["reader"], ExpiresAt=time() + timedelta(hours=1))
    assert parts.service.tools.keyring.key(made.access_key).roles == {"reader"}
    both = {"ExpiresAt": time() + timedelta(hours=1), "NeverExpires": True}
    assert code(house.update_key, AccessKeyId=made.access_key, **both) == "InvalidParameterException"
    time.passes(hours=2)
    assert made("ListCollections") == UNKNOWN


# Sessions


def test_a_session_works_through_boto3_and_ends(house, make, server, time):
    made = make("user")
    told = made("CreateSession", DurationSeconds=900)
    assert re.fullmatch("ASIA[A-Z2-7]{16}", told["AccessKeyId"])
    client = in_process(
        server, access_key=told["AccessKeyId"], secret=told["SecretAccessKey"], token=told["SessionToken"]
    )
    assert client.list_collections()["CollectionIds"] == []
    time.passes(minutes=16)
    assert holder(server, told)("ListCollections") == EXPIRED
    time.passes(days=-1)
    assert holder(server, told)("ListCollections") == EXPIRED


def test_a_session_of_the_root_key_works_through_boto3(house, server):
    told = house.create_session(DurationSeconds=60)
    assert holder(server, told).known == "answered"
    assert told["Expiration"] > datetime.now(UTC)


def test_a_session_asks_as_its_key_narrowed_and_bound(make, parts, server, monkeypatch):
    made = make("user", "governor", Person="Ada", Purpose="tests")
    session = holder(
        server, made("CreateSession", DurationSeconds=60, Roles=["user"], Case="A-1", Purpose="missing person")
    )
    asked = []
    monkeypatch.setattr(type(parts.service.tools.controls), "stopped", lambda self, ask: asked.append(ask))
    session("ListCollections")
    (one,) = asked
    assert (one.caller.kind.value, one.caller.issuer, one.caller.person) == ("session", made.access_key, "Ada")
    assert (one.caller.roles, one.caller.binding) == (frozenset({"user"}), True)
    assert (one.stated.purpose, one.stated.case) == ("missing person", "A-1")


def test_a_session_states_what_it_was_made_for_and_nothing_else(make, server):
    session = holder(server, make()("CreateSession", DurationSeconds=60, Purpose="missing person", Case="A-1"))
    right, other = ("x-recognizance-case", "A-1"), ("x-recognizance-case", "B-2")
    assert session.code("ListCollections", headers=(right,)) == "answered"
    told = session("ListCollections", headers=(other,))
    assert told[0] == "AccessDeniedException"
    assert "made for another case" in told[1]


def test_a_session_for_some_collections_names_no_others(make, server, rekognition):
    for name in ("staff", "guests"):
        rekognition.create_collection(CollectionId=name)
    session = holder(server, make()("CreateSession", DurationSeconds=60, Collections=["staff"]))
    assert session.code("DescribeCollection", CollectionId="staff") == "answered"
    told = session("DescribeCollection", CollectionId="guests")
    assert told == ("AccessDeniedException", "This session was made for other collections.")
    arn = rekognition.describe_collection(CollectionId="guests")["CollectionARN"]
    assert session.code("TagResource", ResourceArn=arn, Tags={"a": "b"}) == "AccessDeniedException"
    assert session.code("ListCollections") == "AccessDeniedException"
    told = session("DetectFaces", Image={"Bytes": base64.b64encode(b"no picture").decode()})
    assert told[0] == "InvalidImageFormatException"


def test_a_session_makes_no_keys_and_no_sessions(make, server):
    made = make("admin")
    session = holder(server, made("CreateSession", DurationSeconds=60))
    for operation, request in {
        "CreateKey": {"Name": "a", "Roles": ["user"]},
        "CreateSession": {"DurationSeconds": 43_200},
        "RotateKey": {"AccessKeyId": made.access_key, "OverlapSeconds": 0},
        "RevokeKey": {"AccessKeyId": made.access_key, "Why": "a"},
        "UpdateKey": {"AccessKeyId": made.access_key, "NeverExpires": True},
    }.items():
        assert session.code(operation, **request) == "AccessDeniedException"


def test_a_session_has_no_role_that_its_key_has_not(make, house, parts, key):
    made = make("user", "reader")
    assert made.code("CreateSession", DurationSeconds=60, Roles=["admin"]) == "AccessDeniedException"
    assert made.code("CreateSession", DurationSeconds=60, Roles=["emperor"]) == "InvalidParameterException"
    told = made("CreateSession", DurationSeconds=60, Roles=["user"])
    house.update_key(AccessKeyId=made.access_key, Roles=["reader"])
    root = parts.service.tools.keyring.finds(key)
    assert root(told["AccessKeyId"], told["SessionToken"]).roles == frozenset()


def test_a_session_ends_with_its_key(make, house, server, time):
    made = make()
    session = holder(server, made("CreateSession", DurationSeconds=43_200))
    assert session.known == "answered"
    house.revoke_key(AccessKeyId=made.access_key, Why="it was stolen")
    assert session("ListCollections") == UNKNOWN

    other = make(ExpiresAt=time() + timedelta(seconds=120))
    told = other("CreateSession", DurationSeconds=43_200)
    assert told["Expiration"] <= (time() + timedelta(seconds=120)).timestamp()
    time.passes(seconds=121)
    assert holder(server, told)("ListCollections") == EXPIRED


def test_a_session_ends_in_its_time_though_the_clock_was_once_a_year_ahead(parts, house, given, key, time):
    made = house.create_key(Name="a", Roles=["user"])["AccessKeyId"]
    timer = [0.0]
    watch = Watch(parts.database, time, lambda: timer[0])
    ring = keyring.Keyring(parts.database, given.data / "keys", watch, os.urandom)
    watch.now()
    time.passes(days=365)
    watch.now()
    time.passes(days=-365)
    end = watch.now() + timedelta(seconds=60)
    session = Session("ASIAX", "x", made, key.account, end, Stated())
    token = ring.sealing().token(session)
    for seconds in (0, 59):
        timer[0] = seconds
        assert ring.finds(key)("ASIAX", token)
    timer[0] = 61
    with pytest.raises(SessionEnded):
        ring.finds(key)("ASIAX", token)


def test_how_long_a_session_lasts_has_limits(root):
    for seconds in (0, 59, 43_201, -5):
        assert root.code("CreateSession", DurationSeconds=seconds) == "ValidationException"


def test_a_session_for_an_authorisation_that_there_is_not_is_refused(house):
    assert code(house.create_session, DurationSeconds=60, Authorisation="none") == "ResourceNotFoundException"


def test_a_session_of_another_key_is_made_by_nobody_over_the_wire(make, root):
    made = make()
    told = root("CreateSession", DurationSeconds=60, AccessKeyId=made.access_key)
    assert told[0] == "AccessDeniedException"


# Tokens that are not what they should be


def altered(text, at):
    return text[:at] + ("A" if text[at] != "A" else "B") + text[at + 1 :]


def test_tampered_foreign_and_missing_tokens_are_invalid(make, server, house):
    told, other = (make()("CreateSession", DurationSeconds=600) for _ in range(2))
    token = told["SessionToken"]
    session = holder(server, told)
    assert session.known == "answered"
    for wrong in (
        altered(token, 3),
        altered(token, len(token) // 2),
        altered(token, len(token) - 6),
        token[:-4],
        token + "AAAA",
        other["SessionToken"],
        "x",
        "A" * 9000,
        "é".encode().decode("latin-1"),
        None,
    ):
        assert Holder(server, session.access_key, session.secret, wrong)("ListCollections") == UNKNOWN


def test_a_token_that_another_key_signed_for_does_not_match(make, server):
    first, second = make(), make()
    told = first("CreateSession", DurationSeconds=600)
    mixed = Holder(server, told["AccessKeyId"], second.secret, told["SessionToken"])
    assert mixed.code("ListCollections") == "InvalidSignatureException"
    key = Holder(server, second.access_key, second.secret, told["SessionToken"])
    assert key("ListCollections") == UNKNOWN


def test_a_token_that_is_not_signed_is_refused(make, server):
    told = make()("CreateSession", DurationSeconds=600)
    request = signed(access_key=told["AccessKeyId"], secret=told["SecretAccessKey"])
    request["headers"].append(("x-amz-security-token", told["SessionToken"]))
    answer = ask(server, **request)
    assert b"were not signed: x-amz-security-token" in answer.body


def test_two_tokens_are_none(make, server):
    told = make()("CreateSession", DurationSeconds=600)
    request = signed(access_key=told["AccessKeyId"], secret=told["SecretAccessKey"], token=told["SessionToken"])
    request["headers"].append(("x-amz-security-token", told["SessionToken"]))
    assert UNKNOWN[0].encode() in ask(server, **request).body


def test_a_replayed_signature_takes_no_other_statement(make, server):
    made = make()
    request = signed(
        access_key=made.access_key, secret=made.secret, headers=[("x-recognizance-purpose", "missing person")]
    )
    assert ask(server, **request).status == 200
    replayed = {
        **request,
        "headers": [
            (name, "other" if name.lower() == "x-recognizance-purpose" else value) for name, value in request["headers"]
        ],
    }
    assert b"InvalidSignatureException" in ask(server, **replayed).body
    added = {**request, "headers": [*request["headers"], ("x-recognizance-case", "A-1")]}
    assert b"were not signed: x-recognizance-case" in ask(server, **added).body


# The files and the rows that secrets depend on


def test_a_server_without_the_key_that_wraps_says_so_in_a_sentence(make, given, parts):
    make()
    (given.data / "keys" / keyring.WRAP).unlink()
    with app.build(given) as again, pytest.raises(SettingsWrong, match=r"wrap\.key is missing.*restore it from backup"):
        again.service.tools.keyring.check()
    assert not (given.data / "keys" / keyring.WRAP).exists()


@pytest.mark.parametrize(("content", "sentence"), [(bytes(32), "is not the key"), (b"short", "should hold 32 bytes")])
def test_a_server_with_another_key_that_wraps_says_so_in_a_sentence(make, given, content, sentence):
    make()
    (given.data / "keys" / keyring.WRAP).write_bytes(content)
    with app.build(given) as again, pytest.raises(SettingsWrong, match=sentence):
        again.service.tools.keyring.check()


def test_where_no_key_is_left_another_key_that_wraps_is_as_good(make, house, given):
    made = make()
    house.revoke_key(AccessKeyId=made.access_key, Why="the wrapping key is lost")
    (given.data / "keys" / keyring.WRAP).unlink()
    with app.build(given) as again:
        again.service.tools.keyring.check()


def test_a_secret_that_was_put_in_another_row_does_not_open(make, house, parts, caplog):
    first, second = make(), make()
    rows = {row["id"]: row for row in parts.database.rows(select(ACCESS_KEYS))}
    with parts.database.write() as tx:
        stolen = rows[first.access_key]["secret"]
        tx.run(update(ACCESS_KEYS).where(ACCESS_KEYS.c.id == second.access_key).values(secret=stolen))
    taken = Holder(second.server, second.access_key, first.secret)
    assert taken("ListCollections") == UNKNOWN
    assert f"the secret of the access key {second.access_key} does not open" in caplog.text
    assert "Traceback" not in caplog.text


def test_sessions_end_with_the_key_that_seals_them(make, server, given, parts, key, time):
    told = make()("CreateSession", DurationSeconds=600)
    (given.data / "keys" / keyring.SESSIONS).unlink()
    with app.build(given, now=time) as again:
        other = app.endpoint(again, key, given)
        assert holder(other, told)("ListCollections") == UNKNOWN
        other.close()


def test_where_the_database_cannot_be_read_nobody_is_let_in(make, parts, monkeypatch):
    made = make()
    assert made.known == "answered"

    def fails(self):
        raise DatabaseUnusable("the database cannot be read")

    monkeypatch.setattr(Watch, "version", fails)
    assert made.code("ListCollections") == "InternalServerError"

"""The one door: what it records of requests that are never answered, and what it refuses before asking the policy."""

import json

import pytest
from tests.client import ask, signed
from tests.operations.conftest import code
from tests.pictures import ANNA, people

from recognizance.accountability import ledger
from recognizance.errors import AccessDenied
from recognizance.values import Caller, Kind, Stated

ARN = "arn:aws:rekognition:eu-west-3:000000000000:collection/staff"
TERM = "recognizance:retention-days"


def caller(*roles, **more):
    return Caller("AKIDOFSOMEBODY", "000000000000", "eu-west-3", roles=frozenset(roles), **more)


def last(parts):
    return ledger.entries(parts.database)[-1]


def count(parts):
    return len(ledger.entries(parts.database))


def test_a_signed_request_that_breaks_a_constraint_is_recorded(server, parts):
    answer = ask(server, **signed("RekognitionService.CreateCollection", json.dumps({"CollectionId": "a b"}).encode()))
    assert answer.status == 400
    entry = last(parts)
    assert (entry.operation, entry.act, entry.outcome) == ("CreateCollection", "manage", "ValidationException")
    assert (entry.verdict, entry.rule) == ("deny", "wire/constraints")


def test_a_signed_request_with_a_header_that_cannot_be_is_recorded(server, parts):
    headers = [("x-recognizance-probe", "a photo")]
    assert ask(server, **signed("RekognitionService.ListCollections", headers=headers)).status == 400
    assert (last(parts).operation, last(parts).outcome) == ("ListCollections", "ValidationException")


def test_a_signed_request_for_what_is_not_served_is_recorded(server, parts):
    answer = ask(server, **signed("RekognitionService.RecognizeCelebrities", b'{"Image": {"Bytes": "aGk="}}'))
    assert answer.status == 501
    assert (last(parts).operation, last(parts).act) == ("RecognizeCelebrities", "none")
    assert (last(parts).outcome, last(parts).rule) == ("NotImplementedException", "unserved")


def test_an_unsigned_request_and_one_of_an_unknown_key_leave_no_entry(server, parts):
    before = count(parts)
    assert ask(server, body=b"{}", headers=[("x-amz-target", "RekognitionService.ListCollections")]).status == 400
    assert ask(server, **signed(access_key="AKIDNOBODY")).status == 400
    assert ask(server, **signed(secret="wrong")).status == 400
    assert count(parts) == before


def test_headers_taken_from_another_request_do_not_hold(server, parts):
    request = signed("RekognitionService.ListCollections", headers=[("x-recognizance-purpose", "a test")])
    forged = [("x-recognizance-purpose", "missing-person") if n == "x-recognizance-purpose" else (n, v)
              for n, v in request["headers"]]  # fmt: skip
    before = count(parts)
    assert b"InvalidSignatureException" in ask(server, **request | {"headers": forged}).body
    added = signed("RekognitionService.ListCollections")
    added["headers"].append(("x-recognizance-case", "2026-117"))
    assert b"InvalidSignatureException" in ask(server, **added).body
    assert count(parts) == before


@pytest.mark.parametrize("header", ["a photo", "kind=", "source=a camera", "kind=photo; colour=red", "kind"])
def test_a_probe_is_declared_in_one_way(server, header):
    headers = [("x-recognizance-probe", header)]
    answer = ask(server, **signed("RekognitionService.ListCollections", headers=headers))
    assert b"kind=photo; source=a camera; edits=cropped, brightened" in answer.body


def test_a_declared_probe_is_in_the_entry(server, parts):
    headers = [("x-recognizance-probe", "kind=Photo; source=a shop; edits=cropped, brightened")]
    assert ask(server, **signed("RekognitionService.ListCollections", headers=headers)).status == 200
    probe = last(parts).stated.probe
    assert (probe.kind, probe.source, probe.edits) == ("photo", "a shop", ("cropped", "brightened"))


def test_tags_that_steer_policies_are_for_governors(rekognition, parts, staff):
    for roles in (("user",), ("user", "auditor")):
        for name, request in {
            "TagResource": {"ResourceArn": ARN, "Tags": {TERM: "99999"}},
            "UntagResource": {"ResourceArn": ARN, "TagKeys": [TERM]},
            "CreateCollection": {"CollectionId": "other", "Tags": {TERM: "1"}},
        }.items():
            with pytest.raises(AccessDenied, match="are for a governor to set"):
                parts.service.call(name, request, caller(*roles), "r")
            assert last(parts).rule == "tags/steer-the-policy"
    parts.service.call("TagResource", {"ResourceArn": ARN, "Tags": {TERM: "30"}}, caller("governor"), "r")
    parts.service.call("TagResource", {"ResourceArn": ARN, "Tags": {"team": "red"}}, caller("user"), "r")


def test_a_tag_operation_is_recorded_with_the_collection_its_arn_names(rekognition, parts, staff):
    rekognition.list_tags_for_resource(ResourceArn=ARN)
    assert last(parts).facts["collection"] == parts.service.tools.seal.digest("staff")


def test_a_session_may_state_nothing_but_what_it_was_made_for(parts, staff):
    bound = caller("admin", kind=Kind.SESSION, stated=Stated("audit", "7"), binding=True)
    parts.service.call("ListCollections", {}, bound, "r")
    parts.service.call("ListCollections", {}, bound, "r", stated=Stated("audit"))
    assert (last(parts).purpose, last(parts).case) == ("audit", "7")
    with pytest.raises(AccessDenied, match="made for another case"):
        parts.service.call("ListCollections", {}, bound, "r", stated=Stated("audit", "8"))
    assert last(parts).rule == "session/states-what-it-was-made-for"


def test_the_purpose_of_a_key_stands_where_a_request_states_none(parts, staff):
    one = caller("admin", stated=Stated("access control"))
    parts.service.call("ListCollections", {}, one, "r")
    assert last(parts).purpose == "access control"
    parts.service.call("ListCollections", {}, one, "r", stated=Stated("a drill"))
    assert last(parts).purpose == "a drill"


def test_a_refused_caller_learns_nothing_of_what_is_there(parts, rekognition, staff):
    nobody = caller()
    said = set()
    for name in ("staff", "ghost"):
        with pytest.raises(AccessDenied) as refused:
            parts.service.call("DescribeCollection", {"CollectionId": name}, nobody, "r")
        said.add(str(refused.value))
    assert len(said) == 1


def test_an_entry_names_a_client_address_only_by_its_keyed_digest(parts, staff):
    parts.service.call("ListCollections", {}, caller("admin"), "r", address="192.0.2.7")
    assert last(parts).address == parts.service.tools.seal.digest("192.0.2.7")[:32]


def test_a_picture_that_is_none_is_recorded_with_its_error(rekognition, parts, staff):
    assert code(rekognition.detect_faces, Image={"Bytes": b"no picture"}) == "InvalidImageFormatException"
    assert last(parts).outcome == "InvalidImageFormatException"
    rekognition.detect_faces(Image={"Bytes": people(ANNA)})
    assert last(parts).outcome == "answered"


def test_a_signed_request_for_no_operation_at_all_is_recorded(server, parts):
    assert ask(server, **signed("RekognitionService.Nothing")).status == 400
    assert (last(parts).operation, last(parts).outcome) == ("Unknown", "UnknownOperationException")


def test_a_throttled_request_is_recorded(server, parts):
    server.places._limit = 0
    assert b"ThrottlingException" in ask(server, **signed("RekognitionService.ListCollections")).body
    assert (last(parts).operation, last(parts).outcome) == ("ListCollections", "ThrottlingException")


@pytest.mark.parametrize("header", ["kind=sketch; kind=photo", "kind=photo; edits=none; edits=mirrored"])
def test_a_probe_says_each_thing_once(server, header):
    answer = ask(server, **signed("RekognitionService.ListCollections", headers=[("x-recognizance-probe", header)]))
    assert answer.status == 400


def test_a_stated_text_means_the_same_however_many_blanks_it_came_with(server, parts):
    headers = [("x-recognizance-purpose", "missing   person")]
    assert ask(server, **signed("RekognitionService.ListCollections", headers=headers)).status == 200
    assert last(parts).purpose == "missing person"

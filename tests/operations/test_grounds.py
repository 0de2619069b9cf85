"""On what ground a face is kept, and its end: ListFaceGrounds, ExpireFaces, WithdrawConsent, and what upkeep does."""

import base64
import json
import uuid
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from sqlalchemy import select
from tests.client import ask, in_process, signed
from tests.operations.conftest import body, code, paged
from tests.pictures import ANNA, BRUNO, EMMA, people

from recognizance import upkeep
from recognizance.accountability import ledger
from recognizance.database.tables import CONTENTS, GROUNDS
from recognizance.gallery import collections, contents
from recognizance.values import CollectionId

ARN = "arn:aws:rekognition:eu-west-3:000000000000:collection/staff"
TERM = "recognizance:retention-days"
ACCOUNT = "000000000000"


@pytest.fixture
def consenting(server, key):
    """A client that states a consent with every request."""
    stated = {"consent": "release 17"}
    client = in_process(server, access_key=key.access_key_id, secret=key.secret)
    client.meta.events.register(
        "before-sign.rekognition",
        lambda request, **_: [request.headers.add_header(f"x-recognizance-{k}", v) for k, v in stated.items()],
    )
    yield client
    client.close()


def index(client, *sitters):
    answer = client.index_faces(CollectionId="staff", Image={"Bytes": people(*sitters)}, QualityFilter="NONE")
    return [one["Face"]["FaceId"] for one in answer["FaceRecords"]]


def do_due(parts):
    upkeep.do_due(parts.service, lambda: "upkeep")


def kept(rekognition):
    return {one["FaceId"] for one in rekognition.list_faces(CollectionId="staff")["Faces"]}


def grounds(house):
    return {one["FaceId"]: one for one in house.list_face_grounds(CollectionId="staff")["Grounds"]}


def test_a_face_without_term_or_consent_has_no_ground_to_list(house, team):
    assert body(house.list_face_grounds(CollectionId="staff")) == {"Grounds": []}


def test_a_face_has_the_consent_it_was_enrolled_on_and_the_term_of_its_collection(
    rekognition, consenting, house, staff, time
):
    (before,) = index(consenting, ANNA)
    rekognition.tag_resource(ResourceArn=ARN, Tags={TERM: "30"})
    (after,) = index(rekognition, BRUNO)

    found = grounds(house)
    assert found[before]["Consent"] == "release 17"
    assert "Until" not in found[before]
    assert (found[after]["Until"] - found[after]["EnrolledAt"]).days == 30
    assert "Consent" not in found[after]


def test_grounds_come_in_pages(rekognition, consenting, house, staff):
    ids = index(consenting, ANNA, BRUNO, EMMA)
    pages = paged(house.list_face_grounds, CollectionId="staff", MaxResults=1)
    assert [one["FaceId"] for page in pages for one in page["Grounds"]] == ids


def test_the_server_erases_a_face_when_its_term_ends_and_not_before(rekognition, parts, staff, time):
    rekognition.tag_resource(ResourceArn=ARN, Tags={TERM: "30"})
    index(rekognition, ANNA)
    time.passes(days=29, hours=23)
    do_due(parts)
    assert len(kept(rekognition)) == 1

    time.passes(hours=1)
    do_due(parts)
    assert kept(rekognition) == set()
    last = ledger.entries(parts.database)[-2]
    assert (last.operation, last.act, last.access_key) == ("ExpireFaces", "forget", "the-server")
    assert last.facts["deleted"] == 1


def test_upkeep_leaves_no_entry_where_nothing_is_due(parts, rekognition, team):
    before = len(ledger.entries(parts.database))
    do_due(parts)
    assert len(ledger.entries(parts.database)) == before


def test_an_expired_face_is_no_longer_found(rekognition, parts, staff, time):
    rekognition.tag_resource(ResourceArn=ARN, Tags={TERM: "1"})
    index(rekognition, ANNA)
    time.passes(days=2)
    do_due(parts)
    assert rekognition.search_faces_by_image(CollectionId="staff", Image={"Bytes": people(ANNA)})["FaceMatches"] == []


def test_with_the_last_face_of_a_user_goes_the_user(rekognition, house, users, staff, time):
    rekognition.tag_resource(ResourceArn=ARN, Tags={TERM: "1"})
    (anna,) = index(rekognition, ANNA)
    rekognition.untag_resource(ResourceArn=ARN, TagKeys=[TERM])
    emma, bruno = index(rekognition, EMMA, BRUNO)
    users(anna=[anna], emma=[emma])
    rekognition.associate_faces(CollectionId="staff", UserId="emma", FaceIds=[bruno], UserMatchThreshold=0)
    time.passes(days=2)

    assert body(house.expire_faces(CollectionId="staff")) == {"ExpiredFaces": [anna], "More": False}
    assert [one["UserId"] for one in rekognition.list_users(CollectionId="staff")["Users"]] == ["emma"]


def test_a_consent_that_is_withdrawn_takes_its_faces_and_no_others(rekognition, consenting, house, staff):
    mine = index(consenting, ANNA, BRUNO)
    other = index(rekognition, EMMA)
    answer = house.withdraw_consent(CollectionId="staff", Consent="release 17")
    assert set(answer["DeletedFaces"]) == set(mine)
    assert kept(rekognition) == set(other)
    assert house.withdraw_consent(CollectionId="staff", Consent="release 17")["DeletedFaces"] == []


def test_the_ledger_holds_no_consent_in_clear(consenting, house, parts, staff):
    index(consenting, ANNA)
    house.withdraw_consent(CollectionId="staff", Consent="release 17")
    assert all("release 17" not in str(entry.facts) for entry in ledger.entries(parts.database))


@pytest.mark.parametrize("days", ["0", "-1", "soon", "", "36501", "1.5", "٣", " 30", "0000000019999999999"])
def test_a_term_that_is_no_number_of_days_is_no_tag(rekognition, staff, days):
    assert code(rekognition.tag_resource, ResourceArn=ARN, Tags={TERM: days}) == "InvalidParameterException"
    made = {"CollectionId": "other", "Tags": {TERM: days}}
    assert code(rekognition.create_collection, **made) == "InvalidParameterException"


def test_a_deleted_face_and_a_deleted_collection_leave_no_ground_behind(rekognition, consenting, parts, staff):
    (anna,) = index(consenting, ANNA)
    rekognition.delete_faces(CollectionId="staff", FaceIds=[anna])
    assert parts.database.rows(select(GROUNDS)) == []
    index(consenting, BRUNO)
    rekognition.delete_collection(CollectionId="staff")
    assert parts.database.rows(select(GROUNDS)) == parts.database.rows(select(CONTENTS)) == []


def test_operations_on_a_collection_that_is_not_there_say_so(house):
    assert code(house.list_face_grounds, CollectionId="ghost") == "ResourceNotFoundException"
    assert code(house.expire_faces, CollectionId="ghost") == "ResourceNotFoundException"
    assert code(house.withdraw_consent, CollectionId="ghost", Consent="a") == "ResourceNotFoundException"


def test_a_search_is_recorded_with_the_root_of_what_was_searched(rekognition, parts, team, users):
    users(emma=[team.emma, team.emma_again])
    rekognition.delete_faces(CollectionId="staff", FaceIds=[team.anna])
    rekognition.search_faces(CollectionId="staff", FaceId=team.emma)

    facts = ledger.entries(parts.database)[-1].facts
    collection = collections.find(parts.database, ACCOUNT, CollectionId("staff"))
    assert facts["root"] == collection.root == contents.computed(parts.database, collection)[0]
    assert (facts["revision"], facts["gallery"]) == (collection.revision, 4)
    assert facts["expected_false"] > 0


def test_a_known_picture_enrolled_again_gets_the_ground_it_lacked(rekognition, consenting, house, staff):
    (anna,) = index(rekognition, ANNA)
    assert grounds(house) == {}
    rekognition.tag_resource(ResourceArn=ARN, Tags={TERM: "30"})
    assert index(consenting, ANNA) == [anna]
    assert grounds(house)[anna]["Consent"] == "release 17"
    assert "Until" in grounds(house)[anna]


def test_enrolling_again_takes_no_consent_away_and_makes_no_term_longer(rekognition, consenting, house, staff, time):
    rekognition.tag_resource(ResourceArn=ARN, Tags={TERM: "30"})
    (anna,) = index(consenting, ANNA)
    before = grounds(house)
    time.passes(days=3)
    assert index(rekognition, ANNA) == index(consenting, ANNA) == [anna]
    assert grounds(house) == before
    assert house.withdraw_consent(CollectionId="staff", Consent="release 17")["DeletedFaces"] == [anna]


def test_a_face_is_not_enrolled_on_two_consents(rekognition, consenting, house, server, key, staff):
    index(consenting, ANNA)
    headers = [("x-recognizance-consent", "release 18")]
    request = {
        "CollectionId": "staff",
        "Image": {"Bytes": base64.b64encode(people(ANNA)).decode()},
        "QualityFilter": "NONE",
    }
    answer = ask(server, **signed("RekognitionService.IndexFaces", json.dumps(request).encode(), headers=headers))
    assert b"another consent" in answer.body
    assert len(house.withdraw_consent(CollectionId="staff", Consent="release 17")["DeletedFaces"]) == 1


def test_a_restored_face_keeps_its_term_whatever_its_file_says_of_when_it_was_enrolled(
    rekognition, house, staff, team, time
):
    face = house.export_collection(CollectionId="staff")["Faces"][0]
    rekognition.create_collection(CollectionId="copy", Tags={TERM: "1"})
    for far in (time.at + timedelta(days=20_000), datetime(9999, 12, 31, tzinfo=UTC)):
        given = face | {"EnrolledAt": far, "FaceId": str(uuid.uuid4())}
        assert house.restore_faces(CollectionId="copy", Faces=[given])["Restored"] == 1
    for one in house.list_face_grounds(CollectionId="copy")["Grounds"]:
        assert one["Until"] <= time.at + timedelta(days=1, seconds=1)


@pytest.mark.parametrize("width", [1e300, 11.0, float(np.finfo(np.float32).max)])
def test_a_restored_face_has_a_box_that_can_be_told(rekognition, house, staff, team, width):
    face = house.export_collection(CollectionId="staff")["Faces"][0]
    rekognition.create_collection(CollectionId="copy")
    given = face | {"BoundingBox": face["BoundingBox"] | {"Width": width}}
    assert code(house.restore_faces, CollectionId="copy", Faces=[given]) == "InvalidParameterException"


def test_what_cannot_be_done_keeps_nothing_else_from_being_done(parts, rekognition, staff, time, caplog):
    rekognition.tag_resource(ResourceArn=ARN, Tags={TERM: "1"})
    index(rekognition, ANNA)
    time.passes(days=2)
    (due,) = [one for one in parts.service.due() if one[1] == "ExpireFaces"]

    class Failing:
        def due(self):
            return [({}, "Fails", due[2]), due]

        def call(self, name, request, caller, request_id):
            if name == "Fails":
                raise ZeroDivisionError("by hand")
            return parts.service.call(name, request, caller, request_id)

    upkeep.do_due(Failing(), lambda: "upkeep")
    assert kept(rekognition) == set()
    assert "Fails was due and is not done yet" in caplog.text


@pytest.mark.parametrize(
    ("operation", "asked"),
    [
        ("withdraw_consent", {"CollectionId": "staff", "Consent": "a\0b"}),
        ("list_authorisations", {"Case": "a\0b"}),
        ("describe_authorisation", {"AuthorisationId": "a\0b"}),
        ("decide_authorisation", {"AuthorisationId": "a\0b", "Decision": "granted", "Reference": "x"}),
        ("close_finding", {"FindingId": "a\0b", "Note": "looked at by two people"}),
        ("list_findings", {"AuditId": "a\0b"}),
        ("resume", {"SuspensionId": "a\0b", "Why": "because of it"}),
    ],
)
def test_a_character_that_a_database_cannot_hold_is_refused(house, staff, operation, asked):
    assert code(getattr(house, operation), **asked) == "ValidationException"

"""A clock that jumps: tokens, order and searches stay sensible, whatever it says."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from botocore.exceptions import ClientError
from tests.pictures import Sitter, people

from recognizance import app, private
from recognizance.accountability import ledger

STAFF = {"CollectionId": "staff"}


@dataclass
class Time:
    at: datetime = field(default_factory=lambda: datetime.now(UTC))

    def __call__(self):
        return self.at

    def jumps(self, **far):
        self.at += timedelta(**far)


@pytest.fixture
def time():
    return Time()


@pytest.fixture
def parts(given, time, new_database):
    private.folder(given.data)
    new_database(given.database_file)
    with app.build(given, now=time) as built:
        yield built


@pytest.fixture
def staff(rekognition):
    rekognition.create_collection(**STAFF)
    return rekognition


def picture(who):
    return {"Bytes": people(Sitter(who, 8))}


def enrol(client, who):
    answer = client.index_faces(**STAFF, Image=picture(who), QualityFilter="NONE")
    return answer["FaceRecords"][0]["Face"]["FaceId"]


def found(client, who):
    answer = client.search_faces_by_image(**STAFF, Image=picture(who), FaceMatchThreshold=0)
    return {match["Face"]["FaceId"] for match in answer["FaceMatches"]}


def code(ask, **request):
    with pytest.raises(ClientError) as raised:
        ask(**request)
    return raised.value.response["Error"]["Code"]


@pytest.mark.parametrize("far", [{"days": 400}, {"days": -400}, {"seconds": -1}, {"days": 11000}], ids=str)
def test_who_is_enrolled_before_and_after_a_jump_is_found(staff, time, far):
    before = enrol(staff, 1)
    assert found(staff, 1) == {before}
    time.jumps(**far)
    after = enrol(staff, 2)
    assert found(staff, 2) == {before, after}
    staff.delete_faces(**STAFF, FaceIds=[before])
    time.jumps(**{unit: -one for unit, one in far.items()})
    assert found(staff, 1) == {after}


def test_collections_and_users_are_listed_in_the_order_they_were_made_whatever_the_clock_said(staff, time):
    for name, days in (("b", 300), ("a", -600), ("c", 1)):
        time.jumps(days=days)
        staff.create_collection(CollectionId=name)
        staff.create_user(**STAFF, UserId=name)
    assert staff.list_collections()["CollectionIds"] == ["staff", "b", "a", "c"]
    assert [user["UserId"] for user in staff.list_users(**STAFF)["Users"]] == ["b", "a", "c"]


def test_a_page_token_outlives_a_small_jump_back_and_waits_for_a_large_one_to_be_put_right(staff, time):
    staff.create_collection(CollectionId="other")
    token = staff.list_collections(MaxResults=1)["NextToken"]
    time.jumps(seconds=-30)
    assert staff.list_collections(NextToken=token)["CollectionIds"] == ["other"]
    time.jumps(hours=-3)
    assert code(staff.list_collections, NextToken=token) == "InvalidPaginationTokenException"
    time.jumps(hours=4)
    assert staff.list_collections(NextToken=token)["CollectionIds"] == ["other"]
    time.jumps(days=2)
    assert code(staff.list_collections, NextToken=token) == "InvalidPaginationTokenException"


@pytest.mark.parametrize("far", [{"days": 6}, {"days": -400}, {"seconds": -5}], ids=str)
def test_a_repeated_request_is_done_once_whatever_the_clock_did_meanwhile(staff, time, far):
    face = enrol(staff, 1)
    staff.create_user(**STAFF, UserId="anna", ClientRequestToken="made")
    request = {**STAFF, "UserId": "anna", "FaceIds": [face], "ClientRequestToken": "given"}
    first = staff.associate_faces(**request)
    time.jumps(**far)
    staff.create_user(**STAFF, UserId="anna", ClientRequestToken="made")
    assert staff.associate_faces(**request)["AssociatedFaces"] == first["AssociatedFaces"] == [{"FaceId": face}]
    time.jumps(**{unit: -one for unit, one in far.items()})
    assert staff.associate_faces(**request)["AssociatedFaces"] == first["AssociatedFaces"]


def test_a_token_that_a_jump_forward_let_expire_never_does_a_thing_twice(staff, time):
    staff.create_user(**STAFF, UserId="anna", ClientRequestToken="made")
    time.jumps(days=30)
    staff.create_user(**STAFF, UserId="bruno", ClientRequestToken="other")  # lets go of what has expired
    time.jumps(days=-30)
    assert code(staff.create_user, **STAFF, UserId="anna", ClientRequestToken="made") == "ConflictException"
    assert len(staff.list_users(**STAFF)["Users"]) == 2


def test_the_ledger_keeps_its_order_and_its_time_never_runs_backwards(staff, time, parts):
    for days in (10, -50, 3):
        time.jumps(days=days)
        staff.list_collections()
    entries = ledger.entries(parts.database)
    assert [one.sequence for one in entries] == list(range(1, len(entries) + 1))
    at = [one.at for one in entries[-3:]]
    assert at[0] <= at[1] <= at[2]
    said = [one.facts.get("clock", "")[:10] for one in entries[-3:]]
    assert said[0] == "" < said[1] < said[2] < at[0].isoformat()

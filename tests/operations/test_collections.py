"""CreateCollection, DescribeCollection, ListCollections, DeleteCollection, and what every operation on one shares."""

import hashlib
import json
from dataclasses import replace
from datetime import UTC

import pytest
from botocore.exceptions import ClientError
from tests import two_models
from tests.client import ask, in_process, signed
from tests.operations.conftest import GHOST, at_once, body, code, codes, paged, refusal
from tests.pictures import ANNA, EMMA, Sitter, people

from recognizance import app

ARN = "arn:aws:rekognition:eu-west-3:000000000000:collection/staff"
WRONG_IDS = ("a b", "a/b", "a:b", "café", "staff\n", "\N{ARABIC-INDIC DIGIT ONE}", "x" * 256)
RIGHT_IDS = ("x", "x" * 255, "A.b_c-9", "-", "..")


def make(rekognition, *names):
    for name in names:
        rekognition.create_collection(CollectionId=name)


# Creating


def test_a_new_collection_is_answered_with_its_arn_and_model(rekognition):
    answer = rekognition.create_collection(CollectionId="staff")
    assert body(answer) == {"StatusCode": 200, "CollectionArn": ARN, "FaceModelVersion": "0.1"}


def test_a_name_that_is_taken_is_refused(rekognition, staff):
    said = ("ResourceAlreadyExistsException", "The collection id: staff already exists.")
    assert refusal(rekognition.create_collection, CollectionId=staff) == said


def test_a_refused_creation_leaves_the_collection_as_it_was(rekognition, staff, enrol):
    enrol(ANNA)
    code(rekognition.create_collection, CollectionId=staff, Tags={"a": "b"})
    assert rekognition.describe_collection(CollectionId=staff)["FaceCount"] == 1
    assert rekognition.list_tags_for_resource(ResourceArn=ARN)["Tags"] == {}


def test_names_that_differ_in_case_are_two_names(rekognition):
    make(rekognition, "staff", "Staff", "STAFF")
    assert rekognition.list_collections()["CollectionIds"] == ["staff", "Staff", "STAFF"]


def test_names_have_up_to_255_letters_digits_and_three_signs(rekognition):
    make(rekognition, *RIGHT_IDS)
    arns = [rekognition.describe_collection(CollectionId=name)["CollectionARN"] for name in RIGHT_IDS]
    assert arns == [ARN.replace("staff", name) for name in RIGHT_IDS]


def test_other_names_break_a_constraint(rekognition):
    requests = {name: {"CollectionId": name} for name in WRONG_IDS}
    assert codes(rekognition.create_collection, requests) == dict.fromkeys(WRONG_IDS, "ValidationException")


def test_a_broken_pattern_is_named_as_aws_names_it(rekognition):
    assert refusal(rekognition.create_collection, CollectionId="a b") == (
        "ValidationException",
        "1 validation error detected: Value 'a b' at 'collectionId' failed to satisfy constraint: "
        r"Member must satisfy regular expression pattern: [a-zA-Z0-9_.\-]+",
    )


# Whose it is


def test_the_arn_names_the_region_that_made_it_and_every_region_sees_it(rekognition, client_of):
    elsewhere = client_of(region="us-east-1")
    made = elsewhere.create_collection(CollectionId="staff")["CollectionArn"]

    assert made == ARN.replace("eu-west-3", "us-east-1")
    assert rekognition.describe_collection(CollectionId="staff")["CollectionARN"] == made
    assert rekognition.list_collections()["CollectionIds"] == ["staff"]


def test_another_account_sees_none_of_it(rekognition, stranger, staff):
    assert stranger.list_collections()["CollectionIds"] == []
    assert code(stranger.describe_collection, CollectionId=staff) == "ResourceNotFoundException"
    assert code(stranger.delete_collection, CollectionId=staff) == "ResourceNotFoundException"


def test_two_accounts_may_use_one_name(rekognition, stranger, staff, enrol):
    enrol(ANNA)
    arn = stranger.create_collection(CollectionId=staff)["CollectionArn"]
    assert arn == ARN.replace("000000000000", "111111111111")
    assert stranger.describe_collection(CollectionId=staff)["FaceCount"] == 0


# Describing


def test_an_empty_collection_is_described(rekognition, staff, time):
    answer = body(rekognition.describe_collection(CollectionId=staff))
    made = answer.pop("CreationTimestamp")
    assert answer == {"FaceCount": 0, "UserCount": 0, "FaceModelVersion": "0.1", "CollectionARN": ARN}
    assert abs(made - time.at).total_seconds() < 0.002
    assert made.astimezone(UTC).utcoffset().total_seconds() == 0


def test_the_time_of_creation_stays(rekognition, staff, enrol, time):
    before = rekognition.describe_collection(CollectionId=staff)["CreationTimestamp"]
    time.passes(days=400)
    enrol(ANNA)
    assert rekognition.describe_collection(CollectionId=staff)["CreationTimestamp"] == before


def test_the_time_of_creation_is_sent_in_seconds(server, staff, time):
    sent = ask(server, **signed("RekognitionService.DescribeCollection", json.dumps({"CollectionId": staff}).encode()))
    assert json.loads(sent.body)["CreationTimestamp"] == pytest.approx(time.at.timestamp(), abs=0.002)


def test_faces_and_users_are_counted_as_they_come_and_go(rekognition, staff, enrol, users):
    def counts():
        answer = rekognition.describe_collection(CollectionId=staff)
        return answer["FaceCount"], answer["UserCount"]

    anna, emma = enrol(ANNA, EMMA)
    users(one=[anna], two=[])
    assert counts() == (2, 2)
    rekognition.delete_faces(CollectionId=staff, FaceIds=[emma, GHOST])
    rekognition.delete_user(CollectionId=staff, UserId="one")
    assert counts() == (1, 1)


# Listing


def test_without_collections_both_lists_are_there_and_empty(rekognition):
    assert body(rekognition.list_collections()) == {"CollectionIds": [], "FaceModelVersions": []}


def test_collections_are_listed_in_order_of_creation_each_with_its_model(rekognition):
    make(rekognition, "c", "a", "b")
    answer = body(rekognition.list_collections())
    assert answer == {"CollectionIds": ["c", "a", "b"], "FaceModelVersions": ["0.1", "0.1", "0.1"]}


def test_a_page_is_as_long_as_asked_and_both_lists_are_equally_long(rekognition):
    make(rekognition, *"abcde")
    pages = paged(rekognition.list_collections, MaxResults=2)
    assert [page["CollectionIds"] for page in pages if page["CollectionIds"]] == [["a", "b"], ["c", "d"], ["e"]]
    assert all(len(page["CollectionIds"]) == len(page["FaceModelVersions"]) for page in pages)


def test_the_paginator_lists_each_collection_once(rekognition):
    names = [f"c{number}" for number in range(7)]
    make(rekognition, *names)
    pages = rekognition.get_paginator("list_collections").paginate(PaginationConfig={"PageSize": 3})
    assert [name for page in pages for name in page["CollectionIds"]] == names


def test_what_goes_and_comes_between_pages_hides_nothing_and_repeats_nothing(rekognition):
    make(rekognition, *"abcd")
    first = rekognition.list_collections(MaxResults=2)
    rekognition.delete_collection(CollectionId="b")
    make(rekognition, "aa")
    rest = paged(rekognition.list_collections, MaxResults=10, NextToken=first["NextToken"])
    assert [name for page in rest for name in page["CollectionIds"]] == ["c", "d", "aa"]


def test_zero_results_asked_for_counts_as_no_number(rekognition):
    make(rekognition, "a", "b")
    assert rekognition.list_collections(MaxResults=0)["CollectionIds"] == ["a", "b"]


def test_4096_results_may_be_asked_for_and_no_more(rekognition):
    assert rekognition.list_collections(MaxResults=4096)["CollectionIds"] == []
    assert code(rekognition.list_collections, MaxResults=4097) == "ValidationException"


# Page tokens


@pytest.fixture
def token(rekognition):
    make(rekognition, "a", "b", "c")
    return rekognition.list_collections(MaxResults=1)["NextToken"]


def test_a_page_token_fits_what_a_request_takes(token):
    assert 0 < len(token) <= 255


def test_pages_may_change_their_length(rekognition, token):
    assert rekognition.list_collections(MaxResults=2, NextToken=token)["CollectionIds"] == ["b", "c"]
    assert rekognition.list_collections(NextToken=token)["CollectionIds"] == ["b", "c"]


def test_a_page_token_may_be_used_again(rekognition, token):
    answers = [rekognition.list_collections(NextToken=token)["CollectionIds"] for _ in range(2)]
    assert answers == [["b", "c"], ["b", "c"]]


def test_a_page_token_that_was_never_given_is_refused(rekognition):
    requests = {wrong: {"NextToken": wrong} for wrong in ("x", "Invalid", "=" * 40, "😀", "x" * 255, "AAAA" * 20)}
    said = codes(rekognition.list_collections, requests)
    assert said == dict.fromkeys(requests, "InvalidPaginationTokenException")


def test_no_page_token_is_as_good_as_a_changed_one(rekognition, token):
    middle = len(token) // 2
    changed = {
        "begin": ("B" if token[0] == "A" else "A") + token[1:],
        "middle": token[:middle] + ("B" if token[middle] == "A" else "A") + token[middle + 1 :],
        "shorter": token[:-2],
        "longer": token + "A",
    }
    answers = {name: code(rekognition.list_collections, NextToken=one) for name, one in changed.items()}
    assert answers == dict.fromkeys(changed, "InvalidPaginationTokenException")


def test_an_overlong_page_token_breaks_a_constraint(rekognition):
    assert code(rekognition.list_collections, NextToken="x" * 256) == "ValidationException"


def test_a_page_token_of_another_operation_is_refused(rekognition, token):
    said = refusal(rekognition.list_faces, CollectionId="a", NextToken=token)
    assert said in {("InvalidPaginationTokenException", text) for text in ("Invalid Token", "Invalid Pagination Token")}


def test_a_page_token_of_another_account_is_refused(stranger, token):
    assert code(stranger.list_collections, NextToken=token) == "InvalidPaginationTokenException"


def test_a_page_token_is_good_for_24_hours(rekognition, token, time):
    time.passes(hours=23, minutes=59)
    assert rekognition.list_collections(NextToken=token)["CollectionIds"] == ["b", "c"]
    time.passes(minutes=2)
    assert code(rekognition.list_collections, NextToken=token) == "InvalidPaginationTokenException"


# Deleting


def test_a_deleted_collection_is_gone(rekognition, staff):
    assert body(rekognition.delete_collection(CollectionId=staff)) == {"StatusCode": 200}
    assert rekognition.list_collections()["CollectionIds"] == []
    assert code(rekognition.delete_collection, CollectionId=staff) == "ResourceNotFoundException"


def test_a_collection_made_again_has_nothing_of_the_old_one(rekognition, staff, enrol, users):
    (anna,) = enrol(ANNA, ExternalImageId="anna")
    users(anna=[anna])
    rekognition.tag_resource(ResourceArn=ARN, Tags={"a": "b"})
    rekognition.delete_collection(CollectionId=staff)
    make(rekognition, staff)

    described = rekognition.describe_collection(CollectionId=staff)
    assert (described["FaceCount"], described["UserCount"]) == (0, 0)
    found = rekognition.search_faces_by_image(CollectionId=staff, Image={"Bytes": people(ANNA)}, FaceMatchThreshold=0)
    assert found["FaceMatches"] == []
    assert rekognition.list_users(CollectionId=staff)["Users"] == []
    assert rekognition.list_tags_for_resource(ResourceArn=ARN)["Tags"] == {}


def test_deleting_one_collection_leaves_the_others(rekognition, staff, enrol):
    make(rekognition, "guests")
    (anna,) = enrol(ANNA, into="guests")
    rekognition.delete_collection(CollectionId=staff)
    assert [face["FaceId"] for face in rekognition.list_faces(CollectionId="guests")["Faces"]] == [anna]


# Where there is none


PICTURE = {"Bytes": people(Sitter(ANNA, 32))}
ON_A_COLLECTION = {
    "DeleteCollection": {},
    "IndexFaces": {"Image": PICTURE},
    "ListFaces": {},
    "DeleteFaces": {"FaceIds": [GHOST]},
    "SearchFaces": {"FaceId": GHOST},
    "SearchFacesByImage": {"Image": PICTURE},
    "CreateUser": {"UserId": "anna"},
    "DeleteUser": {"UserId": "anna"},
    "ListUsers": {},
    "AssociateFaces": {"UserId": "anna", "FaceIds": [GHOST]},
    "DisassociateFaces": {"UserId": "anna", "FaceIds": [GHOST]},
    "SearchUsers": {"UserId": "anna"},
    "SearchUsersByImage": {"Image": PICTURE},
}


def act(client, operation):
    names = {client.meta.method_to_api_mapping[name]: name for name in client.meta.method_to_api_mapping}
    return getattr(client, names[operation])


def test_a_collection_that_is_not_there_is_named(rekognition):
    said = {
        operation: refusal(act(rekognition, operation), CollectionId="ghost", **request)
        for operation, request in ON_A_COLLECTION.items()
    }
    assert said == dict.fromkeys(
        ON_A_COLLECTION, ("ResourceNotFoundException", "The collection id: ghost does not exist")
    )


def test_describing_a_collection_that_is_not_there_has_words_of_its_own(rekognition):
    said = ("ResourceNotFoundException", "Collection:ghost not found!")
    assert refusal(rekognition.describe_collection, CollectionId="ghost") == said


def test_a_name_that_no_collection_can_have_breaks_a_constraint(rekognition):
    requests = ON_A_COLLECTION | {"DescribeCollection": {}}
    said = {one: code(act(rekognition, one), CollectionId="a b", **requests[one]) for one in requests}
    assert said == dict.fromkeys(requests, "ValidationException")


def test_a_missing_collection_is_told_before_a_broken_picture(rekognition):
    request = {"CollectionId": "ghost", "Image": {"Bytes": b"no picture"}}
    operations = ("IndexFaces", "SearchFacesByImage", "SearchUsersByImage")
    said = [code(act(rekognition, operation), **request) for operation in operations]
    assert said == ["ResourceNotFoundException"] * 3


# Models


@pytest.fixture
def restarted(given, key, tmp_path):
    """What runs a server on one data folder with an embedder, hands a client of it to a function, and stops it."""
    (tmp_path / "two").mkdir()
    folders = two_models.make(tmp_path / "two")

    def run(embedder, act):
        chosen = replace(given, embedder=embedder, **folders)
        with app.build(chosen) as parts:
            server = app.endpoint(parts, key, chosen)
            client = in_process(server, access_key=key.access_key_id, secret=key.secret)
            done = act(client)
            client.close()
            server.close()
        return done

    return run


def enrolled(client, name, take):
    request = {"CollectionId": name, "Image": {"Bytes": people(Sitter(ANNA, take=take))}, "QualityFilter": "NONE"}
    answer = client.index_faces(**request)
    (record,) = answer["FaceRecords"]
    return answer["FaceModelVersion"], record["Face"]["IndexFacesModelVersion"]


def test_a_collection_keeps_the_model_it_was_made_with(restarted):
    def before(client):
        return client.create_collection(CollectionId="old")["FaceModelVersion"], *enrolled(client, "old", 0)

    def after(client):
        made = client.create_collection(CollectionId="new")["FaceModelVersion"]
        listed = client.list_collections()
        return made, listed["CollectionIds"], listed["FaceModelVersions"], enrolled(client, "old", 1)

    assert restarted("tiny-face", before) == ("0.1", "0.1", "0.1")
    assert restarted(two_models.OTHER, after) == ("7.2", ["old", "new"], ["0.1", "7.2"], ("0.1", "0.1"))


def test_faces_of_an_older_model_are_found_with_it(restarted):
    def before(client):
        client.create_collection(CollectionId="old")
        return enrolled(client, "old", 0)

    def after(client):
        answer = client.search_faces_by_image(CollectionId="old", Image={"Bytes": people(Sitter(ANNA, take=1))})
        return answer["FaceModelVersion"], len(answer["FaceMatches"])

    restarted("tiny-face", before)
    assert restarted(two_models.OTHER, after) == ("0.1", 1)


# Many at once


def test_of_clients_that_make_one_collection_at_once_exactly_one_does(rekognition, client_of):
    clients = [rekognition, *(client_of(region=region) for region in ("eu-west-1", "us-east-1", "us-west-2"))]
    outcomes = at_once(*[lambda one=one: one.create_collection(CollectionId="staff")["StatusCode"] for one in clients])
    assert sorted(outcomes, key=str) == [200, *["ResourceAlreadyExistsException"] * 3]


def test_of_clients_that_delete_one_collection_at_once_exactly_one_does(rekognition, staff, enrol):
    enrol(ANNA)
    outcomes = at_once(*[lambda: rekognition.delete_collection(CollectionId=staff)["StatusCode"]] * 4)
    assert sorted(outcomes, key=str) == [200, *["ResourceNotFoundException"] * 3]


def test_a_search_in_a_collection_that_is_being_deleted_is_right_or_finds_no_collection(rekognition, staff, team):
    def searches():
        seen = []
        while True:
            try:
                seen.append(ids(rekognition.search_faces(CollectionId=staff, FaceId=team.emma)))
            except ClientError as error:
                return [*seen, error.response["Error"]["Code"]]

    def ids(answer):
        return [match["Face"]["FaceId"] for match in answer["FaceMatches"]]

    *searched, _ = at_once(searches, searches, lambda: rekognition.delete_collection(CollectionId=staff))
    assert [one[-1] for one in searched] == ["ResourceNotFoundException"] * 2
    assert [found for one in searched for found in one[:-1] if found != [team.emma_again]] == []


def test_enrolment_into_a_collection_that_is_being_deleted_is_whole_or_refused(rekognition, staff):
    def index():
        answer = rekognition.index_faces(CollectionId=staff, Image=PICTURE)
        return len(answer["FaceRecords"])

    *indexed, deleted = at_once(index, index, lambda: rekognition.delete_collection(CollectionId=staff)["StatusCode"])
    assert deleted == 200
    assert set(indexed) <= {1, "ResourceNotFoundException"}
    assert rekognition.list_collections()["CollectionIds"] == []


# What is kept of it


def test_each_call_leaves_one_entry_that_names_the_collection_by_a_keyed_digest(rekognition, house):
    name, person, file = "secret-wedding", "secret-guest", "secret-file.jpg"
    collection = {"CollectionId": name}
    arn = rekognition.create_collection(**collection)["CollectionArn"]
    picture = {"Image": PICTURE}
    face = rekognition.index_faces(**collection, **picture, ExternalImageId=file)["FaceRecords"][0]["Face"]["FaceId"]
    requests = [
        ("DescribeCollection", collection),
        ("ListFaces", collection),
        ("SearchFaces", collection | {"FaceId": face}),
        ("SearchFacesByImage", collection | picture),
        ("CreateUser", collection | {"UserId": person}),
        ("AssociateFaces", collection | {"UserId": person, "FaceIds": [face]}),
        ("ListUsers", collection),
        ("SearchUsers", collection | {"UserId": person}),
        ("SearchUsersByImage", collection | picture),
        ("DisassociateFaces", collection | {"UserId": person, "FaceIds": [face]}),
        ("DeleteUser", collection | {"UserId": person}),
        ("DeleteFaces", collection | {"FaceIds": [face]}),
        ("TagResource", {"ResourceArn": arn, "Tags": {"secret-tag": "secret-value"}}),
        ("ListTagsForResource", {"ResourceArn": arn}),
        ("UntagResource", {"ResourceArn": arn, "TagKeys": ["secret-tag"]}),
        ("DeleteCollection", collection),
    ]
    for operation, request in requests:
        act(rekognition, operation)(**request)

    entries = house.list_ledger_entries()["Entries"]
    asked = ["CreateCollection", "IndexFaces", *(operation for operation, _ in requests)]
    assert [(entry["Operation"], entry["Outcome"]) for entry in entries] == [(one, "answered") for one in asked]
    (digest,) = {entry["Facts"].get("collection") for entry in entries}
    assert len(digest) == 64
    assert digest != hashlib.sha256(name.encode()).hexdigest()
    assert "secret" not in str(entries)


def test_a_refused_call_leaves_its_one_entry_too(rekognition, house, staff):
    code(rekognition.create_collection, CollectionId=staff)
    code(rekognition.describe_collection, CollectionId="ghost")
    code(rekognition.index_faces, CollectionId=staff, Image={"Bytes": b"no picture"})
    assert [(one["Operation"], one["Outcome"]) for one in house.list_ledger_entries()["Entries"]] == [
        ("CreateCollection", "answered"),
        ("CreateCollection", "ResourceAlreadyExistsException"),
        ("DescribeCollection", "ResourceNotFoundException"),
        ("IndexFaces", "InvalidImageFormatException"),
    ]


def test_the_ledger_says_what_each_operation_does_to_people(rekognition, house, staff, enrol):
    (anna,) = enrol(ANNA)
    rekognition.list_faces(CollectionId=staff)
    rekognition.search_faces(CollectionId=staff, FaceId=anna)
    rekognition.delete_faces(CollectionId=staff, FaceIds=[anna])
    acts = [entry["Act"] for entry in house.list_ledger_entries()["Entries"]]
    assert acts == ["manage", "enrol", "read", "identify", "forget"]


def test_a_request_without_a_collection_breaks_a_constraint(server):
    operations = ("CreateCollection", "DescribeCollection", "DeleteCollection", "ListFaces", "ListUsers")
    said = [json.loads(ask(server, **signed(f"RekognitionService.{one}", b"{}")).body) for one in operations]
    broken = "Value null at 'collectionId' failed to satisfy constraint: Member must not be null"
    assert said == [{"__type": "ValidationException", "message": f"1 validation error detected: {broken}"}] * 5

"""IndexFaces, ListFaces, DeleteFaces, SearchFaces and SearchFacesByImage, on tiny models."""

import hashlib
import json
import re
import uuid
from dataclasses import replace

import numpy as np
import pytest
from tests.client import ask, in_process, signed
from tests.conftest import picture_of
from tests.operations.conftest import GHOST, at_once, body, code, codes, paged, refusal
from tests.pictures import ANNA, BRUNO, CLARA, DAVID, EMMA, EMMAS_SISTER, Sitter, people

from recognizance import app

UUID_4 = r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"
UUID_5 = UUID_4.replace("-4", "-5")
STORED = {"FaceId", "BoundingBox", "ImageId", "Confidence", "IndexFacesModelVersion"}
DESCRIBED = {"BoundingBox", "Confidence", "Landmarks", "Pose", "Quality"}
LARGE_ANNA, LARGE_DAVID = Sitter(ANNA, 32), Sitter(DAVID, 32)  # they pass AUTO
CROWD = picture_of(*((column, row) for column in range(1, 40, 3) for row in range(1, 28, 3)))  # of 117


def picture(*sitters):
    return {"Bytes": people(*sitters)}


def index(rekognition, *sitters, **how):
    return by_default(rekognition, *sitters, **{"QualityFilter": "NONE"} | how)


def by_default(rekognition, *sitters, **how):
    return rekognition.index_faces(CollectionId="staff", Image=picture(*sitters), **how)


def count(rekognition):
    return rekognition.describe_collection(CollectionId="staff")["FaceCount"]


def ids(matches):
    return [match["Face"]["FaceId"] for match in matches["FaceMatches"]]


def reasons(answer):
    return [sorted(one["Reasons"]) for one in answer["UnindexedFaces"]]


# What IndexFaces answers


def test_an_enrolled_face_is_answered_with_what_is_stored_and_what_is_seen(rekognition, staff):
    answer = body(index(rekognition, ANNA))
    (record,) = answer["FaceRecords"]
    assert set(answer) == {"FaceRecords", "FaceModelVersion", "UnindexedFaces"}
    assert answer["FaceModelVersion"] == "0.1"
    assert set(record["Face"]) == STORED
    assert set(record["FaceDetail"]) == DESCRIBED
    assert record["Face"]["IndexFacesModelVersion"] == "0.1"


def test_the_stored_box_and_confidence_are_those_of_the_detail(rekognition, staff):
    (record,) = index(rekognition, ANNA)["FaceRecords"]
    for member in ("BoundingBox", "Confidence"):
        assert record["Face"][member] == record["FaceDetail"][member]


def test_detect_faces_and_index_faces_describe_alike(rekognition, staff):
    (record,) = index(rekognition, ANNA)["FaceRecords"]
    assert record["FaceDetail"] == rekognition.detect_faces(Image=picture(ANNA))["FaceDetails"][0]


def test_a_picture_without_a_face_is_an_empty_answer(rekognition, staff):
    answer = rekognition.index_faces(CollectionId=staff, Image={"Bytes": picture_of()})
    assert (answer["FaceRecords"], answer["UnindexedFaces"], count(rekognition)) == ([], [], 0)


def test_a_face_id_is_a_random_uuid(rekognition, staff):
    faces = [one["Face"]["FaceId"] for one in index(rekognition, ANNA, BRUNO)["FaceRecords"]]
    assert len(set(faces)) == 2
    assert all(re.fullmatch(UUID_4, face) for face in faces)


def test_the_external_id_is_that_of_every_face_in_the_picture(rekognition, staff):
    records = index(rekognition, ANNA, BRUNO, ExternalImageId="a:b_c-d.jpg")["FaceRecords"]
    assert [record["Face"]["ExternalImageId"] for record in records] == ["a:b_c-d.jpg"] * 2


def test_external_ids_of_other_signs_break_a_constraint(rekognition, staff):
    request = {"CollectionId": staff, "Image": picture(ANNA)}
    requests = {one: request | {"ExternalImageId": one} for one in ("a b", "a/b", "café", "a+b", "x" * 256, "a\n")}
    assert codes(rekognition.index_faces, requests) == dict.fromkeys(requests, "ValidationException")


def test_an_external_id_has_up_to_255_signs(rekognition, staff):
    (record,) = index(rekognition, ANNA, ExternalImageId="x" * 255)["FaceRecords"]
    assert record["Face"]["ExternalImageId"] == "x" * 255


def test_faces_come_largest_first(rekognition, staff):
    sitters = (BRUNO, Sitter(CLARA, 16), LARGE_ANNA)
    boxes = [one["Face"]["BoundingBox"] for one in index(rekognition, *sitters)["FaceRecords"]]
    areas = [round(box["Width"] * box["Height"], 6) for box in boxes]
    assert len(set(areas)) == 3
    assert areas == sorted(areas, reverse=True)


def test_default_attributes_may_be_named(rekognition, staff):
    (record,) = index(rekognition, ANNA, DetectionAttributes=["DEFAULT"])["FaceRecords"]
    assert set(record["FaceDetail"]) == DESCRIBED


NO_PICTURES = [
    ({}, "InvalidParameterException"),
    ({"Bytes": b"x", "S3Object": {"Bucket": "bucket", "Name": "name"}}, "InvalidParameterException"),
    ({"S3Object": {"Bucket": "bucket", "Name": "name"}}, "InvalidS3ObjectException"),
    ({"Bytes": b"no picture"}, "InvalidImageFormatException"),
    ({"Bytes": b""}, "ValidationException"),
]


@pytest.mark.parametrize("operation", ["index_faces", "search_faces_by_image", "search_users_by_image"])
def test_what_is_no_picture_is_refused(rekognition, staff, operation):
    ask = getattr(rekognition, operation)
    assert [code(ask, CollectionId=staff, Image=image) for image, _ in NO_PICTURES] == [said for _, said in NO_PICTURES]
    assert count(rekognition) == 0


# ImageId


def image_id(client, *sitters, collection="staff"):
    request = {"CollectionId": collection, "Image": picture(*sitters), "QualityFilter": "NONE"}
    (record,) = client.index_faces(**request)["FaceRecords"]
    return record["Face"]["ImageId"]


def test_an_image_id_has_the_form_of_a_uuid_5(rekognition, staff):
    assert re.fullmatch(UUID_5, image_id(rekognition, ANNA))


def test_the_same_bytes_have_the_same_image_id_in_every_collection(rekognition, staff):
    rekognition.create_collection(CollectionId="guests")
    assert image_id(rekognition, ANNA) == image_id(rekognition, ANNA, collection="guests")


def test_other_bytes_have_another_image_id(rekognition, staff):
    assert image_id(rekognition, ANNA) != image_id(rekognition, Sitter(ANNA, take=1))


def test_all_faces_of_a_picture_have_its_image_id(rekognition, staff):
    records = index(rekognition, ANNA, BRUNO)["FaceRecords"]
    assert len({record["Face"]["ImageId"] for record in records}) == 1


def test_an_image_id_cannot_be_computed_from_the_picture_alone(rekognition, staff, given, key, tmp_path):
    chosen = replace(given, data=tmp_path / "elsewhere")
    with app.build(chosen) as parts:
        server = app.endpoint(parts, key, chosen)
        other = in_process(server, access_key=key.access_key_id, secret=key.secret)
        other.create_collection(CollectionId="staff")
        there = image_id(other, ANNA)
        other.close()
        server.close()

    here, plain = image_id(rekognition, ANNA), hashlib.sha256(people(ANNA))
    assert here != there
    names = (plain.hexdigest(), str(plain.digest()))
    spaces = (uuid.NAMESPACE_OID, uuid.NAMESPACE_URL, uuid.NAMESPACE_DNS, uuid.NAMESPACE_X500)
    assert here not in {str(uuid.uuid5(space, name)) for space in spaces for name in names}


# Which faces are enrolled


def test_the_quality_filter_is_auto_unless_asked_otherwise(rekognition, staff):
    assert by_default(rekognition, ANNA)["FaceRecords"] == []
    assert by_default(rekognition, ANNA, QualityFilter="AUTO")["FaceRecords"] == []
    assert len(by_default(rekognition, ANNA, QualityFilter="NONE")["FaceRecords"]) == 1


def test_a_face_that_is_left_out_is_described_with_the_reason(rekognition, staff):
    (left_out,) = by_default(rekognition, ANNA)["UnindexedFaces"]
    assert set(left_out) == {"Reasons", "FaceDetail"}
    assert "SMALL_BOUNDING_BOX" in left_out["Reasons"]
    told, seen = left_out["FaceDetail"], rekognition.detect_faces(Image=picture(ANNA))["FaceDetails"][0]
    assert set(told) == set(seen)
    assert {name for name in seen if told[name] != seen[name]} == {"Pose"}  # which is the mesh's, as the filter has it


def test_every_face_is_enrolled_or_left_out(rekognition, staff):
    answer = by_default(rekognition, LARGE_ANNA, BRUNO)
    seen = rekognition.detect_faces(Image=picture(LARGE_ANNA, BRUNO))["FaceDetails"]
    assert len(answer["FaceRecords"]) == 1
    assert len(answer["UnindexedFaces"]) == len(seen) - 1


def test_only_what_is_enrolled_is_counted(rekognition, staff):
    by_default(rekognition, LARGE_ANNA, BRUNO)
    assert count(rekognition) == 1


def test_faces_beyond_the_number_asked_for_are_left_out_for_that(rekognition, staff):
    answer = rekognition.index_faces(
        CollectionId=staff, Image={"Bytes": picture_of((4, 4), (20, 20))}, MaxFaces=1, QualityFilter="NONE"
    )
    assert len(answer["FaceRecords"]) == 1
    assert reasons(answer) == [["EXCEEDS_MAX_FACES"]]


def without_detail(sitters, place):
    """Return people side by side, the face of one a plain tint."""
    import cv2

    pixels = cv2.imdecode(np.frombuffer(people(*sitters), np.uint8), cv2.IMREAD_COLOR)
    pixels[:, 96 * place : 96 * (place + 1)] = 150
    pixels[32:64, 96 * place + 32 : 96 * place + 64] = (165, 255, 255)
    return {"Bytes": cv2.imencode(".png", pixels)[1].tobytes()}


@pytest.mark.parametrize("place", [0, 1])
def test_of_those_beyond_the_number_the_ones_of_low_quality_go_first(rekognition, staff, place):
    request = {"CollectionId": staff, "Image": without_detail((LARGE_ANNA, LARGE_DAVID), place)}
    (kept,) = rekognition.index_faces(**request, QualityFilter="NONE", MaxFaces=1)["FaceRecords"]
    assert round(kept["Face"]["BoundingBox"]["Left"] * 192) == [128, 32][place]


@pytest.mark.parametrize("sitters", [(ANNA, Sitter(BRUNO, 16)), (Sitter(BRUNO, 16), ANNA)])
def test_of_those_of_like_quality_the_smallest_go_first(rekognition, staff, sitters):
    (kept,) = index(rekognition, *sitters, MaxFaces=1)["FaceRecords"]
    assert round(kept["Face"]["BoundingBox"]["Height"] * 96) == 16


def test_a_face_that_fails_the_bar_is_left_out_for_its_own_reasons_whatever_the_number(rekognition, staff):
    answer = by_default(rekognition, LARGE_ANNA, LARGE_DAVID, BRUNO, MaxFaces=1)
    assert len(answer["FaceRecords"]) == 1
    assert [one for one in reasons(answer) if "EXCEEDS_MAX_FACES" in one] == [["EXCEEDS_MAX_FACES"]]
    assert all("SMALL_BOUNDING_BOX" in one for one in reasons(answer) if one != ["EXCEEDS_MAX_FACES"])


def test_more_than_100_faces_may_be_asked_for_and_100_are_enrolled(rekognition, staff):
    answer = rekognition.index_faces(CollectionId=staff, Image={"Bytes": CROWD}, MaxFaces=4000, QualityFilter="NONE")
    assert (len(answer["FaceRecords"]), count(rekognition)) == (100, 100)


def test_no_faces_cannot_be_asked_for(server, staff):
    request = {"CollectionId": staff, "Image": {"Bytes": "AAAA"}, "MaxFaces": 0}
    refused = json.loads(ask(server, **signed("RekognitionService.IndexFaces", json.dumps(request).encode())).body)
    assert refused["__type"] == "ValidationException"
    assert "Value '0' at 'maxFaces' failed to satisfy constraint: Member must have value" in refused["message"]


# The same picture again


@pytest.mark.parametrize("how", [{}, {"ExternalImageId": "anna"}])
def test_the_same_picture_again_adds_nothing_and_answers_the_same_ids(rekognition, enrol, how):
    first = enrol(ANNA, BRUNO, **how)
    assert enrol(ANNA, BRUNO, **how) == first
    assert count(rekognition) == 2


def test_the_same_picture_again_is_answered_as_the_first_time(rekognition, staff):
    first, second = (body(by_default(rekognition, LARGE_ANNA, BRUNO)) for _ in range(2))
    assert first == second


@pytest.mark.parametrize(("first", "second"), [("a", "b"), ("a", None), (None, "a"), ("a", "A")])
def test_the_same_picture_under_another_external_id_adds_its_faces(rekognition, enrol, first, second):
    named = [enrol(ANNA, **({"ExternalImageId": name} if name else {})) for name in (first, second)]
    assert named[0] != named[1]
    assert count(rekognition) == 2


def test_the_same_picture_in_another_collection_adds_its_faces(rekognition, enrol):
    rekognition.create_collection(CollectionId="guests")
    assert enrol(ANNA) != enrol(ANNA, into="guests")


def test_a_forgotten_face_is_enrolled_anew_under_a_new_id(rekognition, enrol):
    (first,) = enrol(ANNA)
    rekognition.delete_faces(CollectionId="staff", FaceIds=[first])
    (second,) = enrol(ANNA)
    assert first != second
    assert count(rekognition) == 1


def test_where_one_face_of_a_picture_was_forgotten_only_that_is_added(rekognition, enrol):
    first = enrol(ANNA, BRUNO)
    rekognition.delete_faces(CollectionId="staff", FaceIds=first[:1])
    second = enrol(ANNA, BRUNO)
    assert second[1] == first[1]
    assert first[0] not in second
    assert count(rekognition) == 2


def test_more_faces_of_a_picture_than_the_first_time_are_added_to_those(rekognition, enrol):
    first = enrol(ANNA, BRUNO, MaxFaces=1)
    assert set(first) < set(enrol(ANNA, BRUNO))
    assert count(rekognition) == 2


def test_a_picture_that_is_sent_again_while_the_first_is_in_work_adds_its_faces_once(rekognition, enrol):
    answers = at_once(*[lambda: enrol(ANNA)] * 4)
    assert answers == answers[:1] * 4
    assert count(rekognition) == 1


def test_a_face_that_has_a_user_is_answered_with_them(rekognition, enrol, users):
    users(anna=enrol(ANNA))
    (record,) = index(rekognition, ANNA)["FaceRecords"]
    assert record["Face"]["UserId"] == "anna"


# ListFaces


def test_faces_are_listed_by_rising_id(rekognition, team):
    answer = body(rekognition.list_faces(CollectionId="staff"))
    assert set(answer) == {"Faces", "FaceModelVersion"}
    assert answer["FaceModelVersion"] == "0.1"
    assert [face["FaceId"] for face in answer["Faces"]] == sorted(team.all)


def test_a_listed_face_has_what_is_stored_and_no_more(rekognition, staff):
    index(rekognition, ANNA)
    index(rekognition, BRUNO, ExternalImageId="bruno")
    listed = rekognition.list_faces(CollectionId=staff)["Faces"]
    assert sorted(map(len, listed)) == [len(STORED), len(STORED) + 1]
    assert {name for face in listed for name in face} == STORED | {"ExternalImageId"}


def test_an_empty_collection_lists_no_faces(rekognition, staff):
    assert body(rekognition.list_faces(CollectionId=staff)) == {"Faces": [], "FaceModelVersion": "0.1"}


def test_stored_boxes_and_confidence_have_six_digits(rekognition, staff):
    (record,) = index(rekognition, ANNA)["FaceRecords"]
    (listed,) = rekognition.list_faces(CollectionId=staff)["Faces"]
    (found,) = rekognition.search_faces_by_image(CollectionId=staff, Image=picture(ANNA))["FaceMatches"]
    assert found["Face"] == listed
    for full, kept in [
        (record["Face"]["Confidence"], listed["Confidence"]),
        *((record["Face"]["BoundingBox"][side], listed["BoundingBox"][side]) for side in record["Face"]["BoundingBox"]),
    ]:
        assert kept == pytest.approx(float(f"{full:.6g}"), rel=1.2e-7)  # as near as 32 bits come
    assert record["Face"]["BoundingBox"]["Width"] != listed["BoundingBox"]["Width"]


def test_faces_come_in_pages_each_once(rekognition, team):
    pages = paged(rekognition.list_faces, CollectionId="staff", MaxResults=2)
    assert [len(page["Faces"]) for page in pages if page["Faces"]] == [2, 2, 1]
    assert [face["FaceId"] for page in pages for face in page["Faces"]] == sorted(team.all)


def test_the_paginator_lists_each_face_once(rekognition, staff):
    rekognition.index_faces(CollectionId=staff, Image={"Bytes": CROWD}, QualityFilter="NONE")
    pages = rekognition.get_paginator("list_faces").paginate(CollectionId=staff, PaginationConfig={"PageSize": 33})
    listed = [face["FaceId"] for page in pages for face in page["Faces"]]
    assert listed == sorted(set(listed))
    assert len(listed) == 100


def test_zero_faces_asked_for_counts_as_no_number(rekognition, team):
    assert len(rekognition.list_faces(CollectionId="staff", MaxResults=0)["Faces"]) == 5


def test_4096_faces_may_be_listed_at_a_time_and_no_more(rekognition, team):
    assert len(rekognition.list_faces(CollectionId="staff", MaxResults=4096)["Faces"]) == 5
    assert code(rekognition.list_faces, CollectionId="staff", MaxResults=4097) == "ValidationException"


def test_faces_forgotten_between_pages_hide_no_other(rekognition, team):
    first = rekognition.list_faces(CollectionId="staff", MaxResults=2)
    rekognition.delete_faces(CollectionId="staff", FaceIds=[first["Faces"][-1]["FaceId"]])
    rest = paged(rekognition.list_faces, CollectionId="staff", NextToken=first["NextToken"])
    assert [face["FaceId"] for page in rest for face in page["Faces"]] == sorted(team.all)[2:]


def test_chosen_faces_are_listed(rekognition, team):
    chosen = [team.emma, team.anna, GHOST, team.emma]
    listed = rekognition.list_faces(CollectionId="staff", FaceIds=chosen)["Faces"]
    assert [face["FaceId"] for face in listed] == sorted({team.emma, team.anna})


def test_the_faces_of_a_user_are_listed(rekognition, team, users):
    users(emma=[team.emma, team.sister], anna=[team.anna])
    listed = rekognition.list_faces(CollectionId="staff", UserId="emma")["Faces"]
    assert [(face["FaceId"], face["UserId"]) for face in listed] == [
        (face, "emma") for face in sorted([team.emma, team.sister])
    ]


def test_chosen_faces_of_a_user_are_those_that_are_both(rekognition, team, users):
    users(emma=[team.emma, team.sister])
    listed = rekognition.list_faces(CollectionId="staff", UserId="emma", FaceIds=[team.emma, team.anna])["Faces"]
    assert [face["FaceId"] for face in listed] == [team.emma]


def test_filtered_faces_come_in_pages_too(rekognition, team):
    chosen = sorted([team.emma, team.anna, team.bruno])
    pages = paged(rekognition.list_faces, CollectionId="staff", FaceIds=chosen, MaxResults=1)
    assert [face["FaceId"] for page in pages for face in page["Faces"]] == chosen


@pytest.mark.parametrize("operation", ["list_faces", "delete_faces"])
def test_a_list_of_faces_has_up_to_4096_ids_of_the_right_form(rekognition, staff, operation):
    wrong = {"short": ["x"], "upper": [GHOST, GHOST.upper()], "line": [GHOST + "\n"], "many": [GHOST] * 4097}
    requests = {name: {"CollectionId": staff, "FaceIds": faces} for name, faces in wrong.items()}
    assert codes(getattr(rekognition, operation), requests) == dict.fromkeys(wrong, "ValidationException")


def test_a_page_token_is_bound_to_the_question(rekognition, team):
    rekognition.create_collection(CollectionId="guests")
    token = rekognition.list_faces(CollectionId="staff", MaxResults=1)["NextToken"]
    changed = {"CollectionId": "guests", "FaceIds": [GHOST], "UserId": "anna"}
    requests = {one: {"CollectionId": "staff", "NextToken": token, one: changed[one]} for one in changed}
    assert codes(rekognition.list_faces, requests) == dict.fromkeys(changed, "InvalidPaginationTokenException")


def test_a_page_token_is_for_the_same_chosen_faces(rekognition, team):
    chosen = [team.emma, team.anna, team.bruno]
    token = rekognition.list_faces(CollectionId="staff", FaceIds=chosen, MaxResults=1)["NextToken"]
    assert len(token) <= 255
    others = {"FaceIds": chosen[:2], "NextToken": token}
    assert code(rekognition.list_faces, CollectionId="staff", **others) == "InvalidPaginationTokenException"


def test_a_page_token_does_not_outlive_the_collection(rekognition, team):
    token = rekognition.list_faces(CollectionId="staff", MaxResults=1)["NextToken"]
    rekognition.delete_collection(CollectionId="staff")
    assert code(rekognition.list_faces, CollectionId="staff", NextToken=token) == "ResourceNotFoundException"


# DeleteFaces


def test_deleted_faces_are_answered_in_the_order_asked_each_once(rekognition, team):
    asked = [team.bruno, team.anna, team.bruno, team.emma]
    assert body(rekognition.delete_faces(CollectionId="staff", FaceIds=asked)) == {
        "DeletedFaces": [team.bruno, team.anna, team.emma],
        "UnsuccessfulFaceDeletions": [],
    }


def test_a_face_that_is_not_there_is_told_and_the_others_go(rekognition, team):
    answer = rekognition.delete_faces(CollectionId="staff", FaceIds=[GHOST, team.anna, GHOST])
    assert answer["DeletedFaces"] == [team.anna]
    assert answer["UnsuccessfulFaceDeletions"] == [{"FaceId": GHOST, "Reasons": ["FACE_NOT_FOUND"]}]


def test_a_face_is_deleted_once(rekognition, team):
    rekognition.delete_faces(CollectionId="staff", FaceIds=[team.anna])
    answer = rekognition.delete_faces(CollectionId="staff", FaceIds=[team.anna])
    assert answer["DeletedFaces"] == []
    assert [one["Reasons"] for one in answer["UnsuccessfulFaceDeletions"]] == [["FACE_NOT_FOUND"]]


def test_4096_faces_may_be_deleted_at_once_repeats_and_all(rekognition, team):
    asked = [team.anna, *(f"00000000-0000-4000-8000-{number:012x}" for number in range(4000)), *[team.anna] * 95]
    answer = rekognition.delete_faces(CollectionId="staff", FaceIds=asked)
    assert answer["DeletedFaces"] == [team.anna]
    assert [one["FaceId"] for one in answer["UnsuccessfulFaceDeletions"]] == asked[1:4001]


def test_a_face_that_has_a_user_is_not_deleted(rekognition, team, users):
    users(emma=[team.emma])
    answer = rekognition.delete_faces(CollectionId="staff", FaceIds=[team.emma, team.anna])
    assert answer["DeletedFaces"] == [team.anna]
    assert answer["UnsuccessfulFaceDeletions"] == [
        {"FaceId": team.emma, "UserId": "emma", "Reasons": ["ASSOCIATED_TO_AN_EXISTING_USER"]}
    ]
    assert count(rekognition) == 4


def test_a_face_of_another_collection_is_not_there_and_stays(rekognition, team):
    rekognition.create_collection(CollectionId="guests")
    answer = rekognition.delete_faces(CollectionId="guests", FaceIds=[team.anna])
    assert [one["Reasons"] for one in answer["UnsuccessfulFaceDeletions"]] == [["FACE_NOT_FOUND"]]
    assert count(rekognition) == 5


def test_a_forgotten_face_is_not_found_again(rekognition, team):
    rekognition.search_faces(CollectionId="staff", FaceId=team.anna)
    rekognition.delete_faces(CollectionId="staff", FaceIds=[team.emma])

    listed = {face["FaceId"] for face in rekognition.list_faces(CollectionId="staff")["Faces"]}
    by_face = rekognition.search_faces(CollectionId="staff", FaceId=team.anna, FaceMatchThreshold=0)
    by_image = rekognition.search_faces_by_image(CollectionId="staff", Image=picture(EMMA), FaceMatchThreshold=0)
    assert (listed, set(ids(by_image))) == (team.all - {team.emma}, team.all - {team.emma})
    assert set(ids(by_face)) == team.all - {team.emma, team.anna}


# SearchFaces


def test_a_search_by_face_finds_the_same_person(rekognition, team):
    answer = body(rekognition.search_faces(CollectionId="staff", FaceId=team.emma))
    assert set(answer) == {"SearchedFaceId", "FaceMatches", "FaceModelVersion"}
    assert (answer["SearchedFaceId"], answer["FaceModelVersion"]) == (team.emma, "0.1")
    assert ids(answer) == [team.emma_again]


def test_a_match_is_a_similarity_and_the_stored_face(rekognition, team):
    (match,) = rekognition.search_faces(CollectionId="staff", FaceId=team.emma)["FaceMatches"]
    (listed,) = rekognition.list_faces(CollectionId="staff", FaceIds=[team.emma_again])["Faces"]
    assert set(match) == {"Similarity", "Face"}
    assert 99 < match["Similarity"] <= 100
    assert match["Face"] == listed


def test_every_other_face_is_a_match_above_nothing_most_similar_first(rekognition, team):
    matches = rekognition.search_faces(CollectionId="staff", FaceId=team.emma, FaceMatchThreshold=0)
    scores = [match["Similarity"] for match in matches["FaceMatches"]]
    assert set(ids(matches)) == team.all - {team.emma}
    assert ids(matches)[:2] == [team.emma_again, team.sister]
    assert scores == sorted(scores, reverse=True)


def test_the_threshold_is_80_unless_asked_otherwise(rekognition, team):
    def found(**how):
        return ids(rekognition.search_faces(CollectionId="staff", FaceId=team.emma, **how))

    assert found(FaceMatchThreshold=75) == [team.emma_again, team.sister]
    assert found() == found(FaceMatchThreshold=80) == [team.emma_again]
    assert found(FaceMatchThreshold=100) == []


def test_a_similarity_equal_to_the_threshold_is_a_match(rekognition, team):
    matches = rekognition.search_faces(CollectionId="staff", FaceId=team.emma, FaceMatchThreshold=0)["FaceMatches"]
    assert len(matches) == 4
    for match in matches:
        again = rekognition.search_faces(CollectionId="staff", FaceId=team.emma, FaceMatchThreshold=match["Similarity"])
        assert match["Face"]["FaceId"] in ids(again)


def test_the_most_similar_are_kept_where_fewer_are_asked_for(rekognition, team):
    matches = rekognition.search_faces(CollectionId="staff", FaceId=team.emma, FaceMatchThreshold=0, MaxFaces=2)
    assert ids(matches) == [team.emma_again, team.sister]


def test_a_face_that_finds_nobody_is_an_empty_answer(rekognition, team):
    assert rekognition.search_faces(CollectionId="staff", FaceId=team.bruno)["FaceMatches"] == []


def test_two_enrolments_of_one_picture_find_each_other(rekognition, enrol):
    (first,), (second,) = enrol(ANNA, ExternalImageId="a"), enrol(ANNA, ExternalImageId="b")
    (match,) = rekognition.search_faces(CollectionId="staff", FaceId=first)["FaceMatches"]
    assert match["Face"]["FaceId"] == second
    assert match["Similarity"] == pytest.approx(100, abs=1e-3)


def test_numbers_out_of_range_break_a_constraint(rekognition, staff):
    for operation, probe in (("search_faces", {"FaceId": GHOST}), ("search_faces_by_image", {"Image": picture(ANNA)})):
        wrong = {"MaxFaces": 4097, "FaceMatchThreshold": 100.5}
        requests = {one: {"CollectionId": staff, one: wrong[one], **probe} for one in wrong}
        assert codes(getattr(rekognition, operation), requests) == dict.fromkeys(wrong, "ValidationException")


def test_a_face_that_is_not_in_the_collection_is_an_invalid_parameter(rekognition, team):
    rekognition.create_collection(CollectionId="guests")
    said = ("InvalidParameterException", "faceId was not found in the collection.")
    assert refusal(rekognition.search_faces, CollectionId="staff", FaceId=GHOST) == said
    assert refusal(rekognition.search_faces, CollectionId="guests", FaceId=team.anna) == said
    rekognition.delete_faces(CollectionId="staff", FaceIds=[team.anna])
    assert refusal(rekognition.search_faces, CollectionId="staff", FaceId=team.anna) == said


def test_a_face_id_of_another_form_breaks_a_constraint(rekognition, staff):
    requests = {one: {"CollectionId": staff, "FaceId": one} for one in ("x", GHOST.upper(), GHOST[:-1], GHOST + "\n")}
    assert codes(rekognition.search_faces, requests) == dict.fromkeys(requests, "ValidationException")


# SearchFacesByImage


def by_image(rekognition, *sitters, **how):
    return rekognition.search_faces_by_image(CollectionId="staff", Image=picture(*sitters), **how)


def test_a_search_by_picture_finds_who_is_in_it(rekognition, team):
    answer = body(by_image(rekognition, Sitter(EMMA, take=2)))
    members = {"SearchedFaceBoundingBox", "SearchedFaceConfidence", "FaceMatches", "FaceModelVersion"}
    assert set(answer) == members
    assert answer["FaceModelVersion"] == "0.1"
    assert set(ids(answer)) == {team.emma, team.emma_again}


def test_the_searched_face_is_told_as_detect_faces_tells_it(rekognition, staff):
    answer = by_image(rekognition, ANNA)
    seen = rekognition.detect_faces(Image=picture(ANNA))["FaceDetails"][0]
    assert answer["SearchedFaceBoundingBox"] == seen["BoundingBox"]
    assert answer["SearchedFaceConfidence"] == seen["Confidence"]


def test_the_largest_face_is_searched_for(rekognition, team):
    assert ids(by_image(rekognition, EMMA, Sitter(BRUNO, 16))) == [team.bruno]
    assert ids(by_image(rekognition, Sitter(BRUNO, 32), Sitter(EMMA, 16))) == [team.bruno]


def test_the_enrolled_picture_itself_is_found_first(rekognition, team):
    matches = by_image(rekognition, EMMA)["FaceMatches"]
    assert matches[0]["Face"]["FaceId"] == team.emma
    assert matches[0]["Similarity"] == pytest.approx(100, abs=1e-3)


def test_a_search_by_picture_and_one_by_face_agree(rekognition, team):
    by_face = rekognition.search_faces(CollectionId="staff", FaceId=team.emma, FaceMatchThreshold=0)["FaceMatches"]
    matches = by_image(rekognition, EMMA, FaceMatchThreshold=0)["FaceMatches"]
    assert [match["Face"] for match in matches[1:]] == [match["Face"] for match in by_face]
    assert [match["Similarity"] for match in matches[1:]] == pytest.approx(
        [match["Similarity"] for match in by_face], abs=1e-3
    )


def test_a_search_by_picture_agrees_with_a_comparison(rekognition, team):
    similarities = {
        match["Face"]["FaceId"]: match["Similarity"]
        for match in by_image(rekognition, DAVID, FaceMatchThreshold=0)["FaceMatches"]
    }
    for face, sitter in ((team.emma, EMMA), (team.anna, ANNA), (team.bruno, BRUNO)):
        compared = rekognition.compare_faces(
            SourceImage=picture(DAVID), TargetImage=picture(sitter), SimilarityThreshold=0
        )
        (match,) = compared["FaceMatches"]
        assert similarities[face] == pytest.approx(match["Similarity"], abs=1e-2)


def test_the_threshold_of_a_search_by_picture_is_80_unless_asked_otherwise(rekognition, team):
    assert set(ids(by_image(rekognition, EMMA, FaceMatchThreshold=75))) == {team.emma, team.emma_again, team.sister}
    assert set(ids(by_image(rekognition, EMMA))) == {team.emma, team.emma_again}


def test_a_similarity_equal_to_the_threshold_is_a_match_by_picture(rekognition, team):
    matches = by_image(rekognition, DAVID, FaceMatchThreshold=0)["FaceMatches"]
    assert len(matches) == 5
    for match in matches:
        assert match["Face"]["FaceId"] in ids(by_image(rekognition, DAVID, FaceMatchThreshold=match["Similarity"]))


def test_the_most_similar_are_kept_by_picture_too(rekognition, team):
    assert ids(by_image(rekognition, EMMA, FaceMatchThreshold=0, MaxFaces=1)) == [team.emma]


def test_nobody_known_is_an_empty_answer(rekognition, team):
    assert by_image(rekognition, CLARA)["FaceMatches"] == []


def test_an_empty_collection_can_be_searched(rekognition, staff):
    assert by_image(rekognition, ANNA)["FaceMatches"] == []


NOBODY = ("InvalidParameterException", "There are no faces in the image. Should be at least 1.")


def test_a_picture_without_a_face_cannot_be_searched_for(rekognition, staff):
    image = {"Bytes": picture_of()}
    assert refusal(rekognition.search_faces_by_image, CollectionId=staff, Image=image) == NOBODY


def test_the_quality_filter_of_a_search_is_none_unless_asked_otherwise(rekognition, enrol):
    (anna,) = enrol(ANNA)
    assert ids(by_image(rekognition, ANNA)) == [anna]
    assert ids(by_image(rekognition, ANNA, QualityFilter="NONE")) == [anna]


def test_a_largest_face_that_fails_the_bar_is_as_good_as_none(rekognition, staff):
    request = {"CollectionId": staff, "Image": picture(ANNA)}
    bars = ("AUTO", "LOW", "MEDIUM", "HIGH")
    assert [refusal(rekognition.search_faces_by_image, **request, QualityFilter=bar) for bar in bars] == [NOBODY] * 4


def test_a_quality_filter_that_there_is_not_breaks_a_constraint(rekognition, staff):
    request = {"CollectionId": staff, "Image": picture(ANNA), "QualityFilter": "auto"}
    operations = (rekognition.index_faces, rekognition.search_faces_by_image, rekognition.search_users_by_image)
    assert [code(operation, **request) for operation in operations] == ["ValidationException"] * 3


def test_a_search_finds_what_was_enrolled_a_moment_ago_through_another_client(rekognition, enrol, client_of):
    elsewhere = client_of(region="us-east-1")
    for sitter in (ANNA, BRUNO, EMMA):
        (face,) = enrol(sitter)
        found = elsewhere.search_faces_by_image(CollectionId="staff", Image=picture(sitter))
        assert ids(found) == [face]


def test_another_account_cannot_search_what_is_enrolled(stranger, team):
    stranger.create_collection(CollectionId="staff")
    assert by_image(stranger, EMMA, FaceMatchThreshold=0)["FaceMatches"] == []
    assert code(stranger.search_faces, CollectionId="staff", FaceId=team.emma) == "InvalidParameterException"


def test_who_is_enrolled_is_found_after_a_restart(given, key):
    def session(act):
        with app.build(given) as parts:
            server = app.endpoint(parts, key, given)
            client = in_process(server, access_key=key.access_key_id, secret=key.secret)
            done = act(client)
            client.close()
            server.close()
        return done

    def enrol(client):
        client.create_collection(CollectionId="staff")
        records = [index(client, sitter)["FaceRecords"][0]["Face"]["FaceId"] for sitter in (ANNA, BRUNO)]
        client.delete_faces(CollectionId="staff", FaceIds=records[1:])
        return records[0]

    anna = session(enrol)
    found = session(lambda client: [ids(by_image(client, who, FaceMatchThreshold=0)) for who in (ANNA, BRUNO)])
    assert found == [[anna], [anna]]


def test_people_are_enrolled_found_and_forgotten_all_at_once(rekognition, staff):
    def lives(who):
        def live():
            seen = []
            for take in range(3):
                records = index(rekognition, Sitter(who, take=take))["FaceRecords"]
                face = records[0]["Face"]["FaceId"]
                seen.append(face in ids(by_image(rekognition, Sitter(who, take=take))))
                rekognition.delete_faces(CollectionId="staff", FaceIds=[face])
                seen.append(face not in ids(by_image(rekognition, Sitter(who, take=take), FaceMatchThreshold=0)))
            return seen

        return live

    assert at_once(*(lives(who) for who in (ANNA, BRUNO, CLARA, DAVID))) == [[True] * 6] * 4
    assert count(rekognition) == 0


# What is kept of it


def test_the_ledger_holds_counts_and_a_keyed_digest_of_the_picture(rekognition, house, staff):
    index(rekognition, ANNA, ExternalImageId="secret-file")
    facts = house.list_ledger_entries()["Entries"][-1]["Facts"]
    assert len(facts["image_digest"]) == 64
    assert hashlib.sha256(people(ANNA)).hexdigest() not in str(facts)
    assert "secret-file" not in str(facts)


def test_what_is_answered_twice_is_recorded_twice(rekognition, house, enrol):
    enrol(ANNA)
    enrol(ANNA)
    operations = [entry["Operation"] for entry in house.list_ledger_entries()["Entries"]]
    assert operations == ["CreateCollection", "IndexFaces", "IndexFaces"]


def test_the_people_of_these_tests_are_told_apart(rekognition, enrol):
    who = (ANNA, BRUNO, CLARA, DAVID, EMMA)
    faces = [enrol(one)[0] for one in who]
    for face, one in zip(faces, who, strict=True):
        takes = [Sitter(one, take=take) for take in (1, 2, 3)] + [Sitter(one, 32)]
        assert [ids(by_image(rekognition, take, FaceMatchThreshold=70)) for take in takes] == [[face]] * 4
    assert by_image(rekognition, EMMAS_SISTER, FaceMatchThreshold=0)["FaceMatches"][0]["Similarity"] > 75


def test_the_ledger_says_for_whom_was_searched_who_was_found_and_who_was_deleted(rekognition, house, parts, team):
    digest = parts.service.tools.seal.digest
    found = rekognition.search_faces(CollectionId="staff", FaceId=team.emma)["FaceMatches"]
    rekognition.delete_faces(CollectionId="staff", FaceIds=[team.anna])
    searched, deleted = [entry["Facts"] for entry in house.list_ledger_entries()["Entries"][-2:]]
    assert searched["face"] == digest(team.emma)
    assert json.loads(searched["matches"]) == [digest(match["Face"]["FaceId"]) for match in found]
    assert json.loads(deleted["faces"]) == [digest(team.anna)]

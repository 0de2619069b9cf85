"""boto3 and the AWS command line keep collections on a whole server, over a socket."""

import json

import pytest
from tests.clients.test_client_aws_cli import AWS, aws
from tests.crash.servers import client
from tests.pictures import ANNA, BRUNO, CLARA, DAVID, EMMA, Sitter, people

GHOST = "ffffffff-ffff-4fff-bfff-ffffffffffff"
NAME = "staff"


@pytest.fixture
def rekognition(whole):
    made = client(whole)
    yield made
    made.close()


def picture(*who):
    return {"Bytes": people(*(Sitter(one, 8) for one in who))}


def indexed(rekognition, *who, **how):
    answer = rekognition.index_faces(CollectionId=NAME, Image=picture(*who), QualityFilter="NONE", **how)
    return [record["Face"]["FaceId"] for record in answer["FaceRecords"]]


def test_boto3_keeps_a_collection(rekognition):
    made = rekognition.create_collection(CollectionId=NAME, Tags={"team": "été"})
    assert rekognition.list_tags_for_resource(ResourceArn=made["CollectionArn"])["Tags"] == {"team": "été"}
    rekognition.tag_resource(ResourceArn=made["CollectionArn"], Tags={"floor": "2"})
    rekognition.untag_resource(ResourceArn=made["CollectionArn"], TagKeys=["team"])
    assert rekognition.list_tags_for_resource(ResourceArn=made["CollectionArn"])["Tags"] == {"floor": "2"}

    anna, bruno = indexed(rekognition, ANNA, BRUNO, ExternalImageId="both.jpg")
    (clara,) = indexed(rekognition, CLARA)
    pages = rekognition.get_paginator("list_faces").paginate(
        CollectionId=NAME, PaginationConfig={"PageSize": 1, "MaxItems": 10}
    )
    listed = [face["FaceId"] for page in pages for face in page["Faces"]]
    assert listed == sorted([anna, bruno, clara])
    found = rekognition.search_faces_by_image(CollectionId=NAME, Image=picture(CLARA), FaceMatchThreshold=99)
    assert [match["Face"]["FaceId"] for match in found["FaceMatches"]] == [clara]
    assert found["FaceMatches"][0]["Similarity"] == pytest.approx(100)
    near = rekognition.search_faces(CollectionId=NAME, FaceId=anna, FaceMatchThreshold=0)
    assert {match["Face"]["FaceId"] for match in near["FaceMatches"]} == {bruno, clara}

    rekognition.create_user(CollectionId=NAME, UserId="clara", ClientRequestToken="t1")
    rekognition.create_user(CollectionId=NAME, UserId="clara", ClientRequestToken="t1")
    rekognition.associate_faces(CollectionId=NAME, UserId="clara", FaceIds=[clara])
    found = rekognition.search_users_by_image(CollectionId=NAME, Image=picture(CLARA))
    assert [match["User"]["UserId"] for match in found["UserMatches"]] == ["clara"]
    assert rekognition.search_users(CollectionId=NAME, FaceId=clara)["UserMatches"][0]["User"]["UserId"] == "clara"
    assert [user["UserId"] for user in rekognition.list_users(CollectionId=NAME)["Users"]] == ["clara"]
    rekognition.disassociate_faces(CollectionId=NAME, UserId="clara", FaceIds=[clara])
    rekognition.delete_user(CollectionId=NAME, UserId="clara")

    assert rekognition.delete_faces(CollectionId=NAME, FaceIds=[anna, GHOST])["DeletedFaces"] == [anna]
    told = rekognition.describe_collection(CollectionId=NAME)
    assert (told["FaceCount"], told["UserCount"]) == (2, 0)
    assert rekognition.delete_collection(CollectionId=NAME)["StatusCode"] == 200
    assert rekognition.list_collections()["CollectionIds"] == []


def test_boto3_has_a_class_for_each_error(rekognition):
    rekognition.create_collection(CollectionId=NAME)
    (anna,) = indexed(rekognition, ANNA)
    rekognition.create_user(CollectionId=NAME, UserId="anna", ClientRequestToken="t")
    token = rekognition.list_collections(MaxResults=1)["NextToken"]
    errors = rekognition.exceptions
    refusals = [
        (errors.ResourceAlreadyExistsException, rekognition.create_collection, {}),
        (errors.ResourceNotFoundException, rekognition.list_faces, {"CollectionId": "ghost"}),
        (errors.ConflictException, rekognition.create_user, {"UserId": "anna"}),
        (
            errors.IdempotentParameterMismatchException,
            rekognition.create_user,
            {"UserId": "b", "ClientRequestToken": "t"},
        ),
        (errors.InvalidPaginationTokenException, rekognition.list_faces, {"NextToken": token}),
        (errors.InvalidPaginationTokenException, rekognition.list_users, {"NextToken": token}),
        (errors.InvalidParameterException, rekognition.search_faces, {"FaceId": GHOST}),
        (errors.InvalidParameterException, rekognition.search_users, {"UserId": "anna", "FaceId": anna}),
        (errors.InvalidImageFormatException, rekognition.index_faces, {"Image": {"Bytes": b"no picture"}}),
        (
            errors.InvalidS3ObjectException,
            rekognition.index_faces,
            {"Image": {"S3Object": {"Bucket": "bucket", "Name": "name"}}},
        ),
    ]
    for kind, ask, request in refusals:
        with pytest.raises(kind):
            ask(**{"CollectionId": NAME, **request})


def test_4096_faces_with_repeats_are_deleted_over_the_wire(rekognition):
    rekognition.create_collection(CollectionId=NAME)
    kept = indexed(rekognition, ANNA, BRUNO, CLARA)
    asked = [*(GHOST[:-4] + f"{one:04x}" for one in range(4090)), *kept, *kept]
    answer = rekognition.delete_faces(CollectionId=NAME, FaceIds=asked)
    assert answer["DeletedFaces"] == kept
    assert len(answer["UnsuccessfulFaceDeletions"]) == 4090
    assert rekognition.list_faces(CollectionId=NAME)["Faces"] == []
    with pytest.raises(rekognition.exceptions.ClientError, match="ValidationException"):
        rekognition.delete_faces(CollectionId=NAME, FaceIds=[*asked, GHOST])


@pytest.mark.skipif(AWS is None, reason="The AWS command line (`pip install awscli`) is not here.")
def test_the_command_line_keeps_a_collection(whole, rekognition, tmp_path):
    def told(*words):
        ran = aws(whole, "rekognition", *words)
        assert ran.returncode == 0, ran.stderr
        return json.loads(ran.stdout) if ran.stdout.strip() else {}

    where = ["--collection-id", NAME]
    file = tmp_path / "picture"
    file.write_bytes(people(Sitter(DAVID, 8)))
    image = ["--image-bytes", f"fileb://{file}"]
    assert told("create-collection", *where)["StatusCode"] == 200
    record = told(
        "index-faces", *where, *image, "--external-image-id", "d.jpg", "--quality-filter", "NONE", "--max-faces", "1"
    )["FaceRecords"][0]["Face"]
    assert record["ExternalImageId"] == "d.jpg"
    (emma,) = indexed(rekognition, EMMA)
    listed = told("list-faces", *where, "--page-size", "1")["Faces"]  # it asks for every page by itself
    assert [face["FaceId"] for face in listed] == sorted([record["FaceId"], emma])
    found = told("search-faces-by-image", *where, *image, "--face-match-threshold", "99")["FaceMatches"]
    assert [match["Face"]["FaceId"] for match in found] == [record["FaceId"]]
    told("create-user", *where, "--user-id", "david")  # it makes an idempotency token by itself
    answer = told("associate-faces", *where, "--user-id", "david", "--face-ids", record["FaceId"])
    assert answer["AssociatedFaces"] == [{"FaceId": record["FaceId"]}]
    answer = told("delete-faces", *where, "--face-ids", emma, record["FaceId"])
    assert answer["DeletedFaces"] == [emma]
    assert answer["UnsuccessfulFaceDeletions"][0]["Reasons"] == ["ASSOCIATED_TO_AN_EXISTING_USER"]

    refused = aws(whole, "rekognition", "list-faces", "--collection-id", "ghost")
    assert refused.returncode != 0
    assert "(ResourceNotFoundException) when calling the ListFaces operation" in refused.stderr
    assert told("delete-collection", *where)["StatusCode"] == 200

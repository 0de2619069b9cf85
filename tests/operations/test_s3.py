"""S3Object through the whole server, against a real S3 implementation over HTTP."""

from dataclasses import replace

import pytest
from tests.client import in_process
from tests.conftest import picture_of
from tests.s3_servers import KEY, REGION, SECRET, moto, writer

from recognizance import app

BUCKET = "pictures-of-operations"  # moto keeps one world for the whole process

ONE = picture_of((8, 8))


@pytest.fixture(scope="module")
def endpoint():
    with moto() as address:
        client = writer(address)
        client.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
        client.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
        yield address, client
        client.close()


@pytest.fixture
def rekognition(given, key, endpoint):
    chosen = replace(
        given, s3_endpoint=endpoint[0], s3_region=REGION, s3_access_key_id=KEY, s3_secret_access_key=SECRET
    )
    with app.build(chosen) as parts:
        server = app.endpoint(parts, key, chosen)
        client = in_process(server, access_key=key.access_key_id, secret=key.secret)
        yield client
        client.close()
        server.close()


def named(name, **version):
    return {"S3Object": {"Bucket": BUCKET, "Name": name, **version}}


def test_a_picture_in_s3_is_looked_at_as_its_bytes_are(rekognition, endpoint):
    endpoint[1].put_object(Bucket=BUCKET, Key="one.txt", Body=ONE)
    assert (
        rekognition.detect_faces(Image=named("one.txt"))["FaceDetails"]
        == rekognition.detect_faces(Image={"Bytes": ONE})["FaceDetails"]
    )


def test_a_version_is_the_one_that_was_named(rekognition, endpoint):
    first = endpoint[1].put_object(Bucket=BUCKET, Key="changing.png", Body=ONE)["VersionId"]
    endpoint[1].put_object(Bucket=BUCKET, Key="changing.png", Body=picture_of())

    assert rekognition.detect_faces(Image=named("changing.png"))["FaceDetails"] == []
    assert len(rekognition.detect_faces(Image=named("changing.png", Version=first))["FaceDetails"]) == 1


def test_bytes_and_object_can_be_compared(rekognition, endpoint):
    endpoint[1].put_object(Bucket=BUCKET, Key="target.png", Body=ONE)
    answer = rekognition.compare_faces(SourceImage={"Bytes": ONE}, TargetImage=named("target.png"))
    assert len(answer["FaceMatches"]) == 1


@pytest.mark.parametrize(
    "image",
    [
        named("missing.png"),
        {"S3Object": {"Bucket": "nobodys", "Name": "one.txt"}},
        named("one.txt", Version="no-such-version"),
        {"S3Object": {"Bucket": BUCKET}},
    ],
)
def test_whatever_is_wrong_is_one_error(rekognition, endpoint, image):
    with pytest.raises(rekognition.exceptions.InvalidS3ObjectException):
        rekognition.detect_faces(Image=image)

"""DetectFaces and CompareFaces through boto3, on tiny models."""

import pytest
from botocore.exceptions import ClientError
from tests.conftest import picture_of

from recognizance.accountability import ledger

ONE = picture_of((8, 8))
TWO = picture_of((8, 8), (24, 13))
NONE = picture_of()


def code(raised):
    return raised.value.response["Error"]["Code"]


def test_a_face_is_found_where_it_is(rekognition):
    (face,) = rekognition.detect_faces(Image={"Bytes": ONE})["FaceDetails"]

    box = face["BoundingBox"]
    assert box["Left"] == pytest.approx(64 / 320, abs=1e-4)
    assert box["Top"] == pytest.approx(64 / 224, abs=1e-4)
    assert box["Width"] == pytest.approx(8 / 320, abs=1e-4)
    assert box["Height"] == pytest.approx(8 / 224, abs=1e-4)


def test_a_face_is_described_by_the_default_attributes_and_no_other(rekognition):
    (face,) = rekognition.detect_faces(Image={"Bytes": ONE}, Attributes=["DEFAULT"])["FaceDetails"]

    assert set(face) == {"BoundingBox", "Confidence", "Landmarks", "Pose", "Quality"}
    assert [point["Type"] for point in face["Landmarks"]] == ["eyeLeft", "eyeRight", "mouthLeft", "mouthRight", "nose"]
    places = {point["Type"]: (point["X"], point["Y"]) for point in face["Landmarks"]}
    assert places["eyeLeft"][0] < places["eyeRight"][0]
    assert places["eyeLeft"][1] < places["mouthLeft"][1]
    assert 0 <= face["Confidence"] <= 100


def test_a_picture_without_a_face_is_an_empty_answer(rekognition):
    answer = rekognition.detect_faces(Image={"Bytes": NONE})
    assert answer["FaceDetails"] == []
    assert "OrientationCorrection" not in answer


def test_the_same_picture_matches_itself(rekognition):
    answer = rekognition.compare_faces(SourceImage={"Bytes": ONE}, TargetImage={"Bytes": ONE})

    (match,) = answer["FaceMatches"]
    assert match["Similarity"] == pytest.approx(100, abs=0.01)
    assert set(match["Face"]) == {"BoundingBox", "Confidence", "Landmarks", "Pose", "Quality"}
    assert set(answer["SourceImageFace"]) == {"BoundingBox", "Confidence"}
    assert answer["UnmatchedFaces"] == []


def test_orientation_members_are_absent(rekognition):
    answer = rekognition.compare_faces(SourceImage={"Bytes": ONE}, TargetImage={"Bytes": ONE})
    assert set(answer) - {"ResponseMetadata"} == {"SourceImageFace", "FaceMatches", "UnmatchedFaces"}


def test_every_target_face_is_a_match_or_unmatched(rekognition):
    answer = rekognition.compare_faces(SourceImage={"Bytes": ONE}, TargetImage={"Bytes": TWO})
    assert len(answer["FaceMatches"]) + len(answer["UnmatchedFaces"]) == 2


def test_threshold_0_matches_all_most_similar_first(rekognition):
    answer = rekognition.compare_faces(SourceImage={"Bytes": ONE}, TargetImage={"Bytes": TWO}, SimilarityThreshold=0)
    scores = [match["Similarity"] for match in answer["FaceMatches"]]
    assert len(scores) == 2
    assert scores == sorted(scores, reverse=True)
    assert answer["UnmatchedFaces"] == []


def test_a_score_equal_to_the_threshold_matches(rekognition):
    def matches(threshold):
        return rekognition.compare_faces(
            SourceImage={"Bytes": ONE}, TargetImage={"Bytes": ONE}, SimilarityThreshold=threshold
        )["FaceMatches"]

    assert len(matches(matches(0)[0]["Similarity"])) == 1


@pytest.mark.parametrize(("source", "target"), [(NONE, ONE), (ONE, NONE), (NONE, NONE)])
def test_a_picture_without_a_face_cannot_be_compared(rekognition, source, target):
    with pytest.raises(rekognition.exceptions.InvalidParameterException, match="Request has invalid parameters"):
        rekognition.compare_faces(SourceImage={"Bytes": source}, TargetImage={"Bytes": target})


def test_the_largest_source_face_is_the_probe(rekognition):
    import cv2
    import numpy as np

    pixels = cv2.imdecode(np.frombuffer(ONE, np.uint8), cv2.IMREAD_COLOR)
    pixels[96:112, 224:240] = np.where(np.add.outer(np.arange(16), np.arange(16))[..., None] % 16 < 13, 255, 0)
    both = cv2.imencode(".png", pixels)[1].tobytes()
    boxes = [face["BoundingBox"] for face in rekognition.detect_faces(Image={"Bytes": both})["FaceDetails"]]
    assert len(boxes) > 1

    answer = rekognition.compare_faces(SourceImage={"Bytes": both}, TargetImage={"Bytes": ONE})
    assert answer["SourceImageFace"]["BoundingBox"] == max(boxes, key=lambda box: box["Width"] * box["Height"])


@pytest.mark.parametrize(
    ("image", "said"),
    [
        ({}, "Requested image should either contain bytes or s3 object."),
        ({"Bytes": ONE, "S3Object": {"Bucket": "bucket", "Name": "name"}}, "not both"),
    ],
)
def test_an_image_is_bytes_or_an_object(rekognition, image, said):
    with pytest.raises(rekognition.exceptions.InvalidParameterException, match=said):
        rekognition.detect_faces(Image=image)


def test_an_s3_object_is_refused_while_s3_is_off(rekognition):
    with pytest.raises(rekognition.exceptions.InvalidS3ObjectException, match="reads no S3 objects"):
        rekognition.detect_faces(Image={"S3Object": {"Bucket": "bucket", "Name": "name"}})


def test_what_is_no_picture_is_refused(rekognition):
    with pytest.raises(rekognition.exceptions.InvalidImageFormatException, match="Request has invalid image format"):
        rekognition.detect_faces(Image={"Bytes": b"fileb://photo.jpg"})


def test_an_operation_that_is_not_served_says_so(rekognition):
    with pytest.raises(ClientError, match="CreateProject is not served here") as raised:
        rekognition.create_project(ProjectName="staff")
    assert code(raised) == "NotImplementedException"


# What is kept


def test_each_call_leaves_one_entry_with_its_outcome(rekognition, parts):
    rekognition.detect_faces(Image={"Bytes": TWO})
    with pytest.raises(ClientError):
        rekognition.detect_faces(Image={"Bytes": b"x"})
    with pytest.raises(ClientError):
        rekognition.compare_faces(SourceImage={"Bytes": NONE}, TargetImage={"Bytes": ONE})

    found = ledger.entries(parts.database)
    assert [(one.operation, one.act, one.outcome) for one in found] == [
        ("DetectFaces", "look", "answered"),
        ("DetectFaces", "look", "InvalidImageFormatException"),
        ("CompareFaces", "compare", "InvalidParameterException"),
    ]
    assert found[0].facts["faces"] == 2
    assert found[0].rule == "open/admin"


def test_the_entry_of_a_comparison_says_what_was_asked_and_found(rekognition, parts):
    rekognition.compare_faces(
        SourceImage={"Bytes": ONE}, TargetImage={"Bytes": TWO}, SimilarityThreshold=0, QualityFilter="NONE"
    )
    (entry,) = ledger.entries(parts.database)
    facts = entry.facts
    assert (facts["threshold"], facts["quality_filter"]) == (0.0, "NONE")
    assert (facts["target_faces"], facts["compared"], facts["matched"]) == (2, 2, 2)
    assert facts["detector"] == parts.models[0].sha256
    assert facts["embedder"] == parts.models[1].sha256


def test_the_ledger_holds_a_keyed_digest_and_never_the_plain_one(rekognition, parts):
    import hashlib

    rekognition.detect_faces(Image={"Bytes": ONE})
    (entry,) = ledger.entries(parts.database)
    plain = hashlib.sha256(ONE).hexdigest()
    assert len(entry.facts["image_digest"]) == 64
    assert plain not in str(entry.facts)


def test_purpose_and_case_are_kept_as_stated(server, key, parts):
    from tests.client import in_process

    client = in_process(server, access_key=key.access_key_id, secret=key.secret)

    def state(request, **_):
        request.headers["x-recognizance-purpose"] = "missing person"
        request.headers["x-recognizance-case"] = "2026-117"

    client.meta.events.register("before-sign.rekognition.*", state)
    client.detect_faces(Image={"Bytes": ONE})
    client.close()

    (entry,) = ledger.entries(parts.database)
    assert (entry.purpose, entry.case) == ("missing person", "2026-117")


def test_the_entry_carries_the_request_id_that_the_client_sees(rekognition, parts):
    answer = rekognition.detect_faces(Image={"Bytes": NONE})
    (entry,) = ledger.entries(parts.database)
    assert entry.request_id == answer["ResponseMetadata"]["RequestId"]


@pytest.mark.parametrize(
    ("failure", "outcome"), [(KeyboardInterrupt, "interrupted"), (ZeroDivisionError, "InternalServerError")]
)
def test_a_call_that_is_broken_off_leaves_its_entry(parts, failure, outcome):
    from dataclasses import replace

    from recognizance.service import Service
    from recognizance.values import Caller

    def break_off(_reference):
        raise failure

    service = Service(replace(parts.service.tools, read=break_off))
    with pytest.raises(failure):
        service.call(
            "DetectFaces", {"Image": {}}, Caller("AKIA", "000000000000", "local", roles=frozenset({"admin"})), "r-1"
        )
    assert [one.outcome for one in ledger.entries(parts.database)] == [outcome]


def test_room_for_pixels_is_given_back_after_each_call(given, key):
    from dataclasses import replace

    from tests.client import in_process

    from recognizance import app

    chosen = replace(given, pixels=1)  # so that a call has to be alone: one that kept its room would stop the next
    with app.build(chosen) as parts:
        server = app.endpoint(parts, key, chosen)
        client = in_process(server, access_key=key.access_key_id, secret=key.secret)
        for _ in range(3):
            client.detect_faces(Image={"Bytes": ONE})
            with pytest.raises(ClientError):
                client.compare_faces(SourceImage={"Bytes": ONE}, TargetImage={"Bytes": NONE})
        client.close()
        server.close()


def test_nothing_is_answered_when_the_entry_cannot_be_written(rekognition, parts):
    parts.database.engine.dispose()
    with parts.database.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA writable_schema=ON")
        connection.rollback()
        connection.exec_driver_sql("DROP TABLE ledger")
        connection.commit()
    with pytest.raises(ClientError) as raised:
        rekognition.detect_faces(Image={"Bytes": ONE})
    assert code(raised) == "InternalServerError"
    assert "ledger" not in str(raised.value)

"""The AWS SDK for JavaScript v3 against our server; it is looked for in `$RECOGNIZANCE_TEST_JS` or ./node_modules."""

import base64
import json
import os
import shutil
import subprocess
import time
from pathlib import Path
from uuid import UUID

import pytest
from tests.client import ACCESS_KEY, SECRET
from tests.pictures import ANNA, BRUNO, CLARA, Sitter, people

from recognizance import errors

NODE = shutil.which("node")
GIVEN = Path(os.environ.get("RECOGNIZANCE_TEST_JS", "node_modules")).absolute()
MODULES = GIVEN if GIVEN.name == "node_modules" else GIVEN / "node_modules"

pytestmark = [
    pytest.mark.skipif(NODE is None, reason="Node.js is not here."),
    pytest.mark.skipif(
        not (MODULES / "@aws-sdk" / "client-rekognition").is_dir(),
        reason="`npm install @aws-sdk/client-rekognition`, and give the folder as RECOGNIZANCE_TEST_JS.",
    ),
]


def javascript(address, scene, sent=""):
    script = Path(__file__).with_name("rekognition.mjs")
    told = subprocess.run(
        [NODE, script, MODULES.parent, address, ACCESS_KEY, SECRET, scene],
        input=sent,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert told.returncode == 0, told.stderr
    return json.loads(told.stdout)


def test_the_javascript_sdk_and_the_server_understand_each_other(address, service):
    answer = service.answer

    def refusing(name, request):
        if request.get("CollectionId") == "exists":
            raise errors.AlreadyExists("The collection id: exists already exists.")
        return answer(name, request)

    service.answer = refusing
    found = javascript(address, "wire")
    assert found["listed"] == ["staff", "été"]
    assert UUID(found["requestId"])
    assert found["similarity"] == 99.5
    assert (found["invalid"]["name"], found["invalid"]["status"]) == ("ValidationException", 400)
    assert found["exists"] == {
        "name": "ResourceAlreadyExistsException", "message": "The collection id: exists already exists.",
        "status": 400, "modelled": True,
    }  # fmt: skip
    assert found["forged"]["name"] == "InvalidSignatureException"
    assert [asked.purpose for asked in service.asked] == [None, None, "missing person", None]
    assert service.asked[1].request["SourceImage"]["Bytes"] == b"\x07" * 300_000


def test_the_javascript_sdk_reads_facial_attributes(whole):
    found = javascript(whole, "attributes", base64.b64encode(people(ANNA)).decode())
    assert set(found["some"]) == {
        "BoundingBox", "Landmarks", "Pose", "Quality", "Confidence", "Smile", "EyeDirection"
    }  # fmt: skip
    face = found["all"]
    assert len(face) == 17
    assert len(face["Landmarks"]) == 30
    assert type(face["FaceOccluded"]["Value"]) is bool
    assert face["AgeRange"]["Low"] <= face["AgeRange"]["High"]
    assert face["Emotions"][0]["Confidence"] >= face["Emotions"][-1]["Confidence"]


def test_the_javascript_sdk_keeps_a_collection(whole):
    pictures = [people(Sitter(who, 8)) for who in (ANNA, BRUNO, CLARA)]
    began = time.time()
    found = javascript(whole, "collections", json.dumps([base64.b64encode(one).decode() for one in pictures]))
    anna, bruno, clara = found["faces"]
    assert (found["created"], found["gone"]) == (200, 200)
    assert found["arn"] == "arn:aws:rekognition:eu-west-3:000000000000:collection/javascript"
    assert found["pages"] == [sorted(found["faces"])[:2], sorted(found["faces"])[2:]]
    assert found["byImage"] == [bruno]
    assert set(found["byFace"]) == {bruno, clara}
    assert (found["associated"], found["status"], found["users"]) == ([anna], "ACTIVE", ["anna"])
    assert found["counts"] == [3, 1]
    assert abs(found["made"] / 1000 - began) < 60
    assert found["tags"] == {"team": "été"}
    assert found["deleted"]["DeletedFaces"] == [clara]
    assert found["deleted"]["UnsuccessfulFaceDeletions"] == [
        {"FaceId": anna, "UserId": "anna", "Reasons": ["ASSOCIATED_TO_AN_EXISTING_USER"]}
    ]
    assert {what: (one["name"], one["status"], one["modelled"]) for what, one in found["refused"].items()} == {
        "exists": ("ResourceAlreadyExistsException", 400, True),
        "user": ("ConflictException", 400, True),
        "collection": ("ResourceNotFoundException", 400, True),
        "face": ("InvalidParameterException", 400, True),
        "page": ("InvalidPaginationTokenException", 400, True),
        "picture": ("InvalidImageFormatException", 400, True),
        "name": ("ValidationException", 400, False),
    }

"""The AWS command line against our server."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tests.client import ACCESS_KEY, REGION, SECRET
from tests.pictures import ANNA, people

from recognizance.wire.model import MODELS

AWS = shutil.which("aws", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}")

pytestmark = pytest.mark.skipif(AWS is None, reason="The AWS command line (`pip install awscli`) is not here.")


def aws(address, *arguments, **more):
    environment = {
        "PATH": os.environ.get("PATH", ""),
        "HOME": "/nonexistent",
        "AWS_ACCESS_KEY_ID": ACCESS_KEY,
        "AWS_SECRET_ACCESS_KEY": SECRET,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_MAX_ATTEMPTS": "1",
        "AWS_DATA_PATH": str(MODELS),
        **more,
    }
    command = [AWS, *arguments, "--endpoint-url", address, "--output", "json"]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)


def test_the_command_line_lists(address):
    told = aws(address, "rekognition", "list-collections")
    assert told.returncode == 0, told.stderr
    assert json.loads(told.stdout)["CollectionIds"] == ["staff", "été"]


def test_the_command_line_sends_pictures(address, service, tmp_path):
    picture = tmp_path / "picture"
    picture.write_bytes(bytes(range(256)) * 1000)
    told = aws(
        address, "rekognition", "compare-faces", "--source-image-bytes", f"fileb://{picture}",
        "--target-image-bytes", f"fileb://{picture}", "--similarity-threshold", "70",
    )  # fmt: skip
    assert told.returncode == 0, told.stderr
    assert json.loads(told.stdout)["FaceMatches"] == [{"Similarity": 99.5}]
    content = picture.read_bytes()
    assert service.asked[0].request == {
        "SourceImage": {"Bytes": content}, "TargetImage": {"Bytes": content}, "SimilarityThreshold": 70.0
    }  # fmt: skip


def test_the_command_line_asks_for_facial_attributes(whole, tmp_path):
    picture = tmp_path / "picture.png"
    picture.write_bytes(people(ANNA))
    told = aws(
        whole, "rekognition", "detect-faces", "--image-bytes", f"fileb://{picture}", "--attributes", "ALL",
        "--query", "FaceDetails[0].[Smile.Value, Gender.Value, length(Landmarks), Emotions[0].Type, AgeRange.Low]",
    )  # fmt: skip
    assert told.returncode == 0, told.stderr
    smile, gender, landmarks, emotion, low = json.loads(told.stdout)
    assert type(smile) is bool
    assert gender in ("Female", "Male")
    assert landmarks == 30
    assert emotion.isupper()
    assert type(low) is int


def test_the_command_line_tells_what_was_wrong(address):
    told = aws(address, "rekognition", "create-collection", "--collection-id", "a b")
    assert told.returncode != 0
    assert (
        "(ValidationException) when calling the CreateCollection operation: 1 validation error detected" in told.stderr
    )


def test_the_command_line_without_a_signature_is_not_believed(address):
    told = aws(address, "rekognition", "list-collections", "--no-sign-request")
    assert "(MissingAuthenticationTokenException)" in told.stderr


def test_the_command_line_speaks_our_house_service(address, service):
    told = aws(address, "recognizance", "explain-similarity", "--similarity", "80")
    assert told.returncode == 0, told.stderr
    assert service.asked[0].request == {"Similarity": 80.0}

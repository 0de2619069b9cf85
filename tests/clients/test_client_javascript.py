"""The AWS SDK for JavaScript v3 against our server; it is looked for in `$RECOGNIZANCE_TEST_JS` or ./node_modules."""

import json
import os
import shutil
import subprocess
from pathlib import Path
from uuid import UUID

import pytest
from tests.client import ACCESS_KEY, SECRET

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


def test_the_javascript_sdk_and_the_server_understand_each_other(address, service):
    answer = service.answer

    def refusing(name, request):
        if request.get("CollectionId") == "exists":
            raise errors.AlreadyExists("The collection id: exists already exists.")
        return answer(name, request)

    service.answer = refusing
    script = Path(__file__).with_name("rekognition.mjs")
    told = subprocess.run(
        [NODE, script, MODULES.parent, address, ACCESS_KEY, SECRET], capture_output=True, text=True, timeout=60
    )
    assert told.returncode == 0, told.stderr
    found = json.loads(told.stdout)
    assert found["listed"] == ["staff", "été"]
    assert UUID(found["requestId"])
    assert found["similarity"] == 99.5
    assert (found["invalid"]["name"], found["invalid"]["status"]) == ("ValidationException", 400)
    assert found["exists"] == {
        "name": "ResourceAlreadyExistsException", "message": "The collection id: exists already exists.", "status": 400
    }  # fmt: skip
    assert found["forged"]["name"] == "InvalidSignatureException"
    assert [asked.purpose for asked in service.asked] == [None, None, "missing person", None]
    assert service.asked[1].request["SourceImage"]["Bytes"] == b"\x07" * 300_000

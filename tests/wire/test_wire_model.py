"""The service models, the shapes generated from them, and our house service in other people's hands."""

import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import boto3
import pytest
from tests.client import in_process
from tests.wire.echo import Echo, app_for

from recognizance.wire import model

ROOT = Path(__file__).parents[2]


def test_the_generated_shapes_are_those_of_the_models():
    told = subprocess.run([sys.executable, "tools/shapes.py", "--check"], cwd=ROOT, capture_output=True, text=True)
    assert (told.returncode, told.stderr) == (0, "")


def test_boto3_speaks_our_house_service():
    at = datetime(2026, 11, 23, 3, 0, 0, tzinfo=UTC)
    entry = {"Sequence": 1, "At": at, "Facts": {"found": "2"}, "Operation": "DetectFaces"}
    service = Echo(lambda name, request: {"Entries": [entry]})
    house = in_process(app_for(service), service="recognizance")
    assert house.list_ledger_entries(After=0, MaxResults=10)["Entries"] == [entry]
    assert service.asked[0].request == {"After": 0, "MaxResults": 10}


def test_boto3_pages_through_the_ledger():
    def answer(name, request):
        after = request.get("After", 0)
        return {"Entries": [{"Sequence": after + 1}], **({"Next": after + 1} if after < 2 else {})}

    house = in_process(app_for(Echo(answer)), service="recognizance")
    pages = house.get_paginator("list_ledger_entries").paginate()
    assert [entry["Sequence"] for page in pages for entry in page["Entries"]] == [1, 2, 3]


def test_our_house_service_can_be_loaded_from_aws_data_path(monkeypatch):
    monkeypatch.setenv("AWS_DATA_PATH", str(model.MODELS))
    session = boto3.Session(region_name="eu-west-3", aws_access_key_id="a", aws_secret_access_key="b")
    assert "recognizance" in session.get_available_services()
    client = session.client("recognizance", endpoint_url="http://h.test")
    assert client.meta.service_model.signing_name == "rekognition"


def test_without_an_address_our_house_service_says_what_to_give():
    from botocore.exceptions import EndpointProviderError

    session = boto3.Session(region_name="eu-west-3", aws_access_key_id="a", aws_secret_access_key="b")
    session._loader.search_paths.append(str(model.MODELS))
    with pytest.raises(EndpointProviderError, match="give endpoint_url"):
        session.client("recognizance").list_models()


@pytest.mark.parametrize(
    ("shapes", "why"),
    [
        ({"A": {"type": "structure", "members": {"Again": {"shape": "A"}}}}, "contains itself"),
        ({"A": {"type": "bigdecimal"}}, "cannot be read"),
        ({"A": {"type": "timestamp", "timestampFormat": "iso8601"}}, "epoch seconds"),
    ],
)
def test_a_model_that_could_not_be_kept_is_refused_at_once(shapes, why):
    with pytest.raises(ValueError, match=why):
        model.compile_shape(shapes, {"shape": "A"}, ())


@pytest.mark.parametrize(
    ("pattern", "good", "bad"),
    [
        (r"^(?!aws:)[\p{L}\p{Z}\p{N}_.:/=+\-@]*$", ["é", "日本", "a b", "Ⅷ", ""], ["aws:x", "a!", "a\n", "\u0301"]),
        (r"\d{2}", ["12"], ["١٢", "123"]),
        (r"[A-Za-z0-9àâèçñó'-_(). ]*", ["a/b;c", "ñ"], ["é", "~"]),
        (r"[\u0009\u000A\u000D\u0020-\u00FF]+", ["a\n\tÿ"], ["\u0100", "\x00"]),
        (r"[a-zA-Z0-9-_]+", ["a-b_c"], ["a.b"]),
    ],
)
def test_patterns_mean_in_python_what_the_model_means(pattern, good, bad):
    expression = model.translate(pattern)
    assert [text for text in good if not expression.fullmatch(text)] == []
    assert [text for text in bad if expression.fullmatch(text)] == []

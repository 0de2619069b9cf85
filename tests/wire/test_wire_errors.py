# ruff: noqa: E501 - tables of cases; a sentence of AWS stands whole
"""The shape of every error, in one place: what the front refuses, what the service refuses, what breaks."""

import hashlib
import json
import logging
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from uuid import UUID

import pytest
from botocore.exceptions import ClientError
from tests.client import HOST, SECRET, ask, signed
from tests.wire.echo import Echo, app_for

from recognizance import errors
from recognizance.wire import sigv4

REFUSALS = [one for one in errors.Refusal.__subclasses__() if one is not errors.InvalidS3Object]


def raising(error):
    def answer(name, request):
        raise error

    return app_for(Echo(answer))


def stating(purpose):
    """Return a request signed with this purpose, a text or the very bytes."""
    given = purpose if isinstance(purpose, bytes) else purpose.encode()
    request = signed(headers=[("x-recognizance-purpose", "stands in")])
    found = sigv4.headers_of([(name.encode(), value.encode()) for name, value in request["headers"]])
    found |= {"x-recognizance-purpose": [given.decode("latin-1")], "host": [HOST]}
    claim = sigv4.claim(found, b"", now=datetime.now(UTC), regions=())
    digest = hashlib.sha256(request["body"]).hexdigest()
    text = sigv4.canonical_request("POST", b"/", b"", found, claim.signed, digest)
    right = found["authorization"][0].replace(claim.signature, sigv4.signature(SECRET, claim, text))
    found |= {"authorization": [right]}
    return {**request, "headers": [(name, value) for name, values in found.items() for value in values]}


def check_headers(response):
    assert UUID(response.headers["x-amzn-requestid"])
    assert response.headers["content-type"] == "application/x-amz-json-1.1"
    assert int(response.headers["content-length"]) == len(response.body)
    assert parsedate_to_datetime(response.headers["date"]).tzinfo is not None
    assert response.headers["date"].endswith("GMT")


def test_an_answer_carries_the_headers_of_one(app):
    response = ask(app, **signed())
    assert (response.status, response.body) == (200, b"{}")
    check_headers(response)
    assert "x-amzn-errortype" not in response.headers


@pytest.mark.parametrize("kind", REFUSALS, ids=lambda kind: kind.__name__)
def test_what_the_service_refuses_has_the_services_form(kind):
    response = ask(raising(kind("Because.")), **signed())
    check_headers(response)
    assert response.status == kind.status
    assert response.headers["x-amzn-errortype"] == kind.code
    assert json.loads(response.body) == {
        "__type": kind.code,
        "Code": kind.code,
        "Logref": response.headers["x-amzn-requestid"],
        "Message": "Because.",
    }


def test_boto3_raises_its_own_class_for_a_refusal(rekognition, service):
    for kind in REFUSALS:

        def answer(name, request, kind=kind):
            raise kind("Because.")

        service.answer = answer
        known = getattr(rekognition.exceptions, kind.code, ClientError) if kind.status != 501 else ClientError
        with pytest.raises(known) as caught:
            rekognition.list_collections()
        assert caught.value.response["Error"] == {"Code": kind.code, "Message": "Because."}
        assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == kind.status


def test_a_throttled_client_is_told_how_long_to_wait():
    assert ask(raising(errors.Throttled("Slow down.")), **signed()).headers["x-amz-retry-after"] == "1000"


@pytest.mark.parametrize(
    ("request_", "code", "status"),
    [
        (lambda: signed("RekognitionService.NoSuch"), "UnknownOperationException", 400),
        (lambda: signed("S3.ListCollections"), "UnknownOperationException", 400),
        (lambda: signed("ListCollections"), "UnknownOperationException", 400),
        (lambda: signed(""), "UnknownOperationException", 400),
        (lambda: signed(body=b"not json"), "SerializationException", 400),
        (lambda: signed(body=b""), "SerializationException", 400),
        (lambda: signed(body=b'{"MaxResults": -1}'), "ValidationException", 400),
        (lambda: {"headers": []}, "MissingAuthenticationTokenException", 400),
        (lambda: {**signed(), "method": "GET"}, "UnknownOperationException", 405),
        (lambda: {**signed(), "method": "DELETE"}, "UnknownOperationException", 405),
        (lambda: {"method": "GET", "url": "http://h/favicon.ico"}, "UnknownOperationException", 405),
        (lambda: {"method": "BREW", "url": "http://h/healthz"}, "UnknownOperationException", 405),
        (lambda: {"headers": [("content-length", "15000001")]}, "RequestEntityTooLargeException", 413),
        (lambda: {"headers": [("content-length", "9" * 30)]}, "SerializationException", 400),
        (lambda: {"headers": [("content-length", "-1")]}, "SerializationException", 400),
        (lambda: {"headers": [("content-length", "1"), ("content-length", "2")]}, "SerializationException", 400),
        (lambda: signed(headers=[("x-recognizance-purpose", "p" * 257)]), "ValidationException", 400),
        (lambda: signed(headers=[("x-recognizance-case", "tab\tand\x01more")]), "ValidationException", 400),
        (lambda: stating("é" * 257), "ValidationException", 400),
        (lambda: stating("back\u202ewards"), "ValidationException", 400),
        (lambda: stating("two\u2028lines"), "ValidationException", 400),
        (lambda: stating(b"latin \xe9"), "ValidationException", 400),
    ],
)
def test_what_the_front_refuses_has_the_fronts_form(app, service, request_, code, status):
    response = ask(app, **request_())
    check_headers(response)
    body = json.loads(response.body)
    assert (body.pop("__type"), response.status) == (code, status)
    assert response.headers["x-amzn-errortype"] == code
    assert list(body) == ["message"]
    assert body["message"]
    assert service.asked == []


@pytest.mark.parametrize(
    "answer",
    [
        lambda name, request: 1 / 0,
        lambda name, request: {"NoSuchMember": 1},
        lambda name, request: {"CollectionIds": [float("nan")]},
        lambda name, request: {"CollectionIds": ["\ud800"]},
        lambda name, request: (_ for _ in ()).throw(errors.ModelUnusable("/secret/path is broken")),
        lambda name, request: (_ for _ in ()).throw(MemoryError),
    ],
)
def test_what_breaks_is_a_500_without_details_and_with_them_in_the_log(answer, caplog):
    with caplog.at_level(logging.ERROR, "recognizance"):
        response = ask(app_for(Echo(answer)), **signed())
    check_headers(response)
    assert response.status == 500
    request_id = response.headers["x-amzn-requestid"]
    assert json.loads(response.body) == {
        "__type": "InternalServerError",
        "Code": "InternalServerError",
        "Logref": request_id,
        "Message": "Internal server error",
    }
    assert request_id in caplog.text
    assert caplog.records[0].exc_info is not None


def test_an_unserved_operation_is_a_501_that_boto3_does_not_take_for_a_success(rekognition, service):
    def answer(name, request):
        raise errors.Unserved("CreateProject is not served here. See docs/coverage.md.")

    service.answer = answer
    with pytest.raises(ClientError, match=r"NotImplementedException.*CreateProject is not served here"):
        rekognition.create_project(ProjectName="p")


def test_the_service_gets_what_was_asked_and_stated(app, service):
    request = signed(
        "RekognitionService.CreateCollection",
        b'{"CollectionId": "staff"}',
        headers=[("x-recognizance-purpose", "access control"), ("x-recognizance-case", " 2026/17 ")],
    )
    response = ask(app, **request)
    asked = service.asked[0]
    assert (asked.name, asked.request) == ("CreateCollection", {"CollectionId": "staff"})
    assert (asked.purpose, asked.case) == ("access control", "2026/17")
    assert asked.request_id == response.headers["x-amzn-requestid"]


@pytest.mark.parametrize("purpose", ["enquête à", "“missing person”", "身元確認", "розыск", "الهوية"])
def test_a_purpose_may_be_in_any_script(app, service, purpose):
    assert ask(app, **stating(purpose)).status == 200
    assert service.asked[0].purpose == purpose


def test_a_purpose_that_does_not_print_is_told_so(app):
    said = json.loads(ask(app, **stating("back\u202ewards")).body)["message"]
    assert said.endswith(
        "at 'x-recognizance-purpose' failed to satisfy constraint: Member must be text in UTF-8 of characters that print"
    )
    said = json.loads(ask(app, **stating("é" * 257)).body)["message"]
    assert said.endswith(
        "(257 characters)' at 'x-recognizance-purpose' failed to satisfy constraint: Member must have length less than or equal to 256"
    )


def test_headers_added_to_a_boto3_client_are_signed(rekognition, service):
    for event in ("before-call", "before-sign"):

        def state(event_name, **given):
            request = given.get("request")
            (given["params"]["headers"] if request is None else request.headers)["x-recognizance-purpose"] = event_name

        rekognition.meta.events.register_first(f"{event}.rekognition", state, unique_id="purpose")
        rekognition.list_collections()
        assert service.asked[-1].purpose.startswith(event)
        rekognition.meta.events.unregister(f"{event}.rekognition", unique_id="purpose")


def test_every_request_leaves_one_line_without_secrets(app, caplog):
    request = signed("RekognitionService.CreateCollection", b'{"CollectionId": "confidential"}')
    with caplog.at_level(logging.INFO, "recognizance.access"):
        response = ask(app, **request)
        ask(app, headers=[("x-amz-target", "evil\tRekognitionService.X status=200")])
    first, second = (record.getMessage() for record in caplog.records)
    assert first.startswith(
        f"request_id={response.headers['x-amzn-requestid']} operation=CreateCollection access_key=AKIDEXAMPLE000000001 status=200 error=- ms="
    )
    assert first.endswith(f"in={len(request['body'])} out=2")
    assert " operation=- access_key=- status=400 error=MissingAuthenticationTokenException ms=" in second
    assert "confidential" not in caplog.text
    assert "evil" not in caplog.text


def test_health_is_told_to_anyone_in_json(app):
    well = ask(app, method="GET", url="http://h/healthz")
    assert (well.status, well.body) == (200, b'{"status": "ok"}')
    assert well.headers["content-type"] == "application/json"

    app.health = lambda: (False, {"database": "gone"})
    assert ask(app, method="GET", url="http://h/healthz").status == 503
    app.health = lambda: 1 / 0
    assert ask(app, method="GET", url="http://h/healthz").status == 500

"""boto3 without a socket: botocore's `before-send` event, answered by the ASGI application itself."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import boto3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest, AWSResponse
from botocore.config import Config
from botocore.credentials import Credentials

from recognizance.wire.model import MODELS

ACCESS_KEY = "AKIDEXAMPLE000000001"
SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
REGION = "eu-west-3"
HOST = "recognizance.test"
URL = f"http://{HOST}"
TYPE = "application/x-amz-json-1.1"


@dataclass(frozen=True)
class Response:
    """What came back: status, headers in lower case, body."""

    status: int
    headers: dict[str, str]
    body: bytes = field(repr=False)

    def stream(self) -> Iterator[bytes]:
        """Yield the body, as urllib3's response does for botocore."""
        yield self.body


def in_process(
    app: Any,
    *,
    service: str = "rekognition",
    access_key: str = ACCESS_KEY,
    secret: str = SECRET,
    token: str | None = None,
    region: str = REGION,
) -> Any:
    """Return a boto3 client whose every request is answered by `app`; it does not retry."""
    session = boto3.Session(access_key, secret, token, region)
    session._loader.search_paths.append(str(MODELS))  # as AWS_DATA_PATH would
    config = Config(retries={"total_max_attempts": 1}, ignore_configured_endpoint_urls=True)
    client = session.client(service, endpoint_url=URL, config=config)

    def answer(request: Any, **_: Any) -> AWSResponse:
        response = ask(app, url=request.url, headers=list(request.headers.items()), body=request.body or b"")
        return AWSResponse(request.url, response.status, response.headers, response)

    client.meta.events.register("before-send.*.*", answer)
    return client


@dataclass
class Line:
    """An ASGI application that passes requests on to another: a client outlives the server of one test."""

    server: Any = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Pass a request on."""
        await self.server(scope, receive, send)


@functools.cache
def line(**how: Any) -> tuple[Line, Any]:
    """Return a line and the client at its end, as `in_process` makes it; boto3 takes a quarter of a second for one."""
    made = Line()
    return made, in_process(made, **how)


def ask(
    app: Any,
    *,
    method: str = "POST",
    url: str = URL + "/",
    headers: Sequence[tuple[str, Any]] = (),
    body: bytes | Sequence[bytes] = b"",
) -> Response:
    """Return what `app` answers. A body in several chunks comes without a Content-Length."""
    where = urlsplit(url)
    whole = isinstance(body, bytes | bytearray)
    chunks = [bytes(body)] if whole else list(body)
    given = [(_bytes(name).lower(), _bytes(value)) for name, value in headers]
    names = {name for name, _ in given}
    if b"host" not in names:
        given.append((b"host", where.netloc.encode()))
    if whole and b"content-length" not in names:
        given.append((b"content-length", str(len(body)).encode()))
    if not whole:
        given.append((b"transfer-encoding", b"chunked"))
    scope = {
        "type": "http",
        "method": method,
        "path": where.path or "/",
        "raw_path": (where.path or "/").encode(),
        "query_string": where.query.encode(),
        "headers": given,
    }
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        if not chunks:
            return {"type": "http.disconnect"}
        return {"type": "http.request", "body": chunks.pop(0), "more_body": bool(chunks)}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    asyncio.run(app(scope, receive, send))
    return Response(
        sent[0]["status"],
        {name.decode(): value.decode() for name, value in sent[0]["headers"]},
        b"".join(message.get("body", b"") for message in sent[1:]),
    )


def _bytes(value: Any) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode("latin-1")


def signed(
    target: str = "RekognitionService.ListCollections",
    body: bytes = b"{}",
    *,
    access_key: str = ACCESS_KEY,
    secret: str = SECRET,
    region: str = REGION,
    service: str = "rekognition",
    token: str | None = None,
    url: str = URL + "/",
    headers: Sequence[tuple[str, str]] = (),
) -> dict[str, Any]:
    """Return `url`, `headers` and `body` of a request that botocore signed, as `ask` takes them."""
    request = AWSRequest(
        "POST", url, data=body, headers={"X-Amz-Target": target, "Content-Type": TYPE, **dict(headers)}
    )
    SigV4Auth(Credentials(access_key, secret, token), service, region).add_auth(request)
    return {"url": url, "headers": [(name, str(value)) for name, value in request.headers.items()], "body": body}

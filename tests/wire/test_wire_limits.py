"""A server on a real socket: sizes, slow clients, garbage, many at once, and going away."""

import http.client
import json
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from urllib.parse import urlsplit

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from tests.client import ACCESS_KEY, REGION, SECRET, signed
from tests.wire.echo import Echo, app_for

from recognizance.wire.limits import Limits


@pytest.fixture
def address(serve, app):
    return serve(app)


def boto(address):
    return boto3.client(
        "rekognition",
        endpoint_url=address,
        region_name=REGION,
        aws_access_key_id=ACCESS_KEY,
        aws_secret_access_key=SECRET,
        config=Config(retries={"total_max_attempts": 1}),
    )


def connect(address):
    where = urlsplit(address)
    connection = socket.create_connection((where.hostname, where.port), timeout=20)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def read(connection):
    """Return the status, the headers and the JSON of one response."""
    response = http.client.HTTPResponse(connection)
    response.begin()
    body = response.read()
    assert response.getheader("content-type") == "application/x-amz-json-1.1"
    assert response.getheader("x-amzn-requestid")
    return response.status, response.headers, json.loads(body)


def code_of(connection):
    status, _, body = read(connection)
    return status, body["__type"]


def raw(request, extra=()):
    lines = ["POST / HTTP/1.1", *(f"{name}: {value}" for name, value in [*request["headers"], *extra])]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def sent(address, request, **more):
    """Return the header block and the body of a signed request to `address`."""
    given = signed(url=address + "/", body=request, **more)
    return raw(given, [("Host", urlsplit(address).netloc), ("Content-Length", len(request))]), given["body"]


def closed(connection):
    try:
        return connection.recv(1) == b""
    except ConnectionResetError:
        return True


def test_boto3_and_the_server_talk(address, service):
    client = boto(address)
    assert client.list_collections(MaxResults=3)["ResponseMetadata"]["HTTPStatusCode"] == 200
    assert service.asked[0].request == {"MaxResults": 3}
    client.close()


def test_two_pictures_of_5_mib_fit(address, service):
    client = boto(address)
    picture = b"\xff" * 5_242_880
    client.compare_faces(SourceImage={"Bytes": picture}, TargetImage={"Bytes": picture})
    assert len(service.asked[0].request["TargetImage"]["Bytes"]) == 5_242_880
    client.close()


def test_a_body_that_is_too_large_is_refused_and_boto3_sees_it(address, service):
    client = boto(address)
    with pytest.raises(ClientError) as caught:
        client.detect_faces(Image={"Bytes": b"\xff" * 20_000_000})
    assert caught.value.response["Error"]["Code"] == "RequestEntityTooLargeException"
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 413
    assert service.asked == []
    client.close()


def test_a_body_that_is_announced_too_large_is_refused_before_a_byte_of_it(address):
    with connect(address) as connection:
        connection.sendall(b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 15000001\r\nExpect: 100-continue\r\n\r\n")
        assert code_of(connection) == (413, "RequestEntityTooLargeException")


def test_a_chunked_body_is_counted(address):
    given = signed(url=address + "/")
    head = raw(given, [("Host", urlsplit(address).netloc), ("Transfer-Encoding", "chunked")])
    chunk = b"%x\r\n%s\r\n" % (1_000_000, b" " * 1_000_000)
    with connect(address) as connection:
        connection.sendall(head)
        for _ in range(16):
            connection.sendall(chunk)
        assert code_of(connection) == (413, "RequestEntityTooLargeException")
        assert closed(connection)


def test_a_chunked_body_within_the_limit_is_read(address):
    given = signed(url=address + "/")
    with connect(address) as connection:
        connection.sendall(raw(given, [("Host", urlsplit(address).netloc), ("Transfer-Encoding", "chunked")]))
        connection.sendall(b"1\r\n{\r\n1\r\n}\r\n0\r\n\r\n")
        assert read(connection)[0] == 200


def test_a_connection_answers_many_requests(address):
    with connect(address) as connection:
        for _ in range(3):
            head, body = sent(address, b"{}")
            connection.sendall(head + body)
            assert read(connection)[0] == 200


def test_requests_sent_ahead_are_answered_in_turn(address):
    head, body = sent(address, b"{}")
    with connect(address) as connection:
        connection.sendall((head + body) * 3)
        stream = b""
        while stream.count(b"HTTP/1.1 200") < 3:
            stream += connection.recv(65_536)


@pytest.mark.parametrize(
    "garbage",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(100),  # TLS to a plain port
        b"nonsense\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: ten\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"POST / HTTP/1.1\r\nbad header\r\n\r\n",
        b"POST /\xff HTTP/1.1\r\nHost: h\r\n\r\n",
        b"OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n",
        b"POST / HTTP/9.9\r\nHost: h\r\n\r\n",
    ],
)
def test_what_is_not_http_is_answered_in_awss_shape(address, garbage):
    with connect(address) as connection:
        connection.sendall(garbage)
        assert code_of(connection)[0] in (400, 405)


@pytest.mark.parametrize(
    "head",
    [
        b"POST / HTTP/1.1\r\n" + b"x-a: b\r\n" * 5_000 + b"\r\n",
        b"POST / HTTP/1.1\r\nx-a: " + b"b" * 20_000 + b"\r\n\r\n",
        b"POST /" + b"a" * 20_000 + b" HTTP/1.1\r\n\r\n",
        b"POST / HTTP/1.1\r\nx-a: " + b"b" * 1_000_000,
        b"\r\n" * 500_000,
    ],
    ids=["many", "long", "path", "endless", "blank"],
)
def test_header_bombs_are_refused(address, head):
    with connect(address) as connection:
        connection.sendall(head)
        assert code_of(connection) == (431, "RequestHeaderSectionTooLarge")


def test_a_long_session_token_fits_into_the_headers(address):
    given = signed(url=address + "/", token="t" * 12_000)
    with connect(address) as connection:
        connection.sendall(raw(given, [("Host", urlsplit(address).netloc), ("Content-Length", 2)]) + b"{}")
        assert code_of(connection) == (400, "UnrecognizedClientException")


def test_a_slow_body_is_not_waited_for(serve):
    address = serve(app_for(Echo(), limits=Limits(body_pause=0.3, drain_time=0.2)))
    head, _ = sent(address, b"{" + b" " * 100 + b"}")
    with connect(address) as connection:
        connection.sendall(head + b"{")
        assert code_of(connection) == (408, "RequestTimeoutException")
        assert closed(connection)


def test_a_dripping_body_has_an_end(serve):
    address = serve(app_for(Echo(), limits=Limits(body_time=0.5, drain_time=0.2)))
    head, _ = sent(address, b" " * 1000)
    with connect(address) as connection:
        connection.sendall(head)
        for _ in range(8):
            connection.sendall(b" ")
            time.sleep(0.1)
        assert code_of(connection) == (408, "RequestTimeoutException")


def test_slow_headers_are_not_waited_for(serve):
    address = serve(app_for(Echo(), limits=Limits(header_time=0.4)))
    with connect(address) as connection, connect(address) as silent:
        connection.sendall(b"POST / HTTP/1.1\r\n")
        time.sleep(0.2)
        connection.sendall(b"Host: h\r\n")
        assert code_of(connection) == (408, "RequestTimeoutException")
        assert closed(silent)


def test_connections_are_counted(serve):
    address = serve(app_for(Echo(), limits=Limits(connections=2)))
    with connect(address) as first, connect(address) as second, connect(address) as third:
        assert code_of(third) == (503, "ServiceUnavailableException")
        for connection in (first, second):
            head, body = sent(address, b"{}")
            connection.sendall(head + body)
            assert read(connection)[0] == 200


def test_what_does_not_fit_the_queue_is_told_to_slow_down(serve):
    release = threading.Event()
    begun = threading.Semaphore(0)

    def answer(name, request):
        begun.release()
        assert release.wait(20)
        return {}

    address = serve(app_for(Echo(answer), workers=1, waiting=1))
    head, body = sent(address, b"{}")
    with connect(address) as working, connect(address) as waiting, connect(address) as third:
        working.sendall(head + body)
        assert begun.acquire(timeout=10)
        waiting.sendall(head + body)
        time.sleep(0.2)
        third.sendall(head + body)
        status, headers, said = read(third)
        assert (status, said["__type"], said["Message"]) == (
            400, "ThrottlingException", "Slow down; sudden increase in rate of requests."
        )  # fmt: skip
        assert headers["x-amz-retry-after"] == "1000"
        with connect(address) as stranger:
            stranger.sendall(b"".join(sent(address, b"{}", secret="x" * 40)))
            assert code_of(stranger)[1] == "InvalidSignatureException"  # and takes no place in the queue
        release.set()
        assert read(working)[0] == 200
        assert read(waiting)[0] == 200
        third.sendall(head + body)
        assert read(third)[0] == 200


def test_bodies_in_hand_are_counted_together(serve):
    address = serve(app_for(Echo(), limits=Limits(bodies=1_000)))
    head, _ = sent(address, b" " * 800)
    with connect(address) as first, connect(address) as second:
        first.sendall(head)
        time.sleep(0.2)
        second.sendall(head)
        assert code_of(second) == (400, "ThrottlingException")


def test_a_client_that_hangs_up_costs_nothing_more(serve, caplog):
    address = serve(app_for(Echo(), limits=Limits(bodies=1_000)))
    head, _ = sent(address, b" " * 800)
    with caplog.at_level("INFO", "recognizance.access"):
        with connect(address) as connection:
            connection.sendall(head + b" ")
            time.sleep(0.1)
        time.sleep(0.3)
    assert "status=499" in caplog.text
    with connect(address) as connection:
        head, body = sent(address, b"{}")
        connection.sendall(head + body)
        assert read(connection)[0] == 200


def test_the_server_names_neither_itself_nor_its_parts(address):
    with connect(address) as connection:
        head, body = sent(address, b"{}")
        connection.sendall(head + body)
        _, headers, _ = read(connection)
    assert sorted(name.lower() for name in headers) == ["content-length", "content-type", "date", "x-amzn-requestid"]


def test_an_upgrade_to_something_else_is_refused(serve):
    address = serve(app_for(Echo(), limits=Limits(body_pause=0.3, drain_time=0.2)))
    with connect(address) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
        assert code_of(connection) == (405, "UnknownOperationException")


SLOW_SERVER = """
import sys, time
from tests.wire.echo import Echo, app_for
from recognizance.settings import Settings
from recognizance.wire import run

def answer(name, request):
    print("begun", flush=True)
    time.sleep(0.5)
    return {"CollectionIds": ["done"]}

run(app_for(Echo(answer)), Settings(port=0), lambda address: print(address, flush=True))
"""


def test_a_server_told_to_stop_answers_what_it_has_begun():
    root = Path(__file__).parents[2]
    with subprocess.Popen([sys.executable, "-c", SLOW_SERVER], cwd=root, stdout=subprocess.PIPE, text=True) as running:
        address = running.stdout.readline().strip()
        with connect(address) as connection:
            connection.sendall(b"".join(sent(address, b"{}")))
            assert running.stdout.readline() == "begun\n"
            running.terminate()
            assert read(connection)[2] == {"CollectionIds": ["done"]}
        assert running.wait(10) in (0, -signal.SIGTERM)

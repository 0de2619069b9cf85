"""A server on a real socket: sizes, slow clients, garbage, many at once, and going away."""

import http.client
import io
import json
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from tests.client import ACCESS_KEY, REGION, SECRET, signed
from tests.wire.echo import ACCOUNT, Echo, app_for

from recognizance.values import Key
from recognizance.wire.http import MOST_LATELY, Lately
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


class Stream(io.BufferedReader):
    """What a connection gives, for one answer after the other to be read from, also where several came together."""

    def close(self):
        """Stay open for the next answer."""


class Connection(socket.socket):
    """A connection with one stream for all who read from it: what one has taken too much of, the next one has."""

    def makefile(self, *_):
        if not hasattr(self, "stream"):
            self.stream = Stream(socket.SocketIO(self, "rb"))
        return self.stream


def connect(address):
    where = urlsplit(address)
    connection = Connection(fileno=socket.create_connection((where.hostname, where.port)).detach())
    connection.settimeout(20)
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


class Held(Echo):
    """A service that begins every call, and answers when released."""

    def __init__(self):
        self.begun, self.release = threading.Semaphore(0), threading.Event()
        super().__init__(self._wait)

    def _wait(self, name, request):
        self.begun.release()
        assert self.release.wait(20)
        return {}


def sent(address, request, **more):
    """Return the header block and the body of a signed request to `address`."""
    given = signed(url=address + "/", body=request, **more)
    return raw(given, [("Host", urlsplit(address).netloc), ("Content-Length", len(request))]), given["body"]


def closed(connection):
    try:
        return connection.makefile().read(1) == b""
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


def test_a_chunked_body_is_counted(serve):
    address = serve(app_for(Echo(), limits=Limits(body=1_500_000, drain_time=0.2)))
    given = signed(url=address + "/")
    head = raw(given, [("Host", urlsplit(address).netloc), ("Transfer-Encoding", "chunked")])
    chunk = b"%x\r\n%s\r\n" % (100_000, b" " * 100_000)
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


def test_an_answer_larger_than_the_connection_takes_at_once_is_whole(serve):
    names = [f"{place:0250}" for place in range(40_000)]
    address = serve(app_for(Echo(lambda name, request: {"CollectionIds": names})))
    with connect(address) as connection:
        for _ in range(2):
            connection.sendall(b"".join(sent(address, b"{}")))
            time.sleep(0.2)  # so that the connection is full before the first byte is read
            assert read(connection)[2] == {"CollectionIds": names}


def test_who_asks_again_once_answered_finds_the_place_free(serve):
    address = serve(app_for(Echo(), workers=1, waiting=0))
    message = b"".join(sent(address, b"{}"))
    with connect(address) as connection:
        for _ in range(300):
            connection.sendall(message)
            assert read(connection)[0] == 200


def test_a_connection_that_is_to_close_is_told_so_in_the_answer(address):
    given = signed(url=address + "/")
    with connect(address) as connection:
        connection.sendall(
            raw(given, [("Host", urlsplit(address).netloc), ("Content-Length", 2), ("Connection", "close")]) + b"{}"
        )
        status, headers, _ = read(connection)
        assert (status, headers["connection"]) == (200, "close")
        assert closed(connection)


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
    service = Held()
    address = serve(app_for(service, workers=1, waiting=1))
    head, body = sent(address, b"{}")
    with connect(address) as working, connect(address) as waiting, connect(address) as third:
        working.sendall(head + body)
        assert service.begun.acquire(timeout=10)
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
        service.release.set()
        assert read(working)[0] == 200
        assert read(waiting)[0] == 200
        third.sendall(head + body)
        assert read(third)[0] == 200


def test_a_stranger_is_told_while_every_worker_is_busy_and_while_none_is(serve):
    service = Held()
    address = serve(app_for(service, workers=1, waiting=0))
    with connect(address) as working:
        for busy in (False, True):
            if busy:
                working.sendall(b"".join(sent(address, b"{}")))
                assert service.begun.acquire(timeout=10)
            with connect(address) as stranger:
                stranger.sendall(b"".join(sent(address, b"{}", secret="x" * 40)))
                assert code_of(stranger) == (400, "InvalidSignatureException")
        service.release.set()
        assert read(working)[0] == 200
    assert len(service.asked) == 1


@pytest.mark.parametrize("busy", [False, True])
def test_what_no_model_has_is_refused_and_recorded_whether_workers_are_idle_or_not(serve, busy):
    service = Held()
    address = serve(app_for(service, workers=1, waiting=0))
    with connect(address) as working, connect(address) as asking:
        if busy:
            working.sendall(b"".join(sent(address, b"{}")))
            assert service.begun.acquire(timeout=10)
        asking.sendall(b"".join(sent(address, b"{}", target="RekognitionService.Guess")))
        assert code_of(asking) == (400, "UnknownOperationException")
        assert service.broken == [("Unknown", "UnknownOperationException")]
        service.release.set()
        if busy:
            assert read(working)[0] == 200


def test_a_key_that_signed_a_moment_ago_and_was_revoked_is_refused(serve, service):
    found = {ACCESS_KEY: Key(ACCESS_KEY, SECRET, ACCOUNT)}
    app = app_for(service, limits=Limits(drain_time=0.1))
    app.keys = lambda access_key, token: found.get(access_key)
    address = serve(app)
    with connect(address) as connection:
        connection.sendall(b"".join(sent(address, b"{}")))
        assert read(connection)[0] == 200
        found.clear()
        connection.sendall(b"".join(sent(address, b"{}")))
        assert code_of(connection) == (400, "UnrecognizedClientException")
        head, _ = sent(address, b" " * 800)
        connection.sendall(head)  # and from then on before its body
        assert code_of(connection) == (400, "UnrecognizedClientException")
    assert len(service.asked) == 1


@pytest.mark.parametrize("later", ["another signature", "another token", "after a while"])
def test_only_a_key_that_signed_lately_has_its_body_read_unseen(later):
    lately = Lately()
    lately.signed("AKID", "", 100.0)
    assert lately.knows("AKID", "", 101.0)
    match later:
        case "another signature":
            lately.failed("AKID", "")
            assert not lately.knows("AKID", "", 101.0)
        case "another token":
            assert not lately.knows("AKID", "token", 101.0)
        case _:
            assert not lately.knows("AKID", "", 110.0)


def test_keys_that_signed_lately_are_forgotten_oldest_first():
    lately = Lately()
    for number in range(MOST_LATELY):
        lately.signed(f"AKID{number}", "", 100.0)
    lately.signed("AKID0", "", 101.0)
    lately.signed("AKIDNEW", "", 101.0)
    assert lately.knows("AKID0", "", 101.0)
    assert not lately.knows("AKID1", "", 101.0)
    assert lately.knows("AKID2", "", 101.0)


def test_bodies_in_hand_are_counted_together(serve):
    address = serve(app_for(Echo(), limits=Limits(bodies=1_000)))
    head, _ = sent(address, b" " * 800)
    with connect(address) as first, connect(address) as second:
        first.sendall(head + b" " * 700)
        time.sleep(0.2)
        second.sendall(head + b" " * 700)
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


def test_what_is_only_announced_takes_no_room(serve):
    address = serve(app_for(Echo(), limits=Limits(bodies=1_000)))
    head, _ = sent(address, b" " * 999)
    with connect(address) as first, connect(address) as second, connect(address) as third:
        first.sendall(head + b" ")
        second.sendall(head + b" ")
        time.sleep(0.1)
        third.sendall(b"".join(sent(address, b"{}")))
        assert read(third)[0] == 200


def test_an_unknown_key_is_refused_before_its_body(serve):
    address = serve(app_for(Echo(), limits=Limits(drain_time=0.1)))
    head, _ = sent(address, b" " * 800, access_key="AKIDSOMEBODYELSE0000")
    with connect(address) as connection:
        connection.sendall(head)
        assert code_of(connection) == (400, "UnrecognizedClientException")
        assert closed(connection)


def test_a_body_has_to_keep_a_rate_after_some_grace(serve):
    address = serve(app_for(Echo(), limits=Limits(body_grace=0.2, body_rate=1_000, drain_time=0.1)))
    body = b"{" + b" " * 1_498 + b"}"
    head, _ = sent(address, body)
    with connect(address) as slow, connect(address) as fast:
        slow.sendall(head + body[:100])
        fast.sendall(head + body[:1_000])
        assert code_of(slow) == (408, "RequestTimeoutException")
        time.sleep(0.3)
        fast.sendall(body[1_000:])
        assert read(fast)[0] == 200


def test_a_client_that_never_reads_is_cut_off(serve):
    service = Echo(lambda name, request: {"CollectionIds": ["a" * 16_000_000]} if request else {})
    address = serve(app_for(service, limits=Limits(connections=1, answer_time=0.3, linger=0.1)))
    with connect(address) as connection:
        connection.sendall(b"".join(sent(address, b'{"MaxResults": 1}')))
        wait_for_room(address)


def wait_for_room(address):
    for _ in range(100):
        time.sleep(0.1)
        with connect(address) as other:
            head, body = sent(address, b"{}")
            other.sendall(head + body)
            with suppress(ConnectionError):
                if read(other)[0] == 200:
                    return
    raise AssertionError("the connection was never given up")


def test_requests_sent_ahead_are_counted(serve):
    address = serve(app_for(Echo(), limits=Limits(ahead=2, drain_time=0.1)))
    head, body = sent(address, b"{}")
    with connect(address) as connection:
        connection.sendall((head + body) * 100)
        stream = b""
        with suppress(ConnectionResetError):
            while more := connection.recv(65_536):
                stream += more
    assert (stream.count(b"HTTP/1.1 200"), stream.count(b"HTTP/1.1 ")) == (3, 4)
    assert b'"__type": "ThrottlingException"' in stream


def test_what_was_asked_before_garbage_is_answered(address):
    head, body = sent(address, b"{}")
    with connect(address) as connection:
        connection.sendall(head + body + head + body + b"garbage\r\n\r\n")
        assert read(connection)[0] == 200
        assert read(connection)[0] == 200
        assert closed(connection)


@pytest.mark.parametrize(
    ("framing", "body"),
    [("xchunked", b"{}"), ("chunked, identity", b"{}"), ("chunked", b"5\r\n{}"), ("chunked", b"x\r\n{}\r\n")],
)
def test_a_body_that_cannot_be_framed_is_answered_in_awss_shape(serve, framing, body):
    address = serve(app_for(Echo(), limits=Limits(body_pause=0.2, drain_time=0.1)))
    given = signed(url=address + "/")
    with connect(address) as connection:
        head = raw(given, [("Host", urlsplit(address).netloc), ("Transfer-Encoding", framing)])
        connection.sendall(head + body)
        assert code_of(connection)[0] in (400, 408)
        assert closed(connection)


def test_an_offer_of_http_2_is_ignored(address):
    offer = [
        ("Connection", "Upgrade, HTTP2-Settings"),
        ("Upgrade", "h2c"),
        ("HTTP2-Settings", "AAMAAABkAAQAoAAAAAIAAAAA"),
    ]
    given = signed(url=address + "/")
    whole = raw(given, [("Host", urlsplit(address).netloc), *offer, ("Content-Length", 2)]) + b"{}"
    chunks = raw(given, [*offer, ("Host", urlsplit(address).netloc), ("Transfer-Encoding", "chunked")])
    with connect(address) as connection:
        connection.sendall(whole)
        assert read(connection)[0] == 200
        connection.sendall(whole + chunks + b"2\r\n{}\r\n0\r\n\r\n")
        assert read(connection)[0] == 200
        assert read(connection)[0] == 200
        for part in (whole[:30], whole[30:300], whole[300:-3], whole[-3:-1], whole[-1:]):
            connection.sendall(part)
            time.sleep(0.02)
        assert read(connection)[0] == 200
        connection.sendall(whole.replace(b"Upgrade,", b"close, Upgrade,"))
        assert read(connection)[0] == 200
        assert closed(connection)
    with connect(address) as connection:
        connection.sendall(whole.replace(b"HTTP/1.1", b"HTTP/1.0", 1))
        assert read(connection)[0] == 200


def test_boto3_states_a_purpose_in_any_script(address, service):
    client = boto(address)
    client.meta.events.register(
        "before-sign.*.*", lambda request, **_: request.headers.add_header("x-recognizance-purpose", "enquête “à”")
    )
    client.list_collections()
    assert service.asked[0].purpose == "enquête “à”"
    client.close()


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
from recognizance.wire.limits import Limits

def answer(name, request):
    print("begun", flush=True)
    time.sleep(request["MaxResults"] / 4)
    return {"CollectionIds": ["done"]}

run(app_for(Echo(answer), limits=Limits(grace=1)), Settings(port=0), lambda address: print(address, flush=True))
print("closed", flush=True)
"""


def test_a_server_told_to_stop_answers_everybody_and_returns():
    root = Path(__file__).parents[2]
    with subprocess.Popen(
        [sys.executable, "-c", SLOW_SERVER], cwd=root, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as running:
        address = running.stdout.readline().strip()
        with connect(address) as short, connect(address) as long, connect(address) as unread:
            unread.sendall(sent(address, b"{}")[0] + b"{")
            short.sendall(b"".join(sent(address, b'{"MaxResults": 0}'))[:-2])
            long.sendall(b"".join(sent(address, b'{"MaxResults": 6}')))
            assert running.stdout.readline() == "begun\n"
            short.sendall(b"0}")
            assert running.stdout.readline() == "begun\n"
            assert read(short)[2] == {"CollectionIds": ["done"]}
            short.sendall(b"".join(sent(address, b'{"MaxResults": 1}')))
            assert running.stdout.readline() == "begun\n"
            running.terminate()
            assert code_of(unread) == (503, "ServiceUnavailableException")
            assert read(short)[2] == {"CollectionIds": ["done"]}
            assert code_of(long) == (503, "ServiceUnavailableException")
        assert running.stdout.readline() == "closed\n"
        assert running.wait(10) == 0


def test_a_server_that_is_interrupted_says_so():
    root = Path(__file__).parents[2]
    with subprocess.Popen(
        [sys.executable, "-c", SLOW_SERVER], cwd=root, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as running:
        assert running.stdout.readline().startswith("http")
        running.send_signal(signal.SIGINT)
        assert running.communicate(timeout=10)[1].strip().endswith("KeyboardInterrupt")

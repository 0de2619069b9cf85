"""Clients that load a server, each its own process: real boto3 ones, and light ones that spare the processor.

A boto3 client encodes, hashes and signs every picture, on the same cores the server works on. A light
client signs its requests once, beforehand, and then only sends bytes and reads answers: what is left
is the server's speed. Run as a module, this is one client: a JSON line in says what to ask, "ready"
comes out, each further line is a number of seconds to ask for, and each answer a line of milliseconds.
"""

from __future__ import annotations

import base64
import json
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import psutil

ROOT = Path(__file__).parents[1]
TYPE = "application/x-amz-json-1.1"
KINDS = ("light", "boto3")
COLLECTION = "million"
"""What IndexFaces and SearchFacesByImage are asked about: the collection of `collections_at_scale`."""

Ask = Callable[[int], object]
"""Send the request of that number, round and round, and read its answer. Raises `RuntimeError` for a refusal."""


@dataclass(frozen=True, slots=True)
class Asking:
    """What a client asks: `operation` about each of `pictures` (files) in turn, over and over."""

    port: int
    access_key: str
    secret: str = field(repr=False)
    region: str
    operation: str
    pictures: tuple[str, ...]

    def requests(self) -> list[dict[str, Any]]:
        """Return what each request says, pictures as bytes."""
        read = [Path(path).read_bytes() for path in self.pictures]
        if self.operation == "DetectFaces":
            return [{"Image": {"Bytes": data}} for data in read]
        if self.operation == "SearchFacesByImage":
            return [{"CollectionId": COLLECTION, "Image": {"Bytes": data}} for data in read]
        if self.operation == "IndexFaces":  # under names of this client's own, so that each adds faces once
            return [
                {"CollectionId": COLLECTION, "Image": {"Bytes": data}, "ExternalImageId": f"{uuid.uuid4()}"}
                for data in read
            ]
        return [
            {"SourceImage": {"Bytes": data}, "TargetImage": {"Bytes": read[(at + 1) % len(read)]}}
            for at, data in enumerate(read)
        ]


@contextmanager
def light(asking: Asking) -> Iterator[Ask]:
    """Give a client that sends requests signed beforehand over one connection of its own.

    A signature holds for five minutes.
    """
    sent = [signed(asking, request) for request in asking.requests()]
    with socket.create_connection(("127.0.0.1", asking.port)) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

        def ask(at: int) -> bytes:
            connection.sendall(sent[at % len(sent)])
            return answer(connection)

        yield ask


def signed(asking: Asking, request: dict[str, Any]) -> bytes:
    """Return the bytes of one HTTP request, signed as botocore signs."""
    from botocore.auth import SigV4Auth
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials

    body = json.dumps(request, default=lambda data: base64.b64encode(data).decode()).encode()
    target = f"RekognitionService.{asking.operation}"
    asked = AWSRequest(
        "POST", f"http://127.0.0.1:{asking.port}/", data=body, headers={"X-Amz-Target": target, "Content-Type": TYPE}
    )
    SigV4Auth(Credentials(asking.access_key, asking.secret), "rekognition", asking.region).add_auth(asked)
    headers = {"Host": f"127.0.0.1:{asking.port}", "Content-Length": str(len(body))} | dict(asked.headers.items())
    lines = ["POST / HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def answer(connection: socket.socket) -> bytes:
    """Read one response and return its body. Raises `RuntimeError` unless its status is 200."""
    got = b""
    while b"\r\n\r\n" not in got:
        got += _received(connection)
    head, _, body = got.partition(b"\r\n\r\n")
    length = int(next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))[15:])
    while len(body) < length:
        body += _received(connection)
    if not head.startswith(b"HTTP/1.1 200"):
        raise RuntimeError(f"the server answered {head.splitlines()[0].decode()}: {body[:300].decode()}")
    return body


def _received(connection: socket.socket) -> bytes:
    data = connection.recv(65_536)
    if not data:
        raise RuntimeError("the server closed the connection")
    return data


@contextmanager
def boto3_client(asking: Asking) -> Iterator[Ask]:
    """Give a client as users have it: boto3 encodes, signs, sends, reads and parses, every time."""
    import boto3
    from botocore.config import Config

    client = boto3.client(
        "rekognition",
        endpoint_url=f"http://127.0.0.1:{asking.port}",
        region_name=asking.region,
        aws_access_key_id=asking.access_key,
        aws_secret_access_key=asking.secret,
        config=Config(retries={"total_max_attempts": 1}, ignore_configured_endpoint_urls=True),
    )
    ask = {
        "DetectFaces": client.detect_faces,
        "CompareFaces": client.compare_faces,
        "IndexFaces": client.index_faces,
        "SearchFacesByImage": client.search_faces_by_image,
    }[asking.operation]
    requests = asking.requests()
    try:
        yield lambda at: ask(**requests[at % len(requests)])
    finally:
        client.close()


def open_client(kind: str, asking: Asking) -> Any:
    """Return the context manager of a client of that kind."""
    return {"light": light, "boto3": boto3_client}[kind](asking)


@dataclass(frozen=True, slots=True)
class Load:
    """What clients together got in one round: milliseconds of every call, and calls a second."""

    took: tuple[float, ...]
    rate: float


class Crowd:
    """Clients of one kind, ready in processes of their own."""

    def __init__(self, children: Sequence[subprocess.Popen[str]]) -> None:
        """Take processes that have said they are ready."""
        self._children = children

    def worked(self) -> float:
        """Return the seconds of processor time the clients have used."""
        used = [psutil.Process(child.pid).cpu_times() for child in self._children]
        return float(sum(one.user + one.system for one in used))

    def ask_for(self, seconds: float) -> Load:
        """Let all ask at once for that long, and return what they got; each finishes the call it is in."""
        for child in self._children:
            _say(child, f"{seconds}\n")
        rounds = [_hear(child) for child in self._children]
        rate = sum(len(one["took"]) / one["seconds"] for one in rounds)
        return Load(tuple(value for one in rounds for value in one["took"]), rate)


@contextmanager
def crowd(kind: str, count: int, asking: Asking) -> Iterator[Crowd]:
    """Start `count` clients and give them once all are ready; end them afterwards."""
    with ExitStack() as until_done:
        children = []
        for _ in range(count):
            child = subprocess.Popen(
                [sys.executable, "-m", "benchmarks.clients"],
                cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            )  # fmt: skip
            until_done.callback(_end, child)
            _say(child, json.dumps({"kind": kind, "asking": asdict(asking)}) + "\n")
            children.append(child)
        for child in children:
            _hear(child)
        yield Crowd(children)


def _say(child: subprocess.Popen[str], line: str) -> None:
    assert child.stdin is not None
    child.stdin.write(line)
    child.stdin.flush()


def _hear(child: subprocess.Popen[str]) -> Any:
    assert child.stdout is not None
    line = child.stdout.readline()
    if not line:
        raise RuntimeError("a client stopped; what it wrote stands above")
    return json.loads(line)


def _end(child: subprocess.Popen[str]) -> None:
    assert child.stdin is not None
    assert child.stdout is not None
    child.stdin.close()
    try:
        child.wait(timeout=10)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
    child.stdout.close()


def main() -> None:
    """Be one client, as the module says."""
    said = json.loads(sys.stdin.readline())
    asking = Asking(**said["asking"] | {"pictures": tuple(said["asking"]["pictures"])})
    with open_client(said["kind"], asking) as ask:
        ask(0)
        _answer({"ready": True})
        for line in sys.stdin:
            _answer(_round(ask, float(line)))


def _round(ask: Ask, seconds: float) -> dict[str, Any]:
    took: list[float] = []
    began = now = time.perf_counter_ns()
    while now - began < seconds * 1e9:
        ask(len(took))
        done = time.perf_counter_ns()
        took.append((done - now) / 1e6)
        now = done
    return {"took": took, "seconds": (now - began) / 1e9}


def _answer(said: dict[str, Any]) -> None:
    print(json.dumps(said), flush=True)


if __name__ == "__main__":
    main()

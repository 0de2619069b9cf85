"""Real server processes on the tiny models: started, asked over a socket by boto3, killed, started again."""

from __future__ import annotations

import atexit
import functools
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ConnectionClosedError
from tests.conftest import tiny_models

from recognizance.wire.model import MODELS

ROOT = Path(__file__).parents[2]
ACCESS_KEY, SECRET, ACCOUNT = "AKIDEXAMPLE000000001", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "000000000000"
REGION = "eu-west-3"
EAGER = {"recognizance.gallery.shelf.LEAST_CHANGES": 4, "recognizance.gallery.shelf.CHANGED_SHARE": 0.0}
"""Patches that make a server keep a snapshot after every few changes."""
SOON = 30.0  # seconds that a server may take to start or to end on a busy machine


class DidNotStart(Exception):
    """The server ended or stayed silent instead of starting; the text is the end of its log."""


def tiny(folder: Path) -> dict[str, Path]:
    """Install the tiny models under `folder`, and return the settings that name them."""
    folder.mkdir(parents=True, exist_ok=True)
    return tiny_models(folder)


def client(address: str, *, service: str = "rekognition", connections: int = 10, timeout: float = 30.0) -> Any:
    """Return a boto3 client of the server at `address`, which asks once and never again."""
    session = boto3.Session(aws_access_key_id=ACCESS_KEY, aws_secret_access_key=SECRET, region_name=REGION)
    session._loader.search_paths.append(str(MODELS))  # as AWS_DATA_PATH would
    config = Config(
        retries={"total_max_attempts": 1},
        ignore_configured_endpoint_urls=True,
        connect_timeout=timeout,
        read_timeout=timeout,
        max_pool_connections=connections,
        proxies={},
    )
    made = session.client(service, endpoint_url=address, config=config)
    made.meta.events.register(f"after-call.{service}.*", _must_be_whole)
    return made


def _must_be_whole(http_response: Any, **_: Any) -> None:
    # botocore takes an answer that ends with its headers for an empty one.
    if len(http_response.content) != int(http_response.headers["content-length"]):
        raise ConnectionClosedError(endpoint_url=http_response.url)


def free_port() -> int:
    """Return a port that nobody listens on now."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@dataclass
class Server:
    """One server process, or the place of one."""

    nest: Nest
    data: Path
    log: Path
    environment: dict[str, str]
    patches: Mapping[str, Any]
    address: str
    process: int = 0
    _told: Path = field(init=False)

    def __post_init__(self) -> None:
        self._told = self.log.with_suffix(".address")

    def start(self, *, wait: bool = True) -> Server:
        """Start the process; with `wait`, return when it answers requests. Raises `DidNotStart`."""
        assert not self.alive, "it runs already"
        self._told.unlink(missing_ok=True)
        self.process = self.nest.fork(
            environment=self.environment, patches=dict(self.patches), log=str(self.log), address=str(self._told)
        )
        if wait:
            self.ready()
        return self

    def ready(self) -> None:
        """Return when the process answers requests."""
        until = time.monotonic() + SOON
        while not self._told.exists():
            if not self.alive or time.monotonic() > until:
                raise DidNotStart(self.said()[-3000:])
            time.sleep(0.002)

    def kill(self) -> None:
        """Kill the process as nothing can hinder (SIGKILL), and return when it is gone."""
        self.signal(signal.SIGKILL)

    def stop(self) -> None:
        """Ask the process to end, and return when it has."""
        self.signal(signal.SIGTERM)

    def signal(self, number: int) -> None:
        """Send a signal that ends the process, and return when it is gone."""
        with suppress(ProcessLookupError):
            if self.process:
                os.kill(self.process, number)
        until = time.monotonic() + SOON
        while self.alive:
            assert time.monotonic() < until, f"it did not end: {self.said()[-3000:]}"
            time.sleep(0.002)
        self.process = 0

    @property
    def alive(self) -> bool:
        """Whether the process is there."""
        if not self.process:
            return False
        try:
            os.kill(self.process, 0)
        except ProcessLookupError:
            return False
        return True

    def said(self) -> str:
        """Return its log, of all its lives."""
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def client(self, **how: Any) -> Any:
        """Return a boto3 client of it; it outlives the process and meets the next one."""
        return client(self.address, **how)


class Nest:
    """What forks servers; see `tests.crash.nest`."""

    def __init__(self, models: Mapping[str, Path]) -> None:
        """Start the process that forks; `models` is what `tiny` gave."""
        self.models = models
        self._servers: list[Server] = []
        environment = {name: value for name, value in os.environ.items() if not name.startswith("RECOGNIZANCE_")}
        self._process = subprocess.Popen(
            [sys.executable, "-W", "ignore", "-m", "tests.crash.nest"],
            cwd=ROOT,
            env=environment | {"OMP_NUM_THREADS": "1"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,  # Ctrl-C is for the tests
        )

    def server(
        self, data: Path, *, patches: Mapping[str, Any] | None = None, port: int | None = None, **settings: Any
    ) -> Server:
        """Return a server that is not started yet, with this data folder and these settings."""
        port = free_port() if port is None else port
        chosen = {
            "data": data,
            "port": port,
            "device": "cpu",
            "threads": 1,
            "detector": "tiny-yunet",
            "embedder": "tiny-face",
            "mirror": "false",
            "enlarge": "false",
            "log": "info",
            "account": ACCOUNT,
            "root_access_key_id": ACCESS_KEY,
            "root_secret_access_key": SECRET,
            **self.models,
            **settings,
        }
        made = Server(
            self,
            data,
            data.parent / f"{data.name}-{port}.log",
            {f"RECOGNIZANCE_{name.upper()}": str(value) for name, value in chosen.items()},
            patches or {},
            f"http://127.0.0.1:{port}",
        )
        self._servers.append(made)
        return made

    def fork(self, **order: Any) -> int:
        """Fork a process and return its id."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())

    def close(self) -> None:
        """Kill what is left, and the nest."""
        for server in self._servers:
            server.kill()
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.close()
        self._process.stdout.close()
        self._process.wait(SOON)


@functools.cache
def nest() -> Nest:
    """Return the one nest of this run of the tests, on the tiny models; it is started when first asked for."""
    folder = tempfile.mkdtemp(prefix="nest-")
    made = Nest(tiny(Path(folder) / "tiny"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    atexit.register(made.close)
    return made

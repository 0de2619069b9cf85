"""On what, with what, when and how a measurement was made."""

from __future__ import annotations

import os
import platform
import shlex
import subprocess
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

PACKAGES = ("openvino", "onnxruntime", "opencv-python-headless", "numpy", "botocore", "boto3", "uvicorn", "SQLAlchemy")
TELLING = {"avx2", "avx512f", "avx512_vnni", "avx512_bf16", "amx_bf16", "asimd", "bf16"}


def described(arguments: Sequence[str], root: Path) -> dict[str, Any]:
    """Return what a reader needs to judge the figures, as JSON has it."""
    return {
        "date": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "command": shlex.join(["python", "-m", "benchmarks", *map(_short, arguments)]),
        "processor": processor(),
        "features": sorted(TELLING & _flags()),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "packages": {name: _version(name) for name in PACKAGES},
        "commit": _commit(root),
        "load_before": load(),
    }


def _short(argument: str) -> str:
    """Return an argument without the folders of this machine, which mean nothing elsewhere."""
    return Path(argument).name if Path(argument).is_absolute() else argument


def load() -> float | None:
    """Return how many processes wanted a core, on average over the last minute."""
    return round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None


def sentence(said: dict[str, Any]) -> str:
    """Return the description in one line."""
    packages = ", ".join(f"{name} {found}" for name, found in said["packages"].items() if found)
    return (
        f"{said['processor']}, {said['cores']} cores ({', '.join(said['features'])}); {said['system']}; "
        f"Python {said['python']}; {packages}; commit {said['commit']}; {said['date']}; "
        f"load {said['load_before']} before, {said.get('load_after')} after; command: {said['command']}"
    )


def processor() -> str:
    """Return the processor's own name for itself, and its family and model where Linux tells them."""
    said = _cpuinfo()
    name = said.get("model name") or platform.processor() or platform.machine()
    if "cpu family" in said:
        name += f" (family {said['cpu family']}, model {said['model']})"
    return name


def _flags() -> set[str]:
    said = _cpuinfo()
    return set((said.get("flags") or said.get("Features") or "").split())


def _cpuinfo() -> dict[str, str]:
    path = Path("/proc/cpuinfo")
    if not path.is_file():
        return {}
    first = path.read_text(encoding="utf-8").split("\n\n", 1)[0]
    pairs = (line.partition(":") for line in first.splitlines())
    return {key.strip(): value.strip() for key, _, value in pairs}


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _commit(root: Path) -> str:
    """Return the commit, with "and changes" when the tree differs from it."""
    try:
        head = subprocess.run(
            ["git", "rev-parse", "--short=12", "HEAD"], cwd=root, capture_output=True, text=True, check=True
        ).stdout.strip()
        dirty = subprocess.run(
            ["git", "status", "--porcelain", "--untracked-files=no"],
            cwd=root,
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return f"{head} and changes" if dirty else head

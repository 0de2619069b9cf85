"""How many processor cores this process may use."""

from __future__ import annotations

import os
from pathlib import Path

CPU_QUOTA = Path("/sys/fs/cgroup/cpu.max")


def cores() -> int:
    """Return how many cores this process may use: its affinity, and the quota of its control group."""
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    quota = whole_cores(CPU_QUOTA.read_text(encoding="ascii")) if CPU_QUOTA.is_file() else None
    return allowed if quota is None else min(allowed, quota)


def whole_cores(text: str) -> int | None:
    """Return the whole cores, at least one, that a `cpu.max` file grants; None when it sets no limit.

    >>> whole_cores("250000 100000"), whole_cores("max 100000")
    (2, None)
    """
    quota, _, period = text.strip().partition(" ")
    return None if quota == "max" else max(1, int(quota) // int(period or 100_000))

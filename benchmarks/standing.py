"""What the server is beside its calls: how soon it is ready, how much memory it holds, and whether that grows."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks import clients, pictures, server
from benchmarks.plan import Plan
from benchmarks.rows import Row, Target, measured, skipped
from benchmarks.statistics import slope, spread
from benchmarks.whole import asked

READY, IMPORTED = Target("under", 3), Target("under", 100)
FLAT = Target("at most", 1)
"""Kilobytes a call: 2 MB over 2,000 calls, less than one per cent of what the server holds."""
EVERY = 20
MARKED = 500
LASTING = 1000
"""Calls below which a slope says nothing."""
AFRESH = 200
"""Calls after which requests are signed anew: a signature holds for five minutes."""
SIDES = ((160, 120), (250, 250), (225, 275), (320, 240), (400, 600), (640, 480), (800, 600), (768, 1024), (1024, 768),
         (1280, 720), (1600, 1200), (2000, 1500))  # fmt: skip
FACES = (1, 2, 3)

IMPORT = """
import time
began = time.perf_counter_ns()
import recognizance
print((time.perf_counter_ns() - began) / 1e6)
"""


def importing(plan: Plan) -> Iterator[Row]:
    """Time `import recognizance` in a fresh interpreter."""
    took = [float(_python(IMPORT)) for _ in range(3 * plan.effort.starts)]
    yield measured("import", "import recognizance", "ms", spread(took[1:]), target=IMPORTED)


def _python(code: str) -> str:
    return subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout


def starting(plan: Plan) -> Iterator[Row]:
    """Time from starting `recognizance serve` to the first 200 of /healthz, models installed, files cached."""
    took = []
    for _ in range(plan.effort.starts + 1):
        with server.running(plan.weights.folder) as running:
            took.append(running.ready_after)
    note = "data folder new each time, so keys and ledger are made as well; the first start is not counted"
    yield measured("start", "recognizance serve: ready after", "s", spread(took[1:]), target=READY, note=note)


def lasting(plan: Plan) -> Iterator[Row]:
    """Give the server's memory idle, after many calls on pictures of many shapes, and its slope between."""
    with tempfile.TemporaryDirectory() as folder, server.running(plan.weights.folder) as running:
        yield Row("memory", "memory of the idle server", "MB", running.memory(), note="resident, before the first call")
        files = _drawn(Path(folder))
        held = _held(running, files, plan.effort.settling + plan.effort.lasting)
    yield Row("memory", f"memory after {plan.effort.settling + plan.effort.lasting} calls", "MB", held[-1])

    whole = slope([1000 * value for value in held], EVERY)
    shapes = (
        f"DetectFaces and CompareFaces in turn on {len(files)} pictures of {len(SIDES)} sizes, 160 x 120 to "
        f"2000 x 1500, {FACES[0]} to {FACES[-1]} faces"
    )
    if plan.effort.lasting < LASTING:
        yield skipped(
            "memory", "slope of memory", f"too few calls to tell ({whole.rise:+.3g} kB a call); {shapes}", FLAT
        )
        return
    settled = held[plan.effort.settling // EVERY :]
    found = slope([1000 * value for value in settled], EVERY)
    marks = ", ".join(f"{value:.0f}" for value in held[:: MARKED // EVERY])
    note = (
        f"over {plan.effort.lasting} calls after the first {plan.effort.settling}, with 95 % confidence; "
        f"{whole.rise:+.3g} from the first call on; MB every {MARKED} calls: {marks}; {shapes}"
    )
    yield Row(
        "memory", "slope of memory", "kB a call", found.rise, found.rise - found.within, found.rise + found.within,
        count=len(settled), target=FLAT, note=note,
    )  # fmt: skip


def _drawn(folder: Path) -> tuple[str, ...]:
    files = []
    for width, height in SIDES:
        for faces in FACES:
            path = folder / f"{width}x{height}x{faces}.jpg"
            path.write_bytes(pictures.jpeg(pictures.scene(width, height, faces, faces=faces)))
            files.append(str(path))
    return tuple(files)


def _held(running: server.Server, files: tuple[str, ...], count: int) -> list[float]:
    """Return the server's memory before the first call and after every twentieth."""
    held = [running.memory()]
    done = 0
    while done < count:
        with (
            clients.light(asked(running, "DetectFaces", files)) as detect,
            clients.light(asked(running, "CompareFaces", files)) as compare,
        ):
            for at in range(min(count - done, AFRESH)):
                (detect if at % 2 == 0 else compare)((done + at) // 2)
                if (done + at + 1) % EVERY == 0:
                    held.append(running.memory())
        done += min(count - done, AFRESH)
    return held

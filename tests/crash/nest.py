"""A process that has imported everything and forks servers, so that a real one is up in a fraction of a second.

`python -m tests.crash.nest` reads one order a line, as JSON, and answers each with the id of the process it forked.
What it forks is `recognizance serve` from the settings on, and dies with the nest.
"""

from __future__ import annotations

import ctypes
import gc
import importlib
import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

IMPORTED = [
    "alembic.command",
    "boto3",
    "cv2",
    "encodings.idna",
    "faiss",
    "httptools",
    "importlib.readers",
    "openvino",
    "uvicorn",
    "uvicorn.lifespan.on",
    "uvicorn.loops.asyncio",
    "psycopg",
    "sqlalchemy.dialects.postgresql.psycopg",
    "recognizance.app",
    "recognizance.accountability.keychecks",
    "recognizance.accountability.keys",
    "recognizance.accountability.ledger",
    "recognizance.accountability.policy",
    "recognizance.cli.serve",
    "recognizance.database.backup",
    "recognizance.database.postgresql",
    "recognizance.gallery.gallery",
    "recognizance.gallery.indexes.local",
    "recognizance.media",
    "recognizance.operations",
    "recognizance.service",
    "recognizance.upkeep",
    "recognizance.vision.adapters",
    "recognizance.vision.adapters.arcface",
    "recognizance.vision.adapters.yunet",
    "recognizance.vision.carriers",
    "recognizance.vision.room",
    "recognizance.vision.runtime",
    "recognizance.vision.vision",
    "recognizance.wire",
]
"""What a server imports while it starts; what is missing here is only imported later."""


def main() -> None:
    """Fork a server for every order until there are no more."""
    for name in IMPORTED:
        importlib.import_module(name)
    importlib.import_module("recognizance.wire.model").load()  # which is kept, and takes half a second
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for those who died
    gc.freeze()
    for line in sys.stdin:
        order = json.loads(line)
        process = os.fork()
        if process == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            serve(order)
        sys.stdout.write(f"{process}\n")
        sys.stdout.flush()


def serve(order: dict[str, Any]) -> None:
    """Be a server: log to a file, and write the address to another one once requests are answered."""
    from recognizance import app, settings

    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG
    log = os.open(order["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream, where in ((0, nothing), (1, nothing), (2, log)):
        os.dup2(where, stream)
    code = 1
    try:
        for name, value in order["patches"].items():
            module, _, attribute = name.rpartition(".")
            setattr(importlib.import_module(module), attribute, value)
        app.serve(settings.read(order["environment"]), lambda said: _tell(order["address"], said.endpoint))
        code = 0
    except BaseException:
        sys.excepthook(*sys.exc_info())  # type: ignore[arg-type]
    finally:
        sys.stderr.flush()
        os._exit(code)


def _tell(path: str, text: str) -> None:
    draft = f"{path}.draft"
    Path(draft).write_text(text)
    os.replace(draft, path)


if __name__ == "__main__":
    main()

"""`recognizance audit …` on the tiny models: what runs it, and what holds a report against its published schema."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.cli.conftest import Ran
from tests.cli.invoking import invoke
from tests.schemas import validator

from recognizance import app, cli


def run_with(given, *words: str, code: int = 0, describing: Any = app.describing, **more: Any) -> Ran:
    """Run the command line with these settings, and return what it printed; it must end with `code`.

    `describing` is what loads the models that describe faces.
    """
    made = cli.Made(
        open_service=app.open_service,
        serve=app.serve,
        environment={
            "RECOGNIZANCE_DATA": str(given.data),
            "RECOGNIZANCE_DEVICE": "cpu",
            "RECOGNIZANCE_THREADS": "1",
            "RECOGNIZANCE_DETECTOR": "tiny-yunet",
            "RECOGNIZANCE_EMBEDDER": "tiny-face",
            "RECOGNIZANCE_MIRROR": "false",
            "RECOGNIZANCE_ENLARGE": "false",
            "RECOGNIZANCE_CARDS": str(given.cards),
            "RECOGNIZANCE_MODELS": str(given.models),
            **more,
        },
        new_id=app.new_uuid,
        now=app.utc_now,
        pipeline=app.pipeline,
        describing=describing,
        argv=list(words),
    )
    result = invoke(made, words)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    ran = Ran(result.exit_code, result.stdout, result.stderr)
    assert ran.code == code, ran
    return ran


def report(path: Path) -> Mapping[str, Any]:
    """Return a report that was written, held against the schema of its protocol."""
    document = json.loads(path.read_text())
    validator(document["protocol"]).validate(document)
    return document

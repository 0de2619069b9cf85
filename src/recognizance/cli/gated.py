"""Whether a report of `audit gate` lets a collection move to another model: passed, on record, of these models."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from recognizance.cli import output
from recognizance.cli.failures import Failed, Wrong
from recognizance.cli.made import Asking
from recognizance.errors import NotFound


def check(ask: Asking, collection: str, model: str, path: Path) -> None:
    """Raise `Wrong` for what is no report of a gate, and `Failed` where it does not let the collection move to `model`.

    The report counts where its SHA-256 is on record, so that nobody can move a collection on the strength of a file
    that was written by hand.
    """
    try:
        data = path.read_bytes()
        report: Any = json.loads(data)
        verdict = report["result"]["verdict"]
        old, new = (_embedder(report["result"][which]) for which in ("old", "new"))
        passed = report["protocol"] == "gate" and verdict == "passes"
    except OSError as error:
        raise Wrong(f"--gate {output.shown(path)} cannot be read: {error.strerror}") from error
    except (ValueError, KeyError, TypeError, StopIteration) as error:
        raise Wrong(f"--gate {output.shown(path)} is no report of `recognizance audit gate`") from error
    if not passed:
        raise Failed(
            f"the gate of {output.shown(path)} says: {output.shown(str(verdict))}; the collection stays as it is"
        )
    if new["name"] != model:
        raise Failed(
            f"the gate of {output.shown(path)} is for {output.shown(new['name'])}, not for {output.shown(model)}"
        )
    try:
        stands = ask("DescribeCollection", {"CollectionId": collection})["FaceModelVersion"]
    except NotFound as error:
        raise Wrong(f"there is no collection {output.shown(collection)}") from error
    if old["version"] != stands:
        raise Failed(
            f"the gate of {output.shown(path)} is from version {output.shown(old['version'])} of the face model, and "
            f"{collection} is of version {output.shown(stands)}"
        )
    if not _on_record(ask, hashlib.sha256(data).hexdigest()):
        raise Failed(
            f"{output.shown(path)} is not on record here, or was changed since; run `recognizance audit gate` on this "
            "machine, without --no-record"
        )


def _embedder(system: Mapping[str, Any]) -> Mapping[str, str]:
    """Return the model that embeds. Raises `StopIteration` where there is none."""
    found = next(one for one in system["models"] if one["task"] == "embed")
    return {"name": str(found["name"]), "version": str(found["version"])}


def _on_record(ask: Asking, digest: str) -> bool:
    request: dict[str, Any] = {"Protocol": "gate"}
    while True:
        page = ask("ListAudits", request)
        if any(one["Digest"] == digest for one in page["Audits"]):
            return True
        if "NextToken" not in page:
            return False
        request["NextToken"] = page["NextToken"]

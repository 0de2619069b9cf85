"""Whether a report of `audit gate` lets a collection move to another model: passed by group, recorded, of these two."""

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
from recognizance.evaluation.sets import regular


def check(ask: Asking, collection: str, model: str, path: Path) -> None:
    """Raise `Wrong` for what is no report of a gate, and `Failed` where it does not let the collection move to `model`.

    The report has to say that both systems saw the same pictures, group by group, within the limits of
    `protocols.gate.beyond`, and its SHA-256 has to be on record here. That proves that these bytes were entered, by
    whom and when; not that the command wrote them: who may record an audit on this machine can record a false one, and
    the record then says who did.
    """
    try:
        data = regular.read(path, regular.REPORT)
        report: Any = json.loads(data)
        verdict = report["result"]["verdict"]
        old, new = (_embedder(report["result"][which]) for which in ("old", "new"))
        passed = (
            report["schema"] == "recognizance audit gate 1" and report["protocol"] == "gate" and verdict == "passes"
        )
        short = _short(report["result"]) if passed else None
    except OSError as error:
        raise Wrong(f"--gate {output.shown(path)} cannot be read: {error.strerror}") from error
    except (ValueError, RecursionError, KeyError, TypeError, AttributeError, StopIteration) as error:
        raise Wrong(f"--gate {output.shown(path)} is no report of `recognizance audit gate`") from error
    if not passed:
        raise Failed(
            f"the gate of {output.shown(path)} says: {output.shown(str(verdict))}; the collection stays as it is"
        )
    if short is not None:
        raise Failed(f"the gate of {output.shown(path)} {short}; the collection stays as it is")
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


def _short(result: Mapping[str, Any]) -> str | None:
    """Return what a report that says "passes" falls short of, None where it is enough."""
    from recognizance.evaluation.protocols.gate import Limits, beyond

    limits = Limits(*(float(result["limits"][name]) for name in ("margin", "false", "missed", "lost")))
    judged = result["judged"]
    if result["by"] != "same comparisons":
        return "was made from two reports; run `recognizance audit gate --images` on pictures that both systems see"
    if beyond(limits) is not None:
        return f"was judged by limits that let too much pass: {beyond(limits)}"
    if not any(one["said"] for one in judged):
        return "told no groups apart; run it with --groups"
    if any(one["verdict"] != "passes" for one in judged):
        return "says that it passes, and of some group that it does not"
    return None


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

"""What policy and record add to a search: the median time of each, in one process, beside the search itself.

`python -m benchmarks.accountability` enrols made-up faces and searches for one of them with SearchFaces and
SearchFacesByImage, on the tiny models, once with everything and once with a policy that reads nothing and a ledger
that writes nothing, in turns. What differs is what accountability costs. `--database postgresql://…` asks the same of
PostgreSQL, `--policy law-enforcement` of another pack.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from recognizance import app, settings
from recognizance.service import Service
from recognizance.values import Ask, Caller, Decision, Entry, Kind, Probe, Stated, Verdict

CALLER = Caller("benchmark", "000000000000", "eu-west-3", Kind.ROOT, "B. Mark", frozenset({"admin", "searcher"}))
MATCHES = 5  # of each search: on the tiny models everybody looks like many
STATED = Stated("missing-person", "2026-117", None, "release 17", Probe("photo", "a relative"))


@dataclass(frozen=True)
class NoPolicy:
    """Allows everything, reading nothing."""

    rules: tuple[Any, ...] = ()

    def admit(self, ask: Ask, /) -> Decision:
        """Allow."""
        return Decision(Verdict.ALLOW, "none", "none")


class NoLedger:
    """Writes nothing but the changes."""

    def append(self, tx: Any, entry: Entry) -> int:
        """Write nothing."""
        return 0

    def record(self, entry: Entry, also: Sequence[Callable[[Any], None]] = ()) -> int:
        """Write nothing."""
        return 0


def main() -> int:
    """Read the command line, measure, and print one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--searches", type=int, default=400)
    parser.add_argument("--people", type=int, default=200)
    parser.add_argument("--database", default="")
    parser.add_argument("--policy", default="open")
    given = parser.parse_args()
    print(json.dumps(measured(given.searches, given.people, given.database, given.policy), indent=2))
    return 0


def measured(searches: int, people: int, database: str, policy: str) -> Mapping[str, Any]:
    """Return the medians in milliseconds."""
    sys.path.insert(0, str(Path(__file__).parent.parent))
    from tests.conftest import tiny_models
    from tests.pictures import Sitter
    from tests.pictures import people as picture_of

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "tiny").mkdir()
        chosen = settings.read(
            {},
            data=folder / "data",
            device="cpu",
            threads=1,
            detector="tiny-yunet",
            embedder="tiny-face",
            mirror=False,
            enlarge=False,
            log="error",
            database=database or None,
            policy=policy,
            **tiny_models(folder / "tiny"),
        )
        with app.build(chosen) as parts:
            whole = parts.service
            bare = Service(replace(whole.tools, policy=NoPolicy(), ledger=NoLedger()))
            collection = f"bench-{uuid.uuid4().hex[:8]}"
            _ask(bare, "CreateCollection", {"CollectionId": collection})
            picture = b""
            for number in range(people):
                picture = picture_of(Sitter(number, 16))
                request = {"CollectionId": collection, "Image": {"Bytes": picture}, "QualityFilter": "NONE"}
                face = _ask(bare, "IndexFaces", request)["FaceRecords"][0]["Face"]["FaceId"]
            questions: dict[str, dict[str, Any]] = {
                "SearchFaces": {"CollectionId": collection, "FaceId": face, "MaxFaces": MATCHES},
                "SearchFacesByImage": {
                    "CollectionId": collection,
                    "Image": {"Bytes": picture},
                    "MaxFaces": MATCHES,
                },
            }
            return {
                "at": datetime.now(UTC).isoformat(timespec="seconds"),
                "policy": policy,
                "database": "postgresql" if database else "sqlite",
                "searches": searches,
                **{name: _compared(whole, bare, name, request, searches) for name, request in questions.items()},
            }


def _compared(whole: Service, bare: Service, name: str, request: Mapping[str, Any], searches: int) -> dict[str, float]:
    took: dict[str, list[float]] = {"with": [], "without": []}
    for turn in range(searches + 20):
        for which, service in (("with", whole), ("without", bare)):
            began = time.perf_counter()
            _ask(service, name, request)
            if turn >= 20:
                took[which].append(1000 * (time.perf_counter() - began))
    added = [one - other for one, other in zip(took["with"], took["without"], strict=True)]
    medians = {which: round(statistics.median(some), 3) for which, some in took.items()}
    return medians | {"added_ms_median": round(statistics.median(added), 3)}


def _ask(service: Service, name: str, request: Mapping[str, Any]) -> Mapping[str, Any]:
    return service.call(name, request, CALLER, str(uuid.uuid4()), stated=STATED, address="127.0.0.1").response


if __name__ == "__main__":
    sys.exit(main())

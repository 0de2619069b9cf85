"""A collection of a million faces, asked through the product: what takes as long as it is large, and what does not.

`python -m benchmarks.collections_at_scale --faces 1000000` puts synthetic faces straight into a database, which takes
a minute, and then asks the service as the wire does: listing from the first page to the last, describing, searching
right after a start without a snapshot and with one, enrolling and forgetting beside searches, and at last deleting
the whole collection while others ask, until its last row is erased. One line each, and JSON with `--json`.
SearchFaces needs no picture, so no weights are needed. `--database postgresql://…` does the same there.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np

from recognizance import app, settings
from recognizance.app import Parts
from recognizance.database import Database, file_url, open_database
from recognizance.database.tables import FACE
from recognizance.gallery import collections, faces, vectors
from recognizance.values import Box, Caller, Collection, CollectionId, Embedding, FaceId, FaceRecord, ModelName

CALLER = Caller("benchmark", "000000000000", "eu-west-3", roles=frozenset({"admin"}))
NAME = "million"
AT_ONCE = 20_000  # rows in a transaction
PAGE = 4096


@dataclass
class Measured:
    """What was measured, in the order it was."""

    found: dict[str, Any] = field(default_factory=dict)

    def say(self, name: str, value: float, unit: str) -> None:
        """Note one figure and print it."""
        self.found[f"{name}, {unit}"] = round(value, 3)
        print(f"{name:<58} {value:>12,.2f} {unit}", flush=True)

    def times(self, name: str, seconds: Sequence[float]) -> None:
        """Note the median and the slowest of several."""
        self.say(f"{name}: median", 1000 * float(np.median(seconds)), "ms")
        self.say(f"{name}: slowest of {len(seconds)}", 1000 * max(seconds), "ms")


def unit_vectors(count: int, dim: int, seed: int) -> np.ndarray[Any, Any]:
    """Return random float32 vectors of length 1."""
    made = np.random.default_rng(seed).standard_normal((count, dim), dtype=np.float32)
    return made / np.linalg.norm(made, axis=1, keepdims=True)


def fill(database: Database, count: int, dim: int, model: ModelName, version: str) -> Collection:
    """Put a collection of synthetic faces into the database, without a picture or a ledger entry."""
    now = datetime.now(UTC)
    with database.write() as tx:
        made = collections.create(
            tx,
            caller=CALLER,
            collection_id=CollectionId(NAME),
            model=model,
            model_version=version,
            tags={},
            now=now,
        )
    for start in range(0, count, AT_ONCE):
        some = min(AT_ONCE, count - start)
        with database.write() as tx:
            first = collections.count(tx, made, changes=some, faces=some)
            numbers = range(first, first + some)
            faces.keep(tx, made, [record(number, version, now) for number in numbers])
            vectors.write(tx, made, FACE, numbers, list(unit_vectors(some, dim, start)))
    return collections.again(database, made)


def record(number: int, version: str, now: datetime) -> FaceRecord:
    """Return a face as IndexFaces keeps it."""
    box = Box(0.1, 0.2, 0.3, 0.4)
    return FaceRecord(
        number, FaceId(str(uuid.uuid4())), str(uuid.uuid4()), f"p-{number}", box, 99.9, version, None, now
    )


def memory() -> tuple[float, float]:
    """Return how many MB of memory are in use, and how many have been at most; 0 where the system does not say."""
    status = Path("/proc/self/status")
    if not status.exists():
        return 0.0, 0.0
    lines = dict(line.split(":", 1) for line in status.read_text().splitlines() if ":" in line)
    now, most = (int(lines[name].split()[0]) / 1024 for name in ("VmRSS", "VmHWM"))
    return now, most


class Asking:
    """The service, asked without HTTP."""

    def __init__(self, parts: Parts) -> None:
        """Take what was built."""
        self.parts = parts

    def __call__(self, name: str, **request: Any) -> Mapping[str, Any]:
        """Return the answer to one request."""
        return self.parts.service.call(name, {"CollectionId": NAME, **request}, CALLER, str(uuid.uuid4())).response

    def timed(self, name: str, **request: Any) -> tuple[float, Mapping[str, Any]]:
        """Return how many seconds an answer took, and the answer."""
        began = time.perf_counter()
        answer = self(name, **request)
        return time.perf_counter() - began, answer


@contextmanager
def service(chosen: settings.Settings, measured: Measured, what: str) -> Generator[Asking]:
    """Start the service and stop it after the block, and say how long either took."""
    began = time.perf_counter()
    with app.build(chosen) as parts:
        measured.say(f"{what}: opened", 1000 * (time.perf_counter() - began), "ms")
        yield Asking(parts)
        began = time.perf_counter()
    measured.say(f"{what}: closed, with a snapshot where one is due", time.perf_counter() - began, "s")


def pages(ask: Asking, measured: Measured) -> list[str]:
    """List every face, and return some of their ids."""
    took: list[float] = []
    ids: list[str] = []
    token: dict[str, str] = {}
    while not took or token:
        seconds, answer = ask.timed("ListFaces", MaxResults=PAGE, **token)
        took.append(seconds)
        ids += [face["FaceId"] for face in answer["Faces"]]
        token = {"NextToken": answer["NextToken"]} if "NextToken" in answer else {}
    assert len(set(ids)) == len(ids), "a face was listed twice"
    few = max(1, min(10, len(took) // 3))
    middle = len(took) // 2
    measured.say("ListFaces, all pages", sum(took), "s")
    measured.times(f"ListFaces of {PAGE}, first {few} pages", took[:few])
    measured.times(f"ListFaces of {PAGE}, {few} pages in the middle", took[middle : middle + few])
    measured.times(f"ListFaces of {PAGE}, last {few} full pages", took[-few - 1 : -1] or took)
    return ids


def searches(ask: Asking, measured: Measured, ids: Sequence[str], what: str, **more: Any) -> None:
    """Search for some enrolled faces."""
    took = [ask.timed("SearchFaces", FaceId=one, **more)[0] for one in ids]
    measured.times(f"SearchFaces {what}", took)


def enrolled(ask: Asking, dim: int, seed: int) -> str:
    """Enrol one face as IndexFaces does once it has the vector, and return its id."""
    database = ask.parts.database
    held = collections.find(database, CALLER.account, CollectionId(NAME))
    (vector,) = unit_vectors(1, dim, 10**9 + seed)
    face: Any = SimpleNamespace(box=Box(0, 0, 0.5, 0.5), confidence=99.0, embedding=Embedding(vector, held.model))
    with database.write() as tx:
        kept = faces.enrol(
            tx,
            held,
            [face],
            image_id=str(uuid.uuid4()),
            external_id=None,
            new_id=lambda: str(uuid.uuid4()),
            now=datetime.now(UTC),
        )
    return kept.records[0].face_id


def beside(act: Callable[[], object], ask: Callable[[], object]) -> tuple[float, list[float]]:
    """Return how long `act` took, and how long each `ask` took that was made meanwhile, one after the other."""
    waits: list[float] = []
    ended = threading.Event()

    def keep_asking() -> None:
        while not ended.is_set():
            began = time.perf_counter()
            ask()
            waits.append(time.perf_counter() - began)

    thread = threading.Thread(target=keep_asking)
    thread.start()
    began = time.perf_counter()
    act()
    took = time.perf_counter() - began
    ended.set()
    thread.join()
    return took, waits


def measure(chosen: settings.Settings, count: int, dim: int) -> Measured:
    """Fill a database, ask, and return what was measured."""
    measured = Measured()
    url = chosen.database or file_url(chosen.database_file)
    chosen.data.mkdir(parents=True, exist_ok=True)
    began = time.perf_counter()
    with closing(open_database(url)) as database:
        model, version = _model(chosen)
        filled = fill(database, count, dim, model, version)
    assert filled.faces == count
    measured.say("filled", count / (time.perf_counter() - began), "faces/s")
    if not chosen.database:
        size = sum(one.stat().st_size for one in chosen.data.glob("recognizance.db*"))
        measured.say("the database holds", size / count, "bytes a face")

    measured.say("memory before", memory()[0], "MB")
    with service(chosen, measured, "without a snapshot") as ask:
        ids = pages(ask, measured)
        measured.times("DescribeCollection", [ask.timed("DescribeCollection")[0] for _ in range(50)])
        measured.say("memory after listing", memory()[0], "MB")
        chance = np.random.default_rng(1)
        some = [ids[place] for place in chance.integers(0, len(ids), 100)]
        seconds, _ = ask.timed("SearchFaces", FaceId=some[0], MaxFaces=10)
        measured.say("first search without a snapshot", seconds, "s")
        measured.say("of which the feed, at least", count / seconds, "faces/s")
        searches(ask, measured, some, "for 10 at threshold 80", MaxFaces=10)
        searches(ask, measured, some[:20], "for 100 at threshold 0", MaxFaces=100, FaceMatchThreshold=0)
        searches(ask, measured, some[:10], "for 4096 at threshold 0", MaxFaces=4096, FaceMatchThreshold=0)
        measured.say("memory with the index", memory()[0], "MB")
        measured.say("memory at most", memory()[1], "MB")
    snapshots = list((chosen.data / "indexes").glob("*.index"))
    measured.say("the snapshot holds", sum(one.stat().st_size for one in snapshots) / count, "bytes a face")

    with service(chosen, measured, "with a snapshot") as ask:
        seconds, _ = ask.timed("SearchFaces", FaceId=some[0], MaxFaces=10)
        measured.say("first search with a snapshot", seconds, "s")
        took = []
        for seed in range(30):
            face = enrolled(ask, dim, seed)
            took.append(ask.timed("SearchFaces", FaceId=face, MaxFaces=10)[0])
        measured.times("SearchFaces right after an enrolment", took)
        measured.times(
            f"DeleteFaces of {PAGE}",
            [
                ask.timed("DeleteFaces", FaceIds=ids[at : at + PAGE])[0]
                for at in range(0, min(count // 2, 5 * PAGE), PAGE)
            ],
        )
        left = [one for one in some if one not in set(ids[: 5 * PAGE])]
        measured.say("SearchFaces right after these", 1000 * ask.timed("SearchFaces", FaceId=left[0])[0], "ms")
        answered: list[float] = []

        def delete() -> None:
            answered.append(ask.timed("DeleteCollection")[0])
            while collections.removed(ask.parts.database):
                time.sleep(0.1)

        seconds, waits = beside(delete, lambda: ask("ListCollections"))
        measured.say("DeleteCollection, until it answers", answered[0], "s")
        measured.say("and until everything is erased", seconds, "s")
        measured.times("ListCollections meanwhile", waits)
        measured.say("memory at the end", memory()[0], "MB")
    return measured


def _model(chosen: settings.Settings) -> tuple[ModelName, str]:
    from recognizance.vision import cards

    card = cards.choose(cards.load(None), chosen.embedder, task="embed")
    return card.name, card.version


def main() -> int:
    """Read the command line, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--faces", type=int, default=1_000_000)
    parser.add_argument("--dim", type=int, default=128)
    parser.add_argument("--threads", type=int, default=0)
    parser.add_argument("--database", default="")
    parser.add_argument("--folder", type=Path, help="where the data goes; else where temporary files go, and removed")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    folder = given.folder or Path(tempfile.mkdtemp(prefix="collections-"))
    chosen = settings.read({}, data=folder / "data", threads=given.threads, database=given.database, log="warning")
    try:
        measured = measure(chosen, given.faces, given.dim)
    finally:
        if given.folder is None:
            shutil.rmtree(folder, ignore_errors=True)
    if given.json:
        print(json.dumps({"faces": given.faces, "dim": given.dim, **measured.found}))
    return 0


if __name__ == "__main__":
    sys.exit(main())

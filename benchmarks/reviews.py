"""What a review costs: a portrait of each enrolled face, and the line-up that a held search opens.

`python -m benchmarks.reviews --photos FOLDER` cuts out and seals the largest face of each picture; `--faces N` opens
reviews in a collection of so many made-up faces on SQLite, half of them with a picture. Times are medians in
milliseconds. Nothing of the pictures is kept.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import TypeVar

import numpy as np
from sqlalchemy import insert

from recognizance import app, settings
from recognizance.accountability import vault
from recognizance.database.tables import FACES, VECTORS
from recognizance.gallery import collections
from recognizance.operations.call import Call, Tools
from recognizance.operations.holding import Searched
from recognizance.values import Act, Ask, Caller, Collection, CollectionId, Decision, Stated, Vectors, Verdict
from recognizance.vision import portrait
from recognizance.vision.image import decode

DIMENSION = 128
TURNS = 9
CALLER = Caller("benchmark", "0" * 12, "local", person="Sam")
PICTURE = 8_700  # bytes: the median of portraits
Made = TypeVar("Made")


def main() -> None:
    """Run the command line."""
    asked = _arguments().parse_args()
    with tempfile.TemporaryDirectory() as folder:
        given = settings.read({}, data=Path(folder) / "data", models=asked.models, threads=asked.threads, log="warning")
        with app.build(given) as parts:
            said = _portraits(parts, asked.photos, asked.most) if asked.photos else {}
            said |= _line_ups(parts.service.tools, asked.faces) if asked.faces else {}
    print(json.dumps(said, indent=1))


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photos", type=Path, help="A folder of pictures with faces.")
    parser.add_argument("--most", type=int, default=200, help="At most so many pictures.")
    parser.add_argument("--faces", type=int, default=0, help="How many made-up faces.")
    parser.add_argument("--models", type=Path, help="Where models are installed.")
    parser.add_argument("--threads", type=int, default=1)
    return parser


def _portraits(parts: app.Parts, folder: Path, most: int) -> dict[str, float]:
    vision, keys = parts.vision(), parts.service.tools.vault
    key, _ = keys.new_key("benchmark")
    sizes, cut, sealed = list[int](), list[float](), list[float]()
    for path in sorted(folder.rglob("*.jpg"))[:most]:
        image = decode(path.read_bytes())
        for face in vision.look(image, limit=1):
            made, took = _timed(lambda image=image, face=face: portrait.cut_out(image, face))
            cut.append(took)
            sealed.append(_timed(lambda made=made: keys.seal(key, made, "benchmark"))[1])
            sizes.append(len(made))
    return {
        "portraits": len(sizes),
        "bytes": median(sizes),
        "bytes_at_most": max(sizes),
        "cut_out_ms": median(cut),
        "seal_ms": median(sealed),
    }


def _line_ups(tools: Tools, faces: int) -> dict[str, float]:
    random = np.random.default_rng(1)
    rows = random.normal(size=(faces, DIMENSION)).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    collection = _filled(tools, rows)
    probe = (rows[0] + 0.05 * random.normal(size=DIMENSION).astype(np.float32) / DIMENSION**0.5).astype(np.float32)
    probe /= np.linalg.norm(probe)
    searched = Searched(collection, "probe", probe, lambda: bytes(PICTURE))
    held = [_held(tools, searched, str(turn)) for turn in range(TURNS)]
    again = [_held(tools, searched, "0") for _ in range(TURNS)]
    return {
        "faces": faces,
        "opens_ms": median(held[1:]),
        "waits_ms": median(again),
    }


def _held(tools: Tools, searched: Searched, case: str) -> float:
    """Return how long it takes to hold what a search found, entry included, without the search itself."""
    ask = Ask(CALLER, "SearchFacesByImage", Act.IDENTIFY, Stated(case=case), tools.now(), threshold=80.0)
    call = Call(ask, Decision(Verdict.HOLD, "benchmark", "people look first"), "benchmark", tools)
    scale = call.scale(searched.collection)
    found = tools.gallery.near_faces(searched.collection, searched.vector, scale=scale, at_least=80.0, limit=100)

    def hold() -> None:
        call.release(found, searched)
        call.close("held")

    return _timed(hold)[1]


def _filled(tools: Tools, rows: Vectors) -> Collection:
    card = tools.embedder
    with tools.database.write() as tx:
        made = collections.create(
            tx,
            caller=CALLER,
            collection_id=CollectionId("benchmark"),
            model=card.name,
            model_version=card.version,
            tags={},
            now=tools.now(),
        )
        of = {"collection": made.number, "left": 0, "top": 0, "width": 1, "height": 1, "confidence": 99}
        names = [f"{number:036d}" for number in range(1, len(rows) + 1)]
        tx.run(
            insert(FACES),
            [
                of | {"number": at, "face_id": name, "image_id": name, "external_id": name, "enrolled_at": tools.now()}
                for at, name in enumerate(names, 1)
            ],
        )
        kept = [(at, row.tobytes()) for at, row in enumerate(rows, 1)]
        tx.run(
            insert(VECTORS),
            [{"collection": made.number, "kind": 0, "number": at, "vector": vector} for at, vector in kept],
        )
        collections.count(tx, made, changes=len(rows), faces=len(rows))
        pictured = range(1, len(rows) + 1, 2)
        vault.keep_crops(tx, tools.vault, made.number, {number: os.urandom(PICTURE) for number in pictured})
    return replace(made, revision=len(rows), faces=len(rows))


def _timed(act: Callable[[], Made]) -> tuple[Made, float]:
    began = time.perf_counter()
    made = act()
    return made, 1000 * (time.perf_counter() - began)


if __name__ == "__main__":
    main()

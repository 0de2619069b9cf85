"""What attributes cost: milliseconds that ALL, and each by itself, take beyond the default ones, for one face.

    python -m benchmarks.attributes.cost [--pictures 60] [--float32] [--json FILE]

On one thread, on pictures of one face each, asked for in turn. Processor time stands beside the time on the clock:
machines that others work on too are slower by the clock alone. With `--float32` every network computes as on a
processor that has no bf16.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from recognizance.settings import read
from recognizance.values import Image, ModelName, Trait
from recognizance.vision import adapters, cards, carriers, runtime
from recognizance.vision.attributes.describe import MODELS, Describer
from recognizance.vision.image import decode
from recognizance.vision.vision import Vision

KINDS = ("clock", "processor")
ASKED: dict[str, frozenset[Trait]] = {"ALL": frozenset(Trait)} | {
    trait.value: frozenset({trait}) for trait in Trait if trait is not Trait.OUTLINE
}


def seeing(folder: Path, *, float32: bool = False) -> Vision:
    """Return the default models on one thread, those of attributes among them."""
    known, engine = cards.load(), runtime.start(device="cpu", threads=1)
    engine = replace(engine, coarse="f32") if float32 else engine

    def opened(name: str) -> Any:
        card = known[ModelName(name)]
        return adapters.open_model(card, carriers.read(card, folder), engine)

    models = {task: opened(name) for task, name in MODELS.items()}

    def later(task: str) -> Callable[[], Any]:
        return lambda: models[task]

    describer = Describer({task: later(task) for task in models})
    return Vision(opened("yunet-2023mar"), opened("sface-2021dec"), describer=describer)


def timed(vision: Vision, image: Image, wants: frozenset[Trait]) -> tuple[float, float]:
    """Return milliseconds on the clock and of the processor that a picture's one face takes, decoding left out."""
    clock, processor = time.perf_counter(), time.thread_time()
    faces = vision.look(image)
    if wants:
        vision.describe(image, faces, wants)
    return (time.perf_counter() - clock) * 1e3, (time.thread_time() - processor) * 1e3


def main() -> None:
    """Measure and print."""
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("--data", type=Path, default=Path("../shared/data"))
    asked.add_argument("--models", type=Path, default=read().models_folder)
    asked.add_argument("--pictures", type=int, default=60)
    asked.add_argument("--float32", action="store_true", help="as on a processor without bf16")
    asked.add_argument("--json", type=Path)
    given = asked.parse_args()

    vision = seeing(given.models, float32=given.float32)
    images = (decode(path.read_bytes()) for path in sorted((given.data / "congress/images").glob("*.jpg")))
    chosen = [image for image in images if len(vision.look(image)) == 1][: given.pictures]
    for image in chosen[:3]:
        timed(vision, image, ASKED["ALL"])
    rows: dict[str, list[tuple[float, float]]] = {name: [] for name in ASKED}
    base: list[tuple[float, float]] = []
    for image in chosen:
        default = timed(vision, image, frozenset())
        base.append(default)
        for name, wants in ASKED.items():
            clock, processor = timed(vision, image, wants)
            rows[name].append((clock - default[0], processor - default[1]))
    said = {"DEFAULT": base, **{f"{name} beyond it": each for name, each in rows.items()}}
    figures = {
        name: {kind: round(statistics.median(one[at] for one in each), 2) for at, kind in enumerate(KINDS)}
        for name, each in said.items()
    }
    for name, one in figures.items():
        print(f"{name:24} {one['clock']:6.1f} ms, {one['processor']:6.1f} ms of the processor")
    if given.json is not None:
        load = [round(one, 1) for one in os.getloadavg()]
        kept = {"pictures": len(chosen), "float32": given.float32, "load": load, "milliseconds": figures}
        given.json.write_text(json.dumps(kept, indent=1) + "\n")


if __name__ == "__main__":
    main()

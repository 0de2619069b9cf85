"""Measures what the activations of a model are on pictures, and writes the ranges by which it runs in int8.

    python tools/quantise.py --write src/recognizance/vision/cards

Reads `lfw` and `congress` below `--data` (default: RECOGNIZANCE_DATA, or `../shared/data`): official portraits, and
people of Labeled Faces in the Wild with a single picture whom no pair of View 2 names: no pair of one person that
accuracy is measured by had a part in it. A range goes from the mean, over the pictures, of the lowest value to the mean
of the highest: the rare values beyond are worth less than finer steps for all others. The pixels' own is kept whole.
"""

from __future__ import annotations

import argparse
import os
import shlex
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray

from recognizance.evaluation.sets.datasets import lfw_pictures, read_pairs
from recognizance.evaluation.sets.faces import central
from recognizance.settings import Settings, read
from recognizance.values import Card, Pixels, Ranges
from recognizance.vision import adapters, cards, carriers, runtime
from recognizance.vision.adapters import arcface
from recognizance.vision.geometry import align
from recognizance.vision.image import decode
from recognizance.vision.vision import Vision

MULTIPLY = {"Conv", "Gemm", "MatMul"}
SEED = 20_261_123
DIGITS = 4
"""Significant digits of a range that are kept."""


def main() -> None:
    """Run the command line."""
    asked = _arguments().parse_args()
    settings = read({}, models=asked.models, device="cpu", threads=1, mirror=False, enlarge=False)
    card = cards.choose(cards.load(asked.cards), asked.model or settings.embedder, task="embed")
    portraits, people = _portraits(asked.data, asked.portraits), _people(asked.data, asked.people)
    crops = list(_crops(card, settings, [*portraits, *people]))
    ranges = Ranges(
        measured_on=f"{len(portraits)} official portraits of members of Congress and {len(people)} pictures of as many "
        f"people of Labeled Faces in the Wild, whom no pair of View 2 names; {len(crops)} faces found",
        measured_at=datetime.now(UTC).date().isoformat(),
        command=shlex.join(["python", "tools/quantise.py", *sys.argv[1:]]),
        tensors=measured(carriers.read(card, settings.models_folder), card, crops),
    )
    file = asked.write / f"{card.name}{cards.RANGES_ENDING}"
    file.write_text(cards.ranges_toml(ranges), encoding="utf-8")
    print(f"{file}: {len(ranges.tensors)} ranges of {card.name} from {len(crops)} faces")


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python tools/quantise.py", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, default=Path(os.environ.get("RECOGNIZANCE_DATA", "../shared/data")))
    parser.add_argument("--models", type=Path, help="folder of installed models; default: where the server looks")
    parser.add_argument("--cards", type=Path, help="folder of cards of your own")
    parser.add_argument("--model", help="card of an embedder; default: the server's own")
    parser.add_argument("--portraits", type=int, default=100)
    parser.add_argument("--people", type=int, default=200)
    parser.add_argument("--write", type=Path, required=True, help="folder of the card, where NAME.ranges.toml goes")
    return parser


def measured(prepared: bytes, card: Card, crops: Sequence[Pixels]) -> dict[str, tuple[float, float]]:
    """Return the range of every tensor that a layer of the prepared model multiplies with its weights, by its name."""
    model = onnx.load_from_string(prepared)
    names = list(dict.fromkeys(node.input[0] for node in model.graph.node if node.op_type in MULTIPLY))
    del model.graph.output[:]
    model.graph.output.extend(onnx.ValueInfoProto(name=name) for name in names)
    told = onnx.shape_inference.infer_shapes(model)
    kinds = {one.name: one for one in [*told.graph.value_info, *told.graph.input]}
    del model.graph.output[:]
    model.graph.output.extend(kinds[name] for name in names)
    network = runtime.start(device="cpu", threads=1).open(model.SerializeToString(), name=card.name)
    said = adapters.parameters(card, arcface.Parameters)
    lows: list[list[float]] = []
    highs: list[list[float]] = []
    for crop in crops:
        outputs = network.each([said.array([crop], card.name)])[0]
        lows.append([float(outputs[name].min()) for name in names])
        highs.append([float(outputs[name].max()) for name in names])
    first, *_ = names
    found = _ends(names, np.array(lows).mean(axis=0), np.array(highs).mean(axis=0))
    found[first] = _ends([first], np.array(lows).min(axis=0), np.array(highs).max(axis=0))[first]
    return found


def _ends(names: Sequence[str], low: NDArray[np.float64], high: NDArray[np.float64]) -> dict[str, tuple[float, float]]:
    return {name: (_short(a), _short(b)) for name, a, b in zip(names, low, high, strict=False)}


def _short(value: float) -> float:
    return float(f"{value:.{DIGITS}g}")


def _crops(card: Card, settings: Settings, files: Sequence[Path]) -> Iterator[Pixels]:
    """Yield the face in the middle of each picture, aligned, where one is found."""
    engine = runtime.start(device="cpu", threads=1)
    finds = cards.choose(cards.load(), settings.detector, task="detect")
    detector, embedder = (
        adapters.open_model(one, carriers.read(one, settings.models_folder), engine) for one in (finds, card)
    )
    vision = Vision(detector, embedder, mirror=settings.mirror, enlarge=settings.enlarge)
    for file in files:
        image = decode(file.read_bytes())
        faces = vision.look(image)
        if faces:
            yield align(image.pixels, central(faces).landmarks, int(card.parameters["size"]))


def _portraits(data: Path, count: int) -> list[Path]:
    found = sorted((data / "congress" / "images").glob("*.jpg"))
    return _some(found, count)


def _people(data: Path, count: int) -> list[Path]:
    """Return pictures of people who have one each and whom no pair of View 2 names."""
    pictures = lfw_pictures(data / "lfw")
    have = Counter(one.person for one in pictures)
    named = {name for pair in read_pairs(data / "lfw" / "pairs.txt") for name in (pair.first, pair.second)}
    free = [one.name for one in pictures if have[one.person] == 1 and one.name not in named]
    return _some([data / "lfw" / "images" / name for name in sorted(free)], count)


def _some(files: Sequence[Path], count: int) -> list[Path]:
    if len(files) < count:
        sys.exit(f"{count} pictures were asked for, and there are {len(files)}; name their folder with --data")
    return [files[at] for at in sorted(np.random.default_rng(SEED).permutation(len(files))[:count])]


if __name__ == "__main__":
    main()

"""How many faces are found and how many of the finds are faces, with the product's own way of looking.

    python -m benchmarks.accuracy_detection --json build/detection.json
    python -m benchmarks.accuracy_detection --only looks
    python -m benchmarks.accuracy_detection --only sureness --detector my-detector --cards my-cards

Reads `wider` and `congress` below `--data` (default: RECOGNIZANCE_DATA, or `../shared/data`). The protocol is
that of `recognizance.evaluation.protocols.detection`. A recall or precision stands with its 95 % interval;
precision is told twice, with every wrong find and without those smaller than the faces asked about. `--only
sureness` fits what a detector's scores are worth, for its card, on the faces of 8 pixels and more that it and
the product's way of looking find. Pictures are also counted in two halves (even and odd in the table's order),
as a setting fitted to these hundred pictures would show there. Times are of the processor, on one thread.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeAlias

import cv2
import numpy as np
from scipy.optimize import minimize

from recognizance.evaluation.protocols.detection import SIZES, Finds, Truth, longer, tally
from recognizance.evaluation.sets.boxes import read_truth
from recognizance.evaluation.statistics.rates import Rate
from recognizance.settings import read
from recognizance.values import Image, Model, ModelName, Pixels, Sureness
from recognizance.vision import adapters, cards, carriers, runtime
from recognizance.vision.detect import AS_SCORED, find
from recognizance.vision.geometry import Found, pixels_of, resized, suppress
from recognizance.vision.image import decode
from recognizance.vision.vision import Vision

SMALLEST = 40
PORTRAITS = 60
YUNET = cards.load()[ModelName("yunet-2023mar")].sureness or AS_SCORED
ALL_SCORES = replace(YUNET, at_least=0.3)
Look: TypeAlias = Callable[[Pixels], Finds]
"""From pixels to boxes in pixels and scores in percent."""


@dataclass(frozen=True, slots=True)
class Way:
    """A way of looking, by name, and the percentage from which its finds are returned."""

    name: str
    look: Look
    at_least: float


def main() -> None:
    """Run the command line."""
    asked = _arguments().parse_args()
    if not (asked.data / "wider" / "boxes.csv").is_file():
        sys.exit(f"there is no wider/boxes.csv in {asked.data}; name the folder with --data or RECOGNIZANCE_DATA")
    cv2.setNumThreads(1)
    detector = _detector(asked)
    truths = read_truth(asked.data / "wider" / "boxes.csv")
    pictures = [_pixels(asked.data / "wider" / truth.picture) for truth in truths]
    portraits = [_pixels(path) for path in sorted((asked.data / "congress" / "images").glob("*.jpg"))[:PORTRAITS]]
    said = list(_measured(detector, truths, pictures, portraits, asked.only))
    if asked.json is not None:
        asked.json.parent.mkdir(parents=True, exist_ok=True)
        asked.json.write_text(json.dumps(said, indent=1) + "\n", encoding="utf-8")


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Measure how well faces are found on pictures of WIDER FACE.")
    parser.add_argument("--data", type=Path, default=Path(os.environ.get("RECOGNIZANCE_DATA", "../shared/data")))
    parser.add_argument("--models", type=Path, help="folder of installed models; default: where the server looks")
    parser.add_argument("--cards", type=Path, help="folder of cards of your own")
    parser.add_argument("--detector", help="card of the detector; default: the server's")
    parser.add_argument("--only", choices=("ways", "looks", "confidence", "turned", "sureness"), help="default: all")
    parser.add_argument("--json", type=Path, help="write what was found to this file")
    return parser


def _detector(asked: argparse.Namespace) -> Model[Pixels, adapters.Candidates]:
    settings = read({}, models=asked.models)
    card = cards.choose(cards.load(asked.cards), asked.detector or settings.detector, task="detect")
    engine = runtime.start(device="cpu", threads=1)
    return adapters.open_model(card, carriers.read(card, settings.models_folder), engine)


def _pixels(path: Path) -> Pixels:
    return decode(path.read_bytes()).pixels


def _measured(
    detector: Model[Pixels, adapters.Candidates],
    truths: Sequence[Truth],
    pictures: Sequence[Pixels],
    portraits: Sequence[Pixels],
    only: str | None,
) -> Iterator[dict[str, Any]]:
    product = Way("product", product_look(detector, YUNET), YUNET.confidence(YUNET.at_least))
    if only in (None, "ways"):
        singles = [
            Way(f"one look at {side}, {kind}", one_look(detector, side, voting), product.at_least)
            for side in (320, 640, 1024)
            for kind, voting in (("no votes", 2.0), ("votes", 0.5))
        ]
        for way in (*singles, product):
            yield from _way(way, truths, pictures, portraits)
    if only in (None, "looks"):
        yield from _sizes(product, truths, pictures)
    if only in (None, "confidence"):
        yield from _confidence(product_look(detector, ALL_SCORES), truths, pictures)
    if only in (None, "sureness"):
        yield _sureness(detector, truths, pictures)
    if only in (None, "turned"):
        yield from _turned(Vision(detector, _NO_EMBEDDER), portraits)


def product_look(detector: Model[Pixels, adapters.Candidates], sureness: Sureness) -> Look:
    """Return the server's own way of looking."""

    def look(pixels: Pixels) -> Finds:
        height, width = pixels.shape[:2]
        found = find(pixels, detector, sureness=sureness)
        boxes = np.array([pixels_of(one.box, width, height) for one in found]).reshape(-1, 4)
        return Finds(boxes, np.array([one.confidence for one in found]))

    return look


def one_look(detector: Model[Pixels, adapters.Candidates], side: int, voting: float) -> Look:
    """Return a single look with the longer side at `side` pixels, to compare with."""

    def look(pixels: Pixels) -> Finds:
        height, width = pixels.shape[:2]
        scale = side / max(width, height)
        small = resized(pixels, round(width * scale), round(height * scale))
        (seen,) = detector([small])
        found = Found(seen.boxes.astype(float), seen.points.astype(float), seen.scores.astype(float))
        kept = suppress(found, above=0.4, voting=voting, at_least=YUNET.at_least)
        kept = kept.moved((width / small.shape[1], height / small.shape[0]))
        return Finds(kept.boxes, np.array([YUNET.confidence(float(score)) for score in kept.scores]))

    return look


def _way(
    way: Way, truths: Sequence[Truth], pictures: Sequence[Pixels], portraits: Sequence[Pixels]
) -> Iterator[dict[str, Any]]:
    finds, times = _timed(way.look, pictures)
    _, portrait_times = _timed(way.look, portraits)
    print(f"\n{way.name}: {_ms(times)} a picture of WIDER FACE, {_ms(portrait_times)} a portrait of 225 x 275")
    for name, size in SIZES.items():
        for part, rows in (("all", slice(None)), ("even", slice(0, None, 2)), ("odd", slice(1, None, 2))):
            counted = tally(truths[rows], finds[rows], size=size, smallest=SMALLEST)
            recall, precision = counted.recall(way.at_least), counted.precision(way.at_least)
            alike = counted.precision(way.at_least, SMALLEST)
            if part == "all" or name == "longer side":
                print(
                    f"  {name:12} >= {SMALLEST}, {part:4} {counted.faces:4} faces: recall {_rate(recall)}, "
                    f"precision {_rate(precision)}, of finds >= {SMALLEST} {_rate(alike)}"
                )
            yield {
                "way": way.name,
                "size": name,
                "part": part,
                "faces": counted.faces,
                "recall": _said(recall),
                "precision": _said(precision),
                "precision_of_finds_as_large": _said(alike),
                "median_ms_wider": float(np.median(times)),
                "median_ms_portrait": float(np.median(portrait_times)),
            }


def _sizes(way: Way, truths: Sequence[Truth], pictures: Sequence[Pixels]) -> Iterator[dict[str, Any]]:
    finds, _ = _timed(way.look, pictures)
    print("\nrecall of the product by longer side")
    for smallest, largest in ((8, 16), (16, 24), (24, 40), (40, 64), (64, 128), (128, 256), (256, 4096)):
        counted = tally(truths, finds, smallest=smallest, largest=largest)
        if counted.faces:
            recall = counted.recall(way.at_least)
            print(f"  {smallest:4} to {largest:4}: {counted.faces:4} faces, recall {_rate(recall)}")
            yield {"from": smallest, "to": largest, "faces": counted.faces, "recall": _said(recall)}


def _confidence(look: Look, truths: Sequence[Truth], pictures: Sequence[Pixels]) -> Iterator[dict[str, Any]]:
    counted = tally(truths, [look(pixels) for pixels in pictures], size=longer, smallest=8)
    print("\nconfidence said, and the share of finds that are marked faces")
    edges = (0, 10, 30, 50, 70, 90, 97, 99, 99.5, 100.01)
    for low, high in itertools.pairwise(edges):
        right = int(((counted.right >= low) & (counted.right < high)).sum())
        wrong = int(((counted.wrong >= low) & (counted.wrong < high)).sum())
        if right + wrong:
            print(f"  {low:5} to {high:6}: {_rate(Rate(right, right + wrong))} of {right + wrong}")
            yield {"from": low, "to": high, "share": _said(Rate(right, right + wrong))}


def _sureness(
    detector: Model[Pixels, adapters.Candidates], truths: Sequence[Truth], pictures: Sequence[Pixels]
) -> dict[str, Any]:
    """Fit the logistic curve from a find's score to its being a face; what is unsure of itself at .5 is returned."""
    look = product_look(detector, replace(AS_SCORED, at_least=0.3))
    counted = tally(truths, [look(pixels) for pixels in pictures], size=longer, smallest=8)
    scores = np.clip(np.concatenate([counted.right, counted.wrong]) / 100, 1e-6, 1 - 1e-6)
    logits, faces = np.log(scores / (1 - scores)), np.repeat([1.0, 0.0], [len(counted.right), len(counted.wrong)])

    def unlikely(numbers: np.ndarray[Any, Any]) -> float:
        odds = numbers[0] * (logits - numbers[1])
        return float(np.logaddexp(0, np.where(faces == 1, -odds, odds)).sum())

    steepness, middle = minimize(unlikely, np.array([1.0, 0.0]), method="Nelder-Mead").x
    at_least = 1 / (1 + np.exp(-middle))
    print(f"\n[sureness]  # fitted to {len(counted.right)} finds that are faces and {len(counted.wrong)} that are not")
    print(f"steepness = {steepness:.3g}\nmiddle = {middle:.3g}\nat_least = {at_least:.2g}")
    return {"steepness": steepness, "middle": middle, "at_least": at_least, "finds": len(faces)}


def _turned(vision: Vision, portraits: Sequence[Pixels]) -> Iterator[dict[str, Any]]:
    """Turn each portrait about its middle: is the face found, and its roll with it?"""
    print("\nportraits turned clockwise: found, and off in roll (median, 90 of 100)")
    straight = [vision.look(Image(pixels, ""), limit=1) for pixels in portraits]
    for angle in (0, 15, 30, 45, 60, 90, 135, 180, 270):
        found, off = 0, []
        for pixels, faces in zip(portraits, straight, strict=True):
            turned = vision.look(Image(_about_the_middle(pixels, angle), ""), limit=1)
            if faces and turned:
                found += 1
                off.append(abs((turned[0].pose.roll - faces[0].pose.roll - angle + 180) % 360 - 180))
        rate = Rate(found, len(portraits))
        print(f"  {angle:4} degrees: found {_rate(rate)}, roll off {np.median(off):.1f}, {np.quantile(off, 0.9):.1f}")
        yield {"turned": angle, "found": _said(rate), "roll_off": float(np.median(off))}


def _about_the_middle(pixels: Pixels, angle: float) -> Pixels:
    height, width = pixels.shape[:2]
    side = int(np.hypot(height, width)) + 1
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), -angle, 1)
    matrix[:, 2] += (side / 2 - width / 2, side / 2 - height / 2)
    return np.asarray(cv2.warpAffine(pixels, matrix, (side, side)), np.uint8)


def _timed(look: Look, pictures: Sequence[Pixels]) -> tuple[list[Finds], np.ndarray[Any, Any]]:
    """Return what was found, and milliseconds of the processor for each picture, the better of two."""
    finds: list[Finds] = []
    times: list[float] = []
    for pixels in pictures:
        taken = []
        for _ in range(2):
            begun = time.process_time()
            found = look(pixels)
            taken.append(1e3 * (time.process_time() - begun))
        finds.append(found)
        times.append(min(taken))
    return finds, np.array(times)


def _ms(times: np.ndarray[Any, Any]) -> str:
    return f"{np.median(times):.1f} ms (mean {times.mean():.1f}, 90 of 100 below {np.quantile(times, 0.9):.1f})"


def _rate(rate: Rate) -> str:
    return f"{rate.value:.3f} ({rate.low:.3f} to {rate.high:.3f})"


def _said(rate: Rate) -> dict[str, float]:
    return {"count": rate.count, "of": rate.of, "value": rate.value, "low": rate.low, "high": rate.high}


_NO_EMBEDDER: Any = None
"""Nothing here asks for a vector."""

if __name__ == "__main__":
    main()

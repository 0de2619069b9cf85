"""How well faces are told apart, with the product's own pipeline: View 2 of LFW, and all pairs of its pictures.

    python -m benchmarks.accuracy_verification --json benchmarks/results/verification.json
    python -m benchmarks.accuracy_verification --variant default --variant fast --time 100

Reads `lfw` and `congress` below `--data` (default: RECOGNIZANCE_DATA, or `../shared/data`). The face
compared is the one in the middle of the picture, as the labels mean. A picture without a face is
rejected in every comparison. All pairs are counted twice: as labelled, and without the people named
in `--exclude`, whose labels are known to be wrong. Vectors are made once and kept where audits keep theirs, in the
server's data folder or below `--cache`.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from unittest.mock import patch

import cv2
import numpy as np
from numpy.typing import NDArray

from recognizance import __version__
from recognizance.cores import cores
from recognizance.evaluation.protocols.calibration import by_group, compare_strangers
from recognizance.evaluation.protocols.verification import REJECTED, Point, all_pairs, roc, verify
from recognizance.evaluation.sets import kept
from recognizance.evaluation.sets.datasets import (
    NO_EXCLUSIONS,
    Exclusions,
    Picture,
    lfw_pictures,
    read_exclusions,
    read_pairs,
)
from recognizance.evaluation.sets.faces import central
from recognizance.evaluation.sets.pipeline import Pipeline, open_pipeline
from recognizance.evaluation.sets.subjects import Listing, Subject
from recognizance.evaluation.sets.templates import embed
from recognizance.evaluation.statistics.rates import Rate
from recognizance.settings import read
from recognizance.values import Card, Vectors
from recognizance.vision import detect
from recognizance.vision.similarity import Similarity


@dataclass(frozen=True, slots=True)
class Variant:
    """A pipeline to measure: settings that differ from the server's, and what no setting can take away."""

    settings: Mapping[str, Any]
    centred: bool = True
    voting: bool = True


FAST: Mapping[str, Any] = {"mirror": False, "enlarge": False}
VARIANTS: Mapping[str, Variant] = {
    "default": Variant({}),
    "bf16": Variant({"precision": "bf16"}),
    "int8": Variant({"precision": "int8"}),
    "no mirror": Variant({"mirror": False}),
    "no enlarging": Variant({"enlarge": False}),
    "fast": Variant(FAST),
    "fast, bf16": Variant({**FAST, "precision": "bf16"}),
    "fast, int8": Variant({**FAST, "precision": "int8"}),
    "fast, no centre": Variant(FAST, centred=False),
    "fast, no voting": Variant(FAST, voting=False),
}
"""The server's own settings; the same in bf16 and int8; the same without one thing; and without all that costs time."""

NOBODY_ELSE = 2.0
"""An overlap that no two boxes have: where votes would begin, the surest candidate is alone."""

RATES = (1e-3, 1e-4, 1e-5)
GROUPED = (60.0, 70.0, 80.0)
"""Similarities at which false matches are counted by group."""

ACROSS = (40.0, 50.0, 60.0, 70.0, 80.0)
"""Similarities at which probes of one variant are matched with a gallery of another."""

BLOCK = 512
"""Pictures whose comparisons are held in memory at once."""

SEED = 20_261_123


def main() -> None:
    """Run the command line."""
    cv2.setNumThreads(1)
    asked = _arguments().parse_args()
    asked.variant = asked.variant or ["default"]
    if not (asked.data / "lfw" / "pairs.txt").is_file():
        sys.exit(f"there is no lfw/pairs.txt in {asked.data}; name the folder with --data or RECOGNIZANCE_DATA")
    excluded = read_exclusions(asked.exclude) if asked.exclude else NO_EXCLUSIONS
    said: dict[str, Any] = {
        "at": datetime.now(UTC).date().isoformat(),
        "version": __version__,
        "excluded": {"people": len(excluded.people), "sha256": excluded.sha256},
        "variants": [_measured(name, asked, excluded) for name in asked.variant],
        "across": _across(asked.against, asked, excluded) if asked.against else [],
        "times": _timed(asked) if asked.time else None,
    }
    for one in said["variants"]:
        print(_line(one))
    if asked.json is not None:
        asked.json.parent.mkdir(parents=True, exist_ok=True)
        asked.json.write_text(json.dumps(said, indent=1) + "\n", encoding="utf-8")


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.accuracy_verification",
        description="Measure verification accuracy on Labeled Faces in the Wild.",
    )
    parser.add_argument("--data", type=Path, default=Path(os.environ.get("RECOGNIZANCE_DATA", "../shared/data")))
    parser.add_argument("--models", type=Path, help="folder of installed models; default: where the server looks")
    parser.add_argument("--variant", action="append", choices=VARIANTS, help="repeatable; default: the server's own")
    parser.add_argument("--threads", type=int, default=0)
    parser.add_argument("--exclude", type=Path, help="CSV with a heading; its first column names people to leave out")
    parser.add_argument("--cache", type=Path, help="folder below which vectors are kept; default: the server's data")
    parser.add_argument(
        "--against", choices=VARIANTS, help="also match each variant's vectors, as probes, with those of this one"
    )
    parser.add_argument("--time", type=int, default=0, help="also time so many pictures, one thread; 0: none")
    parser.add_argument("--json", type=Path, help="write what was found to this file")
    return parser


def _opened(name: str, asked: argparse.Namespace, threads: int) -> Pipeline:
    variant = VARIANTS[name]
    settings = read({}, models=asked.models, threads=threads, device="cpu", **variant.settings)
    return open_pipeline(settings, version=__version__, choose=central, centred=variant.centred)


def _vectors(name: str, asked: argparse.Namespace, pictures: Sequence[Picture]) -> tuple[Pipeline, Vectors]:
    pipeline, begun = _opened(name, asked, asked.threads), time.perf_counter()

    def tell(done: int) -> None:
        if done % 1000 == 0:
            each = 1e3 * (time.perf_counter() - begun) / done
            print(f"{name}: {done} of {len(pictures)}, {each:.1f} ms each", file=sys.stderr, flush=True)

    images = asked.data / "lfw" / "images"
    listing = Listing(tuple(Subject(one.name, one.person, path=images / one.name) for one in pictures), (), str(images))
    made_by = (*pipeline.vectors_by, *["no voting"] * (not VARIANTS[name].voting))
    threads = asked.threads or cores()
    with _votes(VARIANTS[name]), kept.opened(asked.cache or read({}).data, made_by) as known:
        made = embed(listing, pipeline, known, threads=threads, progress=tell, repeated=True)
    return pipeline, made.vectors


def _measured(name: str, asked: argparse.Namespace, excluded: Exclusions) -> dict[str, Any]:
    variant, pictures = VARIANTS[name], lfw_pictures(asked.data / "lfw")
    names = [one.name for one in pictures]
    pipeline, vectors = _vectors(name, asked, pictures)
    return {
        "variant": name,
        "settings": dict(variant.settings),
        "centred": variant.centred,
        "voting": variant.voting,
        "not_found": int((~vectors.any(axis=1)).sum()),
        "pictures": len(pictures),
        "people": len({one.person for one in pictures}),
        "view2": _view2(asked.data / "lfw" / "pairs.txt", dict(zip(names, vectors, strict=True))),
        "all_pairs": _all_pairs(pictures, vectors, frozenset()),
        "all_pairs_without_excluded": _all_pairs(pictures, vectors, excluded.people),
        "groups": _groups(pictures, vectors, excluded.people, pipeline.card if name == "default" else None),
    }


def _across(gallery: str, asked: argparse.Namespace, excluded: Exclusions) -> list[dict[str, Any]]:
    """Return how often probes of each variant match the gallery's, which other arithmetic may have enrolled."""
    pictures = lfw_pictures(asked.data / "lfw")
    kept = np.array([one.person not in excluded.people for one in pictures])
    people = _numbers(pictures)[kept]
    pipeline, enrolled = _vectors(gallery, asked, pictures)
    cosines = [pipeline.similarity.cosine(percent) for percent in ACROSS]
    rows: list[dict[str, Any]] = []
    for name in asked.variant:
        probes = _vectors(name, asked, pictures)[1][kept]
        matched = _matched(enrolled[kept], probes, people, cosines)
        rows.append({"gallery": gallery, "probes": name, "similarities": list(ACROSS), **matched})
        print(f"{name} against {gallery}: {matched}")
    return rows


def _matched(gallery: Vectors, probes: Vectors, people: NDArray[np.int64], cosines: Sequence[float]) -> dict[str, Any]:
    """Return the share of pairs of two people, and of two pictures of one, that reach each cosine, and their counts."""
    counts, reached = np.zeros(2, np.int64), np.zeros((2, len(cosines)), np.int64)
    rows = np.arange(len(people))
    for at in range(0, len(people), BLOCK):
        scores, same = probes[at : at + BLOCK] @ gallery.T, people[at : at + BLOCK, None] == people
        another = rows[at : at + BLOCK, None] != rows
        for kind, chosen in enumerate((scores[~same], scores[same & another])):
            counts[kind] += chosen.size
            reached[kind] += [int((chosen >= cosine).sum()) for cosine in cosines]
    false, true = (reached / counts[:, None]).tolist()
    return {"false_matches": false, "true_accepts": true, "pairs": counts.tolist()}


def _votes(variant: Variant) -> AbstractContextManager[object]:
    """Return a block in which the surest candidate alone places a face, where the variant has it so."""
    return nullcontext() if variant.voting else patch.object(detect, "VOTING", NOBODY_ELSE)


def _timed(asked: argparse.Namespace) -> dict[str, Any]:
    """Return the milliseconds from bytes to vector, one thread, the variants taking turns at each picture."""
    pipelines = {name: _opened(name, asked, threads=1) for name in asked.variant}
    paths = [asked.data / "lfw" / "images" / one.name for one in lfw_pictures(asked.data / "lfw")]
    pictures = [path.read_bytes() for path in paths[:: max(1, len(paths) // asked.time)][: asked.time]]
    times: dict[str, list[float]] = {name: [] for name in pipelines}
    for picture in [pictures[0], *pictures]:
        for name, pipeline in pipelines.items():
            with _votes(VARIANTS[name]):
                begun = time.perf_counter()
                pipeline.embed(picture)
                times[name].append(1e3 * (time.perf_counter() - begun))
    quartiles = {name: np.quantile(taken[1:], (0.25, 0.5, 0.75)) for name, taken in times.items()}
    load = os.getloadavg()[0]
    return {"pictures": len(pictures), "load": load, "ms": {name: q.tolist() for name, q in quartiles.items()}}


def _view2(file: Path, vectors: Mapping[str, Vectors]) -> dict[str, Any]:
    pairs = read_pairs(file)
    scores = np.array([_cosine(vectors[pair.first], vectors[pair.second]) for pair in pairs])
    same, folds = np.array([pair.same for pair in pairs]), np.array([pair.fold for pair in pairs])
    result = verify(scores, same, folds)
    return {"accuracy": result.mean, "standard_error": result.deviation, "folds": list(result.accuracies),
            "thresholds": list(result.thresholds), "pairs": len(pairs)}  # fmt: skip


def _cosine(one: Vectors, other: Vectors) -> float:
    return float(one @ other) if one.any() and other.any() else REJECTED


def _all_pairs(pictures: Sequence[Picture], vectors: Vectors, left_out: frozenset[str]) -> list[dict[str, Any]]:
    kept = np.array([one.person not in left_out for one in pictures])
    counts = all_pairs(vectors[kept], _numbers(pictures)[kept])
    return [_point(point) for point in roc(counts, RATES)]


def _point(point: Point) -> dict[str, Any]:
    return {"asked": point.asked, "cosine": point.cosine, "false_matches": _rate(point.false_matches),
            "true_accepts": _rate(point.true_accepts)}  # fmt: skip


def _rate(rate: Rate) -> dict[str, float]:
    return {**asdict(rate), "value": rate.value, "low": rate.low, "high": rate.high}


def _groups(
    pictures: Sequence[Picture], vectors: Vectors, left_out: frozenset[str], card: Card | None
) -> list[dict[str, Any]]:
    """Return how often strangers of two groups match: where all do at a rate of `RATES`, and at a Similarity."""
    kept = np.array(
        [one.person not in left_out and bool(row.any()) for one, row in zip(pictures, vectors, strict=True)]
    )
    strangers = compare_strangers(vectors[kept], _numbers(pictures)[kept])
    groups = {int(number): one.group for number, one in zip(_numbers(pictures), pictures, strict=True)}
    named = [groups[int(number)] for number in np.unique(_numbers(pictures)[kept])]
    places = [({"overall": rate}, strangers.cosine(rate)) for rate in RATES]
    if card is not None and card.curve is not None:
        scale = Similarity(card.curve)
        places += [({"percent": percent}, scale.cosine(percent)) for percent in GROUPED]
    random = np.random.default_rng(SEED)
    return [
        {**place, "cosine": cosine, **asdict(found)}
        for place, cosine in places
        for found in by_group(strangers, named, cosine, random)
    ]


def _numbers(pictures: Sequence[Picture]) -> Any:
    return np.unique([one.person for one in pictures], return_inverse=True)[1].astype(np.int64)


def _line(one: Mapping[str, Any]) -> str:
    view2 = one["view2"]
    accepts = ", ".join(f"{point['true_accepts']['value']:.4f} at {point['asked']:.0e}" for point in one["all_pairs"])
    clean = one["all_pairs_without_excluded"][-1]["true_accepts"]["value"]
    return (
        f"{one['variant']:12s} View 2 {view2['accuracy']:.4f} ± {view2['standard_error']:.4f}; true accepts {accepts} "
        f"({clean:.4f} at 1e-05 without excluded people); {one['not_found']} of {one['pictures']} without a face"
    )


if __name__ == "__main__":
    main()

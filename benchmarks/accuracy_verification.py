"""How well faces are told apart, with the product's own pipeline: View 2 of LFW, and all pairs of its pictures.

    python -m benchmarks.accuracy_verification --json benchmarks/results/verification.json
    python -m benchmarks.accuracy_verification --variant default --variant bf16 --variant mirror

Reads `lfw` and `congress` below `--data` (default: RECOGNIZANCE_DATA, or `../shared/data`). The face
compared is the one in the middle of the picture, as the labels mean. A picture without a face is
rejected in every comparison. All pairs are counted twice: as labelled, and without the people named
in `--exclude`, whose labels are known to be wrong. Vectors are made once and kept in `--cache`.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from recognizance import __version__
from recognizance.evaluation.calibration import by_group, compare_strangers
from recognizance.evaluation.datasets import (
    NO_EXCLUSIONS,
    Exclusions,
    Picture,
    lfw_pictures,
    read_exclusions,
    read_pairs,
)
from recognizance.evaluation.embedding import cache_name, cached, central, embed_pictures
from recognizance.evaluation.pipeline import open_pipeline
from recognizance.evaluation.rates import Rate
from recognizance.evaluation.verification import REJECTED, Point, all_pairs, roc, verify
from recognizance.settings import read
from recognizance.values import Card, Vectors
from recognizance.vision.similarity import Similarity

VARIANTS: Mapping[str, Mapping[str, Any]] = {
    "default": {},
    "f32": {"precision": "f32", "mirror": False},
    "f32 mirror": {"precision": "f32", "mirror": True},
    "bf16": {"precision": "bf16", "mirror": False},
    "bf16 mirror": {"precision": "bf16", "mirror": True},
    "f32 mirror, no centre": {"precision": "f32", "mirror": True},
    "f32, no centre": {"precision": "f32", "mirror": False},
}
RATES = (1e-3, 1e-4, 1e-5)
GROUPED = (60.0, 70.0, 80.0)
"""Similarities at which false matches are counted by group."""

SEED = 20_261_123


def main() -> None:
    """Run the command line."""
    asked = _arguments().parse_args()
    if not (asked.data / "lfw" / "pairs.txt").is_file():
        sys.exit(f"there is no lfw/pairs.txt in {asked.data}; name the folder with --data or RECOGNIZANCE_DATA")
    excluded = read_exclusions(asked.exclude) if asked.exclude else NO_EXCLUSIONS
    said = {
        "at": datetime.now(UTC).date().isoformat(),
        "version": __version__,
        "excluded": {"people": len(excluded.people), "sha256": excluded.sha256},
        "variants": [_measured(name, asked, excluded) for name in asked.variant or ["default"]],
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
    parser.add_argument("--cache", type=Path, default=Path("build/vectors"), help="folder where vectors are kept")
    parser.add_argument("--json", type=Path, help="write what was found to this file")
    return parser


def _measured(name: str, asked: argparse.Namespace, excluded: Exclusions) -> dict[str, Any]:
    settings = read({}, models=asked.models, threads=asked.threads, device="cpu", **VARIANTS[name])
    centred = "no centre" not in name
    pipeline = open_pipeline(settings, version=__version__, choose=central, centred=centred)
    pictures = lfw_pictures(asked.data / "lfw")
    names = [one.name for one in pictures]
    paths = [asked.data / "lfw" / "images" / one for one in names]
    dimension = int(pipeline.card.parameters["dimension"])

    def tell(done: int, of: int) -> None:
        if done % 1000 == 0:
            print(f"{name}: {done} of {of}, {1e3 * (time.perf_counter() - begun) / done:.1f} ms each", file=sys.stderr)

    begun = time.perf_counter()
    vectors = cached(
        asked.cache / cache_name(pipeline.how, names),
        lambda: embed_pictures(paths, pipeline.embed, dimension=dimension, progress=tell),
    )
    return {
        "variant": name,
        "precision": settings.precision,
        "mirror": settings.mirror,
        "not_found": int((~vectors.any(axis=1)).sum()),
        "pictures": len(pictures),
        "people": len({one.person for one in pictures}),
        "view2": _view2(asked.data / "lfw" / "pairs.txt", dict(zip(names, vectors, strict=True))),
        "all_pairs": _all_pairs(pictures, vectors, frozenset()),
        "all_pairs_without_excluded": _all_pairs(pictures, vectors, excluded.people),
        "centred": centred,
        "groups": _groups(pictures, vectors, excluded.people, pipeline.card if centred else None),
    }


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

"""Fit what a card says of its embedder: the curve of its similarity, and the centre of its vectors.

    python tools/calibrate.py curve  --exclude wrong-labels.csv --write
    python tools/calibrate.py centre

Both read pictures from `--data` (default: RECOGNIZANCE_DATA, or `../shared/data`): folders `lfw` and
`congress`. `curve` compares every two people of both, without the LFW people who sit in Congress and
those in `--exclude`, whose labels are known to be wrong; it first fits on half of the people and
checks on the other half, both ways, and then fits on all. A vector is made once and kept in `--cache`.
The list for `--exclude` names people, so it stays with whoever wrote it: the curve records its digest
and length. Pairs of kin stay in: to a matcher they are strangers, and leaving them out would make
strangers look rarer than they are.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.progress import Progress

from recognizance import __version__
from recognizance.evaluation.calibration import Check, Strangers, check, compare_strangers, fit
from recognizance.evaluation.datasets import (
    NO_EXCLUSIONS,
    Exclusions,
    Picture,
    congress_pictures,
    half,
    in_both,
    lfw_pictures,
    read_exclusions,
    read_pairs,
)
from recognizance.evaluation.embedding import cache_name, cached, central, embed_pictures
from recognizance.evaluation.pipeline import Pipeline, open_pipeline
from recognizance.settings import Settings, read
from recognizance.values import Curve, Vectors
from recognizance.vision.cards import CURVE_ENDING, SHIPPED, curve_toml
from recognizance.vision.similarity import Similarity

CHECKED = (60.0, 70.0, 80.0)
"""Similarities checked on unseen people: beyond, the halves are too small to meet a stranger who matches."""

WOMEN = 3.0
"""What women weigh in the centre, men being 1. Women are taken for each other more often than men are; the
more of what women share is taken out, the smaller that gap. Three was the most that cost no accuracy."""

SEED = 20_261_123
SPLITS = 10


def main() -> None:
    """Run the command line."""
    asked = _arguments().parse_args()
    said = {"curve": curve, "centre": centre}[asked.what](asked)
    if asked.json is not None:
        asked.json.parent.mkdir(parents=True, exist_ok=True)
        asked.json.write_text(json.dumps(said, indent=1) + "\n", encoding="utf-8")


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="tools/calibrate.py", description="Fit a curve, or a centre, for a model card."
    )
    parser.add_argument("what", choices=("curve", "centre"))
    parser.add_argument("--data", type=Path, default=Path(os.environ.get("RECOGNIZANCE_DATA", "../shared/data")))
    parser.add_argument("--models", type=Path, help="folder of installed models; default: where the server looks")
    parser.add_argument("--model", default="sface-2021dec", help="card of the embedder")
    parser.add_argument("--precision", choices=("f32", "bf16"), help="default: the server's")
    parser.add_argument("--threads", type=int, default=0)
    parser.add_argument("--mirror", action=argparse.BooleanOptionalAction, help="default: the server's")
    parser.add_argument("--exclude", type=Path, help="CSV with a heading; its first column names people to leave out")
    parser.add_argument("--cache", type=Path, default=Path("build/vectors"), help="folder where vectors are kept")
    parser.add_argument("--write", action="store_true", help="write the curve beside the card")
    parser.add_argument("--json", type=Path, help="write what was found to this file")
    return parser


def centre(asked: argparse.Namespace) -> dict[str, Any]:
    """Print the centre of the embedder's vectors, as a card has it.

    It is the mean over official portraits and over news pictures of people whom no pair of View 2
    names, so that View 2 stays a test. Both sources weigh the same, women `WOMEN` times as much as men.
    """
    asked.mirror = False  # what faces have in common, their mirror images have too
    pipeline = _pipeline(asked, centred=False)
    paired = {
        Path(name).parent.name
        for pair in read_pairs(asked.data / "lfw" / "pairs.txt")
        for name in (pair.first, pair.second)
    }
    lfw, congress = lfw_pictures(asked.data / "lfw"), congress_pictures(asked.data / "congress")
    means, weights, pictures = [], [], 0
    for folder, of in (("congress", congress), ("lfw", lfw)):
        vectors = _vectors(pipeline, asked, folder, of)
        groups = np.array([one.group if one.person not in paired else "" for one in of])
        for group, weight in (("F", WOMEN), ("M", 1.0)):
            chosen = vectors[(groups == group) & vectors.any(axis=1)]
            means.append(chosen.mean(axis=0))
            weights.append(weight)
            pictures += len(chosen)
    middle = np.average(means, axis=0, weights=weights)
    numbers = [round(float(value), 4) for value in middle]
    rows = [", ".join(f"{number:.4f}" for number in numbers[at : at + 8]) for at in range(0, len(numbers), 8)]
    print("centre = [\n  " + ",\n  ".join(rows) + ",\n]")
    return {"centre": numbers, "pictures": pictures, "length": float(np.linalg.norm(middle))}


def curve(asked: argparse.Namespace) -> dict[str, Any]:
    """Fit the curve, check it on unseen people, and write it where asked."""
    excluded = read_exclusions(asked.exclude) if asked.exclude else NO_EXCLUSIONS
    people, vectors, sources = _strangers(asked, excluded)
    random = np.random.default_rng(SEED)
    console = Console(stderr=True)
    console.print(f"{len(people)} pictures of {len(set(people))} people: {sources}")

    checks = [part for split in range(SPLITS) for part in _checked(people, vectors, split, random)]
    for one in checks[: 2 * len(CHECKED)]:
        console.print(_said(one))
    strangers = compare_strangers(vectors, _numbered(people))
    fitted = fit(strangers, random)
    now = datetime.now(UTC).date().isoformat()
    result = fitted.as_curve(strangers, fitted_on=sources, fitted_at=now, command=_command(asked))
    _print_table(console, result)
    if asked.write:
        (SHIPPED / f"{asked.model}{CURVE_ENDING}").write_text(curve_toml(result), encoding="utf-8")
    return {
        "curve": asdict(result),
        "tail": asdict(fitted.tail),
        "pictures": strangers.pictures,
        "picture_pairs": strangers.picture_pairs,
        "excluded": {"people": len(excluded.people), "sha256": excluded.sha256},
        "checks": [{"split": number // (2 * len(CHECKED)), **asdict(one)} for number, one in enumerate(checks)],
    }


def _strangers(asked: argparse.Namespace, excluded: Exclusions) -> tuple[list[str], Vectors, str]:
    """Return whose each picture is, its vector, and in words what they are; pictures without a face left out."""
    pipeline = _pipeline(asked)
    both = in_both(asked.data / "congress")
    lfw, congress = lfw_pictures(asked.data / "lfw"), congress_pictures(asked.data / "congress")
    vectors = np.concatenate([_vectors(pipeline, asked, "lfw", lfw), _vectors(pipeline, asked, "congress", congress)])
    pictures = [*lfw, *congress]
    kept = [
        bool(row.any()) and one.person not in excluded.people | both for one, row in zip(pictures, vectors, strict=True)
    ]
    people = [one.person for one, keep in zip(pictures, kept, strict=True) if keep]
    gone = excluded.people & {one.person for one in lfw}
    sources = (
        f"{len({one.person for one in lfw} & set(people))} people of Labeled Faces in the Wild (first pictures, and "
        f"all that View 2 names) and {len(congress)} official portraits of members of Congress; left out: "
        f"{len(both)} people of LFW who are or may be in Congress, and {len(gone)} whose pictures or names are known "
        f"to be wrong (list with SHA-256 {excluded.sha256[:16]}, not published); kin and twins kept"
    )
    return people, vectors[np.array(kept)], sources


def _checked(people: Sequence[str], vectors: Vectors, split: int, random: np.random.Generator) -> list[Check]:
    """Fit on one half of the people and check on the other, both ways."""
    side = np.array([half(person, str(split)) for person in people])
    numbers = _numbered(people)
    halves = [compare_strangers(vectors[side == part], numbers[side == part]) for part in (0, 1)]
    return [*_check_half(halves[0], halves[1], random), *_check_half(halves[1], halves[0], random)]


def _check_half(seen: Strangers, unseen: Strangers, random: np.random.Generator) -> list[Check]:
    fitted = fit(seen, random, draws=2).as_curve(seen, fitted_on="half", fitted_at="now", command="none")
    scale = Similarity(fitted)
    return [check(unseen, percent, scale.cosine(percent), random, draws=200) for percent in CHECKED]


def _numbered(people: Sequence[str]) -> Any:
    return np.unique(people, return_inverse=True)[1].astype(np.int64)


def _pipeline(asked: argparse.Namespace, *, centred: bool = True) -> Pipeline:
    return open_pipeline(_settings(asked), version=__version__, choose=central, centred=centred)


def _settings(asked: argparse.Namespace) -> Settings:
    given = {"models": asked.models, "embedder": asked.model, "precision": asked.precision, "mirror": asked.mirror}
    return read({}, threads=asked.threads, device="cpu", **given)


def _vectors(pipeline: Pipeline, asked: argparse.Namespace, folder: str, pictures: Sequence[Picture]) -> Vectors:
    names = [picture.name for picture in pictures]
    paths = [asked.data / folder / "images" / name for name in names]
    dimension = int(pipeline.card.parameters["dimension"])
    console = Console(stderr=True)

    def make() -> Vectors:
        with Progress(console=console, disable=not console.is_terminal) as bar:
            task = bar.add_task(f"embedding {folder}", total=len(paths))

            def tell(done: int, of: int) -> None:
                bar.update(task, completed=done)
                if not console.is_terminal and done % 1000 == 0:
                    print(f"embedding {folder}: {done} of {of}", file=sys.stderr, flush=True)

            return embed_pictures(paths, pipeline.embed, dimension=dimension, progress=tell)

    return cached(asked.cache / cache_name(pipeline.how, names), make)


def _command(asked: argparse.Namespace) -> str:
    settings = _settings(asked)
    parts = ["python tools/calibrate.py curve", f"--model {asked.model}", f"--precision {settings.precision}"]
    parts += ["--mirror" if settings.mirror else "--no-mirror"]
    parts += ["--exclude wrong-labels.csv"] * (asked.exclude is not None)
    return " ".join([*parts, "--write"])


def _said(one: Check) -> str:
    return (
        f"unseen people at {one.percent:.0f}: {one.rate:.2g} [{one.low:.2g}, {one.high:.2g}], "
        f"{one.matches} of {one.comparisons:,} pairs of people"
    )


def _print_table(console: Console, fitted: Curve) -> None:
    scale = Similarity(fitted)
    for percent in (20, 40, 50, 60, 70, 80, 90, 95, 99):
        low, high = scale.interval(percent)
        mark = " extrapolated" if scale.extrapolated(percent) else ""
        rate = f"rate {scale.rate(percent):.0e} [{low:.1e}, {high:.1e}]{mark}"
        console.print(f"{percent:3d}  cosine {scale.cosine(percent):.4f}  {rate}")


if __name__ == "__main__":
    main()

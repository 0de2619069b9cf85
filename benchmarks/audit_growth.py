r"""Whether the curve holds on people it was not fitted on, with galleries of several sizes, and what is to be expected.

    python -m benchmarks.audit_growth --exclude wrong-labels.csv --data DATA --json benchmarks/results/growth.json

The people of the shipped curve are divided by chance into a gallery and the others. A curve is fitted on the others;
then each person of the gallery is searched among all the rest of it, and the false matches are counted, a pair of
people once however many pictures there are of each. `within` counts the divisions in which the number that the curve
predicts lies in the 95 % interval of what was seen, `holds` those in which the two agree as far as both are known: a
prediction is an estimate, too, from the people that were fitted on.

How often a prediction lies within where nothing is wrong is not 95 in 100, and is less the fewer people were fitted on.
It is measured: `--worlds` draws people whose truth is known (unit vectors of two groups, in dimensions of unlike
weight), gives them to the same code, and counts the same things. `exact` is what a threshold of the true rate gives.
Divisions of one size share people, so their counts are not independent.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks import machine
from recognizance import app
from recognizance.evaluation.protocols.calibration import (
    Check,
    Strangers,
    compare_strangers,
    held_against,
    scale_rate,
    thresholds,
)
from recognizance.evaluation.sets import kept, subjects, templates
from recognizance.evaluation.sets.pipeline import Pipeline
from recognizance.settings import Settings

ROOT = Path(__file__).parents[1]
Reals = NDArray[np.float64]
Random = np.random.Generator

SIZES = {1_000: 6, 2_500: 2, 4_000: 1, 5_000: 1}
"""People in the gallery, and how many galleries that share nobody one division of the people gives."""
PERCENTS = (60.0, 70.0, 80.0, 90.0, 95.0, 99.0)
KNOWN = (60.0, 70.0, 80.0)
"""Similarities whose true cosine the worlds can count."""
TRUTH_PEOPLE, TRUTH_TIMES = 12_000, 14
"""The truth of a world is counted among a billion pairs."""
FLOOR = 0.26
"""Cosines of a world below it are not kept: a threshold of Similarity 60 is far above."""
DIMENSIONS = 128
SEED = 20_261_123


def main() -> None:
    """Run the command line."""
    asked = _arguments().parse_args()
    said: dict[str, Any] = machine.described(sys.argv[1:], ROOT) | {"command": "python -m benchmarks.audit_growth"}
    strangers = compare_strangers(*_people(asked.pictures, asked.exclude, asked.data))
    said |= {"people": strangers.people, "pictures": strangers.pictures, "divisions": asked.divisions}
    said["rows"] = rows = [_row(*one, strangers.people) for one in _tried(strangers, asked.divisions).items()]
    said["worlds"] = _worlds(asked.worlds, strangers.people, asked.divisions)
    for row in rows:
        print("{gallery:6,} fitted on {fitted_on:6,} at {similarity:3g}: seen {seen:9.3f}, predicted {predicted:9.3f}; "
              "within {within}, holds {holds} of {tries}".format(**row))  # fmt: skip
    for row in said["worlds"]["rows"]:
        print("{gallery:6,} at {similarity:3g}, no fault: within {within:.3f}, holds {holds:.3f}; truth within "
              "{exact:.3f}".format(**row))  # fmt: skip
    print("within at 60 to 80, in all: {within} of {tries}; worlds {middle:g} ({low:g} to {high:g})".format(
        **_total(rows), **said["worlds"]["total"]))  # fmt: skip
    if asked.json is not None:
        asked.json.write_text(json.dumps(said, indent=1) + "\n", encoding="utf-8")


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.audit_growth", description="Hold curves against people they were not fitted on."
    )
    parser.add_argument(
        "--pictures", type=Path, default=Path(os.environ.get("RECOGNIZANCE_TEST_PICTURES", "../shared/data"))
    )
    parser.add_argument("--exclude", type=Path, help="CSV of people or pictures whose labels are known to be wrong")
    parser.add_argument("--data", type=Path, help="folder of the models and of the vectors kept; default: the server's")
    parser.add_argument("--divisions", type=int, default=4, help="divisions of the people, twice as many where a "
                        "division gives one gallery")  # fmt: skip
    parser.add_argument("--worlds", type=int, default=100, help="made-up worlds whose truth is known")
    parser.add_argument("--json", type=Path)
    return parser


def _people(pictures: Path, exclude: Path | None, data: Path | None) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Return the vectors of the shipped curve's people, and whose each is."""
    settings = Settings(data=data) if data is not None else Settings()
    pipeline = app.pipeline(settings, face="central")
    out = subjects.NO_EXCLUSIONS if exclude is None else subjects.read_exclusions(exclude)
    with (pictures / "congress" / "lfw_overlap_candidates.csv").open(encoding="utf-8", newline="") as file:
        twice = {row["lfw_name"] for row in csv.DictReader(file)}
    sets = [_templates(pictures / name / "images", out, pipeline, settings) for name in ("lfw", "congress")]
    kept_of = [one.kept(one.found & np.array([person not in twice for person in one.people])) for one in sets]
    people = np.array([person for one in kept_of for person in one.people])
    numbers = np.unique(people, return_inverse=True)[1].astype(np.int64)
    return np.concatenate([one.vectors for one in kept_of]), numbers


def _templates(folder: Path, out: subjects.Exclusions, pipeline: Pipeline, settings: Settings) -> templates.Templates:
    listing = subjects.without(subjects.read_listing(folder), out)
    with kept.opened(settings.data, pipeline.vectors_by) as known:
        return templates.embed(listing, pipeline, known, threads=settings.threads or 2, progress=lambda _: None)


def _tried(
    strangers: Strangers, divisions: int, true: Mapping[float, float] | None = None
) -> dict[tuple[int, float], list[Check]]:
    """Return the checks of each size and Similarity; at the `true` cosines, where they are known."""
    found: dict[tuple[int, float], list[Check]] = {}
    percents = PERCENTS if true is None else tuple(true)
    for size, galleries in SIZES.items():
        for seen, unseen in _divided(strangers, size, galleries, divisions if galleries > 1 else 2 * divisions):
            cosines = thresholds(seen, percents) if true is None else list(true.values())
            for percent, cosine in zip(percents, cosines, strict=True):
                found.setdefault((size, percent), []).append(held_against(seen, unseen, percent, cosine))
    return found


def _divided(strangers: Strangers, size: int, galleries: int, divisions: int) -> Iterator[tuple[Strangers, Strangers]]:
    """Yield those fitted on and a gallery: of so many people beside the one who is looked for."""
    for division in range(divisions):
        order = np.random.default_rng([division, size]).permutation(strangers.people)
        for at in range(galleries):
            chosen = order[at * (size + 1) : (at + 1) * (size + 1)]
            yield strangers.among(np.setdiff1d(order, chosen)), strangers.among(np.sort(chosen))


def _row(place: tuple[int, float], checks: Sequence[Check], people: int) -> dict[str, Any]:
    """Return what all divisions together gave; counts are pairs of people, on average of a division."""
    size, percent = place
    return {
        "gallery": size,
        "similarity": percent,
        "fitted_on": people - size - 1,
        "tries": len(checks),
        "seen": round(float(np.mean([one.rate * one.comparisons for one in checks])), 4),
        "predicted": round(scale_rate(percent) * checks[0].comparisons, 4),
        "within": sum(one.within for one in checks),
        "holds": sum(one.holds for one in checks),
    }


def _total(rows: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    chosen = [row for row in rows if row["similarity"] in KNOWN]
    return {name: sum(row[name] for row in chosen) for name in ("within", "tries")}


def _worlds(many: int, people: int, divisions: int) -> dict[str, Any]:
    """Return what the same test gives where nothing is wrong with the curve but that it was fitted on few people."""
    random = np.random.default_rng(SEED)
    true = _truth(random)
    fitted: dict[tuple[int, float], list[Check]] = {}
    exact: dict[tuple[int, float], list[Check]] = {}
    totals: list[int] = []
    for _ in range(many):
        strangers = _strangers(_drawn(people, random))
        tried = {place: checks for place, checks in _tried(strangers, divisions).items() if place[1] in KNOWN}
        totals.append(sum(one.within for checks in tried.values() for one in checks))
        for all_of, more in ((fitted, tried), (exact, _tried(strangers, divisions, true))):
            for place, checks in more.items():
                all_of.setdefault(place, []).extend(checks)
    low, middle, high = (float(one) for one in np.quantile(totals, (0.025, 0.5, 0.975))) if totals else (0.0, 0.0, 0.0)
    return {
        "worlds": many,
        "total": {"low": low, "middle": middle, "high": high},
        "rows": [
            {
                "gallery": size,
                "similarity": percent,
                "within": round(float(np.mean([one.within for one in checks])), 4),
                "holds": round(float(np.mean([one.holds for one in checks])), 4),
                "exact": round(float(np.mean([one.within for one in exact[size, percent]])), 4),
            }
            for (size, percent), checks in fitted.items()
        ],
    }


def _drawn(many: int, random: Random) -> NDArray[np.float32]:
    """Return unit vectors of made-up people: a quarter are of one group and the others of another."""
    weights = np.arange(1, DIMENSIONS + 1) ** -0.08
    rows = random.normal(size=(many, DIMENSIONS)) * np.sqrt(weights / weights.sum())
    rows[:, DIMENSIONS // 2] += np.where(random.random(many) < 0.25, 0.15, -0.05)
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)


def _strangers(vectors: NDArray[np.float32]) -> Strangers:
    """Return what made-up people, of one picture each, give."""
    first, second, cosines = _alike(vectors, FLOOR)
    many = len(vectors)
    return Strangers(
        people=many,
        pictures=many,
        picture_pairs=many * (many - 1) // 2,
        histogram=np.zeros(0),
        cosines=cosines,
        weights=np.ones(len(cosines)),
        first=first,
        second=second,
    )


def _alike(
    vectors: NDArray[np.float32], floor: float, rows: int = 1024
) -> tuple[NDArray[np.int64], NDArray[np.int64], Reals]:
    """Return all pairs that reach a cosine, most alike first."""
    parts: list[tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float32]]] = []
    for start in range(0, len(vectors), rows):
        block = vectors[start : start + rows] @ vectors[start:].T
        row, column = np.nonzero(block >= floor)
        above = row < column
        parts.append((row[above] + start, column[above] + start, block[row[above], column[above]]))
    first, second, cosines = (np.concatenate(one) for one in zip(*parts, strict=True))
    order = np.argsort(-cosines, kind="stable")
    return first[order], second[order], cosines[order].astype(np.float64)


def _truth(random: Random) -> dict[float, float]:
    """Return the cosines that made-up people reach at the rates of `KNOWN`, from a billion pairs."""
    found = [_alike(_drawn(TRUTH_PEOPLE, random), 0.3)[2] for _ in range(TRUTH_TIMES)]
    cosines = np.sort(np.concatenate(found))[::-1]
    pairs = TRUTH_TIMES * TRUTH_PEOPLE * (TRUTH_PEOPLE - 1) // 2
    return {percent: float(cosines[int(scale_rate(percent) * pairs)]) for percent in KNOWN}


if __name__ == "__main__":
    main()

"""Whether strangers from two sets of pictures are as alike as strangers from one: LFW and portraits of Congress.

    python -m benchmarks.accuracy_across --exclude wrong-labels.csv

Why the replay of the ACLU's test at low settings finds fewer false matches than the curve lets one expect. Counts pairs
of people, one picture each, within LFW, within the portraits and across; then the same for men alone, since the sets
have not the same share of women. Who may be in both sets is left out of LFW. Vectors are kept where audits keep theirs.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from recognizance import __version__
from recognizance.cores import cores
from recognizance.evaluation.sets import kept
from recognizance.evaluation.sets.datasets import (
    NO_EXCLUSIONS,
    Picture,
    congress_pictures,
    in_both,
    lfw_pictures,
    read_exclusions,
)
from recognizance.evaluation.sets.faces import central
from recognizance.evaluation.sets.pipeline import Pipeline, open_pipeline
from recognizance.evaluation.sets.subjects import Listing, Subject
from recognizance.evaluation.sets.templates import Templates, embed
from recognizance.evaluation.statistics.intervals import by_pair, matches
from recognizance.settings import read
from recognizance.values import Vectors

SETTINGS = (50.0, 60.0, 70.0)
CELLS = {(0, 0): "LFW with LFW", (0, 1): "portrait with LFW", (1, 1): "portrait with portrait"}


def main() -> None:
    """Run the command line."""
    asked = _arguments().parse_args()
    excluded = read_exclusions(asked.exclude) if asked.exclude else NO_EXCLUSIONS
    out = excluded.people | in_both(asked.data / "congress")
    pipeline = open_pipeline(
        read({}, models=asked.models, threads=asked.threads, device="cpu"), version=__version__, choose=central
    )
    threads = asked.threads or cores()
    with kept.opened(asked.cache or read({}).data, pipeline.vectors_by) as known:
        sets = [
            _embedded(_first(pictures, out), asked.data / folder / "images", pipeline, known, threads)
            for folder, pictures in (
                ("lfw", lfw_pictures(asked.data / "lfw")),
                ("congress", congress_pictures(asked.data / "congress")),
            )
        ]
    vectors = np.concatenate([one.vectors[one.found] for one in sets])
    label = np.repeat([0, 1], [int(one.found.sum()) for one in sets])
    men = np.concatenate([np.array(one.groups("gender"))[one.found] == "M" for one in sets])
    for percent in SETTINGS:
        cosine = pipeline.similarity.cosine(percent)
        print(f"Similarity {percent:g}: the curve says {pipeline.similarity.rate(percent):.2g}")
        for who, chosen in (("all", np.ones(len(men), np.bool_)), ("men", men)):
            for line in _counted(vectors[chosen], label[chosen], cosine):
                print(f"  {who}, {line}")


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.accuracy_across", description=__doc__)
    parser.add_argument("--data", type=Path, default=Path(os.environ.get("RECOGNIZANCE_DATA", "../shared/data")))
    parser.add_argument("--models", type=Path, help="folder of installed models; default: where the server looks")
    parser.add_argument("--cache", type=Path, help="folder below which vectors are kept; default: the server's data")
    parser.add_argument("--exclude", type=Path, help="CSV of people or pictures whose labels are known to be wrong")
    parser.add_argument("--threads", type=int, default=0)
    return parser


def _first(pictures: Sequence[Picture], out: frozenset[str]) -> list[Picture]:
    """Return everybody's first picture, less those who are left out."""
    first: dict[str, Picture] = {}
    for one in pictures:
        first.setdefault(one.person, one)
    return [one for name, one in first.items() if name not in out]


def _embedded(
    pictures: Sequence[Picture], images: Path, pipeline: Pipeline, known: kept.Kept, threads: int
) -> Templates:
    subjects = [Subject(one.name, one.person, {"gender": one.group}, images / one.name) for one in pictures]
    listing = Listing(tuple(subjects), (), str(images))
    return embed(listing, pipeline, known, threads=threads, progress=lambda _: None, repeated=True)


def _counted(vectors: Vectors, label: NDArray[np.int64], cosine: float) -> list[str]:
    """Return a line for each pair of sets: matches, pairs, the rate with its interval of 95 %."""
    first, second = np.nonzero(np.triu(vectors @ vectors.T >= cosine, 1))
    measured = by_pair([matches(first, second)], label, cells=list(CELLS))
    lines: list[str] = []
    for place, name in enumerate(CELLS.values()):
        one = measured.estimate(place)
        lines.append(f"{name}: {one.count} of {one.of:,}, {one.value:.2g} ({one.low:.2g} to {one.high:.2g})")
    return lines


if __name__ == "__main__":
    main()

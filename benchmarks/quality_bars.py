"""What QualityFilter does to misses: the bars of `vision/quality.py` held against pictures of known people.

    python -m benchmarks.quality_bars --exclude wrong-labels.csv --json benchmarks/results/quality_bars.json

Pictures of Labeled Faces in the Wild below `--pictures`, as they are: every pair of two pictures of one person, the
worse of the two counting. And made worse: of everybody with two pictures one is made worse by chance in several ways
at once (out of focus, moved, lit wrongly, low in contrast, small, grainy, compressed), `--times` times, and compared
with the other. Portraits of members of Congress say what a filter does to good pictures. A face is described as
IndexFaces sees it with a filter on: with its mesh. Vectors of pictures as they are stay in the data folder.
"""

from __future__ import annotations

import argparse
import hashlib
import itertools
import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from recognizance import __version__, app
from recognizance.cli.made import Made
from recognizance.evaluation import audit
from recognizance.evaluation.protocols import degradations, discard
from recognizance.evaluation.protocols.degradations import Degraded, encoded, unit
from recognizance.evaluation.protocols.quality import NEAR, Couple, couples
from recognizance.evaluation.sets import kept as keeping
from recognizance.evaluation.sets.kept import Found, Kept
from recognizance.evaluation.sets.pipeline import Pipeline
from recognizance.evaluation.sets.subjects import NO_EXCLUSIONS, Subject, read_exclusions, read_folder, without
from recognizance.evaluation.statistics.intervals import SMALLEST
from recognizance.evaluation.statistics.people import numbered, rate
from recognizance.evaluation.statistics.rates import Rate
from recognizance.settings import Settings
from recognizance.values import Face, Image, Pixels, Vectors
from recognizance.vision import adapters, cards, carriers, runtime
from recognizance.vision.attributes.describe import MODELS, Describer
from recognizance.vision.geometry import EYES, TEMPLATE, Numbers, points_of, umeyama
from recognizance.vision.image import decode
from recognizance.vision.quality import BARS, PARTS, failings

ROOT = Path(__file__).parents[1]
SEED = 20_261_125
SHARES = tuple(float(one) for one in np.round(np.arange(0, 0.96, 0.05), 2))
SIMILARITIES = (60.0, 80.0)
"""Where misses are counted: at a rate of 1e-4 among strangers, and at Rekognition's default threshold."""

DEGREES = (0, 10, 20, 30, 40, 45, 50, 60, 90)
REASONS = (
    "EXTREME_POSE", "LOW_BRIGHTNESS", "LOW_SHARPNESS", "LOW_CONFIDENCE", "SMALL_BOUNDING_BOX", "LOW_FACE_QUALITY",
)  # fmt: skip
ALONE = ("sure", "apart", "confidence", "sharpness", "size")
"""Measures whose own curves are told beside that of the filter as a whole."""


@dataclass(frozen=True, slots=True, eq=False)
class Eyes:
    """What looks at pictures: the product's pipeline, and what finds meshes."""

    pipeline: Pipeline
    describer: Describer
    kept: Kept

    def look(self, data: bytes) -> tuple[Face, Image, Vectors] | None:
        """Return the face that a picture is about, with its mesh, the picture, and the face's vector."""
        sha256 = hashlib.sha256(data).digest()
        known = self.kept.get(sha256)
        if known is None or (known.faces and known.faces.index(self.pipeline.choose(known.faces)) not in known.vectors):
            seen = self.pipeline.see(data)
            vectors = {} if seen.vector is None or not seen.faces else {seen.faces.index(seen.chosen): seen.vector}
            known = Found(seen.faces, vectors, seen.why)
            self.kept.put(sha256, known)
        if not known.faces:
            return None
        face = self.pipeline.choose(known.faces)
        image = decode(data)
        return self.describer.mesh(image, [face])[0], image, known.vectors[known.faces.index(face)]


@dataclass(frozen=True, slots=True, eq=False)
class Looked:
    """Faces that were found, each with its picture (without pixels), its vector and its place in a list."""

    faces: list[tuple[Face, Image]]
    vectors: Vectors
    places: list[int]


def looked(pictures: Iterator[bytes | None], look: Callable[[bytes], tuple[Face, Image, Vectors] | None]) -> Looked:
    """Look at pictures one after the other; None is no picture."""
    faces: list[tuple[Face, Image]] = []
    vectors: list[Vectors] = []
    places: list[int] = []
    for place, data in enumerate(pictures):
        seen = None if data is None else look(data)
        if seen is not None:
            small = Image(np.zeros((seen[1].height, seen[1].width, 0), np.uint8), seen[1].digest)
            faces.append((seen[0], small))
            vectors.append(seen[2])
            places.append(place)
        if place % 500 == 499:
            print(f"{place + 1:,} pictures", file=sys.stderr, flush=True)
    return Looked(faces, np.array(vectors, np.float32), places)


def worse_by_chance(pixels: Pixels, five: Numbers, random: np.random.Generator) -> tuple[bytes, Numbers]:
    """Return a picture made worse in several ways at once, as the bytes that a client would send, and its points."""
    here = five

    def do(degrade: degradations.Degrade, level: float) -> None:
        nonlocal pixels, here
        worse = degrade(pixels, here, level, random)
        if worse is not None:
            pixels, here = worse.pixels, here @ worse.moved[:, :2].T + worse.moved[:, 2]

    if random.random() < 0.5:
        do(degradations.blurred, random.uniform(0.01, 0.1))
    if random.random() < 0.3:
        do(degradations.smeared, random.uniform(0.03, 0.35))
    if random.random() < 0.5:
        do(degradations.exposed, random.uniform(-4.5, 2.5))
    if random.random() < 0.3:
        do(degradations.flattened, random.uniform(0.15, 0.8))
    if random.random() < 0.7:
        do(degradations.shrunk, 2 ** random.uniform(np.log2(6), np.log2(40)))
    if random.random() < 0.5:
        do(degradations.noisy, random.uniform(2, 20))
    quality = int(random.uniform(8, 90))
    return encoded(Degraded(pixels, np.array([[1.0, 0, 0], [0, 1, 0]]), quality)), here


def made_worse(
    eyes: Eyes, subjects: Sequence[Subject], pairs: Sequence[Couple], times: int, seed: int
) -> Iterator[tuple[bytes, Numbers]]:
    """Yield each couple's probe made worse, so many times, with where its points are."""
    for pair in pairs:
        data = _read(subjects[pair.probe])
        seen = eyes.look(data)
        assert seen is not None, "a couple has faces"
        image = decode(data)
        five = points_of(seen[0].landmarks, image.width, image.height)
        number = int.from_bytes(hashlib.sha256(data).digest()[:8], "big")
        for time in range(times):
            yield worse_by_chance(image.pixels, five, np.random.default_rng([seed, time, number]))


def _read(subject: Subject) -> bytes:
    assert subject.path is not None, "a folder's pictures have paths"
    return subject.path.read_bytes()


def filtered(seen: Looked, *, mesh: bool) -> dict[str, list[list[str]]]:
    """Return each face's failings at each bar; without `mesh` as where its model is not installed."""
    faces = [(face if mesh else replace(face, mesh=None), image) for face, image in seen.faces]
    return {bar: [failings(face, bar, image) for face, image in faces] for bar in discard.STEPS}


def as_they_are(seen: Looked, people: Sequence[str], cosines: Mapping[float, float]) -> dict[str, Any]:
    """Return what the bars do to pairs of pictures of one person."""
    of: dict[str, list[int]] = {}
    for at, place in enumerate(seen.places):
        of.setdefault(people[place], []).append(at)
    pairs = np.array([(one, other) for ones in of.values() for at, one in enumerate(ones) for other in ones[:at]])
    whose = numbered([people[seen.places[one]] for one, _ in pairs])
    scores = (seen.vectors[pairs[:, 0]].astype(float) * seen.vectors[pairs[:, 1]].astype(float)).sum(axis=1)
    missed = {similarity: scores < cosine for similarity, cosine in cosines.items()}
    levels = discard.strictness(discard.measures(seen.faces))
    quality = np.minimum(levels[pairs[:, 0]], levels[pairs[:, 1]])
    faulty = {bar: np.array([bool(one) for one in found]) for bar, found in filtered(seen, mesh=True).items()}
    return {
        "pictures": len(seen.faces),
        "people": len(of),
        "people_with_pairs": len(np.unique(whose)),
        "pairs": len(pairs),
        "all": _missed(missed, np.ones(len(pairs), bool), whose),
        "bars": [
            {
                "bar": bar,
                "rejected": audit.rate(Rate(int(out.sum()), len(out))),
                "pairs_left_out": int((out[pairs].any(axis=1)).sum()),
                "passing": _missed(missed, ~out[pairs].any(axis=1), whose),
                "left_out": _missed(missed, out[pairs].any(axis=1), whose),
                "reasons": _counts(filtered(seen, mesh=True)[bar]),
            }
            for bar, out in faulty.items()
        ],
        "curve": _curve(quality, missed, whose),
        "turned": [
            {"angle": angle, "low": low, "high": high, "pairs": int(there.sum()),
             "people": len(np.unique(whose[there])), "missed": _missed(missed, there, whose)}
            for angle, values in _poses(seen, pairs).items()
            for low, high in itertools.pairwise(DEGREES)
            if (there := (values >= low) & (values < high)).any()
        ],
    }  # fmt: skip


def _poses(seen: Looked, pairs: Any) -> dict[str, Any]:
    """Return how far the more turned head of each pair is turned to a side, and how far it is bent, in degrees."""
    return {
        angle: np.abs([getattr(face.pose, angle) for face, _ in seen.faces])[pairs].max(axis=1)
        for angle in ("yaw", "pitch")
    }


def worse(
    seen: Looked, people: Sequence[str], references: Vectors, cosines: Mapping[float, float], asked: int
) -> dict[str, Any]:
    """Return what the bars do to probes made worse; `references` are what each is compared with."""
    whose = numbered([people[place] for place in seen.places])
    scores = (seen.vectors.astype(float) * references[seen.places].astype(float)).sum(axis=1)
    missed = {similarity: scores < cosine for similarity, cosine in cosines.items()}
    measures = discard.measures(seen.faces)
    every = np.ones(len(scores), bool)

    def bars(*, mesh: bool) -> list[dict[str, Any]]:
        told: list[dict[str, Any]] = []
        for bar, found in filtered(seen, mesh=mesh).items():
            out = np.array([bool(one) for one in found])
            told.append(
                {
                    "bar": bar,
                    "rejected": audit.rate(rate(out, whose)),
                    "passing": _missed(missed, ~out, whose),
                    "left_out": _missed(missed, out, whose),
                    "reasons": [
                        {
                            "reason": reason,
                            "faces": int(has.sum()),
                            "missed": _missed(missed, has, whose),
                            "alone": int((has & only).sum()),
                        }
                        for reason in REASONS
                        if (has := np.array([reason in one for one in found])).any()
                        and (only := np.array([len(one) == 1 for one in found])) is not None
                    ],
                }
            )
        return told

    return {
        "made": asked,
        "found": len(seen.faces),
        "people": len(np.unique(whose)),
        "all": _missed(missed, every, whose),
        "bars": bars(mesh=True),
        "bars_without_mesh": bars(mesh=False),
        "curve": _curve(discard.strictness(measures), missed, whose),
        "curve_without_mesh": _curve(
            discard.strictness({name: of for name, of in measures.items() if name not in ("sure", "apart")}),
            missed,
            whose,
        ),
        "alone": [
            {"measure": name, "curve": _curve(discard.strictness({name: measures[name]}), missed, whose)}
            for name in ALONE
        ],
    }


def _missed(missed: Mapping[float, Any], kept: Any, whose: Any) -> list[dict[str, Any]]:
    """Return what is missed of some at each Similarity; None of fewer than ten people."""
    enough = len(np.unique(whose[kept])) >= SMALLEST
    return [
        {"similarity": similarity, "missed": audit.rate(rate(one[kept], whose[kept])) if enough else None}
        for similarity, one in missed.items()
    ]


def _counts(found: Sequence[Sequence[str]]) -> dict[str, int]:
    return {reason: sum(reason in one for one in found) for reason in REASONS}


def _curve(quality: Any, missed: Mapping[float, Any], whose: Any) -> list[dict[str, Any]]:
    curves = [discard.curve(quality, one, whose, SHARES) for one in missed.values()]
    return [
        {"discarded": points[0].discarded, "missed": [audit.rate(point.missed) for point in points]}
        for points in zip(*curves, strict=True)
    ]


def usual(several: Sequence[Looked]) -> list[list[float]]:
    """Return how far the mesh's parts are from the five points on average, in distances between the eyes."""
    rows: list[Numbers] = []
    for face, image in (one for seen in several for one in seen.faces):
        assert face.mesh is not None
        five = points_of(face.landmarks, image.width, image.height)
        parts = np.array([face.mesh.points[list(part), :2].mean(axis=0) for part in PARTS])
        rows.append((parts - five) @ umeyama(five, np.asarray(TEMPLATE))[:, :2].T / EYES)
    return [[float(value) for value in place] for place in np.mean(rows, axis=0)]


def main() -> None:
    """Run the command line."""
    asked = _arguments().parse_args()
    given = Made(app.open_service, app.serve, environment={}, new_id=app.new_uuid, now=app.utc_now)
    chosen = {name: one for name, one in (("data", asked.data), ("models", asked.models)) if one is not None}
    settings = given.settings(threads=asked.threads, **chosen)
    pipeline = app.pipeline(settings, face="central")
    excluded = NO_EXCLUSIONS if asked.exclude is None else read_exclusions(asked.exclude)
    subjects = without(read_folder(asked.pictures / "lfw" / "images"), excluded).subjects
    portraits = read_folder(asked.pictures / "congress").subjects
    people = [one.person for one in subjects]
    cosines = {one: pipeline.similarity.cosine(one) for one in SIMILARITIES}
    with keeping.opened(settings.data, pipeline.vectors_by) as kept:
        eyes = Eyes(pipeline, _describer(settings), kept)
        seen = looked((_read(one) for one in subjects), eyes.look)
        good = looked((_read(one) for one in portraits), eyes.look)
        there = np.zeros(len(subjects), bool)
        there[seen.places] = True
        pairs = couples(people, there, np.random.default_rng(asked.seed))[: asked.most]
        at = {place: row for row, place in enumerate(seen.places)}
        references = np.repeat(seen.vectors[[at[one.reference] for one in pairs]], asked.times, axis=0)
        probes = [subjects[one.probe].person for one in pairs for _ in range(asked.times)]
        aims: list[Numbers] = []

        def worse_ones() -> Iterator[bytes]:
            for data, five in made_worse(eyes, subjects, pairs, asked.times, asked.seed):
                aims.append(five)
                yield data

        def still(data: bytes) -> tuple[Face, Image, Vectors] | None:
            found = eyes.look(data)
            if found is None:
                return None
            five = points_of(found[0].landmarks, found[1].width, found[1].height)
            away = float(np.hypot(*(five.mean(axis=0) - aims[-1].mean(axis=0))))
            return None if away > NEAR * unit(aims[-1]) else found

        bad = looked(worse_ones(), still)
    document = {
        "command": f"python -m benchmarks.quality_bars --exclude wrong-labels.csv --times {asked.times} "
        "--json benchmarks/results/quality_bars.json",
        "version": __version__,
        "seed": asked.seed,
        "excluded": {"people": len(excluded.people), "sha256": excluded.sha256},
        "similarities": [
            {"similarity": one, "cosine": cosine, "false_match_rate": pipeline.similarity.rate(one)}
            for one, cosine in cosines.items()
        ],
        "bars": {
            name: {key: getattr(bar, key) for key in discard.NAMES}
            for name in discard.STEPS
            if (bar := BARS[name]) is not None
        },
        "usual": usual([seen, good]),
        "as_they_are": as_they_are(seen, people, cosines),
        "portraits": {
            "pictures": len(good.faces),
            "bars": [
                {"bar": bar, "rejected": audit.rate(Rate(sum(map(bool, found)), len(found))), "reasons": _counts(found)}
                for bar, found in filtered(good, mesh=True).items()
            ],
        },
        "worse": worse(bad, probes, references, cosines, len(probes)),
    }
    text = json.dumps(audit.figure(document), indent=1) + "\n"
    if asked.json is None:
        print(text, end="")
    else:
        asked.json.write_text(text, encoding="utf-8")


def _describer(settings: Settings) -> Describer:
    card = cards.load()[MODELS["mesh"]]
    engine = runtime.start(device=settings.device, precision=settings.precision, threads=settings.threads)
    model = adapters.open_model(card, carriers.read(card, settings.models_folder), engine)
    return Describer({"mesh": lambda: model})


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.quality_bars", description="Hold QualityFilter to it.")
    parser.add_argument(
        "--pictures", type=Path, default=Path(os.environ.get("RECOGNIZANCE_TEST_PICTURES", ROOT / "../shared/data"))
    )
    parser.add_argument("--exclude", type=Path, help="CSV of people or pictures whose labels are known to be wrong")
    parser.add_argument("--data", type=Path, help="folder of the vectors kept; default: the server's")
    parser.add_argument("--models", type=Path, help="folder of the models; default: the data folder's")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--times", type=int, default=2, help="how often each picture is made worse")
    parser.add_argument("--most", type=int, help="people whose pictures are made worse, at most; default: all")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--json", type=Path, help="write the figures here")
    return parser


if __name__ == "__main__":
    main()

"""What a worse picture costs: the same people compared with clean pictures, and with ones made worse step by step.

Each person of a sample has a probe, which is made worse, and a reference, which is not. Strangers are the people
outside the sample, with a picture each. A probe whose face is no longer found, or in which another face is taken, is
missed: it can neither be matched nor be mistaken. People have one pair each, so that they are independent trials;
comparisons with strangers are not, and have the intervals of `intervals.by_probe_and_gallery`. Rates are shares.
"""

from __future__ import annotations

import hashlib
import itertools
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Final

import numpy as np
from numpy.typing import NDArray

from recognizance.evaluation.protocols.degradations import Degraded, Kind, encoded, unit
from recognizance.evaluation.sets.kept import Found, Kept
from recognizance.evaluation.sets.pipeline import Pipeline
from recognizance.evaluation.statistics.intervals import (
    SMALLEST,
    Estimate,
    Measured,
    Ratio,
    by_person,
    by_probe_and_gallery,
    matches,
)
from recognizance.evaluation.statistics.rates import Rate
from recognizance.values import Face, Quality, Vectors
from recognizance.vision.geometry import Numbers, points_of
from recognizance.vision.image import decode

Flags = NDArray[np.bool_]
Whole = NDArray[np.int64]
Reals = NDArray[np.float64]

STRANGERS_AT: Final = 1e-4
"""The share of strangers that clean probes match at the cosine where worse ones are held against them."""

NEAR: Final = 1.0
"""A face is still the one it was when its middle is no farther off than so many distances between the eyes."""

BINS: Final[Mapping[str, tuple[float, ...]]] = {
    "turn": (0, 10, 20, 30, 45, 90),
    "nod": (0, 10, 20, 30, 45, 90),
    "size": (0, 16, 24, 32, 40, 48, 64, 96, 1 << 30),
    "sharpness": (0, 5, 10, 20, 30, 50, 70, 90, 100),
    "brightness": (0, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100),
}
"""Between which values pictures are told apart: the larger turn (yaw) and nod (pitch) of the two pictures in degrees to
either side, pixels between the eyes of the smaller face, the server's Sharpness and Brightness in percent. A value
counts from the lower one to below the upper, the last upper one included."""


@dataclass(frozen=True, slots=True)
class Couple:
    """One person's two pictures, by their places in the set."""

    person: str
    probe: int
    reference: int


def couples(people: Sequence[str], found: Flags, random: np.random.Generator) -> list[Couple]:
    """Return two pictures of every person who has two with a face, drawn by chance, in the order of their names."""
    of: dict[str, list[int]] = {}
    for place, (person, there) in enumerate(zip(people, found, strict=True)):
        if there:
            of.setdefault(person, []).append(place)
    pairs: list[Couple] = []
    for person in sorted(of):
        if len(of[person]) > 1:
            probe, reference = (int(one) for one in random.choice(of[person], 2, replace=False))
            pairs.append(Couple(person, probe, reference))
    return pairs


def sampled(all_of: Sequence[Couple], most: int, random: np.random.Generator) -> list[Couple]:
    """Return at most so many couples, in the order in which they are drawn: a larger sample begins with the smaller."""
    return [all_of[at] for at in random.permutation(len(all_of))[:most]]


def strangers(people: Sequence[str], found: Flags, sample: Sequence[Couple]) -> Whole:
    """Return the place of one picture, the first with a face, of everybody outside the sample."""
    inside = {one.person for one in sample}
    first: dict[str, int] = {}
    for place, (person, there) in enumerate(zip(people, found, strict=True)):
        if there and person not in inside:
            first.setdefault(person, place)
    return np.array(sorted(first.values()), np.int64)


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """Whom a measurement compares: everybody with two pictures, those whose probes are made worse, and strangers."""

    everybody: tuple[Couple, ...]
    sample: tuple[Couple, ...]
    strangers: Whole


def plan(people: Sequence[str], found: Flags, most: int, random: np.random.Generator) -> Plan:
    """Return whom to compare: at most `most` people and at most half of all, so that others are left as strangers."""
    everybody = couples(people, found, random)
    sample = sampled(everybody, min(most, len(set(people)) // 2), random)
    return Plan(tuple(everybody), tuple(sample), strangers(people, found, sample))


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """What became of the probes at one level: shape (probes,) each, and `vectors`, zeros where there is none.

    `found` is False where no face was found or another was taken; `asked` where the level could be made at all.
    """

    asked: Flags
    found: Flags
    vectors: Vectors
    brightness: Reals
    sharpness: Reals


@dataclass(frozen=True, slots=True)
class _One:
    """What became of one probe at one level; None where no face, or another, was found."""

    face: Face | None
    vector: Vectors | None


def look_at_worse(
    pictures: Iterable[bytes],
    kinds: Sequence[Kind],
    pipeline: Pipeline,
    kept: Kept | None,
    *,
    seed: int,
    threads: int,
    progress: Callable[[int], None],
) -> dict[tuple[str, float], Seen]:
    """Make every probe worse in every way and step, and look at it as the server does.

    Chance, where it plays a part, is of the seed, the kind and the picture's bytes: a picture is made worse in the same
    way whatever stands beside it, so that `kept` knows it by its own bytes. `progress` is told how many are done.
    """
    cells = [(kind, level) for kind in kinds for level in kind.levels]
    made: dict[tuple[str, float], list[_One | None]] = {(kind.name, level): [] for kind, level in cells}
    done = 0
    with ThreadPoolExecutor(threads, thread_name_prefix="quality") as pool:
        work = partial(_worsened, cells=cells, pipeline=pipeline, kept=kept, seed=seed)
        for several in pool.map(work, pictures):
            for (kind, level), one in zip(cells, several, strict=True):
                made[kind.name, level].append(one)
            done += len(several)
            progress(done)
    return {cell: _together(ones, pipeline.dimension) for cell, ones in made.items()}


def _worsened(
    data: bytes, *, cells: Sequence[tuple[Kind, float]], pipeline: Pipeline, kept: Kept | None, seed: int
) -> list[_One | None]:
    """Return what became of one picture in every cell; None where a level could not be made of it."""
    pixels = decode(data).pixels
    face = pipeline.choose(_found(data, pipeline, kept).faces or ())
    points = points_of(face.landmarks, pixels.shape[1], pixels.shape[0])
    number = int.from_bytes(hashlib.sha256(data).digest()[:8], "big")
    results: list[_One | None] = []
    for kind, level in cells:
        random = np.random.default_rng([seed, zlib.crc32(kind.name.encode()), number])
        worse = kind.degrade(pixels, points, level, random)
        results.append(None if worse is None else _looked(worse, points, pipeline, kept))
    return results


def _looked(worse: Degraded, points: Numbers, pipeline: Pipeline, kept: Kept | None) -> _One:
    data = encoded(worse)
    found = _found(data, pipeline, kept)
    if not found.faces:
        return _One(None, None)
    chosen = pipeline.choose(found.faces)
    height, width = worse.pixels.shape[:2]
    expected = points @ worse.moved[:, :2].T + worse.moved[:, 2]
    away = points_of(chosen.landmarks, width, height).mean(axis=0) - expected.mean(axis=0)
    if float(np.hypot(*away)) > NEAR * unit(expected):
        return _One(None, None)
    return _One(chosen, found.vectors[found.faces.index(chosen)])


def _found(data: bytes, pipeline: Pipeline, kept: Kept | None) -> Found:
    """Return what a picture gives, with the vector of the face it is about, from what is kept where it is."""
    sha256 = hashlib.sha256(data).digest()
    known = kept.get(sha256) if kept is not None else None
    if known is not None and (not known.faces or known.faces.index(pipeline.choose(known.faces)) in known.vectors):
        return known
    seen = pipeline.see(data)
    vectors = dict(known.vectors) if known is not None else {}
    if seen.faces and seen.chosen is not None and seen.vector is not None:
        vectors[seen.faces.index(seen.chosen)] = seen.vector
    found = Found(seen.faces, vectors, seen.why)
    if kept is not None:
        kept.put(sha256, found)
    return found


def _together(ones: Sequence[_One | None], dimension: int) -> Seen:
    vectors = np.zeros((len(ones), dimension), np.float32)
    brightness, sharpness = np.full(len(ones), np.nan), np.full(len(ones), np.nan)
    for row, one in enumerate(ones):
        if one is not None and one.face is not None and one.vector is not None:
            vectors[row] = one.vector
            brightness[row], sharpness[row] = one.face.quality.brightness, one.face.quality.sharpness
    return Seen(
        np.array([one is not None for one in ones], np.bool_),
        np.asarray(vectors.any(axis=1), np.bool_),
        vectors,
        brightness,
        sharpness,
    )


@dataclass(frozen=True, slots=True, eq=False)
class Clean:
    """The sample as it is: probes and references, row by row, and the strangers. All rows are unit vectors."""

    probes: Vectors
    references: Vectors
    strangers: Vectors

    @property
    def cosines(self) -> Reals:
        """What each person's two clean pictures score."""
        return _row_by_row(self.probes, self.references)

    def quantile(self, share: float) -> float:
        """Return the cosine that at most a share of the clean probes' comparisons with strangers reaches."""
        scores = np.sort((self.probes @ self.strangers.T).ravel())
        return float(scores[-max(1, round(share * len(scores)))])


@dataclass(frozen=True, slots=True)
class AtThreshold:
    """What one level costs at a threshold.

    `missed` counts everybody who does not match, found or not; `unlike` those whose face was found (FNMR), None where
    none was; `lost` those who match with the clean picture and no more; `false` comparisons with strangers of those
    whose face was found, None where there are too few people to say.
    """

    threshold: float
    missed: Rate
    unlike: Rate | None
    lost: Rate | None
    false: Estimate | None


@dataclass(frozen=True, slots=True)
class Strange:
    """How often strangers reach the cosine that a share `STRANGERS_AT` of the clean probes' strangers reaches."""

    cosine: float
    rate: Estimate
    times: Ratio


@dataclass(frozen=True, slots=True)
class Step:
    """What one level of one kind did; `level` is None for the clean pictures. Medians are of faces that were found."""

    kind: str
    level: float | None
    lost_sight: Rate
    thresholds: tuple[AtThreshold, ...]
    strange: Strange | None
    brightness: float | None
    sharpness: float | None


def step(clean: Clean, seen: Seen, kind: str, level: float | None, thresholds: Mapping[float, float]) -> Step | None:
    """Return what one level did; `thresholds` gives the cosine of each Similarity. None below `SMALLEST` people."""
    asked = seen.asked
    if int(asked.sum()) < SMALLEST:
        return None
    found, vectors = seen.found[asked], seen.vectors[asked]
    scores = np.where(found, _row_by_row(vectors, clean.references[asked]), -1.0)
    before = clean.cosines[asked]
    enough = len(clean.strangers) >= SMALLEST and int(found.sum()) >= SMALLEST
    against = vectors[found] @ clean.strangers.T if enough else None
    rows: list[AtThreshold] = []
    for threshold, cosine in thresholds.items():
        missed, had = scores < cosine, before >= cosine
        rows.append(
            AtThreshold(
                threshold,
                Rate(int(missed.sum()), len(scores)),
                Rate(int((missed & found).sum()), int(found.sum())) if found.any() else None,
                Rate(int((missed & had).sum()), int(had.sum())) if had.any() else None,
                None if against is None else _against([against], cosine).estimate(0),
            )
        )
    return Step(
        kind,
        level,
        Rate(int((~found).sum()), len(found)),
        tuple(rows),
        None if against is None else _strange(clean, clean.probes[asked][found], against),
        _median(seen.brightness[asked]),
        _median(seen.sharpness[asked]),
    )


def _strange(clean: Clean, before: Vectors, against: NDArray[np.float32]) -> Strange:
    cosine = clean.quantile(STRANGERS_AT)
    both = _against([against, before @ clean.strangers.T], cosine)
    return Strange(cosine, both.estimate(0), both.change(0, 1))


def clean_step(clean: Clean, brightness: Reals, sharpness: Reals, thresholds: Mapping[float, float]) -> Step | None:
    """Return what the clean pictures give; None below `SMALLEST` people."""
    there = np.ones(len(clean.probes), np.bool_)
    return step(clean, Seen(there, there, clean.probes, brightness, sharpness), "clean", None, thresholds)


def _row_by_row(some: Vectors, others: Vectors) -> Reals:
    return np.asarray((some.astype(np.float64) * others.astype(np.float64)).sum(axis=1))


def _against(parts: Sequence[NDArray[np.float32]], cosine: float) -> Measured:
    """Return how often probes, row by row, reach `cosine` with strangers, column by column; for each of `parts`."""
    places = [np.nonzero(part >= cosine) for part in parts]
    seen = [matches(row.astype(np.int64), column.astype(np.int64), sets=2) for row, column in places]
    probes, others = parts[0].shape
    return by_probe_and_gallery(seen, np.zeros(probes, np.int64), np.zeros(others, np.int64), fixed_gallery=True)


def _median(values: Reals) -> float | None:
    known = values[np.isfinite(values)]
    return float(np.median(known)) if len(known) else None


@dataclass(frozen=True, slots=True)
class Bin:
    """People whose pictures lie from one value to below another; rates by threshold are None below `SMALLEST`."""

    measure: str
    low: float
    high: float
    people: int
    pairs: int
    missed: tuple[tuple[float, Estimate | None], ...]


def binned(
    measure: str, values: Reals, people: Whole, scores: Reals, thresholds: Mapping[float, float]
) -> Iterator[Bin]:
    """Yield what became of pairs by a measured value; `people` numbers each pair's person, who may have several."""
    for low, high in itertools.pairwise(BINS[measure]):
        there = (values >= low) & ((values < high) | ((values == high) & (high == BINS[measure][-1])))
        whose, counts = np.unique(people[there], return_counts=True)
        if not len(whose):
            continue
        place = np.searchsorted(whose, people[there])
        rows: list[tuple[float, Estimate | None]] = []
        for threshold, cosine in thresholds.items():
            wrong = np.bincount(place, weights=scores[there] < cosine, minlength=len(whose)).astype(np.int64)
            enough = len(whose) >= SMALLEST
            measured = by_person([wrong], counts.astype(np.int64), np.zeros(len(whose), np.int64)) if enough else None
            rows.append((threshold, measured.estimate(0) if measured is not None else None))
        yield Bin(measure, float(low), float(high), len(whose), int(there.sum()), tuple(rows))


@dataclass(frozen=True, slots=True)
class Measure:
    """What the server says of a couple's faces, the worse of the two: turn and nod in degrees, eyes in pixels.

    `probe` is what it says of the probe alone.
    """

    turn: float
    nod: float
    sharpness: float
    brightness: float
    size: float
    probe: Quality


def measures(
    pictures: Iterable[tuple[bytes, bytes]], pipeline: Pipeline, kept: Kept | None, *, progress: Callable[[int], None]
) -> list[Measure]:
    """Return what the server says of each couple of pictures. `progress` is told how many are done."""
    rows: list[Measure] = []
    for done, (one, other) in enumerate(pictures, start=1):
        (first, eyes), (second, others) = _face_of(one, pipeline, kept), _face_of(other, pipeline, kept)
        rows.append(
            Measure(
                max(abs(first.pose.yaw), abs(second.pose.yaw)),
                max(abs(first.pose.pitch), abs(second.pose.pitch)),
                min(first.quality.sharpness, second.quality.sharpness),
                min(first.quality.brightness, second.quality.brightness),
                min(eyes, others),
                first.quality,
            )
        )
        progress(done)
    return rows


def _face_of(data: bytes, pipeline: Pipeline, kept: Kept | None) -> tuple[Face, float]:
    """Return the face that a picture is about, and how many pixels are between its eyes."""
    face = pipeline.choose(_found(data, pipeline, kept).faces or ())
    pixels = decode(data).pixels
    return face, unit(points_of(face.landmarks, pixels.shape[1], pixels.shape[0]))


@dataclass(frozen=True, slots=True, eq=False)
class Result:
    """What worse pictures cost.

    `natural` are everybody's clean pairs by what the server says of them; `measured` the sample's worse ones, by the
    server's Sharpness where they lack detail and by its Brightness where light was wrong. `everybody` is who is missed
    among all clean pairs, by threshold, and `reach` the cosine at which worse probes are held against strangers.
    """

    clean: Step | None
    steps: tuple[Step, ...]
    withheld: tuple[tuple[str, float], ...]
    natural: tuple[Bin, ...]
    measured: tuple[Bin, ...]
    everybody: tuple[tuple[float, Rate], ...]
    reach: float


DETAIL: Final = ("blur", "motion", "noise", "size", "jpeg")
LIGHTING: Final = ("dark", "bright", "contrast")


def measure(
    plan_: Plan,
    vectors: Vectors,
    said: Sequence[Measure],
    seen: Mapping[tuple[str, float], Seen],
    thresholds: Mapping[float, float],
) -> Result:
    """Return what worse pictures cost at each threshold; `said` is what the server says of everybody's couples."""
    of = {couple: one for couple, one in zip(plan_.everybody, said, strict=True)}
    clean = Clean(
        vectors[[one.probe for one in plan_.sample]],
        vectors[[one.reference for one in plan_.sample]],
        vectors[plan_.strangers],
    )
    sharpness, brightness = (
        np.array([getattr(of[one].probe, name) for one in plan_.sample]) for name in ("sharpness", "brightness")
    )
    steps = {cell: step(clean, one, *cell, thresholds) for cell, one in seen.items()}
    scores = _row_by_row(
        vectors[[one.probe for one in plan_.everybody]], vectors[[one.reference for one in plan_.everybody]]
    )
    people = np.arange(len(scores))
    natural = [
        one
        for name in BINS
        for one in binned(name, np.array([getattr(each, name) for each in said]), people, scores, thresholds)
    ]
    measured = [*_measured("sharpness", DETAIL, seen, clean, thresholds),
                *_measured("brightness", LIGHTING, seen, clean, thresholds)]  # fmt: skip
    return Result(
        clean_step(clean, brightness, sharpness, thresholds),
        tuple(one for one in steps.values() if one is not None),
        tuple(cell for cell, one in steps.items() if one is None),
        tuple(natural),
        tuple(measured),
        tuple((percent, Rate(int((scores < cosine).sum()), len(scores))) for percent, cosine in thresholds.items()),
        clean.quantile(STRANGERS_AT),
    )


def _measured(
    measure_: str,
    kinds: Sequence[str],
    seen: Mapping[tuple[str, float], Seen],
    clean: Clean,
    thresholds: Mapping[float, float],
) -> Iterator[Bin]:
    """Yield the worse probes of some kinds by what the server says of them: of those whose face was found."""
    parts = [one for (kind, _), one in seen.items() if kind in kinds]
    if not parts:
        return
    found = np.concatenate([one.found for one in parts])
    values = np.concatenate([getattr(one, measure_) for one in parts])[found]
    scores = np.concatenate([_row_by_row(one.vectors, clean.references) for one in parts])[found]
    people = np.tile(np.arange(len(clean.probes)), len(parts))[found]
    yield from binned(measure_, values, people, scores, thresholds)

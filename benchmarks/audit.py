"""How fast audits compare: all pairs of LFW's size, and a replay of the ACLU's size, beside what others do.

    python -m benchmarks.audit [--repeats 5] [--faces 13233] [--gallery 100000] [--json benchmarks/results/audit.json]

Vectors are made up: 128 numbers, people of several pictures. Everybody gets the same ones. Each measurement is a
process of its own, so that its memory is its own, and the ways take turns, so that what slows the machine slows all;
ratios are medians of neighbours. The peers are what anybody would write: the full matrix in numpy and its histograms;
scipy's `cdist`, whole; and `face_recognition.face_distance`, which is one line of numpy, for each probe (that line
stands here: the package is not needed). The peers of the replay count matches at the same four thresholds and nothing
else; ours counts them by group, with intervals, expectation, mates and the most alike pairs, as the command does,
from the vectors to the document. Memory is the most that was resident, with Python, numpy and the vectors; and what
that is without any comparison.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import machine
from benchmarks.statistics import Spread, ratios, spread

ROOT = Path(__file__).parents[1]
DIMENSIONS = 128
FINENESS = 20_000
PROBES = 535
THRESHOLDS = (80.0, 90.0, 95.0, 99.0)
SEED = 20_261_123


def main() -> None:
    """Run the command line."""
    asked = _arguments().parse_args()
    if asked.one:
        print(json.dumps(_measured(asked.one, asked.faces, asked.gallery)))
        return
    said = machine.described(sys.argv[1:], ROOT) | {"command": "python -m benchmarks.audit " + " ".join(sys.argv[1:])}
    said |= {"faces": asked.faces, "pairs": asked.faces * (asked.faces - 1) // 2, "probes": PROBES,
             "gallery": asked.gallery, "dimensions": DIMENSIONS, "repeats": asked.repeats}  # fmt: skip
    said["all_pairs"] = _in_turn(list(PAIRS), asked)
    said["replay"] = _in_turn(list(REPLAYS), asked)
    said["load_after"] = machine.load()
    if asked.json is not None:
        asked.json.write_text(json.dumps(said, indent=1) + "\n", encoding="utf-8")


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.audit", description="Time what audits compare.")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--faces", type=int, default=13_233)
    parser.add_argument("--gallery", type=int, default=100_000)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--one", help="one measurement in this process, for this script itself")
    return parser


def _in_turn(names: list[str], asked: argparse.Namespace) -> dict[str, Any]:
    """Measure each way as often as asked, in turns, and print and return what was found; the first way is ours."""
    runs: dict[str, list[Mapping[str, float]]] = {name: [] for name in names}
    for _ in range(asked.repeats):
        for name in names:
            words = [sys.executable, "-m", "benchmarks.audit", "--one", name]
            words += ["--faces", str(asked.faces), "--gallery", str(asked.gallery)]
            done = subprocess.run(words, cwd=ROOT, check=True, capture_output=True, text=True)
            runs[name].append(json.loads(done.stdout))
    ours = [one["seconds"] for one in runs[names[0]]]
    found = {name: _row([*of], ours) for name, of in runs.items()}
    for name, row in found.items():
        times = f"{row['seconds']['median']:7.2f} s  x {row['times_ours']['median']:.1f}"
        print(f"{name:45} {times}  {row['resident_mb']:7.0f} MB")
    return found


def _row(runs: list[Mapping[str, float]], ours: list[float]) -> dict[str, Any]:
    times = [one["seconds"] for one in runs]
    return {
        "seconds": _plain(spread(times)),
        "cpu_seconds": _plain(spread([one["cpu"] for one in runs])),
        "times_ours": _plain(ratios(times, ours)),
        "resident_mb": max(one["resident_mb"] for one in runs),
        "resident_before_mb": max(one["before_mb"] for one in runs),
        "matches": runs[0]["matches"],
    }


def _plain(one: Spread) -> dict[str, float]:
    return {"median": one.median, "low": one.low, "high": one.high}


def _measured(name: str, faces: int, gallery: int) -> dict[str, float]:
    """Make the vectors, do one thing with them, and return how long it took and the most memory that was resident."""
    prepare, work = (_crowd(faces), PAIRS[name]) if name in PAIRS else (_replayed(gallery), REPLAYS[name])
    before = _resident()
    began, worked = time.perf_counter(), time.process_time()
    matches = work(*prepare)
    seconds, cpu = time.perf_counter() - began, time.process_time() - worked
    return {"seconds": seconds, "cpu": cpu, "resident_mb": _resident(), "before_mb": before, "matches": matches}


def _resident() -> float:
    """Return the most memory that was resident, in MB."""
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / (1e6 if sys.platform == "darwin" else 1e3)


def _unit(rows: Any) -> Any:
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def _crowd(faces: int) -> tuple[Any, Any, Any]:
    random = np.random.default_rng(SEED)
    people = np.sort(random.integers(0, max(1, faces * 5749 // 13233), faces))
    means = random.standard_normal((int(people.max()) + 1, DIMENSIONS))
    vectors = _unit(means[people] + random.standard_normal((faces, DIMENSIONS)))
    return vectors, people, people % 2


def _ours_all_pairs(vectors: Any, people: Any, groups: Any) -> float:
    from recognizance.evaluation.statistics.comparisons import Faces, Keep, all_pairs

    found = all_pairs(Faces(vectors, people, groups), count=2, keep=Keep(0.35, -1.0))
    assert found.by_groups.shape == (2, 2, FINENESS), "groups are counted"
    return len(found.alike)


def _full_matrix(vectors: Any, people: Any, groups: Any) -> float:
    """Count what ours counts, as plain numpy does with the whole matrix."""
    return _counted(vectors @ vectors.T, people, groups)


def _cdist(vectors: Any, people: Any, groups: Any) -> float:
    from scipy.spatial.distance import cdist

    return _counted(1 - cdist(vectors, vectors, "cosine"), people, groups)


def _counted(cosines: Any, people: Any, groups: Any) -> float:
    first, second = np.triu_indices(len(people), 1)
    values = cosines[first, second]
    same = people[first] == people[second]
    bins = np.clip(((values + 1) * (FINENESS / 2)).astype(np.int64), 0, FINENESS - 1)
    np.bincount(bins[same], minlength=FINENESS)
    np.bincount(bins[~same], minlength=FINENESS)
    kinds = groups[first] + groups[second]
    for kind in range(3):
        np.bincount(bins[~same & (kinds == kind)], minlength=FINENESS)
    return int((values[~same] >= 0.35).sum())


def _replayed(gallery: int) -> tuple[Any, Any]:
    from recognizance.evaluation.sets.subjects import Subject
    from recognizance.evaluation.sets.templates import Templates

    random = np.random.default_rng(SEED)
    # fewer directions than numbers, so that strangers are as alike as faces are
    means = random.standard_normal((PROBES + gallery, 88))
    found = [np.zeros((len(part), DIMENSIONS)) for part in (means[:PROBES], means[PROBES:])]
    found[0][:, :88], found[1][:, :88] = means[:PROBES], means[PROBES:]
    found[1][:100, :88] = means[:100] + 0.6 * random.standard_normal((100, 88))

    def templates(name: str, rows: Any) -> Templates:
        subjects = tuple(
            Subject(f"{name}/{at}.jpg", f"{name} {at}", {"group": "one" if at % 5 else "other"})
            for at in range(len(rows))
        )
        digests = tuple(f"{name}{at:060}" for at in range(len(rows)))
        return Templates(subjects, _unit(rows), np.ones(len(rows), np.int64), digests, (), name)

    return templates("p", found[0]), templates("g", found[1])


def _ours_replay(probes: Any, gallery: Any) -> float:
    from recognizance.evaluation import audit
    from recognizance.evaluation.protocols.replay import SHOWN_FROM, Question, hits_of, rank_one, replay
    from recognizance.evaluation.protocols.replayed import figures, findings

    scale, mated = _scale(), tuple((f"p {at}", f"g {at}") for at in range(100))
    question = Question(THRESHOLDS, mated, ("group",), scale)
    hits = hits_of(probes, gallery, scale, SHOWN_FROM)
    found = replay(probes, gallery, hits, question, rank_one=rank_one(probes, gallery, mated))
    said = figures(found, probes, gallery, called="people", curve=None)
    made = audit.Made(
        "x", "0", (), (), tuple(audit.Set(name, name, 1, 1, 1, one.fingerprint) for name, one in
                                (("p", probes), ("g", gallery))), 1,
    )  # fmt: skip
    audit.as_json(audit.Audit("replay", made, found.problems, said, findings(found)))
    return float(found.settings[0].picture_pairs + found.settings[0].hits.count)  # type: ignore[union-attr]


def _face_distance(probes: Any, gallery: Any) -> float:
    """Count matches as a loop over `face_recognition.face_distance` does: its one line of numpy for each probe."""
    reach = [np.sqrt(2 - 2 * _scale().cosine(one)) for one in THRESHOLDS]
    counts = np.zeros(len(reach))
    for probe in probes.vectors:
        distances = np.linalg.norm(gallery.vectors - probe, axis=1)
        counts += [(distances <= one).sum() for one in reach]
    return float(counts[0])


def _cdist_replay(probes: Any, gallery: Any) -> float:
    from scipy.spatial.distance import cdist

    distances = cdist(probes.vectors, gallery.vectors)
    counts = [(distances <= np.sqrt(2 - 2 * _scale().cosine(one))).sum() for one in THRESHOLDS]
    return float(counts[0])


def _numpy_replay(probes: Any, gallery: Any) -> float:
    cosines = probes.vectors @ gallery.vectors.T
    counts = [(cosines >= _scale().cosine(one)).sum() for one in THRESHOLDS]
    return float(counts[0])


def _scale() -> Any:
    from recognizance.vision import cards
    from recognizance.vision.similarity import scale_of

    return scale_of(cards.choose(cards.load(None), "sface-2021dec", task="embed"))


PAIRS: Mapping[str, Callable[[Any, Any, Any], float]] = {
    "recognizance, all pairs, by group": _ours_all_pairs,
    "numpy, the full matrix": _full_matrix,
    "scipy cdist, the full matrix": _cdist,
}
REPLAYS: Mapping[str, Callable[[Any, Any], float]] = {
    "recognizance, the whole replay": _ours_replay,
    "numpy, the full matrix, counts alone": _numpy_replay,
    "face_distance for each probe, counts alone": _face_distance,
    "scipy cdist, counts alone": _cdist_replay,
}


if __name__ == "__main__":
    main()

r"""The replay of `recognizance audit replay` made with the peer's templates: `face_recognition`, at its own tolerances.

    python -m benchmarks.audit_peer --templates peer.npz --probes members.csv --gallery gallery.csv --mated mated.csv \\
        --exclude exclude.csv --ours replay.json --json benchmarks/results/replay_peer.json

`peer.npz` comes from `benchmarks/peer_templates.py`, over the same pictures. The peer takes two pictures for one person
at a distance of its tolerance or less: 0.6 unless told otherwise, and its manual names 0.5 for stricter use. Probes,
gallery, mates and exclusions are read as the command reads them, and counted by the same code; nothing that is written
names anybody. `--ours` is the document of the command, whose settings stand beside.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import machine
from recognizance.evaluation import audit
from recognizance.evaluation.protocols.replay import Hits, Question, Replay, replay
from recognizance.evaluation.sets.subjects import read_exclusions, read_listing, read_mated, without
from recognizance.evaluation.sets.templates import Templates

ROOT = Path(__file__).parents[1]
TOLERANCES = (0.6, 0.55, 0.5, 0.45, 0.4)
LARGEST = 2.0
"""A distance that is written as a similarity of 0: the counting wants percentages that rise."""


def main() -> None:
    """Run the command line."""
    asked = _arguments().parse_args()
    known = _known(asked.templates)
    listings = [read_listing(path, person_column=None) for path in (asked.probes, asked.gallery)]
    if asked.exclude is not None:
        listings = [without(one, read_exclusions(asked.exclude)) for one in listings]
    probes, gallery = (_templates(one, known) for one in listings)
    mated, _ = read_mated(asked.mated, set(probes.people), set(gallery.people))
    hits = _hits(probes, gallery, 1.0)
    found = replay(
        probes, gallery, hits, Question([_percent(one) for one in TOLERANCES], mated),
        rank_one=_first(probes, gallery, mated),
    )  # fmt: skip
    said = machine.described(sys.argv[1:], ROOT) | {
        "command": "python -m benchmarks.audit_peer",
        "peer": "face_recognition, its default model, HOG detector, the largest face",
        "probes": found.probes,
        "gallery": found.gallery,
        "rank_one": audit.figure(audit.rate(found.rank_one)),
        "settings": [_row(found, tolerance) for tolerance in TOLERANCES],
        "at_no_false_match": _strictest(probes, gallery, hits, mated),
    }
    if asked.ours is not None:
        result = json.loads(asked.ours.read_text(encoding="utf-8"))["result"]
        kept = (
            "similarity",
            "cosine",
            "false_matched",
            "pairs",
            "picture_pairs",
            "hits",
            "first",
            "expected",
            "groups",
        )
        said["ours"] = {
            "probes": result["probes"],
            "gallery": result["gallery"],
            "sentence": result["sentence"],
            "comparisons": result["comparisons"],
            "rank_one": result["rank_one"],
            "settings": [{name: one[name] for name in kept} for one in result["thresholds"]],
        }
    for one in said["settings"]:
        print(one["tolerance"], one["false_matched"], one["hits"])
    print("rank one", said["rank_one"], "at no false match", said["at_no_false_match"])
    if asked.json is not None:
        asked.json.write_text(json.dumps(said, indent=1) + "\n", encoding="utf-8")


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.audit_peer", description="Replay with the peer.")
    for name in ("templates", "probes", "gallery", "mated"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    for name in ("exclude", "ours", "json"):
        parser.add_argument(f"--{name}", type=Path)
    return parser


def _known(path: Path) -> dict[str, tuple[Any, int]]:
    with np.load(path) as kept:
        rows = zip(kept["paths"], kept["vectors"], kept["faces"], strict=True)
        return {str(Path(str(one)).resolve()): (vector, int(faces)) for one, vector, faces in rows}


def _templates(listing: Any, known: dict[str, tuple[Any, int]]) -> Templates:
    """Return the peer's templates of a set; they are no unit vectors, and only distances are taken of them."""
    rows = [known[str(one.path.resolve())] for one in listing.subjects]
    return Templates(
        listing.subjects,
        np.stack([vector for vector, _ in rows]).astype(np.float32),
        np.array([faces for _, faces in rows], np.int64),
        tuple("" for _ in rows),
        listing.problems,
        listing.source,
    )


def _percent(distance: float) -> float:
    return 100 * (1 - distance / LARGEST)


def _hits(probes: Templates, gallery: Templates, largest: float) -> Hits:
    """Return the pairs at most so far apart, as the peer's `face_distance` has it."""
    found: list[tuple[Any, Any, Any]] = []
    others = gallery.vectors.astype(np.float64)
    for at in np.nonzero(probes.found)[0]:
        distances = np.linalg.norm(others - probes.vectors[at], axis=1)
        near = np.nonzero((distances <= largest) & gallery.found)[0]
        found.append((np.full(len(near), at), near, 100 * (1 - distances[near] / LARGEST)))
    probe, place, percent = (np.concatenate(part) for part in zip(*found, strict=True))
    return Hits(probe.astype(np.int64), place.astype(np.int64), percent, _percent(largest))


def _first(probes: Templates, gallery: Templates, mated: Any) -> Any:
    """Return which probes have their own person as the nearest of the gallery."""
    own = {one: {other for first, other in mated if first == one} for one, _ in mated}
    others, people = gallery.vectors[gallery.found], np.array(gallery.people)[gallery.found]
    nearest = [
        str(people[np.linalg.norm(others - vector, axis=1).argmin()]) if there else ""
        for vector, there in zip(probes.vectors, probes.found, strict=True)
    ]
    return np.array([near in own.get(person, ()) for near, person in zip(nearest, probes.people, strict=True)])


def _row(found: Replay, tolerance: float) -> dict[str, Any]:
    one = next(setting for setting in found.settings if setting.similarity == _percent(tolerance))
    return {
        "tolerance": tolerance,
        "false_matched": audit.figure(audit.rate(one.false_matched)),
        "picture_pairs": one.picture_pairs,
        "hits": audit.figure(audit.rate(one.hits)),
        "first": audit.figure(audit.rate(one.first)),
    }


def _strictest(probes: Templates, gallery: Templates, hits: Hits, mated: Any) -> dict[str, Any]:
    """Return the largest distance, in hundredths, at which nobody is taken for somebody else, and what it finds."""
    for hundredth in range(60, 0, -1):
        distance = hundredth / 100
        [one] = replay(probes, gallery, hits, Question([_percent(distance)], mated)).settings
        if one.false_matched.count == 0:
            return {"tolerance": distance, "hits": audit.figure(audit.rate(one.hits))}
    return {"tolerance": 0.0, "hits": None}


if __name__ == "__main__":
    main()

"""Whole detect-and-embed beside face_recognition: the same files, picture by picture in turn, one thread.

Ours reads the file, decodes, looks and embeds every face through the product's own `Vision`; theirs
loads the file, locates (HOG) and encodes every face. Each is asked about the same portrait before
the next is taken, one variant of ours at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2

from benchmarks import peer
from benchmarks.plan import Plan
from benchmarks.product import built, data_folder, has, seeing
from benchmarks.rows import Row, Target, measured, skipped
from benchmarks.stages import NOT_HAD, lowest_cosine
from benchmarks.statistics import ratios, spread, timed

GROUP, OURS = "peer", "ours"
IN_FLOAT32, FASTEST = Target("at least", 6.5), Target("at least", 10)
THOROUGH, FAST = {"mirror": True, "enlarge": True}, {"mirror": False, "enlarge": False}
DEFAULT = "f32 (default)"
VARIANTS: dict[str, tuple[dict[str, Any], Target]] = {
    DEFAULT: ({"precision": "f32", **THOROUGH}, IN_FLOAT32),
    "f32, fast": ({"precision": "f32", **FAST}, IN_FLOAT32),
    "bf16": ({"precision": "bf16", **THOROUGH}, FASTEST),
    "bf16, fast": ({"precision": "bf16", **FAST}, FASTEST),
    "int8": ({"precision": "int8", **THOROUGH}, FASTEST),
    "int8, fast": ({"precision": "int8", **FAST}, FASTEST),
}
"""Fast is without mirroring and enlarging; docs/accuracy.md has what that costs in accuracy."""


def beside_the_peer(plan: Plan) -> Iterator[Row]:
    """Time ours and theirs on portraits, and give how many times as fast ours is, variant by variant."""
    folder = data_folder("congress/images")
    if folder is None:
        why = "needs portraits of people: the folder congress/images of RECOGNIZANCE_DATA is not there"
        yield from _left_out(why)
        return
    portraits = sorted(folder.glob("*.jpg"))[: plan.effort.portraits]
    try:
        with ExitStack() as until_done:
            peers = [until_done.enter_context(peer.running(python)) for python in _pythons(plan)]
            yield from _compared(plan, portraits, {one.name: one for one in peers})
    except peer.NoPeer as error:
        yield from _left_out(str(error))


def _pythons(plan: Plan) -> list[Path]:
    compiled = [peer.prepared(peer.COMPILED)] if plan.compile_peer else []
    return [peer.prepared(), *compiled, *plan.peers]


def _left_out(why: str) -> Iterator[Row]:
    for name, (_, target) in VARIANTS.items():
        yield skipped(GROUP, _title(name), why, target)


def _title(name: str) -> str:
    return f"detect and embed, {name}: times as fast as face_recognition"


def _compared(plan: Plan, portraits: list[Path], peers: dict[str, peer.Peer]) -> Iterator[Row]:
    cv2.setNumThreads(1)
    passes = {
        name: _pass(plan, portraits, peers, said) for name, (said, _) in VARIANTS.items() if has(said["precision"])
    }
    theirs = {name: [value for one in passes.values() for value in one.took[name]] for name in peers}
    for name, values in theirs.items():
        faces = sum(passes[DEFAULT].found[name])
        note = f"{faces} faces encoded in {len(portraits)} portraits"
        yield measured(GROUP, f"detect and embed, {name}", "ms", spread(values), note=note)
    for name, one in passes.items():
        note = f"{sum(map(len, one.found[OURS]))} faces embedded in {len(portraits)} portraits"
        if name != DEFAULT:
            note += f"; lowest cosine with the default's vectors {_agreement(one, passes[DEFAULT]):.5f}"
        yield measured(GROUP, f"detect and embed, ours, {name}", "ms", spread(one.took[OURS]), note=note)

    fastest = min(theirs, key=lambda name: spread(theirs[name]).median)
    for name, (said, target) in VARIANTS.items():
        if name not in passes:
            yield skipped(GROUP, _title(name), NOT_HAD.format(said["precision"]), target)
            continue
        times = {other: ratios(values, passes[name].took[OURS]) for other, values in passes[name].took.items()}
        others = [f"{times[other].median:.1f} times as fast as {other}" for other in peers if other != fastest]
        note = "; ".join([f"against {fastest}", *others])
        yield measured(GROUP, _title(name), "x", times[fastest], target=target, note=note)


@dataclass(frozen=True, slots=True)
class Pass:
    """One variant of ours and every peer gone through the portraits: milliseconds of all turns, faces of the first."""

    took: dict[str, list[float]]
    found: dict[str, list[Any]]


def _pass(plan: Plan, portraits: list[Path], peers: dict[str, peer.Peer], said: dict[str, Any]) -> Pass:
    """Ask ours, with the settings `said`, and the peers about each portrait in turn.

    One variant of ours at a time: its weights fill the processor's cache, and another's would empty it.
    """
    with built(plan.weights, threads=1, **said) as parts:
        works = {OURS: _ours(seeing(parts)), **{name: _theirs(one) for name, one in peers.items()}}
        for work in works.values():
            work(portraits[0])
        names = list(works)
        took: dict[str, list[float]] = {name: [] for name in names}
        found: dict[str, list[Any]] = {name: [] for name in names}
        for turn, path in enumerate(portraits * plan.effort.repeats):
            first = turn % len(names)
            for name in names[first:] + names[:first]:
                milliseconds, faces = works[name](path)
                took[name].append(milliseconds)
                found[name] += [faces] if turn < len(portraits) else []
    return Pass(took, found)


def _ours(work: Callable[[bytes], list[Any]]) -> Callable[[Path], tuple[float, Any]]:
    def ask(path: Path) -> tuple[float, Any]:
        faces: list[Any] = []
        return timed(lambda one: faces.extend(work(one.read_bytes())), path), faces

    return ask


def _theirs(one: peer.Peer) -> Callable[[Path], tuple[float, Any]]:
    def ask(path: Path) -> tuple[float, Any]:
        said = one.ask(path)
        return said["ms"], said["faces"]

    return ask


def _agreement(one: Pass, default: Pass) -> float:
    """Return the lowest cosine between a variant's vector and the default's of each portrait's largest face."""
    pairs = [(a[0], b[0]) for a, b in zip(one.found[OURS], default.found[OURS], strict=True) if a and b]
    return lowest_cosine([a.embedding.vector for a, _ in pairs], [b.embedding.vector for _, b in pairs])

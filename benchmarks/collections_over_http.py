"""Collections over HTTP: what a search adds to its vision work, and how much of the models' speed enrolment keeps.

`python -m benchmarks.collections_over_http` fills a collection with 100,000 synthetic faces, starts a server on it, and
asks with pictures of the data folder (LFW), which stay where they are. SearchFacesByImage takes turns with what it does
of vision in process: to decode the picture, look for its largest face and embed it; the difference of neighbours is
what is not vision. Then two clients enrol pictures over HTTP, in turns with two threads that only do what enrolment
does of vision: decode, look, mesh, choose and embed. Light clients, whose requests are signed beforehand, and boto3
ones share the two cores with the server.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable
from contextlib import ExitStack, closing
from functools import partial
from itertools import count
from pathlib import Path

import cv2

from benchmarks import clients, server
from benchmarks.collections_at_scale import fill
from benchmarks.enrolment import seen
from benchmarks.product import Weights, built, data_folder, installed
from benchmarks.statistics import differences, interleaved, spread
from benchmarks.whole import ALL_CORES, asked, in_threads, ratios_of
from recognizance import app
from recognizance.database import file_url, open_database
from recognizance.values import ModelName
from recognizance.vision import cards
from recognizance.vision.image import decode


def main() -> int:
    """Read the command line, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--faces", type=int, default=100_000, help="in the collection")
    parser.add_argument("--pictures", type=int, default=400, help="enrolled by each client, and searched with")
    parser.add_argument("--searches", type=int, default=150)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=4.0, help="of a round of enrolment")
    given = parser.parse_args()
    folder = data_folder("lfw/images")
    if folder is None:
        print("The pictures of LFW are not here: name the data folder in RECOGNIZANCE_DATA.", file=sys.stderr)
        return 1
    found = sorted(folder.glob("*/*.jpg"))
    pictures = tuple(str(path) for path in found[:: max(1, len(found) // given.pictures)][: given.pictures])
    cv2.setNumThreads(ALL_CORES)
    weights = installed()
    with ExitStack() as until_done:
        data = Path(until_done.enter_context(tempfile.TemporaryDirectory()))
        _filled(data, given.faces, weights)
        running = until_done.enter_context(server.running(weights.folder, data))
        parts = until_done.enter_context(built(weights))
        read = [Path(path).read_bytes() for path in pictures]
        _searches(running, pictures, read, partial(sought, parts), given.searches, given.faces)
        _enrolments(running, pictures, read, partial(seen, parts), given.rounds, given.seconds)
    return 0


def sought(parts: app.Parts, data: bytes) -> object:
    """Return the largest face of a picture with its vector, having done to it what the models do in a search."""
    image = decode(data)
    vision = parts.vision()
    return vision.embed(image, vision.look(image, limit=1))


def _filled(data: Path, faces: int, weights: Weights) -> None:
    card = cards.load()[ModelName(weights.settings.embedder)]
    with closing(open_database(file_url(data / "recognizance.db"))) as database:
        fill(database, faces, 128, card.name, card.version)


def _searches(
    running: server.Server,
    pictures: tuple[str, ...],
    read: list[bytes],
    see: Callable[[bytes], object],
    searches: int,
    faces: int,
) -> None:
    asking = asked(running, "SearchFacesByImage", pictures)
    with ExitStack() as until_done:
        works: dict[str, Callable[[int], object]] = {"vision": lambda at: see(read[at % len(read)])}
        for kind in clients.KINDS:
            works[kind] = until_done.enter_context(clients.open_client(kind, asking))
        took = interleaved(works, range(searches), warm=10)
    print(f"SearchFacesByImage among {faces:,} faces, {len(read[0]) // 1000} kB pictures, one at a time")
    print(f"  vision alone, in process            {spread(took['vision']).median:8.2f} ms")
    for kind in clients.KINDS:
        added = differences(took[kind], took["vision"])
        print(f"  what is not vision, {kind:<6} client   {added.median:8.2f} ms ({added.low:.2f} to {added.high:.2f})")


def _enrolments(
    running: server.Server,
    pictures: tuple[str, ...],
    read: list[bytes],
    see: Callable[[bytes], object],
    rounds: int,
    seconds: float,
) -> None:
    turn = count()
    rates: dict[str, list[float]] = {"models alone": [], **{kind: [] for kind in clients.KINDS}}
    with ExitStack() as until_done:
        crowds = {
            kind: until_done.enter_context(clients.crowd(kind, 2, asked(running, "IndexFaces", pictures)))
            for kind in clients.KINDS
        }
        for _ in range(rounds):
            rates["models alone"].append(in_threads(lambda: see(read[next(turn) % len(read)]), 2, seconds))
            for kind, crowd in crowds.items():
                rates[kind].append(crowd.ask_for(seconds).rate)
    print(f"IndexFaces over HTTP, two clients, {rounds} rounds of {seconds:g} s")
    print(f"  models alone, in two threads        {spread(rates['models alone']).median:8.1f} pictures a second")
    for kind in clients.KINDS:
        share = spread([100 * one for one in ratios_of(rates[kind], rates["models alone"])])
        print(
            f"  two {kind:<6} clients                 {spread(rates[kind]).median:8.1f} pictures a second, "
            f"{share.median:.1f} % ({share.low:.1f} to {share.high:.1f})"
        )


if __name__ == "__main__":
    sys.exit(main())

"""How fast an import enrols, beside the same pictures through the models alone, and what memory it takes.

`python -m benchmarks.enrolment`, with pictures of the data folder (LFW), which stay where they are. Alone means
reading the file, decoding, looking, meshing, choosing and embedding, in as many threads as the import has and
with nothing kept. Both go over the same pictures in the same process, in turn, whoever begins changing from
round to round; the ratio is of neighbours, its median is told. Processor seconds stand beside it: they change
least with what else the machine does. A picture that an import does not judge ends it all. `--memory` enrols
every picture there is, once, and tells memory on the way; where more are asked for, it goes on with their mirrorings.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import chain, islice
from pathlib import Path
from typing import Any

import cv2

from benchmarks import machine
from benchmarks.product import CALLER, ROOT, Weights, data_folder, installed
from benchmarks.statistics import Slope, ratios, slope, spread
from recognizance import app
from recognizance.cli.enrolment import FAILED, UNUSABLE, Enrolment, Minted, job_name
from recognizance.cli.import_ import pictures_at_once
from recognizance.cli.journal import Outcome, opened
from recognizance.cli.sources import Picture, open_source
from recognizance.operations.faces import INDEX_BAR, MOST_FACES, choose
from recognizance.values import Stated
from recognizance.vision.image import decode

LEAST = 0.95
"""The share of the models' own rate that an import should reach."""
COLLECTION = "benchmark"
STEP = 250  # pictures between two looks at memory
SETTLED = 2000  # pictures after which memory should stay as it is: pools are full, caches warm


@dataclass(frozen=True, slots=True)
class Took:
    """Seconds of the clock and of the processor that some pictures took."""

    wall: float
    processor: float


def main() -> None:
    """Run the command line."""
    asked = _arguments().parse_args()
    folder = data_folder("lfw/images")
    if folder is None:
        sys.exit("No pictures: the data folder (RECOGNIZANCE_DATA, or ../shared/data) should have lfw/images.")
    said = machine.described(sys.argv[1:], ROOT) | {
        "command": f"python -m benchmarks.enrolment {' '.join(sys.argv[1:])}"
    }
    weights = installed()
    opened = open_source(str(folder), weights.settings, None)
    everything = (one for one in opened() if isinstance(one, Picture))
    found: dict[str, Any] = {}
    if not asked.memory:
        found["rate"] = rates(weights, spaced(list(everything), asked.pictures), asked.rounds, asked.threads)
    else:
        with tempfile.TemporaryDirectory() as mirror:
            more = mirrored((one for one in opened() if isinstance(one, Picture)), Path(mirror))
            pictures = islice(chain(everything, more), asked.pictures) if asked.pictures else everything
            found["memory"] = memory(weights, pictures, asked.threads)
    said["load_after"] = machine.load()
    print(machine.sentence(said))
    if asked.json is not None:
        asked.json.parent.mkdir(parents=True, exist_ok=True)
        asked.json.write_text(json.dumps({"machine": said, **found}, indent=1) + "\n", encoding="utf-8")


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.enrolment", description="Measure how fast imports enrol."
    )
    parser.add_argument("--pictures", type=int, default=200, help="pictures a round; 0: all; default: 200")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--threads", type=int, default=0, help="cores for the models; 0: all")
    parser.add_argument("--memory", action="store_true", help="enrol all once and tell memory on the way")
    parser.add_argument("--json", type=Path, metavar="PATH")
    return parser


def rates(weights: Weights, pictures: Sequence[Picture], rounds: int, threads: int) -> dict[str, Any]:
    """Print and return the rates of both, and their ratio round by round."""
    alone: list[Took] = []
    imported: list[Took] = []
    with working(weights, threads) as (see, enrol, workers):
        see(pictures[:20])
        enrol(pictures[:20])
        for at in range(rounds):
            for kept, work in ((alone, see), (imported, enrol))[:: -1 if at % 2 else 1]:
                kept.append(work(pictures))
            print(
                f"  round {at + 1}: {alone[-1].wall:.2f} s alone, {imported[-1].wall:.2f} s imported", file=sys.stderr
            )
    wall = ratios([one.wall for one in alone], [one.wall for one in imported])
    processor = ratios([one.processor for one in alone], [one.processor for one in imported])
    told = {
        "pictures": len(pictures),
        "rounds": rounds,
        "threads": workers,
        "alone_per_second": spread([len(pictures) / one.wall for one in alone]).median,
        "imported_per_second": spread([len(pictures) / one.wall for one in imported]).median,
        "alone_processor_ms": spread([1000 * one.processor / len(pictures) for one in alone]).median,
        "imported_processor_ms": spread([1000 * one.processor / len(pictures) for one in imported]).median,
        "ratio": {"median": wall.median, "low": wall.low, "high": wall.high},
        "processor_ratio": {"median": processor.median, "low": processor.low, "high": processor.high},
        "target": LEAST,
        "met": wall.median >= LEAST,
    }
    print(f"{len(pictures)} pictures, {rounds} rounds, {workers} pictures at once")
    for name in ("alone", "imported"):
        rate, each = told[f"{name}_per_second"], told[f"{name}_processor_ms"]
        print(f"{name:<9}{rate:6.1f} a second  {each:6.1f} ms of processor each")
    print(
        f"import / alone {wall.median:6.3f}  (middle half {wall.low:.3f} to {wall.high:.3f}; "
        f"of processor time {processor.median:.3f}); target at least {LEAST}: {'met' if told['met'] else 'NOT MET'}"
    )
    return told


def memory(weights: Weights, pictures: Iterator[Picture], threads: int) -> dict[str, Any]:
    """Print and return what memory an import of `pictures` holds on its way, in MB."""
    samples: list[float] = []
    done = 0
    with opened_import(weights, threads) as (_, make, workers):
        began = time.perf_counter()
        with make() as enrolment:
            for at, told in enumerate(enrolment.run(pictures, workers), 1):
                judged(*told)
                done = at
                if at % STEP == 0:
                    samples.append(resident())
                    print(f"  {at:6} pictures: {samples[-1]:.1f} MB", file=sys.stderr)
        took = time.perf_counter() - began
    settled = samples[SETTLED // STEP :]
    rise: Slope | None = slope(settled, STEP / 1000) if len(settled) >= 3 else None
    told = {
        "pictures": done,
        "per_second": done / took,
        "megabytes": samples,
        "every": STEP,
        "rise_per_thousand": None if rise is None else rise.rise,
        "within": None if rise is None else rise.within,
    }
    grows = (
        ""
        if rise is None
        else f"; after {SETTLED} it rises by {rise.rise:+.2f} ± {rise.within:.2f} MB in 1,000 pictures"
    )
    print(
        f"{done} pictures at {told['per_second']:.1f} a second; memory {min(samples, default=0):.0f} to "
        f"{max(samples, default=0):.0f} MB{grows}"
    )
    return told


def spaced(pictures: Sequence[Picture], count: int) -> list[Picture]:
    """Return `count` pictures evenly from the whole, or all for 0."""
    if not 0 < count < len(pictures):
        return list(pictures)
    return [pictures[at * len(pictures) // count] for at in range(count)]


@contextmanager
def working(
    weights: Weights, threads: int
) -> Iterator[tuple[Callable[[Sequence[Picture]], Took], Callable[[Sequence[Picture]], Took], int]]:
    """Give the models alone and the import, both as functions of pictures, and how many they have at once."""
    with opened_import(weights, threads) as (parts, make, workers):

        def see(pictures: Sequence[Picture]) -> Took:
            with ThreadPoolExecutor(workers) as pool:
                return timed(lambda: list(pool.map(lambda one: seen(parts, Path(str(one.at)).read_bytes()), pictures)))

        def enrol(pictures: Sequence[Picture]) -> Took:
            with make() as enrolment:
                return timed(lambda: [judged(*told) for told in enrolment.run(iter(pictures), workers)])

        yield see, enrol, workers


def judged(picture: Picture, outcome: Outcome) -> None:
    """Raise `RuntimeError` for a picture that was not judged: nothing was measured then."""
    if outcome.word in (UNUSABLE, FAILED):
        raise RuntimeError(f"{picture.name} was not judged: {outcome.detail}")


def seen(parts: app.Parts, data: bytes) -> int:
    """Return how many faces of a picture an enrolment would keep, having done to it what the models do and no more."""
    image = decode(data)
    vision = parts.vision()
    found = vision.mesh(image, vision.look(image, limit=MOST_FACES))
    kept, _ = choose(found, image, bar=INDEX_BAR, limit=MOST_FACES)
    return len(vision.embed(image, kept))


@contextmanager
def opened_import(weights: Weights, threads: int) -> Iterator[tuple[app.Parts, Callable[[], Any], int]]:
    """Give the product, what opens an import into a new collection of it, and how many pictures it has at once."""
    minted = Minted(app.new_uuid)
    with tempfile.TemporaryDirectory() as folder:
        chosen = replace(weights.settings, data=Path(folder), models=weights.folder, threads=threads)
        with app.build(chosen, new_id=minted) as parts:
            parts.vision()

            def ask(name: str, request: Any, /, *, consent: str | None = None) -> Any:
                return parts.service.call(
                    name, request, CALLER, app.new_uuid(), stated=Stated(consent=consent)
                ).response

            @contextmanager
            def make() -> Iterator[Enrolment]:
                ask("CreateCollection", {"CollectionId": COLLECTION})
                job = job_name(ask("DescribeCollection", {"CollectionId": COLLECTION}))
                try:
                    with opened(chosen.data, job, app.new_uuid, print) as journal:
                        yield Enrolment(ask, minted, journal, COLLECTION, {})
                finally:
                    ask("DeleteCollection", {"CollectionId": COLLECTION})

            yield parts, make, pictures_at_once(chosen)


def mirrored(pictures: Iterator[Picture], folder: Path) -> Iterator[Picture]:
    """Give each picture the other way round: other bytes and another vector, at the same size."""
    for number, one in enumerate(pictures):
        at = folder / f"{number}.jpg"
        read = cv2.imread(str(one.at))
        assert read is not None, "the source took it for a picture"
        cv2.imwrite(str(at), cv2.flip(read, 1), [cv2.IMWRITE_JPEG_QUALITY, 90])
        yield replace(one, name=f"mirrored {one.name}", at=at)


def timed(work: Callable[[], object]) -> Took:
    """Return what `work` took."""
    wall, processor = time.perf_counter(), time.process_time()
    work()
    return Took(time.perf_counter() - wall, time.process_time() - processor)


def resident() -> float:
    """Return the megabytes of memory this process holds."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


if __name__ == "__main__":
    main()

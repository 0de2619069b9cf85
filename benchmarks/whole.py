"""Whole operations, in process and over HTTP: how long a call takes, what HTTP adds, how many calls a second.

In process means `Service.call` in this process: policy, vision, ledger and answer, without HTTP,
signature or JSON. Vision alone means decode and look (and embed), nothing recorded. Both have the
server's own settings: as many threads as there are cores. Clients share the cores with the server.
"""

from __future__ import annotations

import hashlib
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import cv2

from benchmarks import clients, pictures, server
from benchmarks.clients import Asking
from benchmarks.plan import Plan
from benchmarks.product import CALLER, built, calling, seeing
from benchmarks.rows import Row, Target, measured
from benchmarks.statistics import differences, interleaved, spread
from recognizance import app
from recognizance.values import Key
from recognizance.wire import codec, model, sigv4

OPERATIONS = ("DetectFaces", "CompareFaces")
CROWDS = (1, 2, 8)
ADDED = Target("at most", 5)
KEPT = Target("at least", 85)
ALL_CORES = cv2.getNumThreads()
"""OpenCV's own choice, which the server leaves alone; other modules here pin it."""


def shown(folder: Path) -> tuple[str, ...]:
    """Draw the picture that is asked about, 200 kB of 1024 x 768 with one face, into `folder`, and return its path."""
    path = folder / "scene.jpg"
    path.write_bytes(pictures.jpeg_of(pictures.KILOBYTES_200, pictures.scene(1024, 768)))
    return (str(path),)


def asked(running: server.Server, operation: str, files: tuple[str, ...]) -> Asking:
    """Return what clients of `running` are to ask."""
    return Asking(running.port, server.ACCESS_KEY, server.SECRET, server.REGION, operation, files)


def calls(plan: Plan) -> Iterator[Row]:
    """Time whole operations in process and over HTTP, with 1, 2 and 8 clients of each kind."""
    cv2.setNumThreads(ALL_CORES)
    with ExitStack() as until_done:
        files = shown(Path(until_done.enter_context(tempfile.TemporaryDirectory())))
        parts = until_done.enter_context(built(plan.weights))
        running = until_done.enter_context(server.running(plan.weights.folder))
        for operation in OPERATIONS:
            asking = asked(running, operation, files)
            took = interleaved({operation: calling(parts, operation)}, asking.requests() * plan.effort.calls)
            yield measured("calls", f"{operation} in process, one at a time", "ms", spread(took[operation]))
        for operation in OPERATIONS:
            for kind in clients.KINDS:
                for count in CROWDS:
                    with clients.crowd(kind, count, asked(running, operation, files)) as crowd:
                        crowd.ask_for(plan.effort.seconds / 3)
                        got = crowd.ask_for(plan.effort.seconds)
                    name = f"{operation} over HTTP, {count} {kind} client{'s' if count > 1 else ''}"
                    yield measured("calls", name, "ms", spread(got.took), note=f"{got.rate:.1f} calls a second")


def overhead(plan: Plan) -> Iterator[Row]:
    """Give what a call over HTTP takes beyond the same vision work in process, pair by pair; then, stage by stage."""
    cv2.setNumThreads(ALL_CORES)
    with ExitStack() as until_done:
        files = shown(Path(until_done.enter_context(tempfile.TemporaryDirectory())))
        data = Path(files[0]).read_bytes()
        parts = until_done.enter_context(built(plan.weights))
        running = until_done.enter_context(server.running(plan.weights.folder))
        asking = asked(running, "DetectFaces", files)
        see = seeing(parts, embed=False)
        works: dict[str, Callable[[int], object]] = {"vision": lambda _: see(data)}
        for kind in clients.KINDS:
            works[kind] = until_done.enter_context(clients.open_client(kind, asking))
        took = interleaved(works, range(plan.effort.calls * 2), warm=10)

        kilobytes = len(data) // 1000
        yield measured(
            "overhead", f"vision work of DetectFaces in process, {kilobytes} kB", "ms", spread(took["vision"])
        )
        yield measured(
            "overhead", f"HTTP, SigV4, codec and ledger add to DetectFaces, {kilobytes} kB", "ms",
            differences(took["light"], took["vision"]), target=ADDED,
            note="light client: what the server adds, and the sending; its request is signed beforehand",
        )  # fmt: skip
        yield measured(
            "overhead", f"the same with boto3's own work in it, {kilobytes} kB", "ms",
            differences(took["boto3"], took["vision"]),
            note="boto3 client: it encodes, hashes, signs, sends and parses on the same cores",
        )  # fmt: skip
        yield from _profile(plan, parts, asking, differences(took["light"], took["vision"]).median)


def _profile(plan: Plan, parts: app.Parts, asking: Asking, added: float) -> Iterator[Row]:
    """Time each thing a call does beside vision, and give what is left for HTTP itself."""
    request = asking.requests()[0]
    sent = clients.signed(asking, request)
    head, _, body = sent.partition(b"\r\n\r\n")
    pairs = [tuple(line.split(b": ", 1)) for line in head.split(b"\r\n")[1:]]
    headers = sigv4.headers_of(pairs)  # type: ignore[arg-type]
    operation = model.load()["RekognitionService.DetectFaces"]
    keys = {server.ACCESS_KEY: Key(server.ACCESS_KEY, server.SECRET, CALLER.account, roles=CALLER.roles)}
    whole = calling(parts, "DetectFaces")
    answer = whole(request)
    see = seeing(parts, embed=False)

    def verify(_: int) -> object:
        claim = sigv4.claim(headers, b"", now=app.utc_now(), regions=())
        return sigv4.verify(claim, sigv4.Signed("POST", b"/", b"", headers, body), keys.get)

    works: dict[str, Callable[[int], object]] = {
        "signature": verify,
        "of which SHA-256 of the body": lambda _: hashlib.sha256(body).hexdigest(),
        "codec in (JSON, base64, constraints)": lambda _: codec.parse(body, operation.request),
        "codec out": lambda _: codec.serialise(answer, operation.response),
        "vision": lambda _: see(request["Image"]["Bytes"]),
        "whole": lambda _: whole(request),
    }
    took = interleaved(works, range(plan.effort.calls), warm=5)
    stages = {name: spread(values) for name, values in took.items() if name not in ("vision", "whole")}
    stages["policy, ledger and rendering"] = differences(took["whole"], took["vision"])
    for name, found in stages.items():
        yield measured("overhead", f"  {name}", "ms", found)
    known = sum(found.median for name, found in stages.items() if not name.startswith("of which"))
    yield Row("overhead", "  HTTP itself: sockets, event loop, threads", "ms", added - known, note="what is left")


def throughput(plan: Plan) -> Iterator[Row]:
    """Give calls a second over HTTP with two clients, as a share of two threads in process, round by round."""
    cv2.setNumThreads(ALL_CORES)
    with ExitStack() as until_done:
        files = shown(Path(until_done.enter_context(tempfile.TemporaryDirectory())))
        parts = until_done.enter_context(built(plan.weights))
        running = until_done.enter_context(server.running(plan.weights.folder))
        for operation in OPERATIONS:
            yield from _throughput_of(plan, operation, parts, running, asked(running, operation, files))


def _throughput_of(
    plan: Plan, operation: str, parts: app.Parts, running: server.Server, asking: Asking
) -> Iterator[Row]:
    whole, request = calling(parts, operation), asking.requests()[0]
    with clients.crowd("light", 2, asking) as light, clients.crowd("boto3", 2, asking) as real:
        runs: dict[str, Callable[[float], float]] = {
            "two threads in process": lambda seconds: in_threads(lambda: whole(request), 2, seconds),
            "two light clients over HTTP": lambda seconds: light.ask_for(seconds).rate,
            "two boto3 clients over HTTP": lambda seconds: real.ask_for(seconds).rate,
        }
        rates = _in_turn(runs, plan)
        worked = list(_worked(operation, lambda: whole(request), running, light, plan.effort.seconds))
    inside, *outside = rates
    yield measured("throughput", f"{operation}, {inside}", "calls/s", spread(rates[inside]))
    for name in outside:
        shares = [100 * share for share in ratios_of(rates[name], rates[inside])]
        note = f"{spread(rates[name]).median:.1f} calls a second; clients and server share the cores"
        target = KEPT if "light" in name else None
        title = f"{operation}, {name}: share of the rate in process"
        yield measured("throughput", title, "%", spread(shares), target=target, note=note)
    yield from worked


def _worked(
    operation: str, whole: Callable[[], Any], running: server.Server, light: clients.Crowd, seconds: float
) -> Iterator[Row]:
    """Give the processor time of a call: what the cores have beyond it, they stood idle."""
    began = time.process_time()
    calls = seconds * in_threads(whole, 2, seconds)
    inside = 1000 * (time.process_time() - began) / calls
    before, beside = running.worked(), light.worked()
    load = light.ask_for(seconds)
    asked_for = len(load.took)
    outside = 1000 * (running.worked() - before) / asked_for
    theirs = 1000 * (light.worked() - beside) / asked_for
    yield Row("throughput", f"{operation}, two threads in process: processor time a call", "ms", inside)
    note = f"and {theirs:.2f} ms of the clients"
    name = f"{operation}, two light clients over HTTP: the server's processor time a call"
    yield Row("throughput", name, "ms", outside, note=note)


def _in_turn(runs: dict[str, Callable[[float], float]], plan: Plan) -> dict[str, list[float]]:
    for run in runs.values():
        run(plan.effort.seconds / 3)
    rates: dict[str, list[float]] = {name: [] for name in runs}
    names = list(runs)
    for turn in range(plan.effort.rounds):
        first = turn % len(names)
        for name in names[first:] + names[:first]:
            rates[name].append(runs[name](plan.effort.seconds))
    return rates


def ratios_of(some: list[float], whole: list[float]) -> list[float]:
    """Return what share `some` is of `whole`, pair by pair."""
    return [a / b for a, b in zip(some, whole, strict=True)]


def in_threads(work: Callable[[], Any], count: int, seconds: float) -> float:
    """Return how many times a second `count` threads together do `work`, each finishing what it is in."""
    done = [0.0] * count
    begin = threading.Barrier(count)

    def run(at: int) -> None:
        begin.wait()
        times = 0
        began = now = time.perf_counter()
        while now - began < seconds:
            work()
            times += 1
            now = time.perf_counter()
        done[at] = times / (now - began)

    threads = [threading.Thread(target=run, args=(at,)) for at in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(done)

"""How fast the exact index searches, beside other engines that compare everything, on directions drawn at random.

All are given the same rows and the same threads and take turns query by query, so that what else the machine does
meets all of them. The index fetches vectors from a memory map here; in the product they come from the database.
Sizes are bytes, times are seconds where the name does not say otherwise, and a percentile is one of single queries.
"""

from __future__ import annotations

import importlib
import os
import tempfile
import time
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Protocol, TypeAlias

import numpy as np

from recognizance.gallery.indexes import snapshot
from recognizance.gallery.indexes.exact import Exact
from recognizance.values import Hit, Numbers, Vectors


class Search(Protocol):
    """One engine, ready to be asked."""

    def __call__(self, query: Vectors, /, *, limit: int) -> Numbers:
        """Return the numbers of the nearest rows of one query of shape (1, dim), best first."""
        ...


Peer: TypeAlias = Callable[[Vectors, int], AbstractContextManager[Search]]
"""Gives a search of rows, numbered from 0, with so many threads, until it is left. Raises `LeftOut` when it cannot."""
Say: TypeAlias = Callable[[str], None]

_BLOCK = 65_536
_CHECKED_BLOCK = 8192
_READ = 1 << 29  # bytes read to learn the memory's speed: far more than any cache
_BATCH = 64
_PAUSE = 0.005  # OpenMP's threads keep a core busy for some time after their work is done


class LeftOut(Exception):
    """An engine could not be measured here. Says why."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What to measure: so many faces of so many dimensions, drawn from `seed`.

    `queries` are timed one at a time, every other one near a face that is there; `checked` are compared with brute
    force in float64. `threads` are measured one after the other. Files go to a folder of their own in `folder`.
    """

    faces: int
    dim: int
    queries: int = 200
    checked: int = 1000
    limit: int = 10
    threads: Sequence[int] = (1, 2)
    seed: int = 0
    folder: Path | None = None


def measure(plan: Plan, peers: Mapping[str, Peer] | None = None, say: Say = lambda _: None) -> dict[str, Any]:
    """Return all figures, fit for JSON. `say` hears what is being done."""
    with tempfile.TemporaryDirectory(prefix="search-speed-", dir=plan.folder) as name:
        say(f"drawing {plan.faces:,} rows of {plan.dim} dimensions")
        rows = drawn(plan, Path(name) / "rows")
        queries = asked(plan, rows, max(plan.queries, plan.checked))
        path = Path(name) / "snapshot"
        with ThreadPoolExecutor(1) as worker:
            say("adding them to the index")
            index, built = _built(rows, worker)
            say("writing a snapshot")
            saved = _saved(index, path)
            say(f"comparing {plan.checked} answers with brute force in float64")
            checked = _checked(plan, index, rows, queries[: plan.checked])
            del index
        runs = [
            _run(plan, rows, queries[: plan.queries], path, threads, PEERS if peers is None else peers, say)
            for threads in plan.threads
        ]
    return {
        "faces": plan.faces,
        "dimensions": plan.dim,
        "limit": plan.limit,
        "queries": plan.queries,
        "seed": plan.seed,
        "processors": os.cpu_count(),
        "index": built,
        "snapshot": saved | {"load_seconds": min(run["snapshot_load_seconds"] for run in runs)},
        "checked": checked,
        "runs": runs,
    }


def drawn(plan: Plan, path: Path) -> Vectors:
    """Return rows of length 1 in directions drawn at random, as a memory map of the file at `path`."""
    rows: Vectors = np.memmap(path, np.float32, "w+", shape=(plan.faces, plan.dim))
    for number, start in enumerate(range(0, plan.faces, _BLOCK)):
        block = np.random.default_rng((plan.seed, number)).standard_normal(
            (min(_BLOCK, plan.faces - start), plan.dim), np.float32
        )
        rows[start : start + _BLOCK] = block / np.linalg.norm(block, axis=1, keepdims=True)
    return rows


def asked(plan: Plan, rows: Vectors, count: int) -> Vectors:
    """Return queries of length 1: strangers, and every other one near a row, at a cosine of about 0.7."""
    rng = np.random.default_rng((plan.seed, 1 << 32))
    queries = rng.standard_normal((count, plan.dim))
    queries /= np.linalg.norm(queries, axis=1, keepdims=True)
    near = np.sort(rng.integers(0, len(rows), len(queries[1::2])))
    queries[1::2] += rows[near]
    queries /= np.linalg.norm(queries, axis=1, keepdims=True)
    return queries.astype(np.float32)


def brute_force(rows: Vectors, queries: Vectors, limit: int) -> list[list[Hit]]:
    """Return the `limit` nearest rows of each query, every row compared in float64.

    Matrix products find them, with room for rounding; their cosines are then taken as the index defines them.
    """
    exact = queries.astype(np.float64)
    best: list[list[tuple[float, int]]] = [[] for _ in queries]
    cuts = np.full(len(queries), -np.inf)
    for start in range(0, len(rows), _CHECKED_BLOCK):
        block = rows[start : start + _CHECKED_BLOCK].astype(np.float64)
        about = exact @ block.T
        if len(block) > limit:
            cuts = np.maximum(cuts, np.partition(about, -limit, axis=1)[:, -limit])
        for query, row in zip(*np.nonzero(about >= cuts[:, None] - 1e-9), strict=True):
            cosine = min(1.0, max(-1.0, float((block[row] * exact[query]).sum())))
            best[query].append((-cosine, start + int(row)))
        for query, found in enumerate(best):
            found.sort()
            del found[limit:]
            if len(found) == limit:
                cuts[query] = max(cuts[query], -found[-1][0])
    return [[Hit(number, -negative) for negative, number in found] for found in best]


@contextmanager
def flat(rows: Vectors, threads: int) -> Generator[Search]:
    """Give FAISS's float32 comparison with everything."""
    import faiss as untyped

    faiss: Any = untyped
    _must_fit(rows)
    index = faiss.IndexFlatIP(rows.shape[1])
    for start in range(0, len(rows), _BLOCK):
        index.add(np.ascontiguousarray(rows[start : start + _BLOCK]))

    def search(query: Vectors, /, *, limit: int) -> Numbers:
        faiss.omp_set_num_threads(threads)
        numbers: Numbers = index.search(query, limit)[1][0]
        return numbers

    yield search


@contextmanager
def usearch(rows: Vectors, threads: int) -> Generator[Search]:
    """Give USearch's float32 comparison with everything."""
    try:
        engine: Any = importlib.import_module("usearch.index")
    except ImportError:
        raise LeftOut("usearch is not installed") from None
    _must_fit(rows)
    held = np.array(rows)

    def search(query: Vectors, /, *, limit: int) -> Numbers:
        found: Any = engine.search(held, query, limit, engine.MetricKind.IP, exact=True, threads=threads)
        return np.asarray(found.keys, np.int64).reshape(-1)

    yield search


def pgvector(url: str) -> Peer:
    """Return the comparison with everything of pgvector, in the PostgreSQL database at `url`.

    The rows lie in a table of its own that is dropped when it is left; PostgreSQL is told to share a search among so
    many processes as there are threads, and to keep the rows in its memory if they fit there.
    """

    @contextmanager
    def opened(rows: Vectors, threads: int) -> Generator[Search]:
        psycopg = _psycopg()
        name = f"search_speed_{os.getpid()}_{threads}"
        try:
            connection: Any = psycopg.connect(url, autocommit=True)
        except psycopg.Error as error:
            raise LeftOut(f"its database cannot be reached: {str(error).strip().splitlines()[0]}") from error
        with connection:
            try:
                connection.execute("CREATE EXTENSION IF NOT EXISTS vector")
            except psycopg.Error as error:
                raise LeftOut(f"that PostgreSQL has no pgvector: {str(error).strip().splitlines()[0]}") from error
            connection.execute(f"CREATE UNLOGGED TABLE {name} (number bigint, v vector({rows.shape[1]}))")
            try:
                _copy(connection, name, rows)
                connection.execute(f"SET max_parallel_workers_per_gather = {threads - 1}")
                connection.execute("SET min_parallel_table_scan_size = 0")
                connection.execute("SET parallel_setup_cost = 0")
                nearest = f"SELECT number FROM {name} ORDER BY v <#> %s::vector LIMIT %s"

                def search(query: Vectors, /, *, limit: int) -> Numbers:
                    found = connection.execute(nearest, (str(query[0].tolist()), limit)).fetchall()
                    return np.array([number for (number,) in found], np.int64)

                yield search
            finally:
                connection.execute(f"DROP TABLE {name}")

    return opened


def _psycopg() -> Any:
    try:
        return importlib.import_module("psycopg")
    except ImportError:
        raise LeftOut("psycopg is not installed; it comes with recognizance[postgresql]") from None


def _copy(connection: Any, table: str, rows: Vectors) -> None:
    """Fill a table in COPY's binary format; a vector is its length, a zero and its float32, all big-endian."""
    dim = rows.shape[1]
    form = np.dtype(
        [("fields", ">i2"), ("of", ">i4"), ("number", ">i8"), ("size", ">i4"), ("dim", ">i2"), ("unused", ">i2"),
         ("v", ">f4", (dim,))]
    )  # fmt: skip
    with connection.cursor().copy(f"COPY {table} FROM STDIN (FORMAT BINARY)") as copy:
        copy.write(b"PGCOPY\n\xff\r\n\x00" + bytes(8))
        for start in range(0, len(rows), _BLOCK):
            block = rows[start : start + _BLOCK]
            made = np.zeros(len(block), form)
            made["fields"], made["of"], made["size"], made["dim"] = 2, 8, 4 + 4 * dim, dim
            made["number"], made["v"] = np.arange(start, start + len(block)), block
            copy.write(made.tobytes())
        copy.write(b"\xff\xff")
    connection.execute(f"VACUUM ANALYZE {table}")


PEERS: Mapping[str, Peer] = {"faiss.IndexFlatIP": flat, "usearch exact": usearch}
"""What the index is measured beside. Add to it, or hand `measure` a table of your own."""


def memory_speed(size: int, threads: int, workers: ThreadPoolExecutor) -> Callable[[], None]:
    """Return what reads about `size` bytes once, shared among threads, and does as little with them as can be."""
    parts = [np.ones(max(1, min(size, _READ) // 8 // threads), np.uint64) for _ in range(threads)]

    def read() -> None:
        list(workers.map(np.bitwise_or.reduce, parts))

    return read


def _built(rows: Vectors, worker: ThreadPoolExecutor) -> tuple[Exact, dict[str, Any]]:
    before = _own_memory()
    index = Exact(rows.shape[1], _from(rows), worker)
    taken = 0.0
    for start in range(0, len(rows), _BLOCK):
        block = np.array(rows[start : start + _BLOCK])
        begun = time.perf_counter()
        index.add(np.arange(start, start + len(block)), block)
        taken += time.perf_counter() - begun
    after = _own_memory()
    return index, {
        "scanned_by": index.scanner,
        "bytes": len(rows) * (rows.shape[1] + 8),
        "bytes_set_aside": index.bytes,
        "resident_bytes": None if before is None or after is None else after - before,
        "added_a_second": len(rows) / taken,
    }


def _saved(index: Exact, path: Path) -> dict[str, Any]:
    header = snapshot.Header(dimensions=index.dim, lineage="search speed", collection=0, kind=0, revision=index.last)
    begun = time.perf_counter()
    snapshot.save(path, index, header)
    return {"save_seconds": time.perf_counter() - begun, "bytes": path.stat().st_size}


def _checked(plan: Plan, index: Exact, rows: Vectors, queries: Vectors) -> dict[str, Any]:
    right = brute_force(rows, queries, plan.limit)
    alone = [index.search(query[None], at_least=-1, limit=plan.limit)[0] for query in queries]
    together = index.search(queries, at_least=-1, limit=plan.limit)
    return {
        "queries": len(queries),
        "equal": sum(hits == true for hits, true in zip(alone, right, strict=True)),
        "equal_in_batches": sum(hits == true for hits, true in zip(together, right, strict=True)),
    }


def _run(
    plan: Plan,
    rows: Vectors,
    queries: Vectors,
    path: Path,
    threads: int,
    peers: Mapping[str, Peer],
    say: Say,
) -> dict[str, Any]:
    """Measure with so many threads: ours, the peers and the memory, in turns."""
    with ThreadPoolExecutor(threads) as workers:
        say(f"{threads} thread{'s' if threads > 1 else ''}: reading the snapshot")
        _forget_cached(path)
        begun = time.perf_counter()
        index, _ = snapshot.load(path, _from(rows), workers)
        loaded = time.perf_counter() - begun
        size = plan.faces * plan.dim
        read = memory_speed(size, threads, workers)
        jobs: dict[str, Callable[[Vectors], object]] = {
            "index": lambda query: index.search(query, at_least=-1, limit=plan.limit),
            "memory": lambda _: read(),
        }
        with ExitStack() as until_done:
            searches, left_out = _opened(peers, rows, threads, say, until_done)
            for name, search in searches.items():
                jobs[name] = partial(search, limit=plan.limit)
            say(f"{threads} thread{'s' if threads > 1 else ''}: searching")
            times = _taken(jobs, queries)
        begun = time.perf_counter()
        index.search(queries[:_BATCH], at_least=-1, limit=plan.limit)
        batch = (time.perf_counter() - begun) / len(queries[:_BATCH])
    scale = size / min(size, _READ)
    ours, memory = float(np.median(times["index"])), float(np.median(times["memory"])) * scale
    return {
        "threads": threads,
        "snapshot_load_seconds": loaded,
        "index": _percentiles(times["index"]),
        "batch_of_64_ms_a_query": 1000 * batch,
        "memory": {"ms": 1000 * memory, "gigabytes_a_second": size / memory / 1e9},
        "times_the_memory": ours / memory,
        "peers": {
            name: _percentiles(times[name]) | {"times_as_long_as_index": float(np.median(times[name])) / ours}
            for name in searches
        }
        | {name: {"left_out": why} for name, why in left_out.items()},
    }


def _opened(
    peers: Mapping[str, Peer], rows: Vectors, threads: int, say: Say, until_done: ExitStack
) -> tuple[dict[str, Search], dict[str, str]]:
    searches, left_out = dict[str, Search](), dict[str, str]()
    for name, peer in peers.items():
        say(f"opening {name}")
        try:
            searches[name] = until_done.enter_context(peer(rows, threads))
        except LeftOut as why:
            left_out[name] = str(why)
    return searches, left_out


def _taken(jobs: Mapping[str, Callable[[Vectors], object]], queries: Vectors) -> dict[str, list[float]]:
    """Return how long each job took for each query, the jobs taking turns; a first turn is not counted."""
    times: dict[str, list[float]] = {name: [] for name in jobs}
    for place, query in enumerate([queries[0], *queries]):
        for name, job in jobs.items():
            time.sleep(_PAUSE)
            begun = time.perf_counter()
            job(query[None])
            if place:
                times[name].append(time.perf_counter() - begun)
    return times


def _percentiles(times: Sequence[float]) -> dict[str, Any]:
    return {f"p{part}_ms": 1000 * float(np.percentile(times, part)) for part in (50, 90, 99)}


def _from(rows: Vectors) -> Callable[[Numbers], tuple[Numbers, Vectors]]:
    def fetch(numbers: Numbers) -> tuple[Numbers, Vectors]:
        return numbers, np.asarray(rows[numbers])

    return fetch


def _must_fit(rows: Vectors) -> None:
    size, free = rows.nbytes, _free_memory()
    if free is not None and size > 0.8 * free:
        raise LeftOut(f"it needs {size / 1e9:.1f} GB of memory and {free / 1e9:.1f} GB are free")


def _own_memory() -> int | None:
    """Return the bytes of memory this process has to itself, files it maps not counted; None where nobody says."""
    return _kilobytes(Path("/proc/self/status"), "RssAnon")


def _free_memory() -> int | None:
    return _kilobytes(Path("/proc/meminfo"), "MemAvailable")


def _kilobytes(path: Path, name: str) -> int | None:
    for line in _lines(path):
        key, _, value = line.partition(":")
        if key == name:
            return 1024 * int(value.split()[0])
    return None


def _lines(path: Path) -> Iterator[str]:
    if path.exists():
        yield from path.read_text().splitlines()


def _forget_cached(path: Path) -> None:
    """Ask the system to forget what it has of a file, so that the next reading is one from the disk."""
    if hasattr(os, "posix_fadvise"):
        handle = os.open(path, os.O_RDONLY)
        try:
            os.posix_fadvise(handle, 0, 0, os.POSIX_FADV_DONTNEED)
        finally:
            os.close(handle)

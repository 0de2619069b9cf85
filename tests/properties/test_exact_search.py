"""The exact index finds what comparing every row in float64 finds: the same numbers in the same order."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recognizance.gallery.indexes.exact import Exact, Sizes
from recognizance.values import Numbers, Vectors

DIMS = (1, 2, 7, 31, 32, 64, 128, 512)
SIZES = (
    Sizes(),
    # So small that every path is taken by a few hundred rows: many segments, threads, longer scans, sweeps.
    Sizes(segment=40, spare=0, scanned=1000, swept=16, fetched=7, together=2, gone=0, share=100, piece=20),
    Sizes(segment=50, spare=0, scanned=0, swept=7, fetched=5, together=3, gone=0, share=1000),
    Sizes(segment=33, spare=3, first=4, scanned=200, swept=16, fetched=16, together=1, gone=1, share=1, piece=1),
)


class Oracle:
    """Every row in float64. It is also the database that `Exact` fetches from."""

    def __init__(self, dim: int) -> None:
        self.dim = dim
        self.numbers = np.empty(0, np.int64)
        self.rows = np.empty((0, dim), np.float32)

    def fetch(self, numbers: Numbers) -> tuple[Numbers, Vectors]:
        held = np.isin(self.numbers, numbers)
        return self.numbers[held], self.rows[held]

    def add(self, numbers: Numbers, rows: Vectors) -> None:
        self.numbers = np.concatenate([self.numbers, numbers])
        self.rows = np.concatenate([self.rows, rows])

    def remove(self, numbers: Numbers) -> None:
        kept = ~np.isin(self.numbers, numbers)
        self.numbers, self.rows = self.numbers[kept], self.rows[kept]

    def search(self, query: Vectors, at_least: float, limit: int) -> list[tuple[int, float]]:
        exact = query.astype(np.float64)
        cosines = np.array([min(1.0, max(-1.0, float((row.astype(np.float64) * exact).sum()))) for row in self.rows])
        order = [row for row in np.lexsort((self.numbers, -cosines)) if cosines[row] >= at_least][:limit]
        return [(int(self.numbers[row]), float(cosines[row])) for row in order]


def rows_of(kind: str, rng: np.random.Generator, count: int, dim: int) -> Vectors:
    rows = rng.standard_normal((count, dim))
    if kind == "alike":
        rows = np.repeat(rows[:1], count, axis=0)
    elif kind == "nearly alike":
        rows = rows[:1] + 10.0 ** rng.integers(-8, -1) * rows
    elif kind == "axes":
        rows = np.eye(dim)[rng.integers(0, dim, count)] * rng.choice([-1, 1], (count, 1))
    elif kind == "sparse":
        rows *= rng.random((count, dim)) < 0.1
    elif kind == "whole":
        rows = np.sign(rows)
    length = np.linalg.norm(rows, axis=1, keepdims=True)
    rows = np.divide(rows, length, out=np.zeros_like(rows), where=length > 0)
    if kind == "short":
        rows *= rng.choice([1e-30, 1e-5, 0.5], (count, 1))
    return rows.astype(np.float32)


KINDS = ("any", "alike", "nearly alike", "axes", "sparse", "whole", "short")
STEPS = st.lists(
    st.tuples(st.sampled_from(KINDS), st.integers(1, 150), st.sampled_from([0.0, 0.02, 0.3, 0.9])),
    min_size=1,
    max_size=4,
)
THRESHOLDS = st.one_of(st.sampled_from([-1.0, 0.0, 0.5, 0.999999, 1.0, 1.1]), st.floats(-1, 1))
LIMITS = st.sampled_from([1, 2, 10, 100, 5000])


@pytest.fixture(scope="module")
def workers() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(3) as pool:
        yield pool


def queries_of(oracle: Oracle, rng: np.random.Generator) -> Vectors:
    """Some directions, some of the rows themselves, and their opposites."""
    rows = oracle.rows[np.abs(np.linalg.norm(oracle.rows.astype(np.float64), axis=1) - 1) < 1e-6]
    some = [rows_of("any", rng, 2, oracle.dim)]
    if len(rows):
        drawn = rows[rng.integers(0, len(rows), 2)]
        some += [drawn, -drawn[:1]]
    return np.concatenate(some)


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    dim=st.sampled_from(DIMS),
    sizes=st.sampled_from(SIZES),
    steps=STEPS,
    at_least=THRESHOLDS,
    limit=LIMITS,
)
def test_a_search_equals_brute_force_in_float64(
    workers: ThreadPoolExecutor,
    seed: int,
    dim: int,
    sizes: Sizes,
    steps: list[tuple[str, int, float]],
    at_least: float,
    limit: int,
) -> None:
    rng = np.random.default_rng(seed)
    oracle = Oracle(dim)
    index = Exact(dim, oracle.fetch, workers, sizes)
    following = 0
    for kind, count, forgotten in steps:
        numbers = following + np.cumsum(rng.integers(1, 4, count))
        following = int(numbers[-1])
        rows = rows_of(kind, rng, count, dim)
        index.add(numbers, rows)
        oracle.add(numbers, rows)
        gone = rng.permutation(oracle.numbers[rng.random(len(oracle.numbers)) < forgotten])
        index.remove(gone)
        oracle.remove(gone)
        assert len(index) == len(oracle.numbers)
        assert index.check()
        queries = queries_of(oracle, rng)
        together = index.search(queries, at_least=at_least, limit=limit)
        for query, hits in zip(queries, together, strict=True):
            assert [(hit.number, hit.cosine) for hit in hits] == oracle.search(query, at_least, limit)
            assert index.search(query[None], at_least=at_least, limit=limit) == [hits]


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    dim=st.sampled_from(DIMS),
    sizes=st.sampled_from(SIZES),
    kind=st.sampled_from(KINDS),
    limit=LIMITS,
)
def test_a_threshold_at_the_very_cosine_of_a_row_keeps_it(
    workers: ThreadPoolExecutor, seed: int, dim: int, sizes: Sizes, kind: str, limit: int
) -> None:
    rng = np.random.default_rng(seed)
    oracle = Oracle(dim)
    index = Exact(dim, oracle.fetch, workers, sizes)
    numbers, rows = np.arange(200), rows_of(kind, rng, 200, dim)
    index.add(numbers, rows)
    oracle.add(numbers, rows)
    query = rows_of("any", rng, 1, dim)[0]
    _, cosine = oracle.search(query, -1, 200)[int(rng.integers(0, 200))]
    for at_least in (cosine, float(np.nextafter(cosine, 2)), float(np.nextafter(cosine, -2))):
        (hits,) = index.search(query[None], at_least=at_least, limit=limit)
        assert [(hit.number, hit.cosine) for hit in hits] == oracle.search(query, at_least, limit)

"""What every index must do, whatever it is made of."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from recognizance.gallery.indexes.exact import Exact
from recognizance.values import Index, Numbers, Vectors

DIM = 16
Store = dict[int, np.ndarray]
Make = Callable[[Store], Index]


def fetching(store: Store, dim: int = DIM) -> Callable[[Numbers], tuple[Numbers, Vectors]]:
    def fetch(numbers: Numbers) -> tuple[Numbers, Vectors]:
        there = [number for number in numbers.tolist() if number in store]
        rows = np.array([store[number] for number in there], np.float32).reshape(-1, dim)
        return np.array(there, np.int64), rows

    return fetch


@pytest.fixture(params=["exact"])
def make(request: pytest.FixtureRequest) -> Iterator[Make]:
    assert request.param == "exact"
    with ThreadPoolExecutor(2) as workers:
        yield lambda store: Exact(DIM, fetching(store), workers)


def units(seed: int, count: int) -> Vectors:
    rows = np.random.default_rng(seed).standard_normal((count, DIM))
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def put(index: Index, store: Store, numbers: list[int], rows: Vectors) -> None:
    store.update(zip(numbers, rows, strict=True))
    index.add(np.array(numbers, np.int64), rows)


def found(index: Index, query: Vectors, at_least: float = -1.0, limit: int = 1000) -> list[int]:
    (hits,) = index.search(query[None], at_least=at_least, limit=limit)
    return [hit.number for hit in hits]


def test_an_empty_index_finds_nobody(make: Make) -> None:
    index = make({})
    assert len(index) == 0
    assert found(index, units(0, 1)[0]) == []


def test_what_was_added_is_found_best_first_with_its_cosine(make: Make) -> None:
    store: Store = {}
    index, rows = make(store), units(1, 50)
    put(index, store, list(range(1, 51)), rows)
    (hits,) = index.search(rows[6:7], at_least=0.0, limit=5)
    cosines = np.clip((rows.astype(np.float64) * rows[6].astype(np.float64)).sum(axis=1), -1, 1)
    best = np.argsort(-cosines)[:5]
    assert [hit.number for hit in hits] == [int(row) + 1 for row in best if cosines[row] >= 0]
    assert [hit.cosine for hit in hits] == pytest.approx([cosines[row] for row in best if cosines[row] >= 0], abs=1e-6)


def test_no_more_than_the_limit_and_nobody_below_the_threshold_is_returned(make: Make) -> None:
    store: Store = {}
    index, rows = make(store), units(2, 200)
    put(index, store, list(range(200)), rows)
    (few,) = index.search(rows[:1], at_least=-1.0, limit=7)
    (near,) = index.search(rows[:1], at_least=0.4, limit=1000)
    assert len(few) == 7
    assert near
    assert all(hit.cosine >= 0.4 for hit in near)
    assert index.search(rows[:1], at_least=-1.0, limit=0) == [[]]


def test_of_equal_vectors_the_lower_number_comes_first(make: Make) -> None:
    store: Store = {}
    index, row = make(store), units(3, 1)[0]
    put(index, store, [3, 5, 9, 12], np.stack([row] * 4))
    assert found(index, row, 0.9, 3) == [3, 5, 9]


def test_a_forgotten_face_is_not_found_again(make: Make) -> None:
    store: Store = {}
    index, rows = make(store), units(4, 30)
    put(index, store, list(range(30)), rows)
    del store[4]
    index.remove(np.array([4, 1000], np.int64))
    index.remove(np.array([4], np.int64))
    assert len(index) == 29
    assert 4 not in found(index, rows[4])
    put(index, {}, [4], rows[4:5])
    assert 4 not in found(index, rows[4])


def test_a_row_the_database_no_longer_has_is_no_hit(make: Make) -> None:
    store: Store = {}
    index, rows = make(store), units(5, 30)
    put(index, store, list(range(30)), rows)
    del store[7]
    assert sorted(found(index, rows[7])) == [number for number in range(30) if number != 7]


def test_adding_twice_leaves_one(make: Make) -> None:
    store: Store = {}
    index, rows = make(store), units(6, 20)
    put(index, store, list(range(10)), rows[:10])
    put(index, store, list(range(20)), rows)
    assert len(index) == 20
    assert sorted(found(index, rows[0])) == list(range(20))


def test_many_queries_are_answered_as_each_alone(make: Make) -> None:
    store: Store = {}
    index, rows = make(store), units(7, 400)
    put(index, store, list(range(400)), rows)
    together = index.search(rows[:150], at_least=0.2, limit=9)
    assert together == [index.search(row[None], at_least=0.2, limit=9)[0] for row in rows[:150]]
    assert index.search(rows[:0], at_least=0.2, limit=9) == []


@pytest.mark.parametrize("bad", [np.nan, np.inf, 0.0, 5.0])
def test_a_query_that_is_no_direction_is_refused(make: Make, bad: float) -> None:
    query = np.full((1, DIM), bad, np.float32)
    with pytest.raises(ValueError, match="length 1"):
        make({}).search(query, at_least=0.0, limit=1)


def test_a_query_of_other_dimensions_is_refused(make: Make) -> None:
    with pytest.raises(ValueError, match="shape"):
        make({}).search(np.ones((1, DIM + 1), np.float32), at_least=0.0, limit=1)


def test_what_cannot_be_added_is_refused_whole(make: Make) -> None:
    index, rows = make({}), units(8, 3)
    broken = rows.copy()
    broken[2, 1] = np.nan
    for numbers, vectors in (
        ([1, 2, 3], broken),
        ([1, 3, 2], rows),
        ([1, 1, 2], rows),
        ([1, 2], rows),
        ([1, 2, 3], rows[:, :5]),
    ):
        with pytest.raises(ValueError, match=r"finite|rise|as many|shape"):
            index.add(np.array(numbers, np.int64), np.ascontiguousarray(vectors))
    assert len(index) == 0

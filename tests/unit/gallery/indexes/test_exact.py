import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from recognizance.gallery.indexes.exact import Exact, Sizes, _query
from recognizance.gallery.indexes.ladder import NOTHING
from recognizance.values import Numbers, Vectors

DIM = 32


def units(seed: int, count: int, dim: int = DIM) -> Vectors:
    rows = np.random.default_rng(seed).standard_normal((count, dim))
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


class Kept:
    """Rows by number, and how often and how many at once were asked for."""

    def __init__(self, rows: Vectors) -> None:
        self.rows = rows
        self.asked = list[int]()

    def __call__(self, numbers: Numbers) -> tuple[Numbers, Vectors]:
        self.asked.append(len(numbers))
        return numbers, self.rows[numbers]


@pytest.fixture(scope="module")
def workers() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(2) as pool:
        yield pool


def filled(kept: Kept, workers: ThreadPoolExecutor, sizes: Sizes | None = None) -> Exact:
    index = Exact(kept.rows.shape[1], kept, workers, sizes or Sizes())
    index.add(np.arange(len(kept.rows)), kept.rows)
    return index


def memory(index: Exact) -> list[np.ndarray]:
    """Every byte the index has set aside for codes, used or not."""
    return [segment._codes for rung in index._rungs.values() for segment in rung.segments]


def test_a_search_compares_few_rows_in_full(workers: ThreadPoolExecutor) -> None:
    kept = Kept(units(0, 20_000))
    index = filled(kept, workers)
    (hits,) = index.search(units(1, 1), at_least=-1, limit=10)
    assert len(hits) == 10
    assert sum(kept.asked) < 200


@pytest.mark.parametrize("dim", [1, 2, 3, 32])
def test_no_row_is_outside_its_bound_and_some_come_near(workers: ThreadPoolExecutor, dim: int) -> None:
    kept = Kept(units(2, 60, dim))
    index = filled(kept, workers, Sizes(segment=1))  # so that each row has a bound of its own
    queries = units(3, 300, dim)
    nearest = 0.0
    for parts, query in zip(index._scanned([_query(row) for row in queries], 1, -1.0), queries, strict=True):
        for part in parts:
            true = (kept.rows[part.numbers].astype(np.float64) * query.astype(np.float64)).sum(axis=1)
            assert (np.abs(true - part.about) <= part.error).all()
            nearest = max(nearest, float((np.abs(true - part.about) / part.error).max()))
    assert nearest >= {1: 0.0, 2: 0.9, 3: 0.8, 32: 0.2}[dim]


def test_a_row_longer_than_1_is_clipped_before_it_is_held_against_the_threshold(workers: ThreadPoolExecutor) -> None:
    index = filled(Kept(np.array([[-1.4], [-1.0]], np.float32)), workers)
    (hits,) = index.search(np.ones((1, 1), np.float32), at_least=-1, limit=10)
    assert [(hit.number, hit.cosine) for hit in hits] == [(0, -1.0), (1, -1.0)]


def test_where_nobody_reaches_the_threshold_nothing_is_fetched(workers: ThreadPoolExecutor) -> None:
    kept = Kept(units(30, 5000))
    assert filled(kept, workers).search(units(31, 2), at_least=0.99, limit=10) == [[], []]
    assert kept.asked == []


def test_what_is_right_does_not_hang_on_what_others_deleted_first(workers: ThreadPoolExecutor) -> None:
    kept = Kept(units(19, 5000))
    query = units(20, 1)[0]
    order = np.argsort(-(kept.rows.astype(np.float64) * query.astype(np.float64)).sum(axis=1), kind="stable")
    deleted = set(order[:400].tolist())

    def fetch(numbers: Numbers) -> tuple[Numbers, Vectors]:
        there = np.array([number for number in numbers.tolist() if number not in deleted], np.int64)
        return there, kept.rows[there]

    for sizes in (Sizes(), Sizes(gone=0, spare=20), Sizes(scanned=0)):
        index = Exact(DIM, fetch, workers, sizes)
        index.add(np.arange(5000), kept.rows)
        (hits,) = index.search(query[None], at_least=-1, limit=10)
        assert [hit.number for hit in hits] == order[400:410].tolist()


def test_a_forgotten_row_is_overwritten_in_memory(workers: ThreadPoolExecutor) -> None:
    rows = units(4, 1000)
    rows[:, 0] = 0.9  # so that all stand on one rung
    kept = Kept(rows)
    index = filled(kept, workers)
    (before,) = memory(index)
    marked = before[500].copy()
    assert (before == marked).all(axis=1).any()
    index.remove(np.array([500]))
    assert (before[500] == NOTHING).all()
    assert not any((held == marked).all(axis=1).any() for held in memory(index))


def test_a_forgotten_row_is_not_found_even_while_the_database_has_it(workers: ThreadPoolExecutor) -> None:
    kept = Kept(units(21, 1000))
    for sizes in (Sizes(), Sizes(scanned=0)):
        index = filled(kept, workers, sizes)
        index.remove(np.arange(0, 100))
        (hits,) = index.search(kept.rows[50:51], at_least=-1, limit=1000)
        assert sorted(hit.number for hit in hits) == list(range(100, 1000))


def test_a_sweep_allows_for_the_rounding_of_single_precision(workers: ThreadPoolExecutor) -> None:
    kept = Kept(np.eye(7, dtype=np.float32))  # nothing is lost in the codes of these
    index = filled(kept, workers, Sizes(scanned=0))
    for query in units(22, 300, 7):
        for row in range(7):
            cosine = float(query[row].astype(np.float64))
            (hits,) = index.search(query[None], at_least=cosine, limit=7)
            assert row in [hit.number for hit in hits]


def test_a_segment_is_packed_and_the_rest_overwritten_when_a_quarter_is_gone(workers: ThreadPoolExecutor) -> None:
    rows = units(5, 1000)
    rows[:, 0] = 0.9
    index = filled(Kept(rows), workers)
    index.remove(np.arange(0, 600, 2))
    (held,) = memory(index)
    (segment,) = index._segments()
    assert segment.rows == segment.live == len(index) == 700
    assert (held[700:1000] == NOTHING).all()


def test_memory_that_is_given_up_holds_nobody(workers: ThreadPoolExecutor) -> None:
    rows = units(6, 300)
    rows[:, 0] = 0.9
    index = Exact(DIM, Kept(rows), workers)
    index.add(np.arange(60), rows[:60])
    (small,) = memory(index)
    index.add(np.arange(60, 300), rows[60:])
    assert (small == NOTHING).all()


def test_faces_that_come_and_go_do_not_leave_a_thousand_pieces(workers: ThreadPoolExecutor) -> None:
    rows = units(7, 6000)
    rows[:, 0] = 0.9
    index = Exact(DIM, Kept(rows), workers, Sizes(segment=100))
    for start in range(0, 6000, 50):
        index.add(np.arange(start, start + 50), rows[start : start + 50])
        index.remove(np.arange(max(0, start - 100), max(0, start - 51)))
    assert len(index) == 50 * 120 - 49 * 118
    assert len(list(index._segments())) < 6


def test_an_index_takes_a_byte_a_dimension_and_eight_a_row(workers: ThreadPoolExecutor) -> None:
    rows = units(8, 65_536, 128)
    index = filled(Kept(rows), workers)
    used = sum(segment.codes.nbytes + segment.numbers.nbytes for segment in index._segments())
    assert used == 65_536 * (128 + 8)


def test_searching_is_safe_while_another_thread_adds_and_removes(workers: ThreadPoolExecutor) -> None:
    rows = units(9, 12_000)
    kept = Kept(rows)
    index = Exact(DIM, kept, workers, Sizes(segment=500, share=20_000, piece=1000))
    index.add(np.arange(2000), rows[:2000])  # 0 to 999 stay; what comes later comes and goes
    stop, wrong = threading.Event(), list[str]()

    def search(seed: int) -> None:
        for query in units(seed, 10_000):
            if stop.is_set():
                return
            (hits,) = index.search(query[None], at_least=0.3, limit=5000)
            true = (rows[:1000].astype(np.float64) * query.astype(np.float64)).sum(axis=1)
            stay = [hit.number for hit in hits if hit.number < 1000]
            right = [int(row) for row in np.argsort(-true) if true[row] >= 0.3]
            if stay != right:
                wrong.append(f"{stay} is not {right}")

    threads = [threading.Thread(target=search, args=(seed,)) for seed in (1, 2)]
    for thread in threads:
        thread.start()
    for start in range(2000, 12_000, 200):
        index.add(np.arange(start, start + 200), rows[start : start + 200])
        index.remove(np.arange(start - 1000, start - 800))
    stop.set()
    for thread in threads:
        thread.join(20)
    assert wrong == []
    assert len(index) == 2000


def test_a_search_made_by_one_of_the_workers_ends(workers: ThreadPoolExecutor) -> None:
    index = filled(Kept(units(10, 4000)), workers, Sizes(share=100, piece=100))
    searches = [workers.submit(index.search, row[None], at_least=-1, limit=3) for row in units(11, 16)]
    assert all(len(search.result(timeout=20)[0]) == 3 for search in searches)


def test_an_index_agrees_with_the_rows_it_was_made_of_and_with_no_others(workers: ThreadPoolExecutor) -> None:
    kept = Kept(units(12, 1000))
    index = filled(kept, workers)
    assert index.check()
    kept.rows = kept.rows.copy()
    kept.rows[990] = units(13, 1)[0]
    assert not index.check()
    kept.rows = units(14, 1000)
    assert not index.check()


def test_an_index_whose_rows_are_all_gone_does_not_agree(workers: ThreadPoolExecutor) -> None:
    rows = units(15, 10)
    nobody = np.empty(0, np.int64), np.empty((0, DIM), np.float32)
    index = Exact(DIM, lambda numbers: nobody, workers)
    assert index.check()
    index.add(np.arange(10), rows)
    assert not index.check()


def test_of_more_rows_alike_than_a_scan_brings_the_lowest_numbers_are_found_in_bounded_fetches(
    workers: ThreadPoolExecutor,
) -> None:
    kept = Kept(np.repeat(units(16, 1), 40_000, axis=0))
    index = filled(kept, workers, Sizes(scanned=1000))
    (hits,) = index.search(kept.rows[:1], at_least=0.5, limit=10)
    assert [hit.number for hit in hits] == list(range(10))
    assert sum(kept.asked) >= 40_000
    assert max(kept.asked) <= Sizes().fetched


def test_a_threshold_that_is_no_number_is_refused(workers: ThreadPoolExecutor) -> None:
    with pytest.raises(ValueError, match="not a number"):
        filled(Kept(units(17, 5)), workers).search(units(18, 1), at_least=float("nan"), limit=1)


def test_vectors_of_no_dimensions_are_refused(workers: ThreadPoolExecutor) -> None:
    with pytest.raises(ValueError, match="at least one dimension"):
        Exact(0, Kept(np.empty((0, 0), np.float32)), workers)

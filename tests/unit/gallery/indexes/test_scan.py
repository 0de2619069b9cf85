import numpy as np
import pytest

from recognizance.gallery.indexes.scan import Scanner


@pytest.mark.parametrize("dim", [1, 2, 3, 7, 8, 16, 31, 32, 33, 48, 64, 96, 100, 128, 256, 512, 1000])
def test_the_best_rows_of_each_query_are_found_with_their_sums(dim: int) -> None:
    rng = np.random.default_rng(dim)
    held = rng.integers(-127, 128, (3000, dim))
    queries = rng.integers(-127, 128, (3, dim))
    sums, rows = Scanner(dim).best((held + 128).astype(np.uint8), queries.astype(np.float32), 20)
    true = queries @ held.T
    for query in range(3):
        assert len(set(rows[query].tolist())) == 20
        assert sums[query] == pytest.approx(true[query][rows[query]], abs=1e-4 * dim)
        assert np.sort(sums[query])[::-1] == pytest.approx(np.sort(true[query])[::-1][:20], abs=1e-4 * dim)


def test_a_batch_that_needs_several_blocks_gives_what_each_query_gives_alone() -> None:
    rng = np.random.default_rng(0)
    held = rng.integers(1, 256, (9000, 512), dtype=np.uint8)
    queries = rng.integers(-127, 128, (4, 512)).astype(np.float32)
    scanner = Scanner(512)
    sums, rows = scanner.best(held, queries, 5)
    for query in range(4):
        alone, of = scanner.best(held, queries[query : query + 1], 5)
        assert set(zip(sums[query], rows[query], strict=True)) == set(zip(alone[0], of[0], strict=True))

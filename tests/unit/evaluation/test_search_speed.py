import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import psycopg
import pytest
from tests import postgresql

from recognizance.evaluation import search_speed
from recognizance.evaluation.search_speed import LeftOut, Plan, Search
from recognizance.values import Numbers, Vectors

SMALL = Plan(faces=3000, dim=32, queries=6, checked=20, limit=5, threads=(1, 2))


def test_a_run_gives_every_figure_and_leaves_no_file(tmp_path: Path) -> None:
    said = list[str]()

    @contextmanager
    def missing(rows: Vectors, threads: int) -> Iterator[Search]:
        raise LeftOut("it is not installed")
        yield

    plan = Plan(**{**{name: getattr(SMALL, name) for name in Plan.__slots__}, "folder": tmp_path})
    figures = search_speed.measure(plan, {"flat": search_speed.flat, "other": missing}, said.append)
    assert json.loads(json.dumps(figures)) == figures
    assert figures["checked"] == {"queries": 20, "equal": 20, "equal_in_batches": 20}
    assert figures["index"]["bytes"] == 3000 * 40
    assert [run["threads"] for run in figures["runs"]] == [1, 2]
    for run in figures["runs"]:
        assert run["index"]["p50_ms"] > 0
        assert run["memory"]["gigabytes_a_second"] > 0
        assert run["peers"]["flat"]["times_as_long_as_index"] > 0
        assert run["peers"]["other"] == {"left_out": "it is not installed"}
    assert said
    assert list(tmp_path.iterdir()) == []


def test_rows_and_queries_are_of_length_1_and_the_same_each_time(tmp_path: Path) -> None:
    rows = [search_speed.drawn(SMALL, tmp_path / name) for name in ("one", "two")]
    queries = [search_speed.asked(SMALL, each, 7) for each in rows]
    assert np.array_equal(*rows)
    assert np.array_equal(*queries)
    assert np.linalg.norm(rows[0], axis=1) == pytest.approx(np.ones(3000), abs=1e-6)
    assert np.linalg.norm(queries[0], axis=1) == pytest.approx(np.ones(7), abs=1e-6)


def test_brute_force_ranks_by_cosine_and_then_by_number() -> None:
    rng = np.random.default_rng(0)
    rows = rng.standard_normal((20_000, 8)).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    rows[15_000:15_010] = rows[3]
    cosines = np.clip((rows.astype(np.float64) * rows[3].astype(np.float64)).sum(axis=1), -1, 1)
    right = np.lexsort((np.arange(20_000), -cosines))[:8]
    (hits,) = search_speed.brute_force(rows, rows[3:4], 8)
    assert [hit.number for hit in hits] == right.tolist()
    assert [hit.cosine for hit in hits] == cosines[right].tolist()


@pytest.mark.parametrize("name", search_speed.PEERS)
def test_each_engine_finds_the_nearest_row(name: str) -> None:
    rows = np.eye(40, 16, dtype=np.float32)
    rows[16:] = -rows[3]
    try:
        with search_speed.PEERS[name](rows, 1) as search:
            found: Numbers = search(rows[3:4], limit=1)
    except LeftOut as why:
        pytest.skip(str(why))
    assert found.tolist() == [3]


def test_pgvector_finds_the_nearest_rows_and_leaves_no_table() -> None:
    rows = np.random.default_rng(3).standard_normal((500, 24)).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    with postgresql.server().database(empty=True) as url:
        if not _has_pgvector(url):
            pytest.skip("this PostgreSQL has no pgvector")
        for threads in (1, 2):
            with search_speed.pgvector(url)(rows, threads) as search:
                found = search(rows[7:8], limit=5)
            assert found.tolist() == np.argsort(-(rows @ rows[7]), kind="stable")[:5].tolist()
        with psycopg.connect(url) as connection:
            tables = connection.execute("SELECT relname FROM pg_class WHERE relname LIKE 'search_speed%'").fetchall()
        assert tables == []


def test_pgvector_is_left_out_in_a_sentence_where_it_cannot_be_reached() -> None:
    rows = np.eye(4, dtype=np.float32)
    with (
        pytest.raises(LeftOut, match="its database cannot be reached"),
        search_speed.pgvector("postgresql://nobody@127.0.0.1:1/none")(rows, 1),
    ):
        pass


def _has_pgvector(url: str) -> bool:
    with psycopg.connect(url) as connection:
        asked = "SELECT count(*) FROM pg_available_extensions WHERE name = 'vector'"
        return bool(connection.execute(asked).fetchone()[0])


def test_an_engine_that_would_not_fit_is_left_out() -> None:
    endless = np.broadcast_to(np.float32(1), (10**12, 16))
    if search_speed._free_memory() is None:
        pytest.skip("this system does not say how much memory is free")
    with pytest.raises(LeftOut, match="GB of memory"):
        search_speed.flat(endless, 1).__enter__()

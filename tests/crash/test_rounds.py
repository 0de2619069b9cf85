"""A dozen rounds of kill -9; `python tools/crash_rounds.py` runs as many as one likes."""

import pytest
from tests import postgresql
from tools.crash_rounds import crash


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_nothing_acknowledged_is_lost_and_nothing_deleted_is_found(engine, nest, tmp_path):
    rounds = {"sqlite": 8, "postgresql": 4}[engine]
    if engine == "sqlite":
        report = crash(rounds, nest=nest, seed=20261123, folder=tmp_path)
    else:
        with postgresql.server().database() as url:
            report = crash(rounds, nest=nest, seed=20261123, folder=tmp_path, database=url)
    assert report.failures == []
    assert report.rounds == rounds
    assert sum(report.done.values()) > rounds

"""Some hundred requests about collections; `python tools/fuzz_collections.py` sends as many as one likes."""

import logging

import pytest
from tests import postgresql
from tools.fuzz_collections import fuzz


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_whatever_is_asked_of_collections_is_answered_or_refused_and_nothing_breaks(engine, tmp_path, caplog):
    caplog.set_level(logging.CRITICAL)
    if engine == "sqlite":
        report = fuzz(250, seed=20261123, limit=20, folder=tmp_path)
    else:
        with postgresql.server().database() as url:
            report = fuzz(250, seed=20261124, limit=20, folder=tmp_path, database=url)
    assert report.failures == []
    assert {"ResourceNotFoundException", "ValidationException", "IndexFaces answered"} <= set(report.codes)

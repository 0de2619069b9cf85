"""What the tests of what may go wrong share: a database in a file, threads that scan, servers that can be killed."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest
from tests.crash import servers
from tests.crash.rows import made

from recognizance.database import open_database


@pytest.fixture
def file(tmp_path):
    """The file of the database."""
    return tmp_path / "a.db"


@pytest.fixture
def database(file, new_database):
    with closing(open_database(new_database(file))) as opened:
        yield opened


@pytest.fixture
def workers():
    with ThreadPoolExecutor(1) as pool:
        yield pool


@pytest.fixture
def collection(database):
    return made(database)


@pytest.fixture(scope="session")
def nest():
    """What starts real servers in no time."""
    return servers.nest()

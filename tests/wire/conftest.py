"""What the wire's tests share: an echoing service, its endpoint, a server on a socket."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from tests.client import line
from tests.wire.echo import Echo, app_for
from tests.wire.serving import serving

from recognizance.wire import Endpoint


@pytest.fixture
def service() -> Echo:
    return Echo()


@pytest.fixture
def app(service) -> Iterator[Endpoint]:
    made = app_for(service)
    yield made
    made.close()


@pytest.fixture
def rekognition(app):
    made, client = line()
    made.server = app
    return client


@pytest.fixture
def serve() -> Iterator[Callable[[Endpoint], str]]:
    """Serve an endpoint on a free port of this machine until the test ends, and return its address."""
    with ExitStack() as stack:
        yield lambda app: stack.enter_context(serving(app))

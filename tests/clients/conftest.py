"""Other people's clients against a server on a socket: one that asks the wire's echo, and a whole one."""

import pytest
from tests.wire.echo import Echo, app_for
from tests.wire.serving import serving


@pytest.fixture
def service() -> Echo:
    return Echo(
        lambda name, request: {
            "ListCollections": {"CollectionIds": ["staff", "été"], "FaceModelVersions": ["1.0", "1.0"]},
            "CompareFaces": {"FaceMatches": [{"Similarity": 99.5}], "UnmatchedFaces": []},
        }.get(name, {})
    )


@pytest.fixture
def address(service):
    with serving(app_for(service)) as where:
        yield where


@pytest.fixture
def whole(server):
    """The address of a whole server on the tiny models, with nobody enrolled."""
    with serving(server) as where:
        yield where

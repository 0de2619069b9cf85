"""What the tests of collections share: enrolled people, clients of every kind, the model's word on answers."""

from __future__ import annotations

import functools
import shutil
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
import regex
from botocore.exceptions import ClientError
from tests.client import line as plain_line
from tests.conftest import KEY, settings_of
from tests.pictures import ANNA, BRUNO, EMMA, EMMAS_SISTER, Sitter, people

from recognizance import app, private
from recognizance.values import Key

GHOST = "ffffffff-ffff-4fff-bfff-ffffffffffff"  # a face id that nobody has


def refusal(ask, **request):
    """Return code and message of the error that a call ends in; a modelled one has status 400."""
    with pytest.raises(ClientError) as raised:
        ask(**request)
    error, status = (raised.value.response[part] for part in ("Error", "ResponseMetadata"))
    assert status["HTTPStatusCode"] == (501 if error["Code"] == "NotImplementedException" else 400)
    return error["Code"], error["Message"]


def code(ask, **request):
    return refusal(ask, **request)[0]


def codes(ask, requests):
    """Return the code that each of some requests ends in, by what it is called."""
    return {name: code(ask, **request) for name, request in requests.items()}


def body(answer):
    """Return an answer without what botocore adds."""
    return {name: value for name, value in answer.items() if name != "ResponseMetadata"}


def paged(ask, **request):
    """Return every page of a listing, asked for by hand."""
    pages = [ask(**request)]
    while "NextToken" in pages[-1]:
        pages.append(ask(**request | {"NextToken": pages[-1]["NextToken"]}))
    return pages


def at_once(*acts):
    """Run functions in a thread each, all begun together, and return what each gave or the error it raised."""
    start = threading.Barrier(len(acts))

    def run(act):
        start.wait(timeout=10)
        try:
            return act()
        except ClientError as error:
            return error.response["Error"]["Code"]

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


@dataclass
class Time:
    """A clock that a test sets."""

    at: datetime = field(default_factory=lambda: datetime.now(UTC))

    def __call__(self):
        return self.at

    def passes(self, **much):
        self.at += timedelta(**much)


@pytest.fixture
def time():
    return Time()


@pytest.fixture
def parts(given, time, new_database, request):
    if "team" in request.fixturenames:
        shutil.copytree(request.getfixturevalue("enrolled_team")[0], given.data)
    else:
        private.folder(given.data)
        new_database(given.database_file)
    with app.build(given, now=time) as built:
        yield built


@functools.cache
def line(access_key, secret, region, service):
    """Return a line and the client at its end, which holds every answer against its shape."""
    made, client = plain_line(service=service, access_key=access_key, secret=secret, region=region)
    client.meta.events.register("after-call.rekognition.*", check)
    return made, client


@pytest.fixture
def client_of(server, parts, given, key):
    """What gives a client of the server: of another region or another account, as asked."""
    servers = {key: server}

    def connect(*, region="eu-west-3", account=None, service="rekognition"):
        holder = key if account is None else Key(f"AKID{account}0000", "s" * 40, account, roles=key.roles)
        if holder not in servers:
            servers[holder] = app.endpoint(parts, holder, given)
        made, client = line(holder.access_key_id, holder.secret, region, service)
        made.server = servers[holder]
        return client

    yield connect
    for one in servers.values():
        one.close()


@pytest.fixture
def rekognition(client_of):
    return client_of()


@pytest.fixture
def house(client_of):
    return client_of(service="recognizance")


@pytest.fixture
def stranger(client_of):
    """A client of another account."""
    return client_of(account="111111111111")


@pytest.fixture
def staff(rekognition, request):
    """The name of a collection that is empty, but for the team."""
    if "team" not in request.fixturenames:
        rekognition.create_collection(CollectionId="staff")
    return "staff"


def index(client, *sitters, into="staff", **how):
    """Index people, however small, and return their FaceIds."""
    request = {"CollectionId": into, "Image": {"Bytes": people(*sitters)}, "QualityFilter": "NONE"}
    answer = client.index_faces(**request | how)
    return [one["Face"]["FaceId"] for one in answer["FaceRecords"]]


@pytest.fixture
def enrol(rekognition, staff):
    """What indexes people, however small, and returns their FaceIds."""
    return functools.partial(index, rekognition)


@dataclass(frozen=True)
class Team:
    """FaceIds of those who are enrolled in `staff`: Emma, another picture of her, her sister, Anna and Bruno."""

    emma: str
    emma_again: str
    sister: str
    anna: str
    bruno: str

    @property
    def all(self):
        return {self.emma, self.emma_again, self.sister, self.anna, self.bruno}


@pytest.fixture(scope="session")
def enrolled_team(tiny, tmp_path_factory):
    """The data folder of a server that was stopped, and the team, in `staff`: copying is quicker than enrolling."""
    given = settings_of(tiny, tmp_path_factory.mktemp("team") / "data")
    with app.build(given) as parts, closing(app.endpoint(parts, KEY, given)) as server:
        made, client = plain_line(access_key=KEY.access_key_id, secret=KEY.secret)
        made.server = server
        client.create_collection(CollectionId="staff")
        sitters = (EMMA, Sitter(EMMA, take=1), EMMAS_SISTER, ANNA, BRUNO)
        return given.data, Team(*(face for sitter in sitters for face in index(client, sitter)))


@pytest.fixture
def team(enrolled_team):
    return enrolled_team[1]


@pytest.fixture
def users(rekognition, staff):
    """What makes users, each with faces."""

    def make(**faces):
        for name, ids in faces.items():
            rekognition.create_user(CollectionId=staff, UserId=name)
            if ids:
                rekognition.associate_faces(CollectionId=staff, UserId=name, FaceIds=ids, UserMatchThreshold=0)

    return make


# What botocore leaves unchecked: that an answer fits its shape in the service model


def check(model, parsed, http_response, **_):
    if http_response.status_code == 200:
        assert not list(misfits(body(parsed), model.output_shape, model.name))


def misfits(value, shape, path):
    match shape.type_name:
        case "structure":
            for name, one in value.items():
                yield from misfits(one, shape.members[name], f"{path}.{name}")
        case "list":
            for place, one in enumerate(value):
                yield from misfits(one, shape.member, f"{path}[{place}]")
        case "map":
            for name, one in value.items():
                yield from misfits(name, shape.key, path)
                yield from misfits(one, shape.value, f"{path}.{name}")
        case "string":
            if shape.enum and value not in shape.enum:
                yield f"{path} is {value}"
            pattern = shape.metadata.get("pattern")
            if pattern and not regex.fullmatch(pattern, value):
                yield f"{path} is {value}"
        case "float" | "double" | "integer" | "long":
            if isinstance(value, bool) or not isinstance(value, int | float):
                yield f"{path} is {value}"
        case "timestamp":
            if not isinstance(value, datetime):
                yield f"{path} is {value}"
    size = value if isinstance(value, int | float) else len(value) if hasattr(value, "__len__") else None
    most, least = shape.metadata.get("max"), shape.metadata.get("min")
    if size is not None and most is not None and size > most:
        yield f"{path} is over {most}"
    if isinstance(value, str | int | float) and least is not None and size < least:  # an empty list may be present
        yield f"{path} is under {least}"

"""Several real server processes over one database: what one is told, every other knows at the very next question."""

import random
import shutil
import threading
from contextlib import suppress

import pytest
from botocore.exceptions import BotoCoreError, ClientError
from tests import postgresql
from tests.crash import servers as servers_of
from tests.crash.servers import EAGER
from tests.operations.conftest import at_once
from tests.pictures import Sitter, people

THREADS, TURNS, SERVERS = 4, 8, 3


@pytest.fixture(scope="module")
def nest():
    return servers_of.nest()


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def servers(request, nest, tmp_path_factory):
    """Three servers: over one SQLite file in one data folder, or over one PostgreSQL with the keys in common."""
    folder = tmp_path_factory.mktemp(request.param)
    if request.param == "sqlite":
        made = [nest.server(folder / "data", patches=EAGER, threads=1) for _ in range(SERVERS)]
        yield started(made)
    else:
        with postgresql.server().database() as url:
            made = [nest.server(folder / f"data-{one}", database=url, patches=EAGER) for one in range(SERVERS)]
            made[0].start()
            for one in made[1:]:
                shutil.copytree(made[0].data / "keys", one.data / "keys")
            yield started(made)
            for one in made:
                one.kill()
    for one in made:
        assert "Traceback" not in one.said()
        assert "status=500" not in one.said()
        one.kill()


def started(servers):
    for one in servers:
        if not one.alive:
            one.start(wait=False)
    for one in servers:
        one.ready()
    return servers


@pytest.fixture(scope="module")
def clients(servers):
    made = [one.client(connections=2 * THREADS) for one in servers]
    yield made
    for one in made:
        one.close()


@pytest.fixture
def staff(clients, request):
    """The name of a collection that is empty."""
    name = f"staff-{random.getrandbits(60)}"
    clients[0].create_collection(CollectionId=name)
    return name


def enrol(client, name, who, **how):
    answer = client.index_faces(CollectionId=name, Image={"Bytes": people(Sitter(who, 8))}, QualityFilter="NONE", **how)
    (record,) = answer["FaceRecords"]
    return record["Face"]["FaceId"]


def found(client, name, who):
    """Return who is found by a picture: everybody, the most similar first."""
    answer = client.search_faces_by_image(
        CollectionId=name, Image={"Bytes": people(Sitter(who, 8))}, FaceMatchThreshold=0, MaxFaces=4096
    )
    return [match["Face"]["FaceId"] for match in answer["FaceMatches"]]


def users_found(client, name, who):
    answer = client.search_users_by_image(
        CollectionId=name, Image={"Bytes": people(Sitter(who, 8))}, UserMatchThreshold=0, MaxUsers=500
    )
    return [match["User"]["UserId"] for match in answer["UserMatches"]]


def outcomes(*asks):
    return sorted(map(str, at_once(*asks)))


def status(answer):
    return answer["ResponseMetadata"]["HTTPStatusCode"]


def test_what_goes_through_one_is_seen_through_every_other_at_the_next_question(clients, staff):
    wrong = []

    def live(thread):
        chance = random.Random(thread)

        def elsewhere(*besides):
            return chance.choice([one for one in clients if one not in besides])

        for turn in range(TURNS):
            who = 1000 + THREADS * turn + thread
            here = chance.choice(clients)
            face = enrol(here, staff, who)
            there = elsewhere(here)
            if face not in found(there, staff, who):
                wrong.append(("not found", who))
            if status(there.search_faces(CollectionId=staff, FaceId=face)) != 200:
                wrong.append(("not known", who))
            here = chance.choice(clients)
            here.create_user(CollectionId=staff, UserId=f"u{who}")
            there = elsewhere(here)
            there.associate_faces(CollectionId=staff, UserId=f"u{who}", FaceIds=[face])
            if f"u{who}" not in users_found(elsewhere(there), staff, who):
                wrong.append(("user not found", who))
            here = chance.choice(clients)
            if chance.random() < 0.6:
                here.delete_user(CollectionId=staff, UserId=f"u{who}")
                if f"u{who}" in users_found(elsewhere(here), staff, who):
                    wrong.append(("user found", who))
                here = chance.choice(clients)
                here.delete_faces(CollectionId=staff, FaceIds=[face])
                if face in found(elsewhere(here), staff, who):
                    wrong.append(("found", who))

    at_once(*(lambda thread=thread: live(thread) for thread in range(THREADS)))
    assert wrong == []
    one, *others = (
        (
            set(found(client, staff, 1000)),
            set(users_found(client, staff, 1000)),
            [face["FaceId"] for face in client.list_faces(CollectionId=staff)["Faces"]],
            client.describe_collection(CollectionId=staff)["FaceCount"],
        )
        for client in clients
    )
    assert set(one[2]) == one[0]
    assert len(one[2]) == one[3]
    assert others == [one] * (SERVERS - 1)


def test_of_those_who_make_one_collection_through_several_exactly_one_does(clients, staff):
    for turn in range(8):
        name = f"{staff}-{turn}"
        told = outcomes(*[lambda c=c, n=name: status(c.create_collection(CollectionId=n)) for c in clients])
        assert told == ["200", *["ResourceAlreadyExistsException"] * (SERVERS - 1)]
        told = outcomes(*[lambda c=c, n=name: status(c.delete_collection(CollectionId=n)) for c in clients])
        assert told == ["200", *["ResourceNotFoundException"] * (SERVERS - 1)]


def test_a_picture_sent_through_several_at_once_is_enrolled_once(clients, staff):
    for who in range(6):
        faces = at_once(*[lambda c=c, who=who: enrol(c, staff, who, ExternalImageId="a") for c in clients])
        assert len(set(faces)) == 1
        assert found(clients[who % SERVERS], staff, who)[0] == faces[0]
    assert clients[0].describe_collection(CollectionId=staff)["FaceCount"] == 6


def test_a_request_under_one_token_through_several_at_once_is_done_once_and_answered_alike(clients, staff):
    for turn in range(6):
        request = {"CollectionId": staff, "UserId": f"u{turn}", "ClientRequestToken": f"{staff}-{turn}"}
        assert at_once(*[lambda c=c, r=request: status(c.create_user(**r)) for c in clients]) == [200] * SERVERS
    assert clients[0].describe_collection(CollectionId=staff)["UserCount"] == 6


def test_a_token_used_for_several_collections_at_once_is_good_for_one(clients, staff):
    names = [f"{staff}-{one}" for one in range(SERVERS)]
    for client, name in zip(clients, names, strict=True):
        client.create_collection(CollectionId=name)
    for turn in range(8):
        request = {"UserId": f"u{turn}", "ClientRequestToken": f"{staff}-{turn}"}
        told = outcomes(
            *[
                lambda c=c, n=n, r=request: status(c.create_user(CollectionId=n, **r))
                for c, n in zip(clients, names, strict=True)
            ]
        )
        assert told == ["200", *["IdempotentParameterMismatchException"] * (SERVERS - 1)]


def test_a_collection_deleted_through_one_is_right_or_gone_for_those_who_search_through_others(clients, staff):
    for turn in range(6):
        name = f"{staff}-{turn}"
        clients[turn % SERVERS].create_collection(CollectionId=name)
        faces = {enrol(clients[0], name, who) for who in range(5)}
        start = threading.Barrier(SERVERS)

        def search(client, name=name, faces=faces, start=start):
            start.wait(10)
            while True:
                try:
                    assert set(found(client, name, 2)) == faces
                except client.exceptions.ResourceNotFoundException:
                    return "gone"

        def delete(client, name=name, start=start):
            start.wait(10)
            return status(client.delete_collection(CollectionId=name))

        one, *others = clients[turn % SERVERS :] + clients[: turn % SERVERS]
        acts = [lambda c=c, act=search: act(c) for c in others]
        assert at_once(lambda one=one, act=delete: act(one), *acts) == [200, *["gone"] * (SERVERS - 1)]


def test_faces_that_come_and_go_through_one_never_break_a_search_through_another(clients, staff):
    lasting = enrol(clients[0], staff, 5)
    ended = threading.Event()

    def come_and_go(client, who):
        for _ in range(12):
            client.delete_faces(CollectionId=staff, FaceIds=[enrol(client, staff, who)])

    def search(client):
        while not ended.is_set():
            assert found(client, staff, 5)[0] == lasting

    with_end = [lambda c=c, who=who: come_and_go(c, who) for who, c in enumerate(clients[1:], 10)]
    searching = [threading.Thread(target=search, args=(client,)) for client in clients]
    for thread in searching:
        thread.start()
    at_once(*with_end)
    ended.set()
    for thread in searching:
        thread.join(30)
    assert found(clients[1], staff, 5) == [lasting]


def test_page_tokens_of_one_are_good_at_another(clients, staff):
    faces = sorted(enrol(clients[who % SERVERS], staff, who) for who in range(5))
    listed, token = [], {}
    for turn in range(5):
        page = clients[turn % SERVERS].list_faces(CollectionId=staff, MaxResults=1, **token)
        listed += [face["FaceId"] for face in page["Faces"]]
        token = {"NextToken": page["NextToken"]}
    assert listed == faces


def test_one_that_is_killed_takes_nothing_with_it(servers, clients, staff):
    """The last test of the module: the third server dies in it, and comes back."""
    kept, wrong = {}, []
    killed = threading.Event()

    def live(thread):
        chance = random.Random(thread)
        for turn in range(TURNS):
            who = 2000 + THREADS * turn + thread
            if thread == 0 and turn == TURNS // 2:
                servers[2].kill()
                killed.set()
            with suppress(BotoCoreError):
                kept[who] = enrol(chance.choice(clients[: 2 if killed.is_set() else 3]), staff, who)
                if kept[who] not in found(chance.choice(clients[:2]), staff, who):
                    wrong.append(who)
                if chance.random() < 0.3:
                    face = kept.pop(who)
                    clients[0].delete_faces(CollectionId=staff, FaceIds=[face])
                    if face in found(clients[1], staff, who):
                        wrong.append(who)

    at_once(*(lambda thread=thread: live(thread) for thread in range(THREADS)))
    servers[2].start()
    assert wrong == []
    listed = {face["FaceId"] for face in clients[0].list_faces(CollectionId=staff)["Faces"]}
    assert listed >= set(kept.values())
    assert len(listed) - len(kept) <= THREADS  # what was in work when it died is there or not
    for client in clients:
        assert set(found(client, staff, 2000)) == listed
        assert client.describe_collection(CollectionId=staff)["FaceCount"] == len(listed)


def test_of_several_that_start_at_once_all_serve(nest, tmp_path):
    made = [nest.server(tmp_path / "data") for _ in range(3)]
    try:
        started(made)
        clients = [one.client() for one in made]
        clients[0].create_collection(CollectionId="staff")
        assert [client.list_collections()["CollectionIds"] for client in clients] == [["staff"]] * 3
        for client in clients:
            client.close()
    finally:
        for one in made:
            one.kill()


def test_a_client_error_is_no_server_error(clients):
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        clients[0].describe_collection(CollectionId="ghost")

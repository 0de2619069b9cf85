"""Two real server processes over one database: what one stops, ends or allows, the other knows within a second."""

import shutil
import time

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from tests import postgresql
from tests.crash import servers as servers_of
from tests.operations.conftest import at_once

WITHIN = 1.0  # seconds


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def servers(request, tmp_path_factory):
    """Two servers over one database; their data folders have the keys in common."""
    nest, folder = servers_of.nest(), tmp_path_factory.mktemp(request.param)
    if request.param == "sqlite":
        made = [nest.server(folder / "data") for _ in range(2)]
        yield _started(made)
    else:
        with postgresql.server().database() as url:
            made = [nest.server(folder / f"data-{one}", database=url) for one in range(2)]
            made[0].start()
            shutil.copytree(made[0].data / "keys", made[1].data / "keys")
            yield _started(made)
            for one in made:
                one.kill()
    for one in made:
        assert "Traceback" not in one.said()
        assert "status=500" not in one.said()
        one.kill()


def _started(servers):
    for one in servers:
        if not one.alive:
            one.start()
    return servers


@pytest.fixture(scope="module")
def houses(servers):
    made = [one.client(service="recognizance") for one in servers]
    yield made
    for one in made:
        one.close()


@pytest.fixture(scope="module")
def clients(servers):
    made = [one.client() for one in servers]
    yield made
    for one in made:
        one.close()


def client(server, made):
    """Return a client with a key or a session that was made."""
    return boto3.client(
        "rekognition",
        endpoint_url=server.address,
        region_name=servers_of.REGION,
        aws_access_key_id=made["AccessKeyId"],
        aws_secret_access_key=made["SecretAccessKey"],
        aws_session_token=made.get("SessionToken"),
        config=Config(retries={"total_max_attempts": 1}, proxies={}),
    )


def outcome(client):
    try:
        client.list_collections()
    except ClientError as error:
        return error.response["Error"]["Code"]
    return "answered"


def until(client, expected, before):
    """Return how many seconds it takes until the outcome is what is expected, and nothing but it and `before` comes."""
    begun = time.monotonic()
    while (found := outcome(client)) != expected:
        assert found == before
        assert time.monotonic() - begun < WITHIN
    return time.monotonic() - begun


def test_what_one_suspends_the_other_refuses_within_a_second_and_resumes_as_soon(houses, clients):
    for turn in range(6):
        here, there = turn % 2, 1 - turn % 2
        assert outcome(clients[there]) == "answered"
        name = houses[here].suspend(All=True, Why="An inspection")["Suspension"]["SuspensionId"]
        assert outcome(clients[here]) == "AccessDeniedException"  # at once, where it was done
        until(clients[there], "AccessDeniedException", "answered")
        houses[here].resume(SuspensionId=name, Why="over")
        assert outcome(clients[here]) == "answered"
        until(clients[there], "answered", "AccessDeniedException")


def test_a_key_that_one_makes_the_other_knows_and_what_one_revokes_ends_at_the_other(servers, houses):
    for turn in range(4):
        here, there = turn % 2, 1 - turn % 2
        made = houses[here].create_key(Name="a", Roles=["user"])
        key = client(servers[there], made)
        assert outcome(key) == "answered"
        session = client(servers[there], _session(servers[here], made))
        assert outcome(session) == "answered"
        houses[here].revoke_key(AccessKeyId=made["AccessKeyId"], Why="a test")
        assert outcome(client(servers[here], made)) == "UnrecognizedClientException"
        until(key, "UnrecognizedClientException", "answered")
        assert outcome(session) == "UnrecognizedClientException"


def _session(server, made):
    holder = server.client(service="recognizance")
    holder._request_signer._credentials = boto3.Session(made["AccessKeyId"], made["SecretAccessKey"]).get_credentials()
    return holder.create_session(DurationSeconds=600)


def test_of_rotations_through_both_at_once_one_is_done(houses):
    for _ in range(4):
        made = houses[0].create_key(Name="a", Roles=["user"])
        rotate = {"AccessKeyId": made["AccessKeyId"], "OverlapSeconds": 60}
        told = at_once(*[lambda house=house, ask=rotate: house.rotate_key(**ask)["AccessKeyId"] for house in houses])
        assert told.count("ConflictException") == 1


def test_of_decisions_through_both_at_once_one_is_taken(servers, houses):
    judges = []
    for server, house, person in zip(servers, houses, ("Judith Hale", "Matthew Hale"), strict=True):
        made = house.create_key(Name="judge", Roles=["governor"], Person=person)
        judge = server.client(service="recognizance")
        judge._request_signer._credentials = boto3.Session(
            made["AccessKeyId"], made["SecretAccessKey"]
        ).get_credentials()
        judges.append(judge)
    for _ in range(4):
        opened = houses[0].open_authorisation(Case="A", Basis="b", Authority="c")["Authorisation"]
        asks = [
            lambda judge=judge, word=word, name=opened["AuthorisationId"]: judge.decide_authorisation(
                AuthorisationId=name, Decision=word, Reference="r"
            )["Authorisation"]["State"]
            for judge, word in zip(judges, ("granted", "refused"), strict=True)
        ]
        told = at_once(*asks)
        assert told.count("ConflictException") == 1
        (state,) = {one["State"] for one in houses[1].list_authorisations()["Authorisations"]
                    if one["AuthorisationId"] == opened["AuthorisationId"]}  # fmt: skip
        assert state in told


def test_what_is_listed_is_the_same_through_both(houses):
    here, there = houses
    here.suspend(Act="export", Why="A test")
    for _ in range(2):
        here.open_authorisation(Case="list", Basis="b", Authority="c")
    for state in ("pending", "requested"):  # the second one counts once it is granted
        assert len(there.list_authorisations(Case="list", State=state)["Authorisations"]) == 1
    for state in ("granted", "refused", "lapsed", "expired"):
        assert there.list_authorisations(Case="list", State=state)["Authorisations"] == []
    there.seal_lapsed()
    for ask in ("list_keys", "list_suspensions", "list_authorisations"):
        one, other = ({**getattr(house, ask)(), "ResponseMetadata": 0} for house in houses)
        assert one == other

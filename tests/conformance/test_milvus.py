"""The index on Milvus: what every index must do, and what comes of several processes that share one."""

import logging
import os
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import count

import numpy as np
import pytest
from botocore.exceptions import ClientError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.client import in_process
from tests.conformance import test_index as facts
from tests.conformance.test_index import Make, Store, fetching, found, put, units
from tests.pictures import ANNA, BRUNO, EMMA, people

from recognizance import app
from recognizance.database.tables import FACE
from recognizance.errors import IndexLost, IndexUnusable, SettingsWrong
from recognizance.gallery.indexes.exact import Exact
from recognizance.gallery.shelf import Opening
from recognizance.settings import read as read_settings
from recognizance.values import Collection, CollectionId, ModelName, Numbers

os.environ["PYTHON_DOTENV_DISABLED"] = "1"
pytest.importorskip("milvus_lite", reason="these tests need milvus-lite, a Milvus server in a package")
from milvus_lite.adapter.grpc.server import start_server_in_thread

from recognizance.gallery.indexes.milvus import SIZES, Cluster, Mark, Milvus, OnMilvus, Sizes, margin

globals().update({name: fact for name, fact in vars(facts).items() if name.startswith("test_")})

DIM = facts.DIM
TOKEN = "root:very-secret"
SMALL = Sizes(window=16, spare=1, together=3, written=4 * DIM * 5, fetched=3, sampled=16)
"""So small that every path is taken by some hundred rows."""
NEVER_USED_AGAIN = count(1)


@contextmanager
def served(folder, port=0) -> Iterator[int]:
    server, held, port = start_server_in_thread(str(folder), port=port)
    try:
        yield port
    finally:
        server.stop(grace=None).wait()
        held.close()


@pytest.fixture(scope="module")
def cluster(tmp_path_factory) -> Iterator[Cluster]:
    """milvus-lite, or the server at RECOGNIZANCE_TEST_MILVUS."""
    with ExitStack() as stack:
        address = os.environ.get("RECOGNIZANCE_TEST_MILVUS")
        if address is None:
            port = stack.enter_context(served(tmp_path_factory.mktemp("milvus") / "data.db"))
            address = f"http://127.0.0.1:{port}"
        one = Cluster(address, TOKEN, 20.0)
        yield one
        one.close()


@dataclass
class World:
    """A collection in a database, and the processes that search it on one cluster."""

    cluster: Cluster
    collection: Collection
    store: Store
    sizes: Sizes = SIZES

    def opening(self, **known) -> Opening:
        return Opening(replace(self.collection, **known), FACE, DIM, fetching(self.store))

    def process(self, **known) -> tuple[OnMilvus, int]:
        index, revision = Milvus(self.cluster, self.sizes).open(self.opening(**known))
        assert isinstance(index, OnMilvus)
        return index, revision

    def names(self) -> list[str]:
        prefix = Milvus._prefix(self.opening())
        return [name for name in self.cluster.ask("list_collections") if name.startswith(prefix)]


@pytest.fixture
def world(cluster) -> Iterator[World]:
    one = Collection(
        number=next(NEVER_USED_AGAIN),
        id=CollectionId("staff"),
        account="0" * 12,
        region="eu-west-3",
        model=ModelName("tiny"),
        model_version="1.0",
        created_at=datetime(2026, 11, 23, tzinfo=UTC),
        revision=0,
        faces=0,
        users=0,
    )
    world = World(cluster, one, {})
    yield world
    Milvus(cluster).discard(world.opening())
    assert world.names() == []


@pytest.fixture
def make(world: World) -> Make:
    """What test_index.py asks of every index."""
    return lambda store: replace(world, store=store, sizes=SMALL).process()[0]


def numbers(*those: int) -> Numbers:
    return np.array(those, np.int64)


# What it answers


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    kind=st.sampled_from(["any", "alike", "nearly alike", "axes"]),
    rows=st.integers(1, 120),
    removed=st.floats(0, 1),
    at_least=st.one_of(st.sampled_from([-1.0, 0.0, 0.999999, 1.0, 1.1]), st.floats(-1, 1)),
    limit=st.sampled_from([0, 1, 2, 7, 100, 20_000]),
    seed=st.integers(0, 2**32),
    as_shipped=st.booleans(),
)
def test_it_finds_what_the_exact_index_finds(shared, kind, rows, removed, at_least, limit, seed, as_shipped):
    world, numbered, workers = shared
    rng = np.random.default_rng(seed)
    vectors = rng.standard_normal((rows, DIM))
    if kind == "alike":
        vectors = np.repeat(vectors[:1], rows, axis=0)
    elif kind == "nearly alike":
        vectors = vectors[:1] + 10.0 ** rng.integers(-8, -1) * vectors
    elif kind == "axes":
        vectors = np.eye(DIM)[rng.integers(0, DIM, rows)] * rng.choice([-1, 1], (rows, 1))
    vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    these = np.array([next(numbered) for _ in range(rows)], np.int64)
    gone = these[rng.random(rows) < removed]

    world.store.update(zip(these.tolist(), vectors, strict=True))
    on_milvus = replace(world, sizes=SIZES if as_shipped else SMALL).process(revision=int(these[-1]))[0]
    exact = Exact(DIM, fetching(world.store), workers)
    for index in (on_milvus, exact):
        index.add(these, vectors)
    for number in gone.tolist():
        del world.store[number]
    for index in (on_milvus, exact):
        index.remove(gone[::2])  # the others are gone in the database, which no index has heard of yet

    queries = np.concatenate([vectors[:2], units(seed % 1000, 2)])
    expected = exact.search(queries, at_least=at_least, limit=limit)
    assert on_milvus.search(queries, at_least=at_least, limit=limit) == expected
    world.store.clear()
    on_milvus.remove(these)


@pytest.fixture
def shared(world: World):
    """One Milvus collection for all examples: making one takes longer than what is tried with it."""
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(1) as workers:
        yield world, count(1), workers


@pytest.mark.parametrize("dim", [16, 128, 512, 4096])
def test_no_order_of_adding_float32_products_is_further_off_than_the_margin(dim):
    rng = np.random.default_rng(dim)
    for _ in range(50):
        one, other = rng.standard_normal((2, dim)) ** 3
        one, other = ((row / np.linalg.norm(row)).astype(np.float32) for row in (one, other))
        products = one * other
        true = float((one.astype(np.float64) * other.astype(np.float64)).sum())
        in_order = float(np.add.accumulate(products)[-1])
        worst_first = float(np.add.accumulate(products[np.argsort(-np.abs(products))])[-1])
        assert max(abs(one @ other - true), abs(in_order - true), abs(worst_first - true)) <= margin(dim)


def test_other_vectors_than_the_databases_are_noticed_and_not_answered(world: World):
    index, rows = world.process()[0], units(1, 20)
    put(index, world.store, list(range(1, 21)), rows)
    world.store[7] = rows[8]
    with pytest.raises(IndexUnusable, match="other vectors than the database"):
        found(index, rows[6])


# Several processes, and starting again


def test_what_one_process_enrolled_another_finds_and_does_not_write_again(world: World):
    one, other = world.process()[0], world.process()[0]
    rows = units(2, 30)
    put(one, world.store, list(range(1, 31)), rows)
    assert found(other, rows[4], 0.99) == [5]
    other.add(numbers(*range(1, 31)), rows)
    assert len(other) == len(one) == 30
    assert len(world.names()) == 1


def test_a_process_that_starts_goes_on_where_the_last_one_was(world: World):
    index, revision = world.process()
    assert revision == 0
    rows = units(3, 40)
    put(index, world.store, list(range(1, 41)), rows)
    source = Milvus(world.cluster)
    source.keep(world.opening(), index, 35)
    source.keep(world.opening(), index, 40)
    again, revision = world.process(revision=45, faces=40)
    assert (revision, len(again)) == (40, 40)
    assert found(again, rows[9], 0.99) == [10]
    assert again._marks() == {Mark(0, 40)}


def test_a_face_written_after_it_was_deleted_is_taken_back(world: World):
    index, rows = world.process()[0], units(4, 10)
    world.store.update({1: rows[0], 3: rows[2]})  # 2 was read from the feed, and removed before it was written
    index.add(numbers(1, 2, 3), rows[:3])
    assert len(index) == 2
    assert index._marks() == frozenset()


def test_a_process_killed_while_writing_leaves_no_deleted_face_behind(world: World):
    index, rows = world.process()[0], units(5, 10)
    put(index, world.store, [1, 2, 3, 4], rows[:4])
    Milvus(world.cluster).keep(world.opening(), index, 4)
    dying = Dying(world.cluster, index._name, DIM, fetching(world.store))
    world.store[5] = rows[4]  # 6 was read from the feed, and removed before it was written
    with pytest.raises(Killed):
        dying.add(numbers(5, 6), rows[4:6])
    assert nearest(index, rows[5]) == 6

    again, revision = world.process(revision=7, faces=5)
    assert (revision, len(again)) == (4, 5)
    assert nearest(again, rows[5]) != 6
    assert again._marks() == {Mark(0, 4)}


def nearest(index: OnMilvus, query) -> int:
    """Return whom Milvus itself has nearest, enrolled or not."""
    ((there, _),) = index._near(query[None], 1)
    return int(there[0])


class Killed(Exception):
    pass


class Dying(OnMilvus):
    """A process that is killed between writing and asking the database."""

    def _gone(self, numbers):
        raise Killed


def test_a_row_about_to_be_taken_back_is_not_counted(world: World):
    index, rows = world.process()[0], units(6, 3)
    put(index, world.store, [1], rows[:1])
    with pytest.raises(Killed):
        Dying(world.cluster, index._name, DIM, fetching(world.store)).add(numbers(2, 3), rows[1:])
    index.add(numbers(1), rows[:1])
    assert len(index) == 1


def test_marks_are_numbers_that_no_face_has_and_mean_what_was_marked():
    for mark in (Mark(0, 0), Mark(1, 0, 1, 2**12 - 1), Mark(1, 2**36 - 1, 2**14 - 1, 5), Mark(0, 20_000_000)):
        assert -(2**63) <= mark.number < 0
        assert Mark.of(mark.number) == mark


def test_numbers_far_apart_are_added_all_the_same(world: World):
    index, rows = world.process()[0], units(14, 4)
    put(index, world.store, [1, 2**14, 2**14 + 1, 2**35], rows)
    assert found(index, rows[3], 0.99) == [2**35]
    assert len(index) == 4


def test_marks_are_no_hits(world: World):
    index, rows = replace(world, sizes=SMALL).process()[0], units(7, 30)
    for start in range(0, 30, 3):
        put(index, world.store, list(range(start, start + 3)), rows[start : start + 3])
        index._upsert([Mark(1, start, 1, 1).number], np.zeros((1, DIM), np.float32))
    assert sorted(found(index, rows[0], -1.0, 30)) == list(range(30))


def test_the_index_of_another_database_is_not_used(world: World):
    index, rows = world.process()[0], units(8, 60)
    put(index, world.store, list(range(1, 31)), rows[:30])
    Milvus(world.cluster).keep(world.opening(), index, 30)
    world.store.clear()
    world.store.update({number: rows[number + 20] for number in range(1, 31)})
    again, revision = world.process(revision=30, faces=30)
    assert (revision, len(again)) == (0, 0)
    with pytest.raises(IndexLost, match="no longer has the collection"):  # said to whoever goes on with the old one
        found(index, rows[0])


def test_rows_past_the_databases_revision_go_where_it_has_gone_back(world: World):
    index, rows = world.process()[0], units(9, 60)
    put(index, world.store, list(range(1, 31)), rows[:30])
    Milvus(world.cluster).keep(world.opening(), index, 30)
    for number in range(21, 31):
        del world.store[number]
    again, revision = world.process(revision=20, faces=20)
    assert (revision, len(again)) == (0, 20)


def test_rows_that_milvus_lost_are_read_again(world: World):
    index, rows = world.process()[0], units(10, 30)
    put(index, world.store, list(range(1, 31)), rows)
    Milvus(world.cluster).keep(world.opening(), index, 30)
    index.remove(numbers(3, 4))
    assert world.process(revision=31, faces=30)[1] == 0


def test_of_two_made_at_once_all_use_the_fuller(world: World):
    source = Milvus(world.cluster)
    names = sorted(source._made(world.opening()) for _ in range(2))
    fuller = OnMilvus(world.cluster, names[1], DIM, fetching(world.store))
    put(fuller, world.store, [1, 2], units(11, 2))
    assert world.process(revision=2, faces=2)[0]._name == names[1]


def test_a_collection_that_was_made_and_never_loaded_is_used(world: World, monkeypatch):
    with monkeypatch.context() as dying:
        dying.setattr(Milvus, "_load", lambda self, name: None)
        Milvus(world.cluster)._made(world.opening())
    index, rows = world.process()[0], units(15, 2)
    put(index, world.store, [1, 2], rows)
    assert found(index, rows[1], 0.99) == [2]
    assert len(world.names()) == 1


def test_a_removed_collection_leaves_nothing_on_the_cluster(world: World):
    index, rows = world.process()[0], units(12, 3)
    put(index, world.store, [1, 2, 3], rows)
    Milvus(world.cluster).discard(world.opening())
    assert world.names() == []
    Milvus(world.cluster).discard(world.opening())


# When it cannot be reached


def when_back(ask, *failures):
    """Ask until there is an answer: a connection that broke is tried again after a moment."""
    for _ in range(100):
        try:
            return ask()
        except (IndexUnusable, *failures):
            time.sleep(0.1)
    raise AssertionError("it did not come back in ten seconds")


def test_an_index_that_was_out_of_reach_is_used_again_when_it_is_back(world: World, tmp_path, caplog):
    rows = units(13, 5)
    with served(tmp_path / "data.db") as port:
        away = replace(world, cluster=Cluster(f"http://127.0.0.1:{port}", TOKEN, 1.5))
        index, _ = away.process()
        put(index, world.store, [1, 2, 3, 4, 5], rows)
    with pytest.raises(IndexUnusable, match=f"Milvus at http://127.0.0.1:{port} did not answer search") as raised:
        found(index, rows[0])
    assert "secret" not in str(raised.value)
    with caplog.at_level(logging.DEBUG):
        Milvus(away.cluster).discard(world.opening())
        Milvus(away.cluster).keep(world.opening(), index, 5)
    assert "is left on the cluster and holds vectors" in caplog.text
    assert "was not kept" in caplog.text
    assert "secret" not in caplog.text
    with served(tmp_path / "data.db", port):
        again = when_back(away.process)[0]
        assert found(again, rows[0], 0.99) == found(index, rows[0], 0.99) == [1]
    away.cluster.close()


# The whole server


@contextmanager
def serving(given, key, address):
    """A client of a server that keeps its indexes on Milvus."""
    there = replace(given, index="milvus", index_address=address, index_token=TOKEN, index_timeout=5.0)
    with app.build(there) as parts:
        server = app.endpoint(parts, key, there)
        client = in_process(server, access_key=key.access_key_id, secret=key.secret)
        yield client
        client.close()
        server.close()


def enrolled(client, *sitters) -> list[str]:
    answer = client.index_faces(CollectionId="staff", Image={"Bytes": people(*sitters)}, QualityFilter="NONE")
    return [one["Face"]["FaceId"] for one in answer["FaceRecords"]]


def searched(client, sitter) -> list[str]:
    answer = client.search_faces_by_image(
        CollectionId="staff", Image={"Bytes": people(sitter)}, FaceMatchThreshold=90, QualityFilter="NONE"
    )
    return [one["Face"]["FaceId"] for one in answer["FaceMatches"]]


@pytest.fixture
def address(cluster: Cluster) -> str:
    return cluster._address


def test_servers_over_one_database_and_one_milvus_find_forget_and_group_as_one(given, key, address, cluster):
    before = set(cluster.ask("list_collections"))
    with serving(given, key, address) as one, serving(given, key, address) as other:
        one.create_collection(CollectionId="staff")
        (emma,), (anna,) = enrolled(one, EMMA), enrolled(one, ANNA)
        assert searched(one, EMMA) == searched(other, EMMA) == [emma]
        (bruno,) = enrolled(other, BRUNO)
        assert searched(one, BRUNO) == [bruno]

        other.create_user(CollectionId="staff", UserId="anna")
        other.associate_faces(CollectionId="staff", UserId="anna", FaceIds=[anna])
        for client in (one, other):
            answer = client.search_users(CollectionId="staff", FaceId=anna)
            assert [found["User"]["UserId"] for found in answer["UserMatches"]] == ["anna"]

        one.delete_faces(CollectionId="staff", FaceIds=[bruno])
        assert searched(other, BRUNO) == searched(one, BRUNO) == []
        assert searched(other, ANNA) == [anna]
    with serving(given, key, address) as again:
        assert searched(again, EMMA) == [emma]
        assert len(set(cluster.ask("list_collections")) - before) == 2
        again.delete_collection(CollectionId="staff")
        assert set(cluster.ask("list_collections")) <= before


def test_a_server_enrols_while_milvus_is_away_and_finds_them_when_it_is_back(given, key, tmp_path, caplog):
    with served(tmp_path / "data.db") as port:
        address = f"http://127.0.0.1:{port}"
        with serving(given, key, address) as client:
            client.create_collection(CollectionId="staff")
            (emma,) = enrolled(client, EMMA)
            assert searched(client, EMMA) == [emma]
    with serving(given, key, address) as client:
        (anna,) = enrolled(client, ANNA)
        with pytest.raises(ClientError) as raised:
            searched(client, ANNA)
        assert raised.value.response["Error"]["Code"] == "InternalServerError"
        assert address not in str(raised.value)
        assert f"Milvus at {address} did not answer" in caplog.text
        assert "secret" not in caplog.text
        with served(tmp_path / "data.db", port):
            assert when_back(lambda: searched(client, ANNA), ClientError) == [anna]
            assert searched(client, EMMA) == [emma]


def test_milvus_without_an_address_is_refused_as_the_server_starts(given):
    with pytest.raises(SettingsWrong, match="needs index_address"), app.build(replace(given, index="milvus")):
        pass


def test_a_password_in_the_address_is_refused(tmp_path):
    with pytest.raises(SettingsWrong, match="index_token"):
        read_settings({}, data=tmp_path, index_address="http://root:pass@milvus:19530")

"""Facts of the record that hold on every database: SQLite in a file, and a real PostgreSQL."""

import json
import subprocess
import sys
import threading
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import JSON, Column, DateTime, MetaData, Table, insert, select
from tests import postgresql, records
from tests.records import NOON, entry

from recognizance.accountability import entries, ledger
from recognizance.accountability.merkle import Frontier, consistent, included, leaf_hash
from recognizance.database import file_url, migrations, open_database
from recognizance.database.tables import CHECKPOINTS, COLLECTIONS, LEDGER, LEDGER_NODES, LEDGER_TILES
from recognizance.errors import DatabaseUnusable
from recognizance.values import NOTHING_STATED, Stated

ROOT = Path(__file__).parents[2]


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request, tmp_path, new_database):
    if request.param == "sqlite":
        yield new_database(tmp_path / "a.db").render_as_string()
    else:
        with postgresql.server().database() as made:
            yield made


@pytest.fixture
def database(url):
    with closing(open_database(url)) as opened:
        yield opened


@pytest.fixture
def record(database):
    return records.opened(database)


def check_whole(database, size):
    """Hold the tree against all leaves, numbers against places, and times against their order."""
    found, standing = ledger.entries(database, limit=size + 1), ledger.standing(database)
    assert [one.sequence for one in found] == list(range(1, size + 1))
    assert [one.at for one in found] == sorted(one.at for one in found)
    leaves = [leaf_hash(one.text.encode()) for one in ledger.leaves(database, after=0, upto=size, limit=size)]
    rows = database.rows(select(LEDGER.c.hash).order_by(LEDGER.c.sequence))
    assert [row["hash"] for row in rows] == leaves
    assert standing.tree == Frontier().grown(leaves) == ledger.tree(database).frontier(size)
    return found, leaves


def test_entries_appended_and_recorded_are_one_record(database, record):
    for number in range(6):
        if number % 2:
            record.record(entry(f"r-{number}", address="192.0.2.7", faces=number))
        else:
            with database.write() as tx:
                record.append(tx, entry(f"r-{number}", faces=number))
    found, _ = check_whole(database, 6)
    assert [(one.request_id, one.facts["faces"]) for one in found] == [(f"r-{n}", n) for n in range(6)]
    assert all(one.stated == records.STATED for one in found)


def test_a_record_past_two_tiles_proves_every_entry_and_every_growth(database, record):
    with database.write() as tx:
        for number in range(530):
            record.append(tx, entry(f"r-{number}", stated=NOTHING_STATED))
    _, leaves = check_whole(database, 530)
    roots = [Frontier().grown(leaves[:size]).root for size in range(531)]
    for size in (1, 2, 255, 256, 257, 511, 512, 529, 530):
        tree = ledger.tree(database)
        for index in range(0, size, 37):
            assert included(leaves[index], index, size, tree.inclusion(index, size), roots[size])
        for old in range(1, size + 1, 61):
            assert consistent(old, roots[old], size, roots[size], tree.consistency(old, size))


def test_tiles_are_kept_when_they_are_whole_and_are_what_the_rows_say(database, record):
    with database.write() as tx:
        record.append_all(tx, [entry(stated=NOTHING_STATED)] * 65_537)
    tiles = {(row["level"], row["place"]): row["hashes"] for row in database.rows(select(LEDGER_TILES))}
    assert set(tiles) == {(0, place) for place in range(256)} | {(1, 0)}
    rows = [row["hash"] for row in database.rows(select(LEDGER.c.hash).order_by(LEDGER.c.sequence))]
    assert b"".join(tiles[0, place] for place in range(256)) == b"".join(rows[:65_536])
    nodes = database.rows(select(LEDGER_NODES).order_by(LEDGER_NODES.c.level, LEDGER_NODES.c.place))
    assert tiles[1, 0] == b"".join(row["hash"] for row in nodes if row["level"] == 1)
    assert [(row["level"], row["place"]) for row in nodes][-2:] == [(1, 255), (2, 0)]
    standing = ledger.standing(database).tree
    for index in (0, 40_000, 65_535, 65_536):
        proof = ledger.tree(database).inclusion(index, 65_537)
        assert included(rows[index], index, 65_537, proof, standing.root)


def test_eight_threads_and_two_openers_leave_every_number_once(url):
    with closing(open_database(url)) as one, closing(open_database(url)) as other:
        opened = [records.opened(database) for database in (one, other)]

        def write(record, database, number):
            for turn in range(12):
                if turn % 3:
                    record.record(entry(f"{number}-{turn}"))
                else:
                    with database.write() as tx:
                        record.append(tx, entry(f"{number}-{turn}"))

        threads = [
            threading.Thread(target=write, args=(opened[number % 2], (one, other)[number % 2], number))
            for number in range(8)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        found, _ = check_whole(one, 96)
        assert len({entry.request_id for entry in found}) == 96


WRITES = """
import sys, threading
from tests import records
from recognizance.database import open_database
database = open_database(sys.argv[1])
record = records.opened(database)
print(flush=True)
sys.stdin.readline()
def write(thread):
    for number in range(10):
        record.record(records.entry(f"{sys.argv[2]}-{thread}-{number}"))
threads = [threading.Thread(target=write, args=(number,)) for number in range(4)]
for thread in threads: thread.start()
for thread in threads: thread.join()
database.close()
"""


def test_two_processes_at_once_leave_every_number_once(url):
    open_database(url).close()
    writing = [
        subprocess.Popen(
            [sys.executable, "-c", WRITES, url, str(number)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT,
        )
        for number in range(2)
    ]  # fmt: skip
    for process in writing:
        process.stdout.readline()
    for process in writing:
        _, errors = process.communicate("\n", timeout=60)
        assert process.returncode == 0, errors
    with closing(open_database(url)) as database:
        found, _ = check_whole(database, 80)
        assert len({one.request_id for one in found}) == 80


def test_an_entry_and_its_effect_are_there_or_neither(database, record):
    def change(name, *, fails=False):
        def make(tx):
            counts = {"revision": 0, "faces": 0, "users": 0, "region": "eu-west-3", "model": "m", "model_version": "1"}
            tx.run(insert(COLLECTIONS).values(account="0" * 12, id=name, created_at=NOON, tags={}, **counts))
            if fails:
                raise RuntimeError("in the change")

        return make

    record.record(entry("r-1"), [change("one"), change("two")])
    with pytest.raises(RuntimeError, match="in the change"):
        record.record(entry("r-2"), [change("three"), change("four", fails=True)])
    with pytest.raises(ValueError, match="JSON"):
        record.record(entry("r-3", rate=float("nan")), [change("five")])

    def append_and_fail():
        with database.write() as tx:
            change("six")(tx)
            record.append(tx, entry("r-4"))
            raise RuntimeError("after the entry")

    with pytest.raises(RuntimeError, match="after the entry"):
        append_and_fail()
    record.record(entry("r-5"))
    found, _ = check_whole(database, 2)
    assert [one.request_id for one in found] == ["r-1", "r-5"]
    assert sorted(row["id"] for row in database.rows(select(COLLECTIONS.c.id))) == ["one", "two"]


def test_nobody_gets_the_error_of_another_it_was_written_with(database, record):
    """All at once, again and again: some change what breaks a rule of the database, each breaking only their own."""
    results = {}

    def beside(number):
        return lambda tx: tx.run(insert(CHECKPOINTS).values(size=1000 + number % 5, at=NOON, note=f"of {number}"))

    def write(number):
        try:
            results[number] = record.record(entry(f"r-{number}"), [beside(number)] if number % 2 else [])
        except Exception as error:
            results[number] = error

    threads = [threading.Thread(target=write, args=(number,)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    failed = {number for number, said in results.items() if isinstance(said, Exception)}
    assert all(number % 2 for number in failed)
    assert len(failed) == 5  # of two that want one place, one has it
    found, _ = check_whole(database, 15)
    kept = {one.note for one in ledger.checkpoints(database, after=999)}
    assert kept == {f"of {n}" for n in range(20) if n % 2 and n not in failed}
    assert {one.request_id for one in found} == {f"r-{n}" for n in range(20)} - {f"r-{n}" for n in failed}


def test_the_record_outlives_a_clock_that_is_set_back(database, record):
    for seconds in (0, -86400, 5, 3, 61, -1):
        record.record(entry(at=NOON + timedelta(seconds=seconds)))
    found, _ = check_whole(database, 6)
    assert [(one.at - NOON).total_seconds() for one in found] == [0, 0, 5, 5, 61, 61]
    assert [one.size for one in ledger.checkpoints(database)] == [1, 5]


def test_checkpoints_are_of_the_tree_at_their_size(database, record):
    for number in range(3):
        record.record(entry(f"r-{number}", at=NOON + timedelta(minutes=number)))
    _, leaves = check_whole(database, 3)
    signed = ledger.checkpoints(database)
    assert [one.size for one in signed] == [1, 2, 3]
    for one in signed:
        root = Frontier().grown(leaves[: one.size])
        assert one.note == ledger.signed(record.signer, root, one.at)


def test_a_record_goes_on_after_its_database_was_closed(url):
    for number in range(3):
        with closing(open_database(url)) as database:
            records.append(database, entry(f"r-{number}"))
    with closing(open_database(url)) as database:
        check_whole(database, 3)


def test_a_leader_that_cannot_reach_the_database_tells_all():
    server = postgresql.server()
    with server.database() as made, closing(open_database(made)) as database:
        record = records.opened(database)
        record.record(entry())
        server.stop()
        try:
            errors = []

            def write():
                with pytest.raises(DatabaseUnusable):
                    record.record(entry())
                errors.append(1)

            threads = [threading.Thread(target=write) for _ in range(4)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            assert len(errors) == 4
        finally:
            server.start()
        assert record.record(entry()) == 2
        check_whole(database, 2)


# A database of the release before


@pytest.fixture(params=["sqlite", "postgresql"])
def before(request, tmp_path):
    """A database as the release before left it: no tree, numbers with gaps, a clock that was set back."""
    if request.param == "sqlite":
        yield file_url(tmp_path / "before.db").render_as_string()
    else:
        with postgresql.server().database(empty=True) as made:
            yield made


def old_ledger(url, rows, monkeypatch):
    from alembic import command
    from alembic.config import Config

    def upgrade(connection):
        config = Config(attributes={"connection": connection})
        config.set_main_option("script_location", "recognizance.database:migrations")
        command.upgrade(config, "0002")

    plain = [Column(name) for name in rows[0] if name not in ("at", "facts")]
    table = Table("ledger", MetaData(), Column("at", DateTime(timezone=True)), *plain, Column("facts", JSON))
    with monkeypatch.context() as earlier:
        earlier.setattr(migrations, "upgrade", upgrade)
        with closing(open_database(url)) as database, database.write() as tx:
            tx.run(insert(table), rows)


def old_row(number, **changed):
    row = {"sequence": number, "at": NOON, "request_id": f"r-{number}", "access_key": "AKIAOLD", "account": "0" * 12}
    row |= {"region": "eu-west-3", "operation": "DetectFaces", "act": "look", "purpose": None, "case": None}
    return row | {"verdict": "allow", "rule": "open/all", "outcome": "answered", "facts": {"n": number}} | changed


def test_the_ledger_of_the_release_before_becomes_a_tree(before, monkeypatch):
    rows = [
        old_row(2, purpose="testing", case="Søren's \u0001 case"),
        old_row(3, at=NOON + timedelta(hours=1), case="b"),
        old_row(7, at=NOON, facts={"digests": ["a", "b"], "threshold": 80.5}),
        *(old_row(number, at=NOON + timedelta(hours=2)) for number in range(8, 608)),
    ]
    old_ledger(before, rows, monkeypatch)

    with closing(open_database(before)) as database:
        record = records.opened(database)
        found, _ = check_whole(database, 603)
        assert [one.request_id for one in found] == [row["request_id"] for row in rows]
        assert (found[0].purpose, found[0].case, found[0].facts) == (
            "testing", "Søren's \u0001 case", {"n": 2, "number_before": 2},
        )  # fmt: skip
        assert (found[1].stated, found[1].kind, found[1].policy) == (Stated(case="b"), None, "")
        assert found[2].at == NOON + timedelta(hours=1)
        assert found[2].facts == {
            "digests": ["a", "b"], "threshold": 80.5, "number_before": 7, "at_before": "2026-11-23T12:00:00.000000Z",
        }  # fmt: skip
        for leaf in ledger.leaves(database, after=0, upto=603, limit=603):
            assert entries.wrong(leaf.text.encode()) is None
            committed = None if leaf.salt is None else entries.commitment(leaf.salt, leaf.statement)
            assert json.loads(leaf.text)["stated"] == committed
        with database.write() as tx:
            assert ledger.erase_statements(tx, case="Søren's \u0001 case") == 1
        assert record.record(entry()) == 604
        check_whole(database, 604)


@settings(max_examples=15, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 300), st.booleans()), max_size=4))
def test_however_entries_are_grouped_the_tree_is_that_of_the_leaves(new_database, tmp_path_factory, groups):
    with closing(open_database(new_database(tmp_path_factory.mktemp("grouped") / "a.db"))) as database:
        record, size = records.opened(database), 0
        for count, alone in groups:
            with database.write() as tx:
                if alone:
                    record.append_all(tx, [entry(stated=NOTHING_STATED)] * count)
                else:
                    for _ in range(count % 7):
                        record.append(tx, entry(stated=NOTHING_STATED))
            size += count if alone else count % 7
        check_whole(database, size)


def test_the_last_that_was_recorded_of_a_collection_is_found(database, record):
    one, other = "a" * 64, "b" * 64
    assert ledger.last_state(database, records.ACCOUNT, one) is None
    for revision in (1, 2):
        record.record(entry(collection=one, revision=revision, root=f"{revision}"))
    record.record(entry(collection=other, revision=9, root="9"))
    record.record(entry(said=f'"collection":"{one}"', root="of something else"))
    assert ledger.last_state(database, records.ACCOUNT, one) == ledger.State(2, 2, "2")
    assert ledger.last_state(database, "111111111111", one) is None
    made = entry(collection=one)
    record.record(replace(made, ask=replace(made.ask, operation="DeleteCollection")))
    assert ledger.last_state(database, records.ACCOUNT, one) is None
    assert ledger.last_state(database, records.ACCOUNT, other) == ledger.State(3, 9, "9")

"""Facts that hold for every database: SQLite in a file, and a real PostgreSQL."""

import gc
import os
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import closing, contextmanager, suppress
from datetime import UTC
from pathlib import Path

import pytest
from botocore.exceptions import ClientError
from sqlalchemy import bindparam, delete, event, func, insert, literal, select, text, update
from sqlalchemy.exc import IntegrityError, StatementError
from tests import postgresql, records
from tests.conftest import picture_of
from tests.records import NOON, entry

from recognizance.accountability import ledger
from recognizance.database import file_url, migrations, open_database, prepared, tables
from recognizance.database.tables import (
    CHECKPOINTS,
    COLLECTIONS,
    COSIGNATURES,
    LEDGER,
    LEDGER_NODES,
    LEDGER_TILES,
    LEDGER_TREE,
    STATEMENTS,
    VECTORS,
)
from recognizance.errors import DatabaseUnusable

ROOT = Path(__file__).parents[2]


@pytest.fixture(params=["sqlite", "postgresql"])
def engine_name(request):
    return request.param


@pytest.fixture
def empty_url(engine_name, tmp_path):
    """The URL of a database that nobody has opened yet."""
    if engine_name == "sqlite":
        yield file_url(tmp_path / "new.db").render_as_string()
    else:
        with postgresql.server().database(empty=True) as url:
            yield url


@pytest.fixture
def database_url(engine_name, tmp_path, new_database):
    if engine_name == "sqlite":
        yield new_database(tmp_path / "a.db").render_as_string()
    else:
        with postgresql.server().database() as url:
            yield url


@pytest.fixture
def database(database_url):
    with closing(open_database(database_url)) as opened:
        yield opened


def new_collection(tx, name="staff"):
    values = {"account": "0" * 12, "id": name, "region": "eu-west-3", "model": "m", "model_version": "1.0"}
    counts = {"revision": 0, "faces": 0, "users": 0}
    made = insert(COLLECTIONS).values(**values, **counts, created_at=NOON, tags={"a": "b"})
    return tx.returning(made.returning(COLLECTIONS.c.number))[0]["number"]


def vectors(collection, numbers, vector=b"\1" * 512):
    return [{"collection": collection, "kind": tables.FACE, "number": one, "vector": vector} for one in numbers]


def fill(database, count, vector=b"\1" * 512):
    with database.write() as tx:
        collection = new_collection(tx)
        tx.run(insert(VECTORS), vectors(collection, range(1, count + 1), vector))
    return collection


def waited(process, seconds=60):
    """Return what a process said, having ended well."""
    out, errors = process.communicate(timeout=seconds)
    assert process.returncode == 0, errors
    return out


def program(source, *arguments, **options):
    """Start Python on a program that has `open_database` and this module's names."""
    head = "import sys; from recognizance.database import *; from recognizance.database import tables, migrations\n"
    return subprocess.Popen(
        [sys.executable, "-c", head + source, *map(str, arguments)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        **options,
    )


# The schema


def shape(connection):
    """Return everything a database says of its tables, as text."""
    if connection.dialect.name == "sqlite":
        query = "SELECT name, sql FROM sqlite_master WHERE name <> 'alembic_version' AND type <> 'trigger'"
        found = connection.execute(text(query)).all()
        return {name: " ".join(sql.split()) if sql else None for name, sql in found if "alembic" not in name}
    columns = (
        "SELECT table_name, column_name, ordinal_position, data_type, character_maximum_length, is_nullable,"
        " column_default, collation_name FROM information_schema.columns WHERE table_schema = 'public'"
    )
    constraints = (
        "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE connamespace = 'public'::regnamespace"
    )
    indexes = "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'"
    found = [row for query in (columns, constraints, indexes) for row in connection.execute(text(query)).all()]
    return {tuple(row) for row in found if "alembic" not in row[0]}


def test_the_steps_make_what_the_tables_say(empty_url, engine_name, tmp_path):
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    with closing(open_database(empty_url)) as database, database.engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), tables.METADATA) == []
        migrated = shape(connection)

    # Alembic looks at neither collations, nor rowids, nor the conditions of indexes.
    with closing(open_database(empty_url)) as database, database.engine.begin() as connection:
        connection.execute(text("DROP TABLE ledger"))
        tables.METADATA.drop_all(connection)
        tables.METADATA.create_all(connection)
        assert shape(connection) == migrated


def test_the_last_step_known_without_alembic_is_alembics_own():
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", "recognizance.database:migrations")
    script = ScriptDirectory.from_config(config)
    assert script.get_heads() == [migrations.HEAD]
    assert sorted(step.revision for step in script.walk_revisions()) == list(migrations.STEPS)


def test_a_database_that_is_up_to_date_is_opened_without_alembic(tmp_path):
    open_database(file_url(tmp_path / "a.db")).close()
    opened = program("open_database(sys.argv[1]).close(); print('alembic' in sys.modules)", file_url(tmp_path / "a.db"))
    assert waited(opened) == "False\n"


def test_a_database_of_a_newer_version_is_refused(database_url):
    with closing(open_database(database_url)) as database, database.write() as tx:
        tx.run(update(migrations.VERSION).values(version_num="9999"))
    with pytest.raises(DatabaseUnusable, match=f"has schema 9999, this version knows up to {migrations.HEAD}"):
        open_database(database_url)


def test_a_step_that_fails_leaves_nothing(empty_url, monkeypatch):
    from alembic.operations import Operations

    real = Operations.create_index

    def failing(self, name, *arguments, **options):
        if name == "answered_by_time":  # the last of all
            raise OSError(28, "no more")
        real(self, name, *arguments, **options)

    with monkeypatch.context() as broken:
        broken.setattr(Operations, "create_index", failing)
        with pytest.raises(DatabaseUnusable, match="cannot be opened: no more"):
            open_database(empty_url)
    with closing(open_database(empty_url)) as database:
        assert database.rows(select(COLLECTIONS)) == []


def test_many_processes_may_open_a_new_database_at_once(empty_url):
    source = "print(flush=True); sys.stdin.read(); d = open_database(sys.argv[1]); print(d.takes_writes()); d.close()"
    opening = [program(source, empty_url) for _ in range(3)]
    for process in opening:
        process.stdout.readline()  # all have come as far as this
    for process in opening:
        process.stdin.close()
        process.stdin = None
    assert [waited(process) for process in opening] == ["True\n"] * 3


BEFORE_STEPS = """\
CREATE TABLE schema (version INTEGER NOT NULL);
INSERT INTO schema VALUES (1);
CREATE TABLE ledger (
	sequence INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
	at DATETIME NOT NULL,
	request_id VARCHAR(64) NOT NULL,
	access_key VARCHAR(128) NOT NULL,
	account VARCHAR(12) NOT NULL,
	region VARCHAR(64) NOT NULL,
	operation VARCHAR(64) NOT NULL,
	act VARCHAR(16) NOT NULL,
	purpose VARCHAR(256),
	"case" VARCHAR(256),
	verdict VARCHAR(8) NOT NULL,
	rule VARCHAR(128) NOT NULL,
	outcome VARCHAR(64) NOT NULL,
	facts JSON NOT NULL
);
CREATE TRIGGER ledger_refuses_update BEFORE UPDATE ON ledger
BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
CREATE TRIGGER ledger_refuses_delete BEFORE DELETE ON ledger
BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
CREATE TRIGGER ledger_refuses_replace BEFORE INSERT ON ledger
WHEN EXISTS (SELECT 1 FROM ledger WHERE sequence = NEW.sequence)
BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
INSERT INTO ledger VALUES (7, '2026-11-23 12:00:00.000000', 'r-old', 'AKIAEXAMPLE', '000000000000', 'eu-west-3',
    'DetectFaces', 'look', NULL, NULL, 'allow', 'open/all', 'answered', '{"faces": 1}');
"""
"""What this program made before it had steps."""


def test_a_ledger_from_before_there_were_steps_is_kept(tmp_path):
    with closing(sqlite3.connect(tmp_path / "a.db")) as before:
        before.executescript(BEFORE_STEPS)
    with closing(open_database(file_url(tmp_path / "new.db"))) as new, new.engine.connect() as connection:
        expected = shape(connection)

    with closing(open_database(file_url(tmp_path / "a.db"))) as database:
        records.append(database, entry("r-new"))
        found = [(one.sequence, one.request_id, one.facts) for one in ledger.entries(database)]
        assert found == [(1, "r-old", {"faces": 1, "number_before": 7}), (2, "r-new", {})]
        with pytest.raises(IntegrityError, match="append-only"), database.write() as tx:
            tx.run(delete(LEDGER))
        with database.engine.connect() as connection:
            assert shape(connection) == expected


# Reading and writing


def test_a_row_comes_back_as_it_went_in(database):
    with database.write() as tx:
        number = new_collection(tx)
    (row,) = database.rows(select(COLLECTIONS))
    assert (row["number"], row["id"], row["tags"], row["replaces"]) == (number, "staff", {"a": "b"}, None)
    assert row["created_at"].replace(tzinfo=UTC) == NOON


def test_sqlite_says_that_it_wrote_when_the_disk_has_it(tmp_path):
    asks = "d = open_database(sys.argv[1]); print(*d.engine.connect().exec_driver_sql('PRAGMA synchronous').one())"
    assert waited(program(asks, file_url(tmp_path / "a.db"))) == "2\n"  # FULL; these tests themselves do not wait


def test_a_change_gives_back_what_it_is_asked_to(database):
    collection = fill(database, 3)
    with database.write() as tx:
        changed = update(COLLECTIONS).values(revision=COLLECTIONS.c.revision + 5).returning(COLLECTIONS.c.revision)
        assert tx.returning(changed) == [{"revision": 5}]
        gone = delete(VECTORS).where(VECTORS.c.number > 1).returning(VECTORS.c.number)
        assert sorted(row["number"] for row in tx.returning(gone)) == [2, 3]
        assert tx.returning(gone) == []
        assert tx.run(insert(VECTORS), vectors(collection, [7, 8])) == 2
        assert tx.run(delete(VECTORS)) == 3
        assert tx.run(delete(VECTORS)) == 0
        assert tx.run(insert(VECTORS), []) == 0


def test_a_duplicate_is_said_of_the_statement_and_leaves_nothing(database):
    collection = fill(database, 1)

    def twice():
        with database.write() as tx:
            tx.run(insert(VECTORS), vectors(collection, [2]))
            tx.run(insert(VECTORS), vectors(collection, [1]))

    with pytest.raises(IntegrityError):
        twice()
    assert database.rows(select(func.count().label("n")).select_from(VECTORS)) == [{"n": 1}]


def test_what_the_caller_raises_is_raised_as_it_is(database):
    def fail():
        with database.write() as tx:
            new_collection(tx)
            raise OSError("not the database's")

    with pytest.raises(OSError, match="not the database's"):
        fail()
    assert database.rows(select(COLLECTIONS)) == []


def test_batches_hold_every_row_once_and_in_order(database):
    fill(database, 7, b"\0\xff")
    for count in (0, 1, 2, 6, 7):
        for size in (1, 3, 6, 100):
            query = select(VECTORS.c.number, VECTORS.c.vector).where(VECTORS.c.number <= count)
            batches = list(database.batches(query.order_by(VECTORS.c.number), size))
            assert [row for batch in batches for row in batch] == [(one, b"\0\xff") for one in range(1, count + 1)]
            assert all(len(batch) == size for batch in batches[:-1])
            assert all(0 < len(batch) <= size for batch in batches)


def test_batches_give_times_and_json_as_rows_do(database):
    with database.write() as tx:
        new_collection(tx, "one")
        new_collection(tx, "two")
    columns = (COLLECTIONS.c.id, COLLECTIONS.c.tags, COLLECTIONS.c.created_at)
    ((one, two),) = list(database.batches(select(*columns).order_by(COLLECTIONS.c.number), 10))
    assert [one, two] == [tuple(row.values()) for row in database.rows(select(*columns).order_by(COLLECTIONS.c.number))]
    assert one[1] == {"a": "b"}


def test_batches_left_in_the_middle_give_their_connection_back(database):
    fill(database, 10)
    reading = database.batches(select(VECTORS.c.number), 2)
    next(reading)
    assert database.engine.pool.checkedout() == 1
    reading.close()
    assert database.engine.pool.checkedout() == 0


def test_a_long_reader_hinders_no_writer_and_sees_one_moment(database):
    collection = fill(database, 100)
    with closing(database.batches(select(VECTORS.c.number), 10)) as reading:
        seen = list(next(reading))
        for number in range(101, 151):
            with database.write() as tx:
                tx.run(insert(VECTORS), vectors(collection, [number]))
        seen += [row for batch in reading for row in batch]
    assert len(seen) == 100
    assert database.rows(select(func.count().label("n")).select_from(VECTORS)) == [{"n": 150}]


def test_every_select_of_a_read_sees_the_same_moment(database):
    collection = fill(database, 2)
    count = select(func.count().label("n")).select_from(VECTORS)
    with database.read() as reader:
        assert reader.rows(count) == [{"n": 2}]
        with database.write() as tx:
            tx.run(insert(VECTORS), vectors(collection, [3]))
            tx.run(update(COLLECTIONS).values(revision=3))
        assert database.rows(count) == [{"n": 3}]
        assert reader.rows(count) == [{"n": 2}]
        assert reader.rows(select(COLLECTIONS.c.revision)) == [{"revision": 0}]
        assert [len(batch) for batch in reader.batches(select(VECTORS.c.number), 5)] == [2]
    with database.write() as tx:  # the same connection, for something else
        tx.run(delete(VECTORS))


def test_more_threads_than_kept_connections_may_ask_at_once(database):
    everyone = threading.Barrier(40)
    answers = []

    def ask():
        with database.read() as reader:
            reader.rows(select(COLLECTIONS))
            everyone.wait(30)
            answers.append(reader.rows(select(literal(1).label("one"))))

    threads = [threading.Thread(target=ask) for _ in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [[{"one": 1}]] * 40


def test_revisions_of_one_collection_commit_in_order(database):
    fill(database, 0)

    def add():
        for _ in range(20):
            with database.write() as tx:
                (row,) = tx.rows(select(COLLECTIONS).with_for_update())
                taken = row["revision"] + 1
                tx.run(insert(VECTORS), vectors(row["number"], [taken]))
                tx.run(update(COLLECTIONS).values(revision=taken))

    threads = [threading.Thread(target=add) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert database.rows(select(COLLECTIONS.c.revision)) == [{"revision": 80}]
    assert len(database.rows(select(VECTORS.c.number))) == 80


# The ledger


def test_who_has_read_up_to_an_entry_has_read_all_before_it(database):
    record = records.opened(database)

    def write(one):
        for number in range(15):
            with database.write() as tx:
                record.append(tx, entry(f"{one}-{number}"))
                time.sleep(0.001 * (number % 3))  # who took the lower number may take longer

    threads = [threading.Thread(target=write, args=(one,)) for one in range(4)]
    for thread in threads:
        thread.start()
    read, going = [], True
    while going:
        going = any(thread.is_alive() for thread in threads)  # asked first: what is read after the end is everything
        read += ledger.entries(database, after=read[-1].sequence if read else 0)
    assert sorted(one.request_id for one in read) == sorted(
        f"{one}-{number}" for one in range(4) for number in range(15)
    )


def guarded(database):
    """Put a row into every table that is only added to."""
    records.append(database)
    with database.write() as tx:
        tx.run(insert(LEDGER_NODES).values(level=1, place=0, hash=b"h"))
        tx.run(insert(LEDGER_TILES).values(level=0, place=0, hashes=b"hh"))
        tx.run(insert(COSIGNATURES).values(size=1, witness="w", at=NOON, line="a line"))


ONLY_ADDED_TO = (LEDGER, LEDGER_NODES, LEDGER_TILES, CHECKPOINTS, COSIGNATURES)


@pytest.mark.parametrize("table", [*ONLY_ADDED_TO, STATEMENTS], ids=str)
def test_the_database_itself_refuses_to_change_the_record(database, table):
    guarded(database)
    before = database.rows(select(table))
    assert len(before) == 1
    column = next(column for column in table.columns if not column.primary_key)
    changes = [update(table).values({column: column}), delete(table), delete(table).where(column == column)]
    for change in changes[: 1 if table is STATEMENTS else 3]:
        with pytest.raises(IntegrityError, match="append-only"), database.write() as tx:
            tx.run(change)
    assert database.rows(select(table)) == before


@pytest.mark.parametrize("table", [*ONLY_ADDED_TO, STATEMENTS, LEDGER_TREE], ids=str)
def test_what_is_recorded_cannot_be_written_again(database, engine_name, table):
    guarded(database)
    (row,) = database.rows(select(table))
    again = dict(row) | {"at": NOON.replace(year=2020)} if "at" in row else row
    if engine_name == "sqlite":
        change = insert(table).prefix_with("OR REPLACE").values(again)
    else:
        from sqlalchemy.dialects.postgresql import insert as insert_or

        key = [column.name for column in table.primary_key]
        change = insert_or(table).values(again).on_conflict_do_update(index_elements=key, set_={**again, "size": 0})
        if table is not LEDGER_TREE:
            change = insert_or(table).values(again).on_conflict_do_update(index_elements=key, set_=again)
    with pytest.raises(IntegrityError, match="append-only"), database.write() as tx:
        tx.run(change)
    assert database.rows(select(table)) == [row]


def test_the_tree_does_not_shrink_nor_go(database):
    guarded(database)
    for change in (update(LEDGER_TREE).values(size=0), delete(LEDGER_TREE)):
        with pytest.raises(IntegrityError, match="append-only"), database.write() as tx:
            tx.run(change)
    assert ledger.standing(database).tree.size == 1


@pytest.mark.parametrize("before", ["", "SET LOCAL session_replication_role = replica"])
@pytest.mark.parametrize("table", [*ONLY_ADDED_TO, LEDGER_TREE], ids=str)
def test_postgresql_refuses_to_empty_the_ledger(before, table):
    with postgresql.server().database() as url, closing(open_database(url)) as database:
        records.append(database)

        def empty():
            with database.write() as tx:
                if before:
                    tx.connection.execute(text(before))
                tx.connection.execute(text(f"TRUNCATE {table}"))

        with pytest.raises(IntegrityError, match="append-only"):
            empty()
        assert len(ledger.entries(database)) == 1


def test_times_come_back_in_utc_whatever_the_server_thinks(database, engine_name):
    if engine_name == "postgresql":
        name = database.engine.url.database
        with database.write() as tx:
            tx.connection.execute(text(f"ALTER DATABASE {name} SET timezone = 'Asia/Kathmandu'"))
        database.close()
    records.append(database)
    (found,) = ledger.entries(database)
    assert found.at.isoformat() == "2026-11-23T12:00:00+00:00"


# What can go wrong


def setting(database, name, value):
    """Make every new connection of a database start with a setting."""
    statement = f"PRAGMA {name}={value}" if database.is_sqlite else f"SET {name} = {value}"

    def apply(connection, _record):
        connection.execute(statement)
        connection.commit()

    event.listen(database.engine, "connect", apply)
    database.close()


@contextmanager
def somebody_else(url):
    """Hold what a writer needs, from elsewhere."""
    with closing(open_database(url)) as other, other.write() as tx:
        tx.rows(select(COLLECTIONS).with_for_update())
        yield


def test_who_waits_too_long_for_another_writer_is_told(database, database_url, engine_name):
    fill(database, 1)
    setting(database, *{"sqlite": ("busy_timeout", 50), "postgresql": ("lock_timeout", 50)}[engine_name])

    def change():
        with database.write() as tx:
            tx.run(update(COLLECTIONS).values(revision=7))

    with somebody_else(database_url), pytest.raises(DatabaseUnusable, match=r"cannot be written: .*lock"):
        change()
    assert database.rows(select(COLLECTIONS.c.revision)) == [{"revision": 0}]
    change()


def test_a_database_that_takes_no_writes_says_so_and_can_be_read(database, engine_name):
    assert database.takes_writes()
    record = records.opened(database)
    only_reads = {"sqlite": ("query_only", "ON"), "postgresql": ("default_transaction_read_only", "on")}
    setting(database, *only_reads[engine_name])
    assert not database.takes_writes()
    with pytest.raises(DatabaseUnusable, match=r"cannot be written: .*read-?only"):
        record.record(entry())
    assert ledger.entries(database) == []


def test_a_full_disk_loses_only_what_was_not_answered(tmp_path):
    with closing(open_database(file_url(tmp_path / "a.db"))) as database:
        collection = fill(database, 50)
        database.engine.dispose()
        with database.engine.connect() as connection:
            pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
        setting(database, "max_page_count", pages)

        def add():
            with database.write() as tx:
                tx.run(update(COLLECTIONS).values(revision=1000))
                tx.run(insert(VECTORS), vectors(collection, range(51, 1000)))

        with pytest.raises(DatabaseUnusable, match="cannot be written: database or disk is full"):
            add()
        assert database.rows(select(COLLECTIONS.c.revision)) == [{"revision": 0}]
        assert len(database.rows(select(VECTORS.c.number))) == 50
        with database.write() as tx:  # erasing needs no room
            tx.run(delete(VECTORS).where(VECTORS.c.number > 25))
        assert len(database.rows(select(VECTORS.c.number))) == 25


def test_a_file_that_may_grow_no_further_loses_only_what_was_not_answered(tmp_path):
    with closing(open_database(file_url(tmp_path / "a.db"))) as database:
        collection = fill(database, 50)
    writer = program(
        """
import resource, signal
from recognizance.errors import DatabaseUnusable
from sqlalchemy import insert
database = open_database(sys.argv[1])
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000))  # write() fails past this, as on a full disk
number, many = 51, dict(collection=int(sys.argv[2]), kind=tables.FACE, vector=b"2" * 512)
try:
    while True:
        with database.write() as tx:
            tx.run(insert(tables.VECTORS), [many | {"number": number + i} for i in range(20)])
        number += 20
except DatabaseUnusable as error:
    print(number, error)
""",
        file_url(tmp_path / "a.db"),
        collection,
    )
    number, said = waited(writer).split(" ", 1)
    assert "cannot be written" in said
    assert int(number) > 51
    with closing(open_database(file_url(tmp_path / "a.db"))) as database:
        assert [row["number"] for row in database.rows(select(VECTORS.c.number))] == list(range(1, int(number)))
        assert database.rows(select(func.count().label("n")).select_from(LEDGER)) == [{"n": 0}]
        assert database.takes_writes()


def test_a_file_that_may_only_be_read_is_refused_in_a_sentence():
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        open_database(file_url(folder / "a.db")).close()
        (folder / "a.db").chmod(0o444)
        folder.chmod(0o555)
        source = """
import os, sqlite3
from recognizance.errors import DatabaseUnusable
if not os.geteuid():  # root may write whatever the mode says
    os.seteuid(65534)
try:
    open_database(sys.argv[1])
except DatabaseUnusable as error:
    print(error)
"""
        assert "a.db cannot be opened: Permission denied" in waited(program(source, file_url(folder / "a.db")))
        folder.chmod(0o755)


def test_a_file_that_is_no_database_is_refused_in_a_sentence(tmp_path):
    (tmp_path / "a.db").write_bytes(b"not a database at all, and long enough to be looked at" * 100)
    with pytest.raises(DatabaseUnusable, match=r"a\.db cannot be opened: file is not a database"):
        open_database(file_url(tmp_path / "a.db"))


def test_a_damaged_file_is_said_to_be(tmp_path):
    url = file_url(tmp_path / "a.db")
    with closing(open_database(url)) as database:
        fill(database, 2000)
    whole = (tmp_path / "a.db").read_bytes()
    (tmp_path / "a.db").write_bytes(whole[:-400_000] + b"\xff" * 400_000)
    with closing(open_database(url)) as database, pytest.raises(DatabaseUnusable, match=r"cannot be read: .*malformed"):
        list(database.batches(select(VECTORS.c.number, VECTORS.c.vector), 100))


def test_what_is_erased_is_overwritten(tmp_path):
    secret = os.urandom(64)
    with closing(open_database(file_url(tmp_path / "a.db"))) as database:
        fill(database, 200, secret)
    assert secret in (tmp_path / "a.db").read_bytes()
    with closing(open_database(file_url(tmp_path / "a.db"))) as database, database.write() as tx:
        tx.run(delete(VECTORS).where(VECTORS.c.number != 77))
        tx.run(update(VECTORS).values(vector=b""))
    assert [secret in path.read_bytes() for path in tmp_path.iterdir()] == [False]


def test_a_server_that_was_away_is_found_again_at_the_next_call():
    server = postgresql.server()
    with server.database() as url, closing(open_database(url)) as database:
        records.append(database)
        server.stop()
        try:
            assert not database.takes_writes()
            with pytest.raises(DatabaseUnusable, match="cannot be read"):
                ledger.entries(database)
        finally:
            server.start()
        assert len(ledger.entries(database)) == 1
        server.stop()  # with connections in the pool
        server.start()
        records.append(database)
        assert len(ledger.entries(database)) == 2


def test_a_server_that_goes_in_the_middle_of_a_write_leaves_nothing():
    server = postgresql.server()
    with server.database() as url, closing(open_database(url)) as database:
        record = records.opened(database)

        def write():
            with database.write() as tx:
                record.append(tx, entry())
                server.stop()
                server.start()

        with pytest.raises(DatabaseUnusable, match="cannot be written"):
            write()
        assert ledger.entries(database) == []


def test_a_commit_is_durable_also_where_the_servers_own_are_not():
    with postgresql.server().database() as url, closing(open_database(url)) as database:
        for theirs, ours in (("off", "on"), ("local", "local"), ("remote_apply", "remote_apply")):
            with database.write() as tx:
                name = database.engine.url.database
                tx.connection.execute(text(f"ALTER DATABASE {name} SET synchronous_commit = {theirs}"))
            database.close()
            with database.engine.connect() as connection:
                assert connection.execute(text("SHOW synchronous_commit")).scalar() == ours


def test_of_two_that_wait_for_each_other_one_goes_on_and_one_is_told():
    with postgresql.server().database() as url, closing(open_database(url)) as database:
        with database.write() as tx:
            numbers = [new_collection(tx, name) for name in ("one", "two")]
        both, outcomes = threading.Barrier(2), []

        def change(order):
            try:
                with database.write() as tx:
                    for number in order:
                        ours = COLLECTIONS.c.number == number
                        tx.run(update(COLLECTIONS).where(ours).values(revision=COLLECTIONS.c.revision + 1))
                        if number == order[0]:
                            both.wait(30)
                outcomes.append("written")
            except DatabaseUnusable as error:
                outcomes.append(str(error).partition(" cannot be ")[2].partition("\n")[0])

        threads = [threading.Thread(target=change, args=(order,)) for order in (numbers, numbers[::-1])]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(outcomes) == ["written", "written: deadlock detected"]
        assert database.rows(select(COLLECTIONS.c.revision)) == [{"revision": 1}] * 2


def test_what_was_answered_outlives_a_process_that_is_killed(database_url):
    with closing(open_database(database_url)) as database:
        collection = fill(database, 1)
    writer = program(
        """
from sqlalchemy import insert, update
database, number = open_database(sys.argv[1]), 1
while True:
    number += 1
    with database.write() as tx:
        tx.run(update(tables.COLLECTIONS).values(revision=number))
        row = dict(collection=int(sys.argv[2]), kind=tables.FACE, number=number, vector=bytes(512))
        tx.run(insert(tables.VECTORS), [row])
    print(number, flush=True)
""",
        database_url,
        collection,
    )
    answered = [int(writer.stdout.readline()) for _ in range(50)]
    writer.kill()
    answered += [int(line) for line in writer.stdout.read().splitlines() if line]  # what was read ahead is in it
    writer.communicate()
    with closing(open_database(database_url)) as database:
        with database.write() as tx:  # waits for a server that is still at what the killed one sent last
            (row,) = tx.rows(select(COLLECTIONS).with_for_update())
        kept = [row["number"] for row in database.rows(select(VECTORS.c.number).order_by(VECTORS.c.number))]
    assert kept == list(range(1, row["revision"] + 1))
    assert row["revision"] - answered[-1] in (0, 1)


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("mysql://host/name", "should begin with postgresql://, not mysql://"),
        ("nonsense", "should be like postgresql://"),
        ("postgresql://ada:hunter2@127.0.0.1:1/name", r"ada:\*\*\*@127.0.0.1:1/name cannot be opened: .*refused"),
    ],
)
def test_a_url_that_leads_nowhere_is_refused_without_its_password(url, said):
    with pytest.raises(DatabaseUnusable, match=said) as raised:
        open_database(url)
    assert "hunter2" not in str(raised.value)


def test_postgresql_without_its_driver_names_the_extra():
    source = """
from recognizance.errors import DatabaseUnusable
sys.modules["psycopg"] = None
try:
    open_database("postgresql://host/name")
except DatabaseUnusable as error:
    print(error)
"""
    assert "pip install 'recognizance[postgresql]'" in waited(program(source))


def test_a_client_is_told_nothing_of_the_database_that_failed(rekognition, parts, given):
    setting(parts.database, "query_only", "ON")
    with pytest.raises(ClientError) as raised:
        rekognition.detect_faces(Image={"Bytes": picture_of((10, 10))})
    assert raised.value.response["Error"]["Code"] == "InternalServerError"
    assert raised.value.response["ResponseMetadata"]["HTTPStatusCode"] == 500
    said = str(raised.value.response)
    assert not [word for word in (str(given.data), "recognizance.db", "readonly", "sqlite") if word in said]


# Statements that are asked again


ALL_OF = select(COLLECTIONS).where(COLLECTIONS.c.number == bindparam("of_number"), COLLECTIONS.c.revision >= 0)
SOME_OF = (
    select(VECTORS.c.number, VECTORS.c.vector)
    .where(VECTORS.c.collection == bindparam("of_collection"), VECTORS.c.number.in_(bindparam("some", expanding=True)))
    .order_by(VECTORS.c.number)
)
TOLD_OF = select(VECTORS.c.number).where(VECTORS.c.number.in_([2, 4])).order_by(VECTORS.c.number)
COUNTED = select(func.count()).select_from(VECTORS)
KEEP = insert(VECTORS)
RAISE = (
    update(COLLECTIONS)
    .where(COLLECTIONS.c.number == bindparam("of_number"))
    .values(revision=COLLECTIONS.c.revision + bindparam("more"))
)
RAISED = RAISE.returning(COLLECTIONS.c.revision, COLLECTIONS.c.created_at)


def test_what_is_asked_again_is_answered_as_it_was(database):
    collection = fill(database, 1)
    first, *again = (database.rows(ALL_OF, {"of_number": collection}) for _ in range(4))
    with database.read() as reader:
        again += [reader.rows(ALL_OF, {"of_number": collection}) for _ in range(3)]
    assert again == [first] * 6
    assert first[0]["tags"] == {"a": "b"}
    assert first[0]["created_at"].replace(tzinfo=UTC) == NOON


def test_lists_of_any_length_are_asked_for_again(database):
    collection = fill(database, 40)
    for length in [*range(40), 40, 3, 1, 0]:
        of = {"of_collection": collection, "some": list(range(1, length + 1))}
        found = database.rows(SOME_OF, of)
        assert [row["number"] for row in found] == of["some"]
        assert all(bytes(row["vector"]) == b"\1" * 512 for row in found)


def test_what_only_sqlalchemy_can_ask_is_asked_again_too(database):
    fill(database, 5)
    for _ in range(3):
        assert [row["number"] for row in database.rows(TOLD_OF)] == [2, 4]
        assert list(database.rows(COUNTED)[0].values()) == [5]


def test_changes_made_again_say_how_many_rows_they_changed(database):
    collection = fill(database, 1)
    for turn in range(3):
        with database.write() as tx:
            assert tx.run(KEEP, vectors(collection, [10 * turn + 11])) == 1
            assert tx.run(KEEP, vectors(collection, range(10 * turn + 12, 10 * turn + 17))) == 5
            assert tx.run(RAISE, [{"of_number": collection, "more": 2}]) == 1
            assert tx.run(RAISE, [{"of_number": collection + 1, "more": 2}]) == 0
            (row,) = tx.returning(RAISED, {"of_number": collection, "more": 1})
            assert (row["revision"], row["created_at"].replace(tzinfo=UTC)) == (3 * turn + 3, NOON)
    assert list(database.rows(COUNTED)[0].values()) == [19]


def test_a_change_made_again_is_undone_with_its_transaction(database):
    collection = fill(database, 1)
    for number in (2, 3, 4):
        with suppress(ZeroDivisionError), database.write() as tx:
            tx.run(KEEP, vectors(collection, [number]))
            raise ZeroDivisionError
    assert list(database.rows(COUNTED)[0].values()) == [1]


def test_a_statement_refused_again_is_refused_in_the_same_words(database):
    collection = fill(database, 1)
    said = set()
    for _ in range(3):
        with pytest.raises(IntegrityError) as refused, database.write() as tx:
            tx.run(KEEP, vectors(collection, [1]))
        said.add(str(refused.value.orig))
    assert len(said) == 1
    assert database.engine.pool.checkedout() == 0


def test_a_statement_made_for_one_call_is_not_kept(database):
    collection = fill(database, 1)
    before = len(database.prepared)
    for number in range(20):
        database.rows(select(VECTORS.c.number).where(VECTORS.c.collection == collection, VECTORS.c.number == number))
    gc.collect()
    assert len(database.prepared) <= before + 1  # the first, by which SQLAlchemy knows the others


def test_a_list_of_any_length_is_asked_for_as_long_as_a_statement_may_be(database):
    collection = fill(database, 3)
    query = select(VECTORS.c.number).where(
        VECTORS.c.collection == collection, VECTORS.c.number.in_(bindparam("numbers", expanding=True))
    )
    for length in (3, prepared.LONGEST, 20_000, 32_700):  # doubled, the last would be more than PostgreSQL takes
        for _ in range(2):  # first SQLAlchemy asks it, then the driver
            found = database.rows(query, {"numbers": list(range(1, length + 1))})
            assert sorted(row["number"] for row in found) == [1, 2, 3]


def test_a_value_that_has_another_by_default_is_asked_with_the_one_given(database):
    query = select(bindparam("x", 5).label("x"))
    given = [{}, {}, {"x": 9}, {}, {"x": 8}]
    assert [database.rows(query, values)[0]["x"] for values in given] == [5, 5, 9, 5, 8]


def test_a_value_that_is_not_given_is_an_error_each_time(database):
    for _ in range(3):
        with pytest.raises(StatementError):
            database.rows(ALL_OF)

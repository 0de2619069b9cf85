import os
import stat
from datetime import UTC, datetime

import pytest
from sqlalchemy import delete, insert, update
from sqlalchemy.exc import IntegrityError

from recognizance.accountability import ledger
from recognizance.database import file_url, open_database
from recognizance.database.tables import LEDGER
from recognizance.values import Act, Ask, Caller, Decision, Entry, Stated, Verdict

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def entry(request_id="r-1", **facts):
    ask = Ask(
        Caller("AKIAEXAMPLE", "000000000000", "eu-west-3"), "DetectFaces", Act.LOOK, Stated("testing", "case 1"), NOON
    )
    return Entry(NOON, request_id, ask, Decision(Verdict.ALLOW, "open/all", "why not"), "answered", facts)


@pytest.fixture(params=["memory", "file"])
def database(request, tmp_path):
    opened = open_database("sqlite://" if request.param == "memory" else file_url(tmp_path / "a.db"))
    yield opened
    opened.close()


def test_what_is_appended_is_read_back_in_order(database):
    for number in range(3):
        with database.write() as tx:
            ledger.append(tx, entry(f"r-{number}", faces=number))

    found = ledger.entries(database)
    assert [(one.sequence, one.request_id, one.facts) for one in found] == [
        (1, "r-0", {"faces": 0}),
        (2, "r-1", {"faces": 1}),
        (3, "r-2", {"faces": 2}),
    ]
    assert (found[0].at, found[0].act, found[0].purpose, found[0].case) == (NOON, "look", "testing", "case 1")


def test_reading_goes_on_after_a_number_and_stops_at_the_limit(database):
    for number in range(5):
        with database.write() as tx:
            ledger.append(tx, entry(f"r-{number}"))
    assert [one.sequence for one in ledger.entries(database, after=2, limit=2)] == [3, 4]


@pytest.mark.parametrize("change", [update(LEDGER).values(outcome="nothing happened"), delete(LEDGER)])
def test_the_database_itself_refuses_to_change_an_entry(database, change):
    with database.write() as tx:
        ledger.append(tx, entry())
    with pytest.raises(IntegrityError, match="append-only"), database.write() as tx:
        tx.run(change)
    assert ledger.entries(database)[0].outcome == "answered"


def test_an_old_number_cannot_be_written_again(database):
    with database.write() as tx:
        ledger.append(tx, entry())
    (row,) = [dict(row) for row in database.rows(LEDGER.select())]
    with pytest.raises(IntegrityError, match="append-only"), database.write() as tx:
        tx.run(insert(LEDGER).prefix_with("OR REPLACE").values(row | {"access_key": "SOMEBODY-ELSE"}))
    assert ledger.entries(database)[0].access_key == "AKIAEXAMPLE"


def test_an_entry_goes_when_its_transaction_fails(database):
    def fail():
        with database.write() as tx:
            ledger.append(tx, entry())
            raise RuntimeError("after the entry")

    with pytest.raises(RuntimeError):
        fail()
    assert ledger.entries(database) == []


def test_a_digest_depends_on_the_key():
    assert ledger.Seal(b"1" * 32).digest("a picture") != ledger.Seal(b"2" * 32).digest("a picture")
    assert b"1" * 32 not in repr(ledger.Seal(b"1" * 32)).encode()


def test_two_processes_worth_of_writers_lose_nothing(tmp_path):
    from threading import Thread

    def write(opened):
        for number in range(50):
            with opened.write() as tx:
                ledger.append(tx, entry(f"r-{number}"))

    databases = [open_database(file_url(tmp_path / "a.db")) for _ in range(2)]
    threads = [Thread(target=write, args=(one,)) for one in databases for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [one.sequence for one in ledger.entries(databases[0])] == list(range(1, 201))
    for one in databases:
        one.close()


def test_a_database_is_for_its_owner_only_and_where_it_was_asked_for(tmp_path):
    before = os.umask(0o022)
    database = open_database(file_url(tmp_path / "what?now#here.db"))
    with database.write() as tx:
        ledger.append(tx, entry())
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    database.close()
    os.umask(before)
    assert modes == dict.fromkeys(["what?now#here.db", "what?now#here.db-wal", "what?now#here.db-shm"], 0o600)

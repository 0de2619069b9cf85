"""Facts of one ledger on SQLite; `conformance/test_record.py` has those that hold for every database."""

import hashlib
import json
import os
import stat
import threading
from contextlib import closing
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, update
from tests import records
from tests.records import ACCOUNT, NOON, entry

from recognizance.accountability import entries, keys, ledger, notes
from recognizance.accountability.merkle import EMPTY, included, leaf_hash
from recognizance.database import file_url, open_database
from recognizance.database.tables import CHECKPOINTS, LEDGER, LEDGER_TREE, STATEMENTS
from recognizance.errors import DatabaseUnusable, NoteWrong, NotFound, SettingsWrong
from recognizance.values import NOTHING_STATED, Probe, Stated

SEED = b"2" * 32


@pytest.fixture(params=["memory", "file"])
def database(request, tmp_path, new_database):
    opened = open_database("sqlite://" if request.param == "memory" else new_database(tmp_path / "a.db"))
    yield opened
    opened.close()


@pytest.fixture
def record(database):
    return records.opened(database)


def leaf_of(database, number=1):
    return json.loads(ledger.leaves(database, after=number - 1, upto=number, limit=1)[0].text)


# Entries


def test_what_is_appended_is_read_back_in_order(database, record):
    for number in range(3):
        with database.write() as tx:
            assert record.append(tx, entry(f"r-{number}", faces=number)) == number + 1

    found = ledger.entries(database)
    assert [(one.sequence, one.request_id, one.facts) for one in found] == [
        (1, "r-0", {"faces": 0}),
        (2, "r-1", {"faces": 1}),
        (3, "r-2", {"faces": 2}),
    ]
    assert (found[0].at, found[0].act, found[0].purpose, found[0].case) == (NOON, "look", "testing", "case 1")
    assert (found[0].kind, found[0].issuer, found[0].policy, found[0].floor) == ("key", "", "", None)


def test_reading_goes_on_after_a_number_and_stops_at_the_limit(database, record):
    for number in range(5):
        record.record(entry(f"r-{number}"))
    assert [one.sequence for one in ledger.entries(database, after=2, limit=2)] == [3, 4]
    assert [json.loads(one.text)["n"] for one in ledger.leaves(database, after=1, upto=4, limit=2)] == [2, 3]
    assert len(ledger.leaves(database, after=1, upto=4, limit=9)) == 3
    assert ledger.leaves(database, after=4, upto=4, limit=9) == []


def test_a_leaf_is_canonical_json_of_everything_and_its_hash_is_of_its_text(database, record):
    record.record(entry(address="192.0.2.7", issuer="AKIAISSUER", faces=2, threshold=80.0, found=["a", "b"], none=None))
    (row,) = database.rows(select(LEDGER))
    assert row["hash"] == leaf_hash(row["leaf"].encode())
    assert entries.wrong(row["leaf"].encode()) is None
    leaf = json.loads(row["leaf"])
    assert entries.canonical(leaf).decode() == row["leaf"]
    assert leaf.pop("stated") is not None
    assert leaf == {
        "v": 1, "n": 1, "at": "2026-11-23T12:00:00.000000Z", "request": "r-1", "key": "AKIAEXAMPLE", "kind": "key",
        "issuer": "AKIAISSUER", "account": ACCOUNT, "region": "eu-west-3", "operation": "DetectFaces", "act": "look",
        "address": ledger.Seal(b"1" * 32).digest("192.0.2.7")[:32], "verdict": "allow", "rule": "open/all",
        "policy": "", "floor": None, "outcome": "answered",
        "facts": {"faces": 2, "threshold": 80.0, "found": ["a", "b"], "none": None},
    }  # fmt: skip


def test_a_fact_that_no_json_has_is_refused_and_nothing_is_written(database, record):
    with pytest.raises(ValueError, match="not JSON compliant"):
        record.record(entry(threshold=float("nan")))
    assert ledger.entries(database) == []


@pytest.fixture(scope="module")
def shared():
    with closing(open_database("sqlite://")) as database:
        yield database


@given(st.builds(Stated, *[st.none() | st.text(st.characters(exclude_categories=[]), max_size=20)] * 4))
def test_whatever_is_stated_is_given_back_and_only_committed_to_in_the_leaf(shared, stated):
    number = records.append(shared, entry(stated=stated))
    (found,) = ledger.entries(shared, after=number - 1)
    (leaf,) = ledger.leaves(shared, after=number - 1, upto=number, limit=1)
    assert entries.wrong(leaf.text.encode()) is None
    assert found.stated == stated
    if stated == NOTHING_STATED:
        assert (found.committed, leaf.salt, leaf.statement, found.erased) == (None, None, None, False)
    else:
        committed = hashlib.sha256(b"\x02" + leaf.salt + leaf.statement.encode()).hexdigest()
        assert found.committed == committed


def test_a_declared_probe_is_given_back(database, record):
    stated = Stated(consent="form 7", authorisation="a-1", probe=Probe("photo", "a camera", ("cropped", "rotated")))
    record.record(entry(stated=stated))
    assert ledger.entries(database)[0].stated == stated


def test_what_was_stated_is_in_no_leaf(database, record):
    record.record(entry(stated=Stated("purposeful", "case of Ada", "court 9", "form 3", Probe("photo", "her phone"))))
    (leaf,) = ledger.leaves(database, after=0, upto=1, limit=1)
    assert not any(word in leaf.text for word in ("purposeful", "Ada", "court 9", "form 3", "phone"))
    assert len(leaf.salt) == 32


# The tree


def test_the_tree_is_that_of_the_leaves_and_proves_them(database, record):
    for number in range(300):
        record.record(entry(f"r-{number}", stated=NOTHING_STATED))
    found = ledger.standing(database)
    rows = database.rows(select(LEDGER.c.hash).order_by(LEDGER.c.sequence))
    assert found.tree == ledger.Frontier().grown([row["hash"] for row in rows])
    tree = ledger.tree(database)
    assert tree.frontier(300) == found.tree
    for number in (1, 17, 256, 257, 300):
        leaf = ledger.leaves(database, after=number - 1, upto=number, limit=1)[0]
        proof = tree.inclusion(number - 1, 300)
        assert included(leaf_hash(leaf.text.encode()), number - 1, 300, proof, found.tree.root)


def test_a_clock_that_is_set_back_does_not_set_the_record_back(database, record):
    times = [NOON, NOON - timedelta(days=1), NOON + timedelta(seconds=1)]
    for at in times:
        record.record(entry(at=at))
    assert [one.at for one in ledger.entries(database)] == [NOON, NOON, NOON + timedelta(seconds=1)]
    assert [leaf_of(database, one)["at"][11:19] for one in (1, 2, 3)] == ["12:00:00", "12:00:00", "12:00:01"]


def test_what_the_clock_said_is_kept_where_it_was_set_back(database, record):
    for at in (NOON, NOON - ledger.TOLD, NOON - timedelta(hours=2)):
        record.record(entry(at=at))
    said = [one.facts.get("clock") for one in ledger.entries(database)]
    assert said == [None, None, "2026-11-23T10:00:00.000000Z"]


def test_an_entry_goes_when_its_transaction_fails(database, record):
    def fail():
        with database.write() as tx:
            record.append(tx, entry())
            raise RuntimeError("after the entry")

    with pytest.raises(RuntimeError):
        fail()
    assert ledger.entries(database) == []
    assert ledger.standing(database).tree.root == EMPTY
    assert record.record(entry()) == 1


def test_a_tree_that_has_moved_under_an_entry_is_told(database, record):
    class Stale:
        """A transaction that sees a tree that is no more."""

        def __init__(self, tx):
            self.tx, self.alone, self.rows = tx, tx.alone, tx.rows

        def run(self, change, rows=None):
            if change is ledger.ADVANCE:
                rows = [dict(rows[0]) | {"was": 7}]
            return self.tx.run(change, rows)

    with pytest.raises(DatabaseUnusable, match="the ledger grew while"), database.write() as tx:
        record.append(Stale(tx), entry())
    assert ledger.entries(database) == []


# Opening


def test_a_ledger_signed_with_another_key_is_refused(database, record):
    with pytest.raises(SettingsWrong, match=r"is signed with the key recognizance/000000000000/\w{8}\+.*and the data"):
        records.opened(database, seed=b"3" * 32)
    with pytest.raises(SettingsWrong, match="set the same account and ledger_origin"):
        records.opened(database, origin="another.example/ledger")
    records.opened(database)


def test_a_lost_key_is_replaced_by_whoever_may_write_the_database(database, record):
    record.record(entry())
    with database.write() as tx:
        tx.run(update(LEDGER_TREE).values(verifier=None))
    renewed = records.opened(database, seed=b"3" * 32)
    renewed.record(entry())
    old, new = ledger.checkpoints(database)[0], renewed.sign(NOON)
    for signed, by in ((old, record.signer), (new, renewed.signer)):
        assert notes.verify(notes.parse(signed.note), [by.verifier]) == {by.verifier: None}
    with pytest.raises(SettingsWrong):
        records.opened(database)


def test_the_signing_key_is_made_once_for_its_owner_only(tmp_path):
    made = keys.signing_key(tmp_path / "keys", os.urandom)
    assert (len(made), keys.signing_key(tmp_path / "keys", os.urandom)) == (32, made)
    (file,) = (tmp_path / "keys").iterdir()
    assert (file.name, stat.S_IMODE(file.stat().st_mode)) == ("ledger-signing.key", 0o600)
    file.write_bytes(b"short")
    with pytest.raises(SettingsWrong, match="should hold 32 bytes and holds 5; restore it from backup"):
        keys.signing_key(tmp_path / "keys", os.urandom)


def test_a_ledger_that_lost_its_end_is_not_opened(database, record):
    with database.write() as tx:
        tx.run(update(LEDGER_TREE).values(size=4, frontier=EMPTY))
    with pytest.raises(DatabaseUnusable, match="last entry is 0 and its tree has 4: restore it from backup"):
        records.opened(database)


@pytest.mark.parametrize("origin", ["with space", "with+plus", "line\nend", "\x07"])
def test_an_origin_that_no_checkpoint_can_have_is_refused(origin):
    with pytest.raises(SettingsWrong, match="ledger_origin cannot be"):
        ledger.signer(SEED, ACCOUNT, origin)


def test_the_origin_names_the_account_and_the_key_unless_it_is_given():
    assert ledger.signer(SEED, ACCOUNT).name.startswith(f"recognizance/{ACCOUNT}/")
    assert ledger.signer(SEED, ACCOUNT) != ledger.signer(b"3" * 32, ACCOUNT)
    assert ledger.signer(SEED, ACCOUNT, "city.example/record").name == "city.example/record"


# Checkpoints


def test_the_first_entry_is_signed_and_then_every_thousandth_or_minute(database, record):
    for at in [*[NOON] * 1001, NOON + timedelta(seconds=59), NOON + timedelta(seconds=60), NOON]:
        record.record(entry(at=at, stated=NOTHING_STATED))
    assert [one.size for one in ledger.checkpoints(database)] == [1, 1001, 1003]


def test_a_checkpoint_is_signed_for_the_root_and_says_when(database, record):
    record.record(entry())
    (signed,) = ledger.checkpoints(database)
    note = notes.parse(signed.note)
    assert notes.verify(note, [record.signer.verifier]) == {record.signer.verifier: None}
    said = notes.checkpoint(note.text)
    standing = ledger.standing(database)
    assert (said.origin, said.size, said.root, said.at) == (record.signer.name, 1, standing.tree.root, NOON)
    assert (signed.at, standing.signed_size, standing.signed_at) == (NOON, 1, NOON)


def test_a_checkpoint_is_signed_when_asked_for_and_not_twice(database, record):
    with database.write() as tx:
        empty = record.checkpoint(tx, NOON)
    assert notes.checkpoint(notes.parse(empty.note).text).root == EMPTY
    for _ in range(3):
        record.record(entry())
    later = NOON + timedelta(seconds=5)
    with database.write() as tx:
        made = record.checkpoint(tx, later)
    with database.write() as tx:
        assert record.checkpoint(tx, later + timedelta(days=1)) == made
    assert (made.size, made.at) == (3, later)
    assert record.sign(later) is None
    record.record(entry(at=NOON))
    assert ledger.entries(database)[-1].at == later  # no entry is older than a checkpoint before it
    assert record.sign(later).size == 4
    assert [one.size for one in ledger.checkpoints(database)] == [0, 3, 4]
    assert [one.size for one in ledger.checkpoints(database, after=0, limit=1)] == [3]
    assert ledger.checkpoint_of(database, 2) is None
    assert ledger.checkpoint_of(database, 3) == made


# Cosignatures


WITNESS = notes.Signer("witness.example", b"w" * 32, notes.WITNESS)


def cosigned(note, witness=WITNESS):
    parsed = notes.parse(note)
    return str(parsed.beside(notes.cosign(parsed.text, witness, NOON)))


def cosign(database, note, key=WITNESS):
    with database.write() as tx:
        return ledger.cosign(tx, note, str(key.verifier), NOON)


def test_a_cosignature_is_kept_below_its_checkpoint_once(database, record):
    record.record(entry())
    (signed,) = ledger.checkpoints(database)
    note = cosigned(signed.note)
    assert cosign(database, note).note == note
    assert cosign(database, note).note == note
    other = notes.Signer("other.example", b"o" * 32, notes.WITNESS)
    both = cosign(database, cosigned(signed.note, other), other).note
    assert ledger.checkpoints(database)[0].note == both
    assert set(notes.verify(notes.parse(both), [WITNESS.verifier, other.verifier, record.signer.verifier])) == {
        WITNESS.verifier,
        other.verifier,
        record.signer.verifier,
    }


def test_a_cosignature_that_does_not_hold_or_is_of_something_else_is_not_kept(database, record):
    record.record(entry())
    (signed,) = ledger.checkpoints(database)
    note = cosigned(signed.note)
    liar = notes.Signer(WITNESS.name, b"l" * 32, notes.WITNESS)
    text = notes.parse(signed.note).text
    elsewhere = notes.Checkpoint(record.signer.name, 1, b"x" * 32).text
    forged = str(notes.Note(elsewhere, (notes.cosign(elsewhere, WITNESS, NOON),)))
    unknown = notes.Checkpoint(record.signer.name, 9, b"x" * 32).text
    for given_note, key, words in (
        (note, liar, "there is no cosignature"),
        (signed.note, WITNESS, "there is no cosignature"),
        (note, record.signer, "a witness's has type 4"),
        (forged, WITNESS, "checkpoint of 1 entries is another"),
        (str(notes.Note(text, (notes.cosign(elsewhere, WITNESS, NOON),))), WITNESS, "is not over this text"),
        ("no note\n", WITNESS, "should be text"),
    ):
        with pytest.raises(NoteWrong, match=words):
            cosign(database, given_note, key)
    with pytest.raises(NotFound, match="no checkpoint of 9 entries"):
        cosign(database, str(notes.Note(unknown, (notes.cosign(unknown, WITNESS, NOON),))))
    assert ledger.checkpoints(database) == [signed]


def test_a_checkpoint_keeps_only_so_many_cosignatures(database, record):
    record.record(entry())
    (signed,) = ledger.checkpoints(database)
    for number in range(ledger.MOST_SIGNATURES - 1):
        one = notes.Signer(f"w{number}", number.to_bytes(32, "big"), notes.WITNESS)
        cosign(database, cosigned(signed.note, one), one)
    with pytest.raises(NoteWrong, match="64 signatures, and no more are kept"):
        cosign(database, cosigned(signed.note))


# Erasing what was stated


def test_statements_are_erased_by_number_or_case_and_the_tree_stays(database, record):
    cases = ["a", "b", "a", None]
    for case in cases:
        record.record(entry(stated=Stated("testing", case)))
    before = ledger.standing(database).tree
    with database.write() as tx:
        assert ledger.erase_statements(tx, case="a") == 2
        assert ledger.erase_statements(tx, case="not there") == 0
        assert ledger.erase_statements(tx, sequences=[4, 9]) == 1
    found = ledger.entries(database)
    assert [(one.purpose, one.case, one.erased) for one in found] == [
        (None, None, True), ("testing", "b", False), (None, None, True), (None, None, True),
    ]  # fmt: skip
    assert ledger.standing(database).tree == ledger.tree(database).frontier(4) == before
    assert len(database.rows(select(STATEMENTS))) == 1


def test_an_erased_statement_is_not_in_the_file_any_more(tmp_path):
    secret = "the case of somebody who was forgotten"
    with closing(open_database(file_url(tmp_path / "a.db"))) as database:
        records.append(database, entry(stated=Stated("testing", secret)))
    assert secret.encode() in (tmp_path / "a.db").read_bytes()
    with closing(open_database(file_url(tmp_path / "a.db"))) as database, database.write() as tx:
        ledger.erase_statements(tx, case=secret)
    assert [secret.encode() in path.read_bytes() for path in tmp_path.iterdir()] == [False]


# Who waits is written with who leads


def test_what_comes_while_one_is_written_is_written_together(tmp_path):
    with closing(open_database(file_url(tmp_path / "a.db"))) as database:
        record, numbers = records.opened(database), []
        commits = []
        with database.write():  # nobody can write yet
            threads = [
                threading.Thread(target=lambda one=one: numbers.append(record.record(entry(f"r-{one}"))))
                for one in range(8)
            ]
            for thread in threads:
                thread.start()
            while len(record._line.waiting) < 8:
                pass
            from sqlalchemy import event

            event.listen(database.engine, "commit", commits.append)
        for thread in threads:
            thread.join()
        assert sorted(numbers) == list(range(1, 9))
        assert len(commits) == 2  # the one that held them up, and theirs
        assert ledger.tree(database).frontier(8) == ledger.standing(database).tree


def test_an_entrys_changes_are_made_with_it_and_before_it(database, record):
    seen = []

    def change(tx):
        seen.append(ledger.standing(tx).tree.size)
        tx.run(CHECKPOINTS.insert().values(size=77, at=NOON, note="made beside"))

    assert record.record(entry(), [change]) == 1
    assert seen == [0]
    assert ledger.checkpoint_of(database, 77) is not None


def test_a_change_that_fails_leaves_no_entry_and_an_entry_that_fails_no_change(database, record):
    def fail(tx):
        tx.run(CHECKPOINTS.insert().values(size=77, at=NOON, note="made beside"))
        raise RuntimeError("in the change")

    with pytest.raises(RuntimeError, match="in the change"):
        record.record(entry(), [fail])

    def change(tx):
        tx.run(CHECKPOINTS.insert().values(size=78, at=NOON, note="made beside"))

    with pytest.raises(ValueError, match="JSON"):
        record.record(entry(threshold=float("inf")), [change])
    assert (ledger.entries(database), ledger.checkpoints(database)) == ([], [])
    assert record.record(entry()) == 1


def test_nobody_gets_anothers_error(tmp_path):
    with closing(open_database(file_url(tmp_path / "a.db"))) as database:
        record, results = records.opened(database), {}

        def fail(tx):
            raise RuntimeError("mine alone")

        def write(number):
            try:
                results[number] = record.record(entry(f"r-{number}"), [fail] if number % 3 == 0 else [])
            except RuntimeError as error:
                results[number] = str(error)

        with database.write():
            threads = [threading.Thread(target=write, args=(number,)) for number in range(9)]
            for thread in threads:
                thread.start()
            while len(record._line.waiting) < 9:
                pass
        for thread in threads:
            thread.join()
        assert {number for number, said in results.items() if said == "mine alone"} == {0, 3, 6}
        assert sorted(said for said in results.values() if said != "mine alone") == [1, 2, 3, 4, 5, 6]
        assert ledger.tree(database).frontier(6) == ledger.standing(database).tree


def test_all_are_told_when_the_database_cannot_be_written(tmp_path):
    with closing(open_database(file_url(tmp_path / "a.db"))) as database:
        record, errors = records.opened(database), []

        def write():
            with pytest.raises(DatabaseUnusable) as raised:
                record.record(entry())
            errors.append(str(raised.value))

        with database.write() as tx:
            threads = [threading.Thread(target=write) for _ in range(5)]
            for thread in threads:
                thread.start()
            while len(record._line.waiting) < 5:
                pass
            pages = tx.connection.exec_driver_sql("PRAGMA query_only=ON")
            pages.close()
        for thread in threads:
            thread.join()
        assert len(errors) == 5
        assert ledger.entries(database) == []


def test_who_stops_waiting_does_not_hold_up_the_next(tmp_path):
    with closing(open_database(file_url(tmp_path / "a.db"))) as database:
        record, numbers = records.opened(database), []

        def interrupted():
            mine = ledger._Waiting(entry("never"), [])
            mine.turn.wait = lambda: (_ for _ in ()).throw(KeyboardInterrupt)
            try:
                record._line.join(mine)
            except KeyboardInterrupt:
                numbers.append(0)

        with database.write():
            threads = [threading.Thread(target=lambda: numbers.append(record.record(entry())))]
            threads[0].start()
            while not record._line.led:
                pass
            threads.append(threading.Thread(target=interrupted))
            threads[1].start()
            threads[1].join()
            threads.append(threading.Thread(target=lambda: numbers.append(record.record(entry()))))
            threads[2].start()
        for thread in threads:
            thread.join(10)
        assert sorted(numbers) == [0, 1, 2]


def test_a_leader_that_is_interrupted_leaves_the_others_to_themselves(tmp_path):
    with closing(open_database(file_url(tmp_path / "a.db"))) as database:
        record, numbers = records.opened(database), []

        def stop(tx):
            raise KeyboardInterrupt

        def lead():
            with pytest.raises(KeyboardInterrupt):
                record.record(entry(), [stop])

        with database.write():
            threads = [threading.Thread(target=lead)]
            threads[0].start()
            while not record._line.led:
                pass
            threads += [threading.Thread(target=lambda: numbers.append(record.record(entry()))) for _ in range(3)]
            for thread in threads[1:]:
                thread.start()
            while len(record._line.waiting) < 4:
                pass
        for thread in threads:
            thread.join(10)
        assert sorted(numbers) == [1, 2, 3]


# Digests and files


def test_a_digest_depends_on_the_key():
    assert ledger.Seal(b"1" * 32).digest("a picture") != ledger.Seal(b"2" * 32).digest("a picture")
    assert b"1" * 32 not in repr(ledger.Seal(b"1" * 32)).encode()


def test_a_database_is_for_its_owner_only_and_where_it_was_asked_for(tmp_path):
    before = os.umask(0o022)
    database = open_database(file_url(tmp_path / "what?now#here.db"))
    records.append(database)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    database.close()
    os.umask(before)
    assert modes == dict.fromkeys(["what?now#here.db", "what?now#here.db-wal", "what?now#here.db-shm"], 0o600)

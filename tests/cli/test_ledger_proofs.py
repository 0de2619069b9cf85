"""`recognizance ledger export`, `prove`, `checkpoint`, `key`, `verify` and `witness`, with a server behind them."""

import base64
import gzip
import json
import re
import shutil
import stat
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.cli.conftest import Ran
from tests.forgeries.ledgers import IMPOSTOR, LOG, OTHER, STRANGER, record
from tests.pictures import people
from tests.wire.serving import serving
from typer.testing import CliRunner

from recognizance import app, cli
from recognizance.accountability import notes, verifying
from recognizance.accountability.witnessing import state_file
from recognizance.settings import read
from recognizance.values import Caller, Probe, Stated

CALLER = Caller("AKIATESTS", "000000000000", "eu-west-3", roles=frozenset({"admin"}))
SAID = Stated(purpose="missing person", case="2026-17", probe=Probe("photo", "a friend", ("cropped",)))


@dataclass
class Machine:
    """The command line of a computer with a data folder and the tiny models; a server runs beside it, if any."""

    environment: dict[str, str]
    clock: list[datetime] = field(default_factory=lambda: [datetime.now(UTC)])

    def __call__(self, *words):
        made = cli.Made(
            open_service=app.open_service,
            serve=lambda settings, announce: None,
            environment=self.environment,
            new_id=app.new_uuid,
            now=lambda: self.clock[0],
            asking_at=app.asking_at,
        )
        result = CliRunner().invoke(cli.command_line(made), [str(word) for word in words])
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Ran(result.exit_code, result.stdout, result.stderr)


def environment(tiny, data):
    named = {"data": data, "detector": "tiny-yunet", "embedder": "tiny-face", "device": "cpu", "threads": 1, **tiny}
    named |= {"mirror": "no", "enlarge": "no"}
    return {f"RECOGNIZANCE_{name.upper()}": str(value) for name, value in named.items()}


@pytest.fixture(scope="module")
def used(tiny, tmp_path_factory):
    """A data folder with a record: somebody was enrolled, and searched for."""
    data = tmp_path_factory.mktemp("used") / "data"
    searched(Machine(environment(tiny, data)))
    return data


@pytest.fixture
def machine(used, tiny, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    shutil.copytree(used, tmp_path / "data")
    return Machine(environment(tiny, tmp_path / "data"))


def searched(machine, times=1):
    """Have somebody enrolled and searched for, and one search fail."""
    picture = {"Bytes": people(1)}
    with app.build(read(machine.environment)) as parts:

        def ask(name, stated=SAID, **request):
            return parts.service.call(name, request, CALLER, "r", stated=stated, address="192.0.2.7")

        if not ask("ListCollections").response["CollectionIds"]:
            ask("CreateCollection", CollectionId="staff")
            ask("IndexFaces", CollectionId="staff", Image=picture, QualityFilter="NONE")
        for _ in range(times):
            ask("SearchFacesByImage", CollectionId="staff", Image=picture, QualityFilter="NONE")


@pytest.fixture
def public(machine):
    return machine("ledger", "key").out.strip()


@pytest.fixture
def witness(machine):
    """A witness's public key; its secret is in `w.key`."""
    return machine("ledger", "witness", "new", "example.net/witness", "--out", "w.key").out.strip()


def test_an_export_is_checked_with_nothing_but_its_key(machine, public):
    told = machine("ledger", "export", "--out", "all.ledger").out
    assert f"recognizance ledger verify all.ledger --key '{public}'" in told
    ran = Machine({})("ledger", "verify", "all.ledger", "--key", public)  # on a machine that has no data folder
    assert (ran.code, ran.out.splitlines()[-1]) == (0, "Proved.")


def test_an_export_is_text_for_its_owner_only(machine, tmp_path):
    machine("ledger", "export", "--out", "all.ledger")
    text = (tmp_path / "all.ledger").read_text()
    assert '"operation":"SearchFacesByImage"' in text
    for personal in ("missing person", "2026-17", "a friend", "192.0.2.7"):
        assert personal not in text
    assert stat.S_IMODE((tmp_path / "all.ledger").stat().st_mode) == 0o600
    assert not list(tmp_path.glob(".all*"))


def test_statements_are_exported_only_when_asked_for(machine, tmp_path, public):
    machine("ledger", "export", "--out", "all.ledger", "--statements")
    text = (tmp_path / "all.ledger").read_text()
    assert "missing person" in text
    report = json.loads(machine("ledger", "verify", "all.ledger", "--key", public, "--json").out)
    assert (report["proved"], report["statements"] > 2, report["unstated"]) == (True, True, 0)


def test_erased_statements_leave_the_record_whole(machine, public):
    with app.build(read(machine.environment)) as parts:
        erased = parts.service.call("EraseStatements", {"Case": "2026-17"}, CALLER, "r").response["Erased"]
    machine("ledger", "export", "--out", "all.ledger", "--statements")
    report = json.loads(machine("ledger", "verify", "all.ledger", "--key", public, "--json").out)
    assert (report["proved"], report["statements"], report["unstated"]) == (True, 0, erased)


def test_an_export_says_as_json_what_it_wrote(machine, tmp_path, public):
    told = json.loads(machine("ledger", "export", "--out", "all.ledger.gz", "--json").out)
    assert (told["After"], told["Entries"], told["VerifierKey"]) == (0, told["Size"], public)
    assert gzip.decompress((tmp_path / "all.ledger.gz").read_bytes()).startswith(b'{"after":0,')
    assert machine("ledger", "verify", "all.ledger.gz", "--key", public).code == 0


def test_nothing_is_written_over(machine, tmp_path):
    (tmp_path / "all.ledger").write_text("precious")
    ran = machine("ledger", "export", "--out", "all.ledger")
    assert (ran.code, (tmp_path / "all.ledger").read_text()) == (1, "precious")
    assert "there is already a file of that name" in ran.err


def test_a_later_part_goes_on_from_a_checkpoint_that_was_kept(machine, public):
    machine("ledger", "checkpoint", "--out", "kept")
    size = int(Path("kept").read_text().splitlines()[1])
    searched(machine, 3)
    assert machine("ledger", "export", "--out", "new.ledger", "--after", size + 1, "--since", "kept").code == 0
    ran = machine("ledger", "verify", "new.ledger", "--key", public, "--since", "kept")
    assert ran.code == 0
    assert f"7. growth: proved. It begins with the {size} entries of the checkpoint you kept, unchanged." in ran.out
    machine("ledger", "export", "--out", "short.ledger", "--after", size + 1)
    ran = machine("ledger", "verify", "short.ledger", "--key", public, "--since", "kept")
    assert (ran.code, f"export it with --since {size}" in ran.out) == (1, True)


def test_numbers_past_the_end_are_told(machine):
    for words in (
        ("export", "--out", "x", "--after", 9999),
        ("export", "--out", "x", "--since", 9999),
        ("prove", 9999),
    ):
        ran = machine("ledger", *words)
        assert ran.code == 2
        assert "the checkpoint is of" in ran.err
    assert machine("ledger", "export", "--out", "x", "--since", "nowhere").code == 1
    assert machine("ledger", "checkpoint", "--since", 9999).code == 2


def test_without_a_key_the_exit_status_is_not_0(machine):
    machine("ledger", "export", "--out", "all.ledger")
    ran = machine("ledger", "verify", "all.ledger")
    assert ran.code == 1
    assert "Nothing is proved about who signed" in ran.out
    assert ran.out.splitlines()[-1] == "Nothing wrong was found, and not all of it is proved: see above."


def test_an_altered_entry_is_named(machine, tmp_path, public):
    machine("ledger", "export", "--out", "all.ledger")
    content = (tmp_path / "all.ledger").read_bytes()
    (tmp_path / "all.ledger").write_bytes(content.replace(b'"operation":"IndexFaces"', b'"operation":"DetectFaces"'))
    ran = machine("ledger", "verify", "all.ledger", "--key", public)
    assert ran.code == 1
    assert re.search(r"WRONG: Entry \d+ \(line \d+\) is not as it was written", ran.out)


def test_a_key_may_be_in_a_file_and_has_to_be_one(machine, tmp_path, public):
    machine("ledger", "export", "--out", "all.ledger")
    (tmp_path / "log.key").write_text(f"{public}\n")
    assert machine("ledger", "verify", "all.ledger", "--key", "log.key").code == 0
    (tmp_path / "log.key").write_text("nonsense")
    assert machine("ledger", "verify", "all.ledger", "--key", "log.key").code == 2
    assert machine("ledger", "verify", "all.ledger", "--key", "nowhere").code == 1
    assert machine("ledger", "verify", "nowhere", "--key", public).code == 1


def test_one_entry_is_proved_by_itself(machine, tmp_path, public):
    ran = machine("ledger", "prove", 3, "--statements", "--out", "three.proof")
    assert ran.code == 0
    assert "missing person" in (tmp_path / "three.proof").read_text()
    told = machine("ledger", "verify", "three.proof", "--key", public)
    assert (told.code, told.out.splitlines()[-1]) == (0, "Proved.")
    assert "1. form: proved. The file is the proof of entry 3 of" in told.out
    assert machine("ledger", "prove", 3).out.startswith('{"format":"recognizance-proof/1"')


def test_a_data_folder_that_holds_nothing_is_told_and_not_made(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for words in (("export", "--out", "x"), ("prove", "1"), ("checkpoint",), ("key",)):
        ran = Machine({"RECOGNIZANCE_DATA": "mistyped"})("ledger", *words)
        assert (ran.code, "nothing is kept in mistyped" in ran.err) == (1, True)
    assert not (tmp_path / "mistyped").exists()


# Witnesses


def sign(machine, *words, log, key="w.key", state="state"):
    return machine("ledger", "witness", "sign", *words, "--key", key, "--log", log, "--state", state)


def test_a_witness_makes_its_key_for_itself_only(machine, tmp_path, witness):
    assert notes.verifier(witness).name == "example.net/witness"
    assert stat.S_IMODE((tmp_path / "w.key").stat().st_mode) == 0o600
    assert machine("ledger", "witness", "new", "example.net/witness", "--out", "w.key").code == 1
    assert machine("ledger", "witness", "new", "no spaces", "--out", "x.key").code == 2


def test_a_witness_cosigns_by_file_and_the_export_has_it(machine, tmp_path, public, witness):
    machine("ledger", "checkpoint", "--since", 0, "--out", "asked")
    size = int((tmp_path / "asked").read_text().splitlines()[3])
    ran = sign(machine, "asked", "--out", "cosigned", log=public)
    assert (ran.code, ran.out.startswith("Cosigned: recognizance/")) == (0, True)
    assert machine("ledger", "witness", "add", "cosigned", "--witness", witness).code == 0
    machine("ledger", "export", "--out", "all.ledger", "--upto", size)
    told = machine("ledger", "verify", "all.ledger", "--key", public, "--witness", witness)
    assert (told.code, "cosigned by example.net/witness at" in told.out) == (0, True)


def test_a_witness_follows_exports(machine, tmp_path, public, witness):
    machine("ledger", "export", "--out", "one.ledger")
    first = sign(machine, "one.ledger", log=public)
    assert first.code == 0
    assert notes.parse(first.out).signatures[1].name == "example.net/witness"
    searched(machine)
    machine("ledger", "export", "--out", "two.ledger", "--after", 2)
    assert sign(machine, "two.ledger", log=public).code == 0
    again = sign(machine, "one.ledger", log=public)
    assert again.code == 1
    assert "it is older, or entries were taken away" in again.err


def test_a_witness_asks_a_server_and_the_server_keeps_its_word(machine, server, public, monkeypatch, witness, tmp_path):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE000000001")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
    with serving(server) as where:
        for _ in range(2):
            assert sign(machine, "--endpoint", where, "--out", tmp_path / app.new_uuid(), log=public).code == 0
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wrong")
        refused = sign(machine, "--endpoint", where, log=public)
        assert (refused.code, where in refused.err) == (1, True)
    with state_file(tmp_path / "state") as kept:
        size = kept.state.last(public.partition("+")[0]).size
    machine("ledger", "export", "--out", "all.ledger", "--upto", size)
    assert machine("ledger", "verify", "all.ledger", "--key", public, "--witness", witness).code == 0
    assert sign(machine, "--endpoint", "http://127.0.0.1:9", log=public).code == 1
    assert sign(machine, "--endpoint", "nonsense", log=public).code == 1


def test_another_server_is_asked_to_witness(machine, given, key, public, monkeypatch, tmp_path):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", key.access_key_id)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", key.secret)
    there = replace(given, data=tmp_path / "there", witnessed=(public,))
    with app.build(there) as parts:
        endpoint = app.endpoint(parts, key, there)
        with serving(endpoint) as where:
            asked = machine("ledger", "witness", "ask", where)
            searched(machine)
            again = machine("ledger", "witness", "ask", where)
            other = machine("ledger", "witness", "ask", where, "--witness", str(STRANGER.verifier))
        endpoint.close()
    assert (asked.code, again.code, other.code) == (0, 0, 1)
    witness, size = re.fullmatch(r"Cosigned by (\S+): (\d+) entries.\n", again.out).groups()
    machine("ledger", "export", "--out", "all.ledger", "--upto", size)
    assert machine("ledger", "verify", "all.ledger", "--key", public, "--witness", witness).code == 0
    assert "has another key than the one given" in other.err


def test_a_server_that_was_not_told_of_this_ledger_says_so(machine, server, key, public, monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", key.access_key_id)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", key.secret)
    with serving(server) as where:
        ran = machine("ledger", "witness", "ask", where)
    assert (ran.code, f"set RECOGNIZANCE_WITNESSED there to {public}" in ran.err) == (1, True)


HONEST = record(40)
FORK = HONEST.with_leaf(20, HONEST.leaves[19].replace("AKIA", "AKIB"))


@pytest.fixture
def offered(machine, witness, tmp_path):
    """Offer a file to the witness, who has cosigned the first 30 entries."""
    (tmp_path / "first").write_bytes(record(30).file())
    assert sign(machine, "first", log=LOG.verifier).code == 0

    def offer(content, log=LOG.verifier):
        (tmp_path / "offered").write_bytes(content)
        return sign(machine, "offered", log=log)

    return offer


def asked(of, old, **changed):
    lines = [f"old {changed.get('said', old)}", *map(base64_of, of.growth(old).proof), ""]
    return "\n".join(lines).encode() + b"\n" + str(of.note()).encode()


def base64_of(one):
    return base64.b64encode(one).decode()


def test_a_witness_never_signs_what_did_not_grow(offered, tmp_path):
    before = (tmp_path / "state").read_bytes()
    for content, says in (
        (asked(FORK, 30), "does not show that the log"),
        (asked(HONEST, 20), "last cosigned a checkpoint of 30 entries"),
        (asked(record(29), 10), "last cosigned a checkpoint of 30 entries"),
        (asked(record(29), 20, said=30), "a log never shrinks"),
        (asked(record(30, origin=OTHER.name, key=OTHER), 20), "is not one that is witnessed here"),
        (asked(record(40, key=IMPOSTOR), 30), "is not signed by the log"),
        (FORK.file(), "are not those of the checkpoint you kept"),
        (record(29).file(), "it is older, or entries were taken away"),
        (HONEST.file(35), "export it with --since 30"),
        (record(40, key=IMPOSTOR).file(), "by another key than the one given"),
        (HONEST.file()[:-100], "cut short"),
        (b"", "a request to a witness should be"),
        (b"{}\n", "the first line should be the header"),
    ):
        ran = offered(content)
        assert (ran.code, ran.out) == (1, ""), says
        assert says in ran.err.replace("The first", "the first").replace("It is older", "it is older"), says
    assert (tmp_path / "state").read_bytes() == before
    assert offered(asked(HONEST, 30)).code == 0


def test_what_a_witness_cosigned_is_on_disk_before_anybody_has_it(machine, offered, tmp_path):
    (tmp_path / "offered").write_bytes(HONEST.file())
    ran = sign(machine, "offered", "--out", "first", log=LOG.verifier)  # there is a file of that name
    assert ran.code == 1
    with state_file(tmp_path / "state") as kept:
        assert kept.state.last(LOG.name).size == 40


def test_a_witness_that_lost_its_memory_does_not_guess(machine, offered, tmp_path):
    for content in (b"", b"{}", b"null", b'{"format":"recognizance-witness/1","logs":{"a":"b"}}'):
        (tmp_path / "state").write_bytes(content)
        ran = offered(HONEST.file())
        assert (ran.code, "without it the witness would sign a fork" in ran.err) == (1, True)


def test_a_witness_is_asked_in_a_way_that_makes_sense(machine, witness, public, tmp_path):
    assert sign(machine, log=public).code == 2
    assert sign(machine, "x", "--endpoint", "http://x", log=public).code == 2
    assert sign(machine, "x", log="nonsense+").code == 2
    (tmp_path / "log.key").write_text(f"{LOG.secret}\n")
    assert "can be read by others" in sign(machine, "x", log=public, key="log.key").err
    (tmp_path / "log.key").chmod(0o600)
    assert "a witness's was to be given" in sign(machine, "x", log=public, key="log.key").err
    (tmp_path / "log.key").write_text("nonsense")
    assert sign(machine, "x", log=public, key="log.key").code == 2
    assert machine("ledger", "witness", "add", "log.key", "--witness", witness).code == 2


def test_the_record_of_a_real_server_is_complete(machine, public):
    searched(machine, 2)
    machine("ledger", "export", "--out", "all.ledger")
    report = verifying.verify(Path("all.ledger"), verifying.Trusted((notes.verifier(public),)))
    assert (
        report.checks[1].text == "Every entry is well formed, and has what it should have (EU AI Act, Article 12(3))."
    )

"""The verifier: what it says, to whom, and that it needs nothing but itself. What it refuses is in tests/forgeries."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.forgeries.ledgers import LOG, NOON, STRANGER, WITNESS, leaf, record, time

from recognizance.accountability import entries, verifying
from recognizance.accountability.exported import Header, lines, new_file, opened, request
from recognizance.accountability.verifying import State, Trusted
from recognizance.errors import LedgerBroken

ROOT = Path(__file__).parents[3]
GOLDEN = ROOT / "tests" / "golden"
SCHEMA = json.loads((ROOT / "docs" / "ledger-entry.schema.json").read_text())
HONEST = record(30)
ASKED = Trusted((LOG.verifier,), (WITNESS.verifier,))


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "a.ledger"
    path.write_bytes(HONEST.file())
    return path


def test_the_report_says_in_numbered_steps_what_was_proved(file):
    told = verifying.told(verifying.verify(file, ASKED))
    assert [row.split(":")[0] for row in told[:-1]] == [
        "1. form", "2. entries", "3. order", "4. hashes", "5. signature", "6. witnesses", "7. growth", "8. statements",
    ]  # fmt: skip
    assert "1. form: proved. The file is a record of example.org/ledger, 30 entries, and whole." in told
    assert told[-1] == "Proved."


def test_without_a_key_nothing_is_proved_about_who_signed(file):
    report = verifying.verify(file, Trusted())
    assert (report.wrong, report.proved) == (None, False)
    assert "Nothing is proved about who signed" in report.checks[4].text
    assert verifying.told(report)[-1] == "Nothing wrong was found, and not all of it is proved: see above."


def test_checks_after_the_one_that_fails_are_not_reached(file):
    file.write_bytes(HONEST.file().replace(b"request-7", b"request-8"))
    report = verifying.verify(file, ASKED)
    states = {one.step.value: one.state for one in report.checks}
    assert states["hashes"] is State.WRONG
    assert states["signature"] is State.UNREACHED
    assert verifying.told(report)[-1].startswith("WRONG: Entry 7 (line 10) is not as it was written")


def test_the_report_is_json_too(file):
    found = json.loads(json.dumps(verifying.verify(file, ASKED).plain))
    assert (found["proved"], found["wrong"], found["size"], found["entries"]) == (True, None, 30, 30)
    assert (found["first_at"], found["last_at"]) == ("2026-11-23T12:00:01.000000Z", "2026-11-23T12:00:30.000000Z")
    assert (found["statements"], found["unstated"]) == (9, 1)  # that of entry 9 was erased
    assert found["cosigned"] == {"example.net/witness": "2026-11-25T12:00:00+00:00"}


def test_an_erased_statement_is_counted_and_leaves_the_record_whole(file):
    told = verifying.told(verifying.verify(file, ASKED))
    assert told[7].endswith("1 entry had one that is not in the file: erased, or left out.")


def test_progress_is_told(tmp_path):
    path, heard = tmp_path / "long.ledger", []
    path.write_bytes(record(600).file(300))
    verifying.verify(path, ASKED, lambda done, total: heard.append((done, total)))
    assert heard[-1] == (300, 300)


def run(*words, **more):
    command = [sys.executable, "-m", "recognizance.accountability.verifying", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, check=False, **more)


def test_it_is_a_program_of_its_own(file, tmp_path):
    keys = tmp_path / "keys"
    keys.write_text(f"# of the log\n{LOG.verifier}\n")
    kept = tmp_path / "kept"
    kept.write_text(str(HONEST.note(12)))
    ran = run(file, "--key", keys, "--witness", WITNESS.verifier, "--since", kept)
    assert (ran.returncode, ran.stdout.splitlines()[-1], ran.stderr) == (0, "Proved.", "")
    assert json.loads(run(file, "--key", LOG.verifier, "--json").stdout)["proved"] is True


def test_its_exit_status_is_0_only_where_all_is_proved(file, tmp_path):
    assert run(file).returncode == 1
    assert run(file, "--key", LOG.verifier, "--witness", STRANGER.verifier).returncode == 1
    assert run(tmp_path / "none", "--key", LOG.verifier).returncode == 2
    assert run(file, "--key", "nonsense").returncode == 2
    assert run(file, "--key", WITNESS.verifier).returncode == 2
    assert run(file, "--key", LOG.verifier, "--since", file).returncode == 1
    assert run().returncode == 2


def test_it_loads_nothing_of_the_server():
    heavy = ["numpy", "sqlalchemy", "openvino", "botocore", "boto3", "cv2", "PIL", "faiss", "typer", "rich", "uvicorn"]
    ours = ["recognizance.values", "recognizance.settings", "recognizance.database"]
    program = (
        f"import sys, recognizance.accountability.verifying; print([n for n in {heavy + ours} if n in sys.modules])"
    )
    assert subprocess.check_output([sys.executable, "-c", program], text=True).strip() == "[]"


def test_a_file_is_read_whatever_its_line_lengths(tmp_path):
    path = tmp_path / "a.txt"
    rows = [b"x" * length for length in (0, 1, 300_000, 262_144, 262_143, 5)]
    path.write_bytes(b"".join(row + b"\n" for row in rows))
    with opened(path) as found:
        assert list(lines(found)) == rows


def test_a_file_gets_its_name_once_it_is_whole(tmp_path):
    path = tmp_path / "a.ledger"

    def fail():
        with new_file(path) as file:
            file.write(b"half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert list(tmp_path.iterdir()) == []


def test_a_compressed_export_is_the_same_each_time(tmp_path):
    for name in ("one.gz", "other.gz"):
        with new_file(tmp_path / name) as file:
            file.write(HONEST.file())
    assert (tmp_path / "one.gz").read_bytes() == (tmp_path / "other.gz").read_bytes()


def test_a_writer_that_comes_short_is_a_mistake_of_ours():
    with pytest.raises(ValueError, match="end at 30, and the checkpoint is of 31"):
        HONEST.file(header=replace(HONEST.header(), size=31))
    assert Header("o", "k", 0, 0).line.startswith(b'{"after":0,')


def test_a_request_to_a_witness_is_as_others_write_it():
    content = b"old 1\n" + b"A" * 43 + b"=\n\norigin\n"
    assert request(content).content == content
    for wrong in (
        b"",
        b"old 01\n\nx\n",
        b"old 1\nAAAA\n\nx\n",
        b"old 1\n",
        b"\xff",
        b"old 1\n" + b"A" * 43 + b"=\n" * 70,
    ):
        with pytest.raises(LedgerBroken):
            request(wrong)


MEMBER = st.sampled_from([*entries.MEMBERS, "colour"])
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-9, 9)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=5,
)
TELLING = st.sampled_from(
    [
        *(
            0,
            1,
            -1,
            1.5,
            None,
            True,
            "",
            "x",
            "read",
            "identify",
            "held",
            "answered",
            "local",
            "0" * 12,
            "0" * 32,
            "0" * 64,
        ),
        *(time(NOON), "2026-13-01T00:00:00.000000Z", {}, {"a": 1}, {"A": 1}, {"a": {}}, {"a": ["x"]}, {"a": [1]}),
        {"collection": "", "revision": 1, "root": ""},
        {"collection": "", "revision": 1, "root": "", "matched": 0},
    ]
)


def likeness(value):
    """Tell values apart as JSON schema does: true is not 1, and 1.0 is."""
    return jsonschema.Draft202012Validator(SCHEMA).is_valid(value)


@given(st.integers(1, 40), st.dictionaries(MEMBER, JSON | TELLING, max_size=3), st.sets(MEMBER, max_size=1))
@settings(max_examples=200, deadline=None)
def test_the_published_schema_says_what_the_verifier_does(number, changed, dropped):
    members = json.loads(leaf(number)) | changed
    members = {name: value for name, value in members.items() if name not in dropped}
    line = entries.canonical(members)
    if b"\\u007f" in line or any(
        isinstance(value, float) and abs(value) > 1e18 for value in (members.get("n"), members.get("floor"))
    ):
        return  # the schema has nothing to say of how a number is written
    by_schema = likeness(json.loads(line))
    whole = all(isinstance(members.get(name, 1), int) for name in ("n", "v"))  # 1.0 is an integer to a schema
    assert (entries.wrong(line) is None) == (by_schema and whole) or entries.wrong(line) == "is not JSON"


@given(st.integers(1, 40), st.dictionaries(MEMBER, JSON | TELLING, max_size=2))
@settings(max_examples=150, deadline=None)
def test_a_form_once_learnt_refuses_what_the_slow_check_does(number, changed):
    forms = entries.Forms()
    for known in range(1, 12):
        forms.match(leaf(known).encode())
    line = entries.canonical(json.loads(leaf(number)) | changed)
    told = None
    try:
        forms.match(line)
    except LedgerBroken as error:
        told = str(error)
    assert told == entries.wrong(line) or (told is None and str(entries.wrong(line)).endswith("which is no day"))


def test_a_form_is_learnt_once():
    forms = entries.Forms()
    for number in range(1, 200):
        forms.match(leaf(number).encode())
    assert len(forms.known) <= 8  # four operations, each by a key and by a session


@pytest.mark.parametrize("path", sorted(GOLDEN.glob("*.ledger*")), ids=lambda path: path.name)
def test_every_ledger_ever_written_verifies(path):
    known = {1: "log.key", 4: "witness.key"}
    keys, witnesses = (verifying.given_key(str(GOLDEN / name), kind) for kind, name in known.items())
    later = path.name.endswith("-later.ledger")
    kept = path.with_name(path.name.replace("-later.ledger", ".checkpoint"))
    report = verifying.verify(path, Trusted(keys, witnesses, verifying.given_note(kept) if later else None))
    assert (report.wrong, report.proved) == (None, True)


def test_there_is_a_golden_ledger():
    assert len(list(GOLDEN.glob("*.ledger*"))) >= 3

"""`recognizance keys`, `suspend`, `resume` and `authorisation`, on a real service and its own database."""

import json
import re
import shlex
from datetime import UTC, datetime

import pytest
from tests.cli.conftest import Ran
from tests.operations.keyholders import Holder
from typer.testing import CliRunner

from recognizance import app, cli

EXPORT = re.compile(r"export (AWS_[A-Z_]+)=(\S+)")


@pytest.fixture
def run(given, parts, monkeypatch, tmp_path):
    """What runs the command line beside a server that is up."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    environment = {
        "RECOGNIZANCE_DATA": str(given.data),
        "RECOGNIZANCE_DEVICE": "cpu",
        "RECOGNIZANCE_DETECTOR": "tiny-yunet",
        "RECOGNIZANCE_EMBEDDER": "tiny-face",
        "RECOGNIZANCE_CARDS": str(given.cards),
        "RECOGNIZANCE_MODELS": str(given.models),
    }

    def command(*words, fails=False, **more):
        made = cli.Made(
            open_service=app.open_service,
            serve=app.serve,
            load_policy=app.load_policy,
            environment=environment | more,
            new_id=app.new_uuid,
            now=app.utc_now,
        )
        result = CliRunner().invoke(cli.command_line(made), list(words))
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        ran = Ran(result.exit_code, result.stdout, result.stderr)
        assert (ran.code != 0) == fails, ran
        return ran

    return command


def made(run, *words):
    told = dict(line.split("=", 1) for line in run("keys", "create", *words).out.splitlines())
    return told["AWS_ACCESS_KEY_ID"], told["AWS_SECRET_ACCESS_KEY"]


def soon(holder, expected):
    """Wait until the server has noticed what another process changed, a second at most."""
    began = datetime.now(UTC)
    while holder.known != expected:
        assert (datetime.now(UTC) - began).total_seconds() < 1
    return True


def test_a_key_is_made_listed_rotated_and_revoked(run, server):
    first, secret = made(run, "front desk", "--role", "user", "--person", "Ada Lovelace", "--days", "30")
    assert Holder(server, first, secret).known == "answered"
    listed = run("keys", "list")
    assert re.split(r" {2,}", listed.out.splitlines()[1].strip())[:5] == [
        first, "front desk", "Ada Lovelace", "user", "active",
    ]  # fmt: skip
    assert secret not in listed.out + listed.err

    rotated = json.loads(run("keys", "rotate", first, "--overlap-hours", "1", "--json").out)
    second = Holder(server, rotated["AccessKeyId"], rotated["SecretAccessKey"])
    assert soon(second, "answered")
    told = run("keys", "revoke", first, "--why", "the desk is closed")
    assert told.out == f"{first} (front desk) is revoked.\n"
    assert soon(Holder(server, first, secret), "UnrecognizedClientException")
    states = {one["AccessKeyId"]: one["State"] for one in json.loads(run("keys", "list", "--json").out)["Keys"]}
    assert states == {first: "revoked", rotated["AccessKeyId"]: "active"}


def test_the_secret_alone_is_on_standard_output_and_the_note_is_not(run):
    ran = run("keys", "create", "a", "--role", "user")
    assert [line.split("=")[0] for line in ran.out.splitlines()] == ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"]
    assert ran.err == "The secret is shown this once.\n"


def test_a_session_is_told_as_lines_for_a_shell(run, server):
    key, _ = made(run, "desk", "--role", "user", "--purpose", "tests")
    ran = run("keys", "session", key, "--minutes", "5", "--purpose", "missing person", "--case", "A 1")
    told = {name: shlex.split(value)[0] for name, value in EXPORT.findall(ran.out)}
    assert len(ran.out.splitlines()) == len(told) == 3
    session = Holder(server, told["AWS_ACCESS_KEY_ID"], told["AWS_SECRET_ACCESS_KEY"], told["AWS_SESSION_TOKEN"])
    assert session.known == "answered"
    refused = session("ListCollections", headers=(("x-recognizance-case", "B"),))
    assert "made for another case" in refused[1]
    assert "Good until" in ran.err


def test_what_cannot_be_made_is_told_in_a_sentence(run):
    for words, sentence in {
        ("keys", "create", "a", "--role", "emperor"): "There is no role 'emperor'; the roles are admin, user",
        ("keys", "create", "a\x1b[31m", "--role", "user"): "Name should be text of characters that print",
        ("keys", "create", "a" * 129, "--role", "user"): "Name should have at most 128 characters, and has 129.",
        ("keys", "revoke", "AKIAGHOST", "--why", "a"): "The access key AKIAGHOST does not exist, or is a root key",
        ("keys", "session", "AKIAGHOST"): "There is no access key AKIAGHOST that is good now",
        ("suspend", "operation", "SearchFaecs", "--why", "a"): "There is no operation 'SearchFaecs' here",
        ("suspend", "act", "govern", "--why", "a"): "There is no act 'govern' that can be stopped",
        ("resume", "ghost", "--why", "a"): "The suspension ghost does not exist.",
        ("authorisation", "decide", "ghost", "maybe", "--reference", "a"): "a decision is granted or refused",
        ("authorisation", "list", "--state", "odd"): "a state is one of pending, requested, granted",
    }.items():
        ran = run(*words, fails=True)
        assert sentence in ran.err
        assert "Traceback" not in ran.err
        assert ran.out == ""


def test_a_folder_that_was_mistyped_gets_no_keys(run, tmp_path):
    ran = run("keys", "create", "a", "--role", "user", "--data", "mistyped", fails=True)
    assert "nothing is kept in mistyped" in ran.err
    assert not (tmp_path / "mistyped").exists()


def test_where_the_wrapping_key_is_missing_no_server_starts_and_keys_can_still_be_listed_and_revoked(run, given):
    key, _ = made(run, "a", "--role", "user")
    (given.data / "keys" / "wrap.key").unlink()
    ran = run("keys", "create", "b", "--role", "user", fails=True)
    assert "wrap.key is missing, and with it every secret" in ran.err
    ran = run("serve", "--no-install", "--port", "0", fails=True)
    assert ran.err.startswith("recognizance: ")
    assert "wrap.key is missing, and with it every secret" in ran.err
    assert key in run("keys", "list").out
    run("keys", "revoke", key, "--why", "its secret is lost")
    made(run, "b", "--role", "user")


def test_suspending_at_the_command_line_stops_the_server_and_resuming_lets_it_go_on(run, server, key):
    root = Holder(server, key.access_key_id, key.secret)
    assert root.known == "answered"
    told = run("suspend", "all", "--why", "An inspection").out.splitlines()
    assert told[0] == "Everything is suspended. To let go on:"
    assert soon(root, "AccessDeniedException")
    assert re.fullmatch(
        r"Everything was suspended on \d{4}-\d\d-\d\d \d\d:\d\d UTC: An inspection\.", root("ListCollections")[1]
    )
    (name,) = re.findall(r"resume (\S+) --why", told[1])
    assert "Everything" in run("suspend", "list").out
    run("resume", name, "--why", "Done")
    assert soon(root, "answered")
    assert run("suspend", "list").out == "Nothing is suspended.\n"
    assert "Everything" in run("suspend", "list", "--ended").out


def test_an_operation_an_act_and_a_collection_are_suspended_by_name(run, rekognition):
    rekognition.create_collection(CollectionId="staff")
    for words, told in (
        (("operation", "SearchFaces"), "SearchFaces"),
        (("act", "identify"), "The act identify"),
        (("collection", "staff"), "The collection staff"),
    ):
        assert run("suspend", *words, "--why", "a").out.startswith(f"{told} is suspended.")
    assert len(json.loads(run("suspend", "list", "--json").out)["Suspensions"]) == 3


def test_an_authorisation_is_opened_here_and_decided_by_a_person(run, server):
    words = ("--case", "A-1", "--basis", "A camera.", "--authority", "District court")
    name = json.loads(run("authorisation", "open", *words, "--json").out)["Authorisation"]["AuthorisationId"]
    assert "A-1" in run("authorisation", "list", "--state", "pending").out
    ran = run("authorisation", "decide", name, "granted", "--reference", "3 Gs 12/26", fails=True)
    assert "Only a key that names the person who uses it decides" in ran.err
    assert "recognizance keys create NAME --role governor --person PERSON" in " ".join(ran.err.split())
    judge = Holder(server, *made(run, "judge", "--role", "governor", "--person", "Judith Hale"))
    assert judge.code("DecideAuthorisation", AuthorisationId=name, Decision="refused", Reference="3 Gs") == "answered"
    again = json.loads(run("authorisation", "open", *words, "--json").out)["Authorisation"]["AuthorisationId"]
    assert again in run("authorisation", "list", "--state", "requested").out
    assert json.loads(run("authorisation", "seal", "--json").out) == {"Sealed": [name]}
    assert run("authorisation", "seal").out == "There was nothing to seal.\n"


def test_the_keys_files_are_for_their_owner_only(run, given):
    key, _ = made(run, "a", "--role", "user")
    run("keys", "session", key)
    for name in ("wrap.key", "sessions.key"):
        assert (given.data / "keys" / name).stat().st_mode & 0o777 == 0o600

"""`recognizance policy`: checked, tested and explained, without a server."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from recognizance import app
from recognizance.cli import Made, command_line

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "policy.md").read_text(encoding="utf-8")
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
SEARCH = ("explain", "SearchFacesByImage", "--policy", "law-enforcement", "--role", "searcher", "--person", "Ines")


@pytest.fixture
def run(monkeypatch, tmp_path):
    """What runs `recognizance policy …` and gives exit status, stdout and stderr."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("FORCE_COLOR", raising=False)

    def ask(*words, policy=""):
        made = Made(
            open_service=lambda *_: None,
            serve=lambda *_: None,
            environment={"RECOGNIZANCE_DATA": str(tmp_path / "data"), "RECOGNIZANCE_POLICY": policy},
            new_id=app.new_uuid,
            now=lambda: NOON,
            load_policy=app.load_policy,
        )
        ran = CliRunner().invoke(command_line(made), ["policy", *map(str, words)])
        if ran.exception is not None and not isinstance(ran.exception, SystemExit):
            raise ran.exception
        assert not (tmp_path / "data").exists()
        return ran.exit_code, ran.stdout, ran.stderr

    return ask


@pytest.fixture
def club(tmp_path):
    """The policy that the docs begin with, and its cases."""
    (rules,) = re.findall(r"here `club\.cedar`:\n\n```cedar\n(.*?)```", PAGE, re.DOTALL)
    (cases,) = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
    folder = tmp_path / "club"
    folder.mkdir()
    (folder / "club.cedar").write_text(rules)
    (folder / "cases.toml").write_text(cases)
    return folder


# Checked


def test_the_policy_in_use_is_checked(run):
    code, out, _ = run("check")
    assert code == 0
    assert re.match(r"open: \d+ rules in 1 file\n  \d+ permit\n  roles: admin, auditor", out)


def test_the_policy_in_use_is_the_setting(run):
    assert run("check", policy="workplace")[1].startswith("workplace: ")


def test_a_pack_is_checked_by_its_name_and_told_as_json(run):
    code, out, _ = run("check", "law-enforcement", "--json")
    told = json.loads(out)
    assert (code, told["Name"], len(told["Digest"])) == (0, "law-enforcement", 64)
    cures = {rule["Id"]: (rule["Cure"], rule["To"]) for rule in told["Rules"] if rule["Cure"]}
    assert cures == {"law-enforcement/floor": ("raise", 99.0), "law-enforcement/two-people": ("hold", None)}


def test_a_policy_that_does_not_parse_is_told_with_file_and_line(run, club):
    (club / "club.cedar").write_text('@id("club/a")\npermit(principal, action, resource)\nwhen { context.hour <> 3 };')
    code, out, err = run("check", club)
    assert (code, out) == (2, "")
    assert re.fullmatch(rf"recognizance: {club}/club\.cedar:3: .*\n", err)


def test_a_policy_there_is_not_is_told_with_those_there_are(run):
    code, _, err = run("check", "opne")
    there = "there are law-enforcement, open, workplace, or the path of a folder"
    assert (code, err) == (2, f"recognizance: there is no pack 'opne'; {there}\n")


# Tested


def test_the_policy_in_the_docs_answers_the_cases_in_the_docs(run, club):
    code, out, err = run("test", club, "--each-rule")
    assert (code, err) == (0, "")
    assert re.fullmatch(
        r"club@[0-9a-f]{32}: 4 cases, all as expected\nwithout any single rule, at least one case fails\n", out
    )


def test_a_case_that_is_answered_otherwise_is_told(run, club):
    text = (club / "cases.toml").read_text().replace('rule = "club/staff"', 'rule = "club/guests"')
    (club / "other.toml").write_text(text)
    code, out, _ = run("test", club, "--cases", club / "other.toml")
    assert code == 1
    assert out.startswith("case 1: members are searched for in the evening\n  expected allow by club/guests\n")
    assert "  SearchFacesByImage got allow by club/staff: " in out
    assert "4 cases, 1 answered otherwise" in out
    told = json.loads(run("test", club, "--cases", club / "other.toml", "--json")[1])
    assert (told["Cases"], told["Failed"][0]["Got"]["Rule"]) == (4, "club/staff")


def test_a_rule_that_no_case_would_miss_is_told(run, club):
    with (club / "club.cedar").open("a") as more:
        more.write('@id("club/never") @reason("No.") forbid (principal, action in Action::"enrol", resource);')
    code, out, _ = run("test", club, "--each-rule")
    assert code == 1
    assert "no case misses club/never\n" in out


def test_a_policy_without_cases_says_where_they_would_be(run, club):
    (club / "cases.toml").unlink()
    code, _, err = run("test", club)
    assert code == 2
    assert f"{club}/cases.toml should be a table of cases" in err


# Explained


def test_a_refusal_is_explained_with_every_rule_that_speaks(run):
    code, out, _ = run(*SEARCH, "--purpose", "homicide", "--collection", "arrests")
    assert code == 0
    assert out.startswith("SearchFacesByImage (identify): denied\n  by law-enforcement/case of law-enforcement@")
    assert re.search(r"\nlaw-enforcement/case refuses, searches\.cedar:\d+\n  why      State the case", out)
    assert "\n  source   EU AI Act 26(10)" in out
    assert "\n  looks at context.case\n" in out
    assert "law-enforcement/floor raises: the server applies 99, " in out
    assert "law-enforcement/two-people holds: people look before anything leaves, " in out


def test_what_is_held_is_explained_with_its_threshold(run):
    said = ("--purpose", "homicide", "--case", "1", "--authorisation", "pending:47.5", "--probe", "photo")
    code, out, _ = run(*SEARCH, *said, "--source", "a camera", "--edit", "cropped", "--threshold", "80")
    assert code == 0
    assert out.startswith("SearchFacesByImage (identify): held for review, at 99 or more\n")
    assert "law-enforcement/searcher permits" in out
    late = tuple(word.replace("47.5", "48") for word in said)
    told = json.loads(run(*SEARCH, *late, "--source", "a camera", "--json")[1])
    assert (told["Verdict"], told["Rule"]) == ("deny", "law-enforcement/authorisation-48-hours")


def test_roles_that_could_are_named(run):
    assert "\n  roles that could: admin, governor\n" in run("explain", "CreateKey", "--role", "user")[1]


def test_tags_address_and_time_are_facts_too(run, club):
    search = ("explain", "SearchFaces", "--policy", club, "--role", "user", "--address", "10.20.0.9", "--json")
    assert json.loads(run(*search)[1])["Rule"] == "club/opening-hours"
    assert json.loads(run(*search, "--at", "2026-11-23T20:00:00+01:00")[1])["Rule"] == "club/staff"
    workplace = ("explain", "SearchFaces", "--policy", "workplace", "--role", "user", "--purpose", "a", "--json")
    assert json.loads(run(*workplace, "--tag", "recognizance:identification=allowed")[1])["Verdict"] == "allow"


def test_what_the_docs_show_is_what_is_shown(run):
    (shown,) = re.findall(r"```console\n\$ recognizance policy (.*?)```", PAGE, re.DOTALL)
    command, _, wanted = shown.partition("\n")
    pattern = re.escape(wanted).replace("…", r"\w+")
    assert re.fullmatch(pattern, run(*command.split())[1])


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("SearchSouls",), "operation = 'SearchSouls' is not served"),
        (("ListFaces", "--role", "emperor"), "there are admin, user, enroller"),
        (("ListFaces", "--kind", "ghost"), "should be one of root, key, session, local, server"),
        (("ListFaces", "--threshold", "3"), "ListFaces should have one"),
        (("ListFaces", "--tag", "a"), "--tag a should be NAME=VALUE"),
        (("ListFaces", "--source", "a"), "should stand beside --probe"),
        (("ListFaces", "--authorisation", "granted:soon"), "as in pending:12"),
        (("ListFaces", "--at", "noon"), "should be a time in ISO 8601"),
    ],
)
def test_a_question_that_makes_no_sense_is_told_in_a_sentence(run, words, says):
    code, out, err = run("explain", *words)
    assert (code, out) == (2, "")
    assert says in err


def test_the_schema_names_every_act_and_operation(run):
    code, out, _ = run("schema")
    assert code == 0
    assert 'action "identify" appliesTo' in out
    assert 'action "SearchFacesByImage" in [Action::"identify"] appliesTo' in out
    assert 'entity Role enum ["admin"' in out


def test_a_policy_is_adopted_from_the_command_line_and_is_in_force_then(given, tmp_path):
    made = Made(
        open_service=app.open_service,
        serve=None,
        environment={f"RECOGNIZANCE_{name.upper()}": str(getattr(given, name)) for name in ("data", "models", "cards")}
        | {"RECOGNIZANCE_DETECTOR": "tiny-yunet", "RECOGNIZANCE_EMBEDDER": "tiny-face", "RECOGNIZANCE_DEVICE": "cpu"},
        new_id=app.new_uuid,
        now=app.utc_now,
        load_policy=app.load_policy,
        policy_in_force=app.policy_in_force,
    )

    def ask(*words):
        ran = CliRunner().invoke(command_line(made), ["policy", *words])
        return ran.exit_code, ran.stdout, ran.stderr

    code, _, err = ask("adopt", "workplace", "--why", "staff")
    assert code != 0
    assert "nothing is kept in" in err
    with app.build(given):
        pass
    assert ask("check")[1].startswith("open: ")
    code, out, _ = ask("adopt", "workplace", "--why", "staff")
    assert (code, out.splitlines()[0]) == (0, "The policy is workplace now, and was open.")
    assert ask("check")[1].startswith("workplace: ")
    assert ask("adopt", "workplace", "--why", "again")[0] == 1
    # What a server would not start with is not explained as if it did.
    made.environment["RECOGNIZANCE_POLICY"] = "open"
    for words in (("explain", "SearchFaces", "--role", "user"), ("check",)):
        code, out, err = ask(*words)
        assert (code, out) == (2, "")
        assert "the database is under the policy workplace, and RECOGNIZANCE_POLICY is open" in " ".join(err.split())
    assert ask("explain", "SearchFaces", "--role", "user", "--policy", "open")[0] == 0
    del made.environment["RECOGNIZANCE_POLICY"]
    made.environment["RECOGNIZANCE_ACCOUNT"] = "111111111111"
    assert "kept for the account 000000000000" in " ".join(ask("check")[2].split())

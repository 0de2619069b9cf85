"""Whose the policy is: the database keeps it, and no shell's setting takes it away."""

import time
from dataclasses import replace

import pytest

from recognizance import app
from recognizance.accountability import ledger
from recognizance.accountability.watch import LASTS
from recognizance.errors import AccessDenied, Conflict, InvalidParameter, PolicyWrong, SettingsWrong
from recognizance.values import Caller, Kind

LOCAL = Caller("local-command-line", "000000000000", "local", Kind.LOCAL, roles=frozenset({"admin"}))
OWN = '@id("own/all") permit(principal, action, resource);'


def in_force(given, policy=""):
    with app.build(replace(given, policy=policy)) as parts:
        return parts.service.tools.policy.name


def ask(parts, name, **request):
    return parts.service.call(name, request, LOCAL, "r-1").response


def entries(parts):
    return ledger.entries(parts.database)


def test_a_new_database_is_under_open_and_says_nothing_of_it(given):
    with app.build(given) as parts:
        assert parts.service.tools.policy.name == "open"
        assert entries(parts) == []


def test_a_policy_once_set_stays_when_the_setting_goes(given):
    assert in_force(given, "law-enforcement") == "law-enforcement"
    assert in_force(given) == "law-enforcement"


def test_a_policy_is_adopted_with_an_entry_of_the_server_itself(given):
    with app.build(replace(given, policy="workplace")) as parts:
        (entry,) = entries(parts)
        digest = parts.service.tools.policy.digest
    assert (entry.operation, entry.act, entry.kind) == ("AdoptPolicy", "govern", "server")
    assert {name: entry.facts[name] for name in ("from", "to", "digest")} == {
        "from": "open", "to": "workplace", "digest": digest,
    }  # fmt: skip
    with app.build(replace(given, policy="workplace")) as parts:
        assert len(entries(parts)) == 1


@pytest.mark.parametrize("other", ["open", "workplace"])
def test_a_setting_alone_does_not_change_a_policy(given, other):
    assert in_force(given, "law-enforcement") == "law-enforcement"
    with pytest.raises(PolicyWrong) as raised:
        in_force(given, other)
    assert "under the policy law-enforcement" in str(raised.value)
    assert f"recognizance policy adopt {other} --why TEXT" in str(raised.value)
    assert in_force(given) == "law-enforcement"


def test_whoever_may_govern_adopts_another_which_is_in_force_at_the_next_start(given):
    with app.build(replace(given, policy="workplace")) as parts:
        answer = ask(parts, "AdoptPolicy", Policy="open", Why="the trial is over")
        assert (answer["From"], answer["To"]) == ("workplace", "open")
        entry = entries(parts)[-1]
        assert (entry.operation, entry.facts["from"], entry.facts["to"]) == ("AdoptPolicy", "workplace", "open")
    assert in_force(given) == "open"


def test_a_process_under_a_policy_that_is_no_longer_in_force_answers_nothing_but_the_record(given, key):
    with app.build(given) as running:
        ask(running, "ListCollections")
        with app.build(replace(given, policy="law-enforcement")) as newer:
            assert newer.service.tools.policy.name == "law-enforcement"
        time.sleep(LASTS + 0.05)
        with pytest.raises(AccessDenied, match="restart"):
            ask(running, "ListCollections")
        assert entries(running)[-1].rule == "policy/changed"
        ask(running, "DescribeLedger")


def test_the_process_that_adopts_stops_at_once_too(given):
    with app.build(given) as parts:
        ask(parts, "AdoptPolicy", Policy="workplace", Why="staff")
        with pytest.raises(AccessDenied, match="restart"):
            ask(parts, "AdoptPolicy", Policy="open", Why="back")


def test_a_folder_is_kept_by_its_whole_path(given, tmp_path, monkeypatch):
    own = tmp_path / "own"
    own.mkdir()
    (own / "a.cedar").write_text(OWN)
    monkeypatch.chdir(tmp_path)
    assert in_force(given, "./own") == "own"
    monkeypatch.chdir("/")
    assert in_force(given) == "own"
    assert in_force(given, str(own)) == "own"


@pytest.mark.parametrize(
    ("named", "error"),
    [("no-such", InvalidParameter), ("./own", InvalidParameter), ("~/own", InvalidParameter), ("open", Conflict)],
)
def test_only_a_policy_that_can_be_used_and_is_another_is_adopted(given, named, error):
    with app.build(given) as parts, pytest.raises(error):
        ask(parts, "AdoptPolicy", Policy=named, Why="why not")
    assert in_force(given) == "open"


def test_a_database_kept_for_another_account_is_not_opened(given):
    in_force(given)
    with pytest.raises(SettingsWrong, match="account 000000000000"):
        in_force(replace(given, account="111111111111"))


def test_a_policy_is_adopted_through_boto3(house):
    assert house.adopt_policy(Policy="workplace", Why="staff")["To"] == "workplace"

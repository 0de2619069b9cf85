"""Every pack that ships: what it answers, and that each of its rules is there for something."""

import re
from pathlib import Path

import cedarpy
import pytest

from recognizance.accountability import cases, cedar, policy
from recognizance.operations import OPERATIONS
from recognizance.values import Act

ROOT = Path(__file__).parents[2]
PACKS = ("law-enforcement", "open", "workplace")
ACTS = {act for act in Act if act is not Act.NONE}


@pytest.fixture(scope="module", params=PACKS)
def pack(request):
    return policy.load(request.param, OPERATIONS)


@pytest.fixture(scope="module")
def table(pack):
    return cases.read(pack.folder / policy.CASES)


def test_these_packs_ship():
    assert policy.shipped() == list(PACKS)


def test_every_case_is_answered_as_expected(pack, table):
    assert len(table) >= 60
    assert cases.run(pack, table) == []


def test_no_rule_can_be_taken_out_without_a_case_failing(pack, table):
    assert cases.unnoticed(pack, table) == []


def test_no_cure_can_be_taken_for_another_without_a_case_failing(pack, table):
    cured = [one for one in pack.parsed if one.rule.cure is not None]
    for one in cured:
        text = re.sub(r"@(verdict|to)\([^)]*\)\n", "", one.statement.text)
        refuses = cedar.parse(cedar.Statement(text, one.statement.path, one.statement.line))
        parsed = tuple(refuses if other is one else other for other in pack.parsed)
        changed = policy.of(pack.name, pack.digest, pack.folder, pack.schema, parsed, pack.operations)
        assert cases.run(changed, table), f"{one.rule.id} may as well refuse"


def test_every_case_expects_a_rule_and_says_something_of_its_own(pack, table):
    known = {rule.id for rule in pack.rules} | {f"{pack.name}/{one}" for one in policy.OURS}
    assert [case.says for case in table if case.rule not in known] == []
    said = [case.says for case in table]
    assert sorted(set(said)) == sorted(said)


def test_every_rule_is_named_after_its_pack_and_says_why(pack):
    for rule in pack.rules:
        assert rule.id.startswith(f"{pack.name}/")
        assert re.fullmatch(r"[A-Z].*[^.]\.", rule.reason), f"{rule.id}: {rule.reason}"
        assert rule.effect == cedar.PERMIT or rule.source, f"{rule.id} names no source"


def test_the_cases_ask_for_every_act(table):
    asked = {case.facts.get("act") or OPERATIONS[case.facts["operation"]].act.value for case in table}
    assert asked == {act.value for act in ACTS if any(one.act is act for one in OPERATIONS.values())}


def test_what_is_asked_fits_the_schema_and_is_answered_alike_when_held_against_it(pack, table):
    """At run time the schema is left out, for speed: nothing that is asked may depend on that."""
    schema = cedarpy.Schema.from_str(pack.schema)
    policies = cedarpy.PolicySet.from_str("\n".join(one.statement.text for one in pack.parsed))
    for case in table:
        for ask in cases.asks(case.facts | {"address": "192.0.2.1"}, OPERATIONS):
            described = [one for one in policy.entities(ask, ask.act) if one["uid"]["type"] != "Action"]
            question = {
                "principal": policy.key(ask),
                "action": {"type": "Action", "id": ask.operation},
                "resource": policy.resource(ask),
                "context": policy.context(policy.facts(ask), ask.threshold, reviewed=False),
            }
            said = cedarpy.is_authorized(question, policies, described, schema)
            assert said.diagnostics.errors == []
            spoke = {int(name.removeprefix("policy")) for name in said.diagnostics.reasons}
            told = pack.explain(ask)
            if told.decision.rule == f"{pack.name}/{policy.NOTHING_ALLOWS}":  # then nobody learns what forbids say
                assert (said.allowed, told.spoke) == (False, ())
            else:
                assert {pack.rules[place].id for place in spoke} <= {rule.id for rule in told.spoke}


def test_the_page_tells_every_rule_as_it_is_written(pack):
    page = (ROOT / "docs" / "policy.md").read_text(encoding="utf-8")
    assert [rule.id for rule in pack.rules if f"`{rule.id}`" not in page or rule.reason not in page] == []


# What holds in every pack


@pytest.mark.parametrize("role", ["user", "enroller", "searcher", "reader", "reviewer", "auditor"])
@pytest.mark.parametrize("act", ["govern", "export"])
def test_only_governors_and_admins_govern_and_export(pack, act, role):
    facts = {"act": act, "roles": [role], "person": "Ines Marchetti", "purpose": "any"}
    asks_for_leave = (pack.name, role) == ("law-enforcement", "searcher")
    beside = {"CreateSession"} | ({"OpenAuthorisation", "DescribeAuthorisation"} if asks_for_leave else set())
    for ask in cases.asks(facts, OPERATIONS):
        if ask.operation not in beside:
            assert pack.admit(ask).verdict.value == "deny"


@pytest.mark.parametrize("role", ["user", "enroller", "searcher", "reader", "governor"])
def test_only_auditors_and_admins_read_the_record(pack, role):
    for ask in cases.asks({"act": "audit", "roles": [role], "person": "Ines Marchetti"}, OPERATIONS):
        answers = role == "governor" and ask.operation == "ListFindings"  # whoever closes findings has to see them
        assert pack.admit(ask).verdict.value == ("allow" if answers else "deny")


@pytest.mark.parametrize("role", ["user", "enroller", "searcher", "reader", "auditor", "governor"])
def test_only_reviewers_review(pack, role):
    for ask in cases.asks({"act": "review", "roles": [role], "person": "Ines Marchetti"}, OPERATIONS):
        lists = role in ("auditor", "governor") and ask.operation == "ListReviews"
        assert pack.admit(ask).verdict.value == ("allow" if lists else "deny")


def test_the_server_itself_only_forgets_and_seals(pack):
    allowed = {
        name
        for name in OPERATIONS
        for ask in cases.asks({"operation": name, "kind": "server"}, OPERATIONS)
        if pack.admit(ask).verdict.value == "allow"
    }
    forgets = {name for name, one in OPERATIONS.items() if one.act is Act.FORGET}
    for_governors = {"DeleteCollection", "FinishReembedding", "AbandonReembedding", "DeleteUser"}
    if pack.name == "law-enforcement":
        forgets -= for_governors
    assert allowed == forgets | {"SealLapsed", "DescribePolicy", "ExplainDecision"}


def test_the_floor_in_the_docs_refuses_what_the_packs_own_raises():
    pack = policy.load("law-enforcement", OPERATIONS)
    page = (ROOT / "docs" / "policy.md").read_text(encoding="utf-8")
    (written,) = re.findall(r"### A floor that refuses.*?```cedar\n(.*?)```", page, re.DOTALL)
    (statement,) = cedar.statements(written, Path("docs/policy.md"))
    refusing = cedar.parse(statement)
    parsed = tuple(refusing if one.rule.id == refusing.rule.id else one for one in pack.parsed)
    cedar.check(pack.schema, parsed)
    changed = policy.of(pack.name, pack.digest, pack.folder, pack.schema, parsed, pack.operations)
    compare = {"operation": "CompareFaces", "roles": ["searcher"], "person": "A", "purpose": "robbery", "case": "1"}
    compare |= {"authorisation": {"state": "granted"}}
    (at_80,) = cases.asks(compare, OPERATIONS)
    (at_99,) = cases.asks(compare | {"threshold": 99}, OPERATIONS)
    assert (pack.admit(at_80).verdict.value, pack.admit(at_80).floor) == ("allow", 99.0)
    assert (changed.admit(at_80).verdict.value, changed.admit(at_80).rule) == ("deny", "law-enforcement/floor")
    assert changed.admit(at_99).verdict.value == "allow"

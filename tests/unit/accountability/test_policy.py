"""Packs of one's own: read, refused with file and line, asked, and cured."""

import hashlib
import logging
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recognizance.accountability import cases, cedar, policy
from recognizance.errors import InvalidParameter, PolicyWrong, SettingsWrong
from recognizance.operations import OPERATIONS as SERVED
from recognizance.values import (
    TERM,
    Act,
    Ask,
    Authorisation,
    Caller,
    CollectionId,
    Holding,
    Kind,
    Probe,
    Stated,
    Verdict,
)

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
OPERATIONS = {
    "SearchFaces": SimpleNamespace(act=Act.IDENTIFY, threshold=("FaceMatchThreshold", 80.0), holdable=True),
    "FindDuplicates": SimpleNamespace(act=Act.IDENTIFY, threshold=("FaceMatchThreshold", 98.0), holdable=False),
    "ListFaces": SimpleNamespace(act=Act.READ, threshold=None, holdable=False),
    "CreateKey": SimpleNamespace(act=Act.GOVERN, threshold=None, holdable=False),
}
ASK = Ask(
    Caller("AKID", "000000000000", "eu-west-3", roles=frozenset({"searcher"})),
    "SearchFaces",
    Act.IDENTIFY,
    Stated(),
    NOON,
    Holding(CollectionId("staff")),
    80.0,
)
PERMIT = '@id("own/all") permit (principal, action, resource);\n'
FLOOR = """@id("own/floor") @reason("Nothing below {to}.") @verdict("raise") @to("{to}")
forbid (principal, action, resource) when {{ context has threshold && context.threshold.lessThan(decimal("{below}")) }};
"""
HOLD = """@id("own/hold") @reason("People look.") @verdict("hold")
forbid (principal, action in Action::"identify", resource) unless { context.reviewed };
"""
PURPOSE = """@id("own/purpose") @reason("State why.") @source("the house rules")
forbid (principal, action, resource) unless { context has purpose };
"""


@pytest.fixture
def load(tmp_path):
    """What writes files into a folder called own and loads them as a policy."""

    def write(*texts, **named):
        folder = tmp_path / "own"
        folder.mkdir(exist_ok=True)
        files = {f"{number}.cedar": text for number, text in enumerate(texts)} | {
            f"{name}.cedar": text for name, text in named.items()
        }
        for name, text in files.items():
            (folder / name).write_text(text, encoding="utf-8")
        return policy.load(str(folder), OPERATIONS)

    return write


def wrong(load, *texts):
    """Return what a policy of one file is refused with, without its folder."""
    with pytest.raises(PolicyWrong) as raised:
        load(*texts)
    path, _, rest = str(raised.value).partition("/own/")
    assert path.startswith("/")
    return rest


# Refused when it is read


@pytest.mark.parametrize(
    ("text", "place", "says"),
    [
        ("permit(principal, action, resource)", 1, "unexpected end of input"),
        ('@id("a/b")\npermit(principal action, resource);', 2, "unexpected token `action`"),
        ('@id("a/b")\npermit(principal, action, resource)\nwhen {\n  context. == 3\n};', 4, "unexpected token `==`"),
        ('@id("a/b")\npermit(principal, action, resource)\nwhen {\n  foo(3)\n};', 4, "`foo` is not a valid function"),
        ('@id("a/b")\npermit(\n  principal,\n  actions,\n  resource\n);', 4, "actions"),
        ('@id("a/b")\nprmit(principal, action, resource);', 2, "prmit"),
        ('@id("a/b)\npermit(principal, action, resource);', 1, "invalid token"),
        (PERMIT + '// a note; with a sign\n\n@id("a/c")\npermit(principal, action);', 5, "missing the `resource`"),
        (PERMIT + '@id("a/c")\npermit(principal, action, resource)\n' + PURPOSE, 4, "unexpected token `@`"),
        (PERMIT + "nonsense", 2, "unexpected"),
        ('@id("a/b") @id("a/c")\npermit(principal, action, resource);', 1, "duplicate annotation"),
    ],
)
def test_what_does_not_parse_is_told_with_its_line(load, text, place, says):
    told = wrong(load, text)
    assert told.startswith(f"0.cedar:{place}: "), told
    assert says in told


@pytest.mark.parametrize(
    ("text", "place", "says"),
    [
        ('@id("a/b")\npermit(principal, action == Action::"SearchFaced", resource);', 2, "SearchFaced"),
        ('@id("a/b")\npermit(principal in Role::"seacher", action, resource);', 2, "seacher"),
        ('@id("a/b")\npermit(principal, action, resource)\nwhen {\n  context.porpoise == "a"\n};', 4, "porpoise"),
        ('@id("a/b")\npermit(principal, action, resource)\nwhen {\n  context.purpose == "a"\n};', 4, "purpose"),
        ('@id("a/b")\npermit(principal, action, resource)\nwhen { context.hour == "noon" };', 2, "Long"),
        ('@id("a/b")\npermit(principal, action, resource)\nwhen {\n  resource.faces < 10\n};', 4, "faces"),
        ('@id("a/b")\npermit(principal in Group::"x", action, resource);', 2, "Group"),
    ],
)
def test_what_the_schema_does_not_know_is_told_with_its_line(load, text, place, says):
    told = wrong(load, PERMIT.replace("\n", " "), text)
    assert told.startswith(f"1.cedar:{place}: "), told
    assert says in told


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("permit(principal, action, resource);", 'should have a name: @id("pack/rule")'),
        ('@id("")\npermit(principal, action, resource);', '@id("") should be letters'),
        ('@id("no slash")\npermit(principal, action, resource);', '@id("no slash") should be letters'),
        ('@id("a/b")\nforbid(principal, action, resource);', "a/b forbids and should say why: @reason"),
        ('@id("a/b") @reason(" ")\nforbid(principal, action, resource);', "should say why"),
        ('@id("a/b") @resaon("x")\npermit(principal, action, resource);', "@resaon is not known"),
        ('@id("a/b")\npermit(principal == ?principal, action, resource);', "a template"),
        ('@id("a/b") @verdict("hold")\npermit(principal, action, resource);', "@verdict should stand at a forbid"),
        (HOLD.replace('"hold"', '"wait"'), '@verdict("wait") is not known'),
        (HOLD.replace("context.reviewed", "true"), '@verdict("hold") changes context.reviewed'),
        (FLOOR.format(to="99", below="99.0").replace("threshold", "purpose"), "changes context.threshold"),
        (FLOOR.format(to="99", below="99.0").replace('@to("99")', ""), "@to should be a number"),
        (FLOOR.format(to="ninety", below="99.0"), "@to should be a number from 0 to 100"),
        (FLOOR.format(to="100.5", below="99.0"), "@to should be a number from 0 to 100"),
        (FLOOR.format(to="-1", below="99.0"), "@to should be a number from 0 to 100"),
        (FLOOR.format(to="99.123", below="99.0"), "@to should be a number from 0 to 100"),
        (PURPOSE.replace("@source", '@to("99") @source'), '@to should stand beside @verdict("raise")'),
    ],
)
def test_what_a_rule_lacks_is_told_with_its_line(load, text, says):
    told = wrong(load, "\n" + text)
    assert told.startswith("0.cedar:2: "), told
    assert says in told


def test_no_two_rules_have_one_name(load):
    assert wrong(load, PERMIT, "\n\n" + PERMIT).startswith("1.cedar:3: the rule in 0.cedar:1 is called own/all too")


def test_a_policy_that_permits_nothing_is_refused(load):
    with pytest.raises(PolicyWrong, match="no rule that permits anything"):
        load(PURPOSE)


def test_a_folder_without_rules_is_refused(load):
    with pytest.raises(PolicyWrong, match=r"has no \.cedar file"):
        load()


@pytest.mark.parametrize("named", ["./nowhere", "/nowhere/at/all", ""])
def test_a_folder_that_is_not_there_is_refused(named):
    with pytest.raises(PolicyWrong, match="there is no folder"):
        policy.load(named, OPERATIONS)


@pytest.mark.parametrize("named", ["opne", "template", "policies"])
def test_a_pack_that_is_not_there_is_refused_with_those_that_are(named):
    with pytest.raises(PolicyWrong, match="there are law-enforcement, open, workplace"):
        policy.load(named, OPERATIONS)


def test_rules_that_are_no_text_are_refused(tmp_path):
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "a.cedar").write_bytes(b"\xff\xfe")
    with pytest.raises(PolicyWrong, match=r"a\.cedar should be text in UTF-8"):
        policy.load(str(tmp_path / "own"), OPERATIONS)


def test_a_policy_that_is_wrong_is_an_operators_wrong_setting():
    assert issubclass(PolicyWrong, SettingsWrong)


# What it is called


def test_the_digest_is_of_every_file_with_its_name_and_length_and_of_the_schema(load):
    pack = load(b=PURPOSE, a=PERMIT)
    hashed = hashlib.sha256()
    for part in ("a.cedar", PERMIT, "b.cedar", PURPOSE, "", pack.schema):
        hashed.update(len(part.encode()).to_bytes(8, "big") + part.encode())
    assert pack.digest == hashed.hexdigest()
    assert pack.called == f"own@{pack.digest[:32]}"


def test_no_two_policies_have_one_digest_for_where_their_files_are_cut(load, tmp_path):
    noted, whole = PURPOSE.splitlines()[0], PURPOSE.splitlines()[1]
    apart = load(a=PERMIT + "//", b=f"{noted} {whole}")
    (tmp_path / "own" / "b.cedar").unlink()
    together = load(a=PERMIT + f"//{noted} {whole}")
    assert (len(apart.rules), len(together.rules)) == (2, 1)
    assert apart.digest != together.digest


def test_what_rules_may_speak_of_is_part_of_the_digest(load):
    pack = load(PERMIT)
    fewer = {name: one for name, one in OPERATIONS.items() if name != "CreateKey"}
    assert policy.load(str(pack.folder), fewer).digest != pack.digest


def test_a_lone_return_ends_a_comment_as_it_does_for_cedar(load, tmp_path):
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "z.cedar").write_bytes(b"// a note\r" + PURPOSE.encode() + PERMIT.encode())
    pack = policy.load(str(tmp_path / "own"), OPERATIONS)
    assert [rule.id for rule in pack.rules] == ["own/purpose", "own/all"]
    assert pack.admit(ASK).rule == "own/purpose"


def test_a_file_that_cedar_reads_otherwise_is_refused(tmp_path):
    path = tmp_path / "a.cedar"
    with pytest.raises(PolicyWrong, match="Cedar finds 2 statements in it, and we 1"):
        cedar.counted(PERMIT + PURPOSE, path, 1)


@pytest.mark.parametrize("nested", ["(" * 30_000 + "true" + ")" * 30_000, "[" * 101 + "]" * 101 + " == 1"])
def test_brackets_that_would_crash_the_parser_are_refused_with_their_line(load, nested):
    told = wrong(load, PERMIT + '@id("a/b")\npermit(principal, action, resource)\nwhen { ' + nested + " };")
    assert told == "0.cedar:4: brackets should stand at most 100 deep within each other"


@pytest.mark.parametrize(
    "entangled",
    [
        " && ".join(["true"] * 500),
        "principal" + ".a" * 100_000,
        "if true then " * 50_000 + "true" + " else true" * 50_000,
    ],
)
def test_a_statement_that_is_too_entangled_is_refused_with_its_line(load, entangled):
    told = wrong(load, PERMIT + '@id("a/b")\npermit(principal, action, resource)\nwhen { ' + entangled + " };")
    assert re.fullmatch(r"0\.cedar:\d+: this statement is too .*; make several of it", told)


def test_brackets_in_words_and_comments_are_none(load):
    assert load(
        PERMIT, f'// {"(" * 200}\n@id("a/b") permit(principal, action, resource) when {{ "{"(" * 200}" == "a" }};'
    )


@pytest.mark.parametrize("named", ["~nosuchuser/x", "a\0/b", "/" + "x" * 5000, " "])
def test_a_folder_that_cannot_be_is_told_in_a_sentence(named):
    with pytest.raises(PolicyWrong, match="there is no folder"):
        policy.load(named, OPERATIONS)


@pytest.mark.parametrize("threshold", [float("inf"), float("-inf"), float("nan")])
def test_a_threshold_that_is_no_number_is_refused(load, threshold):
    pack = load(PERMIT)
    assert pack.admit(replace(ASK, threshold=threshold)).rule == "own/cannot-be-decided"
    assert pack.explain(replace(ASK, threshold=threshold)).decision.rule == "own/cannot-be-decided"


def test_who_is_permitted_nothing_is_not_told_what_forbids_say(load):
    pack = load(
        '@id("own/readers") permit (principal in Role::"reader", action, resource);',
        PURPOSE,
        '@id("own/closed") @reason("It is closed.") forbid (principal, action, resource) '
        'when { resource is Collection && resource.hasTag("closed") };',
    )
    closed = replace(ASK, holding=Holding(CollectionId("staff"), 3, {"closed": "yes"}))
    assert {pack.admit(one).rule for one in (ASK, closed)} == {"own/nothing-allows-it"}
    assert pack.admit(ASK).reason == pack.admit(closed).reason
    assert pack.explain(closed).spoke == ()
    reader = replace(closed, caller=replace(ASK.caller, roles=frozenset({"reader"})), stated=Stated(purpose="any"))
    assert pack.admit(reader).rule == "own/closed"


def test_a_rule_tells_where_it_is_and_what_it_looks_at(load):
    text = """
@id("own/closed") @reason("It is closed.")
forbid (principal, action, resource is Collection)
when { resource.hasTag("closed") && context has probe && context.probe.kind == "photo" && principal has person };
"""
    rule = load(PERMIT, text).rules[1]
    assert (rule.file, rule.line, rule.effect, rule.cure) == ("1.cedar", 2, "forbid", None)
    assert set(rule.looks_at) == {'resource["closed"]', "context.probe", "context.probe.kind", "principal.person"}


def test_more_than_ten_rules_keep_their_names_and_lines(load):
    many = "".join(
        f'@id("own/{n}") @reason("{n}.")\nforbid(principal, action, resource)\nwhen {{ context.hour == {n} }};\n'
        for n in range(24)
    )
    pack = load(PERMIT + many)
    for hour in range(24):
        at = NOON.replace(hour=hour)
        decision = pack.admit(replace(ASK, at=at))
        assert (decision.rule, decision.reason) == (f"own/{hour}", f"{hour}.")
        assert pack.rules[hour + 1].line == 2 + 3 * hour


# Decided


def test_a_permit_allows_and_is_named(load):
    decision = load(PERMIT).admit(ASK)
    assert (decision.verdict, decision.rule, decision.floor) == (Verdict.ALLOW, "own/all", None)
    assert decision.reason == "own/all allows it."


def test_a_forbid_denies_with_its_reason(load):
    decision = load(PERMIT, PURPOSE).admit(ASK)
    assert (decision.verdict, decision.rule, decision.reason) == (Verdict.DENY, "own/purpose", "State why.")


def test_of_several_forbids_the_first_written_is_named(load):
    other = PURPOSE.replace("own/purpose", "own/other")
    assert load(b=PURPOSE, a=PERMIT + other).admit(ASK).rule == "own/other"
    assert load(b=PURPOSE, a=PERMIT, c=other).admit(ASK).rule == "own/purpose"


def test_where_nothing_speaks_the_roles_that_could_are_named(load):
    pack = load(
        '@id("own/a") permit(principal in Role::"governor", action, resource);'
        '@id("own/b") permit(principal in Role::"admin", action, resource);'
        '@id("own/c") permit(principal in Role::"reader", action in Action::"read", resource);'
    )
    decision = pack.admit(ASK)
    assert (decision.verdict, decision.rule) == (Verdict.DENY, "own/nothing-allows-it")
    assert decision.reason == "SearchFaces needs a key with the role admin or governor; this key's: searcher."
    assert pack.explain(ASK).could == ("admin", "governor")


def test_where_no_role_could_that_is_said(load):
    pack = load('@id("own/c") permit(principal in Role::"reader", action in Action::"read", resource);')
    assert pack.admit(ASK).reason == "No rule allows SearchFaces to any role as it was asked; this key's: searcher."


def test_a_raise_lifts_the_threshold_and_the_permit_is_named(load):
    decision = load(PERMIT, FLOOR.format(to="99", below="99.0")).admit(ASK)
    assert (decision.verdict, decision.rule, decision.floor) == (Verdict.ALLOW, "own/all", 99.0)
    assert decision.reason == "Nothing below 99."


@given(st.floats(0, 100))
def test_nothing_below_a_floor_is_ever_applied(tmp_path_factory, threshold):
    pack = _floored(tmp_path_factory)
    floor = pack.admit(replace(ASK, threshold=threshold)).floor
    assert max(threshold, floor or 0.0) >= 99
    assert (floor is None) == (threshold >= 99)


def _floored(tmp_path_factory, made={}):  # noqa: B006 - made once, for every example
    if not made:
        folder = tmp_path_factory.mktemp("floored")
        (folder / "a.cedar").write_text(PERMIT + FLOOR.format(to="99", below="99.0"))
        made["pack"] = policy.load(str(folder), OPERATIONS)
    return made["pack"]


def test_of_several_floors_the_highest_is_applied(load):
    higher = FLOOR.format(to="99.5", below="99.5").replace("own/floor", "own/higher")
    assert load(PERMIT, FLOOR.format(to="90", below="90.0"), higher).admit(ASK).floor == 99.5


def test_a_raise_where_there_is_no_threshold_still_binds_what_leaves(load):
    always = """@id("own/floor") @reason("Nothing below 99.") @verdict("raise") @to("99")
    forbid (principal, action, resource)
    unless { context has threshold && context.threshold.greaterThanOrEqual(decimal("99.0")) };"""
    decision = load(PERMIT, always).admit(replace(ASK, operation="ListFaces", threshold=None))
    assert (decision.verdict, decision.floor) == (Verdict.ALLOW, 99.0)


def test_a_hold_is_a_hold_and_is_named(load):
    decision = load(PERMIT, HOLD).admit(ASK)
    assert (decision.verdict, decision.rule, decision.reason) == (Verdict.HOLD, "own/hold", "People look.")


def test_a_hold_and_a_raise_go_together(load):
    decision = load(PERMIT, HOLD, FLOOR.format(to="99", below="99.0")).admit(ASK)
    assert (decision.verdict, decision.rule, decision.floor) == (Verdict.HOLD, "own/hold", 99.0)


def test_a_cure_helps_nobody_who_is_refused_for_another_reason(load):
    assert load(PERMIT, HOLD, PURPOSE).admit(ASK).rule == "own/purpose"


def test_a_cure_helps_nobody_to_whom_nothing_is_permitted(load):
    permit = '@id("own/a") permit(principal in Role::"admin", action, resource);'
    decision = load(permit, HOLD).admit(ASK)
    assert (decision.verdict, decision.rule) == (Verdict.DENY, "own/nothing-allows-it")


def test_a_cure_that_lets_another_rule_speak_is_followed_twice(load):
    raised = """@id("own/second") @reason("Reviewed below 95 is nothing.") @verdict("raise") @to("95")
    forbid (principal, action in Action::"identify", resource)
    when { context.reviewed && context has threshold && context.threshold.lessThan(decimal("95.0")) };"""
    decision = load(PERMIT, HOLD, raised).admit(ASK)
    assert (decision.verdict, decision.rule, decision.floor) == (Verdict.HOLD, "own/hold", 95.0)


def test_a_cure_that_lets_a_refusal_speak_is_refused(load):
    never = """@id("own/never") @reason("Reviewed is no better.")
    forbid (principal, action in Action::"identify", resource) when { context.reviewed };"""
    assert load(PERMIT, HOLD, never).admit(ASK).rule == "own/never"


def test_a_cure_that_does_not_cure_refuses(load):
    decision = load(PERMIT, FLOOR.format(to="98", below="99.0")).admit(ASK)
    assert (decision.verdict, decision.rule) == (Verdict.DENY, "own/floor")


def test_what_cannot_be_put_before_reviewers_is_refused_instead_of_held(load):
    decision = load(PERMIT, HOLD).admit(replace(ASK, operation="FindDuplicates"))
    assert (decision.verdict, decision.rule) == (Verdict.DENY, "own/cannot-be-reviewed")
    assert decision.reason.endswith("People look.")


def test_a_rule_that_fails_while_it_is_evaluated_refuses_and_is_logged(load, caplog):
    overflow = """@id("own/sum") @reason("Too many.")
    forbid (principal, action, resource) when { resource is Collection && resource.faces + 9223372036854775807 < 3 };"""
    pack = load(PERMIT, overflow)
    with caplog.at_level(logging.WARNING):
        decision = pack.admit(replace(ASK, holding=Holding(CollectionId("staff"), faces=1)))
    assert (decision.verdict, decision.rule) == (Verdict.DENY, "own/cannot-be-decided")
    assert "overflow" in caplog.text
    assert pack.admit(replace(ASK, holding=None)).verdict is Verdict.ALLOW


def test_an_operation_the_policy_has_never_heard_of_is_refused(load, caplog):
    assert load(PERMIT).admit(replace(ASK, operation="SearchSouls")).rule == "own/cannot-be-decided"


@pytest.mark.parametrize(
    "ask",
    [
        replace(ASK, stated=Stated(purpose="\udc80")),
        replace(ASK, caller=replace(ASK.caller, person="\udc80")),
        replace(ASK, holding=Holding(CollectionId("\udc80"))),
        replace(ASK, holding=Holding(CollectionId("staff"), faces=2**64)),
        replace(ASK, threshold=float("nan")),
    ],
    ids=["purpose", "person", "collection", "faces", "threshold"],
)
def test_what_cedar_cannot_read_is_refused(load, ask, caplog):
    assert load(PERMIT).admit(ask).rule == "own/cannot-be-decided"
    assert load(PERMIT).explain(ask).could == ()


def test_a_policy_may_be_asked_from_several_threads_at_once(load):
    pack = load(PERMIT, HOLD, FLOOR.format(to="99", below="99.0"), PURPOSE)
    asked = [replace(ASK, threshold=float(n), stated=Stated("a" if n % 2 else None)) for n in range(101)]
    alone = [pack.admit(ask) for ask in asked]
    with ThreadPoolExecutor(8) as pool:
        for _ in range(3):
            assert list(pool.map(pack.admit, asked)) == alone


def test_every_rule_that_spoke_is_explained_forbids_first(load):
    told = load(PERMIT, HOLD, FLOOR.format(to="99", below="99.0")).explain(ASK)
    assert [rule.id for rule in told.spoke] == ["own/hold", "own/floor", "own/all"]
    assert told.decision == load(PERMIT, HOLD, FLOOR.format(to="99", below="99.0")).admit(ASK)
    assert told.could == ()


def test_a_question_without_a_threshold_is_explained_at_the_operations_own(load):
    pack = load(PERMIT, FLOOR.format(to="90", below="90.0"))
    assert pack.explain(replace(ASK, threshold=None)).decision.floor == 90.0
    assert pack.explain(replace(ASK, operation="FindDuplicates", threshold=None)).decision.floor is None
    assert pack.explain(replace(ASK, operation="ListFaces", threshold=10.0)).decision.floor is None


def test_an_operation_that_is_not_served_is_not_explained(load):
    with pytest.raises(InvalidParameter, match="SearchSouls is not served here"):
        load(PERMIT).explain(replace(ASK, operation="SearchSouls"))


# What is asked, in Cedar's terms


def when(load, condition):
    """Return what says whether a condition is true of a question."""
    pack = load(f'@id("own/when") permit(principal, action, resource) when {{ {condition} }};')
    return lambda ask: pack.admit(ask).verdict is Verdict.ALLOW


def test_text_of_any_kind_is_only_text(load):
    nasty = 'a"b\\c\n{}; permit(principal,action,resource); ‮ é 😀'
    holds = when(load, 'context has purpose && context.purpose == context.purpose && !(context.purpose == "x")')
    ask = replace(
        ASK,
        caller=replace(ASK.caller, access_key=nasty, person=nasty),
        holding=Holding(CollectionId(nasty), 1, {nasty: nasty}),
        stated=Stated(nasty, nasty, None, nasty, Probe(nasty, nasty, (nasty,))),
        attributes=(nasty,),
        address=nasty,
    )
    assert holds(ask)


def test_a_text_that_looks_like_cedars_own_json_is_only_text(load):
    holds = when(load, 'context has purpose && context.purpose like "*__extn*"')
    assert holds(replace(ASK, stated=Stated(purpose='{"__extn": {"fn": "decimal", "arg": "1.0"}}')))


@pytest.mark.parametrize(
    ("address", "condition", "true"),
    [
        ("192.0.2.7", 'context has address && context.address.isInRange(ip("192.0.2.0/24"))', True),
        ("198.51.100.7", 'context has address && context.address.isInRange(ip("192.0.2.0/24"))', False),
        ("::ffff:192.0.2.7", 'context has address && context.address.isInRange(ip("192.0.2.0/24"))', True),
        ("fe80::1%eth0", 'context has address && context.address.isInRange(ip("fe80::/10"))', True),
        ("2001:db8::1", "context has address && context.address.isIpv6()", True),
        ("::1", "context has address && context.address.isLoopback()", True),
        ("testclient", "context has address", False),
        (None, "context has address", False),
    ],
)
def test_an_address_is_one_that_rules_can_reckon_with(load, address, condition, true):
    assert when(load, condition)(replace(ASK, address=address)) is true


def test_times_are_utc_whatever_zone_they_come_in(load):
    holds = when(
        load, 'context.hour == 23 && context.weekday == 7 && context.at == datetime("2026-11-22T23:30:00.250Z")'
    )
    assert holds(replace(ASK, at=datetime(2026, 11, 23, 1, 30, 0, 250_999, tzinfo=timezone(timedelta(hours=2)))))


@pytest.mark.parametrize(
    ("hours", "whole"), [(0, 0), (0.99, 0), (1, 1), (47.999, 47), (48, 48), (-0.5, 0), (-1, -1), (-30.5, -30)]
)
def test_hours_since_an_authorisation_was_opened_are_whole_ones(load, hours, whole):
    holds = when(load, f"context has authorisation && context.authorisation.hours == {whole}")
    authorisation = Authorisation("one", "case", "pending", NOON - timedelta(hours=hours))
    assert holds(replace(ASK, authorisation=authorisation))


@pytest.mark.parametrize(("ends_in", "expired"), [(1, False), (0, True), (-1, True), (None, False)])
def test_an_authorisation_has_ended_from_its_end_on(load, ends_in, expired):
    holds = when(load, "context has authorisation && context.authorisation.expired")
    ends = None if ends_in is None else NOON + timedelta(seconds=ends_in)
    authorisation = Authorisation("one", "case", "granted", NOON, NOON, ends)
    assert holds(replace(ASK, authorisation=authorisation)) is expired


def test_an_authorisation_that_is_only_named_is_none(load):
    assert not when(load, "context has authorisation")(replace(ASK, stated=Stated(authorisation="made-up")))


@pytest.mark.parametrize(
    ("tag", "days"), [("30", 30), (" 30 ", None), ("007", 7), ("", None), ("30.5", None), ("-1", None), ("٣٠", None),
                      ("1" * 10, None)]
)  # fmt: skip
def test_a_term_is_a_whole_number_of_days(load, tag, days):
    ask = replace(ASK, holding=Holding(CollectionId("staff"), 1, {TERM: tag}))
    known = "resource is Collection && resource has retention"
    assert when(load, known)(ask) is (days is not None)
    if days is not None:
        assert when(load, f"{known} && resource.retention == {days}")(ask)


def test_no_collection_is_this_server(load):
    assert when(load, 'resource == Server::"this"')(replace(ASK, holding=None))
    assert when(load, 'resource == Collection::"staff" && resource.faces == 0 && !resource.hasTag("a")')(ASK)


def test_a_probe_that_is_a_video_is_no_still_picture(load):
    holds = when(load, 'context.media == "video"')
    assert holds(replace(ASK, stated=Stated(probe=Probe("video"))))
    assert holds(replace(ASK, media="video"))
    assert not holds(replace(ASK, stated=Stated(probe=Probe("video-still"))))


def test_an_empty_statement_is_none(load):
    holds = when(load, "context has purpose || context has case || context has consent || principal has person")
    assert not holds(replace(ASK, stated=Stated("", "", None, "")))


@given(st.floats(0, 100))
def test_a_threshold_is_never_told_as_higher_than_it_is(threshold):
    told = policy.context({}, threshold, reviewed=False)
    number = float(told.split('"arg": "')[1].split('"')[0])
    assert threshold - 0.0001 <= number <= threshold


# Tables of cases


@pytest.fixture
def table(tmp_path):
    """What writes a table of cases and reads it."""

    def read(text):
        path = tmp_path / "cases.toml"
        path.write_text(text, encoding="utf-8")
        return cases.read(path)

    return read


SEARCH = '[[case]]\nsays = "a search"\noperation = "SearchFaces"\nroles = ["searcher"]\n'


def test_a_case_that_is_answered_otherwise_is_told(load, table):
    pack = load(PERMIT)
    (failed,) = cases.run(pack, table(SEARCH + 'verdict = "deny"\nrule = "own/purpose"'))
    assert (failed.case.number, failed.operation, failed.got.rule) == (1, "SearchFaces", "own/all")
    assert cases.run(pack, table(SEARCH + 'verdict = "allow"')) == []
    assert cases.run(pack, table(SEARCH + 'verdict = "allow"\nrule = "own/other"'))
    assert cases.run(pack, table(SEARCH + 'verdict = "allow"\nfloor = 99'))


def test_a_rule_that_no_case_would_miss_is_named(load, table):
    pack = load(PERMIT, PURPOSE)
    one = SEARCH + 'purpose = "a"\nverdict = "allow"\n'
    assert cases.unnoticed(pack, table(one)) == ["own/purpose"]
    assert cases.unnoticed(pack, table(one + SEARCH + 'verdict = "deny"')) == []


def test_cases_share_facts_and_leave_some_out(table):
    shared = '[given.search]\noperation = "SearchFaces"\nroles = ["searcher"]\npurpose = "a"\n'
    (case,) = table(
        shared + '[[case]]\nsays = "b"\nlike = "search"\nwithout = ["purpose"]\ncase = "1"\nverdict = "deny"'
    )
    assert case.facts == {"operation": "SearchFaces", "roles": ["searcher"], "case": "1"}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", r"should hold \[\[case\]\] tables"),
        ("x = 1", r"should hold \[\[case\]\] tables"),
        ("[[case]", "should be TOML"),
        ("[[case]]\n", "case 1 should say what it shows"),
        (SEARCH, "should expect a verdict"),
        (SEARCH + 'verdict = "perhaps"', "should expect a verdict"),
        (SEARCH + 'verdict = "deny"\nporpoise = "a"', "has 'porpoise', which is no fact"),
        (SEARCH + 'verdict = "deny"\npurpose = 3', "has purpose = 3, which is of the wrong kind"),
        (SEARCH + 'verdict = "deny"\nlike = "nothing"', "is like 'nothing'"),
        (SEARCH + 'verdict = "deny"\nwithout = ["case"]', "leaves out 'case', which is not given"),
    ],
)
def test_a_table_that_makes_no_sense_is_refused(table, text, says):
    with pytest.raises(PolicyWrong, match=says):
        table(text)


@pytest.mark.parametrize(
    ("facts", "says"),
    [
        ({"operation": "Nope"}, "is not served"),
        ({"act": "dance"}, "no act of an operation"),
        ({}, "an operation or an act"),
        ({"operation": "ListFaces", "act": "read"}, "and not both"),
        ({"operation": "ListFaces", "threshold": 80}, "should have one"),
        ({"operation": "SearchFaces", "threshold": 101}, "from 0 to 100"),
        ({"operation": "SearchFaces", "kind": "ghost"}, "should be one of root, key"),
        ({"operation": "SearchFaces", "roles": ["ghost"]}, "which is no role"),
        ({"operation": "SearchFaces", "probe": {"source": "a"}}, "probe should be"),
        ({"operation": "SearchFaces", "authorisation": {"hours": 1}}, "authorisation should be"),
        ({"operation": "SearchFaces", "at": datetime(2026, 11, 23)}, "should have a time zone"),
    ],
)
def test_facts_that_make_no_question_are_refused(facts, says):
    with pytest.raises(PolicyWrong, match=says):
        cases.asks(facts, OPERATIONS)


def test_an_act_asks_for_each_of_its_operations():
    assert [ask.operation for ask in cases.asks({"act": "identify"}, OPERATIONS)] == ["FindDuplicates", "SearchFaces"]


PASSING = {  # each with a rule that lets only the first of two questions pass
    "at": (
        'context.at < datetime("2026-11-23T13:00:00Z")',
        replace(ASK, at=NOON),
        replace(ASK, at=NOON + timedelta(hours=2)),
    ),
    "hour": ("context.hour < 13", replace(ASK, at=NOON), replace(ASK, at=NOON + timedelta(hours=2))),
    "weekday": ("context.weekday == 1", replace(ASK, at=NOON), replace(ASK, at=NOON + timedelta(days=1))),
    "address": (
        'context has address && context.address.isInRange(ip("10.0.0.0/8"))',
        replace(ASK, address="10.1.2.3"),
        replace(ASK, address="192.0.2.7"),
    ),
    "faces": (
        "resource is Collection && resource.faces < 10",
        replace(ASK, holding=Holding(CollectionId("staff"), 9)),
        replace(ASK, holding=Holding(CollectionId("staff"), 10)),
    ),
}


def admits(pack, *asks):
    """The verdicts of one pack that is asked all of them in turn."""
    return [pack.admit(ask).verdict for ask in asks]


@pytest.mark.parametrize("fact", PASSING)
def test_a_fact_that_passes_counts_anew_each_time_where_a_rule_looks_at_it(load, fact):
    rule, yes, no = PASSING[fact]
    pack = load(f'@id("own/now") permit (principal, action, resource) when {{ {rule} }};')
    assert pack.passing == {fact}
    assert admits(pack, yes, no, yes, no) == [Verdict.ALLOW, Verdict.DENY, Verdict.ALLOW, Verdict.DENY]


def test_an_authorisation_counts_by_its_hours_and_its_end(load):
    pack = load(
        """@id("own/granted") permit (principal, action, resource) when {
        context has authorisation && context.authorisation.hours < 3 && !context.authorisation.expired };"""
    )
    held = Authorisation("a1", "7", "granted", NOON, NOON, NOON + timedelta(hours=2))
    asks = [replace(ASK, at=NOON + timedelta(hours=hours), authorisation=held) for hours in (0, 1, 2, 1)]
    assert admits(pack, *asks, ASK) == [Verdict.ALLOW, Verdict.ALLOW, Verdict.DENY, Verdict.ALLOW, Verdict.DENY]


def test_where_a_rule_takes_the_facts_as_a_whole_all_of_them_count(load):
    pack = load(
        """@id("own/once") permit (principal, action, resource) when { [context].contains(context) };""",
    )
    assert pack.passing == policy.PASSING


def test_facts_that_no_rule_looks_at_do_not_make_another_question(load):
    pack = load(PERMIT, PURPOSE)
    assert pack.passing == frozenset()
    later = replace(ASK, at=NOON + timedelta(days=40), address="192.0.2.7", holding=Holding(CollectionId("staff"), 7))
    assert admits(pack, ASK, later) == [Verdict.DENY, Verdict.DENY]
    assert len(pack.memory.known) == 1


OTHERS = [
    replace(ASK, operation="FindDuplicates"),
    replace(ASK, threshold=80.00001),
    replace(ASK, threshold=None),
    replace(ASK, attributes=("ALL",)),
    replace(ASK, media="live"),
    replace(ASK, holding=None),
    replace(ASK, holding=Holding(CollectionId("other"))),
    replace(ASK, holding=Holding(CollectionId("staff"), tags={"a": "b"})),
    replace(ASK, holding=Holding(CollectionId("staff"), tags={"a": "c"})),
    *(replace(ASK, stated=Stated(**{name: "x"})) for name in ("purpose", "case", "consent")),
    replace(ASK, stated=Stated(probe=Probe("photo"))),
    replace(ASK, stated=Stated(probe=Probe("photo", "a shop"))),
    replace(ASK, stated=Stated(probe=Probe("photo", "", ("cropped",)))),
    *(
        replace(ASK, caller=replace(ASK.caller, **changed))
        for changed in (
            {"access_key": "AKIE"},
            {"kind": Kind.SESSION},
            {"person": "P"},
            {"issuer": "AKIF"},
            {"roles": frozenset({"searcher", "reviewer"})},
        )
    ),
]


def test_whatever_else_differs_makes_another_question(load):
    pack = load(PERMIT)
    admits(pack, ASK, *OTHERS)
    assert len(pack.memory.known) == 1 + len(OTHERS)


def test_a_question_asked_again_is_not_put_to_cedar_again(load, monkeypatch):
    pack = load(PERMIT, PURPOSE)
    first = [pack.admit(ask) for ask in OTHERS]
    monkeypatch.setattr(cedar.Engine, "ask", lambda *_: pytest.fail("it was decided already"))
    assert [pack.admit(ask) for ask in OTHERS] == first


def test_no_pack_knows_what_another_decided(load):
    pack = load(PERMIT, PURPOSE)
    assert pack.admit(ASK).verdict is Verdict.DENY
    assert pack.without("own/purpose").admit(ASK).verdict is Verdict.ALLOW


def test_what_cannot_be_decided_is_told_each_time(load, caplog):
    pack = load(PERMIT)
    with caplog.at_level(logging.WARNING):
        admits(pack, replace(ASK, threshold=float("nan")), replace(ASK, threshold=float("nan")))
    assert caplog.text.count("cannot be decided") == 2


def test_no_more_questions_are_remembered_than_have_room_and_none_of_their_words(load):
    pack = load(PERMIT, PURPOSE)
    for number in range(policy.REMEMBERED + 50):
        pack.admit(replace(ASK, stated=Stated(purpose=f"the case of Emma Clark {number}")))
    assert len(pack.memory.known) == policy.REMEMBERED
    assert "Clark" not in repr(pack.memory)
    assert pack.admit(replace(ASK, stated=Stated(purpose="the case of Emma Clark 0"))).verdict is Verdict.ALLOW


def test_a_pack_that_remembers_decides_as_one_that_does_not_whatever_it_was_asked_before():
    for name in policy.shipped():
        pack = policy.load(name, SERVED)
        asks = [ask for case in cases.read(pack.folder / policy.CASES) for ask in cases.asks(case.facts, SERVED)]
        asks += [replace(ask, at=ask.at + timedelta(hours=5), address="192.0.2.9") for ask in asks]
        fresh = [replace(pack, memory=policy.Memory()).admit(ask) for ask in asks]
        assert [pack.admit(ask) for ask in (*asks, *asks)] == fresh * 2


WRITTEN = [  # one fact, looked at in every way that Cedar has
    r'context["ho\u{75}r"] < 13',
    "(if true then context else context).hour < 13",
    "[context].contains(context) && context.hour < 13",
    '{"x": context}.x.hour < 13',
    "{x: [context.hour]}.x.contains(12)",
    'context has authorisation.state && context.authorisation.state == "granted"',
    "context has authorisation && (if context.authorisation.expired then false else true)",
    "(if true then resource else resource) is Collection && resource.faces < 10",
    r'resource is Collection && resource["f\u{61}ces"] * 2 < 20',
    "context has address && !context.address.isLoopback()",
    'context.at.toDate() == datetime("2026-11-23")',
    'context.at.offset(duration("1h")).toTime() < duration("14h")',
    "[context.weekday, 9].containsAny([1])",
    'resource is Collection && resource.hasTag(if context.hour < 13 then "a" else "b")',
    'context has purpose && context.purpose like "h*r"',
]


@pytest.mark.parametrize("rule", WRITTEN)
def test_however_a_rule_is_written_what_is_remembered_is_what_cedar_says(load, rule):
    pack = load(f'@id("own/when") permit (principal, action, resource) when {{ {rule} }};')
    asks = [
        replace(
            ASK,
            at=NOON + timedelta(hours=hours, days=days),
            authorisation=Authorisation("a1", "7", state, NOON - timedelta(hours=1), NOON, NOON + timedelta(hours=2)),
            address=address,
            holding=Holding(CollectionId("staff"), faces, {"a": "b"}),
            stated=Stated(purpose=purpose),
        )
        for hours, days, state in ((0, 0, "granted"), (3, 0, "granted"), (0, 1, "pending"))
        for address in (None, "::1", "10.1.2.3")
        for faces in (9, 10)
        for purpose in ("hour", "x")
    ]
    assert {pack.admit(ask).verdict for ask in asks} == {Verdict.ALLOW, Verdict.DENY}
    assert [pack.admit(ask) for ask in asks] == [replace(pack, memory=policy.Memory()).admit(ask) for ask in asks]


UNREADABLE = [  # facts that no rule of the pack looks at, and that Cedar cannot read all the same
    replace(ASK, authorisation=Authorisation("a1", "\ud800", "granted", NOON)),
    replace(ASK, holding=Holding(CollectionId("staff"), 2**63)),
    replace(ASK, at=datetime(1, 1, 1, tzinfo=UTC)),
]


@pytest.mark.parametrize("ask", UNREADABLE)
def test_a_fact_that_cedar_cannot_read_refuses_whatever_was_decided_before(load, ask):
    pack = load(PERMIT)
    assert admits(pack, ASK, ask, ask, ASK) == [Verdict.ALLOW, Verdict.DENY, Verdict.DENY, Verdict.ALLOW]
    assert pack.admit(ask).rule == "own/cannot-be-decided"

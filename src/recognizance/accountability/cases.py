"""A policy's table of cases: questions in TOML, each with the answer that the policy should give.

    [given.search]                       # facts that several cases share
    roles = ["searcher"]
    operation = "SearchFacesByImage"

    [[case]]
    says = "a search without a purpose is refused"
    like = "search"                      # the facts of [given.search], and those that follow in their place
    without = ["purpose"]                # some of them left out
    verdict = "deny"                     # what is expected: allow, hold or deny; and, where given, rule and floor
    rule = "workplace/purpose"

`FACTS` lists the facts. A case with an `act` in place of an operation is asked for every operation of that act.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from recognizance.accountability.keys import ROLES
from recognizance.accountability.policy import Operation, Pack
from recognizance.errors import PolicyWrong
from recognizance.values import (
    Ask,
    Authorisation,
    Caller,
    CollectionId,
    Decision,
    Holding,
    Kind,
    Percent,
    Probe,
    Stated,
    Verdict,
)

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)  # a Monday
NAMELESS = "a-collection"
FACTS: Mapping[str, type | tuple[type, ...]] = {
    "operation": str,
    "act": str,
    "kind": str,  # of key: root, key (unless said), session, local, server
    "roles": list,
    "person": str,
    "issuer": str,
    "purpose": str,
    "case": str,
    "consent": str,
    "authorisation": dict,  # state, hours since it was opened, the case it is for (this one), ends_in (hours)
    "probe": dict,  # kind, source, edits
    "collection": str,
    "faces": int,
    "tags": dict,
    "threshold": (int, float),
    "attributes": list,
    "media": str,
    "address": str,
    "at": datetime,
}
AUTHORISATION = {"state", "hours", "case", "ends_in"}
PROBE = {"kind", "source", "edits"}
EXPECTED = {"says", "like", "without", "verdict", "rule", "floor"}


@dataclass(frozen=True, slots=True)
class Case:
    """One question, in facts, and what is expected of the answer; a `rule` of None is not looked at."""

    number: int
    says: str
    facts: Mapping[str, Any]
    verdict: Verdict
    rule: str | None
    floor: Percent | None


@dataclass(frozen=True, slots=True)
class Failed:
    """A case whose question got another answer than was expected."""

    case: Case
    operation: str
    got: Decision


def read(path: Path) -> list[Case]:
    """Return the cases of a table. Raises `PolicyWrong`, which names the file and the case."""
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise PolicyWrong(f"{path} cannot be read: {error.strerror}") from None
    except ValueError as error:
        raise PolicyWrong(f"{path} should be TOML in UTF-8: {error}") from None
    given, written = table.get("given", {}), table.get("case", [])
    if table.keys() - {"given", "case"} or not isinstance(given, dict) or not isinstance(written, list) or not written:
        raise PolicyWrong(f"{path} should hold [[case]] tables, and may hold [given.NAME] tables beside them")
    return [_case(path, number, one, given) for number, one in enumerate(written, 1)]


def run(pack: Pack, cases: Sequence[Case]) -> list[Failed]:
    """Return the cases that fail, in order. Raises `PolicyWrong` for a case whose facts make no question."""
    found = list[Failed]()
    for case in cases:
        try:
            questions = asks(case.facts, pack.operations)
        except PolicyWrong as error:
            raise PolicyWrong(f"case {case.number}, {case.says!r}: {error}") from None
        for ask in questions:
            got = pack.admit(ask)
            if (got.verdict, got.floor) != (case.verdict, case.floor) or case.rule not in (None, got.rule):
                found.append(Failed(case, ask.operation, got))
    return found


def unnoticed(pack: Pack, cases: Sequence[Case]) -> list[str]:
    """Return the ids of the rules that can be taken out one by one without any case failing."""
    return [rule.id for rule in pack.rules if not _notices(pack.without(rule.id), cases, rule.id)]


def _notices(pack: Pack, cases: Sequence[Case], missing: str) -> bool:
    likely_first = sorted(cases, key=lambda case: case.rule != missing)
    return any(run(pack, [case]) for case in likely_first)


def asks(facts: Mapping[str, Any], operations: Mapping[str, Operation]) -> list[Ask]:
    """Return the question that facts make, or one for each operation of an act. Raises `PolicyWrong`."""
    names = _operations(facts, operations)
    at = facts.get("at", NOON)
    if at.tzinfo is None:
        raise PolicyWrong(f"at = {at} should have a time zone, as in 2026-11-23T12:00:00Z")
    return [_ask(name, operations[name], facts, at) for name in names]


def _ask(name: str, operation: Operation, facts: Mapping[str, Any], at: datetime) -> Ask:
    default = None if operation.threshold is None else operation.threshold[1]
    threshold = facts.get("threshold", default)
    if threshold is not None and (default is None or not 0 <= threshold <= 100):
        raise PolicyWrong(f"threshold = {threshold} should be from 0 to 100, and {name} should have one")
    return Ask(
        caller=_caller(facts),
        operation=name,
        act=operation.act,
        stated=Stated(
            purpose=facts.get("purpose"),
            case=facts.get("case"),
            authorisation="one" if "authorisation" in facts else None,
            consent=facts.get("consent"),
            probe=_probe(facts["probe"]) if "probe" in facts else None,
        ),
        at=at,
        holding=_holding(facts),
        threshold=None if threshold is None else float(threshold),
        attributes=tuple(facts.get("attributes", ())),
        authorisation=_authorisation(facts, at) if "authorisation" in facts else None,
        address=facts.get("address"),
        media=facts.get("media", "still"),
    )


def _operations(facts: Mapping[str, Any], operations: Mapping[str, Operation]) -> list[str]:
    if ("operation" in facts) == ("act" in facts):
        raise PolicyWrong("a question should name an operation or an act, and not both")
    if "operation" in facts:
        if facts["operation"] not in operations:
            raise PolicyWrong(f"operation = {facts['operation']!r} is not served; docs/coverage.md lists what is")
        return [facts["operation"]]
    found = sorted(name for name, operation in operations.items() if operation.act.value == facts["act"])
    if not found:
        acts = ", ".join(dict.fromkeys(operation.act.value for operation in operations.values()))
        raise PolicyWrong(f"act = {facts['act']!r} is no act of an operation that is served; those are {acts}")
    return found


def _caller(facts: Mapping[str, Any]) -> Caller:
    try:
        kind = Kind(facts.get("kind", Kind.KEY.value))
    except ValueError:
        raise PolicyWrong(f"kind = {facts['kind']!r} should be one of {', '.join(one.value for one in Kind)}") from None
    roles = frozenset(facts.get("roles", ()))
    if unknown := sorted(roles - set(ROLES)):
        raise PolicyWrong(f"roles has {unknown[0]!r}, which is no role; there are {', '.join(ROLES)}")
    return Caller(
        access_key="AKIDEXAMPLE",
        account="000000000000",
        region="eu-west-3",
        kind=kind,
        person=facts.get("person"),
        roles=roles,
        issuer=facts.get("issuer", ""),
    )


def _probe(said: Mapping[str, Any]) -> Probe:
    if said.keys() - PROBE or "kind" not in said:
        raise PolicyWrong('probe should be as in { kind = "photo", source = "a camera", edits = ["cropped"] }')
    return Probe(said["kind"], said.get("source", ""), tuple(said.get("edits", ())))


def _holding(facts: Mapping[str, Any]) -> Holding | None:
    if not facts.keys() & {"collection", "faces", "tags"}:
        return None
    return Holding(CollectionId(facts.get("collection", NAMELESS)), facts.get("faces", 0), facts.get("tags", {}))


def _authorisation(facts: Mapping[str, Any], at: datetime) -> Authorisation:
    said = facts["authorisation"]
    if said.keys() - AUTHORISATION or "state" not in said:
        raise PolicyWrong('authorisation should be as in { state = "granted", hours = 3, case = "…", ends_in = 720 }')
    try:
        opened = at - timedelta(hours=said.get("hours", 0))
        ends = at + timedelta(hours=said["ends_in"]) if "ends_in" in said else None
    except (TypeError, ValueError, OverflowError):
        raise PolicyWrong("authorisation has hours and ends_in in hours, as 3 or 720") from None
    return Authorisation("one", said.get("case", facts.get("case", "")), said["state"], opened, expires_at=ends)


def _case(path: Path, number: int, written: Any, given: Mapping[str, Mapping[str, Any]]) -> Case:
    where = f"{path}: case {number}"
    if not isinstance(written, dict) or not isinstance(written.get("says"), str):
        raise PolicyWrong(f"{where} should say what it shows: says = …")
    where = f"{where}, {written['says']!r},"
    like = written.get("like")
    if like is not None and like not in given:
        raise PolicyWrong(f"{where} is like {like!r}, and there is no [given.{like}]")
    facts = dict(given[like]) if like is not None else {}
    for name in written.get("without", []):
        if name not in facts:
            raise PolicyWrong(f"{where} leaves out {name!r}, which is not given")
        del facts[name]
    facts |= {name: value for name, value in written.items() if name not in EXPECTED}
    try:
        checked(facts)
        verdict = Verdict(written.get("verdict"))
    except PolicyWrong as error:
        raise PolicyWrong(f"{where} {error}") from None
    except ValueError:
        raise PolicyWrong(f"{where} should expect a verdict: allow, hold or deny") from None
    floor = written.get("floor")
    return Case(number, written["says"], facts, verdict, written.get("rule"), None if floor is None else float(floor))


def checked(facts: Mapping[str, Any]) -> None:
    """Raise `PolicyWrong` for a fact there is not, or one of the wrong kind."""
    for name, value in facts.items():
        if name not in FACTS:
            raise PolicyWrong(f"has {name!r}, which is no fact; there are {', '.join(FACTS)}")
        if not isinstance(value, FACTS[name]) or isinstance(value, bool):
            raise PolicyWrong(f"has {name} = {value!r}, which is of the wrong kind")

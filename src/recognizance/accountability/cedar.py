"""Cedar: rules found in text, parsed, checked and asked.

Cedar is AWS's policy language, and cedarpy its own engine in Python; only this module knows of either. A rule is one
statement of a `.cedar` file with annotations that say what it is called and why it is there:

    @id("pack/name") @reason("One sentence that a client sees.") @source("what asks for it")
    @verdict("hold"), or @verdict("raise") with @to("99"); a forbid without a verdict refuses
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cedarpy
from cedarpy import Entities

from recognizance.errors import PolicyWrong
from recognizance.values import Percent, Rule

HOLD = "hold"
RAISE = "raise"
FORBID = "forbid"
PERMIT = "permit"
CONTEXT = "context"
NEEDS = {HOLD: "context.reviewed", RAISE: "context.threshold"}
"""The fact that a cure changes: a rule that does not read it cannot be cured by it."""

ANNOTATIONS = {"id", "reason", "source", "verdict", "to"}
RULE_ID = re.compile(r"[\w.-]{1,60}/[\w.-]{1,60}", re.ASCII)  # the ledger keeps 128 characters
TOKEN = re.compile(r'\s+|//[^\r\n]*|"(?:\\.|[^"\\])*"?|\w+|.', re.DOTALL)  # to Cedar a lone CR ends a comment too
DEEPEST = 100  # brackets within brackets; some thousands crash Cedar's parser, and this process with it
LONGEST = 2000  # signs in one statement that join or nest what stands beside them
OPENS, CLOSES = frozenset("([{"), frozenset(")]}")
JOINS = OPENS | frozenset("&|+-*.<>=!") | {"if"}
CUT_SHORT = "unexpected end of input"
OF_POLICY = re.compile(r"for policy `[^`]*`, ")


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement of a file: its text from its first sign to its semicolon, and the line it begins in."""

    text: str
    path: Path
    line: int


@dataclass(frozen=True, slots=True)
class Parsed:
    """A statement that is a rule: as we speak of it, the roles it names, and every word of its conditions.

    A fact whose name is not among `words` cannot change what the rule says. Where `CONTEXT` is, it may look at any.
    """

    statement: Statement
    rule: Rule
    roles: frozenset[str]
    words: frozenset[str]


@dataclass(frozen=True, slots=True)
class Answer:
    """What Cedar said: which statements decided it, by their place, rising, or what it could not make out."""

    allowed: bool
    spoke: tuple[int, ...]
    errors: tuple[str, ...]


class Engine:
    """Some statements, parsed once. It may be asked from several threads at once.

    Questions are not held against the schema again: that would be a quarter of the time, for what tests show once.
    """

    def __init__(self, statements: Iterable[Statement]) -> None:
        """Parse statements that `check` has passed."""
        self._policies = cedarpy.PolicySet.from_str(_joined(statements))

    def ask(
        self, principal: Mapping[str, str], action: str, resource: Mapping[str, str], context: str, about: Entities
    ) -> Answer:
        """Return what the statements say of one question; `context` is JSON, `about` what `entities` gave."""
        question = {
            "principal": principal,
            "action": {"type": "Action", "id": action},
            "resource": resource,
            "context": context,
        }
        said = cedarpy.is_authorized(question, self._policies, about)
        spoke = sorted(int(name.removeprefix("policy")) for name in said.diagnostics.reasons)
        return Answer(said.decision is cedarpy.Decision.Allow, tuple(spoke), tuple(said.diagnostics.errors))


def entities(described: Sequence[Mapping[str, Any]]) -> Entities:
    """Return entities that several questions are about. Raises `ValueError` for what Cedar cannot read."""
    return cedarpy.Entities.from_json_str(json.dumps(described))


def statements(text: str, path: Path) -> list[Statement]:
    """Return the statements of a file, in order; what follows the last semicolon is one too, for Cedar to refuse."""
    found, begun, line = list[Statement](), None, 1
    for token in TOKEN.finditer(text):
        word = token.group()
        if begun is None and not word.isspace() and not word.startswith("//"):
            begun = (token.start(), line)
        if begun is not None and word == ";":
            found.append(Statement(text[begun[0] : token.end()], path, begun[1]))
            begun = None
        line += word.count("\n")
    if begun is not None:
        found.append(Statement(text[begun[0] :], path, begun[1]))
    return found


def measured(text: str, path: Path) -> None:
    """Raise `PolicyWrong` for what Cedar's parser could not take: brackets too deep, or a statement too entangled."""
    depth, joins, line = 0, 0, 1
    for token in TOKEN.finditer(text):
        word = token.group()
        depth = max(0, depth + (word in OPENS) - (word in CLOSES))
        joins = 0 if word == ";" else joins + (word in JOINS)
        if depth > DEEPEST:
            raise PolicyWrong(f"{path}:{line}: brackets should stand at most {DEEPEST} deep within each other")
        if joins > LONGEST:
            raise PolicyWrong(f"{path}:{line}: this statement is too long; make several of it")
        line += word.count("\n")


def counted(text: str, path: Path, found: int) -> None:
    """Raise `PolicyWrong` where Cedar reads another number of statements in a file than were found in it."""
    try:
        tree = json.loads(cedarpy.policies_to_json_str(text))
    except (ValueError, RecursionError) as error:
        raise PolicyWrong(f"{path}: {error}") from None
    read = len(tree["staticPolicies"]) + len(tree["templates"])
    if read != found:
        raise PolicyWrong(f"{path} should be read in one way only: Cedar finds {read} statements in it, and we {found}")


def parse(statement: Statement) -> Parsed:
    """Return the rule that a statement is. Raises `PolicyWrong` with its file and line when it is none."""
    try:
        tree = json.loads(cedarpy.policies_to_json_str(statement.text))
    except ValueError as error:
        raise PolicyWrong(f"{statement.path}:{_line_of(statement, str(error))}: {error}") from None
    except RecursionError:
        raise _wrong(statement, "this statement is too entangled; make several of it") from None
    if tree["templates"]:
        raise _wrong(statement, "a template with ?principal or ?resource cannot be used; write the rule out")
    (policy,) = tree["staticPolicies"].values()
    notes = {name: value or "" for name, value in policy.get("annotations", {}).items()}
    looks_at = tuple(dict.fromkeys(_reads(policy)))
    cure, to = _cure(statement, policy["effect"], notes, looks_at)
    rule = Rule(
        id=_id(statement, notes),
        effect=policy["effect"],
        reason=notes.get("reason", "").strip(),
        source=notes.get("source", "").strip(),
        cure=cure,
        to=to,
        file=statement.path.name,
        line=statement.line,
        looks_at=looks_at,
    )
    if rule.effect == FORBID and not rule.reason:
        raise _wrong(statement, f'{rule.id} forbids and should say why: @reason("one sentence that a client sees")')
    return Parsed(statement, rule, frozenset(_roles(policy)), frozenset(_words(policy["conditions"])))


def check(schema: str, parsed: Sequence[Parsed]) -> None:
    """Raise `PolicyWrong` for the first rule that the schema does not allow, or whose id another has."""
    seen: dict[str, Rule] = {}
    for one in parsed:
        if one.rule.id in seen:
            first = seen[one.rule.id]
            raise _wrong(one.statement, f"the rule in {first.file}:{first.line} is called {one.rule.id} too")
        seen[one.rule.id] = one.rule

    handle = cedarpy.Schema.from_str(schema)
    said = cedarpy.validate_policies(_joined([one.statement for one in parsed]), handle)
    for error in said.errors:
        statement = parsed[int(error.policy_id.removeprefix("policy"))].statement
        text = OF_POLICY.sub("", error.error)
        raise PolicyWrong(f"{statement.path}:{_mention(statement, text)}: {text}")


def _joined(written: Iterable[Statement]) -> str:
    return "\n".join(one.text for one in written)


def _wrong(statement: Statement, text: str) -> PolicyWrong:
    return PolicyWrong(f"{statement.path}:{statement.line}: {text}")


def _id(statement: Statement, notes: Mapping[str, str]) -> str:
    if unknown := sorted(notes.keys() - ANNOTATIONS):
        raise _wrong(statement, f"@{unknown[0]} is not known; there are @{', @'.join(sorted(ANNOTATIONS))}")
    if "id" not in notes:
        raise _wrong(statement, 'this rule should have a name: @id("pack/rule")')
    if not RULE_ID.fullmatch(notes["id"]):
        raise _wrong(
            statement, f'@id("{notes["id"]}") should be letters, digits, dots and dashes on both sides of a slash'
        )
    return notes["id"]


def _cure(
    statement: Statement, effect: str, notes: Mapping[str, str], looks_at: Sequence[str]
) -> tuple[str | None, Percent | None]:
    """Return what makes a forbid no longer true, and the threshold it is raised to."""
    cure = notes.get("verdict")
    if cure is None and "to" in notes:
        raise _wrong(statement, '@to should stand beside @verdict("raise")')
    if cure is None:
        return None, None
    if effect != FORBID:
        raise _wrong(statement, "@verdict should stand at a forbid: what a permit says is allowed")
    if cure not in NEEDS:
        raise _wrong(statement, f'@verdict("{cure}") is not known; there are "hold" and "raise", and none, to refuse')
    if NEEDS[cure] not in looks_at:
        raise _wrong(statement, f'@verdict("{cure}") changes {NEEDS[cure]}, and this rule does not look at it')
    if cure == HOLD:
        return cure, None
    return cure, _threshold(statement, notes.get("to"))


def _threshold(statement: Statement, text: str | None) -> Percent:
    """Return what @to says; two digits at most after the point, so that it is itself in Cedar's decimals."""
    if text is None or not re.fullmatch(r"\d{1,3}(\.\d{1,2})?", text) or float(text) > 100:
        raise _wrong(statement, f'@to should be a number from 0 to 100, as in @to("99"), and is {text!r}')
    return float(text)


def _line_of(statement: Statement, error: str) -> int:
    """Return the line that a parser's complaint is about.

    Cedar tells none. A statement that is cut off before the mistake lacks its end and nothing else, so the mistake is
    in the first line with which another complaint comes.
    """
    lines = statement.text.split("\n")
    for number in range(1, len(lines)):
        try:
            cedarpy.policies_to_json_str("\n".join(lines[:number]))
        except ValueError as found:
            if CUT_SHORT not in str(found):
                return statement.line + number - 1
    return _mention(statement, error) if CUT_SHORT not in error else statement.line + len(lines) - 1


def _mention(statement: Statement, complaint: str) -> int:
    """Return the line where a word that is complained of stands, else the one with the statement's effect."""
    lines = statement.text.split("\n")
    for word in re.findall(r"`([^`]+)`|: (\S+)$", complaint):
        wanted = re.compile(rf"(?<!\w){re.escape(word[0] or word[1])}(?!\w)")
        for number, text in enumerate(lines):
            if wanted.search(text):
                return statement.line + number
    effects = (number for number, text in enumerate(lines) if text.startswith((PERMIT, FORBID)))
    return statement.line + next(effects, 0)


def _reads(tree: Any) -> Iterator[str]:
    """Yield the facts that a rule's conditions read, by their names in Cedar."""
    match tree:
        case {".": {"left": {"Var": str(whose)}, "attr": str(name)}} | {
            "has": {"left": {"Var": str(whose)}, "attr": str(name)}
        }:
            yield f"{whose}.{name}"
        case {"getTag": {"left": {"Var": str(whose)}, "right": {"Value": str(name)}}} | {
            "hasTag": {"left": {"Var": str(whose)}, "right": {"Value": str(name)}}
        }:
            yield f'{whose}["{name}"]'
        case {".": {"left": {".": {"left": {"Var": str(whose)}, "attr": str(outer)}}, "attr": str(name)}}:
            yield f"{whose}.{outer}.{name}"
        case _:
            for part in _parts(tree):
                yield from _reads(part)


def _words(tree: Any) -> Iterator[str]:
    """Yield every text in a rule's conditions; `CONTEXT` only where the facts are taken as a whole.

    Cedar names each attribute that it reads by a text, so the names of those read are among them, and more.
    """
    match tree:
        case str():
            yield tree
        case {".": {"left": {"Var": "context"}, "attr": str(name)}} | {
            "has": {"left": {"Var": "context"}, "attr": str(name)}
        }:
            yield name
        case dict():
            yield from (name for name in tree if name != "Var")
            for part in tree.values():
                yield from _words(part)
        case _:
            for part in _parts(tree):
                yield from _words(part)


def _roles(tree: Any) -> Iterator[str]:
    match tree:
        case {"type": "Role", "id": str(name)}:
            yield name
        case _:
            for part in _parts(tree):
                yield from _roles(part)


def _parts(tree: Any) -> Iterable[Any]:
    """Return what a place in a policy's JSON holds; nothing of a word or a number."""
    match tree:
        case dict():
            return tree.values()
        case list():
            return tree
        case _:
            return ()

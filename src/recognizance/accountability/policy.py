"""May they: Cedar decides, by the pack of rules that the operator chose.

A question goes to Cedar as it stands. Where only forbids speak that have a cure, the server promises the cure (people
look; a higher threshold) and asks again with the promise among the facts: so a cure is something the server makes
true, and the rules stay plain Cedar. Whatever cannot be evaluated is refused.
"""

from __future__ import annotations

import hashlib
import ipaddress
import json
import logging
import math
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from decimal import ROUND_DOWN, Decimal
from pathlib import Path
from threading import Lock
from typing import Any, Protocol

from recognizance.accountability import cedar
from recognizance.accountability.keys import ROLES
from recognizance.errors import InvalidParameter, PolicyWrong
from recognizance.values import (
    Act,
    Ask,
    Authorisation,
    Caller,
    Decision,
    Explanation,
    Holding,
    Percent,
    Policy,
    Rule,
    Verdict,
    term,
)

log = logging.getLogger(__name__)

SHIPPED = Path(__file__).parent / "policies"
TEMPLATE = SHIPPED / "template.cedarschema"
CASES = "cases.toml"
BARE_NAME = re.compile(r"[A-Za-z0-9][\w-]*", re.ASCII)
APPLIES = "appliesTo { principal: [Key], resource: [Collection, Server], context: Statement };"

QUESTIONS = 3
"""As many as are asked at most: as it stands, and twice under cures, for a cure may let another rule speak."""

NAMED = 32  # hex digits of a pack's digest in a decision
DIGITS = Decimal("0.0001")  # as many as Cedar's decimals have
NOTHING_ALLOWS = "nothing-allows-it"
UNDECIDABLE = "cannot-be-decided"
UNHOLDABLE = "cannot-be-reviewed"
OURS = (NOTHING_ALLOWS, UNDECIDABLE, UNHOLDABLE)
"""Rules by which a pack decides beside those that are written in it."""
PASSING = frozenset({"at", "hour", "weekday", "address", "authorisation", "faces"})
"""Facts that differ from call to call. Rules seldom look at them; where none does, they are no part of the question."""
FIRST_YEAR = 1001  # in any zone; a year is written with four digits
LONE = re.compile("[\ud800-\udfff]")  # halves of a sign, which are no text
REMEMBERED = 1024  # questions, of which one takes some 500 bytes


class Operation(Protocol):
    """What a policy needs to know of an operation."""

    @property
    def act(self) -> Act:
        """What it does to people."""
        ...

    @property
    def threshold(self) -> tuple[str, Percent] | None:
        """The request's member that is its threshold, and its default."""
        ...

    @property
    def holdable(self) -> bool:
        """Whether what it finds can be put before reviewers."""
        ...


@dataclass(frozen=True, slots=True)
class Promise:
    """What the server has promised so far: a threshold, and that people look; and the rules it did so for."""

    threshold: Percent | None
    held: Rule | None = None
    raised: Rule | None = None

    def with_cures_of(self, rules: Sequence[Rule]) -> Promise:
        """Return this and the cures of all these rules: of several thresholds, the highest."""
        held = self.held or next((rule for rule in rules if rule.cure == cedar.HOLD), None)
        raised, threshold = self.raised, self.threshold
        for rule in rules:
            if rule.to is not None and (threshold is None or rule.to > threshold):
                raised, threshold = rule, rule.to
        return Promise(threshold, held, raised)


@dataclass(frozen=True, slots=True)
class Memory:
    """The last questions that were decided, by their digests: what people stated is not kept here, nor how often."""

    known: dict[bytes, Decision] = field(default_factory=dict[bytes, Decision])
    lock: Lock = field(default_factory=Lock)

    def keep(self, question: bytes, decision: Decision) -> None:
        """Remember a decision, and forget the one that has been here longest where there are too many."""
        with self.lock:
            if len(self.known) >= REMEMBERED:
                del self.known[next(iter(self.known))]
            self.known[question] = decision


@dataclass(frozen=True, slots=True)
class Pack:
    """A policy, ready to be asked from several threads at once.

    `digest` is the SHA-256 of its `.cedar` files, in the order of their names, and of the schema: each with its name
    and its length. `folder` is where they lie.
    """

    name: str
    digest: str
    folder: Path
    schema: str
    parsed: tuple[cedar.Parsed, ...]
    operations: Mapping[str, Operation]
    everything: cedar.Engine
    permits: cedar.Engine
    passing: frozenset[str]
    """Those of `PASSING` that a rule may look at."""
    memory: Memory = field(default_factory=Memory)

    @property
    def rules(self) -> tuple[Rule, ...]:
        """Every rule, in the order written: by the names of files, and within one from its top."""
        return tuple(one.rule for one in self.parsed)

    @property
    def roles(self) -> tuple[str, ...]:
        """Every role that a rule names, sorted."""
        return tuple(sorted({role for one in self.parsed for role in one.roles}))

    @property
    def called(self) -> str:
        """The pack's name and the first 32 hex digits of its digest, as a decision names it."""
        return f"{self.name}@{self.digest[:NAMED]}"

    def admit(self, ask: Ask, /) -> Decision:
        """Decide before anything is decoded or detected.

        Where no permit speaks for the caller, that is the reason, whatever forbids say; where several forbids speak
        that have no cure, the first one written gives it. The same question is decided once: what Cedar answers hangs
        on nothing but what it is asked.
        """
        if not _readable(ask):
            return self._weighed(ask)[0]
        question = self._question(ask)
        known = self.memory.known.get(question)
        if known is not None:
            return known
        decision = self._weighed(ask)[0]
        if decision.rule != f"{self.name}/{UNDECIDABLE}":  # which is told in the log each time
            self.memory.keep(question, decision)
        return decision

    def explain(self, ask: Ask, /) -> Explanation:
        """Decide as `admit` does, and say which rules spoke.

        A threshold that is missing is the operation's default. Raises `InvalidParameter` for one that is not served.
        """
        operation = self.operations.get(ask.operation)
        if operation is None:
            raise InvalidParameter(f"{ask.operation} is not served here. See docs/coverage.md.")
        default = None if operation.threshold is None else operation.threshold[1]
        threshold = default if default is None or ask.threshold is None else ask.threshold
        ask = replace(ask, act=operation.act, threshold=threshold)
        decision, spoke = self._weighed(ask)
        ordered = [rule for rule in self.rules if rule in spoke]
        ordered.sort(key=lambda rule: rule.effect != cedar.FORBID)
        if decision.rule == f"{self.name}/{UNDECIDABLE}" or self._permitted(ask, ask.caller.roles):
            return Explanation(decision, tuple(ordered))
        return Explanation(decision, tuple(ordered), self._could(ask))

    def without(self, rule_id: str) -> Pack:
        """Return the same pack with one rule taken out: what a table of cases should notice."""
        left = tuple(one for one in self.parsed if one.rule.id != rule_id)
        return of(self.name, self.digest, self.folder, self.schema, left, self.operations)

    def _question(self, ask: Ask) -> bytes:
        """Return the SHA-256 of all that a decision hangs on: what Cedar is told, less what no rule looks at."""
        told: dict[str, Any] = {"operation": ask.operation, "threshold": ask.threshold, "who": _caller(ask.caller)}
        told["facts"] = _lasting(ask)
        if ask.holding is not None:
            told["what"] = _collection(ask.holding)
            if "faces" not in self.passing:
                del told["what"]["attrs"]["faces"]
        if self.passing:
            told["passing"] = {name: value for name, value in _passing(ask).items() if name in self.passing}
        return hashlib.sha256(json.dumps(told).encode()).digest()

    def _weighed(self, ask: Ask) -> tuple[Decision, list[Rule]]:
        """Return the decision, and every rule that spoke on the way to it."""
        try:
            about = cedar.entities(entities(ask, self.operations[ask.operation].act))
        except (KeyError, ValueError) as error:
            return self._undecidable(ask, str(error)), []
        if ask.threshold is not None and not math.isfinite(ask.threshold):
            return self._undecidable(ask, f"the threshold is {ask.threshold}"), []
        who, what, known = key(ask), resource(ask), facts(ask)
        said, spoke, promise = list[Rule](), list[Rule](), Promise(ask.threshold)
        for _ in range(QUESTIONS):
            asked = context(known, promise.threshold, reviewed=promise.held is not None)
            answer = self.everything.ask(who, ask.operation, what, asked, about)
            if answer.errors:
                return self._undecidable(ask, "; ".join(answer.errors)), said
            spoke = [self.parsed[place].rule for place in answer.spoke]
            said += [rule for rule in spoke if rule not in said]
            if answer.allowed:
                return self._allowed(ask, spoke[0], promise), said
            if not spoke:
                return self._denied(NOTHING_ALLOWS, self._nobody(ask)), said
            if not self._permitted(ask, ask.caller.roles):
                return self._denied(NOTHING_ALLOWS, self._nobody(ask)), []  # what forbids say is not for them to learn
            if lasting := [rule for rule in spoke if rule.cure is None]:
                return self._denied_by(lasting[0]), said
            promise = promise.with_cures_of(spoke)
        return self._denied_by(spoke[0]), said  # a cure that did not cure

    def _allowed(self, ask: Ask, permit: Rule, promise: Promise) -> Decision:
        held, raised = promise.held, promise.raised
        floor = None if raised is None else promise.threshold
        if held is None:
            reason = raised.reason if raised else permit.reason or f"{permit.id} allows it."
            return Decision(Verdict.ALLOW, permit.id, reason, floor, self.called)
        if not self.operations[ask.operation].holdable:
            reason = f"What {ask.operation} finds cannot be reviewed, and may not leave without: {held.reason}"
            return self._denied(UNHOLDABLE, reason)
        return Decision(Verdict.HOLD, held.id, held.reason, floor, self.called)

    def _denied_by(self, rule: Rule) -> Decision:
        return Decision(Verdict.DENY, rule.id, rule.reason, policy=self.called)

    def _denied(self, name: str, reason: str) -> Decision:
        return Decision(Verdict.DENY, f"{self.name}/{name}", reason, policy=self.called)

    def _undecidable(self, ask: Ask, why: str) -> Decision:
        log.warning("policy=%s operation=%s cannot be decided, so it is refused: %s", self.called, ask.operation, why)
        return self._denied(UNDECIDABLE, "The policy could not be evaluated for this request, so it is refused.")

    def _nobody(self, ask: Ask) -> str:
        has = _listed(sorted(ask.caller.roles), "and") or "none"
        could = _listed(self._could(ask), "or")
        if not could:
            return f"No rule allows {ask.operation} to any role as it was asked; this key's: {has}."
        return f"{ask.operation} needs a key with the role {could}; this key's: {has}."

    def _could(self, ask: Ask) -> tuple[str, ...]:
        """Return the roles that a permit names which would be true if the caller had that role alone."""
        return tuple(role for role in self.roles if self._permitted(ask, frozenset({role})))

    def _permitted(self, ask: Ask, roles: frozenset[str]) -> bool:
        """Say whether any permit is true for a caller with these roles, were every cure already made true."""
        other = replace(ask, caller=replace(ask.caller, roles=roles))
        about = cedar.entities(entities(other, self.operations[ask.operation].act))
        asked = context(facts(ask), None if ask.threshold is None else 100.0, reviewed=True)
        return self.permits.ask(key(other), ask.operation, resource(ask), asked, about).allowed


def load(named: str, operations: Mapping[str, Operation]) -> Pack:
    """Return the pack of that name, or the one whose `.cedar` files lie in the folder of that path.

    `operations` are those that rules may speak of. Raises `PolicyWrong`, which names file and line.
    """
    folder = folder_of(named)
    files = sorted(folder.glob("*.cedar"), key=lambda path: path.name)
    if not files:
        raise PolicyWrong(f"{folder} should hold a policy, and has no .cedar file")
    contents = {path: _read(path) for path in files}
    found = [one for path, content in contents.items() for one in _parsed(path, content)]
    schema = schema_of(operations)
    cedar.check(schema, found)
    if not any(one.rule.effect == cedar.PERMIT for one in found):
        raise PolicyWrong(f"{folder} has no rule that permits anything, so nothing could be asked")
    written = [*((os.fsencode(path.name), text.encode()) for path, text in contents.items()), (b"", schema.encode())]
    return of(folder.name, digest_of(written), folder, schema, tuple(found), operations)


def of(
    name: str,
    digest: str,
    folder: Path,
    schema: str,
    parsed: tuple[cedar.Parsed, ...],
    operations: Mapping[str, Operation],
) -> Pack:
    """Return the pack of some rules that were checked against its schema."""
    everything = cedar.Engine(one.statement for one in parsed)
    permits = cedar.Engine(one.statement for one in parsed if one.rule.effect == cedar.PERMIT)
    words = frozenset(word for one in parsed for word in one.words)
    passing = PASSING if cedar.CONTEXT in words else PASSING & words
    return Pack(name, digest, folder, schema, parsed, operations, everything, permits, passing)


def digest_of(written: Sequence[tuple[bytes, bytes]]) -> str:
    """Return the SHA-256 of names and what stands under each, in order; no other names and texts have the same."""
    hashed = hashlib.sha256()
    for part in (part for pair in written for part in pair):
        hashed.update(len(part).to_bytes(8, "big") + part)
    return hashed.hexdigest()


def _parsed(path: Path, content: str) -> list[cedar.Parsed]:
    cedar.measured(content, path)
    found = cedar.statements(content, path)
    parsed = [cedar.parse(one) for one in found]
    cedar.counted(content, path, len(found))
    return parsed


def can_hold(policy: Policy) -> bool:
    """Say whether any rule of a policy has people look at what is found before it leaves."""
    return any(rule.cure == cedar.HOLD for rule in policy.rules)


def folder_of(named: str) -> Path:
    """Return the folder of a pack: one of ours by its bare name, else the path that is given."""
    if not BARE_NAME.fullmatch(named):
        try:
            folder = Path(named).expanduser().absolute()
            if named and folder.is_dir():
                return folder
        except (RuntimeError, ValueError, OSError):  # nobody's home folder, a NUL, a name too long
            pass
        raise PolicyWrong(f"there is no folder {named!r}; a policy is a pack of ours or a folder of .cedar files")
    if not (SHIPPED / named).is_dir():
        raise PolicyWrong(f"there is no pack {named!r}; there are {', '.join(shipped())}, or the path of a folder")
    return SHIPPED / named


def shipped() -> list[str]:
    """Return the names of the packs that come with the program."""
    return sorted(path.name for path in SHIPPED.iterdir() if any(path.glob("*.cedar")))


def schema_of(operations: Mapping[str, Operation]) -> str:
    """Return what rules may speak of, as a Cedar schema: every operation is an action in the group of its act."""
    acts = [act for act in Act if act is not Act.NONE]
    lines = [f"entity Role enum {json.dumps(ROLES)};"]
    lines += [f'action "{act.value}" {APPLIES}' for act in acts]
    for act in acts:
        lines += [
            f'action "{name}" in [Action::"{act.value}"] {APPLIES}'
            for name, operation in sorted(operations.items())
            if operation.act is act
        ]
    return TEMPLATE.read_text(encoding="utf-8") + "\n" + "\n".join(lines) + "\n"


# A question in Cedar's terms


def key(ask: Ask) -> dict[str, str]:
    """Return who asks."""
    return {"type": "Key", "id": ask.caller.access_key}


def resource(ask: Ask) -> dict[str, str]:
    """Return what it is done to."""
    if ask.holding is None:
        return {"type": "Server", "id": "this"}
    return {"type": "Collection", "id": ask.holding.id}


def entities(ask: Ask, act: Act) -> list[dict[str, Any]]:
    """Return the key with its roles, the operation in its act, and the collection with its tags, if any."""
    group = {"type": "Action", "id": act.value}
    found = [
        _caller(ask.caller),
        {"uid": {"type": "Action", "id": ask.operation}, "attrs": {}, "parents": [group]},
    ]
    if ask.holding is not None:
        found.append(_collection(ask.holding))
    return found


def facts(ask: Ask) -> dict[str, Any]:
    """Return what is known of a question but for what a cure changes."""
    return _lasting(ask) | _passing(ask)


def _lasting(ask: Ask) -> dict[str, Any]:
    """Return the facts that are the same in many calls."""
    found: dict[str, Any] = {
        "attributes": list(ask.attributes),
        "media": "video" if ask.stated.probe and ask.stated.probe.kind == "video" else ask.media,
    }
    for name in ("purpose", "case", "consent"):
        if value := getattr(ask.stated, name):
            found[name] = value
    if ask.stated.probe is not None:
        probe = ask.stated.probe
        edits = [edit.lower() for edit in probe.edits]
        found["probe"] = {"kind": probe.kind.lower(), "source": probe.source.strip(), "edits": edits}
    return found


def _passing(ask: Ask) -> dict[str, Any]:
    """Return the facts that pass: each by a name that `PASSING` has, as is the number of faces of a collection."""
    at = ask.at.astimezone(UTC)
    found: dict[str, Any] = {
        "at": _extension("datetime", f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}Z"),
        "hour": at.hour,
        "weekday": at.isoweekday(),
    }
    if ask.authorisation is not None:
        found["authorisation"] = _authorisation(ask.authorisation, at)
    if address := _address(ask.address):
        found["address"] = _extension("ip", address)
    return found


def _readable(ask: Ask) -> bool:
    """Say whether Cedar can read every fact that passes: one that it cannot refuses, though no rule looks at it."""
    said = "" if ask.authorisation is None else ask.authorisation.state + ask.authorisation.case
    faces = 0 if ask.holding is None else ask.holding.faces
    return ask.at.year >= FIRST_YEAR and 0 <= faces < 1 << 63 and not LONE.search(said)


def _caller(caller: Caller) -> dict[str, Any]:
    said = {"kind": caller.kind.value}
    if caller.person:
        said["person"] = caller.person
    if caller.issuer:
        said["issuer"] = caller.issuer
    return {
        "uid": {"type": "Key", "id": caller.access_key},
        "attrs": said,
        "parents": [{"type": "Role", "id": role} for role in sorted(caller.roles)],
    }


def _collection(holding: Holding) -> dict[str, Any]:
    said = {"faces": holding.faces}
    days = term(holding.tags)
    if days:
        said["retention"] = days
    return {
        "uid": {"type": "Collection", "id": holding.id},
        "attrs": said,
        "parents": [],
        "tags": dict(holding.tags),
    }


def _authorisation(one: Authorisation, at: datetime) -> dict[str, Any]:
    return {
        "state": one.state,
        "case": one.case,
        "hours": int((at - one.opened_at).total_seconds() / 3600),  # towards 0, so that clocks may differ a little
        "expired": one.expires_at is not None and at >= one.expires_at,
    }


def _address(text: str | None) -> str | None:
    """Return an address as Cedar reads it, IPv4 where it is that in IPv6's clothes; None where it is no IP address."""
    if text is None:
        return None
    try:
        found = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    mapped = found.ipv4_mapped if isinstance(found, ipaddress.IPv6Address) else None
    return str(mapped or found)


def context(known: Mapping[str, Any], threshold: Percent | None, *, reviewed: bool) -> str:
    """Return all that is known of a question as JSON, with what a cure changes."""
    asked: dict[str, Any] = {**known, "reviewed": reviewed}
    if threshold is not None:
        # Rounded down: what is under a floor by less than the digits there are is still under it.
        shown = Decimal(repr(float(threshold))).quantize(DIGITS, ROUND_DOWN)
        asked["threshold"] = _extension("decimal", f"{shown:f}")
    return json.dumps(asked)


def _extension(function: str, argument: str) -> dict[str, Any]:
    return {"__extn": {"fn": function, "arg": argument}}


def _read(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8")
    except OSError as error:
        raise PolicyWrong(f"{path} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise PolicyWrong(f"{path} should be text in UTF-8") from None


def _listed(names: Sequence[str], word: str) -> str:
    return f" {word} ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)

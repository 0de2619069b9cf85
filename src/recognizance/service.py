"""The one door: every edge asks here, so none can pass the policy or the ledger by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from recognizance.accountability import authorisations, review
from recognizance.errors import AccessDenied, NotFound, Refusal, Unserved
from recognizance.gallery import collections, grounds
from recognizance.operations import OPERATIONS
from recognizance.operations.call import Call, Operation, Tools
from recognizance.values import (
    NOTHING_STATED,
    Act,
    Answered,
    Ask,
    Caller,
    Collection,
    CollectionId,
    Decision,
    Holding,
    Kind,
    Stated,
    Verdict,
)

ITSELF = "the-server"
OUR_FAULT = "InternalServerError"
STORELESS = frozenset({Act.LOOK, Act.COMPARE})
"""What needs no collection."""
INTERRUPTED = "interrupted"
TRIES = 3  # of a call whose collection moves to another model meanwhile
NARROWED = "session/states-what-it-was-made-for"
STOPPED = "suspended"
UNHOLDABLE = "held/cannot-be-reviewed"
STEERED = "tags/steer-the-policy"
OWN = frozenset({NARROWED, STOPPED, UNHOLDABLE, STEERED})
"""What decides beside the policy; it has no page of rules to look them up in."""
STEERING = "recognizance:"
"""How the tags begin that policies read, such as for how long a collection's faces are kept."""
STEERERS = frozenset({"admin", "governor"})
BROKEN = Decision(Verdict.DENY, "wire/constraints", "the request does not fit the service model")
UNSERVED = Decision(Verdict.DENY, "unserved", "the operation is not offered here")


@dataclass(frozen=True, slots=True)
class Service:
    """Rekognition, without HTTP."""

    tools: Tools

    def call(
        self,
        name: str,
        request: Mapping[str, Any],
        caller: Caller,
        request_id: str,
        *,
        stated: Stated = NOTHING_STATED,
        address: str | None = None,
    ) -> Answered:
        """Answer one request that already fits the service model.

        Leaves a ledger entry whatever happens, and raises `Unserved` for an operation that is not offered,
        `AccessDenied` when the policy says no, and whatever the operation raises. When it returns, the entry is
        durable. `address` is the client's; None where there is no network between.
        """
        operation = OPERATIONS.get(name)
        if operation is None:
            self.refused(name, caller, request_id, Unserved.code, stated=stated, decision=UNSERVED, address=address)
            raise Unserved(f"{name} is not served here. See docs/coverage.md.")
        ask, known = self._ask(operation, request, caller, stated, address)
        call = Call(ask, self._decide(operation, ask, request), request_id, self.tools, known)

        if call.decision.verdict is Verdict.DENY:
            call.close("refused")
            raise AccessDenied(_told(call.decision))
        try:
            response = _run(operation, call, request)
        except BaseException as error:  # Ctrl-C at the command line leaves its entry too
            call.close(_outcome(error))
            raise
        finally:
            call.let_go()
        call.close("held" if call.review else "answered")
        return Answered(response, call.review)

    def refused(
        self,
        name: str,
        caller: Caller,
        request_id: str,
        code: str,
        *,
        stated: Stated = NOTHING_STATED,
        decision: Decision = BROKEN,
        address: str | None = None,
    ) -> None:
        """Record a signed request that never came to be asked: `code` is the wire's word for why."""
        act = OPERATIONS[name].act if name in OPERATIONS else Act.NONE
        ask = Ask(caller, name, act, _merged(caller, stated), self.tools.controls.now(), address=address)
        Call(ask, decision, request_id, self.tools).close(code)

    @property
    def policy(self) -> str:
        """The pack in force, and the first digits of its digest."""
        return f"{self.tools.policy.name}@{self.tools.policy.digest[:12]}"

    def due(self) -> list[tuple[Mapping[str, Any], str, Caller]]:
        """Return what the server should ask of itself now: requests, their operations, and on whose behalf."""
        database, now = self.tools.database, self.tools.now()
        ended = grounds.ending(database, now)
        lapsed = authorisations.lapsed(database, self.tools.controls.now())
        return [
            *(({"CollectionId": one}, "ExpireFaces", _itself(account, region)) for account, region, one in ended),
            *(({}, "SealLapsed", _itself(one)) for one in sorted({kept.account for kept in lapsed})),
            *(({}, "TidyReviews", _itself(one)) for one in review.due(database, self.tools.reviewing, now)),
        ]

    def _ask(
        self, operation: Operation, request: Mapping[str, Any], caller: Caller, stated: Stated, address: str | None
    ) -> tuple[Ask, Collection | None]:
        """Return what the policy is asked: all that is known undecoded; and the collection that was found for it."""
        said = _merged(caller, stated)
        named = operation.names(request)
        holding, known = (None, None) if named is None else self._holding(caller, CollectionId(named))
        ask = Ask(
            caller=caller,
            operation=operation.name,
            act=operation.act,
            stated=said,
            at=self.tools.controls.now(),
            holding=holding,
            threshold=operation.threshold_of(request),
            attributes=tuple(request.get(operation.attributes, ())) if operation.attributes else (),
            authorisation=self.tools.controls.authorisation(caller.account, said.authorisation),
            address=address,
        )
        return ask, known

    def _holding(self, caller: Caller, named: CollectionId) -> tuple[Holding, Collection | None]:
        try:
            found, tags = collections.find_tagged(self.tools.database, caller.account, named)
        except NotFound:
            return Holding(named), None  # what it does not hold is for the operation to say, once it may be asked
        return Holding(named, found.faces, tags), found

    def _decide(self, operation: Operation, ask: Ask, request: Mapping[str, Any]) -> Decision:
        narrowed = _widened(ask)
        if narrowed:
            return Decision(Verdict.DENY, NARROWED, narrowed)
        steers = operation.tags and any(one.startswith(STEERING) for one in request.get(operation.tags, ()))
        if steers and not ask.caller.roles & STEERERS:
            return Decision(Verdict.DENY, STEERED, f"Tags that begin with {STEERING} are for a governor to set.")
        decision = self.tools.policy.admit(ask)
        if decision.verdict is Verdict.DENY:
            return decision  # who may not ask learns nothing of what was stopped
        stopped = self.tools.controls.stopped(ask)
        if stopped:
            return Decision(Verdict.DENY, STOPPED, stopped)
        if decision.verdict is Verdict.HOLD and not operation.holdable:
            reason = f"What {operation.name} finds cannot be reviewed, and may not leave without: {decision.reason}"
            return replace(decision, verdict=Verdict.DENY, rule=UNHOLDABLE, reason=reason)
        return decision


def _told(decision: Decision) -> str:
    """Return what a refused client is told: the reason, and which rule of the policy it is, to look up."""
    return decision.reason if decision.rule in OWN else f"{decision.reason} ({decision.rule})"


def _itself(account: str, region: str = "") -> Caller:
    return Caller(ITSELF, account, region, Kind.SERVER)


def _merged(caller: Caller, stated: Stated) -> Stated:
    """Return what is stated, and where nothing is, what the key states by itself."""
    said = {one.name: getattr(stated, one.name) or getattr(caller.stated, one.name) for one in fields(Stated)}
    return Stated(**said)


def _widened(ask: Ask) -> str | None:
    """Say where a request states something else than its session was made for; None where it does not."""
    if not ask.caller.binding:
        return None
    for one in fields(Stated):
        meant = getattr(ask.caller.stated, one.name)
        if meant is not None and getattr(ask.stated, one.name) != meant:
            return f"This session was made for another {one.name}; make a session for this one."
    return _beyond(ask)


def _beyond(ask: Ask) -> str | None:
    """Say where a request goes beyond the collections its session was made for; None where it does not."""
    within = ask.caller.collections
    if within is None or ask.act in STORELESS:
        return None
    if ask.holding is None:
        return f"This session was made for some collections, and {ask.operation} names none."
    return None if ask.holding.id in within else "This session was made for other collections."


def _run(operation: Operation, call: Call, request: Mapping[str, Any]) -> Mapping[str, Any]:
    """Run an operation, and again where its collection moved to another model while it was in work.

    What it read then was erased under it: it may have found nothing there, or half of it.
    """
    for _ in range(TRIES):
        try:
            response = operation.run(call, request)
        except Refusal:
            if not call.outrun():
                raise
        else:
            if operation.act is not Act.READ or not call.outrun():
                return response
        call.let_go()
    return operation.run(call, request)


def _outcome(error: BaseException) -> str:
    if isinstance(error, Refusal):
        return error.code
    return OUR_FAULT if isinstance(error, Exception) else INTERRUPTED


def served() -> frozenset[str]:
    """Return the names of the operations that are served, Rekognition's and ours."""
    return frozenset(OPERATIONS)

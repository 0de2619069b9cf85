"""The one door: every edge asks here, so none can pass the policy or the ledger by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from recognizance.errors import AccessDenied, NotFound, Refusal, Unserved
from recognizance.gallery import collections
from recognizance.operations import OPERATIONS
from recognizance.operations.call import Call, Operation, Tools
from recognizance.values import (
    NOTHING_STATED,
    Act,
    Answered,
    Ask,
    Caller,
    CollectionId,
    Decision,
    Holding,
    Stated,
    Verdict,
)

OUR_FAULT = "InternalServerError"
INTERRUPTED = "interrupted"
TRIES = 3  # of a call whose collection moves to another model meanwhile
NARROWED = "session/states-what-it-was-made-for"
STOPPED = "suspended"
UNHOLDABLE = "held/cannot-be-reviewed"
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
        ask = self._ask(operation, request, caller, stated, address)
        call = Call(ask, self._decide(operation, ask), request_id, self.tools)

        if call.decision.verdict is Verdict.DENY:
            call.close("refused")
            raise AccessDenied(call.decision.reason)
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
        ask = Ask(caller, name, act, _merged(caller, stated), self.tools.now(), address=address)
        Call(ask, decision, request_id, self.tools).close(code)

    def _ask(
        self, operation: Operation, request: Mapping[str, Any], caller: Caller, stated: Stated, address: str | None
    ) -> Ask:
        """Return what the policy is asked: all it may know without decoding anything."""
        said = _merged(caller, stated)
        named = request.get("CollectionId")
        return Ask(
            caller=caller,
            operation=operation.name,
            act=operation.act,
            stated=said,
            at=self.tools.now(),
            holding=None if named is None else self._holding(caller, CollectionId(named)),
            threshold=operation.threshold_of(request),
            attributes=tuple(request.get(operation.attributes, ())) if operation.attributes else (),
            authorisation=self.tools.controls.authorisation(caller.account, said.authorisation),
            address=address,
        )

    def _holding(self, caller: Caller, named: CollectionId) -> Holding:
        try:
            found, tags = collections.find_tagged(self.tools.database, caller.account, named)
        except NotFound:
            return Holding(named)  # what it does not hold is for the operation to say, once it may be asked
        return Holding(named, found.faces, tags)

    def _decide(self, operation: Operation, ask: Ask) -> Decision:
        narrowed = _widened(ask)
        if narrowed:
            return Decision(Verdict.DENY, NARROWED, narrowed)
        stopped = self.tools.controls.stopped(ask)
        if stopped:
            return Decision(Verdict.DENY, STOPPED, stopped)
        decision = self.tools.policy.admit(ask)
        if decision.verdict is Verdict.HOLD and not operation.holdable:
            reason = f"What {operation.name} finds cannot be reviewed, and may not leave without: {decision.reason}"
            return replace(decision, verdict=Verdict.DENY, rule=UNHOLDABLE, reason=reason)
        return decision


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
    return None


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

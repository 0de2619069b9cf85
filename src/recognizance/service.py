"""The one door: every edge asks here, so none can pass the policy or the ledger by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from recognizance.errors import AccessDenied, Refusal, Unserved
from recognizance.operations import OPERATIONS
from recognizance.operations.call import Call, Operation, Tools
from recognizance.values import Act, Ask, Caller, Verdict

OUR_FAULT = "InternalServerError"
INTERRUPTED = "interrupted"
TRIES = 3  # of a call whose collection moves to another model meanwhile


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
        purpose: str | None = None,
        case: str | None = None,
    ) -> Mapping[str, Any]:
        """Answer one request that already fits the service model.

        Raises `Unserved` for an operation that is not offered; else leaves a ledger entry whatever
        happens, and raises `AccessDenied` when the policy says no, and whatever the operation
        raises. When it returns, the entry is durable.
        """
        operation = OPERATIONS.get(name)
        if operation is None:
            raise Unserved(f"{name} is not served here. See docs/coverage.md.")
        ask = Ask(caller, name, operation.act, purpose, case, request.get("CollectionId"))
        call = Call(ask, self.tools.policy.admit(ask), request_id, self.tools)

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
        call.close()
        return response


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

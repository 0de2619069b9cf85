"""Ours, not Rekognition's: what is stopped and let go on, and who is authorised to identify people in which case."""

from __future__ import annotations

from datetime import UTC

from recognizance import shapes
from recognizance.accountability import authorisations, keys, review, suspensions
from recognizance.accountability.suspensions import Suspension
from recognizance.errors import InvalidParameter
from recognizance.operations import pages
from recognizance.operations.call import Call, operation
from recognizance.operations.wording import said
from recognizance.values import Act, CollectionId

GOVERNS = frozenset({"governor", keys.ADMIN})
"""The roles of those who see every authorisation."""
LISTED = 100  # on a page
SEALED_AT_ONCE = 100
NAME, TEXT = 256, 1000  # characters at most


@operation("Suspend", Act.GOVERN)
def suspend(call: Call, request: shapes.SuspendRequest) -> shapes.SuspendResponse:
    """Stop everything, an act, an operation or a collection until somebody lets it go on."""
    kind, target = _target(call, request)
    why, account = said(request["Why"], "Why", TEXT), call.ask.caller.account
    name = call.tools.new_id()

    stopped = call.tools.seal.digest(target) if kind == suspensions.COLLECTION else target
    call.note(suspension=name, kind=kind, target=stopped, why=call.tools.seal.digest(why))
    with call.write() as tx:
        made = suspensions.suspend(
            tx, name, account, kind, target, why=why, by=call.ask.caller.access_key, now=call.tools.controls.now()
        )
    call.tools.controls.changed()
    return {"Suspension": _suspension(made)}


@operation("Resume", Act.GOVERN)
def resume(call: Call, request: shapes.ResumeRequest) -> shapes.ResumeResponse:
    """Let go on what one suspension stopped; what another stops too stays so."""
    why, name, caller = said(request["Why"], "Why", TEXT), request["SuspensionId"], call.ask.caller

    call.note(asked=call.tools.seal.digest(name), why=call.tools.seal.digest(why))
    with call.write() as tx:
        ended = suspensions.resume(
            tx, caller.account, name, why=why, by=caller.access_key, now=call.tools.controls.now()
        )
        call.note(suspension=ended.id)
    call.tools.controls.changed()
    return {"Suspension": _suspension(ended)}


@operation("ListSuspensions", Act.GOVERN)
def list_suspensions(call: Call, request: shapes.ListSuspensionsRequest) -> shapes.ListSuspensionsResponse:
    """List what is stopped, in the order it was."""
    limit, after = request.get("MaxResults", LISTED), int(pages.start(call, request) or 0)

    found = suspensions.listed(
        call.tools.database, call.ask.caller.account, after=after, limit=limit, ended=request.get("Ended", False)
    )

    call.note(listed=len(found))
    answer: shapes.ListSuspensionsResponse = {"Suspensions": [_suspension(one) for one in found]}
    if len(found) == limit:
        answer["NextToken"] = pages.after(call, request, str(found[-1].number))
    return answer


@operation("OpenAuthorisation", Act.GOVERN)
def open_authorisation(call: Call, request: shapes.OpenAuthorisationRequest) -> shapes.OpenAuthorisationResponse:
    """Put down that leave to identify people was asked for: from now on it may be used, for 48 hours at most."""
    case, authority = said(request["Case"], "Case", NAME), said(request["Authority"], "Authority", NAME)
    basis = said(request["Basis"], "Basis", TEXT)
    name, digest = call.tools.new_id(), call.tools.seal.digest

    call.note(authorisation=name, case_digest=digest(case), basis=digest(basis), authority=digest(authority))
    with call.write() as tx:
        made = authorisations.start(
            tx,
            name,
            call.ask.caller.account,
            keys.hand(tx, call.ask.caller),
            case=case,
            basis=basis,
            authority=authority,
            now=call.tools.controls.now(),
        )
    return {"Authorisation": _authorisation(made)}


@operation("DecideAuthorisation", Act.GOVERN)
def decide_authorisation(call: Call, request: shapes.DecideAuthorisationRequest) -> shapes.DecideAuthorisationResponse:
    """Put down what was decided, once and for all; what was found under one that is refused is sealed with that."""
    reference, account = said(request["Reference"], "Reference", NAME), call.ask.caller.account
    end, now = request.get("ExpiresAt"), call.tools.controls.now()

    call.note(
        asked=call.tools.seal.digest(request["AuthorisationId"]),
        decision=request["Decision"],
        reference=call.tools.seal.digest(reference),
        until=None if end is None else end.astimezone(UTC).isoformat(),
    )
    with call.write() as tx:
        decided = authorisations.decide(
            tx,
            account,
            request["AuthorisationId"],
            keys.hand(tx, call.ask.caller),
            decision=request["Decision"],
            reference=reference,
            expires_at=None if end is None else end.astimezone(UTC),
            now=now,
        )
        call.note(authorisation=decided.id)
        if decided.state == authorisations.REFUSED:
            # Not noted as sealed: whoever searched meanwhile may come after this, and the server seals once more.
            sealed, destroyed = review.seal_all(tx, account, decided.id, now)
            call.note(sealed=sealed, pictures_destroyed=destroyed)
    return {"Authorisation": _authorisation(decided)}


@operation("ListAuthorisations", Act.GOVERN)
def list_authorisations(call: Call, request: shapes.ListAuthorisationsRequest) -> shapes.ListAuthorisationsResponse:
    """List authorisations in the order they were asked for, each in the state it has by now."""
    limit, after = request.get("MaxResults", LISTED), int(pages.start(call, request) or 0)

    found = authorisations.listed(
        call.tools.database,
        call.ask.caller.account,
        now=call.tools.controls.now(),
        after=after,
        limit=limit,
        state=request.get("State"),
        case=request.get("Case"),
    )

    call.note(listed=len(found))
    answer: shapes.ListAuthorisationsResponse = {"Authorisations": [_authorisation(one) for one in found]}
    if len(found) == limit:
        answer["NextToken"] = pages.after(call, request, str(found[-1].number))
    return answer


@operation("DescribeAuthorisation", Act.GOVERN)
def describe_authorisation(
    call: Call, request: shapes.DescribeAuthorisationRequest
) -> shapes.DescribeAuthorisationResponse:
    """Give one authorisation in the state it has by now, to whoever governs and to whoever asked for it."""
    caller, name = call.ask.caller, request["AuthorisationId"]
    with call.tools.database.read() as reader:
        found = authorisations.find(reader, caller.account, name, call.tools.controls.now())
        if not caller.roles & GOVERNS and not keys.hand(reader, caller).is_of(found.opened):
            raise authorisations.missing(name)  # another's is told from none by nobody
    call.note(authorisation=found.id)
    return {"Authorisation": _authorisation(found)}


@operation("SealLapsed", Act.GOVERN)
def seal_lapsed(call: Call, request: shapes.SealLapsedRequest) -> shapes.SealLapsedResponse:
    """Seal what was found under authorisations that were refused, or that nobody decided in time."""
    account, now = call.ask.caller.account, call.tools.controls.now()
    with call.write() as tx:
        found = authorisations.lapsed(tx, now, account=account, limit=SEALED_AT_ONCE)
        done = [review.seal_all(tx, account, one.id, now) for one in found]
        authorisations.sealed(tx, found, now)
        call.note(
            authorisations=[one.id for one in found],
            sealed=sum(sealed for sealed, _ in done),
            pictures_destroyed=sum(destroyed for _, destroyed in done),
        )
    return {"Sealed": [one.id for one in found], "More": len(found) == SEALED_AT_ONCE}


def _target(call: Call, request: shapes.SuspendRequest) -> tuple[str, str]:
    """Return what is to be stopped: its kind and its name. Raises `InvalidParameter` or `NotFound`."""
    everything, act, name, collection = (request.get(one) for one in ("All", "Act", "Operation", "CollectionId"))
    if sum(1 for one in (everything, act, name, collection) if one) != 1:
        raise InvalidParameter("Give one of All, Act, Operation and CollectionId.")
    if everything:
        return suspensions.ALL, ""
    if collection:
        return suspensions.COLLECTION, call.collection(CollectionId(str(collection))).id
    if act:
        acts = [one.value for one in suspensions.STOPPABLE]
        if act not in acts:
            raise InvalidParameter(f"There is no act {act!r} that can be stopped; there are {', '.join(acts)}.")
        return suspensions.ACT, str(act)
    return suspensions.OPERATION, _stoppable(str(name))


def _stoppable(name: str) -> str:
    from recognizance.operations import OPERATIONS  # it is made of this module among others

    if name not in OPERATIONS:
        raise InvalidParameter(f"There is no operation {name!r} here; docs/coverage.md lists them.")
    if OPERATIONS[name].act in suspensions.NEVER:
        raise InvalidParameter(f"{name} governs, audits or reviews, and is never stopped.")
    return name


def _suspension(one: Suspension) -> shapes.SuspensionDescription:
    described: shapes.SuspensionDescription = {
        "SuspensionId": one.id,
        "Why": one.why,
        "SuspendedAt": one.at,
        "SuspendedBy": one.by,
    }
    match one.kind:
        case suspensions.ALL:
            described["All"] = True
        case suspensions.ACT:
            described["Act"] = one.target
        case suspensions.OPERATION:
            described["Operation"] = one.target
        case _:
            described["CollectionId"] = one.target
    if one.resumed_at is not None:
        described |= {
            "ResumedAt": one.resumed_at,
            "ResumedBy": one.resumed_by or "",
            "ResumedWhy": one.resumed_why or "",
        }
    return described


def _authorisation(one: authorisations.Kept) -> shapes.AuthorisationDescription:
    described: shapes.AuthorisationDescription = {
        "AuthorisationId": one.id,
        "Case": one.case,
        "Basis": one.basis,
        "Authority": one.authority,
        "State": one.state,
        "OpenedAt": one.opened_at,
        "OpenedBy": one.opened.access_key,
        "DecideBy": one.decide_by,
    }
    if one.decided_at is not None:
        described |= {
            "DecidedAt": one.decided_at,
            "DecidedBy": one.decided_by or "",
            "Reference": one.reference or "",
        }
    if one.expires_at is not None:
        described["ExpiresAt"] = one.expires_at
    if one.sealed_at is not None:
        described["SealedAt"] = one.sealed_at
    return described

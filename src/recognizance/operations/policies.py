"""The policy, as whoever is bound by it may ask: what it says, and what it would say to a request of theirs."""

from __future__ import annotations

from dataclasses import replace

from recognizance import shapes
from recognizance.accountability import adopted, policy
from recognizance.accountability.policy import Pack
from recognizance.errors import Conflict, InvalidParameter, PolicyWrong
from recognizance.operations.call import Call, Tools, operation
from recognizance.operations.wording import said
from recognizance.values import NOTHING_STATED, Act, Ask, Caller, Decision, Kind, Rule, Verdict

WHY = 1000  # characters at most
AT_START = "policy/adopted-at-start"


@operation("DescribePolicy", Act.READ)
def describe_policy(call: Call, request: shapes.DescribePolicyRequest) -> shapes.DescribePolicyResponse:
    """Say which policy decides here, and list its rules in the order they are written."""
    policy = call.tools.policy
    return {"Name": policy.name, "Digest": policy.digest, "Rules": [_rule(one) for one in policy.rules]}


@operation("ExplainDecision", Act.READ)
def explain_decision(call: Call, request: shapes.ExplainDecisionRequest) -> shapes.ExplainDecisionResponse:
    """Say what would be decided if the caller asked for an operation now, stating what it states here, and why."""
    asked = replace(
        call.ask,
        operation=request["Operation"],
        threshold=request.get("Threshold"),
        attributes=tuple(request.get("Attributes", ())),
    )

    told = call.tools.policy.explain(asked)

    call.note(explained=asked.operation, would=told.decision.verdict.value)
    answer: shapes.ExplainDecisionResponse = {
        "Verdict": told.decision.verdict.value,
        "Rule": told.decision.rule,
        "Reason": told.decision.reason,
        "Policy": told.decision.policy,
        "Spoke": [_rule(one) for one in told.spoke],
        "RolesThatCould": list(told.could),
    }
    if told.decision.floor is not None:
        answer["Floor"] = told.decision.floor
    return answer


@operation("AdoptPolicy", Act.GOVERN)
def adopt_policy(call: Call, request: shapes.AdoptPolicyRequest) -> shapes.AdoptPolicyResponse:
    """Put the database under another policy: from now on it decides, in every server that is started again."""
    why, named = said(request["Why"], "Why", WHY), request["Policy"]
    pack = _loaded(named)

    call.note(why=call.tools.seal.digest(why), to=pack.name, digest=pack.digest)
    with call.write() as tx:
        before = adopted.locked(tx).policy or adopted.OPEN
        if named == before:
            raise Conflict(f"The policy is {adopted.short(named)} already.")
        call.note(**{"from": adopted.short(before)})
        adopted.adopt(tx, named)
    call.tools.controls.changed()
    return {"From": adopted.short(before), "To": pack.name, "Digest": pack.digest}


def adopt_at_start(tools: Tools, account: str, named: str, pack: Pack) -> None:
    """Put a database that is under `open` under the policy that a setting names, with an entry of the server's own."""
    ask = Ask(Caller("the-server", account, "", Kind.SERVER), "AdoptPolicy", Act.GOVERN, NOTHING_STATED, tools.now())
    decision = Decision(
        Verdict.ALLOW, AT_START, "The settings name a policy for a database without one.", None, pack.called
    )
    call = Call(ask, decision, tools.new_id(), tools)
    call.note(**{"from": adopted.OPEN}, to=pack.name, digest=pack.digest)
    with call.write() as tx:
        adopted.due(adopted.locked(tx), named)  # another process may have been quicker
        adopted.adopt(tx, named)
    tools.controls.changed()


def _loaded(named: str) -> Pack:
    from recognizance.operations import OPERATIONS  # it is made of this module among others

    try:
        if adopted.called(named) == named:
            return policy.load(named, OPERATIONS)
    except PolicyWrong as error:
        raise InvalidParameter(f"The policy cannot be used: {error}.") from None
    raise InvalidParameter("Policy should be the name of a pack that ships, or the whole path of a folder.")


def _rule(rule: Rule) -> shapes.PolicyRule:
    described: shapes.PolicyRule = {
        "Id": rule.id,
        "Effect": rule.effect,
        "Reason": rule.reason,
        "File": rule.file,
        "Line": rule.line,
        "LooksAt": list(rule.looks_at),
    }
    if rule.source:
        described["Source"] = rule.source
    if rule.cure is not None:
        described["Cure"] = rule.cure
    if rule.to is not None:
        described["To"] = rule.to
    return described

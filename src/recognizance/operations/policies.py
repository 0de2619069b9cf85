"""The policy, as whoever is bound by it may ask: what it says, and what it would say to a request of theirs."""

from __future__ import annotations

from dataclasses import replace

from recognizance import shapes
from recognizance.operations.call import Call, operation
from recognizance.values import Act, Rule


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

"""A policy told: what is in it, how its cases fare, and why it says what it says, as plain values fit for JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from recognizance.accountability import cases
from recognizance.accountability.policy import CASES, Pack
from recognizance.errors import PolicyWrong
from recognizance.values import Decision, Rule


@dataclass(frozen=True, slots=True)
class Told:
    """One policy, for an edge that shows it."""

    pack: Pack

    @property
    def schema(self) -> str:
        """What its rules may speak of, in Cedar's words."""
        return self.pack.schema

    def described(self) -> Mapping[str, Any]:
        """Return its name, where it lies, its digest, the roles it names and its rules in order."""
        return {
            "Name": self.pack.name,
            "Folder": str(self.pack.folder),
            "Digest": self.pack.digest,
            "Roles": list(self.pack.roles),
            "Rules": [_rule(one) for one in self.pack.rules],
        }

    def tested(self, table: Path | None = None, *, each_rule: bool = False) -> Mapping[str, Any]:
        """Ask a table of cases, else the policy's own, and return how many there are and which fail.

        With `each_rule`, also return the ids of the rules that no case would miss. Raises `PolicyWrong`.
        """
        path = table or self.pack.folder / CASES
        if not path.is_file():
            raise PolicyWrong(
                f"{path} should be a table of cases, and is no file; docs/policy.md says how to write one"
            )
        asked = cases.read(path)
        failed = cases.run(self.pack, asked)
        told: dict[str, Any] = {
            "Policy": self.pack.called,
            "Cases": len(asked),
            "Failed": [_failed(one) for one in failed],
        }
        if each_rule:
            told["Unnoticed"] = [] if failed else cases.unnoticed(self.pack, asked)
        return told

    def explained(self, facts: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return what is decided of a question, given as a case gives it, and every rule that spoke."""
        cases.checked(facts)
        (ask,) = cases.asks(facts, self.pack.operations)
        told = self.pack.explain(ask)
        return {
            "Operation": ask.operation,
            "Act": ask.act.value,
            **_decision(told.decision),
            "Policy": told.decision.policy,
            "Spoke": [_rule(one) for one in told.spoke],
            "RolesThatCould": list(told.could),
        }


def _rule(rule: Rule) -> dict[str, Any]:
    return {
        "Id": rule.id,
        "Effect": rule.effect,
        "Cure": rule.cure,
        "To": rule.to,
        "Reason": rule.reason,
        "Source": rule.source,
        "File": rule.file,
        "Line": rule.line,
        "LooksAt": list(rule.looks_at),
    }


def _decision(decision: Decision) -> dict[str, Any]:
    return {
        "Verdict": decision.verdict.value,
        "Rule": decision.rule,
        "Reason": decision.reason,
        "Floor": decision.floor,
    }


def _failed(one: cases.Failed) -> dict[str, Any]:
    wanted = one.case
    return {
        "Case": wanted.number,
        "Says": wanted.says,
        "Operation": one.operation,
        "Expected": {"Verdict": wanted.verdict.value, "Rule": wanted.rule, "Floor": wanted.floor},
        "Got": _decision(one.got),
    }

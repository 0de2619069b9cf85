"""May this be asked? For now one pack, `open`, whose one rule admits everything by name.

The accountability issue replaces it with Cedar; the shape of the question and of the answer stay.
"""

from __future__ import annotations

from dataclasses import dataclass

from recognizance.values import Ask, Decision, Verdict


@dataclass(frozen=True, slots=True)
class Open:
    """The default pack: everything a signed caller asks is allowed, and everything is recorded."""

    def admit(self, ask: Ask, /) -> Decision:
        """Allow, and name the rule that did."""
        return Decision(Verdict.ALLOW, "open/everything-is-allowed", f"the open pack allows {ask.operation}")

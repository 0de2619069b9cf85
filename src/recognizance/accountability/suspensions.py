"""What was stopped, and what was authorised: the controls that act within a second in every process."""

from __future__ import annotations

from recognizance.values import Ask, Authorisation


class Controls:
    """Knows what is suspended and authorised now."""

    def stopped(self, ask: Ask, /) -> str | None:
        """Say in one sentence why this may not be done now, or return None."""
        return None

    def authorisation(self, account: str, name: str | None, /) -> Authorisation | None:
        """Return the account's authorisation of that id; None where there is none."""
        return None

"""Which policy a database is under: it is kept in the database itself, so that no shell's setting takes it away.

A new database is under `open`. A setting adopts another pack for it once; from then on only whoever may govern under
that pack adopts another. A process goes on with the policy that it loaded; where the database has come under another
since, it refuses everything but the record until it is started again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select, update

from recognizance.accountability import policy, watch
from recognizance.accountability.watch import Watch
from recognizance.database import Database, Reader, Tx
from recognizance.database.tables import CONTROLS
from recognizance.errors import PolicyWrong, SettingsWrong
from recognizance.values import Act, Ask, Decision, Explanation, Rule, Verdict

OPEN = "open"
CHANGED = "policy/changed"
KEPT = select(CONTROLS.c.policy, CONTROLS.c.account)


@dataclass(frozen=True, slots=True)
class Kept:
    """What a database is under, by the name it is loaded by, and the account it is kept for; "" for none yet."""

    policy: str
    account: str


class Bound:
    """A pack for as long as the database is under it, in any thread."""

    def __init__(self, pack: policy.Pack, called: str, database: Reader, watch: Watch) -> None:
        """Bind a pack that was loaded by the name `called`."""
        self._pack = pack
        self._called = called
        self._database = database
        self._watch = watch
        self._held: tuple[int, str] = (-1, called)

    @property
    def pack(self) -> policy.Pack:
        """The pack that was loaded."""
        return self._pack

    @property
    def name(self) -> str:
        """The pack's name."""
        return self._pack.name

    @property
    def digest(self) -> str:
        """The SHA-256 of the pack, 64 hex digits."""
        return self._pack.digest

    @property
    def called(self) -> str:
        """The pack's name and the first digits of its digest, as a decision names it."""
        return self._pack.called

    @property
    def rules(self) -> Sequence[Rule]:
        """Every rule, as written."""
        return self._pack.rules

    def explain(self, ask: Ask, /) -> Explanation:
        """Decide as the pack does, and say which rules spoke."""
        return self._pack.explain(ask)

    def admit(self, ask: Ask, /) -> Decision:
        """Decide as the pack does, and where the database is under another by now, refuse all but the record."""
        if ask.act is not Act.AUDIT and self._now() != self._called:
            reason = (
                "The server has to be restarted: it decides by another policy than the one that is in force by now."
            )
            return Decision(Verdict.DENY, CHANGED, reason, policy=self.called)
        return self._pack.admit(ask)

    def _now(self) -> str:
        version = self._watch.version()
        held_for, held = self._held
        if held_for != version:
            held = kept(self._database).policy or OPEN
            self._held = (version, held)
        return held


def called(named: str) -> str:
    """Return a policy's name as it is kept: bare, or the whole path of a folder; "" for "". Raises `PolicyWrong`."""
    if not named:
        return ""
    folder = policy.folder_of(named)
    return named if policy.BARE_NAME.fullmatch(named) else str(folder)


def kept(reader: Reader) -> Kept:
    """Return what a database is under."""
    (row,) = reader.rows(KEPT)
    return Kept(row["policy"], row["account"])


def locked(tx: Tx) -> Kept:
    """Return what a database is under, and have nobody else change it before this transaction ends."""
    (row,) = tx.rows(KEPT.with_for_update())
    return Kept(row["policy"], row["account"])


def claim(database: Database, account: str) -> Kept:
    """Return what a database is under; one that is kept for no account yet is kept for this one from now on.

    Raises `SettingsWrong` for one that is kept for another.
    """
    found = kept(database)
    if not found.account:
        with database.write() as tx:
            tx.run(update(CONTROLS).where(CONTROLS.c.account == "").values(account=account))
        found = kept(database)
    _mine(found, account)
    return found


def foreseen(database: Database, account: str, asked: str) -> str:
    """Return the policy that `settled` would settle on, and change nothing. Raises what it would."""
    found = kept(database)
    if found.account:
        _mine(found, account)
    return asked if due(found, asked) else found.policy or OPEN


def _mine(found: Kept, account: str) -> None:
    if found.account != account:
        raise SettingsWrong(
            f"the database is kept for the account {found.account}, and RECOGNIZANCE_ACCOUNT is {account}; "
            "an account has a database of its own"
        )


def settled(database: Database, account: str, asked: str) -> tuple[str, bool]:
    """Return the policy that decides from now on, where the settings name `asked` or none, and whether it is adopted.

    Raises `SettingsWrong` for another account's database, and `PolicyWrong` where the policy may not be changed so.
    """
    found = claim(database, account)
    adopts = due(found, asked)
    return (asked if adopts else found.policy or OPEN), adopts


def due(found: Kept, asked: str) -> bool:
    """Say whether the policy a setting names has yet to be adopted. Raises `PolicyWrong` where it may not be."""
    now = found.policy or OPEN
    if not asked or asked == now:
        return False
    if now != OPEN:
        raise PolicyWrong(
            f"the database is under the policy {now}, and RECOGNIZANCE_POLICY is {asked}; leave the setting empty, or "
            f"change the policy first, as whoever governs under it: recognizance policy adopt {asked} --why TEXT"
        )
    return True


def adopt(tx: Tx, asked: str) -> None:
    """Put a database under another policy; every process notices."""
    tx.run(update(CONTROLS).values(policy=asked))
    watch.count(tx)


def short(named: str) -> str:
    """Return a policy's name without the path that leads to it, as decisions give it."""
    return named.rstrip("/").rpartition("/")[2]

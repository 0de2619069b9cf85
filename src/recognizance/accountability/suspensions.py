"""What was stopped, and what was authorised: the controls that act within a second in every process.

What governs, proves and reviews is never stopped: whatever was, can be examined and let go on.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, insert, select, update

from recognizance.accountability import authorisations, watch
from recognizance.accountability.watch import Watch
from recognizance.database import Reader, Row, Tx, aware
from recognizance.database.tables import SUSPENSIONS
from recognizance.errors import Conflict, NotFound
from recognizance.values import Act, Ask, Authorisation, Kind

ALL, ACT, OPERATION, COLLECTION = "all", "act", "operation", "collection"
NEVER = frozenset({Act.GOVERN, Act.AUDIT, Act.REVIEW})
STOPPABLE = tuple(act for act in Act if act not in NEVER | {Act.NONE})

IN_FORCE = select(SUSPENSIONS).where(SUSPENSIONS.c.resumed_at.is_(None)).order_by(SUSPENSIONS.c.number)
LOCK = (
    select(SUSPENSIONS)
    .where(SUSPENSIONS.c.account == bindparam("of_account"), SUSPENSIONS.c.id == bindparam("of_id"))
    .with_for_update()
)


@dataclass(frozen=True, slots=True)
class Suspension:
    """Something that was stopped. `target` is "" where `kind` is all, else an act's name, an operation's or an id."""

    number: int
    id: str
    account: str
    kind: str
    target: str
    why: str
    at: datetime
    by: str
    resumed_at: datetime | None = None
    resumed_by: str | None = None
    resumed_why: str | None = None

    def stops(self, ask: Ask) -> bool:
        """Whether it stops what is asked."""
        if self.account != ask.caller.account:
            return False
        met = {
            ALL: "",
            ACT: ask.act.value,
            OPERATION: ask.operation,
            COLLECTION: None if ask.holding is None else ask.holding.id,
        }
        return met[self.kind] == self.target

    @property
    def sentence(self) -> str:
        """What is told to those who are stopped."""
        what = {
            ALL: "Everything",
            ACT: f"The act {self.target}",
            OPERATION: self.target,
            COLLECTION: f"The collection {self.target}",
        }[self.kind]
        return f"{what} was suspended on {self.at:%Y-%m-%d %H:%M} UTC: {self.why.rstrip('.')}."


class Controls:
    """Knows what is suspended and authorised now, in any thread."""

    def __init__(self, database: Reader, watch: Watch) -> None:
        """Hold nothing yet."""
        self._database = database
        self._watch = watch
        self._held: tuple[int, tuple[Suspension, ...]] = (-1, ())

    def stopped(self, ask: Ask, /) -> str | None:
        """Say in one sentence why this may not be done now, or return None.

        What the server does by itself, as when a face's term ends, is stopped by nobody.
        """
        if ask.act in NEVER or ask.caller.kind is Kind.SERVER:
            return None
        return next((one.sentence for one in self._in_force() if one.stops(ask)), None)

    def authorisation(self, account: str, name: str | None, /) -> Authorisation | None:
        """Return the account's authorisation of that id, in the state it has by now; None where there is none.

        It is read every time: who states one is few, and a decision is in force at once.
        """
        if not name:
            return None
        try:
            return authorisations.find(self._database, account, name, self._watch.now()).value
        except NotFound:
            return None

    def changed(self) -> None:
        """Have everything read again at once: this process has just committed a change."""
        self._watch.changed()

    def now(self) -> datetime:
        """Return the time, which no clock set back sets back."""
        return self._watch.now()

    def _in_force(self) -> tuple[Suspension, ...]:
        version = self._watch.version()
        held_for, held = self._held
        if held_for != version:
            held = tuple(_of_row(row) for row in self._database.rows(IN_FORCE))
            self._held = (version, held)  # what was read may be newer than the version, and then is read once more
        return held


def suspend(tx: Tx, name: str, account: str, kind: str, target: str, *, why: str, by: str, now: datetime) -> Suspension:
    """Stop all, an act, an operation or a collection, until it is resumed."""
    made = insert(SUSPENSIONS).values(
        id=name, account=account, kind=kind, target=target, why=why, at=now, suspended_by=by
    )
    (row,) = tx.returning(made.returning(*SUSPENSIONS.c))
    watch.count(tx)
    return _of_row(row)


def resume(tx: Tx, account: str, name: str, *, why: str, by: str, now: datetime) -> Suspension:
    """Let go on what one suspension stopped. Raises `NotFound`, and `Conflict` where that was done before."""
    for row in tx.rows(LOCK, {"of_account": account, "of_id": name}):
        found = _of_row(row)
        if found.resumed_at is not None:
            raise Conflict(f"The suspension {name} was ended on {found.resumed_at:%Y-%m-%d %H:%M} UTC.")
        change = (
            update(SUSPENSIONS)
            .where(SUSPENSIONS.c.number == found.number)
            .values(resumed_at=now, resumed_by=by, resumed_why=why)
        )
        (ended,) = tx.returning(change.returning(*SUSPENSIONS.c))
        watch.count(tx)
        return _of_row(ended)
    raise NotFound(f"The suspension {name} does not exist.")


def listed(reader: Reader, account: str, *, after: int, limit: int, ended: bool) -> list[Suspension]:
    """Return up to `limit` suspensions made after the one numbered `after`, those that were ended too if asked for."""
    query = select(SUSPENSIONS).where(SUSPENSIONS.c.account == account, SUSPENSIONS.c.number > after)
    if not ended:
        query = query.where(SUSPENSIONS.c.resumed_at.is_(None))
    return [_of_row(row) for row in reader.rows(query.order_by(SUSPENSIONS.c.number).limit(limit))]


def _of_row(row: Row) -> Suspension:
    return Suspension(
        number=row["number"],
        id=row["id"],
        account=row["account"],
        kind=row["kind"],
        target=row["target"],
        why=row["why"],
        at=aware(row["at"]),
        by=row["suspended_by"],
        resumed_at=None if row["resumed_at"] is None else aware(row["resumed_at"]),
        resumed_by=row["resumed_by"],
        resumed_why=row["resumed_why"],
    )

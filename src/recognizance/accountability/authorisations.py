"""Leave to identify people in one case: asked for, decided once by somebody else, and good until it ends.

One that is asked for may be used for `CLOCK`, within which somebody has to decide; a decision is final, and where
none comes the request lapses, which is final too. What was found under one that was refused or has lapsed is to be
sealed: `lapsed` lists those of which that is still to be done, `sealed` notes that it was.
Basis, authority and reference are a person's words and may name people: they are kept here and never in the ledger.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Literal, TypeAlias

from sqlalchemy import ColumnElement, Select, and_, bindparam, insert, or_, select, update

from recognizance.accountability import watch
from recognizance.accountability.keys import Hand
from recognizance.database import Reader, Row, Tx, aware
from recognizance.database.tables import AUTHORISATIONS
from recognizance.errors import AccessDenied, Conflict, InvalidParameter, NotFound
from recognizance.values import Authorisation

CLOCK = timedelta(hours=48)  # "without undue delay and at the latest within 48 hours": EU AI Act, Article 26(10)
State: TypeAlias = Literal["pending", "granted", "refused", "lapsed", "expired"]
PENDING: Final = "pending"
GRANTED: Final = "granted"
REFUSED: Final = "refused"
LAPSED: Final = "lapsed"
EXPIRED: Final = "expired"

OF_ID = select(AUTHORISATIONS).where(
    AUTHORISATIONS.c.account == bindparam("of_account"), AUTHORISATIONS.c.id == bindparam("of_id")
)
LOCK = OF_ID.with_for_update()


@dataclass(frozen=True, slots=True)
class Kept:
    """An authorisation with everything that was said of it; `state` is what it is by now."""

    number: int
    id: str
    account: str
    case: str
    basis: str
    authority: str
    state: State
    opened_at: datetime
    opened: Hand
    decided_at: datetime | None
    decided_by: str | None
    decided_person: str | None
    reference: str | None
    expires_at: datetime | None
    sealed_at: datetime | None

    @property
    def decide_by(self) -> datetime:
        """When the request lapses, if nobody has decided."""
        return self.opened_at + CLOCK

    @property
    def value(self) -> Authorisation:
        """What a policy may know of it."""
        return Authorisation(self.id, self.case, self.state, self.opened_at, self.decided_at, self.expires_at)


def start(tx: Tx, name: str, account: str, hand: Hand, *, case: str, basis: str, authority: str, now: datetime) -> Kept:
    """Keep a request; its clock runs from `now`."""
    made = insert(AUTHORISATIONS).values(
        id=name,
        account=account,
        case=case,
        basis=basis,
        authority=authority,
        opened_at=now,
        opened_by=hand.access_key,
        opened_line=hand.line,
        opened_person=hand.person,
    )
    (row,) = tx.returning(made.returning(*AUTHORISATIONS.c))
    watch.count(tx)
    return _kept(row, now)


def decide(
    tx: Tx,
    account: str,
    name: str,
    hand: Hand,
    *,
    decision: str,
    reference: str,
    expires_at: datetime | None,
    now: datetime,
) -> Kept:
    """Grant or refuse a request, once and for all.

    Raises `NotFound`, `AccessDenied` where `hand` opened it, `Conflict` where it is decided or has lapsed, and
    `InvalidParameter` where it would end before it begins.
    """
    found = _locked(tx, account, name, now)
    if found.state == LAPSED:
        raise Conflict(f"The authorisation {name} lapsed on {found.decide_by:%Y-%m-%d %H:%M} UTC. Open another.")
    if found.state != PENDING:
        assert found.decided_at is not None
        word = REFUSED if found.state == REFUSED else GRANTED  # an expired one was granted
        raise Conflict(f"The authorisation {name} was {word} on {found.decided_at:%Y-%m-%d %H:%M} UTC; that is final.")
    if hand.is_of(found.opened):
        raise AccessDenied("Whoever asked for an authorisation does not decide it. Another person's key has to.")
    if expires_at is not None and decision != GRANTED:
        raise InvalidParameter("Only an authorisation that is granted has an end: leave ExpiresAt out.")
    if expires_at is not None and expires_at <= now:
        raise InvalidParameter("ExpiresAt should be in the future.")
    change = (
        update(AUTHORISATIONS)
        .where(AUTHORISATIONS.c.number == found.number)
        .values(
            decision=decision,
            decided_at=now,
            decided_by=hand.access_key,
            decided_person=hand.person,
            reference=reference,
            expires_at=expires_at,
        )
    )
    (row,) = tx.returning(change.returning(*AUTHORISATIONS.c))
    watch.count(tx)
    return _kept(row, now)


def find(reader: Reader, account: str, name: str, now: datetime) -> Kept:
    """Return an account's authorisation, or raise `NotFound`."""
    return _one(reader, OF_ID, account, name, now)


def listed(
    reader: Reader, account: str, *, now: datetime, after: int, limit: int, state: str | None, case: str | None
) -> list[Kept]:
    """Return up to `limit` authorisations opened after the one numbered `after`, in the order they were opened."""
    query = select(AUTHORISATIONS).where(AUTHORISATIONS.c.account == account, AUTHORISATIONS.c.number > after)
    if state is not None:
        query = query.where(_is(state, now))
    if case is not None:
        query = query.where(AUTHORISATIONS.c.case == case)
    return [_kept(row, now) for row in reader.rows(query.order_by(AUTHORISATIONS.c.number).limit(limit))]


def lapsed(reader: Reader, now: datetime, *, account: str | None = None, limit: int = 1000) -> list[Kept]:
    """Return up to `limit` authorisations that were refused or have lapsed, and whose results are not sealed yet."""
    query = select(AUTHORISATIONS).where(or_(_is(REFUSED, now), _is(LAPSED, now)), AUTHORISATIONS.c.sealed_at.is_(None))
    if account is not None:
        query = query.where(AUTHORISATIONS.c.account == account)
    return [_kept(row, now) for row in reader.rows(query.order_by(AUTHORISATIONS.c.number).limit(limit))]


def sealed(tx: Tx, done: Sequence[Kept], now: datetime) -> None:
    """Note that what was found under these is sealed."""
    numbers = [one.number for one in done]
    tx.run(update(AUTHORISATIONS).where(AUTHORISATIONS.c.number.in_(numbers)).values(sealed_at=now))


def _is(state: str, now: datetime) -> ColumnElement[bool]:
    """Return the condition for being in a state at a time."""
    column = AUTHORISATIONS.c
    undecided, granted = column.decision.is_(None), column.decision == GRANTED
    over = and_(column.expires_at.is_not(None), column.expires_at <= now)
    return {
        PENDING: and_(undecided, column.opened_at > now - CLOCK),
        LAPSED: and_(undecided, column.opened_at <= now - CLOCK),
        REFUSED: column.decision == REFUSED,
        GRANTED: and_(granted, or_(column.expires_at.is_(None), column.expires_at > now)),
        EXPIRED: and_(granted, over),
    }[state]


def _locked(tx: Tx, account: str, name: str, now: datetime) -> Kept:
    return _one(tx, LOCK, account, name, now)


def _one(reader: Reader, query: Select[Any], account: str, name: str, now: datetime) -> Kept:
    for row in reader.rows(query, {"of_account": account, "of_id": name}):
        return _kept(row, now)
    raise NotFound(f"The authorisation {name} does not exist.")


def _state(row: Row, now: datetime) -> State:
    if row["decision"] is None:
        return LAPSED if aware(row["opened_at"]) <= now - CLOCK else PENDING
    if row["decision"] == GRANTED and row["expires_at"] is not None and aware(row["expires_at"]) <= now:
        return EXPIRED
    return GRANTED if row["decision"] == GRANTED else REFUSED


def _kept(row: Row, now: datetime) -> Kept:
    return Kept(
        number=row["number"],
        id=row["id"],
        account=row["account"],
        case=row["case"],
        basis=row["basis"],
        authority=row["authority"],
        state=_state(row, now),
        opened_at=aware(row["opened_at"]),
        opened=Hand(row["opened_by"], row["opened_line"], row["opened_person"]),
        decided_at=_time(row["decided_at"]),
        decided_by=row["decided_by"],
        decided_person=row["decided_person"],
        reference=row["reference"],
        expires_at=_time(row["expires_at"]),
        sealed_at=_time(row["sealed_at"]),
    )


def _time(at: datetime | None) -> datetime | None:
    return None if at is None else aware(at)

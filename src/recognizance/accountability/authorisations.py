"""Leave to identify people in one case: asked for, decided once by somebody else, and good until it ends.

One that is asked for may be used for `CLOCK`, within which somebody has to decide; a decision is final, and where
none comes the request lapses, which is final too. It is so for the first for a case, and the first after one that was
granted: another that is asked for beside or after one that was not may be used only once it is granted. Else whoever
was refused would only have to ask again. What was found under one that was refused or has lapsed is to be sealed:
`lapsed` lists those of which that is still to be done, `sealed` notes that it was.
Basis, authority and reference are a person's words and may name people: they are kept here and never in the ledger.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Literal, TypeAlias

from sqlalchemy import ColumnElement, Select, and_, bindparam, exists, insert, or_, select, update

from recognizance.accountability import keys, watch
from recognizance.accountability.keys import NEEDS_PERSON, Hand
from recognizance.database import Reader, Row, Tx, aware
from recognizance.database.tables import AUTHORISATIONS
from recognizance.errors import AccessDenied, Conflict, InvalidParameter, NotFound
from recognizance.values import Authorisation

CLOCK = timedelta(hours=48)  # "without undue delay and at the latest within 48 hours": EU AI Act, Article 26(10)
State: TypeAlias = Literal["pending", "requested", "granted", "refused", "lapsed", "expired"]
PENDING: Final = "pending"
REQUESTED: Final = "requested"
GRANTED: Final = "granted"
REFUSED: Final = "refused"
LAPSED: Final = "lapsed"
EXPIRED: Final = "expired"


def _again() -> ColumnElement[bool]:
    """Return the condition for another of the same case having gone before without being granted, or being refused.

    What came before one that was granted does not count any more.
    """
    this, other, since = AUTHORISATIONS.c, AUTHORISATIONS.alias("other"), AUTHORISATIONS.alias("since")
    granted_since = exists().where(
        since.c.account == other.c.account,
        since.c.case == other.c.case,
        since.c.number > other.c.number,
        since.c.decision == GRANTED,
    )
    return (
        exists()
        .where(
            other.c.account == this.account,
            other.c.case == this.case,
            or_(
                and_(other.c.number < this.number, other.c.decision.is_(None)),
                and_(other.c.number != this.number, other.c.decision == REFUSED),
            ),
            ~granted_since,
        )
        .correlate(AUTHORISATIONS)
    )


AGAIN = _again()
ALL = select(AUTHORISATIONS, AGAIN.label("again"))
OF_ID = ALL.where(AUTHORISATIONS.c.account == bindparam("of_account"), AUTHORISATIONS.c.id == bindparam("of_id"))
LOCK = OF_ID.with_for_update(of=AUTHORISATIONS)


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
    tx.run(made)
    watch.count(tx)
    return find(tx, account, name, now)


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

    Raises `NotFound`, `AccessDenied` where `hand` names nobody or may be the one that opened it, `Conflict` where it is
    decided or has lapsed, and `InvalidParameter` where it would end before it begins.
    """
    found = _locked(tx, account, name, now)
    if found.state == LAPSED:
        raise Conflict(f"The authorisation {name} lapsed on {found.decide_by:%Y-%m-%d %H:%M} UTC. Open another.")
    if found.state not in (PENDING, REQUESTED):
        assert found.decided_at is not None
        word = REFUSED if found.state == REFUSED else GRANTED  # an expired one was granted
        raise Conflict(f"The authorisation {name} was {word} on {found.decided_at:%Y-%m-%d %H:%M} UTC; that is final.")
    if hand.person is None:
        raise AccessDenied(NEEDS_PERSON.format(does="decides"))
    if keys.one_hand(tx, account, hand, found.opened):
        raise AccessDenied(
            "Whoever asked for an authorisation does not decide it. Another person's key has to: one that neither made "
            "or rotated for the other, and not one key for both, but the root key or the command line."
        )
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
    tx.run(change)
    watch.count(tx)
    return find(tx, account, name, now)


def find(reader: Reader, account: str, name: str, now: datetime) -> Kept:
    """Return an account's authorisation, or raise `NotFound`."""
    return _one(reader, OF_ID, account, name, now)


def stands(reader: Reader, account: str, name: str, now: datetime) -> bool:
    """Say whether an account's authorisation may be used: granted and not ended, or pending. False for none."""
    try:
        return find(reader, account, name, now).state in (PENDING, GRANTED)
    except NotFound:
        return False


def listed(
    reader: Reader, account: str, *, now: datetime, after: int, limit: int, state: str | None, case: str | None
) -> list[Kept]:
    """Return up to `limit` authorisations opened after the one numbered `after`, in the order they were opened."""
    query = ALL.where(AUTHORISATIONS.c.account == account, AUTHORISATIONS.c.number > after)
    if state is not None:
        query = query.where(_is(state, now))
    if case is not None:
        query = query.where(AUTHORISATIONS.c.case == case)
    return [_kept(row, now) for row in reader.rows(query.order_by(AUTHORISATIONS.c.number).limit(limit))]


def lapsed(reader: Reader, now: datetime, *, account: str | None = None, limit: int = 1000) -> list[Kept]:
    """Return up to `limit` authorisations that were refused or have lapsed, and whose results are not sealed yet."""
    query = ALL.where(or_(_is(REFUSED, now), _is(LAPSED, now)), AUTHORISATIONS.c.sealed_at.is_(None))
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
        PENDING: and_(undecided, column.opened_at > now - CLOCK, ~AGAIN),
        REQUESTED: and_(undecided, column.opened_at > now - CLOCK, AGAIN),
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
    raise missing(name)


def missing(name: str) -> NotFound:
    """Return the error for an authorisation that is not there, to be raised."""
    return NotFound(f"The authorisation {name} does not exist.")


def _state(row: Row, now: datetime) -> State:
    if row["decision"] is None:
        if aware(row["opened_at"]) <= now - CLOCK:
            return LAPSED
        return REQUESTED if row["again"] else PENDING
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

"""Audits that were recorded, and what they found: each finding has a clock until somebody has answered for it.

An audit is known by the SHA-256 of its report, which says of what it was and how it was made; the report itself is
kept by whoever made it. What is found opens with a clock of 90 days and stays open until a governor closes it with a
note.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Literal, TypeAlias

from sqlalchemy import ColumnElement, Select, and_, bindparam, func, insert, select, update

from recognizance.database import Reader, Row, Tx, aware
from recognizance.database.tables import AUDITS, FINDINGS
from recognizance.errors import Conflict, InvalidParameter, NotFound

CLOCK = timedelta(days=90)
"""How long a provider has to mitigate differences between groups once a test has shown them: RCW 43.386.050
(Washington) and C.R.S. 24-18-304 (Colorado). Every finding gets it, of groups or not."""

State: TypeAlias = Literal["open", "overdue", "closed"]
OPEN: Final = "open"
OVERDUE: Final = "overdue"
CLOSED: Final = "closed"

ALL = select(FINDINGS, AUDITS.c.protocol, AUDITS.c.digest).join(AUDITS, AUDITS.c.id == FINDINGS.c.audit)
OF_ID = ALL.where(FINDINGS.c.account == bindparam("of_account"), FINDINGS.c.id == bindparam("of_id"))
LOCK = OF_ID.with_for_update(of=FINDINGS)
BY_DIGEST = select(AUDITS).where(AUDITS.c.account == bindparam("of_account"), AUDITS.c.digest == bindparam("of_digest"))


@dataclass(frozen=True, slots=True)
class Said:
    """One thing an audit found, in its own words: what kind it is, about whom ("" for everybody), and a sentence."""

    kind: str
    group: str
    said: str


@dataclass(frozen=True, slots=True)
class Audit:
    """An audit as it is kept: `digest` is the SHA-256 of its report, `entry` the number of the entry that has it."""

    number: int
    id: str
    account: str
    protocol: str
    digest: str
    summary: str
    entry: int
    at: datetime
    by: str
    findings: int


@dataclass(frozen=True, slots=True)
class Finding:
    """A finding as it is kept; `state` is what it is by now, `protocol` and `digest` its audit's.

    `shown_by` is the digest of the later audit that shows it answered, where one does.
    """

    number: int
    id: str
    audit: str
    protocol: str
    digest: str
    what: Said
    state: State
    opened_at: datetime
    due_at: datetime
    closed_at: datetime | None
    closed_by: str | None
    note: str | None
    shown_by: str | None


def record(
    tx: Tx, draft: Audit, found: Sequence[Said], new_id: Callable[[], str], now: datetime
) -> tuple[Audit, list[Finding]]:
    """Keep an audit and open its findings, in order; one that is kept already is returned as it is.

    Nobody else records one until the transaction ends. `draft.number` is not looked at. Raises `Conflict` where an
    audit of that digest was recorded with other findings: one of the two did not come from that report.
    """
    tx.alone()
    before = by_digest(tx, draft.account, draft.digest)
    if before is not None:
        kept = of_audit(tx, before.id, now)
        if before.protocol != draft.protocol or [one.what for one in kept] != list(found):
            raise Conflict(f"The audit {before.id} has that digest and was recorded with other findings.")
        return before, kept
    row = {
        "id": draft.id,
        "account": draft.account,
        "protocol": draft.protocol,
        "digest": draft.digest,
        "summary": draft.summary,
        "entry": draft.entry,
        "at": now,
        "recorded_by": draft.by,
        "findings": len(found),
    }
    (made,) = tx.returning(insert(AUDITS).values(**row).returning(*AUDITS.c))
    tx.run(insert(FINDINGS), [_opened(draft, one, new_id(), now) for one in found])
    return _audit(made), of_audit(tx, draft.id, now)


def close(tx: Tx, account: str, name: str, *, note: str, shown_by: str | None, by: str, now: datetime) -> Finding:
    """Close a finding, once and for all; what it is returned as says whether it was late.

    Raises `NotFound`, `Conflict` where it is closed, and `InvalidParameter` where `shown_by` is not the digest of a
    later audit.
    """
    found = _locked(tx, account, name, now)
    if found.closed_at is not None:
        raise Conflict(f"The finding {name} was closed on {found.closed_at:%Y-%m-%d %H:%M} UTC; that is final.")
    if shown_by is not None:
        _check_later(tx, account, found, shown_by)
    change = (
        update(FINDINGS)
        .where(FINDINGS.c.number == found.number)
        .values(closed_at=now, closed_by=by, note=note, shown_by=shown_by)
    )
    tx.run(change)
    return find(tx, account, name, now)


def find(reader: Reader, account: str, name: str, now: datetime) -> Finding:
    """Return an account's finding, or raise `NotFound`."""
    return _one(reader, OF_ID, account, name, now)


def by_digest(reader: Reader, account: str, digest: str) -> Audit | None:
    """Return the audit whose report has that digest; None where none was recorded."""
    rows = reader.rows(BY_DIGEST, {"of_account": account, "of_digest": digest})
    return _audit(rows[0]) if rows else None


def of_audit(reader: Reader, audit: str, now: datetime) -> list[Finding]:
    """Return what an audit found, in its order."""
    query = ALL.where(FINDINGS.c.audit == audit).order_by(FINDINGS.c.number)
    return [_finding(row, now) for row in reader.rows(query)]


def audits(reader: Reader, account: str, *, after: int, limit: int, protocol: str | None) -> list[Audit]:
    """Return up to `limit` audits recorded after the one numbered `after`, in the order they were."""
    query = select(AUDITS).where(AUDITS.c.account == account, AUDITS.c.number > after)
    if protocol is not None:
        query = query.where(AUDITS.c.protocol == protocol)
    return [_audit(row) for row in reader.rows(query.order_by(AUDITS.c.number).limit(limit))]


def listed(
    reader: Reader, account: str, *, now: datetime, after: int, limit: int, state: str | None, audit: str | None
) -> list[Finding]:
    """Return up to `limit` findings after the one numbered `after`, in order; "open" has the overdue ones too."""
    query = ALL.where(FINDINGS.c.account == account, FINDINGS.c.number > after)
    if state is not None:
        query = query.where(_is(state, now))
    if audit is not None:
        query = query.where(FINDINGS.c.audit == audit)
    return [_finding(row, now) for row in reader.rows(query.order_by(FINDINGS.c.number).limit(limit))]


def standing(reader: Reader, now: datetime, account: str | None = None) -> tuple[int, int]:
    """Return how many findings are open, and how many of these are overdue: an account's, or all there are."""
    return _counted(reader, OPEN, now, account), _counted(reader, OVERDUE, now, account)


def _counted(reader: Reader, state: str, now: datetime, account: str | None) -> int:
    query = select(func.count().label("number")).select_from(FINDINGS).where(_is(state, now))
    if account is not None:
        query = query.where(FINDINGS.c.account == account)
    return int(reader.rows(query)[0]["number"])


def _is(state: str, now: datetime) -> ColumnElement[bool]:
    """Return the condition for being in a state at a time."""
    still = FINDINGS.c.closed_at.is_(None)
    return {OPEN: still, OVERDUE: and_(still, FINDINGS.c.due_at <= now), CLOSED: FINDINGS.c.closed_at.is_not(None)}[
        state
    ]


def _check_later(reader: Reader, account: str, found: Finding, digest: str) -> None:
    """Raise `InvalidParameter` where that is not the digest of an audit recorded after the finding's own."""
    (own,) = reader.rows(select(AUDITS.c.number).where(AUDITS.c.id == found.audit))
    later = by_digest(reader, account, digest)
    if later is None:
        raise InvalidParameter("Digest should be that of an audit that was recorded here; ListAudits has them.")
    if later.number <= own["number"]:
        raise InvalidParameter("Digest should be that of an audit that was recorded after the one with the finding.")


def _opened(draft: Audit, what: Said, name: str, now: datetime) -> Row:
    return {
        "id": name,
        "account": draft.account,
        "audit": draft.id,
        "kind": what.kind,
        "group": what.group,
        "said": what.said,
        "opened_at": now,
        "due_at": now + CLOCK,
    }


def _locked(tx: Tx, account: str, name: str, now: datetime) -> Finding:
    return _one(tx, LOCK, account, name, now)


def _one(reader: Reader, query: Select[Any], account: str, name: str, now: datetime) -> Finding:
    for row in reader.rows(query, {"of_account": account, "of_id": name}):
        return _finding(row, now)
    raise NotFound(f"The finding {name} does not exist.")


def _audit(row: Row) -> Audit:
    return Audit(
        number=row["number"],
        id=row["id"],
        account=row["account"],
        protocol=row["protocol"],
        digest=row["digest"],
        summary=row["summary"],
        entry=row["entry"],
        at=aware(row["at"]),
        by=row["recorded_by"],
        findings=row["findings"],
    )


def _finding(row: Row, now: datetime) -> Finding:
    due, closed = aware(row["due_at"]), row["closed_at"]
    return Finding(
        number=row["number"],
        id=row["id"],
        audit=row["audit"],
        protocol=row["protocol"],
        digest=row["digest"],
        what=Said(row["kind"], row["group"], row["said"]),
        state=CLOSED if closed is not None else OVERDUE if due <= now else OPEN,
        opened_at=aware(row["opened_at"]),
        due_at=due,
        closed_at=None if closed is None else aware(closed),
        closed_by=row["closed_by"],
        note=row["note"],
        shown_by=row["shown_by"],
    )

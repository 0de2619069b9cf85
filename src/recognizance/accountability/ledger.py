"""What is kept of every call: one append-only entry, durable before the answer leaves.

An entry holds who, what, why, the decision, the outcome and facts: counts, opaque ids and keyed
digests. A digest is keyed (HMAC-SHA-256) so that only the keeper can link a picture to an entry.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select

from recognizance.database import Reader, Tx, aware
from recognizance.database.tables import LEDGER
from recognizance.values import Entry


@dataclass(frozen=True, slots=True)
class Recorded:
    """An entry as the ledger gives it back, with its place in the order (from 1)."""

    sequence: int
    at: datetime
    request_id: str
    access_key: str
    operation: str
    act: str
    purpose: str | None
    case: str | None
    verdict: str
    rule: str
    outcome: str
    facts: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Seal:
    """Makes keyed digests; `key` is 32 bytes that never leave the data folder."""

    key: bytes = field(repr=False)

    def digest(self, text: str) -> str:
        """Return the HMAC-SHA-256 of `text`, 64 hex digits."""
        return hmac.new(self.key, text.encode(), "sha256").hexdigest()

    @staticmethod
    def same(one: bytes, other: bytes) -> bool:
        """Compare two digests in a time that does not tell where they differ."""
        return hmac.compare_digest(one, other)


APPEND = insert(LEDGER)


def append(tx: Tx, entry: Entry) -> None:
    """Write one entry in an open transaction: it commits with the change beside it, or neither does.

    Entries commit in the order of their numbers, so whoever reads past one has seen all before it.
    """
    caller = entry.ask.caller
    tx.alone()
    row = {
        "at": entry.at,
        "request_id": entry.request_id,
        "access_key": caller.access_key,
        "account": caller.account,
        "region": caller.region,
        "operation": entry.ask.operation,
        "act": entry.ask.act.value,
        "purpose": entry.ask.stated.purpose,
        "case": entry.ask.stated.case,
        "verdict": entry.decision.verdict.value,
        "rule": entry.decision.rule,
        "outcome": entry.outcome,
        "facts": dict(entry.facts),
    }
    tx.run(APPEND, [row])


def entries(reader: Reader, *, after: int = 0, limit: int = 1000) -> list[Recorded]:
    """Return up to `limit` entries past sequence number `after`, oldest first."""
    query = select(LEDGER).where(LEDGER.c.sequence > after).order_by(LEDGER.c.sequence).limit(limit)
    return [
        Recorded(
            sequence=row["sequence"],
            at=aware(row["at"]),
            request_id=row["request_id"],
            access_key=row["access_key"],
            operation=row["operation"],
            act=row["act"],
            purpose=row["purpose"],
            case=row["case"],
            verdict=row["verdict"],
            rule=row["rule"],
            outcome=row["outcome"],
            facts=row["facts"],
        )
        for row in reader.rows(query)
    ]

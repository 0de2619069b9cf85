"""Ledgers and entries for tests."""

import os
from datetime import UTC, datetime

from recognizance.accountability import ledger
from recognizance.values import Act, Ask, Caller, Decision, Entry, Stated, Verdict

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
ACCOUNT = "000000000000"


STATED = Stated("testing", "case 1")


def entry(request_id="r-1", *, at=NOON, stated=STATED, address=None, issuer="", outcome="answered", **facts):
    """Return an entry of a call that was allowed."""
    caller = Caller("AKIAEXAMPLE", ACCOUNT, "eu-west-3", issuer=issuer)
    ask = Ask(caller, "DetectFaces", Act.LOOK, stated, at, address=address)
    return Entry(at, request_id, ask, Decision(Verdict.ALLOW, "open/all", "why not"), outcome, facts)


def opened(database, *, seal=b"1" * 32, seed=b"2" * 32, origin="", random=os.urandom):
    """Return the ledger of a database, with keys that a test may know."""
    return ledger.open_ledger(database, ledger.Seal(seal), ledger.signer(seed, ACCOUNT, origin), random)


def append(database, given=None):
    """Write an entry in a transaction of its own, and return its number."""
    return opened(database).record(given or entry())

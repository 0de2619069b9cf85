"""The transparency report: what was asked of a server in a period, counted from its record alone.

A report is a pure function of the entries and of what was stated beside them: whoever has an exported ledger computes
the same bytes again. It holds no time but the entries' own. Entries are read once, one at a time, and only counts are
kept of them: names that clients choose (purposes, operations, rules) up to `MOST_NAMES` of a kind, the rest together.
Of reviews and authorisations, which begin in one entry and end in another, an id each is kept, and they are looked for
from `LOOKED_BACK` before the period on. Medians are taken of values rounded down to seven binary digits, so within
1.6 %; below 128 they are exact. Shares are of 1, to four decimals.

`published` makes of a report one that may be shown to everybody.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, TypeAlias, cast

from recognizance.accountability.authorisations import CLOCK
from recognizance.accountability.entries import BEGINS, canonical
from recognizance.accountability.merkle import Frontier, leaf_hash
from recognizance.accountability.review import LEAD, NO_MATCH
from recognizance.errors import InvalidParameter

FORMAT = "recognizance-report/1"
MOST_NAMES = 1000
LOOKED_BACK = timedelta(days=31)
"""How long before the period a review or an authorisation may have begun for its end to be known as such."""
SMALL = 5
"""In a public report no count from 1 to below this is shown."""
FEW, WITHHELD = "<5", "withheld"
STATED, NOT_STATED, ERASED, OTHERS = "stated", "not stated", "erased", "others"
RARE = "rare"
IDENTIFY = "identify"
TO_PEOPLE = ("look", "compare", "enrol", "forget", "export", "read")
"""The acts other than searches that a public report counts: what they are done to is people."""
FOUND = ("Found", "FoundNoOne", "Held", "Refused", "Failed", "NothingSearched")
CALLS = ("Answered", "Held", "Refused", "Failed")
OUTCOMES = {"answered": "Answered", "held": "Held", "refused": "Refused"}

Line: TypeAlias = tuple[str, str | None]
"""An entry's exact text, and the text of what was stated beside it; None where nothing was, or it was erased."""
Name: TypeAlias = tuple[str, str]

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_AT = '"at":"'
_BLOCK = 4096  # hashes that a tree grows by at once


@dataclass(frozen=True, slots=True)
class Period:
    """Days in UTC, `first` and `last` among them."""

    first: date
    last: date

    @property
    def begins(self) -> str:
        """Its first moment, as entries write time, which sorts as text."""
        return f"{self.first.isoformat()}T00:00:00.000000Z"

    @property
    def ends(self) -> str:
        """Its last moment."""
        return f"{self.last.isoformat()}T23:59:59.999999Z"

    @property
    def looked_back(self) -> str:
        """The moment from which on entries matter."""
        return f"{date.fromordinal(max(1, self.first.toordinal() - LOOKED_BACK.days)).isoformat()}T00:00:00.000000Z"


@dataclass(frozen=True, slots=True)
class Extent:
    """Which entries of the record `origin` a report is of: those past number `after`, up to `last`.

    Those past `reads_after` are looked at for what began before. The roots, 64 hex digits, are of the record of `after`
    and of `last` entries. `ended` says whether an entry after the period is there, so that none can come into it.
    """

    origin: str
    reads_after: int
    after: int
    last: int
    root_before: str
    root: str
    ended: bool


@dataclass(frozen=True, slots=True)
class Leave:
    """An authorisation as the record has it: the entries and times of its opening and its decision."""

    entry: int
    opened: datetime
    decision: str | None = None
    decided: datetime | None = None
    decided_entry: int | None = None
    until: datetime | None = None

    def state(self, at: datetime) -> str:
        """Return what it was at a time: pending, lapsed, granted, refused or expired."""
        if self.decided is None or at < self.decided:
            return "lapsed" if at - self.opened >= CLOCK else "pending"
        if self.decision == "granted" and self.until is not None and at >= self.until:
            return "expired"
        return str(self.decision)

    def after(self, entry: Mapping[str, Any]) -> Leave:
        """Return it with what an entry of DecideAuthorisation says."""
        until = entry["facts"].get("until")
        return Leave(
            self.entry,
            self.opened,
            str(entry["facts"].get("decision")),
            time_of(entry["at"]),
            entry["n"],
            time_of(until) if isinstance(until, str) else None,
        )


def period(first: str, last: str) -> Period:
    """Return the period between two days as people write them, 2026-10-01. Raises `InvalidParameter`."""
    days = list[date]()
    for name, text in (("From", first), ("To", last)):
        try:
            days.append(date.fromisoformat(text if _DAY.fullmatch(text) else ""))
        except ValueError:
            raise InvalidParameter(f"{name} should be a day as 2026-10-01, and it is {text!r}.") from None
    if days[0] > days[1]:
        raise InvalidParameter(f"From should not be after To, and {first} is after {last}.")
    return Period(*days)


def extent_of(leaves: Iterable[str], origin: str, when: Period, before: Frontier = Frontier()) -> Extent:  # noqa: B008
    """Return which of the entries' texts a report is of; they come in order, and `before` is the tree of those before.

    Raises `InvalidParameter` where the first of them is too late.
    """
    reads_after, root_before, after, ended = before.size, "", before.size, False
    tree, block = before, list[bytes]()
    for number, leaf in enumerate(leaves, before.size + 1):
        at = at_of(leaf)
        if number == before.size + 1 and before.size and at >= when.looked_back:
            raise InvalidParameter(
                f"The entries begin with number {number} of {at[:10]}, and a report from {when.first} on needs one "
                f"from before {when.looked_back[:10]}, or the first there is."
            )
        if at > when.ends:
            ended = True
            break
        if not root_before and at >= when.begins:
            tree, block = tree.grown(block), []
            after, root_before = number - 1, tree.root.hex()
        if at < when.looked_back:
            reads_after = number
        block.append(leaf_hash(leaf.encode()))
        if len(block) == _BLOCK:
            tree, block = tree.grown(block), []
    tree = tree.grown(block)
    if not root_before:
        after, root_before = tree.size, tree.root.hex()
    return Extent(origin, reads_after, after, tree.size, root_before, tree.root.hex(), ended)


def report(lines: Iterable[Line], when: Period, extent: Extent) -> dict[str, Any]:
    """Return the report of a period; `lines` are the entries past `extent.reads_after`, up to `extent.last`."""
    books = _Books()
    number = extent.reads_after
    for leaf, statement in lines:
        number += 1
        if number > extent.after:
            books.count(json.loads(leaf), statement)
        elif _BEGINS_SOMETHING.search(leaf):
            books.follow(json.loads(leaf))
    if number != extent.last:
        raise ValueError(f"the entries end at {number}, and the report is of those up to {extent.last}")
    known_to = when.ends if extent.ended else books.last_at
    record = {
        "Origin": extent.origin,
        "EntriesBefore": extent.after,
        "LastEntry": extent.last,
        "Entries": extent.last - extent.after,
        "RootBefore": extent.root_before,
        "Root": extent.root,
        "FirstAt": books.first_at,
        "LastAt": books.last_at,
        "PeriodEnded": extent.ended,
    }
    return {
        "Format": FORMAT,
        "Public": False,
        "From": when.first.isoformat(),
        "To": when.last.isoformat(),
        "Record": record,
        **books.told(time_of(when.begins), None if known_to is None else time_of(known_to)),
    }


def lines_of(rows: Iterable[bytes]) -> Iterator[Line]:
    """Give the entries of a file of the record, from its lines behind the header; it should have been verified."""
    leaf: str | None = None
    for row in rows:
        if row.startswith(BEGINS):
            if leaf is not None:
                yield leaf, None
            leaf = row.decode()
        elif leaf is not None and row.startswith(b'{"statement":'):
            yield leaf, json.loads(row)["statement"]["text"]
            leaf = None
        elif not row:
            break
    if leaf is not None:
        yield leaf, None


def text_of(told: Mapping[str, Any]) -> str:
    """Return the one text of a report or a disclosure: canonical JSON."""
    return canonical(told).decode()


def at_of(leaf: str) -> str:
    """Return an entry's time from its text, without reading the rest: nothing before it holds a quotation mark more."""
    start = leaf.index(_AT) + len(_AT)
    return leaf[start : leaf.index('"', start)]


def time_of(at: str) -> datetime:
    """Return a time from an entry's text."""
    return datetime.fromisoformat(at)


def became(entry: Mapping[str, Any]) -> str:
    """Return the one of `CALLS` that a call is counted as.

    Refused is what the policy, a stop or a session's limits did not let in; failed is every other one that came to
    nothing: what did not fit, what an operation itself turned away, and what went wrong.
    """
    return OUTCOMES.get(entry["outcome"], "Failed")


def found(entry: Mapping[str, Any]) -> str:
    """Return the one of `FOUND` that a search is counted as, by what was given to whoever searched."""
    outcome = became(entry)
    if outcome != "Answered":
        return outcome
    candidates = _number(entry["facts"], "candidates")
    if candidates is None:
        return "NothingSearched"
    given = entry["facts"].get("matched", candidates)  # what people rejected was given to nobody
    return "Found" if given else "FoundNoOne"


def opened_leave(entry: Mapping[str, Any]) -> tuple[str, Leave] | None:
    """Return the id and what is known of the authorisation that an answered entry has opened; None for another."""
    name = entry["facts"].get("authorisation")
    if entry["operation"] != "OpenAuthorisation" or not isinstance(name, str):
        return None
    return name, Leave(entry["n"], time_of(entry["at"]))


@dataclass(slots=True)
class Spread:
    """Numbers of 0 or more, of which the least, the median and the most can be told; it never holds more of them."""

    counts: dict[int, int] = field(default_factory=dict[int, int])
    number: int = 0
    least: int = 0
    most: int = 0

    def add(self, value: int) -> None:
        """Count one."""
        shift = max(0, value.bit_length() - 7)
        kept = value >> shift << shift
        self.counts[kept] = self.counts.get(kept, 0) + 1
        self.least = value if not self.number else min(value, self.least)
        self.most = max(value, self.most)
        self.number += 1

    @property
    def told(self) -> dict[str, int] | None:
        """What can be told; None where there was none. Of an even number it is the lower of the two in the middle."""
        if not self.number:
            return None
        left = (self.number - 1) // 2
        for value in sorted(self.counts):
            left -= self.counts[value]
            if left < 0:
                return {"Number": self.number, "Least": self.least, "Median": value, "Most": self.most}
        raise AssertionError("there is one in the middle")


@dataclass(slots=True)
class _Table:
    """Counts in rows and columns; rows that come when there are `MOST_NAMES` are counted in one, `rest`."""

    columns: tuple[str, ...]
    rest: Name
    rows: dict[Name, dict[str, int]] = field(default_factory=dict[Name, dict[str, int]])

    def add(self, name: Name, column: str, number: int = 1) -> None:
        row = self.rows.get(name)
        if row is None:
            name = name if len(self.rows) < MOST_NAMES else self.rest
            row = self.rows.setdefault(name, dict.fromkeys(self.columns, 0))
        row[column] += number


@dataclass(slots=True)
class _Span:
    first: int
    last: int
    calls: int = 0


@dataclass(slots=True)
class _Books:
    """What has been counted so far."""

    first_at: str | None = None
    last_at: str | None = None
    erased: int = 0
    totals: dict[str, int] = field(default_factory=dict[str, int])
    calls: _Table = field(default_factory=lambda: _Table(CALLS, (OTHERS, "")))
    failures: _Table = field(default_factory=lambda: _Table(("Calls",), (OTHERS, "")))
    refusals: _Table = field(default_factory=lambda: _Table(("Calls", "Searches"), (OTHERS, "")))
    purposes: _Table = field(default_factory=lambda: _Table(FOUND, (OTHERS, "")))
    keys: _Table = field(default_factory=lambda: _Table(("Searches",), (OTHERS, "")))
    asked: dict[int, int] = field(default_factory=dict[int, int])
    applied: dict[int, int] = field(default_factory=dict[int, int])
    candidates: Spread = field(default_factory=Spread)
    galleries: Spread = field(default_factory=Spread)
    expected: Decimal = Decimal(0)
    review_minutes: Spread = field(default_factory=Spread)
    leave_minutes: Spread = field(default_factory=Spread)
    reviews: dict[str, datetime] = field(default_factory=dict[str, datetime])
    leaves: dict[str, Leave] = field(default_factory=dict[str, Leave])
    policies: dict[Name, _Span] = field(default_factory=dict[Name, _Span])
    models: dict[Name, _Span] = field(default_factory=dict[Name, _Span])
    findings: tuple[int | None, int | None] = (None, None)
    """How many findings of audits were open and overdue when the record last said so."""

    def follow(self, entry: Mapping[str, Any]) -> None:
        """Take note of what an entry from before the period begins or ends."""
        self._authorise(entry)
        name = _review_of(entry)
        if name is not None:
            self.reviews.setdefault(name, time_of(entry["at"]))

    def count(self, entry: Mapping[str, Any], statement: str | None) -> None:
        """Count an entry of the period."""
        if self.first_at is None:
            self.first_at = entry["at"]
        self.last_at = entry["at"]
        erased = entry["stated"] is not None and statement is None
        self.erased += erased
        stated: Mapping[str, Any] = {} if statement is None else json.loads(statement)
        outcome = became(entry)
        search = entry["act"] == IDENTIFY

        self.calls.add((entry["operation"], entry["act"]), outcome)
        if outcome == "Failed":
            self.failures.add((entry["outcome"], ""), "Calls")
        if outcome == "Refused":
            self.refusals.add((entry["rule"], ""), "Calls")
            if search:
                self.refusals.add((entry["rule"], ""), "Searches")
        _spanned(self.policies, (entry["policy"], ""), entry["n"])
        facts = entry["facts"]
        for part in ("detector", "embedder"):
            if isinstance(facts.get(part), str):
                _spanned(self.models, (part, facts[part]), entry["n"])
        if search:
            self._search(entry, stated, erased)
        if outcome == "Answered":
            self._change(entry)
        self._authorise(entry, counts=True)

    def _search(self, entry: Mapping[str, Any], stated: Mapping[str, Any], erased: bool) -> None:
        facts = entry["facts"]
        candidates = _number(facts, "candidates")
        purpose = stated.get("purpose")
        name = (ERASED, "") if erased else (NOT_STATED, "") if purpose is None else (STATED, purpose)
        self.purposes.add(name, found(entry))
        self.keys.add((entry["key"], ""), "Searches")
        asked_policy = entry["verdict"] != "deny" or became(entry) == "Refused"
        self._total(f"verdict {entry['verdict'] if asked_policy else 'none'}")
        leave = stated.get("authorisation")
        if leave is not None:
            known = self.leaves.get(leave)
            self._total(f"under {'unknown' if known is None else known.state(time_of(entry['at']))}")

        if candidates is not None:
            self.candidates.add(candidates)
            self._total("released", _number(facts, "matched") or 0)
            gallery = _number(facts, "gallery")
            if gallery is not None:
                self.galleries.add(gallery)
                self._total("comparisons", gallery)
            self.expected += _decimal(facts.get("expected_false"))
        asked, applied = _decimal(facts.get("threshold_asked")), _decimal(facts.get("threshold"))
        if "threshold" in facts:
            for counts, value in ((self.asked, asked), (self.applied, applied)):
                tenths = int(10 * min(value, Decimal(100)))
                counts[tenths] = counts.get(tenths, 0) + 1
            self._total("thresholds")
            self._total("raised", int(applied > asked))
        review = _review_of(entry)
        if review is not None and review not in self.reviews:
            self.reviews[review] = time_of(entry["at"])
            self._total("reviews opened" if "candidates_reviewed" in facts else "reviews not possible")

    def _change(self, entry: Mapping[str, Any]) -> None:
        """Count what an answered call other than a search has done."""
        facts, operation = entry["facts"], entry["operation"]
        counted = CHANGES.get(operation)
        if counted is not None:
            total, fact = counted
            self._total(total, 1 if fact is None else _number(facts, fact) or 0)
        if operation in ("DecideAuthorisation", "SealLapsed"):
            self._total("sealed", _number(facts, "sealed") or 0)
        if operation in AUDITED:
            self._audit(operation, facts)
        if operation == "SubmitVerdict":
            self._total("verdicts")
            if facts.get("outcome") in (LEAD, NO_MATCH):
                self._closed(entry)

    def _audit(self, operation: str, facts: Mapping[str, Any]) -> None:
        """Count audits and what became of their findings; a report that was recorded before counts once."""
        self.findings = _number(facts, "findings_open"), _number(facts, "findings_overdue")
        if operation == "RecordAudit" and facts.get("again") is False:
            self._total("audits Recorded")
            self._total("audits FindingsOpened", len(_texts(facts, "findings")))
        if operation == "CloseFinding":
            self._total("audits FindingsClosed")
            self._total("audits ClosedLate", int(facts.get("late") is True))

    def _closed(self, entry: Mapping[str, Any]) -> None:
        facts = entry["facts"]
        counted, uncounted = (len(_texts(facts, name)) for name in ("reviewers", "uncounted"))
        began = self.reviews.pop(str(facts.get("review")), None)
        if facts.get("seeded") is True:
            self._total("seeded closed")
            self._total("seeded verdicts", counted + uncounted)
            self._total("seeded false", uncounted)
            return
        self._total(str(facts["outcome"]))
        self._total("confirmed", _number(facts, "confirmed") or 0)
        self._total("rejected", _number(facts, "rejected") or 0)
        self._total("false in line-ups", uncounted)
        self._total("agreed" if _agreed(_texts(facts, "opened")) else "not agreed")
        if began is None:
            self._total("reviews from before")
        else:
            self.review_minutes.add(_minutes(began, time_of(entry["at"])))

    def _authorise(self, entry: Mapping[str, Any], *, counts: bool = False) -> None:
        if entry["outcome"] != "answered":
            return
        opened = opened_leave(entry)
        if opened is not None:
            self.leaves[opened[0]] = opened[1]
        if entry["operation"] != "DecideAuthorisation":
            return
        name = str(entry["facts"].get("authorisation"))
        before = self.leaves.get(name)
        if before is not None:
            self.leaves[name] = before.after(entry)
        if counts:
            self._total(f"leave {entry['facts'].get('decision')}")
            if before is None:
                self._total("leave from before")
            else:
                self.leave_minutes.add(_minutes(before.opened, time_of(entry["at"])))

    def _total(self, name: str, number: int = 1) -> None:
        self.totals[name] = self.totals.get(name, 0) + number

    def told(self, begins: datetime, known_to: datetime | None) -> dict[str, Any]:
        """Return what was counted. What lapsed up to `known_to` is known to have lapsed."""
        total = self.totals
        lapsed = [
            one
            for one in self.leaves.values()
            if known_to is not None and one.decided is None and begins <= one.opened + CLOCK <= known_to
        ]
        return {
            "Calls": [
                {"Operation": operation, "Act": act, **row} for (operation, act), row in sorted(self.calls.rows.items())
            ],
            "Failures": [{"Code": code, **row} for (code, _), row in sorted(self.failures.rows.items())],
            "Refusals": [{"Rule": rule, **row} for (rule, _), row in sorted(self.refusals.rows.items())],
            "Searches": self._searches(),
            "Reviews": self._reviews(),
            "Faces": {name: total.get(name, 0) for name in FACES},
            "Authorisations": {
                "Opened": total.get("leave opened", 0),
                "Granted": total.get("leave granted", 0),
                "Refused": total.get("leave refused", 0),
                "Lapsed": len(lapsed),
                "DecidedFromBefore": total.get("leave from before", 0),
                "MinutesToDecide": self.leave_minutes.told,
            },
            "Keys": {name: total.get(f"keys {name}", 0) for name in KEYS},
            "Suspensions": {name: total.get(f"suspensions {name}", 0) for name in SUSPENSIONS},
            "Audits": {
                **{name: total.get(f"audits {name}", 0) for name in AUDITS},
                "Open": self.findings[0],
                "Overdue": self.findings[1],
            },
            "Policies": [{"Policy": policy, **_told(span)} for (policy, _), span in self.policies.items()],
            "Models": [{"Part": part, "Sha256": digest, **_told(span)} for (part, digest), span in self.models.items()],
            "StatementsErased": self.erased,
        }

    def _searches(self) -> dict[str, Any]:
        total, rows = self.totals, self.purposes.rows
        some, no_one, held = (sum(row[name] for row in rows.values()) for name in ("Found", "FoundNoOne", "Held"))
        return {
            "Total": sum(sum(row.values()) for row in rows.values()),
            "ByPurpose": [
                {"Stated": kind, "Purpose": purpose if kind == STATED else None, **row}
                for (kind, purpose), row in sorted(rows.items())
            ],
            "ByVerdict": {
                **{name.title(): total.get(f"verdict {name}", 0) for name in ("allow", "hold", "deny")},
                "NotAsked": total.get("verdict none", 0),
            },
            "ByKey": [{"Key": key, **row} for (key, _), row in sorted(self.keys.rows.items())],
            "ByAuthorisation": {name.title(): total.get(f"under {name}", 0) for name in LEAVES},
            "FoundNoOne": no_one,
            "FoundNoOneShare": _share(no_one, some + no_one + held),
            "Candidates": self.candidates.told,
            "Released": total.get("released", 0),
            "ThresholdsAsked": _thresholds(self.asked),
            "ThresholdsApplied": _thresholds(self.applied),
            "RaisedByFloor": total.get("raised", 0),
            "NotRaised": total.get("thresholds", 0) - total.get("raised", 0),
            "GallerySize": self.galleries.told,
            "Comparisons": total.get("comparisons", 0),
            "ExpectedStrangers": float(f"{self.expected:.6g}"),
        }

    def _reviews(self) -> dict[str, Any]:
        total = self.totals
        agreed, not_agreed = total.get("agreed", 0), total.get("not agreed", 0)
        confirmed, rejected = total.get("confirmed", 0), total.get("rejected", 0)
        return {
            "Opened": total.get("reviews opened", 0),
            "NotPossible": total.get("reviews not possible", 0),
            "Verdicts": total.get("verdicts", 0),
            "LeadConfirmed": total.get(LEAD, 0),
            "NoMatch": total.get(NO_MATCH, 0),
            "Expired": total.get("expired reviews", 0),
            "Sealed": total.get("sealed", 0),
            "ClosedFromBefore": total.get("reviews from before", 0),
            "CandidatesConfirmed": confirmed,
            "CandidatesRejected": rejected,
            "OverturnShare": _share(rejected, confirmed + rejected),
            "Agreed": agreed,
            "NotAgreed": not_agreed,
            "AgreementShare": _share(agreed, agreed + not_agreed),
            "MinutesToDecide": self.review_minutes.told,
            "FalseInLineUps": total.get("false in line-ups", 0),
            "SeededOpenedByHand": total.get("seeded opened", 0),
            "SeededClosed": total.get("seeded closed", 0),
            "SeededVerdicts": total.get("seeded verdicts", 0),
            "SeededFalse": total.get("seeded false", 0),
        }


CHANGES: Mapping[str, tuple[str, str | None]] = {
    "IndexFaces": ("Enrolled", "enrolled"),
    "RestoreFaces": ("Restored", "restored"),
    "DeleteFaces": ("Deleted", "deleted"),
    "DeleteCollection": ("DeletedWithCollections", "faces"),
    "ExpireFaces": ("Expired", "deleted"),
    "WithdrawConsent": ("Withdrawn", "deleted"),
    "TidyReviews": ("expired reviews", "expired"),
    "SeedReview": ("seeded opened", None),
    "OpenAuthorisation": ("leave opened", None),
    "CreateKey": ("keys Made", None),
    "RotateKey": ("keys Rotated", None),
    "UpdateKey": ("keys Changed", None),
    "RevokeKey": ("keys Revoked", None),
    "CreateSession": ("keys Sessions", None),
    "Suspend": ("suspensions Made", None),
    "Resume": ("suspensions Ended", None),
}
"""What an answered call of each operation adds to: to which total, and which of its facts, or None for 1."""
FACES = ("Enrolled", "Restored", "Deleted", "DeletedWithCollections", "Expired", "Withdrawn")
KEYS = ("Made", "Rotated", "Changed", "Revoked", "Sessions")
SUSPENSIONS = ("Made", "Ended")
AUDITS = ("Recorded", "FindingsOpened", "FindingsClosed", "ClosedLate")
AUDITED = ("RecordAudit", "CloseFinding", "ListFindings")
"""What leaves an entry that says how many findings of audits are open and overdue."""
LEAVES = ("granted", "pending", "refused", "lapsed", "expired", "unknown")
_BEGINS_SOMETHING = re.compile(r'"review":"|"operation":"(?:Open|Decide)Authorisation"')


def _review_of(entry: Mapping[str, Any]) -> str | None:
    """Return the review that a search waits for; None for one that waits for none."""
    name = entry["facts"].get("review")
    return name if entry["act"] == IDENTIFY and isinstance(name, str) else None


def _agreed(openings: Sequence[str]) -> bool:
    """Say whether all verdicts of a review called the same faces the same; an opening's second word has its calls."""
    called = {tuple(at for at, sign in enumerate(one.split(" ")[1]) if sign == "s") for one in openings if " " in one}
    return len(called) == 1


def _spanned(spans: dict[Name, _Span], name: Name, number: int) -> None:
    span = spans.get(name)
    if span is None:
        name = name if len(spans) < MOST_NAMES else (OTHERS, "")
        span = spans.setdefault(name, _Span(number, number))
    span.last = number
    span.calls += 1


def _told(span: _Span) -> dict[str, int]:
    return {"FirstEntry": span.first, "LastEntry": span.last, "Calls": span.calls}


def _thresholds(counts: Mapping[int, int]) -> list[dict[str, Any]]:
    return [{"Threshold": tenths / 10, "Searches": counts[tenths]} for tenths in sorted(counts)]


def _number(facts: Mapping[str, Any], name: str) -> int | None:
    value = facts.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def _decimal(value: Any) -> Decimal:
    """Return a number exactly as the entry writes it, so that sums come out the same everywhere."""
    return Decimal(repr(value)) if isinstance(value, int | float) and not isinstance(value, bool) else Decimal(0)


def _texts(facts: Mapping[str, Any], name: str) -> list[str]:
    value = facts.get(name)
    return cast(list[str], value) if isinstance(value, list) else []  # an entry has no lists but of text


def _minutes(began: datetime, ended: datetime) -> int:
    return max(0, (ended - began) // timedelta(minutes=1))


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None


# What may be shown to everybody


def published(report: Mapping[str, Any]) -> dict[str, Any]:
    """Return of a whole report what may be shown to everybody: no key, no case, and no count from 1 to 4.

    The number of entries is public, since the record's roots are, and so every count of calls is one part of it: each
    call is counted in one cell, or in none. As long as the sum of the cells that are not shown could tell anything of
    one under 5, the smallest of those that are shown is withheld too. No total stands beside its parts.
    """
    searches, reviews, leaves = report["Searches"], report["Reviews"], report["Authorisations"]
    cells = guarded(_uses(report))
    shown = {"search": _rows(cells, "search"), "act": _rows(cells, "act"), "rule": _rows(cells, "rule")}
    enough = searches["Candidates"] is not None and searches["Candidates"]["Number"] >= SMALL
    return {
        "Format": report["Format"],
        "Public": True,
        "From": report["From"],
        "To": report["To"],
        "Record": report["Record"],
        "Searches": {
            "ByPurpose": [
                {"Stated": kind, "Purpose": purpose if kind == STATED else None, **row}
                for (kind, purpose), row in shown["search"].items()
            ],
            "FoundNoOneShare": _share_of_shown(shown["search"].values()),
            "RaisedByFloorShare": _plain_share(searches["RaisedByFloor"], searches["NotRaised"]),
            "CandidatesMedian": searches["Candidates"]["Median"] if enough else None,
            "GallerySizeMedian": searches["GallerySize"]["Median"] if enough and searches["GallerySize"] else None,
            "ExpectedStrangers": float(f"{searches['ExpectedStrangers']:.2g}") if enough else None,
        },
        "Calls": [{"Act": act, **row} for (act, _), row in shown["act"].items()],
        "Refusals": [{"Rule": rule, **row} for (rule, _), row in shown["rule"].items()],
        "Reviews": {
            **{name: _cell(reviews[name]) for name in PUBLIC_REVIEWS},
            "AgreementShare": _plain_share(reviews["Agreed"], reviews["NotAgreed"]),
            "OverturnShare": _plain_share(reviews["CandidatesRejected"], reviews["CandidatesConfirmed"]),
            "MinutesToDecideMedian": _median(reviews["MinutesToDecide"]),
        },
        "Faces": {name: _cell(count) for name, count in report["Faces"].items()},
        "Authorisations": {
            **{name: _cell(leaves[name]) for name in ("Granted", "Refused", "Lapsed")},
            "MinutesToDecideMedian": _median(leaves["MinutesToDecide"]),
        },
        "Keys": {name: _cell(count) for name, count in report["Keys"].items()},
        "Suspensions": {name: _cell(count) for name, count in report["Suspensions"].items()},
        "Audits": {name: None if count is None else _cell(count) for name, count in report["Audits"].items()},
        "Policies": [{name: one[name] for name in ("Policy", "FirstEntry", "LastEntry")} for one in report["Policies"]],
        "Models": [
            {name: one[name] for name in ("Part", "Sha256", "FirstEntry", "LastEntry")} for one in report["Models"]
        ],
    }


Cell: TypeAlias = tuple[str, Name, str]
"""Of which table, which row and which column."""
PUBLIC_REVIEWS = (
    "NotPossible", "LeadConfirmed", "NoMatch", "Expired", "Sealed", "CandidatesConfirmed", "CandidatesRejected",
    "FalseInLineUps", "SeededClosed", "SeededVerdicts", "SeededFalse",
)  # fmt: skip


def guarded(cells: Mapping[Cell, int]) -> dict[Cell, int | str]:
    """Return counts as they may be shown, when whoever reads them knows what all of them add up to.

    Those from 1 to 4 are "<5". Where the sum of these would tell anything of one of them, others are "withheld", the
    smallest first, until each may be anything from 1 to 4, as far as there are others.
    """
    few = [count for count in cells.values() if 0 < count < SMALL]
    withheld = list[Cell]()
    for cell, count in sorted(cells.items(), key=lambda one: (one[1], one[0])):
        if _hides(few, [cells[one] for one in withheld]):
            break
        if count >= SMALL:
            withheld.append(cell)
    return {cell: WITHHELD if cell in withheld else _cell(count) for cell, count in cells.items()}


def _hides(few: Sequence[int], withheld: Sequence[int]) -> bool:
    """Say whether each of `few` could be 1, 2, 3 or 4 for all that the sum of what is not shown tells."""
    number, hidden, most = len(few), sum(few) + sum(withheld), SMALL - 1
    if not number:
        return True
    if withheld:
        return hidden - (number - 1) - SMALL * len(withheld) >= most
    return number + most - 1 <= hidden <= most * (number - 1) + 1


def _uses(report: Mapping[str, Any]) -> dict[Cell, int]:
    """Return each call that was refused by its rule, each other search by its purpose, and each other call by its act.

    No call is in two cells. Purposes stated for fewer than 5 searches are in one row: rare words may say of whom.
    """
    cells: dict[Cell, int] = {}

    def add(table: str, name: Name, row: Mapping[str, Any], columns: Sequence[str]) -> None:
        for column in columns:
            cells[table, name, column] = cells.get((table, name, column), 0) + row[column]

    for row in report["Searches"]["ByPurpose"]:
        name = row["Stated"], row["Purpose"] or ""
        if row["Stated"] == STATED and sum(row[column] for column in FOUND) < SMALL:
            name = RARE, ""
        add("search", name, row, [column for column in FOUND if column != "Refused"])
    for act in TO_PEOPLE:
        for row in report["Calls"]:
            if row["Act"] == act:
                add("act", (act, ""), row, ("Answered", "Failed"))
    for row in report["Refusals"]:
        add("rule", (row["Rule"], ""), row, ("Calls",))
    return cells


def _rows(cells: Mapping[Cell, int | str], table: str) -> dict[Name, dict[str, int | str]]:
    rows: dict[Name, dict[str, int | str]] = {}
    for (of, name, column), cell in cells.items():
        if of == table:
            rows.setdefault(name, {})[column] = cell
    return rows


def _cell(count: int) -> int | str:
    return FEW if 0 < count < SMALL else count


def _share_of_shown(rows: Iterable[Mapping[str, int | str]]) -> float | None:
    """Return the share of searches that found no one, which whoever reads the table could compute."""
    found, no_one = 0, 0
    for row in rows:
        some, none = row["Found"], row["FoundNoOne"]
        held = row["Held"]
        if not (isinstance(some, int) and isinstance(none, int) and isinstance(held, int)):
            return None
        found, no_one = found + some + held, no_one + none
    return _share(no_one, found + no_one)


def _plain_share(part: int, rest: int) -> float | None:
    """Return a share in tenths, where neither part is few: one part in a hundred could tell how many there are."""
    if isinstance(_cell(part), str) or isinstance(_cell(rest), str) or not part + rest:
        return None
    return round(part / (part + rest), 1)


def _median(spread: Mapping[str, int] | None) -> int | None:
    return spread["Median"] if spread and spread["Number"] >= SMALL else None

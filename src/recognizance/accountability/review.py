"""What was held, who looked, and what they said.

A review puts a line-up before people: candidates among others who only look alike, each under a number that stands
for a place and, for each reviewer, under another letter. A verdict calls every one of them the same person as the one
sought, different, or says that it cannot be told. What a review comes to is computed from verdicts alone (`decide`);
until then nobody is shown what another said, or whether anybody said anything.

A review is open, and then closed with an outcome, or expired without one; sealed when the authorisation of the search
was refused or lapsed; withdrawn when nobody is left to be judged. Its rows name faces by their numbers and hold no
picture and no vector. Reasons are people's words and may name people, so they are kept here and never in the ledger.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from statistics import median
from string import ascii_uppercase
from typing import Any

from sqlalchemy import ColumnElement, and_, bindparam, delete, func, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from recognizance.accountability import keys as access_keys
from recognizance.accountability import vault
from recognizance.accountability.keys import Hand
from recognizance.accountability.keys import folded as folded_name
from recognizance.accountability.ledger import Seal
from recognizance.database import Reader, Row, Tx, aware, slices
from recognizance.database.tables import (
    ACCESS_KEYS,
    REVIEW_ASKERS,
    REVIEW_FACES,
    REVIEW_LOOKS,
    REVIEW_PROBES,
    REVIEWERS,
    REVIEWS,
    VERDICTS,
)
from recognizance.errors import AccessDenied, Conflict, InvalidParameter, NotFound

OPEN, CLOSED, EXPIRED, SEALED, WITHDRAWN = "open", "closed", "expired", "sealed", "withdrawn"
STATES = (OPEN, CLOSED, EXPIRED, SEALED, WITHDRAWN)
LEAD, NO_MATCH, NO_PICTURE = "lead confirmed", "no match", "no picture"
CONFIRMED, REJECTED = "confirmed", "rejected"
SAME, DIFFERENT, CANNOT_TELL = "same", "different", "cannot-tell"
SIGNS = {SAME: "s", DIFFERENT: "d", CANNOT_TELL: "c"}

REVIEWERS_NEEDED = 2  # "separately verified and confirmed by at least two natural persons": EU AI Act, Article 14(5)
MOST_DECIDING = 3
LINE_UP = 10  # always so many where the gallery has them, so that their number does not tell how many are candidates
MOST_CANDIDATES = 5
LEAST_OTHERS = 5
SHORTEST_REASON = 20  # characters
NONE = "none"
"""Under what the reason is kept of a verdict that calls nobody the same."""
ROLE = "reviewer"
ENDED_AT_ONCE = 200  # reviews in one transaction

FIND = select(REVIEWS).where(REVIEWS.c.account == bindparam("of_account"), REVIEWS.c.id == bindparam("of_id"))
LOCK = FIND.with_for_update()
OF_SEARCH = select(REVIEWS).where(REVIEWS.c.search == bindparam("of_search")).order_by(REVIEWS.c.opened_at.desc())
IN_LINE_UP = (
    select(REVIEW_FACES)
    .where(REVIEW_FACES.c.review.in_(bindparam("reviews", expanding=True)))
    .order_by(REVIEW_FACES.c.review, REVIEW_FACES.c.place)
)


@dataclass(frozen=True, slots=True)
class Rules:
    """How reviews go on this server: how long one is open, how long its picture is kept after, how often one is seeded.

    Every `seed_every`th is followed by one in which nobody can be the person sought; 0 for none.
    """

    open_for: timedelta = timedelta(days=30)
    keep_for: timedelta = timedelta(days=30)
    seed_every: int = 10


@dataclass(frozen=True, slots=True)
class Member:
    """Who stands in one place of a line-up: a face by its number, and the user it was found for, if any was.

    `result` is "confirmed" or "rejected" once a candidate's review is closed; `before` how often they had been
    rejected in the same case when it was opened.
    """

    place: int
    face: int
    user: int | None = None
    candidate: bool = False
    result: str | None = None
    before: int = 0

    @property
    def whom(self) -> tuple[int | None, int | None]:
        """Who was found: the face's number, or the user's."""
        return (self.face, None) if self.user is None else (None, self.user)


@dataclass(frozen=True, slots=True)
class Review:
    """A review as the database knows it; `state` is what it is by now."""

    id: str
    account: str
    collection: int
    search: str
    state: str
    outcome: str | None
    seeded: bool
    needed: int
    size: int
    unseen: int
    withheld: int
    probe: int | None
    authorisation: str | None
    opened_at: datetime
    opened: Hand
    closed_at: datetime | None
    case: str | None = None

    @property
    def is_short(self) -> bool:
        """Whether its line-up had too few others, so that all of three reviewers have to agree."""
        return self.needed > REVIEWERS_NEEDED


@dataclass(frozen=True, slots=True)
class Draft:
    """A review as it is to be opened: of which search, made by whom, and who stands in its line-up.

    `unseen` counts candidates of whom there is no picture, `withheld` those beyond what a line-up can have.
    """

    id: str
    account: str
    collection: int
    search: str
    opened: Hand
    members: Sequence[Member]
    picture: bytes
    seeded: bool = False
    unseen: int = 0
    withheld: int = 0
    probe: int | None = None
    authorisation: str | None = None
    case: str | None = None

    @property
    def needed(self) -> int:
        """How many verdicts it takes: one more where the line-up has too few others."""
        others = sum(not one.candidate for one in self.members)
        return REVIEWERS_NEEDED if others >= LEAST_OTHERS else REVIEWERS_NEEDED + 1


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one reviewer said of every place of a line-up, and why.

    `wrong` counts those called the same who could not be; a verdict with any does not count. `commitment` is what the
    ledger holds of it until the review is closed. `line` is that of the key, `aside` why it does not count.
    """

    person: str
    access_key: str
    at: datetime
    seconds: float
    calls: Mapping[int, str]
    reasons: Mapping[str, str]
    salt: bytes
    commitment: str
    wrong: int
    line: str = ""
    aside: str | None = None

    @property
    def counts(self) -> bool:
        """Whether it has a say in what the review comes to."""
        return self.wrong == 0 and self.aside is None


@dataclass(frozen=True, slots=True)
class Reviewer:
    """A person who may review until `until`, and by what evidence."""

    account: str
    person: str
    name: str
    until: datetime
    evidence: str
    qualified_at: datetime
    qualified_by: str


@dataclass(frozen=True, slots=True)
class Measures:
    """How careful a reviewer is, by the reviews that are over.

    `seeded` were those in which nobody could be the person sought, `seeded_wrong` those of them in which they called
    somebody the same; `wrong` the same for others. `agreed` and `overturned` count candidates.
    """

    verdicts: int
    seeded: int
    seeded_wrong: int
    wrong: int
    agreed: int
    overturned: int
    seconds: float | None


# What a review comes to


def decide(
    members: Sequence[Member], verdicts: Sequence[Verdict], *, needed: int, seeded: bool
) -> dict[int, str] | None:
    """Return the result for each candidate's place, or None while a verdict is missing.

    Two who say the same of every candidate decide; where they do not, the majority of three does. Where more than two
    are needed from the beginning, all of them have to confirm. Only "same" confirms.
    """
    if seeded:
        return {} if len(verdicts) >= needed else None
    counted = [one for one in sorted(verdicts, key=lambda one: one.at) if one.counts][:MOST_DECIDING]
    candidates = [one.place for one in members if one.candidate]
    yes = {place: sum(one.calls.get(place) == SAME for one in counted) for place in candidates}
    if len(counted) < needed:
        return None
    if len(counted) == REVIEWERS_NEEDED and any(0 < one < len(counted) for one in yes.values()):
        return None
    enough = needed if needed > REVIEWERS_NEEDED else REVIEWERS_NEEDED
    return {place: CONFIRMED if one >= enough else REJECTED for place, one in yes.items()}


def outcome(results: Iterable[str]) -> str:
    """Return what a review that is closed is called."""
    return LEAD if CONFIRMED in results else NO_MATCH


def labels(seal: Seal, review: str, person: str, size: int) -> dict[str, int]:
    """Return the place behind each letter, as this reviewer sees the line-up: another order for each of them."""
    order = sorted(range(size), key=lambda place: seal.digest(f"line-up {review} {person} {place}"))
    return dict(zip(ascii_uppercase, order, strict=False))


def signs(calls: Mapping[int, str], size: int) -> str:
    """Return calls as a word of one letter for each place: s, d, c, or - for one who left."""
    return "".join(SIGNS.get(calls.get(place, ""), "-") for place in range(size))


def opening(seal: Seal, size: int, calls: Mapping[int, str], reasons: Mapping[str, str], salt: bytes) -> str:
    """Return what a commitment is the SHA-256 of: the salt, the calls by place, and a keyed digest of the reasons."""
    said = json.dumps(dict(sorted(reasons.items())), ensure_ascii=False)
    return f"{salt.hex()} {signs(calls, size)} {seal.digest(f'reasons {said}')}"


def commit(opened: str) -> str:
    """Return the commitment to an opening, 64 hex digits."""
    return hashlib.sha256(opened.encode()).hexdigest()


def folded(person: str) -> str:
    """Return a person's name as two spellings of it are compared."""
    return folded_name(person)


def checked(said: Mapping[str, str], reasons: Mapping[str, str], there: Mapping[str, int]) -> dict[int, str]:
    """Return calls by place from calls by letter, whole and with the reasons they need. Raises `InvalidParameter`.

    `there` has the place of each letter that still stands for somebody.
    """
    if set(said) != set(there):
        missing, unknown = sorted(set(there) - set(said)), sorted(set(said) - set(there))
        wrong = f"{missing[0]} is missing" if missing else f"there is no {unknown[0]}"
        raise InvalidParameter(f"A verdict calls every face of the line-up, {', '.join(sorted(there))}: {wrong}.")
    alike = [one for one in sorted(said) if said[one] == SAME] or [NONE]
    for one in alike:
        if len(reasons.get(one, "").strip()) < SHORTEST_REASON:
            whom = "for calling nobody the same" if one == NONE else f"for calling {one} the same"
            raise InvalidParameter(f"A reason of at least {SHORTEST_REASON} characters is needed {whom}.")
    return {there[one]: call for one, call in said.items()}


# Reviews as rows


def of_search(reader: Reader, search: str, rules: Rules, now: datetime) -> list[tuple[Review, list[Member]]]:
    """Return every review there was of a search, the last first, with those who stand in its line-up."""
    found = [_review(row, rules, now) for row in reader.rows(OF_SEARCH, {"of_search": search})]
    members = _members(reader, [one.id for one in found])
    return [(one, members[one.id]) for one in found]


def start(tx: Tx, keys: vault.Vault, draft: Draft, now: datetime) -> None:
    """Keep a review that is open from now on, and the picture it is of."""
    _keep(tx, draft, now, state=OPEN)
    vault.keep_probe(tx, keys, draft.id, draft.picture)


def note_asker(tx: Tx, review: str, hand: Hand) -> None:
    """Keep that somebody else asked the same search while its review was open: they made it, too."""
    asked = (REVIEW_ASKERS.c.review == review, REVIEW_ASKERS.c.line == hand.line)
    tx.run(delete(REVIEW_ASKERS).where(*asked))
    tx.run(insert(REVIEW_ASKERS).values(review=review, line=hand.line, access_key=hand.access_key, person=hand.person))


def searchers(reader: Reader, search: str) -> list[Hand]:
    """Return everybody who made a search, as far as it led to a review or waited for one."""
    opened = select(REVIEWS.c.opened_key, REVIEWS.c.opened_line, REVIEWS.c.opened_person).where(
        REVIEWS.c.search == search
    )
    asked = (
        select(REVIEW_ASKERS.c.access_key, REVIEW_ASKERS.c.line, REVIEW_ASKERS.c.person)
        .join(REVIEWS, REVIEWS.c.id == REVIEW_ASKERS.c.review)
        .where(REVIEWS.c.search == search)
    )
    return [Hand(*row.values()) for query in (opened, asked) for row in reader.rows(query)]


def note_unseen(tx: Tx, draft: Draft, now: datetime) -> None:
    """Keep that a search found only people of whom there is no picture to look at, so that nothing can be reviewed."""
    _keep(tx, draft, now, state=CLOSED, outcome=NO_PICTURE, closed_at=now)


def find(reader: Reader, account: str, name: str, rules: Rules, now: datetime) -> Review:
    """Return an account's review, or raise `NotFound`."""
    return _one(reader.rows(FIND, {"of_account": account, "of_id": name}), name, rules, now)


def expire_search(tx: Tx, search: str, rules: Rules, now: datetime) -> None:
    """End the review of a search that was open for too long, so that another can be opened."""
    late = and_(REVIEWS.c.search == search, REVIEWS.c.state == OPEN, REVIEWS.c.opened_at <= now - rules.open_for)
    ended = [row["id"] for row in tx.rows(select(REVIEWS.c.id).where(late).with_for_update())]
    tx.run(update(REVIEWS).where(REVIEWS.c.id.in_(ended)).values(state=EXPIRED, closed_at=now))
    vault.destroy_probes(tx, ended)


def locked(tx: Tx, account: str, name: str, rules: Rules, now: datetime) -> Review:
    """Return an account's review, and let nobody else change it until the transaction ends. Raises `NotFound`.

    Whoever closes it holds the lock of its collection first, as whoever forgets a face does.
    """
    return _one(tx.rows(LOCK, {"of_account": account, "of_id": name}), name, rules, now)


def listed(
    reader: Reader, account: str, *, after: str, limit: int, state: str | None, rules: Rules, now: datetime
) -> list[Review]:
    """Return up to `limit` reviews whose id comes after `after`, in the order of their ids, which says nothing."""
    query = select(REVIEWS).where(REVIEWS.c.account == account, REVIEWS.c.id > after)
    if state is not None:
        query = query.where(_is(state, rules, now))
    return [_review(row, rules, now) for row in reader.rows(query.order_by(REVIEWS.c.id).limit(limit))]


def members(reader: Reader, review: Review) -> list[Member]:
    """Return those who still stand in a line-up, by place."""
    return _members(reader, [review.id])[review.id]


def with_rejections(reader: Reader, draft: Draft) -> Draft:
    """Return a draft with how often each of its candidates was rejected in the same case before, in any review."""
    if draft.case is None:
        return draft
    row = REVIEW_FACES.c
    query = (
        select(row.face, row.user)
        .join(REVIEWS, REVIEWS.c.id == row.review)
        .where(REVIEWS.c.account == draft.account, REVIEWS.c.case == draft.case)
        .where(row.collection == draft.collection, row.result == REJECTED)
    )
    times = Counter(Member(0, found["face"], found["user"]).whom for found in reader.rows(query))
    return replace(
        draft, members=[replace(one, before=times[one.whom]) if one.candidate else one for one in draft.members]
    )


def most_rejected(reader: Reader, reviews: Sequence[str]) -> dict[str, int]:
    """Return how often the one of each line-up who was rejected most often before had been, in the same case."""
    row = REVIEW_FACES.c
    query = select(row.review, func.max(row.before).label("most")).where(row.review.in_(reviews)).group_by(row.review)
    return {found["review"]: int(found["most"]) for found in reader.rows(query)}


def count(reader: Reader, account: str) -> int:
    """Return how many reviews were opened for an account, but for seeded ones."""
    query = select(func.count().label("reviews")).where(REVIEWS.c.account == account, REVIEWS.c.seeded.is_(False))
    return int(reader.rows(query)[0]["reviews"])


def close(tx: Tx, review: Review, results: Mapping[int, str], verdicts: Sequence[Verdict], now: datetime) -> str:
    """Close a review with a result for each candidate, and return its outcome. The review must be locked."""
    for place, result in results.items():
        here = (REVIEW_FACES.c.review == review.id, REVIEW_FACES.c.place == place)
        tx.run(update(REVIEW_FACES).where(*here).values(result=result))
    for one in verdicts:
        agreed = sum((one.calls.get(place) == SAME) == (result == CONFIRMED) for place, result in results.items())
        theirs = (VERDICTS.c.review == review.id, VERDICTS.c.person == one.person)
        tx.run(update(VERDICTS).where(*theirs).values(agreed=agreed, overturned=len(results) - agreed, aside=one.aside))
    came_to = outcome(results.values())
    tx.run(update(REVIEWS).where(REVIEWS.c.id == review.id).values(state=CLOSED, outcome=came_to, closed_at=now))
    return came_to


def expire(tx: Tx, account: str, rules: Rules, now: datetime) -> tuple[int, int]:
    """End reviews that were open for too long, and destroy pictures kept for long enough; return how many of each.

    A few at a time, and none that somebody else has in hand.
    """
    late = and_(REVIEWS.c.state == OPEN, REVIEWS.c.opened_at <= now - rules.open_for)
    theirs = REVIEWS.c.account == account
    ended = _some(tx, and_(theirs, late))
    tx.run(update(REVIEWS).where(REVIEWS.c.id.in_(ended)).values(state=EXPIRED, closed_at=now))
    return len(ended), vault.destroy_probes(tx, [*ended, *_some(tx, and_(theirs, _over(rules, now)))])


def due(reader: Reader, rules: Rules, now: datetime) -> list[str]:
    """Return the accounts for which `expire` has something to do."""
    late = and_(REVIEWS.c.state == OPEN, REVIEWS.c.opened_at <= now - rules.open_for)
    query = select(REVIEWS.c.account).where(or_(late, _over(rules, now))).distinct()
    return [row["account"] for row in reader.rows(query)]


def seal_all(tx: Tx, account: str, authorisation: str, now: datetime) -> tuple[int, int]:
    """Seal every review of searches made under an authorisation; return how many, and how many pictures went."""
    theirs = and_(REVIEWS.c.account == account, REVIEWS.c.authorisation == authorisation, REVIEWS.c.state != SEALED)
    found = [row["id"] for row in tx.rows(select(REVIEWS.c.id).where(theirs).order_by(REVIEWS.c.id).with_for_update())]
    for some in slices(found):
        tx.run(update(REVIEWS).where(REVIEWS.c.id.in_(some)).values(state=SEALED, closed_at=now))
    return len(found), vault.destroy_probes(tx, found)


# Looking and judging


def look(tx: Tx, review: Review, person: str, now: datetime) -> None:
    """Note when a reviewer first looked at a line-up."""
    if _first_look(tx, review, person) is None:
        tx.run(insert(REVIEW_LOOKS).values(review=review.id, person=person, at=now))


def verdicts(reader: Reader, review: Review) -> list[Verdict]:
    """Return what was said in a review, in the order it was said."""
    query = select(VERDICTS).where(VERDICTS.c.review == review.id).order_by(VERDICTS.c.at, VERDICTS.c.person)
    return [_verdict(row) for row in reader.rows(query)]


def has_judged(reader: Reader, account: str, person: str) -> set[str]:
    """Return the reviews in which a person has said something."""
    query = select(VERDICTS.c.review).where(VERDICTS.c.account == account, VERDICTS.c.person == person)
    return {row["review"] for row in reader.rows(query)}


def submit(  # noqa: PLR0913 - what a verdict is made of
    tx: Tx,
    review: Review,
    standing: Sequence[Member],
    calls: Mapping[int, str],
    reasons: Mapping[str, str],
    *,
    hand: Hand,
    person: str,
    salt: bytes,
    seal: Seal,
    now: datetime,
) -> Verdict:
    """Keep a verdict; the review must be locked and open.

    Raises `Conflict` for a second one of the same person or the same line of keys, and `InvalidParameter` for one who
    never looked.
    """
    first = _first_look(tx, review, person)
    if first is None:
        raise InvalidParameter("Look at the line-up first: a verdict is about what was seen.")
    others = {one.place for one in standing if not one.candidate}
    made = Verdict(
        person=person,
        access_key=hand.access_key,
        at=now,
        seconds=max(0.0, (now - first).total_seconds()),
        calls=calls,
        reasons=reasons,
        salt=salt,
        commitment=commit(opening(seal, review.size, calls, reasons, salt)),
        wrong=sum(call == SAME for place, call in calls.items() if place in others),
        line=hand.line,
    )
    theirs = or_(VERDICTS.c.person == person, VERDICTS.c.line == hand.line)
    if tx.rows(select(VERDICTS.c.at).where(VERDICTS.c.review == review.id, theirs)):
        raise Conflict("You have given your verdict in this review. It stands.")
    row = {
        name: getattr(made, name)
        for name in ("person", "access_key", "line", "at", "seconds", "salt", "commitment", "wrong")
    }
    kept = {"calls": {str(place): call for place, call in calls.items()}, "reasons": dict(reasons)}
    tx.run(insert(VERDICTS).values(review=review.id, account=review.account, **row, **kept))
    return made


def weigh(reader: Reader, review: Review, said: Sequence[Verdict], now: datetime) -> list[Verdict]:
    """Return verdicts, in the order they were said, each with why it is set aside if it no longer counts.

    "searched": its author has asked the same search since. "qualification", "key": theirs has ended, was revoked, or no
    longer names them as a reviewer. "hand": an earlier one that counts may be of the same hand, or one maker's: see
    `Makers`.
    """
    known, asked = access_keys.makers(reader, review.account), searchers(reader, review.search)
    weighed, counted = list[Verdict](), set[str]()
    for one in sorted(said, key=lambda one: (one.at, one.person)):
        hand = Hand(one.access_key, one.line, one.person)
        qualified, behind = reviewer(reader, review.account, one.person), known.behind(hand)
        aside: str | None = None
        if any(hand.is_of(other) for other in asked):
            aside = "searched"
        elif qualified is None or qualified.until <= now:
            aside = "qualification"
        elif not _is_key_good(reader, review.account, one, now):
            aside = "key"
        elif behind & counted:
            aside = "hand"
        weighed.append(replace(one, aside=aside))
        counted |= behind if weighed[-1].counts else set()
    return weighed


def _is_key_good(reader: Reader, account: str, one: Verdict, now: datetime) -> bool:
    """Say whether the key of a verdict is not revoked, and it or one it was rotated to still is that reviewer's.

    A key that is no row, from the settings or the machine itself, cannot be revoked.
    """
    of = ACCESS_KEYS.c
    query = select(of.id, of.person, of.roles, of.expires_at, of.revoked_at).where(
        of.account == account, of.line == one.line
    )
    rows = reader.rows(query)
    good = [
        row
        for row in rows
        if row["revoked_at"] is None
        and (row["expires_at"] is None or aware(row["expires_at"]) > now)
        and ROLE in row["roles"]
        and folded(row["person"] or "") == one.person
    ]
    revoked = any(row["id"] == one.access_key and row["revoked_at"] is not None for row in rows)
    return not rows or (bool(good) and not revoked)


def check_eligible(reader: Reader, review: Review, hand: Hand, roles: frozenset[str], now: datetime) -> str:
    """Return who judges, as names are compared. Raises `AccessDenied` for whoever may not judge this review."""
    if ROLE not in roles:
        raise AccessDenied(f"Only a key with the role {ROLE} may look at a line-up or judge it.")
    if hand.person is None:
        raise AccessDenied("A reviewer's key has to name the person who uses it: two keys of one person are one.")
    if any(hand.is_of(one) for one in searchers(reader, review.search)):
        raise AccessDenied("Whoever made a search does not review what it found.")
    person = folded(hand.person)
    qualified = reviewer(reader, review.account, person)
    if qualified is None:
        raise AccessDenied(
            f"No qualification of {hand.person} is on record: a governor puts it there (recognizance review qualify)."
        )
    if qualified.until <= now:
        raise AccessDenied(f"The qualification of {hand.person} ended on {qualified.until:%Y-%m-%d}.")
    return person


# Reviewers


def qualify(tx: Tx, one: Reviewer) -> None:
    """Keep until when somebody may review, and by what evidence; what was kept of them before is replaced."""
    tx.run(delete(REVIEWERS).where(REVIEWERS.c.account == one.account, REVIEWERS.c.person == one.person))
    values = {column.name: getattr(one, column.name) for column in REVIEWERS.c}
    try:
        tx.run(insert(REVIEWERS).values(**values))
    except IntegrityError:
        raise Conflict(f"{one.name} is being qualified by somebody else right now. Ask again.") from None


def reviewer(reader: Reader, account: str, person: str) -> Reviewer | None:
    """Return what is on record of a person, or None."""
    query = select(REVIEWERS).where(REVIEWERS.c.account == account, REVIEWERS.c.person == person)
    return next((_reviewer(row) for row in reader.rows(query)), None)


def reviewers(reader: Reader, account: str) -> list[Reviewer]:
    """Return everybody whose qualification is on record, in the order of their names."""
    query = select(REVIEWERS).where(REVIEWERS.c.account == account).order_by(REVIEWERS.c.person)
    return [_reviewer(row) for row in reader.rows(query)]


def measures(reader: Reader, account: str) -> dict[str, Measures]:
    """Return how careful each reviewer was, by person. What is still open says nothing yet."""
    query = (
        select(VERDICTS.c.person, VERDICTS.c.seconds, VERDICTS.c.wrong, VERDICTS.c.agreed, VERDICTS.c.overturned)
        .add_columns(REVIEWS.c.seeded)
        .join(REVIEWS, REVIEWS.c.id == VERDICTS.c.review)
        .where(VERDICTS.c.account == account, REVIEWS.c.state == CLOSED)
    )
    of: dict[str, list[Row]] = {}
    for row in reader.rows(query):
        of.setdefault(row["person"], []).append(row)
    return {person: _measured(rows) for person, rows in of.items()}


def _measured(rows: Sequence[Row]) -> Measures:
    seeded = [row for row in rows if row["seeded"]]
    real = [row for row in rows if not row["seeded"]]
    return Measures(
        verdicts=len(rows),
        seeded=len(seeded),
        seeded_wrong=sum(row["wrong"] > 0 for row in seeded),
        wrong=sum(row["wrong"] > 0 for row in real),
        agreed=sum(row["agreed"] or 0 for row in real),
        overturned=sum(row["overturned"] or 0 for row in real),
        seconds=median(row["seconds"] for row in rows) if rows else None,
    )


def _keep(tx: Tx, draft: Draft, now: datetime, **more: Any) -> None:
    row = {
        "id": draft.id,
        "account": draft.account,
        "collection": draft.collection,
        "search": draft.search,
        "seeded": draft.seeded,
        "needed": draft.needed,
        "size": len(draft.members),
        "unseen": draft.unseen,
        "withheld": draft.withheld,
        "probe": draft.probe,
        "authorisation": draft.authorisation,
        "case": draft.case,
        "opened_at": now,
        "opened_key": draft.opened.access_key,
        "opened_line": draft.opened.line,
        "opened_person": draft.opened.person,
    }
    tx.run(insert(REVIEWS).values(**row, **more))
    of = {"review": draft.id, "collection": draft.collection}
    tx.run(
        insert(REVIEW_FACES),
        [
            of | {name: getattr(one, name) for name in ("place", "face", "user", "candidate", "before")}
            for one in draft.members
        ],
    )


def _some(tx: Tx, which: ColumnElement[bool]) -> list[str]:
    query = select(REVIEWS.c.id).where(which).order_by(REVIEWS.c.id).limit(ENDED_AT_ONCE)
    return [row["id"] for row in tx.rows(query.with_for_update(skip_locked=True))]


def _over(rules: Rules, now: datetime) -> ColumnElement[bool]:
    """Return what holds for reviews whose picture is kept for no reason any more."""
    pictured = REVIEWS.c.id.in_(select(REVIEW_PROBES.c.review))
    return and_(pictured, REVIEWS.c.state != OPEN, REVIEWS.c.closed_at <= now - rules.keep_for)


def _is(state: str, rules: Rules, now: datetime) -> ColumnElement[bool]:
    """Return the condition for being in a state at a time."""
    late = REVIEWS.c.opened_at <= now - rules.open_for
    if state == OPEN:
        return and_(REVIEWS.c.state == OPEN, REVIEWS.c.opened_at > now - rules.open_for)
    if state == EXPIRED:
        return or_(REVIEWS.c.state == EXPIRED, and_(REVIEWS.c.state == OPEN, late))
    return REVIEWS.c.state == state


def _members(reader: Reader, reviews: Sequence[str]) -> dict[str, list[Member]]:
    found: dict[str, list[Member]] = {one: [] for one in reviews}
    if reviews:
        for row in reader.rows(IN_LINE_UP, {"reviews": list(reviews)}):
            one = Member(row["place"], row["face"], row["user"], bool(row["candidate"]), row["result"], row["before"])
            found[row["review"]].append(one)
    return found


def _first_look(reader: Reader, review: Review, person: str) -> datetime | None:
    theirs = (REVIEW_LOOKS.c.review == review.id, REVIEW_LOOKS.c.person == person)
    for row in reader.rows(select(REVIEW_LOOKS.c.at).where(*theirs)):
        return aware(row["at"])
    return None


def _one(rows: Sequence[Row], name: str, rules: Rules, now: datetime) -> Review:
    for row in rows:
        return _review(row, rules, now)
    raise NotFound(f"The review {name} does not exist.")


def _review(row: Row, rules: Rules, now: datetime) -> Review:
    late = row["state"] == OPEN and aware(row["opened_at"]) <= now - rules.open_for
    return Review(
        id=row["id"],
        account=row["account"],
        collection=row["collection"],
        search=row["search"],
        state=EXPIRED if late else row["state"],
        outcome=row["outcome"],
        seeded=bool(row["seeded"]),
        needed=row["needed"],
        size=row["size"],
        unseen=row["unseen"],
        withheld=row["withheld"],
        probe=row["probe"],
        authorisation=row["authorisation"],
        case=row["case"],
        opened_at=aware(row["opened_at"]),
        opened=Hand(row["opened_key"], row["opened_line"], row["opened_person"]),
        closed_at=None if row["closed_at"] is None else aware(row["closed_at"]),
    )


def _verdict(row: Row) -> Verdict:
    return Verdict(
        person=row["person"],
        access_key=row["access_key"],
        at=aware(row["at"]),
        seconds=row["seconds"],
        calls={int(place): call for place, call in row["calls"].items()},
        reasons=row["reasons"],
        salt=bytes(row["salt"]),
        commitment=row["commitment"],
        wrong=row["wrong"],
        line=row["line"],
        aside=row["aside"],
    )


def _reviewer(row: Row) -> Reviewer:
    return Reviewer(
        account=row["account"],
        person=row["person"],
        name=row["name"],
        until=aware(row["until"]),
        evidence=row["evidence"],
        qualified_at=aware(row["qualified_at"]),
        qualified_by=row["qualified_by"],
    )

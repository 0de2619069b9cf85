"""Held candidates before people: line-ups, verdicts, and the reviewers who give them.

Whatever is asked of a review that is open, the answer is the same whether nobody has judged it or all but one: who
reviews is told nothing of the others. Nothing here says who a candidate is; whoever may know asks their search again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from recognizance import shapes
from recognizance.accountability import keys, review, vault
from recognizance.accountability.review import Member, Review, Reviewer, Verdict
from recognizance.database import Reader, Tx
from recognizance.errors import AccessDenied, Conflict, InvalidParameter
from recognizance.gallery import collections, faces, users
from recognizance.operations import holding, pages, wording
from recognizance.operations.call import Call, operation
from recognizance.values import Act, Collection

LISTED = 100
NAME, EVIDENCE = 128, 1000  # characters at most
SALT = 16
KEPT = "Your verdict is kept. What the review came to is told once it is closed."
LONGEST_TERM = timedelta(days=366 * 3)
AUDITS = frozenset({"auditor", keys.ADMIN})


@operation("ListReviews", Act.REVIEW)
def list_reviews(call: Call, request: shapes.ListReviewsRequest) -> shapes.ListReviewsResponse:
    """List reviews, of one state where asked, in an order that says nothing about any."""
    rules, now = call.tools.reviewing, call.tools.now()
    limit = request.get("MaxResults", LISTED)
    account = call.ask.caller.account
    found = review.listed(
        call.tools.database,
        account,
        after=pages.start(call, request),
        limit=limit,
        state=request.get("State"),
        rules=rules,
        now=now,
    )
    person = call.ask.caller.person
    mine = set[str]() if person is None else review.has_judged(call.tools.database, account, review.folded(person))

    rejected = review.most_rejected(call.tools.database, [one.id for one in found])
    call.note(listed=len(found))
    answer: shapes.ListReviewsResponse = {
        "Reviews": [_summary(call, one, one.id in mine, rejected.get(one.id, 0)) for one in found]
    }
    if len(found) == limit:
        answer["NextToken"] = pages.after(call, request, found[-1].id)
    return answer


@operation("DescribeReview", Act.REVIEW)
def describe_review(call: Call, request: shapes.DescribeReviewRequest) -> shapes.DescribeReviewResponse:
    """Say what is to be judged in a review, or, once it is closed, what it came to and by whose verdicts."""
    name, tools, caller = request["ReviewId"], call.tools, call.ask.caller
    with tools.database.read() as reader:
        found = review.find(reader, caller.account, name, tools.reviewing, tools.now())
        call.note(review=found.id)  # and not what was asked for: it may be anything
        members = review.members(reader, found)
        verdicts = review.verdicts(reader, found)
        person = None if caller.person is None else review.folded(caller.person)
        names = {one.person: one.name for one in review.reviewers(reader, caller.account)}
        letters = [] if person is None else sorted(_standing(call, reader, found, members, person))

    rejected = max((one.before for one in members), default=0)
    summary = _summary(call, found, any(one.person == person for one in verdicts), rejected)
    answer: shapes.DescribeReviewResponse = {"Review": summary, "Sentence": _sentence(found)}
    if found.state == review.OPEN:
        answer["Labels"] = letters
    elif found.state == review.CLOSED:
        answer["Verdicts"] = [_verdict(call, found, one, names.get(one.person, one.person)) for one in verdicts]
        results = [one.result for one in members if one.result is not None]
        answer |= {
            "Confirmed": results.count(review.CONFIRMED),
            "Rejected": results.count(review.REJECTED),
            "Candidates": [one.place for one in members if one.candidate],
            "RejectedBefore": [one.before for one in members if one.candidate],
            "Seeded": found.seeded,
        }
    return answer


@operation("GetLineUp", Act.REVIEW)
def get_line_up(call: Call, request: shapes.GetLineUpRequest) -> shapes.GetLineUpResponse:
    """Show a reviewer the picture that was searched with, and faces among which a candidate may be."""
    name, tools = request["ReviewId"], call.tools
    with call.write() as tx:
        found = review.find(tx, call.ask.caller.account, name, tools.reviewing, tools.now())
        call.note(review=found.id)
        person = _eligible(call, tx, found)
        _check_open(call, tx, found)
        probe = vault.probe(tx, tools.vault, found.id)
        members = review.members(tx, found)
        there = _standing(call, tx, found, members, person)
        faces_of = {one.place: one.face for one in members}
        pictures = vault.crops(tx, tools.vault, found.collection, [faces_of[place] for place in there.values()])
        if probe is None or not there:
            raise Conflict(_sentence(found, gone=True))
        review.look(tx, found, person, tools.now())
        call.note(reviewer=tools.seal.digest(person), shown=len(there))

    return {
        "ReviewId": name,
        "Probe": probe,
        "Faces": [{"Label": letter, "Picture": pictures[faces_of[there[letter]]]} for letter in sorted(there)],
        "ShortLineUp": found.is_short,
        "Reviewer": call.ask.caller.person or person,
        "Sentence": _sentence(found),
    }


@operation("SubmitVerdict", Act.REVIEW)
def submit_verdict(call: Call, request: shapes.SubmitVerdictRequest) -> shapes.SubmitVerdictResponse:
    """Keep what a reviewer says of every face of a line-up; the answer is the same whatever others said."""
    name, tools, now = request["ReviewId"], call.tools, call.tools.now()
    caller, account = call.ask.caller, call.ask.caller.account
    with call.write() as tx:
        found = review.find(tx, account, name, tools.reviewing, now)
        call.note(review=found.id)
        person = _eligible(call, tx, found)
        collection = collections.hold(tx, found.collection)
        found = review.locked(tx, account, name, tools.reviewing, now)
        _check_open(call, tx, found)
        if collection is None:
            raise Conflict(_sentence(found, gone=True))
        members = review.members(tx, found)
        there = _standing(call, tx, found, members, person)
        whole = review.labels(tools.seal, found.id, person, found.size)
        calls, reasons = _said(request, there, set(whole) - set(there))
        kept = review.submit(
            tx,
            found,
            members,
            calls,
            reasons,
            hand=replace(keys.hand(tx, caller), access_key=caller.issuer or caller.access_key),
            person=person,
            salt=tools.vault.random(SALT),
            seal=tools.seal,
            now=now,
        )
        call.note(reviewer=tools.seal.digest(person), commitment=kept.commitment)
        _close_if_decided(call, tx, found, collection, members, now)

    return {"ReviewId": name, "Sentence": KEPT}


@operation("QualifyReviewer", Act.GOVERN)
def qualify_reviewer(call: Call, request: shapes.QualifyReviewerRequest) -> shapes.QualifyReviewerResponse:
    """Put on record until when somebody may review, and by what evidence; a time that is past ends it."""
    caller, now = call.ask.caller, call.tools.controls.now()
    name, until = wording.person(request["Person"], "Person", NAME), _utc(request["Until"])
    person, evidence = keys.folded(name), wording.said(request["Evidence"], "Evidence", EVIDENCE)
    if caller.person is None:
        raise AccessDenied(keys.NEEDS_PERSON.format(does="qualifies"))
    if until > now + LONGEST_TERM:
        raise InvalidParameter("A qualification should end within three years; it can be renewed.")
    kept = Reviewer(
        account=caller.account,
        person=person,
        name=name,
        until=until,
        evidence=evidence,
        qualified_at=now,
        qualified_by=caller.access_key,
    )

    with call.write(reviewer=call.tools.seal.digest(person), until=until.isoformat()) as tx:
        call.note(evidence=call.tools.seal.digest(kept.evidence))
        if keys.one_hand_with(tx, caller.account, keys.hand(tx, caller), name):
            raise AccessDenied(
                "Nobody qualifies themselves, or who has a key that they made or rotated. Another person's key has to."
            )
        review.qualify(tx, kept)

    return {"Person": kept.name, "Until": until}


@operation("ListReviewers", Act.AUDIT)
def list_reviewers(call: Call, request: shapes.ListReviewersRequest) -> shapes.ListReviewersResponse:
    """List who may review, until when, and how careful they were in reviews that are closed."""
    account = call.ask.caller.account
    with call.tools.database.read() as reader:
        known = review.reviewers(reader, account)
        measured = review.measures(reader, account)
    call.note(listed=len(known))
    return {"Reviewers": [_reviewer(call, one, measured.get(one.person)) for one in known]}


@operation("SeedReview", Act.GOVERN)
def seed_review(call: Call, request: shapes.SeedReviewRequest) -> shapes.SeedReviewResponse:
    """Open a review in which nobody can be the person sought, to measure reviewers by."""
    collection = call.collection(request["CollectionId"])
    opened = keys.hand(call.tools.database, call.ask.caller)
    draft = holding.seeded(call, collection, opened)
    if draft is None:
        raise InvalidParameter(
            f"A line-up needs a face with a picture and {review.LEAST_OTHERS} of other people that are unlike it; the "
            f"collection id: {collection.id} has too few. Pictures are kept of faces enrolled under a policy that can "
            f"hold, or under the tag {holding.KEEP}."
        )

    with call.write() as tx:
        # The entry keeps the review's id by its digest: who reads the record should not know it from others.
        call.note(seeded=call.tools.seal.digest(draft.id))
        if not holding.start(call, tx, collections.locked(tx, collection), draft):
            raise Conflict("The face that was chosen has gone meanwhile. Ask again.")

    return {"ReviewId": draft.id}


@operation("TidyReviews", Act.FORGET)
def tidy_reviews(call: Call, request: shapes.TidyReviewsRequest) -> shapes.TidyReviewsResponse:
    """End reviews that were open for too long and destroy pictures kept for long enough; the server asks it itself."""
    with call.write() as tx:
        expired, destroyed = review.expire(tx, call.ask.caller.account, call.tools.reviewing, call.tools.now())
        call.note(expired=expired, pictures_destroyed=destroyed)
    return {
        "Expired": expired,
        "PicturesDestroyed": destroyed,
        "More": max(expired, destroyed) >= review.ENDED_AT_ONCE,
    }


def _eligible(call: Call, reader: Reader, found: Review) -> str:
    """Return who judges. Raises `AccessDenied` for whoever may not judge this review."""
    caller = call.ask.caller
    return review.check_eligible(reader, found, keys.hand(reader, caller), caller.roles, call.tools.controls.now())


def _check_open(call: Call, reader: Reader, found: Review) -> None:
    if found.state == review.OPEN and holding.lost(call, reader, found.authorisation):
        found = replace(found, state=review.SEALED)  # as it will be within half a minute
    if found.state != review.OPEN:
        raise Conflict(_sentence(found))


def _standing(call: Call, reader: Reader, found: Review, members: Sequence[Member], person: str) -> dict[str, int]:
    """Return the place behind each letter that still stands for somebody who can be looked at."""
    pictured = vault.pictured(reader, found.collection, [one.face for one in members])
    there = {one.place for one in members if one.face in pictured}
    letters = review.labels(call.tools.seal, found.id, person, found.size)
    return {letter: place for letter, place in letters.items() if place in there}


def _said(
    request: shapes.SubmitVerdictRequest, there: dict[str, int], gone: set[str]
) -> tuple[dict[int, str], dict[str, str]]:
    """Return calls by place, and reasons by place or under "none". Raises `InvalidParameter`.

    What is said of somebody who left the line-up meanwhile is passed over.
    """
    given = [one for one in request["Calls"] if one["Label"] not in gone]
    said = {one["Label"]: one["Call"] for one in given}
    if len(said) != len(given):
        raise InvalidParameter("A verdict calls every face of the line-up once.")
    reasons = {one["Label"]: one["Reason"] for one in given if "Reason" in one}
    if "Reason" in request:
        reasons[review.NONE] = request["Reason"]
    calls = review.checked(said, reasons, there)
    return calls, {str(there[one]) if one in there else one: reason for one, reason in reasons.items()}


def _close_if_decided(
    call: Call, tx: Tx, found: Review, collection: Collection, members: Sequence[Member], now: datetime
) -> None:
    """Close the review where the verdicts decide it, and open in the ledger what was committed to."""
    seal = call.tools.seal
    verdicts = review.weigh(tx, found, review.verdicts(tx, found), call.tools.controls.now())
    aside = [f"{seal.digest(one.person)} {one.aside}" for one in verdicts if one.aside is not None]
    if aside and len(verdicts) >= found.needed:
        call.note(set_aside=aside)
    results = review.decide(members, verdicts, needed=found.needed, seeded=found.seeded)
    if results is None:
        return
    came_to = review.close(tx, found, results, verdicts, now)
    confirmed = [one for one in members if results.get(one.place) == review.CONFIRMED]
    call.note(
        outcome=came_to,
        seeded=found.seeded,
        confirmed=len(confirmed),
        rejected=len(results) - len(confirmed),
        leads=call.digests(_leads(tx, collection, confirmed)),
        rejected_before=[
            f"{seal.digest(found_as)} {one.before}"
            for one in members
            if one.before
            for found_as in _leads(tx, collection, [one])
        ],
        reviewers=call.digests(one.person for one in verdicts if one.counts),
        uncounted=call.digests(one.person for one in verdicts if one.wrong),
        opened=[review.opening(seal, found.size, one.calls, one.reasons, one.salt) for one in verdicts],
    )


def _leads(reader: Reader, collection: Collection, confirmed: Sequence[Member]) -> list[str]:
    """Return the ids of the faces or users that were confirmed."""
    of_faces = faces.by_numbers(reader, collection, [one.face for one in confirmed if one.user is None])
    of_users = users.by_numbers(reader, collection, [one.user for one in confirmed if one.user is not None])
    return [*(one.face_id for one in of_faces.values()), *(one.user_id for one in of_users.values())]


def _sentence(found: Review, *, gone: bool = False) -> str:
    """Return what a person should know of a review."""
    state = review.WITHDRAWN if gone else found.state
    if state == review.OPEN:
        short = (
            " The gallery has too few others for a whole line-up, so three reviewers have to agree."
            if found.is_short
            else ""
        )
        unseen = f" {found.unseen} more cannot be shown and stay withheld." if found.unseen else ""
        return (
            f"It is open: call every face the same person as the one sought, different, or cannot-tell.{short}{unseen}"
        )
    if state == review.CLOSED and found.outcome == review.NO_PICTURE:
        return "Nothing could be reviewed: there is no picture of those who were found, or none to compare with."
    return {
        review.CLOSED: f"It is closed: {found.outcome}. A lead is a reason to look further, and never by itself proof.",
        review.EXPIRED: "It has expired: nobody decided in time. Whoever searched may search again.",
        review.SEALED: "It is sealed: the authorisation it was made under was refused or has lapsed.",
        review.WITHDRAWN: "It is withdrawn: who was to be judged, or what to judge by, has been deleted.",
    }[state]


def _summary(call: Call, found: Review, judged: bool, rejected: int) -> shapes.ReviewSummary:
    summary: shapes.ReviewSummary = {
        "ReviewId": found.id,
        "State": found.state,  # type: ignore[typeddict-item]  # the states are the shape's
        "Faces": found.size,
        "ShortLineUp": found.is_short,
        "Unseen": found.unseen,
        "OpenedOn": _day(found.opened_at),
        "ExpiresOn": _day(found.opened_at + call.tools.reviewing.open_for),
        "Judged": judged,
    }
    if found.outcome is not None and found.state == review.CLOSED:
        summary["Outcome"] = found.outcome
    if found.closed_at is not None:
        summary["ClosedAt"] = found.closed_at
    roles = call.ask.caller.roles  # of what is open, a reviewer is told nothing that tells a candidate from others
    if found.state == review.CLOSED or (roles & AUDITS and review.ROLE not in roles):
        summary["RejectedBefore"] = rejected
    return summary


def _verdict(call: Call, found: Review, one: Verdict, name: str) -> shapes.VerdictDescription:
    return {
        "Person": name,
        "At": one.at,
        "Seconds": one.seconds,
        "Calls": [{"Place": place, "Call": said} for place, said in sorted(one.calls.items())],  # type: ignore[typeddict-item]
        "Reasons": dict(one.reasons),
        "Counts": one.counts,
        "Commitment": one.commitment,
        "Opening": review.opening(call.tools.seal, found.size, one.calls, one.reasons, one.salt),
    }


def _reviewer(call: Call, one: Reviewer, measured: review.Measures | None) -> shapes.ReviewerDescription:
    described: shapes.ReviewerDescription = {
        "Person": one.name,
        "Until": one.until,
        "Evidence": one.evidence,
        "QualifiedAt": one.qualified_at,
        "QualifiedBy": one.qualified_by,
        "Qualified": one.until > call.tools.controls.now(),
        "Verdicts": 0,
        "SeededSeen": 0,
        "SeededFalse": 0,
        "OthersFalse": 0,
        "Agreed": 0,
        "Overturned": 0,
    }
    if measured is not None:
        described |= {
            "Verdicts": measured.verdicts,
            "SeededSeen": measured.seeded,
            "SeededFalse": measured.seeded_wrong,
            "OthersFalse": measured.wrong,
            "Agreed": measured.agreed,
            "Overturned": measured.overturned,
        }
        judged = measured.agreed + measured.overturned
        if judged:
            described["AgreementRate"] = measured.agreed / judged
        if measured.seconds is not None:
            described["MedianSeconds"] = measured.seconds
    return described


def _day(at: datetime) -> datetime:
    """Return the day of a time: the second would tell which reviews were opened together."""
    return at.replace(hour=0, minute=0, second=0, microsecond=0)


def _utc(given: datetime) -> datetime:
    return given.astimezone(UTC)

"""What a search found and may not leave yet: which candidates people have decided about, and a review of the others.

A decision is good for one search: the same probe, for faces or for users, in the same collection, for the same case.
Whether a higher threshold or fewer matches were asked for, or for what purpose, makes no difference, nor does the
region.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from recognizance.accountability import authorisations, keys, policy, review, vault
from recognizance.accountability.keys import Hand
from recognizance.accountability.review import Draft, Member, Review
from recognizance.database import Reader, Tx
from recognizance.database.tables import FACE
from recognizance.errors import NotFound
from recognizance.gallery import collections, faces, users, vectors
from recognizance.values import Candidate, Collection, Face, FaceRecord, Image, Kept, Percent, UserRecord, Vectors
from recognizance.vision import portrait

if TYPE_CHECKING:
    from recognizance.operations.call import Call

KEEP, YES = "recognizance:keep-crops", "yes"
DOUBLE: Percent = 95.0
"""From this on two faces are taken for one person's, so that a line-up has only one of them: one pair of strangers in
a hundred million."""
UNLIKE: Percent = 70.0
"""Below this two faces are taken for two people's, so that one may stand beside the other in a line-up: among
strangers one pair in a hundred thousand reaches it, and most pairs of one person do."""
SEED_TRIES = 5  # probes that are tried until a whole line-up can be found for one
NEAREST = (500, 5_000)
"""How many of the nearest faces are looked through for others: more where there were too few among the first."""

Whom = tuple[int | None, int | None]
Names = frozenset[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Searched:
    """What a search was made with, as far as a review needs it.

    `name` tells one probe from another. `picture` gives what people look at, or None where there is none. `names` are
    the user and the external id of the face or user searched with, `face` its number, where it is an enrolled one.
    """

    collection: Collection
    name: str
    vector: Vectors
    picture: Callable[[], bytes | None]
    names: Names = frozenset()
    face: int | None = None


@dataclass(frozen=True, slots=True)
class Shown:
    """A candidate, and the number of the face that people are shown for it."""

    whom: Whom
    face: int


def of_face(call: Call, collection: Collection, record: FaceRecord, vector: Vectors) -> Searched:
    """Return what a search with an enrolled face was made with."""
    name = f"face {record.face_id}"
    return Searched(
        collection, name, vector, lambda: _picture(call, collection, record.number), names_of(record), record.number
    )


def of_user(call: Call, collection: Collection, user: UserRecord, vector: Vectors) -> Searched:
    """Return what a search with a user was made with: people look at the face that is most like all of them."""

    def picture() -> bytes | None:
        face = _best_face(call.tools.database, collection, vector, user)
        return None if face is None else _picture(call, collection, face)

    return Searched(collection, f"user {user.number}", vector, picture, names_of(user))


def of_picture(collection: Collection, image: Image, face: Face) -> Searched:
    """Return what a search with a face of a picture was made with; which of its faces is part of the name."""
    assert face.embedding is not None, "it was searched with"
    place = " ".join(f"{edge:.3f}" for edge in (face.box.left, face.box.top, face.box.width, face.box.height))
    name = f"picture {image.digest} {place}"
    return Searched(collection, name, face.embedding.vector, lambda: portrait.cut_out(image, face))


def keeps_pictures(call: Call) -> bool:
    """Say whether faces enrolled now get a picture: where the policy can hold, or the collection's tag asks for it."""
    return call.tags.get(KEEP) == YES or policy.can_hold(call.tools.policy)


def names_of(record: FaceRecord | UserRecord) -> Names:
    """Return whom a face may be of, by what clients named: its user and its external id."""
    said = (("user", record.user_id), ("external", getattr(record, "external_id", None)))
    return frozenset((kind, name) for kind, name in said if name is not None)


def passing(call: Call, searched: Searched, candidates: Sequence[Candidate[Kept]]) -> list[Candidate[Kept]]:
    """Return the candidates that people have confirmed, in order, and have the others reviewed.

    `call.review` names the review that is waited for. It is opened in the transaction of the call's entry.
    """
    if not candidates:
        return []
    tools, now = call.tools, call.tools.now()
    search = _digest(call, searched, candidates[0])
    past = review.of_search(tools.database, search, tools.reviewing, now)
    standing = _standing(call, searched.collection, candidates, past)

    confirmed = [one for one in candidates if standing.get(whom(one)) == review.CONFIRMED]
    fresh = [one for one in candidates if whom(one) not in standing]
    ended = _lost(call, tools.database, (one for one, _ in past))
    open_one = next((one for one, _ in past if one.state == review.OPEN and one.authorisation not in ended), None)
    if open_one is not None:
        waited = open_one.id
        call.review = waited
        call.note(review=waited, withheld=len(fresh))
        mine = keys.hand(tools.database, call.ask.caller)
        if mine not in review.searchers(tools.database, search):
            call.at_last(lambda tx: _wait(tx, waited, mine))
    elif fresh:
        _have_reviewed(call, searched, search, past, fresh, [names_of(one.record) for one in candidates])
    if confirmed:
        _note_reviewers(call, confirmed, past)
    judged = {whom(one) for one in candidates if standing.get(whom(one)) is not None}
    of = [one.id for one, members in past if any(m.whom in judged and m.result is not None for m in members)]
    if of:
        call.note(judged_in=of)
    return confirmed


def whom(candidate: Candidate[Kept]) -> Whom:
    """Return who a candidate is, by the number of the face or of the user."""
    number = candidate.record.number
    return (None, number) if isinstance(candidate.record, UserRecord) else (number, None)


def seeded(call: Call, collection: Collection, opened: Hand) -> Draft | None:
    """Return a review in which nobody can be the person sought: a probe among others; None where they are too few."""
    name = call.tools.new_id()
    tried = (_seeded(call, collection, opened, name, turn) for turn in range(SEED_TRIES))
    best: Draft | None = None
    for draft in tried:
        if draft is not None and (best is None or len(draft.members) > len(best.members)):
            best = draft
        if best is not None and len(best.members) == review.LINE_UP:
            break
    return best if best is not None and len(best.members) >= review.LEAST_OTHERS else None


def _seeded(call: Call, collection: Collection, opened: Hand, name: str, turn: int) -> Draft | None:
    tools = call.tools
    after = int(tools.seal.digest(f"seed {name} {turn}")[:12], 16) % max(1, collection.revision)
    number = vault.some_pictured(tools.database, collection.number, after)
    if number is None:
        return None
    record = faces.by_numbers(tools.database, collection, [number]).get(number)
    found, rows = vectors.fetch(tools.database, collection, FACE, np.array([number]))
    picture = _picture(call, collection, number)
    if record is None or picture is None or not len(found):
        return None
    searched = Searched(collection, "", rows[0], lambda: picture, names_of(record), number)
    others = _others(call, searched, [], searched.names, bar=UNLIKE, wanted=review.LINE_UP)
    return Draft(
        id=name,
        account=collection.account,
        collection=collection.number,
        search=tools.seal.digest(f"seeded {name}"),
        opened=opened,
        members=[Member(place, face) for place, face in enumerate(others)],
        picture=picture,
        seeded=True,
        probe=number,
    )


def start(call: Call, tx: Tx, collection: Collection, draft: Draft) -> bool:
    """Open a review with those of its line-up who are still there; say whether there is anything left to review.

    The collection must be locked.
    """
    asked = [one.face for one in draft.members] + ([] if draft.probe is None else [draft.probe])
    there = vault.pictured(tx, collection.number, asked) & set(faces.by_numbers(tx, collection, asked))
    left = [one for one in draft.members if one.face in there]
    enough = draft.seeded or any(one.candidate for one in left)
    if not enough or (draft.probe is not None and draft.probe not in there):
        return False
    review.start(tx, call.tools.vault, replace(draft, members=left), call.tools.now())
    return True


def _digest(call: Call, searched: Searched, candidate: Candidate[Kept]) -> str:
    stated = call.ask.stated
    kind = "users" if isinstance(candidate.record, UserRecord) else "faces"
    said = [call.ask.caller.account, searched.collection.number, searched.name, kind, stated.case]
    return call.tools.seal.digest(f"search {json.dumps(said)}")


def _case(call: Call) -> str | None:
    said = call.ask.caller.account, call.ask.stated.case
    return None if call.ask.stated.case is None else call.tools.seal.digest(f"case {json.dumps(said)}")


def lost(call: Call, reader: Reader, authorisation: str | None) -> bool:
    """Say whether what was found under an authorisation is to be sealed, whether or not that has been done yet.

    One that was granted and has ended is not; nor is one that this server does not keep: the policy judges those.
    """
    if authorisation is None:
        return False
    account, now = call.ask.caller.account, call.tools.controls.now()
    try:
        state = authorisations.find(reader, account, authorisation, now).state
    except NotFound:
        return False
    return state in (authorisations.REFUSED, authorisations.LAPSED, authorisations.REQUESTED)


def _lost(call: Call, reader: Reader, reviews: Iterable[Review]) -> set[str]:
    under = {one.authorisation for one in reviews if one.authorisation is not None}
    return {one for one in under if lost(call, reader, one)}


def _standing(
    call: Call,
    collection: Collection,
    candidates: Sequence[Candidate[Kept]],
    past: Sequence[tuple[Review, Sequence[Member]]],
) -> dict[Whom, str | None]:
    """Return what has become of everybody who was reviewed in this search: the last word, or None for none to come yet.

    What was decided of a user holds for as long as the face that people looked at is the user's. Who was rejected stays
    so; who was confirmed under an authorisation that was refused or has lapsed, is not.
    """
    said: dict[Whom, tuple[Member, str | None]] = {}
    ended = _lost(call, call.tools.database, (one for one, _ in past))
    for one, members in past:
        gone = one.state == review.SEALED or one.authorisation in ended
        sealed = gone and one.authorisation == call.ask.stated.authorisation
        for member in members:
            if not member.candidate or member.whom in said:
                continue
            if member.result == review.REJECTED or (member.result is not None and not gone):
                said[member.whom] = member, member.result
            elif (one.state == review.OPEN and not gone) or sealed:
                said[member.whom] = member, None
    found = {one.record.number: one.record.user_id for one in candidates if isinstance(one.record, UserRecord)}
    looked_at = [member.face for member, result in said.values() if member.user is not None and result is not None]
    shown = faces.by_numbers(call.tools.database, collection, looked_at)

    def holds(member: Member) -> bool:
        return member.face in shown and shown[member.face].user_id == found.get(member.user or 0)

    return {
        key: result for key, (member, result) in said.items() if member.user is None or result is None or holds(member)
    }


def _have_reviewed(
    call: Call,
    searched: Searched,
    search: str,
    past: Sequence[tuple[Review, Sequence[Member]]],
    fresh: Sequence[Candidate[Kept]],
    found: Sequence[Names],
) -> None:
    """Have the best of the candidates reviewed, as far as there are pictures of them and of the probe."""
    picture = searched.picture()
    shown = _shown(call, searched, fresh) if picture is not None else []
    draft = Draft(
        id=call.tools.new_id(),
        account=searched.collection.account,
        collection=searched.collection.number,
        search=search,
        opened=keys.hand(call.tools.database, call.ask.caller),
        members=(),
        picture=picture or b"",
        unseen=len(fresh) - len(shown),
        withheld=max(0, len(shown) - review.MOST_CANDIDATES),
        probe=searched.face,
        authorisation=call.ask.stated.authorisation,
        case=_case(call),
    )
    call.note(unseen=draft.unseen, withheld=draft.withheld + draft.unseen)
    if not shown:
        before = next((one for one, _ in past if one.outcome == review.NO_PICTURE), None)
        call.review = draft.id if before is None else before.id
        call.note(review=call.review)
        if before is None:
            call.at_last(lambda tx: review.note_unseen(tx, draft, call.tools.now()))
        return

    best = shown[: review.MOST_CANDIDATES]
    taken = frozenset[tuple[str, str]]().union(searched.names, *found)
    others = _others(
        call,
        searched,
        [one.face for one in best],
        taken,
        bar=min(UNLIKE, call.threshold),
        wanted=review.LINE_UP - len(best),
    )
    line_up = [(one.face, one.whom[1], True) for one in best] + [(one, None, False) for one in others]
    draft = replace(draft, members=[Member(place, *one) for place, one in enumerate(line_up)])
    every = call.tools.reviewing.seed_every
    turn = every and (review.count(call.tools.database, draft.account) + 1) % every == 0
    seed = seeded(call, searched.collection, draft.opened) if turn else None
    call.review = draft.id
    call.note(candidates_reviewed=len(best), others=len(others))
    call.at_last(lambda tx: _open(call, tx, searched.collection, draft, seed))


def _wait(tx: Tx, waited: str, asker: Hand) -> None:
    tx.alone()
    review.note_asker(tx, waited, asker)


def _open(call: Call, tx: Tx, collection: Collection, draft: Draft, seed: Draft | None) -> None:
    """Open a review unless somebody asked the same in the meantime; then theirs is waited for."""
    now, rules = call.tools.now(), call.tools.reviewing
    try:
        held = collections.locked(tx, collection)
    except NotFound:  # it was removed, and everybody in it
        call.review = None
        return
    review.expire_search(tx, draft.search, rules, now)
    lapsed = _lost(
        call, tx, (one for one, _ in review.of_search(tx, draft.search, rules, now) if one.state == review.OPEN)
    )
    if lapsed:
        call.note(sealed=sum(review.seal_all(tx, draft.account, one, now)[0] for one in sorted(lapsed)))
    tx.alone()  # of two that ask the same at once, the second sees what the first has opened
    if lost(call, tx, draft.authorisation):  # refused since the policy was asked, and maybe sealed already
        call.review = None
        call.note(authorisation_lost=True)
        return
    wanted = {(one.face, one.user) for one in draft.members if one.candidate}
    for one, members in review.of_search(tx, draft.search, rules, now):
        decided = (
            one.state == review.CLOSED
            and not lost(call, tx, one.authorisation)
            and wanted <= {(member.face, member.user) for member in members if member.result}
        )
        if one.state == review.OPEN or decided:
            call.review = one.id
            call.note(review=one.id)
            review.note_asker(tx, one.id, draft.opened)
            return
    draft = review.with_rejections(tx, draft)
    if not start(call, tx, held, draft):
        call.review = None
        return
    # Whom they rejected stands in no entry before the review is closed: see "Candidates' digests" in decision 16.
    call.note(review=draft.id, rejected_before=max(one.before for one in draft.members))
    if seed is not None:
        start(call, tx, held, seed)


def _shown(call: Call, searched: Searched, candidates: Sequence[Candidate[Kept]]) -> list[Shown]:
    """Return the candidates of whom there is a picture, in order, each with the face that is shown."""
    database, collection = call.tools.database, searched.collection
    found: list[Shown] = []
    of_faces = [one.record.number for one in candidates if not isinstance(one.record, UserRecord)]
    pictured = vault.pictured(database, collection.number, of_faces)
    for one in candidates:
        if not isinstance(one.record, UserRecord):
            face = one.record.number if one.record.number in pictured else None
        else:
            face = _best_face(database, searched.collection, searched.vector, one.record)
        if face is not None:
            found.append(Shown(whom(one), face))
    return found


def _picture(call: Call, collection: Collection, number: int) -> bytes | None:
    return vault.crops(call.tools.database, call.tools.vault, collection.number, [number]).get(number)


def _best_face(reader: Reader, collection: Collection, vector: Vectors, user: UserRecord) -> int | None:
    """Return the number of the user's face, among those with a picture, that is nearest to a vector; None without."""
    theirs = faces.listed(reader, collection, after="", limit=users.MOST_FACES, user_id=user.user_id)
    pictured = vault.pictured(reader, collection.number, [one.number for one in theirs])
    numbers, rows = vectors.fetch(reader, collection, FACE, np.array(sorted(pictured), dtype=np.int64))
    return int(numbers[np.argmax(rows @ vector)]) if len(numbers) else None


def _others(
    call: Call, searched: Searched, shown: Sequence[int], taken: Names, *, bar: Percent, wanted: int
) -> list[int]:
    """Return the numbers of up to so many faces that look alike and are other people's, nearest first.

    None is named as anybody in `taken` or as another of them, none comes up to `bar` against the probe, none is so like
    a candidate that it may be the same person, and no two of them can only be one person.
    """
    found: list[int] = []
    for limit in NEAREST:
        near = call.tools.gallery.near_faces(
            searched.collection,
            searched.vector,
            scale=call.scale(searched.collection),
            at_least=0.0,
            limit=limit,
            besides=searched.face,
        )
        below = [one.record for one in near if one.similarity < bar]
        found = _apart(call, searched.collection, shown, below, taken, wanted)
        if len(found) == wanted or len(near) < limit:
            break
    return found


def _apart(
    call: Call,
    collection: Collection,
    shown: Sequence[int],
    below: Sequence[FaceRecord],
    taken: AbstractSet[tuple[str, str]],
    wanted: int,
) -> list[int]:
    pictured = vault.pictured(call.tools.database, collection.number, [one.number for one in below])
    numbers = [*shown, *sorted(pictured)]
    known, rows = vectors.fetch(call.tools.database, collection, FACE, np.array(numbers, dtype=np.int64))
    vector_of = dict(zip(known.tolist(), rows, strict=True))
    scale = call.scale(collection)
    standing = [(vector_of[one], scale.cosine(UNLIKE)) for one in shown if one in vector_of]
    double = scale.cosine(DOUBLE)
    names, chosen = set(taken), list[int]()
    for one in below:
        vector = vector_of.get(one.number)
        if len(chosen) == wanted or vector is None or names & names_of(one):
            continue
        if all(float(vector @ other) < most for other, most in standing):
            standing.append((vector, double))
            names |= names_of(one)
            chosen.append(one.number)
    return chosen


def _note_reviewers(
    call: Call, confirmed: Sequence[Candidate[Kept]], past: Sequence[tuple[Review, Sequence[Member]]]
) -> None:
    """Note which reviews let these go, and by digests who confirmed them."""
    leaving = {whom(one) for one in confirmed}
    of = [one for one, members in past if any(m.whom in leaving and m.result == review.CONFIRMED for m in members)]
    said = [verdict for one in of for verdict in review.verdicts(call.tools.database, one) if verdict.counts]
    persons = sorted({verdict.person for verdict in said})
    call.note(reviews=[one.id for one in of], reviewers=call.digests(persons))

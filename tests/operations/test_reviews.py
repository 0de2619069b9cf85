"""Held searches, reviews and reviewers, asked as each of those would who take part, and as those who would cheat."""

import hashlib
import io
import json
import shutil
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from PIL import Image
from sqlalchemy import delete, select
from tests import postgresql
from tests.operations.conftest import at_once, body, code, paged, refusal
from tests.pictures import ANNA, BRUNO, CLARA, DAVID, EMMA, EMMAS_SISTER, Sitter, people
from tests.reviewing import (
    ACCOUNT,
    ADA,
    ADAS_OTHER,
    AUDITOR,
    BEN,
    BEN_SEARCHES,
    CYD,
    EVE,
    EVERYBODY,
    GOVERNOR,
    JUDGE,
    NOBODY,
    NOBODYS,
    PROBE,
    SAM,
    SAM_SEARCHES,
    SAMS_OTHER,
    SAMS_SESSION,
    STRANGER,
    STRANGERS,
    USER,
    WHY,
    HoldsSearches,
    House,
    calls,
    confirmed,
    counted,
    described,
    enrol,
    entries,
    holder,
    judge,
    look,
    most_alike,
    opened,
    other,
    pixels,
    qualify,
    review_of,
    search,
    state,
    stating,
)

from recognizance import app, settings, wire
from recognizance.accountability import policy, review, vault
from recognizance.database.tables import (
    ACCESS_KEYS,
    COLLECTIONS,
    CROP_KEYS,
    CROPS,
    FACES,
    REVIEW_FACES,
    REVIEW_PROBES,
    REVIEWS,
    VERDICTS,
)
from recognizance.operations import OPERATIONS
from recognizance.service import Service
from recognizance.values import Kind


@pytest.fixture
def open_house(parts, given, time):
    with opened(parts, given) as house:
        yield house


@pytest.fixture
def qualified(open_house, time):
    """The house with four reviewers on record."""
    for name in ("Ada", "Ben", "Cyd", "Eve"):
        qualify(open_house, name, time)
    return open_house


@pytest.fixture(scope="session")
def stocked(tiny, tmp_path_factory):
    """A data folder with the collection `staff`: Emma, four others and thirty strangers, each under a name."""
    folder = tmp_path_factory.mktemp("stocked") / "data"
    made = settings.read(
        {}, data=folder, device="cpu", threads=1, detector="tiny-yunet", embedder="tiny-face", mirror=False,
        enlarge=False, log="warning", **tiny,
    )  # fmt: skip
    with app.build(made) as parts, opened(parts, made) as house:
        for name in ("Ada", "Ben", "Cyd", "Eve"):
            qualify(house, name, app.utc_now)
        house(USER, "rekognition").create_collection(CollectionId="staff")
        enrol(house, EMMA, name="emma")
        for person in (ANNA, BRUNO, CLARA, DAVID, *STRANGERS):
            enrol(house, person)
    return folder


@pytest.fixture
def gallery(stocked, given, time):
    """The house with four reviewers on record and the collection `staff`."""
    shutil.copytree(stocked, given.data)
    with app.build(given, now=time) as parts, opened(parts, given) as house:
        yield house


# Held, reviewed, released


def test_what_two_people_confirm_is_released_when_the_search_is_asked_again(gallery):
    found, name = search(gallery)
    assert found == []
    assert name
    judge(gallery, ADA, name)
    assert search(gallery) == ([], name)
    judge(gallery, BEN, name)
    assert described(gallery, name)["Review"]["Outcome"] == "lead confirmed"
    found, waits = search(gallery)
    assert waits is None
    (face,) = gallery(USER, "rekognition").list_faces(CollectionId="staff", FaceIds=found)["Faces"]
    assert face["ExternalImageId"] == "emma"


def test_what_two_people_reject_is_not_released_and_not_reviewed_again(gallery):
    _, name = search(gallery)
    for who in (ADA, BEN):
        judge(gallery, who, name, same=[])
    assert described(gallery, name)["Review"]["Outcome"] == "no match"
    assert search(gallery) == ([], None)
    assert counted(gallery, REVIEWS) == 1
    assert name in entries(gallery, "SearchFacesByImage")[-1]["Facts"]["judged_in"]


def test_a_third_decides_where_two_disagree(gallery):
    for third, outcome in ((None, "lead confirmed"), ([], "no match")):
        _, name = search(gallery, headers=[("x-recognizance-case", outcome)])
        judge(gallery, ADA, name)
        judge(gallery, BEN, name, same=[])
        assert state(gallery, name) == "open"
        judge(gallery, CYD, name, same=third)
        assert described(gallery, name)["Review"]["Outcome"] == outcome


def test_whoever_cannot_tell_confirms_nobody(gallery):
    _, name = search(gallery)
    for who in (ADA, BEN):
        seen = look(gallery, who, name)
        given = calls(seen, unsure=[most_alike(seen)])
        gallery(who).submit_verdict(ReviewId=name, Calls=given, Reason=NOBODY)
    assert described(gallery, name)["Review"]["Outcome"] == "no match"


def test_a_search_that_finds_nobody_opens_no_review(gallery):
    found, name = search(gallery, picture=people(Sitter(777_777)), FaceMatchThreshold=99.9)
    assert (found, name) == ([], None)
    (entry,) = entries(gallery, "SearchFacesByImage")
    assert entry["Outcome"] == "answered"
    assert entry["Facts"]["candidates"] == "0"


def test_the_same_search_asked_at_once_opens_one_review(gallery):
    answers = at_once(*[lambda: search(gallery) for _ in range(4)])
    assert len({name for _, name in answers}) == 1
    assert counted(gallery, REVIEWS) == 1


def test_the_entry_of_a_held_search_has_the_review_and_counts_and_nobody(gallery):
    _, name = search(gallery, FaceMatchThreshold=80)
    (entry,) = entries(gallery, "SearchFacesByImage")
    assert entry["Outcome"] == "held"
    assert entry["Verdict"] == "hold"
    facts = entry["Facts"]
    assert (facts["review"], facts["candidates"], facts["withheld"], facts["matched"]) == (name, "1", "0", "0")
    assert json.loads(facts["matches"]) == []


def test_what_is_released_names_the_review_and_its_reviewers_in_the_record(gallery):
    _, name = search(gallery)
    confirmed(gallery, name)
    search(gallery)
    facts = entries(gallery, "SearchFacesByImage")[-1]["Facts"]
    assert json.loads(facts["reviews"]) == [name]
    assert set(json.loads(facts["reviewers"])) == {gallery.tools.seal.digest(one) for one in ("ada", "ben")}


def test_a_part_is_released_and_the_rest_waits(gallery):
    _, name = search(gallery)
    confirmed(gallery, name)
    (sister,) = enrol(gallery, Sitter(EMMA, take=2), name="her-other-picture")
    (emma,), second = search(gallery)
    assert second not in (None, name)
    confirmed(gallery, second)
    found, waits = search(gallery)
    assert (set(found), waits) == ({emma, sister}, None)


def test_five_are_reviewed_at_a_time_and_the_rest_wait_uncounted_by_nobody(gallery):
    for take in range(2, 8):
        enrol(gallery, Sitter(EMMA, take=take), name=f"take-{take}")
    _, name = search(gallery)
    facts = entries(gallery, "SearchFacesByImage")[-1]["Facts"]
    assert (facts["candidates"], facts["withheld"]) == ("7", "2")
    assert len(look(gallery, ADA, name)["Faces"]) == review.LINE_UP

    def all_alike(seen):
        probe = pixels(seen["Probe"])
        return [one["Label"] for one in seen["Faces"] if np.abs(pixels(one["Picture"]) - probe).mean() < 20]

    for who in (ADA, BEN):
        judge(gallery, who, name, same=all_alike)
    found, second = search(gallery)
    assert len(found) == 5
    assert second not in (None, name)


# The line-up


def test_a_line_up_has_the_same_faces_for_everybody_in_another_order(gallery):
    _, name = search(gallery)
    orders = {who.name: [one["Picture"] for one in look(gallery, who, name)["Faces"]] for who in (ADA, BEN, CYD, EVE)}
    assert len({frozenset(order) for order in orders.values()}) == 1
    assert len({tuple(order) for order in orders.values()}) == 4
    assert look(gallery, ADA, name)["Faces"] == look(gallery, ADA, name)["Faces"]


def test_nothing_in_a_line_up_tells_who_is_who(gallery):
    _, name = search(gallery)
    seen = body(look(gallery, ADA, name))
    assert {frozenset(one) for one in seen["Faces"]} == {frozenset({"Label", "Picture"})}
    assert set(seen) == {"ReviewId", "Probe", "Faces", "ShortLineUp", "Reviewer", "Sentence"}
    assert seen["Reviewer"] == "Ada"
    assert len(seen["Faces"]) == review.LINE_UP
    shown = [Image.open(io.BytesIO(one["Picture"])) for one in [*seen["Faces"], {"Picture": seen["Probe"]}]]
    assert {(one.size, one.format, str(sorted(one.info))) for one in shown} == {
        ((224, 224), "JPEG", str(sorted(shown[0].info)))
    }
    assert b"emma" not in b"".join(one["Picture"] for one in seen["Faces"])


def test_those_beside_a_candidate_are_other_people_whom_the_model_takes_for_others(gallery):
    enrol(gallery, EMMAS_SISTER, name="sister")
    enrol(gallery, Sitter(ANNA, take=1), name="anna-again")
    enrol(gallery, Sitter(EMMA, take=5), name="emma")
    search(gallery, FaceMatchThreshold=99.9, MaxFaces=1)
    with gallery.database.read() as reader:
        (found,) = review.listed(
            reader, ACCOUNT, after="", limit=9, state=None, rules=gallery.tools.reviewing, now=gallery.tools.now()
        )
        members = review.members(reader, found)
    listed = gallery(USER, "rekognition").list_faces(CollectionId="staff")["Faces"]
    named = {one["FaceId"]: one["ExternalImageId"] for one in listed}
    rows = gallery.database.rows(select(REVIEW_FACES.c.face))
    assert len(members) == len(rows) == review.LINE_UP
    ids = {row["number"]: row["face_id"] for row in gallery.database.rows(select(FACES.c.number, FACES.c.face_id))}
    others = [named[ids[one.face]] for one in members if not one.candidate]
    assert not {"emma", "sister"} & set(others)
    assert len({one.removesuffix("-again") for one in others}) == len(others)


def test_a_short_line_up_needs_three_who_agree(qualified):
    qualified(USER, "rekognition").create_collection(CollectionId="staff")
    for person in (EMMA, ANNA, BRUNO):
        enrol(qualified, person)
    _, name = search(qualified)
    seen = look(qualified, ADA, name)
    assert seen["ShortLineUp"]
    assert len(seen["Faces"]) == 3
    assert "three reviewers" in seen["Sentence"]
    confirmed(qualified, name, ADA, BEN)
    assert state(qualified, name) == "open"
    judge(qualified, CYD, name)
    assert described(qualified, name)["Review"]["Outcome"] == "lead confirmed"


def test_a_short_line_up_is_no_match_where_one_of_three_doubts(qualified):
    qualified(USER, "rekognition").create_collection(CollectionId="staff")
    for person in (EMMA, ANNA):
        enrol(qualified, person)
    _, name = search(qualified)
    confirmed(qualified, name, ADA, BEN)
    judge(qualified, CYD, name, same=[])
    assert described(qualified, name)["Review"]["Outcome"] == "no match"


def test_a_face_without_a_picture_stays_withheld_and_the_review_says_so(gallery):
    face = face_number(gallery, "emma")
    with gallery.database.write() as tx:  # a face that was restored, or enrolled before pictures were kept, has none
        tx.run(delete(CROPS).where(CROPS.c.number == face))
    found, name = search(gallery)
    assert found == []
    assert described(gallery, name)["Review"]["Outcome"] == "no picture"
    assert described(gallery, name)["Review"]["Unseen"] == 1
    assert search(gallery) == ([], name)
    assert counted(gallery, REVIEWS) == 1
    enrol(gallery, EMMA, name="emma")  # the same picture: now there is one
    _, second = search(gallery)
    assert state(gallery, second) == "open"


def face_number(house, name):
    rows = house.database.rows(select(FACES.c.number).where(FACES.c.external_id == name))
    return rows[0]["number"]


# Blind


def test_nobody_learns_what_another_said_or_whether_anybody_did(gallery):
    _, name = search(gallery)
    looks = [look(gallery, BEN, name)]
    before = [described(gallery, name, BEN), listing(gallery, BEN), body(looks[0])]
    judge(gallery, ADA, name)
    after = [described(gallery, name, BEN), listing(gallery, BEN), body(look(gallery, BEN, name))]
    assert before == after
    assert not {"Verdicts", "Confirmed", "Rejected", "Candidates", "Seeded"} & set(after[0])
    first = body(judge(gallery, CYD, name, same=[]))
    second = body(judge(gallery, BEN, name))  # the last: the review is closed by it
    assert first == second


def listing(house, who, **more):
    return [one for page in paged(house(who).list_reviews, **more) for one in page["Reviews"]]


def test_the_record_holds_a_commitment_that_is_opened_when_the_review_is_closed(gallery):
    _, name = search(gallery)
    judge(gallery, ADA, name)
    facts = entries(gallery, "SubmitVerdict")[0]["Facts"]
    assert set(facts) - {"clock"} == {
        "review",
        "reviewer",
        "commitment",
    }  # which it says when the machine's is set back
    judge(gallery, BEN, name)
    last = entries(gallery, "SubmitVerdict")[1]["Facts"]
    opened_ = json.loads(last["opened"])
    assert hashlib.sha256(opened_[0].encode()).hexdigest() == facts["commitment"]
    assert hashlib.sha256(opened_[1].encode()).hexdigest() == last["commitment"]
    assert (last["outcome"], last["confirmed"]) == ("lead confirmed", "1")
    said = described(gallery, name)["Verdicts"]
    assert [one["Opening"] for one in said] == opened_
    assert [one["Commitment"] for one in said] == [facts["commitment"], last["commitment"]]
    assert WHY in said[0]["Reasons"].values()
    assert not any(WHY in json.dumps(one["Facts"]) for one in entries(gallery, "SubmitVerdict"))


def test_errors_are_the_same_whether_anybody_has_judged(gallery):
    _, name = search(gallery)
    seen = look(gallery, BEN, name)
    wrong = {"ReviewId": name, "Calls": calls(seen)[1:], "Reason": NOBODY}
    before = refusal(gallery(BEN).submit_verdict, **wrong)
    judge(gallery, ADA, name)
    assert refusal(gallery(BEN).submit_verdict, **wrong) == before


def test_measures_of_a_reviewer_leave_out_what_is_open(gallery):
    _, name = search(gallery)
    before = body(gallery(GOVERNOR).list_reviewers())
    judge(gallery, ADA, name, same=other)
    assert body(gallery(GOVERNOR).list_reviewers()) == before


# Who may judge


@pytest.mark.parametrize(
    ("who", "says"),
    [
        (SAM, "does not review what it found"),
        (SAMS_OTHER, "does not review what it found"),
        (SAMS_SESSION, "has to name the person"),
        (NOBODYS, "has to name the person"),
        (USER, "role reviewer"),
        (GOVERNOR, "role reviewer"),
    ],
    ids=lambda one: getattr(one, "name", ""),
)
def test_whoever_may_not_judge_sees_no_line_up_and_gives_no_verdict(gallery, who, says, time):
    qualify(gallery, "Sam Spade", time)
    _, name = search(gallery)
    labels = [{"Label": "A", "Call": "different"}]
    for ask, request in (
        (gallery(who).get_line_up, {"ReviewId": name}),
        (gallery(who).submit_verdict, {"ReviewId": name, "Calls": labels, "Reason": NOBODY}),
    ):
        denied, message = refusal(ask, **request)
        assert denied == "AccessDeniedException"
        assert says in message


def test_a_session_of_the_searcher_that_names_another_person_is_the_searchers(gallery, given):
    session = holder("evesession", "reviewer", kind=Kind.SESSION, issuer=SAM.access_key_id, person="Eve")
    keys = {one.access_key_id: one for one in (*EVERYBODY, session)}
    door = wire.endpoint(
        gallery.parts.service,
        lambda name, token=None: keys.get(name),
        given,
        app.utc_now,
        gallery.tools.new_id,
        gallery.parts.health,
        workers=1,
    )
    _, name = search(gallery)
    gallery.servers["door"], kept = door, gallery.servers["door"]
    try:
        assert "does not review" in refusal(gallery(session).get_line_up, ReviewId=name)[1]
    finally:
        gallery.servers["door"] = kept
        door.close()


def test_whoever_asks_the_same_search_while_it_is_reviewed_does_not_review_it_either(gallery, time):
    _, name = search(gallery)
    assert search(gallery, BEN_SEARCHES) == ([], name)
    look(gallery, ADA, name)
    assert "does not review what it found" in refusal(gallery(BEN).get_line_up, ReviewId=name)[1]
    time.passes(days=31)
    _, second = search(gallery)
    qualify(gallery, "Ben", time)
    assert second != name
    assert "does not review what it found" in refusal(gallery(BEN).get_line_up, ReviewId=second)[1]


def test_two_keys_of_one_person_are_one_reviewer(gallery):
    _, name = search(gallery)
    judge(gallery, ADA, name)
    seen = look(gallery, ADAS_OTHER, name)
    again, message = refusal(gallery(ADAS_OTHER).submit_verdict, ReviewId=name, Calls=calls(seen), Reason=NOBODY)
    assert again == "ConflictException"
    assert "It stands" in message
    assert state(gallery, name) == "open"


def test_a_verdict_is_given_once(gallery):
    _, name = search(gallery)
    judge(gallery, ADA, name)
    seen = look(gallery, ADA, name)
    assert code(gallery(ADA).submit_verdict, ReviewId=name, Calls=calls(seen), Reason=NOBODY) == "ConflictException"


def keep_key(house, who, *, made_by="root", **more):
    """Keep the row of a key that the house lets in, as CreateKey would have."""
    row = {"id": who.access_key_id, "account": ACCOUNT, "line": who.access_key_id, "name": "a", "person": who.person}
    row |= {"roles": sorted(who.roles), "secret": b"", "made_by": made_by, "created_at": house.tools.now()}
    with house.database.write() as tx:
        tx.run(ACCESS_KEYS.insert().values(**row | more))


def change_key(house, who, **more):
    with house.database.write() as tx:
        tx.run(ACCESS_KEYS.update().where(ACCESS_KEYS.c.id == who.access_key_id).values(**more))


def set_aside(house):
    facts = entries(house, "SubmitVerdict")[-1]["Facts"]
    return [one.split()[-1] for one in json.loads(facts.get("set_aside", "[]"))]


def test_keys_of_one_line_are_one_reviewer_whatever_they_name(gallery):
    keep_key(gallery, ADA)
    keep_key(gallery, BEN, line=ADA.access_key_id)
    _, name = search(gallery)
    judge(gallery, ADA, name)
    seen = look(gallery, BEN, name)
    again, message = refusal(gallery(BEN).submit_verdict, ReviewId=name, Calls=calls(seen), Reason=NOBODY)
    assert (again, "It stands" in message) == ("ConflictException", True)


def test_reviewers_whose_keys_one_person_made_count_as_one(gallery):
    keep_key(gallery, GOVERNOR)
    for who in (ADA, BEN):
        keep_key(gallery, who, made_by=GOVERNOR.access_key_id)
    _, name = search(gallery)
    judge(gallery, ADA, name)
    told = body(judge(gallery, BEN, name))
    assert state(gallery, name) == "open"
    assert set_aside(gallery) == ["hand"]
    assert body(judge(gallery, CYD, name)) == told
    review_ = described(gallery, name)
    assert review_["Review"]["Outcome"] == "lead confirmed"
    assert json.loads(entries(gallery, "SubmitVerdict")[-1]["Facts"]["uncounted"]) == []  # nobody made an error
    assert {one["Person"]: one["Counts"] for one in review_["Verdicts"]} == {"Ada": True, "Ben": False, "Cyd": True}
    search(gallery)
    released = json.loads(entries(gallery, "SearchFacesByImage")[-1]["Facts"]["reviewers"])
    assert sorted(released) == sorted(gallery.tools.seal.digest(one) for one in ("ada", "cyd"))


def revoke(house, time):
    change_key(house, ADA, revoked_at=time(), revoked_why="bribed")


def expire(house, time):
    change_key(house, ADA, expires_at=time())


def rename(house, time):
    change_key(house, ADA, person="Zoe")


def demote(house, time):
    change_key(house, ADA, roles=["reader"])


def disqualify(house, time):
    qualify(house, "Ada", time, seconds=-1)


@pytest.mark.parametrize(
    ("befalls", "why"),
    [(revoke, "key"), (expire, "key"), (rename, "key"), (demote, "key"), (disqualify, "qualification")],
)
def test_a_verdict_counts_only_if_its_reviewer_is_still_good_when_the_review_closes(gallery, time, befalls, why):
    keep_key(gallery, ADA)
    _, name = search(gallery)
    judge(gallery, ADA, name)
    befalls(gallery, time)
    judge(gallery, BEN, name)
    assert set_aside(gallery) == [why]
    assert search(gallery) == ([], name)
    judge(gallery, CYD, name)
    assert {one["Person"]: one["Counts"] for one in described(gallery, name)["Verdicts"]} == {
        "Ada": False, "Ben": True, "Cyd": True
    }  # fmt: skip
    assert len(search(gallery)[0]) == 1


def test_a_verdict_goes_on_counting_when_its_key_is_rotated(gallery, time):
    keep_key(gallery, ADA)
    keep_key(gallery, ADAS_OTHER, line=ADA.access_key_id)
    _, name = search(gallery)
    judge(gallery, ADA, name)
    change_key(gallery, ADA, rotated_at=time(), expires_at=time())
    judge(gallery, BEN, name)
    assert (set_aside(gallery), state(gallery, name)) == ([], "closed")


def test_whoever_asks_the_same_search_after_they_judged_does_not_count(gallery):
    _, name = search(gallery)
    judge(gallery, BEN, name)
    assert search(gallery, BEN_SEARCHES) == ([], name)
    judge(gallery, ADA, name)
    assert (set_aside(gallery), state(gallery, name)) == (["searched"], "open")


@pytest.mark.parametrize("ask", ["get_line_up", "describe_review", "submit_verdict"])
def test_a_review_that_is_not_there_is_not_in_the_record(gallery, ask):
    more = {"Calls": [{"Label": "A", "Call": "different"}]} if ask == "submit_verdict" else {}
    assert code(getattr(gallery(ADA), ask), ReviewId="Jane-Doe", **more) == "ResourceNotFoundException"
    kept = gallery(GOVERNOR).list_ledger_entries()["Entries"]
    assert "Jane" not in json.dumps(kept, default=str)


def test_nobody_judges_without_a_qualification_or_after_it_ended(gallery, time):
    _, name = search(gallery)
    qualify(gallery, "Ada", time, seconds=-1)
    denied, message = refusal(gallery(ADA).get_line_up, ReviewId=name)
    assert (denied, "ended on" in message) == ("AccessDeniedException", True)
    seen = look(gallery, BEN, name)
    time.passes(days=366)
    given = {"ReviewId": name, "Calls": calls(seen), "Reason": NOBODY}
    assert code(gallery(BEN).submit_verdict, **given) == "AccessDeniedException"
    qualify(gallery, "Ada", time)
    assert code(gallery(ADA).get_line_up, ReviewId=name) == "ConflictException"  # it has expired meanwhile


def test_nobody_qualifies_themselves(open_house, time):
    until = time() + timedelta(days=9)
    denied = refusal(open_house(GOVERNOR).qualify_reviewer, Person=" GUS ", Until=until, Evidence="myself")
    assert denied[0] == "AccessDeniedException"
    assert code(open_house(GOVERNOR).qualify_reviewer, Person="  ", Until=until, Evidence="nothing") == (
        "InvalidParameterException"
    )
    assert code(
        open_house(GOVERNOR).qualify_reviewer, Person="Ada", Until=time() + timedelta(days=4000), Evidence="for ever"
    ) == ("InvalidParameterException")


def test_another_account_knows_no_review(gallery):
    _, name = search(gallery)
    for ask in (gallery(STRANGER).get_line_up, gallery(STRANGER).describe_review):
        assert code(ask, ReviewId=name) == "ResourceNotFoundException"
    assert listing(gallery, STRANGER) == []


def test_a_closed_review_takes_no_verdict(gallery):
    _, name = search(gallery)
    seen = look(gallery, CYD, name)
    confirmed(gallery, name)
    given = {"ReviewId": name, "Calls": calls(seen), "Reason": NOBODY}
    assert code(gallery(CYD).submit_verdict, **given) == "ConflictException"


def test_a_verdict_calls_every_face_once_and_says_why(gallery):
    _, name = search(gallery)
    submit = gallery(ADA).submit_verdict
    unseen = {"ReviewId": name, "Calls": [{"Label": one, "Call": "different"} for one in "ABCDEFGHIJ"]}
    assert "Look at the line-up first" in refusal(submit, **unseen, Reason=NOBODY)[1]
    seen = look(gallery, ADA, name)
    whole, letter = calls(seen), seen["Faces"][0]["Label"]
    for given, says in (
        ({"Calls": whole[1:], "Reason": NOBODY}, "missing"),
        ({"Calls": [*whole, {"Label": "Z", "Call": "same", "Reason": WHY}]}, "there is no Z"),
        ({"Calls": [*whole, whole[0]], "Reason": NOBODY}, "once"),
        ({"Calls": whole}, "for calling nobody the same"),
        ({"Calls": whole, "Reason": "   too   short      "}, "at least 20"),
        ({"Calls": [{**one, "Call": "same"} if one["Label"] == letter else one for one in whole]}, f"calling {letter}"),
    ):
        wrong, message = refusal(submit, ReviewId=name, **given)
        assert (wrong, says in message) == ("InvalidParameterException", True), message
    assert state(gallery, name) == "open"
    assert counted(gallery, VERDICTS) == 0


def test_whoever_calls_somebody_the_same_who_cannot_be_does_not_count(gallery, time):
    _, name = search(gallery)
    judge(gallery, EVE, name, same=other)
    time.passes(seconds=1)
    judge(gallery, ADA, name)
    assert state(gallery, name) == "open"
    judge(gallery, BEN, name)
    told = described(gallery, name)
    assert told["Review"]["Outcome"] == "lead confirmed"
    assert [one["Counts"] for one in told["Verdicts"]] == [False, True, True]
    measured = {one["Person"]: one for one in gallery(GOVERNOR).list_reviewers()["Reviewers"]}
    assert (measured["Eve"]["OthersFalse"], measured["Ada"]["OthersFalse"]) == (1, 0)
    assert (measured["Eve"]["AgreementRate"], measured["Ada"]["AgreementRate"]) == (0.0, 1.0)


# Ways round


def test_no_threshold_number_or_region_gets_a_candidate_out(gallery):
    _, name = search(gallery)
    for more in (
        {"FaceMatchThreshold": 0.0},
        {"FaceMatchThreshold": 99.99},
        {"MaxFaces": 1},
        {"MaxFaces": 4096, "QualityFilter": "NONE"},
        {"region": "us-east-1"},
    ):
        found, waits = search(gallery, **more)
        assert found == []
        assert waits == name or more == {"FaceMatchThreshold": 99.99}  # nobody is so similar


def test_searching_for_users_holds_too(gallery):
    client = gallery(USER, "rekognition")
    client.create_user(CollectionId="staff", UserId="emma")
    emma = face_id(gallery, "emma")
    client.associate_faces(CollectionId="staff", UserId="emma", FaceIds=[emma])
    sam = gallery(SAM, "rekognition")
    answer = sam.search_users_by_image(CollectionId="staff", Image={"Bytes": PROBE})
    assert answer["UserMatches"] == []
    name = review_of(answer)
    confirmed(gallery, name)
    again = sam.search_users_by_image(CollectionId="staff", Image={"Bytes": PROBE})
    assert [one["User"]["UserId"] for one in again["UserMatches"]] == ["emma"]
    client.disassociate_faces(CollectionId="staff", UserId="emma", FaceIds=[emma])
    (another,) = enrol(gallery, Sitter(EMMA, take=3), name="emma-3")
    client.associate_faces(CollectionId="staff", UserId="emma", FaceIds=[another])
    third = sam.search_users_by_image(CollectionId="staff", Image={"Bytes": PROBE})
    assert third["UserMatches"] == []  # nobody has looked at that face
    assert review_of(third) not in (None, name)


def face_id(house, name):
    faces = house(USER, "rekognition").list_faces(CollectionId="staff")["Faces"]
    return next(one["FaceId"] for one in faces if one.get("ExternalImageId") == name)


def test_enrolling_the_probe_and_searching_with_its_face_holds_too(gallery):
    sam = gallery(SAM, "rekognition")
    (probe,) = enrol(gallery, Sitter(EMMA, take=1), name="sams-probe", who=SAM)
    for answer in (
        sam.search_faces(CollectionId="staff", FaceId=probe),
        sam.search_faces(CollectionId="staff", FaceId=probe, FaceMatchThreshold=1.0),
    ):
        assert answer["FaceMatches"] == []
        assert review_of(answer)
    told = body(gallery(ADA).get_line_up(ReviewId=review_of(answer)))
    assert len(told["Faces"]) == review.LINE_UP
    assert sam.search_users(CollectionId="staff", FaceId=probe)["UserMatches"] == []
    sam.create_user(CollectionId="staff", UserId="probe")
    sam.associate_faces(CollectionId="staff", UserId="probe", FaceIds=[probe])
    sam.create_user(CollectionId="staff", UserId="emma")
    sam.associate_faces(CollectionId="staff", UserId="emma", FaceIds=[face_id(gallery, "emma")])
    by_user = sam.search_users(CollectionId="staff", UserId="probe")
    assert by_user["UserMatches"] == []
    judge(gallery, ADA, review_of(by_user))


def test_comparing_a_gallery_with_itself_cannot_be_reviewed_and_is_refused(gallery):
    denied, message = refusal(gallery(SAM).find_duplicates, CollectionId="staff", FaceMatchThreshold=1.0)
    assert denied == "AccessDeniedException"
    assert "cannot be reviewed" in message


def test_lists_tell_nothing_of_what_was_found(gallery):
    client = gallery(SAM, "rekognition")
    before = body(client.list_faces(CollectionId="staff")), body(client.list_users(CollectionId="staff"))
    _, name = search(gallery)
    judge(gallery, ADA, name)
    assert (body(client.list_faces(CollectionId="staff")), body(client.list_users(CollectionId="staff"))) == before


def stated(case="17", **more):
    return [(f"x-recognizance-{name}", value) for name, value in {"case": case, **more}.items()]


def test_another_purpose_is_the_same_search(gallery):
    _, name = search(gallery, headers=stated(purpose="homicide"))
    for who in (ADA, BEN):
        judge(gallery, who, name, same=[])
    assert search(gallery, headers=stated(purpose="robbery")) == ([], None)


def test_how_often_somebody_was_rejected_in_a_case_is_told_when_they_are_reviewed_for_another_picture(gallery):
    _, first = search(gallery, headers=stated())
    assert entries(gallery, "SearchFacesByImage")[-1]["Facts"]["rejected_before"] == "0"
    for who in (ADA, BEN):
        judge(gallery, who, first, same=[])
    _, second = search(gallery, picture=people(Sitter(EMMA, take=2)), headers=stated())
    assert entries(gallery, "SearchFacesByImage")[-1]["Facts"]["rejected_before"] == "1"

    def listed(who):
        return {one["ReviewId"]: one.get("RejectedBefore") for one in gallery(who).list_reviews()["Reviews"]}

    assert listed(ADA) == {first: 0, second: None}
    assert "RejectedBefore" not in str(described(gallery, second))
    assert listed(GOVERNOR) == {first: 0, second: 1}
    confirmed(gallery, second)
    told = described(gallery, second)
    assert (told["RejectedBefore"], told["Review"]["RejectedBefore"]) == ([1], 1)
    facts = entries(gallery, "SubmitVerdict")[-1]["Facts"]
    (lead,) = json.loads(facts["leads"])
    assert json.loads(facts["rejected_before"]) == [f"{lead} 1"]
    _, elsewhere = search(gallery, picture=people(Sitter(EMMA, take=3)), headers=stated(case="18"))
    assert listed(GOVERNOR)[elsewhere] == 0


def test_another_case_or_account_is_another_search(gallery):
    _, first = search(gallery)
    confirmed(gallery, first)
    found, second = search(gallery, headers=[("x-recognizance-case", "17")])
    assert found == []
    assert second not in (None, first)


def test_a_floor_is_kept_under_a_hold(parts, given, time):
    with opened(parts, given, policy=HoldsSearches(floor=99.0)) as house:
        qualify(house, "Ada", time)
        house(USER, "rekognition").create_collection(CollectionId="staff")
        enrol(house, EMMAS_SISTER, name="sister")
        assert search(house, picture=people(EMMA), FaceMatchThreshold=1.0) == ([], None)


# Seeded


def test_every_so_many_reviews_one_is_seeded_and_looks_like_any_other(gallery):
    house = House(replace(gallery.parts), gallery.servers)
    rules = replace(house.tools.reviewing, seed_every=2)
    service = Service(replace(house.tools, reviewing=rules))
    object.__setattr__(gallery.servers["door"], "service", service)
    names = [search(gallery, headers=[("x-recognizance-case", str(number))])[1] for number in range(4)]
    assert counted(gallery, REVIEWS) == 6
    seeded = {one["ReviewId"] for one in listing(gallery, ADA)} - set(names)
    assert len(seeded) == 2
    shapes = {(*sorted(one), one["OpenedOn"], one["ExpiresOn"]) for one in listing(gallery, ADA)}
    assert len(shapes) == 1
    for name in seeded:
        assert "does not review" in refusal(gallery(SAM).get_line_up, ReviewId=name)[1]
        judge(gallery, ADA, name, same=[])
        judge(gallery, EVE, name)
        told = described(gallery, name)
        assert (told["Review"]["Outcome"], told["Seeded"]) == ("no match", True)
    measured = {one["Person"]: one for one in gallery(GOVERNOR).list_reviewers()["Reviewers"]}
    assert (measured["Ada"]["SeededSeen"], measured["Ada"]["SeededFalse"]) == (2, 0)
    assert (measured["Eve"]["SeededSeen"], measured["Eve"]["SeededFalse"]) == (2, 2)


def test_a_seeded_review_releases_nothing_and_names_itself_nowhere(gallery):
    name = gallery(GOVERNOR).seed_review(CollectionId="staff")["ReviewId"]
    (entry,) = entries(gallery, "SeedReview")
    assert name not in json.dumps(entry["Facts"])
    assert set(described(gallery, name)["Review"]) == set(described(gallery, search(gallery)[1])["Review"])
    seen = look(gallery, ADA, name)
    assert len(seen["Faces"]) >= review.LEAST_OTHERS
    assert seen["Probe"] not in [one["Picture"] for one in seen["Faces"]]


def test_a_gallery_without_enough_others_cannot_be_seeded(qualified):
    qualified(USER, "rekognition").create_collection(CollectionId="staff")
    enrol(qualified, EMMA)
    wrong, message = refusal(qualified(GOVERNOR).seed_review, CollectionId="staff")
    assert (wrong, "too few" in message) == ("InvalidParameterException", True)


def test_measures_count_seconds_from_the_first_look(gallery, time):
    _, name = search(gallery)
    for who, seconds in ((ADA, 30), (BEN, 90)):
        look(gallery, who, name)
        time.passes(seconds=seconds)
        judge(gallery, who, name)
    measured = {one["Person"]: one for one in gallery(GOVERNOR).list_reviewers()["Reviewers"]}
    assert [measured[one]["MedianSeconds"] for one in ("Ada", "Ben")] == [30, 90]
    assert measured["Cyd"]["Verdicts"] == 0


# Forgotten, expired, sealed


def test_a_candidate_who_is_deleted_leaves_the_review(gallery):
    _, name = search(gallery)
    seen = look(gallery, ADA, name)
    gallery(USER, "rekognition").delete_faces(CollectionId="staff", FaceIds=[face_id(gallery, "emma")])
    assert state(gallery, name) == "withdrawn"
    assert counted(gallery, REVIEW_PROBES) == 0
    given = {"ReviewId": name, "Calls": calls(seen), "Reason": NOBODY}
    assert code(gallery(ADA).submit_verdict, **given) == "ConflictException"
    assert search(gallery) == ([], None)


def test_somebody_else_who_is_deleted_leaves_a_gap_and_what_was_said_of_them_is_passed_over(gallery):
    _, name = search(gallery)
    seen = look(gallery, ADA, name)
    gone = next(
        row["face"]
        for row in gallery.database.rows(select(REVIEW_FACES.c.face).where(REVIEW_FACES.c.candidate.is_(False)))
    )
    (row,) = gallery.database.rows(select(FACES.c.face_id).where(FACES.c.number == gone))
    gallery(USER, "rekognition").delete_faces(CollectionId="staff", FaceIds=[row["face_id"]])
    left = look(gallery, ADA, name)
    before = {one["Label"]: one["Picture"] for one in seen["Faces"]}
    assert all(before[one["Label"]] == one["Picture"] for one in left["Faces"])
    assert len(left["Faces"]) == review.LINE_UP - 1
    gallery(ADA).submit_verdict(ReviewId=name, Calls=calls(seen, [most_alike(seen)]))  # as it was seen at first
    judge(gallery, BEN, name)
    assert described(gallery, name)["Review"]["Outcome"] == "lead confirmed"


def test_a_face_that_was_searched_with_and_is_deleted_withdraws_its_review(gallery):
    (probe,) = enrol(gallery, Sitter(EMMA, take=1), name="probe")
    sam = gallery(SAM, "rekognition")
    name = review_of(sam.search_faces(CollectionId="staff", FaceId=probe))
    gallery(USER, "rekognition").delete_faces(CollectionId="staff", FaceIds=[probe])
    assert state(gallery, name) == "withdrawn"
    assert counted(gallery, REVIEW_PROBES) == 0


def test_a_collection_that_is_removed_takes_its_pictures_and_their_key_and_withdraws_its_reviews(gallery):
    _, name = search(gallery)
    assert counted(gallery, CROPS) == 35
    gallery(USER, "rekognition").delete_collection(CollectionId="staff")
    assert state(gallery, name) == "withdrawn"
    assert [counted(gallery, table) for table in (CROP_KEYS, CROPS, REVIEW_PROBES, REVIEW_FACES)] == [0, 0, 0, 0]
    assert counted(gallery, COLLECTIONS) == 0


def test_a_review_expires_and_the_search_may_be_reviewed_anew(gallery, time):
    _, name = search(gallery)
    time.passes(days=31)
    assert state(gallery, name) == "expired"
    assert code(gallery(ADA).get_line_up, ReviewId=name) == "ConflictException"
    _, second = search(gallery)
    assert second not in (None, name)
    assert [one["ReviewId"] for one in listing(gallery, ADA, State="expired")] == [name]
    assert [one["ReviewId"] for one in listing(gallery, ADA, State="open")] == [second]


def test_pictures_that_were_searched_with_are_destroyed_a_term_after_the_review(gallery, time):
    _, name = search(gallery)
    confirmed(gallery, name)
    assert counted(gallery, REVIEW_PROBES) == 1
    assert gallery.parts.service.due() == []
    time.passes(days=31)
    ((request, operation, caller),) = gallery.parts.service.due()
    assert (operation, caller.kind) == ("TidyReviews", Kind.SERVER)
    gallery.parts.service.call(operation, request, caller, "r-1")
    assert counted(gallery, REVIEW_PROBES) == 0
    assert gallery.parts.service.due() == []
    assert len(search(gallery)[0]) == 1  # what was confirmed stays confirmed


def test_tidying_by_hand_says_what_it_did(gallery, time):
    search(gallery)
    time.passes(days=31)
    told = body(gallery(GOVERNOR).tidy_reviews())
    assert told == {"Expired": 1, "PicturesDestroyed": 1, "More": False}


def test_what_was_found_under_an_authorisation_that_is_refused_is_sealed(gallery):
    house = gallery(GOVERNOR)
    told = house.open_authorisation(Case="17", Basis="a robbery", Authority="the district court")
    granted = next(value for key, value in flat(told) if key == "AuthorisationId")
    headers = [("x-recognizance-authorisation", granted), ("x-recognizance-case", "17")]
    _, name = search(gallery, headers=headers)
    confirmed(gallery, name)
    assert len(search(gallery, headers=headers)[0]) == 1
    gallery(JUDGE).decide_authorisation(AuthorisationId=granted, Decision="refused", Reference="order 5")
    assert state(gallery, name) == "sealed"
    assert counted(gallery, REVIEW_PROBES) == 0
    assert search(gallery, headers=headers) == ([], None)
    facts = entries(gallery, "DecideAuthorisation")[-1]["Facts"]
    assert (facts["sealed"], facts["pictures_destroyed"]) == ("1", "1")


def leave(house, case="17"):
    told = house(GOVERNOR).open_authorisation(Case=case, Basis="a robbery", Authority="the district court")
    return next(value for key, value in flat(told) if key == "AuthorisationId")


def test_what_was_confirmed_under_an_authorisation_that_lapsed_is_reviewed_anew_before_it_is_sealed(gallery, time):
    _, name = search(gallery, headers=stated(authorisation=leave(gallery)))
    confirmed(gallery, name)
    time.passes(hours=49)
    other_ = leave(gallery)
    gallery(JUDGE).decide_authorisation(AuthorisationId=other_, Decision="granted", Reference="order 6")
    found, anew = search(gallery, headers=stated(authorisation=other_))
    assert (found, state(gallery, name)) == ([], "closed")
    assert anew not in (None, name)
    confirmed(gallery, anew)
    assert len(search(gallery, headers=stated(authorisation=other_))[0]) == 1


def test_a_review_under_an_authorisation_that_lapsed_is_not_looked_at_before_it_is_sealed(gallery, time):
    _, name = search(gallery, headers=stated(authorisation=leave(gallery)))
    look(gallery, ADA, name)
    time.passes(hours=49)
    again, message = refusal(gallery(ADA).get_line_up, ReviewId=name)
    assert (again, "It is sealed" in message) == ("ConflictException", True)
    other_ = leave(gallery)
    gallery(JUDGE).decide_authorisation(AuthorisationId=other_, Decision="granted", Reference="order 6")
    assert search(gallery, headers=stated(authorisation=other_))[1] not in (None, name)
    assert state(gallery, name) == "sealed"


def test_who_was_rejected_stays_so_though_the_authorisation_lapsed(gallery, time):
    _, name = search(gallery, headers=stated(authorisation=leave(gallery)))
    for who in (ADA, BEN):
        judge(gallery, who, name, same=[])
    time.passes(hours=49)
    other_ = leave(gallery)
    gallery(JUDGE).decide_authorisation(AuthorisationId=other_, Decision="granted", Reference="order 6")
    assert search(gallery, headers=stated(authorisation=other_)) == ([], None)


def test_a_search_admitted_before_its_authorisation_was_refused_opens_no_review_after(gallery):
    refused_ = leave(gallery)
    gallery(JUDGE).decide_authorisation(AuthorisationId=refused_, Decision="refused", Reference="order 5")
    assert search(gallery, headers=stated(authorisation=refused_)) == ([], None)
    assert counted(gallery, REVIEWS) == 0
    assert entries(gallery, "SearchFacesByImage")[-1]["Facts"]["authorisation_lost"] == "true"


def flat(told):
    for key, value in told.items():
        if isinstance(value, dict):
            yield from flat(value)
        else:
            yield key, value


# Pictures


def test_no_picture_is_kept_where_no_policy_can_hold(rekognition, parts, staff, enrol):
    enrol(EMMA)
    assert parts.database.rows(select(CROPS)) == []


def test_a_collections_tag_keeps_pictures_under_any_policy(rekognition, parts):
    rekognition.create_collection(CollectionId="kept", Tags={"recognizance:keep-crops": "yes"})
    rekognition.create_collection(CollectionId="not", Tags={"recognizance:keep-crops": "no"})
    for name in ("kept", "not"):
        rekognition.index_faces(CollectionId=name, Image={"Bytes": people(EMMA)}, QualityFilter="NONE")
    assert len(parts.database.rows(select(CROPS))) == 1


def test_pictures_are_sealed_on_disk_and_go_with_their_faces(gallery, given):
    with gallery.database.read() as reader:
        kept = vault.crops(reader, gallery.tools.vault, 1, [1])
    assert kept[1].startswith(b"\xff\xd8\xff")
    everything = b"".join(path.read_bytes() for path in given.data.glob("recognizance.db*"))
    assert b"\xff\xd8\xff\xe0" not in everything
    assert b"JFIF" not in everything
    gallery(USER, "rekognition").delete_faces(CollectionId="staff", FaceIds=[face_id(gallery, "emma")])
    with gallery.database.read() as reader:
        assert vault.pictured(reader, 1, [1]) == set()


# The pack for the police, whole


def test_the_law_enforcement_pack_binds_a_search_from_its_case_to_its_release(stocked, given, time):
    shutil.copytree(stocked, given.data)
    with app.build(given, now=time) as parts:
        pack = policy.load("law-enforcement", OPERATIONS)
        with opened(parts, given, policy=pack) as house:
            told = house(GOVERNOR).open_authorisation(Case="17", Basis="a robbery", Authority="the district court")
            leave = next(value for key, value in flat(told) if key == "AuthorisationId")
            headers = [
                ("x-recognizance-purpose", "robbery"),
                ("x-recognizance-case", "17"),
                ("x-recognizance-authorisation", leave),
                ("x-recognizance-probe", "kind=photo; source=camera 3; edits=none"),
            ]
            assert code(house(SAM_SEARCHES, "rekognition").search_faces_by_image, CollectionId="staff",
                        Image={"Bytes": PROBE}) == "AccessDeniedException"  # fmt: skip
            found, name = search(house, SAM_SEARCHES, headers=headers, FaceMatchThreshold=1.0)
            assert (found, bool(name)) == ([], True)
            assert code(house(SAM_SEARCHES).list_reviews) == "AccessDeniedException"
            auditor = house(AUDITOR)
            assert [one["RejectedBefore"] for one in auditor.list_reviews()["Reviews"]] == [0]
            assert code(auditor.describe_review, ReviewId=name) == "AccessDeniedException"
            for who in (ADA, BEN):
                judge(house, who, name)
                assert code(house(who).list_ledger_entries) == "AccessDeniedException"
            found, waits = search(house, SAM_SEARCHES, headers=headers)
            assert (len(found), waits) == (1, None)
            house(JUDGE).decide_authorisation(AuthorisationId=leave, Decision="refused", Reference="order 5")
            denied, message = refused(house, headers)
            assert (denied, "refused or has lapsed" in message) == ("AccessDeniedException", True)
            assert counted(house, REVIEW_PROBES) == 0


def refused(house, headers):
    client = house(SAM_SEARCHES, "rekognition")
    with stating(client, headers):
        return refusal(client.search_faces_by_image, CollectionId="staff", Image={"Bytes": PROBE})


# Several at once, on both databases


@pytest.fixture(params=["sqlite", "postgresql"])
def either(request, given, time, tmp_path):
    """The house with its gallery, on a database of each kind."""
    with (
        _url(request.param) as url,
        app.build(replace(given, database=url), now=time) as parts,
        opened(parts, given) as house,
    ):
        for name in ("Ada", "Ben", "Cyd", "Eve"):
            qualify(house, name, time)
        house(USER, "rekognition").create_collection(CollectionId="staff")
        for person in (EMMA, ANNA, BRUNO, CLARA, DAVID, *STRANGERS[:10]):
            enrol(house, person, name="emma" if person == EMMA else None)
        yield house


@contextmanager
def _url(kind):
    if kind == "sqlite":
        yield ""
    else:
        with postgresql.server().database() as url:
            yield url


def test_verdicts_at_once_are_all_kept_and_close_the_review_once(either):
    for number in range(3):
        _, name = search(either, headers=[("x-recognizance-case", str(number))])
        given = {}
        for who in (ADA, BEN, CYD):
            seen = look(either, who, name)
            given[who] = {"ReviewId": name, "Calls": calls(seen, [most_alike(seen)])}
        told = at_once(
            *[lambda who=who, said=said: either(who).submit_verdict(**said) and "kept" for who, said in given.items()]
        )
        assert sorted(told) in (["ConflictException", "kept", "kept"], ["kept", "kept", "kept"])
        assert described(either, name)["Review"]["Outcome"] == "lead confirmed"
        assert len(described(either, name)["Verdicts"]) == 2
        closed = [one for one in entries(either, "SubmitVerdict") if "outcome" in one["Facts"]]
        assert len(closed) == number + 1


def test_two_verdicts_of_one_person_at_once_are_one(either):
    _, name = search(either)
    seen = look(either, ADA, name)
    given = {"ReviewId": name, "Calls": calls(seen, [most_alike(seen)])}
    told = at_once(*[lambda who=who: either(who).submit_verdict(**given) and "kept" for who in (ADA, ADA)])
    assert sorted(told) == ["ConflictException", "kept"]
    assert counted(either, VERDICTS) == 1


def test_the_same_search_at_once_opens_one_review_on_either_database(either):
    client = either(SAM, "rekognition")

    def ask():
        return client.search_faces_by_image(CollectionId="staff", Image={"Bytes": PROBE})

    for number in range(3):
        with stating(client, [("x-recognizance-case", str(number))]):
            answers = at_once(ask, ask, ask)
        assert len({review_of(one) for one in answers}) == 1
    assert counted(either, REVIEWS) == 3


def test_a_verdict_and_a_deletion_at_once_leave_either_a_result_or_nobody(either):
    for take in range(4):
        enrol(either, Sitter(CLARA, take=10 + take), name=f"clara-{take}")
        _, name = search(either, picture=people(Sitter(CLARA, take=50 + take)), MaxFaces=5)
        judge(either, ADA, name, same=[])
        seen = look(either, BEN, name)
        given = {"ReviewId": name, "Calls": calls(seen), "Reason": NOBODY}
        faces = [one["FaceId"] for one in either(USER, "rekognition").list_faces(CollectionId="staff")["Faces"]
                 if one["ExternalImageId"].startswith(("clara", f"person-{CLARA}"))]  # fmt: skip
        told = at_once(
            lambda given=given: either(BEN).submit_verdict(**given) and "kept",
            lambda faces=faces: (
                either(USER, "rekognition").delete_faces(CollectionId="staff", FaceIds=faces) and "gone"
            ),
        )
        assert told[1] == "gone"
        assert told[0] in ("kept", "ConflictException")
        assert state(either, name) == ("closed" if told[0] == "kept" else "withdrawn")
        assert either.database.rows(select(REVIEW_FACES).where(REVIEW_FACES.c.candidate)) == []


def test_a_verdict_and_the_collections_removal_at_once_leave_no_deadlock(either):
    _, name = search(either)
    judge(either, ADA, name)
    seen = look(either, BEN, name)
    given = {"ReviewId": name, "Calls": calls(seen, [most_alike(seen)])}
    told = at_once(
        lambda: either(BEN).submit_verdict(**given) and "kept",
        lambda: either(USER, "rekognition").delete_collection(CollectionId="staff") and "gone",
    )
    assert told[1] == "gone"
    assert told[0] in ("kept", "ConflictException")
    assert counted(either, CROP_KEYS) == 0

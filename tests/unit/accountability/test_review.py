"""What verdicts come to, and what keeps them blind: functions that need no database."""

import hashlib
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recognizance.accountability import review
from recognizance.accountability.ledger import Seal
from recognizance.accountability.review import CONFIRMED, DIFFERENT, REJECTED, SAME, Draft, Member, Verdict
from recognizance.errors import InvalidParameter

ROOT = Path(__file__).parents[3]
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
SEAL = Seal(bytes(32))
CANDIDATES, OTHERS = (0, 1), (2, 3, 4, 5, 6)
MEMBERS = [Member(place, 100 + place, candidate=place in CANDIDATES) for place in (*CANDIDATES, *OTHERS)]
WHY = "The same scar over the left eye."

calls_of = st.fixed_dictionaries({one.place: st.sampled_from([*review.SIGNS]) for one in MEMBERS})


def verdict(calls, *, number=0, wrong=None):
    said = dict.fromkeys((one.place for one in MEMBERS), DIFFERENT) | calls
    false = sum(said[place] == SAME for place in OTHERS) if wrong is None else wrong
    at = NOON + timedelta(minutes=number)
    return Verdict(f"person {number}", "AKIA", at, 60.0, said, {}, b"salt", "", false)


def verdicts(*calls):
    return [verdict(one, number=number) for number, one in enumerate(calls)]


def decide(given, needed=2, seeded=False):
    return review.decide(MEMBERS, given, needed=needed, seeded=seeded)


def test_two_who_agree_decide_for_each_candidate():
    assert decide(verdicts({0: SAME}, {0: SAME})) == {0: CONFIRMED, 1: REJECTED}
    assert decide(verdicts({}, {})) == {0: REJECTED, 1: REJECTED}
    assert decide(verdicts({0: SAME})) is None
    assert decide([]) is None


def test_two_who_disagree_about_anybody_need_a_third():
    two = ({0: SAME}, {0: SAME, 1: SAME})
    assert decide(verdicts(*two)) is None
    assert decide(verdicts(*two, {1: SAME})) == {0: CONFIRMED, 1: CONFIRMED}
    assert decide(verdicts(*two, {})) == {0: CONFIRMED, 1: REJECTED}


def test_whoever_cannot_tell_does_not_confirm():
    assert decide(verdicts({0: SAME}, {0: review.CANNOT_TELL})) is None
    assert decide(verdicts({0: review.CANNOT_TELL}, {})) == {0: REJECTED, 1: REJECTED}


def test_a_short_line_up_takes_three_who_all_confirm():
    yes = {0: SAME}
    assert decide(verdicts(yes, yes), needed=3) is None
    assert decide(verdicts(yes, yes, yes), needed=3) == {0: CONFIRMED, 1: REJECTED}
    assert decide(verdicts(yes, yes, {}), needed=3) == {0: REJECTED, 1: REJECTED}


def test_a_seeded_review_is_over_with_enough_verdicts_and_confirms_nobody():
    assert decide(verdicts({2: SAME}), seeded=True) is None
    assert decide(verdicts({2: SAME}, {0: SAME}), seeded=True) == {}


@given(st.lists(calls_of, max_size=6), st.sampled_from([2, 3]))
def test_nobody_is_confirmed_but_by_two_who_called_nobody_else_the_same(said, needed):
    given = verdicts(*said)
    results = decide(given, needed=needed)
    for place, result in (results or {}).items():
        sound = [one for one in given if one.wrong == 0]
        if result == CONFIRMED:
            assert sum(one.calls[place] == SAME for one in sound) >= needed


@given(st.lists(calls_of, min_size=1, max_size=3), st.sampled_from([2, 3]), st.integers(0, 5))
def test_a_verdict_that_does_not_count_changes_nothing(said, needed, place):
    given = verdicts(*said)
    wrong = verdict({OTHERS[0]: SAME}, number=9, wrong=1)
    put = [*given[:place], wrong, *given[place:]]
    assert decide(put, needed=needed) == decide(given, needed=needed)


@given(st.lists(calls_of, min_size=3, max_size=3))
def test_three_sound_verdicts_always_decide_and_in_any_order(said):
    given = [verdict({place: call for place, call in one.items() if place in CANDIDATES}, number=number)
             for number, one in enumerate(said)]  # fmt: skip
    results = decide(given)
    assert results is not None
    assert decide(given[::-1]) == results


@given(st.uuids(), st.text(min_size=1), st.integers(1, review.LINE_UP))
def test_a_reviewers_letters_are_the_first_ones_and_stand_for_every_place(name, person, size):
    letters = review.labels(SEAL, str(name), person, size)
    assert "".join(letters) == "ABCDEFGHIJ"[:size]
    assert sorted(letters.values()) == [*range(size)]
    assert review.labels(SEAL, str(name), person, size) == letters


def test_letters_tell_nothing_about_places():
    """Over many reviews each place is under each letter about as often."""
    seen = [review.labels(SEAL, f"review {number}", "ada", 10)["A"] for number in range(2000)]
    counts = [seen.count(place) for place in range(10)]
    assert all(140 < one < 260 for one in counts)  # 200 and five standard deviations of some 13


def test_another_reviewer_has_another_order():
    orders = {tuple(review.labels(SEAL, "review 1", f"person {number}", 10).values()) for number in range(50)}
    assert len(orders) == 50


def test_a_commitment_is_the_digest_of_its_opening_and_hides_what_it_holds():
    calls, reasons = {0: SAME, 1: DIFFERENT, 2: review.CANNOT_TELL}, {"0": WHY}
    opened = review.opening(SEAL, 4, calls, reasons, b"\1\2")
    assert opened.startswith("0102 sdc- ")
    assert WHY not in opened
    assert review.commit(opened) == hashlib.sha256(opened.encode()).hexdigest()
    other = review.opening(SEAL, 4, calls, reasons, b"\1\3")
    assert review.commit(other) != review.commit(opened)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Ada Lovelace", " ada  LOVELACE ", True),
        ("Ada", "Adá", False),
        ("ﬁona", "Fiona", True),
        ("Ada", "Ada L.", False),
    ],
)
def test_two_spellings_of_a_name_are_one_person(one, other, same):
    assert (review.folded(one) == review.folded(other)) is same


@pytest.mark.parametrize(
    ("said", "reasons"),
    [
        ({"A": DIFFERENT}, {review.NONE: WHY}),
        ({"A": DIFFERENT, "B": DIFFERENT, "C": DIFFERENT}, {review.NONE: WHY}),
        ({"A": DIFFERENT, "B": DIFFERENT}, {}),
        ({"A": DIFFERENT, "B": DIFFERENT}, {"A": WHY}),
        ({"A": SAME, "B": DIFFERENT}, {review.NONE: WHY}),
        ({"A": SAME, "B": SAME}, {"A": WHY}),
        ({"A": SAME, "B": DIFFERENT}, {"A": " " * 30}),
        ({}, {review.NONE: WHY}),
    ],
)
def test_a_verdict_that_is_not_whole_or_has_no_reason_is_refused(said, reasons):
    with pytest.raises(InvalidParameter):
        review.checked(said, reasons, {"A": 4, "B": 0})


def test_a_whole_verdict_is_kept_by_place():
    assert review.checked({"A": SAME, "B": DIFFERENT}, {"A": WHY}, {"A": 4, "B": 0}) == {4: SAME, 0: DIFFERENT}


def test_too_few_others_need_one_reviewer_more():
    def needed(others):
        members = [Member(place, place, candidate=place == 0) for place in range(1 + others)]
        return Draft("id", "0" * 12, 1, "", None, members, b"").needed

    assert [needed(one) for one in (0, 4, 5, 9)] == [3, 3, 2, 2]


WORD = re.compile(r"\bidentified\b", re.IGNORECASE)
SAYS_NOBODY_IS = {"reports", "disclosures", "cases", "controls"}
"""What may use the word: to say that it is never said of anybody, of the dead, and of what leave is asked for."""


def test_nobody_is_called_identified_in_code_docs_or_on_the_wire():
    files = [*(ROOT / "src").rglob("*.py"), *(ROOT / "src").rglob("*.cedar"), *(ROOT / "docs").rglob("*.md")]
    files += [ROOT / "README.md", *(ROOT / "src" / "recognizance" / "wire").rglob("*.json")]
    said = {path.stem for path in files if WORD.search(path.read_text())}
    assert said <= SAYS_NOBODY_IS

"""No forgery verifies, and each is refused in a sentence that says what is wrong."""

import gzip
import json
import re
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.forgeries.forged import FORGERIES, HONEST, KEPT, LATER, PROOF, TRUSTED, WHOLE
from tests.forgeries.ledgers import joined, lines, record

from recognizance.accountability import verifying
from recognizance.accountability.verifying import State, Trusted

SMALL = record(20)
SHORT = SMALL.file(7, grown_from=5)
KNOWN = replace(TRUSTED, since=SMALL.note(5))


@pytest.fixture
def verified(tmp_path):
    def verify(content, trusted=TRUSTED, suffix=".ledger"):
        path = tmp_path / f"file{suffix}"
        path.write_bytes(content)
        return verifying.verify(path, trusted)

    return verify


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("altered")


def altered(folder, content, trusted=KNOWN):
    path = folder / "altered.ledger"
    path.write_bytes(content)
    return verifying.verify(path, trusted)


@pytest.mark.parametrize(
    ("content", "trusted", "suffix"),
    [
        (WHOLE, TRUSTED, ".ledger"),
        (WHOLE, KEPT, ".ledger"),
        (WHOLE, replace(KEPT, since=HONEST.note()), ".ledger"),
        (LATER, KEPT, ".ledger"),
        (LATER, replace(KEPT, since=HONEST.note(300)), ".ledger"),
        (LATER, replace(KEPT, since=HONEST.note(437)), ".ledger"),
        (gzip.compress(WHOLE), TRUSTED, ".ledger.gz"),
        (record(1).file(), TRUSTED, ".ledger"),
        (record(0).file(), TRUSTED, ".ledger"),
        (record(256).file(), TRUSTED, ".ledger"),
        (record(257, statements=False).file(256), TRUSTED, ".ledger"),
        (record(300).file(300), TRUSTED, ".ledger"),
        (SHORT, KNOWN, ".ledger"),
        (PROOF.content, TRUSTED, ".tlog-proof"),
        (replace(PROOF, statement=None).content, replace(KEPT, since=HONEST.note()), ".proof"),
    ],
)
def test_the_honest_record_is_proved(verified, content, trusted, suffix):
    report = verified(content, trusted, suffix)
    assert (report.wrong, report.proved) == (None, True)


@pytest.mark.parametrize("name", FORGERIES)
def test_no_forgery_verifies(verified, name):
    forgery = FORGERIES[name]
    report = verified(forgery.made(), forgery.trusted, forgery.suffix)
    assert not report.proved
    sentence = report.wrong or next(one.text for one in report.checks if one.state is State.UNPROVED)
    assert re.search(forgery.says, sentence), sentence
    assert sentence.endswith(".")
    assert "\n" not in sentence


def test_there_are_as_many_forgeries_as_were_promised():
    assert len(FORGERIES) >= 25


@given(st.integers(0, 8 * len(SHORT) - 1))
@settings(max_examples=250, deadline=None)
def test_no_single_bit_can_change(folder, bit):
    content = bytearray(SHORT)
    content[bit // 8] ^= 1 << bit % 8
    assert not altered(folder, bytes(content)).proved


@given(st.integers(0, 8 * len(SMALL.proven(12).content) - 1))
@settings(max_examples=100, deadline=None)
def test_no_single_bit_of_a_proof_can_change(folder, bit):
    content = bytearray(SMALL.proven(12).content)
    content[bit // 8] ^= 1 << bit % 8
    assert not altered(folder, bytes(content), TRUSTED).proved


@given(st.integers(0, len(SHORT) - 1))
@settings(max_examples=100, deadline=None)
def test_nothing_can_be_cut_off(folder, length):
    assert not altered(folder, SHORT[:length]).proved


@given(st.data())
@settings(max_examples=100, deadline=None)
def test_no_line_can_be_dropped_doubled_or_moved(folder, data):
    honest = lines(SHORT)
    rows, erased = [*honest], False
    at, to = (data.draw(st.integers(0, len(rows) - 1)) for _ in range(2))
    match data.draw(st.sampled_from(["drop", "double", "move"])):
        case "drop":
            erased = rows.pop(at).startswith(b'{"statement"')  # which is no forgery
        case "double":
            rows.insert(to, rows[at])
        case _:
            rows.insert(to, rows.pop(at))
    report = altered(folder, joined(rows))
    assert report.proved == (erased or in_any_order(rows) == in_any_order(honest)), report.wrong


def in_any_order(rows):
    """Part what is signed from the signatures, which come in any order, and any number of times."""
    end = len(rows) - rows[::-1].index(b"") if b"" in rows else len(rows)
    return rows[:end], set(rows[end:])


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9) | st.just("\ud800"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=5,
)


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_whatever_is_put_in_its_place_is_refused_and_not_stumbled_over(folder, data):
    content = data.draw(st.sampled_from([SHORT, SMALL.proven(12).content]))
    rows = lines(content)
    at = data.draw(st.integers(0, len(rows) - 1))
    if data.draw(st.booleans()) and rows[at].startswith(b"{"):
        members = json.loads(rows[at])
        members[data.draw(st.sampled_from([*members, "more"]))] = data.draw(ANYTHING)
        put = json.dumps(members, sort_keys=True, separators=(",", ":"), ensure_ascii=data.draw(st.booleans()))
        rows[at] = put.encode(errors="backslashreplace")
    else:
        rows[at] = data.draw(st.binary(max_size=40))
    trusted = data.draw(st.sampled_from([KNOWN, TRUSTED, Trusted()]))
    report = altered(folder, joined(rows), trusted)
    assert not report.proved or rows == lines(content)
    assert all(row.isprintable() for row in verifying.told(report))
    json.dumps(report.plain)

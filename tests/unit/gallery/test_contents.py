"""The hash of all that a collection holds."""

import hashlib

from hypothesis import given
from hypothesis import strategies as st

from recognizance.database import tables
from recognizance.gallery import contents

ROWS = st.dictionaries(st.integers(1, 2**40), st.binary(min_size=4, max_size=64), max_size=12)


def state(rows):
    return contents.sum_of(tables.FACE, rows.items())


def test_nothing_has_the_root_that_a_new_collection_is_made_with():
    assert contents.root(contents.nothing()) == tables.EMPTY == hashlib.sha256(bytes(2048)).hexdigest()


@given(ROWS)
def test_the_order_does_not_matter(rows):
    assert contents.root(state(rows)) == contents.root(state(dict(reversed(rows.items()))))


@given(ROWS, ROWS)
def test_what_is_added_and_taken_away_again_leaves_what_was(rows, more):
    both = state(rows) + state(more)
    assert contents.root(both - state(more)) == contents.root(state(rows))


@given(ROWS.filter(bool), st.data())
def test_no_row_can_be_changed_moved_or_left_out_unseen(rows, data):
    number = data.draw(st.sampled_from(sorted(rows)))
    vector = rows[number]
    left_out = {one: rows[one] for one in rows if one != number}
    changed = rows | {number: bytes([vector[0] ^ 1]) + vector[1:]}
    moved = left_out | {max(rows) + 1: vector}
    roots = {contents.root(state(one)) for one in (rows, left_out, changed, moved)}
    assert len(roots) == 4


def test_a_face_and_a_user_of_one_vector_are_not_the_same():
    row = [(1, b"1234")]
    assert contents.root(contents.sum_of(tables.FACE, row)) != contents.root(contents.sum_of(tables.USER, row))

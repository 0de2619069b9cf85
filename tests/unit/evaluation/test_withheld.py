"""No withheld count follows from those that are shown."""

import itertools

import numpy as np
from hypothesis import assume, given
from hypothesis import strategies as st
from tests.unit.evaluation.test_demographics import crowd, measured

from recognizance.evaluation.protocols import demographics
from recognizance.evaluation.statistics.intervals import SMALLEST
from recognizance.evaluation.statistics.withheld import hidden

sizes = st.lists(st.integers(0, 40), min_size=1, max_size=7)


@given(sizes)
def test_small_groups_are_withheld_and_what_is_left_of_the_total_is_of_ten_people_or_of_nobody_shown(people):
    out = hidden(people)
    assert all(out[at] for at, size in enumerate(people) if 0 < size < SMALLEST)
    rest = [size for at, size in enumerate(people) if out[at] and size]
    assert (
        not rest
        or (len(rest) > 1 and sum(rest) >= SMALLEST)
        or not any(size and not out[at] for at, size in enumerate(people))
    )


@given(st.lists(st.integers(1, 14), min_size=2, max_size=4), st.data())
def test_every_withheld_count_may_be_another_one_with_the_same_total_and_the_same_shown(people, data):
    counts = [data.draw(st.integers(0, size)) for size in people]
    out = hidden(people)
    places = [at for at in range(len(people)) if out[at]]
    left = sum(counts[at] for at in places)
    assume(len(places) > 1 and 0 < left < sum(people[at] for at in places))
    ways = [one for one in itertools.product(*(range(people[at] + 1) for at in places)) if sum(one) == left]
    assert all(len({one[at] for one in ways}) > 1 for at in range(len(places)))


@given(st.lists(st.lists(st.integers(0, 30), min_size=3, max_size=3), min_size=2, max_size=4))
def test_no_cell_of_a_table_is_solved_for_by_the_totals_of_its_rows_and_columns(table):
    cells = np.array(table)
    places = np.arange(cells.size).reshape(cells.shape)
    lines = [*places.tolist(), *places.T.tolist()]
    out = hidden(cells.ravel().tolist(), lines)
    there = [at for at in range(cells.size) if out[at] and cells.ravel()[at]]
    assume(there and any(size and not out[at] for at, size in enumerate(cells.ravel())))
    rows = np.array([[float(at in line) for at in there] for line in [list(range(cells.size)), *lines]])
    solved = np.diag(np.linalg.pinv(rows) @ rows) > 1 - 1e-6
    for at in itertools.compress(there, solved):
        # then all that meets it is withheld: nothing is shown that tells of it
        assert all(out[other] or not cells.ravel()[other] for line in lines if at in line for other in line)


def test_a_report_by_group_does_not_leave_one_small_group_to_be_reckoned():
    people = crowd((40, 30, 12, 4), (1.0,) * 4, pictures=2)
    found = demographics.by_group(people, measured(people, 0.5), ["group"], np.random.default_rng(1))
    assert [one.withheld for one in found.groups] == [False, False, True, True]
    assert [one.missed.rate is None for one in found.groups] == [False, False, True, True]
    said = [one.said for one in demographics.problems([found])]
    assert said[0].startswith("12 people, withheld too")
    assert "would follow" in said[0]
    assert "fewer than 10" in said[1]


def test_a_kind_of_rate_that_one_group_lacks_is_not_left_to_be_reckoned():
    people = crowd((40, 30, 12), (1.0,) * 3, pictures=2)
    mated = np.flatnonzero((people.people < 75) | (np.arange(len(people.people)) % 2 == 0))  # five of c have two
    less = demographics.Crowd(people.vectors[mated], people.people[mated], people.many, people.said)
    found = demographics.by_group(less, measured(less, 0.5), ["group"], np.random.default_rng(1))
    assert [one.missed.rate is None for one in found.groups] == [False, True, True]
    assert [one.false.rate is None for one in found.groups] == [False, False, False]


def test_columns_together_do_not_tell_what_one_column_withholds():
    people = crowd((40, 30, 12, 4), (1.0,) * 4, sex=["F", "M"] * 43)
    found = demographics.by_group(people, measured(people, 0.5), ["group", "sex"], np.random.default_rng(1))
    # of c and d there are eight of each sex: of b they would be reckoned, were it not withheld
    assert {one.said[0] for one in found.groups if not one.withheld} == {"a"}

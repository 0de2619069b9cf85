"""Everybody against everybody: the same counts as a full matrix gives, whatever the tiles."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recognizance.evaluation.statistics import comparisons
from recognizance.evaluation.statistics.comparisons import (
    FINENESS,
    NOBODY,
    Faces,
    Keep,
    against,
    all_pairs,
    at_least,
    search,
)


def vectors_of(random, count, dimensions=16, lost=0):
    made = random.standard_normal((count, dimensions))
    made = (made / np.linalg.norm(made, axis=1, keepdims=True)).astype(np.float32)
    made[random.permutation(count)[:lost]] = 0
    return made


def exact(one, other):
    return np.clip(one.astype(np.float64) @ other.astype(np.float64).T, -1, 1)


@st.composite
def crowds(draw):
    random = np.random.default_rng(draw(st.integers(0, 10_000)))
    count = draw(st.integers(1, 60))
    vectors = vectors_of(random, count, lost=draw(st.integers(0, count)))
    people = random.integers(0, draw(st.integers(1, 20)), count)
    return vectors, people, random.integers(-1, 3, count)


@given(crowds(), st.integers(3, 40))
@settings(max_examples=60, deadline=None)
def test_all_pairs_are_those_of_the_full_matrix_whatever_the_tiles(crowd, side):
    vectors, people, groups = crowd
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(comparisons, "SIDE", side)
        found = all_pairs(Faces(vectors, people, groups), count=3, keep=Keep(0.3, -1.0))
    cosines, same = exact(vectors, vectors), people[:, None] == people[None]
    there = vectors.any(axis=1)
    upper = np.triu(np.ones(cosines.shape, bool), 1)
    both = upper & there[:, None] & there[None]
    assert found.genuine.sum() == (both & same).sum()
    assert found.strangers.sum() == (both & ~same).sum()
    assert found.lost_genuine == (upper & same).sum() - (both & same).sum()
    assert found.lost_strangers == (upper & ~same).sum() - (both & ~same).sum()
    expected = {(int(i), int(j)) for i, j in np.argwhere(both & ~same & (cosines >= 0.3))}
    assert set(zip(found.alike.first.tolist(), found.alike.second.tolist(), strict=True)) == expected
    assert set(zip(found.mates.first.tolist(), found.mates.second.tolist(), strict=True)) == {
        (int(i), int(j)) for i, j in np.argwhere(both & same)
    }
    assert np.all(np.diff(found.alike.cosines) <= 0)
    assert found.alike.cosines == pytest.approx(cosines[found.alike.first, found.alike.second], abs=1e-12)
    for one in range(3):
        for other in range(3):
            ends = (groups[:, None] == one) & (groups[None] == other)
            ends |= ends.T
            assert found.by_groups[one, other].sum() == (both & ~same & ends).sum()
        assert found.genuine_by_group[one].sum() <= found.genuine.sum()


@given(crowds(), crowds())
@settings(max_examples=40, deadline=None)
def test_probes_against_a_gallery_are_those_of_the_full_matrix(probes, gallery):
    found = against(Faces(*probes), Faces(*gallery), count=3, keep=Keep(0.2, 2.0))
    cosines, same = exact(probes[0], gallery[0]), probes[1][:, None] == gallery[1][None]
    both = probes[0].any(axis=1)[:, None] & gallery[0].any(axis=1)[None]
    assert (found.genuine.sum(), found.strangers.sum()) == ((both & same).sum(), (both & ~same).sum())
    assert len(found.alike) == (both & ~same & (cosines >= 0.2)).sum()
    for one in range(3):
        for other in range(3):
            ends = (probes[2][:, None] == one) & (gallery[2][None] == other)
            assert found.by_groups[one, other].sum() == (both & ~same & ends).sum()
    assert found.lost_genuine == (same & ~both).sum()
    assert len(found.mates) == 0


@given(crowds(), crowds())
@settings(max_examples=40, deadline=None)
def test_a_search_ranks_people_as_a_full_matrix_does(probes, gallery):
    found = search(Faces(*probes[:2]), Faces(*gallery[:2]))
    cosines = (probes[0] @ gallery[0].T).astype(np.float32)
    enrolled = gallery[0].any(axis=1)
    for row in range(len(probes[0])):
        best = {}
        for place in np.nonzero(enrolled)[0]:
            who = int(gallery[1][place])
            best[who] = max(best.get(who, -2.0), float(cosines[row, place]))
        own = best.pop(int(probes[1][row]), None)
        if not probes[0][row].any() or own is None:
            assert found.rank[row] == 0
            assert np.isnan(found.mated[row])
        else:
            assert found.mated[row] == pytest.approx(own, abs=1e-6)
            near = sum(one >= own - 1e-6 for one in best.values()) + 1
            assert sum(one > own + 1e-6 for one in best.values()) + 1 <= found.rank[row] <= near
        if not probes[0][row].any() or not best:
            assert (found.place[row], found.other[row]) == (NOBODY, -1)
        else:
            assert found.other[row] == pytest.approx(max(best.values()), abs=1e-5)
            assert gallery[1][found.place[row]] != probes[1][row]


def test_a_cosine_falls_into_its_bin():
    vectors = np.array([[1, 0], [0, 1], [-1, 0], [0.6, 0.8], [1, 0]], np.float32)
    found = all_pairs(Faces(vectors, np.arange(5)))
    cosines = [0, -1, 0.6, 1, 0, 0.8, 0, -0.6, -1, 0.6]
    expected = np.clip((np.array(cosines) + 1) * (FINENESS / 2), 0, FINENESS - 1)
    assert np.repeat(np.arange(FINENESS), found.strangers) == pytest.approx(np.sort(expected), abs=1)


def test_at_least_counts_from_a_bin_up():
    histogram = np.zeros((2, FINENESS), np.int64)
    histogram[1, [3, 7]] = 2, 5
    reached = at_least(histogram)
    assert reached.shape == (2, FINENESS + 1)
    assert (reached[1, 0], reached[1, 4], reached[1, 8], reached[0].sum()) == (7, 5, 0, 0)


def test_no_more_pairs_are_kept_than_asked_and_all_above_the_floor_are_there():
    random = np.random.default_rng(5)
    vectors, people = vectors_of(random, 400), np.arange(400)
    found = all_pairs(Faces(vectors, people), keep=Keep(-1.0, 2.0, most=500))
    cosines = exact(vectors, vectors)[np.triu_indices(400, 1)]
    assert len(found.alike) <= 500
    assert len(found.alike) == (cosines >= found.alike.floor).sum()
    assert found.alike.place(found.alike.floor) == len(found.alike)
    with pytest.raises(ValueError, match="pairs were kept from cosine"):
        found.alike.place(-0.5)


def test_workers_change_nothing():
    random = np.random.default_rng(6)
    vectors, people = vectors_of(random, 3000), random.integers(0, 900, 3000)
    one, four = (all_pairs(Faces(vectors, people), keep=Keep(0.5, 0.0), workers=workers) for workers in (1, 4))
    assert np.array_equal(one.strangers, four.strangers)
    assert np.array_equal(one.alike.first, four.alike.first)
    assert np.array_equal(one.mates.cosines, four.mates.cosines)


def test_without_counts_the_same_pairs_are_kept():
    random = np.random.default_rng(7)
    faces = Faces(vectors_of(random, 500), random.integers(0, 90, 500))
    whole, bare = all_pairs(faces, keep=Keep(0.3, 0.0)), all_pairs(faces, keep=Keep(0.3, 0.0, counts=False))
    assert (bare.strangers.sum(), bare.genuine.sum()) == (0, 0)
    assert np.array_equal(whole.alike.cosines, bare.alike.cosines)
    assert np.array_equal(whole.mates.first, bare.mates.first)


def test_progress_ends_with_everything_done():
    told = []
    all_pairs(Faces(vectors_of(np.random.default_rng(1), 50), np.arange(50)), progress=lambda *said: told.append(said))
    assert told[-1] == (1225, 1225)


def test_sets_of_different_lengths_are_refused():
    with pytest.raises(ValueError, match="2 vectors, 3 people"):
        all_pairs(Faces(np.eye(2, dtype=np.float32), np.arange(3)))

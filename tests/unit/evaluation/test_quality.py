"""What worse pictures cost, on vectors whose outcome can be counted by hand, and on pictures of nobody."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tests import portraits

from recognizance.evaluation.protocols.degradations import named
from recognizance.evaluation.protocols.quality import (
    Clean,
    Measure,
    Seen,
    binned,
    clean_step,
    couples,
    look_at_worse,
    measure,
    measures,
    plan,
    sampled,
    step,
)
from recognizance.evaluation.sets.faces import central
from recognizance.evaluation.sets.kept import opened
from recognizance.evaluation.sets.pipeline import open_pipeline
from recognizance.values import Quality


def unit_rows(rows):
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def crowd(people, strangers, seed=1, near=0.3, dimension=32):
    """Return clean pairs of some people, and strangers, as a model that tells them apart well gives them."""
    random = np.random.default_rng(seed)
    middle = random.normal(size=(people, dimension))
    probes, references = (unit_rows(middle + near * random.normal(size=middle.shape)) for _ in range(2))
    return Clean(probes, references, unit_rows(random.normal(size=(strangers, dimension))))


def seen_as(vectors, found=None, asked=None):
    there = np.ones(len(vectors), bool) if found is None else found
    asked = np.ones(len(vectors), bool) if asked is None else asked
    given = np.where(there[:, None], vectors, 0).astype(np.float32)
    return Seen(asked, there, given, np.full(len(vectors), 50.0), np.where(there, 60.0, np.nan))


def test_a_couple_is_two_pictures_with_a_face_of_one_person():
    people = ["b", "a", "a", "b", "c", "a"]
    found = np.array([True, True, True, False, True, True])
    (one,) = couples(people, found, np.random.default_rng(1))
    assert one.person == "a"
    assert one.probe != one.reference
    assert {one.probe, one.reference} <= {1, 2, 5}


def test_a_larger_sample_begins_with_the_smaller_one():
    pairs = couples([f"p{at // 2:03}" for at in range(200)], np.ones(200, bool), np.random.default_rng(1))
    few, many = (sampled(pairs, most, np.random.default_rng(2)) for most in (10, 50))
    assert many[:10] == few
    assert len(sampled(pairs, 1000, np.random.default_rng(2))) == 100


def test_a_sample_is_half_of_the_people_at_most_and_strangers_are_the_others():
    people = [f"p{at // 2}" for at in range(40)]
    found = np.ones(40, bool)
    found[0] = False
    chosen = plan(people, found, 300, np.random.default_rng(1))
    assert len(chosen.everybody) == 19
    assert len(chosen.sample) == 10
    inside = {one.person for one in chosen.sample}
    assert {people[at] for at in chosen.strangers} == set(people) - inside
    assert found[chosen.strangers].all()


def test_clean_pictures_lose_nobody_who_matches_with_them():
    clean = crowd(40, 300)
    got = clean_step(clean, np.full(40, 55.0), np.full(40, 80.0), {80.0: 0.5, 99.0: 0.95})
    assert got.lost_sight.count == 0
    assert [one.lost.count for one in got.thresholds] == [0, 0]
    assert got.thresholds[1].missed.count > got.thresholds[0].missed.count
    assert got.strange.times.value == pytest.approx(1)
    assert (got.brightness, got.sharpness) == (55, 80)


def test_who_is_not_found_is_missed_and_does_not_count_in_fnmr():
    clean = crowd(40, 300)
    found = np.arange(40) >= 10
    got = step(clean, seen_as(clean.probes, found), "blur", 1.0, {80.0: 0.5})
    assert (got.lost_sight.count, got.lost_sight.of) == (10, 40)
    (at,) = got.thresholds
    assert (at.missed.count, at.unlike.count, at.unlike.of, at.lost.count) == (10, 0, 30, 10)
    assert at.false.of == 30 * 300


def test_a_probe_that_looks_like_everybody_matches_strangers_more_often():
    clean = crowd(60, 400)
    common = clean.strangers.mean(axis=0)
    worse = unit_rows(clean.probes + 8 * common)
    got = step(clean, seen_as(worse), "blur", 1.0, {80.0: 0.5})
    assert got.strange.times.value > 1
    again = step(clean, seen_as(clean.probes), "blur", 1.0, {80.0: 0.5})
    assert again.strange.times.low < 1 < again.strange.times.high


def test_a_level_that_fewer_than_ten_pictures_can_be_made_for_is_withheld():
    clean = crowd(40, 300)
    assert step(clean, seen_as(clean.probes, asked=np.arange(40) < 9), "size", 32.0, {80.0: 0.5}) is None
    partly = step(clean, seen_as(clean.probes, asked=np.arange(40) < 12), "size", 32.0, {80.0: 0.5})
    assert partly.lost_sight.of == 12


def test_few_strangers_or_few_found_give_no_rate_of_false_matches():
    few = crowd(40, 9)
    assert step(few, seen_as(few.probes), "blur", 1.0, {80.0: 0.5}).thresholds[0].false is None
    clean = crowd(40, 300)
    hardly = step(clean, seen_as(clean.probes, np.arange(40) < 5), "blur", 1.0, {80.0: 0.5})
    assert hardly.thresholds[0].false is None
    assert hardly.strange is None


def test_pairs_are_told_apart_by_value_and_each_person_weighs_the_same():
    values = np.array([1.0] * 20 + [60.0] * 30 + [60.0] * 3)
    people = np.array([*range(20), *range(30), 0, 0, 0])
    scores = np.array([0.1] * 20 + [0.9] * 30 + [0.1] * 3)
    low, high = binned("sharpness", values, people, scores, {80.0: 0.5})
    assert (low.low, low.high, low.people, low.missed[0][1].value) == (0, 5, 20, 1)
    assert (high.low, high.people, high.pairs) == (50, 30, 33)
    assert high.missed[0][1].value == pytest.approx(0.75 / 30)


def test_a_bin_of_fewer_than_ten_people_is_withheld():
    (only,) = binned("turn", np.full(9, 5.0), np.arange(9), np.zeros(9), {80.0: 0.5})
    assert (only.people, only.missed) == (9, ((80.0, None),))


def test_what_worse_pictures_cost_is_put_together():
    clean = crowd(30, 30)
    vectors = np.concatenate([clean.probes, clean.references, clean.strangers])
    people = [f"p{at:02}" for at in range(30)] * 2 + [f"s{at:02}" for at in range(30)]
    chosen = plan(people, np.ones(90, bool), 30, np.random.default_rng(1))
    said = [Measure(5, 5, 50, 50, 40, Quality(50, 70))] * len(chosen.everybody)
    rows = vectors[[one.probe for one in chosen.sample]]
    seen = {("blur", 0.1): seen_as(rows), ("size", 8.0): seen_as(rows, asked=np.arange(30) < 3)}
    got = measure(chosen, vectors, said, seen, {80.0: 0.5})
    assert [(one.kind, one.level) for one in got.steps] == [("blur", 0.1)]
    assert got.withheld == (("size", 8.0),)
    assert got.clean.sharpness == 70
    assert {one.measure for one in got.natural} == {"turn", "nod", "size", "sharpness", "brightness"}
    assert [(one.measure, one.low, one.people) for one in got.measured] == [("sharpness", 50, 30)]
    assert got.everybody[0][1].of == 30


@pytest.fixture
def pipeline(given):
    return open_pipeline(given, version="1", choose=central)


def test_pictures_are_made_worse_and_looked_at_as_the_server_does(pipeline, tmp_path):
    pictures = [portraits.portrait(number) for number in range(3)]
    kinds = named(["dark", "contrast"])
    told = []

    def look(kept):
        return look_at_worse(pictures, kinds, pipeline, kept, seed=1, threads=2, progress=told.append)

    fresh = look(None)
    assert set(fresh) == {(kind.name, level) for kind in kinds for level in kind.levels}
    assert fresh["dark", -1].asked.all()
    assert not fresh["dark", -6].found.any()  # the tiny detector sees what is white
    with opened(tmp_path / "data", ["here"]) as kept:
        first, again = look(kept), look(kept)
    for cell, one in fresh.items():
        assert (one.vectors == first[cell].vectors).all()
        assert (one.vectors == again[cell].vectors).all()
    assert told[-1] == 3 * 11


def test_another_face_than_the_one_made_worse_is_not_taken_for_it(given):
    def lowest(faces):
        return max(faces, key=lambda face: face.box.top)  # another one, once the picture stands on its head

    upside_down = replace(*named(["rotation"]), levels=(180,))
    found = []
    for choose in (central, lowest):
        opened_so = open_pipeline(given, version="1", choose=choose)
        several = [portraits.portrait(1, faces=3)]
        seen = look_at_worse(several, [upside_down], opened_so, None, seed=1, threads=1, progress=lambda done: None)
        found.append(seen["rotation", 180].found)
    assert [bool(one[0]) for one in found] == [True, False]


def test_what_the_server_says_of_a_couple_is_of_the_worse_of_the_two(pipeline):
    bright, dark = portraits.portrait(1), portraits.portrait(2)
    told = []
    (one,) = measures([(bright, dark)], pipeline, None, progress=told.append)
    (other,) = measures([(dark, bright)], pipeline, None, progress=told.append)
    assert one.brightness == other.brightness == min(one.probe.brightness, other.probe.brightness)
    assert one.size == pytest.approx(other.size)
    assert told == [1, 1]

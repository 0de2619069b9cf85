"""One among many on made-up people whose truth is known."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.schemas import validator
from tests.unit.evaluation.audited import crowd, directions, gaussian_scale, without_faces

from recognizance.evaluation import audit
from recognizance.evaluation.audit import Audit, Made
from recognizance.evaluation.pages.told import identification as told
from recognizance.evaluation.protocols.identification import (
    Question,
    Split,
    divided,
    fitted,
    identify,
    paired,
    set_aside,
)
from recognizance.evaluation.protocols.replay import hits_of
from recognizance.evaluation.protocols.searched import figures, findings
from recognizance.evaluation.sets.subjects import Trouble
from recognizance.vision.similarity import Similarity

SCALE = gaussian_scale()
CURVE = {"model": "chance", "fitted_on": "nobody", "people": 1000, "comparisons": 499_500, "others": False}


def one_set(random, people=200, pictures=2, spread=0.5):
    means = directions(random, people)
    names = [f"p{at}" for at in range(people)] * pictures
    return crowd(random, np.concatenate([means] * pictures), names, spread=spread)


def searched(split, *, thresholds=(60, 70, 80), growth=(), scale=SCALE, seed=3, **more):
    question = Question(thresholds, scale, growth, **more)
    return identify(split, hits_of(split.probes, split.gallery, scale, min(thresholds)), question,
                    np.random.default_rng(seed))  # fmt: skip


def document(found):
    made = Made("recognizance audit identification", "0", (), (), (), 1)
    result = figures(found, curve=CURVE, similarity=SCALE)
    return json.loads(audit.as_json(Audit("identification", made, (), result, findings(found))))


@given(st.integers(0, 1000), st.floats(0.1, 0.9), st.integers(1, 3))
@settings(max_examples=30, deadline=None)
def test_a_set_is_divided_into_probes_and_gallery_that_share_people_and_no_picture(seed, outside, pictures):
    random = np.random.default_rng(seed)
    whole = one_set(random, people=30, pictures=pictures)
    split = divided(whole, random, outside=outside)
    gallery = set(split.gallery.people)
    assert len(split.gallery.subjects) == len(gallery) == 30 - round(outside * 30)
    assert not set(split.probes.digests) & set(split.gallery.digests)
    nonmated = [one for one in split.probes.people if one not in gallery]
    assert len(nonmated) == len(set(nonmated)) == round(outside * 30)
    assert sum(one in gallery for one in split.probes.people) == len(gallery) * (pictures - 1)


def test_a_set_of_one_person_cannot_be_divided():
    random = np.random.default_rng(0)
    with pytest.raises(ValueError, match="a set of 1 person with 1 pictures cannot be divided"):
        divided(one_set(random, people=1, pictures=1), random)


def test_well_separated_people_are_all_found_first_and_nobody_else_is():
    random = np.random.default_rng(1)
    found = searched(divided(one_set(random, spread=0.05), random))
    assert [misses.count for _, misses in found.misses] == [0, 0, 0]
    assert all(hits.value == 1 for _, hits in found.cmc)
    assert found.settings[-1].fnir.count == 0


def test_searches_without_a_face_are_misses_and_give_nobody():
    random = np.random.default_rng(2)
    split = divided(one_set(random, spread=0.05), random)
    lost = [0, 1, len(split.probes.subjects) - 1]
    mated = np.array([one in set(split.gallery.people) for one in split.probes.people])
    found = searched(Split(without_faces(split.probes, lost), split.gallery), thresholds=(1,))
    assert found.settings[0].fnir.count == mated[lost].sum()
    assert found.settings[0].fpir.count == (~mated).sum() - (~mated[lost]).sum()
    assert found.misses[0][1].count == mated[lost].sum()


def test_the_trade_off_gives_fewer_misses_for_more_false_positives():
    random = np.random.default_rng(3)
    found = searched(divided(one_set(random, people=400, spread=1.0), random))
    false = [one.fpir.count for one in found.trade_off]
    misses = [one.fnir.count for one in found.trade_off]
    assert false == sorted(false)
    assert misses == sorted(misses, reverse=True)
    assert (false[0], false[-1]) == (0, 200)


def test_a_target_is_withheld_where_too_few_searches_were_made():
    random = np.random.default_rng(4)
    found = searched(divided(one_set(random, people=400, spread=1.0), random))
    assert [(one.asked, one.needed, one.point is None) for one in found.targets] == [
        (0.1, 50, False), (0.01, 500, True), (0.001, 5000, True),
    ]  # fmt: skip
    assert found.targets[0].point.fpir.count <= 20


def test_ranks_count_people_and_not_their_pictures():
    random = np.random.default_rng(5)
    means = directions(random, 5)
    gallery = crowd(random, np.concatenate([means] * 3), [f"p{at}" for at in range(5)] * 3, spread=0.1)
    probes = crowd(random, 0.6 * means[:1] + means[1:2], ["p0"], spread=0.01, source="probes")
    found = searched(paired(probes, gallery, ()), ranks=(1, 2))
    assert [misses.count for _, misses in found.misses] == [1, 0]


def test_growth_is_what_the_curve_expects_where_strangers_are_alike_by_chance():
    random = np.random.default_rng(20)
    seen = []
    for _ in range(8):
        split = divided(one_set(random, people=1600, pictures=1), random, outside=0.5)
        found = searched(split, thresholds=(50, 60, 70), growth=(200, 800, 12_000))
        assert [one.people for one in found.growth] == [200, 800]
        assert found.too_large == (12_000,)
        assert found.growth[1].settings[0].fpir.count > 2 * found.growth[0].settings[0].fpir.count
        seen += [one for size in found.growth for one in size.settings]
    assert sum(one.within for one in seen) >= 0.9 * len(seen)
    assert sum(one.agrees for one in seen) >= 0.9 * len(seen)
    expected, counted = (
        sum(each) for each in zip(*((o.expected.pairs.mean, o.pairs.count) for o in seen), strict=True)
    )
    assert counted == pytest.approx(expected, rel=0.05)


def test_more_false_positives_than_the_curve_allows_are_a_finding():
    random = np.random.default_rng(7)
    means = directions(random, 300)
    means[:, :20] += 3.0  # all are alike
    split = divided(crowd(random, means, [f"p{at}" for at in range(300)]), random)
    said = findings(searched(split, thresholds=(80,), growth=(150,)))
    assert [one.kind for one in said] == ["false matches above the curve"]


def test_people_set_aside_are_a_share_of_all_the_same_in_every_set_and_otherwise_salted():
    random = np.random.default_rng(8)
    whole = one_set(random, people=500)
    [rest], [aside] = set_aside([whole], 0.4)
    assert not set(rest.people) & set(aside.people)
    assert len(set(aside.people)) == pytest.approx(200, abs=40)
    [other], _ = set_aside([whole], 0.4, "salt")
    assert set(other.people) != set(rest.people)


def test_a_curve_fitted_on_some_people_holds_on_others():
    random = np.random.default_rng(9)
    whole = one_set(random, people=2000, pictures=1)
    rest, aside = set_aside([whole], 0.5)
    curve = fitted(aside, random, command="test", draws=20)
    scale = Similarity(curve)
    found = searched(divided(rest[0], random), thresholds=(60, 70), growth=(400,), scale=scale)
    assert all(seen.agrees for seen in found.growth[0].settings)
    assert curve.people == len(set(aside[0].people))


def test_listed_people_have_one_name_and_a_probe_that_is_in_the_gallery_is_left_out():
    random = np.random.default_rng(10)
    means = directions(random, 4)
    probes = crowd(random, means, ["a", "b", "c", "d"], digests=["1", "2", "3", "4"])
    gallery = crowd(random, means, ["a", "bee", "c", "z"], digests=["5", "6", "3", "8"], source="g")
    split = paired(probes, gallery, [("b", "bee"), ("b", "z")])
    assert len(split.probes.subjects) == 3
    assert [(one.trouble, one.where) for one in split.problems] == [(Trouble.IN_BOTH, "a crowd/2.png")]
    assert sorted(set(split.gallery.people)) == ["a", "c", "listed z"] or len(set(split.gallery.people)) == 3
    assert split.probes.people[1] in split.gallery.people


@given(st.integers(0, 1000), st.floats(0, 0.5), st.floats(0.1, 0.9), st.integers(1, 2))
@settings(max_examples=12, deadline=None)
def test_every_document_fits_its_schema(seed, lost, outside, pictures):
    random = np.random.default_rng(seed)
    split = divided(one_set(random, people=40, pictures=pictures, spread=1.0), random, outside=outside)
    probes = without_faces(split.probes, np.nonzero(random.random(len(split.probes.subjects)) < lost)[0])
    found = searched(Split(probes, split.gallery), thresholds=(20, 60, 99), growth=(2, 4, 100))
    said = document(found)
    validator("identification").validate(said)
    assert said == document(searched(Split(probes, split.gallery), thresholds=(99, 20, 60), growth=(100, 4, 2)))


@pytest.mark.parametrize("pictures", [1, 2])
def test_a_page_says_what_was_found_and_what_it_was_predicted(pictures):
    random = np.random.default_rng(11)
    split = divided(one_set(random, people=300, pictures=pictures, spread=1.0), random)
    page = told.page(document(searched(split, growth=(50, 150, 9000))))
    assert page.verdict.startswith("At the setting 80, among 150 people, ")
    growth = next(one for one in page.sections if one.heading == "How it grows with the gallery")
    assert any("9,000" in part for part in growth.parts if isinstance(part, str))


def test_a_page_of_mated_searches_alone_says_that_nothing_could_grow():
    random = np.random.default_rng(12)
    means = directions(random, 30)
    names = [f"p{at}" for at in range(30)]
    split = paired(crowd(random, means, names), crowd(random, means, names, source="g"), ())
    found = searched(split, growth=(10,))
    assert (found.growth, found.settings[0].fpir) == ((), None)
    assert told.page(document(found)).alarm == "care"


def test_thresholds_below_those_kept_and_empty_sets_are_refused():
    random = np.random.default_rng(13)
    split = divided(one_set(random, people=20), random)
    hits = hits_of(split.probes, split.gallery, SCALE, 60)
    with pytest.raises(ValueError, match="thresholds are similarities from 60 up"):
        identify(split, hits, Question((50,), SCALE), random)
    nobody = Split(split.probes.kept(np.zeros(len(split.probes.subjects), bool)), split.gallery)
    with pytest.raises(ValueError, match="at least one probe"):
        identify(nobody, hits, Question((80,), SCALE), random)

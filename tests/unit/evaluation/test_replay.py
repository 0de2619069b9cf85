"""The ACLU's experiment on made-up people whose truth is known."""

import json
from pathlib import Path

import jsonschema
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from referencing import Registry, Resource
from tests.unit.evaluation.audited import crowd, directions, gaussian_scale, without_faces

from recognizance.evaluation import audit
from recognizance.evaluation.audit import Audit, Made, Set
from recognizance.evaluation.pages.told import replay as told
from recognizance.evaluation.protocols.replay import Hits, Question, TooMany, hits_of, rank_one, replay
from recognizance.evaluation.protocols.replayed import cost, figures, findings, sentence
from recognizance.evaluation.sets.subjects import Trouble
from recognizance.evaluation.statistics.expected import chance, expected, predicted_probes

DOCS = Path(__file__).parents[3] / "docs" / "audit"
SCALE = gaussian_scale()
STRANGERS = [f"p{at}" for at in range(40)]
OTHERS = [f"g{at}" for at in range(60)]


def sets(random=None, *, groups=None):
    random = random or np.random.default_rng(1)
    probes = crowd(random, directions(random, 40), STRANGERS, groups=groups, source="probes")
    return probes, crowd(random, directions(random, 60), OTHERS, source="gallery")


def at(*rows, floor=50.0):
    """Return hits of (probe, gallery, similarity)."""
    columns = list(zip(*rows, strict=True)) if rows else [(), (), ()]
    return Hits(np.array(columns[0], np.int64), np.array(columns[1], np.int64), np.array(columns[2], np.float64), floor)


def document(found, probes, gallery, called="members"):
    made = Made("recognizance audit replay", "0", (), (), (Set("probes", "x", 1, 1, 1, "0" * 64),), 1)
    result = figures(found, probes, gallery, called=called, curve=None)
    return json.loads(audit.as_json(Audit("replay", made, found.problems, result, findings(found))))


def test_a_probe_with_several_false_matches_counts_once_and_its_pairs_each():
    probes, gallery = sets()
    hits = at((0, 1, 81), (0, 2, 92), (3, 1, 80), (5, 9, 79.9))
    low, high = replay(probes, gallery, hits, Question((80, 90))).settings
    assert (low.false_matched.count, low.false_matched.of, low.picture_pairs, low.taken) == (2, 40, 3, 2)
    assert (low.pairs.count, low.pairs.of) == (3, 40 * 60)
    assert (high.false_matched.count, high.picture_pairs, high.people_matched) == (1, 1, 1)


def test_the_aclus_own_counts_give_the_aclus_own_figures():
    random = np.random.default_rng(2)
    colour = ["yes"] * 107 + ["no"] * 428
    probes = crowd(random, directions(random, 535), [f"p{n}" for n in range(535)], groups={"colour": colour})
    gallery = crowd(random, directions(random, 25), [f"g{n}" for n in range(25)])
    matched = [*range(11), *range(107, 124)]
    found = replay(probes, gallery, at(*((one, 0, 80.5) for one in matched)), Question((80, 95), columns=("colour",)))
    first = found.settings[0]
    assert first.false_matched.value == pytest.approx(0.0523, abs=1e-4)
    assert (first.false_matched.low, first.false_matched.high) == pytest.approx((0.0364, 0.0747), abs=2e-4)
    yes = next(one for one in first.groups if one.group == "yes")
    assert (yes.false_matched.count, yes.false_matched.of) == (11, 107)
    assert yes.ratio.value == pytest.approx(2.59, abs=0.01)
    assert (yes.ratio.low, yes.ratio.high) == pytest.approx((1.25, 5.4), rel=0.06)
    assert sentence(found, "members of Congress") == (
        "28 of 535 members of Congress were matched to somebody else at the setting 80; at 95 none was."
    )
    assert [one.group for one in findings(found)] == ["colour yes"]


def test_a_listed_mate_is_a_hit_and_never_a_false_match():
    probes, gallery = sets()
    hits = at((0, 1, 85), (1, 2, 99), (1, 3, 99.5), (4, 4, 81))
    found = replay(probes, gallery, hits, Question((80,), mated=[("p0", "g1"), ("p1", "g2"), ("p2", "g3")]))
    [one] = found.settings
    assert (one.hits.count, one.hits.of) == (2, 3)
    assert (one.first.count, one.first.of) == (1, 3)
    assert one.false_matched.count == 2
    assert (one.nonmated.count, one.nonmated.of) == (1, 37)
    assert (one.pairs.count, one.pairs.of) == (2, 40 * 60 - 3)
    assert found.probes["mated"] == 3


def test_a_name_on_both_sides_that_nobody_listed_is_named_and_counts_neither_way():
    random = np.random.default_rng(3)
    probes = crowd(random, directions(random, 12), ["Ada", *STRANGERS[:11]])
    gallery = crowd(random, directions(random, 60), ["Ada", *OTHERS[:59]])
    found = replay(probes, gallery, at((0, 0, 99), (0, 1, 99)), Question((80,)))
    assert found.settings[0].false_matched.count == 1
    assert found.settings[0].hits is None
    assert found.apart["name"] == 1
    assert [(one.trouble, one.where) for one in found.problems] == [(Trouble.IN_BOTH, "Ada")]
    assert found.comparisons == 12 * 60 - 1
    assert "neither false matches nor hits" in document(found, probes, gallery)["result"]["apart"]["done"]


def test_the_same_file_on_both_sides_is_named_and_counts_neither_way_even_when_listed():
    random = np.random.default_rng(3)
    probes = crowd(random, directions(random, 12), STRANGERS[:12], digests=[f"{at:064}" for at in range(12)])
    gallery = crowd(random, directions(random, 12), OTHERS[:12], digests=[f"{at + 11:064}" for at in range(12)])
    found = replay(probes, gallery, at((11, 0, 100)), Question((80,), mated=[("p11", "g0")]))
    assert (found.settings[0].false_matched.count, found.settings[0].hits) == (0, None)
    assert found.apart == {"name": 0, "bytes": 1, "likeness": 0}
    assert [one.trouble for one in found.problems] == [Trouble.IN_BOTH]


def test_all_but_the_same_picture_is_apart_only_where_nobody_listed_mates():
    random = np.random.default_rng(4)
    means = directions(random, 40)
    probes = crowd(random, means, STRANGERS, spread=0.01)
    gallery = crowd(random, np.concatenate([means[:1], directions(random, 59)]), OTHERS, spread=0.01)
    hits = hits_of(probes, gallery, SCALE, 60)
    unlisted = replay(probes, gallery, hits, Question((95,)))
    assert (unlisted.settings[0].false_matched.count, unlisted.apart["likeness"]) == (0, 1)
    assert [one.trouble for one in unlisted.problems] == [Trouble.IN_BOTH]
    listed = replay(probes, gallery, hits, Question((95,), mated=[]))
    assert (listed.settings[0].false_matched.count, listed.apart["likeness"]) == (1, 0)


def test_where_many_probes_are_all_but_in_the_gallery_the_model_cannot_tell_people_apart_and_they_count():
    random = np.random.default_rng(4)
    means = directions(random, 40)
    probes = crowd(random, means, STRANGERS, spread=0.01)
    gallery = crowd(random, np.concatenate([means[:10], directions(random, 50)]), OTHERS, spread=0.01)
    found = replay(probes, gallery, hits_of(probes, gallery, SCALE, 60), Question((95,)))
    assert (found.settings[0].false_matched.count, found.apart["likeness"]) == (10, 0)
    assert {(one.trouble, one.said.rpartition(", for")[2]) for one in found.problems} == {
        (Trouble.IN_BOTH, " too many probes have one so near")
    }


def test_probes_without_a_face_count_and_both_rates_are_stated():
    probes, gallery = sets()
    probes, gallery = without_faces(probes, [0, 1, 2, 3]), without_faces(gallery, [7])
    mated = [("p0", "g0"), ("p9", "g9"), ("p10", "g7")]
    found = replay(probes, gallery, at((9, 9, 90), (5, 5, 90)), Question((80,), mated=mated))
    [one] = found.settings
    assert (one.false_matched.of, one.false_matched_found.of) == (40, 36)
    assert (one.hits.count, one.hits.of, one.hits_found.of) == (1, 3, 2)
    assert found.comparisons == 36 * 59 - 1
    said = document(found, probes, gallery)["result"]["failure_to_enrol"]
    assert (said["probes"]["count"], said["gallery"]["count"]) == (4, 1)


def test_groups_of_too_few_people_are_withheld_and_named():
    said = ["alone"] + ["few"] * 9 + ["many"] * 30
    probes, gallery = sets(groups={"kind": said})
    found = replay(probes, gallery, at((0, 1, 90)), Question((80,), columns=("kind",)))
    alone, _, many = found.settings[0].groups
    assert (alone.group, alone.people, alone.false_matched, alone.ratio) == ("alone", 1, None, None)
    assert many.false_matched.count == 0
    assert [(one.trouble, one.where) for one in found.problems] == [
        (Trouble.SMALL_GROUP, "kind alone"),
        (Trouble.SMALL_GROUP, "kind few"),
    ]


def test_one_small_group_alone_is_not_left_to_be_reckoned_from_the_total():
    probes, gallery = sets(groups={"kind": ["alone"] + ["few"] * 12 + ["many"] * 27})
    found = replay(probes, gallery, at((0, 1, 90)), Question((80,), columns=("kind",)))
    shown = {one.group: one.false_matched is not None for one in found.settings[0].groups}
    assert shown == {"alone": False, "few": False, "many": True}
    assert "would follow from the total" in next(one.said for one in found.problems if one.where == "kind few")


def test_people_of_several_probes_count_alike():
    random = np.random.default_rng(5)
    probes = crowd(random, directions(random, 40), ["Ada"] * 20 + STRANGERS[:20])
    gallery = crowd(random, directions(random, 60), OTHERS)
    found = replay(probes, gallery, at(*((n, 1, 90) for n in range(20))), Question((80,)))
    assert found.settings[0].false_matched.value == pytest.approx(1 / 21)
    assert found.settings[0].people_matched == 1
    assert sentence(found, "people").startswith("1 of 21 people was matched")


@pytest.mark.parametrize("thresholds", [(), (49,), (101,), (80, 120)])
def test_thresholds_out_of_range_are_refused(thresholds):
    probes, gallery = sets()
    with pytest.raises(ValueError, match="thresholds are similarities from 50"):
        replay(probes, gallery, at(), Question(thresholds))


def test_an_empty_set_is_refused():
    probes, gallery = sets()
    with pytest.raises(ValueError, match="at least one probe"):
        replay(probes, gallery.kept(np.zeros(60, bool)), at(), Question((80,)))


def test_a_setting_that_matches_everybody_is_refused_with_one_that_would_do():
    probes, gallery = sets()
    with pytest.raises(TooMany, match=r"more than 10 pairs match at the setting 0: .* a threshold of \d+ or more"):
        hits_of(probes, gallery, SCALE, 0, most=10)


def test_hits_are_those_of_the_products_own_scores():
    probes, gallery = sets()
    hits = hits_of(probes, gallery, SCALE, 20)
    cosines = probes.vectors.astype(np.float64) @ gallery.vectors.astype(np.float64).T
    scores = np.array([[SCALE.score(float(one)) for one in row] for row in cosines])
    assert len(hits.probe) == (scores >= 20).sum() > 50
    assert hits.similarity == pytest.approx(scores[hits.probe, hits.gallery], abs=1e-4)


def test_the_first_candidate_is_told_whatever_its_similarity():
    random = np.random.default_rng(6)
    means = directions(random, 40)
    probes = crowd(random, means, STRANGERS, spread=0.3)
    gallery = crowd(random, np.concatenate([means[:20], directions(random, 40)]), OTHERS, spread=0.3)
    mated = [(f"p{n}", f"g{n}") for n in range(20)]
    found = rank_one(without_faces(probes, [3]), gallery, mated)
    assert found.tolist() == [n < 20 and n != 3 for n in range(40)]


def test_strangers_by_chance_are_as_many_as_the_curve_expects():
    random = np.random.default_rng(7)
    names = [f"p{n}" for n in range(400)], [f"g{n}" for n in range(3000)]
    probes, gallery = (crowd(random, directions(random, len(one)), one) for one in names)
    hits = hits_of(probes, gallery, SCALE, 50)
    found = replay(probes, gallery, hits, Question((50, 60, 70), similarity=SCALE))
    assert [one.agrees for one in found.settings] == [True, True, True]
    assert all(one.pairs.low * one.pairs.of <= one.expected.pairs.mean <= one.pairs.high * one.pairs.of
               for one in found.settings)  # fmt: skip
    assert findings(found) == ()


def test_more_false_matches_than_the_curve_allows_are_a_finding():
    probes, gallery = sets()
    found = replay(probes, gallery, at(*((n, n, 85) for n in range(5))), Question((80,), similarity=SCALE))
    [said] = findings(found)
    assert said.kind == "false matches above the curve"
    assert "5 of 40" in said.said


def test_the_worst_pairs_are_the_most_alike_strangers_once_for_two_people():
    probes, gallery = sets()
    found = replay(probes, gallery, at((0, 1, 81), (4, 2, 97), (5, 5, 60)), Question((80,), worst=2))
    assert [(one.probe, one.gallery, one.similarity) for one in found.worst] == [(4, 2, 97), (0, 1, 81)]


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([], "None of 40 members was matched to somebody else at the setting 80."),
        ([(0, 0, 75)], "None of 40 members was matched to somebody else at the setting 80; at 70, 1 was."),
        ([(0, 0, 80)], "1 of 40 members was matched to somebody else at the setting 80; at 90 none was."),
        (
            [(0, 0, 99), (1, 0, 99)],
            "2 of 40 members were matched to somebody else at the setting 80; at 90, the highest tested, 2 still were.",
        ),
    ],
)
def test_the_sentence_says_what_was_counted(rows, said):
    probes, gallery = sets()
    assert sentence(replay(probes, gallery, at(*rows), Question((70, 80, 90))), "members") == said


def test_the_cost_is_stated_or_said_not_to_be_known():
    probes, gallery = sets()
    asked = Question((80, 90), mated=[("p0", "g0"), ("p1", "g1")])
    assert cost(replay(probes, gallery, at((0, 0, 85)), asked)) == (
        "Of 2 probes whose person is in the gallery, it found 1 at 80, 0 at 90."
    )
    assert "is not known" in cost(replay(probes, gallery, at(), Question((80,))))


@given(st.integers(0, 2000), st.floats(0, 0.4), st.integers(0, 8))
@settings(max_examples=25, deadline=None)
def test_every_document_fits_its_schema(seed, share, mates):
    random = np.random.default_rng(seed)
    probes, gallery = sets(random, groups={"kind": random.choice(["a", "b", "", "c"], 40).tolist()})
    probes = without_faces(probes, np.nonzero(random.random(40) < share)[0])
    rows = [(int(random.integers(40)), int(random.integers(60))) for _ in range(random.integers(0, 30))]
    hits = at(*((*row, float(random.uniform(50, 100))) for row in dict.fromkeys(rows)))
    mated = [(f"p{n}", f"g{n}") for n in range(mates)] or None
    found = replay(probes, gallery, hits, Question((50, 80, 99), mated, ("kind",), SCALE))
    said = document(found, probes, gallery)
    schema, common = (json.loads((DOCS / f"{name}.schema.json").read_text()) for name in ("replay", "common"))
    registry = Registry().with_resource(common["$id"], Resource.from_contents(common))
    jsonschema.Draft202012Validator(schema, registry=registry).validate(said)
    assert said == document(
        replay(probes, gallery, hits, Question((99, 50, 80), mated, ("kind",), SCALE)), probes, gallery
    )
    counts = [one["false_matched"]["count"] for one in said["result"]["thresholds"]]
    assert counts == sorted(counts, reverse=True)


def test_a_page_begins_with_the_newspapers_sentence():
    probes, gallery = sets()
    found = replay(probes, gallery, at((0, 1, 85)), Question((80, 90), similarity=SCALE))
    said = document(found, probes, gallery)
    verdict = told.page(said).verdict
    assert verdict.startswith("1 of 40 members was matched to somebody else at the setting 80; at 90 none was.")
    assert verdict.endswith("These are too few pictures to say: it takes 60, of different people.")


def test_what_is_expected_of_a_search_grows_with_the_gallery_and_never_past_all_of_them():
    means = [predicted_probes(1e-6, 5e-7, 2e-6, probes=500, gallery=size).mean for size in (100, 10_000, 10**8)]
    assert means == sorted(means)
    assert predicted_probes(1e-2, 1e-2, 1e-2, probes=500, gallery=10**6).low == 500
    assert chance(2.1e-6, 25_000) == pytest.approx(0.0511, abs=1e-4)
    assert expected(SCALE, 80, probes=0, gallery=0.0).probes.high == 0


def test_predicted_bounds_hold_in_95_of_100_experiments():
    random = np.random.default_rng(8)
    found = predicted_probes(2e-5, 2e-5, 2e-5, probes=400, gallery=5000)
    counts = random.binomial(400, chance(2e-5, 5000), 4000)
    inside = ((counts >= found.low) & (counts <= found.high)).mean()
    assert 0.94 <= inside <= 0.985

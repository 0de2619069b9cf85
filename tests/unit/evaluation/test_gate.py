"""The gate on systems whose errors are known: it passes what is as good, stops what is worse, and says when it cannot
tell."""

import numpy as np
import pytest
from tests.unit.evaluation.test_demographics import crowd, unit

from recognizance.evaluation.protocols.demographics import Crowd, errors, most_alike
from recognizance.evaluation.protocols.gate import (
    Limits,
    NotAlike,
    Verdict,
    beyond,
    figures,
    findings,
    judge,
    judge_reports,
)

COSINE = 0.5
LIMITS = Limits(1.5, 1e-6, missed=0.02, lost=0.02)


def seen(people, cosine=COSINE):
    return errors(people, most_alike(people, cosine), cosine)


def worse(people, group, by, seed=5):
    """The same people by a system that draws those of one group together."""
    common = np.random.default_rng(seed).normal(size=people.vectors.shape[1])
    here = np.array([people.said["group"][person] == group for person in people.people])
    moved = people.vectors.astype(np.float64) + by * here[:, None] * common / np.linalg.norm(common)
    return Crowd(unit(moved), people.people, people.many, people.said)


def judged(old, new, limit=0.0):
    return judge(seen(old), seen(new), old, [["group"]], Limits(1.5, limit, missed=0.02, lost=0.02))


def of(gate, group, kind="false"):
    said = {"group": group} if group else {}
    return next(one for one in gate.judged if dict(one.said) == said and one.kind == kind)


@pytest.fixture(scope="module")
def people():
    return crowd((200, 200), (1.0, 1.0), pictures=2, noise=0.4, dimension=48)


def test_a_system_like_the_old_one_passes(people):
    gate = judged(people, shaken(people, 0.002, np.random.default_rng(1)))
    assert gate.verdict is Verdict.PASSES
    assert of(gate, "a").change.high < 1.2
    assert findings(gate, 1.5) == ()


def test_a_system_that_takes_one_group_for_others_fails_for_that_group(people):
    gate = judged(people, worse(people, "a", 0.5))
    assert gate.verdict is Verdict.FAILS
    assert of(gate, "a").verdict is Verdict.FAILS
    assert of(gate, "b").verdict is Verdict.PASSES
    assert "group a" in [one.group for one in findings(gate, 1.5)]


def test_a_group_that_got_worse_within_what_was_promised_fails_all_the_same(people):
    gate = judged(people, worse(people, "a", 0.5), limit=1.0)
    assert of(gate, "a").verdict is Verdict.FAILS


def test_a_better_system_passes(people):
    gate = judged(worse(people, "a", 0.5), people)
    assert of(gate, "a").verdict is Verdict.PASSES
    assert of(gate, "a").change.high < 1


def test_few_matches_cannot_tell_and_that_is_no_pass():
    old, new = (crowd((20, 20), (0.0, 0.0), seed=seed) for seed in (1, 2))
    gate = judged(old, new)
    assert gate.verdict is Verdict.CANNOT_TELL
    assert of(gate, "a").verdict is Verdict.CANNOT_TELL


def test_few_matches_pass_where_the_new_rate_is_surely_what_was_promised():
    old, new = (crowd((60, 60), (0.0, 0.0), seed=seed) for seed in (1, 2))
    gate = judge(seen(old, 0.8), seen(new, 0.8), old, [["group"]], Limits(1.5, 0.01, missed=0.05, lost=0.06))
    assert (of(gate, "a").new.count, of(gate, "a").verdict) == (0, Verdict.PASSES)


def test_a_system_that_misses_people_of_one_group_fails(people):
    here = np.array([people.said["group"][person] == "b" for person in people.people])
    drawn = np.random.default_rng(3).normal(0, 0.2, people.vectors.shape) * here[:, None]
    gate = judged(people, Crowd(unit(people.vectors + drawn), people.people, people.many, people.said))
    assert of(gate, "b", "missed").verdict is Verdict.FAILS
    assert of(gate, "a", "missed").verdict is Verdict.PASSES
    assert of(gate, "b", "missed").rise.low > 0


def test_faces_that_are_no_longer_found_are_judged(people):
    vectors = people.vectors.copy()
    vectors[::10] = 0
    gate = judged(people, Crowd(vectors, people.people, people.many, people.said))
    assert of(gate, "", "lost").verdict is Verdict.FAILS
    assert of(gate, "", "lost").new.count == 80


def test_small_groups_are_named_as_not_judged():
    people = crowd((40, 4), (1.0, 1.0), pictures=2)
    gate = judged(people, people)
    assert [(dict(one.said), one.people) for one in gate.withheld] == [({"group": "b"}, 4)]
    assert "b" not in [one.said.get("group") for one in gate.judged]
    with pytest.raises(ValueError, match="needs 10 people"):
        judged(*[crowd((4, 4), (0.0, 0.0))] * 2)


def test_a_group_from_which_a_small_one_would_follow_is_judged_and_its_figures_are_not_told():
    few = crowd((60, 20, 4), (1.0, 1.0, 1.0), pictures=2, noise=0.4, dimension=24)
    gate = judged(few, worse(few, "b", 0.9))
    assert [dict(one.said) for one in gate.judged if one.withheld] == [{"group": "b"}] * 3
    assert of(gate, "b").verdict is Verdict.FAILS
    told = [one for one in figures(gate, LIMITS)["judged"] if one["withheld"]]
    assert all(one[name] is None for one in told for name in ("old", "new", "change", "at_least", "rise"))
    (said,) = [one.said for one in findings(gate, 1.5) if one.group == "group b" and "taken for" in one.said]
    assert not any(letter.isdigit() for letter in said.replace("1.5", ""))


def test_systems_that_are_equal_seldom_fail(people):
    failed = 0
    for seed in range(8):
        drawn = np.random.default_rng(seed)
        old, new = (shaken(people, 0.05, drawn) for _ in range(2))
        failed += judged(old, new).verdict is Verdict.FAILS
    assert failed <= 1


def shaken(people, by, drawn):
    vectors = unit(people.vectors + drawn.normal(0, by, people.vectors.shape))
    return Crowd(vectors, people.people, people.many, people.said)


def document(people, cosine=COSINE, fingerprint="f" * 64, system="one", **threshold):
    from recognizance.evaluation.protocols import demographics

    found = seen(people, cosine)
    at = {
        "asked": "similarity",
        "fmr": None,
        "similarity": 80.0,
        "cosine": cosine,
        "curve": 1e-6,
        "extrapolated": False,
    }
    grouping = demographics.by_group(people, found, ["group"], np.random.default_rng(1))
    return {
        "protocol": "demographics",
        "made": {"sets": [{"role": "images", "fingerprint": fingerprint}], "models": [], "pipeline": [system]},
        "result": {
            "threshold": at | threshold,
            **demographics.figures(people, [grouping], demographics.overall(found)),
        },
    }


def test_two_reports_give_the_same_verdict_on_what_is_plain(people):
    gate = judge_reports(document(people), document(worse(people, "a", 0.5), system="two"), LIMITS)
    assert of(gate, "a").verdict is Verdict.FAILS
    paired = judged(people, people)
    alone = judge_reports(document(people), document(people, system="two"), LIMITS)
    assert of(alone, "a").change.high > of(paired, "a").change.high  # who does not see the pairs knows less
    assert figures(alone, LIMITS)["verdict"] in ("passes", "cannot tell")


def test_reports_that_are_not_alike_are_not_compared(people):
    one = document(people)
    for other, said in (
        (document(people, fingerprint="e" * 64), "different pictures"),
        (document(people, similarity=90.0), "different thresholds"),
        (one | {"protocol": "replay"}, "audit demographics"),
    ):
        with pytest.raises(NotAlike, match=said):
            judge_reports(one, other, LIMITS)


def test_a_report_that_leaves_a_group_out_is_not_compared(people):
    old, new = document(people), document(worse(people, "a", 0.5), system="two")
    for groups in ([], [one for one in new["result"]["groupings"][0]["groups"] if one["said"] != {"group": "a"}]):
        less = new | {"result": new["result"] | {"groupings": [new["result"]["groupings"][0] | {"groups": groups}]}}
        with pytest.raises(NotAlike, match="tell different groups apart"):
            judge_reports(old, less, LIMITS)
    with pytest.raises(NotAlike, match="tell different groups apart"):
        judge_reports(old, new | {"result": new["result"] | {"groupings": []}}, LIMITS)


def test_a_rate_that_one_report_alone_has_cannot_be_told(people):
    old, new = document(people), document(people, system="two")
    new["result"]["groupings"][0]["groups"][0]["false"] = None
    gate = judge_reports(old, new, LIMITS)
    assert [(dict(one.said), one.kind, one.only) for one in gate.one_sided] == [({"group": "a"}, "false", "old")]
    assert gate.verdict is not Verdict.PASSES


def test_two_reports_of_one_system_are_not_compared(people):
    with pytest.raises(NotAlike, match="the same system"):
        judge_reports(document(people), document(people), LIMITS)


def test_groups_asked_for_of_which_none_is_large_enough_cannot_tell():
    people = crowd((9, 9, 9), (1.0, 1.0, 1.0), pictures=2)
    gate = judge(seen(people), seen(people), people, [["group"]], Limits(3.0, 1.0, missed=0.9, lost=0.9))
    assert {one.verdict for one in gate.judged} == {Verdict.PASSES}
    assert (gate.verdict, gate.grouped) == (Verdict.CANNOT_TELL, False)


@pytest.mark.parametrize(
    ("limits", "said"),
    [
        (Limits(1.5, 1e-6), None),
        (Limits(3.0, 0.1, 0.1, 0.1), None),
        (Limits(1.0, 1e-6), "margin"),
        (Limits(3.1, 1e-6), "margin"),
        (Limits(float("inf"), 1e-6), "margin"),
        (Limits(float("nan"), 1e-6), "margin"),
        (Limits(1.5, 1e-6, 0.11, 0.01), "rise"),
        (Limits(1.5, 1e-6, 0.01, float("nan")), "rise"),
        (Limits(1.5, 0.2), "false matches"),
    ],
)
def test_limits_that_would_pass_anything_are_told(limits, said):
    told = beyond(limits)
    assert told is None if said is None else said in (told or "")

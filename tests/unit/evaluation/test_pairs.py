"""Lists of pairs are read whole or named, and their error rates are as sure as the people in them allow."""

from __future__ import annotations

import math

import numpy as np
import pytest

from recognizance.evaluation.protocols import pairs
from recognizance.evaluation.sets import subjects, templates
from recognizance.evaluation.sets.subjects import SetWrong, Trouble

LFW = "2\t1\nAda\t1\t2\nAda\t1\tBob\t1\nBob\t1\t2\nBob\t2\tCyd\t1\n"


def listed(tmp_path, text, name="pairs.csv"):
    (tmp_path / name).write_text(text)
    return pairs.read_pairs(tmp_path / name)


def short(found):
    return [(one.first, one.second, one.same, one.fold) for one in found.pairs]


def test_lfws_form_is_read_with_its_folds(tmp_path):
    found = listed(tmp_path, LFW, "pairs.txt")
    assert short(found) == [
        ("Ada/Ada_0001.jpg", "Ada/Ada_0002.jpg", True, 0),
        ("Ada/Ada_0001.jpg", "Bob/Bob_0001.jpg", False, 0),
        ("Bob/Bob_0001.jpg", "Bob/Bob_0002.jpg", True, 1),
        ("Bob/Bob_0002.jpg", "Cyd/Cyd_0001.jpg", False, 1),
    ]


def test_a_table_is_read_with_or_without_folds(tmp_path):
    found = listed(tmp_path, "file1,file2,same,fold\na.jpg,b.jpg,1,x\na.jpg,c.jpg,no,y\n")
    assert short(found) == [("a.jpg", "b.jpg", True, 0), ("a.jpg", "c.jpg", False, 1)]
    found = listed(tmp_path, "file_x,file_y,Decision\na.jpg,b.jpg,Yes\na.jpg,c.jpg,No\n")
    assert short(found) == [("a.jpg", "b.jpg", True, None), ("a.jpg", "c.jpg", False, None)]


def test_lines_that_are_no_pair_are_named(tmp_path):
    text = "file1,file2,same\na.jpg,b.jpg,1\na.jpg,c.jpg,0\na.jpg,c.jpg,maybe\na.jpg,,1\n"
    assert [(one.trouble, one.where) for one in listed(tmp_path, text).problems] == [
        (Trouble.MISLABELLED, "pairs.csv, line 4"),
        (Trouble.MISLABELLED, "pairs.csv, line 5"),
    ]
    found = listed(tmp_path, LFW.replace("Bob\t1\t2", "Bob\tone\ttwo"), "pairs.txt")
    assert [one.where for one in found.problems] == ["pairs.txt, line 4"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("3\t1\n" + LFW[4:], "should have 6 pairs, as its first line says; it has 4"),
        ("1 2 3\n", "should have"),
        ("0\n", "should have"),
        ("file,person\na,b\n", "should have the columns file1, file2 and same"),
        ("file1,file2,same\na,b,1\n", "no pairs of two people"),
        ("file1,file2,same\na,b,0\n", "no pairs of one person"),
        ("", "is empty"),
    ],
)
def test_what_is_no_list_of_pairs_is_refused_with_what_would_be_right(tmp_path, text, said):
    with pytest.raises(SetWrong, match=said):
        listed(tmp_path, text)


def made(people, *, takes=2, dimension=64, noise=0.05, seed=0):
    """Return templates of so many people, each a direction of their own and some noise."""
    random = np.random.default_rng(seed)
    middles = random.normal(size=(people, dimension))
    vectors = np.repeat(middles / np.linalg.norm(middles, axis=1, keepdims=True), takes, axis=0)
    vectors = vectors + random.normal(size=vectors.shape) * noise
    vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    shown = tuple(
        subjects.Subject(f"{person}/{take}.png", str(person)) for person in range(people) for take in range(takes)
    )
    return templates.Templates(
        shown, vectors, np.ones(len(shown), np.int64), tuple(f"{at:064x}" for at in range(len(shown))), (), "made"
    )


def every(people, *, takes=2):
    """Return a list of each person's first two takes, and of each with the next person's."""
    same = [pairs.Pair(f"{one}/0.png", f"{one}/1.png", True, None, 1) for one in range(people)]
    apart = [pairs.Pair(f"{one}/0.png", f"{(one + 1) % people}/1.png", False, None, 2) for one in range(people)]
    return pairs.PairList((*same, *apart), (), "made")


def test_pairs_of_one_person_score_high_and_a_face_not_found_is_rejected():
    shown = made(40)
    shown.vectors[0], shown.faces[0] = 0, 0
    scored, problems = pairs.score(every(40), shown, np.random.default_rng(1))
    assert problems == ()
    assert scored.scores[0] == -1
    assert scored.scores[1:40].min() > 0.7
    assert scored.scores[40:].max() < 0.6
    assert pairs.misses(scored, 0.65).count == 1
    assert pairs.false_matches(scored, 0.65).count == 0
    assert pairs.accuracy(scored).mean > 0.97


def test_pairs_that_cannot_be_compared_as_meant_are_named():
    shown = made(3)
    more = (
        pairs.Pair("0/0.png", "0/0.png", True, None, 3),
        pairs.Pair("0/1.png", "0/0.png", True, None, 4),
        pairs.Pair("0/1.png", "9/0.png", False, None, 5),
        pairs.Pair("1/0.png", "2/0.png", True, None, 6),
        pairs.Pair("1/1.png", "2/1.png", False, None, 7),
    )
    given = every(3)
    scored, problems = pairs.score(pairs.PairList((*given.pairs, *more), (), "made"), shown, np.random.default_rng(1))
    assert [(one.trouble, one.where) for one in problems[:3]] == [
        (Trouble.MISLABELLED, "made, line 3"),
        (Trouble.REPEATED, "made, line 4"),
        (Trouble.MISSING, "made, line 5"),
    ]
    assert [one.trouble for one in problems[3:]] == [Trouble.MISLABELLED] * 2
    assert "1/0.png and 2/1.png are said to be two people and to be one" in problems[3].said
    assert len(scored) == 8


def test_a_list_of_other_pictures_is_refused():
    with pytest.raises(SetWrong, match="no pairs of both kinds are left"):
        pairs.score(every(9), made(2).kept(np.array([True, False, False, False])), np.random.default_rng(1))


def test_pictures_are_found_whatever_their_ending(tmp_path):
    shown = made(2)
    renamed = tuple(subjects.Subject(f"P{one.name[0]}/P{one.name[0]}_000{int(one.name[2]) + 1}.png", one.person)
                    for one in shown.subjects)  # fmt: skip
    shown = templates.Templates(renamed, shown.vectors, shown.faces, shown.digests, (), "made")
    found = listed(tmp_path, "1\nP0\t1\t2\nP0\t1\tP1\t1\n", "pairs.txt")
    scored, problems = pairs.score(found, shown, np.random.default_rng(1))
    assert (len(scored), problems) == (2, ())


def test_a_rate_of_pairs_that_share_nobody_has_wilsons_interval():
    seen = np.arange(400) < 40
    first, second = np.arange(400) * 2, np.arange(400) * 2 + 1
    found = pairs.estimate(seen, first, second)
    assert (found.count, found.of, found.people) == (40, 400, 800)
    assert found.low == pytest.approx(0.0743, abs=1e-3)
    assert found.high == pytest.approx(0.1332, abs=1e-3)


def test_a_rate_that_a_few_people_make_is_less_sure():
    seen = np.arange(400) < 40
    apart = pairs.estimate(seen, np.arange(400) * 2, np.arange(400) * 2 + 1)
    one_person = pairs.estimate(seen, np.where(seen, 0, np.arange(400) * 2), np.arange(400) * 2 + 1)
    assert one_person.high - one_person.low > 3 * (apart.high - apart.low)


def test_none_of_n_has_the_rule_of_three_and_all_of_n_stay_below_one():
    numbers = np.arange(300)
    none = pairs.estimate(np.zeros(300, bool), numbers, numbers + 300)
    assert (none.low, none.high) == (0.0, pytest.approx(0.01))
    everything = pairs.estimate(np.ones(300, bool), numbers, numbers)
    assert everything.low < 1 == everything.high
    assert pairs.estimate(np.zeros(0, bool), numbers[:0], numbers[:0]) is None


@pytest.mark.parametrize("rate", [0.02, 0.2])
def test_intervals_of_pairs_that_share_people_hold_the_truth_as_often_as_they_say(rate):
    random = np.random.default_rng(3)
    people, each = 150, 6
    threshold = -math.sqrt(2) * _normal(rate)
    held = runs = 0
    for _ in range(400):
        traits = random.normal(size=people)
        first = random.integers(0, people, people * each)
        second = (first + random.integers(1, people, people * each)) % people
        seen = traits[first] + traits[second] > threshold
        found = pairs.estimate(seen, first, second)
        runs += 1
        held += found.low <= rate <= found.high
    assert held / runs > 0.92


def _normal(share):
    from statistics import NormalDist

    return NormalDist().inv_cdf(share)


def test_a_rate_that_the_pairs_are_too_few_for_is_marked_or_withheld():
    shown = made(300, noise=0.2)
    scored, _ = pairs.score(every(300), shown, np.random.default_rng(1))
    at = pairs.at_rates(scored, (0.1, 0.01, 0.001))
    assert [one.standing for one in at] == ["measured", "few", "withheld"]
    assert at[0].false_matches.count == 30
    assert at[1].false_matches.count == 3
    assert at[2].cosine is None
    assert at[0].misses.count <= at[1].misses.count


def test_the_curve_goes_from_no_false_match_to_a_tenth_of_all():
    scored, _ = pairs.score(every(300), made(300, noise=0.2), np.random.default_rng(1))
    found = pairs.curve(scored)
    counts = [wrong.count for _, wrong, _ in found]
    assert counts == sorted(set(counts))
    assert (counts[0], counts[-1]) == (0, 30)
    missed = [one.count for _, _, one in found]
    assert missed == sorted(missed, reverse=True)


def test_everybody_is_compared_with_everybody_and_each_person_weighs_the_same():
    shown = made(60, takes=3, noise=0.1)
    shown.vectors[0], shown.faces[0] = 0, 0
    found = pairs.everybody(shown, (0.01, 1e-9))
    assert (found.people, found.pairs_of_people, found.mated, found.nonmated) == (60, 1770, 180, 15_930)
    assert [one.standing for one in found.at] == ["measured", "withheld"]
    measured = found.at[0]
    assert measured.false_matches.value <= 0.01
    assert measured.misses.count >= 2  # the lost face misses its two others
    assert measured.misses.of == 180


def test_the_same_pairs_give_the_same_folds_for_the_same_seed():
    scored = [pairs.score(every(50), made(50), np.random.default_rng(5))[0] for _ in range(2)]
    assert np.array_equal(scored[0].folds, scored[1].folds)

import json
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks import page, rows, statistics

ROOT = Path(__file__).parents[2]
SOME = st.lists(st.floats(0.01, 1e4), min_size=1, max_size=50)


def test_the_benchmarks_say_how_to_be_run():
    said = subprocess.run(
        [sys.executable, "-m", "benchmarks", "--help"], cwd=ROOT, check=True, capture_output=True, text=True
    )
    assert "--quick" in said.stdout
    assert "--only" in said.stdout


@given(SOME)
def test_a_spread_lies_in_order(values):
    found = statistics.spread(values)
    assert min(values) <= found.low <= found.median <= found.high <= found.p95 * (1 + 1e-12) <= max(values) * (1 + 1e-9)
    assert found.count == len(values)


def test_nothing_has_no_spread():
    with pytest.raises(ValueError, match="one value or more"):
        statistics.spread([])


def test_a_busy_moment_that_slows_both_changes_no_ratio():
    quiet, busy = [20.0, 20, 20], [20.0, 200, 20]
    half = [10.0, 10, 10], [10.0, 100, 10]
    assert statistics.ratios(quiet, half[0]) == statistics.ratios(busy, half[1])
    assert statistics.ratios(quiet, half[0]).median == 2


def test_a_ratio_needs_pairs():
    with pytest.raises(ValueError, match="zip"):
        statistics.ratios([1.0, 2.0], [1.0])


def test_differences_are_taken_pair_by_pair():
    assert statistics.differences([12, 112, 13], [10, 110, 10]).median == 2


@given(st.floats(-10, 10), st.floats(-1e3, 1e3), st.integers(3, 60), st.integers(1, 50))
def test_the_slope_of_a_line_is_its_own(rise, start, count, step):
    found = statistics.slope([start + rise * step * at for at in range(count)], step)
    assert found.rise == pytest.approx(rise, abs=1e-6)
    assert found.within == pytest.approx(0, abs=1e-6)


def test_a_slope_says_how_sure_it_is():
    sure = statistics.slope([0, 1.1, 1.9, 3.1, 3.9, 5.1])
    unsure = statistics.slope([0, 3, 0, 5, 2, 7])
    assert sure.within < unsure.within
    assert abs(sure.rise - 1) < sure.within


def test_interleaving_asks_everybody_about_everything_and_changes_who_begins():
    asked: list[tuple[str, int]] = []
    works = {name: (lambda one, name=name: asked.append((name, one))) for name in "ab"}

    took = statistics.interleaved(works, [1, 2, 3], warm=0)

    assert asked == [("a", 1), ("b", 1), ("b", 2), ("a", 2), ("a", 3), ("b", 3)]
    assert {name: len(values) for name, values in took.items()} == {"a": 3, "b": 3}


@pytest.mark.parametrize(
    ("sense", "value", "met"),
    [("at least", 6.5, True), ("at least", 6.4, False), ("at most", 5.0, True), ("under", 3.0, False)],
)
def test_a_target_is_met_as_its_words_say(sense, value, met):
    bound = {"at least": 6.5, "at most": 5.0, "under": 3.0}[sense]
    assert rows.Row("x", "x", value=value, target=rows.Target(sense, bound)).met is met


def test_a_row_left_out_neither_meets_nor_misses_its_target():
    left = rows.skipped("x", "x", "no such processor", rows.Target("at least", 1))
    assert left.met is None
    assert rows.verdict([left]) == "0 of 1 targets met; left out: 1."


def test_rows_come_back_from_json_as_they_went():
    some = [
        rows.Row("a", "one", "ms", 1.5, 1.0, 2.0, 3.0, 7, rows.Target("under", 3), "a note"),
        rows.skipped("a", "two", "why not"),
    ]
    assert rows.from_json(json.loads(json.dumps(rows.as_json(some)))) == some


def test_a_missed_target_stands_by_name_in_text_and_page():
    missed = rows.Row("embed", "embedding: times as fast", "x", 1.2, target=rows.Target("at least", 1.8))
    machine = {
        "command": "python -m benchmarks", "packages": {"numpy": "2"}, "processor": "P", "cores": 2, "features": [],
        "system": "S", "python": "3", "commit": "c", "date": "d", "load_before": 0.1, "load_after": 0.2,
    }  # fmt: skip

    assert "NOT MET" in "\n".join(rows.plain([missed]))
    written = page.page({"machine": machine, "rows": rows.as_json([missed])})
    assert "not met: embedding: times as fast" in written
    assert "| NOT MET |" in written

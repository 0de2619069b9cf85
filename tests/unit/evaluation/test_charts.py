"""Charts are drawings that need nothing else, and the same values give the same drawing."""

import os
import re
import subprocess
import sys
from functools import cache
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recognizance.evaluation.pages.charts import Axis, Mark, Row, Series, bars, heat, histograms, intervals, lines

SHARES = Axis("Falsely matched", "share", log=True)
AT = Axis("Threshold")
CHARTS = {
    "lines": lambda: lines(
        [
            Series("counted", [80, 90, 95], [0.05, 0.002, 0.0], [0.03, 0.0003, 0.0], [0.07, 0.01, 0.006], points=True),
            Series("predicted", [80, 95], [0.04, 0.001], [0.01, 0.0], [0.1, 0.01], dashed=True),
        ],
        AT,
        SHARES,
        marks=[Mark(80, "default")],
    ),
    "intervals": lambda: intervals(
        [Row("women", 0.02, 0.01, 0.05), Row("few", None), Row("none", 0.0, 0.0, 0.01, hue=1)],
        SHARES,
        reference=0.02,
        said="everybody",
    ),
    "bars": lambda: bars(["60", "80"], [("old", [0.2, None]), ("new", [0.3, 0.1])], Axis("Share", "share")),
    "histograms": lambda: histograms(
        [0, 0.5, 1], [("strangers", [9, 1]), ("mates", [1, 0])], Axis("Cosine"), Axis("Pairs", log=True)
    ),
    "heat": lambda: heat(
        ["a", "b"], ["a", "b"], [[1e-6, None], [1e-3, 0.0]], [["1", "withheld"], ["2", "0"]], log=True, across="who"
    ),
}
DRAWN = "from tests.unit.evaluation.test_charts import CHARTS; print(*[draw() for draw in CHARTS.values()], sep=chr(0))"


@cache
def drawn(name):
    return CHARTS[name]()


def words(svg):
    """Return the texts that stand in a drawing."""
    return [text.text for text in ElementTree.fromstring(svg).iter("text")]


def test_the_same_values_give_the_same_bytes_in_another_process_and_on_another_s_settings(tmp_path):
    rc = tmp_path / "matplotlibrc"
    rc.write_text("font.size: 30\nlines.linewidth: 9\nsvg.hashsalt: other\naxes.facecolor: red\n")
    ran = subprocess.run(
        [sys.executable, "-c", DRAWN],
        capture_output=True,
        check=True,
        env={**os.environ, "MATPLOTLIBRC": str(rc), "PYTHONHASHSEED": "7", "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert ran.stdout.decode().removesuffix("\n").split("\0") == [drawn(name) for name in CHARTS]
    assert CHARTS["lines"]() == drawn("lines")


@pytest.mark.parametrize("name", CHARTS)
def test_a_chart_refers_to_nothing_outside_and_holds_shapes_and_text_alone(name):
    svg = drawn(name)
    tree = ElementTree.fromstring(svg)
    assert {one.tag for one in tree.iter()} <= {
        "svg",
        "g",
        "path",
        "text",
        "tspan",
        "use",
        "defs",
        "clipPath",
        "rect",
        "pattern",
    }
    assert "http" not in svg
    assert set(re.findall(r'href="(.)', svg)) <= {"#"}
    assert set(re.findall(r"url\((.)", svg)) <= {"#"}
    names = {one.get("id") for one in tree.iter()} - {None}
    assert names == set(re.findall(r"(?:url\(|href=\")#([^)\"]+)", svg))
    assert not re.search("font-family|<style|<!--|<metadata|202[0-9]-", svg)


@pytest.mark.parametrize("name", [one for one in CHARTS if one != "heat"])
def test_a_chart_has_the_page_s_colours_and_none_of_its_own(name):
    colours = set(re.findall(r"#[0-9a-fA-F]{6}\b|var\(--[a-z0-9]+\)", drawn(name)))
    assert "var(--c1)" in colours
    assert all(one.startswith("var") for one in colours)


def test_an_axis_says_its_name_and_shares_as_percent():
    said = words(drawn("lines"))
    assert {"Threshold", "Falsely matched", "1 %", "0.1 %", "counted", "predicted", "default"} <= set(said)
    assert "1000 %" not in said


def test_what_names_hold_is_text():
    said = words(lines([Series("$x^2$ <script>", [1, 2], [1, 2]), Series("\x1b& \u202e", [1, 2], [2, 1])], AT, AT))
    assert {"$x^2$ <script>", "\ufffd& \ufffd"} <= set(said)


def test_a_letter_that_the_font_lacks_is_no_complaint():
    assert "漢字" in words(intervals([Row("漢字", 0.5, 0.4, 0.6)], Axis("share", "share")))


def test_none_is_drawn_as_at_most_where_the_axis_has_no_zero():
    little, more = (
        intervals([Row("a", 0.0, 0.0, high)], Axis("share", "share", log=True, low=1e-3)) for high in (0.01, 0.02)
    )
    assert "withheld" not in words(little)
    assert little != more


def test_what_is_withheld_is_said_in_a_heat_map_and_among_bars():
    assert "withheld" in words(drawn("heat"))
    assert "withheld" in words(drawn("bars"))


@pytest.mark.parametrize(
    "empty",
    [
        lambda: lines([], AT, AT),
        lambda: lines([Series("a", [1], [None])], AT, AT),
        lambda: intervals([], AT),
        lambda: bars([], [], AT),
        lambda: bars(["a"], [("x", [1, 2])], AT),
        lambda: histograms([0, 1], [("x", [1, 2])], AT, AT),
        lambda: heat(["a"], ["b"], [[1.0]], [["1", "2"]]),
        lambda: heat([], [], [], []),
    ],
)
def test_a_chart_of_nothing_is_refused(empty):
    with pytest.raises(ValueError, match=r"needs|need "):
        empty()


VALUES = st.one_of(st.none(), st.just(0.0), st.floats(1e-12, 1.0))


@settings(max_examples=6, deadline=None)
@given(values=st.lists(VALUES, min_size=1, max_size=4).filter(any), log=st.booleans(), points=st.booleans())
def test_any_shares_can_be_drawn(values, log, points):
    places = list(range(len(values)))
    low = [None if one is None else one / 2 for one in values]
    high = [None if one is None else min(1.0, one * 2 + 1e-9) for one in values]
    axis = Axis("share", "share", log=log)
    assert lines([Series("a", places, values, low, high, points=points)], AT, axis).startswith("<svg")
    rows = [Row(str(at), value, low[at], high[at]) for at, value in enumerate(values)]
    assert intervals(rows, axis, reference=0.5).startswith("<svg")


def test_the_names_of_marks_that_are_near_each_other_look_away_from_each_other():
    marks = [Mark(80, "first"), Mark(81, "second"), Mark(95, "far")]
    svg = lines([Series("", [70, 99], [0.1, 0.2])], AT, Axis("share", "share"), marks=marks)
    anchors = {
        one.text: re.search("text-anchor: (\\w+)", one.get("style")) for one in ElementTree.fromstring(svg).iter("text")
    }
    assert {name: anchors[name].group(1) for name in ("first", "second", "far")} == {
        "first": "end",
        "second": "start",
        "far": "middle",
    }


@pytest.mark.parametrize("kind", ["lines", "intervals", "bars", "histograms", "heat", "wide heat"])
@pytest.mark.parametrize("name", ["a group with a long name " * 12, "x" * 300])
def test_very_long_names_are_shortened_and_leave_room_for_the_drawing(kind, name):
    names, x = [f"{at} {name}" for at in range(3)], Axis(name)
    made = {
        "lines": lambda: lines([Series(one, [1, 2], [0.1, 0.2]) for one in names], x, x, marks=[Mark(1.5, name)]),
        "intervals": lambda: intervals([Row(one, 0.5, 0.4, 0.6) for one in names], x, reference=0.5, said=name),
        "bars": lambda: bars(names, [(one, [1, 2, 3]) for one in names], x),
        "histograms": lambda: histograms([0, 1, 2], [(one, [1, 2]) for one in names], x, x, marks=[Mark(1.5, name)]),
        "heat": lambda: heat(names, names, [[0.1] * 3] * 3, [["a"] * 3] * 3, across=name, down=name),
        "wide heat": lambda: heat(names, names * 5, [[0.1] * 15] * 3, [["a"] * 15] * 3, across=name, down=name),
    }[kind]()
    assert "…" in made
    assert name.strip() not in re.sub(r"\s+", " ", "".join(ElementTree.fromstring(made).itertext()))

"""The page of `recognizance audit calibrate`: what a Similarity means for a model, and whether that holds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from recognizance.accountability.papers import Table
from recognizance.evaluation.pages.charts import Axis, Mark, Series, lines
from recognizance.evaluation.pages.page import Chart, Page, Section
from recognizance.evaluation.pages.told import DASH, count, percent
from recognizance.evaluation.words import number, one_in, share

Figures = Mapping[str, Any]

NEWSPAPER = 80.0
"""The Similarity of the verdict: Rekognition's own default threshold."""

MOST, HALF = 0.9, 0.5
"""Shares of checks from which a page says "good", and below which it says "bad": of those in which the predicted
number lies in the interval of the counted one, the stricter of the two tests."""

TERMS = (
    "similarity", "threshold", "false match", "curve", "extrapolated", "tail", "interval", "bootstrap",
    "rule of three", "exclusion", "seed", "fingerprint",
)  # fmt: skip


def page(document: Mapping[str, Any]) -> Page:
    """Return the page of a calibration, from its document."""
    result: Figures = document["result"]
    return Page(
        title=f"What a Similarity of {result['model']} means",
        verdict=_verdict(result),
        alarm=_alarm(result),
        tested=_tested(result),
        wrong=_wrong(result),
        whom=(
            "For strangers drawn at random. People of one sex, age and origin are taken for each other more often than "
            "that, and kin far more often: `recognizance audit demographics` says by how much."
        ),
        what_to_set=_set(result),
        sections=[_scale(result), *_checks(result), _how(result)],
        terms=TERMS,
    )


def _at(result: Figures, similarity: float) -> Figures:
    found: Figures = next(one for one in result["anchors"] if one["similarity"] == similarity)
    return found


def _verdict(result: Figures) -> str:
    one = _at(result, NEWSPAPER)
    known = "as far as it can be told from fewer people" if one["extrapolated"] else "as counted"
    said = (
        f"At Similarity {percent(NEWSPAPER)} some {one_in(one['rate'])} pairs of strangers match, {known} "
        f"(between {one_in(one['high'])} and {one_in(one['low'])})"
    )
    checks, within, held = _checked(result)
    if not checks:
        return f"{said}."
    return (
        f"{said}; on people it had not seen, the predicted number lay in the 95 % interval of the counted one in "
        f"{within} of {count(checks, 'check')}, and in {held} where the curve's own uncertainty counts too."
    )


def _checked(result: Figures) -> tuple[int, int, int]:
    """Return the checks; in how many the prediction lies in what was seen; in how many both agree as far as known."""
    rows = result["checks"]
    checks, within, held = (sum(one[which] for one in rows) for which in ("checks", "within", "held"))
    return checks, within, held


def _alarm(result: Figures) -> str:
    checks, within, _ = _checked(result)
    if not checks:
        return "care"
    return "good" if within >= MOST * checks else "bad" if within < HALF * checks else "care"


def _tested(result: Figures) -> str:
    return (
        f"{number(result['people'])} people with {count(result['pictures'], 'picture')}, each compared with every "
        f"other: {number(result['comparisons'])} pairs of people, {number(result['picture_pairs'])} pairs of pictures. "
        f"They are: {result['fitted_on']}."
    )


def _wrong(result: Figures) -> str:
    checks, within, held = _checked(result)
    if not checks:
        return "Nothing was checked: the curve was fitted on all people, and nobody was kept to hold it against."
    tried = ", ".join(percent(one["similarity"]) for one in result["checks"])
    return (
        f"The curve was fitted on half of the people and the false matches of the other half counted, at Similarity "
        f"{tried}. The predicted number lay in the 95 % interval of the counted one in {within} of "
        f"{count(checks, 'check')} (of a curve without fault, some 83 in 100 do). With the curve's own uncertainty "
        f"counted too, the two agreed in {held} (95 in 100)."
    )


def _set(result: Figures) -> str:
    rows = [one for one in result["anchors"] if one["similarity"] >= NEWSPAPER and one["similarity"] < 100]
    said = "; ".join(
        f"{percent(one['similarity'])} for a search among {number(0.01 / one['rate'])} people" for one in rows
    )
    return f"For one false match in a hundred searches, set the threshold to {said}."


def _scale(result: Figures) -> Section:
    curve = result["curve"]
    inner = slice(1, len(curve["cosines"]) - 1)
    fitted = Series(
        "strangers who reach it, with 95 % interval",
        curve["cosines"][inner],
        [10**one for one in curve["log10_rates"][inner]],
        [10**one for one in curve["log10_low"][inner]],
        [10**one for one in curve["log10_high"][inner]],
    )
    edge = next(
        cosine
        for cosine, rate in zip(curve["cosines"], curve["log10_rates"], strict=True)
        if rate <= curve["measured_to"]
    )
    marks = [Mark(edge, "extrapolated beyond")]
    svg = lines(
        [fitted], Axis("cosine of two templates"), Axis("pairs of strangers", kind="one in", log=True), marks=marks
    )
    rows = [
        [
            percent(one["similarity"]),
            f"{one['cosine']:.4f}",
            *([f"{one['published']:.4f}"] if result["published_before"] else []),
            one_in(one["rate"]),
            f"{one_in(one['high'])} {DASH} {one_in(one['low'])}",
            "extrapolated" if one["extrapolated"] else "measured",
        ]
        for one in result["anchors"]
    ]
    before = ["Cosine on the card now"] if result["published_before"] else []
    columns = ["Similarity", "Cosine", *before, "Strangers who reach it", "Interval", ""]
    return Section(
        "What each Similarity means",
        [
            "A Similarity means the same for every model; what differs is the cosine that it stands for.",
            Chart(svg, "How many pairs of strangers reach a cosine; the scale is one of powers of ten."),
            Table(columns, rows, left=0, caption="The scale"),
        ],
    )


def _checks(result: Figures) -> list[Section]:
    if not result["checks"]:
        return []
    first = [one for one in result["held_out"] if one["division"] == 0]
    counted = [
        [
            percent(one["similarity"]),
            "first" if one["half"] == 1 else "second",
            number(one["predicted"]),
            f"{number(one['expected']['low'])} {DASH} {number(one['expected']['high'])}",
            number(one["observed"]["rate"] * one["observed"]["of"]),
            f"{number(one['observed']['low'] * one['observed']['of'])} {DASH} "
            f"{number(one['observed']['high'] * one['observed']['of'])}",
            number(one["observed"]["count"]),
            "yes" if one["holds"] else "no",
        ]
        for one in first
    ]
    summed = [
        [
            percent(one["similarity"]),
            f"{one['held']} of {one['checks']}",
            f"{one['within']} of {one['checks']}",
            number(one["predicted"]),
            number(one["observed"]),
            f"{one_in(one['highest'])} {DASH} {one_in(one['lowest'])}",
        ]
        for one in result["checks"]
    ]
    of = number(first[0]["observed"]["of"])
    return [
        Section(
            "On people it has not seen",
            [
                "People were divided in two by a hash of their names; the curve was fitted on one half and the false "
                "matches of the other counted, then the other way round. A pair of people counts once, however many "
                "pictures there are: one of whose pictures only some match counts in part.",
                Table(
                    [
                        "Similarity",
                        "Counted on half",
                        "Predicted",
                        "Interval",
                        "Counted",
                        "Interval",
                        "Pairs that ever match",
                        "Agree",
                    ],
                    counted,
                    left=2,
                    caption=f"The first division, false matches among some {of} pairs of people",
                ),
                Table(
                    ["Similarity", "Agree", "Within", "Predicted on average", "Counted on average", "Rates seen"],
                    summed,
                    caption="All divisions",
                ),
                "The divisions share people, so they are no independent checks: they show how much the luck of a "
                "division matters. Intervals know that one person is in many pairs. Both halves are samples: of a "
                "curve without fault, 95 checks in 100 agree, and in some 83 the predicted number lies within the "
                "interval of the counted one.",
            ],
        )
    ]


def _how(result: Figures) -> Section:
    tail = result["tail"]
    return Section(
        "How it was fitted",
        [
            "A pair of people counts once, however many pictures there are of each, so that the rate is that of two "
            "strangers who meet with one picture each. Rates down to "
            f"{one_in(10 ** result['curve']['measured_to'])} were reached by ten pairs of people or more and are "
            "called "
            "measured; smaller ones are extrapolated.",
            f"The tail is a generalised Pareto law (shape {tail['shape']:.3f}, scale {tail['scale']:.4f}) fitted to "
            "the "
            f"most alike {share(tail['share'])} of pairs, above cosine {tail['threshold']:.4f}. A tail that would end "
            "somewhere is replaced by one that does not: no sample can tell that strangers never reach a cosine.",
            "Intervals come from drawing as many people with replacement, and say nothing of other kinds of pictures.",
        ],
        folded=True,
    )

"""The page of `recognizance audit detection`: how many faces are found, and what is taken for one and is none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from recognizance.accountability.papers import Table
from recognizance.evaluation.pages.charts import Axis, Row, Series, intervals, lines
from recognizance.evaluation.pages.page import Chart, Page, Section
from recognizance.evaluation.pages.told import DASH, cells, count
from recognizance.evaluation.words import between, number, rate, share

Figures = Mapping[str, Any]

WELL, ILL = 0.95, 0.8
"""Shares of faces found from which a page says "good", and below which it says "bad"."""

WORDS: Mapping[str, Mapping[str, str]] = {
    "blur": {"0": "sharp", "1": "blurred", "2": "heavily blurred"},
    "occlusion": {"0": "free", "1": "partly covered", "2": "heavily covered"},
    "pose": {"0": "typical", "1": "unusual"},
    "expression": {"0": "typical", "1": "exaggerated"},
    "illumination": {"0": "normal", "1": "extreme"},
}
"""What the numbers mean in the tables of WIDER FACE, from which a column of that name may well come."""

TERMS = ("recall", "precision", "iou", "interval", "bootstrap", "rule of three", "withheld", "seed", "fingerprint")


def page(document: Mapping[str, Any]) -> Page:
    """Return the page of a detection audit, from its document."""
    result: Figures = document["result"]
    recall = result["shipped"]["recall"]
    found = recall["rate"] if recall else 0.0
    return Page(
        title="Which faces are found",
        verdict=_verdict(result),
        alarm="care" if recall is None or ILL <= found < WELL else "good" if found >= WELL else "bad",
        tested=_tested(result),
        wrong=_wrong(result),
        whom=_whom(result),
        what_to_set=_set(result),
        sections=[_by_size(result), *_by_kind(result), _by_confidence(result), _how(result)],
        terms=TERMS,
    )


def _verdict(result: Figures) -> str:
    recall = result["shipped"]["recall"]
    if recall is None:
        return f"There is no face of {number(result['smallest'])} pixels or more in these pictures."
    missed = recall["of"] - recall["count"]
    return (
        f"Of {count(recall['of'], 'face')} of {number(result['smallest'])} pixels and more, "
        f"{share(recall['rate'])} were found and {number(missed)} missed ({between(recall)} found)."
    )


def _tested(result: Figures) -> str:
    empty = result["pictures_without_faces"]
    also = f", {number(empty)} of them without any face" if empty else ""
    return (
        f"{count(result['pictures'], 'picture')}{also}, in which people had marked "
        f"{count(result['faces'] + result['faces_too_small'], 'face')}: {number(result['faces'])} of them are "
        f"{number(result['smallest'])} pixels long or more. What the server returns unless told otherwise was held "
        "against their marks."
    )


def _wrong(result: Figures) -> str:
    shipped = result["shipped"]
    wrong = shipped["false_finds"]
    said = [] if shipped["recall"] is None else [f"Found: {rate(shipped['recall'])}."]
    if wrong["count"]:
        said.append(
            f"{count(wrong['count'], 'find')} were no face, {number(wrong['each'])} in each picture "
            f"({number(wrong['low'])} to {number(wrong['high'])})."
        )
    else:
        said.append(f"No find was wrong (at most {number(wrong['high'])} in each picture).")
    alarms = result["without_faces_with_finds"]
    if alarms is not None:
        said.append(f"Something was found in {rate(alarms)} pictures without a face.")
    return " ".join(said)


def _whom(result: Figures) -> str:
    kinds = [one for one in result["kinds"] if one["recall"] is not None]
    if not kinds:
        return "The table says nothing that tells faces apart, but their size: see below."
    worst = min(kinds, key=lambda one: (one["recall"]["rate"], one["column"], one["value"]))
    if worst["recall"]["count"] == worst["recall"]["of"]:
        return "Nobody: of every kind of face that the table tells apart, all were found."
    return (
        f"Faces whose {worst['column']} is said to be {_word(worst)} are missed most: found were "
        f"{rate(worst['recall'])}. What the table does not say, such as age or origin, was not tested."
    )


def _set(result: Figures) -> str:
    said = [_size_to_ask(result)]
    shipped = result["shipped"]
    better = [
        one
        for one in result["curve"][1:]
        if one["precision"] and one["recall"] and one["false_finds"]["count"] <= shipped["false_finds"]["count"] / 2
    ]
    if shipped["false_finds"]["count"] and better:
        one = better[0]
        said.append(
            f"Whoever ignores finds of a Confidence below {number(one['confidence'])} is left with "
            f"{number(one['false_finds']['count'])} wrong ones instead of {number(shipped['false_finds']['count'])}, "
            f"and finds {share(one['recall']['rate'])} of the faces."
        )
    return " ".join(said)


def _size_to_ask(result: Figures) -> str:
    rows = [one for one in result["sizes"] if one["recall"] is not None]
    good: list[Figures] = []
    for one in reversed(rows):
        if one["recall"]["rate"] < WELL:
            break
        good.append(one)
    if not good:
        return f"At no size were {share(WELL)} of the faces found: look at what else the pictures have in common."
    if len(good) == len(rows):
        return f"Faces of every size that was tested were found, {share(WELL)} of them or more."
    return (
        f"Ask for pictures in which faces are {number(good[-1]['from'])} pixels long or more: of those, and larger "
        f"ones, {share(WELL)} or more were found."
    )


def _by_size(result: Figures) -> Section:
    rows = [one for one in result["sizes"] if one["faces"] or one["precision"]]
    parts: list[str | Table | Chart] = [
        "Recall counts marked faces of a size; precision, the finds of that size. A dash: in fewer than ten pictures, "
        "too few to say."
    ]
    drawn = [Row(_span(one), one["recall"]["rate"], one["recall"]["low"], one["recall"]["high"])
             for one in rows if one["recall"] is not None]  # fmt: skip
    if drawn:
        svg = intervals(drawn, Axis("faces found", kind="share", low=0, high=1))
        parts.append(Chart(svg, "Share of faces found, by the longer side of the face in pixels, with 95 % intervals."))
    table = [
        [_span(one), number(one["faces"]), *cells(one["recall"]), *_precision(one["precision"])]
        for one in rows
    ]  # fmt: skip
    columns = ["Pixels", "Faces", "Found", "Recall", "Interval", "Precision", "Interval"]
    return Section("By size of face", [*parts, Table(columns, table, caption="Found, by size of face")])


def _precision(one: Figures | None) -> list[str]:
    return [DASH, DASH] if one is None else [share(one["rate"]), cells(one)[2]]


def _by_kind(result: Figures) -> Sequence[Section]:
    kinds = result["kinds"]
    if not kinds:
        return []
    drawn = [
        Row(
            f"{one['column']}: {_word(one)}", one["recall"]["rate"], one["recall"]["low"], one["recall"]["high"], hue=at
        )
        for at, column in enumerate(result["columns"])
        for one in kinds
        if one["column"] == column and one["recall"] is not None
    ]
    parts: list[str | Table | Chart] = [
        f"Only faces of {number(result['smallest'])} pixels and more. The columns are the table's own, as they are. "
        "Few faces of a kind are too few to say: that is for reliability, as these are faces and not people."
    ]
    overall = result["shipped"]["recall"]
    if drawn and overall:
        axis = Axis("faces found", kind="share", low=0, high=1)
        svg = intervals(drawn, axis, reference=overall["rate"], said="all faces together")
        parts.append(Chart(svg, "Share of faces found, by what the table says of each face, with 95 % intervals."))
    rows = [[one["column"], _word(one), number(one["faces"]), *cells(one["recall"])] for one in kinds]
    table = Table(
        ["Column", "Said", "Faces", "Found", "Recall", "Interval"], rows, left=2, caption="Found, by kind of face"
    )
    left_out = result["columns_left_out"]
    if left_out:
        parts.append(
            f"Not told apart, as they have too many different values or were not to be shown: {', '.join(left_out)}."
        )
    return [Section("By kind of face", [*parts, table])]


def _by_confidence(result: Figures) -> Section:
    curve = [one for one in result["curve"] if one["recall"] is not None]
    parts: list[str | Table | Chart] = [
        f"The server returns faces from a Confidence of {number(result['shipped']['confidence'])} on. Whoever asks for "
        "more finds fewer faces, and fewer that are none."
    ]
    best = {one["false_finds"]["count"]: one for one in reversed(curve)}  # of several, the one that finds most
    if len(best) > 1:
        points = list(best.values())
        found = Series(
            "faces found",
            [one["false_finds"]["each"] for one in points],
            [one["recall"]["rate"] for one in points],
            [one["recall"]["low"] for one in points],
            [one["recall"]["high"] for one in points],
        )
        across = Axis("wrong finds in each picture", low=0)
        svg = lines([found], across, Axis("faces found", kind="share", high=1))
        parts.append(
            Chart(svg, "Faces found against wrong finds in each picture, from the highest Confidence to the shipped.")
        )
    rows = [
        [
            number(one["confidence"]),
            share(one["recall"]["rate"]),
            cells(one["recall"])[2],
            *_precision(one["precision"]),
            number(one["false_finds"]["count"]),
            number(one["false_finds"]["each"]),
            f"{number(one['false_finds']['low'])} {DASH} {number(one['false_finds']['high'])}",
        ]
        for one in curve
    ]
    columns = ["Confidence", "Recall", "Interval", "Precision", "Interval", "Wrong finds", "A picture", "Interval"]
    average = result["average_precision"]
    if average is not None:
        parts.append(
            f"Average precision, over what the server returns: {average['value']:.3f} ({average['low']:.3f} to "
            f"{average['high']:.3f}). It leaves out everything below the shipped Confidence, so it is lower than "
            "figures that count all candidates."
        )
    return Section("By Confidence", [*parts, Table(columns, rows, left=0, caption="Found, by Confidence")])


def _how(result: Figures) -> Section:
    return Section(
        "How it was counted",
        [
            f"A find is a face when the two boxes overlap by {share(result['overlap'])} or more (intersection over "
            "union); each face takes one find, the surest first. Faces that are marked as not to count, or are smaller "
            f"than asked for, count neither for nor against; {number(result['faces_not_counted'])} were marked so.",
            "Faces of one picture share its light and its crowd, so they are not independent: intervals take pictures "
            "for what chance chose, and are wide where few of them hold most of the faces. Those of wrong finds in "
            "each picture and of the average precision come from drawing the pictures anew, a thousand times. Where "
            "all or nothing was found, the rule of three over pictures bounds the rate.",
            "The server returns at most 100 faces of a picture: the largest.",
        ],
        folded=True,
    )


def _span(one: Figures) -> str:
    if one["to"] is None:
        return f"{number(one['from'])} and more"
    return f"below {number(one['to'])}" if not one["from"] else f"{number(one['from'])} to {number(one['to'])}"


def _word(one: Figures) -> str:
    """Return what a column says in words, where its name and values are WIDER FACE's."""
    value = str(one["value"])
    known = WORDS.get(str(one["column"]).lower(), {})
    return known.get(value, value or "not said")

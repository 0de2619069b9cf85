"""The page of `recognizance audit verification`: pairs of pictures, taken for one person or not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from recognizance.accountability.papers import Table
from recognizance.evaluation.pages.charts import Axis, Mark, Row, Series, intervals, lines
from recognizance.evaluation.pages.page import Chart, Page, Section
from recognizance.evaluation.pages.told import (
    DASH,
    cells,
    complement,
    count,
    percent,
    standing_of_pairs,
    too_few,
    useful,
)
from recognizance.evaluation.words import ONCE, number, one_in, rate, share, weighed

Figures = Mapping[str, Any]

USUAL = 80.0
"""The Similarity from which Rekognition takes two faces for a match unless it is told another."""

TOO_MANY = 0.2
"""The share of people missed from which a page says "bad"."""

STANDING = {
    "measured": "counted",
    "few": "a hint: few pairs",
    "withheld": "too few pairs",
}
TERMS = (
    "similarity", "threshold", "false match", "fmr", "fnmr", "mated", "nonmated", "failure to enrol", "roc", "det",
    "interval", "rule of three", "curve", "withheld", "group", "seed", "fingerprint",
)  # fmt: skip


def page(document: Mapping[str, Any]) -> Page:
    """Return the page of a verification audit, from its document."""
    result: Figures = document["result"]
    usual = _at(result["at_similarity"], USUAL)
    return Page(
        title="Two pictures: one person or two?",
        verdict=_verdict(result, usual),
        alarm=_alarm(document, usual),
        tested=_tested(result),
        wrong=_wrong(result, usual),
        whom=_whom(result),
        what_to_set=_set(result),
        sections=[
            _thresholds(result),
            _by_rate(result),
            *_everybody(result),
            *_groups(result),
            *_accuracy(result),
            _enrolment(result),
        ],
        terms=TERMS,
    )


def _at(rows: Sequence[Figures], similarity: float) -> Figures:
    return next(one for one in rows if one["similarity"] == similarity)


def _alarm(document: Figures, usual: Figures) -> str:
    stands = standing_of_pairs(document["result"], usual)
    if document["findings"] or (stands != "few" and usual["misses"]["rate"] >= TOO_MANY):
        return "bad"
    return "good" if stands == "good" else "care"


def _verdict(result: Figures, usual: Figures) -> str:
    wrong, missed = usual["false_matches"], usual["misses"]
    few = f" {too_few('pairs')}" if standing_of_pairs(result, usual) == "few" else ""
    return (
        f"At the usual threshold of {percent(USUAL)}, {_tally(wrong)} pairs of two different people "
        f"{'was' if wrong['count'] in (0, 1) else 'were'} taken for one person, and of {number(missed['of'])} pairs of "
        f"one person {_number(missed['count'])} {'was' if missed['count'] == 1 else 'were'} missed "
        f"({_once(missed).rstrip(',')}).{few}"
    )


def _once(counted: Figures) -> str:
    """Return a share, and that each person counts once in it where its counts say another one."""
    return f"{share(counted['rate'])}, {ONCE}," if weighed(counted) else share(counted["rate"])


def _tally(counted: Figures) -> str:
    return f"{_number(counted['count'])} of {number(counted['of'])}"


def _number(value: int) -> str:
    return "none" if value == 0 else number(value)


def _tested(result: Figures) -> str:
    pairs = result["pairs"]
    more = result["all_pairs"]
    also = "" if more is None else f" Besides, all {number(more['nonmated'])} pairs of two people in the folder."
    return (
        f"{count(pairs['mated'] + pairs['nonmated'], 'pair')} of {count(pairs['pictures'], 'picture')} whose truth is "
        f"known: {number(pairs['mated'])} show one person twice, {number(pairs['nonmated'])} show two people.{also}"
    )


def _wrong(result: Figures, usual: Figures) -> str:
    failed = result["enrolment"]["failed"]
    return (
        f"At {percent(USUAL)}: taken for someone else {rate(usual['false_matches'])}; missed {rate(usual['misses'])}. "
        f"Pictures in which no face was found, whose people are always missed: {rate(failed)}."
    )


def _whom(result: Figures) -> str:
    known = [one for one in result["groups"] if one["at_similarity"] is not None]
    rows = [(one, _at(one["at_similarity"], USUAL)["misses"]) for one in known]
    rows = [(one, missed) for one, missed in rows if missed is not None]
    if len(rows) < 2:
        return "Not known: this audit was given no groups of people to tell apart (--groups, --people)."
    worst, missed = max(rows, key=lambda row: (row[1]["rate"], row[0]["group"]))
    others = [other for one, other in rows if one is not worst and one["column"] == worst["column"]]
    apart = all(missed["low"] > other["high"] for other in others)
    said = "" if apart else " Its interval overlaps that of another group, so this may be chance."
    return f"Most often missed is {worst['column']} {worst['group']}: {rate(missed)}.{said}"


def _set(result: Figures) -> str:
    rows = result["at_similarity"]
    good = [one for one in rows if one["false_matches"]["count"] == 0]
    least = good[0] if good else rows[-1]
    missed = least["misses"]
    if good and standing_of_pairs(result, least) == "few":
        return f"Not known. {too_few('pairs of one person, or of two,')}"
    if not useful(complement(missed)):
        return (
            f"No threshold tested is both safe and of use: at {percent(least['similarity'])}, "
            f"{_tally(least['false_matches'])} pairs of two people match, and {rate(missed)} pairs of one are missed."
        )
    none = f"none of these pairs of two people matches (at most {one_in(least['false_matches']['high'])} would)"
    some = f"{rate(least['false_matches'])} pairs of two people match"
    return (
        f"From a threshold of {percent(least['similarity'])} on, {none if good else some}, and {_once(missed)} "
        "of pairs of one person are missed. A search compares with everybody in a gallery, so it needs a higher "
        "threshold than a comparison of two pictures: see recognizance audit replay."
    )


def _thresholds(result: Figures) -> Section:
    rows = [
        [percent(one["similarity"]), *cells(one["false_matches"]), one_in(one["expected"]), *cells(one["misses"])]
        for one in result["at_similarity"]
    ]
    columns = ("Threshold", "Taken for someone else", "share", "95 %", "curve says", "Missed", "share", "95 %")
    return Section(
        "At the thresholds people set",
        [Table(columns, rows, caption="Errors at each threshold"), *_roc(result)],
    )


def _roc(result: Figures) -> list[Chart]:
    points = [one for one in result["roc"] if one["false_matches"]["count"] > 0]
    everybody = [] if result["all_pairs"] is None else result["all_pairs"]["at_rates"]
    more = [one for one in everybody if one["misses"] is not None]
    if not points:
        return []
    drawn = [_line("the list's pairs", [(one["false_matches"]["rate"], one["misses"]) for one in points], points=False)]
    if more:
        drawn.append(_line("every picture against every other", [(one["asked"], one["misses"]) for one in more]))
    usual = _at(result["at_similarity"], USUAL)
    marks = [Mark(usual["expected"], f"threshold {percent(USUAL)}")] if more else []
    svg = lines(
        drawn,
        Axis("two people taken for one", "one in", log=True),
        Axis("one person missed", "share", low=0.0),
        marks=marks,
    )
    caption = (
        "How many are missed (upwards) where so many pairs of two people match (to the right, rarer to the left), with "
        "95 % intervals of what is missed."
    )
    return [Chart(svg, caption)]


def _line(name: str, told: Sequence[tuple[float, Figures]], *, points: bool = True) -> Series:
    return Series(
        name,
        [place for place, _ in told],
        [missed["rate"] for _, missed in told],
        [missed["low"] for _, missed in told],
        [missed["high"] for _, missed in told],
        points=points,
    )


def _by_rate(result: Figures) -> Section:
    return Section(
        "At false-match rates",
        [
            "What is missed when the threshold is set so that at most so many pairs of two people match. Rates that "
            "these pairs are too few for are withheld; those that fewer than ten matches stand behind are a hint.",
            _rate_table(result["at_rates"], "On the list's pairs"),
        ],
    )


def _rate_table(rows: Sequence[Figures], caption: str) -> Table:
    told = [
        [
            one_in(one["asked"]),
            STANDING[one["standing"]],
            DASH if one["similarity"] is None else f"{one['similarity']:.1f}",
            *cells(one["misses"]),
        ]
        for one in rows
    ]
    columns = ("False matches at most", "How it is known", "Similarity there", "Missed", "share", "95 %")
    return Table(columns, told, left=2, caption=caption)


def _everybody(result: Figures) -> list[Section]:
    found = result["all_pairs"]
    if found is None:
        return []
    return [
        Section(
            "Every picture against every other",
            [
                f"{number(found['nonmated'])} pairs of pictures of two people and {number(found['mated'])} of one, of "
                f"{count(found['people'], 'person', 'people')}. Each pair of people counts once, and each person once, "
                "however many pictures there are of them. Below about 1 in a million, wrong labels among the pictures "
                "decide the figures: look for them with recognizance audit labels.",
                _rate_table(found["at_rates"], "On all pairs"),
            ],
        )
    ]


def _groups(result: Figures) -> list[Section]:
    if not result["groups"]:
        return []
    rows: list[list[str]] = []
    drawn: list[Row] = []
    for one in result["groups"]:
        at = None if one["at_similarity"] is None else _at(one["at_similarity"], USUAL)
        label = f"{one['column']} {one['group']}"
        if at is None:
            continue
        wrong, missed = at["false_matches"], at["misses"]
        rows.append([label, number(one["people"]), *cells(wrong), *cells(missed)])
        if missed is not None:
            drawn.append(Row(label, missed["rate"], missed["low"], missed["high"]))
    columns = ("Group", "people", "Taken for someone else", "share", "95 %", "Missed", "share", "95 %")
    charts = (
        [Chart(intervals(drawn, Axis("one person missed", "share", low=0.0)), "What is missed, by group.")]
        if drawn
        else []
    )
    said = (
        "Pairs of which both pictures are of people of the group. For a full account by group see "
        "recognizance audit demographics."
    )
    table = [Table(columns, rows, caption=f"At threshold {percent(USUAL)}")] if rows else []
    return [Section("By group", [said, *table, *charts, *_withheld(result["groups"], "at_similarity")])]


def _withheld(groups: Sequence[Figures], what: str) -> list[str]:
    """Return a sentence that names the groups of which nothing is said, where there are any."""
    small = [f"{one['column']} {one['group']}" for one in groups if one[what] is None]
    named = small if len(small) <= 10 else [*small[:9], f"and {len(small) - 9} more"]
    if not small:
        return []
    return [
        "Withheld, as fewer than ten people are in it, or as what such a group has would follow from the total: "
        f"{', '.join(named)}."
    ]


def _accuracy(result: Figures) -> list[Section]:
    found = result["accuracy"]
    if found is None:
        return []
    error = f", with a standard error of {share(found['standard_error'])}"
    folds = (
        "The folds are the list's."
        if found["folds_of_the_list"]
        else "The list has no folds: people were put into ten by chance, from the seed."
    )
    rows = [
        [number(at), number(one["pairs"]), share(one["accuracy"]), f"{one['similarity']:.1f}"]
        for at, one in enumerate(found["folds"], 1)
    ]
    return [
        Section(
            "Accuracy, as the tables of LFW have it",
            [
                f"{share(found['mean'])} of all pairs were judged rightly{error}, each fold at the threshold that does "
                f"best on the others. {folds} This figure is for comparing systems: nobody sets such a threshold, at "
                "which two people in a few hundred are taken for one.",
                Table(("Fold", "pairs", "right", "Similarity"), rows, caption="By fold"),
            ],
            folded=True,
        )
    ]


def _enrolment(result: Figures) -> Section:
    enrolment = result["enrolment"]
    rows = [["all", DASH, *cells(enrolment["failed"])]]
    rows += [
        [f"{one['column']} {one['group']}", number(one["people"]), *cells(one["failed"])] for one in enrolment["groups"]
    ]
    return Section(
        "Pictures without a face",
        [
            "Pictures in which no face was found, or that could not be read, count as missed in every pair.",
            Table(("Pictures of", "people", "failed", "share", "95 %"), rows, caption="Failure to enrol"),
            *_withheld(enrolment["groups"], "failed"),
        ],
    )

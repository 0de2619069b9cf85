"""The page of `recognizance audit identification`: who is found, and how often somebody is where nobody should be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from recognizance.accountability.papers import Table
from recognizance.evaluation.pages.charts import Axis, Series, lines
from recognizance.evaluation.pages.page import Chart, Page, Pair, Section
from recognizance.evaluation.pages.told import (
    DASH,
    Standing,
    cells,
    complement,
    count,
    percent,
    standing,
    too_few,
    useful,
)
from recognizance.evaluation.words import WITHHELD, number, rate, share, tally

Figures = Mapping[str, Any]
Part = str | Table | Chart | Pair

USUAL = 80.0
"""The Similarity from which Rekognition takes two faces for a match unless it is told another."""

STAR = "*"
"""Marks what was extrapolated."""

DRAWN = 4
"""Settings drawn in one chart at most: more lines cannot be told apart."""

TERMS = (
    "similarity", "threshold", "probe", "gallery", "mated", "nonmated", "fpir", "fnir", "fmr", "rank", "curve",
    "extrapolated", "interval", "rule of three", "withheld", "failure to enrol", "exclusion", "fingerprint", "seed",
)  # fmt: skip


def page(document: Mapping[str, Any]) -> Page:
    """Return the page of an identification test, from its document."""
    result: Figures = document["result"]
    usual = _usual(result["settings"])
    return Page(
        title=f"One among {number(result['gallery']['people'])}: who is found, and who comes up where nobody should",
        verdict=_verdict(result, usual),
        alarm=_alarm(document, usual),
        tested=_tested(result),
        wrong=_wrong(usual),
        whom="This test does not tell people apart; `recognizance audit demographics` and `replay` do.",
        what_to_set=_what_to_set(result),
        sections=[_machine(result), _people(result), _growth(result), _more(result)],
        terms=TERMS,
    )


def _usual(settings: Sequence[Figures]) -> Figures:
    """Return the setting that the page speaks of first: 80, else the lowest above it, else the highest there is."""
    return next((one for one in settings if one["similarity"] >= USUAL), settings[-1])


def _verdict(result: Figures, usual: Figures) -> str:
    at = (
        f"At the setting {percent(usual['similarity'])}, among {count(result['gallery']['people'], 'person', 'people')}"
    )
    parts: list[str] = []
    if usual["fnir"] is not None:
        parts.append(f"{tally(complement(usual['fnir']))} searches for people who are there found them")
    if usual["fpir"] is not None:
        nobody = usual["fpir"]["count"] == 0
        some = f"none of {number(usual['fpir']['of'])}" if nobody else tally(usual["fpir"])
        parts.append(f"{some} searches for people who are not there gave somebody else")
    few = f" {too_few('searches')}" if _stands(result, usual) == "few" else ""
    return f"{at}, {', and '.join(parts)}.{few}"


def _stands(result: Figures, usual: Figures) -> Standing:
    failed = result["failure_to_enrol"]
    lost = [failed["probes"], failed["gallery"]]
    return standing(usual["fpir"], lost=lost, found=complement(usual["fnir"]))


def _alarm(document: Figures, usual: Figures) -> str:
    if document["findings"]:
        return "bad"
    return "good" if _stands(document["result"], usual) == "good" else "care"


def _tested(result: Figures) -> str:
    probes, gallery = result["probes"], result["gallery"]
    return (
        f"{count(probes['mated'], 'search', 'searches')} for people who are in the gallery under another picture, and "
        f"{number(probes['nonmated'])} for people who are not, among {count(gallery['pictures'], 'picture')} of "
        f"{count(gallery['people'], 'person', 'people')}."
    )


def _wrong(usual: Figures) -> str:
    at = percent(usual["similarity"])
    parts: list[str] = []
    if usual["fpir"] is not None:
        parts.append(f"somebody came up for {rate(usual['fpir'])} who are not there")
    if usual["fnir"] is not None:
        parts.append(f"{rate(usual['fnir'])} who are there were missed")
    return f"At {at}, {'; '.join(parts)}."


def _what_to_set(result: Figures) -> str:
    """Return the lowest of the settings tried at which nobody came up falsely, and what it costs.

    Which error is worse, and how many of either may be, is not for a page to choose: the table below has them all.
    """
    known = [one for one in result["settings"] if one["fpir"] is not None and one["fnir"] is not None]
    safe = next((one for one in known if not one["fpir"]["count"]), None)
    if not known or _stands(result, safe or known[-1]) == "few":
        return (
            "Where a machine decides alone: this test has too few searches to say. Where people look through a list, "
            "no setting is needed, but two of them should look."
        )
    if safe is None:
        last = known[-1]
        return (
            f"None of the settings tried keeps strangers out: at {percent(last['similarity'])}, the highest, "
            f"{rate(last['fpir'])} searches for people who are not there gave somebody. Let two people look at every "
            "match, or try higher ones."
        )
    if not useful(complement(safe["fnir"])):
        return (
            f"No setting is both safe and of use: at {percent(safe['similarity'])}, the lowest tried at which no "
            f"search for a stranger gave somebody, {rate(safe['fnir'])} who are there are missed. Let two people look "
            "through the list instead."
        )
    return (
        f"{percent(safe['similarity'])} or higher: there, none of {number(safe['fpir']['of'])} searches for people who "
        f"are not there gave somebody (at most {share(safe['fpir']['high'])} do), and {share(safe['fnir']['rate'])} of "
        "people who are there are missed. Lower settings miss fewer and give more strangers: see the table. A larger "
        "gallery needs a higher setting."
    )


def _machine(result: Figures) -> Section:
    parts: list[Part] = [
        "Here a machine decides: whoever reaches the setting is given. A lower setting finds more of the people who "
        "are there, and gives more strangers for those who are not."
    ]
    points = [one for one in result["trade_off"] if one["fpir"] is not None and one["fnir"] is not None]
    if any(one["fnir"]["count"] and one["fpir"]["count"] for one in points):
        parts.append(_trade_off(points))
    parts.append(
        Table(
            ["Set to", "Searches for strangers that gave somebody", "Share", "95 % interval", "People there, missed",
             "Share", "95 % interval"],
            [[percent(one["similarity"]), *_cells(one["fpir"]), *_cells(one["fnir"])] for one in result["settings"]],
            caption="At each setting",
        )
    )  # fmt: skip
    parts.append(
        Table(
            ["Searches for strangers that give somebody, at most", "Set to", "Seen", "People there, missed",
             "95 % interval"],
            [_target(one) for one in result["identification"]],
            caption="Where a machine decides: what keeps each error rate",
        )
    )  # fmt: skip
    return Section("A machine decides", parts)


def _trade_off(points: Sequence[Figures]) -> Chart:
    shown = [one for one in points if one["fpir"]["count"]]
    misses = [one["fnir"] for one in shown]
    svg = lines(
        [
            Series(
                "", [one["fpir"]["rate"] for one in shown], [one["rate"] for one in misses],
                [one["low"] for one in misses], [one["high"] for one in misses],
            )
        ],
        Axis("Searches for people who are not there that gave somebody (FPIR)", "share", log=True),
        Axis("People who are there and were missed (FNIR)", "share", log=True),
    )  # fmt: skip
    return Chart(
        svg,
        "What fewer false alarms cost: to the left fewer searches for strangers give somebody, and more of the people "
        "who are there are missed. The band is the 95 % interval of the people missed.",
    )


def _target(one: Figures) -> list[str]:
    asked = share(one["asked"])
    if one["withheld"]:
        return [asked, f"{WITHHELD}: needs {number(one['needed'])} searches", DASH, DASH, DASH]
    point = one["point"]
    return [asked, f"{point['similarity']:.1f}", tally(point["fpir"]), *_cells(point["fnir"])[1:]]


def _people(result: Figures) -> Section:
    said = result["investigation"]
    known = [one for one in said["cmc"] if one["hits"] is not None]
    if not known:
        return Section(
            "People look through a list", ["Nobody who was looked for is in the gallery, so nobody could be found."]
        )
    rows = [
        [f"first {number(one['rank'])}" if one["rank"] > 1 else "first", *_cells(one["misses"])]
        for one in said["misses"]
    ]
    hits = [one["hits"] for one in known]
    svg = lines(
        [
            Series(
                "", [one["rank"] for one in known], [one["rate"] for one in hits], [one["low"] for one in hits],
                [one["high"] for one in hits], points=len(known) < 3,
            )
        ],
        Axis("Candidates that somebody looks through", log=True, low=1.0),
        Axis("People who are there and are among them", "share", high=1.0),
    )  # fmt: skip
    parts: list[Part] = [
        "Here no setting is used: people look through the most alike, however unlike they are. A person who is not in "
        "the gallery gets such a list, too, and everybody on it is a stranger.",
        Chart(svg, f"Found among the candidates: the first is the right person for {rate(hits[0])} searches."),
        Table(
            ["Looked through", "People there, missed", "Share", "95 % interval"], rows, caption="How many are missed"
        ),
    ]
    return Section("People look through a list", parts)


def _growth(result: Figures) -> Section:
    growth: Sequence[Figures] = result["growth"]
    parts: list[Part] = []
    if not growth:
        parts.append("Every probe is in the gallery, so that nobody could come up falsely.")
        return Section("How it grows with the gallery", parts)
    parts.append(
        "The larger the gallery, the more strangers have a chance to be alike. Predicted is what the curve lets one "
        f"expect: 1 - (1 - f) to the power of N, for N strangers who match at the rate f. {_agreement(growth)}"
    )
    drawn = _drawn(growth)
    if drawn:
        parts.append(_growth_chart(growth, drawn))
    parts += [_growth_table(growth, one) for one in _settings_of(growth)]
    if any(seen["expected"]["extrapolated"] for one in growth for seen in one["settings"]):
        parts.append(f"{STAR} Extrapolated: fewer strangers are as alike as that than the curve was fitted on.")
    if result["too_large"]:
        sizes = ", ".join(number(one) for one in result["too_large"])
        parts.append(
            f"Asked for and not tried, for want of people: {sizes}. The gallery has "
            f"{count(result['gallery']['people'], 'person', 'people')}."
        )
    parts.append(_beyond(result["predicted"]))
    return Section("How it grows with the gallery", parts)


def _settings_of(growth: Sequence[Figures]) -> list[float]:
    return [one["similarity"] for one in growth[0]["settings"]]


def _at(one: Figures, similarity: float) -> Figures:
    return next(seen for seen in one["settings"] if seen["similarity"] == similarity)


def _agreement(growth: Sequence[Figures]) -> str:
    """Return in how many of the tries what was predicted and what was seen agree, and where they do not."""
    every = [(one["gallery"], seen) for one in growth for seen in one["settings"]]
    agree = sum(seen["expected"]["agrees"] for _, seen in every)
    outside = [
        f"{percent(seen['similarity'])} among {number(size)}"
        for size, seen in every
        if not seen["expected"]["within_observed"]
    ]
    said = (
        f"In {number(agree)} of {number(len(every))} tries as many searches gave somebody as the bounds of the "
        "prediction allow, which count in how well the curve itself is known. "
    )
    if not outside:
        return f"{said}In all of them the predicted number of false matches lies in the interval of those seen."
    return (
        f"{said}The predicted number of false matches lies in the interval of those seen in "
        f"{number(len(every) - len(outside))} of them; not at {', '.join(outside)}."
    )


def _drawn(growth: Sequence[Figures]) -> list[float]:
    """Return the settings at which somebody came up at all, the lowest few."""
    return [one for one in _settings_of(growth) if any(_at(size, one)["fpir"]["count"] for size in growth)][:DRAWN]


def _growth_chart(growth: Sequence[Figures], drawn: Sequence[float]) -> Chart:
    x = [one["gallery"] for one in growth]
    series: list[Series] = []
    for hue, similarity in enumerate(drawn):
        seen = [_at(one, similarity) for one in growth]
        rates = [one["fpir"] for one in seen]
        predicted = [(one["expected"]["probes"]["mean"], one["fpir"]["of"]) for one in seen]
        series += [
            Series(
                f"at {percent(similarity)}, seen", x, [one["rate"] for one in rates], [one["low"] for one in rates],
                [one["high"] for one in rates], points=True, hue=hue,
            ),
            Series(
                f"at {percent(similarity)}, predicted", x, [mean / of for mean, of in predicted], dashed=True, hue=hue
            ),
        ]  # fmt: skip
    svg = lines(
        series,
        Axis("People in the gallery", log=True),
        Axis("Searches for people who are not there that gave somebody", "share", log=True),
    )
    return Chart(svg, "Seen, with 95 % intervals, and predicted from the curve. An arrow down: none was seen.")


def _growth_table(growth: Sequence[Figures], similarity: float) -> Table:
    rows: list[list[str]] = []
    for one in growth:
        seen = _at(one, similarity)
        expected = seen["expected"]
        star = STAR if expected["extrapolated"] else ""
        low, high = (seen["pairs"][bound] * seen["pairs"]["of"] for bound in ("low", "high"))
        rows.append(
            [
                number(one["gallery"]),
                *cells(seen["fpir"]),
                _counts(expected["probes"], star),
                number(seen["pairs"]["count"]),
                f"{number(low)} {DASH} {number(high)}",
                f"{number(expected['pairs']['mean'])}{star}",
                "yes" if expected["within_observed"] else "no",
            ]
        )
    columns = [
        "Gallery", "Searches that gave somebody", "Share", "95 % interval", "Predicted", "False matches",
        "95 % interval", "Predicted", "Within",
    ]  # fmt: skip
    return Table(columns, rows, caption=f"At {percent(similarity)}")


def _counts(one: Figures, star: str) -> str:
    return f"{number(one['mean'])} ({number(one['low'])} {DASH} {number(one['high'])}){star}"


def _beyond(predicted: Sequence[Figures]) -> Table:
    sizes = [point["gallery"] for point in predicted[0]["points"]]
    rows = [
        [percent(one["similarity"]), *(share(point["rate"]) for point in one["points"])] for one in predicted
    ]  # fmt: skip
    return Table(
        ["Set to", *(f"among {number(size)}" for size in sizes)],
        rows,
        caption="Predicted for other galleries: searches for people who are not there that give somebody",
    )


def _more(result: Figures) -> Section:
    failed, curve = result["failure_to_enrol"], result["curve"]
    whose = (
        f"The curve was fitted for this test on {count(curve['people'], 'person', 'people')} of the same sets, who "
        "were then left out, so that it is held against people it has not seen"
        if curve["others"]
        else f"The curve of the model {curve['model']} was fitted on {number(curve['comparisons'])} comparisons of "
        f"{count(curve['people'], 'person', 'people')}: {curve['fitted_on']}. If people of this test are among them, "
        "the agreement flatters; --fit-on-others holds a curve against people it has not seen"
    )
    return Section(
        "More figures",
        [
            f"No face was found in {rate(failed['probes'])} of the pictures looked for and in "
            f"{rate(failed['gallery'])} of the gallery's. A search without a face gives nobody: it counts as a miss "
            "where somebody is there.",
            f"{whose}.",
        ],
        folded=True,
    )


def _cells(counted: Figures | None) -> list[str]:
    return ["not tested", DASH, DASH] if counted is None else cells(counted)

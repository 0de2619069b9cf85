"""The page of `recognizance audit replay`: who was taken for whom, at which setting, and what a safe one costs."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from recognizance.accountability.papers import Table
from recognizance.evaluation.pages.charts import Axis, Mark, Row, Series, intervals, lines
from recognizance.evaluation.pages.page import Chart, Page, Pair, Section
from recognizance.evaluation.pages.told import (
    DASH,
    cells,
    complement,
    count,
    group,
    percent,
    several,
    standing_of_replay,
    times,
    too_few,
    useful,
)
from recognizance.evaluation.words import WITHHELD, number, one_in, rate, tallied, tally

Figures = Mapping[str, Any]

USUAL = 80.0
"""The Similarity from which Rekognition takes two faces for a match unless it is told another."""

LARGER = "In a larger gallery, set it higher."
ENOUGH = 10
"""False matches that must be expected before a page says by how many comparisons a prediction was off."""

STAR = "*"
"""Marks what was extrapolated."""

TERMS = (
    "similarity", "threshold", "probe", "gallery", "match", "false match", "mated", "fpir", "hit rate", "fmr", "curve",
    "extrapolated", "interval", "rule of three", "ratio", "group", "withheld", "failure to enrol", "rank", "exclusion",
    "fingerprint", "seed",
)  # fmt: skip


def page(document: Mapping[str, Any], pairs: Sequence[Pair] = ()) -> Page:
    """Return the page of a replay, from its document; `pairs` are the most alike strangers where there are pictures."""
    result: Figures = document["result"]
    usual = _usual(result)
    return Page(
        title=f"Who is taken for whom: {number(result['probes']['people'])} {result['called']} looked for among "
        f"{count(result['gallery']['people'], 'person', 'people')}",
        verdict=_verdict(result, usual),
        alarm=_alarm(document, usual),
        tested=_tested(result),
        wrong=_wrong(result, usual),
        whom=_whom(usual),
        what_to_set=_what_to_set(result, usual),
        sections=[
            _thresholds(result),
            *_groups(result, usual),
            _worst(result, pairs),
            _more(result),
        ],
        terms=TERMS,
    )


def _usual(result: Figures) -> Figures:
    """Return the threshold that the page speaks of first: 80, else the lowest above it, else the highest there is."""
    rows: Sequence[Figures] = result["thresholds"]
    return next((one for one in rows if one["similarity"] >= USUAL), rows[-1])


def _safe(result: Figures) -> Figures | None:
    """Return the lowest threshold at and above the usual one with no false match at it or above, None without one."""
    found = None
    for one in reversed(result["thresholds"]):
        if one["false_matched"]["count"]:
            break
        found = one
    return found


def _alarm(document: Figures, usual: Figures) -> str:
    expected = usual["expected"]
    above = expected is not None and usual["false_matched"]["count"] > expected["probes"]["high"]
    if document["findings"] or above:
        return "bad"
    from_there = [one for one in document["result"]["thresholds"] if one["similarity"] >= usual["similarity"]]
    well = standing_of_replay(document["result"], usual) == "good"
    return "good" if well and not any(one["false_matched"]["count"] for one in from_there) else "care"


def _verdict(result: Figures, usual: Figures) -> str:
    few = standing_of_replay(result, usual) == "few"
    return f"{result['sentence']} {too_few()}" if few else str(result["sentence"])


def _tested(result: Figures) -> str:
    probes, gallery = result["probes"], result["gallery"]
    said = (
        f"{count(probes['pictures'], 'picture')} of {number(probes['people'])} {result['called']}, each looked for "
        f"among {count(gallery['pictures'], 'picture')} of {count(gallery['people'], 'person', 'people')}."
    )
    lost = [(one["pictures"] - one["found"], of) for one, of in ((probes, "them"), (gallery, "the gallery's"))]
    if any(many for many, _ in lost):
        nowhere = several([f"{number(many)} of {of}" for many, of in lost if many])
        said += f" In {nowhere} no face was found: nobody could be looked for by those, or found in them."
    if not probes["mated"]:
        return f"{said} Nobody is known to be there, so whoever comes up is a stranger."
    return (
        f"{said} For {number(probes['mated'])} of the pictures the right person is there too, under another picture; "
        "anybody else who comes up is a stranger."
    )


def _wrong(result: Figures, usual: Figures) -> str:
    lost = result["probes"]["pictures"] > result["probes"]["found"] and usual["false_matched_found"] is not None
    false = usual["false_matched_found"] if lost else usual["false_matched"]
    with_face = ", of those with a face" if lost else ""
    said = f"At {percent(usual['similarity'])}{with_face}, taken for somebody else: {rate(false)}"
    if usual["hits"] is not None:
        said += f"; missed though they are there: {rate(complement(usual['hits']))}"
    safe = _safe(result)
    if safe is not None and safe is not usual:
        said += f". At {percent(safe['similarity'])}: {rate(safe['false_matched'])} taken for somebody else"
        if safe["hits"] is not None:
            said += f", {tally(complement(safe['hits']))} missed"
    return " ".join([f"{said}.", *_unforeseen(result["thresholds"])])


def _unforeseen(rows: Sequence[Figures]) -> Iterator[str]:
    """Return a sentence for the settings where fewer were hit than the curve predicts, and one for those with more."""
    known = [one for one in rows if one["expected"] is not None]
    fewer = [one for one in known if one["false_matched"]["count"] < one["expected"]["probes"]["low"]]
    more = [one for one in known if one["false_matched"]["count"] > one["expected"]["probes"]["high"]]
    for word, off in (("Fewer", fewer), ("More", more)):
        if off:
            each = [
                f"{number(one['expected']['probes']['low'])} to {number(one['expected']['probes']['high'])} at "
                f"{percent(one['similarity'])} ({number(one['false_matched']['count'])})"
                for one in off
            ]
            yield f"{word} than the model's published curve lets one expect (in brackets what was): {several(each)}."


def _whom(usual: Figures) -> str:
    if not usual["groups"]:
        return "Not known: the audit was given no column to tell people apart by (--groups)."
    at = percent(usual["similarity"])
    if not usual["false_matched"]["count"]:
        return f"No group: at {at} nobody was taken for somebody else."
    return " ".join(_of_column(column, groups) for column, groups in usual["groups"].items())


def _of_column(column: str, groups: Sequence[Figures]) -> str:
    """Return a sentence on the group of a column that was hit most."""
    known = [one for one in groups if one["false_matched"] is not None]
    if not known:
        return f"By {column}: too few people in every group to say."
    worst = max(known, key=lambda one: one["false_matched"]["rate"])
    counted = f"“{group(worst['group'])}”, {tallied(worst['false_matched'])}"
    ratio = worst["ratio"]
    if ratio is None:
        return f"By {column}: {counted}; there are too few others to compare with."
    if ratio["low"] <= 1:
        return f"By {column}: most often {counted}; the difference from the others may be chance."
    return f"By {column}: clearly more often {counted}: {_ratio(ratio)}."


def _ratio(ratio: Figures) -> str:
    if ratio["value"] is None:
        return f"none of the others was (at least {number(ratio['low'])} times as often)"
    return f"{times(ratio['value'], ratio['low'], ratio['high'])} as the others"


def _what_to_set(result: Figures, usual: Figures) -> str:
    safe = _safe(result)
    if safe is None:
        last = result["thresholds"][-1]
        return (
            f"No setting tested is enough: even at {percent(last['similarity'])}, {tally(last['false_matched'])} were "
            "taken for somebody else. Look first whether the most alike pairs are one person under two names "
            "(recognizance audit labels). Where they are two people, use the highest setting, and act on nothing that "
            "two people have not looked at."
        )
    if standing_of_replay(result, safe) == "few":
        return f"Not known: {count(result['probes']['found'], 'picture')} with a face were looked for. {too_few()}"
    at = percent(safe["similarity"])
    if not useful(safe["hits"]):
        return (
            f"No setting tested is both safe and of use: from {at} on nobody in this test was taken for somebody else, "
            f"and there {tally(safe['hits'])} who are there were found. Act on nothing that two people have not "
            "looked at."
        )
    said = f"{at} or higher: there, nobody in this test was taken for somebody else."
    if safe["hits"] is None:
        return f"{said} What that misses is not known: the audit was given nobody to find (--mated). {LARGER}"
    said += f" It finds {tallied(safe['hits'])} who are there"
    if safe is not usual and usual["hits"] is not None and usual["similarity"] < safe["similarity"]:
        said += f"; {percent(usual['similarity'])} finds {number(usual['hits']['count'])}"
    return f"{said}. {LARGER}"


def _thresholds(result: Figures) -> Section:
    rows: Sequence[Figures] = result["thresholds"]
    parts: list[str | Table | Chart | Pair] = [_false_matches(rows)]
    if any(one["hits"] is not None for one in rows):
        parts.append(_hits(rows))
    parts.append(
        Table(
            [
                "Set to",
                "Taken for somebody else",
                "Share",
                "95 % interval",
                "Predicted",
                "Found",
                "Share",
                "95 % interval",
            ],
            [[percent(one["similarity"]), *cells(one["false_matched"]), _predicted(one), *_found(one)] for one in rows],
            caption="At each setting: pictures with at least one false match, and right people found",
        )
    )
    if any(one["expected"] is not None for one in rows):
        parts.append(
            "Predicted is how many the curve that comes with the model lets one expect in a gallery of this size, and "
            "between which bounds chance leaves it in 95 of 100 tests."
            + (
                f" {STAR} Extrapolated: fewer strangers are as alike as that than the curve was fitted on."
                if any(one["expected"] is not None and one["expected"]["extrapolated"] for one in rows)
                else ""
            )
        )
    parts += [said for one in rows for said in _by_comparison(result, one)]
    parts.append(
        "The number grows with the gallery: among ten times as many people, expect some ten times as many to be taken "
        "for somebody else at the same setting."
    )
    return Section("What each setting does", parts)


def _by_comparison(result: Figures, row: Figures) -> Iterator[str]:
    """Return, for a setting where the curve was off, how far that is its rate, and how far some are hit repeatedly."""
    expected, found = row["expected"], row["false_matched"]
    if expected is None or expected["agrees"] or expected["pairs"]["mean"] < ENOUGH:
        return
    share = row["picture_pairs"] / result["comparisons"]
    even = found["of"] * -math.expm1(result["comparisons"] / found["of"] * math.log1p(-share))
    yield (
        f"At {percent(row['similarity'])} the curve lets one expect {number(round(expected['pairs']['mean']))} false "
        f"matches of two pictures, and there were {number(row['picture_pairs'])}. By chance alone these would have "
        f"fallen on {number(round(even))} of the {number(found['of'])}"
        + (
            ", and so they did."
            if round(even) <= found["count"]
            else f"; they fell on {number(found['count'])}, as some meet several."
        )
    )


def _false_matches(rows: Sequence[Figures]) -> Chart:
    x = [one["similarity"] for one in rows]
    counted = [one["false_matched"] for one in rows]
    series = [
        Series(
            "counted in this test", x, [one["rate"] for one in counted], [one["low"] for one in counted],
            [one["high"] for one in counted], points=True,
        )
    ]  # fmt: skip
    expected = [one for one in rows if one["expected"] is not None]
    if expected:
        predicted = [(one["expected"]["probes"], one["false_matched"]["of"]) for one in expected]
        series.append(
            Series(
                "predicted from the model's published curve", [one["similarity"] for one in expected],
                [one["mean"] / of for one, of in predicted], [one["low"] / of for one, of in predicted],
                [one["high"] / of for one, of in predicted], dashed=True,
            )
        )  # fmt: skip
    beyond = next((one["similarity"] for one in expected if one["expected"]["extrapolated"]), None)
    marks = [] if beyond is None or not series[1:] else [Mark(beyond, "prediction extrapolated from here")]
    svg = lines(
        series,
        Axis("Setting (Similarity from which on it is a match)", ticks=x),
        Axis("Pictures with a false match", "share", log=True, low=_floor(rows)),
        marks=marks,
    )
    low, high = rows[0], rows[-1]
    return Chart(
        svg,
        f"Taken for somebody else: from {tally(low['false_matched'])} at {percent(low['similarity'])} to "
        f"{tally(high['false_matched'])} at {percent(high['similarity'])}. The scale up the side is logarithmic: equal "
        "steps are equal multiples. Bars and band are 95 % intervals; an arrow down from a bar says that none was, and "
        "that the true share is at most this.",
    )


def _floor(rows: Sequence[Figures]) -> float:
    """Return where the axis of false matches begins: a power of ten below what one picture of all would be."""
    low = 0.1
    while low * rows[0]["false_matched"]["of"] > 0.5:
        low /= 10
    return low


def _hits(rows: Sequence[Figures]) -> Chart:
    known = [(one["similarity"], one["hits"]) for one in rows if one["hits"] is not None]
    found = [hits for _, hits in known]
    svg = lines(
        [
            Series(
                "right person found", [at for at, _ in known], [one["rate"] for one in found],
                [one["low"] for one in found], [one["high"] for one in found], points=True, hue=2,
            )
        ],
        Axis("Setting (Similarity from which on it is a match)", ticks=[at for at, _ in known]),
        Axis("People who are there and were found", "share", low=0.0, high=1.02),
    )  # fmt: skip
    (low, first), (high, last) = known[0], known[-1]
    return Chart(
        svg,
        f"What a higher setting costs: of those who are in the gallery, {tally(first)} are found at {percent(low)} and "
        f"{tally(last)} at {percent(high)}. Bars are 95 % intervals.",
    )


def _predicted(one: Figures) -> str:
    expected = one["expected"]
    if expected is None:
        return DASH
    probes = expected["probes"]
    star = STAR if expected["extrapolated"] else ""
    if probes["high"] == 0 and probes["mean"] > 0:
        return f"none (1 test in {number(round(1 / probes['mean']))} has one){star}"
    return f"{number(probes['mean'])} ({number(probes['low'])} {DASH} {number(probes['high'])}){star}"


def _found(one: Figures) -> list[str]:
    return ["not tested", DASH, DASH] if one["hits"] is None else cells(one["hits"])


def _groups(result: Figures, usual: Figures) -> Iterator[Section]:
    if not usual["groups"]:
        return
    at = percent(usual["similarity"])
    parts: list[str | Table | Chart | Pair] = [
        f"All figures are at the setting {at}. A ratio says how many times as often people of the group were taken for "
        "somebody else as all others; where its interval holds 1, the difference may be chance. The groups are what "
        "the tables that came with the pictures say."
    ]
    for column, groups in usual["groups"].items():
        parts += [*_chart_of(column, groups, usual), *_hits_of(column, groups, usual), _table_of(column, groups, usual)]
    yield Section(f"For whom, at {at}", parts)
    others = [one for one in result["thresholds"] if one is not usual]
    if others:
        tables = [_table_of(column, groups, one) for one in others for column, groups in one["groups"].items()]
        yield Section("For whom, at the other settings", tables, folded=True)


def _chart_of(column: str, groups: Sequence[Figures], usual: Figures) -> Iterator[Chart]:
    if usual["false_matched"]["count"]:
        svg = intervals(
            [_row(one["group"], one["false_matched"]) for one in groups],
            Axis("Pictures with a false match", "share", low=0.0),
            reference=usual["false_matched"]["rate"],
            said="all people",
        )
        yield Chart(svg, f"Taken for somebody else, by {column}, with 95 % intervals.")


def _hits_of(column: str, groups: Sequence[Figures], usual: Figures) -> Iterator[Chart]:
    if usual["hits"] is not None and any(one["hits"] is not None for one in groups):
        svg = intervals(
            [_row(one["group"], complement(one["hits"])) for one in groups],
            Axis("People who are there and were missed", "share", low=0.0),
            reference=1 - usual["hits"]["rate"],
            said="all people",
        )
        yield Chart(svg, f"Missed, by {column}, with 95 % intervals.")


def _row(name: str, counted: Figures | None) -> Row:
    if counted is None:
        return Row(group(name), None)
    return Row(group(name), counted["rate"], counted["low"], counted["high"])


def _table_of(column: str, groups: Sequence[Figures], setting: Figures) -> Table:
    """Return a column's groups at one setting; those of too few people, or with too few to find, are withheld."""
    mated = setting["hits"] is not None
    at = percent(setting["similarity"])
    return Table(
        [column, "People", "Taken for somebody else", "Share", "95 % interval", "Against the others", "Found"],
        [
            [group(one["group"]), number(one["people"]), *cells(one["false_matched"]), _against(one), _hit(one, mated)]
            for one in groups
        ],
        caption=f"By {column}, at {at}",
    )


def _against(one: Figures) -> str:
    ratio = one["ratio"]
    if ratio is None:
        return WITHHELD if one["withheld"] else DASH
    if ratio["value"] is None:
        return f"others none (≥ {number(ratio['low'])})" if one["false_matched"]["count"] else "none of either"
    high = "" if ratio["high"] is None else number(ratio["high"])
    return f"{number(ratio['value'])} × ({number(ratio['low'])} {DASH} {high})"


def _hit(one: Figures, mated: bool) -> str:
    if one["hits"] is None:
        return WITHHELD if mated else DASH
    return tallied(one["hits"])


def _worst(result: Figures, pairs: Sequence[Pair]) -> Section:
    worst: Sequence[Figures] = result["worst"]
    if not worst:
        return Section("The most alike strangers", ["No two strangers came near a match."])
    parts: list[str | Table | Chart | Pair] = []
    if pairs:
        parts.append(
            "The pairs of two different people that the system found most alike. Faces are blurred unless whoever made "
            "this page asked for them to be shown; whoever has the same picture can tell it is this."
        )
        parts += pairs
    parts.append(
        Table(
            ["Looked for", "Taken for", "Similarity"],
            [[one["probe_person"], one["gallery_person"], f"{one['similarity']:.1f}"] for one in worst],
            left=2,
            caption=f"The {len(worst)} most alike pairs of two people",
        )
    )
    parts.append(
        "Look at the pictures of pairs that are very alike: two that show one person are an error in the lists, not of "
        "the system, and belong in a list of exclusions or of mates."
    )
    return Section("The most alike strangers", parts)


def _more(result: Figures) -> Section:
    failed = result["failure_to_enrol"]
    parts: list[str | Table | Chart | Pair] = [
        f"{number(result['comparisons'])} comparisons of two strangers' pictures were made. No face was found in "
        f"{rate(failed['probes'])} of the pictures looked for and in {rate(failed['gallery'])} of the gallery's. "
        "Whoever is on them can neither be found nor be mistaken, and counts above as not found.",
        result["apart"]["done"],
        Table(
            ["Set to", "Pairs of two people", "Taken for one", "One in", "95 % interval", "Of pictures with a face"],
            [[percent(one["similarity"]), *_pairwise(one["pairs"]), _found_only(one)] for one in result["thresholds"]],
            caption="Comparison by comparison: the false match rate",
        ),
    ]
    if result["rank_one"] is not None:
        parts.append(
            "Whatever the setting, the right person stood first in the list of the most alike in "
            f"{rate(result['rank_one'])} searches for people who are there."
        )
    if any(one["first"] is not None for one in result["thresholds"]):
        parts.append(
            Table(
                ["Set to", "Found, as the most alike of all"],
                [[percent(one["similarity"]), rate(one["first"])] for one in result["thresholds"]],
                caption="The right person found, and first in the list",
            )
        )
    if result["cut"]:
        parts.append(
            f"In {count(result['cut'], 'search', 'searches')} the endpoint returned as many candidates as it may, so "
            "there may be more false matches than were counted."
        )
    curve = result["curve"]
    if curve is not None:
        parts.append(
            f"The curve of the model {curve['model']} was fitted on {number(curve['comparisons'])} comparisons of "
            f"{count(curve['people'], 'person', 'people')}: {curve['fitted_on']}."
        )
    return Section("More figures", parts, folded=True)


def _pairwise(pairs: Figures | None) -> list[str]:
    if pairs is None:
        return [DASH] * 4
    if pairs["count"] == 0:
        return [number(pairs["of"]), "none", DASH, f"at most {one_in(pairs['high'])}"]
    bounds = f"{one_in(pairs['low'])} {DASH} {one_in(pairs['high'])}"
    return [number(pairs["of"]), number(pairs["count"]), one_in(pairs["rate"]), bounds]


def _found_only(one: Figures) -> str:
    return DASH if one["false_matched_found"] is None else tally(one["false_matched_found"])

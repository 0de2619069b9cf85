"""The page of `recognizance audit quality`: what worse pictures cost, and what picture to ask for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from recognizance.accountability.papers import Table
from recognizance.evaluation.pages.charts import Axis, Row, Series, intervals, lines
from recognizance.evaluation.pages.page import Chart, Page, Section
from recognizance.evaluation.pages.told import DASH, cells, count, percent, several
from recognizance.evaluation.words import WITHHELD, between, number, one_in, rate
from recognizance.evaluation.words import share as as_share

Figures = Mapping[str, Any]

MEASURES: Mapping[str, tuple[str, str, str]] = {
    "turn": ("Head turned to a side", "degrees of Yaw, the larger of the two pictures", "degrees"),
    "nod": ("Head up or down", "degrees of Pitch, the larger of the two pictures", "degrees"),
    "size": ("Size of the face", "pixels between the eyes, the smaller of the two pictures", "pixels between the eyes"),
    "sharpness": ("Sharpness", "the server's Sharpness, the lower of the two pictures", "Sharpness"),
    "brightness": ("Brightness", "the server's Brightness, the lower of the two pictures", "Brightness"),
}
ASKED = ("size", "blur", "motion", "jpeg", "dark", "bright", "glasses", "mask")
"""The kinds that an operator can ask about a picture, in the order in which a page names them."""

HALF = 0.5
TERMS = (
    "similarity", "threshold", "probe", "fnmr", "fmr", "failure to enrol", "interval", "rule of three", "withheld",
    "ratio", "seed", "fingerprint",
)  # fmt: skip


def page(document: Mapping[str, Any]) -> Page:
    """Return the page of a quality audit, from its document."""
    result: Figures = document["result"]
    return Page(
        title="What worse pictures cost",
        verdict=_verdict(result),
        alarm="bad" if document["findings"] else "care",
        tested=_tested(result),
        wrong=_wrong(result),
        whom=_whom(result),
        what_to_set=_set(result),
        sections=[_summary(result), *(_kind(one, result) for one in result["kinds"]), *_measured(result), _how(result)],
        terms=TERMS,
    )


def _first(result: Figures) -> float:
    return float(result["thresholds"][0]["similarity"])


def _at(step: Figures, similarity: float) -> Figures:
    found: Figures = next(one for one in step["thresholds"] if one["similarity"] == similarity)
    return found


def _missed(step: Figures, similarity: float) -> Figures:
    """Return who is missed at one level, which is known wherever the level is shown."""
    missed: Figures = _at(step, similarity)["missed"]
    return missed


def _verdict(result: Figures) -> str:
    similarity = _first(result)
    clean = result["clean"]
    worst = sorted(
        ((_missed(one["levels"][-1], similarity)["rate"], one) for one in result["kinds"] if one["levels"]),
        key=lambda two: (-two[0], two[1]["kind"]),
    )
    if clean is None or not worst:
        return "There are too few people to say anything of worse pictures."
    rate_, kind = worst[0]
    return (
        f"At Similarity {percent(similarity)}, {as_share(_missed(clean, similarity)['rate'])} of people are missed "
        f"with clean pictures, and up to {as_share(rate_)} with bad ones: the worst here were {kind['title']} "
        f"({_level(kind, kind['levels'][-1])})."
    )


def _tested(result: Figures) -> str:
    kinds = several([one["title"] for one in result["kinds"]])
    return (
        f"One picture each of {number(result['sample'])} people was made worse step by step ({kinds}), and compared "
        f"with another, clean picture of the same person and with {number(result['strangers'])} strangers. Everything "
        "else stayed the same, so the difference is what the picture costs."
    )


def _wrong(result: Figures) -> str:
    similarity = _first(result)
    clean = result["clean"]
    if clean is None:
        return WITHHELD
    said = f"With clean pictures {rate(_missed(clean, similarity))} were missed at Similarity {percent(similarity)}."
    halved = [
        f"{kind['title']} ({_level(kind, one)})"
        for kind in result["kinds"]
        for one in [next((step for step in kind["levels"] if _missed(step, similarity)["rate"] >= HALF), None)]
        if one is not None
    ]
    return f"{said} Half of the people or more were missed from these on: {'; '.join(halved)}." if halved else said


def _whom(result: Figures) -> str:
    raised = [
        (one["strangers"]["times"]["value"], kind, one)
        for kind in result["kinds"]
        for one in kind["levels"]
        if one["strangers"] and one["strangers"]["times"]["value"] is not None and one["strangers"]["times"]["low"] > 1
    ]
    if not raised:
        return (
            "Worse pictures made nobody look more like strangers, as far as it could be told: they cost misses alone. "
            "Groups of people are not told apart here; `recognizance audit demographics` does that."
        )
    times, kind, one = max(raised, key=lambda three: three[0])
    bounds = one["strangers"]["times"]
    return (
        f"Some worse pictures look more like strangers' than clean ones do: most of all {kind['title']} "
        f"({_level(kind, one)}), which reach what one in {number(1 / result['strange']['share'])} clean comparisons of "
        f"strangers reaches {number(times)} times as often (between {number(bounds['low'])} and "
        f"{number(bounds['high']) if bounds['high'] is not None else 'any number of'} times)."
    )


def _set(result: Figures) -> str:
    similarity = _first(result)
    wanted = [
        f"{kind['title']}: up to {_level(kind, last)}" if last is not None else f"{kind['title']}: not at all"
        for name in ASKED
        for kind in result["kinds"]
        if kind["kind"] == name
        for last in [_last_good(kind, similarity, result["limit"])]
    ]
    if not wanted:
        return "See below, by kind, what a picture may lack."
    return (
        f"To lose at most {as_share(result['limit'])} of those who match with a clean picture at Similarity "
        f"{percent(similarity)}, as counted on {number(result['sample'])} people, take pictures no worse than: "
        f"{'; '.join(wanted)}."
    )


def _last_good(kind: Figures, similarity: float, limit: float) -> Figures | None:
    """Return the worst level up to which no more than `limit` are lost, None where the mildest loses more."""
    last: Figures | None = None
    for one in kind["levels"]:
        lost = _at(one, similarity)["lost"]
        if lost is None or lost["rate"] > limit:
            break
        last = one
    return last


def _level(kind: Figures, step: Figures) -> str:
    said: str = kind["unit"]
    return said.format(_plain(step["level"]))


def _plain(level: float) -> str:
    """Return a level as its kind has it, with a minus that is one."""
    return f"{level:g}".replace("-", "\N{MINUS SIGN}")


def _unit(kind: Figures) -> str:
    """Return what a kind's levels are, without any of them."""
    return " ".join(str(kind["unit"]).replace("{}", "").split())


def _summary(result: Figures) -> Section:
    similarity = _first(result)
    drawn: list[Row] = []
    if result["clean"] is not None:
        clean = _missed(result["clean"], similarity)
        drawn.append(Row("clean", clean["rate"], clean["low"], clean["high"]))
    rows: list[list[str]] = []
    for kind in result["kinds"]:
        last = _last_good(kind, similarity, result["limit"])
        if kind["levels"]:
            worst = kind["levels"][-1]
            missed = _missed(worst, similarity)
            drawn.append(
                Row(f"{kind['title']}, {_plain(worst['level'])}", missed["rate"], missed["low"], missed["high"], hue=1)
            )
            rows.append([
                kind["title"],
                _unit(kind),
                DASH if last is None else _plain(last["level"]),
                _plain(worst["level"]),
                as_share(missed["rate"]),
                as_share(worst["not_found"]["rate"]),
            ])  # fmt: skip
    parts: list[str | Table | Chart] = [
        f"Each kind at its worst step, at Similarity {percent(similarity)}. The next sections have every step."
    ]
    if drawn:
        svg = intervals(drawn, Axis("people missed", kind="share", low=0, high=1))
        parts.append(Chart(svg, "Share of people missed with clean pictures, and at the worst step of each kind."))
    columns = [
        "Kind",
        "Step in",
        f"Loses at most {as_share(result['limit'])} to",
        "Worst step",
        "Missed then",
        "Face not found",
    ]
    return Section(
        "All kinds", [*parts, Table(columns, rows, left=2, caption="How far each may go, and how bad it gets")]
    )


def _kind(kind: Figures, result: Figures) -> Section:
    steps: Sequence[Figures] = kind["levels"]
    heading = f"{kind['title'][:1].upper()}{kind['title'][1:]}"
    if not steps:
        return Section(heading, ["Too few pictures could be made so: withheld."], folded=True)
    places = [one["level"] for one in steps]
    series = [
        Series(
            f"missed at Similarity {percent(one['similarity'])}",
            places,
            [_missed(step, one["similarity"])["rate"] for step in steps],
            [_missed(step, one["similarity"])["low"] for step in steps],
            [_missed(step, one["similarity"])["high"] for step in steps],
        )
        for one in result["thresholds"]
    ]
    series.append(Series("face not found", places, [step["not_found"]["rate"] for step in steps], dashed=True))
    svg = lines(series, Axis(_unit(kind)), Axis("people", kind="share", low=0, high=1))
    clean = [] if result["clean"] is None else [("clean", result["clean"])]
    rows = [_row(name, step, result) for name, step in [*clean, *((_plain(one["level"]), one) for one in steps)]]
    thresholds = [percent(one["similarity"]) for one in result["thresholds"]]
    columns = ["Step", "People", "Not found", *(f"Missed at {one}" for one in thresholds),
               *(f"FNMR at {one}" for one in thresholds), *(f"Strangers at {one}" for one in thresholds),
               "Strangers, times clean", "Sharpness", "Brightness"]  # fmt: skip
    return Section(
        heading,
        [
            Chart(svg, f"Share of people missed, by {_unit(kind)}; the dashed line is faces that were not found."),
            Table(columns, rows, caption=f"{heading}: {_unit(kind)}"),
        ],
        folded=True,
    )


def _row(name: str, step: Figures, result: Figures) -> list[str]:
    similarities = [one["similarity"] for one in result["thresholds"]]
    return [
        name,
        number(step["not_found"]["of"]),
        as_share(step["not_found"]["rate"]),
        *(f"{as_share(_missed(step, one)['rate'])} ({between(_missed(step, one))})" for one in similarities),
        *(_short(_at(step, one)["unlike"]) for one in similarities),
        *(_strangers(_at(step, one)["false_matches"]) for one in similarities),
        _times(step["strangers"]),
        DASH if step["sharpness"] is None else number(round(step["sharpness"])),
        DASH if step["brightness"] is None else number(round(step["brightness"])),
    ]


def _short(counted: Figures | None) -> str:
    return DASH if counted is None else as_share(counted["rate"])


def _strangers(counted: Figures | None) -> str:
    if counted is None:
        return DASH
    if not counted["count"]:
        return f"none of {number(counted['of'])}"
    return f"{number(counted['count'])} ({one_in(counted['rate'])})"


def _times(one: Figures | None) -> str:
    if one is None or one["times"]["value"] is None:
        return DASH
    times = one["times"]
    high = "" if times["high"] is None else number(times["high"])
    return f"{number(times['value'])} ({number(times['low'])} {DASH} {high})"


def _measured(result: Figures) -> list[Section]:
    parts: list[str | Table | Chart] = [
        f"Nothing was made worse here: {count(result['people_with_two'], 'person', 'people')} with two pictures, as "
        "they are. Pose can be measured in no other way, for no picture can be turned to show what it does not hold.",
    ]
    parts += _bins(result["natural"], result, lambda measure: MEASURES[measure][1])
    worse: list[str | Table | Chart] = [
        "The sample's worse pictures, of all steps together, by what the server says of the face it found: what a "
        "Sharpness or a Brightness in its answer is worth. A probe whose face was not found has none.",
    ]
    worse += _bins(result["measured"], result, lambda measure: f"the server's {measure.capitalize()} of the probe")
    sections = [Section("Pictures as they are: pose, size, sharpness, brightness", parts)]
    return [*sections, Section("What the server's own numbers say", worse)] if result["measured"] else sections


def _bins(bins: Sequence[Figures], result: Figures, unit: Any) -> list[str | Table | Chart]:
    parts: list[str | Table | Chart] = []
    similarity = _first(result)
    for measure in dict.fromkeys(one["measure"] for one in bins):
        rows = [one for one in bins if one["measure"] == measure]
        drawn = [
            Row(_span(one), missed["rate"], missed["low"], missed["high"])
            for one in rows
            for missed in [_at(one, similarity)["missed"]]
            if missed is not None
        ]
        if drawn:
            svg = intervals(drawn, Axis(f"missed at Similarity {percent(similarity)}", kind="share", low=0))
            parts.append(Chart(svg, f"Share of people missed, by {unit(measure)}."))
        cells_ = [
            [_span(one), number(one["people"]), *(cell for each in one["thresholds"] for cell in cells(each["missed"]))]
            for one in rows
        ]
        columns = [MEASURES[measure][2], "People"]
        for one in result["thresholds"]:
            columns += [f"Missed at {percent(one['similarity'])}", "Share", "Interval"]
        parts.append(Table(columns, cells_, caption=f"{MEASURES[measure][0]}: {unit(measure)}"))
    return parts


def _span(one: Figures) -> str:
    if one["to"] is None:
        return f"{number(one['from'])} and more"
    return f"{number(one['from'])} to {number(one['to'])}"


def _how(result: Figures) -> Section:
    strange = result["strange"]
    return Section(
        "How it was measured",
        [
            "Each person has one pair of pictures, both with a face in them; the probe is made worse and the reference "
            "never. A probe whose face is no longer found, or in which the server takes another face, is missed. FNMR "
            "counts only those whose face was found.",
            "A unit of length is the distance between the eyes, so that a step means the same for large and small "
            "pictures. Noise is grain of a picture with 40 pixels between the eyes. What a picture cannot be made (a "
            "face smaller than the step, already) does not count at that step.",
            f"Strangers: everybody outside the sample, with a picture each. At high thresholds they match too seldom "
            f"to be compared, so worse probes are also held against clean ones at Similarity "
            f"{number(strange['similarity'])}, which {one_in(strange['share'])} comparisons of clean probes with "
            "strangers reaches; only probes whose face was found count there.",
            "Intervals of misses are Wilson's, one pair a person; those of strangers take it that one probe meets them "
            "all. Several steps of one picture are no new people: intervals by Sharpness and Brightness go by person.",
        ],
        folded=True,
    )

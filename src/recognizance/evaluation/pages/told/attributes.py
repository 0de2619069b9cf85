"""The page of `recognizance audit attributes`: what is told right of faces, and whether confidence is what it says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from recognizance.accountability.papers import Table
from recognizance.evaluation.pages.charts import Axis, Row, Series, heat, intervals, lines
from recognizance.evaluation.pages.page import Chart, Page, Section
from recognizance.evaluation.pages.told import DASH, count, group, several, times
from recognizance.evaluation.words import WITHHELD, number, rate, share, tally

Figures = Mapping[str, Any]

WELL, ILL = 0.92, 0.8
"""Balanced accuracies from which a page says "good" of every attribute, and below which it says "bad" of one."""

TERMS = (
    "attribute", "confidence", "balanced accuracy", "auc", "calibration error", "interval", "rule of three", "group",
    "ratio", "withheld", "exclusion", "fingerprint", "seed",
)  # fmt: skip


def page(document: Mapping[str, Any]) -> Page:
    """Return the page of an audit of attributes, from its document."""
    result: Figures = document["result"]
    return Page(
        title="What is told of faces",
        verdict=_verdict(result),
        alarm=_alarm(result, document["findings"]),
        tested=_tested(result, document["problems"]["counts"]),
        wrong=_wrong(result),
        whom=_whom(result, document["findings"]),
        what_to_set=_set(result),
        sections=[
            *_told(result),
            *_sure(result),
            *_by_group(result),
            *_age(result),
            *_expression(result),
            *_angles(result),
            _limits(result),
            _how(result),
        ],
        terms=TERMS,
    )


def _balanced(result: Figures) -> list[Figures]:
    return [one for one in result["yes_no"] if one["balanced"] is not None]


def _alarm(result: Figures, findings: Sequence[Figures]) -> str:
    known = [one["balanced"]["value"] for one in _balanced(result)]
    if known and min(known) < ILL:
        return "bad"
    return "good" if known and min(known) >= WELL and not findings else "care"


def _verdict(result: Figures) -> str:
    known = _balanced(result)
    if known:
        worst = min(known, key=lambda one: (one["balanced"]["value"], one["name"]))
        well = sum(one["balanced"]["value"] >= WELL for one in known)
        if not known[1:]:
            right = _measure(worst["balanced"])
            return f"{worst['name'].capitalize()} is told right of {right} of faces, both values counted alike."
        return (
            f"{number(well)} of {count(len(known), 'attribute')} are told right of {share(WELL)} of faces or more, "
            f"both values counted alike; the worst is {worst['name']} with {_measure(worst['balanced'])}."
        )
    if result["age"] is not None and result["age"]["error"] is not None:
        return f"The middle of the age range is off by {_years(result['age']['error'])} on average."
    if result["expression"] is not None and result["expression"]["right"] is not None:
        return f"The expression said first was the labelled one of {rate(result['expression']['right'])} pictures."
    said = [f"{one['name']} by {_degrees(one['error'])}" for one in result["angles"] if one["error"] is not None]
    if said:
        return f"Angles are off on average: {several(said)}."
    return "Too few people are labelled to say anything."


def _tested(result: Figures, problems: Mapping[str, int]) -> str:
    lost = problems.get("no face", 0)
    also = (
        f" In {count(lost, 'labelled picture')} no face was found: what is said here is of faces that were found."
        if lost
        else ""
    )
    return (
        f"{count(result['pictures'], 'picture')} of {count(result['people'], 'person', 'people')}, of whose faces "
        f"people had said: {several(list(result['labelled']))}. What the server answers was held against it.{also}"
    )


def _wrong(result: Figures) -> str:
    known = sorted(_balanced(result), key=lambda one: (one["balanced"]["value"], one["name"]))
    said = [f"{one['name']} {share(1 - one['balanced']['value'])}" for one in known[:3]]
    parts = [f"Wrong most often, both values alike: {several(said)}."] if said else []
    off = [one for one in result["yes_no"] if one["of_said"] is not None]
    if off:
        worst = max(off, key=lambda one: (one["of_said"]["error"], one["name"]))
        parts.append(
            f"Confidence is off by {share(worst['of_said']['error'])} at most, of {worst['name']} "
            f"(chance alone makes {share(worst['of_said']['chance'])})."
        )
    age = result["age"]
    if age is not None and age["error"] is not None:
        parts.append(f"Ages: off by {_years(age['error'])} on average, and inside the range: {rate(age['inside'])}.")
    return " ".join(parts) or "See the tables below."


def _whom(result: Figures, findings: Sequence[Figures]) -> str:
    groups = [one["group"] for one in findings if one["kind"] == "an attribute wrong of a group"]
    if groups:
        return f"Surely wrong more than {number(result['margin'])} times as often: {several(groups)}."
    columns = list(dict.fromkeys(part["column"] for one in result["yes_no"] for part in one["groups"]))
    if not columns and any(part["column"] != "age" for part in (result["age"] or {"parts": ()})["parts"]):
        return "See the table of ages by group."
    if not columns:
        return "Nobody was told apart: with --groups COLUMN, figures are given by group."
    return (
        f"By {several(columns)}, no group is surely wrong more than {number(result['margin'])} times as often as "
        "everybody; small differences may be there all the same, see the tables."
    )


def _set(result: Figures) -> str:
    known = [one for one in result["yes_no"] if one["unsure"] is not None]
    if not known:
        return "Decide nothing about anybody by an attribute alone."
    least = max(known, key=lambda one: (one["unsure"]["rate"], one["name"]))
    below = f'Take a Confidence below {number(result["unsure_below"])} for "cannot be told"'
    said = f"; it was given most often of {least['name']}: {rate(least['unsure'])}" if least["unsure"]["count"] else ""
    return f"{below}{said}. Decide nothing about anybody by an attribute alone."


def _told(result: Figures) -> list[Section]:
    if not result["yes_no"]:
        return []
    drawn = [Row(one["name"], *_three(one["balanced"])) for one in result["yes_no"]]
    svg = intervals(drawn, Axis("told right, both values alike", kind="share"), reference=WELL, said=share(WELL))
    rows = [
        [
            one["name"],
            number(one["people"]),
            _short(one["right_yes"]),
            _short(one["right_no"]),
            WITHHELD if one["balanced"] is None else share(one["balanced"]["value"]),
            DASH
            if one["balanced"] is None
            else f"{share(one['balanced']['low'])} {DASH} {share(one['balanced']['high'])}",
            DASH if one["auc"] is None else f"{one['auc']['value']:.3f}",
        ]
        for one in result["yes_no"]
    ]
    wrong = [
        [
            one["name"],
            one["words"][0],
            *(
                [WITHHELD] * 2
                if one["confusion"] is None
                else [number(one["confusion"][at]) for at in ("yes_yes", "yes_no")]
            ),
            one["words"][1],
            *(
                [WITHHELD] * 2
                if one["confusion"] is None
                else [number(one["confusion"][at]) for at in ("no_no", "no_yes")]
            ),
        ]
        for one in result["yes_no"]
    ]
    return [
        Section(
            "So or not",
            [
                "Of each attribute, how often it was told where it is so and where it is not. The mean of the two is "
                "the balanced accuracy: to always say the common value earns 50 %. A person counts once in a share, "
                "however many pictures there are, so that it may differ from the count beside it.",
                Chart(svg, "Balanced accuracy of each attribute, with 95 % intervals."),
                Table(
                    ["Attribute", "People", "Right where it is so", "Right where not", "Balanced", "Interval", "AUC"],
                    rows,
                    caption="Told right, by attribute",
                ),
                Table(
                    [
                        "Attribute",
                        "Labelled",
                        "Said the same",
                        "Said the other",
                        "Labelled",
                        "Said the same",
                        "Said the other",
                    ],
                    wrong,
                    left=2,
                    caption="Pictures, by what people said and what the server said",
                ),
            ],
        )
    ]


def _short(counted: Figures | None) -> str:
    """Return a rate as a cell: its share, in which a person counts once, and its count."""
    return WITHHELD if counted is None else f"{share(counted['rate'])} ({tally(counted)})"


def _three_cells(counted: Figures | None) -> list[str]:
    """Return a rate as three cells: its count, its share, in which a person counts once, and its interval."""
    if counted is None:
        return [WITHHELD, DASH, DASH]
    return [tally(counted), share(counted["rate"]), f"{share(counted['low'])} {DASH} {share(counted['high'])}"]


def _sure(result: Figures) -> list[Section]:
    known = [one for one in result["yes_no"] if one["of_yes"] is not None or one["of_said"] is not None]
    if not known:
        return []
    charts = [
        Chart(
            _reliability(one["of_yes"], one["words"][0]),
            f"{one['name'].capitalize()}: how probable it was said to be, and how often it was so labelled.",
        )
        for one in known
        if one["of_yes"] is not None
    ]
    rows = [
        [
            one["name"],
            *_off(one["of_yes"]),
            *_off(one["of_said"]),
            _short(one["unsure"]),
            _short(one["told_right"]),
        ]
        for one in known
    ]
    below = number(result["unsure_below"])
    return [
        Section(
            "Whether confidence is what it says",
            [
                "Of faces of which something is said with a confidence of 90, it should be so of 90 in 100. The "
                "calibration error is how far off that is on average. Few pictures are never quite as their share has "
                "it: beside it stands what chance would make of confidences without fault. In the drawings, bins of "
                "equally many pictures have their 95 % intervals: on the dashed line what was said and what is so "
                "agree, below it too much was promised.",
                *charts,
                Table(
                    [
                        "Attribute",
                        "Calibration error",
                        "By chance",
                        "Of what was said",
                        "By chance",
                        f"Confidence below {below}",
                        f"Right where {below} or more",
                    ],
                    rows,
                    caption="Calibration, by attribute",
                ),
            ],
        )
    ]


def _off(one: Figures | None) -> list[str]:
    return [DASH, DASH] if one is None else [share(one["error"]), share(one["chance"])]


def _reliability(one: Figures, word: str) -> str:
    bins = one["bins"]
    seen = Series(
        "seen, with 95 % interval",
        [part["said"] for part in bins],
        [part["seen"]["rate"] for part in bins],
        [part["seen"]["low"] for part in bins],
        [part["seen"]["high"] for part in bins],
        points=True,
    )
    even = Series("both agree", [0.0, 1.0], [0.0, 1.0], dashed=True)
    ends: dict[str, Any] = {"kind": "share", "low": 0.0, "high": 1.0}
    return lines([seen, even], Axis(f"said to be {word}", **ends), Axis("so labelled", **ends))


def _by_group(result: Figures) -> list[Section]:
    columns = list(dict.fromkeys(part["column"] for one in result["yes_no"] for part in one["groups"]))
    return [_column(result, column) for column in columns]


def _column(result: Figures, column: str) -> Section:
    parts: list[str | Table | Chart] = [
        "How often each attribute was told right of each group, where it is so and where it is not. A ratio says how "
        "many times as often it was wrong as of everybody so labelled; where its interval holds 1, the difference may "
        "be chance. The groups are what the tables that came with the pictures say."
    ]
    for one in result["yes_no"]:
        found: list[Figures] = next((part["cells"] for part in one["groups"] if part["column"] == column), [])
        shown = [cell for cell in found if cell["right"] is not None]
        if not found:
            continue
        if shown:
            drawn = [
                Row(
                    f"{one['words'][not cell['yes']]}, {group(cell['group'])}",
                    *_three_of(cell["right"]),
                    hue=not cell["yes"],
                )
                for cell in shown
            ]
            svg = intervals(drawn, Axis("told right", kind="share"))
            parts.append(Chart(svg, f"{one['name'].capitalize()} by {column}: told right, with 95 % intervals."))
        rows = [
            [
                one["words"][not cell["yes"]],
                group(cell["group"]),
                number(cell["people"]),
                *_three_cells(cell["right"]),
                _times(cell["times"]),
            ]
            for cell in found
        ]
        parts.append(
            Table(
                ["Labelled", column, "People", "Told right", "Share", "Interval", "Wrong, against everybody"],
                rows,
                left=2,
                caption=f"{one['name'].capitalize()} by {column}",
            )
        )
    return Section(f"By {column}", parts)


def _times(one: Figures | None) -> str:
    return DASH if one is None or one["value"] is None else times(one["value"], one["low"], one["high"])


def _age(result: Figures) -> list[Section]:
    age = result["age"]
    if age is None:
        return []
    if age["error"] is None:
        return [Section("Age", [f"Withheld: {count(age['people'], 'person', 'people')}."])]
    rows = [
        [
            part["column"],
            group(part["said"]),
            number(part["people"]),
            WITHHELD if part["error"] is None else _years(part["error"]),
            DASH if part["bias"] is None else _signed(part["bias"]),
            *_three_cells(part["inside"])[1:],
        ]
        for part in age["parts"]
    ]
    return [
        Section(
            "Age",
            [
                f"{count(age['pictures'], 'picture')} of {count(age['people'], 'person', 'people')} whose age is "
                f"known. The middle of the range is off by {_years(age['error'])} on average, with its sign by "
                f"{_signed(age['bias'])} years. Inside the range lie {rate(age['inside'])} true ages; "
                f"ranges are {number(age['width'])} years wide on average. Ranges of one width about the same middles "
                f"that hold as many would have to be {number(age['even'])} years wide.",
                Table(
                    ["By", "Which", "People", "Off by", "With its sign", "Inside the range", "Interval"],
                    rows,
                    left=2,
                    caption="Age, by true age and by group",
                ),
            ],
        )
    ]


def _expression(result: Figures) -> list[Section]:
    said = result["expression"]
    if said is None:
        return []
    rows = said["rows"]
    shown = [one for one in rows if one["said"] is not None]
    parts: list[str | Table | Chart] = [
        f"{count(said['pictures'], 'picture')} of {count(said['people'], 'person', 'people')}, by the expression that "
        f"people saw: the one said first was the same in {rate(said['right'])}. What a face shows is not what somebody "
        "feels."
    ]
    few = [f"{one['label']} ({number(one['people'])})" for one in rows if one["said"] is None]
    if few:
        parts.append(
            f"Not measured and in no total, as fewer than ten people were labelled so (how many): {several(few)}."
        )
    if shown:
        columns = list(shown[0]["said"])
        values = [[one["said"][name] / one["pictures"] for name in columns] for one in shown]
        labels = [[number(one["said"][name]) for name in columns] for one in shown]
        names = [one["label"] for one in shown]
        parts.append(
            Chart(
                heat(names, columns, values, labels, across="said first", down="labelled"),
                "Pictures by the expression that was labelled and the one that was said first.",
            )
        )
        parts.append(
            Table(
                ["Labelled", "People", *columns, "Right", "Share", "Interval"],
                [
                    [
                        one["label"],
                        number(one["people"]),
                        *(
                            [WITHHELD] * len(columns)
                            if one["said"] is None
                            else [number(one["said"][c]) for c in columns]
                        ),
                        *_three_cells(one["right"]),
                    ]
                    for one in rows
                ],
                caption="Expressions labelled, and said first",
            )
        )
    return [Section("Expression", parts)]


def _angles(result: Figures) -> list[Section]:
    if not result["angles"]:
        return []
    rows = [
        [
            one["name"],
            number(one["people"]),
            number(one["pictures"]),
            WITHHELD if one["error"] is None else _degrees(one["error"]),
            DASH if one["bias"] is None else _signed(one["bias"]),
        ]
        for one in result["angles"]
    ]
    return [
        Section(
            "Pose",
            [Table(["Angle", "People", "Pictures", "Off by", "With its sign"], rows, caption="Pose against labels")],
        )
    ]


def _limits(result: Figures) -> Section:
    said = [
        "Labels are what people saw in the same pictures; where they could not tell, nothing was labelled, so faces "
        "that are hard for people, too, are not counted here.",
        "Rates depend on how many of either kind there are; the balanced accuracy does not. Calibration does: where a "
        "value is rarer than in these pictures, a confidence promises too much of it.",
    ]
    if any(one["name"] == "gender" for one in result["yes_no"]):
        said.append("Gender is how a face presents, by lists that know two, and says nothing of who somebody is.")
    if result["age"] is not None:
        said.append("True ages are as good as the dates that they were reckoned from.")
    if result["lacking"]:
        said.append(
            "Labelled, and nothing was said: "
            + several([f"{one['name']} {number(one['pictures'])}" for one in result["lacking"]])
            + " pictures."
        )
    return Section("What these figures cannot tell", said)


def _how(result: Figures) -> Section:
    return Section(
        "How it was counted",
        [
            "What is counted is what the server answers: the face found, described, and the confidence of the value "
            f"stated. Labels come from {count(len(result['columns']), 'column')} of the table: "
            f"{several(list(result['columns']))}; {count(result['unlabelled'], 'row')} said nothing.",
            "Where people have several pictures each counts once in a rate, and intervals are of people drawn anew: "
            "Wilson's where each has one picture. Those of the balanced accuracy are put together from its two rates' "
            "(Newcombe); those of the AUC from each person's influence on it (DeLong; Obuchowski).",
            "Bins of calibration hold equally many pictures, ten bins where there are people enough. What chance makes "
            "of it was found by drawing labels as the stated confidences have them, 400 times.",
        ],
        folded=True,
    )


def _three(one: Figures | None) -> tuple[float | None, float | None, float | None]:
    return (None, None, None) if one is None else (one["value"], one["low"], one["high"])


def _three_of(one: Figures) -> tuple[float, float, float]:
    return one["rate"], one["low"], one["high"]


def _measure(one: Figures) -> str:
    return f"{share(one['value'])} (between {share(one['low'])} and {share(one['high'])})"


def _years(one: Figures) -> str:
    return f"{one['value']:.1f} years (between {one['low']:.1f} and {one['high']:.1f})"


def _degrees(one: Figures) -> str:
    return f"{one['value']:.1f} degrees (between {one['low']:.1f} and {one['high']:.1f})"


def _signed(one: Figures) -> str:
    return f"{one['value']:+.1f} ({one['low']:+.1f} to {one['high']:+.1f})"

"""The page of `recognizance audit demographics`: who is taken for someone else and who is missed, by group."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import ceil, log
from statistics import NormalDist
from typing import Any

from recognizance.accountability.papers import Table
from recognizance.evaluation.pages.charts import Axis, Row, heat, intervals
from recognizance.evaluation.pages.page import Chart, Page, Section
from recognizance.evaluation.pages.told import DASH, count, group, percent, several, similarity_of
from recognizance.evaluation.words import ONCE, WITHHELD, number, one_in, rate, share, tally, weighed

Figures = Mapping[str, Any]

TERMS = (
    "fmr", "fnmr", "similarity", "threshold", "failure to enrol", "group", "intersection", "ratio", "interval",
    "rule of three", "gini", "withheld", "curve", "extrapolated", "fingerprint", "seed", "exclusion",
)  # fmt: skip
UNEQUAL = 2.0
"""How many times as often as the least a group has to be wrong, surely, for the page to be red; and what has to be
ruled out for it to be green."""

KINDS = {"false": "taken for someone else of their group", "missed": "missed"}


def page(document: Mapping[str, Any]) -> Page:
    """Return the page of a demographics audit, from its document."""
    result: Figures = document["result"]
    made: Figures = document["made"]
    return Page(
        title="Errors by group",
        verdict=_verdict(result),
        alarm=_alarm(result, document["findings"]),
        tested=_tested(result),
        wrong=_wrong(result),
        whom=_whom(result),
        what_to_set=_set(result),
        sections=[
            *(section for one in result["groupings"] for section in _grouping(one)),
            _limits(result, document["problems"]["counts"]),
            _how(result, made),
        ],
        terms=TERMS,
    )


def _name(said: Mapping[str, str]) -> str:
    return " ".join(f"{column} {value}" for column, value in said.items())


def _short(said: Mapping[str, str]) -> str:
    return group(said)


def _worst(result: Figures, kind: str) -> Iterator[tuple[Figures, Figures]]:
    """Yield each grouping that can tell something of a kind of error, with its inequity."""
    for one in result["groupings"]:
        if one[kind] is not None:
            yield one, one[kind]


def _verdict(result: Figures) -> str:
    told = list(_worst(result, "false"))
    if not told:
        return (
            f"At {_at(result)} these pictures cannot tell whether any group is taken for someone else more often than "
            "another: too few matches, or too few people."
        )
    one, worst = max(told, key=lambda pair: (_surely(result, "false", *pair)["low"], -len(pair[0]["columns"])))
    high, low = (one["groups"][worst[which]]["said"] for which in ("highest", "lowest"))
    ratio = _surely(result, "false", one, worst)
    if ratio["low"] > 1:
        return (
            f"At {_at(result)}, people of {_name(high)} are taken for one another {_times(ratio)} as often as people "
            f"of {_name(low)}, with all groups compared at once."
        )
    if _narrow(result, "false"):
        return (
            f"At {_at(result)} no group was found to be taken for someone else more often than another, and none is "
            f"twice as often: {_name(high)} to {_name(low)}, {_times(ratio)}."
        )
    return (
        f"At {_at(result)} these pictures cannot tell whether any group is taken for someone else more often than "
        f"another: {_name(high)} to {_name(low)}, {_times(ratio)}, with all groups compared at once. Even one that is "
        "twice as often might not have been seen."
    )


def _wider(many: int) -> float:
    """Return by how much an interval of 95 % is to be widened to hold for so many at once (Bonferroni)."""
    return NormalDist().inv_cdf(1 - 0.025 / max(many, 1)) / NormalDist().inv_cdf(0.975)


def _claimed(one: Figures, kind: str) -> int:
    """Return of how many groups of a grouping something is claimed."""
    return sum(part[kind] is not None and part[kind]["claim"] for part in one["groups"])


def _surely(result: Figures, kind: str, one: Figures, worst: Figures) -> Figures:
    """Return highest to lowest with bounds that hold for all pairs of groups of all tables at once.

    The two were chosen by what was counted, so their own interval of 95 % would too often name one of many equal ones.
    """
    ratio: Figures = worst["highest_to_lowest"]
    pairs = sum(_claimed(each, kind) * (_claimed(each, kind) - 1) // 2 for each, _ in _worst(result, kind))
    wider = _wider(pairs)
    if ratio["value"]:
        high = None if ratio["high"] is None else ratio["value"] * (ratio["high"] / ratio["value"]) ** wider
        return {"value": ratio["value"], "low": ratio["value"] * (ratio["low"] / ratio["value"]) ** wider, "high": high}
    above, below = (one["groups"][worst[which]][kind] for which in ("highest", "lowest"))
    if not above["rate"]:
        return ratio
    # nothing was seen of the lowest: the rule of three, at the confidence of so many at once
    most = below["high"] * log(max(pairs, 1) / 0.05) / 3
    return {**ratio, "low": above["rate"] * (above["low"] / above["rate"]) ** wider / max(most, below["high"])}


def _narrow(result: Figures, kind: str) -> bool:
    """Return whether, of every group that is shown, it can be told that none is wrong twice as often as another."""
    for one in result["groupings"]:
        worst, shown = one[kind], [part for part in one["groups"] if not part["withheld"]]
        if worst is None or _claimed(one, kind) < len(shown):
            return False
        high = _surely(result, kind, one, worst)["high"]
        if high is None or high > UNEQUAL:
            return False
    return bool(result["groupings"])


def _times(ratio: Figures) -> str:
    if ratio["value"] is None:
        return f"at least {number(ratio['low'])} times"
    if ratio["high"] is None:
        return f"{number(ratio['value'])} times (at least {number(ratio['low'])})"
    return f"{_one(ratio['value'])} times (between {_one(ratio['low'])} and {_one(ratio['high'])})"


def _one(value: float) -> str:
    return number(value) if value < 1 or value >= 100 else f"{value:.1f}"


def _alarm(result: Figures, findings: Sequence[Figures]) -> str:
    lows = [_surely(result, kind, *pair)["low"] for kind in KINDS for pair in _worst(result, kind)]
    if findings or any(low > UNEQUAL for low in lows):
        return "bad"
    return "good" if all(low <= 1 for low in lows) and all(_narrow(result, kind) for kind in KINDS) else "care"


def _at(result: Figures) -> str:
    return f"Similarity {percent(round(result['threshold']['similarity'], 1))}"


def _tested(result: Figures) -> str:
    columns = several([" and ".join(one["columns"]) for one in result["groupings"]])
    return (
        f"{count(result['pictures'], 'picture')} of {count(result['people'], 'person', 'people')}, everybody compared "
        f"with everybody else at one threshold, {_at(result)}, and told apart by {columns}, as the tables say."
    )


def _wrong(result: Figures) -> str:
    everybody = result["overall"]
    false = everybody["false"]
    said = [
        f"Of {number(false['of'])} pairs of two people, {number(false['count']) if false['count'] else 'none'} matched "
        f"in some of their pictures; of one picture of each, {_alone(false)} do."
    ]
    missed = everybody["missed"]
    if missed is not None:
        said.append(
            f"Of {number(missed['of'])} comparisons of a person with themself, "
            f"{number(missed['count']) if missed['count'] else 'none'} did not match; with everybody weighing alike, "
            f"{_alone(missed)} are missed."
        )
    else:
        said.append("Nobody has two pictures, so who is missed could not be measured.")
    lost = everybody["failure_to_enrol"]
    if lost["count"]:
        said.append(f"In {rate(lost)} pictures no face was found.")
    return " ".join(said)


def _alone(counted: Figures) -> str:
    """Return a rate with its interval and without its count, which stands beside it."""
    if counted["rate"] <= 0:
        return f"at most {_or_one_in(counted['high'])}"
    said = one_in if counted["rate"] < 2e-3 and counted["low"] > 0 else share
    return f"{said(counted['rate'])} (between {said(counted['low'])} and {said(counted['high'])})"


def _small(counted: Figures) -> str:
    """Return a rate with its count, as "1 in n" where a percentage would begin with zeros."""
    if weighed(counted) and counted["low"] > 0:
        return f"{_alone(counted)}, {ONCE}; {tally(counted)} in all"
    if 0 < counted["rate"] < 1e-3 and counted["low"] > 0:
        return (
            f"{tally(counted)} ({one_in(counted['rate'])}; between {one_in(counted['low'])} and "
            f"{one_in(counted['high'])})"
        )
    return rate(counted)


def _whom(result: Figures) -> str:
    said: list[str] = []
    for kind, what in KINDS.items():
        told = [(_surely(result, kind, one, worst), one, worst) for one, worst in _worst(result, kind)]
        told = [each for each in told if each[0]["low"] > 1]
        if told:
            ratio, one, worst = max(told, key=lambda each: (each[0]["low"], -len(each[1]["columns"])))
            high, low = (one["groups"][worst[which]] for which in ("highest", "lowest"))
            said.append(
                f"People of {_name(high['said'])} are {what} {_times(ratio)} as often as people "
                f"of {_name(low['said'])}: {_plain(high[kind])} against {_plain(low[kind])}."
            )
    if said:
        return " ".join(said)
    if all(_narrow(result, kind) for kind in KINDS):
        return "No difference between groups could be told from chance, and none is of twice."
    return (
        "These pictures cannot tell: no difference between groups stands out from chance, and one of twice might not "
        "have been seen."
    )


def _plain(told: Figures) -> str:
    if told["count"] == 0:
        return f"none of {number(told['of'])}"
    if weighed(told):
        return f"{_or_one_in(told['rate'])}, {ONCE} ({tally(told)} in all)"
    return f"{_or_one_in(told['rate'])} ({tally(told)})"


def _set(result: Figures) -> str:
    """Say what a threshold for the worst group would be, by what is told of it."""
    told = list(_worst(result, "false"))
    if not told:
        return (
            "Test with more people, several pictures of each, or at a lower threshold: with fewer than five matches "
            "expected of a group nothing can be said of it."
        )
    found = [one["groups"][worst["highest"]] for one, worst in told]
    wider = _wider(sum(_claimed(one, "false") for one, _ in told))
    group_ = max(found, key=lambda one: _low(one["false"], wider))
    rate_, promised = group_["false"]["rate"], result["threshold"]["curve"]
    if _low(group_["false"], wider) <= promised:
        return "Nothing here asks for another threshold."
    higher = similarity_of(promised / rate_ * promised)
    there = "More than 99" if higher is None else f"About {ceil(higher)}"
    return (
        f"{there} where {_at(result)} was meant: among people of {_name(group_['said'])}, false matches are "
        f"{_one(rate_ / promised)} times as many as it promises. One threshold for everybody, chosen for those who are "
        "worst off, never one for each group: a picture does not say which it is. A higher one misses more people."
    )


def _low(told: Figures, wider: float) -> float:
    """Return the lower bound of a rate whose interval is widened so much, in logarithms."""
    return float(told["rate"] * (told["low"] / told["rate"]) ** wider) if told["rate"] > 0 else 0.0


def _grouping(one: Figures) -> Iterator[Section]:
    columns = " and ".join(one["columns"])
    shown = [at for at, part in enumerate(one["groups"]) if not part["withheld"]]
    parts: list[str | Table | Chart] = [*_forests(one, shown, columns), *_tables(one, columns)]
    for kind in ("false", "missed"):
        if one[kind] is not None:
            parts.append(_inequity(one, kind))
    if one["garbe"] is not None:
        parts.append(
            f"Both kinds of error in one number, with equal weights (GARBE): {one['garbe']:.2f}, where 0 is equal "
            "rates and 1 one group with all the errors."
        )
    yield Section(f"By {columns}", parts)
    if len(shown) > 1:
        yield Section(f"Between groups by {columns}", list(_heat(one, shown)), folded=len(one["columns"]) > 1)


def _forests(one: Figures, shown: Sequence[int], columns: str) -> Iterator[Chart]:
    for kind, title, x in (
        ("false", "How often two people of one group match", "pairs of two people who match"),
        ("missed", "How often people are missed", "comparisons of a person with themself that do not match"),
    ):
        rows = [_row(_short(one["groups"][at]["said"]), one["groups"][at][kind]) for at in shown]
        if not any(row.value is not None for row in rows):
            continue
        above = [row for row in rows if row.value is not None and (row.value > 0 or (row.high or 0) > 0)]
        log = bool(above) and kind == "false"
        yield Chart(
            intervals(rows, Axis(x, "one in" if log else "share", log=log)),
            f"{title}, by {columns}, with 95 % intervals. Where nothing was seen an arrow shows what it is at most; "
            "empty marks are of groups of which too little was seen for any claim.",
        )


def _row(label: str, told: Figures | None) -> Row:
    if told is None:
        return Row(label, None)
    return Row(label, told["rate"], told["low"], told["high"], hue=0 if told["claim"] else 1)


def _tables(one: Figures, columns: str) -> Iterator[Table]:
    shown = [part for part in one["groups"] if not part["withheld"]]
    small = len(one["groups"]) - len(shown)
    less = f" ({count(small, 'group')} withheld)" if small else ""
    yield Table(
        ["", "people", "pairs that match anywhere", "rate, each person once", "interval", "times everybody's",
         "with anybody"],
        [
            [_short(part["said"]), number(part["people"]), *_told_cells(part["false"]),
             DASH if part["false_with_anybody"] is None else _or_one_in(part["false_with_anybody"]["rate"])]
            for part in shown
        ],
        caption=f"Taken for one another, by {columns}{less}",
    )  # fmt: skip
    yield Table(
        ["", "people", "comparisons missed", "rate, each person once", "interval", "times everybody's",
         "no face found"],
        [
            [_short(part["said"]), number(part["people"]), *_told_cells(part["missed"]),
             WITHHELD if part["failure_to_enrol"] is None else tally(part["failure_to_enrol"])]
            for part in shown
        ],
        caption=f"Missed, by {columns}{less}",
    )  # fmt: skip


def _told_cells(told: Figures | None) -> list[str]:
    if told is None:
        return [WITHHELD, DASH, DASH, DASH]
    rate = _or_one_in(told["rate"]) if told["count"] else DASH
    if not told["claim"]:
        return [f"{tally(told)} (too few)", rate, _interval(told), DASH]
    return [tally(told), rate, _interval(told), _ratio_cell(told["to_overall"])]


def _interval(told: Figures) -> str:
    if told["rate"] <= 0:
        return f"at most {_or_one_in(told['high'])}"
    return f"{_or_one_in(told['low'])} {DASH} {_or_one_in(told['high'])}"


def _or_one_in(value: float) -> str:
    return one_in(value) if 0 < value < 1e-3 else share(value)


def _ratio_cell(ratio: Figures) -> str:
    if ratio["value"] is None:
        return DASH
    if ratio["high"] is None:
        return f"{_one(ratio['value'])} (over {_one(ratio['low'])})"
    return f"{_one(ratio['value'])} ({_one(ratio['low'])} {DASH} {_one(ratio['high'])})"


def _inequity(one: Figures, kind: str) -> str:
    worst = one[kind]
    high, low = (_name(one["groups"][worst[which]]["said"]) for which in ("highest", "lowest"))
    mean = worst["highest_to_geometric_mean"]
    said = [
        f"{KINDS[kind].capitalize()}: most {high}, least {low}; highest to lowest {_times(worst['highest_to_lowest'])}",
        f"highest to everybody {_times(worst['highest_to_overall'])}",
        "highest to the geometric mean of the groups "
        + ("cannot be told, as one group has none" if mean is None else _times(mean)),
    ]
    return (
        "; ".join(said)
        + f". Gini coefficient {worst['gini']:.2f}; groups that are equal stay under {worst['gini_by_chance']:.2f} "
        "19 times in 20, by the luck of the draw."
    )


def _heat(one: Figures, shown: Sequence[int]) -> Iterator[str | Chart]:
    place = {at: row for row, at in enumerate(shown)}
    values: list[list[float | None]] = [[None] * len(shown) for _ in shown]
    labels = [[DASH] * len(shown) for _ in shown]
    for pair in one["between"]:
        if pair["first"] in place and pair["second"] in place and pair["false"] is not None:
            told = pair["false"]
            label = one_in(told["rate"]).removeprefix("1 in ") if told["count"] else "none"
            for row, column in ((pair["first"], pair["second"]), (pair["second"], pair["first"])):
                values[place[row]][place[column]] = told["rate"] if pair["claim"] else None
                labels[place[row]][place[column]] = label if pair["claim"] else DASH
    names = [_short(one["groups"][at]["said"]) for at in shown]
    if any(value is not None for row in values for value in row):
        yield Chart(
            heat(names, names, values, labels, log=True, across="one of two people", down="the other"),
            "One in how many pairs of people matches, by the group of the one and of the other; darker for more "
            "matches. Hatched: too few for any claim.",
        )
    yield (
        "People are most often taken for others of their own group. Who is compared with whom therefore decides how "
        "many false matches there are: a gallery of one group alone has more than a mixed one of the same size."
    )


def _limits(result: Figures, counts: Mapping[str, int]) -> Section:
    said = [
        "Who belongs to which group is what the tables say; how they came to say so was not tested, and nothing here "
        "was guessed from pictures. A table that knows two sexes, or three names for origin, says nothing of anybody "
        "whom it leaves out.",
        "All false matches are of strangers who made no effort to look alike, nor were chosen for it: whoever looks "
        "for a look-alike, or for a victim who resembles them, does better.",
    ]
    for one in result["groupings"]:
        columns = " and ".join(one["columns"])
        if one["unsaid"]:
            said.append(
                f"Of {count(one['unsaid'], 'person', 'people')} nothing is said in {columns}: they are in everybody's "
                "rate and in no group."
            )
        silent = [_name(part["said"]) for part in one["groups"] if not part["withheld"] and not _claims(part)]
        if silent:
            said.append(
                f"Nothing is claimed of false matches by {columns} for {several(silent)}: at everybody's rate fewer "
                "than five would be expected, and fewer were seen."
            )
        small = sum(part["withheld"] for part in one["groups"])
        if small:
            said.append(
                f"{count(small, 'group')} by {columns} {'is' if small == 1 else 'are'} withheld: of fewer than ten "
                "people, or because what such a one has would follow from the total."
            )
        if one["false"] is not None and len(one["groups"]) > 2:
            said.append(
                f"The highest and the lowest by {columns} were chosen by what was counted. Of many equal groups, too, "
                "one is highest: believe the lower bound, and test again on other people."
            )
    if result["overall"]["missed"] is not None and result["overall"]["missed"]["count"] < 5:
        said.append("Fewer than five comparisons were missed: nothing is claimed of who is missed.")
    if counts.get("no face"):
        said.append("A picture without a face counts as missed, and is in no false match.")
    return Section("What these figures cannot tell", said)


def _claims(part: Figures) -> bool:
    return part["false"] is not None and bool(part["false"]["claim"])


def _how(result: Figures, made: Figures) -> Section:
    threshold = result["threshold"]
    how = (
        f"chosen so that {one_in(threshold['fmr'])} pairs of all reach it"
        if threshold["asked"] == "fmr"
        else "as it was asked for"
    )
    everybody = result["overall"]["false"]
    mark = " (extrapolated)" if threshold["extrapolated"] else ""
    return Section(
        "How it was counted",
        [
            f"Threshold: {_at(result)}, cosine {threshold['cosine']:.4f}, {how}. The published curve lets one expect "
            f"{one_in(threshold['curve'])} pairs{mark}; seen were {_small(everybody)}.",
            "A pair of people counts once, by the share of its comparisons that match, and so does a person: nobody "
            "weighs more for having many pictures. So a rate need not be the quotient of its counts, which are of "
            "pairs of people in any of whose pictures there was a match.",
            "Intervals are of 95 % and hold for people drawn anew, since one person takes part in many pairs: the "
            "variance is that of a U-statistic, not of independent pairs. Ratios carry what two rates have in common.",
            f"Findings are groups of which, with all groups compared at once, it is sure that they are wrong more than "
            f"{number(result['margin'])} times as often as everybody.",
            "Heads follow NIST IR 8280 and NIST IR 8429; the measures are those of ISO/IEC 19795-10's subject, with "
            "whose text conformance is not claimed.",
            *(f"{one['role']}: {one['source']}." for one in made["sets"]),
        ],
        folded=True,
    )

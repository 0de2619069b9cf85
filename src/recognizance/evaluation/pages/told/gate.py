"""The page of `recognizance audit gate`: may this model or setting replace that one?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from recognizance.accountability.papers import Table
from recognizance.evaluation.pages.charts import Axis, Row, intervals
from recognizance.evaluation.pages.page import Chart, Page, Section
from recognizance.evaluation.pages.told import DASH, count, percent, several
from recognizance.evaluation.words import ONCE, WITHHELD, number, one_in, share, tally, weighed

Figures = Mapping[str, Any]

TERMS = (
    "gate", "margin", "fmr", "fnmr", "similarity", "threshold", "group", "ratio", "interval", "rule of three",
    "withheld", "failure to enrol", "curve", "fingerprint",
)  # fmt: skip
WORDS = {"false": "taken for someone else", "missed": "missed", "lost": "not seen to have a face"}
HEADINGS = {"false": "Taken for someone else", "missed": "Missed", "lost": "No face found"}
ALARMS = {"passes": "good", "cannot tell": "care", "fails": "bad"}


def page(document: Mapping[str, Any]) -> Page:
    """Return the page of a gate, from its document."""
    result: Figures = document["result"]
    return Page(
        title="May the new system replace the old one?",
        verdict=_verdict(result),
        alarm=ALARMS[result["verdict"]],
        tested=_tested(result, document["made"]),
        wrong=_wrong(result),
        whom=_whom(result),
        what_to_set=_set(result),
        sections=[*_kinds(result), _changed(result), _how(result)],
        terms=TERMS,
    )


def name(said: Mapping[str, str]) -> str:
    """Return whom a judgement is about, in words."""
    return " ".join(f"{column} {value}" for column, value in said.items()) or "everybody"


def _of(result: Figures, verdict: str) -> list[Figures]:
    return [one for one in result["judged"] if one["verdict"] == verdict]


def _grouped(result: Figures) -> bool:
    """Return whether any group was judged, and not everybody together alone."""
    return any(one["said"] for one in result["judged"])


def _verdict(result: Figures) -> str:
    margin = number(result["limits"]["margin"])
    if result["verdict"] == "passes" and not _grouped(result):
        return (
            f"For everybody together, yes: the new system is not wrong more than {margin} times as often as the old. "
            "Of groups it says nothing: no groups were told apart."
        )
    if result["verdict"] == "passes":
        return (
            f"Yes: for no group that was tested is the new system wrong more than {margin} times as often as the old, "
            "nor so often as to matter."
        )
    if result["verdict"] == "fails":
        worst = max(_of(result, "fails"), key=lambda one: one["at_least"] or 0.0)
        if worst["change"] is None:
            return f"No: with the new system {name(worst['said'])} would be {WORDS[worst['kind']]} more often."
        value = worst["change"]["value"]
        times = f"{number(value)} times" if value is not None else f"at least {number(worst['at_least'])} times"
        return f"No: with the new system {name(worst['said'])} would be {WORDS[worst['kind']]} {times} as often."
    unsure = sorted({name(one["said"]) for one in [*_of(result, "cannot tell"), *_one_sided(result)]})
    return (
        f"Not yet: these pictures cannot tell whether the new system is wrong more than {margin} times as often as the "
        f"old one, for {several(unsure) or 'any group: each is of fewer than ten people'}."
    )


def _one_sided(result: Figures) -> list[Figures]:
    """Return the rates that one of two reports alone has; reports of older versions have no such list."""
    return list(result.get("one_sided", []))


def _tested(result: Figures, made: Figures) -> str:
    pictures = made["sets"][-1]
    at = [f"Similarity {percent(round(result[which]['threshold']['similarity'], 1))}" for which in ("old", "new")]
    return (
        f"Both systems saw the same {count(pictures['pictures'], 'picture')} of "
        f"{count(pictures['people'], 'person', 'people')}, everybody compared with everybody else, the old one at "
        f"{at[0]} and the new one at {at[1]}."
    )


def _wrong(result: Figures) -> str:
    said: list[str] = []
    for one in result["judged"]:
        if not one["said"]:
            said.append(f"{HEADINGS[one['kind']]}: {_rate(one['old'])} before, {_rate(one['new'])} after.")
    return " ".join(said)


def _whom(result: Figures) -> str:
    said: list[str] = []
    failed = _of(result, "fails")
    if failed:
        said.append(f"Worse: {_listed(failed)}.")
    unsure = _of(result, "cannot tell")
    if unsure:
        said.append(f"Cannot be told: {_listed(unsure)}.")
    one_sided = _one_sided(result)
    if one_sided:
        said.append(f"Measured in one of the two reports alone, so that nothing can be told: {_listed(one_sided)}.")
    if not _grouped(result):
        said.append(
            "Not known: no groups were told apart." if not result["withheld"] else "Not known: no group was judged."
        )
    elif not said:
        said.append("No group is worse off, as far as the margin goes.")
    small = result["withheld"]
    if small:
        said.append(f"Not judged, as too small or withheld: {count(len(small), 'group')}.")
    return " ".join(said)


def _listed(judged: Sequence[Figures]) -> str:
    """Return which groups are meant, by what may be wrong with them."""
    by_kind = {one["kind"]: [name(other["said"]) for other in judged if other["kind"] == one["kind"]] for one in judged}
    return "; ".join(f"who is {WORDS[kind]}: {several(groups)}" for kind, groups in by_kind.items())


def _set(result: Figures) -> str:
    if result["verdict"] == "passes" and not (_grouped(result) and result["by"] == "same comparisons"):
        return (
            "Gate with `--images`, and with `--groups` that tell people apart, before the new system replaces the old: "
            "no collection moves on the strength of this report."
        )
    if result["verdict"] == "passes":
        return (
            "The new system may replace the old one, for searches like these. `recognizance reembed COLLECTION --gate "
            "REPORT` moves a collection on the strength of this report."
        )
    if result["verdict"] == "fails":
        return "Keep the old system, or choose a threshold at which the new one passes."
    return (
        "Gate with more people and more pictures of each, at a lower threshold, where there are more matches to "
        "count, or for groups that are large enough to tell."
    )


def _kinds(result: Figures) -> Iterator[Section]:
    for kind, heading in HEADINGS.items():
        rows = [one for one in result["judged"] if one["kind"] == kind]
        if rows:
            yield Section(heading, list(_kind(rows, result["limits"], kind)))


def _kind(rows: Sequence[Figures], limits: Figures, kind: str) -> Iterator[str | Table | Chart]:
    drawn = [Row(name(one["said"]), one["change"]["value"], one["change"]["low"], one["change"]["high"])
             for one in rows if one["change"] and one["change"]["value"] and one["change"]["high"]]  # fmt: skip
    if drawn:
        yield Chart(
            intervals(drawn, Axis("times as often as before", log=True), reference=limits["margin"],
                      said="the margin"),
            f"How many times as often the new system is wrong as the old one, with 95 % intervals. A group passes "
            f"where the whole interval lies under the margin, {number(limits['margin'])} times.",
        )  # fmt: skip
    yield Table(
        ["", "people", "before", "after", "times as often", "", "more by at most", "verdict"],
        [[name(one["said"]), number(one["people"]), *_figures(one), one["verdict"]] for one in rows],
        caption=f"{HEADINGS[kind]}, before and after",
    )
    if any(one["change"] is None for one in rows):
        yield (
            f"Where it says {WITHHELD}, the group was judged as the others were, and its figures are not told: with "
            "them those of a smaller group would follow from the total."
        )
    if kind == "false":
        yield (
            f"Where the new rate surely lies under {_share(limits[kind])}, which the threshold stands for, it passes, "
            "even if the ratio of two handfuls cannot be told."
        )
    else:
        yield f"Where the rate surely rises by no more than {share(limits[kind])} of all, it passes, too."


def _figures(one: Figures) -> list[str]:
    """Return what was counted of a group, as cells; that it is withheld where a smaller group's would follow."""
    change = one["change"]
    if change is None:
        return [WITHHELD, WITHHELD, DASH, DASH, DASH]
    times = DASH if change["value"] is None else f"{change['value']:.2f}"
    most = _share(max(one["rise"]["high"], 0.0))
    return [_cell(one["old"]), _cell(one["new"]), times, _interval(change), most]


def _cell(counted: Figures) -> str:
    once = f" ({ONCE})" if weighed(counted) else ""
    rate = f": {_share(counted['rate'])}{once}" if counted["count"] else ""
    return f"{tally(counted)}{rate}"


def _rate(counted: Figures) -> str:
    if not counted["count"]:
        return f"at most {_share(counted['high'])}"
    said = one_in if counted["rate"] < 2e-3 and counted["low"] > 0 else share
    return f"{said(counted['rate'])} (between {said(counted['low'])} and {said(counted['high'])})"


def _share(value: float) -> str:
    return one_in(value) if 0 < value < 1e-3 else share(value)


def _interval(change: Figures) -> str:
    if change["high"] is None:
        return f"over {change['low']:.2f}" if change["low"] else DASH
    return f"{change['low']:.2f} {DASH} {change['high']:.2f}"


def _changed(result: Figures) -> Section:
    old, new = result["old"], result["new"]
    rows = [
        [one.get("task", ""), *(_model(system, one.get("task", "")) for system in (old, new))] for one in new["models"]
    ]
    before, after = set(old["pipeline"]), set(new["pipeline"])
    only = (("Only before", before - after), ("Only after", after - before))
    changed = [f"{which}: {several(sorted(one))}." for which, one in only if one]
    return Section("What changes", [Table(["", "before", "after"], rows, left=3), *changed])


def _model(system: Figures, task: str) -> str:
    return several([f"{one['name']} {one['sha256'][:12]}" for one in system["models"] if one.get("task", "") == task])


def _how(result: Figures) -> Section:
    paired = result["by"] == "same comparisons"
    return Section(
        "How it was judged",
        [
            "Passes: the upper end of the 95 % interval of new to old is at most the margin. Fails: it is not, and the "
            "new system surely is worse, with all judgements taken together. Else the pictures cannot tell. The whole "
            "passes where every group does.",
            "Both saw the very same pictures, so what both got wrong alike tells nothing and is left out of the "
            "interval; it lives on the comparisons in which they differ."
            if paired
            else "It was judged from two reports, which do not say in which comparisons both were wrong: intervals are "
            "wider than those of `--images --new`, which holds the same comparisons against each other.",
            "It says nothing of groups that no table told of, nor of pictures of another kind.",
        ],
        folded=True,
    )

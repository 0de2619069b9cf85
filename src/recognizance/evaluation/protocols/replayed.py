"""A replay in words and as its document: the sentence a newspaper would print, what it cost, findings, figures.

Every word comes from counts, and the same counts give the same words.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from recognizance.evaluation import audit
from recognizance.evaluation.audit import Finding
from recognizance.evaluation.protocols.replay import DUPLICATE, Alike, Grouped, Replay, Setting
from recognizance.evaluation.sets.templates import Templates
from recognizance.evaluation.statistics.expected import Expected
from recognizance.evaluation.statistics.expected import figures as expectation
from recognizance.evaluation.statistics.intervals import Ratio
from recognizance.evaluation.statistics.rates import Rate

LARGER = 2.0
"""How many times as often as the others a group has to be taken for somebody else for a finding."""


def findings(found: Replay) -> tuple[Finding, ...]:
    """Return what somebody has to answer for: more false matches than the curve allows, and groups hit far harder.

    All settings at which the curve is exceeded are one finding: they are mostly the same pairs.
    """
    over = [one for one in found.settings if one.expected and one.false_matched.count > one.expected.probes.high]
    said = [_over(over)] if over else []
    said += [_unequal(one, group) for one in found.settings for group in one.groups if _is_unequal(group)]
    return tuple(said)


def _over(settings: Sequence[Setting]) -> Finding:
    """Return the finding that more were taken for somebody else than the curve allows, from the settings where so."""
    first, *more = settings
    assert first.expected is not None, "only settings with an expected count are over it"
    too = f"; so at {', '.join(map(_marked, more))}" if more else ""
    return Finding(
        "false matches above the curve",
        "",
        f"at the setting {first.similarity:g}, of the probes {audit.in_words(first.false_matched)} were taken for "
        f"somebody else; the model's curve lets one expect {lets_expect(first.expected)}{beyond(first.expected)}{too}. "
        "Look first whether the pairs named are one person under two names (recognizance audit labels); where they are "
        "two, fit the curve on people like these, or set a higher threshold.",
    )


def _marked(one: Setting) -> str:
    beyond_data = one.expected is not None and one.expected.extrapolated
    return f"{one.similarity:g} (extrapolated)" if beyond_data else f"{one.similarity:g}"


def lets_expect(one: Expected) -> str:
    """Return in words how many probes a curve lets one expect to be taken for somebody else."""
    if one.probes.high == 0:
        return f"none: one such test in {round(1 / max(one.probes.mean, 1e-9)):,} has one"
    return f"{one.probes.mean:.3g}, and at most {one.probes.high:,}"


def beyond(one: Expected) -> str:
    """Return the words that mark what a curve says beyond the people it was fitted on, "" where they reach."""
    return (
        " (extrapolated: fewer strangers are as alike as that than the curve was fitted on)" if one.extrapolated else ""
    )


def _is_unequal(group: Grouped) -> bool:
    ratio = group.ratio
    return ratio is not None and ratio.low > 1 and (ratio.value is None or ratio.value > LARGER)


def _unequal(one: Setting, group: Grouped) -> Finding:
    assert group.ratio is not None, "only a group with a ratio is unequal"
    assert group.false_matched is not None, "a group with a ratio has a rate"
    times = "beyond measure more" if group.ratio.value is None else f"{group.ratio.value:.2g} times as"
    return Finding(
        "one group is taken for somebody else more often",
        f"{group.column} {group.group}",
        f"at the setting {one.similarity:g}, of this group {audit.in_words(group.false_matched)} were taken for "
        f"somebody else: {times} often as the others (at least {group.ratio.low:.2g} times); the limit is {LARGER:g} "
        "times. Set a higher threshold, or let people look at every match.",
    )


def sentence(found: Replay, called: str) -> str:
    """Return what a newspaper would print, from the counts alone. `called` is what the probes' people are: "members".

    It begins with the setting 80, Rekognition's default, where that was counted, else with the lowest.
    """
    settings = sorted(found.settings, key=lambda one: (one.similarity != 80, one.similarity))
    first = settings[0]
    higher = [one for one in found.settings if one.similarity > first.similarity]
    people = found.probes["people"]
    of = f"{people:,} {called}"
    if first.people_matched == 0:
        return f"None of {of} was matched to somebody else at the setting {first.similarity:g}{_lower(found, first)}."
    text = (
        f"{first.people_matched:,} of {of} {_were(first)} matched to somebody else at the setting {first.similarity:g}"
    )
    none = next((one for one in higher if one.people_matched == 0), None)
    if none is not None:
        return f"{text}; at {none.similarity:g} none was."
    if higher:
        last = higher[-1]
        return f"{text}; at {last.similarity:g}, the highest tested, {last.people_matched:,} still {_were(last)}."
    return f"{text}."


def _lower(found: Replay, first: Setting) -> str:
    """Return what a lower setting gave, where one was counted, so that "none" is not taken for "never"."""
    lower = [one for one in found.settings if one.similarity < first.similarity and one.people_matched]
    return f"; at {lower[-1].similarity:g}, {lower[-1].people_matched:,} {_were(lower[-1])}" if lower else ""


def _were(one: Setting) -> str:
    return "was" if one.people_matched == 1 else "were"


def cost(found: Replay) -> str:
    """Return what the settings cost: how many of the people who were there to be found were found."""
    if found.probes["mated"] == 0:
        return (
            "What these settings miss is not known: nobody was said to be on both sides, so there was nobody to find."
        )
    parts = [f"{one.hits.count:,} at {one.similarity:g}" for one in found.settings if one.hits is not None]
    return f"Of {found.probes['mated']:,} probes whose person is in the gallery, it found {', '.join(parts)}."


def figures(
    found: Replay, probes: Templates, gallery: Templates, *, called: str, curve: Mapping[str, Any] | None
) -> dict[str, Any]:
    """Return a replay as its document has it (docs/audit/replay.schema.json)."""
    none = next((one.similarity for one in found.settings if one.false_matched.count == 0), None)
    return {
        "called": called,
        "sentence": sentence(found, called),
        "cost": cost(found),
        "lowest_without_false_matches": none,
        "probes": dict(found.probes),
        "gallery": dict(found.gallery),
        "comparisons": found.comparisons,
        "failure_to_enrol": {
            "probes": audit.rate(_lost(found.probes)),
            "gallery": audit.rate(_lost(found.gallery)),
        },
        "apart": {"listed": found.listed, "pairs": dict(found.apart), "done": _done(found)},
        "cut": found.cut,
        "curve": curve,
        "rank_one": audit.rate(found.rank_one),
        "thresholds": [_plain(one) for one in found.settings],
        "worst": [_alike(one, probes, gallery) for one in found.worst],
    }


def _lost(side: Mapping[str, int]) -> Rate:
    return Rate(side["pictures"] - side["found"], side["pictures"])


def _done(found: Replay) -> str:
    """Say in a sentence what was done with people and pictures on both sides."""
    if not any(found.apart.values()):
        return (
            "The matches of a probe with its listed mate are hits; no other pair was left aside."
            if found.listed
            else "Nobody was found to be on both sides."
        )
    parts = [
        f"{found.apart[kind]:,} {what}"
        for kind, what in (
            ("name", "of one name on both sides"),
            ("bytes", "of one and the same file"),
            ("likeness", f"that are all but one picture (cosine {DUPLICATE:g} or more)"),
        )
        if found.apart[kind]
    ]
    return (
        f"Left aside, neither false matches nor hits, were pairs of pictures: {', '.join(parts)}. "
        + ("Mates were listed." if found.listed else "Nobody listed mates, so nobody counts as rightly found.")
    )  # fmt: skip


def _plain(one: Setting) -> dict[str, Any]:
    by_column: dict[str, list[dict[str, Any]]] = {}
    for group in one.groups:
        by_column.setdefault(group.column, []).append(
            {
                "group": group.group,
                "people": group.people,
                "probes": group.probes,
                "withheld": group.false_matched is None,
                "false_matched": audit.rate(group.false_matched),
                "ratio": _ratio(group.ratio),
                "hits": audit.rate(group.hits),
            }
        )
    return {
        "similarity": one.similarity,
        "cosine": one.cosine,
        "false_matched": audit.rate(one.false_matched),
        "people_matched": one.people_matched,
        "false_matched_found": audit.rate(one.false_matched_found),
        "nonmated": audit.rate(one.nonmated),
        "pairs": audit.rate(one.pairs),
        "picture_pairs": one.picture_pairs,
        "taken": one.taken,
        "hits": audit.rate(one.hits),
        "hits_found": audit.rate(one.hits_found),
        "first": audit.rate(one.first),
        "expected": None if one.expected is None else _expectation(one),
        "groups": by_column,
    }


def _expectation(one: Setting) -> dict[str, Any]:
    assert one.expected is not None, "asked only where there is one"
    return expectation(one.expected, agrees=one.agrees, within=one.within)


def _ratio(one: Ratio | None) -> dict[str, Any] | None:
    return None if one is None else {"value": one.value, "low": one.low, "high": one.high}


def _alike(one: Alike, probes: Templates, gallery: Templates) -> dict[str, Any]:
    probe, other = probes.subjects[one.probe], gallery.subjects[one.gallery]
    return {
        "probe": probe.name,
        "probe_person": probe.person,
        "gallery": other.name,
        "gallery_person": other.person,
        "similarity": one.similarity,
        "cosine": one.cosine,
    }

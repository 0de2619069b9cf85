"""Figures of an audit in words: the phrases and number formats that all its pages share."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, Literal

from recognizance.evaluation.words import ONCE, WITHHELD, number, share, tally, weighed
from recognizance.vision.similarity import ANCHORS

FEWEST = 60
"""Trials below which a test without errors says nothing: none in 60 may still be one in twenty (rule of three)."""

BEARABLE, HALF = 0.05, 0.5
"""The share of errors, and of failures to enrol, from which nothing is good; and of those found, below which."""

Standing = Literal["few", "care", "good"]

DASH = "–"
SMALL = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")


def similarity_of(rate_: float) -> float | None:
    """Return the Similarity that stands for a rate at which strangers match; None where the scale ends before it.

    >>> similarity_of(1e-6), similarity_of(10**-7.5), similarity_of(1e-12)
    (80.0, 92.5, None)
    """
    place = math.log10(rate_)
    for (upper, low), (lower, high) in pairwise(ANCHORS):
        if lower <= place <= upper:
            return low + (upper - place) / (upper - lower) * (high - low)
    return None


def percent(value: float) -> str:
    """Return a Similarity or threshold, in [0, 100], as few digits as it has.

    >>> percent(80.0), percent(99.5)
    ('80', '99.5')
    """
    return f"{value:g}"


def count(of: int, what: str, many: str = "") -> str:
    """Return a count with its noun; `many` is the plural where that is not the noun with an "s".

    >>> count(1, "probe"), count(1234, "probe"), count(2, "person", "people")
    ('1 probe', '1,234 probes', '2 people')
    """
    return f"{number(of)} {what if of == 1 else many or what + 's'}"


def spelt(value: int) -> str:
    """Return a whole number as a sentence has it: in letters up to twelve.

    >>> spelt(3), spelt(28)
    ('three', '28')
    """
    return SMALL[value] if 0 <= value < len(SMALL) else number(value)


def cells(counted: Mapping[str, Any] | None) -> list[str]:
    """Return a rate as three cells of a table: its count, its share, its interval."""
    if counted is None:
        return [WITHHELD, DASH, DASH]
    said = f"{share(counted['rate'])} ({ONCE})" if weighed(counted) else share(counted["rate"])
    return [tally(counted), said, f"{share(counted['low'])} {DASH} {share(counted['high'])}"]


def complement(counted: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Return the rate of what did not happen: of those looked for and found, those who were missed.

    >>> complement({"count": 3, "of": 4, "rate": 0.75, "low": 0.25, "high": 1.0})
    {'count': 1, 'of': 4, 'rate': 0.25, 'low': 0.0, 'high': 0.75}
    """
    if counted is None:
        return None
    return {
        "count": counted["of"] - counted["count"],
        "of": counted["of"],
        "rate": 1 - counted["rate"],
        "low": 1 - counted["high"],
        "high": 1 - counted["low"],
    }


def times(value: float | None, low: float | None = None, high: float | None = None) -> str:
    """Return a ratio in words, with its interval where there is one.

    >>> times(2.58, 1.25, 5.4)
    '2.6 times as often (between 1.3 and 5.4 times)'
    """
    if value is None:
        return WITHHELD
    said = f"{_times(value)} times as often"
    if low is None and high is None:
        return said
    if high is None:
        return f"{said} (at least {_times(low or 0.0)} times)"
    return f"{said} (between {_times(low or 0.0)} and {_times(high)} times)"


def several(words: Sequence[str], joined: str = "and") -> str:
    """Return words as a sentence lists them.

    >>> several(["a"]), several(["a", "b", "c"])
    ('a', 'a, b and c')
    """
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} {joined} {words[-1]}"


def group(values: Mapping[str, str] | Sequence[str] | str) -> str:
    """Return a group's name: what it says in each column, and "not said" where it says nothing.

    >>> group({"sex": "F", "age": ""})
    'F, age not said'
    """
    if isinstance(values, str):
        return values or "not said"
    if isinstance(values, Mapping):
        return ", ".join(value or f"{column} not said" for column, value in values.items())
    return ", ".join(value or "not said" for value in values)


def standing(
    false: Mapping[str, Any] | None,
    *,
    lost: Sequence[Mapping[str, Any]] = (),
    found: Mapping[str, Any] | None = None,
    trials: int | None = None,
) -> Standing:
    """Return what may be said of a system at one setting: "few", "care" or "good".

    `false` counts false matches, None where nothing could be compared; `lost` failures to enrol; `found` who is there
    and was found, None where nobody is. It is "few" where errors are neither surely too many nor surely bearable for
    want of trials: fewer than `FEWEST`, or none wrong and yet an upper bound above `BEARABLE`. `trials` are those to
    count where they are other than `false` says.

    >>> none = {"count": 0, "of": 60, "rate": 0.0, "low": 0.0, "high": 3 / 60}
    >>> standing(none), standing(none, trials=59), standing(none, lost=[none | {"rate": 0.05}]), standing(None)
    ('good', 'few', 'care', 'few')
    """
    if false is None:
        return "few"
    of = false["of"] if trials is None else trials
    if false["low"] <= BEARABLE and (of < FEWEST or (not false["count"] and false["high"] > BEARABLE)):
        return "few"
    well = not false["count"] and all(one["rate"] < BEARABLE for one in lost)
    return "good" if well and useful(found) else "care"


def useful(found: Mapping[str, Any] | None) -> bool:
    """Say whether half of those who are there, or more, were found: below, no setting is advice. None: nobody is."""
    return found is None or found["rate"] >= HALF


def standing_of_replay(result: Mapping[str, Any], row: Mapping[str, Any]) -> Standing:
    """Return what may be said of a replay at the setting of `row`; probes with a face count alone."""
    false, failed = row["false_matched_found"], result["failure_to_enrol"]
    compared = result["comparisons"]
    lost = [failed["probes"], failed["gallery"]]
    return standing(false if compared else None, lost=lost, found=row["hits"])


def standing_of_pairs(result: Mapping[str, Any], row: Mapping[str, Any]) -> Standing:
    """Return what may be said of pairs at the setting of `row`: as many of one person as of two are needed."""
    missed = row["misses"]
    fewest = min(row["false_matches"]["of"], missed["of"])
    lost = [missed, result["enrolment"]["failed"]] if "enrolment" in result else [missed]
    return standing(row["false_matches"], lost=lost, trials=fewest)


def too_few(what: str = "pictures") -> str:
    """Return the sentence of a test that nothing can be concluded from."""
    return f"These are too few {what} to say: it takes {FEWEST}, of different people."


def _times(value: float) -> str:
    """Return a ratio with one decimal, or two significant digits below one."""
    return number(value) if value < 1 or value >= 100 else f"{math.floor(10 * value + 0.5) / 10:.1f}"

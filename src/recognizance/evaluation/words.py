"""Counted rates in words and numbers, one way for a page, a finding and the terminal.

A counted rate is what `audit.rate` makes of it: its count, of how many, the rate and its 95 % bounds.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

WITHHELD = "withheld"
ONCE = "each person counted once"


def share(value: float) -> str:
    """Return a share in [0, 1] as percent: one decimal where that says something, else two significant digits.

    >>> [share(one) for one in (0, 0.00654, 0.0000213, 0.5, 0.99995, 1)]
    ['0 %', '0.7 %', '0.0021 %', '50.0 %', '99.9950 %', '100 %']
    """
    percent = 100 * value
    if percent in (0.0, 100.0):
        return f"{percent:.0f} %"
    from_edge = float(f"{min(percent, 100 - percent):.1e}")
    decimals = 1 if from_edge >= 0.1 else 1 - math.floor(math.log10(from_edge) + 1e-9)
    return f"{percent:.{decimals}f} %"


def one_in(value: float) -> str:
    """Return a small share as "1 in n", n to two significant digits.

    >>> [one_in(one) for one in (0.5, 0.0000021, 0)]
    ['1 in 2', '1 in 480,000', 'none']
    """
    return "none" if value <= 0 else f"1 in {number(_two_digits(1 / value))}"


def number(value: float) -> str:
    """Return a number with its thousands apart; a fraction with two significant digits, or one decimal above 10.

    >>> [number(one) for one in (1234567, 0.034567, 3.14159, 27.83, 1234.5)]
    ['1,234,567', '0.035', '3.1', '27.8', '1,235']
    """
    if float(value).is_integer() or abs(value) >= 1000:
        return f"{math.floor(value + 0.5):,}"
    if abs(value) >= 10:
        return f"{value:.1f}"
    rounded = float(f"{value:.1e}")
    return f"{rounded:.{max(0, 1 - math.floor(math.log10(abs(rounded)) + 1e-9))}f}"


def rate(counted: Mapping[str, Any] | None) -> str:
    """Return a counted rate (`audit.rate`) with its count and 95 % interval. None is withheld.

    >>> rate({"count": 3, "of": 459, "rate": 3 / 459, "low": 0.0022, "high": 0.019})
    '3 of 459 (0.7 %; between 0.2 % and 1.9 %)'
    >>> rate({"count": 0, "of": 459, "rate": 0.0, "low": 0.0, "high": 3 / 459})
    'none of 459 (at most 0.7 %)'

    A rate in which each person weighs the same may differ from the quotient of its counts, and then says so first:

    >>> rate({"count": 10, "of": 20, "rate": 0.091, "low": 0.02, "high": 0.3})
    '9.1 % (between 2.0 % and 30.0 %), each person counted once; 10 of 20 in all'
    """
    if counted is None:
        return WITHHELD
    if weighed(counted):
        return f"{share(counted['rate'])} ({between(counted)}), {ONCE}; {tally(counted)} in all"
    if counted["count"] == 0:
        return f"none of {number(counted['of'])} (at most {share(counted['high'])})"
    if counted["count"] == counted["of"]:
        return f"all {number(counted['of'])} (at least {share(counted['low'])})"
    return f"{tally(counted)} ({share(counted['rate'])}; {between(counted)})"


def weighed(counted: Mapping[str, Any] | None) -> bool:
    """Return whether a rate is another one than its counts say, as people of several pictures count once.

    >>> weighed({"count": 8, "of": 200, "rate": 0.01}), weighed({"count": 2, "of": 200, "rate": 0.01})
    (True, False)
    """
    return counted is not None and share(counted["rate"]) != share(counted["count"] / counted["of"])


def tallied(counted: Mapping[str, Any] | None) -> str:
    """Return a rate's count and share: "2 of 200 (1.0 %)", or that the share is of people where it is another one.

    >>> tallied({"count": 8, "of": 200, "rate": 0.01})
    '8 of 200 (1.0 %, each person counted once)'
    """
    if counted is None:
        return WITHHELD
    once = f", {ONCE}" if weighed(counted) else ""
    return f"{tally(counted)} ({share(counted['rate'])}{once})"


def tally(counted: Mapping[str, Any] | None) -> str:
    """Return the count of a rate alone: "3 of 459". None is withheld."""
    return WITHHELD if counted is None else f"{number(counted['count'])} of {number(counted['of'])}"


def between(counted: Mapping[str, Any] | None) -> str:
    """Return a rate's 95 % interval in words.

    >>> between({"low": 0.002, "high": 0.019})
    'between 0.2 % and 1.9 %'
    """
    if counted is None:
        return WITHHELD
    if counted["low"] <= 0:
        return f"at most {share(counted['high'])}"
    return f"between {share(counted['low'])} and {share(counted['high'])}"


def _two_digits(value: float) -> float:
    """Return a number above 1 rounded to two significant digits, whole."""
    digits = math.floor(math.log10(value))
    return float(round(value, 1 - digits)) if digits >= 1 else float(round(value))

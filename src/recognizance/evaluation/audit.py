"""What an audit says: one document, from which the JSON file, the page and the ledger's entry are made.

The same pictures, models, settings and seed give the same document, to the last byte of its JSON: it holds no time
and no path but those of the command that made it.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePath
from typing import Any

from recognizance.evaluation import words
from recognizance.evaluation.sets.subjects import Problem, Trouble, plain
from recognizance.evaluation.statistics.rates import Counted

Figures = Mapping[str, Any]
DIGITS = 6
"""Significant digits of a figure in a report: more than data can carry, fewer than a sum in another order changes."""

NAMED = 200
"""How many problems of one kind are named one by one; all are counted."""


@dataclass(frozen=True, slots=True)
class Set:
    """One set of pictures that an audit used: what for, from where in words, how much of it, and its digest."""

    role: str
    source: str
    pictures: int
    people: int
    templates: int
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Made:
    """What an audit was made with and from: enough to make it again.

    `command` is the command line as it was given. `models` gives each model's name and digest, `pipeline` the settings
    that change a vector; both are what an endpoint says of itself where it is not ours. `exclusions` is the digest of
    the list that was honoured and how many people and pictures it left out, None where there was none.
    """

    command: str
    version: str
    models: tuple[Mapping[str, str], ...]
    pipeline: tuple[str, ...]
    sets: tuple[Set, ...]
    seed: int
    exclusions: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """A result that somebody has to answer for: the ledger opens it with a clock of 90 days.

    `kind` is a short name such as "false matches above the curve"; `group` says whom it is about, "" for everybody;
    `said` is a sentence with its figure, what the limit was and what may be done.
    """

    kind: str
    group: str
    said: str


@dataclass(frozen=True, slots=True)
class Audit:
    """The whole of one audit. `result` is the protocol's own; its schema lies in `docs/audit/`."""

    protocol: str
    made: Made
    problems: tuple[Problem, ...]
    result: Figures
    findings: tuple[Finding, ...] = ()


def document(audit: Audit) -> dict[str, Any]:
    """Return an audit as plain values for JSON; numbers with at most `DIGITS` significant digits."""
    made = audit.made
    values = {
        "schema": f"recognizance audit {audit.protocol} 1",
        "protocol": audit.protocol,
        "made": {
            "command": made.command,
            "version": made.version,
            "models": [dict(one) for one in made.models],
            "pipeline": list(made.pipeline),
            "sets": [
                {
                    "role": one.role,
                    "source": one.source,
                    "pictures": one.pictures,
                    "people": one.people,
                    "templates": one.templates,
                    "fingerprint": one.fingerprint,
                }
                for one in made.sets
            ],
            "seed": made.seed,
            "exclusions": None if made.exclusions is None else dict(made.exclusions),
        },
        "problems": _problems(audit.problems),
        "result": audit.result,
        "findings": [{"kind": one.kind, "group": one.group, "said": one.said} for one in audit.findings],
    }
    rounded: dict[str, Any] = figure(values)
    return rounded


NAMING = frozenset(
    {"person", "file", "other_person", "other_file", "probe", "probe_person", "gallery", "gallery_person"}
)
"""Under which keys a result has the name of a person or of a picture, where it is a text."""


def anonymous(audit: Audit) -> Audit:
    """Return an audit with numbers in place of the names of people and pictures: one number for one name.

    Groups keep their names, and of where a set lies its last part stays. What a protocol says of single people stands
    under a key of `NAMING`, and nowhere else.
    """
    numbers: dict[str, int] = {}

    def number(name: str) -> str:
        return f"no. {numbers.setdefault(name, len(numbers) + 1)}"

    def without_names(value: Any, key: str = "") -> Any:
        if isinstance(value, Mapping):
            return {name: without_names(one, name) for name, one in value.items()}
        if isinstance(value, list | tuple):
            return [without_names(one, key) for one in value]
        return number(value) if isinstance(value, str) and key in NAMING else value

    result = without_names(audit.result)
    problems = tuple(
        one
        if one.trouble is Trouble.SMALL_GROUP
        else Problem(one.trouble, number(one.where), f"{one.trouble.value}; name left out")
        for one in audit.problems
    )
    sets = tuple(replace(one, source=PurePath(one.source).name) for one in audit.made.sets)
    return replace(audit, made=replace(audit.made, sets=sets), problems=problems, result=result)


def as_json(audit: Audit) -> str:
    """Return the audit's JSON, UTF-8 text that ends in a newline."""
    return written(document(audit))


def written(document: Mapping[str, Any]) -> str:
    """Return a document as its file holds it; one that was read from such a file gives the same bytes again."""
    return plain(json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False)) + "\n"


def digest(text: str) -> str:
    """Return the SHA-256 of a report's JSON, by which the ledger names it."""
    return hashlib.sha256(text.encode()).hexdigest()


def figure(value: Any) -> Any:
    """Return a value with its real numbers at `DIGITS` significant digits, through lists and mappings.

    Raises `ValueError` for one that is no number: a report has `null` there.

    >>> figure({"rate": 0.123456789, "count": 3})
    {'rate': 0.123457, 'count': 3}
    """
    if isinstance(value, float):
        if not math.isfinite(value):
            raise ValueError(f"a report holds numbers, got {value}")
        return float(f"{value:.{DIGITS}g}") + 0.0
    if isinstance(value, Mapping):
        return {str(key): figure(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [figure(one) for one in value]
    return value


def rate(counted: Counted | None) -> dict[str, Any] | None:
    """Return a counted rate as reports have it, with its count: never a rate without one. None stays None."""
    if counted is None:
        return None
    return {
        "count": counted.count,
        "of": counted.of,
        "rate": counted.value,
        "low": counted.low,
        "high": counted.high,
    }


def in_words(counted: Counted) -> str:
    """Return a counted rate as pages say it.

    >>> from recognizance.evaluation.statistics.rates import Rate
    >>> in_words(Rate(3, 459))
    '3 of 459 (0.7 %; between 0.2 % and 1.9 %)'
    """
    return words.rate(rate(counted))


def _problems(problems: Sequence[Problem]) -> dict[str, Any]:
    """Return how many problems there are of each kind, and the first of each by name."""
    counts = Counter(one.trouble.value for one in problems)
    named: dict[str, list[dict[str, str]]] = {kind: [] for kind in sorted(counts)}
    for one in problems:
        listed = named[one.trouble.value]
        if len(listed) < NAMED:
            listed.append({"where": one.where, "said": one.said})
    return {"counts": {kind: counts[kind] for kind in sorted(counts)}, "named": named}

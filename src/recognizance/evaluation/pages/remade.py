"""A page made again from the JSON report of an audit, without its pictures and models."""

from __future__ import annotations

import importlib
import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, NoReturn

from recognizance.evaluation.pages.page import Chart, Page, Section

PROTOCOLS = (
    "attributes",
    "calibrate",
    "demographics",
    "detection",
    "gate",
    "identification",
    "labels",
    "live",
    "quality",
    "replay",
    "verification",
)
"""What may be audited, each with a page of its own in `told`."""

FORM: Mapping[str, Any] = {
    "schema": str,
    "protocol": str,
    "made": {
        "command": str,
        "version": str,
        "models": [dict],
        "pipeline": [str],
        "sets": [
            {"role": str, "source": str, "pictures": int, "people": int, "templates": int, "fingerprint": str},
        ],
        "seed": int,
    },
    "problems": {"counts": dict, "named": dict},
    "result": dict,
    "findings": [{"kind": str, "group": str, "said": str}],
}
"""What a page needs of every report; `docs/audit/common.schema.json` says the same and more."""

WORDS: Mapping[type, str] = {str: "text", int: "a whole number", dict: "an object", list: "a list"}
UNFIT = (LookupError, TypeError, ValueError, AttributeError, ArithmeticError, StopIteration, AssertionError)
"""How a page fails on a document that lacks what its protocol reports."""


class ReportWrong(ValueError):
    """What was given is no report of an audit; the message says why."""


def read(text: str) -> dict[str, Any]:
    """Return the document that a report's text holds. Raises `ReportWrong`."""
    try:
        document = json.loads(text, parse_constant=_no_number, parse_float=_finite)
    except (ValueError, RecursionError) as error:
        raise ReportWrong(f"it is no JSON ({error})") from error
    wrong = next(_wrong(document, FORM, ""), None)
    if wrong is not None:
        raise ReportWrong(f"{wrong}: a report is what --json of an audit writes")
    for kind, named in document["problems"]["named"].items():
        wrong = next(_wrong(named, [{"where": str, "said": str}], f"problems.named.{kind}"), None)
        if wrong is not None:
            raise ReportWrong(wrong)
    if not all(type(one) is int for one in document["problems"]["counts"].values()):
        raise ReportWrong("problems.counts should hold whole numbers")
    if type(document["made"].get("exclusions")) not in (dict, type(None)):
        raise ReportWrong("made.exclusions should be an object or null")
    return dict(document)


def page(document: Mapping[str, Any]) -> Page:
    """Return the page of a document that was read. Raises `ReportWrong` where it is not what its protocol reports."""
    protocol, form = document["protocol"], document["schema"]
    if protocol not in PROTOCOLS or form != f"recognizance audit {protocol} 1":
        raise ReportWrong(f"this version makes no page of the form {form!r} with the protocol {protocol!r}")
    told: Any = importlib.import_module(f"recognizance.evaluation.pages.told.{protocol}")
    try:
        made: Page = told.page(document)
        return replace(made, sections=[_drawn(section) for section in made.sections])
    except UNFIT as error:
        raise ReportWrong(
            f"its result is not what {form!r} holds ({type(error).__name__}: {error}); "
            f"docs/audit/{protocol}.schema.json says what that is"
        ) from error


def _drawn(section: Section) -> Section:
    """Return a section with its charts drawn, so that figures that cannot be drawn are found out."""
    parts = [
        replace(part, svg=part.svg()) if isinstance(part, Chart) and callable(part.svg) else part
        for part in section.parts
    ]
    return replace(section, parts=parts)


def _wrong(value: Any, form: Any, where: str) -> Iterator[str]:
    """Yield what of a value does not fit a form, in a sentence each."""
    if isinstance(form, type):
        if type(value) is not form:
            yield f"{where} should be {WORDS[form]}"
    elif isinstance(form, list):
        if type(value) is not list:
            yield f"{where} should be a list"
            return
        for at, one in enumerate(value):
            yield from _wrong(one, form[0], f"{where}[{at}]")
    elif type(value) is not dict:
        yield f"{where or 'it'} should be an object"
    else:
        for name, inner in form.items():
            if name not in value:
                yield f"{where or 'it'} should have {name!r}"
            else:
                yield from _wrong(value[name], inner, f"{where}.{name}" if where else name)


def _finite(text: str) -> float:
    value = float(text)
    return value if math.isfinite(value) else _no_number(text)


def _no_number(text: str) -> NoReturn:
    raise ValueError(f"{text} is no number")

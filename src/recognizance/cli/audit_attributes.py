"""`recognizance audit attributes`: what is told of faces, held against what people say of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from recognizance.cli import audit, made, output
from recognizance.cli.failures import Failed, Wrong
from recognizance.cli.going import going
from recognizance.cores import cores

if TYPE_CHECKING:
    from datetime import date

    from recognizance.evaluation.audit import Made
    from recognizance.evaluation.protocols.attributes import (
        AgeTold,
        Case,
        Expressed,
        Reliability,
        Result,
        YesNo,
    )
    from recognizance.evaluation.sets.described import Described, Describing
    from recognizance.evaluation.sets.labelled import Labelled
    from recognizance.evaluation.sets.subjects import Listing
    from recognizance.evaluation.statistics.intervals import Ratio
    from recognizance.evaluation.statistics.people import Measure

LabelsTable = Annotated[
    Path,
    typer.Option(
        "--labels", metavar="CSV",
        help="A row a picture, by sha256 or file, or a row a person; columns glasses, sunglasses, beard, moustache, "
        "smile, mouth, eyes, occluded, gender, age (or birthday and taken), expression, yaw, pitch, roll.",
    ),
]  # fmt: skip
Images = Annotated[
    list[Path], typer.Option("--images", metavar="FOLDER", help="Where the pictures are; may be repeated.")
]
Taken = Annotated[
    str | None,
    typer.Option(
        metavar="DAY", show_default=False,
        help="When pictures were taken whose row does not say so, as 2018-07-25: for ages from birthdays.",
    ),
]  # fmt: skip
Margin = Annotated[
    float,
    typer.Option(
        min=1,
        metavar="TIMES",
        help="A group of which an attribute surely is wrong more than so many times as often as of everybody is a "
        "finding.",
    ),
]


def attributes(  # noqa: PLR0913 - each is an option of the command line
    context: typer.Context,
    labels: LabelsTable,
    images: Images,
    groups: audit.Groups = None,
    people: audit.People = None,
    taken: Taken = None,
    margin: Margin = 2.0,
    exclude: audit.Exclude = None,
    person_column: audit.PersonColumn = None,
    face: audit.WhichFace = audit.Face.LARGEST,
    json: audit.Json = None,
    html: audit.Html = None,
    seed: audit.Seed = audit.SEED,
    record: audit.Record = True,
    anonymous: audit.Anonymous = False,
    data: made.Data = None,
) -> None:
    """Hold what is told of faces against labels: right and wrong, by group, and whether confidence is what it says."""
    given = made.of(context)
    asked = audit.Asked(
        json=json, html=html, exclude=exclude, groups=tuple(dict.fromkeys(groups or ())), people=people, face=face,
        seed=seed, record=record, person_column=person_column, anonymous=anonymous,
    )  # fmt: skip
    lab = audit.Lab(given, given.settings(data=data), asked)

    import numpy as np

    from recognizance.evaluation.audit import Audit
    from recognizance.evaluation.pages.told import attributes as told
    from recognizance.evaluation.protocols import attributes as protocol
    from recognizance.evaluation.sets.described import describe
    from recognizance.evaluation.sets.labelled import columns_of, read_labels
    from recognizance.evaluation.words import share

    for folder in images:
        if not folder.is_dir():
            raise Wrong(f"--images {output.shown(folder)} should be a folder")
    with audit.told_plainly():
        table = read_labels(labels, images, person_column=person_column, taken=_day(taken))
        listing = lab.described(table.listing, "pictures", grouped=True)
    labelled = list(columns_of([table.labels[one.path] for one in listing.subjects if one.path is not None]))
    describing = _describing(lab, frozenset(protocol.WANTS[one] for one in labelled))
    threads = lab.settings.threads or cores()
    with going("pictures", len(listing.subjects), given.now) as bar:
        seen = describe(listing.subjects, describing, threads=threads, progress=bar)
    if not seen.faces:
        raise Failed(f"no face was found in any of {len(listing.subjects):,} labelled pictures")
    cases = _cases(seen, table)
    found = protocol.measure(cases, asked.groups, np.random.default_rng(seed))
    result = {"labelled": labelled, "columns": list(table.columns), "unlabelled": table.unlabelled, "margin": margin,
              "taken": taken, "unsure_below": protocol.UNSURE, **_result(found)}  # fmt: skip
    lab.finish(
        Audit(
            "attributes",
            _made(lab, describing, listing, seen, table),
            (*listing.problems, *seen.problems, *protocol.problems(found)),
            result,
            protocol.findings(found, margin, share),
        ),
        told.page,
    )


def _day(text: str | None) -> date | None:
    from datetime import date

    try:
        return None if text is None else date.fromisoformat(text)
    except ValueError as error:
        raise Wrong(f"--taken {output.shown(text)} should be a day such as 2018-07-25") from error


def _describing(lab: audit.Lab, wants: frozenset[Any]) -> Describing:
    from recognizance.cli import models

    models.needed(lab.settings)
    with output.working("Loading the models"):
        return lab.given.describing(lab.settings, face=lab.asked.face.value, wants=wants)


def _cases(seen: Described, table: Labelled) -> list[Case]:
    from recognizance.evaluation.protocols.attributes import Case

    return [
        Case(subject.person, subject.groups, table.labels[subject.path], face)
        for subject, face in zip(seen.subjects, seen.faces, strict=True)
        if subject.path is not None
    ]


def _made(lab: audit.Lab, by: Describing, listing: Listing, seen: Described, table: Labelled) -> Made:
    """Return what the audit was made with: the models that were run, and the pictures with their labels."""
    import hashlib

    from recognizance.evaluation.audit import Set
    from recognizance.evaluation.sets.subjects import Trouble

    rows = sorted(
        "\t".join([digest, one.person, *(f"{column}={one.groups[column]}" for column in sorted(one.groups))])
        for digest, one in zip(seen.digests, seen.subjects, strict=True)
    )
    fingerprint = hashlib.sha256("\n".join([table.sha256, *rows]).encode()).hexdigest()
    people = len({one.person for one in seen.subjects})
    pictures = Set("pictures", listing.source, len(listing.subjects), people, len(seen.faces), fingerprint)
    bare = lab.made([], by=audit.ByEndpoint(_models(by), by.choices))
    left_out = sum(one.trouble is Trouble.EXCLUDED for one in listing.problems)
    excluded = None if bare.exclusions is None else {**bare.exclusions, "left_out": left_out}
    return replace(bare, sets=(pictures,), exclusions=excluded)


def _models(by: Describing) -> tuple[Mapping[str, str], ...]:
    return tuple(
        {"name": str(card.name), "task": card.task, "version": card.version, "sha256": card.sha256}
        for card in by.models
    )


def _result(found: Result) -> dict[str, Any]:
    return {
        "people": found.people,
        "pictures": found.pictures,
        "yes_no": [_yes_no(one) for one in found.yes_no],
        "age": None if found.age is None else _age(found.age),
        "expression": None if found.expression is None else _expression(found.expression),
        "angles": [
            {
                "name": one.name,
                "people": one.people,
                "pictures": one.pictures,
                "error": _measure(one.error),
                "bias": _measure(one.bias),
            }
            for one in found.angles
        ],
        "lacking": [{"name": name, "pictures": pictures} for name, pictures in found.lacking],
    }


def _yes_no(one: YesNo) -> dict[str, Any]:
    from recognizance.evaluation.audit import rate
    from recognizance.evaluation.protocols.attributes import WORDS

    yes, no = one.right_yes, one.right_no
    return {
        "name": one.name,
        "words": list(WORDS[one.name]),
        "people": one.people,
        "yes": one.yes,
        "no": one.no,
        "right": rate(one.right),
        "right_yes": rate(yes),
        "right_no": rate(no),
        "confusion": None
        if yes is None or no is None
        else {
            "yes_yes": yes.count,
            "yes_no": yes.of - yes.count,
            "no_yes": no.of - no.count,
            "no_no": no.count,
        },
        "balanced": _measure(one.balanced),
        "auc": _measure(one.auc),
        "unsure": rate(one.unsure),
        "told_right": rate(one.told_right),
        "of_yes": _reliability(one.of_yes),
        "of_said": _reliability(one.of_said),
        "groups": [
            {
                "column": grouping.column,
                "cells": [
                    {
                        "group": cell.group,
                        "yes": cell.yes,
                        "people": cell.people,
                        "pictures": cell.pictures,
                        "right": rate(cell.right),
                        "times": _ratio(cell.times),
                    }
                    for cell in grouping.cells
                ],
            }
            for grouping in one.groupings
        ],
    }


def _reliability(one: Reliability | None) -> dict[str, Any] | None:
    from recognizance.evaluation.audit import rate

    if one is None:
        return None
    return {
        "error": one.error,
        "chance": one.chance,
        "chance_high": one.chance_high,
        "bins": [{"low": part.low, "high": part.high, "said": part.said, "seen": rate(part.seen)} for part in one.bins],
    }


def _age(one: AgeTold) -> dict[str, Any]:
    from recognizance.evaluation.audit import rate

    return {
        "people": one.people,
        "pictures": one.pictures,
        "error": _measure(one.error),
        "bias": _measure(one.bias),
        "inside": rate(one.inside),
        "width": one.width,
        "even": one.even,
        "parts": [
            {
                "column": part.column,
                "said": part.said,
                "people": part.people,
                "pictures": part.pictures,
                "error": _measure(part.error),
                "bias": _measure(part.bias),
                "inside": rate(part.inside),
            }
            for part in one.parts
        ],
    }


def _expression(one: Expressed) -> dict[str, Any]:
    from recognizance.evaluation.audit import rate

    return {
        "people": one.people,
        "pictures": one.pictures,
        "right": rate(one.right),
        "rows": [
            {
                "label": row.label.value,
                "people": row.people,
                "pictures": row.pictures,
                "said": None if row.said is None else {name.value: count for name, count in row.said},
                "right": rate(row.right),
            }
            for row in one.rows
        ],
    }


def _measure(one: Measure | None) -> dict[str, float] | None:
    return None if one is None else {"value": one.value, "low": one.low, "high": one.high}


def _ratio(one: Ratio | None) -> dict[str, float | None] | None:
    return None if one is None else {"value": one.value, "low": one.low, "high": one.high}

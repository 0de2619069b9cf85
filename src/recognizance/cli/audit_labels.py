"""`recognizance audit labels`: pictures whose label is likely wrong, listed for a person to decide on."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from recognizance.cli import audit, made, output
from recognizance.cli.failures import Wrong
from recognizance.cli.going import count, going

if TYPE_CHECKING:
    from recognizance.evaluation.pages.page import Page, Pair
    from recognizance.evaluation.protocols.labels import Suspects
    from recognizance.evaluation.sets.templates import Templates

Images = Annotated[
    str, typer.Option("--images", metavar="FOLDER|CSV", help="The pictures, by person; a collection's id will do, too.")
]
Expect = Annotated[
    float,
    typer.Option(
        "--expect",
        min=0.001,
        max=10_000,
        metavar="NUMBER",
        help="How many pairs of strangers may be on the list by chance; more makes it longer and misses less.",
    ),
]
Write = Annotated[
    Path | None,
    typer.Option(
        "--write",
        metavar="CSV",
        help="Write the list with an empty column `decision`, for you to fill in and give to --exclude.",
        show_default=False,
    ),
]
Shown = Annotated[
    int, typer.Option("--pictures", min=0, metavar="NUMBER", help="Pairs of pictures on the page, at most.")
]


def labels(  # noqa: PLR0913 - each is an option of the command line
    context: typer.Context,
    images: Images,
    expect: Expect = 3.0,
    write: Write = None,
    pictures: Shown = 300,
    exclude: audit.Exclude = None,
    person_column: audit.PersonColumn = None,
    face: audit.WhichFace = audit.Face.LARGEST,
    json: audit.Json = None,
    html: audit.Html = None,
    cache: audit.Cache = True,
    record: audit.Record = False,
    anonymous: audit.Anonymous = False,
    data: made.Data = None,
) -> None:
    """Find labels that are likely wrong: one picture or one person under two names, a picture of somebody else.

    Nothing is decided here. Look at each pair of the page (--html), write `exclude` into the column `decision` of the
    list (--write) where a label is wrong, and give the list to any audit with --exclude.
    """
    given = made.of(context)
    asked = audit.Asked(
        json=json,
        html=html,
        exclude=exclude,
        face=face,
        cache=cache,
        record=record,
        person_column=person_column,
        anonymous=anonymous,
    )
    lab = audit.Lab(given, given.settings(data=data), asked)
    if write is not None and os.path.lexists(write):
        raise Wrong(f"{output.shown(write)} is there already, and may hold decisions; name another file")

    from recognizance.evaluation.audit import Audit
    from recognizance.evaluation.pages.told import labels as told
    from recognizance.evaluation.protocols import labels as protocol

    templates = lab.templates(images, role="images", grouped=False, repeated=True)
    similarity = lab.pipeline().similarity
    with going("comparisons", len(templates.subjects) * (len(templates.subjects) - 1) // 2, given.now) as bar:
        found = protocol.suspects(templates, similarity, expected=expect, progress=lambda done, of: bar(done))
    found = protocol.looked_at(found, templates)
    shown = _pairs(lab, found, templates, pictures) if html is not None and not anonymous else {}

    def page(document: Mapping[str, Any]) -> Page:
        return told.page(document, shown)

    if write is not None:
        audit.write(write, _csv(found, templates))
    lab.finish(Audit("labels", lab.made([("images", templates)]), templates.problems, _result(found, templates)), page)
    if write is not None:
        output.line(f"{count(len(found.found), 'suspicion')} to decide on: {output.shown(write)}")


def _result(found: Suspects, templates: Templates) -> dict[str, Any]:
    from recognizance.evaluation.protocols.labels import Kind

    kinds = [one.kind for one in found.found]
    return {
        "people": found.people,
        "pictures": len(templates.subjects),
        "mated": found.mated,
        "nonmated": found.nonmated,
        "similarity": found.similarity,
        "expected": found.expected,
        "counts": {kind.value: kinds.count(kind) for kind in Kind},
        "suspects": [
            {
                "kind": one.kind.value,
                "score": one.score,
                "cosine": one.cosine,
                "person": templates.subjects[one.first].person,
                "file": templates.subjects[one.first].name,
                "other_person": templates.subjects[one.second].person,
                "other_file": templates.subjects[one.second].name,
                "said": one.said,
            }
            for one in found.found
        ],
    }


def _pairs(lab: audit.Lab, found: Suspects, templates: Templates, most: int) -> dict[int, Pair]:
    """Return the pictures of the first so many suspicions, by their places in the list."""
    from recognizance.evaluation.pages.pictures import Shown, pairs

    pictured: dict[int, Pair] = {}
    for at, one in enumerate(found.found[:most]):
        first, second = templates.subjects[one.first], templates.subjects[one.second]
        caption = f"{at + 1}. {first.name} and {second.name}: {one.said}"
        for pair in pairs([Shown(first, second, caption)], lab.pipeline(), blurred=False):
            pictured[at] = pair
    return pictured


def _csv(found: Suspects, templates: Templates) -> str:
    from recognizance.evaluation.protocols import labels as protocol

    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(protocol.COLUMNS)
    writer.writerows(protocol.rows(found, templates))
    return text.getvalue()

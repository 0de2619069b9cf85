"""`recognizance audit detection`: how many faces are found, against boxes that people marked."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from recognizance.cli import audit, made, output
from recognizance.cli.failures import Failed, Wrong
from recognizance.cli.going import going

if TYPE_CHECKING:
    from recognizance.evaluation.protocols.detection import At, Detection, Mean
    from recognizance.evaluation.sets.boxes import Boxes, Looked

OF_FACES = ("blur", "occlusion", "pose", "illumination", "expression", "invalid", "size")
"""Columns that say something of a face and name nobody, as WIDER FACE has them: what an anonymous report may show."""

Images = Annotated[Path, typer.Option("--images", metavar="FOLDER", help="Where the files are that the table names.")]
BoxesTable = Annotated[
    Path,
    typer.Option(
        "--boxes",
        metavar="CSV",
        help="A face a row: file, x, y, w, h in pixels; other columns tell faces apart, invalid=1 says not to count.",
    ),
]
Smallest = Annotated[
    float, typer.Option(min=0, metavar="PIXELS", help="Longer side from which a face counts, but in the table by size.")
]


By = Annotated[
    list[str] | None,
    typer.Option(
        "--by",
        metavar="COLUMN",
        help="A column of the table to tell faces apart by; may be repeated. Without it, all that have few values; "
        "with --anonymous, of those only " + ", ".join(OF_FACES) + ".",
        show_default=False,
    ),
]


def detection(  # noqa: PLR0913 - each is an option of the command line
    context: typer.Context,
    images: Images,
    boxes: BoxesTable,
    smallest: Smallest = 40.0,
    by: By = None,
    json: audit.Json = None,
    html: audit.Html = None,
    seed: audit.Seed = audit.SEED,
    cache: audit.Cache = True,
    record: audit.Record = True,
    anonymous: audit.Anonymous = False,
    data: made.Data = None,
) -> None:
    """Count the faces that are found, by size and by what a table says of them, and the finds that are no faces."""
    given = made.of(context)
    asked = audit.Asked(json=json, html=html, seed=seed, cache=cache, record=record, anonymous=anonymous)
    lab = audit.Lab(given, given.settings(data=data), asked)

    import numpy as np

    from recognizance.evaluation.audit import Audit
    from recognizance.evaluation.pages.told import detection as told
    from recognizance.evaluation.protocols.detection import MATCHED, matched, measure
    from recognizance.evaluation.sets.boxes import read_boxes
    from recognizance.evaluation.sets.subjects import SetWrong

    if not math.isfinite(smallest):
        raise Wrong("--smallest should be a number of pixels")
    if not images.is_dir():
        raise Wrong(f"--images {output.shown(images)} should be a folder")
    try:
        table = read_boxes(boxes)
    except SetWrong as error:
        raise Wrong(str(error)) from error
    table = _told_apart(table, boxes, by or (), anonymous=anonymous)
    looked = _looked(lab, table, images)
    if not looked.truths:
        raise Failed(f"no picture that {output.shown(boxes)} names could be used; its files are read from {images}")
    confidence = lab.pipeline().confidence
    found = measure(
        matched(looked.truths, looked.finds),
        confidence=confidence,
        smallest=smallest,
        columns=table.columns,
        random=np.random.default_rng(seed),
    )
    problems = (*table.problems, *looked.problems, *_small(found))
    lab.finish(
        Audit("detection", _made(lab, images, boxes, table, looked), problems, _result(found, table, MATCHED)),
        told.page,
    )


def _told_apart(table: Boxes, boxes: Path, by: Sequence[str], *, anonymous: bool) -> Boxes:
    """Return a table with the columns that a report may show: those asked for, else all, or of faces where names go."""
    for column in by:
        if column in table.left_out:
            raise Wrong(f"--by {output.shown(column)}: the column has more than 12 different values")
        if column not in table.columns:
            raise Wrong(f"--by {output.shown(column)}: {output.shown(boxes)} has no column {output.shown(column)}")
    shown = [
        one for one in table.columns if (one in by if by else not anonymous or one.strip().lower() in OF_FACES)
    ]  # fmt: skip
    left = [one for one in table.columns if one not in shown]
    return replace(table, columns=tuple(shown), left_out=(*table.left_out, *left))


def _looked(lab: audit.Lab, table: Boxes, images: Path) -> Looked:
    from recognizance.evaluation.sets.boxes import look_at, remembering

    pipeline = lab.pipeline()
    with lab.kept(pipeline) as kept, going("pictures", len(table.truths), lab.given.now) as bar:
        return look_at(table.truths, images, remembering(pipeline.look, kept), progress=bar)


def _made(lab: audit.Lab, images: Path, boxes: Path, table: Boxes, looked: Looked) -> Any:
    import hashlib

    from recognizance.evaluation.audit import Set

    lines = "\n".join([table.sha256, *sorted(looked.digests)])
    source = f"{images}, faces as in {boxes}"
    one = Set("pictures", source, len(looked.truths), 0, 0, hashlib.sha256(lines.encode()).hexdigest())
    return replace(lab.made([]), sets=(one,))


def _small(found: Detection) -> list[Any]:
    from recognizance.evaluation.sets.subjects import Problem, Trouble

    kinds = [(f"{one.column} {one.value or 'not said'}", one.faces) for one in found.kinds if one.recall is None]
    sizes = [(f"{one.smallest:g} to {one.largest:g} pixels", one.faces) for one in found.sizes if one.recall is None]
    return [
        Problem(Trouble.SMALL_GROUP, name, f"{faces} faces, in fewer than ten pictures")
        for name, faces in [*kinds, *sizes]
    ]


def _result(found: Detection, table: Boxes, overlap: float) -> dict[str, Any]:
    from recognizance.evaluation.audit import rate

    return {
        "smallest": found.smallest,
        "overlap": overlap,
        "faces": found.faces,
        "faces_too_small": found.too_small,
        "faces_not_counted": sum(int((~one.valid).sum()) for one in table.truths),
        "pictures": found.pictures,
        "pictures_without_faces": found.empty,
        "shipped": _at(found.at),
        "average_precision": None
        if found.average is None
        else {"value": found.average.value, "low": found.average.low, "high": found.average.high},
        "without_faces_with_finds": rate(found.with_false_finds),
        "curve": [_at(one) for one in found.curve],
        "sizes": [
            {
                "from": one.smallest,
                "to": None if one.largest >= 1 << 30 else one.largest,
                "faces": one.faces,
                "recall": rate(one.recall),
                "precision": rate(one.precision),
            }
            for one in found.sizes
        ],
        "kinds": [
            {"column": one.column, "value": one.value, "faces": one.faces, "recall": rate(one.recall)}
            for one in found.kinds
        ],
        "columns": list(table.columns),
        "columns_left_out": list(table.left_out),
    }


def _at(point: At) -> dict[str, Any]:
    from recognizance.evaluation.audit import rate

    return {
        "confidence": point.confidence,
        "recall": rate(point.recall),
        "precision": rate(point.precision),
        "false_finds": _mean(point.false_finds),
    }


def _mean(one: Mean) -> dict[str, Any]:
    return {"count": one.count, "pictures": one.pictures, "each": one.value, "low": one.low, "high": one.high}

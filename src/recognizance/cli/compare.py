"""`recognizance compare`: how alike two faces are, what that is worth, and both side by side."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from recognizance.cli import made, output, photos
from recognizance.cli.detect import pixels
from recognizance.cli.failures import Failed, Wrong, sentence
from recognizance.cli.made import Answer, Asking
from recognizance.errors import ImageTooLarge, InvalidImage, InvalidParameter

COLUMNS = ("face of B", "pixels: left,top w×h", "similarity")
NOTABLE = 40.0  # the similarity that one pair of strangers in a hundred reaches
LEAD = "A lead for a person to check, not an identification."
KIN = "Strangers are no relatives: twins, siblings and look-alikes score far higher than strangers do."
NO_LEAD = "Nothing here suggests one person; nor does it prove two."
SAME = "Both are the same file: the score says nothing about people."


@dataclass(frozen=True, slots=True)
class Compared:
    """The answer about two photos, what the highest similarity means (None: no match), and if both are one file."""

    answer: Answer
    meaning: Answer | None
    same: bool

    @property
    def matches(self) -> Sequence[Mapping[str, Any]]:
        """The faces of B at or above the threshold, most similar first."""
        matches: Sequence[Mapping[str, Any]] = self.answer["FaceMatches"]
        return matches

    @property
    def faces(self) -> int:
        """How many faces of B were compared."""
        return len(self.matches) + len(self.answer["UnmatchedFaces"])

    def number(self, face: Mapping[str, Any]) -> int:
        """Return the number `recognizance detect` gives that face of B: its place from the largest."""
        boxes = [
            one["BoundingBox"] for one in (*(match["Face"] for match in self.matches), *self.answer["UnmatchedFaces"])
        ]
        areas = sorted((box["Width"] * box["Height"] for box in boxes), reverse=True)
        return 1 + areas.index(face["BoundingBox"]["Width"] * face["BoundingBox"]["Height"])


def compare(  # noqa: PLR0913 - each is an option of the command line
    context: typer.Context,
    a: Annotated[Path, typer.Argument(metavar="A", help="JPEG or PNG; its largest face counts.", show_default=False)],
    b: Annotated[Path, typer.Argument(metavar="B", help="JPEG or PNG; every face counts.", show_default=False)],
    threshold: Annotated[
        float, typer.Option(min=0, max=100, metavar="PERCENT", help="Show no similarity below this.")
    ] = 0,
    out: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Where the picture of both faces goes, a .png or .jpg file."),
    ] = None,
    picture: Annotated[bool, typer.Option("--picture/--no-picture", help="Make that picture, or none.")] = True,
    as_json: made.Json = False,
    purpose: made.Purpose = None,
    case: made.Case = None,
    data: made.Data = None,
) -> None:
    """Compare the largest face of A with every face of B.

    The similarity says how rarely two strangers look this much alike to the model; what it comes to
    is printed with it. It has two decimals and is rounded down. It never says that two photos show one
    person: that is for people to find out, and relatives score far higher than strangers do.
    A picture of the two faces goes to recognizance-compare-A-B.png here, numbered where there is one
    already, or where --out says, over what is there; with --json only where --out says.
    """
    given = made.of(context)
    settings = given.settings(data=data)
    if out is not None and out.suffix.lower() not in (".png", ".jpg", ".jpeg"):
        raise Wrong(f"{output.shown(out)}: --out should end in .png or .jpg")
    if out is not None and out.resolve() in (a.resolve(), b.resolve()):
        raise Wrong(f"{output.shown(out)}: --out should not be one of the two photos")
    first, second = photos.read(a), photos.read(b)
    with given.asking(settings, purpose=purpose, case=case) as ask:
        compared = _compared(ask, (a, first), (b, second), threshold)

    if not as_json:
        _show(compared, b, second, threshold)
    wanted = out
    if out is None and not as_json:
        wanted = photos.unused(Path(f"recognizance-compare-{a.stem}-{b.stem}.png"))
    drawn, failed = None, None
    if wanted is not None and picture and compared.matches:
        try:
            _draw(compared, (a, first), (b, second), wanted)
            drawn = wanted
        except (Wrong, OSError) as error:
            failed = f"no picture of both faces was made: {sentence(error)}; choose with --out or --no-picture"
    if as_json:
        output.as_json(_json(compared, a, b, drawn))
    elif drawn is not None:
        output.line(f"Both faces: {output.shown(drawn)}")
    if failed is not None:
        raise Failed(failed)


def _compared(ask: Asking, a: tuple[Path, bytes], b: tuple[Path, bytes], threshold: float) -> Compared:
    request = {
        "SourceImage": {"Bytes": a[1]},
        "TargetImage": {"Bytes": b[1]},
        "SimilarityThreshold": threshold,
    }
    try:
        answer = ask("CompareFaces", request)
    except (InvalidParameter, InvalidImage, ImageTooLarge) as error:
        raise _which(ask, (a, b), error) from error
    matches = answer["FaceMatches"]
    best = matches[0]["Similarity"] if matches else None
    meant = None if best is None else ask("ExplainSimilarity", {"Similarity": best})
    return Compared(answer, meant, a[1] == b[1])


def _which(ask: Asking, named: Sequence[tuple[Path, bytes]], error: Exception) -> Exception:
    """Return the failure with the photo it is about: the wire's words do not say which of the two."""
    for path, content in named:
        try:
            found = ask("DetectFaces", {"Image": {"Bytes": content}})["FaceDetails"]
        except (InvalidParameter, InvalidImage, ImageTooLarge) as about:
            return Wrong(f"{output.shown(path)}: {sentence(about)}")
        if not found:
            return Failed(f"{output.shown(path)}: no face was found, so there is nothing to compare")
    return error


def _show(compared: Compared, b: Path, content: bytes, threshold: float) -> None:
    from recognizance.cli import drawing

    if compared.meaning is None:
        output.line(f"No face of {output.shown(b)} reaches {threshold:g}; {told_faces(compared.faces)}.")
        return
    output.line(f"Similarity {percent(compared.matches[0]['Similarity'])}")
    for text in meaning(compared):
        output.line(text)
    if compared.faces > 1:
        width, height = drawing.size(content)
        rows = [
            *((match["Face"], percent(match["Similarity"])) for match in compared.matches),
            *((face, f"below {threshold:g}") for face in compared.answer["UnmatchedFaces"]),
        ]
        output.line()
        output.table(
            COLUMNS,
            [(str(compared.number(face)), pixels(face["BoundingBox"], width, height), text) for face, text in rows],
            left=0,
        )


def meaning(compared: Compared) -> list[str]:
    """Return what the highest similarity is worth, as sentences for a person."""
    assert compared.meaning is not None, "there is a match"
    if compared.same:
        return [SAME]
    said = str(compared.meaning["Sentence"])
    told = [f"{said[:1].upper()}{said[1:]}".rstrip(".") + "."]
    if compared.faces > 1:
        told.append(
            f"{told_faces(compared.faces).capitalize()}: with so many, chance gives one this high "
            f"up to {compared.faces} times as often."
        )
    if compared.matches[0]["Similarity"] < NOTABLE:
        return [*told, NO_LEAD]
    return [*told, KIN, LEAD]


def told_faces(number: int) -> str:
    """Return how many faces were compared, in words."""
    return "1 face was compared" if number == 1 else f"{number} faces were compared"


def percent(similarity: float) -> str:
    """Return a similarity with two decimals, cut and not rounded: 99.999 is not 100.

    >>> percent(99.999)
    '99.99'
    """
    return f"{math.floor(similarity * 100 + 1e-9) / 100:.2f}"


def _draw(compared: Compared, a: tuple[Path, bytes], b: tuple[Path, bytes], path: Path) -> None:
    from recognizance.cli import drawing

    best = compared.matches[0]
    which = (
        b[0].name if compared.faces == 1 else f"{b[0].name}, face {compared.number(best['Face'])} of {compared.faces}"
    )
    page = drawing.side_by_side(
        (drawing.upright(a[1]), compared.answer["SourceImageFace"], output.shown(a[0].name)),
        (drawing.upright(b[1]), best["Face"], output.shown(which)),
        f"Similarity {percent(best['Similarity'])}",
        meaning(compared),
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    drawing.save(page, path)


def _json(compared: Compared, a: Path, b: Path, drawn: Path | None) -> dict[str, Any]:
    return {
        "Source": str(a),
        "Target": str(b),
        "SourceImageFace": compared.answer["SourceImageFace"],
        "FaceMatches": compared.matches,
        "UnmatchedFaces": compared.answer["UnmatchedFaces"],
        "Meaning": compared.meaning,
        "SameFile": compared.same,
        "Picture": None if drawn is None else str(drawn),
    }

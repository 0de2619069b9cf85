"""`recognizance detect`: the faces of photos in a table, and drawn on copies of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from recognizance.cli import made, output, photos
from recognizance.cli.failures import EXPECTED, FAILED, WRONG, sentence
from recognizance.cli.made import Asking

COLUMNS = ("file", "face", "left,top w×h px", "left top w h", "conf.", "yaw roll\npitch", "light", "sharp")


@dataclass(frozen=True, slots=True)
class Found:
    """The faces of one photo as the service told them, largest first, and the copy they are drawn on.

    `width` and `height` are pixels of the upright picture.
    """

    path: Path
    width: int
    height: int
    faces: Sequence[Mapping[str, Any]]
    drawn: Path | None


def detect(
    context: typer.Context,
    paths: Annotated[
        list[Path], typer.Argument(metavar="PHOTO", help="JPEG or PNG files, or folders of them.", show_default=False)
    ],
    out: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="Put copies there with boxes, points and scores drawn."),
    ] = None,
    as_json: made.Json = False,
    purpose: made.Purpose = None,
    case: made.Case = None,
    data: made.Data = None,
) -> None:
    """Find the faces in photos.

    Each with its place, which way it looks and how good its picture is, numbered from the largest.
    Coordinates are those of the upright picture, as a viewer shows it. The confidence says how sure
    it is that this is a face, and nothing about whose.
    """
    given = made.of(context)
    settings = given.settings(data=data)
    listed = [path for given_path in paths for path in _files(given_path)]
    if out is not None:
        out.mkdir(parents=True, exist_ok=True)

    taken = {path.resolve() for path in listed}
    found: list[Found] = []
    failed: list[tuple[Path, str]] = []
    with given.asking(settings, purpose=purpose, case=case) as ask, output.progress("Photos") as bar:
        for done, path in enumerate(listed):
            bar(output.shown(path.name), done, len(listed))
            try:
                found.append(_look(ask, path, out, taken))
            except EXPECTED as error:
                failed.append((path, _about(path, error)))

    if as_json:
        output.as_json(_json(found, failed))
    else:
        _show(found)
    for _, text in failed:
        output.complain(text)
    if failed or not listed:
        raise typer.Exit(FAILED if found else WRONG)


def _files(path: Path) -> list[Path]:
    """Return the photos a path stands for: itself, or those in the folder it is, with a note of what that means."""
    if not path.is_dir():
        return [path]
    inside = photos.in_folder(path)
    held = _count(len(inside), "JPEG or PNG file")
    typer.echo(f"{output.shown(path)}: {held}; other files and subfolders are left out", err=True)
    return inside


def _look(ask: Asking, path: Path, out: Path | None, taken: set[Path]) -> Found:
    from recognizance.cli import drawing

    content = photos.read(path)
    faces = ask("DetectFaces", {"Image": {"Bytes": content}})["FaceDetails"]
    width, height = drawing.size(content)
    drawn = None
    if out is not None:
        drawn = _free(out, path, taken)
        drawing.save(drawing.with_faces(drawing.upright(content), faces), drawn)
    return Found(path, width, height, faces, drawn)


def _free(out: Path, path: Path, taken: set[Path]) -> Path:
    """Return where the drawn copy goes, and take it: never onto a photo of this run, nor onto another one's copy."""
    ending = ".png" if path.suffix.lower() == ".png" else ".jpg"
    names = (f"{path.stem}-faces{number}{ending}" for number in ("", *(f"-{at}" for at in range(2, 10_000))))
    free = next(out / name for name in names if (out / name).resolve() not in taken)
    taken.add(free.resolve())
    return free


def _about(path: Path, error: Exception) -> str:
    text = sentence(error)
    return text if output.shown(path) in text else f"{output.shown(path)}: {text}"


def _show(found: Sequence[Found]) -> None:
    if output.on_terminal():
        for one in found:
            output.line(f"{output.shown(one.path)}, {one.width}×{one.height}: {_count(len(one.faces), 'face')}")
            if one.faces:
                output.table(COLUMNS[1:], [row[1:] for row in _rows(one)], left=0)
    else:
        rows = [row for one in found for row in _rows(one)]
        if rows:
            output.table(COLUMNS, rows)
        for one in found:
            if not one.faces:
                output.line(f"{output.shown(one.path)}: no face")
    for one in found:
        if one.drawn is not None:
            output.line(f"Drawn: {output.shown(one.drawn)}")


def _rows(found: Found) -> Iterator[Sequence[str]]:
    for number, face in enumerate(found.faces, 1):
        box, pose, quality = face["BoundingBox"], face["Pose"], face["Quality"]
        yield (
            output.shown(found.path),
            str(number),
            pixels(box, found.width, found.height),
            " ".join(f"{box[side]:.3f}".replace("0.", ".", 1) for side in ("Left", "Top", "Width", "Height")),
            f"{face['Confidence']:.1f}",
            " ".join(f"{pose[angle]:.0f}" for angle in ("Yaw", "Roll", "Pitch")),
            f"{quality['Brightness']:.0f}",
            f"{quality['Sharpness']:.0f}",
        )


def pixels(box: Mapping[str, float], width: int, height: int) -> str:
    """Return a box as `left,top w×h` in whole pixels of a picture of that size.

    >>> pixels({"Left": 0.5, "Top": -0.01, "Width": 0.1, "Height": 0.2}, 700, 200)
    '350,-2 70×40'
    """
    left, top = round(box["Left"] * width), round(box["Top"] * height)
    return f"{left},{top} {round(box['Width'] * width)}×{round(box['Height'] * height)}"


def _json(found: Sequence[Found], failed: Sequence[tuple[Path, str]]) -> dict[str, Any]:
    return {
        "Photos": [
            {
                "File": str(one.path),
                "Width": one.width,
                "Height": one.height,
                "FaceDetails": one.faces,
                "Drawn": None if one.drawn is None else str(one.drawn),
            }
            for one in found
        ],
        "Failed": [{"File": str(path), "Error": text} for path, text in failed],
    }


def _count(number: int, what: str) -> str:
    return f"{number or 'no'} {what}{'' if number == 1 else 's'}"

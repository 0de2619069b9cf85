"""`recognizance detect`: the faces of photos in a table, and drawn on copies of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, TypeAlias

import typer

from recognizance.cli import attributes, made, output, photos
from recognizance.cli.failures import EXPECTED, FAILED, STOPPED, WRONG, sentence
from recognizance.cli.made import Asking
from recognizance.errors import AccessDenied, ModelUnusable, Unserved

Named: TypeAlias = list[tuple[Path, str]]
"""Files, each with what is to be said of it."""

COLUMNS = (
    "file", "face", "pixels:\nleft,top w×h", "fraction:\nleft top w h", "conf.",
    "yaw", "roll", "pitch", "light", "sharp",
)  # fmt: skip


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
        typer.Option(metavar="FOLDER", help="Put copies there with boxes, points, scores and attributes drawn."),
    ] = None,
    wanted: attributes.Asked = None,
    as_json: made.Json = False,
    purpose: made.Purpose = None,
    case: made.Case = None,
    data: made.Data = None,
) -> None:
    """Find the faces in photos.

    Each with its place, which way it looks and how good its picture is, numbered from the largest.
    Coordinates are those of the upright picture, as a viewer shows it. The confidence says how sure
    it is that this is a face, and nothing about whose. With --attributes, what each face shows is told below the
    table, and drawn: its points and lines, where it points and where the eyes look. Of a folder, the JPEG and PNG
    files directly in it are looked at. A photo that fails is told, and the others go on; Ctrl-C shows what is done
    so far.
    """
    given = made.of(context)
    settings = given.settings(data=data)
    names = attributes.named(wanted)
    listed, left_out, failed = _listed(paths)
    if out is not None:
        out.mkdir(parents=True, exist_ok=True)

    found: list[Found] = []
    stopped = False
    with given.asking(settings, purpose=purpose, case=case) as ask, output.progress("Photos") as bar:
        try:
            for done, path in enumerate(listed):
                bar(output.shown(path.name), done, len(listed))
                try:
                    found.append(_look(ask, path, out, names))
                except (ModelUnusable, Unserved):  # and so would all the others
                    raise
                except EXPECTED as error:
                    failed.append((path, _about(path, error)))
        except KeyboardInterrupt:
            stopped = True

    if as_json:
        output.as_json(_json(found, failed, left_out, stopped=stopped))
    else:
        _show(found)
    for _, text in failed:
        output.complain(text)
    if stopped:
        done = len(found) + sum(path in listed for path, _ in failed)
        typer.echo(f"Stopped after {done} of {_count(len(listed), 'photo')}.", err=True)
        raise typer.Exit(STOPPED)
    if failed or not listed:
        raise typer.Exit(FAILED if found else WRONG)


def _listed(paths: Sequence[Path]) -> tuple[list[Path], Named, Named]:
    """Return the photos that paths stand for, what of folders is left out and why, and what could not be read."""
    listed: list[Path] = []
    left_out: Named = []
    failed: Named = []
    for path in paths:
        try:
            if not path.is_dir():
                listed.append(path)
                continue
            inside, others = photos.in_folder(path)
        except OSError as error:
            failed.append((path, _about(path, error)))
            continue
        typer.echo(f"{output.shown(path)}: {_told(len(inside), [why for _, why in others])}", err=True)
        listed += inside
        left_out += others
    return listed, left_out, failed


def _told(inside: int, left_out: Sequence[str]) -> str:
    """Return in words how many files of a folder are looked at, and how many of each kind are not.

    >>> _told(2, ["HEIC", "a folder", "HEIC"])
    '2 JPEG or PNG files; 3 left out: HEIC (2), a folder (1)'
    """
    told = _count(inside, "JPEG or PNG file")
    if not left_out:
        return told
    kinds = ", ".join(f"{why} ({number})" for why, number in Counter(left_out).most_common())
    return f"{told}; {len(left_out)} left out: {kinds}"


def _look(ask: Asking, path: Path, out: Path | None, names: Sequence[str]) -> Found:
    from recognizance.cli import drawing

    content = photos.read(path)
    further = {"Attributes": names} if names else {}
    faces = ask("DetectFaces", {"Image": {"Bytes": content}} | further)["FaceDetails"]
    width, height = drawing.size(content)
    drawn = None
    if out is not None:
        drawn = photos.unused(out / f"{path.stem}-faces{'.png' if path.suffix.lower() == '.png' else '.jpg'}")
        meshes = _meshes(ask, content) if names and faces else []
        drawing.save(drawing.with_faces(drawing.upright(content), faces, meshes), drawn)
    return Found(path, width, height, faces, drawn)


def _meshes(ask: Asking, content: bytes) -> list[list[tuple[float, float]]]:
    """Return the points of each face's mesh, in fractions of the picture; none where they may not be asked for."""
    try:
        answer = ask("MeshFaces", {"Image": {"Bytes": content}})
    except (AccessDenied, Unserved):  # the lines through the landmarks are drawn without them
        return []
    return [[(point["X"], point["Y"]) for point in one["Points"]] for one in answer["FaceMeshes"]]


def _about(path: Path, error: Exception) -> str:
    text = sentence(error)
    return text if output.shown(path) in text else f"{output.shown(path)}: {text}"


def _show(found: Sequence[Found]) -> None:
    if output.on_terminal():
        for one in found:
            output.line(f"{output.shown(one.path)}, {one.width}×{one.height}: {_count(len(one.faces), 'face')}")
            if one.faces:
                output.table(COLUMNS[1:], [row[1:] for row in _rows(one)], left=0)
                _describe(one)
    else:
        rows = [row for one in found for row in _rows(one)]
        if rows:
            output.table(COLUMNS, rows)
        for one in found:
            if not one.faces:
                output.line(f"{output.shown(one.path)}: no face")
            _describe(one, of=f" of {output.shown(one.path)}")
    if meaning := attributes.meaning(face for one in found for face in one.faces):
        output.line(meaning)
    for one in found:
        if one.drawn is not None:
            output.line(f"Drawn: {output.shown(one.drawn)}")


def _describe(found: Found, *, of: str = "") -> None:
    """Tell what each face shows, as far as it was asked for."""
    for number, face in enumerate(found.faces, 1):
        if attributes.described(face):
            output.line(f"face {number}{of}")
            for heading, text in attributes.told(face):
                whole = text.replace(" %", "\N{NO-BREAK SPACE}%") if output.on_terminal() else text
                output.line(f"  {heading:<11}  {whole}", indent=15)
            output.line()


def _rows(found: Found) -> Iterator[Sequence[str]]:
    for number, face in enumerate(found.faces, 1):
        box, pose, quality = face["BoundingBox"], face["Pose"], face["Quality"]
        yield (
            output.shown(found.path),
            str(number),
            pixels(box, found.width, found.height),
            " ".join(f"{box[side]:z.3f}".replace("0.", ".", 1) for side in ("Left", "Top", "Width", "Height")),
            f"{face['Confidence']:.1f}",
            *(f"{pose[angle]:z.0f}" for angle in ("Yaw", "Roll", "Pitch")),
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


def _json(found: Sequence[Found], failed: Named, left_out: Named, *, stopped: bool) -> dict[str, Any]:
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
        "LeftOut": [{"File": str(path), "Why": why} for path, why in left_out],
        "Stopped": stopped,
    }


def _count(number: int, what: str) -> str:
    return f"{number or 'no'} {what}{'' if number == 1 else 's'}"

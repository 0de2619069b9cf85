"""Pictures whose faces a person has marked: the table of their boxes, and what is found in each picture.

Boxes are left, top, right, bottom in pixels, shape (n, 4). Nothing that cannot be used is dropped in silence: it
is a `Problem`.
"""

from __future__ import annotations

import hashlib
import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from recognizance.evaluation.protocols.detection import Finds, Truth
from recognizance.evaluation.sets import regular
from recognizance.evaluation.sets.kept import Found, Kept
from recognizance.evaluation.sets.pipeline import See, Seen
from recognizance.evaluation.sets.subjects import Problem, SetWrong, Trouble, read_rows
from recognizance.vision.geometry import pixels_of
from recognizance.vision.image import decode

PLACE: Final = ("file", "x", "y", "w", "h")
INVALID: Final = "invalid"
MOST_VALUES: Final = 12
"""A column of more different values than this says something of single faces, not of kinds of them."""


def read_truth(table: Path) -> list[Truth]:
    """Read a table of boxes that is known to be sound: `read_boxes` without problems.

    Raises `ValueError` with the first problem there is.
    """
    boxes = read_boxes(table)
    if boxes.problems:
        raise ValueError(f"{boxes.problems[0].where}: {boxes.problems[0].said}")
    return list(boxes.truths)


@dataclass(frozen=True, slots=True, eq=False)
class Boxes:
    """A table of boxes as it was read: its pictures in order, the columns that tell faces apart, and what was wrong.

    `left_out` are the columns with too many values to tell kinds of faces apart; `sha256` is the table's own.
    """

    truths: tuple[Truth, ...]
    columns: tuple[str, ...]
    left_out: tuple[str, ...]
    problems: tuple[Problem, ...]
    sha256: str


def read_boxes(table: Path) -> Boxes:
    """Read a table of boxes: columns file, x, y, w, h (pixels), any others, and `invalid` if it has one; a face a row.

    A row whose x, y, w and h are all empty, or all 0, says that its picture has no face. Pictures come in the order in
    which the table first names them. A picture with a row that cannot be understood is left out whole: a find there may
    be the face that the row meant. Raises `SetWrong` for what is no table, or lacks a column or rows.
    """
    read = read_rows(table)
    missing = [name for name in PLACE if name not in read.columns]
    if missing or not read.rows:
        lacks = f"it has no {', '.join(missing)}" if missing else "it has no row"
        raise SetWrong(f"{table} should have the columns {', '.join(PLACE)} and a row for each face; {lacks}")
    rows = [row for _, row in read.rows]
    columns = [name for name in read.columns if name and name not in (*PLACE, INVALID)]
    listed: dict[str, list[tuple[tuple[float, ...], bool, Mapping[str, str]]]] = {}
    spoilt: set[str] = set()
    problems = list(read.problems)
    for line, row in read.rows:
        name = row["file"]
        place = [row[key] for key in PLACE[1:]]
        if not name:
            problems.append(Problem(Trouble.MISLABELLED, f"{table.name}, line {line}", "no file is named"))
            continue
        here = listed.setdefault(name, [])
        if all(text in ("", "0") for text in place):
            continue
        wrong, numbers = _box(place)
        if wrong:
            said = f"line {line}: {wrong}; the picture is left out, since a find there may be that face"
            problems.append(Problem(Trouble.MISLABELLED, name, said))
            spoilt.add(name)
        elif any(numbers == box for box, _, _ in here):
            problems.append(Problem(Trouble.REPEATED, name, f"line {line}: the same box again; it counts once"))
        else:
            valid = row.get(INVALID, "").lower() in ("", "0", "no", "false")
            here.append((numbers, valid, {column: row[column] for column in columns}))
    kinds = {column: Counter(row[column] for row in rows) for column in columns}
    telling = tuple(column for column in columns if len(kinds[column]) <= MOST_VALUES)
    truths = [
        Truth(
            name,
            np.array([(x, y, x + w, y + h) for (x, y, w, h), _, _ in faces], np.float64).reshape(-1, 4),
            np.array([valid for _, valid, _ in faces], np.bool_),
            tuple({column: said[column] for column in telling} for _, _, said in faces),
        )
        for name, faces in listed.items()
        if name not in spoilt
    ]
    left_out = tuple(one for one in columns if one not in telling)
    return Boxes(tuple(truths), telling, left_out, tuple(problems), read.sha256)


def _box(place: Sequence[str]) -> tuple[str, tuple[float, ...]]:
    """Return what is wrong with a box, "" for nothing, and its four numbers."""
    try:
        numbers = tuple(float(text) for text in place)
    except ValueError:
        return f"x, y, w and h should be numbers, they are {', '.join(repr(text) for text in place)}", ()
    if not all(math.isfinite(number) for number in numbers):
        return "x, y, w and h should be numbers that end", ()
    if not (numbers[2] > 0 and numbers[3] > 0):
        return f"a box should be wider and higher than nothing, it is {numbers[2]:g} by {numbers[3]:g}", ()
    return "", numbers


@dataclass(frozen=True, slots=True, eq=False)
class Looked:
    """What was found in the pictures of a table, in its order, and which of them could not be used."""

    truths: tuple[Truth, ...]
    finds: tuple[Finds, ...]
    digests: tuple[str, ...]
    problems: tuple[Problem, ...]


def remembering(look: See, kept: Kept | None) -> See:
    """Return a way of looking that asks what is kept first, and keeps what it finds."""
    if kept is None:
        return look

    def seen(data: bytes) -> Seen:
        sha256 = hashlib.sha256(data).digest()
        known = kept.get(sha256)
        if known is None:
            found = look(data)
            known = Found(found.faces, {}, found.why)
            kept.put(sha256, known)
        return Seen(known.faces, None, None, known.why)

    return seen


def look_at(truths: Sequence[Truth], folder: Path, look: See, *, progress: Callable[[int], None]) -> Looked:
    """Look at every picture that the table names, below `folder`. `progress` is told how many are done."""
    kept: list[tuple[Truth, Finds, str]] = []
    problems: list[Problem] = []
    for number, truth in enumerate(truths, start=1):
        try:
            found = _looked(truth, folder, look)
        except FileNotFoundError:
            found = Problem(Trouble.MISSING, truth.picture, "the table names it and it is not there")
        except (OSError, ValueError) as error:
            why = (error.strerror if isinstance(error, OSError) else None) or str(error)
            found = Problem(Trouble.UNREADABLE, truth.picture, why)
        if isinstance(found, Problem):
            problems.append(found)
        else:
            kept.append((truth, *found))
        progress(number)
    return Looked(
        tuple(truth for truth, _, _ in kept),
        tuple(finds for _, finds, _ in kept),
        tuple(digest for _, _, digest in kept),
        tuple(problems),
    )


def _looked(truth: Truth, folder: Path, look: See) -> tuple[Finds, str] | Problem:
    data = regular.read(folder / truth.picture, regular.PICTURE)
    seen = look(data)
    if seen.faces is None:
        return Problem(Trouble.UNREADABLE, truth.picture, seen.why)
    image = decode(data)
    height, width = image.pixels.shape[:2]
    outside = (
        (truth.boxes[:, 0] >= width) | (truth.boxes[:, 1] >= height) | (truth.boxes[:, 2:] <= 0).any(axis=1)
        if len(truth.boxes)
        else np.zeros(0, np.bool_)
    )
    if outside.any():
        said = f"{int(outside.sum())} of its boxes lie outside the picture of {width} x {height}; it is left out"
        return Problem(Trouble.MISLABELLED, truth.picture, said)
    boxes = np.array([pixels_of(face.box, width, height) for face in seen.faces]).reshape(-1, 4)
    return Finds(boxes, np.array([face.confidence for face in seen.faces], np.float64)), hashlib.sha256(
        data
    ).hexdigest()

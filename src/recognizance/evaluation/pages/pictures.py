"""The faces that an audit speaks of, for people to look at: cut out alike, and blurred unless they may be shown."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from recognizance.errors import ImageTooLarge, InvalidImage, InvalidParameter
from recognizance.evaluation.pages.page import Pair
from recognizance.evaluation.sets.pipeline import Pipeline
from recognizance.evaluation.sets.subjects import Subject
from recognizance.values import Box
from recognizance.vision.image import decode
from recognizance.vision.portrait import cut_box, cut_out


@dataclass(frozen=True, slots=True)
class Shown:
    """Two pictures of a set and what is said of them; `boxes` are where their faces are, where that is known."""

    first: Subject
    second: Subject
    caption: str
    boxes: tuple[Box | None, Box | None] = (None, None)


def pairs(shown: list[Shown], pipeline: Pipeline, *, blurred: bool) -> list[Pair]:
    """Return the pairs whose pictures are both there, as a page has them; a collection keeps no pictures."""
    return _pairs(shown, lambda path, _: _portrait(path, pipeline, blurred))


def pairs_by_box(shown: list[Shown], *, blurred: bool) -> list[Pair]:
    """Return the same without a model: the faces where `boxes` say that they are, not turned upright."""
    return _pairs(shown, partial(_square, blurred=blurred))


def _pairs(shown: list[Shown], cut: Callable[[Path, Box | None], bytes | None]) -> list[Pair]:
    found: list[Pair] = []
    for one in shown:
        first, second = (
            None if subject.path is None else cut(subject.path, box)
            for subject, box in zip((one.first, one.second), one.boxes, strict=True)
        )
        if first is not None and second is not None:
            found.append(Pair(first, second, one.caption))
    return found


def _portrait(path: Path, pipeline: Pipeline, blurred: bool) -> bytes | None:
    """Return the face that a picture is about, None where there is no picture any more or no face in it."""
    try:
        data = path.read_bytes()
        image = decode(data)
    except (OSError, InvalidImage, ImageTooLarge, InvalidParameter):
        return None
    face = pipeline.look(data).chosen
    return None if face is None else cut_out(image, face, blurred=blurred)


def _square(path: Path, box: Box | None, *, blurred: bool) -> bytes | None:
    """Return what is round a box of a picture, None where there is no picture any more or no box."""
    if box is None:
        return None
    try:
        return cut_box(decode(path.read_bytes()), box, blurred=blurred)
    except (OSError, InvalidImage, ImageTooLarge, InvalidParameter):
        return None

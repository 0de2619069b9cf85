"""The faces that an audit speaks of, for people to look at: cut out alike, and blurred unless they may be shown."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from recognizance.errors import ImageTooLarge, InvalidImage, InvalidParameter
from recognizance.evaluation.pages.page import Pair
from recognizance.evaluation.sets.pipeline import Pipeline
from recognizance.evaluation.sets.subjects import Subject
from recognizance.vision.image import decode
from recognizance.vision.portrait import cut_out


@dataclass(frozen=True, slots=True)
class Shown:
    """Two pictures of a set and what is said of them."""

    first: Subject
    second: Subject
    caption: str


def pairs(shown: list[Shown], pipeline: Pipeline, *, blurred: bool) -> list[Pair]:
    """Return the pairs whose pictures are both there, as a page has them; a collection keeps no pictures."""
    found: list[Pair] = []
    for one in shown:
        first, second = (_portrait(subject.path, pipeline, blurred) for subject in (one.first, one.second))
        if first is not None and second is not None:
            found.append(Pair(first, second, one.caption))
    return found


def _portrait(path: Path | None, pipeline: Pipeline, blurred: bool) -> bytes | None:
    """Return the face that a picture is about, None where there is no picture any more or no face in it."""
    if path is None:
        return None
    try:
        data = path.read_bytes()
        image = decode(data)
    except (OSError, InvalidImage, ImageTooLarge, InvalidParameter):
        return None
    face = pipeline.look(data).chosen
    return None if face is None else cut_out(image, face, blurred=blurred)

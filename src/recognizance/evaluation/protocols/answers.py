"""What an endpoint's answers about pictures mean: pure, whoever asked and however odd the answer.

Similarities are percent, as the endpoint means them; faces are known by the number of their picture in its set.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeGuard

from recognizance.evaluation.sets.subjects import Problem, Subject, Trouble
from recognizance.evaluation.sets.templates import UNREADABLE

MOST = 4096
"""The most matches that a search may ask for."""

IN_A_REQUEST = 5 * 1024 * 1024
"""Bytes of a picture that a request may hold: Rekognition's own limit."""


Place = tuple[float, float, float, float]
"""Left, top, width and height of a face in fractions of its picture, as an endpoint says."""


@dataclass(frozen=True, slots=True)
class Enrolled:
    """What an endpoint made of a picture of the gallery.

    `faces` is how many it found, 0 where it found none, `UNREADABLE` (-1) where it would not take the picture; `kept`
    the id of the face that was enrolled, "" for none. `larger` says that a larger face was found than the enrolled one.
    `box` is where that face is.
    """

    faces: int
    kept: str = ""
    larger: bool = False
    version: str = ""
    said: str = ""
    box: Place | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """What a search gave: numbers of gallery pictures and their similarity, most alike first.

    `faces` is 1 where a face was found to search with, for an endpoint does not say how many there are. `full` says
    that there were as many matches as may be asked for, so that some may be missing. `strange` counts matches that are
    not of the gallery, or that have no similarity. `held` says that matches were held back for reviewers, `box` where
    the face is that was searched with.
    """

    faces: int
    matches: tuple[tuple[int, float], ...] = ()
    full: bool = False
    strange: int = 0
    held: bool = False
    said: str = ""
    box: Place | None = None


@dataclass(frozen=True, slots=True)
class Compared:
    """How alike the largest faces of two pictures are, None where there was none; `several` in the second."""

    similarity: float | None
    several: bool = False
    said: str = ""


@dataclass(frozen=True, slots=True)
class Explained:
    """What an endpoint of ours says of a similarity: how often strangers reach it, and between which bounds."""

    rate: float
    low: float
    high: float
    extrapolated: bool


def enrolled(answer: Mapping[str, Any]) -> Enrolled:
    """Return what an answer to IndexFaces with room for one face says."""
    records, left = _dicts(answer.get("FaceRecords")), _dicts(answer.get("UnindexedFaces"))
    version = str(answer.get("FaceModelVersion") or "")
    if not records:
        return Enrolled(len(left), version=version)
    kept = records[0]
    others = [_area(_dict(one.get("FaceDetail"))) for one in left]
    larger = max(others, default=0.0) > _area(_dict(kept.get("Face")))
    return Enrolled(
        len(records) + len(left), _face_id(kept), larger and bool(_face_id(kept)), version, box=_place(kept.get("Face"))
    )


def largest(answer: Mapping[str, Any]) -> tuple[str, list[str]]:
    """Return the id of the largest face that IndexFaces enrolled, "" for none, and those of the others."""
    records = [one for one in _dicts(answer.get("FaceRecords")) if _face_id(one)]
    if not records:
        return "", []
    best = max(records, key=lambda one: _area(_dict(one.get("Face"))))
    return _face_id(best), [_face_id(one) for one in records if one is not best]


def found(answer: Mapping[str, Any], gallery: int, *, held: bool = False) -> Found:
    """Return what an answer to SearchFacesByImage says of a gallery of so many pictures."""
    given = _dicts(answer.get("FaceMatches"))
    best: dict[int, float] = {}
    strange = 0
    for one in given:
        number, similarity = _number(_dict(one.get("Face")).get("ExternalImageId"), gallery), one.get("Similarity")
        if number is None or not _is_percent(similarity):
            strange += 1
        else:
            best[number] = max(float(similarity), best.get(number, 0.0))
    matches = sorted(best.items(), key=lambda one: (-one[1], one[0]))
    box = _place({"BoundingBox": answer.get("SearchedFaceBoundingBox")})
    return Found(1, tuple(matches), len(given) >= MOST, strange, held, box=box)


def compared(answer: Mapping[str, Any]) -> Compared:
    """Return what an answer to CompareFaces from 0 says: of several faces in the second picture, the largest counts."""
    matches, unmatched = _dicts(answer.get("FaceMatches")), _dicts(answer.get("UnmatchedFaces"))
    several = len(matches) + len(unmatched) > 1
    faces = [(_area(_dict(one.get("Face"))), one.get("Similarity")) for one in matches]
    faces += [(_area(one), 0.0) for one in unmatched]
    known = [(area, similarity) for area, similarity in faces if _is_percent(similarity)]
    if not known:
        return Compared(None, several, "the endpoint named no face of the second picture")
    return Compared(float(max(known, key=lambda one: one[0])[1]), several)


def trouble(code: str, said: str) -> Trouble:
    """Return what is wrong with a picture that an endpoint refused, by the wire's word and what it said."""
    if code == "InvalidParameterException" and ("no face" in said.lower() or "at least 1" in said.lower()):
        return Trouble.NO_FACE
    return Trouble.UNREADABLE


def faces_of(code: str, said: str) -> int:
    """Return how many faces a picture counts as having that an endpoint refused: 0, or `UNREADABLE`."""
    return 0 if trouble(code, said) is Trouble.NO_FACE else UNREADABLE


def problem(subject: Subject, became: Enrolled | Found) -> Problem | None:
    """Return what is wrong with a picture that was sent, None where nothing is."""
    if became.faces == UNREADABLE:
        return Problem(Trouble.UNREADABLE, subject.name, f"the endpoint would not take it: {became.said}")
    if became.faces == 0:
        return Problem(Trouble.NO_FACE, subject.name, "the endpoint found no face")
    if became.faces > 1:
        return Problem(Trouble.SEVERAL_FACES, subject.name, f"the endpoint found {became.faces} faces")
    return None


def unreadable(subject: Subject, why: str) -> Problem:
    """Return the problem of a picture that is not sent."""
    return Problem(Trouble.UNREADABLE, subject.name, why)


def repeated(subject: Subject, earlier: Subject) -> Problem:
    """Return the problem of a picture whose bytes came before."""
    whose = "" if earlier.person == subject.person else f", which is under another person, {earlier.person}"
    return Problem(Trouble.REPEATED, subject.name, f"the same bytes as {earlier.name}{whose}")


def uncompared(one: Subject, other: Subject, became: Compared) -> Problem | None:
    """Return what is wrong with a pair that was sent, None where nothing is."""
    where = f"{one.name} and {other.name}"
    if became.similarity is None:
        return Problem(Trouble.NO_FACE, where, f"the endpoint could not compare them: {became.said}")
    if became.several:
        return Problem(Trouble.SEVERAL_FACES, where, "the endpoint found several faces in the second picture")
    return None


def oddities(subjects: Sequence[Subject], searches: Sequence[Found]) -> list[Problem]:
    """Return what was odd in searches: lists that may be cut short, and matches that are nobody's."""
    problems: list[Problem] = []
    for subject, one in zip(subjects, searches, strict=True):
        if one.full:
            said = f"the endpoint gave {MOST:,} matches, the most it gives: there may be more"
            problems.append(Problem(Trouble.INCOMPLETE, subject.name, said))
        if one.strange:
            said = f"{one.strange} of the matches given are not of this gallery, or without a similarity"
            problems.append(Problem(Trouble.INCOMPLETE, subject.name, said))
    return problems


def chosen(first: Enrolled, kept: str, answer: Mapping[str, Any]) -> Enrolled:
    """Return an enrolment with another of its faces kept in the end, of an answer that enrolled them all."""
    face = next((one.get("Face") for one in _dicts(answer.get("FaceRecords")) if _face_id(one) == kept), None)
    return replace(first, kept=kept, larger=False, box=_place(face))


def explained(answer: Mapping[str, Any]) -> Explained | None:
    """Return what an answer to ExplainSimilarity says; None where it makes no sense."""
    rate, low, high = (answer.get(name) for name in ("FalseMatchRate", "FalseMatchRateLow", "FalseMatchRateHigh"))
    if not (_is_number(rate) and _is_number(low) and _is_number(high) and 0 < low <= rate <= high <= 1):
        return None
    return Explained(float(rate), float(low), float(high), answer.get("Extrapolated") is True)


def _dict(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _dicts(value: Any) -> list[Mapping[str, Any]]:
    return [one for one in value if isinstance(one, Mapping)] if isinstance(value, list) else []


def _face_id(record: Mapping[str, Any]) -> str:
    return str(_dict(record.get("Face")).get("FaceId") or "")


def _area(face: Mapping[str, Any]) -> float:
    box = _dict(face.get("BoundingBox"))
    width, height = box.get("Width"), box.get("Height")
    return float(width) * float(height) if _is_number(width) and _is_number(height) else 0.0


def _place(face: Any) -> Place | None:
    """Return where a face is, None where the endpoint does not say so in numbers that lie in the picture."""
    box = _dict(_dict(face).get("BoundingBox"))
    left, top, width, height = (box.get(name) for name in ("Left", "Top", "Width", "Height"))
    if not (_is_number(left) and _is_number(top) and _is_number(width) and _is_number(height)):
        return None
    sides = float(left), float(top), float(width), float(height)
    return sides if all(-1 <= one <= 2 for one in sides) and min(sides[2:]) > 0 else None


def _number(external: Any, gallery: int) -> int | None:
    """Return the number of a gallery's picture, None for what is none: an endpoint may hold faces of others."""
    if not isinstance(external, str) or not external.isascii() or not external.isdigit() or len(external) > 12:
        return None
    number = int(external)
    return number if number < gallery else None


def _is_number(value: Any) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_percent(value: Any) -> TypeGuard[float]:
    return _is_number(value) and 0 <= value <= 100

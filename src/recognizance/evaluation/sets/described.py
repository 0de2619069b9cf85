"""Pictures described as the server describes them: of each, the face that it is about, with the traits asked for."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from recognizance.errors import ImageTooLarge, InvalidImage, InvalidParameter
from recognizance.evaluation.sets import regular
from recognizance.evaluation.sets.ordered import in_order
from recognizance.evaluation.sets.subjects import Problem, Subject, Trouble
from recognizance.values import Card, Face, Trait
from recognizance.vision.image import decode

if TYPE_CHECKING:  # what is measured needs no models
    from recognizance.evaluation.sets.pipeline import Choose
    from recognizance.vision.vision import Vision

AHEAD = 4  # pictures in work or waiting, for each thread


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """What became of one picture: how many faces were found, and the one it is about, described.

    `faces` is None where the picture could not be read, and `why` then says so in a sentence.
    """

    faces: int | None
    face: Face | None
    why: str = ""


@dataclass(frozen=True, slots=True)
class Describing:
    """From the bytes of a picture to its face and traits, and all that decides them.

    `see` never raises for a bad picture and may be called from several threads at once. `models` are the cards of the
    models that are run, `choices` the settings that change an answer.
    """

    see: Callable[[bytes], Seen]
    models: tuple[Card, ...]
    choices: tuple[str, ...]


def describing(
    vision: Vision, wants: frozenset[Trait], choose: Choose, models: Sequence[Card], choices: Sequence[str]
) -> Describing:
    """Return what describes pictures with the product's own eyes; `choose` says which of several faces counts."""

    def see(data: bytes) -> Seen:
        try:
            image = decode(data)
        except (InvalidImage, ImageTooLarge, InvalidParameter) as error:
            return Seen(None, None, str(error).removeprefix("Request has "))
        found = vision.look(image)
        if not found:
            return Seen(0, None)
        return Seen(len(found), vision.describe(image, [choose(found)], wants)[0])

    return Describing(see, tuple(models), (*choices, f"chosen={choose.__name__}"))


@dataclass(frozen=True, slots=True, eq=False)
class Described:
    """Pictures in which a face was described, with it and the SHA-256 of their bytes; and what could not be used."""

    subjects: tuple[Subject, ...]
    faces: tuple[Face, ...]
    digests: tuple[str, ...]
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True, eq=False)
class _One:
    sha256: str
    seen: Seen


def describe(
    subjects: Sequence[Subject], by: Describing, *, threads: int, progress: Callable[[int], None]
) -> Described:
    """Describe every picture, in order. `progress` is told how many are done.

    A picture that cannot be read or has no face is a problem; so is one whose bytes came before for the same person.
    """
    kept: list[tuple[Subject, Face, str]] = []
    problems: list[Problem] = []
    first: dict[tuple[str, str], Subject] = {}
    with ThreadPoolExecutor(threads, thread_name_prefix="audit") as pool:
        try:
            work = partial(_one, by=by)
            for done, (subject, one) in enumerate(in_order(pool, subjects, work, threads * AHEAD), 1):
                problems += _problems(subject, one)
                earlier = first.setdefault((one.sha256, subject.person), subject) if one.sha256 else subject
                if earlier is not subject:
                    problems.append(Problem(Trouble.REPEATED, subject.name, f"the same bytes as {earlier.name}"))
                elif one.seen.face is not None:
                    kept.append((subject, one.seen.face, one.sha256))
                progress(done)
        except BaseException:  # no thread may be at a model any more when the process ends, as on Ctrl-C
            pool.shutdown(wait=True, cancel_futures=True)
            raise
    return Described(
        tuple(subject for subject, _, _ in kept),
        tuple(face for _, face, _ in kept),
        tuple(sha256 for _, _, sha256 in kept),
        tuple(problems),
    )


def _one(subject: Subject, *, by: Describing) -> _One:
    assert subject.path is not None, "a labelled picture has a path"
    try:
        data = regular.read(subject.path, regular.PICTURE)
    except (OSError, ValueError) as error:
        return _One("", Seen(None, None, (error.strerror if isinstance(error, OSError) else None) or str(error)))
    return _One(hashlib.sha256(data).hexdigest(), by.see(data))


def _problems(subject: Subject, one: _One) -> Iterator[Problem]:
    if one.seen.faces is None:
        yield Problem(Trouble.UNREADABLE, subject.name, one.seen.why)
    elif one.seen.faces == 0:
        yield Problem(Trouble.NO_FACE, subject.name, "no face was found")
    elif one.seen.faces > 1:
        yield Problem(Trouble.SEVERAL_FACES, subject.name, f"{one.seen.faces} faces were found")

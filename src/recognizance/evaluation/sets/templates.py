"""Pictures turned into templates: one unit vector for each, and what became of those that gave none."""

from __future__ import annotations

import hashlib
import stat
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from recognizance.evaluation.sets.kept import Found
from recognizance.evaluation.sets.ordered import in_order
from recognizance.evaluation.sets.subjects import Listing, Problem, Subject, Trouble
from recognizance.values import Face, Vectors

if TYPE_CHECKING:  # comparing templates needs no models
    from recognizance.evaluation.sets.kept import Kept
    from recognizance.evaluation.sets.pipeline import Pipeline

Reals = NDArray[np.float64]
Flags = NDArray[np.bool_]
Whole = NDArray[np.int64]

UNREADABLE = -1
"""The number of faces of a picture that could not be read."""

LARGEST_FILE = 1 << 27  # bytes; a picture within our limits has fewer
AHEAD = 4  # pictures in work or waiting, for each thread


@dataclass(frozen=True, slots=True, eq=False)
class Templates:
    """The templates of a set, in its order.

    `vectors` has shape (pictures, dimensions), float32, unit rows; a row of zeros is a picture in which no face was
    found or that could not be read: a failure to enrol. `faces` says how many faces were found, `UNREADABLE` where
    nothing could be. `digests` are the SHA-256 of the pictures' bytes (of a collection's faces, of the vectors).
    `problems` are those of the reading and of the embedding together. `boxes` has the face compared: left, top, width
    and height in fractions of the picture, zeros where there is none; it is None for a collection.
    """

    subjects: tuple[Subject, ...]
    vectors: Vectors
    faces: Whole
    digests: tuple[str, ...]
    problems: tuple[Problem, ...]
    source: str
    boxes: Reals | None = None

    @property
    def found(self) -> Flags:
        """Which pictures have a template."""
        return np.asarray(self.faces > 0)

    @property
    def people(self) -> tuple[str, ...]:
        """Whose each picture is."""
        return tuple(one.person for one in self.subjects)

    def groups(self, column: str) -> tuple[str, ...]:
        """Return what the set says of each picture's person in that column; "" where nothing."""
        return tuple(one.groups.get(column, "") for one in self.subjects)

    def kept(self, keep: Flags) -> Templates:
        """Return those that `keep` is true of, with all problems."""
        places = np.nonzero(keep)[0]
        return Templates(
            tuple(self.subjects[at] for at in places),
            self.vectors[places],
            self.faces[places],
            tuple(self.digests[at] for at in places),
            self.problems,
            self.source,
            None if self.boxes is None else self.boxes[places],
        )

    @property
    def fingerprint(self) -> str:
        """A digest of what was compared: every picture's bytes, whose it is and what is said of them, in any order."""
        rows = sorted(
            "\t".join([digest, one.person, *(f"{column}={one.groups[column]}" for column in sorted(one.groups))])
            for digest, one in zip(self.digests, self.subjects, strict=True)
        )
        return hashlib.sha256("\n".join(rows).encode()).hexdigest()


def numbered(*sets: Sequence[str]) -> list[Whole]:
    """Return each set's people as numbers from 0, one number for one name across all sets.

    >>> [one.tolist() for one in numbered(["b", "a", "b"], ["c", "a"])]
    [[1, 0, 1], [2, 0]]
    """
    of = {name: number for number, name in enumerate(sorted({name for one in sets for name in one}))}
    return [np.array([of[name] for name in one], dtype=np.int64) for one in sets]


def enrolled(listing: Listing, vectors: Mapping[str, bytes]) -> Templates:
    """Return the templates of a collection's faces: `vectors` has each face's, float32, little-endian, by its name."""
    rows = [vectors[one.name] for one in listing.subjects]
    return Templates(
        listing.subjects,
        np.stack([np.frombuffer(row, "<f4") for row in rows]).astype(np.float32),
        np.ones(len(rows), np.int64),
        tuple(hashlib.sha256(row).hexdigest() for row in rows),
        listing.problems,
        listing.source,
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Embedded:
    """What became of one picture: its bytes' digest, its faces, and box and vector of the one it is about."""

    sha256: bytes
    faces: int
    chosen: Face | None
    vector: Vectors | None
    why: str = ""


def embed(
    listing: Listing,
    pipeline: Pipeline,
    kept: Kept | None,
    *,
    threads: int,
    progress: Callable[[int], None],
    repeated: bool = False,
) -> Templates:
    """Return the templates of a set: of each picture the vector of the face that the pipeline takes it to be about.

    Bytes are read once. What `kept` knows is not made again, and what is made is kept there. A picture whose bytes
    came before for the same person is left out, unless `repeated`; for another person it stays. Either is a problem.
    `progress` is told how many are done.
    """
    subjects: list[Subject] = []
    problems = list(listing.problems)
    made: list[_Embedded] = []
    first: dict[bytes, Subject] = {}
    with ThreadPoolExecutor(threads, thread_name_prefix="audit") as pool:
        try:
            work = partial(_embedded, pipeline=pipeline, kept=kept)
            for done, (subject, one) in enumerate(in_order(pool, listing.subjects, work, threads * AHEAD), 1):
                earlier = first.setdefault(one.sha256, subject) if one.sha256 else subject
                problems += _problems(subject, one, earlier)
                if repeated or earlier is subject or earlier.person != subject.person:
                    subjects.append(subject)
                    made.append(one)
                progress(done)
        except BaseException:  # no thread may be at a model any more when the process ends, as on Ctrl-C
            pool.shutdown(wait=True, cancel_futures=True)
            raise
    vectors = np.zeros((len(made), pipeline.dimension), np.float32)
    boxes = np.zeros((len(made), 4))
    for row, one in enumerate(made):
        if one.vector is not None and one.chosen is not None:
            vectors[row] = one.vector
            box = one.chosen.box
            boxes[row] = (box.left, box.top, box.width, box.height)
    return Templates(
        tuple(subjects),
        vectors,
        np.array([one.faces for one in made], dtype=np.int64),
        tuple(one.sha256.hex() for one in made),
        tuple(problems),
        listing.source,
        boxes,
    )


def _embedded(subject: Subject, *, pipeline: Pipeline, kept: Kept | None) -> _Embedded:
    try:
        data = _read(subject)
    except (OSError, ValueError) as error:
        why = (error.strerror if isinstance(error, OSError) else None) or str(error)
        return _Embedded(b"", UNREADABLE, None, None, why)
    sha256 = hashlib.sha256(data).digest()
    known = kept.get(sha256) if kept is not None else None
    found = _found(data, pipeline, known)
    if kept is not None and found is not known:
        kept.put(sha256, found)
    if not found.faces:
        return _Embedded(sha256, UNREADABLE if found.faces is None else 0, None, None, found.why)
    chosen = pipeline.choose(found.faces)
    return _Embedded(sha256, len(found.faces), chosen, found.vectors[found.faces.index(chosen)])


def _found(data: bytes, pipeline: Pipeline, known: Found | None) -> Found:
    """Return what a picture gives, with the vector of the face it is about; what is known is not made again."""
    if known is None:
        seen = pipeline.see(data)
        if not seen.faces or seen.chosen is None or seen.vector is None:
            return Found(seen.faces, {}, seen.why)
        return Found(seen.faces, {seen.faces.index(seen.chosen): seen.vector})
    if not known.faces:
        return known
    chosen = pipeline.choose(known.faces)
    place = known.faces.index(chosen)
    if place in known.vectors:
        return known
    return Found(known.faces, {**known.vectors, place: pipeline.at(data, chosen)})


def _read(subject: Subject) -> bytes:
    assert subject.path is not None, "a set of pictures has their paths"
    stated = subject.path.stat()
    if not stat.S_ISREG(stated.st_mode):
        raise ValueError("this is no file")
    if stated.st_size > LARGEST_FILE:
        raise ValueError(f"a file of {stated.st_size:,} bytes; at most {LARGEST_FILE:,} are read")
    return subject.path.read_bytes()


def _problems(subject: Subject, one: _Embedded, earlier: Subject) -> Iterator[Problem]:
    if one.faces == UNREADABLE:
        yield Problem(Trouble.UNREADABLE, subject.name, one.why)
    elif one.faces == 0:
        yield Problem(Trouble.NO_FACE, subject.name, "no face was found")
    elif one.faces > 1:
        yield Problem(Trouble.SEVERAL_FACES, subject.name, f"{one.faces} faces were found")
    if earlier is not subject:
        whose = "" if earlier.person == subject.person else f", which is under another person, {earlier.person}"
        yield Problem(Trouble.REPEATED, subject.name, f"the same bytes as {earlier.name}{whose}")

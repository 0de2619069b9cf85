"""Pictures turned into templates: one unit vector for each, and what became of those that gave none."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recognizance.evaluation.subjects import Problem, Subject
from recognizance.values import Vectors

Flags = NDArray[np.bool_]
Whole = NDArray[np.int64]

UNREADABLE = -1
"""The number of faces of a picture that could not be read."""


@dataclass(frozen=True, slots=True, eq=False)
class Templates:
    """The templates of a set, in its order.

    `vectors` has shape (pictures, dimensions), float32, unit rows; a row of zeros is a picture in which no face was
    found or that could not be read: a failure to enrol. `faces` says how many faces were found, `UNREADABLE` where
    nothing could be. `digests` are the SHA-256 of the pictures' bytes (of a collection's faces, of the vectors).
    `problems` are those of the reading and of the embedding together.
    """

    subjects: tuple[Subject, ...]
    vectors: Vectors
    faces: Whole
    digests: tuple[str, ...]
    problems: tuple[Problem, ...]
    source: str

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

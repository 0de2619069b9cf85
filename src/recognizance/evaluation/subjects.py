"""Who is in the pictures that an audit is given, and what is said of them.

A set of pictures is a folder, a table or a collection. Nothing that cannot be used is dropped in silence: each is
a `Problem` with its name, which every report counts and lists.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path


class Trouble(Enum):
    """What may be wrong with a picture, a person or a row; the value is the word in reports."""

    UNREADABLE = "unreadable"
    """Bytes that no decoder takes, or too large a picture."""

    MISSING = "missing"
    """A table names a file that is not there."""

    NO_FACE = "no face"
    SEVERAL_FACES = "several faces"
    """More than one face: the one compared is the one the audit was asked to take, and the picture counts."""

    REPEATED = "repeated"
    """The same bytes twice in one set."""

    IN_BOTH = "in both lists"
    """One person, or one picture, among probes and gallery where they should be strangers."""

    EXCLUDED = "excluded"
    """Left out because a list of exclusions says so."""

    MISLABELLED = "mislabelled"
    """A row without a person, or that the table's heading does not fit."""

    NO_GROUP = "no group"
    """The table says nothing of this person in the column asked for."""

    SMALL_GROUP = "small group"
    """Too few people to say anything of, so that its figures are withheld."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that could not be used, or not as meant: where, and in a sentence what it is."""

    trouble: Trouble
    where: str
    said: str


@dataclass(frozen=True, slots=True)
class Subject:
    """One picture of one person.

    `name` is what the set calls it: a path below its folder, or a face's id. `groups` holds what the set says of the
    person by column; "" where it says nothing. `path` is None for a face of a collection.
    """

    name: str
    person: str
    groups: Mapping[str, str] = field(default_factory=dict[str, str])
    path: Path | None = None


@dataclass(frozen=True, slots=True)
class Listing:
    """A set as it was read: its pictures in order, what could not be used, and in words what it is."""

    subjects: tuple[Subject, ...]
    problems: tuple[Problem, ...]
    source: str

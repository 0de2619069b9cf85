"""Where the pictures are, and whose: readers of the folders that rates are measured on.

The folders are those of LFW (`pairs.txt`, `people.csv`, `images/<name>/<name>_NNNN.jpg`) and of the
official portraits of the US Congress. A picture is named by its path below `images`. Names stay in
memory: no result of this package holds one.
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from recognizance.evaluation.sets.subjects import NO_EXCLUSIONS, Exclusions, read_exclusions

__all__ = [
    "NO_EXCLUSIONS",
    "SETS",
    "Exclusions",
    "Pair",
    "Picture",
    "congress_pictures",
    "half",
    "in_both",
    "lfw_pictures",
    "read_exclusions",
    "read_pairs",
]


@dataclass(frozen=True, slots=True)
class Pair:
    """Two pictures to compare, whether they show one person, and in which fold, from 0."""

    first: str
    second: str
    same: bool
    fold: int


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture of one person. `name` is its path below the folder; `group` is "" where not known."""

    name: str
    person: str
    group: str = ""


SETS = (
    "Labeled Faces in the Wild (University of Massachusetts), deep-funneled: of 13,233 pictures the 9,415 that View 2 "
    "names or that are a person's first.",
    "Official portraits of 459 members of the US Congress seated in July 2018 (US Government Publishing Office, public "
    "domain).",
)
"""What the folders hold, in words."""


def read_pairs(path: Path) -> list[Pair]:
    """Read LFW's `pairs.txt`: its first line says how many folds, and how many pairs of each kind in one.

    Raises `ValueError` when there are not as many lines as it says, or one has neither three nor four parts.
    """
    head, *lines = path.read_text(encoding="utf-8").splitlines()
    folds, each = (int(number) for number in head.split())
    if len(lines) != folds * each * 2:
        raise ValueError(f"{path.name} should have {folds * each * 2} pairs after its first line, it has {len(lines)}")
    return [_pair(line.split("\t"), number // (2 * each)) for number, line in enumerate(lines)]


def _pair(parts: Sequence[str], fold: int) -> Pair:
    if len(parts) == 3:
        name, first, second = parts
        return Pair(_lfw(name, first), _lfw(name, second), same=True, fold=fold)
    if len(parts) == 4:
        name, first, other, second = parts
        return Pair(_lfw(name, first), _lfw(other, second), same=False, fold=fold)
    raise ValueError(f"a pair has three or four parts with tabs between, this one has {len(parts)}")


def _lfw(name: str, number: str) -> str:
    return f"{name}/{name}_{int(number):04d}.jpg"


def lfw_pictures(folder: Path) -> list[Picture]:
    """Return every picture below `folder/images`, in order, with the gender its list states ("F", "M" or "")."""
    groups = {row["name"]: row["gender"] for row in _rows(folder / "people.csv")}
    found = sorted(path.relative_to(folder / "images") for path in (folder / "images").glob("*/*.jpg"))
    return [Picture(path.as_posix(), path.parent.name, groups.get(path.parent.name, "")) for path in found]


def congress_pictures(folder: Path) -> list[Picture]:
    """Return the portraits whose file is there, each of a person of their own, in the table's order."""
    rows = _rows(folder / "members_2018-07-25.csv")
    return [
        Picture(Path(row["image"]).name, row["bioguide"], row["gender"])
        for row in rows
        if (folder / row["image"]).is_file()
    ]


def in_both(folder: Path) -> frozenset[str]:
    """Return the LFW names that are, or may be, members of Congress."""
    return frozenset(row["lfw_name"] for row in _rows(folder / "lfw_overlap_candidates.csv"))


def half(person: str, salt: str = "") -> int:
    """Return 0 or 1: the half of all people that this one belongs to, from a hash of the name alone."""
    return hashlib.sha256(f"{salt}{person}".encode()).digest()[0] & 1


def _rows(path: Path) -> list[Mapping[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))

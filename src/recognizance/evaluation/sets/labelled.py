"""What people say of faces: a table of labels, and the pictures of folders that its rows are about.

A row names a picture by the SHA-256 of its bytes or by its file, or else a person, and then speaks of all pictures of
that person. Nothing that cannot be used is dropped in silence: it is a `Problem`.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path, PurePosixPath
from typing import Final

from recognizance.evaluation.sets import regular
from recognizance.evaluation.sets.subjects import (
    FILE_COLUMNS,
    PERSON_COLUMNS,
    Listing,
    Problem,
    SetWrong,
    Subject,
    Trouble,
    read_folder,
    read_rows,
)
from recognizance.values import Expression

GENDER: Final = "gender"
YES_OR_NO: Final[Mapping[str, tuple[str, ...]]] = {
    "eyeglasses": ("eyeglasses", "glasses"),
    "sunglasses": ("sunglasses",),
    "beard": ("beard",),
    "moustache": ("moustache", "mustache"),
    "smile": ("smile", "smiling"),
    "mouth open": ("mouth open", "mouth_open", "mouth"),
    "eyes open": ("eyes open", "eyes_open", "eyes"),
    "occluded": ("occluded", "face_occluded"),
    GENDER: ("gender", "sex"),
}
"""The attributes that are so or not, by the house's words, and what a column of them may be called. Of gender, "so" is
female, for one of the two has to be."""

ANGLES: Final = ("yaw", "pitch", "roll")
AGE, BIRTHDAY, TAKEN, EXPRESSION = "age", "birthday", "taken", ("expression", "emotion")
SHA256: Final = ("sha256",)

YES: Final = frozenset({"1", "yes", "y", "true", "t"})
NO: Final = frozenset({"0", "no", "n", "false"})
FEMALE: Final = frozenset({"f", "female", "woman", "w"})
MALE: Final = frozenset({"m", "male", "man"})
UNSAID: Final = frozenset({"", "?", "na", "n/a"})
SHOWN: Final[Mapping[str, Expression]] = {
    **{one.value: one for one in Expression},
    "neutral": Expression.CALM,
    "anger": Expression.ANGRY,
    "disgust": Expression.DISGUSTED,
    "fear": Expression.FEARFUL,
    "happiness": Expression.HAPPY,
    "sadness": Expression.SAD,
    "surprise": Expression.SURPRISED,
}
OLDEST: Final = 130
TAILS: Final = 6
"""Folders above a picture by which a table may name it."""


@dataclass(frozen=True, slots=True)
class Labels:
    """What people say of one face; what they do not say is not there.

    `yes` says of attributes whether they are so, `age` is in years, `angles` in degrees with `values.Pose`'s
    signs.
    """

    yes: Mapping[str, bool] = field(default_factory=dict[str, bool])
    age: float | None = None
    expression: Expression | None = None
    angles: Mapping[str, float] = field(default_factory=dict[str, float])

    @property
    def some(self) -> bool:
        """Whether anything is said."""
        return bool(self.yes or self.angles) or self.age is not None or self.expression is not None


@dataclass(frozen=True, slots=True, eq=False)
class Labelled:
    """Pictures of which something is said, and what, by the picture's path.

    `columns` are the table's columns that labels were read from; `unlabelled` how many of its rows say nothing;
    `sha256` is the digest of the table's bytes.
    """

    listing: Listing
    labels: Mapping[Path, Labels]
    columns: tuple[str, ...]
    unlabelled: int
    sha256: str


def read_labels(
    table: Path, folders: Sequence[Path], *, person_column: str | None = None, taken: date | None = None
) -> Labelled:
    """Read a table of labels and find its pictures below the folders.

    A picture's person is what the table's column of people says, else the folder that it is in. `taken` is when
    pictures were taken whose row does not say so, for the age of people whose birthday is given. Raises `SetWrong` for
    what is no table, has no column of labels, or names no picture that is there.
    """
    read = read_rows(table)
    by_name = {name.lower(): name for name in reversed(read.columns)}
    columns = _label_columns(by_name)
    if not columns:
        raise SetWrong(
            f"{table} should have a column of labels, such as {', '.join(list(YES_OR_NO)[:4])} or age; it has "
            f"{', '.join(read.columns)[:80] or 'nothing'}"
        )
    digest, file, person = (_first(by_name, names) for names in (SHA256, FILE_COLUMNS, PERSON_COLUMNS))
    if person_column is not None:
        if person_column not in read.columns:
            raise SetWrong(f"{table} has no column {person_column}; it has {', '.join(read.columns)}")
        person = person_column
    if digest is None and file is None and person is None:
        raise SetWrong(f"{table} should say what each row is about: a column sha256, file or person")
    held = [read_folder(folder) for folder in folders]
    pictures = _each_once(one for listing in held for one in listing.subjects)
    trouble = [one for listing in held for one in listing.problems if one.trouble is Trouble.UNREADABLE]
    find = _finder(pictures, digest, file, person)
    aside = {name for name in (digest, file, person) if name}
    said: dict[Path, Labels] = {}
    subjects: list[Subject] = []
    problems = [*read.problems, *trouble]
    unlabelled = 0
    for line, row in read.rows:
        where = next((row[name] for name in (file, person, digest) if name and row[name]), f"{table.name}, line {line}")
        labels, wrong = _labels(row, columns, taken)
        problems += [Problem(Trouble.MISLABELLED, where, f"line {line}: {one}") for one in wrong]
        if not labels.some:
            unlabelled += not wrong
            continue
        found, lacking = find(row)
        if lacking is not None:
            problems.append(Problem(lacking[0], where, f"line {line}: {lacking[1]}"))
        groups = {name: row[name] for name in read.columns if name and name not in aside}
        for one in found:
            assert one.path is not None, "a folder's pictures have paths"
            if one.path in said:
                problems.append(Problem(Trouble.REPEATED, one.name, f"line {line}: labelled before; that one counts"))
                continue
            said[one.path] = labels
            subjects.append(replace(one, person=(person and row[person]) or one.person, groups=groups))
    if not subjects:
        raise SetWrong(f"{table} says nothing of any picture below {', '.join(map(str, folders))}")
    source = f"{', '.join(one.source for one in held)}, labels as in {table}"
    used = tuple(dict.fromkeys(name for _, name in columns))
    return Labelled(Listing(tuple(subjects), tuple(problems), source), said, used, unlabelled, read.sha256)


def _each_once(subjects: Iterable[Subject]) -> list[Subject]:
    """Return pictures, in order, without those whose file came before: of folders that hold one another."""
    known: dict[Path, Subject] = {}
    for one in subjects:
        assert one.path is not None, "a folder's pictures have paths"
        known.setdefault(one.path.resolve(), one)
    return list(known.values())


def _first(by_name: Mapping[str, str], names: Sequence[str]) -> str | None:
    return next((by_name[name] for name in names if name in by_name), None)


def _label_columns(by_name: Mapping[str, str]) -> list[tuple[str, str]]:
    """Return what is labelled, in the house's words, with the table's column of it."""
    known = {**YES_OR_NO, AGE: (AGE,), BIRTHDAY: (BIRTHDAY,), TAKEN: (TAKEN,), EXPRESSION[0]: EXPRESSION}
    known |= {angle: (angle,) for angle in ANGLES}
    found = [(word, column) for word, names in known.items() if (column := _first(by_name, names)) is not None]
    words = {word for word, _ in found}
    alone = {TAKEN} if BIRTHDAY not in words or AGE in words else set[str]()
    alone |= {BIRTHDAY} if AGE in words else set[str]()
    return [(word, column) for word, column in found if word not in alone]


_Lacking = tuple[Trouble, str] | None


def _finder(
    pictures: Sequence[Subject], digest: str | None, file: str | None, person: str | None
) -> Callable[[Mapping[str, str]], tuple[Sequence[Subject], _Lacking]]:
    """Return what finds the pictures that a row is about, or says why there is none."""
    by_digest = _by_digest(pictures) if digest else {}
    by_tail = _by_tail(pictures) if file else {}
    of_person: dict[str, list[Subject]] = {}
    for one in pictures if not digest and not file else ():
        of_person.setdefault(one.person, []).append(one)

    def find(row: Mapping[str, str]) -> tuple[Sequence[Subject], _Lacking]:
        if digest and row[digest]:
            one = by_digest.get(row[digest].lower())
            return ([one], None) if one else ([], (Trouble.MISSING, "no picture has these bytes"))
        if file and row[file]:
            found = by_tail.get(PurePosixPath(row[file]).as_posix(), [])
            if len(found) > 1:
                return [], (Trouble.MISLABELLED, f"{len(found)} pictures are called so; name the folder, too")
            return found, None if found else (Trouble.MISSING, "there is no such picture")
        if not digest and not file and person and row[person]:
            found = of_person.get(row[person], [])
            return found, None if found else (Trouble.MISSING, "there is no picture of this person")
        return [], (Trouble.MISLABELLED, "it does not say which picture it is about")

    return find


def _by_digest(pictures: Sequence[Subject]) -> dict[str, Subject]:
    known: dict[str, Subject] = {}
    for one in pictures:
        assert one.path is not None, "a folder's pictures have paths"
        try:
            known.setdefault(hashlib.sha256(regular.read(one.path, regular.PICTURE)).hexdigest(), one)
        except (OSError, ValueError):  # a picture that cannot be read is nobody's
            continue
    return known


def _by_tail(pictures: Sequence[Subject]) -> dict[str, list[Subject]]:
    """Return pictures by the last parts of their paths: by `b.jpg`, by `a/b.jpg` and so on."""
    known: dict[str, list[Subject]] = {}
    for one in pictures:
        assert one.path is not None, "a folder's pictures have paths"
        parts = one.path.parts[-TAILS:]
        for at in range(len(parts)):
            known.setdefault("/".join(parts[at:]), []).append(one)
    return known


def _labels(row: Mapping[str, str], columns: Sequence[tuple[str, str]], taken: date | None) -> tuple[Labels, list[str]]:
    """Return what a row says, and what of it cannot be understood."""
    yes: dict[str, bool] = {}
    angles: dict[str, float] = {}
    age: float | None = None
    shown: Expression | None = None
    wrong: list[str] = []
    given = {word: row[column] for word, column in columns if row[column].lower() not in UNSAID}
    for word, text in given.items():
        try:
            if word in YES_OR_NO:
                yes[word] = _yes(text, *((FEMALE, MALE) if word == GENDER else (YES, NO)))
            elif word == AGE:
                age = _number(text, 0, OLDEST)
            elif word == BIRTHDAY:
                age = _age(text, given.get(TAKEN), taken)
            elif word == EXPRESSION[0]:
                shown = _expression(text)
            elif word in ANGLES:
                angles[word] = _number(text, -180, 180)
        except ValueError as error:
            wrong.append(f"{word} {error}")
    return Labels(yes, age, shown, angles), wrong


def _yes(text: str, yes: frozenset[str], no: frozenset[str]) -> bool:
    if text.lower() not in yes | no:
        raise ValueError(f"is {text[:40]!r} and should be {max(yes, key=len)} or {max(no, key=len)}, or empty")
    return text.lower() in yes


def _number(text: str, low: float, high: float) -> float:
    try:
        number = float(text)
    except ValueError:
        number = low - 1
    if not low <= number <= high:
        raise ValueError(f"is {text[:40]!r} and should be a number from {low:g} to {high:g}")
    return number


def _age(born: str, taken: str | None, otherwise: date | None) -> float:
    when = otherwise if taken is None else _day(taken)
    if when is None:
        raise ValueError("is there and when the picture was taken is not; give a column taken, or --taken")
    years = (when - _day(born)).days / 365.2425
    if not 0 <= years <= OLDEST:
        raise ValueError(f"is {born[:40]!r}, which makes the person {years:.0f} years old")
    return years


def _day(text: str) -> date:
    """Return a day as ISO 8601 writes it; of a year alone, the middle.

    >>> _day("1952").isoformat()
    '1952-07-02'
    """
    try:
        return date(int(text), 7, 2) if re.fullmatch(r"[0-9]{4}", text) else date.fromisoformat(text)
    except ValueError:
        raise ValueError(f"has {text[:40]!r} for a day and should have 1990-12-31, or a year") from None


def _expression(text: str) -> Expression:
    if text.lower() not in SHOWN:
        raise ValueError(f"is {text[:40]!r} and should be one of {', '.join(one.value for one in Expression)}")
    return SHOWN[text.lower()]


def columns_of(labels: Sequence[Labels]) -> Iterator[str]:
    """Yield what anything is said of: attributes in the house's words, then age, expression and angles."""
    for word in YES_OR_NO:
        if any(word in one.yes for one in labels):
            yield word
    if any(one.age is not None for one in labels):
        yield AGE
    if any(one.expression is not None for one in labels):
        yield EXPRESSION[0]
    for angle in ANGLES:
        if any(angle in one.angles for one in labels):
            yield angle

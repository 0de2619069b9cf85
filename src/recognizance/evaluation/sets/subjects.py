"""Who is in the pictures that an audit is given, and what is said of them.

A set of pictures is a folder, a table or a collection. Nothing that cannot be used is dropped in silence: each is
a `Problem` with its name, which every report counts and lists. What cannot be read as a set at all raises `SetWrong`,
with a sentence that says what would be right. Tables are CSV files in UTF-8 with a heading; their columns stand apart
by commas, semicolons or tabs.
"""

from __future__ import annotations

import csv
import hashlib
import io
import os
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from pathlib import Path, PurePosixPath

from recognizance.evaluation.sets import regular

PICTURES = frozenset({".jpg", ".jpeg", ".jpe", ".jfif", ".png"})
"""How the names of files end that may be read."""

OTHER_PICTURES = frozenset(
    {".bmp", ".gif", ".webp", ".tif", ".tiff", ".heic", ".heif", ".avif", ".jp2", ".pgm", ".ppm"}
)
"""How the names of pictures end that nothing here reads."""

FILE_COLUMNS = ("file", "image", "path")
PERSON_COLUMNS = ("person", "identity", "bioguide", "name", "id")
"""What may say whose a picture is, in the order in which they are taken: a name may be that of two people."""

IMAGES = "images"
DELIMITERS = ",;\t"
EXCLUDE, EXCLUDE_PERSON = "exclude", "exclude person"
"""What a row of a list with a column `decision` says there to be honoured: of its picture, or of its person."""


class SetWrong(ValueError):
    """A set of pictures or a table of people that cannot be read as one; the text says what would be right."""


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

    INCOMPLETE = "incomplete"
    """An endpoint's answer for a picture was used and may lack something."""

    UNPAIRED = "unpaired"
    """Rows of a list of who is whom that name nobody of both sets."""

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


@dataclass(frozen=True, slots=True)
class Rows:
    """A table as it was read: its columns, each row by column with its line, and the digest of its bytes."""

    columns: tuple[str, ...]
    rows: tuple[tuple[int, Mapping[str, str]], ...]
    problems: tuple[Problem, ...]
    sha256: str


def read_rows(path: Path) -> Rows:
    """Read a table. A row with more cells than the heading is a problem; one without any is passed over.

    Cells lose the blanks round them. Raises `SetWrong` for what is no table in UTF-8 with a heading.
    """
    data = _bytes(path)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise SetWrong(f"{path} is not UTF-8 (line {line}); save it as CSV UTF-8") from error
    if not text.strip():
        raise SetWrong(f"{path} is empty; it should begin with a line that names its columns")
    delimiter = max(DELIMITERS, key=text.lstrip().partition("\n")[0].count)
    rows: list[tuple[int, Mapping[str, str]]] = []
    problems: list[Problem] = []
    try:
        reader = csv.reader(io.StringIO(text.lstrip(), newline=""), delimiter=delimiter)
        columns = tuple(name.strip() for name in next(reader))
        for cells in reader:
            if len(cells) > len(columns) and any(cell.strip() for cell in cells[len(columns) :]):
                problems.append(
                    Problem(Trouble.MISLABELLED, f"{path.name}, line {reader.line_num}", "more cells than the heading")
                )
            elif any(cell.strip() for cell in cells):
                padded = [*cells, *[""] * (len(columns) - len(cells))]
                row = {name: cell.strip() for name, cell in zip(columns, padded, strict=False)}
                rows.append((reader.line_num, row))
    except csv.Error as error:
        raise SetWrong(f"{path} is no CSV that can be read: {error}") from error
    twice = [name for name, times in Counter(columns).items() if times > 1 and name]
    if twice:
        raise SetWrong(f"{path} has more than one column {twice[0]}")
    return Rows(columns, tuple(rows), tuple(problems), hashlib.sha256(data).hexdigest())


def _bytes(path: Path) -> bytes:
    try:
        return regular.read(path, regular.TABLE)
    except OSError as error:
        raise SetWrong(f"{path} cannot be read: {error.strerror}") from error


def read_listing(path: Path, *, person_column: str | None = None) -> Listing:
    """Read a folder or a table of pictures; see `read_folder` and `read_table`."""
    if path.is_dir():
        return read_folder(path)
    if not path.exists():
        raise SetWrong(f"{path}: there is no such folder or file")
    if path.suffix.lower() in PICTURES | OTHER_PICTURES:
        raise SetWrong(f"{path} is one picture; name a folder of pictures or a CSV file that lists them")
    return read_table(path, person_column=person_column)


def read_folder(folder: Path) -> Listing:
    """Return the pictures below a folder: each subfolder is a person, each picture beside them a person of its own.

    Of a folder that holds no picture but those in a subfolder `images`, that one is read. Links are followed. Raises
    `SetWrong` where there is no picture.
    """
    root = folder
    held = _entries(root)
    if not any(_is_picture(one) for one in held) and [one.name for one in held if _is_folder(one)] == [IMAGES]:
        root = folder / IMAGES
        held = _entries(root)
    subjects: list[Subject] = []
    problems: list[Problem] = []
    others = 0
    for entry in held:
        pictures = 0
        for name, path in _files(entry, root):
            ending = path.suffix.lower() if path else ""
            if path is None:
                problems.append(Problem(Trouble.UNREADABLE, plain(name), "this folder cannot be read"))
                pictures += 1
            elif ending in PICTURES and plain(name) != name:
                problems.append(Problem(Trouble.UNREADABLE, plain(name), "its name is not UTF-8; give it another"))
                pictures += 1
            elif ending in PICTURES:
                subjects.append(Subject(name, entry.name if _is_folder(entry) else path.stem, {}, path))
                pictures += 1
            elif ending in OTHER_PICTURES:
                problems.append(
                    Problem(Trouble.UNREADABLE, plain(name), f"a {ending} file; only JPEG and PNG are read")
                )
                pictures += 1
            else:
                others += 1
        if _is_folder(entry) and not pictures and not entry.name.startswith("."):
            problems.append(Problem(Trouble.MISSING, plain(entry.name), "a folder without a picture"))
    if not subjects:
        raise SetWrong(f"{folder} holds no pictures; it should have JPEG or PNG files, in a subfolder for each person")
    also = f" ({others:,} other file{'' if others == 1 else 's'} passed over)" if others else ""
    return Listing(tuple(subjects), tuple(problems), f"the folder {folder}{also}")


def plain(text: str) -> str:
    """Return a path or a word of the command line as text that can be written, U+FFFD for bytes that are not UTF-8.

    >>> plain("a\udcff.jpg") == "a\N{REPLACEMENT CHARACTER}.jpg"
    True
    """
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as found:
            return sorted(found, key=lambda entry: entry.name)
    except OSError as error:
        raise SetWrong(f"the folder {folder} cannot be read: {error.strerror}") from error


def _is_picture(entry: os.DirEntry[str]) -> bool:
    return not _is_folder(entry) and Path(entry.name).suffix.lower() in PICTURES


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link to itself, or too long a path
        return False


def _files(top: os.DirEntry[str], root: Path) -> Iterator[tuple[str, Path | None]]:
    """Yield every file at or below an entry of `root` with its path from there, less hidden ones and loops of links.

    Of a folder that cannot be read the path alone is given. A folder is known by its device and inode.
    """
    above = [_inode(root.stat())]
    levels: list[tuple[str, Iterator[os.DirEntry[str]]]] = [("", iter([top]))]
    while levels:
        under, entries = levels[-1]
        entry = next(entries, None)
        if entry is None:
            levels.pop()
            above.pop()
            continue
        name = f"{under}{entry.name}"
        if entry.name.startswith("."):
            continue
        if not _is_folder(entry):
            yield name, Path(entry.path)
            continue
        try:
            known, held = _inode(entry.stat()), _entries(Path(entry.path))
        except (OSError, SetWrong):
            yield name, None
            continue
        if known not in above:
            above.append(known)
            levels.append((f"{name}/", iter(held)))


def _inode(stated: os.stat_result) -> tuple[int, int]:
    return stated.st_dev, stated.st_ino


def read_table(path: Path, *, person_column: str | None = None) -> Listing:
    """Return the pictures that a table lists, a row each.

    The file is in the column `file`, `image` or `path`: a path from the table's folder, or from a folder `images`
    beside it. The person is in `person_column`, or in the first there is of `PERSON_COLUMNS`; all other columns are
    groups. Raises `SetWrong` where a column is missing or no row can be used.
    """
    read = read_rows(path)
    file = _column(path, read, FILE_COLUMNS, "the pictures' files")
    person = _person_column(path, read, person_column)
    subjects: list[Subject] = []
    problems = list(read.problems)
    for line, row in read.rows:
        where = row[file] or f"{path.name}, line {line}"
        found = _picture(path.parent, row[file]) if row[file] else None
        if not row[file] or not row[person]:
            problems.append(Problem(Trouble.MISLABELLED, where, f"line {line} has no {person if row[file] else file}"))
        elif found is None:
            problems.append(Problem(Trouble.MISSING, where, "there is no such file"))
        else:
            groups = {name: row[name] for name in read.columns if name and name not in (file, person)}
            subjects.append(Subject(PurePosixPath(row[file]).as_posix(), row[person], groups, found))
    if not subjects:
        raise SetWrong(f"{path} lists no picture that is there; `{file}` is read from {path.parent or '.'}")
    return Listing(tuple(subjects), tuple(problems), f"the table {path}, people by its column `{person}`")


def _picture(folder: Path, named: str) -> Path | None:
    for place in (folder / named, folder / IMAGES / named):
        try:
            if place.exists():
                return place
        except (OSError, ValueError):  # too long a name, or a zero byte in it
            return None
    return None


def _person_column(path: Path, read: Rows, asked: str | None) -> str:
    if asked is not None and asked not in read.columns:
        raise SetWrong(f"{path} has no column {asked}; it has {', '.join(read.columns)}")
    return asked or _column(path, read, PERSON_COLUMNS, "whose each is")


def _column(path: Path, read: Rows, names: Sequence[str], what: str) -> str:
    by_name = {name.lower(): name for name in reversed(read.columns)}
    found = next((by_name[name] for name in names if name in by_name), None)
    if found is None:
        raise SetWrong(
            f"{path} should begin with a line that names its columns, among them for {what} one of "
            f"{', '.join(names)}; it begins with {', '.join(read.columns)[:80] or 'nothing'}"
        )
    return found


def columns(listing: Listing) -> tuple[str, ...]:
    """Return the columns in which a set says something of its people, in order."""
    return tuple(dict.fromkeys(column for one in listing.subjects for column in one.groups))


def with_people(
    listing: Listing, *tables: Path, needed: bool = True, columns: Collection[str] | None = None
) -> Listing:
    """Return a set with what tables say of its people, by name, added to what is said already.

    In each table people are found by whichever of `PERSON_COLUMNS` names most of them. Of a person of whom two things
    are said in one of the `columns` (all, where None), by two tables or by a table and the set, nothing is taken as
    said there, which is a problem. Raises `SetWrong` where no table names anybody of the set, if one is `needed`.
    """
    there = {one.person for one in listing.subjects}
    problems: list[Problem] = []
    said: dict[str, dict[str, dict[str, None]]] = {}
    strange: list[str] = []
    for path in tables:
        read = read_rows(path)
        problems += read.problems
        person, known = _known(path, read, there)
        if not there & known.keys():
            strange.append(f"{path} names nobody of {listing.source}: its column {person} has names such as "
                           f"{', '.join(list(known)[:3])}, the set {', '.join(sorted(there)[:3])}")  # fmt: skip
        for name in there & known.keys():
            for column, cell in known[name].items():
                said.setdefault(name, {}).setdefault(column, {}).update({cell: None} if cell else {})
    if needed and len(strange) == len(tables):
        raise SetWrong(strange[0])
    subjects: list[Subject] = []
    twice: dict[tuple[str, str], list[str]] = {}
    for one in listing.subjects:
        groups = dict(one.groups)
        for column, cells in said.get(one.person, {}).items():
            own = groups.get(column, "")
            values = [*([own] if own else []), *(cell for cell in cells if cell != own)]
            groups[column] = values[0] if len(values) == 1 else ""
            if len(values) > 1 and (columns is None or column in columns):
                twice.setdefault((one.person, column), values)
        subjects.append(replace(one, groups=groups))
    problems += [
        Problem(Trouble.MISLABELLED, person, f"two things are said in {column}: {' and '.join(sorted(values))}")
        for (person, column), values in twice.items()
    ]
    return Listing(tuple(subjects), (*listing.problems, *problems), listing.source)


def _known(path: Path, read: Rows, there: Collection[str]) -> tuple[str, dict[str, dict[str, str]]]:
    """Return the column of a table that names most of some people, and what each of its rows says of whom."""
    by_name = {name.lower(): name for name in reversed(read.columns)}
    named = [by_name[name] for name in PERSON_COLUMNS if name in by_name]
    if not named:
        _column(path, read, PERSON_COLUMNS, "whom each row is about")
    person = max(named, key=lambda name: len(set(there) & {row[name] for _, row in read.rows}))
    return person, {
        row[person]: {name: cell for name, cell in row.items() if name and name != person} for _, row in read.rows
    }


def lacking(listing: Listing, column: str) -> tuple[Problem, ...]:
    """Return a problem for each person of whom a set says nothing in a column, in order of their names."""
    said = {one.person for one in listing.subjects if one.groups.get(column)}
    people = sorted({one.person for one in listing.subjects} - said)
    return tuple(Problem(Trouble.NO_GROUP, person, f"nothing is said of this person's {column}") for person in people)


@dataclass(frozen=True, slots=True)
class Exclusions:
    """People and pictures left out because their labels are wrong, and what was read to know them.

    `sha256` is the digest of the list's bytes, so that a figure can name the list without naming anyone in it.
    """

    people: frozenset[str]
    sha256: str
    files: frozenset[str] = frozenset()

    def excludes(self, subject: Subject) -> bool:
        """Tell whether a picture is on the list, by its person, its name in the set or its file."""
        if subject.person in self.people:
            return True
        return bool(self.files) and (subject.name in self.files or str(subject.path) in self.files)


NO_EXCLUSIONS = Exclusions(frozenset(), hashlib.sha256(b"").hexdigest())


def read_exclusions(path: Path) -> Exclusions:
    """Read a list of what to leave out: a table with a column `file`, or `person` or `name`, a row each.

    A row with a file excludes that picture alone, one without excludes the person. Where there is a column `decision`,
    only rows that say `exclude` there count, and `exclude person` excludes the person though the row has a file. Raises
    `SetWrong` for other headings, and for a row without either.
    """
    read = read_rows(path)
    by_name = {name.lower(): name for name in reversed(read.columns)}
    file, person = by_name.get("file"), by_name.get("person") or by_name.get("name")
    decision = by_name.get("decision")
    if file is None and person is None:
        raise SetWrong(f"{path} should have a column `person` or `file`, it has {', '.join(read.columns)[:80]}")
    if read.problems:
        raise SetWrong(f"{read.problems[0].where}: {read.problems[0].said}")
    people: set[str] = set()
    files: set[str] = set()
    for line, row in read.rows:
        decided = EXCLUDE if decision is None else row[decision].lower()
        if decided not in (EXCLUDE, EXCLUDE_PERSON):
            continue
        if file is not None and row[file] and decided == EXCLUDE:
            files.add(PurePosixPath(row[file]).as_posix())
        elif person is not None and row[person]:
            people.add(row[person])
        else:
            raise SetWrong(f"{path}, line {line} names neither a person nor a file")
    return Exclusions(frozenset(people), read.sha256, frozenset(files))


def without(listing: Listing, exclusions: Exclusions) -> Listing:
    """Return a set less what is on a list, each picture left out as a problem."""
    kept = [one for one in listing.subjects if not exclusions.excludes(one)]
    left_out = [
        Problem(Trouble.EXCLUDED, one.name, "this person is on the list of exclusions"
                if one.person in exclusions.people else "this picture is on the list of exclusions")
        for one in listing.subjects if exclusions.excludes(one)
    ]  # fmt: skip
    return Listing(tuple(kept), (*listing.problems, *left_out), listing.source)


def read_mated(
    path: Path, probes: Collection[str], gallery: Collection[str]
) -> tuple[tuple[tuple[str, str], ...], tuple[Problem, ...]]:
    """Return which person of the probes is which person of the gallery, as a table of two columns or more says.

    Of all columns that one is taken for each side whose values name most people there. Rows that name nobody of both
    sets are counted in one problem: such a list may be of more people than the sets. Raises `SetWrong` where no
    two columns do.
    """
    read = read_rows(path)
    sides = (frozenset(probes), frozenset(gallery))
    named = [{column: sum(row[column] in side for _, row in read.rows) for column in read.columns} for side in sides]
    choices = [(first, second) for first in read.columns for second in read.columns if first != second]
    best = max(choices, key=lambda two: min(named[0][two[0]], named[1][two[1]]), default=None)
    if best is None or not (named[0][best[0]] and named[1][best[1]]):
        raise SetWrong(
            f"{path} should have a column that names people of the probes and one that names people of the gallery; "
            f"its columns {', '.join(read.columns)[:80]} do not"
        )
    pairs: dict[tuple[str, str], None] = {}
    rows = [(row[best[0]], row[best[1]]) for _, row in read.rows]
    for one, other in rows:
        if one in sides[0] and other in sides[1]:
            pairs[one, other] = None
    others = sum(row not in pairs for row in rows)
    said = f"{others:,} {'row names' if others == 1 else 'rows name'} nobody of both sets"
    unpaired = [Problem(Trouble.UNPAIRED, path.name, said)] if others else []
    return tuple(pairs), (*read.problems, *unpaired)

"""What an import is given: the pictures of a folder, of a CSV's rows or of a bucket, in one order, each with its id.

A source is gone through as often as it is asked, and never held whole. Links are not followed. Whether a
file is a picture its ending says first and the service last.
"""

from __future__ import annotations

import csv
import os
import re
import unicodedata
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePath, PurePosixPath
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from recognizance.cli import photos
from recognizance.cli.failures import Failed, Wrong, sentence
from recognizance.cli.output import shown

if TYPE_CHECKING:
    from recognizance.settings import Settings

Naming: TypeAlias = Literal["name", "folder", "path"]
ENDINGS = (".jpg", ".jpeg", ".jpe", ".jfif", ".png")
S3 = "s3://"
COLUMNS = ("path", "external_id", "user_id", "consent")
DELIMITERS = ",;\t"
LONGEST = 255  # of an external id (service model), and of a reference to a consent
FIT = re.compile(r"[a-zA-Z0-9_.\-:]+")
UNFIT = re.compile(r"[^a-zA-Z0-9_.\-:]")
USER = re.compile(r"[a-zA-Z0-9_.\-:]{1,128}")  # the service model's pattern
LETTERS = str.maketrans(
    {"ß": "ss", "æ": "ae", "Æ": "AE", "œ": "oe", "Œ": "OE", "ø": "o", "Ø": "O", "ł": "l", "Ł": "L", "đ": "d", "Đ": "D",
     "ð": "d", "þ": "th", "ı": "i"}
)  # fmt: skip
"""Latin letters that no accent can be taken off."""


@dataclass(frozen=True, slots=True)
class Stored:
    """An object in a bucket; `stamp` changes when it does, as far as a listing tells."""

    bucket: str
    key: str
    stamp: str = ""


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture to enrol: what to call it, where it is, and whose it is.

    `wanted` is the external id as people write it, not yet made fit. `consent` is the reference to a release of this
    picture's own, where it has one. `problem` says why it cannot be asked about.
    """

    name: str
    at: Path | Stored
    wanted: str
    user_id: str | None = None
    problem: str = ""
    consent: str | None = None

    @property
    def external_id(self) -> str:
        """The external id as the wire takes it."""
        return fit(self.wanted)


@dataclass(frozen=True, slots=True)
class Passed:
    """Something that lies among the pictures and is none; `why` is a word or two."""

    why: str


Found: TypeAlias = Picture | Passed
Source: TypeAlias = Callable[[], Iterator[Found]]
"""What goes through everything there is, in the same order each time, as long as nothing changes."""


def open_source(given: str, settings: Settings, naming: Naming | None) -> Source:
    """Return the source that an argument names: a folder, a CSV, or s3://bucket/prefix.

    Without `naming` a picture is called after the folder it lies in below the source, else after itself.
    Raises `Wrong` when there is no such thing, or S3 may not be read.
    """
    if given.startswith(S3):
        stored = _object(given)
        _check_bucket(stored.bucket, settings)
        return lambda: _in_bucket(stored, settings, naming)
    path = Path(given)
    if path.is_dir():
        return lambda: _in_folder(path.absolute(), naming)
    if not path.exists():
        raise Wrong(f"{shown(given)}: there is no such file or folder; name a folder, a CSV file or s3://bucket/prefix")
    delimiter, columns = _header(path)
    _check_columns(path, columns)
    return lambda: _in_csv(path.absolute(), delimiter, naming or "name")


def fit(wanted: str) -> str:
    """Return an external id of the wire's letters, at most 255: accents are taken off, what remains becomes `_`.

    >>> fit("José García"), fit("a-b.c_d:e")
    ('Jose_Garcia', 'a-b.c_d:e')
    """
    if len(wanted) <= LONGEST and FIT.fullmatch(wanted):
        return wanted
    plain = unicodedata.normalize("NFKD", wanted.translate(LETTERS))
    kept = "".join(sign for sign in plain if not unicodedata.combining(sign))
    return UNFIT.sub("_", kept)[:LONGEST] or "_"


def called(place: PurePath, folder: str, naming: Naming | None) -> str:
    """Return the external id of a picture by its place below the source, as people write it.

    `folder` is the name of the source itself.

    >>> [called(PurePath("anna", "1.jpg"), "staff", how) for how in (None, "name", "folder", "path")]
    ['anna', '1', 'anna', 'anna/1.jpg']
    """
    above = place.parent.name
    if naming == "path":
        return place.as_posix()
    if naming == "folder" or (naming is None and above):
        return above or folder or place.stem
    return place.stem


def _in_folder(root: Path, naming: Naming | None) -> Generator[Found]:
    going = [_entries(root, root)]
    while going:
        entry = next(going[-1], None)
        if entry is None:
            going.pop()
        elif isinstance(entry, Picture):
            yield entry
        elif entry.name.startswith("."):
            yield Passed("hidden")
        elif entry.is_symlink():
            yield Passed("a link")
        elif entry.is_dir(follow_symlinks=False):
            going.append(_entries(Path(entry.path), root))
        elif not entry.is_file(follow_symlinks=False):
            yield Passed("not a file")
        elif (ending := os.path.splitext(entry.name)[1].lower()) not in ENDINGS:
            yield Passed(ending or "without ending")
        else:
            place = Path(entry.path).relative_to(root)
            yield Picture(str(place), Path(entry.path), called(place, root.name, naming))


def _entries(folder: Path, root: Path) -> Iterator[os.DirEntry[str] | Picture]:
    """Return what is in a folder, by name; of one below `root` that cannot be read, a picture that says so."""
    try:
        with os.scandir(folder) as entries:
            return iter(sorted(entries, key=lambda entry: entry.name))
    except OSError as error:
        if folder == root:
            raise
        return iter([Picture(str(folder.relative_to(root)), folder, folder.name, problem=sentence(error))])


def _header(path: Path) -> tuple[str, list[str]]:
    """Return a CSV's delimiter and the names of its columns: the delimiter is the one that gives a column `path`."""
    with path.open("rb") as file:
        head = file.read(photos.HEAD)
        kind = photos.kind_of(head)
        if kind:
            raise Wrong(
                f"{shown(path)} seems to be {kind}; name a folder of pictures, a CSV file or s3://bucket/prefix"
            )
    with _told(path), path.open(encoding="utf-8-sig", newline="") as text:
        line = text.readline()
    found = {sign: next(csv.reader([line], delimiter=sign), []) for sign in DELIMITERS}
    return next(((sign, names) for sign, names in found.items() if "path" in names), (",", found[","]))


def _check_columns(path: Path, columns: list[str]) -> None:
    if "path" not in columns:
        raise Wrong(
            f"{shown(path)} should begin with a line that names its columns: path, and external_id, user_id and "
            f"consent where there are any; it begins with {shown(', '.join(columns)[:80]) or 'nothing'}"
        )
    twice = [name for name in COLUMNS if columns.count(name) > 1]
    if twice:
        raise Wrong(f"{shown(path)} has more than one column {twice[0]}")


def _in_csv(path: Path, delimiter: str, naming: Naming) -> Generator[Found]:
    with _told(path), path.open(encoding="utf-8-sig", newline="") as text:
        rows = csv.DictReader(text, delimiter=delimiter)
        for row in rows:
            yield _of_row(row, rows.line_num, path, naming)


def _of_row(row: Mapping[str | None, Any], line: int, path: Path, naming: Naming) -> Picture:
    named, wanted, user, consent = (str(row.get(column) or "").strip() for column in COLUMNS)
    problem = ""
    if not named:
        problem = f"line {line} names no path"
    elif None in row:
        problem = f"line {line} has more columns than the first"
    elif "\0" in named:
        problem = f"the path in line {line} has a character of value 0, which no path can have"
    elif user and not USER.fullmatch(user):
        problem = "the user_id should be 1 to 128 of the letters a-z and A-Z, digits and _ . - :"
    elif len(consent) > LONGEST or not consent.isprintable():
        problem = f"the consent should be at most {LONGEST} characters that print"
    place = PurePosixPath(named.removeprefix(S3)) if named.startswith(S3) else PurePath(named)
    at: Path | Stored = path.parent / named
    if named.startswith(S3):
        try:
            at = _object(named)
        except Wrong as error:
            problem = str(error)
    called_so = wanted or called(place, path.parent.name, naming)
    return Picture(named or f"line {line}", at, called_so, user or None, problem, consent or None)


@contextmanager
def _told(path: Path) -> Generator[None]:
    """Turn what reading a CSV raises into a sentence."""
    try:
        yield
    except UnicodeDecodeError as error:
        raise Wrong(f"{shown(path)} is not UTF-8; save it as CSV UTF-8") from error
    except csv.Error as error:
        raise Wrong(f"{shown(path)} is no CSV that can be read: {error}") from error


def _object(address: str) -> Stored:
    bucket, _, key = address.removeprefix(S3).partition("/")
    if not bucket:
        raise Wrong(f"{shown(address)} names no bucket; it should be like s3://bucket/prefix")
    return Stored(bucket, key)


def _check_bucket(bucket: str, settings: Settings) -> None:
    from recognizance.media.s3 import readable

    if not settings.s3_endpoint:
        raise Wrong(
            "this server reads no S3 objects; set RECOGNIZANCE_S3_ENDPOINT, and its key, as docs/settings.md says"
        )
    if not readable(bucket, "a", None, settings.s3_buckets):
        allowed = ", ".join(settings.s3_buckets)
        raise Wrong(
            f"the bucket {shown(bucket)} may not be read: RECOGNIZANCE_S3_BUCKETS names {allowed}"
            if allowed
            else f"{shown(bucket)} is no name of a bucket"
        )


def _in_bucket(prefix: Stored, settings: Settings, naming: Naming | None) -> Generator[Found]:
    from recognizance.media import s3

    client = s3.make_client(settings)
    folder = prefix.key[: prefix.key.rfind("/") + 1]
    try:
        for page in client.get_paginator("list_objects_v2").paginate(Bucket=prefix.bucket, Prefix=prefix.key):
            for one in page.get("Contents", []):
                key = str(one["Key"])
                ending = PurePosixPath(key).suffix.lower()
                if key.endswith("/"):
                    yield Passed("a folder")
                elif ending not in ENDINGS:
                    yield Passed(ending or "without ending")
                else:
                    place = PurePosixPath(key.removeprefix(folder).lstrip("/"))
                    stamp = f"{one.get('ETag')} {one.get('Size')} {one.get('LastModified')}"
                    wanted = called(place, PurePosixPath(folder).name or prefix.bucket, naming)
                    yield Picture(f"{S3}{prefix.bucket}/{key}", Stored(prefix.bucket, key, stamp), wanted)
    except s3.UNREADABLE as error:
        answer = getattr(error, "response", {}).get("Error", {})
        why = f"{answer.get('Code')}: {answer.get('Message')}" if answer else type(error).__name__
        raise Failed(
            f"{S3}{prefix.bucket} cannot be listed ({why}); its key needs permission to list the bucket"
        ) from error
    finally:
        client.close()

"""Photos as people have them: files and folders, in whatever format a phone or a browser left."""

from __future__ import annotations

import itertools
import os
from collections.abc import Sequence
from pathlib import Path

from recognizance.cli.failures import Wrong, sentence
from recognizance.cli.output import shown

HEAD = 32

_SIGNS: Sequence[tuple[bytes, str]] = (
    (b"\xff\xd8\xff", "JPEG"),
    (b"\x89PNG\r\n\x1a\n", "PNG"),
    (b"GIF8", "GIF"),
    (b"BM", "BMP"),
    (b"II*\x00", "TIFF"),
    (b"MM\x00*", "TIFF"),
    (b"II+\x00", "TIFF"),
    (b"\xff\x0a", "JPEG XL"),
    (b"\x00\x00\x00\x0cJXL ", "JPEG XL"),
    (b"\x00\x00\x00\x0cjP  ", "JPEG 2000"),
    (b"8BPS", "Photoshop"),
    (b"%PDF", "PDF"),
    (b"<svg", "SVG"),
    (b"\x1aE\xdf\xa3", "Matroska or WebM video"),
)
_BRANDS = {
    b"heic": "HEIC", b"heix": "HEIC", b"heim": "HEIC", b"heis": "HEIC", b"hevc": "HEIC", b"hevx": "HEIC",
    b"mif1": "HEIC", b"msf1": "HEIC", b"avif": "AVIF", b"avis": "AVIF", b"crx ": "Canon raw",
}  # fmt: skip
READ = ("JPEG", "PNG")


def read(path: Path) -> bytes:
    """Return the bytes of a JPEG or PNG file.

    Raises `Wrong` when the file cannot be read, is empty, too large, or of another format, which it then names.
    """
    from recognizance.values import PICTURE_BYTES

    try:
        if path.is_dir():
            raise Wrong(f"{shown(path)} is a folder; name a JPEG or PNG file")
        with path.open("rb") as file:
            content = file.read(PICTURE_BYTES + 1)
    except OSError as error:
        text = sentence(error)
        raise Wrong(text if shown(path) in text else f"{shown(path)}: {text}") from error
    if len(content) > PICTURE_BYTES:
        raise Wrong(f"{shown(path)} has more than 15 MB; save it smaller")
    if not content:
        raise Wrong(f"{shown(path)} is empty; name a JPEG or PNG file")
    kind = kind_of(content[:HEAD])
    if kind not in READ:
        seems = f"seems to be {kind}" if kind else "is of a format not known here"
        raise Wrong(f"{shown(path)} {seems}; convert it to JPEG or PNG")
    return content


def kind_of(head: bytes) -> str | None:
    """Return the name of the format that a file's first bytes speak of; None when they say nothing.

    >>> kind_of(b"RIFF....WEBPVP8 ")
    'WebP'
    """
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "WebP"
    if head[4:8] == b"ftyp":
        return _BRANDS.get(head[8:12], "a video (MP4 or QuickTime)")
    return next((name for sign, name in _SIGNS if head.startswith(sign)), None)


def in_folder(folder: Path) -> tuple[list[Path], list[tuple[Path, str]]]:
    """Return the JPEG and PNG files directly in `folder`, and what else is there with why it is left out.

    Both by name; of a file its content decides, not its name. Raises `OSError`.
    """
    taken: list[Path] = []
    left_out: list[tuple[Path, str]] = []
    for path in sorted(folder.iterdir()):
        why = _why_not(path)
        if why is None:
            taken.append(path)
        else:
            left_out.append((path, why))
    return taken, left_out


def _why_not(path: Path) -> str | None:
    try:
        if path.is_dir():
            return "a folder"
        if not path.is_file():
            return "not a file"
        with path.open("rb") as file:
            head = file.read(HEAD)
    except OSError:
        return None  # let it be read, and its failure told, with the others
    if not head:
        return "empty"
    kind = kind_of(head)
    return None if kind in READ else kind or "of a format not known here"


def unused(path: Path) -> Path:
    """Return `path`, or with a number at the end of its name where something is there already.

    >>> unused(Path("no-such-folder/a.png")).name
    'a.png'
    """
    names = (path.with_name(f"{path.stem}-{number}{path.suffix}") for number in itertools.count(2))
    return next(name for name in itertools.chain([path], names) if not os.path.lexists(name))

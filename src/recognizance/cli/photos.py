"""Photos as people have them: files and folders, in whatever format a phone or a browser left."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from recognizance.cli.failures import Wrong
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

    Raises `Wrong` when the file is empty, too large, or of another format, which it then names;
    `OSError` when it cannot be read.
    """
    from recognizance.values import PICTURE_BYTES

    if path.is_dir():
        raise Wrong(f"{shown(path)} is a folder; name a JPEG or PNG file")
    with path.open("rb") as file:
        content = file.read(PICTURE_BYTES + 1)
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


def in_folder(folder: Path) -> list[Path]:
    """Return the JPEG and PNG files directly in `folder`, by name; their content decides, not their names."""
    return [path for path in sorted(folder.iterdir()) if path.is_file() and _head_kind(path) in READ]


def _head_kind(path: Path) -> str | None:
    try:
        with path.open("rb") as file:
            return kind_of(file.read(HEAD))
    except OSError:
        return READ[0]  # let it be read, and its failure told, with the others

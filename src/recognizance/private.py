"""Folders and files that nobody but their owner may read."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path

from recognizance.errors import SettingsWrong

KEY = 32  # bytes


def folder(path: Path) -> None:
    """Make a folder for its owner only, and its parents as usual. One that is there is left as it is.

    Raises `SettingsWrong` when something else has its name.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.mkdir(mode=0o700, exist_ok=True)
    except (FileExistsError, NotADirectoryError):
        raise SettingsWrong(f"{path} should be a folder, and it or one above it is a file") from None


def keep(path: Path, make: Callable[[], bytes]) -> bytes:
    """Return the content of the file at `path`, made first when it is missing, for its owner from its first moment.

    Two processes may start at once: each writes a draft of its own, and the link decides which is kept.
    """
    if not path.exists():
        folder(path.parent)
        handle, draft = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(make())
                file.flush()
                os.fsync(file.fileno())
            os.link(draft, path)
            make_durable(path.parent)
        except FileExistsError:
            pass
        finally:
            Path(draft).unlink()
    if path.stat().st_mode & 0o077:
        path.chmod(0o600)
    return path.read_bytes()


def key(path: Path, random: Callable[[int], bytes]) -> bytes:
    """Return the 32-byte key kept at `path`, made when it is missing. Raises `SettingsWrong` for another length."""
    found = keep(path, lambda: random(KEY))
    if len(found) != KEY:
        raise SettingsWrong(f"{path} should hold {KEY} bytes and holds {len(found)}; restore it from backup")
    return found


def make_durable(path: Path) -> None:
    """Wait until the disk has the names in a folder, and not only the files they name."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)

"""Files that somebody named, read whole: never a pipe or a device, which may have no end, and never a huge one."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

TABLE = 1 << 30  # bytes; ten million rows have fewer
REPORT = 1 << 28  # bytes; the largest there are have some megabytes
PICTURE = 1 << 27  # bytes; a picture within our limits has fewer


def read(path: Path, most: int) -> bytes:
    """Return a file's bytes.

    Raises `OSError`, with a sentence's end as its `strerror`, for what is no regular file or has more than `most`
    bytes.
    """
    _look(path.stat(), path, most)  # before it is opened: opening a device may do something
    with os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK), "rb") as file:
        _look(os.fstat(file.fileno()), path, most)
        return file.read(most)


def _look(stated: os.stat_result, path: Path, most: int) -> None:
    if stat.S_ISDIR(stated.st_mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    if not stat.S_ISREG(stated.st_mode):
        raise OSError(errno.EINVAL, "this is a pipe or a device; it should be a regular file", str(path))
    if stated.st_size > most:
        raise OSError(errno.EFBIG, f"it has {stated.st_size:,} bytes; at most {most:,} are read", str(path))

"""What went wrong, in one sentence on stderr and an exit status; a traceback only for our own mistakes."""

from __future__ import annotations

import errno
import functools
import os
import shlex
import sys
from collections.abc import Callable
from pathlib import Path
from typing import ParamSpec, TypeVar

import typer

from recognizance.cli import output
from recognizance.errors import (
    DatabaseUnusable,
    ImageTooLarge,
    InvalidImage,
    InvalidParameter,
    LedgerBroken,
    ModelUnusable,
    Refusal,
    ServerRefused,
    SettingsWrong,
)

FAILED = 1
WRONG = 2
STOPPED = 130  # what shells give for Ctrl-C
BRINGS = "recognizance models install"

Given = ParamSpec("Given")
Back = TypeVar("Back")


class Wrong(Exception):
    """What the command was given makes no sense; the text says what would be right."""


class Failed(Exception):
    """What was asked makes sense and could not be done; the text says why."""


def need_new(path: Path) -> None:
    """Raise `Wrong` where there is something of that name, be it a link to nothing."""
    if os.path.lexists(path):
        raise Wrong(f"{output.shown(path)} is there already; name another file")


EXPECTED = (
    Wrong,
    Failed,
    Refusal,
    ModelUnusable,
    SettingsWrong,
    DatabaseUnusable,
    LedgerBroken,
    ServerRefused,
    OSError,
)


def plainly(command: Callable[Given, Back]) -> Callable[Given, Back]:
    """Return `command` with every expected failure told in a sentence instead of raised.

    A hint at installing models gets the `--data` that the command was given. A reader of our output who
    goes away, as `head` does, is no failure.
    """

    @functools.wraps(command)
    def told(*args: Given.args, **kwargs: Given.kwargs) -> Back:
        try:
            return command(*args, **kwargs)
        except BrokenPipeError as error:
            # Python writes out what it still holds when it ends, and would complain then.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise typer.Exit from error
        except KeyboardInterrupt as error:
            typer.echo("Stopped.", err=True)
            raise typer.Exit(STOPPED) from error
        except EXPECTED as error:
            output.complain(with_data(sentence(error), kwargs.get("data")))
            raise typer.Exit(status(error)) from error

    return told


def with_data(text: str, data: object) -> str:
    """Return `text` with the data folder that was given, if any, in its hint at installing models."""
    return text if data is None else text.replace(BRINGS, f"{BRINGS} --data {output.shown(shlex.quote(str(data)))}")


def status(error: Exception) -> int:
    """Return the exit status: 2 when the person asking can put it right in the command, else 1."""
    wrong = (Wrong, SettingsWrong, InvalidImage, ImageTooLarge, InvalidParameter)
    return WRONG if isinstance(error, wrong) else FAILED


def sentence(error: Exception) -> str:
    """Return what went wrong, made safe to print: one line, and an indented one for each further thing tried."""
    text = _system(error) if isinstance(error, OSError) else str(error).removeprefix("Request has ")
    return "\n  ".join(output.shown(row) for row in text.splitlines())


def _system(error: OSError) -> str:
    name = error.filename
    reason = error.strerror or str(error)
    reason = {
        errno.ENOENT: "there is no such file or folder",
        errno.EACCES: "this user has no permission for that",
        errno.EPERM: "this user has no permission for that",
        errno.ENOSPC: "the disk is full",
        errno.EROFS: "the disk is read-only",
        errno.ENOTDIR: "a part of the path is a file, not a folder",
        errno.EISDIR: "that is a folder; a file is needed",
        errno.EEXIST: "there is already a file of that name",
    }.get(error.errno or 0, reason)
    return f"{name}: {reason}" if name else reason

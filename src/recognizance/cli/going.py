"""How far a long command is: a bar on a terminal, a line every few seconds elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import TypeAlias

import typer

EVERY = timedelta(seconds=10)  # between two lines where there is no terminal
Going: TypeAlias = Callable[[int], None]


@contextmanager
def going(what: str, total: int | None, now: Callable[[], datetime]) -> Generator[Going]:
    """Give a function to call with how many of `what` are done, of `total` where that is known; on stderr."""
    if sys.stderr.isatty():
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        with Progress(*columns, console=Console(stderr=True), transient=True) as bars:
            task = bars.add_task(what, total=total)
            yield lambda done: bars.update(task, completed=done)
        return
    said = now()

    def line(done: int) -> None:
        nonlocal said
        if now() - said >= EVERY:
            said = now()
            typer.echo(f"{done:,}{'' if total is None else f' of {total:,}'} {what}", err=True)

    yield line


def count(number: int, what: str) -> str:
    """Return a number with what it counts.

    >>> count(1, "face"), count(1200, "face")
    ('1 face', '1,200 faces')
    """
    return f"{number:,} {what}{'' if number == 1 else 's'}"

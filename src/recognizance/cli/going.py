"""How far a long command is: a bar on a terminal, a line every few seconds elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Protocol

import typer

EVERY = timedelta(seconds=10)  # between two lines where there is no terminal


class Going(Protocol):
    """Tells how far it is."""

    def __call__(self, done: int, earlier: int = 0, /) -> None:
        """Say that so many are done, so many of these by an earlier run, which says nothing of how fast it goes."""
        ...


@contextmanager
def going(what: str, total: int | None, now: Callable[[], datetime]) -> Generator[Going]:
    """Give a function to call with how many of `what` are done, of `total` where that is known; on stderr."""
    began = now()

    def left(done: int, earlier: int) -> str:
        return "" if total is None else pace(done - earlier, total - done, (now() - began).total_seconds())

    if sys.stderr.isatty():
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

        columns = (BarColumn(), MofNCompleteColumn(), TextColumn("{task.description}"))
        with Progress(*columns, console=Console(stderr=True), transient=True, refresh_per_second=2) as bars:
            task = bars.add_task(what, total=total)

            def bar(done: int, earlier: int = 0, /) -> None:
                bars.update(task, description=f"{what}{left(done, earlier)}", completed=done)

            yield bar
        return
    said = began

    def line(done: int, earlier: int = 0, /) -> None:
        nonlocal said
        if now() - said >= EVERY:
            said = now()
            of = "" if total is None else f" of {total:,}"
            typer.echo(f"{done:,}{of} {what}{left(done, earlier)}", err=True)

    yield line


def count(number: int, what: str) -> str:
    """Return a number with what it counts.

    >>> count(1, "face"), count(1200, "face")
    ('1 face', '1,200 faces')
    """
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def pace(done: int, left: int, seconds: float) -> str:
    """Return how fast it goes and how long it will take, to be put behind a count; nothing as long as nobody knows.

    >>> pace(60, 180, 30), pace(0, 180, 30)
    (', 2.0 a second, 1 min 30 s left', '')
    """
    if not done or seconds <= 0:
        return ""
    rate = done / seconds
    return f", {rate:.1f} a second, {lasting(left / rate)} left"


def lasting(seconds: float) -> str:
    """Return a time in two units.

    >>> lasting(9.7), lasting(100), lasting(7384), lasting(200_000)
    ('10 s', '1 min 40 s', '2 h 3 min', '2 d 8 h')
    """
    whole = round(seconds)
    for unit, size, smaller, part in (("d", 86400, "h", 3600), ("h", 3600, "min", 60), ("min", 60, "s", 1)):
        if whole >= size:
            return f"{whole // size} {unit} {whole % size // part} {smaller}"
    return f"{whole} s"

"""Where words go: tables and lines to stdout, complaints and progress to stderr, JSON alone.

Text from outside (file names, a ledger's purposes) is shown with its control characters replaced, so
that nothing it holds can speak to the terminal.
"""

from __future__ import annotations

import json
import shutil
import sys
import textwrap
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, TypeAlias

import typer

Bar: TypeAlias = Callable[[str, int, int | None], None]
REPLACEMENT = "\N{REPLACEMENT CHARACTER}"


def shown(text: object) -> str:
    """Return `text` as one line that is safe to print: what is not printable becomes U+FFFD."""
    return "".join(sign if sign.isprintable() else REPLACEMENT for sign in str(text))


def line(text: str = "", *, indent: int = 0) -> None:
    """Print one line for a person. A terminal's line breaks between words; what follows is indented."""
    if on_terminal() and text:
        width = shutil.get_terminal_size().columns
        text = textwrap.fill(
            text, width, subsequent_indent=" " * indent, break_long_words=False, break_on_hyphens=False,
            replace_whitespace=False, drop_whitespace=True,
        )  # fmt: skip
    typer.echo(text)


def complain(text: str) -> None:
    """Print one line to stderr."""
    typer.echo(f"recognizance: {text}", err=True)


def as_json(value: Mapping[str, Any]) -> None:
    """Print one JSON object; times are ISO 8601."""
    typer.echo(json.dumps(value, indent=2, default=_plain))


def on_terminal() -> bool:
    """Tell whether stdout is a terminal, so whether a person reads it as it comes."""
    return sys.stdout.isatty()


def table(columns: Sequence[str], rows: Sequence[Sequence[str]], *, left: int = 1) -> None:
    """Print rows under columns: with rules on a terminal, as aligned plain lines elsewhere.

    The first `left` columns are text and the others numbers, which end at one line. A column's name may
    have a line break, which counts on a terminal, where room is short.
    """
    if on_terminal():
        _ruled(columns, rows, left)
    else:
        for text in aligned([" ".join(name.split("\n")) for name in columns], rows, left=left):
            typer.echo(text)


def aligned(columns: Sequence[str], rows: Sequence[Sequence[str]], *, left: int = 1) -> list[str]:
    """Return a heading and one line per row, columns two spaces apart.

    >>> aligned(["file", "face"], [["a.jpg", "1"]])
    ['file   face', 'a.jpg     1']
    """
    everything = [columns, *rows]
    widths = [max(len(row[at]) for row in everything) for at in range(len(columns))]
    return [
        "  ".join(
            cell.ljust(width) if at < left else cell.rjust(width)
            for at, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in everything
    ]


@contextmanager
def working(text: str) -> Generator[None]:
    """Say on a terminal's stderr what is being done, for as long as it takes."""
    if not sys.stderr.isatty():
        yield
        return
    from rich.console import Console

    with Console(stderr=True).status(f"{text} …"):
        yield


@contextmanager
def progress(name: str) -> Generator[Bar]:
    """Give a function to call with what is being done to `name`, how far, and of how much where that is known.

    A bar on a terminal's stderr; nothing elsewhere.
    """
    if not sys.stderr.isatty():
        yield lambda stage, done, total: None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bars:
        task = bars.add_task(name, total=None)
        yield lambda stage, done, total: bars.update(task, description=f"{name}: {stage}", completed=done, total=total)


def _ruled(columns: Sequence[str], rows: Sequence[Sequence[str]], left: int) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    drawn = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1), collapse_padding=True)
    for at, name in enumerate(columns):
        drawn.add_column(name, justify="left" if at < left else "right", overflow="fold")
    for row in rows:
        drawn.add_row(*(Text(cell) for cell in row))
    console = Console()
    if console.measure(drawn).maximum > console.width:  # rather closer columns than broken ones
        drawn.padding = 0
    console.print(drawn)
    console.print()


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"no JSON for {type(value).__name__}")

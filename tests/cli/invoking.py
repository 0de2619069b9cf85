"""Runs the command line in this process: its commands are built once, which takes longer than most runs."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

import typer
from typer.core import TyperGroup
from typer.main import get_command
from typer.testing import CliRunner, Result

from recognizance.cli import Made, command_line


@functools.cache
def _built() -> Any:
    nothing: Any = None
    return get_command(command_line(nothing))


class _Built(TyperGroup):
    """The whole command line, as it was built before."""

    def __init__(self, **_: Any) -> None:
        self.__dict__.update(vars(_built()))


_LINE = typer.Typer(cls=_Built, pretty_exceptions_enable=False, add_completion=False)
_LINE.callback()(lambda: None)


def invoke(made: Made, words: Sequence[str]) -> Result:
    """Run `recognizance` with these words, every command of which gets `made` handed in; return what it printed."""
    return CliRunner().invoke(_LINE, list(words), obj=made, prog_name="recognizance")

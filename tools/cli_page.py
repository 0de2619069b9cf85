"""Write docs/cli.md from the command line's own help."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

import typer

from page import keep
from recognizance.cli import Made, command_line

HEAD = """\
<!-- GENERATED from the command line's own help by `python tools/cli_page.py`. Do not edit. -->

# The command line

What people read goes to standard output, in ruled tables on a terminal and as plain lines elsewhere;
complaints and progress go to standard error. `--json` prints one JSON object and nothing else.
Exit status: 0 done, 1 something failed, 2 the command or what it was given makes no sense (or none of it
could be read), 130 stopped with Ctrl-C. A reader that goes away, as `head` does, is no failure.

Commands that look at pictures or records open the same database and ask the same service as the server
does, as the caller `local-command-line`, so the ledger has an entry for each call. They may run beside
the server.
"""
WIDTH = 100


def _never(*_: Any) -> Any:
    raise AssertionError("help is printed without running anything")


def page() -> str:
    """Return the whole page."""
    made = Made(open_service=_never, serve=_never, environment={}, new_id=_never, now=_never)
    return HEAD + "".join(_sections(typer.main.get_command(command_line(made)), ("recognizance",), None))


def _sections(command: Any, path: tuple[str, ...], above: Any) -> Iterator[str]:
    context = typer.Context(command, info_name=path[-1], parent=above, terminal_width=WIDTH, max_content_width=WIDTH)
    rows = (row.rstrip() for row in command.get_help(context).splitlines())
    yield f"\n## {' '.join(path)}\n\n```text\n" + "\n".join(rows) + "\n```\n"
    for name, below in getattr(command, "commands", {}).items():
        yield from _sections(below, (*path, name), context)


if __name__ == "__main__":
    keep("cli.md", page(), sys.argv[1:])

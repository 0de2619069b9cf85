"""`recognizance audit`: what its commands share, from reading a set of pictures to writing the report.

A command reads its sets, measures, and hands an `Audit` to `Lab.finish`, which writes the JSON and the page, prints the
verdict and, where this machine keeps a ledger, enters the report's digest there. Where no file is asked for, the
verdict and the tables go to the terminal alone.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from recognizance.cli import made, output
from recognizance.cli.failures import Wrong

if TYPE_CHECKING:
    from recognizance.evaluation.audit import Audit, Set
    from recognizance.evaluation.page import Page
    from recognizance.evaluation.pipeline import Pipeline
    from recognizance.evaluation.subjects import Exclusions
    from recognizance.evaluation.templates import Templates
    from recognizance.settings import Settings


class Face(str, Enum):
    """Which of several faces a picture is about."""

    LARGEST = "largest"
    CENTRAL = "central"


Json = Annotated[
    Path | None, typer.Option("--json", metavar="OUT", help="Write all figures to this file.", show_default=False)
]
Html = Annotated[
    Path | None,
    typer.Option("--html", metavar="OUT", help="Write one page for people to this file.", show_default=False),
]
Exclude = Annotated[
    Path | None,
    typer.Option(
        metavar="CSV", help="People or pictures to leave out: a heading `person` or `file`, a row each.",
        show_default=False,
    ),
]  # fmt: skip
Groups = Annotated[
    list[str] | None,
    typer.Option("--groups", metavar="COLUMN", help="Columns of the tables to tell people apart by; may be repeated.",
                 show_default=False),
]  # fmt: skip
People = Annotated[
    Path | None,
    typer.Option(metavar="CSV", help="What is known of people, by name: for --groups where a set is a folder.",
                 show_default=False),
]  # fmt: skip
WhichFace = Annotated[Face, typer.Option("--face", help="The face that counts in a picture of several.")]
Seed = Annotated[int, typer.Option(min=0, metavar="NUMBER", help="Of everything drawn by chance.")]
Cache = Annotated[
    bool,
    typer.Option(
        "--cache/--no-cache",
        help="Keep vectors in the data folder, so that a run that was stopped goes on and the next one is quick.",
    ),
]
Record = Annotated[
    bool, typer.Option("--record/--no-record", help="Enter the result in this machine's ledger, where there is one.")
]
SEED = 20_261_123


@dataclass(frozen=True, slots=True)
class Asked:
    """What every audit's command is given, beside what is its own."""

    json: Path | None = None
    html: Path | None = None
    exclude: Path | None = None
    groups: tuple[str, ...] = ()
    people: Path | None = None
    face: Face = Face.LARGEST
    seed: int = SEED
    cache: bool = True
    record: bool = True


@dataclass(frozen=True, slots=True)
class Lab:
    """What an audit works with: the models, opened when first needed, and where things are read and written."""

    given: made.Made
    settings: Settings
    asked: Asked

    def pipeline(self) -> Pipeline:
        """Return the product's own pipeline with these settings."""
        raise NotImplementedError

    def exclusions(self) -> Exclusions:
        """Return the list of exclusions, empty where none was given."""
        raise NotImplementedError

    def templates(self, given: str, *, role: str) -> Templates:
        """Return the templates of a folder, a table or a collection; `role` is what it is for, in a word."""
        raise NotImplementedError

    def made(self, sets: Sequence[tuple[str, Templates]]) -> Any:
        """Return what the audit was made with, from the sets by role."""
        raise NotImplementedError

    def finish(self, audit: Audit, told: Callable[[Mapping[str, Any]], Page]) -> None:
        """Write, show and record an audit. `told` makes the page from the document alone (as JSON has it)."""
        raise NotImplementedError

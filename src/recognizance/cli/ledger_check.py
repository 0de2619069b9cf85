"""`recognizance ledger check`: whether a collection is what was enrolled, and what the record says was searched."""

from __future__ import annotations

from typing import Annotated

import typer

from recognizance.cli import made, output
from recognizance.cli.failures import FAILED


def check(
    context: typer.Context,
    collection: Annotated[str, typer.Argument(metavar="COLLECTION", help="The collection's id.", show_default=False)],
    as_json: made.Json = False,
    purpose: made.Purpose = None,
    case: made.Case = None,
    data: made.Data = None,
) -> None:
    """Compute a collection's root from every vector, and hold it against what is kept and what was recorded.

    It finds what was changed in the database past this program: a vector that is another, one too many or too few.
    The exit status is 0 only where everything agrees. Looking is itself recorded.
    """
    given = made.of(context)
    settings = given.settings(data=data)
    made.need_ledger(settings)
    with (
        given.asking(settings, purpose=purpose, case=case, looks=False) as ask,
        output.working("Reading every vector"),
    ):
        answer = ask("CheckCollection", {"CollectionId": collection})
    if as_json:
        output.as_json(answer)
    else:
        output.line(output.shown(answer["Sentence"]))
        roots = (("kept", "Root"), ("computed", "ComputedRoot"), ("recorded", "RecordedRoot"))
        output.table(("root", "SHA-256"), [(name, answer.get(member, "-")) for name, member in roots], left=2)
    if not answer["Sound"]:
        raise typer.Exit(FAILED)

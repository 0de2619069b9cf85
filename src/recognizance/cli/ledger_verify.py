"""`recognizance ledger verify`: checks an exported ledger or a proof, with no server and no data folder."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from recognizance.cli import made, output
from recognizance.cli.failures import FAILED, Wrong
from recognizance.cli.going import going
from recognizance.errors import LedgerBroken


def verify(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="An exported ledger or a proof.", show_default=False)],
    key: Annotated[
        str | None,
        typer.Option(metavar="KEY|FILE", help="The ledger's public key, from where you trust it.", show_default=False),
    ] = None,
    witness: Annotated[
        list[str] | None,
        typer.Option(
            metavar="KEY|FILE",
            help="The public key of a witness that must have cosigned; may be repeated.",
            show_default=False,
        ),
    ] = None,
    since: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="A checkpoint you kept, which the ledger must have grown from.", show_default=False
        ),
    ] = None,
    as_json: made.Json = False,
) -> None:
    """Check an exported ledger: that it is whole, in order, unaltered, signed by the key you give, and has only grown.

    Says in a sentence which entry is wrong, and how. The exit status is 0 only where all that was asked is proved;
    without --key, nothing is proved about who signed. It needs no server, no data folder and no network.
    """
    from recognizance.accountability import notes, verifying

    given = made.of(context)
    try:
        trusted = verifying.Trusted(
            keys=verifying.given_key(key, notes.LOG) if key else (),
            witnesses=tuple(one for text in witness or () for one in verifying.given_key(text, notes.WITNESS)),
            since=verifying.given_note(since) if since else None,
        )
    except LedgerBroken as error:
        raise Wrong(str(error)) from error
    with going("entries", None, given.now) as bar:
        report = verifying.verify(file, trusted, lambda done, total: bar(done))

    if as_json:
        output.as_json(report.plain)
    else:
        for row in verifying.told(report):
            output.line(output.shown(row), indent=3)
    if not report.proved:
        raise typer.Exit(FAILED)

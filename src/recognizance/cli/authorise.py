"""`recognizance authorisation`: leave to identify people in a case, asked for by one and decided by another."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any

import typer

from recognizance.cli import made, output
from recognizance.cli.failures import Wrong
from recognizance.cli.keys import asked, listed, time_of

COLUMNS = ("authorisation", "case", "state", "opened (UTC)", "until (UTC)", "authority")
DECISIONS = ("granted", "refused")


def open_request(
    context: typer.Context,
    case: Annotated[str, typer.Option(metavar="TEXT", help="The case.", show_default=False)],
    basis: Annotated[str, typer.Option(metavar="TEXT", help="On what facts.", show_default=False)],
    authority: Annotated[str, typer.Option(metavar="TEXT", help="Who decides.", show_default=False)],
    as_json: made.Json = False,
    data: made.Data = None,
) -> None:
    """Put down that leave was asked for. It lapses after 48 hours without a decision.

    It may be used at once, but where another for that case was not granted: then only once it is granted itself.
    """
    answer = asked(context, data, "OpenAuthorisation", {"Case": case, "Basis": basis, "Authority": authority})
    if as_json:
        output.as_json(answer)
        return
    one = answer["Authorisation"]
    output.line(f"{one['AuthorisationId']} is to be decided by {time_of(one['DecideBy'])} UTC.")


def decide(
    context: typer.Context,
    authorisation: Annotated[str, typer.Argument(metavar="ID", help="The authorisation's id.", show_default=False)],
    decision: Annotated[str, typer.Argument(metavar="DECISION", help="granted or refused.", show_default=False)],
    reference: Annotated[
        str, typer.Option(metavar="TEXT", help="Where the decision is to be found.", show_default=False)
    ],
    days: Annotated[int | None, typer.Option(min=1, metavar="N", help="After how many days it ends.")] = None,
    as_json: made.Json = False,
    data: made.Data = None,
) -> None:
    """Put down what was decided, once and for all: by a person's key, never at the command line, which is nobody.

    recognizance keys create NAME --role governor --person PERSON
    """
    if decision not in DECISIONS:
        raise Wrong(f"a decision is granted or refused, not {decision!r}")
    request: dict[str, Any] = {"AuthorisationId": authorisation, "Decision": decision, "Reference": reference}
    if days is not None:
        request["ExpiresAt"] = made.of(context).now() + timedelta(days=days)
    answer = asked(context, data, "DecideAuthorisation", request)
    if as_json:
        output.as_json(answer)
    else:
        output.line(f"{output.shown(authorisation)} is {decision}.")


def list_authorisations(
    context: typer.Context,
    state: Annotated[
        str | None, typer.Option(metavar="STATE", help="pending, requested, granted, refused, lapsed or expired.")
    ] = None,
    case: Annotated[str | None, typer.Option(metavar="TEXT", help="Only those for this case.")] = None,
    as_json: made.Json = False,
    data: made.Data = None,
) -> None:
    """List authorisations, each in the state it has by now."""
    states = ("pending", "requested", "granted", "refused", "lapsed", "expired")
    if state is not None and state not in states:
        raise Wrong(f"a state is one of {', '.join(states)}, not {state!r}")
    wished = {"State": state, "Case": case}
    found = listed(
        context,
        data,
        "ListAuthorisations",
        "Authorisations",
        **{name: one for name, one in wished.items() if one is not None},
    )
    if as_json:
        output.as_json({"Authorisations": found})
    elif not found:
        output.line("No authorisations.")
    else:
        output.table(COLUMNS, [_row(one) for one in found], left=len(COLUMNS))


def seal(context: typer.Context, as_json: made.Json = False, data: made.Data = None) -> None:
    """Seal what was found under authorisations that were refused, or that nobody decided in time.

    A server that runs does so by itself, every half minute.
    """
    sealed = list[str]()
    while True:
        answer = asked(context, data, "SealLapsed", {})
        sealed += answer["Sealed"]
        if not answer["More"]:
            break
    if as_json:
        output.as_json({"Sealed": sealed})
    else:
        output.line(f"Sealed: {', '.join(sealed)}" if sealed else "There was nothing to seal.")


def _row(one: dict[str, Any]) -> list[str]:
    until = one["DecideBy"] if one["State"] in ("pending", "requested", "lapsed") else one.get("ExpiresAt")
    ends = "-" if until is None else time_of(until)
    texts = (one["AuthorisationId"], one["Case"], one["State"], time_of(one["OpenedAt"]), ends, one["Authority"])
    return [output.shown(text) for text in texts]

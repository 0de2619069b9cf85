"""`recognizance suspend` and `resume`: stop, in every process within a second, and let go on."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from recognizance.cli import made, output
from recognizance.cli.keys import Why, asked, listed, time_of

COLUMNS = ("suspension", "stopped", "since (UTC)", "why", "resumed (UTC)")


def everything(context: typer.Context, why: Why, as_json: made.Json = False, data: made.Data = None) -> None:
    """Stop everything but what governs, audits and reviews."""
    _stop(context, data, {"All": True}, why, as_json)


def operation(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="As SearchFacesByImage.", show_default=False)],
    why: Why,
    as_json: made.Json = False,
    data: made.Data = None,
) -> None:
    """Stop one operation."""
    _stop(context, data, {"Operation": name}, why, as_json)


def act(
    context: typer.Context,
    name: Annotated[
        str,
        typer.Argument(
            metavar="NAME", help="look, compare, enrol, identify, forget, export, read or manage.", show_default=False
        ),
    ],
    why: Why,
    as_json: made.Json = False,
    data: made.Data = None,
) -> None:
    """Stop every operation that does one thing to people."""
    _stop(context, data, {"Act": name}, why, as_json)


def collection(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="ID", help="The collection's id.", show_default=False)],
    why: Why,
    as_json: made.Json = False,
    data: made.Data = None,
) -> None:
    """Stop whatever names one collection."""
    _stop(context, data, {"CollectionId": name}, why, as_json)


def list_suspensions(
    context: typer.Context,
    ended: Annotated[bool, typer.Option("--ended", help="Those that were resumed too.")] = False,
    as_json: made.Json = False,
    data: made.Data = None,
) -> None:
    """List what is stopped."""
    found = listed(context, data, "ListSuspensions", "Suspensions", Ended=ended)
    if as_json:
        output.as_json({"Suspensions": found})
    elif not found:
        output.line("Nothing is suspended.")
    else:
        output.table(COLUMNS, [_row(one) for one in found], left=len(COLUMNS))


def resume(
    context: typer.Context,
    suspension: Annotated[str, typer.Argument(metavar="ID", help="The suspension's id.", show_default=False)],
    why: Why,
    as_json: made.Json = False,
    data: made.Data = None,
) -> None:
    """End a suspension."""
    answer = asked(context, data, "Resume", {"SuspensionId": suspension, "Why": why})
    if as_json:
        output.as_json(answer)
    else:
        output.line(f"{_stopped(answer['Suspension'])} is no longer suspended by {output.shown(suspension)}.")


def _stop(context: typer.Context, data: Any, target: dict[str, Any], why: str, as_json: bool) -> None:
    answer = asked(context, data, "Suspend", {**target, "Why": why})
    if as_json:
        output.as_json(answer)
        return
    made_id = answer["Suspension"]["SuspensionId"]
    output.line(f"{_stopped(answer['Suspension'])} is suspended. To let go on:")
    output.line(f"recognizance resume {made_id} --why TEXT")


def _stopped(one: dict[str, Any]) -> str:
    if "Act" in one:
        return f"The act {output.shown(one['Act'])}"
    if "CollectionId" in one:
        return f"The collection {output.shown(one['CollectionId'])}"
    return output.shown(one.get("Operation", "Everything"))


def _row(one: dict[str, Any]) -> list[str]:
    resumed = time_of(one["ResumedAt"]) if "ResumedAt" in one else "-"
    return [one["SuspensionId"], _stopped(one), time_of(one["SuspendedAt"]), output.shown(one["Why"]), resumed]

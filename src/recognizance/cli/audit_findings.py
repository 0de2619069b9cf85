"""`recognizance audit findings` and `close`: what audits found, and how somebody has answered for it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import typer

from recognizance.cli import made, output
from recognizance.cli.failures import Wrong
from recognizance.cli.keys import asked, listed, time_of

COLUMNS = ("finding", "state", "due (UTC)", "audit", "what", "of whom")


def findings(
    context: typer.Context,
    still_open: Annotated[
        bool, typer.Option("--open", help="Those nobody has closed; this is what is listed.")
    ] = False,
    overdue: Annotated[bool, typer.Option("--overdue", help="Only those nobody has closed in 90 days.")] = False,
    everything: Annotated[bool, typer.Option("--all", help="Those that were closed too.")] = False,
    as_json: made.Json = False,
    data: made.Data = None,
) -> None:
    """List what the audits on record found, with the day by which somebody should have answered for it."""
    if still_open + overdue + everything > 1:
        raise Wrong("give one of --open, --overdue and --all")
    wished = {} if everything else {"State": "overdue" if overdue else "open"}
    found = listed(context, data, "ListFindings", "Findings", **wished)
    if as_json:
        output.as_json({"Findings": found})
        return
    if not found:
        output.line("No findings." if everything else f"No findings are {wished['State']}.")
        return
    now = made.of(context).now()
    output.table(COLUMNS, [_row(one, now) for one in found], left=len(COLUMNS))
    for one in found:
        output.line()
        output.line(f"{one['FindingId']}: {output.shown(one['Said'])}", indent=2)
        if "Note" in one:
            output.line(f"closed on {time_of(one['ClosedAt'])}: {output.shown(one['Note'])}", indent=2)


def close(
    context: typer.Context,
    finding: Annotated[str, typer.Argument(metavar="FINDING", help="The finding's id.", show_default=False)],
    note: Annotated[str, typer.Option(metavar="TEXT", help="How it was answered; it is kept.", show_default=False)],
    digest: Annotated[
        str | None,
        typer.Option(
            metavar="SHA256", help="Of the report of a later audit on record that shows it.", show_default=False
        ),
    ] = None,
    as_json: made.Json = False,
    data: made.Data = None,
) -> None:
    """Close a finding, once and for all. The ledger says who did."""
    request: dict[str, Any] = {"FindingId": finding, "Note": note}
    if digest is not None:
        request["Digest"] = _digest(digest)
    answer = asked(context, data, "CloseFinding", request)
    if as_json:
        output.as_json(answer)
        return
    one = answer["Finding"]
    late = ", late" if one["ClosedAt"] >= one["DueAt"] else ""
    output.line(f"{output.shown(finding)} is closed{late}.")


def _digest(text: str) -> str:
    """Return a SHA-256 as reports have it. Raises `Wrong` for what is none."""
    digest = text.strip().lower()
    if len(digest) != 64 or set(digest) - set("0123456789abcdef"):
        raise Wrong("--digest should be the SHA-256 of a report's JSON, 64 hex digits, as sha256sum prints it")
    return digest


def _row(one: dict[str, Any], now: datetime) -> list[str]:
    due: datetime = one["DueAt"]
    days, past = (due - now).days, (now - due).days
    left = "" if one["State"] == "closed" else f" ({days} days left)" if due > now else f" ({past} days ago)"
    texts = (one["FindingId"], one["State"], f"{time_of(due)}{left}", one["Protocol"], one["Kind"])
    return [*(output.shown(text) for text in texts), output.shown(one["Group"] or "everybody")]

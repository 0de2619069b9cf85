"""`recognizance ledger`: what was asked, by whom, why, and what became of it."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from recognizance.cli import made, output

COLUMNS = ("no.", "at (UTC)", "access key", "operation", "outcome", "purpose", "case", "facts")


def list_entries(
    context: typer.Context,
    after: Annotated[int, typer.Option(min=0, metavar="N", help="Begin past the entry of this number.")] = 0,
    limit: Annotated[int, typer.Option(min=1, max=1000, metavar="N", help="How many entries at most.")] = 1000,
    as_json: made.Json = False,
    purpose: made.Purpose = None,
    case: made.Case = None,
    data: made.Data = None,
) -> None:
    """List the ledger's entries, oldest first. Looking is itself recorded."""
    given = made.of(context)
    settings = given.settings(data=data)
    with given.asking(settings, purpose=purpose, case=case) as ask:
        answer = ask("ListLedgerEntries", {"After": after, "MaxResults": limit})

    if as_json:
        output.as_json(answer)
        return
    if not answer["Entries"]:
        output.line("No entries" + (f" after {after}." if after else "."))
        return
    output.table(COLUMNS, [_row(entry) for entry in answer["Entries"]], left=len(COLUMNS))
    if "Next" in answer:
        output.line(f"More: recognizance ledger list --after {answer['Next']}")


def _row(entry: dict[str, Any]) -> list[str]:
    facts = " ".join(f"{name}={value[:12]}" for name, value in entry["Facts"].items())
    at = f"{entry['At']:%Y-%m-%d %H:%M:%S}"
    texts = (entry["AccessKey"], entry["Operation"], entry["Outcome"], entry.get("Purpose"), entry.get("Case"), facts)
    return [str(entry["Sequence"]), at, *(output.shown(text or "-") for text in texts)]

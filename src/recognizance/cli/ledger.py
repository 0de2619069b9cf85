"""`recognizance ledger`: what was asked, by whom, why, and what became of it."""

from __future__ import annotations

import shlex
import shutil
import textwrap
from collections.abc import Sequence
from typing import Annotated, Any

import typer

from recognizance.cli import made, output
from recognizance.cli.failures import Failed, Wrong
from recognizance.cli.made import Answer, Asking

COLUMNS = ("no.", "at (UTC)", "access key", "operation", "outcome", "purpose", "case", "facts")
PAGE = 1000  # the most that one answer has
LEAST_FACTS = 24  # letters a line
SHORT = 12


def list_entries(
    context: typer.Context,
    after: Annotated[int, typer.Option(min=0, metavar="N", help="Begin past the entry of this number.")] = 0,
    limit: Annotated[int, typer.Option(min=1, max=1000, metavar="N", help="How many entries at most.")] = PAGE,
    last: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="Only the last N entries.", show_default=False)
    ] = None,
    as_json: made.Json = False,
    purpose: made.Purpose = None,
    case: made.Case = None,
    data: made.Data = None,
) -> None:
    """List the ledger's entries, oldest first. Looking is itself recorded.

    On a terminal the facts are shortened; --json has them whole.
    """
    given = made.of(context)
    settings = given.settings(data=data)
    if last is not None and limit != PAGE:
        raise Wrong("--last and --limit should not be given together")
    if not made.has_ledger(settings):
        raise Failed(f"there is no ledger in {output.shown(settings.data)}; name the data folder with --data FOLDER")
    with given.asking(settings, purpose=purpose, case=case, looks=False) as ask:
        answer = (
            _last(ask, after, last)
            if last is not None
            else ask("ListLedgerEntries", {"After": after, "MaxResults": limit})
        )

    if as_json:
        output.as_json(answer)
        return
    if not answer["Entries"]:
        output.line("No entries" + (f" after {after}." if after else "."))
        return
    rows = [_row(entry) for entry in answer["Entries"]]
    columns, rows = _narrow(COLUMNS, rows) if output.on_terminal() else (COLUMNS, rows)
    output.table(columns, rows, left=len(columns))
    if "Next" in answer:
        where = "" if data is None else f" --data {shlex.quote(str(data))}"
        output.line(f"More: recognizance ledger list{output.shown(where)} --after {answer['Next']}")


def _last(ask: Asking, after: int, number: int) -> Answer:
    """Return the last entries, those of these questions not among them."""
    size = ask("DescribeLedger", {})["Size"]
    at, found = max(after, size - number), list[Any]()
    while at < size:
        found += ask("ListLedgerEntries", {"After": at, "MaxResults": min(PAGE, size - at)})["Entries"]
        at = found[-1]["Sequence"]
    return {"Entries": found}


def _narrow(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> tuple[list[str], list[list[str]]]:
    """Return the columns that hold anything, their last, the facts, in two lines at most beside the others."""
    kept = [at for at in range(len(columns)) if any(row[at] != "-" for row in rows) or at == len(columns) - 1]
    others = sum(max(len(row[at]) for row in rows) + 2 for at in kept[:-1])
    room = 2 * max(LEAST_FACTS, shutil.get_terminal_size().columns - others)
    shorter = [[*(row[at] for at in kept[:-1]), textwrap.shorten(row[-1], room, placeholder=" …")] for row in rows]
    return [columns[at] for at in kept], shorter


def _row(entry: dict[str, Any]) -> list[str]:
    told = sorted(entry["Facts"].items(), key=lambda fact: len(fact[1]) > SHORT)  # digests last
    facts = " ".join(f"{name}={value[:SHORT]}" for name, value in told)
    at = f"{entry['At']:%Y-%m-%d %H:%M:%S}"
    texts = (entry["AccessKey"], entry["Operation"], entry["Outcome"], entry.get("Purpose"), entry.get("Case"), facts)
    return [str(entry["Sequence"]), at, *(output.shown(text or "-") for text in texts)]

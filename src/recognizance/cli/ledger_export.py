"""`recognizance ledger export`, `prove`, `checkpoint` and `key`: the ledger and its proofs, for others to check."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from recognizance.cli import made, output
from recognizance.cli.failures import Wrong
from recognizance.cli.going import going
from recognizance.cli.made import Answer, Asking

PAGE = 5000  # entries of one answer


def export(
    context: typer.Context,
    out: Annotated[
        Path,
        typer.Option(metavar="FILE", help="The file to write; compressed where it ends in .gz.", show_default=False),
    ],
    after: Annotated[int, typer.Option(min=0, metavar="N", help="Begin past the entry of this number.")] = 0,
    since: Annotated[
        str | None,
        typer.Option(
            metavar="N|FILE",
            help="Add the proof that the ledger grew from its first N entries, or from a checkpoint in a file.",
            show_default=False,
        ),
    ] = None,
    upto: Annotated[
        int | None,
        typer.Option(
            min=0,
            metavar="N",
            help="End with the checkpoint of that size; else with one signed now.",
            show_default=False,
        ),
    ] = None,
    statements: Annotated[
        bool, typer.Option("--statements", help="Also what callers stated: purposes, cases. It may be personal.")
    ] = False,
    as_json: made.Json = False,
    data: made.Data = None,
) -> None:
    """Write the ledger into a file that others can check without this server: `recognizance ledger verify`.

    It is lines of text: a header, each entry as it was hashed, and a checkpoint that the ledger's key signed when the
    export began. It is for its owner only, and gets its name once it is whole.
    """
    from recognizance.accountability import exported

    given = made.of(context)
    settings = given.settings(data=data)
    made.need_ledger(settings)
    old = None if since is None else _size(since)
    with given.asking(settings, purpose=None, case=None, looks=False) as ask, exported.new_file(out) as file:
        described = ask("DescribeLedger", {})
        signed = ask("GetCheckpoint", {} if upto is None else {"Size": upto})["Checkpoint"]
        size = signed["Size"]
        if after > size or (old or 0) > size:
            raise Wrong(f"the checkpoint is of {size} entries; --after and --since should be at most that")
        pages = _pages(ask, after, size, statements)
        first = next(pages)
        header = exported.Header(
            described["Origin"], described["VerifierKey"], after, size, tuple(first["Frontier"]), statements
        )
        growth = _growth(ask, old, size)
        with going("entries", size - after, given.now) as bar:

            def entries() -> Iterator[tuple[str, exported.Statement | None]]:
                page: Answer | None = first
                while page is not None:
                    for entry in page["Entries"]:
                        yield entry["Text"], _said(entry)
                    bar(page["After"] + len(page["Entries"]) - after)
                    page = next(pages, None)

            written = exported.write(file, header, entries(), signed["Note"], growth)

    told: dict[str, Any] = {
        "File": str(out),
        "Bytes": out.stat().st_size,
        "Entries": written,
        "After": after,
        "Size": size,
        "Origin": described["Origin"],
        "VerifierKey": described["VerifierKey"],
    }
    if as_json:
        output.as_json(told)
        return
    output.line(f"{written:,} entries, up to number {size:,}: {output.shown(out)}")
    output.line("To check it, on any machine, with the key from somewhere else than this file:")
    output.line(f"recognizance ledger verify {output.shown(shlex.quote(str(out)))} --key '{described['VerifierKey']}'")


def prove(
    context: typer.Context,
    number: Annotated[int, typer.Argument(min=1, metavar="N", help="The entry's number.", show_default=False)],
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Where to write; else to the terminal.", show_default=False)
    ] = None,
    statements: Annotated[
        bool, typer.Option("--statements", help="Also what the caller stated. It may be personal.")
    ] = False,
    upto: Annotated[
        int | None,
        typer.Option(
            min=0,
            metavar="N",
            help="Prove it in the checkpoint of that size; else in one signed now.",
            show_default=False,
        ),
    ] = None,
    purpose: made.Purpose = None,
    case: made.Case = None,
    data: made.Data = None,
) -> None:
    """Write one entry with the proof that it is in the ledger, which `recognizance ledger verify` checks."""
    from recognizance.accountability import exported

    given = made.of(context)
    settings = given.settings(data=data)
    made.need_ledger(settings)
    with given.asking(settings, purpose=purpose, case=case, looks=False) as ask:
        described = ask("DescribeLedger", {})
        signed = ask("GetCheckpoint", {} if upto is None else {"Size": upto})["Checkpoint"]
        if number > signed["Size"]:
            raise Wrong(f"the checkpoint is of {signed['Size']} entries, and {number} is past them")
        found = ask("ProveInclusion", {"Sequence": number, "TreeSize": signed["Size"], "WithStatement": statements})
    proven = exported.Proven(
        described["Origin"],
        described["VerifierKey"],
        number,
        found["Entry"]["Text"].encode(),
        tuple(found["Proof"]),
        signed["Note"],
        _said(found["Entry"]),
    )
    _put(out, proven.content.decode())


def checkpoint(
    context: typer.Context,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Where to write; else to the terminal.", show_default=False)
    ] = None,
    since: Annotated[
        int | None,
        typer.Option(
            min=0,
            metavar="N",
            help="Write what a witness is asked: the checkpoint, and the proof that it grew from N entries.",
            show_default=False,
        ),
    ] = None,
    data: made.Data = None,
) -> None:
    """Sign the ledger as it is now, and write the checkpoint: kept elsewhere, it binds the ledger to what it was."""
    from recognizance.accountability import exported

    given = made.of(context)
    settings = given.settings(data=data)
    made.need_ledger(settings)
    with given.asking(settings, purpose=None, case=None, looks=False) as ask:
        signed = ask("GetCheckpoint", {})["Checkpoint"]
        if since is None:
            _put(out, signed["Note"])
            return
        if since > signed["Size"]:
            raise Wrong(f"the ledger has {signed['Size']} entries, and --since should be at most that")
        growth = _growth(ask, since, signed["Size"])
    _put(out, exported.Request(since, growth.proof if growth else (), signed["Note"]).content.decode())


def key(context: typer.Context, data: made.Data = None) -> None:
    """Print the public key that checkpoints are signed with: what an auditor should be given, and not in an export."""
    given = made.of(context)
    settings = given.settings(data=data)
    made.need_ledger(settings)
    with given.asking(settings, purpose=None, case=None, looks=False) as ask:
        typer.echo(ask("DescribeLedger", {})["VerifierKey"])


def _pages(ask: Asking, after: int, size: int, statements: bool) -> Iterator[Answer]:
    request = {"After": after, "TreeSize": size, "MaxResults": PAGE, "WithStatements": statements}
    while True:
        page = ask("ExportLedger", request)
        yield page
        if "Next" not in page:
            return
        request["After"] = page["Next"]


def _said(entry: Answer) -> Any:
    from recognizance.accountability import exported

    said = entry.get("Statement")
    return exported.Statement(said["Salt"], said["Text"]) if said else None


def _growth(ask: Asking, old: int | None, size: int) -> Any:
    from recognizance.accountability import exported

    if not old:
        return None
    proof = ask("ProveConsistency", {"From": old, "To": size})
    return exported.Growth(old, proof["FromRootHash"], tuple(proof["Proof"]))


def _size(since: str) -> int:
    from recognizance.accountability import notes, verifying
    from recognizance.errors import LedgerBroken

    if since.isdecimal():
        return int(since)
    try:
        return notes.checkpoint(verifying.given_note(Path(since)).text).size
    except LedgerBroken as error:
        raise Wrong(f"--since should be a number, or a file with a checkpoint: {error}") from error


def _put(out: Path | None, text: str) -> None:
    from recognizance.accountability import exported

    if out is None:
        typer.echo(text, nl=False)
        return
    with exported.new_file(out) as file:
        file.write(text.encode())

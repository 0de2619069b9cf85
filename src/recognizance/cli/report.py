"""`recognizance report` and `disclose`: what the record says, for people who do not read code."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from recognizance.cli import made, output
from recognizance.cli.failures import Failed, Wrong

if TYPE_CHECKING:
    from recognizance.accountability.exported import Header
    from recognizance.accountability.papers import Paper
    from recognizance.accountability.reports import Line

Html = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Also write it as one HTML file, for its owner only.", show_default=False),
]
FromFile = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="Compute it from an exported ledger, with no server and no data folder; see --key.",
        show_default=False,
    ),
]
ItsKey = Annotated[
    str | None,
    typer.Option(
        metavar="KEY|FILE", help="The public key that must have signed the exported ledger.", show_default=False
    ),
]
Upto = Annotated[
    int | None,
    typer.Option(min=0, metavar="N", help="Read the ledger as it was with N entries.", show_default=False),
]


def report(  # noqa: PLR0913 - each is an option of the command line
    context: typer.Context,
    first: Annotated[str, typer.Option("--from", metavar="DAY", help="As 2026-10-01, in UTC.", show_default=False)],
    last: Annotated[str, typer.Option("--to", metavar="DAY", help="As 2026-12-31, in UTC.", show_default=False)],
    public: Annotated[bool, typer.Option("--public", help="For everybody: no keys, and no count from 1 to 4.")] = False,
    html: Html = None,
    ledger: FromFile = None,
    key: ItsKey = None,
    upto: Upto = None,
    as_json: made.Json = False,
    data: made.Data = None,
) -> None:
    """Report what was asked of the server in a period, computed from its ledger alone.

    The same days and entries give the same report to the last byte (--json), from the server or from an export
    (--ledger), which is verified first.
    """
    from recognizance.accountability import reports, reports_told

    if ledger is None:
        request: dict[str, Any] = {"From": first, "To": last, "Public": public}
        text = _asked(context, data, "ReportUse", request | _upto(upto))["Report"]
    else:
        when = reports.period(first, last)
        with _opened(ledger, key) as (header, entries):
            extent = reports.extent_of(
                (leaf for leaf, _ in _first(entries(), header, upto)), header.origin, when, _before(header)
            )
            lines = islice(entries(), extent.reads_after - header.after, extent.last - header.after)
            told = reports.report(lines, when, extent)
        text = reports.text_of(reports.published(told) if public else told)
    _show(text, reports_told.report, html, as_json)


def disclose(  # noqa: PLR0913 - each is an option of the command line
    context: typer.Context,
    case: Annotated[str, typer.Option(metavar="TEXT", help="The case, as it was stated.", show_default=False)],
    after: Annotated[int, typer.Option(min=0, metavar="N", help="Only uses past entry N.")] = 0,
    html: Html = None,
    ledger: FromFile = None,
    key: ItsKey = None,
    digest: Annotated[
        str | None,
        typer.Option(
            metavar="HEX",
            help="With --ledger: the keyed digest of the case, as its disclosure has it.",
            show_default=False,
        ),
    ] = None,
    upto: Upto = None,
    as_json: made.Json = False,
    data: made.Data = None,
) -> None:
    """List every use of the server for a case: those that found no one, were refused, failed or asked again, too.

    Each is told with what it takes to prove it (`recognizance ledger prove N`).
    """
    from recognizance.accountability import disclosures, reports, reports_told

    if ledger is None:
        text = _asked(context, data, "DiscloseCase", {"Case": case, "After": after} | _upto(upto))["Disclosure"]
    else:
        account = made.of(context).settings().account
        with _opened(ledger, key) as (header, entries):
            if header.after:
                raise Wrong(f"{ledger} begins past entry {header.after}, and a disclosure needs all entries")
            asked = disclosures.Asked(case, account, digest, after)
            told = disclosures.disclosure(_first(entries(), header, upto), header.origin, asked)
        text = reports.text_of(told)
    _show(text, reports_told.disclosure, html, as_json)


def _asked(context: typer.Context, data: Path | None, operation: str, request: Mapping[str, Any]) -> Mapping[str, Any]:
    given = made.of(context)
    settings = given.settings(data=data)
    made.need_ledger(settings)
    with (
        given.asking(settings, purpose=None, case=None, looks=False) as ask,
        output.working("Reading the ledger"),
    ):
        return ask(operation, request)


def _upto(upto: int | None) -> dict[str, Any]:
    return {} if upto is None else {"TreeSize": upto}


@contextmanager
def _opened(path: Path, key: str | None) -> Generator[tuple[Header, Callable[[], Iterator[Line]]]]:
    """Give the header of an exported ledger that verifies, and what gives its entries from the first on.

    Raises `Failed` where it does not verify, and `Wrong` where it lacks what callers stated.
    """
    from recognizance.accountability import exported, notes, reports, verifying
    from recognizance.errors import LedgerBroken

    try:
        keys = verifying.given_key(key, notes.LOG) if key else ()
    except LedgerBroken as error:
        raise Wrong(str(error)) from error
    with output.working("Verifying"):
        verified = verifying.verify(path, verifying.Trusted(keys=keys))
    if verified.wrong is not None:
        raise Failed(f"{path} does not verify: {verified.wrong}")
    if not key:
        typer.echo("Nothing is proved about who signed this ledger: give --key, from where you trust it.", err=True)
    with exported.opened(path) as file:
        header = exported.header(next(exported.lines(file)))
    if not header.statements:
        raise Wrong(f"{path} has no purposes and cases; export it with `recognizance ledger export --statements`")

    def entries() -> Iterator[Line]:
        with exported.opened(path) as file:
            rows = exported.lines(file)
            next(rows)
            yield from reports.lines_of(rows)

    yield header, entries


def _first(entries: Iterator[Line], header: Header, upto: int | None) -> Iterator[Line]:
    """Return the entries of a file up to number `upto`. Raises `Wrong` where it does not reach there."""
    if upto is not None and not header.after <= upto <= header.size:
        raise Wrong(f"the file has entries {header.after + 1} to {header.size}; --upto should be among them")
    return islice(entries, (header.size if upto is None else upto) - header.after)


def _before(header: Header) -> Any:
    from recognizance.accountability.merkle import Frontier

    return Frontier(header.after, header.frontier)


def _show(text: str, told: Callable[[Mapping[str, Any]], Paper], html: Path | None, as_json: bool) -> None:
    """Show a report or a disclosure, given as its JSON text, and write it as HTML where asked."""
    import json

    from recognizance.accountability import exported, papers

    paper = told(json.loads(text))
    if html is not None:
        with exported.new_file(html) as file:
            file.write(papers.html(paper).encode())
    if as_json:
        typer.echo(text)
        return
    if html is not None:
        output.line(f"Written: {output.shown(html)}")
        return
    output.line(output.shown(paper.title))
    for sentence in paper.lead:
        output.line()
        output.line(output.shown(sentence))
    for section in paper.sections:
        output.line()
        output.line(output.shown(section.heading))
        for part in section.parts:
            output.line()
            if isinstance(part, str):
                output.line(output.shown(part))
            else:
                rows = [[output.shown(cell) for cell in row] for row in part.rows]
                output.table(part.columns, rows, left=part.left)

"""`recognizance audit page`: the page of an audit, made again from its JSON report."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from recognizance.cli import audit, output
from recognizance.cli.failures import Wrong


def page(
    report: Annotated[Path, typer.Argument(metavar="REPORT.json", help="What --json of an audit wrote.")],
    html: Annotated[
        Path,
        typer.Option("--html", metavar="OUT", help="Write the page to this file.", show_default=False),
    ],
) -> None:
    """Make an audit's page again from its JSON report, without the pictures that came with it."""
    from recognizance.evaluation.pages import page as pages
    from recognizance.evaluation.pages import remade

    if not audit.writable(html):
        raise Wrong(f"--html {output.shown(html)} should be a file in a folder that is there")
    if html.exists() and html.samefile(report):
        raise Wrong("--html should be another file than the report")
    try:
        document = remade.read(_text(report))
        text = pages.html(remade.page(document), document)
    except remade.ReportWrong as error:
        raise Wrong(f"{output.shown(report)} is no report of an audit: {output.shown(error)}") from error
    audit.write(html, text)
    output.line(f"Written: {output.shown(html)}")


def _text(path: Path) -> str:
    """Return a report's text. Raises `Wrong` for one that is no text, `OSError` for one that cannot be read."""
    from recognizance.evaluation.sets import regular

    try:
        return regular.read(path, regular.REPORT).decode()
    except UnicodeDecodeError as error:
        raise Wrong(f"{output.shown(path)} is no report of an audit: it is no UTF-8 text") from error

"""A page as Markdown: its words and tables, for docs that are read as text. Charts and pictures stay in the HTML."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from recognizance.accountability.papers import Table
from recognizance.evaluation.pages.page import Page

DEEPEST = "###"


def markdown(page: Page, document: Mapping[str, Any], *, heading: str) -> str:
    """Return a page under a heading of the second level, with the command that made it; ends in a newline.

    Parts that the page folds away are left out, and so are charts and pictures.
    """
    lines = [f"## {heading}", "", f"**{_text(page.verdict)}**", ""]
    for text in (page.tested, page.wrong, page.whom, page.what_to_set):
        lines += [_text(text), ""]
    for section in page.sections:
        if not section.folded:
            lines += _section(section.heading, section.parts)
    lines += ["Made with", "", f"    {document['made']['command']}", ""]
    return "\n".join(lines)


def _section(heading: str, parts: Any) -> Iterator[str]:
    kept = [part for part in parts if isinstance(part, str | Table)]
    if not any(isinstance(part, Table) for part in kept):
        return
    yield from (f"{DEEPEST} {_text(heading)}", "")
    for part in kept:
        if isinstance(part, str):
            yield from (_text(part), "")
        else:
            yield from _table(part)


def _table(table: Table) -> Iterator[str]:
    if table.caption:
        yield from (f"{_text(table.caption)}:", "")
    yield _row(table.columns)
    yield "|" + "|".join("---" if at < table.left else "---:" for at in range(len(table.columns))) + "|"
    yield from map(_row, table.rows)
    yield ""


def _row(cells: Any) -> str:
    return "| " + " | ".join(_text(cell).replace("|", "\\|") for cell in cells) + " |"


def _text(text: str) -> str:
    """Return a text in one line, with what Markdown would read as its own kept as it is written."""
    shown = " ".join(text.split())
    return "".join(f"\\{sign}" if sign in "*_`<[" else sign for sign in shown)

"""A paper for people: a title, sentences and tables, as one HTML file that needs nothing else.

It has no scripts and asks the network for nothing, prints on paper and fits a telephone. Everything in it is text:
whatever a purpose or a case holds, it is shown, and never becomes a part of the page; what does not print is replaced.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
LONG = 16
"""A text of more letters may break anywhere in its cell, which stays wide enough to read: paths have no spaces."""

STYLE = """
:root { color-scheme: light dark }
body { font: 1rem/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 62rem; padding: 1rem; overflow-wrap: anywhere }
h1 { font-size: 1.6rem; line-height: 1.2 }
h2 { font-size: 1.2rem; margin-top: 2rem }
.wide { overflow-x: auto }
table { border-collapse: collapse; font-size: .9rem; margin: .5rem 0 }
caption { font-weight: 600; text-align: left; padding: .3rem 0 }
th, td { border-bottom: 1px solid #8886; padding: .3rem .8rem .3rem 0; text-align: left; vertical-align: top }
tbody th { font-weight: inherit }
.t { overflow-wrap: anywhere; min-width: 8rem }
.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap }
@media print { body { font-size: 10pt; max-width: none; padding: 0 } .wide { overflow: visible } }
@media print { h2 { break-after: avoid } tr { break-inside: avoid } }
""".strip()


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under columns; the first `left` columns are text and the others numbers."""

    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    left: int = 1
    caption: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """A heading, and sentences and tables in their order."""

    heading: str
    parts: Sequence[str | Table]


@dataclass(frozen=True, slots=True)
class Paper:
    """A title, what is said first, and sections."""

    title: str
    lead: Sequence[str]
    sections: Sequence[Section]


def html(paper: Paper) -> str:
    """Return the paper as one HTML file."""
    head = (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{safe(paper.title)}</title>\n<style>\n{STYLE}\n</style>\n</head>\n<body>\n"
    )
    return head + "\n".join(_body(paper)) + "\n</body>\n</html>\n"


def shown(text: str) -> str:
    """Return a text in one line, with what does not print replaced."""
    return "".join(sign if sign.isprintable() else REPLACEMENT for sign in text)


def safe(text: str) -> str:
    """Return a text as HTML shows it: in one line, with nothing in it that HTML reads as its own."""
    return escape(shown(text), quote=True)


def drawn(table: Table) -> Iterator[str]:
    """Yield a table's lines; each heading says whether it is a column's or a row's, for who hears the page."""
    yield "<table>"
    if table.caption:
        yield f"<caption>{safe(table.caption)}</caption>"
    headings = (
        _cell("th", name, at >= table.left, "col") if name else "<td></td>" for at, name in enumerate(table.columns)
    )
    yield f"<thead><tr>{''.join(headings)}</tr></thead>"
    yield "<tbody>"
    for row in table.rows:
        first = _cell("th", row[0], not table.left, "row") if row else ""
        yield f"<tr>{first}{''.join(_cell('td', cell, at >= table.left) for at, cell in enumerate(row) if at)}</tr>"
    yield "</tbody>"
    yield "</table>"


def _body(paper: Paper) -> Iterator[str]:
    yield f"<h1>{safe(paper.title)}</h1>"
    for text in paper.lead:
        yield f"<p>{safe(text)}</p>"
    for section in paper.sections:
        yield f"<h2>{safe(section.heading)}</h2>"
        for part in section.parts:
            if isinstance(part, str):
                yield f"<p>{safe(part)}</p>"
            else:
                yield '<div class="wide">'
                yield from drawn(part)
                yield "</div>"


def _cell(tag: str, text: str, number: bool, scope: str = "") -> str:
    kind = "n" if number else "t" if len(text) > LONG else ""
    attributes = (f' scope="{scope}"' if scope else "") + (f' class="{kind}"' if kind else "")
    return f"<{tag}{attributes}>{safe(text)}</{tag}>"

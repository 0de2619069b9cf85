"""One page for one audit: a verdict anybody can read, then figures, charts and pictures, as one HTML file.

It has no scripts and asks the network for nothing, prints on A4 with all that is folded opened, fits a telephone and
follows a reader who likes the dark. Whatever comes from outside (names of files and groups, a command line) is text
and stays text.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from recognizance.accountability.papers import Table, drawn, safe
from recognizance.evaluation import audit
from recognizance.evaluation.pages import glossary
from recognizance.evaluation.pages.told import count
from recognizance.evaluation.words import number

ALARMS: Mapping[str, tuple[str, str]] = {
    "good": ("✓", "Good"),
    "care": ("!", "Take care"),
    "bad": ("✕", "Bad"),
}
"""The sign and the word of each alarm: a colour alone tells nothing to who cannot see it, or on paper."""

QUESTIONS = ("What was tested", "What went wrong, how often", "For whom", "What to set")
KINDS = {b"\x89PNG": "image/png", b"\xff\xd8": "image/jpeg"}
CODE = re.compile("`([^`]+)`")
TAG = re.compile("<[^>]*>")
NAME = re.compile(r'(\bid="|url\(#|href="#)')
PLAIN_SVG = re.compile(r"<svg[\s>](?!.*<(?:script|foreignObject|image|iframe)\b)", re.DOTALL | re.IGNORECASE)

POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
STYLE = """
:root { color-scheme: light dark;
  --paper: #fff; --ink: #1b1d21; --muted: #555b66; --soft: #f3f4f7; --rule: #c5cad3; --link: #0b57a4;
  --c1: #0067a5; --c2: #c04a00; --c3: #00775a; --c4: #a23f84; --c5: #7d6200; --c6: #4d5f75;
  --good: #0d5f33; --good-soft: #e6f4ec; --care: #704500; --care-soft: #fff3d9; --bad: #98120f; --bad-soft: #fdeceb }
@media screen and (prefers-color-scheme: dark) { :root {
  --paper: #14161a; --ink: #e9ebee; --muted: #a9b0bc; --soft: #1f2329; --rule: #48505c; --link: #7db8f0;
  --c1: #58b4ea; --c2: #f29052; --c3: #3fca9e; --c4: #e595c7; --c5: #e0b83c; --c6: #b4c2d3;
  --good: #90e1b1; --good-soft: #10301f; --care: #ffd27a; --care-soft: #382904; --bad: #ffb0aa; --bad-soft: #441513 } }
* { box-sizing: border-box }
body { font: 1rem/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 60rem; padding: 1rem; overflow-wrap: anywhere;
  background: var(--paper); color: var(--ink) }
h1 { font-size: 1.15rem; line-height: 1.3; margin: 0 0 .6rem; font-weight: 600 }
h2 { font-size: 1.3rem; line-height: 1.25; margin: 2.4rem 0 .6rem }
h3 { font-size: 1rem; margin: 1.4rem 0 .3rem }
p { margin: .5rem 0; max-width: 46rem }
a { color: var(--link) }
:focus-visible { outline: 3px solid var(--link); outline-offset: 2px }
.of { color: var(--muted); font-size: .85rem; margin: 0 }
.verdict { border-left: .5rem solid; padding: .7rem .9rem; margin: 0 0 1rem; max-width: none; font-size: 1.35rem;
  line-height: 1.3; font-weight: 600 }
.verdict b { display: block; font-size: .95rem; text-transform: uppercase; letter-spacing: .04em }
.good { background: var(--good-soft); border-color: var(--good) } .good b { color: var(--good) }
.care { background: var(--care-soft); border-color: var(--care) } .care b { color: var(--care) }
.bad { background: var(--bad-soft); border-color: var(--bad) } .bad b { color: var(--bad) }
.answers { display: grid; grid-template-columns: 1fr 1fr; gap: .8rem }
.answers section { background: var(--soft); padding: .7rem .9rem }
.answers h2 { font-size: 1rem; margin: 0 0 .2rem }
.answers p { margin: 0 }
nav { margin: 1.2rem 0 0; font-size: .9rem } nav ul { list-style: none; padding: 0; margin: 0 }
nav li { display: inline-block; margin: 0 1.1rem .2rem 0 }
nav a { display: inline-block; padding: .2rem 0 }
figure { margin: 1rem 0 1.4rem; max-width: 36rem }
figure svg { display: block; width: 100%; height: auto }
figure svg * { stroke-linejoin: round; stroke-linecap: butt }
figcaption { font-size: .9rem; color: var(--muted); margin-top: .3rem }
.charts { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 26rem), 1fr)); gap: 0 1.5rem }
.pairs { display: grid; grid-template-columns: repeat(auto-fill, minmax(15rem, 1fr)); gap: 1rem; margin: 1rem 0 }
.pairs figure { margin: 0; background: var(--soft); padding: .5rem }
.two { display: flex; gap: .4rem } .two img { width: calc(50% - .2rem); height: auto; object-fit: contain }
.wide { overflow-x: auto; margin: .8rem 0 }
table { border-collapse: collapse; font-size: .9rem }
caption { font-weight: 600; text-align: left; padding: .3rem 0 }
th, td { border-bottom: 1px solid var(--rule); padding: .35rem .9rem .35rem 0; text-align: left; vertical-align: top }
th, td { overflow-wrap: normal }
thead th { vertical-align: bottom; color: var(--muted) } thead th::first-letter { text-transform: uppercase }
tbody th { font-weight: inherit }
.t { overflow-wrap: anywhere; min-width: 8rem }
.n { text-align: right; font-variant-numeric: tabular-nums } td.n { white-space: nowrap }
details { margin: .8rem 0 } summary { cursor: pointer; padding: .3rem 0 }
summary h2, summary h3 { display: inline; margin: 0 }
.names { font-size: .85rem; padding-left: 1.2rem; margin: .3rem 0 1rem; columns: 17rem }
.problem p { font-size: .9rem }
.findings li { margin: .5rem 0 }
dl { margin: .5rem 0; max-width: 46rem } dt { font-weight: 600; margin-top: .6rem } dd { margin: 0 }
code { font-family: ui-monospace, monospace; font-size: .9em }
pre { white-space: pre-wrap; background: var(--soft); padding: .7rem .9rem; font-size: .85rem; margin: .5rem 0 }
.hash { font-family: ui-monospace, monospace; font-size: .8rem; overflow-wrap: anywhere }
footer { margin-top: 2.5rem; border-top: 1px solid var(--rule); padding-top: .6rem; color: var(--muted);
  font-size: .85rem }
footer p { max-width: none }
@media (max-width: 40rem) { body { padding: .7rem } h1 { font-size: 1rem }
  .answers p { font-size: .93rem; line-height: 1.4 } .answers { grid-template-columns: 1fr; gap: .5rem }
  .answers section { padding: .55rem .7rem }
  .verdict { font-size: 1.15rem; padding: .55rem .7rem; margin-bottom: .7rem }
  th, td { padding-right: .7rem } }
@page { size: A4; margin: 16mm 15mm }
@media print { body { font-size: 10pt; max-width: none; padding: 0 } nav { display: none }
  .verdict, .answers section, pre, .pairs figure { border: 1pt solid var(--rule); print-color-adjust: exact }
  .verdict { border-left: 5pt solid }
  .wide { overflow: visible }
  .names { columns: 3; font-size: 7pt; line-height: 1.25 } h2, h3, summary, caption { break-after: avoid }
  tr, figure, .answers section, .verdict, dt, li { break-inside: avoid } dt { break-after: avoid }
  thead { display: table-header-group } figure { max-width: 13.5cm } .charts { grid-template-columns: 1fr 1fr }
  .pairs { grid-template-columns: 1fr 1fr 1fr }
  details::details-content { content-visibility: visible; display: block; height: auto } summary { list-style: none }
  a { color: inherit; text-decoration: none } }
""".strip()


@dataclass(frozen=True, slots=True)
class Chart:
    """A drawing as inline SVG, or what draws it, with a sentence that says what it shows to who cannot see it."""

    svg: str | Callable[[], str]
    caption: str


@dataclass(frozen=True, slots=True)
class Pair:
    """Two pictures side by side (PNG or JPEG bytes), and what is said of them."""

    first: bytes
    second: bytes
    caption: str


@dataclass(frozen=True, slots=True)
class Section:
    """A heading, and sentences, tables, charts and pairs of pictures in their order. `folded`: opened by a click."""

    heading: str
    parts: Sequence[str | Table | Chart | Pair]
    folded: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """A page whose first screen answers four questions, in plain words.

    `verdict` is one sentence, the one a newspaper would print. `tested`, `wrong`, `whom` and `what_to_set` say what was
    tested, what went wrong how often, for whom, and what to set. `alarm`: "good", "care" or "bad", with which colour
    the verdict stands. `terms` are the entries of the glossary (`glossary.TERMS`) that the page explains.
    """

    title: str
    verdict: str
    alarm: str
    tested: str
    wrong: str
    whom: str
    what_to_set: str
    sections: Sequence[Section]
    terms: Sequence[str] = field(default_factory=tuple)


def html(page: Page, document: Mapping[str, Any]) -> str:
    """Return the page as one HTML file; `document` is the audit as JSON has it (`audit.document`).

    Findings, pictures that could not be used, the glossary and how the audit was made come from the document and
    follow the page's own sections. Raises `ValueError` for an alarm or a term that there is none of, a chart that is
    more than a drawing and a picture that is neither PNG nor JPEG.
    """
    if page.alarm not in ALARMS:
        raise ValueError(f"an alarm is one of {', '.join(ALARMS)}, got {page.alarm!r}")
    sections = [
        *((one.heading, one.folded, list(_parts(one.parts, f"c{at}"))) for at, one in enumerate(page.sections, 1)),
        *_of_document(document),
    ]
    glossary_ = list(_glossary(page.terms))
    if glossary_:
        sections.append(("The words used here", False, glossary_))
    sections.append(("How this was made", False, list(_made(document))))
    lines = [*_first_screen(page, document), *_contents([heading for heading, _, _ in sections]), "<main>"]
    for at, (heading, folded, body) in enumerate(sections, 1):
        lines += _section(f"s{at}", heading, folded, body)
    lines += ["</main>", *_footer(document)]
    return _head(page.title) + "\n".join(lines) + "\n</body>\n</html>\n"


def _head(title: str) -> str:
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{safe(title)}</title>\n<style>\n{STYLE}\n</style>\n</head>\n<body>\n"
    )


def _first_screen(page: Page, document: Mapping[str, Any]) -> Iterator[str]:
    sign, word = ALARMS[page.alarm]
    yield "<header>"
    yield f'<p class="of">Recognizance audit: {safe(str(document["protocol"]))}</p>'
    yield f"<h1>{_said(page.title)}</h1>"
    alarm = f'<b><span aria-hidden="true">{sign}</span> {word}</b>'
    yield f'<p class="verdict {page.alarm}">{alarm} {_said(page.verdict)}</p>'
    yield '<div class="answers">'
    for question, answer in zip(QUESTIONS, (page.tested, page.wrong, page.whom, page.what_to_set), strict=True):
        yield f"<section><h2>{question}</h2><p>{_said(answer)}</p></section>"
    yield "</div>"
    yield "</header>"


def _contents(headings: Sequence[str]) -> Iterator[str]:
    links = (f'<li><a href="#s{at}">{_said(heading)}</a></li>' for at, heading in enumerate(headings, 1))
    yield f'<nav aria-label="On this page"><ul>{"".join(links)}</ul></nav>'


def _section(name: str, heading: str, folded: bool, body: Sequence[str]) -> Iterator[str]:
    title = f'<h2 id="{name}">{_said(heading)}</h2>'
    yield f'<section aria-labelledby="{name}">'
    if folded:
        yield from ("<details>", f"<summary>{title}</summary>", *body, "</details>")
    else:
        yield from (title, *body)
    yield "</section>"


def _parts(parts: Sequence[str | Table | Chart | Pair], name: str) -> Iterator[str]:
    """Yield a section's parts as HTML. `name` begins their ids.

    Pairs of pictures that follow each other stand side by side where there is room, and so do charts.
    """
    for at, (kind, found) in enumerate(groupby(parts, type)):
        several = list(found)
        grid = {Pair: "pairs", Chart: "charts" if several[1:] else ""}.get(kind, "")
        if grid:
            yield f'<div class="{grid}">'
        for place, part in enumerate(several):
            yield from _part(part, f"{name}-{at}-{place}")
        if grid:
            yield "</div>"


def _part(part: str | Table | Chart | Pair, name: str) -> Iterator[str]:
    match part:
        case str():
            yield f"<p>{_said(part)}</p>"
        case Table():
            yield from _table(part)
        case Chart():
            yield "<figure>"
            yield _drawing(part.svg() if callable(part.svg) else part.svg, name)
            yield f'<figcaption id="{name}">{_said(part.caption)}</figcaption>'
            yield "</figure>"
        case Pair():
            yield "<figure>"
            yield f'<div class="two">{_picture(part.first, "first")}{_picture(part.second, "second")}</div>'
            yield f"<figcaption>{_said(part.caption)}</figcaption>"
            yield "</figure>"


def _table(table: Table) -> Iterator[str]:
    """Yield a table that is moved sideways, with the keyboard too, where it is wider than the page."""
    label = safe(f"Table: {table.caption}" if table.caption else "Table")
    yield f'<div class="wide" role="region" aria-label="{label}" tabindex="0">'
    yield from drawn(table)
    yield "</div>"


def _drawing(svg: str, caption: str) -> str:
    """Return a chart's SVG named by its caption, and its own names made ones of this place in the page."""
    if not PLAIN_SVG.match(svg):
        raise ValueError("a chart is an <svg> of shapes and text: it holds no script, picture or HTML")
    within = TAG.sub(lambda tag: NAME.sub(rf"\g<1>{caption}-", tag.group()), svg)
    return f'<svg role="img" aria-labelledby="{caption}"{within.removeprefix("<svg")}'


def _picture(data: bytes, which: str) -> str:
    kind = next((kind for begins, kind in KINDS.items() if data.startswith(begins)), None)
    if kind is None:
        raise ValueError(f"a picture on a page is PNG or JPEG, got {data[:4]!r}")
    return f'<img alt="The {which} of the two pictures" src="data:{kind};base64,{base64.b64encode(data).decode()}">'


def _of_document(document: Mapping[str, Any]) -> Iterator[tuple[str, bool, list[str]]]:
    """Yield the sections that say what somebody has to answer for, and what could not be used."""
    if document["findings"]:
        yield "What somebody has to answer for", False, list(_findings(document["findings"]))
    yield "What could not be used", False, list(_problems(document["problems"]))


def _findings(findings: Sequence[Mapping[str, str]]) -> Iterator[str]:
    yield (
        f"<p>{count(len(findings), 'finding')}. Where this machine keeps a record, each stands in it, open, until "
        "somebody says what was done; after 90 days it is overdue.</p>"
    )
    yield '<ol class="findings">'
    for one in findings:
        whom = f" ({_said(one['group'])})" if one["group"] else ""
        yield f"<li><strong>{_said(one['kind'])}{whom}:</strong> {_said(one['said'])}</li>"
    yield "</ol>"


def _problems(problems: Mapping[str, Any]) -> Iterator[str]:
    counts: Mapping[str, int] = problems["counts"]
    if not counts:
        yield "<p>Nothing: every picture, person and row that was given counts in the figures above.</p>"
        return
    yield (
        "<p>Nothing is left out in silence. This is everything that could not be used, or not in the way it was "
        "meant, by kind; open one for the names.</p>"
    )
    for kind, found in counts.items():
        named: Sequence[Mapping[str, str]] = problems["named"].get(kind, ())
        yield f'<details class="problem"><summary>{_said(kind)}: {number(found)}</summary>'
        alike: dict[str, list[str]] = {}
        for one in named:
            alike.setdefault(one["said"], []).append(one["where"])
        for said, places in alike.items():
            yield f"<p>{_sentence(said.removesuffix('.'))}:</p>"
            yield f'<ul class="names">{"".join(f"<li>{_said(place)}</li>" for place in places)}</ul>'
        if found > len(named):
            yield f"<p>… and {number(found - len(named))} more, which are counted and not listed.</p>"
        yield "</details>"


def _sentence(text: str) -> str:
    """Return a text as HTML with a capital first letter."""
    return _said(text[:1].upper() + text[1:])


def _glossary(terms: Sequence[str]) -> Iterator[str]:
    if terms:
        yield "<dl>"
        for one in map(glossary.term, dict.fromkeys(terms)):
            yield f"<dt>{_said(one.name)}</dt><dd>{_said(one.means)}</dd>"
        yield "</dl>"


def _made(document: Mapping[str, Any]) -> Iterator[str]:
    made: Mapping[str, Any] = document["made"]
    yield "<p>The same pictures, models, settings and seed give the same report, to the last byte. The command:</p>"
    yield f"<pre><code>{safe(made['command'])}</code></pre>"
    if made["sets"]:
        yield from _table(
            Table(
                ["Used as", "From", "Pictures", "People", "Templates"],
                [
                    [one["role"], one["source"], *(number(one[of]) for of in ("pictures", "people", "templates"))]
                    for one in made["sets"]
                ],
                left=2,
                caption="What was compared",
            )
        )
    yield "<dl>"
    for name, said in _facts(document):
        yield f"<dt>{_said(name)}</dt>{''.join(f'<dd>{one}</dd>' for one in said)}"
    yield "</dl>"


def _facts(document: Mapping[str, Any]) -> Iterator[tuple[str, list[str]]]:
    """Yield what else made the figures: a name, and lines that are HTML already."""
    made: Mapping[str, Any] = document["made"]
    yield "Code", [f"Recognizance {_said(str(made['version']))}"]
    if made["models"]:
        yield "Models", [", ".join(_value(name, one[name]) for name in one) for one in made["models"]]
    if made["pipeline"]:
        yield "Settings that change a face's numbers", [safe(", ".join(made["pipeline"]))]
    if made["sets"]:
        yield (
            "Fingerprints of the data (SHA-256)",
            [f"{_said(one['role'])}: {_hash(one['fingerprint'])}" for one in made["sets"]],
        )
    left_out: Mapping[str, Any] | None = made["exclusions"]
    yield (
        "Left out by a list of exclusions",
        ["nobody: no list was given"]
        if left_out is None
        else [", ".join(_value(name, one) for name, one in left_out.items())],
    )
    yield "Seed of everything drawn by chance", [safe(str(made["seed"]))]
    yield "Form of the report", [safe(str(document["schema"]))]


def _value(name: str, value: Any) -> str:
    """Return a named value as HTML, a digest in the letters of a machine."""
    said = str(value)
    return f"{_said(name)} {_hash(said) if len(said) >= 40 and said.isalnum() else safe(said)}"


def _said(text: str) -> str:
    """Return a text as HTML, its figures kept in one line with their signs, and what is in backticks as code."""
    return CODE.sub(r"<code>\1</code>", safe(text).replace(" %", "\N{NO-BREAK SPACE}%"))


def _hash(text: str) -> str:
    return f'<span class="hash">{_said(text)}</span>'


def _footer(document: Mapping[str, Any]) -> Iterator[str]:
    yield "<footer>"
    yield (
        "<p>Made by Recognizance from the audit's JSON report, whose SHA-256 is "
        f"{_hash(audit.digest(audit.written(document)))}. The page holds no script and asks the network for nothing. "
        "A match is a reason to look further and never by itself proof of who somebody is.</p>"
    )
    yield "</footer>"

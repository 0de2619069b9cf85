"""One page for one audit: a verdict anybody can read, then figures, charts and pictures, as one HTML file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from recognizance.accountability.papers import Table


@dataclass(frozen=True, slots=True)
class Chart:
    """A drawing as inline SVG, with a sentence that says what it shows to who cannot see it."""

    svg: str
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

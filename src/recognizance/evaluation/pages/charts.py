"""Charts as inline SVG: lines with their intervals, estimates with theirs, bars, histograms and heat maps.

Matplotlib draws them, on its own settings alone, and the same input gives the same bytes. Text stays text, in the
page's letters; colours are the page's (`--c1` … of its style), so that a chart follows a reader into the dark; and what
differs by colour differs by dash or marker too, for print and for who sees few colours. On a logarithmic axis a value
of 0 has no place: it is drawn as an arrow down from its upper bound, "at most this".
"""

from __future__ import annotations

import io
import math
import re
import textwrap
import warnings
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from recognizance.accountability.papers import shown
from recognizance.evaluation.words import one_in

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Kind = Literal["number", "share", "one in"]

WIDTH = 4.7
"""Inches, of 72 units each: on a telephone a unit is about a pixel, and letters of 10 units can be read."""

LETTERS = 58
"""How many letters stand side by side in that width."""

ROW = 22
"""How many letters of a row's label stand in one line."""

LINES = 3
"""How many lines a label takes at most; what is left out of it stands in the table beside the chart."""

INK, MUTED, RULE, PAPER = "#010101", "#020202", "#030303", "#040404"
HUES = ("#0a0101", "#0a0102", "#0a0103", "#0a0104", "#0a0105", "#0a0106")
PAINT: Mapping[str, str] = {
    INK: "var(--ink)",
    MUTED: "var(--muted)",
    RULE: "var(--rule)",
    PAPER: "var(--paper)",
    **{hue: f"var(--c{at})" for at, hue in enumerate(HUES, 1)},
}
"""What stands for each colour that is drawn with: no drawing has these by chance, so they can be exchanged after."""

COLOURS: Mapping[str, str] = {
    "ink": "#1b1d21", "muted": "#555b66", "rule": "#c5cad3", "paper": "#fff",
    "c1": "#0067a5", "c2": "#c04a00", "c3": "#00775a", "c4": "#a23f84", "c5": "#7d6200", "c6": "#4d5f75",
}  # fmt: skip
"""What the page's style has for them in the light."""

DASHES: tuple[Any, ...] = ("-", (0, (5, 2)), (0, (1, 1.5)), (0, (7, 2, 1.5, 2)), (0, (3, 1, 1, 1, 1, 1)), (0, (9, 3)))
MARKERS = ("o", "s", "^", "D", "v", "P")
HEAT = ("#eef4fb", "#c9dff2", "#97c4e6", "#5a9fd3", "#2676b4", "#0b4a86", "#062c55")
"""From little to much; each cell says its figure, in the letters that can be read on it."""

SETTINGS: Mapping[str, Any] = {
    "svg.hashsalt": "recognizance",
    "svg.fonttype": "none",
    "text.parse_math": False,
    "axes.formatter.use_mathtext": False,
    "font.family": ["DejaVu Sans"],
    "font.size": 10,
    "axes.labelsize": 10,
    "xtick.labelsize": 9.5,
    "ytick.labelsize": 9.5,
    "legend.fontsize": 9.5,
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.edgecolor": MUTED,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "grid.color": RULE,
    "grid.linewidth": 0.6,
    "axes.axisbelow": True,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "lines.linewidth": 1.8,
    "lines.markersize": 5,
    "hatch.color": RULE,
    "legend.frameon": False,
}


@dataclass(frozen=True, slots=True)
class Axis:
    """What an axis shows, in words, and how: plain numbers, shares in [0, 1] as percent, or shares as "1 in n".

    `low` and `high` bound what is shown and `ticks` are where it is labelled; None takes them from the data.
    """

    label: str
    kind: Kind = "number"
    log: bool = False
    low: float | None = None
    high: float | None = None
    ticks: Sequence[float] | None = None


@dataclass(frozen=True, slots=True)
class Series:
    """Values over places, each with its interval where `low` and `high` are given; None is a gap.

    `points` draws them as marks with bars rather than as a line with a band: what was measured at a few places.
    `dashed` marks what was predicted or extrapolated rather than counted. Series that share a `hue` have one colour.
    """

    name: str
    x: Sequence[float]
    y: Sequence[float | None]
    low: Sequence[float | None] | None = None
    high: Sequence[float | None] | None = None
    points: bool = False
    dashed: bool = False
    hue: int | None = None


@dataclass(frozen=True, slots=True)
class Mark:
    """A place on the x axis that a line across the drawing and a word beside it point at."""

    x: float
    name: str


@dataclass(frozen=True, slots=True)
class Row:
    """One estimate and its interval; a value of None is withheld. `hue` tells rows of one kind from others."""

    label: str
    value: float | None
    low: float | None = None
    high: float | None = None
    hue: int = 0


def lines(series: Sequence[Series], x: Axis, y: Axis, *, marks: Sequence[Mark] = (), height: float = 3.2) -> str:
    """Return series over one x axis as SVG, with their intervals as bands, or as bars where they are points.

    An ROC or DET curve is one of these. Raises `ValueError` where no series has a value.
    """
    if not any(value is not None for one in series for value in one.y):
        raise ValueError("a chart needs at least one value")

    def draw(figure: Figure) -> None:
        axes = figure.subplots()
        _axis(axes, "x", x, [place for one in series for place in one.x])
        bounds = [value for one in series for each in (one.y, one.low or (), one.high or ()) for value in each]
        floor = _axis(axes, "y", y, [value for value in bounds if value is not None])
        for at, one in enumerate(series):
            _series(axes, one, at, floor)
        _marks(axes, marks)
        if len(series) > 1 or series[0].name:
            _legend(figure, axes)

    return _svg(draw, height + 0.22 * len(series))


def intervals(rows: Sequence[Row], x: Axis, *, reference: float | None = None, said: str = "") -> str:
    """Return estimates under each other with their intervals as SVG (a forest plot), and a line where `reference` is.

    `said` is what the line stands for. Raises `ValueError` where there is no row.
    """
    if not rows:
        raise ValueError("a chart needs at least one row")

    def draw(figure: Figure) -> None:
        axes = figure.subplots()
        known = [value for row in rows for value in (row.value, row.low, row.high) if value is not None]
        known += [] if reference is None else [reference]
        floor = _axis(axes, "x", x, known or [0.0, 1.0], _room([row.label for row in rows]))
        for at, row in enumerate(rows):
            _estimate(axes, row, at, floor)
        if reference is not None:
            axes.axvline(reference, color=INK, linewidth=1, linestyle=(0, (4, 3)), label=_text(said), zorder=1)
        axes.set_ylim(len(rows) - 0.4, -0.6)
        axes.set_yticks(range(len(rows)), [_wrapped(row.label, ROW) for row in rows])
        axes.tick_params(axis="y", length=0)
        axes.grid(visible=False, axis="y")
        if reference is not None and said:
            _legend(figure, axes)

    tall = sum(max(1.0, 0.75 * len(_wrapped(row.label, ROW).split("\n"))) for row in rows)
    return _svg(draw, 0.9 + 0.3 * tall + (0.25 if said else 0))


def bars(labels: Sequence[str], series: Sequence[tuple[str, Sequence[float | None]]], x: Axis) -> str:
    """Return one bar for each label and series as SVG, lying, the first label on top; None is withheld.

    Raises `ValueError` where there is nothing to draw, or a series is of another length.
    """
    if not labels or not series or any(len(values) != len(labels) for _, values in series):
        raise ValueError("bars need labels, and in each series a value for each label")

    def draw(figure: Figure) -> None:
        axes = figure.subplots()
        known = [value for _, values in series for value in values if value is not None]
        _axis(axes, "x", x, [0.0, *known], _room(labels))
        thick = 0.8 / len(series)
        for at, (name, values) in enumerate(series):
            middle = [row - 0.4 + thick * (at + 0.5) for row in range(len(labels))]
            axes.barh(
                middle, [value or 0.0 for value in values], 0.9 * thick, color=HUES[at % len(HUES)],
                edgecolor=PAPER, hatch=("", "///", "...", "xx")[at % 4], label=_text(name),
            )  # fmt: skip
            for place, value in zip(middle, values, strict=True):
                if value is None:
                    axes.annotate("withheld", (0, place), (3, 0), textcoords="offset points", va="center", fontsize=9)
        axes.set_ylim(len(labels) - 0.4, -0.6)
        axes.set_yticks(range(len(labels)), [_wrapped(one, ROW) for one in labels])
        axes.tick_params(axis="y", length=0)
        axes.grid(visible=False, axis="y")
        if len(series) > 1:
            _legend(figure, axes)

    return _svg(draw, 0.9 + max(0.32, 0.24 * len(series)) * len(labels) + (0.22 * len(series) if series[1:] else 0))


def histograms(
    edges: Sequence[float],
    series: Sequence[tuple[str, Sequence[float]]],
    x: Axis,
    y: Axis,
    *,
    marks: Sequence[Mark] = (),
) -> str:
    """Return counts or shares over bins as SVG, one outline for each series; `edges` are one more than the bins.

    Raises `ValueError` where there is nothing to draw, or a series is of another length.
    """
    if not series or any(len(values) != len(edges) - 1 for _, values in series):
        raise ValueError("a histogram needs series, and in each a value for each bin: one fewer than the edges")

    def draw(figure: Figure) -> None:
        axes = figure.subplots()
        _axis(axes, "x", x, list(edges))
        floor = _axis(axes, "y", y, [value for _, values in series for value in values] + ([] if y.log else [0.0]))
        for at, (name, values) in enumerate(series):
            tops = [max(value, floor) for value in values]
            hue = HUES[at % len(HUES)]
            axes.stairs(
                tops, edges, baseline=floor, color=hue, linewidth=1.6, linestyle=DASHES[at % 6], label=_text(name)
            )
            axes.stairs(tops, edges, baseline=floor, color=hue, fill=True, alpha=0.18)
        _marks(axes, marks)
        _legend(figure, axes)

    return _svg(draw, 3.0 + 0.22 * len(series))


SMALLEST_LETTERS = 7.0
"""Points below which the figures of a heat map stand in two lines, not in smaller letters."""


def heat(
    rows: Sequence[str], columns: Sequence[str], values: Sequence[Sequence[float | None]],
    labels: Sequence[Sequence[str]], *, log: bool = False, across: str = "", down: str = "",
) -> str:  # fmt: skip
    """Return a table of coloured cells as SVG: darker for more; None is withheld and hatched.

    `labels` are what each cell says (the figure, in few signs); `across` and `down` say what columns and rows are.
    Raises `ValueError` where there is nothing to draw, or the shapes differ.
    """
    shapes = {len(row) for row in (*values, *labels)}
    if not rows or not columns or shapes != {len(columns)} or not len(rows) == len(values) == len(labels):
        raise ValueError("a heat map needs rows and columns, and a value and a label for each cell")
    long = max(len(word) for one in columns for word in one.split() or [""]) > 18
    room = 9 * (LETTERS - _room(rows)) / len(columns)  # points of size that a label of one letter could have
    if room / max(len(one) for said in labels for one in said) < SMALLEST_LETTERS:
        labels = [[one.replace(" in ", " in\n") for one in said] for said in labels]
    longest = max((len(line) for said in labels for one in said for line in one.split("\n")), default=1)
    size = min(9.0, max(4.0, 0.92 * room / max(1, longest)))
    tall = 1.1 + 0.36 * len(rows) + (0.8 if long else 0.0)

    def draw(figure: Figure) -> None:
        from matplotlib.patches import Rectangle

        axes = figure.subplots()
        shades = _shades([value for row in values for value in row if value is not None], log)
        for down_, (row, said) in enumerate(zip(values, labels, strict=True)):
            for across_, (value, label) in enumerate(zip(row, said, strict=True)):
                shade = None if value is None else shades(value)
                face = PAPER if shade is None else HEAT[shade]
                hatch = "////" if shade is None else None
                axes.add_patch(
                    Rectangle(
                        (across_ - 0.5, down_ - 0.5), 1, 1, facecolor=face, edgecolor=RULE, hatch=hatch, linewidth=1
                    )
                )
                ink = INK if shade is None else "#ffffff" if shade >= 4 else "#101010"
                two = "\n".join(map(_text, label.split("\n")))
                axes.text(across_, down_, two, ha="center", va="center", color=ink, fontsize=size)
        axes.set_xlim(-0.5, len(columns) - 0.5)
        axes.set_ylim(len(rows) - 0.5, -0.5)
        letters = max(1, 46 // len(columns))
        turned = any(len(word) > letters for one in columns for word in one.split())
        names = [_wrapped(one, 18 if turned else letters) for one in columns]
        axes.set_xticks(range(len(columns)), names, rotation=90 if turned else 0)
        axes.set_yticks(range(len(rows)), [_wrapped(one, 18) for one in rows])
        axes.xaxis.tick_top()
        axes.xaxis.set_label_position("top")
        axes.set_xlabel(_wrapped(across, 60))
        axes.set_ylabel(_wrapped(down, min(40, int(10 * tall))))
        axes.tick_params(length=0)
        for spine in axes.spines.values():
            spine.set_visible(False)

    return _svg(draw, tall)


def alone(svg: str) -> str:
    """Return a drawing as a file of its own, on white, for a page that has no style to take its colours from."""
    for name, colour in COLOURS.items():
        svg = svg.replace(f"var(--{name})", colour)
    opening = '<svg xmlns="http://www.w3.org/2000/svg" font-family="sans-serif"'
    ground = '<rect width="100%" height="100%" fill="#fff"/>'
    return re.sub(r"<svg( [^>]*)>", lambda found: f"{opening}{found.group(1)}>\n{ground}", svg, count=1) + "\n"


def _svg(draw: Callable[[Figure], None], height: float) -> str:
    """Return what `draw` puts on a figure of that height in inches, as an `<svg>` for a page."""
    from matplotlib.figure import Figure

    with _settings(), warnings.catch_warnings():
        # A letter that this font lacks is drawn by the reader's.
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        figure = Figure(figsize=(WIDTH, height), layout="constrained")
        draw(figure)
        written = io.StringIO()
        figure.savefig(
            written, format="svg", transparent=True, metadata=dict.fromkeys(("Date", "Creator", "Type", "Format"))
        )
    return _bare(written.getvalue())


def _settings() -> AbstractContextManager[None]:
    """Give matplotlib's own settings with ours over them, whatever this machine's say."""
    import matplotlib

    own = ((name, value) for name, value in matplotlib.rcParamsDefault.items() if not name.startswith("backend"))
    given: Any = dict(own) | dict(SETTINGS)
    return matplotlib.rc_context(given)


def _bare(svg: str) -> str:
    """Return a drawing without what only a file of its own needs, in the page's colours and letters."""
    drawn = svg[svg.index("<svg") :]
    drawn = re.sub(r"<!--.*?-->|<metadata>.*?</metadata>|<style.*?</style>|<\?.*?\?>", "", drawn, flags=re.DOTALL)
    drawn = re.sub(r'<svg [^>]*?(viewBox="[^"]*")[^>]*>', r"<svg \1>", drawn, count=1)
    drawn = drawn.replace("xlink:href=", "href=")
    used = set(re.findall(r"(?:url\(#|href=\"#)([^)\"]+)", drawn))
    drawn = re.sub(r' id="([^"]*)"', lambda name: name.group() if name.group(1) in used else "", drawn)
    drawn = re.sub(r" ?font-family: [^;\"]*;", "", re.sub(r"font: ([\d.]+px)[^;\"]*", r"font-size: \1", drawn))
    for hue, paint in PAINT.items():
        drawn = drawn.replace(hue, paint)
    return re.sub(r"\s*\n\s*", "\n", drawn).strip()


def _axis(axes: Axes, which: Literal["x", "y"], axis: Axis, values: Sequence[float], taken: int = 6) -> float:
    """Set up one axis for what is to be drawn on it, and return its lower end.

    `taken` is how many letters the labels beside the drawing take of its width.
    """
    from matplotlib import ticker

    one = axes.xaxis if which == "x" else axes.yaxis
    set_scale, set_limits = (axes.set_xscale, axes.set_xlim) if which == "x" else (axes.set_yscale, axes.set_ylim)
    one.set_label_text(_wrapped(axis.label, LETTERS - taken if which == "x" else 40))
    axes.grid(visible=True, axis=which)
    said = {"number": _figure, "share": _percent, "one in": one_in}[axis.kind]
    if axis.log:
        above = [value for value in values if value > 0] or [0.1, 1.0]
        low = axis.low or 10 ** math.floor(math.log10(min(above)) - 1e-9)
        high = axis.high or 10 ** math.ceil(math.log10(max(above)) - 1e-9)
        if axis.kind != "number" and axis.high is None:
            high = min(high, 1.0)
        set_scale("log")
        decades = math.log10(high / low)
        one.set_major_locator(
            ticker.LogLocator(subs=(1.0,) if decades > 2 else (1.0, 2.0, 5.0), numticks=_most(which, axis, taken))
        )
        one.set_minor_locator(ticker.NullLocator())
    else:
        low, high = _bounds(axis, values)
        one.set_major_locator(ticker.MaxNLocator(5 if which == "x" else 6, integer=_whole(axis, values)))
    if axis.ticks is not None:
        one.set_major_locator(ticker.FixedLocator(axis.ticks))
    set_limits(low, high)
    one.set_major_formatter(ticker.FuncFormatter(lambda value, _: said(value)))
    return low


def _most(which: Literal["x", "y"], axis: Axis, taken: int) -> int:
    """Return how many labels a logarithmic axis has room for."""
    if which == "y":
        return 9
    return max(2, (LETTERS - taken) // (13 if axis.kind == "one in" else 8))


def _room(labels: Sequence[str]) -> int:
    """Return how many letters the labels of rows take."""
    return max(len(line) for one in labels for line in (*_wrapped(one, ROW).split("\n"), "")) + 2


def _bounds(axis: Axis, values: Sequence[float]) -> tuple[float, float]:
    """Return the ends of a plain axis: the data's with a little room, never below 0 or above 1 for a share for it."""
    least, most = min(values), max(values)
    room = 0.05 * (most - least) or 0.05 * abs(most) or 0.5
    low = least if least == 0 else least - room
    high = most + room
    if axis.kind != "number":
        low, high = max(low, 0.0), min(high, 1.02)
    return (low if axis.low is None else axis.low), (high if axis.high is None else axis.high)


def _whole(axis: Axis, values: Sequence[float]) -> bool:
    """Tell whether an axis shows counts."""
    return axis.kind == "number" and max(values) - min(values) >= 4 and all(float(one).is_integer() for one in values)


def _series(axes: Axes, one: Series, at: int, floor: float) -> None:
    """Draw one series: a line in its band, or marks with their bars."""
    hue = HUES[(at if one.hue is None else one.hue) % len(HUES)]
    places = range(len(one.x))
    low, high = one.low or [None] * len(one.x), one.high or [None] * len(one.x)
    log = axes.get_yscale() == "log"
    if one.points:
        for place in places:
            _bar(axes, one.x[place], one.y[place], (low[place], high[place]), hue, floor if log else None)
        held = [
            (place, value)
            for place, value in zip(one.x, one.y, strict=True)
            if value is not None and not (log and value <= 0)
        ]
        axes.plot(
            [place for place, _ in held], [value for _, value in held], MARKERS[at % len(MARKERS)], color=hue,
            markerfacecolor=PAPER if one.dashed else hue, markeredgewidth=1.4, label=_text(one.name), zorder=3,
            clip_on=not all(_within(value, axes.get_ylim()) for _, value in held),
        )  # fmt: skip
        return
    gap = math.nan
    values = [gap if value is None or (log and value <= 0) else value for value in one.y]
    dash = DASHES[1 if one.dashed else at % len(DASHES)]
    axes.plot(one.x, values, color=hue, linestyle=dash, label=_text(one.name), zorder=2)
    if one.low is not None and one.high is not None:
        lower = [gap if value is None else max(value, floor) if log else value for value in low]
        upper = [gap if value is None else value for value in high]
        axes.fill_between(one.x, lower, upper, color=hue, alpha=0.18, linewidth=0, zorder=1)


def _bar(
    axes: Axes, x: float, y: float | None, bounds: tuple[float | None, float | None], hue: str, floor: float | None
) -> None:
    """Draw one interval, upright; where nothing was counted and the axis has no 0, an arrow down from its upper end."""
    low, high = bounds
    if y is None or low is None or high is None:
        return
    if floor is not None and y <= 0:
        _at_most(axes, (x, max(high, floor)), (x, floor), hue, "_")
        return
    axes.plot(
        [x, x], [low if floor is None else max(low, floor), high], color=hue, linewidth=1.4, marker="_", markersize=7
    )


def _estimate(axes: Axes, row: Row, at: int, floor: float) -> None:
    """Draw one row of a forest plot."""
    hue = HUES[row.hue % len(HUES)]
    if row.value is None:
        axes.annotate("withheld", (0, at), (4, 0), xycoords=axes.get_yaxis_transform(), textcoords="offset points",
                      va="center", color=MUTED, fontsize=9)  # fmt: skip
        return
    log = axes.get_xscale() == "log"
    low, high = row.low, row.high
    if log and row.value <= 0:
        end = high if high is not None else floor
        _at_most(axes, (max(end, floor), at), (floor, at), hue, "|")
        return
    if low is not None and high is not None:
        axes.plot([max(low, floor) if log else low, high], [at, at], color=hue, linewidth=1.8)
    axes.plot(
        [row.value], [at], MARKERS[row.hue % len(MARKERS)], color=hue, markersize=6, zorder=3,
        clip_on=not _within(row.value, axes.get_xlim()),
    )  # fmt: skip


def _within(value: float, ends: tuple[float, float]) -> bool:
    """Tell whether a marker belongs on the drawing, and so may stand whole on its edge."""
    return ends[0] <= value <= ends[1]


def _at_most(axes: Axes, end: tuple[float, float], floor: tuple[float, float], hue: str, marker: str) -> None:
    """Draw an arrow from an upper bound to where the axis begins."""
    axes.annotate(
        "", floor, end, arrowprops={"arrowstyle": "-|>", "color": hue, "linewidth": 1.5, "shrinkA": 0, "shrinkB": 0}
    )
    axes.plot([end[0]], [end[1]], marker, color=hue, markersize=9, markeredgewidth=1.6)


def _marks(axes: Axes, marks: Sequence[Mark]) -> None:
    """Draw marks from the left to the right; the names of two that are near each other look away from each other."""
    ordered = sorted(marks, key=lambda mark: mark.x)
    places = [axes.transAxes.inverted().transform(axes.transData.transform((mark.x, 1.0)))[0] for mark in ordered]
    for at, mark in enumerate(ordered):
        left = at > 0 and places[at] - places[at - 1] < 0.3
        right = at + 1 < len(places) and places[at + 1] - places[at] < 0.3
        side = "center" if left == right else "left" if left else "right"
        axes.axvline(mark.x, color=MUTED, linewidth=1, linestyle=(0, (4, 3)), zorder=1)
        axes.annotate(
            _wrapped(mark.name, 18), (mark.x, 1), (0, 2), xycoords=axes.get_xaxis_transform(),
            textcoords="offset points", va="bottom", ha=side, fontsize=9, color=MUTED, annotation_clip=False,
        )  # fmt: skip


def _legend(figure: Figure, axes: Axes) -> None:
    handles, labels = axes.get_legend_handles_labels()
    wide = max((len(one) for one in labels), default=0) > 24 or len(labels) == 1
    figure.legend(
        handles, [_wrapped(one, 58) for one in labels], loc="outside lower left", ncols=1 if wide else 2,
        handlelength=3.2, borderpad=0, borderaxespad=0.2, columnspacing=1.5,
    )  # fmt: skip


def _shades(values: Sequence[float], log: bool) -> Callable[[float], int]:
    """Return how dark a value is, as a place in `HEAT`, from the least to the most of these."""
    above = [value for value in values if value > 0] if log else list(values)
    if not above:
        return lambda value: 0
    scale: Callable[[float], float] = math.log if log else float
    least, most = scale(min(above)), scale(max(above))

    def shade(value: float) -> int:
        if most == least or (log and value <= 0):
            return 0 if log and value <= 0 else 1
        return min(int((scale(value) - least) / (most - least) * len(HEAT)), len(HEAT) - 1)

    return shade


def _percent(value: float) -> str:
    """Return a tick of an axis of shares: as few digits as it has."""
    return f"{_figure(100 * value)} %"


def _figure(value: float) -> str:
    """Return a tick as plainly as it can be written: no exponent, no zeros at its end."""
    return f"{value:,.10f}".rstrip("0").rstrip(".").replace("-", "\N{MINUS SIGN}") if value else "0"


def _text(text: str) -> str:
    return shown(text)


def _wrapped(text: str, width: int) -> str:
    """Return a text in lines of a width, shortened with an ellipsis: a longer one would leave nothing to draw on."""
    return "\n".join(textwrap.wrap(shown(text), width, max_lines=LINES, placeholder="…")) if text else ""

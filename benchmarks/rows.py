"""One figure of the table: what was measured, what it should reach, and how it reads."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from benchmarks.statistics import Spread

DIGITS = 3  # significant; more would be the noise's


@dataclass(frozen=True, slots=True)
class Target:
    """What a figure should reach: `sense` is "at least", "at most" or "under"."""

    sense: str
    bound: float

    def met(self, value: float) -> bool:
        """Tell whether `value` reaches it."""
        return {"at least": value >= self.bound, "at most": value <= self.bound, "under": value < self.bound}[
            self.sense
        ]


@dataclass(frozen=True, slots=True)
class Row:
    """One line: `group` is what `--only` names, `unit` what `value`, `low`, `high` and `p95` are in.

    `low` and `high` are quartiles, `count` the values behind them. `note` says what the name
    cannot. A row without a value says in `note` why it was left out.
    """

    group: str
    name: str
    unit: str = ""
    value: float | None = None
    low: float | None = None
    high: float | None = None
    p95: float | None = None
    count: int | None = None
    target: Target | None = None
    note: str = ""

    @property
    def met(self) -> bool | None:
        """Whether the target is reached; None without a target or a value."""
        return None if self.target is None or self.value is None else self.target.met(self.value)


def measured(group: str, name: str, unit: str, found: Spread, *, target: Target | None = None, note: str = "") -> Row:
    """Return the row of a spread."""
    return Row(group, name, unit, found.median, found.low, found.high, found.p95, found.count, target, note)


def skipped(group: str, name: str, why: str, target: Target | None = None) -> Row:
    """Return a row that says why there is no figure."""
    return Row(group, name, target=target, note=why)


def as_json(rows: Iterable[Row]) -> list[dict[str, Any]]:
    """Return the rows as JSON has them, each with whether its target is met."""
    return [asdict(row) | {"met": row.met} for row in rows]


def from_json(said: Iterable[Mapping[str, Any]]) -> list[Row]:
    """Return the rows that `as_json` wrote."""
    rows = []
    for one in said:
        fields = {key: value for key, value in one.items() if key != "met"}
        target = fields.pop("target")
        rows.append(Row(**fields, target=Target(**target) if target else None))
    return rows


COLUMNS = ("what", "figure", "middle half", "p95", "n", "target", "met")


def cells(row: Row) -> tuple[str, ...]:
    """Return a row's texts, one for each of `COLUMNS`."""
    half = f"{number(row.low)} to {number(row.high)}" if row.low is not None and row.high is not None else ""
    return (
        row.name,
        f"{number(row.value)} {row.unit}".strip() if row.value is not None else "left out",
        half,
        number(row.p95) if row.p95 is not None else "",
        str(row.count) if row.count else "",
        f"{row.target.sense} {number(row.target.bound)}" if row.target else "",
        {True: "met", False: "NOT MET", None: ""}[row.met],
    )


def number(value: float | None) -> str:
    """Return a number with three significant digits, without an exponent.

    >>> number(1234.6), number(23.46), number(0.01234), number(0)
    ('1235', '23.5', '0.0123', '0')
    """
    if value is None:
        return ""
    if abs(value) >= 100 or value == 0:
        return f"{value:.0f}"
    text = f"{value:.{DIGITS}g}"
    return f"{value:.6f}".rstrip("0") if "e" in text else text


def plain(rows: Sequence[Row]) -> list[str]:
    """Return the table as lines of text, aligned, notes indented below their row."""
    texts = [COLUMNS, *(cells(row) for row in rows)]
    widths = [max(len(line[at]) for line in texts) for at in range(len(COLUMNS))]
    lines = ["  ".join(text.ljust(width) for text, width in zip(COLUMNS, widths, strict=True)).rstrip()]
    for row, line in zip(rows, texts[1:], strict=True):
        lines.append("  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip())
        if row.note:
            lines.append(f"    {row.note}")
    return lines


def verdict(rows: Sequence[Row]) -> str:
    """Return in one sentence how many targets are met, and which are missed."""
    aimed = [row for row in rows if row.target]
    met = sum(row.met is True for row in aimed)
    missed = [row.name for row in aimed if row.met is False]
    left = sum(row.met is None for row in aimed)
    text = f"{met} of {len(aimed)} targets met"
    if missed:
        text += "; not met: " + "; ".join(missed)
    return text + (f"; left out: {left}." if left else ".")

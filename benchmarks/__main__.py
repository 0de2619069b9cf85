"""`python -m benchmarks`: measure everything, print one table, write it as JSON."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks import machine, rows
from benchmarks.rows import Row

if TYPE_CHECKING:
    from benchmarks.plan import Group

ROOT = Path(__file__).parents[1]
GROUPS = ("import", "start", "decode", "detect", "align", "embed", "peer", "overhead", "throughput", "calls", "memory")
BUSY = 0.5
"""A load average above which the figures are the machine's mood as much as ours."""


def main() -> None:
    """Run the command line."""
    asked = _arguments().parse_args()
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[name] = "1"  # before numpy is imported; models and OpenCV are pinned where a row says so
    said = machine.described(sys.argv[1:], ROOT)
    if (said["load_before"] or 0) > BUSY:
        _complain(f"The machine is busy (load {said['load_before']}): ratios will do, times will not.")
    found = measure(asked.only or GROUPS, asked)
    said["load_after"] = machine.load()

    asked.json.parent.mkdir(parents=True, exist_ok=True)
    asked.json.write_text(json.dumps({"machine": said, "rows": rows.as_json(found)}, indent=1) + "\n", encoding="utf-8")
    _print(found, machine.sentence(said))
    sys.exit(any(row.met is False for row in found) if asked.strict else 0)


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Measure speed, memory and start-up.")
    parser.add_argument("--quick", action="store_true", help="a few runs of each: to see that all works, not to quote")
    parser.add_argument(
        "--only",
        action="append",
        choices=GROUPS,
        metavar="ROW",
        help=f"only these rows; repeatable: {', '.join(GROUPS)}",
    )
    parser.add_argument(
        "--json", type=Path, default=ROOT / "out" / "bench.json", metavar="PATH", help="where JSON goes"
    )
    parser.add_argument(
        "--peer", type=Path, action="append", default=[], metavar="PYTHON",
        help="a Python that has face_recognition, measured beside the one installed here; repeatable",
    )  # fmt: skip
    parser.add_argument(
        "--compile-peer", action="store_true", help="measure a face_recognition whose dlib is compiled here, too"
    )
    parser.add_argument("--strict", action="store_true", help="exit with 1 when a target is not met")
    return parser


def measure(names: Sequence[str], asked: argparse.Namespace) -> list[Row]:
    """Return the rows of the groups named, in the order of `groups`; progress goes to stderr.

    A group that fails leaves a row that says why, unless it was asked for by name: then it ends the run.
    """
    from benchmarks.plan import QUICK, Effort, Plan
    from benchmarks.product import installed
    from recognizance.errors import ModelUnusable

    try:
        plan = Plan(installed(), QUICK if asked.quick else Effort(), tuple(asked.peer), asked.compile_peer)
    except ModelUnusable as error:
        sys.exit(f"{error}\nThe benchmark measures with the models that are installed; none are in the repository.")
    found: list[Row] = []
    for name, group in groups().items():
        if name in names:
            _complain(f"Measuring: {name}")
            try:
                found += group(plan)
            except RuntimeError as error:
                if asked.only:
                    raise
                found.append(rows.skipped(name, f"{name}: the rest", f"failed: {error}"))
    return found


def groups() -> dict[str, Group]:
    """Return what measures each group, in order."""
    from benchmarks import stages, standing, versus, whole

    return {
        "import": standing.importing,
        "start": standing.starting,
        "decode": stages.decoding,
        "detect": stages.detecting,
        "align": stages.aligning,
        "embed": stages.embedding,
        "peer": versus.beside_the_peer,
        "overhead": whole.overhead,
        "throughput": whole.throughput,
        "calls": whole.calls,
        "memory": standing.lasting,
    }


def _print(found: Sequence[Row], sentence: str) -> None:
    if sys.stdout.isatty():
        _print_rich(found)
    else:
        print("\n".join(rows.plain(found)))
    print(sentence)
    print(rows.verdict(found))


def _print_rich(found: Sequence[Row]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(*rows.COLUMNS, box=None, header_style="bold")
    for row in found:
        name, *others, met = rows.cells(row)
        shown = f"{name}\n[dim]{row.note}[/dim]" if row.note else name
        colour = {True: "green", False: "bold red", None: ""}[row.met]
        table.add_row(shown, *others, f"[{colour}]{met}[/{colour}]" if colour else met)
    Console().print(table)


def _complain(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()

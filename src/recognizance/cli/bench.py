"""`recognizance bench`: how fast this machine is at what the server does, on data made up for it."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from recognizance.cli import made, output
from recognizance.cli.failures import FAILED, Failed, Wrong
from recognizance.cli.going import count

OURS = "recognizance, exact"
READING = "reading the index once"
COLUMNS = ("threads", "engine", "p50 ms", "p90 ms", "p99 ms", "times ours")


def search(  # noqa: PLR0913 - each is an option of the command line
    context: typer.Context,
    faces: Annotated[int, typer.Option(min=1, metavar="N", help="How many faces to search among.")] = 1_000_000,
    dim: Annotated[int, typer.Option(min=2, max=4096, metavar="D", help="Numbers in a face's vector.")] = 128,
    threads: Annotated[
        list[int] | None,
        typer.Option(min=1, metavar="N", help="Threads of one search; repeatable.  [default: 1 and 2]"),
    ] = None,
    queries: Annotated[int, typer.Option(min=1, metavar="N", help="Searches to time.")] = 200,
    checked: Annotated[
        int, typer.Option(min=0, metavar="N", help="Searches to compare with brute force in float64.")
    ] = 1000,
    folder: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Where the rows go meanwhile.  [default: the system's own]")
    ] = None,
    postgresql: Annotated[
        str | None,
        typer.Option(
            metavar="URL", help="A database whose server has pgvector, to measure it too.", show_default=False
        ),
    ] = None,
    as_json: made.Json = False,
) -> None:
    """Time searches among faces made up at random, beside other engines that compare everything.

    All get the same rows and the same threads and take turns search by search; each search asks for the ten
    nearest. The index's answers are compared with brute force in float64, and how long it takes to read as
    much memory once says what no exact search in bytes can beat. Rows lie in a file meanwhile: 4 bytes a
    number.
    """
    given = made.of(context)
    where = folder or Path(tempfile.gettempdir())
    _check_room(where, needed=faces * (5 * dim + 16))
    with _said() as say:
        found = given.search_speed(
            faces=faces,
            dim=dim,
            queries=queries,
            checked=checked,
            threads=threads or [1, 2],
            folder=folder,
            postgresql=postgresql,
            say=say,
        )
    if as_json:
        output.as_json(found)
    else:
        _show(found)
    if _differ(found):
        output.complain("answers differ from brute force; that is a mistake of ours, please report it with --json")
        raise typer.Exit(FAILED)


def _check_room(folder: Path, *, needed: int) -> None:
    if not folder.is_dir():
        raise Wrong(f"{output.shown(folder)} should be a folder that is there; name it with --folder")
    free = shutil.disk_usage(folder).free
    if needed > free:
        raise Failed(
            f"{output.shown(folder)} has {free / 1e9:.1f} GB free and {needed / 1e9:.1f} GB are needed; "
            f"name another folder with --folder, or fewer --faces"
        )


@contextmanager
def _said() -> Generator[Callable[[str], None]]:
    """Give what says on stderr what is being done: in one changing line on a terminal, line by line elsewhere."""
    if sys.stderr.isatty():
        from rich.console import Console

        with Console(stderr=True).status("starting …") as status:
            yield lambda text: status.update(f"{text} …")
    else:
        yield lambda text: typer.echo(text, err=True)


def _show(found: Mapping[str, Any]) -> None:
    rows = [row for run in found["runs"] for row in _rows(run)]
    output.line(f"{count(found['faces'], 'face')} of {found['dimensions']} dimensions, the {found['limit']} nearest:")
    output.table(COLUMNS, rows, left=2)
    for run in found["runs"]:
        threads = count(run["threads"], "thread")
        output.line(
            f"{threads}: {run['times_the_memory']:.2f} times as long as reading the index once "
            f"({run['memory']['gigabytes_a_second']:.1f} GB/s); {run['batch_of_64_ms_a_query']:.2f} ms a search "
            f"where 64 come together."
        )
        for name, peer in run["peers"].items():
            if "left_out" in peer:
                output.line(f"{threads}: {name} was left out: {peer['left_out']}.")
    built, kept, right = found["index"], found["snapshot"], found["checked"]
    output.line(
        f"Index: scanned by {built['scanned_by']}; {built['bytes'] / 1e6:,.1f} MB; "
        f"{built['added_a_second']:,.0f} faces a second added; "
        f"loaded from its snapshot in {kept['load_seconds']:.2f} s."
    )
    output.line(f"Same answers as brute force in float64: {right['equal']:,} of {right['queries']:,} searches.")


def _rows(run: Mapping[str, Any]) -> list[Sequence[str]]:
    told = [(OURS, run["index"] | {"times_as_long_as_index": 1.0})]
    told += [(name, peer) for name, peer in run["peers"].items() if "left_out" not in peer]
    rows: list[Sequence[str]] = [
        (str(run["threads"]), name, *(f"{times[part]:.2f}" for part in ("p50_ms", "p90_ms", "p99_ms")),
         f"{times['times_as_long_as_index']:.1f}")
        for name, times in told
    ]  # fmt: skip
    reading, ours = run["memory"]["ms"], run["times_the_memory"]
    return [*rows, (str(run["threads"]), READING, f"{reading:.2f}", "", "", f"{1 / ours:.1f}")]


def _differ(found: Mapping[str, Any]) -> bool:
    right = found["checked"]
    return not right["queries"] == right["equal"] == right["equal_in_batches"]

"""`recognizance restore`: a collection out of the file that `recognizance export` wrote."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby, islice
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer

from recognizance.cli import exported, made, output
from recognizance.cli.failures import STOPPED, Failed, Wrong
from recognizance.cli.going import Going, count, going
from recognizance.cli.made import Asking
from recognizance.errors import AlreadyExists

AT_ONCE = 500  # the most that one request has
NAME = re.compile(r"[a-zA-Z0-9_.\-]{1,255}")  # the service model's pattern
Some = TypeVar("Some")


def restore(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What `recognizance export` wrote.", show_default=False)],
    collection: Annotated[
        str | None,
        typer.Option(metavar="ID", help="Another id for the collection; else the one in the file.", show_default=False),
    ] = None,
    as_json: made.Json = False,
    purpose: made.Purpose = None,
    case: made.Case = None,
    consent: made.Consent = None,
    data: made.Data = None,
) -> None:
    """Make a collection from an exported one, with its faces, users, vectors and tags.

    The file is checked as a whole first. Its model has to be known here, in the same version, or the vectors
    would mean nothing; nothing is embedded anew. Stopped at any moment, the same command goes on within a
    week, and nothing is restored twice. Into a collection that is there already, nothing is restored.
    """
    given = made.of(context)
    settings = given.settings(data=data)
    with output.working("Checking the file"):
        sealed = exported.verified(file)
    name = collection or str(sealed.collection["CollectionId"])
    if not NAME.fullmatch(name):
        raise Wrong("a collection's id has 1 to 255 of the letters a-z and A-Z, digits and _ . -")

    counts: Counter[str] = Counter()
    unassociated: list[str] = []
    with given.asking(settings, purpose=purpose, case=case, consent=consent, looks=False) as ask:
        resumed = _begin(ask, sealed, name)
        try:
            with going("faces", sealed.faces, given.now) as bar:
                _fill(ask, name, file, counts, unassociated, bar)
        except KeyboardInterrupt as error:
            typer.echo(f"Stopped after {counts['faces']:,} of {count(sealed.faces, 'face')}.", err=True)
            typer.echo("The same command goes on where it was.", err=True)
            raise typer.Exit(STOPPED) from error

    said = {
        "CollectionId": name,
        "File": str(file),
        "Model": sealed.collection["Model"],
        "FaceModelVersion": sealed.collection["FaceModelVersion"],
        "Faces": sealed.faces,
        "FacesRestored": counts["restored"],
        "FacesAlreadyThere": counts["known"],
        "Users": sealed.users,
        "UsersRestored": counts["users restored"],
        "UsersAlreadyThere": counts["users known"],
        "Unassociated": unassociated,
        "Resumed": resumed,
        "Sha256": sealed.sha256,
    }
    if as_json:
        output.as_json(said)
        return
    output.line(f"{count(sealed.faces, 'face')} and {count(sealed.users, 'user')} are in {name}.")
    if resumed:
        output.line(f"An earlier run had restored {counts['known']:,} of the faces.")
    if unassociated:
        output.line(f"{count(len(unassociated), 'face')} found their user with a hundred faces, and are nobody's.")


def _begin(ask: Asking, sealed: exported.Sealed, name: str) -> bool:
    """Make the collection, or find the one that an earlier run of this file made."""
    said = sealed.collection
    request = {
        "CollectionId": name,
        "Model": said["Model"],
        "FaceModelVersion": said["FaceModelVersion"],
        "Tags": {str(key): str(value) for key, value in said["Tags"].items()},
        "Region": said["Region"],
        "ClientRequestToken": hashlib.sha256(f"{sealed.sha256} {name}".encode()).hexdigest(),
    }
    try:
        return bool(ask("RestoreCollection", request)["Resumed"])
    except AlreadyExists as error:
        raise Failed(f"there is a collection {name} already; give another id with --collection") from error


def _fill(ask: Asking, name: str, file: Path, counts: Counter[str], unassociated: list[str], bar: Going) -> None:
    for kind, values in groupby(exported.contents(file), key=lambda one: one[0]):
        for some in _batches((value for _, value in values), AT_ONCE):
            if kind == exported.USER:
                answer = ask("RestoreUsers", {"CollectionId": name, "Users": some})
                counts["users restored"] += answer["Restored"]
                counts["users known"] += answer["AlreadyThere"]
                continue
            answer = ask("RestoreFaces", {"CollectionId": name, "Faces": some})
            counts["restored"] += answer["Restored"]
            counts["known"] += answer["AlreadyThere"]
            counts["faces"] += len(some)
            unassociated += answer["Unassociated"]
            bar(counts["faces"])


def _batches(values: Iterable[Mapping[str, Any]], size: int) -> Iterator[list[Mapping[str, Any]]]:
    going_on = iter(values)
    while some := list(islice(going_on, size)):
        yield some

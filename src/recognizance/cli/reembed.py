"""`recognizance reembed`: a collection moved to another model, from the pictures it was made of."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from recognizance.cli import gated, made, output, sources
from recognizance.cli.failures import FAILED, STOPPED, Wrong, sentence
from recognizance.cli.going import count, going
from recognizance.cli.import_ import pictures_at_once
from recognizance.cli.made import Answer, Asking
from recognizance.errors import (
    Conflict,
    ImageTooLarge,
    InvalidImage,
    InvalidParameter,
    InvalidS3Object,
    NotFound,
    RateExceeded,
)

if TYPE_CHECKING:
    from recognizance.settings import Settings
    from recognizance.values import Clock

OF_THE_PICTURE = (ImageTooLarge, InvalidImage, InvalidParameter, InvalidS3Object, RateExceeded, OSError)
SHOWN = 10


@dataclass(slots=True)
class Tally:
    """What has become of the pictures so far."""

    pictures: int = 0
    embedded: int = 0
    known: int = 0
    without: list[str] = field(default_factory=list[str])
    lost: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    failed: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])

    def add(self, name: str, answer: Answer | Exception) -> None:
        """Count one picture."""
        self.pictures += 1
        if isinstance(answer, Exception):
            self.failed.append((name, sentence(answer)))
            return
        self.embedded += len(answer["Reembedded"])
        self.known += len(answer["AlreadyDone"])
        self.lost += [(name, face) for face in answer["NotFound"]]
        if not any(answer[part] for part in ("Reembedded", "AlreadyDone", "NotFound")):
            self.without.append(name)


def reembed(  # noqa: PLR0913 - each is an option of the command line
    context: typer.Context,
    collection: Annotated[str, typer.Argument(metavar="COLLECTION", help="The collection's id.", show_default=False)],
    model: Annotated[
        str | None, typer.Option(metavar="NAME", help="The model to move to; it has to be installed.")
    ] = None,
    pictures: Annotated[
        str | None,
        typer.Option(
            metavar="SOURCE", help="The pictures: a folder with all below it, a CSV file or s3://bucket/prefix."
        ),
    ] = None,
    leave_behind: Annotated[
        bool, typer.Option("--leave-behind", help="Remove faces whose pictures were not there, and finish.")
    ] = False,
    gate: Annotated[
        Path | None,
        typer.Option(
            metavar="REPORT",
            help="Move only where this report of `recognizance audit gate` (JSON), on record here, lets this model "
            "replace the collection's.",
            show_default=False,
        ),
    ] = None,
    abandon: Annotated[bool, typer.Option("--abandon", help="Give the move up instead; nothing is changed.")] = False,
    as_json: made.Json = False,
    purpose: made.Purpose = None,
    case: made.Case = None,
    data: made.Data = None,
) -> None:
    """Move a collection to another model, with the pictures it was made of.

    Vectors of two models cannot be compared, and a vector cannot be turned into another model's: every face
    is embedded anew, from the very file it was enrolled from, found by its bytes. Ids, users, tags and
    external ids stay. Until every face has its new vector the old ones answer; then both change places in
    one step. Stopped at any moment, the same command goes on where it was.
    """
    given = made.of(context)
    settings = given.settings(data=data)
    made.need_ledger(settings)
    if abandon:
        with given.asking(settings, purpose=purpose, case=case, looks=False) as ask:
            erased = ask("AbandonReembedding", {"CollectionId": collection})["Erased"]
        if as_json:
            output.as_json({"CollectionId": collection, "Abandoned": True, "Erased": erased})
        else:
            output.line(f"{collection} stays as it is; {count(erased, 'new vector')} erased.")
        return
    if model is None or pictures is None:
        raise Wrong("--model NAME and --pictures FOLDER are needed, or --abandon")
    found = sources.open_source(pictures, settings, "path")

    tally = Tally()
    with given.asking(settings, purpose=purpose, case=case) as ask:
        if gate is not None:
            gated.check(ask, collection, model, gate)
        state = _begin(ask, collection, model)
        try:
            if state["Left"]:
                _embed(ask, collection, found, tally, settings, given.now)
        except KeyboardInterrupt as error:
            typer.echo(f"Stopped after {count(tally.pictures, 'picture')}; the same command goes on.", err=True)
            raise typer.Exit(STOPPED) from error
        state = ask("DescribeReembedding", {"CollectionId": collection})
        finished: Answer | None = None
        if not state["Left"] or leave_behind:
            finished = _finish(ask, collection, leave_behind=leave_behind)

    if as_json:
        output.as_json(_json(collection, tally, state, finished))
    else:
        _show(collection, tally, state, finished)
    for name, text in tally.failed[:SHOWN]:
        output.complain(f"{output.shown(name)}: {text}")
    if len(tally.failed) > SHOWN:
        output.complain(f"and {len(tally.failed) - SHOWN:,} more; --json lists them")
    if finished is None:
        raise typer.Exit(FAILED)


def _begin(ask: Asking, collection: str, model: str) -> Answer:
    """Begin to move the collection, or find where an earlier run left off."""
    try:
        ask("DescribeCollection", {"CollectionId": collection})
    except NotFound as error:
        raise Wrong(f"there is no collection {output.shown(collection)}") from error
    named = {"CollectionId": collection}
    try:
        state = ask("DescribeReembedding", named)
    except NotFound:
        ask("StartReembedding", {**named, "Model": model})
        state = ask("DescribeReembedding", named)
    if state["Model"] != model:
        raise Wrong(
            f"{collection} is moving to {state['Model']} already; go on with that, or give it up with --abandon"
        )
    return state


def _embed(ask: Asking, collection: str, found: sources.Source, tally: Tally, settings: Settings, now: Clock) -> None:
    with output.working("Listing pictures"):
        total = sum(isinstance(one, sources.Picture) for one in found())
    pictures = (one for one in found() if isinstance(one, sources.Picture))
    with going("pictures", total, now) as bar:
        for picture, answer in _asked(ask, collection, pictures, pictures_at_once(settings)):
            tally.add(picture.name, answer)
            bar(tally.pictures)


def _asked(
    ask: Asking, collection: str, pictures: Iterable[sources.Picture], threads: int
) -> Generator[tuple[sources.Picture, Answer | Exception]]:
    """Yield what is answered of each picture, in order, several in work at once."""
    waiting: deque[tuple[sources.Picture, Future[Answer | Exception]]] = deque()
    with ThreadPoolExecutor(threads, thread_name_prefix="reembed") as pool:
        try:
            for picture in pictures:
                waiting.append((picture, pool.submit(_picture, ask, collection, picture)))
                while len(waiting) > 2 * threads:
                    one, answer = waiting.popleft()
                    yield one, answer.result()
            for one, answer in waiting:
                yield one, answer.result()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _picture(ask: Asking, collection: str, picture: sources.Picture) -> Answer | Exception:
    from recognizance.cli.enrolment import content

    if picture.problem:
        return OSError(picture.problem)
    try:
        image: Mapping[str, Any]
        if isinstance(picture.at, sources.Stored):
            image = {"S3Object": {"Bucket": picture.at.bucket, "Name": picture.at.key}}
        else:
            image = {"Bytes": content(picture.at)}
        return ask("ReembedPicture", {"CollectionId": collection, "Image": image})
    except OF_THE_PICTURE as error:
        return error


def _finish(ask: Asking, collection: str, *, leave_behind: bool) -> Answer | None:
    try:
        return ask("FinishReembedding", {"CollectionId": collection, "LeaveBehind": leave_behind})
    except Conflict:  # a face came meanwhile
        return None


def _show(collection: str, tally: Tally, state: Answer, finished: Answer | None) -> None:
    output.line(
        f"{count(tally.pictures, 'picture')}: {count(tally.embedded, 'face')} embedded, {tally.known:,} done earlier."
    )
    if tally.without:
        output.line(f"{count(len(tally.without), 'picture')} with no enrolled face: {_some(tally.without)}")
    if tally.lost:
        output.line(f"{count(len(tally.lost), 'face')} not found again: {_some([face for _, face in tally.lost])}")
    if finished is not None:
        left = f"; {count(finished['LeftBehind'], 'face')} left behind" if finished["LeftBehind"] else ""
        output.line(
            f"{collection} is by {state['Model']} now, version {finished['FaceModelVersion']}: "
            f"{count(finished['Faces'], 'face')}, {count(finished['Users'], 'user')}{left}."
        )
        return
    output.line(
        f"{count(state['Left'], 'face')} of {state['Faces']:,} have no vector by {state['Model']} yet, so "
        f"{collection} answers with the old ones. Give their pictures, or remove them with --leave-behind."
    )
    names = [one.get("ExternalImageId", one["FaceId"]) for one in state["LeftFaces"]]
    if names:
        output.line(f"Left: {_some(names)}")


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - SHOWN:,} more; --json has them" if len(names) > SHOWN else ""
    return output.shown(", ".join(names[:SHOWN])) + more


def _json(collection: str, tally: Tally, state: Answer, finished: Answer | None) -> dict[str, Any]:
    return {
        "CollectionId": collection,
        "Model": state["Model"],
        "FaceModelVersion": state["FaceModelVersion"],
        "Pictures": tally.pictures,
        "Reembedded": tally.embedded,
        "AlreadyDone": tally.known,
        "WithoutEnrolledFaces": tally.without,
        "NotFound": [{"Picture": name, "FaceId": face} for name, face in tally.lost],
        "Failed": [{"Picture": name, "Error": text} for name, text in tally.failed],
        "Left": 0 if finished else state["Left"],
        "LeftFaces": [] if finished else state["LeftFaces"],
        "Finished": finished is not None,
        "LeftBehind": finished["LeftBehind"] if finished else 0,
    }

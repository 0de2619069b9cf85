"""`recognizance import`: a folder, a CSV or a bucket into a collection, and what became of every picture."""

from __future__ import annotations

import csv
import re
import shlex
from collections import Counter, defaultdict
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeAlias

import typer

from recognizance.cli import made, output, sources
from recognizance.cli.failures import BRINGS, EXPECTED, FAILED, STOPPED, WRONG, Failed, Wrong, sentence, status
from recognizance.cli.going import count, going, lasting
from recognizance.cli.made import Answer, Asking
from recognizance.cores import cores

if TYPE_CHECKING:
    from recognizance.cli.enrolment import Enrolment
    from recognizance.cli.journal import Outcome
    from recognizance.cli.sources import Passed, Picture, Source
    from recognizance.settings import Settings

Quality: TypeAlias = Literal["NONE", "AUTO", "LOW", "MEDIUM", "HIGH"]
COLLECTION = re.compile(r"[a-zA-Z0-9_.\-]{1,255}")  # the service model's pattern
REPORT = ("picture", "outcome", "enrolled", "already_there", "left_out", "reasons", "external_id", "user_id", "run")
RETENTION = "recognizance:retention-days"  # the tag that says how long a collection's faces are kept
AHEAD = 1  # pictures in work beyond the cores: one waits for the disk while the others keep the cores busy
SHOWN = 10  # complaints on the screen; the report has all
KEPT = 1000  # of those in the JSON
SEVERAL = "more than one face, and which of them is the user's is not for us to say"


@dataclass(slots=True)
class Tally:
    """What has become of the pictures so far: the only thing here that changes as an import goes on."""

    pictures: Counter[str] = field(default_factory=Counter[str])
    reasons: Counter[str] = field(default_factory=Counter[str])
    enrolled: int = 0
    known: int = 0
    left_out: int = 0
    earlier: int = 0
    crowds: int = 0
    failed: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    failures: int = 0
    refused: Counter[str] = field(default_factory=Counter[str])
    users: dict[str, list[tuple[str, str]]] = field(default_factory=dict[str, list[tuple[str, str]]])

    @property
    def done(self) -> int:
        """How many pictures there is an outcome of."""
        return self.pictures.total()

    def add(self, picture: Picture, outcome: Outcome) -> None:
        """Count one picture."""
        self.pictures[outcome.word] += 1
        self.reasons.update(outcome.reasons)
        self.enrolled += outcome.enrolled
        self.known += outcome.known
        self.left_out += outcome.left_out
        self.earlier += outcome.earlier
        self.crowds += outcome.enrolled + outcome.known > 1
        if outcome.detail:
            self.complain(picture.name, outcome.detail)

    def complain(self, name: str, text: str) -> None:
        """Keep a complaint, the first ones whole."""
        self.failures += 1
        if len(self.failed) < KEPT:
            self.failed.append((name, text))


@dataclass(slots=True)
class Survey:
    """What a source holds, as of the beginning: how many pictures, what else by kind, and ids that had to be changed.

    `changed` has, for each external id that is not what people wrote, what they wrote.
    """

    pictures: int = 0
    passed: Counter[str] = field(default_factory=Counter[str])
    changed: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))

    def add(self, found: Picture | Passed) -> None:
        """Count one thing."""
        if isinstance(found, sources.Passed):
            self.passed[found.why] += 1
            return
        self.pictures += 1
        if found.external_id != found.wanted:
            self.changed[found.external_id].add(found.wanted)

    def meet(self, picture: Picture) -> None:
        """Note an id that needed no change and that another name was changed into."""
        if self.changed and picture.external_id in self.changed:
            self.changed[picture.external_id].add(picture.wanted)

    @property
    def collisions(self) -> dict[str, list[str]]:
        """External ids that stand for several names."""
        return {one: sorted(names) for one, names in self.changed.items() if len(names) > 1}


def import_(  # noqa: PLR0913 - each is an option of the command line
    context: typer.Context,
    source: Annotated[
        str,
        typer.Argument(metavar="SOURCE", help="A folder, a CSV file, or s3://bucket/prefix.", show_default=False),
    ],
    collection: Annotated[str, typer.Option(metavar="ID", help="The collection they go into.", show_default=False)],
    create: Annotated[bool, typer.Option("--create", help="Make the collection where there is none.")] = False,
    external_id: Annotated[
        sources.Naming | None,
        typer.Option(
            help="What a face is called after: its picture's name, the folder it lies in, or its whole path. "
            "Default: the folder below SOURCE if it lies in one, else the name; in a CSV without external_id, the name."
        ),
    ] = None,
    quality_filter: Annotated[
        Quality | None, typer.Option(help="How good a face must be.  [default: AUTO]", show_default=False)
    ] = None,
    max_faces: Annotated[
        int | None,
        typer.Option(min=1, metavar="N", help="Most faces of a picture, the best ones.  [default: 100]"),
    ] = None,
    retention_days: Annotated[
        int | None,
        typer.Option(min=1, metavar="N", help="With --create: for how many days the collection keeps faces."),
    ] = None,
    report: Annotated[
        Path | None, typer.Option(metavar="FILE.csv", help="Write there what became of each picture.")
    ] = None,
    threads: Annotated[int | None, typer.Option(min=0, metavar="N", help="Cores for the models; 0: all.")] = None,
    restart: Annotated[
        bool, typer.Option("--restart", help="Take every picture again, also those that an earlier run did.")
    ] = False,
    as_json: made.Json = False,
    purpose: made.Purpose = None,
    case: made.Case = None,
    consent: made.Consent = None,
    authorisation: made.Authorisation = None,
    probe: made.Declared = None,
    data: made.Data = None,
) -> None:
    """Enrol the faces of many pictures in a collection.

    SOURCE is a folder, looked through with all below it; a CSV file with a heading, of which the columns path,
    external_id, user_id and consent count; or s3://bucket/prefix. Stopped at any moment, by Ctrl-C or by a power cut,
    the same command goes on where it was, and nothing is enrolled twice. A picture that fails is told at
    the end, and the others go on.
    """
    given = made.of(context)
    settings = given.settings(data=data, threads=threads)
    if not COLLECTION.fullmatch(collection):
        raise Wrong("a collection's id has 1 to 255 of the letters a-z and A-Z, digits and _ . -")
    if retention_days is not None and not create:
        raise Wrong("--retention-days goes with --create: it is a tag of the collection that is made")
    stated = made.Beside(purpose=purpose, case=case, consent=consent, authorisation=authorisation, probe=probe)
    found = sources.open_source(source, settings, external_id)
    _check_report(report, source)
    how = {name: value for name, value in (("QualityFilter", quality_filter), ("MaxFaces", max_faces)) if value}
    go_on = _again(context.params)
    began = given.now()
    tally, survey = Tally(), Survey()
    ended: BaseException | None = None

    with (
        _opened(given, settings, collection, how, stated, create, retention_days, restart) as enrolment,
        _reporting(report) as writer,
    ):
        try:
            with output.working("Listing pictures"):
                for one in found():
                    survey.add(one)
            if survey.pictures:
                _run(enrolment, found, survey, tally, settings, writer, given.now)
        except KeyboardInterrupt as error:
            ended = error
        except EXPECTED as error:
            if not survey.pictures:
                raise
            ended = error

    seconds = (given.now() - began).total_seconds()
    if as_json:
        output.as_json(_json(collection, survey, tally, seconds, ended, go_on))
    else:
        _show(collection, survey, tally, seconds, report)
    _complain(tally, report)
    _leave(ended, survey, tally, go_on, source)


@contextmanager
def _opened(
    given: made.Made,
    settings: Settings,
    collection: str,
    how: Mapping[str, Any],
    stated: made.Beside,
    create: bool,
    kept_for: int | None,
    restart: bool,
) -> Generator[Enrolment]:
    """Open the service and the journal, and give what enrols. Raises when the collection cannot take faces."""
    from recognizance.cli import journal
    from recognizance.cli.enrolment import Enrolment, Minted, job_name

    minted = Minted(given.new_id)
    with given.asking(settings, **stated, new_id=minted) as ask:
        described = _described(ask, collection, create=create, kept_for=kept_for)
        _check_model(ask, described["FaceModelVersion"])
        with journal.opened(settings.data, job_name(described), given.new_id, output.complain) as kept:
            if restart:
                kept.forget()
            elif described["FaceCount"] < kept.enrolled():
                output.complain(
                    f"{collection} holds {described['FaceCount']:,} faces, fewer than were imported "
                    f"({kept.enrolled():,}): some were deleted since, or an older copy was restored. What was imported "
                    f"once is passed over; --restart takes every picture again"
                )
            yield Enrolment(ask, minted, kept, collection, how)


def _described(ask: Asking, collection: str, *, create: bool, kept_for: int | None) -> Answer:
    from recognizance.errors import AlreadyExists, NotFound

    if create:
        tags = {} if kept_for is None else {"Tags": {RETENTION: str(kept_for)}}
        with suppress(AlreadyExists):
            ask("CreateCollection", {"CollectionId": collection, **tags})
    try:
        return ask("DescribeCollection", {"CollectionId": collection})
    except NotFound:
        raise Wrong(f"there is no collection {collection}; --create makes it") from None


def _check_model(ask: Asking, version: str) -> None:
    """Raise `Failed` when the model that a collection's vectors are made with is not installed here."""
    known = [one for one in ask("ListModels", {})["Models"] if one["Task"] == "embed" and one["Version"] == version]
    if not any(one["Installed"] for one in known):
        said = f"; {BRINGS} {known[0]['Name']}" if known else ""
        raise Failed(f"the collection was made with the face model version {version}, not installed here{said}")


def _run(
    enrolment: Enrolment,
    found: Source,
    survey: Survey,
    tally: Tally,
    settings: Settings,
    writer: _Writer,
    now: Callable[[], datetime],
) -> None:
    from recognizance.cli.enrolment import REFUSED
    from recognizance.cli.journal import Outcome

    pictures = (one for one in found() if isinstance(one, sources.Picture))
    running = enrolment.run(pictures, pictures_at_once(settings))
    with going("pictures", survey.pictures, now) as bar, closing(running) as outcomes:
        for picture, outcome in outcomes:
            tally.add(picture, outcome)
            survey.meet(picture)
            writer(picture.name, outcome, picture.external_id, picture.user_id)
            if picture.user_id is not None and outcome.faces:
                if len(outcome.faces) == 1:
                    tally.users.setdefault(picture.user_id, []).append((outcome.faces[0], picture.name))
                else:
                    tally.refused[SEVERAL] += 1
                    tally.complain(picture.name, f"{REFUSED} with {picture.user_id}: {SEVERAL}")
                    writer(picture.name, Outcome(REFUSED, detail=SEVERAL), picture.external_id, picture.user_id)
            bar(tally.done, tally.earlier)
    if tally.users:
        with going("users", len(tally.users), now) as bar:
            for done, (user, faces) in enumerate(tally.users.items(), 1):
                for name, why in enrolment.associate(user, faces).items():
                    tally.refused[why] += 1
                    tally.complain(name, f"{REFUSED} with {user}: {why}")
                    writer(name, Outcome(REFUSED, detail=why), "", user)
                bar(done)


def pictures_at_once(settings: Settings) -> int:
    """Return how many pictures an import has in work: one more than there are cores for the models."""
    return (settings.threads or cores()) + AHEAD


# The report: one line for each picture, as soon as there is an outcome of it

_Writer: TypeAlias = Callable[[str, "Outcome", str, str | None], None]


def _check_report(path: Path | None, source: str) -> None:
    """Raise `Wrong` rather than write over what is no report of ours."""
    if path is None or not path.exists():
        return
    if Path(source).exists() and path.samefile(source):
        raise Wrong("--report names the source itself; name another file")
    if path.is_dir() or (path.stat().st_size and not _is_report(path)):
        raise Wrong(f"{output.shown(path)} is there and is no report of an import; name another file with --report")


@contextmanager
def _reporting(path: Path | None) -> Generator[_Writer]:
    """Give what writes a line of the report."""
    if path is None:
        yield lambda name, outcome, external_id, user: None
        return
    # Names of files need not be Unicode: what was not goes out as it came.
    with path.open("w", encoding="utf-8", errors="surrogateescape", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(REPORT)

        def write(name: str, outcome: Outcome, external_id: str, user: str | None) -> None:
            reasons = outcome.detail or " ".join(f"{why}:{count}" for why, count in sorted(outcome.reasons.items()))
            counts = (outcome.enrolled, outcome.known, outcome.left_out)
            run = "earlier" if outcome.earlier else "this"
            rows.writerow((name, outcome.word, *counts, reasons, external_id, user or "", run))

        yield write


def _is_report(path: Path) -> bool:
    with path.open(encoding="utf-8", errors="replace") as file:
        return file.readline(1000).strip() == ",".join(REPORT)


# What is said at the end


def _show(collection: str, survey: Survey, tally: Tally, seconds: float, report: Path | None) -> None:
    from recognizance.cli.enrolment import WORDS

    fresh = tally.done - tally.earlier
    rate = f", {fresh / seconds:.1f} a second" if seconds > 0 and fresh else ""
    earlier = f"; {tally.earlier:,} were done by an earlier run" if tally.earlier else ""
    output.line(f"{count(tally.done, 'picture')} into {collection} in {lasting(seconds)}{rate}{earlier}.")
    if tally.done:
        rows = [(word, f"{tally.pictures[word]:,}") for word in WORDS if tally.pictures[word]]
        output.table(("outcome", "pictures"), rows)
        faces = [("enrolled", tally.enrolled), ("already there", tally.known), ("left out", tally.left_out)]
        output.table(("faces", "number"), [(what, f"{number:,}") for what, number in faces])
    if tally.reasons:
        output.table(("left out for", "faces"), [(why, f"{number:,}") for why, number in tally.reasons.most_common()])
    for text in _remarks(survey, tally):
        output.line(text)
    if report is not None:
        output.line(f"What became of each picture: {output.shown(report)}")


def _remarks(survey: Survey, tally: Tally) -> Iterator[str]:
    if survey.passed:
        kinds = ", ".join(f"{output.shown(why)} ({number:,})" for why, number in survey.passed.most_common(SHOWN))
        yield f"Passed over, as JPEG or PNG by no name: {kinds}."
    if tally.crowds:
        yield (
            f"{count(tally.crowds, 'picture')} gave more than one face, all with the picture's external id; "
            f"--max-faces 1 takes the best one only."
        )
    if tally.users:
        yield f"{count(len(tally.users), 'user')}; faces not given to theirs: {tally.refused.total():,}."
    if survey.changed:
        one = min(survey.changed)
        example = output.shown(min(survey.changed[one] - {one}))
        yield f"{count(len(survey.changed), 'external id')} changed to fit, as {example} to {one}."
    for one, names in list(survey.collisions.items())[:SHOWN]:
        yield f"The external id {one} stands for {len(names)} names: {output.shown(', '.join(names[:5]))}."


def _complain(tally: Tally, report: Path | None) -> None:
    for name, text in tally.failed[:SHOWN]:
        output.complain(f"{output.shown(name)}: {text}")
    if tally.failures > SHOWN:
        where = output.shown(report) if report else "--report lists them all"
        output.complain(f"and {tally.failures - SHOWN:,} more: {where}")


def _leave(ended: BaseException | None, survey: Survey, tally: Tally, go_on: str, source: str) -> None:
    """End with the status that fits; where something is left to do, say what to type."""
    if ended is not None:
        if isinstance(ended, Exception):
            output.complain(sentence(ended))
        typer.echo(f"Stopped after {tally.done:,} of {count(survey.pictures, 'picture')}. To go on:", err=True)
        typer.echo(f"  {go_on}", err=True)
        raise typer.Exit(status(ended) if isinstance(ended, Exception) else STOPPED)
    if not survey.pictures:
        output.complain(f"{output.shown(source)} holds no pictures: no names that end in {' '.join(sources.ENDINGS)}")
        raise typer.Exit(WRONG)
    if tally.failures:
        raise typer.Exit(FAILED)


def _again(given: Mapping[str, Any]) -> str:
    """Return the command that goes on with this import: the same, but that it does not begin anew.

    >>> _again({"source": "my photos", "collection": "staff", "create": True, "max_faces": 1, "as_json": False})
    "recognizance import 'my photos' --collection staff --max-faces 1"
    """
    words = ["recognizance", "import", given["source"]]
    for name, value in given.items():
        if name not in ("source", "create", "retention_days", "restart", "as_json") and value is not None:
            words += [f"--{name.replace('_', '-')}", str(value)]
    return output.shown(shlex.join(words + (["--json"] if given["as_json"] else [])))


def _json(
    collection: str, survey: Survey, tally: Tally, seconds: float, ended: BaseException | None, go_on: str
) -> dict[str, Any]:
    return {
        "CollectionId": collection,
        "Pictures": survey.pictures,
        "Done": tally.done,
        "DoneEarlier": tally.earlier,
        "Seconds": seconds,
        "Outcomes": dict(tally.pictures),
        "Faces": {"Enrolled": tally.enrolled, "AlreadyThere": tally.known, "LeftOut": tally.left_out},
        "Reasons": dict(tally.reasons),
        "PicturesWithSeveralFaces": tally.crowds,
        "Users": len(tally.users),
        "NotAssociated": dict(tally.refused),
        "PassedOver": dict(survey.passed),
        "ExternalIdsChanged": len(survey.changed),
        "Collisions": survey.collisions,
        "Failures": tally.failures,
        "Failed": [{"Picture": name, "Error": text} for name, text in tally.failed],
        "Stopped": None if ended is None else sentence(ended) if isinstance(ended, Exception) else "Ctrl-C",
        "GoOn": None if ended is None else go_on,
    }

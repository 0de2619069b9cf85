"""`recognizance audit`: what its commands share, from reading a set of pictures to writing the report.

A command reads its sets, measures, and hands an `Audit` to `Lab.finish`, which writes the JSON and the page, prints the
verdict and, where this machine keeps a ledger, enters the report's digest there. Where no file is asked for, the
verdict and the tables go to the terminal alone.
"""

from __future__ import annotations

import json
import os
import re
import tempfile
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from enum import StrEnum
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from recognizance import __version__
from recognizance.cli import export, made, output, repeated
from recognizance.cli.failures import Wrong
from recognizance.cli.going import count, going
from recognizance.cores import cores
from recognizance.errors import InvalidParameter, NotFound

if TYPE_CHECKING:
    from recognizance.evaluation import audit as audits
    from recognizance.evaluation.pages.page import Page
    from recognizance.evaluation.sets.kept import Kept
    from recognizance.evaluation.sets.pipeline import Pipeline
    from recognizance.evaluation.sets.subjects import Exclusions, Listing, Subject
    from recognizance.evaluation.sets.templates import Templates
    from recognizance.settings import Settings

COLLECTION = "collection:"
"""What a set's name may begin with to say that it is a collection, where a file has the same name."""

PURPOSE = "audit"
MOST, KIND, GROUP, SAID = 100, 128, 256, 1000
"""Findings that the ledger takes from one report, and the characters of each of their texts."""


class Face(StrEnum):
    """Which of several faces a picture is about."""

    LARGEST = "largest"
    CENTRAL = "central"


Json = Annotated[
    Path | None, typer.Option("--json", metavar="OUT", help="Write all figures to this file.", show_default=False)
]
Html = Annotated[
    Path | None,
    typer.Option("--html", metavar="OUT", help="Write one page for people to this file.", show_default=False),
]
Exclude = Annotated[
    Path | None,
    typer.Option(
        metavar="CSV", help="People or pictures to leave out: a heading `person` or `file`, a row each.",
        show_default=False,
    ),
]  # fmt: skip
Groups = Annotated[
    list[str] | None,
    typer.Option("--groups", metavar="COLUMN", help="Columns of the tables to tell people apart by; may be repeated.",
                 show_default=False),
]  # fmt: skip
People = Annotated[
    list[Path] | None,
    typer.Option("--people", metavar="CSV", help="What is known of people, by name: for --groups where a set is a "
                 "folder; may be repeated.", show_default=False),
]  # fmt: skip
PersonColumn = Annotated[
    str | None,
    typer.Option(metavar="COLUMN", help="The column of a table of pictures that says whose each is.",
                 show_default=False),
]  # fmt: skip
WhichFace = Annotated[Face, typer.Option("--face", help="The face that counts in a picture of several.")]
Seed = Annotated[int, typer.Option(min=0, metavar="NUMBER", help="Of everything drawn by chance.")]
Cache = Annotated[
    bool,
    typer.Option(
        "--cache/--no-cache",
        help="Keep vectors in the data folder, so that a run that was stopped goes on and the next one is quick.",
    ),
]
Record = Annotated[
    bool, typer.Option("--record/--no-record", help="Enter the result in this machine's ledger, where there is one.")
]
Anonymous = Annotated[
    bool,
    typer.Option(
        "--anonymous",
        help="Put numbers in place of the names of people and pictures, and show no pictures, to pass a report on.",
    ),
]
SEED = 20_261_123


@dataclass(frozen=True, slots=True)
class Asked:
    """What every audit's command is given, beside what is its own."""

    json: Path | None = None
    html: Path | None = None
    exclude: Path | None = None
    groups: tuple[str, ...] = ()
    people: Sequence[Path] | None = None
    face: Face = Face.LARGEST
    seed: int = SEED
    cache: bool = True
    record: bool = True
    person_column: str | None = None
    anonymous: bool = False


@dataclass(frozen=True, slots=True)
class ByEndpoint:
    """What an endpoint that is asked says of its models, and how it was asked."""

    models: tuple[Mapping[str, str], ...]
    pipeline: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Lab:
    """What an audit works with: the models, opened when first needed, and where things are read and written.

    Unless `centred`, vectors keep what all faces have in common: for fitting a centre.
    Raises `Wrong` at once where a report could not be written in the end.
    """

    given: made.Made
    settings: Settings
    asked: Asked
    centred: bool = True
    _opened: list[Pipeline] = field(default_factory=list, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Refuse a place for a report that cannot be written to."""
        outs = [("--json", self.asked.json), ("--html", self.asked.html)]
        for option, path in outs:
            if path is not None and not writable(path):
                raise Wrong(f"{option} {output.shown(path)} should be a file in a folder that is there")
        if self.asked.json is not None and self.asked.json == self.asked.html:
            raise Wrong("--json and --html should be two files")

    def pipeline(self) -> Pipeline:
        """Return the product's own pipeline with these settings."""
        if not self._opened:
            from recognizance.cli import models

            models.needed(self.settings)
            with output.working("Loading the models"):
                self._opened.append(
                    self.given.pipeline(self.settings, face=self.asked.face.value, centred=self.centred)
                )
        return self._opened[0]

    def exclusions(self) -> Exclusions:
        """Return the list of exclusions, empty where none was given."""
        from recognizance.evaluation.sets import subjects

        if self.asked.exclude is None:
            return subjects.NO_EXCLUSIONS
        with told_plainly():
            return subjects.read_exclusions(self.asked.exclude)

    def templates(
        self,
        given: str,
        *,
        role: str,
        grouped: bool = True,
        repeated: bool = False,
        only: Callable[[Subject], bool] | None = None,
    ) -> Templates:
        """Return the templates of a folder, a table or a collection; `role` is what it is for, in a word.

        With `only`, other pictures of it are passed over, as if they were not there. A column of `--groups` that the
        set has not raises `Wrong`, unless it is not `grouped`. A picture whose bytes come again for the same person is
        left out, and named, unless `repeated`.
        """
        from recognizance.evaluation.sets import subjects, templates

        collection = _collection(given, self.settings)
        with told_plainly():
            if collection is not None:
                read, vectors = self._exported(collection, role)
            else:
                path = Path(given).expanduser()
                read, vectors = subjects.read_listing(path, person_column=self.asked.person_column), None
            if only is not None:
                read = replace(read, subjects=tuple(one for one in read.subjects if only(one)))
            listing = self.described(read, role, grouped)
        if vectors is not None:
            return templates.enrolled(listing, vectors)
        pipeline = self.pipeline()
        with self.kept(pipeline) as kept, going(f"pictures ({role})", len(listing.subjects), self.given.now) as bar:
            return templates.embed(
                listing,
                pipeline,
                kept,
                threads=self.settings.threads or cores(),
                progress=bar,
                repeated=repeated,
            )

    def described(self, listing: Listing, role: str, grouped: bool) -> Listing:
        """Return a set less what is excluded, with what `--people` says of its people."""
        from recognizance.evaluation.sets import subjects

        some = len(listing.subjects)
        listing = subjects.without(listing, self.exclusions())
        if self.asked.exclude is not None and len(listing.subjects) == some:
            typer.echo(f"--exclude leaves nothing out of {output.shown(listing.source)} ({role}).", err=True)
        if some and not listing.subjects:
            raise Wrong(f"nothing is left of {listing.source} ({role}): --exclude names all of it")
        if self.asked.people:
            # a set that says itself what is asked for needs no table: it may be another set's
            needed = grouped and not (self.asked.groups and set(self.asked.groups) <= set(subjects.columns(listing)))
            listing = subjects.with_people(listing, *self.asked.people, needed=needed, columns=self.asked.groups)
        there = subjects.columns(listing)
        missing = [column for column in self.asked.groups if column not in there]
        if missing and grouped:
            raise Wrong(
                f"--groups {output.shown(missing[0])}: {listing.source} ({role}) has no such column; "
                + (f"it has {', '.join(there)}" if there else "name a table of its people with --people CSV")
            )
        columns = [column for column in self.asked.groups if column in there]
        lacking = [problem for column in columns for problem in subjects.lacking(listing, column)]
        return replace(listing, problems=(*listing.problems, *lacking))

    def _exported(self, collection: str, role: str) -> tuple[Listing, dict[str, bytes]]:
        """Return who is in a collection, and each face's vector by its id."""
        from recognizance.evaluation.sets.subjects import Listing, Subject

        subjects: list[Subject] = []
        vectors: dict[str, bytes] = {}
        made.need_ledger(self.settings)
        with self.given.asking(self.settings, purpose=PURPOSE, case=None, looks=False) as ask:
            try:
                pages = export.pages(ask, collection)
                first = next(pages)
            except (NotFound, InvalidParameter) as error:
                raise Wrong(f"{output.shown(collection)} is no folder, no file and no collection here") from error
            if first["Model"] != self.settings.embedder:
                raise Wrong(
                    f"the collection {collection} is of the face model {first['Model']} and the one in use is "
                    f"{self.settings.embedder}; set RECOGNIZANCE_EMBEDDER={first['Model']}, or move it to the other "
                    "with `recognizance reembed`"
                )
            with going(f"faces ({role})", first["FaceCount"], self.given.now) as bar:
                for page in chain([first], pages):
                    for face in page["Faces"]:
                        whose = face.get("ExternalImageId") or face.get("UserId") or face["FaceId"]
                        subjects.append(Subject(face["FaceId"], whose))
                        vectors[face["FaceId"]] = face["Vector"]
                    bar(len(subjects))
        if not subjects:
            raise Wrong(f"the collection {collection} has no faces")
        return Listing(tuple(subjects), (), f"the collection {collection}"), vectors

    @contextmanager
    def kept(self, pipeline: Pipeline) -> Generator[Kept | None]:
        """Give what is kept of pictures that this pipeline has seen, None where nothing should be."""
        from recognizance.evaluation.sets import kept

        if not self.asked.cache:
            yield None
            return
        with kept.opened(self.settings.data, pipeline.vectors_by) as opened:
            yield opened

    def made(self, sets: Sequence[tuple[str, Templates]], *, by: ByEndpoint | None = None) -> audits.Made:
        """Return what the audit was made with, from the sets by role; `by` an endpoint, or by our own models."""
        from recognizance.evaluation import audit
        from recognizance.evaluation.sets.subjects import Trouble

        models, pipeline = self._used() if by is None else (by.models, by.pipeline)
        listed = self.exclusions()
        left_out = sum(one.trouble is Trouble.EXCLUDED for _, templates in sets for one in templates.problems)
        return audit.Made(
            command=repeated.command(self.given.argv, anonymous=self.asked.anonymous),
            version=__version__,
            models=models,
            pipeline=pipeline,
            sets=tuple(
                audit.Set(
                    role=role,
                    source=templates.source,
                    pictures=len(templates.subjects),
                    people=len(set(templates.people)),
                    templates=int(templates.found.sum()),
                    fingerprint=templates.fingerprint,
                )
                for role, templates in sets
            ),
            seed=self.asked.seed,
            exclusions=None
            if self.asked.exclude is None
            else {
                "sha256": listed.sha256,
                "people": len(listed.people),
                "files": len(listed.files),
                "left_out": left_out,
            },
        )

    def _used(self) -> tuple[tuple[Mapping[str, str], ...], tuple[str, ...]]:
        """Return our models, and the settings that change a vector."""
        pipeline = self.pipeline()
        models = tuple(
            {"name": str(card.name), "task": card.task, "version": card.version, "sha256": card.sha256}
            for card in (pipeline.detector, pipeline.card)
        )
        return models, tuple(pipeline.choices)

    def finish(self, audit: audits.Audit, told: Callable[[Mapping[str, Any]], Page]) -> None:
        """Write, show and record an audit. `told` makes the page from the document alone (as JSON has it)."""
        from recognizance.evaluation import audit as audits

        text = audits.as_json(audits.anonymous(audit) if self.asked.anonymous else audit)
        document = json.loads(text)
        page = told(document)
        if self.asked.json is not None:
            write(self.asked.json, text)
        if self.asked.html is not None:
            from recognizance.evaluation.pages import page as pages

            write(self.asked.html, pages.html(page, document))
        show(page, document)
        for path in (self.asked.json, self.asked.html):
            if path is not None:
                output.line(f"Written: {output.shown(path)}")
        if self.asked.record and made.has_ledger(self.settings):
            self._record(audit, audits.digest(text), page.verdict)

    def _record(self, audit: audits.Audit, digest: str, summary: str) -> None:
        findings = recorded(audit.findings)
        request = {"Protocol": audit.protocol, "Digest": digest, "Summary": cut(summary), "Findings": findings}
        with self.given.asking(self.settings, purpose=PURPOSE, case=None, looks=False) as ask:
            answer = ask("RecordAudit", request)
        if answer.get("Again"):
            typer.echo(f"This very report is in the ledger already, as entry {answer['LedgerEntry']:,}.", err=True)
            return
        typer.echo(f"Entered in the ledger as entry {answer['LedgerEntry']:,}, audit {answer['AuditId']}.", err=True)
        for said, opened in zip(findings, answer["Findings"], strict=True):
            whom = f" ({output.shown(said['Group'])})" if "Group" in said else ""
            typer.echo(
                f"Finding {opened['FindingId']} is open until {opened['DueAt'].date().isoformat()}: "
                f"{output.shown(said['Kind'])}{whom}",
                err=True,
            )


def recorded(findings: Sequence[audits.Finding]) -> list[dict[str, str]]:
    """Return findings as the ledger takes them: texts in their length, and a last one for those that are too many."""
    told = [
        {"Kind": cut(one.kind, KIND), "Said": cut(one.said)} | ({"Group": cut(one.group, GROUP)} if one.group else {})
        for one in findings
    ]
    if len(told) <= MOST:
        return told
    more = f"The report has {len(told) - MOST + 1} findings more than the ledger takes from one report; see there."
    return [*told[: MOST - 1], {"Kind": "further findings", "Said": more}]


def cut(text: str, most: int = SAID) -> str:
    """Return a text in one line of at most so many characters.

    >>> cut("a long sentence", 6)
    'a lon…'
    """
    line = output.shown(text)
    return line if len(line) <= most else f"{line[: most - 1]}…"


def writable(path: Path) -> bool:
    """Tell whether a report may go to this path: no folder, and in a folder that is there; links are followed."""
    return not path.is_dir() and Path(os.path.realpath(path)).parent.is_dir()


def write(path: Path, text: str) -> None:
    """Write a report whole or not at all, for its owner only, in place of the file that was there.

    A link stays, and the file that it leads to is written. A pipe or a device is written to as it is.
    """
    if path.exists() and not path.is_file():
        path.write_bytes(text.encode())
        return
    place = Path(os.path.realpath(path))
    handle, draft = tempfile.mkstemp(dir=place.parent, prefix=f".{place.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(text.encode())
            file.flush()
            os.fsync(file.fileno())
        Path(draft).replace(place)
    except BaseException:
        Path(draft).unlink(missing_ok=True)
        raise


def show(page: Page, document: Mapping[str, Any]) -> None:
    """Print what a page says first, its tables that are not folded, its findings and how much could not be used."""
    from recognizance.evaluation.pages.page import Chart, Pair

    output.line(output.shown(page.title))
    for text in (page.verdict, page.tested, page.wrong, page.whom, page.what_to_set):
        if text:
            output.line()
            output.line(output.shown(text))
    for section in page.sections:
        tables = [one for one in section.parts if not isinstance(one, str | Chart | Pair)]
        for table in tables if not section.folded else ():
            output.line()
            output.line(output.shown(table.caption or section.heading))
            rows = [[output.shown(cell) for cell in row] for row in table.rows]
            output.table(table.columns, rows, left=table.left)
    output.line()
    for finding in document["findings"]:
        whom = f" ({output.shown(finding['group'])})" if finding["group"] else ""
        output.line(f"Finding: {output.shown(finding['kind'])}{whom}. {output.shown(finding['said'])}")
    counts = document["problems"]["counts"]
    said = ", ".join(f"{kind} {number:,}" for kind, number in counts.items())
    output.line(f"Not used, or not as meant: {said}." if said else "Everything could be used.")


def forget(context: typer.Context, data: made.Data = None) -> None:
    """Remove the templates that audits keep in the data folder, so that no face can be found by them."""
    from recognizance.cli import answered
    from recognizance.evaluation.sets import kept

    settings = made.of(context).settings(data=data)
    removed = [kept.forget(settings.data), answered.forget(settings.data)]  # of `audit live`, what an endpoint answered
    files, size = (sum(one[at] for one in removed) for at in range(2))
    output.line(f"{count(files, 'file')} removed, {size:,} bytes." if files else "No templates are kept.")


def _collection(given: str, settings: Settings) -> str | None:
    """Return the id of the collection that a set's name means, or None where it is a path."""
    if given.startswith(COLLECTION):
        return given.removeprefix(COLLECTION)
    if Path(given).expanduser().exists() or not made.has_ledger(settings):
        return None
    return given if re.fullmatch(r"[a-zA-Z0-9_.\-]+", given) else None


@contextmanager
def told_plainly() -> Generator[None]:
    """Turn what makes no set of pictures into a sentence of the command line."""
    from recognizance.evaluation.sets.subjects import SetWrong

    try:
        yield
    except SetWrong as error:
        raise Wrong(str(error)) from error

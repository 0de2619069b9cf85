"""`recognizance audit gate`: may this model or setting replace that one?"""

from __future__ import annotations

import json as json_
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from recognizance.cli import audit, made, output, repeated
from recognizance.cli.audit_demographics import FalseMatchRate, Threshold, threshold_for
from recognizance.cli.failures import FAILED, Failed, Wrong

if TYPE_CHECKING:
    from recognizance.evaluation.audit import Made
    from recognizance.evaluation.protocols.demographics import Errors
    from recognizance.evaluation.protocols.gate import Gate, Limits
    from recognizance.evaluation.sets.templates import Templates

CANNOT_TELL = 3
CHOICES = ("embedder", "detector", "precision", "mirror", "enlarge", "device")
"""The settings that change a vector, and so may be held against each other."""

Old = Annotated[
    list[str] | None,
    typer.Option("--old", metavar="SETTING=VALUE", show_default=False,
                 help=f"What stands, where it is not this machine's setting: {', '.join(CHOICES)}; may be repeated."),
]  # fmt: skip
New = Annotated[
    list[str] | None,
    typer.Option("--new", metavar="SETTING=VALUE", show_default=False,
                 help="What would replace it, as embedder=NAME or precision=bf16; may be repeated."),
]  # fmt: skip
Images = Annotated[
    str | None,
    typer.Option("--images", metavar="DIR|CSV", show_default=False,
                 help="Pictures of people, several of some of them; both systems see all of them."),
]  # fmt: skip
Margin = Annotated[
    float,
    typer.Option(
        metavar="TIMES", help="How many times as often the new one may be wrong about any group: over 1, at most 3."
    ),
]
Rise = Annotated[
    float,
    typer.Option(metavar="SHARE", help="By how much misses of a group may rise, whatever the ratio: at most 0.1."),
]
NoGroups = Annotated[
    bool,
    typer.Option("--no-groups", help="Judge everybody together alone, where nothing tells people apart; no collection "
                 "moves on such a report."),
]  # fmt: skip
Report = Annotated[Path | None, typer.Argument(metavar="OLD", show_default=False,
                                               help="Instead: a report of `audit demographics` (JSON).")]  # fmt: skip
Reported = Annotated[Path | None, typer.Argument(metavar="NEW", show_default=False,
                                                 help="And one of the same pictures by the new system.")]  # fmt: skip


def gate(  # noqa: PLR0913 - each is an option of the command line
    context: typer.Context,
    old_report: Report = None,
    new_report: Reported = None,
    images: Images = None,
    old: Old = None,
    new: New = None,
    groups: audit.Groups = None,
    no_groups: NoGroups = False,
    people: audit.People = None,
    threshold: Threshold = None,
    fmr: FalseMatchRate = None,
    margin: Margin = 1.5,
    rise: Rise = 0.01,
    exclude: audit.Exclude = None,
    person_column: audit.PersonColumn = None,
    json: audit.Json = None,
    html: audit.Html = None,
    face: audit.WhichFace = audit.Face.LARGEST,
    seed: audit.Seed = audit.SEED,
    cache: audit.Cache = True,
    record: audit.Record = True,
    anonymous: audit.Anonymous = False,
    data: made.Data = None,
) -> None:
    """Hold a new model or setting against the one that stands, group by group, on the same pictures.

    It passes where no group is shown to be wrong more often, and none may be by more than the margin. Exit status 0:
    it passes. 1: it fails for some group. 3: the pictures cannot tell, and that is no pass.
    """
    if threshold is not None and fmr is not None:
        raise Wrong("--threshold or --fmr: one of them says when two pictures match")
    if fmr is not None and not 1e-9 <= fmr <= 0.1:
        raise Wrong(f"--fmr {fmr:g} should lie between 1e-9 and 0.1")
    _within(margin, rise)
    given = made.of(context)
    asked = audit.Asked(
        json=json, html=html, exclude=exclude, groups=tuple(dict.fromkeys(groups or ())), people=people, face=face,
        seed=seed, cache=cache, record=record, person_column=person_column, anonymous=anonymous,
    )  # fmt: skip
    if old_report is not None:
        if new_report is None or images is not None or old or new or groups or threshold is not None or fmr is not None:
            raise Wrong("give two reports OLD and NEW with --margin alone, or --images, --groups and --new")
        if no_groups:
            raise Wrong("--no-groups is for --images; the groups of two reports are those that they tell apart")
        verdict = _reports(audit.Lab(given, given.settings(data=data), asked), old_report, new_report, margin, rise)
    elif images is None or not new:
        raise Wrong("give --images and --new SETTING=VALUE, or two reports OLD and NEW")
    elif bool(groups) == no_groups:
        raise Wrong(
            "--groups or --no-groups: one of them says who is judged" if groups
            else "--groups COLUMN is needed: what tells the people apart; or --no-groups, to judge everybody alone"
        )  # fmt: skip
    else:
        labs = [
            audit.Lab(_with(given, choices), _with(given, choices).settings(data=data), asked)
            for choices in (old or [], new)
        ]
        verdict = _pictures(labs[0], labs[1], images, (threshold, fmr), margin, rise)
    if verdict != "passes":
        raise typer.Exit(FAILED if verdict == "fails" else CANNOT_TELL)


def _within(margin: float, rise: float, false: float = 0.0) -> None:
    """Raise `Wrong` for limits that would let anything pass."""
    from recognizance.evaluation.protocols.gate import Limits, beyond

    said = beyond(Limits(margin, false, rise, rise))
    if said is not None:
        raise Wrong(said)


def _with(given: made.Made, choices: Sequence[str]) -> made.Made:
    """Return the command line's surroundings with some settings chosen."""
    from recognizance.settings import PREFIX

    environment = dict(given.environment)
    for one in choices:
        name, equals, value = one.partition("=")
        if not equals or not value or name not in CHOICES:
            raise Wrong(f"{output.shown(one)} should be SETTING=VALUE, the setting one of {', '.join(CHOICES)}")
        environment[PREFIX + name.upper()] = value
    return replace(given, environment=environment)


def _pictures(
    old: audit.Lab, new: audit.Lab, images: str, at_which: tuple[float | None, float | None], margin: float, rise: float
) -> str:
    """Judge two systems that see the same pictures, write the report and return the verdict."""
    from recognizance.evaluation.audit import Audit
    from recognizance.evaluation.pages.told import gate as told
    from recognizance.evaluation.protocols import demographics, gate

    if old.pipeline().vectors_by == new.pipeline().vectors_by:
        raise Wrong("the old system and the new one are the same; say with --new what is to change")
    seen: list[tuple[Templates, Errors, Mapping[str, Any]]] = []
    crowd, twice = None, tuple[Any, ...]()
    if at_which[0] is not None:
        _within(margin, rise, old.pipeline().similarity.rate(at_which[0]))
    for lab, which in ((old, "old"), (new, "new")):
        templates = lab.templates(images, role=which)
        said = {column: templates.groups(column) for column in lab.asked.groups}
        crowd, twice = demographics.crowd_of(templates.vectors, templates.people, said)
        at, alike = threshold_for(lab, crowd, *at_which)
        try:
            seen.append((templates, demographics.errors(crowd, alike, at["cosine"]), at))
        except demographics.TooManyMatches as error:
            raise Failed(str(error)) from error
    (before, stood, old_at), (after, stands, new_at) = seen
    assert crowd is not None, "there are two systems"
    if before.fingerprint != after.fingerprint:
        raise Failed("the pictures changed between the two systems; run the command again")
    limits = gate.Limits(margin, new_at["fmr"] or new_at["curve"], rise, rise)
    columns = [[column] for column in new.asked.groups]
    if len(columns) > 1:
        columns.append(list(new.asked.groups))
    try:
        judged = gate.judge(stood, stands, crowd, columns, limits)
    except demographics.TooManyGroups as error:
        raise Wrong(f"--groups: {error}") from error
    except ValueError as error:
        raise Failed(str(error)) from error
    systems = [lab.made([(which, one)]) for lab, which, one in ((old, "old", before), (new, "new", after))]
    report = Audit(
        "gate",
        _both(systems),
        (*before.problems, *(one for one in after.problems if one not in before.problems), *twice, *_small(judged)),
        _result(
            judged, limits, "same comparisons", [_system(*one) for one in zip(systems, (old_at, new_at), strict=True)]
        ),
        gate.findings(judged, margin),
    )
    new.finish(report, told.page)
    return judged.verdict.value


def _reports(lab: audit.Lab, old: Path, new: Path, margin: float, rise: float) -> str:
    """Judge two reports of demographics, write the gate's and return the verdict."""
    from recognizance.evaluation import audit as audits
    from recognizance.evaluation.pages.told import gate as told
    from recognizance.evaluation.protocols import gate

    before, after = _report(old), _report(new)
    try:
        threshold = after["result"]["threshold"]
        limits = gate.Limits(margin, threshold["fmr"] or threshold["curve"], rise, rise)
        _within(margin, rise, limits.false)
        judged = gate.judge_reports(before, after, limits)
    except gate.NotAlike as error:
        raise Wrong(str(error)) from error
    except (KeyError, TypeError, AttributeError) as error:
        raise Wrong(f"{output.shown(old)} or {output.shown(new)} lacks what a report of demographics has") from error
    systems = [_made(one["made"]) for one in (before, after)]
    report = audits.Audit(
        "gate",
        replace(_both(systems), command=repeated.command(lab.given.argv, anonymous=lab.asked.anonymous)),
        tuple(_small(judged)),
        _result(judged, limits, "two reports",
                [_system(one, document["result"]["threshold"])
                 for one, document in zip(systems, (before, after), strict=True)]),
        gate.findings(judged, margin),
    )  # fmt: skip
    lab.finish(report, told.page)
    return judged.verdict.value


def _report(path: Path) -> Mapping[str, Any]:
    from recognizance.evaluation.sets import regular

    try:
        read: Any = json_.loads(regular.read(path, regular.REPORT))
    except OSError as error:
        raise Wrong(f"{output.shown(path)} cannot be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise Wrong(f"{output.shown(path)} is no report: it is not JSON") from error
    if not isinstance(read, dict):
        raise Wrong(f"{output.shown(path)} is no report of `recognizance audit demographics`")
    report: Mapping[str, Any] = read
    return report


def _made(told: Mapping[str, Any]) -> Made:
    from recognizance.evaluation.audit import Made, Set

    return Made(
        command=told["command"],
        version=told["version"],
        models=tuple(told["models"]),
        pipeline=tuple(told["pipeline"]),
        sets=tuple(Set(**one) for one in told["sets"]),
        seed=told["seed"],
        exclusions=told["exclusions"],
    )


def _both(systems: Sequence[Made]) -> Made:
    """Return what the gate was made with: the new system's, and every model and choice of both."""
    old, new = systems
    models = [dict(one) for system in systems for one in system.models]
    choices = [f"{which}: {one}" for which, system in (("old", old), ("new", new)) for one in system.pipeline]
    sets = [replace(one, role=which) for which, system in (("old", old), ("new", new)) for one in system.sets]
    distinct = [one for at, one in enumerate(models) if one not in models[:at]]
    return replace(new, models=tuple(distinct), pipeline=tuple(choices), sets=tuple(sets))


def _system(system: Made, at: Mapping[str, Any]) -> dict[str, Any]:
    return {"models": [dict(one) for one in system.models], "pipeline": list(system.pipeline), "threshold": dict(at)}


def _result(judged: Gate, limits: Limits, by: str, systems: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    from recognizance.evaluation.protocols.gate import figures

    return {**figures(judged, limits), "by": by, "old": systems[0], "new": systems[1]}


def _small(judged: Gate) -> list[Any]:
    from recognizance.evaluation.sets.subjects import Problem, Trouble
    from recognizance.evaluation.statistics.intervals import SMALLEST

    return [
        Problem(
            Trouble.SMALL_GROUP,
            ", ".join(f"{column} {value}" for column, value in one.said.items()),
            f"{one.people} {'person' if one.people == 1 else 'people'}, "
            + (f"fewer than {SMALLEST}" if one.people < SMALLEST else "withheld in the reports")
            + ": the gate does not judge this group",
        )
        for one in judged.withheld
    ]

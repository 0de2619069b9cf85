"""`recognizance audit quality`: what worse pictures cost, measured on pictures made worse step by step."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from recognizance.cli import audit, audit_replay, made, output
from recognizance.cli.failures import Failed, Wrong
from recognizance.cli.going import going
from recognizance.cores import cores

if TYPE_CHECKING:
    from recognizance.evaluation.audit import Finding
    from recognizance.evaluation.protocols.degradations import Kind
    from recognizance.evaluation.protocols.quality import Bin, Measure, Plan, Result, Seen, Step
    from recognizance.evaluation.sets.pipeline import Similarity
    from recognizance.evaluation.sets.subjects import Problem
    from recognizance.evaluation.sets.templates import Templates
    from recognizance.evaluation.statistics.intervals import Ratio

Images = Annotated[
    str, typer.Option("--images", metavar="SET", help="Folder or table of pictures, some people with two or more.")
]
DegradeBy = Annotated[
    list[str] | None,
    typer.Option(
        "--degrade",
        metavar="NAME,…",
        help="brightness (dark, bright), contrast, blur, motion, noise, size, jpeg, rotation, occlusion (glasses, "
        "mask, side); may be repeated.",
        show_default="all of them",
    ),
]
Sample = Annotated[int, typer.Option(min=20, metavar="PEOPLE", help="Whose pictures are made worse, at most.")]
Thresholds = Annotated[str, typer.Option(metavar="NUMBER,…", help="Similarities to count misses and false matches at.")]
LIMIT = 0.05
"""The share of people who match with a clean picture that a worse one may lose, where a page says what to ask for."""

SMALLEST = 10
OFTEN = 1.5
"""How many times as often worse pictures must match strangers, by the lower bound, for that to be a finding."""


def quality(  # noqa: PLR0913 - each is an option of the command line
    context: typer.Context,
    images: Images,
    degrade: DegradeBy = None,
    sample: Sample = 300,
    thresholds: Thresholds = "80,99",
    exclude: audit.Exclude = None,
    person_column: audit.PersonColumn = None,
    face: audit.WhichFace = audit.Face.LARGEST,
    json: audit.Json = None,
    html: audit.Html = None,
    seed: audit.Seed = audit.SEED,
    cache: audit.Cache = True,
    record: audit.Record = True,
    anonymous: audit.Anonymous = False,
    data: made.Data = None,
) -> None:
    """Make clean pictures worse in known steps, and count who is missed and who is taken for a stranger."""
    given = made.of(context)
    asked = audit.Asked(
        json=json, html=html, exclude=exclude, face=face, seed=seed, cache=cache, record=record,
        person_column=person_column, anonymous=anonymous,
    )  # fmt: skip
    lab = audit.Lab(given, given.settings(data=data), asked)

    import numpy as np

    from recognizance.evaluation.audit import Audit
    from recognizance.evaluation.pages.told import quality as told
    from recognizance.evaluation.protocols.quality import measure, plan

    kinds, percents = _kinds(degrade or []), audit_replay.similarities(thresholds)
    templates = lab.templates(images, role="pictures")
    if any(one.path is None for one in templates.subjects):
        raise Wrong(f"{templates.source} has no pictures to make worse; name a folder or a table")
    chosen = plan(templates.people, templates.found, sample, np.random.default_rng(seed))
    if len(chosen.sample) < SMALLEST:
        raise Failed(
            f"{len(chosen.everybody):,} of {len(set(templates.people)):,} people have two pictures with a face; at "
            f"least {SMALLEST} are needed, and as many others"
        )
    scale = lab.pipeline().similarity
    said, seen = _looked(lab, chosen, templates, kinds)
    found = measure(chosen, templates.vectors, said, seen, {percent: scale.cosine(percent) for percent in percents})
    result = _result(found, chosen, kinds, scale, percents)
    problems = (*templates.problems, *_withheld(found))
    lab.finish(
        Audit("quality", lab.made([("pictures", templates)]), problems, result, _findings(found, kinds)), told.page
    )


def _kinds(given: Sequence[str]) -> Sequence[Kind]:
    from recognizance.evaluation.protocols.degradations import KINDS, named

    names = [name.strip() for text in given for name in text.split(",") if name.strip()]
    try:
        return named(names) if names else KINDS
    except ValueError as error:
        raise Wrong(f"--degrade: {output.shown(error)}") from error


def _looked(
    lab: audit.Lab, chosen: Plan, templates: Templates, kinds: Sequence[Kind]
) -> tuple[list[Measure], dict[tuple[str, float], Seen]]:
    """Return what the server says of everybody's clean pictures, and what became of the sample's worse ones."""
    from recognizance.evaluation.protocols.quality import look_at_worse, measures

    pipeline, now = lab.pipeline(), lab.given.now

    def read(place: int) -> bytes:
        path = templates.subjects[place].path
        assert path is not None, "a set of pictures has their paths"
        return path.read_bytes()

    with lab.kept(pipeline) as kept:
        clean = ((read(one.probe), read(one.reference)) for one in chosen.everybody)
        with going("couples measured", len(chosen.everybody), now) as bar:
            said = measures(clean, pipeline, kept, progress=bar)
        probes = (read(one.probe) for one in chosen.sample)
        total = len(chosen.sample) * sum(len(kind.levels) for kind in kinds)
        threads = lab.settings.threads or cores()
        with going("pictures made worse", total, now) as bar:
            seen = look_at_worse(probes, kinds, pipeline, kept, seed=lab.asked.seed, threads=threads, progress=bar)
    return said, seen


def _withheld(found: Result) -> list[Problem]:
    from recognizance.evaluation.sets.subjects import Problem, Trouble

    problems = [
        Problem(Trouble.SMALL_GROUP, f"{kind} {level:g}", "fewer than ten people's pictures could be made so")
        for kind, level in found.withheld
    ]
    return problems + [
        Problem(Trouble.SMALL_GROUP, f"{one.measure} {one.low:g} to {one.high:g}", f"{one.people} people: too few")
        for one in (*found.natural, *found.measured)
        if one.missed and one.missed[0][1] is None
    ]


def _result(
    found: Result, chosen: Plan, kinds: Sequence[Kind], scale: Similarity, percents: Sequence[float]
) -> dict[str, Any]:
    from recognizance.evaluation.audit import rate
    from recognizance.evaluation.protocols.quality import STRANGERS_AT

    return {
        "sample": len(chosen.sample),
        "people_with_two": len(chosen.everybody),
        "strangers": len(chosen.strangers),
        "limit": LIMIT,
        "thresholds": [
            {"similarity": one, "cosine": scale.cosine(one), "false_match_rate": scale.rate(one)} for one in percents
        ],
        "strange": {"share": STRANGERS_AT, "cosine": found.reach, "similarity": scale.at(found.reach)},
        "clean": None if found.clean is None else _step(found.clean),
        "kinds": [
            {
                "kind": kind.name,
                "title": kind.title,
                "unit": kind.unit,
                "levels": [_step(one) for one in found.steps if one.kind == kind.name],
            }
            for kind in kinds
        ],
        "everybody": [{"similarity": percent, "missed": rate(counted)} for percent, counted in found.everybody],
        "natural": [_bin(one) for one in found.natural],
        "measured": [_bin(one) for one in found.measured],
    }


def _step(one: Step) -> dict[str, Any]:
    from recognizance.evaluation.audit import rate

    return {
        "level": one.level,
        "not_found": rate(one.lost_sight),
        "thresholds": [
            {
                "similarity": each.threshold,
                "missed": rate(each.missed),
                "unlike": rate(each.unlike),
                "lost": rate(each.lost),
                "false_matches": rate(each.false),
            }
            for each in one.thresholds
        ],
        "strangers": None
        if one.strange is None
        else {"rate": rate(one.strange.rate), "times": _ratio(one.strange.times)},
        "brightness": one.brightness,
        "sharpness": one.sharpness,
    }


def _bin(one: Bin) -> dict[str, Any]:
    from recognizance.evaluation.audit import rate

    return {
        "measure": one.measure,
        "from": one.low,
        "to": one.high if one.high < 1 << 30 else None,
        "people": one.people,
        "pairs": one.pairs,
        "thresholds": [{"similarity": percent, "missed": rate(each)} for percent, each in one.missed],
    }


def _ratio(one: Ratio) -> dict[str, Any]:
    return {"value": one.value, "low": one.low, "high": one.high}


def _findings(found: Result, kinds: Sequence[Kind]) -> tuple[Finding, ...]:
    """Return a finding for each way in which worse pictures match strangers clearly more often."""
    from recognizance.evaluation.audit import Finding

    findings: list[Finding] = []
    for kind in kinds:
        worse = [
            one
            for one in found.steps
            if one.kind == kind.name and one.strange is not None and one.strange.times.low > OFTEN
        ]
        if worse:
            times = [_in_words(one, kind) for one in worse]
            findings.append(
                Finding(
                    "worse pictures match strangers more often",
                    kind.title,
                    f"Against clean pictures of the same people: {'; '.join(times)}. Refuse such pictures, or ask "
                    " for a higher Similarity where they cannot be helped.",
                )
            )
    return tuple(findings)


def _in_words(one: Step, kind: Kind) -> str:
    times = one.strange.times if one.strange is not None else None
    value = f"{times.value:.1f}" if times is not None and times.value is not None else "many"
    return f"{value} times as often at {kind.unit.format(f'{one.level:g}')}"

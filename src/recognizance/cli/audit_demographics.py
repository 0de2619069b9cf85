"""`recognizance audit demographics`: who is taken for someone else and who is missed, by group, at one threshold."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from recognizance.cli import audit, made
from recognizance.cli.failures import Failed, Wrong
from recognizance.cli.going import going

if TYPE_CHECKING:
    from recognizance.evaluation.protocols.demographics import Crowd
    from recognizance.evaluation.statistics.comparisons import Pairs

Images = Annotated[
    str, typer.Option("--images", metavar="DIR|CSV|COLLECTION", help="Pictures of people, several of some of them.")
]
Mated = Annotated[
    str | None,
    typer.Option(
        "--mated", metavar="DIR|CSV", show_default=False,
        help="Other pictures of the same people, to count misses among; without, misses are counted among --images.",
    ),
]  # fmt: skip
Threshold = Annotated[
    float | None,
    typer.Option(
        min=0, max=100, metavar="PERCENT", show_default=False,
        help="The Similarity from which two pictures match, for everybody alike: 80 unless told, or --fmr.",
    ),
]  # fmt: skip
FalseMatchRate = Annotated[
    float | None,
    typer.Option("--fmr", metavar="RATE", help="Instead: the threshold that so many of all pairs reach, as 1e-4.",
                 show_default=False),
]  # fmt: skip
Margin = Annotated[
    float,
    typer.Option(
        min=1, metavar="TIMES", help="A group that surely is wrong more than so many times as often is a finding."
    ),
]
EVERYBODY = 80.0


def demographics(  # noqa: PLR0913 - each is an option of the command line
    context: typer.Context,
    images: Images,
    groups: audit.Groups = None,
    people: audit.People = None,
    threshold: Threshold = None,
    fmr: FalseMatchRate = None,
    mated: Mated = None,
    margin: Margin = 2.0,
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
    """Count false matches and misses by group and by pair of groups, at one threshold for everybody.

    Every picture is compared with every other. What the data cannot tell is said to be so: groups of fewer than ten
    people are withheld, and nothing is claimed of a rate of which fewer than five are seen or expected.
    """
    if not groups:
        raise Wrong("--groups COLUMN is needed: what tells the people apart")
    if threshold is not None and fmr is not None:
        raise Wrong("--threshold or --fmr: one of them says when two pictures match")
    if fmr is not None and not 1e-9 <= fmr <= 0.1:
        raise Wrong(f"--fmr {fmr:g} should lie between 1e-9 and 0.1")
    given = made.of(context)
    asked = audit.Asked(
        json=json, html=html, exclude=exclude, groups=tuple(dict.fromkeys(groups)), people=people, face=face, seed=seed,
        cache=cache, record=record, person_column=person_column, anonymous=anonymous,
    )  # fmt: skip
    lab = audit.Lab(given, given.settings(data=data), asked)

    import numpy as np

    from recognizance.evaluation.audit import Audit
    from recognizance.evaluation.pages.told import demographics as told
    from recognizance.evaluation.protocols import demographics as protocol
    from recognizance.evaluation.words import share

    first = lab.templates(images, role="images")
    other = None if mated is None else lab.templates(mated, role="mated", grouped=False)
    everybody = sorted({*first.people, *(other.people if other else ())})
    said = {column: first.groups(column) for column in asked.groups}
    crowd, twice = protocol.crowd_of(first.vectors, first.people, said, everybody)
    own = protocol.crowd_of(other.vectors, other.people, {}, everybody)[0] if other else None
    at, alike = threshold_for(lab, crowd, threshold, fmr)
    random = np.random.default_rng(seed)
    try:
        seen = protocol.errors(crowd, alike, at["cosine"], own)
        overall = protocol.overall(seen)
        tables = [[column] for column in asked.groups] + ([list(asked.groups)] if len(asked.groups) > 1 else [])
        groupings = [protocol.by_group(crowd, seen, columns, random) for columns in tables]
    except protocol.TooManyMatches as error:
        raise Failed(str(error)) from error
    except protocol.TooManyGroups as error:
        raise Wrong(f"--groups: {error}") from error
    except ValueError as error:
        raise Failed(str(error)) from error
    sets = [("images", first), *([("mated", other)] if other else [])]
    problems = [problem for _, one in sets for problem in one.problems]
    result = {"threshold": at, "margin": margin, **protocol.figures(crowd, groupings, overall)}
    lab.finish(
        Audit(
            "demographics",
            lab.made(sets),
            (*problems, *twice, *protocol.problems(groupings)),
            result,
            protocol.findings(groupings, margin, share),
        ),
        told.page,
    )


def threshold_for(lab: audit.Lab, crowd: Crowd, threshold: float | None, fmr: float | None) -> tuple[Any, Pairs]:
    """Return the threshold as the report has it, and the pairs of strangers that reach it."""
    from recognizance.evaluation.protocols import demographics as protocol

    similarity = lab.pipeline().similarity
    asked = "fmr" if fmr is not None else "similarity"
    percent = EVERYBODY if threshold is None else threshold
    floor = similarity.cosine(percent) if fmr is None else protocol.floor_for(crowd, fmr)
    pairs = len(crowd.people) * (len(crowd.people) - 1) // 2
    with going("comparisons", pairs, lab.given.now) as bar:
        alike = protocol.most_alike(crowd, floor, progress=lambda done, of: bar(done))
    try:
        cosine = floor if fmr is None else protocol.cosine_for(crowd, alike, fmr)
    except protocol.TooManyMatches as error:
        raise Failed(str(error)) from error
    if fmr is not None:
        percent = similarity.at(cosine)
    at = {
        "asked": asked,
        "fmr": fmr,
        "similarity": percent,
        "cosine": cosine,
        "curve": similarity.rate(percent),
        "extrapolated": similarity.extrapolated(percent),
    }
    return at, alike

"""`recognizance audit identification`: how often a search finds who is there, and somebody where nobody should be."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from recognizance.cli import audit, made
from recognizance.cli.audit_replay import Mated, compared, curve_of, listed, need_faces, similarities
from recognizance.cli.failures import Failed, Wrong

if TYPE_CHECKING:
    import numpy as np

    from recognizance.evaluation.protocols.identification import Split
    from recognizance.evaluation.sets.pipeline import Similarity
    from recognizance.evaluation.sets.subjects import Problem
    from recognizance.evaluation.sets.templates import Templates

Probes = Annotated[
    str | None,
    typer.Option(
        "--probes", metavar="DIR|CSV|COLLECTION", help="Who is looked for; a name that the gallery has too is the same "
        "person.", show_default=False,
    ),
]  # fmt: skip
Gallery = Annotated[
    str | None,
    typer.Option("--gallery", metavar="DIR|CSV|COLLECTION", help="Among whom.", show_default=False),
]
Images = Annotated[
    str | None,
    typer.Option(
        "--images", metavar="DIR|CSV|COLLECTION", show_default=False,
        help="One set instead, divided by chance into those looked for and those among whom.",
    ),
]  # fmt: skip
Outside = Annotated[
    float, typer.Option(min=0.01, max=0.99, metavar="SHARE", help="With --images: the share of people not enrolled.")
]
Growth = Annotated[
    str | None,
    typer.Option(
        metavar="LIST", help="Sizes of gallery to try, in people, with commas between.", show_default="fewer and fewer"
    ),
]
FitOnOthers = Annotated[
    float | None,
    typer.Option(
        min=0.05, max=0.95, metavar="SHARE", show_default=False,
        help="Fit a curve on this share of the people first, and test on the others alone.",
    ),
]  # fmt: skip
Thresholds = Annotated[
    str, typer.Option(metavar="LIST", help="Similarities to count at, from 0 to 100, with commas between.")
]


def identification(  # noqa: PLR0913 - each is an option of the command line
    context: typer.Context,
    probes: Probes = None,
    gallery: Gallery = None,
    images: Images = None,
    outside: Outside = 0.5,
    mated: Mated = None,
    thresholds: Thresholds = "60,70,80,90,95,99",
    growth: Growth = None,
    fit_on_others: FitOnOthers = None,
    people: audit.People = None,
    person_column: audit.PersonColumn = None,
    exclude: audit.Exclude = None,
    face: audit.WhichFace = audit.Face.LARGEST,
    json: audit.Json = None,
    html: audit.Html = None,
    seed: audit.Seed = audit.SEED,
    cache: audit.Cache = True,
    record: audit.Record = True,
    anonymous: audit.Anonymous = False,
    data: made.Data = None,
) -> None:
    """Search for people who are in the gallery and for people who are not, as NIST's test of one among many does."""
    given = made.of(context)
    percents, sizes = similarities(thresholds), _sizes(growth)
    if (images is None) is (probes is None and gallery is None) or (images is None and None in (probes, gallery)):
        raise Wrong("give --probes and --gallery, or one set with --images")
    asked = audit.Asked(
        json=json, html=html, exclude=exclude, people=people, face=face, seed=seed, cache=cache, record=record,
        person_column=person_column, anonymous=anonymous,
    )  # fmt: skip
    lab = audit.Lab(given, given.settings(data=data), asked)

    import numpy as np

    from recognizance.evaluation.audit import Audit
    from recognizance.evaluation.pages.told import identification as told
    from recognizance.evaluation.protocols import identification as measuring
    from recognizance.evaluation.protocols.searched import figures, findings

    random = np.random.default_rng(seed)
    named = {"images": images} if images is not None else {"probes": probes, "gallery": gallery}
    sets = {role: lab.templates(str(one), role=role) for role, one in named.items()}
    for role, one in sets.items():
        need_faces(one, role)
    problems: list[Problem] = [problem for one in sets.values() for problem in one.problems]
    scale, curve = lab.pipeline().similarity, {**curve_of(lab), "others": False}
    used = dict(sets)
    if fit_on_others is not None:
        used, scale, curve = _fitted(sets, fit_on_others, curve, random, seed)
    split = _split(used, mated, outside, random, problems)
    question = measuring.Question(percents, scale, sizes or _halvings(split.gallery))
    hits = compared(lab, split.probes, split.gallery, scale, min(percents))
    found = measuring.identify(split, hits, question, random)
    result = figures(found, curve=curve, similarity=scale)
    problems += split.problems
    about = lab.made([*sets.items()] if images is None else [("pictures", sets["images"])])
    lab.finish(Audit("identification", about, tuple(problems), result, findings(found)), told.page)


def _sizes(text: str | None) -> tuple[int, ...]:
    """Return sizes of gallery. Raises `Wrong` for what is no whole number above 0."""
    words = [] if text is None else text.split(",")
    if not all(word.strip().isdecimal() and int(word) > 0 for word in words):
        raise Wrong(f"--growth {text!r} should be whole numbers above 0, as 1000,5000")
    return tuple(int(word) for word in words)


def _halvings(gallery: Templates) -> tuple[int, ...]:
    """Return the gallery's size and five more, each half of the one before."""
    size = len(set(gallery.people))
    return tuple(sorted({max(1, size >> step) for step in range(6)}))


def _fitted(
    sets: dict[str, Templates],
    share: float,
    shipped: dict[str, Any],
    random: np.random.Generator,
    seed: int,
) -> tuple[dict[str, Templates], Similarity, dict[str, Any]]:
    """Return the sets less a share of their people, and a scale fitted on those."""
    from recognizance.evaluation.protocols.identification import fitted, set_aside
    from recognizance.evaluation.sets.pipeline import Similarity

    rest, aside = set_aside(list(sets.values()), share, str(seed))
    try:
        curve = fitted(aside, random, command="recognizance audit identification --fit-on-others")
    except (ValueError, IndexError) as error:
        raise Failed(f"no curve can be fitted on {share:g} of the people: {error}; give more pictures") from error
    said = {
        "model": shipped["model"],
        "fitted_on": curve.fitted_on,
        "people": curve.people,
        "comparisons": curve.comparisons,
        "others": True,
    }
    return dict(zip(sets, rest, strict=True)), Similarity(curve), said


def _split(
    sets: dict[str, Templates], mated: Path | None, outside: float, random: np.random.Generator, problems: list[Problem]
) -> Split:
    """Return probes and gallery, from two sets or one."""
    from recognizance.evaluation.protocols.identification import divided, paired

    if "images" in sets:
        if mated is not None:
            raise Wrong("--mated says who is who in two sets; --images is one")
        try:
            return divided(sets["images"], random, outside=outside)
        except ValueError as error:
            raise Failed(str(error)) from error
    mates, unusable = listed(mated, sets["probes"], sets["gallery"])
    problems += unusable
    split = paired(sets["probes"], sets["gallery"], mates or ())
    if not len(split.probes.subjects) or not len(split.gallery.subjects):
        raise Failed("nothing is left to look for: all pictures of the probes are in the gallery, or everybody is left "
                     "out")  # fmt: skip
    return replace(split)

"""`recognizance audit replay`: the ACLU's test of 2018, with your pictures, at the settings that you name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from recognizance.cli import audit, made, output
from recognizance.cli.failures import Failed, Wrong
from recognizance.cli.going import going

if TYPE_CHECKING:
    from recognizance.evaluation.pages.page import Page, Pair
    from recognizance.evaluation.protocols.replay import Hits, Replay
    from recognizance.evaluation.sets.pipeline import Similarity
    from recognizance.evaluation.sets.subjects import Problem
    from recognizance.evaluation.sets.templates import Templates

Probes = Annotated[
    str,
    typer.Option(
        "--probes", metavar="DIR|CSV|COLLECTION", help="Who is looked for: a folder with one per person, or a table."
    ),
]
Gallery = Annotated[
    str, typer.Option("--gallery", metavar="DIR|CSV|COLLECTION", help="Among whom they are looked for.")
]
Mated = Annotated[
    Path | None,
    typer.Option(
        metavar="CSV", help="Which person of the probes is which of the gallery, a row each: they are rightly found.",
        show_default=False,
    ),
]  # fmt: skip
Thresholds = Annotated[
    str, typer.Option(metavar="LIST", help="Similarities to count at, from 0 to 100, with commas between.")
]
Called = Annotated[
    str, typer.Option(metavar="TEXT", help="What the people of the probes are, in the plural, for the sentence.")
]
Worst = Annotated[int, typer.Option(min=0, max=200, metavar="N", help="How many of the most alike strangers to show.")]
ShowFaces = Annotated[bool, typer.Option("--show-faces", help="Show faces on the page as they are, not blurred.")]


def replay(  # noqa: PLR0913 - each is an option of the command line
    context: typer.Context,
    probes: Probes,
    gallery: Gallery,
    mated: Mated = None,
    thresholds: Thresholds = "80,90,95,99",
    called: Called = "people",
    worst: Worst = 12,
    show_faces: ShowFaces = False,
    groups: audit.Groups = None,
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
    """Look for people in a gallery of others, and count who is taken for somebody else at each setting."""
    given = made.of(context)
    percents = similarities(thresholds)
    asked = audit.Asked(
        json=json, html=html, exclude=exclude, groups=tuple(groups or ()), people=people, face=face, seed=seed,
        cache=cache, record=record, person_column=person_column, anonymous=anonymous,
    )  # fmt: skip
    lab = audit.Lab(given, given.settings(data=data), asked)

    from recognizance.evaluation.audit import Audit
    from recognizance.evaluation.pages.told import replay as told
    from recognizance.evaluation.protocols.replay import SHOWN_FROM, Question
    from recognizance.evaluation.protocols.replay import replay as counted
    from recognizance.evaluation.protocols.replayed import figures, findings

    searched = lab.templates(probes, role="probes")
    among = lab.templates(gallery, role="gallery", grouped=False)
    need_faces(searched, "probes")
    need_faces(among, "gallery")
    mates, unusable = listed(mated, searched, among)
    scale = lab.pipeline().similarity
    question = Question(percents, mates, asked.groups, scale, worst)
    hits = compared(lab, searched, among, scale, min(*percents, SHOWN_FROM))
    found = counted(searched, among, hits, question, rank_one=_rank_one(searched, among, mates))
    result = figures(found, searched, among, called=called, curve=curve_of(lab))
    problems = (*searched.problems, *among.problems, *unusable, *found.problems)
    sets = lab.made([("probes", searched), ("gallery", among)])
    pictured = html is not None and not anonymous
    shown = _shown(lab, found, result, searched, among, blurred=not show_faces) if pictured else []

    def page(document: Mapping[str, Any]) -> Page:
        return told.page(document, shown)

    lab.finish(Audit("replay", sets, problems, result, findings(found)), page)


def similarities(text: str) -> tuple[float, ...]:
    """Return the similarities of a list with commas. Raises `Wrong` for what is no number from 0 to 100."""
    found: list[float] = []
    for word in text.split(","):
        try:
            value = float(word)
        except ValueError:
            value = -1.0
        if not 0 <= value <= 100:
            raise Wrong(f"--thresholds {output.shown(text)!r} should be numbers from 0 to 100, as 80,90,95,99")
        found.append(value)
    return tuple(found)


def need_faces(templates: Templates, role: str) -> None:
    """Raise `Failed` where a set has no face to compare, with how many of its pictures could not be read."""
    if templates.found.any():
        return
    pictures, unreadable = len(templates.faces), int((templates.faces < 0).sum())
    why = f"; {unreadable:,} of its {pictures:,} could not be read" if unreadable else ""
    raise Failed(f"no face was found in any picture of {output.shown(templates.source)} ({role}){why}")


def listed(
    table: Path | None, probes: Templates, gallery: Templates
) -> tuple[tuple[tuple[str, str], ...] | None, tuple[Problem, ...]]:
    """Return which people a table says are one, None where there is no table, and what of it could not be used."""
    from recognizance.evaluation.sets.subjects import read_mated

    if table is None:
        return None, ()
    with audit.told_plainly():
        return read_mated(table, set(probes.people), set(gallery.people))


def curve_of(lab: audit.Lab) -> dict[str, Any]:
    """Return what the model's curve was fitted on, as documents have it."""
    card = lab.pipeline().card
    curve = card.curve
    assert curve is not None, "a pipeline whose similarity was asked for has a curve"
    return {
        "model": str(card.name),
        "fitted_on": curve.fitted_on,
        "people": curve.people,
        "comparisons": curve.comparisons,
    }


def compared(lab: audit.Lab, probes: Templates, gallery: Templates, similarity: Similarity, floor: float) -> Hits:
    """Return which probes reach which of the gallery at `floor` or more. Raises `Wrong` where too many do."""
    from recognizance.evaluation.protocols.replay import TooMany, hits_of

    try:
        with going("comparisons", len(probes.subjects) * len(gallery.subjects), lab.given.now) as bar:
            return hits_of(probes, gallery, similarity, floor, progress=lambda done, _: bar(done))
    except TooMany as error:
        raise Wrong(str(error)) from error


def _rank_one(probes: Templates, gallery: Templates, mates: Sequence[tuple[str, str]] | None) -> Any:
    """Return of which probes the most alike of the gallery is their own person, whatever the similarity."""
    if not mates:
        return None
    from recognizance.evaluation.protocols.replay import rank_one

    return rank_one(probes, gallery, mates)


def _shown(
    lab: audit.Lab, found: Replay, result: Mapping[str, Any], probes: Templates, gallery: Templates, *, blurred: bool
) -> list[Pair]:
    """Return the most alike strangers as pictures."""
    from recognizance.evaluation.pages.pictures import Shown, pairs

    shown = [
        Shown(
            probes.subjects[alike.probe],
            gallery.subjects[alike.gallery],
            f"{plain['probe_person']} and {plain['gallery_person']}: Similarity {alike.similarity:.1f}",
        )
        for alike, plain in zip(found.worst, result["worst"], strict=True)
    ]
    return pairs(shown, lab.pipeline(), blurred=blurred)

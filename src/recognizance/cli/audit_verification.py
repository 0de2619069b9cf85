"""`recognizance audit verification`: pairs of pictures whose truth is known, as LFW's View 2."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from recognizance.cli import audit, made, output
from recognizance.cli.failures import Wrong
from recognizance.cli.going import going

if TYPE_CHECKING:
    from recognizance.evaluation.audit import Finding
    from recognizance.evaluation.protocols.pairs import Everybody, Named, Scored
    from recognizance.evaluation.sets.pipeline import Similarity
    from recognizance.evaluation.sets.subjects import Problem
    from recognizance.evaluation.sets.templates import Templates

PairFile = Annotated[
    Path,
    typer.Option(
        "--pairs", metavar="FILE", help="LFW's pairs.txt, or a table with file1, file2, same and, with folds, fold."
    ),
]
Images = Annotated[
    str, typer.Option("--images", metavar="FOLDER|CSV", help="Where the pictures are that the pairs name.")
]
AllPairs = Annotated[
    bool,
    typer.Option("--all-pairs", help="Also compare every picture of --images with every other: for rarer errors."),
]


def verification(  # noqa: PLR0913 - each is an option of the command line
    context: typer.Context,
    pairs: PairFile,
    images: Images,
    all_pairs: AllPairs = False,
    exclude: audit.Exclude = None,
    groups: audit.Groups = None,
    people: audit.People = None,
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
    """Say how often two pictures are taken for one person, and how often one person is missed, on a list of pairs.

    Accuracy by folds as the tables of LFW have it, and what is missed at false-match rates from 1 in 100 to 1 in a
    million, as far as the pairs can tell.
    """
    given = made.of(context)
    asked = audit.Asked(
        json=json, html=html, exclude=exclude, groups=tuple(groups or ()), people=people, face=face, seed=seed,
        cache=cache, record=record, person_column=person_column, anonymous=anonymous,
    )  # fmt: skip
    lab = audit.Lab(given, given.settings(data=data), asked)

    import numpy as np

    from recognizance.evaluation.audit import Audit
    from recognizance.evaluation.pages.told import verification as told
    from recognizance.evaluation.protocols import pairs as protocol

    with audit.told_plainly():
        listed = protocol.read_pairs(pairs)
    named = protocol.names(listed)
    templates = lab.templates(
        images,
        role="images",
        repeated=True,
        only=None if all_pairs else lambda one: not named.isdisjoint(protocol.known_as(one)),
    )
    if not templates.subjects:
        example = min(named)
        raise Wrong(f"none of the pictures that {output.shown(pairs)} names is in {images}: no {output.shown(example)}")
    with audit.told_plainly():
        scored, problems = protocol.score(listed, templates, np.random.default_rng(seed))
    similarity = lab.pipeline().similarity
    everybody = _everybody(lab, templates) if all_pairs else None
    by_group, small = _groups(scored, templates, asked.groups, similarity)
    result = {
        "pairs": {
            "list": listed.source,
            "mated": int(scored.same.sum()),
            "nonmated": int((~scored.same).sum()),
            "people": len(np.unique(np.concatenate([scored.first, scored.second]))),
            "pictures": len(np.unique(np.concatenate([scored.one, scored.other]))),
        },
        "accuracy": protocol.accuracy_figures(scored, _named(similarity)),
        "at_similarity": _at_similarities(scored, similarity),
        "at_rates": protocol.rates_figures(protocol.at_rates(scored), _named(similarity)),
        "roc": _roc(scored),
        "enrolment": _enrolment(templates, asked.groups),
        "groups": by_group,
        "all_pairs": None if everybody is None else _of_everybody(everybody, similarity),
    }
    lab.finish(
        Audit(
            "verification",
            lab.made([("images", templates)]),
            (*templates.problems, *problems, *small),
            result,
            _findings(result),
        ),
        told.page,
    )


def _everybody(lab: audit.Lab, templates: Templates) -> Everybody:
    from recognizance.evaluation.protocols import pairs as protocol

    with going("comparisons", len(templates.subjects) * (len(templates.subjects) - 1) // 2, lab.given.now) as bar:
        return protocol.everybody(templates, progress=lambda done, of: bar(done))


def _named(similarity: Similarity) -> Named:
    """Return what says of a cosine what the document calls it."""
    return lambda cosine: {"cosine": cosine, "similarity": similarity.at(cosine)}


def _at_similarities(scored: Scored, similarity: Similarity) -> list[dict[str, Any]]:
    from recognizance.evaluation import audit as audits
    from recognizance.evaluation.protocols import pairs as protocol

    return [
        {
            "similarity": percent,
            "cosine": similarity.cosine(percent),
            "false_matches": audits.rate(protocol.false_matches(scored, similarity.cosine(percent))),
            "misses": audits.rate(protocol.misses(scored, similarity.cosine(percent))),
            "expected": similarity.rate(percent),
        }
        for percent in protocol.SIMILARITIES
    ]


def _roc(scored: Scored) -> list[dict[str, Any]]:
    from recognizance.evaluation import audit as audits
    from recognizance.evaluation.protocols import pairs as protocol

    return [
        {"cosine": cosine, "false_matches": audits.rate(wrong), "misses": audits.rate(missed)}
        for cosine, wrong, missed in protocol.curve(scored)
    ]


def _enrolment(templates: Templates, columns: Sequence[str]) -> dict[str, Any]:
    """Return how many pictures gave no template, of all and by group; a small group's rate is withheld."""
    import numpy as np

    from recognizance.evaluation import audit as audits
    from recognizance.evaluation.statistics.rates import Rate
    from recognizance.evaluation.statistics.withheld import hidden

    lost, people = ~templates.found, np.array(templates.people)
    groups: list[dict[str, Any]] = []
    for column in columns:
        said = np.array(templates.groups(column))
        names = sorted(set(said) - {""})
        sizes = [len(np.unique(people[said == name])) for name in names]
        for name, many, out in zip(names, sizes, hidden(sizes), strict=True):
            here = said == name
            rate = None if out else Rate(int(lost[here].sum()), int(here.sum()))
            groups.append({"column": column, "group": name, "people": many, "failed": audits.rate(rate)})
    return {"failed": audits.rate(Rate(int(lost.sum()), len(lost))), "groups": groups}


def _groups(
    scored: Scored, templates: Templates, columns: Sequence[str], similarity: Similarity
) -> tuple[list[dict[str, Any]], list[Problem]]:
    """Return the rates among pairs of which both pictures are of a group; a small group's are withheld."""
    import numpy as np

    from recognizance.evaluation.sets.subjects import Problem, Trouble
    from recognizance.evaluation.statistics.intervals import SMALLEST
    from recognizance.evaluation.statistics.withheld import FOLLOWS, hidden

    found: list[dict[str, Any]] = []
    problems: list[Problem] = []
    for column in columns:
        said = np.array(templates.groups(column))
        names = sorted(set(said) - {""})
        parts = [scored.part((said[scored.one] == name) & (said[scored.other] == name)) for name in names]
        sizes = [len(np.unique(np.concatenate([part.first, part.second]))) for part in parts]
        for name, part, people, out in zip(names, parts, sizes, hidden(sizes), strict=True):
            if people < SMALLEST or out:
                why = "" if people < SMALLEST else f"; {FOLLOWS}"
                problems.append(Problem(Trouble.SMALL_GROUP, f"{column} {name}", f"{people} people in its pairs{why}"))
            found.append(
                {
                    "column": column,
                    "group": name,
                    "people": people,
                    "mated": int(part.same.sum()),
                    "nonmated": int((~part.same).sum()),
                    "at_similarity": None if people < SMALLEST or out else _at_similarities(part, similarity),
                }
            )
    return found, problems


def _of_everybody(found: Everybody, similarity: Similarity) -> dict[str, Any]:
    from recognizance.evaluation.protocols.pairs import rates_figures

    return {
        "people": found.people,
        "pairs_of_people": found.pairs_of_people,
        "mated": found.mated,
        "nonmated": found.nonmated,
        "at_rates": rates_figures(found.at, _named(similarity)),
    }


def _findings(result: dict[str, Any]) -> tuple[Finding, ...]:
    """Return where more strangers match than the published curve allows, beyond what chance explains."""
    from recognizance.evaluation.audit import Finding
    from recognizance.evaluation.pages.told import percent
    from recognizance.evaluation.statistics.intervals import ENOUGH
    from recognizance.evaluation.words import one_in, rate

    found: list[Finding] = []
    parts = [("", result["at_similarity"])]
    parts += [(f"{one['column']} {one['group']}", one["at_similarity"] or []) for one in result["groups"]]
    for group, rows in parts:
        for row in rows:
            wrong = row["false_matches"]
            if wrong is not None and wrong["count"] >= ENOUGH and wrong["low"] > row["expected"]:
                said = (
                    f"At Similarity {percent(row['similarity'])}, {rate(wrong)} pairs of two people matched; the "
                    f"published curve allows {one_in(row['expected'])}. Set a higher threshold, or look for wrong "
                    "labels with recognizance audit labels."
                )
                found.append(Finding("false matches above the curve", group, said))
                break
    return tuple(found)

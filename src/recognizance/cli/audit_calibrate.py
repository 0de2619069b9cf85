"""`recognizance audit calibrate`: what a model's card says of its Similarity, fitted on pictures of known people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from recognizance.cli import audit, made, output
from recognizance.cli.failures import Failed, Wrong
from recognizance.cli.going import count, going

if TYPE_CHECKING:
    from recognizance.evaluation.protocols.calibration import Calibration, Held
    from recognizance.evaluation.sets.subjects import Problem
    from recognizance.evaluation.sets.templates import Templates
    from recognizance.values import Curve

Model = Annotated[
    str | None, typer.Option(metavar="NAME", help="The model card to fit for.", show_default="the server's embedder")
]
Images = Annotated[
    list[str],
    typer.Option("--images", metavar="SET", help="Folder, table or collection; may be repeated. A name is one person."),
]
Called = Annotated[
    list[str] | None,
    typer.Option(
        metavar="TEXT", help="What the people of each --images are, for the card, in its order.", show_default=False
    ),
]
Mated = Annotated[
    Path | None,
    typer.Option(
        metavar="CSV", help="People who are under another name in another set: its first column is left out.",
        show_default=False,
    ),
]  # fmt: skip
Write = Annotated[
    Path | None,
    typer.Option(
        metavar="FOLDER", help="The folder of model cards to write the curve into, beside its card.", show_default=False
    ),
]
Check = Annotated[
    bool, typer.Option("--check", help="First fit on half of the people and count on the others, ten times, both ways.")
]
Centre = Annotated[
    bool, typer.Option("--centre", help="Fit no curve but the card's `centre`, what all faces have in common.")
]
Weigh = Annotated[
    list[str] | None,
    typer.Option(
        metavar="VALUE=WEIGHT",
        help="With --centre and one --groups: what people of that value weigh; others are left out.",
        show_default=False,
    ),
]


def calibrate(  # noqa: PLR0913 - each is an option of the command line
    context: typer.Context,
    images: Images,
    model: Model = None,
    called: Called = None,
    mated: Mated = None,
    check: Check = False,
    write: Write = None,
    centre: Centre = False,
    weigh: Weigh = None,
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
    """Fit how often strangers reach each Similarity, with its interval, and hold it against people it has not seen."""
    given = made.of(context)
    asked = audit.Asked(
        json=json, html=html, exclude=exclude, groups=tuple(groups or ()), people=people, face=face, seed=seed,
        cache=cache, record=record, person_column=person_column, anonymous=anonymous,
    )  # fmt: skip
    more = {"mirror": False} if centre else {}  # what faces have in common, their mirror images have too
    lab = audit.Lab(given, given.settings(data=data, embedder=model, **more), asked, centred=not centre)
    if called and len(called) != len(images):
        raise Wrong(
            f"--called is given {len(called)} times and --images {len(images)}; each set needs one or none does"
        )
    if write is not None:
        _need_card(write, lab.settings.embedder)
    out = _left_out(mated)
    sets = [lab.templates(one, role=f"set {number}", grouped=False) for number, one in enumerate(images, 1)]
    if centre:
        _show_centre(sets, out, asked.groups, _weights(weigh or [], asked.groups))
        return
    _curve(lab, sets, called or [], out, checked=check, write=write)


def _need_card(folder: Path, name: str) -> None:
    """Refuse a folder where a curve would have no card: the server starts with no stray one."""
    if not (folder / f"{name}.toml").is_file():
        raise Wrong(f"--write {output.shown(folder)} should be the folder that has the card {name}.toml")


def _left_out(table: Path | None) -> frozenset[str]:
    if table is None:
        return frozenset()
    from recognizance.evaluation.sets.subjects import SetWrong, read_rows

    try:
        read = read_rows(table)
    except SetWrong as error:
        raise Wrong(str(error)) from error
    return frozenset(row[read.columns[0]] for _, row in read.rows if row[read.columns[0]])


def _weights(given: Sequence[str], groups: Sequence[str]) -> Mapping[str, float]:
    if not given:
        return {}
    if len(groups) != 1:
        raise Wrong("--weigh needs one --groups COLUMN, whose values it weighs")
    weights: dict[str, float] = {}
    for text in given:
        value, _, number = text.partition("=")
        try:
            weights[value] = float(number)
        except ValueError:
            raise Wrong(f"--weigh {output.shown(text)} should be a value and its weight, as F=3") from None
        if not 0 < weights[value] < 1e6:
            raise Wrong(f"--weigh {output.shown(text)}: a weight should be above 0")
    return weights


def _show_centre(
    sets: Sequence[Templates], out: frozenset[str], groups: Sequence[str], weights: Mapping[str, float]
) -> None:
    """Print the centre as a card has it."""
    import numpy as np

    from recognizance.evaluation.protocols.calibration import centre

    kept = [one.kept(np.array([person not in out for person in one.people], np.bool_)) for one in sets]
    said = [value for one in kept for value in (one.groups(groups[0]) if weights else [""] * len(one.subjects))]
    whose = [str(number) for number, one in enumerate(kept) for _ in one.subjects]
    try:
        middle = centre(np.concatenate([one.vectors for one in kept]), whose, said, weights or {"": 1.0})
    except ValueError as error:
        raise Failed(str(error)) from error
    numbers = [f"{float(value):.4f}" for value in middle]
    rows = [", ".join(numbers[at : at + 8]) for at in range(0, len(numbers), 8)]
    output.line("centre = [")
    for row in rows:
        output.line(f"  {row},")
    output.line("]")


def _curve(
    lab: audit.Lab,
    sets: Sequence[Templates],
    called: Sequence[str],
    out: frozenset[str],
    *,
    checked: bool,
    write: Path | None,
) -> None:
    import numpy as np

    from recognizance.evaluation.audit import Audit
    from recognizance.evaluation.pages.told import calibrate as told
    from recognizance.evaluation.protocols.calibration import calibrate as fitted_on
    from recognizance.evaluation.sets.subjects import Problem, Trouble

    kept = [one.kept(one.found & np.array([person not in out for person in one.people])) for one in sets]
    both = sorted({person for one in sets for person in one.people} & out)
    people = [person for one in kept for person in one.people]
    vectors = np.concatenate([one.vectors for one in kept])
    if len(set(people)) < 2:
        raise Failed(
            f"no curve can be fitted: faces were found of {len(set(people)):,} people, in "
            f"{sum(len(one.subjects) for one in sets):,} pictures; it takes some thousand people"
        )
    crowds = 21 if checked else 1
    with going("crowds compared", crowds, lab.given.now) as bar:
        try:
            found = fitted_on(
                vectors,
                people,
                np.random.default_rng(lab.asked.seed),
                checked=checked,
                progress=lambda done, _: bar(done),
            )
        except ValueError as error:
            raise Failed(
                f"no curve can be fitted on {len(set(people)):,} people: {error}; it takes some thousand people, and "
                "twice as many with --check"
            ) from error
    made_with = lab.made([(f"set {number}", one) for number, one in enumerate(sets, 1)])
    of = [f"{len(set(one.people)):,} {_named(called, number, sets)}" for number, one in enumerate(kept)]
    said = _in_words(of, both, made_with.exclusions)
    curve = found.fit.as_curve(
        found.strangers,
        fitted_on=said,
        fitted_at=lab.given.now().date().isoformat(),
        command=made_with.command,
    )
    problems: list[Problem] = [problem for one in sets for problem in one.problems]
    problems += [Problem(Trouble.IN_BOTH, person, "under another name in another set; left out") for person in both]
    result = _result(lab, found, curve)
    lab.finish(Audit("calibrate", made_with, tuple(problems), result, _findings(found, result)), told.page)
    if write is not None:
        _written(write, lab.settings.embedder, curve)


def _named(called: Sequence[str], number: int, sets: Sequence[Templates]) -> str:
    return called[number] if called else f"people of {sets[number].source}"


def _in_words(of: Sequence[str], both: Sequence[str], exclusions: Mapping[str, Any] | None) -> str:
    parts = []
    if both:
        parts.append(f"{len(both)} people who are in two sets under two names")
    if exclusions is not None:
        listed = f"a list of exclusions (SHA-256 {exclusions['sha256'][:16]})"
        parts.append(f"{count(exclusions['left_out'], 'picture')} that {listed} names")
    left_out = f"; left out: {', and '.join(parts)}" if parts else ""
    return f"{' and '.join(of)}{left_out}; kin and twins kept unless listed"


def _result(lab: audit.Lab, found: Calibration, curve: Curve) -> dict[str, Any]:
    from recognizance.evaluation.protocols.calibration import anchors, summary

    tail, card = found.fit.tail, lab.pipeline().card
    return {
        "model": str(card.name),
        "fitted_on": curve.fitted_on,
        "people": found.strangers.people,
        "pictures": found.strangers.pictures,
        "comparisons": found.strangers.comparisons,
        "picture_pairs": found.strangers.picture_pairs,
        "curve": {
            "cosines": list(curve.cosines),
            "log10_rates": list(curve.log10_rates),
            "log10_low": list(curve.log10_low),
            "log10_high": list(curve.log10_high),
            "measured_to": curve.measured_to,
        },
        "tail": {"threshold": tail.threshold, "share": tail.share, "scale": tail.scale, "shape": tail.shape},
        "anchors": [
            {
                "similarity": one.percent,
                "cosine": one.cosine,
                "rate": one.rate,
                "low": one.low,
                "high": one.high,
                "extrapolated": one.extrapolated,
                "published": one.published,
            }
            for one in anchors(curve, card.curve)
        ],
        "published_before": card.curve is not None,
        "checks": [
            {
                "similarity": one.percent,
                "checks": one.checks,
                "held": one.held,
                "within": one.within,
                "predicted": one.predicted,
                "observed": one.observed,
                "lowest": one.lowest,
                "highest": one.highest,
            }
            for one in summary(found.held)
        ],
        "held_out": [_held(one) for one in found.held],
    }


def _held(one: Held) -> dict[str, Any]:
    check = one.check
    return {
        "division": one.division,
        "half": one.half,
        "similarity": check.percent,
        "people": check.people,
        "predicted": check.predicted,
        "expected": None
        if check.expected is None
        else {"low": check.expected[0] * check.comparisons, "high": check.expected[1] * check.comparisons},
        "observed": {
            "count": check.matches,
            "of": check.comparisons,
            "rate": check.rate,
            "low": check.low,
            "high": check.high,
        },
        "within": check.within,
        "holds": check.holds,
    }


def _findings(found: Calibration, result: Mapping[str, Any]) -> tuple[Any, ...]:
    from recognizance.evaluation.audit import Finding

    worst = [one for one in result["checks"] if 2 * one["held"] < one["checks"]]
    return tuple(
        Finding(
            "the curve does not hold on people it has not seen",
            f"Similarity {one['similarity']:g}",
            f"In {one['checks'] - one['held']} of {one['checks']} checks the false matches that were counted did "
            "not agree with those predicted, as far as both are known. Fit on more people, or more like those the "
            "system will meet.",
        )
        for one in worst
    )


def _written(folder: Path, name: str, curve: Curve) -> None:
    from recognizance.evaluation.protocols.calibration import curve_file

    file, text = curve_file(name, curve)
    audit.write(folder / file, text)
    (folder / file).chmod(0o644)  # as its card: it holds nothing of anybody
    output.line(f"Written: {output.shown(folder / file)}; a server that uses this card needs a restart.")

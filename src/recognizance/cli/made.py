"""What the command line is given: the ready-made parts, and how a command asks the one door with them."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Protocol, TypeAlias, TypedDict

import typer

from recognizance.cli import output
from recognizance.cli.failures import Failed, Wrong
from recognizance.errors import ModelUnusable

if TYPE_CHECKING:  # numpy comes with the values, and `--help` does without
    from recognizance.cli.serve import Announcement
    from recognizance.evaluation.sets.described import Describing
    from recognizance.evaluation.sets.pipeline import Pipeline
    from recognizance.settings import Settings
    from recognizance.values import Answered, Caller, Clock, NewId, Stated, Trait

ACCESS_KEY = "local-command-line"
REGION = "local"

Answer: TypeAlias = Mapping[str, Any]
Asking: TypeAlias = Callable[[str, Mapping[str, Any]], Answer]
"""An operation's name and its request, in the wire's words; the answer, or what `Service.call` raises."""


class Stating(Protocol):
    """An `Asking` that can state another consent beside one request than beside the others."""

    def __call__(self, name: str, request: Mapping[str, Any], /, *, consent: str | None = None) -> Answer:
        """Ask; `consent` of None is the one stated beside all."""
        ...


Purpose = Annotated[str | None, typer.Option(metavar="TEXT", help="Why you ask; kept in the ledger.")]
Case = Annotated[str | None, typer.Option(metavar="TEXT", help="The case it is for; kept in the ledger.")]
Consent = Annotated[str | None, typer.Option(metavar="TEXT", help="A reference to the written release that you keep.")]
Authorisation = Annotated[str | None, typer.Option(metavar="ID", help="The authorisation that it is asked under.")]
Declared = Annotated[
    str | None,
    typer.Option(
        "--probe", metavar="TEXT", help="Where the pictures come from, as kind=photo; source=TEXT; edits=none."
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")]
Data = Annotated[Path | None, typer.Option(metavar="FOLDER", help="Folder of the ledger, the keys and the models.")]


class Beside(TypedDict):
    """What is stated beside requests, as options give it."""

    purpose: str | None
    case: str | None
    consent: str | None
    authorisation: str | None
    probe: str | None


class Door(Protocol):
    """The part of `recognizance.service.Service` that an edge needs."""

    def call(
        self,
        name: str,
        request: Mapping[str, Any],
        caller: Caller,
        request_id: str,
        *,
        stated: Stated = ...,
    ) -> Answered:
        """Answer one request that already fits the service model."""
        ...


class OpenService(Protocol):
    """Opens the service: its database open, its models loaded when first used."""

    def __call__(self, settings: Settings, /, *, new_id: NewId = ...) -> AbstractContextManager[Door]:
        """Give the service until the block is left; `new_id` makes the ids it gives to what it keeps."""
        ...


class SearchSpeed(Protocol):
    """Measures how fast the index searches among made-up faces."""

    def __call__(
        self,
        *,
        faces: int,
        dim: int,
        queries: int,
        checked: int,
        threads: Sequence[int],
        folder: Path | None,
        postgresql: str | None,
        say: Callable[[str], None],
    ) -> Mapping[str, Any]:
        """Return all figures, fit for JSON, as `recognizance.evaluation.search_speed.measure` does."""
        ...


class OpenPipeline(Protocol):
    """Loads the models for an audit: what the server does to a picture, without a server."""

    def __call__(self, settings: Settings, /, *, face: str, centred: bool = True) -> Pipeline:
        """Return the way from a picture to a vector; `face` is "largest" or "central", of several.

        Unless `centred`, vectors keep what all faces have in common.
        """
        ...


class OpenDescribing(Protocol):
    """Loads the models for an audit of attributes: what the server says of a face, without a server."""

    def __call__(self, settings: Settings, /, *, face: str, wants: frozenset[Trait]) -> Describing:
        """Return the way from a picture to its face and traits; `face` is "largest" or "central", of several."""
        ...


class Told(Protocol):
    """A policy, told as plain values; `recognizance.accountability.told.Told` says of what each is made."""

    @property
    def schema(self) -> str:
        """What its rules may speak of, in Cedar's words."""
        ...

    def described(self) -> Mapping[str, Any]:
        """Return its name, where it lies, its digest, the roles it names and its rules in order."""
        ...

    def tested(self, table: Path | None = None, *, each_rule: bool = False) -> Mapping[str, Any]:
        """Ask a table of cases, else the policy's own, and return how many there are and which fail."""
        ...

    def explained(self, facts: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return what is decided of a question, given as a case gives it, and every rule that spoke."""
        ...


class LoadPolicy(Protocol):
    """Loads a policy: one of ours by its name, or the folder of that path."""

    def __call__(self, *, named: str) -> Told:
        """Return it, parsed and held against the schema. Raises `PolicyWrong`."""
        ...


def not_given(*_: Any, **__: Any) -> Any:
    """Stand for a part that a command line was made without."""
    raise AssertionError("this command line was made without that part")


@dataclass(frozen=True, slots=True)
class Made:
    """What `app` built for the command line.

    `open_service` gives the service until the block is left. `serve` runs the server until it is
    stopped, and calls back once it listens. `environment` is where settings are read from;
    `asking_at` asks the server at an address, with the access key that AWS's tools would use.
    `search_speed` measures for `recognizance bench search`, `load_policy` loads for `recognizance policy`, and
    `policy_in_force` names what it loads where nobody says. `pipeline` loads the models for `recognizance audit`,
    `describing` those for `recognizance audit attributes`; `argv` is the command line as it was given, less the
    program's name.
    """

    open_service: OpenService
    serve: Callable[[Settings, Callable[[Announcement], None]], None]
    environment: Mapping[str, str]
    new_id: NewId
    now: Clock
    search_speed: SearchSpeed = not_given
    asking_at: Callable[[str], Asking] = not_given
    load_policy: LoadPolicy = not_given
    policy_in_force: Callable[[Settings], str] = lambda settings: settings.policy or "open"
    pipeline: OpenPipeline = not_given
    describing: OpenDescribing = not_given
    argv: Sequence[str] = ()

    def settings(self, *, data: Path | None = None, **given: Any) -> Settings:
        """Return the settings: what is given first, then the environment, then the defaults."""
        from recognizance import settings

        return settings.read(self.environment, data=data and data.expanduser(), **given)

    @contextmanager
    def asking(
        self,
        settings: Settings,
        *,
        purpose: str | None,
        case: str | None,
        consent: str | None = None,
        authorisation: str | None = None,
        probe: str | None = None,
        looks: bool = True,
        new_id: NewId | None = None,
    ) -> Generator[Stating]:
        """Open the service, and give what asks it as the caller at this machine's own command line.

        It may be asked from several threads at once. What is stated goes with every request; `probe` is a declaration
        as the header has it (docs/policy.md), and another text raises `Wrong`. `new_id` makes the ids of what is kept,
        if given.
        A model that is missing or damaged is told in a sentence that says how to bring it; where there is no
        database yet it is told before one is made, for then the data folder may be mistyped.
        """
        from recognizance.values import Caller, Kind, Probe, Stated

        try:
            declared = None if probe is None else Probe.declared(probe)
        except ValueError as rule:
            raise Wrong(f"--probe {output.shown(probe)!r} should {rule}") from None
        if looks and not has_ledger(settings):
            from recognizance.cli import models

            models.needed(settings)

        caller = Caller(ACCESS_KEY, settings.account, REGION, Kind.LOCAL, roles=frozenset({"admin"}))
        stated = Stated(purpose, case, authorisation, consent, declared)
        with ExitStack() as until_done:
            with output.working("Opening"), _models_told(settings):
                opened = self.open_service(settings, new_id=new_id) if new_id else self.open_service(settings)
                service = until_done.enter_context(opened)

            def ask(name: str, request: Mapping[str, Any], /, *, consent: str | None = None) -> Answer:
                beside = stated if consent is None else replace(stated, consent=consent)
                with _models_told(settings):
                    return service.call(name, request, caller, self.new_id(), stated=beside).response

            yield ask


@contextmanager
def _models_told(settings: Settings) -> Generator[None]:
    try:
        yield
    except ModelUnusable:
        from recognizance.cli import models

        models.needed(settings)  # says it in a better sentence where a model is missing or damaged
        raise


def has_ledger(settings: Settings) -> bool:
    """Tell whether there is a database yet."""
    return bool(settings.database) or settings.database_file.is_file()


def need_ledger(settings: Settings) -> None:
    """Raise `Failed` where there is no database yet: the data folder may be mistyped, and none should be made."""
    if not has_ledger(settings):
        raise Failed(f"nothing is kept in {output.shown(settings.data)}; name the data folder with --data FOLDER")


def of(context: typer.Context) -> Made:
    """Return what this run of the command line was given."""
    made = context.find_object(Made)
    assert made is not None, "command_line() puts it there"
    return made

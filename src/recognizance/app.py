"""The wiring: from settings to the service and its edges. The only place that builds.

Everything below is handed what it needs from here, the clock, the random source and the environment
included. Heavy packages are imported when something is built, so that `recognizance --help` is quick.
"""

from __future__ import annotations

import logging
import os
import sys
import time
import uuid
from collections.abc import Callable, Generator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache, partial
from threading import Lock
from typing import TYPE_CHECKING, Any, TypeVar

from recognizance import __version__, named, private
from recognizance.cores import cores
from recognizance.errors import DatabaseUnusable, ModelMissing, ModelUnusable
from recognizance.settings import Settings, given_folder

if TYPE_CHECKING:
    from recognizance.accountability.review import Rules
    from recognizance.accountability.told import Told
    from recognizance.cli.made import Asking
    from recognizance.cli.serve import Announcement
    from recognizance.database import Database
    from recognizance.evaluation.sets.described import Describing
    from recognizance.evaluation.sets.pipeline import Pipeline
    from recognizance.operations.call import ModelState
    from recognizance.service import Service
    from recognizance.values import Card, Clock, Face, Image, Key, ModelName, NewId, Trait
    from recognizance.vision.attributes.describe import Describer
    from recognizance.vision.carriers import Standing, Standings
    from recognizance.vision.runtime import Runtime
    from recognizance.vision.vision import Vision
    from recognizance.wire import Endpoint


def utc_now() -> datetime:
    """Return the time, aware, in UTC."""
    return datetime.now(UTC)


def new_uuid() -> str:
    """Return a random UUID (version 4) as text."""
    return str(uuid.uuid4())


Made = TypeVar("Made")
HEALTH_LASTS = 1.0  # seconds; whoever asks more often does not make the disk work more


def once(make: Callable[[], Made]) -> Callable[[], Made]:
    """Return a function that makes a thing when first asked, and gives that one ever after, in any thread."""
    lock, made = Lock(), list[Made]()

    def get() -> Made:
        with lock:
            if not made:
                made.append(make())
        return made[0]

    return get


def fresh(ask: Callable[[], Made], seconds: float, timer: Callable[[], float]) -> Callable[[], Made]:
    """Return a function that asks again when its last answer is older than `seconds`, in any thread."""
    lock, kept = Lock(), list[tuple[float, Made]]()

    def get() -> Made:
        with lock:
            if not kept or timer() - kept[0][0] > seconds:
                kept[:] = [(timer(), ask())]
            return kept[0][1]

    return get


@dataclass(frozen=True, slots=True)
class LaterVision:
    """Vision whose models are loaded when first used: reading the ledger needs none."""

    vision: Callable[[], Vision]
    with_embedder: Callable[[ModelName], Vision]

    def look(self, image: Image, *, limit: int = 100) -> list[Face]:
        """Return up to `limit` faces, largest first."""
        return self.vision().look(image, limit=limit)

    def mesh(self, image: Image, faces: Sequence[Face]) -> list[Face]:
        """Return `faces`, in order, each with its mesh and the mesh's pose, where attributes are served."""
        return self.vision().mesh(image, faces)

    def prepare(self, wants: frozenset[Trait]) -> list[Card]:
        """Load the models that these traits are read with, and return their cards."""
        return self.vision().prepare(wants)

    def describe(self, image: Image, faces: Sequence[Face], wants: frozenset[Trait]) -> list[Face]:
        """Return `faces`, in order, each with the traits wanted. Raises `Unserved` where these are off."""
        return self.vision().describe(image, faces, wants)

    def embed(self, image: Image, faces: Sequence[Face], *, model: ModelName | None = None) -> list[Face]:
        """Return `faces`, in order, each with its embedding by `model`, or by the default one."""
        seeing = self.vision() if model is None else self.with_embedder(model)
        return seeing.embed(image, faces)


@dataclass(frozen=True, slots=True)
class Parts:
    """What was built: the service, and what its edges need beside it.

    `writable` says whether the ledger takes entries, as of a second ago at most. `models` finds and compares faces,
    `describing` tells what they show; of the latter some may be missing or damaged, and what is told with them is
    refused then. `standing` says what has become of a model's file.
    """

    service: Service
    database: Database
    writable: Callable[[], bool]
    runtime: Callable[[], Runtime]
    vision: Callable[[], Vision]
    models: tuple[Card, ...]
    describing: tuple[Card, ...]
    standing: Callable[[Card], Standing]

    @property
    def usable(self) -> tuple[Card, ...]:
        """The models that requests are answered with, those that describe faces only where they are here and sound."""
        return (*self.models, *self._that_are("sound"))

    @property
    def damaged(self) -> tuple[Card, ...]:
        """The models in use whose files are not the ones their cards tell of."""
        return tuple(card for card in (*self.models, *self.describing) if self.standing(card) == "damaged")

    def _that_are(self, standing: str) -> list[Card]:
        return [card for card in self.describing if self.standing(card) == standing]

    def computes_in(self, card: Card) -> str:
        """Return the precision of one model, which need not be the one that was asked for."""
        from recognizance.vision import adapters

        return adapters.arithmetic(card, self.runtime())

    def health(self) -> tuple[bool, Mapping[str, Any]]:
        """Say whether requests can be answered, and with what: anyone may read this."""
        chosen = self.runtime().chosen
        well = self.writable()
        return well, {
            "status": "ready" if well else "the ledger takes no entries; the log says why",
            "version": __version__,
            "device": chosen.device,
            "runtime": chosen.runtime,
            "precision": chosen.precision,
            "threads": chosen.threads,
            "why": chosen.why,
            "models": [
                {"name": card.name, "task": card.task, "sha256": card.sha256, "precision": self.computes_in(card)}
                for card in self.usable
            ],
            "missing": [card.name for card in self._that_are("missing")],
            "damaged": [card.name for card in self.damaged],
        }


@contextmanager
def build(settings: Settings, *, now: Clock = utc_now, new_id: NewId = new_uuid) -> Generator[Parts]:
    """Open the database and give the service, until the block is left; models are loaded when first used.

    Raises `ModelUnusable`, `SettingsWrong`, `PolicyWrong` or `DatabaseUnusable`, each with what would be right; so does
    `Parts.vision`, which loads the models at once.
    """
    from recognizance.accountability import adopted, keychecks, keys, ledger, policy, vault, witnessed
    from recognizance.accountability.keyring import Keyring
    from recognizance.accountability.suspensions import Controls
    from recognizance.accountability.watch import Watch
    from recognizance.database import file_url, open_database
    from recognizance.database.backup import Backups
    from recognizance.gallery.gallery import Gallery
    from recognizance.media import connect
    from recognizance.operations import OPERATIONS, policies
    from recognizance.operations.call import Tools
    from recognizance.service import Service
    from recognizance.vision.carriers import Standings
    from recognizance.vision.room import Room
    from recognizance.vision.similarity import scale_of

    asked = adopted.called(settings.policy)
    loaded = policy.load(asked or adopted.OPEN, OPERATIONS)  # before anything is made: it may not parse
    cast = _cast(settings)
    detector, embedder, describing = cast.detector, cast.embedder, tuple(cast.describing.values())
    standings = Standings(settings.models_folder)
    engine, vision, with_embedder = _eyes(cast, settings, standings)
    media = connect(settings)
    index = named.module(settings.index, package="recognizance.gallery.indexes")

    private.folder(settings.data)
    database = open_database(settings.database or file_url(settings.database_file))
    workers = ThreadPoolExecutor(settings.threads or cores(), thread_name_prefix="search")
    source = index.source(settings, workers)
    gallery = Gallery(database, source)
    try:
        decided_by, adopts = adopted.settled(database, settings.account, asked)
        decides = loaded if decided_by == (asked or adopted.OPEN) else policy.load(decided_by, OPERATIONS)
        gallery.tidy()
        folder = settings.data / "keys"
        digesting, wrapping = keychecks.keys_of(
            database,
            folder,
            {
                "ledger.key": lambda folder: keys.ledger_key(folder, os.urandom),
                "vault.key": lambda folder: vault.vault_key(folder, os.urandom),
            },
        )
        seal = ledger.Seal(digesting)
        signer = ledger.signer(keys.signing_key(folder, os.urandom), settings.account, settings.ledger_origin)
        record = ledger.open_ledger(database, seal, signer, os.urandom)
        watch = Watch(database, now, time.monotonic)
        tools = Tools(
            database=database,
            policy=adopted.Bound(decides, decided_by, database, watch),
            vision=LaterVision(vision, with_embedder),
            detector=detector,
            embedder=embedder,
            similarity=scale_of(embedder),
            gallery=gallery,
            controls=Controls(database, watch),
            keyring=Keyring(database, folder, watch, os.urandom),
            backups=Backups(database, settings.data / "backups"),
            vault=vault.Vault(wrapping, os.urandom),
            reviewing=_reviewing(settings),
            scale=cache(lambda name: scale_of(_face_model(cast.known, name))),
            face_model=lambda name: _face_model(cast.known, name),
            read=media.read,
            room=Room(settings.pixels).take,
            models=lambda: _states(cast, standings, settings, engine),
            seal=seal,
            ledger=record,
            witness=witnessed.witness(folder, signer.name, settings.witnessed, os.urandom),
            now=now,
            new_id=new_id,
            mesh=cast.describing.get("mesh"),
        )
        if adopts:
            policies.adopt_at_start(tools, settings.account, decided_by, decides)
        writable = fresh(database.takes_writes, HEALTH_LASTS, time.monotonic)
        yield Parts(
            Service(tools),
            database,
            writable,
            engine,
            vision,
            models=(detector, embedder),
            describing=describing,
            standing=standings.of,
        )
    finally:
        gallery.close()
        source.close()
        workers.shutdown()
        media.close()
        database.close()


def _reviewing(settings: Settings) -> Rules:
    """Return how reviews go, as the settings have it."""
    from recognizance.accountability.review import Rules

    return Rules(
        open_for=timedelta(days=settings.review_days),
        keep_for=timedelta(days=settings.review_kept_days),
        seed_every=settings.review_seed_every,
    )


@dataclass(frozen=True, slots=True)
class Cast:
    """Which model plays which part: every card by name, what finds and what compares faces, and what describes them.

    `describing` has a card for each task; none where facial attributes are switched off.
    """

    known: Mapping[ModelName, Card]
    detector: Card
    embedder: Card
    describing: Mapping[str, Card]

    @property
    def used(self) -> tuple[Card, ...]:
        """The models in use."""
        return (self.detector, self.embedder, *self.describing.values())


def _cast(settings: Settings) -> Cast:
    """Choose the models by the settings. Raises `ModelUnusable` for a card that breaks a rule, or one not there."""
    from recognizance.vision import cards
    from recognizance.vision.attributes.describe import MODELS

    known = cards.load(given_folder(settings.cards))
    tells = {} if settings.attributes == "off" else MODELS
    return Cast(
        known,
        cards.choose(known, settings.detector, task="detect"),
        cards.choose(known, settings.embedder, task="embed"),
        {task: cards.choose(known, name, task=task) for task, name in tells.items()},
    )


def _eyes(
    cast: Cast, settings: Settings, standings: Standings
) -> tuple[Callable[[], Runtime], Callable[[], Vision], Callable[[ModelName], Vision]]:
    """Return what starts the runtime, what loads the models on it, and what gives the same with another embedder."""

    def start() -> Runtime:
        from recognizance import heap
        from recognizance.vision import runtime

        heap.share()  # before the runtime begins its threads
        return runtime.start(device=settings.device, precision=settings.precision, threads=settings.threads)

    def load() -> Vision:
        from recognizance.vision.vision import Vision

        return Vision(
            _model(cast.detector, engine(), standings),
            _model(cast.embedder, engine(), standings),
            mirror=settings.mirror,
            enlarge=settings.enlarge,
            describer=_describer(cast.describing, settings, standings, engine) if cast.describing else None,
        )

    @cache
    def other(name: ModelName) -> Vision:
        card = _face_model(cast.known, name)
        try:
            return replace(vision(), embedder=_model(card, engine(), standings))
        except ModelUnusable as error:
            raise ModelMissing(f"the face model {name} cannot be opened: {error}") from error

    engine = once(start)
    vision = once(load)
    return engine, vision, lambda name: vision() if name == cast.embedder.name else other(name)


def _describer(
    describing: Mapping[str, Card], settings: Settings, standings: Standings, engine: Callable[[], Runtime]
) -> Describer:
    """Return what describes faces, its models loaded now or when first needed, as the settings have it."""
    from recognizance.vision.attributes.describe import Describer

    def load(card: Card) -> Any:
        try:
            return _model(card, engine(), standings)
        except ModelMissing:  # which names a folder of ours, and this may reach a client
            raise ModelMissing(
                f"what was asked of the face needs the model {card.name}, which is not installed here; "
                f"to bring it: recognizance models install {card.name}"
            ) from None

    models = {task: once(partial(load, card)) for task, card in describing.items()}
    if settings.attributes == "start":
        for model in models.values():
            try:
                model()
            except ModelUnusable as error:  # what is told with it is refused; everything else is served
                logging.getLogger("recognizance").warning("%s", error)
    return Describer(models)


def _face_model(known: Mapping[ModelName, Card], name: ModelName) -> Card:
    """Return the card of an embedder. Raises `ModelMissing` when there is none of that name."""
    from recognizance.vision import cards

    try:
        return cards.choose(known, name, task="embed")
    except ModelUnusable as error:
        raise ModelMissing(f"the face model {name} of a collection is not known here: {error}") from error


def _states(cast: Cast, standings: Standings, settings: Settings, engine: Callable[[], Runtime]) -> list[ModelState]:
    """Return what has become of each model here."""
    from recognizance.operations.call import ModelState
    from recognizance.vision import carriers

    chosen = engine().chosen
    states: list[ModelState] = []
    for card in cast.known.values():
        standing, in_use = standings.of(card), card in cast.used
        on_cpu = chosen.device != "cpu" and carriers.on_cpu_only(card, settings.models_folder)
        ran = ("cpu", "OpenVINO") if on_cpu else (chosen.device, chosen.runtime)
        where = ran if standing == "sound" and in_use else ()
        states.append(ModelState(card, standing != "missing", standing == "damaged", in_use, *where))
    return states


def _model(card: Card, engine: Runtime, standings: Standings) -> Any:
    """Return a model ready to run: its file verified, its network opened, its adapter put round it."""
    from recognizance.vision import adapters

    return adapters.open_model(card, standings.read(card), engine)


@contextmanager
def open_service(settings: Settings, /, *, new_id: NewId = new_uuid) -> Generator[Service]:
    """Give the service alone, for the command line."""
    with build(settings, new_id=new_id) as parts:
        yield parts.service


def endpoint(parts: Parts, key: Key, settings: Settings, *, now: Clock = utc_now, new_id: NewId = new_uuid) -> Endpoint:
    """Return the ASGI application that answers AWS's clients with `parts`; `key` is the root key."""
    from recognizance import wire
    from recognizance.values import Kind

    rooted = replace(key, kind=Kind.ROOT, roles=frozenset({"admin"}))
    return wire.endpoint(
        parts.service,
        parts.service.tools.keyring.finds(rooted),
        settings,
        now,
        new_id,
        parts.health,
        workers=parts.runtime().chosen.threads + 2,  # more than run models, so that decoding and waiting fill the gaps
    )


def root_key(settings: Settings) -> Key:
    """Return the key the operator gave, or else the one that is made once and kept in the data folder."""
    from recognizance.accountability import keys
    from recognizance.values import Key, Kind

    if settings.root_access_key_id:
        return Key(
            settings.root_access_key_id,
            settings.root_secret_access_key,
            settings.account,
            Kind.ROOT,
            roles=frozenset({"admin"}),
        )
    return keys.root_key(settings.data / "keys", settings.account, os.urandom)


def serve(settings: Settings, announce: Callable[[Announcement], None]) -> None:
    """Serve until stopped; `announce` is called once requests are answered."""
    from recognizance import wire
    from recognizance.cli.serve import Announcement
    from recognizance.upkeep import Upkeep

    logging.basicConfig(stream=sys.stderr, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    for ours in ("recognizance", "uvicorn"):  # at debug, other libraries log what they sign with
        logging.getLogger(ours).setLevel(settings.log.upper())
    with build(settings) as parts:
        key = root_key(settings)
        parts.service.tools.keyring.check()
        parts.vision()
        chosen = parts.runtime().chosen
        where = {
            str(card.name): f"{chosen.device}, {chosen.runtime}, {parts.computes_in(card)}, {chosen.threads} threads"
            for card in parts.usable
        }
        _log_models(where)
        models = [(name, f"{one}: {chosen.why}") for name, one in where.items()]
        for card in parts.damaged:
            logging.getLogger("recognizance").error("%s", damage(card, settings))
        due = overdue(parts)
        if due:
            logging.getLogger("recognizance").warning("%s", due)
        upkeep = Upkeep(parts.service, new_uuid)
        try:
            wire.run(
                endpoint(parts, key, settings),
                settings,
                lambda address: announce(
                    Announcement(
                        endpoint=reachable(address),
                        access_key_id=key.access_key_id,
                        secret_access_key=None if settings.root_access_key_id else key.secret,
                        data=settings.data,
                        models=models,
                        policy=parts.service.policy,
                        standing=parts.standing,
                    )
                ),
            )
        finally:
            upkeep.close()
            _sign(parts)


def damage(card: Card, settings: Settings) -> str:
    """Say of a model whose file is not the one its card tells of which file that is, and what brings the right one."""
    from recognizance.vision import carriers

    return (
        f"the model {card.name} is damaged, or somebody has put another in its place: "
        f"{carriers.file_of(card, settings.models_folder)} has not the SHA-256 of its card; what needs it is refused; "
        f"recognizance models install {card.name} brings it again"
    )


def overdue(parts: Parts) -> str | None:
    """Say how many findings of audits nobody has answered for in time; None where there are none."""
    from recognizance.accountability import findings

    _, number = findings.standing(parts.database, parts.service.tools.controls.now())
    if not number:
        return None
    what = "1 finding of audits is" if number == 1 else f"{number} findings of audits are"
    return f"{what} overdue: `recognizance audit findings --overdue` lists them"


def asking_at(endpoint: str) -> Asking:
    """Return what asks the house operations of the server at `endpoint`."""
    from recognizance.wire.asking import asking

    return asking(endpoint)


def _sign(parts: Parts) -> None:
    """Sign what was recorded since the newest checkpoint: a server that ends leaves nothing unsigned."""
    try:
        parts.service.tools.ledger.sign(utc_now())
    except DatabaseUnusable as error:
        logging.getLogger("recognizance").warning("the last entries are not in a checkpoint: %s", error)


def reachable(address: str) -> str:
    """Return an address that a client on this machine can use, where the server listens on all of them."""
    return address.replace("//0.0.0.0:", "//127.0.0.1:").replace("//[::]:", "//[::1]:")


def _log_models(models: Mapping[str, str]) -> None:
    for name, where in models.items():  # why there is said once, when the server listens
        logging.getLogger("recognizance").info("model=%s %s", name, where)


def search_speed(*, say: Callable[[str], None], postgresql: str | None = None, **plan: Any) -> Mapping[str, Any]:
    """Measure how fast the index searches; `plan` is what `evaluation.search_speed.Plan` takes."""
    from recognizance.evaluation import search_speed as measuring

    peers = dict(measuring.PEERS)
    if postgresql is not None:
        peers["pgvector, no index"] = measuring.pgvector(postgresql)
    return measuring.measure(measuring.Plan(**plan), peers, say)


def pipeline(settings: Settings, /, *, face: str, centred: bool = True) -> Pipeline:
    """Load the models of `settings` for an audit; `face` says which of several counts, "largest" or "central"."""
    from recognizance.evaluation.sets import faces
    from recognizance.evaluation.sets.pipeline import open_pipeline

    choose = {"largest": faces.largest, "central": faces.central}[face]
    return open_pipeline(settings, version=__version__, choose=choose, centred=centred)


def describing(settings: Settings, /, *, face: str, wants: frozenset[Trait]) -> Describing:
    """Load the models that an audit of these traits needs; `face` says which of several counts, as for `pipeline`."""
    from recognizance.evaluation.sets import described, faces
    from recognizance.vision.carriers import Standings

    cast = _cast(settings)
    engine, vision, _ = _eyes(cast, settings, Standings(settings.models_folder))
    seeing = vision()
    used = [cast.detector, *seeing.prepare(wants)]
    chosen = engine().chosen
    choices = (f"precision={chosen.precision}", f"device={chosen.device}", f"enlarge={settings.enlarge}")
    choose = {"largest": faces.largest, "central": faces.central}[face]
    return described.describing(seeing, wants, choose, used, choices)


def load_policy(*, named: str) -> Told:
    """Return the policy of that name or in that folder, to be shown. Raises `PolicyWrong`."""
    from recognizance.accountability import policy
    from recognizance.accountability.told import Told
    from recognizance.operations import OPERATIONS

    return Told(policy.load(named, OPERATIONS))


def policy_in_force(settings: Settings) -> str:
    """Return the name of the policy that a server with these settings would have: of what is kept, if they name none.

    Raises what the server would not start with: `PolicyWrong` where they name a policy that the database is not under,
    `SettingsWrong` where it is kept for another account, `DatabaseUnusable` where it cannot be read.
    """
    from recognizance.accountability import adopted
    from recognizance.cli.made import has_ledger
    from recognizance.database import file_url, open_database

    asked = adopted.called(settings.policy)
    if not has_ledger(settings):
        return asked or adopted.OPEN
    database = open_database(settings.database or file_url(settings.database_file))
    try:
        return adopted.foreseen(database, settings.account, asked)
    finally:
        database.close()


def main() -> None:
    """Run the command line."""
    from recognizance.cli import Made, command_line

    made = Made(
        open_service=open_service,
        serve=serve,
        environment=os.environ,
        new_id=new_uuid,
        now=utc_now,
        search_speed=search_speed,
        asking_at=asking_at,
        load_policy=load_policy,
        policy_in_force=policy_in_force,
        pipeline=pipeline,
        describing=describing,
        argv=sys.argv[1:],
    )
    command_line(made)(prog_name="recognizance")

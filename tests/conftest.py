"""What the tests share: the whole server on tiny models, asked through boto3 without a socket."""

from __future__ import annotations

import functools
import os
import shutil
import signal
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path

import hypothesis
import numpy as np
import pytest
from sqlalchemy import URL
from tests.client import line
from tests.tiny import graphs

from recognizance import app, private, settings
from recognizance.accountability import policy
from recognizance.cores import cores
from recognizance.database import file_url, open_database, sqlite
from recognizance.operations import OPERATIONS
from recognizance.values import Curve, Key, ModelName
from recognizance.vision import cards, carriers
from recognizance.vision.attributes import describe

# A machine under load is slow, and that is no fault of what is tested.
hypothesis.settings.register_profile("untimed", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.load_profile("untimed")

ROOT = Path(__file__).parents[1]
ADMIN = frozenset({"admin"})
KEY = Key("AKIDEXAMPLE000000001", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "000000000000", roles=ADMIN)
TINY = 100_000  # bytes, at most
MOST_WORKERS = 8  # each takes 0.9 GB
DESCRIBING = dict(describe.MODELS)  # as it is outside of tests

CURVE = Curve(
    cosines=(-1.0, 0.0, 0.5, 0.9, 1.0),
    log10_rates=(0.0, -1.0, -4.0, -8.0, -10.0),
    log10_low=(0.0, -1.2, -4.5, -9.0, -12.0),
    log10_high=(0.0, -0.8, -3.5, -7.0, -9.0),
    measured_to=-5.0,
    people=10,
    comparisons=45,
    fitted_on="nothing: it is made up for tests",
    fitted_at="2026-11-23",
    command="none",
)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers():
    """One process for each core that we may use, which psutil would count without asking whether we may."""
    return min(cores(), MOST_WORKERS)


@pytest.fixture(autouse=True)
def nothing_of_ours_in_the_environment(monkeypatch):
    for name in list(os.environ):
        if name.startswith(("RECOGNIZANCE_", "AWS_")) and not name.startswith("RECOGNIZANCE_TEST_"):
            monkeypatch.delenv(name)


@pytest.fixture(autouse=True, scope="session")
def ctrl_c_reaches_our_processes():
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # whoever runs the tests in the background has it so
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True, scope="session")
def tiny_models_are_opened_once():
    """The servers of this process share the networks of the tiny models: to compile them takes longer than most tests.

    Each server still reads and checks the file itself; what is shared is what comes of the same bytes, card and choice.
    """
    opened, make = {}, app._model

    def model(card, engine, standings):
        content = standings.read(card)
        wanted = (repr(card), content, engine.chosen)
        if len(content) > TINY:
            return make(card, engine, standings)
        if wanted not in opened:
            opened[wanted] = make(card, engine, standings)
        return opened[wanted]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(app, "_model", model)
        yield


@pytest.fixture(autouse=True, scope="session")
def facial_attributes_are_told_with_tiny_models():
    """In this process; servers that tests start in others have no models of attributes, and refuse these."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(describe, "MODELS", {kind: ModelName(f"tiny-{kind}") for kind in graphs.DESCRIBING})
        yield


@pytest.fixture(autouse=True, scope="session")
def shipped_policies_are_read_once():
    """The servers of this process share the packs that ship: to parse one and check its rules takes 20 to 60 ms."""
    shipped, load = policy.shipped(), policy.load
    kept = functools.cache(lambda named: load(named, OPERATIONS))

    def loaded(named, operations):
        return kept(named) if named in shipped and operations is OPERATIONS else load(named, operations)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(policy, "load", loaded)
        yield


@pytest.fixture(autouse=True, scope="session")
def nobody_waits_for_the_disk():
    """A test's data need not survive the machine. Processes that tests start wait, as they always do."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda file: None)
        patch.setattr(sqlite, "PRAGMAS", (*sqlite.PRAGMAS, "synchronous=OFF"))
        yield


def toml(card) -> str:
    """Return a card as TOML, tables last."""
    said = {key: value for key, value in asdict(card).items() if value is not None and key not in ("curve", "sureness")}
    tables = {key: value for key, value in said.items() if isinstance(value, dict)}
    lines = [f"{key} = {_value(value)}" for key, value in said.items() if key not in tables]
    for key, table in tables.items():
        lines += [f"[{key}]", *(f"{name} = {_value(value)}" for name, value in table.items() if value is not None)]
    return "\n".join(lines) + "\n"


def _value(value) -> str:
    return str(value).lower() if isinstance(value, bool) else repr(value)


@pytest.fixture(scope="session")
def tiny(tmp_path_factory) -> dict[str, Path]:
    """A folder of cards for the tiny models, and one with the models installed."""
    return tiny_models(tmp_path_factory.mktemp("tiny"))


def tiny_models(folder: Path) -> dict[str, Path]:
    """Install the tiny models in a folder, and return the settings that name them."""
    (folder / "cards").mkdir()
    for number, kind in enumerate(("yunet", "face", *graphs.DESCRIBING)):
        shipped = folder / f"{kind}.onnx"
        shipped.write_bytes(graphs.CARRIED[kind])
        card = replace(graphs.card(kind), path=str(shipped), carrier=None, version=f"0.{number}")
        (folder / "cards" / f"{card.name}.toml").write_text(toml(card))
        carriers.install(card, folder / "models", now=lambda: datetime(2026, 11, 23, tzinfo=UTC))
    (folder / "cards" / "tiny-face.curve.toml").write_text(cards.curve_toml(CURVE))
    return {"cards": folder / "cards", "models": folder / "models"}


def settings_of(tiny: dict[str, Path], data: Path) -> settings.Settings:
    """Return the settings of a server on the tiny models, with this data folder."""
    return settings.read(
        {},
        data=data,
        device="cpu",
        threads=1,
        detector="tiny-yunet",
        embedder="tiny-face",
        mirror=False,
        enlarge=False,
        log="warning",
        **tiny,
    )


@pytest.fixture
def given(tiny, tmp_path):
    """Settings of a server on the tiny models, with a data folder of its own."""
    return settings_of(tiny, tmp_path / "data")


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory) -> Path:
    """A database in which there is nothing yet: to copy it is quicker than to make its tables."""
    path = tmp_path_factory.mktemp("empty") / "empty.db"
    open_database(file_url(path)).close()
    return path


@pytest.fixture(scope="session")
def new_database(empty_database):
    """What puts a copy of the empty database at a path, and returns its URL."""

    def put(path: Path) -> URL:
        shutil.copy(empty_database, path)
        return file_url(path)

    return put


@pytest.fixture
def parts(given, new_database):
    private.folder(given.data)
    new_database(given.database_file)
    with app.build(given) as built:
        yield built


@pytest.fixture
def key() -> Key:
    return KEY


@pytest.fixture
def server(parts, given, key):
    """The ASGI application."""
    made = app.endpoint(parts, key, given)
    yield made
    made.close()


@pytest.fixture
def rekognition(server, key):
    made, client = line(access_key=key.access_key_id, secret=key.secret)
    made.server = server
    return client


@pytest.fixture
def house(server, key):
    made, client = line(service="recognizance", access_key=key.access_key_id, secret=key.secret)
    made.server = server
    return client


CELL = 8  # pixels of the tiny detector's finest cell: a white one, alone, is a face


def picture_of(*faces: tuple[int, int], width: int = 320, height: int = 224) -> bytes:
    """Return a PNG with one white cell for each (column, row)."""
    import cv2

    pixels = np.zeros((height, width, 3), np.uint8)
    for column, row in faces:
        pixels[row * CELL : (row + 1) * CELL, column * CELL : (column + 1) * CELL] = 255
    return cv2.imencode(".png", pixels)[1].tobytes()

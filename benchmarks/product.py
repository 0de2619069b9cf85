"""The product's own parts, opened as it opens them, with the settings a row asks for.

The only module here that knows how ours are built: rows get functions. Weights are those installed;
none stand in the repository.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from benchmarks import server
from recognizance import app, settings
from recognizance.errors import SettingsWrong
from recognizance.settings import Settings
from recognizance.values import Caller, Model, Pixels, Vectors
from recognizance.vision import adapters, cards, carriers, runtime
from recognizance.vision.image import decode

CALLER = Caller(server.ACCESS_KEY, "000000000000", server.REGION, roles=frozenset({"admin"}))
ROOT = Path(__file__).parents[1]
DATA = "RECOGNIZANCE_DATA"
MEASURED = ("congress/images", "lfw/images", "wider/images")


@dataclass(frozen=True, slots=True)
class Weights:
    """The default models, installed: their folder, and the settings that name them."""

    settings: Settings

    @property
    def folder(self) -> Path:
        """Where they are."""
        return self.settings.models_folder

    def detector(self, *, device: str = "cpu", precision: str = "f32", threads: int = 1) -> Model[Pixels, Any]:
        """Return the default detector alone."""
        return self._open(self.settings.detector, device, precision, threads)

    def embedder(self, *, device: str = "cpu", precision: str = "f32", threads: int = 1) -> Model[Pixels, Vectors]:
        """Return the default embedder alone."""
        return self._open(self.settings.embedder, device, precision, threads)

    def _open(self, name: str, device: str, precision: str, threads: int) -> Model[Pixels, Any]:
        card = cards.load()[name]  # type: ignore[index]  # a card's name is its text
        engine = runtime.start(device=device, precision=precision, threads=threads)
        return adapters.open_model(card, carriers.read(card, self.folder), engine)


def installed() -> Weights:
    """Return the default models. Raises `ModelUnusable`, saying how to bring them, when one is missing.

    Of the environment's settings only the folders count, so that everybody measures the same.
    """
    found = settings.read(_ours(os.environ))
    chosen = Settings(data=found.data, models=found.models_folder)
    known = cards.load()
    for name, task in ((chosen.detector, "detect"), (chosen.embedder, "embed")):
        carriers.read(cards.choose(known, name, task=task), chosen.models_folder)
    return Weights(chosen)


def _ours(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the environment without `RECOGNIZANCE_DATA` where that names pictures to measure with, not our data."""
    measuring = any((Path(environment.get(DATA, "")) / name).is_dir() for name in MEASURED)
    return {name: value for name, value in environment.items() if not (measuring and name == DATA)}


@contextmanager
def built(weights: Weights, **changed: Any) -> Iterator[app.Parts]:
    """Give the whole product without HTTP, its ledger in a folder of its own; `changed` are settings."""
    with tempfile.TemporaryDirectory() as folder:
        chosen = replace(weights.settings, data=Path(folder), models=weights.folder, **changed)
        with app.build(chosen) as parts:
            parts.vision()  # loads the models, which would else be loaded by the first call
            yield parts


def seeing(parts: app.Parts, *, embed: bool = True) -> Callable[[bytes], list[Any]]:
    """Return the work on one picture as the product does it: decode, look, and embed every face."""
    vision = parts.vision()

    def see(data: bytes) -> list[Any]:
        image = decode(data)
        faces = vision.look(image)
        return vision.embed(image, faces) if embed else faces

    return see


def calling(parts: app.Parts, operation: str) -> Callable[[dict[str, Any]], Any]:
    """Return a whole operation through the one door, policy and ledger included, without HTTP."""
    return lambda request: parts.service.call(operation, request, CALLER, app.new_uuid()).response


def has(precision: str) -> bool:
    """Tell whether a precision may be asked for on this processor."""
    try:
        runtime.start(device="cpu", precision=precision, threads=1)
    except SettingsWrong:
        return False
    return True


def data_folder(name: str) -> Path | None:
    """Return a folder of the measurement data, or None: in `RECOGNIZANCE_DATA` where it is there, else beside us."""
    given = os.environ.get(DATA)
    for folder in ([Path(given)] if given else []) + [ROOT.parent / "shared" / "data"]:
        if (folder / name).is_dir():
            return folder / name
    return None

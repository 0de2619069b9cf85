"""The tiny models and one more embedder, of another name, version and dimension: a collection can move to it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from tests.conftest import CURVE, toml
from tests.tiny import graphs

from recognizance.vision import cards, carriers

OTHER, OTHER_VERSION, OTHER_DIMENSION = "tiny-other", "7.2", 10
NOT_INSTALLED, WITHOUT_CURVE = "tiny-absent", "tiny-mute"


def make(folder: Path) -> dict[str, Path]:
    """Write cards and models into a folder, and return both folders as settings name them."""
    (folder / "cards").mkdir()
    wide = graphs.embedder(dimension=OTHER_DIMENSION)
    parameters = {**graphs.PARAMETERS["face"], "dimension": OTHER_DIMENSION}
    known = {
        "yunet": (graphs.card("yunet", version="0.0"), graphs.CARRIED["yunet"]),
        "face": (graphs.card("face", version="0.1"), graphs.CARRIED["face"]),
        "other": (
            graphs.card("face", wide, name=OTHER, version=OTHER_VERSION, parameters=parameters),
            wide,
        ),
    }
    for kind, (card, content) in known.items():
        shipped = folder / f"{kind}.onnx"
        shipped.write_bytes(content)
        placed = replace(card, path=str(shipped), carrier=None)
        (folder / "cards" / f"{card.name}.toml").write_text(toml(placed))
        carriers.install(placed, folder / "models", now=lambda: datetime(2026, 11, 23, tzinfo=UTC))
    other = replace(known["other"][0], path=str(folder / "absent.onnx"), carrier=None)
    for name, version in ((NOT_INSTALLED, "7.3"), (WITHOUT_CURVE, "7.4")):
        (folder / "cards" / f"{name}.toml").write_text(toml(replace(other, name=name, version=version)))
    for number, kind in enumerate(graphs.DESCRIBING):  # named by `describe.MODELS` of these tests, and not installed
        (folder / "cards" / f"tiny-{kind}.toml").write_text(toml(graphs.card(kind, version=f"0.{number + 2}")))
    for name in ("tiny-face", OTHER, NOT_INSTALLED):
        (folder / "cards" / f"{name}.curve.toml").write_text(cards.curve_toml(CURVE))
    return {"cards": folder / "cards", "models": folder / "models"}

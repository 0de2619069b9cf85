"""From a picture to its faces, and from faces to vectors: the models in the order a picture meets them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from recognizance.errors import Unserved
from recognizance.values import Card, Detection, Embedding, Face, Image, Model, Pixels, Trait, Vectors
from recognizance.vision import detect, pose, quality
from recognizance.vision.geometry import TEMPLATE_SIZE, align

if TYPE_CHECKING:
    from recognizance.vision.adapters import Candidates
    from recognizance.vision.attributes.describe import Describer


OFF = "Facial attributes are switched off on this server (RECOGNIZANCE_ATTRIBUTES is off); DEFAULT is served."


@dataclass(frozen=True, slots=True)
class Vision:
    """A detector, an embedder, and what describes faces where that is wanted.

    With `mirror` a face's vector is that of its crop and of the crop mirrored; with `enlarge` small
    pictures are looked at up to twice as large. Both make vectors better and cost time.

    It holds nothing else, and may be called from several threads at once.
    """

    detector: Model[Pixels, Candidates]
    embedder: Model[Pixels, Vectors]
    mirror: bool = True
    enlarge: bool = True
    describer: Describer | None = None

    def look(self, image: Image, *, limit: int = 100) -> list[Face]:
        """Return up to `limit` faces, largest first, each with its pose and quality and without a vector."""
        sureness = self.detector.card.sureness or detect.AS_SCORED
        found = detect.find(image.pixels, self.detector, limit=limit, sureness=sureness, enlarge=self.enlarge)
        return [_face(one, image, calibrated=self.detector.card.sureness is not None) for one in found]

    def mesh(self, image: Image, faces: Sequence[Face]) -> list[Face]:
        """Return `faces`, in order, each with its mesh and the mesh's pose; as given without a describer."""
        return list(faces) if self.describer is None else self.describer.mesh(image, faces)

    def prepare(self, wants: frozenset[Trait]) -> list[Card]:
        """Load the models that these traits are read with, and return their cards.

        Raises `Unserved` without a describer, and `ModelUnusable` where one is missing or damaged.
        """
        if self.describer is None:
            raise Unserved(OFF)
        return self.describer.prepare(wants)

    def describe(self, image: Image, faces: Sequence[Face], wants: frozenset[Trait]) -> list[Face]:
        """Return `faces`, in order, each with the traits wanted, and with its mesh and pose where these need one.

        Raises `Unserved` without a describer.
        """
        if self.describer is None:
            raise Unserved(OFF)
        return self.describer.describe(image, faces, wants)

    def embed(self, image: Image, faces: Sequence[Face]) -> list[Face]:
        """Return `faces`, in order, each with its embedding; one run of the embedder for all.

        A mirrored face is the same person: the sum of both vectors, made length 1 again, has less of
        what is only this picture's.
        """
        size = int(self.embedder.card.parameters.get("size", TEMPLATE_SIZE))
        crops = [align(image.pixels, face.landmarks, size) for face in faces]
        mirrored = [np.ascontiguousarray(crop[:, ::-1]) for crop in crops] if self.mirror else []
        vectors = list(self.embedder([*crops, *mirrored]))
        if self.mirror:
            vectors = [
                unit(one + other) for one, other in zip(vectors[: len(crops)], vectors[len(crops) :], strict=True)
            ]
        name = self.embedder.card.name
        return [
            replace(face, embedding=Embedding(read_only(vector), name))
            for face, vector in zip(faces, vectors, strict=True)
        ]


def _face(found: Detection, image: Image, *, calibrated: bool) -> Face:
    return Face(
        box=found.box,
        landmarks=found.landmarks,
        confidence=found.confidence,
        pose=pose.from_landmarks(found.landmarks, image.width, image.height),
        quality=quality.measure(align(image.pixels, found.landmarks)),
        calibrated=calibrated,
    )


def unit(vector: Vectors) -> Vectors:
    """Return a vector at length 1. Raises `ValueError` for one without length, which points nowhere."""
    length = float(np.linalg.norm(vector))
    if not length > 0:
        raise ValueError("a vector needs a length above 0 to be scaled to 1")
    return (vector / length).astype(np.float32)


def read_only(vector: Vectors) -> Vectors:
    """Return a copy that cannot be written to."""
    kept = vector.astype(np.float32)
    kept.setflags(write=False)
    return kept

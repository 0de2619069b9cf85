"""What was asked of faces, and nothing else: which models each trait needs, each run once for all faces and traits."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

import numpy as np

from recognizance.errors import ModelMissing, ModelUnusable
from recognizance.values import Card, Face, Image, Judgement, Mesh, Model, ModelName, Pixels, Trait, Traits, Vectors
from recognizance.vision.attributes import (
    age,
    appearance,
    expression,
    eyes,
    features,
    gender,
    head,
    mesh,
    mouth,
    occlusion,
    outline,
    showing,
)
from recognizance.vision.attributes.eyes import Eyes
from recognizance.vision.attributes.features import Sighting
from recognizance.vision.attributes.opinions import fainter, together

log = logging.getLogger(__name__)
NO_PLANES: Final[Vectors] = np.zeros((0, 0, 0, 0), np.float32)

MODELS: Final[Mapping[str, ModelName]] = {
    "mesh": ModelName("facemesh-2020"),
    "iris": ModelName("iris-2020"),
    "features": ModelName("sface-2021dec-middle"),
    "age": ModelName("age-v1"),
    "gender": ModelName("gender-v1"),
    "expression": ModelName("fer-25"),
}
"""The card that does each task: everything that follows was fitted to these very files."""

NEEDS: Final[Mapping[Trait, tuple[str, ...]]] = {
    Trait.AGE: ("age", "features"),
    Trait.BEARD: ("features",),
    Trait.EXPRESSION: ("expression", "features"),
    Trait.EYEGLASSES: ("features",),
    Trait.EYES_OPEN: ("mesh", "iris", "features"),
    Trait.GAZE: ("mesh", "iris", "features"),
    Trait.GENDER: ("gender", "features"),
    Trait.MOUSTACHE: ("features",),
    Trait.MOUTH_OPEN: ("mesh", "features"),
    Trait.OCCLUDED: ("mesh", "features"),
    Trait.OUTLINE: ("mesh", "iris"),
    Trait.SMILE: ("features",),
    Trait.SUNGLASSES: ("features",),
}
"""What each trait is read with."""


LIE: Final[Mapping[Trait, tuple[int, ...]]] = {
    Trait.BEARD: showing.MOUTH,
    Trait.EYEGLASSES: showing.EYES,
    Trait.EYES_OPEN: showing.EYES,
    Trait.GAZE: showing.EYES,
    Trait.MOUSTACHE: showing.MOUTH,
    Trait.MOUTH_OPEN: showing.MOUTH,
    Trait.SMILE: showing.MOUTH,
    Trait.SUNGLASSES: showing.EYES,
}
"""Which of the five points lie where a trait shows; all of them for the others."""


BELOW: Final = frozenset({Trait.BEARD, Trait.MOUSTACHE, Trait.MOUTH_OPEN, Trait.SMILE})
"""What a mask or a hand hides."""


def tasks_of(wants: Iterable[Trait]) -> list[str]:
    """Return the tasks that these traits need, in the order of `MODELS`."""
    needed = {task for trait in wants for task in NEEDS[trait]}
    return [task for task in MODELS if task in needed]


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """What models saw of the faces of one picture, in the order of `faces`; empty where a model was not needed.

    `faces` have meshes where these were needed. `planes` are `features.of`'s, `judged` what our own heads make of them.
    """

    image: Image
    faces: Sequence[Face]
    eyes: Sequence[Eyes] = ()
    sightings: Sequence[Sighting] = ()
    planes: Vectors = field(default_factory=lambda: NO_PLANES)
    judged: Sequence[Mapping[Trait, Judgement]] = ()

    @property
    def meshes(self) -> list[Mesh]:
        """The mesh of each face. Only where the mesh's model was needed."""
        found = [face.mesh for face in self.faces if face.mesh is not None]
        assert len(found) == len(self.faces), "faces whose meshes are needed have them"
        return found

    @property
    def uncovered(self) -> list[float]:
        """How likely nothing but dark glasses covers each face: what does mostly hides the mouth."""
        return [
            1 - max(0.0, one[Trait.OCCLUDED].probability - one[Trait.SUNGLASSES].probability) for one in self.judged
        ]

    @property
    def undarkened(self) -> list[float]:
        """How likely there are no dark glasses before the eyes of each face."""
        return [1 - one[Trait.SUNGLASSES].probability for one in self.judged]

    def shares(self, points: tuple[int, ...]) -> list[float]:
        """Return how much of the part with these points the picture shows, of each face."""
        whole = [showing.share(face, self.image.width, self.image.height, points) for face in self.faces]
        if not points or not self.sightings:
            return whole
        return [share * showing.uncut(one.cut) for share, one in zip(whole, self.sightings, strict=True)]

    def both(self, measured: Sequence[Judgement], trait: Trait, shares: Sequence[float]) -> list[Judgement]:
        """Return what was measured and what it looks like, together, as far as it shows."""
        return [
            fainter(together(one, looks[trait]), share)
            for one, looks, share in zip(measured, self.judged, shares, strict=True)
        ]


@dataclass(frozen=True, slots=True)
class Describer:
    """Reads traits from faces. `models` gives the model of each task of `MODELS`, loading it when first called.

    It may be called from several threads at once.
    """

    models: Mapping[str, Callable[[], Model[Pixels, Any]]]

    def prepare(self, wants: Iterable[Trait]) -> list[Card]:
        """Load the models that these traits are read with, and return their cards. Raises `ModelUnusable`."""
        return [self.models[task]().card for task in tasks_of(wants)]

    def mesh(self, image: Image, faces: Sequence[Face]) -> list[Face]:
        """Return `faces`, in order, each with its mesh and the pose that the mesh shows.

        They come back as given where the mesh's model is missing or damaged, which the log says: nothing that was asked
        for is missing then.
        """
        try:
            return self._meshed(image, faces)
        except ModelMissing:
            return list(faces)
        except ModelUnusable as error:
            log.warning("faces are filtered without a mesh: %s", error)
            return list(faces)

    def describe(self, image: Image, faces: Sequence[Face], wants: frozenset[Trait]) -> list[Face]:
        """Return `faces`, in order, each with the traits wanted, and its mesh and the mesh's pose where these need one.

        Raises `ModelUnusable` when a model that they need is missing or fails.
        """
        if not faces:
            return []
        seen = self._seen(image, faces, tasks_of(wants))
        told = {trait.name.lower(): self._told(trait, seen) for trait in wants}
        return [
            replace(face, traits=Traits(**{name: each[at] for name, each in told.items()}))
            for at, face in enumerate(seen.faces)
        ]

    def _seen(self, image: Image, faces: Sequence[Face], tasks: Sequence[str]) -> Seen:
        """Run what more than one trait is read from."""
        if "mesh" in tasks:
            faces = self._meshed(image, faces)
        pairs: Sequence[Eyes] = ()
        if "iris" in tasks:
            pairs = eyes.look(
                image.pixels, [face.mesh for face in faces if face.mesh is not None], self.models["iris"]()
            )
        if "features" not in tasks:
            return Seen(image, faces, pairs)
        sightings = [features.sighting(face, image.width, image.height) for face in faces]
        planes = features.of(image.pixels, faces, self.models["features"]())
        return Seen(image, faces, pairs, sightings, planes, appearance.judge(planes, sightings))

    def _told(self, trait: Trait, seen: Seen) -> Sequence[Any]:
        """Return what there is to say of a trait, for each face in order."""
        pixels, faces = seen.image.pixels, seen.faces
        width, height = seen.image.width, seen.image.height
        shares = seen.shares(LIE.get(trait, showing.ALL))
        if trait in BELOW:
            shares = [share * one for share, one in zip(shares, seen.uncovered, strict=True)]
        match trait:
            case Trait.AGE:
                found = age.of(pixels, faces, self.models["age"](), seen.planes, seen.sightings)
                return [showing.wider(one, share) for one, share in zip(found, shares, strict=True)]
            case Trait.EXPRESSION:
                smiles = [one[Trait.SMILE].probability for one in seen.judged]
                return expression.of(pixels, faces, self.models["expression"](), smiles, seen.sightings, shares)
            case Trait.GENDER:
                presented = gender.of(pixels, faces, self.models["gender"](), seen.planes, seen.sightings)
                return [gender.fainter(one, share) for one, share in zip(presented, shares, strict=True)]
            case Trait.EYES_OPEN:
                lids = [eyes.open_of(pair, one) for pair, one in zip(seen.eyes, seen.meshes, strict=True)]
                return seen.both(lids, trait, [share * one for share, one in zip(shares, seen.undarkened, strict=True)])
            case Trait.GAZE:
                gazes = [eyes.gaze_of(pair, one) for pair, one in zip(seen.eyes, seen.meshes, strict=True)]
                return [
                    replace(one, confidence=one.confidence * share * clear)
                    for one, share, clear in zip(gazes, shares, seen.undarkened, strict=True)
                ]
            case Trait.EYEGLASSES:  # dark ones are glasses, too
                glasses = [max(one[trait], one[Trait.SUNGLASSES], key=_probability) for one in seen.judged]
                return [fainter(one, share) for one, share in zip(glasses, shares, strict=True)]
            case Trait.MOUTH_OPEN:
                return seen.both([mouth.open_of(one) for one in seen.meshes], trait, shares)
            case Trait.OCCLUDED:
                whole = seen.shares(showing.NONE)  # what lies beyond the frame counts as covered there
                covered = [fainter(one[trait], share) for one, share in zip(seen.judged, whole, strict=True)]
                each = zip(covered, seen.meshes, strict=True)
                return [occlusion.of(looks, one, width, height) for looks, one in each]
            case Trait.OUTLINE:
                return [outline.of(one, pair, width, height) for one, pair in zip(seen.meshes, seen.eyes, strict=True)]
            case _:
                return [fainter(one[trait], share) for one, share in zip(seen.judged, shares, strict=True)]

    def _meshed(self, image: Image, faces: Sequence[Face]) -> list[Face]:
        """Return the faces with their meshes; those that have one keep it."""
        lacking = [face for face in faces if face.mesh is None]
        if not lacking:
            return list(faces)
        found = iter(mesh.find(image.pixels, lacking, self.models["mesh"]()))
        meshes = [face.mesh or next(found) for face in faces]
        return [replace(face, mesh=one, pose=head.pose_of(one)) for face, one in zip(faces, meshes, strict=True)]


def _probability(said: Judgement) -> float:
    return said.probability

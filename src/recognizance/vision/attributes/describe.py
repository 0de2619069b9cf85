"""What was asked of faces, and nothing else: which models each trait needs, each run once for all faces and traits."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from recognizance.errors import ModelMissing, ModelUnusable
from recognizance.values import (
    Card,
    Face,
    Gaze,
    Image,
    Judgement,
    Mesh,
    Model,
    ModelName,
    Pixels,
    Point,
    Trait,
    Traits,
)
from recognizance.vision.attributes import (
    age,
    appearance,
    expression,
    eyes,
    features,
    gender,
    head,
    heads,
    mesh,
    mouth,
    occlusion,
    outline,
    showing,
)
from recognizance.vision.attributes.eyes import Eyes
from recognizance.vision.attributes.features import Sighting
from recognizance.vision.attributes.head import Held
from recognizance.vision.attributes.opinions import fainter, together

log = logging.getLogger(__name__)
UNTOLD: Final = Judgement.of(0.5)
UNSEEN: Final = Gaze(yaw=0.0, pitch=0.0, confidence=0.0)
"""What geometry says of a face whose mesh is no face's, or whose eyes are none."""

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

    `faces` have meshes where these were needed, and `held` and `eyes` say more of them: None for a face whose mesh, or
    whose eyes, could be nobody's. `read` is what our own heads made of the features, `judged` what that means.
    """

    image: Image
    faces: Sequence[Face]
    shown: Sequence[showing.Shown]
    held: Sequence[Held | None] = ()
    eyes: Sequence[Eyes | None] = ()
    sightings: Sequence[Sighting] = ()
    read: heads.Scores = field(default_factory=dict[str, Any])
    judged: Sequence[Mapping[Trait, Judgement]] = ()

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

    @property
    def lids(self) -> list[Judgement]:
        """Whether the eyes of each face are open, as far as geometry tells."""
        each = zip(self.eyes, self.held, strict=True)
        return [UNTOLD if pair is None or held is None else eyes.open_of(pair, held) for pair, held in each]

    @property
    def lips(self) -> list[Judgement]:
        """Whether the mouth of each face is open, as far as geometry tells."""
        each = zip(self.faces, self.held, strict=True)
        return [UNTOLD if one.mesh is None or held is None else mouth.open_of(one.mesh, held) for one, held in each]

    @property
    def gazes(self) -> list[Gaze]:
        """Where the eyes of each face look."""
        each = zip(self.eyes, self.held, strict=True)
        return [UNSEEN if pair is None or held is None else eyes.gaze_of(pair, held) for pair, held in each]

    @property
    def outlines(self) -> list[tuple[Point, ...] | None]:
        """The 30 landmarks of each face; None where there is no telling them."""
        width, height = self.image.width, self.image.height
        return [
            None if one.mesh is None or pair is None else outline.of(one.mesh, pair, width, height)
            for one, pair in zip(self.faces, self.eyes, strict=True)
        ]

    def covered(self, looks: Judgement, one: Mesh | None) -> Judgement:
        """Return whether a face that looks covered so is covered or cut off."""
        if one is None:
            return together(looks, UNTOLD)
        return occlusion.of(looks, one, self.image.width, self.image.height)

    def shares(self, points: tuple[int, ...]) -> list[float]:
        """Return how much of the part with these points the picture shows, of each face."""
        whole = [one.share(points) for one in self.shown]
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
        seen = Seen(
            image,
            faces,
            [showing.of(face, image.width, image.height) for face in faces],
            [None if face.mesh is None else head.held(face.mesh, face.pose) for face in faces],
        )
        if "iris" in tasks:
            meshes = [face.mesh for face in faces if face.mesh is not None]
            pairs = iter(eyes.look(image.pixels, meshes, self.models["iris"]()))
            found = [None if face.mesh is None else next(pairs) for face in faces]
            seen = replace(seen, eyes=[one if one is not None and eyes.have_extent(one) else None for one in found])
        if "features" not in tasks:
            return seen
        sightings = [features.sighting(face, image.width, image.height) for face in faces]
        read = heads.readers().read(features.of(image.pixels, faces, self.models["features"]()))
        return replace(seen, sightings=sightings, read=read, judged=appearance.judge(read, sightings))

    def _told(self, trait: Trait, seen: Seen) -> Sequence[Any]:
        """Return what there is to say of a trait, for each face in order."""
        pixels, faces = seen.image.pixels, seen.faces
        shares = seen.shares(LIE.get(trait, showing.ALL))
        if trait in BELOW:
            shares = [share * one for share, one in zip(shares, seen.uncovered, strict=True)]
        match trait:
            case Trait.AGE:
                found = age.of(pixels, faces, self.models["age"](), seen.read["age"], seen.sightings)
                return [showing.wider(one, share) for one, share in zip(found, shares, strict=True)]
            case Trait.EXPRESSION:
                smiles = [one[Trait.SMILE].probability for one in seen.judged]
                return expression.of(pixels, faces, self.models["expression"](), smiles, seen.sightings, shares)
            case Trait.GENDER:
                presented = gender.of(pixels, faces, self.models["gender"](), seen.read["female"], seen.sightings)
                return [gender.fainter(one, share) for one, share in zip(presented, shares, strict=True)]
            case Trait.EYES_OPEN:
                clear = [share * one for share, one in zip(shares, seen.undarkened, strict=True)]
                return seen.both(seen.lids, trait, clear)
            case Trait.GAZE:
                return [
                    replace(one, confidence=one.confidence * share * clear)
                    for one, share, clear in zip(seen.gazes, shares, seen.undarkened, strict=True)
                ]
            case Trait.EYEGLASSES:  # dark ones are glasses, too
                glasses = [max(one[trait], one[Trait.SUNGLASSES], key=_probability) for one in seen.judged]
                return [fainter(one, share) for one, share in zip(glasses, shares, strict=True)]
            case Trait.MOUTH_OPEN:
                return seen.both(seen.lips, trait, shares)
            case Trait.OCCLUDED:
                whole = seen.shares(showing.NONE)  # what lies beyond the frame counts as covered there
                looks = [fainter(one[trait], share) for one, share in zip(seen.judged, whole, strict=True)]
                return [seen.covered(one, face.mesh) for one, face in zip(looks, faces, strict=True)]
            case Trait.OUTLINE:
                return seen.outlines
            case _:
                return [fainter(one[trait], share) for one, share in zip(seen.judged, shares, strict=True)]

    def _meshed(self, image: Image, faces: Sequence[Face]) -> list[Face]:
        """Return the faces with their meshes; those that have one keep it."""
        lacking = [face for face in faces if face.mesh is None]
        if not lacking:
            return list(faces)
        found = iter(mesh.find(image.pixels, lacking, self.models["mesh"]()))
        return [_with_mesh(face, face.mesh or next(found)) for face in faces]


def _with_mesh(face: Face, found: Mesh) -> Face:
    """Return a face with its mesh and the pose that it shows; as given where that mesh can be nobody's."""
    try:
        mesh.size(found)
        return replace(face, mesh=found, pose=head.pose_of(found))
    except ModelUnusable as error:
        log.warning("a face is told of without a mesh: %s", error)
        return face


def _probability(said: Judgement) -> float:
    return said.probability

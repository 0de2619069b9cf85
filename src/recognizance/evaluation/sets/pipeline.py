"""The product's own way from a picture to a vector, opened once for a measurement.

What is measured is what the server does with the same settings: this module builds what `app` builds
for it, without a database, a policy or an edge.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from recognizance.errors import ImageTooLarge, InvalidImage, InvalidParameter
from recognizance.settings import Settings, given_folder
from recognizance.values import Card, Face, Image, Vectors
from recognizance.vision import adapters, cards, carriers, runtime
from recognizance.vision.detect import AS_SCORED
from recognizance.vision.image import decode
from recognizance.vision.similarity import Similarity as Similarity  # an audit's command knows it from here
from recognizance.vision.similarity import scale_of
from recognizance.vision.vision import Vision

CENTRE = "centre"
"""The card parameter that holds what an embedder's vectors have in common."""


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """What became of one picture: every face found, largest first, the one it is about, and that one's vector.

    `faces` is None where the picture could not be read, and `why` then says so in a sentence.
    """

    faces: tuple[Face, ...] | None
    chosen: Face | None
    vector: Vectors | None
    why: str = ""


See = Callable[[bytes], Seen]
"""From the bytes of one picture to what was seen; never raises for a bad picture."""

Choose = Callable[[Sequence[Face]], Face]
"""Which of several faces a picture is about."""

CHOSEN = "chosen="


@dataclass(frozen=True, slots=True)
class Pipeline:
    """From bytes to the vector of the face the picture is about, and all that decides that vector.

    `detector` and `card` are the cards of the detector and of the embedder. `look` finds the faces alone; `at` gives
    the vector of one of them, in a picture that was looked at before. It may be used from several threads at once.
    """

    see: See
    look: See
    at: Callable[[bytes, Face], Vectors]
    choose: Choose
    detector: Card
    card: Card
    how: tuple[str, ...]

    @property
    def dimension(self) -> int:
        """How many numbers a vector has."""
        return int(self.card.parameters["dimension"])

    @property
    def choices(self) -> tuple[str, ...]:
        """The settings that decide a vector, beside the models and the version."""
        return self.how[3:]

    @property
    def vectors_by(self) -> tuple[str, ...]:
        """All that decides the vector of a face, whichever face is chosen."""
        return tuple(one for one in self.how if not one.startswith(CHOSEN))

    @property
    def confidence(self) -> float:
        """The confidence, in percent, from which on a face is returned."""
        sureness = self.detector.sureness or AS_SCORED
        return sureness.confidence(sureness.at_least)

    def embed(self, data: bytes) -> Vectors | None:
        """Return the vector of the face the picture is about, or None when there is none."""
        return self.see(data).vector

    @property
    def similarity(self) -> Similarity:
        """The embedder's scale. Raises `ModelUnusable` when its card has no curve."""
        return scale_of(self.card)


def open_pipeline(settings: Settings, *, version: str, choose: Choose, centred: bool = True) -> Pipeline:
    """Load the models of `settings`. `choose` says which of several faces a picture is about.

    With `centred` false, the embedder's vectors keep what they have in common. `version` is the
    product's, for the name of a cache. Raises `ModelUnusable`.
    """
    known = cards.load(given_folder(settings.cards))
    detector = cards.choose(known, settings.detector, task="detect")
    embedder = cards.choose(known, settings.embedder, task="embed")
    if not centred:
        embedder = replace(
            embedder, parameters={key: value for key, value in embedder.parameters.items() if key != CENTRE}
        )
    engine = runtime.start(device=settings.device, precision=settings.precision, threads=settings.threads)
    models = [
        adapters.open_model(card, carriers.read(card, settings.models_folder), engine) for card in (detector, embedder)
    ]
    vision = Vision(detector=models[0], embedder=models[1], mirror=settings.mirror, enlarge=settings.enlarge)

    def look(data: bytes) -> Seen:
        return _seen(vision, data, choose, embeds=False)

    def see(data: bytes) -> Seen:
        return _seen(vision, data, choose, embeds=True)

    def at(data: bytes, face: Face) -> Vectors:
        return _embedded(vision, decode(data), face)

    how = (
        version,
        *(
            f"{card.name} {card.sha256} {card.preparation} {sorted(card.parameters.items())} {card.sureness}"
            for card in (detector, embedder)
        ),
        f"precision={engine.chosen.precision}",
        f"device={engine.chosen.device}",
        f"mirror={settings.mirror}",
        f"enlarge={settings.enlarge}",
        f"{CHOSEN}{choose.__name__}",
    )
    return Pipeline(see, look, at, choose, detector, embedder, how)


def _seen(vision: Vision, data: bytes, choose: Choose, *, embeds: bool) -> Seen:
    try:
        image = decode(data)
    except (InvalidImage, ImageTooLarge, InvalidParameter) as error:
        return Seen(None, None, None, str(error).removeprefix("Request has "))
    faces = tuple(vision.look(image))
    if not faces:
        return Seen(faces, None, None)
    chosen = choose(faces)
    return Seen(faces, chosen, _embedded(vision, image, chosen) if embeds else None)


def _embedded(vision: Vision, image: Image, face: Face) -> Vectors:
    embedding = vision.embed(image, [face])[0].embedding
    assert embedding is not None, "embed fills in the embedding of every face it is given"
    return embedding.vector

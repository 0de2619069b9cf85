"""The product's own way from a picture to a vector, opened once for a measurement.

What is measured is what the server does with the same settings: this module builds what `app` builds
for it, without a database, a policy or an edge.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from recognizance.errors import ImageTooLarge, InvalidImage
from recognizance.settings import Settings, given_folder
from recognizance.values import Card, Face, Vectors
from recognizance.vision import adapters, cards, carriers, runtime
from recognizance.vision.image import decode
from recognizance.vision.similarity import Similarity, scale_of
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


@dataclass(frozen=True, slots=True)
class Pipeline:
    """From bytes to the vector of the face the picture is about, and all that decides that vector.

    `detector` and `card` are the cards of the detector and of the embedder. `look` finds the faces alone.
    """

    see: See
    look: See
    detector: Card
    card: Card
    how: tuple[str, ...]

    def embed(self, data: bytes) -> Vectors | None:
        """Return the vector of the face the picture is about, or None when there is none."""
        return self.see(data).vector

    @property
    def similarity(self) -> Similarity:
        """The embedder's scale. Raises `ModelUnusable` when its card has no curve."""
        return scale_of(self.card)


def open_pipeline(
    settings: Settings, *, version: str, choose: Callable[[Sequence[Face]], Face], centred: bool = True
) -> Pipeline:
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

    how = (
        version,
        *(f"{card.name} {card.sha256} {sorted(card.parameters.items())}" for card in (detector, embedder)),
        engine.chosen.precision,
        engine.chosen.device,
        f"mirror={settings.mirror}",
        f"enlarge={settings.enlarge}",
        f"chosen={choose.__name__}",
    )
    return Pipeline(see, look, detector, embedder, how)


def _seen(vision: Vision, data: bytes, choose: Callable[[Sequence[Face]], Face], *, embeds: bool) -> Seen:
    try:
        image = decode(data)
    except (InvalidImage, ImageTooLarge) as error:
        return Seen(None, None, None, str(error))
    faces = tuple(vision.look(image))
    if not faces:
        return Seen(faces, None, None)
    chosen = choose(faces)
    if not embeds:
        return Seen(faces, chosen, None)
    embedding = vision.embed(image, [chosen])[0].embedding
    assert embedding is not None, "embed fills in the embedding of every face it is given"
    return Seen(faces, chosen, embedding.vector)

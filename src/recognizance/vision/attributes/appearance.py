"""What a face wears and does, read by heads of our own: glasses, beard, moustache, smile, and second opinions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from recognizance.values import Judgement, Trait
from recognizance.vision.attributes import heads
from recognizance.vision.attributes.features import Sighting

READ: Final = (
    *(Trait.BEARD, Trait.EYEGLASSES, Trait.EYES_OPEN, Trait.MOUSTACHE, Trait.MOUTH_OPEN, Trait.OCCLUDED),
    *(Trait.SMILE, Trait.SUNGLASSES),
)
"""The traits that have a head."""


def judge(read: heads.Scores, sightings: Sequence[Sighting]) -> list[dict[Trait, Judgement]]:
    """Return for each face, in order, a judgement of every trait in `READ`.

    `read` is what `heads.Readers.read` gives, `sightings` those of `features.sighting`. Confidence falls towards 50
    where a face is small, unsharp, dark, turned aside or cut.
    """
    return [
        {
            trait: Judgement.of(
                heads.calibration(trait.value).probability({"head": float(read[trait.value][at])}, sighting)
            )
            for trait in READ
        }
        for at, sighting in enumerate(sightings)
    ]

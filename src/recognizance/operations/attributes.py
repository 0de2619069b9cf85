"""Facial attributes: from the words that requests name them by to what faces are asked for."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence

from recognizance.errors import ModelDamaged, ModelMissing, ModelUnusable, Unserved
from recognizance.operations.call import Call
from recognizance.values import Card, Face, Image, Mesh, Trait

log = logging.getLogger(__name__)
ALL = "ALL"
DAMAGED = "the file of {} is damaged; the server's log says more"
NAMED: Mapping[str, Trait] = {
    "AGE_RANGE": Trait.AGE,
    "BEARD": Trait.BEARD,
    "EMOTIONS": Trait.EXPRESSION,
    "EYE_DIRECTION": Trait.GAZE,
    "EYEGLASSES": Trait.EYEGLASSES,
    "EYES_OPEN": Trait.EYES_OPEN,
    "FACE_OCCLUDED": Trait.OCCLUDED,
    "GENDER": Trait.GENDER,
    "MOUTH_OPEN": Trait.MOUTH_OPEN,
    "MUSTACHE": Trait.MOUSTACHE,
    "SMILE": Trait.SMILE,
    "SUNGLASSES": Trait.SUNGLASSES,
}
"""Each attribute that can be asked for by itself. Only ALL adds the further landmarks; DEFAULT adds nothing."""


def wanted(names: Sequence[str]) -> frozenset[Trait]:
    """Return what a list of attributes asks for beyond the default ones; ALL wins over everything else in it.

    >>> sorted(trait.value for trait in wanted(["DEFAULT", "SMILE", "SMILE"]))
    ['smile']
    """
    if ALL in names:
        return frozenset(Trait)
    return frozenset(NAMED[name] for name in names if name in NAMED)


def asked(call: Call, names: Sequence[str]) -> frozenset[Trait]:
    """Return what a list of attributes asks for, with the models for it loaded; both are noted.

    Nothing is loaded, and nothing noted, where no more than the default attributes are asked for. Raises `Unserved`
    where attributes are switched off, or a model for them is missing or damaged: none is invented.
    """
    wants = wanted(names)
    if wants:
        call.note(attributes=_words(names))
        try:
            models = call.tools.vision.prepare(wants)
        except ModelUnusable as error:
            log.error("%s", error)  # with what it says of folders, which is not the client's
            raise Unserved(_lacking(names, error)) from None
        call.note(attribute_models=[card.sha256 for card in models])
    return wants


def seen(call: Call, image: Image, faces: Sequence[Face], wants: frozenset[Trait]) -> list[Face]:
    """Return `faces`, in order, each with the traits wanted."""
    return call.tools.vision.describe(image, faces, wants) if wants and faces else list(faces)


def meshed(call: Call, image: Image, faces: Sequence[Face]) -> list[Mesh]:
    """Return the mesh of each face, in order, its model noted. Raises `Unserved` where it cannot be had."""
    found = [face.mesh for face in call.tools.vision.mesh(image, faces) if face.mesh is not None]
    if call.tools.mesh is None:
        raise Unserved("The mesh of a face cannot be told here: attributes are off (RECOGNIZANCE_ATTRIBUTES).")
    if len(found) < len(faces):
        raise Unserved(f"The mesh of a face cannot be told here: {_fault(call, call.tools.mesh)}.")
    call.note(mesh=call.tools.mesh.sha256)
    return found


def _fault(call: Call, card: Card) -> str:
    """Return what is wrong with a model that gave nothing."""
    state = next(one for one in call.tools.models() if one.card == card)
    if state.damaged:
        return f"{DAMAGED.format(f'the model {card.name}')}"
    if not state.installed:
        return f"the model {card.name} is not installed; to bring it: recognizance models install {card.name}"
    return f"the model {card.name} cannot be used; the server's log says why"


def _words(names: Sequence[str]) -> list[str]:
    return [ALL] if ALL in names else sorted(set(names) & set(NAMED))


def _lacking(names: Sequence[str], error: ModelUnusable) -> str:
    """Return what a client is told of a model that cannot be used; a missing one's error is fit for them."""
    match error:
        case ModelMissing():
            why = str(error)
        case ModelDamaged():
            why = DAMAGED.format("a model for it")
        case _:
            why = "a model for it cannot be used; the server's log says why"
    return f"{' and '.join(_words(names))} cannot be told here: {why}."

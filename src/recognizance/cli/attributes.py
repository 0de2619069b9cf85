"""Facial attributes at the command line: how they are asked for, and what is told of them in words.

Faces come in the wire's words. Gender is told as how a face presents and emotions as what it expresses, for no more is
known. A judgement below `UNSURE` is told as one that cannot be made.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Annotated, Any, TypeAlias, get_args

import typer

from recognizance.cli.failures import Wrong
from recognizance.cli.output import shown

Face: TypeAlias = Mapping[str, Any]

UNSURE = 60.0
LEAST_EXPRESSION = 5.0
JUDGED = {
    "Smile": ("smile", "smile"),
    "EyesOpen": ("eyes open", "open eyes"),
    "MouthOpen": ("mouth open", "open mouth"),
    "Eyeglasses": ("eyeglasses", "eyeglasses"),
    "Sunglasses": ("sunglasses", "sunglasses"),
    "Beard": ("beard", "beard"),
    "Mustache": ("moustache", "moustache"),
    "FaceOccluded": ("partly covered", "cover"),
}
"""What is judged by yes or no: what it is called, and what after a no."""

BEYOND = frozenset({*JUDGED, "AgeRange", "Gender", "Emotions", "EyeDirection"})
"""The members of a FaceDetail that are there only when they are asked for."""
MEANINGS = {
    "Gender": "Presents as: how a face looks to others, not who somebody is.",
    "Emotions": "Expression: what a face shows, not what is felt.",
}
SCALE = "A percentage belongs to the value it stands at; 50 is no more than a guess."

Asked = Annotated[
    list[str] | None,
    typer.Option(
        "--attributes",
        metavar="NAME",
        help="Tell these too, as ALL or AGE_RANGE,SMILE; it may be given several times.",
    ),
]


def named(given: Sequence[str] | None) -> list[str]:
    """Return the attributes that options name, in capitals, each once. Raises `Wrong` for a name that there is not.

    >>> named(["smile,eyes-open", "SMILE"])
    ['SMILE', 'EYES_OPEN']
    """
    from recognizance.shapes import Attribute

    known = get_args(Attribute)
    names = [part.strip() for text in given or () for part in text.split(",") if part.strip()]
    wanted = [name.upper().replace("-", "_") for name in names]
    for name, said in zip(wanted, names, strict=True):
        if name not in known:
            raise Wrong(f"there is no attribute {shown(said)!r}; there are {', '.join(known)}")
    return list(dict.fromkeys(wanted))


def meaning(faces: Iterable[Face]) -> str:
    """Return what has to be known of what is told of some faces; nothing where no more than the default is."""
    members = {member for face in faces for member in face}
    said = [text for member, text in MEANINGS.items() if member in members]
    return " ".join([*said, SCALE]) if members & BEYOND else ""


def described(face: Face) -> bool:
    """Tell whether more was asked of a face than the default attributes."""
    return not BEYOND.isdisjoint(face)


def told(face: Face) -> Iterator[tuple[str, str]]:
    """Yield what was asked of a face as a heading and a text, both for a person; what was not asked is left out."""
    if "AgeRange" in face:
        yield "looks", f"{face['AgeRange']['Low']} to {face['AgeRange']['High']} years old"
    if "Gender" in face:
        yield "presents as", presents(face["Gender"])
    if "Emotions" in face:
        yield "expression", ", ".join(expressions(face["Emotions"]))
    groups = (
        ("yes", [f"{JUDGED[member][0]} {percent(said)}" for member, said in _judged(face, True)]),
        ("no", [f"{JUDGED[member][1]} {percent(said)}" for member, said in _judged(face, False)]),
        ("cannot tell", [f"{JUDGED[member][0]} {percent(said)}" for member, said in _judged(face, None)]),
    )
    yield from ((heading, ", ".join(names)) for heading, names in groups if names)
    if "EyeDirection" in face:
        yield "eyes look", looks(face["EyeDirection"])


def short(face: Face) -> Iterator[str]:
    """Yield the same in a few words each, for where room is short; how sure it is that something is not is left out."""
    if "AgeRange" in face:
        yield f"looks {face['AgeRange']['Low']} to {face['AgeRange']['High']}"
    if "Gender" in face:
        gender = face["Gender"]
        sure = gender["Confidence"] >= UNSURE
        yield f"presents as {gender['Value'].lower()}{'' if sure else '?'} {percent(gender)}"
    if "Emotions" in face:
        yield f"expression {expressions(face['Emotions'])[0]}"
    yield from (f"{JUDGED[member][0]} {percent(said)}" for member, said in _judged(face, True))
    yield from (f"{JUDGED[member][0]}? {percent(said)}" for member, said in _judged(face, None))
    if lacking := [JUDGED[member][1] for member, _ in _judged(face, False)]:
        yield f"without: {', '.join(lacking)}"
    if "EyeDirection" in face:
        gaze = face["EyeDirection"]
        sure = gaze["Confidence"] >= UNSURE
        yield f"eyes {looks(gaze)}".replace("to the picture's ", "") if sure else f"eyes look? {percent(gaze)}"


def _judged(face: Face, value: bool | None) -> list[tuple[str, Face]]:
    """Return the members of a face that are judged to be so, or not; with None those that cannot be told."""
    found = [(member, face[member]) for member in JUDGED if member in face]
    if value is None:
        return [one for one in found if one[1]["Confidence"] < UNSURE]
    return [one for one in found if one[1]["Confidence"] >= UNSURE and one[1]["Value"] is value]


def presents(gender: Face) -> str:
    """Return how a face presents, in words."""
    if gender["Confidence"] < UNSURE:
        return f"cannot tell ({gender['Value'].lower()} {percent(gender)})"
    return f"{gender['Value'].lower()} {percent(gender)}"


def expressions(emotions: Sequence[Face]) -> list[str]:
    """Return the expressions that a face shows at all, the strongest first and always there."""
    seen = [one for at, one in enumerate(emotions) if at == 0 or one["Confidence"] >= LEAST_EXPRESSION]
    return [f"{one['Type'].lower()} {percent(one)}" for one in seen] or ["cannot tell"]


def looks(gaze: Face) -> str:
    """Return where the eyes look, in words and degrees.

    >>> looks({"Yaw": 12.2, "Pitch": -3.4, "Confidence": 88.0})
    "12° to the picture's right, 3° down, 88 %"
    >>> looks({"Yaw": 0.2, "Pitch": -0.3, "Confidence": 90.0})
    'at the camera, 90 %'
    """
    if gaze["Confidence"] < UNSURE:
        return f"cannot tell ({percent(gaze)})"
    across, up = round(gaze["Yaw"]), round(gaze["Pitch"])
    ways = [f"{abs(across)}° to the picture's {'right' if across > 0 else 'left'}"] if across else []
    ways += [f"{abs(up)}° {'up' if up > 0 else 'down'}"] if up else []
    return f"{', '.join(ways) or 'at the camera'}, {percent(gaze)}"


def percent(said: Face) -> str:
    """Return a confidence, rounded down, so that 100 is only said of 100.

    >>> percent({"Confidence": 99.98})
    '99 %'
    """
    return f"{int(said['Confidence'])} %"

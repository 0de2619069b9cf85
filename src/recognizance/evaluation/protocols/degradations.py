"""What cameras, light and cloth do to the picture of a face, done to pixels in steps of known size.

Pixels are uint8 RGB. The five points of the face, in pixels, shape (5, 2), say where it is and how large: a unit of
length is the distance between its eyes as the models' template has it, so that a step means the same whatever the
size of the picture. Nothing here is drawn by chance but the grain of noise and the direction of motion, from the
generator handed in. Pose is not among them: no picture can be turned to show what it does not hold.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

import cv2
import numpy as np

from recognizance.values import Pixels
from recognizance.vision.geometry import EYES, TEMPLATE, Numbers, resized, umeyama
from recognizance.vision.quality import LIGHT

FACE: Final = (14.0, 16.0, 98.0, 112.0)
"""Left, top, right and bottom of a face in the template, from the hair to the chin: what covering it is a share of."""

GRAIN: Final = 40.0
"""Pixels between the eyes of the picture that noise is made for; in larger ones its grain is coarser."""

GREY: Final = 128
DARK: Final = (20, 20, 24)
CLOTH: Final = (168, 190, 200)


@dataclass(frozen=True, slots=True, eq=False)
class Degraded:
    """A picture made worse, and where its points went: the (2, 3) matrix from the clean picture's pixels to its own.

    `quality` is the JPEG quality to keep it with, None for a format that loses nothing.
    """

    pixels: Pixels
    moved: Numbers
    quality: int | None = None


Degrade: TypeAlias = Callable[[Pixels, Numbers, float, np.random.Generator], Degraded | None]
"""From pixels, points, a level and chance to a worse picture; None where the picture is as bad already."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One way to make a picture worse: its name, in words, a level in words ("{}" is it), levels from mild to bad."""

    name: str
    title: str
    unit: str
    levels: tuple[float, ...]
    degrade: Degrade


def unit(points: Numbers) -> float:
    """Return the distance between the eyes, in pixels, that the five points as a whole speak of.

    A turned head has its eyes closer together; the nose and the mouth say that it is no smaller for that.
    """
    matrix = umeyama(np.asarray(TEMPLATE), points)
    return EYES * math.hypot(matrix[0, 0], matrix[1, 0])


def encoded(picture: Degraded) -> bytes:
    """Return a picture as the bytes that a client would send: PNG, or JPEG where that is the point."""
    bgr = cv2.cvtColor(picture.pixels, cv2.COLOR_RGB2BGR)
    if picture.quality is None:
        done, coded = cv2.imencode(".png", bgr, [cv2.IMWRITE_PNG_COMPRESSION, 1])
    else:
        done, coded = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, picture.quality])
    assert done, "pixels can always be coded"
    return coded.tobytes()


def exposed(pixels: Pixels, points: Numbers, stops: float, random: np.random.Generator) -> Degraded:
    """Return the picture with 2 ** `stops` times the light, as a camera set wrong takes it; too bright is white."""
    light = LIGHT * 2.0**stops
    shown = np.where(light <= 0.0031308, light * 12.92, 1.055 * np.maximum(light, 1e-9) ** (1 / 2.4) - 0.055)
    table = np.clip(np.rint(shown * 255), 0, 255).astype(np.uint8)
    return _same(table[pixels])


def flattened(pixels: Pixels, points: Numbers, left: float, random: np.random.Generator) -> Degraded:
    """Return the picture with that share of its contrast left about mid-grey, as through haze."""
    table = np.clip(np.rint(GREY + (np.arange(256) - GREY) * left), 0, 255).astype(np.uint8)
    return _same(table[pixels])


def blurred(pixels: Pixels, points: Numbers, sigma: float, random: np.random.Generator) -> Degraded:
    """Return the picture out of focus: a Gaussian of `sigma` distances between the eyes."""
    return _same(np.asarray(cv2.GaussianBlur(pixels, (0, 0), sigma * unit(points)), np.uint8))


def smeared(pixels: Pixels, points: Numbers, length: float, random: np.random.Generator) -> Degraded:
    """Return the picture moved while it was taken, by `length` distances between the eyes, in any direction."""
    long = length * unit(points)
    angle = float(random.uniform(0, math.pi))
    side = 2 * math.ceil(long / 2) + 1
    step = np.array([math.cos(angle), math.sin(angle)]) * long / 2
    kernel = np.zeros((side, side), np.float32)
    for part in np.linspace(-1, 1, 8 * side):  # many points along the way, each shared out between four pixels
        x, y = side // 2 + part * step
        for column in (math.floor(x), math.floor(x) + 1):
            for row in (math.floor(y), math.floor(y) + 1):
                weight = (1 - abs(x - column)) * (1 - abs(y - row))
                if 0 <= row < side and 0 <= column < side:
                    kernel[row, column] += weight
    moved = cv2.filter2D(pixels, -1, kernel / kernel.sum(), borderType=cv2.BORDER_REPLICATE)
    return _same(np.asarray(moved, np.uint8))


def noisy(pixels: Pixels, points: Numbers, deviation: float, random: np.random.Generator) -> Degraded:
    """Return the picture with Gaussian noise of so many grey levels of 255, in each channel by itself."""
    height, width = pixels.shape[:2]
    coarse = max(1.0, unit(points) / GRAIN)
    rows, columns = math.ceil(height / coarse), math.ceil(width / coarse)
    grain = random.normal(0, deviation, (rows, columns, 3)).astype(np.float32)
    if coarse > 1:
        grain = np.asarray(cv2.resize(grain, (width, height), interpolation=cv2.INTER_NEAREST), np.float32)
    return _same(np.clip(np.rint(pixels + grain[:height, :width]), 0, 255).astype(np.uint8))


def shrunk(pixels: Pixels, points: Numbers, eyes: float, random: np.random.Generator) -> Degraded | None:
    """Return the picture with `eyes` pixels between the eyes, in the middle of a grey one of the size it had.

    None where they are no farther apart as it is.
    """
    scale = eyes / unit(points)
    if scale >= 1:
        return None
    height, width = pixels.shape[:2]
    small = resized(pixels, max(1, round(width * scale)), max(1, round(height * scale)))
    down, across = (height - small.shape[0]) // 2, (width - small.shape[1]) // 2
    canvas = np.full_like(pixels, GREY)
    canvas[down : down + small.shape[0], across : across + small.shape[1]] = small
    matrix = np.array([[small.shape[1] / width, 0, across], [0, small.shape[0] / height, down]])
    return Degraded(canvas, matrix)


def compressed(pixels: Pixels, points: Numbers, quality: float, random: np.random.Generator) -> Degraded:
    """Return the picture as it is, to be kept as a JPEG of that quality."""
    return Degraded(pixels, _STILL, int(quality))


def rotated(pixels: Pixels, points: Numbers, degrees: float, random: np.random.Generator) -> Degraded:
    """Return the picture turned clockwise about its middle, on grey, as large as it takes to hold all of it."""
    height, width = pixels.shape[:2]
    turn = math.radians(degrees)
    across = math.ceil(abs(width * math.cos(turn)) + abs(height * math.sin(turn)) - 1e-6)
    down = math.ceil(abs(width * math.sin(turn)) + abs(height * math.cos(turn)) - 1e-6)
    linear = np.array([[math.cos(turn), -math.sin(turn)], [math.sin(turn), math.cos(turn)]])
    matrix = np.column_stack([linear, np.array([across, down]) / 2 - linear @ (width / 2, height / 2)])
    indices = matrix.copy()
    indices[:, 2] += linear @ (0.5, 0.5) - 0.5  # OpenCV counts from the first pixel's centre
    turned = cv2.warpAffine(pixels, indices, (across, down), flags=cv2.INTER_LINEAR, borderValue=(GREY, GREY, GREY))
    return Degraded(np.asarray(turned, np.uint8), matrix)


def eyes_covered(pixels: Pixels, points: Numbers, share: float, random: np.random.Generator) -> Degraded:
    """Return the picture with a dark band over the eyes, `share` of the face high, as glasses are."""
    left, top, right, bottom = FACE
    middle, half = (TEMPLATE[0][1] + TEMPLATE[1][1]) / 2, share * (bottom - top) / 2
    return _covered(pixels, points, (left, middle - half, right, middle + half), DARK)


def mouth_covered(pixels: Pixels, points: Numbers, share: float, random: np.random.Generator) -> Degraded:
    """Return the picture with `share` of the face covered from the chin up, in a light colour, as a mask does."""
    left, top, right, bottom = FACE
    return _covered(pixels, points, (left, bottom - share * (bottom - top), right, bottom), CLOTH)


def side_covered(pixels: Pixels, points: Numbers, share: float, random: np.random.Generator) -> Degraded:
    """Return the picture with `share` of the face covered from its left in the picture, in a dark colour."""
    left, top, right, bottom = FACE
    return _covered(pixels, points, (left, top, left + share * (right - left), bottom), DARK)


def _covered(
    pixels: Pixels, points: Numbers, part: tuple[float, float, float, float], colour: tuple[int, int, int]
) -> Degraded:
    """Return the picture with a part of the template's square painted over, where the face has it."""
    left, top, right, bottom = part
    matrix = umeyama(np.asarray(TEMPLATE), points)
    corners = np.array([[left, top], [right, top], [right, bottom], [left, bottom]]) @ matrix[:, :2].T + matrix[:, 2]
    painted = pixels.copy()
    cv2.fillConvexPoly(painted, np.rint(corners - 0.5).astype(np.int32), colour)
    return _same(painted)


def _same(pixels: Pixels) -> Degraded:
    return Degraded(pixels, _STILL)


_STILL: Final = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])

KINDS: Final[Sequence[Kind]] = (
    Kind("dark", "underexposed", "{} stops of light", (-1, -2, -3, -4, -5, -6), exposed),
    Kind("bright", "overexposed", "{} stops of light", (0.5, 1, 1.5, 2, 3, 4), exposed),
    Kind("contrast", "low in contrast", "{} of the contrast left", (0.5, 0.3, 0.2, 0.15, 0.1), flattened),
    Kind(
        "blur",
        "out of focus",
        "blur (sigma) of {} distances between the eyes",
        (0.02, 0.04, 0.06, 0.08, 0.1, 0.15),
        blurred,
    ),
    Kind("motion", "moved while taken", "{} distances between the eyes", (0.05, 0.1, 0.2, 0.3, 0.4, 0.6), smeared),
    Kind("noise", "grainy", "noise of {} grey levels", (5, 10, 15, 20, 30, 40), noisy),
    Kind("size", "small", "{} pixels between the eyes", (32, 24, 16, 12, 8, 6), shrunk),
    Kind("jpeg", "compressed", "JPEG quality {}", (50, 30, 20, 10, 5), compressed),
    Kind("rotation", "head or camera tilted", "{} degrees", (10, 20, 30, 45, 90, 180), rotated),
    Kind("glasses", "eyes covered", "{} of the face's height", (0.1, 0.2, 0.3, 0.4), eyes_covered),
    Kind("mask", "covered from the chin up", "{} of the face's height", (0.2, 0.3, 0.4, 0.5, 0.6), mouth_covered),
    Kind("side", "covered from one side", "{} of the face's width", (0.1, 0.2, 0.3, 0.4, 0.5), side_covered),
)
"""All kinds, each from mild to bad."""

SEVERAL: Final[Mapping[str, tuple[str, ...]]] = {
    "brightness": ("dark", "bright"),
    "occlusion": ("glasses", "mask", "side"),
    "compression": ("jpeg",),
}
"""Names that stand for kinds together."""


def named(names: Sequence[str]) -> list[Kind]:
    """Return the kinds of those names, each once, in the order of `KINDS`. Raises `ValueError` for an unknown name."""
    known = {kind.name: kind for kind in KINDS}
    asked = {one for name in names for one in SEVERAL.get(name, (name,))}
    unknown = sorted(asked - set(known))
    if unknown:
        raise ValueError(
            f"there is no way {unknown[0]!r} to make pictures worse; there are {', '.join([*known, *SEVERAL])}"
        )
    return [kind for name, kind in known.items() if name in asked]

"""How good the picture of a face is, and why a face was left out.

Brightness and sharpness are taken from the aligned crop, so a face is measured at one size wherever it came
from: a small face, enlarged, is as unsharp as it is poor in detail. What a picture lacks in ways that no such
number tells shows in the mesh: its model doubts that there is a face, or puts eyes, nose and mouth elsewhere than
the detector did.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from recognizance.values import Face, Image, Mesh, Pixels, Quality
from recognizance.vision.geometry import EYES, TEMPLATE, Numbers, blurred, points_of, umeyama

FACE_ROWS: Final = slice(26, 106)
FACE_COLUMNS: Final = slice(22, 90)
"""The part of a crop of 112 x 112 that is face whatever the hair."""

LUMA: Final = (0.299, 0.587, 0.114)
"""Weights of red, green and blue in lightness as displayed (ITU-R BT.601)."""
LUMINANCE: Final = (0.2126, 0.7152, 0.0722)
"""Weights of red, green and blue in light (ITU-R BT.709)."""

LIGHT: Final = np.array([v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in np.arange(256) / 255])
"""The light that each of a channel's 256 values stands for (sRGB, IEC 61966-2-1)."""

DETAIL: Final = 1.0
STRUCTURE: Final = 3.0
"""Blurs, in pixels of the crop, at which edges are compared: what is sharp loses much from one to the other."""
FLAT: Final = 0.05
"""Squared steps of lightness that are nothing: keeps a flat crop from dividing by nothing."""
HALF_SHARP: Final = 1.45
SHARPER: Final = 0.12
"""The ratio of detail to structure that counts as 50, and the change in it that multiplies the odds by e."""


PARTS: Final = ((33, 133, 159, 145), (263, 362, 386, 374), (1,), (61,), (291,))
"""Points of the mesh whose middles are the five points: eyes' corners and lids, the nose's tip, the mouth's corners."""
USUAL: Final = ((0.005, 0.010), (0.007, 0.024), (0.004, 0.053), (-0.009, 0.015), (0.009, 0.014))
"""How far these are from the detector's points in the upright face, in distances between the eyes, x and y: the mean of
9,822 pictures of LFW and of Congress (`python -m benchmarks.quality_bars`)."""


@dataclass(frozen=True, slots=True)
class Bar:
    """What a face has to have.

    Percentages, that of confidence where it is calibrated; degrees to either side; pixels of the box's shorter side.
    Where there is a mesh, it has to be as `sure` as that (0 to 1) and no farther `apart` from the five points (in
    distances between the eyes).
    """

    confidence: float
    size: float
    yaw: float
    pitch: float
    brightness: float
    glare: float
    sharpness: float
    sure: float
    apart: float


MEDIUM: Final = Bar(confidence=95, size=20, yaw=60, pitch=50, brightness=4, glare=97, sharpness=8, sure=0.9, apart=0.2)
BARS: Final = {
    "NONE": None,
    "LOW": Bar(confidence=85, size=15, yaw=80, pitch=70, brightness=2, glare=98, sharpness=5, sure=0.05, apart=0.35),
    "MEDIUM": MEDIUM,
    "AUTO": MEDIUM,
    "HIGH": Bar(
        confidence=99.5, size=40, yaw=45, pitch=30, brightness=12, glare=94, sharpness=30, sure=0.9999, apart=0.15
    ),
}
"""The values of QualityFilter, set by what they do to misses on pictures of known people: see `docs/accuracy.md`.

LOW leaves out what is all but hopeless, MEDIUM what is missed far more often than not, HIGH what is worth taking again.
HIGH's limits of pose are those of Rekognition's guide, up to which pose costs nothing there either; how many more are
missed beyond those of MEDIUM and LOW these pictures cannot tell. AUTO is ours to choose."""


def measure(crop: Pixels) -> Quality:
    """Return brightness and sharpness of an aligned face, uint8 RGB, shape (112, 112, 3)."""
    return Quality(brightness=brightness(crop), sharpness=sharpness(crop))


def brightness(crop: Pixels) -> float:
    """Return the mean lightness L* of the face (CIE 1976), 0 black to 100 white."""
    light = LIGHT[crop[FACE_ROWS, FACE_COLUMNS]] @ LUMINANCE
    lightness = np.where(light <= 216 / 24389, light * 24389 / 27, 116 * np.cbrt(light) - 16)
    return min(100.0, max(0.0, float(lightness.mean())))


def sharpness(crop: Pixels) -> float:
    """Return how much fine detail the face has for its contrast, 0 to 100.

    Edges are measured at two blurs in four directions, and the noise that the crop shows is taken off
    both; the direction with the least detail counts, since motion blurs one only. Contrast cancels.
    The blocks of a strong JPEG have edges of their own: compression does not show here.
    """
    plane = (crop @ np.asarray(LUMA)).astype(np.float32)
    noise = noise_variance(plane)
    detail, structure = (edges(plane, blur, noise) for blur in (DETAIL, STRUCTURE))
    ratio = float(np.sqrt(detail / (structure + FLAT)).min())
    return 100 / (1 + math.exp((HALF_SHARP - ratio) / SHARPER))


def edges(plane: Numbers, blur: float, noise: float) -> Numbers:
    """Return the mean squared slope at `blur` pixels, less what noise of that variance adds: four directions."""
    smooth = blurred(plane, blur)
    across = ((smooth[1:-1, 2:] - smooth[1:-1, :-2]) / 2)[FACE_ROWS, FACE_COLUMNS]
    down = ((smooth[2:, 1:-1] - smooth[:-2, 1:-1]) / 2)[FACE_ROWS, FACE_COLUMNS]
    across, down = across.ravel(), down.ravel()
    square_across, square_down, both = (
        float(one @ other) / len(one) for one, other in ((across, across), (down, down), (across, down))
    )
    middle = (square_across + square_down) / 2
    slopes = np.array([square_across, middle + both, square_down, middle - both])
    return np.maximum(0.0, slopes - noise / (8 * math.pi * blur**4))  # a Gaussian's slope lets this much noise through


def noise_variance(plane: Numbers) -> float:
    """Return the variance of the noise in a plane, from second differences that edges leave alone (Immerkaer 1996).

    The median stands for the mean there, so that detail in less than half of the face is not taken for noise.
    """
    rows = plane[:-2] - 2 * plane[1:-1] + plane[2:]
    cross = rows[:, :-2] - 2 * rows[:, 1:-1] + rows[:, 2:]
    return float((np.median(np.abs(cross[FACE_ROWS, FACE_COLUMNS])) / 0.6745 / 6) ** 2)


def apart(mesh: Mesh, five: Numbers) -> float:
    """Return how far a mesh puts eyes, nose and mouth from where the five points are, in distances between the eyes.

    `five` is in pixels, shape (5, 2). What is usual is taken off; the root of the mean square of the five remains.
    """
    upright = umeyama(five, np.asarray(TEMPLATE))
    seen = np.array([mesh.points[list(part), :2].mean(axis=0) for part in PARTS])
    off = (seen - five) @ upright[:, :2].T / EYES - USUAL
    return math.sqrt(float((off * off).sum(axis=1).mean()))


def failings(face: Face, bar: str, image: Image) -> list[str]:
    """Return why a face fails the quality filter, in Rekognition's words; nothing when it passes.

    `bar` is a value of QualityFilter. Its bar on confidence is one on a probability: where the detector's scores are
    none, as its card has no `sureness`, only the other bars hold. LOW_FACE_QUALITY is a face without enough detail: so
    bright that it is gone, or one whose mesh is unsure or disagrees with the five points, where it has a mesh.
    Raises `KeyError` for an unknown bar.
    """
    asked = BARS[bar]
    if asked is None:
        return []
    size = min(face.box.width * image.width, face.box.height * image.height)
    faults = {
        "EXTREME_POSE": abs(face.pose.yaw) > asked.yaw or abs(face.pose.pitch) > asked.pitch,
        "LOW_BRIGHTNESS": face.quality.brightness < asked.brightness,
        "LOW_SHARPNESS": face.quality.sharpness < asked.sharpness,
        "LOW_CONFIDENCE": face.calibrated and face.confidence < asked.confidence,
        "SMALL_BOUNDING_BOX": size < asked.size,
        "LOW_FACE_QUALITY": face.quality.brightness > asked.glare or _vague(face, asked, image),
    }
    return [reason for reason, fails in faults.items() if fails]


def _vague(face: Face, asked: Bar, image: Image) -> bool:
    if face.mesh is None:
        return False
    five = points_of(face.landmarks, image.width, image.height)
    return face.mesh.sure < asked.sure or apart(face.mesh, five) > asked.apart

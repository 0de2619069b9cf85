"""What a face shows, drawn over it: the lines of the face, where it points, where the eyes look.

Faces come in the wire's words, in fractions of the upright picture; angles have the wire's signs. Everything is drawn
on a layer of the face's own, some times as large, and shrunk, so that thin lines are smooth on small pictures too.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from PIL import Image, ImageDraw

Face: TypeAlias = Mapping[str, Any]
Place: TypeAlias = tuple[float, float]
Colour: TypeAlias = tuple[int, int, int]

DARK: Colour = (16, 16, 16)
CYAN: Colour = (64, 224, 255)
VIOLET: Colour = (255, 90, 230)
ACROSS, DOWN, AHEAD = (255, 70, 60), (70, 220, 80), (70, 140, 255)
"""The axes of a head: through its ears, its chin and its nose."""

LINES: Sequence[tuple[str, ...]] = (
    ("leftEyeBrowLeft", "leftEyeBrowUp", "leftEyeBrowRight"),
    ("rightEyeBrowLeft", "rightEyeBrowUp", "rightEyeBrowRight"),
    ("leftEyeLeft", "leftEyeUp", "leftEyeRight"),
    ("leftEyeLeft", "leftEyeDown", "leftEyeRight"),
    ("rightEyeLeft", "rightEyeUp", "rightEyeRight"),
    ("rightEyeLeft", "rightEyeDown", "rightEyeRight"),
    ("noseLeft", "nose", "noseRight"),
    ("mouthLeft", "mouthUp", "mouthRight"),
    ("mouthLeft", "mouthDown", "mouthRight"),
    ("upperJawlineLeft", "midJawlineLeft", "chinBottom", "midJawlineRight", "upperJawlineRight"),
)
"""Landmarks that one line goes through: brows, lids, nose, lips, jaw."""

ROOM = 0.7  # of the box's longer side, around it
TIMES, MOST = 4, 3000  # how many times as large a layer is, as long as no side has more pixels
EDGE = 110  # of 255: how dark the edge of a line is
DOTS = 210  # of 255: how much of a mesh's dots is seen
ARROW = 0.75  # of the box's width: how long an arrow is to one side at a right angle
LOOKS_AT = 8.0  # degrees within which eyes look at the camera, for a drawing
SURE = 60.0


def mark(picture: Image.Image, face: Face, thick: float, mesh: Sequence[Place] = ()) -> None:
    """Draw over a face what is known of it, in lines of about `thick` pixels; the picture is changed.

    `mesh` are further points of the face, in fractions of the picture: the dots that all else is read from.
    """
    width, height = picture.size
    box = face["BoundingBox"]
    across, down = box["Width"] * width, box["Height"] * height
    room = ROOM * max(across, down)
    left, top = (max(0, round(edge - room)) for edge in (box["Left"] * width, box["Top"] * height))
    right = min(width, round(box["Left"] * width + across + room))
    bottom = min(height, round(box["Top"] * height + down + room))
    if right - left < 2 or bottom - top < 2:
        return
    times = max(1.0, min(TIMES, MOST / max(right - left, bottom - top)))
    layer = Image.new("RGBA", (round((right - left) * times), round((bottom - top) * times)), (*DARK, 0))
    places = {
        point["Type"]: ((point["X"] * width - left) * times, (point["Y"] * height - top) * times)
        for point in face["Landmarks"]
    }
    pen = _Pen(ImageDraw.Draw(layer), thick * times)
    for x, y in mesh:
        pen.dot(((x * width - left) * times, (y * height - top) * times), pen.thick * 0.8, (*CYAN, DOTS))
    _lines(pen, places)
    _axes(pen, places["nose"], face["Pose"], across * times)
    _gaze(pen, places, face.get("EyeDirection"), across * times)
    smooth = layer.resize((right - left, bottom - top), Image.Resampling.BOX)
    picture.paste(smooth.convert("RGB"), (left, top), smooth.getchannel("A"))


class _Pen:
    """Draws lines and points with a dark edge, which are seen on any ground."""

    def __init__(self, on: ImageDraw.ImageDraw, thick: float) -> None:
        """Take what to draw on, and how thick a line is there."""
        self.on, self.thick = on, thick

    def line(self, points: Sequence[Place], colour: Colour, times: float = 1.0) -> None:
        """Draw a line through points."""
        thick = self.thick * times
        for ink, wide in (((*DARK, EDGE), thick * 2), ((*colour, 255), thick)):
            self.on.line(points, fill=ink, width=max(1, round(wide)), joint="curve")
            for point in (points[0], points[-1]):
                self.dot(point, wide / 2, ink)

    def dot(self, point: Place, radius: float, ink: tuple[int, ...]) -> None:
        """Draw a point."""
        x, y = point
        self.on.ellipse((x - radius, y - radius, x + radius, y + radius), fill=ink)

    def point(self, point: Place, colour: Colour, times: float = 1.3) -> None:
        """Draw a point with its edge."""
        self.dot(point, self.thick * (times + 0.6), (*DARK, 200))
        self.dot(point, self.thick * times, (*colour, 255))

    def arrow(self, start: Place, end: Place, colour: Colour, times: float = 1.0) -> None:
        """Draw a line with a head at its end; a dot where it has no length to speak of."""
        length = math.dist(start, end)
        head = min(length * 0.45, self.thick * 5 * times)
        if length < self.thick:
            self.point(start, colour, times)
            return
        ahead = ((end[0] - start[0]) / length, (end[1] - start[1]) / length)
        neck = (end[0] - ahead[0] * head, end[1] - ahead[1] * head)
        self.line([start, neck], colour, times)
        for ink, more in (((*DARK, EDGE), self.thick * 0.7), ((*colour, 255), 0.0)):
            wide = head * 0.5 + more
            tip = (end[0] + ahead[0] * more * 1.4, end[1] + ahead[1] * more * 1.4)
            back = (neck[0] - ahead[0] * more, neck[1] - ahead[1] * more)
            sides = [(back[0] + sign * ahead[1] * wide, back[1] - sign * ahead[0] * wide) for sign in (1, -1)]
            self.on.polygon([tip, *sides], fill=ink)


def _lines(pen: _Pen, places: Mapping[str, Place]) -> None:
    """Draw the lines of a face, and its points on them, as far as they are told."""
    for line in LINES:
        if all(name in places for name in line):
            pen.line(curve([places[name] for name in line]), CYAN)
    for name, place in places.items():
        if name not in ("leftPupil", "rightPupil"):
            pen.point(place, CYAN, 1.0 if len(places) > 5 else 1.8)


def curve(points: Sequence[Place], steps: int = 8) -> list[Place]:
    """Return a smooth line through points, as many short ones (Catmull and Rom's spline)."""
    around = [points[0], *points, points[-1]]
    smooth = [points[0]]
    for before, start, end, after in zip(around, around[1:], around[2:], around[3:], strict=False):
        for step in range(1, steps + 1):
            t = step / steps
            smooth.append((_between(before[0], start[0], end[0], after[0], t),
                           _between(before[1], start[1], end[1], after[1], t)))  # fmt: skip
    return smooth


def _between(before: float, start: float, end: float, after: float, t: float) -> float:
    return 0.5 * (
        2 * start
        + (end - before) * t
        + (2 * before - 5 * start + 4 * end - after) * t**2
        + (3 * start - before - 3 * end + after) * t**3
    )


def axes(pose: Mapping[str, float]) -> tuple[Place, Place, Place]:
    """Return where a head's axes point in the picture: to its image's right, down, and ahead; each at most 1 long.

    A head is turned by its pitch, then its yaw, then its roll, as `vision.pose` has it.
    """
    pitch, yaw, roll = (math.radians(pose[name]) for name in ("Pitch", "Yaw", "Roll"))

    def turned(x: float, y: float, z: float) -> Place:
        y, z = y * math.cos(pitch) - z * math.sin(pitch), y * math.sin(pitch) + z * math.cos(pitch)
        x = x * math.cos(yaw) + z * math.sin(yaw)
        return x * math.cos(roll) - y * math.sin(roll), x * math.sin(roll) + y * math.cos(roll)

    return turned(1, 0, 0), turned(0, 1, 0), turned(0, 0, 1)


def _axes(pen: _Pen, nose: Place, pose: Mapping[str, float], across: float) -> None:
    """Draw a head's three axes from its nose, the one ahead on top."""
    for (x, y), colour, long in zip(axes(pose), (ACROSS, DOWN, AHEAD), (0.3, 0.3, 0.6), strict=True):
        end = (nose[0] + x * long * across, nose[1] + y * long * across)
        pen.arrow(nose, end, colour, 1.3)


def _gaze(pen: _Pen, places: Mapping[str, Place], gaze: Face | None, across: float) -> None:
    """Draw from each pupil where it looks; a ring round one that looks at the camera; nothing that cannot be told."""
    if gaze is None or gaze["Confidence"] < SURE:
        return
    x = math.sin(math.radians(gaze["Yaw"])) * math.cos(math.radians(gaze["Pitch"]))
    y = -math.sin(math.radians(gaze["Pitch"]))
    for name, eye in (("leftPupil", "eyeLeft"), ("rightPupil", "eyeRight")):
        pupil = places.get(name, places[eye])
        if math.hypot(x, y) < math.sin(math.radians(LOOKS_AT)):
            ring(pen, pupil)
        else:
            pen.arrow(pupil, (pupil[0] + x * ARROW * across, pupil[1] + y * ARROW * across), VIOLET)
            pen.point(pupil, VIOLET, 1.1)


def ring(pen: _Pen, place: Place) -> None:
    """Draw a ring."""
    radius = pen.thick * 3
    corners = (place[0] - radius, place[1] - radius, place[0] + radius, place[1] + radius)
    pen.on.ellipse(corners, outline=(*DARK, EDGE), width=round(pen.thick * 2))
    inside = pen.thick / 2
    inner = (corners[0] + inside, corners[1] + inside, corners[2] - inside, corners[3] - inside)
    pen.on.ellipse(inner, outline=(*VIOLET, 255), width=max(1, round(pen.thick)))

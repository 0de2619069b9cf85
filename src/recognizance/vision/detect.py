"""Where the faces are: which sizes a picture is looked at, and what of all the candidates is a face.

A detector sees well what is 20 to 500 pixels long in the picture it is given. So a picture is looked
at coarsely first (76,800 pixels, 2 ms); where a face fills it, that is all. Otherwise it is looked at
finely (up to 1920 x 1080, where Rekognition promises faces of 40 pixels), and a crowd in a picture
that has more pixels is looked at closely, tile by tile. Areas and not sides set the sizes, so a
panorama gets as much attention as a square. Each look is trusted for the sizes it sees well, and
all trusted candidates vote on the faces together.

A detector finds faces on their side or head down, but puts the points as if they were upright. So a
picture without a sure face is looked at in all four quarter turns, and each tilted face again in a
crop turned upright.

The figures behind the constants: `python -m benchmarks.accuracy_detection`, on 100 pictures of WIDER FACE
and on portraits.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from recognizance.values import Detection, Model, Pixels, Sureness
from recognizance.vision.geometry import (
    NOTHING,
    TEMPLATE,
    Found,
    Numbers,
    areas,
    box_of,
    landmarks_of,
    on_one_line,
    resized,
    suppress,
    together,
    turned,
    turned_back,
    umeyama,
    warp,
)

if TYPE_CHECKING:
    from recognizance.vision.adapters import Candidates

COARSE: Final = 320 * 240
"""Pixels of the first look. A face of a tenth of the picture's side is 25 to 30 pixels there."""
FINE: Final = 1920 * 1080
"""Pixels of the second. "The smallest face is 40 x 40 in a 1920 x 1080 image", larger in proportion above."""
CLOSE: Final = 4 * FINE
"""Pixels of the third, in tiles of `FINE` at most."""
ONE_LOOK: Final = 2 * COARSE
"""Up to here a picture is looked at once, as it is: to shrink it first would save less than it costs."""
GROWN: Final = 2 * ONE_LOOK
"""Pixels that a small picture is enlarged to at most, where precision is worth 5 ms."""

SMALLEST_COARSE: Final = 32.0
LARGEST_FINE: Final = 512.0
LARGEST_CLOSE: Final = 96.0
"""Longer sides, in pixels of the look, between which its candidates are trusted."""
OVERLAP: Final = 128
"""Pixels that tiles share: a face of `LARGEST_CLOSE` is whole in one of them."""

SURE: Final = 0.8
FILLS: Final = 0.05
"""A sure face that covers this share of the picture ends the search, if no small one is to be seen."""
HINT: Final = 0.3
HINT_SIZE: Final = 0.1
"""A candidate this sure and no longer than this share of the longer side hints at small faces."""
CROWD: Final = 8
SMALL: Final = 40.0
"""So many faces below so many pixels in the fine look make a crowd."""

UPRIGHT: Final = 0.9
"""Upright faces that fill a picture score above it, 98 in 100; turned by a quarter or two, fewer than 1 in 100."""
TURNED: Final = 0.85
TURNED_BY: Final = 0.03
"""What the best score of a turned picture has to be, and by how much it has to lead."""

TILTED: Final = 4.0
"""Degrees of roll from which a face is looked at again, upright."""
TURNS: Final = tuple(range(-135, 181, 45))
"""Degrees by which the largest face is turned back, where it is unsure, to see which is best."""
OVERSHOOT: Final = 1.5
"""The detector sees about two thirds of a tilt."""
MOST_TURNS: Final = 4
UPRIGHT_FACE: Final = 96
UPRIGHT_CROP: Final = 192
"""Sides of the face and of the crop, in pixels, when a face is looked at again."""

SILENCED: Final = 0.4
VOTING: Final = 0.5
"""Overlaps above which a candidate is the same face as a better one, and from which it votes on its place."""
MOST_CANDIDATES: Final = 5000


AS_SCORED: Final = Sureness(steepness=1.0, middle=0.0, at_least=0.5)
"""For a detector whose card has no sureness: its scores as percentages, and those from 50 on.

They are no probabilities, so no quality filter asks for one of them (`quality.failings`)."""


def find(
    pixels: Pixels,
    detector: Model[Pixels, Candidates],
    *,
    limit: int = 100,
    sureness: Sureness = AS_SCORED,
    enlarge: bool = False,
) -> list[Detection]:
    """Return up to `limit` faces, largest box first; equal ones from the surest.

    With `enlarge` a small picture is looked at up to twice as large, for truer points. With a `limit`
    of 1 small faces are not searched for where a large one is sure. A face whose five points lie on
    one line is left out: it could be neither posed nor compared.
    """
    height, width = pixels.shape[:2]
    quarters, small, first = _first_look(pixels, detector, enlarge=enlarge)
    upright = turned(pixels, quarters)
    candidates = _search(upright, detector, _enlarged(first, small, upright), limit, sureness.at_least)
    found = _faces(candidates, sureness.at_least)
    found = found.pick(np.argsort(-areas(found.boxes), kind="stable")[:limit])
    found = turned_back(_straightened(upright, found, detector), quarters, width, height)
    return [
        Detection(box_of(box, width, height), landmarks_of(points, width, height), sureness.confidence(float(score)))
        for box, points, score in zip(found.boxes, found.points, found.scores, strict=True)
    ]


def _faces(candidates: Found, at_least: float) -> Found:
    found = suppress(candidates, above=SILENCED, voting=VOTING, at_least=at_least)
    whole = [
        bool(area > 0) and not on_one_line(points)
        for area, points in zip(areas(found.boxes), found.points, strict=True)
    ]
    return found.pick(np.asarray(whole, bool))


# Looks


def _first_look(pixels: Pixels, detector: Model[Pixels, Candidates], *, enlarge: bool) -> tuple[int, Pixels, Found]:
    """Return the quarters to turn the picture by (as `np.rot90`), the turned picture as seen, and what it shows."""
    small = _fitting(pixels, COARSE) if _area(pixels) > ONE_LOOK else _grown(pixels) if enlarge else pixels
    first = _look(small, detector)
    if _best(first) >= UPRIGHT:
        return 0, small, first
    turns = [turned(small, quarters) for quarters in (1, 2, 3)]
    seen = _looks(turns, detector)
    best = max(range(3), key=lambda turn: _best(seen[turn]))
    if _best(seen[best]) < max(TURNED, _best(first) + TURNED_BY):
        return 0, small, first
    return best + 1, turns[best], seen[best]


def _search(pixels: Pixels, detector: Model[Pixels, Candidates], first: Found, limit: int, at_least: float) -> Found:
    """Return the trusted candidates of every look that the picture deserves; `first` is the coarse one's."""
    if _area(pixels) <= ONE_LOOK or _filled(pixels, first, limit):
        return first
    scale = _scale(pixels, COARSE)
    trusted = first.pick(first.sizes() * scale >= SMALLEST_COARSE)

    fitting = _fitting(pixels, FINE)
    fine = _look(fitting, detector)
    sizes = fine.sizes()
    small = (sizes < SMALL) & (fine.scores >= at_least)
    looks = [trusted, _enlarged(fine.pick(sizes <= LARGEST_FINE), fitting, pixels)]
    if fitting is not pixels and len(_faces(fine.pick(small), at_least)) >= CROWD:
        looks.append(_close_look(pixels, detector))
    return together(looks)


def _filled(pixels: Pixels, first: Found, limit: int) -> bool:
    """Tell whether a face fills the picture and, where more than one is wanted, no small one shows."""
    height, width = pixels.shape[:2]
    fills = (first.scores >= SURE) & (areas(first.boxes) >= FILLS * width * height)
    small = (first.scores >= HINT) & (first.sizes() < HINT_SIZE * max(width, height))
    return bool(fills.any()) and (limit == 1 or not small.any())


def _close_look(pixels: Pixels, detector: Model[Pixels, Candidates]) -> Found:
    """Return the small candidates of the picture at up to `CLOSE` pixels, tile by tile."""
    large = _fitting(pixels, CLOSE)
    height, width = large.shape[:2]
    kept: list[Found] = []
    for tile in tiles(width, height):
        part = np.ascontiguousarray(large[tile.top : tile.bottom, tile.left : tile.right])
        seen = _look(part, detector).moved((1, 1), (tile.left, tile.top))
        centres = (seen.boxes[:, :2] + seen.boxes[:, 2:]) / 2
        kept.append(seen.pick(tile.owns(centres) & (seen.sizes() <= LARGEST_CLOSE)))
    return _enlarged(together(kept), large, pixels)


@dataclass(frozen=True, slots=True)
class Tile:
    """A part of a picture that is looked at by itself, and the part of it whose faces it may report.

    `core` is left, top, right, bottom; the cores of all tiles cover the plane once.
    """

    left: int
    top: int
    right: int
    bottom: int
    core: tuple[float, float, float, float]

    def owns(self, centres: Numbers) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
        """Tell of each point, shape (n, 2), whether it is in the core."""
        left, top, right, bottom = self.core
        x, y = centres[:, 0], centres[:, 1]
        return (x >= left) & (x < right) & (y >= top) & (y < bottom)


def tiles(width: int, height: int) -> list[Tile]:
    """Return tiles of at most `FINE` pixels that cover the picture and share `OVERLAP` with each neighbour."""
    side = int(math.sqrt(FINE))
    across = _spans(width, side if height > side else FINE // height)
    down = _spans(height, side if width > side else FINE // width)
    return [
        Tile(left, top, right, bottom, (core_left, core_top, core_right, core_bottom))
        for top, bottom, core_top, core_bottom in down
        for left, right, core_left, core_right in across
    ]


def _spans(length: int, most: int) -> list[tuple[int, int, float, float]]:
    """Return begin and end of each part of a length, and of its core; parts are no longer than `most`."""
    if length <= most:
        return [(0, length, -math.inf, math.inf)]
    count = math.ceil((length - OVERLAP) / (most - OVERLAP))
    begins = [round(part * (length - most) / (count - 1)) for part in range(count)]
    borders = [(begins[part] + begins[part - 1] + most) / 2 for part in range(1, count)]
    return [
        (begin, begin + most, low, high)
        for begin, low, high in zip(begins, [-math.inf, *borders], [*borders, math.inf], strict=True)
    ]


def _look(pixels: Pixels, detector: Model[Pixels, Candidates]) -> Found:
    return _looks([pixels], detector)[0]


def _looks(batch: Sequence[Pixels], detector: Model[Pixels, Candidates]) -> list[Found]:
    """Return the candidates of each picture, those dropped that are no numbers or beyond counting."""
    seen: list[Found] = []
    for one in detector(batch):
        found = Found(one.boxes.astype(float), one.points.astype(float), one.scores.astype(float))
        numbers = np.isfinite(found.boxes).all(axis=1) & np.isfinite(found.points).all(axis=(1, 2))
        sound = numbers & np.isfinite(found.scores) & (areas(found.boxes) > 0)
        if not sound.all():
            found = found.pick(sound)
        falling = bool((found.scores[:-1] >= found.scores[1:]).all())
        if not falling or len(found) > MOST_CANDIDATES:
            found = found.pick(np.argsort(-found.scores, kind="stable")[:MOST_CANDIDATES])
        seen.append(found)
    return seen


def _best(found: Found) -> float:
    return float(found.scores.max(initial=0.0))


# Sizes and turns


def _area(pixels: Pixels) -> int:
    return int(pixels.shape[0] * pixels.shape[1])


def _scale(pixels: Pixels, area: int) -> float:
    return min(1.0, math.sqrt(area / _area(pixels)))


def _fitting(pixels: Pixels, area: int) -> Pixels:
    """Return the picture, shrunk to about `area` pixels if it has more."""
    scale = _scale(pixels, area)
    if scale == 1:
        return pixels
    height, width = pixels.shape[:2]
    return resized(pixels, max(1, round(width * scale)), max(1, round(height * scale)))


def _grown(pixels: Pixels) -> Pixels:
    """Return a small picture up to twice as large, to about `GROWN` pixels."""
    scale = min(2.0, math.sqrt(GROWN / _area(pixels)))
    height, width = pixels.shape[:2]
    return resized(pixels, round(width * scale), round(height * scale)) if scale > 1 else pixels


def _enlarged(found: Found, seen: Pixels, pixels: Pixels) -> Found:
    """Return what was found in `seen`, in the pixels of the picture it was made from."""
    return found.moved((pixels.shape[1] / seen.shape[1], pixels.shape[0] / seen.shape[0]))


# Tilted faces


@dataclass(frozen=True, slots=True)
class Tilt:
    """A face being looked at upright: its row, the turn to look at next, and how far off the last was."""

    row: int
    turn: float
    off: float


def tilt(points: Numbers) -> float:
    """Return by how many degrees five points are turned clockwise against the template's."""
    matrix = umeyama(np.asarray(TEMPLATE), points)
    return math.degrees(math.atan2(matrix[1, 0], matrix[0, 0]))


def _straightened(pixels: Pixels, found: Found, detector: Model[Pixels, Candidates]) -> Found:
    """Return the same faces, the points of the tilted ones taken from crops in which they are upright."""
    points, scores = found.points.copy(), found.scores.copy()
    tilts = [_first_tilt(pixels, found.pick(np.array([row])), row, detector) for row in range(len(found))]
    for _ in range(MOST_TURNS):
        tilts = [one for one in tilts if abs(one.off) >= TILTED]
        following: list[Tilt] = []
        crops = [_upright_crop(found.boxes[one.row], one.turn) for one in tilts]
        seen = _look_upright(pixels, crops, detector)
        for one, crop, middle in zip(tilts, crops, seen, strict=True):
            if not len(middle) or middle.scores[0] < min(SURE, scores[one.row]):
                continue
            points[one.row] = (middle.points[0] - crop[:, 2]) @ np.linalg.inv(crop[:, :2]).T
            scores[one.row] = max(scores[one.row], middle.scores[0])
            off = tilt(middle.points[0])
            following.append(replace(one, turn=one.turn + OVERSHOOT * off, off=off))
        tilts = following
    return Found(found.boxes, points, scores)


def _first_tilt(pixels: Pixels, face: Found, row: int, detector: Model[Pixels, Candidates]) -> Tilt:
    """Return from where to begin: the tilt of the points, or, for the largest face if unsure, the best of all turns."""
    off = tilt(face.points[0])
    if row > 0 or face.scores[0] >= UPRIGHT:
        return Tilt(row, OVERSHOOT * off, off)
    seen = _look_upright(pixels, [_upright_crop(face.boxes[0], turn) for turn in TURNS], detector)
    scores = [_best(middle) for middle in seen]
    best = int(np.argmax(scores))
    if TURNS[best] == 0 or scores[best] < max(TURNED, face.scores[0] + TURNED_BY):
        return Tilt(row, OVERSHOOT * off, off)
    return Tilt(row, TURNS[best] + OVERSHOOT * tilt(seen[best].points[0]), 180.0)


def _look_upright(pixels: Pixels, crops: Sequence[Numbers], detector: Model[Pixels, Candidates]) -> list[Found]:
    """Return the face in the middle of each crop that a matrix cuts, best first, if there is one."""
    seen = _looks([warp(pixels, crop, UPRIGHT_CROP) for crop in crops], detector) if crops else []
    return [_in_the_middle(candidates) for candidates in seen]


def _upright_crop(box: Numbers, turn: float) -> Numbers:
    """Return the matrix that brings a box to the middle of the crop, turned back by `turn` degrees."""
    scale = UPRIGHT_FACE / float(max(box[2] - box[0], box[3] - box[1]))
    cosine, sine = scale * math.cos(math.radians(turn)), scale * math.sin(math.radians(turn))
    linear = np.array([[cosine, sine], [-sine, cosine]])
    return np.column_stack([linear, UPRIGHT_CROP / 2 - linear @ (box[:2] + box[2:]) / 2])


def _in_the_middle(candidates: Found) -> Found:
    """Return the best face whose centre is within a third of the face's size from the crop's, if any."""
    found = _faces(candidates, HINT)
    away = np.linalg.norm((found.boxes[:, :2] + found.boxes[:, 2:]) / 2 - UPRIGHT_CROP / 2, axis=1)
    return found.pick(away <= UPRIGHT_FACE / 3) if len(found) else NOTHING

"""What faces show, written beside them: never over a face, and in a margin where there is not room for all."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from PIL import Image, ImageDraw, ImageFont

Corners: TypeAlias = tuple[float, float, float, float]
"""Left, top, right, bottom, in pixels."""
Font: TypeAlias = ImageFont.FreeTypeFont | ImageFont.ImageFont

PAPER, DARK, YELLOW = "#ffffff", (16, 16, 16), "#ffd60a"
VEIL = 0.72  # how much of the picture the ground of a caption hides
WIDEST = 17  # letters' heights that a line may be long
HEAD = 2.1  # letters' heights above the lines, for the number
SIZES = (1 / 52, 12.0)  # a letter's height, of the picture's longer side, and in pixels at least


@dataclass(frozen=True, slots=True)
class Caption:
    """What stands beside the face of that number, and the corners of the face's box."""

    number: int
    lines: Sequence[str]
    face: Corners


@dataclass(frozen=True, slots=True)
class _Set:
    """A caption set in letters: its lines and how much room they and the number above them take."""

    caption: Caption
    rows: Sequence[str]
    width: float
    height: float


def beside(picture: Image.Image, captions: Sequence[Caption], taken: Sequence[Corners]) -> Image.Image:
    """Return the picture with every caption beside its face, clear of what is taken; else with all of them in a margin.

    The picture that was given may be changed.
    """
    if not captions:
        return picture
    letters = ImageFont.load_default(max(SIZES[1], max(picture.size) * SIZES[0]))
    ready = [_set(one, letters) for one in captions]
    places = _placed(ready, letters, taken, picture.size)
    if places is None:
        return _with_margin(picture, ready, letters)
    for one, place in zip(ready, places, strict=True):
        _veil(picture, place)
        _write(ImageDraw.Draw(picture), one, place[:2], letters)
    return picture


def _set(caption: Caption, letters: Font) -> _Set:
    size = _size(letters)
    rows = [row for line in caption.lines for row in _wrapped(line, letters, WIDEST * size)]
    width = max(letters.getlength(row) for row in rows) + 1.2 * size
    return _Set(caption, rows, width, HEAD * size + _step(letters) * len(rows) + 0.6 * size)


def _placed(
    ready: Sequence[_Set], letters: Font, taken: Sequence[Corners], size: tuple[int, int]
) -> list[Corners] | None:
    """Return where each caption stands; None where not all of them have room."""
    full, places = list(taken), list[Corners]()
    for one in ready:
        place = next((at for at in _places(one, letters) if _free(at, full, size)), None)
        if place is None:
            return None
        full.append(place)
        places.append(place)
    return places


def _size(letters: Font) -> float:
    return float(getattr(letters, "size", SIZES[1]))


def _step(letters: Font) -> float:
    return 1.28 * _size(letters)


def _wrapped(text: str, letters: Font, width: float) -> Iterator[str]:
    """Yield lines of at most that width; what follows the first is set in."""
    row = ""
    for word in text.split():
        longer = f"{row} {word}" if row else word
        if row.strip() and letters.getlength(longer) > width:
            yield row
            row = f"   {word}"
        else:
            row = longer
    yield row


def _places(found: _Set, letters: Font) -> Iterator[Corners]:
    """Yield where a caption may stand, best first: right of its face, left of it, below and above, then further off."""
    left, top, right, bottom = found.caption.face
    gap = _size(letters) * 0.6
    wide, high = found.width, found.height
    levels = (top, bottom - high, (top + bottom - high) / 2, top - high / 2, bottom - high / 2)
    columns = (left, right - wide, (left + right - wide) / 2)
    for away in (gap, 2.5 * gap, 5 * gap):
        sides = [(x, y) for x in (right + away, left - away - wide) for y in levels]
        ends = [(x, y) for y in (bottom + away, top - away - high) for x in columns]
        for x, y in itertools.chain(sides, ends):
            yield x, y, x + wide, y + high


def _free(place: Corners, taken: Sequence[Corners], size: tuple[int, int]) -> bool:
    left, top, right, bottom = place
    inside = left >= 0 and top >= 0 and right <= size[0] and bottom <= size[1]
    return inside and not any(
        left < other[2] and other[0] < right and top < other[3] and other[1] < bottom for other in taken
    )


def _veil(picture: Image.Image, place: Corners) -> None:
    left, top, right, bottom = (round(edge) for edge in place)
    ground = picture.crop((left, top, right, bottom))
    picture.paste(Image.blend(ground, Image.new("RGB", ground.size, DARK), VEIL), (left, top))


def _write(pen: ImageDraw.ImageDraw, one: _Set, corner: tuple[float, float], letters: Font) -> None:
    """Write a caption under its number."""
    size = _size(letters)
    x, y = corner[0] + 0.6 * size, corner[1] + 0.4 * size
    number = f" {one.caption.number} "
    pen.rectangle((x, y, x + letters.getlength(number), y + 1.25 * size), fill=YELLOW)
    pen.text((x, y + 0.08 * size), number, DARK, letters)
    for at, row in enumerate(one.rows):
        pen.text((x, y + (HEAD - 0.3) * size + at * _step(letters)), row, PAPER, letters)


def _with_margin(picture: Image.Image, ready: Sequence[_Set], letters: Font) -> Image.Image:
    """Return the picture with captions in columns right of it or below it, whichever leaves its longer side shorter."""
    wide, high = max(one.width for one in ready), picture.height
    right = next(found for count in itertools.count(1) if _tall(found := _columns(ready, count)) <= high
                 or count >= len(ready))  # fmt: skip
    count = min(max(1, int(picture.width // wide)), len(ready))
    below = [list(ready[at::count]) for at in range(count)]  # read across, as a picture's faces are
    sizes = (
        (picture.width + wide * len(right), max(high, _tall(right))),
        (max(picture.width, wide * len(below)), high + _tall(below)),
    )
    at_right = max(sizes[0]) <= max(sizes[1])
    columns, size = (right, sizes[0]) if at_right else (below, sizes[1])
    page = Image.new("RGB", (round(size[0]), round(size[1])), DARK)
    page.paste(picture, (0, 0))
    pen = ImageDraw.Draw(page)
    for place, column in enumerate(columns):
        x, y = (picture.width if at_right else 0) + place * wide, 0.0 if at_right else float(high)
        for one in column:
            _write(pen, one, (x, y), letters)
            y += one.height
    return page


def _columns(ready: Sequence[_Set], count: int) -> list[list[_Set]]:
    """Return captions in so many columns, in order, about as many in each."""
    each = -(-len(ready) // count)
    return [list(ready[at : at + each]) for at in range(0, len(ready), each)]


def _tall(columns: Sequence[Sequence[_Set]]) -> float:
    return max(sum(one.height for one in column) for column in columns)

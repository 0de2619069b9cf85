"""Faces drawn on pictures: the only place of the command line that decodes and draws.

Faces come in the wire's words (`BoundingBox`, `Landmarks`, `Confidence`), in fractions of the upright
picture. Everything drawn is scaled to the picture and to the face, and has a dark edge so that it can be
seen on any ground. Copies carry no metadata of the original: no place, no camera, no owner.
"""

from __future__ import annotations

import io
import unicodedata
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

from PIL import Image, ImageDraw, ImageFont, ImageOps, features

from recognizance.cli import attributes, captions, marking
from recognizance.cli.failures import Wrong

Face: TypeAlias = Mapping[str, Any]
Picture: TypeAlias = Image.Image
Font: TypeAlias = ImageFont.FreeTypeFont | ImageFont.ImageFont

ORIENTATION = 0x0112  # the EXIF tag
LEAST_SIDE = 900  # a smaller picture is enlarged, or its labels would hide its faces
LEAST_FACE = 64  # likewise one with narrower faces, as far as
MOST_SIDE = 2400  # this
YELLOW, CYAN, DARK, PAPER, GREY = "#ffd60a", "#40e0ff", "#101010", "#ffffff", "#8a8a8a"
CROP = 420
SMALL = 19
SHOWN, GAP, LETTER, PER_ROW = 224, 24, 36, 5  # of a line-up: a face's side, space between, room for a letter
FONTS = (
    "DejaVuSans.ttf", "NotoSans-Regular.ttf", "LiberationSans-Regular.ttf", "Arial.ttf", "arial.ttf", "Helvetica.ttc",
    "NotoSansCJK-Regular.ttc", "Arial Unicode.ttf", "PingFang.ttc", "Hiragino Sans GB.ttc", "msyh.ttc", "msgothic.ttc",
    "malgun.ttf",
)  # fmt: skip
"""Tried in this order, where Pillow looks for them, when the built-in font lacks a letter."""
NOT_A_LETTER = "\U0010ffff"  # no font has it, so it shows what a font draws for what it lacks
MARGIN = 0.45  # of the face's longer side, around it in a crop


def size(content: bytes) -> tuple[int, int]:
    """Return width and height of the upright picture, from its header."""
    picture = _opened(content)
    turned = picture.format != "PNG" and picture.getexif().get(ORIENTATION, 1) in (5, 6, 7, 8)
    return (picture.height, picture.width) if turned else (picture.width, picture.height)


def upright(content: bytes) -> Picture:
    """Return the picture as RGB, turned as EXIF says if it is a JPEG; what is transparent becomes white.

    A PNG stays as it is, as on the wire.
    """
    picture = _opened(content)
    try:
        picture.load()
    except (OSError, SyntaxError, ValueError) as error:
        raise Wrong(f"the picture cannot be decoded for drawing: {error}") from None
    if picture.format != "PNG":
        picture = ImageOps.exif_transpose(picture)
    return _rgb(picture)


def _opened(content: bytes) -> Picture:
    try:
        with warnings.catch_warnings():
            # The service has taken this picture, within its own limits: Pillow's need not speak as well.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            return Image.open(io.BytesIO(content), formats=("JPEG", "PNG", "MPO"))
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise Wrong(f"the picture cannot be opened for drawing: {error}") from None


def _rgb(picture: Picture) -> Picture:
    if picture.mode.startswith("I"):  # 16 bits a sample; Pillow would clip them to 8
        return picture.convert("I").point(lambda value: value * (1 / 257)).convert("L").convert("RGB")
    if picture.has_transparency_data:
        seen = picture.convert("RGBA")
        ground = Image.new("RGBA", seen.size, PAPER)
        return Image.alpha_composite(ground, seen).convert("RGB")
    return picture.convert("RGB")


def save(picture: Picture, path: Path) -> None:
    """Write the picture as JPEG or PNG, as the name's ending says."""
    picture.save(path, quality=92)


def with_faces(picture: Picture, faces: Sequence[Face], meshes: Sequence[Sequence[marking.Place]] = ()) -> Picture:
    """Return a copy with every face's box, points, number and confidence, and what else was asked of it.

    Faces are numbered from 1 in the order given. A small picture, or one with small faces, is enlarged
    first. Where a face is still too small for its confidence, the number stands alone. What a face shows
    stands beside it, and where that would cover a face, in a margin that is added. `meshes` are further points of each
    face, in fractions of the picture, where there are any.
    """
    drawn = _large_enough(picture, faces)
    pen = ImageDraw.Draw(drawn)
    dots = meshes or [()] * len(faces)
    for face, mesh in reversed([*zip(faces, dots, strict=True)]):  # the larger ones last and so on top, as are labels
        if attributes.described(face):
            left, _, right, _ = _corners(face, drawn.size)
            marking.mark(drawn, face, max(0.7, min(max(drawn.size) / 500, (right - left) / 110)), mesh)
        else:
            _points(pen, face, drawn.size)
        _box(pen, face, drawn.size)
    labels = [_label(pen, face, number, drawn.size) for number, face in reversed([*enumerate(faces, 1)])]
    told = [captions.Caption(number, [*attributes.short(face)], _corners(face, drawn.size))
            for number, face in enumerate(faces, 1) if attributes.described(face)]  # fmt: skip
    return captions.beside(drawn, told, [*labels, *(_corners(face, drawn.size) for face in faces)])


def _large_enough(picture: Picture, faces: Sequence[Face]) -> Picture:
    longer = max(picture.size)
    narrowest = min((face["BoundingBox"]["Width"] * picture.width for face in faces), default=float(LEAST_FACE))
    times = max(LEAST_SIDE / longer, min(LEAST_FACE / narrowest, MOST_SIDE / longer))
    if times <= 1:
        return picture.copy()
    wide, high = (max(1, round(side * times)) for side in picture.size)
    return picture.resize((wide, high), Image.Resampling.LANCZOS)


def _corners(face: Face, size: tuple[int, int]) -> tuple[float, float, float, float]:
    """Return left, top, right, bottom in pixels of a picture of that size."""
    box, (width, height) = face["BoundingBox"], size
    left, top = box["Left"] * width, box["Top"] * height
    return left, top, left + box["Width"] * width, top + box["Height"] * height


def _line(size: tuple[int, int], across: float) -> int:
    """Return how thick a line is: seen in the whole picture, yet no eighteenth of a face `across` pixels wide."""
    return max(1, round(min(max(size) / 350, across / 18)))


def _box(pen: ImageDraw.ImageDraw, face: Face, size: tuple[int, int]) -> None:
    left, top, right, bottom = _corners(face, size)
    thick = _line(size, right - left)
    halo = max(1, thick // 2)
    pen.rectangle((left - halo, top - halo, right + halo, bottom + halo), outline=DARK, width=thick + 2 * halo)
    pen.rectangle((left, top, right, bottom), outline=YELLOW, width=thick)


def _points(pen: ImageDraw.ImageDraw, face: Face, size: tuple[int, int]) -> None:
    left, _, right, _ = _corners(face, size)
    radius = max(1.0, min(max(size) / 320, (right - left) / 26))
    for point in face["Landmarks"]:
        x, y = point["X"] * size[0], point["Y"] * size[1]
        edge = radius + max(1.0, radius / 2)
        pen.ellipse((x - edge, y - edge, x + edge, y + edge), fill=DARK)
        pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=CYAN)


def _label(pen: ImageDraw.ImageDraw, face: Face, number: int, size: tuple[int, int]) -> captions.Corners:
    """Write a face's number and confidence at its box, and return the corners of where they are."""
    left, top, right, bottom = _corners(face, size)
    across = right - left
    letters = ImageFont.load_default(max(11.0, min(max(size) / 48, across / 4)))
    text = f"{number}  {face['Confidence']:.1f} %"
    if pen.textlength(text, letters) > max(1.6 * across, 40):
        text = str(number)
    wide, high = pen.textlength(text, letters), _height(letters)
    pad = high / 5
    x = min(max(left, 0), max(0, size[0] - wide - 2 * pad))
    y = top - high - 2 * pad
    if y < 0:
        y = min(max(bottom, 0), size[1] - high - 2 * pad)
    pen.rectangle((x - 1, y - 1, x + wide + 2 * pad + 1, y + high + 2 * pad + 1), fill=DARK)
    pen.rectangle((x, y, x + wide + 2 * pad, y + high + 2 * pad), fill=YELLOW)
    pen.text((x + pad, y + pad), text, DARK, letters, anchor="lt")
    return x, y, x + wide + 2 * pad, y + high + 2 * pad


def _height(letters: Font) -> float:
    _, top, _, bottom = letters.getbbox("0123456789.%", anchor="lt")
    return bottom - top


def side_by_side(
    first: tuple[Picture, Face, str], second: tuple[Picture, Face, str], headline: str, text: Sequence[str]
) -> Picture:
    """Return two faces cut out, of one size, each over its caption, with a headline and lines of text below."""
    gap = 30
    width = 2 * CROP + 3 * gap
    small, large = ImageFont.load_default(SMALL), ImageFont.load_default(46)
    lines = [row for paragraph in text for row in _wrapped(paragraph, small, width - 2 * gap)]
    page = Image.new("RGB", (width, gap + CROP + 46 + 72 + 27 * len(lines) + gap), PAPER)
    pen = ImageDraw.Draw(page)
    for left, (picture, face, caption) in ((gap, first), (2 * gap + CROP, second)):
        page.paste(_crop(picture, face), (left, gap))
        written, letters = _written(caption)
        pen.text((left + CROP / 2, gap + CROP + 26), _fitted(written, letters, CROP), DARK, letters, anchor="mm")
    pen.text((width / 2, gap + CROP + 46 + 36), headline, DARK, large, anchor="mm")
    for at, row in enumerate(lines):
        pen.text((width / 2, gap + CROP + 46 + 72 + 27 * at + 13), row, DARK, small, anchor="mm")
    return page


def line_up(probe: bytes, faces: Sequence[tuple[str, bytes]]) -> Picture:
    """Return the person sought on the left and, right of a line, the others under their letters, all of one size."""
    columns = min(PER_ROW, max(1, len(faces)))
    rows = -(-len(faces) // columns)
    wide, high = SHOWN + GAP, SHOWN + GAP + LETTER
    page = Image.new("RGB", (GAP + wide * (columns + 1) + 2 * GAP, GAP + high * rows), PAPER)
    pen, letters = ImageDraw.Draw(page), ImageFont.load_default(LETTER - 10)
    middle = (page.height - SHOWN - LETTER) // 2
    placed = [(GAP, middle, "sought", probe)]
    for at, (letter, picture) in enumerate(faces):
        placed.append((3 * GAP + wide * (1 + at % columns), GAP + high * (at // columns), letter, picture))
    for left, top, text, picture in placed:
        page.paste(upright(picture).resize((SHOWN, SHOWN), Image.Resampling.LANCZOS), (left, top))
        pen.text((left + SHOWN / 2, top + SHOWN + LETTER / 2), text, DARK, letters, anchor="mm")
    pen.line([(2 * GAP + wide, GAP), (2 * GAP + wide, page.height - GAP)], fill=GREY, width=2)
    return page


def _crop(picture: Picture, face: Face) -> Picture:
    left, top, right, bottom = _corners(face, picture.size)
    half = max(right - left, bottom - top) * (0.5 + MARGIN)
    x, y = (left + right) / 2 - half, (top + bottom) / 2 - half
    times = CROP / (2 * half)
    # What lies outside the picture is grey: black would look like a part of it.
    cut = picture.transform(
        (CROP, CROP),
        Image.Transform.AFFINE,
        (1 / times, 0, x, 0, 1 / times, y),
        Image.Resampling.BICUBIC,
        fillcolor=GREY,
    )
    if times < 1:  # one sample for many pixels would flicker: take them all
        inside = tuple(round(edge) for edge in (x, y, x + 2 * half, y + 2 * half))
        ground = Image.new("RGB", (inside[2] - inside[0], inside[3] - inside[1]), GREY)
        ground.paste(picture, (-inside[0], -inside[1]))
        cut = ground.resize((CROP, CROP), Image.Resampling.LANCZOS)
    pen = ImageDraw.Draw(cut)
    edges = ((left - x) * times, (top - y) * times, (right - x) * times, (bottom - y) * times)
    pen.rectangle([edge + grow for edge, grow in zip(edges, (-1, -1, 1, 1), strict=True)], outline=DARK, width=4)
    pen.rectangle(edges, outline=YELLOW, width=2)
    return cut


def _wrapped(text: str, letters: Font, width: float) -> list[str]:
    rows = [""]
    for word in text.split():
        longer = f"{rows[-1]} {word}".strip()
        if letters.getlength(longer) <= width:
            rows[-1] = longer
        else:
            rows.append(word)
    return rows


def _written(text: str, names: Sequence[str] = FONTS) -> tuple[str, Font]:
    """Return `text` and a font that has all its letters; failing that, with the letters lacking as escapes.

    Of the built-in font and those of the system, the first that lacks least.
    """
    text = unicodedata.normalize("NFC", text)  # some systems keep an accent apart from its letter
    best: Font = ImageFont.load_default(SMALL)
    lacking = _lacking(text, best)
    for name in names:
        if not lacking:
            break
        try:
            letters = ImageFont.truetype(name, SMALL)
        except OSError:
            continue
        if len(less := _lacking(text, letters)) < len(lacking):
            best, lacking = letters, less
    return "".join(sign.encode("unicode_escape").decode() if sign in lacking else sign for sign in text), best


def _lacking(text: str, letters: Font) -> set[str]:
    """Return the letters of `text` that a font has no picture of, or that Pillow could not set in their order."""
    empty = _drawn_alone(NOT_A_LETTER, letters)
    shaped = features.check("raqm")
    return {
        sign
        for sign in set(text)
        if not sign.isascii()
        and (
            (not sign.isspace() and _drawn_alone(sign, letters) == empty)
            or (not shaped and (unicodedata.bidirectional(sign) in ("R", "AL") or unicodedata.combining(sign)))
        )
    }


def _drawn_alone(sign: str, letters: Font) -> bytes:
    drawn = Image.new("L", (3 * SMALL, 2 * SMALL))
    ImageDraw.Draw(drawn).text((SMALL, SMALL / 2), sign, 255, letters)
    return drawn.tobytes()


def _fitted(text: str, letters: Font, width: float) -> str:
    """Return `text`, with its middle left out when it is wider than `width`."""
    keep = len(text)
    shorter = text
    while keep > 2 and letters.getlength(shorter) > width:
        keep -= 1
        shorter = text[: (keep + 1) // 2] + "…" + text[len(text) - keep // 2 :]
    return shorter

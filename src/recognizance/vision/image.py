"""From bytes to an upright picture: what a JPEG or PNG must be before anything looks at it.

A picture is what its leading bytes say; names and content types are never asked. Our own reader
walks the whole file first. It finds the size, refuses what is too large, too small or cut short, and
hands the decoder only the parts that make pixels: no metadata, no colour profile, no compressed text,
no second frame and no trailing bytes ever reach a library.

What is decided here, and why:

- Colour profiles and gamma are ignored: face models are trained on pictures read that way.
- Transparent parts are shown on white, as a page shows them. What lies under full transparency is
  arbitrary, so it must not be analysed.
- Four components (CMYK, YCCK) are read as Adobe writes them, inverted, as browsers read them.
- Of 16 bits the upper 8 are kept.
- A JPEG is turned by its EXIF orientation; a PNG is taken as it is (the service model says so).
- Data that is all there and damaged inside a JPEG scan decodes with a blemish, as everywhere else.
"""

from __future__ import annotations

import hashlib
import re
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from recognizance.errors import ImageTooLarge, InvalidImage, InvalidParameter
from recognizance.values import Image, Pixels

JPEG_START = b"\xff\xd8\xff"
PNG_START = b"\x89PNG\r\n\x1a\n"

MAX_SEGMENTS = 4096  # a JPEG with profile, EXIF and extended XMP has some 500
MAX_CHUNKS = 65536  # a PNG written row by row has one per row and pass, 30 000 at our largest side
MAX_SCANS = 64  # libjpeg writes 10 and the best optimisers under 30; each one costs a walk over all pixels
MOST_PIXELS = 1024  # of one byte of coded JPEG data: 64 take a bit of the first scan; halved for odd samplings
MAX_INFLATION = 1032  # what deflate can make of one byte
EXCESS = 1 << 27  # bytes that any PNG may unpack to, needed or not: some 0.3 s
ROWS_AT_ONCE = 256  # transparency is resolved in strips: working memory stays small

FRAMES = {0xC0, 0xC1, 0xC2}  # baseline, extended and progressive, all Huffman: what the world writes
OTHER_FRAMES = {0xC3, 0xC5, 0xC6, 0xC7, 0xC8, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF}
TABLES = {0xC4, 0xDB, 0xDD}  # Huffman, quantisation, restart interval
BARE = {0x01, *range(0xD0, 0xD8)}  # markers without a length
SCAN, END, APP_JFIF, APP_EXIF, APP_ADOBE = 0xDA, 0xD9, 0xE0, 0xE1, 0xEE

MARKER = re.compile(rb"\xff[^\x00\xff]")
AFTER_SCAN = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]")  # in coded data FF00 is a byte FF and FFD0..7 restarts

DEPTHS = {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}  # per PNG colour type
GREY, TRUE, PALETTE, GREY_ALPHA, TRUE_ALPHA = 0, 2, 3, 4, 6
CHANNELS = {GREY: 1, TRUE: 3, PALETTE: 1, GREY_ALPHA: 2, TRUE_ALPHA: 4}

REDUCED = {2: cv2.IMREAD_REDUCED_COLOR_2, 4: cv2.IMREAD_REDUCED_COLOR_4, 8: cv2.IMREAD_REDUCED_COLOR_8}
AS_RGB = cv2.IMREAD_COLOR_RGB | cv2.IMREAD_IGNORE_ORIENTATION


@dataclass(frozen=True, slots=True)
class Limits:
    """How small and how large a picture may be, in pixels.

    The sides are Rekognition's. `max_pixels` bounds memory: decoding takes at most about 9 bytes a
    pixel (a progressive JPEG without subsampling), or 16 for a PNG of 16 bits with transparency,
    which therefore counts double.
    """

    min_side: int = 80
    max_side: int = 10_000
    max_pixels: int = 100_000_000


@dataclass(frozen=True, slots=True)
class Jpeg:
    """What a JPEG's segments say, and the segments that make its pixels.

    Sides are as stored; `coded` is the size of its scans in bytes.
    """

    width: int
    height: int
    orientation: int
    coded: int
    needed: bytes


@dataclass(frozen=True, slots=True)
class Png:
    """What a PNG's chunks say, and the chunks that make its pixels.

    `channels` are samples a pixel; `transparent` is whether any pixel may be, `key` the grey value that
    is, in samples as stored; `filled` are the pieces of the compressed pixels.
    """

    width: int
    height: int
    depth: int
    channels: int
    transparent: bool
    key: int | None
    filled: tuple[memoryview, ...]
    needed: bytes


@dataclass(frozen=True, slots=True)
class Sent:
    """A picture as it came, walked whole and within the limits, and not yet decoded.

    `weight` is its pixels, counted twice where decoding takes twice the memory.
    """

    data: bytes
    header: Jpeg | Png
    weight: int


def decode(data: bytes, *, limits: Limits | None = None, at_least: int | None = None) -> Image:
    """Return the picture, upright, as read-only RGB, with the SHA-256 of `data`.

    With `at_least`, a JPEG whose longer side is two, four or eight times that is decoded at a half,
    a quarter or an eighth of its size, which costs far less; its longer side stays `at_least` or more.

    Raises what `inspect` does, and `InvalidImage` when the pixels turn out not to be there.
    """
    return develop(inspect(data, limits=limits), at_least=at_least)


def inspect(data: bytes, *, limits: Limits | None = None) -> Sent:
    """Walk the bytes of a picture without decoding it, and return what there is to decode.

    Raises `InvalidImage` for anything but a whole JPEG or PNG, `ImageTooLarge` above the limits and
    `InvalidParameter` below them.
    """
    limits = limits or Limits()
    if data.startswith(JPEG_START):
        jpeg = read_jpeg(data)
        turned = jpeg.orientation >= 5
        _check(jpeg.height if turned else jpeg.width, jpeg.width if turned else jpeg.height, 1, limits)
        if jpeg.width * jpeg.height > jpeg.coded * MOST_PIXELS:
            raise _broken("the JPEG has far less data than pixels")
        return Sent(data, jpeg, jpeg.width * jpeg.height)
    if data.startswith(PNG_START):
        png = read_png(data)
        weight = 2 if png.transparent and png.depth == 16 else 1
        _check(png.width, png.height, weight, limits)
        _check_weight(png)
        return Sent(data, png, png.width * png.height * weight)
    raise InvalidImage("Request has invalid image format")  # AWS's words


def develop(sent: Sent, *, at_least: int | None = None) -> Image:
    """Decode a picture that `inspect` has passed; `at_least` as for `decode`. Raises `InvalidImage`."""
    header = sent.header
    if isinstance(header, Jpeg):
        pixels = _upright(_jpeg_pixels(header, at_least), header.orientation)
    else:
        pixels = _png_pixels(header)
    pixels.setflags(write=False)
    return Image(pixels=pixels, digest=hashlib.sha256(sent.data).hexdigest())


def _check(width: int, height: int, weight: int, limits: Limits) -> None:
    if max(width, height) > limits.max_side:
        raise ImageTooLarge(
            f"Input image dimensions {width} x {height} exceed maximum dimension size of {limits.max_side} pixels"
        )
    if width * height * weight > limits.max_pixels:
        most = limits.max_pixels // weight
        raise ImageTooLarge(f"Input image dimensions {width} x {height} exceed the maximum of {most} pixels in all")
    if min(width, height) < limits.min_side:
        raise InvalidParameter(
            f"Input image dimensions {width} x {height} are below the minimum of {limits.min_side} pixels a side"
        )


def _broken(what: str) -> InvalidImage:
    return InvalidImage(f"Request has invalid image format: {what}")


# JPEG


def read_jpeg(data: bytes) -> Jpeg:
    """Walk a JPEG to its end marker. Raises `InvalidImage` when it is not one, whole, that we read.

    What follows the end marker, further frames included, is no part of the picture.
    """
    frame: tuple[int, int] | None = None
    orientation: int | None = None
    kept = [b"\xff\xd8"]
    scans = coded = 0
    for marker, start, end in _segments(data):
        body = data[start + 4 : end] if marker != SCAN else b""
        if marker in OTHER_FRAMES:
            raise _broken("only baseline and progressive Huffman JPEGs of 8 bits are read")
        if marker in FRAMES:
            if frame:
                raise _broken("the JPEG has two frame headers")
            frame = _jpeg_size(body)
        elif marker == APP_EXIF:
            if orientation is None and body.startswith(b"Exif\0"):
                orientation = exif_orientation(body[6:])
            continue
        elif marker == SCAN:
            scans += 1
            coded += end - start
            if not frame:
                raise _broken("the JPEG has a scan before its frame header")
            if scans > MAX_SCANS:
                raise _broken(f"the JPEG has more than {MAX_SCANS} scans")
        elif not (
            marker in TABLES
            or (marker == APP_JFIF and body.startswith(b"JFIF\0"))
            or (marker == APP_ADOBE and body.startswith(b"Adobe"))
        ):
            continue
        kept.append(data[start:end])
    if not frame or not scans:
        raise _broken("the JPEG has no picture in it")
    kept.append(b"\xff\xd9")
    return Jpeg(width=frame[0], height=frame[1], orientation=orientation or 1, coded=coded, needed=b"".join(kept))


def _segments(data: bytes) -> Iterator[tuple[int, int, int]]:
    """Yield marker, start and end of each segment up to the end marker; a scan's coded data belongs to it.

    Bytes between segments are skipped, as every reader does.
    """
    at = 2
    for _ in range(MAX_SEGMENTS):
        found = MARKER.search(data, at)
        if not found:
            raise _broken("the JPEG is cut short")
        start, marker = found.start(), data[found.start() + 1]
        if marker == END:
            return
        if marker in BARE:
            at = start + 2
            continue
        if start + 4 > len(data):
            raise _broken("the JPEG is cut short")
        length = int.from_bytes(data[start + 2 : start + 4], "big")
        at = start + 2 + length
        if length < 2 or at > len(data):
            raise _broken("a segment of the JPEG is longer or shorter than it can be")
        if marker == SCAN:
            following = AFTER_SCAN.search(data, at)
            if not following:
                raise _broken("the JPEG is cut short")
            at = following.start()
        yield marker, start, at
    raise _broken(f"the JPEG has more than {MAX_SEGMENTS} segments")


def _jpeg_size(body: bytes) -> tuple[int, int]:
    """Return width and height from a frame header's body."""
    if len(body) < 6:
        raise _broken("the JPEG's frame header is too short")
    depth, height, width, components = struct.unpack(">BHHB", body[:6])
    if depth != 8:
        raise _broken("only baseline and progressive Huffman JPEGs of 8 bits are read")
    if components not in (1, 3, 4) or len(body) != 6 + 3 * components:
        raise _broken("the JPEG's frame header names an impossible number of components")
    if not (width and height):
        raise _broken("the JPEG's width or height is 0")
    return width, height


def exif_orientation(tiff: bytes) -> int:
    """Return the EXIF orientation, 1 to 8, from a TIFF structure; 1 (as stored) where it cannot be read."""
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(tiff[:4])
    if not order or len(tiff) < 8:
        return 1
    (at,) = struct.unpack_from(f"{order}I", tiff, 4)
    if at + 2 > len(tiff):
        return 1
    (count,) = struct.unpack_from(f"{order}H", tiff, at)
    for entry in range(at + 2, min(at + 2 + 12 * count, len(tiff) - 11), 12):
        tag, kind, values = struct.unpack_from(f"{order}HHI", tiff, entry)
        if tag == 0x0112:
            code = {3: "H", 4: "I"}.get(kind)  # SHORT by the standard, LONG by some writers
            value = struct.unpack_from(f"{order}{code}", tiff, entry + 8)[0] if code and values == 1 else 1
            return value if 1 <= value <= 8 else 1
    return 1


def _jpeg_pixels(jpeg: Jpeg, at_least: int | None) -> Pixels:
    part = _reduction(max(jpeg.width, jpeg.height), at_least)
    pixels = _imdecode(jpeg.needed, REDUCED[part] | cv2.IMREAD_IGNORE_ORIENTATION if part > 1 else AS_RGB)
    if pixels.shape != (-(-jpeg.height // part), -(-jpeg.width // part), 3):
        raise _broken("the JPEG's data does not fit its header")
    return _typed(cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB)) if part > 1 else pixels


def _reduction(longer: int, at_least: int | None) -> int:
    if at_least is None:
        return 1
    return max((part for part in REDUCED if longer // part >= at_least), default=1)


def _upright(pixels: Pixels, orientation: int) -> Pixels:
    match orientation:
        case 2:
            return _typed(cv2.flip(pixels, 1))
        case 3:
            return _typed(cv2.rotate(pixels, cv2.ROTATE_180))
        case 4:
            return _typed(cv2.flip(pixels, 0))
        case 5:
            return _typed(cv2.transpose(pixels))
        case 6:
            return _typed(cv2.rotate(pixels, cv2.ROTATE_90_CLOCKWISE))
        case 7:
            return _typed(cv2.rotate(cv2.transpose(pixels), cv2.ROTATE_180))
        case 8:
            return _typed(cv2.rotate(pixels, cv2.ROTATE_90_COUNTERCLOCKWISE))
        case _:
            return pixels


# PNG


def read_png(data: bytes) -> Png:
    """Walk a PNG to its end chunk. Raises `InvalidImage` when it is not one, whole, with sound checksums."""
    chunks = _chunks(data)
    kind, start, end = next(chunks, (b"", 0, 0))
    if kind != b"IHDR" or end - start != 25:
        raise _broken("the PNG does not begin with its header")
    width, height, depth, colour, compression, filtering, interlace = struct.unpack(
        ">IIBBBBB", data[start + 8 : end - 4]
    )
    if not (0 < width < 2**31 and 0 < height < 2**31):
        raise _broken("the PNG's width or height is impossible")
    if depth not in DEPTHS.get(colour, ()) or compression or filtering or interlace > 1:
        raise _broken("the PNG's header names a kind of picture that does not exist")

    kept = [PNG_START, data[start:end]]
    transparency = b""
    palette = 0
    filled: list[memoryview] = []
    for kind, start, end in chunks:
        body = end - start - 12
        if kind == b"IDAT":
            filled.append(memoryview(data)[start + 8 : end - 4])
        elif kind == b"PLTE":
            if colour != PALETTE or palette:
                continue  # only a suggestion where pixels carry their own colour
            palette = body // 3
            if filled or body % 3 or not 1 <= palette <= 256:
                raise _broken("the PNG's palette is misplaced or of an impossible size")
        elif kind == b"tRNS":
            fits = {GREY: body == 2, TRUE: body == 6, PALETTE: 1 <= body <= palette}.get(colour, False)
            if not fits or filled or transparency:
                continue  # as every reader does
            transparency = data[start + 8 : end - 4]
        elif kind[0] & 0x20:
            continue  # ancillary by its first letter: text, profiles, times, animation
        else:
            raise _broken("the PNG needs an extension that is not read here")
        kept.append(data[start:end])
    if not filled or (colour == PALETTE and not palette):
        raise _broken("the PNG has no picture in it")
    kept.append(b"\0\0\0\0IEND\xaeB`\x82")
    return Png(
        width=width,
        height=height,
        depth=depth,
        channels=CHANNELS[colour],
        transparent=bool(transparency) or colour in (GREY_ALPHA, TRUE_ALPHA),
        key=int.from_bytes(transparency, "big") if transparency and colour == GREY else None,
        filled=tuple(filled),
        needed=b"".join(kept),
    )


def _check_weight(png: Png) -> None:
    """Refuse data that unpacks to far more or less than the pixels: libpng unpacks it to the end, needed or not."""
    row = -(-png.width * png.depth * png.channels // 8)
    at_most = sum(len(piece) for piece in png.filled) * MAX_INFLATION
    if at_most < row * png.height:
        raise _broken("the PNG has far less data than pixels")
    if at_most <= EXCESS:
        return
    most = 2 * (row + 1) * png.height  # interlacing has more rows, of fewer bytes
    inflater = zlib.decompressobj()
    unpacked = 0
    try:
        for piece in png.filled:
            for at in range(0, len(piece), 4096):
                unpacked += len(inflater.decompress(piece[at : at + 4096]))
                if inflater.eof:
                    return
                if unpacked > most:
                    raise _broken("the PNG has far more data than pixels")
    except zlib.error as error:
        raise _broken("its data cannot be decoded") from error


def _chunks(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Yield kind, start and end of each chunk up to IEND, the checksums of those that matter checked."""
    view = memoryview(data)
    start = len(PNG_START)
    for _ in range(MAX_CHUNKS):
        if start + 12 > len(data):
            raise _broken("the PNG is cut short")
        kind = data[start + 4 : start + 8]
        end = start + 12 + int.from_bytes(data[start : start + 4], "big")
        if end > len(data):
            raise _broken("the PNG is cut short")
        if not kind.isalpha():
            raise _broken("a chunk of the PNG has an impossible name")
        matters = kind == b"tRNS" or not kind[0] & 0x20
        if matters and zlib.crc32(view[start + 4 : end - 4]) != int.from_bytes(data[end - 4 : end], "big"):
            raise _broken("a checksum of the PNG is wrong")
        if kind == b"IEND":
            return
        yield kind, start, end
        start = end
    raise _broken(f"the PNG has more than {MAX_CHUNKS} chunks")


def _png_pixels(png: Png) -> Pixels:
    pixels = _imdecode(png.needed, cv2.IMREAD_UNCHANGED if png.transparent else AS_RGB)
    channels = () if png.key is not None else (4,) if png.transparent else (3,)
    if pixels.shape != (png.height, png.width, *channels):
        raise _broken("the PNG's data does not fit its header")
    if png.key is not None:
        return _keyed_on_white(pixels, png.key, png.depth)
    return _on_white(pixels) if png.transparent else pixels


def _keyed_on_white(grey: Pixels, key: int, depth: int) -> Pixels:
    """Return grey as RGB with the one transparent value white; samples under 8 bits were spread to 8."""
    value = key * 255 // (2**depth - 1) if depth < 8 else key
    through = grey == value
    shown = _eight_bits(grey)
    shown[through] = 255
    return _typed(cv2.cvtColor(shown, cv2.COLOR_GRAY2RGB))


def _on_white(bgra: Pixels) -> Pixels:
    """Return BGRA of 8 or 16 bits as RGB on a white ground."""
    shown = np.empty((*bgra.shape[:2], 3), np.uint8)
    for top in range(0, len(bgra), ROWS_AT_ONCE):
        strip = _eight_bits(bgra[top : top + ROWS_AT_ONCE])
        rows = shown[top : top + ROWS_AT_ONCE]
        cv2.cvtColor(strip, cv2.COLOR_BGRA2RGB, dst=rows)
        alpha = strip[..., 3:]
        if alpha.min() < 255:
            through = np.uint16(255) - alpha
            rows[:] = (rows.astype(np.uint16) * alpha + through * np.uint16(255) + np.uint16(127)) // np.uint16(255)
    return shown


def _eight_bits(samples: Pixels) -> Pixels:
    return (samples >> 8).astype(np.uint8) if samples.dtype == np.uint16 else samples


# Both


def _imdecode(needed: bytes, flags: int) -> Pixels:
    """Decode what was kept. The interpreter's lock is released meanwhile."""
    try:
        pixels = cv2.imdecode(np.frombuffer(needed, np.uint8), flags)
    except cv2.error as error:
        raise _broken("its data cannot be decoded") from error
    if pixels is None:
        raise _broken("its data cannot be decoded")
    return _typed(pixels)


def _typed(pixels: object) -> Pixels:
    """Return what OpenCV gave as what it is: an array of bytes."""
    assert isinstance(pixels, np.ndarray)
    return pixels

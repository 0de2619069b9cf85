"""Test pictures, made here: patterns, never people; common formats by Pillow, odd ones byte by byte."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Pixels = NDArray[np.uint8]

ADAM7 = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
"""Column and row of the first pixel, and the steps between columns and rows, of each pass (PNG, 8.2)."""


def smooth(width: int = 160, height: int = 120) -> Pixels:
    """Return an RGB pattern without symmetry or hard edges, so that codecs change it little."""
    y, x = np.mgrid[0:height, 0:width]
    red, green = x * 255 // max(width - 1, 1), y * 255 // max(height - 1, 1)
    blue = (128 + 100 * np.sin(x / 17) * np.cos(y / 11)).astype(np.int64)
    return np.stack([red, green, blue], axis=-1).astype(np.uint8)


def noise(width: int = 160, height: int = 120, seed: int = 0) -> Pixels:
    """Return random RGB pixels: the worst a codec can meet."""
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


def quarters(width: int = 160, height: int = 120) -> Pixels:
    """Return four plain quarters, red, green, blue, yellow from top left by rows: orientation shows at a glance."""
    pixels = np.empty((height, width, 3), np.uint8)
    pixels[: height // 2, : width // 2] = (220, 20, 20)
    pixels[: height // 2, width // 2 :] = (20, 220, 20)
    pixels[height // 2 :, : width // 2] = (20, 20, 220)
    pixels[height // 2 :, width // 2 :] = (220, 220, 20)
    return pixels


def encoded(pixels: NDArray[np.generic], kind: str = "PNG", mode: str | None = None, **options: object) -> bytes:
    """Return pixels as a file, by Pillow, turned into `mode` first if given."""
    image = Image.fromarray(pixels)
    out = io.BytesIO()
    (image.convert(mode) if mode else image).save(out, kind, **options)
    return out.getvalue()


def jpeg(pixels: Pixels | None = None, **options: object) -> bytes:
    """Return a JPEG without subsampling and of high quality, unless told otherwise."""
    return encoded(smooth() if pixels is None else pixels, "JPEG", **({"quality": 95, "subsampling": 0} | options))


def cmyk_jpeg(channels: NDArray[np.uint8], transform: int | None = 0) -> bytes:
    """Return a JPEG of four components stored as given, its Adobe marker saying `transform`, or no marker."""
    out = io.BytesIO()
    Image.fromarray(255 - channels, "CMYK").save(out, "JPEG", quality=97, subsampling=0)  # Pillow inverts CMYK
    data = out.getvalue()
    at = data.index(b"\xff\xee\x00\x0eAdobe")
    if transform is None:
        return data[:at] + data[at + 16 :]
    return data[: at + 15] + bytes([transform]) + data[at + 16 :]


def segment(marker: int, body: bytes) -> bytes:
    """Return one JPEG segment."""
    return struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body


def after_start(data: bytes, *segments: bytes) -> bytes:
    """Return a JPEG with segments put right after its start marker."""
    return data[:2] + b"".join(segments) + data[2:]


def exif(orientation: int, order: str = ">", kind: int = 3, before: int = 0) -> bytes:
    """Return an EXIF segment with an orientation, as SHORT (3) or LONG (4), after `before` other entries."""
    entries = b"".join(struct.pack(f"{order}HHII", 0x0100 + i, 4, 1, 7) for i in range(before))
    if kind == 3:
        entries += struct.pack(f"{order}HHIHH", 0x0112, 3, 1, orientation, 0)
    else:
        entries += struct.pack(f"{order}HHII", 0x0112, kind, 1, orientation)
    head = b"MM\0*" if order == ">" else b"II*\0"
    tiff = head + struct.pack(f"{order}IH", 8, before + 1) + entries + struct.pack(f"{order}I", 0)
    return segment(0xE1, b"Exif\0\0" + tiff)


def stored_for(upright: Pixels, orientation: int) -> Pixels:
    """Return the pixels as a camera stores them so that `orientation` turns them into `upright`."""
    match orientation:
        case 2:
            stored = upright[:, ::-1]
        case 3:
            stored = upright[::-1, ::-1]
        case 4:
            stored = upright[::-1]
        case 5:
            stored = upright.swapaxes(0, 1)
        case 6:  # the camera was held so that what is up came out on the left
            stored = np.rot90(upright, 1)
        case 7:
            stored = upright.swapaxes(0, 1)[::-1, ::-1]
        case 8:
            stored = np.rot90(upright, -1)
        case _:
            stored = upright
    return np.ascontiguousarray(stored)


def chunk(kind: bytes, body: bytes = b"") -> bytes:
    """Return one PNG chunk, its checksum right."""
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


PNG_START = b"\x89PNG\r\n\x1a\n"
PNG_END = chunk(b"IEND")


def png_header(width: int, height: int, depth: int = 8, colour: int = 2, interlace: int = 0) -> bytes:
    """Return a PNG's first chunk."""
    return chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, interlace))


def png(  # as many arguments as the format has choices
    samples: NDArray[np.integer],
    depth: int,
    colour: int,
    *,
    interlace: int = 0,
    palette: bytes = b"",
    transparency: bytes = b"",
    before: bytes = b"",
    pieces: int = 1,
) -> bytes:
    """Return a PNG of `samples`, shape (height, width, channels), in any depth, colour type and interlacing.

    `before` goes before the data, which is cut into so many chunks.
    """
    height, width = samples.shape[:2]
    passes = ADAM7 if interlace else ((0, 0, 1, 1),)
    rows = b"".join(b"\0" + row for x, y, dx, dy in passes for row in packed(samples[y::dy, x::dx], depth) if row)
    stream = zlib.compress(rows, 6)
    step = -(-len(stream) // pieces)
    return b"".join(
        [
            PNG_START,
            png_header(width, height, depth, colour, interlace),
            chunk(b"PLTE", palette) if palette else b"",
            chunk(b"tRNS", transparency) if transparency else b"",
            before,
            *(chunk(b"IDAT", stream[at : at + step]) for at in range(0, len(stream), step)),
            PNG_END,
        ]
    )


def packed(samples: NDArray[np.integer], depth: int) -> Iterator[bytes]:
    """Yield each row of samples as the bytes PNG stores."""
    for row in samples.reshape(len(samples), -1):
        if depth == 16:
            yield row.astype(">u2").tobytes()
        elif depth == 8:
            yield row.astype(np.uint8).tobytes()
        else:
            bits = (row[:, None].astype(np.uint8) >> np.arange(depth - 1, -1, -1)) & 1
            yield np.packbits(bits.ravel().astype(np.uint8)).tobytes()


def zeros(megabytes: int, before: bytes = b"") -> bytes:
    """Return a zlib stream of `before` and so many million zeros, a thousandth of their size; quick to make."""
    compressor = zlib.compressobj(9)
    head = compressor.compress(before + bytes(1_000_000)) + compressor.flush(zlib.Z_FULL_FLUSH)
    block = compressor.compress(bytes(1_000_000)) + compressor.flush(zlib.Z_FULL_FLUSH)
    return head + block * (megabytes - 1) + b"\3\0" + bytes(4)  # an empty last block and a wrong checksum


# People, as the tiny models see them: a light square is a face, and its tints and surroundings are whose.

ANNA, BRUNO, CLARA, DAVID, EMMA = 17, 2, 131, 159, 619
"""Five people whom the tiny embedder tells apart: no two are 70 % similar."""

TINTS = ((255, 255, 165), (255, 165, 255), (165, 255, 255))


@dataclass(frozen=True)
class Sitter:
    """One face to draw: `side` is 8, 16 or 32 pixels; another `take` is another picture of the same person.

    At 8 pixels it is one face, and fails QualityFilter AUTO for its size. At 32 it passes, and the detector sees
    smaller faces within it, which do not. `other` is a second person mixed in, by `share`.
    """

    person: int
    side: int = 8
    take: int = 0
    other: int | None = None
    share: float = 0.0


EMMAS_SISTER = Sitter(EMMA, other=CLARA, share=0.51)
"""Between 75 and 80 % similar to Emma."""


def people(*sitters: Sitter | int) -> bytes:
    """Return a PNG of people side by side, from left to right; a number is that person, small."""
    tiles = [sitting(one if isinstance(one, Sitter) else Sitter(one)) for one in sitters]
    widths = [-(-tile.shape[1] // 32) * 32 for tile in tiles]  # so that every face fills a cell of the detector
    picture = np.zeros((96, max(96, sum(widths)), 3), np.uint8)
    for tile, left in zip(tiles, np.cumsum([0, *widths]), strict=False):
        picture[: tile.shape[0], left : left + tile.shape[1]] = tile
    return encoded(picture)


def sitting(sitter: Sitter) -> Pixels:
    """Return one face in the middle of a square three times its side."""
    pixels = _drawn(sitter.person, sitter.side)
    if sitter.other is not None:
        pixels = (1 - sitter.share) * pixels + sitter.share * _drawn(sitter.other, sitter.side)
    if sitter.take:
        pixels = pixels + np.random.default_rng([sitter.person, sitter.take]).integers(-20, 21, pixels.shape)
    return np.clip(pixels, 0, 255).astype(np.uint8)


def _drawn(person: int, side: int) -> NDArray[np.float64]:
    random = np.random.default_rng(person)
    pixels = np.kron(random.integers(0, 2, (12, 12, 3)) * 180.0, np.ones((side // 4, side // 4, 1)))
    light = np.array(TINTS)[random.integers(0, 3, (8, 8))]
    pixels[side : 2 * side, side : 2 * side] = np.kron(light, np.ones((side // 8, side // 8, 1)))
    return pixels

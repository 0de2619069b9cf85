import contextlib
import hashlib
import io
import struct
import subprocess
import sys
import threading
import time
import tracemalloc
import zlib

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image as PillowImage
from tests import pictures
from tests.pictures import PNG_END, PNG_START, after_start, chunk, encoded, exif, jpeg, png, png_header, segment, smooth

from recognizance.errors import ImageTooLarge, InvalidImage, InvalidParameter, Refusal
from recognizance.vision import image
from recognizance.vision.image import Limits, decode

ANY_SIZE = Limits(min_side=1)
END = b"\xff\xd9"


def close(pixels, expected, tolerance=6):
    assert pixels.shape == expected.shape
    difference = np.abs(pixels.astype(int) - expected.astype(int))
    return difference.max() <= tolerance


def by_pillow(data):
    return np.asarray(PillowImage.open(io.BytesIO(data)).convert("RGB"))


# What comes out


@pytest.mark.parametrize("data", [jpeg(), encoded(smooth())], ids=["jpeg", "png"])
def test_a_picture_is_read_only_rgb_bytes_in_order(data):
    pixels = decode(data).pixels

    assert pixels.shape == (120, 160, 3)
    assert pixels.dtype == np.uint8
    assert pixels.flags.c_contiguous
    assert not pixels.flags.writeable
    assert close(pixels, smooth(), 8)


def test_the_digest_is_that_of_the_bytes_as_they_came():
    data = jpeg() + b"and a tail"

    assert decode(data).digest == hashlib.sha256(data).hexdigest()


def test_width_and_height_are_those_of_the_picture():
    picture = decode(jpeg(smooth(200, 100)))

    assert (picture.width, picture.height) == (200, 100)


def test_the_same_bytes_give_the_same_pixels_in_every_thread():
    data = [jpeg(pictures.noise(200, 150, seed)) for seed in range(4)]
    expected = [decode(one).pixels for one in data]
    wrong = []

    def work():
        for _ in range(10):
            for one, pixels in zip(data, expected, strict=True):
                if not np.array_equal(decode(one).pixels, pixels):
                    wrong.append(one)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_decoding_lets_other_threads_run(kind):
    data = encoded(pictures.noise(2000, 1500), kind)
    beats, spans = [], []
    done = threading.Event()

    def beat():
        while not done.is_set():
            beats.append(time.perf_counter())
            time.sleep(0.001)

    thread = threading.Thread(target=beat)
    thread.start()
    for _ in range(3):
        started = time.perf_counter()
        decode(data)
        spans.append((started, time.perf_counter()))
    done.set()
    thread.join()
    middles = [(start + (end - start) / 4, end - (end - start) / 4) for start, end in spans]
    assert sum(start < beat < end for beat in beats for start, end in middles) >= 6


# JPEG


@pytest.mark.parametrize(
    "options",
    [
        {"quality": 90},
        {"quality": 90, "progressive": True},
        {"quality": 90, "optimize": True},
        {"quality": 90, "subsampling": "4:2:2"},
        {"quality": 90, "subsampling": "4:2:0"},
        {"quality": 90, "subsampling": "4:1:1"},
        {"quality": 90, "restart_marker_blocks": 3},
        {"quality": 90, "restart_marker_rows": 1, "progressive": True},
        {"quality": 90, "comment": b"FF D9 \xff\xd9 in a comment"},
        {"quality": 90, "dpi": (72, 72)},
        {"quality": 95, "keep_rgb": True},
        {"quality": 1},
        {"quality": 100},
    ],
    ids=str,
)
@pytest.mark.parametrize("size", [(160, 120), (161, 121), (81, 200)], ids=str)
def test_jpegs_of_all_usual_kinds_decode_as_pillow_decodes_them(options, size):
    data = encoded(smooth(*size), "JPEG", **options)

    assert close(decode(data).pixels, by_pillow(data), 1)


def test_a_grey_jpeg_gives_equal_channels():
    grey = smooth()[..., 0]
    pixels = decode(encoded(grey, "JPEG", quality=97)).pixels

    assert close(pixels, np.repeat(grey[..., None], 3, axis=2), 6)
    assert (pixels[..., 0] == pixels[..., 2]).all()


def test_a_cmyk_jpeg_is_read_as_adobe_writes_it():
    rgb = smooth()
    inverted = np.dstack([rgb, np.full(rgb.shape[:2], 255, np.uint8)])

    assert close(decode(pictures.cmyk_jpeg(inverted)).pixels, rgb, 8)


def test_black_ink_darkens_a_cmyk_jpeg():
    rgb = smooth()
    inverted = np.dstack([rgb, np.full(rgb.shape[:2], 128, np.uint8)])
    data = pictures.cmyk_jpeg(inverted)

    assert close(decode(data).pixels, (rgb.astype(int) * 128 // 255).astype(np.uint8), 6)
    assert close(decode(data).pixels, by_pillow(data), 2)


def test_a_ycck_jpeg_is_turned_back_into_rgb():
    rgb = smooth()
    turned = cv2.cvtColor(255 - rgb, cv2.COLOR_RGB2YCrCb)[..., [0, 2, 1]]
    data = pictures.cmyk_jpeg(np.dstack([turned, np.full(rgb.shape[:2], 255, np.uint8)]), transform=2)

    assert close(decode(data).pixels, rgb, 10)
    assert close(decode(data).pixels, by_pillow(data), 2)


def test_four_components_without_a_marker_are_read_inverted_as_browsers_do():
    rgb = smooth()
    inverted = np.dstack([rgb, np.full(rgb.shape[:2], 255, np.uint8)])

    assert close(decode(pictures.cmyk_jpeg(inverted, transform=None)).pixels, rgb, 8)


def test_trailing_bytes_change_nothing():
    expected = decode(jpeg()).pixels

    for tail in (b"\0", b"\n\n", b"\xff" * 9, jpeg(pictures.noise()), b"<?php", bytes(100_000)):
        assert np.array_equal(decode(jpeg() + tail).pixels, expected)


def test_of_several_frames_the_first_is_taken():
    out = io.BytesIO()
    second = PillowImage.fromarray(pictures.noise())
    PillowImage.fromarray(smooth()).save(out, "MPO", save_all=True, append_images=[second], quality=95, subsampling=0)

    assert close(decode(out.getvalue()).pixels, smooth(), 8)


def test_a_thumbnail_in_the_metadata_is_not_mistaken_for_the_picture():
    thumbnail = jpeg(pictures.noise(90, 90))
    data = after_start(jpeg(), segment(0xE1, b"Exif\0\0" + thumbnail), segment(0xE0, b"JFXX\0\x10" + thumbnail))

    assert close(decode(data).pixels, smooth(), 8)


def test_metadata_never_reaches_the_decoder():
    profile = b"ICC_PROFILE\0\x01\x01" + b"x" * 500
    data = after_start(
        jpeg(), exif(6), segment(0xE2, profile), segment(0xFE, b"a comment"), segment(0xED, b"Photoshop")
    )

    needed = image.read_jpeg(data).needed

    assert np.array_equal(by_pillow(needed), by_pillow(jpeg()))
    for trace in (b"Exif", b"ICC_PROFILE", b"a comment", b"Photoshop"):
        assert trace in data
        assert trace not in needed


def test_a_colour_profile_is_ignored():
    assert np.array_equal(
        decode(jpeg(icc_profile=b"not a profile" * 20_000)).pixels, decode(jpeg()).pixels
    )  # over several segments


def test_filling_bytes_and_junk_between_segments_are_skipped():
    data = after_start(jpeg(), b"\xff\xff\xff" + segment(0xFE, b"one"), b"junk", b"\xff\x01")

    assert np.array_equal(decode(data).pixels, decode(jpeg()).pixels)


# Orientation


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("options", [{}, {"order": "<"}, {"kind": 4}, {"kind": 4, "order": "<", "before": 5}], ids=str)
def test_a_jpeg_is_turned_upright(orientation, options):
    upright = pictures.quarters(176, 112)
    data = after_start(jpeg(pictures.stored_for(upright, orientation)), exif(orientation, **options))

    turned = decode(data).pixels

    assert close(turned[4:50, 4:80], upright[4:50, 4:80], 12)
    assert close(turned[60:, 96:], upright[60:, 96:], 12)
    assert turned.shape == upright.shape
    assert turned.flags.c_contiguous


@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientation_agrees_with_pillow_pixel_by_pixel(orientation):
    from PIL import ImageOps

    data = after_start(jpeg(smooth(161, 99)), exif(orientation))
    expected = np.asarray(ImageOps.exif_transpose(PillowImage.open(io.BytesIO(data))))

    assert np.array_equal(decode(data).pixels, expected)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"Exif\0\0",
        b"Exif\0\0II",
        b"Exif\0\0II*\0\x08\0\0",
        b"Exif\0\0II*\0\xff\xff\xff\xff\x01\0",
        b"Exif\0\0MM\0*\0\0\0\x08",
        b"Exif\0\0MM\0*\0\0\0\x08\xff\xff" + b"\0" * 30,
        b"Exif\0\0XX\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0",
        b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x09\0\0",
        b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x00\0\0",
        b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x02\0\0\0\x01\0\x06\0\0",
        b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x02\0\x06\0\x06",
        b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06",
        b"http://ns.adobe.com/xap/1.0/\0<x:xmpmeta tiff:Orientation='6'/>",
    ],
)
def test_exif_that_makes_no_sense_turns_nothing(body):
    assert np.array_equal(decode(after_start(jpeg(), segment(0xE1, body))).pixels, decode(jpeg()).pixels)


@given(st.binary(max_size=80), st.sampled_from([b"II*\0", b"MM\0*", b""]))
def test_no_bytes_upset_the_reading_of_exif(tail, head):
    assert 1 <= image.exif_orientation(head + tail) <= 8


def test_the_first_orientation_counts():
    data = after_start(jpeg(), exif(6), exif(3))

    assert decode(data).pixels.shape == (160, 120, 3)


def test_a_png_is_taken_as_it_is_whatever_its_exif_says():
    tiff = exif(6)[10:]
    data = png(smooth(), 8, 2, before=chunk(b"eXIf", tiff))

    assert np.array_equal(decode(data).pixels, smooth())


# PNG


def grey_ramp(depth, width=96, height=88):
    y, x = np.mgrid[0:height, 0:width]
    return ((x * 7 + y * 3) % 2**depth)[..., None]


def to_eight(samples, depth):
    return (samples >> 8 if depth == 16 else samples * 255 // (2**depth - 1)).astype(np.uint8)


@pytest.mark.parametrize("interlace", [0, 1], ids=["plain", "interlaced"])
@pytest.mark.parametrize("depth", [1, 2, 4, 8, 16])
def test_grey_pngs_of_every_depth(depth, interlace):
    samples = grey_ramp(depth, 97, 83) * (257 if depth == 16 else 1) % 2**depth

    pixels = decode(png(samples, depth, 0, interlace=interlace)).pixels

    assert close(pixels, np.repeat(to_eight(samples, depth), 3, axis=2), 0)


@pytest.mark.parametrize("interlace", [0, 1], ids=["plain", "interlaced"])
@pytest.mark.parametrize("depth", [1, 2, 4, 8])
def test_palette_pngs_of_every_depth(depth, interlace):
    samples = grey_ramp(depth, 97, 83)
    colours = np.random.default_rng(1).integers(0, 256, (2**depth, 3), dtype=np.uint8)

    pixels = decode(png(samples, depth, 3, palette=colours.tobytes(), interlace=interlace)).pixels

    assert np.array_equal(pixels, colours[samples[..., 0]])


@pytest.mark.parametrize("interlace", [0, 1], ids=["plain", "interlaced"])
@pytest.mark.parametrize("depth", [8, 16])
def test_true_colour_pngs_of_every_depth(depth, interlace):
    samples = pictures.noise(97, 83).astype(int) * (257 if depth == 16 else 1)

    pixels = decode(png(samples, depth, 2, interlace=interlace)).pixels

    assert np.array_equal(pixels, to_eight(samples, depth))


def on_white(colour, alpha):
    share = alpha[..., None] / 255
    return np.rint(colour * share + 255 * (1 - share)).astype(np.uint8)


@pytest.mark.parametrize("interlace", [0, 1], ids=["plain", "interlaced"])
@pytest.mark.parametrize("depth", [8, 16])
@pytest.mark.parametrize("colour", [4, 6], ids=["grey", "true colour"])
def test_transparent_parts_are_white(colour, depth, interlace):
    shown = pictures.noise(96, 300)
    shown = shown[..., :1] if colour == 4 else shown
    alpha = grey_ramp(8, 96, 300)
    samples = np.concatenate([shown, alpha], axis=2).astype(int) * (257 if depth == 16 else 1)

    pixels = decode(png(samples, depth, colour, interlace=interlace)).pixels

    assert close(pixels, on_white(np.broadcast_to(shown, (300, 96, 3)), alpha[..., 0]), 1)


def test_what_lies_under_full_transparency_does_not_show():
    hidden = np.concatenate([pictures.noise(), np.zeros((120, 160, 1), np.uint8)], axis=2)

    assert (decode(png(hidden, 8, 6)).pixels == 255).all()


def test_an_opaque_alpha_channel_changes_nothing():
    opaque = np.concatenate([smooth(), np.full((120, 160, 1), 255, np.uint8)], axis=2)

    assert np.array_equal(decode(png(opaque, 8, 6)).pixels, smooth())


@pytest.mark.parametrize("depth", [1, 2, 4, 8, 16])
def test_the_transparent_value_of_a_grey_png_is_white(depth):
    samples = grey_ramp(depth)
    key = 1 if depth < 8 else 5
    expected = to_eight(samples, depth)
    expected[samples == key] = 255

    pixels = decode(png(samples, depth, 0, transparency=struct.pack(">H", key))).pixels

    assert np.array_equal(pixels, np.repeat(expected, 3, axis=2))


@pytest.mark.parametrize("depth", [8, 16])
def test_the_transparent_value_of_a_true_colour_png_is_white(depth):
    samples = pictures.noise(96, 88).astype(int) * (257 if depth == 16 else 1)
    samples[:40, :40] = samples[0, 0]
    expected = to_eight(samples, depth)
    expected[:40, :40] = 255

    pixels = decode(png(samples, depth, 2, transparency=struct.pack(">HHH", *samples[0, 0]))).pixels

    assert np.array_equal(pixels, expected)


def test_transparent_entries_of_a_palette_show_white():
    samples = grey_ramp(2)
    colours = np.array([(10, 20, 30), (40, 50, 60), (70, 80, 90), (100, 110, 120)], np.uint8)
    data = png(samples, 2, 3, palette=colours.tobytes(), transparency=bytes([0, 128]))
    shown = on_white(colours, np.array([0, 128, 255, 255]))

    assert close(decode(data).pixels, shown[samples[..., 0]], 1)


@pytest.mark.parametrize(
    ("colour", "transparency"),
    [(2, b"\0"), (2, b"\0" * 60), (6, b"\0\0"), (0, b"\0\0\0")],
    ids=["short", "long", "beside alpha", "odd"],
)
def test_transparency_that_does_not_fit_is_ignored(colour, transparency):
    samples = {0: grey_ramp(8), 2: smooth(), 6: np.dstack([smooth(), np.full((120, 160), 255)])}[colour]

    with_it = decode(png(samples, 8, colour, transparency=transparency)).pixels

    assert np.array_equal(with_it, decode(png(samples, 8, colour)).pixels)


def test_an_animated_png_shows_its_first_frame():
    out = io.BytesIO()
    second = PillowImage.fromarray(pictures.noise())
    PillowImage.fromarray(smooth()).save(out, "PNG", save_all=True, append_images=[second])
    assert b"acTL" in out.getvalue()

    assert np.array_equal(decode(out.getvalue()).pixels, smooth())


def test_data_may_come_in_many_chunks():
    assert np.array_equal(decode(png(smooth(), 8, 2, pieces=500)).pixels, smooth())


def test_bytes_after_the_end_of_a_png_change_nothing():
    assert np.array_equal(decode(encoded(smooth()) + b"tail" * 1000).pixels, smooth())


@pytest.mark.parametrize(
    "extra",
    [
        chunk(b"gAMA", struct.pack(">I", 200_000)),
        chunk(b"sRGB", b"\0"),
        chunk(b"iCCP", b"name\0\0" + zlib.compress(b"no profile")),
        chunk(b"iCCP", b"no zlib"),
        chunk(b"tEXt", b"Author\0nobody"),
        chunk(b"zTXt", b"broken"),
        chunk(b"sBIT", b"\x05\x05\x05"),
        chunk(b"PLTE", b"\1\2\3"),
        chunk(b"tIME", b"\xff" * 7),
        chunk(b"exTr", b"unheard of"),
        b"\0\0\0\4tEXtabcd\0\0\0\0",
    ],
    ids=["gamma", "sRGB", "profile", "bad profile", "text", "bad text", "bits", "palette", "time", "new", "checksum"],
)
def test_what_makes_no_pixels_is_ignored(extra):
    assert np.array_equal(decode(png(smooth(), 8, 2, before=extra)).pixels, smooth())


# Refused: not a picture


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff",
        b"\xff\xd8",
        b"\x89PNG",
        b"fileb://x.jpg",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"GIF89a" + bytes(100),
        b"BM" + bytes(100),
        b" " + jpeg(),
        bytes(1000),
        encoded(smooth(), "GIF"),
        encoded(smooth(), "BMP"),
        encoded(smooth(), "TIFF"),
        encoded(smooth(), "WEBP"),
        encoded(smooth(), "JPEG2000"),
    ],
    ids=lambda data: repr(data[:12]),
)
def test_only_jpeg_and_png_are_pictures(data):
    with pytest.raises(InvalidImage, match=r"^Request has invalid image format$"):
        decode(data)


@pytest.mark.parametrize(
    "whole",
    [
        jpeg(smooth(96, 80), quality=60),
        jpeg(smooth(96, 80), quality=60, progressive=True),
        png(smooth(96, 80), 8, 2, pieces=3),
    ],
    ids=["jpeg", "progressive", "png"],
)
def test_no_part_of_a_picture_is_taken_for_the_whole(whole):
    assert decode(whole)

    for length in range(len(whole)):
        with pytest.raises(InvalidImage):
            decode(whole[:length])


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_a_header_alone_is_no_picture(kind):
    data = jpeg()
    headers = {
        "JPEG": [data[: data.index(b"\xff\xda")] + END, b"\xff\xd8\xff\xd9", b"\xff\xd8\xff\xe0\0\2" + END],
        "PNG": [PNG_START + png_header(100, 100) + PNG_END, PNG_START + PNG_END, PNG_START],
    }[kind]

    for header in headers:
        with pytest.raises(InvalidImage):
            decode(header)


def jpeg_header(width=100, height=100, *, marker=0xC0, depth=8, components=3):
    entries = b"".join(bytes([i + 1, 0x11, 0]) for i in range(components))
    return segment(marker, struct.pack(">BHHB", depth, height, width, components) + entries)


@pytest.mark.parametrize("marker", [0xC3, 0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF])
def test_unusual_kinds_of_jpeg_are_refused(marker):
    at = jpeg().index(b"\xff\xc0")

    with pytest.raises(InvalidImage):
        decode(jpeg()[: at + 1] + bytes([marker]) + jpeg()[at + 2 :])


@pytest.mark.parametrize(
    "data",
    [
        after_start(jpeg(), jpeg_header(160, 120)),
        after_start(jpeg(), segment(0xDA, b"\1\1\0\0\x3f\0") + b"data"),
        b"\xff\xd8" + jpeg_header(0, 100) + END,
        b"\xff\xd8" + jpeg_header(100, 0) + END,
        b"\xff\xd8" + jpeg_header(depth=12) + END,
        b"\xff\xd8" + jpeg_header(components=2) + END,
        b"\xff\xd8" + jpeg_header(components=0) + END,
        b"\xff\xd8" + jpeg_header()[:-3] + END,
        b"\xff\xd8" + segment(0xC0, b"") + END,
        b"\xff\xd8\xff\xc0\0\0" + END,
        b"\xff\xd8\xff\xc0\0\1" + END,
        b"\xff\xd8\xff\xe1\xff\xff" + END,
        b"\xff\xd8" + jpeg_header() + segment(0xDA, b"\3\1\0\2\0\3\0\0\x3f\0") + b"no tables" + END,
    ],
    ids=[
        "two headers",
        "scan first",
        "no width",
        "no height",
        "12 bits",
        "two components",
        "no components",
        "short header",
        "empty header",
        "length 0",
        "length 1",
        "length beyond",
        "no tables",
    ],
)
def test_jpegs_that_contradict_themselves_are_refused(data):
    with pytest.raises(InvalidImage):
        decode(data)


@pytest.mark.parametrize(
    "data",
    [
        PNG_START + chunk(b"IHDR", b"short") + chunk(b"IDAT") + PNG_END,
        PNG_START + chunk(b"IDAT", zlib.compress(b"x")) + png_header(100, 100) + PNG_END,
        PNG_START + png_header(0, 100) + chunk(b"IDAT") + PNG_END,
        PNG_START + png_header(100, 0) + chunk(b"IDAT") + PNG_END,
        PNG_START + png_header(2**31, 100) + chunk(b"IDAT") + PNG_END,
        PNG_START + png_header(100, 100, 3) + chunk(b"IDAT") + PNG_END,
        PNG_START + png_header(100, 100, 4, 2) + chunk(b"IDAT") + PNG_END,
        PNG_START + png_header(100, 100, 8, 1) + chunk(b"IDAT") + PNG_END,
        PNG_START + png_header(100, 100, 8, 2, 2) + chunk(b"IDAT") + PNG_END,
        PNG_START + png_header(100, 100) + chunk(b"IDAT") + PNG_END,
        PNG_START + png_header(100, 100) + chunk(b"IDAT", b"not zlib") + PNG_END,
        PNG_START + png_header(100, 100) + chunk(b"IDAT", zlib.compress(b"\0" * 100)) + PNG_END,
        png(grey_ramp(8), 8, 3),
        png(grey_ramp(8), 8, 3, palette=b"\1\2"),
        png(grey_ramp(8), 8, 3, palette=b"\0" * 771),
        png(smooth(), 8, 2, before=png_header(160, 120)),
        png(smooth(), 8, 2, before=chunk(b"CgBI", b"\0\0\0\0")),
        png(smooth(), 8, 2, before=chunk(b"a\0b ")),
        png(smooth(), 8, 2, before=b"\xff\xff\xff\xfftEXt"),
    ],
    ids=[
        "short header",
        "data first",
        "no width",
        "no height",
        "width beyond",
        "3 bits",
        "4 bits of colour",
        "colour type 1",
        "interlace 2",
        "empty data",
        "data not zlib",
        "too little data",
        "no palette",
        "bad palette",
        "large palette",
        "two headers",
        "Apple's",
        "bad name",
        "endless chunk",
    ],
)
def test_pngs_that_contradict_themselves_are_refused(data):
    with pytest.raises(InvalidImage):
        decode(data)


@pytest.mark.parametrize("kind", [b"IHDR", b"IDAT", b"IEND"])
def test_a_wrong_checksum_is_noticed(kind):
    data = encoded(smooth())
    at = data.index(kind) + 4 + int.from_bytes(data[data.index(kind) - 4 : data.index(kind)], "big")

    with pytest.raises(InvalidImage, match="checksum"):
        decode(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])


def test_a_png_header_that_lies_is_not_believed():
    with pytest.raises(InvalidImage):
        decode(PNG_START + png_header(161, 120) + encoded(smooth())[33:])
    with pytest.raises(InvalidImage):
        decode(PNG_START + png_header(9000, 9000) + encoded(smooth())[33:])


def test_a_jpeg_of_fewer_rows_than_said_has_the_size_it_says():
    """No reader can tell it from a damaged one: the rows that are missing are plain."""
    data = bytearray(jpeg())
    at = data.index(b"\xff\xc0") + 5
    data[at : at + 2] = struct.pack(">H", 150)

    assert decode(bytes(data)).pixels.shape == (150, 160, 3)


# Refused: sizes


@pytest.mark.parametrize("size", [(79, 200), (200, 79), (1, 1), (79, 79)], ids=str)
def test_a_side_under_80_pixels_is_an_invalid_parameter(size):
    for data in (jpeg(smooth(*size)), encoded(smooth(*size))):
        with pytest.raises(InvalidParameter, match=f"{size[0]} x {size[1]} are below the minimum of 80 pixels"):
            decode(data)


def test_80_pixels_a_side_are_enough():
    assert decode(jpeg(smooth(80, 80))).pixels.shape == (80, 80, 3)


def test_small_pictures_are_taken_where_the_limits_say_so():
    assert decode(encoded(smooth(1, 1)), limits=ANY_SIZE).pixels.shape == (1, 1, 3)
    assert decode(jpeg(smooth(3, 5)), limits=ANY_SIZE).pixels.shape == (5, 3, 3)


def test_a_side_over_10000_pixels_is_refused_in_amazons_words():
    for data in (jpeg(np.zeros((80, 10_001, 3), np.uint8)), encoded(np.zeros((80, 10_001, 3), np.uint8))):
        with pytest.raises(
            ImageTooLarge, match=r"^Input image dimensions 10001 x 80 exceed maximum dimension size of 10000 pixels$"
        ):
            decode(data)


def test_10000_pixels_a_side_are_accepted():
    assert decode(encoded(np.zeros((80, 10_000, 3), np.uint8))).pixels.shape == (80, 10_000, 3)


def test_sizes_are_named_as_the_upright_picture_has_them():
    data = after_start(jpeg(np.zeros((80, 10_001, 3), np.uint8)), exif(6))

    with pytest.raises(ImageTooLarge, match="80 x 10001"):
        decode(data)


def test_too_many_pixels_in_all_are_refused():
    with pytest.raises(ImageTooLarge, match="160 x 120 exceed the maximum of 19199 pixels in all"):
        decode(jpeg(), limits=Limits(max_pixels=19_199))
    assert decode(jpeg(), limits=Limits(max_pixels=19_200))


def test_16_bits_with_transparency_count_double():
    data = png(np.full((120, 160, 4), 40_000), 16, 6)

    with pytest.raises(ImageTooLarge, match="19199 pixels"):
        decode(data, limits=Limits(max_pixels=38_399))
    assert decode(data, limits=Limits(max_pixels=38_400))


# Refused: bombs


def refused_quickly(data, kind=Refusal, within=0.5, memory=20_000_000):
    tracemalloc.start()
    try:
        started = time.thread_time()
        with pytest.raises(kind):
            decode(data)
        assert time.thread_time() - started < within
        assert tracemalloc.get_traced_memory()[1] < memory
    finally:
        tracemalloc.stop()


def test_a_png_of_50000_by_50000_is_refused_by_its_header():
    data = PNG_START + png_header(50_000, 50_000) + chunk(b"IDAT", pictures.zeros(10_000)) + PNG_END

    refused_quickly(data, ImageTooLarge)


def test_a_jpeg_of_65535_by_65535_is_refused_by_its_header():
    data = bytearray(jpeg())
    at = data.index(b"\xff\xc0") + 5
    data[at : at + 4] = b"\xff\xff\xff\xff"

    refused_quickly(bytes(data), ImageTooLarge)


def test_data_far_beyond_the_pixels_is_not_unpacked():
    rows = b"".join(b"\0" + row.tobytes() for row in smooth())
    data = PNG_START + png_header(160, 120) + chunk(b"IDAT", pictures.zeros(10_000, before=rows)) + PNG_END

    refused_quickly(data, InvalidImage)


def test_a_few_bytes_do_not_make_very_many_pixels():
    large = bytearray(jpeg())
    at = large.index(b"\xff\xc0") + 5
    large[at : at + 4] = struct.pack(">HH", 10_000, 10_000)

    for data in (bytes(large), PNG_START + png_header(10_000, 10_000) + encoded(smooth())[33:]):
        with pytest.raises(InvalidImage, match="far less data than pixels"):
            decode(data)


@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"optimize": True, "subsampling": "4:1:1"}], ids=str)
def test_the_emptiest_large_pictures_have_data_enough(options):
    black = np.zeros((2000, 3000, 3), np.uint8)

    assert decode(encoded(black, "JPEG", quality=1, **options)).width == 3000
    assert decode(encoded(black[..., 0], "JPEG", quality=1, optimize=True, progressive=True)).width == 3000
    assert decode(encoded(black, "PNG", compress_level=9)).width == 3000


def test_a_little_data_beyond_the_pixels_changes_nothing():
    rows = b"".join(b"\0" + row.tobytes() for row in smooth()) + bytes(1000)
    data = PNG_START + png_header(160, 120) + chunk(b"IDAT", zlib.compress(rows)) + PNG_END

    assert np.array_equal(decode(data).pixels, smooth())


@pytest.mark.parametrize("kind", [b"zTXt", b"iCCP", b"iTXt"])
def test_compressed_text_is_never_unpacked(kind):
    head = {b"zTXt": b"name\0\0", b"iCCP": b"name\0\0", b"iTXt": b"name\0\1\0\0\0"}[kind]
    data = png(smooth(), 8, 2, before=chunk(kind, head + pictures.zeros(1000)) * 3)
    started = time.thread_time()

    assert np.array_equal(decode(data).pixels, smooth())
    assert time.thread_time() - started < 0.5


def test_a_png_of_very_many_chunks_is_refused():
    refused_quickly(png(smooth(), 8, 2, before=chunk(b"tEXt") * 400_000), InvalidImage, within=2.0)


def test_a_jpeg_of_very_many_segments_is_refused():
    refused_quickly(after_start(jpeg(), segment(0xFE, b"") * 1_000_000), InvalidImage)


def test_a_progressive_jpeg_of_very_many_scans_is_refused():
    data = jpeg(progressive=True)
    last = data.rindex(b"\xff\xda")

    refused_quickly(data[:-2] + data[last:-2] * 3000 + END, InvalidImage)
    assert decode(data[:-2] + data[last:-2] * 20 + END)


def test_long_runs_of_filling_bytes_take_no_time():
    refused_quickly(after_start(jpeg(), b"\xff" * 5_000_000)[: 5_000_000 + 300], InvalidImage)
    started = time.thread_time()
    assert decode(jpeg()[:-2] + b"\xff" * 5_000_000 + END)
    assert time.thread_time() - started < 1.0


def test_coded_data_without_end_takes_no_time():
    refused_quickly(jpeg()[:-2] + b"\xff\x00" * 2_500_000, InvalidImage)


# Reduced size


@pytest.mark.parametrize(
    ("at_least", "size"),
    [(None, (1001, 601)), (1001, (1001, 601)), (501, (1001, 601)), (500, (501, 301)), (300, (501, 301)),
     (250, (251, 151)), (125, (126, 76)), (1, (126, 76))],
)  # fmt: skip
def test_a_large_jpeg_is_reduced_only_as_far_as_asked(at_least, size):
    picture = decode(jpeg(smooth(1001, 601)), at_least=at_least)

    assert (picture.width, picture.height) == size
    assert picture.pixels.flags.c_contiguous
    assert not picture.pixels.flags.writeable


@pytest.mark.parametrize("part", [2, 4, 8])
def test_a_reduced_jpeg_looks_as_if_averaged(part):
    expected = smooth(960, 640).reshape(640 // part, part, 960 // part, part, 3).mean(axis=(1, 3)).astype(np.uint8)

    assert close(decode(jpeg(smooth(960, 640)), at_least=960 // part).pixels, expected, 8)


def test_a_reduced_jpeg_is_turned_upright_too():
    upright = pictures.quarters(800, 480)
    data = after_start(jpeg(pictures.stored_for(upright, 6)), exif(6))

    assert close(decode(data, at_least=400).pixels[10:100, 10:180], pictures.quarters(400, 240)[10:100, 10:180], 12)


def test_a_png_is_never_reduced():
    assert decode(encoded(smooth(1000, 600)), at_least=100).width == 1000


def test_limits_are_those_of_the_whole_picture():
    with pytest.raises(ImageTooLarge):
        decode(jpeg(smooth(1000, 600)), at_least=100, limits=Limits(max_side=999))


# Anything at all


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_whatever_arrives_is_a_picture_or_a_refusal(data):
    whole = data.draw(
        st.sampled_from([jpeg(smooth(90, 80)), jpeg(smooth(90, 80), progressive=True), png(smooth(90, 80), 8, 2)])
    )
    changed = bytearray(whole)
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(changed) - 1))
        changed[at : at + data.draw(st.integers(0, 4))] = data.draw(st.binary(max_size=6))

    with contextlib.suppress(Refusal):
        assert decode(bytes(changed)).pixels.ndim == 3


def test_a_few_mutated_pictures_upset_nothing():
    ran = subprocess.run(
        [sys.executable, "tools/fuzz_pictures.py", "--count", "300", "--seed", "7"],
        capture_output=True,
        text=True,
        timeout=120,
    )

    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "300 pictures" in ran.stdout

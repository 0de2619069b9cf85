"""What is drawn on pictures of every size and mode."""

import io

import numpy as np
import pytest
from PIL import Image

from recognizance.cli import drawing

YELLOW = np.array([0xFF, 0xD6, 0x0A])


@pytest.mark.parametrize("size", [(80, 80), (640, 480), (3000, 2000), (80, 1600)])
def test_box_and_label_are_there_at_every_size(size, face, picture):
    drawn = np.array(drawing.with_faces(drawing.upright(picture(*size, kind="PNG")), [face()]))
    high, wide = drawn.shape[:2]

    assert max(high, wide) >= 900
    across = drawn[high // 2]  # the middle row meets the box's left and right side
    found = np.flatnonzero((across == YELLOW).all(axis=1)) / wide
    assert found.min() == pytest.approx(0.25, abs=0.01)
    assert found.max() == pytest.approx(0.75, abs=0.01)


def test_a_face_that_leaves_the_frame_is_drawn_as_far_as_it_is_there(face, picture):
    drawn = drawing.with_faces(drawing.upright(picture()), [face(-0.2, -0.2, 0.5, 0.5), face(0.8, 0.8, 0.5, 0.5)])
    assert (np.array(drawn) == YELLOW).all(axis=2).any()


def test_the_picture_given_is_left_as_it_was(face, picture):
    given = drawing.upright(picture(1200, 900))
    before = given.tobytes()
    drawing.with_faces(given, [face()])
    assert given.tobytes() == before


@pytest.mark.parametrize("mode", ["L", "LA", "P", "RGBA", "I;16", "1"])
def test_every_mode_of_png_becomes_rgb(mode):
    held = io.BytesIO()
    Image.linear_gradient("L").convert("I").point(lambda value: value * 257).convert("I;16").save(held, "PNG")
    if mode != "I;16":
        held = io.BytesIO()
        Image.linear_gradient("L").convert(mode).save(held, "PNG")

    shown = np.array(drawing.upright(held.getvalue()))

    assert shown.shape == (256, 256, 3)
    assert shown.min() < 5
    assert shown.max() > 250


def test_what_is_transparent_is_shown_white():
    held = io.BytesIO()
    Image.new("RGBA", (90, 90), (255, 0, 0, 0)).save(held, "PNG")
    assert drawing.upright(held.getvalue()).getpixel((5, 5)) == (255, 255, 255)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_size_and_picture_agree_on_which_way_is_up(orientation, picture):
    exif = Image.Exif()
    exif[0x0112] = orientation
    for kind in ("JPEG", "PNG"):
        content = picture(240, 160, kind=kind, exif=exif)
        assert drawing.size(content) == drawing.upright(content).size
        assert drawing.size(content) == ((160, 240) if kind == "JPEG" and orientation > 4 else (240, 160))


def test_a_crop_keeps_the_face_in_the_middle_even_at_the_edge_of_its_picture(face, picture):
    edge = drawing.upright(picture(kind="PNG"))
    page = np.array(drawing.side_by_side((edge, face(0, 0), "a"), (edge, face(0.5, 0.5), "b"), "Similarity 1", ["x"]))
    outside = (page == np.array([0x8A, 0x8A, 0x8A])).all(axis=2)
    assert outside[:200, :200].any()
    assert outside[250:440, 800:].any()


def test_a_long_caption_loses_its_middle():
    letters = drawing.ImageFont.load_default(19)
    shorter = drawing._fitted("a" * 200 + ".jpg", letters, 300)
    assert letters.getlength(shorter) <= 300
    assert shorter.endswith(".jpg")


def alone(sign, letters):
    return drawing._drawn_alone(sign, letters)


def test_a_caption_that_the_built_in_font_can_write_is_written_in_it():
    text, letters = drawing._written("photo-1.jpg")
    assert (text, letters.getname()) == ("photo-1.jpg", drawing.ImageFont.load_default(19).getname())


def test_letters_that_no_font_has_are_shown_as_escapes_and_never_as_boxes():
    text, _ = drawing._written("Zoë 日.jpg", names=())
    assert text == r"Zo\xeb \u65e5.jpg"


def test_latin_letters_come_out_right_where_the_system_has_a_font():
    try:
        drawing.ImageFont.truetype(drawing.FONTS[0], 19)
    except OSError:
        pytest.skip("this system has no DejaVu Sans")
    text, letters = drawing._written("Zoe\u0308 Łódź.jpg")  # the first accent is a sign of its own, as macOS keeps it
    assert text == "Zoë Łódź.jpg"
    assert len({alone(sign, letters) for sign in "ëŁóź\U0010ffff"}) == 5

"""What is drawn on pictures of every size and mode."""

import io

import numpy as np
import pytest
from PIL import Image

from recognizance.cli import captions, drawing, marking
from recognizance.values import Pose
from recognizance.vision.pose import rotation_of

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


# What was asked of a face


@pytest.mark.parametrize("size", [(80, 80), (640, 480), (3000, 2000), (80, 1600), (1600, 80)])
@pytest.mark.parametrize("count", [1, 2, 40])
def test_what_a_face_shows_stands_beside_it_and_never_over_a_face(size, count, described, picture, monkeypatch):
    places = [(0.02 + 0.12 * (at % 8), 0.02 + 0.19 * (at // 8)) for at in range(count)]
    faces = [described(left, top, 0.1, 0.15) for left, top in places]
    given = drawing.upright(picture(*size, kind="PNG"))
    before = drawing.with_faces(given, [])
    written = []
    monkeypatch.setattr(captions, "_veil", lambda picture, place: written.append(place))
    drawn = drawing.with_faces(given, faces)

    assert len(written) in (0, count)
    grown = drawn.width > before.width or drawn.height > before.height
    assert grown or len(written) == count
    for left, top, right, bottom in written:
        for x, y in places:
            face = (x * drawn.width, y * drawn.height, (x + 0.1) * drawn.width, (y + 0.15) * drawn.height)
            assert right <= face[0] or left >= face[2] or bottom <= face[1] or top >= face[3]


def test_a_face_that_is_described_has_lines_axes_and_where_it_looks(described, face, picture):
    given = drawing.upright(picture(900, 900, kind="PNG"))
    seen = np.array(drawing.with_faces(given, [described()])).reshape(-1, 3)
    plain = np.array(drawing.with_faces(given, [face()])).reshape(-1, 3)
    for colour in (marking.ACROSS, marking.DOWN, marking.AHEAD, marking.VIOLET):
        assert (seen == colour).all(axis=1).any()
        assert not (plain == colour).all(axis=1).any()


def test_eyes_that_cannot_be_told_have_no_arrow(described, picture):
    shy = described()
    shy["EyeDirection"]["Confidence"] = 51.0
    drawn = np.array(drawing.with_faces(drawing.upright(picture(900, 900, kind="PNG")), [shy])).reshape(-1, 3)
    assert not (drawn == marking.VIOLET).all(axis=1).any()


def test_one_attribute_alone_is_drawn_with_what_is_there(face, picture):
    only = face() | {"EyeDirection": {"Yaw": 0.0, "Pitch": 0.0, "Confidence": 99.0}}
    drawn = np.array(drawing.with_faces(drawing.upright(picture(900, 900, kind="PNG")), [only])).reshape(-1, 3)
    assert (drawn == marking.VIOLET).all(axis=1).any()


@pytest.mark.parametrize("place", [(-0.4, -0.4), (0.9, 0.9), (1.4, 0.2), (-3.0, 0.0)])
def test_a_described_face_at_or_beyond_the_frame_is_drawn_as_far_as_it_is_there(place, described, picture):
    drawing.with_faces(drawing.upright(picture()), [described(*place, 0.5, 0.5)])


def test_axes_point_where_the_angles_say():
    def ends(yaw=0.0, roll=0.0, pitch=0.0):
        return marking.axes({"Yaw": yaw, "Roll": roll, "Pitch": pitch})

    assert np.allclose(ends(), [(1, 0), (0, 1), (0, 0)])
    assert ends(yaw=30)[2] == pytest.approx((0.5, 0))  # the nose to the picture's right
    assert ends(pitch=30)[2] == pytest.approx((0, -0.5))  # and up
    assert ends(roll=90)[0] == pytest.approx((0, 1))  # clockwise
    turned = rotation_of(Pose(yaw=20, roll=-35, pitch=10))[:2].T
    assert np.allclose(ends(20, -35, 10), turned)


def test_a_curve_goes_through_its_points():
    points = [(0.0, 0.0), (10.0, 5.0), (20.0, -3.0)]
    smooth = marking.curve(points)
    for x, y in points:
        assert min((x - a) ** 2 + (y - b) ** 2 for a, b in smooth) < 1e-18


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

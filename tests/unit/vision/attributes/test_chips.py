import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.vision.attributes.faces import PIXELS, face

from recognizance.values import Point
from recognizance.vision.attributes import chips
from recognizance.vision.geometry import landmarks_of


def dots(places, side=400):
    """Return a black picture with a bright dot at each place, and a face whose points these are."""
    pixels = np.zeros((side, side, 3), np.uint8)
    for x, y in places:
        pixels[int(y) - 2 : int(y) + 3, int(x) - 2 : int(x) + 3] = 255
    one = face(width=side, height=side)
    return pixels, type(one)(one.box, landmarks_of(np.asarray(places), side, side), 99.0, one.pose, one.quality)


def test_the_points_come_to_stand_where_the_classifiers_saw_them():
    pixels, one = dots(np.asarray(chips.TEMPLATE) * 300 + 50)
    chip = chips.cut(pixels, one, 64)
    for x, y in np.asarray(chips.TEMPLATE) * 64:
        assert chip[int(y) - 1 : int(y) + 2, int(x) - 1 : int(x) + 2].max() > 60
    assert chip.shape == (64, 64, 3)
    assert chip.dtype == np.uint8


@given(st.floats(-180, 180))
def test_a_turned_face_is_cut_upright(degrees):
    upright = chips.cut(PIXELS, face(), 32)
    assert upright.shape == chips.cut(PIXELS, face(turned=degrees), 32).shape


def test_a_larger_zoom_shows_less_around_the_face():
    pixels = np.zeros((200, 240, 3), np.uint8)
    pixels[20:160, 40:190] = 200
    near, far = (chips.cut(pixels, face(), 32, zoom=zoom).mean() for zoom in (1.3, 0.5))
    assert near > far


def test_several_gives_for_each_face_its_zooms_each_with_its_mirror_image():
    both = [face(), face(at=(90, 60))]
    found = chips.several(PIXELS, both, 16, zooms=(0.9, 1.0), mirror=True)
    assert len(found) == 8
    np.testing.assert_array_equal(found[1], found[0][:, ::-1])
    np.testing.assert_array_equal(found[6], chips.cut(PIXELS, both[1], 16, zoom=1.0))


def test_points_on_one_line_are_refused():
    one = face()
    flat = type(one.landmarks)(*(Point(x, 0.5) for x in (0.1, 0.2, 0.3, 0.4, 0.5)))
    with pytest.raises(ValueError, match="one line"):
        chips.cut(PIXELS, type(one)(one.box, flat, 99.0, one.pose, one.quality), 16)

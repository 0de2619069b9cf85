"""How a picture is looked at, with a detector that sees drawn discs and remembers what it was shown."""

import math

import cv2
import numpy as np
import pytest

from recognizance.values import Card, ModelName, Sureness
from recognizance.vision import detect
from recognizance.vision.adapters import Candidates
from recognizance.vision.detect import FINE, ONE_LOOK, OVERLAP, find, tiles
from recognizance.vision.geometry import points_of

CARD = Card(
    name=ModelName("discs"), version="1", task="detect", adapter="none", title="", origin="", licence="",
    commercial_use=True, sha256="", preparation="none", tried="",
)  # fmt: skip
FACE = np.array([(0.3, 0.35), (0.7, 0.35), (0.5, 0.55), (0.35, 0.75), (0.65, 0.75)])
RED, BLUE = (255, 0, 0), (0, 0, 255)


class Discs:
    """Finds red discs of 8 to 600 pixels, as YuNet does faces: a blue chin tells which way is down.

    As YuNet, it sees a disc that is not upright as well, a little less surely, its points as if it were.
    """

    card = CARD

    def __init__(self, score=0.95, off=0.85):
        self.shown, self.score, self.off = [], score, off

    def __call__(self, batch):
        return [self._see(pixels) for pixels in batch]

    def _see(self, pixels):
        self.shown.append(pixels.shape[:2])
        red = ((pixels[..., 0] > 128) | (pixels[..., 2] > 128)).astype(np.uint8)
        rows = []
        for left, top, width, height, _ in cv2.connectedComponentsWithStats(red)[2][1:]:
            if 8 <= max(width, height) <= 600:
                rows.append((left, top, left + width, top + height, self._score(pixels, left, top, width, height)))
        array = np.array(rows, np.float32).reshape(-1, 5)
        sides = array[:, 2:4] - array[:, :2]
        points = array[:, None, :2] + FACE.astype(np.float32) * sides[:, None]
        return Candidates(array[:, :4], points, array[:, 4])

    def _score(self, pixels, left, top, width, height):
        disc = pixels[top : top + height, left : left + width]
        chin = np.argwhere(disc[..., 2] > 128)
        if not len(chin):
            return self.score
        down, across = (chin.mean(axis=0) + 0.5) / (height, width) - 0.5
        angle = abs(math.degrees(math.atan2(across, down)))
        return self.score if angle < 20 else self.off


def disc(pixels, x, y, size, turn=None):
    """Draw a face of `size` pixels; with `turn` it has a chin, that many degrees clockwise from below."""
    cv2.circle(pixels, (x, y), size // 2, RED, -1)
    if turn is not None:
        along = size * 0.35
        chin = (round(x - along * math.sin(math.radians(turn))), round(y + along * math.cos(math.radians(turn))))
        cv2.circle(pixels, chin, max(2, size // 8), BLUE, -1)
    return pixels


def black(width, height):
    return np.zeros((height, width, 3), np.uint8)


def centres(found, width, height):
    return sorted(
        (round((one.box.left + one.box.width / 2) * width), round((one.box.top + one.box.height / 2) * height))
        for one in found
    )


def near(places, expected, within=3):
    """Whether each place has one of the expected within so many pixels, and none is left over."""
    left = list(expected)
    for place in places:
        nearest = min(left, key=lambda other: math.dist(place, other), default=None)
        if nearest is None or math.dist(place, nearest) > within:
            return False
        left.remove(nearest)
    return not left


def test_a_portrait_of_few_pixels_is_looked_at_once_as_it_is():
    detector = Discs()
    (one,) = find(disc(black(225, 275), 110, 120, 120), detector)
    assert detector.shown == [(275, 225)]
    assert one.box.width == pytest.approx(120 / 225, abs=0.02)


def test_a_large_portrait_is_looked_at_coarsely_only():
    detector = Discs()
    assert len(find(disc(black(2400, 3200), 1200, 1400, 1500), detector)) == 1
    assert len(detector.shown) == 1
    assert math.prod(detector.shown[0]) < 80_000


def test_small_faces_in_a_large_picture_are_found():
    pixels = black(1920, 1080)
    places = [(100, 100), (1800, 100), (900, 1000)]
    for x, y in places:
        disc(pixels, x, y, 40)
    assert near(centres(find(pixels, Discs()), 1920, 1080), places)


def test_a_large_and_a_small_face_are_both_found_where_the_small_one_shows():
    pixels = disc(disc(black(1600, 1200), 500, 600, 500), 1400, 300, 80)
    detector = Discs()
    assert near(centres(find(pixels, detector), 1600, 1200), [(500, 600), (1400, 300)])
    assert len(detector.shown) == 2
    assert len(find(pixels, detector, limit=1)) == 1
    assert len(detector.shown) == 3, "one look is enough for the largest"


def test_a_face_too_large_for_the_fine_look_comes_from_the_coarse_one():
    pixels = disc(disc(black(1900, 1080), 600, 540, 900), 1700, 200, 100)
    assert near(centres(find(pixels, Discs()), 1900, 1080), [(600, 540), (1700, 200)], within=6)


def test_a_crowd_is_looked_at_closely_and_no_face_is_reported_twice():
    pixels = black(4000, 3000)
    places = [(200 + 400 * column, 150 + 300 * row) for column in range(10) for row in range(10)]
    for x, y in places:
        disc(pixels, x, y, 24 + 4 * (y % 5))
    detector = Discs()
    assert near(centres(find(pixels, detector), 4000, 3000), places)
    assert len(detector.shown) > 5
    assert max(math.prod(shape) for shape in detector.shown) <= FINE * 1.01


def test_the_largest_come_first_and_no_more_than_asked_for():
    pixels = black(1200, 900)
    for number in range(6):
        disc(pixels, 100 + 180 * number, 400, 40 + 10 * number)
    found = find(pixels, Discs(), limit=4)
    sizes = [one.box.width for one in found]
    assert len(sizes) == 4
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[0] == pytest.approx(90 / 1200, rel=0.1)


@pytest.mark.parametrize(("width", "height"), [(5600, 350), (350, 5600), (10_000, 80), (80, 10_000)])
def test_a_panorama_keeps_its_faces(width, height):
    places = [(width * part // 4, height * part // 4) for part in (1, 2, 3)]
    pixels = black(width, height)
    for x, y in places:
        disc(pixels, x, y, 50)
    assert near(centres(find(pixels, Discs()), width, height), places)


@pytest.mark.parametrize("turn", [90, 180, 270])
def test_a_picture_on_its_side_has_its_points_on_the_right_way(turn):
    pixels = disc(black(300, 240), 170, 100, 120, turn)
    (one,) = find(pixels, Discs())
    assert near(
        [(round((one.box.left + one.box.width / 2) * 300), round((one.box.top + one.box.height / 2) * 240))],
        [(170, 100)],
    )
    left, right, _, mouth, _ = points_of(one.landmarks, 300, 240)
    assert math.degrees(math.atan2(*(right - left)[::-1])) % 360 == pytest.approx(turn, abs=3)
    down = mouth - left
    assert math.degrees(math.atan2(-down[0], down[1])) % 360 == pytest.approx(turn, abs=12)


@pytest.mark.parametrize("turn", [45, 135, 225, 315])
def test_a_face_aslant_is_looked_at_in_all_turns(turn):
    (one,) = find(disc(black(300, 240), 170, 100, 120, turn), Discs(off=0.8))
    left, right = points_of(one.landmarks, 300, 240)[:2]
    assert math.degrees(math.atan2(*(right - left)[::-1])) % 360 == pytest.approx(turn, abs=5)


def test_an_upright_face_is_looked_at_once_and_a_doubtful_one_more_often():
    sure, doubtful = Discs(score=0.95), Discs(score=0.8)
    pixels = disc(black(300, 240), 170, 100, 120)
    assert len(find(pixels, sure)) == len(find(pixels, doubtful)) == 1
    assert len(sure.shown) == 1
    assert len(doubtful.shown) == 4 + len(detect.TURNS)


def test_a_tilted_face_gets_the_points_of_the_upright_crop():
    class Tilting(Discs):
        """Sees two thirds of a tilt, as YuNet does; the picture's discs lean by 30 degrees."""

        def _see(self, pixels):
            seen = super()._see(pixels)
            leaning = 30.0 - self.turned(pixels)
            half = math.radians(leaning * 2 / 3)
            turn = np.array([[math.cos(half), -math.sin(half)], [math.sin(half), math.cos(half)]])
            middles = (seen.boxes[:, None, :2] + seen.boxes[:, None, 2:]) / 2
            return Candidates(seen.boxes, ((seen.points - middles) @ turn.T + middles).astype(np.float32), seen.scores)

        def turned(self, pixels):
            """By how much the crop was turned back: where its blue mark went."""
            (y, x) = np.argwhere(pixels[..., 2] > 128).mean(axis=0)
            red = np.argwhere(pixels[..., 0] > 128).mean(axis=0)
            return -math.degrees(math.atan2(y - red[0], x - red[1]))

    pixels = disc(black(300, 240), 150, 120, 100)
    cv2.circle(pixels, (188, 120), 7, BLUE, -1)
    (one,) = find(pixels, Tilting())
    left, right = points_of(one.landmarks, 300, 240)[:2]
    assert math.degrees(math.atan2(*(right - left)[::-1])) == pytest.approx(30, abs=detect.TILTED)


def test_a_face_cut_by_the_edge_keeps_a_box_that_leaves_the_frame():
    class Beyond(Discs):
        def _see(self, pixels):
            seen = super()._see(pixels)
            return Candidates(seen.boxes - np.float32([30, 0, 0, 0]), seen.points, seen.scores)

    (one,) = find(disc(black(200, 200), 20, 100, 80), Beyond())
    assert one.box.left < 0


class Says:
    """Gives the same candidates whatever it is shown."""

    card = CARD

    def __init__(self, boxes, points=None, scores=None):
        boxes = np.array(boxes, np.float32).reshape(-1, 4)
        points = (
            boxes[:, None, :2] + FACE.astype(np.float32) * (boxes[:, None, 2:] - boxes[:, None, :2])
            if points is None
            else points
        )
        self.says = Candidates(
            boxes, np.array(points, np.float32), np.float32([0.95] * len(boxes) if scores is None else scores)
        )

    def __call__(self, batch):
        return [self.says] * len(batch)


BOX = [10, 10, 60, 60]


@pytest.mark.parametrize("value", [math.nan, math.inf, 7.0])
def test_a_face_whose_points_are_no_numbers_or_all_one_is_left_out(value):
    good = 70 + 50 * FACE
    found = find(black(200, 200), Says([BOX, [70, 70, 120, 120]], [np.full((5, 2), value), good]))
    assert len(found) == 1
    assert found[0].box.left == pytest.approx(70 / 200)


@pytest.mark.parametrize("box", [[10, 10, 10, 60], [60, 60, 10, 10], [math.nan] * 4, [-math.inf, 0, math.inf, 5]])
def test_a_box_without_area_is_left_out(box):
    assert find(black(200, 200), Says([box], [10 + 50 * FACE])) == []


def test_hundreds_of_candidates_of_one_face_are_one_face():
    jitter = np.random.default_rng(3).normal(0, 1, (800, 4))
    assert len(find(black(200, 200), Says(np.array(BOX) + jitter))) == 1


def test_thousands_of_candidates_are_still_a_hundred_faces():
    corners = np.array([(x, y) for x in range(0, 800, 8) for y in range(0, 800, 8)])
    found = find(black(380, 380), Says(np.hstack([corners, corners + 8])))
    assert len(found) == 100


def test_a_candidate_below_the_bar_is_no_face():
    assert find(black(200, 200), Says([BOX], scores=[0.5]), sureness=Sureness(3, 0, 0.6)) == []
    assert len(find(black(200, 200), Says([BOX], scores=[0.5]), sureness=Sureness(3, 0, 0.4))) == 1


@pytest.mark.parametrize("value", [0, 255])
def test_an_empty_picture_has_no_faces(value):
    assert find(np.full((600, 800, 3), value, np.uint8), Says(np.zeros((0, 4)))) == []


def test_a_picture_as_large_as_is_accepted_is_never_shown_whole():
    detector = Discs()
    find(np.zeros((10_000, 10_000, 3), np.uint8), detector)
    assert max(math.prod(shape) for shape in detector.shown) <= FINE * 1.01


@pytest.mark.parametrize(
    ("width", "height"), [(3840, 2160), (2200, 1000), (10_000, 830), (830, 10_000), (5000, 1600), (1500, 1300)]
)
def test_tiles_cover_a_picture_once_and_share_their_borders(width, height):
    parts = tiles(width, height)
    probes = np.array([(x + 0.5, y + 0.5) for x in range(0, width, 37) for y in range(0, height, 37)])
    assert (sum(part.owns(probes).astype(int) for part in parts) == 1).all()
    for part in parts:
        assert (part.right - part.left) * (part.bottom - part.top) <= FINE
        inside = probes[part.owns(probes)]
        margin = OVERLAP / 2 - 1
        assert (inside[:, 0] - part.left >= margin).all() or part.left == 0
        assert (part.right - inside[:, 0] >= margin).all() or part.right == width
        assert (inside[:, 1] - part.top >= margin).all() or part.top == 0
        assert (part.bottom - inside[:, 1] >= margin).all() or part.bottom == height


def test_confidence_rises_with_the_score_between_0_and_100():
    values = [Sureness(3.13, 0.672, 0.64).confidence(score) for score in np.linspace(0, 1, 101)]
    assert values == sorted(values)
    assert values[0] == pytest.approx(0, abs=0.01)
    assert 99 < values[90] < 100
    assert values[-1] <= 100


def test_one_look_holds_a_small_portrait_and_not_a_video_frame():
    assert 250 * 250 <= ONE_LOOK < 1280 * 720


def test_a_small_picture_is_enlarged_for_its_look_and_no_large_one():
    def shown(width, height, **options):
        detector = Discs()
        find(black(width, height), detector, **options)
        return detector.shown[0]

    assert shown(250, 240, enlarge=True) == (480, 500)
    assert shown(250, 240) == (240, 250)
    assert shown(390, 390, enlarge=True) == (554, 554)
    assert shown(800, 600, enlarge=True) == shown(800, 600)


def test_what_an_enlarged_look_finds_stands_where_it_is_in_the_picture():
    picture = black(240, 200)
    cv2.circle(picture, (120, 90), 30, (255, 0, 0), -1)
    (plain,) = find(picture, Discs())
    (enlarged,) = find(picture, Discs(), enlarge=True)
    assert plain.box.iou(enlarged.box) > 0.85

"""The tiny mesh, whose points are where it is told, and the square that a face is cut out in."""

import math
from dataclasses import replace

import numpy as np
import pytest
from tests.tiny import graphs

from recognizance.errors import ModelUnusable
from recognizance.values import Box, Face, Pose, Quality
from recognizance.vision import adapters, runtime
from recognizance.vision.attributes import eyes, mesh
from recognizance.vision.geometry import TEMPLATE, landmarks_of

WIDTH, HEIGHT = 300, 240
PIXELS = np.random.default_rng(3).integers(0, 255, (HEIGHT, WIDTH, 3), np.uint8)


@pytest.fixture(scope="module")
def models():
    engine = runtime.start(device="cpu", threads=1)
    return {kind: adapters.open_model(graphs.card(kind), graphs.CARRIED[kind], engine) for kind in ("mesh", "iris")}


def face(degrees: float = 0.0, side: float = 80.0, at=(150.0, 120.0)) -> Face:
    """A face turned clockwise by so many degrees, in a box of `side` about `at`."""
    lean = math.radians(degrees)
    turn = np.array([[math.cos(lean), -math.sin(lean)], [math.sin(lean), math.cos(lean)]])
    points = (np.asarray(TEMPLATE) - 56) * side / 112 @ turn.T + at
    box = Box((at[0] - side / 2) / WIDTH, (at[1] - side / 2) / HEIGHT, side / WIDTH, side / HEIGHT)
    return Face(box, landmarks_of(points, WIDTH, HEIGHT), 99.0, Pose(0, 0, 0), Quality(50, 50))


def test_a_face_is_the_same_however_the_picture_is_turned(models):
    upright = mesh.find(PIXELS, [face()], models["mesh"])[0].points
    for degrees in (30, 90, 180, -120):
        found = mesh.find(PIXELS, [face(degrees)], models["mesh"])[0].points
        lean = math.radians(degrees)
        turn = np.array([[math.cos(lean), -math.sin(lean)], [math.sin(lean), math.cos(lean)]])
        assert found[:, :2] == pytest.approx((upright[:, :2] - (150, 120)) @ turn.T + (150, 120), abs=0.5)
        assert found[:, 2] == pytest.approx(upright[:, 2], abs=0.5)


def test_a_face_twice_as_large_has_points_twice_as_far_apart_in_all_three_dimensions(models):
    small, large = (mesh.find(PIXELS, [face(side=side)], models["mesh"])[0].points for side in (60, 120))
    assert large - large.mean(axis=0) == pytest.approx(2 * (small - small.mean(axis=0)), abs=0.5)


def test_faces_together_are_as_each_alone(models):
    faces = [face(), face(40, 60, (90.0, 100.0)), face(180, 100)]
    together = mesh.find(PIXELS, faces, models["mesh"])
    for one, found in zip(faces, together, strict=True):
        alone = mesh.find(PIXELS, [one], models["mesh"])[0]
        assert (found.points == alone.points).all()
        assert found.sure == alone.sure
        assert 0 <= found.sure <= 1


def test_a_face_beyond_the_frame_has_points_outside_the_picture(models):
    points = mesh.find(PIXELS, [face(at=(2.0, 120.0))], models["mesh"])[0].points
    assert points[:, 0].min() < 0


def test_a_mesh_and_eyes_cannot_be_written_to(models):
    found = mesh.find(PIXELS, [face()], models["mesh"])
    pair = eyes.look(PIXELS, found, models["iris"])[0]
    for array in (found[0].points, pair.contours, pair.irises):
        assert array.dtype == np.float32
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0


def test_no_faces_have_no_meshes_and_no_eyes(models):
    assert mesh.find(PIXELS, [], models["mesh"]) == []
    assert eyes.look(PIXELS, [], models["iris"]) == []


def test_eyes_of_faces_together_are_as_each_alone(models):
    meshes = mesh.find(PIXELS, [face(), face(25, 70)], models["mesh"])
    together = eyes.look(PIXELS, meshes, models["iris"])
    for one, found in zip(meshes, together, strict=True):
        alone = eyes.look(PIXELS, [one], models["iris"])[0]
        assert (found.contours == alone.contours).all()
        assert (found.irises == alone.irises).all()
        assert found.darker == alone.darker


def test_the_viewers_left_eye_is_left_and_its_outer_corner_leftmost(models):
    found = mesh.find(PIXELS, [face()], models["mesh"])
    left, right = eyes.look(PIXELS, found, models["iris"])[0].contours[:, :, 0]
    assert left[eyes.OUTER] < left[eyes.INNER] < right[eyes.INNER] < right[eyes.OUTER]


@pytest.mark.parametrize("kind", ["mesh", "iris"])
def test_a_network_that_gives_no_numbers_is_refused(kind, models):
    class Spoilt:
        shape = models[kind].network.shape

        def __call__(self, batch, /):
            return {name: array * np.nan for name, array in models[kind].network(batch).items()}

    side = graphs.PARAMETERS[kind]["size"]
    with pytest.raises(ModelUnusable, match="not finite"):
        replace(models[kind], network=Spoilt())([np.zeros((side, side, 3), np.uint8)])


@pytest.mark.parametrize("kind", ["mesh", "iris"])
def test_a_square_of_another_size_is_refused(kind, models):
    with pytest.raises(ValueError, match="pixels square"):
        models[kind]([np.zeros((7, 7, 3), np.uint8)])


@pytest.mark.parametrize("kind", ["mesh", "iris"])
def test_a_card_that_does_not_fit_its_network_is_refused(kind):
    engine = runtime.start(device="cpu", threads=1)
    for wrong in ({"size": 10}, {"size": 0}, {"sides": 16}):
        with pytest.raises(ModelUnusable):
            adapters.open_model(graphs.card(kind, parameters=wrong), graphs.CARRIED[kind], engine)


@pytest.mark.parametrize("kind", ["mesh", "iris"])
def test_a_network_that_lacks_an_output_is_refused(kind):
    engine = runtime.start(device="cpu", threads=1)
    side = graphs.PARAMETERS[kind]["size"]
    model = adapters.open_model(graphs.card(kind), graphs.constant(side, {"one": np.zeros(7)}), engine)
    with pytest.raises(ModelUnusable, match="was due"):
        model([np.zeros((side, side, 3), np.uint8)])

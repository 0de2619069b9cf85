"""Mesh and iris on heads drawn at known angles, from a public-domain portrait that a package ships: an astronaut's.

Needs the default models, as test_real_faces.py does.
"""

import numpy as np
import pytest
from benchmarks.attributes import heads
from tests.weights.test_real_faces import FOLDER, astronaut  # noqa: F401 - a fixture

from recognizance.values import Image, Pose
from recognizance.vision import adapters, cards, carriers, runtime
from recognizance.vision.attributes import eyes, fitted, head, mesh, mouth, outline
from recognizance.vision.vision import Vision

pytestmark = pytest.mark.weights

NAMES = {"detect": "yunet-2023mar", "mesh": "facemesh-2020", "iris": "iris-2020"}
MISSING = [name for name in NAMES.values() if not carriers.installed(cards.load()[name], FOLDER)]


@pytest.fixture(scope="module")
def models():
    if MISSING:
        pytest.skip(f"{' and '.join(MISSING)} not installed in {FOLDER}; `make models` brings them")
    engine, shipped = runtime.start(device="cpu", threads=1), cards.load()
    return {
        task: adapters.open_model(shipped[name], carriers.read(shipped[name], FOLDER), engine)
        for task, name in NAMES.items()
    }


@pytest.fixture(scope="module")
def portrait(astronaut):  # noqa: F811
    return np.ascontiguousarray(np.asarray(astronaut)[:300, 80:380])


def read(pixels, models):
    """Return mesh and eyes of the one face in a picture."""
    found = Vision(models["detect"], models["detect"]).look(Image(pixels, ""))
    assert len(found) == 1
    meshes = mesh.find(pixels, found, models["mesh"])
    return meshes[0], eyes.look(pixels, meshes, models["iris"])[0]


def held(found):
    """Return how the head of a mesh is held."""
    return head.held(found, head.pose_of(found))


@pytest.fixture(scope="module")
def drawn(portrait, models):
    return heads.of_portrait(portrait, read(portrait, models)[0], fitted.numbers().rigid)


@pytest.mark.parametrize(("yaw", "pitch"), [(0, 0), (-40, 0), (-20, 0), (20, 0), (40, 0), (0, -25), (0, 25), (25, 15)])
@pytest.mark.parametrize("distance", [np.inf, heads.NEAR])
def test_a_drawn_head_points_where_it_was_drawn(drawn, models, yaw, pitch, distance):
    pixels = heads.draw(drawn, Pose(yaw=yaw, roll=0, pitch=pitch), distance=distance)
    found = head.pose_of(read(pixels, models)[0])
    assert (found.yaw, found.pitch) == pytest.approx((yaw, pitch), abs=9)
    assert found.roll == pytest.approx(0, abs=5)


@pytest.mark.parametrize("roll", [-150, -90, 45, 180])
def test_a_turned_picture_changes_roll_alone(drawn, models, roll):
    said = [head.pose_of(read(heads.draw(drawn, Pose(yaw=15, roll=by, pitch=0)), models)[0]) for by in (0, roll)]
    assert (said[1].yaw, said[1].pitch) == pytest.approx((said[0].yaw, said[0].pitch), abs=4)
    assert (said[1].roll - said[0].roll - roll + 180) % 360 - 180 == pytest.approx(0, abs=3)


def test_a_mirrored_portrait_looks_the_other_way_and_is_judged_alike(portrait, models):
    one = read(portrait, models)
    other = read(np.ascontiguousarray(portrait[:, ::-1]), models)
    poses, gazes = [head.pose_of(both[0]) for both in (one, other)], [eyes.gaze_of(b, held(a)) for a, b in (one, other)]
    assert (poses[1].yaw, poses[1].roll, poses[1].pitch) == pytest.approx(
        (-poses[0].yaw, -poses[0].roll, poses[0].pitch), abs=4
    )
    assert (gazes[1].yaw, gazes[1].pitch) == pytest.approx((-gazes[0].yaw, gazes[0].pitch), abs=4)
    for mesh_seen, pair in (one, other):
        assert eyes.open_of(pair, held(mesh_seen)).value
        assert mouth.open_of(mesh_seen, held(mesh_seen)).value


def test_landmarks_are_where_the_detector_sees_them(portrait, models):
    face = Vision(models["detect"], models["detect"]).look(Image(portrait, ""))[0]
    found = dict(zip(outline.ORDER, outline.of(*read(portrait, models), 300, 300), strict=True))
    for name in ("eye_left", "eye_right", "nose", "mouth_left", "mouth_right"):
        point = getattr(face.landmarks, name)
        assert (found[name].x, found[name].y) == pytest.approx((point.x, point.y), abs=0.03)


def test_what_is_no_face_is_seen_to_be_none(portrait, models):
    face = Vision(models["detect"], models["detect"]).look(Image(portrait, ""))[0]
    noise = np.random.default_rng(1).integers(0, 255, portrait.shape, np.uint8)
    found = mesh.find(noise, [face], models["mesh"])[0]
    assert found.sure < 0.01
    assert mouth.open_of(found, held(found)).confidence < 75

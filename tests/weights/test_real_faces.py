"""The real models on two public-domain portraits that packages ship for such uses: an astronaut, an admiral.

Needs the default models, which `make models` brings: in the usual data folder, or in the folder that
RECOGNIZANCE_TEST_MODELS names.
"""

import io
import os
from pathlib import Path

import matplotlib
import pytest
import skimage
from PIL import Image, ImageFilter, ImageOps
from tests.client import in_process

from recognizance import app, settings
from recognizance.values import Key
from recognizance.vision import cards, carriers

pytestmark = pytest.mark.weights

NAMED = os.environ.get("RECOGNIZANCE_TEST_MODELS")
FOLDER = Path(NAMED) if NAMED else settings.read({}).models_folder
MISSING = [name for name in ("yunet-2023mar", "sface-2021dec") if not carriers.installed(cards.load()[name], FOLDER)]
KEY = Key(
    "AKIDEXAMPLE000000001", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "000000000000", roles=frozenset({"admin"})
)


@pytest.fixture(scope="module")
def rekognition(tmp_path_factory):
    if MISSING:
        pytest.skip(f"{' and '.join(MISSING)} not installed in {FOLDER}; `make models` brings them")
    chosen = settings.read({}, data=tmp_path_factory.mktemp("data"), models=FOLDER, device="cpu", attributes="off")
    with app.build(chosen) as parts:
        server = app.endpoint(parts, KEY, chosen)
        client = in_process(server, access_key=KEY.access_key_id, secret=KEY.secret)
        yield client
        client.close()
        server.close()


@pytest.fixture(scope="module")
def astronaut():
    return Image.open(Path(skimage.__file__).parent / "data" / "astronaut.png").convert("RGB")


@pytest.fixture(scope="module")
def admiral():
    return Image.open(Path(matplotlib.get_data_path()) / "sample_data" / "grace_hopper.jpg").convert("RGB")


def jpeg(picture, **options):
    file = io.BytesIO()
    picture.save(file, "JPEG", **({"quality": 90} | options))
    return {"Bytes": file.getvalue()}


def the_face(rekognition, picture):
    (face,) = rekognition.detect_faces(Image=jpeg(picture))["FaceDetails"]
    return face


def similarity(rekognition, source, target):
    answer = rekognition.compare_faces(SourceImage=jpeg(source), TargetImage=jpeg(target), SimilarityThreshold=0)
    (match,) = answer["FaceMatches"]
    return match["Similarity"]


def test_each_portrait_has_one_sure_face_where_it_is(rekognition, astronaut, admiral):
    for picture, (x, y) in ((astronaut, (225 / 512, 115 / 512)), (admiral, (255 / 512, 155 / 600))):
        face = the_face(rekognition, picture)
        box = face["BoundingBox"]
        assert box["Left"] < x < box["Left"] + box["Width"]
        assert box["Top"] < y < box["Top"] + box["Height"]
        assert face["Confidence"] > 95


def test_landmarks_are_the_viewers_left_and_right(rekognition, admiral):
    places = {point["Type"]: point for point in the_face(rekognition, admiral)["Landmarks"]}
    assert places["eyeLeft"]["X"] < places["nose"]["X"] < places["eyeRight"]["X"]
    assert places["eyeLeft"]["Y"] < places["nose"]["Y"] < places["mouthLeft"]["Y"]


def test_a_mirrored_face_turns_its_yaw_and_roll(rekognition, astronaut):
    face = the_face(rekognition, astronaut)["Pose"]
    mirrored = the_face(rekognition, ImageOps.mirror(astronaut))["Pose"]
    assert mirrored["Yaw"] == pytest.approx(-face["Yaw"], abs=5)
    assert mirrored["Roll"] == pytest.approx(-face["Roll"], abs=3)
    assert mirrored["Pitch"] == pytest.approx(face["Pitch"], abs=5)


def test_turning_the_picture_is_roll(rekognition, admiral):
    face = the_face(rekognition, admiral)["Pose"]
    turned = the_face(rekognition, admiral.rotate(-15, resample=Image.Resampling.BICUBIC))["Pose"]
    assert turned["Roll"] == pytest.approx(face["Roll"] + 15, abs=4)


@pytest.mark.parametrize("angle", [90, 180, 270])
def test_a_picture_on_its_side_still_shows_its_face(rekognition, admiral, angle):
    upright = the_face(rekognition, admiral)["BoundingBox"]
    turned = the_face(rekognition, admiral.rotate(angle, expand=True))["BoundingBox"]
    assert turned["Width"] * turned["Height"] == pytest.approx(upright["Width"] * upright["Height"], rel=0.3)


def test_blur_lowers_sharpness_and_darkness_lowers_brightness(rekognition, astronaut):
    quality = the_face(rekognition, astronaut)["Quality"]
    blurred = the_face(rekognition, astronaut.filter(ImageFilter.GaussianBlur(3)))["Quality"]
    dark = the_face(rekognition, astronaut.point(lambda value: value // 3))["Quality"]
    assert blurred["Sharpness"] < quality["Sharpness"]
    assert dark["Brightness"] < quality["Brightness"]


def test_other_pictures_of_the_same_face_match_far_above_the_default_threshold(rekognition, astronaut):
    changed = ImageOps.mirror(astronaut).resize((300, 300)).rotate(5)
    assert similarity(rekognition, astronaut, changed) > 95


def test_two_strangers_do_not_match(rekognition, astronaut, admiral):
    answer = rekognition.compare_faces(SourceImage=jpeg(astronaut), TargetImage=jpeg(admiral))
    assert answer["FaceMatches"] == []
    assert len(answer["UnmatchedFaces"]) == 1


def test_comparing_is_symmetric(rekognition, astronaut, admiral):
    assert similarity(rekognition, astronaut, admiral) == pytest.approx(
        similarity(rekognition, admiral, astronaut), abs=0.01
    )


def test_the_same_bytes_score_100(rekognition, admiral):
    assert similarity(rekognition, admiral, admiral) == pytest.approx(100, abs=0.001)


def test_exif_orientation_is_applied_first(rekognition, admiral):
    stored = admiral.rotate(90, expand=True)
    exif = Image.Exif()
    exif[0x0112] = 6  # shown turned by 90 degrees clockwise
    (face,) = rekognition.detect_faces(Image=jpeg(stored, exif=exif))["FaceDetails"]
    upright = the_face(rekognition, admiral)
    assert face["BoundingBox"]["Left"] == pytest.approx(upright["BoundingBox"]["Left"], abs=0.02)
    assert face["BoundingBox"]["Top"] == pytest.approx(upright["BoundingBox"]["Top"], abs=0.02)


def test_a_small_face_in_a_large_picture_is_found(rekognition, admiral):
    scene = Image.new("RGB", (1920, 1080), (90, 110, 90))
    scene.paste(admiral.resize((136, 160)), (1500, 700))
    (face,) = rekognition.detect_faces(Image=jpeg(scene))["FaceDetails"]
    box = face["BoundingBox"]
    assert 1500 / 1920 < box["Left"] < 1636 / 1920


def test_many_faces_come_largest_first_and_100_at_most(rekognition, admiral):
    scene = Image.new("RGB", (1900, 1900), (90, 110, 90))
    for number in range(121):
        size = 120 + number % 5 * 10
        scene.paste(admiral.resize((size, size)), (number % 11 * 172, number // 11 * 172))
    faces = rekognition.detect_faces(Image=jpeg(scene))["FaceDetails"]
    areas = [face["BoundingBox"]["Width"] * face["BoundingBox"]["Height"] for face in faces]
    assert len(faces) == 100
    assert areas == sorted(areas, reverse=True)

"""Facial attributes by the real models, on two public-domain portraits that packages ship and on what was made of them.

What cannot be told has to be uncertain rather than wrong, and nothing may fail, whatever the picture. Needs the default
models, as test_real_faces.py does; pictures of crowds are read where RECOGNIZANCE_DATA has them.
"""

import os
from pathlib import Path

import numpy as np
import pytest
from botocore.validate import ParamValidator
from PIL import Image, ImageDraw, ImageFilter, ImageOps
from tests.client import in_process
from tests.weights.test_real_faces import FOLDER, KEY, admiral, astronaut, jpeg  # noqa: F401 - fixtures

from recognizance import app, settings
from recognizance.vision import cards, carriers
from recognizance.vision.attributes import describe

pytestmark = pytest.mark.weights

SHIPPED = {
    "mesh": "facemesh-2020", "iris": "iris-2020", "features": "sface-2021dec-middle", "age": "age-v1",
    "gender": "gender-v1", "expression": "fer-25",
}  # fmt: skip
NAMES = ("yunet-2023mar", "sface-2021dec", *SHIPPED.values())
MISSING = [name for name in NAMES if not carriers.installed(cards.load()[name], FOLDER)]
CROWDS = Path(os.environ.get("RECOGNIZANCE_DATA", "../shared/data")) / "wider" / "images"
JUDGED = ("Smile", "Eyeglasses", "Sunglasses", "Beard", "Mustache", "EyesOpen", "MouthOpen", "FaceOccluded", "Gender")


@pytest.fixture(scope="module")
def rekognition(tmp_path_factory):
    if MISSING:
        pytest.skip(f"{' and '.join(MISSING)} not installed in {FOLDER}; `make models` brings them")
    chosen = settings.read({}, data=tmp_path_factory.mktemp("data"), models=FOLDER, device="cpu")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(describe, "MODELS", SHIPPED)
        with app.build(chosen) as parts:
            server = app.endpoint(parts, KEY, chosen)
            client = in_process(server, access_key=KEY.access_key_id, secret=KEY.secret)
            yield client
            client.close()
            server.close()


def described(client, picture):
    """Return the faces of a picture with all attributes, every one of them checked."""
    answer = client.detect_faces(Image=jpeg(picture), Attributes=["ALL"])
    model = client.meta.service_model.operation_model("DetectFaces")
    answer.pop("ResponseMetadata")
    assert not ParamValidator().validate(answer, model.output_shape).has_errors()
    for face in answer["FaceDetails"]:
        assert len(face) == 17
        assert len(face["Landmarks"]) == 30
        assert all(50 <= face[name]["Confidence"] <= 100 for name in JUDGED)
        assert all(np.isfinite([point["X"], point["Y"]]).all() for point in face["Landmarks"])
        assert 0 <= face["AgeRange"]["Low"] <= face["AgeRange"]["High"] <= 120
        assert all(0 <= one["Confidence"] <= 100 for one in face["Emotions"])
    return answer["FaceDetails"]


def probability(face, name):
    said = face[name]
    return said["Confidence"] if said["Value"] is True else 100 - said["Confidence"]


def test_a_portrait_is_described_as_it_is(rekognition, astronaut, admiral):  # noqa: F811
    (smiling,) = described(rekognition, astronaut)
    assert smiling["Smile"]["Value"]
    assert smiling["Smile"]["Confidence"] > 80
    assert smiling["Emotions"][0]["Type"] == "HAPPY"
    assert smiling["Gender"]["Value"] == "Female"
    for face in (smiling, *described(rekognition, admiral)):
        assert face["EyesOpen"]["Value"]
        assert not face["Sunglasses"]["Value"]
        assert not face["Beard"]["Value"]
    (old,) = described(rekognition, admiral)
    assert old["Eyeglasses"]["Value"]
    assert old["AgeRange"]["High"] > smiling["AgeRange"]["High"]
    assert not smiling["Eyeglasses"]["Value"]


def test_landmarks_lie_where_they_should_on_an_upright_face(rekognition, astronaut):  # noqa: F811
    (face,) = described(rekognition, astronaut)
    at = {point["Type"]: point for point in face["Landmarks"]}
    assert at["upperJawlineLeft"]["X"] < at["leftEyeLeft"]["X"] < at["leftPupil"]["X"] < at["leftEyeRight"]["X"]
    assert at["leftEyeRight"]["X"] < at["noseLeft"]["X"] < at["nose"]["X"] < at["noseRight"]["X"]
    assert at["rightEyeLeft"]["X"] < at["rightPupil"]["X"] < at["rightEyeRight"]["X"] < at["upperJawlineRight"]["X"]
    assert at["leftEyeBrowUp"]["Y"] < at["leftEyeUp"]["Y"] < at["leftEyeDown"]["Y"] < at["nose"]["Y"]
    assert at["nose"]["Y"] < at["mouthUp"]["Y"] < at["mouthDown"]["Y"] < at["chinBottom"]["Y"]


def test_a_mirrored_face_is_described_alike_and_looks_the_other_way(rekognition, astronaut):  # noqa: F811
    (face,), (mirrored,) = (described(rekognition, one) for one in (astronaut, ImageOps.mirror(astronaut)))
    for name in ("Smile", "Eyeglasses", "Sunglasses", "Gender", "EyesOpen"):
        assert mirrored[name]["Value"] == face[name]["Value"]
    assert mirrored["Pose"]["Yaw"] == pytest.approx(-face["Pose"]["Yaw"], abs=4)
    assert mirrored["Pose"]["Roll"] == pytest.approx(-face["Pose"]["Roll"], abs=3)
    assert mirrored["EyeDirection"]["Yaw"] == pytest.approx(-face["EyeDirection"]["Yaw"], abs=10)


def test_a_face_of_twenty_pixels_is_less_sure_than_a_large_one(rekognition, astronaut):  # noqa: F811
    (large,) = described(rekognition, astronaut)
    scene = Image.new("RGB", (320, 240), (90, 110, 90))
    small = max(16, round(512 * 20 / (large["BoundingBox"]["Width"] * 512)))
    scene.paste(astronaut.resize((small, small), Image.Resampling.LANCZOS), (120, 80))
    for face in described(rekognition, scene):
        assert sum(face[name]["Confidence"] for name in JUDGED) < sum(large[name]["Confidence"] for name in JUDGED)


@pytest.mark.parametrize("angle", [90, 180, 270])
def test_a_face_on_its_side_or_upside_down_is_described_as_upright(rekognition, admiral, angle):  # noqa: F811
    (upright,) = described(rekognition, admiral)
    (turned,) = described(rekognition, admiral.rotate(angle, expand=True))
    for name in ("Eyeglasses", "Sunglasses", "EyesOpen", "Gender"):
        assert turned[name]["Value"] == upright[name]["Value"]


@pytest.mark.parametrize("side", ["left", "right", "top", "bottom"])
def test_half_a_face_at_the_frame_does_not_fail_and_is_not_whole(rekognition, astronaut, side):  # noqa: F811
    (face,) = described(rekognition, astronaut)
    box = face["BoundingBox"]
    x, y = (box["Left"] + box["Width"] / 2) * 512, (box["Top"] + box["Height"] / 2) * 512
    cut = {"left": (x, 0, 512, 512), "right": (0, 0, x, 512), "top": (0, y, 512, 512), "bottom": (0, 0, 512, y)}[side]
    for half in described(rekognition, astronaut.crop([round(edge) for edge in cut])):
        assert probability(half, "FaceOccluded") > probability(face, "FaceOccluded")


def squeezed(picture):
    """A face as narrow as one seen from the side."""
    return ImageOps.pad(picture.resize((picture.width // 3, picture.height)), (512, 512))


def masked(picture):
    """A face behind dark glasses and a mask, drawn over it."""
    covered = picture.resize((512, 512))
    pen = ImageDraw.Draw(covered)
    pen.rectangle((175, 90, 275, 118), fill=(10, 10, 10))
    pen.polygon([(180, 128), (270, 128), (258, 185), (225, 198), (192, 185)], fill=(90, 140, 190))
    return covered


def drawn(_):
    """A face in a few lines."""
    page = Image.new("RGB", (400, 400), "white")
    pen = ImageDraw.Draw(page)
    pen.ellipse((80, 50, 320, 360), outline="black", width=5, fill=(250, 220, 200))
    for x in (145, 225):
        pen.ellipse((x, 150, x + 40, 180), outline="black", width=4, fill="white")
        pen.ellipse((x + 14, 158, x + 26, 172), fill="black")
    pen.line((200, 180, 190, 240, 208, 240), fill="black", width=4)
    pen.arc((150, 240, 250, 310), 10, 170, fill="black", width=6)
    return page


WORSE = {
    "squeezed": squeezed,
    "behind dark glasses and a mask": masked,
    "a drawing": drawn,
    "blurred": lambda picture: picture.filter(ImageFilter.GaussianBlur(9)),
    "a negative": ImageOps.invert,
    "black and white": lambda picture: picture.convert("1").convert("RGB"),
    "nearly dark": lambda picture: picture.point(lambda value: value // 20),
    "blown out": lambda picture: picture.point(lambda value: min(255, value * 4)),
    "80 pixels": lambda picture: picture.resize((80, 80)),
    "stretched": lambda picture: picture.resize((2000, 120)),
    "noise": lambda picture: Image.fromarray(np.random.default_rng(5).integers(0, 256, (300, 300, 3), dtype=np.uint8)),
    "a plain ground": lambda picture: Image.new("RGB", (300, 300), (120, 90, 60)),
}


@pytest.mark.parametrize("kind", WORSE)
def test_no_picture_of_a_face_however_bad_fails(rekognition, astronaut, admiral, kind):  # noqa: F811
    for picture in (astronaut, admiral):
        described(rekognition, WORSE[kind](picture))


def test_a_face_behind_dark_glasses_and_a_mask_is_covered_and_not_described_with_certainty(
    rekognition,
    astronaut,  # noqa: F811
):
    (open_face,) = described(rekognition, astronaut)
    for face in described(rekognition, masked(astronaut)):
        assert probability(face, "FaceOccluded") > probability(open_face, "FaceOccluded")
        assert probability(face, "Sunglasses") > probability(open_face, "Sunglasses")


def test_forty_faces_are_all_described(rekognition, admiral, astronaut):  # noqa: F811
    scene = Image.new("RGB", (1600, 1000), (90, 110, 90))
    for number in range(40):
        scene.paste((admiral, astronaut)[number % 2].resize((190, 190)), (number % 8 * 200, number // 8 * 200))
    assert len(described(rekognition, scene)) == 40


def test_enrolling_with_all_describes_those_left_out(rekognition, astronaut):  # noqa: F811
    rekognition.create_collection(CollectionId="attributes")
    scene = Image.new("RGB", (900, 512), (90, 110, 90))
    scene.paste(astronaut, (0, 0))
    scene.paste(astronaut.resize((120, 120)), (700, 100))
    answer = rekognition.index_faces(
        CollectionId="attributes", Image=jpeg(scene), DetectionAttributes=["ALL"], MaxFaces=1, QualityFilter="NONE"
    )
    rekognition.delete_collection(CollectionId="attributes")
    assert len(answer["FaceRecords"][0]["FaceDetail"]) == 17
    assert len(answer["UnindexedFaces"][0]["FaceDetail"]) == 17


def test_crowds_as_they_come_are_described(rekognition):
    found = sorted(CROWDS.glob("*.jpg"))[::40] if CROWDS.is_dir() else []
    if not found:
        pytest.skip("pictures of crowds are not here; RECOGNIZANCE_DATA names the folder that has wider/images")
    assert sum(len(described(rekognition, Image.open(path).convert("RGB"))) for path in found) > len(found)

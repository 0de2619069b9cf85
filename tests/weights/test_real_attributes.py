"""Facial attributes by the real models, on two public-domain portraits that packages ship and on what was made of them.

What cannot be told has to be uncertain rather than wrong, and nothing may fail, whatever the picture. Needs the default
models, as test_real_faces.py does; pictures of crowds are read where RECOGNIZANCE_DATA has them.
"""

import os
from pathlib import Path

import numpy as np
import pytest
from botocore.validate import ParamValidator
from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageOps
from tests.client import in_process
from tests.conftest import DESCRIBING
from tests.weights.test_real_faces import FOLDER, KEY, admiral, astronaut, jpeg  # noqa: F401 - fixtures

from recognizance import app, settings
from recognizance.vision import cards, carriers
from recognizance.vision.attributes import describe

pytestmark = pytest.mark.weights

NAMES = ("yunet-2023mar", "sface-2021dec", *DESCRIBING.values())
MISSING = [name for name in NAMES if not carriers.installed(cards.load()[name], FOLDER)]
CROWDS = Path(os.environ.get("RECOGNIZANCE_DATA", "../shared/data")) / "wider" / "images"
JUDGED = ("Smile", "Eyeglasses", "Sunglasses", "Beard", "Mustache", "EyesOpen", "MouthOpen", "FaceOccluded", "Gender")


@pytest.fixture(scope="module")
def rekognition(tmp_path_factory):
    if MISSING:
        pytest.skip(f"{' and '.join(MISSING)} not installed in {FOLDER}; `make models` brings them")
    chosen = settings.read({}, data=tmp_path_factory.mktemp("data"), models=FOLDER, device="cpu")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(describe, "MODELS", DESCRIBING)
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


@pytest.mark.parametrize("side", ["left", "right"])
def test_of_half_a_face_nothing_is_told_surely_that_its_halves_have_alike(rekognition, astronaut, side):  # noqa: F811
    (face,) = described(rekognition, astronaut)
    x = (face["BoundingBox"]["Left"] + face["BoundingBox"]["Width"] / 2) * 512
    cut = {"left": (x, 0, 512, 512), "right": (0, 0, x, 512)}[side]
    for half in described(rekognition, astronaut.crop([round(edge) for edge in cut])):
        sure = {name: half[name]["Confidence"] for name in ("Gender", "Smile", "Beard", "Eyeglasses", "EyesOpen")}
        assert max(sure.values()) < 80, sure


@pytest.mark.parametrize("pixels", [1, 2])
def test_of_a_face_of_a_few_pixels_nothing_can_be_told(rekognition, astronaut, pixels):  # noqa: F811
    (face,) = described(rekognition, astronaut)
    between = (face["Landmarks"][1]["X"] - face["Landmarks"][0]["X"]) * 512
    side = round(512 * pixels / between)
    small = ImageOps.pad(astronaut.resize((side, side)), (96, 96), centering=(0, 0))
    for one in described(rekognition, small):  # if the detector finds it at all
        assert all(one[name]["Confidence"] < 60 for name in JUDGED if name != "FaceOccluded")


def near(picture):
    """The astronaut's face from nearer, 600 by 800 pixels."""
    return picture.crop((150, 20, 300, 220)).resize((600, 800), Image.Resampling.LANCZOS)


def squeezed(picture):
    """A face as narrow as one seen from the side."""
    return ImageOps.pad(near(picture).resize((250, 800)), (800, 800))


def darkened(picture):
    """A face behind dark glasses, drawn over it."""
    face = near(picture)
    pen = ImageDraw.Draw(face)
    for left in (150, 320):
        pen.rounded_rectangle((left, 290, left + 120, 370), 30, fill=(10, 10, 10))
    pen.line((270, 320, 320, 320), fill=(10, 10, 10), width=12)
    return face


def masked(picture):
    """A face behind a mask, drawn over it."""
    face = near(picture)
    outline = [(120, 430), (300, 400), (470, 430), (440, 560), (300, 640), (160, 560)]
    ImageDraw.Draw(face).polygon(outline, fill=(120, 160, 200))
    return face


def pencilled(picture):
    """A face as a pencil would draw it: what is darker than its surroundings."""
    grey = near(picture).convert("L")
    around = grey.filter(ImageFilter.GaussianBlur(12))
    return ImageOps.autocontrast(ImageChops.subtract(grey, around, scale=0.5, offset=200)).convert("RGB")


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


FOUND = {
    "squeezed": squeezed,
    "behind dark glasses": darkened,
    "behind a mask": masked,
    "in pencil": pencilled,
    "of stone": lambda picture: ImageOps.colorize(near(picture).convert("L"), "#444444", "#dddddd"),
    "in eight colours": lambda picture: ImageOps.posterize(near(picture), 1),
    "overexposed": lambda picture: near(picture).point(lambda value: min(255, int(value * 1.8))),
    "blurred": lambda picture: picture.filter(ImageFilter.GaussianBlur(9)),
    "a negative": ImageOps.invert,
    "black and white": lambda picture: picture.convert("1").convert("RGB"),
    "nearly dark": lambda picture: picture.point(lambda value: value // 20),
    "80 pixels": lambda picture: picture.resize((80, 80)),
}
"""Bad pictures of the astronaut in which the detector still sees a face."""

WORSE = FOUND | {
    "behind dark glasses and a mask": lambda picture: ImageChops.darker(masked(picture), darkened(picture)),
    "a drawing": drawn,
    "embossed": lambda picture: near(picture).convert("L").filter(ImageFilter.EMBOSS).convert("RGB"),
    "blown out": lambda picture: picture.point(lambda value: min(255, value * 4)),
    "stretched": lambda picture: picture.resize((2000, 120)),
    "noise": lambda picture: Image.fromarray(np.random.default_rng(5).integers(0, 256, (300, 300, 3), dtype=np.uint8)),
    "a plain ground": lambda picture: Image.new("RGB", (300, 300), (120, 90, 60)),
}


@pytest.mark.parametrize("kind", WORSE)
def test_no_picture_of_a_face_however_bad_fails(rekognition, astronaut, admiral, kind):  # noqa: F811
    for picture in (astronaut, admiral):
        described(rekognition, WORSE[kind](picture))


@pytest.mark.parametrize("kind", FOUND)
def test_a_bad_picture_of_a_face_is_described_with_less_certainty_or_as_it_is(rekognition, astronaut, kind):  # noqa: F811
    """What is said with 99 is said rightly, of whoever smiles without glasses, beard or moustache."""
    (face,) = described(rekognition, FOUND[kind](astronaut))
    assert not (face["Beard"]["Value"] and face["Beard"]["Confidence"] > 99)
    assert not (face["Mustache"]["Value"] and face["Mustache"]["Confidence"] > 99)
    assert not (face["Gender"]["Value"] == "Male" and face["Gender"]["Confidence"] > 99)


def test_dark_glasses_are_seen_and_cover_the_face_and_the_eyes_behind_them_cannot_be_told(
    rekognition,
    astronaut,  # noqa: F811
):
    (face,) = described(rekognition, darkened(astronaut))
    assert probability(face, "Sunglasses") > 90
    assert probability(face, "FaceOccluded") > 80
    assert face["EyesOpen"]["Confidence"] < 80
    assert face["EyeDirection"]["Confidence"] < 60


def test_a_mask_covers_the_face_and_what_is_behind_it_is_not_told_with_certainty(rekognition, astronaut):  # noqa: F811
    (face,) = described(rekognition, masked(astronaut))
    assert probability(face, "FaceOccluded") > 80
    assert face["Smile"]["Confidence"] < 90


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

"""Appearance by the real models and the heads that ship, on two public-domain portraits that packages ship."""

from pathlib import Path

import cv2
import matplotlib
import numpy as np
import pytest
import skimage
from tests.weights.test_real_faces import FOLDER

from recognizance.values import Gender, Image, Trait
from recognizance.vision import adapters, cards, carriers, runtime
from recognizance.vision.attributes import age, appearance, features, gender, heads
from recognizance.vision.image import decode
from recognizance.vision.vision import Vision

pytestmark = pytest.mark.weights

NAMES = ("yunet-2023mar", "sface-2021dec", "sface-2021dec-middle", "gender-v1", "age-v1")
PORTRAITS = {
    "astronaut": Path(skimage.__file__).parent / "data" / "astronaut.png",
    "admiral": Path(matplotlib.get_data_path()) / "sample_data" / "grace_hopper.jpg",
}


@pytest.fixture(scope="module")
def models():
    known = cards.load()
    missing = [name for name in NAMES if not carriers.installed(known[name], FOLDER)]
    if missing:
        pytest.skip(f"{' and '.join(missing)} not installed in {FOLDER}; `make models` brings them")
    engine = runtime.start(device="cpu", threads=1)
    return {name: adapters.open_model(known[name], carriers.read(known[name], FOLDER), engine) for name in NAMES}


def told(models, pixels):
    """Return what is judged of the largest face, how it presents, and its ages."""
    image = Image(np.ascontiguousarray(pixels), "0" * 64)
    faces = Vision(models["yunet-2023mar"], models["sface-2021dec"]).look(image, limit=1)
    seen = features.of(image.pixels, faces, models["sface-2021dec-middle"])
    sightings = [features.sighting(one, image.width, image.height) for one in faces]
    read = heads.readers().read(seen)
    (judged,) = appearance.judge(read, sightings)
    (shown,) = gender.of(image.pixels, faces, models["gender-v1"], read["female"], sightings)
    (ages,) = age.of(image.pixels, faces, models["age-v1"], read["age"], sightings)
    return judged, shown, ages


@pytest.fixture(scope="module", params=sorted(PORTRAITS))
def portrait(request):
    return decode(PORTRAITS[request.param].read_bytes()).pixels, request.param == "admiral"


def test_portraits_are_told_as_anybody_sees_them(models, portrait):
    pixels, glasses = portrait
    judged, shown, ages = told(models, pixels)
    assert judged[Trait.EYEGLASSES].value is glasses
    assert judged[Trait.EYES_OPEN].value
    assert not any(judged[trait].value for trait in (Trait.BEARD, Trait.MOUSTACHE, Trait.SUNGLASSES, Trait.OCCLUDED))
    assert shown.gender is Gender.FEMALE or shown.confidence < 65  # the admiral is eighty, and in uniform
    assert 20 <= ages.low <= ages.high <= 100
    assert ages.high - ages.low < 30


def test_a_mirrored_portrait_is_told_the_same(models, portrait):
    pixels, _ = portrait
    (judged, shown, _), (other, other_shown, _) = told(models, pixels), told(models, pixels[:, ::-1])
    assert all(judged[trait].value is other[trait].value for trait in appearance.READ)
    assert abs(female(shown) - female(other_shown)) < 15


def female(shown):
    return shown.confidence if shown.gender is Gender.FEMALE else 100 - shown.confidence


def test_of_few_pixels_less_is_said(models):
    pixels = decode(PORTRAITS["astronaut"].read_bytes()).pixels
    small = cv2.resize(pixels, None, fx=0.1, fy=0.1, interpolation=cv2.INTER_AREA)
    (judged, shown, ages), (less, less_shown, wider) = told(models, pixels), told(models, small)
    assert sum(less[trait].confidence for trait in appearance.READ) < sum(
        judged[trait].confidence for trait in appearance.READ
    )
    assert less_shown.confidence < shown.confidence
    assert wider.high - wider.low > ages.high - ages.low

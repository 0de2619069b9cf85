"""The default embedder in int8: needs the default models, as test_real_faces.py does."""

from dataclasses import replace

import numpy as np
import pytest
import skimage
from PIL import Image
from tests.weights.test_real_faces import FOLDER, MISSING

from recognizance import app, settings
from recognizance.errors import ModelUnusable, SettingsWrong
from recognizance.vision import adapters, cards, carriers, runtime

pytestmark = pytest.mark.weights

CARD = cards.load()["sface-2021dec"]


@pytest.fixture(scope="module")
def in_bytes():
    if MISSING:
        pytest.skip(f"{' and '.join(MISSING)} not installed in {FOLDER}; `make models` brings them")
    try:
        return runtime.start(device="cpu", precision="int8", threads=1)
    except SettingsWrong as error:
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def crops():
    """A face that is public domain, at its place and a little beside it."""
    picture = Image.open(f"{skimage.__path__[0]}/data/astronaut.png").convert("RGB")
    places = [(160 + dx, 55 + dy, 290 + dx, 185 + dy) for dx in (-8, 0, 8) for dy in (-8, 0, 8)]
    return [np.asarray(picture.crop(place).resize((112, 112))) for place in places]


def test_vectors_in_int8_are_nearly_those_in_float32(in_bytes, crops):
    prepared = carriers.read(CARD, FOLDER)
    right = adapters.open_model(CARD, prepared, runtime.start(device="cpu", threads=1))(crops)
    found = adapters.open_model(CARD, prepared, in_bytes)(crops)
    assert min(float(one @ other) for one, other in zip(found, right, strict=True)) > 0.98


def test_vectors_in_int8_are_the_same_on_every_lane(in_bytes, crops):
    prepared = carriers.read(CARD, FOLDER)
    alone = adapters.open_model(CARD, prepared, in_bytes)(crops)
    for threads in (2, 4):
        engine = runtime.start(device="cpu", precision="int8", threads=threads)
        assert np.array_equal(adapters.open_model(CARD, prepared, engine)(crops), alone)


def test_ranges_of_another_model_are_refused(in_bytes):
    tensors = {"no_such_tensor": (0.0, 1.0)}
    wrong = replace(CARD, ranges=replace(CARD.ranges, tensors=tensors))
    with pytest.raises(ModelUnusable, match="its ranges name 'no_such_tensor'"):
        adapters.open_model(wrong, carriers.read(CARD, FOLDER), in_bytes)


@pytest.mark.usefixtures("in_bytes")
def test_healthz_says_what_each_model_computes_in(tmp_path):
    chosen = settings.read(
        {}, data=tmp_path, models=FOLDER, device="cpu", threads=1, precision="int8", attributes="off"
    )
    with app.build(chosen) as parts:
        parts.vision()
        _, said = parts.health()
    able = parts.runtime().coarse
    assert {one["task"]: one["precision"] for one in said["models"]} == {"detect": able, "embed": "int8"}
    assert said["precision"] == "int8"
    assert f"the others compute in {able}" in said["why"]

"""Looking and embedding, with models that are plain classes; and, where installed, with the real ones."""

import dataclasses

import numpy as np
import pytest

from recognizance.values import Card, Image, ModelName
from recognizance.vision.adapters import Candidates
from recognizance.vision.vision import Vision


def card(name, **parameters):
    return Card(
        name=ModelName(name), version="1", task="", adapter="", title="", origin="", licence="", commercial_use=True,
        sha256="", preparation="none", tried="", parameters=parameters,
    )  # fmt: skip


FACE = np.array([(0.3, 0.35), (0.7, 0.35), (0.5, 0.55), (0.35, 0.75), (0.65, 0.75)], np.float32)


class Finder:
    """Finds the same faces in every picture, given as (left, top, side)."""

    card = card("finder")

    def __init__(self, *squares):
        corners = np.array(squares, np.float32).reshape(-1, 3)
        boxes = np.column_stack([corners[:, :2], corners[:, :2] + corners[:, 2:]])
        points = corners[:, None, :2] + FACE * corners[:, None, 2:]
        self.says = Candidates(boxes, points, np.full(len(boxes), 0.95, np.float32))

    def __call__(self, batch):
        return [self.says] * len(batch)


class Colours:
    """A vector of the mean colour of the crop's left and right half; remembers how many came at once."""

    def __init__(self, size=None):
        self.card, self.batches = card("colours", **({} if size is None else {"size": size})), []

    def __call__(self, batch):
        self.batches.append([crop.shape for crop in batch])
        halves = [
            np.concatenate([half.mean(axis=(0, 1)) for half in np.array_split(crop, 2, axis=1)]) for crop in batch
        ]
        return [(vector / np.linalg.norm(vector)).astype(np.float32) for vector in halves]


def picture():
    pixels = np.random.default_rng(0).integers(1, 256, (260, 320, 3), np.uint8)
    pixels[:, :80, 0] = 255
    return Image(pixels, "0" * 64)


def test_faces_are_described_largest_first_without_vectors():
    faces = Vision(Finder((10, 10, 60), (150, 50, 120)), Colours(), enlarge=False).look(picture())
    assert [round(face.box.width * 320) for face in faces] == [120, 60]
    for face in faces:
        assert face.embedding is None
        assert face.confidence == pytest.approx(95)
        assert abs(face.pose.roll) < 1
        assert abs(face.pose.yaw) < 1
        assert 0 < face.quality.brightness < 100


def test_no_more_faces_than_asked_for():
    assert len(Vision(Finder((10, 10, 60), (150, 50, 120)), Colours(), enlarge=False).look(picture(), limit=1)) == 1


def test_all_faces_are_embedded_in_one_run_and_in_order():
    embedder = Colours()
    vision = Vision(Finder((10, 10, 60), (150, 50, 120)), embedder, mirror=False)
    image = picture()
    faces = vision.look(image)
    embedded = vision.embed(image, faces)
    assert embedder.batches == [[(112, 112, 3)] * 2]
    assert [face.box for face in embedded] == [face.box for face in faces]
    assert all(face.embedding is None for face in faces)
    for face in embedded:
        assert face.embedding.model == "colours"
        assert face.embedding.vector.dtype == np.float32
        assert np.linalg.norm(face.embedding.vector) == pytest.approx(1)
        assert not face.embedding.vector.flags.writeable


def test_with_its_mirror_image_a_face_is_the_sum_of_both():
    image = picture()
    plain, both = (Vision(Finder((10, 10, 60)), Colours(), mirror=mirror) for mirror in (False, True))
    (face,) = plain.look(image)
    one = plain.embed(image, [face])[0].embedding.vector
    other = np.concatenate([one[3:], one[:3]])
    expected = (one + other) / np.linalg.norm(one + other)
    assert both.embed(image, [face])[0].embedding.vector == pytest.approx(expected, abs=1e-6)


def test_crops_have_the_size_on_the_embedders_card():
    embedder = Colours(size=64)
    vision = Vision(Finder((10, 10, 60)), embedder)
    vision.embed(picture(), vision.look(picture()))
    assert embedder.batches == [[(64, 64, 3)] * 2]


def test_no_faces_are_no_vectors():
    vision = Vision(Finder(), Colours())
    assert vision.look(picture()) == []
    assert vision.embed(picture(), []) == []


def test_a_vector_without_length_is_an_error():
    class Opposite(Colours):
        def __call__(self, batch):
            return [np.float32([1, 0]) * (-1) ** number for number in range(len(batch))]

    vision = Vision(Finder((10, 10, 60)), Opposite())
    with pytest.raises(ValueError, match="needs a length above 0"):
        vision.embed(picture(), vision.look(picture()))


def test_a_picture_that_may_not_be_written_to_will_do():
    image = picture()
    image.pixels.setflags(write=False)
    vision = Vision(Finder((10, 10, 60)), Colours())
    assert len(vision.embed(image, vision.look(image))) == 1


def test_vision_holds_nothing_that_changes():
    vision = Vision(Finder(), Colours())
    with pytest.raises(dataclasses.FrozenInstanceError):
        vision.mirror = False

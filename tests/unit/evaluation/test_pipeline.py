"""What is measured is what the server would do, on the tiny models."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tests import pictures

from recognizance.evaluation.sets.faces import central
from recognizance.evaluation.sets.pipeline import open_pipeline


@pytest.fixture
def pipeline(given):
    return open_pipeline(given, version="1", choose=central)


def face():
    """Return a picture whose middle is a white square, which is a face to the tiny detector."""
    pixels = np.zeros((128, 128, 3), np.uint8)
    pixels[32:64, 32:64] = 255
    pixels[64:, :, 0] = 90
    return pictures.encoded(pixels)


def test_a_face_becomes_a_unit_vector(pipeline):
    vector = pipeline.embed(face())
    assert vector is not None
    assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-5)


def test_a_picture_without_a_face_has_no_vector(pipeline):
    assert pipeline.embed(pictures.encoded(np.zeros((128, 128, 3), np.uint8))) is None


def test_what_is_no_picture_has_no_vector(pipeline):
    assert pipeline.embed(b"no picture") is None


def test_whatever_decides_a_vector_decides_its_cache(given, pipeline):
    mirrored = open_pipeline(replace(given, mirror=True), version="1", choose=central)
    newer = open_pipeline(given, version="2", choose=central)
    assert len({pipeline.how, mirrored.how, newer.how}) == 3

"""A model answers the same however many cores it is given: needs the default models, as test_real_faces.py does."""

import numpy as np
import pytest
from tests.weights.test_real_faces import FOLDER

from recognizance.vision import cards, carriers, runtime

pytestmark = pytest.mark.weights

NAMES = ("facemesh-2020", "iris-2020", "fer-25", "age-v1", "gender-v1")


@pytest.mark.parametrize("name", NAMES)
def test_every_stream_of_a_model_computes_the_same(name):
    card = cards.load()[name]
    if carriers.installed(card, FOLDER) is None:
        pytest.skip(f"{name} is not installed in {FOLDER}; `make models` brings it")
    prepared = carriers.read(card, FOLDER)
    alone = runtime.start(device="cpu", threads=1).open(prepared, name=name)
    seen = np.random.default_rng(7).uniform(-1, 1, (1, *(axis or 1 for axis in alone.shape[1:]))).astype(np.float32)
    batch = np.repeat(seen, 8, axis=0)
    right = alone(batch)
    for threads in (2, 2, 3, 4, 4, 8):  # OpenVINO 2026.4 erred in about every second of several streams
        together = runtime.start(device="cpu", threads=threads).open(prepared, name=name)(batch)
        for output, values in right.items():
            np.testing.assert_allclose(together[output], values, rtol=0, atol=1e-4)

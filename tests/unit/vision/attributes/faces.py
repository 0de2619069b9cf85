"""Faces and models that are plain values, for tests of attributes."""

import numpy as np

from recognizance.values import Box, Card, Face, ModelName, Pose, Quality
from recognizance.vision.geometry import TEMPLATE, landmarks_of

PIXELS = np.random.default_rng(5).integers(0, 256, (200, 240, 3), dtype=np.uint8)


def face(*, size=1.0, at=(60, 40), turned=0.0, brightness=60.0, sharpness=90.0, width=240, height=200):
    """Return a face that looks at the camera, its five points those of the template, moved and turned in degrees."""
    angle = np.radians(turned)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    points = (np.asarray(TEMPLATE) + 0.5 - 56) @ turn.T * size + 56 * size + at
    left, top = points.min(axis=0) - 20 * size
    right, bottom = points.max(axis=0) + 20 * size
    box = Box(left / width, top / height, (right - left) / width, (bottom - top) / height)
    return Face(box, landmarks_of(points, width, height), 99.0, Pose(0, 0, 0), Quality(brightness, sharpness))


class Says:
    """A model that says the same of every crop, or what a function makes of it; remembers how many came at once."""

    def __init__(self, size, what):
        self.card = Card(
            name=ModelName("says"), version="1", task="", adapter="", title="", origin="", licence="",
            commercial_use=True, sha256="", preparation="none", tried="", parameters={"size": size},
        )  # fmt: skip
        self.what, self.batches = what, []

    def __call__(self, batch):
        size = self.card.parameters["size"]
        assert all(one.shape == (size, size, 3) and one.dtype == np.uint8 for one in batch)
        self.batches.append(len(batch))
        return [np.asarray(self.what(one) if callable(self.what) else self.what, np.float32) for one in batch]


def planes(count=1, seed=3):
    """Return features as a network could see them."""
    return np.random.default_rng(seed).gamma(0.6, 0.4, (count, 1024, 7, 7)).astype(np.float32)

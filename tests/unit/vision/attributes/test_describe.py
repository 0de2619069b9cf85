"""What is told of several faces together where a model fails on one of them: that face is uncertain, and no other."""

import logging
from dataclasses import replace

import numpy as np
import pytest

from recognizance.values import Image, Mesh, Trait
from recognizance.vision.adapters.facemesh import Marked
from recognizance.vision.adapters.iris import Eye
from recognizance.vision.attributes import describe, expression

from . import drawn
from .faces import PIXELS, Says, face, planes

IMAGE = Image(PIXELS, "0" * 64)
FACES = [face(), face(at=(100, 60), size=0.9), face(at=(20, 30), size=0.8)]
ALL = frozenset(Trait)
FRONTAL = drawn.mesh(scale=80, at=(96.0, 80.0)).points


def spoilt(**to):
    """Return the frontal mesh with points moved to where others are."""
    points = FRONTAL.copy()
    for one, other in to.items():
        points[int(one[1:])] = points[other]
    return points


DEGENERATE = {
    "all points in one place": np.full((468, 3), 90.0, np.float32),
    "all points on one line": np.linspace((10, 20, 0), (180, 150, 20), 468).astype(np.float32),
    "both eyes in one place": spoilt(_263=33),
    "an eye without width": spoilt(_133=33),
    "a face of nothing": np.zeros((468, 3), np.float32),
    "a face of next to nothing": FRONTAL * np.float32(1e-6),
}


class Sees:
    """A model that says what it is told of each square, in turn; remembers how many came at once."""

    def __init__(self, size, said):
        self.card, self.said, self.batches = Says(size, 0).card, said, []

    def __call__(self, batch):
        self.batches.append(len(batch))
        return [self.said(at) for at in range(len(batch))]


def an_eye(width=40.0):
    """Return an open eye in a square of 64 pixels."""
    contour, iris = np.full((71, 3), 32, np.float32), np.full((5, 3), 32, np.float32)
    contour[:9, 0] = np.linspace(32 - width / 2, 32 + width / 2, 9)
    contour[9:16, 0] = np.linspace(32 - width / 2, 32 + width / 2, 9)[1:8]
    contour[3:6, 1], contour[11:14, 1] = 38, 26
    iris[1:, :2] += np.array([(5, 0), (0, 5), (-5, 0), (0, -5)])
    return Eye(contour, iris)


AN_EYE = an_eye()


def models(meshes=(FRONTAL,), irises=(AN_EYE,)):
    """Return the models of a describer: those of geometry say these things in turn, the others as ever."""
    seen = planes(len(FACES))
    ages, kinds = np.full(81, 1 / 81, np.float32), np.full(len(expression.ORDER), 1 / 7, np.float32)
    return {
        "mesh": Sees(192, lambda at: Marked(meshes[at % len(meshes)], 1.0)),
        "iris": Sees(64, lambda at: irises[at % len(irises)]),
        "features": Sees(112, lambda at: seen[at]),
        "age": Says(64, ages),
        "gender": Says(32, [0.5, 0.5]),
        "expression": Says(64, kinds),
    }


def told(given, wants=ALL, faces=FACES):
    describer = describe.Describer({task: lambda one=one: one for task, one in given.items()})
    return describer.describe(IMAGE, faces, wants)


def test_each_model_runs_once_for_all_faces():
    given = models()
    told(given)
    assert {task: one.batches for task, one in given.items()} == {
        "mesh": [3], "iris": [6], "features": [3], "age": [3], "gender": [3], "expression": [6],
    }  # fmt: skip


@pytest.mark.parametrize("kind", DEGENERATE)
def test_one_face_whose_mesh_can_be_nobodys_is_uncertain_and_the_others_are_told_as_ever(kind, caplog):
    ever = told(models())
    with caplog.at_level(logging.WARNING):
        found = told(models(meshes=[FRONTAL, DEGENERATE[kind], FRONTAL]))
    for at in (0, 2):
        assert found[at].traits == ever[at].traits
        assert (found[at].pose, found[at].mesh is None) == (ever[at].pose, False)
    (lost, known) = found[1], ever[1]
    assert (lost.mesh, lost.pose) == (None, FACES[1].pose)
    assert lost.traits.outline is None
    assert lost.traits.gaze.confidence == 0
    for name in ("eyes_open", "mouth_open", "occluded"):
        assert 50 <= getattr(lost.traits, name).confidence <= 100
    for name in ("age", "beard", "eyeglasses", "expression", "gender", "moustache", "smile", "sunglasses"):
        assert getattr(lost.traits, name) == getattr(known.traits, name)
    assert "without a mesh" in caplog.text


@pytest.mark.parametrize("trait", [Trait.EYES_OPEN, Trait.MOUTH_OPEN, Trait.OCCLUDED])
def test_where_the_mesh_tells_nothing_half_of_what_it_looks_like_is_told(trait):
    (_, lost, _) = told(models(meshes=[FRONTAL, DEGENERATE["a face of nothing"], FRONTAL]), frozenset({trait}))
    (_, known, _) = told(models(), frozenset({trait}))
    said, ever = (getattr(one.traits, trait.name.lower()).confidence for one in (lost, known))
    assert said < ever


def test_one_face_whose_eyes_are_none_has_a_mesh_and_no_gaze():
    none = Eye(np.full((71, 3), 32, np.float32), np.full((5, 3), 32, np.float32))
    found = told(models(irises=[an_eye(), an_eye(), none, none, an_eye(), an_eye()]))
    assert [one.mesh is None for one in found] == [False] * 3
    assert [one.traits.outline is None for one in found] == [False, True, False]
    assert found[1].traits.gaze.confidence == 0 < found[0].traits.gaze.confidence


def test_faces_are_filtered_with_their_meshes_and_one_without_by_its_five_points():
    describer = describe.Describer(
        {"mesh": lambda: models(meshes=[DEGENERATE["all points in one place"], FRONTAL])["mesh"]}
    )
    found = describer.mesh(IMAGE, FACES[:2])
    assert [one.mesh is None for one in found] == [True, False]
    assert found[0] == FACES[0]


def test_a_face_that_has_a_mesh_keeps_it():
    kept = Mesh(drawn.mesh(scale=50, at=(100.0, 90.0)).points, 1.0)
    given = models()
    found = told(given, faces=[replace(FACES[0], mesh=kept), *FACES[1:]])
    assert found[0].mesh is kept
    assert given["mesh"].batches == [2]

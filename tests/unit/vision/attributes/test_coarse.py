"""Networks that need no float32: which they are, and how near to float32 they stay."""

import numpy as np
import pytest
from tests.tiny import graphs

from recognizance.vision import adapters, runtime
from recognizance.vision.attributes import describe

KINDS = ("face", "mesh", "iris", "features", "age", "gender", "expression")


@pytest.fixture(scope="module")
def engine():
    return runtime.start(device="cpu", threads=1)


class Opening:
    """A runtime that notes which networks were opened as coarse."""

    def __init__(self, engine):
        self.engine, self.coarse = engine, {}

    def open(self, model, *, name, coarse=False, **more):
        self.coarse[name] = coarse
        return self.engine.open(model, name=name, coarse=coarse, **more)


@pytest.mark.parametrize("kind", KINDS)
def test_only_what_tells_kinds_of_faces_apart_is_coarse_and_never_points_nor_vectors(engine, kind):
    opening, card = Opening(engine), graphs.card(kind)
    adapters.open_model(card, graphs.CARRIED[kind], opening)
    assert opening.coarse == {card.name: kind in ("features", "age", "gender", "expression")}


def test_the_coarse_tasks_are_tasks_of_the_describer():
    assert adapters.COARSE.issubset(describe.MODELS)


@pytest.mark.parametrize("kind", ["features", "age", "expression"])
def test_a_coarse_network_is_near_the_fine_one_and_the_same_where_the_processor_has_no_bf16(engine, kind):
    fine, coarse = (engine.open(graphs.CARRIED[kind], name=kind, coarse=how) for how in (False, True))
    batch = np.random.default_rng(2).random((2, *fine.shape[1:])).astype(np.float32)
    ((exact,), (near,)) = (list(one(batch).values()) for one in (fine, coarse))
    assert np.abs(near - exact).max() <= 0.03 * np.abs(exact).max()
    if engine.coarse == "f32":
        assert (near == exact).all()

import numpy as np
import pytest
from tests.tiny import graphs

from recognizance.errors import ModelUnusable
from recognizance.vision import adapters, runtime
from recognizance.vision.adapters.crops import Crops

SAID = {"size": 4, "channels": "RGB", "layout": "NCHW", "mean": (1.0, 2.0, 3.0), "scale": (0.5, 0.5, 0.5)}
FACE = np.random.default_rng(1).integers(0, 256, (4, 4, 3), dtype=np.uint8)


def crops(**changes):
    return Crops(**(SAID | changes))


def opened(kind, model=None, **changes):
    parameters = graphs.PARAMETERS[kind] | changes
    card = graphs.card(kind, model, parameters=parameters)
    return adapters.open_model(card, model or graphs.CARRIED[kind], runtime.start(device="cpu", threads=1))


def test_values_are_less_the_mean_times_the_scale_in_the_order_of_channels_and_axes():
    right = (FACE.astype(np.float32) - (1, 2, 3)) * 0.5
    np.testing.assert_allclose(crops().array([FACE], "x")[0], right.transpose(2, 0, 1))
    np.testing.assert_allclose(crops(layout="NHWC").array([FACE], "x")[0], right)
    right = (FACE[..., ::-1].astype(np.float32) - (1, 2, 3)) * 0.5
    np.testing.assert_allclose(crops(channels="BGR", layout="NHWC").array([FACE], "x")[0], right)


def test_grey_is_one_channel_of_lightness():
    said = crops(channels="GREY", mean=(0.0,), scale=(1.0,), layout="NHWC")
    assert said.axes == (4, 4, 1)
    white = np.full((4, 4, 3), 255, np.uint8)
    np.testing.assert_array_equal(said.array([white], "x"), 255)
    np.testing.assert_allclose(said.array([FACE], "x")[0, ..., 0], FACE @ (0.299, 0.587, 0.114), atol=0.51)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"channels": "HSV"}, "channels is 'HSV'"),
        ({"layout": "CHW"}, "layout is 'CHW'"),
        ({"mean": (1.0,)}, "3 numbers each"),
        ({"scale": (1.0, 0.0, 1.0)}, "above 0"),
        ({"channels": "GREY"}, "1 numbers each"),
        ({"size": 0}, "size should be above 0"),
    ],
)
def test_what_no_network_of_faces_can_mean_is_refused(changes, why):
    with pytest.raises(ValueError, match=why):
        crops(**changes)


def test_a_face_of_another_size_is_refused():
    with pytest.raises(ValueError, match="takes faces 4 pixels square"):
        crops().array([np.zeros((5, 4, 3), np.uint8)], "x")


@pytest.mark.parametrize(
    ("kind", "changes", "why"),
    [
        ("gender", {"size": 9}, "its card says"),
        ("gender", {"classes": 1}, "should be 2 or more"),
        ("features", {"planes": 0}, "should be above 0"),
        ("features", {"layout": "NHWC"}, "its card says"),
    ],
)
def test_a_card_that_does_not_fit_its_network_is_refused(kind, changes, why):
    with pytest.raises(ModelUnusable, match=why):
        opened(kind, **changes)


def test_another_number_of_classes_or_planes_than_the_card_says_is_refused():
    for kind, changes in (("gender", {"classes": 3}), ("features", {"planes": 1000})):
        model = opened(kind, **changes)
        size = model.card.parameters["size"]
        with pytest.raises(ModelUnusable):
            model([np.zeros((size, size, 3), np.uint8)])


def test_numbers_that_are_no_probabilities_are_refused():
    model = opened("gender", graphs.constant(8, {"classes": np.array([0.9, 0.4])}), layout="NHWC")
    with pytest.raises(ModelUnusable, match="no probabilities of 2 classes"):
        model([np.zeros((8, 8, 3), np.uint8)])

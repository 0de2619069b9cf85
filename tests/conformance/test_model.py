"""What every adapter promises, on tiny graphs in the real runtimes; and every shipped card, where installed."""

import threading
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.tiny import graphs

from recognizance import settings
from recognizance.errors import ModelUnusable
from recognizance.vision import adapters, cards, carriers, fold, runtime

DEVICES = ("cpu", "cpu-onnxruntime")
SHIPPED = cards.load()
WHITE = np.float32(255)


@pytest.fixture(scope="module", params=DEVICES)
def engine(request):
    return runtime.start(device=request.param, threads=2)


def opened(engine, kind, shipped=None, **changes):
    shipped = graphs.CARRIED[kind] if shipped is None else shipped
    card = graphs.card(kind, shipped, **changes)
    cut = card.parameters.get("cut")
    prepared = fold.prepare(shipped, preparation=card.preparation, task=card.task, cut=cut)
    return adapters.open_model(card, prepared, engine)


@pytest.fixture(params=sorted(graphs.CARRIED))
def model(engine, request):
    return opened(engine, request.param)


def pictures(card, count, seed=0):
    """Noise with a white square somewhere, of the size an embedder takes or of many sizes."""
    dice = np.random.default_rng(seed)
    made = []
    for _ in range(count):
        size = card.parameters.get("size")
        height, width = (size, size) if size else dice.integers(20, 150, 2)
        pixels = dice.integers(0, 256 if size else 60, (height, width, 3), dtype=np.uint8)
        if not size:
            left, top = dice.integers(0, width), dice.integers(0, height)
            pixels[top : top + 48, left : left + 48] = 255
        made.append(pixels)
    return made


def flat(results):
    """Every result of a model, as arrays that can be compared."""
    return [one if isinstance(one, np.ndarray) else np.concatenate(_parts(one)) for one in results]


def _parts(result):
    return [np.float32(getattr(result, one.name)).ravel() for one in fields(result)]


def same(some, others):
    return all(np.array_equal(a, b) for a, b in zip(flat(some), flat(others), strict=True))


def check_promises(model, count=9):
    batch = pictures(model.card, count)
    together = model(batch)
    alone = [model([one])[0] for one in batch]
    assert same(together, alone)
    assert same(model(batch[::-1]), together[::-1])
    assert same(model(batch), together)
    assert list(model([])) == []
    assert all(one.dtype == np.float32 and np.isfinite(one).all() for one in flat(together))
    if model.card.task == "embed":
        assert np.abs(np.linalg.norm(np.stack(together), axis=1) - 1).max() < 1e-6
        assert {one.shape for one in together} == {(model.card.parameters["dimension"],)}
        assert not any(one.flags.writeable for one in together)
    elif model.card.task != "detect":
        check_squares(model, together)
    else:
        for one in together:
            assert one.boxes.shape == (len(one), 4)
            assert one.points.shape == (len(one), 5, 2)
            assert (np.diff(one.scores) <= 0).all()
            assert ((one.scores >= 0) & (one.scores <= 1)).all()


def check_squares(model, together):
    said, size = model.card.parameters, model.card.parameters["size"]
    for one in together:
        for array in (one,) if isinstance(one, np.ndarray) else (getattr(one, part.name) for part in fields(one)):
            assert isinstance(array, float) or not array.flags.writeable
        match model.card.task:
            case "mesh":
                assert (one.points.shape, 0 <= one.sure <= 1) == ((468, 3), True)
            case "iris":
                assert (one.contour.shape, one.iris.shape) == ((71, 3), (5, 3))
            case "features":
                assert one.shape == (said["planes"], said["side"], said["side"])
            case _:
                assert one.shape == (said["classes"],)
                assert one.min() >= 0
                assert one.sum() == pytest.approx(1, abs=0.02)
    for wrong in (size - 1, size + 1):
        with pytest.raises(ValueError, match=f"{size} pixels square"):
            model([np.zeros((wrong, wrong, 3), np.uint8)])


def check_threads(model, threads=8):
    batch = pictures(model.card, 5)
    right, got = model(batch), [None] * threads

    def work(at):
        got[at] = [model(batch) for _ in range(5)]

    started = [threading.Thread(target=work, args=(at,)) for at in range(threads)]
    for one in started:
        one.start()
    for one in started:
        one.join(timeout=60)
    assert all(results and all(same(one, right) for one in results) for results in got)


def test_a_model_keeps_the_promises_of_every_model(model):
    check_promises(model)


def test_eight_threads_get_what_one_gets(model):
    check_threads(model)


def test_what_is_no_picture_is_refused(model):
    for wrong in (np.zeros((8, 8), np.uint8), np.zeros((8, 8, 3), np.float32), np.zeros((0, 8, 3), np.uint8)):
        with pytest.raises(ValueError, match="a picture is uint8"):
            model([wrong])


def test_a_face_of_another_size_is_refused(engine):
    with pytest.raises(ValueError, match="faces 8 pixels square"):
        opened(engine, "face")([np.zeros((9, 9, 3), np.uint8)])


@pytest.mark.parametrize("spoilt", [np.nan, np.inf, 0.0])
def test_a_vector_without_direction_is_refused(engine, spoilt):
    with pytest.raises(ModelUnusable, match="tiny-face gave a vector that is not finite or is zero"):
        opened(engine, "face", graphs.embedder(spoilt=spoilt))(pictures(graphs.card("face"), 2))


@pytest.mark.parametrize(("kind", "make"), [("yunet", graphs.yunet), ("scrfd", graphs.scrfd)])
def test_a_score_that_is_no_number_is_refused(engine, kind, make):
    with pytest.raises(ModelUnusable, match=f"tiny-{kind} gave scores that are not finite"):
        opened(engine, kind, make(spoilt=np.nan))(pictures(graphs.card(kind), 1))


def test_a_score_above_one_is_refused(engine):
    with pytest.raises(ModelUnusable, match="scores outside 0 to 1"):
        opened(engine, "scrfd", graphs.scrfd(spoilt=2.0))(pictures(graphs.card("scrfd"), 1))


@pytest.mark.parametrize(
    ("kind", "shipped"),
    [
        ("yunet", graphs.yunet(short=True)),
        ("scrfd", graphs.scrfd(short=True)),
        ("scrfd", graphs.scrfd(anchors=1)),
        ("face", graphs.embedder(dimension=graphs.DIMENSION + 1)),
        ("scrfd", graphs.yunet()),
    ],
    ids=["yunet-short", "scrfd-short", "scrfd-one-anchor", "face-longer", "yunet-as-scrfd"],
)
def test_an_output_of_the_wrong_shape_is_refused(engine, kind, shipped):
    with pytest.raises(ModelUnusable, match=r"gave .* (was|were) due"):
        opened(engine, kind, shipped)(pictures(graphs.card(kind), 1))


def test_a_graph_without_the_outputs_of_its_adapter_is_refused(engine):
    with pytest.raises(ModelUnusable, match="lacks the outputs bbox_16"):
        opened(engine, "yunet", graphs.scrfd())(pictures(graphs.card("yunet"), 1))


def test_a_graph_of_another_input_is_refused_when_opened(engine):
    with pytest.raises(ModelUnusable, match="its card says"):
        opened(engine, "face", graphs.embedder(layout="NHWC"))
    with pytest.raises(ModelUnusable, match="pictures of any size"):
        opened(engine, "yunet", graphs.embedder(), preparation="none")


def test_a_file_that_is_no_model_is_refused(engine):
    with pytest.raises(ModelUnusable, match="tiny-face cannot be opened by"):
        opened(engine, "face", b"not a model", preparation="none")


@pytest.mark.parametrize(
    "changes", [{"floor": None}, {"floor": "0.5"}, {"floor": 1.5}, {"floor": 0.5, "roof": 1}], ids=str
)
def test_parameters_that_an_adapter_does_not_know_are_refused(engine, changes):
    said = {key: value for key, value in changes.items() if value is not None}
    with pytest.raises(ModelUnusable, match="the card tiny-yunet"):
        opened(engine, "yunet", parameters=said)


def test_an_adapter_that_does_not_exist_is_refused(engine):
    with pytest.raises(ModelUnusable, match="names the adapter 'yonet'"):
        opened(engine, "yunet", adapter="yonet")


def test_an_adapter_of_the_users_own_is_found_by_its_dotted_name(engine):
    assert len(opened(engine, "yunet", adapter="recognizance.vision.adapters.yunet")([np.zeros((9, 9, 3), np.uint8)]))


@pytest.mark.parametrize("kind", ["yunet", "scrfd"])
def test_a_white_cell_is_found_where_it_is(engine, kind):
    picture = np.zeros((70, 100, 3), np.uint8)
    picture[32:48, 64:80] = 255  # the cell in column 4 and row 2 at stride 16
    found = opened(engine, kind)([picture])[0]

    of_stride_16 = np.flatnonzero(found.boxes[:, 2] - found.boxes[:, 0] == 16)
    assert len(of_stride_16) == (2 if kind == "scrfd" else 1)
    assert found.boxes[of_stride_16[0]].tolist() == [64, 32, 80, 48]
    assert np.allclose(found.points[of_stride_16[0]], graphs.POINTS * 16 + [64, 32])


@pytest.mark.parametrize("layout", ["NCHW", "NHWC"])
@pytest.mark.parametrize("channels", ["RGB", "BGR"])
def test_a_card_says_how_pixels_become_numbers(engine, layout, channels):
    said = graphs.PARAMETERS["face"] | {"layout": layout, "channels": channels, "mean": [1, 2, 3], "scale": [1, 2, 3]}
    model = opened(engine, "face", graphs.embedder(layout=layout), parameters=said, preparation="none")
    face = pictures(model.card, 1)[0]

    planes = face.astype(np.float64)[..., :: 1 if channels == "RGB" else -1]
    planes = ((planes - [1, 2, 3]) * [1, 2, 3]).transpose(2, 0, 1)
    weights = np.random.default_rng(7).normal(size=(graphs.DIMENSION, planes.size)).astype(np.float32)
    right = weights @ planes.ravel()
    assert np.abs(model([face])[0] - right / np.linalg.norm(right)).max() < 1e-5


def test_a_graph_that_takes_one_item_at_a_time_is_given_one_at_a_time(engine):
    one_at_a_time = opened(engine, "face", graphs.embedder(batch=1), preparation="none")
    faces = pictures(one_at_a_time.card, 7)
    assert np.allclose(one_at_a_time(faces), opened(engine, "face")(faces), atol=1e-6)


def test_both_runtimes_say_the_same():
    for kind in graphs.CARRIED:
        models = [opened(runtime.start(device=device, threads=1), kind) for device in DEVICES]
        batch = pictures(models[0].card, 4)
        off = 2.0**-7 if models[0].card.task in adapters.COARSE else 1e-5  # OpenVINO's may be in bf16, of 8 bits
        for some, others in zip(*(flat(model(batch)) for model in models), strict=True):
            assert np.allclose(some, others, rtol=off, atol=1e-5)


@given(st.integers(1, 10_000), st.sampled_from([8, 32]))
def test_a_canvas_holds_the_picture_and_little_more(side, multiple):
    wide = adapters.canvas(side, multiple=multiple)
    assert wide % multiple == 0
    assert 0 <= wide - side < max(multiple, side / 8)
    assert adapters.canvas(wide, multiple=multiple) == wide


def test_networks_meet_few_sizes():
    assert len({adapters.canvas(side, multiple=32) for side in range(1, 1025)}) == 24


@pytest.mark.weights
@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_model_keeps_the_promises_of_every_model(name):
    folder = settings.read().models_folder
    if carriers.installed(SHIPPED[name], folder) is None:
        pytest.skip(f"{name} is not installed in {Path(folder)}: recognizance models install {name}")
    model = adapters.open_model(
        SHIPPED[name], carriers.read(SHIPPED[name], folder), runtime.start(device="cpu", threads=2)
    )
    check_promises(model)
    check_threads(model, threads=4)

import subprocess
import sys
import threading
import time

import numpy as np
import pytest
from tests.tiny import graphs

from recognizance import cores
from recognizance.errors import ModelUnusable, SettingsWrong
from recognizance.values import Ranges
from recognizance.vision import fold, runtime

FREE = fold.prepare(graphs.embedder(), preparation="fold", task="embed")


def test_a_core_quota_is_counted_in_whole_cores():
    said = {"max 100000": None, "200000 100000": 2, "150000 100000": 1, "50000 100000": 1, "400000": 4}
    assert {text: cores.whole_cores(text + "\n") for text in said} == said


def test_some_core_may_always_be_used():
    assert cores.cores() >= 1
    assert runtime.start(device="cpu").chosen.threads == cores.cores()


@pytest.mark.parametrize(
    ("cpuinfo", "native"),
    [
        ("flags\t\t: fpu avx512f avx512_bf16", True),
        ("flags\t\t: fpu avx512f avx512_vnni", False),
        ("Features\t: fp asimd bf16", True),
        ("model name\t: bf16", False),
        ("", False),
    ],
)
def test_bf16_is_native_where_the_processor_says_so(cpuinfo, native):
    assert runtime.native(runtime.NATIVE_BF16, cpuinfo) is native


@pytest.mark.parametrize(
    ("cpuinfo", "native"),
    [("flags\t\t: fpu avx512_vnni", True), ("flags\t: avx2 avx_vnni", True), ("flags\t: avx2 avx512_bf16", False)],
)
def test_int8_is_native_where_the_processor_says_so(cpuinfo, native):
    assert runtime.native(runtime.NATIVE_INT8, cpuinfo) is native


def test_what_was_chosen_is_said_with_the_reason():
    chosen = runtime.start(device="cpu", threads=3).chosen
    assert (chosen.device, chosen.precision, chosen.threads) == ("cpu", "f32", 3)
    assert chosen.runtime.startswith("OpenVINO ")
    assert chosen.why == "cpu was asked for"


def test_auto_says_why_it_is_not_cuda():
    chosen = runtime.start(device="auto", threads=1).chosen
    if chosen.device == "cuda":
        pytest.skip("this machine has a GPU that works")
    assert chosen.device == "cpu"
    assert chosen.why.startswith("cuda was not chosen: ")


def test_cuda_that_is_asked_for_and_does_not_work_is_an_error():
    if runtime.start(device="auto", threads=1).chosen.device == "cuda":
        pytest.skip("this machine has a GPU that works")
    with pytest.raises(SettingsWrong, match=r"device cuda does not work here: .*onnxruntime"):
        runtime.start(device="cuda")


@pytest.mark.parametrize(
    "given",
    [
        {"device": "npu"},
        {"device": "cpu", "precision": "f16"},
        {"device": "cpu-onnxruntime", "precision": "bf16"},
        {"device": "cpu-onnxruntime", "precision": "int8"},
    ],
)
def test_what_there_is_not_is_an_error(given):
    with pytest.raises(SettingsWrong, match="should be"):
        runtime.start(**given)


def test_openvino_computes_float32_in_float32():
    network = runtime.start(device="cpu", threads=1).open(FREE, name="tiny")
    assert network._compiled.get_property("INFERENCE_PRECISION_HINT").to_string() == "f32"
    assert network._compiled.get_property("ENABLE_CPU_PINNING") is False
    assert network._compiled.get_property("NUM_STREAMS") == 1


def test_importing_openvino_reports_to_nobody():
    code = """
import sys
from recognizance.vision import runtime
assert not {"openvino", "onnxruntime", "onnx"} & set(sys.modules), "importing the module imports no runtime"
runtime.start(device="cpu")
print([name for name in sys.modules if "telemetry" in name])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == "[]"


FIRST = """
import faulthandler, sys, threading
import numpy as np
from recognizance.vision import runtime
sys.setswitchinterval(1e-6)
network = runtime.start(device="cpu", threads=8).open(open(sys.argv[1], "rb").read(), name="tiny")
faulthandler.dump_traceback_later(20, exit=True)
together = threading.Barrier(8)
def run():
    together.wait()
    network(np.zeros((1, *network.shape[1:]), np.float32))
threads = [threading.Thread(target=run) for _ in range(8)]
[one.start() for one in threads]
[one.join() for one in threads]
"""


def test_the_first_runs_of_a_process_may_be_at_once(tmp_path):
    (tmp_path / "model").write_bytes(FREE)
    subprocess.run([sys.executable, "-c", FIRST, tmp_path / "model"], check=True, timeout=60)


def test_a_lane_is_waited_for_and_further_ones_are_not():
    lanes = runtime.Lanes(3)
    with lanes.take(2) as first, lanes.take(2) as second:
        assert (first, second) == (2, 1)
        waiting = threading.Thread(target=lambda: lanes.take(1).__enter__(), daemon=True)
        waiting.start()
        waiting.join(timeout=0.05)
        assert waiting.is_alive()
    waiting.join(timeout=10)
    assert not waiting.is_alive()


def test_lanes_come_back_when_the_work_fails():
    lanes = runtime.Lanes(2)
    with pytest.raises(ZeroDivisionError), lanes.take(2):
        raise ZeroDivisionError
    with lanes.take(5) as count:
        assert count == 2


def test_no_more_run_at_once_than_there_are_lanes():
    lanes, now, most = runtime.Lanes(2), [], []

    def work():
        for _ in range(20):
            with lanes.take(2) as count:
                now.append(count)
                most.append(sum(now))
                time.sleep(0.001)
                now.remove(count)

    threads = [threading.Thread(target=work) for _ in range(6)]
    for one in threads:
        one.start()
    for one in threads:
        one.join(timeout=30)
    assert len(most) == 120
    assert max(most) == 2


@pytest.mark.parametrize("device", ["cpu", "cpu-onnxruntime"])
def test_a_batch_that_does_not_fit_is_refused(device):
    network = runtime.start(device=device, threads=1).open(FREE, name="tiny")
    assert network.shape[1:] == (3, graphs.SIZE, graphs.SIZE)
    for shape in ((1, 3, 9, 9), (3, 8, 8), (0, 3, 8, 8)):
        with pytest.raises(ValueError, match="the model takes"):
            network(np.zeros(shape, np.float32))
        with pytest.raises(ValueError, match="the model takes"):
            network.each([np.zeros(shape, np.float32)])
    assert network.each([]) == []


@pytest.mark.parametrize("device", ["cpu", "cpu-onnxruntime"])
def test_inputs_of_many_sizes_run_each_by_itself(device):
    model = fold.prepare(graphs.scrfd(), preparation="fold", task="detect")
    network = runtime.start(device=device, threads=2).open(model, name="tiny")
    sizes = [(32, 64), (96, 32), (64, 64), (32, 64), (128, 160)]
    found = network.each([np.zeros((1, 3, *size), np.float32) for size in sizes])
    assert [len(one["score_32"]) for one in found] == [height * width // 1024 * 2 for height, width in sizes]
    assert [list(one)[:3] for one in found] == [["score_8", "score_16", "score_32"]] * 5


@pytest.mark.parametrize("device", ["cpu", "cpu-onnxruntime"])
def test_an_output_without_a_row_for_each_item_is_refused(device):
    model = fold.prepare(graphs.yunet(), preparation="fold", task="detect")
    with pytest.raises(ModelUnusable, match=r"has shape .* for 3 items"):
        runtime.start(device=device, threads=1).open(model, name="tiny")(np.zeros((3, 3, 32, 32), np.float32))


def test_results_are_the_callers_own():
    network = runtime.start(device="cpu", threads=1).open(FREE, name="tiny")
    first = network(np.ones((1, 3, 8, 8), np.float32))["vector"]
    kept = first.copy()
    network(np.zeros((1, 3, 8, 8), np.float32))
    assert np.array_equal(first, kept)


LAYERED = fold.prepare(graphs.layered(), preparation="fold", task="embed")
MEASURED = Ranges(
    "noise", "2026-01-01", "by hand", {"face": (0.0, 255.0), "seen": (-250.0, 1000.0), "flat": (-40.0, 400.0)}
)
FACES = np.random.default_rng(3).integers(0, 256, (6, 3, 8, 8)).astype(np.float32)


@pytest.fixture(scope="module")
def in_bytes():
    try:
        return runtime.start(device="cpu", precision="int8", threads=1)
    except SettingsWrong as error:
        pytest.skip(str(error))


def cosines(some, others):
    return (some * others).sum(axis=1) / np.linalg.norm(some, axis=1) / np.linalg.norm(others, axis=1)


def test_int8_answers_as_float32_does_nearly(in_bytes):
    right = runtime.start(device="cpu", threads=1).open(LAYERED, name="tiny")(FACES)["vector"]
    network = in_bytes.open(LAYERED, name="tiny", ranges=MEASURED)
    kinds = {node.get_rt_info()["runtimePrecision"] for node in network._compiled.get_runtime_model().get_ops()}
    found = network(FACES)["vector"]
    assert {"u8", "i8"} & kinds, "some layers compute in bytes"
    assert cosines(found, right).min() > 0.999
    assert not np.array_equal(found, right)


def test_int8_gives_the_same_every_time_and_in_any_company(in_bytes):
    network = in_bytes.open(LAYERED, name="tiny", ranges=MEASURED)
    together = network(FACES)["vector"]
    alone = np.concatenate([network(face[None])["vector"] for face in FACES])
    again = in_bytes.open(LAYERED, name="tiny", ranges=MEASURED)(FACES)["vector"]
    assert np.array_equal(together, alone)
    assert np.array_equal(together, again)


def test_a_model_without_ranges_is_not_computed_in_int8_and_says_so(in_bytes):
    assert in_bytes.arithmetic(ranges=MEASURED) == "int8"
    assert in_bytes.arithmetic() == in_bytes.coarse
    assert in_bytes.chosen.precision == "int8"
    assert in_bytes.chosen.why.endswith(
        f"; int8 is for models whose ranges are known, the others compute in {in_bytes.coarse}"
    )
    hint = in_bytes.open(LAYERED, name="tiny")._compiled.get_property("INFERENCE_PRECISION_HINT")
    assert hint.to_string() == in_bytes.coarse


def test_ranges_change_nothing_where_int8_was_not_asked_for():
    engine = runtime.start(device="cpu", threads=1)
    assert engine.arithmetic(ranges=MEASURED) == "f32"
    found = (engine.open(LAYERED, name="tiny", ranges=one)(FACES)["vector"] for one in (None, MEASURED))
    assert np.array_equal(*found)


def test_ranges_of_another_graph_are_refused(in_bytes):
    with pytest.raises(ModelUnusable, match="its ranges name 'flat', which no layer of the graph multiplies"):
        in_bytes.open(FREE, name="tiny", ranges=MEASURED)


def test_a_precision_that_the_processor_lacks_is_refused(monkeypatch):
    monkeypatch.setattr(runtime, "NATIVE_INT8", {"a feature of tomorrow"})
    with pytest.raises(SettingsWrong, match=r"precision is int8, which this processor does not have; it should be f32"):
        runtime.start(device="cpu", precision="int8")

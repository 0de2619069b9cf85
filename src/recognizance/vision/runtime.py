"""Networks and the machine they run on: the only import of `openvino` and of `onnxruntime`.

A `Runtime` is started once and opens every network. It has as many lanes as it may use cores, shared
by all its networks, and each run of a network on one core holds a lane: however many callers there
are, no more cores work than were given. A caller who finds lanes idle spreads a batch over them; one
who does not has it run on a single core. What was chosen, and why, is in `Runtime.chosen`; what was
asked for and cannot be had is an error, never something else in its place. What a single model computes
in is `Runtime.arithmetic`: int8 is had only by models whose activations have been measured.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
import tempfile
import threading
from collections.abc import Callable, Generator, Mapping, Sequence, Set
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from recognizance.cores import cores
from recognizance.errors import ModelUnusable, SettingsWrong
from recognizance.values import Ranges
from recognizance.vision import fold, int8

Array: TypeAlias = NDArray[np.float32]
Shape: TypeAlias = tuple[int | None, ...]
Outputs: TypeAlias = Mapping[str, Array]
"""What one run gave: an array for each output of the graph, by name, in the graph's order."""

AT_ONCE = 4
"""Most items in one run: beyond it a face takes no less time, and memory would grow with the batch."""
KEPT = 1024
"""Kernels a network keeps made for sizes it met, over all lanes. OpenVINO's own default, 5,000 in each lane,
grows by more than a GB on pictures of many sizes; a size that is not kept costs some 8 ms when it comes again."""
NATIVE_BF16 = {"avx512_bf16", "amx_bf16", "bf16", "avx_ne_convert"}
"""What Linux calls the processor features that make bf16 real and not emulated."""
NATIVE_INT8 = {"avx512_vnni", "avx_vnni", "amx_int8"}
"""What it calls those that multiply bytes faster than floats. Without them int8 is slower than float32."""
FOLDED: Mapping[str, Callable[..., Array]] = {
    "Convert": lambda one: one,
    "Multiply": np.multiply,
    "Subtract": np.subtract,
}
"""What stands between quantised weights and float32 in a graph of OpenVINO's, and what it computes."""
AGREES = 1e-3
"""How far a probe's answer on a GPU may be from the right one, relative to its size."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """Where models run, in what arithmetic, on how many cores, through what, and one sentence saying why.

    `precision` is what was asked for; `Runtime.arithmetic` says what it comes to for one model.
    """

    device: str
    runtime: str
    precision: str
    threads: int
    why: str


class Network(Protocol):
    """One graph, ready to run, from several threads at once.

    `shape` is the input's, with None for each axis that may vary.
    """

    @property
    def shape(self) -> Shape:
        """The input's axes: (batch, …)."""
        ...

    def __call__(self, batch: Array, /) -> Outputs:
        """Run a batch of one item or more; the first axis of input and outputs counts items.

        For graphs whose every output has an item in each row. Raises `ValueError` when the batch does
        not fit `shape`, `ModelUnusable` when the graph breaks that promise or fails.
        """
        ...

    def each(self, inputs: Sequence[Array], /) -> list[Outputs]:
        """Run every input by itself, whatever its size, and return what each gave, in order.

        Raises as `__call__` does.
        """
        ...


class Lanes:
    """Cores to be had, one lane each, shared by every network of a runtime."""

    def __init__(self, count: int) -> None:
        """Begin with `count` lanes idle."""
        self._idle = threading.Semaphore(count)

    @contextmanager
    def take(self, most: int) -> Generator[int]:
        """Hold one lane, waiting for it, and as many more up to `most` as are idle at that moment.

        Waiting happens only while holding none, so callers cannot lock each other out.
        """
        with ExitStack() as held:
            self._idle.acquire()
            held.callback(self._idle.release)
            count = 1
            while count < most and self._idle.acquire(blocking=False):
                held.callback(self._idle.release)
                count += 1
            yield count


@dataclass(frozen=True, slots=True)
class Runtime:
    """What opens networks on the device chosen; `coarse` is the arithmetic of those that need no float32."""

    chosen: Chosen
    lanes: Lanes = field(repr=False)
    engine: Any = field(repr=False)
    coarse: str = "f32"

    def arithmetic(self, *, coarse: bool = False, ranges: Ranges | None = None) -> str:
        """Return what such a model computes in: "f32", "bf16" or "int8".

        A `coarse` one computes in bf16 where the processor does so itself, whatever the precision. With precision
        int8 a model without `ranges`, which say what its activations can be, does so too.
        """
        if self.chosen.precision == "int8":
            return self.coarse if ranges is None else "int8"
        return self.coarse if coarse else self.chosen.precision

    def open(self, model: bytes, *, name: str, coarse: bool = False, ranges: Ranges | None = None) -> Network:
        """Return the network of a prepared model, in the `arithmetic` it is to have; `name` stands in errors.

        TensorFlow Lite models run on the CPU whatever the device, in the same lanes.

        Raises `ModelUnusable` when the runtime cannot read it, it has not exactly one input of float32, or, in int8,
        `ranges` are of another graph.
        """
        try:
            if self.chosen.device == "cpu":
                chosen = replace(self.chosen, precision=self.arithmetic(coarse=coarse, ranges=ranges))
                return _OpenVINO(self.engine, model, chosen, self.lanes, ranges)
            if is_tflite(model):  # which ONNX Runtime does not read: these small ones run on the CPU, on any device
                return _OpenVINO(_import_openvino(), model, self.chosen, self.lanes)
            return _ONNXRuntime(_session(self.engine, model, self.chosen.device), self.lanes)
        except Exception as error:  # ONNX Runtime's classes share no ancestor of their own
            raise ModelUnusable(f"{name} cannot be opened by {self.chosen.runtime}: {_last_line(error)}") from None


def start(*, device: str = "auto", precision: str = "f32", threads: int = 0) -> Runtime:
    """Return a runtime on `device`: "cpu" (OpenVINO), "cuda" (ONNX Runtime), or "auto": cuda where it works.

    "cpu-onnxruntime" is there to compare with. `precision` is "f32", "bf16" or "int8"; `threads` of 0 means
    every core this process may use. Raises `SettingsWrong` when what is asked for does not work here.
    """
    threads = threads or cores()
    if device == "auto":
        missing = f"{precision} is the processor's" if precision != "f32" else _why_no_cuda()
        device, why = (
            ("cpu", f"cuda was not chosen: {missing}") if missing else ("cuda", "auto: a probe on cuda agreed")
        )
    else:
        why = f"{device} was asked for"
    if device == "cpu":
        return _start_openvino(precision, threads, why)
    if precision != "f32":
        raise SettingsWrong(f"precision {precision} is for device cpu; on {device} it should be f32")
    if device == "cuda":
        missing = _why_no_cuda()
        if missing:
            raise SettingsWrong(f"device cuda does not work here: {missing}")
    elif device != "cpu-onnxruntime":
        raise SettingsWrong(f"device is {device!r} and should be auto, cpu or cuda")
    engine = importlib.import_module("onnxruntime")
    chosen = Chosen(device, f"ONNX Runtime {engine.__version__}", precision, threads, why)
    return Runtime(chosen, Lanes(threads), engine)


def is_tflite(model: bytes) -> bool:
    """Tell whether a model is a TensorFlow Lite file, by the identifier in its bytes 4 to 8."""
    return model[4:8] == b"TFL3"


def native(features: Set[str], cpuinfo: str) -> bool:
    """Tell from the text of Linux's /proc/cpuinfo whether the processor has one of these features."""
    lines = (line.partition(":") for line in cpuinfo.splitlines())
    return any(features & set(words.split()) for key, _, words in lines if key.strip() in ("flags", "Features"))


def _start_openvino(precision: str, threads: int, why: str) -> Runtime:
    engine = _import_openvino()
    able = {name for name, features in (("bf16", NATIVE_BF16), ("int8", NATIVE_INT8)) if _able(engine, name, features)}
    if precision not in {"f32", *able}:
        has = " or ".join(["f32", *sorted(able)])
        raise SettingsWrong(f"precision is {precision}, which this processor does not have; it should be {has}")
    coarse = "bf16" if "bf16" in able else "f32"
    if precision == "int8":
        why += f"; int8 is for models whose ranges are known, the others compute in {coarse}"
    version = engine.__version__.partition("-")[0]
    chosen = Chosen("cpu", f"OpenVINO {version}", precision, threads, why)
    return Runtime(chosen, Lanes(threads), engine, coarse=coarse)


def _able(engine: Any, precision: str, features: Set[str]) -> bool:
    """Tell whether the processor computes in that precision itself, and OpenVINO on it."""
    cpuinfo = Path("/proc/cpuinfo")
    said = not cpuinfo.is_file() or native(features, cpuinfo.read_text(encoding="utf-8"))
    return said and precision.upper() in engine.Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")


def _import_openvino() -> Any:
    """Import OpenVINO without its model converter.

    Importing the converter reports the import to Google Analytics unless its user has opted out; what
    runs faces reports to nobody. OpenVINO itself passes over a converter that cannot be imported.
    """
    sys.modules.setdefault("openvino.tools.ovc", None)  # type: ignore[arg-type]  # None makes the import fail
    engine = importlib.import_module("openvino")
    engine.Type.f32.to_dtype()  # fills a table when first called; two threads at that wait for each other forever
    return engine


def _last_line(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[-1] if lines else type(error).__name__


class _OpenVINO:
    """A network on the CPU: one stream of one thread for each lane, and a pool of requests.

    All axes that vary stay dynamic. A model compiled for one size saves about 2 ms a picture and
    costs 150 ms and 10 MB for each size.
    """

    def __init__(self, engine: Any, model: bytes, chosen: Chosen, lanes: Lanes, ranges: Ranges | None = None) -> None:
        """Read and compile `model`, in int8 by these `ranges` where that was chosen."""
        core = engine.Core()
        graph = _read(engine, core, model)
        _one_at_a_time(graph)
        if chosen.precision == "int8" and ranges is not None:
            int8.quantise(graph, ranges.tensors, importlib.import_module("openvino.opset8"))
        self.shape = _the_input(
            [
                (
                    one.element_type.get_type_name().replace("f32", "float32"),
                    tuple(axis.get_length() if axis.is_static else None for axis in one.partial_shape),
                )
                for one in graph.inputs
            ]
        )
        self._names = tuple(one.any_name for one in graph.outputs)
        self._lanes = lanes
        self._compiled = core.compile_model(
            graph,
            "CPU",
            {
                "INFERENCE_PRECISION_HINT": "bf16" if chosen.precision == "bf16" else "f32",  # for what is not in int8
                "NUM_STREAMS": str(chosen.threads),
                "INFERENCE_NUM_THREADS": chosen.threads,
                "CPU_RUNTIME_CACHE_CAPACITY": max(1, KEPT // chosen.threads),
                "ENABLE_CPU_PINNING": False,  # two networks would pin their streams to the same cores
            },
        )
        self._spare: list[Any] = []  # requests at rest, warmest last; append and pop are atomic

    def __call__(self, batch: Array, /) -> Outputs:
        """Run a batch, spread over the lanes that are idle."""
        _check_fits(batch, self.shape)
        with self._lanes.take(len(batch)) as lanes:
            parts = _parts(batch, self.shape, lanes)
            results = self._run(parts, lanes)
        return _joined(parts, results)

    def each(self, inputs: Sequence[Array], /) -> list[Outputs]:
        """Run every input by itself, as many at a time as lanes are idle."""
        for one in inputs:
            _check_fits(one, self.shape)
        if not inputs:
            return []
        with self._lanes.take(len(inputs)) as lanes:
            return self._run(inputs, lanes)

    def _run(self, inputs: Sequence[Array], lanes: int) -> list[Outputs]:
        results: list[Outputs] = []
        for at in range(0, len(inputs), lanes):
            results += self._run_together(inputs[at : at + lanes])
        return results

    def _run_together(self, inputs: Sequence[Array]) -> list[Outputs]:
        held = [np.ascontiguousarray(one, dtype=np.float32) for one in inputs]  # shared, so they must outlive the run
        requests = [self._request() for _ in held]
        started: list[Any] = []
        try:
            if len(held) == 1:  # without handing over to another thread and back, which takes up to 1 ms
                requests[0].infer(held[0], share_inputs=True, share_outputs=True)  # which `_read` copies
            else:
                for request, one in zip(requests, held, strict=True):
                    request.start_async([one], share_inputs=True)
                    started.append(request)
            results: list[Outputs] = []
            for request in requests:
                if started:
                    request.wait()
                results.append(self._read(request))
        except RuntimeError as error:
            for request in started:
                with suppress(RuntimeError):
                    request.wait()
            raise ModelUnusable(f"the model failed while running: {_last_line(error)}") from None
        self._spare.extend(requests)
        return results

    def _request(self) -> Any:
        try:
            return self._spare.pop()
        except IndexError:
            return self._compiled.create_infer_request()

    def _read(self, request: Any) -> Outputs:
        arrays = (np.array(request.get_output_tensor(at).data) for at in range(len(self._names)))
        return dict(zip(self._names, arrays, strict=True))


def _read(engine: Any, core: Any, model: bytes) -> Any:
    """Return the graph of a model: ONNX from its bytes; TensorFlow Lite, which OpenVINO reads from a file only."""
    if not is_tflite(model):
        return core.read_model(model)
    with tempfile.TemporaryDirectory(prefix="recognizance-") as folder:
        path = Path(folder) / "model.tflite"
        path.write_bytes(model)
        graph = core.read_model(path)
    _fold_constants(engine, graph)
    return graph


def _fold_constants(engine: Any, graph: Any) -> None:
    """Put float32 weights in place of quantised ones and what makes them float32.

    OpenVINO 2026.4 does so itself while it compiles, and where there are several streams some of them may compute with
    weights that are not there yet: of a model with 8-bit weights every second answer was wrong.
    """
    for node in graph.get_ordered_ops():
        sources = [one.get_source_output().get_node() for one in node.inputs()]
        computed = node.get_type_name() in FOLDED and node.get_output_element_type(0) == engine.Type.f32
        if not computed or any(one.get_type_name() != "Constant" for one in sources):
            continue
        values = [one.get_data().astype(np.float32) for one in sources]
        folded = FOLDED[node.get_type_name()](*values)
        node.output(0).replace(engine.op.Constant(np.ascontiguousarray(folded)).output(0))


def _one_at_a_time(graph: Any) -> None:
    """Fix the batch at one item where nothing else varies: compiled for that, a face takes 8 % less time.

    A batch of two takes as long as two, so nothing is lost.
    """
    if len(graph.inputs) == 1:
        batch, *others = graph.input().partial_shape
        if batch.is_dynamic and all(axis.is_static for axis in others):
            graph.reshape([1, *(axis.get_length() for axis in others)])


class _ONNXRuntime:
    """A network through ONNX Runtime: a run stays in its caller's thread, in one lane."""

    def __init__(self, session: Any, lanes: Lanes) -> None:
        """Take an open session."""
        self._session, self._lanes = session, lanes
        self.shape = _the_input(
            [
                (
                    one.type.replace("tensor(float)", "float32"),
                    tuple(axis if isinstance(axis, int) else None for axis in one.shape),
                )
                for one in session.get_inputs()
            ]
        )
        self._input = session.get_inputs()[0].name
        self._names = [one.name for one in session.get_outputs()]

    def __call__(self, batch: Array, /) -> Outputs:
        """Run a batch, a few items at a time."""
        _check_fits(batch, self.shape)
        parts = _parts(batch, self.shape, 1)
        return _joined(parts, self.each(parts))

    def each(self, inputs: Sequence[Array], /) -> list[Outputs]:
        """Run every input by itself, one after another."""
        for one in inputs:
            _check_fits(one, self.shape)
        return [self._run(np.ascontiguousarray(one, dtype=np.float32)) for one in inputs]

    def _run(self, one: Array) -> Outputs:
        with self._lanes.take(1):
            try:
                results = self._session.run(self._names, {self._input: one})
            except Exception as error:  # ONNX Runtime's classes share no ancestor of their own
                raise ModelUnusable(f"the model failed while running: {_last_line(error)}") from None
        return dict(zip(self._names, (np.asarray(result) for result in results), strict=True))


def _the_input(inputs: Sequence[tuple[str, Shape]]) -> Shape:
    kinds = [kind for kind, _ in inputs]
    if kinds != ["float32"]:
        raise ValueError(f"it should have one input, of float32, and has {', '.join(kinds) or 'none'}")
    shape = inputs[0][1]
    if len(shape) != 4 or shape[0] not in (None, 1):
        raise ValueError(f"its input should have 4 axes, the first free or 1, and has {shape}")
    return shape


def _check_fits(batch: Array, shape: Shape) -> None:
    fits = batch.ndim == len(shape) and all(
        wanted in (None, got) for wanted, got in zip(shape[1:], batch.shape[1:], strict=True)
    )
    if not (fits and batch.size):
        raise ValueError(f"the model takes {shape}, None being free, and got {batch.shape}")


def _parts(batch: Array, shape: Shape, lanes: int) -> list[Array]:
    """Cut a batch into runs: none larger than it may be, and enough of them for every lane."""
    size = shape[0] or min(AT_ONCE, -(-len(batch) // lanes))
    return [batch[at : at + size] for at in range(0, len(batch), size)]


def _joined(parts: Sequence[Array], results: Sequence[Outputs]) -> Outputs:
    for part, result in zip(parts, results, strict=True):
        for name, array in result.items():
            if not array.shape or len(array) != len(part):
                raise ModelUnusable(f"the output {name} has shape {array.shape} for {len(part)} items")
    if len(results) == 1:
        return results[0]
    return {name: np.concatenate([result[name] for result in results]) for name in results[0]}


# CUDA. Written against ONNX Runtime's documentation and not yet run on a GPU.

CUDA_OPTIONS = {
    "use_tf32": "0",  # the default on recent GPUs multiplies with 10 bits of mantissa and calls it float32
    "cudnn_conv_algo_search": "HEURISTIC",  # the default times every algorithm again for each new picture size
}


def _session(engine: Any, model: bytes, device: str) -> Any:
    """Open a session that runs on `device` and nowhere else in its place."""
    options = engine.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    wanted = "CUDAExecutionProvider" if device == "cuda" else "CPUExecutionProvider"
    providers = [(wanted, CUDA_OPTIONS), "CPUExecutionProvider"] if device == "cuda" else [wanted]
    session = engine.InferenceSession(model, options, providers=providers)
    session.disable_fallback()
    if session.get_providers()[0] != wanted:
        raise RuntimeError(f"ONNX Runtime gave {session.get_providers()[0]} where {wanted} was asked for")
    return session


def _why_no_cuda() -> str:
    """Return why CUDA cannot be used here, in a few words; empty when a probe ran on it and was right."""
    if importlib.util.find_spec("onnxruntime") is None:
        return "onnxruntime-gpu is not installed"
    engine = importlib.import_module("onnxruntime")
    if "CUDAExecutionProvider" not in engine.get_available_providers():
        return "the onnxruntime installed has no CUDA; onnxruntime-gpu has"
    if hasattr(engine, "preload_dlls"):
        engine.preload_dlls()
    model, given, right = fold.probe()
    try:
        got = _ONNXRuntime(_session(engine, model, "cuda"), Lanes(1)).each([given])[0]
    except Exception as error:  # whatever a driver says, it is the reason
        return f"its probe failed: {_last_line(error)}"
    wrong = max(float(np.abs(array - right).max()) for array in got.values())
    size = float(np.abs(right).max())
    return "" if wrong <= AGREES * size else f"its probe was off by {wrong:.2g}, which may be {AGREES * size:.2g}"

"""The stages a picture goes through, each alone, on one thread: decode, detect, align, embed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks import pictures
from benchmarks.plan import Plan
from benchmarks.product import built, has
from benchmarks.rows import Row, Target, measured, skipped
from benchmarks.statistics import interleaved, ratios, spread
from recognizance.values import Image
from recognizance.vision.geometry import align
from recognizance.vision.image import decode

DIGEST = "0" * 64
FASTER_THAN_ONNX_RUNTIME = Target("at least", 1.8)
LOOKED_AT = ((*pictures.PORTRAIT, 1), (640, 480, 1), (1024, 768, 1), (1024, 768, 12), (4000, 3000, 1), (4000, 3000, 40))
"""Width, height and how many faces are drawn: one that fills the picture, or a row of small ones."""
BEYOND_F32 = ("bf16", "int8")
NOT_HAD = "this processor has no {} of its own"


def decoding(plan: Plan) -> Iterator[Row]:
    """Time bytes to upright pixels, our own reading of the file and its SHA-256 included."""
    cv2.setNumThreads(1)
    small = pictures.jpeg(pictures.scene(640, 480))
    middle = pictures.jpeg_of(pictures.KILOBYTES_200, pictures.scene(1024, 768))
    large = pictures.jpeg(pictures.scene(4000, 3000))
    drawn = pictures.png(pictures.scene(1024, 768))
    cases = {"JPEG 640 x 480": small, "JPEG 1024 x 768": middle, "JPEG 4000 x 3000": large, "PNG 1024 x 768": drawn}
    for name, data in cases.items():
        count = max(plan.effort.stage // (10 if data is large else 1), 5)
        took = interleaved({name: decode}, [data] * count)
        yield measured("decode", f"decode {name}, {len(data) // 1000} kB", "ms", spread(took[name]))


def detecting(plan: Plan) -> Iterator[Row]:
    """Time the detector alone on one square picture, and `look`, which chooses scales, on whole ones."""
    cv2.setNumThreads(1)
    precisions = ("f32", "bf16") if has("bf16") else ("f32",)
    detectors = {precision: plan.weights.detector(precision=precision) for precision in precisions}
    for side in (320, 640, 1024):
        picture = pictures.scene(side, side)
        works = {name: on_one(model) for name, model in detectors.items()}
        took = interleaved(works, [picture] * plan.effort.stage)
        for name in works:
            yield measured("detect", f"detect, one pass at {side} x {side}, {name}", "ms", spread(took[name]))
    with built(plan.weights, threads=1) as parts:
        vision = parts.vision()
        for width, height, faces in LOOKED_AT:
            image = Image(_frozen(pictures.scene(width, height, faces=faces)), DIGEST)
            took = interleaved(
                {"look": vision.look}, [image] * max(plan.effort.stage // (2 if width < 2000 else 10), 5)
            )
            found = len(vision.look(image))
            name = f"look at {width} x {height}, {found} face{'s' if found != 1 else ''}: all scales, pose, quality"
            yield measured("detect", name, "ms", spread(took["look"]))


def aligning(plan: Plan) -> Iterator[Row]:
    """Time turning one found face into the square that embedders take."""
    cv2.setNumThreads(1)
    with built(plan.weights, threads=1) as parts:
        for width, height in (pictures.PORTRAIT, (4000, 3000)):
            image = Image(_frozen(pictures.scene(width, height)), DIGEST)
            faces = parts.vision().look(image)
            name = f"align one face of a picture of {width} x {height}"
            if not faces:
                yield skipped("align", name, "the drawn face was not found, so there was nothing to align")
                continue
            items = [(image.pixels, faces[0].landmarks)] * plan.effort.stage
            took = interleaved({"align": lambda item: align(*item)}, items)
            yield measured("align", name, "ms", spread(took["align"]))


def embedding(plan: Plan) -> Iterator[Row]:
    """Time the embedder on one aligned face: OpenVINO beside ONNX Runtime, the same file, one thread each."""
    models: dict[str, Any] = {"OpenVINO f32": plan.weights.embedder()}
    models |= {f"OpenVINO {one}": plan.weights.embedder(precision=one) for one in BEYOND_F32 if has(one)}
    try:
        models["ONNX Runtime f32"] = plan.weights.embedder(device="cpu-onnxruntime")
    except ImportError:
        yield skipped("embed", "embed, ONNX Runtime", "onnxruntime is not installed", FASTER_THAN_ONNX_RUNTIME)
    faces = [pictures.face(112, seed) for seed in range(plan.effort.stage)]
    works = {name: on_one(model) for name, model in models.items()}
    took = interleaved(works, faces)
    for name in works:
        yield measured("embed", f"embed one face, {name}", "ms", spread(took[name]))

    beside = took.get("ONNX Runtime f32")
    right = [works["OpenVINO f32"](one) for one in faces[:20]]
    for name in works:
        if beside is None or name == "ONNX Runtime f32":
            continue
        vectors = [works[name](one) for one in faces[:20]]
        against = [works["ONNX Runtime f32"](one) for one in faces[:20]] if name == "OpenVINO f32" else right
        same = "nearly the same" if name == "OpenVINO int8" else "same"
        note = f"{same} vectors: lowest cosine {lowest_cosine(vectors, against):.6f} over 20 drawn faces"
        yield measured(
            "embed", f"embedding, {name}: times as fast as ONNX Runtime", "x", ratios(beside, took[name]),
            target=FASTER_THAN_ONNX_RUNTIME, note=note,
        )  # fmt: skip
    for one in BEYOND_F32:
        if f"OpenVINO {one}" not in works:
            yield skipped("embed", f"embed one face, OpenVINO {one}", NOT_HAD.format(one))


def on_one(model: Callable[[list[Any]], Any]) -> Callable[[Any], Any]:
    """Return what runs `model` on a batch of one and gives that one's result."""
    return lambda item: model([item])[0]


def lowest_cosine(some: list[NDArray[np.float32]], others: list[NDArray[np.float32]]) -> float:
    """Return the lowest cosine between vectors of unit length, pair by pair."""
    return min(float(a @ b) for a, b in zip(some, others, strict=True))


def _frozen(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    pixels.setflags(write=False)
    return pixels

"""Whether a mesh depends on how its square was cut, and what a pose does when the picture is turned or mirrored.

    python -m benchmarks.attributes.squares

Reads `lfw` and `congress` below `--data` (default: RECOGNIZANCE_DATA, or `../shared/data`), every `--each`th picture of
people not kept for testing. The model was made to follow a face: its own next square is half as large again as its
mesh. A square is good when the mesh it gives is the one that two such steps lead to.
"""

from __future__ import annotations

import argparse
import math
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from benchmarks.attributes.heads import kept_for_testing
from recognizance.settings import read
from recognizance.values import Face, Image, Mesh, Model, ModelName
from recognizance.vision import adapters, cards, carriers, runtime
from recognizance.vision.attributes import head, mesh
from recognizance.vision.geometry import Numbers, box_of, landmarks_of, pixels_of, points_of, warp
from recognizance.vision.image import decode
from recognizance.vision.vision import Vision

SQUARES = ((1.5, 0.0), (1.5, 0.05), (mesh.ROOM, mesh.DOWN))
"""Room and shift down, as in `attributes.mesh`."""
TURNS = (-30, 30, 90, 180)
OWN_ROOM = 1.5


def main() -> None:
    """Run the command line."""
    asked = _arguments().parse_args()
    engine, shipped = runtime.start(device="cpu", threads=1), cards.load()
    detector, meshes = (
        adapters.open_model(shipped[ModelName(name)], carriers.read(shipped[ModelName(name)], asked.models), engine)
        for name in ("yunet-2023mar", "facemesh-2020")
    )
    lfw, official = ((asked.data / name / "images") for name in ("lfw", "congress"))
    paths = [path for path in sorted(lfw.glob("*/*.jpg")) if not kept_for_testing(path.parent.name)]
    paths += [path for path in sorted(official.glob("*.jpg")) if not kept_for_testing(path.stem)]
    pictures = [decode(path.read_bytes()) for path in paths[:: asked.each]]
    seen = [(one, face) for one in pictures for face in Vision(detector, detector).look(one, limit=1)]
    _squares(seen, meshes)
    _turns(seen, meshes)


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Measure what a mesh owes to its square.")
    parser.add_argument("--data", type=Path, default=Path(os.environ.get("RECOGNIZANCE_DATA", "../shared/data")))
    parser.add_argument("--models", type=Path, default=read({}).models_folder)
    parser.add_argument("--each", type=int, default=20)
    return parser


def _squares(seen: Sequence[tuple[Image, Face]], model: Model[Any, Any]) -> None:
    print(
        f"{len(seen)} faces; mean distance from the mesh of two steps on, in distances between the eyes' outer corners"
    )
    for room, down in SQUARES:
        off = [_off(image, face, room, down, model) for image, face in seen]
        print(f"room {room}, down {down}: mean {np.mean(off):.4f}, 95 in 100 below {np.percentile(off, 95):.4f}")


def _off(image: Image, face: Face, room: float, down: float, model: Model[Any, Any]) -> float:
    first = _seen(image, _square(face, image, room, down, _side(model)), model)
    settled = _seen(image, _own_square(first, _side(model)), model)
    settled = _seen(image, _own_square(settled, _side(model)), model)
    size = np.linalg.norm(settled[263] - settled[33])
    return float(np.linalg.norm(first - settled, axis=1).mean() / size)


def _side(model: Model[Any, Any]) -> int:
    return int(model.card.parameters["size"])


def _seen(image: Image, matrix: Numbers, model: Model[Any, Any]) -> Numbers:
    return mesh.placed(model([warp(image.pixels, matrix, _side(model))])[0].points, matrix)


def _square(face: Face, image: Image, room: float, down: float, side: int) -> Numbers:
    """Return the square as `attributes.mesh` cuts it, with other room."""
    matrix = mesh.square(face, image.width, image.height, side)
    scale = mesh.ROOM / room
    middle = side / 2 - mesh.DOWN * side / mesh.ROOM
    moved = (matrix[:, 2] - _middle(side, middle)) * scale + _middle(side, side / 2 - down * side / room)
    return np.column_stack([matrix[:, :2] * scale, moved])


def _middle(side: int, height: float) -> Numbers:
    """Return the place in a square that is in the middle across and at a height."""
    return np.array([side / 2, height])


def _own_square(points: Numbers, side: int) -> Numbers:
    """Return the square that the model's own tracking cuts around a mesh: the eyes level, half as large again."""
    across = points[263, :2] - points[33, :2]
    angle = math.atan2(across[1], across[0])
    turn = np.array([[math.cos(angle), math.sin(angle)], [-math.sin(angle), math.cos(angle)]])
    level = points[:, :2] @ turn.T
    low, high = level.min(axis=0), level.max(axis=0)
    scale = side / (OWN_ROOM * (high - low).max())
    return np.column_stack([scale * turn, side / 2 - scale * (low + high) / 2])


def _turns(seen: Sequence[tuple[Image, Face]], model: Model[Any, Any]) -> None:
    print("pictures turned and mirrored; mean change of yaw, roll (less the turn) and pitch, in degrees")
    poses = np.array([_pose(mesh.find(image.pixels, [face], model)[0]) for image, face in seen])
    for degrees in TURNS:
        turned = [_turned(image, face, degrees) for image, face in seen]
        found = np.array([_pose(mesh.find(pixels, [face], model)[0]) for pixels, face in turned])
        off = (found - poses - (0, degrees, 0) + 180) % 360 - 180
        print(f"turned by {degrees}: {np.abs(off).mean(axis=0).round(2)}")
    mirrored = [_mirrored(image, face) for image, face in seen]
    found = np.array([_pose(mesh.find(pixels, [face], model)[0]) for pixels, face in mirrored])
    print(f"mirrored: {np.abs(found * (-1, -1, 1) - poses).mean(axis=0).round(2)}")


def _pose(found: Mesh) -> tuple[float, float, float]:
    one = head.pose_of(found)
    return one.yaw, one.roll, one.pitch


def _turned(image: Image, face: Face, degrees: float) -> tuple[Any, Face]:
    """Return the picture turned clockwise about its middle, in a frame of the same size, and the face in it."""
    width, height = image.width, image.height
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), -degrees, 1)
    left, top, right, bottom = pixels_of(face.box, width, height)
    middle = matrix[:, :2] @ ((left + right) / 2, (top + bottom) / 2) + matrix[:, 2]
    half = np.array([right - left, bottom - top]) / 2
    points = points_of(face.landmarks, width, height) @ matrix[:, :2].T + matrix[:, 2]
    pixels = cv2.warpAffine(image.pixels, matrix, (width, height))
    return pixels, _moved(face, np.concatenate([middle - half, middle + half]), points, width, height)


def _mirrored(image: Image, face: Face) -> tuple[Any, Face]:
    width, height = image.width, image.height
    left, top, right, bottom = pixels_of(face.box, width, height)
    points = points_of(face.landmarks, width, height)[[1, 0, 2, 4, 3]] * (-1, 1) + (width, 0)
    box = np.array([width - right, top, width - left, bottom])
    return np.ascontiguousarray(image.pixels[:, ::-1]), _moved(face, box, points, width, height)


def _moved(face: Face, box: Numbers, points: Numbers, width: int, height: int) -> Face:
    return Face(
        box_of(box, width, height), landmarks_of(points, width, height), face.confidence, face.pose, face.quality
    )


if __name__ == "__main__":
    main()

"""Heads at known angles: a portrait laid over its own mesh, turned, and drawn as a camera would see it.

A head is the 468 points of a portrait's mesh, turned back to look at the camera, and three rings around the face's edge
for hair and ears, which lie further and further behind. Triangles are filled from back to front with the portrait's
pixels; what was hidden in the portrait is smeared, and behind the head is one colour.

    python -m benchmarks.attributes.heads --json build/heads.json

Draws official portraits of people whom nothing was fitted to, at known angles, has each found and posed as the product
does it, from the mesh and from the five points, and prints how far off the angles are.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from scipy.spatial import Delaunay

from recognizance.settings import read
from recognizance.values import Image, Mesh, Model, ModelName, Pixels, Pose
from recognizance.vision import adapters, cards, carriers, pose, runtime
from recognizance.vision.attributes import head as attributes_head
from recognizance.vision.attributes import mesh
from recognizance.vision.attributes.fitted import Rigid, numbers
from recognizance.vision.geometry import Numbers
from recognizance.vision.image import decode
from recognizance.vision.vision import Vision

OVAL = (
    *(10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377, 152),
    *(148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109),
)
"""The mesh's points around the face's edge, from the forehead to the viewer's right."""
RINGS = ((1.15, -0.25), (1.35, -0.6), (1.6, -0.9))
"""How far each ring is from the face's middle, in distances of the edge, and how far behind it, in eye distances."""
CORNERS = (33, 263)
ANGLES = (
    *((yaw, 0.0, 0.0) for yaw in (-60.0, -45.0, -30.0, -15.0, 0.0, 15.0, 30.0, 45.0, 60.0)),
    *((0.0, 0.0, pitch) for pitch in (-40.0, -30.0, -20.0, -10.0, 10.0, 20.0, 30.0, 40.0)),
    *((yaw, 0.0, pitch) for yaw in (-30.0, 30.0) for pitch in (-20.0, 20.0)),
    *((yaw, roll, 0.0) for yaw in (-20.0, 20.0) for roll in (-30.0, 30.0)),
)
"""Yaw, roll and pitch that heads are drawn at."""
NEAR = 7.0
"""Eye distances from which a camera sees a head in perspective: some 60 cm."""
FRONTAL = 8.0
"""Degrees that a portrait may look aside, by its own mesh, to be drawn."""


@dataclass(frozen=True, eq=False)
class Head:
    """A head that looks at the camera: points about its middle in eye distances, y down and z towards the camera.

    `places` are where the points are in `texture`, in pixels; `triangles` index the points; `base` is the pose that
    the portrait's mesh had.
    """

    points: Numbers
    places: Numbers
    triangles: np.ndarray
    texture: Pixels
    base: Pose


def of_portrait(pixels: Pixels, mesh: Mesh, rigid: Rigid) -> Head:
    """Return the head of a portrait. It should look at the camera: what does not show cannot be turned to the front."""
    turn = attributes_head.rotation(mesh, rigid)
    seen = attributes_head.upright(mesh.points)
    frontal = (seen - seen.mean(axis=0)) @ turn
    frontal /= np.linalg.norm(frontal[CORNERS[1]] - frontal[CORNERS[0]])
    frontal = np.concatenate([frontal, *(_ring(frontal, by, behind) for by, behind in RINGS)])
    scale = np.linalg.norm(seen[CORNERS[1]] - seen[CORNERS[0]])
    places = (frontal * scale) @ turn.T[:, :2] + seen.mean(axis=0)[:2]
    places[: len(seen)] = seen[:, :2]
    return Head(frontal, places, Delaunay(frontal[:, :2]).simplices, pixels, pose.of_rotation(turn))


def _ring(points: Numbers, by: float, behind: float) -> Numbers:
    edge = points[list(OVAL)]
    middle = edge.mean(axis=0)
    ring = middle + (edge - middle) * by
    ring[:, 2] = edge[:, 2] + behind
    return ring


def draw(head: Head, angles: Pose, *, size: int = 320, distance: float = np.inf) -> Pixels:
    """Return the head turned to `angles` in a picture of `size` pixels square, uint8 RGB.

    The camera is `distance` eye distances (outer corners; some 9 cm) away, or infinitely far.
    """
    turned = head.points @ pose.rotation_of(angles).T
    nearness = 1.0 if np.isinf(distance) else (distance / (distance - turned[:, 2]))[:, None]
    seen = turned[:, :2] * nearness * (size / 4.0) + size / 2
    x, y = np.full((size, size), -1, np.float32), np.full((size, size), -1, np.float32)
    for triangle in head.triangles[np.argsort(turned[head.triangles, 2].mean(axis=1))]:
        _fill(x, y, seen[triangle], head.places[triangle])
    behind = np.median(head.texture[:8].reshape(-1, 3), axis=0)
    drawn = cv2.remap(head.texture, x - 0.5, y - 0.5, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    drawn[x < 0] = behind
    return np.asarray(drawn, np.uint8)


def _fill(x: Numbers, y: Numbers, corners: Numbers, places: Numbers) -> None:
    """Write where each pixel of a triangle, by its three corners, comes from."""
    left, top = np.maximum(np.floor(corners.min(axis=0)).astype(int), 0)
    right, bottom = np.minimum(np.ceil(corners.max(axis=0)).astype(int) + 1, x.shape[0])
    if right <= left or bottom <= top:
        return
    edges = np.stack([corners[1] - corners[0], corners[2] - corners[0]], axis=1)
    if abs(np.linalg.det(edges)) < 1e-9:
        return
    columns, rows = np.meshgrid(np.arange(left, right) + 0.5, np.arange(top, bottom) + 0.5)
    shares = np.linalg.solve(edges, np.stack([columns.ravel() - corners[0, 0], rows.ravel() - corners[0, 1]]))
    inside = ((shares >= -1e-6).all(axis=0) & (shares.sum(axis=0) <= 1 + 1e-6)).reshape(columns.shape)
    found = places[0][:, None] + np.stack([places[1] - places[0], places[2] - places[0]], axis=1) @ shares
    for plane, values in zip((x, y), found, strict=True):
        plane[top:bottom, left:right][inside] = values.reshape(columns.shape)[inside]


def main() -> None:
    """Run the command line."""
    asked = _arguments().parse_args()
    engine = runtime.start(device="cpu", threads=1)

    def model(name: str) -> Model[Any, Any]:
        card = cards.load()[ModelName(name)]
        return adapters.open_model(card, carriers.read(card, asked.models), engine)

    detector, meshes = model("yunet-2023mar"), model("facemesh-2020")
    vision = Vision(detector, detector)  # nothing here is embedded
    paths = [path for path in sorted((asked.data / "congress" / "images").glob("*.jpg")) if kept_for_testing(path.stem)]
    heads = of_portraits(paths, vision, meshes, numbers().rigid, asked.portraits)
    rows = [_row(heads, Pose(*angles), distance, vision, meshes) for distance in (np.inf, NEAR) for angles in ANGLES]
    _print(rows, len(heads))
    if asked.json:
        asked.json.write_text(json.dumps(rows, indent=1), encoding="utf-8")


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Measure poses on heads drawn at known angles.")
    parser.add_argument("--data", type=Path, default=Path(os.environ.get("RECOGNIZANCE_DATA", "../shared/data")))
    parser.add_argument("--models", type=Path, default=read({}).models_folder)
    parser.add_argument("--portraits", type=int, default=20)
    parser.add_argument("--json", type=Path)
    return parser


def kept_for_testing(person: str) -> bool:
    """Tell whether nothing may be fitted to this person: two in five, by the SHA-256 of the name."""
    return int(hashlib.sha256(person.encode()).hexdigest(), 16) % 5 in (0, 1)


def of_portraits(paths: Sequence[Path], vision: Vision, meshes: Model[Any, Any], rigid: Rigid, most: int) -> list[Head]:
    """Return the heads of the first portraits that look at the camera, up to `most` of them."""
    heads: list[Head] = []
    for path in paths:
        if len(heads) == most:
            break
        image = decode(path.read_bytes())
        found = vision.look(image, limit=1)
        for one in mesh.find(image.pixels, found, meshes):
            drawn = of_portrait(image.pixels, one, rigid)
            if max(abs(drawn.base.yaw), abs(drawn.base.roll), abs(drawn.base.pitch)) <= FRONTAL:
                heads.append(drawn)
    return heads


def _row(
    heads: Sequence[Head], angles: Pose, distance: float, vision: Vision, meshes: Model[Any, Any]
) -> dict[str, Any]:
    """Return the mean absolute errors at one angle, those of yaw, roll and pitch, by mesh and by five points."""
    errors: dict[str, list[list[float]]] = {"mesh": [], "points": []}
    for one in heads:
        image = Image(draw(one, angles, distance=distance), "")
        for face in vision.look(image, limit=1):
            errors["points"].append(_off(face.pose, angles))
            errors["mesh"].append(_off(attributes_head.pose_of(mesh.find(image.pixels, [face], meshes)[0]), angles))
    return {
        "yaw": angles.yaw,
        "roll": angles.roll,
        "pitch": angles.pitch,
        "camera": "far" if np.isinf(distance) else "near",
        "found": len(errors["mesh"]),
        "heads": len(heads),
        **{by: np.abs(np.reshape(said, (-1, 3))).mean(axis=0).round(2).tolist() for by, said in errors.items()},
        "mesh_mean": np.reshape(errors["mesh"], (-1, 3)).mean(axis=0).round(2).tolist(),
    }


def _off(found: Pose, angles: Pose) -> list[float]:
    return [found.yaw - angles.yaw, found.roll - angles.roll, found.pitch - angles.pitch]


def _print(rows: Sequence[dict[str, Any]], count: int) -> None:
    print(f"{count} heads; mean absolute error in degrees of yaw, roll, pitch; in brackets the mesh's mean error")
    for row in rows:
        by_mesh, by_points, mean = (" ".join(f"{x:5.1f}" for x in row[key]) for key in ("mesh", "points", "mesh_mean"))
        told = f"yaw {row['yaw']:4.0f} roll {row['roll']:4.0f} pitch {row['pitch']:4.0f} camera {row['camera']:4}"
        print(f"{told}  found {row['found']:3}  mesh {by_mesh} ({mean})  five points {by_points}")
    for name, most in (("up to 45 degrees", 45), ("all", 90)):
        kept = [row for row in rows if max(abs(row["yaw"]), abs(row["pitch"])) <= most]
        for by in ("mesh", "points"):
            means = np.average([row[by] for row in kept], axis=0, weights=[row["found"] for row in kept])
            print(f"{name}, {by}: yaw {means[0]:.2f}, roll {means[1]:.2f}, pitch {means[2]:.2f}")


if __name__ == "__main__":
    main()

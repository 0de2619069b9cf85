"""Fits the heads that read appearance from features: `heads.npz` and `heads.toml` of `recognizance.vision.attributes`.

    python tools/attributes_appearance.py --keep build/appearance            fits, writes both files, prints the figures
    python tools/attributes_appearance.py --keep build/appearance --check    prints the figures of the files as they are

It reads the pictures of ../shared/data (or --data), what people say of them (benchmarks/attributes/*.csv and the tables
beside the pictures), and the models installed (--models). What the models see is kept in the folder --keep, some 3 GB:
seeing takes half an hour on one core, fitting some minutes. People are for testing when the SHA-256 of their name, as a
number, leaves 0 or 1 when divided by 5; nothing is fitted to them. Chance is seeded by each picture's own bytes: same
input, same files out.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import json
import os
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from scipy.optimize import minimize

from recognizance.settings import read
from recognizance.values import Box, Face, Image, Landmarks, Model, ModelName, Point, Pose, Quality
from recognizance.vision import adapters, cards, carriers, quality, runtime
from recognizance.vision.attributes import age, features, gender, heads
from recognizance.vision.geometry import align, box_of, landmarks_of, pixels_of, points_of
from recognizance.vision.image import decode
from recognizance.vision.vision import Vision

SAID = Path("benchmarks/attributes")
TAKEN = date(2017, 6, 30)  # official portraits of members seated in July 2018 date mostly from January 2017 on
KINDS = ("plain", "spoilt1", "spoilt2", "shades", "covered")
YES_OR_NO = ("beard", "eyeglasses", "eyes open", "moustache", "mouth open", "occluded", "smile", "sunglasses")
MIXTURES = 32
PROJECTED = 3600
"""Pictures from which the mixtures of planes are made; rare kinds first."""
FOLDS = 3
"""Parts of the people who are for training. What is calibrated is what heads say of one part that were fitted, mixtures
and all, to the others."""
PRIOR = 0.65
"""How far calibration goes from how often a thing is so in these pictures (0) to both values being as likely (1):
beards or sunglasses are rarer among people in the news than in what people send."""


@dataclass(frozen=True)
class Picture:
    """One picture: its file, the SHA-256 of its bytes, whose it is, and what is said of it."""

    path: Path
    sha: str
    person: str
    said: Mapping[str, float]

    @property
    def test(self) -> bool:
        """Whether nothing may be fitted to it."""
        return int(hashlib.sha256(self.person.encode()).hexdigest(), 16) % 5 in (0, 1)

    @property
    def fold(self) -> int:
        """The part of the people that this one belongs to."""
        return hashlib.sha256(f"fold {self.person}".encode()).digest()[0] % FOLDS


def gather(data: Path, said: Path) -> list[Picture]:
    """Return all pictures of LFW and of Congress with what is said of each, in a fixed order."""
    labels = {row["sha256"]: row for row in rows(said / "labels.csv")}
    ages = {row["sha256"]: float(row["age"]) for row in rows(said / "ages.csv")}
    sexes = {row["name"]: row["gender"] for row in rows(data / "lfw/people.csv")}
    members = {row["bioguide"]: row for row in rows(data / "congress/members_2018-07-25.csv")}
    sexes |= {name: row["gender"] for name, row in members.items()}
    found: list[Picture] = []
    for path in [*sorted((data / "lfw/images").glob("*/*.jpg")), *sorted((data / "congress/images").glob("*.jpg"))]:
        person = path.stem if path.parent.parent.name == "congress" else path.parent.name
        sha = hashlib.sha256(path.read_bytes()).hexdigest()
        one = {name: float(text) for name, text in labels.get(sha, {}).items() if name in YES_OR_NO and text}
        if sexes.get(person) in ("F", "M"):
            one["female"] = float(sexes[person] == "F")
        if person in members:
            one["age"] = (TAKEN - date.fromisoformat(members[person]["birthday"])).days / 365.2425
        if sha in ages:
            one["age"] = ages[sha]
        found.append(Picture(path, sha, person, one))
    return sorted(found, key=lambda picture: picture.sha)


def rows(path: Path) -> list[dict[str, str]]:
    """Return the rows of a table; none where it is missing."""
    if not path.is_file():
        return []
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


# Seeing


@dataclass(frozen=True)
class Models:
    """What sees."""

    vision: Vision
    features: Model[Any, Any]
    gender: Model[Any, Any]
    age: Model[Any, Any]


def models_in(folder: Path) -> Models:
    """Return the models installed in a folder, on one thread."""
    known = cards.load()
    engine = runtime.start(device="cpu", threads=1)

    def opened(name: str) -> Any:
        card = known[ModelName(name)]
        return adapters.open_model(card, carriers.read(card, folder), engine)

    vision = Vision(opened("yunet-2023mar"), opened("yunet-2023mar"))
    return Models(vision, *(opened(name) for name in ("sface-2021dec-middle", "gender-v1", "age-v1")))


def see(picture: Picture, kind: str, face: Face, models: Models) -> dict[str, Any]:
    """Return what the models see of a picture's face, or of what became of it; zeros for what nobody asks."""
    image = decode(picture.path.read_bytes())
    chance = np.random.default_rng(int(picture.sha[:12], 16) * 10 + KINDS.index(kind))
    if kind != "plain":
        image, face = {"shades": shaded, "covered": covered}.get(kind, spoilt)(image, face, chance)
        if kind in ("shades", "covered") and chance.random() < 0.5:
            image, face = spoilt(image, face, chance)
    one = [face]
    ages = np.zeros(len(age.YEARS))
    if "age" in picture.said:
        ages = age.shares(image.pixels, one, models.age)[0]
    return {
        "features": features.of(image.pixels, one, models.features)[0].astype(np.float16),
        "sighting": features.sighting(face, image.width, image.height).numbers.astype(np.float32),
        "gender": np.float32(gender.log_odds(image.pixels, one, models.gender)[0]),
        "age": ages.astype(np.float32),
    }


def faces_in(pictures: Sequence[Picture], keep: Path, models: Models) -> dict[str, Face]:
    """Return the face of each picture that has one, by the picture's digest: as kept in a folder, or by looking."""
    index = keep / "faces.json"
    if not index.is_file():
        found: dict[str, Any] = {}
        for picture in pictures:
            face = central(models.vision.look(decode(picture.path.read_bytes())))
            if face is not None:
                found[picture.sha] = [astuple(part) for part in (face.box, face.landmarks, face.pose, face.quality)]
        keep.mkdir(parents=True, exist_ok=True)
        index.write_text(json.dumps(found), encoding="utf-8")
    return {
        sha: Face(Box(*box), Landmarks(*(Point(*point) for point in points)), 100.0, Pose(*turned), Quality(*good))
        for sha, (box, points, turned, good) in json.loads(index.read_text(encoding="utf-8")).items()
    }


def central(faces: Sequence[Face]) -> Face | None:
    """Return the face nearest to the middle, of those not much smaller than the largest."""
    largest = max((face.box.area for face in faces), default=0)

    def away(face: Face) -> float:
        return (face.box.left + face.box.width / 2 - 0.5) ** 2 + (face.box.top + face.box.height / 2 - 0.5) ** 2

    return min((face for face in faces if face.box.area > 0.3 * largest), key=away, default=None)


def spoilt(image: Image, face: Face, chance: np.random.Generator) -> tuple[Image, Face]:
    """Return the picture made worse as pictures are: light, colour, blur, few pixels, noise, JPEG, a cut frame."""
    pixels = image.pixels
    points = points_of(face.landmarks, image.width, image.height)
    eyes = float(np.linalg.norm(points[1] - points[0]))
    values: Any = pixels.astype(np.float32) / 255
    if chance.random() < 0.5:
        values = values ** chance.uniform(0.45, 2.0) * chance.uniform(0.4, 1.3)
    if chance.random() < 0.3:
        values = values * chance.uniform(0.8, 1.2, 3)
    if chance.random() < 0.2:
        values = np.repeat((values @ np.array(quality.LUMA))[..., None], 3, axis=2)
    if chance.random() < 0.35:
        values = cv2.GaussianBlur(values, (0, 0), eyes * chance.uniform(0.01, 0.07))
    elif chance.random() < 0.4:
        values = values + chance.uniform(0.5, 2) * (values - cv2.GaussianBlur(values, (0, 0), eyes * 0.03))
    scale = min(1.0, np.exp(chance.uniform(np.log(6), np.log(45))) / eyes) if chance.random() < 0.6 else 1.0
    pixels = np.rint(np.clip(values, 0, 1) * 255).astype(np.uint8)
    if scale < 1:
        sides = (max(16, round(image.width * scale)), max(16, round(image.height * scale)))
        pixels = cv2.resize(pixels, sides, interpolation=cv2.INTER_AREA)
    if chance.random() < 0.3:
        noise = chance.normal(0, chance.uniform(2, 12), pixels.shape)
        pixels = np.clip(pixels + noise, 0, 255).astype(np.uint8)
    if chance.random() < 0.6:
        how = [cv2.IMWRITE_JPEG_QUALITY, int(chance.integers(15, 85))]
        pixels = cv2.imdecode(cv2.imencode(".jpg", pixels, how)[1], cv2.IMREAD_COLOR)
    height, width = pixels.shape[:2]
    points = points * (width / image.width, height / image.height)
    points = points + chance.normal(0, 0.025, (5, 2)) * eyes * scale
    box = pixels_of(face.box, width, height)
    if chance.random() < 0.12:
        pixels, points, box = framed(pixels, points, box, chance)
        height, width = pixels.shape[:2]
    return remade(image, pixels, replace(face, box=box_of(box, width, height)), landmarks_of(points, width, height))


def framed(pixels: Any, points: Any, box: Any, chance: np.random.Generator) -> tuple[Any, Any, Any]:
    """Return the picture without what lies beyond a line through the face, and where face and points are then."""
    height, width = pixels.shape[:2]
    share, side = chance.uniform(0.1, 0.45), int(chance.integers(4))
    edges = [0.0, 0.0, float(width), float(height)]
    length = box[2 + side % 2] - box[side % 2]
    edges[side] = box[side] + share * length if side < 2 else box[side] - share * length
    left, top, right, bottom = (round(edge) for edge in edges)
    left, top = max(0, min(left, width - 8)), max(0, min(top, height - 8))
    right, bottom = min(width, max(right, left + 8)), min(height, max(bottom, top + 8))
    moved = np.array([left, top])
    return np.ascontiguousarray(pixels[top:bottom, left:right]), points - moved, box - np.tile(moved, 2)


def remade(image: Image, pixels: Any, face: Face, landmarks: Landmarks) -> tuple[Image, Face]:
    """Return a picture of these pixels, and the face with these landmarks and the quality it has there."""
    measured = quality.measure(align(pixels, landmarks))
    return Image(pixels, image.digest), replace(face, landmarks=landmarks, quality=measured)


def shaded(image: Image, face: Face, chance: np.random.Generator) -> tuple[Image, Face]:
    """Return the picture with dark glasses drawn over the eyes."""
    height, width = image.pixels.shape[:2]
    points = points_of(face.landmarks, width, height)
    across = points[1] - points[0]
    eyes = float(np.linalg.norm(across))
    turn = float(np.degrees(np.arctan2(across[1], across[0])))
    fine = 8
    mask = np.zeros((height, width), np.uint8)
    frame = np.zeros((height, width), np.uint8)
    wide, high, down = chance.uniform(0.36, 0.48), chance.uniform(0.24, 0.38), chance.uniform(0.0, 0.08)
    below = np.array([-across[1], across[0]]) * down
    for eye in points[:2]:
        middle = tuple(int(v) for v in np.rint((eye + below) * fine))
        axes = (round(wide * eyes * fine), round(high * eyes * fine))
        cv2.ellipse(mask, middle, axes, turn, 0, 360, 255, -1, cv2.LINE_AA, 3)
        cv2.ellipse(frame, middle, axes, turn, 0, 360, 255, max(1, round(0.05 * eyes)), cv2.LINE_AA, 3)
    ends = [tuple(int(v) for v in np.rint(points[0] + below + across * share)) for share in (0.36, 0.64, -0.4, -1.1)]
    ends += [tuple(int(v) for v in np.rint(points[0] + below + across * share)) for share in (1.4, 2.1)]
    for start, end in ((0, 1), (2, 3), (4, 5)):
        cv2.line(frame, ends[start], ends[end], 255, max(1, round(0.06 * eyes)), cv2.LINE_AA)
    tint = chance.uniform(0, 60) + chance.uniform(-15, 15, 3)
    shine = np.linspace(chance.uniform(-20, 40), chance.uniform(-20, 40), height)[:, None, None]
    values = image.pixels.astype(np.float32)
    glass = np.clip(tint + shine, 0, 255)
    share = mask[..., None] / 255 * chance.uniform(0.82, 1.0)
    values = values * (1 - share) + glass * share
    rim = frame[..., None] / 255 * chance.uniform(0.3, 1.0)
    values = values * (1 - rim) + chance.uniform(0, 110) * rim
    return remade(image, np.rint(values).astype(np.uint8), face, face.landmarks)


def covered(image: Image, face: Face, chance: np.random.Generator) -> tuple[Image, Face]:
    """Return the picture with a mask drawn over nose and mouth, or with something in front of the face."""
    height, width = image.pixels.shape[:2]
    points = points_of(face.landmarks, width, height)
    across = points[1] - points[0]
    down = (points[3] + points[4]) / 2 - (points[0] + points[1]) / 2
    values = image.pixels.astype(np.float32)
    mask = np.zeros((height, width), np.uint8)
    if chance.random() < 0.6:
        middle = (points[0] + points[1]) / 2
        places = ((-0.9, 0.35), (-0.3, 0.3), (0, chance.uniform(0.2, 0.5)), (0.3, 0.3), (0.9, 0.35), (0.8, 1.1))
        places += ((0.4, 1.6), (0, 1.75), (-0.4, 1.6), (-0.8, 1.1))
        outline = np.array([middle + x * across + y * down for x, y in places])
        cv2.fillPoly(mask, [np.rint(outline * 8).astype(np.int32)], 255, cv2.LINE_AA, 3)
        colours = ((200, 220, 235), (235, 235, 235), (25, 25, 30), (120, 170, 200), (90, 90, 100))
        colour = np.array(colours[int(chance.integers(len(colours)))]) + chance.uniform(-20, 20, 3)
    else:
        which = int(chance.integers(4))
        at = (points[0], points[1], (points[3] + points[4]) / 2, points[2])[which]
        size = np.linalg.norm(across) * chance.uniform(0.45, 0.8, 2)
        middle_of = tuple(int(v) for v in np.rint(at + chance.normal(0, 0.1, 2) * np.linalg.norm(across)))
        cv2.ellipse(
            mask, middle_of, tuple(int(v) for v in size), float(chance.uniform(0, 180)), 0, 360, 255, -1, cv2.LINE_AA
        )
        skin = values[int(np.clip(points[2][1], 0, height - 1)), int(np.clip(points[2][0], 0, width - 1))]
        colour = skin * chance.uniform(0.7, 1.1) if chance.random() < 0.5 else chance.uniform(0, 255, 3)
    texture = cv2.GaussianBlur(chance.normal(0, 30, (height, width, 1)).astype(np.float32), (0, 0), 2)[..., None]
    share = mask[..., None] / 255
    values = values * (1 - share) + np.clip(colour + texture, 0, 255) * share
    return remade(image, np.rint(np.clip(values, 0, 255)).astype(np.uint8), face, face.landmarks)


def wanted(pictures: Sequence[Picture], kind: str) -> list[Picture]:
    """Return the pictures that are seen in one kind."""
    if kind == "plain":
        return list(pictures)
    training = [one for one in pictures if not one.test]
    if kind == "spoilt1":  # of half of the test people's, too, to see what becomes of the figures
        return [one for one in pictures if not one.test or one.sha < "8"]
    if kind == "spoilt2":
        return training
    clear = [one for one in training if one.said.get("eyeglasses") == 0 and one.said.get("occluded") == 0]
    return clear[:600] if kind == "shades" else clear[600:1200]


@dataclass(frozen=True, eq=False)
class Seen:
    """What was seen in the pictures of one kind: the pictures that had a face, and an array of each part."""

    pictures: list[Picture]
    parts: Mapping[str, Any]


def seen(pictures: Sequence[Picture], kind: str, keep: Path, folder: Path) -> Seen:
    """Return what is seen in the pictures of a kind: from the folder `keep`, or by looking, which fills it."""
    known = {picture.sha: picture for picture in pictures}
    index = keep / f"{kind}.json"
    if not index.is_file():
        look_at(wanted(pictures, kind), kind, keep, folder)
    order = json.loads(index.read_text(encoding="utf-8"))
    parts = {name: np.load(keep / f"{kind}.{name}.npy", mmap_mode="r") for name in PARTS}
    return Seen([known[sha] for sha in order], parts)


PARTS = ("features", "sighting", "gender", "age")


def look_at(pictures: Sequence[Picture], kind: str, keep: Path, folder: Path) -> None:
    """See every picture and write what is seen into the folder `keep`."""
    cv2.setNumThreads(1)
    keep.mkdir(parents=True, exist_ok=True)
    models = models_in(folder)
    faces = faces_in(pictures, keep, models)
    order: list[str] = []
    arrays: dict[str, Any] = {}
    for picture in pictures:
        if len(order) % 1000 == 0:
            print(f"{kind}: {len(order)} of {len(pictures)} seen", file=sys.stderr)
        if picture.sha not in faces:
            continue
        for name, value in see(picture, kind, faces[picture.sha], models).items():
            if name not in arrays:
                shape, path = (len(pictures), *np.shape(value)), keep / f"{kind}.{name}.npy"
                arrays[name] = np.lib.format.open_memmap(path, "w+", value.dtype, shape)
            arrays[name][len(order)] = value
        order.append(picture.sha)
    for array in arrays.values():
        array.flush()
    (keep / f"{kind}.json").write_text(json.dumps(order), encoding="utf-8")


# Fitting


@dataclass(frozen=True, eq=False)
class Rows:
    """What heads are fitted to, a row a seen face: mixtures of planes, what the models said, what is so, whose it is.

    `mixed` has shape (rows, 1 + FOLDS, m * cells): by the mixtures of all training people, then by those made without
    each fold. `truth` has a column for each of `heads.NAMES`, NaN where nothing is said; `kind` is an index of `KINDS`.
    """

    mixed: Any
    sighting: Any
    gender: Any
    age: Any
    truth: Any
    kind: Any
    fold: Any
    weight: Any


def truth_of(picture: Picture, kind: str) -> list[float]:
    """Return what is so of a face as it is seen, for each of `heads.NAMES`."""
    said = dict(picture.said)
    if kind == "shades":
        said |= {"eyeglasses": 1.0, "sunglasses": 1.0, "occluded": 1.0}
        said.pop("eyes open", None)
    if kind == "covered":
        said = {"occluded": 1.0}
    return [said.get(name, np.nan) for name in heads.NAMES]


def mixtures_of(all_seen: Mapping[str, Seen], without: int | None) -> Any:
    """Return mixtures of planes that tell what is to be told, shape (planes, m), made without one fold's people.

    From ridge regressions on all planes in all cells of some pictures: the directions among planes that their weights
    use most. Nothing of test people goes in.
    """
    picked = picked_of(all_seen, without)
    planes = np.stack([all_seen[kind].parts["features"][at] for kind, at in picked]).astype(np.float32)
    planes = planes.reshape(len(picked), planes.shape[1], -1)
    middle, scale = planes.mean(axis=(0, 2)), planes.std(axis=(0, 2)) + 1e-3
    planes -= middle[:, None]
    planes /= scale[:, None]
    truth = np.array([truth_of(all_seen[kind].pictures[at], kind) for kind, at in picked])
    flat = planes.reshape(len(picked), -1)
    products = flat @ flat.T
    cost = 0.2 * float(np.diagonal(products).mean())
    used: list[Any] = []
    for column, name in enumerate(heads.NAMES):
        known = ~np.isnan(truth[:, column])
        goal = truth[known, column]
        share = np.ones(len(goal)) if name == "age" else balance(goal)
        goal = (goal - goal.mean()) / goal.std()
        system = products[np.ix_(known, known)] + np.diag(cost / share).astype(np.float32)
        weights = (flat[known].T @ np.linalg.solve(system, goal.astype(np.float32))).reshape(planes.shape[1], -1)
        used.append(weights / np.linalg.norm(weights))
    directions = np.linalg.svd(np.concatenate(used, axis=1), full_matrices=False)[0][:, :MIXTURES]
    largest = directions[np.abs(directions).argmax(axis=0), range(MIXTURES)]
    return (directions * np.sign(largest) / scale[:, None]).astype(np.float16).astype(np.float32)


def picked_of(all_seen: Mapping[str, Seen], without: int | None) -> list[tuple[str, int]]:
    """Return the kind and the row of `PROJECTED` seen faces: those of whom something rare is so, then any."""
    rare = ("sunglasses", "occluded", "beard", "moustache", "age")

    def rank(picture: Picture) -> tuple[int, int, str]:
        said = picture.said
        return -(said.get("eyes open") == 0), -sum(said.get(name, 0) > 0 for name in rare), picture.sha

    picked: list[tuple[str, int]] = []
    for kind, share in (("plain", 0.6), ("spoilt1", 0.25), ("shades", 0.075), ("covered", 0.075)):
        pictures = all_seen[kind].pictures
        fit_for = [at for at, one in enumerate(pictures) if not one.test and one.fold != without]
        picked += [(kind, at) for at in sorted(fit_for, key=lambda at: rank(pictures[at]))[: int(PROJECTED * share)]]
    return picked


def rows_of(all_seen: Mapping[str, Seen], mixtures: Sequence[Any]) -> Rows:
    """Return all that was seen of training people as rows; `mixtures` are those of all, then those without a fold."""
    parts: dict[str, list[Any]] = {name: [] for name in Rows.__dataclass_fields__}
    together = np.concatenate(mixtures, axis=1)
    for kind, one in all_seen.items():
        chosen = [at for at, picture in enumerate(one.pictures) if not picture.test]
        for at in range(0, len(chosen), 500):
            some = np.asarray(one.parts["features"][chosen[at : at + 500]], np.float32)
            parts["mixed"].append(heads.mixed(some, together).reshape(len(some), len(mixtures), -1))
        for name in ("sighting", "gender", "age"):
            parts[name].append(np.asarray(one.parts[name][chosen], np.float64))
        pictures = [one.pictures[at] for at in chosen]
        parts["truth"].append(np.array([truth_of(picture, kind) for picture in pictures]))
        parts["kind"].append(np.full(len(chosen), KINDS.index(kind)))
        parts["fold"].append(np.array([picture.fold for picture in pictures]))
        people = Counter(picture.person for picture in pictures)
        parts["weight"].append(np.array([people[picture.person] ** -0.5 for picture in pictures]))
    return Rows(**{name: np.concatenate(arrays) for name, arrays in parts.items()})


def balance(truth: Any) -> Any:
    """Return weights with which both values count the same; 1 on average."""
    share = truth.mean()
    return np.where(truth > 0.5, 0.5 / share, 0.5 / (1 - share))


def sums_of(mixed: Any, goal: Any, weight: Any) -> tuple[Any, Any, Any]:
    """Return what a ridge regression needs of its rows: the weighted sums of products, of goals by inputs, of goals."""
    inputs = np.column_stack([mixed, np.ones(len(mixed), np.float32)])
    weighed = inputs * weight[:, None].astype(np.float32)
    return (weighed.T @ inputs).astype(np.float64), weighed.T.astype(np.float64) @ goal, len(goal)


def ridge(sums: Sequence[Any], strength: float) -> tuple[Any, float]:
    """Return weights and bias of the weighted sum nearest to the goals, large weights costing `strength`."""
    system, goals = sums[0].copy(), sums[1]
    count = len(system) - 1
    total = system[-1, -1]
    spread = float((np.diagonal(system)[:count] - system[-1, :count] ** 2 / total).mean())
    system[range(count), range(count)] += strength * spread
    found = np.linalg.solve(system, goals)
    return found[:count], float(found[count])


def head_of(rows: Rows, name: str) -> tuple[Any, float, Any]:
    """Return a head's weights and bias, and what heads fitted without a person's fold make of that person, or NaN.

    How much large weights cost is what errs least so.
    """
    truth = rows.truth[:, heads.NAMES.index(name)]
    known = np.flatnonzero(~np.isnan(truth))
    goal = truth[known] if name == "age" else 2 * truth[known] - 1
    weight = rows.weight[known] * np.where(rows.kind[known] == 0, 1.0, 0.5)
    weight = weight * (level_ages(goal) if name == "age" else balance(truth[known]))
    tried: dict[float, Any] = {strength: np.zeros(len(goal)) for strength in STRENGTHS}
    for fold in range(FOLDS):
        inside = rows.fold[known] == fold
        mixed = rows.mixed[known, 1 + fold]
        sums = sums_of(mixed[~inside], goal[~inside], weight[~inside])
        for strength, apart in tried.items():
            weights, bias = ridge(sums, strength)
            apart[inside] = mixed[inside] @ weights + bias
    best = min(tried, key=lambda strength: float((weight * (tried[strength] - goal) ** 2).sum()))
    weights, bias = ridge(sums_of(rows.mixed[known, 0], goal, weight), best)
    everywhere = np.full(len(truth), np.nan)
    everywhere[known] = tried[best]
    print(f"{name}: {len(known)} rows, strength {best}", file=sys.stderr)
    return weights, bias, everywhere


STRENGTHS = (0.1, 0.3, 1.0, 3.0, 10.0)


def level_ages(ages: Any) -> Any:
    """Return weights with which rare ages count more: by the root of how many are within five years."""
    near = (np.abs(ages[:, None] - ages[None, :]) < 5).sum(axis=1)
    return (near / near.mean()) ** -0.5


def calibrated(numbers: Mapping[str, Any], sighting: Any, truth: Any, weight: Any) -> heads.Calibration:
    """Return the likeliest calibration. What pulls towards not knowing is fitted with both values counting the same."""
    names = sorted(numbers)
    columns = np.stack([numbers[name] for name in names], axis=1)
    spread = columns.std(axis=0)
    columns = columns / spread
    sides = np.where(truth > 0.5, 1.0, -1.0)

    def odds(values: Any, pulls: Any) -> Any:
        return (values[0] + columns @ values[1:]) * np.exp(-sighting @ pulls)

    def cost(values: Any, pulls: Any, counts: Any) -> float:
        return float((counts * np.logaddexp(0, -sides * odds(values, pulls))).sum() / counts.sum())

    first, alike = np.r_[0.0, np.full(len(names), 2.0)], weight * balance(truth)
    bounds = [(None, None)] * (1 + len(names)) + [(0.0, 3.0)] * sighting.shape[1]
    both = minimize(
        lambda v: cost(v[: len(first)], v[len(first) :], alike) + 1e-4 * (v[len(first) :] ** 2).sum(),
        np.r_[first, np.full(sighting.shape[1], 0.1)],
        bounds=bounds,
        method="L-BFGS-B",
    ).x
    pulls = np.round(both[len(first) :], 4)
    fitted = minimize(lambda v: cost(v, pulls, weight), both[: len(first)], method="L-BFGS-B").x
    weights = {name: round(float(fitted[1 + at] / spread[at]), 4) for at, name in enumerate(names)}
    return heads.Calibration(round(float(fitted[0]), 4), weights, tuple(float(pull) for pull in pulls))


def fit(rows: Rows, mixtures: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the arrays of `heads.npz` and the tables of `heads.toml`."""
    weights, biases, apart = zip(*(head_of(rows, name) for name in heads.NAMES), strict=True)
    kept = {
        "generated": np.array("GENERATED by tools/attributes_appearance.py. Do not edit."),
        "mixtures": mixtures.astype(np.float16),
        "weights": np.stack(weights).astype(np.float16),
        "biases": np.array(biases, np.float32),
    }
    by_name = dict(zip(heads.NAMES, apart, strict=True))
    tables: dict[str, Any] = {"calibration": {}, "age": fit_age(rows, by_name["age"])}
    for at, name in enumerate(heads.NAMES[:-1]):
        known = ~np.isnan(by_name[name])
        truth = rows.truth[known, at]
        weight = rows.weight[known] * np.array([1, 1, 1, 0.1, 0.1])[rows.kind[known]]
        weight = weight * balance(truth) ** (1 if name == "female" else PRIOR)
        numbers = {"head": by_name[name][known]}
        if name == "female":
            numbers["model"] = rows.gender[known]
        one = calibrated(numbers, rows.sighting[known], truth, weight)
        tables["calibration"][name] = {"bias": one.bias, "weights": dict(one.weights), "pulls": list(one.pulls)}
    return kept, tables


def fit_age(rows: Rows, apart: Any) -> dict[str, Any]:
    """Return how a head and the model make an age together, and how wide a range about it holds the truth."""
    known = ~np.isnan(apart)
    truth = rows.truth[known, heads.NAMES.index("age")]
    weight = rows.weight[known] * np.where(rows.kind[known] == 0, 1.0, 0.5)
    shares, sighting = rows.age[known], rows.sighting[known]
    expected, spread = age.expected(shares), age.spread(shares)
    columns = np.stack([np.ones(len(truth)), expected, apart[known]], axis=1)
    level = weight * level_ages(truth)
    counts, solved = level, np.zeros(3)
    for _ in range(50):  # the nearest in absolute years: some pictures are much older than they are taken to be
        solved = np.linalg.solve((columns * counts[:, None]).T @ columns, columns.T @ (counts * truth))
        counts = level / np.maximum(np.abs(truth - columns @ solved), 1.0)
    blend = [round(float(value), 4) for value in solved]
    found = age.blended(expected, apart[known], blend)
    hints = age.hints(found, expected, apart[known], spread, sighting)
    error = np.abs(truth - found)

    def cost(values: Any) -> float:  # of a Laplace distribution whose width the hints tell
        logs = hints @ values
        return float((weight * (logs + error * np.exp(-logs))).sum() / weight.sum()) + 1e-4 * float(
            values[1:] @ values[1:]
        )

    start = np.r_[np.log(error.mean()), np.zeros(hints.shape[1] - 1)]
    widths = [round(float(value), 4) for value in minimize(cost, start, method="L-BFGS-B").x]
    plain = rows.kind[known] == 0
    low, high = bounds_of(((truth - found) / np.exp(hints @ widths))[plain], weight[plain])
    return {"blend": blend, "widths": widths, "low": round(low, 4), "high": round(high, 4)}


COVERED = 0.77
"""How often an age range is to hold the truth."""


def bounds_of(errors: Any, weight: Any) -> tuple[float, float]:
    """Return the narrowest two bounds between which the share `COVERED` of errors lies."""
    order = np.argsort(errors)
    errors, shares = errors[order], np.cumsum(weight[order]) / weight.sum()
    best = (-np.inf, np.inf)
    for start in np.linspace(0, 1 - COVERED, 41):
        low = errors[np.searchsorted(shares, start)]
        high = errors[min(len(errors) - 1, np.searchsorted(shares, start + COVERED))]
        if high - low < best[1] - best[0]:
            best = (float(low), float(high))
    return best


def written(tables: Mapping[str, Any], digest: str, counts: Mapping[str, Any]) -> str:
    """Return the text of `heads.toml`."""
    lines = [
        "# GENERATED by tools/attributes_appearance.py, which says from what. Do not edit.",
        "",
        f'weights_sha256 = "{digest}"  # of heads.npz beside this file',
        f"pulls_are_of = {json.dumps(list(features.Sighting.__dataclass_fields__))}",
        "",
        "[age]",
        *(f"{name} = {json.dumps(value)}" for name, value in tables["age"].items()),
    ]
    for name, one in tables["calibration"].items():
        train = counts.get(name)
        lines += [
            "",
            f'[calibration."{name}"]'
            + (f"  # fitted to {train[0]} that are so and {train[1]} that are not" if train else ""),
        ]
        lines += [
            f"bias = {one['bias']}",
            f"weights = {{ {', '.join(f'{key} = {value}' for key, value in one['weights'].items())} }}",
        ]
        lines += [f"pulls = {json.dumps(one['pulls'])}"]
    return "\n".join(lines) + "\n"


# Measuring

SMALLEST = 10
"""Groups of fewer pictures are withheld."""


def check(all_seen: Mapping[str, Seen], data: Path) -> None:
    """Print the figures of the heads as they are, on people whom nothing was fitted to."""
    for kind in ("plain", "spoilt1"):
        one = all_seen[kind]
        chosen = [at for at, picture in enumerate(one.pictures) if picture.test]
        pictures = [one.pictures[at] for at in chosen]
        read = [
            heads.readers().read(np.asarray(one.parts["features"][chosen[at : at + 500]], np.float32))
            for at in range(0, len(chosen), 500)
        ]
        scores = {name: np.concatenate([some[name] for some in read]) for name in heads.NAMES}
        sightings = [features.Sighting(*map(float, one.parts["sighting"][at])) for at in chosen]
        print(
            f"\n{kind}: {len(pictures)} pictures of {len({picture.person for picture in pictures})} people for testing"
        )
        print("                 so     not  balanced    true    true            expected      mean confidence")
        print("                              accuracy   pos.    neg.     AUC   calib. error   right     wrong")
        for name in heads.NAMES[:-1]:
            print_yes_or_no(name, pictures, scores[name], sightings, [float(one.parts["gender"][at]) for at in chosen])
        print_genders(pictures, scores["female"], sightings, [float(one.parts["gender"][at]) for at in chosen], data)
        known = [at for at, picture in enumerate(pictures) if "age" in picture.said]
        shares = np.asarray(one.parts["age"])[[chosen[at] for at in known]]
        found = age.ranges(shares, scores["age"][known], [sightings[at] for at in known])
        print_ages([pictures[at] for at in known], found)


def print_yes_or_no(
    name: str, pictures: Sequence[Picture], scores: Any, sightings: Sequence[Any], models: Sequence[float]
) -> None:
    """Print a line of figures of one head."""
    known = [at for at, picture in enumerate(pictures) if name in picture.said]
    truth = np.array([pictures[at].said[name] for at in known])
    calibration = heads.calibration(name)
    probability = np.array(
        [calibration.probability({"head": float(scores[at]), "model": models[at]}, sightings[at]) for at in known]
    )
    right = (probability >= 0.5) == (truth > 0.5)
    sure = np.maximum(probability, 1 - probability)
    yes, no = right[truth > 0.5].mean(), right[truth < 0.5].mean()
    wrong = f"{sure[~right].mean():9.3f}" if (~right).any() else "        -"
    print(
        f"{name:13s} {int(truth.sum()):6d} {int((1 - truth).sum()):7d} {(yes + no) / 2:9.4f} {yes:7.3f} {no:7.3f}"
        f" {area(probability, truth):9.4f} {calibration_error(probability, truth):11.4f}"
        f" {sure[right].mean():9.3f} {wrong}"
    )


def area(probability: Any, truth: Any) -> float:
    """Return how often one that is so has a higher probability than one that is not."""
    ranks = np.argsort(np.argsort(probability, kind="stable"), kind="stable")
    yes = int(truth.sum())
    return float((ranks[truth > 0.5].sum() - yes * (yes - 1) / 2) / (yes * (len(truth) - yes)))


def calibration_error(probability: Any, truth: Any, bins: int = 10) -> float:
    """Return the mean difference between what is said and what is so, over bins of equally many."""
    order = np.argsort(probability, kind="stable")
    parts = np.array_split(order, bins)
    return float(sum(len(part) * abs(probability[part].mean() - truth[part].mean()) for part in parts) / len(order))


def print_genders(
    pictures: Sequence[Picture], scores: Any, sightings: Sequence[Any], models: Sequence[float], data: Path
) -> None:
    """Print how often a face presents as its label says, on LFW's hand-checked labels, by sex and race."""
    races = {row["name"]: row["race_mica"].split(",") for row in rows(data / "lfw/people.csv")}
    calibration = heads.calibration("female")
    groups: dict[str, list[bool]] = {}
    for at, picture in enumerate(pictures):
        if "female" not in picture.said or picture.person not in races:
            continue
        probability = calibration.probability({"head": float(scores[at]), "model": models[at]}, sightings[at])
        right = (probability >= 0.5) == (picture.said["female"] > 0.5)
        sex = "women" if picture.said["female"] > 0.5 else "men"
        known = [f"{race}, {sex}" for race in races[picture.person] if race]
        for group in ("all", sex, *(known or [f"race unknown, {sex}"])):
            groups.setdefault(group, []).append(right)
    for group, each in sorted(groups.items()):
        told = f"{np.mean(each):.4f}" if len(each) >= SMALLEST else "withheld"
        print(f"gender presentation, LFW, {group:22s} {len(each):5d}: {told}")


def print_ages(pictures: Sequence[Picture], found: Sequence[Any]) -> None:
    """Print how far the middle of age ranges is off, how often they hold the truth, and how wide they are."""
    groups: dict[str, list[tuple[float, float, bool, int]]] = {}
    for picture, (middle, one) in zip(pictures, found, strict=True):
        truth = picture.said["age"]
        where = "Congress" if picture.path.parent.parent.name == "congress" else "LFW"
        low = next((low for low in (75, 65, 55, 45, 35, 25, 18) if truth >= low), 0)
        row = (middle - truth, abs(middle - truth), one.low <= int(truth) <= one.high, one.high - one.low)
        for group in (where, f"{where} from {low:2d}"):
            groups.setdefault(group, []).append(row)
    for group, each in sorted(groups.items()):
        off, error, holds, wide = np.mean(np.array(each, float), axis=0)
        print(
            f"age, {group:17s} {len(each):5d}: bias {off:+6.2f}, mean absolute error {error:5.2f},"
            f" held {holds:.3f}, width {wide:5.1f}"
        )


def main() -> None:
    """Do what the module says."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--data", type=Path, default=Path(os.environ.get("RECOGNIZANCE_DATA", "../shared/data")))
    asked.add_argument("--models", type=Path, default=None, help="folder of models; else the one the settings name")
    asked.add_argument("--keep", type=Path, required=True, help="folder for what the models saw")
    asked.add_argument("--check", action="store_true", help="fit nothing; print the figures of the files as they are")
    given = asked.parse_args()
    folder = given.models or read(os.environ).models_folder
    pictures = gather(given.data, SAID)
    if not pictures:
        sys.exit(f"There are no pictures in {given.data}; --data names the folder of ../shared/data.")
    all_seen = {kind: seen(pictures, kind, given.keep, folder) for kind in KINDS}
    if not given.check:
        mixtures = [mixtures_of(all_seen, without) for without in (None, *range(FOLDS))]
        kept, tables = fit(rows_of(all_seen, mixtures), mixtures[0])
        np.savez_compressed(heads.WEIGHTS, **kept)
        digest = hashlib.sha256(heads.WEIGHTS.read_bytes()).hexdigest()
        plain = [picture for picture in all_seen["plain"].pictures if not picture.test]
        counts = {
            name: [sum(picture.said.get(name) == value for picture in plain) for value in (1.0, 0.0)]
            for name in heads.NAMES[:-1]
        }
        heads.NUMBERS.write_text(written(tables, digest, counts), encoding="utf-8")
        heads.readers.cache_clear()
        heads.said.cache_clear()
        heads.calibration.cache_clear()
    check(all_seen, given.data)


if __name__ == "__main__":
    main()

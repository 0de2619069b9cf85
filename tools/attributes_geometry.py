"""Fits the numbers of `recognizance.vision.attributes.geometry.toml` to pictures and labels, and writes them.

    python -m tools.attributes_geometry --cache build/geometry.npz

Reads `lfw` and `congress` below `--data` (default: RECOGNIZANCE_DATA, or `../shared/data`) and `--labels`. What the
models see in the pictures is kept in `--cache`. Two people in five, `benchmarks.attributes.heads.kept_for_testing`,
are left out of every fit; how well each fit does on them is printed.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import os
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from benchmarks.attributes import heads
from scipy.optimize import least_squares, minimize
from scipy.spatial import cKDTree
from scipy.spatial.transform import Rotation
from scipy.stats import rankdata

from recognizance.settings import read
from recognizance.values import Box, Face, Image, Mesh, Model, ModelName, Pose, Quality
from recognizance.vision import adapters, cards, carriers, pose, runtime
from recognizance.vision.attributes import eyes, fitted, head, mesh, mouth
from recognizance.vision.geometry import landmarks_of, points_of, resized
from recognizance.vision.image import decode
from recognizance.vision.vision import Vision

Array: TypeAlias = np.ndarray
LABELS = Path("benchmarks/attributes/labels.csv")
STILL = (
    *(10, 338, 297, 332, 284, 251, 389, 356, 454, 109, 67, 103, 54, 21, 162, 127, 234, 151, 9, 8, 168, 6, 197, 195, 5),
    *(4, 1, 33, 133, 362, 263, 107, 336, 70, 300, 116, 345, 123, 352, 50, 280, 117, 346),
)
"""Points that hardly move with an expression: forehead, temples, nose, corners of the eyes, cheeks."""
FRONTAL = 12.0
FRONTAL_PITCH = 15.0
"""Degrees, by the five points, within which a mesh may help to shape the rigid face."""
MOST_SHAPES = 3000
DRAWN_HEADS, DRAWN_TURNS = 40, 16
DISTANCES = (np.inf, 7.0, 12.0, 20.0)
"""How many heads are drawn how often, and from how far, in eye distances, in turn."""
RIDGE = 30.0
RARE = {"eyes": 20.0, "mouth": 1.0, "gaze": 20.0}
"""How much more each picture counts for which it is not so: open eyes are 50 times as many as closed ones."""
SHRUNK = (2, 3, 4, 6)
MOST_SHRUNK = 250
"""How much smaller pictures are made, and how many at most for which it is so, and for which it is not."""
FAR_ASIDE = {"gaze": 1.0}
"""The least that is taken off for a head turned far: no label says how wrong a gaze is then."""
UNSURE = 3.0
"""What is taken off where the mesh's model takes a face for none; no labelled picture is one."""


@dataclass(frozen=True, eq=False)
class Seen:
    """What the models see in each picture's main face, one row each."""

    columns: Mapping[str, Array]

    def __getitem__(self, name: str) -> Array:
        return self.columns[name]

    def __len__(self) -> int:
        return len(self["sha"])

    def only(self, rows: Array) -> Seen:
        """Return some of the rows."""
        return Seen({name: values[rows] for name, values in self.columns.items()})

    def mesh(self, row: int) -> Mesh:
        """Return the mesh of a row."""
        return Mesh(self["points"][row], float(self["sure"][row]))

    def eyes(self, row: int) -> eyes.Eyes:
        """Return the eyes of a row."""
        return eyes.Eyes(self["contours"][row], self["irises"][row], tuple(self["darker"][row]))


def main() -> None:
    """Run the command line."""
    asked = _arguments().parse_args()
    models = _models(asked.models)
    seen = _cached(asked.data, asked.cache, models)
    labels = _labels(asked.labels, seen)
    train = ~np.array([heads.kept_for_testing(_person(path)) for path in seen["path"]])
    official = np.array([str(path).startswith("congress") for path in seen["path"]])

    with tempfile.TemporaryDirectory() as folder:
        unfinished = Path(folder) / "geometry.toml"
        fitted.FILE = unfinished  # what is fitted first, what follows rests on
        _fit(asked, seen, labels, train, official, models)
        asked.out.write_text(unfinished.read_text(encoding="utf-8"), encoding="utf-8")


def _fit(
    asked: argparse.Namespace,
    seen: Seen,
    labels: Mapping[str, Array],
    train: Array,
    official: Array,
    models: Mapping[str, Model[Any, Any]],
) -> None:
    """Fit one part after another; each rests on those before it, so they are written as they come."""
    rigid = _rigid(seen, train, official)
    turns = _turns(asked, rigid, models)
    parts: dict[str, Any] = {"rigid": rigid, "turns": turns, "ball": fitted.Ball(0.0, 0.0, 0.0, 0.0), "logistics": {}}
    _write(fitted.FILE, parts)
    facing = _facing(seen)
    _five(seen, facing, train)
    parts["ball"] = _ball(seen, facing, train & official & (labels["eyes"] == 1))
    _write(fitted.FILE, parts)
    _tell_gazes(seen, facing, ~train & official & (labels["eyes"] == 1))
    for name, measure in LOGISTICS.items():
        parts["logistics"][name] = fit(name, measure, seen, labels, train, (asked.data, models))
        _write(fitted.FILE, parts)


def fit(
    name: str,
    measure: Callable[[Seen, Sequence[Pose]], list[Mapping[str, float]]],
    seen: Seen,
    labels: Mapping[str, Array],
    train: Array,
    means: tuple[Path, Mapping[str, Model[Any, Any]]],
) -> fitted.Logistic:
    """Fit one judgement on pictures as they are, and how much less is to be said of the same pictures made small."""
    rows = np.flatnonzero(labels[name] >= 0)
    some, true = seen.only(rows), labels[name][rows]
    facing = _facing(some)
    found = _logistic(name, measure(some, facing), true, train[rows])
    chosen = np.concatenate([_some(np.flatnonzero(train & (labels[name] == value))) for value in (0, 1)])
    sets = [(seen.only(chosen), chosen), *_shrunk(seen, chosen, *means)]
    odds, hard, told = [], [], []
    for one, whose in sets:
        turned = _facing(one)
        odds += [found.log_odds(given, {}) for given in measure(one, turned)]
        hard += _hardships(one, turned)
        told += labels[name][whose].tolist()
    found = replace(found, pulls=_pulls(name, np.array(odds), hard, np.array(told)))
    tested = np.flatnonzero(~train[rows])
    for which, kept, true_ones in (
        ("fitted on", some.only(np.flatnonzero(train[rows])), true[train[rows]]),
        ("tested on", some.only(tested), true[tested]),
        *(
            (f"1/{factor} of the size, fitted on", one, labels[name][whose])
            for factor, (one, whose) in zip(SHRUNK, sets[1:], strict=True)
        ),
    ):
        turned = _facing(kept)
        each = zip(measure(kept, turned), _hardships(kept, turned), strict=True)
        print(f"{name}, {which} {_told(np.array([found.log_odds(*one) for one in each]), true_ones)}")
    return found


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Fit the numbers of the geometry of faces.")
    parser.add_argument("--data", type=Path, default=Path(os.environ.get("RECOGNIZANCE_DATA", "../shared/data")))
    parser.add_argument("--models", type=Path, default=read({}).models_folder)
    parser.add_argument("--labels", type=Path, default=LABELS)
    parser.add_argument("--cache", type=Path, default=Path("build/geometry.npz"))
    parser.add_argument("--out", type=Path, default=fitted.FILE)
    parser.add_argument("--turns", choices=("fit", "keep"), default="fit", help="keep: as they stand in --out")
    return parser


# Pictures


def _models(folder: Path) -> Mapping[str, Model[Any, Any]]:
    engine = runtime.start(device="cpu", threads=1)
    shipped = cards.load()
    return {
        card.task: adapters.open_model(card, carriers.read(card, folder), engine)
        for card in (shipped[ModelName(name)] for name in ("yunet-2023mar", "facemesh-2020", "iris-2020"))
    }


def _person(path: str) -> str:
    return Path(path).parent.name if path.startswith("lfw") else Path(path).stem


def _cached(data: Path, cache: Path, models: Mapping[str, Model[Any, Any]]) -> Seen:
    if not cache.is_file():
        paths = [*sorted((data / "lfw/images").glob("*/*.jpg")), *sorted((data / "congress/images").glob("*.jpg"))]
        rows = [row for path in paths for row in _look(path, data, models)]
        cache.parent.mkdir(parents=True, exist_ok=True)
        np.savez_compressed(cache, **{name: np.array([row[name] for row in rows]) for name in rows[0]})
    with np.load(cache) as kept:
        return Seen({name: kept[name] for name in kept.files})


def _look(path: Path, data: Path, models: Mapping[str, Model[Any, Any]]) -> Iterable[dict[str, Any]]:
    """Yield what is seen of the picture's main face, if it has one: of the large ones, that nearest to the middle."""
    shipped = path.read_bytes()
    image = decode(shipped)
    found = Vision(models["detect"], models["detect"]).look(image)
    large = [face for face in found if face.box.area > 0.3 * found[0].box.area]
    if not large:
        return
    main = min(
        large,
        key=lambda face: (
            (face.box.left + face.box.width / 2 - 0.5) ** 2 + (face.box.top + face.box.height / 2 - 0.5) ** 2
        ),
    )
    meshes = mesh.find(image.pixels, [main], models["mesh"])
    looking = eyes.look(image.pixels, meshes, models["iris"])[0]
    yield {
        "path": str(path.relative_to(data)),
        "sha": hashlib.sha256(shipped).hexdigest(),
        "points": meshes[0].points,
        "sure": meshes[0].sure,
        "contours": looking.contours,
        "irises": looking.irises,
        "darker": looking.darker,
        "box": (main.box.left, main.box.top, main.box.width, main.box.height),
        "wh": (image.width, image.height),
        "pts": points_of(main.landmarks, image.width, image.height),
        "pose": (main.pose.yaw, main.pose.roll, main.pose.pitch),
    }


def _labels(path: Path, seen: Seen) -> Mapping[str, Array]:
    """Return each label for each row: 1, 0, or -1 where there is none.

    "gaze" is 1 where eyes are open and free, 0 where they are closed or behind dark glasses, whose gaze is a guess.
    """
    with path.open(encoding="utf-8", newline="") as lines:
        said = {row["sha256"]: row for row in csv.DictReader(lines)}
    found = {
        name: np.array([int(said.get(sha, {}).get(column) or -1) for sha in seen["sha"]])
        for name, column in (("eyes", "eyes open"), ("mouth", "mouth open"), ("sunglasses", "sunglasses"))
    }
    free = (found["eyes"] == 1) & (found["sunglasses"] == 0)
    hidden = (found["eyes"] == 0) | (found["sunglasses"] == 1)
    return found | {"gaze": np.where(free, 1, np.where(hidden, 0, -1))}


# The rigid face


def _rigid(seen: Seen, train: Array, official: Array) -> fitted.Rigid:
    """Return the mean of near frontal meshes, made alike on both sides and turned to where official portraits look."""
    frontal = (np.abs(seen["pose"][:, 0]) < FRONTAL) & (np.abs(seen["pose"][:, 2]) < FRONTAL_PITCH)
    rows = np.flatnonzero(train & frontal & (seen["sure"] > 0.99))
    meshes = np.stack([head.upright(points) for points in seen["points"][rows[:: max(1, len(rows) // MOST_SHAPES)]]])
    mean = _mean(meshes)
    both = _symmetrical(mean)[list(STILL)]
    both /= np.linalg.norm(both[STILL.index(263)] - both[STILL.index(33)])
    provisional = fitted.Rigid(np.array(STILL), both - both.mean(axis=0))
    portraits = np.flatnonzero(train & official)
    pitches = [pose.of_rotation(head.rotation(seen.mesh(row), provisional)).pitch for row in portraits]
    turn = pose.rotation_of(Pose(yaw=0, roll=0, pitch=float(np.median(pitches))))
    print(f"rigid: {len(meshes)} meshes; straight ahead from {len(portraits)} official portraits")
    return fitted.Rigid(np.array(STILL), provisional.shape @ turn.T)


def _mean(meshes: Array, rounds: int = 4) -> Array:
    """Return the mean of meshes, shape (n, 468, 3), each moved, turned and scaled to lie nearest to it."""
    mean = meshes[0] - meshes[0].mean(axis=0)
    mean /= np.linalg.norm(mean)
    for _ in range(rounds):
        moved = []
        for one in meshes - meshes.mean(axis=1, keepdims=True):
            left, sizes, right = np.linalg.svd(one.T @ mean)
            flip = np.array([1, 1, np.linalg.det(left @ right)])
            moved.append((sizes * flip).sum() / (one**2).sum() * one @ (left * flip) @ right)
        mean = np.mean(moved, axis=0)
        mean /= np.linalg.norm(mean)
    return mean


def _symmetrical(mean: Array) -> Array:
    """Return a face made alike on both sides of x = 0."""
    points = mean - mean.mean(axis=0)
    mirrored = points * (-1, 1, 1)
    for _ in range(10):  # which point is which one's mirror image: the nearest, as both settle
        partner = cKDTree(points).query(mirrored)[1]
        left, _, right = np.linalg.svd(mirrored.T @ points[partner])
        mirrored = mirrored @ left @ right
    for _ in range(50):  # half of the way to the mirror image, until there is none
        mirrored = (points * (-1, 1, 1))[partner]
        left, _, right = np.linalg.svd(mirrored.T @ points)
        half = Rotation.from_matrix(left @ right).as_rotvec() / 2
        points = points @ Rotation.from_rotvec(half).as_matrix().T
    return (points + (points * (-1, 1, 1))[partner]) / 2


# How a mesh turns


def _turns(asked: argparse.Namespace, rigid: fitted.Rigid, models: Mapping[str, Model[Any, Any]]) -> fitted.Turns:
    """Return the turns, fitted to heads drawn of people not kept for testing, or as they stand."""
    if asked.turns == "keep":
        return fitted.read(asked.out.read_text(encoding="utf-8")).turns
    random = np.random.default_rng(5)
    vision = Vision(models["detect"], models["detect"])
    paths = [path for path in sorted((asked.data / "congress/images").glob("*.jpg"))]
    paths = [path for path in paths if not heads.kept_for_testing(path.stem)]
    random.shuffle(paths)
    drawn = heads.of_portraits(paths, vision, models["mesh"], rigid, DRAWN_HEADS)
    pairs = [pair for one in drawn for pair in _drawn(one, random, vision, models["mesh"], rigid)]
    found, true = (np.array([[one.yaw, one.roll, one.pitch] for one in said]) for said in zip(*pairs, strict=True))
    y, p = (
        np.clip(found[:, 0], -head.FURTHEST_YAW, head.FURTHEST_YAW) / head.UNIT,
        np.clip(found[:, 2], -head.FURTHEST_PITCH, head.FURTHEST_PITCH) / head.UNIT,
    )
    terms = np.stack([np.ones(len(y)), y**2, p**2], axis=1)
    yaw, pitch = (_ridge(found[:, at : at + 1] * terms, true[:, at]) for at in (0, 2))
    (roll,) = _ridge((y * p * head.UNIT)[:, None], true[:, 1] - found[:, 1])
    turns = fitted.Turns(tuple(yaw), tuple(pitch), float(roll))
    after = np.array([[one.yaw, one.roll, one.pitch] for one in (head.whole(pair[0], turns) for pair in pairs)])
    print(f"turns: {len(pairs)} pictures of {len(drawn)} drawn heads; mean absolute error of yaw, roll, pitch")
    print(f"  before {np.abs(found - true).mean(axis=0).round(2)}, after {np.abs(after - true).mean(axis=0).round(2)}")
    return turns


def _drawn(
    one: heads.Head, random: np.random.Generator, vision: Vision, meshes: Model[Any, Any], rigid: fitted.Rigid
) -> Iterable[tuple[Pose, Pose]]:
    """Yield pairs: the pose of the mesh that is found of the head, and the pose the head was drawn at."""
    for at in range(DRAWN_TURNS):
        yaw, roll, pitch = (float(random.uniform(-most, most)) for most in (65, 25, 42))
        if abs(yaw) + abs(pitch) > 75:
            continue
        true = Pose(yaw=yaw, roll=roll, pitch=pitch)
        image = Image(heads.draw(one, true, distance=DISTANCES[at % len(DISTANCES)]), "")
        for found in mesh.find(image.pixels, vision.look(image, limit=1), meshes):
            yield pose.of_rotation(head.rotation(found, rigid)), true


def _ridge(terms: Array, wanted: Array) -> Array:
    return np.linalg.solve(terms.T @ terms + RIDGE * np.eye(terms.shape[1]), terms.T @ wanted)


def _five(seen: Seen, facing: Sequence[Pose], train: Array) -> None:
    """Print the nose and mouth of `vision.pose.FACE` with which five points agree best with meshes, and how well."""
    mesh_says = np.array([[one.yaw, one.roll, one.pitch] for one in facing])

    def off(said: Array, rows: Array) -> Array:
        face = np.array(pose.FACE)
        face[2, 1:], face[3:, 2] = said[:2], said[2]
        found = [pose.from_points(points, face) for points in seen["pts"][rows]]
        gaps = np.array([[one.yaw, one.roll, one.pitch] for one in found]) - mesh_says[rows]
        gaps[:, 1] = (gaps[:, 1] + 180) % 360 - 180
        return gaps

    some = np.flatnonzero(train)[::8]
    best = least_squares(lambda said: np.arctan(off(said, some) / 8).ravel(), (0.1, 0.5, 0.1), diff_step=1e-2).x
    print(f"five points: nose {best[:2].round(3)}, mouth {best[2]:.3f}; off the mesh in yaw, roll, pitch")
    now = np.array([*pose.FACE[2][1:], pose.FACE[3][2]])
    for name, said in (("best", best), ("as it stands", now)):
        gaps = np.abs(off(said, np.flatnonzero(~train)))
        print(f"  {name}, people kept for testing: mean {gaps.mean(axis=0).round(2)}", end="")
        print(f", 95 % within {np.percentile(gaps, 95, axis=0).round(2)}")


# Eyes and mouth


def _ball(seen: Seen, facing: Sequence[Pose], rows: Array) -> fitted.Ball:
    """Return where eyeballs lie so that who sits for an official portrait looks at the camera."""
    terms, wanted = [], []
    for row in np.flatnonzero(rows):
        turn = pose.rotation_of(Pose(yaw=facing[row].yaw, roll=0, pitch=facing[row].pitch))[:2]
        moved = eyes.pupils(seen.eyes(row), head.held(seen.mesh(row), facing[row]))
        for side, sign in ((0, -1), (1, 1)):
            across, down = turn * (sign, 1, 1)
            terms += [[*across, 0.0], [*down[:2], 0.0, down[2]]]
            wanted += moved[side].tolist()
    found = np.linalg.lstsq(np.array(terms), np.array(wanted), rcond=None)[0]
    print(f"ball: {int(rows.sum())} official portraits, {found.round(2)} mm")
    return fitted.Ball(*(float(one) for one in found))


def _tell_gazes(seen: Seen, facing: Sequence[Pose], rows: Array) -> None:
    """Print how far official portraits of people kept for testing look from the camera."""
    held = _held(seen, facing)
    gazes = np.array([eyes.directions(seen.eyes(row), held[row]) for row in np.flatnonzero(rows)])
    away = np.degrees(np.arcsin(gazes.mean(axis=1)))
    print(f"gazes of {len(away)} official portraits of people kept for testing: across and down,", end=" ")
    print(f"mean {away.mean(axis=0).round(2)}, mean size {np.abs(away).mean(axis=0).round(2)} degrees")


def _eyes(seen: Seen, facing: Sequence[Pose]) -> list[Mapping[str, float]]:
    return [eyes.features(seen.eyes(row), one) for row, one in enumerate(facing)]


def _mouth(seen: Seen, facing: Sequence[Pose]) -> list[Mapping[str, float]]:
    return [mouth.features(seen.mesh(row), one) for row, one in enumerate(_held(seen, facing))]


def _gaze(seen: Seen, facing: Sequence[Pose]) -> list[Mapping[str, float]]:
    each = ((seen.eyes(row), one) for row, one in enumerate(_held(seen, facing)))
    return [eyes.evidence(pair, one, eyes.directions(pair, one)) for pair, one in each]


def _hardships(seen: Seen, facing: Sequence[Pose]) -> list[Mapping[str, float]]:
    return [one.hardships for one in _held(seen, facing)]


def _held(seen: Seen, facing: Sequence[Pose]) -> list[head.Held]:
    return [head.held(seen.mesh(row), one) for row, one in enumerate(facing)]


LOGISTICS: Mapping[str, Callable[[Seen, Sequence[Pose]], list[Mapping[str, float]]]] = {
    "eyes": _eyes,
    "mouth": _mouth,
    "gaze": _gaze,
}


def _facing(seen: Seen) -> list[Pose]:
    return [head.pose_of(seen.mesh(row)) for row in range(len(seen))]


def _shrunk(seen: Seen, rows: Array, data: Path, models: Mapping[str, Model[Any, Any]]) -> list[tuple[Seen, Array]]:
    """Return what is seen of some pictures made smaller, and whose rows these are, for each of `SHRUNK`."""
    found = []
    for factor in SHRUNK:
        columns: dict[str, list[Any]] = {name: [] for name in ("sha", "points", "sure", "contours", "irises", "darker")}
        for row in rows:
            whole = decode((data / str(seen["path"][row])).read_bytes())
            pixels = resized(whole.pixels, round(whole.width / factor), round(whole.height / factor))
            landmarks = landmarks_of(seen["pts"][row], whole.width, whole.height)
            face = Face(Box(*seen["box"][row]), landmarks, 100.0, Pose(0, 0, 0), Quality(50, 50))
            meshes = mesh.find(pixels, [face], models["mesh"])
            looking = eyes.look(pixels, meshes, models["iris"])[0]
            values = (
                seen["sha"][row],
                meshes[0].points,
                meshes[0].sure,
                looking.contours,
                looking.irises,
                looking.darker,
            )
            for name, value in zip(columns, values, strict=True):
                columns[name].append(value)
        found.append((Seen({name: np.array(value) for name, value in columns.items()}), rows))
    return found


# Regression


def _logistic(
    name: str, features: Sequence[Mapping[str, float]], true: Array, train: Array, loose: float = 1e-3
) -> fitted.Logistic:
    names = sorted(features[0])
    table = np.array([[one[name] for name in names] for one in features])
    middle, spread = table[train].mean(axis=0), table[train].std(axis=0) + 1e-9
    scaled = (table[train] - middle) / spread
    shares = np.where(true[train] == 0, RARE[name], 1.0)
    shares /= shares.sum()

    def loss(said: Array) -> tuple[float, Array]:
        odds = scaled @ said[:-1] + said[-1]
        off = shares * (1 / (1 + np.exp(-odds)) - true[train])
        value = (shares * (np.logaddexp(0, odds) - true[train] * odds)).sum() + loose * (said[:-1] ** 2).sum()
        return float(value), np.append(scaled.T @ off + 2 * loose * said[:-1], off.sum())

    best = minimize(loss, np.zeros(len(names) + 1), jac=True, method="L-BFGS-B").x
    by = best[:-1] / spread
    return fitted.Logistic(dict(zip(names, by.tolist(), strict=True)), float(best[-1] - by @ middle), {})


def _some(rows: Array) -> Array:
    """Return at most `MOST_SHRUNK` of the rows, evenly spread."""
    return rows[np.linspace(0, len(rows) - 1, min(len(rows), MOST_SHRUNK)).astype(int)]


def _pulls(name: str, log_odds: Array, hardships: Sequence[Mapping[str, float]], true: Array) -> dict[str, float]:
    """Return by how much each hardship takes off log odds, so that faces easy and hard are told as they are.

    Both values count the same, or what is rare could be missed in every small face and look as if it were known.
    """
    table = np.array([[one["small"], one["aside"]] for one in hardships])
    shares = np.where(true == 0, 1 / (true == 0).sum(), 1 / (true == 1).sum())

    def loss(said: Array) -> float:
        odds = log_odds * np.exp(-table @ said)
        return float((shares * (np.logaddexp(0, odds) - true * odds)).sum() / shares.sum())

    best = minimize(loss, np.full(2, 0.1), bounds=[(0, 5), (FAR_ASIDE.get(name, 0), 5)], method="L-BFGS-B").x
    return {"small": float(best[0]), "aside": float(best[1]), "unsure": UNSURE}


def _told(odds: Array, true: Array) -> str:
    """Return counts, area under the curve, rates at even odds, and the expected calibration error in ten bins."""
    ones, zeros = int((true == 1).sum()), int((true == 0).sum())
    area = (rankdata(odds)[true == 1].sum() - ones * (ones + 1) / 2) / (ones * zeros)
    right = (odds >= 0) == (true == 1)
    sure = 1 / (1 + np.exp(-np.abs(odds)))
    bins = np.minimum((sure - 0.5) * 20, 9).astype(int)
    error = sum(abs(sure[bins == at].mean() - right[bins == at].mean()) * (bins == at).mean() for at in set(bins))
    rates = right[true == 1].mean(), right[true == 0].mean()
    return (
        f"{ones} and {zeros}: area {area:.4f}, right of ones {rates[0]:.3f}, of zeros {rates[1]:.3f}, "
        f"balanced {np.mean(rates):.3f}, calibration error {error:.3f}"
    )


def _write(path: Path, parts: Mapping[str, Any]) -> None:
    rigid, turns = parts["rigid"], parts["turns"]
    lines = ["# GENERATED by `python -m tools.attributes_geometry`, which says from what. Do not edit.", "", "[rigid]"]
    lines += [f"points = {[int(one) for one in rigid.points]}", "shape = ["]
    lines += [f"  [{x:.4f}, {y:.4f}, {z:.4f}]," for x, y, z in rigid.shape]
    lines += [
        "]",
        "",
        "[turns]",
        f"yaw = {_row(turns.yaw)}",
        f"pitch = {_row(turns.pitch)}",
        f"roll = {turns.roll:.4f}",
    ]
    lines += ["", "[ball]", *(f"{name} = {value:.4f}" for name, value in asdict(parts["ball"]).items())]
    for name, one in parts["logistics"].items():
        weights = ", ".join(f"{feature} = {weight:.4f}" for feature, weight in one.weights.items())
        pulls = ", ".join(f"{hardship} = {pull:.4f}" for hardship, pull in one.pulls.items())
        lines += [
            "",
            f"[logistics.{name}]",
            f"weights = {{ {weights} }}",
            f"bias = {one.bias:.4f}",
            f"pulls = {{ {pulls} }}",
        ]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    fitted.numbers.cache_clear()


def _row(numbers: Iterable[float]) -> str:
    return "[" + ", ".join(f"{one:.4f}" for one in numbers) + "]"


if __name__ == "__main__":
    main()

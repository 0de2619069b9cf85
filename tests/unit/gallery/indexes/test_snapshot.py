import fcntl
import stat
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from recognizance.gallery.indexes import snapshot
from recognizance.gallery.indexes.exact import Exact
from recognizance.gallery.indexes.snapshot import Header, SnapshotBroken
from recognizance.values import Numbers, Vectors

DIM = 24
HEADER = Header(dimensions=DIM, lineage="somebody's database", collection=3, kind=1, revision=77)
ROWS = np.random.default_rng(0).standard_normal((3000, DIM)).astype(np.float32)
ROWS /= np.linalg.norm(ROWS, axis=1, keepdims=True)


def fetch(numbers: Numbers) -> tuple[Numbers, Vectors]:
    return numbers, ROWS[numbers]


@pytest.fixture(scope="module")
def workers() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(2) as pool:
        yield pool


@pytest.fixture
def index(workers: ThreadPoolExecutor) -> Exact:
    index = Exact(DIM, fetch, workers)
    index.add(np.arange(2000), ROWS[:2000])
    index.remove(np.arange(5, 100))
    return index


@pytest.fixture
def saved(index: Exact, tmp_path: Path) -> Path:
    path = tmp_path / "3-users.index"
    snapshot.save(path, index, HEADER)
    return path


def hits(index: Exact) -> object:
    return index.search(ROWS[:20], at_least=-1, limit=30)


def test_what_is_loaded_is_what_was_saved(index: Exact, saved: Path, workers: ThreadPoolExecutor) -> None:
    loaded, header = snapshot.load(saved, fetch, workers)
    assert header == HEADER
    assert len(loaded) == len(index) == 1905
    assert loaded.last == 1999
    assert loaded.check()
    assert hits(loaded) == hits(index)


def test_what_is_loaded_goes_on(index: Exact, saved: Path, workers: ThreadPoolExecutor) -> None:
    loaded, _ = snapshot.load(saved, fetch, workers)
    for each in (index, loaded):
        each.add(np.arange(3000), ROWS)
        each.remove(np.arange(1000, 1500))
    assert len(loaded) == len(index) == 2405
    assert hits(loaded) == hits(index)


def test_an_empty_index_is_kept_with_the_numbers_it_has_seen(tmp_path: Path, workers: ThreadPoolExecutor) -> None:
    index = Exact(DIM, fetch, workers)
    index.add(np.arange(10), ROWS[:10])
    index.remove(np.arange(10))
    snapshot.save(tmp_path / "empty", index, HEADER)
    loaded, _ = snapshot.load(tmp_path / "empty", fetch, workers)
    assert len(loaded) == 0
    loaded.add(np.arange(12), ROWS[:12])
    assert len(loaded) == 2


def test_a_snapshot_is_its_owners_alone_and_no_draft_is_left(saved: Path) -> None:
    assert stat.S_IMODE(saved.stat().st_mode) == 0o600
    assert list(saved.parent.iterdir()) == [saved]


def test_a_snapshot_takes_the_place_of_the_last(index: Exact, saved: Path, workers: ThreadPoolExecutor) -> None:
    index.remove(np.arange(1000))
    snapshot.save(saved, index, replace(HEADER, revision=78))
    loaded, header = snapshot.load(saved, fetch, workers)
    assert (len(loaded), header.revision) == (1000, 78)


def test_a_snapshot_that_cannot_be_finished_leaves_the_last_one(
    index: Exact, saved: Path, workers: ThreadPoolExecutor
) -> None:
    before = saved.read_bytes()
    with pytest.raises(TypeError):
        snapshot.save(saved, index, replace(HEADER, lineage=b"no text"))  # type: ignore[arg-type]
    assert saved.read_bytes() == before
    assert list(saved.parent.iterdir()) == [saved]


def test_a_draft_is_known_from_one_a_killed_process_left(saved: Path) -> None:
    draft = saved.with_name(f".{saved.name}.x")
    with draft.open("wb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        assert snapshot.being_written(draft)
    assert not snapshot.being_written(draft)


def test_every_flipped_byte_is_noticed(saved: Path, workers: ThreadPoolExecutor) -> None:
    whole = saved.read_bytes()
    rng = np.random.default_rng(1)
    places = {*range(60), *range(len(whole) - 60, len(whole)), *rng.integers(0, len(whole), 300).tolist()}
    for place in sorted(places):
        broken = bytearray(whole)
        broken[place] ^= 1 << int(rng.integers(0, 8))
        saved.write_bytes(broken)
        with pytest.raises(SnapshotBroken):
            snapshot.load(saved, fetch, workers)


def test_every_truncation_and_every_addition_is_noticed(saved: Path, workers: ThreadPoolExecutor) -> None:
    whole = saved.read_bytes()
    for length in (0, 1, 7, 8, 12, 60, 200, len(whole) // 2, len(whole) - 33, len(whole) - 1):
        saved.write_bytes(whole[:length])
        with pytest.raises(SnapshotBroken):
            snapshot.load(saved, fetch, workers)
    saved.write_bytes(whole + b"\0")
    with pytest.raises(SnapshotBroken):
        snapshot.load(saved, fetch, workers)


def test_a_part_left_out_or_swapped_is_noticed(saved: Path, workers: ThreadPoolExecutor, index: Exact) -> None:
    other = saved.with_name("other")
    index.add(np.arange(2000, 2500), ROWS[2000:2500])
    snapshot.save(other, index, replace(HEADER, revision=99))
    start = saved.read_bytes()[:200]
    other.write_bytes(start + other.read_bytes()[200:])
    with pytest.raises(SnapshotBroken):
        snapshot.load(other, fetch, workers)


def test_a_missing_snapshot_is_no_broken_one(tmp_path: Path, workers: ThreadPoolExecutor) -> None:
    with pytest.raises(FileNotFoundError):
        snapshot.load(tmp_path / "nothing", fetch, workers)


def test_a_header_of_other_dimensions_is_refused(index: Exact, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="dimensions"):
        snapshot.save(tmp_path / "x", index, replace(HEADER, dimensions=5))


def test_a_snapshot_taken_while_faces_come_and_go_can_be_brought_up_to_date(
    tmp_path: Path, workers: ThreadPoolExecutor
) -> None:
    index = Exact(DIM, fetch, workers)
    index.add(np.arange(1000), ROWS[:1000])
    stop = threading.Event()

    def change() -> None:
        for number in range(1000, 3000, 5):
            index.add(np.arange(number, number + 5), ROWS[number : number + 5])
            index.remove(np.array([number - 1000]))
        stop.set()

    changer = threading.Thread(target=change)
    changer.start()
    saves = 0
    while not stop.is_set() or not saves:
        snapshot.save(tmp_path / f"{saves}", index, HEADER)
        saves += 1
    changer.join()
    for each in range(saves):
        loaded, _ = snapshot.load(tmp_path / f"{each}", fetch, workers)
        loaded.add(np.arange(3000), ROWS)
        loaded.remove(np.arange(0, 2000, 5))
        assert len(loaded) == len(index)
        assert hits(loaded) == hits(index)

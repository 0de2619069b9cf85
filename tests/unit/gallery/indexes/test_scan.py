"""The scans there are: our own kernel with each set of instructions, where it was built, and FAISS."""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recognizance.gallery.indexes import scan
from recognizance.gallery.indexes.scan import Faiss, Kernel, scanner

ROOT = Path(__file__).parents[4]
SOURCE = ROOT / "src/recognizance/gallery/indexes/scan.c"
ALL = ["faiss", *(name for name in scan.LEVELS if name)]


def of(name: str, dim: int) -> scan.Scanner:
    if name == "faiss":
        return Faiss(dim)
    level = scan.LEVELS.index(name)
    if scan._level() < level:
        pytest.skip(f"our kernel was not built, or this processor has no {name}")
    return Kernel(dim, level)


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("dim", [1, 2, 3, 7, 8, 15, 16, 17, 31, 33, 63, 64, 65, 100, 128, 256, 512, 1000])
def test_the_best_rows_of_each_query_are_found_with_their_sums(name: str, dim: int) -> None:
    rng = np.random.default_rng(dim)
    held = rng.integers(-127, 128, (3001, dim))
    queries = rng.integers(-127, 128, (3, dim))
    sums, rows = of(name, dim).best((held + 128).astype(np.uint8), queries.astype(np.float32), 20)
    true = queries @ held.T
    for query in range(3):
        assert len(set(rows[query].tolist())) == 20
        assert sums[query] == pytest.approx(true[query][rows[query]], abs=1e-4 * dim)
        assert np.sort(sums[query])[::-1] == pytest.approx(np.sort(true[query])[::-1][:20], abs=1e-4 * dim)


@pytest.mark.parametrize("name", ALL)
def test_a_batch_that_needs_several_blocks_gives_what_each_query_gives_alone(name: str) -> None:
    rng = np.random.default_rng(0)
    held = rng.integers(1, 256, (9000, 512), dtype=np.uint8)
    queries = rng.integers(-127, 128, (4, 512)).astype(np.float32)
    found = of(name, 512)
    sums, rows = found.best(held, queries, 5)
    for query in range(4):
        alone, places = found.best(held, queries[query : query + 1], 5)
        assert set(zip(sums[query], rows[query], strict=True)) == set(zip(alone[0], places[0], strict=True))


@pytest.mark.parametrize("name", ALL[1:])
@given(st.data())
def test_the_kernel_brings_the_largest_sums_of_any_rows_to_the_last_unit(name: str, data: st.DataObject) -> None:
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32)))
    dim, rows, asked = (data.draw(st.integers(1, most)) for most in (300, 1500, 4))
    count = data.draw(st.integers(1, rows))
    few = data.draw(st.sampled_from([2, 9, 255]))  # of few values many sums are equal
    held = rng.integers(0, few, (rows, dim)) - few // 2
    queries = rng.integers(-127, 128, (asked, dim))
    sums, places = of(name, dim).best((held + 128).astype(np.uint8), queries.astype(np.float32), count)
    true = queries @ held.T
    assert (np.take_along_axis(true, places, axis=1) == sums).all()
    assert (np.sort(sums, axis=1) == np.sort(true, axis=1)[:, rows - count :]).all()
    assert all(len(set(one.tolist())) == count for one in places)


@pytest.mark.parametrize("name", ALL[1:])
@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("dim", [128, 4096, scan._WIDEST])
def test_the_largest_sums_there_can_be_are_whole(name: str, sign: int, dim: int) -> None:
    held = np.full((5, dim), 255, np.uint8)
    (sums,), _ = of(name, dim).best(held, np.full((1, dim), sign * 127, np.float32), 5)
    assert sums.tolist() == [sign * 127 * 127 * dim] * 5


@pytest.mark.parametrize("name", ALL[1:])
def test_nothing_before_or_after_the_rows_is_read(name: str) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    page = os.sysconf("SC_PAGE_SIZE")
    import mmap

    for dim in (1, 17, 63, 65, 100, 128, 130):
        rows = 7
        with_guards = mmap.mmap(-1, 3 * page)
        whole = np.frombuffer(with_guards, np.uint8)
        held = whole[2 * page - rows * dim : 2 * page].reshape(rows, dim)
        held[:] = 200
        address = ctypes.addressof(ctypes.c_char.from_buffer(with_guards))
        assert libc.mprotect(ctypes.c_void_p(address + 2 * page), page, 0) == 0  # what is read there ends the process
        (sums,), _ = of(name, dim).best(held, np.ones((1, dim), np.float32), rows)
        assert libc.mprotect(ctypes.c_void_p(address + 2 * page), page, 3) == 0
        assert sums.tolist() == [72 * dim] * rows


@pytest.mark.parametrize("name", ALL[1:])
def test_what_does_not_fit_the_kernel_is_refused(name: str) -> None:
    kernel = of(name, 8)
    held, query = np.zeros((10, 8), np.uint8), np.ones((1, 8), np.float32)
    for codes in (held[:, :7], held[::2], held.astype(np.int16), np.asfortranarray(held)):
        with pytest.raises(ValueError, match="codes are bytes"):
            kernel.best(codes, query, 1)
    for queries, count in ((query[:, :7], 1), (query, 0), (query, 11)):
        with pytest.raises(ValueError, match="cannot be had"):
            kernel.best(held, queries, count)


def test_the_quickest_there_is_here_is_taken() -> None:
    assert scanner(128).name == (f"our own kernel, {scan.LEVELS[scan._level()]}" if scan._level() else "FAISS")


def test_where_the_kernel_is_not_there_faiss_scans(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scan, "_level", lambda: 0)
    assert scanner(128).name == "FAISS"


def test_a_scanner_that_does_not_add_up_is_not_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scan, "_level", lambda: 0)
    right = Faiss.best
    monkeypatch.setattr(Faiss, "best", lambda *given: (right(*given)[0] + 2e6, right(*given)[1]))
    with pytest.raises(ValueError, match="does not add up"):
        scanner(128)


@pytest.mark.skipif(shutil.which("cc") is None, reason="there is no C compiler here")
@pytest.mark.skipif(sys.platform != "linux", reason="the compiler's words are those of Linux")
def test_the_kernel_compiles_without_a_warning_and_without_headers_of_python(tmp_path: Path) -> None:
    words = ["cc", "-O3", "-Wall", "-Wextra", "-Wconversion", "-Wno-sign-conversion", "-Werror", "-shared", "-fPIC"]
    done = subprocess.run([*words, str(SOURCE), "-o", str(tmp_path / "scan.so")], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr

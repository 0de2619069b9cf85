"""The best of many rows of codes, by their inner product with whole-number queries.

Our own kernel (`scan.c`) does it where it was built with the package and the processor has AVX-512 VNNI or AVX2, and
FAISS everywhere else. Both bring the same rows, but for which of equal ones; docs/search.md has what each takes.
"""

from __future__ import annotations

import ctypes
from functools import cache
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path
from typing import Any, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from recognizance.gallery.indexes.ladder import Codes
from recognizance.values import Vectors

Rows: TypeAlias = NDArray[np.int64]
Sums: TypeAlias = NDArray[np.int32] | NDArray[np.float32]

LEVELS = ("", "AVX2", "AVX-512 VNNI")
"""What a kernel computes with, by the number that it goes by in `scan.c`."""

_BLOCK = 1 << 20  # bytes of codes that stay in a core's cache while each query of a batch passes over them
_BUILT = "_scan"
_WIDEST = 66_311  # dimensions whose sums fit into 32 bits


class Scanner(Protocol):
    """A scan over signed bytes of one dimension. It may be used from several threads at once."""

    @property
    def name(self) -> str:
        """What does it, for people."""
        ...

    def best(self, codes: Codes, queries: Vectors, count: int) -> tuple[Sums, Rows]:
        """Return for each query its `count` largest inner products and their rows: two arrays (n, count), unordered.

        `queries` holds whole numbers from -127 to 127 as float32, shape (n, dim); `codes` has at least `count` rows,
        one behind the other in memory. Of equal products any may be returned. A product p is within a relative
        2**-24 * dim of the sum of the magnitudes of its terms.
        """
        ...


def scanner(dim: int) -> Scanner:
    """Return the quickest scanner there is here. Raises `ValueError` when its sums are not those of the integers."""
    level = _level()
    made: Scanner = Kernel(dim, level) if level and dim <= _WIDEST else Faiss(dim)
    _check(made, dim)
    return made


class Kernel:
    """Our own scan, by whole numbers: its products are exact."""

    def __init__(self, dim: int, level: int) -> None:
        """Use the instructions of that number in `LEVELS`."""
        library = _library()
        assert library is not None, "there is a level, so there is a library"
        self._run, self._dim, self._level = library.recognizance_scan, dim, level

    @property
    def name(self) -> str:
        """What does it, for people."""
        return f"our own kernel, {LEVELS[self._level]}"

    def best(self, codes: Codes, queries: Vectors, count: int) -> tuple[Sums, Rows]:
        """Return for each query its `count` largest inner products and their rows, as `Scanner` says."""
        asked, rows = len(queries), len(codes)
        if codes.shape != (rows, self._dim) or codes.dtype != np.uint8 or not codes.flags.c_contiguous:
            raise ValueError(f"codes are bytes of shape (n, {self._dim}) without gaps, got {codes.dtype} {codes.shape}")
        if queries.shape != (asked, self._dim) or not 1 <= count <= rows:
            raise ValueError(f"{count} of {rows} rows cannot be had for queries of shape {queries.shape}")
        wide = queries.astype(np.int16, order="C")
        narrow = wide.astype(np.int8)
        sums, places = np.empty((asked, count), np.int32), np.empty((asked, count), np.int64)
        self._run(
            self._level, codes.ctypes.data, rows, self._dim, narrow.ctypes.data, wide.ctypes.data,
            asked, count, sums.ctypes.data, places.ctypes.data,
        )  # fmt: skip
        sums -= 128 * wide.sum(axis=1, dtype=np.int32)[:, np.newaxis]  # a code is 128 more than what it stands for
        return sums, places


class Faiss:
    """FAISS's scan.

    It has several kernels for signed bytes and picks one by the processor and the dimension. Some of them cut a query's
    fractions off without a word, so a query goes in as whole numbers, which all of them take.
    """

    name = "FAISS"

    def __init__(self, dim: int) -> None:
        """Load FAISS, which takes a moment and memory."""
        import faiss

        self._faiss: Any = faiss  # its stubs miss what is generated
        self._dim = dim
        self._quantiser: Any = self._faiss.ScalarQuantizer(dim, self._faiss.ScalarQuantizer.QT_8bit_direct_signed)

    def best(self, codes: Codes, queries: Vectors, count: int) -> tuple[Sums, Rows]:
        """Return for each query its `count` largest inner products and their rows, as `Scanner` says."""
        faiss = self._faiss
        found = np.full((len(queries), count), -np.inf, np.float32)
        rows = np.full((len(queries), count), -1, np.int64)
        block = len(codes) if len(queries) == 1 else max(1, _BLOCK // self._dim)
        scanners = [self._scanner(query) for query in queries]
        try:
            for start in range(0, len(codes), block):
                part = codes[start : start + block]
                here = faiss.swig_ptr(part)
                for scanner, heap, names in zip(scanners, found, rows, strict=True):
                    scanner.set_list(start // block, 0.0)
                    scanner.scan_codes(len(part), here, None, faiss.swig_ptr(heap), faiss.swig_ptr(names), count)
        finally:
            for scanner in scanners:
                # The wrapper does not own what it was given, and marking it as owned crashes.
                faiss.InvertedListScanner.__swig_destroy__(scanner)
        if block < len(codes):  # a row is named by its block, and its place there
            rows = (rows >> 32) * block + (rows & 0xFFFFFFFF)
        return found, rows

    def _scanner(self, query: Vectors) -> Any:
        scanner = self._quantiser.select_InvertedListScanner(self._faiss.METRIC_INNER_PRODUCT, None, True, None, False)
        scanner.set_query(self._faiss.swig_ptr(query))
        return scanner


def _check(made: Scanner, dim: int) -> None:
    numbers = np.arange(16 * dim, dtype=np.int64) * 7919 % 255 - 127
    held, query = numbers.reshape(16, dim), (numbers[::-1][:dim]).astype(np.float32)
    found, rows = made.best((held + 128).astype(np.uint8), query[None], 16)
    right = held.astype(np.float64) @ query.astype(np.float64)
    off = np.abs(found[0] - right[rows[0]])
    if not (np.array_equal(np.sort(rows[0]), np.arange(16)) and (off <= dim**2 * 127**2 * 2.0**-24).all()):
        raise ValueError(f"{made.name} does not add up signed bytes of dimension {dim} rightly")


@cache
def _level() -> int:
    """Return what our kernel can use here, as a place in `LEVELS`; 0 where it was not built or cannot be used."""
    library = _library()
    return 0 if library is None else int(library.recognizance_scan_level())


@cache
def _library() -> ctypes.CDLL | None:
    """Return what was built of `scan.c`, None where there was no compiler."""
    for suffix in EXTENSION_SUFFIXES:
        built = Path(__file__).with_name(_BUILT + suffix)
        if built.is_file():
            library = ctypes.CDLL(str(built))
            size, address = ctypes.c_size_t, ctypes.c_void_p
            library.recognizance_scan.argtypes = [
                ctypes.c_int, address, size, size, address, address, size, size, address, address,
            ]  # fmt: skip
            library.recognizance_scan.restype = None
            return library
    return None

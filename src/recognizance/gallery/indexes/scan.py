"""The best of many rows of codes, by their inner product with whole-number queries: the one door to FAISS.

FAISS has several kernels for signed bytes and picks one by the processor and the dimension. Some of them cut a
query's fractions off without a word, so a query goes in as whole numbers from -127 to 127, which all of them take.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import faiss as untyped
import numpy as np
from numpy.typing import NDArray

from recognizance.gallery.indexes.ladder import Codes
from recognizance.values import Vectors

Rows: TypeAlias = NDArray[np.int64]

faiss: Any = untyped  # its stubs miss what is generated

_BLOCK = 1 << 20  # bytes of codes that stay in a core's cache while each query of a batch passes over them


class Scanner:
    """FAISS's scan over signed bytes of one dimension. It may be used from several threads at once."""

    def __init__(self, dim: int) -> None:
        """Raise `ValueError` when FAISS's sums are not the sums of the integers on this machine."""
        self._dim = dim
        self._quantiser: Any = faiss.ScalarQuantizer(dim, faiss.ScalarQuantizer.QT_8bit_direct_signed)
        self._check()

    def best(self, codes: Codes, queries: Vectors, count: int) -> tuple[Vectors, Rows]:
        """Return for each query its `count` largest inner products and their rows: two arrays (n, count), unordered.

        `queries` holds whole numbers from -127 to 127 as float32, shape (n, dim); `codes` has at least `count` rows,
        one behind the other in memory. Of equal products any may be returned. A product p is within a relative
        2**-24 * dim of the sum of the magnitudes of its terms.
        """
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
        scanner = self._quantiser.select_InvertedListScanner(faiss.METRIC_INNER_PRODUCT, None, True, None, False)
        scanner.set_query(faiss.swig_ptr(query))
        return scanner

    def _check(self) -> None:
        numbers = np.arange(16 * self._dim, dtype=np.int64) * 7919 % 255 - 127
        held, query = numbers.reshape(16, self._dim), (numbers[::-1][: self._dim]).astype(np.float32)
        found, rows = self.best((held + 128).astype(np.uint8), query[None], 16)
        right = held.astype(np.float64) @ query.astype(np.float64)
        off = np.abs(found[0] - right[rows[0]])
        if not (np.array_equal(np.sort(rows[0]), np.arange(16)) and (off <= self._dim**2 * 127**2 * 2.0**-24).all()):
            raise ValueError(f"FAISS {faiss.__version__} does not add up signed bytes of dimension {self._dim} rightly")

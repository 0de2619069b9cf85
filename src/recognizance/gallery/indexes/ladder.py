"""From float32 rows to one byte a dimension, and how far the bytes may be from the truth.

A row stands on the lowest rung of a ladder whose bound is at least its largest component: bounds are a factor of
sqrt 2 apart. Its codes are the nearest integers to 127 times the row over the bound, so none leaves [-127, 127] and
nothing is cut off. A code is kept as its integer plus 128, which is how FAISS keeps signed bytes. The same row gives
the same codes on every machine.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from recognizance.values import Vectors

Codes: TypeAlias = NDArray[np.uint8]
Floats: TypeAlias = NDArray[np.float64]

HALF_OCTAVES = range(-28, 257)  # from 2**-14, below any largest component of a vector of length 1, to float32's end
BOUNDS: Floats = np.array([math.ldexp(math.sqrt(2) if half % 2 else 1.0, half // 2) for half in HALF_OCTAVES])
BOUNDS.flags.writeable = False
NOTHING = 128
"""The code of zero."""

_ROWS = 1024  # of 128 dimensions in float64 this fits a core's own cache


@dataclass(frozen=True, slots=True, eq=False)
class Quantised:
    """Rows as codes, in the order they came.

    `rungs` is each row's place in `BOUNDS`, shape (n,); `codes` has shape (n, dim). `residuals` is how long the
    difference between a row and what its codes stand for is, `reaches` how long what they stand for is; float64, (n,).
    """

    rungs: NDArray[np.int64]
    codes: Codes
    residuals: Floats
    reaches: Floats


def step(rung: int) -> float:
    """Return what one unit of a code stands for on this rung."""
    return float(BOUNDS[rung]) / 127


def quantise(rows: Vectors) -> Quantised:
    """Return float32 rows of shape (n, dim) as codes. Every component must be finite."""
    count = len(rows)
    rungs = np.empty(count, np.int64)
    codes = np.empty(rows.shape, np.uint8)
    residuals, reaches = np.empty(count), np.empty(count)
    for start in range(0, count, _ROWS):
        part = slice(start, start + _ROWS)
        exact = rows[part].astype(np.float64)
        rungs[part] = np.searchsorted(BOUNDS, np.maximum(exact.max(axis=1), -exact.min(axis=1)))
        steps = (BOUNDS[rungs[part]] / 127)[:, None]
        whole = np.rint(exact / steps)
        np.add(whole, NOTHING, out=codes[part], casting="unsafe")
        whole *= steps
        exact -= whole
        residuals[part] = np.sqrt(np.einsum("ij,ij->i", exact, exact))
        reaches[part] = np.sqrt(np.einsum("ij,ij->i", whole, whole))
    return Quantised(rungs, codes, residuals, reaches)

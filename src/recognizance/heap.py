"""One heap for all threads: what one has let go the next one takes, and what is large goes back at once."""

from __future__ import annotations

import ctypes

ARENA_MAX, MMAP_THRESHOLD, TRIM_THRESHOLD = -8, -3, -1  # M_… of <malloc.h>
LARGE = 4 * 2**20  # bytes: from here on apart from the heap; smaller would cost the models 3 to 6 % more processor
SPARE = 8 * 2**20  # bytes free at the heap's end from which it shrinks


def share() -> bool:
    """Have threads that begin from now on share one heap, and say whether they do; only the GNU C library can.

    By itself it gives each thread one of its own, up to eight for each core. Pixels and what models compute are let
    go there in pieces that no other thread takes: a process grows with every picture, and never quite stops.
    """
    option = getattr(ctypes.CDLL(None), "mallopt", None)
    if option is None:
        return False
    return all([option(ARENA_MAX, 1), option(MMAP_THRESHOLD, LARGE), option(TRIM_THRESHOLD, SPARE)])

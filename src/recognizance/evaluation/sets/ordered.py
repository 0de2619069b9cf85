"""Pictures worked on by several threads, and told in the order they were given."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from recognizance.evaluation.sets.subjects import Subject

Made = TypeVar("Made")


def in_order(
    pool: ThreadPoolExecutor, subjects: Sequence[Subject], work: Callable[[Subject], Made], ahead: int
) -> Iterator[tuple[Subject, Made]]:
    """Yield each picture with what became of it, in order, never more than `ahead` of them at once in memory."""
    waiting: deque[tuple[Subject, Future[Made]]] = deque()
    try:
        for subject in subjects:
            waiting.append((subject, pool.submit(work, subject)))
            if len(waiting) >= ahead:
                earliest, future = waiting.popleft()
                yield earliest, future.result()
        while waiting:
            earliest, future = waiting.popleft()
            yield earliest, future.result()
    finally:
        for _, future in waiting:
            future.cancel()

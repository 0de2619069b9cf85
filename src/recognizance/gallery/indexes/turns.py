"""A lock that many readers share and one writer has alone, with neither kept waiting for ever."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from threading import Condition, Lock


class Turns:
    """Readers share, a writer is alone. A reader must not ask for a second turn while it has one."""

    def __init__(self) -> None:
        """Begin with nobody inside."""
        self._door = Lock()
        self._readers = 0
        self._left = Condition(Lock())

    @contextmanager
    def read(self) -> Generator[None]:
        """Share what is guarded with other readers, for as long as the block runs."""
        with self._door, self._left:
            self._readers += 1
        try:
            yield
        finally:
            with self._left:
                self._readers -= 1
                self._left.notify_all()

    @contextmanager
    def write(self) -> Generator[None]:
        """Have what is guarded alone, for as long as the block runs."""
        # A writer waits for the readers inside with the door in its hand: those who come later wait outside, so a
        # stream of readers cannot keep it out.
        with self._door:
            with self._left:
                while self._readers:
                    self._left.wait()
            yield

"""How much may be in work at once: an amount shared by all calls, given out in the order of asking."""

from __future__ import annotations

import threading
from collections.abc import Generator
from contextlib import contextmanager


class Room:
    """An amount, `most`, that calls take parts of. May be used from several threads at once."""

    def __init__(self, most: int) -> None:
        """Begin with all of it free."""
        self._most = most
        self._taken = 0
        self._changed = threading.Condition()
        self._turn = threading.Lock()  # whoever waits is served before those who ask later, however little they ask

    @contextmanager
    def take(self, amount: int) -> Generator[None]:
        """Hold `amount` while the block runs, waiting until it is free.

        More than there is in all is given to who then is alone. A holder must not take again: two
        that did could wait for each other.
        """
        with self._turn, self._changed:
            self._changed.wait_for(lambda: self._taken == 0 or self._taken + amount <= self._most)
            self._taken += amount
        try:
            yield
        finally:
            with self._changed:
                self._taken -= amount
                self._changed.notify_all()

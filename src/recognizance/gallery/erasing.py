"""Erases the collections that were removed, bit by bit, so that nobody who writes waits long for it."""

from __future__ import annotations

import logging
from threading import Event, Lock, Thread

from recognizance.database import Database
from recognizance.errors import DatabaseUnusable
from recognizance.gallery import collections

log = logging.getLogger(__name__)

AT_ONCE = 2000  # rows in one transaction: a tenth of a second
PAUSE = 0.02  # seconds between two, in which others write
LOOKED = 0.02  # seconds between two looks whether it is done
AGAIN = 30.0  # seconds after which what failed is tried again
WAITED = 5.0  # seconds that whoever removed a collection waits for the end: some 50,000 faces


class Eraser:
    """A thread that erases what was removed, and ends when nothing is left or it is closed.

    What it does not come to because the process ends is done by the next one that starts or removes something. Its
    transactions have no entry in the ledger: that of the removal says what is erased.
    """

    def __init__(self, database: Database) -> None:
        """Begin without a thread."""
        self._database = database
        self._lock = Lock()
        self._closing = Event()
        self._thread: Thread | None = None

    def begin(self) -> Thread:
        """Start erasing whatever was removed up to now, and return the thread that does."""
        with self._lock:
            if self._thread is None:
                self._thread = Thread(target=self._run, name="erase", daemon=True)
                self._thread.start()
            return self._thread

    def erase(self, number: int) -> None:
        """Erase a collection that was removed; return when that is done, or goes on and takes long."""
        self.begin()
        for _ in range(int(WAITED / LOOKED)):
            if self._closing.is_set() or number not in collections.removed(self._database):
                return
            self._closing.wait(LOOKED)

    def close(self) -> None:
        """End after the transaction in work."""
        self._closing.set()
        thread = self._thread
        if thread is not None:
            thread.join()

    def _run(self) -> None:
        while not self._is_done():
            try:
                for number in collections.removed(self._database):  # a bit of each, so that none waits for a large one
                    if not self._closing.is_set():
                        self._erase(number)
            except DatabaseUnusable as error:
                log.warning("what was removed is not erased yet; tried again in %g s: %s", AGAIN, error)
                self._closing.wait(AGAIN)

    def _is_done(self) -> bool:
        with self._lock:  # who removes something later finds either this thread or none
            done = self._closing.is_set() or not self._any_left()
            if done:
                self._thread = None
            return done

    def _any_left(self) -> bool:
        try:
            return bool(collections.removed(self._database))
        except DatabaseUnusable:
            return True  # for all we know

    def _erase(self, number: int) -> None:
        with self._database.write() as tx:
            left = collections.erase(tx, number, rows=AT_ONCE)
        if left:
            self._closing.wait(PAUSE)

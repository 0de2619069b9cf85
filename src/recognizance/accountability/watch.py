"""What this process may still believe of keys, suspensions and authorisations: what the database said a moment ago.

Each change to one of them adds 1 to a version, in its own transaction. Whoever keeps any of them in memory asks for
the version first, and drops what belongs to another. It is reread when it is `LASTS` old, so that a change made by
any process is in force in every other within that time and the time of one query; where the database does not
answer, nothing is believed, and the request fails.

Whether something has ended is asked of a time that never runs backwards and never stands still: the clock's, or the
latest that this process or the ledger has seen and the seconds that have passed since, whichever is later. So a clock
set back gives nobody a key again that had ended, and after one that was far ahead for a moment what lasts a minute
still ends after a minute.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from threading import Lock

from sqlalchemy import select, update

from recognizance.database import Reader, Tx, aware
from recognizance.database.tables import CONTROLS, LEDGER
from recognizance.values import Clock

log = logging.getLogger(__name__)

LASTS = 0.25  # seconds
FAR = timedelta(minutes=5)  # ahead of what has passed: more than any clock that is kept right is corrected by

NEWEST = select(LEDGER.c.at).order_by(LEDGER.c.sequence.desc()).limit(1).scalar_subquery()
READ = select(CONTROLS.c.version, NEWEST.label("newest"))
COUNT = update(CONTROLS).values(version=CONTROLS.c.version + 1)


def count(tx: Tx) -> None:
    """Count a change that this transaction makes to keys, suspensions or authorisations."""
    tx.run(COUNT)


class Watch:
    """Knows the version as of a moment ago, in any thread. `timer` gives seconds and never runs backwards."""

    def __init__(self, database: Reader, now: Clock, timer: Callable[[], float]) -> None:
        """Begin knowing nothing."""
        self._database = database
        self._now = now
        self._timer = timer
        self._lock = Lock()
        self._version = 0
        self._read_at: float | None = None
        self._latest: tuple[datetime, float] | None = None  # what was seen, and what the timer said then
        self._clock_read = False

    def version(self) -> int:
        """Return the version, at most `LASTS` old. Raises `DatabaseUnusable` where it cannot be read."""
        with self._lock:
            begun = self._timer()
            if self._read_at is None or begun - self._read_at > LASTS:
                self._read_at = None  # what fails leaves nothing to believe
                (row,) = self._database.rows(READ)
                self._version = row["version"]
                if row["newest"] is not None:
                    self._passed(aware(row["newest"]))
                self._read_at = begun  # from before the question: the answer may have been on its way for long
            return self._version

    def changed(self) -> None:
        """Have the version read again at once: this process has just committed a change."""
        with self._lock:
            self._read_at = None

    def now(self) -> datetime:
        """Return the time: the clock's, or where it has been set back, as if it had gone on from the latest seen.

        Warns of a clock that has gone far ahead while this process ran: the time stays ahead with it.
        """
        with self._lock:
            at = self._now()
            gone_on = at if self._latest is None else self._gone_on(self._latest, self._timer())
            ran, self._clock_read = self._clock_read, True
            if ran and at - gone_on > FAR:
                log.warning(
                    "the clock is %s ahead of the time that has passed: what ends by %s has ended for good, and time "
                    "goes on from there even where the clock is put right",
                    at - gone_on,
                    at.isoformat(timespec="seconds"),
                )
            return self._passed(at)

    def _passed(self, at: datetime) -> datetime:
        timer = self._timer()
        latest = at if self._latest is None else max(at, self._gone_on(self._latest, timer))
        self._latest = (latest, timer)
        return latest

    def _gone_on(self, latest: tuple[datetime, float], timer: float) -> datetime:
        at, seen = latest
        return at + timedelta(seconds=timer - seen)

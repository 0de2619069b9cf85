"""What the server asks of itself: at each turn it asks the one door for whatever is due, and leaves an entry for each.

It is an edge like the wire: it decides nothing, and cannot pass the policy or the ledger by.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from threading import Event, Thread
from typing import Any, Protocol

from recognizance.errors import DatabaseUnusable, Refusal
from recognizance.values import Answered, Caller, NewId

log = logging.getLogger(__name__)

EVERY = 30.0  # seconds between two looks
MORE = "More"


class Service(Protocol):
    """What is asked."""

    def due(self) -> Sequence[tuple[Mapping[str, Any], str, Caller]]:
        """Return requests, the operations they are for, and on whose behalf."""
        ...

    def call(self, name: str, request: Mapping[str, Any], caller: Caller, request_id: str) -> Answered:
        """Answer one request."""
        ...


class Upkeep:
    """A thread that does what is due until it is closed. Of several processes each may do it: nothing is done twice."""

    def __init__(self, service: Service, new_id: NewId, *, every: float = EVERY) -> None:
        """Begin at once."""
        self._service = service
        self._new_id = new_id
        self._every = every
        self._closing = Event()
        self._thread = Thread(target=self._run, name="upkeep", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End after what is in work."""
        self._closing.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._closing.is_set():
            try:
                do_due(self._service, self._new_id, self._closing.is_set)
            except DatabaseUnusable as error:
                log.warning("what is due is not known yet: %s", error)
            except Exception:
                log.exception("what is due is not known yet")
            self._closing.wait(self._every)


def do_due(service: Service, new_id: NewId, stop: Callable[[], bool] = lambda: False) -> None:
    """Ask for everything that is due, again where an answer says there is more. What goes wrong is told in the log."""
    for request, operation, caller in service.due():
        more = True
        while more and not stop():
            try:
                more = bool(service.call(operation, request, caller, new_id()).response.get(MORE))
            except Refusal as refusal:  # a collection that is gone meanwhile, or a policy that says no
                log.warning("%s was due and refused: %s", operation, refusal)
                more = False
            except Exception:  # it is asked again at the next turn, and what is due after it now
                log.exception("%s was due and is not done yet", operation)
                more = False

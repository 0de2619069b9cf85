"""A server on a free port of this machine, in a thread, for as long as a block runs."""

from __future__ import annotations

import threading
from collections.abc import Generator
from contextlib import contextmanager

from recognizance.settings import Settings
from recognizance.wire import Endpoint, server


@contextmanager
def serving(app: Endpoint) -> Generator[str]:
    """Serve `app` and give its address."""
    with server.listen(Settings(port=0)) as listening:
        ready = threading.Event()
        running = server.server(app, listening, lambda address: ready.set())
        thread = threading.Thread(target=running.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            assert ready.wait(10)
            yield server.address_of(listening)
        finally:
            running.should_exit = True
            thread.join(10)

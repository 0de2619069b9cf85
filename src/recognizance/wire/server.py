"""Serves the endpoint over HTTP/1.1: uvicorn, with limits on everything before a request is one.

uvicorn's parser (httptools) has no limit on headers and none on the time they take, and it answers what it
cannot read in plain text. The protocol here adds the limits and answers in AWS's shape.
"""

from __future__ import annotations

import asyncio
import http
import socket
from collections.abc import Callable
from typing import Any

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from recognizance.settings import Settings
from recognizance.wire.http import Endpoint
from recognizance.wire.limits import Limits
from recognizance.wire.refused import WireError


def run(app: Endpoint, settings: Settings, announce: Callable[[str], None]) -> None:
    """Serve until told to stop (SIGINT, SIGTERM), then finish what is in hand.

    `announce` gets the address once requests are answered there. Raises `OSError` when the
    address cannot be had.
    """
    with listen(settings) as listening:
        server(app, listening, announce).run(sockets=[listening])


def listen(settings: Settings) -> socket.socket:
    """Return a socket bound to the settings' address; port 0 finds a free one."""
    family, kind, protocol, _, address = socket.getaddrinfo(
        settings.host, settings.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]
    listening = socket.socket(family, kind, protocol)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
    except OSError:
        listening.close()
        raise
    return listening


def address_of(listening: socket.socket) -> str:
    """Return the URL that clients reach the socket at."""
    host, port = listening.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def server(app: Endpoint, listening: socket.socket, announce: Callable[[str], None]) -> uvicorn.Server:
    """Return the uvicorn server, not yet running."""
    config = uvicorn.Config(
        app,
        http=guarded(app),
        ws="none",
        loop="asyncio",
        interface="asgi3",
        lifespan="on",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        date_header=False,
        timeout_keep_alive=app.limits.keep_alive,
        timeout_graceful_shutdown=app.limits.grace,
    )

    class Announcing(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            if self.started:
                announce(address_of(listening))

    return Announcing(config)


def guarded(app: Endpoint) -> type[HttpToolsProtocol]:
    """Return uvicorn's protocol with limits, refusing through `app`."""
    limits = app.limits

    class Guarded(HttpToolsProtocol):
        def __init__(self, *given: Any, **named: Any) -> None:
            super().__init__(*given, **named)
            self.refused = False
            self.reading_headers = True
            self.unread_headers = 0  # bytes of a header block that is not complete
            self.header_size = 0
            self.message_size = 0
            self.reason = WireError("BadRequestException", "This is not HTTP/1.1.")
            self.deadline: asyncio.TimerHandle | None = None

        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            super().connection_made(transport)
            if len(self.connections) > limits.connections:
                self.refuse(WireError("ServiceUnavailableException", "Too many connections.", 503))
            else:
                self.expect_headers()

        def connection_lost(self, exc: Exception | None) -> None:
            self.stop_waiting()
            super().connection_lost(exc)

        def data_received(self, data: bytes) -> None:
            if self.refused:
                return
            self.message_size += len(data)
            if self.message_size > limits.message:
                self.transport.abort()
                return
            if self.reading_headers:
                self.expect_headers()
                self.unread_headers += len(data)
            super().data_received(data)
            if self.reading_headers and self.unread_headers > limits.headers and not self.refused:
                self.refuse(too_many_headers(limits))

        def on_message_begin(self) -> None:
            super().on_message_begin()
            self.header_size = 0
            self.expect_headers()

        def on_url(self, url: bytes) -> None:
            self.count_header(len(url))
            super().on_url(url)

        def on_header(self, name: bytes, value: bytes) -> None:
            self.count_header(len(name) + len(value) + 4)
            super().on_header(name, value)

        def count_header(self, size: int) -> None:
            self.header_size += size
            if self.header_size > limits.headers:
                self.reason = too_many_headers(limits)
                raise self.reason

        def on_headers_complete(self) -> None:
            self.stop_waiting()
            self.reading_headers = False
            self.unread_headers = 0
            super().on_headers_complete()

        def on_message_complete(self) -> None:
            self.reading_headers = True
            self.message_size = 0
            super().on_message_complete()

        def expect_headers(self) -> None:
            if self.deadline is None:
                self.deadline = self.loop.call_later(limits.header_time, self.give_up)

        def stop_waiting(self) -> None:
            if self.deadline is not None:
                self.deadline.cancel()
                self.deadline = None

        def give_up(self) -> None:
            if self.unread_headers:
                self.refuse(WireError("RequestTimeoutException", "The headers took too long to arrive.", 408))
            else:
                self.transport.close()

        def send_400_response(self, msg: str) -> None:
            self.refuse(self.reason)

        def refuse(self, error: WireError) -> None:
            """Answer and close, unless an answer to an earlier request is still on its way."""
            self.refused = True
            self.stop_waiting()
            if self.transport.is_closing():
                return
            if self.cycle and not self.cycle.response_complete:
                self.transport.close()
                return
            answer, headers = app.refuse(error)
            status = http.HTTPStatus(answer.status)
            lines = [f"HTTP/1.1 {status.value} {status.phrase}".encode()]
            lines += [name + b": " + value for name, value in [*headers, (b"connection", b"close")]]
            self.transport.write(b"\r\n".join(lines) + b"\r\n\r\n" + answer.body)
            if self.transport.can_write_eof():
                self.transport.write_eof()
            self.loop.call_later(limits.linger, self.transport.close)

    return Guarded


def too_many_headers(limits: Limits) -> WireError:
    """Return the error for a header block over the limit."""
    return WireError(
        "RequestHeaderSectionTooLarge", f"The headers of a request have at most {limits.headers} bytes.", 431
    )

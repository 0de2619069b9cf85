"""Serves the endpoint over HTTP/1.1: uvicorn, with limits on everything before a request is one.

uvicorn's parser (httptools) has no limit on headers and none on the time they take, it answers what it cannot read
in plain text, and it waits for ever for a client to take its answer. The protocol here adds the limits and answers
in AWS's shape.
"""

from __future__ import annotations

import asyncio
import http
import signal
import socket
from collections.abc import Callable
from types import FrameType
from typing import Any, cast

import httptools
import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from recognizance.settings import Settings
from recognizance.wire.http import BROKEN, Endpoint, stopping
from recognizance.wire.limits import Limits
from recognizance.wire.refused import WireError


def run(app: Endpoint, settings: Settings, announce: Callable[[str], None]) -> None:
    """Serve until told to stop, then finish what is in hand; return on SIGTERM, raise `KeyboardInterrupt` on SIGINT.

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

        def handle_exit(self, sig: int, frame: FrameType | None) -> None:
            if sig == signal.SIGTERM:  # uvicorn would raise it again in the end, and nobody could close the database
                self.should_exit = True
            else:
                super().handle_exit(sig, frame)

    return Announcing(config)


class Parser(httptools.HttpRequestParser):
    """Reads a request that offers to change the protocol as the HTTP/1.1 that it is, body and all.

    Java's client offers HTTP/2 on every cleartext connection. Servers may ignore the offer (RFC 9110, section
    7.8); httptools stops before the body. So the head is read again, without the offer.
    """

    def __init__(self, protocol: HttpToolsProtocol) -> None:
        """Report what is read to `protocol`."""
        self.protocol = protocol
        self.begin()

    def begin(self) -> None:
        """Forget what was read: after some heads the parser would take nothing more."""
        super().__init__(self.protocol)
        self.set_dangerous_leniencies(lenient_data_after_close=True)  # as uvicorn does

    def feed_data(self, data: Any) -> None:
        """Read on."""
        while True:
            try:
                return super().feed_data(data)
            except httptools.HttpParserUpgrade as offer:
                data = self.head() + bytes(data)[offer.args[0] :]
                self.begin()

    def head(self) -> bytes:
        """Return the head that was just read, without the offer."""
        first = b"%s %s HTTP/%s" % (self.get_method(), self.protocol.url, self.get_http_version().encode())
        lines = [b"%s: %s" % pair for pair in self.protocol.headers if pair[0] != b"upgrade"]
        return b"\r\n".join([first, *lines, b"", b""])


def guarded(app: Endpoint) -> type[HttpToolsProtocol]:
    """Return uvicorn's protocol with limits, refusing through `app`."""
    limits = app.limits

    class Guarded(HttpToolsProtocol):
        def __init__(self, *given: Any, **named: Any) -> None:
            super().__init__(*given, **named)
            self.parser = Parser(self)
            self.refused = False
            self.reading_headers = True
            self.unread_headers = 0  # bytes of a header block that is not complete
            self.header_size = 0
            self.message_size = 0
            self.reason = WireError("BadRequestException", "This is not HTTP/1.1.")
            self.deadline: asyncio.TimerHandle | None = None
            self.untaken: asyncio.TimerHandle | None = None

        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            super().connection_made(transport)
            transport.set_write_buffer_limits(high=0)  # every byte not taken is a pause then, after close() too
            if len(self.connections) > limits.connections:
                self.refuse(WireError("ServiceUnavailableException", "Too many connections.", 503))
            else:
                self.expect_headers()

        def connection_lost(self, exc: Exception | None) -> None:
            self.stop_waiting()
            super().connection_lost(exc)
            self.resume_writing()

        def pause_writing(self) -> None:
            super().pause_writing()
            self.untaken = self.loop.call_later(limits.answer_time, self.transport.abort)

        def resume_writing(self) -> None:
            if self.untaken is not None:
                self.untaken.cancel()
                self.untaken = None
            super().resume_writing()

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
            if self.parser.should_upgrade():
                if self.parser.get_method() == b"CONNECT":
                    raise self.reason
                return
            self.stop_waiting()
            self.reading_headers = False
            self.unread_headers = 0
            super().on_headers_complete()
            if len(self.pipeline) > limits.ahead:
                self.reason = WireError(
                    "ThrottlingException", f"At most {limits.ahead} requests may be sent ahead of their answers."
                )
                raise self.reason

        def on_message_complete(self) -> None:
            if self.parser.should_upgrade():
                return
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

        def shutdown(self) -> None:
            super().shutdown()
            if self.cycle and self.cycle.more_body:
                self.refuse(stopping())

        def refuse(self, error: WireError) -> None:
            """Answer and close, when the requests before have their answers."""
            self.refused = True
            self.stop_waiting()
            if self.transport.is_closing():
                return
            if self.cycle and not self.cycle.response_complete:
                self.cycle.keep_alive = False
                if self.cycle.more_body:  # then what is wrong is wrong with this request
                    cast(dict[str, Any], self.cycle.scope).setdefault(BROKEN, error)
                    self.cycle.more_body = False
                    self.cycle.message_event.set()
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

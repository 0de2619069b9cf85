"""How much, how long and how many: what a client may ask of this server before its request is one.

Sizes are bytes, times seconds.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of one server.

    `body` holds CompareFaces with two pictures of 5 MiB (13,981,016 of base64), its JSON, and room for a picture a
    little too large to be told so by name (ValidationException) and not by status (413).

    `bodies` is for all requests in hand together, as far as they have arrived: what those who know a key's id and
    not its secret can make the server hold.

    A body has to arrive within `body_time` (15 MB at 1 Mbit/s) without a pause of `body_pause`, and after
    `body_grace` seconds at `body_rate` bytes a second on average (half a Mbit/s, a poor mobile connection; dripping
    bodies would hold their connections and their share of `bodies` for as long as `body_time` lets them). Headers
    have to arrive within `header_time`. A body that is refused unread is read and dropped for `drain_time`, and up
    to `drain_bytes`: a client that is still sending when the connection closes sees a reset and not the answer.

    An answer has to be taken within `answer_time` (1 MB at 300 kbit/s), or the connection is cut. `ahead` requests
    may be sent on a connection before the first is answered; no client of AWS's sends one, and each takes some kB.

    `headers` is for all headers of a request (session tokens alone can exceed 1 kB). `connections` stays below the
    usual 1024 file descriptors. `keep_alive` is longer than most clients keep an idle connection, so
    that they close first. `grace` is what requests in hand have when the server is told to stop, `linger` what a
    client has to read why it was refused.
    """

    body: int = 15_000_000
    bodies: int = 300_000_000
    body_pause: float = 10.0
    body_time: float = 120.0
    body_grace: float = 5.0
    body_rate: int = 64_000
    drain_time: float = 2.0
    drain_bytes: int = 64_000_000
    headers: int = 16_384
    header_time: float = 10.0
    answer_time: float = 30.0
    ahead: int = 8
    connections: int = 512
    keep_alive: int = 75
    grace: int = 30
    linger: float = 1.0

    @property
    def message(self) -> int:
        """Bytes of one request in all, chunk sizes and trailers included; beyond, the connection is cut."""
        return 2 * self.body + self.drain_bytes

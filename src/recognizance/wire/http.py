"""The ASGI endpoint: one POST, whatever its path, answered in the shape AWS's clients expect.

There is one route, so there is no framework, and no framework's error page can slip past: every answer, refusals
included, is made here. Only reading and writing happen on the event loop. Parsing and the work itself are plain
functions on a bounded number of threads, and when those and the queue before them are full, the client is told to
slow down. Signatures are verified on threads of their own, so that strangers take no places in the queue; that of a
key that signed a request a moment ago by the thread that then does the work, where one is idle.

Checks come in this order: method and size, what the signature claims, the key, the body, the signature,
the operation, JSON and types, constraints; then the service is asked.

To hand over and back takes 0.06 ms of a core, and where all cores are at work as long as another thread's Python takes
to let go. So what such a key signs is handed over once: nor is the key looked up before the body is read, but only once
it is there.
"""

from __future__ import annotations

import asyncio
import json
import logging
import re
from collections.abc import Awaitable, Callable, Generator, Mapping, MutableMapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any, Protocol, TypeAlias

from recognizance.errors import RateExceeded, Refusal, Throttled
from recognizance.settings import Settings
from recognizance.values import NOTHING_STATED, Answered, Caller, Clock, NewId, Probe, Stated
from recognizance.wire import codec, model, sigv4
from recognizance.wire.limits import Limits
from recognizance.wire.refused import WireError

log = logging.getLogger(__name__)
access = logging.getLogger("recognizance.access")

DEFAULT = Limits()
RETRY_AFTER = "1000"
"""Milliseconds; botocore waits that much longer before it asks a throttled request again."""

DOOR = 2
"""Threads that verify signatures; hashing the largest body takes some milliseconds and holds nobody else up."""

SIGNED_LATELY = 10.0
"""Seconds for which a key that signed a request is not looked up before the next one's body is read."""
MOST_LATELY = 1024

UNKNOWN = "Unknown"
"""What the ledger calls an operation that no service model has."""
HEADER = "x-recognizance-"
REVIEW = f"{HEADER}review"
LONGEST_STATED = 256
"""Characters of a purpose or case; the ledger has room for no more."""

SLOW_DOWN = "Slow down; sudden increase in rate of requests."
BROKEN = "recognizance.broken"
"""In the scope: the `WireError` to answer with instead, because the rest of the body will not be read."""

Scope: TypeAlias = MutableMapping[str, Any]
Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]
Health: TypeAlias = Callable[[], tuple[bool, Mapping[str, Any]]]
Take: TypeAlias = Callable[[int], None]


class Service(Protocol):
    """What the wire asks."""

    def call(
        self,
        name: str,
        request: Mapping[str, Any],
        caller: Caller,
        request_id: str,
        *,
        stated: Stated,
        address: str | None,
    ) -> Answered:
        """Answer one request that already fits the service model, or raise a `Refusal`."""
        ...

    def refused(
        self, name: str, caller: Caller, request_id: str, code: str, *, stated: Stated, address: str | None
    ) -> None:
        """Record a signed request that does not fit the service model."""
        ...


@dataclass(frozen=True, slots=True)
class Answer:
    """One response: HTTP status, headers beside those that every response has, body."""

    status: int
    body: bytes
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(slots=True)
class Exchange:
    """What is known so far of the request being answered, for its line in the access log.

    `unread` is true while bytes of the body may still be on their way; `caller` is None until the signature has held.
    """

    request_id: str
    began: datetime
    operation: str = "-"
    access_key: str = "-"
    address: str | None = None
    received: int = 0
    unread: bool = True
    caller: Caller | None = None


class Gone(Exception):
    """The client hung up; there is nobody to answer."""


class Gauge:
    """Counts what is in hand, up to a limit. Used from the event loop only."""

    def __init__(self, limit: int) -> None:
        """Begin with nothing in hand."""
        self._limit = limit
        self._taken = 0

    @property
    def free(self) -> int:
        """How much more may be taken."""
        return self._limit - self._taken

    @contextmanager
    def taking(self) -> Generator[Take]:
        """Give a function that takes so much more or raises `Throttled`; after the block all of it is given back."""
        held = 0

        def take(amount: int) -> None:
            nonlocal held
            if self._taken + amount > self._limit:
                raise Throttled(SLOW_DOWN)
            self._taken += amount
            held += amount

        try:
            yield take
        finally:
            self._taken -= held


class Lately:
    """Knows which keys signed a request a moment ago. Used from the event loop only.

    It decides only whether a body is waited for, and which thread verifies: for every request the key is looked up, and
    the signature held against it.
    """

    def __init__(self) -> None:
        """Begin knowing none."""
        self._seen: dict[tuple[str, str], float] = {}

    def knows(self, access_key: str, token: str, now: float) -> bool:
        """Say whether a key signed a request within the last seconds; a session's counts with its token."""
        seen = self._seen.get((access_key, token))
        return seen is not None and now - seen < SIGNED_LATELY

    def signed(self, access_key: str, token: str, now: float) -> None:
        """Remember a key whose signature held."""
        self._seen.pop((access_key, token), None)
        self._seen[access_key, token] = now  # the newest last
        if len(self._seen) > MOST_LATELY:
            del self._seen[next(iter(self._seen))]

    def failed(self, access_key: str, token: str) -> None:
        """Forget a key whose signature did not hold, or that is no longer good."""
        self._seen.pop((access_key, token), None)


@dataclass(slots=True, eq=False)
class Endpoint:
    """An ASGI application; see `endpoint`."""

    service: Service
    keys: sigv4.Keys
    regions: Sequence[str]
    now: Clock
    new_id: NewId
    health: Health
    operations: Mapping[str, model.Operation]
    waiting: int
    places: Gauge
    bodies: Gauge
    lately: Lately
    pool: ThreadPoolExecutor
    door: ThreadPoolExecutor
    watch: ThreadPoolExecutor
    limits: Limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one connection's worth of ASGI."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "http":
            await self._exchange(scope, receive, send)
        else:
            await send({"type": "websocket.close"})

    def close(self) -> None:
        """Wait for the work in hand and let the threads go."""
        self.door.shutdown()
        self.pool.shutdown()
        self.watch.shutdown()

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await asyncio.get_running_loop().run_in_executor(None, self.close)  # last answers leave while work ends
        await send({"type": "lifespan.shutdown.complete"})

    async def _exchange(self, scope: Scope, receive: Receive, send: Send) -> None:
        exchange = Exchange(self.new_id(), self.now(), address=peer(scope))
        try:
            answer = await self._answer(scope, receive, exchange)
        except Gone:
            self._note(exchange, Answer(499, b"", (("x-amzn-errortype", "ClientHungUp"),)))
            return
        except asyncio.CancelledError:  # the server was told to stop, and has waited for this as long as it may
            exchange.unread = False
            await self._send(answer_to(stopping(), exchange.request_id), exchange, send)
            raise
        except Exception as error:
            answer = answer_to(error, exchange.request_id)
        await self._send(answer, exchange, send)
        if exchange.unread:  # the answer is whole; what is still coming would be reset, and the answer with it
            await drain(receive, self.limits)
            await send({"type": "http.response.body", "body": b""})

    async def _send(self, answer: Answer, exchange: Exchange, send: Send) -> None:
        headers = self._headers(answer, exchange.request_id)
        if exchange.unread:
            headers.append((b"connection", b"close"))
        try:
            await send({"type": "http.response.start", "status": answer.status, "headers": headers})
            await send({"type": "http.response.body", "body": answer.body, "more_body": exchange.unread})
        finally:
            self._note(exchange, answer)  # the client does not wait for the line in the log

    async def _answer(self, scope: Scope, receive: Receive, exchange: Exchange) -> Answer:
        headers = sigv4.headers_of(scope["headers"])
        length = content_length(headers)
        exchange.unread = length != 0
        if scope["path"] == "/healthz" and scope["method"] in ("GET", "HEAD"):
            exchange.operation = "healthz"
            return await self._healthz()
        if scope["method"] != "POST":
            raise WireError("UnknownOperationException", "Operations are asked for with POST.", 405)
        if length is not None and length > self.limits.body:
            raise too_large(self.limits)

        operation = self.operations.get(",".join(headers.get("x-amz-target", ())))
        exchange.operation = operation.name if operation else "-"
        query = bytes(scope["query_string"])
        claim = sigv4.claim(headers, query, now=self.now(), regions=self.regions)
        exchange.access_key = claim.access_key
        token = ",".join(headers.get(sigv4.TOKEN, ()))
        loop = asyncio.get_running_loop()
        known = self.lately.knows(claim.access_key, token, loop.time())
        if not known:
            await loop.run_in_executor(self.door, sigv4.key_of, claim, headers, self.keys)

        with self.bodies.taking() as take_bytes, self.places.taking() as take_places:
            body = await read_body(scope, receive, exchange, take_bytes, self.limits)
            signed = sigv4.Signed(scope["method"], bytes(scope["raw_path"]), query, headers, body)
            try:
                if known and self.places.free > self.waiting:  # a worker is idle
                    take_places(1)
                    answer = await loop.run_in_executor(self.pool, self._ask, signed, operation, claim, exchange)
                else:
                    answer = await self._queue(signed, operation, claim, exchange, take_places)
            finally:
                if exchange.caller is None:
                    self.lately.failed(claim.access_key, token)
                else:
                    self.lately.signed(claim.access_key, token, loop.time())
            return answer

    async def _queue(
        self,
        signed: sigv4.Signed,
        operation: model.Operation | None,
        claim: sigv4.Claim,
        exchange: Exchange,
        take_places: Take,
    ) -> Answer:
        """Verify at the door, while every worker is busy, and wait for one in the queue."""
        loop = asyncio.get_running_loop()
        caller = await loop.run_in_executor(self.door, sigv4.verify, claim, signed, self.keys)
        exchange.caller = caller
        try:
            if operation is None:
                raise unknown_operation()
            take_places(1)  # only now: strangers may wait at the door, but not take places in the queue
        except (WireError, Throttled) as error:
            name = operation.name if operation else UNKNOWN
            await loop.run_in_executor(self.door, self._refused, name, caller, exchange, error.code)
            raise
        return await loop.run_in_executor(self.pool, self._ask, signed, operation, claim, exchange)

    def _ask(
        self, signed: sigv4.Signed, operation: model.Operation | None, claim: sigv4.Claim, exchange: Exchange
    ) -> Answer:
        caller = exchange.caller
        if caller is None:
            caller = exchange.caller = sigv4.verify(claim, signed, self.keys)
        if operation is None:
            error = unknown_operation()
            self._refused(UNKNOWN, caller, exchange, error.code)
            raise error
        stated, address = NOTHING_STATED, exchange.address
        try:
            stated = statement(signed.headers)
            request = codec.parse(signed.body, operation.request)
        except WireError as error:
            self.service.refused(
                operation.name, caller, exchange.request_id, error.code, stated=stated, address=address
            )
            raise

        answered = self.service.call(
            operation.name, request, caller, exchange.request_id, stated=stated, address=address
        )
        waits = ((REVIEW, answered.review),) if answered.review else ()
        return Answer(200, codec.serialise(answered.response, operation.response), waits)

    def _refused(self, name: str, caller: Caller, exchange: Exchange, code: str) -> None:
        self.service.refused(name, caller, exchange.request_id, code, stated=NOTHING_STATED, address=exchange.address)

    async def _healthz(self) -> Answer:
        well, report = await asyncio.get_running_loop().run_in_executor(self.watch, self.health)
        return Answer(200 if well else 503, json.dumps(report).encode(), (("content-type", "application/json"),))

    def refuse(self, error: WireError) -> tuple[Answer, list[tuple[bytes, bytes]]]:
        """Return the answer to something that never became a request, and all its headers."""
        exchange = Exchange(self.new_id(), self.now())
        answer = answer_to(error, exchange.request_id)
        self._note(exchange, answer)
        return answer, self._headers(answer, exchange.request_id)

    def _headers(self, answer: Answer, request_id: str) -> list[tuple[bytes, bytes]]:
        found = {
            "x-amzn-requestid": request_id,
            "content-type": "application/x-amz-json-1.1",
            "content-length": str(len(answer.body)),
            "date": format_datetime(self.now().astimezone(UTC), usegmt=True),
            **dict(answer.headers),
        }
        return [(name.encode("latin-1"), value.encode("latin-1")) for name, value in found.items()]

    def _note(self, exchange: Exchange, answer: Answer) -> None:
        access.info(
            "request_id=%s operation=%s access_key=%s status=%d error=%s ms=%.1f in=%d out=%d",
            exchange.request_id,
            exchange.operation,
            exchange.access_key,
            answer.status,
            dict(answer.headers).get("x-amzn-errortype", "-"),
            1000 * (self.now() - exchange.began).total_seconds(),
            exchange.received,
            len(answer.body),
        )


def endpoint(
    service: Service,
    keys: sigv4.Keys,
    settings: Settings,
    now: Clock,
    new_id: NewId,
    health: Health,
    *,
    workers: int,
    limits: Limits = DEFAULT,
) -> Endpoint:
    """Return the ASGI application that answers for `service`.

    `keys` finds an access key by its id and its session token. `workers` requests are worked on at a time and
    `settings.waiting` more may wait; the next is throttled. `health` is asked for `GET /healthz`: whether all is
    well (200, else 503), and a report that anyone may read.
    """
    return Endpoint(
        service=service,
        keys=keys,
        regions=settings.regions,
        now=now,
        new_id=new_id,
        health=health,
        operations=model.load(),
        waiting=settings.waiting,
        places=Gauge(workers + settings.waiting),
        bodies=Gauge(limits.bodies),
        lately=Lately(),
        pool=ThreadPoolExecutor(workers, "request"),
        door=ThreadPoolExecutor(DOOR, "door"),
        watch=ThreadPoolExecutor(1, "health"),
        limits=limits,
    )


def content_length(headers: sigv4.Headers) -> int | None:
    """Return how many bytes the body will have, or None when only its end will tell."""
    if "transfer-encoding" in headers:
        return None
    values = set(headers.get("content-length", ("0",)))
    if len(values) != 1 or not re.fullmatch(r"[0-9]{1,18}", value := values.pop()):
        raise WireError("SerializationException", "Content-Length should be one whole number.")
    return int(value)


async def read_body(scope: Scope, receive: Receive, exchange: Exchange, take: Take, limits: Limits) -> bytes:
    """Return the whole body, or raise `WireError` as soon as it is too long, too slow or broken.

    `take` is asked for room as the bytes arrive: what is only announced takes none.
    """
    body = bytearray()  # a list of chunks would take many times their size when they are small
    now = asyncio.get_running_loop().time
    began = now()
    try:
        while exchange.unread:
            least = began + limits.body_grace + len(body) / limits.body_rate
            async with asyncio.timeout_at(min(now() + limits.body_pause, began + limits.body_time, least)):
                message = await receive()
            if message["type"] == "http.disconnect":
                raise Gone
            if BROKEN in scope:
                raise scope[BROKEN]
            arrived = message.get("body", b"")
            take(len(arrived))
            body += arrived
            exchange.received = len(body)
            exchange.unread = bool(message.get("more_body", False))
            if len(body) > limits.body:
                raise too_large(limits)
    except TimeoutError:
        raise WireError("RequestTimeoutException", "The body took too long to arrive.", 408) from None
    return bytes(body)


def unknown_operation() -> WireError:
    """Return the error for a target that no service model has."""
    return WireError("UnknownOperationException", "X-Amz-Target names no operation of this service.")


def too_large(limits: Limits) -> WireError:
    """Return the error for a body over the limit."""
    return WireError("RequestEntityTooLargeException", f"A request has at most {limits.body} bytes.", 413)


def stopping() -> WireError:
    """Return the error for what a server that was told to stop will not finish."""
    return WireError("ServiceUnavailableException", "The server is stopping. Ask again.", 503)


def peer(scope: Scope) -> str | None:
    """Return the address of who is at the other end of the connection; None where the server does not say."""
    client = scope.get("client")
    return str(client[0]) if client else None


def statement(headers: sigv4.Headers) -> Stated:
    """Return what our headers state beside a request."""
    return Stated(
        purpose=stated(headers, f"{HEADER}purpose"),
        case=stated(headers, f"{HEADER}case"),
        authorisation=stated(headers, f"{HEADER}authorisation"),
        consent=stated(headers, f"{HEADER}consent"),
        probe=declared(stated(headers, f"{HEADER}probe")),
    )


def declared(text: str | None) -> Probe | None:
    """Return what a probe header declares. Raises `WireError` for what declares nothing."""
    try:
        return None if text is None else Probe.declared(text)
    except ValueError as rule:
        raise codec.invalid(
            [f"Value {codec.shown(text)} at '{HEADER}probe' failed to satisfy constraint: Member must {rule}"]
        ) from None


def stated(headers: sigv4.Headers, name: str) -> str | None:
    """Return what a header of ours states, in any script, or None.

    It is signed, or `sigv4` would have refused it. Characters that do not print could make the ledger show something
    else than it holds.
    """
    sent = re.sub(r"[ \t]+", " ", ",".join(headers.get(name, ())))  # as it is signed: one blank for many
    text = sent.encode("latin-1").decode("utf-8", "replace").strip()
    if "\ufffd" in text or not text.isprintable():
        rule = "be text in UTF-8 of characters that print"
    elif len(text) > LONGEST_STATED:
        rule = f"have length less than or equal to {LONGEST_STATED}"
    else:
        return text or None
    raise codec.invalid([f"Value {codec.shown(text)} at '{name}' failed to satisfy constraint: Member must {rule}"])


def answer_to(error: Exception, request_id: str) -> Answer:
    """Return the answer that tells of `error`: the front end's form, the service's form, or a plain 500."""
    match error:
        case WireError():
            code, status = error.code, error.status
            body = {"__type": code, "message": error.message}
        case Refusal():
            code, status = error.code, error.status
            body = {"__type": code, "Code": code, "Logref": request_id, "Message": str(error)}
        case _:
            log.error("request_id=%s failed", request_id, exc_info=error)
            code, status = "InternalServerError", 500
            body = {"__type": code, "Code": code, "Logref": request_id, "Message": "Internal server error"}
    headers = [("x-amzn-errortype", code)]
    if isinstance(error, Throttled | RateExceeded):
        headers.append(("x-amz-retry-after", RETRY_AFTER))
    if status == 405:
        headers.append(("allow", "POST"))
    return Answer(status, json.dumps(body).encode(), tuple(headers))


async def drain(receive: Receive, limits: Limits) -> None:
    """Read and drop what is left of a body, within limits."""
    left = limits.drain_bytes
    with suppress(TimeoutError):
        async with asyncio.timeout(limits.drain_time):
            while left > 0:
                message = await receive()
                if message["type"] == "http.disconnect" or not message.get("more_body", False):
                    return
                left -= len(message.get("body", b""))

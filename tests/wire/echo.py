"""A service that answers with what it was told to, and remembers what it was asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from tests.client import ACCESS_KEY, SECRET

from recognizance.settings import Settings
from recognizance.values import Answered, Caller, Key, Stated
from recognizance.wire import Endpoint, endpoint
from recognizance.wire.limits import Limits

ACCOUNT = "111122223333"
DEFAULT = Limits()


@dataclass(frozen=True)
class Asked:
    """One question as the service got it."""

    name: str
    request: Mapping[str, Any]
    caller: Caller
    request_id: str
    purpose: str | None
    case: str | None
    address: str | None


@dataclass
class Echo:
    """The other implementation of `wire.Service`: `answer` makes the response from the name and the request."""

    answer: Callable[[str, Mapping[str, Any]], Mapping[str, Any]] = lambda name, request: {}
    asked: list[Asked] = field(default_factory=list)
    broken: list[tuple[str, str]] = field(default_factory=list)

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
        """Remember the question and answer it."""
        self.asked.append(Asked(name, request, caller, request_id, stated.purpose, stated.case, address))
        return Answered(self.answer(name, request))

    def refused(
        self, name: str, caller: Caller, request_id: str, code: str, *, stated: Stated, address: str | None
    ) -> None:
        """Remember what did not fit."""
        self.broken.append((name, code))


def keys(access_key: str, token: str | None = None) -> Key | None:
    """Return the one key there is, which has no sessions."""
    return Key(ACCESS_KEY, SECRET, ACCOUNT) if access_key == ACCESS_KEY and token is None else None


def utc_now() -> datetime:
    """Return the time."""
    return datetime.now(UTC)


def app_for(
    service: Echo, *, now: Callable[[], datetime] = utc_now, workers: int = 2, limits: Limits = DEFAULT, **settings: Any
) -> Endpoint:
    """Return an endpoint that asks `service`."""
    return endpoint(
        service,
        keys,
        Settings(**settings),
        now,
        lambda: str(uuid4()),
        lambda: (True, {"status": "ok"}),
        workers=workers,
        limits=limits,
    )

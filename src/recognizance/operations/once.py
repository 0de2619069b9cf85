"""Idempotency tokens: the same token with the same request gets the same answer again, and nothing is done twice."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from recognizance.database import Tx, answers
from recognizance.errors import TokenReused
from recognizance.operations.call import Call
from recognizance.values import Collection

LASTS = timedelta(days=7)  # as Rekognition keeps those of its video operations
TOKEN = "ClientRequestToken"


def once(
    call: Call,
    tx: Tx,
    request: Mapping[str, Any],
    change: Callable[[], Mapping[str, Any]],
    *,
    collection: Collection | None = None,
) -> Mapping[str, Any]:
    """Return what `change` answers, or what it answered when the request's token was first used.

    The caller holds the lock of what `change` touches, so that of two requests with one token the
    second sees what the first did. What is kept of the answer goes with the `collection` it is about.
    Raises `TokenReused` when the token was used for something else.
    """
    token = request.get(TOKEN)
    if token is None:
        return change()
    now, use = call.tools.now(), answers.Use(call.ask.caller.account, call.ask.operation, token)
    asked = call.tools.seal.digest(json.dumps({k: v for k, v in request.items() if k != TOKEN}, sort_keys=True))
    answers.expire(tx, now - LASTS)
    before = answers.find(tx, use)
    if before is None:
        response = change()
        about = None if collection is None else collection.number
        answers.keep(tx, use, answers.Answer(asked, response, about), now)
        return response
    if before.request != asked:
        raise TokenReused(answers.reused(use))
    call.note(repeated=True)
    return before.response


def forget(call: Call, tx: Tx, request: Mapping[str, Any]) -> None:
    """Let go of what was answered under the request's token: what it made is no longer there."""
    if TOKEN in request:
        answers.forget(tx, answers.Use(call.ask.caller.account, call.ask.operation, request[TOKEN]))

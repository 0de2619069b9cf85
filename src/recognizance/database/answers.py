"""What was answered under idempotency tokens: found again, kept, and let go when the tokens have expired."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert, select
from sqlalchemy.exc import IntegrityError

from recognizance.database import Reader, Tx
from recognizance.database.tables import ANSWERED
from recognizance.errors import TokenReused


@dataclass(frozen=True, slots=True)
class Use:
    """Whose token it is, and for which operation: a token means nothing elsewhere."""

    account: str
    operation: str
    token: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What was answered, the keyed digest of the request it answered, and the number of the collection it is about."""

    request: str
    response: Mapping[str, Any]
    collection: int | None = None


def find(reader: Reader, use: Use) -> Answer | None:
    """Return what was answered under a token, or None."""
    query = select(ANSWERED).where(
        ANSWERED.c.account == use.account, ANSWERED.c.operation == use.operation, ANSWERED.c.token == use.token
    )
    for row in reader.rows(query):
        return Answer(row["request"], row["response"])
    return None


def keep(tx: Tx, use: Use, answer: Answer, now: datetime) -> None:
    """Keep an answer, from now on to be given again.

    Raises `TokenReused` when the token was used meanwhile, which can only be for something else: whoever
    changes the same thing waits for its lock.
    """
    kept = insert(ANSWERED).values(
        account=use.account,
        operation=use.operation,
        token=use.token,
        request=answer.request,
        response=dict(answer.response),
        collection=answer.collection,
        at=now,
    )
    try:
        tx.run(kept)
    except IntegrityError:
        raise TokenReused(reused(use)) from None


def reused(use: Use) -> str:
    """Return what is said of a token that was used for something else, in Rekognition's words."""
    return f"The ClientRequestToken: {use.token} you have supplied is already in use."


def expire(tx: Tx, before: datetime) -> None:
    """Let go of everything answered before that time."""
    tx.run(delete(ANSWERED).where(ANSWERED.c.at < before))


def forget(tx: Tx, use: Use) -> None:
    """Let go of what was answered under a token, if anything was."""
    tx.run(
        delete(ANSWERED).where(
            ANSWERED.c.account == use.account, ANSWERED.c.operation == use.operation, ANSWERED.c.token == use.token
        )
    )


def forget_name(tx: Tx, collection: int, name: str) -> None:
    """Let go of answers about a collection that may hold a name: who bore it was removed."""
    query = select(ANSWERED).where(ANSWERED.c.collection == collection)
    for row in tx.rows(query):
        if name in json.dumps(row["response"], ensure_ascii=False):
            forget(tx, Use(row["account"], row["operation"], row["token"]))

"""Asking as the holder of any key, without the quarter of a second that boto3 takes to make a client."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tests.client import ask, signed

HOUSE = {"CreateKey", "ListKeys", "RotateKey", "RevokeKey", "UpdateKey", "CreateSession", "Suspend", "Resume"}
HOUSE |= {"ListSuspensions", "OpenAuthorisation", "DecideAuthorisation", "ListAuthorisations", "SealLapsed"}
HOUSE |= {"ListModels", "QualifyReviewer", "RecordAudit", "ListAudits", "ListFindings", "CloseFinding"}
HOUSE |= {"DescribeAuthorisation"}


@dataclass(frozen=True)
class Holder:
    """Somebody with a key: calling one gives the answer's body, or the code and the text of what it was refused with.

    `headers` are signed too.
    """

    server: Any
    access_key: str
    secret: str = field(repr=False)
    token: str | None = None

    def __call__(self, operation: str, *, headers: tuple[tuple[str, str], ...] = (), **request: Any) -> Any:
        """Ask for an operation."""
        prefix = "RecognizanceService" if operation in HOUSE else "RekognitionService"
        body = json.dumps(request, default=_plain).encode()
        asked = signed(
            f"{prefix}.{operation}",
            body,
            access_key=self.access_key,
            secret=self.secret,
            token=self.token,
            headers=headers,
        )
        answer = ask(self.server, **asked)
        told = json.loads(answer.body)
        return told if answer.status == 200 else (told["__type"], told.get("Message", told.get("message")))

    def code(self, operation: str, **request: Any) -> str:
        """Return the code of what an operation is refused with, or "answered"."""
        told = self(operation, **request)
        return told[0] if isinstance(told, tuple) else "answered"

    @property
    def known(self) -> str:
        """What becomes of a harmless question: "answered", or the code of the refusal."""
        return self.code("ListCollections")


def holder(server: Any, made: dict[str, Any]) -> Holder:
    """Return the holder of a key or session that an operation has made."""
    return Holder(server, made["AccessKeyId"], made["SecretAccessKey"], made.get("SessionToken"))


def _plain(value: Any) -> Any:
    return value.timestamp() if isinstance(value, datetime) else str(value)

"""Sessions: short-lived credentials that a key makes for itself, narrower than it and never wider.

Nothing is kept of one. Its token is all there is: 12 random bytes and then, under AES-256-GCM with a key of this
server's, the id, the secret, what it is narrowed to and when it ends. Only this server, or one with the same key,
can have made a token that opens, so whatever one says is so. What it says is never more than its key may do now:
roles are cut to what the key still has, and where the key has ended so have its sessions.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from recognizance.accountability.keys import narrowed
from recognizance.values import Key, Kind, Stated

PREFIX = "ASIA"
LEAST, MOST = 60, 43_200  # seconds: AWS's sessions last twelve hours at most
MOST_COLLECTIONS = 10  # they travel in a header of every request
_NONCE = 12
_OF = b"recognizance session 1"
LONGEST = 8192  # characters of a token; ours are far below


@dataclass(frozen=True, slots=True)
class Session:
    """What a token says: for which key it was made, what it is narrowed to, and until when.

    `roles` and `collections` are None where the session has whatever its key has.
    """

    id: str
    secret: str = field(repr=False)
    issuer: str
    account: str
    expires_at: datetime
    stated: Stated
    roles: frozenset[str] | None = None
    collections: frozenset[str] | None = None

    def key(self, issuer: Key) -> Key:
        """Return the session as a key, cut to what its issuer is by now."""
        ends = [at for at in (self.expires_at, issuer.expires_at) if at is not None]
        return replace(
            issuer,
            access_key_id=self.id,
            secret=self.secret,
            kind=Kind.SESSION,
            roles=issuer.roles if self.roles is None else narrowed(issuer.roles, self.roles),
            stated=self.stated,
            binding=True,
            issuer=self.issuer,
            expires_at=min(ends),
            collections=self.collections,
        )


@dataclass(frozen=True, slots=True)
class Sealing:
    """Makes tokens of sessions and opens them; `key` is 32 bytes that never leave the data folder."""

    key: bytes = field(repr=False)
    random: Callable[[int], bytes]

    def token(self, session: Session) -> str:
        """Return the token of a session."""
        nonce = self.random(_NONCE)
        said = {
            "id": session.id,
            "secret": session.secret,
            "issuer": session.issuer,
            "account": session.account,
            "ends": session.expires_at.timestamp(),
            "stated": [session.stated.purpose, session.stated.case, session.stated.authorisation],
            "roles": _sorted(session.roles),
            "collections": _sorted(session.collections),
        }
        sealed = AESGCM(self.key).encrypt(nonce, json.dumps(said, separators=(",", ":")).encode(), _OF)
        return base64.urlsafe_b64encode(nonce + sealed).decode()

    def session(self, token: str) -> Session | None:
        """Return the session whose token this is; None where it is not one of ours, whole and unchanged."""
        if len(token) > LONGEST:
            return None
        try:
            sealed = base64.b64decode(token.encode("ascii"), altchars=b"-_", validate=True)
            opened = AESGCM(self.key).decrypt(sealed[:_NONCE], sealed[_NONCE:], _OF)
        except (ValueError, InvalidTag):
            return None
        return _session(json.loads(opened))


def _session(said: dict[str, Any]) -> Session:
    purpose, case, authorisation = said["stated"]
    return Session(
        id=said["id"],
        secret=said["secret"],
        issuer=said["issuer"],
        account=said["account"],
        expires_at=datetime.fromtimestamp(said["ends"], UTC),
        stated=Stated(purpose=purpose, case=case, authorisation=authorisation),
        roles=_set(said["roles"]),
        collections=_set(said["collections"]),
    )


def _sorted(names: frozenset[str] | None) -> list[str] | None:
    return None if names is None else sorted(names)


def _set(names: list[str] | None) -> frozenset[str] | None:
    return None if names is None else frozenset(names)

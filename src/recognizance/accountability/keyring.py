"""The keyring: makes access keys, and finds the one that is said to have signed a request.

Secrets lie in the database wrapped with AES-256-GCM under a key of the data folder, the access key's id beside them
as associated data: a row's secret opens in that row only, and a copy of the database alone opens none. Unwrapped
keys are held in this process until anything changes in any (see `watch`).
"""

from __future__ import annotations

import base64
import logging
from collections.abc import Callable
from functools import partial
from pathlib import Path
from threading import Lock

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import bindparam, select

from recognizance import private
from recognizance.accountability.keys import GOOD, RandomBytes
from recognizance.accountability.sessions import PREFIX as SESSION
from recognizance.accountability.sessions import Sealing
from recognizance.accountability.watch import Watch
from recognizance.database import Database, Row, aware
from recognizance.database.tables import ACCESS_KEYS
from recognizance.errors import SessionEnded, SettingsWrong
from recognizance.values import Key, Stated

log = logging.getLogger(__name__)

KEY = "AKIA"
WRAP, SESSIONS = "wrap.key", "sessions.key"
_NONCE = 12
SIGNING = select(ACCESS_KEYS).where(ACCESS_KEYS.c.id == bindparam("of_id"), ACCESS_KEYS.c.revoked_at.is_(None))


class Keyring:
    """The access keys of one database and data folder. It may be asked from several threads at once."""

    def __init__(self, database: Database, folder: Path, watch: Watch, random: RandomBytes) -> None:
        """Hold nothing yet; the files in `folder` are made when they are first needed."""
        self._database = database
        self._folder = folder
        self._watch = watch
        self._random = random
        self._lock = Lock()
        self._version = -1
        self._held: dict[str, Key] = {}
        self._wrapping: AESGCM | None = None
        self._sealing: Sealing | None = None

    # Finding

    def finds(self, root: Key) -> Callable[[str, str | None], Key | None]:
        """Return what finds the key that signed, by its id and session token, where `root` is the root key.

        It gives None for an id or a token that is not known or no longer good, and raises `SessionEnded` for a
        session past its end.
        """
        return partial(self._find, root)

    def _find(self, root: Key, access_key_id: str, token: str | None) -> Key | None:
        if access_key_id.startswith(SESSION) and access_key_id != root.access_key_id:
            return None if token is None else self._session(root, access_key_id, token)
        return None if token is not None else self._key(root, access_key_id)

    def _key(self, root: Key, access_key_id: str) -> Key | None:
        if access_key_id == root.access_key_id:
            return root
        key = self.key(access_key_id)
        return key if key is not None and key.account == root.account else None

    def _session(self, root: Key, access_key_id: str, token: str) -> Key | None:
        session = self.sealing().session(token)
        if session is None or session.id != access_key_id or session.account != root.account:
            return None
        if session.expires_at <= self._watch.now():
            raise SessionEnded
        issuer = self._key(root, session.issuer)
        return None if issuer is None else session.key(issuer)

    def key(self, access_key_id: str) -> Key | None:
        """Return the key that operations made and that is good now; None where there is none.

        Raises `DatabaseUnusable` where the database does not say what holds now.
        """
        version = self._watch.version()
        with self._lock:
            if self._version != version:
                self._held, self._version = {}, version
            key = self._held.get(access_key_id)
        if key is None:
            key = self._read(access_key_id)
            if key is None:
                return None
            with self._lock:
                if self._version == version:  # else it may be what was so before the change
                    self._held[access_key_id] = key
        return key if key.expires_at is None or key.expires_at > self._watch.now() else None

    def _read(self, access_key_id: str) -> Key | None:
        for row in self._database.rows(SIGNING, {"of_id": access_key_id}):
            try:
                return _key_of(row, self._unwrapped(row))
            except InvalidTag:
                log.error(
                    "the secret of the access key %s does not open: it was wrapped under another %s, or changed",
                    access_key_id,
                    WRAP,
                )
        return None

    # Making

    def new_id(self, kind: str = KEY) -> str:
        """Return an id that no key has: four letters that say what kind it is, and 80 random bits."""
        return kind + base64.b32encode(self._random(10)).decode()

    def new_secret(self) -> str:
        """Return a secret: 240 random bits in 40 characters."""
        return base64.b64encode(self._random(30)).decode()

    def wrapped(self, access_key_id: str, secret: str) -> bytes:
        """Return a secret as the database keeps it. Raises `SettingsWrong` where `check` would."""
        nonce = self._random(_NONCE)
        return nonce + self._wrap().encrypt(nonce, secret.encode(), access_key_id.encode())

    def sealing(self) -> Sealing:
        """Return what makes tokens of sessions and opens them."""
        with self._lock:
            if self._sealing is None:
                self._sealing = Sealing(private.key(self._folder / SESSIONS, self._random), self._random)
            return self._sealing

    def check(self) -> None:
        """Make the files that are missing, so that they can be copied to another machine that serves.

        Raises `SettingsWrong` where the secrets in the database cannot be opened with what the data folder holds.
        """
        self._wrap()
        self.sealing()

    def _unwrapped(self, row: Row) -> str:
        return _opened(self._wrap(), row)

    def _wrap(self) -> AESGCM:
        """Return what wraps, once it has opened a secret that is there: another key must not take its place."""
        with self._lock:
            if self._wrapping is None:
                self._wrapping = self._opened_wrapping()
            return self._wrapping

    def _opened_wrapping(self) -> AESGCM:
        path = self._folder / WRAP
        newest = self._database.rows(GOOD.order_by(ACCESS_KEYS.c.number.desc()).limit(1))
        if newest and not path.exists():
            raise SettingsWrong(
                f"{path} is missing, and with it every secret of the access keys in the database; restore it from "
                "backup, or revoke those keys (recognizance keys list, recognizance keys revoke) and make new ones"
            )
        made = AESGCM(private.key(path, self._random))
        for row in newest:
            try:
                _opened(made, row)
            except InvalidTag:
                raise SettingsWrong(
                    f"{path} is not the key that the access keys in the database were wrapped with; restore it from "
                    "backup, or revoke those keys (recognizance keys list, recognizance keys revoke) and make new ones"
                ) from None
        return made


def _opened(wrapping: AESGCM, row: Row) -> str:
    sealed = bytes(row["secret"])
    if len(sealed) <= _NONCE:
        raise InvalidTag
    return wrapping.decrypt(sealed[:_NONCE], sealed[_NONCE:], row["id"].encode()).decode()


def _key_of(row: Row, secret: str) -> Key:
    return Key(
        access_key_id=row["id"],
        secret=secret,
        account=row["account"],
        name=row["name"],
        person=row["person"],
        roles=frozenset(row["roles"]),
        stated=Stated(purpose=row["purpose"]),
        expires_at=None if row["expires_at"] is None else aware(row["expires_at"]),
    )

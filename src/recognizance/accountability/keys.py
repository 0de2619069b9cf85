"""The keys this server keeps: the root access key, and the key of the ledger's digests.

Both are made once, from the operating system's random source, and kept in the data folder in files
that only its owner may read.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from pathlib import Path

from recognizance import private
from recognizance.errors import SettingsWrong
from recognizance.values import Key, Kind

RandomBytes = Callable[[int], bytes]


def root_key(folder: Path, account: str, random: RandomBytes) -> Key:
    """Return the root key kept in `folder`, making it on the first call.

    The id looks as AWS's do (`AKIA` and 16 of A-Z2-7), the secret too (40 characters of base64).
    """
    made = private.keep(
        folder / "root-key.json",
        lambda: json.dumps(
            {
                "access_key_id": "AKIA" + base64.b32encode(random(10)).decode(),
                "secret_access_key": base64.b64encode(random(30)).decode(),
            }
        ).encode(),
    )
    try:
        kept = json.loads(made)
        return Key(
            str(kept["access_key_id"]),
            str(kept["secret_access_key"]),
            account,
            Kind.ROOT,
            roles=frozenset({"admin"}),
        )
    except (ValueError, KeyError, TypeError):
        raise SettingsWrong(
            f"{folder / 'root-key.json'} does not hold a key; remove it and a new one is made at the next start"
        ) from None


def ledger_key(folder: Path, random: RandomBytes) -> bytes:
    """Return the 32-byte key of the ledger's digests kept in `folder`, making it on the first call."""
    key = private.keep(folder / "ledger.key", lambda: random(32))
    if len(key) != 32:
        raise SettingsWrong(
            f"{folder / 'ledger.key'} should hold 32 bytes and holds {len(key)}; restore it from backup"
        )
    return key

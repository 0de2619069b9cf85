"""Whether the keys in the data folder are the ones that the database was begun with.

Digests in the ledger and pictures in the vault mean nothing under another key, and nothing else would tell: a server
over another folder would go on, and what it writes could not be joined with what is there. So the database keeps of
each key file a digest under that key, from the first start on. The keys of access keys' secrets and of checkpoints
have checks of their own (`keyring`, `ledger`).
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Mapping
from pathlib import Path

from sqlalchemy import insert, select

from recognizance.accountability import adopted
from recognizance.database import Database, Reader
from recognizance.database.tables import KEY_CHECKS
from recognizance.errors import SettingsWrong

KEPT = select(KEY_CHECKS.c.name, KEY_CHECKS.c.digest)
WAY_OUT = "bring the keys folder that this database was begun with (docs/keys.md says what to do where it is lost)"


def keys_of(database: Database, folder: Path, files: Mapping[str, Callable[[Path], bytes]]) -> list[bytes]:
    """Return the key in each file of `folder`, by the function that reads it or makes it where there is none yet.

    Raises `SettingsWrong` for a file that is missing though there was one, and for one that holds another key.
    """
    known = _kept(database)
    for name in files:
        if name in known and not (folder / name).exists():
            raise SettingsWrong(f"{folder / name} is missing: {WAY_OUT}")
    found = {name: read(folder) for name, read in files.items()}
    checks = {name: check(key, name) for name, key in found.items()}
    if checks.keys() - known.keys():
        with database.write() as tx:
            adopted.locked(tx)  # of two servers that start at once, the second sees what the first has kept
            known = _kept(tx)
            for name in sorted(checks.keys() - known.keys()):
                tx.run(insert(KEY_CHECKS).values(name=name, digest=checks[name]))
                known[name] = checks[name]
    for name, ours in checks.items():
        if not hmac.compare_digest(known[name], ours):
            raise SettingsWrong(f"{folder / name} is not the key that this database was begun with: {WAY_OUT}")
    return list(found.values())


def check(key: bytes, name: str) -> str:
    """Return by what a key is known again, 64 hex digits that tell nothing of it."""
    return hmac.digest(key, f"\0key check of {name}".encode(), "sha256").hex()


def _kept(reader: Reader) -> dict[str, str]:
    return {row["name"]: row["digest"] for row in reader.rows(KEPT)}

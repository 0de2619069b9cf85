"""The keys this server keeps: files made once, and the access keys that operations make.

The root access key, the key of the ledger's digests and others are made once, from the operating system's random
source, and kept in the data folder in files that only its owner may read.

Every other access key is a row: an id and a secret as AWS's, a name, roles, and where one person uses it, who. A
rotation makes a key that goes on where another ends; both are of one line, so that nobody becomes somebody else by
it. Nobody makes, changes or rotates a key that may do more than they may themselves.
"""

from __future__ import annotations

import base64
import json
import unicodedata
from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import bindparam, insert, select, update

from recognizance import private
from recognizance.accountability import watch
from recognizance.database import Reader, Row, Tx, aware
from recognizance.database.tables import ACCESS_KEYS
from recognizance.errors import AccessDenied, Conflict, InvalidParameter, NotFound, SettingsWrong
from recognizance.values import Caller, Key, Kind

ADMIN = "admin"
ROLES = (ADMIN, "user", "enroller", "searcher", "reader", "reviewer", "auditor", "governor")
"""What a key can be for; what each may do is the policy's to say, but for `admin`, who may give any."""

NEEDS_PERSON = (
    "Only a key that names the person who uses it {does}, which the root key and the command line do not. Make one for "
    "that person: recognizance keys create NAME --role governor --person PERSON."
)
"""Said where two people are needed to whoever is nobody; `does` is what."""

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
    return private.key(folder / "ledger.key", random)


def signing_key(folder: Path, random: RandomBytes) -> bytes:
    """Return the 32-byte key that signs the ledger's checkpoints, kept in `folder`, making it on the first call."""
    return private.key(folder / "ledger-signing.key", random)


# Access keys


def folded(person: str) -> str:
    """Return a person's name as two spellings of it are compared: NFKC, without case, blanks collapsed."""
    return " ".join(_nfkc(_nfkc(person).casefold()).split())


def _nfkc(text: str) -> str:
    return unicodedata.normalize("NFKC", text)


@dataclass(frozen=True, slots=True)
class Hand:
    """Who did something, as far as this server can tell one from another: a key, the line it is of, and a person."""

    access_key: str
    line: str
    person: str | None

    def is_of(self, other: Hand) -> bool:
        """Whether both may be the same person's: keys of one line, or keys that name one person."""
        same = self.person is not None and other.person is not None and folded(self.person) == folded(other.person)
        return self.line == other.line or same


@dataclass(frozen=True, slots=True)
class Makers:
    """Whose hands are behind whose keys: who makes or rotates a key sees its secret, and could use it.

    `by` has for each line of keys those whose keys made or rotated any of it, `people` whom it names. The root key and
    the machine's command line stand for nobody here: whoever has them can make up people anyhow.
    """

    by: Mapping[str, Set[str]]
    people: Mapping[str, Set[str]]

    def behind(self, hand: Hand) -> frozenset[str]:
        """Return the lines and the people that may be behind a hand: itself, who made its key, and who made theirs."""
        named = set[str]() if hand.person is None else {folded(hand.person)}
        return self._behind({hand.line}) | {f"person {one}" for one in named}

    def behind_person(self, person: str) -> frozenset[str]:
        """Return the same for whatever keys name a person."""
        name = folded(person)
        return self._behind({line for line, named in self.people.items() if name in named}) | {f"person {name}"}

    def _behind(self, lines: Set[str]) -> frozenset[str]:
        found, new = set[str](), set(lines)
        while new:
            found |= new
            new = {maker for line in new for maker in self.by.get(line, ())} - found
        return frozenset(found | {f"person {one}" for line in found for one in self.people.get(line, ())})


@dataclass(frozen=True, slots=True)
class AccessKey:
    """One access key as the database knows it. Its secret is not here."""

    number: int
    id: str
    account: str
    line: str
    name: str
    person: str | None
    roles: frozenset[str]
    purpose: str | None
    made_by: str
    created_at: datetime
    expires_at: datetime | None
    rotated_at: datetime | None
    revoked_at: datetime | None
    revoked_why: str | None

    def state(self, now: datetime) -> str:
        """Return "active", "rotated" (good until its overlap ends), "expired" or "revoked"."""
        if self.revoked_at is not None:
            return "revoked"
        if self.expires_at is not None and self.expires_at <= now:
            return "expired"
        return "active" if self.rotated_at is None else "rotated"


@dataclass(frozen=True, slots=True)
class Draft:
    """What a key is to be: its name, what it is for, who uses it, and until when."""

    name: str
    roles: frozenset[str]
    person: str | None = None
    purpose: str | None = None
    expires_at: datetime | None = None


COLUMNS = tuple(column for column in ACCESS_KEYS.c if column.name != "secret")
OF_ID = select(*COLUMNS).where(ACCESS_KEYS.c.account == bindparam("of_account"), ACCESS_KEYS.c.id == bindparam("of_id"))
LOCK = OF_ID.with_for_update()
LINE = select(ACCESS_KEYS.c.line).where(ACCESS_KEYS.c.id == bindparam("of_id"))
MADE = select(ACCESS_KEYS.c.id, ACCESS_KEYS.c.line, ACCESS_KEYS.c.person, ACCESS_KEYS.c.made_by).where(
    ACCESS_KEYS.c.account == bindparam("of_account")
)
GOOD = select(ACCESS_KEYS.c.id, ACCESS_KEYS.c.secret).where(ACCESS_KEYS.c.revoked_at.is_(None))


def covers(roles: frozenset[str], others: frozenset[str]) -> bool:
    """Say whether a key with `roles` may make one with `others`: no more than its own, but an admin any."""
    return ADMIN in roles or others <= roles


def narrowed(roles: frozenset[str], others: frozenset[str]) -> frozenset[str]:
    """Return which of `others` a key with `roles` can give."""
    return others if ADMIN in roles else others & roles


def check_roles(caller: Caller, roles: frozenset[str]) -> None:
    """Raise `InvalidParameter` for a role there is not, and `AccessDenied` for one that `caller` cannot give."""
    unknown = sorted(roles - set(ROLES))
    if unknown:
        raise InvalidParameter(f"There is no role {unknown[0]!r}; the roles are {', '.join(ROLES)}.")
    if not roles:
        raise InvalidParameter(f"A key needs a role; the roles are {', '.join(ROLES)}.")
    if not covers(caller.roles, roles):
        beyond = ", ".join(sorted(roles - caller.roles))
        raise AccessDenied(f"Nobody gives a role they do not have themselves: {beyond}.")


def hand(reader: Reader, caller: Caller) -> Hand:
    """Return whose hand a caller is: a session is its key's, and a key that was rotated to is the first one's."""
    key = caller.issuer or caller.access_key
    rows = reader.rows(LINE, {"of_id": key})
    return Hand(caller.access_key, rows[0]["line"] if rows else key, caller.person)


def one_hand(reader: Reader, account: str, one: Hand, other: Hand) -> bool:
    """Say whether two hands may be one person's, by what is kept of an account's keys: see `Makers`."""
    known = makers(reader, account)
    return bool(known.behind(one) & known.behind(other))


def one_hand_with(reader: Reader, account: str, hand: Hand, person: str) -> bool:
    """Say whether a hand may be that of the person who is called so, or have made or rotated a key of theirs."""
    known = makers(reader, account)
    return bool(known.behind(hand) & known.behind_person(person))


def makers(reader: Reader, account: str) -> Makers:
    """Return who made and rotated the keys of an account, those that have ended too."""
    rows = reader.rows(MADE, {"of_account": account})
    line_of = {row["id"]: row["line"] for row in rows}
    by, people = dict[str, set[str]](), dict[str, set[str]]()
    for row in rows:
        made_by, persons = by.setdefault(row["line"], set()), people.setdefault(row["line"], set())
        if row["made_by"] in line_of:  # else the root key's, or the command line's
            made_by.add(line_of[row["made_by"]])
        if row["person"] is not None:
            persons.add(folded(row["person"]))
    return Makers(by, people)


def find(reader: Reader, account: str, access_key_id: str) -> AccessKey:
    """Return an account's access key. Raises `NotFound`."""
    return _one(reader.rows(OF_ID, {"of_account": account, "of_id": access_key_id}), access_key_id)


def listed(reader: Reader, account: str, *, after: int, limit: int) -> list[AccessKey]:
    """Return up to `limit` keys of an account made after the one numbered `after`, in the order they were made."""
    query = select(*COLUMNS).where(ACCESS_KEYS.c.account == account, ACCESS_KEYS.c.number > after)
    return [_of_row(row) for row in reader.rows(query.order_by(ACCESS_KEYS.c.number).limit(limit))]


def create(
    tx: Tx, account: str, access_key_id: str, wrapped: bytes, draft: Draft, *, made_by: str, line: str, now: datetime
) -> AccessKey:
    """Keep a key whose secret is wrapped already; `line` is its own id, or that of the first it goes on for."""
    made = insert(ACCESS_KEYS).values(
        id=access_key_id,
        account=account,
        line=line,
        secret=wrapped,
        made_by=made_by,
        created_at=now,
        **_values(draft),
    )
    (row,) = tx.returning(made.returning(*COLUMNS))
    watch.count(tx)
    return _of_row(row)


def change(tx: Tx, key: AccessKey, draft: Draft) -> AccessKey:
    """Make a key what `draft` says."""
    return _set(tx, key, **_values(draft))


def let_end(tx: Tx, key: AccessKey, overlap: timedelta, now: datetime) -> AccessKey:
    """Note that a key was rotated: it ends after `overlap`, or when it would have ended if that is sooner."""
    end = now + overlap if key.expires_at is None else min(key.expires_at, now + overlap)
    return _set(tx, key, rotated_at=now, expires_at=end)


def revoke(tx: Tx, key: AccessKey, why: str, now: datetime) -> AccessKey:
    """End a key now and for good."""
    return _set(tx, key, revoked_at=now, revoked_why=why)


def locked(tx: Tx, account: str, access_key_id: str) -> AccessKey:
    """Return an account's access key, and let nobody else change it until the transaction ends. Raises `NotFound`."""
    return _one(tx.rows(LOCK, {"of_account": account, "of_id": access_key_id}), access_key_id)


def check_usable(key: AccessKey) -> None:
    """Raise `Conflict` for a key that is not to be changed any more."""
    check_there(key)
    if key.rotated_at is not None:
        raise Conflict(
            f"The access key {key.id} was rotated on {key.rotated_at:%Y-%m-%d %H:%M} UTC: another has taken its place."
        )


def check_there(key: AccessKey) -> None:
    """Raise `Conflict` for a key that was revoked."""
    if key.revoked_at is not None:
        raise Conflict(f"The access key {key.id} was revoked on {key.revoked_at:%Y-%m-%d %H:%M} UTC, which is final.")


def _set(tx: Tx, key: AccessKey, **values: Any) -> AccessKey:
    made = update(ACCESS_KEYS).where(ACCESS_KEYS.c.number == key.number).values(**values)
    (row,) = tx.returning(made.returning(*COLUMNS))
    watch.count(tx)
    return _of_row(row)


def _values(draft: Draft) -> dict[str, Any]:
    return {
        "name": draft.name,
        "person": draft.person,
        "roles": sorted(draft.roles),
        "purpose": draft.purpose,
        "expires_at": draft.expires_at,
    }


def _one(rows: list[Row], access_key_id: str) -> AccessKey:
    for row in rows:
        return _of_row(row)
    raise NotFound(
        f"The access key {access_key_id} does not exist, or is a root key: that one is in the settings or in its file "
        "in the data folder, and no operation changes it."
    )


def _of_row(row: Row) -> AccessKey:
    times = {name: _time(row[name]) for name in ("expires_at", "rotated_at", "revoked_at")}
    return AccessKey(
        number=row["number"],
        id=row["id"],
        account=row["account"],
        line=row["line"],
        name=row["name"],
        person=row["person"],
        roles=frozenset(row["roles"]),
        purpose=row["purpose"],
        made_by=row["made_by"],
        created_at=aware(row["created_at"]),
        revoked_why=row["revoked_why"],
        **times,
    )


def _time(at: datetime | None) -> datetime | None:
    return None if at is None else aware(at)

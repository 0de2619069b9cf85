"""What an entry's text must be: one pattern that is quick to match, and a sentence where it does not.

An entry is a leaf of the record's tree, one line of canonical JSON: UTF-8, its members sorted by name, no spaces
between them, nothing escaped that need not be. So there is one way to write an entry, and two readers cannot read it
differently. `docs/ledger-entry.schema.json` says the same as a JSON schema, for others' tools; a test compares them.
Nothing here needs the server, or any library beside Python's own.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from recognizance.errors import LedgerBroken

VERSION = 1
MOST_FORMS = 64
ACTS = (
    "look", "compare", "enrol", "identify", "forget", "export", "read", "manage", "review", "audit", "govern", "none",
)  # fmt: skip
KINDS = ("root", "key", "session", "local", "server")
VERDICTS = ("allow", "hold", "deny")
BEGINS = b'{"account":'
"""How every entry begins, and nothing else in a file of entries does."""
LONGEST = 1 << 20
"""Bytes of one line, more than any entry needs: `facts` hold at most some hundred digests."""

_PLAIN = r'[^"\\\x00-\x1f]*+'
_TEXT = rf'"{_PLAIN}(?:\\(?:["\\bfnrt]|u00(?:0[0-7be-f]|1[0-9a-f])){_PLAIN})*+"'
_SIMPLE = f'"{_PLAIN}"'
_NUMBER = r"-?(?:0|[1-9][0-9]{0,18})(?:\.[0-9]{1,20})?(?:e[+-][0-9]{2,3})?"
_VALUE = rf"(?:{_TEXT}|{_NUMBER}|true|false|null|\[(?:{_TEXT}(?:,{_TEXT})*+)?\])"
_NAME = r'"[a-z][a-z0-9_]{0,63}"'
_TIME = r"[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]\.[0-9]{6}Z"


def time_text(at: datetime) -> str:
    """Return a time as entries have it: UTC, to the microsecond."""
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def _one_of(words: tuple[str, ...]) -> str:
    return f'"(?:{"|".join(words)})"'


MEMBERS: Mapping[str, tuple[str, str]] = {
    "account": (r'"[0-9]{12}"', "12 digits"),
    "act": (_one_of(ACTS), f"one of {', '.join(ACTS)}"),
    "address": (r'(?:null|"[0-9a-f]{32}")', "null or 32 hex digits"),
    "at": (f'"(?P<at>{_TIME})"', "a time as 2026-11-23T12:00:00.000000Z"),
    "facts": (
        rf"(?:\{{(?:{_NAME}:{_VALUE}(?:,{_NAME}:{_VALUE})*+)?\}})",
        "an object whose values are text, numbers, true, false, null or lists of text",
    ),
    "floor": (rf"(?:null|{_NUMBER})", "null or a number"),
    "issuer": (_TEXT, "text"),
    "key": (_TEXT, "text"),
    "kind": (f"(?:null|{_one_of(KINDS)})", f"null or one of {', '.join(KINDS)}"),
    "n": (r"(?P<n>[1-9][0-9]{0,18})", "a number above 0"),
    "operation": (_TEXT, "text"),
    "outcome": (r'"[A-Za-z]{1,64}"', "a word"),
    "policy": (_TEXT, "text"),
    "region": (_TEXT, "text"),
    "request": (_TEXT, "text"),
    "rule": (_TEXT, "text"),
    "stated": (r'(?:null|"(?P<stated>[0-9a-f]{64})")', "null or 64 hex digits"),
    "v": (str(VERSION), f"{VERSION}, the version this program knows"),
    "verdict": (_one_of(VERDICTS), f"one of {', '.join(VERDICTS)}"),
}
"""Each member of an entry, in its order: the pattern of its text, and what that means in words."""
OPTIONAL = frozenset({"issuer"})
"""The members that are left out where they would be empty."""
WHERE = frozenset({"collection", "revision", "root"})
"""Facts that say what was searched (AI Act, Article 12(3)(b)): the reference database, and its very state."""
FOUND = frozenset({"matches", "threshold"})
WITH = frozenset({"image_digest", "face", "user"})
"""Facts of which one says what was searched with, which must be known where it led to a match (Article 12(3)(c))."""


def _pattern(exactly: Mapping[str, str]) -> re.Pattern[bytes]:
    """Return the pattern of entries; of the members in `exactly` only what is given there."""
    parts = list[str]()
    for name, (value, _) in MEMBERS.items():
        member = f'"{name}":{exactly.get(name, value)}'
        parts.append(f"(?:{member},)?" if name in OPTIONAL else f"{member},")
    return re.compile(("\\{" + "".join(parts).removesuffix(",") + "\\}").encode())


PATTERN = _pattern({})
"""Matches the bytes of an entry that is right but for what a pattern cannot tell; `wrong` tells the rest."""


@dataclass(slots=True)
class Forms:
    """The forms entries were seen to have: a pattern for each act, outcome and set of facts, the most usual ones first.

    A form is only learnt from an entry that `wrong` found nothing wrong with, and leaves open nothing that this depends
    on but the day of `at` and how many digits a number is written with. Matching one is quicker; texts with anything
    escaped match none.
    """

    known: list[Callable[[bytes], re.Match[bytes] | None]] = field(
        default_factory=list[Callable[[bytes], "re.Match[bytes] | None"]]
    )

    def match(self, line: bytes) -> re.Match[bytes]:
        """Return `at`, `n` and `stated` of an entry. Raises `LedgerBroken` with what `wrong` says."""
        known = self.known if line.isascii() or _is_utf8(line) else []
        for place, form in enumerate(known):
            found = form(line)
            if found:
                if place:
                    known[place - 1], known[place] = form, known[place - 1]
                return found
        trouble = wrong(line)
        found = PATTERN.fullmatch(line)
        if trouble or not found:
            raise LedgerBroken(trouble or "is not written as an entry is")
        if b"\\" not in line:
            known.insert(len(known) // 2, _form(json.loads(line)))
            del known[MOST_FORMS:]
        return found


def _form(members: Mapping[str, Any]) -> Callable[[bytes], re.Match[bytes] | None]:
    same = {name: re.escape(canonical(members[name]).decode()) for name in ("act", "kind", "outcome")}
    facts = ",".join(f'"{name}":{_like(value)}' for name, value in sorted(members["facts"].items()))
    patterns = {name: pattern for name, (pattern, _) in MEMBERS.items()}
    known = patterns | same | {"facts": rf"\{{{facts}\}}"}
    return _pattern({name: pattern.replace(_TEXT, _SIMPLE) for name, pattern in known.items()}).fullmatch


def _like(value: Any) -> str:
    if isinstance(value, str):
        return _TEXT
    if isinstance(value, list):
        return rf"\[(?:{_TEXT}(?:,{_TEXT})*+)?\]"
    return json.dumps(value) if value is None or isinstance(value, bool) else _NUMBER


def wrong(line: bytes) -> str | None:
    """Say in words what is wrong with the text of one entry, or return None: slow, and to the point.

    The words go on from "entry 7".
    """
    try:
        text = line.decode()
    except UnicodeDecodeError as error:
        return f"is not UTF-8 at byte {error.start + 1}"
    try:
        found = json.loads(text, object_pairs_hook=_once, parse_constant=_no_constant)
    except LedgerBroken as error:
        return str(error)
    except (ValueError, RecursionError):
        return "is not JSON"
    if not isinstance(found, dict):
        return "is not a JSON object"
    members: dict[str, Any] = found
    unknown, missing = members.keys() - MEMBERS.keys(), MEMBERS.keys() - OPTIONAL - members.keys()
    if missing:
        return f"has no {_listed(missing)}"
    if unknown:
        return f"has {_listed(unknown)}, which no entry of version {VERSION} has"
    for name, value in members.items():
        pattern, meant = MEMBERS[name]
        if not re.fullmatch(pattern.encode(), canonical(value)):
            return f"has as its {name} what should be {meant}"
    if canonical(members) != line:
        return "is not written as an entry is: its text is JSON of the same meaning, with other spaces, order or signs"
    if not _is_time(members["at"]):
        return f"is of {members['at']}, which is no day"
    return _lacking(members)


def _lacking(members: Mapping[str, Any]) -> str | None:
    """Say which facts an entry should have and has not (EU AI Act, Article 12(3)), or return None.

    Asked of an identification that was answered or held. Entries from before this version of the record, which have no
    `kind`, are not asked.
    """
    if members["act"] != "identify" or members["outcome"] not in ("answered", "held") or members["kind"] is None:
        return None
    names = frozenset(members["facts"])
    missing = WHERE - names
    if "matched" in names:
        missing |= FOUND - names
        if not WITH & names:
            return "does not say with what was searched: it should have one of " + ", ".join(sorted(WITH))
    return f"is an identification and has no {_listed(missing)} among its facts" if missing else None


def commitment(salt: bytes, text: str) -> str:
    """Return what a leaf has as `stated` for a statement, 64 hex digits: it can be checked, and not guessed back."""
    return hashlib.sha256(b"\x02" + salt + text.encode()).hexdigest()


def canonical(value: Any) -> bytes:
    """Return the one text of a JSON value, UTF-8."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return text.encode(errors="backslashreplace")


def parsed(line: bytes) -> Any:
    """Return the value of a line of canonical JSON. Raises `LedgerBroken` where it is written in any other way.

    The words of the error go on from "line 7".
    """
    try:
        found = json.loads(line.decode(), object_pairs_hook=_once, parse_constant=_no_constant)
    except LedgerBroken:
        raise
    except (ValueError, RecursionError):
        raise LedgerBroken("is not JSON") from None
    if canonical(found) != line:
        raise LedgerBroken("is not canonical JSON: it has other spaces, order or signs")
    return found


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise LedgerBroken(f"has {twice!r} twice")
    return found


def _no_constant(text: str) -> float:
    raise LedgerBroken(f"has {text}, which is no number of JSON")


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode()
    except UnicodeDecodeError:
        return False
    return True


def _is_time(text: str) -> bool:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


def _listed(names: frozenset[str] | set[str]) -> str:
    return ", ".join(sorted(names)[:5])

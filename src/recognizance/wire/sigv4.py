"""Who signed this: AWS Signature Version 4 in the Authorization header, verified.

Pure functions: the key store, the time and the regions are handed in. Header names are lower
case; values are the bytes of the wire read as Latin-1. The payload's hash is of the raw body as it
came. Everything that decides what is asked (host, and every `x-amz-*` and `x-recognizance-*`
header) has to be signed. Texts of errors are AWS's where AWS has one.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TypeAlias
from urllib.parse import quote_from_bytes

from recognizance.errors import SessionEnded
from recognizance.settings import ACCESS_KEY_ID
from recognizance.values import Caller, Key
from recognizance.wire.refused import WireError, shortened

ALGORITHM = "AWS4-HMAC-SHA256"
SERVICE = "rekognition"
TERMINATOR = "aws4_request"
WINDOW = timedelta(minutes=5)  # the text of AWS's own error says 5
SIGNED_PREFIXES = ("x-amz-", "x-recognizance-")
TOKEN = "x-amz-security-token"
FORM = "%Y%m%dT%H%M%SZ"
PLACES = ((0, 4), (4, 6), (6, 8), (9, 11), (11, 13), (13, 15))
"""Where year, month, day, hour, minute and second stand in it."""

Headers: TypeAlias = Mapping[str, Sequence[str]]
Keys: TypeAlias = Callable[[str, str | None], Key | None]
"""Finds a key that is good now by its id and its session token; raises `SessionEnded` for one past its end."""


@dataclass(frozen=True, slots=True)
class Claim:
    """What a request says of its signature, before anybody has checked it."""

    access_key: str
    date: str
    region: str
    service: str
    at: str
    signed: tuple[str, ...]
    signature: str

    @property
    def scope(self) -> str:
        """The credential scope, as it is signed."""
        return f"{self.date}/{self.region}/{self.service}/{TERMINATOR}"


def headers_of(pairs: Sequence[tuple[bytes, bytes]]) -> Headers:
    """Return the values of each header in their order, by its name in lower case."""
    found: dict[str, list[str]] = {}
    for name, value in pairs:
        found.setdefault(name.decode("latin-1").lower(), []).append(value.decode("latin-1"))
    return found


def claim(headers: Headers, query: bytes, *, now: datetime, regions: Sequence[str], service: str = SERVICE) -> Claim:
    """Return who says they signed this, after every check that needs neither key nor body.

    Raises `WireError`: MissingAuthenticationTokenException, IncompleteSignatureException or
    InvalidSignatureException.
    """
    given = headers.get("authorization", ())
    if not given:
        if b"x-amz-signature=" in query.lower():
            raise incomplete(
                "Signatures in the query string are not accepted here. Sign with the Authorization header."
            )
        raise WireError("MissingAuthenticationTokenException", "Missing Authentication Token")
    if len(given) > 1:
        raise incomplete("There should be one Authorization header.")
    found = read_authorization(given[0], at_of(headers))
    _check_time(found, now)
    _check_scope(found, regions, service)
    _check_signed(found, headers)
    return found


def key_of(found: Claim, headers: Headers, keys: Keys) -> Key:
    """Return the key that is said to have signed, before a byte of the body is waited for.

    That an unknown key is refused sooner than a known one tells nothing new: AWS's codes tell which it is, and only
    the secret is secret. A session's token has to open, and to be of the very id that is said to have signed; that it
    is signed was checked with the other headers. Raises `WireError`: UnrecognizedClientException or
    ExpiredTokenException.
    """
    tokens = headers.get(TOKEN, ())
    try:
        key = keys(found.access_key, tokens[0].strip() if tokens else None) if len(tokens) < 2 else None
    except SessionEnded:
        raise WireError("ExpiredTokenException", "The security token included in the request is expired") from None
    if key is None:
        raise WireError("UnrecognizedClientException", "The security token included in the request is invalid.")
    return key


def verify(found: Claim, request: Signed, keys: Keys) -> Caller:
    """Return the caller whose key signed `request`; the key is looked up now, not when the body began to arrive.

    Raises `WireError`: InvalidSignatureException, UnrecognizedClientException or ExpiredTokenException.
    """
    key = key_of(found, request.headers, keys)
    digest = hashlib.sha256(request.body).hexdigest()
    _check_payload(request.headers, digest)
    expected = signature(
        key.secret,
        found,
        canonical_request(request.method, request.path, request.query, request.headers, found.signed, digest),
    )
    if not hmac.compare_digest(expected.encode(), found.signature.encode()):
        raise mismatch(
            "The request signature we calculated does not match the signature you provided. Check your AWS Secret "
            "Access Key and signing method. Consult the service documentation for details."
        )
    return Caller(
        access_key=key.access_key_id,
        account=key.account,
        region=found.region,
        kind=key.kind,
        person=key.person,
        roles=key.roles,
        stated=key.stated,
        binding=key.binding,
        issuer=key.issuer,
        collections=key.collections,
    )


@dataclass(frozen=True, slots=True)
class Signed:
    """The parts of a request that a signature covers; `path` and `query` as they stand on the wire."""

    method: str
    path: bytes
    query: bytes
    headers: Headers
    body: bytes = field(repr=False)


def incomplete(sentence: str) -> WireError:
    """Return the error for a signature that lacks a part, or cannot be read."""
    return WireError("IncompleteSignatureException", sentence)


def mismatch(sentence: str) -> WireError:
    """Return the error for a signature that can be read and does not hold."""
    return WireError("InvalidSignatureException", sentence)


def read_authorization(text: str, at: str) -> Claim:
    """Return what an Authorization header says; `at` is the time of the request, as it is signed."""
    algorithm, _, rest = text.strip().partition(" ")
    if algorithm != ALGORITHM:
        raise incomplete(f"Authorization should begin with {ALGORITHM}.")
    parts = dict(_pair(part) for part in rest.split(",") if part.strip())
    missing = [name for name in ("Credential", "Signature", "SignedHeaders") if not parts.get(name)]
    if missing:
        raise incomplete(" ".join(f"Authorization header requires '{name}' parameter." for name in missing))

    scope = parts["Credential"].split("/")
    if len(scope) != 5:
        raise incomplete(
            "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, "
            f"got '{shortened(parts['Credential'])}'"
        )
    access_key, date, region, service, terminator = scope
    if not ACCESS_KEY_ID.fullmatch(access_key):
        raise incomplete("Credential should begin with an access key id.")
    if terminator != TERMINATOR:
        raise mismatch(f"Credential should be scoped with a valid terminator: '{TERMINATOR}'.")
    signed = tuple(parts["SignedHeaders"].split(";"))
    if list(signed) != sorted({name.lower() for name in signed}):
        raise incomplete("'SignedHeaders' should be in lower case, sorted, and without repeats.")
    if not re.fullmatch(r"[0-9a-f]{64}", parts["Signature"]):
        raise mismatch("The signature should be 64 hexadecimal digits in lower case.")
    return Claim(access_key, date, region, service, at, signed, parts["Signature"])


def _pair(text: str) -> tuple[str, str]:
    name, _, value = text.strip().partition("=")
    return name, value


def at_of(headers: Headers) -> str:
    """Return the request's time in the form that is signed, from X-Amz-Date or else from Date."""
    for name in ("x-amz-date", "date"):
        values = headers.get(name, ())
        if len(values) > 1:
            raise incomplete(f"There should be one {name} header.")
        if values:
            return values[0].strip() if _read_time(values[0].strip()) else _at_of_date(values[0])
    raise incomplete("Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.")


def _at_of_date(text: str) -> str:
    try:
        found = parsedate_to_datetime(text)
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC).strftime(FORM)
    except (ValueError, OverflowError, TypeError, IndexError):
        raise incomplete("Date must be in ISO-8601 'basic format', such as 20261123T045500Z.") from None


def _read_time(text: str) -> datetime | None:
    if not re.fullmatch(r"[0-9]{8}T[0-9]{6}Z", text):
        return None
    try:  # strptime would take ten times as long, on the event loop
        return datetime(*(int(text[start:end]) for start, end in PLACES), tzinfo=UTC)  # type: ignore[misc,arg-type]
    except ValueError:
        return None


def _check_time(found: Claim, now: datetime) -> None:
    at = _read_time(found.at)
    if at is None:
        raise incomplete("Date must be in ISO-8601 'basic format', such as 20261123T045500Z.")
    if found.date != found.at[:8]:
        raise mismatch(
            "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: "
            f"'{shortened(found.date)}' != '{found.at[:8]}', from '{found.at}'."
        )
    if at < now - WINDOW:
        edge = now - WINDOW
        raise mismatch(f"Signature expired: {found.at} is now earlier than {edge:{FORM}} ({now:{FORM}} - 5 min.)")
    if at > now + WINDOW:
        edge = now + WINDOW
        raise mismatch(
            f"Signature not yet current: {found.at} is still later than {edge:{FORM}} ({now:{FORM}} + 5 min.)"
        )


def _check_scope(found: Claim, regions: Sequence[str], service: str) -> None:
    if found.service != service:
        raise mismatch(f"Credential should be scoped to correct service: '{service}'.")
    if not re.fullmatch(r"[a-z0-9-]{1,64}", found.region) or (regions and found.region not in regions):
        raise mismatch("Credential should be scoped to a valid region.")


def _check_signed(found: Claim, headers: Headers) -> None:
    if "host" not in found.signed:
        raise mismatch("'Host' must be a 'SignedHeader' in the AWS Authorization.")
    unsigned = sorted(name for name in headers if name.startswith(SIGNED_PREFIXES) and name not in found.signed)
    if unsigned:
        raise mismatch(
            f"There were headers present in the request which were not signed: {shortened(', '.join(unsigned))}"
        )


def _check_payload(headers: Headers, digest: str) -> None:
    stated = headers.get("x-amz-content-sha256")
    if stated is not None and list(stated) != [digest]:
        raise mismatch("The value of x-amz-content-sha256 should be the SHA-256 of the body, in lower-case hex.")


def canonical_request(
    method: str, path: bytes, query: bytes, headers: Headers, signed: Sequence[str], digest: str
) -> str:
    """Return the text whose hash is signed: like the headers, bytes read as Latin-1."""
    lines = "".join(f"{name}:{canonical_values(headers.get(name, ()))}\n" for name in signed)
    return "\n".join([method.upper(), canonical_path(path), canonical_query(query), lines, ";".join(signed), digest])


def canonical_values(values: Sequence[str]) -> str:
    """Return the values of one header, trimmed, runs of blanks as one, joined with commas."""
    return ",".join(re.sub(r"[ \t\r\n]+", " ", value).strip(" ") for value in values)


def canonical_path(path: bytes) -> str:
    """Return the path with dot segments and doubled slashes resolved, and then encoded (again)."""
    kept: list[bytes] = []
    for segment in path.split(b"/"):
        if segment == b"..":
            del kept[-1:]
        elif segment not in (b"", b"."):
            kept.append(segment)
    last = b"/" if kept and path.endswith(b"/") else b""
    return quote_from_bytes(b"/" + b"/".join(kept) + last, safe="/~")


def canonical_query(query: bytes) -> str:
    """Return the query's pairs as they stand, sorted by name and then value."""
    if not query:
        return ""
    pairs = sorted(pair.partition(b"=")[::2] for pair in query.split(b"&"))
    return "&".join(f"{name.decode('latin-1')}={value.decode('latin-1')}" for name, value in pairs)


def string_to_sign(found: Claim, canonical: str) -> str:
    """Return what the signing key signs."""
    return "\n".join([ALGORITHM, found.at, found.scope, hashlib.sha256(canonical.encode("latin-1")).hexdigest()])


def signature(secret: str, found: Claim, canonical: str) -> str:
    """Return the signature, 64 hex digits, that `secret` gives the canonical request."""
    key = f"AWS4{secret}".encode()
    for part in (found.date, found.region, found.service, TERMINATOR):
        key = hmac.digest(key, part.encode(), "sha256")
    return hmac.digest(key, string_to_sign(found, canonical).encode(), "sha256").hex()

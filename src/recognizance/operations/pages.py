"""Page tokens: where a list goes on, bound to the question it belongs to, and good for a day.

A token is a version byte, the second it was made, the cursor, and 16 bytes of an HMAC over these, the
account, the operation and the other arguments: nothing is kept for it, and no other question accepts it.
"""

from __future__ import annotations

import base64
import json
import struct
from collections.abc import Mapping
from typing import Any

from recognizance.accountability.ledger import Seal
from recognizance.errors import InvalidPage
from recognizance.operations.call import Call

LASTS = 24 * 60 * 60  # seconds: "pagination token ... valid for 24 hours"
FREE = ("NextToken", "MaxResults")  # what may differ from page to page
_HEAD = struct.Struct(">BQ")
_VERSION = 1
_SEALED = 16


def start(call: Call, request: Mapping[str, Any]) -> str:
    """Return the cursor a request's NextToken holds, or "" where there is none. Raises `InvalidPage`."""
    token = request.get("NextToken")
    if not token:
        return ""
    try:
        sealed = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
        made, cursor, seal = sealed[:-_SEALED][: _HEAD.size], sealed[_HEAD.size : -_SEALED], sealed[-_SEALED:]
        version, at = _HEAD.unpack(made)
        text = cursor.decode()
    except (ValueError, struct.error):
        raise InvalidPage from None
    if version != _VERSION or not Seal.same(seal, _seal(call, request, made + cursor)):
        raise InvalidPage
    if not at <= call.tools.now().timestamp() + 60 or call.tools.now().timestamp() - at > LASTS:
        raise InvalidPage
    return text


def after(call: Call, request: Mapping[str, Any], cursor: str) -> str:
    """Return the token for the page that begins after `cursor`, at most 255 characters."""
    body = _HEAD.pack(_VERSION, int(call.tools.now().timestamp())) + cursor.encode()
    return base64.urlsafe_b64encode(body + _seal(call, request, body)).rstrip(b"=").decode()


def _seal(call: Call, request: Mapping[str, Any], body: bytes) -> bytes:
    bound = {name: value for name, value in request.items() if name not in FREE}
    question = json.dumps([call.ask.caller.account, call.ask.operation, bound], sort_keys=True, default=str)
    return bytes.fromhex(call.tools.seal.digest(f"page {body.hex()} {question}"))[:_SEALED]

"""What the front of the service refuses before anybody asks the service: a code, a sentence, a status.

These are the answers AWS gives from its front end (signature, parsing, unknown operation, broken
constraints), with the body `{"__type", "message"}`. What the service itself refuses is a
`recognizance.errors.Refusal`.
"""

from __future__ import annotations


class WireError(Exception):
    """A request refused at the wire; `code` is AWS's name for the reason, `status` the HTTP status."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        """Take the three things the client will see."""
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status


def unreadable(reason: str) -> WireError:
    """Return the error for a body that is not JSON, or whose JSON is of the wrong type."""
    return WireError("SerializationException", reason)


def shortened(text: str, limit: int = 100) -> str:
    """Return `text` whole, or its beginning and how long it was: nobody matches on more."""
    return text if len(text) <= limit else f"{text[:limit]}... ({len(text)} characters)"

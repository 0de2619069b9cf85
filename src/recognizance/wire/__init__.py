"""The edge that AWS's clients speak to: bytes to checked requests, and answers back to bytes.

It asks the service and decides nothing but who signed. `endpoint` makes the ASGI application, `run` serves
it, `Key` is what a key store gives.
"""

from recognizance.wire.http import Endpoint, Service, endpoint
from recognizance.wire.server import run
from recognizance.wire.sigv4 import Key

__all__ = ["Endpoint", "Key", "Service", "endpoint", "run"]

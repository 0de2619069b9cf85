"""The edge that AWS's clients speak to: bytes to checked requests, and answers back to bytes.

It asks the service and decides nothing but who signed. `endpoint` makes the ASGI application, `run` serves
it.
"""

from recognizance.wire.http import Endpoint, Service, endpoint
from recognizance.wire.server import run

__all__ = ["Endpoint", "Service", "endpoint", "run"]

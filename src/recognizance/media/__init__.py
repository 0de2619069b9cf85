"""Where pictures come from: the request itself, or a store of objects that the operator chose."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from recognizance.errors import InvalidParameter, InvalidS3Object
from recognizance.settings import Settings

NEITHER = "Requested image should either contain bytes or s3 object."  # AWS's words
OFF = "This server reads no S3 objects: send the picture as Bytes, or ask its operator to set an S3 endpoint."


class Store(Protocol):
    """A store of objects. It may be asked from several threads at once."""

    def get(self, bucket: str, name: str, version: str | None, /) -> bytes:
        """Return one whole object, of `version` or the newest.

        Raises `InvalidS3Object` when it cannot be had, for whatever reason, `ImageTooLarge` when it
        is larger than a picture may be and `RateExceeded` when the store turns requests away.
        """
        ...

    def close(self) -> None:
        """Let go of connections. The store may not be asked again."""
        ...


@dataclass(frozen=True, slots=True)
class Media:
    """The pictures that requests carry, and those they name where there is a store."""

    store: Store | None = None

    def read(self, image: Mapping[str, Any]) -> bytes:
        """Return the bytes that the wire's Image structure carries or names.

        Raises `InvalidParameter` when it has neither or both, and what `Store.get` raises.
        """
        if image.get("Bytes") is not None and image.get("S3Object") is not None:
            raise InvalidParameter("Requested image should contain either bytes or s3 object, not both.")
        if image.get("Bytes") is not None:
            return bytes(image["Bytes"])
        if image.get("S3Object") is None:
            raise InvalidParameter(NEITHER)

        named: Mapping[str, Any] = image["S3Object"]
        if not self.store:
            raise InvalidS3Object(OFF)
        if not (named.get("Bucket") and named.get("Name")):
            raise InvalidS3Object("Request has invalid S3 object.")  # AWS's words
        return self.store.get(named["Bucket"], named["Name"], named.get("Version"))

    def close(self) -> None:
        """Let go of the store's connections, where there is a store."""
        if self.store:
            self.store.close()


def connect(settings: Settings) -> Media:
    """Return the media that the settings describe. Nothing is contacted, nor is boto3 loaded without S3."""
    if not settings.s3_endpoint:
        return Media()
    from recognizance.media.s3 import S3

    return Media(S3(settings))

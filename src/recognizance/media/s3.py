"""Objects read over S3's protocol, from the one endpoint and with the one key that the operator set.

A caller names a bucket, a key and a version, and these only ever become the path and the query of a
request to that endpoint, signed with the server's own key:

- the bucket is part of the path, never of the host name; no access points, no Outposts, no Express;
- redirects, S3's own between regions included, are not followed, and a request for any other host
  is stopped before it is sent, whatever the library below made of a name;
- keys with `.` or `..` between slashes are refused: a proxy before the store may resolve them, out
  of the bucket;
- the machine's metadata service is not asked for a key unless `s3_instance_role` says so.

A request is tried twice. Connecting and each wait for bytes take at most `s3_timeout`, an object's
bytes together three times that.
"""

from __future__ import annotations

import http.client
import logging
import re
import threading
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import boto3
import botocore.session
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError
from urllib3.exceptions import HTTPError

from recognizance.errors import ImageTooLarge, InvalidS3Object, RateExceeded, SettingsWrong
from recognizance.settings import Settings
from recognizance.values import PICTURE_BYTES

BUCKET = re.compile(r"[0-9A-Za-z.\-_]{3,255}")  # the service model's pattern
ATTEMPTS = 2
PATIENCE = 3  # timeouts that an object's bytes may take together
PIECE = 256 * 1024

THROTTLED = {"SlowDown", "ServiceUnavailable", "RequestLimitExceeded", "Throttling", "ThrottlingException"}
UNREADABLE = (
    BotoCoreError,
    ClientError,
    ResponseParserError,
    HTTPError,
    http.client.HTTPException,
    OSError,
    ValueError,
)
"""What the libraries below raise, and we for answers that contradict themselves or the request."""

log = logging.getLogger(__name__)


class S3:
    """A store spoken to over S3's protocol. One client serves all threads; it is made when first needed."""

    def __init__(self, settings: Settings, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        """Raise `SettingsWrong` when the endpoint is no address of a host."""
        if not urlsplit(settings.s3_endpoint).hostname:
            raise SettingsWrong("s3_endpoint should be an address such as https://s3.example.org")
        self._settings = settings
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._made: Any = None

    def get(self, bucket: str, name: str, version: str | None, /) -> bytes:
        """Return one whole object of at most 15 MB; see `Store.get`."""
        if not readable(bucket, name, version, self._settings.s3_buckets):
            log.info("S3: a bucket or key was refused by its name")
            raise InvalidS3Object
        try:
            named = {"Bucket": bucket, "Key": name} | ({"VersionId": version} if version else {})
            answer = self._client().get_object(**named)
            with answer["Body"] as body:
                if version and answer.get("VersionId", "null") != version:
                    raise ValueError("the store gave another version than the one named")
                return self._read(body, answer.get("ContentLength"))
        except ClientError as error:
            code = str(error.response.get("Error", {}).get("Code", ""))
            status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode")
            log.info("S3: GetObject answered %s %s", status, code)
            if status in (429, 503) or code in THROTTLED:
                raise RateExceeded("S3 download limit exceeded.") from error
            raise InvalidS3Object from error
        except UNREADABLE as error:
            log.warning("S3: GetObject failed: %s", type(error).__name__)
            raise InvalidS3Object from error

    def close(self) -> None:
        """Let go of the connections, if there ever were any."""
        with self._lock:
            if self._made is not None:
                self._made.close()

    def _read(self, body: Any, length: int | None) -> bytes:
        """Return the whole body, by what it weighs and not only by the length its header says."""
        until = self._monotonic() + PATIENCE * self._settings.s3_timeout
        pieces: list[bytes] = []
        read = 0
        if length is not None and length > PICTURE_BYTES:
            raise _too_large()
        while piece := body.read1(PIECE):  # at most one wait each, so that the time can be seen
            pieces.append(piece)
            read += len(piece)
            if read > PICTURE_BYTES:
                raise _too_large()
            if self._monotonic() > until:
                raise TimeoutError("the object's bytes come too slowly")
        if length is not None and read != length:
            raise ValueError("the object is shorter than its header says")
        return b"".join(pieces)

    def _client(self) -> Any:
        with self._lock:
            if self._made is None:
                self._made = make_client(self._settings)
        return self._made


def readable(bucket: str, name: str, version: str | None, allowed: tuple[str, ...]) -> bool:
    """Return whether an object so named may be asked for at all."""
    try:
        (name + (version or "")).encode()
    except UnicodeEncodeError:  # half a surrogate pair, which JSON can spell
        return False
    return (
        bool(BUCKET.fullmatch(bucket))
        and (not allowed or bucket in allowed)
        and 0 < len(name) <= 1024
        and not {".", ".."} & set(name.split("/"))
    )


def make_client(settings: Settings) -> Any:
    """Return boto3's S3 client, which can reach the settings' endpoint and nothing else."""
    session = botocore.session.Session()
    if not settings.s3_instance_role:
        session.get_component("credential_provider").remove("iam-role")
    client = boto3.Session(botocore_session=session).client(
        "s3",
        endpoint_url=settings.s3_endpoint,
        region_name=settings.s3_region,
        aws_access_key_id=settings.s3_access_key_id or None,
        aws_secret_access_key=settings.s3_secret_access_key or None,
        config=Config(
            signature_version="s3v4",
            s3={
                "addressing_style": "path",
                "use_accelerate_endpoint": False,
                "disable_s3_express_session_auth": True,
            },
            use_dualstack_endpoint=False,
            use_fips_endpoint=False,
            defaults_mode="legacy",  # "auto" would ask the metadata service for a region
            response_checksum_validation="when_required",
            connect_timeout=settings.s3_timeout,
            read_timeout=settings.s3_timeout,
            retries={"total_max_attempts": ATTEMPTS, "mode": "standard"},
            max_pool_connections=32,
        ),
    )
    events = client.meta.events
    events.register_last("before-parameter-build.s3", _stay_in_region)
    events.register_last("before-send.s3", _only(settings.s3_endpoint))
    return client


def _stay_in_region(context: dict[str, Any], **_: Any) -> None:
    """Tell botocore's redirector that this request was redirected already, so that it is not."""
    context["s3_redirect"]["redirected"] = True


def _only(endpoint: str) -> Callable[..., None]:
    """Return a handler that stops every request that does not go to `endpoint`."""
    here = urlsplit(endpoint)
    path = here.path.rstrip("/") + "/"

    def check(request: Any, **_: Any) -> None:
        there = urlsplit(request.url)
        if (there.scheme, there.netloc) != (here.scheme, here.netloc) or not there.path.startswith(path):
            log.warning("S3: a request for another host was stopped")
            raise InvalidS3Object

    return check


def _too_large() -> ImageTooLarge:
    return ImageTooLarge("Image size is too large.")  # AWS's words

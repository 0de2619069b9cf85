"""A Rekognition endpoint, ours or Amazon's, asked through boto3: no faster than is allowed, and again where it is busy.

What an endpoint says of one picture (no face in it, too large, no JPEG) is `Refused`, and the audit goes on. What it
says of whoever asks, and that it cannot be reached, is `Failed` in a sentence, and the audit ends.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from threading import Lock
from typing import Any
from urllib.parse import urlsplit

from recognizance.cli import repeated
from recognizance.cli.failures import Failed, Wrong
from recognizance.cli.output import shown
from recognizance.cli.remote import ANY_REGION, MODELS

AMAZON = "aws"
AMAZONS = (".amazonaws.com", ".amazonaws.com.cn", ".api.aws", ".api.amazonwebservices.com.cn")
"""How the names of Amazon's endpoints end."""

PATIENT, QUICK = 7, 2  # times that one request is made: seven wait for half a minute in all, two for a second
CONNECTS, ANSWERS = 10.0, 90.0  # seconds
OF_A_PICTURE = frozenset(
    {
        "InvalidParameterException",
        "InvalidImageFormatException",
        "ImageTooLargeException",
        "ValidationException",
        "InvalidS3ObjectException",
    }
)
BUSY = frozenset({"ThrottlingException", "ProvisionedThroughputExceededException", "SlowDown", "TooManyRequests"})
HEADER = "x-recognizance-"
HELD = f"{HEADER}review"
NO_KEY = (
    "there is no access key to ask {address} with: put one into AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or into "
    "a profile named with --profile"
)
NO_REKOGNITION = "what answers at {address} is no Rekognition"


class Refused(Exception):
    """An endpoint will not take a picture; `code` is the wire's word for why."""

    def __init__(self, code: str, said: str) -> None:
        """Keep both."""
        super().__init__(said)
        self.code = code


@dataclass(frozen=True, slots=True)
class Place:
    """Where to ask. `url` is None for the one that AWS's tools would ask in that region."""

    url: str | None
    region: str | None
    amazon: bool

    @property
    def called(self) -> str:
        """What a report calls it."""
        if self.url is not None:
            return self.url
        return f"Amazon Rekognition{f' in {self.region}' if self.region else ''}"


@dataclass(slots=True)
class Pace:
    """Lets at most so many requests a second begin, whatever thread they come from; None lets all."""

    per_second: float | None
    timer: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    _next: float = 0.0
    _lock: Lock = field(default_factory=Lock)

    def wait(self) -> None:
        """Return when the next may begin."""
        if self.per_second is None:
            return
        with self._lock:
            at = max(self._next, self.timer())
            self._next = at + 1 / self.per_second
        if (left := at - self.timer()) > 0:
            self.sleep(left)


@dataclass(slots=True)
class Counted:
    """How many requests were sent, those that were sent again among them."""

    requests: int = 0
    again: int = 0
    _lock: Lock = field(default_factory=Lock)

    def add(self, metadata: Mapping[str, Any]) -> None:
        """Count an answer by what botocore says of it."""
        again = metadata.get("RetryAttempts", 0)
        with self._lock:
            self.requests += 1 + again
            self.again += again


@dataclass(frozen=True, slots=True)
class Known:
    """What an endpoint says of a collection: the version of its face model, and how many faces it holds."""

    version: str
    faces: int


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An endpoint, open. It may be asked from several threads. `access_key` is the id of the key it is asked with."""

    place: Place
    region: str
    access_key: str
    counted: Counted
    _patient: Any = field(repr=False)
    _quick: Any = field(repr=False)
    _house: Any = field(repr=False)
    _pace: Pace = field(repr=False)

    def reach(self) -> None:
        """Return if there is an endpoint that knows whoever asks; it may still refuse what is asked then."""
        try:
            answer = self._ask(self._quick, "list_collections", MaxResults=1)
        except Denied:
            return
        if not isinstance(answer.get("CollectionIds"), list):
            raise Failed(NO_REKOGNITION.format(address=self.place.called))

    def create(self, collection: str) -> str:
        """Make a collection, and return the version of its face model, "" where the endpoint does not say."""
        answer = self._ask(self._quick, "create_collection", CollectionId=collection)
        return str(answer.get("FaceModelVersion") or "")

    def known(self, collection: str) -> Known | None:
        """Return what the endpoint says of a collection; None where there is none of that name."""
        try:
            answer = self._ask(self._patient, "describe_collection", CollectionId=collection)
        except Missing:
            return None
        count = answer.get("FaceCount")
        return Known(str(answer.get("FaceModelVersion") or ""), count if isinstance(count, int) else 0)

    def delete(self, collection: str) -> None:
        """Delete a collection; one that is gone is left so."""
        try:
            self._ask(self._patient, "delete_collection", CollectionId=collection)
        except Missing:
            return

    def index(self, collection: str, picture: bytes, number: int, most: int) -> Mapping[str, Any]:
        """Enrol up to `most` faces of a picture under its number, and return the answer. Raises `Refused`."""
        return self._ask(
            self._patient,
            "index_faces",
            CollectionId=collection,
            Image={"Bytes": picture},
            ExternalImageId=str(number),
            MaxFaces=most,
            QualityFilter="NONE",
            DetectionAttributes=[],
        )

    def forget(self, collection: str, faces: list[str]) -> None:
        """Remove faces from a collection."""
        self._ask(self._patient, "delete_faces", CollectionId=collection, FaceIds=faces)

    def search(self, collection: str, picture: bytes, at_least: float, most: int) -> tuple[Mapping[str, Any], bool]:
        """Search with the largest face of a picture; return the answer, and whether it holds matches back."""
        answer = self._answer(
            self._patient,
            "search_faces_by_image",
            CollectionId=collection,
            Image={"Bytes": picture},
            FaceMatchThreshold=at_least,
            MaxFaces=most,
            QualityFilter="NONE",
        )
        headers = answer.get("ResponseMetadata", {}).get("HTTPHeaders", {})
        return answer, HELD in {str(name).lower() for name in headers}

    def compare(self, source: bytes, target: bytes) -> Mapping[str, Any]:
        """Compare the largest face of one picture with all of another, and return the answer. Raises `Refused`."""
        return self._ask(
            self._patient,
            "compare_faces",
            SourceImage={"Bytes": source},
            TargetImage={"Bytes": target},
            SimilarityThreshold=0.0,
            QualityFilter="NONE",
        )

    def house(self, operation: str, **request: Any) -> Mapping[str, Any] | None:
        """Return what a house operation answers; None where the endpoint has none, or will not say."""
        if self.place.amazon:
            return None
        try:
            return self._ask(self._house, operation, **request)
        except (Failed, Refused):
            return None

    def _ask(self, client: Any, operation: str, **request: Any) -> Mapping[str, Any]:
        answer = self._answer(client, operation, **request)
        return {name: value for name, value in answer.items() if name != "ResponseMetadata"}

    def _answer(self, client: Any, operation: str, **request: Any) -> Mapping[str, Any]:
        from botocore import exceptions
        from botocore.parsers import ResponseParserError

        self._pace.wait()
        address = self.place.called
        try:
            answer: Mapping[str, Any] = getattr(client, operation)(**request)
        except exceptions.ClientError as error:
            self.counted.add(error.response.get("ResponseMetadata", {}))
            raise _refusal(address, error.response) from None
        except (exceptions.NoCredentialsError, exceptions.PartialCredentialsError):
            raise Failed(NO_KEY.format(address=address)) from None
        except exceptions.ParamValidationError as error:
            raise Refused("ValidationException", " ".join(str(error).split())) from None
        except (ResponseParserError, AttributeError, TypeError):  # botocore's own, at JSON that is no object
            raise Failed(NO_REKOGNITION.format(address=address)) from None
        except (exceptions.HTTPClientError, exceptions.ConnectionError) as error:
            raise Failed(f"no server answers at {address}: {shown(error)}") from None
        except exceptions.BotoCoreError as error:
            raise Failed(f"{address} cannot be asked: {shown(error)}") from None
        self.counted.add(answer.get("ResponseMetadata", {}))
        return answer


class Missing(Failed):
    """What is named is not there."""


class Denied(Failed):
    """Whoever asks may not do that."""


def place(given: str, region: str | None) -> Place:
    """Return where an address as it was typed leads: a URL, less its query, or "aws". Raises `Wrong` for others."""
    if given.lower() == AMAZON:
        return Place(None, region, amazon=True)
    try:
        parts = urlsplit(given)
        host = (parts.hostname or "").lower()
        _ = parts.port
    except ValueError:
        parts, host = urlsplit(""), ""
    if parts.scheme not in ("http", "https") or not host:
        raise Wrong(
            f"{shown(repeated.address(given))} should be the URL of an endpoint, such as http://127.0.0.1:8477, or aws "
            "for Amazon's own"
        )
    if parts.username or parts.password:
        raise Wrong("the URL should not hold a name or a password: the access key signs each request")
    amazon = host.endswith(AMAZONS)
    named = host.split(".")
    of_host = named[1] if amazon and named[0].startswith("rekognition") and len(named) > 3 else None
    return Place(repeated.address(given).rstrip("/"), region or of_host, amazon)


def connect(
    where: Place, *, profile: str | None, stated: Mapping[str, str], at_once: int, per_second: float | None
) -> Endpoint:
    """Return an endpoint to ask with the credentials that AWS's tools would use; nothing is sent yet.

    `stated` goes with every request as signed headers (docs/policy.md), `at_once` is from how many threads it will be
    asked. Raises `Wrong` for a profile or an address that is none, `Failed` where there is no key.
    """
    import boto3
    from botocore import exceptions
    from botocore.config import Config
    from botocore.session import Session

    def client(service: str, attempts: int) -> Any:
        config = Config(
            retries={"mode": "standard", "total_max_attempts": attempts},
            max_pool_connections=at_once,
            connect_timeout=CONNECTS,
            read_timeout=ANSWERS,
            ignore_configured_endpoint_urls=True,
        )
        opened = made.client(service, endpoint_url=where.url, region_name=region, config=config)

        def state(request: Any, **_: Any) -> None:
            for name, value in stated.items():
                request.headers[f"{HEADER}{name}"] = value

        opened.meta.events.register(f"before-sign.{service}.*", state)
        return opened

    try:
        session = Session(profile=profile)
        session.get_component("data_loader").search_paths.append(str(MODELS))
        made = boto3.Session(botocore_session=session)
        credentials = made.get_credentials()
        if credentials is None:
            raise Failed(NO_KEY.format(address=where.called))
        region = where.region or made.region_name or ("" if where.amazon else ANY_REGION)
        if not region:
            raise Wrong("name the region with --region, such as --region eu-west-1")
        known = Place(where.url, region, where.amazon)
        house = None if where.amazon else client("recognizance", QUICK)
        return Endpoint(
            place=known,
            region=region,
            access_key=str(credentials.access_key),
            counted=Counted(),
            _patient=client("rekognition", PATIENT),
            _quick=client("rekognition", QUICK),
            _house=house,
            _pace=Pace(per_second),
        )
    except exceptions.ProfileNotFound:
        raise Wrong(f"there is no AWS profile {profile}") from None
    except (exceptions.BotoCoreError, ValueError) as error:
        raise Wrong(f"{where.called} cannot be asked: {shown(error)}") from None


def _refusal(address: str, response: Mapping[str, Any]) -> Exception:
    """Return what a refusal means: of the picture, of who asks, or of the endpoint's own state."""
    error, status = response.get("Error", {}), response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    code, said = str(error.get("Code") or ""), shown(error.get("Message") or "").strip()
    if code in OF_A_PICTURE and status < 500:
        return Refused(code, said or code)
    if code == "ResourceNotFoundException":
        return Missing(f"{address}: {said}")
    if code in BUSY:
        return Failed(
            f"{address} turns requests away ({code}: {said}), however often they are made; run the command again with "
            "fewer --per-second, and it goes on where it was"
        )
    if code == "AccessDeniedException":
        return Denied(f"{address} does not allow it: {said}")
    if status >= 500:
        return Failed(
            f"{address} has a fault of its own ({code or status}: {said}); run the command again later, and it goes on "
            "where it was"
        )
    if code.isdigit() or not code.endswith(("Exception", "Error", "Failure", "Token", "Expired", "DoesNotMatch")):
        return Failed(f"{NO_REKOGNITION.format(address=address)} ({code or status})")
    return Failed(f"{address} refuses: {said or code} ({code})")

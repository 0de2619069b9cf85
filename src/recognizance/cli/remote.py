"""Asking a server that is elsewhere, as oneself: through boto3, with the AWS credentials of whoever runs the command.

What reviewers do cannot be done as the caller at the machine's own command line: that has no name, and two of it
would be one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any, TypeAlias

import typer

from recognizance.cli.failures import Failed, Wrong

ANY_REGION = "us-east-1"
MODELS = Path(__file__).parents[1] / "wire" / "models"
NOT_LOCAL = (
    "a review is asked as yourself, and this command line has no key of yours: put the access key you were given "
    "into AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or into a profile named with --profile"
)
ANYWHERE = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}

Asking: TypeAlias = Callable[..., Mapping[str, Any]]
"""An operation's name as boto3 spells it, and its request; the answer."""

Endpoint = Annotated[
    str | None,
    typer.Option(
        metavar="URL",
        help="Where the server is; else AWS_ENDPOINT_URL_RECOGNIZANCE, AWS_ENDPOINT_URL or the AWS profile says it, "
        "and else this machine's settings.",
    ),
]
Profile = Annotated[str | None, typer.Option(metavar="NAME", help="The AWS profile that has your key.")]


def asking(endpoint: str | None, otherwise: str, profile: str | None = None) -> Asking:
    """Return what asks the house operations of the server at `endpoint`.

    Where none is given it is the one that AWS's tools would ask, by the environment or the profile, and where these
    say nothing it is `otherwise`. Raises `Failed` where there is no key to ask with; what it returns raises it where
    the server cannot be reached or refuses, in its own words.
    """
    import boto3
    from botocore import exceptions
    from botocore.config import Config
    from botocore.session import Session

    try:
        session = Session(profile=profile)
        session.get_component("data_loader").search_paths.append(str(MODELS))
        made = boto3.Session(botocore_session=session)
        if made.get_credentials() is None:
            raise Failed(NOT_LOCAL)
        address = endpoint or _configured(made) or otherwise
        config = Config(retries={"total_max_attempts": 2})
        region = made.region_name or ANY_REGION
        client = made.client("recognizance", endpoint_url=address, region_name=region, config=config)
    except exceptions.ProfileNotFound:
        raise Wrong(f"there is no AWS profile {profile}") from None
    except ValueError as error:
        raise Wrong(str(error)) from None

    def ask(operation: str, **request: Any) -> Mapping[str, Any]:
        try:
            answer: Mapping[str, Any] = getattr(client, operation)(**request)
        except exceptions.ClientError as error:
            raise Failed(str(error.response["Error"].get("Message") or error)) from None
        except (exceptions.HTTPClientError, exceptions.ConnectionError) as error:
            raise Failed(f"no server answers at {address}: {error}") from None
        except exceptions.ParamValidationError as error:
            raise Wrong(str(error)) from None
        return {name: value for name, value in answer.items() if name != "ResponseMetadata"}

    return ask


def local(host: str, port: int) -> str:
    """Return where a server with these settings listens, as seen from this machine."""
    return f"http://{ANYWHERE.get(host, host)}:{port}"


def _configured(session: Any) -> str | None:
    """Return the endpoint that the environment or the profile names for our service, in AWS's order; or None.

    A client takes it by itself, and one that is told to take none shows what it would ask otherwise: Amazon.
    """
    from botocore.config import Config

    deaf = Config(ignore_configured_endpoint_urls=True)
    hears, amazon = (
        session.client("recognizance", region_name=ANY_REGION, config=config).meta.endpoint_url
        for config in (None, deaf)
    )
    return None if hears == amazon else str(hears)

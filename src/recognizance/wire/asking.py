"""Asks another server for what its house operations give, as boto3 would: by Signature Version 4."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import botocore.session
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError

from recognizance.errors import ServerRefused
from recognizance.wire.model import MODELS

SECONDS = 30


def asking(endpoint: str) -> Callable[[str, Mapping[str, Any]], Mapping[str, Any]]:
    """Return what asks the server at `endpoint`, with the access key that AWS's tools would use.

    What it gives raises `ServerRefused` where there is no key, no answer, or a refusal.
    """
    session = botocore.session.Session()
    session.get_component("data_loader").search_paths.append(str(MODELS))
    try:
        client = session.create_client(
            "recognizance",
            endpoint_url=endpoint,
            region_name=session.get_config_variable("region") or "us-east-1",
            config=Config(connect_timeout=SECONDS, read_timeout=SECONDS, ignore_configured_endpoint_urls=True),
        )
    except (BotoCoreError, ValueError) as error:
        raise ServerRefused(f"{endpoint} cannot be asked: {error}") from None

    def ask(name: str, request: Mapping[str, Any]) -> Mapping[str, Any]:
        try:
            answer: dict[str, Any] = client._make_api_call(name, dict(request))
        except NoCredentialsError:
            raise ServerRefused(
                f"there is no access key for {endpoint}: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
            ) from None
        except (BotoCoreError, ClientError) as error:
            raise ServerRefused(f"{endpoint}: {error}") from None
        answer.pop("ResponseMetadata", None)
        return answer

    return ask

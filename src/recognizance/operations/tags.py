"""Tags of collections: TagResource, UntagResource, ListTagsForResource."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from recognizance import shapes
from recognizance.errors import InvalidParameter, NotFound, QuotaExceeded
from recognizance.gallery import collections, grounds
from recognizance.operations.call import Call, operation
from recognizance.values import Act, Collection, term

MOST_TAGS = 200  # "up to 200 tags" (service model)
COLLECTION_ARN = re.compile(
    r"(?:arn:)?aws[a-z-]*:rekognition:[a-z0-9-]*:(\d{12}):collection/([a-zA-Z0-9_.\-]+)", re.ASCII
)


def named(request: Mapping[str, Any]) -> str | None:
    """Return the id of the collection that a request's ARN names; None where it names none."""
    found = COLLECTION_ARN.fullmatch(request["ResourceArn"])
    return found and found[2]


@operation("TagResource", Act.MANAGE, tags="Tags", names=named)
def tag_resource(call: Call, request: shapes.TagResourceRequest) -> shapes.TagResourceResponse:
    """Add tags to a collection, and change those it has."""
    found = _tagged(call, request["ResourceArn"])
    with call.write(tags=len(request["Tags"])) as tx:
        held = collections.locked(tx, found)
        tags = collections.tags(tx, held) | request["Tags"]
        check_tags(tags)
        collections.tag(tx, held, tags)
    return {}


@operation("UntagResource", Act.MANAGE, tags="TagKeys", names=named)
def untag_resource(call: Call, request: shapes.UntagResourceRequest) -> shapes.UntagResourceResponse:
    """Take tags from a collection; keys it does not have are passed over."""
    found = _tagged(call, request["ResourceArn"])
    with call.write(tags=len(request["TagKeys"])) as tx:
        held = collections.locked(tx, found)
        left = {key: value for key, value in collections.tags(tx, held).items() if key not in request["TagKeys"]}
        collections.tag(tx, held, left)
    return {}


@operation("ListTagsForResource", Act.READ, names=named)
def list_tags_for_resource(
    call: Call, request: shapes.ListTagsForResourceRequest
) -> shapes.ListTagsForResourceResponse:
    """List the tags of a collection."""
    return {"Tags": collections.tags(call.tools.database, _tagged(call, request["ResourceArn"]))}


def check_tags(tags: Mapping[str, str]) -> None:
    """Raise `QuotaExceeded` for more tags than a resource may have, and `InvalidParameter` for a term that is none."""
    if len(tags) > MOST_TAGS:
        raise QuotaExceeded(f"A resource may have {MOST_TAGS} tags, and these would be {len(tags)}.")
    if term(tags) == 0:
        raise InvalidParameter(grounds.no_term())


def _tagged(call: Call, arn: str) -> Collection:
    """Return the collection an ARN names, in whatever region it was made, with or without its `arn:`."""
    named = COLLECTION_ARN.fullmatch(arn)
    if named is None:
        raise InvalidParameter("ResourceArn should name a collection; nothing else has tags here.")
    account, name = named.groups()
    if account != call.ask.caller.account:
        raise NotFound(f"The resource {arn} does not exist")
    return call.collection(name)

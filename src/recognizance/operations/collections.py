"""The life of a collection: CreateCollection, DescribeCollection, ListCollections, DeleteCollection."""

from __future__ import annotations

from recognizance import shapes
from recognizance.errors import NotFound
from recognizance.gallery import collections
from recognizance.operations import pages, render
from recognizance.operations.call import Call, operation
from recognizance.operations.tags import check_tags
from recognizance.values import Act, CollectionId

MOST_LISTED = 4096  # the most MaxResults may ask; AWS states no default (service model)


@operation("CreateCollection", Act.MANAGE, tags="Tags")
def create_collection(call: Call, request: shapes.CreateCollectionRequest) -> shapes.CreateCollectionResponse:
    """Make an empty collection, bound for life to the face model in use."""
    tags = request.get("Tags", {})
    check_tags(tags)
    embedder = call.tools.embedder

    with call.write(collection=call.tools.seal.digest(request["CollectionId"]), embedder=embedder.sha256) as tx:
        made = collections.create(
            tx,
            caller=call.ask.caller,
            collection_id=CollectionId(request["CollectionId"]),
            model=embedder.name,
            model_version=embedder.version,
            tags=tags,
            now=call.tools.now(),
        )

    return {"StatusCode": 200, "CollectionArn": render.arn(made), "FaceModelVersion": made.model_version}


@operation("DescribeCollection", Act.READ)
def describe_collection(call: Call, request: shapes.DescribeCollectionRequest) -> shapes.DescribeCollectionResponse:
    """Say how many faces and users a collection holds, and which model made their vectors."""
    try:
        found = call.collection(request["CollectionId"])
    except NotFound:
        raise NotFound(f"Collection:{request['CollectionId']} not found!") from None

    return {
        "FaceCount": found.faces,
        "UserCount": found.users,
        "FaceModelVersion": found.model_version,
        "CollectionARN": render.arn(found),
        "CreationTimestamp": found.created_at,
    }


@operation("ListCollections", Act.READ)
def list_collections(call: Call, request: shapes.ListCollectionsRequest) -> shapes.ListCollectionsResponse:
    """List the caller's collections in the order they were made."""
    limit = request.get("MaxResults") or MOST_LISTED  # 0 is legal, and a page of nothing would never end
    after = int(pages.start(call, request) or 0)

    found = collections.listed(call.tools.database, call.ask.caller.account, after=after, limit=limit)

    answer: shapes.ListCollectionsResponse = {
        "CollectionIds": [one.id for one in found],
        "FaceModelVersions": [one.model_version for one in found],
    }
    if len(found) == limit:
        answer["NextToken"] = pages.after(call, request, str(found[-1].number))
    return answer


@operation("DeleteCollection", Act.FORGET)
def delete_collection(call: Call, request: shapes.DeleteCollectionRequest) -> shapes.DeleteCollectionResponse:
    """Remove a collection with its faces and users, for good."""
    found = call.collection(request["CollectionId"])

    with call.write() as tx:
        last = collections.remove(tx, found)
        call.note(faces=last.faces, users=last.users)
    call.tools.gallery.drop(found)

    return {"StatusCode": 200}

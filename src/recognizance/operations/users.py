"""Users: people as a client names them. CreateUser to SearchUsersByImage."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from recognizance import shapes
from recognizance.accountability.policy import can_hold
from recognizance.database import Tx, answers
from recognizance.database.tables import USER
from recognizance.errors import InvalidParameter
from recognizance.gallery import collections, users, vectors
from recognizance.operations import holding, pages, render
from recognizance.operations.analysis import DEFAULT_THRESHOLD, MOST_FACES
from recognizance.operations.call import Call, operation
from recognizance.operations.faces import NOTED, SEARCH_BAR, known_face, vector_of
from recognizance.operations.holding import Searched
from recognizance.operations.once import once
from recognizance.values import Act, Collection, Face, FaceId, Image, UserId, UserRecord, Vectors
from recognizance.vision.quality import failings

USER_THRESHOLD = 75.0  # "The default value is 75" for AssociateFaces
MOST_USERS = 500  # the most MaxResults and MaxUsers may ask; AWS states no default (service model)
ONE_OF_TWO = "Provide either a UserId or a FaceId to search with, and not both."
NO_FACES = "The user has no faces to search with."
NOT_LARGEST = "FACE_NOT_LARGEST"


@operation("CreateUser", Act.MANAGE)
def create_user(call: Call, request: shapes.CreateUserRequest) -> shapes.CreateUserResponse:
    """Make a user without faces."""

    def change(tx: Tx, collection: Collection) -> Mapping[str, Any]:
        users.create(tx, collection, UserId(request["UserId"]), now=call.tools.now())
        return {}

    _change_once(call, request, change)
    return {}


@operation("DeleteUser", Act.FORGET)
def delete_user(call: Call, request: shapes.DeleteUserRequest) -> shapes.DeleteUserResponse:
    """Remove a user; their faces stay in the collection and are nobody's."""

    def change(tx: Tx, collection: Collection) -> Mapping[str, Any]:
        users.remove(tx, collection, UserId(request["UserId"]))
        answers.forget_name(tx, collection.number, request["UserId"])
        return {}

    _change_once(call, request, change)
    return {}


@operation("ListUsers", Act.READ)
def list_users(call: Call, request: shapes.ListUsersRequest) -> shapes.ListUsersResponse:
    """List a collection's users in the order they were made."""
    collection = call.collection(request["CollectionId"])
    limit = request.get("MaxResults", MOST_USERS)

    found = users.listed(call.tools.database, collection, after=int(pages.start(call, request) or 0), limit=limit)

    if not found:  # nobody there, or nothing any more
        collections.again(call.tools.database, collection)
    call.note(listed=len(found))
    answer: shapes.ListUsersResponse = {"Users": [render.user(user) for user in found]}
    if len(found) == limit:
        answer["NextToken"] = pages.after(call, request, str(found[-1].number))
    return answer


@operation("AssociateFaces", Act.ENROL, threshold=("UserMatchThreshold", USER_THRESHOLD))
def associate_faces(call: Call, request: shapes.AssociateFacesRequest) -> shapes.AssociateFacesResponse:
    """Give faces to a user; those not like the ones the user has are named with the reason.

    How like they are is said only where no rule has people look at what is found: it would be a search beside them.
    """
    threshold, looked_at = call.threshold, can_hold(call.tools.policy)

    def change(tx: Tx, collection: Collection) -> Mapping[str, Any]:
        changed = users.associate(
            tx,
            collection,
            UserId(request["UserId"]),
            [FaceId(one) for one in request["FaceIds"]],
            similar=call.scale(collection).score,
            at_least=threshold,
        )
        call.note(asked=len(request["FaceIds"]), associated=len(changed.faces))
        call.note(faces=call.digests(changed.faces))
        return {
            "AssociatedFaces": [{"FaceId": one} for one in changed.faces],
            "UnsuccessfulFaceAssociations": [render.refused(one, score=not looked_at) for one in changed.refused],
            "UserStatus": render.user_status(changed.user),
        }

    return _change_once(call, request, change)  # type: ignore[return-value]  # what `change` gave, now or before


@operation("DisassociateFaces", Act.MANAGE)
def disassociate_faces(call: Call, request: shapes.DisassociateFacesRequest) -> shapes.DisassociateFacesResponse:
    """Take faces from a user; they stay in the collection and are nobody's."""

    def change(tx: Tx, collection: Collection) -> Mapping[str, Any]:
        changed = users.disassociate(
            tx, collection, UserId(request["UserId"]), [FaceId(one) for one in request["FaceIds"]]
        )
        call.note(asked=len(request["FaceIds"]), disassociated=len(changed.faces))
        call.note(faces=call.digests(changed.faces))
        return {
            "DisassociatedFaces": [{"FaceId": one} for one in changed.faces],
            "UnsuccessfulFaceDisassociations": [render.refused(one) for one in changed.refused],
            "UserStatus": render.user_status(changed.user),
        }

    return _change_once(call, request, change)  # type: ignore[return-value]  # what `change` gave, now or before


@operation("SearchUsers", Act.IDENTIFY, threshold=("UserMatchThreshold", DEFAULT_THRESHOLD), holdable=True)
def search_users(call: Call, request: shapes.SearchUsersRequest) -> shapes.SearchUsersResponse:
    """Find the users most like an enrolled face, or like a user, who is never among them."""
    face_id, user_id = request.get("FaceId"), request.get("UserId")
    if (face_id is None) == (user_id is None):
        raise InvalidParameter(ONE_OF_TWO)
    collection = call.collection(request["CollectionId"])
    answer: shapes.SearchUsersResponse = {"FaceModelVersion": collection.model_version}
    besides: int | None = None
    call.note(**{name: call.tools.seal.digest(one) for name, one in (("face", face_id), ("user", user_id)) if one})
    if face_id is not None:
        record = known_face(call, collection, face_id)
        searched = holding.of_face(call, collection, record, vector_of(call, collection, record))
        answer["SearchedFace"] = {"FaceId": face_id}
    else:
        user, query = _vector_of_user(call, collection, str(user_id))
        besides, searched = user.number, holding.of_user(call, collection, user, query)
        answer["SearchedUser"] = {"UserId": str(user_id)}

    answer["UserMatches"] = _matches(call, searched, request, besides)
    return answer


@operation("SearchUsersByImage", Act.IDENTIFY, threshold=("UserMatchThreshold", DEFAULT_THRESHOLD), holdable=True)
def search_users_by_image(call: Call, request: shapes.SearchUsersByImageRequest) -> shapes.SearchUsersByImageResponse:
    """Find the users most like the largest face of a picture; without a face to search with, the answer is empty."""
    collection = call.collection(request["CollectionId"])
    call.scale(collection)
    (image,) = call.pictures(image=request["Image"])

    bar = request.get("QualityFilter", SEARCH_BAR)
    found = call.look(image, limit=MOST_FACES, bar=bar)
    probe, others = _largest(found, image, bar)
    call.note(detector=call.tools.detector.sha256, found=len(found))
    answer: shapes.SearchUsersByImageResponse = {
        "UserMatches": [],
        "FaceModelVersion": collection.model_version,
        "UnsearchedFaces": others,
    }
    if probe is not None:
        (embedded,) = call.embed(image, [probe], collection)
        answer["UserMatches"] = _matches(call, holding.of_picture(collection, image, embedded), request, None)
        answer["SearchedFace"] = {"FaceDetail": render.face_detail(probe)}
    return answer


def _change_once(
    call: Call, request: Mapping[str, Any], change: Callable[[Tx, Collection], Mapping[str, Any]]
) -> Mapping[str, Any]:
    """Change a collection's users in one transaction, once for each idempotency token."""
    collection = call.collection(request["CollectionId"])
    with call.write(user=call.tools.seal.digest(request["UserId"])) as tx:
        held = collections.locked(tx, collection)
        return once(call, tx, request, lambda: change(tx, held), collection=held)


def _matches(call: Call, searched: Searched, request: Mapping[str, Any], besides: int | None) -> list[shapes.UserMatch]:
    collection = searched.collection
    candidates = call.tools.gallery.near_users(
        collection,
        searched.vector,
        scale=call.scale(collection),
        at_least=call.threshold,
        limit=request.get("MaxUsers", MOST_USERS),
        besides=besides,
    )
    matches = call.release(candidates, searched)
    call.expect(collection, collection.users)
    call.note(gallery=collection.users, candidates=len(candidates), matched=len(matches))
    call.note(matches=call.digests(match.record.user_id for match in matches[:NOTED]))
    return [render.user_match(match) for match in matches]


def _vector_of_user(call: Call, collection: Collection, user_id: str) -> tuple[UserRecord, Vectors]:
    with call.tools.database.read() as reader:  # a vector is replaced whenever the user's faces change
        collections.again(reader, collection)
        user = users.find(reader, collection, UserId(user_id))
        if user.vector_number is None:
            raise InvalidParameter(NO_FACES)
        _, (found,) = vectors.fetch(reader, collection, USER, np.array([user.vector_number]))
    return user, found


def _largest(found: Sequence[Face], image: Image, bar: str) -> tuple[Face | None, list[shapes.UnsearchedFace]]:
    """Return the largest face that passes the filter, and the others with why they were not searched with."""
    probe: Face | None = None
    others: list[shapes.UnsearchedFace] = []
    for face in found:
        reasons = failings(face, bar, image)
        if not reasons and probe is None:
            probe = face
        else:
            others.append({"FaceDetails": render.face_detail(face), "Reasons": reasons or [NOT_LARGEST]})  # type: ignore[typeddict-item]
    return probe, others

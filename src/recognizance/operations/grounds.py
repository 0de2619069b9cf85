"""On what ground faces are kept, and their end: when a term is over or a consent withdrawn."""

from __future__ import annotations

from recognizance import shapes
from recognizance.gallery import grounds
from recognizance.operations import pages
from recognizance.operations.call import Call, operation
from recognizance.values import Act

LISTED = 1000
ENDED_AT_ONCE = 500  # faces in one transaction


@operation("ListFaceGrounds", Act.READ)
def list_face_grounds(call: Call, request: shapes.ListFaceGroundsRequest) -> shapes.ListFaceGroundsResponse:
    """List the faces for which a consent or a term was said, in the order they were enrolled."""
    collection = call.collection(request["CollectionId"])
    limit = request.get("MaxResults", LISTED)
    after = int(pages.start(call, request) or 0)

    found = grounds.listed(call.tools.database, collection, after=after, limit=limit)

    call.note(listed=len(found))
    answer: shapes.ListFaceGroundsResponse = {"Grounds": [_ground(one) for one in found]}
    if len(found) == limit:
        answer["NextToken"] = pages.after(call, request, str(found[-1].record.number))
    return answer


@operation("ExpireFaces", Act.FORGET)
def expire_faces(call: Call, request: shapes.ExpireFacesRequest) -> shapes.ExpireFacesResponse:
    """Erase faces whose term has ended, up to some hundreds; the server asks this by itself, too."""
    collection = call.collection(request["CollectionId"])

    with call.write() as tx:
        gone = grounds.end(tx, collection, call.tools.now(), limit=ENDED_AT_ONCE)
        call.note(deleted=len(gone.faces), faces=call.digests(gone.faces), users=call.digests(gone.users))
    if gone.faces:
        call.tools.gallery.follow(collection)

    return {"ExpiredFaces": list(gone.faces), "More": len(gone.faces) == ENDED_AT_ONCE}


@operation("WithdrawConsent", Act.FORGET)
def withdraw_consent(call: Call, request: shapes.WithdrawConsentRequest) -> shapes.WithdrawConsentResponse:
    """Erase the faces that were enrolled on a consent, up to some hundreds: it was withdrawn."""
    collection = call.collection(request["CollectionId"])

    with call.write(consent=call.tools.seal.digest(request["Consent"])) as tx:
        gone = grounds.withdraw(tx, collection, request["Consent"], limit=ENDED_AT_ONCE)
        call.note(deleted=len(gone.faces), faces=call.digests(gone.faces), users=call.digests(gone.users))
    if gone.faces:
        call.tools.gallery.follow(collection)

    return {"DeletedFaces": list(gone.faces), "More": len(gone.faces) == ENDED_AT_ONCE}


def _ground(one: grounds.Ground) -> shapes.FaceGround:
    described: shapes.FaceGround = {"FaceId": one.record.face_id, "EnrolledAt": one.record.enrolled_at}
    if one.consent is not None:
        described["Consent"] = one.consent
    if one.until is not None:
        described["Until"] = one.until
    return described

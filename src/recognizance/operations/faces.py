"""Enrolled faces: IndexFaces, ListFaces, DeleteFaces, SearchFaces, SearchFacesByImage."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

import numpy as np

from recognizance import shapes
from recognizance.accountability import vault
from recognizance.database.tables import FACE
from recognizance.errors import InvalidParameter
from recognizance.gallery import collections, faces, grounds, vectors
from recognizance.operations import attributes, holding, pages, render
from recognizance.operations.analysis import DEFAULT_THRESHOLD, MOST_FACES
from recognizance.operations.call import Call, operation
from recognizance.values import Act, Collection, Face, FaceId, FaceRecord, Image, UserId, Vectors
from recognizance.vision import portrait
from recognizance.vision.quality import failings

INDEX_BAR = "AUTO"  # "If you do not specify QualityFilter, the default is AUTO" for IndexFaces; NONE for searches
SEARCH_BAR = "NONE"
MOST_FOUND = 4096  # the most MaxFaces may ask; AWS states no default (service model)
NOTED = 100  # matches whose digests stand in the ledger's entry; their number always does
NO_FACE = "There are no faces in the image. Should be at least 1."
UNKNOWN_FACE = "faceId was not found in the collection."
TOO_MANY = "EXCEEDS_MAX_FACES"


@operation("IndexFaces", Act.ENROL, attributes="DetectionAttributes")
def index_faces(call: Call, request: shapes.IndexFacesRequest) -> shapes.IndexFacesResponse:
    """Find the faces in one picture and enrol those that are good enough, largest first.

    Faces left out come back with the reasons. The same picture with the same external id adds nothing. Which faces are
    enrolled does not hang on the attributes asked for, and these are told once and not kept.
    """
    collection = call.collection(request["CollectionId"])
    wants = attributes.asked(call, request.get("DetectionAttributes", ()))
    ends = grounds.until(call.tags, call.tools.now())
    (image,) = call.pictures(image=request["Image"])

    bar = request.get("QualityFilter", INDEX_BAR)
    found = call.look(image, limit=MOST_FACES, bar=bar)
    limit = min(request.get("MaxFaces", MOST_FACES), MOST_FACES)
    kept, left = choose(found, image, bar=bar, limit=limit)
    kept = call.embed(image, kept, collection)
    details = attributes.seen(call, image, [*kept, *(face for face, _ in left)], wants)
    portraits = [portrait.cut_out(image, face) for face in kept] if holding.keeps_pictures(call) else []

    with call.write(detector=call.tools.detector.sha256, found=len(found)) as tx:
        enrolled = faces.enrol(
            tx,
            collection,
            kept,
            image_id=image_id(call, image),
            external_id=request.get("ExternalImageId"),
            new_id=call.tools.new_id,
            now=call.tools.now(),
        )
        if portraits:
            taken = zip(enrolled.records, portraits, strict=True)
            vault.keep_crops(tx, call.tools.vault, collection.number, {one.number: cut for one, cut in taken})
        ground = (call.ask.stated.consent, ends)
        grounds.keep(tx, collection, {record.number: ground for record in enrolled.records})
        call.note(enrolled=enrolled.added, known=len(kept) - enrolled.added)
        call.note(faces=call.digests(record.face_id for record in enrolled.records))

    return {
        "FaceRecords": [
            {"Face": render.face(record, face), "FaceDetail": render.face_detail(face)}
            for record, face in zip(enrolled.records, details[: len(kept)], strict=True)
        ],
        "UnindexedFaces": [
            {"Reasons": reasons, "FaceDetail": render.face_detail(face)}
            for face, (_, reasons) in zip(details[len(kept) :], left, strict=True)
        ],
        "FaceModelVersion": collection.model_version,
    }


@operation("ListFaces", Act.READ)
def list_faces(call: Call, request: shapes.ListFacesRequest) -> shapes.ListFacesResponse:
    """List a collection's faces in the order of their ids, of one user or of given ids where asked."""
    collection = call.collection(request["CollectionId"])
    limit = request.get("MaxResults") or MOST_FOUND  # 0 is legal, and a page of nothing would never end
    user_id = request.get("UserId")

    found = faces.listed(
        call.tools.database,
        collection,
        after=pages.start(call, request),
        limit=limit,
        user_id=None if user_id is None else UserId(user_id),
        face_ids=None if "FaceIds" not in request else [FaceId(one) for one in request["FaceIds"]],
    )

    if not found:  # nobody there, or nothing any more
        collections.again(call.tools.database, collection)
    call.note(listed=len(found))
    answer: shapes.ListFacesResponse = {
        "Faces": [render.stored_face(record) for record in found],
        "FaceModelVersion": collection.model_version,
    }
    if len(found) == limit:
        answer["NextToken"] = pages.after(call, request, found[-1].face_id)
    return answer


@operation("DeleteFaces", Act.FORGET)
def delete_faces(call: Call, request: shapes.DeleteFacesRequest) -> shapes.DeleteFacesResponse:
    """Remove faces for good; those that are not there, and those of a user, are named with the reason."""
    collection = call.collection(request["CollectionId"])

    with call.write(asked=len(request["FaceIds"])) as tx:
        gone = faces.forget(tx, collection, [FaceId(one) for one in request["FaceIds"]])
        call.note(deleted=len(gone.removed), faces=call.digests(gone.removed))
    if gone.removed:
        call.tools.gallery.follow(collection)

    return {
        "DeletedFaces": list(gone.removed),
        "UnsuccessfulFaceDeletions": [
            *(render.undeleted(one, "FACE_NOT_FOUND") for one in gone.unknown),
            *(render.undeleted(one.face_id, "ASSOCIATED_TO_AN_EXISTING_USER", one.user_id) for one in gone.owned),
        ],
    }


@operation("SearchFaces", Act.IDENTIFY, threshold=("FaceMatchThreshold", DEFAULT_THRESHOLD), holdable=True)
def search_faces(call: Call, request: shapes.SearchFacesRequest) -> shapes.SearchFacesResponse:
    """Find the enrolled faces most like an enrolled one, which is itself never among them."""
    collection = call.collection(request["CollectionId"])
    call.note(face=call.tools.seal.digest(request["FaceId"]))
    record = known_face(call, collection, request["FaceId"])

    vector = vector_of(call, collection, record)
    candidates = call.tools.gallery.near_faces(
        collection,
        vector,
        scale=call.scale(collection),
        at_least=call.threshold,
        limit=request.get("MaxFaces", MOST_FOUND),
        besides=record.number,
    )
    matches = call.release(candidates, holding.of_face(call, collection, record, vector))

    call.expect(collection, collection.faces)
    call.note(gallery=collection.faces, candidates=len(candidates), matched=len(matches))
    call.note(matches=call.digests(match.record.face_id for match in matches[:NOTED]))
    return {
        "SearchedFaceId": request["FaceId"],
        "FaceMatches": [render.face_match(match) for match in matches],
        "FaceModelVersion": collection.model_version,
    }


@operation("SearchFacesByImage", Act.IDENTIFY, threshold=("FaceMatchThreshold", DEFAULT_THRESHOLD), holdable=True)
def search_faces_by_image(call: Call, request: shapes.SearchFacesByImageRequest) -> shapes.SearchFacesByImageResponse:
    """Find the enrolled faces most like the largest face of a picture; a picture without a face is refused."""
    collection = call.collection(request["CollectionId"])
    scale = call.scale(collection)
    (image,) = call.pictures(image=request["Image"])

    bar = request.get("QualityFilter", SEARCH_BAR)
    found = call.look(image, limit=1, bar=bar)
    if not found or failings(found[0], bar, image):
        raise InvalidParameter(NO_FACE)
    (probe,) = call.embed(image, found, collection)
    assert probe.embedding is not None
    candidates = call.tools.gallery.near_faces(
        collection,
        probe.embedding.vector,
        scale=scale,
        at_least=call.threshold,
        limit=request.get("MaxFaces", MOST_FOUND),
    )
    matches = call.release(candidates, holding.of_picture(collection, image, probe))

    call.note(detector=call.tools.detector.sha256)
    call.expect(collection, collection.faces)
    call.note(gallery=collection.faces, candidates=len(candidates), matched=len(matches))
    call.note(matches=call.digests(match.record.face_id for match in matches[:NOTED]))
    return {
        "SearchedFaceBoundingBox": render.bounding_box(probe.box),
        "SearchedFaceConfidence": probe.confidence,
        "FaceMatches": [render.face_match(match) for match in matches],
        "FaceModelVersion": collection.model_version,
    }


def choose(
    found: Sequence[Face], image: Image, *, bar: str, limit: int
) -> tuple[list[Face], list[tuple[Face, list[shapes.Reason]]]]:
    """Return the faces to enrol, and those left out with the reasons, both in the order given.

    Where more than `limit` pass the filter, the lowest quality goes first, then the smallest boxes
    (service model): quality is the highest filter a face passes.
    """
    faults = [failings(face, bar, image) for face in found]
    passing = [place for place, reasons in enumerate(faults) if not reasons]
    if len(passing) > limit:
        ranked = sorted(passing, key=lambda place: (-_tier(found[place], image), -found[place].box.area, place))
        for place in ranked[limit:]:
            faults[place] = [TOO_MANY]
    kept = [face for face, reasons in zip(found, faults, strict=True) if not reasons]
    return kept, [(face, reasons) for face, reasons in zip(found, faults, strict=True) if reasons]  # type: ignore[misc]


def _tier(face: Face, image: Image) -> int:
    return sum(not failings(face, bar, image) for bar in ("LOW", "MEDIUM", "HIGH"))


def image_id(call: Call, image: Image) -> str:
    """Return the id of a picture: the same for the same bytes, and nothing that others could compute from them.

    It has the form of a name-based UUID (version 5, RFC 9562), as Rekognition's have.
    """
    digest = bytes.fromhex(call.tools.seal.digest(f"image {image.digest}"))
    return str(uuid.UUID(bytes=digest[:16], version=5))


def known_face(call: Call, collection: Collection, face_id: str) -> FaceRecord:
    """Return an enrolled face by id. Raises `InvalidParameter`, as Rekognition does, when it is not there."""
    record = faces.find(call.tools.database, collection, FaceId(face_id))
    if record is None:
        raise _unknown(call, collection)
    return record


def vector_of(call: Call, collection: Collection, record: FaceRecord) -> Vectors:
    """Return the vector of an enrolled face, shape (dim,). Raises `InvalidParameter` when it went meanwhile."""
    numbers, found = vectors.fetch(call.tools.database, collection, FACE, np.array([record.number]))
    if not len(numbers):
        raise _unknown(call, collection)
    one: Vectors = found[0]
    return one


def _unknown(call: Call, collection: Collection) -> InvalidParameter:
    """Return the error for a face that is not there. Raises `NotFound` where the collection is not there either."""
    collections.again(call.tools.database, collection)
    return InvalidParameter(UNKNOWN_FACE)

"""Ours, not Rekognition's: a collection exported, restored, moved to another model and searched for duplicates."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import numpy as np

from recognizance import shapes
from recognizance.accountability.policy import can_hold
from recognizance.database import Reader, Tx
from recognizance.database.tables import FACE
from recognizance.errors import AlreadyExists, InvalidPage, InvalidParameter, ModelUnusable, NotFound, Unserved
from recognizance.gallery import collections, faces, grounds, moving, reembedding, vectors
from recognizance.gallery.gallery import ROUNDING
from recognizance.gallery.moving import Kept
from recognizance.operations import pages, render
from recognizance.operations.analysis import MOST_FACES
from recognizance.operations.call import Call, operation
from recognizance.operations.faces import image_id
from recognizance.operations.once import forget, once
from recognizance.operations.tags import check_tags
from recognizance.values import (
    Act,
    Box,
    Candidate,
    Card,
    Collection,
    CollectionId,
    FaceId,
    FaceRecord,
    Image,
    ModelName,
    UserId,
    Vectors,
)

EXPORTED = 500  # users and faces on a page
SEARCHED = 100  # faces on a page
DUPLICATE = 95.0  # one pair of strangers in a hundred million
NEIGHBOURS = 1000  # a user's hundred faces may all be alike
MOST_NOTED = 1000  # faces of pairs whose digests stand in the ledger's entry
MOST_PAIRS = 10_000  # a page ends with the face that reaches it
SEARCHED_AT_ONCE = 50
LEFT_SHOWN = 100
FARTHEST = 10.0  # widths of the picture that a face may lie outside of it, or be wide
UNIT = 1e-3  # how far a vector's length may be from 1
NAME = re.compile(r"[a-zA-Z0-9_.\-:]+", re.ASCII)
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.ASCII)
REGION = re.compile(r"[a-z0-9-]{1,64}")
LONGEST_NAME, LONGEST_USER, LONGEST_KEY, LONGEST_VALUE = 255, 128, 128, 256


# Out


@operation("ExportCollection", Act.EXPORT)
def export_collection(call: Call, request: shapes.ExportCollectionRequest) -> shapes.ExportCollectionResponse:
    """Give a page of a collection: users first, then faces with their vectors, up to the revision of the first page."""
    collection = call.collection(request["CollectionId"])
    limit = request.get("MaxResults", EXPORTED)
    until, user_cursor, face_cursor = _place(pages.start(call, request), collection)

    with call.tools.database.read() as reader:
        now = collections.again(reader, collection)
        tags = collections.tags(reader, now)
        people = moving.users_in_order(reader, now, after=user_cursor, until=until, limit=limit)
        kept = moving.faces_in_order(reader, now, after=face_cursor, until=until, limit=limit - len(people))
        dimensions = _dimensions(call, reader, now)

    call.note(exported=len(kept), users=len(people))
    answer: shapes.ExportCollectionResponse = {
        "CollectionId": now.id,
        "Model": now.model,
        "FaceModelVersion": now.model_version,
        "Region": now.region,
        "Tags": tags,
        "CreationTimestamp": now.created_at,
        "FaceCount": now.faces,
        "UserCount": now.users,
        "Revision": now.revision,
        "Users": [{"UserId": one.user_id, "CreatedAt": one.created_at} for one in people],
        "Faces": [_kept_face(one) for one in kept],
    }
    if dimensions is not None:
        answer["Dimensions"] = dimensions
    if len(people) + len(kept) == limit:
        last_user = people[-1].number if people else user_cursor
        last_face = kept[-1].record.number if kept else face_cursor
        answer["NextToken"] = pages.after(call, request, f"{now.number} {until} {last_user} {last_face}")
    return answer


@operation("CreateBackup", Act.EXPORT)
def create_backup(call: Call, request: shapes.CreateBackupRequest) -> shapes.CreateBackupResponse:
    """Copy the whole database, as of one moment, into the data folder's `backups`, and check the copy."""
    if not call.tools.database.is_sqlite:
        raise Unserved(
            "This server keeps its data in PostgreSQL: back that up with pg_dump, and the keys folder with it."
        )
    name = f"recognizance-{call.tools.now():%Y%m%dT%H%M%SZ}-{call.tools.new_id()[:8]}.db"

    made = call.tools.backups.make(name)

    call.note(backup=made.sha256, bytes=made.size, entries=made.entries, faces=made.faces)
    return {
        "Name": made.name,
        "Bytes": made.size,
        "Sha256": made.sha256,
        "Entries": made.entries,
        "Collections": made.collections,
        "Faces": made.faces,
    }


# In


@operation("RestoreCollection", Act.MANAGE, tags="Tags")
def restore_collection(call: Call, request: shapes.RestoreCollectionRequest) -> shapes.RestoreCollectionResponse:
    """Make an empty collection of a model that is known here, or find the one made under the same token."""
    call.note(collection=call.tools.seal.digest(request["CollectionId"]))
    card = _known_model(call, request["Model"], request["FaceModelVersion"])
    tags, caller = request.get("Tags", {}), call.ask.caller
    check_tags(tags)
    _check_header(request.get("Region", caller.region), tags)

    def make(tx: Tx) -> Mapping[str, Any]:
        made = collections.create(
            tx,
            caller=replace(caller, region=request.get("Region", caller.region)),
            collection_id=CollectionId(request["CollectionId"]),
            model=card.name,
            model_version=card.version,
            tags=tags,
            now=call.tools.now(),
        )
        return {"Number": made.number}

    with call.write(embedder=card.sha256) as tx:
        there = _there(tx, call, request["CollectionId"])
        if there is None:
            forget(call, tx, request)  # what was made under the token was removed again
        number = once(call, tx, request, lambda: make(tx))["Number"]
        if there is not None and there.number != number:
            raise AlreadyExists(f"The collection id: {there.id} already exists.")
        if there is not None and moving.has_forgotten(tx, there):
            raise AlreadyExists(
                f"The collection id: {there.id} already exists, and faces were deleted from it since it was restored."
            )
        found = collections.find(tx, caller.account, CollectionId(request["CollectionId"]))

    return {
        "CollectionArn": render.arn(found),
        "FaceModelVersion": found.model_version,
        "Resumed": there is not None,
    }


@operation("RestoreUsers", Act.MANAGE)
def restore_users(call: Call, request: shapes.RestoreUsersRequest) -> shapes.RestoreUsersResponse:
    """Make users without faces."""
    collection = call.collection(request["CollectionId"])
    given = [
        (UserId(_named(one["UserId"], LONGEST_USER, "a UserId")), _aware(one["CreatedAt"])) for one in request["Users"]
    ]

    with call.write(asked=len(given)) as tx:
        restored = moving.restore_users(tx, collection, given)
        call.note(restored=restored.added, known=restored.known)

    return {"Restored": restored.added, "AlreadyThere": restored.known}


@operation("RestoreFaces", Act.ENROL)
def restore_faces(call: Call, request: shapes.RestoreFacesRequest) -> shapes.RestoreFacesResponse:
    """Enrol faces by the vectors and under the ids they had."""
    collection = call.collection(request["CollectionId"])
    expected = _dimensions(call, call.tools.database, collection) or len(request["Faces"][0]["Vector"]) // 4
    given = [_face_to_keep(one, collection, expected, call.tools.now()) for one in request["Faces"]]

    with call.write(asked=len(given)) as tx:
        restored = moving.restore_faces(tx, collection, given)
        grounds.keep(tx, collection, {one.record.number: _ground(call, one) for one in restored.faces})
        call.note(restored=restored.added, known=restored.known, unassociated=len(restored.unassociated))

    return {
        "Restored": restored.added,
        "AlreadyThere": restored.known,
        "Unassociated": list(restored.unassociated),
    }


# To another model


@operation("StartReembedding", Act.MANAGE)
def start_reembedding(call: Call, request: shapes.StartReembeddingRequest) -> shapes.StartReembeddingResponse:
    """Begin to move a collection to another model that is installed here."""
    collection = call.collection(request["CollectionId"])
    card = _known_model(call, request["Model"], None)
    if (card.name, card.version) == (collection.model, collection.model_version):
        raise InvalidParameter(f"The vectors of the collection id: {collection.id} are by {card.name} already.")
    if not any(state.installed for state in call.tools.models() if state.card.name == card.name):
        raise InvalidParameter(
            f"The model {card.name} is not installed here; `recognizance models install {card.name}` brings it."
        )

    with call.write(embedder=card.sha256, faces=collection.faces) as tx:
        reembedding.start(tx, collection, card, now=call.tools.now())

    return {"Model": card.name, "FaceModelVersion": card.version, "Faces": collection.faces}


@operation("ReembedPicture", Act.ENROL)
def reembed_picture(call: Call, request: shapes.ReembedPictureRequest) -> shapes.ReembedPictureResponse:
    """Embed the enrolled faces of a picture with the model the collection moves to, under the ids they have."""
    collection = call.collection(request["CollectionId"])
    built = reembedding.under_way(call.tools.database, collection)
    (image,) = call.pictures(image=request["Image"])
    left, done = reembedding.of_picture(call.tools.database, collection, built, image_id(call, image))

    made = _embedded_again(call, image, left, built)
    added: list[FaceRecord] = []
    if made:
        with call.write() as tx:
            added = reembedding.add(tx, collection, built, made)
            call.note(reembedded=len(added), known=len(done), lost=len(left) - len(made))
    else:
        call.note(reembedded=0, known=len(done), lost=len(left))

    found = {one.record.number for one in made}
    return {
        "Reembedded": [one.face_id for one in added],
        "AlreadyDone": [one.face_id for one in done],
        "NotFound": [one.face_id for one in left if one.number not in found],
    }


@operation("DescribeReembedding", Act.READ)
def describe_reembedding(call: Call, request: shapes.DescribeReembeddingRequest) -> shapes.DescribeReembeddingResponse:
    """Say how far the move to another model is."""
    collection = call.collection(request["CollectionId"])
    with call.tools.database.read() as reader:
        now = collections.again(reader, collection)
        built = reembedding.under_way(reader, now)
        left = reembedding.left(reader, now, built, limit=LEFT_SHOWN) if built.faces < now.faces else []

    return {
        "Model": built.model,
        "FaceModelVersion": built.model_version,
        "StartedAt": built.created_at,
        "Faces": now.faces,
        "Done": built.faces,
        "Left": now.faces - built.faces,
        "LeftFaces": [_left_face(one) for one in left],
    }


@operation("FinishReembedding", Act.FORGET)
def finish_reembedding(call: Call, request: shapes.FinishReembeddingRequest) -> shapes.FinishReembeddingResponse:
    """Put the collection with the new vectors in the old one's place, and erase the old one."""
    collection = call.collection(request["CollectionId"])
    call.scale(reembedding.under_way(call.tools.database, collection))  # what cannot be searched is not put in place

    with call.write() as tx:
        finished = reembedding.finish(tx, collection, leave_behind=request.get("LeaveBehind", False))
        placed = finished.collection
        call.note(faces=placed.faces, users=placed.users, left_behind=finished.left_behind)
    call.tools.gallery.drop(collection)

    return {
        "FaceModelVersion": placed.model_version,
        "Faces": placed.faces,
        "Users": placed.users,
        "LeftBehind": finished.left_behind,
    }


@operation("AbandonReembedding", Act.FORGET)
def abandon_reembedding(call: Call, request: shapes.AbandonReembeddingRequest) -> shapes.AbandonReembeddingResponse:
    """Give up the move to another model, and erase what was made for it."""
    collection = call.collection(request["CollectionId"])

    with call.write() as tx:
        built = reembedding.under_way(tx, collections.locked(tx, collection))
        collections.abandon(tx, built)
        call.note(erased=built.faces)
    call.tools.gallery.drop(built)

    return {"Erased": built.faces}


# Duplicates


@operation("FindDuplicates", Act.IDENTIFY, threshold=("FaceMatchThreshold", DUPLICATE))
def find_duplicates(call: Call, request: shapes.FindDuplicatesRequest) -> shapes.FindDuplicatesResponse:
    """Find, for each face of the page, those enrolled after it that are so similar as to be one person's.

    Whose faces they are is said only where no rule has people look at what is found.
    """
    collection = call.collection(request["CollectionId"])
    named = not can_hold(call.tools.policy)
    threshold = call.threshold
    limit = request.get("MaxResults", SEARCHED)
    scale = call.scale(collection)
    after = int(pages.start(call, request) or 0)

    with call.tools.database.read() as reader:
        collection = collections.again(reader, collection)
        page = moving.faces_in_order(reader, collection, after=after, until=collection.revision, limit=limit)
    searched, pairs, crowded = 0, list[shapes.DuplicatePair](), list[str]()
    for start in range(0, len(page), SEARCHED_AT_ONCE):
        if len(pairs) >= MOST_PAIRS:
            break
        some = page[start : start + SEARCHED_AT_ONCE]
        hits = call.tools.gallery.pairs(
            collection,
            np.stack([one.vector for one in some]).astype(np.float32),
            at_least=scale.cosine(max(0.0, threshold - ROUNDING)),
            limit=NEIGHBOURS,
        )
        crowded += [one.record.face_id for one, found in zip(some, hits, strict=True) if len(found) == NEIGHBOURS]
        later = [
            [(hit.number, scale.at(hit.cosine)) for hit in found if hit.number > one.record.number]
            for one, found in zip(some, hits, strict=True)
        ]
        records = faces.by_numbers(
            call.tools.database,
            collection,
            list({one.record.number for one in some} | {number for found in later for number, _ in found}),
        )
        for one, found in zip(some, later, strict=True):
            if one.record.number not in records:
                continue  # forgotten meanwhile
            near = [
                Candidate(records[number], percent)
                for number, percent in found
                if number in records and percent >= threshold and _wanted(one.record, records[number], request)
            ]
            pairs += [_pair(one.record, match.record, match.similarity, named=named) for match in call.release(near)]
        searched += len(some)

    collections.again(call.tools.database, collection)
    call.note(gallery=collection.faces, searched=searched, pairs=len(pairs))
    alike = dict.fromkeys(face for pair in pairs for face in (pair.get("FaceId"), pair.get("OtherFaceId")) if face)
    call.note(matches=call.digests(list(alike)[:MOST_NOTED]))
    answer: shapes.FindDuplicatesResponse = {"Pairs": pairs, "Searched": searched, "Crowded": crowded}
    if searched and (searched < len(page) or len(page) == limit):
        answer["NextToken"] = pages.after(call, request, str(page[searched - 1].record.number))
    return answer


def _place(cursor: str, collection: Collection) -> tuple[int, int, int]:
    """Return the revision an export goes up to, and the numbers of the last user and face it has given.

    Raises `InvalidPage` when the collection has moved to another model since: one export has one model's vectors.
    """
    if not cursor:
        return collection.revision, 0, 0
    number, until, user, face = map(int, cursor.split())
    if number != collection.number:
        raise InvalidPage
    return until, user, face


def _dimensions(call: Call, reader: Reader, collection: Collection) -> int | None:
    """Return how long the collection's vectors are; None where there is none and its model's card does not say."""
    found = vectors.dimensions(reader, collection, FACE)
    if found is not None:
        return found
    try:
        said = call.tools.face_model(collection.model).parameters.get("dimension")
    except ModelUnusable:
        return None
    return said if isinstance(said, int) else None


def _known_model(call: Call, name: str, version: str | None) -> Card:
    """Return the card of an embedder of that version, whose scale is known. Raises `InvalidParameter`."""
    try:
        card = call.tools.face_model(ModelName(name))
        call.tools.scale(card.name)
    except ModelUnusable:
        raise InvalidParameter(
            f"The model {name} is not known to this server, or cannot compare faces; ListModels has those it knows."
        ) from None
    if version is not None and card.version != version:
        raise InvalidParameter(
            f"The vectors are by version {version} of the model {name}; this server knows version {card.version}, "
            "and vectors of two versions cannot be compared."
        )
    return card


def _check_header(region: str, tags: Mapping[str, str]) -> None:
    """Raise `InvalidParameter` for what the service model would not let through: a file may hold anything."""
    if not REGION.fullmatch(region):
        raise InvalidParameter("A Region has up to 64 small letters, digits and hyphens.")
    if not all(0 < len(key) <= LONGEST_KEY and len(value) <= LONGEST_VALUE for key, value in tags.items()):
        raise InvalidParameter(
            f"A tag has a key of up to {LONGEST_KEY} characters and a value of up to {LONGEST_VALUE}."
        )


def _there(reader: Reader, call: Call, name: str) -> Collection | None:
    try:
        return collections.find(reader, call.ask.caller.account, CollectionId(name))
    except NotFound:
        return None


def _ground(call: Call, restored: Kept) -> grounds.Said:
    """Return on what ground a restored face is kept.

    Its own consent goes before the one stated for all. Of two terms, the one it had and the collection's, the earlier
    holds: moving a face makes no promise longer.
    """
    ends = (restored.until, grounds.until(call.tags, restored.record.enrolled_at))
    return restored.consent or call.ask.stated.consent, min((one for one in ends if one is not None), default=None)


def _kept_face(kept: Kept) -> shapes.KeptFace:
    record = kept.record
    answer: shapes.KeptFace = {
        "FaceId": record.face_id,
        "ImageId": record.image_id,
        "BoundingBox": {
            "Width": record.box.width,
            "Height": record.box.height,
            "Left": record.box.left,
            "Top": record.box.top,
        },
        "Confidence": record.confidence,
        "EnrolledAt": record.enrolled_at,
        "Vector": kept.vector.astype(vectors.ON_DISK).tobytes(),
    }
    if record.external_id is not None:
        answer["ExternalImageId"] = record.external_id
    if record.user_id is not None:
        answer["UserId"] = record.user_id
    if kept.consent is not None:
        answer["Consent"] = kept.consent
    if kept.until is not None:
        answer["Until"] = kept.until
    return answer


def _face_to_keep(given: shapes.KeptFace, collection: Collection, dimensions: int, now: datetime) -> Kept:
    """Return a face as it is to be kept, without its number. Raises `InvalidParameter` for one that cannot be.

    It was enrolled by now at the latest, whatever the file says: its term counts from then.
    """
    for name, one in (("FaceId", given["FaceId"]), ("ImageId", given["ImageId"])):
        if not UUID.fullmatch(one):
            raise InvalidParameter(f"The {name} {one} should be 32 hex digits in five groups.")
    face_id = FaceId(given["FaceId"])
    external, user = given.get("ExternalImageId"), given.get("UserId")
    box = given["BoundingBox"]
    numbers = [box["Left"], box["Top"], box["Width"], box["Height"], given["Confidence"]]
    far = max(abs(one) for one in numbers[:4]) <= FARTHEST  # not a number is not
    if not (far and box["Width"] > 0 and box["Height"] > 0 and 0 <= given["Confidence"] <= 100):
        raise InvalidParameter(f"The face {face_id} has a BoundingBox or a Confidence that no face can have.")
    record = FaceRecord(
        number=0,
        face_id=face_id,
        image_id=given["ImageId"],
        external_id=None if external is None else _named(external, LONGEST_NAME, "an ExternalImageId"),
        box=Box(box["Left"], box["Top"], box["Width"], box["Height"]),
        confidence=given["Confidence"],
        model_version=collection.model_version,
        user_id=None if user is None else UserId(_named(user, LONGEST_USER, "a UserId")),
        enrolled_at=min(_aware(given["EnrolledAt"]), now),
    )
    return Kept(
        record,
        _checked_vector(face_id, given["Vector"], dimensions),
        given.get("Consent"),
        _aware(given["Until"]) if "Until" in given else None,
    )


def _checked_vector(face_id: str, given: bytes, dimensions: int) -> Vectors:
    if len(given) != dimensions * vectors.ON_DISK.itemsize:
        raise InvalidParameter(
            f"The vector of the face {face_id} has {len(given)} bytes; {dimensions} numbers of 4 bytes are needed."
        )
    vector = np.frombuffer(given, dtype=vectors.ON_DISK)
    with np.errstate(over="ignore", invalid="ignore"):
        length = float(np.linalg.norm(vector.astype(np.float64)))
    if not abs(length - 1) <= UNIT:  # not a number, too
        raise InvalidParameter(f"The vector of the face {face_id} should be of length 1 and is of length {length:.4g}.")
    return vector


def _named(given: str, longest: int, what: str) -> str:
    if not (0 < len(given) <= longest and NAME.fullmatch(given)):
        raise InvalidParameter(
            f"{what[:1].upper()}{what[1:]} has up to {longest} letters, digits and the signs _ . - :"
        )
    return given


def _aware(given: datetime) -> datetime:
    if given.tzinfo is None:
        raise InvalidParameter("A time should say its offset from UTC.")
    try:
        return given.astimezone(UTC)
    except OverflowError:
        raise InvalidParameter("A time is before the year 1 or after the year 9999.") from None


def _embedded_again(call: Call, image: Image, left: Sequence[FaceRecord], built: Collection) -> list[Kept]:
    """Find enrolled faces in their picture again, and return those that are there, with vectors by the new model."""
    if not left:
        return []
    found = call.tools.vision.look(image, limit=MOST_FACES)
    places = reembedding.found_again(left, [face.box for face in found])
    wanted = sorted(set(places.values()))
    embedded = dict(zip(wanted, call.embed(image, [found[at] for at in wanted], built), strict=True))
    made: list[Kept] = []
    for record in left:
        if record.number in places:
            embedding = embedded[places[record.number]].embedding
            assert embedding is not None
            made.append(Kept(record, embedding.vector))
    call.note(detector=call.tools.detector.sha256, found=len(found))
    return made


def _left_face(record: FaceRecord) -> shapes.LeftFace:
    answer: shapes.LeftFace = {"FaceId": record.face_id, "ImageId": record.image_id}
    if record.external_id is not None:
        answer["ExternalImageId"] = record.external_id
    return answer


def _wanted(one: FaceRecord, other: FaceRecord, request: shapes.FindDuplicatesRequest) -> bool:
    if one.user_id is not None and one.user_id == other.user_id and not request.get("SameUser"):
        return False
    return one.image_id != other.image_id or bool(request.get("SamePicture"))


def _pair(one: FaceRecord, other: FaceRecord, similarity: float, *, named: bool) -> shapes.DuplicatePair:
    answer: shapes.DuplicatePair = {
        "FaceId": one.face_id,
        "OtherFaceId": other.face_id,
        "Similarity": similarity,
    }
    if not named:
        return answer
    if one.external_id is not None:
        answer["ExternalImageId"] = one.external_id
    if other.external_id is not None:
        answer["OtherExternalImageId"] = other.external_id
    if one.user_id is not None:
        answer["UserId"] = one.user_id
    if other.user_id is not None:
        answer["OtherUserId"] = other.user_id
    return answer

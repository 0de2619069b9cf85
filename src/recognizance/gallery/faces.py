"""Enrolled faces as rows: enrolled, found, listed and forgotten."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, bindparam, delete, insert, select

from recognizance.database import Reader, Row, Tx, aware, slices
from recognizance.database.tables import FACE, FACES, GROUNDS
from recognizance.errors import ModelMismatch, QuotaExceeded
from recognizance.gallery import collections, pictures, vectors
from recognizance.values import Box, Collection, Face, FaceId, FaceRecord, NewId, UserId

MOST_FACES = 20_000_000  # "The maximum number of faces that can be stored in a single face collection is 20 million"
SAME_BOX = 0.9  # of two detections of one face in one picture; different faces never overlap so far


THEIRS = select(FACES).where(FACES.c.collection == bindparam("of_collection"))
BY_IDS = THEIRS.where(FACES.c.face_id.in_(bindparam("ids", expanding=True)))
BY_NUMBERS = THEIRS.where(FACES.c.number.in_(bindparam("numbers", expanding=True)), collections.IS_THERE)
OF_PICTURE = THEIRS.where(
    FACES.c.image_id == bindparam("of_image"), FACES.c.external_id.is_not_distinct_from(bindparam("of_name"))
)
KEEP = insert(FACES)


@dataclass(frozen=True, slots=True)
class Enrolment:
    """Faces that were asked to be enrolled from one picture, in the order given, and which of them are new."""

    records: list[FaceRecord]
    new: list[FaceRecord]

    @property
    def added(self) -> int:
        """How many of them are new."""
        return len(self.new)


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What became of the faces that were to be forgotten: ids removed, ids unknown, and faces that belong to users."""

    removed: list[FaceId]
    unknown: list[FaceId]
    owned: list[FaceRecord]


def enrol(
    tx: Tx,
    collection: Collection,
    faces: Sequence[Face],
    *,
    image_id: str,
    external_id: str | None,
    new_id: NewId,
    now: datetime,
) -> Enrolment:
    """Keep the faces of one picture, and return what is kept, in order.

    A face of the same picture under the same external id that is kept already is returned as it is.
    Rows and the feed are written together; the next search brings the index up to date. Every face
    carries an embedding by the collection's model, or `ModelMismatch` is raised and nothing is kept.
    Raises `NotFound` when the collection is gone, `QuotaExceeded` when it would be too full.
    """
    for face in faces:
        if face.embedding is None or face.embedding.model != collection.model:
            raise ModelMismatch(f"{collection.model} made the vectors of this collection, and not the one given")
    held = collections.locked(tx, collection)
    kept = _of_picture(tx, collection, image_id, external_id)
    known = [_same(face, kept) for face in faces]
    fresh = [face for face, found in zip(faces, known, strict=True) if found is None]
    if held.faces + len(fresh) > MOST_FACES:
        raise QuotaExceeded(
            f"The collection id: {collection.id} may hold {MOST_FACES:,} faces and holds {held.faces:,}"
        )
    if not fresh:
        return Enrolment([found for found in known if found is not None], [])

    first = collections.count(tx, collection, changes=len(fresh), faces=len(fresh))
    new = [
        FaceRecord(
            number=first + place,
            face_id=FaceId(new_id()),
            image_id=image_id,
            external_id=external_id,
            box=face.box,
            confidence=face.confidence,
            model_version=collection.model_version,
            user_id=None,
            enrolled_at=now,
        )
        for place, face in enumerate(fresh)
    ]
    keep(tx, collection, new)
    embeddings = [face.embedding.vector for face in fresh if face.embedding is not None]
    vectors.write(tx, collection, FACE, [record.number for record in new], embeddings)
    rest = iter(new)
    return Enrolment([next(rest) if found is None else found for found in known], new)


def keep(tx: Tx, collection: Collection, records: Sequence[FaceRecord]) -> None:
    """Write the rows of faces whose numbers are taken."""
    tx.run(
        KEEP,
        [
            {
                "collection": collection.number,
                "number": record.number,
                "face_id": record.face_id,
                "image_id": record.image_id,
                "external_id": record.external_id,
                "left": record.box.left,
                "top": record.box.top,
                "width": record.box.width,
                "height": record.box.height,
                "confidence": record.confidence,
                "user_id": record.user_id,
                "enrolled_at": record.enrolled_at,
            }
            for record in records
        ],
    )


def forget(tx: Tx, collection: Collection, face_ids: Sequence[FaceId]) -> Forgotten:
    """Remove faces and their vectors for good, but those that belong to a user. Ids may repeat."""
    collections.locked(tx, collection)
    asked = list(dict.fromkeys(face_ids))
    found = {record.face_id: record for record in by_ids(tx, collection, asked)}
    gone = [found[one] for one in asked if one in found and found[one].user_id is None]
    if gone:
        numbers = [record.number for record in gone]
        built = collections.replacement(tx, collection)
        if built is not None:  # a face has the same number there; none may outlive what is forgotten here
            _erase(tx, built, list(by_numbers(tx, built, numbers)))
        _erase(tx, collection, numbers)
    return Forgotten(
        removed=[record.face_id for record in gone],
        unknown=[one for one in asked if one not in found],
        owned=[found[one] for one in asked if one in found and found[one].user_id is not None],
    )


def _erase(tx: Tx, collection: Collection, numbers: Sequence[int]) -> None:
    if numbers:
        for some in slices(numbers):
            tx.run(delete(FACES).where(FACES.c.collection == collection.number, FACES.c.number.in_(some)))
            tx.run(delete(GROUNDS).where(GROUNDS.c.collection == collection.number, GROUNDS.c.number.in_(some)))
            pictures.forget(tx, collection.number, some)
        vectors.remove(tx, collection, FACE, numbers)
        collections.count(tx, collection, changes=0, faces=-len(numbers))


def by_ids(reader: Reader, collection: Collection, face_ids: Sequence[FaceId]) -> list[FaceRecord]:
    """Return the faces that have these ids, in no particular order."""
    return [
        of_row(row, collection)
        for some in slices(face_ids)
        for row in reader.rows(BY_IDS, {"of_collection": collection.number, "ids": list(some)})
    ]


def by_numbers(reader: Reader, collection: Collection, numbers: Sequence[int]) -> dict[int, FaceRecord]:
    """Return the faces that have these numbers, by number; those that are gone are missing.

    All are missing where the collection was removed, whether they are erased yet or not.
    """
    return {
        row["number"]: of_row(row, collection)
        for some in slices(numbers)
        for row in reader.rows(BY_NUMBERS, {"of_collection": collection.number, "numbers": list(some)})
    }


def find(reader: Reader, collection: Collection, face_id: FaceId) -> FaceRecord | None:
    """Return the face of this id, or None."""
    found = by_ids(reader, collection, [face_id])
    return found[0] if found else None


def listed(
    reader: Reader,
    collection: Collection,
    *,
    after: str,
    limit: int,
    user_id: UserId | None = None,
    face_ids: Sequence[FaceId] | None = None,
) -> list[FaceRecord]:
    """Return up to `limit` faces whose id comes after `after`, in order of id; only of one user, or of those ids."""
    query = _all(collection).where(FACES.c.face_id > after).order_by(FACES.c.face_id).limit(limit)
    if user_id is not None:
        query = query.where(FACES.c.user_id == user_id)
    if face_ids is not None:
        query = query.where(FACES.c.face_id.in_(sorted(set(face_ids))))
    return [of_row(row, collection) for row in reader.rows(query)]


def of_row(row: Row, collection: Collection) -> FaceRecord:
    """Return a row of the table as a record."""
    return FaceRecord(
        number=row["number"],
        face_id=FaceId(row["face_id"]),
        image_id=row["image_id"],
        external_id=row["external_id"],
        box=Box(row["left"], row["top"], row["width"], row["height"]),
        confidence=row["confidence"],
        model_version=collection.model_version,
        user_id=None if row["user_id"] is None else UserId(row["user_id"]),
        enrolled_at=aware(row["enrolled_at"]),
    )


def _all(collection: Collection) -> Select[*tuple[Any, ...]]:
    return select(FACES).where(FACES.c.collection == collection.number)


def _of_picture(reader: Reader, collection: Collection, image_id: str, external_id: str | None) -> list[FaceRecord]:
    of = {"of_collection": collection.number, "of_image": image_id, "of_name": external_id}
    return [of_row(row, collection) for row in reader.rows(OF_PICTURE, of)]


def _same(face: Face, kept: Sequence[FaceRecord]) -> FaceRecord | None:
    nearest = max(kept, key=lambda record: record.box.iou(face.box), default=None)
    return nearest if nearest is not None and nearest.box.iou(face.box) >= SAME_BOX else None

"""Calls that must not type-check, one per invariant: `test_types.py` counts on each being an error."""

from recognizance.accountability.ledger import Ledger
from recognizance.database import Database
from recognizance.gallery import faces
from recognizance.operations import render
from recognizance.operations.call import Call
from recognizance.values import Candidate, Collection, Entry, Face, FaceId, FaceRecord, Image, Percent


def write_without_a_transaction(ledger: Ledger, database: Database, entry: Entry) -> None:
    ledger.append(database, entry)


def change_a_value(face: Face) -> None:
    face.confidence = 100.0


def compare_a_face_without_an_embedding(face: Face, other: Face) -> Percent:
    return face.embedding.cosine(other.embedding)


def look_at_bytes(call: Call, data: bytes) -> None:
    call.tools.vision.look(data)


def make_an_image_without_its_digest(image: Image) -> Image:
    return Image(image.pixels)


def forget_without_a_transaction(database: Database, collection: Collection, face_id: FaceId) -> None:
    faces.forget(database, collection, [face_id])


def show_a_candidate(candidate: Candidate[FaceRecord]) -> None:
    render.face_match(candidate)

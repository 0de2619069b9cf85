"""Our nouns to the wire's: one pure function per shape, and nothing decided here."""

from __future__ import annotations

from typing import Any

from recognizance import shapes
from recognizance.gallery.users import Refused
from recognizance.values import (
    Box,
    Collection,
    Face,
    FaceId,
    FaceRecord,
    Landmarks,
    Match,
    Point,
    Pose,
    Quality,
    UserId,
    UserRecord,
)


def bounding_box(box: Box) -> shapes.BoundingBox:
    """Return a BoundingBox; values may leave 0..1 where the face leaves the frame."""
    return {"Width": box.width, "Height": box.height, "Left": box.left, "Top": box.top}


def landmarks(points: Landmarks) -> list[shapes.Landmark]:
    """Return the five Landmarks in the order of Rekognition's current answers."""
    return [
        _landmark("eyeLeft", points.eye_left),
        _landmark("eyeRight", points.eye_right),
        _landmark("mouthLeft", points.mouth_left),
        _landmark("mouthRight", points.mouth_right),
        _landmark("nose", points.nose),
    ]


def _landmark(kind: shapes.LandmarkType, point: Point) -> shapes.Landmark:
    return {"Type": kind, "X": point.x, "Y": point.y}


def pose(angles: Pose) -> shapes.Pose:
    """Return a Pose in degrees."""
    return {"Roll": angles.roll, "Yaw": angles.yaw, "Pitch": angles.pitch}


def quality(measured: Quality) -> shapes.ImageQuality:
    """Return an ImageQuality in percent."""
    return {"Brightness": measured.brightness, "Sharpness": measured.sharpness}


def face_detail(face: Face) -> shapes.FaceDetail:
    """Return a FaceDetail with the default attributes."""
    return {
        "BoundingBox": bounding_box(face.box),
        "Landmarks": landmarks(face.landmarks),
        "Pose": pose(face.pose),
        "Quality": quality(face.quality),
        "Confidence": face.confidence,
    }


def compared_face(face: Face) -> shapes.ComparedFace:
    """Return a ComparedFace; Rekognition fills its Emotions and Smile for celebrities only."""
    return {
        "BoundingBox": bounding_box(face.box),
        "Confidence": face.confidence,
        "Landmarks": landmarks(face.landmarks),
        "Pose": pose(face.pose),
        "Quality": quality(face.quality),
    }


def arn(collection: Collection) -> str:
    """Return the name AWS's clients know a collection by everywhere."""
    return f"arn:aws:rekognition:{collection.region}:{collection.account}:collection/{collection.id}"


def face(record: FaceRecord, found: Face) -> shapes.Face:
    """Return a Face as it is enrolled, with the numbers of the detection itself."""
    return _face(record, bounding_box(found.box), found.confidence)


def stored_face(record: FaceRecord) -> shapes.Face:
    """Return a Face as it is kept; its box and confidence are rounded to six digits, as Rekognition's are."""
    box = record.box
    rounded = Box(_six(box.left), _six(box.top), _six(box.width), _six(box.height))
    return _face(record, bounding_box(rounded), _six(record.confidence))


def _face(record: FaceRecord, box: shapes.BoundingBox, confidence: float) -> shapes.Face:
    answer: shapes.Face = {
        "FaceId": record.face_id,
        "BoundingBox": box,
        "ImageId": record.image_id,
        "Confidence": confidence,
        "IndexFacesModelVersion": record.model_version,
    }
    if record.external_id is not None:
        answer["ExternalImageId"] = record.external_id
    if record.user_id is not None:
        answer["UserId"] = record.user_id
    return answer


def _six(number: float) -> float:
    return float(f"{number:.6g}")


def face_match(match: Match[FaceRecord]) -> shapes.FaceMatch:
    """Return a FaceMatch. A candidate will not do: it has to be released first."""
    return {"Similarity": match.similarity, "Face": stored_face(match.record)}


def user_status(user: UserRecord) -> shapes.UserStatus:
    """Return a UserStatus: nothing runs on after the answer, so a user is either without faces or settled."""
    return "ACTIVE" if user.faces else "CREATED"


def user(record: UserRecord) -> shapes.User:
    """Return a User."""
    return {"UserId": record.user_id, "UserStatus": user_status(record)}


def user_match(match: Match[UserRecord]) -> shapes.UserMatch:
    """Return a UserMatch. A candidate will not do: it has to be released first."""
    return {"Similarity": match.similarity, "User": {"UserId": match.record.user_id, "UserStatus": "ACTIVE"}}


def refused(face: Refused, *, score: bool = True) -> dict[str, Any]:
    """Return an UnsuccessfulFaceAssociation or UnsuccessfulFaceDisassociation; `score` says how like the faces are."""
    answer: dict[str, Any] = {"FaceId": face.face_id, "Reasons": [face.reason]}
    if face.user_id is not None:
        answer["UserId"] = face.user_id
    if score and face.similarity is not None:
        answer["Confidence"] = face.similarity
    return answer


def undeleted(
    face_id: FaceId, reason: shapes.UnsuccessfulFaceDeletionReason, user_id: UserId | None = None
) -> shapes.UnsuccessfulFaceDeletion:
    """Return an UnsuccessfulFaceDeletion."""
    answer: shapes.UnsuccessfulFaceDeletion = {"FaceId": face_id, "Reasons": [reason]}
    if user_id is not None:
        answer["UserId"] = user_id
    return answer

"""Our nouns to the wire's: one pure function per shape, and nothing decided here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from recognizance import shapes
from recognizance.gallery.users import Refused
from recognizance.values import (
    Ages,
    Box,
    Collection,
    Expression,
    Face,
    FaceId,
    FaceRecord,
    Gaze,
    Gender,
    Judgement,
    Landmarks,
    Match,
    Mesh,
    Percent,
    Point,
    Pose,
    Presentation,
    Quality,
    Traits,
    UserId,
    UserRecord,
)

NO_TRAITS = Traits()
OUTLINE: tuple[shapes.LandmarkType, ...] = (
    "eyeLeft", "eyeRight", "mouthLeft", "mouthRight", "nose",
    "leftEyeBrowLeft", "leftEyeBrowRight", "leftEyeBrowUp", "rightEyeBrowLeft", "rightEyeBrowRight", "rightEyeBrowUp",
    "leftEyeLeft", "leftEyeRight", "leftEyeUp", "leftEyeDown",
    "rightEyeLeft", "rightEyeRight", "rightEyeUp", "rightEyeDown",
    "noseLeft", "noseRight", "mouthUp", "mouthDown", "leftPupil", "rightPupil",
    "upperJawlineLeft", "midJawlineLeft", "chinBottom", "midJawlineRight", "upperJawlineRight",
)  # fmt: skip
"""The 30 landmarks of ALL, in the order of Rekognition's answers; left and right are the viewer's."""

GENDERS: Mapping[Gender, shapes.GenderType] = {Gender.FEMALE: "Female", Gender.MALE: "Male"}
EMOTIONS: Mapping[Expression, shapes.EmotionName] = {
    Expression.ANGRY: "ANGRY",
    Expression.CALM: "CALM",
    Expression.DISGUSTED: "DISGUSTED",
    Expression.FEARFUL: "FEAR",
    Expression.HAPPY: "HAPPY",
    Expression.SAD: "SAD",
    Expression.SURPRISED: "SURPRISED",
}
"""Rekognition's words; of CONFUSED there is no model here, and nothing else is called so."""


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


def outline(points: Sequence[Point]) -> list[shapes.Landmark]:
    """Return the 30 Landmarks of ALL, given their places in the order of `OUTLINE`."""
    return [_landmark(kind, point) for kind, point in zip(OUTLINE, points, strict=True)]


def face_detail(face: Face) -> shapes.FaceDetail:
    """Return a FaceDetail: the default attributes and what else was asked for, in Rekognition's order."""
    traits = face.traits or NO_TRAITS
    members: dict[str, Any] = {
        "BoundingBox": bounding_box(face.box),
        "AgeRange": traits.age and _ages(traits.age),
        "Smile": traits.smile and _judged(traits.smile),
        "Eyeglasses": traits.eyeglasses and _judged(traits.eyeglasses),
        "Sunglasses": traits.sunglasses and _judged(traits.sunglasses),
        "Gender": traits.gender and _gender(traits.gender),
        "Beard": traits.beard and _judged(traits.beard),
        "Mustache": traits.moustache and _judged(traits.moustache),
        "EyesOpen": traits.eyes_open and _judged(traits.eyes_open),
        "MouthOpen": traits.mouth_open and _judged(traits.mouth_open),
        "Emotions": traits.expression and _emotions(traits.expression),
        "Landmarks": landmarks(face.landmarks) if traits.outline is None else outline(traits.outline),
        "Pose": pose(face.pose),
        "Quality": quality(face.quality),
        "Confidence": face.confidence,
        "FaceOccluded": traits.occluded and _judged(traits.occluded),
        "EyeDirection": traits.gaze and _eye_direction(traits.gaze),
    }
    return cast(shapes.FaceDetail, {name: value for name, value in members.items() if value is not None})


def _judged(said: Judgement) -> Mapping[str, Any]:
    """Return a value and how sure that value is, as eight of the shapes have it."""
    return {"Value": said.value, "Confidence": said.confidence}


def _ages(ages: Ages) -> shapes.AgeRange:
    return {"Low": ages.low, "High": ages.high}


def _gender(presented: Presentation) -> shapes.Gender:
    return {"Value": GENDERS[presented.gender], "Confidence": presented.confidence}


def _emotions(shown: Sequence[tuple[Expression, Percent]]) -> list[shapes.Emotion]:
    """Return Emotions, the highest first: clients take the first for the one that is meant."""
    return [{"Type": EMOTIONS[kind], "Confidence": score} for kind, score in sorted(shown, key=lambda one: -one[1])]


def _eye_direction(gaze: Gaze) -> shapes.EyeDirection:
    return {"Yaw": gaze.yaw, "Pitch": gaze.pitch, "Confidence": gaze.confidence}


def face_mesh(mesh: Mesh, width: int, height: int) -> shapes.FaceMesh:
    """Return a FaceMesh, of a picture of that many pixels."""
    scaled = (mesh.points.astype(float) / (width, height, width)).tolist()
    return {"Points": [{"X": x, "Y": y, "Z": z} for x, y, z in scaled], "Confidence": 100 * mesh.sure}


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

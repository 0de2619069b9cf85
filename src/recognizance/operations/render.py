"""Our nouns to the wire's: one pure function per shape, and nothing decided here."""

from __future__ import annotations

from recognizance import shapes
from recognizance.values import Box, Face, Landmarks, Point, Pose, Quality


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

"""Our nouns to the wire's: one pure function per shape, and nothing decided here."""

from __future__ import annotations

from typing import Any

from recognizance.values import Box, Face, Landmarks, Point, Pose, Quality


def bounding_box(box: Box) -> dict[str, float]:
    """Return a BoundingBox; values may leave 0..1 where the face leaves the frame."""
    return {"Width": box.width, "Height": box.height, "Left": box.left, "Top": box.top}


def landmarks(points: Landmarks) -> list[dict[str, Any]]:
    """Return the five Landmarks in the order of Rekognition's current answers."""
    return [
        _landmark("eyeLeft", points.eye_left),
        _landmark("eyeRight", points.eye_right),
        _landmark("mouthLeft", points.mouth_left),
        _landmark("mouthRight", points.mouth_right),
        _landmark("nose", points.nose),
    ]


def _landmark(kind: str, point: Point) -> dict[str, Any]:
    return {"Type": kind, "X": point.x, "Y": point.y}


def pose(angles: Pose) -> dict[str, float]:
    """Return a Pose in degrees."""
    return {"Roll": angles.roll, "Yaw": angles.yaw, "Pitch": angles.pitch}


def quality(measured: Quality) -> dict[str, float]:
    """Return an ImageQuality in percent."""
    return {"Brightness": measured.brightness, "Sharpness": measured.sharpness}


def face_detail(face: Face) -> dict[str, Any]:
    """Return a FaceDetail with the default attributes; a ComparedFace has the same members."""
    return {
        "BoundingBox": bounding_box(face.box),
        "Landmarks": landmarks(face.landmarks),
        "Pose": pose(face.pose),
        "Quality": quality(face.quality),
        "Confidence": face.confidence,
    }

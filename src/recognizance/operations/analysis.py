"""One picture, or two: DetectFaces and CompareFaces. Nothing is kept but the ledger's entry."""

from __future__ import annotations

from recognizance import shapes
from recognizance.errors import InvalidParameter
from recognizance.operations import attributes, render
from recognizance.operations.call import Call, operation
from recognizance.values import Act, Face, Image
from recognizance.vision.quality import failings

MOST_FACES = 100  # "DetectFaces detects the 100 largest faces in the image" (service model)
DEFAULT_THRESHOLD = 80.0  # "By default, only faces with a similarity score of greater than or equal to 80%"
DEFAULT_BAR = "NONE"  # "The default value is NONE" for CompareFaces
NO_FACE = "Request has invalid parameters"  # what Rekognition says when either picture has no face


@operation("DetectFaces", Act.LOOK, attributes="Attributes")
def detect_faces(call: Call, request: shapes.DetectFacesRequest) -> shapes.DetectFacesResponse:
    """Find the faces in one picture, largest first, each with the attributes asked for; none is an empty answer."""
    wants = attributes.asked(call, request.get("Attributes", ()))
    (image,) = call.pictures(image=request["Image"])

    found = call.tools.vision.look(image, limit=MOST_FACES)
    faces = attributes.seen(call, image, found, wants)

    call.note(detector=call.tools.detector.sha256, faces=len(faces))
    return {"FaceDetails": [render.face_detail(face) for face in faces]}


@operation("MeshFaces", Act.LOOK)
def mesh_faces(call: Call, request: shapes.MeshFacesRequest) -> shapes.MeshFacesResponse:
    """Give the mesh of each face of one picture, in the order of DetectFaces: what geometry is read from."""
    (image,) = call.pictures(image=request["Image"])

    found = call.tools.vision.look(image, limit=MOST_FACES)
    faces = attributes.meshed(call, image, found)

    call.note(detector=call.tools.detector.sha256, faces=len(faces))
    return {"FaceMeshes": [render.face_mesh(mesh, image.width, image.height) for mesh in faces]}


@operation("CompareFaces", Act.COMPARE, threshold=("SimilarityThreshold", DEFAULT_THRESHOLD))
def compare_faces(call: Call, request: shapes.CompareFacesRequest) -> shapes.CompareFacesResponse:
    """Compare the largest face of the source with every face of the target.

    A target face at or above the threshold is a match, most similar first; every other one that
    passes the quality filter is listed as unmatched. No face in either picture is an error.
    """
    threshold = call.threshold
    bar = request.get("QualityFilter", DEFAULT_BAR)
    source, target = call.pictures(source=request["SourceImage"], target=request["TargetImage"])

    probe = _probe(call, source, bar)
    found = call.look(target, limit=MOST_FACES, bar=bar)
    if not found:
        raise InvalidParameter(NO_FACE)
    compared = call.tools.vision.embed(target, [face for face in found if not failings(face, bar, target)])

    scored = [(_similarity(call, probe, face), face) for face in compared]
    matched = sorted((pair for pair in scored if pair[0] >= threshold), key=lambda pair: -pair[0])
    call.note(detector=call.tools.detector.sha256, embedder=call.tools.embedder.sha256)
    call.note(quality_filter=bar)
    call.note(target_faces=len(found), compared=len(compared), matched=len(matched))
    return {
        "SourceImageFace": {"BoundingBox": render.bounding_box(probe.box), "Confidence": probe.confidence},
        "FaceMatches": [{"Similarity": score, "Face": render.compared_face(face)} for score, face in matched],
        "UnmatchedFaces": [render.compared_face(face) for score, face in scored if score < threshold],
    }


def _probe(call: Call, source: Image, bar: str) -> Face:
    """Return the largest face of the source, embedded.

    When that face fails the quality filter the request is refused: to compare the next largest
    would answer about another person than the one in front.
    """
    faces = call.look(source, limit=1, bar=bar)
    if not faces or failings(faces[0], bar, source):
        raise InvalidParameter(NO_FACE)
    return call.tools.vision.embed(source, faces)[0]


def _similarity(call: Call, probe: Face, face: Face) -> float:
    assert probe.embedding is not None
    assert face.embedding is not None
    return call.tools.similarity.score(probe.embedding.cosine(face.embedding))

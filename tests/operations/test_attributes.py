"""Facial attributes through boto3, on tiny models: what is asked for is answered, that and no more, and noted.

The client of these tests holds every answer against its shape in the service model.
"""

import shutil
from contextlib import contextmanager
from dataclasses import replace
from typing import get_args

import pytest
from tests.client import in_process
from tests.conftest import picture_of
from tests.operations.conftest import refusal
from tests.pictures import ANNA, BRUNO, Sitter, people
from tests.tiny import graphs

from recognizance import app, shapes
from recognizance.accountability import ledger
from recognizance.operations import attributes
from recognizance.values import Trait
from recognizance.vision import runtime
from recognizance.vision.attributes import describe

PHOTO = {"Bytes": people(ANNA)}
TWO = {"Bytes": picture_of((8, 8), (24, 13))}
NOBODY = {"Bytes": picture_of()}
DEFAULT = ["BoundingBox", "Landmarks", "Pose", "Quality", "Confidence"]
MEMBERS = {
    "AGE_RANGE": "AgeRange",
    "BEARD": "Beard",
    "EMOTIONS": "Emotions",
    "EYE_DIRECTION": "EyeDirection",
    "EYEGLASSES": "Eyeglasses",
    "EYES_OPEN": "EyesOpen",
    "FACE_OCCLUDED": "FaceOccluded",
    "GENDER": "Gender",
    "MOUTH_OPEN": "MouthOpen",
    "MUSTACHE": "Mustache",
    "SMILE": "Smile",
    "SUNGLASSES": "Sunglasses",
}
EVERYTHING = {*DEFAULT, *MEMBERS.values()}
LANDMARKS = """
    eyeLeft eyeRight mouthLeft mouthRight nose
    leftEyeBrowLeft leftEyeBrowRight leftEyeBrowUp rightEyeBrowLeft rightEyeBrowRight rightEyeBrowUp
    leftEyeLeft leftEyeRight leftEyeUp leftEyeDown rightEyeLeft rightEyeRight rightEyeUp rightEyeDown
    noseLeft noseRight mouthUp mouthDown leftPupil rightPupil
    upperJawlineLeft midJawlineLeft chinBottom midJawlineRight upperJawlineRight
""".split()  # noqa: SIM905 - a list of thirty is read more easily so


def detect(client, *names, image=PHOTO):
    return client.detect_faces(Image=image, Attributes=list(names))["FaceDetails"]


def detail(client, *names):
    (face,) = detect(client, *names)
    return face


def kinds(face):
    return [point["Type"] for point in face["Landmarks"]]


# What is asked for, that and no more


def test_every_attribute_of_the_service_model_is_known():
    assert set(get_args(shapes.Attribute)) == {"DEFAULT", "ALL", *attributes.NAMED}
    assert set(MEMBERS) == set(attributes.NAMED)
    assert {*attributes.NAMED.values(), Trait.OUTLINE} == set(Trait)
    assert set(describe.NEEDS) == set(Trait)


@pytest.mark.parametrize("name", MEMBERS)
def test_each_attribute_adds_its_own_member_to_the_default_ones(rekognition, name):
    face = detail(rekognition, name)
    assert set(face) == {*DEFAULT, MEMBERS[name]}
    assert kinds(face) == LANDMARKS[:5]


def test_all_has_every_member_and_thirty_landmarks_in_rekognitions_order(rekognition):
    face = detail(rekognition, "ALL")
    assert set(face) == EVERYTHING
    assert kinds(face) == LANDMARKS


def test_what_is_judged_has_a_value_and_how_sure_that_value_is(rekognition):
    face = detail(rekognition, "ALL")
    for name in ("Smile", "Eyeglasses", "Sunglasses", "Beard", "Mustache", "EyesOpen", "MouthOpen", "FaceOccluded"):
        assert type(face[name]["Value"]) is bool
        assert 50 <= face[name]["Confidence"] <= 100
    assert face["Gender"]["Value"] in ("Female", "Male")
    assert 50 <= face["Gender"]["Confidence"] <= 100
    assert 0 <= face["AgeRange"]["Low"] <= face["AgeRange"]["High"] <= 120
    assert -180 <= face["EyeDirection"]["Yaw"] <= 180
    assert 0 <= face["EyeDirection"]["Confidence"] <= 100


def test_emotions_come_the_strongest_first_each_once_and_confused_is_not_made_up(rekognition):
    emotions = detail(rekognition, "EMOTIONS")["Emotions"]
    scores = [one["Confidence"] for one in emotions]
    assert scores == sorted(scores, reverse=True)
    assert sorted(one["Type"] for one in emotions) == [
        "ANGRY", "CALM", "DISGUSTED", "FEAR", "HAPPY", "SAD", "SURPRISED"
    ]  # fmt: skip


@pytest.mark.parametrize("names", [(), ("DEFAULT",), ("DEFAULT", "DEFAULT")])
def test_the_default_attributes_are_all_that_is_told_where_no_more_is_asked(rekognition, names):
    assert set(detail(rekognition, *names)) == set(DEFAULT)


@pytest.mark.parametrize(
    "names", [("SMILE", "DEFAULT", "BEARD"), ("BEARD", "SMILE"), ("SMILE", "BEARD", "SMILE", "BEARD", "SMILE")]
)
def test_neither_order_nor_repetition_nor_default_changes_what_is_told(rekognition, names):
    assert detail(rekognition, *names) == detail(rekognition, "BEARD", "SMILE")
    assert set(detail(rekognition, *names)) == {*DEFAULT, "Smile", "Beard"}


@pytest.mark.parametrize("names", [("ALL",), ("ALL", "SMILE"), ("DEFAULT", "ALL"), ("SMILE", "ALL", "ALL")])
def test_all_wins_over_everything_else(rekognition, names):
    assert detail(rekognition, *names) == detail(rekognition, "ALL")


def test_members_come_in_rekognitions_order(rekognition):
    assert list(detail(rekognition, "ALL")) == [
        "BoundingBox", "AgeRange", "Smile", "Eyeglasses", "Sunglasses", "Gender", "Beard", "Mustache", "EyesOpen",
        "MouthOpen", "Emotions", "Landmarks", "Pose", "Quality", "Confidence", "FaceOccluded", "EyeDirection",
    ]  # fmt: skip


def test_an_attribute_is_told_alike_alone_and_among_all(rekognition):
    everything = detail(rekognition, "ALL")
    for name, member in MEMBERS.items():
        assert detail(rekognition, name)[member] == everything[member]


def test_every_face_of_a_picture_is_described_and_a_picture_without_one_is_an_empty_answer(rekognition):
    assert [set(face) for face in detect(rekognition, "ALL", image=TWO)] == [EVERYTHING] * 2
    assert detect(rekognition, "ALL", image=NOBODY) == []


def test_an_attribute_that_there_is_not_breaks_a_constraint(rekognition):
    assert refusal(rekognition.detect_faces, Image=PHOTO, Attributes=["HAIR"])[0] == "ValidationException"


def test_comparing_tells_the_default_attributes_only(rekognition):
    answer = rekognition.compare_faces(SourceImage=PHOTO, TargetImage=PHOTO)
    assert set(answer["FaceMatches"][0]["Face"]) == set(DEFAULT)


# While enrolling


def indexed(client, *names, picture=PHOTO, **more):
    return client.index_faces(CollectionId="staff", Image=picture, DetectionAttributes=list(names), **more)


def test_enrolling_tells_what_is_asked_of_those_enrolled_and_of_those_left_out(rekognition, staff):
    both = {"Bytes": people(ANNA, Sitter(BRUNO, side=16))}
    answer = indexed(rekognition, "ALL", picture=both, QualityFilter="NONE", MaxFaces=1)
    (enrolled,), left_out = answer["FaceRecords"], answer["UnindexedFaces"]
    for face in (enrolled, *left_out):
        assert set(face["FaceDetail"]) == EVERYTHING
        assert kinds(face["FaceDetail"]) == LANDMARKS
    assert left_out
    assert {reason for face in left_out for reason in face["Reasons"]} == {"EXCEEDS_MAX_FACES"}


@pytest.mark.parametrize("quality", ["NONE", "AUTO", "LOW", "MEDIUM", "HIGH"])
def test_who_is_enrolled_does_not_hang_on_the_attributes_asked_for(rekognition, staff, quality):
    both = {"Bytes": people(ANNA, Sitter(BRUNO, side=16))}
    found = [indexed(rekognition, *names, picture=both, QualityFilter=quality) for names in ([], ["SMILE"], ["ALL"])]
    plain, smile, everything = ([one["Face"] for one in answer["FaceRecords"]] for answer in found)
    assert plain == smile == everything
    reasons = [[one["Reasons"] for one in answer["UnindexedFaces"]] for answer in found]
    assert reasons[0] == reasons[1] == reasons[2]


def test_attributes_are_told_once_and_not_kept(rekognition, staff):
    indexed(rekognition, "ALL", QualityFilter="NONE")
    (kept,) = rekognition.list_faces(CollectionId=staff)["Faces"]
    assert set(kept).isdisjoint(MEMBERS.values())


# What is noted


def facts(parts):
    return ledger.entries(parts.database)[-1].facts


def digests(parts, *tasks):
    return [card.sha256 for card in parts.describing if card.task in tasks]


def test_the_entry_says_which_attributes_were_asked_for_and_which_models_told_them(rekognition, parts):
    detail(rekognition, "SMILE", "DEFAULT", "AGE_RANGE", "SMILE")
    assert facts(parts)["attributes"] == ["AGE_RANGE", "SMILE"]
    needed = {*describe.NEEDS[Trait.SMILE], *describe.NEEDS[Trait.AGE]}
    assert facts(parts)["attribute_models"] == digests(parts, *needed)
    detail(rekognition, "ALL", "SMILE")
    assert facts(parts)["attributes"] == ["ALL"]
    assert facts(parts)["attribute_models"] == digests(parts, *graphs.DESCRIBING)


def test_an_entry_of_the_default_attributes_names_none(rekognition, parts):
    detail(rekognition, "DEFAULT")
    assert not {"attributes", "attribute_models"} & set(facts(parts))


def test_no_judgement_is_in_the_ledger(rekognition, staff, parts):
    indexed(rekognition, "ALL", QualityFilter="NONE")
    assert set(facts(parts)) == {
        "attribute_models", "attributes", "collection", "detector", "embedder", "enrolled", "faces", "found",
        "image_digest", "known", "revision", "root",
    }  # fmt: skip


# Where they are off, or a model is not here


@contextmanager
def serving(given, key):
    """Give a client of a server with these settings, and its parts."""
    with app.build(given) as parts:
        server = app.endpoint(parts, key, given)
        clients = [
            in_process(server, service=name, access_key=key.access_key_id, secret=key.secret)
            for name in ("rekognition", "recognizance")
        ]
        yield *clients, parts
        for client in clients:
            client.close()
        server.close()


def test_where_attributes_are_off_they_are_refused_in_a_sentence_that_names_the_setting(given, key):
    with serving(replace(given, attributes="off"), key) as (rekognition, house, parts):
        assert set(detail(rekognition, "DEFAULT")) == set(DEFAULT)
        code, said = refusal(rekognition.detect_faces, Image=PHOTO, Attributes=["SMILE"])
        assert code == "NotImplementedException"
        assert "RECOGNIZANCE_ATTRIBUTES" in said
        assert facts(parts)["attributes"] == ["SMILE"]
        rekognition.create_collection(CollectionId="staff")
        code, _ = refusal(rekognition.index_faces, CollectionId="staff", Image=PHOTO, DetectionAttributes=["ALL"])
        assert code == "NotImplementedException"
        assert parts.describing == ()
        in_use = {one["Name"] for one in house.list_models()["Models"] if one["InUse"]}
        assert in_use == {"tiny-yunet", "tiny-face"}


@pytest.fixture
def lacking(given, tmp_path):
    """Settings of a server that lacks the model of age."""
    shutil.copytree(given.models, tmp_path / "models", ignore=shutil.ignore_patterns("tiny-age"))
    return replace(given, models=tmp_path / "models")


def test_an_attribute_whose_model_is_missing_is_refused_by_name_and_the_others_are_told(lacking, key):
    with serving(lacking, key) as (rekognition, _, parts):
        assert set(detail(rekognition, "SMILE")) == {*DEFAULT, "Smile"}
        for names in (["SMILE", "AGE_RANGE"], ["ALL"]):
            code, said = refusal(rekognition.detect_faces, Image=PHOTO, Attributes=names)
            assert code == "NotImplementedException"
            assert " and ".join(sorted(names)) in said
            assert "tiny-age" in said
            assert "recognizance models install tiny-age" in said
            assert str(lacking.models) not in said
        well, told = parts.health()
        assert well
        assert told["missing"] == ["tiny-age"]
        assert "tiny-age" not in {one["name"] for one in told["models"]}


def test_a_missing_model_is_refused_before_the_picture_is_looked_at(lacking, key):
    with serving(lacking, key) as (rekognition, _, _):
        code, _ = refusal(rekognition.detect_faces, Image={"Bytes": b"no picture"}, Attributes=["AGE_RANGE"])
        assert code == "NotImplementedException"


def test_a_model_that_is_brought_later_is_used_without_a_restart(given, lacking, key):
    with serving(lacking, key) as (rekognition, _, parts):
        refusal(rekognition.detect_faces, Image=PHOTO, Attributes=["AGE_RANGE"])
        shutil.copytree(given.models / "tiny-age", lacking.models / "tiny-age")
        assert set(detail(rekognition, "AGE_RANGE")) == {*DEFAULT, "AgeRange"}
        assert parts.health()[1]["missing"] == []


@pytest.mark.parametrize("when", ["later", "start"])
def test_a_damaged_model_stops_no_server_and_no_path_leaves_it(given, key, tmp_path, when):
    shutil.copytree(given.models, tmp_path / "models")
    (file,) = (tmp_path / "models" / "tiny-age").glob("*.onnx")
    file.chmod(0o600)
    file.write_bytes(b"something else")
    with serving(replace(given, models=tmp_path / "models", attributes=when), key) as (rekognition, house, parts):
        assert set(detail(rekognition, "SMILE")) == {*DEFAULT, "Smile"}
        code, said = refusal(rekognition.detect_faces, Image=PHOTO, Attributes=["AGE_RANGE"])
        assert code == "NotImplementedException"
        assert "damaged" in said
        assert str(tmp_path) not in said
        well, told = parts.health()
        assert (well, told["damaged"], told["missing"]) == (True, ["tiny-age"], [])
        assert "tiny-age" not in {one["name"] for one in told["models"]}
        listed = {one["Name"]: one for one in house.list_models()["Models"]}
        assert (listed["tiny-age"]["Installed"], listed["tiny-age"]["Damaged"]) == (True, True)
        assert not listed["tiny-mesh"]["Damaged"]


def test_a_damaged_mesh_stops_nobody_from_being_enrolled_or_searched_for(given, key, tmp_path):
    shutil.copytree(given.models, tmp_path / "models")
    (file,) = (tmp_path / "models" / "tiny-mesh").glob("*.onnx")
    file.chmod(0o600)
    file.write_bytes(b"something else")
    with serving(replace(given, models=tmp_path / "models"), key) as (rekognition, _, _):
        rekognition.create_collection(CollectionId="staff")
        answer = indexed(rekognition, QualityFilter="AUTO")
        assert [*answer["FaceRecords"], *answer["UnindexedFaces"]]
        assert indexed(rekognition, QualityFilter="NONE")["FaceRecords"]


def test_mesh_faces_says_whether_its_model_is_damaged_or_missing(given, key, tmp_path):
    shutil.copytree(given.models, tmp_path / "models")
    with serving(replace(given, models=tmp_path / "models"), key) as (_, house, _):
        (file,) = (tmp_path / "models" / "tiny-mesh").glob("*.onnx")
        file.chmod(0o600)
        file.write_bytes(b"something else")
        code, said = refusal(house.mesh_faces, Image=PHOTO)
        assert code == "NotImplementedException"
        assert "tiny-mesh is damaged" in said
        assert str(tmp_path) not in said
        file.unlink()
        code, said = refusal(house.mesh_faces, Image=PHOTO)
        assert code == "NotImplementedException"
        assert "tiny-mesh is not installed" in said
        assert "damaged" not in said


def test_the_entry_names_the_mesh_where_it_had_a_say_in_who_is_enrolled(rekognition, staff, parts):
    mesh = next(card.sha256 for card in parts.describing if card.task == "mesh")
    indexed(rekognition, QualityFilter="AUTO")
    assert facts(parts)["mesh"] == mesh
    indexed(rekognition, QualityFilter="NONE")
    assert "mesh" not in facts(parts)


def test_a_mesh_is_given_of_every_face_in_the_order_of_detect_faces(house, rekognition, parts):
    meshes = house.mesh_faces(Image=TWO)["FaceMeshes"]
    faces = rekognition.detect_faces(Image=TWO)["FaceDetails"]
    assert len(meshes) == len(faces) == 2
    for mesh, face in zip(meshes, faces, strict=True):
        assert len(mesh["Points"]) == 468
        assert 0 <= mesh["Confidence"] <= 100
        box = face["BoundingBox"]
        middle = sum(point["X"] for point in mesh["Points"]) / 468
        assert abs(middle - box["Left"] - box["Width"] / 2) < box["Width"]
    assert facts(parts)["faces"] == 2
    assert house.mesh_faces(Image=NOBODY)["FaceMeshes"] == []


def test_where_attributes_are_off_no_mesh_is_told(given, key):
    with serving(replace(given, attributes="off"), key) as (_, house, _):
        assert refusal(house.mesh_faces, Image=PHOTO)[0] == "NotImplementedException"


def test_at_start_every_model_is_loaded_and_later_only_what_is_asked_for(given, key, monkeypatch):
    loaded = []
    make = app._model
    monkeypatch.setattr(app, "_model", lambda card, *more: (loaded.append(str(card.name)), make(card, *more))[1])
    with serving(given, key) as (rekognition, _, parts):
        parts.vision()
        assert loaded == ["tiny-yunet", "tiny-face"]
        detail(rekognition, "AGE_RANGE")
        assert set(loaded[2:]) == {f"tiny-{task}" for task in describe.NEEDS[Trait.AGE]}
    loaded.clear()
    with serving(replace(given, attributes="start"), key) as (_, _, parts):
        parts.vision()
        assert set(loaded) == {"tiny-yunet", "tiny-face", *(f"tiny-{task}" for task in graphs.DESCRIBING)}


def test_a_server_tells_which_models_it_answers_with(house, parts):
    listed = {one["Name"]: one for one in house.list_models()["Models"]}
    well, told = parts.health()
    assert well
    answering = {one["name"]: one for one in told["models"]}
    coarse = runtime.start(device="cpu", threads=1).coarse
    for task in graphs.DESCRIBING:
        assert listed[f"tiny-{task}"]["InUse"]
        assert listed[f"tiny-{task}"]["Installed"]
        one = answering[f"tiny-{task}"]
        assert (one["task"], one["sha256"]) == (task, listed[f"tiny-{task}"]["Sha256"])
        assert one["precision"] == ("f32" if task in ("mesh", "iris") else coarse)
    assert told["missing"] == []


def test_the_same_picture_is_described_alike_each_time(rekognition):
    assert detect(rekognition, "ALL", image=TWO) == detect(rekognition, "ALL", image=TWO)

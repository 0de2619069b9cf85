"""A collection exported, restored, backed up, moved to another model and searched for duplicates."""

import base64
import hashlib
import os
import shutil
import sqlite3
import stat
import uuid
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from time import monotonic, sleep

import numpy as np
import pytest
from tests import postgresql, two_models
from tests.operations.conftest import GHOST, Team, at_once, body, code, paged, refusal
from tests.pictures import ANNA, BRUNO, CLARA, DAVID, EMMA, EMMAS_SISTER, Sitter, people
from tests.two_models import NOT_INSTALLED, OTHER, OTHER_DIMENSION, OTHER_VERSION, WITHOUT_CURVE

from recognizance import app, private, settings
from recognizance.database.backup import Backups
from recognizance.errors import IndexUnusable, InvalidParameter, Unserved
from recognizance.gallery import collections, users
from recognizance.gallery.shelf import Shelf
from recognizance.operations import moving
from recognizance.values import Caller

MODEL = {"Model": "tiny-face", "FaceModelVersion": "0.1"}


@pytest.fixture(scope="session")
def tiny(tmp_path_factory):
    return two_models.make(tmp_path_factory.mktemp("two"))


TEAM = {"emma": EMMA, "emma_again": Sitter(EMMA, take=1), "sister": EMMAS_SISTER, "anna": ANNA, "bruno": BRUNO}
ALBUM = {"pair": people(ANNA, BRUNO), "clara": people(CLARA), "emma": people(EMMA)}
LOCAL = Caller("a", "000000000000", "eu-west-3", roles=frozenset({"admin"}))


@dataclass(frozen=True)
class Prepared:
    """Data folders of servers that were stopped, each with one collection, and who is in it."""

    team: Path
    people: Team
    album: Path
    ids: dict[str, str]


@pytest.fixture(scope="module")
def prepared(tiny, tmp_path_factory):
    """What many tests begin with, made once: loading models takes longer than most tests."""
    folder = tmp_path_factory.mktemp("prepared")
    named = {"device": "cpu", "threads": 1, "detector": "tiny-yunet", "embedder": "tiny-face"}

    def index(data, *pictures):
        chosen = settings.read({}, data=data, mirror=False, enlarge=False, log="warning", **named, **tiny)
        with app.build(chosen) as parts:
            parts.service.call("CreateCollection", {"CollectionId": "staff"}, LOCAL, "r")
            for content, external_id in pictures:
                asked = {"CollectionId": "staff", "Image": {"Bytes": content}, "QualityFilter": "NONE"}
                asked |= {"ExternalImageId": external_id} if external_id else {}
                found = parts.service.call("IndexFaces", asked, LOCAL, "r").response["FaceRecords"]
                faces = sorted((one["Face"] for one in found), key=lambda one: one["BoundingBox"]["Left"])
                yield from (face["FaceId"] for face in faces)

    team = Team(*index(folder / "team", *((people(sitter), None) for sitter in TEAM.values())))
    shown = ((ALBUM["pair"], "pair"), (ALBUM["clara"], "clara"), (ALBUM["clara"], "clara2"), (ALBUM["emma"], None))
    ids = dict(zip(("anna", "bruno", "clara", "clara2", "emma"), index(folder / "album", *shown), strict=True))
    return Prepared(folder / "team", team, folder / "album", ids)


@pytest.fixture
def parts(given, time, new_database, prepared, request):
    """The server, on a copy of the data that the test begins with."""
    begun = [name for name in ("team", "album") if name in request.fixturenames]
    if begun:
        shutil.copytree(getattr(prepared, begun[0]), given.data)
    else:
        private.folder(given.data)
        new_database(given.database_file)
    with app.build(given, now=time) as built:
        yield built


@pytest.fixture
def staff(rekognition, request):
    if not {"team", "album"} & set(request.fixturenames):
        rekognition.create_collection(CollectionId="staff")
    return "staff"


@pytest.fixture
def team(prepared):
    return prepared.people


@pytest.fixture
def album(prepared):
    """Three pictures that are enrolled: of Anna and Bruno, of Clara twice named, of Emma. FaceIds by name."""
    return ALBUM, dict(prepared.ids)


def exported(house, name="staff", **how):
    pages = paged(house.export_collection, CollectionId=name, **how)
    return [user for page in pages for user in page["Users"]], [face for page in pages for face in page["Faces"]]


def a_face(number=1, vector=None, **changes):
    """Return a face as RestoreFaces takes it; `vector` is made length 1."""
    given = np.random.default_rng(number).normal(size=6) if vector is None else np.asarray(vector, float)
    return {
        "FaceId": str(uuid.UUID(int=number)),
        "ImageId": str(uuid.UUID(int=number + 1000)),
        "BoundingBox": {"Left": 0.1, "Top": -0.05, "Width": 0.2, "Height": 0.3},
        "Confidence": 99.5,
        "EnrolledAt": datetime(2025, 1, 2, tzinfo=UTC),
        "Vector": (given / np.linalg.norm(given)).astype("<f4").tobytes(),
    } | changes


def faces_of(rekognition, name="staff"):
    return rekognition.list_faces(CollectionId=name)["Faces"]


# Out


def test_an_export_has_all_that_is_kept_of_a_face(house, enrol, users, staff):
    (anna,) = enrol(ANNA, ExternalImageId="anna.png")
    users(Anna=[anna])
    (kept,) = exported(house)[1]
    assert (kept["FaceId"], kept["ExternalImageId"], kept["UserId"]) == (anna, "anna.png", "Anna")
    assert len(kept["Vector"]) == 6 * 4
    assert np.linalg.norm(np.frombuffer(kept["Vector"], "<f4")) == pytest.approx(1, abs=1e-6)
    assert set(kept["BoundingBox"]) == {"Left", "Top", "Width", "Height"}
    assert 0 < kept["Confidence"] <= 100


def test_an_export_says_what_the_collection_is(house, rekognition, staff, time):
    arn = rekognition.describe_collection(CollectionId=staff)["CollectionARN"]
    rekognition.tag_resource(ResourceArn=arn, Tags={"site": "north gate"})
    said = body(house.export_collection(CollectionId=staff))
    made = said.pop("CreationTimestamp")
    assert abs(made - time.at).total_seconds() < 0.002
    assert said == {
        "CollectionId": "staff",
        **MODEL,
        "Dimensions": 6,
        "Region": "eu-west-3",
        "Tags": {"site": "north gate"},
        "FaceCount": 0,
        "UserCount": 0,
        "Revision": 0,
        "Users": [],
        "Faces": [],
    }


def test_users_come_first_then_faces_both_in_the_order_they_came(house, team, users):
    users(two=[team.bruno], one=[team.emma])
    people_, kept = exported(house, MaxResults=1)
    assert [user["UserId"] for user in people_] == ["two", "one"]
    assert [face["FaceId"] for face in kept] == [team.emma, team.emma_again, team.sister, team.anna, team.bruno]


@pytest.mark.parametrize("size", [1, 2, 3, 6, 7, 8, 1000])
def test_no_size_of_page_loses_or_repeats_anything(house, team, users, size):
    users(one=[team.emma], two=[])
    people_, kept = exported(house, MaxResults=size)
    assert (len(people_), len(kept), len({face["FaceId"] for face in kept})) == (2, 5, 5)


def test_what_comes_after_the_first_page_is_left_out(house, team, enrol, users):
    first = house.export_collection(CollectionId="staff", MaxResults=2)
    late = enrol(CLARA)
    users(late=[*late, team.bruno])
    rest = paged(house.export_collection, CollectionId="staff", MaxResults=2, NextToken=first["NextToken"])
    kept = [face for page in [first, *rest] for face in page["Faces"]]
    assert {face["FaceId"] for face in kept} == team.all
    assert not any("UserId" in face for face in kept)
    assert rest[-1]["Revision"] > first["Revision"]


def test_what_goes_before_its_page_is_not_in_an_export(house, rekognition, team):
    first = house.export_collection(CollectionId="staff", MaxResults=2)
    rekognition.delete_faces(CollectionId="staff", FaceIds=[team.emma, team.bruno])
    rest = paged(house.export_collection, CollectionId="staff", NextToken=first["NextToken"])
    assert team.bruno not in [face["FaceId"] for page in rest for face in page["Faces"]]


def test_a_quiet_export_has_one_revision(house, team):
    assert len({page["Revision"] for page in paged(house.export_collection, CollectionId="staff", MaxResults=2)}) == 1


def test_an_export_token_is_bound_to_its_collection_and_operation(house, rekognition, team):
    token = house.export_collection(CollectionId="staff", MaxResults=1)["NextToken"]
    rekognition.create_collection(CollectionId="guests")
    assert code(house.export_collection, CollectionId="guests", NextToken=token) == "InvalidPaginationTokenException"
    assert code(house.find_duplicates, CollectionId="staff", NextToken=token) == "InvalidPaginationTokenException"


def test_an_export_does_not_go_on_with_another_models_vectors(house, album):
    token = house.export_collection(CollectionId="staff", MaxResults=1)["NextToken"]
    move(house, *album[0].values())
    assert code(house.export_collection, CollectionId="staff", NextToken=token) == "InvalidPaginationTokenException"


def test_what_is_not_there_cannot_be_exported(house, client_of, staff):
    stranger = client_of(service="recognizance", account="111111111111")
    assert code(house.export_collection, CollectionId="ghost") == "ResourceNotFoundException"
    assert code(stranger.export_collection, CollectionId=staff) == "ResourceNotFoundException"


def test_the_paginator_joins_users_and_faces(house, team, users):
    users(one=[team.emma])
    whole = house.get_paginator("export_collection").paginate(CollectionId="staff", PaginationConfig={"PageSize": 2})
    said = whole.build_full_result()
    assert (len(said["Users"]), len(said["Faces"])) == (1, 5)


# In


def restore(house, users_, faces_, name="copy", **how):
    house.restore_collection(CollectionId=name, **MODEL, **how)
    if users_:
        house.restore_users(CollectionId=name, Users=users_)
    return house.restore_faces(CollectionId=name, Faces=faces_)


def test_a_restored_collection_exports_what_was_exported(house, team, users):
    users(emma=[team.emma, team.emma_again], nobody=[], bruno=[team.bruno])
    before = exported(house)
    said = restore(house, *before)
    assert body(said) == {"Restored": 5, "AlreadyThere": 0, "Unassociated": []}
    assert exported(house, "copy") == before


def test_a_face_keeps_its_consent_and_its_term_wherever_it_goes(house):
    soon, late = datetime(2031, 1, 2, tzinfo=UTC), datetime(2041, 1, 2, tzinfo=UTC)
    first, second = a_face(1, Consent="release 1", Until=soon), a_face(2, Consent="release 2")
    given = [first, second, a_face(3, Until=late), a_face(4)]
    restore(house, [], given)
    assert exported(house, "copy")[1] == given
    assert house.withdraw_consent(CollectionId="copy", Consent="release 1")["DeletedFaces"] == [given[0]["FaceId"]]
    restore(house, [], exported(house, "copy")[1], "third")
    assert exported(house, "third")[1] == given[1:]


def test_of_two_terms_the_earlier_holds(house):
    enrolled = datetime.now(UTC).replace(microsecond=0)
    early, late = enrolled + timedelta(days=3), enrolled + timedelta(days=300)
    given = [a_face(1, EnrolledAt=enrolled, Until=early), a_face(2, EnrolledAt=enrolled, Until=late)]
    restore(house, [], given, Tags={"recognizance:retention-days": "30"})
    ends = [one["Until"] for one in exported(house, "copy")[1]]
    assert ends == [early, enrolled + timedelta(days=30)]


def test_a_restored_collection_answers_searches_as_the_first_does(house, rekognition, team, users):
    users(emma=[team.emma, team.emma_again], bruno=[team.bruno])
    restore(house, *exported(house))

    def asked(name):
        picture = {"Bytes": people(EMMA)}
        return (
            rekognition.search_faces(CollectionId=name, FaceId=team.emma, FaceMatchThreshold=0)["FaceMatches"],
            rekognition.search_faces_by_image(CollectionId=name, Image=picture, FaceMatchThreshold=50)["FaceMatches"],
            rekognition.search_users(CollectionId=name, UserId="emma", UserMatchThreshold=0)["UserMatches"],
            faces_of(rekognition, name),
        )

    assert asked("copy") == asked("staff")


def test_restoring_again_adds_nothing(house, team, users):
    users(emma=[team.emma])
    people_, kept = exported(house)
    restore(house, people_, kept[:3])
    before = exported(house, "copy")
    assert body(house.restore_users(CollectionId="copy", Users=people_)) == {"Restored": 0, "AlreadyThere": 1}
    said = house.restore_faces(CollectionId="copy", Faces=kept[:3])
    assert (said["Restored"], said["AlreadyThere"]) == (0, 3)
    assert exported(house, "copy") == before
    assert house.restore_faces(CollectionId="copy", Faces=kept)["Restored"] == 2


def test_a_face_named_twice_in_one_request_is_restored_once(house, rekognition):
    said = restore(house, [], [a_face(1), a_face(2), a_face(1)])
    assert (said["Restored"], said["AlreadyThere"]) == (2, 1)
    assert rekognition.describe_collection(CollectionId="copy")["FaceCount"] == 2


def test_a_restored_user_finds_people_by_all_their_faces(house, rekognition):
    one, other = a_face(1, [1, 0, 0, 0, 0, 0], UserId="emma"), a_face(2, [0, 1, 0, 0, 0, 0], UserId="emma")
    probe = a_face(3, [1, 1, 0, 0, 0, 0])
    made = {"UserId": "emma", "CreatedAt": datetime(2025, 1, 2, tzinfo=UTC)}
    restore(house, [made], [one, probe])
    house.restore_faces(CollectionId="copy", Faces=[other])
    (found,) = rekognition.search_users(CollectionId="copy", FaceId=probe["FaceId"])["UserMatches"]
    assert found["Similarity"] == pytest.approx(100)


def test_faces_of_a_user_that_is_not_there_are_refused_and_none_is_kept(house, rekognition):
    house.restore_collection(CollectionId="copy", **MODEL)
    said = refusal(house.restore_faces, CollectionId="copy", Faces=[a_face(1), a_face(2, UserId="emma")])
    assert said == ("InvalidParameterException", "The user id: emma does not exist; restore the users first.")
    assert faces_of(rekognition, "copy") == []


def test_a_user_gets_no_more_than_a_hundred_faces(house, rekognition):
    made = {"UserId": "emma", "CreatedAt": datetime(2025, 1, 2, tzinfo=UTC)}
    said = restore(house, [made], [a_face(number, UserId="emma") for number in range(1, 103)])
    assert said["Unassociated"] == [str(uuid.UUID(int=number)) for number in (101, 102)]
    assert len(rekognition.list_faces(CollectionId="copy", UserId="emma")["Faces"]) == 100
    assert rekognition.describe_collection(CollectionId="copy")["FaceCount"] == 102


BAD = {
    "another dimension": {"Vector": np.eye(7, dtype="<f4")[0].tobytes()},
    "half a number": {"Vector": b"12345"},
    "not of length 1": {"Vector": np.full(6, 0.5, "<f4").tobytes()},
    "not a number": {"Vector": np.full(6, np.nan, "<f4").tobytes()},
    "infinite": {"Vector": np.array([np.inf, 0, 0, 0, 0, 0], "<f4").tobytes()},
    "zero": {"Vector": bytes(24)},
    "a box without area": {"BoundingBox": {"Left": 0.1, "Top": 0.1, "Width": 0.0, "Height": 0.1}},
}


@pytest.mark.parametrize("how", BAD)
def test_a_face_that_cannot_be_is_named_and_none_is_kept(house, rekognition, how):
    house.restore_collection(CollectionId="copy", **MODEL)
    wrong = a_face(2, **BAD[how])
    kind, text = refusal(house.restore_faces, CollectionId="copy", Faces=[a_face(1), wrong])
    assert kind == "InvalidParameterException"
    assert wrong["FaceId"] in text
    assert faces_of(rekognition, "copy") == []


MALFORMED = {
    "a face id": {"FaceId": "A" * 36},
    "an image id": {"ImageId": "x"},
    "an external id": {"ExternalImageId": "a b"},
    "a confidence": {"Confidence": 101.0},
    "a user id": {"UserId": "a/b"},
}


@pytest.mark.parametrize("how", MALFORMED)
def test_what_breaks_the_model_breaks_a_constraint(house, how):
    house.restore_collection(CollectionId="copy", **MODEL)
    face = a_face(1, **MALFORMED[how])
    assert code(house.restore_faces, CollectionId="copy", Faces=[face]) == "ValidationException"


@pytest.mark.parametrize("how", MALFORMED)
def test_what_breaks_the_model_is_refused_at_the_one_door_too(parts, house, how):
    """The command line asks past the wire, which checks requests against the model."""
    from recognizance.errors import InvalidParameter

    house.restore_collection(CollectionId="copy", **MODEL)
    request = {"CollectionId": "copy", "Faces": [a_face(1, **MALFORMED[how])]}
    with pytest.raises(InvalidParameter):
        parts.service.call("RestoreFaces", request, LOCAL, "r")


def test_at_most_500_faces_are_restored_at_a_time(house):
    house.restore_collection(CollectionId="copy", **MODEL)
    given = [a_face(number) for number in range(1, 502)]
    assert code(house.restore_faces, CollectionId="copy", Faces=given) == "ValidationException"
    assert house.restore_faces(CollectionId="copy", Faces=given[:500])["Restored"] == 500


def test_a_model_that_is_not_known_is_refused_in_a_sentence(house):
    for model in ({"Model": "nobody", "FaceModelVersion": "1"}, {"Model": WITHOUT_CURVE, "FaceModelVersion": "7.4"}):
        kind, text = refusal(house.restore_collection, CollectionId="copy", **model)
        assert kind == "InvalidParameterException"
        assert text.startswith(f"The model {model['Model']} is not known to this server")
    kind, text = refusal(house.restore_collection, CollectionId="copy", Model="tiny-face", FaceModelVersion="9")
    assert (kind, "version 9 of the model tiny-face; this server knows version 0.1" in text) == (
        "InvalidParameterException",
        True,
    )


def test_a_model_that_is_known_and_not_installed_can_be_restored_and_searched_by_face(house, rekognition):
    house.restore_collection(CollectionId="copy", Model=NOT_INSTALLED, FaceModelVersion="7.3")
    one, other = (a_face(number, np.eye(10)[0] + number * 1e-4) for number in (1, 2))
    house.restore_faces(CollectionId="copy", Faces=[one, other])
    (found,) = rekognition.search_faces(CollectionId="copy", FaceId=one["FaceId"])["FaceMatches"]
    assert found["Face"]["FaceId"] == other["FaceId"]
    asked = {"CollectionId": "copy", "Image": {"Bytes": people(ANNA)}}
    assert code(rekognition.search_faces_by_image, **asked) == "InvalidParameterException"


def test_a_name_that_is_taken_is_not_restored_into(house, staff):
    said = ("ResourceAlreadyExistsException", "The collection id: staff already exists.")
    assert refusal(house.restore_collection, CollectionId=staff, **MODEL) == said
    assert refusal(house.restore_collection, CollectionId=staff, **MODEL, ClientRequestToken="t") == said


def test_a_restoration_goes_on_under_its_token(house, rekognition):
    request = {"CollectionId": "copy", **MODEL, "Tags": {"a": "b"}, "Region": "us-east-1", "ClientRequestToken": "t"}
    first = body(house.restore_collection(**request))
    assert first == {
        "CollectionArn": "arn:aws:rekognition:us-east-1:000000000000:collection/copy",
        "FaceModelVersion": "0.1",
        "Resumed": False,
    }
    assert body(house.restore_collection(**request)) == first | {"Resumed": True}
    rekognition.delete_collection(CollectionId="copy")
    assert body(house.restore_collection(**request)) == first
    assert body(house.restore_collection(**request)) == first | {"Resumed": True}
    rekognition.delete_collection(CollectionId="copy")
    rekognition.create_collection(CollectionId="copy")
    assert code(house.restore_collection, **request) == "ResourceAlreadyExistsException"


# Backup


@pytest.fixture
def copy(house, given):
    """What makes a backup and gives its path."""
    return lambda: given.data / "backups" / house.create_backup()["Name"]


def test_a_backup_is_a_whole_database_that_was_checked(house, given, team, users):
    users(emma=[team.emma])
    said = house.create_backup()
    path = given.data / "backups" / said["Name"]
    content = path.read_bytes()
    assert (said["Bytes"], said["Sha256"]) == (len(content), hashlib.sha256(content).hexdigest())
    assert (said["Faces"], said["Collections"]) == (5, 1)
    with sqlite3.connect(f"file:{path}?immutable=1", uri=True) as opened:
        assert opened.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert opened.execute("SELECT count(*) FROM ledger").fetchone() == (said["Entries"],)
        assert opened.execute("SELECT count(*) FROM vectors").fetchone() == (6,)
    opened.close()


def test_a_backup_is_for_its_owner_only_and_one_file(copy):
    path = copy()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert list(path.parent.iterdir()) == [path]


def test_a_server_starts_from_a_backup_and_answers_the_same(copy, given, rekognition, team, tmp_path, client_of):
    path = copy()
    matches = rekognition.search_faces(CollectionId="staff", FaceId=team.emma)["FaceMatches"]
    other = tmp_path / "restored"
    shutil.copytree(given.data / "keys", other / "keys")
    (other / "recognizance.db").write_bytes(path.read_bytes())
    with app.build(replace(given, data=other)) as parts:

        def ask(name, **request):
            return parts.service.call(name, request, LOCAL, "r").response

        found = ask("SearchFaces", CollectionId="staff", FaceId=team.emma)["FaceMatches"]
        assert [one["Face"]["FaceId"] for one in found] == [one["Face"]["FaceId"] for one in matches]
        again = ask("IndexFaces", CollectionId="staff", Image={"Bytes": people(ANNA)}, QualityFilter="NONE")
        assert [one["Face"]["FaceId"] for one in again["FaceRecords"]] == [team.anna]  # the key is the same


def test_backups_made_while_faces_come_and_go_are_each_of_one_moment(house, given, enrol, rekognition):
    def writes():
        for sitter in (ANNA, BRUNO, CLARA, DAVID):
            enrol(sitter, EMMA)

    def copies():
        for _ in range(4):
            yield house.create_backup()

    def looks():
        return [look(said) for said in copies()]

    def look(said):
        path = given.data / "backups" / said["Name"]
        with sqlite3.connect(f"file:{path}?immutable=1", uri=True) as opened:
            (revision, counted), (rows,) = (
                opened.execute(f"SELECT {what}").fetchone()
                for what in ("max(revision), sum(faces) FROM collections", "count(*) FROM faces")
            )
            assert opened.execute("SELECT count(*) FROM vectors").fetchone() == (rows,)
        opened.close()
        assert [one.name for one in path.parent.iterdir()] == [path.name]  # the one before is gone
        return (revision, counted, rows)

    _, seen = at_once(writes, looks)
    assert len(seen) == 4
    for revision, counted, rows in seen:
        assert revision == counted == rows
        assert rows % 2 == 0  # a picture's two faces come together


def test_of_backups_asked_for_at_once_one_is_made(parts, given, tmp_path):
    import fcntl

    from recognizance.errors import Throttled

    folder = tmp_path / "backups"
    folder.mkdir()
    handle = os.open(folder, os.O_RDONLY)
    fcntl.flock(handle, fcntl.LOCK_EX)  # as another process would
    with pytest.raises(Throttled):
        Backups(parts.database, folder).make("a.db")
    os.close(handle)
    assert Backups(parts.database, folder).make("a.db").name == "a.db"


def test_what_a_killed_backup_left_is_removed_by_the_next(copy):
    left = copy().with_name("recognizance-old.db.draft")
    left.write_bytes(b"half")
    copy()
    assert not left.exists()


def test_no_backup_is_written_over(parts, tmp_path):
    from recognizance.errors import DatabaseUnusable

    Backups(parts.database, tmp_path).make("a.db")
    before = (tmp_path / "a.db").read_bytes()
    with pytest.raises(DatabaseUnusable):
        Backups(parts.database, tmp_path).make("a.db")
    assert (tmp_path / "a.db").read_bytes() == before


def test_a_full_disk_is_told_before_it_is_full(parts, tmp_path, monkeypatch):
    import shutil

    from recognizance.errors import QuotaExceeded

    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(1, 1, 1))
    with pytest.raises(QuotaExceeded, match="no room"):
        Backups(parts.database, tmp_path / "b").make("a.db")
    assert list((tmp_path / "b").iterdir()) == []


def test_a_damaged_database_gives_no_backup(given, tmp_path):
    from recognizance.database import file_url, open_database
    from recognizance.errors import DatabaseUnusable

    path = tmp_path / "damaged.db"
    open_database(file_url(path)).close()
    content = bytearray(path.read_bytes())
    content[-8192:] = os.urandom(8192)  # the last page: the schema, which every connection reads, is at the front
    path.write_bytes(content)
    database = open_database(file_url(path))
    with pytest.raises(DatabaseUnusable):
        Backups(database, tmp_path / "b").make("a.db")
    database.close()
    assert list((tmp_path / "b").iterdir()) == []


# To another model


def reembed(house, *pictures):
    return [body(house.reembed_picture(CollectionId="staff", Image={"Bytes": one})) for one in pictures]


def move(house, *pictures, **how):
    house.start_reembedding(CollectionId="staff", Model=OTHER)
    reembed(house, *pictures)
    return body(house.finish_reembedding(CollectionId="staff", **how))


def test_a_collection_moves_to_another_model_and_keeps_everything_else(house, rekognition, album, users, staff):
    pictures, ids = album
    users(bruno=[ids["bruno"]], claras=[ids["clara"], ids["clara2"]], nobody=[])
    arn = rekognition.describe_collection(CollectionId=staff)["CollectionARN"]
    rekognition.tag_resource(ResourceArn=arn, Tags={"a": "b"})
    described, listed = body(rekognition.describe_collection(CollectionId=staff)), faces_of(rekognition)
    before = exported(house)

    assert move(house, *pictures.values()) == {
        "FaceModelVersion": OTHER_VERSION,
        "Faces": 5,
        "Users": 3,
        "LeftBehind": 0,
    }

    assert body(rekognition.describe_collection(CollectionId=staff)) == described | {"FaceModelVersion": OTHER_VERSION}
    assert faces_of(rekognition) == [face | {"IndexFacesModelVersion": OTHER_VERSION} for face in listed]
    assert rekognition.list_tags_for_resource(ResourceArn=arn)["Tags"] == {"a": "b"}
    people_, kept = exported(house)
    assert people_ == before[0]
    assert [face | {"Vector": b""} for face in kept] == [face | {"Vector": b""} for face in before[1]]
    assert {len(face["Vector"]) for face in kept} == {OTHER_DIMENSION * 4}


def test_vectors_are_those_that_enrolment_with_the_new_model_makes(house, parts, given, album, tmp_path):
    pictures, _ids = album
    move(house, *pictures.values())
    _, kept = exported(house)

    with app.build(replace(given, data=tmp_path / "other", embedder=OTHER)) as fresh:

        def ask(name, **request):
            return fresh.service.call(name, request, LOCAL, "r").response

        ask("CreateCollection", CollectionId="staff")
        for picture, name in zip(("pair", "clara", "clara", "emma"), ("pair", "clara", "clara2", "e"), strict=True):
            sent = {"Bytes": pictures[picture]}
            ask("IndexFaces", CollectionId="staff", Image=sent, ExternalImageId=name, QualityFilter="NONE")
        enrolled = ask("ExportCollection", CollectionId="staff")["Faces"]
    assert [face["Vector"] for face in kept] == [face["Vector"] for face in enrolled]


def test_faces_and_users_are_found_with_the_new_model(house, rekognition, album, users):
    pictures, ids = album
    users(bruno=[ids["bruno"]])
    move(house, *pictures.values())
    picture = {"Bytes": people(Sitter(BRUNO, take=1))}
    found = rekognition.search_faces_by_image(CollectionId="staff", Image=picture)
    assert found["FaceMatches"][0]["Face"]["FaceId"] == ids["bruno"]
    assert found["FaceModelVersion"] == OTHER_VERSION
    by_user = rekognition.search_users_by_image(CollectionId="staff", Image=picture)
    assert [one["User"]["UserId"] for one in by_user["UserMatches"]] == ["bruno"]


def test_the_moved_collection_lives_on(house, rekognition, album, users, enrol):
    pictures, ids = album
    users(bruno=[ids["bruno"]])
    move(house, *pictures.values())
    assert enrol(CLARA, ExternalImageId="clara") == [ids["clara"]]  # the same picture is known
    (david,) = enrol(DAVID)
    users(david=[david])
    rekognition.delete_faces(CollectionId="staff", FaceIds=[ids["emma"]])
    found = rekognition.search_faces(CollectionId="staff", FaceId=ids["bruno"], FaceMatchThreshold=0)["FaceMatches"]
    assert {one["Face"]["FaceId"] for one in found} == {ids["anna"], ids["clara"], ids["clara2"], david}
    assert [one["UserId"] for one in rekognition.list_users(CollectionId="staff")["Users"]] == ["bruno", "david"]
    assert exported(house)[1][-1]["FaceId"] == david
    assert moved_back(house, pictures)["LeftBehind"] == 1  # David's picture is not among them


def moved_back(house, pictures):
    house.start_reembedding(CollectionId="staff", Model="tiny-face")
    reembed(house, *pictures.values())
    return house.finish_reembedding(CollectionId="staff", LeaveBehind=True)


def test_a_collection_that_moved_there_and_back_is_what_it_was(house, album, users):
    pictures, ids = album
    users(bruno=[ids["bruno"]], both=[ids["anna"], ids["emma"]])
    before = exported(house)
    move(house, *pictures.values())
    moved_back(house, pictures)
    assert exported(house) == before


def test_until_the_end_the_old_one_answers_and_no_client_sees_the_new(house, rekognition, album):
    pictures, ids = album

    def asked():
        return (
            rekognition.search_faces(CollectionId="staff", FaceId=ids["anna"], FaceMatchThreshold=0)["FaceMatches"],
            body(rekognition.list_collections()),
            body(rekognition.describe_collection(CollectionId="staff")),
        )

    before = asked()
    house.start_reembedding(CollectionId="staff", Model=OTHER)
    reembed(house, pictures["pair"])
    assert asked() == before


def test_progress_is_told(house, album, time):
    pictures, ids = album
    said = body(house.start_reembedding(CollectionId="staff", Model=OTHER))
    assert said == {"Model": OTHER, "FaceModelVersion": OTHER_VERSION, "Faces": 5}
    assert reembed(house, pictures["pair"]) == [
        {"Reembedded": [ids["anna"], ids["bruno"]], "AlreadyDone": [], "NotFound": []}
    ] or set(reembed(house, pictures["pair"])[0]["AlreadyDone"]) == {ids["anna"], ids["bruno"]}
    said = body(house.describe_reembedding(CollectionId="staff"))
    left = said.pop("LeftFaces")
    assert abs(said.pop("StartedAt") - time.at).total_seconds() < 0.002
    assert said == {"Model": OTHER, "FaceModelVersion": OTHER_VERSION, "Faces": 5, "Done": 2, "Left": 3}
    assert [one["FaceId"] for one in left] == [ids["clara"], ids["clara2"], ids["emma"]]
    assert [one.get("ExternalImageId") for one in left] == ["clara", "clara2", None]


def test_a_picture_given_again_is_already_done_and_one_enrolled_twice_is_done_at_once(house, album):
    pictures, ids = album
    house.start_reembedding(CollectionId="staff", Model=OTHER)
    first, again = reembed(house, pictures["clara"], pictures["clara"])
    assert first == {"Reembedded": [ids["clara"], ids["clara2"]], "AlreadyDone": [], "NotFound": []}
    assert again == {"Reembedded": [], "AlreadyDone": [ids["clara"], ids["clara2"]], "NotFound": []}


def test_a_picture_that_was_never_enrolled_changes_nothing(house, album):
    house.start_reembedding(CollectionId="staff", Model=OTHER)
    assert reembed(house, people(DAVID)) == [{"Reembedded": [], "AlreadyDone": [], "NotFound": []}]
    assert house.describe_reembedding(CollectionId="staff")["Done"] == 0


def test_faces_that_are_left_hold_up_the_end(house, rekognition, album):
    pictures, _ids = album
    house.start_reembedding(CollectionId="staff", Model=OTHER)
    reembed(house, pictures["pair"])
    kind, text = refusal(house.finish_reembedding, CollectionId="staff")
    assert (kind, text.startswith("3 of 5 faces have no vector by tiny-other yet")) == ("ConflictException", True)
    assert rekognition.describe_collection(CollectionId="staff")["FaceModelVersion"] == "0.1"


def test_faces_may_be_left_behind(house, rekognition, album, users):
    pictures, ids = album
    users(claras=[ids["clara"], ids["clara2"]], mixed=[ids["anna"], ids["emma"]])
    said = move(house, pictures["pair"], LeaveBehind=True)
    assert (said["Faces"], said["LeftBehind"], said["Users"]) == (2, 3, 2)
    assert {face["FaceId"] for face in faces_of(rekognition)} == {ids["anna"], ids["bruno"]}
    states = {one["UserId"]: one["UserStatus"] for one in rekognition.list_users(CollectionId="staff")["Users"]}
    assert states == {"claras": "CREATED", "mixed": "ACTIVE"}


def test_a_collection_is_not_emptied_by_a_move_that_did_nothing(house, album):
    house.start_reembedding(CollectionId="staff", Model=OTHER)
    said = refusal(house.finish_reembedding, CollectionId="staff", LeaveBehind=True)
    assert said == ("InvalidParameterException", "No face has a vector by tiny-other yet, so nothing would be left.")


def test_an_empty_collection_moves_at_once(house, rekognition, staff):
    house.start_reembedding(CollectionId=staff, Model=OTHER)
    house.finish_reembedding(CollectionId=staff)
    assert rekognition.describe_collection(CollectionId=staff)["FaceModelVersion"] == OTHER_VERSION


def test_what_changes_in_the_old_one_meanwhile_is_right_in_the_end(house, rekognition, album, users, enrol):
    pictures, ids = album
    users(one=[ids["anna"], ids["clara"]], gone=[ids["bruno"]])
    house.start_reembedding(CollectionId="staff", Model=OTHER)
    reembed(house, pictures["pair"], pictures["clara"])
    rekognition.disassociate_faces(CollectionId="staff", UserId="one", FaceIds=[ids["clara"]])
    rekognition.delete_faces(CollectionId="staff", FaceIds=[ids["clara"]])
    rekognition.delete_user(CollectionId="staff", UserId="gone")
    (david,) = enrol(DAVID)
    users(new=[david, ids["bruno"]])
    said = house.describe_reembedding(CollectionId="staff")
    assert (said["Faces"], said["Done"], [one["FaceId"] for one in said["LeftFaces"]]) == (5, 3, [ids["emma"], david])
    reembed(house, pictures["emma"], people(DAVID))
    house.finish_reembedding(CollectionId="staff")

    owners = {face["FaceId"]: face.get("UserId") for face in faces_of(rekognition)}
    assert owners == {
        ids["anna"]: "one",
        ids["bruno"]: "new",
        ids["clara2"]: None,
        ids["emma"]: None,
        david: "new",
    }
    assert [one["UserId"] for one in rekognition.list_users(CollectionId="staff")["Users"]] == ["one", "new"]
    assert {face["FaceId"] for face in exported(house)[1]} == set(owners)


def test_a_forgotten_face_leaves_what_is_being_built_at_once(house, rekognition, album, parts):
    from sqlalchemy import func, select

    from recognizance.database.tables import FACES, VECTORS

    pictures, ids = album
    house.start_reembedding(CollectionId="staff", Model=OTHER)
    reembed(house, *pictures.values())
    rekognition.delete_faces(CollectionId="staff", FaceIds=list(ids.values()))
    for table in (FACES, VECTORS):
        assert parts.database.rows(select(func.count().label("n")).select_from(table)) == [{"n": 0}]
    assert house.describe_reembedding(CollectionId="staff")["Faces"] == 0


def test_the_old_vectors_are_erased(house, album, parts):
    from sqlalchemy import func, select

    from recognizance.database.tables import COLLECTIONS, REMOVALS, VECTORS

    move(house, *album[0].values())
    lengths = {row["n"] for row in parts.database.rows(select(func.length(VECTORS.c.vector).label("n")))}
    assert lengths == {OTHER_DIMENSION * 4}
    (row,) = parts.database.rows(select(COLLECTIONS))
    assert (row["replaces"], row["faces"]) == (None, 5)
    assert {one["collection"] for one in parts.database.rows(select(REMOVALS))} <= {row["number"]}


def test_a_picture_that_came_too_late_is_told(house, album):
    pictures, _ = album
    move(house, *pictures.values())
    said = ("ResourceNotFoundException", "The collection id: staff is not moving to another model.")
    assert refusal(house.reembed_picture, CollectionId="staff", Image={"Bytes": pictures["pair"]}) == said
    assert refusal(house.finish_reembedding, CollectionId="staff") == said
    assert refusal(house.describe_reembedding, CollectionId="staff") == said
    assert refusal(house.abandon_reembedding, CollectionId="staff") == said


def test_a_move_can_be_given_up_and_begun_again(house, rekognition, album):
    pictures, _ = album
    house.start_reembedding(CollectionId="staff", Model=OTHER)
    reembed(house, pictures["pair"])
    assert house.abandon_reembedding(CollectionId="staff")["Erased"] == 2
    assert rekognition.describe_collection(CollectionId="staff")["FaceModelVersion"] == "0.1"
    assert move(house, *pictures.values())["Faces"] == 5


def test_two_moves_of_one_collection_are_one_too_many(house, album):
    house.start_reembedding(CollectionId="staff", Model=OTHER)
    said = ("ConflictException", "The collection id: staff is already moving to the model tiny-other.")
    assert refusal(house.start_reembedding, CollectionId="staff", Model=OTHER) == said


def test_a_move_needs_a_model_that_is_another_known_and_installed(house, staff):
    for name, words in {
        "tiny-face": "are by tiny-face already",
        "nobody": "is not known to this server",
        WITHOUT_CURVE: "is not known to this server, or cannot compare",
        "tiny-yunet": "is not known to this server",
        NOT_INSTALLED: "`recognizance models install tiny-absent` brings it",
    }.items():
        kind, text = refusal(house.start_reembedding, CollectionId=staff, Model=name)
        assert (kind, words in text) == ("InvalidParameterException", True), text


def test_deleting_a_collection_deletes_what_is_being_built(house, rekognition, album, parts):
    from sqlalchemy import select

    from recognizance.database.tables import COLLECTIONS, VECTORS

    house.start_reembedding(CollectionId="staff", Model=OTHER)
    reembed(house, album[0]["pair"])
    rekognition.delete_collection(CollectionId="staff")  # returns when the one that is named is erased
    until = monotonic() + 10
    while collections.removed(parts.database) and monotonic() < until:
        sleep(0.01)
    assert parts.database.rows(select(VECTORS)) == parts.database.rows(select(COLLECTIONS)) == []


def test_pages_go_on_across_the_switch(house, rekognition, album, users):
    pictures, ids = album
    users(one=[ids["anna"]], two=[], three=[ids["emma"]])
    first = rekognition.list_users(CollectionId="staff", MaxResults=1)
    listed = rekognition.list_faces(CollectionId="staff", MaxResults=2)
    move(house, *pictures.values())
    rest = paged(rekognition.list_users, CollectionId="staff", NextToken=first["NextToken"])
    assert [user["UserId"] for page in rest for user in page["Users"]] == ["two", "three"]
    more = paged(rekognition.list_faces, CollectionId="staff", NextToken=listed["NextToken"])
    seen = [face["FaceId"] for page in [listed, *more] for face in page["Faces"]]
    assert sorted(seen) == sorted(ids.values())


def test_whoever_asks_while_the_model_changes_gets_an_answer(house, rekognition, album):
    pictures, ids = album
    house.start_reembedding(CollectionId="staff", Model=OTHER)
    reembed(house, *pictures.values())
    over = []

    def searches():
        seen = []
        while not over or len(seen) < 3:
            found = rekognition.search_faces(CollectionId="staff", FaceId=ids["clara"], FaceMatchThreshold=99)
            seen.append([one["Face"]["FaceId"] for one in found["FaceMatches"]])
        return seen

    def listings():
        seen = []
        while not over or len(seen) < 3:
            seen.append({face["FaceId"] for face in faces_of(rekognition)})
        return seen

    def enrolments():
        sent = {"CollectionId": "staff", "Image": {"Bytes": pictures["emma"]}, "QualityFilter": "NONE"}
        return [rekognition.index_faces(**sent)["FaceRecords"][0]["Face"] for _ in range(4)]

    def finish():
        said = house.finish_reembedding(CollectionId="staff")
        over.append(True)
        return said["Faces"]

    searched, listed, enrolled, faces_ = at_once(searches, listings, enrolments, finish)
    assert faces_ == 5
    assert all(one == [ids["clara2"]] for one in searched)
    assert all(one == set(ids.values()) for one in listed)
    assert {one["FaceId"] for one in enrolled} == {ids["emma"]}


# Duplicates


def pairs_of(house, **how):
    pages = paged(house.find_duplicates, CollectionId="staff", **how)
    return [(pair["FaceId"], pair["OtherFaceId"]) for page in pages for pair in page["Pairs"]]


def test_pairs_that_look_like_one_person_are_found_once_each(house, team):
    assert pairs_of(house) == [(team.emma, team.emma_again)]
    assert pairs_of(house, MaxResults=1) == [(team.emma, team.emma_again)]


def test_a_pair_says_who_and_how_similar(house, rekognition, enrol):
    (one,) = enrol(EMMA, ExternalImageId="a")
    (other,) = enrol(Sitter(EMMA, take=1), ExternalImageId="b")
    (match,) = rekognition.search_faces(CollectionId="staff", FaceId=one)["FaceMatches"]
    (pair,) = house.find_duplicates(CollectionId="staff")["Pairs"]
    assert pair == {
        "FaceId": one,
        "OtherFaceId": other,
        "Similarity": match["Similarity"],
        "ExternalImageId": "a",
        "OtherExternalImageId": "b",
    } | {"Similarity": pytest.approx(match["Similarity"], rel=1e-6)}


def test_the_threshold_decides_and_the_pairs_are_those_of_searches(house, rekognition, team):
    order = [team.emma, team.emma_again, team.sister, team.anna, team.bruno]
    for threshold in (0, 40, 75, 95):
        expected = set()
        for face in order:
            found = rekognition.search_faces(CollectionId="staff", FaceId=face, FaceMatchThreshold=threshold)
            later = [one["Face"]["FaceId"] for one in found["FaceMatches"]]
            expected |= {(face, other) for other in later if order.index(other) > order.index(face)}
        assert set(pairs_of(house, FaceMatchThreshold=threshold, MaxResults=2)) == expected
    assert len(pairs_of(house, FaceMatchThreshold=0)) == 10


def test_a_users_own_faces_are_no_duplicates_unless_asked_for(house, team, users):
    users(emma=[team.emma, team.emma_again])
    assert pairs_of(house) == []
    assert pairs_of(house, SameUser=True) == [(team.emma, team.emma_again)]


def test_faces_of_two_users_are_a_pair_and_both_are_named(house, team, users):
    users(emma=[team.emma], emily=[team.emma_again])
    (pair,) = house.find_duplicates(CollectionId="staff")["Pairs"]
    assert (pair["UserId"], pair["OtherUserId"]) == ("emma", "emily")


def test_two_faces_of_one_picture_are_no_duplicates_unless_asked_for(house, enrol):
    enrol(EMMA, EMMA)
    assert pairs_of(house) == []
    assert len(pairs_of(house, SamePicture=True)) == 1


def test_duplicates_in_an_empty_collection_are_none(house, staff):
    assert body(house.find_duplicates(CollectionId=staff)) == {"Pairs": [], "Searched": 0, "Crowded": []}


def test_a_face_with_more_neighbours_than_are_looked_at_is_named(house, monkeypatch):
    monkeypatch.setattr(moving, "NEIGHBOURS", 20)
    monkeypatch.setattr(moving, "MOST_PAIRS", 40)
    house.restore_collection(CollectionId="staff", **MODEL)
    house.restore_faces(CollectionId="staff", Faces=[a_face(number, np.eye(6)[0]) for number in range(1, 101)])
    said = house.find_duplicates(CollectionId="staff")
    assert (said["Searched"], len(said["Crowded"])) == (50, 50)  # the page ended early, as it held enough
    found = [(pair["FaceId"], pair["OtherFaceId"]) for pair in said["Pairs"]]
    assert len(set(found)) == len(found) == 19 * 20 / 2
    assert "NextToken" in said


# On PostgreSQL


@pytest.fixture
def on_postgresql(given):
    """What asks a server whose data is in PostgreSQL."""
    with postgresql.server().database() as url, app.build(replace(given, database=url)) as parts:
        yield (
            lambda name, **request: parts.service.call(name, {"CollectionId": "staff", **request}, LOCAL, "r").response
        )


def test_on_postgresql_a_collection_moves_to_a_copy_and_to_another_model(on_postgresql):
    ask = on_postgresql
    ask("CreateCollection", Tags={"a": "b"})
    ids = [
        ask("IndexFaces", Image={"Bytes": picture}, QualityFilter="NONE")["FaceRecords"][0]["Face"]["FaceId"]
        for picture in map(people, TEAM.values())
    ]
    ask("CreateUser", UserId="emma")
    ask("AssociateFaces", UserId="emma", FaceIds=ids[:2], UserMatchThreshold=0)
    ask("CreateUser", UserId="nobody")
    before = ask("ExportCollection")
    assert [(pair["FaceId"], pair["OtherFaceId"]) for pair in ask("FindDuplicates", SameUser=True)["Pairs"]] == [
        tuple(ids[:2])
    ]

    ask("RestoreCollection", CollectionId="copy", **MODEL)
    ask("RestoreUsers", CollectionId="copy", Users=before["Users"])
    ask("RestoreFaces", CollectionId="copy", Faces=before["Faces"])
    after = ask("ExportCollection", CollectionId="copy")
    assert (after["Users"], after["Faces"]) == (before["Users"], before["Faces"])

    ask("StartReembedding", Model=OTHER)
    for picture in map(people, TEAM.values()):
        assert len(ask("ReembedPicture", Image={"Bytes": picture})["Reembedded"]) == 1
    ask("DeleteFaces", FaceIds=[ids[4]])
    assert ask("FinishReembedding") == {"FaceModelVersion": OTHER_VERSION, "Faces": 4, "Users": 2, "LeftBehind": 0}
    moved = ask("ExportCollection")
    assert moved["Users"] == before["Users"]
    assert [(one["FaceId"], one.get("UserId")) for one in moved["Faces"]] == [
        (one["FaceId"], one.get("UserId")) for one in before["Faces"][:4]
    ]
    assert [one["User"]["UserId"] for one in ask("SearchUsers", FaceId=ids[0])["UserMatches"]] == ["emma"]
    ask("StartReembedding", Model="tiny-face")
    ask("AbandonReembedding")


def test_on_postgresql_a_backup_is_pg_dumps(on_postgresql):
    with pytest.raises(Unserved, match="pg_dump"):
        on_postgresql("CreateBackup")


# What is recorded


def test_each_leaves_one_entry_and_no_name_in_it(house, rekognition, album, users):
    pictures, ids = album
    users(somebody=[ids["anna"]])
    people_, kept = exported(house)
    before = house.list_ledger_entries()["Entries"][-1]["Sequence"]
    house.restore_collection(CollectionId="copyofstaff", **MODEL, ClientRequestToken="t")
    house.restore_users(CollectionId="copyofstaff", Users=people_)
    house.restore_faces(CollectionId="copyofstaff", Faces=kept)
    house.start_reembedding(CollectionId="staff", Model=OTHER)
    reembed(house, *pictures.values())
    house.describe_reembedding(CollectionId="staff")
    house.finish_reembedding(CollectionId="staff")
    house.find_duplicates(CollectionId="staff")
    house.create_backup()
    code(house.abandon_reembedding, CollectionId="staff")

    entries = house.list_ledger_entries(After=before + 1)["Entries"]
    assert [(one["Operation"], one["Outcome"]) for one in entries] == [
        ("RestoreCollection", "answered"),
        ("RestoreUsers", "answered"),
        ("RestoreFaces", "answered"),
        ("StartReembedding", "answered"),
        *[("ReembedPicture", "answered")] * 3,
        ("DescribeReembedding", "answered"),
        ("FinishReembedding", "answered"),
        ("FindDuplicates", "answered"),
        ("CreateBackup", "answered"),
        ("AbandonReembedding", "ResourceNotFoundException"),
    ]
    told = str([one["Facts"] for one in entries])
    names = ["staff", "somebody", "clara", *ids.values(), base64.b64encode(kept[0]["Vector"]).decode()]
    assert [name for name in names if name in told] == []


def test_what_names_no_collection_is_told_alike(house):
    given = {
        "export_collection": {},
        "restore_users": {"Users": [{"UserId": "a", "CreatedAt": datetime(2025, 1, 1, tzinfo=UTC)}]},
        "restore_faces": {"Faces": [a_face()]},
        "start_reembedding": {"Model": OTHER},
        "reembed_picture": {"Image": {"Bytes": people(ANNA)}},
        "describe_reembedding": {},
        "finish_reembedding": {},
        "abandon_reembedding": {},
        "find_duplicates": {},
    }
    said = {name: refusal(getattr(house, name), CollectionId="ghost", **more) for name, more in given.items()}
    expected = ("ResourceNotFoundException", "The collection id: ghost does not exist")
    assert said == dict.fromkeys(given, expected)
    assert GHOST not in str(said)


# What a hostile review found, once each


def test_a_restore_that_ran_to_its_end_can_be_run_again(house, staff, team):
    _, faces = exported(house)
    asked = {"CollectionId": "copy", "ClientRequestToken": "restore-1", **MODEL}
    for resumed in (False, True):
        assert house.restore_collection(**asked)["Resumed"] is resumed
        house.restore_faces(CollectionId="copy", Faces=faces)
    assert {one["FaceId"] for one in exported(house, "copy")[1]} == {one["FaceId"] for one in faces}


def test_a_restore_run_again_does_not_bring_back_who_was_deleted_since(house, rekognition, staff, team):
    _, faces = exported(house)
    asked = {"CollectionId": "copy", "ClientRequestToken": "restore-1", **MODEL}
    house.restore_collection(**asked)
    house.restore_faces(CollectionId="copy", Faces=faces)
    rekognition.delete_faces(CollectionId="copy", FaceIds=[team.anna])
    assert code(house.restore_collection, **asked) == "ResourceAlreadyExistsException"


def test_a_face_forgotten_while_duplicates_are_looked_for_is_in_no_pair(house, parts, rekognition, staff, team):
    searched = parts.service.tools.gallery.pairs

    class Meanwhile:
        def __getattr__(self, name):
            return getattr(parts.service.tools.gallery, name)

        def pairs(self, *asked, **how):
            hits = searched(*asked, **how)
            rekognition.delete_faces(CollectionId="staff", FaceIds=[team.emma])
            return hits

    racing = replace(parts.service, tools=replace(parts.service.tools, gallery=Meanwhile()))
    found = racing.call("FindDuplicates", {"CollectionId": "staff", "FaceMatchThreshold": 0.0}, LOCAL, "r").response
    named = {pair[side] for pair in found["Pairs"] for side in ("FaceId", "OtherFaceId")}
    assert team.emma not in named
    assert {team.emma_again, team.anna, team.bruno} <= named


def test_a_time_with_an_offset_is_kept_as_that_moment(house, parts, staff):
    there = timezone(timedelta(hours=5, minutes=30))
    at = datetime(2020, 1, 1, 1, 30, tzinfo=there)
    request = {"CollectionId": "staff", "Users": [{"UserId": "ada", "CreatedAt": at}]}
    parts.service.call("RestoreUsers", request, LOCAL, "r")
    assert exported(house)[0][0]["CreatedAt"] == datetime(2019, 12, 31, 20, 0, tzinfo=UTC)


@pytest.mark.parametrize("at", [datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=14))), datetime(2020, 1, 1)])
def test_a_time_that_is_no_moment_is_refused(parts, staff, at):
    request = {"CollectionId": "staff", "Users": [{"UserId": "ada", "CreatedAt": at}]}
    with pytest.raises(InvalidParameter):
        parts.service.call("RestoreUsers", request, LOCAL, "r")


def test_a_deletion_stands_where_the_index_cannot_follow(rekognition, parts, staff, team, monkeypatch, caplog):
    def fails(*_):
        raise IndexUnusable("the index is away")

    monkeypatch.setattr(Shelf, "follow", fails)
    answer = rekognition.delete_faces(CollectionId="staff", FaceIds=[team.anna])
    assert answer["DeletedFaces"] == [team.anna]
    assert "the index is away" in caplog.text
    monkeypatch.undo()
    found = rekognition.search_faces(CollectionId="staff", FaceId=team.bruno, FaceMatchThreshold=0)["FaceMatches"]
    assert team.anna not in {one["Face"]["FaceId"] for one in found}


def test_vectors_that_cancel_out_make_no_user():
    with pytest.raises(InvalidParameter, match="cancel out"):
        users.merged(np.array([[1, 0, 0, 0], [-1, 0, 0, 0]], dtype=np.float32))

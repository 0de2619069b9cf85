"""`export`, `restore`, `backup`, `reembed` and `duplicates` on the tiny models, from files and back."""

from __future__ import annotations

import base64
import contextlib
import csv
import gzip
import hashlib
import json
import os
import re
import shutil
import stat
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from tests import two_models
from tests.cli.conftest import Ran
from tests.pictures import ANNA, BRUNO, CLARA, EMMA, EMMAS_SISTER, Sitter, people
from tests.two_models import OTHER, OTHER_DIMENSION, OTHER_VERSION
from typer.testing import CliRunner

from recognizance import app, cli, settings
from recognizance.cli import backup
from recognizance.cli.duplicates import groups
from recognizance.values import Caller

CALLER = Caller("tests", "000000000000", "eu-west-3", roles=frozenset({"admin"}))
SITTERS = {"anna": ANNA, "bruno": BRUNO, "emma": EMMA, "emma2": Sitter(EMMA, take=1), "sister": EMMAS_SISTER}


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    return two_models.make(tmp_path_factory.mktemp("two"))


@dataclass
class Machine:
    """A computer with a data folder of its own and the tiny models; calling it runs the command line there."""

    folder: Path
    tiny: dict[str, Path]
    stop_at: Callable[[str, int], bool] = lambda name, number: False
    asked: list[str] = field(default_factory=list)

    @property
    def data(self):
        return self.folder / "data"

    @property
    def environment(self):
        named = {"DATA": self.data, "DETECTOR": "tiny-yunet", "EMBEDDER": "tiny-face", "DEVICE": "cpu", "THREADS": 1}
        more = {"MIRROR": "no", "ENLARGE": "no", "CARDS": self.tiny["cards"], "MODELS": self.tiny["models"]}
        return {f"RECOGNIZANCE_{name}": str(value) for name, value in (named | more).items()}

    def __call__(self, *words, **environment):
        made = cli.Made(
            open_service=self._open,
            serve=lambda settings, announce: None,
            environment=self.environment | environment,
            new_id=app.new_uuid,
            now=lambda: datetime(2026, 11, 23, tzinfo=UTC),
        )
        result = CliRunner().invoke(cli.command_line(made), [str(word) for word in words])
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Ran(result.exit_code, result.stdout, result.stderr)

    @contextlib.contextmanager
    def _open(self, settings, *, new_id=app.new_uuid):
        with app.build(settings, new_id=new_id) as parts:
            yield Door(self, parts)

    def ask(self, name, **request):
        with app.build(settings.read(self.environment)) as parts:
            return parts.service.call(name, request, CALLER, "r").response


@dataclass
class Door:
    """The service, with a Ctrl-C where the machine wants one."""

    machine: Machine
    parts: app.Parts

    def call(self, name, request, caller, request_id, **why):
        self.machine.asked.append(name)
        if self.machine.stop_at(name, self.machine.asked.count(name)):
            raise KeyboardInterrupt
        return self.parts.service.call(name, request, caller, request_id, **why)


@pytest.fixture
def machine(tmp_path, tiny, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    (tmp_path / "one").mkdir()
    return Machine(tmp_path / "one", tiny)


@pytest.fixture
def elsewhere(tmp_path, tiny):
    (tmp_path / "two").mkdir()
    return Machine(tmp_path / "two", tiny)


@pytest.fixture(scope="module")
def prepared(tiny, tmp_path_factory):
    """A machine with a collection of five pictures, of one user and with a tag; and FaceIds by name."""
    machine = Machine(tmp_path_factory.mktemp("prepared"), tiny)
    album = machine.folder / "album"
    album.mkdir()
    with app.build(settings.read(machine.environment)) as parts:

        def ask(name, **request):
            return parts.service.call(name, {"CollectionId": "staff", **request}, CALLER, "r").response

        ask("CreateCollection", Tags={"site": "north"})
        ids = {}
        for name, sitter in SITTERS.items():
            content = people(sitter)
            (album / f"{name}.png").write_bytes(content)
            sent = {"Image": {"Bytes": content}, "ExternalImageId": name, "QualityFilter": "NONE"}
            (ids[name],) = (one["Face"]["FaceId"] for one in ask("IndexFaces", **sent)["FaceRecords"])
        ask("CreateUser", UserId="Anna")
        ask("AssociateFaces", UserId="Anna", FaceIds=[ids["anna"]])
    return machine, ids


@pytest.fixture
def staff(machine, prepared):
    """FaceIds by name; the pictures are in `album`."""
    before, ids = prepared
    shutil.copytree(before.data, machine.data)
    shutil.copytree(before.folder / "album", "album")
    return ids


def lines(path):
    content = path.read_bytes()
    content = gzip.decompress(content) if content[:2] == b"\x1f\x8b" else content
    return [json.loads(line) for line in content.splitlines()]


def rewritten(path, change, *, seal=True):
    """Change the lines of a file in place, sealed anew unless that is the point."""
    told = change(lines(path))
    body = b"".join(json.dumps(line).encode() + b"\n" for line in told[:-1])
    if seal:
        told[-1]["End"]["Sha256"] = hashlib.sha256(body).hexdigest()
    path.write_bytes(body + json.dumps(told[-1]).encode() + b"\n")


# Export


def test_an_export_is_lines_that_anybody_can_read(machine, staff):
    ran = machine("export", "staff", "--out", "staff.jsonl")
    assert (ran.code, ran.err) == (0, "")
    head, *told, end = lines(Path("staff.jsonl"))
    assert head["Collection"] | {"CreationTimestamp": "", "ExportedAt": ""} == {
        "Format": "recognizance collection",
        "FormatVersion": 2,
        "CollectionId": "staff",
        "Model": "tiny-face",
        "FaceModelVersion": "0.1",
        "Dimensions": 6,
        "Region": "eu-west-3",
        "Tags": {"site": "north"},
        "CreationTimestamp": "",
        "ExportedAt": "",
    }
    assert [next(iter(line)) for line in told] == ["User", *["Face"] * 5]
    first = told[1]["Face"]
    assert (first["FaceId"], first["ExternalImageId"], first["UserId"]) == (staff["anna"], "anna", "Anna")
    vector = np.frombuffer(base64.b64decode(first["Vector"]), "<f4")
    assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-6)
    before = Path("staff.jsonl").read_bytes().rsplit(b"\n", 2)[0] + b"\n"
    assert end["End"] == {"Users": 1, "Faces": 5, "Changes": 0, "Sha256": hashlib.sha256(before).hexdigest()}
    assert f"SHA-256 of its lines: {end['End']['Sha256']}" in ran.out


def test_an_export_is_for_its_owner_only_and_leaves_nothing_beside(machine, staff):
    machine("export", "staff", "--out", "staff.jsonl")
    assert stat.S_IMODE(Path("staff.jsonl").stat().st_mode) == 0o600
    assert [path.name for path in Path().iterdir() if path.name.startswith(".")] == []


def test_an_export_says_as_json_what_it_wrote(machine, staff):
    said = json.loads(machine("export", "staff", "--out", "staff.jsonl.gz", "--json").out)
    assert (said["Faces"], said["Users"], said["ChangesMeanwhile"]) == (5, 1, 0)
    assert said["Bytes"] == Path("staff.jsonl.gz").stat().st_size
    assert Path("staff.jsonl.gz").read_bytes()[:2] == b"\x1f\x8b"


def test_nothing_is_written_over(machine, staff):
    Path("staff.jsonl").write_text("mine")
    ran = machine("export", "staff", "--out", "staff.jsonl")
    assert (ran.code, "is there already" in ran.err) == (2, True)
    assert Path("staff.jsonl").read_text() == "mine"


def test_what_cannot_be_exported_leaves_no_file(machine, staff):
    ran = machine("export", "ghost", "--out", "ghost.jsonl")
    assert (ran.code, ran.err) == (1, "recognizance: The collection id: ghost does not exist\n")
    machine.stop_at = lambda name, number: name == "ExportCollection"
    assert machine("export", "staff", "--out", "staff.jsonl").code == 130
    assert [path.name for path in Path().iterdir() if path.is_file()] == []


def test_a_data_folder_that_holds_nothing_is_told_and_not_made(elsewhere):
    for words in (["export", "a", "--out", "b"], ["backup", "b"], ["duplicates", "a"], ["reembed", "a", "--abandon"]):
        ran = elsewhere(*words)
        assert (ran.code, "nothing is kept in" in ran.err) == (1, True)
    assert not elsewhere.data.exists()


# Restore


@pytest.mark.parametrize("name", ["staff.jsonl", "staff.jsonl.gz"])
def test_a_collection_moves_to_another_machine(machine, elsewhere, staff, name):
    machine("export", "staff", "--out", name)
    ran = elsewhere("restore", name)
    assert (ran.code, ran.out, ran.err) == (0, "5 faces and 1 user are in staff.\n", "")

    def told(where):
        search = where.ask("SearchFaces", CollectionId="staff", FaceId=staff["emma"], FaceMatchThreshold=0)
        described = where.ask("DescribeCollection", CollectionId="staff")
        return (
            [(one["Face"], one["Similarity"]) for one in search["FaceMatches"]],
            where.ask("ListUsers", CollectionId="staff"),
            where.ask("SearchUsers", CollectionId="staff", UserId="Anna", UserMatchThreshold=0),
            where.ask("ListTagsForResource", ResourceArn=described["CollectionARN"]),
            {**described, "CreationTimestamp": None},
        )

    assert told(elsewhere) == told(machine)
    said = elsewhere("export", "staff", "--out", "again.jsonl", "--json")
    assert said.code == 0
    assert lines(Path("again.jsonl"))[1:-1] == lines(Path(name))[1:-1]


def test_a_restoration_that_was_stopped_goes_on(machine, elsewhere, staff, monkeypatch):
    from recognizance.cli import restore

    monkeypatch.setattr(restore, "AT_ONCE", 2)
    machine("export", "staff", "--out", "staff.jsonl")
    elsewhere.stop_at = lambda name, number: name == "RestoreFaces" and number == 3
    ran = elsewhere("restore", "staff.jsonl")
    assert (ran.code, "Stopped after 4 of 5 faces." in ran.err) == (130, True)
    elsewhere.stop_at = lambda name, number: False
    said = json.loads(elsewhere("restore", "staff.jsonl", "--json").out)
    assert (said["Resumed"], said["FacesRestored"], said["FacesAlreadyThere"], said["UsersAlreadyThere"]) == (
        True, 1, 4, 1,
    )  # fmt: skip
    assert elsewhere.ask("DescribeCollection", CollectionId="staff")["FaceCount"] == 5


def test_a_restoration_states_what_the_policy_asks_for(machine, elsewhere, staff):
    arn = machine.ask("DescribeCollection", CollectionId="staff")["CollectionARN"]
    machine.ask("TagResource", ResourceArn=arn, Tags={"recognizance:retention-days": "365"})
    machine("export", "staff", "--out", "staff.jsonl")
    words = ("restore", "staff.jsonl", "--purpose", "door")
    refused = elsewhere(*words, RECOGNIZANCE_POLICY="workplace")
    assert (refused.code, "a reference to the person's written release" in refused.err) == (1, True)
    ran = elsewhere(*words, "--consent", "releases of 2026, folder 7")
    assert (ran.code, ran.out.splitlines()[0], ran.err) == (0, "5 faces and 1 user are in staff.", "")


def test_a_copy_is_made_beside_under_another_id(machine, staff):
    machine("export", "staff", "--out", "staff.jsonl")
    ran = machine("restore", "staff.jsonl")
    assert (ran.code, "there is a collection staff already; give another id with --collection" in ran.err) == (1, True)
    assert machine("restore", "staff.jsonl", "--collection", "copy").code == 0
    assert machine("restore", "staff.jsonl", "--collection", "a b").code == 2
    assert machine.ask("ListCollections")["CollectionIds"] == ["staff", "copy"]


def renamed(told):
    told[0]["Collection"]["Model"] = "another"
    return told


def versioned(told):
    told[0]["Collection"]["FaceModelVersion"] = "9"
    return told


def placed(told):
    told[0]["Collection"]["Region"] = "r" * 65
    return told


def tagged(told):
    told[0]["Collection"]["Tags"] = {"": "x"}
    return told


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (renamed, "The model another is not known"),
        (versioned, "this server knows version 0.1"),
        (placed, "A Region has up to 64"),
        (tagged, "A tag has a key of up to 128"),
    ],
)
def test_another_model_or_a_header_that_cannot_be_is_refused_in_a_sentence(machine, elsewhere, staff, change, words):
    machine("export", "staff", "--out", "staff.jsonl")
    rewritten(Path("staff.jsonl"), change)
    ran = elsewhere("restore", "staff.jsonl")
    assert (ran.code, words in ran.err) == (2, True), ran.err
    assert elsewhere.ask("ListCollections")["CollectionIds"] == []


def flipped(told):
    told[2]["Face"]["Confidence"] = 1.0
    return told


DAMAGES = {
    "cut": lambda content: content[: len(content) // 2],
    "without its last line": lambda content: content.rsplit(b"\n", 2)[0] + b"\n",
    "without a line": lambda content: content.replace(content.splitlines(keepends=True)[3], b""),
    "with a line twice": lambda content: content.replace(*([content.splitlines(keepends=True)[3]] * 2)) + b"{}\n",
    "a letter changed": lambda content: content.replace(b"bruno", b"brumo"),
    "lines exchanged": lambda content: b"".join(
        [*(each := content.splitlines(keepends=True))[:2], each[3], each[2], *each[4:]]
    ),
    "something more": lambda content: content + b'{"Face":{}}\n',
    "bytes that are no text": lambda content: content[:200] + b"\xff\xfe" + content[200:],
}


@pytest.mark.parametrize("how", DAMAGES)
@pytest.mark.parametrize("name", ["staff.jsonl", "staff.jsonl.gz"])
def test_a_damaged_file_is_refused_before_anything_is_made(machine, elsewhere, staff, how, name):
    machine("export", "staff", "--out", name)
    content = Path(name).read_bytes()
    packed = name.endswith(".gz")
    changed = DAMAGES[how](gzip.decompress(content) if packed else content)
    Path(name).write_bytes(gzip.compress(changed) if packed else changed)
    ran = elsewhere("restore", name)
    assert ran.code in (1, 2)
    assert ran.err.startswith(f"recognizance: {name} is ")
    assert not elsewhere.data.exists()


def test_a_packed_file_cut_short_is_refused(machine, elsewhere, staff):
    machine("export", "staff", "--out", "staff.gz")
    Path("staff.gz").write_bytes(Path("staff.gz").read_bytes()[:-30])
    ran = elsewhere("restore", "staff.gz")
    assert (ran.code, "is damaged" in ran.err) == (1, True)


@pytest.mark.parametrize(
    "content", [b"", b"hello\n", b"[]\n", b"{}\n", b'{"Face":1}\n', b"\x89PNG\r\n\x1a\n", b"\0" * 3]
)
def test_what_is_no_export_is_told(elsewhere, content):
    Path(elsewhere.folder / "a").write_bytes(content)
    ran = elsewhere("restore", elsewhere.folder / "a")
    assert ran.code in (1, 2)
    assert ran.err.count("\n") == 1


def without_box(told):
    del told[2]["Face"]["BoundingBox"]["Left"]
    return told


def zeroed(told):
    told[2]["Face"]["Vector"] = base64.b64encode(bytes(24)).decode()
    return told


def longer(told):
    told[2]["Face"]["Vector"] = base64.b64encode(np.eye(7, dtype="<f4")[0].tobytes()).decode()
    return told


def endless(told):
    told[2]["Face"]["BoundingBox"]["Left"] = float("inf")
    return told


@pytest.mark.parametrize("change", [without_box, zeroed, longer, endless])
def test_a_file_sealed_by_somebody_else_is_still_checked(machine, elsewhere, staff, change):
    machine("export", "staff", "--out", "staff.jsonl")
    rewritten(Path("staff.jsonl"), change)
    ran = elsewhere("restore", "staff.jsonl")
    assert (ran.code, ran.err.count("\n")) == (2, 1)
    assert elsewhere.ask("DescribeCollection", CollectionId="staff")["FaceCount"] == 0


def of_format(version):
    def change(told):
        told[0]["Collection"]["FormatVersion"] = version
        return told

    return change


def test_a_newer_format_is_told(machine, elsewhere, staff):
    machine("export", "staff", "--out", "staff.jsonl")
    rewritten(Path("staff.jsonl"), of_format(3))
    assert "is of format version 3; this program reads versions 1 to 2" in elsewhere("restore", "staff.jsonl").err


def test_the_first_format_is_read_too(machine, elsewhere, staff):
    machine("export", "staff", "--out", "staff.jsonl")
    rewritten(Path("staff.jsonl"), of_format(1))
    assert elsewhere("restore", "staff.jsonl").code == 0


def test_consents_move_with_their_faces(machine, elsewhere, staff):
    quality = ("--quality-filter", "NONE")
    machine("import", "album", "--collection", "released", "--create", "--consent", "release 17", *quality)
    of_first = machine.ask("ListFaceGrounds", CollectionId="released")["Grounds"]
    machine("export", "released", "--out", "released.jsonl")
    assert elsewhere("restore", "released.jsonl").code == 0
    assert of_first
    assert elsewhere.ask("ListFaceGrounds", CollectionId="released")["Grounds"] == of_first
    gone = elsewhere.ask("WithdrawConsent", CollectionId="released", Consent="release 17")["DeletedFaces"]
    assert set(gone) == {one["FaceId"] for one in of_first}


# Backup


def test_a_backup_is_a_data_folder_that_a_server_starts_from(machine, tiny, staff):
    ran = machine("backup", "backups")
    assert ran.code == 0
    (place,) = Path("backups").iterdir()
    assert sorted(path.name for path in place.iterdir()) == ["backup.json", "keys", "recognizance.db"]
    assert "1 collection, 5 faces" in ran.out
    assert f"recognizance serve --data {place}" in ran.out
    restored = Machine(Path(), tiny)
    restored.folder = place.parent
    place.rename(place.parent / "data")
    assert restored.ask("DescribeCollection", CollectionId="staff")["FaceCount"] == 5
    sent = {"Bytes": people(ANNA)}
    again = restored.ask(
        "IndexFaces", CollectionId="staff", Image=sent, ExternalImageId="anna", QualityFilter="NONE"
    )  # the picture is known, as the key is the same
    assert again["FaceRecords"][0]["Face"]["FaceId"] == staff["anna"]


def test_everything_in_a_backup_is_for_its_owner_only(machine, staff):
    machine("backup", "backups")
    (place,) = Path("backups").iterdir()
    for path in [place, *place.rglob("*")]:
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600)
    assert list((machine.data / "backups").iterdir()) == []


def test_a_backup_says_as_json_what_it_holds(machine, staff):
    said = json.loads(machine("backup", "backups", "--json").out)
    place = Path(said["Folder"])
    content = (place / "recognizance.db").read_bytes()
    assert said["Sha256"] == hashlib.sha256(content).hexdigest()
    assert said["Keys"] == sorted(path.name for path in (place / "keys").iterdir())
    assert "ledger.key" in said["Keys"]
    assert json.loads((place / "backup.json").read_text())["Faces"] == 5


def test_a_second_backup_stands_beside_the_first(machine, staff):
    machine("backup", "backups")
    machine("backup", "backups")
    assert len(list(Path("backups").iterdir())) == 2


def test_a_backup_is_whole_though_the_next_removes_what_it_was_copied_from(machine, staff, monkeypatch):
    def placed(found, *given, _placed=backup._placed):
        kept = _placed(found, *given)
        found.unlink()
        return kept

    monkeypatch.setattr(backup, "_placed", placed)
    ran = machine("backup", "backups")
    assert (ran.code, ran.err) == (0, "")


def test_a_backup_that_cannot_be_placed_leaves_nothing(machine, staff):
    Path("backups").write_text("a file")
    ran = machine("backup", "backups")
    assert (ran.code, ran.err.count("\n")) == (1, 1)
    assert list((machine.data / "backups").iterdir()) == []


# To another model


def reembed(machine, *words):
    return machine("reembed", "staff", "--model", OTHER, "--pictures", "album", *words)


def test_a_collection_moves_to_another_model(machine, staff):
    Path("album", "holiday.png").write_bytes(people(CLARA))
    Path("album", "notes.txt").write_text("no picture")
    ran = reembed(machine)
    assert (ran.code, ran.err) == (0, "")
    assert "6 pictures: 5 faces embedded, 0 done earlier." in ran.out
    assert "1 picture with no enrolled face: holiday.png" in ran.out
    assert f"staff is by {OTHER} now, version {OTHER_VERSION}: 5 faces, 1 user." in ran.out
    assert machine.ask("DescribeCollection", CollectionId="staff")["FaceModelVersion"] == OTHER_VERSION
    (first, *_) = machine.ask("ExportCollection", CollectionId="staff")["Faces"]
    assert (first["FaceId"], len(first["Vector"])) == (staff["anna"], 4 * OTHER_DIMENSION)


def test_a_move_that_was_stopped_goes_on(machine, staff):
    machine.stop_at = lambda name, number: name == "ReembedPicture" and number == 4
    ran = reembed(machine)
    assert (ran.code, "the same command goes on" in ran.err) == (130, True)
    assert machine.ask("DescribeCollection", CollectionId="staff")["FaceModelVersion"] == "0.1"
    machine.stop_at = lambda name, number: False
    said = json.loads(reembed(machine, "--json").out)
    assert (said["Finished"], said["AlreadyDone"] + said["Reembedded"]) == (True, 5)
    assert said["AlreadyDone"] >= 2


def test_faces_whose_pictures_are_missing_hold_it_up_until_they_are_left_behind(machine, staff):
    Path("album", "bruno.png").unlink()
    ran = reembed(machine)
    assert ran.code == 1
    assert "1 face of 5 have no vector" in ran.out
    assert "Left: bruno" in ran.out
    said = json.loads(reembed(machine, "--json").out)
    assert (said["Finished"], said["Left"], said["AlreadyDone"]) == (False, 1, 4)
    ran = reembed(machine, "--leave-behind")
    assert (ran.code, "4 faces, 1 user; 1 face left behind." in ran.out) == (0, True)
    listed = machine.ask("ListFaces", CollectionId="staff")["Faces"]
    assert {face["FaceId"] for face in listed} == set(staff.values()) - {staff["bruno"]}


def test_a_picture_that_was_saved_anew_is_no_longer_the_one_that_was_enrolled(machine, staff):
    path = Path("album", "bruno.png")
    path.write_bytes(path.read_bytes() + b"\0")
    said = json.loads(reembed(machine, "--json").out)
    assert said["Finished"] is False
    assert [one["ExternalImageId"] for one in said["LeftFaces"]] == ["bruno"]


def test_a_broken_picture_is_told_and_the_others_go_on(machine, staff):
    Path("album", "broken.png").write_bytes(people(CLARA)[:200])
    ran = reembed(machine)
    assert (ran.code, ran.err.startswith("recognizance: broken.png: ")) == (0, True)


def test_a_path_that_no_file_has_and_a_pipe_are_told_and_the_others_go_on(machine, staff):
    os.mkfifo(Path("album", "pipe.png"))
    Path("list.csv").write_text("path\nalbum/anna.png\nalbum/a\0b.png\nalbum/pipe.png\n")
    ran = machine("reembed", "staff", "--model", "tiny-other", "--pictures", "list.csv")
    assert ran.code == 1
    assert "has a character of value 0, which no path can have" in ran.err
    assert "pipe.png: it is not a file" in ran.err


def test_a_move_can_be_given_up(machine, staff):
    Path("album", "bruno.png").unlink()
    reembed(machine)
    ran = machine("reembed", "staff", "--abandon")
    assert (ran.code, ran.out) == (0, "staff stays as it is; 4 new vectors erased.\n")
    assert machine("reembed", "staff", "--abandon").code == 1


def test_a_move_that_makes_no_sense_is_told(machine, staff):
    for words, text in (
        (("reembed", "staff", "--model", OTHER), "--model NAME and --pictures FOLDER are needed"),
        (("reembed", "ghost", "--model", OTHER, "--pictures", "album"), "there is no collection ghost"),
        (("reembed", "staff", "--model", "nobody", "--pictures", "album"), "The model nobody is not known"),
        (("reembed", "staff", "--model", "tiny-face", "--pictures", "album"), "are by tiny-face already"),
        (("reembed", "staff", "--model", "tiny-absent", "--pictures", "album"), "models install tiny-absent"),
        (("reembed", "staff", "--model", OTHER, "--pictures", "nowhere"), "there is no such file or folder"),
    ):
        ran = machine(*words)
        assert (ran.code, text in ran.err) == (2, True), ran.err


# With a gate


def report_of(path, verdict="passes", new=OTHER, version="0.1", **more):
    embed = {"task": "embed", "sha256": "0" * 64}
    told = {
        "schema": "recognizance audit gate 1",
        "protocol": "gate",
        "result": {
            "verdict": verdict,
            "by": "same comparisons",
            "limits": {"margin": 1.5, "false": 1e-6, "missed": 0.01, "lost": 0.01},
            "judged": [{"said": said, "verdict": "passes"} for said in ({}, {"sex": "F"})],
            "old": {"models": [{**embed, "name": "tiny-face", "version": version}]},
            "new": {"models": [{**embed, "name": new, "version": OTHER_VERSION}]},
            **more,
        },
    }
    path.write_text(json.dumps(told))
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_collection_moves_on_the_strength_of_a_gate_that_is_on_record(machine, staff):
    digest = report_of(Path("gate.json"))
    ran = reembed(machine, "--gate", "gate.json")
    assert (ran.code, "gate.json is not on record here" in ran.err) == (1, True)
    assert machine.ask("DescribeCollection", CollectionId="staff")["FaceModelVersion"] == "0.1"
    machine.ask("RecordAudit", Protocol="gate", Digest=digest, Summary="It passes.", Findings=[])
    ran = reembed(machine, "--gate", "gate.json")
    assert (ran.code, ran.err) == (0, "")
    assert machine.ask("DescribeCollection", CollectionId="staff")["FaceModelVersion"] == OTHER_VERSION


@pytest.mark.parametrize(
    ("more", "code", "text"),
    [
        ({"verdict": "cannot tell"}, 1, "says: cannot tell; the collection stays as it is"),
        ({"new": "tiny-absent"}, 1, f"is for tiny-absent, not for {OTHER}"),
        ({"by": "two reports"}, 1, "was made from two reports"),
        ({"limits": {"margin": 4, "false": 1e-6, "missed": 0.01, "lost": 0.01}}, 1, "at most 3 times, got 4"),
        ({"judged": [{"said": {}, "verdict": "passes"}]}, 1, "told no groups apart"),
        ({"judged": [{"said": {"sex": "F"}, "verdict": "fails"}]}, 1, "of some group that it does not"),
        ({"judged": None}, 2, "no report of `recognizance audit gate`"),
        ({"version": "0.0"}, 1, "from version 0.0 of the face model, and staff is of version 0.1"),
    ],
)
def test_a_gate_of_other_models_or_that_did_not_pass_moves_nothing(machine, staff, more, code, text):
    digest = report_of(Path("gate.json"), **more)
    machine.ask("RecordAudit", Protocol="gate", Digest=digest, Summary="A gate.", Findings=[])
    ran = reembed(machine, "--gate", "gate.json")
    assert (ran.code, text in ran.err) == (code, True), ran.err
    assert "ReembedPicture" not in machine.asked


def test_what_is_no_report_of_a_gate_is_told(machine, staff):
    for text in ("{}", "no", "[" * 100_000):
        Path("gate.json").write_text(text)
        assert "no report of `recognizance audit gate`" in reembed(machine, "--gate", "gate.json").err
    assert "cannot be read" in reembed(machine, "--gate", "none.json").err


# Duplicates


def test_groups_that_look_like_one_person_are_shown_with_what_chance_would_give(machine, staff):
    ran = machine("duplicates", "staff")
    assert (ran.code, ran.err) == (0, "")
    assert "emma, emma2" in ran.out
    assert "1 group of 2 faces among 5 reach 95." in ran.out
    assert "They make 10 pairs. If all were strangers, chance alone would give about 1e-07 of them" in ran.out
    assert "Look at the pictures before you believe it" in ran.out


def test_a_lower_threshold_joins_more(machine, staff):
    said = json.loads(machine("duplicates", "staff", "--threshold", "75", "--json").out)
    (group,) = said["Groups"]
    assert set(group["FaceIds"]) >= {staff[name] for name in ("emma", "emma2", "sister")}
    assert said["PairsExpectedOfStrangers"] == pytest.approx(10 * 10**-5.5)


def test_groups_are_written_one_line_a_face(machine, staff):
    machine("duplicates", "staff", "--out", "groups.csv")
    with Path("groups.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["group"], row["face_id"], row["external_image_id"], row["most_like"]) for row in rows] == [
        ("1", staff["emma"], "emma", staff["emma2"]),
        ("1", staff["emma2"], "emma2", staff["emma"]),
    ]
    assert stat.S_IMODE(Path("groups.csv").stat().st_mode) == 0o600
    assert machine("duplicates", "staff", "--out", "groups.csv").code == 2


def test_a_folder_that_is_not_there_is_told_before_the_search(machine, staff):
    ran = machine("duplicates", "staff", "--out", "nowhere/groups.csv")
    assert (ran.code, ran.out) == (2, "")
    assert "nowhere: there is no such folder" in ran.err


def test_without_duplicates_there_are_no_groups(machine, staff):
    machine.ask("DeleteFaces", CollectionId="staff", FaceIds=[staff["emma2"]])
    assert machine("duplicates", "staff").out.startswith("0 groups of 0 faces among 4 reach 95.")


def test_pairs_that_share_a_face_are_one_group_and_the_largest_is_first():
    made = [("a", "b", 96.0), ("c", "d", 99.9), ("e", "b", 97.0), ("f", "a", 95.0), ("g", "h", 99.8)]
    pairs = [{"FaceId": one, "OtherFaceId": other, "Similarity": score} for one, other, score in made]
    found = groups(pairs)
    assert [set(group.faces) for group in found] == [set("abef"), set("cd"), set("gh")]
    assert [pair["Similarity"] for pair in found[0].pairs] == [97.0, 96.0, 95.0]


def test_a_long_chain_is_one_group():
    count = 3 * sys.getrecursionlimit()
    pairs = [{"FaceId": str(at), "OtherFaceId": str(at + 1), "Similarity": 96.0} for at in range(count)]
    assert [len(group.faces) for group in groups(pairs)] == [count + 1]


# The guide


GUIDE = Path(__file__).parents[2] / "docs" / "collections.md"
SHOWN = re.findall(r"^recognizance (\w+)(.*)$", GUIDE.read_text(), re.MULTILINE)


@pytest.mark.parametrize(("command", "rest"), SHOWN)
def test_every_command_of_the_guide_has_the_options_it_shows(elsewhere, command, rest):
    told = elsewhere(command, "--help")
    assert told.code == 0
    assert [option for option in re.findall(r"--[a-z-]+", rest) if option not in told.out] == []


def test_every_link_of_the_guide_leads_to_a_file():
    links = re.findall(r"\]\((?!https?:)([^)#]+)", GUIDE.read_text())
    assert links
    assert [link for link in links if not (GUIDE.parent / link).exists()] == []

"""What all audits share: sets from folders, tables and collections, reports that are whole, and the ledger's entry."""

from __future__ import annotations

import hashlib
import os

import pytest
from tests import portraits
from tests.cli.auditing import report, run_with

from recognizance import app
from recognizance.cli import audit, made
from recognizance.cli.failures import Wrong
from recognizance.evaluation import audit as audits
from recognizance.evaluation.pages.page import Page, Section
from recognizance.evaluation.sets.subjects import Problem, Trouble


@pytest.fixture
def given_to(given):
    """What a lab is made with, on the tiny models."""
    return made.Made(
        open_service=app.open_service,
        serve=app.serve,
        environment={},
        new_id=app.new_uuid,
        now=app.utc_now,
        pipeline=app.pipeline,
        argv=["audit", "this", "--html", "a page.html"],
    )


@pytest.fixture
def lab(given, given_to):
    def make(**asked):
        return audit.Lab(given_to, given, audit.Asked(**asked))

    return make


@pytest.fixture
def faces(tmp_path):
    return portraits.folder(tmp_path / "set", {"Ada": 2, "Bob": 1, "Cyd": 1})


@pytest.fixture
def enrolled(rekognition):
    """A collection of three faces: one with an external id, one of a user, one with neither."""
    rekognition.create_collection(CollectionId="staff")
    said = [{"QualityFilter": "NONE", **more} for more in ({"ExternalImageId": "Ada"}, {}, {})]
    ids = [
        rekognition.index_faces(CollectionId="staff", Image={"Bytes": portraits.portrait(number)}, **one)[
            "FaceRecords"
        ][0]["Face"]["FaceId"]
        for number, one in enumerate(said)
    ]
    rekognition.create_user(CollectionId="staff", UserId="Bob")
    rekognition.associate_faces(CollectionId="staff", UserId="Bob", FaceIds=[ids[1]])
    return ids


@pytest.mark.parametrize("named", ["staff", "collection:staff"])
def test_a_collection_is_a_set_of_the_faces_enrolled_in_it(enrolled, lab, faces, named):
    found = lab().templates(named, role="gallery")
    assert found.people == ("Ada", "Bob", enrolled[2])
    assert [one.name for one in found.subjects] == enrolled
    assert found.source == "the collection staff"
    looked = lab().templates(str(faces), role="probes")
    assert found.vectors[0] == pytest.approx(looked.vectors[0], abs=1e-5)
    assert found.digests[0] == hashlib.sha256(found.vectors[0].tobytes()).hexdigest()


def test_a_collection_of_another_face_model_is_refused(enrolled, given, given_to):
    from dataclasses import replace

    other = audit.Lab(given_to, replace(given, embedder="sface-2021dec"), audit.Asked())
    with pytest.raises(Wrong, match="staff is of the face model tiny-face and the one in use is sface-2021dec"):
        other.templates("staff", role="gallery")


def test_what_is_neither_a_path_nor_a_collection_is_refused(enrolled, lab):
    with pytest.raises(Wrong, match="nobody is no folder, no file and no collection here"):
        lab().templates("nobody", role="gallery")
    with pytest.raises(Wrong, match="there is no such folder or file"):
        lab().templates("no/body", role="gallery")


def test_a_list_of_exclusions_is_honoured_and_counted(lab, faces, tmp_path):
    (tmp_path / "exclude.csv").write_text("person,file\nBob,\nAda,Ada/1.png\n")
    given = lab(exclude=tmp_path / "exclude.csv")
    found = given.templates(str(faces), role="gallery")
    assert [one.name for one in found.subjects] == ["Ada/0.png", "Cyd/0.png"]
    assert [one.trouble for one in found.problems] == [Trouble.EXCLUDED] * 2
    said = given.made([("gallery", found)])
    digest = hashlib.sha256((tmp_path / "exclude.csv").read_bytes()).hexdigest()
    assert said.exclusions == {"sha256": digest, "people": 1, "files": 1, "left_out": 2}
    (tmp_path / "exclude.csv").write_text("person\nAda\nBob\nCyd\n")
    with pytest.raises(Wrong, match=r"nothing is left of the folder .* \(gallery\)"):
        given.templates(str(faces), role="gallery")


def test_a_group_must_be_a_column_of_the_set_or_of_the_table_of_its_people(lab, faces, tmp_path):
    (tmp_path / "people.csv").write_text("name,gender\nAda,F\nBob,M\n")
    with pytest.raises(Wrong, match="has no such column; name a table of its people with --people CSV"):
        lab(groups=("gender",)).templates(str(faces), role="probes")
    with pytest.raises(Wrong, match=r"--groups sex: .* it has gender"):
        lab(groups=("sex",), people=(tmp_path / "people.csv",)).templates(str(faces), role="probes")
    found = lab(groups=("gender",), people=(tmp_path / "people.csv",)).templates(str(faces), role="probes")
    assert found.groups("gender") == ("F", "F", "M", "")
    assert found.problems == (Problem(Trouble.NO_GROUP, "Cyd", "nothing is said of this person's gender"),)
    assert lab(groups=("gender",)).templates(str(faces), role="gallery", grouped=False).groups("gender")[0] == ""


def test_a_set_that_says_itself_what_is_asked_for_needs_no_table_of_its_people(lab, faces, tmp_path):
    picture = next(faces.rglob("*.png"), None) or next(faces.rglob("*.jpg"))
    (tmp_path / "set.csv").write_text(f"file,person,gender\n{picture},Dov,M\n")
    (tmp_path / "people.csv").write_text("name,gender\nAda,F\nBob,M\n")
    both = lab(groups=("gender",), people=(tmp_path / "people.csv",))
    assert both.templates(str(tmp_path / "set.csv"), role="probes").groups("gender") == ("M",)
    assert both.templates(str(faces), role="gallery").groups("gender") == ("F", "F", "M", "")
    (tmp_path / "bare.csv").write_text(f"file,person\n{picture},Dov\n")
    with pytest.raises(Wrong, match="names nobody of"):
        both.templates(str(tmp_path / "bare.csv"), role="probes")


def test_an_audit_says_what_it_was_made_with(lab, faces):
    given = lab()
    found = given.templates(str(faces), role="gallery")
    said = given.made([("gallery", found)])
    assert said.command == "recognizance audit this --html 'a page.html'"
    assert [one["name"] for one in said.models] == ["tiny-yunet", "tiny-face"]
    assert said.pipeline == ("precision=f32", "device=cpu", "mirror=False", "enlarge=False", "chosen=largest")
    assert (said.sets[0].pictures, said.sets[0].people, said.sets[0].templates) == (4, 3, 4)
    assert said.exclusions is None


def page(document):
    return Page("A test", "It went well.", "good", "This.", "Nothing.", "Nobody.", "As it is.",
                [Section("More", ["Text."])])  # fmt: skip


def an_audit(given, found, findings=()):
    return audits.Audit("labels", given.made([("images", found)]), found.problems, {"n": 1}, findings)


def test_reports_are_written_whole_for_their_owner_and_over_older_ones(lab, faces, tmp_path, capsys):
    out = {"json": tmp_path / "a.json", "html": tmp_path / "a.html"}
    out["json"].write_text("older")
    given = lab(**out)
    found = given.templates(str(faces), role="images")
    given.finish(an_audit(given, found), page)
    first = out["json"].read_bytes()
    assert b'"protocol": "labels"' in first
    assert out["html"].read_text().startswith("<!DOCTYPE html>")
    assert {one.stat().st_mode & 0o777 for one in out.values()} == {0o600}
    assert sorted(one.name for one in tmp_path.iterdir() if one.is_file()) == ["a.html", "a.json"]
    printed = capsys.readouterr()
    assert "It went well." in printed.out
    assert "Everything could be used." in printed.out
    assert f"Written: {out['json']}" in printed.out
    given.finish(an_audit(given, found), page)
    assert out["json"].read_bytes() == first


@pytest.mark.parametrize("option", ["json", "html"])
def test_a_place_that_cannot_be_written_to_is_refused_before_anything_is_done(lab, tmp_path, option):
    with pytest.raises(Wrong, match=f"--{option} .* should be a file in a folder that is there"):
        lab(**{option: tmp_path / "none" / "a"})
    with pytest.raises(Wrong, match="should be a file"):
        lab(**{option: tmp_path})
    with pytest.raises(Wrong, match="two files"):
        lab(json=tmp_path / "a", html=tmp_path / "a")


def test_an_audit_becomes_an_entry_of_the_ledger_and_its_findings_open(enrolled, house, lab, faces, capsys):
    given = lab()
    found = given.templates(str(faces), role="images")
    wrong = audits.Finding("false matches above the curve", "gender F", "3 of 10. " + "x" * 2000)
    audit_ = an_audit(given, found, (wrong, audits.Finding("more", "", "Said.")))
    given.finish(audit_, page)
    printed = capsys.readouterr().err
    (kept,) = house.list_audits()["Audits"]
    assert kept["Digest"] == audits.digest(audits.as_json(audit_))
    assert f"Entered in the ledger as entry {kept['LedgerEntry']:,}, audit {kept['AuditId']}." in printed
    listed = house.list_findings()["Findings"]
    assert [one["Kind"] for one in listed] == ["false matches above the curve", "more"]
    assert f"is open until {listed[0]['DueAt'].date()}: false matches above the curve (gender F)" in printed
    given.finish(audit_, page)
    assert "This very report is in the ledger already" in capsys.readouterr().err
    lab(record=False).finish(audit_, page)
    assert "ledger" not in capsys.readouterr().err


def test_where_no_ledger_is_kept_nothing_is_entered(lab, faces, given, capsys):
    one = lab()
    one.finish(an_audit(one, one.templates(str(faces), role="images")), page)
    assert "ledger" not in capsys.readouterr().err
    assert not given.database_file.exists()


def test_the_ledger_takes_a_hundred_findings_of_a_report():
    found = audit.recorded([audits.Finding("kind", "", f"Number {number}.") for number in range(150)])
    assert len(found) == 100
    assert found[-1] == {
        "Kind": "further findings",
        "Said": "The report has 51 findings more than the ledger takes from one report; see there.",
    }


def test_templates_are_kept_unless_told_otherwise_and_can_be_forgotten(given, faces):
    words = ("audit", "labels", "--images", str(faces))
    run_with(given, *words, "--no-cache")
    assert not (given.data / "audit").exists()
    run_with(given, *words)
    assert list((given.data / "audit").glob("*.templates"))
    assert run_with(given, "audit", "forget").out.startswith("1 file removed, ")
    assert run_with(given, "audit", "forget").out == "No templates are kept.\n"


def test_the_same_input_gives_the_same_bytes_from_the_cache_or_not(given, faces, tmp_path):
    words = ("audit", "labels", "--images", str(faces), "--json", str(tmp_path / "a.json"))
    written = []
    for more in ((), (), ("--no-cache",)):
        run_with(given, *words, *more)
        written.append(report(tmp_path / "a.json") | {"made": None})
    assert written[0] == written[1] == written[2]


def test_models_that_are_missing_are_told_with_what_brings_them(given, faces, tmp_path):
    ran = run_with(given, "audit", "labels", "--images", str(faces), code=1, RECOGNIZANCE_MODELS=str(tmp_path / "none"))
    assert "bring what is missing with: recognizance models install" in ran.err


def test_a_report_goes_through_a_link_to_its_file(tmp_path):
    (tmp_path / "elsewhere").mkdir()
    target, link = tmp_path / "elsewhere" / "report.json", tmp_path / "link.json"
    link.symlink_to(target)
    for text in ("first", "second"):
        audit.write(link, text)
        assert link.is_symlink()
        assert target.read_text() == text
    assert [one.name for one in tmp_path.iterdir() if one.name.startswith(".")] == []


def test_what_is_no_file_is_written_to_as_it_is(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    audit.write(pipe, "told")
    assert os.read(reader, 100) == b"told"
    os.close(reader)
    assert pipe.is_fifo()
    assert [one.name for one in tmp_path.iterdir()] == ["pipe"]


def test_a_report_may_not_go_through_a_link_to_nowhere(lab, tmp_path):
    (tmp_path / "link.json").symlink_to(tmp_path / "no" / "report.json")
    with pytest.raises(Wrong, match="should be a file in a folder that is there"):
        lab(json=tmp_path / "link.json")

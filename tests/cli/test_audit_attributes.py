"""`recognizance audit attributes` on pictures of nobody, described by what their own bytes say."""

from __future__ import annotations

import json

import pytest
from tests import portraits
from tests.cli.auditing import report, run_with

from recognizance.evaluation.sets.described import Describing, Seen
from recognizance.values import (
    Ages,
    Box,
    Expression,
    Face,
    Gender,
    Judgement,
    Landmarks,
    Point,
    Pose,
    Presentation,
    Quality,
    Trait,
    Traits,
)

POINT = Point(0.5, 0.5)
PEOPLE = 60


def face_of(said: dict) -> Face:
    traits = Traits(
        smile=Judgement.of(said["smile"]),
        gender=Presentation(Gender.FEMALE if said["woman"] else Gender.MALE, 93.0),
        age=Ages(said["age"] - 5, said["age"] + 5),
        expression=((Expression(said["shows"]), 90.0),),
    )
    return Face(
        Box(0.2, 0.2, 0.5, 0.5), Landmarks(*[POINT] * 5), 99.0, Pose(said["yaw"], 0, 0), Quality(50, 50), traits=traits
    )


def describing(settings, /, *, face, wants):
    """Describe pictures as their own bytes have it; the first wanted is what the labels ask for."""
    assert face in ("largest", "central")
    assert wants <= frozenset(Trait)

    def see(data: bytes) -> Seen:
        try:
            said = json.loads(data)
        except ValueError:
            return Seen(None, None, "invalid image format")
        return Seen(said["faces"], face_of(said) if said["faces"] else None)

    return Describing(see, (), (f"chosen={face}",))


def run(given, *words, code=0):
    return run_with(given, *words, code=code, describing=describing)


@pytest.fixture
def labelled(tmp_path):
    """Sixty people, half of them women; one in six smiles is missed, and one picture each shows nothing or is none."""
    rows = ["file,smile,gender,age,expression,yaw,side"]
    for number in range(PEOPLE):
        woman, smiles = number % 2 == 0, number % 3 == 0
        said = {
            "smile": 0.9 if smiles and number % 18 else 0.08,
            "woman": woman,
            "age": 40,
            "shows": "happy" if smiles else "calm",
            "yaw": 5.0,
            "faces": 2 if number == 7 else 1,
            "who": number,
        }
        path = tmp_path / "set" / f"Quill{number:02}" / "1.jpg"
        path.parent.mkdir(parents=True)
        path.write_text(json.dumps(said))
        row = [
            f"Quill{number:02}/1.jpg",
            str(int(smiles)),
            "F" if woman else "M",
            "37.5",
            "happy" if smiles else "calm",
        ]
        rows.append(",".join([*row, "2", "east" if number % 4 < 2 else "west"]))
    for name, text in (("none", json.dumps({"faces": 0})), ("bad", "no picture")):
        (tmp_path / "set" / f"{name}.jpg").write_text(text)
        rows.append(f"{name}.jpg,1,F,,,,east")
    rows += ["gone.jpg,1,,,,,east", "Quill01/1.jpg,1,,,,,east", "Quill02/1.jpg,,,,,,"]
    (tmp_path / "labels.csv").write_text("\n".join(rows) + "\n")
    return tmp_path / "labels.csv", tmp_path / "set"


def audit(given, labelled, tmp_path, *more, code=0):
    labels, images = labelled
    return run(
        given, "audit", "attributes", "--labels", str(labels), "--images", str(images), *more,
        "--json", str(tmp_path / "a.json"), "--html", str(tmp_path / "a.html"), code=code,
    )  # fmt: skip


def test_labels_and_answers_become_a_report_and_a_page(given, labelled, tmp_path):
    ran = audit(given, labelled, tmp_path, "--groups", "side")
    document = report(tmp_path / "a.json")
    result = document["result"]
    smile, gender = result["yes_no"]
    assert (smile["name"], smile["yes"], smile["no"]) == ("smile", 20, 40)
    assert smile["confusion"] == {"yes_yes": 16, "yes_no": 4, "no_yes": 0, "no_no": 40}
    assert smile["balanced"]["value"] == pytest.approx(0.9)
    assert gender["right"]["count"] == PEOPLE
    assert [one["column"] for one in smile["groups"]] == ["side"]
    assert result["age"]["error"]["value"] == 2.5
    assert result["age"]["inside"]["count"] == PEOPLE
    assert result["expression"]["right"]["count"] == PEOPLE
    assert result["angles"][0]["bias"]["value"] == 3
    counts = document["problems"]["counts"]
    assert {kind: counts[kind] for kind in ("no face", "unreadable", "missing", "repeated", "several faces")} == {
        "no face": 1, "unreadable": 1, "missing": 1, "repeated": 1, "several faces": 1,
    }  # fmt: skip
    assert result["unlabelled"] == 1
    assert "the worst is smile with 90.0 %" in ran.out
    page = (tmp_path / "a.html").read_text()
    assert "Whether confidence is what it says" in page
    assert page.count("<svg") >= 6


def test_the_same_input_gives_the_same_bytes(given, labelled, tmp_path):
    written = []
    for _ in range(2):
        audit(given, labelled, tmp_path, "--groups", "side", "--groups", "gender")
        written.append((tmp_path / "a.json").read_bytes() + (tmp_path / "a.html").read_bytes())
    assert written[0] == written[1]


def test_names_are_left_out_where_that_is_asked_for(given, labelled, tmp_path):
    audit(given, labelled, tmp_path)
    assert "Quill" in (tmp_path / "a.json").read_text()
    ran = audit(given, labelled, tmp_path, "--anonymous")
    for text in (ran.out, (tmp_path / "a.json").read_text(), (tmp_path / "a.html").read_text()):
        assert "Quill" not in text
        assert "gone.jpg" not in text


def test_the_page_is_made_again_from_the_report(given, labelled, tmp_path):
    audit(given, labelled, tmp_path)
    run(given, "audit", "page", str(tmp_path / "a.json"), "--html", str(tmp_path / "again.html"))
    assert (tmp_path / "again.html").read_bytes() == (tmp_path / "a.html").read_bytes()


def test_people_on_a_list_are_left_out_and_few_people_are_withheld(given, labelled, tmp_path):
    (tmp_path / "out.csv").write_text("person\n" + "".join(f"Quill{number:02}\n" for number in range(5, PEOPLE)))
    audit(given, labelled, tmp_path, "--exclude", str(tmp_path / "out.csv"))
    document = report(tmp_path / "a.json")
    assert document["made"]["exclusions"]["left_out"] == PEOPLE - 5
    smile = document["result"]["yes_no"][0]
    assert (smile["right"], smile["of_said"]) == (None, None)
    assert document["result"]["age"]["error"] is None


def test_a_report_is_entered_in_the_ledger_once(house, given, labelled, tmp_path):
    first = audit(given, labelled, tmp_path)
    assert "Entered in the ledger" in first.err
    assert "in the ledger already" in audit(given, labelled, tmp_path).err


@pytest.mark.parametrize(
    ("more", "why"),
    [
        (("--taken", "soon"), "--taken soon should be a day such as 2018-07-25"),
        (("--images", "nowhere"), "--images nowhere should be a folder"),
        (("--groups", "height"), "has no such column"),
        (("--person-column", "height"), "has no column height"),
    ],
)
def test_what_cannot_be_asked_is_said_in_a_sentence(given, labelled, tmp_path, more, why):
    assert why in audit(given, labelled, tmp_path, *more, code=2).err


def test_the_models_of_the_server_are_asked_what_the_labels_speak_of(given, tmp_path):
    portraits.folder(tmp_path / "set", {f"p{number}": 1 for number in range(12)})
    rows = [f"p{number},{number % 2},{number % 3 % 2}" for number in range(12)]
    (tmp_path / "labels.csv").write_text("\n".join(["person,mouth,smile", *rows]) + "\n")
    words = ("--labels", str(tmp_path / "labels.csv"), "--images", str(tmp_path / "set"))
    run_with(given, "audit", "attributes", *words, "--json", str(tmp_path / "a.json"))
    document = report(tmp_path / "a.json")
    assert {one["task"] for one in document["made"]["models"]} == {"detect", "mesh", "features"}
    assert [one["name"] for one in document["result"]["yes_no"]] == ["smile", "mouth open"]


def test_where_attributes_are_off_that_is_said(given, tmp_path):
    portraits.folder(tmp_path / "set", {"p": 1})
    (tmp_path / "labels.csv").write_text("person,smile\np,1\n")
    words = ("--labels", str(tmp_path / "labels.csv"), "--images", str(tmp_path / "set"))
    ran = run_with(given, "audit", "attributes", *words, code=1, RECOGNIZANCE_ATTRIBUTES="off")
    assert "attributes" in ran.err
    assert "off" in ran.err


def test_pictures_without_any_face_fail_in_a_sentence(given, tmp_path):
    (tmp_path / "set").mkdir()
    (tmp_path / "set" / "a.jpg").write_text(json.dumps({"faces": 0}))
    (tmp_path / "labels.csv").write_text("file,smile\na.jpg,1\n")
    ran = audit(given, (tmp_path / "labels.csv", tmp_path / "set"), tmp_path, code=1)
    assert "no face was found in any of 1 labelled pictures" in ran.err

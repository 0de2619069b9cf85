"""`recognizance compare`, as a person or a script meets it."""

import json
from pathlib import Path

import pytest
from PIL import Image

from recognizance.cli.compare import KIN, LEAD, NO_LEAD, SAME, percent


@pytest.fixture
def two(shell, picture):
    return shell.photo("a.jpg"), shell.photo("b.jpg", picture(colour="#222222"))


def test_the_similarity_comes_with_what_it_means_and_as_a_lead_only(shell, two):
    ran = shell("compare", *two)

    assert ran.out.splitlines() == [
        "Similarity 93.41",
        "About one in 20,000,000 pairs of strangers scores this high.",
        "Strangers are no relatives: twins, siblings and look-alikes score far higher than strangers do.",
        "A lead for a person to check, not an identification.",
        "Both faces: recognizance-compare-a-b.png",
    ]
    assert (ran.code, ran.err) == (0, "")


def test_every_face_of_the_second_photo_is_compared_without_a_threshold(shell, two):
    shell("compare", *two)
    assert shell.service.asked[0][1]["SimilarityThreshold"] == 0


def test_the_two_faces_are_drawn_side_by_side(shell, two):
    shell("compare", *two, "--out", "both.png")
    with Image.open("both.png") as drawn:
        assert drawn.width > drawn.height


@pytest.mark.parametrize("words", [["--no-picture"], ["--json"]])
def test_no_picture_is_made_when_none_is_wanted(shell, two, words):
    shell("compare", *two, *words)
    assert list(Path().glob("*.png")) == []


def test_several_faces_are_listed_with_the_warning_that_more_faces_give_more_chance(shell, two, face, picture):
    shell.service.faces[picture(colour="#222222")] = [face(0.8, 0.1, 0.1, 0.2), face()]
    shell.service.similarities = [93.417, 12.3]

    ran = shell("compare", *two)

    assert "2 faces were compared: with so many, chance gives one this high up to 2 times as often." in ran.out
    assert [row.split() for row in ran.out.splitlines()[7:9]] == [
        ["2", "192,16", "24×32", "93.41"],  # numbered from the largest, as `detect` does
        ["1", "60,40", "120×80", "12.30"],
    ]


def test_below_the_threshold_no_similarity_is_told(shell, two):
    ran = shell("compare", *two, "--threshold", "99")
    assert ran.out.splitlines() == [f"No face of {two[1]} reaches 99; 1 face was compared."]
    assert ran.code == 0


def test_json_has_the_answer_and_its_meaning(shell, two, face):
    said = json.loads(shell("compare", *two, "--json").out)
    assert said["FaceMatches"] == [{"Similarity": 93.417, "Face": face()}]
    assert said["Meaning"]["OneIn"] == 2e7
    assert said["Picture"] is None


@pytest.mark.parametrize("which", [0, 1])
def test_the_photo_without_a_face_is_named(shell, two, which):
    shell.service.faces[Path(two[which]).read_bytes()] = []
    ran = shell("compare", *two)
    assert ran.err == f"recognizance: {two[which]}: no face was found, so there is nothing to compare\n"
    assert ran.code == 1


def test_the_photo_that_is_cut_short_is_named(shell, two, picture):
    cut = shell.photo("c.jpg", picture() + b"cut")
    ran = shell("compare", two[0], cut)
    assert ran.err.startswith(f"recognizance: {cut}: ")
    assert ran.code == 2


def test_a_picture_of_another_format_is_refused_before_anything_is_asked(shell, two):
    ran = shell("compare", *two, "--out", "both.gif")
    assert (ran.code, shell.service.asked) == (2, [])


def test_a_photo_is_never_written_over(shell, two, picture):
    ran = shell("compare", *two, "--out", two[0])
    assert ran.code == 2
    assert Path(two[0]).read_bytes() == picture()


@pytest.mark.parametrize(
    ("similarity", "text"), [(99.999, "99.99"), (100.0, "100.00"), (0.0, "0.00"), (99.97, "99.97"), (80, "80.00")]
)
def test_a_similarity_is_never_rounded_up(similarity, text):
    assert percent(similarity) == text


@pytest.mark.parametrize(("similarity", "lead"), [(0, False), (39.999, False), (40, True), (100, True)])
def test_only_a_notable_similarity_is_called_a_lead_and_speaks_of_relatives(shell, two, similarity, lead):
    shell.service.similarities = [similarity]
    told = shell("compare", *two, "--no-picture").out.splitlines()[2:]
    assert told == ([KIN, LEAD] if lead else [NO_LEAD])


def test_one_file_given_twice_is_said_to_be_that(shell, two, picture):
    copy = shell.photo("copy.jpg", picture())
    assert shell("compare", two[0], copy, "--no-picture").out.splitlines()[1:] == [SAME]
    assert json.loads(shell("compare", two[0], copy, "--json").out)["SameFile"]


def test_the_answer_comes_before_the_complaint_that_no_picture_could_be_made(shell, two):
    shell.photo("file", b"no folder")

    ran = shell("compare", *two, "--out", "file/both.png")
    said = json.loads(shell("compare", *two, "--out", "file/both.png", "--json").out)

    assert ran.out.startswith("Similarity 93.41")
    assert "no picture of both faces was made: " in ran.err
    assert ran.err.endswith("choose with --out or --no-picture\n")
    assert (ran.code, said["Picture"], len(said["FaceMatches"])) == (1, None, 1)


def test_the_folder_for_the_picture_is_made(shell, two):
    assert shell("compare", *two, "--out", "new/one/both.png").out.endswith("Both faces: new/one/both.png\n")
    assert Path("new/one/both.png").is_file()


def test_a_picture_of_before_is_kept_and_the_new_one_numbered(shell, two):
    names = [shell("compare", *two).out.splitlines()[-1].removeprefix("Both faces: ") for _ in range(3)]
    assert names == [f"recognizance-compare-a-b{number}.png" for number in ("", "-2", "-3")]
    assert all(Path(name).is_file() for name in names)


def test_a_picture_that_was_asked_for_by_name_goes_over_what_is_there(shell, two):
    shell.photo("both.png", b"before")
    shell("compare", *two, "--out", "both.png")
    assert Path("both.png").read_bytes() != b"before"


def test_a_missing_photo_is_status_2(shell, two):
    ran = shell("compare", two[0], "gone.jpg")
    assert (ran.code, ran.err) == (2, "recognizance: gone.jpg: there is no such file or folder\n")

"""`recognizance detect`, as a person or a script meets it."""

import json
from pathlib import Path

import pytest
from PIL import Image

from recognizance.errors import Unserved
from recognizance.values import PICTURE_BYTES


def test_each_face_has_a_line_with_its_number_and_its_place(shell, face, picture):
    photo = shell.photo("a.jpg")
    shell.service.faces[picture()] = [face(), face(0.8, 0.1, 0.1, 0.2)]

    ran = shell("detect", photo)

    heading, first, second = ran.out.splitlines()
    assert (ran.code, ran.err) == (0, "")
    assert heading.split()[:2] == ["file", "face"]
    assert " ".join(first.split()[1:]) == "1 60,40 120×80 .250 .250 .500 .500 99.9 -12 3 0 61 88"
    assert "fraction: left top w h" in heading
    assert second.split()[:4] == [photo, "2", "192,16", "24×32"]


def test_json_is_all_there_is_on_stdout(shell, face):
    photo = shell.photo("a.jpg")

    said = json.loads(shell("detect", photo, "--json").out)

    assert said == {
        "Photos": [{"File": photo, "Width": 240, "Height": 160, "FaceDetails": [face()], "Drawn": None}],
        "Failed": [],
        "LeftOut": [],
        "Stopped": False,
    }


def test_the_service_is_asked_with_the_bytes_as_the_local_caller_with_purpose_and_case(shell, picture):
    shell("detect", shell.photo("a.jpg"), "--purpose", "a test", "--case", "7")

    ((name, request, caller, purpose, case),) = shell.service.asked
    assert (name, request) == ("DetectFaces", {"Image": {"Bytes": picture()}})
    assert (caller.access_key, caller.account, caller.region) == ("local-command-line", "000000000000", "local")
    assert (purpose, case) == ("a test", "7")


def test_a_photo_without_a_face_says_so(shell, picture):
    photo = shell.photo("a.jpg")
    shell.service.faces[picture()] = []
    assert shell("detect", photo).out == f"{photo}: no face\n"


def test_one_bad_photo_is_told_and_the_others_are_looked_at(shell, picture):
    good, cut = shell.photo("a.jpg"), shell.photo("b.jpg", picture() + b"cut")

    ran = shell("detect", cut, good, "gone.jpg")

    assert good in ran.out
    assert ran.err.splitlines() == [
        f"recognizance: {cut}: invalid image format: the JPEG is cut short",
        "recognizance: gone.jpg: there is no such file or folder",
    ]
    assert ran.code == 1


def test_nothing_but_bad_photos_is_a_wrong_command(shell):
    assert shell("detect", "gone.jpg").code == 2


def test_json_tells_what_failed_too(shell):
    said = json.loads(shell("detect", "gone.jpg", "--json").out)
    assert said == {
        "Photos": [],
        "Failed": [{"File": "gone.jpg", "Error": "gone.jpg: there is no such file or folder"}],
        "LeftOut": [],
        "Stopped": False,
    }


def test_a_folder_stands_for_the_pictures_in_it_whatever_they_are_called(shell, picture):
    for name, content in {"b.jpg": None, "a.picture": picture(kind="PNG"), "notes.txt": b"words"}.items():
        shell.photo(name, content)
    Path("sub").mkdir()

    ran = shell("detect", ".", "--json")

    assert [Path(one["File"]).name for one in json.loads(ran.out)["Photos"]] == ["a.picture", "b.jpg"]
    assert ".: 2 JPEG or PNG files; 3 left out: a folder (2), of a format not known here (1)" in ran.err
    assert {"File": "notes.txt", "Why": "of a format not known here"} in json.loads(ran.out)["LeftOut"]


def test_a_folder_without_pictures_is_a_wrong_command(shell):
    ran = shell("detect", ".")
    assert (ran.code, ran.out) == (2, "")
    assert "no JPEG or PNG files" in ran.err


FORMATS = {
    "HEIC": b"\0\0\0\x18ftypheic\0\0\0\0",
    "AVIF": b"\0\0\0\x18ftypavif\0\0\0\0",
    "WebP": b"RIFF\x10\0\0\0WEBPVP8 ",
    "GIF": b"GIF89a",
    "TIFF": b"II*\0\x08\0\0\0",
    "a video (MP4 or QuickTime)": b"\0\0\0\x18ftypmp42",
}


@pytest.mark.parametrize("kind", FORMATS)
def test_another_format_is_named_and_the_way_out_told(shell, kind):
    photo = shell.photo("a.jpg", FORMATS[kind] + bytes(100))
    assert shell("detect", photo).err == f"recognizance: {photo} seems to be {kind}; convert it to JPEG or PNG\n"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b"hello", "is of a format not known here"),
        (b"\xff\xd8\xff" + bytes(PICTURE_BYTES), "has more than 15 MB"),
    ],
)
def test_what_is_no_photo_is_refused_before_it_is_sent(shell, content, words):
    ran = shell("detect", shell.photo("a.jpg", content))
    assert words in ran.err
    assert shell.service.asked == []


def test_coordinates_are_those_of_the_upright_picture(shell, picture):
    exif = Image.Exif()
    exif[0x0112] = 6
    content = picture(240, 160, exif=exif)

    said = json.loads(shell("detect", shell.photo("a.jpg", content), "--json", "--out", "out").out)["Photos"][0]

    assert (said["Width"], said["Height"]) == (160, 240)
    with Image.open(said["Drawn"]) as drawn:
        assert drawn.width < drawn.height
        assert not drawn.getexif()


def test_copies_are_drawn_beside_each_other_and_never_over_a_photo(shell, picture):
    Path("sub").mkdir()
    first, second = shell.photo("a.jpg"), shell.photo("sub/a.jpg", picture(colour="#222222"))

    said = json.loads(shell("detect", first, second, "--out", "out", "--json").out)

    assert [one["Drawn"] for one in said["Photos"]] == ["out/a-faces.jpg", "out/a-faces-2.jpg"]
    assert Path(first).read_bytes() == picture()


def test_a_photo_in_the_folder_of_copies_is_not_written_over(shell, picture):
    Path("out").mkdir()
    first, second = shell.photo("a.jpg"), shell.photo("out/a-faces.jpg", picture(colour="#222222"))

    shell("detect", first, second, "--out", "out")

    assert Path(second).read_bytes() == picture(colour="#222222")


def test_a_file_name_cannot_speak_to_the_terminal(shell):
    shell.photo("a\x1b[31m.jpg")
    assert "\x1b" not in shell("detect", "a\x1b[31m.jpg").out


def test_a_folder_for_copies_that_is_a_file_is_told(shell):
    ran = shell("detect", shell.photo("a.jpg"), "--out", shell.photo("b.jpg"))
    assert (ran.code, "there is already a file of that name" in ran.err) == (1, True)


def test_what_is_left_out_of_a_folder_is_told_by_its_content(shell):
    Path("photos").mkdir()
    for name, content in {"a.jpg": FORMATS["HEIC"], "b.jpg": FORMATS["HEIC"], "c.jpg": b"", "d.jpg": None}.items():
        shell.photo(f"photos/{name}", content)

    ran = shell("detect", "photos", "--json")

    assert ran.err == "photos: 1 JPEG or PNG file; 3 left out: HEIC (2), empty (1)\n"
    assert json.loads(ran.out)["LeftOut"] == [
        {"File": "photos/a.jpg", "Why": "HEIC"},
        {"File": "photos/b.jpg", "Why": "HEIC"},
        {"File": "photos/c.jpg", "Why": "empty"},
    ]
    assert ran.code == 0


def test_a_photo_that_cannot_be_read_is_told_and_the_others_are_looked_at(shell):
    long = "a" * 300 + ".jpg"  # no system can even say whether there is one
    ran = shell("detect", long, shell.photo("a.jpg"))
    assert "a.jpg  " in ran.out
    assert ran.err.startswith(f"recognizance: {long}: ")
    assert ran.code == 1


def test_stopping_shows_what_is_done_so_far(shell, picture):
    first, second = shell.photo("a.jpg"), shell.photo("b.jpg", picture() + b"stop")

    ran = shell("detect", "gone.jpg", first, second, first)
    said = json.loads(shell("detect", first, second, "--json").out)

    assert ran.out.splitlines()[1].startswith(first)
    assert ran.err.splitlines()[-1] == "Stopped after 2 of 4 photos."
    assert ran.code == 130
    assert (said["Stopped"], len(said["Photos"])) == (True, 1)


def test_a_copy_of_before_is_kept_and_the_new_one_numbered(shell):
    photo = shell.photo("a.jpg")
    drawn = [shell("detect", photo, "--out", "out").out.splitlines()[-1] for _ in range(2)]
    assert drawn == ["Drawn: out/a-faces.jpg", "Drawn: out/a-faces-2.jpg"]


# Attributes


def test_attributes_are_asked_for_by_name_in_any_spelling_each_once(shell):
    shell("detect", shell.photo("a.jpg"), "--attributes", "smile,eyes-open", "--attributes", "SMILE")
    assert shell.service.asked[0][1]["Attributes"] == ["SMILE", "EYES_OPEN"]


def test_an_attribute_that_there_is_not_is_told_with_those_there_are(shell):
    ran = shell("detect", shell.photo("a.jpg"), "--attributes", "SMILE,hair")
    assert (ran.code, shell.service.asked) == (2, [])
    assert "there is no attribute 'hair'; there are DEFAULT, ALL, AGE_RANGE" in ran.err


def test_what_a_face_shows_is_told_in_words_that_claim_no_more(shell, described, picture):
    photo = shell.photo("a.jpg")
    shell.service.faces[picture()] = [described()]
    lines = shell("detect", photo, "--attributes", "ALL").out.splitlines()
    at = lines.index(f"face 1 of {photo}")
    assert lines[at + 1 : at + 8] == [
        "  looks        31 to 40 years old",
        "  presents as  female 97 %",
        "  expression   happy 96 %, calm 12 %",
        "  yes          smile 98 %, mouth open 88 %",
        "  no           open eyes 91 %, eyeglasses 99 %, sunglasses 99 %, beard 99 %, cover 90 %",
        "  cannot tell  moustache 52 %",
        "  eyes look    12° to the picture's right, 3° down, 88 %",
    ]
    assert "not who somebody is" in lines[-1]
    assert "not what is felt" in lines[-1]


def test_without_attributes_nothing_is_said_of_any(shell):
    told = shell("detect", shell.photo("a.jpg"), "--attributes", "DEFAULT").out
    assert len(told.splitlines()) == 2


def test_attributes_are_in_the_json_as_the_wire_has_them(shell, described, picture):
    shell.service.faces[picture()] = [described()]
    said = json.loads(shell("detect", shell.photo("a.jpg"), "--attributes", "ALL", "--json").out)
    assert said["Photos"][0]["FaceDetails"] == [described()]


def test_attributes_that_are_refused_are_told_once_and_not_for_every_photo(shell, monkeypatch):
    def refuse(*_):
        raise Unserved("SMILE cannot be told here: it needs the model tiny-mesh.")

    monkeypatch.setattr(shell.service, "_answer", refuse)
    ran = shell("detect", shell.photo("a.jpg"), shell.photo("b.jpg"), "--attributes", "SMILE")
    assert (ran.code, ran.out) == (1, "")
    assert ran.err == "recognizance: SMILE cannot be told here: it needs the model tiny-mesh.\n"


def test_an_angle_that_is_next_to_nothing_has_no_sign(shell, face, picture):
    flat = face()
    flat["Pose"] = {"Yaw": -0.3, "Roll": -0.0, "Pitch": 0.4}
    shell.service.faces[picture()] = [flat]
    row = shell("detect", shell.photo("a.jpg")).out.splitlines()[1]
    assert row.split()[-5:-2] == ["0", "0", "0"]

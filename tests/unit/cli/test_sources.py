"""What an import is given, gone through without a service."""

import os
import re
from pathlib import Path, PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recognizance import settings
from recognizance.cli import sources
from recognizance.cli.failures import Wrong
from recognizance.cli.sources import Passed, Picture, Stored, fit


@pytest.fixture
def chosen(tmp_path):
    return settings.read({}, data=tmp_path / "data")


def touched(root, *names):
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(b"\xff\xd8\xff")
    return root


def through(given, chosen, naming=None):
    return list(sources.open_source(str(given), chosen, naming)())


# Folders


def test_a_folder_is_gone_through_in_the_order_of_names_and_again_the_same(tmp_path, chosen):
    root = touched(tmp_path / "photos", "b/2.jpg", "b/1.JPG", "a.png", "c.jpeg", "b/c/3.jfif")
    source = sources.open_source(str(root), chosen, None)
    names = [one.name for one in source()]
    assert names == ["a.png", "b/1.JPG", "b/2.jpg", "b/c/3.jfif", "c.jpeg"]
    assert [one.name for one in source()] == names


def test_what_is_no_picture_by_name_is_passed_over_by_kind(tmp_path, chosen):
    root = touched(tmp_path / "photos", "a.jpg", "notes.TXT", "README", ".hidden.jpg", ".thumbs/b.jpg")
    found = through(root, chosen)
    assert [one.why for one in found if isinstance(one, Passed)] == ["hidden", "hidden", "without ending", ".txt"]
    assert [one.name for one in found if isinstance(one, Picture)] == ["a.jpg"]


def test_links_are_not_followed(tmp_path, chosen):
    touched(tmp_path / "elsewhere", "secret.jpg")
    root = touched(tmp_path / "photos", "a.jpg")
    (root / "b").symlink_to(tmp_path / "elsewhere")
    (root / "c.jpg").symlink_to(tmp_path / "elsewhere" / "secret.jpg")
    (root / "d").symlink_to(root)
    assert [one.name if isinstance(one, Picture) else one.why for one in through(root, chosen)] == [
        "a.jpg", "a link", "a link", "a link",
    ]  # fmt: skip


def test_a_source_that_is_itself_a_link_is_looked_through(tmp_path, chosen):
    (tmp_path / "link").symlink_to(touched(tmp_path / "photos", "a.jpg"))
    assert [one.name for one in through(tmp_path / "link", chosen)] == ["a.jpg"]


def test_a_pipe_among_pictures_is_not_opened(tmp_path, chosen):
    root = touched(tmp_path / "photos", "a.jpg")
    os.mkfifo(root / "b.jpg")
    assert through(root, chosen)[1] == Passed("not a file")


def test_a_folder_that_cannot_be_read_is_told_and_the_others_go_on(tmp_path, chosen, monkeypatch):
    root = touched(tmp_path / "photos", "a/1.jpg", "b/2.jpg")
    scandir = os.scandir

    def shut(path):
        if Path(path).name == "a":
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", shut)  # root may read everything, so a mode would not do
    found = through(root, chosen)
    assert [one.name for one in found] == ["a", "b/2.jpg"]
    assert "no permission" in found[0].problem


def test_a_name_that_is_no_unicode_is_no_obstacle(tmp_path, chosen):
    root = touched(tmp_path / "photos", "a.jpg")
    os.close(os.open(os.fsencode(root) + b"/\xff\xfe.jpg", os.O_CREAT))
    last = through(root, chosen)[-1]
    assert last.external_id == "__"
    assert last.at.exists()


# Names


@given(st.text(max_size=400))
def test_every_name_becomes_one_the_wire_takes(text):
    assert re.fullmatch(r"[a-zA-Z0-9_.\-:]{1,255}", fit(text))


@given(st.from_regex(r"[a-zA-Z0-9_.\-:]{1,255}", fullmatch=True))
def test_a_name_the_wire_takes_stays(text):
    assert fit(text) == text


@pytest.mark.parametrize(
    ("wanted", "made"),
    [
        ("José Ñúñez", "Jose_Nunez"),
        ("Jose\u0301", "Jose"),  # as macOS stores it
        ("Große Straße", "Grosse_Strasse"),
        ("Łódź", "Lodz"),
        ("Ærø", "AEro"),
        ("a/b\\c", "a_b_c"),
        ("李", "_"),
        ("", "_"),
    ],
)
def test_accents_are_taken_off_and_the_rest_is_underlined(wanted, made):
    assert fit(wanted) == made


# CSV


def csv_of(tmp_path, text, encoding="utf-8"):
    path = tmp_path / "people.csv"
    path.write_bytes(text.encode(encoding))
    return path


def test_a_csv_has_paths_ids_and_users_in_any_order_of_columns(tmp_path, chosen):
    path = csv_of(tmp_path, 'user_id,note,path,external_id\nu1,x,"a, b.jpg",Ä\n,,/c/d.jpg,\n,,s3://bucket/e/f.png,\n')
    first, second, third = through(path, chosen)
    assert (first.at, first.external_id, first.user_id) == (tmp_path / "a, b.jpg", "A", "u1")
    assert (second.at, second.external_id, second.user_id) == (Path("/c/d.jpg"), "d", None)
    assert (third.at, third.external_id) == (Stored("bucket", "e/f.png"), "f")


@pytest.mark.parametrize("text", ["path;external_id\na.jpg;x\n", "path\texternal_id\na.jpg\tx\n"])
def test_spreadsheets_of_other_countries_are_read(tmp_path, chosen, text):
    (row,) = through(csv_of(tmp_path, text, "utf-8-sig"), chosen)
    assert (row.name, row.external_id) == ("a.jpg", "x")


def test_a_csv_calls_a_picture_after_its_folder_when_asked_to(tmp_path, chosen):
    (row,) = through(csv_of(tmp_path, "path\nanna/1.jpg\n"), chosen, "folder")
    assert row.external_id == "anna"


@pytest.mark.parametrize(
    ("text", "encoding", "said"),
    [
        ("name,id\na,b\n", "utf-8", "should begin with a line that names its columns"),
        ("", "utf-8", "begins with nothing"),
        ("path,path\na,b\n", "utf-8", "more than one column path"),
        ("path\nJosé.jpg\n", "latin-1", "is not UTF-8"),
        ("path\n" + "x" * 200_000 + "\n", "utf-8", "is no CSV that can be read"),
    ],
)
def test_a_csv_that_makes_no_sense_is_told(tmp_path, chosen, text, encoding, said):
    path = csv_of(tmp_path, text, encoding)
    with pytest.raises(Wrong, match=said):
        through(path, chosen)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (",x,", "line 2 names no path"),
        ("a.jpg,x,u,more", "line 2 has more columns than the first"),
        ("a.jpg,x,not a user", "user_id should be"),
        ("a.jpg,x," + "u" * 129, "user_id should be"),
        ("s3:///key,x,", "names no bucket"),
    ],
)
def test_a_row_that_makes_no_sense_says_why(tmp_path, chosen, row, said):
    (found,) = through(csv_of(tmp_path, f"path,external_id,user_id\n{row}\n"), chosen)
    assert said in found.problem


# Buckets


@pytest.mark.parametrize("address", ["s3://", "s3:///a", "s3://a b/c", "s3://ab/c"])
def test_an_address_without_a_bucket_makes_no_sense(tmp_path, address):
    chosen = settings.read({}, data=tmp_path, s3_endpoint="https://s3.example.org")
    with pytest.raises(Wrong, match="bucket"):
        sources.open_source(address, chosen, None)


def test_a_key_is_called_as_a_path_is():
    assert sources.called(PurePosixPath("anna/1.jpg"), "photos", None) == "anna"
    assert sources.called(PurePosixPath("1.jpg"), "photos", "folder") == "photos"

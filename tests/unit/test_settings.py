from dataclasses import fields
from pathlib import Path

import pytest

from recognizance.errors import SettingsWrong
from recognizance.settings import PREFIX, Settings, read


def test_what_is_given_comes_before_the_environment_and_that_before_the_default():
    environment = {"RECOGNIZANCE_PORT": "9000", "RECOGNIZANCE_HOST": "0.0.0.0"}
    settings = read(environment, port=9001)
    assert (settings.port, settings.host, settings.account) == (9001, "0.0.0.0", "000000000000")


def test_nothing_given_leaves_the_environment_in_force():
    assert read({"RECOGNIZANCE_PORT": "9000"}, port=None).port == 9000


def test_data_goes_to_the_users_data_folder_by_default():
    assert read({"XDG_DATA_HOME": "/somewhere"}).data == Path("/somewhere/recognizance")


def test_models_lie_in_the_data_folder_unless_told():
    assert read({"RECOGNIZANCE_DATA": "/d"}).models_folder == Path("/d/models")
    assert read({"RECOGNIZANCE_DATA": "/d", "RECOGNIZANCE_MODELS": "/m"}).models_folder == Path("/m")


def test_the_database_is_a_file_in_the_data_folder_unless_a_url_says_otherwise():
    settings = read({"RECOGNIZANCE_DATA": "/d"})
    assert (settings.database, settings.database_file) == ("", Path("/d/recognizance.db"))
    assert read({"RECOGNIZANCE_DATABASE": "postgresql://host/name"}).database == "postgresql://host/name"


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("mirror", "no", False),
        ("mirror", "TRUE", True),
        ("threads", "3", 3),
        ("s3_timeout", "2.5", 2.5),
        ("regions", "eu-west-3, local", ("eu-west-3", "local")),
        ("regions", "", ()),
    ],
)
def test_text_becomes_the_fields_kind(name, text, value):
    assert getattr(read({PREFIX + name.upper(): text}), name) == value


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({"RECOGNIZANCE_PROT": "1"}, "RECOGNIZANCE_PROT is no setting of ours"),
        ({"RECOGNIZANCE_PORT": "x"}, "RECOGNIZANCE_PORT should be a whole number"),
        ({"RECOGNIZANCE_PORT": "70000"}, "between 0 and 65535"),
        ({"RECOGNIZANCE_MIRROR": "perhaps"}, "should be true or false"),
        ({"RECOGNIZANCE_DEVICE": "tpu"}, "should be one of auto, cpu, cuda"),
        ({"RECOGNIZANCE_ROOT_ACCESS_KEY_ID": "AKIA"}, "together or not at all"),
        (
            {"RECOGNIZANCE_ROOT_ACCESS_KEY_ID": "my-key", "RECOGNIZANCE_ROOT_SECRET_ACCESS_KEY": "x"},
            "up to 128 letters",
        ),
        ({"RECOGNIZANCE_ACCOUNT": "１２３４５６７８９０１２"}, "should be 12 digits"),
        ({"RECOGNIZANCE_THREADS": "-1"}, "0 or more"),
        ({"RECOGNIZANCE_S3_ENDPOINT": "file:///etc"}, "http:// or https://"),
        ({"RECOGNIZANCE_DATABASE": "mysql://host/name"}, "should start with postgresql://"),
    ],
)
def test_a_setting_without_meaning_is_refused_in_a_sentence(environment, said):
    with pytest.raises(SettingsWrong, match=said):
        read(environment)


def test_a_wrong_secret_is_not_repeated_in_the_error():
    with pytest.raises(SettingsWrong) as raised:
        read({"RECOGNIZANCE_ROOT_SECRET_ACCESS_KEY": "hush"})
    assert "hush" not in str(raised.value)


def test_every_setting_has_a_line_of_help_that_is_a_sentence():
    assert [one.name for one in fields(Settings) if not one.metadata["help"].endswith(".")] == []

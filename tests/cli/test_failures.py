"""What a person is told when something goes wrong."""

import errno
import subprocess
import sys

import pytest

from recognizance.errors import AccessDenied, DatabaseUnusable, ModelUnusable, SettingsWrong


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ModelUnusable("the model x has another digest"), 1),
        (DatabaseUnusable("the database is locked"), 1),
        (SettingsWrong("threads should be 0 or more"), 2),
        (PermissionError(errno.EACCES, "Permission denied", "/data/ledger.key"), 1),
    ],
)
def test_an_expected_failure_is_one_sentence_and_no_traceback(shell, error, code):
    shell.fails = error
    ran = shell("detect", shell.photo("a.jpg"))
    assert (ran.code, ran.out, ran.err.count("\n")) == (code, "", 1)
    assert ran.err.startswith("recognizance: ")


def test_a_failure_of_ours_is_not_hidden(shell):
    shell.fails = ZeroDivisionError()
    with pytest.raises(ZeroDivisionError):
        shell("detect", shell.photo("a.jpg"))


def test_a_policy_that_says_no_is_told_for_each_photo(shell):
    def refuse(*_, **__):
        raise AccessDenied("a purpose must be stated")

    shell.service.call = refuse
    ran = shell("detect", shell.photo("a.jpg"))
    assert "a.jpg: a purpose must be stated" in ran.err


def test_an_unknown_setting_in_the_environment_is_told(shell):
    shell.environment["RECOGNIZANCE_PROT"] = "80"
    ran = shell("detect", shell.photo("a.jpg"))
    assert (ran.code, ran.err) == (
        2,
        "recognizance: RECOGNIZANCE_PROT is no setting of ours; docs/settings.md lists them\n",
    )


@pytest.mark.parametrize(
    "words", [["detect"], ["compare", "a.jpg"], ["compare", "a", "b", "--threshold", "101"], ["no"]]
)
def test_a_command_that_makes_no_sense_is_status_2_and_says_why(shell, words):
    ran = shell(*words)
    assert (ran.code, ran.out) == (2, "")
    assert "Error: " in ran.err


def test_help_names_every_command(shell):
    out = shell("--help").out
    assert all(name in out for name in ("serve", "detect", "compare", "models", "ledger", "version"))
    assert shell().out == out


@pytest.mark.parametrize("words", [["version"], ["--version"]])
def test_the_version_is_told(shell, words):
    from recognizance import __version__

    assert shell(*words).out == f"recognizance {__version__}\n"


def test_help_loads_nothing_heavy():
    program = """
import sys
from recognizance.cli import Made, command_line
heavy = "numpy openvino onnx cv2 PIL botocore boto3 starlette sqlalchemy rich".split()
made = Made(open_service=None, serve=None, environment={}, new_id=None, now=None)
try:
    command_line(made)(["--help"])
finally:
    print([name for name in heavy if name in sys.modules], file=sys.stderr)
"""
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ran.stderr.strip() == "[]"


@pytest.mark.parametrize("words", [["version"], ["models", "list"]])
def test_a_reader_that_goes_away_is_no_failure(words):
    command = [sys.executable, "-m", "recognizance", *words]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:
        running.stdout.close()  # before a word was written
        complaints = running.stderr.read()
    assert (running.returncode, complaints) == (0, "")


def test_stopping_elsewhere_has_its_own_status(shell):
    shell.fails = KeyboardInterrupt()
    ran = shell("detect", shell.photo("a.jpg"))
    assert (ran.code, ran.err) == (130, "Stopped.\n")

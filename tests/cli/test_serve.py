"""`recognizance serve`: what it says when it starts, and when it cannot."""

import errno
import os
import socket
from pathlib import Path

import boto3
import pytest

from recognizance.cli.serve import Announcement, lines
from recognizance.settings import read
from recognizance.wire.model import MODELS

WHERE = "cpu, OpenVINO 2026.0, f32, 2 threads: cpu was asked for"
MADE = Announcement("http://127.0.0.1:8477", "AKIAEXAMPLE", "made/secret", Path("/data"), [("a", WHERE), ("b", WHERE)])
GIVEN = Announcement("http://127.0.0.1:8477", "AKIAEXAMPLE", None, Path("/data"), [("a", WHERE)])


def started(shell, announced, *words):
    shell.announced = announced
    return shell("serve", *words)


def test_the_endpoint_the_key_and_a_shell_to_paste_are_printed(shell, installed):
    ran = started(shell, MADE)

    assert "http://127.0.0.1:8477" in ran.out.splitlines()[0]
    pasted = dict(
        line.strip().removeprefix("export ").split("=", 1) for line in ran.out.splitlines() if "export" in line
    )
    assert pasted == {
        "AWS_ENDPOINT_URL_REKOGNITION": "http://127.0.0.1:8477",
        "AWS_ENDPOINT_URL_RECOGNIZANCE": "http://127.0.0.1:8477",
        "AWS_DATA_PATH": str(MODELS),
        "AWS_ACCESS_KEY_ID": "AKIAEXAMPLE",
        "AWS_SECRET_ACCESS_KEY": "made/secret",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_REGION": "us-east-1",
    }
    assert "  unset AWS_SESSION_TOKEN AWS_PROFILE" in ran.out.splitlines()
    assert f"a, b on {WHERE}" in ran.out
    assert "/data" in ran.out
    assert ran.code == 0


def test_the_python_that_is_printed_makes_a_client(shell, installed):
    printed = started(shell, MADE).out
    snippet = printed[printed.index("  import boto3") : printed.index("  print(")]
    names = {}
    exec("\n".join(line.strip() for line in snippet.splitlines()), names)
    assert names["rekognition"].meta.endpoint_url == "http://127.0.0.1:8477"


def test_what_is_pasted_makes_a_client_of_the_house_operations(shell, installed, monkeypatch):
    for line in started(shell, MADE).out.splitlines():
        if line.strip().startswith("export "):
            monkeypatch.setenv(*line.strip().removeprefix("export ").split("=", 1))
    house = boto3.session.Session().client("recognizance")
    assert house.meta.endpoint_url == "http://127.0.0.1:8477"
    assert "DescribePolicy" in house.meta.service_model.operation_names


def test_a_secret_that_was_given_is_not_printed(shell, installed):
    shell.environment |= {
        "RECOGNIZANCE_ROOT_ACCESS_KEY_ID": "AKIAEXAMPLE",
        "RECOGNIZANCE_ROOT_SECRET_ACCESS_KEY": "given-secret",
    }
    ran = started(shell, GIVEN)
    assert "given-secret" not in ran.out + ran.err
    assert "the secret you gave" in ran.out


def test_options_go_before_the_environment(shell, installed):
    shell.environment |= {"RECOGNIZANCE_PORT": "1", "RECOGNIZANCE_HOST": "127.0.0.9"}
    started(shell, MADE, "--port", "2")
    assert (shell.opened[-1].port, shell.opened[-1].host) == (2, "127.0.0.9")


@pytest.mark.parametrize(
    ("host", "warned"), [("127.0.0.1", False), ("localhost", False), ("::1", False), ("0.0.0.0", True), ("box", True)]
)
def test_an_address_that_others_reach_is_warned_of(host, warned):
    told = "\n".join(lines(MADE, read({}, host=host)))
    assert ("TLS" in told) is warned


def test_the_first_region_allowed_is_the_one_to_paste():
    assert any("eu-west-1" in line for line in lines(MADE, read({}, regions=("eu-west-1", "us-east-1"))))


@pytest.mark.parametrize(
    ("number", "words", "code"),
    [
        (errno.EADDRINUSE, "is in use; stop what listens there or choose another with --port", 2),
        (errno.EADDRNOTAVAIL, "is no address and no name of this machine", 2),
        (errno.EACCES, "may not listen", 1),
        (socket.EAI_NONAME, "is no address and no name of this machine", 2),
    ],
)
def test_an_address_that_cannot_be_had_is_told(shell, installed, number, words, code):
    shell.fails = OSError(number, os.strerror(number)) if number > 0 else socket.gaierror(number, "Name not known")
    ran = shell("serve")
    assert words in ran.err
    assert ran.code == code


def test_stopping_is_no_failure(shell, installed):
    shell.fails = KeyboardInterrupt()
    ran = shell("serve")
    assert (ran.code, ran.err.splitlines()[-1]) == (0, "Stopped.")


def test_a_port_that_is_none_is_told(shell):
    assert "between 0 and 65535" in shell("serve", "--port", "70000").err

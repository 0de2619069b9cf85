"""The command line that a report repeats tells neither what was stated nor what a URL hides."""

import shlex

import pytest

from recognizance.cli import endpoint
from recognizance.cli.failures import Wrong
from recognizance.cli.repeated import PRIVATE, command

SAID = "whistleblower 7"


@pytest.mark.parametrize("option", sorted(PRIVATE))
def test_what_was_stated_is_left_out_of_the_command(option):
    for words in ([option, SAID], [f"{option}={SAID}"], [option, SAID, option, "other"]):
        told = command(["audit", "live", *words, "--seed", "7"])
        assert SAID not in told
        assert "other" not in told
        assert told.endswith("--seed 7")


def test_options_that_begin_alike_are_kept():
    words = ["audit", "replay", "--probes", "a b", "--probes=c"]
    assert shlex.split(command(words)) == ["recognizance", *words]


def test_a_url_loses_what_it_may_hide():
    for word in ("https://me:secret@there/a?token=1#x", "--url=https://me:secret@there/a?token=1"):
        told = command(["audit", "live", word])
        assert "https://there/a" in told
        assert all(hidden not in told for hidden in ("me", "secret", "token", "#"))


def test_without_names_paths_keep_their_last_part():
    told = command(["audit", "live", "http://there/a", "--probes", "/home/ann/set/", "--json=a/b.json"], anonymous=True)
    assert told == "recognizance audit live http://there/a --probes set --json=b.json"


def test_an_endpoint_is_called_by_its_address_alone():
    assert endpoint.place("http://there:80/a/?token=1#x", None).called == "http://there:80/a"
    with pytest.raises(Wrong) as told:
        endpoint.place("ftp://me:secret@there?token=1", None)
    assert all(hidden not in str(told.value) for hidden in ("me:", "secret", "token"))

"""The command line as a report repeats it: without what was stated to an endpoint, and without what a URL may hide."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath
from urllib.parse import urlsplit, urlunsplit

PRIVATE = frozenset({"--purpose", "--case", "--consent", "--authorisation", "--probe"})
"""What is stated beside requests: the ledger keeps no more than digests of it."""

LEFT_OUT = "…"
URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://\S+")


def command(argv: Sequence[str], *, anonymous: bool = False) -> str:
    """Return the command line of a report, from its words less the program's name.

    The values of `PRIVATE` options become `LEFT_OUT`, URLs lose their user, query and fragment. If `anonymous`, paths
    keep their last part only.

    >>> command(["audit", "live", "https://me:pw@there/a?key=1", "--case=7", "--json", "/home/me/a.json"])
    "recognizance audit live https://there/a '--case=…' --json /home/me/a.json"
    >>> command(["audit", "replay", "--json=/home/me/a.json", "--seed", "1"], anonymous=True)
    'recognizance audit replay --json=a.json --seed 1'
    """
    return shlex.join(["recognizance", *_words(argv, anonymous)])


def address(url: str) -> str:
    """Return a URL without its user, query and fragment; what is none stays as it is, less what follows a "?".

    >>> address("http://me:secret@there:80/path?token=1#part")
    'http://there:80/path'
    """
    try:
        parts = urlsplit(url)
    except ValueError:
        return url.partition("?")[0].rpartition("@")[2]
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def _words(argv: Sequence[str], anonymous: bool) -> Iterator[str]:
    hides = False
    for word in argv:
        option, equals, value = word.partition("=") if word.startswith("--") else ("", "", word)
        if hides:
            yield LEFT_OUT
        elif option in PRIVATE and equals:
            yield f"{option}={LEFT_OUT}"
        else:
            yield f"{option}{equals}{_value(value, anonymous)}"
        hides = not hides and option in PRIVATE and not equals


def _value(value: str, anonymous: bool) -> str:
    if URL.fullmatch(value):
        return address(value)
    return PurePosixPath(value).name if anonymous and "/" in value else value

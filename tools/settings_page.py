"""Write docs/settings.md from the settings' own descriptions."""

from __future__ import annotations

import sys
from dataclasses import MISSING, Field, fields
from pathlib import Path
from typing import Any, get_type_hints

from page import keep
from recognizance.settings import PREFIX, Settings

HEAD = """\
<!-- GENERATED from src/recognizance/settings.py by `python tools/settings_page.py`. Do not edit. -->

# Settings

Every setting is an environment variable. `recognizance serve` has options for the most used ones; an
option goes before the variable, the variable before the default. An empty variable counts as not set.
A variable that begins with `RECOGNIZANCE_` and is not listed here is an error, so a misspelt one is
never silently ignored.

| variable | kind | default | what it is |
| --- | --- | --- | --- |
"""
KINDS = {str: "text", int: "whole number", float: "number", bool: "true or false", Path: "path"}
DATA_FOLDER = "`$XDG_DATA_HOME/recognizance`, else `~/.local/share/recognizance`"  # settings.default_data_folder


def page() -> str:
    """Return the whole page."""
    kinds = get_type_hints(Settings)
    return HEAD + "".join(_row(one, kinds[one.name]) for one in fields(Settings))


def _row(one: Field[Any], kind: Any) -> str:
    choices = one.metadata["choices"]
    said = " or ".join(f"`{choice}`" for choice in choices) if choices else KINDS.get(kind, "list, by commas")
    text = one.metadata["help"] + (" Never shown or logged." if one.metadata["secret"] else "")
    return f"| `{PREFIX}{one.name.upper()}` | {said} | {_default(one)} | {text} |\n"


def _default(one: Field[Any]) -> str:
    assert one.default is not MISSING, "every setting has a default"
    if one.name == "data":
        return DATA_FOLDER
    if one.default in ("", (), Path()):
        return "empty"
    return f"`{str(one.default).lower() if isinstance(one.default, bool) else one.default}`"


if __name__ == "__main__":
    keep("settings.md", page(), sys.argv[1:])

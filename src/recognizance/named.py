"""The one mechanism for names: a bare name is a module of ours, a dotted one is yours.

A module is imported when it is first asked for, so what nobody uses costs nothing.
"""

from __future__ import annotations

import importlib
from types import ModuleType

from recognizance.errors import SettingsWrong


def module(name: str, *, package: str) -> ModuleType:
    """Return the module `name` means: `package.name` when it has no dot, else the module of that full name.

    Raises `SettingsWrong` when there is no such module. A module that is there and fails to import
    raises what it raised: that is its author's to see.
    """
    path = name if "." in name else f"{package}.{name}"
    if not all(part.isidentifier() for part in path.split(".")):
        raise SettingsWrong(f"{name!r} is no module name; give a bare name of {package} or a dotted one of yours")
    try:
        return importlib.import_module(path)
    except ModuleNotFoundError as error:
        if error.name is None or not (path == error.name or path.startswith(error.name + ".")):
            raise
        raise SettingsWrong(f"there is no module {path}, which {name!r} would name") from None

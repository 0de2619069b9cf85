"""A generated page: written, or compared with what is there when the tool is run with `--check`."""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def keep(name: str, text: str, arguments: list[str]) -> None:
    """Write `docs/name`; with `--check` exit 1 instead when it is not what would be written."""
    path = ROOT / "docs" / name
    if arguments not in ([], ["--check"]):
        sys.exit("the one argument known is --check")
    if not arguments:
        path.write_text(text, encoding="utf-8")
    elif not path.is_file() or path.read_text(encoding="utf-8") != text:
        sys.exit(f"docs/{name} is not what its tool would write now; run the tool that its first line names")

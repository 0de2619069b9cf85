"""What a user reads first, held against the program."""

import re
import shlex
from dataclasses import fields
from pathlib import Path

import pytest

from recognizance.settings import PREFIX, Settings

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "docs" / "tutorial.md", ROOT / "docs" / "strict.md"]
COMMANDS = [
    (page.name, line)
    for page in PAGES
    for line in re.findall(r"^(?:\.venv/bin/)?recognizance (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_to_a_file(page):
    links = re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text(encoding="utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_setting_named_exists(page):
    known = {PREFIX + one.name.upper() for one in fields(Settings)}
    assert set(re.findall(rf"{PREFIX}[A-Z0-9_]+", page.read_text(encoding="utf-8"))) <= known


@pytest.mark.parametrize(("page", "line"), COMMANDS)
def test_every_command_shown_is_understood(shell, page, line):
    words = shlex.split(line, comments=True)
    try:
        told = shell(*words).err
    except AssertionError as error:  # what it asks is tested elsewhere
        told = str(error).replace("the command line asked for", "understood")
    assert "Usage:" not in told, f"{page}: recognizance {line}"


def test_the_pages_show_commands_at_all():
    assert len(COMMANDS) > 5

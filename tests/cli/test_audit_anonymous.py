"""Reports to pass on: with `--anonymous` no audit of people says who they are, in figures, in words or in pictures."""

from __future__ import annotations

from itertools import pairwise

import pytest
from tests import portraits
from tests.cli.auditing import report, run_with

NAMES = [f"Quill{number:02}" for number in range(24)]


@pytest.fixture
def images(tmp_path):
    folder = portraits.folder(tmp_path / "images", dict.fromkeys(NAMES, 2))
    (folder / NAMES[0] / "empty.png").write_bytes(portraits.nobody())
    (folder / NAMES[1] / "0.png").write_bytes((folder / NAMES[2] / "0.png").read_bytes())
    return folder


def commands(images, tmp_path):
    portraits.folder(tmp_path / "gallery", {f"Quilter{number}": 1 for number in range(12)}, of=100)
    (tmp_path / "gallery" / NAMES[3]).mkdir()
    (tmp_path / "gallery" / NAMES[3] / "a.png").write_bytes(portraits.portrait(3, 5))
    rows = [f"{one}/0.png,{one}/1.png,1\n" for one in NAMES[3:]] + [f"{NAMES[0]}/0.png,{NAMES[0]}/empty.png,1\n"]
    rows += [f"{one}/0.png,{two}/1.png,0\n" for one, two in pairwise(NAMES[3:])]
    (tmp_path / "pairs.csv").write_text("file1,file2,same\n" + "".join(rows))
    (tmp_path / "people.csv").write_text(
        "name,side\n" + "".join(f"{one},{at % 2}\n{one},{at % 3}\n" for at, one in enumerate(NAMES))
    )
    known = ("--groups", "side", "--people", str(tmp_path / "people.csv"))
    two = ("--probes", str(images), "--gallery", str(tmp_path / "gallery"))
    return {
        "replay": (*two, "--thresholds", "40,80", *known),
        "identification": two,
        "demographics": ("--images", str(images), *known),
        "verification": ("--images", str(images), "--pairs", str(tmp_path / "pairs.csv"), *known),
        "labels": ("--images", str(images)),
    }


@pytest.mark.parametrize("command", ["replay", "identification", "demographics", "verification", "labels"])
def test_an_anonymous_audit_names_nobody_and_shows_nobody(given, images, tmp_path, command):
    written = [tmp_path / "a.json", tmp_path / "a.html"]
    asked = ("audit", command, *commands(images, tmp_path)[command], "--json", str(written[0]), "--html",
             str(written[1]))  # fmt: skip
    plain = run_with(given, *asked)
    assert "Quil" in plain.out + "".join(path.read_text() for path in written)
    pictured = "data:image/jpeg" in written[1].read_text()
    assert pictured == (command in ("replay", "labels"))

    told = run_with(given, *asked, "--anonymous")
    for text in (told.out, *(path.read_text() for path in written)):
        assert "Quil" not in text
        assert "data:image/jpeg" not in text
    document = report(written[0])
    assert document["problems"]["counts"]
    if command == "labels":
        assert any(one["person"].startswith("no. ") for one in document["result"]["suspects"])

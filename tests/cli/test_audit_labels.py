"""`recognizance audit labels`: what is suspected is listed and shown, and left out only when somebody has decided."""

from __future__ import annotations

import csv

import pytest
from tests import pictures, portraits
from tests.cli.auditing import report, run_with


@pytest.fixture
def images(tmp_path):
    folder = portraits.folder(tmp_path / "images", {f"P{number:02}": 2 for number in range(6)})
    (folder / "Copy").mkdir()
    (folder / "Copy" / "0.png").write_bytes((folder / "P03" / "0.png").read_bytes())
    return folder


def run(given, images, *words, code=0):
    return run_with(given, "audit", "labels", "--images", str(images), *words, code=code)


def test_a_copied_file_is_listed_shown_and_left_out_once_it_is_decided(given, images, tmp_path):
    listed, out, page = tmp_path / "list.csv", tmp_path / "a.json", tmp_path / "a.html"
    run(given, images, "--write", str(listed), "--json", str(out), "--html", str(page))
    result = report(out)["result"]
    assert result["counts"]["same file under two names"] == 1
    first = result["suspects"][0]
    assert {first["person"], first["other_person"]} == {"P03", "Copy"}
    html = page.read_text()
    assert html.count("<img") == 2 * len(result["suspects"])
    assert "kin stay" in html or "It can show only one of them" in html
    with listed.open() as file:
        rows = list(csv.DictReader(file))
    assert {row["decision"] for row in rows} == {""}

    again = tmp_path / "again.json"
    run(given, images, "--exclude", str(listed), "--json", str(again))
    assert report(again)["made"]["exclusions"]["left_out"] == 0
    decided = listed.read_text().replace("\n,same file under two names", "\nexclude,same file under two names", 2)
    kept = [line for line in decided.splitlines() if not line.startswith("exclude") or ",Copy,Copy/0.png,P03" in line]
    listed.write_text("\n".join(kept) + "\n")
    run(given, images, "--exclude", str(listed), "--json", str(again))
    document = report(again)
    assert document["made"]["exclusions"] | {"sha256": ""} == {"sha256": "", "people": 0, "files": 1, "left_out": 1}
    assert document["result"]["counts"]["same file under two names"] == 0


def test_a_list_that_may_hold_decisions_is_never_written_over(given, images, tmp_path):
    (tmp_path / "list.csv").write_text("decision\n")
    ran = run(given, images, "--write", str(tmp_path / "list.csv"), code=2)
    assert "is there already, and may hold decisions" in ran.err
    assert (tmp_path / "list.csv").read_text() == "decision\n"


def test_a_photograph_stored_anew_under_another_name_is_known_by_its_pixels(given, tmp_path):
    folder = portraits.folder(tmp_path / "images", {f"P{number:02}": 2 for number in range(4)})
    from io import BytesIO

    import numpy as np
    from PIL import Image

    pixels = np.array(Image.open(BytesIO(portraits.portrait(1, 0))).convert("RGB"))
    (folder / "Again").mkdir()
    (folder / "Again" / "0.jpg").write_bytes(pictures.jpeg(pixels))
    run(given, folder, "--json", str(tmp_path / "a.json"))
    suspects = report(tmp_path / "a.json")["result"]["suspects"]
    assert [
        one["kind"] for one in suspects if {one["person"], one["other_person"]} == {"Again", "P01"}
    ] == ["same picture under two names"]  # fmt: skip


def test_one_person_alone_is_no_reason_to_fail(given, tmp_path):
    folder = portraits.folder(tmp_path / "images", {"Ada": 1})
    ran = run(given, folder)
    assert "No label looks wrong, but these are too few pictures to say" in ran.out

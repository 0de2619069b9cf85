"""`recognizance audit calibrate` with a way from pictures to vectors that knows people by their files."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest
from tests import portraits
from tests.cli.auditing import report, run_with
from tests.cli.conftest import Ran
from typer.testing import CliRunner

from recognizance import app, cli
from recognizance.evaluation.sets.pipeline import Seen, open_pipeline
from recognizance.values import Box, Face, Landmarks, Point, Pose, Quality
from recognizance.vision import cards

POINTS = Landmarks(*(Point(x, y) for x, y in ((0.3, 0.3), (0.7, 0.3), (0.5, 0.5), (0.3, 0.8), (0.7, 0.8))))
FACE = Face(Box(0, 0, 1, 1), POINTS, 99.0, Pose(0, 0, 0), Quality(50, 50))
DIMENSION = 64


def drawn(settings, /, *, face, centred=True):
    """Return a pipeline for which a file's text is the person's number, a blank and the take's."""

    def see(data):
        if not data.strip():
            return Seen((), None, None)
        person, take = (int(word) for word in data.split())
        vector = np.random.default_rng(person).normal(size=DIMENSION)
        vector += 0.5 * np.random.default_rng([person, take]).normal(size=DIMENSION) + (0 if centred else 0.2)
        return Seen((FACE,), FACE, (vector / np.linalg.norm(vector)).astype(np.float32))

    opened = open_pipeline(settings, version="1", choose=lambda faces: faces[0])
    parameters = {**opened.card.parameters, "dimension": DIMENSION}
    how = (*opened.how, f"centred={centred}")
    return replace(opened, see=see, look=see, card=replace(opened.card, parameters=parameters), how=how)


def people(folder, numbers, takes=1):
    for number in numbers:
        (folder / f"P{number:04}").mkdir(parents=True)
        for take in range(takes):
            (folder / f"P{number:04}" / f"{take}.jpg").write_text(f"{number} {take}")
    return folder


@pytest.fixture
def audit(given, tmp_path):
    environment = {"RECOGNIZANCE_DATA": str(given.data), "RECOGNIZANCE_DEVICE": "cpu", "RECOGNIZANCE_THREADS": "1",
                   "RECOGNIZANCE_DETECTOR": "tiny-yunet", "RECOGNIZANCE_EMBEDDER": "tiny-face",
                   "RECOGNIZANCE_CARDS": str(given.cards), "RECOGNIZANCE_MODELS": str(given.models)}  # fmt: skip

    def run(*words, code=0):
        given_words = ["audit", "calibrate", *map(str, words)]
        made = cli.Made(
            open_service=app.open_service, serve=app.serve, environment=environment, new_id=app.new_uuid,
            now=lambda: datetime(2026, 11, 23, tzinfo=UTC), pipeline=drawn, argv=given_words,
        )  # fmt: skip
        result = CliRunner().invoke(cli.command_line(made), given_words)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert result.exit_code == code, result.output
        return Ran(result.exit_code, result.stdout, result.stderr)

    return run


def test_a_curve_is_fitted_checked_and_written_beside_its_card(audit, given, tmp_path):
    one, other = people(tmp_path / "one", range(800)), people(tmp_path / "other", range(800, 1600))
    (one / "P0001" / "0.jpg").write_text(" ")
    (tmp_path / "both.csv").write_text("name,also\nP0002,P0802\n")
    (tmp_path / "wrong.csv").write_text("person\nP0003\n")
    cards_folder = shutil.copytree(given.cards, tmp_path / "cards")
    words = ["--images", one, "--images", other, "--called", "people of one", "--called", "people of the other",
             "--mated", tmp_path / "both.csv", "--exclude", tmp_path / "wrong.csv", "--check",
             "--json", tmp_path / "a.json", "--html", tmp_path / "a.html"]  # fmt: skip
    ran = audit(*words, "--write", cards_folder)
    document = report(tmp_path / "a.json")
    result = document["result"]
    assert (result["people"], result["pictures"]) == (1597, 1597)
    assert document["problems"]["counts"] == {"excluded": 1, "in both lists": 1, "no face": 1}
    assert {one["similarity"]: one["checks"] for one in result["checks"]} == {
        40: 2, 50: 2, 60: 20, 70: 20, 80: 20, 90: 2, 95: 2, 99: 2
    }  # fmt: skip
    assert [one["rate"] for one in result["anchors"]] == pytest.approx([10.0**-depth for depth in range(1, 10)])
    curve = cards.curve_of((cards_folder / "tiny-face.curve.toml").read_text(), "the curve")
    assert curve.people == 1597
    assert curve.fitted_at == "2026-11-23"
    assert curve.fitted_on.startswith("797 people of one and 800 people of the other; left out: 1 people")
    assert curve.command.startswith("recognizance audit calibrate --images")
    assert [round(value, 5) for value in curve.cosines] == [round(value, 5) for value in result["curve"]["cosines"]]
    assert "a server that uses this card needs a restart" in ran.out
    assert b"On people it has not seen" in (tmp_path / "a.html").read_bytes()


def test_the_same_people_give_the_same_bytes(audit, tmp_path):
    one = people(tmp_path / "one", range(700))
    written = []
    for _ in range(2):
        audit("--images", one, "--json", tmp_path / "a.json", "--html", tmp_path / "a.html")
        written.append([(tmp_path / name).read_bytes() for name in ("a.json", "a.html")])
    assert written[0] == written[1]
    assert report(tmp_path / "a.json")["result"]["checks"] == []


def test_a_centre_is_printed_as_a_card_has_it(audit, tmp_path):
    one = people(tmp_path / "one", range(40))
    (tmp_path / "people.csv").write_text(
        "name,sex\n" + "".join(f"P{number:04},{'F' if number % 2 else 'M'}\n" for number in range(40))
    )
    words = ["--centre", "--images", one, "--groups", "sex", "--people", tmp_path / "people.csv", "--weigh", "F=3",
             "--weigh", "M=1"]  # fmt: skip
    said = audit(*words).out.split()
    assert said[:3] == ["centre", "=", "["]
    numbers = [float(word.rstrip(",")) for word in said[3:-1]]
    assert len(numbers) == DIMENSION
    assert 0 < np.mean(numbers) < 0.05  # what is added to every vector when they are not centred


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--weigh", "F=3", "--centre"], "--weigh needs one --groups COLUMN"),
        (["--weigh", "F=many", "--groups", "sex", "--centre"], "should be a value and its weight"),
        (["--called", "a", "--called", "b"], "--called is given 2 times and --images 1"),
        (["--write", "."], "should be the folder that has the card tiny-face.toml"),
    ],
)
def test_what_makes_no_sense_is_said_in_a_sentence(audit, tmp_path, words, said):
    one = people(tmp_path / "one", range(3))
    assert said in audit("--images", one, *words, code=2).err


def test_too_few_people_fail_in_a_sentence(audit, tmp_path):
    assert "no curve can be fitted on 12 people" in audit(
        "--images", people(tmp_path / "few", range(12)), code=1
    ).err  # fmt: skip


def test_pictures_without_a_face_are_told_to_be_that(given, tmp_path):
    for number in range(2):
        (tmp_path / "set" / f"P{number}").mkdir(parents=True)
        (tmp_path / "set" / f"P{number}" / "0.png").write_bytes(portraits.nobody() if number else b"no picture")
    ran = run_with(given, "audit", "calibrate", "--images", str(tmp_path / "set"), code=1)
    assert "no curve can be fitted: faces were found of 0 people, in 2 pictures" in ran.err


def test_a_model_that_tells_nobody_apart_gets_no_curve(given, tmp_path):
    images = portraits.folder(tmp_path / "images", {f"P{number:02}": 1 for number in range(60)})
    ran = run_with(given, "audit", "calibrate", "--images", str(images), code=1)
    assert "no curve can be fitted on 60 people" in ran.err

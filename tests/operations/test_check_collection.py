"""CheckCollection: whoever changes a vector past the server is found out, by what is there and by what was recorded."""

import json

import pytest
from sqlalchemy import delete, select, update
from tests.operations.conftest import code
from typer.testing import CliRunner

from recognizance import app
from recognizance.cli import Made, command_line
from recognizance.database.tables import COLLECTIONS, CONTENTS, VECTORS
from recognizance.gallery import contents


def change(parts, *changes):
    with parts.database.write() as tx:
        for one in changes:
            tx.run(one)


def first_vector(parts):
    return parts.database.rows(select(VECTORS.c.number, VECTORS.c.vector).order_by(VECTORS.c.number).limit(1))[0]


def other(vector):
    return bytes([vector[0] ^ 1]) + bytes(vector[1:])


@pytest.fixture
def checked(house, team, users):
    """What checks the collection in which five faces and a user are."""
    users(emma=[team.emma, team.emma_again])
    return lambda: house.check_collection(CollectionId="staff")


def test_a_collection_is_as_it_was_enrolled(checked, house):
    told = checked()
    assert told["Sound"]
    assert told["Root"] == told["ComputedRoot"]
    assert told["Vectors"] == 6
    assert "RecordedRoot" not in told  # nobody has asked of it since its last change
    again = checked()
    assert (again["Sound"], again["RecordedRoot"]) == (True, told["Root"])
    entry = house.list_ledger_entries()["Entries"][again["RecordedEntry"] - 1]
    assert (entry["Operation"], entry["Facts"]["root"]) == ("CheckCollection", told["Root"])


def test_a_changed_row_is_found(checked, parts):
    row = first_vector(parts)
    change(parts, update(VECTORS).where(VECTORS.c.number == row["number"]).values(vector=other(row["vector"])))
    told = checked()
    assert not told["Sound"]
    assert told["Root"] != told["ComputedRoot"]
    assert told["Sentence"].startswith("Not sound: 6 vectors, ")
    assert "what is there is not what was enrolled" in told["Sentence"]


def test_a_row_taken_out_is_found(checked, parts):
    change(parts, delete(VECTORS).where(VECTORS.c.number == first_vector(parts)["number"]))
    assert checked()["Sound"] is False


def test_whoever_makes_the_roots_fit_as_well_is_found_by_the_record(checked, parts):
    checked()
    row = first_vector(parts)
    change(parts, update(VECTORS).where(VECTORS.c.number == row["number"]).values(vector=other(row["vector"])))
    (found,) = parts.database.rows(select(CONTENTS.c.collection, CONTENTS.c.state))
    state = contents.nothing() + contents.np.frombuffer(found["state"], contents.ON_DISK)
    state = state - contents.sum_of(0, [(row["number"], bytes(row["vector"]))])
    state = state + contents.sum_of(0, [(row["number"], other(row["vector"]))])
    change(
        parts,
        update(CONTENTS).values(state=state.astype(contents.ON_DISK).tobytes()),
        update(COLLECTIONS).values(root=contents.root(state)),
    )
    told = checked()
    assert told["Root"] == told["ComputedRoot"] != told["RecordedRoot"]
    assert f"entry {told['RecordedEntry']} names another root" in told["Sentence"]
    assert not told["Sound"]


def test_a_collection_set_back_to_what_it_was_is_found_by_the_record(checked, parts):
    revision = checked()["Revision"]
    change(parts, update(COLLECTIONS).values(revision=revision - 1))
    assert f"names revision {revision}" in checked()["Sentence"]


def test_what_was_recorded_of_an_earlier_collection_of_that_name_does_not_count(checked, rekognition):
    checked()
    rekognition.delete_collection(CollectionId="staff")
    rekognition.create_collection(CollectionId="staff")
    told = checked()
    assert (told["Sound"], told["Vectors"], "RecordedRoot" in told) == (True, 0, False)


def test_one_that_is_not_there_is_told(house):
    assert code(house.check_collection, CollectionId="ghost") == "ResourceNotFoundException"


def test_the_command_line_ends_with_a_status_that_says_so(checked, parts, given):
    environment = {f"RECOGNIZANCE_{name.upper()}": str(getattr(given, name)) for name in ("data", "models", "cards")}
    environment |= {"RECOGNIZANCE_DETECTOR": "tiny-yunet", "RECOGNIZANCE_EMBEDDER": "tiny-face"}
    made = Made(app.open_service, lambda *_: None, environment, app.new_uuid, app.utc_now)

    def run(*words):
        ran = CliRunner().invoke(command_line(made), ["ledger", "check", *words])
        return ran.exit_code, ran.stdout

    status, said = run("staff")
    assert (status, said.startswith("Sound: 6 vectors, revision ")) == (0, True)
    row = first_vector(parts)
    change(parts, update(VECTORS).where(VECTORS.c.number == row["number"]).values(vector=other(row["vector"])))
    status, said = run("staff", "--json")
    assert (status, json.loads(said)["Sound"]) == (1, False)

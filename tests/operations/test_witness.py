"""This server as a witness of another log: it cosigns what grew, and nothing else, ever."""

from dataclasses import replace
from datetime import datetime

import pytest
from botocore.exceptions import ClientError
from tests import postgresql
from tests.client import in_process
from tests.forgeries.ledgers import IMPOSTOR, LOG, OTHER, record

from recognizance import app
from recognizance.accountability import notes
from recognizance.errors import SettingsWrong

HONEST = record(40)
FORK = replace(HONEST, leaves=(*HONEST.leaves[:19], HONEST.leaves[19].replace("AKIA", "AKIB"), *HONEST.leaves[20:]))


@pytest.fixture
def given(given):
    return replace(given, witnessed=(str(LOG.verifier),))


def asked(client, of=HONEST, size=40, old=0, **changed):
    shorter = replace(of, leaves=of.leaves[:size])
    proof = [*shorter.growth(old).proof] if 0 < old <= size else []
    return client.witness_checkpoint(**{"Checkpoint": str(of.note(size)), "OldSize": old, "Proof": proof} | changed)


def test_a_checkpoint_that_grew_is_cosigned(house):
    key = notes.verifier(house.describe_witness()["VerifierKey"])
    for old, size in ((0, 10), (10, 11), (11, 11), (11, 40)):
        answer = asked(house, size=size, old=old)
        note = HONEST.note(size).beside(*notes.signatures(answer["Cosignature"]))
        assert answer["Size"] == size
        assert isinstance(notes.verify(note, [key])[key], datetime)


def test_a_witness_names_the_logs_it_cosigns(house):
    assert house.describe_witness()["Witnessed"] == [{"VerifierKey": str(LOG.verifier), "Size": 0}]
    asked(house, size=20)
    answer = house.describe_witness()
    assert answer["Witnessed"] == [{"VerifierKey": str(LOG.verifier), "Size": 20}]
    assert notes.verifier(answer["VerifierKey"]).kind == notes.WITNESS


@pytest.mark.parametrize(
    ("change", "code", "says"),
    [
        ({"of": FORK, "size": 30, "old": 20}, "InvalidParameterException", "does not show that the log"),
        ({"of": FORK, "size": 20, "old": 20}, "InvalidParameterException", "another record of 20 entries was cosigned"),
        ({"size": 19, "old": 20, "Proof": []}, "InvalidParameterException", "a log never shrinks"),
        ({"size": 30, "old": 10}, "ConflictException", "last cosigned a checkpoint of 20 entries"),
        ({"size": 30, "old": 0}, "ConflictException", "last cosigned a checkpoint of 20 entries"),
        ({"size": 30, "old": 20, "Proof": []}, "InvalidParameterException", "does not show"),
        ({"size": 30, "old": 20, "Proof": [bytes(32)] * 5}, "InvalidParameterException", "does not show"),
        ({"of": replace(HONEST, key=IMPOSTOR), "size": 30, "old": 20}, "InvalidParameterException", "not signed by"),
        (
            {"of": replace(HONEST, origin=OTHER.name, key=OTHER)},
            "InvalidParameterException",
            "not one that is witnessed",
        ),
        ({"Checkpoint": "nonsense", "old": 20}, "InvalidParameterException", "cut short"),
    ],
)
def test_what_did_not_grow_is_never_cosigned(house, change, code, says):
    asked(house, size=20)
    with pytest.raises(ClientError, match=says) as refused:
        asked(house, **change)
    assert refused.value.response["Error"]["Code"] == code
    assert asked(house, size=40, old=20)["Size"] == 40  # and it goes on from where it was


def test_a_witness_remembers_in_another_process(house, given, key):
    asked(house, size=20)
    with app.build(given) as again:
        served = app.endpoint(again, key, given)
        client = in_process(served, service="recognizance", access_key=key.access_key_id, secret=key.secret)
        with pytest.raises(ClientError, match="another record of 20 entries was cosigned"):
            asked(client, of=FORK, size=20, old=20)
        client.close()
        served.close()


def test_every_answer_and_refusal_of_a_witness_is_in_its_record(house):
    asked(house, size=20)
    with pytest.raises(ClientError):
        asked(house, of=FORK, size=30, old=20)
    entries = house.list_ledger_entries()["Entries"]
    mine = [entry for entry in entries if entry["Operation"] == "WitnessCheckpoint"]
    assert [entry["Outcome"] for entry in mine] == ["answered", "InvalidParameterException"]
    assert mine[0]["Facts"]["cosigned"] == HONEST.tree(20).root.hex()


def test_a_key_that_is_none_is_told_at_the_start(given):
    for text, says in (
        ("nonsense", "witnessed should be public keys"),
        (str(IMPOSTOR.verifier)[:-1], "witnessed should"),
    ):
        with pytest.raises(SettingsWrong, match=says), app.build(replace(given, witnessed=(text,))):
            pass


def test_on_postgresql_a_witness_remembers_too(given, key):
    with postgresql.server().database() as url, app.build(replace(given, database=url)) as parts:
        served = app.endpoint(parts, key, given)
        client = in_process(served, service="recognizance", access_key=key.access_key_id, secret=key.secret)
        assert asked(client, size=20)["Size"] == 20
        assert asked(client, size=30, old=20)["Size"] == 30
        with pytest.raises(ClientError, match="does not show that the log"):
            asked(client, of=FORK, size=40, old=30)
        client.close()
        served.close()

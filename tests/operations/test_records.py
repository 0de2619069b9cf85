"""The record through boto3: described, listed, exported, proved and cosigned, and statements erased beside it."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from botocore.exceptions import ClientError
from tests.records import NOON

from recognizance import app
from recognizance.accountability import entries, ledger, notes
from recognizance.accountability.merkle import EMPTY, Frontier, consistent, included, leaf_hash
from recognizance.errors import SettingsWrong

MILLISECOND = timedelta(milliseconds=1)  # the wire counts those
WITNESS = notes.Signer("witness.example", b"w" * 32, notes.WITNESS)


def code(raised):
    return raised.value.response["Error"]["Code"]


def ask(house, times):
    for _ in range(times):
        house.list_models()


def leaf_of(proof):
    return leaf_hash(proof["Entry"]["Text"].encode())


def cosigned(note):
    parsed = notes.parse(note)
    return str(parsed.beside(notes.cosign(parsed.text, WITNESS, NOON)))


def test_an_empty_ledger_is_described(house):
    told = house.describe_ledger()
    assert (told["Size"], told["RootHash"]) == (0, EMPTY)
    assert told["VerifierKey"].startswith(told["Origin"] + "+")
    assert not {"Checkpoint", "LastAt"} & told.keys()


def test_the_ledger_is_described_with_its_newest_checkpoint(house, parts):
    ask(house, 2)
    told = house.describe_ledger()
    standing = ledger.standing(parts.database)
    assert (told["Size"], standing.tree.size) == (2, 3)  # a call's own entry comes after its answer
    assert told["RootHash"] == ledger.tree(parts.database).frontier(2).root
    assert abs(told["LastAt"] - ledger.entries(parts.database)[1].at) < MILLISECOND
    assert told["Checkpoint"]["Size"] == 1
    key = notes.verifier(told["VerifierKey"])
    note = notes.parse(told["Checkpoint"]["Note"])
    assert notes.verify(note, [key]) == {key: None}
    assert notes.checkpoint(note.text).origin == told["Origin"]


def test_entries_are_listed_with_what_the_policy_was_and_what_was_stated(house, parts):
    ask(house, 1)
    (entry,) = house.list_ledger_entries()["Entries"]
    (kept,) = ledger.entries(parts.database, limit=1)
    assert (entry["Kind"], entry["Policy"], entry["Act"]) == ("root", kept.policy, "read")
    assert abs(entry["At"] - kept.at) < MILLISECOND
    assert "StatementErased" not in entry


def test_all_entries_up_to_now_are_signed_when_a_checkpoint_is_asked_for(house):
    ask(house, 4)
    made = house.get_checkpoint()["Checkpoint"]
    assert made["Size"] == 4
    assert house.get_checkpoint(Size=4)["Checkpoint"] == made
    assert house.get_checkpoint()["Checkpoint"]["Size"] == 6
    with pytest.raises(ClientError) as raised:
        house.get_checkpoint(Size=5)
    assert code(raised) == "ResourceNotFoundException"


def test_checkpoints_are_listed_in_pages(house):
    for _ in range(3):
        house.get_checkpoint()
    pages = house.get_paginator("list_checkpoints").paginate(PaginationConfig={"PageSize": 2})
    assert [[one["Size"] for one in page["Checkpoints"]] for page in pages] == [[0, 1], [2]]


def test_an_entry_is_proved_against_the_newest_checkpoint(house):
    ask(house, 5)
    made = house.get_checkpoint()["Checkpoint"]
    proof = house.prove_inclusion(Sequence=3)
    assert (proof["TreeSize"], proof["Checkpoint"]) == (5, made)
    assert json.loads(proof["Entry"]["Text"])["n"] == 3
    signed = notes.checkpoint(notes.parse(made["Note"]).text)
    assert proof["RootHash"] == signed.root
    assert included(leaf_of(proof), 2, 5, proof["Proof"], signed.root)


def test_an_entry_no_checkpoint_reaches_is_signed_and_proved(house):
    ask(house, 5)
    proof = house.prove_inclusion(Sequence=5)
    assert proof["TreeSize"] == proof["Checkpoint"]["Size"] == 5
    assert included(leaf_of(proof), 4, 5, proof["Proof"], proof["RootHash"])


def test_an_entry_is_proved_in_the_tree_of_any_size(house):
    ask(house, 9)
    proof = house.prove_inclusion(Sequence=2, TreeSize=7)
    assert "Checkpoint" not in proof
    assert included(leaf_of(proof), 1, 7, proof["Proof"], proof["RootHash"])


@pytest.mark.parametrize("wrong", [{"Sequence": 99}, {"Sequence": 3, "TreeSize": 2}, {"Sequence": 1, "TreeSize": 99}])
def test_what_is_not_there_is_not_proved(house, wrong):
    ask(house, 4)
    with pytest.raises(ClientError) as raised:
        house.prove_inclusion(**wrong)
    assert code(raised) == "InvalidParameterException"


def test_growth_is_proved_between_checkpoints_and_other_sizes(house):
    ask(house, 3)
    first = house.get_checkpoint()["Checkpoint"]
    ask(house, 6)
    proof = house.prove_consistency(From=3)
    assert proof["To"] == 3  # the newest checkpoint
    assert proof["Proof"] == []
    latest = house.get_checkpoint()["Checkpoint"]
    proof = house.prove_consistency(From=first["Size"])
    assert (proof["From"], proof["To"], proof["Checkpoint"]) == (3, latest["Size"], latest)
    old, new = (notes.checkpoint(notes.parse(one["Note"]).text) for one in (first, latest))
    assert (proof["FromRootHash"], proof["ToRootHash"]) == (old.root, new.root)
    assert consistent(3, old.root, new.size, new.root, proof["Proof"])
    assert house.prove_consistency(From=0, To=7)["Proof"] == []
    between = house.prove_consistency(From=4, To=7)
    assert consistent(4, between["FromRootHash"], 7, between["ToRootHash"], between["Proof"])


@pytest.mark.parametrize("wrong", [{"From": 99}, {"From": 3, "To": 2}, {"From": 1, "To": 99}])
def test_growth_from_or_to_what_is_not_there_is_not_proved(house, wrong):
    ask(house, 4)
    with pytest.raises(ClientError) as raised:
        house.prove_consistency(**wrong)
    assert code(raised) == "InvalidParameterException"


def test_entries_are_exported_as_they_are_hashed_and_hashed_they_give_the_root(house):
    ask(house, 10)
    made = house.get_checkpoint()["Checkpoint"]
    pages = house.get_paginator("export_ledger").paginate(
        TreeSize=made["Size"], WithStatements=True, PaginationConfig={"PageSize": 4}
    )
    tree = Frontier()
    for page in pages:
        assert (page["After"], page["Frontier"]) == (tree.size, list(tree.hashes))
        for one in page["Entries"]:
            assert entries.wrong(one["Text"].encode()) is None
        tree = tree.grown([leaf_hash(one["Text"].encode()) for one in page["Entries"]])
    assert (tree.size, tree.root) == (10, notes.checkpoint(notes.parse(made["Note"]).text).root)


def test_no_more_is_exported_than_was_signed_unless_it_is_asked_for(house):
    ask(house, 5)
    assert len(house.export_ledger()["Entries"]) == 1
    assert "Next" not in house.export_ledger()
    assert len(house.export_ledger(TreeSize=6, After=4)["Entries"]) == 2


@pytest.mark.parametrize("wrong", [{"TreeSize": 99}, {"After": 3, "TreeSize": 2}, {"After": 99}])
def test_what_is_not_there_is_not_exported(house, wrong):
    ask(house, 4)
    with pytest.raises(ClientError) as raised:
        house.export_ledger(**wrong)
    assert code(raised) == "InvalidParameterException"


def test_a_cosignature_is_kept_and_shown_below_its_checkpoint(house):
    ask(house, 2)
    note = cosigned(house.get_checkpoint()["Checkpoint"]["Note"])
    key = str(WITNESS.verifier)
    assert house.add_cosignature(Note=note, WitnessKey=key)["Checkpoint"]["Note"] == note
    assert house.add_cosignature(Note=note, WitnessKey=key)["Checkpoint"]["Note"] == note
    assert house.get_checkpoint(Size=2)["Checkpoint"]["Note"] == note
    assert note in [one["Note"] for one in house.list_checkpoints()["Checkpoints"]]


def test_a_cosignature_that_does_not_hold_is_refused_in_a_sentence(house):
    ask(house, 2)
    note = house.get_checkpoint()["Checkpoint"]["Note"]
    with pytest.raises(ClientError, match=r"is not kept: there is no cosignature of witness\.example") as raised:
        house.add_cosignature(Note=note, WitnessKey=str(WITNESS.verifier))
    assert code(raised) == "InvalidParameterException"
    with pytest.raises(ClientError, match="a public key is written as") as raised:
        house.add_cosignature(Note=note, WitnessKey="not a key")
    assert code(raised) == "InvalidParameterException"
    text = notes.Checkpoint("recognizance/other", 44, b"r" * 32).text
    with pytest.raises(ClientError) as raised:
        house.add_cosignature(
            Note=str(notes.Note(text, (notes.cosign(text, WITNESS, NOON),))), WitnessKey=str(WITNESS.verifier)
        )
    assert code(raised) == "ResourceNotFoundException"


def test_what_was_stated_is_exported_erased_and_gone_while_every_proof_holds(house, parts):
    def state(case):
        def add(request, **_):
            request.headers["x-recognizance-purpose"] = "testing"
            request.headers["x-recognizance-case"] = case

        house.meta.events.register("before-sign.recognizance.ListModels", add, unique_id=case)
        house.list_models()
        house.meta.events.unregister("before-sign.recognizance.ListModels", unique_id=case)

    for case in ("a", "b", "a"):
        state(case)
    made = house.get_checkpoint()["Checkpoint"]
    proof = house.prove_inclusion(Sequence=1, WithStatement=True)
    statement = proof["Entry"]["Statement"]
    assert json.loads(statement["Text"]) == {"case": "a", "purpose": "testing"}
    committed = json.loads(proof["Entry"]["Text"])["stated"]
    assert committed == entries.commitment(statement["Salt"], statement["Text"])
    assert "Statement" not in house.prove_inclusion(Sequence=1)["Entry"]
    assert "Statement" not in house.export_ledger(TreeSize=3)["Entries"][0]
    assert "Statement" in house.export_ledger(TreeSize=3, WithStatements=True)["Entries"][0]

    assert house.erase_statements(Case="a")["Erased"] == 2
    assert house.erase_statements(Case="a")["Erased"] == 0
    assert house.erase_statements(Sequences=[2, 99])["Erased"] == 1

    found = house.list_ledger_entries(MaxResults=3)["Entries"]
    assert [(one.get("Case"), one["StatementErased"]) for one in found] == [(None, True)] * 3
    after = house.prove_inclusion(Sequence=1, TreeSize=made["Size"], WithStatement=True)
    assert after["Entry"] == {"Text": proof["Entry"]["Text"]}
    assert included(leaf_of(after), 0, made["Size"], after["Proof"], after["RootHash"])
    assert after["RootHash"] == notes.checkpoint(notes.parse(made["Note"]).text).root
    erasures = [one for one in ledger.entries(parts.database) if one.operation == "EraseStatements"]
    assert [(one.act, one.facts["erased"]) for one in erasures] == [("govern", 2), ("govern", 0), ("govern", 1)]
    assert erasures[0].facts["case"] == parts.service.tools.seal.digest("a")


@pytest.mark.parametrize("wrong", [{}, {"Sequences": [1], "Case": "a"}])
def test_statements_are_erased_by_places_or_by_case(house, wrong):
    with pytest.raises(ClientError) as raised:
        house.erase_statements(**wrong)
    assert code(raised) == "InvalidParameterException"


def test_every_one_of_these_calls_is_itself_recorded(house, parts):
    house.describe_ledger()
    house.get_checkpoint()
    house.list_checkpoints()
    house.prove_inclusion(Sequence=2)
    house.prove_consistency(From=1)
    house.export_ledger()
    with pytest.raises(ClientError):
        house.prove_inclusion(Sequence=99)
    found = ledger.entries(parts.database)
    assert [one.operation for one in found] == [
        "DescribeLedger", "GetCheckpoint", "ListCheckpoints", "ProveInclusion", "ProveConsistency", "ExportLedger",
        "ProveInclusion",
    ]  # fmt: skip
    assert {one.act for one in found} == {"audit"}
    assert [one.outcome for one in found] == ["answered"] * 6 + ["InvalidParameterException"]


def test_a_server_that_ends_leaves_nothing_unsigned(house, parts):
    ask(house, 4)
    app._sign(parts)
    assert [one.size for one in ledger.checkpoints(parts.database)] == [1, 4]
    app._sign(parts)
    assert len(ledger.checkpoints(parts.database)) == 2


def test_a_server_that_cannot_sign_at_its_end_says_so_and_ends(house, parts, caplog):
    ask(house, 2)
    with parts.database.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA query_only=ON")
    app._sign(parts)
    assert "the last entries are not in a checkpoint" in caplog.text


def test_checkpoints_go_by_the_name_the_operator_chose(given, tmp_path):
    for _ in range(2):
        chosen = replace(given, ledger_origin="city.example/record", data=tmp_path / "named")
        with app.build(chosen) as parts:
            assert parts.service.tools.ledger.signer.name == "city.example/record"
    with (
        pytest.raises(SettingsWrong, match="set the same account and ledger_origin"),
        app.build(replace(chosen, ledger_origin="")),
    ):
        pass

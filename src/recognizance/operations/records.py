"""Ours, not Rekognition's: the record, as whoever checks it asks for it: entries, checkpoints, proofs, cosignatures.

Hashes are bytes, sizes count entries, and places begin at 1. None of these calls counts itself: its own entry comes
after its answer.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from recognizance import shapes
from recognizance.accountability import ledger
from recognizance.errors import InvalidParameter, NoteWrong, NotFound
from recognizance.gallery import contents
from recognizance.operations.call import Call, operation
from recognizance.values import Act

MOST_ENTRIES = 1000
MOST_CHECKPOINTS = 100


@operation("ListLedgerEntries", Act.AUDIT)
def list_ledger_entries(call: Call, request: shapes.ListLedgerEntriesRequest) -> shapes.ListLedgerEntriesResponse:
    """List what was recorded, oldest first, past the sequence number `After`."""
    limit = request.get("MaxResults", MOST_ENTRIES)
    found = ledger.entries(call.tools.database, after=request.get("After", 0), limit=limit)
    answer: shapes.ListLedgerEntriesResponse = {"Entries": [_entry(entry) for entry in found]}
    if len(found) == limit:
        answer["Next"] = found[-1].sequence
    return answer


@operation("DescribeLedger", Act.AUDIT)
def describe_ledger(call: Call, request: shapes.DescribeLedgerRequest) -> shapes.DescribeLedgerResponse:
    """Say how long the ledger is, what its entries hash to, and who signs for it."""
    signer, found = call.tools.ledger.signer, ledger.standing(call.tools.database)
    answer: shapes.DescribeLedgerResponse = {
        "Origin": signer.name,
        "VerifierKey": str(signer.verifier),
        "Size": found.tree.size,
        "RootHash": found.tree.root,
    }
    if found.at is not None:
        answer["LastAt"] = found.at
    newest = ledger.checkpoint_of(call.tools.database, found.signed_size)
    if newest is not None:
        answer["Checkpoint"] = _checkpoint(newest)
    return answer


@operation("GetCheckpoint", Act.AUDIT)
def get_checkpoint(call: Call, request: shapes.GetCheckpointRequest) -> shapes.GetCheckpointResponse:
    """Sign all entries up to now, or give the checkpoint of a size that was signed before."""
    size = request.get("Size")
    if size is None:
        with call.write() as tx:
            made = call.tools.ledger.checkpoint(tx, call.tools.now())
            call.note(size=made.size)
        return {"Checkpoint": _checkpoint(made)}
    call.note(size=size)
    found = ledger.checkpoint_of(call.tools.database, size)
    if found is None:
        raise NotFound(f"There is no checkpoint of {size} entries; ListCheckpoints names those there are.")
    return {"Checkpoint": _checkpoint(found)}


@operation("ListCheckpoints", Act.AUDIT)
def list_checkpoints(call: Call, request: shapes.ListCheckpointsRequest) -> shapes.ListCheckpointsResponse:
    """List the checkpoints of more than `After` entries, oldest first, cosignatures with them."""
    limit = request.get("MaxResults", MOST_CHECKPOINTS)
    found = ledger.checkpoints(call.tools.database, after=request.get("After", -1), limit=limit)
    call.note(listed=len(found))
    answer: shapes.ListCheckpointsResponse = {"Checkpoints": [_checkpoint(one) for one in found]}
    if len(found) == limit:
        answer["Next"] = found[-1].size
    return answer


@operation("CheckCollection", Act.AUDIT)
def check_collection(call: Call, request: shapes.CheckCollectionRequest) -> shapes.CheckCollectionResponse:
    """Compute a collection's root anew, and hold it against what is kept and what was recorded."""
    account, name = call.ask.caller.account, request["CollectionId"]
    with call.tools.database.read() as reader:  # all of one moment
        kept = call.collection(name, reader)
        computed, number = contents.computed(reader, kept)
        last = ledger.last_state(reader, account, call.tools.seal.digest(name))

    named = last if last is not None and last.revision == kept.revision else None
    wrong = list[str]()
    if computed != kept.root:
        wrong.append("what is there is not what was enrolled")
    if named is not None and named.root != kept.root:
        wrong.append(f"entry {named.entry} names another root")
    if last is not None and last.revision > kept.revision:
        wrong.append(f"entry {last.entry} names revision {last.revision:,}")
    call.note(computed=computed, sound=not wrong)
    answer: shapes.CheckCollectionResponse = {
        "CollectionId": name,
        "Revision": kept.revision,
        "Vectors": number,
        "Root": kept.root,
        "ComputedRoot": computed,
        "Sound": not wrong,
        "Sentence": _checked(kept.revision, number, wrong, None if named is None else named.entry),
    }
    if named is not None:
        answer["RecordedRoot"], answer["RecordedEntry"] = named.root, named.entry
    return answer


@operation("ProveInclusion", Act.AUDIT)
def prove_inclusion(call: Call, request: shapes.ProveInclusionRequest) -> shapes.ProveInclusionResponse:
    """Prove that an entry is in the ledger: in the newest checkpoint's tree, or in that of the size asked for."""
    place = request["Sequence"]
    call.note(sequence=place)
    size = _size(call, request.get("TreeSize"), place)

    reader = call.tools.database
    tree = ledger.tree(reader)
    (leaf,) = ledger.leaves(reader, after=place - 1, upto=place, limit=1)
    answer: shapes.ProveInclusionResponse = {
        "Entry": _leaf(leaf, with_statement=request.get("WithStatement", False)),
        "TreeSize": size,
        "RootHash": tree.frontier(size).root,
        "Proof": tree.inclusion(place - 1, size),
    }
    signed = ledger.checkpoint_of(reader, size)
    if signed is not None:
        answer["Checkpoint"] = _checkpoint(signed)
    return answer


@operation("ProveConsistency", Act.AUDIT)
def prove_consistency(call: Call, request: shapes.ProveConsistencyRequest) -> shapes.ProveConsistencyResponse:
    """Prove that the ledger of one size begins with all of the ledger of a smaller one."""
    old = request["From"]
    call.note(size=old)
    new = _size(call, request.get("To"), old)

    tree = ledger.tree(call.tools.database)
    answer: shapes.ProveConsistencyResponse = {
        "From": old,
        "To": new,
        "FromRootHash": tree.frontier(old).root,
        "ToRootHash": tree.frontier(new).root,
        "Proof": tree.consistency(old, new) if old else [],
    }
    signed = ledger.checkpoint_of(call.tools.database, new)
    if signed is not None:
        answer["Checkpoint"] = _checkpoint(signed)
    return answer


@operation("ExportLedger", Act.AUDIT)
def export_ledger(call: Call, request: shapes.ExportLedgerRequest) -> shapes.ExportLedgerResponse:
    """Give entries as they are hashed, up to the newest checkpoint's size or a smaller one."""
    reader, after = call.tools.database, request.get("After", 0)
    standing = ledger.standing(reader)
    size = request.get("TreeSize", standing.signed_size)
    call.note(after=after, size=size)
    _check(size <= standing.tree.size, f"The ledger has {standing.tree.size} entries, fewer than TreeSize: {size}.")
    _check(after <= size, f"After should be at most the tree's size, {size}, and it is {after}.")

    found = ledger.leaves(reader, after=after, upto=size, limit=request.get("MaxResults", MOST_ENTRIES))
    call.note(given=len(found))
    with_statements = request.get("WithStatements", False)
    answer: shapes.ExportLedgerResponse = {
        "Entries": [_leaf(one, with_statement=with_statements) for one in found],
        "After": after,
        "TreeSize": size,
        "Frontier": list(ledger.tree(reader).frontier(after).hashes),
    }
    if after + len(found) < size:
        answer["Next"] = after + len(found)
    return answer


@operation("AddCosignature", Act.AUDIT)
def add_cosignature(call: Call, request: shapes.AddCosignatureRequest) -> shapes.AddCosignatureResponse:
    """Keep what a witness signed below a checkpoint of ours. Whom to believe is for whoever checks it later."""
    try:
        with call.write() as tx:
            signed = ledger.cosign(tx, request["Note"], request["WitnessKey"], call.tools.now())
            call.note(size=signed.size, witness=request["WitnessKey"].strip())
    except NoteWrong as error:
        raise InvalidParameter(f"The cosignature is not kept: {error}.") from None
    return {"Checkpoint": _checkpoint(signed)}


@operation("EraseStatements", Act.GOVERN)
def erase_statements(call: Call, request: shapes.EraseStatementsRequest) -> shapes.EraseStatementsResponse:
    """Erase what was stated beside requests: their entries stay, and with them the tree."""
    sequences, case = request.get("Sequences"), request.get("Case")
    _check((sequences is None) != (case is None), "Sequences or Case should be given, and not both.")
    if sequences is not None:
        call.note(sequences=len(sequences))
    if case is not None:
        call.note(case=call.tools.seal.digest(case))
    with call.write() as tx:
        erased = ledger.erase_statements(tx, sequences=sequences or (), case=case)
        call.note(erased=erased)
    return {"Erased": erased}


def _size(call: Call, asked: int | None, reaches: int) -> int:
    """Return the size of the tree that a proof is for: what was asked, or the newest checkpoint that reaches so far."""
    found = ledger.standing(call.tools.database)
    _check(reaches <= found.tree.size, f"The ledger has {found.tree.size} entries, and {reaches} is past them.")
    if asked is not None:
        _check(
            reaches <= asked <= found.tree.size,
            f"The tree's size should be between {reaches} and {found.tree.size}, and it is {asked}.",
        )
        return asked
    if found.signed_at is not None and found.signed_size >= reaches:
        return found.signed_size
    with call.write() as tx:
        return call.tools.ledger.checkpoint(tx, call.tools.now()).size


def _check(good: bool, text: str) -> None:
    if not good:
        raise InvalidParameter(text)


def _checkpoint(signed: ledger.Signed) -> shapes.Checkpoint:
    return {"Size": signed.size, "At": signed.at, "Note": signed.note}


def _leaf(leaf: ledger.Leaf, *, with_statement: bool) -> shapes.LedgerLeaf:
    shown: shapes.LedgerLeaf = {"Text": leaf.text}
    if with_statement and leaf.salt is not None and leaf.statement is not None:
        shown["Statement"] = {"Salt": leaf.salt, "Text": leaf.statement}
    return shown


def _entry(entry: ledger.Recorded) -> shapes.LedgerEntry:
    described: shapes.LedgerEntry = {
        "Sequence": entry.sequence,
        "At": entry.at,
        "RequestId": entry.request_id,
        "AccessKey": entry.access_key,
        "Operation": entry.operation,
        "Act": entry.act,
        "Verdict": entry.verdict,
        "Rule": entry.rule,
        "Outcome": entry.outcome,
        "Facts": {name: value if isinstance(value, str) else json.dumps(value) for name, value in entry.facts.items()},
    }
    if entry.kind is not None:
        described["Kind"] = entry.kind
    if entry.issuer:
        described["Issuer"] = entry.issuer
    if entry.policy:
        described["Policy"] = entry.policy
    if entry.floor is not None:
        described["Floor"] = entry.floor
    if entry.erased:
        described["StatementErased"] = True
    said = entry.stated
    if said.purpose is not None:
        described["Purpose"] = said.purpose
    if said.case is not None:
        described["Case"] = said.case
    if said.authorisation is not None:
        described["Authorisation"] = said.authorisation
    if said.consent is not None:
        described["Consent"] = said.consent
    return described


def _checked(revision: int, number: int, wrong: Sequence[str], entry: int | None) -> str:
    what = f"{number:,} vectors, revision {revision:,}"
    if wrong:
        return f"Not sound: {what}; {' and '.join(wrong)}. Somebody changed the database past this program."
    if entry is None:
        return f"Sound: {what}, as kept. The record names no root of this revision before this check's own entry."
    return f"Sound: {what}, as kept and as entry {entry:,} of the record has it."

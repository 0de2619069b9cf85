"""Ours, not Rekognition's: what the models are, what a score means, what was recorded."""

from __future__ import annotations

import json

from recognizance import shapes
from recognizance.accountability import ledger
from recognizance.operations.call import Call, ModelState, operation
from recognizance.values import Act

MOST_ENTRIES = 1000


@operation("ListModels", Act.READ)
def list_models(call: Call, request: shapes.ListModelsRequest) -> shapes.ListModelsResponse:
    """List every model card this server knows, with its licence and whether it is in use."""
    return {"Models": [_model(state) for state in call.tools.models()]}


@operation("ExplainSimilarity", Act.READ)
def explain_similarity(call: Call, request: shapes.ExplainSimilarityRequest) -> shapes.ExplainSimilarityResponse:
    """Say how often two strangers score at least this similarity with the model in use."""
    percent, scale = request["Similarity"], call.tools.similarity
    rate = scale.rate(percent)
    low, high = scale.interval(percent)

    return {
        "Similarity": percent,
        "Model": call.tools.embedder.name,
        "FalseMatchRate": rate,
        "FalseMatchRateLow": low,
        "FalseMatchRateHigh": high,
        "OneIn": 1 / rate,
        "Extrapolated": scale.extrapolated(percent),
        "Sentence": scale.sentence(percent),
        "FittedOn": scale.curve.fitted_on,
    }


@operation("ListLedgerEntries", Act.READ)
def list_ledger_entries(call: Call, request: shapes.ListLedgerEntriesRequest) -> shapes.ListLedgerEntriesResponse:
    """List what was recorded, oldest first, past the sequence number `After`."""
    limit = request.get("MaxResults", MOST_ENTRIES)
    found = ledger.entries(call.tools.database, after=request.get("After", 0), limit=limit)
    answer: shapes.ListLedgerEntriesResponse = {"Entries": [_entry(entry) for entry in found]}
    if len(found) == limit:
        answer["Next"] = found[-1].sequence
    return answer


def _model(state: ModelState) -> shapes.ModelDescription:
    card = state.card
    described: shapes.ModelDescription = {
        "Name": card.name,
        "Version": card.version,
        "Task": card.task,
        "Title": card.title,
        "Licence": card.licence,
        "CommercialUse": card.commercial_use,
        "Origin": card.origin,
        "Sha256": card.sha256,
        "Installed": state.installed,
        "InUse": state.in_use,
    }
    if state.device is not None and state.runtime is not None:
        described |= {"Device": state.device, "Runtime": state.runtime}
    return described


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
    if entry.purpose is not None:
        described["Purpose"] = entry.purpose
    if entry.case is not None:
        described["Case"] = entry.case
    return described

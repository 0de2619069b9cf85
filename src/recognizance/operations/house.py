"""Ours, not Rekognition's: what the models are, what a score means."""

from __future__ import annotations

from recognizance import shapes
from recognizance.operations.call import Call, ModelState, operation
from recognizance.values import Act


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
        "Damaged": state.damaged,
        "InUse": state.in_use,
    }
    if state.device is not None and state.runtime is not None:
        described |= {"Device": state.device, "Runtime": state.runtime}
    return described

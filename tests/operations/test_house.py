"""The house operations through boto3, with the house model loaded as AWS_DATA_PATH would."""

import pytest
from botocore.exceptions import ClientError
from tests.conftest import CURVE, picture_of


def test_models_are_listed_with_licence_digest_and_whether_they_are_in_use(house, parts):
    models = {model["Name"]: model for model in house.list_models()["Models"]}

    used = models["tiny-face"]
    assert used["InUse"]
    assert used["Installed"]
    assert used["Device"] == "cpu"
    assert used["Sha256"] == parts.models[1].sha256
    assert not models["sface-2021dec"]["InUse"]
    assert models["sface-2021dec"]["Licence"] == "Apache-2.0"


def test_a_similarity_is_explained_by_how_often_strangers_reach_it(house):
    told = house.explain_similarity(Similarity=80.0)

    assert told["FalseMatchRate"] == pytest.approx(1e-6)
    assert told["OneIn"] == pytest.approx(1e6)
    assert told["FalseMatchRateLow"] <= told["FalseMatchRate"] <= told["FalseMatchRateHigh"]
    assert told["Extrapolated"]
    assert told["Model"] == "tiny-face"
    assert told["FittedOn"] == CURVE.fitted_on
    assert "one in 1,000,000 pairs of strangers" in told["Sentence"]


def test_a_similarity_that_was_seen_is_not_called_extrapolated(house):
    assert not house.explain_similarity(Similarity=60.0)["Extrapolated"]


def test_a_similarity_outside_0_to_100_breaks_a_constraint(house):
    with pytest.raises(ClientError) as raised:
        house.explain_similarity(Similarity=100.5)
    assert raised.value.response["Error"]["Code"] == "ValidationException"


def test_the_ledger_is_listed_in_pages_and_its_reading_recorded(house, rekognition):
    for _ in range(3):
        rekognition.detect_faces(Image={"Bytes": picture_of()})

    first = house.list_ledger_entries(MaxResults=2)
    assert [entry["Sequence"] for entry in first["Entries"]] == [1, 2]
    assert first["Entries"][0]["Facts"]["faces"] == "0"
    rest = house.list_ledger_entries(After=first["Next"])
    assert [entry["Operation"] for entry in rest["Entries"]] == ["DetectFaces", "ListLedgerEntries"]
    assert "Next" not in rest

"""Sessions in the hands of other people's clients: boto3 and the AWS command line, as they are."""

import json

import boto3
import pytest
from botocore.config import Config
from tests.client import REGION
from tests.clients.test_client_aws_cli import AWS, aws


@pytest.fixture
def session(house):
    made = house.create_key(Name="desk", Roles=["user"], Purpose="tests")
    client = house._request_signer
    whose, client._credentials = (
        client._credentials,
        boto3.Session(made["AccessKeyId"], made["SecretAccessKey"]).get_credentials(),
    )
    told = house.create_session(DurationSeconds=900, Case="A-1")
    client._credentials = whose
    return told


def test_boto3_takes_a_session_as_it_takes_awss(whole, session):
    client = boto3.client(
        "rekognition",
        endpoint_url=whole,
        region_name=REGION,
        aws_access_key_id=session["AccessKeyId"],
        aws_secret_access_key=session["SecretAccessKey"],
        aws_session_token=session["SessionToken"],
        config=Config(proxies={}),
    )
    client.create_collection(CollectionId="staff")
    assert client.list_collections()["CollectionIds"] == ["staff"]
    client.close()


@pytest.mark.skipif(AWS is None, reason="The AWS command line (`pip install awscli`) is not here.")
def test_the_aws_command_line_takes_a_session_from_its_variables(whole, session):
    given = {
        "AWS_ACCESS_KEY_ID": session["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": session["SecretAccessKey"],
        "AWS_SESSION_TOKEN": session["SessionToken"],
    }
    told = aws(whole, "rekognition", "list-collections", **given)
    assert told.returncode == 0, told.stderr
    assert json.loads(told.stdout)["CollectionIds"] == []
    told = aws(whole, "rekognition", "list-collections", **given | {"AWS_SESSION_TOKEN": "AAAA"})
    assert "(UnrecognizedClientException)" in told.stderr
    assert "The security token included in the request is invalid." in told.stderr


@pytest.mark.skipif(AWS is None, reason="The AWS command line (`pip install awscli`) is not here.")
def test_the_aws_command_line_makes_keys_and_stops_with_our_house_model(whole):
    told = aws(whole, "recognizance", "create-key", "--name", "desk", "--roles", "user")
    assert told.returncode == 0, told.stderr
    made = json.loads(told.stdout)
    own = {"AWS_ACCESS_KEY_ID": made["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": made["SecretAccessKey"]}
    told = aws(whole, "recognizance", "suspend", "--operation", "ListCollections", "--why", "An inspection")
    assert told.returncode == 0, told.stderr
    told = aws(whole, "rekognition", "list-collections", **own)
    assert "(AccessDeniedException)" in told.stderr
    assert "ListCollections was suspended on" in told.stderr
